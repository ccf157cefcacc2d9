//! Sheets of labels: where each label lies on the paper.

use super::font::Fonts;
use super::label::{self, Label, Symbol, Unprintable};
use super::{Area, Ink, Page};

/// Labels on one sheet at most.
const ON_SHEET_MAX: u32 = 500;

/// How a sheet is cut into labels, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Width and height of the paper.
    pub paper: (f64, f64),
    /// Labels across and down.
    pub count: (u32, u32),
    /// Width and height of a label.
    pub label: (f64, f64),
    /// From the edges of the paper to the first label: left, top.
    pub margin: (f64, f64),
    /// Between labels: across, down.
    pub gap: (f64, f64),
}

/// A sheet that is sold under that name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sold {
    /// By which it is chosen.
    pub name: &'static str,
    /// What is printed on its box.
    pub known_as: &'static str,
    /// How it is cut.
    pub grid: Grid,
}

const A4: (f64, f64) = (210.0, 297.0);
const LETTER: (f64, f64) = (215.9, 279.4);

/// The sheets that are known by name. Measures are those that the makers give for their templates.
pub const SOLD: [Sold; 7] = [
    sold("a4-3x8", "70 x 37 mm, without margins", A4, (3, 8), (70.0, 37.0), (0.0, 0.5), (0.0, 0.0)),
    sold("a4-3x7", "63.5 x 38.1 mm, as L7160", A4, (3, 7), (63.5, 38.1), (7.2, 15.15), (2.5, 0.0)),
    sold("a4-2x7", "99.1 x 38.1 mm, as L7163", A4, (2, 7), (99.1, 38.1), (4.65, 15.15), (2.5, 0.0)),
    sold("a4-5x13", "38.1 x 21.2 mm, as L7651", A4, (5, 13), (38.1, 21.2), (4.75, 10.7), (2.5, 0.0)),
    sold(
        "letter-3x10",
        "2 5/8 x 1 in, as 5160",
        LETTER,
        (3, 10),
        (66.675, 25.4),
        (4.7625, 12.7),
        (3.175, 0.0),
    ),
    sold("letter-2x5", "4 x 2 in, as 5163", LETTER, (2, 5), (101.6, 50.8), (3.96875, 12.7), (4.7625, 0.0)),
    sold(
        "letter-4x15",
        "1 3/4 x 2/3 in, as 5195",
        LETTER,
        (4, 15),
        (44.45, 16.933),
        (7.62, 12.7),
        (7.62, 0.0),
    ),
];

const fn sold(
    name: &'static str,
    known_as: &'static str,
    paper: (f64, f64),
    count: (u32, u32),
    label: (f64, f64),
    margin: (f64, f64),
    gap: (f64, f64),
) -> Sold {
    Sold { name, known_as, grid: Grid { paper, count, label, margin, gap } }
}

/// Why a grid is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoGrid {
    /// A number of labels that no sheet has.
    #[error("{0} x {1} labels on a sheet: between 1 and {ON_SHEET_MAX} are meant")]
    Count(u32, u32),
    /// A length that is none.
    #[error("a length is zero, negative or no number: {0}")]
    Length(String),
    /// The labels do not fit on the paper.
    #[error("{what} the labels need {needed_mm:.1} mm and the paper has {paper_mm:.1} mm")]
    TooLarge {
        /// In which direction.
        what: &'static str,
        /// What is needed.
        needed_mm: f64,
        /// What is there.
        paper_mm: f64,
    },
}

impl Grid {
    /// The sheet of that name.
    pub fn named(name: &str) -> Option<Self> {
        SOLD.iter().find(|sold| sold.name == name).map(|sold| sold.grid)
    }

