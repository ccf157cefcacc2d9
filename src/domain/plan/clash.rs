//! What stands against one booking at its time, and what is free instead.

use std::collections::BTreeSet;

use super::conflict::{Conflict, Why};
use super::loaded::{BookingLoaded, Part, Thing};
use super::pool::{TooFew, stock_too_few, too_few};
use super::{Claim, Pool, Resource};
use crate::domain::fact::{BookingMade, Quantity, StockUse};
use crate::domain::id::{AssetId, BookingId, ModelId, StockId};
use crate::domain::verdict::Promise;
use crate::time::UtcMs;

/// So many things are named that are free instead.
const INSTEAD_MAX: usize = 3;

/// A later time is looked for within so long.
pub const LATER_MS: i64 = 60 * 24 * 3_600_000;

/// So many later times are looked at.
const LATER_MAX: usize = 500;

/// A booking at one time.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// Its id, where there is one: what is out for it is no obstacle.
    pub id: Option<&'a BookingId>,
    /// What it says.
    pub plan: &'a BookingMade,
    /// What others have; nothing of the booking itself is in it.
    pub loaded: &'a BookingLoaded,
    /// How many times it takes what is consumed.
    pub times: u32,
    /// The present.
    pub now: UtcMs,
}

type Span = (UtcMs, UtcMs);

