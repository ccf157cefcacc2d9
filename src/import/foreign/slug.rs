//! An id of what other tools call a thing: the same text gives the same id, on every machine and in every year.

use crate::domain::id::ID_CHARS_MAX;

/// Hex digits of the hash that stands for what an id cannot hold.
const HASH_CHARS: usize = 8;

/// The id of a text; `None` where it is blank.
///
/// Letters and digits stay, in lower case and without accents; everything else becomes `-`. A text with letters that
/// have no such form, or more of them than an id holds, ends in a hash of the whole of it, so that two such texts are
/// not taken for one.
pub(super) fn slug(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (plain, is_whole) = plain(text);
    if is_whole && !plain.is_empty() && plain.len() <= ID_CHARS_MAX {
        return Some(plain);
    }
    let head: String = plain.chars().take(ID_CHARS_MAX - HASH_CHARS - 1).collect();
    let head = match head.trim_end_matches('-') {
        "" => "x",
        head => head,
    };
    Some(format!("{head}-{:08x}", hash(text)))
}

/// The text in the characters of an id, and whether none of its letters was lost. At most a few bytes more than an
/// id holds.
fn plain(text: &str) -> (String, bool) {
    let (mut plain, mut is_whole) = (String::new(), true);
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            _ if plain.len() > ID_CHARS_MAX => return (plain, false),
            'a'..='z' | '0'..='9' => plain.push(c),
            // What is written as a letter and an accent after it.
            '\u{300}'..='\u{36f}' => {}
            _ => match latin(c) {
                Some(letters) => plain.push_str(letters),
                None => {
                    is_whole &= !c.is_alphanumeric();
                    if !plain.is_empty() && !plain.ends_with('-') {
                        plain.push('-');
                    }
                }
            },
        }
    }
    plain.truncate(plain.trim_end_matches('-').len());
    (plain, is_whole)
}

/// Letters of the Latin script without what is above, below or through them.
fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// FNV-1a, folded to 32 bits: what is written into ids must never change.
fn hash(text: &str) -> u32 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let bytes = hash.to_be_bytes();
    let (high, low) = bytes.split_at(4);
    high.iter().zip(low).fold(0, |folded, (high, low)| folded << 8 | u32::from(high ^ low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::AssetId;

    #[test]
    fn what_can_be_read_stays_readable() {
        for (text, expected) in [
            ("A-0001", "a-0001"),
            (" CAM FX6 #1 ", "cam-fx6-1"),
            ("A/1", "a-1"),
            ("a 1", "a-1"),
            ("Requisitenkammer Süd (Straße)", "requisitenkammer-sud-strasse"),
            ("Łódź", "lodz"),
            ("cafe\u{301}", "cafe"),
            ("000-002", "000-002"),
        ] {
            assert_eq!(slug(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!((slug(""), slug("  ")), (None, None));
    }

    #[test]
    fn what_is_lost_is_told_apart_by_a_hash_that_never_changes() {
        assert_eq!(slug("Студия 1").as_deref(), Some("1-74b6fc8e"));
        assert_ne!(slug("Камера 1"), slug("Студия 1"));
        assert_eq!(slug("###"), slug(" ### "));
        let (one, two) = ("x".repeat(70), "x".repeat(71));
        assert_ne!(slug(&one), slug(&two));
        let full = "x".repeat(63);
        assert_ne!(slug(&format!("{full} b")), slug(&format!("{full} c")));
        assert_eq!(slug(&format!("{full} ")), Some(full));
    }

    proptest! {
        #[test]
        fn every_text_that_is_not_blank_gives_an_id(text in any::<String>()) {
            match slug(&text) {
                Some(id) => prop_assert!(AssetId::parse(&id).is_ok(), "{id}"),
                None => prop_assert!(text.trim().is_empty()),
            }
        }
    }
}
