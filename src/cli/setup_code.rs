//! The printed setup code that `readers learn` asks for: Code 128 for every scanner, QR for those that read it.
//!
//! Code 128 after ISO/IEC 15417: start in code set B, a symbol for each character, the check symbol modulo 103, stop;
//! each symbol is six widths of bars and spaces that are eleven modules together, stop seven and thirteen.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// Millimetres of a module: wide enough for the cheapest scanner and the printer at hand.
const MODULE_MM: f64 = 0.33;
const BAR_HEIGHT_MM: f64 = 18.0;
/// Modules that stay white around a code: ten are required of Code 128, four of QR.
const QUIET: usize = 12;
const QR_MODULE_MM: f64 = 0.8;

const START_B: usize = 104;
const STOP: &str = "2331112";

/// The widths of the symbols 0 to 105.
const SYMBOLS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
];

/// The bars and spaces of a text in Code 128, as widths in modules, a bar first; `None` for characters that code set B
/// lacks.
fn code128(text: &str) -> Option<Vec<usize>> {
    let value = |byte: u8| byte.checked_sub(0x20).filter(|value| *value < 95).map(usize::from);
    let values = text.bytes().map(value).collect::<Option<Vec<usize>>>()?;
    let sum: usize = values.iter().enumerate().map(|(at, value)| (at + 1) * value).sum();
    let check = (START_B + sum) % 103;
    let symbols = std::iter::once(START_B).chain(values).chain([check]);
    let widths = symbols.map(|symbol| SYMBOLS.get(symbol).copied()).collect::<Option<Vec<&str>>>()?;
    let digits = widths.into_iter().chain([STOP]).flat_map(str::chars);
    digits.map(|width| width.to_digit(10).and_then(|width| usize::try_from(width).ok())).collect()
}

/// A page with the text as Code 128 and QR, and how to use it; `None` where the text cannot be printed so.
pub fn svg(text: &str) -> Option<String> {
    let widths = code128(text)?;
    let qr = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let modules = widths.iter().sum::<usize>() + 2 * QUIET;
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

fn squares(qr: &QrCode, width_mm: f64) -> String {
    let size = f64::from(qr.size()) * QR_MODULE_MM;
    let (left, top) = ((width_mm - size) / 2.0, 42.0);
    let mut path = String::new();
    let cells = (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| (x, y)));
    for (x, y) in cells.filter(|(x, y)| qr.get_module(*x, *y)) {
        let (x, y) = (left + f64::from(x) * QR_MODULE_MM, top + f64::from(y) * QR_MODULE_MM);
        let _ = write!(path, "M{x:.2} {y:.2}h{QR_MODULE_MM}v{QR_MODULE_MM}h-{QR_MODULE_MM}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::learn::SETUP_TEXT;

    /// Reads the widths back as a scanner does: eleven modules a symbol, the check at the end.
    fn scanned(widths: &[usize]) -> String {
        let (symbols, stop) = widths.split_at(widths.len() - 7);
        assert_eq!(stop, [2, 3, 3, 1, 1, 1, 2]);
        let value = |symbol: &[usize]| {
            assert_eq!(symbol.iter().sum::<usize>(), 11);
            let written: String = symbol.iter().map(ToString::to_string).collect();
            SYMBOLS.iter().position(|known| *known == written).unwrap()
        };
        let values: Vec<usize> = symbols.chunks(6).map(value).collect();
        let (check, values) = values.split_last().unwrap();
        let weighted = values.iter().enumerate().map(|(at, value)| at.max(1) * value);
        assert_eq!(weighted.sum::<usize>() % 103, *check);
        assert_eq!(values[0], START_B);
        values[1..].iter().map(|value| char::from(u8::try_from(value + 32).unwrap())).collect()
    }

    #[test]
    fn the_bars_say_the_text() {
        for text in [SETUP_TEXT, "CAM-01", " ~"] {
            assert_eq!(scanned(&code128(text).unwrap()), text);
        }
        assert!(code128("ü").is_none() && code128("\n").is_none());
    }

    #[test]
    fn every_symbol_is_another_one_of_eleven_modules() {
        let different: std::collections::BTreeSet<&str> = SYMBOLS.into_iter().collect();
        assert_eq!(different.len(), SYMBOLS.len());
        for symbol in SYMBOLS {
            let widths: Vec<u32> = symbol.chars().map(|c| c.to_digit(10).unwrap()).collect();
            // Bars are an even number of modules: what tells a misread.
            assert_eq!(
                (widths.iter().sum::<u32>(), widths.iter().step_by(2).sum::<u32>() % 2),
                (11, 0),
                "{symbol}"
            );
        }
    }

    #[test]
    fn the_page_has_white_around_its_codes_and_is_as_wide_as_the_bars() {
        let modules: usize = code128(SETUP_TEXT).unwrap().iter().sum();
        assert!(in_mm(modules + 2 * QUIET, MODULE_MM) < 100.0, "{modules}");
        let page = svg(SETUP_TEXT).unwrap();
        let left = (100.0 - in_mm(modules, MODULE_MM)) / 2.0;
        assert!(left >= in_mm(QUIET, MODULE_MM));
        assert!(page.starts_with("<svg") && page.contains(&format!("M{left:.2} 5h")), "{page}");
    }
}
