//! `verify`: are the projections what the facts say? Every subject is folded afresh, alone and in memory, and its rows
//! are compared with those in the file. Identity, notes, scan log, sessions and cursors are not made by facts and are
//! exempt. Memory is bounded by the facts of one subject: a fact touches rows of its own subject only.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::apply::{facts_of, fold_alone};
use super::mark::Mark;
use super::rows::{FACT_COLUMNS, fact};
use super::{Ledger, LedgerError, Reader};
use crate::domain::fact::{Fact, Subject};

mod compare;
mod recent;

use compare::{compare_schema, compare_subject, strays};

/// Differences named in a report; more are only counted.
const NAMED_MAX: usize = 20;

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Facts folded.
    pub facts: u64,
    /// Rows compared.
    pub rows: u64,
    /// Differences, named as far as there is room.
    pub differences: Vec<String>,
    /// Differences in all.
    pub different: u64,
    /// Subjects whose facts were too many to fold now: only their newest fact was looked at. 0 where all is verified.
    pub unfolded: u64,
}

impl Report {
    /// Whether every row is what the facts say.
    pub fn is_whole(&self) -> bool {
        self.different == 0
    }

    fn differs(&mut self, what: String) {
        self.different += 1;
        if self.differences.len() < NAMED_MAX {
            self.differences.push(what);
        }
    }
}

impl Reader {
    /// Folds all facts and compares every row, as they were at one moment: writing goes on meanwhile.
    pub fn verify(&self) -> Result<Report, LedgerError> {
        // Before the snapshot, which holds all that a mark of that moment speaks of.
        let mark = Mark::beside(self.path());
        at_one_moment(self.conn(), |conn| verify(conn, mark.as_ref()))
    }

    /// Looks at the last `facts` facts and at their subjects' newest state, as they were at one moment.
    pub fn verify_recent(&self, facts: u32) -> Result<Report, LedgerError> {
        at_one_moment(self.conn(), |conn| recent::verify(conn, facts, recent::FOLDED_MAX))
    }
}

impl Ledger {
    /// Looks at the last `facts` facts and at their subjects' newest state.
    pub fn verify_recent(&self, facts: u32) -> Result<Report, LedgerError> {
        recent::verify(&self.conn, facts, recent::FOLDED_MAX)
    }

    /// Folds all facts and compares every row.
    pub fn verify(&self) -> Result<Report, LedgerError> {
        verify(&self.conn, self.mark.as_ref())
    }
}

fn at_one_moment(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<Report, LedgerError>,
) -> Result<Report, LedgerError> {
    conn.execute_batch("BEGIN")?;
    let report = work(conn);
    conn.execute_batch("COMMIT")?;
    report
}

pub(super) fn verify(conn: &Connection, mark: Option<&Mark>) -> Result<Report, LedgerError> {
    let mut report = Report::default();
    check_integrity(conn, "integrity_check", &mut report);
    let scratch = Ledger::in_memory("verify")?;
    let compared = compare_schema(conn, &scratch.conn, &mut report)
        .and_then(|()| compare_all(conn, &scratch.conn, &mut report))
        .and_then(|()| check_origins(conn, &mut report))
        .and_then(|()| check_mark(conn, mark, &mut report));
    match compared {
        // What a damaged file does not let be read is one difference more.
        Err(error) if !report.is_whole() => report.differs(format!("the rest cannot be read: {error}")),
        other => other?,
    }
    Ok(report)
}

fn check_mark(conn: &Connection, mark: Option<&Mark>, report: &mut Report) -> Result<(), LedgerError> {
    let changed = mark.map(|mark| mark.differs(conn)).transpose()?.flatten();
    changed.into_iter().for_each(|sentence| report.differs(sentence));
    Ok(())
}

/// The rows of every subject, and that there are no others.
fn compare_all(live: &Connection, scratch: &Connection, report: &mut Report) -> Result<(), LedgerError> {
    let sql = format!("SELECT {FACT_COLUMNS} FROM fact ORDER BY subject, hlc, origin, origin_seq");
    let mut statement = live.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = BTreeMap::new();
    let mut facts: Vec<Fact> = Vec::new();
    while let Some(row) = rows.next()? {
        let next = match fact(row) {
            Ok(next) => next,
            Err(error) => {
                report.differs(format!("fact {}: {error}", row.get::<_, i64>(0)?));
                continue;
            }
        };
        if facts.first().is_some_and(|first| first.subject != next.subject) {
            compare_alone(live, scratch, &facts, &mut found, report)?;
            facts.clear();
        }
        facts.push(next);
    }
    compare_alone(live, scratch, &facts, &mut found, report)?;
    strays(live, &found, report)
}

/// Folds one subject and compares its rows; `found` counts them by table.
fn compare_alone(
    live: &Connection,
    scratch: &Connection,
    facts: &[Fact],
    found: &mut BTreeMap<&'static str, u64>,
    report: &mut Report,
) -> Result<(), LedgerError> {
    let Some(first) = facts.first() else { return Ok(()) };
    scratch.prepare_cached("SAVEPOINT one")?.execute([])?;
    fold_alone(scratch, &first.subject, facts)?;
    report.facts += u64::try_from(facts.len()).unwrap_or(u64::MAX);
    compare_subject(live, scratch, &first.subject, found, report)?;
    scratch.prepare_cached("ROLLBACK TO one")?.execute([])?;
    scratch.prepare_cached("RELEASE one")?.execute([])?;
    Ok(())
}

/// Folds one subject of the file and compares its rows.
fn compare_one(
    live: &Connection,
    scratch: &Connection,
    subject: &Subject,
    report: &mut Report,
) -> Result<(), LedgerError> {
    compare_alone(live, scratch, &facts_of(live, subject)?, &mut BTreeMap::new(), report)
}

/// What SQLite says of its file. A file that cannot even be asked is damaged, too.
pub(super) fn check_integrity(conn: &Connection, pragma: &str, report: &mut Report) {
    match said_by(conn, pragma) {
        Ok(said) => {
            let bad = said.into_iter().filter(|line| line != "ok");
            bad.for_each(|line| report.differs(format!("the file: {line}")));
        }
        Err(error) => report.differs(format!("the file: {error}")),
    }
}

fn said_by(conn: &Connection, pragma: &str) -> Result<Vec<String>, LedgerError> {
    let mut statement = conn.prepare(&format!("PRAGMA {pragma}"))?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The numbers of each origin have no gap.
pub(super) fn check_origins(conn: &Connection, report: &mut Report) -> Result<(), LedgerError> {
    let sql = "SELECT origin, count(*), min(origin_seq), max(origin_seq) FROM fact GROUP BY origin";
    let mut statement = conn.prepare(sql)?;
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, i64, i64, i64)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    };
    for origin in statement.query_map([], read)? {
        let (origin, count, first, last) = origin?;
        if first != 1 || last != count {
            report.differs(format!(
                "origin {origin}: {count} facts numbered {first} to {last}: some are missing"
            ));
        }
    }
    Ok(())
}
