//! Codes as patterns of modules: Code 128 for every scanner, QR for those that read it.
//!
//! Code 128 after ISO/IEC 15417: start in code set B or C, a symbol for each character or, in C, for two digits, the check
//! symbol modulo 103, stop; each symbol is six widths of bars and spaces that are eleven modules together, stop seven
//! and thirteen. QR after ISO/IEC 18004, from `qrcodegen`.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules that stay white beside a Code 128: the standard asks for ten.
pub const BARS_QUIET: usize = 12;
/// Modules that stay white around a QR code.
pub const SQUARES_QUIET: usize = 4;

/// So many digits at the beginning or end are shorter in code set C.
const DIGITS_MIN: usize = 4;

const START_B: usize = 104;
const START_C: usize = 105;
const TO_B: usize = 100;
const TO_C: usize = 99;
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

/// The bars and spaces of a text in Code 128, as widths in modules, a bar first; `None` for characters that it lacks and
/// for an empty text.
pub fn bars(text: &str) -> Option<Vec<usize>> {
    let values = values(text.as_bytes())?;
    // The start counts once, and so does the first symbol behind it.
    let check = values.iter().enumerate().map(|(at, value)| at.max(1) * value).sum::<usize>() % 103;
    let symbols = values.into_iter().chain([check]);
    let widths = symbols.map(|symbol| SYMBOLS.get(symbol).copied()).collect::<Option<Vec<&str>>>()?;
    let digits = widths.into_iter().chain([STOP]).flat_map(str::chars);
    digits.map(|width| width.to_digit(10).and_then(|width| usize::try_from(width).ok())).collect()
}

/// The symbols from the start to before the check. Digits that come in fours or more at a time stand in code set C.
fn values(text: &[u8]) -> Option<Vec<usize>> {
    let (mut values, mut in_c) = (Vec::new(), false);
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let pairs = rest.iter().take_while(|byte| byte.is_ascii_digit()).count() / 2;
        let to_c = pairs * 2 >= DIGITS_MIN;
        if values.is_empty() {
            values.push(if to_c { START_C } else { START_B });
        } else if in_c != to_c {
            values.push(if to_c { TO_C } else { TO_B });
        }
        in_c = to_c;
        if to_c {
            let (digits, tail) = rest.split_at(pairs * 2);
            values.extend(digits.chunks(2).map(|two| {
                two.iter().fold(0, |value, digit| value * 10 + usize::from(digit.wrapping_sub(b'0')))
            }));
            rest = tail;
        } else {
            values.push(first.checked_sub(0x20).filter(|value| *value < 95).map(usize::from)?);
            rest = tail;
        }
    }
    (!values.is_empty()).then_some(values)
}

/// A QR code: its size in modules, and which are dark, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squares {
    /// Modules on a side.
    pub size: usize,
    /// Row by row.
    pub dark: Vec<bool>,
}

/// A text as QR with a quarter of it to spare (level M); `None` for one that is too long.
pub fn squares(text: &str) -> Option<Squares> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = 0..code.size();
    let dark =
        side.clone().flat_map(|y| side.clone().map(move |x| (x, y))).map(|(x, y)| code.get_module(x, y));
    Some(Squares { size: usize::try_from(code.size()).ok()?, dark: dark.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the widths back as a scanner does: eleven modules a symbol, the check at the end, sets as they change.
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
        let mut in_c = values[0] == START_C;
        let mut text = String::new();
        for value in &values[1..] {
            match (in_c, *value) {
                (true, TO_B) => in_c = false,
                (false, TO_C) => in_c = true,
                (true, value) => text.push_str(&format!("{value:02}")),
                (false, value) => text.push(char::from(u8::try_from(value + 32).unwrap())),
            }
        }
        text
    }

    #[test]
    fn the_bars_say_the_text() {
        for text in
            ["CAM-01", " ~", "123456", "12345", "AB1234CD", "A123456", "12345X", "99", "C-000123", "0"]
        {
            assert_eq!(scanned(&bars(text).unwrap()), text);
        }
        assert!(bars("ü").is_none() && bars("\n").is_none() && bars("").is_none());
    }

    #[test]
    fn digits_are_shorter_in_pairs() {
        assert_eq!(bars("12345678").unwrap().len(), (1 + 4 + 1) * 6 + 7);
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
    fn what_no_square_can_hold_is_none() {
        assert_eq!(squares("CAM-01").unwrap().size, 21);
        assert!(squares(&"x".repeat(3_000)).is_none());
    }
}
