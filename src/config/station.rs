//! `[[station]]`: the places where people scan.

use super::gate;
use super::reading::{ID, Reading};
use super::section::{Section, Setting, refuse_twice, with_nearest};
use super::{PersonRule, StationConfig, StationKind};
use crate::domain::fact::{CALENDAR_STATION, CONTROL_STATION, IMPORT_STATION};
use crate::domain::id::{RoomId, StationId};

pub(super) const STATION_KEYS: [&str; 10] = [
    "id",
    "kind",
    "room",
    "person",
    "session_idle_ms",
    "confirm_ms",
    "repeat_ms",
    "count_idle_ms",
    "stray_ms",
    "group_ms",
];

/// Stations that no file may name: facts of imports, calendars and of the command line carry these.
const RESERVED_STATIONS: [&str; 3] = [IMPORT_STATION, CONTROL_STATION, CALENDAR_STATION];
const NOT_RESERVED: &str = "another id: import, control and calendar mark the facts of imports, of the command line and of calendars";

/// The stations of a file in its order; `None` for one that is wrong.
pub(super) fn stations(top: &Section<'_>, reading: &mut Reading<'_>) -> Vec<Option<StationConfig>> {
    let sections = top.children("station", &mut reading.problems);
    if sections.is_empty() && top.setting("station").is_none() {
        top.missing("station", "at least one [[station]] with an id", &mut reading.problems);
    }
    refuse_twice("station", &sections, &mut reading.problems);
    sections.iter().map(|section| station(section, reading)).collect()
}

/// The station of this file that `station` names, for what stands at one.
pub(super) fn station_of(
    section: &Section<'_>,
    stations: &[Option<StationConfig>],
    reading: &mut Reading<'_>,
) -> Option<StationId> {
    let known: Vec<&str> = stations.iter().flatten().map(|station| station.id.as_str()).collect();
    let found = section.setting("station").and_then(Setting::text).unwrap_or_default();
    // A station that is itself wrong may be the one that is meant: it is enough to say so once.
    let any_wrong = stations.iter().any(Option::is_none);
    let expected = format!("the id of a station of this file ({})", known.join(", "));
    let expected = with_nearest(found, &expected, known.iter().copied());
    section.require("station", &expected, &mut reading.problems, |setting| {
        let id = StationId::parse(setting.text()?).ok()?;
        (any_wrong || known.contains(&id.as_str())).then_some(id)
    })
}

fn station(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<StationConfig> {
    let problems = &mut reading.problems;
    section.refuse_unknown(&STATION_KEYS, problems);
    let found = section.setting("id").and_then(Setting::text).unwrap_or_default();
    let expected = if RESERVED_STATIONS.contains(&found) { NOT_RESERVED } else { ID };
    let id = section.require("id", expected, problems, |setting| {
        StationId::parse(setting.text()?).ok().filter(|id| !RESERVED_STATIONS.contains(&id.as_str()))
    });
    let kind = section.choice("kind", &StationKind::ALL.map(StationKind::name), problems, StationKind::parse);
    if kind == Some(StationKind::Door) && section.setting("room").is_none() {
        section.missing("room", "the id of the room to which it is the door", problems);
    }
    let expected = format!("the id of a room: {ID}");
    let room = section.read("room", &expected, problems, |setting| RoomId::parse(setting.text()?).ok());
    let person = section.choice("person", &["required", "optional"], problems, person_rule);
    let session_idle_ms =
        section.number("session_idle_ms", (1000, 86_400_000, 120_000), "milliseconds", problems);
    let confirm_ms = section.number("confirm_ms", (1000, 3_600_000, 20_000), "milliseconds", problems);
    let repeat_ms = section.number("repeat_ms", (0, 3_600_000, 2000), "milliseconds", problems);
    let count_idle_ms =
        section.number("count_idle_ms", (1000, 86_400_000, 1_800_000), "milliseconds", problems);
    // What its other keys mean, and those of its readers, nobody knows then.
    if kind.is_none() && section.setting("kind").is_some() {
        return None;
    }
    Some(StationConfig {
        id: id?,
        kind: kind.unwrap_or(StationKind::Desk),
        room,
        person: person.unwrap_or(PersonRule::Required),
        session_idle_ms: u64::from(session_idle_ms),
        confirm_ms: u64::from(confirm_ms),
        repeat_ms: u64::from(repeat_ms),
        count_idle_ms: u64::from(count_idle_ms),
        gate: gate::times(section, kind, reading),
    })
}

fn person_rule(name: &str) -> Option<PersonRule> {
    match name {
        "required" => Some(PersonRule::Required),
        "optional" => Some(PersonRule::Optional),
        _ => None,
    }
}
