//! `[[calendar]]`: calendars from which bookings come.

use super::reading::{ID, Reading};
use super::secret;
use super::section::{Section, Setting, refuse_twice};
use super::{Address, CalendarConfig, CalendarFrom};
use crate::calendar::meaning::{HORIZON_DAYS, Part, Rule, Source};
use crate::calendar::plan::SOURCE_CHARS_MAX;
use crate::domain::id::{ProductionId, RoomId};
use crate::domain::plan::Resource;

pub(super) const CALENDAR_KEYS: [&str; 11] = [
    "id",
    "url",
    "url_file",
    "path",
    "every_minutes",
    "horizon_days",
    "username",
    "password_file",
    "room",
    "titles",
    "rule",
];
pub(super) const RULE_KEYS: [&str; 11] = [
    "summary",
    "location",
    "category",
    "resource",
    "person",
    "skip",
    "room",
    "production",
    "gear",
    "title",
    "status",
];

/// More calendars than rooms and people of a large house.
const CALENDARS_MAX: usize = 200;
/// More rules of one calendar than anybody reads.
const RULES_MAX: usize = 200;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// The calendars of a file in its order; those that are wrong are left out and noted.
pub(super) fn calendars(top: &Section<'_>, reading: &mut Reading<'_>) -> Vec<CalendarConfig> {
    let sections = top.children("calendar", &mut reading.problems);
    refuse_twice("calendar", &sections, &mut reading.problems);
    if let Some(section) = sections.get(CALENDARS_MAX) {
        reading.problems.add(&section.span, "calendar", "one more", &format!("at most {CALENDARS_MAX}"));
    }
    sections.iter().filter_map(|section| calendar(section, reading)).collect()
}

