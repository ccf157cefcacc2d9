//! What people do by hand, and what programs ask for: the same decisions as on a reader, by other words.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::fact::{Body, BookingMade, Condition, Subject};
use super::id::{BookingId, PersonId, ProductionId, RoomId};
use super::person::Roles;
use super::rights::Right;
use crate::time::UtcMs;

/// Who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person; `None` for a user of this machine whom the configuration does not name.
    pub person: Option<PersonId>,
    /// What they are in the studio.
    pub roles: Roles,
}

/// Something to be done by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Makes a booking, or changes the one of that id.
    Book {
        /// The booking.
        booking: BookingId,
        /// What it says.
        plan: Box<BookingMade>,
        /// When it comes again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repeats: Option<Repeats>,
        /// It has to exist already.
        #[serde(default)]
        exists: bool,
    },
    /// Cancels a booking.
    CancelBooking {
        /// The booking.
        booking: BookingId,
        /// And those of its series that come after it.
        #[serde(default)]
        series: bool,
    },
    /// Says what a thing, room, production or person is.
    Register {
        /// What it is about.
        subject: Subject,
        /// What is known of it from now on.
        body: Box<Body>,
    },
    /// Checks gear out to somebody, or hands it over to them.
    CheckOut {
        /// The asset, kit or stock.
        thing: Subject,
        /// Who gets it.
        person: Option<PersonId>,
        /// The booking it is for.
        #[serde(default)]
        booking: Option<BookingId>,
        /// The production it is for.
        #[serde(default)]
        production: Option<ProductionId>,
        /// Where it goes.
        #[serde(default)]
        room: Option<RoomId>,
        /// When it is to be back.
        #[serde(default)]
        until: Option<UtcMs>,
        /// Pieces of a stock.
        #[serde(default)]
        count: Option<u32>,
        /// It is known to be out to somebody else, and goes from them to this person.
        #[serde(default)]
        hand_over: bool,
    },
    /// Takes gear back.
    Return {
        /// The asset, kit or stock.
        thing: Subject,
        /// Who brought it.
        #[serde(default)]
        person: Option<PersonId>,
        /// When it came back, where that was earlier.
        #[serde(default)]
        at: Option<UtcMs>,
        /// Pieces of a stock.
        #[serde(default)]
        count: Option<u32>,
    },
    /// Keeps gear out longer.
    Extend {
        /// The asset or kit.
        thing: Subject,
        /// Until when; without it as long as the EXTEND card gives.
        #[serde(default)]
        until: Option<UtcMs>,
    },
    /// Wants gear back.
    Recall {
        /// The asset or kit.
        thing: Subject,
        /// By when.
        wanted_by: UtcMs,
        /// For which production.
        #[serde(default)]
        wanted_for: Option<ProductionId>,
    },
    /// Wants it back no longer.
    WithdrawRecall {
        /// The asset or kit.
        thing: Subject,
    },
    /// Puts a code on a thing.
    Learn {
        /// The code.
        code: Code,
        /// The thing.
        thing: Subject,
    },
    /// Takes a code off a thing.
    Unlearn {
        /// The code.
        code: Code,
        /// The thing.
        thing: Subject,
    },
    /// Notes the state of a thing.
    NoteCondition {
        /// The asset or kit.
        thing: Subject,
        /// Its state.
        condition: Condition,
        /// What is the matter; kept apart from the facts.
        #[serde(default)]
        note: Option<String>,
    },
    /// Opens a maintenance job.
    OpenMaintenance {
        /// The asset or kit.
        thing: Subject,
        /// Whether it stays in.
        blocks: bool,
        /// What is to be done; kept apart from the facts.
        #[serde(default)]
        note: Option<String>,
    },
    /// Closes the maintenance jobs of a thing.
    CloseMaintenance {
        /// The asset or kit.
        thing: Subject,
    },
    /// Records an inspection.
    Inspect {
        /// The asset or kit.
        thing: Subject,
        /// When the next is due.
        #[serde(default)]
        next_due: Option<UtcMs>,
    },
    /// Gives a thing up.
    MarkLost {
        /// The asset or kit.
        thing: Subject,
    },
    /// Says how many pieces there are.
    CountStock {
        /// The stock.
        thing: Subject,
        /// Pieces, those that are out among them.
        count: u32,
    },
    /// Takes back what a scan or a command did.
    Undo {
        /// The id of the scan or command.
        scan: String,
    },
    /// Begins a count.
    BeginCount {
        /// The room; without it everything that is home.
        #[serde(default)]
        room: Option<RoomId>,
    },
    /// Ends a count.
    EndCount {
        /// The room; without it the count of everything.
        #[serde(default)]
        room: Option<RoomId>,
    },
    /// Drops a count.
    CancelCount {
        /// The room; without it the count of everything.
        #[serde(default)]
        room: Option<RoomId>,
    },
}

