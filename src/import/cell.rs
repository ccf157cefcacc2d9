//! The cells of one row, each read as what it is to be.

use chrono_tz::Tz;

use super::reading::{Reading, Record};
use super::when::{self, Edge};
use crate::domain::id::{NotAnId, PersonHandle};
use crate::domain::words::{NAME_CHARS_MAX, no_name};
use crate::nearest::nearest;
use crate::time::UtcMs;

/// What begins the printed codes of control cards, productions, bookings and rooms.
const RESERVED_PREFIXES: [&str; 4] = ["CK:", "PR:", "BK:", "RM:"];

const ID: &str = "1 to 63 of a-z, 0-9 and -, beginning with a letter or digit";
const COUNT_MAX: u32 = 9999;

/// The cells of one row.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    reading: &'a mut Reading,
    record: &'a Record,
}

impl<'a> Cells<'a> {
    /// The cells of `record`.
    pub(super) fn new(reading: &'a mut Reading, record: &'a Record) -> Self {
        Self { reading, record }
    }

    /// The line on which the row begins.
    pub(super) fn line(&self) -> u64 {
        self.record.line
    }

    /// The cell, `None` where it is empty or its column missing.
    fn cell(&self, column: &str) -> Option<&'a str> {
        let at = *self.reading.columns.get(column)?;
        self.record.cells.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    fn wrong(&mut self, column: &str, found: &str, expected: &str) {
        self.reading.add(self.record.line, Some(column), quoted(found), expected.to_owned());
    }

    /// What `parse` makes of a cell that is not empty; what it expected instead is noted.
    fn read<T>(&mut self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let cell = self.cell(column)?;
        parse(cell).map_err(|expected| self.wrong(column, cell, &expected)).ok()
    }

    fn require(&mut self, column: &str, expected: &str) {
        if self.cell(column).is_none() {
            self.wrong(column, "", expected);
        }
    }

    /// Notes a value that the file has already. `what` tells ids, tags and badges apart.
    fn once(&mut self, what: &'static str, column: &str, value: &str) {
        let line = self.record.line;
        if let Some(first) = self.reading.seen.get(&(what, value.to_owned())).copied() {
            let where_else = if first == line { "this row".to_owned() } else { format!("line {first}") };
            self.wrong(column, value, &format!("each {what} once: {where_else} has it already"));
        } else {
            self.reading.seen.insert((what, value.to_owned()), line);
        }
    }

    /// The row's own id, which no other row has.
    pub(super) fn own_id<T>(&mut self, parse: impl Fn(&str) -> Result<T, NotAnId>) -> Option<T> {
        self.require("id", ID);
        let id = self.id("id", parse)?;
        if let Some(cell) = self.cell("id") {
            self.once("id", "id", cell);
        }
        Some(id)
    }

    /// The id of another thing.
    pub(super) fn id<T>(&mut self, column: &str, parse: impl Fn(&str) -> Result<T, NotAnId>) -> Option<T> {
        self.read(column, |cell| parse(cell).map_err(|_| expected_id(cell)))
    }

    /// Ids of other things, each once.
    pub(super) fn ids<T: PartialEq>(
        &mut self,
        column: &str,
        parse: impl Fn(&str) -> Result<T, NotAnId>,
    ) -> Vec<T> {
        let mut ids = Vec::new();
        for item in self.items(column) {
            match parse(item) {
                Ok(id) if ids.contains(&id) => self.wrong(column, item, "each of this cell once"),
                Ok(id) => ids.push(id),
                Err(_) => self.wrong(column, item, &expected_id(item)),
            }
        }
        ids
    }

    /// The people of a crew.
    pub(super) fn crew(&mut self) -> Vec<PersonHandle> {
        self.ids("crew", PersonHandle::parse)
    }

    /// The people of a crew, each with what they are in it where that is said: `ana:gaffer;bob`.
    pub(super) fn crew_roles(&mut self, column: &str) -> Vec<(PersonHandle, Option<String>)> {
        let mut crew: Vec<(PersonHandle, Option<String>)> = Vec::new();
        for item in self.items(column) {
            let (id, role) =
                item.split_once(':').map_or((item, None), |(id, role)| (id.trim(), Some(role.trim())));
            match (PersonHandle::parse(id), role) {
                (Err(_), _) => self.wrong(column, id, &expected_id(id)),
                (Ok(id), _) if crew.iter().any(|(other, _)| *other == id) => {
                    self.wrong(column, item, "each of this cell once");
                }
                (Ok(_), Some(role)) if role.is_empty() || !is_text(role) => {
                    self.wrong(column, item, &format!("what {id} does after the colon, such as {id}:gaffer"));
                }
                (Ok(id), role) => crew.push((id, role.map(str::to_owned))),
            }
        }
        crew
    }

