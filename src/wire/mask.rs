//! Recordings without the numbers in them: for a report that others may read.
//!
//! The digits of each code become the count of codes so far, the same code the same digits, and everything else stays:
//! letters, framing, timing, the number of bytes. A checksum is made anew. What was masked is decoded and compared, so a
//! recording in which digits cannot be changed without changing more is refused rather than spoiled.

use std::collections::BTreeMap;

use super::descriptor::Keys;
use super::learn::Heard;
use super::{Decoded, Decoder, Protocol, Setup, keyboard, line};
use crate::time::MonoMs;

/// The most pieces of bytes in one recording.
pub const PIECES_MAX: usize = 100_000;

/// Keys of the digits 1 to 9 and 0, above the letters and on the number pad.
const DIGIT_KEYS: [u8; 2] = [0x1e, 0x59];
const ENDS: [u8; 3] = [0x28, 0x58, 0x2b];
const CTRL: u8 = 0x11;
const SHIFT: u8 = 0x22;

/// Masks the numbers in what a reader gave, or says why that cannot be done.
pub fn masked(setup: &Setup, heard: &[Heard]) -> Result<Vec<Heard>, String> {
    if heard.len() > PIECES_MAX {
        return Err(format!(
            "a recording of more than {PIECES_MAX} pieces is not masked: record a shorter one"
        ));
    }
    let mut numbers = Numbers::default();
    let masked = match setup.protocol {
        Protocol::Line => stream(heard, &codes_of_line(setup, heard), &mut numbers)?,
        Protocol::Rdm6300 => cards(heard, &mut numbers)?,
        Protocol::Keyboard => typed(setup, heard, &mut numbers)?,
        other => {
            let name = other.name();
            return Err(format!(
                "card numbers cannot be masked in {name}: its frames would not be what the reader sent. Record without \
                 --mask, with cards that may be known"
            ));
        }
    };
    let (before, after) = (shapes(setup, heard), shapes(setup, &masked));
    if before != after {
        return Err("the numbers cannot be masked without spoiling the recording (keys that are not let go between two \
                    digits do that): record without --mask, with codes that may be known"
            .to_owned());
    }
    Ok(masked)
}

/// Which number stands for which code.
#[derive(Default)]
struct Numbers {
    seen: BTreeMap<String, usize>,
}

impl Numbers {
    /// The number of a code: they count from 1 in the order in which they came.
    fn of(&mut self, code: &str) -> usize {
        let next = self.seen.len() + 1;
        *self.seen.entry(code.to_owned()).or_insert(next)
    }

    /// The digits that stand for those of a code.
    fn digits(&mut self, code: &str, count: usize) -> Result<Vec<u8>, String> {
        let digits = format!("{:0count$}", self.of(code));
        if digits.len() > count {
            return Err(format!("there are more codes than {count} digits can number: record fewer of them"));
        }
        Ok(digits.into_bytes())
    }
}

/// What a decoder makes of it, every digit a 0: what must not change.
fn shapes(setup: &Setup, heard: &[Heard]) -> Vec<String> {
    let Ok(mut decoder) = Decoder::new(setup) else { return Vec::new() };
    let mut said: Vec<Decoded> =
        heard.iter().flat_map(|heard| decoder.handle(&heard.bytes, heard.at)).collect();
    said.extend(decoder.finish());
    let is_number = |c: char| match setup.protocol {
        Protocol::Rdm6300 => c.is_ascii_hexdigit(),
        _ => c.is_ascii_digit(),
    };
    let shape = |decoded| match decoded {
        Decoded::Read(read) => {
            let payload: String = read.payload.chars().map(|c| if is_number(c) { '0' } else { c }).collect();
            format!("{payload} {:?} {}", read.aim, read.terminated)
        }
        Decoded::Rejected(rejected) => rejected.kind.name().to_owned(),
        Decoded::Reply(_) | Decoded::Answer(_) => String::new(),
    };
    said.into_iter().map(shape).collect()
}

/// The same pieces, with other bytes in them.
fn rebuilt(heard: &[Heard], bytes: &[u8]) -> Vec<Heard> {
    let mut rest = bytes;
    let piece = |heard: &Heard| {
        let (own, after) = rest.split_at_checked(heard.bytes.len()).unwrap_or((rest, &[]));
        rest = after;
        Heard { at: heard.at, bytes: own.to_vec() }
    };
    heard.iter().map(piece).collect()
}

fn joined(heard: &[Heard]) -> Vec<u8> {
    heard.iter().flat_map(|heard| heard.bytes.iter().copied()).collect()
}

