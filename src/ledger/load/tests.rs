//! What is loaded, from facts told in a few words.

use serde_json::{Value, json};

use super::*;
use crate::domain::code::CodeFault;
use crate::domain::fact::{Body, NewFact};
use crate::domain::id::StationId;
use crate::domain::known::Identity;
use crate::domain::loaded::{Asset, Burst, Kit, Stock};
use crate::domain::session::Lot;
use crate::ledger::Ledger;
use crate::ledger::append::Occasion;
use crate::time::{MonoMs, Now};

const HOUR_MS: i64 = 3_600_000;

/// 2026-11-23T09:00:00Z
const NINE: UtcMs = UtcMs(1_795_424_400_000);

fn hours(hours: i64) -> UtcMs {
    NINE.plus(hours * HOUR_MS)
}

/// A ledger that is told things at nine, and asked.
struct Told {
    ledger: Ledger,
    session: Session,
    scans: usize,
}

impl Told {
    fn new(said: &[(&str, &str, Value)]) -> Self {
        let ledger = Ledger::in_memory("0123456789ab").unwrap();
        let mut told = Self { ledger, session: Session::default(), scans: 0 };
        told.say(said);
        told
    }

    /// Tells facts of one scan; returns its id.
    fn say(&mut self, said: &[(&str, &str, Value)]) -> String {
        let id = format!("s{}", self.scans);
        self.scans += 1;
        let fact = |(of, kind, body): &(&str, &str, Value)| NewFact {
            subject: Subject::parse(of).unwrap(),
            actor: None,
            body: serde_json::from_value::<Body>(json!({ "kind": kind, "body": body })).unwrap(),
        };
        let facts = said.iter().map(fact).collect();
        let now = Now { mono: MonoMs(0), utc: NINE, trusted: true };
        let cage = StationId::parse("cage").unwrap();
        let occasion = Occasion { scan_id: &id, station: &cage, now: &now };
        self.ledger.append(&occasion, 0, facts).unwrap();
        id
    }

