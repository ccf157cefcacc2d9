//! `import people`: whoever may take something, and what they may do.

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::table::{self, Columns};
use super::when::Edge;
use crate::domain::id::PersonHandle;
use crate::time::UtcMs;

/// What a person may be. `crew` where the file says nothing.
pub const ROLES: [&str; 5] = ["crew", "attendant", "production-manager", "studio-manager", "admin"];

const COLUMNS: Columns = Columns {
    known: &["id", "name", "badges", "role", "email", "phone", "active_until"],
    required: &["id", "name"],
};

/// One person as the file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// The id that the studio's own list gives.
    pub handle: PersonHandle,
    /// What people call them.
    pub name: String,
    /// The codes on their badges, as written.
    pub badges: Vec<String>,
    /// One of [`ROLES`].
    pub role: &'static str,
    /// Where to write to.
    pub email: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// The first moment at which the badge no longer holds; a date alone includes its day.
    pub active_until: Option<UtcMs>,
}

/// Reads a file of people: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn people(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<PersonRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<PersonRow> {
    let handle = cells.own_id(PersonHandle::parse);
    let name = cells.name("name");
    let badges = cells.codes("badge", "badges");
    let role = cells.choice("role", &ROLES, "crew");
    let email = cells.text("email");
    let phone = cells.text("phone");
    let active_until = cells.time("active_until", Edge::End, zone);
    let line = cells.line();
    Some(PersonRow { line, handle: handle?, name: name?, badges, role, email, phone, active_until })
}
