//! `import bookings`: time spans for rooms, assets, models, stock or crew.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::conflicts::Promises;
use super::resolve::Resolver;
use super::table::{self, Columns};
use crate::domain::fact::{Body, BookingMade, Subject};
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, ProductionId, RoomId};
use crate::domain::rules::HouseRules;
use crate::time::UtcMs;

/// How firm a booking can be. `confirmed` where the file says nothing.
pub const STATUSES: [&str; 2] = ["hold", "confirmed"];

/// The columns of such a file.
pub(super) const COLUMNS: Columns = Columns {
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
        "kits",
        "title",
        "prepare_min",
        "clean_up_min",
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
    /// Kits that it takes, and all that belongs in them.
    pub kits: Vec<KitId>,
    /// What it is, where neither production nor client says enough.
    pub title: Option<String>,
    /// Time before it in which everything in it is taken already, in milliseconds.
    pub prepare_ms: Option<i64>,
    /// Time after it in which everything in it is taken still, in milliseconds.
    pub clean_up_ms: Option<i64>,
}

const MINUTE_MS: i64 = 60_000;
const MINUTES_MAX: u32 = 10_080;

/// Reads a file of bookings: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn bookings(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<BookingRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<BookingRow> {
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
    let kits = cells.ids("kits", KitId::parse);
    let title = cells.text("title");
    let mut ms = |column: &str| {
        cells.number(column, (0, MINUTES_MAX), "minutes").map(|minutes| i64::from(minutes) * MINUTE_MS)
    };
    let (prepare_ms, clean_up_ms) = (ms("prepare_min"), ms("clean_up_min"));
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
        kits,
        title,
        prepare_ms,
        clean_up_ms,
    })
}

/// What the rows say, against what the ledger knows and against each other.
pub(super) fn resolve_all(to: &mut Resolver<'_>, rows: Vec<BookingRow>, house: &HouseRules) {
    let known = to.known;
    let in_file: BTreeSet<BookingId> = rows.iter().map(|row| row.id.clone()).collect();
    let mut promises = Promises::new(known);
    for (subject, body) in &known.registered {
        if let (Subject::Booking(id), Body::BookingMade(made)) = (subject, body)
            && !in_file.contains(id)
        {
            promises.add(0, id, made);
        }
    }
    for row in rows {
        let (line, id) = (row.line, row.id.clone());
        let made = resolve(to, row, house);
        let subject = Subject::Booking(id.clone());
        let body = Body::BookingMade(made.clone());
        // A row that says what the ledger says makes no conflict, whatever stands beside it.
        let is_same = known.registered.get(&subject) == Some(&body);
        promises.add(if is_same { 0 } else { line }, &id, &made);
        to.thing(line, subject, body, &[]);
    }
    for wrong in promises.broken(house.zone, |person| to.handle(person)) {
        let column = if to.has(wrong.column) { wrong.column } else { "starts" };
        to.note(wrong.line, column, wrong.found, wrong.expected);
    }
}

fn resolve(to: &mut Resolver<'_>, row: BookingRow, house: &HouseRules) -> BookingMade {
    let line = row.line;
    let old = match to.known.registered.get(&Subject::Booking(row.id)) {
        Some(Body::BookingMade(old)) => Some(old),
        _ => None,
    };
    if let Some(production) = &row.production {
        to.need(line, "production", Subject::Production(production.clone()));
    }
    row.rooms.iter().for_each(|room| to.need(line, "rooms", Subject::Room(room.clone())));
    row.assets.iter().for_each(|asset| to.need(line, "assets", Subject::Asset(asset.clone())));
    row.kits.iter().for_each(|kit| to.need(line, "kits", Subject::Kit(kit.clone())));
    let (models, stock) = (to.models(line, row.models), to.stock(line, row.stock));
    let person = row.person.as_ref().and_then(|handle| to.person(line, "person", handle));
    let crew = to.persons(line, "crew", &row.crew);
    let (prepare_ms, clean_up_ms) =
        (row.prepare_ms.unwrap_or(house.prepare_ms), row.clean_up_ms.unwrap_or(house.clean_up_ms));
    BookingMade {
        production: to.keep("production", row.production, old.map(|old| old.production.clone())),
        client: to.keep("client", row.client, old.map(|old| old.client.clone())),
        person: to.keep("person", person, old.map(|old| old.person.clone())),
        rooms: to.keep("rooms", row.rooms, old.map(|old| old.rooms.clone())),
        assets: to.keep("assets", row.assets, old.map(|old| old.assets.clone())),
        kits: to.keep("kits", row.kits, old.map(|old| old.kits.clone())),
        models: to.keep("models", models, old.map(|old| old.models.clone())),
        stock: to.keep("stock", stock, old.map(|old| old.stock.clone())),
        crew: to.keep("crew", crew, old.map(|old| old.crew.clone())),
        starts: row.starts,
        ends: row.ends,
        status: to.keep("status", row.status.to_owned(), old.map(|old| old.status.clone())),
        title: to.keep("title", row.title, old.map(|old| old.title.clone())),
        prepare_ms: to.keep("prepare_min", prepare_ms, old.map(|old| old.prepare_ms)),
        clean_up_ms: to.keep("clean_up_min", clean_up_ms, old.map(|old| old.clean_up_ms)),
        series: old.and_then(|old| old.series.clone()),
        overrides: old.map(|old| old.overrides.clone()).unwrap_or_default(),
        confirmed_by: old.and_then(|old| old.confirmed_by.clone()),
    }
}
