#![allow(clippy::disallowed_methods, reason = "it writes a profile")]
//! The profile that `learn` leaves beside the configuration: what this model is set to here.

use std::fmt::Write;
use std::path::PathBuf;

use super::Target;
use super::block::{learned_keys, reader_id};
use crate::cli::Failure;
use crate::config::{Config, ReaderSource};
use crate::wire::Protocol;
use crate::wire::learn::Learned;

/// Writes it, in place of one that was learned before; `None` without a configuration file.
pub(super) fn write(config: &Config, target: &Target, learned: &Learned) -> anyhow::Result<Option<PathBuf>> {
    let Some(folder) = config.source.as_ref().and_then(|source| source.parent()) else { return Ok(None) };
    let folder = folder.join("profiles");
    let id = format!("learned-{}", target.id);
    let Some(id) = reader_id(&id) else { return Ok(None) };
    let path = folder.join(format!("{id}.toml"));
    let failed = |error: std::io::Error| {
        let shown = path.display();
        Failure::Unreachable(format!(
            "{shown}: the profile cannot be written ({error}); paste the block instead"
        ))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    std::fs::write(&path, text(id.as_str(), target, learned)).map_err(failed)?;
    Ok(Some(path))
}

fn text(id: &str, target: &Target, learned: &Learned) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let device = target.device.as_ref();
    let name = device.map(|device| device.name.as_str()).filter(|name| !name.is_empty());
    let usb = device.and_then(|device| device.usb);
    let usb = usb.map(|(vendor, product)| format!("\"{vendor:04x}:{product:04x}\"")).unwrap_or_default();
    let is_card =
        !matches!(learned.protocol, Protocol::Keyboard | Protocol::Line | Protocol::Ssi | Protocol::HidPos);
    let kind = match learned.protocol {
        _ if !is_card => "barcode",
        Protocol::Rdm6300 | Protocol::Wiegand => "rfid-125",
        Protocol::Pn532 => "rfid-hf",
        _ => "rfid-uhf",
    };
    let source = match target.reader.source {
        ReaderSource::Hid { .. } => "hid",
        _ => "serial",
    };
    let mut text = format!(
        "# Found by `cagekeeper readers learn {}`.\nid = {}\nname = {}\nkind = \"{kind}\"\n\n[[mode]]\n\
         name = \"as learned\"\nusb = [{usb}]\nshared_ids = true\nsource = \"{source}\"\n",
        target.id,
        quoted(id),
        quoted(name.unwrap_or(target.id.as_str())),
    );
    for (key, value) in learned_keys(learned) {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    }
    text.push_str(
        "setup = \"as the device was set when it was learned\"\nverified = \"learned\"\nsources = [\"the device itself\"]\n",
    );
    text
}
