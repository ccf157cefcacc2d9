//! Times as people write them in a table, in the studio's zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::time::UtcMs;

/// What a date without a time stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// The first moment of that day.
    Start,
    /// The first moment after that day: an end on the 31st includes the 31st.
    End,
}

/// What a time looks like, in the words of errors.
pub(super) const TIME: &str =
    "a date (2026-12-31), a time (2026-12-31 14:00) or a time with its offset (2026-12-31T14:00:00+01:00)";

/// Takes a date, a time of the studio's zone, or an RFC 3339 time; else says what was expected.
///
/// A time that the end of daylight saving makes twice is the first of the two. One that its beginning skips is
/// refused; a day whose first moments are skipped begins with the first that there is.
pub(super) fn parse(text: &str, edge: Edge, zone: Tz) -> Result<UtcMs, String> {
    if let Some(date) = date(text) {
        let day = if edge == Edge::End { date.succ_opt() } else { Some(date) };
        return day.and_then(|day| first_moment(day, zone)).ok_or_else(|| skipped(zone));
    }
    if let Some(local) = local_time(text) {
        let moment = zone.from_local_datetime(&local).earliest().ok_or_else(|| skipped(zone))?;
        return Ok(UtcMs(moment.timestamp_millis()));
    }
    let has_date = text.get(..10).is_some_and(|start| date(start).is_some());
    UtcMs::parse_rfc3339(text).filter(|_| has_date).ok_or_else(|| TIME.to_owned())
}

fn skipped(zone: Tz) -> String {
    format!("a time that exists: the clocks of {zone} are put forward over this one")
}

/// Four digits, two and two: chrono alone would also take the year 26.
fn date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (shaped && date.year() >= 1970).then_some(date)
}

fn local_time(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.split_once(['T', ' '])?;
    let time = time.trim_start();
    let shaped = [5, 8].contains(&time.len())
        && time.bytes().enumerate().all(|(at, b)| if at % 3 == 2 { b == b':' } else { b.is_ascii_digit() });
    let format = if time.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
    let time = NaiveTime::parse_from_str(time, format).ok().filter(|_| shaped)?;
    Some(date(day)?.and_time(time))
}

/// Some zones put the clock forward at midnight, by at most an hour at a time.
fn first_moment(day: NaiveDate, zone: Tz) -> Option<UtcMs> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=120).find_map(|minutes| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minutes))?;
        zone.from_local_datetime(&local).earliest().map(|moment| UtcMs(moment.timestamp_millis()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(text: &str, zone: Tz) -> Result<String, String> {
        parse(text, Edge::Start, zone).map(|at| at.to_string())
    }

    #[test]
    fn times_are_of_the_studio_unless_they_say_their_offset() {
        let london = Tz::Europe__London;
        for (text, expected) in [
            ("2026-07-01 14:00", "2026-07-01T13:00:00.000Z"),
            ("2026-07-01T14:00", "2026-07-01T13:00:00.000Z"),
            ("2026-07-01 14:00:30", "2026-07-01T13:00:30.000Z"),
            ("2026-07-01T14:00:00+02:00", "2026-07-01T12:00:00.000Z"),
            ("2026-12-31T14:00:00Z", "2026-12-31T14:00:00.000Z"),
            ("2026-07-01", "2026-06-30T23:00:00.000Z"),
        ] {
            assert_eq!(start(text, london).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn an_end_without_a_time_includes_its_day() {
        assert_eq!(parse("2026-12-31", Edge::End, Tz::UTC).unwrap().to_string(), "2027-01-01T00:00:00.000Z");
        let with_time = parse("2026-12-31 00:00", Edge::End, Tz::UTC).unwrap();
        assert_eq!(with_time.to_string(), "2026-12-31T00:00:00.000Z");
    }

    #[test]
    fn the_hour_that_is_skipped_is_refused_and_the_one_that_is_twice_is_the_first() {
        let message = start("2026-03-29 01:30", Tz::Europe__London).unwrap_err();
        assert_eq!(message, "a time that exists: the clocks of Europe/London are put forward over this one");
        assert_eq!(start("2026-10-25 01:30", Tz::Europe__London).unwrap(), "2026-10-25T00:30:00.000Z");
    }

    #[test]
    fn a_day_without_midnight_begins_with_its_first_moment() {
        // In Chile the clocks went from 2024-09-07 24:00 to 2024-09-08 01:00.
        assert_eq!(start("2024-09-08", Tz::America__Santiago).unwrap(), "2024-09-08T04:00:00.000Z");
        // Samoa left out 2011-12-30 altogether.
        assert!(start("2011-12-30", Tz::Pacific__Apia).unwrap_err().starts_with("a time that exists"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "tomorow",
            "31.12.2026",
            "12/31/2026",
            "2026-2-3",
            "26-12-31",
            "2026-02-30",
            "2026-12-31 24:00",
            "2026-12-31 2pm",
            "2026-12-31T14",
            "2026-12-31 14:00 Europe/London",
            "+2026-12-31",
            "0206-12-31",
            "2026-12-31 ",
            "2026-12-31 14:0",
            "0206-12-31T14:00:00Z",
            "2026-12-31\u{a0}14:00",
        ] {
            assert_eq!(start(text, Tz::UTC), Err(TIME.to_owned()), "{text}");
        }
    }
}
