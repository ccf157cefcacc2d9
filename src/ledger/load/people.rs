//! People, and what they have out.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::things::json;
use crate::domain::custody::Custody;
use crate::domain::id::PersonId;
use crate::domain::person::{Holding, Person, Role, Roles, Suspension};
use crate::ledger::LedgerError;
use crate::time::UtcMs;

/// The columns of a person in the order in which [`person_row`] reads them.
pub const PERSON_COLUMNS: &str = "p.role, p.active_until_ms, p.also, p.suspended, p.certificates, i.name";

/// Loads a person, without what they have out.
pub fn person(conn: &Connection, id: &PersonId) -> Result<Option<Person>, LedgerError> {
    let sql = format!(
        "SELECT {PERSON_COLUMNS} FROM person p LEFT JOIN identity i ON i.person = p.id WHERE p.id = ?1"
    );
    let read = |row: &Row<'_>| person_row(row, id.clone(), 0);
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Loads a person and counts what they have out.
pub fn person_with_gear(conn: &Connection, id: &PersonId, now: UtcMs) -> Result<Option<Person>, LedgerError> {
    let Some(person) = person(conn, id)? else { return Ok(None) };
    Ok(Some(Person { holding: holding(conn, id, now)?, ..person }))
}

/// The one who holds a thing: known by id also where nobody enrolled them.
pub fn holder_row(
    row: &Row<'_>,
    custody: Option<&Custody>,
    first: usize,
) -> rusqlite::Result<Option<Person>> {
    let id = custody.and_then(|custody| custody.person.clone());
    id.map(|id| person_row(row, id, first)).transpose()
}

fn person_row(row: &Row<'_>, id: PersonId, first: usize) -> rusqlite::Result<Person> {
    let role: Option<String> = row.get(first)?;
    let role = role.and_then(|role| Role::parse(&role)).unwrap_or(Role::Crew);
    let also: Vec<Role> = json(row, first + 2)?.unwrap_or_default();
    let suspended: Option<Suspension> = json(row, first + 3)?;
    Ok(Person {
        id,
        name: row.get(first + 5)?,
        roles: Roles::of(&[&[role], also.as_slice()].concat()),
        active_until: row.get(first + 1)?,
        suspended,
        certificates: json(row, first + 4)?.unwrap_or_default(),
        holding: Holding::default(),
    })
}

fn holding(conn: &Connection, id: &PersonId, now: UtcMs) -> Result<Holding, LedgerError> {
    let sql = "SELECT coalesce(sum(c.subject GLOB 'asset/*'), 0),
               coalesce(sum(c.subject GLOB 'asset/*' AND c.due_ms < ?2), 0), count(s.recall_by_ms)
               FROM custody c LEFT JOIN standing s ON s.subject = c.subject WHERE c.person = ?1 AND c.out = 1";
    let read =
        |row: &Row<'_>| Ok(Holding { assets: row.get(0)?, overdue: row.get(1)?, recalled: row.get(2)? });
    Ok(conn.prepare_cached(sql)?.query_row(params![id, now], read)?)
}
