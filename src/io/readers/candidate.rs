//! Which device a reader means: the choice among the hidraw nodes, or the USB ttys, that there are.

use std::fmt;
use std::path::PathBuf;

/// Usage page and usage of a keyboard (HID Usage Tables, Generic Desktop page).
const KEYBOARD: (u16, u16) = (1, 6);
/// Usage pages of bar code scanners: that of the standard (HID Point of Sale Usage Tables), and Honeywell's own.
const SCANNER_PAGES: [u16; 2] = [0x8C, 0xFF8C];
/// Devices named in a sentence.
const NAMED_MAX: usize = 6;

/// What the configuration says of the device. What is not said fits anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) vendor: Option<u16>,
    pub(super) product: Option<u16>,
    pub(super) serial: Option<String>,
    /// `1-1.4` for the device, `1-1.4:1.0` for one interface of it.
    pub(super) usb_path: Option<String>,
}

/// What a reader speaks, by which one of several interfaces of a device is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It types.
    Keyboard,
    /// It sends codes as data (HID Point of Sale).
    PointOfSale,
    /// It is a tty.
    Serial,
}

impl Purpose {
    /// What is looked for, in a sentence.
    pub(super) fn device(self) -> &'static str {
        match self {
            Self::Keyboard | Self::PointOfSale => "HID device",
            Self::Serial => "USB serial device",
        }
    }
}

/// A hidraw node, or a tty of a USB device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// `hidraw`, `ttyUSB` or `ttyACM`.
    pub(super) class: &'static str,
    /// The N of `/dev/hidrawN`.
    pub(super) number: u32,
    pub(super) vendor: u16,
    pub(super) product: u16,
    pub(super) name: String,
    pub(super) serial: String,
    /// The USB interface, `1-1.4:1.0`; `None` for what is not on USB.
    pub(super) interface: Option<String>,
    /// The report descriptor; a tty has none.
    pub(super) descriptor: Vec<u8>,
}

/// What was found for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// Nothing was asked for: any device would do, the keyboard of this machine among them.
    NothingWanted,
    /// No device fits.
    Nothing,
    /// One device fits.
    One(&'a Candidate),
    /// Several devices fit equally: the first in the order of their paths, and the others.
    FirstOf(&'a Candidate, Vec<&'a Candidate>),
}

/// Chooses the node of the device that is wanted; of several HID interfaces of one device the one that serves the
/// purpose. Several ttys of one device are as good as several devices: nothing tells which one has the reader.
pub(super) fn choose<'a>(candidates: &'a [Candidate], wanted: &Wanted, purpose: Purpose) -> Choice<'a> {
    if *wanted == Wanted::default() {
        return Choice::NothingWanted;
    }
    let mut fitting: Vec<&Candidate> = candidates.iter().filter(|candidate| wanted.fits(candidate)).collect();
    fitting.sort_by_key(|candidate| {
        (device_order(candidate), !candidate.serves(purpose), interface_order(candidate), candidate.number)
    });
    if purpose != Purpose::Serial {
        fitting
            .dedup_by(|later, first| later.interface.is_some() && later.device_path() == first.device_path());
    }
    let mut fitting = fitting.into_iter();
    let Some(first) = fitting.next() else { return Choice::Nothing };
    let others: Vec<&Candidate> = fitting.collect();
    if others.is_empty() { Choice::One(first) } else { Choice::FirstOf(first, others) }
}

/// The numbers in a USB path, so that port 10 follows port 2; what is not on USB comes last, each node by
/// itself.
fn device_order(candidate: &Candidate) -> (bool, Vec<u32>) {
    match candidate.device_path() {
        Some(path) => (false, numbers(path)),
        None => (true, vec![candidate.number]),
    }
}

fn interface_order(candidate: &Candidate) -> Vec<u32> {
    candidate.interface.as_deref().map(numbers).unwrap_or_default()
}

