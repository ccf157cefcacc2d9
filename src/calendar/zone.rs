//! Time zones: by IANA name, by the name Windows has for them, or as the file itself defines them (VTIMEZONE).
//!
//! A local time that a change of clocks leaves out is taken with the offset before the change, one that comes twice is
//! the first (RFC 5545 section 3.3.5).

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use chrono::offset::LocalResult;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::expand::{Budget, expand};
use super::lines::{Property, listed};
use super::rule::Rule;
use super::windows::windows;
use super::written::{Point, point};
use crate::time::UtcMs;

/// Definitions of one calendar that are kept; those beyond are not known.
pub(super) const DEFINITIONS_MAX: usize = 1_000;
/// Changes of clocks of one definition.
const CHANGES_MAX: usize = 4_000;
/// Steps it may take to work out one definition.
const STEPS_MAX: u64 = 2_000_000;
/// From when until when the rules of a definition are worked out. Before and after, the nearest change holds.
const YEARS: std::ops::Range<i32> = 1970..2101;
/// Of a name with a path in front, so many parts are tried.
const PARTS_MAX: usize = 16;

/// A zone in which local times can be understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    Named(Tz),
    Defined(Arc<Defined>),
}

/// A zone as a file defines it.
#[derive(Debug, PartialEq)]
pub(super) struct Defined {
    /// Seconds east of Greenwich before the first change.
    before_s: i64,
    /// In order of time.
    changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    utc_s: i64,
    from_s: i64,
    to_s: i64,
}

impl Zone {
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// The moment of a local time.
    pub fn utc(&self, local: NaiveDateTime) -> UtcMs {
        let local_s = local.and_utc().timestamp();
        let offset_s = match self {
            Self::Named(zone) => named_offset_s(*zone, local),
            Self::Defined(zone) => zone.offset_s(local_s),
        };
        UtcMs((local_s - offset_s) * 1_000)
    }

    /// The local time of a moment.
    pub fn local(&self, at: UtcMs) -> NaiveDateTime {
        let utc = DateTime::from_timestamp_millis(at.0).unwrap_or_default().naive_utc();
        let offset_s = match self {
            Self::Named(zone) => i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()),
            Self::Defined(zone) => zone.offset_at_s(at.0.div_euclid(1_000)),
        };
        utc.checked_add_signed(TimeDelta::seconds(offset_s)).unwrap_or(utc)
    }
}

fn named_offset_s(zone: Tz, local: NaiveDateTime) -> i64 {
    // No gap of the database is longer than the day that Samoa left out.
    let before_gap = (0..=25).find_map(|hours| {
        let earlier = local.checked_sub_signed(TimeDelta::hours(hours))?;
        match zone.offset_from_local_datetime(&earlier) {
            LocalResult::Single(offset) => Some(offset),
            // In an overlap the first; on the way back from a gap the one nearest to it.
            LocalResult::Ambiguous(first, second) => Some(if hours == 0 { first } else { second }),
            LocalResult::None => None,
        }
    });
    before_gap.map_or(0, |offset| i64::from(offset.fix().local_minus_utc()))
}

impl Defined {
    fn offset_s(&self, local_s: i64) -> i64 {
        // Both a local time before the change and one that the change leaves out have the offset before it.
        let before = |change: &&Change| local_s < change.utc_s + change.from_s.max(change.to_s);
        let next = self.changes.iter().find(before).map(|change| change.from_s);
        next.or(self.changes.last().map(|change| change.to_s)).unwrap_or(self.before_s)
    }

    fn offset_at_s(&self, utc_s: i64) -> i64 {
        let passed = self.changes.partition_point(|change| change.utc_s <= utc_s);
        let last = passed.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map_or(self.before_s, |change| change.to_s)
    }
}

/// A VTIMEZONE as written.
#[derive(Debug, Clone, Default)]
pub(super) struct Definition {
    /// `TZID`, `X-LIC-LOCATION`.
    pub properties: Vec<Property>,
    /// The properties of each STANDARD and DAYLIGHT.
    pub observances: Vec<Vec<Property>>,
}

/// The zones that one calendar names.
#[derive(Debug, Default)]
pub(super) struct Zones {
    definitions: BTreeMap<String, Definition>,
    known: BTreeMap<String, Option<Zone>>,
}

impl Zones {
    /// Keeps a definition; of two with one name the first.
    pub fn define(&mut self, definition: Definition) {
        let id = definition.properties.iter().find(|property| property.name == "TZID");
        if let Some(id) =
            id.map(|id| id.value.trim().to_owned()).filter(|_| self.definitions.len() < DEFINITIONS_MAX)
        {
            self.definitions.entry(id).or_insert(definition);
        }
    }

