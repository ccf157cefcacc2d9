//! Events to occurrences: series worked out, instances moved, cancelled and left out.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::event::{Event, Said};
use super::expand::{Budget, TooMuch, expand};
use super::rule::Rule;
use super::when::{When, apart};
use super::written::{LENGTH_DAYS_MAX, Length, Point, short};
use super::zone::Zone;
use super::{Calendar, Occurrence, Problem};
use crate::time::UtcMs;

/// Steps that the events of one call may take together.
pub(super) const STEPS_MAX: u64 = 20_000_000;
/// Steps that one series may take.
const SERIES_STEPS_MAX: u64 = 4_000_000;
/// Occurrences of one series in one call.
const SERIES_OCCURRENCES_MAX: usize = 10_000;
/// Occurrences of one call.
const OCCURRENCES_MAX: usize = 200_000;
/// Bytes of text in the occurrences of one call.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Problems of one call.
const PROBLEMS_MAX: usize = 1_000;

/// The place of an instance in its series, before anything moved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Day(NaiveDate),
    At(UtcMs),
}

impl Place {
    fn of(when: &When, house: Tz) -> Self {
        match when {
            When::Day(day) => Self::Day(*day),
            When::Time(..) => Self::At(when.utc(house)),
        }
    }

    /// The place in a series that `master` began. A day for a time is that day's instance, a time for a day the day.
    fn in_series(when: &When, master: &When, house: Tz) -> Self {
        Self::of(&alike(when, master, house), house)
    }

    fn text(self) -> String {
        match self {
            Self::Day(day) => day.format("%Y%m%d").to_string(),
            Self::At(at) => at.to_chrono().format("%Y%m%dT%H%M%SZ").to_string(),
        }
    }
}

/// `when` as a day where `master` is one, as a time where it is one.
fn alike(when: &When, master: &When, house: Tz) -> When {
    match (when, master) {
        (When::Day(day), When::Time(local, zone)) => When::Time(day.and_time(local.time()), zone.clone()),
        (When::Time(local, _), When::Day(_)) if local.time() == NaiveTime::MIN => When::Day(local.date()),
        (When::Time(..), When::Day(_)) => When::Day(Zone::Named(house).local(when.utc(house)).date()),
        _ => when.clone(),
    }
}

/// The events of one UID.
#[derive(Default)]
struct Series<'a> {
    master: Option<&'a Event>,
    changed: Vec<&'a Event>,
}

/// Keeps of two events for the same thing the newer, and says so where they differ.
pub(super) fn newest_only(events: Vec<Event>, house: Tz, problems: &mut Vec<Problem>) -> Vec<Event> {
    let mut kept: BTreeMap<(String, Option<Place>), Event> = BTreeMap::new();
    for event in events {
        let place = event.instead_of.as_ref().map(|instead| Place::of(&instead.when, house));
        let key = (event.uid.clone(), place);
        let Some(other) = kept.remove(&key) else {
            kept.insert(key, event);
            continue;
        };
        let age = |event: &Event| (event.said.sequence, event.said.modified);
        let (older, newer) = if age(&other) > age(&event) { (event, other) } else { (other, event) };
        if (Event { line: newer.line, ..older.clone() }) != newer {
            let what = format!(
                "the event {:?} is written twice, at line {} as well; the one with the higher SEQUENCE or later \
                 LAST-MODIFIED was taken",
                short(&newer.uid),
                newer.line
            );
            problems.push(Problem { line: older.line, what });
        }
        kept.insert(key, newer);
    }
    kept.into_values().collect()
}

/// Takes instances out of their series whose changed version could not be read: where they are now nobody knows, but
/// surely not where they were.
pub(super) fn take_out(events: &mut [Event], lost: &[(String, When)]) {
    let mut masters: BTreeMap<String, &mut Event> = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.instead_of.is_none()) {
        masters.insert(event.uid.clone(), event);
    }
    for (uid, when) in lost {
        if let Some(master) = masters.get_mut(uid) {
            master.except.push(when.clone());
        }
    }
}

