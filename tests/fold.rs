//! The fold of every kind of fact: in whatever order facts arrive, doubled and taken back, the rows are the same.

#![allow(clippy::disallowed_methods, reason = "each case has a ledger file of its own")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::path::Path;

use cagekeeper::domain::fact::{Annulled, Body, Fact, NewFact, Subject};
use cagekeeper::ledger::Ledger;
use cagekeeper::ledger::append::Occasion;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

mod stage;
use stage::{dump, moment, now, projections, station, subject};

/// What can be said of an asset or a kit, as kind and body.
fn of_thing() -> impl Strategy<Value = (String, Value)> {
    let due = select(vec!["2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"]);
    let person = select(vec![json!("p-ana"), json!("p-bo"), Value::Null]);
    let job = select(vec!["s1.0", "s2.0", "s3.0", "s5.0", "s8.0"]);
    let kinds = vec![
        "checked-out",
        "checked-out",
        "returned",
        "returned",
        "handed-over",
        "sighted",
        "extended",
        "recalled",
        "recall-withdrawn",
        "condition-noted",
        "maintenance-opened",
        "maintenance-closed",
        "inspected",
        "marked-lost",
        "missed",
        "passed",
        "passed",
    ];
    (select(kinds), due, person, job, any::<bool>()).prop_map(|(kind, due, person, job, flag)| {
        let mut movement = json!({ "due": due, "booking": flag.then_some("b-1"), "person": person });
        if flag {
            movement["happened"] = json!("2026-11-23T07:00:00Z");
        }
        if flag && matches!(kind, "sighted" | "returned") {
            movement["counted_in"] = json!("c-1");
            movement["counted_as"] = json!("elsewhere");
        }
        movement.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let body = match kind {
            "recalled" => json!({ "wanted_by": due }),
            "condition-noted" if flag => json!({ "condition": "part-missing", "missing": ["cam-1"] }),
            "condition-noted" => json!({ "condition": "dirty" }),
            "maintenance-opened" => json!({ "blocks": flag }),
            "maintenance-closed" => json!({ "jobs": [job] }),
            "missed" => json!({ "counted_in": "c-1" }),
            "passed" if flag => json!({ "way": "out", "authorised": false }),
            "passed" => json!({ "way": "in", "authorised": true, "person": "p-ana" }),
            "inspected" if flag => json!({ "next_due": due }),
            "inspected" | "marked-lost" | "recall-withdrawn" => json!({}),
            _ => movement,
        };
        (kind.to_owned(), body)
    })
}

fn of_asset() -> impl Strategy<Value = (String, Value)> {
    let registered = (0_i64..3, any::<bool>()).prop_map(|(rate, every)| {
        let mut body = json!({ "name": "Sony FX6", "day_rate_cents": rate * 100 });
        if every {
            body["inspect_every_days"] = json!(30);
        }
        ("asset-registered".to_owned(), body)
    });
    prop_oneof![1 => registered, 6 => of_thing()]
}

fn of_kit() -> impl Strategy<Value = (String, Value)> {
    let registered = Just(("kit-registered".to_owned(), json!({ "name": "Case", "within": "case-b" })));
    prop_oneof![1 => registered, 6 => of_thing()]
}

fn of_stock() -> impl Strategy<Value = (String, Value)> {
    let use_ = select(vec!["lent", "lent", "lent", "consumed"]);
    let registered = (use_, 5_u32..8).prop_map(|(use_, count)| {
        (
            "stock-registered".to_owned(),
            json!({ "name": "Sandbag", "use": use_, "count": count, "rate_cents": 50 }),
        )
    });
    let kind = select(vec!["stock-taken", "stock-taken", "stock-returned"]);
    let (person, booking) = (select(vec!["p-ana", "p-bo"]), select(vec!["b-1", "b-2"]));
    let moved =
        (kind, person, booking, 1_u32..6, 0_u8..4).prop_map(|(kind, person, booking, count, named)| {
            let mut body = json!({ "count": count });
            if named & 1 > 0 {
                body["person"] = json!(person);
            }
            if named & 2 > 0 {
                body["booking"] = json!(booking);
            }
            (kind.to_owned(), body)
        });
    let counted = (0_u32..9, any::<bool>()).prop_map(|(count, in_count)| {
        let mut body = json!({ "count": count });
        if in_count {
            body["counted_in"] = json!("c-1");
        }
        ("stock-counted".to_owned(), body)
    });
    prop_oneof![2 => registered, 8 => moved, 1 => counted]
}

