//! What state a thing is in: condition, maintenance, inspection, loss, recall.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{
    Body, ConditionNoted, Fact, Inspected, MaintenanceClosed, MaintenanceOpened, Movement, Recalled,
};
use crate::ledger::LedgerError;

pub fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.body {
        Body::Returned(_) => {
            forget_recall(conn, fact)?;
            find_again(conn, fact)
        }
        Body::HandedOver(movement) => {
            fill_recall(conn, fact, movement)?;
            find_again(conn, fact)
        }
        Body::CheckedOut(_)
        | Body::Extended(_)
        | Body::StockTaken(_)
        | Body::StockReturned(_)
        | Body::Sighted(_)
        | Body::Passed(_) => find_again(conn, fact),
        Body::ConditionNoted(noted) => note_condition(conn, fact, noted),
        Body::MaintenanceOpened(opened) => open_job(conn, fact, opened),
        Body::MaintenanceClosed(closed) => close_jobs(conn, fact, closed),
        Body::Inspected(inspected) => inspect(conn, fact, inspected),
        Body::MarkedLost(_) => change(conn, fact, "lost_since_ms = ?2", params![fact.subject, fact.at]),
        Body::Missed(missed) => {
            let values = params![fact.subject, fact.at, missed.counted_in];
            change(conn, fact, "missing_since_ms = ?2, missed_in = ?3", values)
        }
        Body::Recalled(recalled) => recall(conn, fact, recalled),
        Body::RecallWithdrawn(_) => forget_recall(conn, fact),
        _ => Ok(()),
    }
}

/// Changes the row of a thing, which is made where nothing was noted about it before. Its subject is `?1`.
fn change(
    conn: &Connection,
    fact: &Fact,
    set: &str,
    values: impl rusqlite::Params,
) -> Result<(), LedgerError> {
    let sql =
        "INSERT INTO standing (subject, condition, missing) VALUES (?1, 'ok', '[]') ON CONFLICT DO NOTHING";
    run(conn, sql, [&fact.subject])?;
    run(conn, &format!("UPDATE standing SET {set} WHERE subject = ?1"), values)
}

fn find_again(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    let sql = "UPDATE standing SET lost_since_ms = NULL, missing_since_ms = NULL, missed_in = NULL
               WHERE subject = ?1 AND (lost_since_ms IS NOT NULL OR missing_since_ms IS NOT NULL)";
    run(conn, sql, [&fact.subject])
}

fn note_condition(conn: &Connection, fact: &Fact, noted: &ConditionNoted) -> Result<(), LedgerError> {
    let missing = serde_json::to_string(&noted.missing)?;
    let values = params![fact.subject, noted.condition.name(), fact.at, missing];
    change(conn, fact, "condition = ?2, condition_at_ms = ?3, missing = ?4", values)
}

fn open_job(conn: &Connection, fact: &Fact, opened: &MaintenanceOpened) -> Result<(), LedgerError> {
    let sql =
        "INSERT OR REPLACE INTO job (fact, subject, blocks, because, since_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    let because = opened.because.map(|condition| condition.name());
    run(conn, sql, params![fact.id, fact.subject, opened.blocks, because, fact.at])
}

/// A thing on which nothing is left to be done is fine again.
fn close_jobs(conn: &Connection, fact: &Fact, closed: &MaintenanceClosed) -> Result<(), LedgerError> {
    for job in &closed.jobs {
        run(conn, "DELETE FROM job WHERE fact = ?1 AND subject = ?2", params![job, fact.subject])?;
    }
    let sql = "UPDATE standing SET condition = 'ok', condition_at_ms = ?2, missing = '[]'
               WHERE subject = ?1 AND (condition <> 'ok' OR missing <> '[]')
               AND NOT EXISTS (SELECT 1 FROM job WHERE subject = ?1)";
    run(conn, sql, params![fact.subject, fact.at])
}

fn inspect(conn: &Connection, fact: &Fact, inspected: &Inspected) -> Result<(), LedgerError> {
    let set =
        "inspected_at_ms = ?2, inspection_due_ms = coalesce(?3, (SELECT ?2 + inspect_every_days * 86400000
               FROM asset WHERE 'asset/' || id = ?1 AND id = ?4))";
    let values = params![fact.subject, fact.at, inspected.next_due, fact.subject.id()];
    change(conn, fact, set, values)
}

fn recall(conn: &Connection, fact: &Fact, recalled: &Recalled) -> Result<(), LedgerError> {
    let values = params![fact.subject, recalled.wanted_by, recalled.wanted_for, fact.id];
    change(conn, fact, "recall_by_ms = ?2, recall_for = ?3, recall_fact = ?4", values)
}

/// A recall for a production is filled where somebody of it has the thing now.
fn fill_recall(conn: &Connection, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let sql =
        "UPDATE standing SET recall_by_ms = NULL, recall_for = NULL, recall_fact = NULL WHERE subject = ?1
               AND recall_for = ?2";
    run(conn, sql, params![fact.subject, movement.production])
}

fn forget_recall(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    let sql =
        "UPDATE standing SET recall_by_ms = NULL, recall_for = NULL, recall_fact = NULL WHERE subject = ?1
               AND recall_by_ms IS NOT NULL";
    run(conn, sql, [&fact.subject])
}
