//! Every device that could be a reader: what it probably is, and whose it is.
//!
//! hidraw nodes come from [`super::sysfs`]; ttys from `/sys/class/tty`, those with hardware behind them. A USB tty finds
//! its ids in the nearest folder above it that has an `idVendor`.

#![allow(clippy::disallowed_methods, reason = "sysfs and device files")]

use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use serde::Serialize;

use super::candidate::{Candidate, Choice, Purpose, Wanted, application_usages, choose};
use super::likeness::{Likeness, likenesses, model, suggestion};
use super::sysfs;
use crate::config::profile::{Attachment, Reads};
use crate::config::{Profiles, ReaderConfig, ReaderSource};
use crate::domain::id::ReaderId;
use crate::wire::Protocol;

pub use super::probably::Probably;

/// Where the kernel lists devices, and where device files are.
#[derive(Debug, Clone)]
pub struct Places {
    /// `/sys/class`
    pub class: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { class: "/sys/class".into(), dev: "/dev".into() }
    }
}

/// A device that could be a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// `hidraw3`, `ttyUSB0`: how it is called here.
    pub id: String,
    /// Its device file.
    pub node: PathBuf,
    /// What it calls itself.
    pub name: String,
    /// USB vendor and product.
    pub usb: Option<(u16, u16)>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Where it is plugged in: `1-1.4:1.0`.
    pub usb_path: Option<String>,
    /// For a tty the name that stays the same over reboots.
    pub by_path: Option<PathBuf>,
    /// Whether it gives HID reports; else it is a tty.
    pub is_hid: bool,
    /// What it probably is.
    pub probably: Probably,
    /// The known models that have its USB ids.
    pub models: Vec<Likeness>,
    /// The reader of the configuration that reads it.
    pub reader: Option<ReaderId>,
    /// Why it cannot be read by whoever asks.
    pub trouble: Option<String>,
    /// Another device here has the same ids and serial number: only the USB path tells them apart.
    pub has_twin: bool,
    /// Other interfaces of the same USB device can be read as well.
    pub has_siblings: bool,
    #[serde(skip)]
    usages: Vec<(u16, u16)>,
}

/// Lists the devices of this machine, those that are most probably scanners first; `profiles` says which models there are.
pub fn census(places: &Places, readers: &[ReaderConfig], profiles: &Profiles) -> Vec<Device> {
    let hid = sysfs::candidates(&places.class.join("hidraw"));
    let plugged = Plugged { hid, ttys: sysfs::ttys(&places.class.join("tty")) };
    let mut devices: Vec<Device> =
        plugged.hid.iter().map(|candidate| of_hid(candidate, &places.dev)).collect();
    devices.extend(ttys(places));
    for reader in readers {
        let Some(chosen) = chosen_by(reader, &plugged) else { continue };
        if let Some(device) = devices.iter_mut().find(|device| device.is_called(&chosen)) {
            device.reader.get_or_insert_with(|| reader.id.clone());
        }
    }
    let seen = devices.clone();
    for device in &mut devices {
        let siblings: Vec<&Device> = seen.iter().filter(|other| other.is_sibling_of(device)).collect();
        device.has_siblings = siblings.iter().any(|other| other.rivals(device));
        device.has_twin = seen.iter().any(|other| other.is_twin_of(device));
        let beside: Vec<(u16, u16)> =
            siblings.iter().flat_map(|other| other.usages.iter().copied()).collect();
        let kind = Probably::of(device, &device.usages, &beside);
        device.models = models(device, kind, profiles);
        device.probably = if device.is_known() { kind.known() } else { kind };
    }
    devices.sort_by(|a, b| a.rank().cmp(&b.rank()));
    devices
}

