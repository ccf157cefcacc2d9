//! People as the rules see them: an opaque id, a role, and until when they may take gear.

use serde::{Deserialize, Serialize};

use super::id::PersonId;
use crate::time::UtcMs;

/// What a person is in the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes gear out and brings it back.
    Crew,
    /// Stands behind the counter.
    Attendant,
    /// Runs a production.
    ProductionManager,
    /// Runs the facility.
    StudioManager,
    /// Runs this program.
    Admin,
}

impl Role {
    /// Every role, from least to most.
    pub const ALL: [Self; 5] =
        [Self::Crew, Self::Attendant, Self::ProductionManager, Self::StudioManager, Self::Admin];

    /// The name in files and facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crew => "crew",
            Self::Attendant => "attendant",
            Self::ProductionManager => "production-manager",
            Self::StudioManager => "studio-manager",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether this person's badge answers for a pending question.
    pub fn may_countersign(self) -> bool {
        matches!(self, Self::Attendant | Self::StudioManager | Self::Admin)
    }
}

/// One person, loaded for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The opaque id that facts name.
    pub id: PersonId,
    /// The name people call them by; `None` once it has been erased.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// After this moment they take nothing any more.
    pub active_until: Option<UtcMs>,
}

impl Person {
    /// The name, or the opaque id where the name was erased.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }
}
