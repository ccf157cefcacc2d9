//! What a session looks back on: its last scan, and what is still out of what it brought some back of.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::fact::Subject;
use crate::domain::loaded::{Found, LastScan, Sighted, StillOut};
use crate::domain::session::Lot;
use crate::ledger::LedgerError;
use crate::ledger::stands::STANDS;

/// Things still out that are named: more are not loaded.
const STILL_OUT_MAX: usize = 50;

/// What is true of a fact `f` that can be taken back.
const CAN_BE_TAKEN_BACK: &str =
    "f.kind IN ('checked-out', 'returned', 'handed-over', 'extended', 'stock-taken',
     'stock-returned', 'condition-noted', 'maintenance-opened', 'tag-assigned')
     OR f.kind IN ('sighted', 'stock-counted') AND json_extract(f.body, '$.counted_in') IS NOT NULL";

/// What a scan did, and whether any of it was touched again since.
pub fn last_scan(conn: &Connection, scan: &str) -> Result<LastScan, LedgerError> {
    let sql = format!(
        "SELECT f.id, f.subject FROM fact f WHERE f.scan_id = ?1 AND ({CAN_BE_TAKEN_BACK}) AND {STANDS} ORDER BY f.seq"
    );
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let facts: Vec<(String, Subject)> =
        conn.prepare_cached(&sql)?.query_map([scan], read)?.collect::<Result<_, _>>()?;
    let touched = touched(conn, scan)?.map(|thing| name_of(conn, &thing)).transpose()?;
    let name = facts.first().map(|(_, thing)| name_of(conn, thing)).transpose()?.unwrap_or_default();
    Ok(LastScan { scan: scan.to_owned(), facts, name, touched })
}

/// A thing that has moved since, or of which something else was noted since.
fn touched(conn: &Connection, scan: &str) -> Result<Option<Subject>, LedgerError> {
    let moved = "SELECT c.subject FROM fact f JOIN custody c ON c.subject = f.subject
                 WHERE f.scan_id = ?1 AND f.kind IN ('checked-out', 'returned', 'handed-over', 'extended')
                 AND c.last_fact NOT IN (SELECT id FROM fact WHERE scan_id = ?1) LIMIT 1";
    let moved = conn.prepare_cached(moved)?.query_row([scan], |row| row.get(0)).optional()?;
    if moved.is_some() {
        return Ok(moved);
    }
    let noted = format!(
        "SELECT n.subject FROM fact n JOIN fact f ON f.subject = n.subject
                 WHERE n.scan_id = ?1 AND n.kind IN ('stock-taken', 'stock-returned', 'stock-counted',
                 'condition-noted', 'maintenance-opened', 'tag-assigned')
                 AND (f.hlc, f.origin, f.origin_seq) > (n.hlc, n.origin, n.origin_seq) AND f.scan_id <> ?1
                 AND f.kind IN ('stock-taken', 'stock-returned', 'stock-counted', 'condition-noted',
                 'maintenance-opened', 'maintenance-closed', 'tag-assigned', 'tag-released')
                 AND {STANDS} LIMIT 1"
    );
    Ok(conn.prepare_cached(&noted)?.query_row([scan], |row| row.get(0)).optional()?)
}

/// What people call an asset, a kit or a stock; its id where it is not registered.
fn name_of(conn: &Connection, thing: &Subject) -> Result<String, LedgerError> {
    let sql = "SELECT name FROM asset WHERE 'asset' = ?1 AND id = ?2 UNION ALL
               SELECT name FROM kit WHERE 'kit' = ?1 AND id = ?2 UNION ALL
               SELECT name FROM stock WHERE 'stock' = ?1 AND id = ?2";
    let name =
        conn.prepare_cached(sql)?.query_row([thing.kind(), thing.id()], |row| row.get(0)).optional()?;
    Ok(name.unwrap_or_else(|| thing.id().to_owned()))
}

