//! The words of a verdict: what happened, then what to do. The first words alone are worth reading.

use super::{Raised, Remark, Telling, Verdict, What, Who};
use crate::domain::code::Card;
use crate::domain::fact::Condition;
use crate::domain::id::BookingId;
use crate::domain::loaded::StillOut;
use crate::domain::policy::Answerer;
use crate::domain::words::when;
use crate::time::UtcMs;

/// Things still out that are named when a session closes; the rest are counted.
const STILL_OUT_NAMED: usize = 4;

impl Telling {
    pub(super) fn at(&self, moment: UtcMs) -> String {
        when(moment, self.now, self.zone)
    }
}

impl Verdict {
    /// One sentence for people: what happened, then what to do.
    pub fn sentence(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| telling.at(moment);
        match self {
            Self::CodeIsPerson { .. }
            | Self::SamePerson { .. }
            | Self::CodeIsProduction { .. }
            | Self::CodeIsBooking { .. }
            | Self::BookingNotNow { .. }
            | Self::CodeIsPlace { .. }
            | Self::ReturnMode
            | Self::ExtendMode
            | Self::LearnMode
            | Self::LearnCode { .. }
            | Self::SessionClosed { .. }
            | Self::NotTaken { .. }
            | Self::Cancelled => self.conversation(telling),
            Self::CheckedOut { what, due, notices, clock_doubtful } => {
                listed("Out", &what.name, notices, telling, &due_words(at(*due), *clock_doubtful))
            }
            Self::Extended { what, due, notices } => {
                listed("Longer", &what.name, notices, telling, &format!("due {}", at(*due)))
            }
            Self::HandedOver { what, from, due, notices, clock_doubtful } => {
                let from = from.as_ref().map_or("somebody", |who| who.called(telling.names));
                let due = due_words(at(*due), *clock_doubtful);
                format!("{}, from {from}", listed("Handed over", &what.name, notices, telling, &due))
                    .replacen("Handed over: ", "Handed over ", 1)
            }
            Self::Returned { what, remarks, clock_doubtful } => back(what, remarks, *clock_doubtful, telling),
            Self::NotOut { what, remarks } if remarks.is_empty() => {
                format!("Was not out: {}. Seen here, noted", what.name)
            }
            Self::NotOut { what, remarks } => {
                format!("Was not out: {}, {}. Noted", what.name, remarked(remarks, telling))
            }
            Self::Undone { things: 1, name } => format!("Undone: {name}"),
            Self::Undone { things, name } => format!("Undone: {name} and {} more", things.saturating_sub(1)),
            Self::DuplicateScan { what: Some(what) } => format!("Again: {}. Nothing changed", what.name),
            Self::DuplicateScan { what: None } => "Again. Nothing changed".into(),
            Self::AtDoor(said) => said.sentence(telling),
            Self::Count(said) => said.sentence(telling),
            Self::Passed(passages) => passages.sentence(telling),
            other if other.is_question() => other.question(telling),
            other if other.is_refusal() => other.refusal(telling),
            other => other.by_hand(telling),
        }
    }

    fn conversation(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| telling.at(moment);
        match self {
            Self::CodeIsPerson { who, bookings, overdue, recalled, clock_doubtful } => {
                person(who, *bookings, (*overdue, *recalled), *clock_doubtful, telling.names)
            }
            Self::SamePerson { .. } => "Open already: scan gear, or DONE".into(),
            Self::CodeIsProduction { title } => format!("For {title}"),
            Self::CodeIsBooking { booking, ends } => format!("For {booking}, until {}", at(*ends)),
            Self::BookingNotNow { booking, starts, ends } => {
                format!("{booking} is not now: {} to {}", at(*starts), at(*ends))
            }
            Self::CodeIsPlace { name } => format!("Goes to {name}"),
            Self::ReturnMode => "Returns until DONE: scan gear".into(),
            Self::ExtendMode => "Longer until DONE: scan gear".into(),
            Self::LearnMode => "Learn: scan the unknown code".into(),
            Self::LearnCode { code } => format!("Learn {code}: scan what it is on, or type its name"),
            Self::SessionClosed { card: Some(Card::Done | Card::Cancel), still_out }
                if !still_out.is_empty() =>
            {
                format!("Done. Still out: {}", still_out_words(still_out, telling))
            }
            Self::NotTaken { name, still_out } if still_out.is_empty() => {
                format!("Not taken: {name}. Nobody confirmed it. Done")
            }
            Self::NotTaken { name, still_out } => {
                let still_out = still_out_words(still_out, telling);
                format!("Not taken: {name}. Nobody confirmed it. Done. Still out: {still_out}")
            }
            Self::SessionClosed { card: Some(_), .. } => "Done".into(),
            Self::SessionClosed { card: None, .. } => "Session closed: scan your badge".into(),
            _ => "Cancelled: nothing changed".into(),
        }
    }

