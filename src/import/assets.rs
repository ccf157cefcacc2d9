//! `import assets`: things with a label of their own.

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use super::when::Edge;
use crate::domain::fact::{AssetRegistered, Body, Loan, Subject};
use crate::domain::id::{AssetId, KitId, ModelId, PersonHandle, RoomId};
use crate::time::UtcMs;

/// The columns of such a file.
pub(super) const COLUMNS: Columns = Columns {
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
        "loan",
        "restricted_to",
        "certificate",
        "inspect_every_days",
        "inspection_due",
        "owner",
        "owner_due",
        "retired",
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
    /// Whether it leaves the studio. `free` where the file says nothing.
    pub loan: Loan,
    /// Whoever may take it where it is restricted.
    pub restricted_to: Vec<PersonHandle>,
    /// What one must have been trained for to take it.
    pub certificate: Option<String>,
    /// Days from one inspection to the next.
    pub inspect_every_days: Option<u32>,
    /// When the first inspection is due; a date alone includes its day.
    pub inspection_due: Option<UtcMs>,
    /// Whose it is, where the studio hired it.
    pub owner: Option<String>,
    /// When it goes back to its owner; a date alone includes its day.
    pub owner_due: Option<UtcMs>,
    /// It has been taken out of service.
    pub retired: bool,
}

/// Reads a file of assets: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn assets(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<AssetRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

const LOANS: [&str; 3] = ["free", "not-for-loan", "restricted"];
const INSPECT_DAYS_MAX: u32 = 36_500;

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<AssetRow> {
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
    let loan = Loan::parse(cells.choice("loan", &LOANS, "free")).unwrap_or_default();
    let restricted_to = cells.ids("restricted_to", PersonHandle::parse);
    let certificate = cells.text("certificate");
    let inspect_every_days = cells.number("inspect_every_days", (1, INSPECT_DAYS_MAX), "days");
    let inspection_due = cells.time("inspection_due", Edge::End, zone);
    let owner = cells.text("owner");
    let owner_due = cells.time("owner_due", Edge::End, zone);
    let retired = cells.yes("retired").unwrap_or(false);
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
        loan,
        restricted_to,
        certificate,
        inspect_every_days,
        inspection_due,
        owner,
        owner_due,
        retired,
    })
}

/// What a row says, against what the ledger knows.
pub(super) fn resolve(to: &mut Resolver<'_>, row: AssetRow) {
    let (line, subject) = (row.line, Subject::Asset(row.id));
    let old = match to.known.registered.get(&subject) {
        Some(Body::AssetRegistered(old)) => Some(old),
        _ => None,
    };
    if let Some(home) = &row.home {
        to.need(line, "home", Subject::Room(home.clone()));
    }
    if let Some(kit) = &row.kit {
        to.need(line, "kit", Subject::Kit(kit.clone()));
    }
    let loan = to.keep("loan", row.loan, old.map(|old| old.loan));
    if let Some(handle) = row.restricted_to.first().filter(|_| loan != Loan::Restricted) {
        let expected = format!("nobody, or restricted in the column loan: it is {}", loan.name());
        to.wrong(line, "restricted_to", handle.as_str(), expected);
    }
    let restricted_to = to.persons(line, "restricted_to", &row.restricted_to);
    let new_price = old.map(|old| old.replacement_value_cents);
    let every_days = old.map(|old| old.inspect_every_days);
    let body = AssetRegistered {
        name: row.name,
        model: to.keep("model", row.model, old.map(|old| old.model.clone())),
        category: to.keep("category", row.category, old.map(|old| old.category.clone())),
        serial: to.keep("serial", row.serial, old.map(|old| old.serial.clone())),
        home: to.keep("home", row.home, old.map(|old| old.home.clone())),
        kit: to.keep("kit", row.kit, old.map(|old| old.kit.clone())),
        day_rate_cents: to.keep("day_rate", row.day_rate_cents, old.map(|old| old.day_rate_cents)),
        week_rate_cents: to.keep("week_rate", row.week_rate_cents, old.map(|old| old.week_rate_cents)),
        replacement_value_cents: to.keep("replacement_value", row.replacement_value_cents, new_price),
        loan,
        restricted_to: to.keep("restricted_to", restricted_to, old.map(|old| old.restricted_to.clone())),
        certificate: to.keep("certificate", row.certificate, old.map(|old| old.certificate.clone())),
        inspect_every_days: to.keep("inspect_every_days", row.inspect_every_days, every_days),
        inspection_due: to.keep("inspection_due", row.inspection_due, old.map(|old| old.inspection_due)),
        owner: to.keep("owner", row.owner, old.map(|old| old.owner.clone())),
        owner_due: to.keep("owner_due", row.owner_due, old.map(|old| old.owner_due)),
        retired: to.keep("retired", row.retired, old.map(|old| old.retired)),
    };
    to.thing(line, subject, Body::AssetRegistered(body), &row.tags);
}
