//! What the keys of a keyboard reader are called: HID usages of page 07 to characters.
//!
//! A usage is the position of a key, not a letter. A scanner set to another country's layout sends other
//! positions for the same code, so each reader has a layout. Source: HID Usage Tables 1.5, section 10.

use serde::Serialize;

/// The layout that a keyboard reader is set to: the `layout` of a reader in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// United States, what scanners are delivered with.
    #[default]
    Us,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 1] = [Self::Us];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
        }
    }

    /// The layout of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }

    /// The character on a key, `None` for a key that writes none. `caps` is Caps Lock: it turns the shift of
    /// letters alone.
    pub fn char_of(self, usage: u8, shift: bool, caps: bool) -> Option<char> {
        let Self::Us = self;
        let plain = nth(US_FIRST, US_PLAIN, usage).or_else(|| nth(KEYPAD_FIRST, KEYPAD, usage))?;
        let shifted = nth(US_FIRST, US_SHIFTED, usage).unwrap_or(plain);
        let wants_shifted = shift != (caps && plain.is_ascii_lowercase());
        Some(if wants_shifted { shifted } else { plain })
    }
}

/// The digit of a key on the number pad, taken as if Num Lock were on.
pub(super) fn keypad_digit(usage: u8) -> Option<u32> {
    nth(KEYPAD_FIRST, KEYPAD, usage).and_then(|c| c.to_digit(10))
}

/// The control character that a key gives with Ctrl held: Ctrl+J and Ctrl+Shift+J are LF, Ctrl+] is GS.
pub(super) fn control_of(key: char) -> Option<char> {
    let upper = key.to_ascii_uppercase();
    ('@'..='_').contains(&upper).then(|| char::from(u8::try_from(upper).unwrap_or_default() & 0x1f))
}

/// Usages 04 to 38; U+0000 stands where a key writes nothing.
const US_FIRST: u8 = 0x04;
const US_PLAIN: &str = "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\\;'`,./";
const US_SHIFTED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0 _+{}||:\"~<>?";

/// Usages 54 to 67: the number pad.
const KEYPAD_FIRST: u8 = 0x54;
const KEYPAD: &str = "/*-+\x001234567890.\0\0\0=";

fn nth(first: u8, table: &str, usage: u8) -> Option<char> {
    let at = usage.checked_sub(first)?;
    table.chars().nth(usize::from(at)).filter(|&c| c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_writes_what_is_printed_on_it() {
        let us = |usage, shift| Layout::Us.char_of(usage, shift, false);
        assert_eq!([us(0x04, false), us(0x1d, true), us(0x1e, false)], [Some('a'), Some('Z'), Some('1')]);
        assert_eq!([us(0x27, false), us(0x27, true), us(0x25, true)], [Some('0'), Some(')'), Some('*')]);
        assert_eq!([us(0x2c, false), us(0x2d, false), us(0x33, true)], [Some(' '), Some('-'), Some(':')]);
        assert_eq!([us(0x38, false), us(0x38, true), us(0x31, true)], [Some('/'), Some('?'), Some('|')]);
        assert_eq!([us(0x54, false), us(0x59, false), us(0x62, true)], [Some('/'), Some('1'), Some('0')]);
        assert_eq!([us(0x63, false), us(0x67, false), us(0x2d, true)], [Some('.'), Some('='), Some('_')]);
        assert_eq!([us(0x00, false), us(0x28, false), us(0x3a, true), us(0xff, true)], [None; 4]);
    }

    #[test]
    fn caps_lock_turns_letters_alone() {
        assert_eq!(Layout::Us.char_of(0x04, false, true), Some('A'));
        assert_eq!(Layout::Us.char_of(0x04, true, true), Some('a'));
        assert_eq!(Layout::Us.char_of(0x1e, false, true), Some('1'));
        assert_eq!(Layout::Us.char_of(0x1e, true, true), Some('!'));
    }

    #[test]
    fn ctrl_makes_the_control_character_of_a_letter() {
        assert_eq!(
            ['j', 'J', ']', '_', 'm'].map(control_of),
            [10, 10, 0x1d, 0x1f, 13].map(|c| Some(char::from(c)))
        );
        assert_eq!(['5', ' ', '~'].map(control_of), [None; 3]);
    }

    #[test]
    fn layouts_are_found_by_name() {
        assert_eq!(Layout::parse("us"), Some(Layout::Us));
        assert_eq!(Layout::parse("US"), None);
    }
}
