//! A sheet on its way into our own rows: what was said of which thing, and what was left out.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cell::quoted;
use super::super::prepare::Kind;
use super::super::reading::Record;
use super::days;
pub(super) use super::left::Extent;
use super::left::Left;
use super::money;
pub(super) use super::said::{Found, Said};
use super::sheet::Sheet;
use super::slug::slug;
use crate::domain::fact::{Body, Subject};
use crate::domain::known::Known;
use crate::domain::rules::{DateOrder, HouseRules};

/// A sheet on its way into our own rows.
#[derive(Debug)]
pub(super) struct Translation<'a> {
    /// The sheet.
    pub(super) sheet: &'a Sheet,
    /// What the ledger knows.
    pub(super) known: &'a Known,
    /// The rules of the house.
    pub(super) house: &'a HouseRules,
    /// What 03/04/2026 is.
    pub(super) date_order: Option<DateOrder>,
    /// What stands before the cents.
    pub(super) decimal: Option<char>,
    /// What is said, by kind and in the order of the rows.
    pub(super) things: BTreeMap<Kind, Vec<Said>>,
    /// What is left out.
    pub(super) left: Vec<Left>,
    /// Columns that were looked at.
    taken: BTreeSet<usize>,
    /// How rooms, kits and models are called, by what they are and their id.
    called: BTreeMap<(&'static str, String), String>,
    /// Rooms and kits that the ledger knows, by name in lower case.
    by_name: BTreeMap<(&'static str, String), String>,
    /// Amounts of another currency: their columns and codes.
    foreign_money: BTreeSet<(usize, String)>,
}

impl<'a> Translation<'a> {
    /// Nothing is said yet.
    pub(super) fn new(sheet: &'a Sheet, known: &'a Known, house: &'a HouseRules) -> Self {
        let mut by_name = BTreeMap::new();
        for (subject, body) in &known.registered {
            let name = match body {
                Body::RoomRegistered(room) => &room.name,
                Body::KitRegistered(kit) => &kit.name,
                _ => continue,
            };
            by_name.entry((subject.kind(), name.to_lowercase())).or_insert_with(|| subject.id().to_owned());
        }
        Self {
            sheet,
            known,
            house,
            date_order: house.date_order,
            decimal: None,
            things: BTreeMap::new(),
            left: Vec::new(),
            taken: BTreeSet::new(),
            called: BTreeMap::new(),
            by_name,
            foreign_money: BTreeSet::new(),
        }
    }

    /// The first of these columns that holds something in a row. All of them count as looked at.
    pub(super) fn cell<'r>(&mut self, row: &'r Record, keys: &[&str]) -> Option<Found<'r>> {
        let columns: Vec<usize> = keys.iter().filter_map(|key| self.sheet.column(key)).collect();
        self.taken.extend(&columns);
        columns.into_iter().find_map(|at| found(row, at))
    }

    /// What stands in a column of a row. The column counts as looked at.
    pub(super) fn cell_at<'r>(&mut self, row: &'r Record, at: usize) -> Option<Found<'r>> {
        self.taken.insert(at);
        found(row, at)
    }

    /// Counts columns as looked at, because what stands in them is told row by row, or is not worth a word.
    pub(super) fn pass(&mut self, columns: impl IntoIterator<Item = usize>) {
        self.taken.extend(columns);
    }

    /// Adds what a row says of a thing.
    pub(super) fn add(&mut self, kind: Kind, said: Said) {
        self.things.entry(kind).or_default().push(said);
    }

    /// Notes what is not taken.
    pub(super) fn leave(&mut self, line: u64, found: Option<&Found<'_>>, extent: Extent, why: &str) {
        self.left.push(Left {
            file: self.sheet.file.clone(),
            line,
            column: found.map(|found| self.sheet.name(found.at).to_owned()),
            found: found.map_or_else(|| "nothing".to_owned(), |found| quoted(found.text)),
            extent,
            why: why.to_owned(),
        });
    }

    /// Leaves out a row in which none of these columns holds anything.
    pub(super) fn leave_without(&mut self, row: &Record, keys: &[&str], why: &str) {
        match keys.iter().find_map(|key| self.sheet.column(key)) {
            Some(at) => self.leave(row.line, Some(&Found { at, text: "" }), Extent::Row, why),
            None => self.leave(row.line, None, Extent::Row, why),
        }
    }

    /// Notes a row that is not as wide as the header.
    pub(super) fn leave_wide(&mut self, line: u64, found: String, extent: Extent, why: String) {
        self.left.push(Left { file: self.sheet.file.clone(), line, column: None, found, extent, why });
    }

    /// Begins what a row says of a thing that is known by one of these columns: its id is made of what stands there.
    /// `called` says what is missing where all are empty.
    pub(super) fn begin<'r>(
        &mut self,
        row: &'r Record,
        keys: &[&str],
        called: &str,
    ) -> Option<(Said, Found<'r>)> {
        let Some(found) = self.cell(row, keys) else {
            let why = format!("it has no {called}, and nothing else tells one thing from the other");
            self.leave_without(row, keys, &why);
            return None;
        };
        let mut said = Said::of(row.line);
        said.put("id", slug(found.text)?, &found);
        Some((said, found))
    }

    /// Says the name: the first of these columns that holds something. A row without any is left out.
    pub(super) fn name(&mut self, said: &mut Said, row: &Record, keys: &[&str]) -> bool {
        let found = self.cell(row, keys);
        match found {
            Some(found) => said.put("name", one_line(found.text), &found),
            None => self.leave_without(row, keys, "it has no name, and nobody could tell what it is"),
        }
        found.is_some()
    }

    /// Says a text as it stands.
    pub(super) fn text(&mut self, said: &mut Said, column: &'static str, row: &Record, keys: &[&str]) {
        if let Some(found) = self.cell(row, keys) {
            said.put(column, one_line(found.text), &found);
        }
    }

    /// Says an amount; one that cannot be read, or is of another currency, is told.
    pub(super) fn money(&mut self, said: &mut Said, column: &'static str, row: &Record, keys: &[&str]) {
        if let Some(found) = self.cell(row, keys) {
            self.money_of(said, column, &found);
        }
    }

    /// The same of one cell.
    pub(super) fn money_of(&mut self, said: &mut Said, column: &'static str, found: &Found<'_>) {
        match money::amount(found.text, self.decimal) {
            Ok(amount) => {
                self.tell_currency(said.line, found, amount.currency);
                said.put(column, amount.plain, found);
            }
            Err(expected) => self.leave(said.line, Some(found), Extent::Cell, &expected),
        }
    }

    /// One word for each column and currency.
    fn tell_currency(&mut self, line: u64, found: &Found<'_>, currency: Option<String>) {
        let Some(currency) = currency.filter(|code| *code != self.house.currency) else { return };
        if self.foreign_money.insert((found.at, currency)) {
            let why = format!(
                "amounts of this column are taken as {}, the currency of the house",
                self.house.currency
            );
            self.leave(line, Some(found), Extent::Told, &why);
        }
    }

    /// Says how many there are: `40`, `1,000` and `8.0` are whole numbers.
    pub(super) fn count_of(&mut self, said: &mut Said, column: &'static str, found: &Found<'_>) {
        let whole = money::amount(found.text, self.decimal).ok().filter(|amount| amount.currency.is_none());
        let whole = whole.and_then(|amount| amount.plain.strip_suffix(".00").map(str::to_owned));
        said.put(column, whole.unwrap_or_else(|| one_line(found.text)), found);
    }

    /// The same of the first of these columns that holds something.
    pub(super) fn count(&mut self, said: &mut Said, column: &'static str, row: &Record, keys: &[&str]) {
        if let Some(found) = self.cell(row, keys) {
            self.count_of(said, column, &found);
        }
    }

    /// Says a date. A row with one that cannot be read is left out, because it says until when somebody may do something.
    pub(super) fn date(
        &mut self,
        said: &mut Said,
        column: &'static str,
        row: &Record,
        keys: &[&str],
    ) -> bool {
        self.cell(row, keys).is_none_or(|found| self.date_of(said, column, &found))
    }

    /// The same of one cell.
    pub(super) fn date_of(&mut self, said: &mut Said, column: &'static str, found: &Found<'_>) -> bool {
        match days::iso(found.text, self.date_order) {
            Ok(date) => said.put(column, date, found),
            Err(expected) => {
                self.leave(said.line, Some(found), Extent::Row, &expected);
                return false;
            }
        }
        true
    }

    /// Adds a code; one that our lists cannot hold is told.
    pub(super) fn code(&mut self, said: &mut Said, column: &'static str, code: &str, found: &Found<'_>) {
        if code.contains(';') {
            let why = "a code with a semicolon cannot stand in a file: put it on with `cagekeeper learn`";
            self.leave(said.line, Some(found), Extent::Cell, why);
        } else if !code.is_empty() {
            said.push(column, code, found);
        }
    }

    /// Says the model: an id made of what it is called.
    pub(super) fn model(&mut self, said: &mut Said, row: &Record, keys: &[&str]) {
        if let Some(found) = self.cell(row, keys) {
            self.model_of(said, &found);
        }
    }

    /// The same of one cell.
    pub(super) fn model_of(&mut self, said: &mut Said, found: &Found<'_>) {
        let name = one_line(found.text);
        if let Some(id) = self.id_of("model", said.line, &name, found) {
            said.put("model", id, found);
        }
    }

    /// Says the room where a thing belongs. One that the ledger does not know becomes a room.
    pub(super) fn room(&mut self, said: &mut Said, row: &Record, keys: &[&str]) {
        if let Some(found) = self.cell(row, keys) {
            self.place(said, "home", Kind::Rooms, &found, one_line(found.text));
        }
    }

    /// Says a room or a kit by its name in one of our columns. One that the ledger does not know is made.
    pub(super) fn place(
        &mut self,
        said: &mut Said,
        column: &'static str,
        kind: Kind,
        found: &Found<'_>,
        name: String,
    ) {
        let what = if kind == Kind::Kits { "kit" } else { "room" };
        if let Some(id) = self.by_name.get(&(what, name.to_lowercase())) {
            said.put(column, id.clone(), found);
            return;
        }
        let is_first = slug(&name).is_some_and(|id| !self.called.contains_key(&(what, id)));
        let Some(id) = self.id_of(what, said.line, &name, found) else { return };
        let subject = Subject::parse(&format!("{what}/{id}"));
        if is_first && subject.is_some_and(|subject| !self.known.registered.contains_key(&subject)) {
            let mut place = Said::of(said.line);
            place.is_named = true;
            place.put("id", id.clone(), found);
            place.put("name", name, found);
            self.add(kind, place);
        }
        said.put(column, id, found);
    }

    /// The id of a name. Two names of one id are told.
    fn id_of(&mut self, what: &'static str, line: u64, name: &str, found: &Found<'_>) -> Option<String> {
        let id = slug(name)?;
        let called = self.called.entry((what, id.clone())).or_insert_with(|| name.to_owned());
        if called.to_lowercase() != name.to_lowercase() {
            let why = format!("taken as the {what} {id}, which is {} elsewhere in the file", quoted(called));
            *called = name.to_owned();
            self.leave(line, Some(found), Extent::Told, &why);
        }
        Some(id)
    }

    /// Notes the columns that nobody looked at and that hold something, each once; `why` says why of some of them.
    pub(super) fn leave_columns(&mut self, why: impl Fn(&str) -> Option<&'static str>) {
        let mut held: BTreeMap<usize, (usize, &str)> = BTreeMap::new();
        for row in &self.sheet.rows {
            let cells = row.cells.iter().enumerate().take(self.sheet.header.len());
            for (at, cell) in cells.filter(|(at, cell)| !cell.is_empty() && !self.taken.contains(at)) {
                held.entry(at).or_insert((0, cell)).0 += 1;
            }
        }
        for (at, (cells, example)) in held {
            let name = self.sheet.name(at);
            let why = match name {
                "" => "it has no name",
                _ if self.sheet.is_repeated(at) => "a column of the same name stands before it",
                _ => why(&super::sheet::key(name)).unwrap_or("cagekeeper keeps nothing of the kind"),
            };
            let found = match cells {
                1 => format!("{} in one row", quoted(example)),
                _ => format!("{} and the like in {cells} rows", quoted(example)),
            };
            let column = Some(name.to_owned());
            let (file, line) = (self.sheet.file.clone(), self.sheet.line);
            self.left.push(Left { file, line, column, found, extent: Extent::Column, why: why.to_owned() });
        }
    }
}

fn found(row: &Record, at: usize) -> Option<Found<'_>> {
    let text = row.cells.get(at).map(String::as_str).filter(|text| !text.is_empty())?;
    Some(Found { at, text })
}

/// A text on one line, blanks once.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Path /To/ Location 2` as `Path / To / Location 2`.
pub(super) fn path(text: &str) -> String {
    let parts: Vec<String> = text.split('/').map(one_line).filter(|part| !part.is_empty()).collect();
    parts.join(" / ")
}

/// Whether a cell says yes or no, in the words of the tools; `None` where it says neither.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "x" | "t" | "ja" | "oui" | "si" | "sí" => Some(true),
        "no" | "false" | "0" | "n" | "f" | "nein" | "non" => Some(false),
        _ => None,
    }
}
