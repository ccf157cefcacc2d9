//! The answer to one scan: a level that a light shows, a code that programs read, and a sentence for people.
//!
//! Codes are the names of the best circulation systems' outcomes in kebab-case. A verdict is a variant with its
//! data, and its words are made here and nowhere else.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::code::{Card, CodeFault};
use super::fact::Subject;
use super::id::{BookingId, PersonId};
use super::words::{fit, span, when};
use crate::time::UtcMs;

/// The longest text of a signal: two lines of a sixteen-character display.
pub const SIGNAL_CHARS_MAX: usize = 32;

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
    fn called(&self, names: bool) -> &str {
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
    fn say(&self) -> String {
        let all = self.along + self.missing.len();
        format!("{} of {all}, missing: {}", self.along, self.missing.join(", "))
    }
}

/// The answer to one scan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about")]
pub enum Verdict {
    /// A badge opened a session.
    CodeIsPerson { who: Who, bookings: usize, clock_doubtful: bool },
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
    /// The session is closed, by a card or by silence.
    SessionClosed { card: Option<Card> },
    /// The question is dropped.
    Cancelled,
    /// A thing left.
    CheckedOut { what: What, due: UtcMs, members: Option<Members>, clock_doubtful: bool },
    /// A thing came back.
    Returned {
        what: What,
        late_ms: Option<i64>,
        other: Option<Who>,
        members: Option<Members>,
        clock_doubtful: bool,
    },
    /// A thing came back that was not out: seen here all the same.
    NotOut { what: What },
    /// A thing went from one person to another.
    HandedOver { what: What, from: Option<Who>, due: UtcMs, clock_doubtful: bool },
    /// The last scan is taken back.
    Undone { things: usize, name: String },
    /// The same thing again: nothing more to record.
    DuplicateScan { what: Option<What> },
    /// It is out to somebody else: hand it over?
    AlreadyOutToOther { what: What, holder: Who },
    /// Several bookings are current: which one?
    SeveralBookings { what: What, bookings: Vec<BookingId> },
    /// A badge with the right answers for the question; CONFIRM is still needed.
    Countersigned { who: Who },
    /// Nothing has that code.
    UnknownCode { reserved: bool },
    /// Several things have that code.
    AmbiguousCode { of: Vec<String> },
    /// It cannot be a code.
    MalformedCode { fault: CodeFault },
    /// Gear before a badge.
    NoSession { what: String },
    /// The person's time is over.
    PersonExpired { who: Who, since: UtcMs },
    /// CONFIRM, and nothing was asked.
    NothingToConfirm,
    /// The question lapsed.
    NotConfirmed,
    /// UNDO, and nothing was moved.
    NothingToUndo,
    /// UNDO, and something was moved again since.
    UndoTooLate { name: String },
    /// The storage refuses: what was scanned waits, and nobody may go.
    NotRecorded,
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
            Self::CodeIsPerson { bookings, clock_doubtful, .. } if *bookings > 1 || *clock_doubtful => {
                Level::Notice
            }
            Self::CheckedOut { members, clock_doubtful, .. } if short(members) || *clock_doubtful => {
                Level::Notice
            }
            Self::Returned { late_ms, other, members, .. }
                if late_ms.is_some() || other.is_some() || short(members) =>
            {
                Level::Notice
            }
            Self::HandedOver { clock_doubtful: true, .. } => Level::Notice,
            Self::CodeIsPerson { .. }
            | Self::CodeIsProduction { .. }
            | Self::CodeIsBooking { .. }
            | Self::CodeIsPlace { .. }
            | Self::ReturnMode
            | Self::CheckedOut { .. }
            | Self::Returned { .. }
            | Self::HandedOver { .. }
            | Self::Cancelled
            | Self::Undone { .. } => Level::Done,
            Self::SessionClosed { card: Some(_) } => Level::Done,
            Self::NotOut { .. } | Self::BookingNotNow { .. } => Level::Notice,
            Self::AlreadyOutToOther { .. } | Self::SeveralBookings { .. } | Self::Countersigned { .. } => {
                Level::Ask
            }
            Self::DuplicateScan { .. } | Self::SamePerson { .. } | Self::SessionClosed { card: None } => {
                Level::Again
            }
            Self::UnknownCode { .. }
            | Self::AmbiguousCode { .. }
            | Self::MalformedCode { .. }
            | Self::NoSession { .. }
            | Self::PersonExpired { .. }
            | Self::NothingToConfirm
            | Self::NotConfirmed
            | Self::NothingToUndo
            | Self::UndoTooLate { .. }
            | Self::NotRecorded => Level::Refused,
        }
    }

    /// The code that programs read, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeIsPerson { .. } => "code-is-person",
            Self::SamePerson { .. } | Self::DuplicateScan { .. } => "duplicate-scan",
            Self::CodeIsProduction { .. } => "code-is-production",
            Self::CodeIsBooking { .. } => "code-is-booking",
            Self::BookingNotNow { .. } => "booking-not-now",
            Self::CodeIsPlace { .. } => "code-is-place",
            Self::ReturnMode => "return-mode",
            Self::SessionClosed { .. } => "session-closed",
            Self::Cancelled => "cancelled",
            Self::CheckedOut { members, .. } if short(members) => "kit-member-unavailable",
            Self::CheckedOut { .. } => "checked-out",
            Self::Returned { members, .. } if short(members) => "kit-incomplete",
            Self::Returned { late_ms: Some(_), .. } => "late",
            Self::Returned { other: Some(_), .. } => "returned-by-other-person",
            Self::Returned { .. } => "returned",
            Self::NotOut { .. } => "not-out",
            Self::HandedOver { .. } => "handed-over",
            Self::Undone { .. } => "undone",
            Self::AlreadyOutToOther { .. } => "already-out-to-other",
            Self::SeveralBookings { .. } => "several-bookings",
            Self::Countersigned { .. } => "countersigned",
            Self::UnknownCode { .. } => "unknown-code",
            Self::AmbiguousCode { .. } => "ambiguous-code",
            Self::MalformedCode { .. } => "malformed-code",
            Self::NoSession { .. } => "no-session",
            Self::PersonExpired { .. } => "person-expired",
            Self::NothingToConfirm => "nothing-to-confirm",
            Self::NotConfirmed => "not-confirmed",
            Self::NothingToUndo => "nothing-to-undo",
            Self::UndoTooLate { .. } => "undo-too-late",
            Self::NotRecorded => "not-recorded",
        }
    }

    /// At most [`SIGNAL_CHARS_MAX`] characters for a lamp's display.
    pub fn text(&self, telling: &Telling) -> String {
        fit(&self.sentence(telling), SIGNAL_CHARS_MAX)
    }

    /// One sentence for people: what happened, then what to do. Its first words alone are worth reading.
    pub fn sentence(&self, telling: &Telling) -> String {
        let names = telling.names;
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        match self {
            Self::CodeIsPerson { who, bookings, clock_doubtful } => {
                person(who, *bookings, *clock_doubtful, names)
            }
            Self::SamePerson { .. } => "Open already: scan gear, or DONE".into(),
            Self::CodeIsProduction { title } => format!("For {title}"),
            Self::CodeIsBooking { booking, ends } => format!("For {booking}, until {}", at(*ends)),
            Self::BookingNotNow { booking, starts, ends } => {
                format!("{booking} is not now: {} to {}", at(*starts), at(*ends))
            }
            Self::CodeIsPlace { name } => format!("Goes to {name}"),
            Self::ReturnMode => "Returns until DONE: scan gear".into(),
            Self::SessionClosed { card: Some(_) } => "Done".into(),
            Self::SessionClosed { card: None } => "Session closed: scan your badge".into(),
            Self::Cancelled => "Cancelled: nothing changed".into(),
            Self::CheckedOut { what, due, members, clock_doubtful } => {
                movement("out", &what.name, members, &due_words(at(*due), *clock_doubtful))
            }
            Self::Returned { what, late_ms, other, members, clock_doubtful } => {
                let said = back_words(*late_ms, other.as_ref(), *clock_doubtful, names);
                movement("back", &what.name, members, &said)
            }
            Self::NotOut { what } => format!("Was not out: {}. Seen here, noted", what.name),
            Self::HandedOver { what, from, due, clock_doubtful } => {
                let from = from.as_ref().map_or("somebody", |who| who.called(names));
                format!("Handed over {}, {}, from {from}", what.name, due_words(at(*due), *clock_doubtful))
            }
            Self::Undone { things: 1, name } => format!("Undone: {name}"),
            Self::Undone { things, name } => format!("Undone: {name} and {} more", things.saturating_sub(1)),
            Self::DuplicateScan { what: Some(what) } => format!("Again: {}. Nothing changed", what.name),
            Self::DuplicateScan { what: None } => "Again. Nothing changed".into(),
            Self::AlreadyOutToOther { what, holder } => {
                format!("Hand over? CONFIRM. {} is out to {}", what.name, holder.called(names))
            }
            Self::SeveralBookings { what, bookings } => which_booking(what, bookings),
            Self::Countersigned { who } => format!("Countersigned: now CONFIRM ({})", who.called(names)),
            _ => self.refusal(telling),
        }
    }

    fn refusal(&self, telling: &Telling) -> String {
        match self {
            Self::UnknownCode { reserved: true } => "No such card: nothing has that code".into(),
            Self::UnknownCode { .. } => "Unknown code: kept for the attendant".into(),
            Self::AmbiguousCode { of } => {
                format!("Code is on several: {}. Scan another label of it, or its id", of.join(" and "))
            }
            Self::MalformedCode { fault } => format!("Not a code: {fault}"),
            Self::NoSession { what } => format!("Scan your badge first, then {what}"),
            Self::PersonExpired { who, since } => format!(
                "Badge expired {}: {}. Ask the attendant",
                when(*since, telling.now, telling.zone),
                who.called(telling.names)
            ),
            Self::NothingToConfirm => "Nothing to confirm: scan gear".into(),
            Self::NotConfirmed => "Not confirmed: nothing changed".into(),
            Self::NothingToUndo => "Nothing to undo in this session".into(),
            Self::UndoTooLate { name } => format!("Too late to undo: {name} has moved since"),
            _ => "NOT RECORDED: storage refuses. Wait, or write it down".into(),
        }
    }

    /// The thing it is about, where it is about one.
    pub fn what(&self) -> Option<&What> {
        match self {
            Self::CheckedOut { what, .. }
            | Self::Returned { what, .. }
            | Self::NotOut { what }
            | Self::HandedOver { what, .. }
            | Self::AlreadyOutToOther { what, .. }
            | Self::SeveralBookings { what, .. } => Some(what),
            Self::DuplicateScan { what } => what.as_ref(),
            _ => None,
        }
    }
}