fn of_booking() -> impl Strategy<Value = (String, Value)> {
    let made = (0_u8..16, 1_u32..4, select(vec!["hold", "confirmed"])).prop_map(|(takes, count, status)| {
        let mut body = json!({
            "starts": "2026-11-23T08:00:00.000Z", "ends": "2026-11-23T18:00:00.000Z", "status": status,
            "person": "p-ana", "crew": ["p-bo", "p-ana"], "prepare_ms": 3_600_000,
        });
        let lines = [
            ("assets", json!(["cam-1", "cam-1"])),
            ("kits", json!(["case-a"])),
            ("models", json!([{ "of": "fx6", "count": count }, { "of": "fx6", "count": 1 }])),
            ("stock", json!([{ "of": "sandbag", "count": count }, { "of": "no id!", "count": 1 }])),
        ];
        for (bit, (key, value)) in lines.into_iter().enumerate() {
            if takes & (1 << bit) > 0 {
                body[key] = value;
            }
        }
        ("booking-made".to_owned(), body)
    });
    prop_oneof![2 => made, 1 => Just(("booking-cancelled".to_owned(), json!({})))]
}

fn of_person() -> impl Strategy<Value = (String, Value)> {
    let room = select(vec!["studio-a", "studio-b"]);
    (select(vec!["person-entered", "person-entered", "person-left"]), room, any::<bool>()).prop_map(
        |(kind, room, flag)| {
            let mut body = json!({ "room": room });
            match kind {
                "person-left" if flag => body["unseen"] = json!(true),
                "person-entered" if flag => body["booking"] = json!("b-1"),
                _ => {}
            }
            (kind.to_owned(), body)
        },
    )
}

fn of_count() -> impl Strategy<Value = (String, Value)> {
    let room = select(vec![json!({ "room": "cage" }), json!({})]);
    let begun = room.prop_map(|body| ("count-begun".to_owned(), body));
    let ended = (0_u32..9).prop_map(|found| {
        let body = json!({ "found": found, "missing": 1, "elsewhere": 0, "out": 0, "retired": 0 });
        ("count-ended".to_owned(), body)
    });
    prop_oneof![2 => begun, 1 => ended, 1 => Just(("count-cancelled".to_owned(), json!({})))]
}

/// One thing said, or one taken back that was said of the same before.
#[derive(Debug, Clone)]
enum Step {
    Said(&'static str, (String, Value)),
    TakenBack(Index),
}

fn step() -> impl Strategy<Value = Step> {
    let said = |of: &'static str| move |said| Step::Said(of, said);
    prop_oneof![
        4 => of_asset().prop_map(said("asset/cam-1")),
        2 => of_asset().prop_map(said("asset/cam-2")),
        3 => of_kit().prop_map(said("kit/case-a")),
        5 => of_stock().prop_map(said("stock/sandbag")),
        2 => of_booking().prop_map(said("booking/b-1")),
        1 => of_booking().prop_map(said("booking/b-2")),
        3 => of_person().prop_map(said("person/p-ana")),
        2 => of_count().prop_map(said("count/c-1")),
        2 => any::<Index>().prop_map(Step::TakenBack),
    ]
}

fn body((kind, body): &(String, Value)) -> Body {
    serde_json::from_value(json!({ "kind": kind, "body": body }))
        .unwrap_or_else(|error| panic!("{kind}: {error}"))
}

/// Appends the steps, each as a scan of its own and a second after the one before.
fn append(ledger: &mut Ledger, steps: &[Step]) {
    let cage = station("cage");
    let mut said: Vec<(String, Subject)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let (of, body) = match step {
            Step::Said(of, said) => (subject(of), body(said)),
            Step::TakenBack(which) if !said.is_empty() => {
                let (id, of) = which.get(&said).clone();
                (of, Body::Annulled(Annulled { facts: vec![id], reader: None }))
            }
            Step::TakenBack(_) => continue,
        };
        let at = now(moment("09:00").plus(i64::try_from(index).unwrap() * 1000), 0, true);
        let id = format!("s{index}");
        let occasion = Occasion { scan_id: &id, station: &cage, now: &at };
        if !matches!(body, Body::Annulled(_)) {
            said.push((format!("{id}.0"), of.clone()));
        }
        let new = NewFact { subject: of, actor: None, body };
        ledger.transaction(|ledger| ledger.append(&occasion, 0, vec![new])).unwrap();
    }
}

