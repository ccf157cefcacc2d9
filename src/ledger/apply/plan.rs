//! Productions, bookings, and what bookings take.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::run;
use crate::domain::fact::{Body, BookingMade, HOLD, Quantity};
use crate::domain::id::{BookingId, ModelId, ProductionId, StockId};
use crate::domain::plan::Resource;
use crate::ledger::LedgerError;

pub fn production(conn: &Connection, id: &ProductionId, body: &Body) -> Result<(), LedgerError> {
    let Body::ProductionRegistered(production) = body else { return Ok(()) };
    let sql =
        "INSERT OR REPLACE INTO production (id, title, client, stage, starts_ms, ends_ms, budget_cents, crew,
               gear, crew_roles) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = params![
        id,
        production.title,
        production.client,
        production.stage,
        production.starts,
        production.ends,
        production.budget_cents,
        serde_json::to_string(&production.crew)?,
        serde_json::to_string(&production.gear)?,
        serde_json::to_string(&production.crew_roles)?
    ];
    run(conn, sql, values)
}

pub fn booking(conn: &Connection, id: &BookingId, body: &Body) -> Result<(), LedgerError> {
    match body {
        Body::BookingMade(booking) => {
            made(conn, id, booking)?;
            forget(conn, id)?;
            people(conn, id, booking)?;
            claims(conn, id, booking)
        }
        Body::BookingCancelled(_) => {
            run(conn, "UPDATE booking SET status = 'cancelled' WHERE id = ?1", [id])?;
            forget(conn, id)
        }
        _ => Ok(()),
    }
}

fn made(conn: &Connection, id: &BookingId, booking: &BookingMade) -> Result<(), LedgerError> {
    let sql =
        "INSERT OR REPLACE INTO booking (id, production, client, person, starts_ms, ends_ms, status, plan,
               series) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let plan = serde_json::to_string(booking)?;
    let BookingMade { production, client, person, starts, ends, status, series, .. } = booking;
    run(conn, sql, params![id, production, client, person, starts, ends, status, plan, series])
}

fn forget(conn: &Connection, id: &BookingId) -> Result<(), LedgerError> {
    run(conn, "DELETE FROM booking_person WHERE booking = ?1", [id])?;
    run(conn, "DELETE FROM claim WHERE booking = ?1", [id])
}

fn people(conn: &Connection, id: &BookingId, booking: &BookingMade) -> Result<(), LedgerError> {
    let people: BTreeSet<_> = booking.crew.iter().chain(booking.person.as_ref()).collect();
    let sql = "INSERT INTO booking_person (person, booking, ends_ms) VALUES (?1, ?2, ?3)";
    people.into_iter().try_for_each(|person| run(conn, sql, params![person, id, booking.ends]))
}

/// A status that this program does not know takes nothing.
fn claims(conn: &Connection, id: &BookingId, booking: &BookingMade) -> Result<(), LedgerError> {
    if !booking.is_confirmed() && booking.status != HOLD {
        return Ok(());
    }
    let (from, until) = booking.taken();
    let sql = "INSERT INTO claim (resource, until_ms, booking, from_ms, count, confirmed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    takes(booking).into_iter().try_for_each(|(resource, count)| {
        run(conn, sql, params![resource.to_string(), until, id, from, count, booking.is_confirmed()])
    })
}

/// What a booking takes and how many: what it names twice counts together where it is counted at all.
fn takes(booking: &BookingMade) -> BTreeMap<Resource, u32> {
    let singles = (booking.assets.iter().cloned().map(Resource::Asset))
        .chain(booking.kits.iter().cloned().map(Resource::Kit))
        .chain(booking.rooms.iter().cloned().map(Resource::Room))
        .chain(booking.crew.iter().cloned().map(Resource::Person));
    let mut takes: BTreeMap<Resource, u32> = singles.map(|resource| (resource, 1)).collect();
    let model = |line: &Quantity| ModelId::parse(&line.of).ok().map(Resource::Model);
    let stock = |line: &Quantity| StockId::parse(&line.of).ok().map(Resource::Stock);
    let models = booking.models.iter().filter_map(|line| Some((model(line)?, line.count)));
    let counted = models.chain(booking.stock.iter().filter_map(|line| Some((stock(line)?, line.count))));
    for (resource, count) in counted.filter(|(_, count)| *count > 0) {
        let all = takes.entry(resource).or_default();
        *all = all.saturating_add(count);
    }
    takes
}
