//! A mapping drafted from the header and the first rows of a file: a guess that somebody looks at before it is used.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::prepare::Kind;
use super::days;
use super::guesses::{MARKS, NAMES};
use super::mapping::columns_of;
use super::sentences;
use super::sheet::Sheet;
use super::translation::one_line;

/// Rows that are looked at.
const ROWS_MAX: usize = 200;
/// Examples that are shown of a column, and characters of each.
const EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 30;

/// Our columns for which several of theirs may be of use.
const LISTS: [&str; 2] = ["tags", "badges"];
const DATES: [&str; 6] = ["inspection_due", "owner_due", "active_until", "suspended_until", "starts", "ends"];

/// A mapping for a file, in the words of a mapping, or why there is none, each a sentence. `file` names it.
pub fn draft(file: &str, bytes: &[u8]) -> Result<String, Vec<String>> {
    let sheet = Sheet::read(file, bytes).map_err(sentences)?;
    let kind = kind(&sheet);
    let mut drafting = Drafting { sheet: &sheet, taken: BTreeSet::new(), text: String::new() };
    // The columns first: what they leave over stands above them.
    drafting.columns(kind);
    let columns = std::mem::take(&mut drafting.text);
    drafting.head(kind);
    drafting.leave_out();
    drafting.text.push_str(&columns);
    drafting.rest();
    Ok(drafting.text)
}

fn kind(sheet: &Sheet) -> Kind {
    let mut best = (1, Kind::Assets);
    for (kind, marks) in MARKS {
        let count = sheet.count(marks);
        if count > best.0 || count == best.0 && kind == Kind::Assets {
            best = (count, kind);
        }
    }
    best.1
}

struct Drafting<'a> {
    sheet: &'a Sheet,
    taken: BTreeSet<usize>,
    text: String,
}

impl Drafting<'_> {
    fn line(&mut self, line: &str) {
        // Writing into a text cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn head(&mut self, kind: Kind) {
        let file = comment(&self.sheet.file);
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        self.line(&format!(
            "# How cagekeeper reads {file}. Drafted from its header and first rows: look at every line, then"
        ));
        self.line(&format!("#     cagekeeper import {file} --map THIS-FILE --dry-run"));
        self.line("");
        self.line(&format!("# What its rows are about: one of {}.", kinds.join(", ")));
        self.line(&format!("kind = {}", quoted(kind.name())));
        self.line("");
        self.line("# Which number of 03/04/2026 is the day: \"dmy\" or \"mdy\". Without it such a date is not taken.");
        self.line("# date_order = \"dmy\"");
        self.line("# What stands before the cents, where amounts do not show it: \",\" or \".\"");
        self.line("# decimal = \",\"");
        self.line("");
    }

    /// The columns that nobody has guessed.
    fn over(&self) -> Vec<usize> {
        (0..self.sheet.header.len()).filter(|at| !self.taken.contains(at)).collect()
    }

    fn leave_out(&mut self) {
        let over = self.over();
        let names = over.iter().map(|at| self.sheet.name(*at)).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(quoted).collect();
        if !names.is_empty() {
            self.line("# Columns that are left out on purpose; what is named nowhere is listed by each import. At the end of");
            self.line("# this file stands what is in them.");
            self.line(&format!("# leave_out = [{}]", names.join(", ")));
            self.line("");
        }
    }

    fn columns(&mut self, kind: Kind) {
        let columns = columns_of(kind);
        self.line("# Our columns and theirs. Several are joined; of tags and badges each is one: tags = [\"Barcode\", \"RFID\"]");
        self.line("[columns]");
        let mut unknown = Vec::new();
        for column in columns.known {
            match self.guess(column) {
                found if found.is_empty() => unknown.push(*column),
                found => self.guessed(column, &found),
            }
        }
        for column in columns.required.iter().filter(|column| unknown.contains(column)) {
            self.line(&format!("# {column} = \"…\"    # needed, and no column looks like it"));
        }
        unknown.retain(|column| !columns.required.contains(column));
        if !unknown.is_empty() {
            self.line(&format!("# There is besides: {}", unknown.join(", ")));
        }
        self.line("");
    }

    fn guess(&self, column: &str) -> Vec<usize> {
        let names = NAMES.iter().find(|(ours, _)| *ours == column).map_or([].as_slice(), |(_, names)| names);
        let own = column.replace('_', " ");
        let names = std::iter::once(own.as_str()).chain(names.iter().copied());
        let mut found: Vec<usize> =
            names.filter_map(|name| self.sheet.column(name)).filter(|at| !self.taken.contains(at)).collect();
        found.dedup();
        if column == "name" && found.is_empty() {
            let both = [["first name", "last name"], ["vorname", "nachname"]];
            let both = both
                .iter()
                .map(|pair| pair.iter().filter_map(|name| self.sheet.column(name)).collect::<Vec<_>>());
            found = both.into_iter().find(|pair| pair.len() == 2).unwrap_or_default();
        } else if !LISTS.contains(&column) {
            found.truncate(1);
        }
        found
    }

    fn guessed(&mut self, column: &str, found: &[usize]) {
        self.taken.extend(found);
        let names: Vec<String> = found.iter().map(|at| quoted(self.sheet.name(*at))).collect();
        let value = match names.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let examples = found.first().map_or(String::new(), |at| self.examples(*at));
        self.line(&format!("{column} = {value}    # {examples}"));
        let first = found.first().copied().unwrap_or_default();
        if DATES.contains(&column)
            && self.cells(first).any(|cell| days::iso(cell, None).is_err_and(|why| why.contains("may be")))
        {
            self.line("#     ^ some of these dates can be read in two ways: say date_order above");
        }
    }

    fn cells(&self, at: usize) -> impl Iterator<Item = &str> {
        let rows = self.sheet.rows.iter().take(ROWS_MAX);
        rows.filter_map(move |row| row.cells.get(at)).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    /// `for example "A-1", "A-2"`
    fn examples(&self, at: usize) -> String {
        let mut seen: Vec<&str> = Vec::new();
        for cell in self.cells(at) {
            if seen.len() < EXAMPLES && !seen.contains(&cell) {
                seen.push(cell);
            }
        }
        if seen.is_empty() {
            return "empty in the first rows".to_owned();
        }
        let shown = seen.iter().map(|cell| quoted(&crate::domain::words::fit(&comment(cell), EXAMPLE_CHARS)));
        format!("for example {}", shown.collect::<Vec<_>>().join(", "))
    }

    fn rest(&mut self) {
        let columns = self.over();
        self.line("# What every row says, or says where its column is empty:");
        self.line("# [constants]");
        self.line("# category = \"camera\"");
        self.line("# What is put in front of an id, or behind it: \"17\" becomes cam-17");
        self.line("# [prefix]");
        self.line("# id = \"cam-\"");
        self.line("# What their words mean here; \"*\" is every other word:");
        self.line("# [values.retired]");
        self.line("# \"Sold\" = \"yes\"");
        self.line("# \"*\" = \"no\"");
        if !columns.is_empty() {
            self.line("");
            self.line("# What cagekeeper cannot guess. Give a column to one of the keys above, or name it in leave_out:");
            for at in columns {
                let name = self.sheet.name(at);
                let name = if name.is_empty() { "(without a name)".to_owned() } else { quoted(name) };
                let examples = self.examples(at);
                self.line(&format!("#     {name}: {examples}"));
            }
        }
    }
}

/// A text in quotes, as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(one_line(text)).to_string()
}

/// A text that cannot end the comment in which it stands.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
