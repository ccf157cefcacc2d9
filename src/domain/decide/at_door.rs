//! At the door of a room: who goes in and out, and what is seen there. Custody is never changed here.

use super::gear::within;
use super::moves::Group;
use super::{Decision, Door, answer, back, badge, held, unknown, who, who_id};
use crate::domain::fact::{Body, Doorway, Movement, NewFact, Subject};
use crate::domain::loaded::{BehindDoor, Burst, Found, Kit, Standing};
use crate::domain::person::Person;
use crate::domain::plan::Claim;
use crate::domain::rights::Right;
use crate::domain::session::Session;
use crate::domain::stay::Ended;
use crate::domain::verdict::Verdict;
use crate::domain::verdict::door::{Admission, AtDoor, NoEntry, Oddity, Passing, Place, SeenThing};
use crate::domain::way::Way;
use crate::time::UtcMs;

/// A badge that was at another door so short a time ago is said: it may be in two hands.
const JUST_MS: i64 = 5_000;

/// A door holds no conversation: no session is ever open at one.
pub(super) fn scanned(door: &Door, session: Session, found: &Found) -> Decision {
    let session = session.closed();
    let Some(here) = door.loaded.behind_door.as_deref() else {
        let why = "This door has no room: say `room` of its station".to_owned();
        return answer(session, Verdict::NoSense { why });
    };
    match found {
        // Of a code that is also a label the badge is meant: nobody checks gear out at a door.
        Found::Person(person) | Found::PersonOrThing(person, _) => person_at(door, session, here, person),
        Found::Nobody => refused(door, session, here, None, NoEntry::Nobody),
        Found::Asset(_) | Found::Kit(_) | Found::Stock(_) | Found::Burst(_) => {
            seen(door, session, here, found)
        }
        Found::Card(_) | Found::Production(_) | Found::Booking(_) | Found::Room(_) => {
            said(session, Vec::new(), AtDoor::NotHere { room: place(here) })
        }
        Found::Unknown => unknown(door, session),
        Found::Ambiguous(of) => answer(session, Verdict::AmbiguousCode { of: of.clone() }),
        Found::Malformed(fault) => answer(session, Verdict::MalformedCode { fault: fault.clone() }),
    }
}

fn said(session: Session, facts: Vec<NewFact>, verdict: AtDoor) -> Decision {
    Decision { verdict: Verdict::AtDoor(Box::new(verdict)), facts, session }
}

fn place(here: &BehindDoor) -> Place {
    Place { id: here.id.clone(), name: here.name.clone().unwrap_or_else(|| here.id.to_string()) }
}

fn refused(
    door: &Door,
    session: Session,
    here: &BehindDoor,
    person: Option<&Person>,
    why: NoEntry,
) -> Decision {
    let clock_doubtful = !door.now.trusted && why.is_of_time();
    let verdict = AtDoor::Refused { who: person.map(who), room: place(here), why, clock_doubtful };
    said(session, Vec::new(), verdict)
}

fn person_at(door: &Door, session: Session, here: &BehindDoor, person: &Person) -> Decision {
    // Of somebody who may come in no longer it is said again why: *again* would let them in.
    let barred = here.way == Some(Way::In) && admission(door, here, person).is_err();
    if is_repeat(door, here) && !barred {
        return answer(session, Verdict::DuplicateScan { what: None });
    }
    let otherwise = if inside_since(door, here).is_some() { Way::Out } else { Way::In };
    match here.way.unwrap_or(otherwise) {
        Way::Out => leaves(door, session, here, person),
        Way::In => match admission(door, here, person) {
            Ok(by) => enters(door, session, here, person, by),
            Err(why) => refused(door, session, here, Some(person), why),
        },
    }
}

/// When the person came in, where they are in this room.
fn inside_since(door: &Door, here: &BehindDoor) -> Option<UtcMs> {
    let stay = here.stay.as_ref().filter(|stay| stay.room == here.id)?;
    stay.is_inside(door.now.utc, door.rules.house.longest_stay_ms).then_some(stay.from)
}

