//! What facts say of things and people: what they are.

use serde::{Deserialize, Serialize};

use crate::domain::id::{CountId, KitId, ModelId, PersonId, RoomId};
use crate::domain::person::{Role, Suspension};
use crate::time::UtcMs;

use super::Subject;

/// What is known of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetRegistered {
    /// What people call it.
    pub name: String,
    /// The sort of thing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// The studio's own grouping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The maker's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The room where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<RoomId>,
    /// The kit it is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// Price of a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_rate_cents: Option<i64>,
    /// Price of a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_rate_cents: Option<i64>,
    /// What a new one costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement_value_cents: Option<i64>,
    /// Whether it leaves the studio.
    #[serde(default, skip_serializing_if = "Loan::is_free")]
    pub loan: Loan,
    /// Whoever may take it where it is restricted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restricted_to: Vec<PersonId>,
    /// What one must have been trained for to take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Days from one inspection to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspect_every_days: Option<u32>,
    /// When the first inspection is due; one that was made counts from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_due: Option<UtcMs>,
    /// Whose it is, where the studio hired it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When it goes back to its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_due: Option<UtcMs>,
    /// It has been taken out of service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// Whether a thing leaves the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loan {
    /// Whoever may take gear may take it.
    #[default]
    Free,
    /// It stays where it is.
    NotForLoan,
    /// For certain people only.
    Restricted,
}

impl Loan {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Free, Self::NotForLoan, Self::Restricted];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::NotForLoan => "not-for-loan",
            Self::Restricted => "restricted",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|loan| loan.name() == name)
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
    fn is_free(&self) -> bool {
        *self == Self::Free
    }
}

/// What is known of a kit. Its members are the assets that name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitRegistered {
    /// What people call it.
    pub name: String,
    /// The case in which this one travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<KitId>,
}

/// What is known of a stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockRegistered {
    /// What people call it.
    pub name: String,
    /// Whether pieces come back.
    #[serde(rename = "use")]
    pub use_: StockUse,
    /// Pieces the studio has.
    pub count: u32,
    /// The studio's own grouping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The room where the shelf is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<RoomId>,
    /// Price of a piece: for a day where it is lent, once where it is consumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_cents: Option<i64>,
}

/// Whether pieces of a stock come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockUse {
    /// They come back.
    Lent,
    /// They do not.
    Consumed,
}

impl StockUse {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Lent, Self::Consumed];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lent => "lent",
            Self::Consumed => "consumed",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A stock was counted: so many pieces are the studio's, those that are out among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockCounted {
    /// Pieces.
    pub count: u32,
    /// The count of the room in which the shelf is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_in: Option<CountId>,
}

/// What is known of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRegistered {
    /// What people call it.
    pub name: String,
    /// Price of an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour_rate_cents: Option<i64>,
}

/// The thing a code is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagOf {
    /// The asset, kit, room, production or booking.
    pub thing: Subject,
}

/// What is known of a person without saying who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEnrolled {
    /// What they are in the studio.
    pub role: Role,
    /// What they are besides: one person may wear both managers' hats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Role>,
    /// They take nothing for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// What they have been trained for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// After this moment they take nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<UtcMs>,
}
