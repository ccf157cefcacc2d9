//! 125 kHz card readers with a serial output: RDM6300, RDM630, Innovations ID-3, ID-12, ID-20 and their LA kin.
//!
//! ```text
//!           ┌─ the card's five bytes ─┐
//! STX   d d   d d d d d d d d   s s   ETX             14 bytes: RDM6300
//! STX   d d   d d d d d d d d   s s   CR LF ETX       16 bytes: ID-3/12/20
//! 02    version     tag        check  [0D 0A] 03      d, s: hex digits as ASCII
//! ```
//!
//! - Check: XOR of the five bytes. Bytes, never a signed number: half of all cards are above 0x7FFFFFFF.
//! - All five bytes are the card's identity. What is printed on a card as ten decimal digits is the tag without the
//!   version, and two cards can differ in the version alone.
//! - Timing: 9600 8N1; the frame is repeated about every 65 ms while the card lies there.
//! - Quirks: with no card near, noise makes *phantom* frames whose check is right. All zero is refused here. For the
//!   rest one frame proves nothing: `station` asks for two equal ones in a row and folds repeats until the card has
//!   been absent. This decoder yields every whole frame. Two cards at once give nothing, one of them, or
//!   phantoms; there is no anticollision at 125 kHz.
//! - A frame cut by the next STX, or with anything but twelve hex digits before its ETX, is *damaged*.
//!   Bytes outside frames are *not mine*, once for each run of them.
//!
//! Source: makers' data sheets; device captures in `hardware/captures`.

use serde_json::Value;

use super::{Carrier, Decoded, Read, RejectKind, Rejected};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// Characters between STX and ETX, without CR LF.
const DIGITS: usize = 12;
/// The most characters between STX and ETX.
const BODY_MAX: usize = DIGITS + 2;

/// Where the decoder stands in the stream.
#[derive(Debug)]
enum State {
    /// Before an STX. True while a run of foreign bytes has been said already.
    Outside { told: bool },
    /// After an STX, with what came since.
    Inside(Vec<u8>),
}

/// The decoder of one 125 kHz reader. Holds at most one frame.
#[derive(Debug)]
pub struct Decoder {
    state: State,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { state: State::Outside { told: false } }
    }
}

impl Decoder {
    /// Takes bytes in any chunking and says of every frame that ended in them what it was.
    pub fn handle(&mut self, bytes: &[u8]) -> Vec<Decoded> {
        bytes.iter().filter_map(|&byte| self.take(byte)).collect()
    }

    /// The device is gone: a frame without its end is damaged.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let state = std::mem::take(self).state;
        match state {
            State::Inside(body) => vec![cut(&body, "the end of the input")],
            State::Outside { .. } => Vec::new(),
        }
    }

    fn take(&mut self, byte: u8) -> Option<Decoded> {
        let state = std::mem::take(self).state;
        let (next, said) = match (state, byte) {
            (State::Outside { .. }, STX) => (State::Inside(Vec::new()), None),
            (State::Outside { told }, _) => (State::Outside { told: true }, (!told).then(|| foreign(byte))),
            (State::Inside(body), STX) => (State::Inside(Vec::new()), Some(cut(&body, "the next STX (02)"))),
            (State::Inside(body), ETX) => (State::Outside { told: false }, Some(judge(&body))),
            (State::Inside(body), _) if body.len() == BODY_MAX => {
                (State::Outside { told: true }, Some(cut(&body, "its length")))
            }
            (State::Inside(mut body), _) => {
                body.push(byte);
                (State::Inside(body), None)
            }
        };
        self.state = next;
        said
    }
}

fn rejected(kind: RejectKind, reason: String) -> Decoded {
    Decoded::Rejected(Rejected { kind, reason })
}

fn foreign(byte: u8) -> Decoded {
    rejected(RejectKind::NotMine, format!("bytes outside a frame, the first {byte:02X}: expected STX (02)"))
}

fn cut(body: &[u8], by: &str) -> Decoded {
    let reason =
        format!("frame cut off by {by} after {} characters: expected {DIGITS} and ETX (03)", body.len());
    rejected(RejectKind::Damaged, reason)
}

fn judge(body: &[u8]) -> Decoded {
    let body = body.strip_suffix(b"\r\n").unwrap_or(body);
    let Some([card @ .., check]) = hex_bytes(body) else {
        let reason = format!("frame of {} characters: expected {DIGITS} hexadecimal digits", body.len());
        return rejected(RejectKind::Damaged, reason);
    };
    let sum = card.iter().fold(0, |sum, byte| sum ^ byte);
    if sum != check {
        let reason = format!("checksum {check:02X}, but the five bytes make {sum:02X}");
        return rejected(RejectKind::Damaged, reason);
    }
    let [version, tag @ ..] = card;
    if tag == [0; 4] {
        return rejected(RejectKind::Absurd, "card number 00000000: noise, no card has it".to_owned());
    }
    Decoded::Read(read(version, tag))
}

/// Twelve hex digits as six bytes.
fn hex_bytes(digits: &[u8]) -> Option<[u8; 6]> {
    if digits.len() != DIGITS {
        return None;
    }
    let mut bytes = [0; 6];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for &digit in pair {
            let value = char::from(digit).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

fn read(version: u8, tag: [u8; 4]) -> Read {
    let number = u32::from_be_bytes(tag);
    Read {
        carrier: Carrier::Rfid125,
        payload: format!("{version:02X}{number:08X}"),
        aim: None,
        terminated: true,
        fields: vec![
            ("version", Value::from(format!("{version:02X}"))),
            ("tag", Value::from(format!("{number:08X}"))),
            ("decimal10", Value::from(format!("{number:010}"))),
        ],
    }
}

#[cfg(test)]
mod tests;
