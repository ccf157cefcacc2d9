//! What a file says that was not taken, or was taken otherwise than it stands there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much of the file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// A column: nothing here needs what stands in it.
    Column,
    /// A row: nothing of it is taken.
    Row,
    /// A cell: the rest of its row is taken.
    Cell,
    /// Nothing: it is taken, but not quite as it stands there.
    Told,
}

/// One thing in a file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line on which the row begins, counted from 1; that of the header for a column.
    pub line: u64,
    /// The column as the file calls it, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there.
    pub found: String,
    /// How much of the file it is.
    pub extent: Extent,
    /// Why, and what to do where something can be done.
    pub why: String,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        let what = match self.extent {
            Extent::Column => ", the column is left out",
            Extent::Row => ", the row is left out",
            Extent::Cell => ", the cell is left out",
            Extent::Told => "",
        };
        write!(f, "found {}{what}: {}", self.found, self.why)
    }
}
