//! What is put on paper: labels with codes, on sheets and for label printers, and slips. Pure: values in, pages out.
//!
//! Lengths are millimetres from the top left corner. A page is a list of [`Ink`]; [`pdf::document`] writes pages down,
//! [`zpl::job`] says labels in the language of label printers.

pub mod font;
pub mod label;
pub mod mark;
pub mod pdf;
pub mod sheet;
pub mod slip;
pub mod zpl;

/// One thing on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Ink {
    /// A black rectangle: left, top, width, height.
    Bar(Area),
    /// The hairline around an area.
    Frame(Area),
    /// A line of text that begins at `x` and stands on `y`.
    Text {
        /// Where it begins.
        x: f64,
        /// On what it stands.
        y: f64,
        /// The height of its font.
        size: f64,
        /// Bold.
        bold: bool,
        /// What it says.
        text: String,
    },
}

/// A rectangle in millimetres, from the top left corner of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Area {
    /// The same with so much less on every side.
    pub fn within(self, less: f64) -> Self {
        Self {
            x: self.x + less,
            y: self.y + less,
            width: (self.width - 2.0 * less).max(0.0),
            height: (self.height - 2.0 * less).max(0.0),
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its width in millimetres.
    pub width: f64,
    /// Its height in millimetres.
    pub height: f64,
    /// What is on it.
    pub inks: Vec<Ink>,
}