    fn question(&self, telling: &Telling) -> String {
        let names = telling.names;
        match self {
            Self::AlreadyOutToOther { what, holder } => {
                format!("Hand over? CONFIRM. {} is out to {}", what.name, holder.called(names))
            }
            Self::SeveralBookings { what, bookings } => which_booking(what, bookings),
            Self::Objection { what, raised, answerer } => {
                format!("{}: {}. {}", said(raised, telling), what.name, to_do(*answerer))
            }
            Self::OrderObjection { named, raised, answerer, .. } => {
                let to_do = match answerer {
                    Answerer::Anybody => "Confirm to do it all the same".to_owned(),
                    Answerer::Only(roles) => format!("Needs {}, who confirms it", roles.without_admin()),
                };
                format!("{}: {named}. {to_do}", said(raised, telling))
            }
            Self::NotYours { answerer } => to_do(*answerer),
            Self::PersonOrThing { who, thing, badge_is_meant: true } => {
                format!("Badge or {}? CONFIRM for the badge of {}", thing.name, who.called(names))
            }
            Self::PersonOrThing { who, thing, .. } => {
                format!("{}? CONFIRM. The code is also the badge of {}", thing.name, who.called(names))
            }
            Self::Countersigned { who } => format!("Countersigned: now CONFIRM ({})", who.called(names)),
            _ => self.conversation(telling),
        }
    }

    fn refusal(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| telling.at(moment);
        match self {
            Self::Refusal { what, raised } => {
                format!("{}: {}. Ask the attendant", said(raised, telling), what.name)
            }
            Self::UnknownCode { reserved: true } => "No such card: nothing has that code".into(),
            Self::UnknownCode { .. } => "Unknown code: kept for the attendant".into(),
            Self::AmbiguousCode { of } => {
                format!("Code is on several: {}. Scan another label of it, or its id", of.join(" and "))
            }
            Self::SeveralAtOnce { of } => {
                format!("One after another: {} were read together, nothing changed", of.join(" and "))
            }
            Self::MalformedCode { fault } => format!("Not a code: {fault}"),
            Self::PersonUnknown => "Badge of nobody: ask the attendant".into(),
            Self::NoSession { what } => format!("Scan your badge first, then {what}"),
            Self::PersonExpired { who, since } => {
                format!("Badge expired {}: {}. Ask the attendant", at(*since), who.called(telling.names))
            }
            Self::PersonSuspended { who, until } => {
                let until = until.map_or(String::new(), |until| format!(" until {}", at(until)));
                format!("Suspended{until}: {}. Ask the attendant", who.called(telling.names))
            }
            Self::ReaderDown { reader } => {
                format!("Gate is blind: {reader} reads nothing. What passes is not noticed: look after it")
            }
            Self::NothingToConfirm => "Nothing to confirm: scan gear".into(),
            Self::NotConfirmed => "Not confirmed: nothing changed".into(),
            Self::NothingToUndo => "Nothing to undo in this session".into(),
            Self::UndoTooLate { name } => format!("Too late to undo: {name} has moved since"),
            Self::NothingToNote => "Scan the thing first, then its condition".into(),
            Self::NotOutToExtend { what } => format!("Not out: {}. Nothing to extend", what.name),
            Self::NothingToLearn => "Not a thing: scan the asset that the code is on".into(),
            Self::TagNotThere { what, code } => format!("{code} is not on {}: nothing changed", what.name),
            Self::NoRight { right, who } => match who {
                Answerer::Only(roles) => {
                    format!("Not allowed: {} is for {}", right.name(), roles.without_admin())
                }
                Answerer::Anybody => format!("Not allowed: {}", right.name()),
            },
            Self::NotFound { named } => format!("Not found: {named}"),
            Self::NoSense { why } => why.clone(),
            Self::BookingConflict { booking, conflicts } => {
                let said: Vec<String> = conflicts.iter().map(|conflict| conflict.say(telling)).collect();
                format!("{booking} cannot be booked: {}", said.join("; "))
            }
            _ => "NOT RECORDED: storage refuses. Wait, or write it down".into(),
        }
    }