/// See [`Calendar::occurrences`].
pub(super) fn occurrences(
    calendar: &Calendar,
    from: UtcMs,
    to: UtcMs,
    steps: u64,
) -> (Vec<Occurrence>, Vec<Problem>) {
    let mut series: BTreeMap<&str, Series<'_>> = BTreeMap::new();
    for event in &calendar.events {
        let series = series.entry(event.uid.as_str()).or_default();
        match event.instead_of {
            None => series.master = Some(event),
            Some(_) => series.changed.push(event),
        }
    }
    let mut call = Call::new(calendar.house, (from, to), steps);
    for series in series.values() {
        call.take(series);
    }
    call.found.sort_by(|one, other| {
        (one.starts, &one.uid, &one.instance).cmp(&(other.starts, &other.uid, &other.instance))
    });
    (call.found, call.problems)
}

/// One question, and what was found so far.
struct Call {
    house: Tz,
    from: UtcMs,
    to: UtcMs,
    steps_left: u64,
    bytes_left: usize,
    found: Vec<Occurrence>,
    problems: Vec<Problem>,
}

impl Call {
    fn new(house: Tz, (from, to): (UtcMs, UtcMs), steps: u64) -> Self {
        let (steps_left, bytes_left) = (steps.min(STEPS_MAX), TEXT_BYTES_MAX);
        Self { house, from, to, steps_left, bytes_left, found: Vec::new(), problems: Vec::new() }
    }

    /// Takes the occurrences of a series, all or none.
    fn take(&mut self, series: &Series<'_>) {
        let before = self.found.len();
        let mut budget = Budget(SERIES_STEPS_MAX.min(self.steps_left));
        let given = budget.0;
        let outcome = self.work_out(series, &mut budget);
        self.steps_left -= given - budget.0;
        if outcome.is_err() || self.found.len() - before > SERIES_OCCURRENCES_MAX {
            self.found.truncate(before);
            let event = series.master.or(series.changed.first().copied());
            if let Some(event) = event.filter(|_| self.problems.len() < PROBLEMS_MAX) {
                self.problems.push(Problem { line: event.line, what: too_much(event) });
            }
        }
    }

    fn work_out(&mut self, series: &Series<'_>, budget: &mut Budget) -> Result<(), TooMuch> {
        let Some(master) = series.master else {
            return series.changed.iter().try_for_each(|event| self.changed_instance(event, None));
        };
        let mut changes = Changes::of(series, master, self.house);
        changes.singles_taken(|event, place| self.changed_instance(event, Some(place)))?;
        if !is_series(series, master) {
            return self.add(master, &master.said, None, &master.start, master.length);
        }
        for (place, (when, length)) in self.instances(master, changes.widest(), budget)? {
            match changes.at(place) {
                Change::None => self.add(master, &master.said, Some(place), &when, length)?,
                Change::Single => {}
                Change::Since(event, shift) => {
                    let local = local_in_zone_of(&event.start, &when, self.house);
                    let moved = event.start.at(local.checked_add_signed(shift).unwrap_or(local));
                    self.add(event, &event.said, Some(place), &moved, event.length)?;
                }
            }
        }
        Ok(())
    }

    fn changed_instance(&mut self, event: &Event, place: Option<Place>) -> Result<(), TooMuch> {
        let own = event.instead_of.as_ref().map(|instead| Place::of(&instead.when, self.house));
        self.add(event, &event.said, place.or(own), &event.start, event.length)
    }

