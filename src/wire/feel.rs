//! What a device can be made to sound and show: the ways, and where their bytes come from.
//!
//! A device that can do nothing has the `signal` topic and the lamps of its station; see `station::feedback` for who
//! feels what.

use super::Outgoing;

/// One beep of a Honeywell scanner on its serial line: SYN BEL CR. It has no other sound for a host to choose.
pub fn honeywell_beep() -> Outgoing {
    Outgoing::Bytes(vec![0x16, 0x07, 0x0d])
}

/// Which way a device is made to sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Buzzer {
    /// It cannot, or must not.
    #[default]
    None,
    /// Zebra's BEEP and LED packets.
    Ssi,
    /// Honeywell's commands on its serial line.
    Honeywell,
    /// The same in HID POS output reports.
    HidPos,
    /// Buzzer and LED of UHFReader18 and UHFReader288.
    UhfReader,
}

impl Buzzer {
    /// Every way, in the order in which they are documented.
    pub const ALL: [Self; 5] = [Self::None, Self::Ssi, Self::Honeywell, Self::HidPos, Self::UhfReader];

    /// The name used in the configuration: `feedback = "…"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ssi => "ssi",
            Self::Honeywell => "honeywell",
            Self::HidPos => "hid-pos",
            Self::UhfReader => "uhfreader",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}
