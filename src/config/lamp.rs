//! `[[lamp]]`: lamps and a buzzer on wires of a GPIO chip.

use super::reading::{ID, Reading};
use super::section::{Section, Setting, refuse_twice};
use super::station::station_of;
use super::{LampConfig, StationConfig};
use crate::domain::id::LampId;

pub(super) const LAMP_KEYS: [&str; 8] =
    ["id", "station", "chip", "green", "amber", "red", "buzzer", "active_low"];
const WIRES: [&str; 4] = ["green", "amber", "red", "buzzer"];
/// The largest chips have a few hundred lines.
const LINE_MAX: i64 = 1023;

/// The lamps of a file in its order; those that are wrong are left out and noted.
pub(super) fn lamps(
    top: &Section<'_>,
    stations: &[Option<StationConfig>],
    reading: &mut Reading<'_>,
) -> Vec<LampConfig> {
    let sections = top.children("lamp", &mut reading.problems);
    refuse_twice("lamp", &sections, &mut reading.problems);
    let mut lamps: Vec<LampConfig> = Vec::new();
    for section in &sections {
        let Some(lamp) = lamp(section, stations, reading) else { continue };
        refuse_shared(section, &lamp, &lamps, reading);
        lamps.push(lamp);
    }
    lamps
}

fn lamp(
    section: &Section<'_>,
    stations: &[Option<StationConfig>],
    reading: &mut Reading<'_>,
) -> Option<LampConfig> {
    let problems = &mut reading.problems;
    section.refuse_unknown(&LAMP_KEYS, problems);
    let id = section.require("id", ID, problems, |setting| LampId::parse(setting.text()?).ok());
    let station = station_of(section, stations, reading);
    let problems = &mut reading.problems;
    let expected = "a GPIO chip: its path such as \"/dev/gpiochip0\", or its label as `gpiodetect` shows it";
    let chip = section.require("chip", expected, problems, |setting| {
        setting.text().filter(|chip| is_chip(chip)).map(str::to_owned)
    });
    if WIRES.iter().all(|wire| section.setting(wire).is_none()) {
        section.missing("green", "at least one of green, amber, red and buzzer", problems);
    }
    let expected = format!("the number of a line from 0 to {LINE_MAX}");
    let mut line = |wire: &str| section.read(wire, &expected, problems, line_of);
    let (green, amber, red, buzzer) = (line("green"), line("amber"), line("red"), line("buzzer"));
    let active_low = section.truth("active_low", problems).unwrap_or(false);
    let lamp = LampConfig { id: id?, station: station?, chip: chip?, green, amber, red, buzzer, active_low };
    refuse_line_twice(section, &lamp, reading);
    Some(lamp)
}

fn line_of(setting: Setting<'_>) -> Option<u32> {
    setting.integer().filter(|line| (0..=LINE_MAX).contains(line)).and_then(|line| u32::try_from(line).ok())
}

fn is_chip(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && !text.contains('\0')
}

fn refuse_line_twice(section: &Section<'_>, lamp: &LampConfig, reading: &mut Reading<'_>) {
    let mut taken: Vec<u32> = Vec::new();
    for (wire, line) in lamp.wires() {
        if taken.contains(&line) {
            section.wrong(wire, "a line of its own for each lamp and the buzzer", &mut reading.problems);
        }
        taken.push(line);
    }
}

fn refuse_shared(section: &Section<'_>, lamp: &LampConfig, others: &[LampConfig], reading: &mut Reading<'_>) {
    for other in others.iter().filter(|other| other.chip == lamp.chip) {
        for (wire, line) in lamp.wires() {
            if other.wires().any(|(_, taken)| taken == line) {
                let expected = format!("a line that lamp {} does not have on this chip", other.id);
                section.wrong(wire, &expected, &mut reading.problems);
            }
        }
    }
}
