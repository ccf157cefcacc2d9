//! The configuration as written into the configuration as meant.
//!
//! Every key is compared with the known ones by hand, so that an error can say where it stands, what was found
//! and what was expected, and so that one reading finds all errors. A wrong setting never becomes a default.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;
use toml::de::DeTable;

use super::backup::backup;
use super::broker::broker;
use super::calendar::calendars;
use super::house::house;
use super::lamp::lamps;
use super::problem::{ConfigErrors, Problems};
use super::profile::Profiles;
use super::reader::readers;
use super::reading::{ID, Reading};
use super::section::{Section, Setting, with_nearest};
use super::station::stations;
use super::web::web;
use super::{ClockTrust, Config, ControlConfig, LedgerConfig, MqttConfig};
use crate::domain::id::{DaemonId, PersonHandle, SiteId};

pub(super) const TOP_KEYS: [&str; 21] = [
    "site",
    "timezone",
    "currency",
    "daemon",
    "ledger",
    "mqtt",
    "rules",
    "limits",
    "conditions",
    "policy",
    "rights",
    "hours",
    "control",
    "clock",
    "profiles",
    "station",
    "reader",
    "lamp",
    "calendar",
    "web",
    "backup",
];

/// What holds where the file says nothing and the machine decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The time zone of the machine.
    pub timezone: Tz,
    /// The ledger file.
    pub ledger: PathBuf,
    /// The control socket.
    pub control: PathBuf,
}

