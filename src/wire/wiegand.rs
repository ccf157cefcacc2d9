//! Wiegand: the bits that a card reader pulses on two wires, handed on by a converter. 26 and 34 bits.
//!
//! ```text
//! bit 1      even parity over the first half, itself included
//! bits 2…    26 bits: 8 facility, 16 card (H10301)      34 bits: 16 facility, 16 card
//! last bit   odd parity over the second half, itself included
//!
//! text       00110001100000011111001111 CR               0 and 1; ends: CR, LF, blank, the end of the input
//! bytes      31 81 F3 C0                                 left-justified, the last byte filled up with zeros
//!            1A 00 31 81 F3 C0                           behind the number of bits, little-endian
//!            05 00 1A 00 31 81 F3 C0                     and behind reader and format, as OSDP RAW carries it
//! ```
//!
//! - Text may come in any chunking; a frame of bytes is one whole read (or one argument of `decode`). Text is told by
//!   its digits: no frame of bytes consists of them, as its last byte ends in six zeros. Digits written as hex, so
//!   that each half of a byte is 0 or 1, are text too.
//! - Two parity bits are all the check there is: one in four frames of noise passes. Card number 0 is refused.
//! - The payload is the bits between the parities as hex, 6 or 8 digits; facility and card are fields.
//! - 24 or 32 bits name no thing: what a UHF reader sends is a slice of its tag's number, which other tags share. It is
//!   refused where it shows (a number of bits that is neither 26 nor 34, a parity that is wrong); a UHF reader that
//!   counts its parities right cannot be told from a card reader, so none may be bound with this protocol.
//! - Timing: a reader sends once for each presentation.
//!
//! Verified on published numbers of 26 bits with their facility and card, not on a converter. Only documented: 34 bits.
//! Source: SIA AC-01 (26 bits); makers' data sheets; bytes in `hardware/captures`.

use serde_json::Value;

use super::{Carrier, Decoded, Read, RejectKind, Rejected};

const SHORT: usize = 26;
const LONG: usize = 34;
/// The most digits looked at in one text.
const DIGITS_MAX: usize = 64;

/// The decoder of one converter. Holds at most [`DIGITS_MAX`] digits.
#[derive(Debug, Default)]
pub struct Decoder {
    digits: Vec<bool>,
    /// The text was foreign or too long, and that has been said.
    skipping: bool,
}

impl Decoder {
    /// Takes text in any chunking or one whole frame of bytes, and says of every number that ended what it was.
    pub fn handle(&mut self, bytes: &[u8]) -> Vec<Decoded> {
        if bytes.is_empty() {
            return Vec::new();
        }
        if self.digits.is_empty() && !self.skipping {
            if let Some(digits) = halves(bytes) {
                return vec![judge(&digits, true)];
            }
            if !bytes.iter().all(|&byte| is_text(byte)) && matches!(bytes.len(), 4..=9) {
                return vec![frame(bytes)];
            }
        }
        bytes.iter().filter_map(|&byte| self.take(byte)).collect()
    }

    /// The input is at its end: digits without an end are read as they stand.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let said = self.end(false);
        *self = Self::default();
        said.into_iter().collect()
    }

    fn take(&mut self, byte: u8) -> Option<Decoded> {
        match byte {
            b'\r' | b'\n' | b' ' => return self.end(true),
            _ if self.skipping => {}
            b'0' | b'1' if self.digits.len() < DIGITS_MAX => self.digits.push(byte == b'1'),
            b'0' | b'1' => {
                return Some(self.skip(format!("more than {DIGITS_MAX} digits: expected 26 or 34")));
            }
            _ => return Some(self.skip(format!("{byte:02X} among the bits: expected 0 or 1"))),
        }
        None
    }

    fn skip(&mut self, reason: String) -> Decoded {
        self.digits.clear();
        self.skipping = true;
        rejected(RejectKind::NotMine, reason)
    }

    fn end(&mut self, terminated: bool) -> Option<Decoded> {
        self.skipping = false;
        let digits = std::mem::take(&mut self.digits);
        (!digits.is_empty()).then(|| judge(&digits, terminated))
    }
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'0' | b'1' | b'\r' | b'\n' | b' ')
}

/// Digits that were written as hex: `00 11 00 01 …`.
fn halves(bytes: &[u8]) -> Option<Vec<bool>> {
    let fits = [SHORT, LONG].contains(&(bytes.len() * 2)) && bytes.iter().all(|byte| byte & 0xee == 0);
    fits.then(|| bytes.iter().flat_map(|byte| [byte & 0x10 != 0, byte & 0x01 != 0]).collect())
}

fn frame(bytes: &[u8]) -> Decoded {
    let (count, body) = match bytes {
        [_, _, _, _] => (SHORT, bytes),
        [_, _, _, _, _] => (LONG, bytes),
        [lo, hi, body @ ..] if bytes.len() <= 7 => (usize::from(u16::from_le_bytes([*lo, *hi])), body),
        [_, _, lo, hi, body @ ..] => (usize::from(u16::from_le_bytes([*lo, *hi])), body),
        _ => (0, bytes),
    };
    let bits: Vec<bool> =
        body.iter().flat_map(|byte| (0..8).map(move |nth| byte << nth & 0x80 != 0)).collect();
    match bits.split_at_checked(count) {
        Some((bits, filling)) if filling.len() < 8 && filling.iter().all(|bit| !bit) => judge(bits, true),
        _ => {
            let reason = format!(
                "{} bytes for {count} bits: expected 26 in 4 bytes or 34 in 5, filled up with zeros",
                body.len()
            );
            rejected(RejectKind::Damaged, reason)
        }
    }
}

fn judge(bits: &[bool], terminated: bool) -> Decoded {
    if !matches!(bits.len(), SHORT | LONG) {
        let reason =
            format!("{} bits: expected 26 or 34; a slice of a tag's number names no thing", bits.len());
        return rejected(RejectKind::Absurd, reason);
    }
    let (first, second) = bits.split_at(bits.len() / 2);
    let ones = |half: &[bool]| half.iter().filter(|&&bit| bit).count();
    for (half, name, remainder) in
        [(first, "first half is not even", 0), (second, "second half is not odd", 1)]
    {
        if ones(half) % 2 != remainder {
            return rejected(RejectKind::Damaged, format!("the parity of the {name}"));
        }
    }
    let number = bits.iter().skip(1).take(bits.len() - 2).fold(0_u32, |all, &bit| all << 1 | u32::from(bit));
    if number == 0 {
        return rejected(RejectKind::Absurd, "card number 0: noise, no card has it".to_owned());
    }
    Decoded::Read(read(bits, number, terminated))
}

fn read(bits: &[bool], number: u32, terminated: bool) -> Read {
    let digits: String = bits.iter().map(|&bit| if bit { '1' } else { '0' }).collect();
    let width = (bits.len() - 2) / 4;
    Read {
        // One presentation, one frame: what the fold of repeats asks.
        carrier: Carrier::Text,
        payload: format!("{number:0width$X}"),
        aim: None,
        terminated,
        fields: vec![
            ("bits", Value::from(digits)),
            ("facility", Value::from(number >> 16)),
            ("card", Value::from(number & 0xffff)),
        ],
    }
}

fn rejected(kind: RejectKind, reason: String) -> Decoded {
    Decoded::Rejected(Rejected { kind, reason })
}

#[cfg(test)]
mod tests;
