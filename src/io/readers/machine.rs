//! A machine made of files: what the kernel would list of its devices.
#![allow(clippy::disallowed_methods, reason = "it is made of files")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::census::Places;

pub(crate) const KEYBOARD: [u8; 7] = [0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0];
pub(crate) const MOUSE: [u8; 7] = [0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0xC0];
pub(crate) const MEDIA: [u8; 7] = [0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0xC0];
pub(crate) const SCANNER: [u8; 7] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0];

/// A machine made of files.
pub(crate) struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["class/hidraw", "class/tty", "dev/serial/by-path"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn places(&self) -> Places {
        Places { class: self.root.path().join("class"), dev: self.root.path().join("dev") }
    }

    /// A HID interface: where, its ids as the kernel writes them and its name.
    pub(crate) fn hid(&self, number: u32, (interface, ids, name): (&str, &str, &str), descriptor: &[u8]) {
        let device = self.root.path().join(format!("devices/{interface}/0003:{number}"));
        let node = device.join(format!("hidraw/hidraw{number}"));
        fs::create_dir_all(&node).unwrap();
        fs::write(device.join("uevent"), format!("HID_ID=0003:{ids}\nHID_NAME={name}\nHID_UNIQ=\n")).unwrap();
        fs::write(device.join("report_descriptor"), descriptor).unwrap();
        symlink(&device, node.join("device")).unwrap();
        symlink(&node, self.root.path().join(format!("class/hidraw/hidraw{number}"))).unwrap();
        fs::write(self.root.path().join(format!("dev/hidraw{number}")), "").unwrap();
    }

    /// A serial port of the board.
    pub(crate) fn tty(&self, name: &str, kind: &str) {
        self.port(&self.root.path().join("devices/platform"), name, kind);
    }

    /// A serial port on USB: interface, vendor, product and serial number.
    pub(crate) fn usb_tty(&self, name: &str, interface: &str, (vendor, product, serial): (&str, &str, &str)) {
        let port = interface.split(':').next().unwrap();
        let port = self.root.path().join("devices").join(port);
        let device = port.join(interface).join(name);
        fs::create_dir_all(&device).unwrap();
        for (file, text) in
            [("idVendor", vendor), ("idProduct", product), ("product", "USB Serial"), ("serial", serial)]
        {
            fs::write(port.join(file), format!("{text}\n")).unwrap();
        }
        self.port(&device, name, "0");
        let stable = self.root.path().join(format!("dev/serial/by-path/pci-usb-0:{interface}-port0"));
        symlink(self.root.path().join("dev").join(name), stable).unwrap();
    }

    fn port(&self, device: &Path, name: &str, kind: &str) {
        let node = device.join("tty").join(name);
        fs::create_dir_all(&node).unwrap();
        fs::write(node.join("type"), kind).unwrap();
        symlink(device, node.join("device")).unwrap();
        symlink(&node, self.root.path().join("class/tty").join(name)).unwrap();
        fs::write(self.root.path().join("dev").join(name), "").unwrap();
    }
}
