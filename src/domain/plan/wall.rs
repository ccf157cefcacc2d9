//! The clock on the wall of the studio: from what it shows to a moment and back, across daylight saving.

use chrono::{MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::time::UtcMs;

/// The second day of the year 1970: no plan is older.
pub const FIRST: UtcMs = UtcMs(86_400_000);
/// The last but one of the year 9999: what any zone's calendar can say.
pub const LAST: UtcMs = UtcMs(253_402_128_000_000);

/// No zone has ever put its clocks forward by more than a day.
const GAP_MINUTES_MAX: i64 = 24 * 60 + 1;

/// What the clock shows at a moment; moments outside of [`FIRST`] to [`LAST`] count as the nearer of them.
pub fn shown(at: UtcMs, zone: Tz) -> NaiveDateTime {
    at.clamp(FIRST, LAST).to_chrono().with_timezone(&zone).naive_local()
}

/// The moment at which the clock shows this.
///
/// Of a time that comes twice, the first; of one that is left out, the moment at which the clocks are put forward.
/// `None` beyond the calendar.
pub fn moment(shows: NaiveDateTime, zone: Tz) -> Option<UtcMs> {
    exact(shows, zone).or_else(|| exact(gap(shows, zone)?.1, zone))
}

/// The moment at which the clock shows exactly this, the first of two; `None` where it never does.
pub fn exact(shows: NaiveDateTime, zone: Tz) -> Option<UtcMs> {
    let at = match zone.from_local_datetime(&shows) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at,
        MappedLocalTime::None => return None,
    };
    Some(UtcMs(at.timestamp_millis())).filter(|at| (FIRST..=LAST).contains(at))
}

/// What the clock shows when it is put forward over this time, and what it shows then; `None` for a time that exists.
pub fn gap(shows: NaiveDateTime, zone: Tz) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let minute = shows.with_second(0)?.with_nanosecond(0)?;
    let exists = |shows: &NaiveDateTime| exact(*shows, zone).is_some();
    if exists(&minute) {
        return None;
    }
    let away = |minutes: i64| minute.checked_add_signed(TimeDelta::minutes(minutes));
    let before = (1..=GAP_MINUTES_MAX).find_map(|minutes| away(-minutes).filter(exists))?;
    let after = (1..=GAP_MINUTES_MAX).find_map(|minutes| away(minutes).filter(exists))?;
    Some((before.checked_add_signed(TimeDelta::minutes(1))?, after))
}

/// The first moment of a day; `None` for a day that the zone left out, and beyond the calendar.
pub fn day_begins(day: NaiveDate, zone: Tz) -> Option<UtcMs> {
    moment(day.and_time(NaiveTime::MIN), zone).filter(|at| shown(*at, zone).date() == day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn a_time_that_is_left_out_is_when_the_clocks_go_forward_and_one_that_is_twice_the_first() {
        let london = Tz::Europe__London;
        assert_eq!(
            moment(shows("2026-03-29 01:30"), london).unwrap().to_string(),
            "2026-03-29T01:00:00.000Z"
        );
        assert_eq!(
            moment(shows("2026-10-25 01:30"), london).unwrap().to_string(),
            "2026-10-25T00:30:00.000Z"
        );
        assert_eq!(
            gap(shows("2026-03-29 01:30"), london),
            Some((shows("2026-03-29 01:00"), shows("2026-03-29 02:00")))
        );
        assert_eq!(gap(shows("2026-03-29 02:00"), london), None);
    }

    #[test]
    fn a_day_without_midnight_begins_later_and_a_day_that_was_left_out_never() {
        let day = NaiveDate::from_ymd_opt(2024, 9, 8).unwrap();
        let begins = day_begins(day, Tz::America__Santiago).unwrap();
        assert_eq!(begins.to_string(), "2024-09-08T04:00:00.000Z");
        assert_eq!(day_begins(NaiveDate::from_ymd_opt(2011, 12, 30).unwrap(), Tz::Pacific__Apia), None);
        assert_eq!(day_begins(NaiveDate::MAX, Tz::UTC), None);
    }
}
