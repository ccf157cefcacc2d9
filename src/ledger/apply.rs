//! The fold: the only place that writes projections.
//!
//! A fact that is its subject's newest is laid on top. A fact from before that, and one that takes others back, folds
//! its subject afresh: by (hlc, origin, origin_seq), without what was annulled. So the same facts give the same rows,
//! in whatever order they arrived.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::LedgerError;
use super::rows::{FACT_COLUMNS, fact};
use crate::domain::custody::Custody;
use crate::domain::fact::{
    AssetRegistered, Body, BookingMade, Fact, PersonEnrolled, ProductionRegistered, Subject, TagOf,
};
use crate::domain::id::BookingId;

/// Brings the projections up to this fact, which is in the table already.
pub fn apply(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    let newest = newest(conn, &fact.subject)?;
    let is_newest = newest.as_ref().is_none_or(|newest| *newest < order(fact));
    note_subject(conn, fact, is_newest)?;
    if is_newest && !matches!(fact.body, Body::Annulled(_)) {
        return lay(conn, fact);
    }
    refold(conn, &fact.subject)
}

type Order = (i64, String, i64);

fn order(fact: &Fact) -> Order {
    (fact.hlc.0, fact.origin.clone(), fact.origin_seq)
}

fn newest(conn: &Connection, subject: &Subject) -> Result<Option<Order>, LedgerError> {
    Ok(conn
        .prepare_cached("SELECT hlc, origin, origin_seq FROM subject WHERE subject = ?1")?
        .query_row([subject], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}

fn note_subject(conn: &Connection, fact: &Fact, is_newest: bool) -> Result<(), LedgerError> {
    let sql = if is_newest {
        "INSERT INTO subject (subject, hlc, origin, origin_seq, seq) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (subject) DO UPDATE SET hlc = ?2, origin = ?3, origin_seq = ?4, seq = max(seq, ?5)"
    } else {
        "UPDATE subject SET seq = max(seq, ?5) WHERE subject = ?1 AND (hlc, origin, origin_seq) >= (?2, ?3, ?4)"
    };
    let values = params![fact.subject, fact.hlc.0, fact.origin, fact.origin_seq, fact.seq];
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Folds a subject afresh from all its facts.
pub fn refold(conn: &Connection, subject: &Subject) -> Result<(), LedgerError> {
    let facts = facts_of(conn, subject)?;
    let annulled: BTreeSet<&String> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            Body::Annulled(annulled) => Some(&annulled.facts),
            _ => None,
        })
        .flatten()
        .collect();
    clear(conn, subject)?;
    facts.iter().filter(|fact| !annulled.contains(&fact.id)).try_for_each(|fact| lay(conn, fact))
}

/// Every fact of a subject, in the order of the fold.
pub fn facts_of(conn: &Connection, subject: &Subject) -> Result<Vec<Fact>, LedgerError> {
    let sql = format!("SELECT {FACT_COLUMNS} FROM fact WHERE subject = ?1 ORDER BY hlc, origin, origin_seq");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([subject])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        facts.push(fact(row)?);
    }
    Ok(facts)
}

fn clear(conn: &Connection, subject: &Subject) -> Result<(), LedgerError> {
    let table = match subject {
        Subject::Asset(_) => "asset",
        Subject::Kit(_) => "kit",
        Subject::Stock(_) => return Ok(()),
        Subject::Room(_) => "room",
        Subject::Production(_) => "production",
        Subject::Booking(_) => "booking",
        Subject::Person(_) => "person",
        Subject::Tag(code) => {
            conn.prepare_cached("DELETE FROM tag WHERE code = ?1")?.execute([code])?;
            return Ok(());
        }
    };
    conn.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([subject.id()])?;
    conn.prepare_cached("DELETE FROM custody WHERE subject = ?1")?.execute([subject])?;
    if let Subject::Booking(id) = subject {
        forget_booking_people(conn, id)?;
    }
    Ok(())
}

