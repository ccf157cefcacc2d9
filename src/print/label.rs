//! One label: its code with white around it, and what people read of it.

use super::font::{Font, Fonts};
use super::{Area, Ink, mark};

/// White between the edge of a label and what is on it: a part of its shorter side, for office printers leave out the
/// outermost millimetres of a sheet.
const EDGE_PART: f64 = 0.08;
const EDGE_MM: (f64, f64) = (1.0, 3.0);
/// Lines of a title at most.
const TITLE_LINES_MAX: usize = 6;
/// The narrowest module that a scanner at arm's length reads from an office printer.
pub const MODULE_MM_MIN: f64 = 0.19;
/// Wider is no better.
const BAR_MODULE_MM_MAX: f64 = 0.5;
const SQUARE_MODULE_MM_MAX: f64 = 1.2;
/// Of a label's height that a row of bars takes.
const BARS_PART: f64 = 0.45;
/// Of a label's width that a QR code takes at most.
const SQUARE_PART: f64 = 0.5;
/// Heights of the type: the title at most and at least, and the rest.
const TITLE_MM: (f64, f64) = (5.0, 1.9);
const SMALL_MM: (f64, f64) = (2.6, 1.5);
/// From one line to the next, in heights of the type.
const LEADING: f64 = 1.2;

/// How a code is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// A square, for scanners that take pictures.
    Qr,
    /// Bars, for every scanner.
    Code128,
}

/// What stands on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What a scanner reads.
    pub code: String,
    /// What people call it.
    pub title: String,
    /// What is said in small.
    pub small: String,
}

/// Why a label cannot be printed so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unprintable {
    /// The code has characters that bars lack.
    #[error(
        "{code:?} cannot be printed as Code 128, which has letters, digits and signs of ASCII only: use --symbol qr"
    )]
    NotInBars {
        /// The code.
        code: String,
    },
    /// The code is longer than a QR code can be.
    #[error("{code:?} is too long for a code")]
    TooLong {
        /// The beginning of the code.
        code: String,
    },
    /// Its modules would be narrower than a scanner reads.
    #[error(
        "{code:?} needs {needed_mm:.0} mm {way} and the label leaves {has_mm:.0} mm: a wider label, a shorter code, or \
         --symbol {other}"
    )]
    TooSmall {
        /// The code.
        code: String,
        /// What it needs at least.
        needed_mm: f64,
        /// What is there.
        has_mm: f64,
        /// In which direction.
        way: &'static str,
        /// The other symbol.
        other: &'static str,
    },
    /// The program's own fonts are damaged.
    #[error("the fonts of the program are damaged: install it again")]
    NoFont,
}

/// Draws a label into an area.
pub fn draw(fonts: &Fonts, label: &Label, symbol: Symbol, area: Area) -> Result<Vec<Ink>, Unprintable> {
    let edge = edge_mm(area.width, area.height);
    let inner = area.within(edge);
    let (mut inks, text) = match symbol {
        Symbol::Qr => square(label, inner)?,
        Symbol::Code128 => row_of_bars(label, inner, edge)?,
    };
    inks.extend(words(fonts, label, text));
    Ok(inks)
}

/// The white at the edges of a label of that size.
pub(super) fn edge_mm(width: f64, height: f64) -> f64 {
    (width.min(height) * EDGE_PART).clamp(EDGE_MM.0, EDGE_MM.1)
}

/// The square at the left, its quiet zone included, and what is left for words.
fn square(label: &Label, area: Area) -> Result<(Vec<Ink>, Area), Unprintable> {
    let Some(code) = mark::squares(&label.code) else {
        return Err(Unprintable::TooLong { code: label.code.chars().take(40).collect() });
    };
    let modules = count(code.size + 2 * mark::SQUARES_QUIET);
    let side = area.height.min(area.width * SQUARE_PART);
    let module = (side / modules).min(SQUARE_MODULE_MM_MAX);
    if module < MODULE_MM_MIN {
        return Err(too_small(label, (modules * MODULE_MM_MIN, side), ("in height", "code128")));
    }
    let quiet = count(mark::SQUARES_QUIET) * module;
    let top = area.y + (area.height - modules * module) / 2.0 + quiet;
    let left = area.x + quiet;
    // Runs of dark modules are one bar: fewer of them, and no hairlines of white between.
    let mut inks = Vec::new();
    for (y, row) in code.dark.chunks(code.size.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run.first() == Some(&true) {
                inks.push(Ink::Bar(Area {
                    x: left + count(x) * module,
                    y: top + count(y) * module,
                    width: count(run.len()) * module,
                    height: module,
                }));
            }
            x += run.len();
        }
    }
    let used = modules * module;
    let words = Area { x: area.x + used, width: area.width - used, ..area };
    Ok((inks, words))
}

