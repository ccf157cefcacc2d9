//! The fold: the only place that writes projections.
//!
//! A fact that is its subject's newest is laid on top. A fact from before that, and one that takes others back, folds
//! its subject afresh: by (hlc, origin, origin_seq), without what was annulled. So the same facts give the same rows,
//! in whatever order they arrived. A fact touches rows of its own subject only.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::LedgerError;
use super::rows::{FACT_COLUMNS, fact};
use crate::domain::fact::{Body, Fact, Subject};

mod counts;
mod moves;
mod passing;
mod plan;
mod standing;
mod stays;
mod stock;
mod things;

/// Brings the projections up to this fact, which is in the table already.
pub fn apply(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    let newest = newest(conn, &fact.subject)?;
    let is_newest = newest.as_ref().is_none_or(|newest| *newest < order(fact));
    note_subject(conn, fact, is_newest)?;
    if is_newest && !matches!(fact.body, Body::Annulled(_)) {
        return lay(conn, fact);
    }
    refold(conn, &fact.subject)
}

type Order = (i64, String, i64);

fn order(fact: &Fact) -> Order {
    (fact.hlc.0, fact.origin.clone(), fact.origin_seq)
}

fn newest(conn: &Connection, subject: &Subject) -> Result<Option<Order>, LedgerError> {
    Ok(conn
        .prepare_cached("SELECT hlc, origin, origin_seq FROM subject WHERE subject = ?1")?
        .query_row([subject], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}

fn note_subject(conn: &Connection, fact: &Fact, is_newest: bool) -> Result<(), LedgerError> {
    let sql = if is_newest {
        "INSERT INTO subject (subject, hlc, origin, origin_seq, seq) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (subject) DO UPDATE SET hlc = ?2, origin = ?3, origin_seq = ?4, seq = max(seq, ?5)"
    } else {
        "UPDATE subject SET seq = max(seq, ?5) WHERE subject = ?1 AND (hlc, origin, origin_seq) >= (?2, ?3, ?4)"
    };
    run(conn, sql, params![fact.subject, fact.hlc.0, fact.origin, fact.origin_seq, fact.seq])
}

/// Folds every subject afresh. Inside a transaction.
pub fn refold_all(conn: &Connection) -> Result<(), LedgerError> {
    let mut statement = conn.prepare("SELECT DISTINCT subject FROM fact")?;
    let subjects: Vec<Subject> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    subjects.iter().try_for_each(|subject| refold(conn, subject))
}

/// Folds a subject of which there are no rows yet. `facts` are all of its facts, in the order of the fold.
pub fn fold_alone(conn: &Connection, subject: &Subject, facts: &[Fact]) -> Result<(), LedgerError> {
    facts.iter().try_for_each(|fact| note_subject(conn, fact, true))?;
    fold(conn, subject, facts)
}

/// Folds a subject afresh from all its facts.
pub fn refold(conn: &Connection, subject: &Subject) -> Result<(), LedgerError> {
    fold(conn, subject, &facts_of(conn, subject)?)
}

fn fold(conn: &Connection, subject: &Subject, facts: &[Fact]) -> Result<(), LedgerError> {
    let annulled: BTreeSet<&String> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            Body::Annulled(annulled) => Some(&annulled.facts),
            _ => None,
        })
        .flatten()
        .collect();
    clear(conn, subject)?;
    facts.iter().filter(|fact| !annulled.contains(&fact.id)).try_for_each(|fact| lay(conn, fact))
}

/// Every fact of a subject, in the order of the fold.
pub fn facts_of(conn: &Connection, subject: &Subject) -> Result<Vec<Fact>, LedgerError> {
    let sql = format!("SELECT {FACT_COLUMNS} FROM fact WHERE subject = ?1 ORDER BY hlc, origin, origin_seq");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([subject])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        facts.push(fact(row)?);
    }
    Ok(facts)
}

/// The tables in which a kind of subject has rows: those that hold its id in a column, and those that hold it whole.
pub fn tables_of(subject: &Subject) -> (&'static [(&'static str, &'static str)], &'static [&'static str]) {
    match subject {
        Subject::Asset(_) => {
            (&[("asset", "id")], &["custody", "standing", "job", "usage", "counted", "passing"])
        }
        Subject::Kit(_) => (&[("kit", "id")], &["custody", "standing", "job", "counted", "passing"]),
        Subject::Stock(_) => {
            (&[("stock", "id"), ("stock_out", "stock")], &["standing", "job", "usage", "counted"])
        }
        Subject::Room(_) => (&[("room", "id")], &[]),
        Subject::Production(_) => (&[("production", "id")], &[]),
        Subject::Booking(_) => {
            (&[("booking", "id"), ("booking_person", "booking"), ("claim", "booking")], &[])
        }
        Subject::Person(_) => (&[("person", "id")], &["stay"]),
        Subject::Tag(_) => (&[("tag", "code")], &[]),
        Subject::Count(_) => (&[("count", "id")], &[]),
    }
}

fn clear(conn: &Connection, subject: &Subject) -> Result<(), LedgerError> {
    let (by_id, whole) = tables_of(subject);
    for (table, column) in by_id {
        run(conn, &format!("DELETE FROM {table} WHERE {column} = ?1"), [subject.id()])?;
    }
    whole
        .iter()
        .try_for_each(|table| run(conn, &format!("DELETE FROM {table} WHERE subject = ?1"), [subject]))
}

/// Lays one fact on top of its subject's rows. What does not fit its subject changes nothing.
fn lay(conn: &Connection, fact: &Fact) -> Result<(), LedgerError> {
    match &fact.subject {
        Subject::Asset(id) => {
            if let Body::AssetRegistered(asset) = &fact.body {
                return things::asset(conn, id, asset);
            }
            moves::asset(conn, fact)?;
            counts::came_upon(conn, fact)?;
            passing::lay(conn, fact)?;
            standing::lay(conn, fact)
        }
        Subject::Kit(id) => {
            if let Body::KitRegistered(kit) = &fact.body {
                return things::kit(conn, id, kit);
            }
            moves::kit(conn, fact)?;
            counts::came_upon(conn, fact)?;
            passing::lay(conn, fact)?;
            standing::lay(conn, fact)
        }
        Subject::Stock(id) => {
            stock::lay(conn, id, fact)?;
            counts::came_upon(conn, fact)?;
            standing::lay(conn, fact)
        }
        Subject::Booking(id) => plan::booking(conn, id, &fact.body),
        Subject::Production(id) => plan::production(conn, id, &fact.body),
        Subject::Room(id) => things::room(conn, id, &fact.body),
        Subject::Person(id) => {
            things::person(conn, id, &fact.body)?;
            stays::lay(conn, fact)
        }
        Subject::Tag(code) => things::tag(conn, code, &fact.body),
        Subject::Count(id) => counts::lay(conn, id, fact),
    }
}

fn run(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), LedgerError> {
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
