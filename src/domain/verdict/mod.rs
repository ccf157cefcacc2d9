//! The answer to one scan: a level that a light shows, a code that programs read, and a sentence for people.
//!
//! Codes are the names of the best circulation systems' outcomes in kebab-case. A verdict is a variant with its
//! data, and its words are made here and nowhere else.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::code::{Card, Code, CodeFault};
use super::fact::{Condition, Subject};
use super::id::{BookingId, PersonId, ReaderId};
use super::loaded::StillOut;
use super::plan::conflict::Conflict;
use super::policy::{Answerer, Situation};
use super::rights::Right;
use super::words::fit;
use crate::time::UtcMs;

mod concern;
mod counted;
pub mod door;
mod passage;
mod remark;
mod sentence;

pub use concern::{Concern, Promise, Raised};
pub use counted::CountSaid;
pub use passage::{Crossed, Crossing, Passages};
pub use remark::Remark;

/// The longest text of a signal: two lines of a sixteen-character display.
pub const SIGNAL_CHARS_MAX: usize = 32;

/// No scan has this code: it is told of a station.
const READER_DOWN: &str = "reader-down";

/// What the light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Green.
    Done,
    /// Green, then amber with the text.
    Notice,
    /// Amber: it needs CONFIRM.
    Ask,
    /// Red, with the reason and what to do.
    Refused,
    /// Short and neutral: said before.
    Again,
}

impl Level {
    /// The name in topics and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Notice => "notice",
            Self::Ask => "ask",
            Self::Refused => "refused",
            Self::Again => "again",
        }
    }

    /// The tone that goes with it: each is told from the others with closed eyes.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Done => "rising",
            Self::Notice => "rising-then-short",
            Self::Ask => "two-equal",
            Self::Refused => "low-double",
            Self::Again => "tick",
        }
    }
}

/// A person in a verdict: the id always, the name only where names may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The opaque id.
    pub id: PersonId,
    /// What people call them.
    pub name: Option<String>,
}

impl Who {
    /// The name where names may be shown and it is known.
    pub fn called(&self, names: bool) -> &str {
        if names { self.name.as_deref().unwrap_or("somebody") } else { "somebody" }
    }
}

/// A thing in a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct What {
    /// The asset or kit.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
}

/// The members of a kit that did not go along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// How many did, or were here before it.
    pub along: usize,
    /// The names of those that did not.
    pub missing: Vec<String>,
}

impl Members {
    /// `11 of 12, missing: battery plate 3`.
    pub fn say(&self) -> String {
        let all = self.along + self.missing.len();
        format!("{} of {all}, missing: {}", self.along, self.missing.join(", "))
    }
}

