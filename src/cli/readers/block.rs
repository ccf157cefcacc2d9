//! The `[[reader]]` block of a device, as it is pasted into the configuration.

use std::fmt::{self, Write};
use std::path::Path;

use crate::config::{Config, Defaults, ReaderConfig, ReaderSource};
use crate::domain::id::ReaderId;
use crate::io::readers::census::Device;
use crate::wire::Protocol;
use crate::wire::framing::Suffix;
use crate::wire::learn::Learned;

/// A block: keys and their values as TOML writes them, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    keys: Vec<(&'static str, String)>,
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The keys by which a USB device is chosen.
fn chosen_by(
    vendor: Option<u16>,
    product: Option<u16>,
    serial: Option<&str>,
    usb_path: Option<&str>,
) -> Vec<(&'static str, String)> {
    let id = |key, id: Option<u16>| id.map(|id| (key, quoted(&format!("{id:04x}"))));
    let text = |key, text: Option<&str>| text.map(|text| (key, quoted(text)));
    let all =
        [id("vendor", vendor), id("product", product), text("serial", serial), text("usb_path", usb_path)];
    all.into_iter().flatten().collect()
}

impl Block {
    /// The block that makes a reader of a device, at the first station.
    pub(super) fn of_device(config: &Config, device: &Device) -> Self {
        let station = config.stations.first().map(|station| station.id.as_str()).unwrap_or("cage");
        let base = if device.is_hid { "scanner" } else { "line" };
        let taken = |id: &str| config.readers.iter().any(|reader| reader.id.as_str() == id);
        let free = (2..).map(|number| format!("{base}-{number}"));
        let id = std::iter::once(base.to_owned()).chain(free).find(|id| !taken(id)).unwrap_or_default();
        let mut block = Self { keys: vec![("id", quoted(&id)), ("station", quoted(station))] };
        block.attach(device);
        block.keys.push(("protocol", quoted(device.probably.protocol())));
        block
    }

    /// The block of a reader that the configuration has, with only what it is and what it is attached to.
    pub(super) fn of_reader(reader: &ReaderConfig) -> Self {
        let mut keys = vec![("id", quoted(reader.id.as_str())), ("station", quoted(reader.station.as_str()))];
        match &reader.source {
            ReaderSource::Serial { path, baud } => {
                keys.extend([
                    ("source", quoted("serial")),
                    ("path", path_of(path)),
                    ("baud", baud.to_string()),
                ]);
            }
            ReaderSource::SerialUsb { vendor, product, serial, usb_path, baud } => {
                keys.push(("source", quoted("serial")));
                keys.extend(chosen_by(*vendor, *product, serial.as_deref(), usb_path.as_deref()));
                keys.push(("baud", baud.to_string()));
            }
            ReaderSource::Hid { vendor, product, serial, usb_path } => {
                keys.push(("source", quoted("hid")));
                keys.extend(chosen_by(*vendor, *product, serial.as_deref(), usb_path.as_deref()));
            }
            ReaderSource::Stdin => keys.push(("source", quoted("stdin"))),
            ReaderSource::Mqtt(_) => keys.push(("source", quoted("mqtt"))),
            ReaderSource::Replay { path } => {
                keys.extend([("source", quoted("replay")), ("path", path_of(path))]);
            }
        }
        keys.push(("protocol", quoted(reader.protocol.name())));
        Self { keys }
    }

    /// How the device is chosen: by what stays the same when it is plugged in elsewhere, and by where it is only if
    /// nothing else tells it from another.
    fn attach(&mut self, device: &Device) {
        if !device.is_hid {
            let path = device.by_path.as_deref().unwrap_or(&device.node);
            self.keys.extend([("source", quoted("serial")), ("path", path_of(path))]);
            return;
        }
        self.keys.push(("source", quoted("hid")));
        let (vendor, product) = device.usb.unzip();
        let is_one_of_several = device.has_twin || device.has_siblings;
        let path = device.usb_path.as_deref().filter(|_| is_one_of_several);
        self.keys.extend(chosen_by(vendor, product, device.serial.as_deref(), path));
    }

    /// The same, chosen by where the device is at this moment.
    pub(super) fn for_this_moment(mut self, device: &Device) -> Self {
        match &device.usb_path {
            _ if !device.is_hid => self.set("path", path_of(&device.node)),
            Some(path) => self.set("usb_path", quoted(path)),
            None => {}
        }
        self.set("id", quoted(&device.id.to_lowercase()));
        self
    }

    /// The same with another protocol.
    pub(super) fn with_protocol(mut self, protocol: Option<Protocol>) -> Self {
        if let Some(protocol) = protocol {
            self.set("protocol", quoted(protocol.name()));
        }
        self
    }

    /// The same with more keys, whose values are written already.
    pub(super) fn with_keys(mut self, keys: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        keys.into_iter().for_each(|(key, value)| self.set(key, value));
        self
    }

    fn set(&mut self, key: &'static str, value: String) {
        match self.keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => self.keys.push((key, value)),
        }
    }

    /// The reader that it makes, by itself. The error says what is wrong, as for a configuration.
    pub(super) fn reader(&self) -> anyhow::Result<ReaderConfig> {
        let station = self.keys.iter().find(|(key, _)| *key == "station").map(|(_, id)| id.as_str());
        let text = format!("[[station]]\nid = {}\n{self}", station.unwrap_or("\"cage\""));
        let defaults = Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: "ledger.db".into(),
            control: "control.sock".into(),
        };
        let mut config = Config::parse(&text, None, &defaults)?;
        let reader = config.readers.pop();
        reader.ok_or_else(|| anyhow::anyhow!("no reader came of the block"))
    }
}

/// The keys that say what was learned, as a block and a profile have them.
pub(super) fn learned_keys(learned: &Learned) -> Vec<(&'static str, String)> {
    let mut keys = vec![("protocol", quoted(learned.protocol.name()))];
    keys.extend(learned.layout.map(|layout| ("layout", quoted(layout.name()))));
    keys.extend(learned.framing.prefix.as_deref().map(|prefix| ("prefix", quoted(prefix))));
    let suffix = Some(learned.framing.suffix).filter(|suffix| *suffix != Suffix::Any);
    keys.extend(suffix.map(|suffix| ("suffix", quoted(suffix.name()))));
    keys.extend(learned.framing.gap_ms.map(|gap_ms| ("gap_ms", gap_ms.to_string())));
    keys
}

fn path_of(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// The id of a reader that a device may have.
pub(super) fn reader_id(word: &str) -> Option<ReaderId> {
    ReaderId::parse(&word.to_lowercase()).ok()
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[[reader]]\n")?;
        self.keys.iter().try_for_each(|(key, value)| writeln!(f, "{key} = {value}"))?;
        f.write_char('\n')
    }
}
