use std::os::unix::fs::symlink;

use super::*;
use crate::wire::Protocol;

const KEYBOARD: [u8; 7] = [0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0];
const MOUSE: [u8; 7] = [0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0xC0];
const MEDIA: [u8; 7] = [0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0xC0];
const SCANNER: [u8; 7] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0];

/// A machine made of files.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["class/hidraw", "class/tty", "dev/serial/by-path"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    fn places(&self) -> Places {
        Places { class: self.root.path().join("class"), dev: self.root.path().join("dev") }
    }

    fn hid(&self, number: u32, (interface, ids, name): (&str, &str, &str), descriptor: &[u8]) {
        let device = self.root.path().join(format!("devices/{interface}/0003:{number}"));
        let node = device.join(format!("hidraw/hidraw{number}"));
        fs::create_dir_all(&node).unwrap();
        fs::write(device.join("uevent"), format!("HID_ID=0003:{ids}\nHID_NAME={name}\nHID_UNIQ=\n")).unwrap();
        fs::write(device.join("report_descriptor"), descriptor).unwrap();
        symlink(&device, node.join("device")).unwrap();
        symlink(&node, self.root.path().join(format!("class/hidraw/hidraw{number}"))).unwrap();
        fs::write(self.root.path().join(format!("dev/hidraw{number}")), "").unwrap();
    }

    fn tty(&self, name: &str, interface: Option<&str>, kind: &str) {
        let port = self.root.path().join("devices").join(interface.map_or("platform", |_| "1-3"));
        let device = interface.map_or(port.clone(), |interface| port.join(interface).join(name));
        fs::create_dir_all(&device).unwrap();
        if interface.is_some() {
            for (file, text) in [("idVendor", "1a86\n"), ("idProduct", "7523\n"), ("product", "USB Serial\n")]
            {
                fs::write(port.join(file), text).unwrap();
            }
        }
        let node = device.join("tty").join(name);
        fs::create_dir_all(&node).unwrap();
        fs::write(node.join("type"), kind).unwrap();
        symlink(&device, node.join("device")).unwrap();
        symlink(&node, self.root.path().join("class/tty").join(name)).unwrap();
        let file = self.root.path().join("dev").join(name);
        fs::write(&file, "").unwrap();
        if interface.is_some() {
            symlink(&file, self.root.path().join("dev/serial/by-path/pci-usb-0:3:1.0-port0")).unwrap();
        }
    }
}

fn reader(id: &str, toml: &str) -> ReaderConfig {
    let text = format!("[[station]]\nid = \"cage\"\n[[reader]]\nid = \"{id}\"\nstation = \"cage\"\n{toml}\n");
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
    machine.tty("ttyUSB0", Some("1-3:1.0"), "0");
    machine.tty("ttyS0", None, "4");
    machine.tty("ttyS7", None, "0");
    machine
}

#[test]
fn scanners_come_first_and_the_keyboard_of_the_machine_is_named_as_such() {
    let machine = studio();
    let found = census(&machine.places(), &[]);
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
    assert!(tty.by_path.as_ref().unwrap().ends_with("serial/by-path/pci-usb-0:3:1.0-port0"));
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
    let found = census(&machine.places(), &readers);
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
    let found = census(&machine.places(), &[]);
    assert!(found.iter().all(|device| device.has_twin && !device.has_siblings));
    assert!(found[1].is_called("1-5") && found[1].is_called("1-5:1.0") && found[1].is_called("hidraw4"));
    assert!(!found[1].is_called("1-4"));
}

#[test]
fn a_device_without_a_file_says_so() {
    let machine = studio();
    fs::remove_file(machine.places().dev.join("hidraw3")).unwrap();
    let found = census(&machine.places(), &[]);
    let scanner = found.iter().find(|device| device.id == "hidraw3").unwrap();
    assert_eq!(scanner.trouble.as_deref(), Some("it has no device file"));
}
