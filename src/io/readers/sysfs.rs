//! The hidraw nodes and the ttys of USB devices that sysfs lists.
//!
//! sysfs and not hidapi's own list: that one leaves out the USB path, which is all that tells two scanners of
//! one model apart. Of each `/sys/class/hidraw/hidrawN` the real path of `device` is used (the USB interface,
//! `1-1.4:1.0`, is one of its parts), its `uevent` (`HID_ID=0003:000005E0:00001200`, `HID_NAME`, `HID_UNIQ`,
//! the serial number) and its `report_descriptor`. Of each `/sys/class/tty/ttyUSBN` and `ttyACMN` the real path of
//! `device` lies below the USB interface, and that in the folder of the USB device with `idVendor`, `idProduct`,
//! `product` and `serial`.

#![allow(clippy::disallowed_methods, reason = "sysfs")]

use std::fs;
use std::path::{Path, PathBuf};

use super::candidate::Candidate;

/// What the kernel names ttys of USB devices.
const TTYS: [&str; 2] = ["ttyUSB", "ttyACM"];

/// What is plugged in, from `class`, which is `/sys/class/hidraw` outside tests. What cannot be read is left
/// out: it is just coming or going.
pub(super) fn candidates(class: &Path) -> Vec<Candidate> {
    let Ok(entries) = fs::read_dir(class) else { return Vec::new() };
    entries.flatten().filter_map(|entry| candidate(&entry.path())).collect()
}

fn candidate(entry: &Path) -> Option<Candidate> {
    let number = entry.file_name()?.to_str()?.strip_prefix("hidraw")?.parse().ok()?;
    let device = entry.join("device").canonicalize().ok()?;
    let uevent = fs::read(device.join("uevent")).ok()?;
    let uevent = String::from_utf8_lossy(&uevent);
    let (vendor, product) = vendor_and_product(property(&uevent, "HID_ID")?)?;
    Some(Candidate {
        class: "hidraw",
        number,
        vendor,
        product,
        name: property(&uevent, "HID_NAME").unwrap_or_default().to_owned(),
        serial: property(&uevent, "HID_UNIQ").unwrap_or_default().to_owned(),
        interface: usb_interface(&device),
        descriptor: fs::read(device.join("report_descriptor")).unwrap_or_default(),
    })
}

/// The ttys of USB devices, from `class`, which is `/sys/class/tty` outside tests.
pub(super) fn ttys(class: &Path) -> Vec<Candidate> {
    let Ok(entries) = fs::read_dir(class) else { return Vec::new() };
    entries.flatten().filter_map(|entry| tty(&entry.path())).collect()
}

fn tty(entry: &Path) -> Option<Candidate> {
    let name = entry.file_name()?.to_str()?;
    let class = TTYS.into_iter().find(|class| name.starts_with(class))?;
    let number = name.strip_prefix(class)?.parse().ok()?;
    let node = entry.join("device").canonicalize().ok()?;
    let usb_device = node.ancestors().find(|folder| folder.join("idVendor").is_file())?;
    let said = |name: &str| {
        let bytes = fs::read(usb_device.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
    };
    let id = |name| u16::from_str_radix(&said(name), 16).ok();
    Some(Candidate {
        class,
        number,
        vendor: id("idVendor")?,
        product: id("idProduct")?,
        name: said("product"),
        serial: said("serial"),
        interface: usb_interface(&node),
        descriptor: Vec::new(),
    })
}

/// Whether the node of a device is still this device's.
pub(super) fn is_still(class: &Path, chosen: &Candidate) -> bool {
    candidate(&class.join(format!("hidraw{}", chosen.number))).as_ref() == Some(chosen)
}

/// The real path of the HID device of a hidraw node; of one that has just gone, a path that leads nowhere.
pub(super) fn hid_device(class: &Path, number: u32) -> PathBuf {
    let device = class.join(format!("hidraw{number}/device"));
    device.canonicalize().unwrap_or(device)
}

fn property<'a>(uevent: &'a str, name: &str) -> Option<&'a str> {
    uevent.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// `0003:000005E0:00001200`: bus, vendor, product.
fn vendor_and_product(hid_id: &str) -> Option<(u16, u16)> {
    let mut parts = hid_id.split(':').skip(1).map(|part| u32::from_str_radix(part, 16).ok());
    let (vendor, product) = (parts.next()??, parts.next()??);
    Some((u16::try_from(vendor).ok()?, u16::try_from(product).ok()?))
}

/// The innermost part of a sysfs path that is a USB interface: `1-1.4:1.0`.
pub(super) fn usb_interface(device: &Path) -> Option<String> {
    let parts = device.iter().rev().filter_map(|part| part.to_str());
    parts.map(str::to_owned).find(|part| is_usb_interface(part))
}