fn adopted(path: &Path, facts: &[Fact]) -> Vec<String> {
    let mut ledger = Ledger::open(path, "other").unwrap();
    ledger.transaction(|ledger| facts.iter().try_for_each(|fact| ledger.adopt(fact).map(drop))).unwrap();
    let report = ledger.verify().unwrap();
    assert!(report.is_whole(), "{:#?}", report.differences);
    projections(path)
}

/// Rows that no ledger may have.
const NEVER: &[&str] = &[
    "SELECT 'more or less is out than somebody has', id FROM stock
     WHERE out <> (SELECT coalesce(sum(count), 0) FROM stock_out WHERE stock = id)",
    "SELECT 'a negative number', id FROM stock WHERE count < 0 OR out < 0",
    "SELECT 'nothing is out to somebody', stock FROM stock_out WHERE count < 1",
    "SELECT 'used while it is here, or out unused', subject FROM custody WHERE subject GLOB 'asset/*'
     AND out <> (SELECT count(*) FROM usage u WHERE u.subject = custody.subject AND until_ms IS NULL)",
    "SELECT 'ends before it begins', fact FROM usage WHERE until_ms < from_ms",
    "SELECT 'a cancelled booking takes something', id FROM booking WHERE status = 'cancelled'
     AND EXISTS (SELECT 1 FROM claim WHERE booking = id)",
    "SELECT 'a cancelled booking concerns somebody', id FROM booking WHERE status = 'cancelled'
     AND EXISTS (SELECT 1 FROM booking_person WHERE booking = id)",
    "SELECT 'in two rooms at a time', subject FROM stay WHERE until_ms IS NULL GROUP BY subject HAVING count(*) > 1",
    "SELECT 'over before it began', fact FROM stay WHERE until_ms < from_ms",
];

