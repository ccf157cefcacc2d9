//! Control cards: DONE, CANCEL, RETURN, EXTEND, CONFIRM, UNDO, LEARN, and the conditions.

use super::moves::Group;
use super::{Decision, Door, answer, badge, condition, counting, gear, learn, longer, stock};
use crate::domain::code::{Card, Code};
use crate::domain::fact::{Annulled, Body, Condition, NewFact, Subject};
use crate::domain::loaded::{Found, LastScan, Loaded};
use crate::domain::person::Roles;
use crate::domain::session::{Ask, Mode, Question, Session};
use crate::domain::verdict::Verdict;
use crate::domain::weigh::Answered;

/// A control card was scanned.
pub fn scanned(door: &Door, mut session: Session, card: Card) -> Decision {
    match card {
        Card::Confirm => confirm(door, session),
        Card::Cancel if session.pending.is_some() => {
            session.pending = None;
            answer(session, Verdict::Cancelled)
        }
        Card::Done | Card::Cancel => close(door, session, card),
        Card::Return => mode(door, session, Mode::Return, Verdict::ReturnMode),
        Card::Extend => mode(door, session, Mode::Extend, Verdict::ExtendMode),
        Card::Learn => learn::begin(door, session),
        Card::Undo => undo(door, session),
        Card::Ok => condition::card(door, session, Condition::Ok),
        Card::Dirty => condition::card(door, session, Condition::Dirty),
        Card::Damaged => condition::card(door, session, Condition::Damaged),
        Card::PartMissing => condition::card(door, session, Condition::PartMissing),
        Card::Count => counting::on_count(door, session),
    }
}

fn mode(door: &Door, session: Session, mode: Mode, verdict: Verdict) -> Decision {
    let session = Session { mode, learned: None, pending: None, ..door.begin(session) };
    answer(session, verdict)
}

fn close(door: &Door, session: Session, card: Card) -> Decision {
    if session.is_open() {
        let still_out = door.loaded.still_out.clone();
        if let Some(name) = asked_about(door, &session) {
            return answer(session.closed(), Verdict::NotTaken { name, still_out });
        }
        answer(session.closed(), Verdict::SessionClosed { card: Some(card), still_out })
    } else {
        answer(session, Verdict::DuplicateScan { what: None })
    }
}

/// The thing that waits for an answer: whoever says DONE must not think that it went.
fn asked_about(door: &Door, session: &Session) -> Option<String> {
    session.pending.as_ref().filter(|ask| ask.question != Question::LongerAllTheSame)?;
    match door.loaded.pending.as_ref()? {
        Found::Stock(stock) => Some(stock.name.clone()),
        found => Group::of(found).map(|group| group.name.to_owned()),
    }
}

fn confirm(door: &Door, mut session: Session) -> Decision {
    let Some(ask) = session.pending.clone() else { return nothing_to_confirm(session) };
    let answered = answered(door, &session, &ask);
    if !ask.answerer.admits(answered.roles) {
        return answer(session, Verdict::NotYours { answerer: ask.answerer });
    }
    session.confirmed_turn = Some(session.turn);
    session.without_booking = session.without_booking || ask.question == Question::WhichBooking;
    let loaded = Loaded {
        code: Some(ask.code),
        also: ask.also,
        count: ask.count,
        outlook: door.loaded.pending_outlook.clone(),
        ..door.loaded.clone()
    };
    let door = Door { loaded: &loaded, on_reader: false, ..*door };
    if ask.question == Question::TheThing {
        return the_thing(&door, session, &door.loaded.pending.clone().unwrap_or_default());
    }
    let found = door.asked_about();
    if let Found::Stock(found) = &found {
        return stock::take(&door, session, found, ask.count.unwrap_or(1), Some(&answered));
    }
    match (Group::of(&found), ask.question) {
        (Some(group), Question::LongerAllTheSame) => longer::extend(&door, session, &group, Some(&answered)),
        // Whoever says "none of the bookings" has answered nothing else.
        (Some(group), Question::WhichBooking) => gear::take(&door, session, &group, None),
        (Some(group), _) => gear::take(&door, session, &group, Some(&answered)),
        // The label was taken off the thing while the question waited.
        (None, _) => answer(Session { pending: None, ..session }, Verdict::NothingToConfirm),
    }
}

/// Whose word CONFIRM is: the badge that countersigned, with whoever has the session.
fn answered(door: &Door, session: &Session, ask: &Ask) -> Answered {
    let signer = ask.countersigned_by.as_ref();
    let signer = door.loaded.countersigner.as_ref().filter(|person| {
        // Who has been suspended since is no witness any more.
        signer == Some(&person.id) && badge::refusal(door, person).is_none()
    });
    let roles = [signer, door.loaded.holder.as_ref()]
        .into_iter()
        .flatten()
        .fold(Roles::NONE, |roles, person| roles.or(person.roles));
    let by = ask.countersigned_by.clone().or_else(|| session.person.clone());
    Answered { by, roles, situations: Some(ask.situations.clone()) }
}

/// A code that is a badge and a label: without a session the badge was meant, else the label.
fn the_thing(door: &Door, session: Session, found: &Found) -> Decision {
    let session = Session { pending: None, ..session };
    let Found::PersonOrThing(person, thing) = found else {
        return answer(session, Verdict::NothingToConfirm);
    };
    if super::badge_is_meant(door, &session) {
        return badge::scanned(door, session, person);
    }
    let Some((subject, _)) = learn::named(thing) else { return answer(session, Verdict::NothingToConfirm) };
    // No fact keeps a badge code: from here on the thing goes by its id.
    let code = Code::canonical(subject.id()).ok();
    let loaded = Loaded { code, ..door.loaded.clone() };
    let mut decision = super::thing(&Door { loaded: &loaded, ..*door }, session, thing);
    decision.session.last_thing = Some(subject);
    decision
}

/// The card twice at once is a repeat; a question that lapsed is red, or it would be taken for confirmed.
fn nothing_to_confirm(mut session: Session) -> Decision {
    let repeat = session.confirmed_turn.is_some_and(|turn| turn.checked_add(1) == Some(session.turn));
    if repeat {
        session.confirmed_turn = Some(session.turn);
        return answer(session, Verdict::DuplicateScan { what: None });
    }
    answer(session, Verdict::NothingToConfirm)
}

/// Takes back the last scan of the session.
pub fn undo(door: &Door, mut session: Session) -> Decision {
    let Some(last) = door.loaded.last_scan.as_ref().filter(|last| !last.facts.is_empty()) else {
        return answer(session, Verdict::NothingToUndo);
    };
    if let Some(touched) = &last.touched {
        return answer(session, Verdict::UndoTooLate { name: touched.clone() });
    }
    session.scans.retain(|scan| *scan != last.scan);
    session.pending = None;
    let facts = annulments(door, &session, last);
    let verdict = Verdict::Undone { things: facts.len(), name: last.name.clone() };
    Decision { verdict, facts, session }
}

/// One annulling fact for each thing that the scan was about.
fn annulments(door: &Door, session: &Session, last: &LastScan) -> Vec<NewFact> {
    let mut subjects: Vec<&Subject> = Vec::new();
    for (_, subject) in &last.facts {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let of = |subject: &Subject| -> Vec<String> {
        last.facts.iter().filter(|(_, of)| of == subject).map(|(id, _)| id.clone()).collect()
    };
    let fact = |subject: &Subject| NewFact {
        subject: subject.clone(),
        actor: session.person.clone(),
        body: Body::Annulled(Annulled { facts: of(subject), reader: door.loaded.reader.clone() }),
    };
    subjects.into_iter().map(fact).collect()
}
