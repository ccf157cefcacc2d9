//! Questions: what the command line, the topics and the screens ask of the ledger over connections that cannot write.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::rows::{CUSTODY_COLUMNS, FACT_COLUMNS, custody, fact};
use super::{Ledger, LedgerError, load};
use crate::domain::code::Code;
use crate::domain::custody::Custody;
use crate::domain::fact::{Condition, Fact, Subject};
use crate::domain::id::{
    BookingId, KitId, PersonHandle, PersonId, ProductionId, ReaderId, RoomId, StationId, StockId,
};
use crate::domain::loaded::Found;
use crate::time::UtcMs;

/// A connection that can only ask.
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
}

/// Who somebody is, as the command line shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The opaque id, as in topics and facts.
    pub person: PersonId,
    /// The id in the studio's own list; absent once erased.
    pub handle: Option<PersonHandle>,
    /// What people call them; absent once erased.
    pub name: Option<String>,
    /// Whether they were erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forgotten: bool,
}

impl Named {
    /// Of whom no more than the id is known, or to be shown.
    pub fn by_id(person: PersonId) -> Self {
        Self { person, handle: None, name: None, forgotten: false }
    }
}

/// A thing that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutRow {
    /// `asset/…` or `kit/…`.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// Who has it.
    pub holder: Option<Named>,
    /// What it is out for.
    pub production: Option<ProductionId>,
    /// The booking it is out for.
    pub booking: Option<BookingId>,
    /// The room it went to.
    pub room: Option<RoomId>,
    /// The kit it went out with.
    pub kit: Option<KitId>,
    /// When it is to be back.
    pub due: Option<UtcMs>,
    /// Since when it is out.
    pub since: UtcMs,
    /// When it was seen coming in since: nobody has confirmed it.
    pub returning: Option<UtcMs>,
}

/// The state of a thing as its topic tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingState {
    /// What people call it.
    pub name: String,
    /// The room where it belongs, of an asset.
    pub home: Option<RoomId>,
    /// Who holds it; `None` while it has never moved.
    pub custody: Option<Custody>,
    /// What state it is in.
    pub condition: Condition,
    /// What its open maintenance jobs mean for it.
    pub maintenance: Maintenance,
    /// By when it is wanted back, where it is recalled.
    pub recalled_by: Option<UtcMs>,
    /// Whether it has been given up.
    pub is_lost: bool,
    /// Since when a count has not found it.
    pub missing_since: Option<UtcMs>,
    /// Whether it has been taken out of service, of an asset.
    pub is_retired: bool,
    /// The number of the last fact about it.
    pub seq: i64,
    /// When it was seen coming in, where it is out still: nobody has confirmed it.
    pub returning: Option<UtcMs>,
    /// When it left without a loan, where it has not been seen inside since and nobody has it on loan.
    pub left: Option<UtcMs>,
}

impl ThingState {
    /// `retired`, `missing`, `out` or `home`: what is out of service is so wherever it is, and what is given up is
    /// missing whoever had it.
    pub fn state_name(&self) -> &'static str {
        match self {
            Self { is_retired: true, .. } => "retired",
            Self { is_lost: true, .. } | Self { missing_since: Some(_), .. } => "missing",
            Self { custody: Some(custody), .. } if custody.out => "out",
            _ => "home",
        }
    }
}

/// What open maintenance jobs mean for a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maintenance {
    /// There is none.
    None,
    /// Something is to be done, and it may go out all the same.
    Flag,
    /// It stays in until it is done.
    Block,
}

impl Maintenance {
    /// The name in topics.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Flag => "flag",
            Self::Block => "block",
        }
    }
}

/// The numbers of a stock as its topic tells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockState {
    /// What people call it.
    pub name: String,
    /// Pieces the studio has; of what is consumed, pieces left.
    pub count: u32,
    /// Pieces that are out.
    pub out: u32,
    /// The number of the last fact about it.
    pub seq: i64,
}

