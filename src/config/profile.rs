//! Profiles: what is known of a model, so that a configuration can name the model and leave out the rest.
//!
//! A profile is a file of `hardware/profiles`, compiled in, or of a folder beside the configuration, where the one of
//! the same id counts instead. It lists the ways in which a model presents itself (its modes), the recommended first,
//! each with the keys of `[[reader]]` that it needs, and says whether real bytes of the model were read with them.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::nearest::nearest;
use crate::wire::Protocol;

mod load;
mod parse;
mod write;

/// What is known of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Names the profile, in configurations and as the name of its file.
    pub id: String,
    /// The model's name, for people.
    pub name: String,
    /// What it reads.
    pub kind: Kind,
    /// What is odd about the model, for people.
    pub note: Option<String>,
    /// The ways in which the model presents itself, the recommended first. At least one.
    pub modes: Vec<Mode>,
}

/// What a model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Printed codes.
    Barcode,
    /// Cards at 125 kHz.
    Rfid125,
    /// Cards at 13.56 MHz.
    RfidHf,
    /// Tags at UHF.
    RfidUhf,
}

/// One way in which a model presents itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// Names the mode, for people.
    pub name: String,
    /// The USB ids seen; none where it is not on USB, or where they are not known.
    pub usb: Vec<UsbId>,
    /// Whether other makers use these ids too: then they only suggest the model.
    pub shared_ids: bool,
    /// How it is read, or why it is not.
    pub way: Way,
    /// How the model is brought into this mode, for people.
    pub setup: String,
    /// What the mode was checked against.
    pub evidence: Evidence,
    /// The public documents and projects that say so, by name. At least one.
    pub sources: Vec<String>,
}

/// How a mode is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// With these keys of `[[reader]]`.
    Reads(Reads),
    /// Not at all, and what to do about it.
    Unsupported(String),
}

/// The keys of `[[reader]]` that a mode sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// `source`
    pub source: Attachment,
    /// `protocol`
    pub protocol: Protocol,
    /// The others, as TOML writes them (`("baud", "115200")`), in the order of the alphabet. Their values are right.
    pub keys: Vec<(String, String)>,
}

/// What a model is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// A tty.
    Serial,
    /// A USB HID device.
    Hid,
}

/// What a mode was checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Bytes that such a device sent: the ids of its vectors in `hardware/captures`.
    Bytes(Vec<String>),
    /// The device that stands here: `readers learn` found it out.
    Learned,
    /// Documents only.
    Documented,
}

/// Vendor and product of a USB device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsbId {
    /// Vendor id.
    pub vendor: u16,
    /// Product id.
    pub product: u16,
}

impl fmt::Display for UsbId {
    /// As `lsusb` prints it: `05e0:1200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

impl UsbId {
    /// Reads four hex digits, a colon and four hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (vendor, product) = text.split_once(':')?;
        let id = |digits: &str| {
            let fits = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            fits.then(|| u16::from_str_radix(digits, 16).ok())?
        };
        Some(Self { vendor: id(vendor)?, product: id(product)? })
    }
}

impl Kind {
    const ALL: [Self; 4] = [Self::Barcode, Self::Rfid125, Self::RfidHf, Self::RfidUhf];

    /// The name used in profiles: `barcode`, `rfid-125`, `rfid-hf`, `rfid-uhf`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Barcode => "barcode",
            Self::Rfid125 => "rfid-125",
            Self::RfidHf => "rfid-hf",
            Self::RfidUhf => "rfid-uhf",
        }
    }
}

impl Attachment {
    /// The name used in the configuration: `serial` or `hid`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Hid => "hid",
        }
    }
}

impl Evidence {
    /// The name used in profiles: `bytes`, `learned` or `documented`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Learned => "learned",
            Self::Documented => "documented",
        }
    }
}

impl Mode {
    /// The keys of `[[reader]]` that it sets, where the mode is read at all.
    pub fn reads(&self) -> Option<&Reads> {
        match &self.way {
            Way::Reads(reads) => Some(reads),
            Way::Unsupported(_) => None,
        }
    }

    /// The id that chooses a device of this model and no other; `None` where there are several or others share it.
    pub fn own_id(&self) -> Option<UsbId> {
        match self.usb.as_slice() {
            [only] if !self.shared_ids => Some(*only),
            _ => None,
        }
    }
}

impl Profile {
    /// The text of a file that [`Profile::parse`] makes this profile of.
    pub fn text(&self) -> String {
        write::text(self)
    }

    /// The first mode that is read, has this source and this protocol; `None` stands for any.
    pub fn mode_for(&self, source: Option<Attachment>, protocol: Option<Protocol>) -> Option<&Mode> {
        self.modes.iter().find(|mode| {
            mode.reads().is_some_and(|reads| {
                source.is_none_or(|source| source == reads.source)
                    && protocol.is_none_or(|protocol| protocol == reads.protocol)
            })
        })
    }
}

/// Every profile that a configuration may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    list: Vec<Profile>,
    folder: Option<PathBuf>,
}

impl Profiles {
    /// Where profiles of this machine are: `None` where no configuration file says.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// All of them in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.list.iter()
    }

    /// The profile of that id.
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.list.iter().find(|profile| profile.id == id)
    }

    /// The id that was probably meant.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.list.iter().map(|profile| profile.id.as_str()))
    }

    /// What a device of these ids may be: first where the ids are the model's own, then where others share them.
    pub fn suggest(&self, vendor: u16, product: u16) -> Vec<(&Profile, &Mode)> {
        let id = UsbId { vendor, product };
        let of_model = |profile| move |mode| (profile, mode);
        let modes =
            self.list.iter().flat_map(|profile: &Profile| profile.modes.iter().map(of_model(profile)));
        let mut fitting: Vec<(&Profile, &Mode)> = modes.filter(|(_, mode)| mode.usb.contains(&id)).collect();
        fitting.sort_by_key(|(_, mode)| mode.shared_ids);
        fitting
    }
}

#[cfg(test)]
mod tests;
