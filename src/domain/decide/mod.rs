//! The decision at the door: a total function from what was loaded to a verdict, the facts it adds and the session
//! after it. No rule reaches for anything that is not an argument.

use super::code::{Code, CodeFault};
use super::count::Counting;
use super::custody::Custody;
use super::fact::{Body, NewFact, Subject};
use super::id::PersonId;
use super::loaded::{Found, Loaded};
use super::person::Person;
use super::policy::{Answerer, Situation};
use super::rules::{DoorRules, StationKind};
use super::session::{Ask, Mode, Question, Session, Wait};
use super::verdict::{CountSaid, Verdict, What, Who};
use crate::time::{Now, UtcMs};

mod at_door;
mod at_gate;
mod back;
mod badge;
mod by_hand;
mod card;
mod condition;
mod count_at;
mod count_by_hand;
mod count_end;
mod count_things;
mod counting;
mod gear;
mod judge;
mod learn;
mod longer;
mod moves;
mod of_person;
mod of_production;
mod of_promise;
mod of_thing;
mod purpose;
mod stock;

pub use by_hand::{ByHand, by_hand, not_allowed};
pub use count_end::{ended_by, missed};
use moves::Group;

/// What a scan leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: Verdict,
    /// What is appended to the ledger.
    pub facts: Vec<NewFact>,
    /// What the station remembers.
    pub session: Session,
}

/// What every rule may look at.
#[derive(Clone, Copy)]
struct Door<'a> {
    loaded: &'a Loaded,
    rules: &'a DoorRules,
    now: &'a Now,
    /// Until when gear goes out, where somebody said.
    until: Option<UtcMs>,
    /// When it happened, where it is entered later.
    happened: Option<UtcMs>,
    /// Whether the thing itself is on the reader, so that it has been seen.
    on_reader: bool,
}

/// Decides one scan. `session` is the station's row as stored; it is aged to `now` first.
pub fn decide(loaded: &Loaded, session: &Session, rules: &DoorRules, now: &Now) -> Decision {
    let door = Door { loaded, rules, now, until: None, happened: None, on_reader: true };
    let mut session = session.clone().at(now.utc, rules.idle_ms(session), rules.confirm_ms);
    session.last_at = now.utc;
    session.turn = session.turn.wrapping_add(1);
    let mut decision = match rules.kind {
        StationKind::Desk => found(&door, session, &loaded.found),
        StationKind::Door => at_door::scanned(&door, session, &loaded.found),
        StationKind::Gate => at_gate::passed(&door, session),
        StationKind::Count => counting::scanned(&door, session, &loaded.found),
    };
    if decision.session.is_open()
        && let Some(thing) = last_thing(&loaded.found)
    {
        decision.session.last_thing = thing;
    }
    find_again(&door, &mut decision);
    decision
}

/// What a count missed and is on the reader now has been seen, whatever else comes of the scan.
fn find_again(door: &Door, decision: &mut Decision) {
    let Some(group) = Group::of(&door.loaded.found) else { return };
    let moved = |fact: &NewFact| fact.subject == group.subject && fact.body.movement().is_some();
    if group.standing.missing_since.is_none() || decision.facts.iter().any(moved) {
        return;
    }
    let seen = group.facts(door, &decision.session, &[], |_, movement| Body::Sighted(movement));
    decision.facts.extend(seen.into_iter().take(1));
}

/// What a condition card would be about after this scan; `None` where the scan was not meant to be about a thing.
fn last_thing(found: &Found) -> Option<Option<Subject>> {
    match found {
        Found::Stock(stock) => Some(Some(Subject::Stock(stock.id.clone()))),
        // A label that says nothing stands between the card and whatever was scanned before.
        Found::PersonOrThing(..) | Found::Ambiguous(_) | Found::Unknown | Found::Malformed(_) => Some(None),
        Found::Asset(_) | Found::Kit(_) | Found::Burst(_) => {
            Some(Group::of(found).map(|group| group.subject))
        }
        _ => None,
    }
}

fn found(door: &Door, session: Session, found: &Found) -> Decision {
    if let Some(decision) = counting::instead(door, &session, found) {
        return decision;
    }
    match found {
        Found::Person(person) => badge::scanned(door, session, person),
        Found::Nobody => answer(session, Verdict::PersonUnknown),
        Found::Card(card) => card::scanned(door, session, *card),
        Found::Production(_) | Found::Booking(_)
            if session.mode == Mode::Learn && session.learned.is_some() =>
        {
            answer(session, Verdict::NothingToLearn)
        }
        Found::Production(production) => purpose::production(door, session, production),
        Found::Booking(booking) => purpose::booking(door, session, booking),
        Found::PersonOrThing(person, thing) => person_or_thing(door, session, person, thing),
        Found::Ambiguous(of) => answer(session, Verdict::AmbiguousCode { of: of.clone() }),
        Found::Unknown => unknown(door, session),
        Found::Malformed(fault) => answer(session, Verdict::MalformedCode { fault: fault.clone() }),
        Found::Asset(_) | Found::Kit(_) | Found::Stock(_) | Found::Room(_) | Found::Burst(_) => {
            thing(door, session, found)
        }
    }
}

