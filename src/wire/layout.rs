//! What the keys of a keyboard reader are called: HID usages of page 07 to characters.
//!
//! A usage is the position of a key, not a letter. A scanner set to another country's layout sends other
//! positions for the same code, so each reader has a layout. Sources: HID Usage Tables 1.5, section 10, for the
//! positions; the layouts KBDUS, KBDUK, KBDGR and KBDFR of Windows, which is what scanners imitate, for the
//! characters.

use serde::Serialize;

/// The layout that a keyboard reader is set to: the `layout` of a reader in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// United States, what scanners are delivered with.
    #[default]
    Us,
    /// United Kingdom.
    Uk,
    /// Germany: QWERTZ.
    De,
    /// France: AZERTY.
    Fr,
}

/// What is held while a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Plain,
    /// Shift.
    Shift,
    /// AltGr, or Ctrl and Alt.
    Third,
}

/// What the keys 04 to 38 and 64 write: alone, with Shift, with AltGr. U+0000 stands where a key writes nothing.
struct Table {
    plain: &'static str,
    shifted: &'static str,
    /// Pairs of usage and character.
    third: &'static [(u8, char)],
    /// What a key with an accent writes only together with the next key.
    dead: &'static [(u8, Level)],
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 4] = [Self::Us, Self::Uk, Self::De, Self::Fr];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Uk => "uk",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }

    /// The layout of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }

    fn table(self) -> &'static Table {
        match self {
            Self::Us => &US,
            Self::Uk => &UK,
            Self::De => &DE,
            Self::Fr => &FR,
        }
    }

    /// The character on a key, `None` for a key that writes none. `caps` is Caps Lock: it turns the shift of
    /// letters alone.
    pub fn char_of(self, usage: u8, shift: bool, caps: bool) -> Option<char> {
        let Table { plain, shifted, .. } = self.table();
        let plain = key(plain, usage).or_else(|| nth(KEYPAD_FIRST, KEYPAD, usage))?;
        let shifted = key(shifted, usage).unwrap_or(plain);
        let is_letter = plain != shifted && plain.to_uppercase().eq([shifted]);
        Some(if shift != (caps && is_letter) { shifted } else { plain })
    }

    /// The character on a key with AltGr held, `None` for a key that has none.
    pub fn third_of(self, usage: u8) -> Option<char> {
        self.table().third.iter().find(|(key, _)| *key == usage).map(|(_, c)| *c)
    }

    /// Whether the key is an accent that waits for the letter it belongs on.
    pub fn is_dead(self, usage: u8, level: Level) -> bool {
        self.table().dead.contains(&(usage, level))
    }
}

