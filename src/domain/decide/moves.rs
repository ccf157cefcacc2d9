//! One label and all that moves with it: an asset alone, or a kit and its members.

use super::{Door, held, what};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, Movement, NewFact, Subject};
use crate::domain::id::{KitId, PersonId};
use crate::domain::loaded::{Asset, Kit};
use crate::domain::person::Person;
use crate::domain::session::Session;
use crate::domain::verdict::{Members, What};

/// What one label stands for.
pub struct Group<'a> {
    pub subject: Subject,
    pub name: &'a str,
    pub custody: Option<&'a Custody>,
    pub holder: Option<&'a Person>,
    kit: Option<&'a KitId>,
    members: &'a [Asset],
}

impl<'a> Group<'a> {
    pub fn of_asset(asset: &'a Asset) -> Self {
        Self {
            subject: Subject::Asset(asset.id.clone()),
            name: &asset.name,
            custody: asset.custody.as_ref(),
            holder: asset.holder.as_ref(),
            kit: None,
            members: &[],
        }
    }

    pub fn of_kit(kit: &'a Kit) -> Self {
        Self {
            subject: Subject::Kit(kit.id.clone()),
            name: &kit.name,
            custody: kit.custody.as_ref(),
            holder: kit.holder.as_ref(),
            kit: Some(&kit.id),
            members: &kit.members,
        }
    }

    pub fn what(&self) -> What {
        what(&self.subject, self.name)
    }

    /// Members that are home go out with the case.
    pub fn leaving(&self) -> (Vec<&'a Asset>, Option<Members>) {
        let (along, left) = self.split(|member| held(member.custody.as_ref()).is_none());
        (along, self.members_but(left))
    }

    /// Members that went out with the case come back with it.
    pub fn coming(&self) -> (Vec<&'a Asset>, Option<Members>) {
        let (along, left) = self.split(|member| {
            held(member.custody.as_ref()).is_some_and(|custody| custody.kit.as_ref() == self.kit)
        });
        // A member that came home before its case is here, not missing.
        let out = left.into_iter().filter(|member| held(member.custody.as_ref()).is_some()).collect();
        (along, self.members_but(out))
    }

    fn split(&self, along: impl Fn(&Asset) -> bool) -> (Vec<&'a Asset>, Vec<&'a Asset>) {
        self.members.iter().partition(|member| along(member))
    }

    fn members_but(&self, missing: Vec<&Asset>) -> Option<Members> {
        self.kit.map(|_| Members {
            along: self.members.len() - missing.len(),
            missing: missing.into_iter().map(|member| member.name.clone()).collect(),
        })
    }

    /// One fact for the label and one for each member that moves along.
    pub fn facts(
        &self,
        door: &Door,
        session: &Session,
        along: &[&Asset],
        make: impl Fn(Option<&Custody>, Movement) -> Body,
    ) -> Vec<NewFact> {
        let actor = session.person.clone();
        let movement = Movement {
            person: actor.clone(),
            reader: door.loaded.reader.clone(),
            code: door.loaded.code.clone(),
            kit: self.kit.cloned(),
            ..Movement::default()
        };
        let fact = |subject: Subject, custody: Option<&Custody>| NewFact {
            subject,
            actor: actor.clone(),
            body: make(custody, Movement { from: holder_of(custody), ..movement.clone() }),
        };
        let head = fact(self.subject.clone(), self.custody);
        let members =
            along.iter().map(|member| fact(Subject::Asset(member.id.clone()), member.custody.as_ref()));
        std::iter::once(head).chain(members).collect()
    }
}

fn holder_of(custody: Option<&Custody>) -> Option<PersonId> {
    held(custody).and_then(|custody| custody.person.clone())
}
