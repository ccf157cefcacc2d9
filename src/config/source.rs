//! What a reader is attached to, as its configuration names it, and which keys only some of them have.

use super::reading::Reading;
use super::satellite::SATELLITE_KEYS;
use super::section::Section;
use crate::wire::Protocol;

/// What a reader can be attached to, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Serial,
    Hid,
    Mqtt,
    Stdin,
    Replay,
}

impl Source {
    pub(super) const ALL: [Self; 5] = [Self::Serial, Self::Hid, Self::Mqtt, Self::Stdin, Self::Replay];
    pub(super) const NAMES: [&str; 5] = ["serial", "hid", "mqtt", "stdin", "replay"];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Hid => "hid",
            Self::Mqtt => "mqtt",
            Self::Stdin => "stdin",
            Self::Replay => "replay",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// The keys that only some sources have, of those that this one has.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Serial => &["path", "baud", "vendor", "product", "serial", "usb_path"],
            Self::Hid => &USB_KEYS,
            Self::Mqtt => &SATELLITE_KEYS,
            Self::Stdin => &[],
            Self::Replay => &["path"],
        }
    }

    /// What most devices of this source send; a recording may hold anything.
    pub(super) fn default_protocol(self) -> Option<Protocol> {
        match self {
            Self::Serial | Self::Stdin | Self::Mqtt => Some(Protocol::Line),
            Self::Hid => Some(Protocol::Keyboard),
            Self::Replay => None,
        }
    }

    pub(super) fn carries(self, protocol: Protocol) -> bool {
        self == Self::Replay || protocol.in_reports() == (self == Self::Hid)
    }
}

pub(super) const USB_KEYS: [&str; 4] = ["vendor", "product", "serial", "usb_path"];
const SOURCE_KEYS: [&str; 12] = [
    "path",
    "baud",
    "vendor",
    "product",
    "serial",
    "usb_path",
    "preset",
    "topic",
    "device",
    "tag_pointer",
    "answer_topic",
    "answers",
];

/// Notes the keys that only other sources have.
pub(super) fn refuse_other_sources(section: &Section<'_>, source: Source, reading: &mut Reading<'_>) {
    for key in SOURCE_KEYS.iter().filter(|key| !source.keys().contains(key)) {
        let owners: Vec<&str> =
            Source::ALL.into_iter().filter(|other| other.keys().contains(key)).map(Source::name).collect();
        let expected =
            format!("it only with source {}; this reader's is {}", owners.join(" or "), source.name());
        section.misplaced(key, &expected, &mut reading.problems);
    }
}
