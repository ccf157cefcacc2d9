//! `[[reader]]`: the devices at the stations, and which keys belong to what they are attached to.

use toml::de::DeTable;

use super::asking;
use super::gate;
use super::model::{baud, model};
use super::profile::Profiles;
use super::profiled::keys_of_profile;
use super::reading::{ID, Reading};
use super::satellite::{same_messages, satellite, shared};
use super::section::{Section, Setting, refuse_twice};
use super::source::{Source, USB_KEYS, refuse_other_sources};
use super::station::station_of;
use super::{ReaderConfig, ReaderSource, StationConfig, StationKind};
use crate::domain::id::ReaderId;
use crate::domain::way::Way;
use crate::wire::Protocol;

pub(super) const READER_KEYS: [&str; 34] = [
    "id",
    "station",
    "source",
    "path",
    "protocol",
    "baud",
    "layout",
    "vendor",
    "product",
    "serial",
    "usb_path",
    "ask",
    "region",
    "power_dbm",
    "antennas",
    "absent_ms",
    "reads_min",
    "rssi_min_dbm",
    "card_format",
    "feedback",
    "preset",
    "topic",
    "device",
    "tag_pointer",
    "answer_topic",
    "answers",
    "profile",
    "prefix",
    "suffix",
    "gap_ms",
    "way",
    "side",
    "inside_antennas",
    "outside_antennas",
];

/// The readers of a file in its order; those that are wrong are left out and noted.
pub(super) fn readers(
    top: &Section<'_>,
    stations: &[Option<StationConfig>],
    profiles: &Profiles,
    reading: &mut Reading<'_>,
) -> Vec<ReaderConfig> {
    let sections = top.children("reader", &mut reading.problems);
    refuse_twice("reader", &sections, &mut reading.problems);
    let mut readers: Vec<ReaderConfig> = Vec::new();
    for section in &sections {
        let Some(keys) = keys_of_profile(section, profiles, reading) else { continue };
        let (behind, _) = DeTable::parse_recoverable(&keys);
        let section = &section.with_behind(behind.get_ref());
        let Some(reader) = reader(section, stations, reading) else { continue };
        if let Some(other) = readers.iter().find(|other| same_device(&other.source, &reader.source)) {
            refuse_shared(section, &reader, other, reading);
        }
        readers.push(reader);
    }
    gate::refuse_one_side(&sections, &readers, reading);
    gate::refuse_misfits(&sections, &readers, stations, reading);
    readers
}

fn reader(
    section: &Section<'_>,
    stations: &[Option<StationConfig>],
    reading: &mut Reading<'_>,
) -> Option<ReaderConfig> {
    section.refuse_unknown(&READER_KEYS, &mut reading.problems);
    let id =
        section.require("id", ID, &mut reading.problems, |setting| ReaderId::parse(setting.text()?).ok());
    let station = station_of(section, stations, reading);
    let station_kind =
        stations.iter().flatten().find(|of| Some(&of.id) == station.as_ref()).map(|of| of.kind);
    if section.setting("source").is_none() {
        section.missing("source", "one of serial, hid, mqtt, stdin or replay", &mut reading.problems);
    }
    let source = section.choice("source", &Source::NAMES, &mut reading.problems, Source::parse)?;
    refuse_other_sources(section, source, reading);
    let model = model(section, source, reading);
    let protocol = model.protocol;
    let poll =
        protocol.and_then(|protocol| asking::asking(section, source == Source::Serial, protocol, reading));
    if source == Source::Mqtt {
        section.misplaced(
            "feedback",
            "none: a device that speaks MQTT is told by its preset",
            &mut reading.problems,
        );
    }
    let on_hid = source == Source::Hid;
    let source = attached(section, source, protocol, reading);
    let vendor = match &source {
        Some(ReaderSource::Hid { vendor, .. }) => *vendor,
        _ => None,
    };
    let feedback = asking::feedback(section, (on_hid, vendor), protocol, reading);
    let way = way(section, station_kind, reading);
    let sides = gate::sides(section, station_kind, (protocol?, poll.as_ref()), reading);
    Some(ReaderConfig {
        id: id?,
        station: station?,
        source: source?,
        protocol: protocol?,
        layout: model.layout,
        poll,
        absent_ms: model.absent_ms,
        reads_min: model.reads_min,
        rssi_min_dbm: model.rssi_min_dbm,
        card_format: model.card_format,
        feedback,
        framing: model.framing,
        way,
        sides,
    })
}

/// At a desk and at a count nobody comes or goes.
fn way(section: &Section<'_>, kind: Option<StationKind>, reading: &mut Reading<'_>) -> Option<Way> {
    if matches!(kind, Some(StationKind::Desk | StationKind::Count)) {
        section.misplaced("way", "it only at a station of kind door or gate", &mut reading.problems);
    }
    section.choice("way", &Way::ALL.map(Way::name), &mut reading.problems, Way::parse)
}

