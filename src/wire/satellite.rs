//! Readers that speak MQTT: what their firmware says on which topic, and what it understands as an answer.
//!
//! ```text
//! preset    topic                              payload                                              a scan where
//! plain     …/reader/ID/scan                   C-FX6   or   {"tag":"04A1B2C3","n":17,"ts":"…"}      always
//!           …/reader/ID/status      retained   online | offline                                     (its will)
//! tasmota   tele/DEVICE/SENSOR                 {"Time":"…","RDM6300":{"UID":"008EC793"}}            RDM6300, PN532, RC522
//!                                              {"Time":"…","PN532":{"UID":"04A1B2C3","Data":"…"}}   or Wiegand is there
//!                                              {"Time":"…","Wiegand":{"UID":7748328,"Size":26}}     and Size is not 4 or 8
//!           tele/DEVICE/RESULT                 {"SSerialReceived":"C-FX6"}  {"SerialReceived":…}    always
//!           tele/DEVICE/LWT         retained   Online | Offline                                     (its will)
//!           cmnd/DEVICE/Buzzer      to it      COUNT,BEEP,SILENCE in tenths of a second
//! esphome   as configured                      74-10-37-94  7616525   or   {"tag":"…"} {"uid":"…"}  not empty
//!           DEVICE/status           retained   online | offline                                     (birth and will)
//! esp-rfid  BASE/send, or BASE                 {"type":"access","time":…,"uid":"…","door":"HOST",…} type is access
//!           BASE/tag (Home Assistant)          {"uid":"…","username":"…","access":"…","time":…}     uid is not blank
//!           BASE/avty               retained   online | offline
//! pointer   as configured                      any JSON; an RFC 6901 pointer names the tag          the pointer finds one
//! ```
//!
//! Quirks:
//! - Tasmota's RDM6300 tells the tag without its version byte, keeps silent for two seconds after each, and tells a card
//!   that still lies there again. Its Wiegand UID is a number, or with SetOption123 hex digits and an `h`. Size 4 and 8 are
//!   keys of a keypad. `tele/…/SENSOR` carries other sensors too. With SetOption4 the serial text comes on
//!   `tele/…/SSERIALRECEIVED` or `…/SERIALRECEIVED`. A serial RDM6300 frame may come as text, with its STX and ETX.
//! - ESPHome's `homeassistant.tag_scanned` is the native API: nothing of it reaches a broker. `on_tag` with `mqtt.publish`
//!   does. A text sensor (`…/state`) is retained, and is told again whenever its device connects: what comes there
//!   while the device is offline, and for [`SETTLE_MS`] after it said *online* or the broker was reached, is no scan.
//!   `rdm6300` gives decimal, with every frame while the card lies there; `pn532` and `rc522` hex pairs with dashes, once;
//!   `wiegand` decimal.
//! - esp-rfid writes each byte of a MIFARE card without its leading zero (04 0A A1 becomes `4aa1`), so a card must be
//!   registered as this reader tells it. Several devices share one BASE; `door` or `hostname` says which. Opening the door
//!   by a command is told as an access with a blank uid. What it understands on `BASE/cmd` opens doors and changes its
//!   users: nothing is ever sent there.
//! - Messages of quality 1 may come twice. One that carries a time is known by it; one without only by the broker's mark on
//!   what it sends again. A count (`n`) is no such sign: it begins anew with its device. Beyond that the fold and
//!   *again* hold.
//!
//! A retained message is never a scan. One that is published to be retained while we listen comes without that mark and is
//! one. Limits: payloads of [`PAYLOAD_BYTES_MAX`] bytes, JSON [`JSON_DEPTH_MAX`] levels deep,
//! [`RECENT_MAX`] messages remembered.
//!
//! Checked on: the sources of Tasmota 14 (`xsns_40`, `_51`, `_80`, `_82`, serial of `support_tasmota`) and its page on the
//! Buzzer; of ESPHome 2024 (`mqtt`, `mqtt_client`, `mqtt_text_sensor`, `rdm6300`, `wiegand`) and its pages on MQTT and RDM6300; of esp-rfid 1.3
//! and 2.0 (`mqtt`, `rfid`) and its MQTT page. Not on devices.

use std::collections::VecDeque;

use super::Decoded;
use crate::time::MonoMs;

mod body;
mod json;
mod topics;

use body::Body;
pub use topics::Topics;

/// The largest payload that is looked into, in bytes. Firmware sends a few hundred.
pub const PAYLOAD_BYTES_MAX: usize = 4096;
/// How deep lists and objects may be nested in a payload.
pub const JSON_DEPTH_MAX: usize = 8;
/// Messages remembered to know one that comes twice: with their payloads at most 64 kB a reader.
pub const RECENT_MAX: usize = 16;
/// A message is remembered for so long. What a broker sends again it sends when the connection is back.
pub const RECENT_MS: u64 = 600_000;
/// How long after *online* a text sensor's state is taken for the one before.
pub const SETTLE_MS: u64 = 3_000;

/// Tasmota and esp-rfid are silent for two seconds after each card.
const ABSENT_MS: u64 = 3_000;

/// The levels of a verdict, by name, as `answers` in the configuration names them.
pub const LEVELS: [&str; 5] = ["done", "notice", "ask", "refused", "again"];

/// Which firmware speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Our own topics.
    Plain,
    /// Tasmota.
    Tasmota,
    /// ESPHome.
    EspHome,
    /// esp-rfid.
    EspRfid,
    /// Anything that publishes JSON.
    Pointer,
}

