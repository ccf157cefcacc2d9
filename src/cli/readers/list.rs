//! `readers`: what is plugged in, what it probably is, whose it is, and the block to paste.

use std::process::ExitCode;

use serde::Serialize;

use super::block::Block;
use crate::cli::screen::Screen;
use crate::config::Config;
use crate::io::readers::census::{Device, Places, census};

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    device: &'a Device,
    /// What to paste into the configuration.
    block: Option<String>,
}

/// Lists the devices.
pub(super) fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let devices = census(&Places::default(), &config.readers);
    let block = |device: &Device| {
        let is_free = device.reader.is_none() && device.probably.may_be_reader();
        is_free.then(|| Block::of_device(config, device).to_string())
    };
    let listed: Vec<Listed<'_>> =
        devices.iter().map(|device| Listed { device, block: block(device) }).collect();
    if screen.is_json() {
        screen.json(&listed)?;
    } else {
        show(config, screen, &listed)?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn show(config: &Config, screen: &mut Screen, listed: &[Listed<'_>]) -> anyhow::Result<()> {
    if listed.is_empty() {
        return screen.line("nothing is plugged in that could be a reader");
    }
    let rows: Vec<Vec<String>> = listed.iter().map(|listed| row(listed.device)).collect();
    screen.table(&["DEVICE", "USB", "PORT", "NAME", "PROBABLY", "READER", "NOT READABLE BECAUSE"], &rows)?;
    let file = config
        .source
        .as_ref()
        .map_or_else(|| "/etc/cagekeeper/cagekeeper.toml".to_owned(), |path| path.display().to_string());
    for Listed { device, block } in listed {
        if let Some(block) = block {
            screen.line(&format!("\n# {}: into {file}, and restart the daemon", device.shown()))?;
            screen.line(block.trim_end())?;
        }
    }
    Ok(())
}

fn row(device: &Device) -> Vec<String> {
    vec![
        device.id.clone(),
        device.usb.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")).unwrap_or_default(),
        device.usb_path.clone().unwrap_or_default(),
        device.name.clone(),
        device.probably.to_string(),
        device.reader.as_ref().map(ToString::to_string).unwrap_or_default(),
        device.trouble.clone().unwrap_or_default(),
    ]
}
