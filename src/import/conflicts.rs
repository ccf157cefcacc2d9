//! What confirmed bookings take, and which rows of a file would promise a thing twice. Pure.
//!
//! One sweep over time for each thing, so that a file as large as the ledger costs n log n. A room, an asset, a kit and
//! a person can be promised once at a moment; of a model so many as units that can be booked alone are in service, of a
//! stock so many as the studio has; what is used up does not come back, so of that every booking to come counts at once. Where a moment has more promised, the last rows of the file are wrong.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::cell::quoted;
use crate::domain::fact::{Body, BookingMade, Loan, Subject};
use crate::domain::id::{AssetId, BookingId, KitId, ModelId, PersonId, StockId};
use crate::domain::known::Known;
use crate::domain::plan::Resource;
use crate::time::UtcMs;

/// A cell that promises what is promised already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// Line on which the row begins, counted from 1.
    pub(super) line: u64,
    /// The column that names the thing.
    pub(super) column: &'static str,
    /// The thing, and who has it.
    pub(super) found: String,
    /// What would be right.
    pub(super) expected: String,
}

/// A confirmed booking.
#[derive(Debug)]
struct Promise {
    /// The row of the file, 0 for what the ledger says already.
    line: u64,
    /// What people call it, and its id.
    called: String,
    from: UtcMs,
    until: UtcMs,
}

/// What a booking takes of one thing.
#[derive(Debug)]
struct Claim {
    promise: usize,
    count: u32,
    column: &'static str,
    /// What the cell names: of a member the kit.
    named: String,
}

/// The confirmed bookings of the ledger and of a file.
#[derive(Debug)]
pub(super) struct Promises<'k> {
    known: &'k Known,
    /// Units of a model that can be booked alone, by unit.
    pool_of: BTreeMap<&'k AssetId, &'k ModelId>,
    /// How many there are of a model or a stock.
    capacity: BTreeMap<Resource, u32>,
    members: BTreeMap<&'k KitId, Vec<&'k AssetId>>,
    inner: BTreeMap<&'k KitId, Vec<&'k KitId>>,
    promises: Vec<Promise>,
    claims: BTreeMap<Resource, Vec<Claim>>,
}

impl<'k> Promises<'k> {
    /// No booking yet; how many there are of what, and what belongs in which kit, as the ledger knows it.
    pub(super) fn new(known: &'k Known) -> Self {
        let (promises, claims) = (Vec::new(), BTreeMap::new());
        let (pool_of, capacity) = (BTreeMap::new(), BTreeMap::new());
        let (members, inner) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        let mut all = Self { known, pool_of, capacity, members, inner, promises, claims };
        for (subject, body) in &known.registered {
            match (subject, body) {
                (Subject::Asset(id), Body::AssetRegistered(asset)) => {
                    if let Some(kit) = &asset.kit {
                        all.members.entry(kit).or_default().push(id);
                    }
                    let Some(model) = &asset.model else { continue };
                    let units = all.capacity.entry(Resource::Model(model.clone())).or_default();
                    let in_service = !asset.retired && !known.kept_in.contains(id);
                    if asset.kit.is_none() && in_service && asset.loan != Loan::NotForLoan {
                        *units += 1;
                        all.pool_of.insert(id, model);
                    }
                }
                (Subject::Kit(id), Body::KitRegistered(kit)) => {
                    if let Some(outer) = &kit.within {
                        all.inner.entry(outer).or_default().push(id);
                    }
                }
                (Subject::Stock(id), Body::StockRegistered(stock)) => {
                    let counted = known.pieces.get(id).map_or(stock.count, |pieces| pieces.count);
                    all.capacity.insert(Resource::Stock(id.clone()), counted);
                }
                _ => {}
            }
        }
        all
    }

    /// Adds a booking of the row on `line`, or of the ledger where that is 0. A hold promises nothing.
    pub(super) fn add(&mut self, line: u64, id: &BookingId, made: &BookingMade) {
        if !made.is_confirmed() {
            return;
        }
        let (from, until) = made.taken();
        self.promises.push(Promise { line, called: self.called(id, made), from, until });
        for (resource, (count, column, named)) in self.taken_by(made) {
            let count = match self.used_up(&resource) {
                // What is over takes no more, and what it has had is gone from the shelf.
                Some(_) if until <= self.known.at => continue,
                Some(used) => count.saturating_sub(used.get(id).copied().unwrap_or(0)),
                None => count,
            };
            let claim = Claim { promise: self.promises.len() - 1, count, column, named };
            self.claims.entry(resource).or_default().push(claim);
        }
    }