pub(super) fn is_usb_interface(part: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((device, interface)) = part.split_once(':') else { return false };
    let Some((bus, ports)) = device.split_once('-') else { return false };
    let Some((configuration, number)) = interface.split_once('.') else { return false };
    is_number(bus) && ports.split('.').all(is_number) && is_number(configuration) && is_number(number)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::candidate::named;
    use super::*;

    #[test]
    fn usb_interfaces_are_told_from_other_names() {
        for good in ["1-1:1.0", "1-1.4:1.0", "10-2.3.11:2.12"] {
            assert!(is_usb_interface(good), "{good}");
        }
        for bad in
            ["1-1.4", "0003:05E0:1200.0001", "usb1", "1-0:", "1:1.0", "0000:00:14.0", "1-1.:1.0", "1-1:1"]
        {
            assert!(!is_usb_interface(bad), "{bad}");
        }
    }

    /// A sysfs with the device of `real`, below the folder `devices`, as `hidrawN`.
    fn add_to_sysfs(root: &Path, number: u32, real: &str, uevent: &[u8]) {
        let device = root.join("devices").join(real);
        let node = device.join(format!("hidraw/hidraw{number}"));
        fs::create_dir_all(&node).unwrap();
        fs::write(device.join("uevent"), uevent).unwrap();
        fs::write(device.join("report_descriptor"), [0x05, 0x01, 0xC0]).unwrap();
        symlink(&device, node.join("device")).unwrap();
        fs::create_dir_all(root.join("class")).unwrap();
        symlink(&node, root.join(format!("class/hidraw{number}"))).unwrap();
    }

    #[test]
    fn sysfs_is_read_for_usb_and_for_virtual_devices() {
        let root = tempfile::tempdir().unwrap();
        let usb = b"DRIVER=hid-generic\nHID_ID=0003:000005E0:00001200\nHID_NAME=Bar \xFF Scanner\n\
                    HID_PHYS=usb-0000:00:14.0-1.4/input0\nHID_UNIQ=S1\n";
        add_to_sysfs(root.path(), 3, "usb1/1-1/1-1.4/1-1.4:1.0/0003:05E0:1200.0001", usb);
        let virtual_one = b"HID_ID=0003:00000C2E:00000901\nHID_NAME=Lab\nHID_PHYS=\nHID_UNIQ=\n";
        add_to_sysfs(root.path(), 12, "virtual/misc/uhid/0003:0C2E:0901.0002", virtual_one);
        add_to_sysfs(root.path(), 4, "virtual/misc/uhid/broken", b"HID_NAME=no id\n");

        let mut found = candidates(&root.path().join("class"));
        found.sort_by_key(|candidate| candidate.number);
        assert_eq!(found.iter().map(|candidate| candidate.number).collect::<Vec<_>>(), [3, 12]);
        assert_eq!((found[0].vendor, found[0].product), (0x05e0, 0x1200));
        assert_eq!(found[0].interface.as_deref(), Some("1-1.4:1.0"));
        assert_eq!(found[0].serial, "S1");
        assert_eq!(found[0].descriptor, [0x05, 0x01, 0xC0]);
        assert_eq!(found[1].interface, None);
        assert_eq!(
            named(found.iter()),
            "/dev/hidraw3 (05e0:1200 \"Bar \u{fffd} Scanner\", serial \"S1\", USB path 1-1.4:1.0), \
             /dev/hidraw12 (0c2e:0901 \"Lab\", not on USB)"
        );
    }

    /// A USB device with a tty at `below`, a folder of its interface or that itself.
    fn add_tty(root: &Path, tty: &str, device: &str, below: &str) {
        let device = root.join("devices").join(device);
        let node = device.join(below);
        fs::create_dir_all(node.join("tty").join(tty)).unwrap();
        for (name, text) in
            [("idVendor", "0403\n"), ("idProduct", "6001\n"), ("product", "UART\n"), ("serial", "A1\n")]
        {
            fs::write(device.join(name), text).unwrap();
        }
        symlink(&node, node.join("tty").join(tty).join("device")).unwrap();
        fs::create_dir_all(root.join("tty")).unwrap();
        symlink(node.join("tty").join(tty), root.join("tty").join(tty)).unwrap();
    }

    #[test]
    fn ttys_are_those_of_usb_devices_whatever_their_driver() {
        let root = tempfile::tempdir().unwrap();
        add_tty(root.path(), "ttyUSB2", "usb1/1-1/1-1.3", "1-1.3:1.0/ttyUSB2");
        add_tty(root.path(), "ttyACM0", "usb1/1-1/1-1.4", "1-1.4:1.2");
        fs::create_dir_all(root.path().join("tty/ttyS0/device")).unwrap();
        fs::create_dir_all(root.path().join("tty/ttyUSBx/device")).unwrap();
        let mut found = ttys(&root.path().join("tty"));
        found.sort_by_key(|candidate| candidate.number);
        assert_eq!(
            named(found.iter()),
            "/dev/ttyACM0 (0403:6001 \"UART\", serial \"A1\", USB path 1-1.4:1.2), \
             /dev/ttyUSB2 (0403:6001 \"UART\", serial \"A1\", USB path 1-1.3:1.0)"
        );
    }

    #[test]
    fn no_sysfs_is_no_device() {
        assert!(candidates(Path::new("/nowhere/hidraw")).is_empty());
    }
}