    /// The instances of a series in their places, those left out taken away. `wider` is how far they may be moved.
    fn instances(
        &self,
        master: &Event,
        wider: TimeDelta,
        budget: &mut Budget,
    ) -> Result<BTreeMap<Place, (When, Length)>, TooMuch> {
        let span = self.local_span(master, wider);
        let mut found = BTreeMap::new();
        for rule in &master.rules {
            let span = span.start..span.end.min(day_after_until(rule));
            for local in expand(rule, master.start.local(), span, budget)? {
                let when = master.start.at(local);
                if !is_past(rule, &when, self.house) {
                    found.insert(Place::of(&when, self.house), (when, master.length));
                }
            }
        }
        if master.rules.is_empty() {
            found.insert(Place::of(&master.start, self.house), (master.start.clone(), master.length));
        }
        for (when, length) in &master.more {
            let when = alike(when, &master.start, self.house);
            found.insert(Place::of(&when, self.house), (when, length.unwrap_or(master.length)));
        }
        for when in &master.except {
            found.remove(&Place::in_series(when, &master.start, self.house));
        }
        Ok(found)
    }

    /// The local times in which an instance may begin to fall into the time asked about.
    fn local_span(&self, master: &Event, wider: TimeDelta) -> Range<NaiveDateTime> {
        let zone = match &master.start {
            When::Day(_) => &Zone::Named(self.house),
            When::Time(_, zone) => zone,
        };
        let local = |at: UtcMs| zone.local(UtcMs(at.0.clamp(EARLIEST.0, LATEST.0)));
        let length = TimeDelta::days(master.length.whole_days().clamp(0, LENGTH_DAYS_MAX) + 2);
        let from = local(self.from).checked_sub_signed(wider + length).unwrap_or(NaiveDateTime::MIN);
        let to = local(self.to).checked_add_signed(wider + CLOCKS_BACK).unwrap_or(NaiveDateTime::MAX);
        from..to
    }

    fn add(
        &mut self,
        event: &Event,
        said: &Said,
        place: Option<Place>,
        when: &When,
        length: Length,
    ) -> Result<(), TooMuch> {
        let length = if when.is_day() && length.days == 0 { Length::DAY } else { length };
        let (starts, ends) = (when.utc(self.house), when.end(length, self.house));
        let touches = starts < self.to && (ends > self.from || starts >= self.from);
        if !touches {
            return Ok(());
        }
        let occurrence = Occurrence {
            uid: event.uid.clone(),
            instance: place.map(Place::text),
            starts,
            ends,
            all_day: when.is_day(),
            summary: said.summary.clone(),
            location: said.location.clone(),
            categories: said.categories.clone(),
            description: said.description.clone(),
            people: said.people.clone(),
            resources: said.resources.clone(),
            status: said.status,
            transparent: said.transparent,
            modified: said.modified,
            sequence: said.sequence,
            line: event.line,
        };
        self.bytes_left = self.bytes_left.checked_sub(text_bytes(&occurrence)).ok_or(TooMuch)?;
        self.found.push(occurrence);
        if self.found.len() > OCCURRENCES_MAX { Err(TooMuch) } else { Ok(()) }
    }
}

/// So far are clocks set back at most, so that a later local time is an earlier moment.
const CLOCKS_BACK: TimeDelta = TimeDelta::hours(3);
/// The years 1 and 9999.
const EARLIEST: UtcMs = UtcMs(-62_135_596_800_000);
const LATEST: UtcMs = UtcMs(253_370_764_800_000);

fn is_series(series: &Series<'_>, master: &Event) -> bool {
    !(master.rules.is_empty()
        && master.more.is_empty()
        && master.except.is_empty()
        && series.changed.is_empty())
}

fn too_much(event: &Event) -> String {
    format!(
        "the series {:?} has more than {SERIES_OCCURRENCES_MAX} instances in the time asked about, or cannot be worked out in \
         reasonable time; it was left out",
        short(&event.said.summary)
    )
}

fn text_bytes(occurrence: &Occurrence) -> usize {
    let lists = [&occurrence.categories, &occurrence.people, &occurrence.resources];
    let listed: usize = lists.into_iter().flatten().map(|text| text.len() + size_of::<String>()).sum();
    let optional =
        [&occurrence.location, &occurrence.description].into_iter().flatten().map(String::len).sum::<usize>();
    occurrence.uid.len() + occurrence.summary.len() + optional + listed
}