/// Where the codes of a line are: first byte and one past the last.
fn codes_of_line(setup: &Setup, heard: &[Heard]) -> Vec<(usize, usize)> {
    let gap_ms = setup.framing.gap_ms.unwrap_or(line::GAP_MS);
    let (mut codes, mut begin, mut at, mut last) = (Vec::new(), 0, 0, None::<MonoMs>);
    for piece in heard {
        if last.is_some_and(|last| piece.at.since(last) >= gap_ms) {
            codes.push((begin, at));
            begin = at;
        }
        last = Some(piece.at);
        for byte in &piece.bytes {
            at += 1;
            if line::terminator_name(*byte).is_some() || *byte == 0x02 {
                codes.push((begin, at));
                begin = at;
            }
        }
    }
    codes.push((begin, at));
    codes
}

fn stream(heard: &[Heard], codes: &[(usize, usize)], numbers: &mut Numbers) -> Result<Vec<Heard>, String> {
    let mut bytes = joined(heard);
    for (begin, end) in codes {
        let code = bytes.get_mut(*begin..*end).unwrap_or_default();
        // An AIM identifier says the kind of the code: it is no number of anything.
        let skip = if code.first() == Some(&b']') { 3 } else { 0 };
        let code = code.get_mut(skip..).unwrap_or_default();
        let key = String::from_utf8_lossy(code).trim().to_owned();
        let count = code.iter().filter(|byte| byte.is_ascii_digit()).count();
        if count > 0 {
            let digits = numbers.digits(&key, count)?;
            let places = code.iter_mut().filter(|byte| byte.is_ascii_digit());
            places.zip(digits).for_each(|(place, digit)| *place = digit);
        }
    }
    Ok(rebuilt(heard, &bytes))
}

/// STX, ten hex digits, two of their sum, as [`super::rdm6300`] has them.
fn cards(heard: &[Heard], numbers: &mut Numbers) -> Result<Vec<Heard>, String> {
    let mut bytes = joined(heard);
    let frames: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == 0x02).map(|(at, _)| at + 1).collect();
    for begin in frames {
        let Some(frame) = bytes.get_mut(begin..begin + 12) else { continue };
        let is_whole = frame.iter().all(u8::is_ascii_hexdigit);
        let Some((card, sum)) = frame.split_at_mut_checked(10).filter(|_| is_whole) else { continue };
        let number = numbers.of(&String::from_utf8_lossy(card));
        let text = format!("{number:010X}");
        let made = number.to_be_bytes().iter().fold(0, |sum, byte| sum ^ byte);
        card.copy_from_slice(text.as_bytes());
        sum.copy_from_slice(format!("{made:02X}").as_bytes());
    }
    Ok(rebuilt(heard, &bytes))
}

/// A digit that was pressed: where its key stands in each report while it is held.
struct Stroke {
    usage: u8,
    places: Vec<(usize, usize)>,
}

/// What was typed as one code.
#[derive(Default)]
struct Typed {
    text: String,
    digits: Vec<Stroke>,
}

fn typed(setup: &Setup, heard: &[Heard], numbers: &mut Numbers) -> Result<Vec<Heard>, String> {
    let mut masked = heard.to_vec();
    for code in codes_typed(setup, heard)? {
        if code.digits.is_empty() {
            continue;
        }
        let digits = numbers.digits(&code.text, code.digits.len())?;
        for (stroke, digit) in code.digits.iter().zip(digits) {
            let first = DIGIT_KEYS.into_iter().rev().find(|first| stroke.usage >= *first).unwrap_or(0x1e);
            let key = first + (digit - b'0' + 9) % 10;
            for (report, place) in &stroke.places {
                let byte = masked.get_mut(*report).and_then(|heard| heard.bytes.get_mut(*place));
                byte.into_iter().for_each(|byte| *byte = key);
            }
        }
    }
    Ok(masked)
}

fn codes_typed(setup: &Setup, heard: &[Heard]) -> Result<Vec<Typed>, String> {
    let keys = setup.descriptor.as_deref().map(Keys::of_descriptor).transpose();
    let keys = keys.map_err(|rejected| rejected.to_string())?;
    let gap_ms = setup.framing.gap_ms.unwrap_or(keyboard::GAP_MS);
    let (mut codes, mut down, mut last) = (vec![Typed::default()], Vec::new(), None::<MonoMs>);
    for (report, piece) in heard.iter().enumerate() {
        let Heard { at, bytes } = piece;
        let pressed = keys.as_ref().map_or_else(|| Keys::guessed(bytes), |keys| keys.pressed(bytes));
        let Ok(pressed) = pressed else { continue };
        if last.is_some_and(|last| at.since(last) >= gap_ms) {
            codes.push(Typed::default());
        }
        last = Some(*at);
        for &usage in &pressed.keys {
            let is_new = !down.contains(&usage);
            let place = bytes.iter().rposition(|byte| *byte == usage).map(|place| (report, place));
            if let Some(code) = codes.last_mut() {
                code.take(setup, (usage, pressed.modifiers), is_new, place);
            }
            if is_new && (ENDS.contains(&usage) || pressed.modifiers & CTRL != 0) {
                codes.push(Typed::default());
            }
        }
        down = pressed.keys;
    }
    Ok(codes)
}

