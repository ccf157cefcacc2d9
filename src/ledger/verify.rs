//! `verify`: are the projections what the facts say? All facts are replayed into an empty ledger and every row that
//! facts make is compared. Identity, notes, scan log, sessions and cursors are not made by facts and are exempt.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::append::insert;
use super::apply::{apply, facts_of, tables_of};
use super::mark::Mark;
use super::rows::{FACT_COLUMNS, fact};
use super::{Ledger, LedgerError, Reader};
use crate::domain::fact::Subject;

/// Tables that facts make, and the columns that order their rows.
const PROJECTIONS: [(&str, &str); 20] = [
    ("subject", "subject"),
    ("asset", "id"),
    ("kit", "id"),
    ("room", "id"),
    ("production", "id"),
    ("booking", "id"),
    ("booking_person", "person, ends_ms, booking"),
    ("person", "id"),
    ("tag", "code, thing"),
    ("custody", "subject"),
    ("standing", "subject"),
    ("job", "fact"),
    ("stock", "id"),
    ("stock_out", "stock, person, production, booking"),
    ("usage", "fact"),
    ("claim", "resource, until_ms, booking"),
    ("stay", "fact"),
    ("count", "id"),
    ("counted", "subject, count"),
    ("passing", "subject"),
];

/// Differences named in a report; more are only counted.
const NAMED_MAX: usize = 20;

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Facts replayed.
    pub facts: u64,
    /// Rows compared.
    pub rows: u64,
    /// Differences, named as far as there is room.
    pub differences: Vec<String>,
    /// Differences in all.
    pub different: u64,
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
    /// Replays all facts and compares every row.
    pub fn verify(&self) -> Result<Report, LedgerError> {
        // Before the snapshot, which holds all that a mark of that moment speaks of.
        let mark = Mark::beside(self.path());
        self.conn().execute_batch("BEGIN")?;
        let report = verify(self.conn(), mark.as_ref());
        self.conn().execute_batch("COMMIT")?;
        report
    }
}

impl Reader {
    /// Folds the subjects of the last `facts` facts afresh elsewhere, compares their rows, and counts all facts.
    pub fn verify_recent(&self, facts: u32) -> Result<Report, LedgerError> {
        self.conn().execute_batch("BEGIN")?;
        let report = verify_recent(self.conn(), facts);
        self.conn().execute_batch("COMMIT")?;
        report
    }
}

impl Ledger {
    /// Folds the subjects of the last `facts` facts afresh elsewhere, compares their rows, and counts all facts.
    pub fn verify_recent(&self, facts: u32) -> Result<Report, LedgerError> {
        verify_recent(&self.conn, facts)
    }

    /// Replays all facts and compares every row.
    pub fn verify(&self) -> Result<Report, LedgerError> {
        verify(&self.conn, self.mark.as_ref())
    }
}