/// Something that can carry a label of its own.
fn thing(door: &Door, session: Session, found: &Found) -> Decision {
    if let Some(decision) = learn::thing(door, &session, found) {
        return decision;
    }
    if session.counting.is_some() || door.rules.kind == StationKind::Count {
        return count_things::thing(door, session, found);
    }
    match found {
        Found::Stock(_) if door.loaded.count == Some(0) => {
            answer(session, Verdict::MalformedCode { fault: CodeFault::Pieces })
        }
        Found::Stock(found) => stock::scanned(door, session, found),
        Found::Room(room) => purpose::room(door, session, room),
        _ => match Group::of(found) {
            Some(group) => gear::scanned(door, session, &group),
            None => answer(session, several(found)),
        },
    }
}

/// Tags that were read together and belong to no kit.
fn several(found: &Found) -> Verdict {
    match found {
        Found::Burst(burst) if !burst.strangers.is_empty() => {
            Verdict::SeveralAtOnce { of: burst.strangers.iter().map(|asset| asset.name.clone()).collect() }
        }
        _ => Verdict::UnknownCode { reserved: false },
    }
}

fn unknown(door: &Door, session: Session) -> Decision {
    let reserved = door.loaded.code.as_ref().is_some_and(|code| code.reserved().is_some());
    match &door.loaded.code {
        Some(code) if session.mode == Mode::Learn && !reserved => learn::unknown(session, code),
        _ => answer(session, Verdict::UnknownCode { reserved }),
    }
}

/// A code that is a badge and a label is asked about.
fn person_or_thing(door: &Door, session: Session, person: &Person, found: &Found) -> Decision {
    let Some((subject, name)) = learn::named(found) else {
        return answer(session, Verdict::AmbiguousCode { of: vec![person.id.to_string()] });
    };
    let badge_is_meant = badge_is_meant(door, &session);
    let verdict = Verdict::PersonOrThing { who: who(person), thing: what(&subject, name), badge_is_meant };
    answer(door.ask(session, Question::TheThing, Answerer::Anybody, &[]), verdict)
}

/// Whether a badge comes next here.
fn badge_is_meant(door: &Door, session: &Session) -> bool {
    session.person.is_none() && session.mode == Mode::Toggle && door.rules.person_required
}

/// Decides a silence. `None` where the wait it ends is no longer on: a scan came in between.
pub fn decide_silence(session: &Session, wait: Wait, turn: u64) -> Option<Decision> {
    if session.turn != turn {
        return None;
    }
    match wait {
        Wait::Confirm => {
            session.pending.as_ref()?;
            let session = Session { pending: None, ..session.clone() };
            Some(answer(session, Verdict::NotConfirmed))
        }
        Wait::Idle if session.counting.is_some() => {
            let name = session.counting.as_ref().map(Counting::called).unwrap_or_default();
            Some(answer(session.closed(), Verdict::Count(Box::new(CountSaid::LeftIdle { name }))))
        }
        Wait::Idle => session
            .is_open()
            .then(|| answer(session.closed(), Verdict::SessionClosed { card: None, still_out: Vec::new() })),
    }
}

/// A verdict that adds no fact.
fn answer(session: Session, verdict: Verdict) -> Decision {
    Decision { verdict, facts: Vec::new(), session }
}

impl Door<'_> {
    /// The code for a fact. A badge that is also a label is named in none.
    fn label(&self) -> Option<Code> {
        let is_badge = |found: &Found| matches!(found, Found::PersonOrThing(..));
        let badge = is_badge(&self.loaded.found) || self.loaded.pending.as_ref().is_some_and(is_badge);
        self.loaded.code.clone().filter(|_| !badge)
    }

    /// What the pending question is about; of a badge that is also a label, once that has been asked, the label.
    fn asked_about(&self) -> Found {
        match self.loaded.pending.clone().unwrap_or_default() {
            Found::PersonOrThing(_, thing) => *thing,
            found => found,
        }
    }

    /// The session, begun by this scan if it was not open.
    fn begin(&self, mut session: Session) -> Session {
        session.id.get_or_insert_with(|| self.loaded.scan.clone());
        session
    }

    /// The session with a question that waits for an answer.
    fn ask(
        &self,
        session: Session,
        question: Question,
        answerer: Answerer,
        situations: &[Situation],
    ) -> Session {
        let Some(code) = self.loaded.code.clone() else { return session };
        let mut session = self.begin(session);
        session.pending = Some(Ask {
            question,
            code,
            also: self.loaded.also.clone(),
            asked_at: self.now.utc,
            countersigned_by: None,
            answerer,
            situations: situations.to_vec(),
            count: self.loaded.count,
        });
        session
    }
}

/// The person as a verdict names them.
fn who(person: &Person) -> Who {
    Who { id: person.id.clone(), name: person.name.clone() }
}

/// Somebody of whom only the id is at hand.
fn who_id(id: &PersonId, known: Option<&Person>) -> Who {
    Who {
        id: id.clone(),
        name: known.filter(|person| person.id == *id).and_then(|person| person.name.clone()),
    }
}

fn what(subject: &Subject, name: &str) -> What {
    What { subject: subject.clone(), name: name.to_owned() }
}

/// The custody of a thing that is out.
fn held(custody: Option<&Custody>) -> Option<&Custody> {
    custody.filter(|custody| custody.out)
}
