//! Who holds a thing, and what it was used for.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::custody::{Custody, LastMove, MoveKind};
use crate::domain::fact::{Body, Fact, Movement};
use crate::ledger::LedgerError;
use crate::time::UtcMs;

pub fn asset(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    kit(conn, fact)?;
    match &fact.body {
        Body::CheckedOut(movement) | Body::HandedOver(movement) => {
            end_use(conn, fact, movement)?;
            begin_use(conn, fact, movement)
        }
        Body::Returned(movement) => end_use(conn, fact, movement),
        Body::Extended(movement) => {
            let sql = "UPDATE usage SET due_ms = ?2 WHERE subject = ?1 AND until_ms IS NULL";
            run(conn, sql, params![fact.subject, movement.due])
        }
        _ => Ok(()),
    }
}

pub fn kit(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    if let Body::Extended(movement) = &fact.body {
        return extend(conn, fact, movement);
    }
    Custody::made_by(fact).map_or(Ok(()), |custody| hold(conn, fact, &custody))
}

fn hold(conn: &Connection, fact: &Fact, custody: &Custody) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO custody (subject, out, person, production, booking, room, due_ms, since_ms, kit,
               last_fact, last_kind, last_station, last_actor, last_at_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let Custody { out, person, production, booking, room, due, since, kit, last } = custody;
    let values = params![
        fact.subject,
        out,
        person,
        production,
        booking,
        room,
        due,
        since,
        kit,
        last.fact,
        last.kind.name(),
        last.station,
        last.actor,
        last.at
    ];
    run(conn, sql, values)
}

/// What is not out cannot stay out longer.
fn extend(conn: &Connection, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let sql =
        "UPDATE custody SET due_ms = ?2, last_fact = ?3, last_kind = ?4, last_station = ?5, last_actor = ?6,
               last_at_ms = ?7 WHERE subject = ?1 AND out = 1";
    let last = LastMove::of(MoveKind::Extended, fact);
    let values =
        params![fact.subject, movement.due, last.fact, last.kind.name(), last.station, last.actor, last.at];
    run(conn, sql, values)
}

/// When a movement happened: what was entered later says so.
pub fn moment(fact: &Fact, movement: &Movement) -> UtcMs {
    movement.happened.unwrap_or(fact.at)
}

fn begin_use(conn: &Connection, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO usage (fact, subject, person, production, booking, from_ms, until_ms, due_ms,
               count, day_cents, week_cents) VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, 1,
               (SELECT day_rate_cents FROM asset WHERE id = ?8), (SELECT week_rate_cents FROM asset WHERE id = ?8))";
    let values = params![
        fact.id,
        fact.subject,
        movement.person,
        movement.production,
        movement.booking,
        moment(fact, movement),
        movement.due,
        fact.subject.id()
    ];
    run(conn, sql, values)
}

/// A return that is said to be earlier than the checkout ends its use at once.
fn end_use(conn: &Connection, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let sql = "UPDATE usage SET until_ms = max(from_ms, ?2) WHERE subject = ?1 AND until_ms IS NULL";
    run(conn, sql, params![fact.subject, moment(fact, movement)])
}