    /// What was done at the desk rather than by a label.
    fn by_hand(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| telling.at(moment);
        match self {
            Self::StockTaken { what, pieces, count, available, due, notices } => {
                let due = due.map_or(String::new(), |due| format!(", due {}", at(due)));
                let left = format!("{count} pieces, {available} available{due}");
                listed("Out", &format!("{pieces} x {}", what.name), notices, telling, &left)
            }
            Self::StockReturned { what, pieces, count, available, surplus } => {
                let more =
                    if *surplus > 0 { format!(", {surplus} more than went out") } else { String::new() };
                format!("Back: {pieces} x {}{more}, {count} pieces, {available} available", what.name)
            }
            Self::StockCounted { what, count, available } => {
                format!("Counted: {}, {count} pieces, {available} available", what.name)
            }
            Self::ConditionNoted { what, condition, maintenance, is_out } => {
                condition_words(what, *condition, *maintenance, *is_out)
            }
            Self::TagAssigned { what, code } => format!("Learned: {code} is {}", what.name),
            Self::TagReleased { what, code } => format!("Taken off: {code} is {} no longer", what.name),
            Self::RecallMade { what, holder, wanted_by } => {
                let holder = holder.as_ref().map_or("somebody", |who| who.called(telling.names));
                format!("Recalled: {}, wanted {}, {holder} has it", what.name, at(*wanted_by))
            }
            Self::RecallWithdrawn { what } => format!("No longer recalled: {}", what.name),
            Self::MaintenanceOpened { what, blocks: true } => {
                format!("In maintenance, stays in: {}", what.name)
            }
            Self::MaintenanceOpened { what, .. } => format!("Maintenance noted, may go: {}", what.name),
            Self::MaintenanceClosed { what, jobs: 0 } => format!("No maintenance was open: {}", what.name),
            Self::MaintenanceClosed { what, jobs } => format!("Maintenance done ({jobs}): {}", what.name),
            Self::Inspected { what, next_due: Some(due) } => {
                format!("Inspected: {}, next due {}", what.name, at(*due))
            }
            Self::Inspected { what, .. } => format!("Inspected: {}", what.name),
            Self::MarkedLost { what, holder } => {
                let holder = holder.as_ref().map(|who| format!(", last with {}", who.called(telling.names)));
                format!("Given up as lost: {}{}", what.name, holder.unwrap_or_default())
            }
            Self::Registered { subject, name, is_out: true } => {
                format!("Recorded: {name} ({subject}), which is out still")
            }
            Self::Registered { subject, name, .. } => format!("Recorded: {name} ({subject})"),
            Self::Booked { booking, title, starts, ends, times, notices } => {
                let times = if *times > 1 { format!(", {times} times") } else { String::new() };
                let span = format!("{} to {}{times}", at(*starts), at(*ends));
                let called = if telling.names { format!("{title} ({booking})") } else { booking.to_string() };
                listed("Booked", &called, notices, telling, &span)
            }
            Self::BookingCancelled { booking, times, out } => {
                let more = times.saturating_sub(1);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let out = if *out > 0 { format!(". Out for it still: {out}") } else { String::new() };
                format!("Cancelled: {booking}{more}{out}")
            }
            _ => String::new(),
        }
    }
}

