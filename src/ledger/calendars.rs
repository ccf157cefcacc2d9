//! Bookings as calendars see them: those that a calendar made, those that a feed shows, and the secret of its keys.

use std::collections::BTreeMap;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Ledger, LedgerError, Reader};
use crate::domain::fact::{BookingMade, CALENDAR_STATION};
use crate::domain::id::{BookingId, PersonId};
use crate::time::UtcMs;

/// What is kept under this name in `meta` makes the keys of feeds.
const SECRET: &str = "feed-secret";

/// A booking that a calendar may have made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarBooking {
    /// The booking.
    pub booking: BookingId,
    /// What it says; `None` where it stands no longer.
    pub plan: Option<BookingMade>,
    /// Whether its newest fact was made by something else than a calendar.
    pub by_hand: bool,
    /// Things that are out for it.
    pub out: usize,
}

/// A booking with its history in two numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownBooking {
    /// The booking.
    pub booking: BookingId,
    /// What it says.
    pub plan: BookingMade,
    /// When it was last changed.
    pub modified: UtcMs,
    /// How often it was changed.
    pub sequence: u32,
}

/// Bookings whose ids begin so, with whose their newest fact is.
const OF_CALENDAR: &str = "SELECT substr(s.subject, 9), b.plan, b.status,
    (SELECT f.station FROM fact f WHERE f.subject = s.subject ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1),
    (SELECT count(*) FROM custody c WHERE c.booking = substr(s.subject, 9) AND c.out = 1)
    + (SELECT coalesce(sum(o.count), 0) FROM stock_out o WHERE o.booking = substr(s.subject, 9) AND o.booking <> '')
    FROM subject s LEFT JOIN booking b ON b.id = substr(s.subject, 9)
    WHERE s.subject >= 'booking/' || ?1 AND s.subject < 'booking/' || ?1 || 'g' ORDER BY s.subject";

/// Bookings that stand and touch a span, with their history in numbers.
const SHOWN: &str = "SELECT b.id, b.plan,
    (SELECT max(f.at_ms) FROM fact f WHERE f.subject = 'booking/' || b.id),
    (SELECT count(*) - 1 FROM fact f WHERE f.subject = 'booking/' || b.id)
    FROM booking b WHERE b.status <> 'cancelled' AND b.ends_ms > ?2 AND b.starts_ms < ?3 AND";
const SHOWN_ORDER: &str = "ORDER BY b.starts_ms, b.id LIMIT ?4";

impl Reader {
    /// Bookings whose ids are `prefix` and hex digits, also those that stand no longer.
    pub fn of_calendar(&self, prefix: &str) -> Result<Vec<CalendarBooking>, LedgerError> {
        of_calendar(self.conn(), prefix)
    }

    /// Bookings that stand, touch a span, and take a room or concern a production or person: at most `limit`, earliest
    /// first. `of` is `room`, `production` or `person`.
    pub fn shown_bookings(
        &self,
        (of, id): (&str, &str),
        (from, to): (UtcMs, UtcMs),
        limit: u32,
    ) -> Result<Vec<ShownBooking>, LedgerError> {
        let whose = match of {
            "room" => {
                "b.id IN (SELECT c.booking FROM claim c WHERE c.resource = 'room/' || ?1 AND c.until_ms > ?2)"
            }
            "production" => "b.production = ?1",
            "person" => "b.id IN (SELECT booking FROM booking_person WHERE person = ?1)",
            _ => return Ok(Vec::new()),
        };
        let mut statement = self.conn().prepare_cached(&format!("{SHOWN} {whose} {SHOWN_ORDER}"))?;
        let mut rows = statement.query(params![id, from, to, limit])?;
        let mut shown = Vec::new();
        while let Some(row) = rows.next()? {
            let plan: String = row.get(1)?;
            shown.push(ShownBooking {
                booking: row.get(0)?,
                plan: serde_json::from_str(&plan)?,
                modified: row.get(2)?,
                sequence: u32::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            });
        }
        Ok(shown)
    }

    /// What people are called, of those whom bookings name.
    pub fn names_of(&self, plans: &[&BookingMade]) -> Result<BTreeMap<PersonId, String>, LedgerError> {
        let mut names = BTreeMap::new();
        for person in plans.iter().flat_map(|plan| plan.person.iter().chain(&plan.crew)) {
            if !names.contains_key(person)
                && let Some(name) = self.named(person)?.name
            {
                names.insert(person.clone(), name);
            }
        }
        Ok(names)
    }

    /// The secret from which the keys of feeds are made; `None` before a daemon that serves them has run.
    pub fn feed_secret(&self) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        Ok(self.conn().prepare_cached(sql)?.query_row([SECRET], |row| row.get(0)).optional()?)
    }

    /// A ledger in memory with everything that is in this one: what is recorded there leaves no trace.
    pub fn scratch(&self) -> Result<Ledger, LedgerError> {
        let mut copy = Connection::open_in_memory()?;
        Backup::new(self.conn(), &mut copy)?.step(-1)?;
        Ledger::over(copy)
    }
}

impl Ledger {
    /// Bookings whose ids are `prefix` and hex digits, also those that stand no longer.
    pub fn of_calendar(&self, prefix: &str) -> Result<Vec<CalendarBooking>, LedgerError> {
        of_calendar(self.conn(), prefix)
    }

    /// Keeps the secret from which the keys of feeds are made, unless there is one already.
    pub fn keep_feed_secret(&self, fresh: &str) -> Result<(), LedgerError> {
        let sql = "INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)";
        self.conn().execute(sql, [SECRET, fresh])?;
        Ok(())
    }

    /// Puts another secret in its place: the keys that were made of the one before fit no feed any more.
    pub fn renew_feed_secret(&self, fresh: &str) -> Result<(), LedgerError> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
        self.conn().execute(sql, [SECRET, fresh])?;
        Ok(())
    }
}

fn of_calendar(conn: &Connection, prefix: &str) -> Result<Vec<CalendarBooking>, LedgerError> {
    let mut statement = conn.prepare_cached(OF_CALENDAR)?;
    let mut rows = statement.query([prefix])?;
    let mut bookings = Vec::new();
    while let Some(row) = rows.next()? {
        bookings.push(one(row)?);
    }
    Ok(bookings)
}

fn one(row: &Row<'_>) -> Result<CalendarBooking, LedgerError> {
    let (plan, status): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let stands = status.is_some_and(|status| status != "cancelled");
    let plan = plan.filter(|_| stands).map(|plan| serde_json::from_str(&plan)).transpose()?;
    let station: Option<String> = row.get(3)?;
    Ok(CalendarBooking {
        booking: row.get(0)?,
        plan,
        by_hand: station.as_deref() != Some(CALENDAR_STATION),
        out: usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
    })
}
