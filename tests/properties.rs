//! What holds for every sequence of scans, not only for those that a story tells.

#![allow(clippy::disallowed_methods, reason = "each case has a ledger file of its own")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::BTreeMap;

use cagekeeper::domain::code::{Card, Code, CodeFault};
use cagekeeper::domain::decide::{decide, decide_silence};
use cagekeeper::domain::fact::Fact;
use cagekeeper::domain::loaded::{Found, Loaded, Production, Room};
use cagekeeper::domain::rules::{DoorRules, HouseRules, StationKind};
use cagekeeper::domain::session::{Session, Wait};
use cagekeeper::domain::verdict::{Level, Telling};
use cagekeeper::ledger::Ledger;
use cagekeeper::time::UtcMs;
use cagekeeper::writer::{Input, Reply, Scan};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;

mod stage;
use stage::{Stage, moment, now, projections, scan, station, station_toml, subject};

/// A small building: two desks, one with badges and one without; a kit, a label on two things, a badge on a thing.
const BUILDING: &[&str] = &[
    "person ana \"Ana Silva\" crew badge ANA",
    "person bo \"Bo Lind\" crew badge BO badge BOTH",
    "person kim \"Kim Roe\" attendant badge KIM",
    "person old \"Old Hand\" crew badge OLD until 09:10",
    "kit case-a \"Camera case\" tag CASE",
    "asset cam-1 \"Sony FX6\" tag CAM1 kit case-a",
    "asset lens-1 \"Zoom 24-70\" tag LENS1 kit case-a",
    "asset rec-1 \"Recorder\" tag REC1 tag BOTH",
    "asset mic-1 \"Microphone\"",
    "room studio-b \"Studio B\"",
    "production night-bus \"Night Bus\"",
    "booking b-1 production night-bus person ana crew bo starts 08:00 ends 18:00",
    "booking b-2 person ana starts 08:00 ends 09:30",
];

const CODES: &[&str] = &[
    "ANA",
    "ANA",
    "BO",
    "KIM",
    "OLD",
    "BOTH",
    "CASE",
    "CASE",
    "CAM1",
    "CAM1",
    "LENS1",
    "REC1",
    "mic-1",
    "CK:DONE",
    "CK:CANCEL",
    "CK:RETURN",
    "CK:CONFIRM",
    "CK:CONFIRM",
    "CK:UNDO",
    "CK:COUNT",
    "CK:UNDO",
    "PR:night-bus",
    "BK:b-1",
    "BK:b-2",
    "RM:studio-b",
    "WHATSIT",
    "",
];

const THINGS: &[&str] = &["kit/case-a", "asset/cam-1", "asset/lens-1", "asset/rec-1", "asset/mic-1"];

/// One scan of a sequence: which desk, which code, how long after the one before, whether the clock is believed.
type Step = (&'static str, &'static str, u64, bool);

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let wait_ms = select(vec![0, 100, 1_500, 2_500, 19_000, 21_000, 100_000, 130_000, 1_800_000]);
    let step = (select(vec!["cage", "dock"]), select(CODES), wait_ms, prop::bool::weighted(0.9));
    prop::collection::vec(step, 1..count)
}

fn building() -> Stage {
    let spans = BTreeMap::new();
    let stations =
        [station_toml("cage", "required", &spans), station_toml("dock", "optional", &spans)].concat();
    let mut stage = Stage::new(&format!("site = \"studio\"\n{stations}"));
    BUILDING.iter().for_each(|line| stage.set(line, moment("08:00")));
    stage
}

/// The scans of a sequence, beginning long after the start of the program.
fn scans(steps: &[Step]) -> Vec<Scan> {
    let mut after_ms = 0;
    let scan_of = |(index, (desk, code, wait_ms, trusted)): (usize, &Step)| {
        after_ms += wait_ms;
        let utc = moment("09:00").plus(i64::try_from(after_ms).unwrap());
        scan(&format!("s{index}"), desk, code, now(utc, 3_600_000 + after_ms, *trusted))
    };
    steps.iter().enumerate().map(scan_of).collect()
}

