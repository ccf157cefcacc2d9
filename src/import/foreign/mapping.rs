//! A mapping: a small TOML file that says which column of somebody's file is which of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::cell::quoted;
use super::super::prepare::Kind;
use super::super::table::Columns;
use super::super::{assets, bookings, kits, people, productions, rooms, stock};
use super::sheet::{Sheet, key};
use crate::domain::rules::DateOrder;
use crate::nearest::nearest;

/// The keys of a mapping, in the order in which they are documented.
const KEYS: [&str; 9] =
    ["kind", "date_order", "decimal", "columns", "constants", "prefix", "suffix", "values", "leave_out"];

/// The largest mapping that is read, in bytes.
const BYTES_MAX: usize = 256 * 1024;

/// Which column is which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    /// What the file is about.
    pub(super) kind: Kind,
    /// What 03/04/2026 is.
    pub(super) date_order: Option<DateOrder>,
    /// What stands before the cents.
    pub(super) decimal: Option<char>,
    /// The columns of the sheet, by ours.
    pub(super) columns: BTreeMap<&'static str, Vec<usize>>,
    /// What every row says, by our columns.
    pub(super) constants: BTreeMap<&'static str, String>,
    /// What is put in front of what stands there.
    pub(super) prefix: BTreeMap<&'static str, String>,
    /// What is put behind it.
    pub(super) suffix: BTreeMap<&'static str, String>,
    /// What stands there and what it means here, by our columns; in lower case. `*` is everything else.
    pub(super) values: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Columns that are left out on purpose.
    pub(super) leave_out: Vec<usize>,
}

/// The columns of our own files of that kind.
pub(super) fn columns_of(kind: Kind) -> Columns {
    match kind {
        Kind::Assets => assets::COLUMNS,
        Kind::Kits => kits::COLUMNS,
        Kind::Stock => stock::COLUMNS,
        Kind::People => people::COLUMNS,
        Kind::Rooms => rooms::COLUMNS,
        Kind::Productions => productions::COLUMNS,
        Kind::Bookings => bookings::COLUMNS,
    }
}

impl Mapping {
    /// Reads the mapping `file` for a sheet, or says everything that is wrong with it, each with line and column.
    pub(super) fn parse(file: &str, text: &str, sheet: &Sheet) -> Result<Self, Vec<String>> {
        let mut wrong = Wrong { file, text, sentences: BTreeMap::new() };
        if text.len() > BYTES_MAX {
            wrong.add(
                &(0..0),
                &format!("found {} bytes, expected a mapping of at most {BYTES_MAX}", text.len()),
            );
            return Err(wrong.all());
        }
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                wrong.add(&error.span().unwrap_or(0..0), &format!("expected TOML ({})", error.message()));
                return Err(wrong.all());
            }
        };
        let mapping = read(table.get_ref(), sheet, &mut wrong);
        mapping.filter(|_| wrong.sentences.is_empty()).ok_or_else(|| wrong.all())
    }
}

/// What is wrong with the mapping.
struct Wrong<'a> {
    file: &'a str,
    text: &'a str,
    /// By where they are.
    sentences: BTreeMap<(usize, usize), Vec<String>>,
}