/// The studio in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct Summary {
    /// Assets known.
    pub total: i64,
    /// Assets out.
    pub out: i64,
    /// Assets out beyond their time.
    pub overdue: i64,
    /// Assets given up, and those that a count did not find.
    pub missing: i64,
    /// Assets and kits in service with an open maintenance job or an inspection that is due.
    pub maintenance_due: i64,
    /// Codes nobody knew, within the scan log.
    pub unknown_tags: i64,
    /// The newest fact.
    pub seq: i64,
}

/// Where a thing was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// When.
    pub at: UtcMs,
    /// Where.
    pub station: StationId,
    /// By which device; absent where somebody typed.
    pub reader: Option<ReaderId>,
    /// What the answer was.
    pub verdict: String,
}

/// Codes scanned before and after one that nobody knows: what lay beside it tells what it is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// The thing.
    pub thing: Subject,
    /// When it was scanned.
    pub at: UtcMs,
}

/// A code that nobody knows, where it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownCode {
    /// The code.
    pub code: Code,
    /// The last time.
    pub last: Sighting,
    /// How often.
    pub times: i64,
    /// The session then.
    pub session: Option<String>,
    /// What else was scanned in that session, nearest first.
    pub neighbours: Vec<Neighbour>,
}

/// Before the first inspection, what the register says is due counts. Each part has its index; `+` keeps SQLite from
/// taking the one of all things where there is one of those that are out.
const SUMMARY: &str = "SELECT (SELECT count(*) FROM asset),
    (SELECT count(*) FROM custody WHERE out = 1 AND +subject GLOB 'asset/*'),
    (SELECT count(*) FROM custody WHERE out = 1 AND due_ms < ?1 AND +subject GLOB 'asset/*'),
    (SELECT count(*) FROM (SELECT subject FROM standing WHERE lost_since_ms IS NOT NULL
      UNION SELECT subject FROM standing WHERE missing_since_ms IS NOT NULL) AS gone WHERE subject GLOB 'asset/*'),
    (SELECT count(*) FROM (SELECT subject FROM job
      UNION SELECT subject FROM standing WHERE inspection_due_ms <= ?1 AND inspected_at_ms IS NOT NULL
      UNION SELECT 'asset/' || a.id FROM asset a WHERE a.inspection_due_ms <= ?1 AND NOT EXISTS
        (SELECT 1 FROM standing s WHERE s.subject = 'asset/' || a.id AND s.inspected_at_ms IS NOT NULL)) AS due
      WHERE NOT EXISTS (SELECT 1 FROM asset r WHERE r.id = substr(due.subject, 7) AND r.retired = 1
        AND due.subject GLOB 'asset/*')),
    (SELECT count(DISTINCT code) FROM scan WHERE verdict = 'unknown-code'),
    (SELECT coalesce(max(seq), 0) FROM fact)";

/// What is out, with its name.
const OUT: &str =
    "SELECT c.subject, coalesce(a.name, k.name, c.subject), c.person, i.handle, i.name, c.production,
    c.booking, c.room, c.kit, c.due_ms, c.since_ms,
    CASE WHEN g.way = 'in' AND g.at_ms >= c.since_ms THEN g.at_ms END,
    EXISTS (SELECT 1 FROM forgotten f WHERE f.person = c.person) FROM custody c
    LEFT JOIN passing g ON g.subject = c.subject
    LEFT JOIN asset a ON a.id = CASE WHEN c.subject GLOB 'asset/*' THEN substr(c.subject, 7) END
    LEFT JOIN kit k ON k.id = CASE WHEN c.subject GLOB 'kit/*' THEN substr(c.subject, 5) END
    LEFT JOIN identity i ON i.person = c.person
    WHERE c.out = 1 AND (?1 IS NULL OR c.due_ms < ?1) ORDER BY c.due_ms IS NULL, c.due_ms, c.subject";

impl Reader {
    /// Opens a ledger file that exists.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { conn: super::read_only(path)?, path: path.to_owned() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the newest fact, 0 in an empty ledger.
    pub fn head_seq(&self) -> Result<i64, LedgerError> {
        super::head_seq(&self.conn)
    }