    fn person(&mut self, id: &str, more: Value) {
        let mut body = json!({ "role": "crew" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.say(&[(&format!("person/{id}"), "person-enrolled", body)]);
        self.badge(id);
    }

    fn badge(&self, id: &str) {
        let identity = Identity {
            person: id.parse_id(),
            handle: crate::domain::id::PersonHandle::parse(id).unwrap(),
            name: id.to_uppercase(),
            email: None,
            phone: None,
            badges: vec![Code::canonical(&format!("BADGE-{id}")).unwrap()],
        };
        self.ledger.put_identity(&identity).unwrap();
    }

    fn read(&self, payload: &str, also: &[&str]) -> Loaded {
        let also: Vec<String> = also.iter().map(|text| (*text).to_owned()).collect();
        let question = Question {
            scan: "now",
            reader: None,
            payload,
            also: &also,
            session: &self.session,
            room: None,
            now: NINE,
            scans_at_start: None,
            door: None,
        };
        load(&self.ledger.conn, &question).unwrap()
    }

    fn scan(&self, payload: &str) -> Loaded {
        self.read(payload, &[])
    }

    fn asset(&self, payload: &str) -> Asset {
        let Found::Asset(asset) = self.scan(payload).found else { panic!("{payload} is no asset") };
        *asset
    }

    fn kit(&self, payload: &str) -> Kit {
        let Found::Kit(kit) = self.scan(payload).found else { panic!("{payload} is no kit") };
        *kit
    }

    fn stock(&self, payload: &str) -> Stock {
        let Found::Stock(stock) = self.scan(payload).found else { panic!("{payload} is no stock") };
        *stock
    }

    fn burst(&self, first: &str, also: &[&str]) -> Burst {
        let Found::Burst(burst) = self.read(first, also).found else { panic!("no burst") };
        *burst
    }
}

trait ParseId {
    fn parse_id(&self) -> PersonId;
}

impl ParseId for str {
    fn parse_id(&self) -> PersonId {
        PersonId::parse(self).unwrap()
    }
}

fn asset(id: &'static str, more: Value) -> (String, &'static str, Value) {
    let mut body = json!({ "name": id });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (format!("asset/{id}"), "asset-registered", body)
}

fn booked(more: Value) -> Value {
    let mut body = json!({
        "starts": hours(0).to_string(), "ends": hours(9).to_string(), "status": "confirmed",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Two cases, one in the other, and a loose lens.
fn cases() -> Told {
    let mut told = Told::new(&[
        ("kit/outer", "kit-registered", json!({ "name": "Flight case" })),
        ("kit/inner", "kit-registered", json!({ "name": "Pouch", "within": "outer" })),
        ("kit/other", "kit-registered", json!({ "name": "Bag" })),
    ]);
    for (id, kit) in [
        ("cam-1", "outer"),
        ("plate-1", "inner"),
        ("plate-2", "inner"),
        ("bag-1", "other"),
        ("bag-2", "other"),
        ("bag-3", "other"),
    ] {
        let (of, kind, body) = asset(id, json!({ "kit": kit }));
        told.say(&[(&of, kind, body)]);
    }
    told.say(&[("asset/lens-1", "asset-registered", json!({ "name": "Zoom" }))]);
    told
}

fn ids<'a>(assets: impl IntoIterator<Item = &'a Asset>) -> Vec<&'a str> {
    assets.into_iter().map(|asset| asset.id.as_str()).collect()
}

#[test]
fn a_kit_holds_what_is_in_the_kits_in_it() {
    let told = cases();
    let outer = told.kit("outer");
    assert_eq!(ids(&outer.members), ["cam-1", "plate-1", "plate-2"]);
    assert_eq!(outer.inner.iter().map(|kit| kit.id.as_str()).collect::<Vec<_>>(), ["inner"]);
    let inner = told.kit("inner");
    assert_eq!(
        (inner.within_name.as_deref(), ids(&inner.members)),
        (Some("Flight case"), vec!["plate-1", "plate-2"])
    );
    assert_eq!(told.asset("plate-1").kit_name.as_deref(), Some("Pouch"));
}

#[test]
fn kits_in_each_other_in_a_circle_end_all_the_same() {
    let mut told = cases();
    told.say(&[("kit/outer", "kit-registered", json!({ "name": "Flight case", "within": "inner" }))]);
    let outer = told.kit("outer");
    assert_eq!(outer.inner.len(), 1, "itself is not in it");
    assert_eq!(outer.members.len(), 3);
    assert!(told.scan("plate-1").outlook.claims.is_empty());
    told.say(&[("kit/other", "kit-registered", json!({ "name": "Bag", "within": "other" }))]);
    assert!(told.kit("other").inner.is_empty());
}

#[test]
fn tags_read_together_are_a_kit_its_members_and_strangers() {
    let told = cases();
    let burst = told.burst("cam-1", &["outer", "inner", "lens-1", "plate-2", "plate-2", "WHATSIT"]);
    assert_eq!(burst.kit.as_ref().unwrap().id.as_str(), "outer", "the case, not the pouch in it");
    assert_eq!(
        burst.seen.iter().map(crate::domain::id::AssetId::as_str).collect::<Vec<_>>(),
        ["cam-1", "plate-2"]
    );
    assert_eq!((ids(&burst.strangers), burst.unknown), (vec!["lens-1"], 1));
    let by_members = told.burst("bag-1", &["bag-2", "plate-1"]);
    assert_eq!(by_members.kit.unwrap().id.as_str(), "other");
    let alone = told.burst("bag-1", &["lens-1"]);
    assert_eq!(
        (alone.kit, ids(&alone.strangers)),
        (None, vec!["bag-1", "lens-1"]),
        "one member makes no kit"
    );
    assert!(matches!(told.read("cam-1", &["cam-1"]).found, Found::Asset(_)), "one tag read twice is one tag");
}

#[test]
fn a_code_with_a_number_is_so_many_pieces_of_a_stock_and_of_nothing_else() {
    let mut told = cases();
    told.say(&[("stock/tape", "stock-registered", json!({ "name": "Tape", "use": "lent", "count": 9 }))]);
    told.say(&[("tag/SHELF*2", "tag-assigned", json!({ "thing": "asset/lens-1" }))]);
    told.say(&[("tag/SHELF", "tag-assigned", json!({ "thing": "stock/tape" }))]);
    let read = |payload: &str| {
        let loaded = told.scan(payload);
        (loaded.code.unwrap().to_string(), loaded.count, matches!(loaded.found, Found::Stock(_)))
    };
    assert_eq!(read("SHELF*5"), ("SHELF".to_owned(), Some(5), true));
    assert_eq!(read("tape*9999"), ("tape".to_owned(), Some(9_999), true));
    assert_eq!(read("SHELF"), ("SHELF".to_owned(), None, true));
    assert!(matches!(told.scan("SHELF*2").found, Found::Asset(_)), "the whole is a label of its own");
    assert_eq!(read("SHELF*0"), ("SHELF".to_owned(), Some(0), true), "of an empty shelf");
    for wrong in ["SHELF*10000", "SHELF*", "SHELF*+5"] {
        let loaded = told.scan(wrong);
        assert_eq!((loaded.code, loaded.count), (None, None), "no unknown code to be kept");
        assert_eq!(loaded.found, Found::Malformed(CodeFault::Pieces));
    }
    for none in ["SHELF*5*", "lens-1*2", "*5"] {
        let (code, count, _) = read(none);
        assert_eq!((code.as_str(), count, told.scan(none).found), (none, None, Found::Unknown));
    }
}

#[test]
fn a_badge_that_is_a_label_too_and_one_of_nobody() {
    let mut told = cases();
    told.person("ana", json!({}));
    told.badge("ghost");
    assert_eq!(told.scan("BADGE-ghost").found, Found::Nobody);
    for badge in ["BADGE-ana", "BADGE-ghost"] {
        told.say(&[(&format!("tag/{badge}"), "tag-assigned", json!({ "thing": "asset/lens-1" }))]);
    }
    let Found::PersonOrThing(person, thing) = told.scan("BADGE-ana").found else { panic!("not both") };
    assert_eq!(person.id.as_str(), "ana");
    assert!(matches!(*thing, Found::Asset(_)));
    assert!(matches!(told.scan("BADGE-ghost").found, Found::Asset(_)), "a badge of nobody leaves the label");
    told.say(&[("tag/BADGE-ana", "tag-assigned", json!({ "thing": "kit/outer" }))]);
    assert!(matches!(told.scan("BADGE-ana").found, Found::Ambiguous(of) if of.len() == 3));
}

#[test]
fn a_person_is_loaded_with_roles_and_what_they_have_out() {
    let mut told = cases();
    let more = json!({ "also": ["studio-manager"], "certificates": ["crane"], "suspended": {} });
    told.person("ana", more);
    let out = |due: i64| json!({ "person": "ana", "due": hours(due).to_string() });
    told.say(&[
        ("asset/cam-1", "checked-out", out(1)),
        ("asset/lens-1", "checked-out", out(-1)),
        ("kit/outer", "checked-out", out(-1)),
        ("asset/bag-1", "checked-out", out(1)),
        ("asset/bag-1", "returned", json!({})),
        ("asset/cam-1", "recalled", json!({ "wanted_by": hours(2).to_string() })),
    ]);
    let Found::Person(ana) = told.scan("BADGE-ana").found else { panic!("no person") };
    assert_eq!((ana.roles.to_string().as_str(), ana.certificates.len()), ("crew or studio-manager", 1));
    assert!(ana.suspended_at(NINE).is_some());
    assert_eq!((ana.holding.assets, ana.holding.overdue, ana.holding.recalled), (2, 1, 1));
    told.session.person = Some("ana".parse_id());
    let loaded = told.scan("cam-1");
    assert_eq!(loaded.holder.unwrap().holding, ana.holding);
    let holder = told.asset("cam-1").holder.unwrap();
    assert_eq!((holder.holding.assets, holder.name.as_deref()), (0, Some("ANA")));
}

#[test]
fn the_standing_of_a_thing_is_what_the_register_and_the_notes_say() {
    let mut told = Told::new(&[]);
    let more = json!({
        "loan": "restricted", "restricted_to": ["ana"], "certificate": "crane", "owner": "Hire Co", "retired": true,
        "owner_due": hours(5).to_string(), "inspection_due": hours(-5).to_string(), "home": "store",
    });
    let (of, kind, body) = asset("crane", more);
    told.say(&[(&of, kind, body), ("room/store", "room-registered", json!({ "name": "Store" }))]);
    let crane = told.asset("crane");
    assert_eq!((crane.home_name.as_deref(), crane.standing.inspection_due), (Some("Store"), Some(hours(-5))));
    assert!(crane.standing.retired && crane.standing.restricted_to == ["ana".parse_id()]);
    assert_eq!(
        (crane.standing.owner.as_deref(), crane.standing.owner_due),
        (Some("Hire Co"), Some(hours(5)))
    );
    told.say(&[
        ("asset/crane", "inspected", json!({})),
        ("asset/crane", "condition-noted", json!({ "condition": "damaged" })),
        ("asset/crane", "maintenance-opened", json!({ "blocks": true, "because": "damaged" })),
        ("asset/crane", "maintenance-opened", json!({ "blocks": false })),
        ("asset/crane", "marked-lost", json!({})),
        ("asset/crane", "recalled", json!({ "wanted_by": hours(3).to_string(), "wanted_for": "night-bus" })),
    ]);
    let standing = told.asset("crane").standing;
    assert_eq!(standing.inspection_due, None, "inspected, and no interval is known");
    let jobs: Vec<_> = standing.jobs.iter().map(|job| (job.fact.as_str(), job.blocks, job.because)).collect();
    assert_eq!(jobs, [("s2.2", true, Some(crate::domain::fact::Condition::Damaged)), ("s2.3", false, None)]);
    assert_eq!(standing.lost_since, Some(NINE));
    assert_eq!(standing.recall.unwrap().wanted_by, hours(3));
}

#[test]
fn claims_on_a_thing_are_those_on_it_and_on_every_case_around_it() {
    let mut told = cases();
    let title = json!({ "title": "Night shoot", "kits": ["outer"], "production": "night-bus", "crew": ["bo", "ana"] });
    told.say(&[
        ("production/night-bus", "production-registered", json!({
            "title": "Night Bus", "stage": "production", "starts": NINE.to_string(), "ends": hours(99).to_string(),
        })),
        ("booking/b-kit", "booking-made", booked(title)),
        ("booking/b-early", "booking-made", booked(json!({ "assets": ["plate-1"], "prepare_ms": HOUR_MS, "status": "hold" }))),
        ("booking/b-past", "booking-made", booked(json!({ "assets": ["plate-1"], "starts": hours(-9).to_string(), "ends": hours(0).to_string() }))),
        ("booking/b-prod", "booking-made", booked(json!({ "assets": ["cam-1"], "production": "night-bus" }))),
        ("booking/b-client", "booking-made", booked(json!({ "kits": ["inner"], "client": "Hire Co" }))),
    ]);
    let of = |payload: &str| -> Vec<String> {
        let claims = told.scan(payload).outlook.claims;
        claims.iter().map(|claim| format!("{} {} {}", claim.booking, claim.resource, claim.title)).collect()
    };
    let early = "b-early asset/plate-1 b-early".to_owned();
    let (inner, outer) = ("b-client kit/inner Hire Co".to_owned(), "b-kit kit/outer Night shoot".to_owned());
    let cam = "b-prod asset/cam-1 Night Bus".to_owned();
    assert_eq!(of("plate-1"), [early.clone(), inner.clone(), outer.clone()]);
    assert_eq!(of("inner"), [early.clone(), inner.clone(), outer.clone()]);
    assert_eq!(of("outer"), [early, cam, inner, outer]);
    assert_eq!(of("lens-1"), Vec::<String>::new());
    let claim = told.scan("cam-1").outlook.claims.pop().unwrap();
    assert_eq!((claim.from, claim.until, claim.confirmed), (hours(0), hours(9), true));
    assert_eq!(claim.people, ["ana".parse_id(), "bo".parse_id()]);
    let first = told.scan("plate-1").outlook.claims.remove(0);
    assert_eq!((first.from, first.starts, first.confirmed), (hours(-1), hours(0), false));
}

#[test]
fn a_pool_is_the_units_in_service_that_belong_in_no_kit() {
    let mut told = Told::new(&[]);
    let lavs: [(&'static str, Value); 7] = [
        ("lav-1", json!({})),
        ("lav-2", json!({})),
        ("lav-kit", json!({ "kit": "case" })),
        ("lav-old", json!({ "retired": true })),
        ("lav-house", json!({ "loan": "not-for-loan" })),
        ("lav-lost", json!({})),
        ("lav-broken", json!({})),
    ];
    for (id, mut more) in lavs {
        more["model"] = json!("lav");
        let (of, kind, body) = asset(id, more);
        told.say(&[(&of, kind, body)]);
    }
    told.say(&[
        ("asset/lav-lost", "marked-lost", json!({})),
        ("asset/lav-broken", "maintenance-opened", json!({ "blocks": true })),
        ("asset/lav-2", "checked-out", json!({ "booking": "b-9" })),
        ("booking/b-unit", "booking-made", booked(json!({ "assets": ["lav-1"] }))),
    ]);
    assert!(told.scan("lav-1").outlook.pools.is_empty(), "nobody was promised a lav");
    let three = json!({ "models": [{ "of": "lav", "count": 3 }] });
    told.say(&[("booking/b-1", "booking-made", booked(three))]);
    let pools = told.scan("lav-1").outlook.pools;
    let [pool] = pools.as_slice() else { panic!("{pools:?}") };
    assert_eq!(pool.claims.iter().map(|claim| claim.count).collect::<Vec<_>>(), [3]);
    let units: Vec<_> =
        pool.units.iter().map(|unit| (unit.asset.as_str(), unit.out_until, unit.claims.len())).collect();
    assert_eq!(units, [("lav-1", None, 1), ("lav-2", Some(UtcMs(i64::MAX)), 0)]);
    assert!(told.scan("lav-kit").outlook.pools.is_empty(), "a unit of a kit is not of the pool");
}

#[test]
fn a_stock_says_what_is_out_and_who_was_promised_some() {
    let told = Told::new(&[
        ("stock/bag", "stock-registered", json!({ "name": "Sandbag", "use": "lent", "count": 12 })),
        ("stock/bag", "stock-taken", json!({ "person": "ana", "booking": "b-1", "count": 2 })),
        ("stock/bag", "stock-taken", json!({ "person": "ana", "count": 3 })),
        ("stock/bag", "stock-taken", json!({ "count": 4 })),
        ("booking/b-1", "booking-made", booked(json!({ "stock": [{ "of": "bag", "count": 5 }] }))),
    ]);
    let bag = told.stock("bag");
    assert_eq!((bag.count, bag.out, bag.available()), (12, 9, 3));
    let outlook = told.scan("bag").outlook;
    assert!(outlook.claims.is_empty());
    assert_eq!(outlook.pools[0].claims[0].count, 5);
    let taken = load_booking(&told.ledger.conn, &BookingId::parse("b-1").unwrap()).unwrap().unwrap().taken;
    assert_eq!((taken.len(), taken[0].subject.to_string().as_str(), taken[0].count), (1, "stock/bag", 2));
}

#[test]
fn a_booking_is_current_while_it_is_prepared_and_says_what_is_out_for_it() {
    let mut told = cases();
    told.person("ana", json!({}));
    let later = |prepare_ms: i64| {
        let starts = hours(1).to_string();
        booked(
            json!({ "crew": ["ana"], "starts": starts, "prepare_ms": prepare_ms, "kits": ["outer"], "production": "bus" }),
        )
    };
    told.say(&[
        ("booking/b-1", "booking-made", later(HOUR_MS)),
        ("booking/b-2", "booking-made", later(HOUR_MS - 1)),
        ("booking/b-3", "booking-made", booked(json!({ "crew": ["ana"], "status": "hold" }))),
        ("asset/cam-1", "checked-out", json!({ "booking": "b-1" })),
        ("production/bus", "production-registered", json!({
            "title": "Bus", "stage": "production", "starts": NINE.to_string(), "ends": NINE.to_string(), "crew": ["ana"],
        })),
    ]);
    let loaded = told.scan("BADGE-ana");
    let [booking] = loaded.bookings.as_slice() else { panic!("{:?}", loaded.bookings) };
    assert_eq!((booking.id.as_str(), booking.from, booking.gear.kits.len()), ("b-1", NINE, 1));
    assert_eq!(booking.taken[0].subject.to_string(), "asset/cam-1");
    assert_eq!(loaded.productions.len(), 1);
    assert_eq!(loaded.productions[0].crew, ["ana".parse_id()]);
}

#[test]
fn what_a_production_has_cost_is_counted_where_it_has_a_budget() {
    let production = |budget: Option<i64>| {
        let mut body = json!({
            "title": "Bus", "stage": "production", "starts": NINE.to_string(), "ends": hours(999).to_string(),
        });
        if let Some(budget) = budget {
            body["budget_cents"] = json!(budget);
        }
        body
    };
    let room = json!({ "production": "bus", "rooms": ["b"], "starts": hours(-2).to_string() });
    let mut told = Told::new(&[
        ("production/bus", "production-registered", production(Some(100_000))),
        ("room/b", "room-registered", json!({ "name": "B", "hour_rate_cents": 500 })),
        ("asset/cam", "asset-registered", json!({ "name": "Cam", "day_rate_cents": 1_000 })),
        ("asset/cam", "checked-out", json!({ "production": "bus", "happened": hours(-25).to_string() })),
        (
            "stock/tape",
            "stock-registered",
            json!({ "name": "Tape", "use": "consumed", "count": 9, "rate_cents": 30 }),
        ),
        ("stock/tape", "stock-taken", json!({ "production": "bus", "count": 3 })),
        ("booking/b-1", "booking-made", booked(room.clone())),
        (
            "booking/b-2",
            "booking-made",
            booked(json!({ "production": "bus", "rooms": ["b"], "starts": hours(1).to_string() })),
        ),
    ]);
    let spent = |told: &Told, now: UtcMs| {
        let id = ProductionId::parse("bus").unwrap();
        load_production(&told.ledger.conn, &id, now).unwrap().unwrap().spent_cents
    };
    assert_eq!(spent(&told, NINE), 2 * 1_000 + 3 * 30 + 2 * 500);
    told.say(&[("booking/b-1", "booking-cancelled", json!({}))]);
    assert_eq!(spent(&told, NINE), 2 * 1_000 + 3 * 30);
    told.say(&[("asset/cam", "returned", json!({}))]);
    assert_eq!(spent(&told, hours(-1)), 2 * 1_000 + 3 * 30, "what came back costs no more");
    told.say(&[("production/bus", "production-registered", production(None))]);
    assert_eq!(spent(&told, NINE), 0);
}

#[test]
fn a_scan_that_was_taken_back_or_touched_since_says_so() {
    let mut told = cases();
    let noted = told.say(&[("asset/lens-1", "condition-noted", json!({ "condition": "dirty" }))]);
    told.session.scans = vec![noted.clone()];
    let last = told.scan("lens-1").last_scan.unwrap();
    assert_eq!((last.facts.len(), last.name.as_str(), last.touched), (1, "Zoom", None));
    let again = told.say(&[("asset/lens-1", "maintenance-opened", json!({ "blocks": true }))]);
    assert_eq!(told.scan("lens-1").last_scan.unwrap().touched.as_deref(), Some("Zoom"));
    told.say(&[("asset/lens-1", "annulled", json!({ "facts": [format!("{again}.0")] }))]);
    assert_eq!(told.scan("lens-1").last_scan.unwrap().touched, None, "what touched it was taken back");
    told.say(&[("asset/lens-1", "annulled", json!({ "facts": [format!("{noted}.0")] }))]);
    assert!(told.scan("lens-1").last_scan.unwrap().facts.is_empty());
    let out = told.say(&[("asset/lens-1", "checked-out", json!({}))]);
    told.say(&[("asset/lens-1", "extended", json!({}))]);
    told.session.scans = vec![out];
    assert_eq!(told.scan("lens-1").last_scan.unwrap().touched.as_deref(), Some("Zoom"));
}

#[test]
fn what_is_still_out_names_the_kit_and_not_what_went_in_it() {
    let mut told = cases();
    told.person("ana", json!({}));
    let with = json!({ "person": "ana", "booking": "b-1", "kit": "outer" });
    told.say(&[
        ("kit/outer", "checked-out", json!({ "person": "ana", "booking": "b-1" })),
        ("kit/inner", "checked-out", with.clone()),
        ("asset/cam-1", "checked-out", with.clone()),
        ("asset/lens-1", "checked-out", json!({ "person": "ana", "booking": "b-1" })),
        ("asset/bag-1", "checked-out", json!({ "person": "ana" })),
        ("asset/bag-2", "checked-out", json!({ "person": "bo" })),
        ("stock/tape", "stock-registered", json!({ "name": "Tape", "use": "lent", "count": 9 })),
        ("stock/tape", "stock-taken", json!({ "person": "ana", "count": 2 })),
    ]);
    told.session.brought_back = vec![Lot::Booking(BookingId::parse("b-1").unwrap())];
    let names =
        |told: &Told| -> Vec<String> { told.scan("x").still_out.into_iter().map(|out| out.name).collect() };
    assert_eq!(names(&told), ["Flight case", "Zoom"]);
    assert_eq!(told.scan("x").still_out[0].person_name.as_deref(), Some("ANA"));
    told.session.brought_back.push(Lot::Person("ana".parse_id()));
    assert_eq!(names(&told), ["2 x Tape", "Flight case", "Zoom", "bag-1"]);
    told.say(&[("kit/outer", "returned", json!({}))]);
    assert_eq!(names(&told), ["2 x Tape", "Pouch", "Zoom", "bag-1", "cam-1"], "left behind by its case");
}

#[test]
fn whether_a_scan_was_taken_back_is_asked_of_later_facts_only() {
    let told = cases();
    let sql = format!(
        "EXPLAIN QUERY PLAN SELECT f.id FROM fact f WHERE f.scan_id = 'x' AND {}",
        crate::ledger::stands::STANDS
    );
    let mut statement = told.ledger.conn.prepare(&sql).unwrap();
    let steps: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    assert!(steps.iter().any(|step| step.contains("subject=? AND hlc>?")), "{steps:?}");
}
