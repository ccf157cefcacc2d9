#![allow(clippy::disallowed_methods, reason = "it writes a profile")]
//! The profile that `learn` leaves in the folder of profiles: what this device is set to here.

use std::path::{Path, PathBuf};

use super::Target;
use super::block::model_keys;
use crate::config::profile::{Attachment, Evidence, Kind, Mode, Profile, Reads, UsbId, Way};
use crate::config::{ReaderConfig, ReaderSource};
use crate::io::readers::census::Device;
use crate::io::readers::likeness::Likeness;
use crate::wire::Protocol;

/// Where a profile is now.
#[derive(Debug)]
pub(super) enum Written {
    /// In this file, in place of one that was learned before.
    Here(PathBuf),
    /// Nowhere, and why.
    Nowhere(String),
}

/// Writes it into the folder of profiles, which is made where there is none. A file that is there is read at each start,
/// so it is there whole or not at all.
pub(super) fn write(folder: Option<&Path>, profile: &Profile) -> Written {
    let Some(folder) = folder else {
        let sentence =
            "the profile is not written, because there is no configuration file beside which it would stand";
        return Written::Nowhere(sentence.to_owned());
    };
    let path = folder.join(format!("{}.toml", profile.id));
    let text = profile.text();
    // What is not read again would stop the next start.
    if let Err(errors) = Profile::parse(&path, &text) {
        return Written::Nowhere(format!("the profile is not written, because it is not right: {errors}"));
    }
    let half = folder.join(format!(".{}.half", profile.id));
    let put = || {
        std::fs::create_dir_all(folder)?;
        std::fs::write(&half, &text)?;
        std::fs::rename(&half, &path)
    };
    match put() {
        Ok(()) => Written::Here(path),
        Err(error) => {
            let _ = std::fs::remove_file(&half);
            let shown = path.display();
            Written::Nowhere(format!(
                "{shown}: the profile cannot be written ({error}); put this there as somebody who may, or paste the block alone"
            ))
        }
    }
}

/// The profile of what was learned: `reader` is set so.
pub(super) fn learned(target: &Target, reader: &ReaderConfig) -> Profile {
    let device = target.device.as_ref();
    let like = device.and_then(Device::model);
    let name = device.map(|device| device.name.as_str()).filter(|name| !name.trim().is_empty());
    let name = like.map(|like| like.name.as_str()).or(name).unwrap_or(target.id.as_str());
    let usb = device.and_then(|device| device.usb);
    let usb = usb.map(|(vendor, product)| UsbId { vendor, product });
    let mode = Mode {
        name: "learned".to_owned(),
        usb: usb.into_iter().collect(),
        // Ids tell as much about the model as they did before.
        shared_ids: like.is_none(),
        way: Way::Reads(reads(reader)),
        setup: "As the device was set when it was learned.".to_owned(),
        evidence: Evidence::Learned,
        sources: vec!["the device itself".to_owned()],
    };
    Profile {
        id: id(target),
        name: name.to_owned(),
        kind: kind(reader.protocol),
        note: Some(note(target)),
        modes: vec![mode],
    }
}

fn note(target: &Target) -> String {
    let found = format!("Found by `cagekeeper readers learn {}`.", target.id);
    let models: &[Likeness] =
        target.device.as_ref().map(|device| device.models.as_slice()).unwrap_or_default();
    let like: Vec<String> = models
        .iter()
        .filter(|like| like.verified != Evidence::Learned.name())
        .map(|like| format!("{} ({})", like.profile, like.name))
        .collect();
    if like.is_empty() { found } else { format!("{found} By its ids it is like {}.", like.join(", ")) }
}

/// A reader is told by its id; a device by its USB ids, and by its socket where another has the same. What a device is
/// called here changes with the order of plugging.
fn id(target: &Target) -> String {
    let device = target.device.as_ref().filter(|_| !target.is_configured);
    let Some((device, (vendor, product))) = device.and_then(|device| Some((device, device.usb?))) else {
        return format!("learned-{}", target.id);
    };
    let socket = device.port().filter(|_| device.has_twin);
    let socket = socket.map(|port| format!("-{}", port.replace('.', "-"))).unwrap_or_default();
    format!("learned-{vendor:04x}-{product:04x}{socket}")
}

fn kind(protocol: Protocol) -> Kind {
    match protocol {
        Protocol::Keyboard | Protocol::Line | Protocol::Ssi | Protocol::HidPos => Kind::Barcode,
        Protocol::Rdm6300 | Protocol::Wiegand => Kind::Rfid125,
        Protocol::Pn532 => Kind::RfidHf,
        _ => Kind::RfidUhf,
    }
}

fn reads(reader: &ReaderConfig) -> Reads {
    let source = match reader.source {
        ReaderSource::Hid { .. } => Attachment::Hid,
        _ => Attachment::Serial,
    };
    let others = model_keys(reader).into_iter().filter(|(key, _)| *key != "protocol");
    let mut keys: Vec<(String, String)> = others.map(|(key, value)| (key.to_owned(), value)).collect();
    keys.sort();
    Reads { source, protocol: reader.protocol, keys }
}
