//! What is known of a file while its rows are read.

use std::collections::BTreeMap;

use super::RowError;

/// One row as written.
#[derive(Debug)]
pub(super) struct Record {
    /// Line on which it begins, counted from 1.
    pub(super) line: u64,
    /// Its cells, trimmed.
    pub(super) cells: Vec<String>,
}

impl Record {
    /// Whether nothing is in any of them.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }
}

/// What is known of a file while its rows are read.
#[derive(Debug)]
pub(super) struct Reading {
    file: String,
    /// Where each column of the header stands.
    pub(super) columns: BTreeMap<String, usize>,
    /// Values that may stand in a file once only, by what they are, with the line of the first.
    pub(super) seen: BTreeMap<(&'static str, String), u64>,
    errors: Vec<RowError>,
}

impl Reading {
    /// Nothing is known yet of this file but its name.
    pub(super) fn new(file: &str) -> Self {
        let (columns, seen) = (BTreeMap::new(), BTreeMap::new());
        Self { file: file.to_owned(), columns, seen, errors: Vec::new() }
    }

    /// Notes what is wrong.
    pub(super) fn add(&mut self, line: u64, column: Option<&str>, found: String, expected: String) {
        let (file, column) = (self.file.clone(), column.map(str::to_owned));
        self.errors.push(RowError { file, line, column, found, expected });
    }

    /// What is wrong so far, which counts as said then.
    pub(super) fn take_errors(&mut self) -> Vec<RowError> {
        std::mem::take(&mut self.errors)
    }

    /// The rows, or everything that is wrong, in the order of the lines.
    pub(super) fn finish<T>(mut self, rows: Vec<T>) -> Result<Vec<T>, Vec<RowError>> {
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(rows) } else { Err(self.errors) }
    }
}
