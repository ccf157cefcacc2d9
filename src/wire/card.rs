//! Card numbers as readers write them: one EM4100 card has five bytes and many spellings.
//!
//! ```text
//!            version  ┌──────── tag ────────┐
//! bytes         0A      00      4D   76  03
//! hex10         0A004D7603                       all five bytes
//! hex8          004D7603                         the tag alone (printed in UID notation, too)
//! decimal13     0042954749443                    all five bytes as one number
//! decimal10     0005076483                       the tag as one number, also called 8H10D
//! wiegand26     077,30211  or  07730211          facility (4D) and number (7603), three and five digits
//! …-reversed    last byte first
//! ```
//!
//! - A configuration that names the format of each reader makes all of them the same number. The canonical form is
//!   hex, first byte first, of as many bytes as the reader gives: ten digits, eight, or six.
//! - Two numbers are compared by the bytes that both have: five where both have five, else the low four, and beside
//!   Wiegand 26 the low three. Two cards can differ in their version alone, so more than one can match.
//! - All zero is noise and no card has it.
//!
//! Source: cards with their numbers printed on them and readers that disagree about them, in `hardware/captures`.

use super::{RejectKind, Rejected};

/// How a reader writes the number of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardFormat {
    /// Ten hex digits.
    Hex10,
    /// Ten hex digits, last byte first.
    Hex10Reversed,
    /// Eight hex digits.
    Hex8,
    /// Eight hex digits, last byte first.
    Hex8Reversed,
    /// Up to thirteen decimal digits: five bytes.
    Decimal13,
    /// Up to thirteen decimal digits: five bytes, last byte first.
    Decimal13Reversed,
    /// Up to ten decimal digits: four bytes.
    Decimal10,
    /// Up to ten decimal digits: four bytes, last byte first.
    Decimal10Reversed,
    /// Three digits and five, with or without something between.
    Wiegand26,
}

/// The number of a card, as far as its reader gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Card {
    number: u64,
    bytes: usize,
}

fn rejected(text: &str, expected: &str) -> Rejected {
    let shown: String = text.chars().take(20).collect();
    let reason = format!("{shown:?} is no card number: expected {expected}");
    Rejected { kind: RejectKind::Absurd, reason }
}

impl CardFormat {
    /// Every format, in the order in which they are documented.
    pub const ALL: [Self; 9] = [
        Self::Hex10,
        Self::Hex10Reversed,
        Self::Hex8,
        Self::Hex8Reversed,
        Self::Decimal13,
        Self::Decimal13Reversed,
        Self::Decimal10,
        Self::Decimal10Reversed,
        Self::Wiegand26,
    ];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex10 => "hex10",
            Self::Hex10Reversed => "hex10-reversed",
            Self::Hex8 => "hex8",
            Self::Hex8Reversed => "hex8-reversed",
            Self::Decimal13 => "decimal13",
            Self::Decimal13Reversed => "decimal13-reversed",
            Self::Decimal10 => "decimal10",
            Self::Decimal10Reversed => "decimal10-reversed",
            Self::Wiegand26 => "wiegand26",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    fn bytes(self) -> usize {
        match self {
            Self::Hex10 | Self::Hex10Reversed | Self::Decimal13 | Self::Decimal13Reversed => 5,
            Self::Hex8 | Self::Hex8Reversed | Self::Decimal10 | Self::Decimal10Reversed => 4,
            Self::Wiegand26 => 3,
        }
    }

    fn is_reversed(self) -> bool {
        matches!(
            self,
            Self::Hex10Reversed | Self::Hex8Reversed | Self::Decimal13Reversed | Self::Decimal10Reversed
        )
    }

    /// The card of a number that a reader with this format wrote.
    pub fn read(self, text: &str) -> Result<Card, Rejected> {
        let text = text.trim();
        let (number, expected) = match self {
            Self::Hex10 | Self::Hex10Reversed => (hex(text, 10), "ten hex digits"),
            Self::Hex8 | Self::Hex8Reversed => (hex(text, 8), "eight hex digits"),
            Self::Decimal13 | Self::Decimal13Reversed => {
                (decimal(text, 13), "up to 13 decimal digits that make five bytes")
            }
            Self::Decimal10 | Self::Decimal10Reversed => {
                (decimal(text, 10), "up to ten decimal digits that make four bytes")
            }
            Self::Wiegand26 => (wiegand(text), "three digits up to 255 and five up to 65535"),
        };
        let bytes = self.bytes();
        let number = number.filter(|number| number >> (8 * bytes) == 0 && *number != 0);
        let number = number.ok_or_else(|| rejected(text, expected))?;
        let card = Card { number, bytes };
        Ok(if self.is_reversed() { card.reversed() } else { card })
    }

