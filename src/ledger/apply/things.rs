//! What things and people are.

use rusqlite::{Connection, params};

use super::run;
use crate::domain::code::Code;
use crate::domain::fact::{AssetRegistered, Body, KitRegistered, TagOf};
use crate::domain::id::{AssetId, KitId, PersonId, RoomId};
use crate::ledger::LedgerError;

pub fn asset(conn: &Connection, id: &AssetId, asset: &AssetRegistered) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO asset (id, name, model, category, serial, home, kit, day_rate_cents,
               week_rate_cents, replacement_value_cents, loan, restricted_to, certificate, inspect_every_days,
               inspection_due_ms, owner, owner_due_ms, retired)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    let values = params![
        id,
        asset.name,
        asset.model,
        asset.category,
        asset.serial,
        asset.home,
        asset.kit,
        asset.day_rate_cents,
        asset.week_rate_cents,
        asset.replacement_value_cents,
        asset.loan.name(),
        serde_json::to_string(&asset.restricted_to)?,
        asset.certificate,
        asset.inspect_every_days,
        asset.inspection_due,
        asset.owner,
        asset.owner_due,
        asset.retired
    ];
    run(conn, sql, values)
}

pub fn kit(conn: &Connection, id: &KitId, kit: &KitRegistered) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO kit (id, name, within) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id, kit.name, kit.within])
}

pub fn room(conn: &Connection, id: &RoomId, body: &Body) -> Result<(), LedgerError> {
    let Body::RoomRegistered(room) = body else { return Ok(()) };
    let sql = "INSERT OR REPLACE INTO room (id, name, hour_rate_cents) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id, room.name, room.hour_rate_cents])
}

pub fn person(conn: &Connection, id: &PersonId, body: &Body) -> Result<(), LedgerError> {
    let Body::PersonEnrolled(person) = body else { return Ok(()) };
    let sql = "INSERT OR REPLACE INTO person (id, role, active_until_ms, also, suspended, certificates)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let also = serde_json::to_string(&person.also)?;
    let suspended = person.suspended.as_ref().map(serde_json::to_string).transpose()?;
    let certificates = serde_json::to_string(&person.certificates)?;
    run(conn, sql, params![id, person.role.name(), person.active_until, also, suspended, certificates])
}

pub fn tag(conn: &Connection, code: &Code, body: &Body) -> Result<(), LedgerError> {
    match body {
        Body::TagAssigned(TagOf { thing }) => {
            run(conn, "INSERT OR REPLACE INTO tag (code, thing) VALUES (?1, ?2)", params![code, thing])
        }
        Body::TagReleased(TagOf { thing }) => {
            run(conn, "DELETE FROM tag WHERE code = ?1 AND thing = ?2", params![code, thing])
        }
        _ => Ok(()),
    }
}