/// The models that a device of that kind may be.
fn models(device: &Device, kind: Probably, profiles: &Profiles) -> Vec<Likeness> {
    let Some(ids) = device.usb.filter(|_| kind != Probably::Mouse && kind != Probably::Other) else {
        return Vec::new();
    };
    let attachment = if device.is_hid { Attachment::Hid } else { Attachment::Serial };
    let is_pos = kind == Probably::HidPos;
    likenesses(profiles, ids, |reads: &Reads| {
        reads.source == attachment && (reads.protocol == Protocol::HidPos) == is_pos
    })
}

/// Scanners that no reader reads, for people.
pub fn unbound(devices: &[Device]) -> Vec<String> {
    let free = |device: &&Device| device.reader.is_none() && device.is_scanner();
    let said = |device: &Device| {
        let model = device.model().map(Likeness::shown);
        format!("{}, {}", device.shown(), model.unwrap_or_else(|| device.probably.to_string()))
    };
    devices.iter().filter(free).map(said).collect()
}

impl Device {
    /// Which device, in one phrase.
    pub fn shown(&self) -> String {
        let usb =
            self.usb.map(|(vendor, product)| format!(" {vendor:04x}:{product:04x}")).unwrap_or_default();
        let name = if self.name.is_empty() { String::new() } else { format!(" {:?}", self.name) };
        format!("{}{usb}{name}", self.id)
    }

    /// The model that it is; `None` where its ids name none, or several.
    pub fn model(&self) -> Option<&Likeness> {
        model(&self.models)
    }

    /// What it probably is, and which model as far as its ids say.
    pub fn guess(&self) -> String {
        if let Some(model) = self.model() {
            return model.shown();
        }
        match suggestion(&self.models) {
            Some(suggested) => format!("{}; {suggested}", self.probably),
            None => self.probably.to_string(),
        }
    }

    /// Whether somebody who plugs this in most probably wants it read.
    pub fn is_scanner(&self) -> bool {
        self.probably.is_scanner() || self.is_known() && self.probably.may_be_reader()
    }

    /// Whether its ids are those of known models and of nothing else.
    fn is_known(&self) -> bool {
        self.models.iter().any(|likeness| !likeness.shared_ids)
    }

    fn rank(&self) -> (bool, Probably, bool, &Option<String>, &str) {
        (!self.is_scanner(), self.probably, self.is_hid, &self.usb_path, &self.id)
    }

    /// The device that this interface belongs to: `1-1.4`.
    pub fn port(&self) -> Option<&str> {
        self.usb_path.as_deref().and_then(|path| path.split(':').next())
    }

    /// Whether `word` names it: its id, its device file, its stable name, or its USB path.
    pub fn is_called(&self, word: &str) -> bool {
        let path = Path::new(word);
        self.id == word
            || self.node == path
            || self.by_path.as_deref() == Some(path)
            || self.usb_path.as_deref() == Some(word)
            || self.port() == Some(word)
    }

    fn is_sibling_of(&self, other: &Self) -> bool {
        self.node != other.node && self.port().is_some() && self.port() == other.port()
    }

    /// Whether it could be taken for the other interface of its device.
    fn rivals(&self, other: &Self) -> bool {
        let purposes = |device: &Self| Probably::of(device, &device.usages, &[]);
        self.is_hid == other.is_hid && purposes(self).may_be_reader() && purposes(other).may_be_reader()
    }

    fn is_twin_of(&self, other: &Self) -> bool {
        self.node != other.node
            && self.usb.is_some()
            && (self.usb, &self.serial) == (other.usb, &other.serial)
            && (self.port() != other.port() || self.port().is_none())
    }
}

/// What is plugged in, as readers choose among it.
struct Plugged {
    hid: Vec<Candidate>,
    ttys: Vec<Candidate>,
}

