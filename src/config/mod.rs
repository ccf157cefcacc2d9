//! The configuration as meant: checked, with defaults, in the units the program works in.
//!
//! [`file`] reads the configuration as written and makes this of it, or says what is wrong, where, and what
//! was expected. The commented default (`config/cagekeeper.toml`) is compiled in, so it cannot lie.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::id::{LampId, PersonHandle, ReaderId, RoomId, SiteId, StationId};
use crate::domain::rules::HouseRules;
pub use crate::domain::rules::StationKind;
use crate::domain::way::{Sides, Way};
use crate::wire::card::CardFormat;
use crate::wire::feel::Buzzer;
use crate::wire::framing::Framing;
use crate::wire::poll::PollSetup;
use crate::wire::{self, Protocol, layout::Layout};

mod asking;
mod backup;
mod broker;
mod calendar;
pub mod check;
pub mod file;
mod gate;
mod hours;
mod house;
mod lamp;
mod model;
mod origin;
pub mod problem;
pub mod profile;
mod profiled;
mod reader;
mod reading;
mod satellite;
pub mod secret;
mod section;
mod source;
mod station;
mod text_framing;
mod web;

pub use backup::BackupConfig;
pub use check::{Finding, check};
pub use file::Defaults;
pub use model::PROFILE_KEYS;
pub use problem::{ConfigError, ConfigErrors};
pub use profile::{Profile, Profiles};
pub use web::{Address, CalendarConfig, CalendarFrom, WebConfig};

/// The commented default, which is also the configuration of a machine that has no file.
pub const DEFAULT_TOML: &str = include_str!("../../config/cagekeeper.toml");

/// Everything the daemon is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the configuration came from; `None` for the embedded default.
    pub source: Option<PathBuf>,
    /// Names the studio in every topic.
    pub site: SiteId,
    /// Names this daemon in its topics, where a site has several.
    pub daemon: crate::domain::id::DaemonId,
    /// The studio's time zone: times without an offset are meant in it.
    pub timezone: Tz,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// The ledger file.
    pub ledger: LedgerConfig,
    /// The broker.
    pub mqtt: MqttConfig,
    /// What the rules of the house need to know.
    pub house: Arc<HouseRules>,
    /// The control socket.
    pub control: ControlConfig,
    /// Whether the machine's clock is believed.
    pub clock_trusted: ClockTrust,
    /// The places where people scan.
    pub stations: Vec<StationConfig>,
    /// The devices there.
    pub readers: Vec<ReaderConfig>,
    /// The models that readers may name.
    pub profiles: Arc<Profiles>,
    /// The lamps there that hang on wires of this machine.
    pub lamps: Vec<LampConfig>,
    /// The calendars from which bookings come.
    pub calendars: Vec<CalendarConfig>,
    /// What is served over HTTP.
    pub web: WebConfig,
    /// Where backups go.
    pub backup: BackupConfig,
}

/// `[ledger]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// The database file.
    pub path: PathBuf,
    /// Days for which the scan log is kept. Facts are kept for ever.
    pub scan_log_days: u32,
    /// The name that this site had before: its ledger is taken over. One of any other site is refused.
    pub site_before: Option<SiteId>,
}

/// `[mqtt]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttConfig {
    /// Where the broker is.
    pub broker: Broker,
    /// Whether people's names may leave on MQTT.
    pub names: bool,
    /// Retained topics brought up to date in a second after a connect.
    pub republish_per_s: u32,
}

/// Which broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broker {
    /// The broker in this program.
    Embedded {
        /// Where it listens.
        listen: SocketAddr,
    },
    /// Somebody else's.
    External(Box<ExternalBroker>),
}

/// A broker on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalBroker {
    /// Host name or address.
    pub host: String,
    /// TCP port: 1883 for `mqtt://`, 8883 for `mqtts://` unless the URL names another.
    pub port: u16,
    /// `mqtts://`
    pub tls: bool,
    /// User name at the broker.
    pub username: Option<String>,
    /// File with the password on its first line.
    pub password_file: Option<PathBuf>,
    /// PEM file of the authority that signed the broker's certificate; the system's authorities without it.
    pub ca_file: Option<PathBuf>,
    /// PEM file of this client's certificate.
    pub cert_file: Option<PathBuf>,
    /// PEM file of this client's key.
    pub key_file: Option<PathBuf>,
}

/// `[control]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlConfig {
    /// The Unix socket.
    pub path: PathBuf,
    /// Which person a Unix user is. A user who is not named here counts as attendant.
    pub actors: BTreeMap<String, PersonHandle>,
}

/// `[clock] trusted`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrust {
    /// What the kernel says of its synchronisation.
    Kernel,
    /// The operator vouches for the clock, or against it.
    Fixed(bool),
}

/// Whether gear leaves without a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonRule {
    /// A badge opens a session before gear can leave.
    Required,
    /// Gear toggles between out and home without a badge.
    Optional,
}