    /// How a reader with this format writes a card; `None` where the card's number has too few bytes for it.
    pub fn write(self, card: Card) -> Option<String> {
        let card = card.low(self.bytes())?;
        let card = if self.is_reversed() { card.reversed() } else { card };
        let number = card.number;
        Some(match self {
            Self::Hex10 | Self::Hex10Reversed => format!("{number:010X}"),
            Self::Hex8 | Self::Hex8Reversed => format!("{number:08X}"),
            Self::Decimal13 | Self::Decimal13Reversed => format!("{number:013}"),
            Self::Decimal10 | Self::Decimal10Reversed => format!("{number:010}"),
            Self::Wiegand26 => format!("{:03},{:05}", number >> 16, number & 0xffff),
        })
    }
}

/// `74-10-37-94` or `74:10:37:94` as `74103794`: at least four pairs of hex digits, in upper case. `None` for anything else.
pub fn joined_pairs(text: &str) -> Option<String> {
    let pairs: Vec<&str> = text.split(['-', ':']).collect();
    let is_pair = |pair: &&str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    (pairs.len() >= 4 && pairs.iter().all(is_pair)).then(|| pairs.concat().to_ascii_uppercase())
}

fn hex(text: &str, digits: usize) -> Option<u64> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_hex)
}

fn decimal(text: &str, digits_max: usize) -> Option<u64> {
    let is_decimal = text.len() <= digits_max && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

fn wiegand(text: &str) -> Option<u64> {
    let (facility, number) = match text.split_once([',', ':', '-', ' ']) {
        Some((facility, number)) => (decimal(facility, 3)?, decimal(number.trim(), 5)?),
        None if text.len() == 8 => {
            let (facility, number) = text.split_at_checked(3)?;
            (decimal(facility, 3)?, decimal(number, 5)?)
        }
        None => return None,
    };
    (facility <= 0xff && number <= 0xffff).then_some(facility << 16 | number)
}

impl Card {
    /// The canonical form: hex, first byte first, of the bytes that are known.
    pub fn canonical(self) -> String {
        format!("{:0digits$X}", self.number, digits = 2 * self.bytes)
    }

    /// Whether two numbers can be of one card: the bytes that both have are equal.
    pub fn is(self, other: Self) -> bool {
        let both = self.bytes.min(other.bytes);
        self.low(both) == other.low(both)
    }

    /// The last so many bytes; `None` where fewer are known.
    fn low(self, bytes: usize) -> Option<Self> {
        let number = self.number & ((1 << (8 * bytes)) - 1);
        (bytes <= self.bytes).then_some(Self { number, bytes })
    }

    fn reversed(self) -> Self {
        Self { number: self.number.swap_bytes() >> (64 - 8 * self.bytes), ..self }
    }
}

/// The most forms that [`written`] gives for one number.
pub const FORMS_MAX: usize = 600;

/// Under which other codes a card may be known whose number was read as `text` by a reader whose format nobody
/// named: hex digits are taken for what they are, ten or thirteen decimal digits for decimals as well. Bytes stand in
/// their order. At most [`FORMS_MAX`], none for text that is no such number. Those of which the first two bytes are
/// missing are not all listed: [`ends_in`] finds the others.
pub fn written(text: &str) -> Vec<String> {
    let formats = [CardFormat::Hex10, CardFormat::Hex8, CardFormat::Decimal10, CardFormat::Decimal13];
    let digits = [10, 8, 10, 13];
    let spelled = formats.into_iter().zip(digits).filter(|(_, digits)| text.len() == *digits);
    let cards = spelled.filter_map(|(format, _)| format.read(text).ok()).chain(three_bytes(text));
    let mut forms: Vec<String> = cards.flat_map(forms_of).filter(|form| form != text).collect();
    forms.sort();
    forms.dedup();
    forms
}

/// The six hex digits in which the five bytes of a card end of which `text` has only three, as Wiegand 26 gives them.
pub fn ends_in(text: &str) -> Option<String> {
    three_bytes(text).map(Card::canonical)
}

/// A card of three bytes, as our own readers of Wiegand 26 write it, or with a mark between its two numbers.
fn three_bytes(text: &str) -> Option<Card> {
    let with_mark = || CardFormat::Wiegand26.read(text).ok().filter(|_| text.len() == 9);
    hex(text, 6).filter(|number| *number != 0).map(|number| Card { number, bytes: 3 }).or_else(with_mark)
}

/// How a card may be written, with any version where its own is not known.
fn forms_of(card: Card) -> Vec<String> {
    let formats = [
        CardFormat::Hex10,
        CardFormat::Hex8,
        CardFormat::Decimal13,
        CardFormat::Decimal10,
        CardFormat::Wiegand26,
    ];
    let mut forms: Vec<String> = formats.iter().filter_map(|format| format.write(card)).collect();
    forms.extend(card.low(3).filter(|low| low.number != 0).map(Card::canonical));
    if card.bytes == 4 {
        forms.extend((0..=0xff_u64).map(|version| format!("{version:02X}{:08X}", card.number)));
    }
    if card.bytes == 3 {
        let wider = (0..=0xff_u64).map(|first| Card { number: first << 24 | card.number, bytes: 4 });
        forms.extend(wider.flat_map(|card| [format!("{:08X}", card.number), format!("{:010}", card.number)]));
    }
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(format: CardFormat, text: &str) -> Card {
        format.read(text).unwrap()
    }

    #[test]
    fn one_card_is_the_same_however_it_is_written() {
        let card = read(CardFormat::Hex10, "0A004D7603");
        for (format, text) in [
            (CardFormat::Hex10, "0a004d7603"),
            (CardFormat::Hex10Reversed, "03764D000A"),
            (CardFormat::Hex8, "004D7603"),
            (CardFormat::Hex8Reversed, "03764D00"),
            (CardFormat::Decimal13, "0042954749443"),
            (CardFormat::Decimal13, "42954749443"),
            (CardFormat::Decimal10, "0005076483"),
            (CardFormat::Wiegand26, "077,30211"),
            (CardFormat::Wiegand26, "07730211"),
        ] {
            assert!(read(format, text).is(card), "{text}");
            assert!(card.is(read(format, text)), "{text}");
        }
        assert!(!read(CardFormat::Hex10, "0B004D7603").is(card), "five bytes on both sides");
        assert!(read(CardFormat::Hex8, "004D7603").is(read(CardFormat::Hex10, "0B004D7603")));
        assert!(!read(CardFormat::Hex8, "004D7604").is(card));
        assert_eq!(card.canonical(), "0A004D7603");
        assert_eq!(read(CardFormat::Decimal10, "0005076483").canonical(), "004D7603");
        assert_eq!(read(CardFormat::Wiegand26, "077,30211").canonical(), "4D7603");
    }

    #[test]
    fn a_reader_that_turns_the_bytes_round_reads_the_same_card() {
        let uid = read(CardFormat::Hex8, "51e69621");
        assert_eq!(read(CardFormat::Decimal10Reversed, "0563537489"), uid);
        assert_eq!(CardFormat::Decimal10Reversed.write(uid).unwrap(), "0563537489");
        assert_eq!(CardFormat::Decimal10.write(read(CardFormat::Hex10, "100062d9b2")).unwrap(), "0006478258");
    }

    #[test]
    fn what_is_no_number_of_that_format_says_what_was_expected() {
        for (format, text, part) in [
            (CardFormat::Hex10, "0A004D76", "ten hex digits"),
            (CardFormat::Hex8, "+04D7603", "eight hex digits"),
            (CardFormat::Hex8, "00000000", "eight hex digits"),
            (CardFormat::Decimal10, "4294967296", "four bytes"),
            (CardFormat::Decimal13, "1099511627776", "five bytes"),
            (CardFormat::Decimal10, "CAM-1", "ten decimal digits"),
            (CardFormat::Wiegand26, "256,00001", "up to 255"),
            (CardFormat::Wiegand26, "001,65536", "65535"),
            (CardFormat::Wiegand26, "0010001", "three digits"),
        ] {
            let no = format.read(text).unwrap_err();
            assert!(no.reason.contains(part), "{no}");
        }
    }

    #[test]
    fn a_number_is_looked_for_as_it_may_have_been_written() {
        let forms = written("0A004D7603");
        assert_eq!(forms, ["0005076483", "0042954749443", "004D7603", "077,30211", "4D7603"]);
        let forms = written("004D7603");
        assert!(forms.iter().any(|form| form == "0A004D7603") && forms.len() <= FORMS_MAX);
        let forms = written("0005076483");
        assert!(["004D7603", "0A004D7603", "05076483"].iter().all(|form| forms.iter().any(|f| f == form)));
        assert!(forms.len() <= FORMS_MAX);
        for text in ["4D7603", "077,30211"] {
            let forms = written(text);
            assert!(["004D7603", "0005076483"].iter().all(|form| forms.iter().any(|f| f == form)), "{text}");
            assert!(forms.len() <= FORMS_MAX);
            assert_eq!(ends_in(text).as_deref(), Some("4D7603"));
        }
        assert!(["0A004D7603", "000000", "CAM-01"].iter().all(|text| ends_in(text).is_none()));
        assert!(written("CAM-1").is_empty());
        assert!(written("0000000000").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(number in 1u64..1 << 40, which in 0..CardFormat::ALL.len()) {
            let card = Card { number, bytes: 5 };
            let format = CardFormat::ALL[which];
            let text = format.write(card).unwrap();
            let Ok(again) = format.read(&text) else {
                prop_assert!(text.bytes().all(|byte| !(b'1'..=b'9').contains(&byte)));
                return Ok(());
            };
            prop_assert!(again.is(card));
            prop_assert_eq!(CardFormat::parse(format.name()), Some(format));
        }

        #[test]
        fn no_text_stops_it(text in any::<String>(), digits in "[0-9A-Fa-f,]{0,14}") {
            for text in [text, digits] {
                prop_assert!(written(&text).len() <= FORMS_MAX);
                for format in CardFormat::ALL {
                    let _ = format.read(&text);
                }
            }
        }
    }
}
