//! `import productions`: what gear, rooms and people are booked for.

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::table::{self, Columns};
use crate::domain::id::{PersonHandle, ProductionId};
use crate::domain::rules::STAGES;
use crate::time::UtcMs;

const COLUMNS: Columns = Columns {
    known: &["id", "title", "client", "stage", "starts", "ends", "budget", "crew"],
    required: &["id", "title", "starts", "ends"],
};

/// One production as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductionRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it, and is printed on its card as `PR:<id>`.
    pub id: ProductionId,
    /// What people call it.
    pub title: String,
    /// Who pays for it.
    pub client: Option<String>,
    /// One of [`STAGES`].
    pub stage: &'static str,
    /// Its first moment.
    pub starts: UtcMs,
    /// The first moment after it; a date alone includes its day.
    pub ends: UtcMs,
    /// What it may cost, in cents.
    pub budget_cents: Option<i64>,
    /// Who works on it.
    pub crew: Vec<PersonHandle>,
}

/// Reads a file of productions: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn productions(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<ProductionRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<ProductionRow> {
    let id = cells.own_id(ProductionId::parse);
    let title = cells.name("title");
    let client = cells.text("client");
    let stage = cells.choice("stage", &STAGES, "production");
    let span = cells.span(zone);
    let budget_cents = cells.cents("budget");
    let crew = cells.crew();
    let (starts, ends) = span?;
    let line = cells.line();
    Some(ProductionRow { line, id: id?, title: title?, client, stage, starts, ends, budget_cents, crew })
}
