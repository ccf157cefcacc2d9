//! Deciding a booking: all of its occurrences, or none of them.

use std::collections::BTreeSet;

use super::Resource;
use super::clash::Occurrence;
use super::loaded::BookingLoaded;
use super::recur::{OCCURRENCES_MAX, expand, occurrence_id};
use super::sense::{apart, sensible};
use crate::domain::command::{Actor, Repeats};
use crate::domain::fact::{Body, BookingCancelled, BookingMade, NewFact, Subject};
use crate::domain::id::BookingId;
use crate::domain::policy::Situation;
use crate::domain::rules::HouseRules;
use crate::domain::verdict::{Concern, Raised, Telling, Verdict};
use crate::domain::weigh::{Answered, Outcome, situations, weigh};
use crate::time::{Now, UtcMs};

/// So many conflicts and notices are said.
const SAID_MAX: usize = 10;

/// A booking that is to be made or changed.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its id; that of the first, where it comes again.
    pub booking: &'a BookingId,
    /// What it is to say.
    pub plan: &'a BookingMade,
    /// When it comes again.
    pub repeats: Option<Repeats>,
    /// It has to exist already.
    pub exists: bool,
}

/// The bookings that are to be made: id and plan of each occurrence, in order. What makes no sense is said.
///
/// Without `repeats` it is one, which stays in the series of the booking that it replaces.
pub fn occurrences(
    wanted: &Wanted,
    old: Option<&BookingMade>,
    rules: &HouseRules,
) -> Result<Vec<(BookingId, BookingMade)>, String> {
    let plan = wanted.plan;
    sensible(plan)?;
    let Some(repeats) = wanted.repeats else {
        let series = plan.series.clone().or_else(|| old.and_then(|old| old.series.clone()));
        return Ok(vec![(wanted.booking.clone(), BookingMade { series, ..plan.clone() })]);
    };
    if repeats.until.is_none() && repeats.times.is_none() {
        return Err("It would come again without end: say until when, or how many times".into());
    }
    let spans = expand(plan.starts, plan.ends, repeats, rules.zone);
    if spans.is_empty() {
        return Err("It would never take place: nothing begins by the end that was given".into());
    }
    if spans.len() > OCCURRENCES_MAX {
        return Err(format!("It would come more than {OCCURRENCES_MAX} times: choose an earlier end"));
    }
    let series = (spans.len() > 1).then(|| wanted.booking.clone());
    let made = spans.into_iter().enumerate().map(|(at, (starts, ends))| {
        let series = series.clone();
        (occurrence_id(wanted.booking, at + 1), BookingMade { starts, ends, series, ..plan.clone() })
    });
    Ok(made.collect())
}

/// Decides a booking. All of it is booked, or nothing and the verdict says why.
///
/// `confirm` is the answer to what the policy table asks; it counts where `actor` may give it.
pub fn book(
    wanted: &Wanted,
    loaded: &BookingLoaded,
    actor: &Actor,
    confirm: bool,
    rules: &HouseRules,
    now: &Now,
) -> (Verdict, Vec<NewFact>) {
    decided(wanted, loaded, (actor, confirm), rules, now.utc).unwrap_or_else(|verdict| (*verdict, Vec::new()))
}

type Refused = Box<Verdict>;

fn decided(
    wanted: &Wanted,
    loaded: &BookingLoaded,
    by: (&Actor, bool),
    rules: &HouseRules,
    now: UtcMs,
) -> Result<(Verdict, Vec<NewFact>), Refused> {
    let no_sense = |why: String| Box::new(Verdict::NoSense { why });
    if wanted.exists && loaded.old.is_none() {
        return Err(not_found(&format!("booking/{}", wanted.booking), loaded));
    }
    if let Some(old) = loaded.old.as_ref().filter(|_| !wanted.exists) {
        return Err(existing(wanted, old));
    }
    let made = occurrences(wanted, loaded.old.as_ref(), rules).map_err(no_sense)?;
    known(wanted.plan, loaded)?;
    apart(&made, rules, now).map_err(no_sense)?;
    if let Some((id, _)) = made.iter().find(|(id, _)| loaded.foreign.contains(id)) {
        return Err(no_sense(format!(
            "{id} is another booking already: choose another id than {}",
            wanted.booking
        )));
    }
    let own: BTreeSet<BookingId> = made.iter().map(|(id, _)| id.clone()).collect();
    let dropped = dropped(wanted, loaded, &own, now);
    let rest = loaded.without(&own.iter().chain(&dropped).cloned().collect());
    let each = || made.iter().map(|(id, plan)| occurrence(id, plan, &rest, made.len(), now));
    free(each())?;
    let (notices, overrides) = judged(wanted.booking, raised(each(), rules), by, rules, now)?;
    let confirmed_by = by.0.person.clone().filter(|_| !overrides.is_empty());
    let plan = made.first().map_or(wanted.plan, |(_, plan)| plan);
    let verdict = Verdict::Booked {
        booking: wanted.booking.clone(),
        title: title(wanted.booking, plan, loaded),
        starts: plan.starts,
        ends: plan.ends,
        times: made.len(),
        notices,
    };
    let cancelled = dropped.into_iter().map(|id| fact(by.0, id, cancelled()));
    let made = made.into_iter().map(|(id, plan)| {
        let (overrides, confirmed_by) = (overrides.clone(), confirmed_by.clone());
        fact(by.0, id, Body::BookingMade(BookingMade { overrides, confirmed_by, ..plan }))
    });
    Ok((verdict, made.chain(cancelled).collect()))
}

