//! Snipe-IT: the headers of its sample files, the importer's own names for them, and those of its screens.

use super::super::prepare::Kind;
use super::super::reading::Record;
use super::sheet::Sheet;
use super::slug::slug;
use super::translation::{Extent, Said, Translation, one_line, truth};

/// What a file of Snipe-IT is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Assets.
    Assets,
    /// Users.
    Users,
    /// Locations.
    Locations,
    /// Models.
    Models,
    /// Accessories: pieces that come back.
    Accessories,
    /// Consumables: pieces that do not.
    Consumables,
    /// Components: parts.
    Components,
}

const ASSET_TAG: [&str; 2] = ["asset tag", "asset tag number"];
const NAME: [&str; 4] = ["item name", "asset name", "name", "accessory name"];
const MODEL: [&str; 3] = ["model", "model name", "asset model"];
const CATEGORY: [&str; 2] = ["category", "category name"];
const SERIAL: [&str; 3] = ["serial number", "serial", "serial no."];
const LOCATION: [&str; 4] = ["default location", "rtd location", "location", "location name"];
const COST: [&str; 2] = ["purchase cost", "cost"];
const COUNT: [&str; 4] = ["qty", "quantity", "total", "total quantity"];
const STATUS: [&str; 3] = ["status", "status label", "asset status"];
const HOLDER: [&str; 9] = [
    "checked out to: username",
    "checked out to: email",
    "checked out to: location",
    "checked out to: first name",
    "checked out to: last name",
    "checked out to",
    "checked out",
    "checkout location",
    "assigned to",
];
const GONE: [&str; 9] = [
    "archived",
    "sold",
    "disposed",
    "disposed of",
    "retired",
    "scrapped",
    "decommissioned",
    "written off",
    "donated",
];
const THERE: [&str; 9] = [
    "ready to deploy",
    "deployable",
    "deployed",
    "ready",
    "available",
    "in use",
    "pending",
    "active",
    "ready to deploy (deployable)",
];

/// What the header is about, where it is one of Snipe-IT's.
pub(super) fn about(sheet: &Sheet) -> Option<About> {
    let has = |key: &str| sheet.has(key);
    let any = |keys: &[&str]| sheet.has_any(keys);
    let around = [
        "company",
        "checkout type",
        "supplier",
        "manufacturer",
        "order number",
        "purchase cost",
        "purchase date",
        "warranty",
        "requestable",
        "model number",
        "model no.",
    ];
    if any(&ASSET_TAG) {
        let thing = sheet.count(&["category", "location", "status"])
            + usize::from(any(&MODEL))
            + usize::from(any(&SERIAL));
        return (sheet.count(&around) + thing >= 2).then_some(About::Assets);
    }
    let named = any(&NAME);
    if has("username") && (has("first name") || has("full name"))
        || has("first name") && has("employee number")
    {
        return Some(About::Users);
    }
    if any(&COUNT)
        && named
        && sheet.count(&[
            "min amount",
            "minimum quantity",
            "min qty",
            "model number",
            "item number",
            "item no.",
            "order number",
            "purchase cost",
            "serial number",
        ]) >= 2
    {
        return Some(match () {
            () if any(&["item number", "item no."]) => About::Consumables,
            () if any(&SERIAL) => About::Components,
            () => About::Accessories,
        });
    }
    if has("name")
        && has("country")
        && sheet.count(&["zip", "currency", "manager", "address2", "manager username", "state"]) >= 2
    {
        return Some(About::Locations);
    }
    (named
        && sheet.count(&[
            "fieldset",
            "requestable",
            "model number",
            "model notes",
            "eol",
            "min qty",
            "depreciation",
        ]) >= 3)
        .then_some(About::Models)
}

impl About {
    /// How the file is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Assets => "Snipe-IT assets",
            Self::Users => "Snipe-IT users",
            Self::Locations => "Snipe-IT locations",
            Self::Models => "Snipe-IT models",
            Self::Accessories => "Snipe-IT accessories",
            Self::Consumables => "Snipe-IT consumables",
            Self::Components => "Snipe-IT components",
        }
    }

    /// What it becomes here.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Assets | Self::Models => Kind::Assets,
            Self::Users => Kind::People,
            Self::Locations => Kind::Rooms,
            Self::Accessories | Self::Consumables | Self::Components => Kind::Stock,
        }
    }

    /// Says what a row says.
    pub(super) fn row(self, to: &mut Translation<'_>, row: &Record) {
        match self {
            Self::Assets => asset(to, row),
            Self::Users => user(to, row),
            Self::Locations => location(to, row),
            Self::Models => {}
            Self::Accessories | Self::Components => stock(to, row, "lent"),
            Self::Consumables => stock(to, row, "consumed"),
        }
    }

    /// Why a column is left out.
    pub(super) fn why(self, column: &str) -> Option<&'static str> {
        Some(match (self, column) {
            (Self::Models, _) => "models come with their assets: import those",
            (Self::Users, "activated") => {
                "it is about signing in to Snipe-IT; `cagekeeper person suspend` keeps somebody from taking gear"
            }
            (Self::Users, "employee number" | "employee no.") => {
                "it is no code of a badge for certain: a mapping can take it as `badges`"
            }
            (Self::Assets, "checkout type") => "who has a thing is recorded where it is scanned",
            (Self::Accessories | Self::Consumables | Self::Components, "purchase cost") => {
                "it may be of one piece or of all: a mapping can take it as `rate`"
            }
            _ => return None,
        })
    }
}

