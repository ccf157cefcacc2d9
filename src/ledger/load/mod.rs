//! Loading what a decision needs: a fixed number of queries for each kind of thing, inside the writing transaction.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::LedgerError;
use crate::domain::code::{Card, Code};
use crate::domain::fact::Subject;
use crate::domain::id::{BookingId, PersonId, ProductionId, ReaderId, RoomId};
use crate::domain::loaded::{Booking, Found, Loaded, Outlook, Production};
use crate::domain::passing::PassedTag;
use crate::domain::session::Session;
use crate::domain::way::Way;
use crate::time::UtcMs;

mod counts;
mod door;
mod identify;
mod outlook;
mod passing;
mod people;
mod plan;
mod session;
mod things;

pub use counts::{Tallied, open};
pub use outlook::{CLAIM_COLUMNS, claim_row, claims, units};
pub use people::person;
pub use plan::spent_cents;
pub use things::{asset, kit, kit_and_outer, stock};

use identify::Asking;

/// What was scanned, where the session stands, and when.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The scan.
    pub scan: &'a str,
    /// The device that read it.
    pub reader: Option<&'a ReaderId>,
    /// The code as read.
    pub payload: &'a str,
    /// Further codes that were read together with it.
    pub also: &'a [String],
    /// The session, aged to `now`.
    pub session: &'a Session,
    /// The room in which the station is, or which a command is about.
    pub room: Option<&'a RoomId>,
    /// The present.
    pub now: UtcMs,
    /// Scans with a higher number came after the start; `None` once the start is a minute ago.
    pub scans_at_start: Option<i64>,
    /// The room, where it was scanned at a door, and which way whoever scanned goes, where that is known.
    pub door: Option<(&'a RoomId, Option<Way>)>,
}

/// Loads everything that the decision about one scan can look at.
pub fn load(conn: &Connection, question: &Question) -> Result<Loaded, LedgerError> {
    let (session, now) = (question.session, question.now);
    let asking = Asking { conn, now };
    let (code, found, count) = asking.read(question.payload, question.also)?;
    let bookings_of = concerned(&found, session);
    let bookings = bookings_of.map(|id| plan::current_bookings(conn, id, now)).transpose()?;
    let bookings = bookings.unwrap_or_default();
    let booking = session.booking.as_ref().map(|id| plan::booking(conn, id)).transpose()?.flatten();
    let pending = session.pending.as_ref();
    let about = pending.map(|ask| asking.read(ask.code.as_str(), &ask.also)).transpose()?;
    let about = about.map(|(_, about, _)| about);
    let pending_outlook = about.as_ref().map(|about| outlook::outlook(conn, about, now)).transpose()?;
    let thing = on_reader(&found, about.as_ref());
    let first_since_start = session::first_since_start(conn, thing, question.scans_at_start)?;
    let sighting = session::sighting(conn, thing)?;
    let behind_door = question.door.map(|door| door::behind_door(conn, door, &found, now)).transpose()?;
    let counts = counts::open(conn, &counts::Tallied::of(&found, session))?;
    let person = |id: &PersonId| people::person_with_gear(conn, id, now);
    let countersigner = pending.and_then(|ask| ask.countersigned_by.as_ref());
    Ok(Loaded {
        scan: question.scan.to_owned(),
        reader: question.reader.cloned(),
        code,
        also: question.also.to_vec(),
        count,
        outlook: outlook::outlook(conn, &found, now)?,
        holder: session.person.as_ref().map(person).transpose()?.flatten(),
        productions: productions(conn, &found, session, booking.iter().chain(&bookings), now)?,
        bookings,
        pending: about,
        pending_outlook: pending_outlook.unwrap_or_default(),
        countersigner: countersigner.map(person).transpose()?.flatten(),
        last_scan: session.scans.last().map(|scan| session::last_scan(conn, scan)).transpose()?,
        last_thing: session.last_thing.as_ref().map(|thing| asking.of_subject(thing)).transpose()?,
        booking,
        still_out: session::still_out(conn, &session.brought_back)?,
        first_since_start,
        sighting,
        behind_door: behind_door.map(Box::new),
        counted: counts::counted(conn, &found, &counts)?,
        counts,
        room_here: question.room.map(|room| things::room(conn, room)).transpose()?.flatten(),
        passing: None,
        found,
    })
}

/// Loads everything that the decision about what passed a gate together can look at. The code is named where one tag
/// passed alone and is nobody's badge.
pub fn load_passing(
    conn: &Connection,
    scan: &str,
    reader: Option<&ReaderId>,
    tags: &[PassedTag],
) -> Result<Loaded, LedgerError> {
    let passing = passing::passing(conn, tags)?;
    let code = match tags {
        [only] if passing.badges == 0 => Code::canonical(&only.tag).ok(),
        _ => None,
    };
    Ok(Loaded {
        scan: scan.to_owned(),
        reader: reader.cloned(),
        code,
        passing: Some(Box::new(passing)),
        ..Loaded::default()
    })
}

/// What lies on the reader: where CONFIRM says that a code was meant as a label and no badge, that thing.
fn on_reader<'a>(found: &'a Found, about: Option<&'a Found>) -> &'a Found {
    match (found, about) {
        (Found::Card(Card::Confirm), Some(Found::PersonOrThing(_, thing))) => thing,
        _ => found,
    }
}

/// Whose current bookings count: those of the badge that was scanned, else of whoever has the session.
fn concerned<'a>(found: &'a Found, session: &'a Session) -> Option<&'a PersonId> {
    match found {
        Found::Person(person) => Some(&person.id),
        Found::PersonOrThing(person, _) => Some(session.person.as_ref().unwrap_or(&person.id)),
        _ => session.person.as_ref(),
    }
}

/// The productions of the session, and of bookings that it or the scan is about.
fn productions<'a>(
    conn: &Connection,
    found: &'a Found,
    session: &'a Session,
    bookings: impl Iterator<Item = &'a Booking>,
    now: UtcMs,
) -> Result<Vec<Production>, LedgerError> {
    let scanned = if let Found::Booking(booking) = found { Some(booking) } else { None };
    let of_bookings = bookings.chain(scanned).filter_map(|booking| booking.production.as_ref());
    let ids: BTreeSet<&ProductionId> = session.production.iter().chain(of_bookings).collect();
    plan::productions(conn, ids, now)
}

/// What a code names, for questions outside a session. What a production has cost is not counted up to any moment.
pub fn identify(conn: &Connection, code: &Code) -> Result<Found, LedgerError> {
    Asking { conn, now: UtcMs::default() }.identify(code)
}

/// A thing, and what stands against its going anywhere, for a command.
pub fn load_thing(conn: &Connection, subject: &Subject, now: UtcMs) -> Result<(Found, Outlook), LedgerError> {
    let found = Asking { conn, now }.of_subject(subject)?;
    let outlook = outlook::outlook(conn, &found, now)?;
    Ok((found, outlook))
}

/// A booking and what is out for it.
pub fn load_booking(conn: &Connection, id: &BookingId) -> Result<Option<Booking>, LedgerError> {
    plan::booking(conn, id)
}

/// A production and what it has cost until `now`, where it has a budget.
pub fn load_production(
    conn: &Connection,
    id: &ProductionId,
    now: UtcMs,
) -> Result<Option<Production>, LedgerError> {
    plan::production(conn, id, now)
}

#[cfg(test)]
mod tests;
