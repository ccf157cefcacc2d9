//! Who is in which room.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{Body, Fact, Passage};
use crate::domain::stay::Ended;
use crate::ledger::LedgerError;

pub fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.body {
        Body::PersonEntered(passage) => enter(conn, fact, passage),
        Body::PersonLeft(passage) => leave(conn, fact, passage),
        _ => Ok(()),
    }
}

/// Whoever goes in somewhere is nowhere else any more.
fn enter(conn: &Connection, fact: &Fact, passage: &Passage) -> Result<(), LedgerError> {
    end(conn, fact, passage, Ended::Assumed)?;
    let sql =
        "INSERT OR REPLACE INTO stay (fact, subject, room, booking, from_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, params![fact.id, fact.subject, passage.room, passage.booking, fact.at])
}

fn leave(conn: &Connection, fact: &Fact, passage: &Passage) -> Result<(), LedgerError> {
    if passage.unseen {
        end(conn, fact, passage, Ended::Assumed)?;
        return note_unseen(conn, fact, passage);
    }
    if end(conn, fact, passage, Ended::Left)? == 0 {
        return note_unseen(conn, fact, passage);
    }
    Ok(())
}

/// Ends the stay that is open, in this room in that way; gives how many stays in this room it ended.
fn end(conn: &Connection, fact: &Fact, passage: &Passage, here: Ended) -> Result<usize, LedgerError> {
    let sql = "UPDATE stay SET until_ms = max(from_ms, ?2), ended = ?3
               WHERE subject = ?1 AND until_ms IS NULL AND (room = ?4) = ?5";
    let elsewhere = Ended::Elsewhere.name();
    conn.prepare_cached(sql)?.execute(params![fact.subject, fact.at, elsewhere, passage.room, false])?;
    Ok(conn.prepare_cached(sql)?.execute(params![fact.subject, fact.at, here.name(), passage.room, true])?)
}

/// Somebody left whom nobody saw coming in: that they were there is known, and for how long is not.
fn note_unseen(conn: &Connection, fact: &Fact, passage: &Passage) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO stay (fact, subject, room, booking, from_ms, until_ms, ended)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
    let ended = Ended::Left.name();
    run(conn, sql, params![fact.id, fact.subject, passage.room, passage.booking, fact.at, ended])
}
