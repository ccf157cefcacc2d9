//! `import rooms`.

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use crate::domain::fact::{Body, RoomRegistered, Subject};
use crate::domain::id::RoomId;

/// The columns of such a file.
pub(super) const COLUMNS: Columns =
    Columns { known: &["id", "name", "tags", "hour_rate"], required: &["id", "name"] };

/// One room as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it.
    pub id: RoomId,
    /// What people call it.
    pub name: String,
    /// The codes at its door, as written, besides the printed `RM:<id>`.
    pub tags: Vec<String>,
    /// Rent for an hour, in cents.
    pub hour_rate_cents: Option<i64>,
}

/// Reads a file of rooms: all of its rows, or all that is wrong. `file` names it in errors.
pub fn rooms(file: &str, bytes: &[u8]) -> Result<Vec<RoomRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, row)
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>) -> Option<RoomRow> {
    let id = cells.own_id(RoomId::parse);
    let name = cells.name("name");
    let tags = cells.codes("tag", "tags");
    let hour_rate_cents = cells.cents("hour_rate");
    Some(RoomRow { line: cells.line(), id: id?, name: name?, tags, hour_rate_cents })
}

/// What a row says, against what the ledger knows.
pub(super) fn resolve(to: &mut Resolver<'_>, row: RoomRow) {
    let subject = Subject::Room(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::RoomRegistered(old)) => Some(old.hour_rate_cents),
        _ => None,
    };
    let hour_rate_cents = to.keep("hour_rate", row.hour_rate_cents, old);
    let body = Body::RoomRegistered(RoomRegistered { name: row.name, hour_rate_cents });
    to.thing(row.line, subject, body, &row.tags);
}