/// What the device that a reader means now is called.
fn chosen_by(reader: &ReaderConfig, plugged: &Plugged) -> Option<String> {
    match reader.source.clone() {
        ReaderSource::Serial { path, .. } => Some(path.canonicalize().ok()?.to_str()?.to_owned()),
        ReaderSource::SerialUsb { vendor, product, serial, usb_path, .. } => {
            let wanted = Wanted { vendor, product, serial, usb_path };
            named_by(choose(&plugged.ttys, &wanted, Purpose::Serial))
        }
        ReaderSource::Hid { vendor, product, serial, usb_path } => {
            let wanted = Wanted { vendor, product, serial, usb_path };
            named_by(choose(&plugged.hid, &wanted, super::purpose_of(reader.protocol)))
        }
        ReaderSource::Stdin | ReaderSource::Replay { .. } | ReaderSource::Mqtt(_) => None,
    }
}

fn named_by(choice: Choice<'_>) -> Option<String> {
    match choice {
        Choice::One(chosen) | Choice::FirstOf(chosen, _) => {
            Some(format!("{}{}", chosen.class, chosen.number))
        }
        Choice::NothingWanted | Choice::Nothing => None,
    }
}

fn of_hid(candidate: &Candidate, dev: &Path) -> Device {
    let id = format!("hidraw{}", candidate.number);
    let node = dev.join(&id);
    Device {
        trouble: trouble(&node),
        id,
        node,
        name: candidate.name.clone(),
        usb: Some((candidate.vendor, candidate.product)),
        serial: Some(candidate.serial.clone()).filter(|serial| !serial.is_empty()),
        usb_path: candidate.interface.clone(),
        by_path: None,
        is_hid: true,
        probably: Probably::Other,
        models: Vec::new(),
        reader: None,
        has_twin: false,
        has_siblings: false,
        usages: application_usages(&candidate.descriptor),
    }
}

fn trouble(node: &Path) -> Option<String> {
    match access(node, AccessFlags::R_OK | AccessFlags::W_OK) {
        Ok(()) => None,
        Err(Errno::ENOENT) => Some("it has no device file".to_owned()),
        Err(Errno::EACCES | Errno::EPERM) => Some(
            "no permission to read and write it: run as a member of its group (`ls -l` says which), or write its udev rule"
                .to_owned(),
        ),
        Err(error) => Some(format!("it cannot be used: {error}")),
    }
}

fn ttys(places: &Places) -> Vec<Device> {
    let Ok(entries) = fs::read_dir(places.class.join("tty")) else { return Vec::new() };
    let links = by_path(&places.dev);
    entries.flatten().filter_map(|entry| tty(&entry.path(), &places.dev, &links)).collect()
}

fn tty(entry: &Path, dev: &Path, links: &[(PathBuf, PathBuf)]) -> Option<Device> {
    let id = entry.file_name()?.to_str()?.to_owned();
    let device = entry.join("device").canonicalize().ok()?;
    let line = |path: PathBuf| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    // The kernel lists serial ports that the board does not have as type 0.
    let is_usb = id.starts_with("ttyUSB") || id.starts_with("ttyACM");
    let is_port = is_usb || id.starts_with("ttyAMA") || id.starts_with("ttyS");
    if !is_port || (!is_usb && line(entry.join("type")).as_deref() == Some("0")) {
        return None;
    }
    let usb = device.ancestors().find(|folder| folder.join("idVendor").is_file());
    let said = |file: &str| usb.and_then(|folder| line(folder.join(file))).filter(|text| !text.is_empty());
    let number = |file: &str| said(file).and_then(|text| u16::from_str_radix(&text, 16).ok());
    let name = [said("manufacturer"), said("product")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let node = dev.join(&id);
    Some(Device {
        trouble: trouble(&node),
        by_path: links.iter().find(|(_, leads_to)| *leads_to == node).map(|(link, _)| link.clone()),
        name,
        usb: number("idVendor").zip(number("idProduct")),
        serial: said("serial"),
        usb_path: sysfs::usb_interface(&device),
        id,
        node,
        is_hid: false,
        probably: Probably::Other,
        models: Vec::new(),
        reader: None,
        has_twin: false,
        has_siblings: false,
        usages: Vec::new(),
    })
}

/// The stable names of ttys, in their order, and where they lead.
fn by_path(dev: &Path) -> Vec<(PathBuf, PathBuf)> {
    let Ok(entries) = fs::read_dir(dev.join("serial/by-path")) else { return Vec::new() };
    let mut links: Vec<(PathBuf, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.path().canonicalize().ok()?)))
        .collect();
    // `…-usbv2-…` is a second name of some ports: the plain one comes first.
    links.sort();
    links
}