/// The answer to one scan or command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about")]
pub enum Verdict {
    /// A badge opened a session.
    CodeIsPerson { who: Who, bookings: usize, overdue: u32, recalled: u32, clock_doubtful: bool },
    /// The same badge again: the session goes on.
    SamePerson { who: Who },
    /// A production card says what it is for.
    CodeIsProduction { title: String },
    /// A booking card says what it is for.
    CodeIsBooking { booking: BookingId, ends: UtcMs },
    /// A booking card whose time is not now.
    BookingNotNow { booking: BookingId, starts: UtcMs, ends: UtcMs },
    /// A room card says where it goes.
    CodeIsPlace { name: String },
    /// RETURN: gear comes back until DONE.
    ReturnMode,
    /// EXTEND: gear that is out stays out longer, until DONE.
    ExtendMode,
    /// LEARN: the next unknown code belongs to the next thing.
    LearnMode,
    /// The unknown code that LEARN is about: now the thing.
    LearnCode { code: Code },
    /// The session is closed, by a card or by silence.
    SessionClosed { card: Option<Card>, still_out: Vec<StillOut> },
    /// The session is closed over a question that nobody answered: what it was about did not go.
    NotTaken { name: String, still_out: Vec<StillOut> },
    /// The question is dropped.
    Cancelled,
    /// A thing left.
    CheckedOut { what: What, due: UtcMs, notices: Vec<Raised>, clock_doubtful: bool },
    /// A thing came back.
    Returned { what: What, remarks: Vec<Remark>, clock_doubtful: bool },
    /// A thing came back that was not out: seen here all the same.
    NotOut { what: What, remarks: Vec<Remark> },
    /// A thing went from one person to another.
    HandedOver { what: What, from: Option<Who>, due: UtcMs, notices: Vec<Raised>, clock_doubtful: bool },
    /// A thing stays out longer.
    Extended { what: What, due: UtcMs, notices: Vec<Raised> },
    /// Pieces of a stock left.
    StockTaken {
        what: What,
        pieces: u32,
        count: u32,
        available: u32,
        due: Option<UtcMs>,
        notices: Vec<Raised>,
    },
    /// Pieces of a stock are back.
    StockReturned { what: What, pieces: u32, count: u32, available: u32, surplus: u32 },
    /// A stock was counted.
    StockCounted { what: What, count: u32, available: u32 },
    /// The state of a thing is noted.
    ConditionNoted { what: What, condition: Condition, maintenance: Option<bool>, is_out: bool },
    /// A code is on a thing from now on.
    TagAssigned { what: What, code: Code },
    /// A code is no longer on a thing.
    TagReleased { what: What, code: Code },
    /// The holder's production has been told to bring it back.
    RecallMade { what: What, holder: Option<Who>, wanted_by: UtcMs },
    /// It may stay out after all.
    RecallWithdrawn { what: What },
    /// A maintenance job is open.
    MaintenanceOpened { what: What, blocks: bool },
    /// Maintenance jobs are done.
    MaintenanceClosed { what: What, jobs: usize },
    /// An inspection is recorded.
    Inspected { what: What, next_due: Option<UtcMs> },
    /// A thing is given up.
    MarkedLost { what: What, holder: Option<Who> },
    /// A thing, room, production or person is known.
    Registered { subject: Subject, name: String, is_out: bool },
    /// A booking stands.
    Booked {
        booking: BookingId,
        title: String,
        starts: UtcMs,
        ends: UtcMs,
        times: usize,
        notices: Vec<Raised>,
    },
    /// Bookings stand no longer.
    BookingCancelled { booking: BookingId, times: usize, out: usize },
    /// The last scan is taken back.
    Undone { things: usize, name: String },
    /// The same thing again: nothing more to record.
    DuplicateScan { what: Option<What> },
    /// It is out to somebody else: hand it over?
    AlreadyOutToOther { what: What, holder: Who },
    /// Several bookings are current: which one?
    SeveralBookings { what: What, bookings: Vec<BookingId> },
    /// Something stands against it: all the same? The most serious comes first.
    Objection { what: What, raised: Vec<Raised>, answerer: Answerer },
    /// Something stands against it that nobody at the door can answer. The most serious comes first.
    Refusal { what: What, raised: Vec<Raised> },
    /// Something stands against what was asked for by hand: to be confirmed in the same words.
    OrderObjection { named: String, what: Option<What>, raised: Vec<Raised>, answerer: Answerer },
    /// CONFIRM by somebody who may not answer the question.
    NotYours { answerer: Answerer },
    /// A badge with the right answers for the question; CONFIRM is still needed.
    Countersigned { who: Who },
    /// Nothing has that code.
    UnknownCode { reserved: bool },
    /// Several things have that code.
    AmbiguousCode { of: Vec<String> },
    /// Things were read together that belong to no kit.
    SeveralAtOnce { of: Vec<String> },
    /// The code is a badge and a label.
    PersonOrThing { who: Who, thing: What, badge_is_meant: bool },
    /// It cannot be a code.
    MalformedCode { fault: CodeFault },
    /// A badge of somebody who is not enrolled any more.
    PersonUnknown,
    /// Gear before a badge.
    NoSession { what: String },
    /// The person's time is over.
    PersonExpired { who: Who, since: UtcMs },
    /// The person takes nothing for a while.
    PersonSuspended { who: Who, until: Option<UtcMs> },
    /// CONFIRM, and nothing was asked.
    NothingToConfirm,
    /// The question lapsed.
    NotConfirmed,
    /// UNDO, and nothing was moved.
    NothingToUndo,
    /// UNDO, and something was moved again since.
    UndoTooLate { name: String },
    /// A condition card, and nothing was scanned before it.
    NothingToNote,
    /// EXTEND, and it is not out.
    NotOutToExtend { what: What },
    /// The thing cannot be learned: the code is on it already, or it is no thing.
    NothingToLearn,
    /// A tag that is to be taken off is not on it.
    TagNotThere { what: What, code: Code },
    /// Somebody may not do that.
    NoRight { right: Right, who: Answerer },
    /// A command names something that is not known.
    NotFound { named: String },
    /// A command that makes no sense, and why.
    NoSense { why: String },
    /// The booking cannot be made: who has what, until when, and what is free instead.
    BookingConflict { booking: BookingId, conflicts: Vec<Conflict> },
    /// The storage refuses: what was scanned waits, and nobody may go.
    NotRecorded,
    /// At the door of a room.
    AtDoor(Box<door::AtDoor>),
    /// Something of a count.
    Count(Box<CountSaid>),
    /// Things passed a gate.
    Passed(Passages),
    /// A gate or a part of it sees nothing: what passes is not noticed.
    ReaderDown { reader: ReaderId },
}

/// How a verdict is put into words.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Whether people may be named.
    pub names: bool,
    /// The studio's time zone.
    pub zone: Tz,
    /// The present.
    pub now: UtcMs,
}

