//! Characters typed as Alt and a number on the number pad.

/// Code page 437 from 128.
const CP437_HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                          └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// Windows-1252 from 128 to 159; from 160 on it is Latin-1. U+0000 stands where it has no character.
const CP1252_C1: &str = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";

/// The most digits taken: a Unicode character has up to seven, and one leading zero.
const DIGITS_MAX: usize = 8;

/// Adds a digit. One more than a character can have is kept, so that the number is seen to be none.
pub(super) fn add_digit(digits: &mut String, digit: u32) {
    if digits.len() <= DIGITS_MAX {
        digits.extend(char::from_digit(digit, 10));
    }
}

/// The character that a number writes: with a leading zero by Windows-1252, without by code page 437, above 255 by
/// Unicode. Numbers below 32 are control characters.
pub(super) fn char_of(digits: &str) -> Option<char> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    let nth = |table: &str| table.chars().nth(usize::try_from(number.checked_sub(128)?).ok()?);
    let by_page = match number {
        128..=159 if digits.starts_with('0') => nth(CP1252_C1),
        128..=255 if !digits.starts_with('0') => nth(CP437_HIGH),
        _ => char::from_u32(number),
    };
    by_page.filter(|&c| c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leading_zero_chooses_the_code_page() {
        assert_eq!(char_of("0228"), Some('ä'));
        assert_eq!(char_of("132"), Some('ä'));
        assert_eq!(char_of("0128"), Some('€'));
        assert_eq!(char_of("8364"), Some('€'));
        assert_eq!(char_of("65"), Some('A'));
        assert_eq!(char_of("029"), Some('\u{1d}'));
        assert_eq!([char_of("255"), char_of("128"), char_of("0255")], [Some('\u{a0}'), Some('Ç'), Some('ÿ')]);
    }

    #[test]
    fn a_number_without_a_character_is_none() {
        for digits in ["0", "0129", "55296", "1114112", "999999999"] {
            assert_eq!(char_of(digits), None, "{digits}");
        }
    }
}
