//! What facts say of counts: a room compared with what should be in it.

use serde::{Deserialize, Serialize};

use crate::domain::id::{CountId, ReaderId, RoomId};

/// A count began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountBegun {
    /// The room that is counted; absent where it is everything that is home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// The device that read the first scan of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}

/// A count ended. What it did not find is noted as missed by facts of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountEnded {
    /// Things found where they belong.
    pub found: u32,
    /// Things that should have been there and were seen nowhere while it went on.
    pub missing: u32,
    /// Things found that belong in another room.
    pub elsewhere: u32,
    /// Things found that are out to somebody.
    pub out: u32,
    /// Things found that are out of service.
    pub retired: u32,
    /// The device that read the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}

/// A count was dropped: nothing is missed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountCancelled {
    /// The device that read the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
}

/// A thing was expected in a count, and not seen anywhere from its beginning to its end. Any later sighting or
/// movement finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missed {
    /// The count.
    pub counted_in: CountId,
}

/// What a thing was that a count came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountedAs {
    /// It belongs there.
    Found,
    /// It was missing or given up.
    FoundAgain,
    /// It belongs in another room.
    Elsewhere,
    /// It is out to somebody.
    Out,
    /// It is out of service.
    Retired,
}

impl CountedAs {
    /// Every result.
    pub const ALL: [Self; 5] = [Self::Found, Self::FoundAgain, Self::Elsewhere, Self::Out, Self::Retired];

    /// The name in facts, topics and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::FoundAgain => "found-again",
            Self::Elsewhere => "elsewhere",
            Self::Out => "out",
            Self::Retired => "retired",
        }
    }

    /// The result of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.name() == name)
    }
}