/// What an accent and the character after it write together: a blank brings out the accent itself. `None` where
/// they stay two characters.
pub(super) fn with_accent(accent: char, base: char) -> Option<char> {
    const ACCENTED: [(char, &str, &str); 4] = [
        ('^', "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
        ('´', "aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ"),
        ('`', "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
        ('¨', "aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"),
    ];
    if base == ' ' {
        return Some(accent);
    }
    let (_, bases, accented) = ACCENTED.iter().find(|(own, _, _)| *own == accent)?;
    bases.chars().zip(accented.chars()).find(|(own, _)| *own == base).map(|(_, with)| with)
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

/// Usages 04 to 38, and then the key that European keyboards have beside the left Shift (64).
const FIRST: u8 = 0x04;
const LAST: u8 = 0x38;
const EUROPEAN: u8 = 0x64;

const US: Table = Table {
    plain: "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\\;'`,./\\",
    shifted: "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0 _+{}||:\"~<>?|",
    third: &[],
    dead: &[],
};

const UK: Table = Table {
    plain: "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]##;'`,./\\",
    shifted: "ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"£$%^&*()\0\0\0\0 _+{}~~:@¬<>?|",
    third: &[(0x21, '€'), (0x35, '¦')],
    dead: &[],
};

const DE: Table = Table {
    plain: "abcdefghijklmnopqrstuvwxzy1234567890\0\0\0\0 ß´ü+##öä^,.-<",
    shifted: "ABCDEFGHIJKLMNOPQRSTUVWXZY!\"§$%&/()=\0\0\0\0 ?`Ü*''ÖÄ°;:_>",
    third: &[
        (0x14, '@'),
        (0x08, '€'),
        (0x10, 'µ'),
        (0x1f, '²'),
        (0x20, '³'),
        (0x24, '{'),
        (0x25, '['),
        (0x26, ']'),
        (0x27, '}'),
        (0x2d, '\\'),
        (0x30, '~'),
        (0x64, '|'),
    ],
    dead: &[(0x2e, Level::Plain), (0x2e, Level::Shift), (0x35, Level::Plain)],
};

const FR: Table = Table {
    plain: "qbcdefghijkl,noparstuvzxyw&é\"'(-è_çà\0\0\0\0 )=^$**mù²;:!<",
    shifted: "QBCDEFGHIJKL?NOPARSTUVZXYW1234567890\0\0\0\0 °+¨£µµM%\0./§>",
    third: &[
        (0x08, '€'),
        (0x1f, '~'),
        (0x20, '#'),
        (0x21, '{'),
        (0x22, '['),
        (0x23, '|'),
        (0x24, '`'),
        (0x25, '\\'),
        (0x26, '^'),
        (0x27, '@'),
        (0x2d, ']'),
        (0x2e, '}'),
        (0x30, '¤'),
    ],
    dead: &[(0x2f, Level::Plain), (0x2f, Level::Shift), (0x1f, Level::Third), (0x24, Level::Third)],
};

fn key(table: &str, usage: u8) -> Option<char> {
    match usage {
        FIRST..=LAST => nth(FIRST, table, usage),
        EUROPEAN => nth(EUROPEAN - 1 - LAST + FIRST, table, usage),
        _ => None,
    }
}

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
    fn keys_of_other_countries_write_what_is_printed_on_them() {
        let plain = |layout: Layout, usages: &[u8]| -> String {
            usages.iter().filter_map(|&usage| layout.char_of(usage, false, false)).collect()
        };
        let shifted = |layout: Layout, usages: &[u8]| -> String {
            usages.iter().filter_map(|&usage| layout.char_of(usage, true, false)).collect()
        };
        // Z, Y, 2, -, /, the key beside Enter, ; and ' as an American keyboard has them, and the European key.
        let keys = [0x1d, 0x1c, 0x1f, 0x2d, 0x38, 0x31, 0x33, 0x34, 0x64];
        assert_eq!(plain(Layout::Us, &keys), "zy2-/\\;'\\");
        assert_eq!(
            (plain(Layout::Uk, &keys), shifted(Layout::Uk, &keys)),
            ("zy2-/#;'\\".into(), "ZY\"_?~:@|".into())
        );
        assert_eq!(
            (plain(Layout::De, &keys), shifted(Layout::De, &keys)),
            ("yz2ß-#öä<".into(), "YZ\"?_'ÖÄ>".into())
        );
        assert_eq!(
            (plain(Layout::Fr, &keys), shifted(Layout::Fr, &keys)),
            ("wyé)!*mù<".into(), "WY2°§µM%>".into())
        );
        assert_eq!((Layout::De.third_of(0x14), Layout::Fr.third_of(0x27)), (Some('@'), Some('@')));
        assert_eq!((Layout::Us.third_of(0x14), Layout::Uk.third_of(0x14)), (None, None));
    }

    #[test]
    fn caps_lock_turns_letters_of_other_countries_and_no_signs() {
        assert_eq!(Layout::De.char_of(0x34, false, true), Some('Ä'));
        assert_eq!(Layout::De.char_of(0x2d, false, true), Some('ß'));
        assert_eq!(Layout::Fr.char_of(0x33, true, true), Some('m'));
        assert_eq!(Layout::Fr.char_of(0x1e, false, true), Some('&'));
    }

    #[test]
    fn an_accent_is_brought_out_by_a_blank_or_sits_on_its_letter() {
        assert_eq!(['e', ' ', 'x'].map(|base| with_accent('^', base)), [Some('ê'), Some('^'), None]);
        assert!(Layout::Fr.is_dead(0x2f, Level::Plain) && !Layout::Us.is_dead(0x2f, Level::Plain));
    }

    #[test]
    fn layouts_are_found_by_name() {
        assert_eq!(Layout::parse("us"), Some(Layout::Us));
        assert_eq!(Layout::parse("US"), None);
    }
}
