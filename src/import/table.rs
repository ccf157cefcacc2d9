//! A file into a table: encoding, delimiter, header, and rows with the line on which each begins.

use std::collections::BTreeSet;

use super::RowError;
use super::cell::{Cells, quoted};
use super::reading::{Reading, Record};
use crate::nearest::nearest;

/// The columns of a kind of file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// All that are known, in the order in which they are documented.
    pub(super) known: &'static [&'static str],
    /// Those that no file does without.
    pub(super) required: &'static [&'static str],
}

/// Reads a file of comma, semicolon or tab separated values and makes `row` of each of its rows that is not empty.
///
/// `file` names it in errors. UTF-8 with or without a byte order mark; LF, CRLF and CR ends lines, also mixed.
pub(super) fn read<T>(
    file: &str,
    bytes: &[u8],
    columns: Columns,
    row: impl Fn(&mut Cells<'_>) -> Option<T>,
) -> Result<Vec<T>, Vec<RowError>> {
    let mut reading = Reading::new(file);
    let mut rows = Vec::new();
    let mut records = records(bytes, &mut reading).into_iter();
    if let Some(header) = header(records.next(), columns, &mut reading) {
        for record in records {
            if record.cells.len() == header.cells.len() {
                rows.extend(row(&mut Cells::new(&mut reading, &record)));
            } else {
                refuse_width(&record, &header, &mut reading);
            }
        }
    }
    reading.finish(rows)
}

fn refuse_width(record: &Record, header: &Record, reading: &mut Reading) {
    let cells = record.cells.len();
    let found = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
    let expected = format!(
        "{} as in the header on line {} (a cell that contains the separator goes into double quotes)",
        header.cells.len(),
        header.line
    );
    reading.add(record.line, None, found, expected);
}

/// The rows that are not empty. None of a file that is no such text, which is noted.
pub(super) fn records(bytes: &[u8], reading: &mut Reading) -> Vec<Record> {
    let Some(text) = text(bytes, reading) else { return Vec::new() };
    if let Some(line) = unclosed_quote(&text) {
        let expected = "a second one that closes it";
        reading.add(line, None, "a double quote that opens a cell".to_owned(), expected.to_owned());
        return Vec::new();
    }
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut lines = Lines { text: &text, byte: 0, line: 1 };
    let mut records = Vec::new();
    // The text is UTF-8, in memory, and rows may be of any width: nothing is left that can fail.
    for record in csv.records().flatten() {
        let start = record.position().map_or(0, csv::Position::byte);
        let cells = record.iter().map(|cell| cell.trim().to_owned()).collect();
        records.push(Record { line: lines.line_of(start), cells });
    }
    records.retain(|record| !record.is_empty());
    if records.is_empty() {
        reading.add(1, None, "nothing".to_owned(), "a header such as id,name".to_owned());
    }
    records
}

/// The text with LF alone at the ends of lines, or a note why there is none.
fn text(bytes: &[u8], reading: &mut Reading) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (valid, found) = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => return Some(text.replace("\r\n", "\n").replace('\r', "\n")),
        Ok(text) => (text.split('\0').next().unwrap_or_default().as_bytes(), "a zero byte".to_owned()),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            (valid, format!("the byte {byte:02X}, which is no UTF-8"))
        }
    };
    let before = String::from_utf8_lossy(valid).replace("\r\n", "\n").replace('\r', "\n");
    let line = 1 + before.bytes().filter(|b| *b == b'\n').count() as u64;
    let expected = "a file saved as UTF-8 (a spreadsheet calls it \"CSV UTF-8\")";
    reading.add(line, None, found, expected.to_owned());
    None
}

/// Counts lines up to the places where records begin, which only go forward.
struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first byte from `start` on that is not an empty line: those before a record are not its own.
    fn line_of(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.text.get(self.byte..).unwrap_or_default().bytes().enumerate();
        for (at, byte) in rest {
            if self.byte + at >= start && byte != b'\n' {
                self.byte += at;
                return self.line;
            }
            self.line += u64::from(byte == b'\n');
        }
        self.byte = self.text.len();
        self.line
    }
}

/// The separator that stands most often in the first line that is not empty; a comma where none does.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|b| *b == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// The line on which a cell opens a quote that the file never closes. The CSV parser would take all that
/// follows as one cell.
fn unclosed_quote(text: &str) -> Option<u64> {
    let delimiter = delimiter(text);
    let (mut line, mut cell_starts, mut opened) = (1, true, None);
    for byte in text.bytes() {
        match (byte, opened) {
            // A doubled quote closes the cell and opens it again at once.
            (b'"', Some(_)) => (opened, cell_starts) = (None, true),
            (b'"', None) if cell_starts => opened = Some(line),
            (_, None) => cell_starts = byte == delimiter || byte == b'\n',
            (_, Some(_)) => {}
        }
        line += u64::from(byte == b'\n');
    }
    opened
}

fn header(record: Option<Record>, columns: Columns, reading: &mut Reading) -> Option<Record> {
    let header = record?;
    for (at, cell) in header.cells.iter().enumerate() {
        let name = cell.to_lowercase();
        if !columns.known.contains(&name.as_str()) {
            refuse_column(header.line, cell, columns, reading);
        } else if reading.columns.insert(name, at).is_some() {
            let expected = "each column once".to_owned();
            reading.add(header.line, Some(cell), "the column a second time".to_owned(), expected);
        }
    }
    for name in columns.required {
        if reading.columns.contains_key(*name) {
            continue;
        }
        let expected = format!("it in the header: {} are required", columns.required.join(", "));
        reading.add(header.line, Some(name), "no such column".to_owned(), expected);
    }
    // Rows are read all the same where the required columns are there, so that one run says all.
    columns.required.iter().all(|name| reading.columns.contains_key(*name)).then_some(header)
}

fn refuse_column(line: u64, cell: &str, columns: Columns, reading: &mut Reading) {
    let known = columns.known.join(", ");
    let expected = match nearest(cell, columns.known.iter().copied()) {
        Some(name) => format!("one of {known}; did you mean {name:?}?"),
        None => format!("one of {known}"),
    };
    let found = match cell {
        "" => "a column without a name".to_owned(),
        _ => format!("the unknown column {}", quoted(cell)),
    };
    reading.add(line, None, found, expected);
}

/// The columns that the header of a file names, in lower case; none where there is no header.
pub(super) fn columns_of(bytes: &[u8]) -> BTreeSet<String> {
    let mut reading = Reading::new("");
    let header = records(bytes, &mut reading).into_iter().next();
    header.into_iter().flat_map(|header| header.cells).map(|cell| cell.to_lowercase()).collect()
}
