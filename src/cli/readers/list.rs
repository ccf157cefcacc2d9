//! `readers`: what is plugged in, what it probably is, whose it is, and the block to paste.

use std::process::ExitCode;

use serde::Serialize;

use super::block::{Block, ONLY_LISTENED_TO};
use crate::cli::screen::Screen;
use crate::config::Config;
use crate::io::readers::census::{Device, Places, Probably, census};

/// Columns of a terminal that nobody has made wider.
const COLUMNS: usize = 80;
/// How far what is said of a device stands in.
const INDENT: usize = 4;

const NOTHING: &str = "No scanner and no card reader is plugged in. Plug one into a USB port, and run this again: \
                       one that types shows as hidraw, one in serial mode as ttyUSB or ttyACM. If it does not show \
                       at all, `dmesg` says what the kernel makes of it.";

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    device: &'a Device,
    /// The name of its model, where that is known.
    model: Option<&'a str>,
    /// The mode that the model is in.
    mode: Option<&'a str>,
    /// What to paste into the configuration.
    block: Option<String>,
}

/// Lists the devices.
pub(super) fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let devices = census(&Places::default(), &config.readers, &config.profiles);
    let listed = listed(config, &devices);
    if screen.is_json() {
        screen.json(&listed)?;
    } else {
        screen.line(show(config, &listed).trim_end())?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn listed<'a>(config: &Config, devices: &'a [Device]) -> Vec<Listed<'a>> {
    let mut ids: Vec<String> = Vec::new();
    let mut block = |device: &Device| {
        let is_free = device.reader.is_none() && device.probably.may_be_reader();
        let block = is_free.then(|| Block::of_device(config, device, &ids))?;
        ids.push(block.id());
        let remark = if block.is_only_listened_to() { ONLY_LISTENED_TO } else { "" };
        Some(format!("{}{remark}", block))
    };
    let listed = devices.iter().map(|device| {
        let model = device.model();
        Listed {
            device,
            model: model.map(|model| model.name.as_str()),
            mode: model.map(|model| model.mode.as_str()),
            block: block(device),
        }
    });
    listed.collect()
}