/// A local time that is surely after the rule's UNTIL.
fn day_after_until(rule: &Rule) -> NaiveDateTime {
    let last = match rule.until {
        None => return NaiveDateTime::MAX,
        Some(Point::Day(day)) => day.and_time(NaiveTime::MIN),
        Some(Point::Local(at) | Point::Utc(at)) => at,
    };
    last.checked_add_signed(TimeDelta::days(2)).unwrap_or(NaiveDateTime::MAX)
}

/// Whether an instance is later than the UNTIL of its rule.
fn is_past(rule: &Rule, when: &When, house: Tz) -> bool {
    match (rule.until, when) {
        (None, _) => false,
        (Some(Point::Day(day)), _) => when.local().date() > day,
        (Some(Point::Local(at)), _) => when.local() > at,
        (Some(Point::Utc(at)), When::Time(..)) => when.utc(house) > Zone::UTC.utc(at),
        // Midnight is meant as that day; any other time is the day it falls on in the house.
        (Some(Point::Utc(at)), When::Day(day)) if at.time() == NaiveTime::MIN => *day > at.date(),
        (Some(Point::Utc(at)), When::Day(day)) => *day > Zone::Named(house).local(Zone::UTC.utc(at)).date(),
    }
}

/// What has become of the instance in a place.
enum Change<'a> {
    None,
    /// It stands by itself.
    Single,
    /// This one and all later ones were changed and moved by so much.
    Since(&'a Event, TimeDelta),
}

/// The changed instances of a series.
struct Changes<'a> {
    singles: BTreeMap<Place, &'a Event>,
    since: BTreeMap<Place, (&'a Event, TimeDelta)>,
}

impl<'a> Changes<'a> {
    fn of(series: &Series<'a>, master: &Event, house: Tz) -> Self {
        let mut changes = Self { singles: BTreeMap::new(), since: BTreeMap::new() };
        for event in &series.changed {
            let Some(instead) = &event.instead_of else { continue };
            let place = Place::in_series(&instead.when, &master.start, house);
            changes.singles.insert(place, event);
            if instead.and_future {
                changes
                    .since
                    .insert(place, (event, shift(event, &alike(&instead.when, &master.start, house), house)));
            }
        }
        changes
    }

    fn singles_taken(
        &mut self,
        mut take: impl FnMut(&Event, Place) -> Result<(), TooMuch>,
    ) -> Result<(), TooMuch> {
        self.singles.iter().try_for_each(|(place, event)| take(event, *place))
    }

    fn at(&self, place: Place) -> Change<'a> {
        if self.singles.contains_key(&place) {
            return Change::Single;
        }
        let since = self.since.range(..place).next_back();
        since.map_or(Change::None, |(_, (event, shift))| Change::Since(event, *shift))
    }

    fn widest(&self) -> TimeDelta {
        self.since.values().map(|(_, shift)| shift.abs()).max().unwrap_or_default()
    }
}

/// How far an instance was moved, in the local time of where it is now.
fn shift(event: &Event, was: &When, house: Tz) -> TimeDelta {
    apart(local_in_zone_of(&event.start, was, house), event.start.local())
}

/// The local time of `when` where `other` is.
fn local_in_zone_of(other: &When, when: &When, house: Tz) -> NaiveDateTime {
    match (other, when) {
        (When::Time(_, zone), When::Time(..)) => zone.local(when.utc(house)),
        _ => when.local(),
    }
}

/// Whether the first day of a series is one that its own rules name; true for what is no series, and where that cannot be
/// told for what is left of `budget`: such a series is too much to be worked out as well, and that is said.
pub(super) fn begins_as_ruled(event: &Event, budget: &mut Budget) -> bool {
    let start = event.start.local();
    let Some(next) = start.checked_add_signed(TimeDelta::seconds(1)) else { return true };
    let leaves_out =
        |rule: &Rule| expand(rule, start, start..next, budget).is_ok_and(|found| found.is_empty());
    event.rules.is_empty() || !event.rules.iter().all(leaves_out)
}
