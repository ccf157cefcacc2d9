//! `import productions`: what gear, rooms and people are booked for.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use crate::domain::fact::{Body, Gear, ProductionRegistered, Subject};
use crate::domain::id::{AssetId, KitId, PersonHandle, ProductionId};
use crate::domain::rules::STAGES;
use crate::time::UtcMs;

/// The columns of such a file.
pub(super) const COLUMNS: Columns = Columns {
    known: &[
        "id", "title", "client", "stage", "starts", "ends", "budget", "crew", "assets", "kits", "models",
        "stock",
    ],
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
    /// Who works on it, and as what where the file says so.
    pub crew: Vec<(PersonHandle, Option<String>)>,
    /// Assets that it needs.
    pub assets: Vec<AssetId>,
    /// Kits that it needs.
    pub kits: Vec<KitId>,
    /// How many of which model it needs.
    pub models: Vec<(String, u32)>,
    /// How many of which stock it needs.
    pub stock: Vec<(String, u32)>,
}

/// Reads a file of productions: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn productions(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<ProductionRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<ProductionRow> {
    let id = cells.own_id(ProductionId::parse);
    let title = cells.name("title");
    let client = cells.text("client");
    let stage = cells.choice("stage", &STAGES, "production");
    let span = cells.span(zone);
    let budget_cents = cells.cents("budget");
    let crew = cells.crew_roles("crew");
    let assets = cells.ids("assets", AssetId::parse);
    let kits = cells.ids("kits", KitId::parse);
    let models = cells.counts("models");
    let stock = cells.counts("stock");
    let (starts, ends) = span?;
    Some(ProductionRow {
        line: cells.line(),
        id: id?,
        title: title?,
        client,
        stage,
        starts,
        ends,
        budget_cents,
        crew,
        assets,
        kits,
        models,
        stock,
    })
}

/// What a row says, against what the ledger knows.
pub(super) fn resolve(to: &mut Resolver<'_>, row: ProductionRow) {
    let (line, subject) = (row.line, Subject::Production(row.id));
    let old = match to.known.registered.get(&subject) {
        Some(Body::ProductionRegistered(old)) => Some(old),
        _ => None,
    };
    let (mut crew, mut crew_roles) = (Vec::new(), BTreeMap::new());
    for (handle, role) in row.crew {
        let Some(person) = to.person(line, "crew", &handle) else { continue };
        crew_roles.extend(role.map(|role| (person.clone(), role)));
        crew.push(person);
    }
    row.assets.iter().for_each(|asset| to.need(line, "assets", Subject::Asset(asset.clone())));
    row.kits.iter().for_each(|kit| to.need(line, "kits", Subject::Kit(kit.clone())));
    let (models, stock) = (to.models(line, row.models), to.stock(line, row.stock));
    let had = old.map(|old| &old.gear);
    let gear = Gear {
        assets: to.keep("assets", row.assets, had.map(|had| had.assets.clone())),
        kits: to.keep("kits", row.kits, had.map(|had| had.kits.clone())),
        models: to.keep("models", models, had.map(|had| had.models.clone())),
        stock: to.keep("stock", stock, had.map(|had| had.stock.clone())),
    };
    let body = ProductionRegistered {
        title: row.title,
        client: to.keep("client", row.client, old.map(|old| old.client.clone())),
        stage: to.keep("stage", row.stage.to_owned(), old.map(|old| old.stage.clone())),
        starts: row.starts,
        ends: row.ends,
        budget_cents: to.keep("budget", row.budget_cents, old.map(|old| old.budget_cents)),
        crew: to.keep("crew", crew, old.map(|old| old.crew.clone())),
        crew_roles: to.keep("crew", crew_roles, old.map(|old| old.crew_roles.clone())),
        gear,
    };
    to.thing(line, subject, Body::ProductionRegistered(body), &[]);
}
