//! `cagekeeper demo`: a made-up studio and a day at its cage, for somebody who has no scanner at hand.
//!
//! [`plan`] makes everything as values; [`theatre`] puts it into the world: a temporary folder, pseudo-terminals,
//! bytes at their time. What reads them is the daemon itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono_tz::Tz;

use crate::config::{Config, Defaults};
use crate::domain::id::StationId;
use crate::time::UtcMs;
use crate::writer::Input;

pub mod day;
pub mod device;
pub mod open;
pub mod perform;
pub mod prompt;
pub mod studio;
#[cfg(test)]
mod tests;
pub mod theatre;

use day::{Pace, Step};
use device::Device;
use prompt::Colour;

/// The one station of the demonstration.
pub const STATION: &str = "cage";

/// Where the demonstration keeps things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The temporary folder.
    pub folder: PathBuf,
    /// The configuration, for `--config`.
    pub config: PathBuf,
    /// The ledger.
    pub ledger: PathBuf,
    /// The control socket.
    pub control: PathBuf,
    /// The barcode scanner's tty.
    pub gun: PathBuf,
    /// The card reader's tty.
    pub cards: PathBuf,
    /// The recording of the scanner that types.
    pub wedge: PathBuf,
}

impl Paths {
    /// All of them in one folder.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            config: folder.join("demo.toml"),
            ledger: folder.join("ledger.db"),
            control: folder.join("control.sock"),
            gun: folder.join(Device::Gun.name()),
            cards: folder.join(Device::Cards.name()),
            wedge: folder.join("wedge.jsonl"),
        }
    }
}

/// The whole demonstration as values.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Where things lie.
    pub paths: Paths,
    /// The configuration, as TOML.
    pub config: String,
    /// The studio's files, in the order in which they are to be imported.
    pub files: Vec<studio::File>,
    /// The time at which the files are imported: before yesterday's scans.
    pub imported_at: UtcMs,
    /// Yesterday's scans, for the writer after the import and before the daemon.
    pub yesterday: Vec<Input>,
    /// The day.
    pub steps: Vec<Step>,
    /// The wedge's part of the day, as JSON lines.
    pub recording: String,
    /// What the terminal says first.
    pub opening: String,
}

impl Demo {
    /// The configuration as the daemon takes it.
    pub fn parse_config(&self, zone: Tz) -> Result<Config> {
        let (ledger, control) = (self.paths.ledger.clone(), self.paths.control.clone());
        let defaults = Defaults { timezone: zone, ledger, control };
        Config::parse(&self.config, Some(&self.paths.config), &defaults)
            .context("the demonstration's own configuration is wrong")
    }
}

/// Plans a demonstration around `now` in `zone`, with its broker at `mqtt_port` of 127.0.0.1.
pub fn plan(now: UtcMs, zone: Tz, paths: Paths, mqtt_port: u16, pace: Pace, colour: Colour) -> Demo {
    let steps = day::steps(pace);
    Demo {
        config: config_text(&paths, zone, mqtt_port),
        files: studio::files(now, zone),
        imported_at: now.plus(-studio::IMPORTED_AGO_MS),
        yesterday: StationId::parse(STATION)
            .map(|station| studio::yesterday(now, &station))
            .unwrap_or_default(),
        recording: day::recording(&steps, Device::Wedge),
        opening: prompt::opening(&paths, mqtt_port, colour),
        steps,
        paths,
    }
}

/// The configuration of the demonstration.
pub fn config_text(paths: &Paths, zone: Tz, mqtt_port: u16) -> String {
    let quoted = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
    format!(
        r#"# A demonstration: everything in this folder is made up and goes away with it.
site = "demo"
timezone = "{zone}"
currency = "GBP"

[ledger]
path = {ledger}

[control]
path = {control}

[mqtt]
listen = "127.0.0.1:{mqtt_port}"

[clock]
trusted = true

[[station]]
id = "{STATION}"
kind = "desk"
person = "required"

[[reader]]
id = "gun"
station = "{STATION}"
source = "serial"
path = {gun}
protocol = "{gun_protocol}"

[[reader]]
id = "cards"
station = "{STATION}"
source = "serial"
path = {cards}
protocol = "{cards_protocol}"

[[reader]]
id = "wedge"
station = "{STATION}"
source = "replay"
path = {wedge}
protocol = "{wedge_protocol}"

[[reader]]
id = "keyboard"
station = "{STATION}"
source = "stdin"
"#,
        ledger = quoted(&paths.ledger),
        control = quoted(&paths.control),
        gun = quoted(&paths.gun),
        cards = quoted(&paths.cards),
        wedge = quoted(&paths.wedge),
        gun_protocol = Device::Gun.protocol().name(),
        cards_protocol = Device::Cards.protocol().name(),
        wedge_protocol = Device::Wedge.protocol().name(),
    )
}
