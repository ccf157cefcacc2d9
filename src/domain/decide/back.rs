//! Gear that comes back. It is never refused: whatever is odd about it is said and recorded.

use super::moves::Group;
use super::of_promise::wanted_next;
use super::{Decision, Door, answer, gear::within, who_id};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, Movement};
use crate::domain::id::BookingId;
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
    let recall = standing.recall.as_ref().filter(|_| custody.is_some());
    let bench = standing.jobs.iter().find(|job| job.blocks);
    let elsewhere =
        group.home.filter(|(id, _)| door.rules.room.as_ref().is_some_and(|room| room.as_str() != *id));
    let short = custody.and_then(|_| group.not_come());
    let strangers = (!group.strangers.is_empty()).then(|| group.strangers.clone());
    [
        bench.map(|job| Remark::ToTheBench { since: job.since }),
        wanted_next(door, group, came_from).map(|to| Remark::WantedNext { to }),
        recall.map(|recall| Remark::RecallFilled {
            wanted_by: recall.wanted_by,
            wanted_for: recall.called(),
        }),
        standing.owner.clone().map(|owner| Remark::SubhireBack { owner, due: standing.owner_due }),
        short.map(|members| Remark::KitIncomplete { members }),
        strangers.map(|names| Remark::StrangersInKit { names }),
        standing.lost_since.map(|since| Remark::WasLost { since }),
        standing.retired.then_some(Remark::WasRetired),
        elsewhere.map(|(_, room)| Remark::GoesTo { room: room.to_owned() }),
        late_ms.map(|ms| Remark::Late { ms }),
        other.map(|holder| Remark::OtherPerson { holder }),
        door.happened.map(|at| Remark::BackDated { at }),
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
