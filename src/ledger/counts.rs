//! Counts at work: what should be there, what of it has been seen, what is to be noted as missed.
//!
//! Every scan anywhere is a sighting, so a thing is seen by a movement or sighting since the count began, and by a scan of
//! it that was refused or said before: both tell that it is in the house.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::load::STANDS;
use super::{Ledger, LedgerError, Reader};
use crate::domain::code::Code;
use crate::domain::count::{PORTION, Tally, called};
use crate::domain::fact::{Body, CountedAs, NewFact, Subject};
use crate::domain::id::{CountId, PersonId, ReaderId, RoomId, StationId};
use crate::time::UtcMs;

/// Movements and sightings: what says that somebody had the thing before them.
const SEEING: &str = "('checked-out', 'returned', 'handed-over', 'sighted')";

/// Seen at a gate on its way in, also among others that passed with it.
const CAME_IN: &str = "f.kind = 'passed' AND json_extract(f.body, '$.way') = 'in'";

/// A count as its queries need it: since when, and of what.
#[derive(Debug, Clone)]
struct Span {
    room: Option<RoomId>,
    begun_hlc: i64,
    begun_n: i64,
}

fn span(conn: &Connection, id: &CountId) -> Result<Option<Span>, LedgerError> {
    let sql = "SELECT room, begun_hlc, coalesce((SELECT n FROM scan WHERE id = begun_scan), 0) FROM count
               WHERE id = ?1";
    let read = |row: &Row<'_>| Ok(Span { room: row.get(0)?, begun_hlc: row.get(1)?, begun_n: row.get(2)? });
    Ok(conn.prepare_cached(sql)?.query_row([id], read).optional()?)
}

/// The two sorts of things that are expected, each as its table, and the part of the condition that asks for the room.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Asset,
    Kit,
}

impl Sort {
    const ALL: [Self; 2] = [Self::Asset, Self::Kit];

    fn name(self) -> &'static str {
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
    fn unseen(self, room: bool) -> String {
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

/// Counts that these facts end.
pub fn ended_by(facts: &[NewFact]) -> Vec<(CountId, Option<PersonId>)> {
    let ended = facts.iter().filter(|fact| matches!(fact.body, Body::CountEnded(_)));
    let count = |fact: &NewFact| match &fact.subject {
        Subject::Count(id) => Some((id.clone(), fact.actor.clone())),
        _ => None,
    };
    ended.filter_map(count).collect()
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
        Ok(())
    }

    /// A count whose missing things are still being noted, if there is one.
    pub fn unsettled(&self) -> Result<Option<Unsettled>, LedgerError> {
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
        Ok(self.conn.prepare_cached(sql)?.query_row([], read).optional()?)
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

/// A count, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountRow {
    /// Its id.
    pub count: CountId,
    /// The room; absent where it is everything that is home.
    pub room: Option<RoomId>,
    /// What is counted, in words.
    pub name: String,
    /// Where it began.
    pub station: Option<StationId>,
    /// When it began.
    pub begun: UtcMs,
    /// When it ended.
    pub ended: Option<UtcMs>,
    /// `open`, `ended` or `cancelled`.
    pub state: String,
    /// Things found where they belong.
    pub found: u32,
    /// Things that were not found.
    pub missing: u32,
    /// Things found that belong in another room.
    pub elsewhere: u32,
    /// Things found that are out to somebody.
    pub out: u32,
    /// Things found that are out of service.
    pub retired: u32,
}

/// A thing in a count: found as something, missed, or still to be looked for; and when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedRow {
    /// `asset/…`, `kit/…` or `stock/…`.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// The room where it belongs.
    pub home: Option<RoomId>,
    /// What it is in the count: `found`, `elsewhere`, …; `missing` where it was not found.
    #[serde(rename = "as")]
    pub counted_as: String,
    /// Pieces of a stock.
    pub pieces: Option<u32>,
    /// When it was last seen.
    pub seen: Option<UtcMs>,
    /// Where.
    pub station: Option<StationId>,
    /// By which device.
    pub reader: Option<ReaderId>,
}

/// A code that nobody knows, as a count came upon it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownInCount {
    /// The code.
    pub code: Code,
    /// When.
    pub at: UtcMs,
    /// Where.
    pub station: StationId,
}

const COUNT_COLUMNS: &str = "c.id, c.room, r.name, c.station, c.begun_ms, c.ended_ms, coalesce(c.how, 'open'),
     coalesce(c.found, 0), coalesce(c.missing, 0), coalesce(c.elsewhere, 0), coalesce(c.out, 0), coalesce(c.retired, 0)";

