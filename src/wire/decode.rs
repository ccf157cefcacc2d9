//! What `cagekeeper decode` prints: bytes given by hand, through the same decoders as a reader's.
//!
//! `decode` judges frames. One lone 125 kHz frame is `"ok":true,"confirmed":false`, and a reader makes no scan of it.

use serde_json::{Map, Value, json};

use super::descriptor::{Keys, Scanner};
use super::{Carrier, Decoded, Decoder, Protocol, Read, Rejected, Setup};
use crate::time::MonoMs;

mod meaning;

/// What `decode --protocol` takes: how a reader frames its bytes, or what a code means once it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Bytes of a reader.
    Reader(Protocol),
    /// The text of a barcode, as GS1 data.
    Gs1,
    /// The bytes of a UHF tag, or a URI of one.
    Epc,
}

impl Way {
    /// Every way, readers first.
    pub fn all() -> impl Iterator<Item = Self> {
        Protocol::ALL.into_iter().map(Self::Reader).chain([Self::Gs1, Self::Epc])
    }

    /// The name used by `decode --protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader(protocol) => protocol.name(),
            Self::Gs1 => "gs1",
            Self::Epc => "epc",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|way| way.name() == name)
    }
}

/// Why an argument is not bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not hexadecimal: {why}; expected pairs of 0-9 and a-f, as in 0230443003")]
pub struct NotHex {
    what: String,
    why: String,
}

/// Bytes written as pairs of hex digits in either case; white space and `:` between digits are passed over.
/// `what` names the argument in the error (`argument 2`, `--descriptor`).
pub fn parse_hex(what: &str, text: &str) -> Result<Vec<u8>, NotHex> {
    let not_hex = |why: String| NotHex { what: what.to_owned(), why };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u32> = None;
    for (at, c) in text.chars().enumerate().filter(|(_, c)| !c.is_whitespace() && *c != ':') {
        let digit = c.to_digit(16).ok_or_else(|| not_hex(format!("{c:?} stands at character {}", at + 1)))?;
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.extend(u8::try_from(high << 4 | digit));
                None
            }
        };
    }
    match high {
        Some(_) => Err(not_hex("it has an odd number of digits".to_owned())),
        None if bytes.is_empty() => Err(not_hex("it is empty".to_owned())),
        None => Ok(bytes),
    }
}

/// What was made of the bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoding {
    /// One JSON object for each frame, in order.
    pub lines: Vec<Value>,
    /// Whether anything was read.
    pub any_read: bool,
}

/// Decodes `input`: for HID protocols one report each, else chunks of one stream. `descriptor` is the HID report
/// descriptor of a keyboard; with it and no input its own meaning is given.
pub fn decode(protocol: Protocol, descriptor: Option<&[u8]>, input: &[Vec<u8>]) -> Decoding {
    let setup = Setup { descriptor: descriptor.map(<[u8]>::to_vec), ..Setup::of(protocol) };
    let lines = match (Decoder::new(&setup), descriptor) {
        (Err(rejected), _) => vec![rejection(&rejected)],
        (Ok(_), Some(descriptor)) if input.is_empty() && protocol.in_reports() => about(protocol, descriptor),
        (Ok(decoder), _) => frames(decoder, input),
    };
    told(lines)
}

/// Says of each argument what it means as GS1 data: text as printed or scanned, or the same in hex, with or without an
/// AIM identifier in front.
pub fn decode_gs1(input: &[String]) -> Decoding {
    told(input.iter().map(|text| meaning::gs1(text)).collect())
}

/// Says of each argument what it means in a UHF tag: hex, or a URI that begins with `urn:epc:`.
pub fn decode_epc(input: &[String]) -> Result<Decoding, NotHex> {
    let lines =
        input.iter().enumerate().map(|(at, text)| meaning::epc(&format!("argument {}", at + 1), text));
    Ok(told(lines.collect::<Result<_, _>>()?))
}

fn told(lines: Vec<Value>) -> Decoding {
    let any_read = lines.iter().any(|line| line.get("ok") == Some(&Value::Bool(true)));
    Decoding { lines, any_read }
}

fn about(protocol: Protocol, descriptor: &[u8]) -> Vec<Value> {
    let fields = match protocol {
        Protocol::HidPos => Scanner::of_descriptor(descriptor).map(|scanner| scanner.fields()),
        _ => Keys::of_descriptor(descriptor).map(|keys| keys.fields()),
    };
    vec![match fields {
        Ok(fields) => json!({ "ok": true, "fields": object(fields) }),
        Err(rejected) => rejection(&rejected),
    }]
}

fn frames(mut decoder: Decoder, input: &[Vec<u8>]) -> Vec<Value> {
    let mut page = Page::default();
    for bytes in input {
        decoder.handle(bytes, MonoMs::default()).into_iter().for_each(|decoded| page.add(decoded));
        add_trailer(&mut decoder, &mut page.lines);
    }
    decoder.finish().into_iter().for_each(|decoded| page.add(decoded));
    page.lines
}

/// The lines so far.
#[derive(Default)]
struct Page {
    lines: Vec<Value>,
    /// The last code read, if nothing unreadable came since.
    before: Option<String>,
    /// What would go back to the device for the next line.
    replies: Vec<String>,
}

impl Page {
    fn add(&mut self, decoded: Decoded) {
        let mut line = match decoded {
            Decoded::Reply(outgoing) => {
                self.replies.push(outgoing.bytes().iter().map(|byte| format!("{byte:02X}")).collect());
                return;
            }
            Decoded::Answer(answer) => json!({ "ok": true, "fields": object(answer.fields) }),
            Decoded::Read(read) => self.read(read),
            Decoded::Rejected(rejected) => {
                self.before = None;
                rejection(&rejected)
            }
        };
        let replies = std::mem::take(&mut self.replies);
        if let Some(line) = line.as_object_mut().filter(|_| !replies.is_empty()) {
            line.insert("replies".to_owned(), Value::from(replies));
        }
        self.lines.push(line);
    }

    fn read(&mut self, read: Read) -> Value {
        let confirmed = read.carrier == Carrier::Text || self.before.as_ref() == Some(&read.payload);
        self.before = Some(read.payload.clone());
        accepted(read, confirmed)
    }
}

/// A trailer comes after its scan has been said.
fn add_trailer(decoder: &mut Decoder, lines: &mut [Value]) {
    let Decoder::Keyboard(keyboard) = decoder else { return };
    let Some(trailer) = keyboard.take_trailer() else { return };
    if let Some(fields) =
        lines.last_mut().and_then(|line| line.get_mut("fields")).and_then(Value::as_object_mut)
    {
        fields.insert("trailer".to_owned(), Value::from(trailer));
    }
}

fn accepted(read: Read, confirmed: bool) -> Value {
    json!({
        "ok": true,
        "value": read.payload,
        "confirmed": confirmed,
        "terminated": read.terminated,
        "fields": object(read.fields),
    })
}

fn rejection(rejected: &Rejected) -> Value {
    json!({ "ok": false, "kind": rejected.kind, "reason": rejected.reason })
}

fn object(fields: Vec<(&'static str, Value)>) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
