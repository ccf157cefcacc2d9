//! What the three devices of the demonstration send for a code: the bytes of real ones. Pure.

use crate::domain::id::{NotAnId, ReaderId};
use crate::wire::Protocol;
use crate::wire::layout::Layout;

/// A device at the cage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Device {
    /// A 125 kHz card reader on a serial line.
    Cards,
    /// A barcode scanner on a serial line.
    Gun,
    /// A barcode scanner that types like a keyboard.
    Wedge,
}

impl Device {
    /// Every device.
    #[cfg(test)]
    pub const ALL: [Self; 3] = [Self::Cards, Self::Gun, Self::Wedge];

    /// The id of the reader in the configuration, and its name in the temporary folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cards => "cards",
            Self::Gun => "gun",
            Self::Wedge => "wedge",
        }
    }

    /// The same as an id.
    pub fn reader(self) -> Result<ReaderId, NotAnId> {
        ReaderId::parse(self.name())
    }

    /// How its bytes are framed.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Cards => Protocol::Rdm6300,
            Self::Gun => Protocol::Line,
            Self::Wedge => Protocol::Keyboard,
        }
    }

    /// What it sends for a code: pieces with the time of each in milliseconds since the first.
    pub fn send(self, code: &str) -> Vec<(u64, Vec<u8>)> {
        match self {
            Self::Cards => vec![(0, card_frame(code)), (CARD_REPEAT_MS, card_frame(code))],
            Self::Gun => vec![(0, format!("{code}\r\n").into_bytes())],
            Self::Wedge => reports(code)
                .into_iter()
                .zip(0..)
                .map(|(report, nth)| (nth * REPORT_MS, report.to_vec()))
                .collect(),
        }
    }
}

/// A card that lies on the reader is sent again after so long.
const CARD_REPEAT_MS: u64 = 65;

/// Between two reports of a fast scanner.
const REPORT_MS: u64 = 2;

const ENTER: u8 = 0x28;
const LEFT_SHIFT: u8 = 0x02;

/// The frame of an RDM6300 for a card number of ten hex digits: STX, the number, the XOR of its bytes, ETX.
pub fn card_frame(card: &str) -> Vec<u8> {
    let check = card.as_bytes().chunks(2).fold(0, |sum, pair| sum ^ byte_of(pair));
    format!("\u{2}{card}{check:02X}\u{3}").into_bytes()
}

fn byte_of(pair: &[u8]) -> u8 {
    std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default()
}

/// The boot keyboard reports that type a text and Enter in the layout of the United States: a press and a release
/// for each character. Characters that have no key there are left out.
pub fn reports(text: &str) -> Vec<[u8; 8]> {
    let keys = text.chars().filter_map(key_of).chain([(0, ENTER)]);
    keys.flat_map(|(modifiers, key)| [[modifiers, 0, key, 0, 0, 0, 0, 0], [0; 8]]).collect()
}

/// Modifiers and usage of the key that writes a character.
fn key_of(wanted: char) -> Option<(u8, u8)> {
    let keys = (0x04..=0x38).flat_map(|usage| [(0, usage), (LEFT_SHIFT, usage)]);
    keys.into_iter()
        .find(|&(modifiers, usage)| Layout::Us.char_of(usage, modifiers != 0, false) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_a_frame_with_its_check_sent_twice() {
        assert_eq!(card_frame("0D00319CD0"), b"\x020D00319CD070\x03");
        let sent = Device::Cards.send("0D00319CD0");
        assert_eq!(sent.len(), 2);
        assert!(sent.iter().all(|(_, frame)| frame.len() == 14));
    }

    #[test]
    fn a_wedge_presses_and_releases_each_key() {
        assert_eq!(
            reports("cK:"),
            [
                [0, 0, 0x06, 0, 0, 0, 0, 0],
                [0; 8],
                [2, 0, 0x0e, 0, 0, 0, 0, 0],
                [0; 8],
                [2, 0, 0x33, 0, 0, 0, 0, 0],
                [0; 8],
                [0, 0, 0x28, 0, 0, 0, 0, 0],
                [0; 8],
            ]
        );
        assert_eq!(reports("é").len(), 2, "Enter alone");
    }

    #[test]
    fn a_gun_ends_a_code_with_cr_lf() {
        assert_eq!(Device::Gun.send("cam-fx6-01"), [(0, b"cam-fx6-01\r\n".to_vec())]);
    }
}
