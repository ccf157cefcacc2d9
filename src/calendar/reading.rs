//! The components of a file (RFC 5545 section 3.6): calendars, events, zones; everything else is passed over.

use chrono_tz::Tz;

use super::event::{Around, Event, PROPERTIES_MAX, Written, event, is_of_use, lost};
use super::expand::Budget;
use super::lines::{Line, Lines, Property, decode, name, text};
use super::series::{STEPS_MAX, begins_as_ruled, newest_only, take_out};
use super::when::When;
use super::written::short;
use super::zone::{DEFINITIONS_MAX, Definition, Zones, named};
use super::{Calendar, NotACalendar, Problem};

/// A larger file is refused: a year of a large house is under 2 MB.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// A file with more events is refused.
const EVENTS_MAX: usize = 50_000;
/// Problems that are kept; then one says that there are more.
const PROBLEMS_MAX: usize = 1_000;
/// Components within components.
const DEPTH_MAX: usize = 16;
/// Observances and properties of one VTIMEZONE.
const OBSERVANCES_MAX: usize = 1_000;
/// Components that are told apart; they stand in a path of their names.
const EVENT: [&str; 2] = ["VCALENDAR", "VEVENT"];
const ZONE: [&str; 2] = ["VCALENDAR", "VTIMEZONE"];

/// See [`super::read`].
pub(super) fn read(bytes: &[u8], house: Tz) -> Result<Calendar, NotACalendar> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(what) = something_else(bytes) {
        return Err(NotACalendar(what));
    }
    let mut reading = Reading::new(house);
    for line in Lines::new(bytes) {
        reading.line(&line)?;
    }
    reading.finish()
}

