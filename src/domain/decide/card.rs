//! Control cards: DONE, CANCEL, RETURN, CONFIRM, UNDO.

use super::moves::Group;
use super::{Decision, Door, answer, gear};
use crate::domain::code::Card;
use crate::domain::fact::{Annulled, Body, NewFact, Subject};
use crate::domain::loaded::{Found, LastScan, Loaded};
use crate::domain::session::{Ask, Mode, Question, Session};
use crate::domain::verdict::Verdict;

/// A control card was scanned.
pub fn scanned(door: &Door, mut session: Session, card: Card) -> Decision {
    match card {
        Card::Confirm => confirm(door, session),
        Card::Cancel if session.pending.is_some() => {
            session.pending = None;
            answer(session, Verdict::Cancelled)
        }
        Card::Done | Card::Cancel => close(session, card),
        Card::Return => {
            let mut session = door.begin(session);
            session.pending = None;
            session.mode = Mode::Return;
            answer(session, Verdict::ReturnMode)
        }
        Card::Undo => undo(door, session),
        _ => answer(session, Verdict::NothingToNote),
    }
}

fn close(session: Session, card: Card) -> Decision {
    if session.is_open() {
        answer(session.closed(), Verdict::SessionClosed { card: Some(card), still_out: Vec::new() })
    } else {
        answer(session, Verdict::DuplicateScan { what: None })
    }
}

fn confirm(door: &Door, mut session: Session) -> Decision {
    let Some(Ask { question, code, .. }) = session.pending.clone() else {
        return nothing_to_confirm(session);
    };
    session.confirmed_turn = Some(session.turn);
    session.without_booking = session.without_booking || question == Question::WhichBooking;
    let loaded = Loaded { code: Some(code), ..door.loaded.clone() };
    let door = Door { loaded: &loaded, rules: door.rules, now: door.now };
    let group = match &loaded.pending {
        Some(Found::Asset(asset)) => Group::of_asset(asset),
        Some(Found::Kit(kit)) => Group::of_kit(kit),
        // The label was taken off the thing while the question waited.
        _ => return answer(Session { pending: None, ..session }, Verdict::NothingToConfirm),
    };
    match question {
        Question::HandOver => gear::hand_over(&door, session, &group),
        _ => gear::take_out_after_all(&door, session, &group),
    }
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

fn undo(door: &Door, mut session: Session) -> Decision {
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

/// One annulling fact for each thing that the scan moved.
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
