//! A booking that comes again: when, and under which ids.

use chrono::{Datelike, Days, Months, NaiveDateTime};
use chrono_tz::Tz;

use super::wall;
use crate::domain::command::{Every, Repeats};
use crate::domain::id::{BookingId, ID_CHARS_MAX};
use crate::time::UtcMs;

/// The most occurrences that are made at once: every weekday of a year and a half.
pub const OCCURRENCES_MAX: usize = 400;

/// Days, weeks or months that are looked at: of the 31sts, seven months in twelve have one.
const STEPS_MAX: u32 = 1_000;

/// The spans of a booking that comes again, in order, one more than [`OCCURRENCES_MAX`] at most.
///
/// Each begins and ends when the clock on the wall of `zone` shows the same as for the first, also across daylight
/// saving: a time that is left out is when the clocks go forward, one that comes twice the first. With
/// [`Every::Weekday`] a first day on a week-end is passed over. Empty where none begins by `until` or `times` is 0.
pub fn expand(starts: UtcMs, ends: UtcMs, repeats: Repeats, zone: Tz) -> Vec<(UtcMs, UtcMs)> {
    let (first, last) = (wall::shown(starts, zone), wall::shown(ends, zone));
    let wanted = repeats.times.map_or(usize::MAX, |times| usize::try_from(times).unwrap_or(usize::MAX));
    let length_ms = ends.since(starts);
    let span = |step: u32| {
        if step == 0 {
            return Some((starts, ends));
        }
        let begins = wall::moment(stepped(first, repeats.every, step)?, zone)?;
        let days = last.date().signed_duration_since(first.date());
        let over =
            stepped(first, repeats.every, step)?.date().checked_add_signed(days)?.and_time(last.time());
        let over = wall::moment(over, zone).filter(|over| *over > begins);
        Some((begins, over.unwrap_or_else(|| begins.plus(length_ms))))
    };
    let fits = |step: &u32| {
        let day = stepped(first, repeats.every, *step);
        repeats.every != Every::Weekday || day.is_some_and(|day| day.weekday().num_days_from_monday() < 5)
    };
    (0..STEPS_MAX)
        .filter(fits)
        .filter_map(span)
        .take_while(|(begins, _)| repeats.until.is_none_or(|until| *begins <= until))
        .take(wanted.min(OCCURRENCES_MAX + 1))
        .collect()
}

fn stepped(first: NaiveDateTime, every: Every, step: u32) -> Option<NaiveDateTime> {
    let days = |days: u64| first.checked_add_days(Days::new(u64::from(step) * days));
    match every {
        Every::Day | Every::Weekday => days(1),
        Every::Week => days(7),
        Every::Fortnight => days(14),
        Every::Month => {
            let there = first.checked_add_months(Months::new(step))?;
            // In a month without that date chrono takes the last one it has.
            (there.day() == first.day()).then_some(there)
        }
    }
}