impl Occurrence<'_> {
    /// What it cannot have, and why.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let things = self.things().into_iter().filter_map(|(resource, thing)| self.of_thing(resource, thing));
        let models = self.loaded.models.keys().filter_map(|model| self.of_model(model));
        let stocks = self.loaded.stocks.keys().filter_map(|stock| self.of_stock(stock));
        things.chain(models).chain(stocks).collect()
    }

    /// Holds of others on what it takes, earliest first, each booking once.
    pub fn holds(&self) -> Vec<Promise> {
        let (from, until) = self.plan.taken();
        let parts = self.things().into_iter().flat_map(|(_, thing)| parts(thing));
        let claims = parts.flat_map(|part| &part.claims);
        let mut held: Vec<&Claim> =
            claims.filter(|claim| !claim.confirmed && claim.meets(from, until)).collect();
        held.extend(self.pool_holds());
        held.sort_by(|one, two| (one.from, &one.booking).cmp(&(two.from, &two.booking)));
        held.dedup_by(|one, two| one.booking == two.booking);
        held.into_iter().map(Claim::promise).collect()
    }

    /// Holds without which there would be enough of a model or a stock.
    fn pool_holds(&self) -> Vec<&Claim> {
        let (from, until) = self.plan.taken();
        let mut confirmed = self.loaded.clone();
        let stocks = confirmed.stocks.values_mut().map(|(pool, _)| pool);
        for pool in confirmed.models.values_mut().chain(stocks) {
            let units = pool.units.iter_mut().flat_map(|unit| &mut unit.claims);
            pool.claims.iter_mut().chain(units).for_each(|claim| claim.confirmed = true);
        }
        let all = Occurrence { loaded: &confirmed, ..*self };
        let models =
            self.loaded.models.iter().filter(|(model, _)| all.model_lack(model, (from, until)).is_some());
        let stocks =
            self.loaded.stocks.iter().filter(|(stock, _)| all.stock_lack(stock, (from, until)).is_some());
        let pools = models.map(|(_, pool)| pool).chain(stocks.map(|(_, (pool, _))| pool));
        let claims = pools.flat_map(|pool| &pool.claims);
        claims.filter(|claim| !claim.confirmed && claim.meets(from, until)).collect()
    }

    /// The rooms, assets, kits and people that it names, each once.
    fn things(&self) -> Vec<(Resource, &Thing)> {
        let named: BTreeSet<Resource> = named(self.plan).collect();
        let find = |resource: Resource| self.loaded.things.get(&resource).map(|thing| (resource, thing));
        named.into_iter().filter_map(find).collect()
    }

    fn of_thing(&self, resource: Resource, thing: &Thing) -> Option<Conflict> {
        let (name, why) = self.against(thing, self.plan.taken())?;
        let pool = thing.model.as_ref().and_then(|model| self.loaded.models.get(model));
        let ends = parts(thing).flat_map(ends_of).chain(pool.into_iter().flat_map(pool_ends)).collect();
        let free_from = match why {
            Why::Unavailable { .. } => None,
            _ => self.later(ends, |span| self.against(thing, span).is_none() && self.counted(thing, span)),
        };
        Some(Conflict { resource, name, why, instead: self.instead(thing), free_from })
    }

    /// Why a thing cannot be had for a span, and the name of the part for which that is so.
    fn against(&self, thing: &Thing, span: Span) -> Option<(String, Why)> {
        let whole = self.unavailable(&thing.part).or_else(|| self.taken(&thing.part, span));
        if let Some(why) = whole {
            return Some((thing.part.name.clone(), why));
        }
        let of_member =
            |part: &Part| Some((format!("{} of {}", part.name, thing.part.name), self.taken(part, span)?));
        let of_case =
            |part: &Part| Some((format!("{} in {}", thing.part.name, part.name), self.promised(part, span)?));
        thing.members.iter().find_map(of_member).or_else(|| thing.cases.iter().find_map(of_case))
    }

    /// Whether a unit can be spared from its model.
    fn counted(&self, thing: &Thing, span: Span) -> bool {
        thing.model.as_ref().is_none_or(|model| self.model_lack(model, span).is_none())
    }

    fn unavailable(&self, part: &Part) -> Option<Why> {
        part.unavailable.clone().map(|because| Why::Unavailable { because })
    }

    fn taken(&self, part: &Part, span: Span) -> Option<Why> {
        self.promised(part, span).or_else(|| self.out(part, span))
    }

    fn promised(&self, part: &Part, (from, until): Span) -> Option<Why> {
        let claim = part.claims.iter().find(|claim| claim.confirmed && claim.meets(from, until))?;
        Some(Why::Promised { to: claim.promise() })
    }

    /// It is out to somebody else when this booking begins to take. What is overdue will be back, but is not now.
    fn out(&self, part: &Part, (from, until): Span) -> Option<Why> {
        let out = part.out.as_ref().filter(|out| self.id.is_none() || out.booking.as_ref() != self.id)?;
        let overdue = out.until.is_some_and(|due| due <= self.now);
        let away = if overdue { from <= self.now } else { out.until.is_none_or(|due| from < due) };
        (away && until > self.now).then(|| Why::Out { to: out.to.clone(), until: out.until })
    }

    fn instead(&self, thing: &Thing) -> Vec<String> {
        let span = self.plan.taken();
        let free = |part: &&Part| {
            let named = named(self.plan).any(|resource| resource == part.resource);
            !named && self.unavailable(part).is_none() && self.taken(part, span).is_none()
        };
        let swapped = |part: &&Part| match (&part.resource, &thing.part.resource, &thing.model) {
            (Resource::Asset(other), Resource::Asset(asset), Some(model)) => {
                let named = self.plan.assets.iter().filter(|named| *named != asset).chain([other]);
                self.lack(model, &named.collect::<Vec<_>>(), span).is_none()
            }
            _ => true,
        };
        let free = thing.others.iter().filter(free).filter(swapped);
        free.map(|part| part.name.clone()).take(INSTEAD_MAX).collect()
    }

    /// The first of these moments from which the same length is free, as a beginning of the booking.
    fn later(&self, mut ends: Vec<UtcMs>, is_free: impl Fn(Span) -> bool) -> Option<UtcMs> {
        ends.sort_unstable();
        ends.dedup();
        let (from, until) = self.plan.taken();
        let soon = |at: &UtcMs| *at > from && at.since(from) <= LATER_MS;
        let fits = |at: &UtcMs| is_free((*at, until.plus(at.since(from))));
        let at = ends.into_iter().filter(soon).take(LATER_MAX).find(fits)?;
        Some(at.plus(self.plan.prepare_ms))
    }

    fn of_model(&self, model: &ModelId) -> Option<Conflict> {
        let pool = self.loaded.models.get(model)?;
        let lack = self.model_lack(model, self.plan.taken())?;
        let assets: Vec<&AssetId> = self.plan.assets.iter().collect();
        let named = u32::try_from(in_pool(pool, &assets).len()).unwrap_or(u32::MAX);
        let wanted = wanted_of(&self.plan.models, model.as_str()).saturating_add(named);
        // Said of all that is wanted, those that are named one by one among them.
        let left = too_few(pool, wanted, &[], self.plan.taken(), self.id, self.now);
        let left = left.map_or(lack.left, |all| all.left);
        let ends = pool_ends(pool).collect();
        let free_from = self.later(ends, |span| self.model_lack(model, span).is_none());
        Some(few(Resource::Model(model.clone()), pool, wanted, TooFew { left, ..lack }, free_from))
    }

    fn model_lack(&self, model: &ModelId, span: Span) -> Option<TooFew> {
        self.lack(model, &self.plan.assets.iter().collect::<Vec<_>>(), span)
    }

    fn lack(&self, model: &ModelId, assets: &[&AssetId], span: Span) -> Option<TooFew> {
        let pool = self.loaded.models.get(model)?;
        let named = in_pool(pool, assets);
        let wanted = wanted_of(&self.plan.models, model.as_str());
        if wanted == 0 && named.is_empty() {
            return None;
        }
        too_few(pool, wanted, &named, span, self.id, self.now)
    }

    fn of_stock(&self, stock: &StockId) -> Option<Conflict> {
        let (pool, shelf) = self.loaded.stocks.get(stock)?;
        let lack = self.stock_lack(stock, self.plan.taken())?;
        let lots = shelf.lots.iter().map(|lot| lot.until);
        let ends = pool.claims.iter().map(|claim| claim.until).chain(lots).collect();
        let free_from = match shelf.use_ {
            StockUse::Lent => self.later(ends, |span| self.stock_lack(stock, span).is_none()),
            StockUse::Consumed => None,
        };
        let wanted = self.pieces(stock);
        Some(few(Resource::Stock(stock.clone()), pool, wanted, lack, free_from))
    }

    fn pieces(&self, stock: &StockId) -> u32 {
        let consumed =
            self.loaded.stocks.get(stock).is_some_and(|(_, shelf)| shelf.use_ == StockUse::Consumed);
        let times = if consumed { self.times } else { 1 };
        wanted_of(&self.plan.stock, stock.as_str()).saturating_mul(times)
    }

    fn stock_lack(&self, stock: &StockId, span: Span) -> Option<TooFew> {
        let (pool, shelf) = self.loaded.stocks.get(stock)?;
        let wanted = Some(self.pieces(stock)).filter(|wanted| *wanted > 0)?;
        stock_too_few(pool, shelf, wanted, span, self.id, self.now)
    }
}