impl Preset {
    /// Every preset, in the order in which they are documented.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Tasmota, Self::EspHome, Self::EspRfid, Self::Pointer];
    /// Their names.
    pub const NAMES: [&str; 5] = ["plain", "tasmota", "esphome", "esp-rfid", "pointer"];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tasmota => "tasmota",
            Self::EspHome => "esphome",
            Self::EspRfid => "esp-rfid",
            Self::Pointer => "pointer",
        }
    }

    /// A card that is not told for so long is away, where the firmware itself leaves gaps between two tellings of a card
    /// that lies there.
    pub fn absent_ms(self) -> Option<u64> {
        matches!(self, Self::Tasmota | Self::EspRfid).then_some(ABSENT_MS)
    }

    /// The preset of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }
}

/// One reader that speaks MQTT, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Which firmware speaks.
    pub preset: Preset,
    /// Where it tells its scans: Tasmota's `…/SENSOR`, esp-rfid's base. Plain has a topic of its own, Tasmota one
    /// that follows from its device.
    pub topic: Option<String>,
    /// Tasmota: the `%topic%` of the device. ESPHome: its topic prefix. esp-rfid: its host name.
    pub device: Option<String>,
    /// Where in the JSON the tag is, as RFC 6901 writes it.
    pub tag_pointer: Option<String>,
    /// Where the device listens for the answer; without it Tasmota's buzzer, and nothing for the others.
    pub answer_topic: Option<String>,
    /// What is said there, by level. Empty is the preset's own.
    pub answers: Vec<(String, String)>,
}

impl Setup {
    /// A preset with nothing set.
    pub fn of(preset: Preset) -> Self {
        Self { preset, topic: None, device: None, tag_pointer: None, answer_topic: None, answers: Vec::new() }
    }
}

/// A message as the broker gave it.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Where it was published.
    pub topic: &'a str,
    /// What it says.
    pub payload: &'a [u8],
    /// Kept by the broker from before we asked.
    pub retained: bool,
    /// The broker marks it as sent before.
    pub again: bool,
}

/// What a message was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A scan, no scan, or a message that is neither.
    Decoded(Decoded),
    /// A scan from before, kept by the broker: none.
    Retained,
    /// A scan that was told before: none.
    ToldAgain,
    /// The device says that it is there, or the broker that it is gone.
    Online(bool),
}

/// What is known of one reader that speaks MQTT. Holds at most [`RECENT_MAX`] payloads.
#[derive(Debug)]
pub struct Satellite {
    setup: Setup,
    topics: Topics,
    online: Option<bool>,
    settled_at: MonoMs,
    recent: VecDeque<(MonoMs, Vec<u8>)>,
}

impl Satellite {
    /// `root` is the reader's own place in the daemon's topics, `cagekeeper/v1/SITE/reader/ID`.
    pub fn new(setup: Setup, root: &str) -> Self {
        let topics = Topics::of(&setup, root);
        Self { setup, topics, online: None, settled_at: MonoMs(0), recent: VecDeque::new() }
    }

    /// Its topics.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// The broker has been reached: what it kept follows, and what the device says of itself is asked anew.
    pub fn connected(&mut self, now: MonoMs) {
        self.online = None;
        self.settled_at = now.plus(SETTLE_MS);
    }

    /// Takes a message. One of another reader gives nothing.
    pub fn handle(&mut self, message: Message<'_>, now: MonoMs) -> Vec<Heard> {
        if self.topics.status.as_deref() == Some(message.topic) {
            return self.status(message.payload, now).into_iter().collect();
        }
        if !self.topics.scans.iter().any(|topic| topic == message.topic) {
            return Vec::new();
        }
        if message.retained {
            return if message.payload.is_empty() { Vec::new() } else { vec![Heard::Retained] };
        }
        let Body { decoded, dated } = body::read(&self.setup, message.payload);
        if decoded.iter().any(|decoded| matches!(decoded, Decoded::Read(_)))
            && (self.is_told_again(message, dated, now) || self.is_echo(message.topic, now))
        {
            return vec![Heard::ToldAgain];
        }
        decoded.into_iter().map(Heard::Decoded).collect()
    }

    fn status(&mut self, payload: &[u8], now: MonoMs) -> Option<Heard> {
        let online = match payload {
            said if said.eq_ignore_ascii_case(b"online") => true,
            said if said.eq_ignore_ascii_case(b"offline") => false,
            _ => return None,
        };
        if online && self.online != Some(true) {
            self.settled_at = now.plus(SETTLE_MS);
        }
        self.online = Some(online);
        Some(Heard::Online(online))
    }

    /// Whether a text sensor says what it said before, because its device has just connected.
    fn is_echo(&self, topic: &str, now: MonoMs) -> bool {
        self.setup.preset == Preset::EspHome
            && topic.ends_with("/state")
            && (self.online == Some(false) || now < self.settled_at)
    }

    fn is_told_again(&mut self, message: Message<'_>, dated: bool, now: MonoMs) -> bool {
        self.recent.retain(|(at, _)| now.since(*at) < RECENT_MS);
        if self.recent.iter().any(|(_, payload)| payload == message.payload) && (dated || message.again) {
            return true;
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((now, message.payload.to_vec()));
        false
    }

    /// What the device is told of a verdict of this level: topic and payload. `None` where it understands nothing.
    pub fn answer(&self, level: &str) -> Option<(String, String)> {
        topics::answer(&self.setup, &self.topics, level)
    }
}

#[cfg(test)]
mod tests;
