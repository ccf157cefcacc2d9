//! Recurrence rules as written (RFC 5545 section 3.3.10): `FREQ=MONTHLY;BYDAY=-1FR;COUNT=12`.

use std::collections::BTreeSet;

use chrono::Weekday;

use super::written::{Point, point, short};

/// How often a rule takes a step. Ordered from the longest to the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
    Minutely,
    Secondly,
}

/// A rule whose numbers are all within their ranges. Empty sets say nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub frequency: Frequency,
    /// Every so many steps, from 1.
    pub interval: u32,
    /// Ends after so many instances.
    pub count: Option<u32>,
    /// The last moment or day that may be one.
    pub until: Option<Point>,
    /// On which day weeks begin.
    pub week_start: Weekday,
    /// 1 to 12.
    pub months: BTreeSet<i32>,
    /// Of the year, 1 to 53, or from its end.
    pub weeks: BTreeSet<i32>,
    /// 1 to 366, or from the end of the year.
    pub year_days: BTreeSet<i32>,
    /// 1 to 31, or from the end of the month.
    pub month_days: BTreeSet<i32>,
    /// The n-th of its month or year (from its end where negative), every one where 0.
    pub weekdays: Vec<(i32, Weekday)>,
    pub hours: BTreeSet<i32>,
    pub minutes: BTreeSet<i32>,
    pub seconds: BTreeSet<i32>,
    /// Which of the instances of one step, from 1, or from the last.
    pub positions: BTreeSet<i32>,
}

impl Rule {
    /// A rule that says only how often.
    pub fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Mon,
            months: BTreeSet::new(),
            weeks: BTreeSet::new(),
            year_days: BTreeSet::new(),
            month_days: BTreeSet::new(),
            weekdays: Vec::new(),
            hours: BTreeSet::new(),
            minutes: BTreeSet::new(),
            seconds: BTreeSet::new(),
            positions: BTreeSet::new(),
        }
    }

    /// Reads the value of an RRULE.
    ///
    /// # Errors
    ///
    /// The part that is wrong and what was expected, as the beginning of a sentence.
    pub fn parse(value: &str) -> Result<Self, String> {
        let parts = || {
            value.split(';').filter(|part| !part.trim().is_empty()).map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (name.trim().to_ascii_uppercase(), value.trim())
            })
        };
        let frequency = parts()
            .find(|(name, _)| name == "FREQ")
            .ok_or("the rule has no FREQ (YEARLY, MONTHLY, WEEKLY, DAILY, …)")?;
        let mut rule = Self::every(frequency_of(frequency.1)?);
        for (name, value) in parts() {
            rule.take(&name, value)?;
        }
        rule.drop_meaningless_ordinals();
        Ok(rule)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "FREQ" => {}
            "INTERVAL" => self.interval = number(name, value, 1)?,
            "COUNT" => self.count = Some(number(name, value, 1)?),
            "UNTIL" => self.until = Some(point(value).map_err(|wrong| format!("its UNTIL: {wrong}"))?),
            "WKST" => self.week_start = weekday(value).ok_or_else(|| unlike(name, value, "MO to SU"))?,
            "BYMONTH" => self.months = numbers(name, value, 1, 12)?,
            "BYWEEKNO" => self.weeks = numbers(name, value, -53, 53)?,
            "BYYEARDAY" => self.year_days = numbers(name, value, -366, 366)?,
            "BYMONTHDAY" => self.month_days = numbers(name, value, -31, 31)?,
            "BYDAY" => self.weekdays = weekdays(value)?,
            "BYHOUR" => self.hours = numbers(name, value, 0, 23)?,
            "BYMINUTE" => self.minutes = numbers(name, value, 0, 59)?,
            // A leap second is the second before it.
            "BYSECOND" => {
                self.seconds = numbers(name, value, 0, 60)?.into_iter().map(|s| s.min(59)).collect()
            }
            "BYSETPOS" => self.positions = numbers(name, value, -366, 366)?,
            "RSCALE" if value.eq_ignore_ascii_case("GREGORIAN") => {}
            "SKIP" if value.eq_ignore_ascii_case("OMIT") => {}
            _ if name.starts_with("X-") => {}
            _ => return Err(format!("the rule has a part that is not known: {name}={}", short(value))),
        }
        Ok(())
    }

    /// "The second Monday" says something of a month or a year only; elsewhere it is every Monday, as other programs
    /// read it.
    fn drop_meaningless_ordinals(&mut self) {
        if self.frequency > Frequency::Monthly {
            for (nth, _) in &mut self.weekdays {
                *nth = 0;
            }
        }
        self.weekdays.sort_by_key(|(nth, day)| (*nth, day.num_days_from_monday()));
        self.weekdays.dedup();
    }
}

