//! What a decision at the door of a room looks at.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row};

use super::outlook::claims;
use super::things::{json, room};
use crate::domain::id::{PersonId, ProductionId, RoomId};
use crate::domain::loaded::{BehindDoor, Found};
use crate::domain::plan::{Claim, Resource};
use crate::domain::way::Way;
use crate::ledger::{LedgerError, stays};
use crate::time::UtcMs;

/// Bookings of a room that are loaded, the earliest.
const CLAIMS_MAX: u32 = 256;

/// The room behind a door; of a badge besides, who has the room and where the person was last.
pub fn behind_door(
    conn: &Connection,
    (id, way): (&RoomId, Option<Way>),
    found: &Found,
    now: UtcMs,
) -> Result<BehindDoor, LedgerError> {
    let name = room(conn, id)?.map(|room| room.name);
    let mut here =
        BehindDoor { id: id.clone(), name, way, claims: Vec::new(), crews: BTreeMap::new(), stay: None };
    if let Found::Person(person) | Found::PersonOrThing(person, _) = found {
        here.claims = claims(conn, &[Resource::Room(id.clone())], now, CLAIMS_MAX)?;
        here.crews = crews(conn, &here.claims)?;
        here.stay = stays::newest(conn, &person.id)?;
    }
    Ok(here)
}

/// Who works on the productions that these bookings are for.
fn crews(conn: &Connection, claims: &[Claim]) -> Result<BTreeMap<ProductionId, Vec<PersonId>>, LedgerError> {
    let ids: BTreeSet<&ProductionId> = claims.iter().filter_map(|claim| claim.production.as_ref()).collect();
    let mut crews = BTreeMap::new();
    for id in ids {
        let read = |row: &Row<'_>| json(row, 0);
        let sql = "SELECT crew FROM production WHERE id = ?1";
        let crew: Option<Option<Vec<PersonId>>> =
            conn.prepare_cached(sql)?.query_row([id], read).optional()?;
        crews.insert(id.clone(), crew.flatten().unwrap_or_default());
    }
    Ok(crews)
}
