//! Counts, and what they came upon.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{Body, CountEnded, Fact};
use crate::domain::id::CountId;
use crate::ledger::LedgerError;

/// A fact about a count itself.
pub fn lay(conn: &Connection, id: &CountId, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.body {
        Body::CountBegun(begun) => {
            let sql = "INSERT INTO count (id, room, station, actor, begun_ms, begun_hlc, begun_scan)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
            let values = params![id, begun.room, fact.station, fact.actor, fact.at, fact.hlc.0, fact.scan_id];
            run(conn, sql, values)
        }
        Body::CountEnded(ended) => end(conn, id, fact, ended),
        Body::CountCancelled(_) => {
            let sql = "UPDATE count SET ended_ms = ?2, how = 'cancelled' WHERE id = ?1 AND ended_ms IS NULL";
            run(conn, sql, params![id, fact.at])
        }
        _ => Ok(()),
    }
}

fn end(conn: &Connection, id: &CountId, fact: &Fact, ended: &CountEnded) -> Result<(), LedgerError> {
    let sql =
        "UPDATE count SET ended_ms = ?2, how = 'ended', found = ?3, missing = ?4, elsewhere = ?5, out = ?6,
               retired = ?7 WHERE id = ?1 AND ended_ms IS NULL";
    let CountEnded { found, missing, elsewhere, out, retired, .. } = ended;
    run(conn, sql, params![id, fact.at, found, missing, elsewhere, out, retired])
}

/// A fact about a thing that a count came upon; every other changes nothing here.
pub fn came_upon(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    let (count, counted_as, pieces, reader) = match &fact.body {
        Body::StockCounted(counted) => (&counted.counted_in, "counted", Some(counted.count), None),
        body => {
            let Some(movement) = body.movement() else { return Ok(()) };
            let counted_as = movement.counted_as.map_or("found", |counted_as| counted_as.name());
            (&movement.counted_in, counted_as, None, movement.reader.as_ref())
        }
    };
    let Some(count) = count else { return Ok(()) };
    let sql =
        "INSERT OR REPLACE INTO counted (subject, count, counted_as, pieces, fact, scan, at_ms, station, reader)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        fact.subject,
        count,
        counted_as,
        pieces,
        fact.id,
        fact.scan_id,
        fact.at,
        fact.station,
        reader
    ];
    run(conn, sql, values)
}
