//! The udev rules that give a HID reader to the daemon and keep what it types from everything else.
//!
//! Three lines for each device: its raw reports belong to the group `cagekeeper`; its input devices are inhibited
//! (Linux 5.11), which drops their events for the console and for desktops alike; its event nodes are no keys to
//! systemd-logind and nothing to libinput, and the daemon may grab them on an older kernel. Rules are applied at
//! each plugging in, whether the daemon runs or not.
//!
//! The file must come after `60-input-id.rules` and before `70-power-switch.rules`: a tag that systemd-logind once
//! saw is not taken back by `TAG-=`, so the property that it is given for goes first.

use super::candidate::Wanted;
use crate::config::ReaderSource;

/// Where the rules belong.
pub const RULES_PATH: &str = "/etc/udev/rules.d/70-cagekeeper.rules";

/// The lines for the device of a reader; `None` for what is no HID device, which needs none.
pub fn rules_of(source: &ReaderSource) -> Option<[String; 3]> {
    match source.clone() {
        ReaderSource::Hid { vendor, product, serial, usb_path } => {
            Some(lines(&Wanted { vendor, product, serial, usb_path }))
        }
        _ => None,
    }
}

/// The lines for a device that is wanted: its raw reports, its input devices, its event nodes.
pub(super) fn lines(wanted: &Wanted) -> [String; 3] {
    let which = matching(wanted);
    [
        format!("SUBSYSTEM==\"hidraw\", {which}, GROUP=\"cagekeeper\", MODE=\"0660\""),
        format!("SUBSYSTEM==\"input\", KERNEL==\"input*\", {which}, ATTR{{inhibited}}=\"1\""),
        format!(
            "SUBSYSTEM==\"input\", KERNEL==\"event*\", {which}, ENV{{ID_INPUT_KEY}}=\"\", \
             ENV{{LIBINPUT_IGNORE_DEVICE}}=\"1\", TAG-=\"power-switch\", GROUP=\"cagekeeper\", MODE=\"0660\""
        ),
    ]
}

/// What a rule asks of the devices above a node. All of it must be true of one of them: serial number and socket are
/// told by the USB device, ids also by the HID device, which Bluetooth readers have as well. A device is taken with
/// all its interfaces, because media keys have one of their own.
fn matching(wanted: &Wanted) -> String {
    let Wanted { vendor, product, serial, usb_path } = wanted;
    if serial.is_none() && usb_path.is_none() {
        let id = |id: &Option<u16>| id.map_or("????".to_owned(), |id| format!("{id:04X}"));
        return format!("KERNELS==\"*:{}:{}.*\"", id(vendor), id(product));
    }
    let socket = usb_path.as_deref().and_then(|path| path.split(':').next());
    let parts = [
        socket.map(|path| format!("KERNELS==\"{}\"", literal(path))),
        vendor.map(|vendor| format!("ATTRS{{idVendor}}==\"{vendor:04x}\"")),
        product.map(|product| format!("ATTRS{{idProduct}}==\"{product:04x}\"")),
        serial.as_ref().map(|serial| format!("ATTRS{{serial}}==\"{}\"", literal(serial))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A text in a pattern of a rule: what a pattern or a quoted text would take for something else is any one byte.
fn literal(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:#/+ ".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { char::from(byte) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(wanted: Wanted) -> String {
        matching(&wanted)
    }

    #[test]
    fn ids_are_those_of_the_hid_device_and_serve_bluetooth_too() {
        let model = Wanted { vendor: Some(0x05e0), product: Some(0x1200), ..Wanted::default() };
        assert_eq!(asked(model), "KERNELS==\"*:05E0:1200.*\"");
        let maker = Wanted { vendor: Some(0x0c2e), ..Wanted::default() };
        assert_eq!(asked(maker), "KERNELS==\"*:0C2E:????.*\"");
    }

    #[test]
    fn serial_number_and_socket_are_those_of_the_usb_device_with_all_its_interfaces() {
        let wanted = Wanted {
            vendor: Some(0x05e0),
            product: Some(0x1200),
            serial: Some("S 1".to_owned()),
            usb_path: Some("1-1.4:1.0".to_owned()),
        };
        assert_eq!(
            asked(wanted),
            "KERNELS==\"1-1.4\", ATTRS{idVendor}==\"05e0\", ATTRS{idProduct}==\"1200\", ATTRS{serial}==\"S 1\""
        );
    }

    #[test]
    fn no_serial_number_can_end_its_quotes_or_match_more_than_itself() {
        let wanted = Wanted { serial: Some("A\"*[é]\\$x".to_owned()), ..Wanted::default() };
        assert_eq!(asked(wanted), "ATTRS{serial}==\"A????????x\"");
    }

    #[test]
    fn only_hid_readers_need_rules() {
        assert!(rules_of(&ReaderSource::Stdin).is_none());
        let hid = ReaderSource::Hid { vendor: Some(1), product: Some(2), serial: None, usb_path: None };
        let [raw, input, event] = rules_of(&hid).unwrap();
        assert!(raw.starts_with("SUBSYSTEM==\"hidraw\"") && input.ends_with("ATTR{inhibited}=\"1\""));
        assert!(event.contains("ENV{ID_INPUT_KEY}=\"\""));
    }
}
