//! The printed setup code that `readers learn` asks for: Code 128 for every scanner, QR for those that read it.

use std::fmt::Write;

use crate::print::mark::{self, Squares};

/// Millimetres of a module: wide enough for the cheapest scanner and the printer at hand.
const MODULE_MM: f64 = 0.33;
const BAR_HEIGHT_MM: f64 = 18.0;
const QR_MODULE_MM: f64 = 0.8;

/// A page with the text as Code 128 and QR, and how to use it; `None` where the text cannot be printed so.
pub fn svg(text: &str) -> Option<String> {
    let (widths, qr) = (mark::bars(text)?, mark::squares(text)?);
    let modules = widths.iter().sum::<usize>() + 2 * mark::BARS_QUIET;
    let (width_mm, height_mm) = (in_mm(modules, MODULE_MM).max(100.0), 76.0);
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(
        page,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_mm:.2}mm\" height=\"{height_mm:.2}mm\" \
         viewBox=\"0 0 {width_mm:.2} {height_mm:.2}\">\n\
         <title>cagekeeper setup code</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    let _ = writeln!(page, "<path fill=\"#000\" d=\"{}\"/>", bars(&widths, width_mm));
    caption(&mut page, (28.5, "cagekeeper setup code: scan the bars, or the square below"));
    caption(&mut page, (33.5, &escaped(text)));
    let _ = writeln!(page, "<path fill=\"#000\" d=\"{}\"/>", squares(&qr, width_mm));
    caption(&mut page, (height_mm - 5.0, "Print at 100 % on white paper, and cut off none of the white."));
    page.push_str("</svg>\n");
    Some(page)
}

fn in_mm(modules: usize, module_mm: f64) -> f64 {
    f64::from(u32::try_from(modules).unwrap_or(u32::MAX)) * module_mm
}

fn caption(page: &mut String, (y_mm, text): (f64, &str)) {
    let _ = writeln!(
        page,
        "<text x=\"50%\" y=\"{y_mm:.2}\" font-family=\"sans-serif\" font-size=\"3\" text-anchor=\"middle\">{text}</text>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// In the middle, so that there is at least the quiet zone on both sides.
fn bars(widths: &[usize], width_mm: f64) -> String {
    let mut path = String::new();
    let left = (width_mm - in_mm(widths.iter().sum(), MODULE_MM)) / 2.0;
    let mut at = 0;
    for (index, width) in widths.iter().enumerate() {
        if index % 2 == 0 {
            let (x, w) = (left + in_mm(at, MODULE_MM), in_mm(*width, MODULE_MM));
            let _ = write!(path, "M{x:.2} 5h{w:.2}v{BAR_HEIGHT_MM}h-{w:.2}z");
        }
        at += width;
    }
    path
}

fn squares(qr: &Squares, width_mm: f64) -> String {
    let (left, top) = ((width_mm - in_mm(qr.size, QR_MODULE_MM)) / 2.0, 42.0);
    let mut path = String::new();
    for (index, _) in qr.dark.iter().enumerate().filter(|(_, dark)| **dark) {
        let (x, y) =
            (left + in_mm(index % qr.size, QR_MODULE_MM), top + in_mm(index / qr.size, QR_MODULE_MM));
        let _ = write!(path, "M{x:.2} {y:.2}h{QR_MODULE_MM}v{QR_MODULE_MM}h-{QR_MODULE_MM}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::learn::SETUP_TEXT;

    #[test]
    fn the_page_has_white_around_its_codes_and_is_as_wide_as_the_bars() {
        let modules: usize = mark::bars(SETUP_TEXT).unwrap().iter().sum();
        assert!(in_mm(modules + 2 * mark::BARS_QUIET, MODULE_MM) < 100.0, "{modules}");
        let page = svg(SETUP_TEXT).unwrap();
        let left = (100.0 - in_mm(modules, MODULE_MM)) / 2.0;
        assert!(left >= in_mm(mark::BARS_QUIET, MODULE_MM));
        assert!(page.starts_with("<svg") && page.contains(&format!("M{left:.2} 5h")), "{page}");
    }
}