    /// What bookings have had of a stock that is used up; `None` for everything that comes back.
    fn used_up(&self, resource: &Resource) -> Option<&'k BTreeMap<BookingId, u32>> {
        let Resource::Stock(id) = resource else { return None };
        self.known.pieces.get(id)?.used.as_ref()
    }

    /// `Night Bus (nb-camera)`
    fn called(&self, id: &BookingId, made: &BookingMade) -> String {
        let production = made.production.as_ref().and_then(|production| {
            match self.known.registered.get(&Subject::Production(production.clone())) {
                Some(Body::ProductionRegistered(production)) => Some(&production.title),
                _ => None,
            }
        });
        match made.title.as_ref().or(production).or(made.client.as_ref()) {
            Some(title) => format!("{title} ({id})"),
            None => id.to_string(),
        }
    }

    /// Everything that a booking takes: how many of it, and the column and name that say so.
    fn taken_by(&self, made: &BookingMade) -> BTreeMap<Resource, (u32, &'static str, String)> {
        let mut taken = BTreeMap::new();
        // A member named beside its kit is taken once; units named beside a number of their model are more of it.
        let mut take = |resource: Resource, count: u32, column: &'static str, named: &str| {
            let adds_up = matches!(resource, Resource::Model(_) | Resource::Stock(_));
            let entry = taken.entry(resource).or_insert_with(|| (0_u32, column, named.to_owned()));
            entry.0 = if adds_up { entry.0.saturating_add(count) } else { 1 };
        };
        for of in &made.models {
            if let Ok(model) = ModelId::parse(&of.of) {
                take(Resource::Model(model), of.count, "models", &format!("{}:{}", of.of, of.count));
            }
        }
        for of in &made.stock {
            if let Ok(stock) = StockId::parse(&of.of) {
                take(Resource::Stock(stock), of.count, "stock", &format!("{}:{}", of.of, of.count));
            }
        }
        for asset in &made.assets {
            take(Resource::Asset(asset.clone()), 1, "assets", asset.as_str());
            if let Some(model) = self.pool_of.get(asset) {
                take(Resource::Model((*model).clone()), 1, "assets", asset.as_str());
            }
        }
        made.rooms.iter().for_each(|room| take(Resource::Room(room.clone()), 1, "rooms", room.as_str()));
        made.crew.iter().for_each(|who| take(Resource::Person(who.clone()), 1, "crew", who.as_str()));
        for named in &made.kits {
            for kit in self.kits_within(named) {
                let members = self.members.get(kit).into_iter().flatten();
                members.for_each(|asset| take(Resource::Asset((*asset).clone()), 1, "kits", named.as_str()));
                take(Resource::Kit(kit.clone()), 1, "kits", named.as_str());
            }
        }
        taken
    }

    /// A kit and all kits that travel in it.
    fn kits_within<'n>(&'n self, kit: &'n KitId) -> BTreeSet<&'n KitId> {
        let (mut all, mut next) = (BTreeSet::new(), vec![kit]);
        while let Some(kit) = next.pop() {
            if all.insert(kit) {
                next.extend(self.inner.get(kit).into_iter().flatten());
            }
        }
        all
    }

    /// The rows that promise what is promised already, in the order of the things and times; each cell once.
    /// Times are said in `zone`, people by `handle`.
    pub(super) fn broken(&self, zone: Tz, handle: impl Fn(&PersonId) -> String) -> Vec<Broken> {
        let mut broken = Vec::new();
        let mut said = BTreeSet::new();
        for (resource, claims) in &self.claims {
            let capacity = match resource {
                // What is not known at all is an error of its own.
                Resource::Model(_) | Resource::Stock(_) => self.capacity.get(resource).copied(),
                _ => Some(1),
            };
            let clashes = capacity.map_or_else(Vec::new, |capacity| {
                self.clashes(claims, capacity, self.used_up(resource).is_some())
            });
            for clash in clashes {
                if said.insert((clash.line, clash.claim.column, &clash.claim.named)) {
                    let (line, column) = (clash.line, clash.claim.column);
                    let (found, expected) = self.say(resource, &clash, zone, &handle);
                    broken.push(Broken { line, column, found, expected });
                }
            }
        }
        broken
    }

    /// The claims of rows that are too many at some moment. Each is then left out, so that one mistake is one error.
    /// What `lasts` is promised for ever.
    fn clashes<'c>(&self, claims: &'c [Claim], capacity: u32, lasts: bool) -> Vec<Clash<'c>> {
        let mut clashes = Vec::new();
        let mut starts: Vec<(&Claim, &Promise)> =
            claims.iter().filter_map(|claim| Some((claim, self.promises.get(claim.promise)?))).collect();
        starts.sort_by_key(|(_, promise)| promise.from);
        let mut now = Moment::default();
        for (claim, promise) in starts {
            if !lasts {
                now.forget_until(promise.from);
            }
            now.begin(claim, promise);
            while now.promised > u64::from(capacity) {
                let Some((line, claim)) = now.leave_out_last() else { break };
                let others = now.running.values().map(|claim| claim.promise).take(OTHERS_MAX).collect();
                let (at, promised) = (promise.from, now.promised);
                clashes.push(Clash { line, claim, at, promised, capacity, others });
            }
        }
        clashes
    }

    /// What stands there with who has it, and what would be right.
    fn say(
        &self,
        resource: &Resource,
        clash: &Clash<'_>,
        zone: Tz,
        handle: impl Fn(&PersonId) -> String,
    ) -> (String, String) {
        let named = quoted(&clash.claim.named);
        let at = written(clash.at, zone);
        let Clash { promised, capacity, .. } = clash;
        let left = u64::from(*capacity).saturating_sub(*promised);
        let (whom, span) = self.whom(clash, zone);
        let (id, free) = match resource {
            Resource::Model(model) if *capacity == 0 => {
                let expected = format!(
                    "a model of which units can be booked: every {model} belongs in a kit, is retired or not for loan"
                );
                return (named, expected);
            }
            Resource::Model(model) if clash.claim.column == "assets" => {
                let found =
                    format!("{named}, and {promised} of {capacity} {model} are promised at {at}, to {whom}");
                return (found, "a time at which one of them is free".to_owned());
            }
            Resource::Model(_) | Resource::Stock(_) if *promised == 0 => {
                return (named, format!("at most {left}: there are no more"));
            }
            Resource::Model(_) | Resource::Stock(_) => {
                let others = format!("{promised} of {capacity} are promised at {at}, to {whom}");
                return (named, format!("at most {left}: {others}"));
            }
            Resource::Person(person) => {
                let found = format!("{}, who is booked for {whom} {span}", quoted(&handle(person)));
                return (found, "a time at which they are free".to_owned());
            }
            Resource::Asset(id) => (id.as_str(), "a time at which it is free"),
            Resource::Kit(id) => (id.as_str(), "a time at which it is free"),
            Resource::Room(id) => (id.as_str(), "a time at which it is free"),
        };
        let which = if id == clash.claim.named { "which".to_owned() } else { format!("of which {id}") };
        (format!("{named}, {which} is promised to {whom} {span}"), free.to_owned())
    }

    /// The bookings that have it, and from when to when the first of them does.
    fn whom(&self, clash: &Clash<'_>, zone: Tz) -> (String, String) {
        let others: Vec<&Promise> =
            clash.others.iter().filter_map(|other| self.promises.get(*other)).collect();
        let called: Vec<&str> = others.iter().map(|other| other.called.as_str()).collect();
        let span = others.first().map_or_else(String::new, |other| {
            format!("from {} to {}", written(other.from, zone), written(other.until, zone))
        });
        (called.join(", "), span)
    }
}

