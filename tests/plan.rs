#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else stops"
)]
//! Bookings against a naive model: a table of hours in which everything is counted afresh.

use std::collections::{BTreeMap, BTreeSet};

use cagekeeper::domain::command::{Actor, Every, Repeats};
use cagekeeper::domain::fact::{Body, BookingMade, CONFIRMED, HOLD, NewFact, Quantity, StockUse, Subject};
use cagekeeper::domain::id::{AssetId, BookingId, KitId, ModelId, PersonId, RoomId, StockId};
use cagekeeper::domain::person::{Role, Roles};
use cagekeeper::domain::plan::book::{Wanted, book, cancel};
use cagekeeper::domain::plan::conflict::{Conflict, Why};
use cagekeeper::domain::plan::loaded::{BookingLoaded, Part, Thing};
use cagekeeper::domain::plan::pool::Shelf;
use cagekeeper::domain::plan::recur::occurrence_id;
use cagekeeper::domain::plan::{Claim, Pool, Resource, Unit};
use cagekeeper::domain::rules::HouseRules;
use cagekeeper::domain::verdict::Verdict;
use cagekeeper::time::{MonoMs, Now, UtcMs};
use proptest::prelude::*;

const HOUR_MS: i64 = 3_600_000;
/// The Monday on which the table of hours begins.
const MONDAY: UtcMs = UtcMs(1_795_392_000_000);
const LAVS: u32 = 2;
const TAPES: u32 = 3;
const LAV_UNITS: [&str; 2] = ["asset/lav-1", "asset/lav-2"];

type Bookings = BTreeMap<BookingId, BookingMade>;

fn resource(text: &str) -> Resource {
    Resource::parse(text).unwrap()
}

// The fake loader ----------------------------------------------------------------------------------------------------

fn claims(bookings: &Bookings, resource: &Resource) -> Vec<Claim> {
    let claim = |(id, plan): (&BookingId, &BookingMade)| {
        let count = takes(plan).get(resource).copied()?;
        Some(Claim {
            resource: resource.clone(),
            count,
            booking: id.clone(),
            title: id.to_string(),
            production: None,
            people: Vec::new(),
            starts: plan.starts,
            ends: plan.ends,
            from: plan.taken().0,
            until: plan.taken().1,
            confirmed: plan.is_confirmed(),
        })
    };
    let mut claims: Vec<Claim> = bookings.iter().filter_map(claim).collect();
    claims.sort_by_key(|claim| claim.from);
    claims
}

fn takes(plan: &BookingMade) -> BTreeMap<Resource, u32> {
    let mut takes = BTreeMap::new();
    let mut add = |resource: Resource, count: u32| *takes.entry(resource).or_insert(0) += count;
    plan.rooms.iter().cloned().for_each(|id| add(Resource::Room(id), 1));
    plan.assets.iter().cloned().for_each(|id| add(Resource::Asset(id), 1));
    plan.kits.iter().cloned().for_each(|id| add(Resource::Kit(id), 1));
    plan.crew.iter().cloned().for_each(|id| add(Resource::Person(id), 1));
    let model = |of: &str| Resource::Model(ModelId::parse(of).unwrap());
    plan.models.iter().for_each(|line| add(model(&line.of), line.count));
    let stock = |of: &str| Resource::Stock(StockId::parse(of).unwrap());
    plan.stock.iter().for_each(|line| add(stock(&line.of), line.count));
    takes
}

fn part(bookings: &Bookings, text: &str) -> Part {
    let resource = resource(text);
    let claims = claims(bookings, &resource);
    Part { name: text.to_owned(), unavailable: None, out: None, claims, resource }
}

fn thing(bookings: &Bookings, text: &str) -> Thing {
    let parts = |names: &[&str]| names.iter().map(|name| part(bookings, name)).collect::<Vec<_>>();
    let others: &[&str] = match text {
        "asset/lav-1" => &["asset/lav-2"],
        "asset/lav-2" => &["asset/lav-1"],
        "room/a" => &["room/b"],
        "room/b" => &["room/a"],
        _ => &[],
    };
    Thing {
        part: part(bookings, text),
        model: text.starts_with("asset/lav").then(|| ModelId::parse("lav").unwrap()),
        members: parts(if text == "kit/fx6" { &["asset/body"] } else { &[] }),
        cases: parts(if text == "asset/body" { &["kit/fx6"] } else { &[] }),
        others: parts(others),
    }
}

