//! Who has been promised a thing: bookings that name it, its kit, its members or its model.

use std::collections::BTreeMap;

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::things::{json, kit_and_outer};
use crate::domain::fact::Loan;
use crate::domain::id::{AssetId, BookingId, ModelId};
use crate::domain::loaded::{Asset, Found, Kit, Outlook, Stock};
use crate::domain::plan::{Claim, Pool, Resource, Unit};
use crate::ledger::LedgerError;
use crate::time::UtcMs;

/// Claims on one thing: more are not loaded, the earliest count.
const CLAIMS_MAX: u32 = 64;

/// Claims on a model or a stock.
const POOL_CLAIMS_MAX: u32 = 256;

/// Claims on the units of a model, all together.
const UNIT_CLAIMS_MAX: u32 = 2_000;

/// Units of a model.
const UNITS_MAX: u32 = 2_000;

/// A claim `c` of the booking `b` for the production `p`, in the order in which [`claim_row`] reads it.
pub const CLAIM_COLUMNS: &str =
    "c.resource, c.count, b.id, coalesce(json_extract(b.plan, '$.title'), p.title, b.client, b.id),
     b.production, (SELECT json_group_array(x.person) FROM booking_person x WHERE x.booking = b.id),
     b.starts_ms, b.ends_ms, c.from_ms, c.until_ms, c.confirmed";

/// What stands against a thing going anywhere from `now` on.
pub fn outlook(conn: &Connection, found: &Found, now: UtcMs) -> Result<Outlook, LedgerError> {
    match found {
        Found::Asset(asset) => of_asset(conn, asset, now),
        Found::Kit(kit) => of_kit(conn, kit, now),
        Found::Stock(stock) => of_stock(conn, stock, now),
        Found::Burst(burst) => match (&burst.kit, burst.strangers.as_slice()) {
            (Some(kit), _) => of_kit(conn, kit, now),
            (None, [only]) => of_asset(conn, only, now),
            (None, _) => Ok(Outlook::default()),
        },
        Found::PersonOrThing(_, thing) => outlook(conn, thing, now),
        _ => Ok(Outlook::default()),
    }
}

fn of_asset(conn: &Connection, asset: &Asset, now: UtcMs) -> Result<Outlook, LedgerError> {
    let kits = asset.kit.as_ref().map(|kit| kit_and_outer(conn, kit)).transpose()?.unwrap_or_default();
    let kits = kits.into_iter().map(Resource::Kit);
    let resources: Vec<Resource> = std::iter::once(Resource::Asset(asset.id.clone())).chain(kits).collect();
    let model = asset.model.as_ref().filter(|_| asset.kit.is_none());
    let pool = model.map(|model| model_pool(conn, model, now)).transpose()?.flatten();
    Ok(Outlook { claims: claims(conn, &resources, now, CLAIMS_MAX)?, pools: pool.into_iter().collect() })
}

fn of_kit(conn: &Connection, kit: &Kit, now: UtcMs) -> Result<Outlook, LedgerError> {
    let outer = kit_and_outer(conn, &kit.id)?;
    let kits = outer.into_iter().chain(kit.inner.iter().map(|inner| inner.id.clone())).map(Resource::Kit);
    let members = kit.members.iter().map(|member| Resource::Asset(member.id.clone()));
    let resources: Vec<Resource> = kits.chain(members).collect();
    Ok(Outlook { claims: claims(conn, &resources, now, CLAIMS_MAX)?, pools: Vec::new() })
}

fn of_stock(conn: &Connection, stock: &Stock, now: UtcMs) -> Result<Outlook, LedgerError> {
    let resource = Resource::Stock(stock.id.clone());
    let claims = claims(conn, std::slice::from_ref(&resource), now, POOL_CLAIMS_MAX)?;
    let pool = Pool { resource, name: stock.name.clone(), claims, units: Vec::new() };
    Ok(Outlook { claims: Vec::new(), pools: vec![pool] })
}

