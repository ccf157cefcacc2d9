//! The check after a stop that was not in order: the newest facts and their subjects' newest state.
//!
//! What it reads is bounded, however many facts there are: it goes on while people scan. SQLite's log makes a commit
//! whole or undoes it; this looks whether that held.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::super::rows::{FACT_COLUMNS, fact};
use super::super::{Ledger, LedgerError};
use super::compare::count;
use super::{Report, check_integrity, compare_one};
use crate::domain::fact::Subject;

/// Facts that are folded in all: seconds on a small machine. Of subjects beyond it the newest fact is looked at.
pub(super) const FOLDED_MAX: u64 = 100_000;

/// SQLite looks at every page of a file up to this size; a larger one is left to the whole `verify`.
const QUICK_CHECK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Looks at the last `facts` facts; of their subjects those are folded, newest first, that have room in `folded_max`.
pub(super) fn verify(conn: &Connection, facts: u32, folded_max: u64) -> Result<Report, LedgerError> {
    let mut report = Report::default();
    if bytes(conn)? <= QUICK_CHECK_BYTES_MAX {
        check_integrity(conn, "quick_check", &mut report);
    }
    let subjects = newest_facts(conn, facts, &mut report)?;
    let scratch = Ledger::in_memory("verify")?;
    for subject in subjects {
        check_newest(conn, &subject, &mut report)?;
        let count = "SELECT count(*) FROM fact WHERE subject = ?1";
        let count: i64 = conn.prepare_cached(count)?.query_row([&subject], |row| row.get(0))?;
        if report.facts.saturating_add_signed(count) > folded_max {
            report.unfolded += 1;
            continue;
        }
        compare_one(conn, &scratch.conn, &subject, &mut report)?;
    }
    Ok(report)
}

fn bytes(conn: &Connection) -> Result<u64, LedgerError> {
    Ok(count(conn, "PRAGMA page_count")?.saturating_mul(count(conn, "PRAGMA page_size")?))
}

/// Every one of the last facts can be read, and the file's own have no gap. Gives their subjects, newest first.
fn newest_facts(conn: &Connection, facts: u32, report: &mut Report) -> Result<Vec<Subject>, LedgerError> {
    let own: Option<String> =
        conn.query_row("SELECT (SELECT value FROM meta WHERE key = 'origin')", [], |row| row.get(0))?;
    let mut statement =
        conn.prepare(&format!("SELECT {FACT_COLUMNS} FROM fact ORDER BY seq DESC LIMIT ?1"))?;
    let mut rows = statement.query([facts])?;
    let (mut seen, mut subjects, mut after) = (BTreeSet::new(), Vec::new(), None);
    let mut left = facts;
    while let Some(row) = rows.next()? {
        left -= 1;
        let fact = match fact(row) {
            Ok(fact) => fact,
            Err(error) => {
                report.differs(format!("fact {}: {error}", row.get::<_, i64>(0)?));
                continue;
            }
        };
        if own.as_ref() == Some(&fact.origin) {
            let seq = fact.origin_seq;
            if after.replace(seq).is_some_and(|next| next != seq + 1) {
                report.differs(format!("origin {}: facts after number {seq} are missing", fact.origin));
            }
        }
        if seen.insert(fact.subject.clone()) {
            subjects.push(fact.subject);
        }
    }
    if left > 0 && after.is_some_and(|first| first != 1) {
        report.differs("the first facts of this origin are missing".to_owned());
    }
    Ok(subjects)
}

/// The row of a subject names its newest fact: whatever was folded, was folded up to there.
fn check_newest(conn: &Connection, subject: &Subject, report: &mut Report) -> Result<(), LedgerError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM subject s WHERE s.subject = ?1 AND (s.hlc, s.origin, s.origin_seq) =
               (SELECT hlc, origin, origin_seq FROM fact WHERE subject = ?1
                ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1))";
    let is_there: bool = conn.prepare_cached(sql)?.query_row([subject], |row| row.get(0))?;
    if !is_there {
        report.differs(format!("subject: {subject} does not stand at its newest fact"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;

    /// One camera that was registered so often, and one once.
    fn ledger(times: i64) -> Ledger {
        let ledger = Ledger::in_memory("here").unwrap();
        let sql = "INSERT INTO fact VALUES (?1, 's' || ?1, 's', 'here', ?1, ?1, 0, 1, NULL, NULL, ?2,
                   'asset-registered', 1, '{\"name\":\"FX6\"}')";
        for seq in 1..=times {
            ledger.conn.execute(sql, params![seq, "asset/busy"]).unwrap();
        }
        ledger.conn.execute(sql, params![times + 1, "asset/new"]).unwrap();
        super::super::super::apply::refold_all(&ledger.conn).unwrap();
        let newest =
            "INSERT INTO subject SELECT subject, max(hlc), origin, max(origin_seq), max(seq) FROM fact
                      GROUP BY subject";
        ledger.conn.execute(newest, []).unwrap();
        ledger
    }

    #[test]
    fn a_subject_with_too_many_facts_is_looked_at_by_its_newest() {
        let ledger = ledger(50);
        let report = verify(&ledger.conn, 10, 20).unwrap();
        assert!(report.is_whole(), "{:?}", report.differences);
        assert_eq!((report.facts, report.unfolded), (1, 1));
        let whole = verify(&ledger.conn, 10, 51).unwrap();
        assert_eq!((whole.facts, whole.unfolded), (51, 0));
        ledger.conn.execute("UPDATE subject SET hlc = 3 WHERE subject = 'asset/busy'", []).unwrap();
        let report = verify(&ledger.conn, 10, 20).unwrap();
        assert_eq!(report.differences, ["subject: asset/busy does not stand at its newest fact"]);
    }

    #[test]
    fn a_gap_among_the_newest_is_found() {
        let ledger = ledger(50);
        ledger
            .conn
            .execute_batch("DROP TRIGGER fact_is_not_deleted; DELETE FROM fact WHERE seq = 48")
            .unwrap();
        let report = verify(&ledger.conn, 10, 100).unwrap();
        assert_eq!(report.differences, ["origin here: facts after number 47 are missing"]);
    }
}