fn loaded(bookings: &Bookings, id: &BookingId) -> BookingLoaded {
    let old = bookings.get(id).cloned();
    let first = old.as_ref().and_then(|old| old.series.clone()).unwrap_or_else(|| id.clone());
    let series = bookings.iter().filter(|(other, plan)| *other != id && plan.series.as_ref() == Some(&first));
    let series = series.map(|(id, plan)| (id.clone(), plan.clone())).collect();
    let things =
        ["asset/lav-1", "asset/lav-2", "asset/body", "kit/fx6", "room/a", "room/b", "person/p1", "person/p2"];
    let things = things.iter().map(|name| (resource(name), thing(bookings, name))).collect();
    let unit = |name: &str| Unit {
        asset: AssetId::parse(name).unwrap(),
        name: name.to_owned(),
        out_until: None,
        booking: None,
        claims: claims(bookings, &resource(&format!("asset/{name}"))),
    };
    let pool = |name: &str, units: Vec<Unit>| {
        let resource = resource(name);
        Pool { name: name.to_owned(), claims: claims(bookings, &resource), resource, units }
    };
    let lavs = pool("model/lav", vec![unit("lav-1"), unit("lav-2")]);
    let shelf = Shelf { count: TAPES, use_: StockUse::Lent, lots: Vec::new() };
    let tapes = (pool("stock/tape", Vec::new()), shelf);
    BookingLoaded {
        old,
        series,
        things,
        models: [(ModelId::parse("lav").unwrap(), lavs)].into(),
        stocks: [(StockId::parse("tape").unwrap(), tapes)].into(),
        ..BookingLoaded::default()
    }
}

// The naive model ----------------------------------------------------------------------------------------------------

fn hours((from, until): (UtcMs, UtcMs)) -> impl Iterator<Item = UtcMs> {
    let hours = until.since(from) / HOUR_MS;
    (0..hours).map(move |hour| from.plus(hour * HOUR_MS))
}

/// So many of something are taken at an hour by confirmed bookings.
fn taken(bookings: &Bookings, resource: &Resource, hour: UtcMs) -> u32 {
    let at = |plan: &&BookingMade| plan.is_confirmed() && plan.taken().0 <= hour && hour < plan.taken().1;
    bookings.values().filter(at).filter_map(|plan| takes(plan).get(resource).copied()).sum()
}

/// Whether one thing of a plan can be had at an hour.
fn can_have(others: &Bookings, plan: &BookingMade, wanted: &Resource, hour: UtcMs) -> bool {
    let takes = takes(plan);
    let taken = |name: &str| taken(others, &resource(name), hour);
    let wants = |name: &str| takes.get(&resource(name)).copied().unwrap_or(0);
    // A unit that both name is one unit; that they both do is the conflict of the unit.
    let named = || LAV_UNITS.iter().filter(|name| taken(name) + wants(name) > 0).count();
    let lavs_suffice = || taken("model/lav") + wants("model/lav") + u32::try_from(named()).unwrap() <= LAVS;
    match wanted.to_string().as_str() {
        "kit/fx6" | "asset/body" => taken("kit/fx6") + taken("asset/body") == 0,
        "model/lav" => lavs_suffice(),
        "stock/tape" => taken("stock/tape") + wants("stock/tape") <= TAPES,
        text if LAV_UNITS.contains(&text) => taken(text) == 0 && lavs_suffice(),
        text => taken(text) == 0,
    }
}

fn fits(others: &Bookings, plan: &BookingMade) -> bool {
    takes(plan).keys().all(|wanted| hours(plan.taken()).all(|hour| can_have(others, plan, wanted, hour)))
}

fn never_twice(bookings: &Bookings) {
    let first = bookings.values().map(|plan| plan.taken().0).min().unwrap_or(MONDAY);
    let last = bookings.values().map(|plan| plan.taken().1).max().unwrap_or(MONDAY);
    for hour in hours((first, last)) {
        let taken = |name: &str| taken(bookings, &resource(name), hour);
        for one in ["asset/lav-1", "asset/lav-2", "room/a", "room/b", "person/p1", "person/p2"] {
            assert!(taken(one) <= 1, "{one} twice at {hour}");
        }
        let of_kit = |plan: &&BookingMade| {
            ["kit/fx6", "asset/body"].iter().any(|name| takes(plan).contains_key(&resource(name)))
        };
        let at = |plan: &&BookingMade| plan.is_confirmed() && plan.taken().0 <= hour && hour < plan.taken().1;
        assert!(bookings.values().filter(at).filter(of_kit).count() <= 1, "the kit at {hour}");
        assert!(taken("model/lav") + taken("asset/lav-1") + taken("asset/lav-2") <= LAVS, "lavs at {hour}");
        assert!(taken("stock/tape") <= TAPES, "tape at {hour}");
    }
}

