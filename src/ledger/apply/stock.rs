//! Counted things: what there is, what is out, and to whom. No number is ever negative.

use rusqlite::{Connection, OptionalExtension, params};

use super::moves::moment;
use super::run;
use crate::domain::fact::{Body, Fact, Movement, StockRegistered, StockUse};
use crate::domain::id::StockId;
use crate::ledger::LedgerError;

pub fn lay(conn: &Connection, id: &StockId, fact: &Fact) -> Result<(), LedgerError> {
    if let Body::StockRegistered(stock) = &fact.body {
        return register(conn, id, stock);
    }
    // Pieces of which nobody has said what they are cannot be counted.
    let Some(use_) = use_of(conn, id)? else { return Ok(()) };
    match (&fact.body, use_) {
        (Body::StockCounted(counted), _) => {
            run(conn, "UPDATE stock SET count = ?2 WHERE id = ?1", params![id, counted.count])
        }
        (Body::StockTaken(movement), StockUse::Lent) => lend(conn, id, fact, movement),
        (Body::StockTaken(movement), StockUse::Consumed) => consume(conn, id, fact, movement),
        (Body::StockReturned(movement), StockUse::Lent) => take_back(conn, id, movement),
        (Body::StockReturned(movement), StockUse::Consumed) => {
            run(conn, "UPDATE stock SET count = count + ?2 WHERE id = ?1", params![id, pieces(movement)])
        }
        _ => Ok(()),
    }
}

fn pieces(movement: &Movement) -> i64 {
    i64::from(movement.count.unwrap_or(1))
}

fn use_of(conn: &Connection, id: &StockId) -> Result<Option<StockUse>, LedgerError> {
    let sql = "SELECT use FROM stock WHERE id = ?1";
    let name: Option<String> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(name.and_then(|name| StockUse::parse(&name)))
}

/// The number counts where it is another than was registered before: what moved since is not undone by a new name.
fn register(conn: &Connection, id: &StockId, stock: &StockRegistered) -> Result<(), LedgerError> {
    if stock.use_ == StockUse::Consumed && use_of(conn, id)? == Some(StockUse::Lent) {
        // From here on nobody is expected to bring any back.
        run(conn, "DELETE FROM stock_out WHERE stock = ?1", [id])?;
        run(conn, "UPDATE stock SET count = max(0, count - out), out = 0 WHERE id = ?1", [id])?;
    }
    let sql = "INSERT INTO stock (id, name, use, count, registered, out, category, home, rate_cents)
               VALUES (?1, ?2, ?3, ?4, ?4, 0, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET name = ?2, use = ?3, registered = ?4, category = ?5, home = ?6,
               rate_cents = ?7, count = CASE WHEN registered = ?4 THEN count ELSE ?4 END";
    let StockRegistered { name, use_, count, category, home, rate_cents } = stock;
    run(conn, sql, params![id, name, use_.name(), count, category, home, rate_cents])
}

fn lend(conn: &Connection, id: &StockId, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let sql = "INSERT INTO stock_out (stock, person, production, booking, count, since_ms, due_ms)
               VALUES (?1, coalesce(?2, ''), coalesce(?3, ''), coalesce(?4, ''), ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET count = count + ?5, due_ms = ?7";
    let Movement { person, production, booking, due, .. } = movement;
    let (count, since) = (pieces(movement), moment(fact, movement));
    run(conn, sql, params![id, person, production, booking, count, since, due])?;
    run(conn, "UPDATE stock SET out = out + ?2 WHERE id = ?1", params![id, count])
}

fn consume(conn: &Connection, id: &StockId, fact: &Fact, movement: &Movement) -> Result<(), LedgerError> {
    let (count, at) = (pieces(movement), moment(fact, movement));
    let sql =
        "INSERT OR REPLACE INTO usage (fact, subject, person, production, booking, from_ms, until_ms, due_ms,
               count, day_cents, week_cents) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, NULL, ?7,
               (SELECT rate_cents FROM stock WHERE id = ?8), NULL)";
    let Movement { person, production, booking, .. } = movement;
    run(conn, sql, params![fact.id, fact.subject, person, production, booking, at, count, id])?;
    run(conn, "UPDATE stock SET count = max(0, count - ?2) WHERE id = ?1", params![id, count])
}

/// Pieces come off what that person took for the same, then off what they took at all, then off what went for the
/// same, then off anything; more than is out come from nowhere and change nothing.
fn take_back(conn: &Connection, id: &StockId, movement: &Movement) -> Result<(), LedgerError> {
    let sql = "SELECT person, production, booking, count FROM stock_out WHERE stock = ?1
               ORDER BY (person = ?2 AND booking = ?3 AND production = ?4) DESC,
               person = ?2 DESC, (booking = ?3 AND booking <> '') DESC, (production = ?4 AND production <> '') DESC,
               since_ms, person, production, booking";
    let text = |id: Option<&str>| id.unwrap_or_default().to_owned();
    let person = text(movement.from.as_ref().or(movement.person.as_ref()).map(|id| id.as_str()));
    let booking = text(movement.booking.as_ref().map(|id| id.as_str()));
    let production = text(movement.production.as_ref().map(|id| id.as_str()));
    let rows: Vec<([String; 3], i64)> = conn
        .prepare_cached(sql)?
        .query_map(params![id, person, booking, production], |row| {
            Ok(([row.get(0)?, row.get(1)?, row.get(2)?], row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut left = pieces(movement);
    for (key, count) in rows {
        let back = left.min(count);
        if back > 0 {
            take_off(conn, id, &key, back)?;
            left -= back;
        }
    }
    Ok(())
}

fn take_off(conn: &Connection, id: &StockId, key: &[String; 3], count: i64) -> Result<(), LedgerError> {
    let [person, production, booking] = key;
    let one = "stock = ?1 AND person = ?2 AND production = ?3 AND booking = ?4";
    let values = params![id, person, production, booking, count];
    run(conn, &format!("UPDATE stock_out SET count = count - ?5 WHERE {one}"), values)?;
    let values = params![id, person, production, booking];
    run(conn, &format!("DELETE FROM stock_out WHERE {one} AND count <= 0"), values)?;
    run(conn, "UPDATE stock SET out = max(0, out - ?2) WHERE id = ?1", params![id, count])
}
