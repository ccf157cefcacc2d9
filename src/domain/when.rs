//! Dates and times as people say them, in the studio's zone: `thu 14:00`, `+3d`, `2026-12-04`.
//!
//! | Said | Meant |
//! |---|---|
//! | `now`, `+90min`, `+2h`, `-1h` | from the present on |
//! | `+3d`, `+1w` | when the clock on the wall shows the same, so many days on |
//! | `14:00` | today, also where that is past |
//! | `today`, `tomorrow`, `yesterday`, with or without a time | that day |
//! | `thu`, `thursday 14:00` | the next one that is not past; today is not past, an hour ago is |
//! | `4 dec`, `dec 4`, `4 dec 18:00` | the next one, today among them; for another say the year |
//! | `2026-12-04`, `4 dec 2026`, with or without a time | that day |
//! | `2026-12-04T14:00:00+01:00` | that moment |
//!
//! A time that comes twice when the clocks are put back is the first of the two. One that is left out when they are
//! put forward is refused.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::plan::wall;
use super::words::fit;
use crate::time::UtcMs;

/// What a date without a time stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first moment of that day.
    Start,
    /// The first moment after that day: an end on the 31st includes the 31st.
    End,
}

/// What can be said, in the words of errors.
const EXAMPLES: &str =
    "Say it like \"thu 14:00\", \"tomorrow\", \"+3d\", \"4 dec 18:00\" or \"2026-12-04 14:00\"";

/// The months, as people write them.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Names of days and months are known by so many of their letters.
const NAME_CHARS_MIN: usize = 3;

/// A longer text is no time; its words are not looked at.
const TEXT_BYTES_MAX: usize = 64;

/// The moment that a text means at `now` in `zone`; else a sentence that says what was found and what can be said.
///
/// The answer lies between 1970 and 9999.
pub fn parse(text: &str, now: UtcMs, zone: Tz, edge: Edge) -> Result<UtcMs, String> {
    let said = Said { text: text.trim(), now: now.clamp(wall::FIRST, wall::LAST), zone };
    if said.text.len() > TEXT_BYTES_MAX {
        return Err(said.not_understood());
    }
    let lower = said.text.to_lowercase();
    if lower == "now" {
        return Ok(said.now);
    }
    if let Some(at) = UtcMs::parse_rfc3339(said.text) {
        return said.within_calendar(Some(at));
    }
    if lower.starts_with(['+', '-']) {
        return said.counted(&lower);
    }
    let lower = split_iso(&lower);
    let words: Vec<&str> = lower.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
    match words.split_last() {
        Some((last, days)) if last.contains(':') => said.at_time(days, said.time(last)?),
        Some(_) => said.all_day(&words, edge),
        None => Err(format!("no time was given. {EXAMPLES}")),
    }
}

/// The `T` of `2026-12-04T14:00` is a space.
fn split_iso(lower: &str) -> String {
    match lower.split_once('t') {
        Some((day, time)) if iso_date_shaped(day) => format!("{day} {time}"),
        _ => lower.to_owned(),
    }
}

/// Four digits, two and two: chrono alone would also take the year 26.
fn iso_date_shaped(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// What was said, and when and where.
struct Said<'a> {
    text: &'a str,
    now: UtcMs,
    zone: Tz,
}

/// The hour and minute of a day; 24:00 is the end of it.
#[derive(Clone, Copy)]
enum Time {
    Of(NaiveTime),
    Midnight,
}