/// Lays one fact on top of its subject's rows.
fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    if let Some(custody) = Custody::made_by(fact) {
        return lay_custody(conn, &fact.subject, &custody);
    }
    let id = fact.subject.id();
    match (&fact.body, &fact.subject) {
        (Body::AssetRegistered(asset), _) => lay_asset(conn, id, asset),
        (Body::KitRegistered(kit), _) => {
            run(conn, "INSERT OR REPLACE INTO kit (id, name) VALUES (?1, ?2)", params![id, kit.name])
        }
        (Body::RoomRegistered(room), _) => run(
            conn,
            "INSERT OR REPLACE INTO room (id, name, hour_rate_cents) VALUES (?1, ?2, ?3)",
            params![id, room.name, room.hour_rate_cents],
        ),
        (Body::ProductionRegistered(production), _) => lay_production(conn, id, production),
        (Body::BookingMade(booking), Subject::Booking(id)) => lay_booking(conn, id, booking),
        (Body::PersonEnrolled(person), _) => lay_person(conn, id, person),
        (Body::TagAssigned(TagOf { thing }), _) => {
            run(conn, "INSERT OR REPLACE INTO tag (code, thing) VALUES (?1, ?2)", params![id, thing])
        }
        (Body::TagReleased(TagOf { thing }), _) => {
            run(conn, "DELETE FROM tag WHERE code = ?1 AND thing = ?2", params![id, thing])
        }
        _ => Ok(()),
    }
}

fn run(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), LedgerError> {
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn lay_asset(conn: &Connection, id: &str, asset: &AssetRegistered) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO asset (id, name, model, category, serial, home, kit, day_rate_cents,
               week_rate_cents, replacement_value_cents) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let rates = (asset.day_rate_cents, asset.week_rate_cents, asset.replacement_value_cents);
    let values = params![
        id,
        asset.name,
        asset.model,
        asset.category,
        asset.serial,
        asset.home,
        asset.kit,
        rates.0,
        rates.1,
        rates.2
    ];
    run(conn, sql, values)
}

fn lay_production(conn: &Connection, id: &str, production: &ProductionRegistered) -> Result<(), LedgerError> {
    let sql =
        "INSERT OR REPLACE INTO production (id, title, client, stage, starts_ms, ends_ms, budget_cents, crew)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let crew = serde_json::to_string(&production.crew)?;
    let ProductionRegistered { title, client, stage, starts, ends, budget_cents, .. } = production;
    run(conn, sql, params![id, title, client, stage, starts, ends, budget_cents, crew])
}

fn lay_booking(conn: &Connection, id: &BookingId, booking: &BookingMade) -> Result<(), LedgerError> {
    let sql =
        "INSERT OR REPLACE INTO booking (id, production, client, person, starts_ms, ends_ms, status, plan)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let plan = serde_json::to_string(booking)?;
    let BookingMade { production, client, person, starts, ends, status, .. } = booking;
    run(conn, sql, params![id, production, client, person, starts, ends, status, plan])?;
    forget_booking_people(conn, id)?;
    let people: BTreeSet<_> = booking.crew.iter().chain(person.as_ref()).collect();
    let sql = "INSERT INTO booking_person (person, booking, ends_ms) VALUES (?1, ?2, ?3)";
    people.into_iter().try_for_each(|person| run(conn, sql, params![person, id, ends]))
}

fn forget_booking_people(conn: &Connection, id: &BookingId) -> Result<(), LedgerError> {
    run(conn, "DELETE FROM booking_person WHERE booking = ?1", [id])
}

fn lay_person(conn: &Connection, id: &str, person: &PersonEnrolled) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO person (id, role, active_until_ms) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id, person.role.name(), person.active_until])
}

fn lay_custody(conn: &Connection, subject: &Subject, custody: &Custody) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO custody (subject, out, person, production, booking, room, due_ms, since_ms, kit,
               last_fact, last_kind, last_station, last_actor, last_at_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let Custody { out, person, production, booking, room, due, since, kit, last } = custody;
    let values = params![
        subject,
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
