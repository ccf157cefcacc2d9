//! Productions, with what they have cost, and bookings, with what is out for them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::things::json;
use crate::domain::fact::{BookingMade, Gear, Subject};
use crate::domain::id::{BookingId, PersonId, ProductionId};
use crate::domain::loaded::{Booking, Production, Taken};
use crate::domain::money::{Rates, hire_cents, hours_cents};
use crate::ledger::LedgerError;
use crate::time::UtcMs;

/// Bookings of one person that are current: more are not loaded.
const CURRENT_MAX: u32 = 64;

/// Loads a production and, where it has a budget, what it has cost until `now`.
pub fn production(
    conn: &Connection,
    id: &ProductionId,
    now: UtcMs,
) -> Result<Option<Production>, LedgerError> {
    let read = |row: &Row<'_>| {
        Ok(Production {
            id: row.get(0)?,
            title: row.get(1)?,
            stage: row.get(2)?,
            crew: json(row, 3)?.unwrap_or_default(),
            budget_cents: row.get(4)?,
            spent_cents: 0,
        })
    };
    let sql = "SELECT id, title, stage, crew, budget_cents FROM production WHERE id = ?1";
    let Some(found) = conn.prepare_cached(sql)?.query_row([id], read).optional()? else { return Ok(None) };
    let spent_cents = if found.budget_cents.is_some() { spent_cents(conn, id, now)? } else { 0 };
    Ok(Some(Production { spent_cents, ..found }))
}

/// The productions of these ids, each once, as far as they are known.
pub fn productions(
    conn: &Connection,
    ids: BTreeSet<&ProductionId>,
    now: UtcMs,
) -> Result<Vec<Production>, LedgerError> {
    ids.into_iter().filter_map(|id| production(conn, id, now).transpose()).collect()
}

/// What gear and rooms have cost a production until `now`.
pub fn spent_cents(conn: &Connection, id: &ProductionId, now: UtcMs) -> Result<i64, LedgerError> {
    let sql = "SELECT from_ms, coalesce(until_ms, ?2), count, day_cents, week_cents FROM usage
               WHERE production = ?1 AND (day_cents IS NOT NULL OR week_cents IS NOT NULL)";
    let gear = |row: &Row<'_>| {
        let rates = Rates { day_cents: row.get(3)?, week_cents: row.get(4)? };
        Ok(hire_cents(row.get(0)?, row.get(1)?, rates, row.get(2)?))
    };
    let gear = sum(conn, sql, id, now, gear)?;
    let sql =
        "SELECT b.starts_ms, b.ends_ms, r.hour_rate_cents FROM booking b, json_each(b.plan, '$.rooms') j
               JOIN room r ON r.id = j.value WHERE b.production = ?1 AND b.status = 'confirmed'
               AND b.starts_ms < ?2 AND r.hour_rate_cents IS NOT NULL";
    let rooms = |row: &Row<'_>| Ok(hours_cents(row.get(0)?, now.min(row.get::<_, UtcMs>(1)?), row.get(2)?));
    Ok(gear.saturating_add(sum(conn, sql, id, now, rooms)?))
}

fn sum(
    conn: &Connection,
    sql: &str,
    id: &ProductionId,
    now: UtcMs,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<i64>,
) -> Result<i64, LedgerError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query_map(params![id, now], read)?;
    Ok(rows.try_fold(0_i64, |all, cents| Ok::<_, rusqlite::Error>(all.saturating_add(cents?)))?)
}

fn booking_row(row: &Row<'_>) -> rusqlite::Result<Booking> {
    let plan: Option<BookingMade> = json(row, 1)?;
    let Some(plan) = plan else {
        return Err(rusqlite::Error::InvalidColumnType(1, "plan".into(), Type::Null));
    };
    Ok(Booking {
        id: row.get(0)?,
        from: plan.taken().0,
        production: plan.production,
        person: plan.person,
        crew: plan.crew,
        starts: plan.starts,
        ends: plan.ends,
        gear: Gear { assets: plan.assets, kits: plan.kits, models: plan.models, stock: plan.stock },
        categories: BTreeMap::new(),
        taken: Vec::new(),
    })
}

/// Loads a booking that stands, and what is out for it.
pub fn booking(conn: &Connection, id: &BookingId) -> Result<Option<Booking>, LedgerError> {
    let sql = "SELECT b.id, b.plan FROM booking b WHERE b.id = ?1 AND b.status <> 'cancelled'";
    let found = conn.prepare_cached(sql)?.query_row([id], booking_row).optional()?;
    found.map(|booking| with_taken(conn, booking)).transpose()
}

/// Confirmed bookings that concern a person and whose time, preparation included, is now.
pub fn current_bookings(conn: &Connection, id: &PersonId, now: UtcMs) -> Result<Vec<Booking>, LedgerError> {
    let sql = format!(
        "SELECT b.id, b.plan FROM booking_person x JOIN booking b ON b.id = x.booking
         WHERE x.person = ?1 AND x.ends_ms > ?2 AND b.status = 'confirmed'
         AND (b.starts_ms <= ?2 OR (instr(b.plan, '\"prepare_ms\"') > 0
         AND b.starts_ms - json_extract(b.plan, '$.prepare_ms') <= ?2)) ORDER BY b.id LIMIT {CURRENT_MAX}"
    );
    let found: Vec<Booking> =
        conn.prepare_cached(&sql)?.query_map(params![id, now], booking_row)?.collect::<Result<_, _>>()?;
    found.into_iter().map(|booking| with_taken(conn, booking)).collect()
}

fn with_taken(conn: &Connection, mut booking: Booking) -> Result<Booking, LedgerError> {
    for line in &booking.gear.models {
        let sql = "SELECT category FROM asset WHERE model = ?1 AND category IS NOT NULL LIMIT 1";
        let category = conn.prepare_cached(sql)?.query_row([&line.of], |row| row.get(0)).optional()?;
        booking.categories.extend(category.map(|category: String| (line.of.clone(), category)));
    }
    let sql = "SELECT c.subject, CASE WHEN a.kit IS NULL THEN a.model END, 1 FROM custody c
               LEFT JOIN asset a ON a.id = CASE WHEN c.subject GLOB 'asset/*' THEN substr(c.subject, 7) END
               WHERE c.booking = ?1 AND c.out = 1
               UNION ALL SELECT 'stock/' || stock, NULL, sum(count) FROM stock_out
               WHERE booking = ?1 AND booking <> '' GROUP BY stock ORDER BY 1";
    let read = |row: &Row<'_>| -> rusqlite::Result<Taken> {
        let count: i64 = row.get(2)?;
        let subject: Subject = row.get(0)?;
        Ok(Taken { subject, model: row.get(1)?, count: u32::try_from(count).unwrap_or(u32::MAX) })
    };
    let taken = conn.prepare_cached(sql)?.query_map([&booking.id], read)?.collect::<Result<_, _>>()?;
    Ok(Booking { taken, ..booking })
}
