//! A badge on the reader: it opens a session, closes the one before, or answers for a pending question.

use super::{Decision, Door, answer, who};
use crate::domain::person::{Person, Suspension};
use crate::domain::policy::{Answerer, Rule, Situation};
use crate::domain::rights::Right;
use crate::domain::session::{Mode, Session};
use crate::domain::verdict::Verdict;
use crate::time::UtcMs;

/// A badge was scanned.
pub fn scanned(door: &Door, mut session: Session, person: &Person) -> Decision {
    let refusal = refusal(door, person);
    let may = refusal.is_none() && may_countersign(door, &session, person);
    if let Some(ask) = session.pending.as_mut().filter(|_| may) {
        ask.countersigned_by = Some(person.id.clone());
        ask.asked_at = door.now.utc;
        return answer(session, Verdict::Countersigned { who: who(person) });
    }
    if let Some(verdict) = refusal {
        // Whoever stood here before has left: what follows must not go out in their name.
        return answer(session.closed(), verdict);
    }
    if session.person.as_ref() == Some(&person.id) {
        return answer(session, Verdict::SamePerson { who: who(person) });
    }
    open(door, session, person)
}

/// Why this person opens no session, where the policy table says so.
pub fn refusal(door: &Door, person: &Person) -> Option<Verdict> {
    let refuses = |situation| door.rules.house.policy.rule(situation) == Rule::Refused;
    let expired: Option<UtcMs> = person.active_until.filter(|_| person.expired_at(door.now.utc));
    if let Some(since) = expired.filter(|_| refuses(Situation::PersonExpired)) {
        return Some(Verdict::PersonExpired { who: who(person), since });
    }
    let Suspension { until } =
        person.suspended_at(door.now.utc).filter(|_| refuses(Situation::PersonSuspended))?;
    // What they have is still theirs to bring back: RETURN and the gear need no badge.
    Some(Verdict::PersonSuspended { who: who(person), until })
}

/// Whether this badge answers for the pending question: it is one of those who may, or stands behind the counter.
fn may_countersign(door: &Door, session: &Session, person: &Person) -> bool {
    session.pending.as_ref().is_some_and(|ask| match ask.answerer {
        Answerer::Only(roles) => roles.any_of(person.roles),
        Answerer::Anybody => door.rules.house.rights.allow(person.roles, Right::ByHand),
    })
}

fn open(door: &Door, session: Session, person: &Person) -> Decision {
    let mut opened = door.begin(session.closed());
    opened.person = Some(person.id.clone());
    // RETURN or EXTEND scanned before the badge is meant for what follows the badge.
    opened.mode = if session.person.is_none() { session.mode } else { Mode::Toggle };
    let clock_doubtful = !door.now.trusted && !door.loaded.bookings.is_empty();
    let verdict = Verdict::CodeIsPerson {
        who: who(person),
        bookings: door.loaded.bookings.len(),
        overdue: person.holding.overdue,
        recalled: person.holding.recalled,
        clock_doubtful,
    };
    answer(opened, verdict)
}
