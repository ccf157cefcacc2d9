//! What reading a calendar did, as the command line and the daemon say it: the same lines dry and in earnest.

use serde::{Deserialize, Serialize};

use crate::calendar::Problem;
use crate::calendar::plan::{Do, Left, Plan, Step};
use crate::domain::fact::BookingMade;
use crate::domain::id::BookingId;

/// Lines that are said of one reading; more are only counted.
pub const LINES_MAX: usize = 1_000;
/// Of these, events that are no bookings, and as many places that could not be read: what is done has room beside them.
const NOT_TAKEN_MAX: usize = 200;

/// What reading a calendar did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Synced {
    /// The calendar.
    pub calendar: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Bookings that are new.
    pub made: usize,
    /// Bookings that say something else now.
    pub changed: usize,
    /// Bookings that stand no longer.
    pub cancelled: usize,
    /// Bookings that are as the calendar says.
    pub same: usize,
    /// Bookings that could not be made, changed or cancelled.
    pub refused: usize,
    /// Bookings that are left as they are although the calendar says otherwise.
    pub left: usize,
    /// Events that are no bookings.
    pub skipped: usize,
    /// Places of the file that could not be read.
    pub unread: usize,
    /// Why nothing of it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
    /// Each of these, as far as there is room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Said>,
}

/// What became of one event or booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `new`, `changed`, `cancelled`, `refused`, `left`, `skipped` or `unread`.
    pub what: String,
    /// The booking, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// The line of the file on which the event begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The same in words.
    pub sentence: String,
}

impl Synced {
    /// What is clear before anything of a plan is done.
    pub fn of(calendar: &str, dry_run: bool, plan: &Plan, problems: &[Problem]) -> Self {
        let mut synced = Self {
            calendar: calendar.to_owned(),
            dry_run,
            same: plan.same,
            held_back: plan.held_back.clone(),
            ..Self::default()
        };
        for Problem { line, what } in problems {
            synced.unread += 1;
            if synced.unread <= NOT_TAKEN_MAX {
                synced.say("unread", None, Some(*line), what.clone());
            }
        }
        for Left { booking, line, why } in &plan.skipped {
            synced.skipped += 1;
            if synced.skipped <= NOT_TAKEN_MAX {
                synced.say("skipped", booking.clone(), *line, why.clone());
            }
        }
        for Left { booking, line, why } in &plan.left {
            synced.left += 1;
            synced.say("left", booking.clone(), *line, why.clone());
        }
        synced
    }

    /// What became of one step: whether it was done, and the sentence of its verdict.
    pub fn done(&mut self, step: &Step, is_done: bool, sentence: String) {
        let (what, count) = match (is_done, &step.what) {
            (false, _) => ("refused", &mut self.refused),
            (true, Do::Make(_)) => ("new", &mut self.made),
            (true, Do::Change(_)) => ("changed", &mut self.changed),
            (true, Do::Cancel) => ("cancelled", &mut self.cancelled),
        };
        *count += 1;
        let sentence = match &step.what {
            Do::Make(plan) | Do::Change(plan) if is_done => format!("{sentence}; {}", taken(plan)),
            _ => sentence,
        };
        self.say(what, Some(step.booking.clone()), step.line, sentence);
    }

    fn say(&mut self, what: &str, booking: Option<BookingId>, line: Option<u64>, sentence: String) {
        if self.lines.len() < LINES_MAX {
            self.lines.push(Said { what: what.to_owned(), booking, line, sentence });
        }
    }

    /// Whether nothing is to be looked at by anybody.
    pub fn is_smooth(&self) -> bool {
        self.held_back.is_none() && self.refused == 0
    }

    /// All of it in numbers.
    pub fn numbers(&self) -> String {
        let Self { made, changed, cancelled, same, .. } = self;
        let rest = [
            (self.refused, "refused"),
            (self.left, "left as they are"),
            (self.skipped, "no bookings"),
            (self.unread, "not read"),
        ];
        let rest =
            rest.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        format!(
            "{made} new, {changed} changed, {cancelled} cancelled, {same} as they were{}",
            rest.collect::<String>()
        )
    }
}

/// What a booking takes and what for, by ids.
fn taken(plan: &BookingMade) -> String {
    let many = plan.models.iter().chain(&plan.stock).map(|of| format!("{} x {}", of.count, of.of));
    let rooms = plan.rooms.iter().map(ToString::to_string);
    let gear = plan.kits.iter().map(ToString::to_string).chain(plan.assets.iter().map(ToString::to_string));
    let things = rooms.chain(gear).chain(many).collect::<Vec<_>>().join(", ");
    let production = plan.production.as_ref().map(|id| format!(" for {id}")).unwrap_or_default();
    let hold = if plan.is_confirmed() { "" } else { ", a hold" };
    format!("{things}{production}{hold}")
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, booking, line, sentence } = self;
        f.write_str(what)?;
        if let Some(booking) = booking {
            write!(f, " {booking}")?;
        }
        if let Some(line) = line {
            write!(f, " (line {line})")?;
        }
        write!(f, ": {sentence}")
    }
}

/// How a calendar is, as `status` and the retained `info` show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarStatus {
    /// The calendar.
    pub id: String,
    /// Its file, or the host of its feed.
    pub from: String,
    /// `waiting` (not read yet), `current`, `held-back`, `failed`.
    pub state: String,
    /// What there is to say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it was last read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<crate::time::UtcMs>,
    /// Bookings that it could not make, change or cancel when it was last read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
