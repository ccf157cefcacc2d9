use super::*;
use crate::calendar::meaning::{Part, Rule, unknown_production};
use crate::domain::fact::{CONFIRMED, HOLD};
use crate::domain::id::{ProductionId, RoomId};

const HOUR_MS: i64 = 3_600_000;
const NOW: UtcMs = UtcMs(1_800_000_000_000);

fn source() -> Source {
    Source::plain("main")
}

fn names() -> Names {
    let room = |id: &str, name: &str| (RoomId::parse(id).unwrap(), name.to_owned());
    Names {
        rooms: vec![room("studio-a", "Studio A"), room("studio-b", "Studio B")],
        productions: vec![(ProductionId::parse("acme").unwrap(), "Acme Spring".into())],
        own_uids: "@north.cagekeeper".into(),
    }
}

/// An event of two hours that begins in so many hours, in Studio A.
fn event(uid: &str, in_hours: i64) -> Occurrence {
    Occurrence {
        uid: uid.into(),
        instance: None,
        starts: NOW.plus(in_hours * HOUR_MS),
        ends: NOW.plus((in_hours + 2) * HOUR_MS),
        all_day: false,
        summary: "Shooting".into(),
        location: Some("Studio A".into()),
        categories: Vec::new(),
        description: None,
        people: Vec::new(),
        resources: Vec::new(),
        status: Status::Confirmed,
        transparent: false,
        modified: None,
        sequence: 0,
        line: 7,
    }
}

#[test]
fn a_production_that_nobody_knows_is_said() {
    let called = |summary: &str, source: &Source| {
        let event = Occurrence { summary: summary.into(), ..event("a", 1) };
        unknown_production(source, &names(), &event).map(str::to_owned)
    };
    assert_eq!(called("[Night Bus ] Shoot", &source()).as_deref(), Some("Night Bus"));
    for known in ["[acme spring] Shoot", "Shoot [Night Bus]", "[Night Bus", "Shoot"] {
        assert_eq!(called(known, &source()), None, "{known}");
    }
    let rule = Rule { production: ProductionId::parse("acme").ok(), ..Rule::default() };
    assert_eq!(called("[Night Bus] Shoot", &Source { rules: vec![rule], ..source() }), None);
}

fn compared(source: &Source, events: &[Occurrence], standing: &[Standing], confirmed: bool) -> Plan {
    let feed = Feed { occurrences: events, doubtful: &[] };
    plan(source, &names(), &HouseRules::default(), (&feed, standing), confirmed, NOW)
}

/// The bookings of these events, as the calendar made them.
fn made(events: &[Occurrence]) -> Vec<Standing> {
    let steps = compared(&source(), events, &[], false).steps;
    let standing = |step: Step| match step.what {
        Do::Make(plan) => Standing { booking: step.booking, plan: Some(*plan), by_hand: false, out: 0 },
        other => panic!("{other:?}"),
    };
    steps.into_iter().map(standing).collect()
}

fn words(plan: &Plan) -> Vec<&'static str> {
    let word = |step: &Step| match step.what {
        Do::Cancel => "cancel",
        Do::Change(_) => "change",
        Do::Make(_) => "make",
    };
    plan.steps.iter().map(word).collect()
}

fn meant(source: &Source, event: &Occurrence) -> BookingMade {
    meaning(source, &names(), event).unwrap()
}

#[test]
fn an_event_is_one_booking_for_ever_and_the_same_calendar_again_changes_nothing() {
    let events = [event("a", 5), Occurrence { instance: Some("20270115T100000Z".into()), ..event("b", 30) }];
    let standing = made(&events);
    assert!(standing.iter().all(|one| is_of("main", &one.booking)));
    assert!(!is_of("ma", &standing[0].booking), "the calendar ma has others");
    let again = compared(&source(), &events, &standing, false);
    assert_eq!((again.steps.len(), again.same), (0, 2));
    let moved = [event("a", 6), events[1].clone()];
    assert_eq!(words(&compared(&source(), &moved, &standing, false)), ["change"]);
}