fn frequency_of(value: &str) -> Result<Frequency, String> {
    Ok(match value.to_ascii_uppercase().as_str() {
        "YEARLY" => Frequency::Yearly,
        "MONTHLY" => Frequency::Monthly,
        "WEEKLY" => Frequency::Weekly,
        "DAILY" => Frequency::Daily,
        "HOURLY" => Frequency::Hourly,
        "MINUTELY" => Frequency::Minutely,
        "SECONDLY" => Frequency::Secondly,
        _ => {
            return Err(unlike(
                "FREQ",
                value,
                "YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY",
            ));
        }
    })
}

fn unlike(name: &str, value: &str, expected: &str) -> String {
    format!("the rule's {name} is {:?}; expected {expected}", short(value))
}

fn number(name: &str, value: &str, least: u32) -> Result<u32, String> {
    let expected = || unlike(name, value, &format!("a number from {least}"));
    value.parse().ok().filter(|number| *number >= least).ok_or_else(expected)
}

/// A list of numbers, none of them 0 where they may be negative.
fn numbers(name: &str, value: &str, least: i32, most: i32) -> Result<BTreeSet<i32>, String> {
    let fits = |number: &i32| (least..=most).contains(number) && (least >= 0 || *number != 0);
    let expected = || unlike(name, value, &format!("numbers from {least} to {most}"));
    value.split(',').map(|part| part.trim().parse().ok().filter(fits).ok_or_else(expected)).collect()
}

fn weekdays(value: &str) -> Result<Vec<(i32, Weekday)>, String> {
    let expected = || unlike("BYDAY", value, "days as MO, 1MO or -1FR");
    let mut found = BTreeSet::new();
    for part in value.split(',').map(str::trim) {
        let at = part.len().checked_sub(2).filter(|at| part.is_char_boundary(*at)).ok_or_else(expected)?;
        let (nth, day) = part.split_at(at);
        let nth = if nth.is_empty() { Some(0) } else { nth.parse().ok().filter(|nth| *nth != 0) };
        let nth = nth.filter(|nth: &i32| (-53..=53).contains(nth)).ok_or_else(expected)?;
        found.insert((nth, weekday(day).ok_or_else(expected)?.num_days_from_monday()));
    }
    Ok(found.into_iter().filter_map(|(nth, day)| Some((nth, weekday_from_monday(day)?))).collect())
}

fn weekday_from_monday(days: u32) -> Option<Weekday> {
    u8::try_from(days).ok().and_then(|days| Weekday::try_from(days).ok())
}

fn weekday(value: &str) -> Option<Weekday> {
    Some(match value.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let rule = Rule::parse(
            "freq=yearly;INTERVAL=2;COUNT=5;WKST=SU;BYMONTH=1,12;BYWEEKNO=-1,20;BYYEARDAY=-366;BYMONTHDAY=31,-1;\
             BYDAY=MO,-1FR,+2TU;BYHOUR=0,23;BYMINUTE=59;BYSECOND=60;BYSETPOS=-2;X-OURS=1;",
        )
        .unwrap();
        assert_eq!((rule.frequency, rule.interval, rule.count), (Frequency::Yearly, 2, Some(5)));
        assert_eq!(rule.weekdays, [(-1, Weekday::Fri), (0, Weekday::Mon), (2, Weekday::Tue)]);
        assert_eq!(rule.seconds, BTreeSet::from([59]));
        assert_eq!(rule.week_start, Weekday::Sun);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (wrong, said) in [
            ("INTERVAL=2", "no FREQ"),
            ("FREQ=FORTNIGHTLY", "FREQ is \"FORTNIGHTLY\""),
            ("FREQ=DAILY;INTERVAL=0", "a number from 1"),
            ("FREQ=DAILY;COUNT=-1", "a number from 1"),
            ("FREQ=DAILY;BYMONTH=13", "numbers from 1 to 12"),
            ("FREQ=DAILY;BYMONTHDAY=0", "numbers from -31 to 31"),
            ("FREQ=MONTHLY;BYDAY=0MO", "days as"),
            ("FREQ=MONTHLY;BYDAY=ü", "days as"),
            ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
            ("FREQ=DAILY;BYEASTER=1", "BYEASTER"),
        ] {
            let sentence = Rule::parse(wrong).unwrap_err();
            assert!(sentence.contains(said), "{wrong}: {sentence}");
        }
    }

    #[test]
    fn ordinals_mean_nothing_within_a_week() {
        assert_eq!(Rule::parse("FREQ=WEEKLY;BYDAY=1MO,2MO").unwrap().weekdays, [(0, Weekday::Mon)]);
    }
}
