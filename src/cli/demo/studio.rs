//! A believable small studio: its files as somebody would bring them, and what happened there yesterday. Pure.
//!
//! Times in the files are written relative to the present, so that bookings are always around now:
//!
//! | Written | Means |
//! |---|---|
//! | `{+2h}` `{-90m}` `{-1d}` | so long from now, the present rounded down to a quarter of an hour |
//! | `{today}` `{today+2d}` | that date in the studio's zone |
//! | `{today 09:00}` `{today-1d 17:30}` | that time of that day in the studio's zone |

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::domain::id::StationId;
use crate::import::Kind;
use crate::time::{MonoMs, Now, UtcMs};
use crate::writer::{Input, Scan};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const QUARTER_MS: i64 = 15 * MINUTE_MS;

/// So long before the present the studio's files were imported: before anything was scanned.
pub const IMPORTED_AGO_MS: i64 = 3 * DAY_MS;

/// A file of the studio, ready to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub kind: Kind,
    /// What errors call it.
    pub name: String,
    /// CSV with absolute times.
    pub text: String,
}

/// In the order in which they can be imported: what a row names comes before it.
const TEMPLATES: [(Kind, &str); 7] = [
    (Kind::Rooms, include_str!("data/rooms.csv")),
    (Kind::People, include_str!("data/people.csv")),
    (Kind::Kits, include_str!("data/kits.csv")),
    (Kind::Assets, include_str!("data/assets.csv")),
    (Kind::Stock, include_str!("data/stock.csv")),
    (Kind::Productions, include_str!("data/productions.csv")),
    (Kind::Bookings, include_str!("data/bookings.csv")),
];

/// The studio's files, in the order in which they are to be imported, with their times around `now`.
pub fn files(now: UtcMs, zone: Tz) -> Vec<File> {
    let file = |(kind, template): (Kind, &str)| File {
        kind,
        name: format!("{}.csv", kind.name()),
        text: expand(template, now, zone),
    };
    TEMPLATES.into_iter().map(file).collect()
}

/// The text with every `{…}` of the module's table as an absolute time. What is none is left as it is.
pub fn expand(template: &str, now: UtcMs, zone: Tz) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let known = after.split_once('}').and_then(|(word, after)| Some((moment(word, now, zone)?, after)));
        rest = match known {
            Some((moment, after)) => {
                text.push_str(&moment);
                after
            }
            None => {
                text.push('{');
                after
            }
        };
    }
    text.push_str(rest);
    text
}

fn moment(word: &str, now: UtcMs, zone: Tz) -> Option<String> {
    let Some(day) = word.strip_prefix("today") else {
        let rounded = now.0 - now.0.rem_euclid(QUARTER_MS);
        return Some(UtcMs(rounded).plus(offset_ms(word)?).to_string());
    };
    let (shift, time) = day.split_once(' ').map_or((day, None), |(shift, time)| (shift, Some(time)));
    let days = if shift.is_empty() { 0 } else { offset_ms(shift)? / DAY_MS };
    let today = now.to_chrono().with_timezone(&zone).date_naive();
    let date = today.checked_add_signed(TimeDelta::try_days(days)?)?;
    match time {
        None => Some(date.format("%Y-%m-%d").to_string()),
        Some(time) => Some(local(date, NaiveTime::parse_from_str(time, "%H:%M").ok()?, zone)?.to_rfc3339()),
    }
}

/// That time of that day; an hour later where the clocks are put forward over it.
fn local(date: NaiveDate, time: NaiveTime, zone: Tz) -> Option<DateTime<Tz>> {
    let at = |hours| {
        let later = date.and_time(time).checked_add_signed(TimeDelta::try_hours(hours)?)?;
        zone.from_local_datetime(&later).earliest()
    };
    at(0).or_else(|| at(1))
}

/// `+2h`, `-90m`, `+1d`.
fn offset_ms(word: &str) -> Option<i64> {
    let sign = match word.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (number, unit) = word.get(1..)?.split_at_checked(word.len().checked_sub(2)?)?;
    let unit_ms = match unit {
        "m" => MINUTE_MS,
        "h" => HOUR_MS,
        "d" => DAY_MS,
        _ => return None,
    };
    number.parse::<u16>().ok().map(|number| sign * i64::from(number) * unit_ms)
}

/// What was scanned before the demonstration begins, by how long ago: gear that is out, and some of it late.
const YESTERDAY: [(i64, &[&str]); 4] = [
    (25 * HOUR_MS, &["0A00F2C458", "light-sky60-01", "CK:DONE"]),
    (20 * HOUR_MS, &["2E0091C3E5", "ff-nucleus-01", "CK:DONE"]),
    (19 * HOUR_MS, &["4500B8E36C", "PR:night-bus", "mic-mkh50-01", "CK:CONFIRM", "CK:DONE"]),
    (18 * HOUR_MS, &["0A00D41B93", "rec-h6-01", "CK:DONE"]),
];

/// Between two scans of one person.
const SCAN_GAP_MS: i64 = 4_000;

/// Yesterday's scans at `station`, oldest first, for the writer: the same decision path as any scan, at its own time.
pub fn yesterday(now: UtcMs, station: &StationId) -> Vec<Input> {
    let visits = YESTERDAY.iter().flat_map(|(ago_ms, codes)| {
        codes.iter().zip(0..).map(move |(code, nth)| (*code, now.plus(nth * SCAN_GAP_MS - ago_ms)))
    });
    let scan = |(nth, (code, utc)): (usize, (&str, UtcMs))| {
        Input::Scan(Scan {
            id: format!("demo-yesterday-{:02}", nth + 1),
            station: station.clone(),
            reader: None,
            payload: code.to_owned(),
            also: Vec::new(),
            now: Now { mono: MonoMs::default(), utc, trusted: true },
        })
    };
    visits.enumerate().map(scan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(template: &str) -> String {
        let now = UtcMs::parse_rfc3339("2026-11-23T14:07:31Z").unwrap();
        expand(template, now, Tz::Europe__Berlin)
    }

    #[test]
    fn times_are_relative_to_the_present() {
        assert_eq!(said("a,{+2h},b"), "a,2026-11-23T16:00:00.000Z,b");
        assert_eq!(said("{-90m}{-1d}"), "2026-11-23T12:30:00.000Z2026-11-22T14:00:00.000Z");
        assert_eq!(said("{today},{today+9d},{today-23d}"), "2026-11-23,2026-12-02,2026-10-31");
        assert_eq!(said("{today 09:00}"), "2026-11-23T09:00:00+01:00");
        assert_eq!(said("{today-60d 17:30}"), "2026-09-24T17:30:00+02:00");
        assert_eq!(said("{today+125d 02:30}"), "2027-03-28T03:30:00+02:00", "the clocks are put forward");
    }

    #[test]
    fn what_is_no_time_is_left_for_the_import_to_name() {
        for text in
            ["{", "{}", "{soon}", "{+h}", "{+2w}", "{2h}", "{+é}", "{today 9}", "{today+x}", "{+", "a}"]
        {
            assert_eq!(said(text), text);
        }
        assert_eq!(said("{x{+0h}"), "{x2026-11-23T14:00:00.000Z");
    }

    #[test]
    fn yesterday_is_in_order_and_past() {
        let now = UtcMs(1_800_000_000_000);
        let inputs = yesterday(now, &StationId::parse("cage").unwrap());
        let times: Vec<UtcMs> = inputs
            .iter()
            .map(|input| match input {
                Input::Scan(scan) => scan.now.utc,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(times[0] > now.plus(-IMPORTED_AGO_MS) && *times.last().unwrap() < now);
    }
}