/// What the bytes are, where they are not even the beginning of a calendar.
fn something_else(bytes: &[u8]) -> Option<String> {
    const EXPECTED: &str = "a calendar in iCalendar form (text/calendar, .ics) begins with BEGIN:VCALENDAR";
    if bytes.len() > BYTES_MAX {
        let (found, most) = (bytes.len() / 1_000_000, BYTES_MAX / 1_000_000);
        return Some(format!(
            "the calendar has {found} MB, and at most {most} MB are read; nothing of it was taken. Ask its program \
             for a feed of the coming year only"
        ));
    }
    let begun = bytes.trim_ascii_start();
    let what = match begun {
        [] => "the calendar is empty: there is not one line in it".to_owned(),
        [b'<', ..] => {
            "this is HTML or XML, not iCalendar: the address may lead to a page to sign in or to look at"
                .to_owned()
        }
        [b'{' | b'[', ..] => "this is JSON, not iCalendar".to_owned(),
        [0x1f, 0x8b, ..] => "this is compressed (gzip), not iCalendar: unpack it first".to_owned(),
        [b'P', b'K', ..] => "this is a ZIP archive, not iCalendar: unpack it first".to_owned(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16, not iCalendar: save it as UTF-8".to_owned(),
        _ if !begun.get(..6).is_some_and(|begun| begun.eq_ignore_ascii_case(b"BEGIN:")) => {
            let first: Vec<u8> =
                begun.iter().copied().take_while(|byte| !byte.is_ascii_control()).take(60).collect();
            format!("this is not iCalendar: it begins with {:?}", String::from_utf8_lossy(&first))
        }
        _ => return None,
    };
    Some(format!("{what}; {EXPECTED}. Nothing of it was taken"))
}

/// A component that has begun.
struct Open {
    name: String,
    line: u64,
}

/// What one VCALENDAR said so far.
#[derive(Default)]
struct Part {
    events: Vec<Written>,
    zones: Zones,
    defined: usize,
    zone: Option<Tz>,
    cancels: bool,
}

struct Reading {
    house: Tz,
    open: Vec<Open>,
    part: Part,
    written: Option<Written>,
    definition: Option<Definition>,
    calendars: usize,
    events_seen: usize,
    strange_letters: bool,
    name: Option<String>,
    events: Vec<Event>,
    /// Changed instances of series that could not be read.
    lost: Vec<(String, When)>,
    problems: Vec<Problem>,
    budget: Budget,
}

impl Reading {
    fn new(house: Tz) -> Self {
        Self {
            house,
            open: Vec::new(),
            part: Part::default(),
            written: None,
            definition: None,
            calendars: 0,
            events_seen: 0,
            strange_letters: false,
            name: None,
            events: Vec::new(),
            lost: Vec::new(),
            problems: Vec::new(),
            budget: Budget(STEPS_MAX),
        }
    }

    fn problem(&mut self, line: u64, what: String) {
        self.problems.push(Problem { line, what });
        self.problems.truncate(PROBLEMS_MAX + 1);
    }

    fn within(&self, path: &[&str]) -> bool {
        self.open.iter().map(|open| open.name.as_str()).eq(path.iter().copied())
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), NotACalendar> {
        let (text, is_utf_8) = decode(&line.bytes);
        let Some(name) = name(&text) else {
            self.no_property(line, &text);
            return Ok(());
        };
        match name.as_str() {
            "BEGIN" => return self.begin(line.number, &component(&text)),
            "END" => return self.end(line.number, &component(&text)),
            _ if !self.is_of_use(&name) => return Ok(()),
            _ => {}
        }
        if !is_utf_8 && !self.strange_letters {
            self.strange_letters = true;
            self.problem(line.number, "the text is not UTF-8; it was read as Windows-1252".to_owned());
        }
        match Property::parse(line.number, &text) {
            Some(property) => self.property(property, line.cut),
            None => self.no_property(line, &text),
        }
        Ok(())
    }

    fn no_property(&mut self, line: &Line<'_>, text: &str) {
        // Within a component that is passed over it is nobody's business.
        if self.written.is_some() || self.open.len() <= 1 {
            let found = short(text.trim());
            self.problem(
                line.number,
                format!("{found:?} is no line of a calendar (NAME:value); it was left out"),
            );
        }
    }

    /// Whether a property of that name, here, is looked at.
    fn is_of_use(&self, name: &str) -> bool {
        match self.open.len() {
            1 => matches!(name, "NAME" | "X-WR-CALNAME" | "X-WR-TIMEZONE" | "METHOD"),
            2 => (self.written.is_some() && is_of_use(name)) || self.definition.is_some(),
            3 => self.definition.is_some(),
            _ => false,
        }
    }

    fn property(&mut self, property: Property, cut: bool) {
        if cut {
            let what = format!("{} is longer than any that is read; its end was left out", property.name);
            self.problem(property.line, what);
        }
        match (self.open.len(), &mut self.written, &mut self.definition) {
            (1, ..) => self.calendar_property(&property),
            (2, Some(written), _) if written.properties.len() <= PROPERTIES_MAX => {
                written.properties.push(property)
            }
            (2, None, Some(zone)) if zone.properties.len() < OBSERVANCES_MAX => {
                zone.properties.push(property)
            }
            (3, None, Some(zone)) => {
                if let Some(observance) =
                    zone.observances.last_mut().filter(|all| all.len() < OBSERVANCES_MAX)
                {
                    observance.push(property);
                }
            }
            _ => {}
        }
    }

    fn calendar_property(&mut self, property: &Property) {
        match property.name.as_str() {
            "METHOD" => self.part.cancels = property.value.trim().eq_ignore_ascii_case("CANCEL"),
            "X-WR-TIMEZONE" => match named(property.value.trim()) {
                Some(zone) => self.part.zone = Some(zone),
                None => {
                    let what = format!(
                        "X-WR-TIMEZONE is {:?}, which is neither an IANA nor a Windows name; times that name no zone \
                         were taken in the zone of the house",
                        short(&property.value)
                    );
                    self.problem(property.line, what);
                }
            },
            _ if self.name.is_none() => {
                self.name = Some(text(&property.value, 200)).filter(|name| !name.is_empty())
            }
            _ => {}
        }
    }

    // -- components ----------------------------------------------------------------------------------------------

    fn begin(&mut self, line: u64, name: &str) -> Result<(), NotACalendar> {
        if name == "VCALENDAR" && !self.open.is_empty() {
            return Err(self.breaks_off(line));
        }
        if name == "VEVENT" && self.written.is_some() {
            self.drop_until(1, line);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(NotACalendar(format!(
                "line {line}: components stand within components more than {DEPTH_MAX} deep, which no calendar does; \
                 nothing of it was taken"
            )));
        }
        self.open.push(Open { name: name.to_owned(), line });
        if self.within(&EVENT) {
            self.begin_event(line)?;
        } else if self.within(&ZONE) {
            self.definition = Some(Definition::default());
        } else if self.open.len() == 3
            && let Some(zone) =
                self.definition.as_mut().filter(|zone| zone.observances.len() < OBSERVANCES_MAX)
        {
            zone.observances.push(Vec::new());
        }
        Ok(())
    }

    fn begin_event(&mut self, line: u64) -> Result<(), NotACalendar> {
        self.events_seen += 1;
        if self.events_seen > EVENTS_MAX {
            return Err(NotACalendar(format!(
                "the calendar has more than {EVENTS_MAX} events; nothing of it was taken. Ask its program for a feed \
                 of the coming year only"
            )));
        }
        self.written = Some(Written { line, properties: Vec::new() });
        Ok(())
    }

    fn end(&mut self, line: u64, name: &str) -> Result<(), NotACalendar> {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            self.problem(
                line,
                format!("END:{} ends nothing that has begun; it was passed over", short(name)),
            );
            return Ok(());
        };
        if at + 1 < self.open.len() {
            self.drop_until(at + 1, line);
        }
        if self.within(&EVENT) {
            self.part.events.extend(self.written.take());
        } else if self.within(&ZONE) {
            self.end_zone();
        } else if self.within(&["VCALENDAR"]) {
            self.end_calendar();
        }
        self.open.pop();
        Ok(())
    }

    /// Forgets components that have begun and not ended, down to so many.
    fn drop_until(&mut self, depth: usize, line: u64) {
        for open in self.open.split_off(depth) {
            let what = format!(
                "{} has not ended where line {line} goes on with something else; it was left out",
                short(&open.name)
            );
            self.problem(open.line, what);
        }
        if depth < 2 {
            self.written = None;
            self.definition = None;
        }
    }

    fn end_zone(&mut self) {
        let definition = self.definition.take();
        if let Some(definition) = definition.filter(|_| self.part.defined < DEFINITIONS_MAX) {
            self.part.defined += 1;
            self.part.zones.define(definition);
        }
    }

    fn end_calendar(&mut self) {
        self.calendars += 1;
        let mut part = std::mem::take(&mut self.part);
        let floating = part.zone.unwrap_or(self.house);
        let mut around =
            Around { zones: &mut part.zones, floating, house: self.house, cancels: part.cancels };
        for written in &part.events {
            match event(written, &mut around, &mut self.problems) {
                Ok(event) => self.take(event),
                Err(problem) => {
                    self.problems.push(problem);
                    self.lost.extend(lost(written, &mut around));
                }
            }
            self.problems.truncate(PROBLEMS_MAX + 1);
        }
    }

    fn take(&mut self, event: Event) {
        if event.instead_of.is_none() && !begins_as_ruled(&event, &mut self.budget) {
            let what = "the series begins on a day or time that its own rule does not name; only what the rule names \
                        was taken";
            self.problem(event.line, what.to_owned());
        }
        self.events.push(event);
    }

    // -- the end -------------------------------------------------------------------------------------------------

    fn breaks_off(&self, line: u64) -> NotACalendar {
        let begun = self.open.last().map_or("VCALENDAR", |open| &open.name);
        NotACalendar(format!(
            "the calendar breaks off before line {line}: {} has no END. Nothing of it was taken; fetch it again",
            short(begun)
        ))
    }

    fn finish(mut self) -> Result<Calendar, NotACalendar> {
        if let Some(open) = self.open.last() {
            let what = format!(
                "the calendar breaks off: {}, begun at line {}, has no END. Nothing of it was taken; fetch it again",
                short(&open.name),
                open.line
            );
            return Err(NotACalendar(what));
        }
        if self.calendars == 0 {
            let what = "there is no BEGIN:VCALENDAR in it, so it is no calendar; nothing of it was taken";
            return Err(NotACalendar(what.to_owned()));
        }
        let mut events = newest_only(self.events, self.house, &mut self.problems);
        take_out(&mut events, &self.lost);
        self.problems.sort_by_key(|problem| problem.line);
        if self.problems.len() > PROBLEMS_MAX {
            self.problems.truncate(PROBLEMS_MAX);
            let what = format!("there are more than {PROBLEMS_MAX} such problems; the others are not listed");
            let line = self.problems.last().map_or(1, |problem| problem.line);
            self.problems.push(Problem { line, what });
        }
        Ok(Calendar { name: self.name, events, problems: self.problems, house: self.house })
    }
}

/// The name in a BEGIN or END line.
fn component(text: &str) -> String {
    text.split_once(':').map_or("", |(_, name)| name).trim().to_ascii_uppercase()
}
