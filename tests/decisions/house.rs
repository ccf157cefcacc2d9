//! The house in which everything is decided: who works there, what stands on the shelves, what is planned.

use std::sync::Arc;

use cagekeeper::domain::code::Code;
use cagekeeper::domain::custody::{Custody, LastMove, MoveKind};
use cagekeeper::domain::fact::{Gear, Quantity, StockUse, Subject};
use cagekeeper::domain::id::{
    AssetId, BookingId, KitId, ModelId, PersonId, ProductionId, ReaderId, StationId, StockId,
};
use cagekeeper::domain::loaded::{Asset, Booking, Burst, Found, Kit, Loaded, Standing, Stock};
use cagekeeper::domain::person::{Holding, Person, Role, Roles};
use cagekeeper::domain::plan::{Claim, Resource};
use cagekeeper::domain::policy::{Answerer, Policy};
use cagekeeper::domain::rules::{DoorRules, HouseRules, StationKind};
use cagekeeper::domain::session::{Ask, Mode, Question, Session};
use cagekeeper::time::{MonoMs, Now, UtcMs};

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Monday, 23 November 2026, nine o'clock.
pub const NOW: Now = Now { mono: MonoMs(1), utc: UtcMs(1_795_424_400_000), trusted: true };
/// Pieces of each stock.
pub const PIECES: u32 = 10;

/// A moment so many hours from now.
pub fn hours(hours: i64) -> UtcMs {
    NOW.utc.plus(hours * HOUR_MS)
}

pub fn code(text: &str) -> Code {
    Code::canonical(text).unwrap()
}