fn one_by_one(stage: &mut Stage, scans: &[Scan]) {
    for scan in scans {
        stage.scan(scan.clone());
    }
}

/// Custody, sessions and facts: everything that a sequence leaves behind.
fn left_behind(stage: &Stage) -> Vec<String> {
    let raw = stage.raw();
    let mut rows = projections(&stage.path());
    for sql in [
        "SELECT * FROM fact ORDER BY seq",
        "SELECT * FROM session ORDER BY station",
        "SELECT * FROM scan ORDER BY n",
        "SELECT subject, seq FROM subject ORDER BY subject",
    ] {
        rows.extend(stage::dump(&raw, sql));
    }
    rows
}

/// Who holds what.
fn custody(stage: &Stage) -> Vec<String> {
    stage::dump(&stage.raw(), "SELECT subject, out, person, last_fact FROM custody ORDER BY subject")
}

/// Who holds a thing, from its facts alone and by another way than the fold: the last movement that stands.
fn holder(facts: &[Fact], thing: &str) -> Option<Option<String>> {
    use cagekeeper::domain::fact::Body;
    let about: Vec<&Fact> = facts.iter().filter(|fact| fact.subject == subject(thing)).collect();
    let annulled: Vec<&String> = about
        .iter()
        .filter_map(|fact| if let Body::Annulled(of) = &fact.body { Some(&of.facts) } else { None })
        .flatten()
        .collect();
    let last = about.iter().rev().find(|fact| {
        matches!(fact.body.kind(), "checked-out" | "returned" | "handed-over")
            && !annulled.contains(&&fact.id)
    })?;
    let person = last.body.movement().unwrap().person.as_ref().map(ToString::to_string);
    (last.body.kind() != "returned").then_some(person)
}