impl Verdict {
    /// What the light shows.
    pub fn level(&self) -> Level {
        match self {
            Self::Passed(passages) => passages.level(),
            Self::CodeIsPerson { bookings, overdue, recalled, clock_doubtful, .. }
                if *bookings > 1 || *clock_doubtful || *overdue > 0 || *recalled > 0 =>
            {
                Level::Notice
            }
            Self::CheckedOut { notices, clock_doubtful, .. }
            | Self::HandedOver { notices, clock_doubtful, .. }
                if !notices.is_empty() || *clock_doubtful =>
            {
                Level::Notice
            }
            Self::Extended { notices, .. }
            | Self::StockTaken { notices, .. }
            | Self::Booked { notices, .. }
                if !notices.is_empty() =>
            {
                Level::Notice
            }
            Self::Returned { remarks, .. } if first_code(remarks).is_some() => Level::Notice,
            Self::StockReturned { surplus, .. } if *surplus > 0 => Level::Notice,
            Self::NotOut { .. } | Self::BookingNotNow { .. } | Self::LearnCode { .. } => Level::Notice,
            Self::NotTaken { .. } => Level::Notice,
            Self::BookingCancelled { out, .. } if *out > 0 => Level::Notice,
            Self::Registered { is_out: true, .. } => Level::Notice,
            Self::SessionClosed { card: Some(_), still_out } if !still_out.is_empty() => Level::Notice,
            Self::DuplicateScan { .. } | Self::SamePerson { .. } | Self::SessionClosed { card: None, .. } => {
                Level::Again
            }
            Self::AtDoor(said) => said.level(),
            Self::Count(said) => said.level(),
            other if other.is_question() => Level::Ask,
            other if other.is_refusal() => Level::Refused,
            _ => Level::Done,
        }
    }

    /// Whether it waits for an answer.
    fn is_question(&self) -> bool {
        matches!(
            self,
            Self::AlreadyOutToOther { .. }
                | Self::SeveralBookings { .. }
                | Self::Objection { .. }
                | Self::OrderObjection { .. }
                | Self::NotYours { .. }
                | Self::PersonOrThing { .. }
                | Self::Countersigned { .. }
        )
    }

