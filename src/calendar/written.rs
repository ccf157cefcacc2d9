//! Days, times and durations as written (RFC 5545 sections 3.3.4 to 3.3.6), before it is known in which zone.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

const DAY_MS: i64 = 86_400_000;
/// No event lasts longer: three years.
pub(super) const LENGTH_DAYS_MAX: i64 = 1_096;

/// A day or time as written, before its zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// `20260105`
    Day(NaiveDate),
    /// `20260105T090000`
    Local(NaiveDateTime),
    /// `20260105T090000Z`
    Utc(NaiveDateTime),
}

/// Reads a DATE or DATE-TIME.
///
/// # Errors
///
/// What was found and expected, as the beginning of a sentence.
pub(super) fn point(value: &str) -> Result<Point, String> {
    let wrong = || {
        format!(
            "{:?} is no day or time; expected 20260105, 20260105T090000 or 20260105T090000Z",
            short(value)
        )
    };
    let value = value.trim();
    let Some((day, time)) = value.split_once(['T', 't']) else {
        return day(value).map(Point::Day).ok_or_else(wrong);
    };
    let (time, utc) = time.strip_suffix(['Z', 'z']).map_or((time, false), |time| (time, true));
    let at = day_and_time(day, time).ok_or_else(wrong)?;
    Ok(if utc { Point::Utc(at) } else { Point::Local(at) })
}

fn day_and_time(date: &str, time: &str) -> Option<NaiveDateTime> {
    let [hour, minute, second] = digits(time, [2, 2, 2])?;
    // A leap second is the second before it.
    Some(day(date)?.and_time(NaiveTime::from_hms_opt(hour, minute, if second == 60 { 59 } else { second })?))
}

fn day(value: &str) -> Option<NaiveDate> {
    let [year, month, day] = digits(value, [4, 2, 2])?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn digits(value: &str, lengths: [usize; 3]) -> Option<[u32; 3]> {
    if value.len() != lengths.iter().sum::<usize>() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [first, second, _] = lengths;
    let part = |range: std::ops::Range<usize>| value.get(range)?.parse().ok();
    Some([part(0..first)?, part(first..first + second)?, part(first + second..value.len())?])
}

/// How long an event lasts: days by the calendar, then exact time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub days: u64,
    pub ms: i64,
}

impl Length {
    pub const NONE: Self = Self { days: 0, ms: 0 };
    pub const DAY: Self = Self { days: 1, ms: 0 };

    /// Reads a DURATION: `P1W`, `P2DT3H`, `PT1H30M`.
    ///
    /// # Errors
    ///
    /// What was found and expected, as the beginning of a sentence.
    pub fn parse(value: &str) -> Result<Self, String> {
        let wrong = || format!("{:?} is no duration; expected P1D, PT1H30M or P2DT3H", short(value));
        let text = value.trim().to_ascii_uppercase();
        let text = text.strip_prefix('+').unwrap_or(&text);
        let rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or_else(wrong)?;
        let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
        let days = units(days, &[('W', 7), ('D', 1)]).ok_or_else(wrong)?;
        let seconds = units(times, &[('H', 3_600), ('M', 60), ('S', 1)]).ok_or_else(wrong)?;
        let ms = i64::try_from(seconds).ok().and_then(|s| s.checked_mul(1_000)).ok_or_else(wrong)?;
        Ok(Self { days, ms })
    }

    /// In whole days, rounded down.
    pub fn whole_days(self) -> i64 {
        i64::try_from(self.days).unwrap_or(i64::MAX).saturating_add(self.ms / DAY_MS)
    }
}

/// Sums `3H20M` by the weight of each unit; `None` where something else stands there.
fn units(text: &str, weights: &[(char, u64)]) -> Option<u64> {
    let mut sum = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let unit = behind.chars().next()?;
        let (_, weight) = weights.iter().find(|(known, _)| *known == unit)?;
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(*weight)?)?;
        rest = behind.get(unit.len_utf8()..)?;
    }
    Some(sum)
}

/// So much of a value as fits into a sentence.
pub(super) fn short(value: &str) -> String {
    let mut chars = value.chars();
    let begun: String = chars.by_ref().take(60).collect();
    if chars.next().is_some() { begun + "…" } else { begun }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap()
    }

    #[test]
    fn days_and_times_are_read() {
        assert_eq!(point("20260105"), Ok(Point::Day(at("20260105T000000").date())));
        assert_eq!(point(" 20260105T090000 "), Ok(Point::Local(at("20260105T090000"))));
        assert_eq!(point("20260105t235960z"), Ok(Point::Utc(at("20260105T235959"))));
        for wrong in
            ["", "2026-01-05", "20260230", "20260105T9", "20260105T250000", "20260105T090061", "２0260105"]
        {
            assert!(point(wrong).unwrap_err().contains("expected"), "{wrong}");
        }
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(Length::parse("P1W"), Ok(Length { days: 7, ms: 0 }));
        assert_eq!(Length::parse("+P2DT3H4M5S"), Ok(Length { days: 2, ms: 11_045_000 }));
        assert_eq!(Length::parse("PT90M"), Ok(Length { days: 0, ms: 5_400_000 }));
        for wrong in ["", "P", "1D", "-P1D", "P1H", "PT1", "P99999999999999999999D", "PT9999999999999999999S"]
        {
            assert!(Length::parse(wrong).unwrap_err().contains("expected"), "{wrong}");
        }
    }
}
