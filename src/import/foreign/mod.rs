//! Files that other tools wrote: recognised by their headers, or read by a mapping. Pure.
//!
//! Each tool has a file here that says which of its columns is which of ours; what it says goes through the same rows
//! and the same comparison with the ledger as our own files. An empty cell says nothing, codes are added and none is
//! taken off, and what cannot be taken is told and does not stop the rest.

use super::RowError;
use super::prepare::{Kind, prepare};
use super::reading::Record;
use super::resolve::Plan;
use crate::domain::id::PersonId;
use crate::domain::known::Known;
use crate::domain::rules::HouseRules;

mod adamrms;
mod days;
mod draft;
mod guesses;
mod homebox;
mod left;
mod mapped;
mod mapping;
mod money;
mod said;
mod settle;
mod sheet;
mod shelf;
mod slug;
mod snipeit;
mod translation;

pub use draft::draft;
pub use left::{Extent, Left};
use mapping::Mapping;
use sheet::Sheet;
use translation::Translation;

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// As one of our own files of that kind.
    Own(Kind),
    /// As what its header says that it is.
    Any,
    /// As a mapping says.
    Mapped {
        /// The mapping's name in errors.
        file: String,
        /// The mapping.
        text: String,
    },
}

/// What a file will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// What it is mostly about.
    pub kind: Kind,
    /// What it is: `Snipe-IT assets`. `None` for our own files.
    pub source: Option<String>,
    /// What is to be recorded.
    pub plan: Plan,
    /// New, changed, same, of each kind of thing that it is about.
    pub kinds: Vec<(Kind, [usize; 3])>,
    /// What of it is not taken.
    pub left: Vec<Left>,
}

/// Reads a file as asked and compares it with the ledger: what is to be recorded, or why nothing can be, each a sentence.
///
/// `file` names it in errors, `ids` gives a fresh opaque id for each person that is new. Time and memory are linear in
/// the file and in what is known, but for a logarithm.
pub fn bring(
    asked: &Asked,
    file: &str,
    bytes: &[u8],
    house: &HouseRules,
    known: &Known,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Brought, Vec<String>> {
    match asked {
        Asked::Own(kind) => own(*kind, file, bytes, house, known, ids),
        Asked::Any => {
            let sheet = Sheet::read(file, bytes).map_err(sentences)?;
            match recognise(&sheet)? {
                Format::Own(kind) => own(kind, file, &sheet::utf8(bytes), house, known, ids),
                Format::Tool(tool) => foreign(&tool, Translation::new(&sheet, known, house), ids),
            }
        }
        Asked::Mapped { file: name, text } => {
            let sheet = Sheet::read(file, bytes).map_err(sentences)?;
            let mapping = Mapping::parse(name, text, &sheet)?;
            foreign(&Tool::Mapping(name, mapping), Translation::new(&sheet, known, house), ids)
        }
    }
}

/// Whose file it is.
#[derive(Debug)]
enum Format<'a> {
    Own(Kind),
    Tool(Tool<'a>),
}

#[derive(Debug)]
enum Tool<'a> {
    SnipeIt(snipeit::About),
    Shelf(shelf::About),
    AdamRms(adamrms::About),
    Homebox,
    Mapping(&'a str, Mapping),
}

impl Tool<'_> {
    fn name(&self) -> String {
        match self {
            Self::SnipeIt(about) => about.name().to_owned(),
            Self::Shelf(about) => about.name().to_owned(),
            Self::AdamRms(about) => about.name().to_owned(),
            Self::Homebox => homebox::NAME.to_owned(),
            Self::Mapping(file, mapping) => format!("{} by {file}", mapping.kind.name()),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::SnipeIt(about) => about.kind(),
            Self::Shelf(about) => about.kind(),
            Self::AdamRms(_) | Self::Homebox => Kind::Assets,
            Self::Mapping(_, mapping) => mapping.kind,
        }
    }

    fn row(&self, to: &mut Translation<'_>, row: &Record) {
        match self {
            Self::SnipeIt(about) => about.row(to, row),
            Self::Shelf(about) => about.row(to, row),
            Self::AdamRms(about) => about.row(to, row),
            Self::Homebox => homebox::row(to, row),
            Self::Mapping(_, mapping) => mapped::row(to, mapping, row),
        }
    }

    fn why(&self, column: &str) -> Option<&'static str> {
        match self {
            Self::SnipeIt(about) => about.why(column),
            Self::Shelf(about) => about.why(column),
            Self::AdamRms(_) => adamrms::why(column),
            Self::Homebox => homebox::why(column),
            Self::Mapping(..) => Some("the mapping names it neither in [columns] nor in leave_out"),
        }
    }
}

