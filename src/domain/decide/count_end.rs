//! How a count ends: by COUNT with what was not found, by CANCEL with nothing missed, or not yet.

use super::count_at::{count, of_count, open};
use super::{Decision, Door, answer};
use crate::domain::count::{Counting, Tally};
use crate::domain::fact::{Body, CountCancelled, CountEnded, Missed, NewFact, Subject};
use crate::domain::id::{CountId, PersonId};
use crate::domain::policy::Answerer;
use crate::domain::session::{Mode, Question, Session};
use crate::domain::verdict::{CountSaid, Verdict};

/// COUNT at a station that counts: what was not found is asked about first.
pub fn ask_to_end(door: &Door, session: Session, counting: &Counting) -> Decision {
    let name = counting.called();
    let Some(count_open) = counting.id.as_ref().and_then(|id| open(door, id)) else {
        return answer(left(session), count(CountSaid::NothingCounted { name }));
    };
    let tally = count_open.tally.unwrap_or_default();
    if tally.missing == 0 {
        return end(door, session, counting);
    }
    let session = door.ask(session, Question::EndCount, Answerer::Anybody, &[]);
    answer(session, count(CountSaid::ToEnd { name, tally }))
}

/// The count ends. What it did not find is missed, in portions, by [`missed`].
pub fn end(door: &Door, session: Session, counting: &Counting) -> Decision {
    let name = counting.called();
    let Some(count_open) = counting.id.as_ref().and_then(|id| open(door, id)) else {
        return answer(left(session), count(CountSaid::NothingCounted { name }));
    };
    let tally = count_open.tally.unwrap_or_default();
    let body = Body::CountEnded(ended(door, &tally));
    let facts = vec![of_count(&count_open.id, &session, body)];
    Decision { verdict: count(CountSaid::Ended { name, tally }), facts, session: left(session) }
}

fn ended(door: &Door, tally: &Tally) -> CountEnded {
    let Tally { found, missing, elsewhere, out, retired, .. } = *tally;
    CountEnded { found, missing, elsewhere, out, retired, reader: door.loaded.reader.clone() }
}

/// CANCEL with nothing asked: a count that came upon something is asked about.
pub fn cancel(door: &Door, session: Session, counting: &Counting) -> Decision {
    let name = counting.called();
    let Some(count_open) = counting.id.as_ref().and_then(|id| open(door, id)) else {
        return answer(left(session), Verdict::Cancelled);
    };
    match count_open.tally.unwrap_or_default().counted() {
        0 => dropped(door, session, counting),
        counted => {
            let session = door.ask(session, Question::DropCount, Answerer::Anybody, &[]);
            answer(session, count(CountSaid::ToDrop { name, counted }))
        }
    }
}

/// The count is dropped: what it saw was seen, and nothing is missed.
pub fn dropped(door: &Door, session: Session, counting: &Counting) -> Decision {
    let verdict = count(CountSaid::Dropped { name: counting.called() });
    let Some(id) = &counting.id else { return answer(left(session), verdict) };
    let body = Body::CountCancelled(CountCancelled { reader: door.loaded.reader.clone() });
    let facts = vec![of_count(id, &session, body)];
    Decision { verdict, facts, session: left(session) }
}

/// DONE: the station is done with it, and the count stays open.
pub fn leave(door: &Door, session: &Session, counting: &Counting) -> Decision {
    let name = counting.called();
    let said = match counting.id.as_ref().and_then(|id| open(door, id)) {
        Some(open) => CountSaid::Left { name, tally: open.tally.unwrap_or_default() },
        None => CountSaid::NothingCounted { name },
    };
    answer(session.closed(), count(said))
}

/// The conversation goes on without the count; its scans are no longer to be taken back.
fn left(session: Session) -> Session {
    Session { counting: None, pending: None, mode: Mode::Toggle, scans: Vec::new(), ..session }
}

/// Counts that these facts end.
pub fn ended_by(facts: &[NewFact]) -> Vec<(CountId, Option<PersonId>)> {
    let ended = facts.iter().filter(|fact| matches!(fact.body, Body::CountEnded(_)));
    let count = |fact: &NewFact| match &fact.subject {
        Subject::Count(id) => Some((id.clone(), fact.actor.clone())),
        _ => None,
    };
    ended.filter_map(count).collect()
}

/// What a count that has ended did not find: one fact for each thing. At most a portion at a time.
pub fn missed(id: &CountId, actor: Option<&PersonId>, things: Vec<Subject>) -> Vec<NewFact> {
    let fact = |subject: Subject| NewFact {
        subject,
        actor: actor.cloned(),
        body: Body::Missed(Missed { counted_in: id.clone() }),
    };
    things.into_iter().map(fact).collect()
}