fn cases(cases: u32) -> ProptestConfig {
    let persistence = FileFailurePersistence::Off;
    ProptestConfig { cases, failure_persistence: Some(Box::new(persistence)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn after_any_scans_the_ledger_is_whole_and_each_thing_has_one_holder(steps in steps(40)) {
        let mut stage = building();
        one_by_one(&mut stage, &scans(&steps));
        let report = stage.reader().verify().unwrap();
        prop_assert!(report.is_whole(), "{:#?}", report.differences);
        let report = stage.ledger().verify_recent(10).unwrap();
        prop_assert!(report.is_whole(), "{:#?}", report.differences);
        let (facts, reader) = (stage.facts(), stage.reader());
        for thing in THINGS {
            let kept = reader.state_of(&subject(thing)).unwrap().unwrap().custody.filter(|custody| custody.out);
            let kept = kept.map(|custody| custody.person.map(|person| person.to_string()));
            prop_assert_eq!(kept, holder(&facts, thing), "{}", thing);
        }
    }

    #[test]
    fn a_label_or_badge_scanned_again_at_once_moves_nothing(steps in steps(25), gap_ms in 0_u64..1_999) {
        let mut stage = building();
        for scan in scans(&steps).into_iter().filter(|scan| !scan.payload.starts_with("CK:")) {
            let Reply::Decided(first) = stage.scan(scan.clone()) else { panic!("no answer") };
            if first.level() == Level::Again {
                // The limit counts from the movement: a repeat of a repeat may be beyond it, and is then meant.
                continue;
            }
            let before = (custody(&stage), stage.facts().len());
            let later = now(scan.now.utc.plus(i64::try_from(gap_ms).unwrap()), scan.now.mono.0 + gap_ms, scan.now.trusted);
            let again = Scan { id: format!("{}-again", scan.id), now: later, ..scan };
            let reply = stage.scan(again);
            prop_assert_eq!(before, (custody(&stage), stage.facts().len()), "{:?}", reply);
        }
    }

    #[test]
    fn a_rescan_after_a_crash_moves_nothing(steps in steps(25), wait_ms in 0_u64..50_000) {
        let mut stage = building();
        let scans = scans(&steps);
        one_by_one(&mut stage, &scans);
        let last = scans.last().unwrap().clone();
        prop_assume!(!last.payload.starts_with("CK:"));
        // Without this the last scan itself may have been *again*, and a rescan later than its limit is meant.
        let moved = stage.facts().iter().any(|fact| fact.scan_id == last.id);
        prop_assume!(moved);
        stage.start();
        let before = custody(&stage);
        let later = now(last.now.utc.plus(i64::try_from(wait_ms).unwrap()), wait_ms, last.now.trusted);
        let reply = stage.scan(Scan { id: "rescan".into(), now: later, ..last });
        prop_assert_eq!(before, custody(&stage), "{:?}", reply);
    }

    #[test]
    fn a_group_ends_as_the_same_scans_one_by_one(steps in steps(40), cuts in prop::collection::vec(1_usize..9, 1..9)) {
        let scans = scans(&steps);
        let (mut singly, mut grouped) = (building(), building());
        one_by_one(&mut singly, &scans);
        let (mut rest, mut sizes) = (scans.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (group, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            grouped.group(group.to_vec()).unwrap();
            rest = after;
        }
        prop_assert_eq!(left_behind(&singly), left_behind(&grouped));
    }

    #[test]
    fn scans_sent_again_under_their_ids_find_their_answers(steps in steps(20)) {
        let mut stage = building();
        let scans = scans(&steps);
        one_by_one(&mut stage, &scans);
        let before = left_behind(&stage);
        stage.start();
        let replies = stage.group(scans).unwrap();
        let found = replies.iter().filter(|reply| matches!(reply, Reply::AlreadyThere { .. })).count();
        prop_assert_eq!(found, replies.len());
        prop_assert_eq!(before, left_behind(&stage));
    }

    #[test]
    fn the_same_facts_in_any_order_give_the_same_state(
        steps in steps(30), more in steps(15), picks in prop::collection::vec(any::<Index>(), 0..60)
    ) {
        // Two ledgers that worked apart on the same building, and one that hears of both in any order, doubled.
        let mut stage = building();
        one_by_one(&mut stage, &scans(&steps));
        let mut facts = stage.facts();
        let other_folder = stage::folder();
        let other_path = other_folder.path().join("ledger.db");
        let other = Ledger::open(&other_path, "there").unwrap();
        let mut other = cagekeeper::writer::Writer::new(other, &stage.config);
        for mut scan in scans(&more) {
            scan.id = format!("there-{}", scan.id);
            other.handle_group(&[Input::Scan(scan)]).unwrap();
        }
        facts.extend(other.ledger().reader().unwrap().facts_after(0, 10_000).unwrap());
        let in_order = merged(&facts, facts.len());
        let mut shuffled = facts.clone();
        shuffled.extend(picks.iter().map(|pick| facts[pick.index(facts.len())].clone()));
        for (index, pick) in picks.iter().enumerate() {
            let to = pick.index(shuffled.len());
            shuffled.swap(index % facts.len(), to);
        }
        let half = shuffled.len() / 2;
        prop_assert_eq!(in_order, merged(&shuffled, half));
    }
}

/// The projections of a ledger that adopted these facts in two transactions, with a restart between them.
fn merged(facts: &[Fact], first: usize) -> Vec<String> {
    let folder = stage::folder();
    let path = folder.path().join("ledger.db");
    for half in [&facts[..first], &facts[first..]] {
        let mut ledger = Ledger::open(&path, "merged").unwrap();
        ledger.transaction(|ledger| half.iter().try_for_each(|fact| ledger.adopt(fact).map(drop))).unwrap();
        let report = ledger.reader().unwrap().verify().unwrap();
        // The half that has come so far may lack numbers; its projections must still be what its facts say.
        let wrong: Vec<_> = report.differences.iter().filter(|said| !said.starts_with("origin ")).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    projections(&path)
}

#[test]
fn a_commit_that_fails_leaves_nothing_and_the_same_group_may_be_tried_again() {
    let mut stage = building();
    let steps =
        [("cage", "ANA"), ("cage", "BK:b-1"), ("cage", "CASE"), ("cage", "REC1"), ("cage", "CK:DONE")];
    let scans = scans(&steps.map(|(desk, code)| (desk, code, 100, true)));
    let before = left_behind(&stage);
    stage
        .raw()
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON fact WHEN NEW.subject = 'asset/rec-1'
             BEGIN SELECT RAISE(ABORT, 'the disk coughs'); END",
        )
        .unwrap();
    let error = stage.group(scans.clone()).unwrap_err().to_string();
    assert!(error.contains("the disk coughs"), "{error}");
    assert_eq!(before, left_behind(&stage), "a failed commit leaves nothing");
    stage.raw().execute_batch("DROP TRIGGER broken").unwrap();
    let replies = stage.group(scans.clone()).unwrap();
    assert!(replies.iter().all(|reply| matches!(reply, Reply::Decided(_))), "{replies:?}");
    let after = left_behind(&stage);
    assert!(stage.reader().verify().unwrap().is_whole());
    let replies = stage.group(scans).unwrap();
    assert!(replies.iter().all(|reply| matches!(reply, Reply::AlreadyThere { .. })), "{replies:?}");
    assert_eq!(after, left_behind(&stage), "a retry of what was committed changes nothing");
}

/// Any session that a row can hold, also ones that no desk would write.
fn any_session() -> impl Strategy<Value = serde_json::Value> {
    let id = || prop::option::of(select(vec!["p-ana", "p-bo", "p-nobody", "x"]));
    let at = || {
        select(vec![
            "1970-01-01T00:00:00Z",
            "2026-11-23T08:59:50Z",
            "2026-11-23T09:00:00Z",
            "9999-12-31T23:59:59Z",
        ])
    };
    let question = select(vec!["hand-over", "which-booking", "end-count", "drop-count", "brought-back"]);
    let code = select(vec!["CAM1", "CASE", "ANA", "CK:DONE", "NOTHING", "BOTH"]);
    let ask = (question, code, at(), id()).prop_map(|(question, code, asked_at, by)| {
        serde_json::json!({ "question": question, "code": code, "asked_at": asked_at, "countersigned_by": by })
    });
    let count = prop::option::of(select(vec!["c-1", "c-gone"]));
    let counting = (count, id(), any::<bool>())
        .prop_map(|(id, room, settled)| serde_json::json!({ "id": id, "room": room, "settled": settled }));
    let flags = (any::<bool>(), any::<bool>(), select(vec![0, 7, u64::MAX]), prop::option::of(counting));
    let scans = prop::collection::vec(select(vec!["s0", "s1", "stage", "", "gone"]), 0..70);
    (id(), id(), id(), prop::option::of(ask), scans, at(), flags).prop_map(
        |(
            session,
            person,
            booking,
            pending,
            scans,
            last_at,
            (returning, without_booking, turn, counting),
        )| {
            serde_json::json!({
                "id": session, "person": person, "production": booking, "booking": booking, "room": person,
                "pending": pending, "scans": scans, "last_at": last_at, "returning": returning,
                "without_booking": without_booking, "turn": turn, "counting": counting,
            })
        },
    )
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn no_session_row_stops_a_desk(session in any_session(), code in select(CODES), trusted in any::<bool>()) {
        let mut stage = BUILT.with(|built| built.take()).unwrap_or_else(building);
        let body = session.to_string();
        stage.raw().execute("INSERT OR REPLACE INTO session VALUES ('cage', ?1), ('dock', ?1)", [&body]).unwrap();
        for desk in ["cage", "dock"] {
            let number = stage::dump(&stage.raw(), "SELECT count(*) FROM scan").remove(0);
            let at = now(moment("09:00"), 3_600_000, trusted);
            let reply = stage.scan(scan(&format!("any-{number}"), desk, code, at));
            let Reply::Decided(answer) = reply else { panic!("{reply:?}") };
            let telling = Telling { names: true, zone: chrono_tz::Tz::UTC, now: answer.at };
            prop_assert!(!answer.verdict.sentence(&telling).is_empty());
            prop_assert!(answer.seq.is_none() || !matches!(answer.level(), Level::Again | Level::Refused));
        }
        BUILT.with(|built| built.set(Some(stage)));
    }

    #[test]
    fn decide_is_total(
        session in any_session(), found in found(), times in (edges(), edges(), edges(), edges())
    ) {
        let session: Session = serde_json::from_value(session).unwrap();
        let (utc_ms, session_idle_ms, repeat_ms, loan_ms) = times;
        let rules = DoorRules {
            station: station("cage"),
            kind: StationKind::ALL[usize::try_from(utc_ms.rem_euclid(4)).unwrap()],
            ways: std::collections::BTreeMap::new(),
            person_required: utc_ms % 2 == 0,
            session_idle_ms,
            confirm_ms: loan_ms,
            count_idle_ms: session_idle_ms,
            repeat_ms,
            room: None,
            house: std::sync::Arc::new(HouseRules { loan_ms, extend_ms: repeat_ms, ..HouseRules::default() }),
        };
        let at = now(UtcMs(utc_ms), 0, repeat_ms % 2 == 0);
        let loaded = Loaded {
            scan: "s9".into(),
            code: Code::canonical("CAM1").ok(),
            found: found.clone(),
            pending: Some(found),
            first_since_start: true,
            ..Loaded::default()
        };
        let decision = decide(&loaded, &session, &rules, &at);
        let telling = Telling { names: false, zone: rules.house.zone, now: at.utc };
        prop_assert!(!decision.verdict.sentence(&telling).is_empty());
        decide_silence(&session, Wait::Confirm, session.turn);
        decide_silence(&session, Wait::Idle, session.turn);
    }
}

fn edges() -> impl Strategy<Value = i64> {
    let chrono_ends = [-8_334_601_228_800_000, 8_210_266_876_799_999];
    let edges = [i64::MIN, i64::MIN + 1, -1, 0, 1, 2_000, 1_763_888_400_000, i64::MAX - 1, i64::MAX];
    prop_oneof![select([edges.as_slice(), &chrono_ends].concat()), any::<i64>()]
}

thread_local! {
    /// One building for all rows: what earlier rows left behind is part of the test.
    static BUILT: std::cell::Cell<Option<Stage>> = const { std::cell::Cell::new(None) };
}

fn found() -> impl Strategy<Value = Found> {
    let asset = || cagekeeper::domain::loaded::Asset {
        id: cagekeeper::domain::id::AssetId::parse("cam-1").unwrap(),
        name: "Sony FX6".into(),
        kit: None,
        kit_name: None,
        model: None,
        category: None,
        home: None,
        home_name: None,
        standing: cagekeeper::domain::loaded::Standing::default(),
        custody: None,
        holder: None,
    };
    let room =
        Room { id: cagekeeper::domain::id::RoomId::parse("studio-b").unwrap(), name: "Studio B".into() };
    let id = cagekeeper::domain::id::ProductionId::parse("night-bus").unwrap();
    let production = Production {
        id,
        title: "Night Bus".into(),
        stage: "production".into(),
        crew: Vec::new(),
        budget_cents: None,
        spent_cents: 0,
    };
    let cards = Card::ALL.into_iter().map(Found::Card);
    let others = [
        Found::Asset(Box::new(asset())),
        Found::Room(room),
        Found::Production(production),
        Found::Ambiguous(Vec::new()),
        Found::Unknown,
        Found::Malformed(CodeFault::Control),
    ];
    select(cards.chain(others).collect::<Vec<_>>())
}