/// A plan moved by so many hours.
fn later(plan: &BookingMade, hours: i64) -> BookingMade {
    let ms = hours * HOUR_MS;
    BookingMade { starts: plan.starts.plus(ms), ends: plan.ends.plus(ms), ..plan.clone() }
}

/// What a conflict says of other things and other times is so, and nothing nearer is.
fn says_what_is_so(others: &Bookings, plan: &BookingMade, conflict: &Conflict) {
    let wanted = &conflict.resource;
    let free = |plan: &BookingMade, wanted: &Resource| {
        hours(plan.taken()).all(|hour| can_have(others, plan, wanted, hour))
    };
    for name in &conflict.instead {
        let swapped = swapped(plan, wanted, name);
        assert!(free(&swapped, &resource(name)), "{name} is not free instead of {wanted}");
    }
    let next = (1..400).map(|hours| later(plan, hours)).find(|plan| free(plan, wanted));
    assert_eq!(conflict.free_from, next.map(|plan| plan.starts), "{wanted} is free from");
    if let Why::TooFew { wanted, left, of, at, .. } = conflict.why {
        assert!(left < wanted && left <= of, "{left} of {of} left at {at}, {wanted} wanted");
    }
}

fn swapped(plan: &BookingMade, from: &Resource, to: &str) -> BookingMade {
    let mut plan = plan.clone();
    plan.rooms.retain(|room| Resource::Room(room.clone()) != *from);
    plan.assets.retain(|asset| Resource::Asset(asset.clone()) != *from);
    match resource(to) {
        Resource::Room(room) => plan.rooms.push(room),
        Resource::Asset(asset) => plan.assets.push(asset),
        other => panic!("{other} instead of {from}"),
    }
    plan
}

// What is tried ------------------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
enum Step {
    Book { id: usize, plan: Box<BookingMade>, times: Option<u32>, exists: bool },
    Cancel { id: usize, series: bool },
}

const IDS: [&str; 5] = ["one", "two", "three", "four", "five"];

fn some<T: Clone + std::fmt::Debug + 'static>(of: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = of.len();
    prop_oneof![2 => Just(Vec::new()), 1 => prop::sample::subsequence(of, 0..=most)]
}

fn count(of: &'static str, most: u32) -> impl Strategy<Value = Vec<Quantity>> {
    let line = (1..=most).prop_map(move |count| vec![Quantity { of: of.to_owned(), count }]);
    prop_oneof![2 => Just(Vec::new()), 1 => line]
}

fn plan() -> impl Strategy<Value = BookingMade> {
    let assets = ["lav-1", "lav-2", "body"].map(|id| AssetId::parse(id).unwrap());
    let rooms = ["a", "b"].map(|id| RoomId::parse(id).unwrap());
    let people = ["p1", "p2"].map(|id| PersonId::parse(id).unwrap());
    let kits = vec![KitId::parse("fx6").unwrap()];
    let things = (some(assets.to_vec()), some(kits), some(rooms.to_vec()), some(people.to_vec()));
    let counts = (count("lav", 3), count("tape", 4));
    let times =
        (0..60i64, 1..12i64, 0..3i64, 0..3i64, prop::sample::select(vec![CONFIRMED, CONFIRMED, HOLD]));
    (things, counts, times)
        .prop_map(
            |((assets, kits, rooms, crew), (models, stock), (from, long, prepare, clean_up, status))| {
                let starts = MONDAY.plus(from * HOUR_MS);
                BookingMade {
                    production: None,
                    client: None,
                    person: None,
                    rooms,
                    assets,
                    kits,
                    models,
                    stock,
                    crew,
                    starts,
                    ends: starts.plus(long * HOUR_MS),
                    status: status.to_owned(),
                    title: None,
                    prepare_ms: prepare * HOUR_MS,
                    clean_up_ms: clean_up * HOUR_MS,
                    series: None,
                    overrides: Vec::new(),
                    confirmed_by: None,
                }
            },
        )
        .prop_filter("something is booked", |plan| !takes(plan).is_empty())
}