/// Whose file a sheet is, by its header; else what can be done with it.
fn recognise(sheet: &Sheet) -> Result<Format<'static>, Vec<String>> {
    let own = own_kinds(sheet);
    let tool = || {
        let adamrms = adamrms::about(sheet).map(Tool::AdamRms);
        let homebox = || homebox::is(sheet).then_some(Tool::Homebox);
        let shelf = || shelf::about(sheet).map(Tool::Shelf);
        adamrms.or_else(homebox).or_else(shelf).or_else(|| snipeit::about(sheet).map(Tool::SnipeIt))
    };
    match own.as_slice() {
        [kind] => return Ok(Format::Own(*kind)),
        [] => {}
        several => return Err(vec![ambiguous(sheet, several)]),
    }
    tool().map(Format::Tool).ok_or_else(|| vec![nobodys(sheet)])
}

/// The kinds of our own files that have these columns and no others.
fn own_kinds(sheet: &Sheet) -> Vec<Kind> {
    let fits = |kind: &Kind| {
        let columns = mapping::columns_of(*kind);
        let names: Vec<String> = sheet.header.iter().map(|name| name.to_lowercase()).collect();
        names.iter().all(|name| columns.known.contains(&name.as_str()))
            && columns.required.iter().all(|name| names.iter().any(|other| other == name))
    };
    Kind::ALL.into_iter().filter(fits).collect()
}

fn ambiguous(sheet: &Sheet, kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let first = names.first().copied().unwrap_or_default();
    format!(
        "{}:{}: a file with the columns {} can be about {}: say which, as in `cagekeeper import {first} {}`",
        sheet.file,
        sheet.line,
        sheet.columns(),
        names.join(" or "),
        sheet.file
    )
}

fn nobodys(sheet: &Sheet) -> String {
    let file = &sheet.file;
    format!(
        "{file}:{}: found the columns {}, expected those of our own files or of an export of Snipe-IT, Shelf, AdamRMS or \
         Homebox.\nAny other file is read by a mapping: `cagekeeper import draft {file} > map.toml` drafts one, and \
         `cagekeeper import {file} --map map.toml` uses it",
        sheet.line,
        sheet.columns()
    )
}

fn own(
    kind: Kind,
    file: &str,
    bytes: &[u8],
    house: &HouseRules,
    known: &Known,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Brought, Vec<String>> {
    let plan = prepare(kind, file, bytes, house, known, ids).map_err(sentences)?;
    let kinds = vec![(kind, [plan.new, plan.changed, plan.same])];
    Ok(Brought { kind, source: None, plan, kinds, left: Vec::new() })
}

fn foreign(
    tool: &Tool<'_>,
    mut to: Translation<'_>,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Brought, Vec<String>> {
    if let Tool::Mapping(_, mapping) = tool {
        to.date_order = mapping.date_order.or(to.date_order);
        to.decimal = mapping.decimal;
        to.pass(mapping.named());
    }
    let sheet = to.sheet;
    for row in &sheet.rows {
        if fits(&mut to, row) {
            tool.row(&mut to, row);
        }
    }
    to.leave_columns(|column| tool.why(column));
    let settle::Settled { plan, kinds, left } = settle::settle(to, ids).map_err(sentences)?;
    Ok(Brought { kind: tool.kind(), source: Some(tool.name()), plan, kinds, left })
}

/// A longer cell is half a file between two quotes. Lists in a cell are compared item by item, which this bounds.
const CELL_BYTES_MAX: usize = 16 * 1024;

/// Whether a row can be read. What is short lacks what stands last; what is long may be shifted.
fn fits(to: &mut Translation<'_>, row: &Record) -> bool {
    let (cells, columns) = (row.cells.len(), to.sheet.header.len());
    let found = || if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
    if cells < columns {
        let why = format!("the header has {columns}, and what is missing at the end is taken as empty");
        to.leave_wide(row.line, found(), Extent::Told, why);
    }
    if let Some(cell) = row.cells.iter().find(|cell| cell.len() > CELL_BYTES_MAX) {
        let why = format!("a cell has at most {CELL_BYTES_MAX}: is there a double quote too many before it?");
        to.leave_wide(row.line, format!("a cell of {} bytes", cell.len()), Extent::Row, why);
        return false;
    }
    let is_long = row.cells.iter().skip(columns).any(|cell| !cell.is_empty());
    if is_long {
        let why = format!(
            "the header has {columns}, and nobody knows where the row is shifted (a cell that contains the separator goes \
             into double quotes)"
        );
        to.leave_wide(row.line, found(), Extent::Row, why);
    }
    !is_long
}

fn sentences(errors: Vec<RowError>) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}
