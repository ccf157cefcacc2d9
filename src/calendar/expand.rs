//! A recurrence rule worked out (RFC 5545 section 3.3.10), in the local time of its event.
//!
//! Where the RFC leaves a choice, it is made as the widely used `dateutil` makes it: BYWEEKNO alone takes every day of
//! the week, the first step of a weekly rule begins on its first day, and only what the rule names is an instance.
//! A rule that ends by date or never is taken up shortly before the span that is asked about; one that ends by COUNT
//! is counted from its beginning. Each day looked at and each instance made costs one of a [`Budget`].

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::rule::{Frequency, Rule};

/// Instances of one rule in one span. More are refused.
pub(super) const INSTANCES_MAX: usize = 50_000;

/// How much may still be worked out.
#[derive(Debug)]
pub(super) struct Budget(pub u64);

impl Budget {
    fn spend(&mut self, steps: u64) -> Result<(), TooMuch> {
        self.0 = self.0.checked_sub(steps).ok_or(TooMuch)?;
        Ok(())
    }
}

/// The rule makes too many instances, or takes too long to come to the span that is asked about.
#[derive(Debug, PartialEq)]
pub(super) struct TooMuch;

/// The instances of `rule` within `span`, in order, for an event that begins at `start`. UNTIL is the caller's.
pub(super) fn expand(
    rule: &Rule,
    start: NaiveDateTime,
    span: Range<NaiveDateTime>,
    budget: &mut Budget,
) -> Result<Vec<NaiveDateTime>, TooMuch> {
    let mut taken = Taken { start, span, left: rule.count, found: Vec::new() };
    let rule = &with_defaults(rule, start);
    if rule.frequency < Frequency::Hourly {
        by_days(rule, start, &mut taken, budget)?;
    } else {
        by_hours(rule, start, &mut taken, budget)?;
    }
    Ok(taken.found)
}

/// What the rule does not say it has from the beginning of its event.
fn with_defaults(rule: &Rule, start: NaiveDateTime) -> Rule {
    let mut rule = rule.clone();
    let says_days = !(rule.weeks.is_empty()
        && rule.year_days.is_empty()
        && rule.month_days.is_empty()
        && rule.weekdays.is_empty());
    if !says_days {
        match rule.frequency {
            Frequency::Yearly => {
                if rule.months.is_empty() {
                    rule.months.insert(signed(start.month()));
                }
                rule.month_days.insert(signed(start.day()));
            }
            Frequency::Monthly => {
                rule.month_days.insert(signed(start.day()));
            }
            Frequency::Weekly => rule.weekdays.push((0, start.weekday())),
            _ => {}
        }
    }
    let default = |set: &mut BTreeSet<i32>, below: Frequency, value: u32| {
        if set.is_empty() && rule.frequency < below {
            set.insert(signed(value));
        }
    };
    default(&mut rule.hours, Frequency::Hourly, start.hour());
    default(&mut rule.minutes, Frequency::Minutely, start.minute());
    default(&mut rule.seconds, Frequency::Secondly, start.second());
    rule
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What was found so far, and when it is enough.
struct Taken {
    start: NaiveDateTime,
    span: Range<NaiveDateTime>,
    left: Option<u32>,
    found: Vec<NaiveDateTime>,
}

impl Taken {
    /// Takes the next instance; `false` where no later one is wanted.
    fn take(&mut self, at: NaiveDateTime) -> Result<bool, TooMuch> {
        if at < self.start {
            return Ok(true);
        }
        if at >= self.span.end || self.left == Some(0) {
            return Ok(false);
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        if at >= self.span.start {
            self.found.push(at);
        }
        if self.found.len() > INSTANCES_MAX { Err(TooMuch) } else { Ok(self.left != Some(0)) }
    }

    /// The first day that matters.
    fn first_day(&self) -> NaiveDate {
        if self.left.is_some() { self.start.date() } else { self.start.max(self.span.start).date() }
    }
}

// -- years, months, weeks, days ----------------------------------------------------------------------------------

fn by_days(rule: &Rule, start: NaiveDateTime, taken: &mut Taken, budget: &mut Budget) -> Result<(), TooMuch> {
    budget.spend(
        [&rule.hours, &rule.minutes, &rule.seconds].into_iter().map(|set| set.len() as u64).product(),
    )?;
    let times = times(&rule.hours, &rule.minutes, &rule.seconds);
    let interval = i64::from(rule.interval);
    let mut step = (steps_between(rule, start.date(), taken.first_day()) / interval - 1).max(0);
    while let Some(days) = period(rule, start.date(), step.saturating_mul(interval)) {
        if days.start >= taken.span.end.date().succ_opt().unwrap_or(NaiveDate::MAX) {
            break;
        }
        budget.spend(days.end.signed_duration_since(days.start).num_days().unsigned_abs())?;
        let fitting: Vec<_> =
            days.start.iter_days().take_while(|day| *day < days.end).filter(|day| fits(rule, *day)).collect();
        for (day, time) in
            chosen(rule, fitting.len() * times.len()).filter_map(|at| pair(&fitting, &times, at))
        {
            budget.spend(1)?;
            if !taken.take(day.and_time(time))? {
                return Ok(());
            }
        }
        step += 1;
    }
    Ok(())
}

/// How many whole periods of the rule's frequency lie between two days.
fn steps_between(rule: &Rule, start: NaiveDate, day: NaiveDate) -> i64 {
    let years = i64::from(day.year()) - i64::from(start.year());
    let days = day.signed_duration_since(start).num_days();
    match rule.frequency {
        Frequency::Yearly => years,
        Frequency::Monthly => years * 12 + i64::from(day.month()) - i64::from(start.month()),
        Frequency::Weekly => days / 7,
        _ => days,
    }
}

/// The days of the period `steps` periods after that of `start`; `None` beyond the end of the calendar.
fn period(rule: &Rule, start: NaiveDate, steps: i64) -> Option<Range<NaiveDate>> {
    match rule.frequency {
        Frequency::Yearly => {
            let year = i32::try_from(i64::from(start.year()).checked_add(steps)?).ok()?;
            Some(NaiveDate::from_ymd_opt(year, 1, 1)?..NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?)
        }
        Frequency::Monthly => {
            let month = i64::from(start.year()).checked_mul(12)?.checked_add(i64::from(start.month0()))?;
            let month = month.checked_add(steps)?;
            Some(first_of(month)?..first_of(month.checked_add(1)?)?)
        }
        Frequency::Weekly => {
            let into = u64::from(start.weekday().days_since(rule.week_start));
            let first = start.checked_sub_days(Days::new(into))?;
            let first = first.checked_add_days(Days::new(u64::try_from(steps).ok()?.checked_mul(7)?))?;
            Some(first.max(start)..first.checked_add_days(Days::new(7))?)
        }
        _ => {
            let day = start.checked_add_days(Days::new(u64::try_from(steps).ok()?))?;
            Some(day..day.succ_opt()?)
        }
    }
}

fn first_of(month: i64) -> Option<NaiveDate> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)
}