fn attached(
    section: &Section<'_>,
    source: Source,
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Option<ReaderSource> {
    match source {
        Source::Serial => serial(section, protocol, reading),
        Source::Hid => hid(section, reading),
        Source::Mqtt => satellite(section, reading).map(|setup| ReaderSource::Mqtt(Box::new(setup))),
        Source::Stdin => Some(ReaderSource::Stdin),
        Source::Replay => {
            let path = required_path(section, "the path of a recording", reading);
            Some(ReaderSource::Replay { path: path? })
        }
    }
}

/// As set, or as readers of the protocol come.
fn required_path(
    section: &Section<'_>,
    expected: &str,
    reading: &mut Reading<'_>,
) -> Option<std::path::PathBuf> {
    if section.setting("path").is_none() {
        section.missing("path", expected, &mut reading.problems);
    }
    reading.path(section, "path")
}

/// By its path, or by the identity of a USB device, and not by both: they could name two devices.
fn serial(
    section: &Section<'_>,
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Option<ReaderSource> {
    let baud = baud(section, protocol, reading);
    let by_usb = USB_KEYS.iter().any(|key| section.setting(key).is_some());
    if by_usb && section.setting("path").is_some() {
        let expected =
            "either it or vendor, product, serial and usb_path, not both: they may name two devices";
        section.misplaced("path", expected, &mut reading.problems);
    }
    if by_usb {
        let (vendor, product, serial, usb_path) = usb_device(section, reading);
        return Some(ReaderSource::SerialUsb { vendor, product, serial, usb_path, baud });
    }
    let expected = "the path of a tty such as /dev/serial/by-path/…, or vendor and product, serial or usb_path \
                    to choose a USB device by";
    required_path(section, expected, reading).map(|path| ReaderSource::Serial { path, baud })
}

fn hid(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<ReaderSource> {
    if USB_KEYS.iter().all(|key| section.setting(key).is_none()) {
        let expected = "at least one of vendor, product, serial and usb_path to choose the device by";
        section.wrong("source", expected, &mut reading.problems);
    }
    let (vendor, product, serial, usb_path) = usb_device(section, reading);
    Some(ReaderSource::Hid { vendor, product, serial, usb_path })
}

/// What a USB device is chosen by: vendor, product, serial number, USB path.
type UsbDevice = (Option<u16>, Option<u16>, Option<String>, Option<String>);

fn usb_device(section: &Section<'_>, reading: &mut Reading<'_>) -> UsbDevice {
    let problems = &mut reading.problems;
    let usb_id = "a USB id from 0x0000 to 0xffff, as 0x05e0, \"0x05e0\" or \"05e0\"";
    let vendor = section.read("vendor", usb_id, problems, usb_id_of);
    let product = section.read("product", usb_id, problems, usb_id_of);
    let serial = section.read("serial", "a serial number that is not empty", problems, |setting| {
        setting.text().filter(|serial| !serial.is_empty()).map(str::to_owned)
    });
    let usb_path =
        section.read("usb_path", "a USB path such as \"1-1.4\" or \"1-1.4:1.0\"", problems, |setting| {
            setting.text().filter(|path| is_usb_path(path)).map(str::to_owned)
        });
    (vendor, product, serial, usb_path)
}

/// A number, or four hex digits as `lsusb` prints them.
fn usb_id_of(setting: Setting<'_>) -> Option<u16> {
    if let Some(number) = setting.integer() {
        return u16::try_from(number).ok();
    }
    let text = setting.text()?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// As the kernel writes it: bus `-` port, `.` port at each hub, and `:` configuration `.` interface.
fn is_usb_path(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (device, interface) = match text.split_once(':') {
        Some((device, interface)) => (device, Some(interface)),
        None => (text, None),
    };
    let ports_fit =
        device.split_once('-').is_some_and(|(bus, ports)| is_number(bus) && ports.split('.').all(is_number));
    ports_fit
        && interface.is_none_or(|i| i.split_once('.').is_some_and(|(c, i)| is_number(c) && is_number(i)))
}

/// Whether two readers would take the same device. A recording can be played by several.
fn same_device(a: &ReaderSource, b: &ReaderSource) -> bool {
    match (a, b) {
        (ReaderSource::Stdin, ReaderSource::Stdin) => true,
        (ReaderSource::Serial { path: a, .. }, ReaderSource::Serial { path: b, .. }) => a == b,
        (ReaderSource::Hid { .. }, ReaderSource::Hid { .. })
        | (ReaderSource::SerialUsb { .. }, ReaderSource::SerialUsb { .. }) => {
            chooses_all_of(a, b) || chooses_all_of(b, a)
        }
        (ReaderSource::Mqtt(a), ReaderSource::Mqtt(b)) => same_messages(a, b),
        _ => false,
    }
}

/// Whether each device that `narrow` chooses is also chosen by `wide`.
fn chooses_all_of(wide: &ReaderSource, narrow: &ReaderSource) -> bool {
    let (Some(wide), Some(narrow)) = (usb_device_of(wide), usb_device_of(narrow)) else { return false };
    (wide.0.is_none() || wide.0 == narrow.0)
        && (wide.1.is_none() || wide.1 == narrow.1)
        && (wide.2.is_none() || wide.2 == narrow.2)
        && (wide.3.is_none() || wide.3 == narrow.3)
}

fn usb_device_of(source: &ReaderSource) -> Option<UsbDevice> {
    match source.clone() {
        ReaderSource::Hid { vendor, product, serial, usb_path }
        | ReaderSource::SerialUsb { vendor, product, serial, usb_path, .. } => {
            Some((vendor, product, serial, usb_path))
        }
        _ => None,
    }
}

fn refuse_shared(
    section: &Section<'_>,
    reader: &ReaderConfig,
    other: &ReaderConfig,
    reading: &mut Reading<'_>,
) {
    let (key, expected) = match &reader.source {
        ReaderSource::Mqtt(setup) => shared(section, setup, other),
        _ => shared_device(reader, &other.id),
    };
    section.wrong(key, &expected, &mut reading.problems);
}

fn shared_device(reader: &ReaderConfig, other: &ReaderId) -> (&'static str, String) {
    match reader.source {
        ReaderSource::Serial { .. } => ("path", format!("another device than reader {other} has")),
        ReaderSource::Hid { .. } | ReaderSource::SerialUsb { .. } => (
            "source",
            format!(
                "a serial or usb_path on both readers that tells this device from that of reader {other}"
            ),
        ),
        _ => ("source", format!("one reader on stdin: reader {other} reads it already")),
    }
}
