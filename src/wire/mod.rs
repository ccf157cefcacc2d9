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
pub mod cf;
pub mod check;
pub mod codes;
pub mod crc;
pub mod decode;
pub mod descriptor;
pub mod epc;
pub mod feel;
pub mod framed;
pub mod framing;
pub mod gs1;
pub mod hid_pos;
pub mod keyboard;
pub mod layout;
pub mod learn;
pub mod line;
pub mod m100;
pub mod mask;
pub mod pn532;
pub mod poll;
pub mod rdm6300;
pub mod satellite;
pub mod ssi;
pub mod text;
pub mod thingmagic;
pub mod uhfreader;
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
    /// 13.56 MHz cards through a PN532 on its UART.
    Pn532,
    /// UHF modules that frame with BB … 7E: M100, R200 and kin.
    M100,
    /// UHFReader18 of Chafon.
    #[serde(rename = "uhfreader18")]
    UhfReader18,
    /// UHFReader288 of Chafon and kin.
    #[serde(rename = "uhfreader288")]
    UhfReader288,
    /// UHF readers of the CF series.
    Cf,
    /// UHF modules of ThingMagic.
    #[serde(rename = "thingmagic")]
    ThingMagic,
}

impl Protocol {
    /// Every protocol, in the order in which they are documented.
    pub const ALL: [Self; 12] = [
        Self::Line,
        Self::Rdm6300,
        Self::Keyboard,
        Self::HidPos,
        Self::Ssi,
        Self::Wiegand,
        Self::Pn532,
        Self::M100,
        Self::UhfReader18,
        Self::UhfReader288,
        Self::Cf,
        Self::ThingMagic,
    ];

    /// The name used in the configuration and by `decode --protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Rdm6300 => "rdm6300",
            Self::Keyboard => "keyboard",
            Self::HidPos => "hid-pos",
            Self::Ssi => "ssi",
            Self::Wiegand => "wiegand",
            Self::Pn532 => "pn532",
            Self::M100 => "m100",
            Self::UhfReader18 => "uhfreader18",
            Self::UhfReader288 => "uhfreader288",
            Self::Cf => "cf",
            Self::ThingMagic => "thingmagic",
        }
    }

    /// Whether it comes in HID reports, whose descriptor says where things are, and not in a stream of bytes.
    pub fn in_reports(self) -> bool {
        matches!(self, Self::Keyboard | Self::HidPos)
    }

    /// Bits a second on the lines of most readers that speak it, as they are delivered; each file names its source.
    pub fn baud(self) -> u32 {
        match self {
            Self::Pn532 | Self::M100 | Self::Cf | Self::ThingMagic => 115_200,
            Self::UhfReader18 | Self::UhfReader288 => 57_600,
            Self::Line | Self::Rdm6300 | Self::Keyboard | Self::HidPos | Self::Ssi | Self::Wiegand => 9_600,
        }
    }

    /// Whether it is spoken by UHF readers, which the law of the radio binds.
    pub fn is_radio(self) -> bool {
        matches!(self, Self::M100 | Self::UhfReader18 | Self::UhfReader288 | Self::Cf | Self::ThingMagic)
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
    /// A 13.56 MHz card: repeats while it lies on the reader.
    Hf,
    /// A UHF tag: repeats while it is in the field, and many may be.
    Uhf,
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

impl Read {
    /// How strongly a tag was heard, rounded down to whole dBm, where its reader says it in dBm.
    pub fn rssi_dbm(&self) -> Option<i32> {
        let (_, rssi) = self.fields.iter().find(|(name, _)| *name == "rssi_dbm")?;
        // Any reader's own number fits: it comes from two bytes at most.
        #[allow(clippy::cast_possible_truncation, reason = "whole by then, and of two bytes")]
        rssi.as_f64().map(|dbm| dbm.floor() as i32)
    }

    /// Whether the card drew its number for this reading only: phones, passports and bank cards do. It names nobody.
    pub fn is_random(&self) -> bool {
        self.fields.iter().any(|(name, value)| *name == "random" && value.as_bool() == Some(true))
    }
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
    /// What must go back to the device at once. It comes before what it answers.
    Reply(Outgoing),
    /// A good frame that is neither: what a reader answers to a command, and that it sees nothing.
    Answer(Answer),
}

/// What goes to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Bytes on a serial line.
    Bytes(Vec<u8>),
    /// A HID output report, its id first; 0 where the device has no ids.
    Report(Vec<u8>),
    /// A HID feature report, its id first; 0 where the device has no ids.
    Feature(Vec<u8>),
}