    /// Texts, each once.
    pub(super) fn texts(&mut self, column: &str) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for item in self.items(column) {
            if !is_text(item) {
                self.wrong(column, item, &expected_text("text"));
            } else if texts.iter().any(|text| text == item) {
                self.wrong(column, item, "each of this cell once");
            } else {
                texts.push(item.to_owned());
            }
        }
        texts
    }

    /// A whole number from `min` to `max` of `what`.
    pub(super) fn number(&mut self, column: &str, (min, max): (u32, u32), what: &str) -> Option<u32> {
        self.read(column, |cell| {
            let digits = cell.bytes().all(|b| b.is_ascii_digit());
            let number = cell.parse().ok().filter(|number| digits && (min..=max).contains(number));
            number.ok_or_else(|| format!("a whole number of {what} from {min} to {max}"))
        })
    }

    /// `yes` or `no`.
    pub(super) fn yes(&mut self, column: &str) -> Option<bool> {
        self.read(column, |cell| match cell {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("yes or no".to_owned()),
        })
    }

    /// Whether something stands in the cell.
    pub(super) fn is_said(&self, column: &str) -> bool {
        self.cell(column).is_some()
    }

    /// Notes a cell that does not fit the rest of its row.
    pub(super) fn misfit(&mut self, column: &str, expected: &str) {
        let cell = self.cell(column).unwrap_or_default();
        self.wrong(column, cell, expected);
    }

    fn items(&self, column: &str) -> Vec<&'a str> {
        let cell = self.cell(column).unwrap_or_default();
        cell.split(';').map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    /// `lav:3;boom` into three of the one and one of the other.
    pub(super) fn counts(&mut self, column: &str) -> Vec<(String, u32)> {
        let mut counts: Vec<(String, u32)> = Vec::new();
        for item in self.items(column) {
            match count(item) {
                Ok((id, _)) if counts.iter().any(|(other, _)| *other == id) => {
                    self.wrong(column, item, "each of this cell once, with the number of all of them");
                }
                Ok(counted) => counts.push(counted),
                Err(expected) => self.wrong(column, item, &expected),
            }
        }
        counts
    }

    /// A name or title, on one line.
    pub(super) fn name(&mut self, column: &str) -> Option<String> {
        self.require(column, "a text that is not empty");
        self.text(column)
    }

    /// A text on one line: line breaks within a cell become spaces.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        self.read(column, |cell| {
            let text = cell.split(['\n', '\t']).map(str::trim).collect::<Vec<_>>().join(" ");
            is_text(&text).then_some(text).ok_or_else(|| expected_text("text"))
        })
    }

    /// The codes of a cell: each stands in the file once, and none begins as printed commands do.
    pub(super) fn codes(&mut self, what: &'static str, column: &str) -> Vec<String> {
        let mut codes = Vec::new();
        for item in self.items(column) {
            if !is_text(item) {
                self.wrong(column, item, &expected_text(what));
            } else if RESERVED_PREFIXES.iter().any(|prefix| item.starts_with(prefix)) {
                let expected = format!("a {what} that does not begin with {}", RESERVED_PREFIXES.join(" "));
                self.wrong(column, item, &format!("{expected} (printed codes of cagekeeper itself)"));
            } else {
                self.once(what, column, item);
                codes.push(item.to_owned());
            }
        }
        codes
    }

    /// Notes the id as a tag: a thing without tags answers to its id.
    pub(super) fn id_as_tag(&mut self) {
        if let Some(id) = self.cell("id") {
            self.once("tag", "id", id);
        }
    }

    /// An amount of money in hundredths.
    pub(super) fn cents(&mut self, column: &str) -> Option<i64> {
        self.read(column, |cell| cents(cell).ok_or_else(|| AMOUNT.to_owned()))
    }

    /// One of a closed list of words, `default` where the cell is empty.
    pub(super) fn choice(
        &mut self,
        column: &str,
        words: &'static [&'static str],
        default: &'static str,
    ) -> &'static str {
        self.read(column, |cell| word(cell, words)).unwrap_or(default)
    }

    /// Some of a closed list of words, each once.
    pub(super) fn choices(&mut self, column: &str, words: &'static [&'static str]) -> Vec<&'static str> {
        let mut chosen = Vec::new();
        for item in self.items(column) {
            match word(item, words) {
                Ok(word) if chosen.contains(&word) => self.wrong(column, item, "each of this cell once"),
                Ok(word) => chosen.push(word),
                Err(expected) => self.wrong(column, item, &expected),
            }
        }
        chosen
    }

    /// A moment.
    pub(super) fn time(&mut self, column: &str, edge: Edge, zone: Tz) -> Option<UtcMs> {
        self.read(column, |cell| when::parse(cell, edge, zone))
    }

    /// `starts` and `ends`, both required, the end after the start.
    pub(super) fn span(&mut self, zone: Tz) -> Option<(UtcMs, UtcMs)> {
        self.require("starts", when::TIME);
        self.require("ends", when::TIME);
        let starts = self.time("starts", Edge::Start, zone);
        let ends = self.time("ends", Edge::End, zone);
        let (starts, ends) = (starts?, ends?);
        if ends <= starts {
            let cell = self.cell("ends").unwrap_or_default();
            let expected = format!("a time after starts ({})", self.cell("starts").unwrap_or_default());
            self.wrong("ends", cell, &expected);
        }
        Some((starts, ends))
    }
}