pub fn person_id(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

pub fn booking_id(id: &str) -> BookingId {
    BookingId::parse(id).unwrap()
}

pub fn production_id() -> ProductionId {
    ProductionId::parse("night-bus").unwrap()
}

// People -------------------------------------------------------------------------------------------------------------

pub fn person(id: &str, name: &str, role: Role) -> Person {
    Person {
        id: person_id(id),
        name: Some(name.to_owned()),
        roles: Roles::of(&[role]),
        active_until: None,
        suspended: None,
        certificates: Vec::new(),
        holding: Holding::default(),
    }
}

pub fn ana() -> Person {
    person("ana", "Ana", Role::Crew)
}

pub fn bo() -> Person {
    person("bo", "Bo", Role::Crew)
}

pub fn kim() -> Person {
    person("kim", "Kim", Role::Attendant)
}

// Rules and sessions -------------------------------------------------------------------------------------------------

pub fn station() -> StationId {
    StationId::parse("cage").unwrap()
}

pub fn rules(policy: &Policy) -> DoorRules {
    DoorRules {
        station: station(),
        kind: StationKind::Desk,
        ways: std::collections::BTreeMap::new(),
        room: None,
        person_required: true,
        session_idle_ms: 10 * MINUTE_MS,
        confirm_ms: MINUTE_MS,
        count_idle_ms: 30 * MINUTE_MS,
        repeat_ms: 5_000,
        house: Arc::new(HouseRules { policy: policy.clone(), ..HouseRules::default() }),
    }
}

pub fn session(person: Option<&Person>, mode: Mode) -> Session {
    Session {
        id: Some("scan-1".into()),
        person: person.map(|person| person.id.clone()),
        mode,
        last_at: NOW.utc.plus(-10_000),
        turn: 3,
        ..Session::default()
    }
}

/// Ana's session while the question about the lamp waits.
pub fn asked(question: Question, answerer: Answerer) -> Session {
    let ask = Ask {
        question,
        code: code("LAMP"),
        also: Vec::new(),
        asked_at: NOW.utc.plus(-10_000),
        countersigned_by: None,
        answerer,
        situations: Vec::new(),
        count: None,
    };
    Session { pending: Some(ask), ..session(Some(&ana()), Mode::Toggle) }
}

// Custody ------------------------------------------------------------------------------------------------------------

/// Out since two hours, taken at this station by whoever has it.
pub fn out_to(person: Option<&Person>) -> Custody {
    let person = person.map(|person| person.id.clone());
    Custody {
        out: true,
        production: None,
        booking: None,
        room: None,
        due: Some(hours(22)),
        since: hours(-2),
        kit: None,
        last: moved(MoveKind::CheckedOut, person.as_ref(), hours(-2)),
        person,
    }
}

/// Home since two hours, brought to this station by Ana.
pub fn home() -> Custody {
    let last = moved(MoveKind::Returned, Some(&ana().id), hours(-2));
    Custody { out: false, person: None, due: None, last, ..out_to(None) }
}

fn moved(kind: MoveKind, actor: Option<&PersonId>, at: UtcMs) -> LastMove {
    LastMove { fact: "scan-0.0".into(), kind, station: Some(station()), actor: actor.cloned(), at }
}

/// The same, but it was a moment ago.
pub fn just(mut custody: Custody) -> Custody {
    custody.last.at = NOW.utc.plus(-3_000);
    custody.since = custody.last.at;
    custody
}

// Things -------------------------------------------------------------------------------------------------------------

pub fn asset(id: &str, name: &str) -> Asset {
    Asset {
        id: AssetId::parse(id).unwrap(),
        name: name.to_owned(),
        kit: None,
        kit_name: None,
        model: None,
        category: None,
        home: None,
        home_name: None,
        standing: Standing::default(),
        custody: None,
        holder: None,
    }
}

pub fn model(id: &str) -> ModelId {
    ModelId::parse(id).unwrap()
}

/// A camera that is a unit of a model.
pub fn camera() -> Asset {
    Asset { model: Some(model("fx6")), category: Some("camera".into()), ..asset("cam-1", "FX6 1") }
}

/// A lamp that belongs to no model.
pub fn lamp() -> Asset {
    asset("lamp-1", "Lamp")
}

pub fn kit_id() -> KitId {
    KitId::parse("lav-kit").unwrap()
}

pub fn member(id: &str, name: &str) -> Asset {
    Asset { kit: Some(kit_id()), kit_name: Some("Lav kit".into()), ..asset(id, name) }
}

/// A case with a transmitter, a receiver and a capsule.
pub fn kit() -> Kit {
    Kit {
        id: kit_id(),
        name: "Lav kit".into(),
        within: None,
        within_name: None,
        standing: Standing::default(),
        custody: None,
        holder: None,
        members: vec![member("tx", "Transmitter"), member("rx", "Receiver"), member("capsule", "Capsule")],
        inner: Vec::new(),
    }
}

/// The case read together with so many of its members and a lamp that does not belong in it.
pub fn roll_call(kit: Kit, read: usize) -> Burst {
    let seen = kit.members.iter().take(read).map(|member| member.id.clone()).collect();
    Burst { kit: Some(kit), other_kits: Vec::new(), strangers: vec![lamp()], seen, unknown: 0 }
}

pub fn stock(use_: StockUse) -> Stock {
    let (id, name) = if use_ == StockUse::Lent { ("xlr", "XLR 5 m") } else { ("tape", "Gaffer tape") };
    Stock {
        id: StockId::parse(id).unwrap(),
        name: name.into(),
        use_,
        count: PIECES,
        out: 0,
        lots: Vec::new(),
        home: None,
    }
}

// Plans --------------------------------------------------------------------------------------------------------------

/// Ana's booking, from an hour ago for eight more.
pub fn anas_booking(gear: Gear) -> Booking {
    Booking {
        id: booking_id("ana-shoot"),
        production: None,
        person: Some(ana().id),
        crew: Vec::new(),
        starts: hours(-1),
        ends: hours(8),
        from: hours(-1),
        gear,
        categories: [("fx6".to_owned(), "camera".to_owned()), ("fx9".to_owned(), "camera".to_owned())].into(),
        taken: Vec::new(),
    }
}

/// A list with this thing on it.
pub fn gear_with(subject: &Subject) -> Gear {
    let mut gear = Gear::default();
    match subject {
        Subject::Asset(id) => gear.assets.push(id.clone()),
        Subject::Kit(id) => gear.kits.push(id.clone()),
        other => gear.stock.push(Quantity { of: other.id().to_owned(), count: 2 }),
    }
    gear
}

/// A list of models.
pub fn gear_of_model(id: &str, count: u32) -> Gear {
    Gear { models: vec![Quantity { of: id.to_owned(), count }], ..Gear::default() }
}

/// A booking of Unit B takes so many of something.
pub fn claim(resource: Resource, count: u32, (from, until): (i64, i64)) -> Claim {
    Claim {
        resource,
        count,
        booking: booking_id("unit-b-shoot"),
        title: "Unit B".into(),
        production: None,
        people: vec![bo().id],
        starts: hours(from),
        ends: hours(until),
        from: hours(from),
        until: hours(until),
        confirmed: true,
    }
}

/// Ana's booking takes the thing.
pub fn anas_claim(resource: Resource) -> Claim {
    let booking = anas_booking(Gear::default());
    Claim {
        booking: booking.id,
        title: "Ana's shoot".into(),
        people: vec![ana().id],
        ..claim(resource, 1, (-1, 8))
    }
}

pub fn resource(subject: &Subject) -> Resource {
    Resource::parse(&subject.to_string()).unwrap()
}

// Loading ------------------------------------------------------------------------------------------------------------

/// What is loaded for a scan of this while that person has the session.
pub fn loaded(found: Found, holder: Option<Person>) -> Loaded {
    Loaded {
        scan: "scan-9".into(),
        reader: Some(ReaderId::parse("gun").unwrap()),
        code: Some(code("LABEL")),
        found,
        holder,
        ..Loaded::default()
    }
}
