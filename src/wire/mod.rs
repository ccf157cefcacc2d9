//! Bytes of a reader into what it read. Pure: no device, no clock, no allocation without a stated limit.
//!
//! One file per protocol, each opening with its byte map. A decoder takes bytes in any chunking
//! ([`Decoder::handle`]) and says of everything it took what it was: a [`Read`], or a [`Rejected`] with
//! the kind of no. What a code *means* is not decided here.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::time::MonoMs;

pub mod aim;
pub mod card;
pub mod check;
pub mod codes;
pub mod decode;
pub mod descriptor;
pub mod epc;
pub mod gs1;
pub mod hid_pos;
pub mod keyboard;
pub mod layout;
pub mod line;
pub mod rdm6300;
pub mod ssi;
pub mod text;
pub mod wiegand;

/// How the bytes of a reader are framed: the `protocol` of a reader in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Terminated text: serial scanners, standard input.
    Line,
    /// 125 kHz modules: RDM6300, ID-12, ID-20.
    Rdm6300,
    /// HID keyboard reports of a wedge scanner.
    Keyboard,
    /// HID point of sale reports: codes as data.
    HidPos,
    /// Zebra's Simple Serial Interface: packets that the host acknowledges.
    Ssi,
    /// Bits of a card reader, as text or bytes: 26 or 34.
    Wiegand,
}

impl Protocol {
    /// Every protocol, in the order in which they are documented.
    pub const ALL: [Self; 6] =
        [Self::Line, Self::Rdm6300, Self::Keyboard, Self::HidPos, Self::Ssi, Self::Wiegand];

    /// The name used in the configuration and by `decode --protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Rdm6300 => "rdm6300",
            Self::Keyboard => "keyboard",
            Self::HidPos => "hid-pos",
            Self::Ssi => "ssi",
            Self::Wiegand => "wiegand",
        }
    }

    /// Whether it comes in HID reports, whose descriptor says where things are, and not in a stream of bytes.
    pub fn in_reports(self) -> bool {
        matches!(self, Self::Keyboard | Self::HidPos)
    }

    /// The protocol of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

/// What carried a code to the reader: it decides how repeats are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// Text, printed or typed: one trigger, one read.
    Text,
    /// A 125 kHz card: repeats while it lies on the reader, and phantoms pass its checksum.
    Rfid125,
}

/// One thing read, whole and checked as far as its protocol can check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// How it reached the reader.
    pub carrier: Carrier,
    /// The code itself: text as printed, card numbers as upper-case hex.
    pub payload: String,
    /// The AIM symbology identifier without its `]`, where the reader sent one (`C1`, `Q3`).
    pub aim: Option<String>,
    /// False where the scan ended by silence and not by its suffix.
    pub terminated: bool,
    /// What else the frame says, by the names that `decode` prints.
    pub fields: Vec<(&'static str, Value)>,
}

/// Which kind of no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectKind {
    /// These bytes belong to no frame of this protocol.
    NotMine,
    /// A frame of this protocol that did not arrive whole or fails its check.
    Damaged,
    /// A whole frame that says something impossible.
    Absurd,
}

impl RejectKind {
    /// The name used in output: `not-mine`, `damaged`, `absurd`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMine => "not-mine",
            Self::Damaged => "damaged",
            Self::Absurd => "absurd",
        }
    }
}

/// Bytes that made no read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which kind of no.
    pub kind: RejectKind,
    /// One sentence fragment for people: what was wrong and what was expected.
    pub reason: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.reason)
    }
}

/// What a decoder says of bytes it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// A read.
    Read(Read),
    /// Bytes that made none.
    Rejected(Rejected),
    /// A whole frame that holds no code (an answer, a message): what it says, by the names that `decode` prints.
    Told(Vec<(&'static str, Value)>),
    /// Bytes that must go back to the device, as they stand. They come before what they answer.
    Reply(Vec<u8>),
}

/// What a decoder needs to know before the first byte.
#[derive(Debug, Clone)]
pub struct Setup {
    /// How the bytes are framed.
    pub protocol: Protocol,
    /// What the keys of a keyboard reader are called.
    pub layout: layout::Layout,
    /// The HID report descriptor, read from the device. Without one the length of a report decides.
    pub descriptor: Option<Vec<u8>>,
}

/// The decoder of one reader.
#[derive(Debug)]
pub enum Decoder {
    /// Terminated text.
    Line(line::Decoder),
    /// 125 kHz modules.
    Rdm6300(rdm6300::Decoder),
    /// HID keyboard reports.
    Keyboard(Box<keyboard::Decoder>),
    /// HID point of sale reports.
    HidPos(Box<hid_pos::Decoder>),
    /// Zebra's Simple Serial Interface.
    Ssi(Box<ssi::Decoder>),
    /// Bits of a card reader.
    Wiegand(wiegand::Decoder),
}

impl Decoder {
    /// Makes the decoder of a protocol, or says why the report descriptor does not fit it.
    pub fn new(setup: &Setup) -> Result<Self, Rejected> {
        Ok(match setup.protocol {
            Protocol::Line => Self::Line(line::Decoder::default()),
            Protocol::Rdm6300 => Self::Rdm6300(rdm6300::Decoder::default()),
            Protocol::Keyboard => Self::Keyboard(Box::new(keyboard::Decoder::new(setup)?)),
            Protocol::HidPos => Self::HidPos(Box::new(hid_pos::Decoder::new(setup)?)),
            Protocol::Ssi => Self::Ssi(Box::default()),
            Protocol::Wiegand => Self::Wiegand(wiegand::Decoder::default()),
        })
    }

    /// Takes bytes as they came from the device: any chunking for streams, one report at a time for HID.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Decoded> {
        match self {
            Self::Line(decoder) => decoder.handle(bytes),
            Self::Rdm6300(decoder) => decoder.handle(bytes),
            Self::Keyboard(decoder) => decoder.handle(bytes, at),
            Self::HidPos(decoder) => decoder.handle(bytes, at),
            Self::Ssi(decoder) => decoder.handle(bytes, at),
            Self::Wiegand(decoder) => decoder.handle(bytes),
        }
    }

    /// When [`Self::handle_timeout`] wants to be called, where silence ends a scan.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        match self {
            Self::Line(_) | Self::Rdm6300(_) | Self::Wiegand(_) => None,
            Self::Keyboard(decoder) => decoder.poll_timeout(),
            Self::HidPos(decoder) => decoder.poll_timeout(),
            Self::Ssi(decoder) => decoder.poll_timeout(),
        }
    }

    /// Tells the decoder that time has passed: a scan without its suffix ends here.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        match self {
            Self::Line(_) | Self::Rdm6300(_) | Self::Wiegand(_) => Vec::new(),
            Self::Keyboard(decoder) => decoder.handle_timeout(now),
            Self::HidPos(decoder) => decoder.handle_timeout(now),
            Self::Ssi(decoder) => decoder.handle_timeout(now),
        }
    }

    /// The device is gone, or the input is at its end: says what was left unfinished, and starts afresh.
    pub fn finish(&mut self) -> Vec<Decoded> {
        match self {
            Self::Line(decoder) => decoder.finish(),
            Self::Rdm6300(decoder) => decoder.finish(),
            Self::Keyboard(decoder) => decoder.finish(),
            Self::HidPos(decoder) => decoder.finish(),
            Self::Ssi(decoder) => decoder.finish(),
            Self::Wiegand(decoder) => decoder.finish(),
        }
    }
}
