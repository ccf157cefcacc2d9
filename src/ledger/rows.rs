//! Rows of tables to values and back.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde_json::Value;

use super::error::LedgerError;
use crate::domain::code::Code;
use crate::domain::custody::{Custody, LastMove, MoveKind};
use crate::domain::fact::{Body, Fact, Subject};
use crate::domain::hlc::Hlc;
use crate::domain::id::{
    AssetId, BookingId, CountId, KitId, ModelId, PersonHandle, PersonId, ProductionId, ReaderId, RoomId,
    StationId, StockId,
};
use crate::time::UtcMs;

macro_rules! ids_in_sql {
    ($($name:ident),+) => {$(
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::parse(value.as_str()?).map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }
    )+};
}

ids_in_sql!(
    AssetId,
    BookingId,
    CountId,
    KitId,
    ModelId,
    PersonHandle,
    PersonId,
    ProductionId,
    ReaderId,
    RoomId,
    StationId,
    StockId
);

impl FromSql for UtcMs {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

impl ToSql for UtcMs {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for Subject {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for Subject {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Code {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::canonical(value.as_str()?).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Code {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// The columns of a fact in the order in which [`fact`] reads them.
pub const FACT_COLUMNS: &str = "seq, id, scan_id, origin, origin_seq, hlc, at_ms, clock_trusted, station, actor, \
                                subject, kind, version, body";

/// Reads a row of [`FACT_COLUMNS`].
pub fn fact(row: &Row<'_>) -> Result<Fact, LedgerError> {
    let (kind, body): (String, String) = (row.get(11)?, row.get(13)?);
    Ok(Fact {
        seq: row.get(0)?,
        id: row.get(1)?,
        scan_id: row.get(2)?,
        origin: row.get(3)?,
        origin_seq: row.get(4)?,
        hlc: Hlc(row.get(5)?),
        at: row.get(6)?,
        clock_trusted: row.get(7)?,
        station: row.get(8)?,
        actor: row.get(9)?,
        subject: row.get(10)?,
        body: body_of(&kind, &body)?,
    })
}

/// The body of a fact of that kind from what its column holds.
pub fn body_of(kind: &str, body: &str) -> Result<Body, LedgerError> {
    let body: Value = serde_json::from_str(body)?;
    Ok(serde_json::from_value(serde_json::json!({ "kind": kind, "body": body }))?)
}

/// The body of a fact as its column holds it.
pub fn body_text(body: &Body) -> Result<String, LedgerError> {
    let whole = serde_json::to_value(body)?;
    Ok(serde_json::to_string(whole.get("body").unwrap_or(&Value::Null))?)
}

/// The columns of custody in the order in which [`custody`] reads them.
pub const CUSTODY_COLUMNS: &str = "c.out, c.person, c.production, c.booking, c.room, c.due_ms, c.since_ms, c.kit, \
                                   c.last_fact, c.last_kind, c.last_station, c.last_actor, c.last_at_ms";

/// Reads [`CUSTODY_COLUMNS`] from column `first` on; `None` where an outer join found none.
pub fn custody(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Custody>> {
    let Some(out) = row.get::<_, Option<bool>>(first)? else { return Ok(None) };
    let kind: String = row.get(first + 9)?;
    Ok(Some(Custody {
        out,
        person: row.get(first + 1)?,
        production: row.get(first + 2)?,
        booking: row.get(first + 3)?,
        room: row.get(first + 4)?,
        due: row.get(first + 5)?,
        since: row.get(first + 6)?,
        kit: row.get(first + 7)?,
        last: LastMove {
            fact: row.get(first + 8)?,
            kind: MoveKind::parse(&kind).unwrap_or(MoveKind::Returned),
            station: row.get(first + 10)?,
            actor: row.get(first + 11)?,
            at: row.get(first + 12)?,
        },
    }))
}