/// The bars at the foot, their quiet zones included, and what is left for words.
fn row_of_bars(label: &Label, area: Area, edge: f64) -> Result<(Vec<Ink>, Area), Unprintable> {
    let Some(widths) = mark::bars(&label.code) else {
        return Err(Unprintable::NotInBars { code: label.code.clone() });
    };
    let bars: usize = widths.iter().sum();
    let modules = count(bars + 2 * mark::BARS_QUIET);
    // The edge of the label is as white as the quiet zone.
    let room = area.width + 2.0 * edge;
    let module = (room / modules).min(BAR_MODULE_MM_MAX);
    if module < MODULE_MM_MIN {
        return Err(too_small(label, (modules * MODULE_MM_MIN, room), ("in width", "qr")));
    }
    let height = area.height * BARS_PART;
    let top = area.y + area.height - height;
    let mut x = area.x + (area.width - count(bars) * module) / 2.0;
    let mut inks = Vec::new();
    for (index, width) in widths.iter().enumerate() {
        let width = count(*width) * module;
        if index % 2 == 0 {
            inks.push(Ink::Bar(Area { x, y: top, width, height }));
        }
        x += width;
    }
    Ok((inks, Area { height: area.height - height - 0.8, ..area }))
}

fn too_small(
    label: &Label,
    (needed_mm, has_mm): (f64, f64),
    (way, other): (&'static str, &'static str),
) -> Unprintable {
    Unprintable::TooSmall {
        code: label.code.clone(),
        needed_mm: needed_mm.ceil(),
        has_mm: has_mm.floor(),
        way,
        other,
    }
}

/// The title as large as it fits, then the code, then what is small.
pub(super) fn words(fonts: &Fonts, label: &Label, area: Area) -> Vec<Ink> {
    let small = (area.height / 7.0).clamp(SMALL_MM.1, SMALL_MM.0);
    let mut under: Vec<&str> = Vec::new();
    if !label.code.eq_ignore_ascii_case(&label.title) {
        under.push(&label.code);
    }
    if !label.small.is_empty() {
        under.push(&label.small);
    }
    let for_title = (area.height - count(under.len()) * small * LEADING).max(TITLE_MM.1 * LEADING);
    let (size, lines) = title(&fonts.bold, &label.title, Area { height: for_title, ..area });
    let mut y = area.y;
    let mut inks = Vec::new();
    for line in lines {
        y += size * LEADING;
        inks.push(Ink::Text { x: area.x, y: y - size * (LEADING - 1.0), size, bold: true, text: line });
    }
    for line in under {
        y += small * LEADING;
        let text = fonts.regular.cut(line, small, area.width);
        inks.push(Ink::Text { x: area.x, y: y - small * (LEADING - 1.0), size: small, bold: false, text });
    }
    inks
}

/// The largest type in which a title is whole in the lines that fit; else the smallest, cut.
fn title(font: &Font, text: &str, area: Area) -> (f64, Vec<String>) {
    let mut size = TITLE_MM.0.min(area.height / LEADING);
    loop {
        let room = (1..=TITLE_LINES_MAX)
            .rev()
            .find(|lines| count(*lines) * size * LEADING <= area.height + 0.01)
            .unwrap_or(1);
        let lines = font.wrap(text, size, area.width, room);
        let is_whole = lines.join(" ") == text.split_whitespace().collect::<Vec<_>>().join(" ");
        if is_whole || size <= TITLE_MM.1 {
            return (size, lines);
        }
        size = (size * 0.92).max(TITLE_MM.1);
    }
}

