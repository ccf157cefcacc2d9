//! Homebox: the `HB.` columns, in any order, with commas or tabs between them.

use super::super::prepare::Kind;
use super::super::reading::Record;
use super::sheet::Sheet;
use super::shelf::{field, say_field};
use super::slug::slug;
use super::translation::{Extent, Found, Said, Translation, one_line, path, truth};

/// How the file is called.
pub(super) const NAME: &str = "Homebox items";

/// Whether the header is Homebox's.
pub(super) fn is(sheet: &Sheet) -> bool {
    sheet.has("hb.name") && sheet.keys().filter(|(key, _)| key.starts_with("hb.")).count() >= 2
}

/// Why a column is left out.
pub(super) fn why(column: &str) -> Option<&'static str> {
    Some(match column {
        "hb.parent import ref" => {
            "a thing is a part of a kit here, not of another thing: `cagekeeper kit` makes one"
        }
        "hb.import ref" => "the asset id names the thing",
        _ => return None,
    })
}

/// Says what a row says.
pub(super) fn row(to: &mut Translation<'_>, row: &Record) {
    let Some(mut said) = begin(to, row) else { return };
    if !to.name(&mut said, row, &["hb.name"]) {
        return;
    }
    labels(to, &mut said, row);
    if let Some(location) = to.cell(row, &["hb.location"]).filter(|location| !path(location.text).is_empty())
    {
        to.place(&mut said, "home", Kind::Rooms, &location, path(location.text));
    }
    let gone = gone(to, row);
    match to.cell(row, &["hb.quantity"]).filter(|found| !is_one(found.text)) {
        Some(count) => counted(to, said, row, &count, gone.is_some()),
        None => single(to, said, row, gone),
    }
}

fn is_one(text: &str) -> bool {
    text.strip_prefix('1').is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('.') && rest.trim_matches(['.', '0']).is_empty()
    })
}

/// The asset id, else the reference, else the name: Homebox gives the first to everything unless it is told not to.
fn begin(to: &mut Translation<'_>, row: &Record) -> Option<Said> {
    let found = to.cell(row, &["hb.asset id"]);
    if let Some((found, id)) = found.and_then(|found| Some((found, asset_id(found.text)?))) {
        let mut said = Said::of(row.line);
        said.put("id", slug(&id)?, &found);
        to.code(&mut said, "tags", &id, &found);
        return Some(said);
    }
    to.begin(row, &["hb.import ref", "hb.name"], "asset id, reference or name").map(|(said, _)| said)
}

/// `1` and `000-001` are one; `000-000` is what stands there for none.
fn asset_id(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let is_number = digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = digits.parse::<u64>().ok().filter(|_| is_number) else { return Some(one_line(text)) };
    (number > 0).then(|| format!("{:03}-{:03}", number / 1000, number % 1000))
}

/// The first label is the category.
fn labels(to: &mut Translation<'_>, said: &mut Said, row: &Record) {
    let Some(found) = to.cell(row, &["hb.tags", "hb.labels"]) else { return };
    let mut labels = found.text.split(';').map(one_line).filter(|label| !label.is_empty());
    if let Some(first) = labels.next() {
        said.put("category", first, &found);
    }
    if labels.next().is_some() {
        to.leave(row.line, Some(&found), Extent::Told, "the first is taken as the category: a thing has one");
    }
}

/// The cell that says that it is here no more.
fn gone<'r>(to: &mut Translation<'_>, row: &'r Record) -> Option<Found<'r>> {
    let archived = to.cell(row, &["hb.archived"]).filter(|found| truth(found.text) == Some(true));
    let sold =
        ["hb.sold to", "hb.sold date", "hb.sold time", "hb.sold price"].map(|key| to.cell(row, &[key]));
    let is_said = |found: &Found<'_>| {
        let zero = found.text.trim_matches(['0', '.', ',']).is_empty();
        !zero && !found.text.starts_with("0001-01-01")
    };
    archived.or_else(|| sold.into_iter().flatten().find(is_said))
}

fn single(to: &mut Translation<'_>, mut said: Said, row: &Record, gone: Option<Found<'_>>) {
    if let Some(gone) = gone {
        said.put("retired", "yes".to_owned(), &gone);
    }
    to.model(&mut said, row, &["hb.model number"]);
    to.text(&mut said, "serial", row, &["hb.serial number"]);
    if to
        .cell(row, &["hb.purchase price"])
        .is_some_and(|found| !found.text.trim_matches(['0', '.', ',']).is_empty())
    {
        to.money(&mut said, "replacement_value", row, &["hb.purchase price"]);
    }
    let fields: Vec<(usize, &'static str)> =
        to.sheet.keys().filter_map(|(key, at)| Some((at, field(key.strip_prefix("hb.field.")?)?))).collect();
    for (at, column) in fields {
        if let Some(found) = to.cell_at(row, at).filter(|_| !said.has(column)) {
            say_field(to, &mut said, column, &found);
        }
    }
    to.add(Kind::Assets, said);
}

fn counted(to: &mut Translation<'_>, mut said: Said, row: &Record, count: &Found<'_>, is_gone: bool) {
    if is_gone {
        to.leave(row.line, Some(count), Extent::Row, "counted things that are archived or sold are not here");
        return;
    }
    to.count_of(&mut said, "count", count);
    for key in ["hb.model number", "hb.serial number", "hb.purchase price"] {
        if let Some(found) =
            to.cell(row, &[key]).filter(|found| !found.text.trim_matches(['0', '.', ',']).is_empty())
        {
            to.leave(row.line, Some(&found), Extent::Cell, "several things behind one label have none here");
        }
    }
    to.add(Kind::Stock, said);
}
