use std::collections::BTreeMap;

use super::*;
use crate::domain::command::Every;
use crate::domain::fact::Quantity;
use crate::domain::id::{ModelId, RoomId, StockId};
use crate::domain::person::{Role, Roles};
use crate::domain::plan::loaded::{Out, Part, Thing};
use crate::domain::plan::pool::Shelf;
use crate::domain::plan::{Claim, Pool};
use crate::domain::policy::Situation;
use crate::time::MonoMs;

const HOUR_MS: i64 = 3_600_000;

fn utc(text: &str) -> UtcMs {
    UtcMs::parse_rfc3339(text).unwrap()
}

fn now() -> Now {
    Now { mono: MonoMs(0), utc: utc("2026-11-23T09:00:00Z"), trusted: true }
}

fn id(text: &str) -> BookingId {
    BookingId::parse(text).unwrap()
}

fn studio() -> Resource {
    Resource::parse("room/b").unwrap()
}

/// Studio B on Tuesday from 9 to 17.
fn plan() -> BookingMade {
    BookingMade {
        production: None,
        client: Some("Acme".into()),
        person: None,
        rooms: vec![RoomId::parse("b").unwrap()],
        assets: Vec::new(),
        kits: Vec::new(),
        models: Vec::new(),
        stock: Vec::new(),
        crew: Vec::new(),
        starts: utc("2026-11-24T09:00:00Z"),
        ends: utc("2026-11-24T17:00:00Z"),
        status: CONFIRMED.to_owned(),
        title: None,
        prepare_ms: 0,
        clean_up_ms: 0,
        series: None,
    }
}

fn loaded(claims: Vec<Claim>) -> BookingLoaded {
    let part = Part { resource: studio(), name: "Studio B".into(), unavailable: None, out: None, claims };
    let thing = Thing { part, model: None, members: Vec::new(), cases: Vec::new(), others: Vec::new() };
    BookingLoaded { things: BTreeMap::from([(studio(), thing)]), ..BookingLoaded::default() }
}

fn claim(booking: &str, from: &str, hours: i64, confirmed: bool) -> Claim {
    let from = utc(from);
    Claim {
        resource: studio(),
        count: 1,
        booking: id(booking),
        title: booking.to_owned(),
        production: None,
        people: Vec::new(),
        starts: from,
        ends: from.plus(hours * HOUR_MS),
        from,
        until: from.plus(hours * HOUR_MS),
        confirmed,
    }
}

struct Try {
    plan: BookingMade,
    repeats: Option<Repeats>,
    exists: bool,
    loaded: BookingLoaded,
    rules: HouseRules,
    roles: Roles,
    confirm: bool,
}

impl Default for Try {
    fn default() -> Self {
        let (loaded, rules) = (loaded(Vec::new()), HouseRules::default());
        Self { plan: plan(), repeats: None, exists: false, loaded, rules, roles: Roles::NONE, confirm: false }
    }
}

impl Try {
    fn decide(&self) -> (Verdict, Vec<NewFact>) {
        let booking = id("x");
        let wanted =
            Wanted { booking: &booking, plan: &self.plan, repeats: self.repeats, exists: self.exists };
        let actor = Actor { person: None, roles: self.roles };
        book(&wanted, &self.loaded, &actor, self.confirm, &self.rules, &now())
    }

    fn said(&self) -> String {
        let (verdict, facts) = self.decide();
        assert_eq!(facts.is_empty(), !matches!(verdict, Verdict::Booked { .. }), "all of it or nothing");
        verdict.sentence(&Telling { names: true, zone: self.rules.zone, now: now().utc })
    }
}

fn daily(times: u32) -> Option<Repeats> {
    Some(Repeats { every: Every::Day, until: None, times: Some(times) })
}

#[test]
fn what_makes_no_sense_is_refused_in_a_sentence() {
    let wrong = |change: fn(&mut BookingMade)| {
        let mut plan = plan();
        change(&mut plan);
        Try { plan, ..Try::default() }.said()
    };
    assert_eq!(
        wrong(|plan| plan.rooms.clear()),
        "There is nothing to book: name a room, gear, stock or crew"
    );
    assert_eq!(wrong(|plan| plan.ends = plan.starts), "It ends before it begins: the end has to be later");
    assert!(
        wrong(|plan| plan.ends = plan.starts.plus(1_200 * DAY_MS))
            .starts_with("It is longer than three years")
    );
    assert!(wrong(|plan| plan.prepare_ms = -1).starts_with("Time to prepare is 0 to 30 days"));
    assert!(wrong(|plan| plan.clean_up_ms = i64::MAX).starts_with("Time to clean up is 0 to 30 days"));
    assert!(
        wrong(|plan| plan.status = "perhaps".into()).starts_with("\"perhaps\" is no status of a booking")
    );
    assert!(wrong(|plan| plan.ends = UtcMs(i64::MAX)).starts_with("It lies outside of the calendar"));
    let none = |plan: &mut BookingMade| plan.stock = vec![Quantity { of: "tape".into(), count: 0 }];
    assert_eq!(wrong(none), "0 of tape is nothing to book: say how many");
}