/// `[[station]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationConfig {
    /// Names the station.
    pub id: StationId,
    /// What kind of conversation it has.
    pub kind: StationKind,
    /// The room in which it stands, or to which it is the door.
    pub room: Option<RoomId>,
    /// Whether gear leaves without a badge.
    pub person: PersonRule,
    /// A session without a scan for so long is closed, in milliseconds.
    pub session_idle_ms: u64,
    /// An *ask* without an answer for so long lapses, in milliseconds.
    pub confirm_ms: u64,
    /// A station that counts leaves its count after so long without a scan, in milliseconds.
    pub count_idle_ms: u64,
    /// Without a badge an asset toggles again only after so long, in milliseconds.
    pub repeat_ms: u64,
    /// What is a passage and what lies in view, at a gate.
    pub gate: GateTimes,
}

/// What a gate is told of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateTimes {
    /// A tag that is read on and off for longer lies in view, in milliseconds.
    pub stray_ms: u64,
    /// Passages that end within so long of each other are one group, in milliseconds.
    pub group_ms: u64,
}

impl Default for GateTimes {
    fn default() -> Self {
        Self { stray_ms: 30_000, group_ms: 1_000 }
    }
}

/// `[[reader]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderConfig {
    /// Names the reader.
    pub id: ReaderId,
    /// Where it stands.
    pub station: StationId,
    /// What it is attached to.
    pub source: ReaderSource,
    /// How its bytes are framed.
    pub protocol: Protocol,
    /// What the keys of a keyboard reader are called.
    pub layout: Layout,
    /// How it is asked; `None` where it speaks unasked.
    pub poll: Option<PollSetup>,
    /// A card or tag not read for so long is away, in milliseconds; `None`: what its carrier needs.
    pub absent_ms: Option<u64>,
    /// A tag counts after so many reads; `None`: what its carrier needs.
    pub reads_min: Option<u32>,
    /// Weaker reads make no scan.
    pub rssi_min_dbm: Option<i32>,
    /// How it writes the numbers of cards; `None`: codes stay as they are read.
    pub card_format: Option<CardFormat>,
    /// Which way it is made to sound.
    pub feedback: Buzzer,
    /// What it puts before and after a code.
    pub framing: Framing,
    /// Which way somebody or something goes that it reads, at a door or a gate.
    pub way: Option<Way>,
    /// On which side of a gate it sees.
    pub sides: Sides,
}

impl ReaderConfig {
    /// A reader of which nothing else is said.
    pub fn of(id: ReaderId, station: StationId, source: ReaderSource, protocol: Protocol) -> Self {
        Self {
            id,
            station,
            source,
            protocol,
            layout: Layout::default(),
            poll: None,
            absent_ms: None,
            reads_min: None,
            rssi_min_dbm: None,
            card_format: None,
            feedback: Buzzer::None,
            framing: Framing::default(),
            way: None,
            sides: Sides::default(),
        }
    }
}

/// `[[lamp]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LampConfig {
    /// Names the lamp.
    pub id: LampId,
    /// Whose verdicts it shows.
    pub station: StationId,
    /// The GPIO chip, by path or label.
    pub chip: String,
    /// The line of the green lamp.
    pub green: Option<u32>,
    /// The line of the amber lamp.
    pub amber: Option<u32>,
    /// The line of the red lamp.
    pub red: Option<u32>,
    /// The line of the buzzer.
    pub buzzer: Option<u32>,
    /// Whether a wire is on when it is low.
    pub active_low: bool,
}

impl LampConfig {
    /// The lines that it has, by the names of their keys.
    pub fn wires(&self) -> impl Iterator<Item = (&'static str, u32)> + use<> {
        let named =
            [("green", self.green), ("amber", self.amber), ("red", self.red), ("buzzer", self.buzzer)];
        named.into_iter().filter_map(|(name, line)| Some((name, line?)))
    }
}

/// What a reader is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderSource {
    /// A tty.
    Serial {
        /// Device path; `/dev/serial/by-path/…` stays the same over reboots.
        path: PathBuf,
        /// Bits per second.
        baud: u32,
    },
    /// A tty of a USB device, chosen by whatever is given.
    SerialUsb {
        /// USB vendor id.
        vendor: Option<u16>,
        /// USB product id.
        product: Option<u16>,
        /// USB serial number.
        serial: Option<String>,
        /// USB path, as `1-1.4` or `1-1.4:1.0`.
        usb_path: Option<String>,
        /// Bits per second.
        baud: u32,
    },
    /// A USB HID device, chosen by whatever is given.
    Hid {
        /// USB vendor id.
        vendor: Option<u16>,
        /// USB product id.
        product: Option<u16>,
        /// USB serial number.
        serial: Option<String>,
        /// USB path, as `1-1.4` or `1-1.4:1.0`.
        usb_path: Option<String>,
    },
    /// A device that speaks MQTT.
    Mqtt(Box<wire::satellite::Setup>),
    /// Standard input.
    Stdin,
    /// A recording.
    Replay {
        /// JSON lines of `{"at_ms", "reader", "hex"}`.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests;
