//! The files people bring: CSV with assets, kits, stock, people, rooms, productions or bookings, into checked rows. Pure.
//!
//! Each kind has a file here with the columns that it knows. What comes out is right in itself; [`prepare`] then
//! compares it with what the ledger knows and makes the facts that are missing. Either all rows are right, or all
//! that is wrong comes back with file, line and column, so that a file is mended once.

use std::fmt;

mod assets;
mod bookings;
mod cell;
mod conflicts;
mod difference;
mod foreign;
mod kits;
mod people;
mod prepare;
mod productions;
mod reading;
mod resolve;
mod rooms;
mod stock;
mod table;
#[cfg(test)]
mod tests;
mod when;

pub use crate::domain::rules::STAGES;
pub use assets::{AssetRow, assets};
pub use bookings::{BookingRow, STATUSES, bookings};
pub use foreign::{Asked, Brought, Extent, Left, bring, draft};
pub use kits::{KitRow, kits};
pub use people::{PersonRow, ROLES, people};
pub use prepare::{Kind, prepare};
pub use productions::{ProductionRow, productions};
pub use resolve::{Change, Plan, Portion};
pub use rooms::{RoomRow, rooms};
pub use stock::{StockRow, stock};

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// The column, where it is one cell that is wrong.
    pub column: Option<String>,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        write!(f, "found {}, expected {}", self.found, self.expected)
    }
}

impl std::error::Error for RowError {}