/// Bookings that take one of these and are not over, earliest first.
pub fn claims(
    conn: &Connection,
    resources: &[Resource],
    now: UtcMs,
    max: u32,
) -> Result<Vec<Claim>, LedgerError> {
    let sql = format!(
        "SELECT {CLAIM_COLUMNS}
               FROM (SELECT c.* FROM json_each(?1) j CROSS JOIN claim c ON c.resource = j.value AND c.until_ms > ?2
               ORDER BY c.from_ms, c.resource, c.booking LIMIT ?3) c
               CROSS JOIN booking b ON b.id = c.booking LEFT JOIN production p ON p.id = b.production
               ORDER BY c.from_ms, c.resource, c.booking"
    );
    let names: Vec<String> = resources.iter().map(ToString::to_string).collect();
    let names = serde_json::to_string(&names)?;
    let mut statement = conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![names, now, max], claim_row)?.collect::<Result<_, _>>()?)
}

/// Reads [`CLAIM_COLUMNS`], which begin the row.
pub fn claim_row(row: &Row<'_>) -> rusqlite::Result<Claim> {
    let resource: String = row.get(0)?;
    let resource = Resource::parse(&resource)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(0, "resource".into(), Type::Text))?;
    let mut people: Vec<crate::domain::id::PersonId> = json(row, 5)?.unwrap_or_default();
    people.sort();
    Ok(Claim {
        resource,
        count: row.get(1)?,
        booking: row.get(2)?,
        title: row.get(3)?,
        production: row.get(4)?,
        people,
        starts: row.get(6)?,
        ends: row.get(7)?,
        from: row.get(8)?,
        until: row.get(9)?,
        confirmed: row.get(10)?,
    })
}

/// A model that somebody has been promised some of; `None` where nobody has.
fn model_pool(conn: &Connection, model: &ModelId, now: UtcMs) -> Result<Option<Pool>, LedgerError> {
    let resource = Resource::Model(model.clone());
    let of_model = claims(conn, std::slice::from_ref(&resource), now, POOL_CLAIMS_MAX)?;
    if of_model.is_empty() {
        return Ok(None);
    }
    let mut units = units(conn, model, UNITS_MAX)?;
    let names: Vec<Resource> = units.iter().map(|unit| Resource::Asset(unit.asset.clone())).collect();
    let mut by_unit: BTreeMap<Resource, Vec<Claim>> = BTreeMap::new();
    for claim in claims(conn, &names, now, UNIT_CLAIMS_MAX)? {
        by_unit.entry(claim.resource.clone()).or_default().push(claim);
    }
    for (unit, name) in units.iter_mut().zip(&names) {
        unit.claims = by_unit.remove(name).unwrap_or_default();
    }
    Ok(Some(Pool { resource, name: model.to_string(), claims: of_model, units }))
}

/// The units of a model that are in service and belong in no kit, by id, so many at most.
pub fn units(conn: &Connection, model: &ModelId, max: u32) -> Result<Vec<Unit>, LedgerError> {
    let sql = "SELECT a.id, a.name, c.out, c.due_ms, c.booking FROM asset a
         LEFT JOIN custody c ON c.subject = 'asset/' || a.id LEFT JOIN standing s ON s.subject = 'asset/' || a.id
         WHERE a.model = ?1 AND a.kit IS NULL AND a.retired = 0 AND a.loan <> ?2 AND s.lost_since_ms IS NULL
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.subject = 'asset/' || a.id AND j.blocks = 1)
         ORDER BY a.id LIMIT ?3";
    let read = |row: &Row<'_>| {
        let (asset, name): (AssetId, String) = (row.get(0)?, row.get(1)?);
        let out = row.get::<_, Option<bool>>(2)?.unwrap_or(false);
        let due = row.get::<_, Option<UtcMs>>(3)?.unwrap_or(UtcMs(i64::MAX));
        let booking: Option<BookingId> = row.get(4)?;
        Ok(Unit { asset, name, out_until: out.then_some(due), booking, claims: Vec::new() })
    };
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_map(params![model, Loan::NotForLoan.name(), max], read)?.collect::<Result<_, _>>()?)
}