/// Folds the subjects of the last `facts` facts afresh elsewhere and compares their rows.
fn verify_recent(conn: &Connection, facts: u32) -> Result<Report, LedgerError> {
    let scratch = Ledger::in_memory("verify")?;
    let sql = "SELECT DISTINCT subject FROM (SELECT subject FROM fact ORDER BY seq DESC LIMIT ?1)";
    let mut statement = conn.prepare(sql)?;
    let subjects: Vec<Subject> = statement.query_map([facts], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut report = Report::default();
    for subject in subjects {
        for fact in facts_of(conn, &subject)? {
            insert(&scratch.conn, &fact)?;
            apply(&scratch.conn, &fact)?;
            report.facts += 1;
        }
        compare_subject(conn, &scratch.conn, &subject, &mut report)?;
    }
    check_integrity(conn, "quick_check", &mut report)?;
    check_origins(conn, &mut report)?;
    Ok(report)
}

fn verify(conn: &Connection, mark: Option<&Mark>) -> Result<Report, LedgerError> {
    let mut report = Report::default();
    check_integrity(conn, "integrity_check", &mut report)?;
    let mut scratch = Ledger::in_memory("verify")?;
    check_schema(conn, &scratch.conn, &mut report)?;
    scratch.transaction(|scratch| replay(conn, &scratch.conn, &mut report))?;
    for (table, order) in PROJECTIONS {
        compare(conn, &scratch.conn, &format!("SELECT * FROM {table} ORDER BY {order}"), table, &mut report)?;
    }
    let changed = mark.map(|mark| mark.differs(conn)).transpose()?.flatten();
    changed.into_iter().for_each(|sentence| report.differs(sentence));
    check_origins(conn, &mut report)?;
    Ok(report)
}

fn replay(from: &Connection, to: &Connection, report: &mut Report) -> Result<(), LedgerError> {
    let mut statement = from.prepare(&format!("SELECT {FACT_COLUMNS} FROM fact ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let fact = fact(row)?;
        // A page that stands twice, as only damage makes it, brings facts twice.
        if let Err(error) = insert(to, &fact).and_then(|_| apply(to, &fact)) {
            report.differs(format!("fact: {} cannot be replayed: {error}", fact.seq));
        }
        report.facts += 1;
    }
    Ok(())
}

fn check_integrity(conn: &Connection, pragma: &str, report: &mut Report) -> Result<(), LedgerError> {
    let mut statement = conn.prepare(&format!("PRAGMA {pragma}"))?;
    let said: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    said.into_iter().filter(|line| line != "ok").for_each(|line| report.differs(format!("the file: {line}")));
    Ok(())
}

/// Tables, indexes and triggers are those that this program makes: a column of another name holds nothing that it finds.
fn check_schema(live: &Connection, made: &Connection, report: &mut Report) -> Result<(), LedgerError> {
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name";
    let rows = report.rows;
    compare(live, made, sql, "the schema", report)?;
    report.rows = rows;
    Ok(())
}

/// The numbers of each origin have no gap.
fn check_origins(conn: &Connection, report: &mut Report) -> Result<(), LedgerError> {
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

fn compare_subject(
    live: &Connection,
    folded: &Connection,
    subject: &Subject,
    report: &mut Report,
) -> Result<(), LedgerError> {
    let (by_id, whole) = tables_of(subject);
    let by_id = by_id.iter().map(|(table, column)| (*table, *column, subject.id().to_owned()));
    let whole = whole.iter().chain(&["subject"]).map(|table| (*table, "subject", subject.to_string()));
    for (table, column, id) in by_id.chain(whole) {
        let sql = format!("SELECT * FROM {table} WHERE {column} = ?1");
        report_rows(table, rows(live, &sql, [&id])?, rows(folded, &sql, [&id])?, report);
    }
    Ok(())
}

type Rows = Vec<Vec<Value>>;

fn rows(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Rows, LedgerError> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get::<_, Value>(column)).collect();
    Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
}

fn report_rows(table: &str, live: Rows, folded: Rows, report: &mut Report) {
    report.rows += live.len() as u64;
    for row in live.iter().filter(|row| !folded.contains(row)) {
        report.differs(format!("{table}: {} is not what the facts say", say(row)));
    }
    for row in folded.iter().filter(|row| !live.contains(row)) {
        report.differs(format!("{table}: {} is missing", say(row)));
    }
}

/// Compares two ordered streams of rows without holding either.
fn compare(
    live: &Connection,
    folded: &Connection,
    sql: &str,
    table: &str,
    report: &mut Report,
) -> Result<(), LedgerError> {
    let (mut live, mut folded) = (live.prepare(sql)?, folded.prepare(sql)?);
    let columns = live.column_count();
    let (mut live, mut folded) = (live.query([])?, folded.query([])?);
    loop {
        let (left, right) = (next(&mut live, columns)?, next(&mut folded, columns)?);
        match (left, right) {
            (None, None) => return Ok(()),
            (Some(left), Some(right)) if left == right => report.rows += 1,
            (Some(left), Some(right)) => {
                report.differs(format!("{table}: {} stands where the facts say {}", say(&left), say(&right)));
            }
            (Some(left), None) => {
                report.differs(format!("{table}: {} is not what the facts say", say(&left)))
            }
            (None, Some(right)) => report.differs(format!("{table}: {} is missing", say(&right))),
        }
    }
}

fn next(rows: &mut rusqlite::Rows<'_>, columns: usize) -> Result<Option<Vec<Value>>, LedgerError> {
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?))
}

fn say(row: &[Value]) -> String {
    let cell = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    format!("({})", row.iter().map(cell).collect::<Vec<_>>().join(", "))
}
