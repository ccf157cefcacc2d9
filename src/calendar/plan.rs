//! What a calendar changes: its occurrences beside the bookings that it made before.
//!
//! The id of a booking says which calendar, event and instance it is of, so the link is in the facts themselves: the
//! same calendar again makes the same ids, and a booking whose newest fact is not the calendar's was changed by hand.

use std::collections::{BTreeMap, BTreeSet};

use ring::digest::{SHA256, digest};

use super::meaning::{Names, Source, meaning};
use super::{Occurrence, Status};
use crate::domain::fact::BookingMade;
use crate::domain::id::BookingId;
use crate::domain::rules::HouseRules;
use crate::time::UtcMs;

/// The longest id of a calendar, so that the ids of its bookings are ids.
pub const SOURCE_CHARS_MAX: usize = 32;

/// Hex digits of an event in the id of a booking, and of an instance of it.
const UID_DIGITS: usize = 12;
const INSTANCE_DIGITS: usize = 8;

/// Of so many upcoming bookings at least, most may not vanish at once without being asked about.
const VANISHING_MIN: usize = 5;

/// What every booking of a calendar has in its id before the event.
pub fn prefix(source: &str) -> String {
    format!("cal-{source}-")
}

/// Whether a booking has the id of one of that calendar's.
pub fn is_of(source: &str, booking: &BookingId) -> bool {
    let rest = booking.as_str().strip_prefix(&prefix(source));
    rest.is_some_and(|rest| {
        rest.len() == UID_DIGITS + INSTANCE_DIGITS && rest.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// The booking of one instance of an event; `None` where the calendar's id is too long for one.
pub fn booking_id(source: &str, uid: &str, instance: Option<&str>) -> Option<BookingId> {
    let (uid, instance) = (hex(uid, UID_DIGITS), hex(instance.unwrap_or_default(), INSTANCE_DIGITS));
    BookingId::parse(&format!("{}{uid}{instance}", prefix(source))).ok()
}

fn hex(text: &str, digits: usize) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(digits / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// A booking that the calendar made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The booking.
    pub booking: BookingId,
    /// What it says; `None` where it stands no longer.
    pub plan: Option<BookingMade>,
    /// Whether its newest fact is somebody else's.
    pub by_hand: bool,
    /// Things that are out for it.
    pub out: usize,
}

/// What a calendar says of the time that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// Its occurrences, the cancelled among them.
    pub occurrences: &'a [Occurrence],
    /// `UID`s of events that could not be read: their bookings are left as they are.
    pub doubtful: &'a [String],
}

/// What is to be done with a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// It stands no longer.
    Cancel,
    /// It says something else.
    Change(Box<BookingMade>),
    /// It is new.
    Make(Box<BookingMade>),
}

/// One booking, and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The booking.
    pub booking: BookingId,
    /// The line of the file on which its event begins.
    pub line: Option<u64>,
    /// What is to be done.
    pub what: Do,
}

/// Something that is not done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The booking, where there is one.
    pub booking: Option<BookingId>,
    /// The line of the file on which its event begins.
    pub line: Option<u64>,
    /// Why, as a sentence without its end.
    pub why: String,
}

/// What a calendar changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done: what is cancelled makes room first.
    pub steps: Vec<Step>,
    /// Bookings that stay as they are although the calendar says otherwise.
    pub left: Vec<Left>,
    /// Events that are no bookings.
    pub skipped: Vec<Left>,
    /// Bookings that are as the calendar says.
    pub same: usize,
    /// Why nothing of it is done before somebody has confirmed it.
    pub held_back: Option<String>,
}

/// Compares a calendar with the bookings that it made.
///
/// `confirmed`: somebody has said that most of them may vanish. Times are compared with `now`: what is over is left.
pub fn plan(
    source: &Source,
    names: &Names,
    house: &HouseRules,
    (feed, standing): (&Feed<'_>, &[Standing]),
    confirmed: bool,
    now: UtcMs,
) -> Plan {
    let mut planning = Planning {
        source,
        names,
        house,
        now,
        standing: standing.iter().map(|one| (&one.booking, one)).collect(),
        seen: BTreeSet::new(),
        cancelled: BTreeMap::new(),
        plan: Plan::default(),
    };
    for occurrence in feed.occurrences {
        planning.occurrence(occurrence);
    }
    let doubtful: BTreeSet<String> = feed.doubtful.iter().map(|uid| hex(uid, UID_DIGITS)).collect();
    planning.vanished(&doubtful, confirmed);
    planning.plan
}

/// One comparison while it is made.
struct Planning<'a> {
    source: &'a Source,
    names: &'a Names,
    house: &'a HouseRules,
    now: UtcMs,
    standing: BTreeMap<&'a BookingId, &'a Standing>,
    seen: BTreeSet<BookingId>,
    cancelled: BTreeMap<BookingId, u64>,
    plan: Plan,
}