/// When a booking comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeats {
    /// How often.
    pub every: Every,
    /// The last moment at which one may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UtcMs>,
    /// How many there are, the first among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// How often a booking comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// Each day.
    Day,
    /// Each day from Monday to Friday.
    Weekday,
    /// On the same day of each week.
    Week,
    /// On the same day of every second week.
    Fortnight,
    /// On the same date of each month; months without it are left out.
    Month,
}

impl Every {
    /// Every rhythm.
    pub const ALL: [Self; 5] = [Self::Day, Self::Weekday, Self::Week, Self::Fortnight, Self::Month];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::Week => "week",
            Self::Fortnight => "fortnight",
            Self::Month => "month",
        }
    }

    /// The rhythm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.name() == name)
    }
}

impl Command {
    /// The right that it needs.
    pub fn right(&self) -> Right {
        match self {
            Self::Book { .. } | Self::CancelBooking { .. } => Right::Book,
            Self::Register { subject: Subject::Production(_), .. } => Right::Plan,
            Self::Register { subject: Subject::Person(_), .. } => Right::People,
            Self::Register { .. } | Self::MarkLost { .. } | Self::CountStock { .. } => Right::Register,
            Self::Return { at: Some(_), .. } | Self::Undo { .. } => Right::Correct,
            Self::CheckOut { .. } | Self::Return { .. } | Self::Extend { .. } => Right::ByHand,
            Self::Recall { .. } | Self::WithdrawRecall { .. } => Right::Recall,
            Self::Learn { .. } | Self::Unlearn { .. } => Right::Learn,
            Self::NoteCondition { .. }
            | Self::OpenMaintenance { .. }
            | Self::CloseMaintenance { .. }
            | Self::Inspect { .. } => Right::Maintain,
            Self::BeginCount { .. } | Self::EndCount { .. } | Self::CancelCount { .. } => Right::Count,
        }
    }

    /// The thing that it is about, where it is about one.
    pub fn thing(&self) -> Option<&Subject> {
        match self {
            Self::CheckOut { thing, .. }
            | Self::Return { thing, .. }
            | Self::Extend { thing, .. }
            | Self::Recall { thing, .. }
            | Self::WithdrawRecall { thing }
            | Self::Learn { thing, .. }
            | Self::Unlearn { thing, .. }
            | Self::NoteCondition { thing, .. }
            | Self::OpenMaintenance { thing, .. }
            | Self::CloseMaintenance { thing }
            | Self::Inspect { thing, .. }
            | Self::MarkLost { thing }
            | Self::CountStock { thing, .. } => Some(thing),
            Self::Register { subject, .. } => Some(subject),
            Self::Book { .. } | Self::CancelBooking { .. } | Self::Undo { .. } => None,
            Self::BeginCount { .. } | Self::EndCount { .. } | Self::CancelCount { .. } => None,
        }
    }

    /// Whether whoever asks for it had the thing before them: then it counts as seen.
    pub fn is_sighting(&self) -> bool {
        matches!(
            self,
            Self::CheckOut { .. } | Self::Return { .. } | Self::NoteCondition { .. } | Self::Inspect { .. }
        )
    }

    /// What is to be kept beside the fact, where it can be erased.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::NoteCondition { note, .. } | Self::OpenMaintenance { note, .. } => note.as_deref(),
            _ => None,
        }
    }
}
