//! What an event of a calendar means for the studio: which room, production and gear, or nothing.

use super::{Occurrence, Status};
use crate::domain::fact::{BookingMade, CONFIRMED, HOLD, Quantity};
use crate::domain::id::{ProductionId, RoomId};
use crate::domain::plan::Resource;
use crate::domain::words::{NAME_CHARS_MAX, fit, no_name};

/// A calendar from which bookings come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id: part of the ids of its bookings.
    pub id: String,
    /// The room of events that name none.
    pub room: Option<RoomId>,
    /// Whether the summary of an event becomes the title of its booking.
    pub titles: bool,
    /// Events that begin later are left for later, in milliseconds.
    pub horizon_ms: i64,
    /// The first that fits an event says what it means.
    pub rules: Vec<Rule>,
}

/// Bookings are made for so long ahead where nothing else is said: a year.
pub const HORIZON_DAYS: u32 = 365;

impl Source {
    /// A calendar of which nothing else is said.
    pub fn plain(id: &str) -> Self {
        let horizon_ms = i64::from(HORIZON_DAYS) * 86_400_000;
        Self { id: id.to_owned(), room: None, titles: true, horizon_ms, rules: Vec::new() }
    }
}

/// Some events, and what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// What an event has to contain; all of it, in any case of letters. Nothing: every event fits.
    pub wanted: Vec<(Part, String)>,
    /// It is no booking.
    pub skip: bool,
    /// The room.
    pub room: Option<RoomId>,
    /// The production.
    pub production: Option<ProductionId>,
    /// Gear, stock and people besides, each with how many.
    pub gear: Vec<(Resource, u32)>,
    /// The title instead of the summary.
    pub title: Option<String>,
    /// Promised or only held, whatever the event says.
    pub confirmed: Option<bool>,
}

/// A part of an event that a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What it is.
    Summary,
    /// Where it is.
    Location,
    /// A category.
    Category,
    /// A resource.
    Resource,
    /// The e-mail address of an organizer or attendee.
    Person,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::Summary, Self::Location, Self::Category, Self::Resource, Self::Person];

    /// Its key in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Location => "location",
            Self::Category => "category",
            Self::Resource => "resource",
            Self::Person => "person",
        }
    }

    fn of(self, event: &Occurrence) -> Vec<&str> {
        match self {
            Self::Summary => vec![event.summary.as_str()],
            Self::Location => event.location.iter().map(String::as_str).collect(),
            Self::Category => event.categories.iter().map(String::as_str).collect(),
            Self::Resource => event.resources.iter().map(String::as_str).collect(),
            Self::Person => event.people.iter().map(String::as_str).collect(),
        }
    }
}

/// What the studio calls its rooms and productions: id and name of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Rooms.
    pub rooms: Vec<(RoomId, String)>,
    /// Productions.
    pub productions: Vec<(ProductionId, String)>,
    /// How the `UID`s of our own feeds end.
    pub own_uids: String,
}

impl Rule {
    fn fits(&self, event: &Occurrence) -> bool {
        self.wanted.iter().all(|(part, text)| {
            let text = text.to_lowercase();
            part.of(event).iter().any(|found| found.to_lowercase().contains(&text))
        })
    }
}