fn word(found: &str, words: &'static [&'static str]) -> Result<&'static str, String> {
    let known = words.iter().find(|word| **word == found).copied();
    known.ok_or_else(|| match nearest(found, words.iter().copied()) {
        Some(word) => format!("one of {}; did you mean {word:?}?", words.join(", ")),
        None => format!("one of {}", words.join(", ")),
    })
}

/// What stands in a cell, in quotes and shortened where it is long.
pub(super) fn quoted(cell: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut short: String = cell.chars().take(CHARS_MAX).collect();
    if short.len() < cell.len() {
        short.push('…');
    }
    format!("{short:?}")
}

fn expected_id(found: &str) -> String {
    let as_id: String =
        found.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = as_id.split('-').filter(|part| !part.is_empty()).collect();
    let as_id = parts.join("-");
    let usable = PersonHandle::parse(&as_id).is_ok() && found.is_ascii();
    if usable { format!("an id: {ID}; for example {as_id:?}") } else { format!("an id: {ID}") }
}

fn is_text(text: &str) -> bool {
    no_name(text).is_none()
}

fn expected_text(what: &str) -> String {
    format!("a {what} of at most {NAME_CHARS_MAX} characters, without control characters")
}

fn count(item: &str) -> Result<(String, u32), String> {
    let (id, number) = item.split_once(':').unwrap_or((item, "1"));
    let id = PersonHandle::parse(id.trim()).map_err(|_| expected_id(id.trim()))?;
    let number = number.trim();
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let number = number.parse().ok().filter(|number| digits && (1..=COUNT_MAX).contains(number));
    let number =
        number.ok_or_else(|| format!("a number from 1 to {COUNT_MAX} after the colon, such as {id}:3"))?;
    Ok((id.as_str().to_owned(), number))
}

const AMOUNT: &str =
    "an amount: plain decimals such as 120.50, without sign, currency or separator between thousands";

/// At most twelve digits before the point: no rate is more, and 64 bits hold it in hundredths.
fn cents(cell: &str) -> Option<i64> {
    let (whole, hundredths) = match cell.split_once('.') {
        Some((whole, rest)) => (whole, rest),
        None => (cell, "00"),
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(hundredths) || whole.len() > 12 || hundredths.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = hundredths.parse().ok()?;
    Some(whole * 100 + if hundredths.len() == 1 { part * 10 } else { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_plain_decimals() {
        for (text, expected) in [("120.50", 12050), ("120", 12000), ("0", 0), ("0.5", 50), ("007.05", 705)] {
            assert_eq!(cents(text), Some(expected), "{text}");
        }
        for text in [
            "-1",
            "+1",
            "€5",
            "5 EUR",
            "£120",
            "1,5",
            "1,000.00",
            "1'000",
            "1.234",
            ".5",
            "5.",
            "1e3",
            "",
            ".",
            "1234567890123",
            "٣",
            "NaN",
        ] {
            assert_eq!(cents(text), None, "{text}");
        }
    }

    #[test]
    fn counts_are_ids_with_a_number() {
        assert_eq!(count("lav:3"), Ok(("lav".to_owned(), 3)));
        assert_eq!(count("boom"), Ok(("boom".to_owned(), 1)));
        assert_eq!(count("lav : 3"), Ok(("lav".to_owned(), 3)));
        for item in ["lav:", "lav:0", "lav:-1", "lav:+1", "lav:10000", "lav:three", "lav:3:4", ":3", "Lav:3"]
        {
            assert!(count(item).is_err(), "{item}");
        }
    }

    #[test]
    fn what_is_nearly_an_id_is_made_one() {
        assert!(expected_id("Cam FX6 #1").ends_with("for example \"cam-fx6-1\""));
        assert!(!expected_id("Ü").contains("example"));
        assert!(!expected_id("##").contains("example"));
    }
}
