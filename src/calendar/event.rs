//! The properties of one VEVENT to an event: what was written, with its zones known.

use chrono_tz::Tz;

use super::lines::{Property, listed, text};
use super::rule::Rule;
use super::when::When;
use super::written::{LENGTH_DAYS_MAX, Length, Point, point, short};
use super::zone::{Zone, Zones};
use super::{Problem, Status};
use crate::time::UtcMs;

/// Properties of one event that are kept; an event with more is refused.
pub(super) const PROPERTIES_MAX: usize = 2_000;
/// Days of RDATE and EXDATE of one event.
const DATES_MAX: usize = 10_000;
/// Characters of a description; the rest is not kept.
const DESCRIPTION_CHARS_MAX: usize = 8_000;
/// Characters of every other text.
const TEXT_CHARS_MAX: usize = 1_000;

/// One event as written: an event of its own, a series, or a changed instance of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub(super) line: u64,
    pub(super) uid: String,
    pub(super) instead_of: Option<Instead>,
    pub(super) start: When,
    pub(super) length: Length,
    pub(super) rules: Vec<Rule>,
    pub(super) more: Vec<(When, Option<Length>)>,
    pub(super) except: Vec<When>,
    pub(super) said: Said,
}

/// Which instance of a series an event stands for (RECURRENCE-ID).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instead {
    /// Its place before the change.
    pub when: When,
    /// Whether all later ones are changed as well.
    pub and_future: bool,
}

/// What an event says of itself beside its times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub summary: String,
    pub location: Option<String>,
    pub categories: Vec<String>,
    pub description: Option<String>,
    pub people: Vec<String>,
    pub resources: Vec<String>,
    pub status: Status,
    pub transparent: bool,
    pub modified: Option<UtcMs>,
    pub sequence: u32,
}

/// Whether a property of an event is looked at.
pub(super) fn is_of_use(name: &str) -> bool {
    const OF_USE: &[&str] = &[
        "UID",
        "RECURRENCE-ID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "SUMMARY",
        "LOCATION",
        "CATEGORIES",
        "DESCRIPTION",
        "ORGANIZER",
        "ATTENDEE",
        "RESOURCES",
        "STATUS",
        "TRANSP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
    ];
    OF_USE.contains(&name)
}

/// What the calendar around an event says.
pub(super) struct Around<'a> {
    pub zones: &'a mut Zones,
    /// Of times that name none.
    pub floating: Tz,
    pub house: Tz,
    /// The whole calendar is a cancellation (METHOD:CANCEL).
    pub cancels: bool,
}

/// A VEVENT as collected.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub line: u64,
    pub properties: Vec<Property>,
}

