//! What a device probably is. Pure.

use std::fmt;

use serde::Serialize;

use super::census::Device;

/// Usage pages and usages of HID Usage Tables 1.5: bar code scanner, keyboard, pointer, mouse.
const SCANNER: (u16, u16) = (0x8c, 0x02);
const KEYBOARD: (u16, u16) = (1, 6);
const POINTERS: [(u16, u16); 2] = [(1, 1), (1, 2)];
/// What keyboards of machines have beside their keys: power and sleep keys, media keys.
const KEYS_OF_MACHINES: [(u16, u16); 2] = [(1, 0x80), (0x0c, 1)];

/// Words in the names of scanners and card readers, and their makers. Source: the names that devices in
/// `hardware/captures` and `hardware/profiles` give themselves.
const SCANNER_WORDS: [&str; 20] = [
    "scan",
    "bar code",
    "barcode",
    "rfid",
    "card reader",
    "reader",
    "symbol",
    "honeywell",
    "datalogic",
    "newland",
    "netum",
    "zebra",
    "metrologic",
    "intermec",
    "opticon",
    "youjie",
    "cino",
    "imager",
    "pcprox",
    "sycreader",
];

/// What a device probably is, the most probable scanner first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probably {
    /// A bar code scanner: its report descriptor says so.
    HidPos,
    /// A scanner or card reader that types: its name says so.
    Typing,
    /// A serial port on USB: a scanner in serial mode, or a card module behind an adapter.
    UsbSerial,
    /// Nothing but keys: a scanner that types, or a plain keyboard.
    MayType,
    /// A serial port of the machine.
    OwnSerial,
    /// The keyboard of somebody.
    Keyboard,
    /// A mouse or touch pad.
    Mouse,
    /// Something else.
    Other,
}

impl Probably {
    /// What a device is, from its name and what its report descriptor and those of its siblings are for.
    pub(super) fn of(device: &Device, usages: &[(u16, u16)], beside: &[(u16, u16)]) -> Self {
        if !device.is_hid {
            return if device.usb.is_some() { Self::UsbSerial } else { Self::OwnSerial };
        }
        let name = device.name.to_lowercase();
        let is_named = SCANNER_WORDS.iter().any(|word| name.contains(word));
        let has = |what: &(u16, u16)| usages.contains(what) || beside.contains(what);
        if usages.contains(&SCANNER) || usages.iter().any(|(page, _)| *page == 0xff8c) {
            return Self::HidPos;
        }
        if !usages.contains(&KEYBOARD) {
            let is_pointer = POINTERS.iter().any(|pointer| usages.contains(pointer));
            return if is_pointer { Self::Mouse } else { Self::Other };
        }
        match is_named {
            true => Self::Typing,
            false if POINTERS.iter().chain(&KEYS_OF_MACHINES).any(has) => Self::Keyboard,
            // It says of itself that it is a keyboard; some scanners do as well, and have nothing else.
            false => Self::MayType,
        }
    }

    /// The same of a device whose ids are those of a known model: nobody's keyboard has them.
    pub(super) fn known(self) -> Self {
        match self {
            Self::MayType | Self::Keyboard => Self::Typing,
            kind => kind,
        }
    }

    /// Whether somebody who plugs this in most probably wants it read.
    pub fn is_scanner(self) -> bool {
        matches!(self, Self::HidPos | Self::Typing)
    }

    /// Whether it may be read at all: the machine's own keyboard and mouse never are.
    pub fn may_be_reader(self) -> bool {
        !matches!(self, Self::Keyboard | Self::Mouse | Self::Other)
    }

    /// The protocol that it most probably speaks.
    pub fn protocol(self) -> &'static str {
        match self {
            Self::HidPos => "hid-pos",
            Self::Typing | Self::MayType | Self::Keyboard | Self::Mouse | Self::Other => "keyboard",
            Self::UsbSerial | Self::OwnSerial => "line",
        }
    }
}

impl fmt::Display for Probably {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HidPos => "bar code scanner (HID POS)",
            Self::Typing => "scanner or card reader that types",
            Self::UsbSerial => "USB serial port: a scanner, or an adapter with a reader behind it",
            Self::MayType => "scanner that types, or a plain keyboard",
            Self::OwnSerial => "serial port of this machine",
            Self::Keyboard => "keyboard",
            Self::Mouse => "mouse or touch pad",
            Self::Other => "something else",
        })
    }
}
