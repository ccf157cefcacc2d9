//! Calendars from anywhere: read, worked out for a year and for all time, and in order.
#![no_main]

use cagekeeper::calendar;
use cagekeeper::time::UtcMs;
use libfuzzer_sys::fuzz_target;

const YEAR_2026: (UtcMs, UtcMs) = (UtcMs(1_767_225_600_000), UtcMs(1_798_761_600_000));
/// Of all time there may be eight thousand years: so much work for it as one month of each may take.
const ALL_TIME_STEPS: u64 = 250_000;
const ALL_TIME: (UtcMs, UtcMs) = (UtcMs(i64::MIN), UtcMs(i64::MAX));

fuzz_target!(|data: &[u8]| {
    let calendar = match calendar::read(data, chrono_tz::Tz::Europe__Berlin) {
        Ok(calendar) => calendar,
        Err(refusal) => return assert!(!refusal.to_string().is_empty(), "a refusal without a sentence"),
    };
    assert!(calendar.problems.iter().all(|problem| problem.line > 0 && !problem.what.is_empty()));
    for (from, to) in [YEAR_2026, ALL_TIME] {
        let (found, _) = if (from, to) == ALL_TIME {
            calendar.occurrences_within(from, to, ALL_TIME_STEPS)
        } else {
            calendar.occurrences(from, to)
        };
        assert!(found.iter().all(|one| one.starts <= one.ends && one.starts < to && one.ends >= from));
        assert!(found.is_sorted_by_key(|one| (one.starts, one.uid.clone(), one.instance.clone())));
    }
});