/// A booking that is to be made and exists: the same words once more, or another booking.
fn existing(wanted: &Wanted, old: &BookingMade) -> Refused {
    let BookingMade { series, overrides, confirmed_by, .. } = old.clone();
    let same = BookingMade { series, overrides, confirmed_by, ..wanted.plan.clone() };
    Box::new(if same == *old {
        Verdict::DuplicateScan { what: None }
    } else {
        let id = wanted.booking;
        Verdict::NoSense { why: format!("{id} exists already: change it, or choose another id") }
    })
}

/// Decides a cancellation: of one booking, or of it and those of its series that come after it.
pub fn cancel(
    booking: &BookingId,
    series: bool,
    loaded: &BookingLoaded,
    actor: &Actor,
) -> (Verdict, Vec<NewFact>) {
    let Some(old) = &loaded.old else {
        return (*not_found(&format!("booking/{booking}"), loaded), Vec::new());
    };
    let later =
        loaded.series.iter().filter(|(id, plan)| series && id != booking && plan.starts >= old.starts);
    let ids: Vec<BookingId> = std::iter::once(booking).chain(later.map(|(id, _)| id)).cloned().collect();
    let out = ids.iter().filter_map(|id| loaded.out.get(id)).sum();
    let verdict = Verdict::BookingCancelled { booking: booking.clone(), times: ids.len(), out };
    (verdict, ids.into_iter().map(|id| fact(actor, id, cancelled())).collect())
}

fn cancelled() -> Body {
    Body::BookingCancelled(BookingCancelled {})
}

fn fact(actor: &Actor, booking: BookingId, body: Body) -> NewFact {
    NewFact { subject: Subject::Booking(booking), actor: actor.person.clone(), body }
}

fn occurrence<'a>(
    id: &'a BookingId,
    plan: &'a BookingMade,
    loaded: &'a BookingLoaded,
    times: usize,
    now: UtcMs,
) -> Occurrence<'a> {
    Occurrence { id: Some(id), plan, loaded, times: u32::try_from(times).unwrap_or(u32::MAX), now }
}

fn not_found(named: &str, loaded: &BookingLoaded) -> Refused {
    let why = if named.starts_with("model/") { ", no asset is of that model" } else { "" };
    let near = loaded.unknown.get(named).and_then(Option::as_ref);
    let near = near.map_or(String::new(), |near| format!(". Did you mean {near}?"));
    Box::new(Verdict::NotFound { named: format!("{named}{why}{near}") })
}

/// Everything that is named is known.
fn known(plan: &BookingMade, loaded: &BookingLoaded) -> Result<(), Refused> {
    if let Some(unknown) = loaded.unknown.keys().find(|named| !named.starts_with("booking/")) {
        return Err(not_found(unknown, loaded));
    }
    let things = plan.rooms.iter().cloned().map(Resource::Room);
    let things = things.chain(plan.assets.iter().cloned().map(Resource::Asset));
    let things = things.chain(plan.kits.iter().cloned().map(Resource::Kit));
    let mut things = things.chain(plan.crew.iter().cloned().map(Resource::Person));
    let thing = things.find(|thing| !loaded.things.contains_key(thing)).map(|thing| thing.to_string());
    let is_model =
        |of: &str| loaded.models.iter().any(|(id, pool)| id.as_str() == of && !pool.name.is_empty());
    let model = plan.models.iter().find(|quantity| !is_model(&quantity.of));
    let model = model.map(|quantity| format!("model/{}", quantity.of));
    let is_stock = |of: &str| loaded.stocks.keys().any(|id| id.as_str() == of);
    let stock = plan.stock.iter().find(|quantity| !is_stock(&quantity.of));
    let stock = stock.map(|quantity| format!("stock/{}", quantity.of));
    thing.or(model).or(stock).map_or(Ok(()), |named| Err(not_found(&named, loaded)))
}

/// What is left of a series that is made afresh.
fn dropped(wanted: &Wanted, loaded: &BookingLoaded, own: &BTreeSet<BookingId>, now: UtcMs) -> Vec<BookingId> {
    let Some(old) = loaded.old.as_ref().filter(|_| wanted.repeats.is_some()) else { return Vec::new() };
    let later = |plan: &BookingMade| plan.starts >= old.starts && plan.ends > now;
    let left = loaded.series.iter().filter(|(id, plan)| !own.contains(id) && later(plan));
    left.map(|(id, _)| id.clone()).collect()
}

fn free<'a>(mut each: impl Iterator<Item = Occurrence<'a>>) -> Result<(), Refused> {
    let conflict = each.find_map(|occurrence| {
        let mut conflicts = occurrence.conflicts();
        conflicts.truncate(SAID_MAX);
        let booking = occurrence.id?.clone();
        (!conflicts.is_empty()).then_some(Verdict::BookingConflict { booking, conflicts })
    });
    conflict.map_or(Ok(()), |conflict| Err(Box::new(conflict)))
}