    /// Whether nothing came of it, and somebody has to do something else.
    fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refusal { .. }
                | Self::UnknownCode { .. }
                | Self::AmbiguousCode { .. }
                | Self::SeveralAtOnce { .. }
                | Self::MalformedCode { .. }
                | Self::PersonUnknown
                | Self::NoSession { .. }
                | Self::PersonExpired { .. }
                | Self::PersonSuspended { .. }
                | Self::NothingToConfirm
                | Self::NotConfirmed
                | Self::NothingToUndo
                | Self::UndoTooLate { .. }
                | Self::NothingToNote
                | Self::NotOutToExtend { .. }
                | Self::NothingToLearn
                | Self::TagNotThere { .. }
                | Self::NoRight { .. }
                | Self::NotFound { .. }
                | Self::NoSense { .. }
                | Self::BookingConflict { .. }
                | Self::NotRecorded
                | Self::ReaderDown { .. }
        )
    }

    /// The code that programs read, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CheckedOut { notices, .. } => noticed(notices).unwrap_or("checked-out"),
            Self::HandedOver { notices, .. } => noticed(notices).unwrap_or("handed-over"),
            Self::Extended { notices, .. } => noticed(notices).unwrap_or("extended"),
            Self::StockTaken { notices, .. } => noticed(notices).unwrap_or("stock-taken"),
            Self::Booked { notices, .. } => noticed(notices).unwrap_or("booked"),
            Self::Returned { remarks, .. } => first_code(remarks).unwrap_or("returned"),
            Self::NotOut { remarks, .. } => first_code(remarks).unwrap_or("not-out"),
            Self::Objection { raised, .. }
            | Self::Refusal { raised, .. }
            | Self::OrderObjection { raised, .. } => noticed(raised).unwrap_or("refused"),
            Self::StockReturned { surplus, .. } if *surplus > 0 => "surplus",
            Self::AlreadyOutToOther { .. } => Situation::AlreadyOutToOther.name(),
            Self::PersonExpired { .. } => Situation::PersonExpired.name(),
            Self::PersonSuspended { .. } => Situation::PersonSuspended.name(),
            Self::AtDoor(said) => said.code(),
            Self::Count(said) => said.code(),
            Self::Passed(passages) => passages.code(),
            Self::ReaderDown { .. } => READER_DOWN,
            other => other.own_code(),
        }
    }

    fn own_code(&self) -> &'static str {
        match self {
            Self::CodeIsPerson { .. } => "code-is-person",
            Self::SamePerson { .. } | Self::DuplicateScan { .. } => "duplicate-scan",
            Self::CodeIsProduction { .. } => "code-is-production",
            Self::CodeIsBooking { .. } => "code-is-booking",
            Self::BookingNotNow { .. } => "booking-not-now",
            Self::CodeIsPlace { .. } => "code-is-place",
            Self::ReturnMode => "return-mode",
            Self::ExtendMode => "extend-mode",
            Self::LearnMode => "learn-mode",
            Self::LearnCode { .. } => "learn-code",
            Self::NotTaken { .. } => "not-taken",
            Self::SessionClosed { still_out, .. } if !still_out.is_empty() => "still-out",
            Self::SessionClosed { .. } => "session-closed",
            Self::Cancelled => "cancelled",
            Self::StockReturned { .. } => "stock-returned",
            Self::StockCounted { .. } => "stock-counted",
            Self::ConditionNoted { .. } => "condition-noted",
            Self::TagAssigned { .. } => "tag-assigned",
            Self::TagReleased { .. } => "tag-released",
            Self::RecallMade { .. } => "recall-made",
            Self::RecallWithdrawn { .. } => "recall-withdrawn",
            Self::MaintenanceOpened { .. } => "maintenance-opened",
            Self::MaintenanceClosed { .. } => "maintenance-closed",
            Self::Inspected { .. } => "inspected",
            Self::MarkedLost { .. } => "lost-noted",
            Self::Registered { .. } => "registered",
            Self::BookingCancelled { .. } => "booking-cancelled",
            Self::Undone { .. } => "undone",
            Self::SeveralBookings { .. } => "several-bookings",
            Self::NotYours { .. } => "needs-countersign",
            Self::Countersigned { .. } => "countersigned",
            Self::UnknownCode { .. } => "unknown-code",
            Self::AmbiguousCode { .. } | Self::PersonOrThing { .. } => "ambiguous-code",
            Self::SeveralAtOnce { .. } => "several-at-once",
            Self::MalformedCode { .. } => "malformed-code",
            Self::PersonUnknown => "person-unknown",
            Self::NoSession { .. } => "no-session",
            Self::NothingToConfirm => "nothing-to-confirm",
            Self::NotConfirmed => "not-confirmed",
            Self::NothingToUndo => "nothing-to-undo",
            Self::UndoTooLate { .. } => "undo-too-late",
            Self::NothingToNote => "nothing-to-note",
            Self::NotOutToExtend { .. } => "not-out-to-extend",
            Self::NothingToLearn => "nothing-to-learn",
            Self::TagNotThere { .. } => "tag-not-there",
            Self::NoRight { .. } => "no-right",
            Self::NotFound { .. } => "not-found",
            Self::NoSense { .. } => "no-sense",
            Self::BookingConflict { .. } => "booking-conflict",
            _ => "not-recorded",
        }
    }

    /// At most [`SIGNAL_CHARS_MAX`] characters for a lamp's display.
    pub fn text(&self, telling: &Telling) -> String {
        fit(&self.sentence(telling), SIGNAL_CHARS_MAX)
    }

    /// The thing it is about, where it is about one.
    pub fn what(&self) -> Option<&What> {
        match self {
            Self::CheckedOut { what, .. }
            | Self::Returned { what, .. }
            | Self::NotOut { what, .. }
            | Self::HandedOver { what, .. }
            | Self::Extended { what, .. }
            | Self::StockTaken { what, .. }
            | Self::StockReturned { what, .. }
            | Self::StockCounted { what, .. }
            | Self::ConditionNoted { what, .. }
            | Self::TagAssigned { what, .. }
            | Self::TagReleased { what, .. }
            | Self::RecallMade { what, .. }
            | Self::RecallWithdrawn { what }
            | Self::MaintenanceOpened { what, .. }
            | Self::MaintenanceClosed { what, .. }
            | Self::Inspected { what, .. }
            | Self::MarkedLost { what, .. }
            | Self::AlreadyOutToOther { what, .. }
            | Self::SeveralBookings { what, .. }
            | Self::Objection { what, .. }
            | Self::Refusal { what, .. }
            | Self::NotOutToExtend { what }
            | Self::TagNotThere { what, .. } => Some(what),
            Self::DuplicateScan { what } | Self::OrderObjection { what, .. } => what.as_ref(),
            Self::AtDoor(said) => said.what(),
            Self::Count(said) => said.what(),
            Self::Passed(passages) => passages.what(),
            _ => None,
        }
    }
}

fn noticed(raised: &[Raised]) -> Option<&'static str> {
    raised.first().map(|raised| raised.concern.situation().name())
}

fn first_code(remarks: &[Remark]) -> Option<&'static str> {
    remarks.iter().find_map(Remark::code)
}
