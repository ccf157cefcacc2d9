//! AdamRMS: the template of its asset import, and its export.

use super::super::prepare::Kind;
use super::super::reading::Record;
use super::sheet::Sheet;
use super::shelf::{field, say_field};
use super::translation::{Said, Translation};

/// Which of its two headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// `asset-import-template.csv`.
    Template,
    /// What it exports.
    Export,
}

/// Fields that a house gives names to are numbered from 1 to this.
const FIELDS: usize = 10;

/// What the header is, where it is one of AdamRMS.
pub(super) fn about(sheet: &Sheet) -> Option<About> {
    if sheet.has("assettypes name") && sheet.has("assets tag") {
        return Some(About::Template);
    }
    let marks = ["mass (kg)", "day rate", "week rate", "definable field 1 name", "manufacturer"];
    (sheet.has("asset code") && sheet.has("name") && sheet.count(&marks) >= 2).then_some(About::Export)
}

impl About {
    /// How the file is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Template => "AdamRMS asset template",
            Self::Export => "AdamRMS assets",
        }
    }

    /// Says what a row says.
    pub(super) fn row(self, to: &mut Translation<'_>, row: &Record) {
        let (tag, name, location): (&[&str], &[&str], &[&str]) = match self {
            Self::Template => (&["assets tag"], &["assettypes name"], &["assets storagelocation"]),
            Self::Export => (&["asset code"], &["name"], &["location"]),
        };
        let Some((mut said, code)) = to.begin(row, tag, "asset code") else { return };
        if !to.name(&mut said, row, name) {
            return;
        }
        to.code(&mut said, "tags", code.text, &code);
        to.model(&mut said, row, name);
        to.text(&mut said, "category", row, &["category"]);
        to.room(&mut said, row, location);
        // What the one says counts before what its type says.
        to.money(&mut said, "day_rate", row, &["assets dayrate", "assettypes dayrate", "day rate"]);
        to.money(&mut said, "week_rate", row, &["assets weekrate", "assettypes weekrate", "week rate"]);
        to.money(&mut said, "replacement_value", row, &["assets value", "assettypes value", "value"]);
        fields(to, &mut said, row);
        to.add(Kind::Assets, said);
    }
}

/// Why a column is left out.
pub(super) fn why(column: &str) -> Option<&'static str> {
    (column == "assetcategories id").then_some("it is the number of a category in AdamRMS alone")
}

/// The fields of the house: a column for the name, another for what stands there.
fn fields(to: &mut Translation<'_>, said: &mut Said, row: &Record) {
    for number in 1..=FIELDS {
        let pairs = [
            (format!("assettype definablefieldsname {number}"), format!("asset definablefields {number}")),
            (format!("definable field {number} name"), format!("definable field {number} value")),
        ];
        for (name, value) in pairs {
            let (Some(name), Some(value)) = (to.sheet.column(&name), to.sheet.column(&value)) else {
                continue;
            };
            let column = row.cells.get(name).and_then(|name| field(name));
            if let Some(column) = column.filter(|column| !said.has(column)) {
                to.pass([name]);
                if let Some(found) = to.cell_at(row, value) {
                    say_field(to, said, column, &found);
                }
            }
        }
    }
}
