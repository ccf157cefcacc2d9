//! The `[[reader]]` block of a device, as it is pasted into the configuration.

use std::fmt::{self, Write};
use std::path::Path;

use crate::config::profile::{Attachment, Reads};
use crate::config::{Config, Defaults, PROFILE_KEYS, ReaderConfig, ReaderSource};
use crate::io::readers::census::Device;
use crate::io::readers::likeness;
use crate::wire::Protocol;
use crate::wire::feel::Buzzer;
use crate::wire::framing::Suffix;
use crate::wire::learn::Learned;
use crate::wire::poll::{PollSetup, Poller};

/// Beneath a block that is only listened to.
pub(super) const ONLY_LISTENED_TO: &str =
    "# ask = false: it is only listened to. Set region and power_dbm as the law allows, and it is asked.";

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
    /// The block that makes a reader of a device, at the first station. `taken`: ids that other blocks have.
    pub(super) fn of_device(config: &Config, device: &Device, taken: &[String]) -> Self {
        let station = config.stations.first().map(|station| station.id.as_str()).unwrap_or("cage");
        let base = if device.is_hid { "scanner" } else { "line" };
        let is_taken = |id: &String| {
            taken.contains(id) || config.readers.iter().any(|reader| reader.id.as_str() == id.as_str())
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let id =
            std::iter::once(base.to_owned()).chain(numbered).find(|id| !is_taken(id)).unwrap_or_default();
        let mut block = Self { keys: vec![("id", quoted(&id)), ("station", quoted(station))] };
        block.attach(device);
        block.read_as(config, device);
        block
    }

    /// How the device is read: as its model where that is known, else as its kind mostly is.
    fn read_as(&mut self, config: &Config, device: &Device) {
        let Some(model) = device.model() else {
            let of_models = likeness::protocol(&device.models).map(Protocol::name);
            self.keys.push(("protocol", quoted(of_models.unwrap_or(device.probably.protocol()))));
            return;
        };
        let Reads { source, protocol, keys } = &model.reads;
        let meant = |protocol| {
            let profile = config.profiles.get(&model.profile)?;
            profile.mode_for(Some(*source), protocol)?.reads().filter(|reads| **reads == model.reads)
        };
        if meant(None).is_some() {
            self.name_profile(&model.profile);
        } else {
            self.keys.push(("protocol", quoted(protocol.name())));
            match meant(Some(*protocol)) {
                Some(_) => self.name_profile(&model.profile),
                None => self.keys.extend(keys.iter().filter_map(|(key, value)| {
                    let key = PROFILE_KEYS.iter().copied().find(|known| known == key)?;
                    Some((key, value.clone()))
                })),
            }
        }
        if protocol.is_radio() && *source == Attachment::Serial {
            self.keys.push(("ask", "false".to_owned()));
        }
    }

    fn name_profile(&mut self, id: &str) {
        let at = self.keys.iter().position(|(key, _)| *key == "source").unwrap_or(self.keys.len());
        self.keys.insert(at, ("profile", quoted(id)));
    }

    /// The same with a profile that says everything about the model.
    pub(super) fn with_profile(mut self, id: &str) -> Self {
        self.keys.retain(|(key, _)| *key == "source" || *key != "profile" && !PROFILE_KEYS.contains(key));
        self.name_profile(id);
        self
    }

    /// The same without a profile: its keys are to be given.
    pub(super) fn without_profile(mut self) -> Self {
        self.keys.retain(|(key, _)| *key != "profile");
        self
    }

    /// The id of its reader.
    pub(super) fn id(&self) -> String {
        let id = self.keys.iter().find(|(key, _)| *key == "id").map(|(_, id)| id.trim_matches('"'));
        id.unwrap_or_default().to_owned()
    }

    /// Whether its reader would have to be asked, which needs a region and a power that nobody has named.
    pub(super) fn is_only_listened_to(&self) -> bool {
        self.keys.iter().any(|(key, value)| *key == "ask" && value == "false")
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
        keys.extend(asked_keys(reader));
        Self { keys }
    }

    /// How the device is chosen: by what stays the same when it is plugged in elsewhere, and by where it is only if
    /// nothing else tells it from another. An adapter whose ids many have tells nothing about what is behind it.
    fn attach(&mut self, device: &Device) {
        let source = if device.is_hid { "hid" } else { "serial" };
        self.keys.push(("source", quoted(source)));
        let is_told_by_ids = device.is_hid || device.serial.is_some() || device.is_scanner();
        let Some((vendor, product)) = device.usb.filter(|_| is_told_by_ids) else {
            let path = device.by_path.as_deref().unwrap_or(&device.node);
            self.keys.push(("path", path_of(path)));
            return;
        };
        let is_one_of_several = device.has_twin || device.has_siblings;
        let path = device.usb_path.as_deref().filter(|_| is_one_of_several);
        self.keys.extend(chosen_by(Some(vendor), Some(product), device.serial.as_deref(), path));
    }

    /// The same, chosen by where the device is at this moment.
    pub(super) fn for_this_moment(mut self, device: &Device) -> Self {
        match &device.usb_path {
            _ if !device.is_hid => {
                self.keys.retain(|(key, _)| !["vendor", "product", "serial", "usb_path"].contains(key));
                self.set("path", path_of(&device.node));
            }
            Some(path) => self.set("usb_path", quoted(path)),
            None => {}
        }
        self.set("id", quoted(&device.id.to_lowercase()));
        self
    }

    /// The same with another protocol, of which no profile knows.
    pub(super) fn with_protocol(mut self, protocol: Option<Protocol>) -> Self {
        if let Some(protocol) = protocol {
            self.keys.retain(|(key, _)| *key == "source" || *key != "profile" && !PROFILE_KEYS.contains(key));
            self.keys.retain(|(key, _)| *key != "ask");
            self.set("protocol", quoted(protocol.name()));
            if protocol.is_radio() {
                self.set("ask", "false".to_owned());
            }
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

    /// The reader that it makes, by itself, with the profiles of a folder as well. The error says what is wrong, as for a configuration.
    pub(super) fn reader(&self, profiles: Option<&Path>) -> anyhow::Result<ReaderConfig> {
        let profiles = profiles.map(|folder| format!("profiles = {}\n", path_of(folder))).unwrap_or_default();
        let station = self.keys.iter().find(|(key, _)| *key == "station").map(|(_, id)| id.as_str());
        let text = format!("{profiles}[[station]]\nid = {}\n{self}", station.unwrap_or("\"cage\""));
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

/// How a reader is asked, where it is one that can be.
fn asked_keys(reader: &ReaderConfig) -> Vec<(&'static str, String)> {
    let on_a_line = matches!(reader.source, ReaderSource::Serial { .. } | ReaderSource::SerialUsb { .. });
    match &reader.poll {
        None if on_a_line && Poller::asks(reader.protocol) => vec![("ask", "false".to_owned())],
        Some(PollSetup { region, power_dbm, antennas }) if reader.protocol.is_radio() => {
            let region = region.map(|region| ("region", quoted(region.name())));
            let power = power_dbm.map(|power| ("power_dbm", power.to_string()));
            let antennas = Some(("antennas", format!("{antennas:?}")));
            [region, power, antennas].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

/// The keys of a profile that say what a reader is, besides its source, in the order in which they are read best.
pub(super) fn model_keys(reader: &ReaderConfig) -> Vec<(&'static str, String)> {
    let ReaderConfig { protocol, layout, framing, .. } = reader;
    let baud = match reader.source {
        ReaderSource::Serial { baud, .. } | ReaderSource::SerialUsb { baud, .. } => Some(baud),
        _ => None,
    };
    let layout = Some(layout).filter(|_| *protocol == Protocol::Keyboard);
    let suffix = Some(framing.suffix).filter(|suffix| *suffix != Suffix::Any);
    let feedback =
        Some(reader.feedback).filter(|buzzer| *buzzer != Buzzer::None || *protocol == Protocol::Ssi);
    let all = [
        Some(("protocol", quoted(protocol.name()))),
        baud.map(|baud| ("baud", baud.to_string())),
        layout.map(|layout| ("layout", quoted(layout.name()))),
        framing.prefix.as_deref().map(|prefix| ("prefix", quoted(prefix))),
        suffix.map(|suffix| ("suffix", quoted(suffix.name()))),
        framing.gap_ms.map(|gap_ms| ("gap_ms", gap_ms.to_string())),
        reader.absent_ms.map(|ms| ("absent_ms", ms.to_string())),
        reader.reads_min.map(|reads| ("reads_min", reads.to_string())),
        reader.rssi_min_dbm.map(|dbm| ("rssi_min_dbm", dbm.to_string())),
        reader.card_format.map(|format| ("card_format", quoted(format.name()))),
        feedback.map(|buzzer| ("feedback", quoted(buzzer.name()))),
    ];
    all.into_iter().flatten().collect()
}

/// The same reader, set as was learned.
pub(super) fn as_learned(reader: &ReaderConfig, learned: &Learned) -> ReaderConfig {
    let is_the_same = reader.protocol == learned.protocol;
    ReaderConfig {
        protocol: learned.protocol,
        layout: learned.layout.unwrap_or_default(),
        framing: learned.framing.clone(),
        // What sounds on one protocol is noise on another.
        feedback: if is_the_same { reader.feedback } else { Buzzer::None },
        poll: reader.poll.clone().filter(|_| is_the_same),
        ..reader.clone()
    }
}

fn path_of(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[[reader]]\n")?;
        self.keys.iter().try_for_each(|(key, value)| writeln!(f, "{key} = {value}"))?;
        f.write_char('\n')
    }
}
