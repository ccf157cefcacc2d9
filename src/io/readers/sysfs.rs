//! The hidraw nodes that sysfs lists.
//!
//! sysfs and not hidapi's own list: that one leaves out the USB path, which is all that tells two scanners of
//! one model apart. Of each `/sys/class/hidraw/hidrawN` the real path of `device` is used (the USB interface,
//! `1-1.4:1.0`, is one of its parts), its `uevent` (`HID_ID=0003:000005E0:00001200`, `HID_NAME`, `HID_UNIQ`,
//! the serial number) and its `report_descriptor`.

#![allow(clippy::disallowed_methods, reason = "sysfs")]

use std::fs;
use std::path::Path;

use super::candidate::Candidate;

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
        number,
        vendor,
        product,
        name: property(&uevent, "HID_NAME").unwrap_or_default().to_owned(),
        serial: property(&uevent, "HID_UNIQ").unwrap_or_default().to_owned(),
        interface: usb_interface(&device),
        descriptor: fs::read(device.join("report_descriptor")).unwrap_or_default(),
    })
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

fn is_usb_interface(part: &str) -> bool {
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

    #[test]
    fn no_sysfs_is_no_device() {
        assert!(candidates(Path::new("/nowhere/hidraw")).is_empty());
    }
}
