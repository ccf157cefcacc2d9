//! Objections of the plan: the thing is promised to somebody else now or before it would be back, all of its model are
//! promised, it goes back to its owner first. The due time is brought forward where no booking fixes it.

use super::Door;
use super::moves::Group;
use super::purpose::Purpose;
use crate::domain::custody::Custody;
use crate::domain::fact::Subject;
use crate::domain::id::AssetId;
use crate::domain::plan::pool::{Short, shortage};
use crate::domain::plan::{Claim, Pool, Resource};
use crate::domain::session::Session;
use crate::domain::verdict::{Concern, Raised, Remark};
use crate::time::UtcMs;

/// What stands against the thing being away until then, and when it is to be back.
pub fn raised(door: &Door, session: &Session, group: &Group, purpose: &Purpose) -> (Vec<Raised>, UtcMs) {
    let mut due = purpose.due;
    let mut raised = Vec::new();
    let closed = closed_at(door, due);
    if closed.is_some() && !purpose.is_fixed() {
        due = next_open(door, due);
    }
    let opened = due;
    if let Some((concern, owner_due)) = group.hired_until(due) {
        if !purpose.is_fixed() {
            due = owner_due.max(door.now.utc.plus(door.rules.house.loan_min_ms));
        }
        raised.push(concern);
    }
    let others = others(door, session, purpose);
    let (promises, due) = promised(door, group, &others, due, purpose.is_fixed());
    raised.extend(promises);
    raised.extend(early(door, session, group, purpose));
    let (pool, due) = pooled(door, session, group, purpose, due);
    raised.extend(pool.map(Raised::from));
    // Brought forward, it is another moment at which the studio is open or closed.
    let closed = if due == opened { closed } else { closed_at(door, due) };
    raised.extend(closed.map(|at| Raised::from(Concern::OutOfHours { at })));
    (raised, due)
}

/// The moment, where the studio is closed then.
pub fn closed_at(door: &Door, due: UtcMs) -> Option<UtcMs> {
    let house = &door.rules.house;
    (!house.hours.is_open(due, house.zone)).then_some(due)
}

/// When the studio is open next, from a moment on.
pub fn next_open(door: &Door, due: UtcMs) -> UtcMs {
    let house = &door.rules.house;
    house.hours.next_open(due, house.zone).unwrap_or(due)
}

/// Claims that are not this booking's and not the person's own.
fn others<'a>(door: &'a Door, session: &Session, purpose: &Purpose) -> Vec<&'a Claim> {
    let claims = door.loaded.outlook.claims.iter();
    claims.filter(|claim| !is_own(claim, session, purpose)).collect()
}

fn is_own(claim: &Claim, session: &Session, purpose: &Purpose) -> bool {
    let this = purpose.booking.is_some_and(|booking| booking.id == claim.booking);
    let mine = session.person.as_ref().is_some_and(|person| claim.people.contains(person));
    let production = purpose.production(session);
    this || mine || (production.is_some() && claim.production.as_ref() == production)
}

/// An objection with the member of a kit that the claim is on.
pub fn about(group: &Group, claim: &Claim, concern: Concern) -> Raised {
    Raised { concern, member: member_of(group, claim) }
}

fn member_of(group: &Group, claim: &Claim) -> Option<String> {
    let member = group.parts.iter().find(|part| same(&part.subject, &claim.resource));
    member.map(|part| part.name.to_owned())
}

fn same(subject: &Subject, resource: &Resource) -> bool {
    match (subject, resource) {
        (Subject::Asset(one), Resource::Asset(other)) => one == other,
        (Subject::Kit(one), Resource::Kit(other)) => one == other,
        _ => false,
    }
}

/// Promises that it would break, and the due time that breaks none where one can be found.
fn promised(
    door: &Door,
    group: &Group,
    others: &[&Claim],
    due: UtcMs,
    is_fixed: bool,
) -> (Vec<Raised>, UtcMs) {
    let now = door.now.utc;
    let mut raised = Vec::new();
    let meeting = others.iter().filter(|claim| claim.meets(now, due));
    let Some(claim) = meeting.clone().filter(|claim| claim.confirmed).min_by_key(|claim| claim.from) else {
        let held = meeting.min_by_key(|claim| claim.from);
        raised.extend(held.map(|claim| about(group, claim, Concern::HeldByOther { to: claim.promise() })));
        return (raised, due);
    };
    let soon = claim.from.since(now) < door.rules.house.loan_min_ms;
    let to = claim.promise();
    let (concern, due) = if claim.from <= now || (soon && !is_fixed) {
        (Concern::BookedToOther { to }, due)
    } else if is_fixed {
        (Concern::DueClashesNextBooking { to }, due)
    } else {
        (Concern::BookedToOtherNext { to }, claim.from)
    };
    (vec![about(group, claim, concern)], due)
}

