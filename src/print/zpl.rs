//! Labels in ZPL II, the language of label printers: text in UTF-8 (`^CI28`), QR (`^BQ`) and Code 128 (`^BC`) drawn by the
//! printer, so that modules are whole dots. After Zebra's "Programming Guide ZPL II".

use std::fmt::Write;

use super::font::Fonts;
use super::label::{Label, Symbol, Unprintable, edge_mm, words};
use super::{Area, Ink, mark};

/// The narrowest square module in dots, and the widest that `^BQ` prints.
const SQUARE_DOTS: (u32, u32) = (2, 10);
/// The widest bar module in dots.
const BAR_DOTS_MAX: u32 = 4;
/// Dots that `^BQ` itself keeps above the square.
const ABOVE_SQUARE: u32 = 10;

/// The paper in a label printer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roll {
    /// Width and height of a label in millimetres.
    pub label: (f64, f64),
    /// Dots of an inch: 203, 300 or 600.
    pub dpi: u32,
}

impl Roll {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a label has some thousand dots"
    )]
    fn dots(self, mm: f64) -> u32 {
        (mm * f64::from(self.dpi) / 25.4).round().clamp(0.0, 32_000.0) as u32
    }

    fn mm(self, dots: u32) -> f64 {
        f64::from(dots) * 25.4 / f64::from(self.dpi.max(1))
    }
}

/// The job that prints each label `copies` times, or the first that cannot be printed.
pub fn job(labels: &[Label], roll: Roll, symbol: Symbol, copies: u32) -> Result<String, Unprintable> {
    let fonts = Fonts::load().ok_or(Unprintable::NoFont)?;
    let mut job = String::new();
    for label in labels {
        let (width, height) = (roll.dots(roll.label.0), roll.dots(roll.label.1));
        // Writing into a String cannot fail.
        let _ = writeln!(job, "^XA\n^CI28\n^PW{width}\n^LL{height}\n^LH0,0");
        let room = match symbol {
            Symbol::Qr => square(&mut job, label, roll)?,
            Symbol::Code128 => bars(&mut job, label, roll)?,
        };
        for ink in words(&fonts, label, room) {
            if let Ink::Text { x, y, size, text, .. } = ink {
                let (x, y, size) = (roll.dots(x), roll.dots(y - size), roll.dots(size));
                let _ = writeln!(job, "^FO{x},{y}^A0N,{size}^FH^FD{}^FS", escaped(&text));
            }
        }
        let _ = writeln!(job, "^PQ{copies}\n^XZ");
    }
    Ok(job)
}

/// The square at the left, its quiet zone included, and what is left for words.
fn square(job: &mut String, label: &Label, roll: Roll) -> Result<Area, Unprintable> {
    let Some(code) = mark::squares(&label.code) else {
        return Err(Unprintable::TooLong { code: label.code.chars().take(40).collect() });
    };
    let edge = edge_mm(roll.label.0, roll.label.1);
    let modules = u32::try_from(code.size + 2 * mark::SQUARES_QUIET).unwrap_or(u32::MAX);
    let side = (roll.label.1 - edge).min(roll.label.0 / 2.0);
    let dots = (roll.dots(side) / modules).min(SQUARE_DOTS.1);
    if dots < SQUARE_DOTS.0 {
        let needed_mm = roll.mm(modules * SQUARE_DOTS.0).ceil();
        let (code, way) = (label.code.clone(), "in height");
        return Err(Unprintable::TooSmall { code, needed_mm, has_mm: side.floor(), way, other: "code128" });
    }
    let quiet = u32::try_from(mark::SQUARES_QUIET).unwrap_or(0) * dots;
    let top = roll.dots(roll.label.1).saturating_sub(modules * dots) / 2 + quiet;
    let code = escaped(&label.code);
    let _ = writeln!(job, "^FO{quiet},{}^BQN,2,{dots}^FH^FDMA,{code}^FS", top.saturating_sub(ABOVE_SQUARE));
    let x = roll.mm(modules * dots);
    Ok(Area { x, y: edge, width: roll.label.0 - x - edge, height: roll.label.1 - 2.0 * edge })
}

