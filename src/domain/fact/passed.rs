//! What facts say of gates.

use serde::{Deserialize, Serialize};

use crate::domain::id::{BookingId, KitId, PersonId, ProductionId, ReaderId};
use crate::domain::way::Way;

/// A thing passed a gate. Who holds it is not changed by that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// Which way; absent where that could not be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// Whether it was out to somebody then.
    pub authorised: bool,
    /// Who had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// What it was out for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
    /// The booking it was out for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// The kit with which it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// The device that read it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}
