//! What readers send for a code: the bytes, in the chunks and at the times in which they come.

use cagekeeper::wire::Protocol;

use super::dice::Dice;

/// Bytes that come so long after the first of their gesture.
pub struct Chunk {
    pub after_ms: u64,
    pub bytes: Vec<u8>,
}

/// Whether a reader of this protocol can send this code: a card reader knows numbers only.
pub fn can_send(protocol: Protocol, code: &str) -> bool {
    let is_card = code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    protocol != Protocol::Rdm6300 || is_card
}

/// One deliberate presentation of a code. The doors have readers of three protocols; others send nothing.
pub fn code(protocol: Protocol, code: &str, dice: &mut Dice) -> Vec<Chunk> {
    match protocol {
        Protocol::Line => line(code, dice),
        Protocol::Keyboard => keyboard(&format!("{code}\n")),
        Protocol::Rdm6300 => card(code, dice),
        other => unreachable!("no station here has a reader that speaks {}", other.name()),
    }
}

/// A presentation that is cut in the middle.
pub fn half(protocol: Protocol, code: &str) -> Vec<Chunk> {
    let half = &code[..code.len() / 2];
    match protocol {
        Protocol::Line => vec![Chunk { after_ms: 0, bytes: half.as_bytes().to_vec() }],
        Protocol::Keyboard => keyboard(half),
        Protocol::Rdm6300 => vec![Chunk { after_ms: 0, bytes: frame("0D00319CD0")[..8].to_vec() }],
        other => unreachable!("no station here has a reader that speaks {}", other.name()),
    }
}

/// Bytes that are no code, and end so that the next code stands alone.
pub fn noise(protocol: Protocol, dice: &mut Dice) -> Vec<Chunk> {
    let count = dice.between(1, 40);
    let mut bytes: Vec<u8> = (0..count).map(|_| dice.roll().to_be_bytes()[0]).collect();
    match protocol {
        Protocol::Line => bytes.extend(b"\x00\r"),
        // A report of roll-over, a report that is too short, and all keys up.
        Protocol::Keyboard => {
            let reports = [vec![0, 0, 1, 1, 1, 1, 1, 1], vec![0; 3], vec![0; 8]];
            return reports.into_iter().map(|bytes| Chunk { after_ms: 0, bytes }).collect();
        }
        _ => {}
    }
    vec![Chunk { after_ms: 0, bytes }]
}

/// A frame whose check is right and that no card sent.
pub fn phantom(dice: &mut Dice) -> Vec<Chunk> {
    let number = format!("{:010X}", dice.roll() % (1 << 40));
    vec![Chunk { after_ms: 0, bytes: frame(&number) }]
}

fn line(code: &str, dice: &mut Dice) -> Vec<Chunk> {
    let aim = dice.pick(&["", "", "", "]C1"]);
    let (begin, end) =
        [("", "\r\n"), ("", "\r"), ("", "\n"), ("\x02", "\x03"), ("\x02", "\r")][dice.index(5)];
    let text = format!("{begin}{aim}{code}{end}");
    let (first, second) = text.as_bytes().split_at(dice.index(text.len()));
    [(0, first), (3, second)].map(|(after_ms, bytes)| Chunk { after_ms, bytes: bytes.to_vec() }).into()
}

fn card(number: &str, dice: &mut Dice) -> Vec<Chunk> {
    let frames = dice.between(3, 12);
    (0..frames).map(|index| Chunk { after_ms: index * 65, bytes: frame(number) }).collect()
}

fn frame(number: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&number[at..at + 2], 16).unwrap();
    let check = (0..10).step_by(2).fold(0, |sum, at| sum ^ byte(at));
    format!("\x02{number}{check:02X}\x03").into_bytes()
}

/// Boot reports: each key down, then up, 2 ms apart.
fn keyboard(text: &str) -> Vec<Chunk> {
    let report = |modifiers, key| vec![modifiers, 0, key, 0, 0, 0, 0, 0];
    let reports = text.chars().flat_map(|c| {
        let (modifiers, key) = usage(c);
        [report(modifiers, key), report(0, 0)]
    });
    reports.zip(0..).map(|(bytes, index)| Chunk { after_ms: index * 2, bytes }).collect()
}

/// The key of a character on a US keyboard, HID usage tables section 10, and whether Shift goes with it.
fn usage(c: char) -> (u8, u8) {
    let nth = |first: char| u8::try_from(u32::from(c) - u32::from(first)).unwrap();
    match c {
        'a'..='z' => (0, 0x04 + nth('a')),
        'A'..='Z' => (2, 0x04 + nth('A')),
        '1'..='9' => (0, 0x1e + nth('1')),
        '0' => (0, 0x27),
        '\n' => (0, 0x28),
        '-' => (0, 0x2d),
        '*' => (2, 0x25),
        ':' => (2, 0x33),
        _ => panic!("no key writes {c:?}"),
    }
}