fn numbers(path: &str) -> Vec<u32> {
    path.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

impl Wanted {
    fn fits(&self, candidate: &Candidate) -> bool {
        self.vendor.is_none_or(|vendor| vendor == candidate.vendor)
            && self.product.is_none_or(|product| product == candidate.product)
            && self.serial.as_ref().is_none_or(|serial| *serial == candidate.serial)
            && self.usb_path.as_deref().is_none_or(|path| {
                candidate.interface.as_deref() == Some(path) || candidate.device_path() == Some(path)
            })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.vendor.map(|vendor| format!("vendor {vendor:04x}")),
            self.product.map(|product| format!("product {product:04x}")),
            self.serial.as_ref().map(|serial| format!("serial {serial:?}")),
            self.usb_path.as_ref().map(|path| format!("USB path {path}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Candidate {
    /// The device file.
    pub(super) fn node(&self) -> PathBuf {
        PathBuf::from(format!("/dev/{}{}", self.class, self.number))
    }

    /// Where the device is plugged in: `1-1.4`.
    pub(super) fn device_path(&self) -> Option<&str> {
        self.interface.as_deref().and_then(|interface| interface.split(':').next())
    }

    /// What tells this model from others.
    pub(super) fn model(&self) -> Wanted {
        Wanted { vendor: Some(self.vendor), product: Some(self.product), ..Wanted::default() }
    }

    fn serves(&self, purpose: Purpose) -> bool {
        let usages = application_usages(&self.descriptor);
        match purpose {
            Purpose::Keyboard => usages.contains(&KEYBOARD),
            Purpose::PointOfSale => usages.iter().any(|(page, _)| SCANNER_PAGES.contains(page)),
            Purpose::Serial => self.descriptor.is_empty(),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, number, vendor, product, name, serial, .. } = self;
        write!(f, "/dev/{class}{number} ({vendor:04x}:{product:04x} {name:?}")?;
        if !serial.is_empty() {
            write!(f, ", serial {serial:?}")?;
        }
        match &self.interface {
            Some(path) => write!(f, ", USB path {path})"),
            None => f.write_str(", not on USB)"),
        }
    }
}

/// Devices in one phrase, the first few of them.
pub(super) fn named<'a>(candidates: impl ExactSizeIterator<Item = &'a Candidate>) -> String {
    let more = candidates.len().saturating_sub(NAMED_MAX);
    let mut names: Vec<String> = candidates.take(NAMED_MAX).map(ToString::to_string).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// What the top collections of a report descriptor are for: pairs of usage page and usage (HID 1.11, 6.2.2).
///
/// Walks the items and keeps nothing else: a report count of four thousand million costs nothing here.
pub(super) fn application_usages(descriptor: &[u8]) -> Vec<(u16, u16)> {
    let (mut rest, mut page, mut usage, mut found) = (descriptor, 0, None, Vec::new());
    while let Some((tag, value, after)) = next_item(rest) {
        rest = after;
        match tag {
            0x04 => page = low_half(value),
            0x08 => usage = usage.or(Some(value)),
            // Collection; 1 is an application. A four-byte usage brings its own page.
            0xA0 => {
                if let (Some(usage), 1) = (usage.take(), value) {
                    let own_page = low_half(usage >> 16);
                    found.push((if own_page == 0 { page } else { own_page }, low_half(usage)));
                }
            }
            0x80 | 0x90 | 0xB0 | 0xC0 => usage = None,
            _ => {}
        }
    }
    found
}

fn low_half(value: u32) -> u16 {
    u16::try_from(value & 0xFFFF).unwrap_or_default()
}

/// Splits off one item: its tag and type, its value, and what follows. `None` at the end and at a cut item.
fn next_item(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let (&prefix, rest) = bytes.split_first()?;
    if prefix == 0xFE {
        let (&length, rest) = rest.split_first()?;
        return Some((prefix, 0, rest.get(1 + usize::from(length)..)?));
    }
    let length = if prefix & 3 == 3 { 4 } else { usize::from(prefix & 3) };
    let (data, rest) = rest.split_at_checked(length)?;
    let value = data.iter().rev().fold(0, |value: u32, &byte| value << 8 | u32::from(byte));
    Some((prefix & 0xFC, value, rest))
}

/// A scanner of one model, for tests: no descriptor, and of its sysfs folder only the USB interface.
#[cfg(test)]
pub(super) fn scanner(number: u32, interface: &str) -> Candidate {
    Candidate {
        class: "hidraw",
        number,
        vendor: 0x05e0,
        product: 0x1200,
        name: "Bar Code Scanner".to_owned(),
        serial: String::new(),
        interface: Some(interface.to_owned()),
        descriptor: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Usage page, usage, application collection, its end: what tells a keyboard from a pointer.
    const KEYBOARD_DESCRIPTOR: [u8; 7] = [0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0];
    const POINTER_DESCRIPTOR: [u8; 7] = [0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0xC0];

    fn of(number: u32, interface: Option<&str>, descriptor: &[u8]) -> Candidate {
        let interface = interface.map(str::to_owned);
        Candidate { interface, descriptor: descriptor.to_vec(), ..scanner(number, "") }
    }

    fn by_model() -> Wanted {
        Wanted { vendor: Some(0x05e0), product: Some(0x1200), ..Wanted::default() }
    }

    fn at(usb_path: &str) -> Wanted {
        Wanted { usb_path: Some(usb_path.to_owned()), ..Wanted::default() }
    }

    #[test]
    fn everything_that_is_said_must_fit() {
        let mut here = of(0, Some("1-1.4:1.0"), &KEYBOARD_DESCRIPTOR);
        here.serial = "S1".to_owned();
        let all = [here];
        let wanted =
            Wanted { serial: Some("S1".to_owned()), usb_path: Some("1-1.4".to_owned()), ..by_model() };
        assert_eq!(choose(&all, &wanted, Purpose::Keyboard), Choice::One(&all[0]));
        for other in [
            Wanted { vendor: Some(1), ..wanted.clone() },
            Wanted { product: Some(1), ..wanted.clone() },
            Wanted { serial: Some("S2".to_owned()), ..wanted.clone() },
            Wanted { usb_path: Some("1-1".to_owned()), ..wanted.clone() },
        ] {
            assert_eq!(choose(&all, &other, Purpose::Keyboard), Choice::Nothing, "{other}");
        }
    }

    #[test]
    fn a_reader_that_says_nothing_gets_nothing() {
        let all = [of(0, Some("1-1:1.0"), &KEYBOARD_DESCRIPTOR)];
        assert_eq!(choose(&all, &Wanted::default(), Purpose::Keyboard), Choice::NothingWanted);
    }

    #[test]
    fn of_one_device_the_keyboard_interface_is_read_unless_another_is_named() {
        let all = [
            of(4, Some("1-1.4:1.0"), &POINTER_DESCRIPTOR),
            of(5, Some("1-1.4:1.1"), &KEYBOARD_DESCRIPTOR),
            of(6, Some("1-1.4:1.2"), &KEYBOARD_DESCRIPTOR),
        ];
        assert_eq!(choose(&all, &by_model(), Purpose::Keyboard), Choice::One(&all[1]));
        assert_eq!(choose(&all, &at("1-1.4"), Purpose::Keyboard), Choice::One(&all[1]));
        assert_eq!(choose(&all, &at("1-1.4:1.0"), Purpose::Keyboard), Choice::One(&all[0]));
        assert_eq!(choose(&all[..1], &by_model(), Purpose::Keyboard), Choice::One(&all[0]));
    }

    #[test]
    fn a_point_of_sale_reader_gets_the_interface_of_the_of() {
        const SCANNER: [u8; 7] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0];
        const HONEYWELL: [u8; 8] = [0x06, 0x8C, 0xFF, 0x09, 0x02, 0xA1, 0x01, 0xC0];
        for descriptor in [&SCANNER[..], &HONEYWELL[..]] {
            let all = [of(4, Some("1-1.4:1.0"), &KEYBOARD_DESCRIPTOR), of(5, Some("1-1.4:1.1"), descriptor)];
            assert_eq!(choose(&all, &by_model(), Purpose::PointOfSale), Choice::One(&all[1]));
            assert_eq!(choose(&all, &by_model(), Purpose::Keyboard), Choice::One(&all[0]));
        }
    }

    #[test]
    fn several_ttys_of_one_device_are_told_apart_by_their_interface() {
        let tty = |number, interface| Candidate { class: "ttyACM", ..of(number, Some(interface), &[]) };
        let all = [tty(1, "1-1.4:1.2"), tty(0, "1-1.4:1.0")];
        assert_eq!(choose(&all, &by_model(), Purpose::Serial), Choice::FirstOf(&all[1], vec![&all[0]]));
        assert_eq!(choose(&all, &at("1-1.4:1.2"), Purpose::Serial), Choice::One(&all[0]));
        assert_eq!(all[0].node(), PathBuf::from("/dev/ttyACM1"));
    }

    #[test]
    fn of_two_equal_devices_the_first_in_path_order_is_taken_and_the_other_named() {
        let all = [
            of(0, Some("1-1.10:1.0"), &KEYBOARD_DESCRIPTOR),
            of(1, Some("1-1.2:1.0"), &POINTER_DESCRIPTOR),
            of(2, Some("1-1.2:1.1"), &KEYBOARD_DESCRIPTOR),
        ];
        assert_eq!(choose(&all, &by_model(), Purpose::Keyboard), Choice::FirstOf(&all[2], vec![&all[0]]));
        assert_eq!(choose(&all, &at("1-1.10"), Purpose::Keyboard), Choice::One(&all[0]));
    }

    #[test]
    fn devices_that_are_not_on_usb_are_each_by_themselves_and_come_last() {
        let all = [
            of(0, None, &KEYBOARD_DESCRIPTOR),
            of(1, None, &KEYBOARD_DESCRIPTOR),
            of(2, Some("3-1:1.0"), &KEYBOARD_DESCRIPTOR),
        ];
        assert_eq!(
            choose(&all, &by_model(), Purpose::Keyboard),
            Choice::FirstOf(&all[2], vec![&all[0], &all[1]])
        );
        assert_eq!(choose(&all[1..2], &by_model(), Purpose::Keyboard), Choice::One(&all[1]));
    }

    #[test]
    fn usages_are_those_of_application_collections() {
        assert_eq!(application_usages(&KEYBOARD_DESCRIPTOR), [(1, 6)]);
        // A bar code scanner's page with a report id, a logical collection inside, and then a keyboard.
        let both = [
            0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x01, 0x09, 0x12, 0xA1, 0x02, 0xC0, 0xC0, //
            0x0B, 0x06, 0x00, 0x01, 0x00, 0xA1, 0x01, 0xC0,
        ];
        assert_eq!(application_usages(&both), [(0x8C, 2), (1, 6)]);
    }

    #[test]
    fn a_broken_descriptor_is_walked_as_far_as_it_goes() {
        for length in 0..KEYBOARD_DESCRIPTOR.len() {
            let usages = application_usages(&KEYBOARD_DESCRIPTOR[..length]);
            assert_eq!(usages.len(), usize::from(length >= 6), "{length}");
        }
        assert!(application_usages(&[0xFE]).is_empty());
        assert!(application_usages(&[0xFE, 0xFF, 0x00, 0x01]).is_empty());
        assert!(application_usages(&[0xFF; 64]).is_empty());
        let after_a_long_item = [&[0xFE, 0x02, 0x10, 0xA1, 0x01], KEYBOARD_DESCRIPTOR.as_slice()].concat();
        assert_eq!(application_usages(&after_a_long_item), [(1, 6)]);
    }
}