/// The bars at the foot, and what is left for words.
fn bars(job: &mut String, label: &Label, roll: Roll) -> Result<Area, Unprintable> {
    let Some(widths) = mark::bars(&label.code) else {
        return Err(Unprintable::NotInBars { code: label.code.clone() });
    };
    let edge = edge_mm(roll.label.0, roll.label.1);
    let code = u32::try_from(widths.iter().sum::<usize>()).unwrap_or(u32::MAX);
    let quiet = u32::try_from(2 * mark::BARS_QUIET).unwrap_or(0);
    let width = roll.dots(roll.label.0);
    let dots = (width / code.saturating_add(quiet)).min(BAR_DOTS_MAX);
    if dots == 0 {
        let needed_mm = roll.mm(code.saturating_add(quiet)).ceil();
        let (code, way) = (label.code.clone(), "in width");
        return Err(Unprintable::TooSmall {
            code,
            needed_mm,
            has_mm: roll.label.0.floor(),
            way,
            other: "qr",
        });
    }
    let tall = roll.label.1 * 0.4;
    let top = roll.label.1 - edge - tall;
    let (left, y, tall) = ((width - code * dots) / 2, roll.dots(top), roll.dots(tall));
    let _ = writeln!(job, "^FO{left},{y}^BY{dots}^BCN,{tall},N,N,N,A^FH^FD{}^FS", escaped(&label.code));
    Ok(Area { x: edge, y: edge, width: roll.label.0 - 2.0 * edge, height: top - 1.5 * edge })
}

/// `^FH` makes of `_5E` the character of that number: what the language itself uses is written so.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '^' | '~' | '_' | '\\' => {
                let _ = write!(written, "_{:02X}", u32::from(c));
            }
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLL: Roll = Roll { label: (50.0, 25.0), dpi: 203 };

    fn label(code: &str, title: &str) -> Label {
        Label { code: code.into(), title: title.into(), small: "studio".into() }
    }

    #[test]
    fn what_the_language_uses_itself_is_never_in_a_text() {
        let hostile = label("A^XZ~JR_5E", "^FS^XZ\n~HS \\& Żółć");
        for symbol in [Symbol::Qr, Symbol::Code128] {
            let job = job(std::slice::from_ref(&hostile), Roll { label: (90.0, 40.0), dpi: 203 }, symbol, 1)
                .unwrap();
            assert_eq!((job.matches("^XA").count(), job.matches("^XZ").count()), (1, 1), "{job}");
            assert!(!job.contains('~') && job.contains("A_5EXZ_7EJR_5F5E") && job.contains("Żółć"), "{job}");
        }
    }

    #[test]
    fn everything_begins_on_the_label_and_is_repeated_by_the_printer() {
        let job = job(&[label("CAM-01", &"Canon ".repeat(40))], ROLL, Symbol::Qr, 3).unwrap();
        assert!(job.contains("^PW400\n^LL200") && job.contains("^PQ3\n"), "{job}");
        for place in job.split("^FO").skip(1) {
            let (x, rest) = place.split_once(',').unwrap();
            let y: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(x.parse::<u32>().unwrap() < 400 && y.parse::<u32>().unwrap() < 200, "{place}");
        }
    }

    #[test]
    fn what_no_scanner_could_read_is_refused() {
        let said = |code: &str, symbol| job(&[label(code, "x")], ROLL, symbol, 1).unwrap_err().to_string();
        assert!(said(&"x".repeat(900), Symbol::Qr).contains("in height"));
        assert!(said(&"x".repeat(900), Symbol::Code128).contains("in width"));
        assert!(said("ü", Symbol::Code128).contains("Code 128"));
    }
}