    /// The zone of that name, `None` where nobody knows it.
    pub fn find(&mut self, id: &str) -> Option<Zone> {
        let id = id.trim();
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let found = named(id).map(Zone::Named).or_else(|| self.defined(id));
        if self.known.len() < DEFINITIONS_MAX {
            self.known.insert(id.to_owned(), found.clone());
        }
        found
    }

    fn defined(&self, id: &str) -> Option<Zone> {
        let definition = self.definitions.get(id)?;
        let location = definition.properties.iter().find(|property| property.name == "X-LIC-LOCATION");
        if let Some(zone) = location.and_then(|location| named(location.value.trim())) {
            return Some(Zone::Named(zone));
        }
        work_out(definition).map(|zone| Zone::Defined(Arc::new(zone)))
    }
}

/// The zone of an IANA or Windows name, also behind the path that some programs put in front
/// (`/freeassociation.sourceforge.net/Europe/Berlin`).
pub(super) fn named(id: &str) -> Option<Tz> {
    let id = id.strip_prefix("tzone://Microsoft/").unwrap_or(id);
    if let Some(zone) = by_name(id) {
        return Some(zone);
    }
    let mut path = id.strip_prefix('/')?;
    for _ in 0..PARTS_MAX {
        if let Some(zone) = by_name(path) {
            return Some(zone);
        }
        path = path.split_once('/')?.1;
    }
    None
}

fn by_name(name: &str) -> Option<Tz> {
    let exact = Tz::from_str(name).ok();
    let in_any_case = || TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied();
    exact.or_else(|| windows(name)).or_else(in_any_case)
}

/// Works a definition out; `None` where a part of it cannot be understood.
fn work_out(definition: &Definition) -> Option<Defined> {
    let mut budget = Budget(STEPS_MAX);
    let mut changes = Vec::new();
    for properties in &definition.observances {
        changes.extend(observance(properties, &mut budget)?);
        if changes.len() > CHANGES_MAX {
            return None;
        }
    }
    changes.sort_by_key(|change| change.utc_s);
    changes.dedup_by_key(|change| change.utc_s);
    changes.first().map(|first| first.from_s).map(|before_s| Defined { before_s, changes })
}

/// The changes of one STANDARD or DAYLIGHT.
fn observance(properties: &[Property], budget: &mut Budget) -> Option<Vec<Change>> {
    let value = |name| {
        properties.iter().find(|property| property.name == name).map(|property| property.value.as_str())
    };
    let (from_s, to_s) = (offset_s(value("TZOFFSETFROM")?)?, offset_s(value("TZOFFSETTO")?)?);
    let start = local(value("DTSTART")?)?;
    let mut onsets = vec![start];
    for rule in properties.iter().filter(|property| property.name == "RRULE") {
        onsets.extend(rule_onsets(&rule.value, start, from_s, budget)?);
    }
    for dates in properties.iter().filter(|property| property.name == "RDATE") {
        for value in listed(&dates.value) {
            onsets.push(local(value)?);
        }
    }
    let change = |onset: NaiveDateTime| Change { utc_s: onset.and_utc().timestamp() - from_s, from_s, to_s };
    Some(onsets.into_iter().map(change).collect())
}

fn rule_onsets(
    rule: &str,
    start: NaiveDateTime,
    from_s: i64,
    budget: &mut Budget,
) -> Option<Vec<NaiveDateTime>> {
    let rule = Rule::parse(rule).ok()?;
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1)?.and_hms_opt(0, 0, 0);
    let until = match rule.until {
        None => NaiveDateTime::MAX,
        Some(Point::Day(day)) => day.and_hms_opt(23, 59, 59)?,
        Some(Point::Local(at)) => at,
        Some(Point::Utc(at)) => at.checked_add_signed(TimeDelta::seconds(from_s))?,
    };
    let span = new_year(YEARS.start)?..new_year(YEARS.end)?;
    let onsets = expand(&rule, start, span, budget).ok()?;
    Some(onsets.into_iter().filter(|onset| *onset <= until).collect())
}

fn local(value: &str) -> Option<NaiveDateTime> {
    match point(value).ok()? {
        Point::Day(day) => day.and_hms_opt(0, 0, 0),
        Point::Local(at) | Point::Utc(at) => Some(at),
    }
}