fn asset(to: &mut Translation<'_>, row: &Record) {
    let Some((mut said, tag)) = to.begin(row, &ASSET_TAG, "asset tag") else { return };
    // In Snipe-IT most assets are called by their model alone.
    let names: Vec<&str> = NAME.into_iter().chain(MODEL).collect();
    if !to.name(&mut said, row, &names) {
        return;
    }
    to.code(&mut said, "tags", tag.text, &tag);
    to.model(&mut said, row, &MODEL);
    to.text(&mut said, "category", row, &CATEGORY);
    to.text(&mut said, "serial", row, &SERIAL);
    to.room(&mut said, row, &LOCATION);
    to.money(&mut said, "replacement_value", row, &COST);
    status(to, &mut said, row);
    if let Some(holder) = to.cell(row, &HOLDER) {
        to.leave(row.line, Some(&holder), Extent::Cell, HELD);
    }
    to.add(Kind::Assets, said);
}

/// Why nobody has a thing because a file says so.
pub(super) const HELD: &str = "who has a thing is recorded where it is scanned, or by `cagekeeper checkout`";

/// What is gone there is retired here; what is there is not put back into service by a file.
fn status(to: &mut Translation<'_>, said: &mut Said, row: &Record) {
    if let Some(archived) = to.cell(row, &["archived"]).filter(|cell| truth(cell.text) == Some(true)) {
        said.put("retired", "yes".to_owned(), &archived);
        return;
    }
    let Some(found) = to.cell(row, &STATUS) else { return };
    let word = one_line(found.text).to_lowercase();
    if GONE.contains(&word.as_str()) {
        said.put("retired", "yes".to_owned(), &found);
    } else if !THERE.contains(&word.as_str()) {
        let why = match word.contains("lost") || word.contains("stolen") {
            true => "`cagekeeper asset lost` says so here",
            false => {
                "it says neither that the thing is in service nor that it is gone; `cagekeeper condition` notes what is the matter"
            }
        };
        to.leave(said.line, Some(&found), Extent::Cell, why);
    }
}

fn user(to: &mut Translation<'_>, row: &Record) {
    let keys = ["username", "email", "e-mail"];
    let Some((mut said, found)) = to.begin(row, &keys, "username and no mail address") else { return };
    if let Some(local) = found.text.split_once('@').and_then(|(local, _)| slug(local)) {
        said.put("id", local, &found);
    }
    let names: Vec<_> = ["first name", "last name"].iter().filter_map(|key| to.cell(row, &[key])).collect();
    match names.first() {
        Some(first) => {
            let name = names.iter().map(|name| one_line(name.text)).collect::<Vec<_>>().join(" ");
            said.put("name", name, first);
        }
        None if !to.name(&mut said, row, &["full name", "name", "display name"]) => return,
        None => {}
    }
    to.text(&mut said, "email", row, &["email", "e-mail"]);
    to.text(&mut said, "phone", row, &["phone", "phone number", "mobile"]);
    if to.date(&mut said, "active_until", row, &["end date"]) {
        to.add(Kind::People, said);
    }
}

fn location(to: &mut Translation<'_>, row: &Record) {
    let Some((mut said, _)) = to.begin(row, &["name", "location name"], "name") else { return };
    if to.name(&mut said, row, &["name", "location name"]) {
        to.add(Kind::Rooms, said);
    }
}

fn stock(to: &mut Translation<'_>, row: &Record, use_: &'static str) {
    let Some((mut said, _)) = to.begin(row, &NAME, "name") else { return };
    to.name(&mut said, row, &NAME);
    said.set("use", use_);
    to.count(&mut said, "count", row, &COUNT);
    to.text(&mut said, "category", row, &CATEGORY);
    to.room(&mut said, row, &LOCATION);
    to.add(Kind::Stock, said);
}