impl Said<'_> {
    fn not_understood(&self) -> String {
        format!("{:?} is not a time that is understood. {EXAMPLES}", fit(self.text, 40))
    }

    fn today(&self) -> NaiveDate {
        wall::shown(self.now, self.zone).date()
    }

    fn within_calendar(&self, at: Option<UtcMs>) -> Result<UtcMs, String> {
        at.filter(|at| (wall::FIRST..=wall::LAST).contains(at)).ok_or_else(|| {
            format!("{:?} lies outside of the calendar, 1970 to 9999. {EXAMPLES}", fit(self.text, 40))
        })
    }

    /// `+3d` and its like.
    fn counted(&self, lower: &str) -> Result<UtcMs, String> {
        let back = lower.starts_with('-');
        let rest = lower.trim_start_matches(['+', '-']).trim_start();
        let unit_at = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, unit) = rest.split_at(unit_at);
        let number: u32 = number.parse().map_err(|_| self.not_understood())?;
        let ms = |unit_ms: i64| {
            let ms = i64::from(number) * unit_ms;
            self.within_calendar(Some(self.now.plus(if back { -ms } else { ms })))
        };
        let days = |days: u64| {
            let days = Days::new(u64::from(number) * days);
            let shown = wall::shown(self.now, self.zone);
            let there = if back { shown.checked_sub_days(days) } else { shown.checked_add_days(days) };
            self.within_calendar(there.and_then(|there| wall::moment(there, self.zone)))
        };
        match unit.trim_start() {
            "min" | "mins" | "minute" | "minutes" => ms(60_000),
            "h" | "hour" | "hours" => ms(3_600_000),
            "d" | "day" | "days" => days(1),
            "w" | "week" | "weeks" => days(7),
            _ => Err(format!(
                "{:?} has no unit that is known: expected min, h, d or w, as in +90min, +2h, +3d, +1w",
                fit(self.text, 40)
            )),
        }
    }

    fn time(&self, word: &str) -> Result<Time, String> {
        let wrong = || {
            format!(
                "{word:?} in {:?} is not a time of the day: expected 00:00 to 24:00, as in 9:30 or 14:00",
                fit(self.text, 40)
            )
        };
        let parts: Vec<&str> = word.split(':').collect();
        let shaped = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let (hour, rest) = parts.split_first().ok_or_else(wrong)?;
        let hour_shaped = (1..=2).contains(&hour.len()) && hour.bytes().all(|b| b.is_ascii_digit());
        if !hour_shaped || rest.len() > 2 || !rest.iter().all(shaped) {
            return Err(wrong());
        }
        if *hour == "24" && rest.iter().all(|part| *part == "00") {
            return Ok(Time::Midnight);
        }
        let number = |part: Option<&&str>| part.map_or(Some(0), |part| part.parse::<u32>().ok());
        let (minute, second) = (number(rest.first()), number(rest.get(1)));
        let time = hour.parse().ok().zip(minute).zip(second);
        let time = time.and_then(|((hour, minute), second)| NaiveTime::from_hms_opt(hour, minute, second));
        time.map(Time::Of).ok_or_else(wrong)
    }

    /// A day and a time of it.
    fn at_time(&self, day: &[&str], time: Time) -> Result<UtcMs, String> {
        let on = |day: NaiveDate| match time {
            Time::Of(time) => Some(day.and_time(time)),
            Time::Midnight => Some(day.succ_opt()?.and_time(NaiveTime::MIN)),
        };
        let day = match day {
            [] => Day::On(self.today()),
            day => self.day(day)?,
        };
        let day = match day {
            Day::Next(day) => {
                // A time that the clocks leave out is refused, not passed over.
                let at = on(day).and_then(|shows| wall::moment(shows, self.zone));
                let past = day == self.today() && at.is_some_and(|at| at < self.now);
                if past { day.checked_add_days(Days::new(7)) } else { Some(day) }
            }
            Day::On(day) => Some(day),
        };
        match day.and_then(on) {
            Some(shows) => self.exactly(shows),
            None => self.within_calendar(None),
        }
    }

    fn exactly(&self, shows: NaiveDateTime) -> Result<UtcMs, String> {
        if let Some(at) = wall::exact(shows, self.zone) {
            return Ok(at);
        }
        let Some((before, after)) = wall::gap(shows, self.zone) else { return self.within_calendar(None) };
        let clock = |shows: NaiveDateTime| shows.format("%H:%M");
        Err(format!(
            "{:?} does not exist: on {} the clocks of {} go from {} straight to {}. Say {} or {}",
            fit(self.text, 40),
            before.format("%-d %b %Y"),
            self.zone,
            clock(before),
            clock(after),
            clock(before.checked_sub_signed(chrono::TimeDelta::minutes(1)).unwrap_or(before)),
            clock(after),
        ))
    }

    fn all_day(&self, day: &[&str], edge: Edge) -> Result<UtcMs, String> {
        let (Day::On(day) | Day::Next(day)) = self.day(day)?;
        let zone = self.zone;
        match edge {
            Edge::Start => match wall::day_begins(day, zone) {
                Some(at) => Ok(at),
                None => self.exactly(day.and_time(NaiveTime::MIN)),
            },
            Edge::End => {
                let next = day.succ_opt().map(|next| next.and_time(NaiveTime::MIN));
                self.within_calendar(next.and_then(|next| wall::moment(next, zone)))
            }
        }
    }

    fn day(&self, words: &[&str]) -> Result<Day, String> {
        let today = self.today();
        let on = |day: Option<NaiveDate>| day.map(Day::On).ok_or_else(|| self.not_understood());
        match words {
            ["today"] => on(Some(today)),
            ["tomorrow"] => on(today.succ_opt()),
            ["yesterday"] => on(today.pred_opt()),
            [date] if iso_date_shaped(date) => self.iso(date).map(Day::On),
            [name] => match named(name, &WEEKDAYS).and_then(weekday) {
                Some(weekday) => Ok(Day::Next(next_weekday(today, weekday))),
                None => Err(self.not_understood()),
            },
            [one, two] => self.day_of_month(one, two, None).map(Day::On),
            [one, two, year] => self.day_of_month(one, two, Some(year)).map(Day::On),
            _ => Err(self.not_understood()),
        }
    }

    fn iso(&self, date: &str) -> Result<NaiveDate, String> {
        NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| self.no_such_date())
    }

    fn no_such_date(&self) -> String {
        format!("{:?} names a date that does not exist. {EXAMPLES}", fit(self.text, 40))
    }

    /// `4 dec` or `dec 4`, perhaps with a year.
    fn day_of_month(&self, one: &str, two: &str, year: Option<&str>) -> Result<NaiveDate, String> {
        let number = |word: &str| word.trim_end_matches('.').parse::<u32>().ok();
        let (day, month) = match (number(one), number(two)) {
            (Some(day), None) => (day, named(two, &MONTHS)),
            (None, Some(day)) => (day, named(one, &MONTHS)),
            _ => (0, None),
        };
        let month = month.ok_or_else(|| self.not_understood())?;
        let month = u32::try_from(month).unwrap_or(0) + 1;
        if let Some(year) = year {
            let year = year.parse().ok().filter(|year| (1970..=9999).contains(year));
            let year = year.ok_or_else(|| self.not_understood())?;
            return NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| self.no_such_date());
        }
        // A 29 February is at most eight years away.
        let today = self.today();
        (0..=8)
            .filter_map(|years| NaiveDate::from_ymd_opt(today.year() + years, month, day))
            .find(|date| *date >= today)
            .ok_or_else(|| self.no_such_date())
    }
}

/// A day, and whether it is one of a kind of which the next is meant.
enum Day {
    On(NaiveDate),
    Next(NaiveDate),
}

/// The place of the only name that begins with these letters.
fn named(word: &str, names: &[&str]) -> Option<usize> {
    let word = word.trim_end_matches('.');
    let long_enough = word.len() >= NAME_CHARS_MIN;
    names.iter().position(|name| name.starts_with(word)).filter(|_| long_enough)
}

fn weekday(from_monday: usize) -> Option<Weekday> {
    Weekday::try_from(u8::try_from(from_monday).ok()?).ok()
}

fn next_weekday(today: NaiveDate, weekday: Weekday) -> NaiveDate {
    let days = weekday.days_since(today.weekday());
    today.checked_add_days(Days::new(u64::from(days))).unwrap_or(today)
}

#[cfg(test)]
mod tests;
