//! What the command line and the daemon say to each other of somebody who is to be forgotten.

use serde::{Deserialize, Serialize};

use crate::domain::id::{PersonId, StationId};
use crate::ledger::forget::{Ties, Traces};
use crate::writer::Forgotten;

/// What of somebody is erased, or would be, and what is in the way. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgetting {
    /// Who, by the id that stays.
    pub person: PersonId,
    /// Whether it was done.
    pub done: bool,
    /// Whether a name and an id of the studio's own list were there.
    pub identity: bool,
    /// Codes on their badges.
    pub badges: u32,
    /// Rows of the scan log with a code of theirs.
    pub scans: u32,
    /// Notes that they wrote or that name them.
    pub notes: usize,
    /// Stations whose conversation ends.
    pub sessions: Vec<StationId>,
    /// Bookings and productions whose titles name them. They stay.
    pub titles: Vec<String>,
    /// Things that they hold.
    pub holds: Vec<String>,
    /// Bookings before them.
    pub bookings: Vec<String>,
}

impl Forgetting {
    /// What there is of somebody, before anything is erased.
    pub fn plan(person: PersonId, traces: Traces, ties: Ties) -> Self {
        Self::of(person, Forgotten { done: false, traces, ties })
    }

    /// What became of it.
    pub fn of(person: PersonId, forgotten: Forgotten) -> Self {
        let Forgotten { done, traces, ties } = forgotten;
        let Traces { identity, badges, scans, notes, sessions, titles } = traces;
        let Ties { holds, bookings } = ties;
        Self { person, done, identity, badges, scans, notes, sessions, titles, holds, bookings }
    }

    /// Why they cannot be forgotten yet; `None` where nothing is in the way.
    pub fn in_the_way(&self) -> Option<String> {
        let all: Vec<&str> = self.holds.iter().chain(&self.bookings).map(String::as_str).collect();
        (!all.is_empty()).then(|| {
            format!(
                "{} still has {}: have it back and cancelled first, or say --even-so",
                self.person,
                all.join(", ")
            )
        })
    }
}
