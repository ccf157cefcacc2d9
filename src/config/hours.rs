//! `[hours]`: when the studio is open.

use chrono::NaiveDate;

use super::problem::Problems;
use super::section::{Section, Setting};
use crate::domain::plan::hours::Hours;

pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const SPANS: &str = "hours such as \"09:00-18:00\", or a list of them: [\"09:00-12:30\", \"13:30-18:00\"]";
const ONE_SPAN: &str = "hours such as \"09:00-18:00\", from 00:00 to 24:00";
const BACKWARDS: &str = "an end after the beginning (what goes past midnight ends at 24:00 and goes on from 00:00 of the next day)";
const UNORDERED: &str = "hours that begin when those before them have ended, or later";

/// Opening hours and closed days; without a day in the table every day is open all day.
pub(super) fn hours(top: &Section<'_>, problems: &mut Problems<'_>) -> Hours {
    let section = top.child("hours", problems);
    let known: Vec<&str> = DAYS.into_iter().chain(["closed"]).collect();
    section.refuse_unknown(&known, problems);
    let weekly = DAYS.map(|day| spans(&section, day, problems));
    refuse_never_open(&section, &weekly, problems);
    let expected = "a list of days such as [\"2026-12-25\"]";
    let closed = section.list("closed", expected, problems, |item| {
        item.day().as_deref().and_then(date).ok_or_else(|| "a day such as \"2026-12-25\"".to_owned())
    });
    Hours { weekly, closed: closed.unwrap_or_default().into_iter().collect() }
}

/// Seven days without hours would mean that it is always open, which nobody who writes days means.
fn refuse_never_open(section: &Section<'_>, weekly: &[Vec<(u16, u16)>; 7], problems: &mut Problems<'_>) {
    let named = DAYS.into_iter().find(|day| section.setting(day).is_some());
    let nothing =
        named.filter(|day| section.setting(day).and_then(Setting::items).is_some_and(|l| l.is_empty()));
    if let Some(day) = nothing.filter(|_| weekly.iter().all(Vec::is_empty)) {
        let expected = "at least one day with hours (always open: leave all seven days out)";
        section.wrong(day, expected, problems);
    }
}

/// The hours of one day, in minutes after midnight.
fn spans(section: &Section<'_>, day: &str, problems: &mut Problems<'_>) -> Vec<(u16, u16)> {
    let Some(setting) = section.setting(day) else { return Vec::new() };
    let items = match setting.text() {
        Some(_) => vec![setting],
        None => section.read(day, SPANS, problems, Setting::items).unwrap_or_default(),
    };
    let mut spans: Vec<(u16, u16)> = Vec::new();
    for item in items {
        let earliest = spans.last().map_or(0, |(_, end)| *end);
        match span(item.text().unwrap_or_default(), earliest) {
            Ok(span) => spans.push(span),
            Err(expected) => {
                let found = item.found(problems);
                problems.add(&item.span(), &section.key(day), &found, expected);
            }
        }
    }
    spans
}

/// `09:00-18:00`, not before `earliest`.
fn span(text: &str, earliest: u16) -> Result<(u16, u16), &'static str> {
    let (start, end) = text.split_once('-').ok_or(ONE_SPAN)?;
    let (start, end) = (minute(start).ok_or(ONE_SPAN)?, minute(end).ok_or(ONE_SPAN)?);
    if start >= end {
        Err(BACKWARDS)
    } else if start < earliest {
        Err(UNORDERED)
    } else {
        Ok((start, end))
    }
}

/// `09:00` in minutes after midnight; `24:00` is the last of a day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| digits)
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_minutes_of_a_day() {
        assert_eq!(span("09:00-18:30", 0), Ok((540, 1110)));
        assert_eq!(span(" 00:00 - 24:00 ", 0), Ok((0, 1440)));
        assert_eq!(span("12:30-13:00", 750), Ok((750, 780)), "they may touch");
        for text in
            ["", "9-18", "9:00-18:00", "09:00", "09:00-25:00", "09:60-10:00", "09:00–18:00", "+9:00-10:00"]
        {
            assert_eq!(span(text, 0), Err(ONE_SPAN), "{text}");
        }
        assert_eq!(span("22:00-02:00", 0), Err(BACKWARDS));
        assert_eq!(span("12:00-13:00", 750), Err(UNORDERED));
    }

    #[test]
    fn a_day_has_a_year_a_month_and_a_day() {
        assert!(date("2028-02-29").is_some());
        for text in ["2026-02-29", "25.12.2026", "26-12-25", "2026-12-25T00:00", ""] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
