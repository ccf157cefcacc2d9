//! What facts say of people at the door of a room.

use serde::{Deserialize, Serialize};

use crate::domain::id::{BookingId, ReaderId, RoomId};

/// Somebody went into a room or out of it. Who it was is the fact's subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doorway {
    /// The room.
    pub room: RoomId,
    /// The booking by which they were let in; absent for whoever enters by right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// The device that read the badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
    /// Of somebody who leaves: nobody saw them come in, or so long ago that it was over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unseen: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(said: &bool) -> bool {
    !*said
}