/// Reads a UTC-OFFSET, `+0100` or `-053020`, in seconds.
fn offset_s(value: &str) -> Option<i64> {
    let value = value.trim();
    let sign = match value.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = value.get(1..).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    let fits = matches!(digits.len(), 4 | 6);
    let seconds = part(0)? * 3_600 + part(2)? * 60 + part(4)?;
    (fits && seconds < 86_400).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        local(text).unwrap()
    }

    fn utc(zone: &Zone, text: &str) -> String {
        zone.utc(at(text)).to_string()
    }

    fn property(text: &str) -> Property {
        Property::parse(1, text).unwrap()
    }

    fn berlin() -> Definition {
        let observance = |lines: [&str; 4]| lines.map(property).to_vec();
        Definition {
            properties: vec![property("TZID:Customized Time Zone")],
            observances: vec![
                observance([
                    "DTSTART:16010101T030000",
                    "TZOFFSETFROM:+0200",
                    "TZOFFSETTO:+0100",
                    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
                ]),
                observance([
                    "DTSTART:16010101T020000",
                    "TZOFFSETFROM:+0100",
                    "TZOFFSETTO:+0200",
                    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
                ]),
            ],
        }
    }

    #[test]
    fn names_are_found_with_paths_and_as_windows_has_them() {
        for name in [
            "Europe/Berlin",
            "europe/berlin",
            "/freeassociation.sourceforge.net/Europe/Berlin",
            "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
            "/mozilla.org/20050126_1/Europe/Berlin",
            "W. Europe Standard Time",
        ] {
            assert_eq!(named(name), Some(Tz::Europe__Berlin), "{name}");
        }
        assert_eq!(named("/x.org/1/America/Argentina/Salta"), Some(Tz::America__Argentina__Salta));
        assert_eq!(named("tzone://Microsoft/Utc"), Some(Tz::Etc__UTC));
        assert_eq!(named("Mars/Olympus_Mons"), None);
        assert_eq!(named("somewhere/UTC"), None);
        assert_eq!(named(&"/x".repeat(1_000_000)), None);
    }

    #[test]
    fn gaps_take_the_offset_before_and_overlaps_the_first() {
        let zone = Zone::Named(Tz::America__New_York);
        assert_eq!(utc(&zone, "20070311T023000"), "2007-03-11T07:30:00.000Z");
        assert_eq!(utc(&zone, "20071104T013000"), "2007-11-04T05:30:00.000Z");
        let samoa = Zone::Named(Tz::Pacific__Apia);
        assert_eq!(utc(&samoa, "20111230T120000"), "2011-12-30T22:00:00.000Z");
    }

    #[test]
    fn a_definition_agrees_with_the_database_hour_by_hour() {
        let mut zones = Zones::default();
        zones.define(berlin());
        let defined = zones.find(" Customized Time Zone ").unwrap();
        let known = Zone::Named(Tz::Europe__Berlin);
        for half_hour in 0..2 * 366 * 48 {
            let local = at("20260101T000000") + TimeDelta::minutes(30 * half_hour);
            assert_eq!(defined.utc(local), known.utc(local), "{local}");
            let moment = defined.utc(local);
            assert_eq!(defined.local(moment), known.local(moment), "{local}");
        }
    }

    #[test]
    fn a_definition_without_a_change_is_an_offset() {
        let lines =
            ["DTSTART:16010101T000000", "TZOFFSETFROM:+0530", "TZOFFSETTO:+0530"].map(property).to_vec();
        let zone = Zone::Defined(Arc::new(
            work_out(&Definition { properties: Vec::new(), observances: vec![lines] }).unwrap(),
        ));
        assert_eq!(utc(&zone, "20260701T120000"), "2026-07-01T06:30:00.000Z");
        assert_eq!(zone.local(UtcMs(0)), at("19700101T053000"));
    }

    #[test]
    fn what_cannot_be_worked_out_is_not_known() {
        let mut zones = Zones::default();
        for (id, line, instead) in [
            ("offset", 1, "TZOFFSETFROM:1 hour"),
            ("far", 1, "TZOFFSETFROM:+9900"),
            ("rule", 3, "RRULE:FREQ=SECONDLY"),
            ("broken", 3, "RRULE:FREQ=NEVER"),
            ("start", 0, "DTSTART:then"),
        ] {
            let mut definition = berlin();
            definition.properties = vec![property(&format!("TZID:{id}"))];
            definition.observances[0][line] = property(instead);
            zones.define(definition);
            assert_eq!(zones.find(id), None, "{id}");
        }
        zones.define(Definition { properties: vec![property("TZID:empty")], observances: Vec::new() });
        assert_eq!(zones.find("empty"), None);
    }
}
