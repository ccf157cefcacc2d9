//! What a scanner answers when it is asked: parameters (C6) and attributes (80). What does not fit the form ends the list.

use serde_json::{Map, Value, json};

/// Most entries of one packet of 255 bytes, at two bytes each.
const ENTRIES_MAX: usize = 128;

/// Bytes as upper-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `beep, [F3 · F4 · F6] number value`: with F4 the value is a word, with F3 a text and with F6 an array behind their
/// length, else a byte. Numbers from 256: F0, F1, F2 before the byte add 256, 512, 768; F8 stands before a word.
pub(super) fn parameters(data: &[u8]) -> Option<(&'static str, Value)> {
    let (_, mut rest) = data.split_first()?;
    let mut list = Vec::new();
    while let Some((number, value, after)) = parameter(rest) {
        list.push(json!({ "number": number, "value": value }));
        rest = after;
        if list.len() == ENTRIES_MAX {
            break;
        }
    }
    Some(("params", Value::from(list)))
}

fn parameter(bytes: &[u8]) -> Option<(u16, Value, &[u8])> {
    match bytes {
        [form @ (0xf3 | 0xf6), rest @ ..] => {
            let (number, rest) = number(rest)?;
            let (&len, rest) = rest.split_first()?;
            let (value, rest) = rest.split_at_checked(usize::from(len))?;
            let value = if *form == 0xf3 {
                Value::from(super::text::lossless(value))
            } else {
                Value::from(hex(value))
            };
            Some((number, value, rest))
        }
        [0xf4, rest @ ..] => {
            let (number, rest) = number(rest)?;
            let (&value, rest) = rest.split_first_chunk()?;
            Some((number, Value::from(u16::from_be_bytes(value)), rest))
        }
        _ => {
            let (number, rest) = number(bytes)?;
            let (&value, rest) = rest.split_first()?;
            Some((number, Value::from(value), rest))
        }
    }
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    Some(match bytes {
        [page @ 0xf0..=0xf2, low, rest @ ..] => ((u16::from(*page) - 0xf0 + 1) * 256 + u16::from(*low), rest),
        [0xf8, hi, lo, rest @ ..] => (u16::from_be_bytes([*hi, *lo]), rest),
        [low @ ..=0xef, rest @ ..] => (u16::from(*low), rest),
        _ => return None,
    })
}

/// `length (2), 02, 00, [number (2), type, rights, value] …, FFFF`. Types: `B` and `F` a byte, `W` a word, `S` a text
/// behind its length and offset, `A` an array of bytes behind its kind, length and offset. An attribute that is alone
/// is given by its number too.
pub(super) fn attributes(data: &[u8]) -> Vec<(&'static str, Value)> {
    let [_, _, 0x02, 0x00, rest @ ..] = data else { return Vec::new() };
    let (mut rest, mut found, mut last) = (rest, Map::new(), 0);
    while let Some((number, value, after)) = attribute(rest) {
        found.insert(number.to_string(), value);
        (rest, last) = (after, number);
        if found.len() == ENTRIES_MAX {
            break;
        }
    }
    let alone = (found.len() == 1).then(|| ("attribute", Value::from(last)));
    alone.into_iter().chain([("attributes", Value::from(found))]).collect()
}

fn attribute(bytes: &[u8]) -> Option<(u16, Value, &[u8])> {
    let [hi, lo, form, _, rest @ ..] = bytes else { return None };
    let number = u16::from_be_bytes([*hi, *lo]);
    let (value, rest) = match (form, rest) {
        (_, _) if number == u16::MAX => return None,
        (b'B' | b'F', [value, rest @ ..]) => (Value::from(*value), rest),
        (b'W', [hi, lo, rest @ ..]) => (Value::from(u16::from_be_bytes([*hi, *lo])), rest),
        (b'S', [hi, lo, _, _, rest @ ..]) => {
            let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*hi, *lo])))?;
            (Value::from(super::text::lossless(text).trim_matches([' ', '\0'])), rest)
        }
        (b'A', [_, hi, lo, _, _, rest @ ..]) => {
            let (array, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*hi, *lo])))?;
            (Value::from(hex(array)), rest)
        }
        _ => return None,
    };
    Some((number, value, rest))
}
