//! Everything known at one moment, as an import compares a file with it; and who people are, which no fact says.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::fact::{Body, Subject};
use super::id::{AssetId, BookingId, PersonHandle, PersonId, StockId};
use crate::time::UtcMs;

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

/// Pieces of a stock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// What the studio has: of what is consumed, what is left.
    pub count: u32,
    /// Of what is consumed, what each booking has had of it; `None` where pieces come back.
    pub used: Option<BTreeMap<BookingId, u32>>,
}

/// Everything that a file can refer to or change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest fact at that moment.
    pub seq: i64,
    /// When it happened; the beginning of time in an empty ledger.
    pub at: UtcMs,
    /// Assets that are lost or kept in by maintenance: no units of their model for the time being.
    pub kept_in: BTreeSet<AssetId>,
    /// Pieces that there are of each stock, as it was counted and used.
    pub pieces: BTreeMap<StockId, Pieces>,
    /// Assets, kits, rooms, productions, bookings and people, each as its newest registration says.
    pub registered: BTreeMap<Subject, Body>,
    /// The things that a code is on.
    pub tags: BTreeMap<Code, BTreeSet<Subject>>,
    /// Whose badge a code is.
    pub badges: BTreeMap<Code, PersonId>,
    /// Who people are, by the id of the studio's own list.
    pub people: BTreeMap<PersonHandle, Identity>,
}