/// Which of so many instances of one step the rule takes, in order.
fn chosen(rule: &Rule, count: usize) -> Box<dyn Iterator<Item = usize>> {
    if rule.positions.is_empty() {
        return Box::new(0..count);
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let from_zero = |position: &i32| {
        let position = i64::from(*position);
        let at = if position > 0 { position - 1 } else { count + position };
        usize::try_from(at).ok().filter(|_| at < count)
    };
    Box::new(rule.positions.iter().filter_map(from_zero).collect::<BTreeSet<_>>().into_iter())
}

fn pair(days: &[NaiveDate], times: &[NaiveTime], at: usize) -> Option<(NaiveDate, NaiveTime)> {
    let day = days.get(at.checked_div(times.len())?)?;
    Some((*day, *times.get(at % times.len())?))
}

fn times(hours: &BTreeSet<i32>, minutes: &BTreeSet<i32>, seconds: &BTreeSet<i32>) -> Vec<NaiveTime> {
    let unsigned = |number: &i32| u32::try_from(*number).ok();
    let mut times = Vec::new();
    for hour in hours.iter().filter_map(unsigned) {
        for minute in minutes.iter().filter_map(unsigned) {
            times.extend(
                seconds.iter().filter_map(|second| NaiveTime::from_hms_opt(hour, minute, unsigned(second)?)),
            );
        }
    }
    times
}

// -- hours, minutes, seconds -------------------------------------------------------------------------------------

/// Walks the days and, in those that fit, the hours, minutes and seconds, so that what a rule leaves out is passed
/// over in one step.
fn by_hours(
    rule: &Rule,
    start: NaiveDateTime,
    taken: &mut Taken,
    budget: &mut Budget,
) -> Result<(), TooMuch> {
    let last = taken.span.end.date();
    for day in taken.first_day().iter_days().take_while(|day| *day <= last) {
        budget.spend(1)?;
        if !fits(rule, day) {
            continue;
        }
        for hour in within(&rule.hours, 24) {
            budget.spend(1)?;
            if !hour_taken(rule, start, (day, hour), taken, budget)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn hour_taken(
    rule: &Rule,
    start: NaiveDateTime,
    (day, hour): (NaiveDate, i32),
    taken: &mut Taken,
    budget: &mut Budget,
) -> Result<bool, TooMuch> {
    let one = BTreeSet::from([hour]);
    let hourly = rule.frequency == Frequency::Hourly;
    if hourly && !aligned(rule, start, day, (hour, 0, 0)) {
        return Ok(true);
    }
    if hourly {
        return set_taken(rule, day, &times(&one, &rule.minutes, &rule.seconds), taken, budget);
    }
    for minute in within(&rule.minutes, 60) {
        budget.spend(1)?;
        let minutely = rule.frequency == Frequency::Minutely;
        if minutely && !aligned(rule, start, day, (hour, minute, 0)) {
            continue;
        }
        let seconds: BTreeSet<i32> = within(&rule.seconds, 60).collect();
        let times = times(&one, &BTreeSet::from([minute]), &seconds);
        if minutely && !set_taken(rule, day, &times, taken, budget)? {
            return Ok(false);
        }
        for time in times.iter().filter(|_| !minutely) {
            budget.spend(1)?;
            let meant = aligned(rule, start, day, (hour, minute, signed(time.second())));
            if meant && !set_taken(rule, day, std::slice::from_ref(time), taken, budget)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The instances of one hour, minute or second.
fn set_taken(
    rule: &Rule,
    day: NaiveDate,
    times: &[NaiveTime],
    taken: &mut Taken,
    budget: &mut Budget,
) -> Result<bool, TooMuch> {
    for time in chosen(rule, times.len()).filter_map(|at| times.get(at)) {
        budget.spend(1)?;
        if !taken.take(day.and_time(*time))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn within(set: &BTreeSet<i32>, all: i32) -> Box<dyn Iterator<Item = i32> + '_> {
    if set.is_empty() { Box::new(0..all) } else { Box::new(set.iter().copied()) }
}

/// Whether a whole number of intervals lies between the start and this hour, minute or second.
fn aligned(
    rule: &Rule,
    start: NaiveDateTime,
    day: NaiveDate,
    (hour, minute, second): (i32, i32, i32),
) -> bool {
    let days = day.signed_duration_since(start.date()).num_days();
    let hours = days * 24 + i64::from(hour) - i64::from(start.hour());
    let minutes = hours * 60 + i64::from(minute) - i64::from(start.minute());
    let seconds = minutes * 60 + i64::from(second) - i64::from(start.second());
    let units = match rule.frequency {
        Frequency::Hourly => hours,
        Frequency::Minutely => minutes,
        _ => seconds,
    };
    units.rem_euclid(i64::from(rule.interval)) == 0
}

// -- which days fit ----------------------------------------------------------------------------------------------

fn fits(rule: &Rule, day: NaiveDate) -> bool {
    let year_days = days_in_year(day.year());
    (rule.months.is_empty() || rule.months.contains(&signed(day.month())))
        && (rule.month_days.is_empty() || either_end(&rule.month_days, signed(day.day()), days_in_month(day)))
        && (rule.year_days.is_empty() || either_end(&rule.year_days, signed(day.ordinal()), year_days))
        && (rule.weekdays.is_empty() || weekday_fits(rule, day))
        && (rule.weeks.is_empty() || week_fits(rule, day))
}

/// Whether the n-th of so many is in the set, counted from the beginning or from the end.
fn either_end(set: &BTreeSet<i32>, nth: i32, of: i32) -> bool {
    set.contains(&nth) || set.contains(&(nth - of - 1))
}

fn weekday_fits(rule: &Rule, day: NaiveDate) -> bool {
    let in_year = rule.frequency == Frequency::Yearly && rule.months.is_empty();
    let (nth, of) = if in_year {
        (signed(day.ordinal0()), days_in_year(day.year()))
    } else {
        (signed(day.day0()), days_in_month(day))
    };
    let (from_start, from_end) = (nth / 7 + 1, -((of - 1 - nth) / 7 + 1));
    let meant = |wanted: i32| wanted == 0 || wanted == from_start || wanted == from_end;
    rule.weekdays.iter().any(|(wanted, weekday)| *weekday == day.weekday() && meant(*wanted))
}

fn days_in_year(year: i32) -> i32 {
    if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366 } else { 365 }
}

fn days_in_month(day: NaiveDate) -> i32 {
    let lengths = [31, 30, 29];
    let exists = |length: &&i32| u32::try_from(**length).is_ok_and(|length| day.with_day(length).is_some());
    lengths.iter().find(exists).copied().unwrap_or(28)
}

/// Whether the day lies in one of the rule's weeks of the year. The first week is the first that has four days in it.
fn week_fits(rule: &Rule, day: NaiveDate) -> bool {
    let day_of_year = signed(day.ordinal0());
    let begins = |year| first_week(rule, year);
    let weeks = |year| (days_in_year(year) + begins(year + 1) - begins(year)) / 7;
    let year = day.year();
    let (nth, of) = if day_of_year < begins(year) {
        (weeks(year - 1), weeks(year - 1))
    } else {
        let nth = (day_of_year - begins(year)) / 7 + 1;
        if nth > weeks(year) { (1, weeks(year + 1)) } else { (nth, weeks(year)) }
    };
    either_end(&rule.weeks, nth, of)
}

/// On which day of the year, from 0, its first week begins; negative where that is in the year before.
fn first_week(rule: &Rule, year: i32) -> i32 {
    let Some(new_year) = NaiveDate::from_ymd_opt(year, 1, 1) else { return 0 };
    let into = signed(new_year.weekday().days_since(rule.week_start));
    if into <= 3 { -into } else { 7 - into }
}

#[cfg(test)]
mod tests;
