//! `import kits`: cases with expected members. Which assets those are, the assets say.

use super::RowError;
use super::cell::Cells;
use super::table::{self, Columns};
use crate::domain::id::KitId;

const COLUMNS: Columns = Columns { known: &["id", "name", "tags"], required: &["id", "name"] };

/// One kit as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it.
    pub id: KitId,
    /// What people call it.
    pub name: String,
    /// The codes on the case, as written.
    pub tags: Vec<String>,
}

/// Reads a file of kits: all of its rows, or all that is wrong. `file` names it in errors.
pub fn kits(file: &str, bytes: &[u8]) -> Result<Vec<KitRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, row)
}

fn row(cells: &mut Cells<'_>) -> Option<KitRow> {
    let id = cells.own_id(KitId::parse);
    let name = cells.name("name");
    let tags = cells.codes("tag", "tags");
    Some(KitRow { line: cells.line(), id: id?, name: name?, tags })
}