impl Config {
    /// Makes a configuration of the text of a file.
    ///
    /// `source` names the file in errors and gives the folder from which relative paths start; without it the
    /// text is the embedded default. All that is wrong is returned together.
    pub fn parse(text: &str, source: Option<&Path>, defaults: &Defaults) -> Result<Self, ConfigErrors> {
        let mut reading = Reading {
            problems: Problems::new(text),
            folder: source.and_then(Path::parent).map(Path::to_path_buf),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        reading.problems.add_toml(&errors);
        let top = Section::top(&table);
        let profiles = profiles(&top, &mut reading)?;
        let config =
            if errors.is_empty() { config(&top, source, defaults, profiles, &mut reading) } else { None };
        match config {
            Some(config) if reading.problems.is_empty() => Ok(config),
            _ => Err(ConfigErrors::Wrong { file: file_name(source), errors: reading.problems.into_errors() }),
        }
    }
}

/// How errors name the file.
fn file_name(source: Option<&Path>) -> String {
    source.map_or_else(|| "the embedded configuration".to_owned(), |path| path.display().to_string())
}

/// The models that readers may name: those that are compiled in, and those of the folder `profiles` beside the file
/// or where the file says.
fn profiles(top: &Section<'_>, reading: &mut Reading<'_>) -> Result<Profiles, ConfigErrors> {
    let beside = reading.folder.as_ref().map(|folder| folder.join("profiles"));
    let folder = reading.path(top, "profiles").or(beside);
    Profiles::with_folder(folder.as_deref())
}

fn config(
    top: &Section<'_>,
    source: Option<&Path>,
    defaults: &Defaults,
    profiles: Profiles,
    reading: &mut Reading<'_>,
) -> Option<Config> {
    top.refuse_unknown(&TOP_KEYS, &mut reading.problems);
    let stations = stations(top, reading);
    let zone = timezone(top, reading).unwrap_or(defaults.timezone);
    let ledger = ledger(top, defaults, reading);
    let currency = currency(top, reading).unwrap_or_else(|| "EUR".to_owned());
    Some(Config {
        source: source.map(Path::to_path_buf),
        site: id_or(top, "site", "studio", SiteId::parse, reading)?,
        daemon: id_or(top, "daemon", "main", DaemonId::parse, reading)?,
        timezone: zone,
        currency: currency.clone(),
        backup: backup(top, &ledger.path, reading),
        ledger,
        mqtt: mqtt(top, reading),
        house: Arc::new(house(top, zone, currency, reading)),
        control: control(top, defaults, reading),
        clock_trusted: clock(top, reading),
        readers: readers(top, &stations, &profiles, reading),
        lamps: lamps(top, &stations, reading),
        calendars: calendars(top, reading),
        web: web(top, reading),
        profiles: Arc::new(profiles),
        stations: stations.into_iter().flatten().collect(),
    })
}

/// An id, `default` where it is absent or wrong; the latter is noted.
fn id_or<T, E>(
    section: &Section<'_>,
    key: &str,
    default: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    reading: &mut Reading<'_>,
) -> Option<T> {
    let id = section.read(key, ID, &mut reading.problems, |setting| parse(setting.text()?).ok());
    id.or_else(|| parse(default).ok())
}

fn timezone(top: &Section<'_>, reading: &mut Reading<'_>) -> Option<Tz> {
    let found = top.setting("timezone").and_then(Setting::text).unwrap_or_default();
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let expected = with_nearest(found, "a zone of the IANA list such as Europe/London", names);
    top.read("timezone", &expected, &mut reading.problems, |setting| setting.text()?.parse().ok())
}

fn currency(top: &Section<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let expected = "three capital letters of ISO 4217 such as EUR";
    top.read("currency", expected, &mut reading.problems, |setting| {
        let code = setting.text()?;
        let fits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        fits.then(|| code.to_owned())
    })
}

fn ledger(top: &Section<'_>, defaults: &Defaults, reading: &mut Reading<'_>) -> LedgerConfig {
    let section = top.child("ledger", &mut reading.problems);
    section.refuse_unknown(&["path", "scan_log_days", "site_before"], &mut reading.problems);
    let site = |setting: Setting<'_>| SiteId::parse(setting.text()?).ok();
    LedgerConfig {
        path: reading.path(&section, "path").unwrap_or_else(|| defaults.ledger.clone()),
        scan_log_days: section.number("scan_log_days", (1, 36_500, 400), "days", &mut reading.problems),
        site_before: section.read("site_before", ID, &mut reading.problems, site),
    }
}

pub(super) const MQTT_KEYS: [&str; 9] = [
    "url",
    "username",
    "password_file",
    "ca_file",
    "cert_file",
    "key_file",
    "listen",
    "names",
    "republish_per_s",
];

fn mqtt(top: &Section<'_>, reading: &mut Reading<'_>) -> MqttConfig {
    let section = top.child("mqtt", &mut reading.problems);
    section.refuse_unknown(&MQTT_KEYS, &mut reading.problems);
    MqttConfig {
        broker: broker(&section, reading),
        names: section.truth("names", &mut reading.problems).unwrap_or(false),
        republish_per_s: section.number(
            "republish_per_s",
            (1, 100_000, 500),
            "messages a second",
            &mut reading.problems,
        ),
    }
}

fn control(top: &Section<'_>, defaults: &Defaults, reading: &mut Reading<'_>) -> ControlConfig {
    let section = top.child("control", &mut reading.problems);
    section.refuse_unknown(&["path", "actors"], &mut reading.problems);
    ControlConfig {
        path: reading.path(&section, "path").unwrap_or_else(|| defaults.control.clone()),
        actors: actors(&section, reading),
    }
}

fn actors(control: &Section<'_>, reading: &mut Reading<'_>) -> BTreeMap<String, PersonHandle> {
    let section = control.child("actors", &mut reading.problems);
    let expected = format!("the id of a person: {ID}");
    let mut actors = BTreeMap::new();
    for (user, _) in section.keys() {
        let person = section.read(user, &expected, &mut reading.problems, |setting| {
            PersonHandle::parse(setting.text()?).ok()
        });
        actors.extend(person.map(|person| (user.to_owned(), person)));
    }
    actors
}

fn clock(top: &Section<'_>, reading: &mut Reading<'_>) -> ClockTrust {
    let section = top.child("clock", &mut reading.problems);
    section.refuse_unknown(&["trusted"], &mut reading.problems);
    section.truth("trusted", &mut reading.problems).map_or(ClockTrust::Kernel, ClockTrust::Fixed)
}
