//! Gear on the reader: out, handed over, again, or a question. What comes back is in `back`.

use super::judge;
use super::moves::Group;
use super::purpose::Purpose;
use super::{Decision, Door, answer, back, held, longer, who_id};
use crate::domain::custody::MoveKind;
use crate::domain::fact::{Body, Movement};
use crate::domain::policy::Answerer;
use crate::domain::session::{Mode, Question, Session};
use crate::domain::verdict::{Concern, Raised, Verdict};
use crate::domain::weigh::{Answered, Outcome, situations, weigh};
use crate::time::UtcMs;

/// A label of gear was scanned.
pub fn scanned(door: &Door, session: Session, group: &Group) -> Decision {
    if session.mode == Mode::Extend {
        return longer::scanned(door, session, group);
    }
    if is_repeat(door, &session, group) {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let Some(custody) = held(group.custody) else { return at_home(door, session, group) };
    let to_another = session.person.is_some() && custody.person.is_some() && session.person != custody.person;
    if to_another && session.mode != Mode::Return {
        return take(door, session, group, None);
    }
    back::bring(door, session, group, custody)
}

fn at_home(door: &Door, session: Session, group: &Group) -> Decision {
    if session.mode == Mode::Return {
        return back::was_not_out(door, session, group);
    }
    if session.person.is_none() && door.rules.person_required {
        return answer(session, Verdict::NoSession { what: group.name.to_owned() });
    }
    take(door, session, group, None)
}

/// Sends gear out, or hands it over where somebody else has it: for the booking that the session names, the person's
/// only current one, or none; unless something stands against it that has not been answered.
pub fn take(door: &Door, session: Session, group: &Group, answered: Option<&Answered>) -> Decision {
    let out = held(group.custody);
    if out.is_some_and(|custody| custody.person == session.person) {
        let session = Session { pending: None, ..session };
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let purpose = match Purpose::of(door, &session, group) {
        Ok(purpose) => purpose,
        Err(_) if out.is_some() => Purpose::or_none(door, &session, group),
        Err(bookings) => {
            let bookings = bookings.into_iter().map(|booking| booking.id.clone()).collect();
            let verdict = Verdict::SeveralBookings { what: group.what(), bookings };
            return answer(door.ask(session, Question::WhichBooking, Answerer::Anybody, &[]), verdict);
        }
    };
    let (raised, due) = judge::raised(door, &session, group, &purpose);
    match weigh(&door.rules.house.policy, raised).outcome(answered) {
        Outcome::Refused { raised } => refused(door, session, group, raised),
        Outcome::Asks { raised, answerer } => ask(door, session, group, raised, answerer),
        Outcome::Goes { notices, confirmed } => {
            let overrides = situations(&confirmed);
            let by = answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
            let make = |movement| Movement {
                confirmed_by: by.clone(),
                overrides: overrides.clone(),
                ..purpose.fill(&session, due, movement)
            };
            goes(
                door,
                session.clone(),
                group,
                &make,
                Gone { due, notices, found_by_time: purpose.found_by_time },
            )
        }
    }
}

struct Gone {
    due: UtcMs,
    notices: Vec<Raised>,
    found_by_time: bool,
}

fn goes(
    door: &Door,
    session: Session,
    group: &Group,
    make: &dyn Fn(Movement) -> Movement,
    gone: Gone,
) -> Decision {
    let Gone { due, notices, found_by_time } = gone;
    let mut session = door.begin(session);
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    let clock_doubtful = found_by_time && !door.now.trusted;
    let Some(custody) = held(group.custody) else {
        let along = group.leaving_parts();
        let facts = group.facts(door, &session, &along, |_, movement| Body::CheckedOut(make(movement)));
        let verdict = Verdict::CheckedOut { what: group.what(), due, notices, clock_doubtful };
        return Decision { verdict, facts, session };
    };
    let along = group.coming_parts();
    let facts = group.facts(door, &session, &along, |_, movement| Body::HandedOver(make(movement)));
    let from = custody.person.as_ref().map(|holder| who_id(holder, group.holder));
    let verdict = Verdict::HandedOver { what: group.what(), from, due, notices, clock_doubtful };
    Decision { verdict, facts, session }
}

/// It does not go. Gear that is out to somebody else has been seen here all the same.
fn refused(door: &Door, session: Session, group: &Group, raised: Vec<Raised>) -> Decision {
    let facts = sightings(door, &session, group);
    let session = Session { pending: None, ..session };
    Decision { verdict: Verdict::Refusal { what: group.what(), raised }, facts, session }
}

fn ask(door: &Door, session: Session, group: &Group, raised: Vec<Raised>, answerer: Answerer) -> Decision {
    let facts = sightings(door, &session, group);
    let hand_over = match raised.as_slice() {
        [Raised { concern: Concern::AlreadyOutToOther { holder }, .. }] if answerer == Answerer::Anybody => {
            Some(holder.clone())
        }
        _ => None,
    };
    let question = if hand_over.is_some() { Question::HandOver } else { Question::AllTheSame };
    let session = door.ask(session, question, answerer, &situations(&raised));
    let verdict = match hand_over {
        Some(holder) => Verdict::AlreadyOutToOther { what: group.what(), holder },
        None => Verdict::Objection { what: group.what(), raised, answerer },
    };
    Decision { verdict, facts, session }
}

/// Gear that is out to somebody else and on this reader was seen here. A card that answers a question is no sighting.
fn sightings(door: &Door, session: &Session, group: &Group) -> Vec<crate::domain::fact::NewFact> {
    let out = held(group.custody).is_some();
    if !out || !door.on_reader || back::seen_before(door, session) {
        return Vec::new();
    }
    group.facts(door, session, &[], |_, movement| Body::Sighted(movement))
}

/// Whether this scan says what the ledger already holds: judged from the last movement, so that a rescan after a
/// crash never undoes what the crash hid.
fn is_repeat(door: &Door, session: &Session, group: &Group) -> bool {
    let Some(custody) = group.custody else { return false };
    let last = &custody.last;
    let here = last.station.as_ref() == Some(&door.rules.station);
    // RETURN says which way it goes: a thing that is out comes back, however short it was away.
    let against_mode = session.mode == Mode::Return && last.kind != MoveKind::Returned;
    // Given up as lost or missed since: this scan finds it.
    let found_again = group.standing.lost_since.is_some() || group.standing.missing_since.is_some();
    if !here || against_mode || found_again {
        return false;
    }
    let since_ms = door.now.utc.since(last.at);
    let toggles_freely =
        session.person.is_none() && !door.rules.person_required && session.mode != Mode::Return;
    if toggles_freely {
        let rescan_after_start =
            door.loaded.first_since_start && within(since_ms, door.rules.session_idle_ms);
        return within(since_ms, door.rules.repeat_ms.saturating_sub(1)) || rescan_after_start;
    }
    last.actor == session.person && within(since_ms, door.rules.session_idle_ms)
}

/// Whether a movement is so young; one from the other side of a clock that stepped back counts by its distance.
pub fn within(since_ms: i64, limit_ms: i64) -> bool {
    since_ms.saturating_abs() <= limit_ms
}