fn config() -> ProptestConfig {
    let persistence = FileFailurePersistence::Off;
    ProptestConfig {
        cases: 48,
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_kind_of_fact_gives_the_same_rows_in_any_order(
        steps in prop::collection::vec(step(), 1..60), picks in prop::collection::vec(any::<Index>(), 0..80)
    ) {
        let folder = stage::folder();
        let path = folder.path().join("ledger.db");
        let mut ledger = Ledger::open(&path, "here").unwrap();
        append(&mut ledger, &steps);
        for sql in NEVER {
            prop_assert_eq!(dump(&rusqlite::Connection::open(&path).unwrap(), sql), Vec::<String>::new());
        }
        let report = ledger.verify_recent(1_000).unwrap();
        prop_assert!(report.is_whole(), "{:#?}", report.differences);
        let facts = ledger.reader().unwrap().facts_after(0, 10_000).unwrap();
        prop_assume!(!facts.is_empty());
        let mut shuffled = facts.clone();
        shuffled.extend(picks.iter().map(|pick| pick.get(&facts).clone()));
        for (index, pick) in picks.iter().enumerate() {
            let (from, to) = (index % shuffled.len(), pick.index(shuffled.len()));
            shuffled.swap(from, to);
        }
        prop_assert_eq!(projections(&path), adopted(&folder.path().join("other.db"), &shuffled));
    }
}

// What each kind makes ----------------------------------------------------------------------------------------------

/// A ledger in which all of this was said, a second apart.
fn told(said: &[(&'static str, &str, Value)]) -> (tempfile::TempDir, rusqlite::Connection) {
    let folder = stage::folder();
    let path = folder.path().join("ledger.db");
    let mut ledger = Ledger::open(&path, "here").unwrap();
    let steps: Vec<Step> =
        said.iter().map(|(of, kind, body)| Step::Said(of, ((*kind).to_owned(), body.clone()))).collect();
    append(&mut ledger, &steps);
    (folder, rusqlite::Connection::open(path).unwrap())
}

#[test]
fn stock_comes_back_off_whoever_took_it_and_more_than_is_out_changes_nothing() {
    let (_folder, conn) = told(&[
        ("stock/sandbag", "stock-registered", json!({ "name": "Sandbag", "use": "lent", "count": 12 })),
        ("stock/sandbag", "stock-taken", json!({ "person": "p-ana", "booking": "b-1", "count": 4 })),
        ("stock/sandbag", "stock-taken", json!({ "person": "p-bo", "booking": "b-2", "count": 3 })),
        ("stock/sandbag", "stock-taken", json!({ "person": "p-ana", "count": 2 })),
        // Somebody who has none, for the booking of another: theirs first.
        ("stock/sandbag", "stock-returned", json!({ "person": "p-kim", "booking": "b-2", "count": 4 })),
    ]);
    let rows = dump(&conn, "SELECT person, booking, count FROM stock_out ORDER BY person, booking");
    assert_eq!(rows, ["p-ana |  | 2", "p-ana | b-1 | 3"]);
    let (_folder, conn) = told(&[
        ("stock/sandbag", "stock-registered", json!({ "name": "Sandbag", "use": "lent", "count": 12 })),
        ("stock/sandbag", "stock-taken", json!({ "count": 4 })),
        ("stock/sandbag", "stock-returned", json!({ "person": "p-kim", "count": 9 })),
    ]);
    assert_eq!(dump(&conn, "SELECT count, out FROM stock"), ["12 | 0"]);
    assert!(dump(&conn, "SELECT * FROM stock_out").is_empty());
}

#[test]
fn a_registration_with_the_number_from_before_does_not_undo_what_was_counted() {
    let stock = |count: u32| json!({ "name": "Tape", "use": "consumed", "count": count, "rate_cents": 900 });
    let (_folder, conn) = told(&[
        ("stock/tape", "stock-registered", stock(24)),
        ("stock/tape", "stock-taken", json!({ "count": 3, "production": "night-bus" })),
        ("stock/tape", "stock-counted", json!({ "count": 20 })),
        ("stock/tape", "stock-registered", stock(24)),
        ("stock/tape", "stock-returned", json!({ "count": 1 })),
    ]);
    assert_eq!(dump(&conn, "SELECT count, out FROM stock"), ["21 | 0"]);
    assert_eq!(
        dump(&conn, "SELECT fact, production, count, day_cents FROM usage"),
        ["s1.0 | night-bus | 3 | 900"]
    );
    let (_folder, conn) = told(&[
        ("stock/tape", "stock-registered", stock(24)),
        ("stock/tape", "stock-taken", json!({ "count": 30 })),
    ]);
    assert_eq!(dump(&conn, "SELECT count FROM stock"), ["0"]);
    let (_folder, conn) = told(&[
        ("stock/tape", "stock-registered", stock(24)),
        ("stock/tape", "stock-taken", json!({ "count": 3 })),
        ("stock/tape", "stock-registered", stock(30)),
    ]);
    assert_eq!(dump(&conn, "SELECT count FROM stock"), ["30"]);
}

#[test]
fn a_return_entered_later_counts_from_when_it_happened() {
    let (_folder, conn) = told(&[
        ("asset/cam-1", "asset-registered", json!({ "name": "Sony FX6", "day_rate_cents": 12_000 })),
        ("asset/cam-1", "checked-out", json!({ "person": "p-ana", "happened": "2026-11-20T09:00:00Z" })),
        ("asset/cam-1", "recalled", json!({ "wanted_by": "2026-11-22T09:00:00Z" })),
        ("asset/cam-1", "marked-lost", json!({})),
        ("asset/cam-1", "returned", json!({ "happened": "2026-11-22T10:00:00Z" })),
    ]);
    let at = |text: &str| moment(text).0;
    assert_eq!(
        dump(&conn, "SELECT since_ms, last_at_ms FROM custody"),
        [format!("{} | {}", at("2026-11-22T10:00"), at("09:00:04"))]
    );
    assert_eq!(
        dump(&conn, "SELECT from_ms, until_ms, day_cents FROM usage"),
        [format!("{} | {} | 12000", at("2026-11-20T09:00"), at("2026-11-22T10:00"))]
    );
    assert_eq!(dump(&conn, "SELECT lost_since_ms, recall_by_ms, recall_fact FROM standing"), ["- | - | -"]);
}

#[test]
fn an_extension_moves_the_due_time_and_neither_holder_nor_since() {
    let (_folder, conn) = told(&[
        ("asset/cam-1", "extended", json!({ "due": "2026-11-30T09:00:00Z" })),
        ("asset/cam-1", "checked-out", json!({ "person": "p-ana", "due": "2026-11-24T09:00:00Z" })),
        ("asset/cam-1", "extended", json!({ "person": "p-bo", "due": "2026-11-25T09:00:00Z" })),
    ]);
    let due = moment("2026-11-25T09:00").0;
    let since = moment("09:00:01").0;
    let rows = dump(&conn, "SELECT person, due_ms, since_ms, last_fact, last_kind FROM custody");
    assert_eq!(rows, [format!("p-ana | {due} | {since} | s2.0 | extended")]);
    assert_eq!(dump(&conn, "SELECT fact, due_ms, until_ms FROM usage"), [format!("s1.0 | {due} | -")]);
}

#[test]
fn the_last_job_done_makes_a_thing_fine_and_not_the_one_before() {
    let (_folder, conn) = told(&[
        ("asset/cam-1", "condition-noted", json!({ "condition": "damaged" })),
        ("asset/cam-1", "maintenance-opened", json!({ "blocks": true, "because": "damaged" })),
        ("asset/cam-1", "maintenance-opened", json!({ "blocks": false })),
        ("asset/cam-2", "maintenance-opened", json!({ "blocks": false })),
        ("asset/cam-1", "maintenance-closed", json!({ "jobs": ["s2.0", "s3.0"] })),
    ]);
    assert_eq!(dump(&conn, "SELECT condition FROM standing"), ["damaged"]);
    assert_eq!(dump(&conn, "SELECT fact FROM job"), ["s1.0", "s3.0"], "a job of another thing stays open");
    let (_folder, conn) = told(&[
        ("asset/cam-1", "condition-noted", json!({ "condition": "part-missing", "missing": ["lens-1"] })),
        ("asset/cam-1", "maintenance-opened", json!({ "blocks": true })),
        ("asset/cam-1", "maintenance-closed", json!({ "jobs": ["s1.0"] })),
    ]);
    assert_eq!(dump(&conn, "SELECT condition, missing FROM standing"), ["ok | []"]);
}

#[test]
fn an_inspection_is_due_again_after_the_interval_or_when_it_says() {
    let asset = json!({ "name": "Crane", "inspect_every_days": 2, "inspection_due": "2026-01-01T00:00:00Z" });
    let (_folder, conn) =
        told(&[("asset/crane", "asset-registered", asset.clone()), ("asset/crane", "inspected", json!({}))]);
    let due = moment("2026-11-25T09:00:01").0;
    assert_eq!(dump(&conn, "SELECT inspection_due_ms FROM standing"), [due.to_string()]);
    let (_folder, conn) = told(&[
        ("asset/crane", "asset-registered", asset),
        ("asset/crane", "inspected", json!({ "next_due": "2027-01-01T00:00:00Z" })),
    ]);
    let due = moment("2027-01-01T00:00").0;
    assert_eq!(dump(&conn, "SELECT inspection_due_ms FROM standing"), [due.to_string()]);
}

#[test]
fn a_cancelled_booking_takes_nothing_until_it_is_made_again() {
    let made = json!({
        "starts": "2026-11-23T08:00:00Z", "ends": "2026-11-23T18:00:00Z", "status": "confirmed", "person": "p-ana",
        "crew": ["p-bo"], "rooms": ["studio-b"], "assets": ["cam-1"], "kits": ["case-a"],
        "models": [{ "of": "fx6", "count": 2 }, { "of": "fx6", "count": 1 }], "stock": [{ "of": "tape", "count": 5 }],
        "prepare_ms": 3_600_000, "clean_up_ms": 1_800_000,
    });
    let (_folder, conn) = told(&[("booking/b-1", "booking-made", made.clone())]);
    let (from, until) = (moment("07:00").0, moment("18:30").0);
    let expected = [
        ("asset/cam-1", 1),
        ("kit/case-a", 1),
        ("model/fx6", 3),
        ("person/p-bo", 1),
        ("room/studio-b", 1),
        ("stock/tape", 5),
    ];
    let expected = expected.map(|(of, count)| format!("{of} | {until} | b-1 | {from} | {count} | 1"));
    let claims = "SELECT resource, until_ms, booking, from_ms, count, confirmed FROM claim ORDER BY resource";
    assert_eq!(dump(&conn, claims), expected);
    let cancelled = ("booking/b-1", "booking-cancelled", json!({}));
    let (_folder, conn) = told(&[("booking/b-1", "booking-made", made.clone()), cancelled.clone()]);
    assert!(dump(&conn, claims).is_empty());
    assert_eq!(dump(&conn, "SELECT status FROM booking"), ["cancelled"]);
    assert!(dump(&conn, "SELECT * FROM booking_person").is_empty());
    let again =
        [("booking/b-1", "booking-made", made.clone()), cancelled, ("booking/b-1", "booking-made", made)];
    let (_folder, conn) = told(&again);
    assert_eq!(dump(&conn, claims).len(), 6);
    assert_eq!(dump(&conn, "SELECT status FROM booking"), ["confirmed"]);
}
