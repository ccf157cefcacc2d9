//! What stands against gear going out: every objection, and when it would be back.

use super::moves::Group;
use super::purpose::Purpose;
use super::{Door, of_person, of_production, of_promise, of_thing};
use crate::domain::session::Session;
use crate::domain::verdict::Raised;
use crate::time::UtcMs;

/// What stands against gear going out to the person of the session, and when it is to be back.
pub fn raised(door: &Door, session: &Session, group: &Group, purpose: &Purpose) -> (Vec<Raised>, UtcMs) {
    let (promises, due) = of_promise::raised(door, session, group, purpose);
    let mut raised = of_person::raised(door, session, group);
    raised.extend(of_thing::raised(door, session, group, purpose));
    raised.extend(promises);
    raised.extend(of_production::raised(door, session, purpose));
    (raised, due)
}
