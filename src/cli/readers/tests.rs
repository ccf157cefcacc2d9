//! What `readers` says of machines made of files, and that what it says to paste is right.
#![allow(clippy::disallowed_methods, reason = "profiles are files")]

use std::path::Path;

use super::block::{Block, as_learned, model_keys};
use super::profile::{self, Written};
use super::*;
use crate::config::{Defaults, Profiles};
use crate::io::readers::machine::{KEYBOARD, MEDIA, Machine, SCANNER};
use crate::wire::card::CardFormat;
use crate::wire::framing::{Framing, Suffix};
use crate::wire::layout::Layout;
use crate::wire::learn::Learned;

const STATION: &str = "[[station]]\nid = \"cage\"\n";

fn parsed(text: &str, folder: Option<&Path>) -> anyhow::Result<Config> {
    let profiles = folder.map(|folder| format!("profiles = {folder:?}\n")).unwrap_or_default();
    let defaults =
        Defaults { timezone: chrono_tz::Tz::UTC, ledger: "ledger.db".into(), control: "control.sock".into() };
    Ok(Config::parse(&format!("{profiles}{STATION}{text}"), None, &defaults)?)
}

/// Every candidate of a machine with the block that is to be pasted for it.
fn blocks(config: &Config, machine: &Machine) -> Vec<(Device, Block)> {
    let mut ids = Vec::new();
    let devices = census(&machine.places(), &config.readers, &config.profiles);
    let candidates = devices.into_iter().filter(|device| device.probably.may_be_reader());
    let blocks = candidates.map(|device| {
        let block = Block::of_device(config, &device, &ids);
        ids.push(block.id());
        (device, block)
    });
    blocks.collect()
}

/// A cage with a reader of every kind, twins among them.
fn cage() -> Machine {
    let machine = Machine::new();
    machine.hid(0, ("usb/1-1/1-1:1.0", "00000C2E:00000B61", "HID"), &KEYBOARD);
    machine.hid(1, ("usb/1-1/1-1:1.1", "00000C2E:00000B61", "HID"), &MEDIA);
    machine.hid(2, ("usb/1-2/1-2:1.0", "00001EAB:00000D10", "Newland"), &SCANNER);
    machine.hid(3, ("usb/1-3/1-3:1.0", "000005E0:00001200", "Symbol Bar Code Scanner"), &KEYBOARD);
    machine.hid(4, ("usb/1-4/1-4:1.0", "000005E0:00001200", "Symbol Bar Code Scanner"), &KEYBOARD);
    machine.hid(5, ("usb/1-5/1-5:1.0", "00000C2E:00000901", "Honeywell"), &SCANNER);
    machine.hid(6, ("usb/1-6/1-6:1.0", "0000FFFF:00000035", "HID"), &KEYBOARD);
    machine.usb_tty("ttyACM0", "1-7:1.0", ("1eab", "1d06", ""));
    machine.usb_tty("ttyUSB0", "1-8:1.0", ("1a86", "7523", ""));
    machine.usb_tty("ttyUSB1", "1-9:1.0", ("0403", "6001", "A1"));
    machine.tty("ttyS0", "4");
    machine
}

#[test]
fn every_block_can_be_pasted_and_reads_the_device_that_it_was_made_for() {
    let machine = cage();
    let config = parsed("", None).unwrap();
    let made = blocks(&config, &machine);
    assert_eq!(made.len(), 10);
    for (device, block) in &made {
        let pasted = parsed(&block.to_string(), None).unwrap_or_else(|error| panic!("{error}\n{block}"));
        let found = census(&machine.places(), &pasted.readers, &pasted.profiles);
        let bound: Vec<&str> =
            found.iter().filter(|it| it.reader.is_some()).map(|it| it.id.as_str()).collect();
        assert_eq!(bound, [device.id.as_str()], "{block}");
        let read = pasted.readers[0].protocol.in_reports();
        assert_eq!(read, device.is_hid);
    }
    let all: String = made.iter().map(|(_, block)| block.to_string()).collect();
    let all = parsed(&all, None).unwrap_or_else(|error| panic!("{error}\n{all}"));
    assert_eq!(all.readers.len(), made.len(), "all of them at once");
}

