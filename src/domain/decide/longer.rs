//! EXTEND: gear that is out stays out longer, as far as nobody else is waiting for it.

use super::moves::Group;
use super::of_promise::{about, closed_at, exhausted, in_the_way, next_open};
use super::{Decision, Door, answer, held, of_person};
use crate::domain::custody::{Custody, MoveKind};
use crate::domain::fact::{Body, Movement};
use crate::domain::session::{Question, Session};
use crate::domain::verdict::{Concern, Raised, Verdict};
use crate::domain::weigh::{Answered, Outcome, situations, weigh};
use crate::time::UtcMs;

/// A label of gear was scanned while EXTEND is on.
pub fn scanned(door: &Door, session: Session, group: &Group) -> Decision {
    if session.person.is_none() && door.rules.person_required {
        // Whoever has it longer is somebody's word.
        return answer(session, Verdict::NoSession { what: group.name.to_owned() });
    }
    let again = group.custody.is_some_and(|custody| {
        let last = &custody.last;
        last.kind == MoveKind::Extended
            && last.station.as_ref() == Some(&door.rules.station)
            && last.actor == session.person
            && super::gear::within(door.now.utc.since(last.at), door.rules.session_idle_ms)
    });
    if again {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    extend(door, session, group, None)
}

/// Keeps a thing out longer, unless something stands against it that has not been answered.
pub fn extend(door: &Door, session: Session, group: &Group, answered: Option<&Answered>) -> Decision {
    let Some(custody) = held(group.custody) else {
        let session = Session { pending: None, ..session };
        return answer(session, Verdict::NotOutToExtend { what: group.what() });
    };
    let (raised, due) = raised(door, group, custody);
    match weigh(&door.rules.house.policy, raised).outcome(answered) {
        Outcome::Refused { raised } => {
            answer(Session { pending: None, ..session }, Verdict::Refusal { what: group.what(), raised })
        }
        Outcome::Asks { raised, answerer } => {
            let session = door.ask(session, Question::LongerAllTheSame, answerer, &situations(&raised));
            answer(session, Verdict::Objection { what: group.what(), raised, answerer })
        }
        Outcome::Goes { notices, confirmed } => {
            let overrides = situations(&confirmed);
            let by = answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
            let mut session = door.begin(session);
            let facts = group.facts(door, &session, &group.coming_parts(), |custody, movement| {
                let confirmed_by = by.clone();
                Body::Extended(Movement {
                    confirmed_by,
                    overrides: overrides.clone(),
                    ..stays(custody, due, movement)
                })
            });
            session.moved_by(&door.loaded.scan);
            session.pending = None;
            Decision { verdict: Verdict::Extended { what: group.what(), due, notices }, facts, session }
        }
    }
}

/// It stays with whoever has it, for what it is out for.
fn stays(custody: Option<&Custody>, due: UtcMs, movement: Movement) -> Movement {
    let Some(custody) = custody else { return movement };
    Movement {
        person: custody.person.clone(),
        from: None,
        production: custody.production.clone(),
        booking: custody.booking.clone(),
        room: custody.room.clone(),
        kit: custody.kit.clone(),
        due: Some(due),
        ..movement
    }
}

/// What stands against it, and until when it may stay.
fn raised(door: &Door, group: &Group, custody: &Custody) -> (Vec<Raised>, UtcMs) {
    let from = custody.due.unwrap_or(door.now.utc).max(door.now.utc);
    let wished = door.until.unwrap_or_else(|| from.plus(door.rules.house.extend_ms));
    let closed = closed_at(door, wished);
    let opened = door.until.unwrap_or_else(|| next_open(door, wished));
    // It stays with whoever has it, so theirs are the questions, whoever asks for it.
    let of_holder = group.holder.map(|holder| of_person::takes_nothing(holder, door.now.utc));
    let mut raised: Vec<Raised> = of_holder.into_iter().flatten().map(Raised::from).collect();
    raised.extend(group.recalls(|_| false));
    let (promises, due) = promised(door, group, custody, (from, opened));
    raised.extend(promises);
    let closed = if due == opened { closed } else { closed_at(door, due) };
    raised.extend(closed.map(|at| Raised::from(Concern::OutOfHours { at })));
    (raised, due)
}

/// Who waits for it in that time. It may stay until they need it, where that is longer than now and nobody said when.
fn promised(
    door: &Door,
    group: &Group,
    custody: &Custody,
    (from, mut due): (UtcMs, UtcMs),
) -> (Vec<Raised>, UtcMs) {
    let now = door.now.utc;
    let mut raised = Vec::new();
    let may_shorten = |at: UtcMs| at > from && door.until.is_none();
    if let Some((concern, at)) = group.hired_until(due) {
        raised.push(concern);
        due = if door.until.is_none() { at.max(from) } else { due };
    }
    if let Some(claim) = in_the_way(door, custody, now, due) {
        let to = claim.promise();
        let concern = match claim.from {
            _ if !claim.confirmed => Concern::HeldByOther { to },
            at if may_shorten(at) => {
                due = at;
                Concern::BookedToOtherNext { to }
            }
            at if at <= now => Concern::BookedToOther { to },
            _ => Concern::DueClashesNextBooking { to },
        };
        raised.push(about(group, claim, concern));
    }
    if let Some((pool, short)) = exhausted(door, group, custody.booking.as_ref(), (from, due)) {
        let (to, promised, left) = (short.first.promise(), short.promised, short.left);
        if may_shorten(short.at) {
            due = short.at;
            raised.push(Concern::BookedToOtherNext { to }.into());
        } else {
            raised.push(Concern::PoolExhausted { pool: pool.name.clone(), promised, left, to }.into());
        }
    }
    (raised, due)
}