impl Planning<'_> {
    fn occurrence(&mut self, event: &Occurrence) {
        let Some(booking) = booking_id(&self.source.id, &event.uid, event.instance.as_deref()) else {
            return;
        };
        if event.status == Status::Cancelled {
            self.cancelled.insert(booking, event.line);
            return;
        }
        if !self.names.own_uids.is_empty() && event.uid.ends_with(&self.names.own_uids) {
            return self.skip(event, "it comes from a feed of this studio itself".to_owned());
        }
        match meaning(self.source, self.names, event) {
            Err(why) => self.skip(event, why),
            Ok(_) if !self.seen.insert(booking.clone()) => {
                self.skip(event, "the calendar has it twice: the first counts".to_owned());
            }
            // What is over stays as it was.
            Ok(_) if event.ends <= self.now => {}
            Ok(wanted) => self.compare(booking, event.line, wanted),
        }
    }

    /// An event that is no booking, once for all of its instances.
    fn skip(&mut self, event: &Occurrence, why: String) {
        let left = Left { booking: None, line: Some(event.line), why };
        if event.ends > self.now && !self.plan.skipped.contains(&left) {
            self.plan.skipped.push(left);
        }
    }

    fn leave(&mut self, booking: &BookingId, line: Option<u64>, why: &str) {
        self.plan.left.push(Left { booking: Some(booking.clone()), line, why: why.to_owned() });
    }

    fn compare(&mut self, booking: BookingId, line: u64, wanted: BookingMade) {
        let before = self.standing.get(&booking).copied();
        let old = before.and_then(|before| before.plan.as_ref());
        let (prepare_ms, clean_up_ms) = old
            .map_or((self.house.prepare_ms, self.house.clean_up_ms), |old| (old.prepare_ms, old.clean_up_ms));
        let wanted = BookingMade { prepare_ms, clean_up_ms, ..wanted };
        let is_same = old.is_some_and(|old| says_the_same(old, &wanted));
        match before {
            _ if is_same => self.plan.same += 1,
            Some(Standing { by_hand: true, plan, .. }) => {
                let what = if plan.is_some() { "changed" } else { "cancelled" };
                self.leave(
                    &booking,
                    Some(line),
                    &format!("it was {what} by hand, and the calendar says otherwise"),
                );
            }
            _ => {
                let what =
                    if old.is_some() { Do::Change(Box::new(wanted)) } else { Do::Make(Box::new(wanted)) };
                self.plan.steps.push(Step { booking, line: Some(line), what });
            }
        }
    }

    /// Bookings to come that the calendar does not have any more, or has as cancelled.
    fn vanished(&mut self, doubtful: &BTreeSet<String>, confirmed: bool) {
        let until = self.now.plus(self.source.horizon_ms);
        let is_to_come = |plan: &BookingMade| plan.ends > self.now && plan.starts < until;
        let to_come: Vec<&Standing> =
            self.standing.values().copied().filter(|one| one.plan.as_ref().is_some_and(is_to_come)).collect();
        let mut cancelled = Vec::new();
        let mut gone = 0;
        for one in &to_come {
            if self.seen.contains(&one.booking) {
                continue;
            }
            let line = self.cancelled.get(&one.booking).copied();
            match self.why_left(one, line, doubtful) {
                Some(why) => self.leave(&one.booking, line, &why),
                None => {
                    gone += usize::from(line.is_none());
                    cancelled.push(Step { booking: one.booking.clone(), line, what: Do::Cancel });
                }
            }
        }
        if to_come.len() >= VANISHING_MIN && gone * 2 > to_come.len() && !confirmed {
            self.plan.held_back = Some(format!(
                "{gone} of its {} upcoming bookings are not in it any more: nothing of it is done before somebody \
                 confirms it (cagekeeper calendar sync {} --confirm)",
                to_come.len(),
                self.source.id
            ));
        }
        cancelled.append(&mut self.plan.steps);
        cancelled.sort_by_key(|step| matches!(step.what, Do::Make(_)));
        self.plan.steps = cancelled;
    }

    /// Why a booking stays although the calendar does not have it.
    fn why_left(&self, one: &Standing, line: Option<u64>, doubtful: &BTreeSet<String>) -> Option<String> {
        let plan = one.plan.as_ref()?;
        let event =
            one.booking.as_str().strip_prefix(&prefix(&self.source.id)).and_then(|id| id.get(..UID_DIGITS));
        if one.by_hand {
            Some("it was changed by hand, and the calendar does not have it any more".to_owned())
        } else if one.out > 0 {
            let things =
                if one.out == 1 { "1 thing is".to_owned() } else { format!("{} things are", one.out) };
            Some(format!(
                "{things} out for it, and the calendar does not have it any more: cancel it by hand"
            ))
        } else if line.is_none() && event.is_some_and(|event| doubtful.contains(event)) {
            Some("its event could not be read".to_owned())
        } else if line.is_none() && plan.starts <= self.now {
            Some("it has begun, and the calendar does not have it any more".to_owned())
        } else {
            None
        }
    }
}

/// Whether a booking says what the calendar says; what was confirmed when it was made is not the calendar's.
fn says_the_same(old: &BookingMade, wanted: &BookingMade) -> bool {
    let BookingMade { series, overrides, confirmed_by, .. } = old.clone();
    BookingMade { series, overrides, confirmed_by, ..wanted.clone() } == *old
}

#[cfg(test)]
mod tests;