#[test]
fn what_is_gone_or_cancelled_is_cancelled_first_and_what_is_over_is_left() {
    let standing = made(&[event("a", 5), event("b", 30)]);
    let cancelled = Occurrence { status: Status::Cancelled, ..event("a", 5) };
    let plan = compared(&source(), &[event("new", 5), cancelled], &standing, false);
    assert_eq!(words(&plan), ["cancel", "cancel", "make"]);
    let mut over = standing;
    for one in &mut over {
        let plan = one.plan.as_mut().unwrap();
        (plan.starts, plan.ends) = (NOW.plus(-9 * HOUR_MS), NOW.plus(-HOUR_MS));
    }
    assert_eq!(compared(&source(), &[], &over, false), Plan::default());
    assert_eq!(compared(&source(), &[event("x", -9)], &[], false), Plan::default());
}

#[test]
fn what_somebody_changed_by_hand_or_has_gear_out_for_is_not_disturbed() {
    let mut standing = made(&[event("a", 5), event("b", 30), event("c", 50)]);
    standing.sort_by_key(|one| one.plan.as_ref().unwrap().starts);
    standing[0].by_hand = true;
    standing[1].out = 2;
    standing[2] = Standing { plan: None, by_hand: true, ..standing[2].clone() };
    let said = |events: &[Occurrence]| {
        let plan = compared(&source(), events, &standing, false);
        assert_eq!(plan.steps, Vec::new());
        plan.left.into_iter().map(|left| left.why).collect::<Vec<_>>()
    };
    let gone = said(&[]);
    assert_eq!(gone.len(), 2);
    assert!(gone.iter().any(|why| why.starts_with("it was changed by hand")), "{gone:?}");
    assert!(gone.iter().any(|why| why.starts_with("2 things are out for it")), "{gone:?}");
    assert_eq!(
        said(&[event("a", 6), event("b", 30), event("c", 50)]),
        [
            "it was changed by hand, and the calendar says otherwise",
            "it was cancelled by hand, and the calendar says otherwise"
        ]
    );
    let moved = compared(&source(), &[event("a", 5), event("b", 31), event("c", 50)], &standing, false);
    assert_eq!(words(&moved), ["change"], "gear that is out for it does not keep it from being moved");
}

#[test]
fn most_of_many_do_not_vanish_without_a_word() {
    let events: Vec<Occurrence> = (0..6).map(|n| event(&format!("e{n}"), 5 + n * 3)).collect();
    let standing = made(&events);
    let held = compared(&source(), &events[..2], &standing, false);
    assert!(held.held_back.unwrap().starts_with("4 of its 6 upcoming bookings"), "{:?}", held.steps);
    assert_eq!(compared(&source(), &events[..3], &standing, false).held_back, None, "half is not most");
    assert_eq!(compared(&source(), &events[..2], &standing, true).held_back, None);
    assert_eq!(compared(&source(), &[], &standing[..4], false).held_back, None, "four may all go");
    let said: Vec<Occurrence> =
        events.iter().map(|event| Occurrence { status: Status::Cancelled, ..event.clone() }).collect();
    assert_eq!(compared(&source(), &said, &standing, false).held_back, None, "cancelled is not vanished");
}

#[test]
fn an_event_that_cannot_be_read_keeps_its_booking() {
    let standing = made(&[event("a", 5), event("b", 30)]);
    let feed = Feed { occurrences: &[], doubtful: &["a".to_owned()] };
    let plan = plan(&source(), &names(), &HouseRules::default(), (&feed, &standing), false, NOW);
    assert_eq!(words(&plan), ["cancel"]);
    assert_eq!(plan.left[0].why, "its event could not be read");
}

#[test]
fn what_runs_is_not_ended_by_a_feed_that_drops_what_has_begun() {
    let running = made(&[event("a", -1)]);
    assert_eq!(compared(&source(), &[], &running, false).left.len(), 1);
    let cancelled = Occurrence { status: Status::Cancelled, ..event("a", -1) };
    assert_eq!(words(&compared(&source(), &[cancelled], &running, false)), ["cancel"]);
}