#[test]
fn what_comes_again_comes_to_an_end_and_not_before_it_is_over() {
    let again = |repeats| Try { repeats, ..Try::default() }.said();
    let endless = Some(Repeats { every: Every::Day, until: None, times: None });
    assert!(again(endless).starts_with("It would come again without end"));
    assert!(again(daily(401)).starts_with("It would come more than 400 times"));
    assert!(again(daily(0)).starts_with("It would never take place"));
    let mut plan = plan();
    plan.prepare_ms = 16 * HOUR_MS + 1;
    let meets = Try { plan, repeats: daily(2), ..Try::default() }.said();
    assert_eq!(
        meets,
        "It comes again before it is over: one is taken until Tue 17:00, the next from Tue 16:59. Make it shorter or \
         rarer"
    );
    assert_eq!(again(daily(400)), "Booked: Acme (x), Tue 09:00 to Tue 17:00, 400 times");
}

#[test]
fn one_occurrence_that_cannot_be_keeps_all_of_them_from_being_booked() {
    let there = loaded(vec![claim("other", "2026-11-26T08:00:00Z", 2, true)]);
    let said = Try { repeats: daily(5), loaded: there, ..Try::default() }.said();
    assert_eq!(
        said,
        "x-3 cannot be booked: Studio B is promised to other from Thu 08:00 to Thu 10:00. Free from Thu 10:00"
    );
}

#[test]
fn occurrences_name_the_first_and_a_series_that_is_made_afresh_leaves_nothing_behind() {
    let (_, facts) = Try { repeats: daily(3), ..Try::default() }.decide();
    let ids: Vec<String> = facts.iter().map(|fact| fact.subject.to_string()).collect();
    assert_eq!(ids, ["booking/x", "booking/x-2", "booking/x-3"]);
    let made = |fact: &NewFact| match &fact.body {
        Body::BookingMade(plan) => plan.clone(),
        other => panic!("{other:?}"),
    };
    assert!(facts.iter().all(|fact| made(fact).series == Some(id("x"))));
    let plans: Vec<BookingMade> = facts.iter().map(made).collect();
    let mut standing = loaded(vec![claim("x-3", "2026-11-26T09:00:00Z", 8, true)]);
    standing.old = Some(plans[0].clone());
    standing.series = vec![(id("x-2"), plans[1].clone()), (id("x-3"), plans[2].clone())];
    let mut again = Try { repeats: daily(2), exists: true, loaded: standing, ..Try::default() };
    let (_, facts) = again.decide();
    let kinds: Vec<String> =
        facts.iter().map(|fact| format!("{} {}", fact.subject.id(), fact.body.kind())).collect();
    assert_eq!(kinds, ["x booking-made", "x-2 booking-made", "x-3 booking-cancelled"]);
    again.repeats = None;
    let (_, facts) = again.decide();
    assert_eq!(facts.len(), 1);
    assert_eq!(made(&facts[0]).series, Some(id("x")), "one that is moved stays in its series");
    let actor = Actor { person: None, roles: Roles::NONE };
    assert_eq!(cancel(&id("x"), true, &again.loaded, &actor).1.len(), 3);
    assert_eq!(cancel(&id("x"), false, &again.loaded, &actor).1.len(), 1);
}

#[test]
fn an_id_of_another_booking_is_not_taken_over_and_what_is_to_exist_has_to() {
    let mut there = loaded(Vec::new());
    there.foreign.insert(id("x-2"));
    let said = Try { repeats: daily(2), loaded: there, ..Try::default() }.said();
    assert_eq!(said, "x-2 is another booking already: choose another id than x");
    assert_eq!(Try { exists: true, ..Try::default() }.said(), "Not found: booking/x");
    let unknown = Try { loaded: BookingLoaded::default(), ..Try::default() };
    assert_eq!(unknown.said(), "Not found: room/b");
}