    /// The epoch under which this file numbers its facts.
    pub fn origin(&self) -> Result<String, LedgerError> {
        let sql = "SELECT value FROM meta WHERE key = 'origin'";
        Ok(self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// How far a reader of the ledger has got.
    pub fn cursor(&self, name: &str) -> Result<i64, LedgerError> {
        let sql = "SELECT seq FROM cursor WHERE name = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// Facts after `seq`, oldest first, at most `limit`.
    pub fn facts_after(&self, seq: i64, limit: u32) -> Result<Vec<Fact>, LedgerError> {
        self.facts_where("seq > ?1 ORDER BY seq LIMIT ?2", params![seq, limit])
    }

    /// The last facts about a subject, newest first, at most `limit`.
    pub fn facts_about(&self, subject: &Subject, limit: u32) -> Result<Vec<Fact>, LedgerError> {
        self.facts_where(
            "subject = ?1 ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT ?2",
            params![subject, limit],
        )
    }

    /// The last facts of all, oldest first, at most `limit`.
    pub fn last_facts(&self, limit: u32) -> Result<Vec<Fact>, LedgerError> {
        let mut facts = self.facts_where("seq > 0 ORDER BY seq DESC LIMIT ?1", params![limit])?;
        facts.reverse();
        Ok(facts)
    }

    fn facts_where(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Fact>, LedgerError> {
        let sql = format!("SELECT {FACT_COLUMNS} FROM fact WHERE {condition}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(values)?;
        let mut facts = Vec::new();
        while let Some(row) = rows.next()? {
            facts.push(fact(row)?);
        }
        Ok(facts)
    }

    /// Everything that facts after `seq` are about, with the number of their last fact, in its order.
    pub fn changed_after(&self, seq: i64, limit: u32) -> Result<Vec<(i64, Subject)>, LedgerError> {
        let sql = "SELECT seq, subject FROM subject WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params![seq, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The state of an asset or kit; `None` where none is known by that name.
    pub fn state_of(&self, subject: &Subject) -> Result<Option<ThingState>, LedgerError> {
        let (table, home, retired) = match subject {
            Subject::Asset(_) => ("asset", "t.home", "t.retired"),
            Subject::Kit(_) => ("kit", "NULL", "0"),
            _ => return Ok(None),
        };
        let sql = format!(
            "SELECT t.name, {home}, {retired}, s.seq, d.condition, d.lost_since_ms IS NOT NULL, d.recall_by_ms,
             (SELECT max(blocks) FROM job WHERE subject = ?2), {CUSTODY_COLUMNS}, d.missing_since_ms,
             CASE WHEN c.out = 1 AND g.way = 'in' AND g.at_ms >= c.since_ms THEN g.at_ms END,
             CASE WHEN coalesce(c.out, 0) = 0 THEN g.left_ms END
             FROM {table} t JOIN subject s ON s.subject = ?2 LEFT JOIN standing d ON d.subject = ?2
             LEFT JOIN custody c ON c.subject = ?2 LEFT JOIN passing g ON g.subject = ?2 WHERE t.id = ?1"
        );
        Ok(self
            .conn
            .prepare_cached(&sql)?
            .query_row(params![subject.id(), subject], thing_state)
            .optional()?)
    }

    /// The numbers of a stock; `None` where none is known by that name.
    pub fn stock_state(&self, id: &StockId) -> Result<Option<StockState>, LedgerError> {
        let sql =
            "SELECT t.name, t.count, t.out, s.seq FROM stock t JOIN subject s ON s.subject = 'stock/' || ?1
                   WHERE t.id = ?1";
        let pieces = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
        let read = |row: &Row<'_>| {
            Ok(StockState {
                name: row.get(0)?,
                count: pieces(row.get(1)?),
                out: pieces(row.get(2)?),
                seq: row.get(3)?,
            })
        };
        Ok(self.conn.prepare_cached(sql)?.query_row([id], read).optional()?)
    }

    /// The studio in numbers at `now`.
    pub fn summary(&self, now: UtcMs) -> Result<Summary, LedgerError> {
        let read = |row: &Row<'_>| {
            Ok(Summary {
                total: row.get(0)?,
                out: row.get(1)?,
                overdue: row.get(2)?,
                missing: row.get(3)?,
                maintenance_due: row.get(4)?,
                unknown_tags: row.get(5)?,
                seq: row.get(6)?,
            })
        };
        Ok(self.conn.prepare_cached(SUMMARY)?.query_row([now], read)?)
    }

    /// Everything that is out, the earliest due first; with `due_before` only what was to be back by then.
    pub fn out(&self, due_before: Option<UtcMs>) -> Result<Vec<OutRow>, LedgerError> {
        let mut statement = self.conn.prepare_cached(OUT)?;
        let rows = statement.query_map([due_before], out_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a text names: a code, an id, or the one thing of that name.
    pub fn find(&self, text: &str) -> Result<Found, LedgerError> {
        let found = match Code::canonical(text) {
            Ok(code) => load::identify(&self.conn, &code)?,
            Err(fault) => Found::Malformed(fault),
        };
        if found != Found::Unknown {
            return Ok(found);
        }
        let sql = "SELECT id FROM asset WHERE name = ?1 COLLATE NOCASE OR serial = ?1 COLLATE NOCASE LIMIT 2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let ids: Vec<crate::domain::id::AssetId> =
            statement.query_map([text], |row| row.get(0))?.collect::<Result<_, _>>()?;
        match ids.as_slice() {
            [only] => {
                Ok(load::asset(&self.conn, only)?
                    .map_or(Found::Unknown, |asset| Found::Asset(Box::new(asset))))
            }
            _ => Ok(Found::Unknown),
        }
    }

    /// Ids and names of assets and kits that resemble a text, for "did you mean".
    pub fn names_like(&self, text: &str, limit: u32) -> Result<Vec<(Subject, String)>, LedgerError> {
        let sql =
            "SELECT 'asset/' || id, name FROM asset WHERE id LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
                   UNION ALL
                   SELECT 'kit/' || id, name FROM kit WHERE id LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
                   LIMIT ?2";
        let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement
            .query_map(params![format!("%{plain}%"), limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last time a thing was on a reader.
    pub fn last_seen(&self, subject: &Subject) -> Result<Option<Sighting>, LedgerError> {
        let sql = "SELECT at_ms, station, reader, verdict FROM scan WHERE thing = ?1 ORDER BY n DESC LIMIT 1";
        let scanned = self.conn.prepare_cached(sql)?.query_row([subject], sighting).optional()?;
        // A gate sees many things at once: its row of the log names none of them.
        let sql =
            "SELECT at_ms, station, reader, 'passed' FROM passing WHERE subject = ?1 AND station IS NOT NULL";
        let passed = self.conn.prepare_cached(sql)?.query_row([subject], sighting).optional()?;
        let newer = |passed: &Sighting| scanned.as_ref().is_none_or(|scanned| scanned.at < passed.at);
        Ok(passed.filter(newer).or(scanned))
    }

    /// What is known of a code that nobody knows.
    pub fn unknown_code(&self, code: &Code) -> Result<Option<UnknownCode>, LedgerError> {
        let sql = "SELECT at_ms, station, reader, verdict, session, n, (SELECT sum(times) FROM scan
                   WHERE code = ?1 AND verdict = 'unknown-code') FROM scan
                   WHERE code = ?1 AND verdict = 'unknown-code' ORDER BY n DESC LIMIT 1";
        let read = |row: &Row<'_>| {
            Ok((sighting(row)?, row.get::<_, Option<String>>(4)?, row.get::<_, i64>(5)?, row.get(6)?))
        };
        let Some((last, session, n, times)) =
            self.conn.prepare_cached(sql)?.query_row([code], read).optional()?
        else {
            return Ok(None);
        };
        let neighbours = session.as_ref().map(|session| self.neighbours(session, n)).transpose()?;
        Ok(Some(UnknownCode {
            code: code.clone(),
            last,
            times,
            session,
            neighbours: neighbours.unwrap_or_default(),
        }))
    }

    fn neighbours(&self, session: &str, n: i64) -> Result<Vec<Neighbour>, LedgerError> {
        let sql = "SELECT thing, at_ms FROM scan WHERE session = ?1 AND thing IS NOT NULL AND n BETWEEN ?2 - 20 AND ?2 + 20
                   ORDER BY abs(n - ?2), n LIMIT 4";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement
            .query_map(params![session, n], |row| Ok(Neighbour { thing: row.get(0)?, at: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Who somebody is.
    pub fn named(&self, person: &PersonId) -> Result<Named, LedgerError> {
        named(&self.conn, person)
    }

    /// How many things of each kind are known: assets, kits, people, rooms, productions, bookings.
    pub fn counts(&self) -> Result<[i64; 6], LedgerError> {
        let sql = "SELECT (SELECT count(*) FROM asset), (SELECT count(*) FROM kit), (SELECT count(*) FROM person),
                   (SELECT count(*) FROM room), (SELECT count(*) FROM production), (SELECT count(*) FROM booking)";
        let read = |row: &Row<'_>| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
        };
        Ok(self.conn.prepare_cached(sql)?.query_row([], read)?)
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }
}

fn named(conn: &Connection, person: &PersonId) -> Result<Named, LedgerError> {
    let sql = "SELECT (SELECT handle FROM identity WHERE person = ?1), (SELECT name FROM identity WHERE person = ?1),
               EXISTS (SELECT 1 FROM forgotten WHERE person = ?1)";
    let read = |row: &Row<'_>| {
        Ok(Named { person: person.clone(), handle: row.get(0)?, name: row.get(1)?, forgotten: row.get(2)? })
    };
    Ok(conn.prepare_cached(sql)?.query_row([person], read)?)
}

impl Ledger {
    /// Who somebody is.
    pub fn named(&self, person: &PersonId) -> Result<Named, LedgerError> {
        named(&self.conn, person)
    }

    /// Another connection to the same file that can only ask.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        Reader::open(&self.path)
    }
}

fn thing_state(row: &Row<'_>) -> rusqlite::Result<ThingState> {
    let condition: Option<String> = row.get(4)?;
    let blocks: Option<bool> = row.get(7)?;
    Ok(ThingState {
        name: row.get(0)?,
        home: row.get(1)?,
        is_retired: row.get(2)?,
        seq: row.get(3)?,
        condition: condition.and_then(|name| Condition::parse(&name)).unwrap_or_default(),
        is_lost: row.get(5)?,
        missing_since: row.get(21)?,
        recalled_by: row.get(6)?,
        maintenance: blocks.map_or(Maintenance::None, |blocks| match blocks {
            true => Maintenance::Block,
            false => Maintenance::Flag,
        }),
        custody: custody(row, 8)?,
        returning: row.get(22)?,
        left: row.get(23)?,
    })
}

fn out_row(row: &Row<'_>) -> rusqlite::Result<OutRow> {
    let person: Option<PersonId> = row.get(2)?;
    let (handle, name, forgotten) = (row.get(3)?, row.get(4)?, row.get(12)?);
    Ok(OutRow {
        subject: row.get(0)?,
        name: row.get(1)?,
        holder: person.map(|person| Named { person, handle, name, forgotten }),
        production: row.get(5)?,
        booking: row.get(6)?,
        room: row.get(7)?,
        kit: row.get(8)?,
        due: row.get(9)?,
        since: row.get(10)?,
        returning: row.get(11)?,
    })
}

fn sighting(row: &Row<'_>) -> rusqlite::Result<Sighting> {
    Ok(Sighting { at: row.get(0)?, station: row.get(1)?, reader: row.get(2)?, verdict: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_walks_through_all_things_for_each_of_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db"), "test").unwrap();
        for sql in [OUT, SUMMARY, crate::ledger::listing::JOBS] {
            let mut statement = ledger.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let values = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).unwrap();
            let walks = |step: &String| {
                step.starts_with("SCAN ") && !step.contains(" USING ") && step.contains("JOIN")
            };
            let walks: Vec<String> = steps.map(Result::unwrap).filter(walks).collect();
            assert!(walks.is_empty(), "{walks:?} in {sql}");
        }
    }
}