impl Wrong<'_> {
    /// In the order of the mapping.
    fn all(self) -> Vec<String> {
        self.sentences.into_values().flatten().collect()
    }

    fn add(&mut self, span: &Range<usize>, sentence: &str) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        let column =
            1 + before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{feff}').chars().count();
        let sentence = format!("{}:{line}:{column}: {sentence}", self.file);
        self.sentences.entry((line, column)).or_default().push(sentence);
    }

    fn one_of(&mut self, span: &Range<usize>, what: &str, found: &str, known: &[&str]) {
        let near = nearest(found, known.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        self.add(
            span,
            &format!("found the {what} {}, expected one of {}{hint}", quoted(found), known.join(", ")),
        );
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

fn read(table: &DeTable<'_>, sheet: &Sheet, wrong: &mut Wrong<'_>) -> Option<Mapping> {
    for name in table.keys().filter(|name| !KEYS.contains(&name.get_ref().as_ref())) {
        wrong.one_of(&name.span(), "key", name.get_ref(), &KEYS);
    }
    let kind = kind(table, wrong)?;
    let known = columns_of(kind).known;
    let columns = columns(table, known, sheet, wrong);
    let constants = texts(table, "constants", known, wrong);
    for column in columns_of(kind).required {
        if !columns.contains_key(column) && !constants.contains_key(column) {
            let span = table.get("columns").map_or(0..0, Spanned::span);
            let sentence = format!(
                "columns: found no {column}, expected the column that says it, such as {column} = \"…\""
            );
            wrong.add(&span, &sentence);
        }
    }
    let leave_out = table.get("leave_out").map(|value| headers(value, "leave_out", sheet, wrong));
    Some(Mapping {
        kind,
        date_order: word(table, "date_order", &["dmy", "mdy"], wrong).as_deref().and_then(DateOrder::parse),
        decimal: word(table, "decimal", &[".", ","], wrong).and_then(|text| text.chars().next()),
        columns,
        constants,
        prefix: texts(table, "prefix", known, wrong),
        suffix: texts(table, "suffix", known, wrong),
        values: values(table, known, wrong),
        leave_out: leave_out.unwrap_or_default(),
    })
}

fn kind(table: &DeTable<'_>, wrong: &mut Wrong<'_>) -> Option<Kind> {
    let names = Kind::ALL.map(Kind::name);
    if !table.contains_key("kind") {
        wrong.add(&(0..0), &format!("kind: found nothing, expected one of {}", names.join(", ")));
    }
    Kind::parse(&word(table, "kind", &names, wrong)?)
}

/// One of some words.
fn word(table: &DeTable<'_>, name: &str, words: &[&str], wrong: &mut Wrong<'_>) -> Option<String> {
    let value = table.get(name)?;
    let text = text_of(value, name, wrong)?;
    if !words.contains(&text.as_str()) {
        wrong.one_of(&value.span(), name, &text, words);
        return None;
    }
    Some(text)
}

fn text_of(value: &Value<'_>, name: &str, wrong: &mut Wrong<'_>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => {
            wrong.add(&value.span(), &format!("{name}: expected a text in quotes"));
            None
        }
    }
}

/// The entries of a table whose keys are our columns.
fn entries<'t, 'a>(
    table: &'t DeTable<'a>,
    name: &str,
    known: &'static [&'static str],
    wrong: &mut Wrong<'_>,
) -> Vec<(&'static str, &'t Value<'a>)> {
    let Some(value) = table.get(name) else { return Vec::new() };
    let DeValue::Table(entries) = value.get_ref() else {
        wrong.add(&value.span(), &format!("{name}: expected a table, [{name}]"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, value) in entries {
        match known.iter().find(|known| *known == key.get_ref()) {
            Some(column) => found.push((*column, value)),
            None => wrong.one_of(&key.span(), &format!("key of {name}"), key.get_ref(), known),
        }
    }
    found
}

fn texts(
    table: &DeTable<'_>,
    name: &str,
    known: &'static [&'static str],
    wrong: &mut Wrong<'_>,
) -> BTreeMap<&'static str, String> {
    let entries = entries(table, name, known, wrong);
    entries.into_iter().filter_map(|(column, value)| Some((column, text_of(value, name, wrong)?))).collect()
}

fn columns(
    table: &DeTable<'_>,
    known: &'static [&'static str],
    sheet: &Sheet,
    wrong: &mut Wrong<'_>,
) -> BTreeMap<&'static str, Vec<usize>> {
    let entries = entries(table, "columns", known, wrong);
    entries.into_iter().map(|(column, value)| (column, headers(value, column, sheet, wrong))).collect()
}

/// The columns of the sheet that a value names.
fn headers(value: &Value<'_>, name: &str, sheet: &Sheet, wrong: &mut Wrong<'_>) -> Vec<usize> {
    let items: Vec<&Value<'_>> = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    let mut found = Vec::new();
    for item in items {
        let Some(text) = text_of(item, name, wrong) else { continue };
        match sheet.column(&key(&text)) {
            Some(column) => found.push(column),
            None => {
                let near = nearest(&text, sheet.header.iter().map(String::as_str));
                let hint = near.map_or_else(
                    || format!("it has {}", sheet.columns()),
                    |near| format!("did you mean {near:?}?"),
                );
                wrong.add(
                    &item.span(),
                    &format!("{name}: found {}, expected a column of {}; {hint}", quoted(&text), sheet.file),
                );
            }
        }
    }
    found
}

fn values(
    table: &DeTable<'_>,
    known: &'static [&'static str],
    wrong: &mut Wrong<'_>,
) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for (column, value) in entries(table, "values", known, wrong) {
        let DeValue::Table(words) = value.get_ref() else {
            wrong.add(&value.span(), &format!("values: expected a table, [values.{column}]"));
            continue;
        };
        let mut said = BTreeMap::new();
        for (found, means) in words {
            if let Some(means) = text_of(means, column, wrong)
                && said.insert(found.get_ref().trim().to_lowercase(), means).is_some()
            {
                wrong.add(
                    &found.span(),
                    &format!("values.{column}: expected {} once", quoted(found.get_ref())),
                );
            }
        }
        values.insert(column, said);
    }
    values
}

impl Mapping {
    /// Columns that something is said of.
    pub(super) fn named(&self) -> BTreeSet<usize> {
        self.columns.values().flatten().chain(&self.leave_out).copied().collect()
    }
}
