//! Loading what the decision about a booking looks at, and answering what is free.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde::de::DeserializeOwned;

use super::LedgerError;
use crate::domain::fact::{BookingMade, CONFIRMED, Quantity, StockUse};
use crate::domain::id::{AssetId, BookingId, ModelId, RoomId, StockId};
use crate::domain::plan::book::{Wanted, occurrences};
use crate::domain::plan::clash::Occurrence;
use crate::domain::plan::conflict::Conflict;
use crate::domain::plan::loaded::BookingLoaded;
use crate::domain::plan::pool::{Lot, Shelf};
use crate::domain::plan::{Resource, Unit};
use crate::domain::rules::HouseRules;
use crate::domain::verdict::Promise;
use crate::nearest::nearest;
use crate::time::UtcMs;

mod named;

use named::{named, units};

/// The end of time: what is out without a due time is out until then.
const FOR_EVER: UtcMs = UtcMs(i64::MAX);

/// Loads everything that [`crate::domain::plan::book::book`] looks at.
pub fn load_booking(
    conn: &Connection,
    wanted: &Wanted,
    rules: &HouseRules,
    now: UtcMs,
) -> Result<BookingLoaded, LedgerError> {
    let standing = load_cancelling(conn, wanted.booking)?;
    // What makes no sense is refused for that, and needs nothing else.
    let Ok(made) = occurrences(wanted, standing.old.as_ref(), rules) else { return Ok(standing) };
    let from = made.iter().map(|(_, plan)| plan.taken().0).min().unwrap_or(wanted.plan.starts);
    let until = made.iter().map(|(_, plan)| plan.taken().1).max().unwrap_or(wanted.plan.ends);
    let ids: Vec<&BookingId> = made.iter().map(|(id, _)| id).skip(1).collect();
    let named = named(conn, wanted.plan, (from, until), now)?;
    Ok(BookingLoaded {
        old: standing.old,
        series: standing.series,
        foreign: foreign(conn, wanted.booking, &ids)?,
        unknown: standing.unknown.into_iter().chain(named.unknown).collect(),
        ..named
    })
}

/// Loads what [`crate::domain::plan::book::cancel`] looks at: the booking as it stands, and its series.
pub fn load_cancelling(conn: &Connection, booking: &BookingId) -> Result<BookingLoaded, LedgerError> {
    let sql = "SELECT plan FROM booking WHERE id = ?1 AND status <> 'cancelled'";
    let old: Option<BookingMade> =
        conn.prepare_cached(sql)?.query_row([booking], |row| json(row, 0)).optional()?;
    let mut unknown = BTreeMap::new();
    if old.is_none() {
        let sql = "SELECT id FROM booking WHERE status <> 'cancelled' ORDER BY ends_ms DESC LIMIT 1000";
        unknown.insert(format!("booking/{booking}"), near(conn, sql, booking.as_str())?);
    }
    let first = old.as_ref().and_then(|old| old.series.as_ref()).unwrap_or(booking);
    let sql = "SELECT id, plan FROM booking WHERE series = ?1 AND id <> ?2 AND status <> 'cancelled'
               ORDER BY starts_ms, id";
    let series = rows(conn, sql, params![first, booking], |row| Ok((row.get(0)?, json(row, 1)?)))?;
    let ids = || std::iter::once(booking).chain(series.iter().map(|(id, _): &(BookingId, BookingMade)| id));
    let out = ids().map(|id| Ok((id.clone(), out_for(conn, id)?)));
    let out: BTreeMap<BookingId, usize> = out.collect::<Result<_, LedgerError>>()?;
    Ok(BookingLoaded { old, series, unknown, out, ..BookingLoaded::default() })
}

