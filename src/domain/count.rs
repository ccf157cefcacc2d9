//! Counts: what is known of one that is open, and what a station remembers of it.

use serde::{Deserialize, Serialize};

use super::fact::{CountedAs, Subject};
use super::id::{CountId, RoomId, StationId};
use crate::time::UtcMs;

/// Things that one commit notes as missed at most: between two of them scans are decided.
pub const PORTION: u32 = 200;

/// How far a count has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Things found where they belong, those found again among them.
    pub found: u32,
    /// Things that should be there and have been seen nowhere since it began.
    pub missing: u32,
    /// Things found that belong in another room.
    pub elsewhere: u32,
    /// Things found that are out to somebody.
    pub out: u32,
    /// Things found that are out of service.
    pub retired: u32,
    /// Shelves in the room whose pieces nobody has counted.
    pub shelves: u32,
}

impl Tally {
    /// Things that were to be found.
    pub fn expected(&self) -> u32 {
        self.found.saturating_add(self.missing)
    }

    /// Things that were counted, whatever they are.
    pub fn counted(&self) -> u32 {
        [self.found, self.elsewhere, self.out, self.retired].into_iter().fold(0, u32::saturating_add)
    }
}

/// A count that has begun and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCount {
    /// Its id.
    pub id: CountId,
    /// The room that is counted; `None` where it is everything that is home.
    pub room: Option<RoomId>,
    /// What people call that room.
    pub room_name: Option<String>,
    /// Where it began.
    pub station: Option<StationId>,
    /// When it began.
    pub begun: UtcMs,
    /// How far it has got; loaded where a card or a command is about it.
    pub tally: Option<Tally>,
}

/// A thing that an open count has come upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedBefore {
    /// The thing.
    pub subject: Subject,
    /// The count.
    pub count: CountId,
    /// What it was then.
    pub counted_as: CountedAs,
}

/// The count that a station is at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counting {
    /// The count; `None` until something is scanned in it.
    pub id: Option<CountId>,
    /// The room that is counted; `None` where it is everything that is home.
    pub room: Option<RoomId>,
    /// What people call that room.
    pub room_name: Option<String>,
    /// Something was scanned in it since COUNT: its room stands.
    pub settled: bool,
}

impl Counting {
    /// This count, as a station takes part in it.
    pub fn of(count: &OpenCount) -> Self {
        Self {
            id: Some(count.id.clone()),
            room: count.room.clone(),
            room_name: count.room_name.clone(),
            settled: false,
        }
    }

    /// What is counted, in words: `Cage`, or `everything`.
    pub fn called(&self) -> String {
        called(self.room.as_ref(), self.room_name.as_deref())
    }
}

/// What is counted, in words.
pub fn called(room: Option<&RoomId>, name: Option<&str>) -> String {
    match (name, room) {
        (Some(name), _) => name.to_owned(),
        (None, Some(room)) => room.to_string(),
        (None, None) => "everything".to_owned(),
    }
}
