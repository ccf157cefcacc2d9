//! What use costs.
//!
//! Gear: a day is 24 hours and counts from the checkout; one that has begun counts whole, and the first counts at once.
//! Where there is a price of a week, each full seven days cost that. Rooms: hours that have begun, from the start of
//! the booking. All amounts are in hundredths of the studio's currency; what is too large for a number is the largest.

use crate::time::UtcMs;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_DAYS: i64 = 7;

/// Prices of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Price of a day; none where it costs nothing.
    pub day_cents: Option<i64>,
    /// Price of seven days; none where they cost seven times a day.
    pub week_cents: Option<i64>,
}

/// What `count` pieces cost from `from` until `until`.
pub fn hire_cents(from: UtcMs, until: UtcMs, rates: Rates, count: i64) -> i64 {
    let days = begun(until.since(from), DAY_MS).max(1);
    let day_cents = rates.day_cents.unwrap_or(0);
    let each = match rates.week_cents {
        None => day_cents.saturating_mul(days),
        Some(week_cents) => {
            let weeks = week_cents.saturating_mul(days / WEEK_DAYS);
            weeks.saturating_add(day_cents.saturating_mul(days % WEEK_DAYS))
        }
    };
    each.saturating_mul(count.max(0))
}

/// What a room costs from `from` until `until`; nothing before it has begun.
pub fn hours_cents(from: UtcMs, until: UtcMs, hour_cents: i64) -> i64 {
    hour_cents.saturating_mul(begun(until.since(from), HOUR_MS))
}

/// How many spans of `unit_ms` have begun after `ms`; the very end of one is not the beginning of the next.
fn begun(ms: i64, unit_ms: i64) -> i64 {
    let ms = ms.max(0);
    ms / unit_ms + i64::from(ms % unit_ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hired(ms: i64, week_cents: Option<i64>) -> i64 {
        hire_cents(UtcMs(1_000), UtcMs(1_000 + ms), Rates { day_cents: Some(100), week_cents }, 1)
    }

    #[test]
    fn a_day_that_has_begun_counts_whole_and_the_first_at_once() {
        let days = [(0, 100), (1, 100), (DAY_MS, 100), (DAY_MS + 1, 200), (-DAY_MS, 100)];
        days.iter().for_each(|(ms, cents)| assert_eq!(hired(*ms, None), *cents, "{ms}"));
    }

    #[test]
    fn full_weeks_cost_what_a_week_costs() {
        assert_eq!(hired(6 * DAY_MS, Some(400)), 600);
        assert_eq!(hired(7 * DAY_MS, Some(400)), 400);
        assert_eq!(hired(15 * DAY_MS, Some(400)), 900);
        assert_eq!(hired(15 * DAY_MS, None), 1_500);
    }

    #[test]
    fn amounts_beyond_measure_stay_numbers() {
        let rates = Rates { day_cents: Some(i64::MAX), week_cents: Some(i64::MAX) };
        assert_eq!(hire_cents(UtcMs(i64::MIN), UtcMs(i64::MAX), rates, 9), i64::MAX);
        assert_eq!(hire_cents(UtcMs(0), UtcMs(1), Rates::default(), i64::MIN), 0);
    }

    #[test]
    fn hours_of_a_room_count_from_when_they_begin() {
        assert_eq!(hours_cents(UtcMs(10), UtcMs(10), 500), 0);
        assert_eq!(hours_cents(UtcMs(10), UtcMs(5), 500), 0);
        assert_eq!(hours_cents(UtcMs(10), UtcMs(11), 500), 500);
        assert_eq!(hours_cents(UtcMs(10), UtcMs(10 + HOUR_MS + 1), 500), 1_000);
    }
}