#[test]
fn the_block_names_the_profile_where_one_model_fits_and_is_bound_by_identity() {
    let machine = cage();
    let config = parsed("", None).unwrap();
    let made = blocks(&config, &machine);
    let of = |id: &str| made.iter().find(|(device, _)| device.id == id).unwrap().1.to_string();
    let gun = of("hidraw0");
    assert!(gun.contains("profile = \"honeywell-1250g\"\nsource = \"hid\"\nvendor = \"0c2e\"\n"), "{gun}");
    assert!(!gun.contains("usb_path") && !gun.contains("protocol"), "its media keys are no rival: {gun}");
    assert!(of("hidraw2").contains("profile = \"newland-fm420\""), "{}", of("hidraw2"));
    let twin = of("hidraw4");
    assert!(
        twin.contains("usb_path = \"1-4:1.0\"\nprotocol = \"keyboard\"") && !twin.contains("profile"),
        "{twin}"
    );
    assert!(of("hidraw5").contains("protocol = \"hid-pos\""));
    assert!(!of("hidraw6").contains("profile"), "shared ids only suggest");
    let com = of("ttyACM0");
    assert!(com.contains("source = \"serial\"\nvendor = \"1eab\"") && com.contains("profile = "), "{com}");
    assert!(of("ttyUSB0").contains("serial/by-path/pci-usb-0:1-8:1.0-port0\"\nprotocol = \"line\""));
    assert!(of("ttyUSB1").contains("serial = \"A1\"\nprotocol = \"line\""), "{}", of("ttyUSB1"));
    assert!(of("ttyS0").contains("/dev/ttyS0\""));
}

#[test]
fn a_device_that_is_listened_to_now_is_the_one_that_was_meant() {
    let machine = cage();
    let config = parsed("", None).unwrap();
    for (device, block) in blocks(&config, &machine) {
        let reader = block.for_this_moment(&device).reader(None).unwrap();
        match reader.source {
            ReaderSource::Serial { path, .. } => assert_eq!(path, device.node),
            ReaderSource::Hid { usb_path, .. } => assert_eq!(usb_path, device.usb_path),
            other => panic!("{other:?}"),
        }
        let other = if device.is_hid { Protocol::HidPos } else { Protocol::M100 };
        let block = Block::of_device(&config, &device, &[]).with_protocol(Some(other));
        assert_eq!(block.reader(None).unwrap().protocol, other, "{block}");
    }
}

fn learned(protocol: Protocol, layout: Option<Layout>, suffix: Suffix) -> Learned {
    Learned {
        protocol,
        layout,
        framing: Framing { prefix: Some("%\"é\\".to_owned()), suffix, gap_ms: Some(150) },
        aim: None,
        pause_ms: 8,
        remarks: vec![],
    }
}

fn target(config: &Config, device: &Device) -> Target {
    let block = Block::of_device(config, device, &[]).for_this_moment(device);
    let reader = block.reader(config.profiles.folder()).unwrap();
    Target {
        id: reader.id.clone(),
        ear: Ear::Device(Box::new(reader.clone())),
        reader,
        is_configured: false,
        device: Some(device.clone()),
    }
}

