//! What a decision at a station needs to know of the configuration.

use chrono_tz::Tz;

use super::id::StationId;

/// The rules of one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorRules {
    /// The station at which the decision is made.
    pub station: StationId,
    /// Whether a badge must open a session before gear leaves.
    pub person_required: bool,
    /// A session without a scan for so long is over.
    pub session_idle_ms: i64,
    /// A question without an answer for so long lapses.
    pub confirm_ms: i64,
    /// Without a badge an asset toggles again only after so long.
    pub repeat_ms: i64,
    /// How long gear is lent where no booking says.
    pub loan_ms: i64,
    /// The studio's time zone, for times in sentences.
    pub zone: Tz,
}
