//! Shelf: its content import with `cf:` columns and barcodes, and its users.

use super::super::prepare::Kind;
use super::super::reading::Record;
use super::sheet::Sheet;
use super::slug::slug;
use super::snipeit::HELD;
use super::translation::{Extent, Found, Said, Translation, one_line, truth};

/// What a file of Shelf is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Assets, counted ones among them.
    Assets,
    /// Users, who have no names there.
    Users,
}

const MARKS: [&str; 11] = [
    "kit",
    "custodian",
    "bookable",
    "valuation",
    "assetmodel",
    "consumptiontype",
    "qrid",
    "unitofmeasure",
    "minquantity",
    "imageurl",
    "type",
];

/// What the header is about, where it is one of Shelf's.
pub(super) fn about(sheet: &Sheet) -> Option<About> {
    let own = sheet.keys().filter(|(key, _)| key.starts_with("cf:") || key.starts_with("barcode ")).count();
    let marks = sheet.count(&MARKS) + own;
    let around = sheet.count(&["description", "category", "tags", "location"]);
    if sheet.has("title") && (marks >= 2 || marks == 1 && around >= 3) {
        return Some(About::Assets);
    }
    (sheet.has("role") && sheet.has("email") && sheet.has("teammemberid")).then_some(About::Users)
}

impl About {
    /// How the file is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Assets => "Shelf assets",
            Self::Users => "Shelf users",
        }
    }

    /// What it becomes here.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Assets => Kind::Assets,
            Self::Users => Kind::People,
        }
    }

    /// Says what a row says.
    pub(super) fn row(self, to: &mut Translation<'_>, row: &Record) {
        match self {
            Self::Assets => thing(to, row),
            Self::Users => user(to, row),
        }
    }

    /// Why a column is left out.
    pub(super) fn why(self, column: &str) -> Option<&'static str> {
        Some(match column {
            "role" => "what somebody may do here is said here: `cagekeeper person set`",
            "teammemberid" => "it names somebody in Shelf alone",
            "tags" => "they are words, not codes; the category groups things here",
            _ => return None,
        })
    }
}

fn thing(to: &mut Translation<'_>, row: &Record) {
    let codes = codes(to, row);
    let Some(mut said) = begin(to, row, &codes) else { return };
    if !to.name(&mut said, row, &["title"]) {
        return;
    }
    for (found, code) in &codes {
        to.code(&mut said, "tags", code, found);
    }
    to.text(&mut said, "category", row, &["category"]);
    to.room(&mut said, row, &["location"]);
    if let Some(holder) = to.cell(row, &["custodian"]) {
        to.leave(row.line, Some(&holder), Extent::Cell, HELD);
    }
    let kind = to.cell(row, &["type"]);
    match kind.map(|kind| kind.text.to_uppercase()).as_deref() {
        Some("QUANTITY_TRACKED") => counted(to, said, row),
        None | Some("INDIVIDUAL") => single(to, said, row),
        Some(_) => {
            to.leave(row.line, kind.as_ref(), Extent::Row, "expected INDIVIDUAL or QUANTITY_TRACKED");
        }
    }
}

/// The first that there is of Shelf's own id, the id of its label, a barcode, and the title. An EAN is on every piece of
/// a product.
fn begin(to: &mut Translation<'_>, row: &Record, codes: &[(Found<'_>, String)]) -> Option<Said> {
    if to.cell(row, &["id", "qrid"]).is_some() {
        return to.begin(row, &["id", "qrid"], "id").map(|(said, _)| said);
    }
    let ean = to.sheet.column("barcode ean13");
    match codes.iter().find(|(found, _)| Some(found.at) != ean) {
        Some((found, code)) => {
            let mut said = Said::of(row.line);
            said.put("id", slug(code)?, found);
            Some(said)
        }
        None => to.begin(row, &["title"], "id, barcode or title").map(|(said, _)| said),
    }
}

/// Every code of a row, cells with several of them split.
fn codes<'r>(to: &mut Translation<'_>, row: &'r Record) -> Vec<(Found<'r>, String)> {
    let columns: Vec<usize> =
        to.sheet.keys().filter(|(key, _)| key.starts_with("barcode ")).map(|(_, column)| column).collect();
    let mut codes = Vec::new();
    for at in columns.into_iter().chain(to.sheet.column("qrid")) {
        let Some(found) = to.cell_at(row, at) else { continue };
        let several = found.text.split(',').map(str::trim).filter(|code| !code.is_empty());
        codes.extend(several.map(|code| (found, code.to_owned())));
    }
    codes
}

