//! Counts at work: what should be there, what of it has been seen, what is to be noted as missed.
//!
//! Every scan anywhere is a sighting, so a thing is seen by a movement or sighting since the count began, and by a scan of
//! it that was refused or said before: both tell that it is in the house.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::stands::STANDS;
use super::{Ledger, LedgerError};
use crate::domain::count::{PORTION, Tally};
use crate::domain::fact::{CountedAs, Subject};
use crate::domain::id::{CountId, PersonId, RoomId, StationId};
use crate::time::UtcMs;

/// Movements and sightings: what says that somebody had the thing before them.
const SEEING: &str = "('checked-out', 'returned', 'handed-over', 'sighted')";

/// Seen at a gate on its way in, also among others that passed with it.
const CAME_IN: &str = "f.kind = 'passed' AND json_extract(f.body, '$.way') = 'in'";

/// A count as its queries need it: since when, and of what.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub room: Option<RoomId>,
    /// Facts up to here were known when it began.
    pub begun_hlc: i64,
    /// The row of the scan that began it.
    pub begun_n: i64,
}

/// The span of that count; `None` where there is none of that id.
pub(super) fn span(conn: &Connection, id: &CountId) -> Result<Option<Span>, LedgerError> {
    let sql = "SELECT room, begun_hlc, coalesce((SELECT n FROM scan WHERE id = begun_scan), 0) FROM count
               WHERE id = ?1";
    let read = |row: &Row<'_>| Ok(Span { room: row.get(0)?, begun_hlc: row.get(1)?, begun_n: row.get(2)? });
    Ok(conn.prepare_cached(sql)?.query_row([id], read).optional()?)
}

/// The two sorts of things that are expected, each as its table, and the part of the condition that asks for the room.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sort {
    Asset,
    Kit,
}

impl Sort {
    pub const ALL: [Self; 2] = [Self::Asset, Self::Kit];

    pub fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Kit => "kit",
        }
    }

    /// Of the room `?1`. A case is where one of its members belongs.
    fn in_room(self) -> &'static str {
        match self {
            Self::Asset => "t.home = ?1",
            Self::Kit => {
                "t.id IN (SELECT m.kit FROM asset m WHERE m.home = ?1 AND m.kit IS NOT NULL AND m.retired = 0)"
            }
        }
    }

    /// Things of this sort that are home, neither given up nor missed already, and of the room `?1` where there is one.
    fn expected(self, room: bool) -> String {
        let (name, in_service) =
            (self.name(), if matches!(self, Self::Asset) { "t.retired = 0" } else { "1" });
        let room = if room { self.in_room() } else { "?1 IS NULL" };
        format!(
            "FROM {name} t LEFT JOIN standing s ON s.subject = '{name}/' || t.id
             JOIN subject w ON w.subject = '{name}/' || t.id
             WHERE {room} AND {in_service}
             AND '{name}/' || t.id NOT IN (SELECT c.subject FROM custody c WHERE c.out = 1)
             AND s.lost_since_ms IS NULL AND s.missing_since_ms IS NULL"
        )
    }

    /// Those of them that were known before `?2` and have been seen nowhere since, nor in a scan after `?3`. Of most the
    /// newest fact is older, and no other is looked at. What a gate saw leave without a loan is not seen by that.
    pub fn unseen(self, room: bool) -> String {
        format!(
            "{expected} AND (w.hlc < ?2 OR (
               EXISTS (SELECT 1 FROM fact k WHERE k.subject = w.subject AND k.hlc < ?2)
               AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.subject = w.subject AND f.hlc > ?2
                 AND (f.kind IN {SEEING} OR {CAME_IN}) AND {STANDS})))
             AND NOT EXISTS (SELECT 1 FROM scan x WHERE x.thing = w.subject AND x.n > ?3
               AND NOT EXISTS (SELECT 1 FROM fact g WHERE g.scan_id = x.id AND g.subject = x.thing
                 AND g.kind IN {SEEING})
               AND NOT EXISTS (SELECT 1 FROM passing p WHERE p.subject = x.thing AND p.left_ms IS NOT NULL
                 AND p.station = x.station))",
            expected = self.expected(room)
        )
    }
}

/// How far a count has got; `None` where there is none of that id.
pub fn tally(conn: &Connection, id: &CountId) -> Result<Option<Tally>, LedgerError> {
    let Some(span) = span(conn, id)? else { return Ok(None) };
    let mut tally = Tally { shelves: shelves(conn, id, &span)?, ..Tally::default() };
    let sql = "SELECT counted_as, count(*) FROM counted WHERE count = ?1 GROUP BY counted_as";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let (name, things): (String, u32) = (row.get(0)?, row.get(1)?);
        match CountedAs::parse(&name) {
            Some(CountedAs::Found | CountedAs::FoundAgain) => tally.found += things,
            Some(CountedAs::Elsewhere) => tally.elsewhere += things,
            Some(CountedAs::Out) => tally.out += things,
            Some(CountedAs::Retired) => tally.retired += things,
            None => {}
        }
    }
    for sort in Sort::ALL {
        let sql = format!("SELECT count(*) {}", sort.unseen(span.room.is_some()));
        let values = params![span.room, span.begun_hlc, span.begun_n];
        tally.missing += conn.prepare_cached(&sql)?.query_row(values, |row| row.get::<_, u32>(0))?;
    }
    Ok(Some(tally))
}