#[test]
fn a_hold_of_another_is_said_and_the_policy_table_decides_who_may_pass_over_it() {
    let held = || loaded(vec![claim("maybe", "2026-11-24T08:00:00Z", 2, false)]);
    let mut tried = Try { loaded: held(), ..Try::default() };
    assert_eq!(tried.said(), "Booked: Acme (x), On hold for maybe from Tue 08:00, Tue 09:00 to Tue 17:00");
    let managers = Roles::of(&[Role::StudioManager]);
    tried.rules.policy.set(Situation::HeldByOther, Rule::Ask(Answerer::Only(managers)));
    tried.confirm = true;
    assert!(
        matches!(tried.decide().0, Verdict::BookingObjection { answerer, .. } if answerer.admits(managers))
    );
    tried.roles = managers;
    assert!(matches!(tried.decide().0, Verdict::Booked { .. }));
    tried.confirm = false;
    assert!(matches!(tried.decide().0, Verdict::BookingObjection { .. }));
    tried.rules.policy.set(Situation::HeldByOther, Rule::Refused);
    assert_eq!(
        tried.said(),
        "x cannot be booked by the rules of the house: On hold for maybe from Tue 08:00"
    );
    tried.rules.policy.set(Situation::HeldByOther, Rule::Done);
    assert_eq!(tried.said(), "Booked: Acme (x), Tue 09:00 to Tue 17:00");
}

#[test]
fn what_begins_or_ends_while_it_is_closed_is_said() {
    let mut tried = Try::default();
    tried.rules.hours.weekly[1] = vec![(9 * 60, 17 * 60)];
    assert_eq!(tried.said(), "Booked: Acme (x), Tue 09:00 to Tue 17:00", "it closes when the booking ends");
    tried.plan.ends = tried.plan.ends.plus(HOUR_MS);
    assert_eq!(tried.said(), "Booked: Acme (x), Closed at Tue 18:00, Tue 09:00 to Tue 18:00");
}

#[test]
fn what_is_out_is_in_the_way_unless_it_is_due_before_or_out_for_that_booking() {
    let out = |until: Option<&str>, booking: Option<&str>| {
        let mut there = loaded(Vec::new());
        let out = Out { to: Some("Ada".into()), until: until.map(utc), booking: booking.map(id) };
        there.things.get_mut(&studio()).unwrap().part.out = Some(out);
        Try { loaded: there, ..Try::default() }.said()
    };
    assert!(out(None, None).contains("is out to Ada without a due time"));
    assert!(
        out(Some("2026-11-24T10:00:00Z"), None)
            .contains("is out to Ada until Tue 10:00. Free from Tue 10:00")
    );
    assert!(out(Some("2026-11-24T10:00:00Z"), Some("other")).contains("is out to Ada"));
    assert!(out(Some("2026-11-24T10:00:00Z"), Some("x")).starts_with("Booked"));
    assert!(out(Some("2026-11-24T09:00:00Z"), None).starts_with("Booked"));
    assert!(out(Some("2026-11-23T08:00:00Z"), None).starts_with("Booked"), "what is overdue will be back");
}

#[test]
fn a_series_needs_what_is_consumed_as_often_as_it_comes() {
    let stock = Resource::parse("stock/tape").unwrap();
    let pool = Pool { resource: stock, name: "Tape".into(), claims: Vec::new(), units: Vec::new() };
    let shelf = Shelf { count: 5, use_: crate::domain::fact::StockUse::Consumed, lots: Vec::new() };
    let mut there = loaded(Vec::new());
    there.stocks.insert(StockId::parse("tape").unwrap(), (pool, shelf));
    let mut plan = plan();
    plan.stock = vec![Quantity { of: "tape".into(), count: 2 }];
    let mut tried = Try { plan, loaded: there, repeats: daily(2), ..Try::default() };
    assert!(tried.said().starts_with("Booked"));
    tried.repeats = daily(3);
    assert!(tried.said().contains("6 Tape wanted, 5 of 5 left"), "{}", tried.said());
    tried.plan.models = vec![Quantity { of: "lav".into(), count: 1 }];
    assert_eq!(tried.said(), "Not found: model/lav, no asset is of that model");
    let lavs = Resource::Model(ModelId::parse("lav").unwrap());
    let pool = Pool { resource: lavs, name: "lav".into(), claims: Vec::new(), units: Vec::new() };
    tried.loaded.models.insert(ModelId::parse("lav").unwrap(), pool);
    assert!(tried.said().contains("1 lav wanted, 0 of 0 left Tue 09:00;"), "{}", tried.said());
}
