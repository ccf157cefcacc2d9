//! What facts say of the plan: productions and bookings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::{AssetId, BookingId, KitId, PersonId, ProductionId, RoomId};
use crate::domain::policy::Situation;
use crate::time::UtcMs;

/// What is known of a production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductionRegistered {
    /// What people call it.
    pub title: String,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// One of the six stages.
    pub stage: String,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_cents: Option<i64>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crew: Vec<PersonId>,
    /// As what, for those of whom it is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub crew_roles: BTreeMap<PersonId, String>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Gear::is_empty")]
    pub gear: Gear,
}

/// A gear list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gear {
    /// Assets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// Kits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kits: Vec<KitId>,
    /// So many of a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Quantity>,
    /// So many of a stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock: Vec<Quantity>,
}

impl Gear {
    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty() && self.kits.is_empty() && self.models.is_empty() && self.stock.is_empty()
    }
}

/// A number of a model or of a stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The model or stock.
    pub of: String,
    /// How many.
    pub count: u32,
}

/// A time span for rooms, assets, models or crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingMade {
    /// The production it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
    /// The client it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomId>,
    /// Assets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// Kits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kits: Vec<KitId>,
    /// So many of a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Quantity>,
    /// So many of a stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock: Vec<Quantity>,
    /// Who works.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crew: Vec<PersonId>,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends; gear taken for it is due then.
    pub ends: UtcMs,
    /// `hold` or `confirmed`.
    pub status: String,
    /// What it is, where neither production nor client says enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Time before `starts` in which everything is taken already, to be prepared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prepare_ms: i64,
    /// Time after `ends` in which everything is taken still, to be cleaned up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clean_up_ms: i64,
    /// The first booking of the recurrence that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<BookingId>,
    /// What was asked when it was made, and confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Situation>,
    /// Who confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<PersonId>,
}

/// The status of a booking that others cannot have any more.
pub const CONFIRMED: &str = "confirmed";
/// The status of a booking that is asked for and not promised.
pub const HOLD: &str = "hold";

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(ms: &i64) -> bool {
    *ms == 0
}

impl BookingMade {
    /// The whole time for which everything in it is taken.
    pub fn taken(&self) -> (UtcMs, UtcMs) {
        (self.starts.plus(-self.prepare_ms), self.ends.plus(self.clean_up_ms))
    }

    /// Whether it is promised, and not only held.
    pub fn is_confirmed(&self) -> bool {
        self.status == CONFIRMED
    }
}

/// A booking stands no longer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingCancelled {}
