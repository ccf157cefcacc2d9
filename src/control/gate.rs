//! Gates as `status` shows them.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ReaderId, StationId};

/// What a gate of a running daemon has seen since it started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStatus {
    /// The gate.
    pub station: StationId,
    /// Tags in view now.
    pub there: u32,
    /// Tags that lie in view: a shelf that its antennas see.
    pub strays: u32,
    /// Tags that have passed.
    pub passed: u64,
    /// Of these, those of which the way is not known.
    pub uncertain: u64,
    /// Of these, those that nobody knows.
    pub unknown: u64,
    /// Tags that were forgotten because too many were in view at once.
    pub forgotten: u64,
    /// Its readers that see nothing: what passes them is not noticed.
    pub blind: Vec<ReaderId>,
}