/// The newest of the last scan and the last movement or sighting of a thing whose subject is `w.subject`.
const LAST_SEEN: &str = "
    SELECT w.subject, w.name, w.home, w.counted_as, w.pieces, x.at_ms, x.station, x.reader,
      f.at_ms, f.station, json_extract(f.body, '$.reader')
    FROM wanted w
    LEFT JOIN scan x ON x.n = (SELECT max(n) FROM scan WHERE thing = w.subject)
    LEFT JOIN fact f ON f.seq = (SELECT g.seq FROM fact g WHERE g.subject = w.subject
      AND g.kind IN ('checked-out', 'returned', 'handed-over', 'sighted', 'passed', 'stock-taken', 'stock-returned')
      ORDER BY g.hlc DESC, g.origin DESC, g.origin_seq DESC LIMIT 1)";

/// Names and homes of things that a table `g` names as `subject`.
const NAMED: &str = "coalesce(a.name, k.name, s.name, g.subject), coalesce(a.home, s.home)";
const NAMES: &str = "
    LEFT JOIN asset a ON a.id = CASE WHEN g.subject GLOB 'asset/*' THEN substr(g.subject, 7) END
    LEFT JOIN kit k ON k.id = CASE WHEN g.subject GLOB 'kit/*' THEN substr(g.subject, 5) END
    LEFT JOIN stock s ON s.id = CASE WHEN g.subject GLOB 'stock/*' THEN substr(g.subject, 7) END";

impl Reader {
    /// Every count, the newest first, at most `limit`; how far an open one has got is counted now.
    pub fn count_rows(&self, limit: u32) -> Result<Vec<CountRow>, LedgerError> {
        self.count_rows_where("?1 IS NULL", &None::<String>, limit)
    }

    /// The count of that id, else the newest of that room.
    pub fn count_row(&self, id_or_room: &str) -> Result<Option<CountRow>, LedgerError> {
        let of = Some(id_or_room.to_owned());
        let by_id = self.count_rows_where("c.id = ?1", &of, 1)?.pop();
        if by_id.is_some() {
            return Ok(by_id);
        }
        Ok(self.count_rows_where("c.room = ?1", &of, 1)?.pop())
    }

    /// The newest count of everything that is home.
    pub fn count_of_everything(&self) -> Result<Option<CountRow>, LedgerError> {
        Ok(self.count_rows_where("c.room IS NULL AND ?1 IS NULL", &None::<String>, 1)?.pop())
    }

    fn count_rows_where(
        &self,
        condition: &str,
        of: &Option<String>,
        limit: u32,
    ) -> Result<Vec<CountRow>, LedgerError> {
        let sql = format!(
            "SELECT {COUNT_COLUMNS} FROM count c LEFT JOIN room r ON r.id = c.room WHERE {condition}
             ORDER BY c.begun_hlc DESC, c.id LIMIT ?2"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows: Vec<CountRow> =
            statement.query_map(params![of, limit], count_row)?.collect::<Result<_, _>>()?;
        for row in rows.iter_mut().filter(|row| row.ended.is_none()) {
            let Tally { found, missing, elsewhere, out, retired, .. } =
                tally(self.conn(), &row.count)?.unwrap_or_default();
            (row.found, row.missing, row.elsewhere, row.out, row.retired) =
                (found, missing, elsewhere, out, retired);
        }
        Ok(rows)
    }

    /// What a count came upon, by name.
    pub fn counted_rows(&self, id: &CountId) -> Result<Vec<CountedRow>, LedgerError> {
        let sql = format!(
            "WITH wanted (subject, name, home, counted_as, pieces) AS (
             SELECT g.subject, {NAMED}, g.counted_as, g.pieces FROM counted g {NAMES} WHERE g.count = ?1)
             {LAST_SEEN}"
        );
        self.rows_seen(&sql, params![id])
    }