fn count(modules: usize) -> f64 {
    f64::from(u32::try_from(modules).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(code: &str) -> Label {
        Label { code: code.to_owned(), title: "Sony FX6 no. 1".to_owned(), small: "Studio Nord".to_owned() }
    }

    fn area(width: f64, height: f64) -> Area {
        Area { x: 10.0, y: 20.0, width, height }
    }

    fn is_inside(inks: &[Ink], area: Area, fonts: &Fonts) -> bool {
        inks.iter().all(|ink| match ink {
            Ink::Bar(bar) | Ink::Frame(bar) => {
                bar.x >= area.x
                    && bar.y >= area.y
                    && bar.x + bar.width <= area.x + area.width + 0.01
                    && bar.y + bar.height <= area.y + area.height + 0.01
            }
            Ink::Text { x, y, size, bold, text } => {
                let width = fonts.of(*bold).width(text, *size);
                *x >= area.x
                    && x + width <= area.x + area.width
                    && *y <= area.y + area.height
                    && y - size >= area.y
            }
        })
    }

    #[test]
    fn everything_is_inside_the_label_whatever_its_size() {
        let fonts = Fonts::load().unwrap();
        for (width, height) in [(70.0, 37.0), (38.1, 21.2), (63.5, 38.1), (101.6, 50.8), (25.0, 15.0)] {
            for symbol in [Symbol::Qr, Symbol::Code128] {
                let area = area(width, height);
                let Ok(inks) = draw(&fonts, &label("CAM1"), symbol, area) else {
                    assert!(symbol == Symbol::Code128 && width < 30.0 || width <= 25.0, "{width} x {height}");
                    continue;
                };
                assert!(is_inside(&inks, area, &fonts), "{width} x {height} {symbol:?}: {inks:?}");
            }
        }
    }

    #[test]
    fn bars_have_their_quiet_zone_also_where_they_fill_the_label() {
        let fonts = Fonts::load().unwrap();
        let area = area(70.0, 37.0);
        let inks = draw(&fonts, &label("CAMERA-BODY-FX6-000123-NORTH"), Symbol::Code128, area).unwrap();
        let bars: Vec<Area> =
            inks.iter().filter_map(|ink| if let Ink::Bar(bar) = ink { Some(*bar) } else { None }).collect();
        let left = bars.iter().map(|bar| bar.x).fold(f64::MAX, f64::min);
        let module = bars.iter().map(|bar| bar.width).fold(f64::MAX, f64::min);
        assert!(left - area.x >= 10.0 * module, "{left} {module}");
        assert!(module >= MODULE_MM_MIN);
    }

    #[test]
    fn what_cannot_be_read_is_not_printed() {
        let fonts = Fonts::load().unwrap();
        let said = |code: &str, symbol, width| {
            draw(&fonts, &label(code), symbol, area(width, 15.0)).unwrap_err().to_string()
        };
        assert_eq!(
            said("CAMERA-BODY-FX6-000123-NORTH", Symbol::Code128, 40.0),
            "\"CAMERA-BODY-FX6-000123-NORTH\" needs 68 mm in width and the label leaves 40 mm: a wider label, a \
             shorter code, or --symbol qr"
        );
        assert!(said("KÖ-1", Symbol::Code128, 80.0).contains("cannot be printed as Code 128"));
        assert!(said(&"x".repeat(5_000), Symbol::Qr, 80.0).contains("is too long for a code"));
        assert!(said(&"x".repeat(400), Symbol::Qr, 40.0).contains("in height"));
    }

    #[test]
    fn a_long_title_is_smaller_and_then_cut() {
        let fonts = Fonts::load().unwrap();
        let long = Label { title: "Canon ".repeat(60), ..label("C70-2") };
        let area = area(50.0, 20.0);
        let inks = draw(&fonts, &long, Symbol::Qr, area).unwrap();
        assert!(is_inside(&inks, area, &fonts), "{inks:?}");
        assert!(inks.iter().any(|ink| matches!(ink, Ink::Text { text, .. } if text.ends_with('…'))));
    }
}