/// The last that was recorded of the person at any door: when, and which way.
fn last_passage(here: &BehindDoor) -> Option<(UtcMs, Way)> {
    let stay = here.stay.as_ref()?;
    Some(match stay.over {
        Some((until, Ended::Left)) => (until, Way::Out),
        _ => (stay.from, Way::In),
    })
}

/// Whether this badge says what this room's door has just recorded.
fn is_repeat(door: &Door, here: &BehindDoor) -> bool {
    let is_here = here.stay.as_ref().is_some_and(|stay| stay.room == here.id);
    last_passage(here).filter(|_| is_here).is_some_and(|(at, way)| {
        here.way.is_none_or(|said| said == way)
            && within(door.now.utc.since(at), door.rules.repeat_ms.saturating_sub(1))
    })
}

/// By which right somebody enters, or why not. Whoever has several bookings has the room until the last of them ends.
fn admission(door: &Door, here: &BehindDoor, person: &Person) -> Result<Admission, NoEntry> {
    match badge::refusal(door, person) {
        Some(Verdict::PersonExpired { since, .. }) => return Err(NoEntry::Expired { since }),
        Some(Verdict::PersonSuspended { until, .. }) => return Err(NoEntry::Suspended { until }),
        _ => {}
    }
    if door.rules.house.rights.allow(person.roles, Right::EnterRooms) {
        return Ok(Admission::Staff);
    }
    if here.name.is_none() {
        return Err(NoEntry::RoomUnknown);
    }
    let is_theirs = |claim: &&Claim| concerns(here, claim, person);
    let now = here.claims.iter().filter(|claim| claim.from <= door.now.utc && door.now.utc < claim.until);
    let (promised, held): (Vec<&Claim>, Vec<&Claim>) = now.partition(|claim| claim.confirmed);
    if let Some(claim) = promised.iter().filter(|claim| is_theirs(claim)).max_by_key(|claim| claim.until) {
        return Ok(Admission::Booking { to: claim.promise() });
    }
    let next =
        here.claims.iter().find(|claim| claim.confirmed && claim.from > door.now.utc && is_theirs(claim));
    let next = next.map(|claim| Box::new(claim.promise()));
    Err(match (promised.first(), held.iter().find(|claim| is_theirs(claim))) {
        (Some(other), _) => NoEntry::BookedByOther { to: other.promise(), next },
        (None, Some(hold)) => NoEntry::OnHold { hold: hold.promise() },
        (None, None) => NoEntry::NotBooked { next },
    })
}

/// Whether somebody answers for a booking, works on it, or on the production that it is for.
fn concerns(here: &BehindDoor, claim: &Claim, person: &Person) -> bool {
    let crew = claim.production.as_ref().and_then(|production| here.crews.get(production));
    claim.people.contains(&person.id) || crew.is_some_and(|crew| crew.contains(&person.id))
}

fn enters(door: &Door, session: Session, here: &BehindDoor, person: &Person, by: Admission) -> Decision {
    let booking = match &by {
        Admission::Booking { to } => Some(to.booking.clone()),
        Admission::Staff => None,
    };
    let unknown = here.name.is_none().then_some(Passing::RoomUnknown);
    let remarks = unknown.into_iter().chain(just_at(door, here)).collect();
    let clock_doubtful = !door.now.trusted && booking.is_some();
    let entered = Doorway { booking, ..doorway(door, here) };
    let verdict = AtDoor::Granted { who: who(person), room: place(here), by, remarks, clock_doubtful };
    said(session, vec![fact(person, Body::PersonEntered(entered))], verdict)
}

fn leaves(door: &Door, session: Session, here: &BehindDoor, person: &Person) -> Decision {
    let since = inside_since(door, here);
    let booking = here.stay.as_ref().filter(|_| since.is_some()).and_then(|stay| stay.booking.clone());
    let left = Doorway { booking, unseen: since.is_none(), ..doorway(door, here) };
    let unseen = since.is_none().then_some(Passing::NotSeenComing);
    let remarks = unseen.into_iter().chain(just_at(door, here)).collect();
    let stayed_ms = since.map(|since| door.now.utc.since(since).max(0));
    let verdict = AtDoor::Left { who: who(person), room: place(here), stayed_ms, remarks };
    said(session, vec![fact(person, Body::PersonLeft(left))], verdict)
}