fn show(config: &Config, listed: &[Listed<'_>]) -> String {
    let mut text = table(listed);
    let is_reader =
        |device: &Device| device.probably.may_be_reader() && device.probably != Probably::OwnSerial;
    if !listed.iter().any(|listed| is_reader(listed.device)) {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(&wrapped(NOTHING, 0));
    }
    let file = config.source.as_ref().map(|path| path.display().to_string());
    let file = file.unwrap_or_else(|| "/etc/cagekeeper/cagekeeper.toml".to_owned());
    let mut is_first = true;
    for Listed { device, block, .. } in listed {
        let Some(block) = block else { continue };
        if is_first {
            text.push_str(&format!(
                "\n# To have one of these read, paste its block into {file}\n# and restart the daemon.\n"
            ));
            is_first = false;
        }
        text.push_str(&format!("\n# {}\n{}\n", plain(&device.shown()), block.trim_end()));
    }
    text
}

/// A line of short columns for each device, and beneath it what may be long.
fn table(listed: &[Listed<'_>]) -> String {
    if listed.is_empty() {
        return String::new();
    }
    let heading = ["DEVICE", "USB", "PORT", "READER"].map(str::to_owned);
    let rows: Vec<[String; 4]> = listed.iter().map(|listed| row(listed.device)).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&heading).chain(&rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let devices = rows.iter().zip(listed).map(|(row, listed)| line(row) + &details(listed.device));
    line(&heading) + &devices.collect::<String>()
}

fn row(device: &Device) -> [String; 4] {
    [
        device.id.clone(),
        device.usb.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")).unwrap_or_default(),
        device.usb_path.clone().unwrap_or_default(),
        device.reader.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn details(device: &Device) -> String {
    let name = (!device.name.is_empty()).then(|| format!("calls itself {:?}", plain(&device.name)));
    let trouble = device.trouble.as_ref().map(|trouble| format!("cannot be read: {trouble}"));
    let said = [Some(device.guess()), name, trouble];
    said.into_iter().flatten().map(|said| wrapped(&said, INDENT)).collect()
}

/// What a device says of itself cannot move the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

/// The text in lines that a terminal does not break; a word that is longer is.
fn wrapped(text: &str, indent: usize) -> String {
    let room = COLUMNS.saturating_sub(indent).max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let signs: Vec<char> = word.chars().collect();
        for piece in signs.chunks(room).map(|piece| piece.iter().collect::<String>()) {
            let length = piece.chars().count();
            match lines.last_mut().filter(|line| line.chars().count() + 1 + length <= room) {
                Some(line) => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                None => lines.push(piece),
            }
        }
    }
    let margin = " ".repeat(indent);
    lines.iter().map(|line| format!("{margin}{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Defaults;
    use crate::io::readers::machine::{KEYBOARD, MEDIA, MOUSE, Machine};

    fn shown(machine: &Machine) -> (String, serde_json::Value) {
        let defaults = Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: "ledger.db".into(),
            control: "control.sock".into(),
        };
        let config = Config::parse("[[station]]\nid = \"cage\"\n", None, &defaults).unwrap();
        let devices = census(&machine.places(), &config.readers, &config.profiles);
        let listed = listed(&config, &devices);
        (show(&config, &listed), serde_json::to_value(&listed).unwrap())
    }

    #[test]
    fn a_screen_of_eighty_columns_is_enough_whatever_devices_call_themselves() {
        let machine = Machine::new();
        let long = "Symbol Technologies, Inc, 2008 Symbol Bar Code Scanner \u{1b}[2J with a name that goes on and on";
        machine.hid(3, ("usb/1-4.4.4/1-4.4.4:1.0", "000005E0:00001200", long), &KEYBOARD);
        machine.hid(4, ("usb/1-5/1-5:1.0", "00000C2E:00000B61", &"W".repeat(200)), &KEYBOARD);
        let (text, json) = shown(&machine);
        let above = text.split("\n# To have").next().unwrap();
        assert!(above.lines().all(|line| line.chars().count() <= COLUMNS), "{above}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(
            above.contains("hidraw4  0c2e:0b61  1-5:1.0\n    Honeywell Voyager 1250g, keyboard mode"),
            "{above}"
        );
        assert_eq!(
            (&json[1]["model"], &json[1]["mode"]),
            (&"Honeywell Voyager 1250g".into(), &"keyboard".into())
        );
        assert_eq!(
            (&json[0]["model"], json[0]["models"].as_array().unwrap().len() > 1),
            (&serde_json::Value::Null, true)
        );
        assert!(json[1]["block"].as_str().unwrap().contains("profile = \"honeywell-1250g\""));
    }

    #[test]
    fn a_machine_without_any_candidate_says_what_to_plug_in() {
        let empty = Machine::new();
        assert_eq!(shown(&empty).0, wrapped(NOTHING, 0));
        empty.hid(0, ("usb/1-1/1-1:1.0", "0000046D:0000C31C", "Keyboard"), &KEYBOARD);
        empty.hid(1, ("usb/1-1/1-1:1.1", "0000046D:0000C31C", "Keyboard"), &MEDIA);
        empty.hid(2, ("usb/1-2/1-2:1.0", "0000046D:0000C077", "Mouse"), &MOUSE);
        empty.tty("ttyS0", "4");
        let (text, _) = shown(&empty);
        assert!(text.contains("hidraw2") && text.contains(&wrapped(NOTHING, 0)), "{text}");
        empty.usb_tty("ttyUSB0", "1-3:1.0", ("1a86", "7523", ""));
        assert!(!shown(&empty).0.contains("is plugged in"), "an adapter is a candidate");
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrapped("a bc", 76), "    a bc\n".replacen("    ", &" ".repeat(76), 1));
        assert_eq!(wrapped("ab cde", 76), format!("{0}ab\n{0}cde\n", " ".repeat(76)));
        assert_eq!(wrapped("abcdef", 76), format!("{0}abcd\n{0}ef\n", " ".repeat(76)));
        assert_eq!(wrapped("", 4), "");
    }
}
