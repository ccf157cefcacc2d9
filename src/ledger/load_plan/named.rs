//! What a plan names, with what others have of it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{FOR_EVER, near, rows, shelf};
use crate::domain::fact::{BookingMade, Loan, StockUse};
use crate::domain::id::{AssetId, KitId, ModelId, RoomId, StockId};
use crate::domain::plan::clash::LATER_MS;
use crate::domain::plan::loaded::{BookingLoaded, Out, Part, Thing};
use crate::domain::plan::{Claim, Pool, Resource, Unit};
use crate::ledger::LedgerError;
use crate::ledger::load::{self, CLAIM_COLUMNS, claim_row};
use crate::time::UtcMs;

/// Things that could be had instead: more are not looked at.
const OTHERS_MAX: u32 = 200;

/// Loads what a plan names, with what others have of it in a span and for a while after it.
pub fn named(
    conn: &Connection,
    plan: &BookingMade,
    (from, until): (UtcMs, UtcMs),
    now: UtcMs,
) -> Result<BookingLoaded, LedgerError> {
    let (takes_from, takes_until) = plan.taken();
    let later = until.plus(LATER_MS).plus(takes_until.since(takes_from).max(0));
    let mut loading = Loading { conn, window: (from, later), now, loaded: BookingLoaded::default() };
    plan.rooms.iter().try_for_each(|id| loading.room(id))?;
    plan.crew.iter().try_for_each(|id| loading.person(id.as_str(), true))?;
    plan.person.iter().try_for_each(|id| loading.person(id.as_str(), false))?;
    plan.assets.iter().try_for_each(|id| loading.asset(id))?;
    plan.kits.iter().try_for_each(|id| loading.kit(id))?;
    plan.models.iter().try_for_each(|quantity| loading.model(&quantity.of))?;
    plan.stock.iter().try_for_each(|quantity| loading.stock(&quantity.of))?;
    if let Some(id) = &plan.production {
        let sql = "SELECT title FROM production WHERE id = ?1";
        let title = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
        if title.is_none() {
            loading.unknown(&format!("production/{id}"), "SELECT id FROM production ORDER BY id")?;
        }
        loading.loaded.production_title = title;
    }
    Ok(loading.loaded)
}

/// Loads thing after thing.
struct Loading<'a> {
    conn: &'a Connection,
    window: (UtcMs, UtcMs),
    now: UtcMs,
    loaded: BookingLoaded,
}

const PART_OF_ASSET: &str = "SELECT a.id, a.name, a.retired, a.loan, s.lost_since_ms,
    EXISTS (SELECT 1 FROM job j WHERE j.subject = 'asset/' || a.id AND j.blocks = 1),
    c.out, c.due_ms, c.booking, i.name, a.model, a.kit FROM asset a
    LEFT JOIN standing s ON s.subject = 'asset/' || a.id LEFT JOIN custody c ON c.subject = 'asset/' || a.id
    LEFT JOIN identity i ON i.person = c.person";

const PART_OF_KIT: &str = "SELECT k.id, k.name, 0, 'free', s.lost_since_ms,
    EXISTS (SELECT 1 FROM job j WHERE j.subject = 'kit/' || k.id AND j.blocks = 1),
    c.out, c.due_ms, c.booking, i.name, NULL, k.within FROM kit k
    LEFT JOIN standing s ON s.subject = 'kit/' || k.id LEFT JOIN custody c ON c.subject = 'kit/' || k.id
    LEFT JOIN identity i ON i.person = c.person";

/// A case, what travels in it, and what travels in that: a circle of cases ends.
const INNER: &str = "WITH RECURSIVE inner_kit(id) AS
    (SELECT ?1 UNION SELECT k.id FROM kit k JOIN inner_kit ON k.within = inner_kit.id)";
/// A case, the one it travels in, and so on.
const OUTER: &str = "WITH RECURSIVE outer_kit(id) AS
    (SELECT ?1 UNION SELECT k.within FROM kit k JOIN outer_kit ON k.id = outer_kit.id WHERE k.within IS NOT NULL)";

/// A part, the model of an asset, and the kit in which it belongs.
type Placed = (Part, Option<ModelId>, Option<KitId>);

fn placed(row: &Row<'_>, resource: Resource) -> rusqlite::Result<Placed> {
    let loan: String = row.get(3)?;
    let because = if row.get(2)? {
        Some("retired")
    } else if loan == Loan::NotForLoan.name() {
        Some("not for loan")
    } else if row.get::<_, Option<i64>>(4)?.is_some() {
        Some("given up as lost")
    } else if row.get(5)? {
        Some("in maintenance")
    } else {
        None
    };
    let is_out = row.get::<_, Option<bool>>(6)?.unwrap_or(false);
    let out = Out { to: row.get(9)?, until: row.get(7)?, booking: row.get(8)? };
    let part = Part {
        resource,
        name: row.get(1)?,
        unavailable: because.map(str::to_owned),
        out: is_out.then_some(out),
        claims: Vec::new(),
    };
    Ok((part, row.get(10)?, row.get(11)?))
}