#[test]
fn rooms_are_found_by_name_id_mailbox_and_in_lists() {
    let rooms = |location: &str, resources: &[&str]| {
        let event = Occurrence {
            location: Some(location.into()),
            resources: resources.iter().map(ToString::to_string).collect(),
            ..event("a", 1)
        };
        meaning(&source(), &names(), &event)
            .map(|plan| plan.rooms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(rooms("studio a", &[]).unwrap(), "studio-a");
    assert_eq!(rooms("Studio A; Studio B", &[]).unwrap(), "studio-a studio-b");
    assert_eq!(rooms("Main street 5", &["Studio-B@house.example"]).unwrap(), "studio-b");
    assert_eq!(rooms("STUDIO-A, Main street 5", &["Studio A"]).unwrap(), "studio-a");
    assert!(rooms("Studio C", &[]).unwrap_err().starts_with("it names no room"));
}

#[test]
fn a_production_stands_in_brackets_and_the_rest_is_the_title() {
    let said = |summary: &str| {
        let plan = meant(&source(), &Occurrence { summary: summary.into(), ..event("a", 1) });
        (plan.production.map(|id| id.to_string()), plan.title)
    };
    let acme = || Some("acme".to_owned());
    assert_eq!(said("[acme spring] Second day"), (acme(), Some("Second day".into())));
    assert_eq!(said("[ACME]"), (acme(), None));
    assert_eq!(said("[other] day"), (None, Some("[other] day".into())));
    assert_eq!(said("a\r\n b\u{7}"), (None, Some("a b".into())));
    let quiet = Source { titles: false, ..source() };
    assert_eq!(meant(&quiet, &event("a", 1)).title, None);
    assert!(meant(&source(), &Occurrence { summary: "x".repeat(5_000), ..event("a", 1) }).title.is_some());
}

#[test]
fn what_may_be_and_what_is_free_time_is_a_hold_unless_a_rule_says_otherwise() {
    let status = |source: &Source, event: &Occurrence| meant(source, event).status;
    assert_eq!(status(&source(), &event("a", 1)), CONFIRMED);
    assert_eq!(status(&source(), &Occurrence { status: Status::Tentative, ..event("a", 1) }), HOLD);
    let free = Occurrence { transparent: true, ..event("a", 1) };
    assert_eq!(status(&source(), &free), HOLD);
    let rule = Rule { confirmed: Some(true), ..Rule::default() };
    assert_eq!(status(&Source { rules: vec![rule], ..source() }, &free), CONFIRMED);
}

#[test]
fn the_first_rule_that_fits_counts_and_all_of_its_texts_have_to() {
    let rule = |wanted: &[(Part, &str)], room: &str| Rule {
        wanted: wanted.iter().map(|(part, text)| (*part, (*text).to_owned())).collect(),
        room: RoomId::parse(room).ok(),
        ..Rule::default()
    };
    let skip = Rule { skip: true, ..rule(&[(Part::Summary, "LUNCH")], "x") };
    let both = rule(&[(Part::Category, "tv"), (Part::Person, "@acme")], "studio-b");
    let rules = vec![skip, both, rule(&[(Part::Category, "tv")], "studio-c")];
    let source = Source { rules, ..source() };
    let lunch = Occurrence { summary: "Team lunch".into(), ..event("a", 1) };
    assert_eq!(meaning(&source, &names(), &lunch).unwrap_err(), "a rule says to skip it");
    let room = |people: &[&str], categories: &[&str]| {
        let people = people.iter().map(ToString::to_string).collect();
        let categories = categories.iter().map(ToString::to_string).collect();
        meant(&source, &Occurrence { people, categories, ..event("a", 1) }).rooms[0].to_string()
    };
    assert_eq!(room(&["eve@acme.example"], &["TV"]), "studio-b");
    assert_eq!(room(&[], &["TV"]), "studio-c");
    assert_eq!(room(&[], &[]), "studio-a", "without a rule its location says");
}

#[test]
fn what_makes_no_booking_is_said_once_for_each_event() {
    let lost = |n: i64| Occurrence { instance: Some(n.to_string()), location: None, ..event("a", n) };
    let twice = [event("b", 1), event("b", 1)];
    let ours = Occurrence { uid: "x@north.cagekeeper".into(), ..event("c", 1) };
    let events: Vec<Occurrence> = (1..9).map(lost).chain(twice).chain([ours]).collect();
    let plan = compared(&source(), &events, &[], false);
    assert_eq!(words(&plan), ["make"]);
    assert_eq!(plan.skipped.len(), 3, "{:?}", plan.skipped);
}
