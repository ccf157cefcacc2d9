//! The session: what a station remembers between two scans. One row per station in the ledger file.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::count::Counting;
use super::fact::Subject;
use super::id::{BookingId, PersonId, ProductionId, RoomId};
use super::policy::{Answerer, Situation};
use crate::time::UtcMs;

/// So many scans of a session can be taken back, newest first.
pub const UNDO_SCANS_MAX: usize = 64;

/// The conversation at one station.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The scan that began it; scans in the scan log name it.
    pub id: Option<String>,
    /// Whose badge opened it.
    pub person: Option<PersonId>,
    /// What the gear is for, where a card said so.
    pub production: Option<ProductionId>,
    /// The booking it is for, where a card said so.
    pub booking: Option<BookingId>,
    /// The question which booking was answered with: none.
    pub without_booking: bool,
    /// The room the gear goes to, where a card said so.
    pub room: Option<RoomId>,
    /// What gear is on the reader for.
    pub mode: Mode,
    /// LEARN was scanned, and this code that nobody knew: the next thing gets it.
    pub learned: Option<Code>,
    /// The thing that was scanned last: what a condition card is about.
    pub last_thing: Option<Subject>,
    /// Bookings, and persons without one, of which this session has brought something back.
    pub brought_back: Vec<Lot>,
    /// The question that waits for an answer.
    pub pending: Option<Ask>,
    /// Scans that moved something, oldest first.
    pub scans: Vec<String>,
    /// The turn in which CONFIRM answered a question: the same card at once again is a repeat.
    pub confirmed_turn: Option<u64>,
    /// The last scan.
    pub last_at: UtcMs,
    /// Counts scans, so that a time-out knows whether it is still meant.
    pub turn: u64,
    /// The count that the station is at.
    pub counting: Option<Counting>,
}

/// What gear is on the reader for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Out, or back, as the thing is.
    #[default]
    Toggle,
    /// RETURN was scanned: back, until DONE.
    Return,
    /// EXTEND was scanned: out for longer, until DONE.
    Extend,
    /// LEARN was scanned: a code that nobody knows, then the thing it is on.
    Learn,
}

/// What was taken together: for a booking, or by somebody without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lot {
    /// For a booking.
    Booking(BookingId),
    /// By somebody.
    Person(PersonId),
}

/// A question that waits for CONFIRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What is asked.
    pub question: Question,
    /// The label that was scanned.
    pub code: Code,
    /// Tags that were read together with it.
    #[serde(default)]
    pub also: Vec<String>,
    /// When it was asked, or last countersigned.
    pub asked_at: UtcMs,
    /// Whose badge answers for it.
    pub countersigned_by: Option<PersonId>,
    /// Who may answer.
    #[serde(default)]
    pub answerer: Answerer,
    /// What was objected to: on CONFIRM, nothing else may stand against it.
    #[serde(default)]
    pub situations: Vec<Situation>,
    /// Pieces of a stock.
    #[serde(default)]
    pub count: Option<u32>,
}

/// What a station asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// It is out to somebody else: hand it over?
    HandOver,
    /// Several bookings are current: which one is it for?
    WhichBooking,
    /// Something stands against its going: all the same?
    AllTheSame,
    /// Something stands against its staying out longer: all the same?
    LongerAllTheSame,
    /// The code is a badge and a label: is the label meant?
    TheThing,
    /// A count came upon something that is out: is it back?
    BroughtBack,
    /// Things were not found: does the count end all the same?
    EndCount,
    /// Something was counted: is the count dropped all the same?
    DropCount,
}

/// What a station waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// The next scan of a session.
    Idle,
    /// The answer to a question.
    Confirm,
}

impl Session {
    /// Whether anything is remembered that silence should end.
    pub fn is_open(&self) -> bool {
        self.id.is_some()
    }

    /// The session as it is at `now`: forgotten after `idle_ms` without a scan, its question after `confirm_ms`.
    ///
    /// A clock that stepped back makes nothing older.
    pub fn at(mut self, now: UtcMs, idle_ms: i64, confirm_ms: i64) -> Self {
        if self.is_open() && now.since(self.last_at) > idle_ms {
            return self.closed();
        }
        self.pending = self.pending.filter(|ask| now.since(ask.asked_at) <= confirm_ms);
        self
    }

    /// Nothing remembered but the count of scans.
    pub fn closed(&self) -> Self {
        Self { turn: self.turn, last_at: self.last_at, ..Self::default() }
    }

    /// Remembers a scan that can be taken back.
    pub fn moved_by(&mut self, scan: &str) {
        if self.scans.len() >= UNDO_SCANS_MAX {
            self.scans.remove(0);
        }
        self.scans.push(scan.to_owned());
    }
}