impl Typed {
    fn take(&mut self, setup: &Setup, (usage, held): (u8, u8), is_new: bool, place: Option<(usize, usize)>) {
        if !is_new {
            let stroke = self.digits.iter_mut().rev().find(|stroke| stroke.usage == usage);
            stroke.into_iter().for_each(|stroke| stroke.places.extend(place));
            return;
        }
        let Some(c) = setup.layout.char_of(usage, held & SHIFT != 0, false) else { return };
        self.text.push(c);
        if c.is_ascii_digit() {
            self.digits.push(Stroke { usage, places: place.into_iter().collect() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(bytes: &[u8], size: usize) -> Vec<Heard> {
        let piece = |(at, bytes): (usize, &[u8])| Heard {
            at: MonoMs(u64::try_from(at).unwrap() * 10),
            bytes: bytes.to_vec(),
        };
        bytes.chunks(size).enumerate().map(piece).collect()
    }

    fn text(heard: &[Heard]) -> String {
        String::from_utf8(joined(heard)).unwrap()
    }

    #[test]
    fn the_same_code_gets_the_same_digits_and_all_else_stays() {
        let line = b"]C0CAM-4711\rLENS-12\n]C0CAM-4711\r\nno number\r";
        for size in [1, 5, 99] {
            let masked = masked(&Setup::of(Protocol::Line), &pieces(line, size)).unwrap();
            assert_eq!(text(&masked), "]C0CAM-0001\rLENS-02\n]C0CAM-0001\r\nno number\r");
            assert_eq!(masked.len(), pieces(line, size).len());
        }
    }

    #[test]
    fn the_checksum_of_a_card_is_made_anew() {
        let card = b"\x020D00319CD070\x03\x020D00319CD070\x03";
        let masked = masked(&Setup::of(Protocol::Rdm6300), &pieces(card, 7)).unwrap();
        assert_eq!(text(&masked), "\x02000000000101\x03\x02000000000101\x03");
    }

    fn keys(usages: &[u8], let_go: bool) -> Vec<Heard> {
        let mut reports: Vec<[u8; 8]> = Vec::new();
        for &usage in usages {
            reports.push([0, 0, usage, 0, 0, 0, 0, 0]);
            if let_go {
                reports.push([0; 8]);
            }
        }
        reports.iter().flat_map(|report| pieces(report, 8)).collect()
    }

    #[test]
    fn typed_digits_are_masked_on_both_rows_of_digits() {
        let setup = Setup::of(Protocol::Keyboard);
        // a 9 8, on the number pad 7, Enter; twice.
        let once = [0x04, 0x26, 0x25, 0x5f, 0x28];
        let masked = masked(&setup, &keys(&[once, once].concat(), true)).unwrap();
        let typed: Vec<u8> = masked.iter().map(|heard| heard.bytes[2]).filter(|key| *key != 0).collect();
        let masked_once = [0x04, 0x27, 0x27, 0x59, 0x28];
        assert_eq!(typed, [masked_once, masked_once].concat());
    }

    #[test]
    fn what_cannot_be_masked_is_refused_with_a_sentence() {
        // Without letting go, two zeroes are one.
        let said =
            masked(&Setup::of(Protocol::Keyboard), &keys(&[0x1e, 0x1f, 0x20, 0x28], false)).unwrap_err();
        assert!(said.contains("without spoiling"), "{said}");
        let said = masked(&Setup::of(Protocol::M100), &pieces(b"x", 1)).unwrap_err();
        assert!(said.contains("m100"), "{said}");
        let many: String = (0..20).map(|at| format!("A{}{at}\r", char::from(b'a' + at))).collect();
        let one_digit = many.replace(char::is_numeric, "1");
        let said = masked(&Setup::of(Protocol::Line), &pieces(one_digit.as_bytes(), 64)).unwrap_err();
        assert!(said.contains("more codes than"), "{said}");
    }
}