fn person(
    who: &Who,
    bookings: usize,
    (overdue, recalled): (u32, u32),
    clock_doubtful: bool,
    names: bool,
) -> String {
    let greeting = if names { format!("Hello {}", who.called(true)) } else { "Hello".to_owned() };
    if clock_doubtful {
        return format!("{greeting}. The clock is not set: times are doubtful");
    }
    if recalled > 0 {
        return format!("{greeting}: bring back {recalled} recalled. Scan gear");
    }
    if overdue > 0 {
        return format!("{greeting}: {overdue} overdue. Scan gear");
    }
    match bookings {
        0 => format!("{greeting}: scan gear"),
        1 => format!("{greeting}: scan gear for your booking"),
        _ => format!("{greeting}: {bookings} bookings, scan one's card"),
    }
}

fn due_words(due: String, clock_doubtful: bool) -> String {
    if clock_doubtful { format!("due {due}? clock not set") } else { format!("due {due}") }
}

/// `Out: FX6, what is to be said, due 18:00`.
fn listed(heading: &str, name: &str, raised: &[Raised], telling: &Telling, end: &str) -> String {
    let notices = raised.iter().map(|raised| raised.say_within(telling));
    let parts: Vec<String> =
        std::iter::once(name.to_owned()).chain(notices).chain(std::iter::once(end.to_owned())).collect();
    format!("{heading}: {}", parts.join(", "))
}

fn back(what: &What, remarks: &[Remark], clock_doubtful: bool, telling: &Telling) -> String {
    let late = remarks.iter().any(|remark| matches!(remark, Remark::Late { .. }));
    let doubt = if late && clock_doubtful { ", but the clock is not set" } else { "" };
    if remarks.is_empty() {
        return format!("Back: {}", what.name);
    }
    format!("Back: {}, {}{doubt}", what.name, remarked(remarks, telling))
}

fn remarked(remarks: &[Remark], telling: &Telling) -> String {
    remarks.iter().map(|remark| remark.say(telling)).collect::<Vec<_>>().join(", ")
}

fn still_out_words(still_out: &[StillOut], telling: &Telling) -> String {
    let one = |out: &StillOut| {
        let who = out.person_name.as_deref().filter(|_| telling.names).map(|name| format!("{name} "));
        format!("{} ({}since {})", out.name, who.unwrap_or_default(), telling.at(out.since))
    };
    let named: Vec<String> = still_out.iter().take(STILL_OUT_NAMED).map(one).collect();
    let more = still_out.len().saturating_sub(STILL_OUT_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// The objections of a question or a refusal.
fn said(raised: &[Raised], telling: &Telling) -> String {
    raised.iter().map(|raised| raised.say(telling)).collect::<Vec<_>>().join("; ")
}

fn to_do(answerer: Answerer) -> String {
    match answerer {
        Answerer::Anybody => "CONFIRM to take it all the same".into(),
        Answerer::Only(roles) => format!("Needs {}: their badge, then CONFIRM", roles.without_admin()),
    }
}

fn which_booking(what: &What, bookings: &[BookingId]) -> String {
    let cards: Vec<String> = bookings.iter().map(|booking| format!("BK:{booking}")).collect();
    format!("Which booking? {} for {}, CONFIRM for none", cards.join(" or "), what.name)
}

fn condition_words(what: &What, condition: Condition, maintenance: Option<bool>, is_out: bool) -> String {
    let job = match (maintenance, condition) {
        (Some(true), Condition::Ok) => ". Still in maintenance: it stays in",
        (Some(false), Condition::Ok) => ". Maintenance is still due",
        (Some(true), _) if is_out => ". To the bench when it is back",
        (Some(true), _) => ". To the bench: it stays in",
        (Some(false), _) => ". Maintenance noted",
        (None, _) => "",
    };
    let state = condition.name().replace('-', " ");
    format!("Noted {state}: {}{job}", what.name)
}
