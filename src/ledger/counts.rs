//! Counts for lists: how far each has got, what it came upon, and what is still to be looked for.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::missed::{Sort, Span, span, tally};
use super::{LedgerError, Reader};
use crate::domain::code::Code;
use crate::domain::count::{Tally, called};
use crate::domain::fact::Subject;
use crate::domain::id::{CountId, ReaderId, RoomId, StationId};
use crate::time::UtcMs;

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