#[cfg(test)]
mod tests {
    use super::super::machine::{KEYBOARD, MEDIA, MOUSE, Machine, SCANNER};
    use super::*;

    fn reader(id: &str, toml: &str) -> ReaderConfig {
        let text =
            format!("[[station]]\nid = \"cage\"\n[[reader]]\nid = \"{id}\"\nstation = \"cage\"\n{toml}\n");
        let defaults = crate::config::Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: "ledger.db".into(),
            control: "control.sock".into(),
        };
        crate::config::Config::parse(&text, None, &defaults).unwrap().readers.remove(0)
    }

    fn studio() -> Machine {
        let machine = Machine::new();
        machine.hid(0, ("usb/1-1/1-1:1.0", "0000046D:0000C31C", "Logitech USB Keyboard"), &KEYBOARD);
        machine.hid(1, ("usb/1-1/1-1:1.1", "0000046D:0000C31C", "Logitech USB Keyboard"), &MEDIA);
        machine.hid(2, ("usb/1-2/1-2:1.0", "0000046D:0000C077", "Mouse"), &MOUSE);
        machine.hid(3, ("usb/1-4/1-4:1.0", "000005E0:00001200", "Symbol Bar Code Scanner"), &KEYBOARD);
        machine.hid(4, ("usb/1-5/1-5:1.0", "00000C2E:00000901", "Honeywell"), &SCANNER);
        machine.hid(5, ("usb/1-6/1-6:1.0", "0000FFFF:00000035", "HID"), &KEYBOARD);
        machine.usb_tty("ttyUSB0", "1-3:1.0", ("1a86", "7523", ""));
        machine.tty("ttyS0", "4");
        machine.tty("ttyS7", "0");
        machine
    }

    #[test]
    fn scanners_come_first_and_the_keyboard_of_the_machine_is_named_as_such() {
        let machine = studio();
        let found = census(&machine.places(), &[], &Profiles::built_in());
        let ids: Vec<(&str, Probably)> =
            found.iter().map(|device| (device.id.as_str(), device.probably)).collect();
        assert_eq!(
            ids,
            [
                ("hidraw4", Probably::HidPos),
                ("hidraw3", Probably::Typing),
                ("ttyUSB0", Probably::UsbSerial),
                ("hidraw5", Probably::MayType),
                ("ttyS0", Probably::OwnSerial),
                ("hidraw0", Probably::Keyboard),
                ("hidraw2", Probably::Mouse),
                ("hidraw1", Probably::Other),
            ]
        );
        assert!(found.iter().all(|device| device.trouble.is_none()), "{found:?}");
        let tty = &found[2];
        assert_eq!((tty.usb, tty.usb_path.as_deref()), (Some((0x1a86, 0x7523)), Some("1-3:1.0")));
        assert!(tty.by_path.as_ref().unwrap().ends_with("serial/by-path/pci-usb-0:1-3:1.0-port0"));
        for protocol in found.iter().map(|device| device.probably.protocol()) {
            assert!(Protocol::parse(protocol).is_some());
        }
    }

    #[test]
    fn a_device_is_bound_to_the_reader_that_chooses_it() {
        let machine = studio();
        let tty = machine.places().dev.join("ttyS0");
        let readers = [
            reader("gun", "source = \"hid\"\nvendor = \"05e0\"\nproduct = \"1200\""),
            reader("mat", &format!("source = \"serial\"\npath = {tty:?}")),
        ];
        let found = census(&machine.places(), &readers, &Profiles::built_in());
        let bound: Vec<(&str, &str)> = found
            .iter()
            .filter_map(|device| Some((device.id.as_str(), device.reader.as_ref()?.as_str())))
            .collect();
        assert_eq!(bound, [("hidraw3", "gun"), ("ttyS0", "mat")]);
    }

    #[test]
    fn two_alike_are_told_apart_by_where_they_are() {
        let machine = Machine::new();
        machine.hid(3, ("usb/1-4/1-4:1.0", "000005E0:00001200", "Symbol Scanner"), &KEYBOARD);
        machine.hid(4, ("usb/1-5/1-5:1.0", "000005E0:00001200", "Symbol Scanner"), &KEYBOARD);
        let found = census(&machine.places(), &[], &Profiles::built_in());
        assert!(found.iter().all(|device| device.has_twin && !device.has_siblings));
        assert!(found[1].is_called("1-5") && found[1].is_called("1-5:1.0") && found[1].is_called("hidraw4"));
        assert!(!found[1].is_called("1-4"));
    }

    #[test]
    fn a_device_with_the_ids_of_a_known_model_is_a_scanner_whatever_it_calls_itself() {
        let machine = Machine::new();
        machine.hid(0, ("usb/1-1/1-1:1.0", "0000046D:0000C31C", "USB Keyboard"), &KEYBOARD);
        machine.hid(1, ("usb/1-2/1-2:1.0", "00000C2E:00000B61", "HID"), &KEYBOARD);
        machine.hid(2, ("usb/1-2/1-2:1.1", "00000C2E:00000B61", "HID"), &MEDIA);
        machine.hid(3, ("usb/1-3/1-3:1.0", "000005E0:00001200", "HID"), &KEYBOARD);
        machine.hid(4, ("usb/1-4/1-4:1.0", "000008FF:00000009", "HID"), &KEYBOARD);
        machine.usb_tty("ttyACM0", "1-5:1.0", ("1eab", "1d06", ""));
        machine.usb_tty("ttyUSB0", "1-6:1.0", ("1a86", "7523", ""));
        let found = census(&machine.places(), &[], &Profiles::built_in());
        let said = |id: &str| {
            let device = found.iter().find(|device| device.id == id).unwrap();
            (device.is_scanner(), device.model().map(|model| model.profile.as_str()), device.guess())
        };
        assert_eq!(said("hidraw0"), (false, None, "scanner that types, or a plain keyboard".to_owned()));
        let (is_scanner, model, guess) = said("hidraw1");
        assert!(is_scanner && model.is_some() && guess.ends_with(" mode (known from documents)"), "{guess}");
        assert_eq!(
            said("hidraw2"),
            (false, None, "something else".to_owned()),
            "its media keys are no scanner"
        );
        let (is_scanner, model, guess) = said("hidraw3");
        assert!(is_scanner && model.is_none(), "several models have these ids");
        assert!(guess.starts_with("scanner or card reader that types; perhaps "), "{guess}");
        let (is_scanner, model, guess) = said("hidraw4");
        assert!(!is_scanner && model.is_none() && guess.contains("perhaps Sycreader"), "{guess}");
        assert!(said("ttyACM0").0 && !said("ttyUSB0").0);
        let unread = unbound(&found);
        assert_eq!(unread.len(), 3, "{unread:?}");
        assert!(unread.iter().any(|line| line.starts_with("hidraw1 0c2e:0b61 \"HID\", ")), "{unread:?}");
    }

    #[test]
    fn a_device_without_a_file_says_so() {
        let machine = studio();
        fs::remove_file(machine.places().dev.join("hidraw3")).unwrap();
        let found = census(&machine.places(), &[], &Profiles::built_in());
        let scanner = found.iter().find(|device| device.id == "hidraw3").unwrap();
        assert_eq!(scanner.trouble.as_deref(), Some("it has no device file"));
    }
}
