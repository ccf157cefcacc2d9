//! A code as it stands on a label, a card or in a tag, in the one form in which it is stored and compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::{BookingId, ProductionId, RoomId};

/// The longest code that can name anything, in bytes.
pub const CODE_BYTES_MAX: usize = 512;

/// The most pieces that a code can name.
pub const PIECES_MAX: u32 = 9_999;

/// From so many characters on, a text of hex digits is taken for the number of a tag.
const HEX_CHARS_MIN: usize = 8;

/// A code in canonical form: no blanks around it, no symbology, hex in upper case, reserved prefixes in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

/// Why a text cannot be a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Nothing but blanks.
    #[error("the code is empty")]
    Empty,
    /// Longer than [`CODE_BYTES_MAX`].
    #[error("the code has {0} bytes, at most {CODE_BYTES_MAX} can name anything")]
    TooLong(usize),
    /// A control character that is no separator.
    #[error("the code holds a control character: set the scanner to send plain text")]
    Control,
    /// So many pieces of a shelf as nobody carries, or none.
    #[error("pieces are 1 to {PIECES_MAX} at a time, as in XLR*5")]
    Pieces,
}

/// What a reserved prefix makes of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// `CK:…`
    Card(Card),
    /// `PR:…`
    Production(ProductionId),
    /// `BK:…`
    Booking(BookingId),
    /// `RM:…`
    Room(RoomId),
    /// A reserved prefix and something that no card or id looks like.
    Nothing,
}

/// A printed code that is a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Card {
    /// Ends the session.
    Done,
    /// Drops the pending question, else ends the session.
    Cancel,
    /// From here until DONE gear comes back.
    Return,
    /// Answers the pending question with yes.
    Confirm,
    /// Takes back the last scan of the session.
    Undo,
    /// From here until DONE gear that is out stays out longer.
    Extend,
    /// The next unknown code belongs to the next thing.
    Learn,
    /// The last thing is fine.
    Ok,
    /// The last thing has to be cleaned.
    Dirty,
    /// The last thing is broken.
    Damaged,
    /// Something of the last thing is missing.
    PartMissing,
    /// Begins a count, goes on with it, and ends it.
    Count,
}

impl Card {
    /// Every card, in the order in which they are documented.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Cancel,
        Self::Return,
        Self::Confirm,
        Self::Undo,
        Self::Extend,
        Self::Learn,
        Self::Ok,
        Self::Dirty,
        Self::Damaged,
        Self::PartMissing,
        Self::Count,
    ];

    /// What is printed after `CK:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Cancel => "CANCEL",
            Self::Return => "RETURN",
            Self::Confirm => "CONFIRM",
            Self::Undo => "UNDO",
            Self::Extend => "EXTEND",
            Self::Learn => "LEARN",
            Self::Ok => "OK",
            Self::Dirty => "DIRTY",
            Self::Damaged => "DAMAGED",
            Self::PartMissing => "PART-MISSING",
            Self::Count => "COUNT",
        }
    }
}

/// Prefixes that no label of a thing or person may begin with.
pub const RESERVED_PREFIXES: [&str; 4] = ["CK:", "PR:", "BK:", "RM:"];

impl Code {
    /// The canonical form of a code as read or written, or why it is none.
    pub fn canonical(text: &str) -> Result<Self, CodeFault> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return Err(CodeFault::Empty);
        }
        if text.len() > CODE_BYTES_MAX {
            return Err(CodeFault::TooLong(text.len()));
        }
        // GS, FS, RS, US and EOT separate the parts of GS1 and ISO 15434 data.
        if text.chars().any(|c| c.is_control() && !matches!(c, '\u{1c}'..='\u{1f}' | '\u{4}')) {
            return Err(CodeFault::Control);
        }
        let is_hex = text.len() >= HEX_CHARS_MIN && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex {
            return Ok(Self(text.to_ascii_uppercase()));
        }
        Ok(match reserved_prefix(text) {
            Some("CK:") => Self(text.to_ascii_uppercase()),
            Some(prefix) => {
                Self(format!("{prefix}{}", text.get(3..).unwrap_or_default().to_ascii_lowercase()))
            }
            None => Self(text.to_owned()),
        })
    }

    /// What a reserved prefix makes of this code; `None` for every other code.
    pub fn reserved(&self) -> Option<Reserved> {
        let (prefix, rest) = (reserved_prefix(&self.0)?, self.0.get(3..).unwrap_or_default());
        let meant = match prefix {
            "CK:" => Card::ALL.into_iter().find(|card| card.name() == rest).map(Reserved::Card),
            "PR:" => ProductionId::parse(rest).ok().map(Reserved::Production),
            "BK:" => BookingId::parse(rest).ok().map(Reserved::Booking),
            _ => RoomId::parse(rest).ok().map(Reserved::Room),
        };
        Some(meant.unwrap_or(Reserved::Nothing))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn reserved_prefix(text: &str) -> Option<&'static str> {
    let head = text.get(..3)?;
    RESERVED_PREFIXES.into_iter().find(|prefix| prefix.eq_ignore_ascii_case(head))
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Code::canonical(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn hex_numbers_and_reserved_prefixes_are_upper_case_and_labels_stay_as_printed() {
        assert_eq!(code(" 0d00319cd0 "), "0D00319CD0");
        assert_eq!(code("ck:done"), "CK:DONE");
        assert_eq!(code("pr:Night-Bus"), "PR:night-bus");
        assert_eq!(code("Cam-01"), "Cam-01");
        assert_eq!(code("beef"), "beef", "too short to be a tag's number");
    }

    #[test]
    fn what_is_no_code_says_why() {
        assert_eq!(Code::canonical("  "), Err(CodeFault::Empty));
        assert_eq!(Code::canonical(&"x".repeat(100_000)), Err(CodeFault::TooLong(100_000)));
        assert_eq!(Code::canonical("a\u{0}b"), Err(CodeFault::Control));
        assert!(Code::canonical("01\u{1d}10").is_ok(), "GS is data");
    }

    #[test]
    fn reserved_codes_are_cards_productions_bookings_and_rooms() {
        let reserved = |text: &str| Code::canonical(text).unwrap().reserved();
        assert_eq!(reserved("CK:UNDO"), Some(Reserved::Card(Card::Undo)));
        assert_eq!(reserved("RM:studio-b"), Some(Reserved::Room(RoomId::parse("studio-b").unwrap())));
        assert_eq!(reserved("CK:DANCE"), Some(Reserved::Nothing));
        assert_eq!(reserved("CAM-1"), None);
    }
}
