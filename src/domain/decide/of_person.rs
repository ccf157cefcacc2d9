//! Objections to the person: expired, suspended, with overdue gear, over the limit.

use super::Door;
use super::moves::Group;
use crate::domain::person::Person;
use crate::domain::session::Session;
use crate::domain::verdict::{Concern, Raised};
use crate::time::UtcMs;

/// What stands against the person of the session taking this.
pub fn raised(door: &Door, session: &Session, group: &Group) -> Vec<Raised> {
    let Some(person) =
        door.loaded.holder.as_ref().filter(|person| session.person.as_ref() == Some(&person.id))
    else {
        return Vec::new();
    };
    let overdue = person.holding.overdue;
    let max = door.rules.house.assets_max_of(person.roles);
    let (has, more) = (person.holding.assets, group.assets_leaving());
    let over = max.filter(|max| has.saturating_add(more) > *max);
    let besides = [
        over.map(|max| Concern::OverLimit { has, more, max }),
        (overdue > 0).then_some(Concern::HasOverdue { things: overdue }),
    ];
    let concerns = takes_nothing(person, door.now.utc).into_iter().chain(besides.into_iter().flatten());
    concerns.map(Raised::from).collect()
}

/// What stands against anybody who takes nothing at this time, whatever it is.
pub fn takes_nothing(person: &Person, now: UtcMs) -> Vec<Concern> {
    let expired = person.active_until.filter(|_| person.expired_at(now));
    let suspended = person.suspended_at(now);
    [
        expired.map(|since| Concern::PersonExpired { since }),
        suspended.map(|suspension| Concern::PersonSuspended { until: suspension.until }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
