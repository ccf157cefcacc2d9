//! Rows of the file beside rows that were folded afresh.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::LedgerError;
use super::super::apply::tables_of;
use super::Report;
use crate::domain::fact::Subject;

/// Tables that facts make, and how a row of each says which subject it belongs to.
const PROJECTIONS: [(&str, &str); 20] = [
    ("subject", "subject"),
    ("asset", "'asset/' || id"),
    ("kit", "'kit/' || id"),
    ("room", "'room/' || id"),
    ("production", "'production/' || id"),
    ("booking", "'booking/' || id"),
    ("booking_person", "'booking/' || booking"),
    ("person", "'person/' || id"),
    ("tag", "'tag/' || code"),
    ("custody", "subject"),
    ("standing", "subject"),
    ("job", "subject"),
    ("stock", "'stock/' || id"),
    ("stock_out", "'stock/' || stock"),
    ("usage", "subject"),
    ("claim", "'booking/' || booking"),
    ("stay", "subject"),
    ("count", "'count/' || id"),
    ("counted", "subject"),
    ("passing", "subject"),
];

/// Stray rows named in a report.
const STRAYS_NAMED_MAX: u32 = 20;

/// Tables, indexes and triggers are those that this program makes: a column of another name holds nothing that it finds.
pub(super) fn compare_schema(
    live: &Connection,
    made: &Connection,
    report: &mut Report,
) -> Result<(), LedgerError> {
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name";
    compare_rows("the schema", &rows(live, sql, [])?, &rows(made, sql, [])?, report);
    Ok(())
}

/// The rows of one subject; `found` counts them by table.
pub(super) fn compare_subject(
    live: &Connection,
    folded: &Connection,
    subject: &Subject,
    found: &mut BTreeMap<&'static str, u64>,
    report: &mut Report,
) -> Result<(), LedgerError> {
    let (by_id, whole) = tables_of(subject);
    let by_id = by_id.iter().map(|(table, column)| (*table, *column, subject.id().to_owned()));
    let whole = whole.iter().chain(&["subject"]).map(|table| (*table, "subject", subject.to_string()));
    for (table, column, id) in by_id.chain(whole) {
        let sql = format!("SELECT * FROM {table} WHERE {column} = ?1 ORDER BY 1, 2");
        let (live, folded) = (rows(live, &sql, [&id])?, rows(folded, &sql, [&id])?);
        let count = u64::try_from(live.len()).unwrap_or(u64::MAX);
        *found.entry(table).or_default() += count;
        report.rows += count;
        compare_rows(table, &live, &folded, report);
    }
    Ok(())
}

/// Rows of subjects about which there is no fact; `found` are those, by table, that belong to one.
pub(super) fn strays(
    live: &Connection,
    found: &BTreeMap<&'static str, u64>,
    report: &mut Report,
) -> Result<(), LedgerError> {
    for (table, subject) in PROJECTIONS {
        let count = count(live, &format!("SELECT count(*) FROM {table}"))?;
        let expected = found.get(table).copied().unwrap_or_default();
        if count == expected {
            continue;
        }
        let sql = format!(
            "SELECT * FROM {table} WHERE NOT EXISTS (SELECT 1 FROM fact WHERE fact.subject = {subject}) LIMIT {STRAYS_NAMED_MAX}"
        );
        let sql = match subject {
            "subject" => sql.replace("= subject)", &format!("= {table}.subject)")),
            _ => sql,
        };
        let strays = rows(live, &sql, [])?;
        for row in &strays {
            report.differs(format!("{table}: {} is not what the facts say", say(row)));
        }
        if strays.is_empty() {
            report.differs(format!("{table}: {count} rows, and {expected} that belong to a fact"));
        }
    }
    Ok(())
}

/// The number that `sql` gives.
pub(super) fn count(conn: &Connection, sql: &str) -> Result<u64, LedgerError> {
    let number: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

type Rows = Vec<Vec<Value>>;

fn rows(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Rows, LedgerError> {
    let mut statement = conn.prepare_cached(sql)?;
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get::<_, Value>(column)).collect();
    Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
}

/// Only where the rows are not the same in the same order are they looked up among each other.
fn compare_rows(table: &str, live: &Rows, folded: &Rows, report: &mut Report) {
    if live == folded {
        return;
    }
    let (in_live, in_folded) = (by_value(live), by_value(folded));
    let only = |rows: &BTreeMap<String, &Vec<Value>>, others: &BTreeMap<String, &Vec<Value>>| {
        rows.iter().filter(|(value, _)| !others.contains_key(*value)).map(|(_, row)| row.to_vec()).collect()
    };
    let (strange, mut missing): (Rows, Rows) = (only(&in_live, &in_folded), only(&in_folded, &in_live));
    for row in strange {
        // Of one key there is one row: what stands there is told beside what should.
        match missing.iter().position(|other| other.first() == row.first()) {
            Some(at) => {
                let should = missing.remove(at);
                report.differs(format!("{table}: {} stands where the facts say {}", say(&row), say(&should)));
            }
            None => report.differs(format!("{table}: {} is not what the facts say", say(&row))),
        }
    }
    for row in &missing {
        report.differs(format!("{table}: {} is missing", say(row)));
    }
    if in_live.len() < live.len() {
        report.differs(format!("{table}: a row stands there twice"));
    }
}

fn by_value(rows: &Rows) -> BTreeMap<String, &Vec<Value>> {
    rows.iter().map(|row| (format!("{row:?}"), row)).collect()
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