/// How many things are out for a booking.
fn out_for(conn: &Connection, booking: &BookingId) -> Result<usize, LedgerError> {
    let sql = "SELECT (SELECT count(*) FROM custody WHERE booking = ?1 AND out = 1)
               + (SELECT coalesce(sum(count), 0) FROM stock_out WHERE booking = ?1 AND booking <> '')";
    let count: i64 = conn.prepare_cached(sql)?.query_row([booking], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Whether something can be had for a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// What people call it.
    pub name: String,
    /// What stands against it, and what is free instead. Nothing: it is free.
    pub conflicts: Vec<Conflict>,
    /// Holds on it.
    pub holds: Vec<Promise>,
}

/// Says whether so many of something can be had for a span; `None` where it is not known.
pub fn free(
    conn: &Connection,
    resource: &Resource,
    count: u32,
    span: (UtcMs, UtcMs),
    now: UtcMs,
) -> Result<Option<Free>, LedgerError> {
    let plan = plan_of(resource, count, span);
    let loaded = named(conn, &plan, span, now)?;
    let things = loaded.things.get(resource).map(|thing| &thing.part.name);
    let model = loaded.models.values().find(|pool| pool.resource == *resource).map(|pool| &pool.name);
    let stock =
        loaded.stocks.values().find(|(pool, _)| pool.resource == *resource).map(|(pool, _)| &pool.name);
    let Some(name) = things.or(model).or(stock).cloned() else { return Ok(None) };
    let occurrence = Occurrence { id: None, plan: &plan, loaded: &loaded, times: 1, now };
    Ok(Some(Free { name, conflicts: occurrence.conflicts(), holds: occurrence.holds() }))
}

/// Rooms that nobody has been promised in a span, by id, with their names.
pub fn free_rooms(
    conn: &Connection,
    (from, until): (UtcMs, UtcMs),
) -> Result<Vec<(RoomId, String)>, LedgerError> {
    let sql = "SELECT id, name FROM room WHERE NOT EXISTS (SELECT 1 FROM claim c WHERE
               c.resource = 'room/' || room.id AND c.until_ms > ?1 AND c.from_ms < ?2 AND c.confirmed = 1) ORDER BY id";
    rows(conn, sql, params![from, until], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Loose units of a model each of which can be had for a span, by id, with their names.
pub fn free_units(
    conn: &Connection,
    model: &ModelId,
    span: (UtcMs, UtcMs),
    now: UtcMs,
) -> Result<Vec<(AssetId, String)>, LedgerError> {
    let units = units(conn, model)?;
    let assets = units.iter().map(|unit| unit.asset.clone()).collect();
    let mut plan = BookingMade { assets, ..nothing(span) };
    let loaded = named(conn, &plan, span, now)?;
    let is_free = |unit: &Unit| {
        plan.assets = vec![unit.asset.clone()];
        Occurrence { id: None, plan: &plan, loaded: &loaded, times: 1, now }.conflicts().is_empty()
    };
    let mut is_free = is_free;
    Ok(units.into_iter().filter(|unit| is_free(unit)).map(|unit| (unit.asset, unit.name)).collect())
}

/// A stock's pieces: those that are out, and of what is consumed those that bookings have had.
pub fn shelf(conn: &Connection, stock: &StockId) -> Result<Option<(String, Shelf)>, LedgerError> {
    let sql = "SELECT name, use, count FROM stock WHERE id = ?1";
    let pieces = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, pieces(row.get(2)?)));
    let found = conn.prepare_cached(sql)?.query_row([stock], read).optional()?;
    let Some((name, use_, count)) = found else { return Ok(None) };
    let use_ = StockUse::parse(&use_).unwrap_or(StockUse::Lent);
    let sql = match use_ {
        StockUse::Lent => "SELECT count, nullif(booking, ''), due_ms FROM stock_out WHERE stock = ?1",
        StockUse::Consumed => {
            "SELECT sum(count), booking, NULL FROM usage
             WHERE subject = 'stock/' || ?1 AND booking IS NOT NULL GROUP BY booking"
        }
    };
    let lot = |row: &Row<'_>| {
        let until = row.get::<_, Option<UtcMs>>(2)?.unwrap_or(FOR_EVER);
        Ok(Lot { count: pieces(row.get(0)?), booking: row.get(1)?, until })
    };
    let lots = rows(conn, sql, [stock], lot)?;
    Ok(Some((name, Shelf { count, use_, lots })))
}

fn nothing((starts, ends): (UtcMs, UtcMs)) -> BookingMade {
    BookingMade {
        production: None,
        client: None,
        person: None,
        rooms: Vec::new(),
        assets: Vec::new(),
        kits: Vec::new(),
        models: Vec::new(),
        stock: Vec::new(),
        crew: Vec::new(),
        starts,
        ends,
        status: CONFIRMED.to_owned(),
        title: None,
        prepare_ms: 0,
        clean_up_ms: 0,
        series: None,
        overrides: Vec::new(),
        confirmed_by: None,
    }
}

fn plan_of(resource: &Resource, count: u32, span: (UtcMs, UtcMs)) -> BookingMade {
    let mut plan = nothing(span);
    match resource.clone() {
        Resource::Asset(id) => plan.assets.push(id),
        Resource::Kit(id) => plan.kits.push(id),
        Resource::Room(id) => plan.rooms.push(id),
        Resource::Person(id) => plan.crew.push(id),
        Resource::Model(id) => plan.models.push(Quantity { of: id.to_string(), count }),
        Resource::Stock(id) => plan.stock.push(Quantity { of: id.to_string(), count }),
    }
    plan
}

fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LedgerError> {
    Ok(conn.prepare_cached(sql)?.query_map(values, read)?.collect::<Result<_, _>>()?)
}

/// The nearest of the ids that a query gives.
fn near(conn: &Connection, sql: &str, found: &str) -> Result<Option<String>, LedgerError> {
    let ids: Vec<String> = rows(conn, sql, [], |row| row.get(0))?;
    Ok(nearest(found, ids.iter().map(String::as_str)).map(str::to_owned))
}

/// Those of the ids that belong to a booking outside of the series.
fn foreign(
    conn: &Connection,
    first: &BookingId,
    ids: &[&BookingId],
) -> Result<BTreeSet<BookingId>, LedgerError> {
    let sql = "SELECT b.id FROM json_each(?1) j CROSS JOIN booking b ON b.id = j.value
               WHERE b.status <> 'cancelled' AND b.series IS NOT ?2";
    let ids = serde_json::to_string(ids)?;
    Ok(rows(conn, sql, params![ids, first], |row| row.get(0))?.into_iter().collect())
}

#[cfg(test)]
mod tests;
