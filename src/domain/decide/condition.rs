//! Condition cards: what state the thing is in that was scanned last.

use super::moves::Group;
use super::{Decision, Door, answer, held};
use crate::domain::fact::{Body, Condition, ConditionNoted, MaintenanceOpened, NewFact};
use crate::domain::session::Session;
use crate::domain::verdict::Verdict;

/// OK, DIRTY, DAMAGED or PART-MISSING.
pub fn card(door: &Door, session: Session, condition: Condition) -> Decision {
    let found = door.loaded.last_thing.as_ref().filter(|_| session.is_open());
    let Some(group) = found.and_then(Group::of) else { return answer(session, Verdict::NothingToNote) };
    note(door, session, &group, condition)
}

/// Notes the state of a thing, and opens the maintenance job that the house wants for it.
pub fn note(door: &Door, mut session: Session, group: &Group, condition: Condition) -> Decision {
    let noted = group.standing.condition == condition && condition != Condition::Ok;
    if noted {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let fact = |body: Body| NewFact { subject: group.subject.clone(), actor: session.person.clone(), body };
    let mut facts = vec![fact(Body::ConditionNoted(ConditionNoted {
        condition,
        person: session.person.clone(),
        missing: Vec::new(),
        reader: door.loaded.reader.clone(),
    }))];
    let maintenance = match condition {
        // A thing in order stays where its open jobs keep it: only whoever mends it closes them.
        Condition::Ok => group.standing.jobs.iter().map(|job| job.blocks).max(),
        _ => door.rules.house.maintenance_for(condition),
    };
    let is_open = group.standing.jobs.iter().any(|job| job.because == Some(condition));
    if let Some(blocks) = maintenance.filter(|_| !is_open && condition != Condition::Ok) {
        facts.push(fact(Body::MaintenanceOpened(MaintenanceOpened { blocks, because: Some(condition) })));
    }
    session.pending = None;
    session.moved_by(&door.loaded.scan);
    let verdict = Verdict::ConditionNoted {
        what: group.what(),
        condition,
        maintenance,
        is_out: held(group.custody).is_some(),
    };
    Decision { verdict, facts, session }
}
