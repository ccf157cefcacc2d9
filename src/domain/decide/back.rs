//! Gear that comes back. It is never refused: whatever is odd about it is said and recorded.

use super::moves::Group;
use super::of_promise::wanted_next;
use super::{Decision, Door, answer, gear::within, who_id};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, Movement};
use crate::domain::id::BookingId;
use crate::domain::loaded::Standing;
use crate::domain::session::{Lot, Session};
use crate::domain::verdict::{Remark, Verdict};

/// Lots that a session remembers to have brought something of.
const LOTS_MAX: usize = 16;

/// A thing that is out comes back.
pub fn bring(door: &Door, session: Session, group: &Group, custody: &Custody) -> Decision {
    let mut session = door.begin(session);
    let along = group.coming_parts();
    let facts =
        group.facts(door, &session, &along, |custody, movement| Body::Returned(came_from(custody, movement)));
    let remarks = remarks(door, &session, group, Some(custody));
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    remember_lot(&mut session, custody);
    let verdict = Verdict::Returned { what: group.what(), remarks, clock_doubtful: !door.now.trusted };
    Decision { verdict, facts, session }
}

/// A thing that was not out comes back: it was seen here.
pub fn was_not_out(door: &Door, session: Session, group: &Group) -> Decision {
    if seen_before(door, &session) {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let facts = group.facts(door, &session, &[], |_, movement| Body::Sighted(movement));
    let remarks = remarks(door, &session, group, None);
    Decision { verdict: Verdict::NotOut { what: group.what(), remarks }, facts, session }
}

/// A return keeps what it ends: what it was for and when it was due.
fn came_from(custody: Option<&Custody>, mut movement: Movement) -> Movement {
    if let Some(custody) = custody {
        movement.production.clone_from(&custody.production);
        movement.booking.clone_from(&custody.booking);
        movement.due = custody.due;
    }
    movement
}

fn remember_lot(session: &mut Session, custody: &Custody) {
    let of_person = custody.person.clone().map(Lot::Person);
    let Some(lot) = custody.booking.clone().map(Lot::Booking).or(of_person) else { return };
    remember(session, lot);
}

/// Something of this lot has come back: DONE tells what has not.
pub fn remember(session: &mut Session, lot: Lot) {
    if !session.brought_back.contains(&lot) && session.brought_back.len() < LOTS_MAX {
        session.brought_back.push(lot);
    }
}

/// What is odd about it, the most urgent first.
fn remarks(door: &Door, session: &Session, group: &Group, custody: Option<&Custody>) -> Vec<Remark> {
    let standing = group.standing;
    let came_from: Option<&BookingId> = custody.and_then(|custody| custody.booking.as_ref());
    let at = door.happened.unwrap_or(door.now.utc);
    let late_ms = custody.and_then(|custody| custody.due).map(|due| at.since(due)).filter(|ms| *ms > 0);
    let other = custody
        .and_then(|custody| custody.person.as_ref())
        .filter(|holder| session.person.as_ref().is_some_and(|person| person != *holder))
        .map(|holder| who_id(holder, group.holder));
    let elsewhere =
        group.home.filter(|(id, _)| door.rules.room.as_ref().is_some_and(|room| room.as_str() != *id));
    let short = custody.and_then(|_| group.not_come());
    let strangers = (!group.strangers.is_empty()).then(|| group.strangers.clone());
    let wanted = wanted_next(door, group, came_from);
    let of_members = custody.map(|_| group.coming_parts()).unwrap_or_default();
    let of_members = of_members.into_iter().flat_map(|part| {
        let of_part = of_standing(part.standing, true).into_iter();
        of_part.map(move |remark| Remark::OfMember { name: part.name.to_owned(), remark: Box::new(remark) })
    });
    let of_the_way = [
        short.map(|members| Remark::KitIncomplete { members }),
        strangers.map(|names| Remark::StrangersInKit { names }),
        elsewhere.map(|(_, room)| Remark::GoesTo { room: room.to_owned() }),
        late_ms.map(|ms| Remark::Late { ms }),
        other.map(|holder| Remark::OtherPerson { holder }),
        door.happened.map(|at| Remark::BackDated { at }),
    ];
    let mut remarks: Vec<Remark> =
        of_standing(standing, custody.is_some()).into_iter().chain(wanted).chain(of_members).collect();
    remarks.extend(of_the_way.into_iter().flatten());
    remarks.sort_by_key(urgency);
    remarks
}

/// The order in which remarks are said: where it goes, then what does not fit, then what was before.
fn urgency(remark: &Remark) -> u8 {
    match remark {
        Remark::OfMember { remark, .. } => urgency(remark),
        Remark::ToTheBench { .. } => 0,
        Remark::WantedNext { .. } => 1,
        Remark::RecallFilled { .. } => 2,
        Remark::SubhireBack { .. } => 3,
        Remark::KitIncomplete { .. } => 4,
        Remark::StrangersInKit { .. } => 5,
        Remark::WasLost { .. } => 6,
        Remark::WasRetired => 7,
        Remark::GoesTo { .. } => 8,
        Remark::Late { .. } => 9,
        Remark::OtherPerson { .. } => 10,
        Remark::BackDated { .. } => 11,
    }
}

/// What its state says of a thing that is back; a recall is filled only by what was out.
fn of_standing(standing: &Standing, was_out: bool) -> Vec<Remark> {
    let bench = standing.jobs.iter().find(|job| job.blocks);
    let recall = standing.recall.as_ref().filter(|_| was_out);
    [
        bench.map(|job| Remark::ToTheBench { since: job.since }),
        recall
            .map(|recall| Remark::RecallFilled { wanted_by: recall.wanted_by, wanted_for: recall.called() }),
        standing.owner.clone().map(|owner| Remark::SubhireBack { owner, due: standing.owner_due }),
        standing.lost_since.or(standing.missing_since).map(|since| Remark::WasLost { since }),
        standing.retired.then_some(Remark::WasRetired),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a sighting here is the last thing that the ledger knows of it: seen once is enough.
pub fn seen_before(door: &Door, session: &Session) -> bool {
    door.loaded.sighting.as_ref().is_some_and(|seen| {
        seen.station.as_ref() == Some(&door.rules.station)
            && seen.actor == session.person
            && within(door.now.utc.since(seen.at), door.rules.session_idle_ms)
    })
}