fn asset_row(row: &Row<'_>) -> rusqlite::Result<Placed> {
    placed(row, Resource::Asset(row.get(0)?))
}

fn kit_row(row: &Row<'_>) -> rusqlite::Result<Placed> {
    placed(row, Resource::Kit(row.get(0)?))
}

fn parts(found: Vec<Placed>) -> Vec<Part> {
    found.into_iter().map(|(part, _, _)| part).collect()
}

impl Loading<'_> {
    fn unknown(&mut self, named: &str, ids: &str) -> Result<(), LedgerError> {
        let (kind, id) = named.split_once('/').unwrap_or(("", named));
        let near = if ids.is_empty() { None } else { near(self.conn, ids, id)? };
        self.loaded.unknown.insert(named.to_owned(), near.map(|near| format!("{kind}/{near}")));
        Ok(())
    }

    fn note(&mut self, mut thing: Thing) -> Result<(), LedgerError> {
        let around = thing.members.iter_mut().chain(&mut thing.cases).chain(&mut thing.others);
        let mut all: Vec<&mut Part> = std::iter::once(&mut thing.part).chain(around).collect();
        let names: Vec<Resource> = all.iter().map(|part| part.resource.clone()).collect();
        let mut claims = self.claims(&names, self.window)?;
        for part in &mut all {
            part.claims = claims.remove(&part.resource).unwrap_or_default();
        }
        self.loaded.things.insert(thing.part.resource.clone(), thing);
        Ok(())
    }

    /// Claims that meet a span, by what they take, earliest first.
    fn claims(
        &self,
        resources: &[Resource],
        (from, until): (UtcMs, UtcMs),
    ) -> Result<BTreeMap<Resource, Vec<Claim>>, LedgerError> {
        let sql = format!(
            "SELECT {CLAIM_COLUMNS} FROM json_each(?1) j
             CROSS JOIN claim c ON c.resource = j.value AND c.until_ms > ?2
             JOIN booking b ON b.id = c.booking LEFT JOIN production p ON p.id = b.production
             WHERE c.from_ms < ?3 ORDER BY c.from_ms, c.resource, c.booking"
        );
        let names: BTreeSet<String> = resources.iter().map(ToString::to_string).collect();
        let names = serde_json::to_string(&names)?;
        let mut claims: BTreeMap<Resource, Vec<Claim>> = BTreeMap::new();
        for claim in rows(self.conn, &sql, params![names, from, until], claim_row)? {
            claims.entry(claim.resource.clone()).or_default().push(claim);
        }
        Ok(claims)
    }

    fn room(&mut self, id: &RoomId) -> Result<(), LedgerError> {
        let read = |row: &Row<'_>| Ok(plain(Resource::Room(row.get(0)?), row.get(1)?));
        let sql = "SELECT id, name FROM room WHERE id = ?1";
        let Some(part) = self.conn.prepare_cached(sql)?.query_row([id], read).optional()? else {
            return self.unknown(&format!("room/{id}"), "SELECT id FROM room ORDER BY id");
        };
        let sql = "SELECT id, name FROM room WHERE id <> ?1 ORDER BY id LIMIT ?2";
        let others = rows(self.conn, sql, params![id, OTHERS_MAX], read)?;
        self.note(Thing { part, model: None, members: Vec::new(), cases: Vec::new(), others })
    }

    /// People answer to other names than their opaque ids, so there is nothing near to one.
    fn person(&mut self, id: &str, works: bool) -> Result<(), LedgerError> {
        let sql = "SELECT p.id, coalesce(i.name, p.id) FROM person p LEFT JOIN identity i ON i.person = p.id
                   WHERE p.id = ?1";
        let read = |row: &Row<'_>| Ok(plain(Resource::Person(row.get(0)?), row.get(1)?));
        match self.conn.prepare_cached(sql)?.query_row([id], read).optional()? {
            None => self.unknown(&format!("person/{id}"), ""),
            Some(_) if !works => Ok(()),
            Some(part) => {
                let (members, cases, others) = (Vec::new(), Vec::new(), Vec::new());
                self.note(Thing { part, model: None, members, cases, others })
            }
        }
    }

    fn asset(&mut self, id: &AssetId) -> Result<(), LedgerError> {
        let sql = format!("{PART_OF_ASSET} WHERE a.id = ?1");
        let found = self.conn.prepare_cached(&sql)?.query_row([id], asset_row).optional()?;
        let Some((part, model, kit)) = found else {
            return self.unknown(&format!("asset/{id}"), "SELECT id FROM asset ORDER BY id");
        };
        let cases = self.outer(kit.as_ref())?;
        let sql = format!(
            "{PART_OF_ASSET} WHERE a.model = ?1 AND a.id <> ?2 AND a.kit IS NULL ORDER BY a.id LIMIT ?3"
        );
        let others = match &model {
            Some(model) => parts(rows(self.conn, &sql, params![model, id, OTHERS_MAX], asset_row)?),
            None => Vec::new(),
        };
        model.iter().try_for_each(|model| self.model(model.as_str()))?;
        self.note(Thing { part, model, members: Vec::new(), cases, others })
    }

    fn outer(&self, kit: Option<&KitId>) -> Result<Vec<Part>, LedgerError> {
        let Some(kit) = kit else { return Ok(Vec::new()) };
        let sql = format!("{OUTER} {PART_OF_KIT} WHERE k.id IN (SELECT id FROM outer_kit) ORDER BY k.id");
        Ok(parts(rows(self.conn, &sql, [kit], kit_row)?))
    }

    fn kit(&mut self, id: &KitId) -> Result<(), LedgerError> {
        let sql = format!("{PART_OF_KIT} WHERE k.id = ?1");
        let found = self.conn.prepare_cached(&sql)?.query_row([id], kit_row).optional()?;
        let Some((part, _, within)) = found else {
            return self.unknown(&format!("kit/{id}"), "SELECT id FROM kit ORDER BY id");
        };
        let sql = format!("{INNER} {PART_OF_ASSET} WHERE a.kit IN (SELECT id FROM inner_kit) ORDER BY a.id");
        let mut members = parts(rows(self.conn, &sql, [id], asset_row)?);
        let sql = format!(
            "{INNER} {PART_OF_KIT} WHERE k.id IN (SELECT id FROM inner_kit) AND k.id <> ?1 ORDER BY k.id"
        );
        members.extend(parts(rows(self.conn, &sql, [id], kit_row)?));
        let mut cases = self.outer(within.as_ref())?;
        cases.retain(|case| case.resource != part.resource);
        self.note(Thing { part, model: None, members, cases, others: Vec::new() })
    }

    fn model(&mut self, of: &str) -> Result<(), LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM asset WHERE model = ?1)";
        let known: bool = self.conn.prepare_cached(sql)?.query_row([of], |row| row.get(0))?;
        let Some(id) = ModelId::parse(of).ok().filter(|_| known) else {
            let ids = "SELECT DISTINCT model FROM asset WHERE model IS NOT NULL ORDER BY model";
            return self.unknown(&format!("model/{of}"), ids);
        };
        if self.loaded.models.contains_key(&id) {
            return Ok(());
        }
        let mut units = units(self.conn, &id)?;
        let resource = Resource::Model(id.clone());
        let named = units.iter().map(|unit| Resource::Asset(unit.asset.clone()));
        let names: Vec<Resource> = named.chain([resource.clone()]).collect();
        let mut claims = self.claims(&names, self.window)?;
        for unit in &mut units {
            unit.claims = claims.remove(&Resource::Asset(unit.asset.clone())).unwrap_or_default();
        }
        let claims = claims.remove(&resource).unwrap_or_default();
        self.loaded.models.insert(id, Pool { resource, name: of.to_owned(), claims, units });
        Ok(())
    }

    fn stock(&mut self, of: &str) -> Result<(), LedgerError> {
        let id = StockId::parse(of).ok();
        let found = id.as_ref().map(|id| shelf(self.conn, id)).transpose()?.flatten();
        let (Some(id), Some((name, shelf))) = (id, found) else {
            return self.unknown(&format!("stock/{of}"), "SELECT id FROM stock ORDER BY id");
        };
        // What is consumed does not come back: whatever is still to come counts.
        let window = match shelf.use_ {
            StockUse::Lent => self.window,
            StockUse::Consumed => (self.now, FOR_EVER),
        };
        let resource = Resource::Stock(id.clone());
        let mut claims = self.claims(std::slice::from_ref(&resource), window)?;
        let claims = claims.remove(&resource).unwrap_or_default();
        self.loaded.stocks.insert(id, (Pool { resource, name, claims, units: Vec::new() }, shelf));
        Ok(())
    }
}

/// A room or a person: nobody takes them out.
fn plain(resource: Resource, name: String) -> Part {
    Part { resource, name, unavailable: None, out: None, claims: Vec::new() }
}

/// The units of a model that are in service and belong in no kit.
pub fn units(conn: &Connection, model: &ModelId) -> Result<Vec<Unit>, LedgerError> {
    load::units(conn, model, u32::MAX)
}
