//! At the door of a room: who goes in and out, and what is seen there.

use super::{Decision, Door};
use crate::domain::loaded::Found;
use crate::domain::session::Session;

pub(super) fn scanned(door: &Door, session: Session, found: &Found) -> Decision {
    super::found(door, session, found)
}
