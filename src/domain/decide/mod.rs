//! The decision at the door: a total function from what was loaded to a verdict, the facts it adds and the session
//! after it. No rule reaches for anything that is not an argument.

use super::code::Code;
use super::custody::Custody;
use super::fact::{NewFact, Subject};
use super::id::PersonId;
use super::loaded::{Found, Loaded};
use super::person::Person;
use super::policy::Answerer;
use super::rules::DoorRules;
use super::session::{Ask, Question, Session, Wait};
use super::verdict::{Verdict, What, Who};
use crate::time::Now;

mod badge;
mod card;
mod gear;
mod moves;
mod purpose;

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
struct Door<'a> {
    loaded: &'a Loaded,
    rules: &'a DoorRules,
    now: &'a Now,
}

/// Decides one scan. `session` is the station's row as stored; it is aged to `now` first.
pub fn decide(loaded: &Loaded, session: &Session, rules: &DoorRules, now: &Now) -> Decision {
    let door = Door { loaded, rules, now };
    let mut session = session.clone().at(now.utc, rules.session_idle_ms, rules.confirm_ms);
    session.last_at = now.utc;
    session.turn = session.turn.wrapping_add(1);
    match &loaded.found {
        Found::Asset(asset) => gear::scanned(&door, session, &Group::of_asset(asset)),
        Found::Kit(kit) => gear::scanned(&door, session, &Group::of_kit(kit)),
        Found::Person(person) => badge::scanned(&door, session, person),
        Found::Production(production) => purpose::production(&door, session, production),
        Found::Booking(booking) => purpose::booking(&door, session, booking),
        Found::Room(room) => purpose::room(&door, session, room),
        Found::Card(card) => card::scanned(&door, session, *card),
        Found::Stock(_) | Found::Nobody | Found::Burst(_) | Found::PersonOrThing(..) => {
            answer(session, Verdict::UnknownCode { reserved: false })
        }
        Found::Ambiguous(of) => answer(session, Verdict::AmbiguousCode { of: of.clone() }),
        Found::Unknown => {
            let reserved = loaded.code.as_ref().is_some_and(|code| code.reserved().is_some());
            answer(session, Verdict::UnknownCode { reserved })
        }
        Found::Malformed(fault) => answer(session, Verdict::MalformedCode { fault: fault.clone() }),
    }
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
    /// The session, begun by this scan if it was not open.
    fn begin(&self, mut session: Session) -> Session {
        session.id.get_or_insert_with(|| self.loaded.scan.clone());
        session
    }

    /// The session with a question that waits for an answer.
    fn ask(&self, session: Session, question: Question) -> Session {
        let Some(code) = self.loaded.code.clone() else { return session };
        self.ask_about(session, question, code)
    }

    fn ask_about(&self, session: Session, question: Question, code: Code) -> Session {
        let mut session = self.begin(session);
        session.pending = Some(Ask {
            question,
            code,
            asked_at: self.now.utc,
            countersigned_by: None,
            answerer: Answerer::Anybody,
            situations: Vec::new(),
            count: None,
        });
        session
    }

    /// Whether the person's time is over. Also by an untrusted clock: it counts on from the last fact, so it is
    /// behind and not ahead.
    fn expired(&self, person: &Person) -> bool {
        person.active_until.is_some_and(|until| until <= self.now.utc)
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
