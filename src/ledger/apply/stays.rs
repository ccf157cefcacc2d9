//! Who is in which room.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{Body, Doorway, Fact};
use crate::domain::stay::Ended;
use crate::ledger::LedgerError;

pub fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.body {
        Body::PersonEntered(doorway) => enter(conn, fact, doorway),
        Body::PersonLeft(doorway) => leave(conn, fact, doorway),
        _ => Ok(()),
    }
}

/// Whoever goes in somewhere is nowhere else any more.
fn enter(conn: &Connection, fact: &Fact, doorway: &Doorway) -> Result<(), LedgerError> {
    end(conn, fact, doorway, Ended::Assumed)?;
    let sql =
        "INSERT OR REPLACE INTO stay (fact, subject, room, booking, from_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, params![fact.id, fact.subject, doorway.room, doorway.booking, fact.at])
}

fn leave(conn: &Connection, fact: &Fact, doorway: &Doorway) -> Result<(), LedgerError> {
    if doorway.unseen {
        end(conn, fact, doorway, Ended::Assumed)?;
        return note_unseen(conn, fact, doorway);
    }
    if end(conn, fact, doorway, Ended::Left)? == 0 {
        return note_unseen(conn, fact, doorway);
    }
    Ok(())
}

/// Ends the stay that is open, in this room in that way; gives how many stays in this room it ended.
fn end(conn: &Connection, fact: &Fact, doorway: &Doorway, here: Ended) -> Result<usize, LedgerError> {
    let sql = "UPDATE stay SET until_ms = max(from_ms, ?2), ended = ?3
               WHERE subject = ?1 AND until_ms IS NULL AND (room = ?4) = ?5";
    let elsewhere = Ended::Elsewhere.name();
    conn.prepare_cached(sql)?.execute(params![fact.subject, fact.at, elsewhere, doorway.room, false])?;
    Ok(conn.prepare_cached(sql)?.execute(params![fact.subject, fact.at, here.name(), doorway.room, true])?)
}

/// Somebody left whom nobody saw coming in: that they were there is known, and for how long is not.
fn note_unseen(conn: &Connection, fact: &Fact, doorway: &Doorway) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO stay (fact, subject, room, booking, from_ms, until_ms, ended)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
    let ended = Ended::Left.name();
    run(conn, sql, params![fact.id, fact.subject, doorway.room, doorway.booking, fact.at, ended])
}
