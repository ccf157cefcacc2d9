//! A feed of our own: what is booked for a room, a production or a person, as iCalendar.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::calendar::shown::{Booked, Called, shown};
use crate::calendar::write;
use crate::domain::fact::Subject;
use crate::domain::id::{PersonId, ProductionId, RoomId, SiteId};
use crate::ledger::LedgerError;
use crate::ledger::question::Reader;
use crate::time::UtcMs;

const DAY_MS: i64 = 86_400_000;
/// What is over is shown for so long.
const BEFORE_MS: i64 = 30 * DAY_MS;
/// What is to come is shown for so long.
const AFTER_MS: i64 = 400 * DAY_MS;
/// Bookings of one feed: a room that is booked each hour of a year.
const BOOKINGS_MAX: u32 = 10_000;

/// Whose feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOf {
    /// What takes a room.
    Room(RoomId),
    /// What is for a production.
    Production(ProductionId),
    /// What somebody answers for or works on, by the opaque id.
    Person(PersonId),
}

impl FeedOf {
    /// Reads `room` and `studio-a` and their like.
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        Some(match kind {
            "room" => Self::Room(RoomId::parse(id).ok()?),
            "production" => Self::Production(ProductionId::parse(id).ok()?),
            "person" => Self::Person(PersonId::parse(id).ok()?),
            _ => return None,
        })
    }

    /// The feed of a thing that has one.
    pub fn of(subject: &Subject) -> Option<Self> {
        Self::parse(subject.kind(), subject.id())
    }

    /// `room`, `production` or `person`, and the id.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Room(id) => ("room", id.as_str()),
            Self::Production(id) => ("production", id.as_str()),
            Self::Person(id) => ("person", id.as_str()),
        }
    }

    /// Whether the feed names people although the house does not say so: those of productions and people do.
    fn names(&self) -> bool {
        !matches!(self, Self::Room(_))
    }
}

impl std::fmt::Display for FeedOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, id) = self.parts();
        write!(f, "{kind}/{id}")
    }
}

/// What feeds need to know of the house.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    /// Part of the ids of entries.
    pub site: &'a SiteId,
    /// What calendars show times in.
    pub zone: Tz,
    /// Whether every feed names people.
    pub names: bool,
}

/// The text of a feed at `now`; `None` where the room, production or person is not known.
pub fn feed(
    reader: &Reader,
    of: &FeedOf,
    house: House<'_>,
    now: UtcMs,
) -> Result<Option<String>, LedgerError> {
    let rooms = names(reader, "room", |id| RoomId::parse(id).ok())?;
    let productions = names(reader, "production", |id| ProductionId::parse(id).ok())?;
    let is_named = house.names || of.names();
    let name = match of {
        FeedOf::Room(id) => rooms.get(id).cloned(),
        FeedOf::Production(id) => productions.get(id).cloned(),
        FeedOf::Person(id) => person(reader, id)?,
    };
    let Some(name) = name else { return Ok(None) };
    let span = (now.plus(-BEFORE_MS), now.plus(AFTER_MS));
    let found = reader.shown_bookings(of.parts(), span, BOOKINGS_MAX)?;
    let plans: Vec<_> = found.iter().map(|one| &one.plan).collect();
    let people = if is_named { reader.names_of(&plans)? } else { BTreeMap::new() };
    let booked: Vec<Booked> = found
        .into_iter()
        .map(|one| Booked {
            booking: one.booking,
            plan: one.plan,
            modified: one.modified,
            sequence: one.sequence,
        })
        .collect();
    let entries = shown(&booked, &Called { rooms, productions, people }, is_named, house.site.as_str());
    Ok(Some(write(&name, house.zone, &entries)))
}

fn names<T: Ord>(
    reader: &Reader,
    kind: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<BTreeMap<T, String>, LedgerError> {
    let rows = reader.nameable(kind)?.into_iter();
    Ok(rows.filter_map(|row| Some((parse(&row.id)?, row.name.unwrap_or(row.id)))).collect())
}

/// What somebody is called; `None` for whom nothing is known of.
fn person(reader: &Reader, id: &PersonId) -> Result<Option<String>, LedgerError> {
    match reader.person(id)? {
        crate::domain::loaded::Found::Person(_) => {
            Ok(Some(reader.named(id)?.name.unwrap_or_else(|| id.to_string())))
        }
        _ => Ok(None),
    }
}
