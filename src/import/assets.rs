//! `import assets`: things with a label of their own.

use super::RowError;
use super::cell::Cells;
use super::table::{self, Columns};
use crate::domain::id::{AssetId, KitId, ModelId, RoomId};

const COLUMNS: Columns = Columns {
    known: &[
        "id",
        "name",
        "tags",
        "model",
        "category",
        "serial",
        "home",
        "kit",
        "day_rate",
        "week_rate",
        "replacement_value",
    ],
    required: &["id", "name"],
};

/// One asset as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it.
    pub id: AssetId,
    /// What people call it.
    pub name: String,
    /// The codes on it, as written. Without any it answers to its id.
    pub tags: Vec<String>,
    /// Which sort of asset it is.
    pub model: Option<ModelId>,
    /// A word to group by.
    pub category: Option<String>,
    /// The maker's serial number.
    pub serial: Option<String>,
    /// The room in which it lives.
    pub home: Option<RoomId>,
    /// The kit of which it is a member.
    pub kit: Option<KitId>,
    /// Rent for a day, in cents.
    pub day_rate_cents: Option<i64>,
    /// Rent for a week, in cents.
    pub week_rate_cents: Option<i64>,
    /// What another one costs, in cents.
    pub replacement_value_cents: Option<i64>,
}

/// Reads a file of assets: all of its rows, or all that is wrong. `file` names it in errors.
pub fn assets(file: &str, bytes: &[u8]) -> Result<Vec<AssetRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, row)
}

fn row(cells: &mut Cells<'_>) -> Option<AssetRow> {
    let id = cells.own_id(AssetId::parse);
    let name = cells.name("name");
    let tags = cells.codes("tag", "tags");
    if tags.is_empty() {
        cells.id_as_tag();
    }
    let model = cells.id("model", ModelId::parse);
    let category = cells.text("category");
    let serial = cells.text("serial");
    let home = cells.id("home", RoomId::parse);
    let kit = cells.id("kit", KitId::parse);
    let day_rate_cents = cells.cents("day_rate");
    let week_rate_cents = cells.cents("week_rate");
    let replacement_value_cents = cells.cents("replacement_value");
    Some(AssetRow {
        line: cells.line(),
        id: id?,
        name: name?,
        tags,
        model,
        category,
        serial,
        home,
        kit,
        day_rate_cents,
        week_rate_cents,
        replacement_value_cents,
    })
}
