//! What facts say of the life of a thing: where it went, what state it is in.

use serde::{Deserialize, Serialize};

use crate::domain::code::Code;
use crate::domain::id::{AssetId, BookingId, CountId, KitId, PersonId, ProductionId, ReaderId, RoomId};
use crate::domain::policy::Situation;
use crate::time::UtcMs;

use super::counts::CountedAs;

/// Who took, brought or was seen with a thing, for what, until when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Who has it now; for a return, who brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Who had it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PersonId>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
    /// The booking it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// The room it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// When it is to be back; for a return, when it should have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<UtcMs>,
    /// The kit it moved with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// The device that read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
    /// The code that was read: a label, never a badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Who answered for it, where something was asked: the badge that countersigned, or whoever had the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<PersonId>,
    /// What was asked and confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Situation>,
    /// How many pieces, of a stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// When it happened, where it was entered later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<UtcMs>,
    /// The count that came upon it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_in: Option<CountId>,
    /// What it was in that count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_as: Option<CountedAs>,
}

/// A thing that is out is wanted back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalled {
    /// When it is wanted.
    pub wanted_by: UtcMs,
    /// The production that wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_for: Option<ProductionId>,
    /// The person who holds it: whom the recall is meant for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The production for which it is out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
}

/// A recall is over without a return.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallWithdrawn {}

/// The state a thing is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Fine.
    #[default]
    Ok,
    /// To be cleaned.
    Dirty,
    /// Something of it is missing.
    PartMissing,
    /// Broken.
    Damaged,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Dirty, Self::PartMissing, Self::Damaged];

    /// The name in files, facts and topics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Dirty => "dirty",
            Self::PartMissing => "part-missing",
            Self::Damaged => "damaged",
        }
    }

    /// The condition of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.name() == name)
    }
}

/// The state of a thing was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionNoted {
    /// The state.
    pub condition: Condition,
    /// Who brought it so, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The members of a kit that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<AssetId>,
    /// The device that read the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}

/// A maintenance job. What is to be done stands in a note, which can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceOpened {
    /// Whether the thing stays in until it is done.
    pub blocks: bool,
    /// The condition that opened it; absent where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Condition>,
}

/// Maintenance jobs are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceClosed {
    /// The facts that opened them.
    pub jobs: Vec<String>,
}

/// A thing was inspected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspected {
    /// When the next inspection is due; without it, as the asset's interval says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due: Option<UtcMs>,
}

/// A thing is given up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkedLost {}

/// Facts that are taken back, by id. All are of the subject of this fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annulled {
    /// Ids of the facts.
    pub facts: Vec<String>,
    /// The device that read the UNDO card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}