/// What an event means: the booking it would be, without times to prepare and to clean up, or why it is none.
pub fn meaning(source: &Source, names: &Names, event: &Occurrence) -> Result<BookingMade, String> {
    let rule = source.rules.iter().find(|rule| rule.fits(event)).cloned().unwrap_or_default();
    if rule.skip {
        return Err("a rule says to skip it".to_owned());
    }
    if event.ends <= event.starts {
        return Err("it takes no time".to_owned());
    }
    let mut rooms: Vec<RoomId> = rule.room.iter().cloned().collect();
    if rooms.is_empty() {
        rooms = named_rooms(names, event);
    }
    if rooms.is_empty() {
        rooms.extend(source.room.clone());
    }
    if rooms.is_empty() && rule.gear.is_empty() {
        return Err("it names no room of the studio, and no rule says which".to_owned());
    }
    let (bracketed, rest) = named_production(names, &event.summary);
    let title = rule.title.or_else(|| source.titles.then(|| titled(rest)).flatten());
    // What is marked as free time blocks nobody, and neither does a hold.
    let confirmed = rule.confirmed.unwrap_or(event.status == Status::Confirmed && !event.transparent);
    let plan = BookingMade {
        production: rule.production.or(bracketed),
        client: None,
        person: None,
        rooms,
        assets: Vec::new(),
        kits: Vec::new(),
        models: Vec::new(),
        stock: Vec::new(),
        crew: Vec::new(),
        starts: event.starts,
        ends: event.ends,
        status: if confirmed { CONFIRMED } else { HOLD }.to_owned(),
        title,
        prepare_ms: 0,
        clean_up_ms: 0,
        series: None,
        overrides: Vec::new(),
        confirmed_by: None,
    };
    Ok(with_gear(plan, rule.gear))
}

fn with_gear(mut plan: BookingMade, gear: Vec<(Resource, u32)>) -> BookingMade {
    for (resource, count) in gear {
        match resource {
            Resource::Asset(id) => plan.assets.push(id),
            Resource::Kit(id) => plan.kits.push(id),
            Resource::Model(id) => plan.models.push(Quantity { of: id.to_string(), count }),
            Resource::Stock(id) => plan.stock.push(Quantity { of: id.to_string(), count }),
            Resource::Room(id) => plan.rooms.push(id),
            Resource::Person(id) => plan.crew.push(id),
        }
    }
    plan
}

/// The rooms that the location and the resources of an event name, each once.
///
/// Outlook lists several rooms in one location with semicolons; room mailboxes are named by what stands before the @.
fn named_rooms(names: &Names, event: &Occurrence) -> Vec<RoomId> {
    let whole = event.location.iter().chain(&event.resources).map(String::as_str);
    let parts = whole.clone().flat_map(|text| text.split([';', ',', '\n']));
    let mut rooms: Vec<RoomId> = Vec::new();
    for text in whole.clone().chain(parts) {
        let text = text.trim();
        let mailbox = text.split_once('@').map_or(text, |(before, _)| before);
        let is_it = |(id, name): &&(RoomId, String)| {
            [text, mailbox].iter().any(|text| same(text, name) || same(text, id.as_str()))
        };
        if let Some((id, _)) = names.rooms.iter().find(is_it)
            && !rooms.contains(id)
        {
            rooms.push(id.clone());
        }
    }
    rooms
}

/// What stands in brackets at the beginning of a summary where no production is called so, though one is meant: the event
/// is booked for none.
pub fn unknown_production<'a>(source: &Source, names: &Names, event: &'a Occurrence) -> Option<&'a str> {
    let rule = source.rules.iter().find(|rule| rule.fits(event));
    if rule.is_some_and(|rule| rule.skip || rule.production.is_some()) {
        return None;
    }
    let (called, _) = event.summary.trim().strip_prefix('[')?.split_once(']')?;
    named_production(names, &event.summary).0.is_none().then_some(called.trim())
}

/// The production that stands in brackets at the beginning of a summary, and the rest.
fn named_production<'a>(names: &Names, summary: &'a str) -> (Option<ProductionId>, &'a str) {
    let summary = summary.trim();
    let Some((called, rest)) = summary.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return (None, summary);
    };
    let is_it = |(id, title): &&(ProductionId, String)| same(called, title) || same(called, id.as_str());
    match names.productions.iter().find(is_it) {
        Some((id, _)) => (Some(id.clone()), rest.trim()),
        None => (None, summary),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// A summary as a title: one line of plain text, as long as a title may be.
fn titled(summary: &str) -> Option<String> {
    let plain: String = summary.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = fit(&plain, NAME_CHARS_MAX);
    (!title.is_empty() && no_name(&title).is_none()).then_some(title)
}
