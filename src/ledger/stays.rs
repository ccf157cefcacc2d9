//! Who is and was in which room, for questions.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::listing::BookingRow;
use super::{LedgerError, Reader};
use crate::domain::fact::Subject;
use crate::domain::id::{PersonId, ProductionId, RoomId};
use crate::domain::stay::{BookedSpan, Ended, Stay};
use crate::time::UtcMs;

const STAY_COLUMNS: &str = "s.subject, s.room, r.name, s.booking, s.from_ms, s.until_ms, s.ended
     FROM stay s LEFT JOIN room r ON r.id = s.room";

fn stay_row(row: &Row<'_>) -> rusqlite::Result<Stay> {
    let Subject::Person(person) = row.get(0)? else {
        return Err(rusqlite::Error::InvalidColumnType(0, "subject".into(), rusqlite::types::Type::Text));
    };
    let until: Option<UtcMs> = row.get(5)?;
    let ended: Option<String> = row.get(6)?;
    let ended = ended.as_deref().and_then(Ended::parse).unwrap_or(Ended::Assumed);
    Ok(Stay {
        person,
        room: row.get(1)?,
        room_name: row.get(2)?,
        booking: row.get(3)?,
        from: row.get(4)?,
        over: until.map(|until| (until, ended)),
    })
}

/// The newest stay of a person anywhere.
pub(super) fn newest(conn: &Connection, person: &PersonId) -> Result<Option<Stay>, LedgerError> {
    let sql = format!(
        "SELECT {STAY_COLUMNS} WHERE s.subject = ?1 ORDER BY s.from_ms DESC, s.until_ms IS NULL DESC, s.fact DESC LIMIT 1"
    );
    let subject = Subject::Person(person.clone());
    Ok(conn.prepare_cached(&sql)?.query_row([subject], stay_row).optional()?)
}

impl Reader {
    /// Stays in a room, or in all, that were not over before `from` and had begun by `to`, oldest first.
    pub fn stays(&self, room: Option<&RoomId>, (from, to): (UtcMs, UtcMs)) -> Result<Vec<Stay>, LedgerError> {
        let sql = format!(
            "SELECT {STAY_COLUMNS} WHERE (?1 IS NULL OR s.room = ?1) AND s.from_ms <= ?3
             AND (s.until_ms IS NULL OR s.until_ms >= ?2) ORDER BY s.from_ms, s.fact"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        Ok(statement.query_map(params![room, from, to], stay_row)?.collect::<Result<_, _>>()?)
    }

    /// What confirmed bookings take of a room, or of all, within a time: a row for each of their rooms.
    pub fn booked_spans(
        &self,
        room: Option<&RoomId>,
        (from, to): (UtcMs, UtcMs),
    ) -> Result<Vec<BookedSpan>, LedgerError> {
        let bookings = self.bookings(Some(from), Some(to))?;
        let confirmed = bookings.into_iter().filter(|row| row.plan.is_confirmed());
        let spans = confirmed.flat_map(|BookingRow { id, plan }| {
            let rooms: BTreeSet<RoomId> = plan.rooms.into_iter().collect();
            rooms.into_iter().map(move |room| BookedSpan {
                room,
                booking: id.clone(),
                production: plan.production.clone(),
                span: (plan.starts, plan.ends),
            })
        });
        Ok(spans.filter(|span| room.is_none_or(|room| *room == span.room)).collect())
    }

    /// Stays for bookings of a production, oldest first.
    pub fn stays_of(&self, production: &ProductionId) -> Result<Vec<Stay>, LedgerError> {
        let sql = format!(
            "SELECT {STAY_COLUMNS} WHERE s.booking IN (SELECT id FROM booking WHERE production = ?1)
             ORDER BY s.from_ms, s.fact"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        Ok(statement.query_map([production], stay_row)?.collect::<Result<_, _>>()?)
    }

    /// Stays in a room that nothing has ended, oldest first: who is there, but for those who have been for too long.
    pub fn open_stays(&self, room: &RoomId) -> Result<Vec<Stay>, LedgerError> {
        let sql = format!(
            "SELECT {STAY_COLUMNS} WHERE s.room = ?1 AND s.until_ms IS NULL ORDER BY s.from_ms, s.fact"
        );
        Ok(self.conn().prepare_cached(&sql)?.query_map([room], stay_row)?.collect::<Result<_, _>>()?)
    }
}