/// So many of those who have a thing are named.
const OTHERS_MAX: usize = 3;

/// A claim that is too much at some moment.
#[derive(Debug)]
struct Clash<'c> {
    line: u64,
    claim: &'c Claim,
    /// The moment.
    at: UtcMs,
    /// How many others have promised then.
    promised: u64,
    /// How many there are.
    capacity: u32,
    /// Some of the others.
    others: Vec<usize>,
}

/// What is promised of one thing at one moment.
#[derive(Debug, Default)]
struct Moment<'c> {
    /// By the line of the row.
    running: BTreeMap<(u64, usize), &'c Claim>,
    ends: BTreeMap<(UtcMs, usize), u64>,
    promised: u64,
}

impl<'c> Moment<'c> {
    /// What has ended by then is promised no longer.
    fn forget_until(&mut self, at: UtcMs) {
        while let Some(entry) = self.ends.first_entry().filter(|entry| entry.key().0 <= at) {
            let ((_, promise), line) = entry.remove_entry();
            if let Some(claim) = self.running.remove(&(line, promise)) {
                self.promised -= u64::from(claim.count);
            }
        }
    }

    fn begin(&mut self, claim: &'c Claim, promise: &Promise) {
        self.promised += u64::from(claim.count);
        self.running.insert((promise.line, claim.promise), claim);
        self.ends.insert((promise.until, claim.promise), promise.line);
    }

    /// Leaves out the last row of the file that is running; what the ledger has stays.
    fn leave_out_last(&mut self) -> Option<(u64, &'c Claim)> {
        let entry = self.running.last_entry().filter(|entry| entry.key().0 > 0)?;
        let ((line, _), claim) = entry.remove_entry();
        self.promised -= u64::from(claim.count);
        Some((line, claim))
    }
}

/// The last moment of the year 9999, less the widest offset of a zone.
const LAST_MS: i64 = 253_402_128_000_000;

/// A moment as a file writes it, in the studio's zone.
fn written(at: UtcMs, zone: Tz) -> String {
    let local = UtcMs(at.0.clamp(0, LAST_MS)).to_chrono().with_timezone(&zone);
    local.format("%Y-%m-%d %H:%M").to_string()
}