/// A thing with a label of its own.
fn single(to: &mut Translation<'_>, mut said: Said, row: &Record) {
    if let Some(kit) = to.cell(row, &["kit"]) {
        to.place(&mut said, "kit", Kind::Kits, &kit, one_line(kit.text));
    }
    to.model(&mut said, row, &["assetmodel"]);
    to.money(&mut said, "replacement_value", row, &["valuation"]);
    if let Some(found) = to.cell(row, &["bookable"]) {
        match truth(found.text) {
            Some(true) => said.put("loan", "free".to_owned(), &found),
            Some(false) => said.put("loan", "not-for-loan".to_owned(), &found),
            None => {
                to.leave(row.line, Some(&found), Extent::Row, "expected yes or no: it says who may take it")
            }
        }
        if truth(found.text).is_none() {
            return;
        }
    }
    custom(to, &mut said, row);
    if let Some(found) = to.cell(row, &["quantity"]).filter(|found| found.text != "1") {
        to.leave(
            row.line,
            Some(&found),
            Extent::Cell,
            "a thing of type INDIVIDUAL is one; QUANTITY_TRACKED is counted",
        );
    }
    to.add(Kind::Assets, said);
}

/// Counted things.
fn counted(to: &mut Translation<'_>, mut said: Said, row: &Record) {
    let found = to.cell(row, &["consumptiontype"]);
    match (found.map(|found| found.text.to_uppercase()).as_deref(), found) {
        (Some("ONE_WAY"), Some(found)) => said.put("use", "consumed".to_owned(), &found),
        (Some("TWO_WAY"), Some(found)) => said.put("use", "lent".to_owned(), &found),
        (None, _) => {}
        (_, found) => return to.leave(row.line, found.as_ref(), Extent::Row, "expected ONE_WAY or TWO_WAY"),
    }
    to.count(&mut said, "count", row, &["quantity"]);
    for key in ["kit", "valuation", "assetmodel"] {
        if let Some(found) = to.cell(row, &[key]) {
            to.leave(row.line, Some(&found), Extent::Cell, "counted things have none here");
        }
    }
    if let Some(found) = to.cell(row, &["bookable"]).filter(|found| truth(found.text) != Some(true)) {
        to.leave(row.line, Some(&found), Extent::Cell, "counted things can always be booked here");
    }
    to.add(Kind::Stock, said);
}

/// `cf: Serial number,type:text`: the fields of the house that mean something here.
fn custom(to: &mut Translation<'_>, said: &mut Said, row: &Record) {
    let fields: Vec<(usize, &'static str)> =
        to.sheet.keys().filter_map(|(key, at)| Some((at, field(custom_name(key)?)?))).collect();
    for (at, column) in fields {
        if let Some(found) = to.cell_at(row, at) {
            say_field(to, said, column, &found);
        }
    }
}

/// What stands between `cf:` and `,type:`.
fn custom_name(key: &str) -> Option<&str> {
    let name = key.strip_prefix("cf:")?;
    Some(
        name.rsplit_once(',')
            .filter(|(_, kind)| kind.trim_start().starts_with("type"))
            .map_or(name, |(name, _)| name)
            .trim(),
    )
}

/// Our own column for a field that the house has given a name; few names are sure enough.
pub(super) fn field(name: &str) -> Option<&'static str> {
    Some(match super::sheet::key(name).as_str() {
        "serial number" | "serial" | "serial no" | "serial no." | "sn" | "s/n" | "seriennummer" => "serial",
        "day rate" | "daily rate" | "rate per day" | "tagessatz" => "day_rate",
        "week rate" | "weekly rate" | "wochensatz" => "week_rate",
        "replacement value" | "replacement cost" | "wiederbeschaffungswert" => "replacement_value",
        _ => return None,
    })
}

/// Says what stands in a field of the house.
pub(super) fn say_field(to: &mut Translation<'_>, said: &mut Said, column: &'static str, found: &Found<'_>) {
    match column {
        "serial" => said.put(column, one_line(found.text), found),
        _ => to.money_of(said, column, found),
    }
}

fn user(to: &mut Translation<'_>, row: &Record) {
    let Some((mut said, found)) = to.begin(row, &["email"], "mail address") else { return };
    if let Some(local) = found.text.split_once('@').and_then(|(local, _)| slug(local)) {
        said.put("id", local, &found);
    }
    // Shelf exports no names: the address is what people are called until somebody says more.
    said.put("name", one_line(found.text), &found);
    said.put("email", one_line(found.text), &found);
    to.add(Kind::People, said);
}