impl Outgoing {
    /// The bytes, however they go.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) | Self::Report(bytes) | Self::Feature(bytes) => bytes,
        }
    }
}

/// What a reader that is asked says besides reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command that it answers, where the frame says it.
    pub command: Option<u16>,
    /// It answers another command than the one awaited.
    pub stale: bool,
    /// False where the reader reports a fault or refuses the command. Seeing nothing is no fault.
    pub ok: bool,
    /// What the frame says, by the names that `decode` prints.
    pub fields: Vec<(&'static str, Value)>,
}

impl Answer {
    /// A message that answers no command in particular.
    pub fn of(fields: Vec<(&'static str, Value)>) -> Self {
        Self { command: None, stale: false, ok: true, fields }
    }
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
    /// What stands before and after a code, where it is text.
    pub framing: framing::Framing,
}

impl Setup {
    /// A reader of that protocol of which nothing else is known.
    pub fn of(protocol: Protocol) -> Self {
        let framing = framing::Framing::default();
        Self { protocol, layout: layout::Layout::default(), descriptor: None, framing }
    }
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
    /// Frames that say their own length.
    Framed(framed::Decoder),
}

impl Decoder {
    /// Makes the decoder of a protocol, or says why the report descriptor does not fit it.
    pub fn new(setup: &Setup) -> Result<Self, Rejected> {
        Ok(match setup.protocol {
            Protocol::Line => Self::Line(line::Decoder::new(setup.framing.clone())),
            Protocol::Rdm6300 => Self::Rdm6300(rdm6300::Decoder::default()),
            Protocol::Keyboard => Self::Keyboard(Box::new(keyboard::Decoder::new(setup)?)),
            Protocol::HidPos => Self::HidPos(Box::new(hid_pos::Decoder::new(setup)?)),
            Protocol::Ssi => Self::Ssi(Box::default()),
            Protocol::Wiegand => Self::Wiegand(wiegand::Decoder::default()),
            Protocol::Pn532 => Self::Framed(framed::Decoder::new(pn532::Pn532)),
            Protocol::M100 => Self::Framed(framed::Decoder::new(m100::M100)),
            Protocol::UhfReader18 => Self::Framed(framed::Decoder::new(uhfreader::UhfReader::Plain18)),
            Protocol::UhfReader288 => Self::Framed(framed::Decoder::new(uhfreader::UhfReader::Antennas288)),
            Protocol::Cf => Self::Framed(framed::Decoder::new(cf::Cf)),
            Protocol::ThingMagic => Self::Framed(framed::Decoder::new(thingmagic::ThingMagic)),
        })
    }

    /// Takes bytes as they came from the device: any chunking for streams, one report at a time for HID.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Decoded> {
        match self {
            Self::Line(decoder) => decoder.handle(bytes, at),
            Self::Rdm6300(decoder) => decoder.handle(bytes),
            Self::Keyboard(decoder) => decoder.handle(bytes, at),
            Self::HidPos(decoder) => decoder.handle(bytes, at),
            Self::Ssi(decoder) => decoder.handle(bytes, at),
            Self::Wiegand(decoder) => decoder.handle(bytes),
            Self::Framed(decoder) => decoder.handle(bytes, at),
        }
    }

    /// When [`Self::handle_timeout`] wants to be called, where silence ends a scan.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        match self {
            Self::Rdm6300(_) | Self::Wiegand(_) => None,
            Self::Line(decoder) => decoder.poll_timeout(),
            Self::Keyboard(decoder) => decoder.poll_timeout(),
            Self::HidPos(decoder) => decoder.poll_timeout(),
            Self::Ssi(decoder) => decoder.poll_timeout(),
            Self::Framed(decoder) => decoder.poll_timeout(),
        }
    }

    /// Tells the decoder that time has passed: a scan without its suffix ends here.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        match self {
            Self::Rdm6300(_) | Self::Wiegand(_) => Vec::new(),
            Self::Line(decoder) => decoder.handle_timeout(now),
            Self::Keyboard(decoder) => decoder.handle_timeout(now),
            Self::HidPos(decoder) => decoder.handle_timeout(now),
            Self::Ssi(decoder) => decoder.handle_timeout(now),
            Self::Framed(decoder) => decoder.handle_timeout(now),
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
            Self::Framed(decoder) => decoder.finish(),
        }
    }

    /// Says which command's answer is awaited, to readers that are asked: answers to others are stale from now on. With
    /// `None`, and at the start, every answer counts.
    pub fn awaiting(&mut self, command: Option<u16>) {
        if let Self::Framed(decoder) = self {
            decoder.awaiting(command);
        }
    }
}