/// What is out still of these lots, by name. What went with its kit is not named beside it.
pub fn still_out(conn: &Connection, lots: &[Lot]) -> Result<Vec<StillOut>, LedgerError> {
    let mut all = Vec::new();
    for lot in lots {
        all.extend(still_out_of(conn, lot)?);
    }
    all.sort_by(|left, right| (&left.name, &left.subject).cmp(&(&right.name, &right.subject)));
    all.dedup();
    all.truncate(STILL_OUT_MAX);
    Ok(all)
}

fn still_out_of(conn: &Connection, lot: &Lot) -> Result<Vec<StillOut>, LedgerError> {
    let (of_custody, of_stock, id) = match lot {
        Lot::Booking(id) => ("c.booking = ?1", "o.booking = ?1 AND o.booking <> ''", id.as_str()),
        Lot::Person(id) => (
            "c.person = ?1 AND c.booking IS NULL",
            "o.person = ?1 AND o.person <> '' AND o.booking = ''",
            id.as_str(),
        ),
    };
    let sql = format!(
        "SELECT t.subject, t.name, t.person, i.name, t.since_ms FROM (
         SELECT c.subject, coalesce(a.name, k.name, c.subject) AS name, c.person, c.since_ms FROM custody c
         LEFT JOIN asset a ON a.id = CASE WHEN c.subject GLOB 'asset/*' THEN substr(c.subject, 7) END
         LEFT JOIN kit k ON k.id = CASE WHEN c.subject GLOB 'kit/*' THEN substr(c.subject, 5) END
         WHERE {of_custody} AND c.out = 1 AND NOT EXISTS (SELECT 1 FROM custody w WHERE w.subject = 'kit/' || c.kit
         AND w.subject <> c.subject AND w.out = 1 AND w.booking IS c.booking AND w.person IS c.person)
         UNION ALL
         SELECT 'stock/' || o.stock, o.count || ' x ' || coalesce(s.name, o.stock), nullif(o.person, ''), o.since_ms FROM stock_out o
         LEFT JOIN stock s ON s.id = o.stock WHERE {of_stock}) t
         LEFT JOIN identity i ON i.person = t.person ORDER BY t.name, t.subject LIMIT {STILL_OUT_MAX}"
    );
    let read = |row: &Row<'_>| {
        Ok(StillOut {
            subject: row.get(0)?,
            name: row.get(1)?,
            person: row.get(2)?,
            person_name: row.get(3)?,
            since: row.get(4)?,
        })
    };
    Ok(conn.prepare_cached(&sql)?.query_map([id], read)?.collect::<Result<_, _>>()?)
}

/// The newest fact about a thing, where it is a sighting.
pub fn sighting(conn: &Connection, found: &Found) -> Result<Option<Sighted>, LedgerError> {
    let Some(thing) = thing(found) else { return Ok(None) };
    let sql = "SELECT kind, station, actor, at_ms FROM fact WHERE subject = ?1
               ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1";
    let read = |row: &Row<'_>| {
        let seen = Sighted { station: row.get(1)?, actor: row.get(2)?, at: row.get(3)? };
        Ok((row.get::<_, String>(0)?, seen))
    };
    let newest = conn.prepare_cached(sql)?.query_row([thing], read).optional()?;
    Ok(newest.filter(|(kind, _)| kind == "sighted").map(|(_, seen)| seen))
}

/// Whether the program has just started and this thing has not been scanned since.
pub fn first_since_start(
    conn: &Connection,
    found: &Found,
    scans_at_start: Option<i64>,
) -> Result<bool, LedgerError> {
    let (Some(thing), Some(start)) = (thing(found), scans_at_start) else { return Ok(false) };
    let sql = "SELECT EXISTS (SELECT 1 FROM scan WHERE thing = ?1 AND n > ?2)";
    Ok(!conn.prepare_cached(sql)?.query_row(params![thing, start], |row| row.get::<_, bool>(0))?)
}

fn thing(found: &Found) -> Option<Subject> {
    match found {
        Found::Asset(asset) => Some(Subject::Asset(asset.id.clone())),
        Found::Kit(kit) => Some(Subject::Kit(kit.id.clone())),
        Found::Stock(stock) => Some(Subject::Stock(stock.id.clone())),
        Found::Burst(burst) => burst.subject(),
        _ => None,
    }
}
