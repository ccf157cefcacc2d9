//! Everything known at one moment, as an import compares a file with it; and who people are, which no fact says.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::fact::{Body, Subject};
use super::id::{PersonHandle, PersonId};

/// Who a person is. Erasable: never in a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The opaque id.
    pub person: PersonId,
    /// The id in the studio's own list.
    pub handle: PersonHandle,
    /// What people call them.
    pub name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Where a call reaches them.
    pub phone: Option<String>,
    /// Their badges.
    pub badges: Vec<Code>,
}

/// Everything that a file can refer to or change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest fact at that moment.
    pub seq: i64,
    /// Assets, kits, rooms, productions, bookings and people, each as its newest registration says.
    pub registered: BTreeMap<Subject, Body>,
    /// The things that a code is on.
    pub tags: BTreeMap<Code, BTreeSet<Subject>>,
    /// Whose badge a code is.
    pub badges: BTreeMap<Code, PersonId>,
    /// Who people are, by the id of the studio's own list.
    pub people: BTreeMap<PersonHandle, Identity>,
}