/// Shelves of the room whose pieces have not been counted.
fn shelves(conn: &Connection, id: &CountId, span: &Span) -> Result<u32, LedgerError> {
    let room = if span.room.is_some() { "s.home = ?2" } else { "?2 IS NULL" };
    let sql = format!(
        "SELECT count(*) FROM stock s WHERE {room}
         AND NOT EXISTS (SELECT 1 FROM counted d WHERE d.subject = 'stock/' || s.id AND d.count = ?1)"
    );
    Ok(conn.prepare_cached(&sql)?.query_row(params![id, span.room], |row| row.get(0))?)
}

/// A count that has ended and whose missing things are still being noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The count.
    pub count: CountId,
    /// The scan or command that ended it.
    pub scan: String,
    /// Where.
    pub station: StationId,
    /// Who.
    pub actor: Option<PersonId>,
    /// When.
    pub at: UtcMs,
    /// Whether that time can be believed.
    pub trusted: bool,
    /// The last thing that was looked at.
    after: String,
}

impl Ledger {
    /// From here on the missing things of that count are to be noted. Inside the transaction that ends it.
    pub fn put_unsettled(
        &self,
        count: &CountId,
        actor: Option<&PersonId>,
        occasion: &super::append::Occasion,
    ) -> Result<(), LedgerError> {
        let sql = "INSERT OR IGNORE INTO unsettled (count, scan, station, actor, at_ms, trusted, after)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')";
        let now = occasion.now;
        let values = params![count, occasion.scan_id, occasion.station, actor, now.utc, now.trusted];
        self.conn.prepare_cached(sql)?.execute(values)?;
        self.is_settled.set(false);
        Ok(())
    }

    /// A count whose missing things are still being noted, if there is one.
    pub fn unsettled(&self) -> Result<Option<Unsettled>, LedgerError> {
        if self.is_settled.get() {
            return Ok(None);
        }
        let sql =
            "SELECT count, scan, station, actor, at_ms, trusted, after FROM unsettled ORDER BY count LIMIT 1";
        let read = |row: &Row<'_>| {
            Ok(Unsettled {
                count: row.get(0)?,
                scan: row.get(1)?,
                station: row.get(2)?,
                actor: row.get(3)?,
                at: row.get(4)?,
                trusted: row.get(5)?,
                after: row.get(6)?,
            })
        };
        let left = self.conn.prepare_cached(sql)?.query_row([], read).optional()?;
        self.is_settled.set(left.is_none());
        Ok(left)
    }

    /// The next things that this count has not found, at most a portion. Fewer are the last. Inside a transaction.
    pub fn next_missed(&self, left: &Unsettled) -> Result<Vec<Subject>, LedgerError> {
        let mut things = Vec::new();
        if let Some(span) = span(&self.conn, &left.count)? {
            for sort in Sort::ALL {
                // Assets come before kits: what was looked at last says which of them are left.
                let after = match (sort, left.after.split_once('/')) {
                    (Sort::Asset, Some(("kit", _))) => continue,
                    (sort, Some((kind, id))) if kind == sort.name() => id,
                    _ => "",
                };
                let room = u32::try_from(things.len()).map_or(0, |full| PORTION.saturating_sub(full));
                things.extend(self.unseen_after(sort, &span, after, room)?);
            }
        }
        let is_full = u32::try_from(things.len()).is_ok_and(|full| full >= PORTION);
        self.note_settled(left, things.last().filter(|_| is_full))?;
        Ok(things)
    }

    fn unseen_after(
        &self,
        sort: Sort,
        span: &Span,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Subject>, LedgerError> {
        let sql = format!(
            "SELECT '{}/' || t.id {} AND t.id > ?4 ORDER BY t.id LIMIT ?5",
            sort.name(),
            sort.unseen(span.room.is_some())
        );
        let values = params![span.room, span.begun_hlc, span.begun_n, after, limit];
        Ok(self.conn.prepare_cached(&sql)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Remembers how far it has got; without a last thing all are noted.
    fn note_settled(&self, left: &Unsettled, last: Option<&Subject>) -> Result<(), LedgerError> {
        match last {
            Some(last) => {
                let sql = "UPDATE unsettled SET after = ?2 WHERE count = ?1";
                self.conn.prepare_cached(sql)?.execute(params![left.count, last])?;
            }
            None => {
                self.conn.prepare_cached("DELETE FROM unsettled WHERE count = ?1")?.execute([&left.count])?;
            }
        }
        Ok(())
    }

    /// How many facts a scan or command has made.
    pub fn facts_of_scan(&self, scan: &str) -> Result<usize, LedgerError> {
        let sql = "SELECT count(*) FROM fact WHERE scan_id = ?1";
        let facts: i64 = self.conn.prepare_cached(sql)?.query_row([scan], |row| row.get(0))?;
        Ok(usize::try_from(facts).unwrap_or(0))
    }
}
