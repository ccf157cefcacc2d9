//! Somebody is to be forgotten: looked at and erased in the transaction that commits, with the fact that their time is over.

use super::{Doors, Reply};
use crate::domain::fact::{Body, NewFact, PersonEnrolled, Subject};
use crate::domain::id::PersonId;
use crate::domain::person::Role;
use crate::ledger::append::Occasion;
use crate::ledger::forget::{Ties, Traces};
use crate::ledger::{Ledger, LedgerError};
use crate::time::Now;

/// Who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forget {
    /// Drawn before the first attempt: a retry finds its fact.
    pub id: String,
    /// Who.
    pub person: PersonId,
    /// Who asks for it; the caller has seen to their right.
    pub by: Option<PersonId>,
    /// Also somebody who holds gear or has bookings before them.
    pub even_so: bool,
    /// When.
    pub now: Now,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// Whether they are forgotten now.
    pub done: bool,
    /// What was erased, or would be.
    pub traces: Traces,
    /// What ties them to the studio.
    pub ties: Ties,
}

impl Doors<'_> {
    pub(super) fn forget(&self, ledger: &mut Ledger, forget: &Forget) -> Result<Reply, LedgerError> {
        let Forget { id, person, by, even_so, now } = forget;
        let ties = ledger.ties(person, now.utc)?;
        if !even_so && !ties.is_empty() {
            let traces = Traces::default();
            return Ok(Reply::Forgotten(Box::new(Forgotten { done: false, traces, ties })));
        }
        let occasion = Occasion { scan_id: id, station: &self.by_hand.station, now };
        if !ledger.has_fact(&occasion, 0)? {
            // Nobody looks up their rights any more, and their time is over for everybody who hears of facts.
            let over = PersonEnrolled {
                role: Role::Crew,
                also: Vec::new(),
                suspended: None,
                certificates: Vec::new(),
                active_until: Some(now.utc),
            };
            let actor = by.clone().filter(|by| by != person);
            let subject = Subject::Person(person.clone());
            ledger.append(
                &occasion,
                0,
                vec![NewFact { subject, actor, body: Body::PersonEnrolled(over) }],
            )?;
        }
        let traces = ledger.forget(person, now.utc)?;
        Ok(Reply::Forgotten(Box::new(Forgotten { done: true, traces, ties })))
    }
}
