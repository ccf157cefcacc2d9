//! `import bookings`: time spans for rooms, assets, models, stock or crew.

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::table::{self, Columns};
use crate::domain::id::{AssetId, BookingId, PersonHandle, ProductionId, RoomId};
use crate::time::UtcMs;

/// How firm a booking can be. `confirmed` where the file says nothing.
pub const STATUSES: [&str; 2] = ["hold", "confirmed"];

const COLUMNS: Columns = Columns {
    known: &[
        "id",
        "production",
        "client",
        "person",
        "rooms",
        "assets",
        "models",
        "stock",
        "crew",
        "starts",
        "ends",
        "status",
    ],
    required: &["id", "starts", "ends"],
};

/// One booking as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it, and is printed on its card as `BK:<id>`.
    pub id: BookingId,
    /// The production that it is for.
    pub production: Option<ProductionId>,
    /// The client that it is for.
    pub client: Option<String>,
    /// Who is responsible for it.
    pub person: Option<PersonHandle>,
    /// Rooms that it takes.
    pub rooms: Vec<RoomId>,
    /// Assets that it takes.
    pub assets: Vec<AssetId>,
    /// How many of which model: any of them will do.
    pub models: Vec<(String, u32)>,
    /// How many of which stock.
    pub stock: Vec<(String, u32)>,
    /// People that it takes.
    pub crew: Vec<PersonHandle>,
    /// Its first moment.
    pub starts: UtcMs,
    /// The first moment after it; a date alone includes its day.
    pub ends: UtcMs,
    /// One of [`STATUSES`].
    pub status: &'static str,
}

/// Reads a file of bookings: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn bookings(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<BookingRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<BookingRow> {
    let id = cells.own_id(BookingId::parse);
    let production = cells.id("production", ProductionId::parse);
    let client = cells.text("client");
    let person = cells.id("person", PersonHandle::parse);
    let rooms = cells.ids("rooms", RoomId::parse);
    let assets = cells.ids("assets", AssetId::parse);
    let models = cells.counts("models");
    let stock = cells.counts("stock");
    let crew = cells.crew();
    let span = cells.span(zone);
    let status = cells.choice("status", &STATUSES, "confirmed");
    let (starts, ends) = span?;
    Some(BookingRow {
        line: cells.line(),
        id: id?,
        production,
        client,
        person,
        rooms,
        assets,
        models,
        stock,
        crew,
        starts,
        ends,
        status,
    })
}