/// The id of an occurrence, counted from 1: that of the first, then `…-2`, `…-3`. A long id is cut to make room.
pub fn occurrence_id(first: &BookingId, nth: usize) -> BookingId {
    if nth <= 1 {
        return first.clone();
    }
    let number = format!("-{nth}");
    let stem = first.as_str().get(..ID_CHARS_MAX - number.len()).unwrap_or(first.as_str());
    let stem = stem.trim_end_matches('-');
    BookingId::parse(&format!("{stem}{number}")).unwrap_or_else(|_| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> UtcMs {
        UtcMs::parse_rfc3339(text).unwrap()
    }

    fn spans(starts: &str, ends: &str, every: Every, times: u32, zone: Tz) -> Vec<String> {
        let repeats = Repeats { every, until: None, times: Some(times) };
        let spans = expand(utc(starts), utc(ends), repeats, zone);
        let short = |at: UtcMs| at.to_string().get(..16).unwrap().to_owned();
        spans.into_iter().map(|(starts, ends)| format!("{} {}", short(starts), short(ends))).collect()
    }

    #[test]
    fn the_clock_on_the_wall_shows_the_same_across_both_changes() {
        let weekly =
            spans("2026-03-22T09:00:00Z", "2026-03-22T17:00:00Z", Every::Week, 2, Tz::Europe__London);
        assert_eq!(weekly, ["2026-03-22T09:00 2026-03-22T17:00", "2026-03-29T08:00 2026-03-29T16:00"]);
        let daily = spans("2026-10-23T21:00:00Z", "2026-10-24T05:00:00Z", Every::Day, 3, Tz::Europe__London);
        // Nights from 22:00 to 06:00: the second is an hour longer.
        assert_eq!(
            daily,
            [
                "2026-10-23T21:00 2026-10-24T05:00",
                "2026-10-24T21:00 2026-10-25T06:00",
                "2026-10-25T22:00 2026-10-26T06:00"
            ]
        );
        let new_york =
            spans("2026-03-07T19:00:00Z", "2026-03-07T20:00:00Z", Every::Day, 2, Tz::America__New_York);
        assert_eq!(new_york, ["2026-03-07T19:00 2026-03-07T20:00", "2026-03-08T18:00 2026-03-08T19:00"]);
    }

    #[test]
    fn what_begins_in_the_hour_that_is_left_out_begins_when_the_clocks_go_forward() {
        let daily = spans("2026-03-28T01:15:00Z", "2026-03-28T01:45:00Z", Every::Day, 3, Tz::Europe__London);
        assert_eq!(
            daily,
            [
                "2026-03-28T01:15 2026-03-28T01:45",
                "2026-03-29T01:00 2026-03-29T01:30",
                "2026-03-30T00:15 2026-03-30T00:45"
            ]
        );
    }

    #[test]
    fn week_ends_are_passed_over_and_so_are_months_without_the_date() {
        let from = |every, starts: &str, times| {
            spans(starts, &starts.replace("T09", "T10"), every, times, Tz::UTC)
                .into_iter()
                .map(|span| span.get(..10).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let saturday = "2026-11-28T09:00:00Z";
        assert_eq!(from(Every::Weekday, saturday, 6).last().unwrap(), "2026-12-07");
        assert_eq!(from(Every::Weekday, saturday, 6).first().unwrap(), "2026-11-30");
        assert_eq!(from(Every::Fortnight, saturday, 2), ["2026-11-28", "2026-12-12"]);
        let months = from(Every::Month, "2026-12-31T09:00:00Z", 4);
        assert_eq!(months, ["2026-12-31", "2027-01-31", "2027-03-31", "2027-05-31"]);
        assert_eq!(from(Every::Month, "2026-12-31T09:00:00Z", 4_000).len(), OCCURRENCES_MAX + 1);
    }

    #[test]
    fn the_last_one_begins_by_its_end_and_there_may_be_none() {
        let (starts, ends) = (utc("2026-11-23T09:00:00Z"), utc("2026-11-23T10:00:00Z"));
        let until = |until| {
            let repeats = Repeats { every: Every::Day, until: Some(utc(until)), times: None };
            expand(starts, ends, repeats, Tz::UTC).len()
        };
        assert_eq!([until("2026-11-25T09:00:00Z"), until("2026-11-25T08:59:59Z")], [3, 2]);
        assert_eq!(until("2026-11-22T09:00:00Z"), 0);
        let far = UtcMs(i64::MAX);
        let repeats = Repeats { every: Every::Month, until: None, times: Some(500) };
        assert!(expand(far, far, repeats, Tz::UTC).len() <= 1);
    }

    #[test]
    fn ids_of_occurrences_are_ids() {
        let id = |text: &str, nth| occurrence_id(&BookingId::parse(text).unwrap(), nth).to_string();
        assert_eq!([id("daily", 1), id("daily", 2), id("daily", 400)], ["daily", "daily-2", "daily-400"]);
        let long = "b".repeat(63);
        assert_eq!(id(&long, 12), format!("{}-12", "b".repeat(60)));
    }
}