fn doorway(door: &Door, here: &BehindDoor) -> Doorway {
    Doorway { room: here.id.clone(), booking: None, reader: door.loaded.reader.clone(), unseen: false }
}

fn fact(person: &Person, body: Body) -> NewFact {
    NewFact { subject: Subject::Person(person.id.clone()), actor: Some(person.id.clone()), body }
}

/// Another door at which this badge was a moment ago.
fn just_at(door: &Door, here: &BehindDoor) -> Option<Passing> {
    let stay = here.stay.as_ref().filter(|stay| stay.room != here.id)?;
    let (at, _) = last_passage(here)?;
    let ms = door.now.utc.since(at);
    let room = stay.room_name.clone().unwrap_or_else(|| stay.room.to_string());
    within(ms, JUST_MS).then(|| Passing::JustAt { room, ms: ms.saturating_abs() })
}

/// Gear at a door was seen there, each thing for itself.
fn seen(door: &Door, session: Session, here: &BehindDoor, found: &Found) -> Decision {
    let no_standing = Standing::default();
    let groups = groups(found, &no_standing);
    if let [only] = groups.as_slice()
        && back::seen_before(door, &session)
    {
        return answer(session, Verdict::DuplicateScan { what: Some(only.what()) });
    }
    // The code of a reading of several is not known to be this thing's.
    let code = door.label().filter(|_| groups.len() == 1);
    let sighted = |group: &Group| Movement {
        from: held(group.custody).and_then(|custody| custody.person.clone()),
        room: Some(here.id.clone()),
        reader: door.loaded.reader.clone(),
        code: code.clone(),
        ..Movement::default()
    };
    let facts = groups.iter().map(|group| NewFact {
        subject: group.subject.clone(),
        actor: None,
        body: Body::Sighted(sighted(group)),
    });
    let facts: Vec<NewFact> = facts.collect();
    let mut things: Vec<SeenThing> = groups.iter().map(|group| thing(here, group)).collect();
    things.sort_by_key(|thing| thing.odd.is_none());
    if things.is_empty() {
        return answer(session, Verdict::UnknownCode { reserved: false });
    }
    said(session, facts, AtDoor::Seen { room: place(here), things })
}

/// Each thing that was read.
fn groups<'a>(found: &'a Found, no_standing: &'a Standing) -> Vec<Group<'a>> {
    match found {
        Found::Asset(asset) => vec![Group::of_asset(asset)],
        Found::Kit(kit) => vec![of_kit(kit)],
        Found::Stock(stock) => vec![Group::of_stock(stock, no_standing)],
        Found::Burst(burst) => of_burst(burst),
        _ => Vec::new(),
    }
}

/// A case belongs where what is in it belongs.
fn of_kit(kit: &Kit) -> Group<'_> {
    let mut group = Group::of_kit(kit);
    group.home = kit.members.iter().find_map(|member| Group::of_asset(member).home);
    group
}

fn of_burst(burst: &Burst) -> Vec<Group<'_>> {
    let members = burst.kit.iter().flat_map(|kit| &kit.members);
    let members = members.filter(|member| burst.seen.contains(&member.id));
    let kits = burst.kit.iter().chain(&burst.other_kits).map(of_kit);
    kits.chain(members.chain(&burst.strangers).map(Group::of_asset)).collect()
}

fn thing(here: &BehindDoor, group: &Group) -> SeenThing {
    let out = held(group.custody);
    let out = out.map(|custody| custody.person.as_ref().map(|holder| who_id(holder, group.holder)));
    let elsewhere = group.home.filter(|(id, _)| out.is_none() && *id != here.id.as_str());
    let odd = match (group.standing.lost_since, group.standing.retired, elsewhere) {
        (Some(since), ..) => Some(Oddity::WasLost { since }),
        (None, true, _) => Some(Oddity::Retired),
        (None, false, Some((_, home))) => Some(Oddity::NotCheckedOut { home: home.to_owned() }),
        (None, false, None) => None,
    };
    SeenThing { what: group.what(), out, odd }
}