fn calendar(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<CalendarConfig> {
    let problems = &mut reading.problems;
    section.refuse_unknown(&CALENDAR_KEYS, problems);
    let expected = format!("1 to {SOURCE_CHARS_MAX} of a-z, 0-9 and -, beginning with a letter or digit");
    let id = section.require("id", &expected, problems, |setting| {
        let id = setting.text()?;
        (RoomId::parse(id).is_ok() && id.len() <= SOURCE_CHARS_MAX).then(|| id.to_owned())
    });
    let room = room(section, reading);
    let problems = &mut reading.problems;
    let every = section.number("every_minutes", (1, 10_080, 15), "minutes", problems);
    let days = section.number("horizon_days", (1, 1_095, HORIZON_DAYS), "days", problems);
    let titles = section.truth("titles", problems).unwrap_or(true);
    let rules = rules(section, reading);
    let from = from(section, reading);
    let horizon_ms = i64::from(days) * DAY_MS;
    Some(CalendarConfig {
        source: Source { id: id?, room, titles, horizon_ms, rules },
        from: from?,
        every_ms: u64::from(every) * MINUTE_MS,
        username: username(section, reading),
        password_file: secret::file(section, "password_file", reading),
    })
}

fn username(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let is_feed = ["url", "url_file"].iter().any(|key| section.setting(key).is_some());
    for (key, other, is_there) in
        [("username", "url", is_feed), ("password_file", "username", section.setting("username").is_some())]
    {
        if section.setting(key).is_some() && !is_there {
            section.wrong(key, &format!("`{other}` beside it"), &mut reading.problems);
        }
    }
    section.read("username", "a name that is not empty, without a colon", &mut reading.problems, |setting| {
        setting.text().filter(|name| !name.is_empty() && !name.contains([':', '\r', '\n'])).map(str::to_owned)
    })
}

fn from(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<CalendarFrom> {
    match (section.setting("url"), section.setting("path"), section.setting("url_file")) {
        (None, None, None) => {
            section.missing("url", "`url` of a feed or `path` of a file", &mut reading.problems);
            None
        }
        (Some(setting), None, None) => address(section, setting, reading).map(CalendarFrom::Url),
        (None, Some(_), None) => reading.path(section, "path").map(CalendarFrom::Path),
        (None, None, Some(_)) => secret::file(section, "url_file", reading).map(CalendarFrom::UrlFile),
        (url, ..) => {
            let second = if section.setting("path").is_some() && url.is_some() { "path" } else { "url_file" };
            let expected = "one of `url` of a feed, `url_file` with its address, or `path` of a file";
            section.misplaced(second, expected, &mut reading.problems);
            None
        }
    }
}

/// A wrong address is not repeated: whoever has the address of a feed may read it.
fn address(section: &Section<'_>, setting: Setting<'_>, reading: &mut Reading<'_>) -> Option<Address> {
    let text = setting.text().unwrap_or_default();
    let address = Address::parse(text);
    if address.is_none() {
        let expected = if text.contains('@') {
            "https://HOST/PATH without a user: the user goes into `username`, the password into a `password_file`"
        } else {
            "https://HOST/PATH, http://HOST/PATH or webcal://HOST/PATH"
        };
        let (span, key) = (setting.span(), section.key("url"));
        reading.problems.add(&span, &key, "something that is no address of a feed", expected);
    }
    address
}

fn room(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<RoomId> {
    let expected = format!("the id of a room: {ID}");
    section.read("room", &expected, &mut reading.problems, |setting| RoomId::parse(setting.text()?).ok())
}

fn rules(section: &Section<'_>, reading: &mut Reading<'_>) -> Vec<Rule> {
    let mut sections = section.children("rule", &mut reading.problems);
    if let Some(section) = sections.get(RULES_MAX) {
        reading.problems.add(&section.span, "calendar.rule", "one more", &format!("at most {RULES_MAX}"));
    }
    for (rule, number) in sections.iter_mut().zip(1..) {
        rule.name = format!("{} rule.{number}", section.name);
    }
    sections.iter().map(|rule| one_rule(rule, reading)).collect()
}

fn one_rule(section: &Section<'_>, reading: &mut Reading<'_>) -> Rule {
    let problems = &mut reading.problems;
    section.refuse_unknown(&RULE_KEYS, problems);
    let mut wanted = Vec::new();
    for part in Part::ALL {
        let text = section.read(part.name(), "a text that is contained in it", problems, |setting| {
            setting.text().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        });
        wanted.extend(text.map(|text| (part, text)));
    }
    let skip = section.truth("skip", problems).unwrap_or(false);
    let means =
        RULE_KEYS.iter().filter(|key| Part::ALL.iter().all(|part| part.name() != **key) && **key != "skip");
    for key in means.filter(|_| skip) {
        section.misplaced(key, "either skip = true or what the event means", problems);
    }
    let expected = format!("the id of a production: {ID}");
    let production =
        section.read("production", &expected, problems, |setting| ProductionId::parse(setting.text()?).ok());
    let title = section.read("title", "one line of text", problems, |setting| {
        let text = setting.text()?;
        (!text.trim().is_empty() && crate::domain::words::no_name(text).is_none()).then(|| text.to_owned())
    });
    let confirmed = section.choice("status", &["hold", "confirmed"], problems, |name| {
        Some(name == "confirmed").filter(|_| ["hold", "confirmed"].contains(&name))
    });
    let expected = "a list such as [\"asset/cam-1\", \"kit/case-a\", \"model/lav:2\", \"stock/xlr:10\"]";
    let gear = section.list("gear", expected, problems, |item| {
        item.text()
            .and_then(gear)
            .ok_or_else(|| "asset/ID, kit/ID, model/ID:COUNT or stock/ID:COUNT".to_owned())
    });
    let room = room(section, reading);
    Rule { wanted, skip, room, production, gear: gear.unwrap_or_default(), title, confirmed }
}

/// `asset/cam-1`, `model/lav:2`.
fn gear(text: &str) -> Option<(Resource, u32)> {
    let (named, count) = match text.rsplit_once(':') {
        Some((named, count)) => {
            (named, count.trim().parse().ok().filter(|count| (1..=100_000).contains(count))?)
        }
        None => (text, 1),
    };
    let resource = Resource::parse(named.trim())?;
    match resource {
        Resource::Asset(_) | Resource::Kit(_) => (count == 1).then_some((resource, 1)),
        Resource::Model(_) | Resource::Stock(_) => Some((resource, count)),
        Resource::Room(_) | Resource::Person(_) => None,
    }
}