impl Written {
    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    fn first(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    fn text(&self, name: &str, chars_max: usize) -> Option<String> {
        let found = self.first(name).map(|property| text(&property.value, chars_max));
        found.filter(|text| !text.is_empty())
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let parts = self.of(name).flat_map(|property| listed(&property.value));
        parts.map(|part| text(part, TEXT_CHARS_MAX)).filter(|part| !part.is_empty()).collect()
    }
}

/// An event, or the reason why it was left out. What was taken otherwise than written goes to `problems`.
pub(super) fn event(
    written: &Written,
    around: &mut Around<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Event, Problem> {
    if written.properties.len() > PROPERTIES_MAX {
        let what = format!("the event has more than {PROPERTIES_MAX} properties; it was left out");
        return Err(Problem { line: written.line, what });
    }
    let Some(begins) = written.first("DTSTART") else {
        let what = "the event has no DTSTART, so nobody knows when it is; it was left out".to_owned();
        return Err(Problem { line: written.line, what });
    };
    let start = start(written, begins, around).map_err(|what| left_out(begins, &what))?;
    let length = length(written, &start, around)?;
    let said = said(written, around, problems);
    let event = Event {
        line: written.line,
        uid: uid(written, &start, &said, around, problems),
        instead_of: instead_of(written, around)?,
        rules: rules(written, problems)?,
        more: more(written, around)?,
        except: except(written, around)?,
        start,
        length,
        said,
    };
    Ok(event)
}

/// Which instance of which series an event that was left out stands for, where that can be read.
pub(super) fn lost(written: &Written, around: &mut Around<'_>) -> Option<(String, When)> {
    let instead = instead_of(written, around).ok()??;
    Some((written.text("UID", TEXT_CHARS_MAX)?, instead.when))
}

fn left_out(property: &Property, what: &str) -> Problem {
    Problem { line: property.line, what: format!("{}: {what}; the event was left out", property.name) }
}

fn uid(
    written: &Written,
    start: &When,
    said: &Said,
    around: &Around<'_>,
    problems: &mut Vec<Problem>,
) -> String {
    written.text("UID", TEXT_CHARS_MAX).unwrap_or_else(|| {
        let what =
            "the event has no UID; it is known by its beginning and title, and is another once they change";
        problems.push(Problem { line: written.line, what: what.to_owned() });
        format!("without-uid {} {}", start.utc(around.house), short(&said.summary))
    })
}

// -- times -------------------------------------------------------------------------------------------------------

fn start(written: &Written, begins: &Property, around: &mut Around<'_>) -> Result<When, String> {
    let start = when(begins, &begins.value, around)?;
    // Exchange writes whole days as times from midnight to midnight and says so beside them.
    let whole_days = written
        .first("X-MICROSOFT-CDO-ALLDAYEVENT")
        .is_some_and(|all| all.value.trim().eq_ignore_ascii_case("TRUE"));
    Ok(if whole_days { whole_day(start) } else { start })
}

fn whole_day(when: When) -> When {
    let local = when.local();
    if local.time() == chrono::NaiveTime::MIN { When::Day(local.date()) } else { when }
}

/// A value of a property with a day or time, in its zone.
fn when(property: &Property, value: &str, around: &mut Around<'_>) -> Result<When, String> {
    Ok(match point(value)? {
        Point::Day(day) => When::Day(day),
        Point::Local(at) if property.param_is("VALUE", "DATE") => When::Day(at.date()),
        Point::Utc(at) => When::Time(at, Zone::UTC),
        Point::Local(at) => When::Time(at, zone(property, around)?),
    })
}

fn zone(property: &Property, around: &mut Around<'_>) -> Result<Zone, String> {
    let Some(id) = property.param("TZID").filter(|id| !id.is_empty()) else {
        return Ok(Zone::Named(around.floating));
    };
    around.zones.find(id).ok_or_else(|| {
        format!(
            "the time zone {:?} is neither an IANA nor a Windows name, and the file does not define it in a way that \
             can be worked out",
            short(id)
        )
    })
}

fn length(written: &Written, start: &When, around: &mut Around<'_>) -> Result<Length, Problem> {
    let length = if let Some(ends) = written.first("DTEND") {
        let end = when(ends, &ends.value, around);
        let end = end.map(|end| if start.is_day() { whole_day(end) } else { end });
        end.and_then(|end| start.until(&end, around.house)).map_err(|what| left_out(ends, &what))?
    } else if let Some(lasts) = written.first("DURATION") {
        Length::parse(&lasts.value).map_err(|what| left_out(lasts, &what))?
    } else {
        Length::NONE
    };
    if length.whole_days() > LENGTH_DAYS_MAX {
        let what = format!(
            "the event lasts {} days, and more than {LENGTH_DAYS_MAX} are not believed; it was left out",
            length.whole_days()
        );
        return Err(Problem { line: written.line, what });
    }
    // A day lasts a day; a DURATION of hours cannot be meant.
    Ok(if start.is_day() {
        Length { days: u64::try_from(length.whole_days()).unwrap_or(1).max(1), ms: 0 }
    } else {
        length
    })
}

fn instead_of(written: &Written, around: &mut Around<'_>) -> Result<Option<Instead>, Problem> {
    let Some(property) = written.first("RECURRENCE-ID") else { return Ok(None) };
    let when = when(property, &property.value, around).map_err(|what| left_out(property, &what))?;
    Ok(Some(Instead { when, and_future: property.param_is("RANGE", "THISANDFUTURE") }))
}

fn rules(written: &Written, problems: &mut Vec<Problem>) -> Result<Vec<Rule>, Problem> {
    for rule in written.of("EXRULE") {
        let what = "EXRULE is no longer part of iCalendar and was not followed: what it excludes is taken"
            .to_owned();
        problems.push(Problem { line: rule.line, what });
    }
    written.of("RRULE").map(|rule| Rule::parse(&rule.value).map_err(|what| left_out(rule, &what))).collect()
}

fn more(written: &Written, around: &mut Around<'_>) -> Result<Vec<(When, Option<Length>)>, Problem> {
    dates(written, "RDATE", |property, value| {
        let Some((from, to)) = value.split_once('/') else {
            return Ok((when(property, value, around)?, None));
        };
        let from = when(property, from, around)?;
        let length = match to.trim().strip_prefix(['P', 'p', '+']) {
            Some(_) => Length::parse(to)?,
            None => from.until(&when(property, to, around)?, around.house)?,
        };
        if length.whole_days() > LENGTH_DAYS_MAX {
            return Err(format!("it lasts more than {LENGTH_DAYS_MAX} days"));
        }
        Ok((from, Some(length)))
    })
}

fn except(written: &Written, around: &mut Around<'_>) -> Result<Vec<When>, Problem> {
    dates(written, "EXDATE", |property, value| when(property, value, around))
}

fn dates<T>(
    written: &Written,
    name: &str,
    mut read: impl FnMut(&Property, &str) -> Result<T, String>,
) -> Result<Vec<T>, Problem> {
    let mut found = Vec::new();
    for property in written.of(name) {
        for value in listed(&property.value).into_iter().filter(|value| !value.trim().is_empty()) {
            found.push(read(property, value).map_err(|what| left_out(property, &what))?);
            if found.len() > DATES_MAX {
                return Err(left_out(property, &format!("there are more than {DATES_MAX} dates")));
            }
        }
    }
    Ok(found)
}

// -- everything else ---------------------------------------------------------------------------------------------

fn said(written: &Written, around: &Around<'_>, problems: &mut Vec<Problem>) -> Said {
    let (people, attending) = attendees(written);
    let mut resources = written.texts("RESOURCES");
    resources.extend(attending);
    let is_free = |property: &Property| property.value.trim().eq_ignore_ascii_case("FREE");
    let is_transparent = |property: &Property| property.value.trim().eq_ignore_ascii_case("TRANSPARENT");
    Said {
        summary: written.text("SUMMARY", TEXT_CHARS_MAX).unwrap_or_default(),
        location: written.text("LOCATION", TEXT_CHARS_MAX),
        categories: written.texts("CATEGORIES"),
        description: written.text("DESCRIPTION", DESCRIPTION_CHARS_MAX),
        people,
        resources,
        status: status(written, around.cancels, problems),
        transparent: written.first("TRANSP").is_some_and(is_transparent)
            || written.first("X-MICROSOFT-CDO-BUSYSTATUS").is_some_and(is_free),
        modified: written.first("LAST-MODIFIED").and_then(|property| moment(&property.value)),
        sequence: written
            .first("SEQUENCE")
            .and_then(|property| property.value.trim().parse().ok())
            .unwrap_or(0),
    }
}

fn moment(value: &str) -> Option<UtcMs> {
    match point(value).ok()? {
        Point::Utc(at) | Point::Local(at) => Some(Zone::UTC.utc(at)),
        Point::Day(_) => None,
    }
}

fn status(written: &Written, cancels: bool, problems: &mut Vec<Problem>) -> Status {
    if cancels {
        return Status::Cancelled;
    }
    let is = |property: &&Property, name: &str| property.value.trim().eq_ignore_ascii_case(name);
    match written.first("STATUS") {
        Some(property) if is(&property, "CANCELLED") || is(&property, "CANCELED") => Status::Cancelled,
        Some(property) if is(&property, "TENTATIVE") => Status::Tentative,
        Some(property) if is(&property, "CONFIRMED") || property.value.trim().is_empty() => Status::Confirmed,
        Some(property) => {
            let found = short(&property.value);
            let what = format!(
                "STATUS is {found:?}; expected CONFIRMED, TENTATIVE or CANCELLED; it was taken as tentative"
            );
            problems.push(Problem { line: property.line, what });
            Status::Tentative
        }
        None if written.first("X-MICROSOFT-CDO-BUSYSTATUS").is_some_and(|busy| is(&busy, "TENTATIVE")) => {
            Status::Tentative
        }
        None => Status::Confirmed,
    }
}

/// Addresses of people, and names and addresses of rooms and resources. Whoever declined does not come.
fn attendees(written: &Written) -> (Vec<String>, Vec<String>) {
    let (mut people, mut resources) = (Vec::new(), Vec::new());
    let invited = written.of("ORGANIZER").chain(written.of("ATTENDEE"));
    for property in invited.filter(|property| !property.param_is("PARTSTAT", "DECLINED")) {
        let address = address(property);
        if property.param_is("CUTYPE", "ROOM") || property.param_is("CUTYPE", "RESOURCE") {
            let name =
                property.param("CN").map(|name| text(name, TEXT_CHARS_MAX)).filter(|name| !name.is_empty());
            resources.extend(name.into_iter().chain(address));
        } else if let Some(address) = address.filter(|address| !people.contains(address)) {
            people.push(address);
        }
    }
    (people, resources)
}

fn address(property: &Property) -> Option<String> {
    let value = property.value.trim();
    let is_mail = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let address = if is_mail { value.get(7..) } else { property.param("EMAIL").or(Some(value)) }?;
    let address = text(address, TEXT_CHARS_MAX).to_lowercase();
    address.contains('@').then_some(address)
}
