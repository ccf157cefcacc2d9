//! A badge on the reader: it opens a session, closes the one before, or answers for a pending question.

use super::{Decision, Door, answer, who};
use crate::domain::person::Person;
use crate::domain::session::{Mode, Session};
use crate::domain::verdict::Verdict;

/// A badge was scanned.
pub fn scanned(door: &Door, mut session: Session, person: &Person) -> Decision {
    if let Some(ask) = session.pending.as_mut().filter(|_| {
        person.roles.any_of(crate::domain::rights::Right::Learn.default_roles()) && !door.expired(person)
    }) {
        ask.countersigned_by = Some(person.id.clone());
        ask.asked_at = door.now.utc;
        return answer(session, Verdict::Countersigned { who: who(person) });
    }
    if door.expired(person) {
        let since = person.active_until.unwrap_or(door.now.utc);
        // Whoever stood here before has left: what follows must not go out in their name.
        return answer(session.closed(), Verdict::PersonExpired { who: who(person), since });
    }
    if session.person.as_ref() == Some(&person.id) {
        return answer(session, Verdict::SamePerson { who: who(person) });
    }
    open(door, session, person)
}

fn open(door: &Door, session: Session, person: &Person) -> Decision {
    let mut opened = door.begin(session.closed());
    opened.person = Some(person.id.clone());
    // RETURN scanned before the badge is meant for what follows the badge.
    opened.mode = if session.person.is_none() { session.mode } else { Mode::default() };
    let clock_doubtful = !door.now.trusted && !door.loaded.bookings.is_empty();
    let verdict = Verdict::CodeIsPerson {
        who: who(person),
        bookings: door.loaded.bookings.len(),
        overdue: 0,
        recalled: 0,
        clock_doubtful,
    };
    answer(opened, verdict)
}
