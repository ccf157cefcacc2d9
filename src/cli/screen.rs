//! Standard output: aligned columns for people, JSON for programs.

use std::io::{BufWriter, Stdout, Write};

use serde::Serialize;

use crate::ledger::question::Named;

/// Standard output, and whether JSON was asked for.
#[derive(Debug)]
pub struct Screen {
    out: BufWriter<Stdout>,
    json: bool,
}

impl Screen {
    /// Standard output.
    pub fn new(json: bool) -> Self {
        Self { out: BufWriter::new(std::io::stdout()), json }
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line.
    pub fn line(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Prints bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Prints a value as one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        self.line(&serde_json::to_string(value)?)
    }

    /// Prints rows in columns under their headings; nothing of empty columns.
    pub fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
        let text = columns(headings, rows);
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// What was printed is out, or nobody reads it.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}

fn columns(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let shown: Vec<(usize, usize)> = headings
        .iter()
        .enumerate()
        .filter(|(column, _)| width(*column) > 0)
        .map(|(column, heading)| (column, width(column).max(heading.chars().count())))
        .collect();
    let heading: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let line = |row: &Vec<String>| {
        let cells = shown.iter().map(|(column, width)| {
            let cell = row.get(*column).map(String::as_str).unwrap_or_default();
            format!("{cell:width$}")
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    std::iter::once(&heading).chain(rows).map(line).collect()
}

/// A person as the command line shows them: name, the studio's own id, and the opaque id.
pub fn who(named: &Named) -> String {
    match (&named.name, &named.handle) {
        (Some(name), Some(handle)) => format!("{name} ({handle}, {})", named.person),
        _ if named.forgotten => format!("somebody who was forgotten ({})", named.person),
        _ => named.person.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_empty_ones_are_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = columns(&["ID", "ROOM", "NAME"], &[row(["cam-1", "", "Böhm"]), row(["x", "", "y"])]);
        assert_eq!(text, "ID     NAME\ncam-1  Böhm\nx      y\n");
    }
}
