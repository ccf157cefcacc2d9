//! A file of somebody else's as a sheet: columns by what they are called, rows as wide as they happen to be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::RowError;
use super::super::reading::{Reading, Record};
use super::super::table::records;

/// A sheet of more columns is no list of things.
const COLUMNS_MAX: usize = 1000;

/// A header and its rows, with the lines on which they begin.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The file's name.
    pub(super) file: String,
    /// Line of the header.
    pub(super) line: u64,
    /// The columns as written.
    pub(super) header: Vec<String>,
    /// Where the columns stand, by [`key`]; of two of one name the first.
    at: BTreeMap<String, usize>,
    /// The rows that are not blank.
    pub(super) rows: Vec<Record>,
}

impl Sheet {
    /// Reads a file: UTF-8, or UTF-16 with its byte order mark. Memory is a small multiple of the file.
    pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Self, Vec<RowError>> {
        let mut reading = Reading::new(file);
        if bytes.starts_with(b"PK\x03\x04") {
            let expected = "a text with a separator: save the sheet as CSV UTF-8".to_owned();
            reading.add(1, None, "a file in a spreadsheet's own format".to_owned(), expected);
            return Err(reading.finish(Vec::<()>::new()).err().unwrap_or_default());
        }
        let mut rows = records(&utf8(bytes), &mut reading);
        // What spreadsheets put before the header, to say what the separator is.
        if rows.len() > 1
            && rows.first().and_then(|row| row.cells.first()).is_some_and(|cell| is_separator(cell))
        {
            rows.remove(0);
        }
        if rows.is_empty() {
            return Err(reading.finish(Vec::<()>::new()).err().unwrap_or_default());
        }
        let Record { line, cells: header } = rows.remove(0);
        if header.len() > COLUMNS_MAX {
            let found = format!("{} columns", header.len());
            reading.add(line, None, found, format!("a header of at most {COLUMNS_MAX}"));
            return Err(reading.finish(Vec::<()>::new()).err().unwrap_or_default());
        }
        let mut at = BTreeMap::new();
        for (column, name) in header.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            at.entry(key(name)).or_insert(column);
        }
        Ok(Self { file: file.to_owned(), line, header, at, rows })
    }

    /// Whether a column before the one that stands there has its name.
    pub(super) fn is_repeated(&self, at: usize) -> bool {
        self.at.get(&key(self.name(at))).is_some_and(|first| *first != at)
    }

    /// Where the column of that key stands.
    pub(super) fn column(&self, key: &str) -> Option<usize> {
        self.at.get(key).copied()
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, key: &str) -> bool {
        self.at.contains_key(key)
    }

    /// Whether there is one of these columns.
    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    /// How many of these columns there are.
    pub(super) fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.has(key)).count()
    }

    /// The columns by their keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, usize)> {
        self.at.iter().map(|(key, column)| (key.as_str(), *column))
    }

    /// What a column is called.
    pub(super) fn name(&self, column: usize) -> &str {
        self.header.get(column).map_or("", String::as_str)
    }

    /// The columns, for people.
    pub(super) fn columns(&self) -> String {
        const SHOWN: usize = 60;
        let shown: Vec<&str> = self.header.iter().take(SHOWN).map(String::as_str).collect();
        let more = self.header.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}{more}", shown.join(", "))
    }
}

fn is_separator(cell: &str) -> bool {
    cell.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) && cell.len() <= 5
}

/// How columns are compared: lower case, `_` as a blank, blanks once.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase().replace('_', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The file in UTF-8, where its first bytes say that it is in UTF-16; else as it is.
pub(super) fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Cow::Borrowed(bytes),
    };
    let (pairs, odd) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().skip(1).map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if odd.is_empty() => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_however_they_are_written() {
        let sheet = Sheet::read("f.csv", "\u{feff}Asset_Tag , Model  No.;x\r\nA-1,7\r".as_bytes()).unwrap();
        assert_eq!((sheet.column("asset tag"), sheet.column("model no.;x")), (Some(0), Some(1)));
        assert_eq!((sheet.rows.len(), sheet.rows[0].line), (1, 2));
    }

    #[test]
    fn utf_16_is_read_where_it_says_so() {
        let text = "Name;Größe\nÄ;1\n";
        for (mark, bytes) in
            [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)]
        {
            let bytes: Vec<u8> = mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect();
            let sheet = Sheet::read("f.csv", &bytes).unwrap();
            assert_eq!((sheet.header[1].as_str(), sheet.rows[0].cells[0].as_str()), ("Größe", "Ä"));
            let cut = Sheet::read("f.csv", &bytes[..bytes.len() - 1]).unwrap_err();
            assert!(cut[0].to_string().contains("no UTF-8"), "{}", cut[0]);
        }
    }

    #[test]
    fn a_header_without_end_is_refused() {
        let header = "a,".repeat(5000);
        assert!(Sheet::read("f.csv", header.as_bytes()).unwrap_err()[0].to_string().contains("at most 1000"));
        let spreadsheet = Sheet::read("f.xlsx", b"PK\x03\x04\x14\0").unwrap_err();
        assert!(spreadsheet[0].to_string().ends_with("save the sheet as CSV UTF-8"), "{}", spreadsheet[0]);
    }
}