fn step() -> impl Strategy<Value = Step> {
    let ids = 0..IDS.len();
    let times = prop_oneof![3 => Just(None), 1 => (1..4u32).prop_map(Some)];
    let books = (ids.clone(), plan().prop_map(Box::new), times, any::<bool>())
        .prop_map(|(id, plan, times, exists)| Step::Book { id, plan, times, exists });
    prop_oneof![6 => books, 1 => (ids, any::<bool>()).prop_map(|(id, series)| Step::Cancel { id, series })]
}

fn actor() -> Actor {
    Actor { person: None, roles: Roles::of(&[Role::Admin]) }
}

fn now() -> Now {
    Now { mono: MonoMs(0), utc: MONDAY.plus(-24 * HOUR_MS), trusted: true }
}

fn keep(bookings: &mut Bookings, facts: Vec<NewFact>) {
    for fact in facts {
        let Subject::Booking(id) = fact.subject else { panic!("a fact of something else") };
        match fact.body {
            Body::BookingMade(plan) => drop(bookings.insert(id, plan)),
            Body::BookingCancelled(_) => drop(bookings.remove(&id)),
            other => panic!("{other:?}"),
        }
    }
}

/// The bookings that a plan is to become, and the others that stand beside them.
fn expected(
    bookings: &Bookings,
    id: &BookingId,
    plan: &BookingMade,
    times: Option<u32>,
) -> (Vec<BookingMade>, Bookings) {
    let days = i64::from(times.unwrap_or(1));
    let made: Vec<BookingMade> = (0..days).map(|day| later(plan, day * 24)).collect();
    let mut own: BTreeSet<BookingId> = (1..=made.len()).map(|nth| occurrence_id(id, nth)).collect();
    if let (Some(old), Some(_)) = (bookings.get(id), times) {
        let first = old.series.clone().unwrap_or_else(|| id.clone());
        let left = bookings
            .iter()
            .filter(|(_, plan)| plan.series.as_ref() == Some(&first) && plan.starts >= old.starts);
        own.extend(left.map(|(id, _)| id.clone()));
    }
    let others = bookings.iter().filter(|(id, _)| !own.contains(id));
    (made, others.map(|(id, plan)| (id.clone(), plan.clone())).collect())
}

fn take(bookings: &mut Bookings, step: &Step) {
    let (Step::Book { id, .. } | Step::Cancel { id, .. }) = step;
    let id = BookingId::parse(IDS[*id]).unwrap();
    let loaded = loaded(bookings, &id);
    let Step::Book { plan, times, exists, .. } = step else {
        let Step::Cancel { series, .. } = step else { return };
        let (verdict, facts) = cancel(&id, *series, &loaded, &actor());
        assert_eq!(matches!(verdict, Verdict::BookingCancelled { .. }), bookings.contains_key(&id));
        return keep(bookings, facts);
    };
    let repeats = times.map(|times| Repeats { every: Every::Day, until: None, times: Some(times) });
    let wanted = Wanted { booking: &id, plan, repeats, exists: *exists };
    let (verdict, facts) = book(&wanted, &loaded, &actor(), true, &HouseRules::default(), &now());
    let (made, others) = expected(bookings, &id, plan, *times);
    match verdict {
        Verdict::NoSense { .. } | Verdict::DuplicateScan { .. } if !*exists && bookings.contains_key(&id) => {
            assert!(facts.is_empty(), "a booking that stands was replaced");
        }
        Verdict::NotFound { .. } => assert!(*exists && !bookings.contains_key(&id)),
        // Whoever makes a booking replaces none: the same words once more, or another one of that id.
        Verdict::DuplicateScan { .. } | Verdict::NoSense { .. } => {
            assert!(!*exists && bookings.contains_key(&id) && facts.is_empty());
        }
        Verdict::Booked { times, .. } => {
            assert!(made.iter().all(|plan| fits(&others, plan)), "booked against a promise");
            assert_eq!(times, made.len());
            keep(bookings, facts);
            assert!(others.keys().all(|other| bookings.contains_key(other)), "another was lost");
            assert_eq!(bookings.len(), others.len() + made.len());
        }
        Verdict::BookingConflict { booking, conflicts } => {
            let first = made.iter().position(|plan| !fits(&others, plan)).expect("refused without a reason");
            assert_eq!(booking, occurrence_id(&id, first + 1));
            assert!(facts.is_empty());
            conflicts.iter().for_each(|conflict| says_what_is_so(&others, &made[first], conflict));
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_is_promised_twice_and_nothing_is_refused_that_is_free(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut bookings = Bookings::new();
        for step in &steps {
            take(&mut bookings, step);
            never_twice(&bookings);
        }
    }
}
