//! A person by hand: who it is goes into the erasable list, what they may do into a fact, in one commit.

use serde::{Deserialize, Serialize};

use crate::domain::code::Code;
use crate::domain::command::Actor;
use crate::domain::fact::{Body, NewFact, PersonEnrolled, Subject};
use crate::domain::id::{PersonHandle, PersonId};
use crate::domain::known::Identity;
use crate::domain::words::no_name;
use crate::ledger::{LedgerError, Reader};
use crate::time::Now;
use crate::writer::Batch;

/// What is said of a person: all of it, as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The opaque id of somebody who is known; absent for somebody new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The id in the studio's own list.
    pub handle: PersonHandle,
    /// What people call them.
    pub name: String,
    /// Where to write to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The codes on their badges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<Code>,
    /// What they may do.
    pub body: PersonEnrolled,
}

/// Why somebody cannot be enrolled so.
#[derive(Debug, thiserror::Error)]
pub enum NotEnrolled {
    /// What is said makes no sense; a sentence.
    #[error("{0}")]
    Wrong(String),
    /// The ledger could not be asked.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Enrolment {
    /// The batch that records it. `fresh` is the opaque id of somebody new, `id` names the batch.
    pub fn batch(
        self,
        reader: &Reader,
        by: &Actor,
        fresh: PersonId,
        id: String,
        now: Now,
    ) -> Result<(Batch, PersonId), NotEnrolled> {
        let person = self.person.clone().unwrap_or(fresh);
        self.check(reader, &person)?;
        let Self { handle, name, email, phone, badges, body, .. } = self;
        let identity = Identity { person: person.clone(), handle, name, email, phone, badges };
        let subject = Subject::Person(person.clone());
        let fact = NewFact { subject, actor: by.person.clone(), body: Body::PersonEnrolled(body) };
        Ok((
            Batch { id, first: 0, facts: vec![fact], identities: vec![identity], known_seq: None, now },
            person,
        ))
    }

    /// The handle and each badge belong to nobody and nothing else.
    fn check(&self, reader: &Reader, person: &PersonId) -> Result<(), NotEnrolled> {
        if self.name.trim().is_empty() {
            return Err(NotEnrolled::Wrong("a person needs a name".to_owned()));
        }
        if let Some(why) = [Some(&self.name), self.email.as_ref(), self.phone.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|text| no_name(text))
        {
            return Err(NotEnrolled::Wrong(format!("what is said of {} {why}", self.handle)));
        }
        if self.person.is_some() && reader.registered(&Subject::Person(person.clone()))?.is_none() {
            return Err(NotEnrolled::Wrong(format!("nobody is known as {person}")));
        }
        if reader.is_forgotten(person)? {
            return Err(NotEnrolled::Wrong(format!(
                "{person} was forgotten: enrol them anew with `person add`"
            )));
        }
        if reader.person_of_handle(&self.handle)?.is_some_and(|other| other != *person) {
            let sentence = format!("{} is somebody else's id: choose another, or `person set`", self.handle);
            return Err(NotEnrolled::Wrong(sentence));
        }
        for badge in &self.badges {
            if badge.reserved().is_some() {
                let sentence = format!("{badge} is a printed code of cagekeeper itself: it can be no badge");
                return Err(NotEnrolled::Wrong(sentence));
            }
            if let Some(taken) = reader.code_is_on(badge, person)? {
                let sentence = format!("{badge} is on {taken} already: a badge is one person's alone");
                return Err(NotEnrolled::Wrong(sentence));
            }
        }
        Ok(())
    }
}
