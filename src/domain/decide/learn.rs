//! LEARN: a code that nobody knows, then the thing it is on.

use super::{Decision, Door, answer, what};
use crate::domain::code::Code;
use crate::domain::fact::{Body, NewFact, Subject, TagOf};
use crate::domain::loaded::Found;
use crate::domain::policy::Answerer;
use crate::domain::rights::Right;
use crate::domain::session::{Mode, Session};
use crate::domain::verdict::Verdict;

/// The LEARN card: for somebody who may.
pub fn begin(door: &Door, session: Session) -> Decision {
    let Some(person) = &door.loaded.holder else {
        return answer(session, Verdict::NoSession { what: "LEARN".to_owned() });
    };
    let rights = &door.rules.house.rights;
    if !rights.allow(person.roles, Right::Learn) {
        let who = Answerer::Only(rights.who_may(Right::Learn));
        return answer(session, Verdict::NoRight { right: Right::Learn, who });
    }
    let session = Session { mode: Mode::Learn, learned: None, pending: None, ..door.begin(session) };
    answer(session, Verdict::LearnMode)
}

/// A code of which nothing is known.
pub fn unknown(mut session: Session, code: &Code) -> Decision {
    session.learned = Some(code.clone());
    answer(session, Verdict::LearnCode { code: code.clone() })
}

/// Something while LEARN is on. `None` where it is not on.
pub fn thing(door: &Door, session: &Session, found: &Found) -> Option<Decision> {
    if session.mode != Mode::Learn {
        return None;
    }
    let Some(code) = session.learned.clone() else {
        return Some(answer(session.clone(), Verdict::LearnMode));
    };
    let Some((subject, name)) = named(found) else {
        return Some(answer(session.clone(), Verdict::NothingToLearn));
    };
    let mut session = Session { mode: Mode::Toggle, learned: None, ..session.clone() };
    session.moved_by(&door.loaded.scan);
    let verdict = Verdict::TagAssigned { what: what(&subject, name), code: code.clone() };
    let fact = NewFact {
        subject: Subject::Tag(code),
        actor: session.person.clone(),
        body: Body::TagAssigned(TagOf { thing: subject }),
    };
    Some(Decision { verdict, facts: vec![fact], session })
}

/// What can carry a tag.
pub fn named(found: &Found) -> Option<(Subject, &str)> {
    Some(match found {
        Found::Asset(asset) => (Subject::Asset(asset.id.clone()), &asset.name),
        Found::Kit(kit) => (Subject::Kit(kit.id.clone()), &kit.name),
        Found::Stock(stock) => (Subject::Stock(stock.id.clone()), &stock.name),
        Found::Room(room) => (Subject::Room(room.id.clone()), &room.name),
        _ => return None,
    })
}
