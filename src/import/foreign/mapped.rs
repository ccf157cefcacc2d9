//! Rows of somebody's file, as a mapping reads them.

use super::super::cell::quoted;
use super::super::prepare::Kind;
use super::super::reading::Record;
use super::mapping::{Mapping, columns_of};
use super::slug::slug;
use super::translation::{Extent, Found, Said, Translation, one_line, truth};

/// How what stands in a column becomes what stands in ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As it stands, on one line.
    Text,
    /// An id made of it.
    Id,
    /// Ids made of the items of a list.
    Ids,
    /// Codes, several in a cell.
    Codes,
    /// Items of a list.
    Items,
    /// A room by its name.
    Room,
    /// A kit by its name.
    Kit,
    /// A model by its name.
    Model,
    /// An amount.
    Money,
    /// A whole number.
    Count,
    /// A date.
    Date,
    /// Yes or no.
    Truth,
    /// One of our words.
    Word,
}

fn way(column: &str) -> Way {
    match column {
        "id" | "production" | "person" => Way::Id,
        "restricted_to" | "assets" | "rooms" | "kits" => Way::Ids,
        "tags" | "badges" => Way::Codes,
        "certificates" | "crew" | "models" | "stock" => Way::Items,
        "home" => Way::Room,
        "kit" | "within" => Way::Kit,
        "model" => Way::Model,
        "day_rate" | "week_rate" | "replacement_value" | "rate" | "hour_rate" | "budget" => Way::Money,
        "count" | "inspect_every_days" | "prepare_min" | "clean_up_min" => Way::Count,
        "inspection_due" | "owner_due" | "active_until" | "suspended_until" | "starts" | "ends" => Way::Date,
        "retired" | "suspended" => Way::Truth,
        "loan" | "use" | "role" | "stage" | "status" => Way::Word,
        _ => Way::Text,
    }
}

/// Says what a row says.
pub(super) fn row(to: &mut Translation<'_>, mapping: &Mapping, row: &Record) {
    let mut said = Said::of(row.line);
    for (column, at) in &mapping.columns {
        let found: Vec<Found<'_>> = at.iter().filter_map(|at| to.cell_at(row, *at)).collect();
        if !found.is_empty() && !say(to, mapping, &mut said, column, &found) {
            return;
        }
    }
    // Where a column is empty in a row, what every row says stands there.
    for (column, text) in &mapping.constants {
        if !said.has(column) {
            said.set(column, text);
        }
    }
    for column in columns_of(mapping.kind).required {
        if !said.has(column) {
            let at = mapping.columns.get(column).and_then(|at| at.first().copied());
            let found = at.map(|at| Found { at, text: "" });
            to.leave(row.line, found.as_ref(), Extent::Row, &format!("nothing in it says the {column}"));
            return;
        }
    }
    to.add(mapping.kind, said);
}

/// Says what stands in one or several cells; false where the row cannot be taken.
fn say(
    to: &mut Translation<'_>,
    mapping: &Mapping,
    said: &mut Said,
    column: &'static str,
    found: &[Found<'_>],
) -> bool {
    let Some(first) = found.first() else { return true };
    let joint = if column == "id" { "-" } else { " " };
    let all = found.iter().map(|found| one_line(found.text)).collect::<Vec<_>>().join(joint);
    let around = |text: &str| {
        let part = |table: &std::collections::BTreeMap<&'static str, String>| {
            table.get(column).cloned().unwrap_or_default()
        };
        format!("{}{text}{}", part(&mapping.prefix), part(&mapping.suffix))
    };
    let text = match mapping.values.get(column) {
        Some(values) => match values.get(&all.to_lowercase()).or_else(|| values.get("*")) {
            Some(means) => means.clone(),
            None => all.clone(),
        },
        None => all.clone(),
    };
    if text.is_empty() {
        return true;
    }
    let one = Found { at: first.at, text: &text };
    match way(column) {
        Way::Text => said.put(column, around(&text), first),
        Way::Id => match slug(&around(&text)) {
            Some(id) => said.put(column, id, &Found { at: first.at, text: &all }),
            None => return true,
        },
        Way::Ids => items(found).filter_map(|(found, item)| Some((found, slug(&around(item))?))).for_each(
            |(found, id)| {
                said.push(column, &id, found);
            },
        ),
        Way::Codes => items(found).for_each(|(found, item)| to.code(said, column, &around(item), found)),
        Way::Items => items(found).for_each(|(found, item)| said.push(column, &around(item), found)),
        Way::Room => to.place(said, column, Kind::Rooms, &one, around(&text)),
        Way::Kit if mapping.kind == Kind::Kits => {
            slug(&text).into_iter().for_each(|id| said.put(column, id, first));
        }
        Way::Kit => to.place(said, column, Kind::Kits, &one, around(&text)),
        Way::Model => to.model_of(said, &Found { at: first.at, text: &around(&text) }),
        Way::Money => to.money_of(said, column, &one),
        Way::Count => to.count_of(said, column, &one),
        Way::Date => return to.date_of(said, column, &one),
        Way::Truth => match truth(&text) {
            Some(is) => said.put(column, if is { "yes" } else { "no" }.to_owned(), first),
            None => {
                let why = format!("expected yes or no: say in [values.{column}] what {} means", quoted(&all));
                to.leave(said.line, Some(first), Extent::Row, &why);
                return false;
            }
        },
        Way::Word => said.put(column, text.trim().to_lowercase(), first),
    }
    true
}

fn items<'f, 'r>(found: &'f [Found<'r>]) -> impl Iterator<Item = (&'f Found<'r>, &'r str)> {
    let split = |found: &'f Found<'r>| {
        found
            .text
            .split([';', ',', '\n'])
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(move |item| (found, item))
    };
    found.iter().flat_map(split)
}
