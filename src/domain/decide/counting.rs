//! Counting: what is there is compared with what should be.
//!
//! A count is of a room, or of everything that is home. Nothing goes out by it, and nothing comes back but what somebody
//! confirms. It is open in the ledger until COUNT ends it or CANCEL drops it: stations join it, leave it and go on with it.

use super::count_at::{at_room, count, open, refusal, take_part, target};
use super::{Decision, Door, answer, count_end, count_things};
use crate::domain::code::Card;
use crate::domain::count::Counting;
use crate::domain::loaded::{Found, Room};
use crate::domain::rules::StationKind;
use crate::domain::session::{Mode, Question, Session};
use crate::domain::verdict::{CountSaid, Verdict};

/// Something at a station that counts all the time.
pub fn scanned(door: &Door, session: Session, found: &Found) -> Decision {
    match found {
        Found::Room(room) if session.counting.is_none() => of_room(door, session, room),
        _ => super::found(door, session, found),
    }
}

/// Something while a station counts, where that is not what it is elsewhere. `None` where it is.
pub fn instead(door: &Door, session: &Session, found: &Found) -> Option<Decision> {
    let counting = session.counting.as_ref()?;
    if is_over(door, counting) {
        return over(door, session, counting, found);
    }
    match found {
        Found::Room(room) => Some(of_room(door, session.clone(), room)),
        Found::Production(_) | Found::Booking(_) => {
            let why = format!("Counting {}: COUNT ends it, then the card", counting.called());
            Some(answer(session.clone(), Verdict::NoSense { why }))
        }
        Found::Card(card) => on_card(door, session, counting, *card),
        _ => None,
    }
}

fn on_card(door: &Door, session: &Session, counting: &Counting, card: Card) -> Option<Decision> {
    let asked = session.pending.as_ref().map(|ask| ask.question);
    match card {
        Card::Confirm => match asked? {
            Question::EndCount => Some(count_end::end(door, confirmed(session), counting)),
            Question::DropCount => Some(count_end::dropped(door, confirmed(session), counting)),
            Question::BroughtBack => Some(count_things::bring(door, confirmed(session))),
            _ => None,
        },
        Card::Return if asked == Some(Question::BroughtBack) => {
            Some(count_things::bring(door, session.clone()))
        }
        Card::Cancel if asked.is_none() => Some(count_end::cancel(door, session.clone(), counting)),
        Card::Done => Some(count_end::leave(door, session, counting)),
        Card::Extend => {
            let why = format!("Counting {}: COUNT ends it, then EXTEND", counting.called());
            Some(answer(session.clone(), Verdict::NoSense { why }))
        }
        _ => None,
    }
}

/// CONFIRM answers now: the same card at once again is a repeat.
fn confirmed(session: &Session) -> Session {
    Session { confirmed_turn: Some(session.turn), ..session.clone() }
}

/// The COUNT card: begins a count, goes on with one that is open, or ends the one that the station is at.
pub fn on_count(door: &Door, session: Session) -> Decision {
    if let Some(verdict) = refusal(door, &session, "COUNT") {
        return answer(session, verdict);
    }
    match session.counting.clone() {
        // Another station has begun it since: now this one takes part.
        Some(Counting { id: None, room, room_name, .. })
            if door.loaded.counts.iter().any(|at| at.room == room) =>
        {
            let counting = at_room(door, room.as_ref().map(|room| (room, room_name.as_deref())));
            take_part(door, session, counting)
        }
        Some(counting) => count_end::ask_to_end(door, session, &counting),
        None => {
            let counting = target(door);
            take_part(door, session, counting)
        }
    }
}

/// A room card right after COUNT, or as the first thing at a station that counts all the time: that room is counted.
fn of_room(door: &Door, session: Session, room: &Room) -> Decision {
    if let Some(verdict) = refusal(door, &session, &room.name) {
        return answer(session, verdict);
    }
    let at = session.counting.as_ref();
    if at.is_some_and(|at| at.room.as_ref() == Some(&room.id)) {
        return answer(session, Verdict::DuplicateScan { what: None });
    }
    if let Some(at) = at.filter(|at| at.settled) {
        let why = format!("Counting {}: COUNT ends it, then count {}", at.called(), room.name);
        return answer(session, Verdict::NoSense { why });
    }
    let counting = at_room(door, Some((&room.id, Some(&room.name))));
    take_part(door, session, counting)
}

fn is_over(door: &Door, counting: &Counting) -> bool {
    counting.id.as_ref().is_some_and(|id| open(door, id).is_none())
}

/// The count was ended or dropped elsewhere: at a desk nothing is taken for gear that goes out before that is known. A
/// badge, and whatever is scanned where counts are all there is, goes on.
fn over(door: &Door, session: &Session, counting: &Counting, found: &Found) -> Option<Decision> {
    let left = Session { counting: None, pending: None, mode: Mode::Toggle, ..session.clone() };
    match found {
        Found::Person(_) | Found::Nobody => None,
        _ if door.rules.kind == StationKind::Count => Some(scanned(door, left, found)),
        _ => Some(answer(left, count(CountSaid::Over { name: counting.called() }))),
    }
}
