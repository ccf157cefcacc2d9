//! When a thing passed a gate last, and whether it is away without a loan.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{Body, Fact, Passed};
use crate::domain::way::Way;
use crate::ledger::LedgerError;

pub fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.body {
        Body::Passed(passed) => pass(conn, fact, passed),
        // It is here.
        Body::Returned(_) | Body::Sighted(_) => {
            let sql = "UPDATE passing SET left_ms = NULL WHERE subject = ?1 AND left_ms IS NOT NULL";
            run(conn, sql, [&fact.subject])
        }
        _ => Ok(()),
    }
}

/// Seen coming in it is back, and leaving on loan it is settled; some way that is not known says nothing.
fn pass(conn: &Connection, fact: &Fact, passed: &Passed) -> Result<(), LedgerError> {
    let sql = "INSERT INTO passing (subject, fact, station, reader, way, at_ms, authorised, left_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (subject) DO UPDATE SET fact = ?2, station = ?3, reader = ?4, way = ?5, at_ms = ?6,
               authorised = ?7, left_ms = CASE WHEN ?5 IS NULL THEN left_ms ELSE ?8 END";
    let left = (passed.way == Some(Way::Out) && !passed.authorised).then_some(fact.at);
    let values = params![
        fact.subject,
        fact.id,
        fact.station,
        passed.reader,
        passed.way.map(Way::name),
        fact.at,
        passed.authorised,
        left
    ];
    run(conn, sql, values)
}