fn few(resource: Resource, pool: &Pool, wanted: u32, lack: TooFew, free_from: Option<UtcMs>) -> Conflict {
    let TooFew { at, left, of, promised_to } = lack;
    let why = Why::TooFew { wanted, left, of, at, promised_to };
    Conflict { resource, name: pool.name.clone(), why, instead: Vec::new(), free_from }
}

/// The rooms, assets, kits and people that a booking names, as it names them.
fn named(plan: &BookingMade) -> impl Iterator<Item = Resource> {
    let rooms = plan.rooms.iter().cloned().map(Resource::Room);
    let assets = plan.assets.iter().cloned().map(Resource::Asset);
    let kits = plan.kits.iter().cloned().map(Resource::Kit);
    rooms.chain(assets).chain(kits).chain(plan.crew.iter().cloned().map(Resource::Person))
}

fn parts(thing: &Thing) -> impl Iterator<Item = &Part> {
    std::iter::once(&thing.part).chain(&thing.members).chain(&thing.cases)
}

fn ends_of(part: &Part) -> impl Iterator<Item = UtcMs> {
    let out = part.out.as_ref().and_then(|out| out.until);
    part.claims.iter().map(|claim| claim.until).chain(out)
}

fn pool_ends(pool: &Pool) -> impl Iterator<Item = UtcMs> {
    let units = pool.units.iter();
    let units = units.flat_map(|unit| unit.claims.iter().map(|claim| claim.until).chain(unit.out_until));
    pool.claims.iter().map(|claim| claim.until).chain(units)
}

fn in_pool<'a>(pool: &Pool, assets: &[&'a AssetId]) -> Vec<&'a AssetId> {
    let assets: BTreeSet<&AssetId> = assets.iter().copied().collect();
    assets.into_iter().filter(|asset| pool.units.iter().any(|unit| unit.asset == **asset)).collect()
}

/// How many of a model or stock are wanted in all: the same may stand in a list twice.
fn wanted_of(quantities: &[Quantity], of: &str) -> u32 {
    let counts = quantities.iter().filter(|quantity| quantity.of == of).map(|quantity| quantity.count);
    counts.fold(0, u32::saturating_add)
}