    /// Whether there is such a sheet.
    pub fn checked(self) -> Result<Self, NoGrid> {
        let (columns, rows) = self.count;
        if columns == 0 || rows == 0 || columns.saturating_mul(rows) > ON_SHEET_MAX {
            return Err(NoGrid::Count(columns, rows));
        }
        let is_length =
            |(x, y): (f64, f64), least: f64| x.is_finite() && y.is_finite() && x >= least && y >= least;
        let least = 0.1;
        if !is_length(self.paper, least) || !is_length(self.label, least) {
            return Err(NoGrid::Length(format!("paper {:?}, label {:?}", self.paper, self.label)));
        }
        if !is_length(self.margin, 0.0) || !is_length(self.gap, 0.0) {
            return Err(NoGrid::Length(format!("margin {:?}, gap {:?}", self.margin, self.gap)));
        }
        let needed = |margin: f64, count: u32, label: f64, gap: f64| {
            margin + f64::from(count) * label + f64::from(count.saturating_sub(1)) * gap
        };
        let across = needed(self.margin.0, columns, self.label.0, self.gap.0);
        let down = needed(self.margin.1, rows, self.label.1, self.gap.1);
        // Sheets are cut to tenths.
        if across > self.paper.0 + 0.2 {
            return Err(NoGrid::TooLarge { what: "across", needed_mm: across, paper_mm: self.paper.0 });
        }
        if down > self.paper.1 + 0.2 {
            return Err(NoGrid::TooLarge { what: "down", needed_mm: down, paper_mm: self.paper.1 });
        }
        Ok(self)
    }

    fn on_sheet(self) -> u32 {
        self.count.0.saturating_mul(self.count.1).max(1)
    }

    /// The place of a label on its sheet, row by row from the top left.
    fn place(self, index: u32) -> Area {
        let columns = self.count.0.max(1);
        let (column, row) = (f64::from(index % columns), f64::from(index / columns));
        Area {
            x: self.margin.0 + column * (self.label.0 + self.gap.0),
            y: self.margin.1 + row * (self.label.1 + self.gap.1),
            width: self.label.0,
            height: self.label.1,
        }
    }
}

/// How labels are laid on sheets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Laying {
    /// How the sheets are cut.
    pub grid: Grid,
    /// How codes are drawn.
    pub symbol: Symbol,
    /// Labels that the first sheet has lost already.
    pub skip: u32,
    /// A hairline around each, to be cut along.
    pub frames: bool,
}

/// The pages, or the first label that cannot be printed.
pub fn lay(labels: &[Label], laying: &Laying) -> Result<Vec<Page>, Unprintable> {
    let fonts = Fonts::load().ok_or(Unprintable::NoFont)?;
    let grid = laying.grid;
    let mut pages: Vec<Page> = Vec::new();
    let mut next = laying.skip % grid.on_sheet();
    for label in labels {
        if pages.is_empty() || next == grid.on_sheet() {
            next = if pages.is_empty() { next } else { 0 };
            pages.push(Page { width: grid.paper.0, height: grid.paper.1, inks: Vec::new() });
        }
        let area = grid.place(next);
        let inks = label::draw(&fonts, label, laying.symbol, area)?;
        if let Some(page) = pages.last_mut() {
            page.inks.extend(laying.frames.then_some(Ink::Frame(area)));
            page.inks.extend(inks);
        }
        next += 1;
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_that_is_sold_is_one() {
        for sold in SOLD {
            assert_eq!(sold.grid.checked(), Ok(sold.grid), "{}", sold.name);
            assert_eq!(Grid::named(sold.name), Some(sold.grid));
        }
    }

    #[test]
    fn a_grid_that_does_not_fit_says_so() {
        let a4 = SOLD[0].grid;
        let said = |grid: Grid| grid.checked().unwrap_err().to_string();
        assert_eq!(
            said(Grid { count: (4, 8), ..a4 }),
            "across the labels need 280.0 mm and the paper has 210.0 mm"
        );
        assert_eq!(
            said(Grid { count: (0, 8), ..a4 }),
            "0 x 8 labels on a sheet: between 1 and 500 are meant"
        );
        assert!(said(Grid { label: (-1.0, 5.0), ..a4 }).starts_with("a length is zero"));
        assert!(said(Grid { gap: (f64::NAN, 5.0), ..a4 }).starts_with("a length is zero"));
    }

    #[test]
    fn labels_that_are_gone_are_left_out_and_a_full_sheet_is_followed_by_another() {
        let label = Label { code: "CAM-1".into(), title: "Camera".into(), small: String::new() };
        let laying = Laying { grid: SOLD[0].grid, symbol: Symbol::Qr, skip: 23, frames: true };
        let pages = lay(&vec![label; 3], &laying).unwrap();
        let frames = |page: &Page| page.inks.iter().filter(|ink| matches!(ink, Ink::Frame(_))).count();
        assert_eq!(pages.iter().map(frames).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(pages[0].inks[0], Ink::Frame(Area { x: 140.0, y: 259.5, width: 70.0, height: 37.0 }));
        assert!(lay(&[], &laying).unwrap().is_empty());
    }
}