#[test]
fn a_learned_profile_is_read_as_the_same_reader() {
    let machine = cage();
    let folder = tempfile::tempdir().unwrap();
    let profiles = folder.path().join("not/there/yet");
    let config = parsed("", Some(&profiles)).unwrap();
    for (device, block) in blocks(&config, &machine) {
        let (protocol, layout) = match device.is_hid {
            true if device.probably.protocol() == "hid-pos" => (Protocol::HidPos, None),
            true => (Protocol::Keyboard, Some(Layout::De)),
            false => (Protocol::Line, None),
        };
        let mut found = learned(protocol, layout, Suffix::Tab);
        if protocol == Protocol::HidPos {
            found.framing = Framing::default();
        }
        let mut target = target(&config, &device);
        target.reader.card_format = Some(CardFormat::ALL[0]);
        let reader = as_learned(&target.reader, &found);
        let profile = profile::learned(&target, &reader);
        let Written::Here(path) = profile::write(Some(&profiles), &profile) else { panic!("{profile:?}") };
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with("learned-"));
        let by_name = block.clone().with_protocol(Some(protocol)).with_profile(&profile.id);
        let spelled =
            block.clone().without_profile().with_protocol(Some(protocol)).with_keys(model_keys(&reader));
        let by_name = by_name.reader(Some(&profiles)).unwrap_or_else(|error| panic!("{error}\n{by_name}"));
        assert_eq!(by_name, spelled.reader(Some(&profiles)).unwrap(), "{block}");
        assert_eq!(by_name.framing, reader.framing);
        assert_eq!((by_name.layout, by_name.card_format), (reader.layout, reader.card_format));
        let is_known =
            device.models.iter().any(|like| profile.note.as_ref().unwrap().contains(&like.profile));
        assert_eq!(is_known, !device.models.is_empty(), "{profile:?}");
    }
    let all = Profiles::with_folder(Some(&profiles)).unwrap();
    let device =
        census(&machine.places(), &[], &all).into_iter().find(|device| device.id == "hidraw0").unwrap();
    assert_eq!(device.guess(), "Honeywell Voyager 1250g, as learned here");
    assert_eq!(std::fs::read_dir(&profiles).unwrap().count(), 10, "twins have one each, and no half is left");
}

#[test]
fn a_configured_reader_keeps_what_no_profile_knows() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[reader]]\nid = \"gate\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"/dev/ttyUSB0\"\n\
                protocol = \"m100\"\nbaud = 115200\nregion = \"eu\"\npower_dbm = 20\nantennas = [2]\nabsent_ms = 700\n";
    let config = parsed(text, Some(folder.path())).unwrap();
    let reader = config.readers[0].clone();
    let target = Target {
        id: reader.id.clone(),
        ear: Ear::Device(Box::new(reader.clone())),
        reader: reader.clone(),
        is_configured: true,
        device: None,
    };
    let found = Learned { framing: Framing::default(), ..learned(Protocol::M100, None, Suffix::Any) };
    let profile = profile::learned(&target, &as_learned(&reader, &found));
    assert_eq!(profile.id, "learned-gate");
    assert!(matches!(profile::write(Some(folder.path()), &profile), Written::Here(_)));
    let block = Block::of_reader(&reader).with_profile(&profile.id);
    assert_eq!(block.reader(Some(folder.path())).unwrap(), reader, "{block}");
    assert!(!block.to_string().contains("115200"), "{block}");
}

#[test]
fn a_profile_that_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("profiles");
    std::fs::write(&file, "a file where the folder would be").unwrap();
    let machine = cage();
    let config = parsed("", None).unwrap();
    let (device, _) = blocks(&config, &machine).remove(0);
    let target = target(&config, &device);
    let profile = profile::learned(&target, &target.reader);
    let Written::Nowhere(why) = profile::write(Some(&file), &profile) else { panic!() };
    assert!(why.contains("cannot be written (") && why.contains("put this there"), "{why}");
    let Written::Nowhere(why) = profile::write(None, &profile) else { panic!() };
    assert!(why.contains("no configuration file"), "{why}");
}

#[test]
fn a_reader_over_mqtt_is_listened_to_with_the_tools_of_mqtt() {
    for (top, keys, command) in [
        ("", "preset = \"plain\"", "-h 127.0.0.1 -p 1883 -t 'cagekeeper/v1/"),
        (
            "[mqtt]\nlisten = \"0.0.0.0:1999\"\n",
            "preset = \"tasmota\"\ndevice = \"door\"",
            "-h 127.0.0.1 -p 1999 -t 'tele/door/SENSOR'",
        ),
        (
            "[mqtt]\nurl = \"mqtt://hub:1884\"\n",
            "preset = \"esp-rfid\"\ntopic = \"/rfid\"",
            "-h hub -p 1884 -t '/rfid/send'",
        ),
    ] {
        let text = format!("[[reader]]\nid = \"door\"\nstation = \"cage\"\nsource = \"mqtt\"\n{keys}\n{top}");
        let config = parsed(&text, None).unwrap();
        let which = Which { id: "door".into(), protocol: None, baud: None };
        let error = super::target(&config, &which, false).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Failure::Wrong(_))), "exit code 2");
        assert!(error.to_string().contains(command), "{error}");
    }
}
