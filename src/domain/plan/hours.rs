//! When the studio is open.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::wall;
use crate::time::UtcMs;

/// So many days are searched for the next opening.
const SEARCHED_DAYS: u64 = 400;

const DAY_MINUTES: u16 = 24 * 60;

/// Opening hours and closed days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    /// From Monday: minutes after midnight at which it opens and closes. All empty: always open.
    pub weekly: [Vec<(u16, u16)>; 7],
    /// Days on which it is closed.
    pub closed: BTreeSet<NaiveDate>,
}

impl Hours {
    /// Whether the studio is open at a moment. At the minute at which it closes it is closed.
    ///
    /// Without weekly hours it is open all day, but for closed days.
    pub fn is_open(&self, at: UtcMs, zone: Tz) -> bool {
        if self.is_always_open() {
            return true;
        }
        let today = wall::shown(at, zone).date();
        [today.pred_opt(), Some(today)]
            .into_iter()
            .flatten()
            .flat_map(|day| self.spans(day, zone))
            .any(|(opens, closes)| opens <= at && at < closes)
    }

    /// The first moment at or after `at` at which the studio is open; `None` where there is none within 400 days.
    pub fn next_open(&self, at: UtcMs, zone: Tz) -> Option<UtcMs> {
        if self.is_open(at, zone) {
            return Some(at);
        }
        let today = wall::shown(at, zone).date();
        (0..=SEARCHED_DAYS)
            .filter_map(|days| today.checked_add_days(Days::new(days)))
            .find_map(|day| self.spans(day, zone).map(|(opens, _)| opens).filter(|opens| *opens >= at).min())
    }

    fn is_always_open(&self) -> bool {
        self.closed.is_empty() && self.has_no_week()
    }

    fn has_no_week(&self) -> bool {
        self.weekly.iter().all(Vec::is_empty)
    }

    /// The openings that begin on a day. One that does not close after it opens closes on the day after.
    fn spans(&self, day: NaiveDate, zone: Tz) -> impl Iterator<Item = (UtcMs, UtcMs)> {
        const ALL_DAY: &[(u16, u16)] = &[(0, DAY_MINUTES)];
        let of_week = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
        let week = self.weekly.get(of_week).map_or(&[][..], Vec::as_slice);
        let spans = match (self.closed.contains(&day), self.has_no_week()) {
            (true, _) => &[],
            (false, true) => ALL_DAY,
            (false, false) => week,
        };
        spans.iter().filter_map(move |(opens, closes)| {
            let over_midnight = if closes <= opens { i64::from(DAY_MINUTES) } else { 0 };
            let at = |minutes: i64| {
                let shows = day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minutes))?;
                wall::moment(shows, zone)
            };
            Some((at(i64::from(*opens))?, at(i64::from(*closes) + over_midnight)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> UtcMs {
        UtcMs::parse_rfc3339(text).unwrap()
    }

    /// Monday to Friday 9 to 18, Saturday night 22 to 4; closed over Christmas.
    fn studio() -> Hours {
        let week = vec![(9 * 60, 18 * 60)];
        let night = vec![(22 * 60, 4 * 60)];
        let weekly = [week.clone(), week.clone(), week.clone(), week.clone(), week, night, Vec::new()];
        let closed = [25, 26].iter().map(|day| NaiveDate::from_ymd_opt(2026, 12, *day).unwrap());
        Hours { weekly, closed: closed.collect() }
    }

    #[test]
    fn it_is_open_from_the_minute_it_opens_to_the_minute_it_closes() {
        let (studio, berlin) = (studio(), Tz::Europe__Berlin);
        for (at, open) in [
            ("2026-11-23T07:59:59Z", false),
            ("2026-11-23T08:00:00Z", true),
            ("2026-11-23T16:59:59Z", true),
            ("2026-11-23T17:00:00Z", false),
            ("2026-11-28T22:00:00Z", true),
            ("2026-11-29T02:59:59Z", true),
            ("2026-11-29T03:00:00Z", false),
            ("2026-12-25T10:00:00Z", false),
        ] {
            assert_eq!(studio.is_open(utc(at), berlin), open, "{at}");
        }
    }

    #[test]
    fn the_next_opening_passes_over_nights_week_ends_and_closed_days() {
        let (studio, berlin) = (studio(), Tz::Europe__Berlin);
        for (at, opens) in [
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T05:00:00Z", "2026-11-23T08:00:00Z"),
            ("2026-11-23T18:00:00Z", "2026-11-24T08:00:00Z"),
            ("2026-11-27T18:00:00Z", "2026-11-28T21:00:00Z"),
            ("2026-11-29T12:00:00Z", "2026-11-30T08:00:00Z"),
            ("2026-12-24T18:00:00Z", "2026-12-28T08:00:00Z"),
        ] {
            assert_eq!(studio.next_open(utc(at), berlin), Some(utc(opens)), "{at}");
        }
    }

    #[test]
    fn without_hours_it_is_open_but_on_closed_days_and_with_nothing_to_open_never() {
        assert!(Hours::default().is_open(utc("2026-12-25T03:00:00Z"), Tz::UTC));
        assert_eq!(Hours::default().next_open(UtcMs(i64::MAX), Tz::UTC), Some(UtcMs(i64::MAX)));
        let closed = studio().closed;
        let only_closed = Hours { weekly: Default::default(), closed };
        let london = Tz::Europe__London;
        assert!(only_closed.is_open(utc("2026-12-24T23:59:59Z"), london));
        assert!(!only_closed.is_open(utc("2026-12-25T00:00:00Z"), london));
        assert_eq!(
            only_closed.next_open(utc("2026-12-25T10:00:00Z"), london),
            Some(utc("2026-12-27T00:00:00Z"))
        );
        let days = (0..500).map(|days| NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(days));
        let never = Hours { weekly: Default::default(), closed: days.collect() };
        assert_eq!(never.next_open(utc("2026-01-01T10:00:00Z"), london), None);
    }

    #[test]
    fn an_opening_that_daylight_saving_leaves_out_is_when_the_clocks_go_forward() {
        let sunday = |spans: Vec<(u16, u16)>| {
            let mut hours = Hours::default();
            hours.weekly[6] = spans;
            hours
        };
        // London leaves out 01:00 to 02:00, New York 02:00 to 03:00.
        let hours = sunday(vec![(90, 5 * 60)]);
        let opens = hours.next_open(utc("2026-03-29T00:00:00Z"), Tz::Europe__London);
        assert_eq!(opens, Some(utc("2026-03-29T01:00:00Z")));
        let hours = sunday(vec![(150, 5 * 60)]);
        let opens = hours.next_open(utc("2026-03-08T05:00:00Z"), Tz::America__New_York);
        assert_eq!(opens, Some(utc("2026-03-08T07:00:00Z")));
        assert!(!hours.is_open(utc("2026-03-08T09:00:00Z"), Tz::America__New_York), "5:00 EDT is closed");
    }

    #[test]
    fn an_opening_that_comes_twice_is_the_first() {
        let mut hours = Hours::default();
        hours.weekly[6] = vec![(90, 5 * 60)];
        let london = hours.next_open(utc("2026-10-24T23:30:00Z"), Tz::Europe__London);
        assert_eq!(london, Some(utc("2026-10-25T00:30:00Z")));
        assert!(hours.is_open(utc("2026-10-25T01:10:00Z"), Tz::Europe__London), "the second 01:10");
        let new_york = hours.next_open(utc("2026-11-01T04:30:00Z"), Tz::America__New_York);
        assert_eq!(new_york, Some(utc("2026-11-01T05:30:00Z")));
    }
}