    /// What a count has not found: of an open one what is still to be looked for, of one that has ended what it missed and
    /// nobody has seen since.
    pub fn missing_rows(&self, count: &CountRow) -> Result<Vec<CountedRow>, LedgerError> {
        if count.ended.is_none() {
            let Some(span) = span(self.conn(), &count.count)? else { return Ok(Vec::new()) };
            return self.unseen_rows(&span);
        }
        let sql = format!(
            "WITH wanted (subject, name, home, counted_as, pieces) AS (
             SELECT g.subject, {NAMED}, 'missing', NULL FROM standing g {NAMES} WHERE g.missed_in = ?1)
             {LAST_SEEN}"
        );
        self.rows_seen(&sql, params![count.count])
    }

    /// What to look for in a room, or in the house: what the open count has not found, else all that should be there.
    pub fn to_look_for(&self, room: Option<&RoomId>) -> Result<Vec<CountedRow>, LedgerError> {
        let open =
            "SELECT id FROM count WHERE ended_ms IS NULL AND room IS ?1 ORDER BY begun_hlc DESC LIMIT 1";
        let open: Option<CountId> =
            self.conn().prepare_cached(open)?.query_row([room], |row| row.get(0)).optional()?;
        let span = open.map(|id| span(self.conn(), &id)).transpose()?.flatten();
        // Nothing was seen after the end of time: all that is home is to be looked for.
        let all = Span { room: room.cloned(), begun_hlc: i64::MAX, begun_n: i64::MAX };
        self.unseen_rows(&span.unwrap_or(all))
    }

    fn unseen_rows(&self, span: &Span) -> Result<Vec<CountedRow>, LedgerError> {
        let of = |sort: Sort| {
            let home = if matches!(sort, Sort::Asset) { "t.home" } else { "NULL" };
            let (name, unseen) = (sort.name(), sort.unseen(span.room.is_some()));
            format!("SELECT '{name}/' || t.id, t.name, {home}, 'missing', NULL {unseen}")
        };
        let sql = format!(
            "WITH wanted (subject, name, home, counted_as, pieces) AS ({} UNION ALL {}) {LAST_SEEN}",
            of(Sort::Asset),
            of(Sort::Kit)
        );
        let mut rows = self.rows_seen(&sql, params![span.room, span.begun_hlc, span.begun_n])?;
        // What nobody has seen for longest comes first, and before that what nobody ever saw.
        rows.sort_by(|left, right| {
            (left.seen, &left.name, &left.subject).cmp(&(right.seen, &right.name, &right.subject))
        });
        Ok(rows)
    }

    fn rows_seen(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<CountedRow>, LedgerError> {
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows: Vec<CountedRow> =
            statement.query_map(values, counted_row)?.collect::<Result<_, _>>()?;
        rows.sort_by(|left, right| (&left.name, &left.subject).cmp(&(&right.name, &right.subject)));
        Ok(rows)
    }

    /// Codes that nobody knows and that a count came upon: those of the conversations in which it was made.
    pub fn unknown_in_count(&self, id: &CountId) -> Result<Vec<UnknownInCount>, LedgerError> {
        let sql = "SELECT u.code, max(u.at_ms), u.station FROM scan u
                   WHERE u.verdict = 'unknown-code' AND u.code IS NOT NULL
                   AND u.n > coalesce((SELECT n FROM scan WHERE id = (SELECT begun_scan FROM count WHERE id = ?1)), 0) - 1
                   AND u.at_ms <= coalesce((SELECT ended_ms FROM count WHERE id = ?1), 9223372036854775807)
                   AND u.session IN (SELECT x.session FROM counted d JOIN scan x ON x.id = d.scan WHERE d.count = ?1)
                   GROUP BY u.code ORDER BY u.code";
        let read =
            |row: &Row<'_>| Ok(UnknownInCount { code: row.get(0)?, at: row.get(1)?, station: row.get(2)? });
        Ok(self.conn().prepare_cached(sql)?.query_map([id], read)?.collect::<Result<_, _>>()?)
    }
}

fn count_row(row: &Row<'_>) -> rusqlite::Result<CountRow> {
    let (room, name): (Option<RoomId>, Option<String>) = (row.get(1)?, row.get(2)?);
    Ok(CountRow {
        count: row.get(0)?,
        name: called(room.as_ref(), name.as_deref()),
        room,
        station: row.get(3)?,
        begun: row.get(4)?,
        ended: row.get(5)?,
        state: row.get(6)?,
        found: row.get(7)?,
        missing: row.get(8)?,
        elsewhere: row.get(9)?,
        out: row.get(10)?,
        retired: row.get(11)?,
    })
}

/// Reads a row of [`LAST_SEEN`]: the later of the scan and the fact counts.
fn counted_row(row: &Row<'_>) -> rusqlite::Result<CountedRow> {
    let (by_scan, by_fact): (Option<UtcMs>, Option<UtcMs>) = (row.get(5)?, row.get(8)?);
    let from = if by_fact > by_scan { 8 } else { 5 };
    Ok(CountedRow {
        subject: row.get(0)?,
        name: row.get(1)?,
        home: row.get(2)?,
        counted_as: row.get(3)?,
        pieces: row.get(4)?,
        seen: row.get(from)?,
        station: row.get(from + 1)?,
        reader: row.get(from + 2)?,
    })
}
