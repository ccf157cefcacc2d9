//! `import stock`: counted things behind one shelf label.

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use crate::domain::fact::{Body, StockRegistered, StockUse, Subject};
use crate::domain::id::{RoomId, StockId};

/// The columns of such a file.
pub(super) const COLUMNS: Columns = Columns {
    known: &["id", "name", "tags", "use", "count", "category", "home", "rate"],
    required: &["id", "name"],
};

const USES: [&str; 2] = ["lent", "consumed"];
const COUNT_MAX: u32 = 1_000_000;

/// One stock as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it.
    pub id: StockId,
    /// What people call it.
    pub name: String,
    /// The codes on the shelf, as written.
    pub tags: Vec<String>,
    /// Whether pieces come back. They do where the file says nothing.
    pub use_: StockUse,
    /// Pieces the studio has.
    pub count: Option<u32>,
    /// A word to group by.
    pub category: Option<String>,
    /// The room where the shelf is.
    pub home: Option<RoomId>,
    /// Price of a piece, in cents: for a day where it is lent, once where it is consumed.
    pub rate_cents: Option<i64>,
}

/// Reads a file of stock: all of its rows, or all that is wrong. `file` names it in errors.
pub fn stock(file: &str, bytes: &[u8]) -> Result<Vec<StockRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, row)
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>) -> Option<StockRow> {
    let id = cells.own_id(StockId::parse);
    let name = cells.name("name");
    let tags = cells.codes("tag", "tags");
    let use_ = StockUse::parse(cells.choice("use", &USES, "lent")).unwrap_or(StockUse::Lent);
    let count = cells.number("count", (0, COUNT_MAX), "pieces");
    let category = cells.text("category");
    let home = cells.id("home", RoomId::parse);
    let rate_cents = cells.cents("rate");
    let line = cells.line();
    Some(StockRow { line, id: id?, name: name?, tags, use_, count, category, home, rate_cents })
}

/// What a row says, against what the ledger knows.
pub(super) fn resolve(to: &mut Resolver<'_>, row: StockRow) {
    let subject = Subject::Stock(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::StockRegistered(old)) => Some(old),
        _ => None,
    };
    if let Some(home) = &row.home {
        to.need(row.line, "home", Subject::Room(home.clone()));
    }
    let count = to.keep("count", row.count, old.map(|old| Some(old.count)));
    if count.is_none() {
        to.wrong(row.line, "count", "", format!("a whole number of pieces from 0 to {COUNT_MAX}"));
    }
    let body = StockRegistered {
        name: row.name,
        use_: to.keep("use", row.use_, old.map(|old| old.use_)),
        count: count.unwrap_or(0),
        category: to.keep("category", row.category, old.map(|old| old.category.clone())),
        home: to.keep("home", row.home, old.map(|old| old.home.clone())),
        rate_cents: to.keep("rate", row.rate_cents, old.map(|old| old.rate_cents)),
    };
    to.thing(row.line, subject, Body::StockRegistered(body), &row.tags);
}
