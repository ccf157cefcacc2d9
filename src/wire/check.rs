//! Check characters of the codes that are printed on things.
//!
//! ```text
//! mod 10       GS1 keys: weights 3 1 3 1 … from the right                        0…9
//! mod 43       Code 39: sum of the values of the characters                      0…9 A…Z - . space $ / + %
//! ISO 7064     pure:   MOD 11-2, MOD 37-2 (one character), MOD 97-10 (two)       0…9 X, 0…9 A…Z *, 00…97
//!              hybrid: MOD 11,10 and MOD 37,36                                   0…9, 0…9 A…Z
//! ```
//!
//! Each function takes the data without its check character and gives the character, or `None` where the data holds
//! a character that its alphabet lacks. Sources: GS1 General Specifications 7.9, ISO/IEC 16388, ISO/IEC 7064.

const CODE_39: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

fn value(alphabet: &str, size: u32, c: char) -> Option<u32> {
    alphabet.find(c).and_then(|at| u32::try_from(at).ok()).filter(|value| *value < size)
}

fn character(alphabet: &str, value: u32) -> Option<char> {
    alphabet.chars().nth(usize::try_from(value).ok()?)
}

/// The check digit of a GS1 key.
pub fn mod10(digits: &str) -> Option<char> {
    let weighted = digits.chars().rev().zip([3, 1].into_iter().cycle());
    let mut sum = weighted.map(|(c, weight)| c.to_digit(10).map(|digit| digit * weight % 10));
    let sum = sum.try_fold(0, |sum, digit| Some((sum + digit?) % 10))?;
    char::from_digit((10 - sum) % 10, 10)
}

/// Whether the last of these digits is the check digit of those before.
pub fn ends_in_mod10(digits: &str) -> bool {
    let mut before = digits.chars();
    before.next_back().is_some_and(|check| mod10(before.as_str()) == Some(check))
}

/// The check character of Code 39.
pub fn mod43(text: &str) -> Option<char> {
    let sum = text.chars().try_fold(0, |sum, c| Some((sum + value(CODE_39, 43, c)?) % 43))?;
    character(CODE_39, sum)
}

/// ISO 7064 MOD 11-2: `X` stands for ten.
pub fn iso7064_11_2(digits: &str) -> Option<char> {
    match pure(11, 2, digits, 10)? {
        10 => Some('X'),
        check => char::from_digit(check, 10),
    }
}

/// ISO 7064 MOD 37-2: the check character may be `*`.
pub fn iso7064_37_2(text: &str) -> Option<char> {
    character(ALPHANUMERIC, pure(37, 2, text, 36)?)
}

/// ISO 7064 MOD 97-10: two digits.
pub fn iso7064_97_10(digits: &str) -> Option<String> {
    let rest = digits.chars().try_fold(0, |sum, c| Some((sum * 10 + c.to_digit(10)?) % 97))?;
    Some(format!("{:02}", (98 - rest * 100 % 97) % 97))
}

/// ISO 7064 MOD 11,10.
pub fn iso7064_11_10(digits: &str) -> Option<char> {
    char::from_digit(hybrid(10, digits)?, 10)
}

/// ISO 7064 MOD 37,36.
pub fn iso7064_37_36(text: &str) -> Option<char> {
    character(ALPHANUMERIC, hybrid(36, text)?)
}

fn pure(modulus: u32, radix: u32, text: &str, size: u32) -> Option<u32> {
    let step = |sum: u32, c| Some((sum + value(ALPHANUMERIC, size, c)?) * radix % modulus);
    let sum = text.chars().try_fold(0, step)?;
    Some((modulus + 1 - sum) % modulus)
}

fn hybrid(modulus: u32, text: &str) -> Option<u32> {
    let step = |product: u32, c| {
        let sum = (product + value(ALPHANUMERIC, modulus, c)?) % modulus;
        Some((if sum == 0 { modulus } else { sum }) * 2 % (modulus + 1))
    };
    let product = text.chars().try_fold(modulus, step)?;
    Some((modulus + 1 - product) % modulus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_alphabet_lacks_has_no_check_character() {
        assert_eq!(mod10("12a"), None);
        assert_eq!(mod43("a"), None);
        assert_eq!(iso7064_11_2("1X"), None);
        assert_eq!(iso7064_37_2("*"), None);
        assert_eq!(iso7064_97_10("é"), None);
        assert_eq!(iso7064_11_10("A"), None);
        assert_eq!(iso7064_37_36("-"), None);
    }

    #[test]
    fn a_key_ends_in_its_check_digit_or_does_not() {
        assert!(ends_in_mod10("12312312312333"));
        assert!(!ends_in_mod10("12312312312334"));
        assert!(!ends_in_mod10(""));
    }
}
