//! Deciding a booking: all of its occurrences, or none of them.

use std::collections::BTreeSet;

use super::clash::Occurrence;
use super::loaded::BookingLoaded;
use super::recur::{OCCURRENCES_MAX, expand, occurrence_id};
use super::{Resource, wall};
use crate::domain::command::{Actor, Repeats};
use crate::domain::fact::{Body, BookingCancelled, BookingMade, CONFIRMED, HOLD, NewFact, Subject};
use crate::domain::id::BookingId;
use crate::domain::policy::{Answerer, Rule};
use crate::domain::rules::HouseRules;
use crate::domain::verdict::{Concern, Raised, Telling, Verdict};
use crate::domain::words::when;
use crate::time::{Now, UtcMs};

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest booking: three years.
const LENGTH_MAX_MS: i64 = 3 * 366 * DAY_MS;
/// The longest time to prepare or to clean up.
const AROUND_MAX_MS: i64 = 30 * DAY_MS;
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
    let notices = judged(wanted.booking, raised(each(), rules), by, rules, now)?;
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
    let made = made.into_iter().map(|(id, plan)| fact(by.0, id, Body::BookingMade(plan)));
    Ok((verdict, made.chain(cancelled).collect()))
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
    let verdict = Verdict::BookingCancelled { booking: booking.clone(), times: ids.len() };
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

/// What a booking says in itself.
fn sensible(plan: &BookingMade) -> Result<(), String> {
    let counts = || plan.models.iter().chain(&plan.stock);
    let nothing = plan.rooms.is_empty()
        && plan.assets.is_empty()
        && plan.kits.is_empty()
        && plan.crew.is_empty()
        && counts().next().is_none();
    let around = 0..=AROUND_MAX_MS;
    let calendar = wall::FIRST..=wall::LAST;
    match plan {
        _ if nothing => Err("There is nothing to book: name a room, gear, stock or crew".into()),
        _ if plan.ends <= plan.starts => Err("It ends before it begins: the end has to be later".into()),
        _ if !calendar.contains(&plan.starts) || !calendar.contains(&plan.ends) => {
            Err("It lies outside of the calendar, 1970 to 9999".into())
        }
        _ if plan.ends.since(plan.starts) > LENGTH_MAX_MS => {
            Err("It is longer than three years: make it shorter, or a booking that comes again".into())
        }
        _ if !around.contains(&plan.prepare_ms) => {
            Err("Time to prepare is 0 to 30 days: it cannot be negative or longer".into())
        }
        _ if !around.contains(&plan.clean_up_ms) => {
            Err("Time to clean up is 0 to 30 days: it cannot be negative or longer".into())
        }
        _ if ![CONFIRMED, HOLD].contains(&plan.status.as_str()) => {
            Err(format!("{:?} is no status of a booking: expected hold or confirmed", plan.status))
        }
        _ => match counts().find(|quantity| quantity.count == 0) {
            Some(quantity) => Err(format!("0 of {} is nothing to book: say how many", quantity.of)),
            None => Ok(()),
        },
    }
}

/// Occurrences must not need the same things at one moment.
fn apart(made: &[(BookingId, BookingMade)], rules: &HouseRules, now: UtcMs) -> Result<(), String> {
    let pairs = made.iter().zip(made.iter().skip(1));
    let meet = pairs.map(|((_, one), (_, two))| (one, two)).find(|(one, two)| two.taken().0 < one.taken().1);
    let Some((one, two)) = meet else { return Ok(()) };
    let at = |moment| when(moment, now, rules.zone);
    Err(format!(
        "It comes again before it is over: one is taken until {}, the next from {}. Make it shorter or rarer",
        at(one.taken().1),
        at(two.taken().0)
    ))
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
) -> Result<Vec<Raised>, Refused> {
    let rule = |raised: &Raised| rules.policy.rule(raised.concern.situation());
    if let Some(refused) = raised.iter().find(|raised| rule(raised) == Rule::Refused) {
        let telling = Telling { names: false, zone: rules.zone, now };
        let why = format!("{booking} cannot be booked by the rules of the house: {}", refused.say(&telling));
        return Err(Box::new(Verdict::NoSense { why }));
    }
    let (mut asked, said): (Vec<Raised>, Vec<Raised>) = raised
        .into_iter()
        .filter(|raised| rule(raised) != Rule::Done)
        .partition(|raised| matches!(rule(raised), Rule::Ask(_)));
    let answerers = asked.iter().filter_map(|raised| match rule(raised) {
        Rule::Ask(answerer) => Some(answerer),
        _ => None,
    });
    let answerer = answerers.fold(Answerer::Anybody, Answerer::and);
    let answered = confirm && answerer.admits(actor.roles);
    if !asked.is_empty() && !answered {
        let booking = booking.clone();
        asked.truncate(SAID_MAX);
        return Err(Box::new(Verdict::BookingObjection { booking, raised: asked, answerer }));
    }
    Ok(asked.into_iter().chain(said).take(SAID_MAX).collect())
}

fn title(booking: &BookingId, plan: &BookingMade, loaded: &BookingLoaded) -> String {
    let title =
        plan.title.clone().or_else(|| loaded.production_title.clone()).or_else(|| plan.client.clone());
    title.unwrap_or_else(|| booking.to_string())
}

#[cfg(test)]
mod tests;