/// What the policy table has to say to, each situation once for a booking or a time.
fn raised<'a>(each: impl Iterator<Item = Occurrence<'a>>, rules: &HouseRules) -> Vec<Raised> {
    let mut concerns: Vec<Concern> = Vec::new();
    for occurrence in each {
        let held = occurrence.holds().into_iter().map(|to| Concern::HeldByOther { to });
        let (starts, ends) = (occurrence.plan.starts, occurrence.plan.ends);
        let last = ends.plus(-1);
        let closed = [(starts, starts), (last, ends)];
        let closed = closed.into_iter().filter(|(moment, _)| !rules.hours.is_open(*moment, rules.zone));
        let new = held.chain(closed.map(|(_, at)| Concern::OutOfHours { at })).collect::<Vec<_>>();
        for concern in new {
            if !concerns.contains(&concern) {
                concerns.push(concern);
            }
        }
    }
    concerns.into_iter().map(Raised::from).collect()
}

/// What is to be said besides; or what has to be answered first, or cannot be.
fn judged(
    booking: &BookingId,
    raised: Vec<Raised>,
    (actor, confirm): (&Actor, bool),
    rules: &HouseRules,
    now: UtcMs,
) -> Result<(Vec<Raised>, Vec<Situation>), Refused> {
    let answered =
        confirm.then(|| Answered { by: actor.person.clone(), roles: actor.roles, situations: None });
    match weigh(&rules.policy, raised).outcome(answered.as_ref()) {
        Outcome::Refused { raised } => {
            let telling = Telling { names: false, zone: rules.zone, now };
            let said = raised.first().map(|refused| refused.say(&telling)).unwrap_or_default();
            let why = format!("{booking} cannot be booked by the rules of the house: {said}");
            Err(Box::new(Verdict::NoSense { why }))
        }
        Outcome::Asks { mut raised, answerer } => {
            raised.truncate(SAID_MAX);
            let named = booking.to_string();
            Err(Box::new(Verdict::OrderObjection { named, what: None, raised, answerer }))
        }
        // A booking is read again later: what was confirmed is said as well.
        Outcome::Goes { notices, confirmed } => {
            let overrides: BTreeSet<Situation> = situations(&confirmed).into_iter().collect();
            let said = confirmed.into_iter().chain(notices).take(SAID_MAX).collect();
            Ok((said, overrides.into_iter().collect()))
        }
    }
}

fn title(booking: &BookingId, plan: &BookingMade, loaded: &BookingLoaded) -> String {
    let title =
        plan.title.clone().or_else(|| loaded.production_title.clone()).or_else(|| plan.client.clone());
    title.unwrap_or_else(|| booking.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::command::Every;
    use crate::domain::fact::{CONFIRMED, Quantity};
    use crate::domain::id::{ModelId, RoomId, StockId};
    use crate::domain::person::{Role, Roles};
    use crate::domain::plan::loaded::{Out, Part, Thing};
    use crate::domain::plan::pool::Shelf;
    use crate::domain::plan::{Claim, Pool};
    use crate::domain::policy::{Answerer, Rule};
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
            overrides: Vec::new(),
            confirmed_by: None,
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
            Self {
                plan: plan(),
                repeats: None,
                exists: false,
                loaded,
                rules,
                roles: Roles::NONE,
                confirm: false,
            }
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
        assert_eq!(
            wrong(|plan| plan.ends = plan.starts),
            "It ends before it begins: the end has to be later"
        );
        assert!(
            wrong(|plan| plan.ends = plan.starts.plus(1_200 * 24 * HOUR_MS))
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
        assert_eq!(
            tried.said(),
            "Booked: Acme (x), on hold for maybe from Tue 08:00, Tue 09:00 to Tue 17:00"
        );
        let managers = Roles::of(&[Role::StudioManager]);
        tried.rules.policy.set(Situation::HeldByOther, Rule::Ask(Answerer::Only(managers)));
        tried.confirm = true;
        assert!(
            matches!(tried.decide().0, Verdict::OrderObjection { answerer, .. } if answerer.admits(managers))
        );
        tried.roles = managers;
        assert!(matches!(tried.decide().0, Verdict::Booked { .. }));
        tried.confirm = false;
        assert!(matches!(tried.decide().0, Verdict::OrderObjection { .. }));
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
        assert_eq!(
            tried.said(),
            "Booked: Acme (x), Tue 09:00 to Tue 17:00",
            "it closes when the booking ends"
        );
        tried.plan.ends = tried.plan.ends.plus(HOUR_MS);
        assert_eq!(tried.said(), "Booked: Acme (x), closed at Tue 18:00, Tue 09:00 to Tue 18:00");
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
        assert!(
            out(Some("2026-11-23T08:00:00Z"), None).starts_with("Booked"),
            "what is overdue will be back"
        );
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
        assert!(tried.said().contains("1 lav wanted, 0 of 0 left at Tue 09:00;"), "{}", tried.said());
    }
}