fn short(members: &Option<Members>) -> bool {
    members.as_ref().is_some_and(|members| !members.missing.is_empty())
}

fn person(who: &Who, bookings: usize, clock_doubtful: bool, names: bool) -> String {
    let greeting = if names { format!("Hello {}", who.called(true)) } else { "Hello".to_owned() };
    if clock_doubtful {
        return format!("{greeting}. The clock is not set: times are doubtful");
    }
    match bookings {
        0 => format!("{greeting}: scan gear"),
        1 => format!("{greeting}: scan gear, your booking is taken"),
        _ => format!("{greeting}: {bookings} bookings, scan one's card"),
    }
}

fn due_words(due: String, clock_doubtful: bool) -> String {
    if clock_doubtful { format!("due {due}? clock not set") } else { format!("due {due}") }
}

fn back_words(late_ms: Option<i64>, other: Option<&Who>, clock_doubtful: bool, names: bool) -> String {
    let late = late_ms.map(|ms| {
        let doubt = if clock_doubtful { ", but the clock is not set" } else { "" };
        format!("{} late{doubt}", span(ms))
    });
    let other = other.map(|who| format!("was out to {}", who.called(names)));
    late.into_iter().chain(other).collect::<Vec<_>>().join(", ")
}

/// `out: FX6, due 18:00`, with the members of a kit where some did not go along.
fn movement(direction: &str, name: &str, members: &Option<Members>, said: &str) -> String {
    let heading = format!(
        "{}{}",
        direction.get(..1).unwrap_or_default().to_uppercase(),
        direction.get(1..).unwrap_or_default()
    );
    let members = members.as_ref().filter(|members| !members.missing.is_empty()).map(Members::say);
    let parts: Vec<String> = [Some(name.to_owned()), members, Some(said.to_owned())]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    format!("{heading}: {}", parts.join(", "))
}

fn which_booking(what: &What, bookings: &[BookingId]) -> String {
    let cards: Vec<String> = bookings.iter().map(|booking| format!("BK:{booking}")).collect();
    format!("Which booking? {} for {}, CONFIRM for none", cards.join(" or "), what.name)
}
