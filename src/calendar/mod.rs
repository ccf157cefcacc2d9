//! iCalendar (RFC 5545) in and out: bytes of a file or feed to occurrences, bookings to a feed.
//!
//! Pure: the time span asked about and the zone of the house are arguments. Nothing in a file makes it panic, and
//! every part has a bound, beyond which there is a sentence and no guess.

mod event;
mod expand;
mod lines;
mod reading;
mod rule;
mod series;
mod when;
mod windows;
mod write;
mod written;
mod zone;

use chrono_tz::Tz;

pub use event::Event;
pub use write::{Shown, write};

use crate::time::UtcMs;

pub mod doubt;
pub mod meaning;
pub mod plan;
pub mod shown;

/// What a calendar says, as read by [`read`].
#[derive(Debug, Clone)]
pub struct Calendar {
    /// `X-WR-CALNAME` or `NAME` of the first calendar in the file that has one.
    pub name: Option<String>,
    /// The events that could be read.
    pub events: Vec<Event>,
    /// What could not be read, by line.
    pub problems: Vec<Problem>,
    house: Tz,
}

/// Something in a calendar that was not taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1.
    pub line: u64,
    /// A sentence: what was found, what was expected, what was done about it.
    pub what: String,
}

/// The bytes are no calendar at all, or not a whole one: nothing of them is taken. The text is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotACalendar(pub String);

/// How sure an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It takes place. Also an event that says nothing.
    Confirmed,
    /// It may take place.
    Tentative,
    /// It does not take place.
    Cancelled,
}

/// One event, or one instance of a series, with a beginning and an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The event's `UID`; the same for every instance of a series.
    pub uid: String,
    /// Which instance of a series: its place before it was moved, `20260105` or in UTC `20260105T090000Z`. `None` where
    /// the event is not a series.
    pub instance: Option<String>,
    /// When it begins. Days begin in the zone of the house.
    pub starts: UtcMs,
    /// When it ends: the first moment that is free again. Never before `starts`.
    pub ends: UtcMs,
    /// Whether whole days were given rather than times.
    pub all_day: bool,
    /// `SUMMARY`, empty where there is none.
    pub summary: String,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `CATEGORIES`, in the order of the file.
    pub categories: Vec<String>,
    /// `DESCRIPTION`.
    pub description: Option<String>,
    /// E-mail addresses of organizer and attendees, lower case, without those who declined.
    pub people: Vec<String>,
    /// `RESOURCES`, and the names and addresses of attendees that are rooms or resources.
    pub resources: Vec<String>,
    /// How sure it is.
    pub status: Status,
    /// Whether it blocks nobody (`TRANSP:TRANSPARENT`, or shown as free).
    pub transparent: bool,
    /// `LAST-MODIFIED`. Not `DTSTAMP`, which some feeds write anew at each fetch.
    pub modified: Option<UtcMs>,
    /// `SEQUENCE`: how often the organizer changed it.
    pub sequence: u32,
    /// The line of its `BEGIN:VEVENT`, from 1.
    pub line: u64,
}

/// Reads a file or the body of a feed.
///
/// `zone` is that of the house: floating times and whole days are in it. What cannot be read is a [`Problem`] and left
/// out.
///
/// # Errors
///
/// [`NotACalendar`] where the bytes are something else, too much, or break off: then nothing of them may be used.
pub fn read(bytes: &[u8], zone: Tz) -> Result<Calendar, NotACalendar> {
    reading::read(bytes, zone)
}

impl Calendar {
    /// What takes place, wholly or partly, from `from` until before `to`, ordered by (starts, uid, instance).
    ///
    /// Cancelled events are among them, as cancelled. The problems are of series that could not be worked out; such a
    /// series is left out whole.
    pub fn occurrences(&self, from: UtcMs, to: UtcMs) -> (Vec<Occurrence>, Vec<Problem>) {
        self.occurrences_within(from, to, series::STEPS_MAX)
    }

    /// The same for at most so many steps of work: a day looked at or an instance made is one. What would take more is
    /// left out and said.
    pub fn occurrences_within(&self, from: UtcMs, to: UtcMs, steps: u64) -> (Vec<Occurrence>, Vec<Problem>) {
        series::occurrences(self, from, to, steps)
    }
}

#[cfg(test)]
mod tests;