/// The person's own booking of it begins later, and this is not taken for it.
fn early(door: &Door, session: &Session, group: &Group, purpose: &Purpose) -> Option<Raised> {
    if purpose.booking.is_some() {
        return None;
    }
    let person = session.person.as_ref()?;
    let own = door.loaded.outlook.claims.iter().filter(|claim| claim.people.contains(person));
    let next = own.filter(|claim| claim.meets(door.now.utc, purpose.due) && claim.from > door.now.utc);
    let claim = next.min_by_key(|claim| claim.from)?;
    let concern = Concern::BookedForYouEarly { booking: claim.booking.clone(), from: claim.from };
    Some(about(group, claim, concern))
}

/// The unit is free, but its model is promised: the due time is brought forward where that helps.
fn pooled(
    door: &Door,
    session: &Session,
    group: &Group,
    purpose: &Purpose,
    due: UtcMs,
) -> (Option<Concern>, UtcMs) {
    let own = purpose.booking.map(|booking| &booking.id);
    let others = door.loaded.outlook.pools.first().map(|pool| of_others(pool, session, purpose));
    let short = others.zip(unit_of(group)).and_then(|(pool, unit)| {
        let short = shortage(&pool, Some(unit), (door.now.utc, due), own, door.now.utc)?;
        Some((pool, short))
    });
    let Some((pool, short)) = short else { return (None, due) };
    let to = short.first.promise();
    let can_wait = short.at.since(door.now.utc) >= door.rules.house.loan_min_ms;
    if can_wait && !purpose.is_fixed() {
        return (Some(Concern::BookedToOtherNext { to }), short.at);
    }
    let (promised, left) = (short.promised, short.left);
    (Some(Concern::PoolExhausted { pool: pool.name.clone(), promised, left, to }), due)
}

/// The pool without what the person and the production have promised themselves.
pub fn of_others(pool: &Pool, session: &Session, purpose: &Purpose) -> Pool {
    let mut pool = pool.clone();
    let units = pool.units.iter_mut().map(|unit| &mut unit.claims);
    for claims in units.chain([&mut pool.claims]) {
        claims.retain(|claim| !is_own(claim, session, purpose));
    }
    pool
}

fn unit_of<'a>(group: &'a Group) -> Option<&'a AssetId> {
    match &group.subject {
        Subject::Asset(asset) => Some(asset),
        _ => None,
    }
}

/// Whether a unit being away for a span leaves too few of its model for others.
pub fn exhausted<'a>(
    door: &'a Door,
    group: &Group,
    own: Option<&Claimant>,
    span: (UtcMs, UtcMs),
) -> Option<(&'a Pool, Short)> {
    let pool = door.loaded.outlook.pools.first()?;
    shortage(pool, Some(unit_of(group)?), span, own, door.now.utc).map(|short| (pool, short))
}

/// The next that wants it or something in it when it is back: within the time that the house looks ahead, another booking
/// than `came_from`.
pub fn wanted_next(door: &Door, group: &Group, came_from: Option<&Claimant>) -> Option<Remark> {
    let now = door.now.utc;
    let until = now.plus(door.rules.house.wanted_within_ms);
    let claims = door.loaded.outlook.claims.iter();
    let wanted = claims
        .filter(|claim| claim.confirmed && claim.meets(now, until) && came_from != Some(&claim.booking))
        .min_by_key(|claim| claim.from);
    if let Some(claim) = wanted {
        let remark = Remark::WantedNext { to: claim.promise() };
        let member = member_of(group, claim);
        return Some(match member {
            Some(name) => Remark::OfMember { name, remark: Box::new(remark) },
            None => remark,
        });
    }
    let (_, short) = exhausted(door, group, came_from, (now, until))?;
    Some(Remark::WantedNext { to: short.first.promise() })
}

/// The booking that a thing comes back from.
pub type Claimant = crate::domain::id::BookingId;

/// The first that would wait for it if it stayed out until then, else the first that holds it: not the booking that it is
/// out for, nor whoever has it, nor the production that has it.
pub fn in_the_way<'a>(door: &'a Door, custody: &Custody, from: UtcMs, until: UtcMs) -> Option<&'a Claim> {
    let is_own = |claim: &Claim| {
        let person = custody.person.as_ref().is_some_and(|person| claim.people.contains(person));
        let production = custody.production.is_some() && custody.production == claim.production;
        person || production || custody.booking.as_ref() == Some(&claim.booking)
    };
    let claims = door.loaded.outlook.claims.iter();
    claims
        .filter(|claim| claim.meets(from, until) && !is_own(claim))
        .min_by_key(|claim| (!claim.confirmed, claim.from))
}
