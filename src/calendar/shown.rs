//! What a feed of a room, production or person shows of bookings.

use std::collections::BTreeMap;

use super::Shown;
use crate::domain::fact::BookingMade;
use crate::domain::id::{BookingId, PersonId, ProductionId, RoomId};
use crate::time::UtcMs;

/// How the `UID` of every entry of the feeds of a site ends.
pub fn uids_of(site: &str) -> String {
    format!("@{site}.cagekeeper")
}

/// A booking, with what a feed says of it besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The booking.
    pub booking: BookingId,
    /// What it says.
    pub plan: BookingMade,
    /// When it was last changed.
    pub modified: UtcMs,
    /// How often it was changed.
    pub sequence: u32,
}

/// What things are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Called {
    /// Rooms.
    pub rooms: BTreeMap<RoomId, String>,
    /// Productions.
    pub productions: BTreeMap<ProductionId, String>,
    /// People, where a feed may name them.
    pub people: BTreeMap<PersonId, String>,
}

/// The entries of a feed. With `names` it says who answers, who works, for which client, and the booking's own title,
/// which may name somebody; without, only which production.
pub fn shown(booked: &[Booked], called: &Called, names: bool, site: &str) -> Vec<Shown> {
    booked.iter().map(|one| entry(one, called, names, site)).collect()
}

fn entry(one: &Booked, called: &Called, names: bool, site: &str) -> Shown {
    let plan = &one.plan;
    let rooms: Vec<&str> =
        plan.rooms.iter().map(|id| called.rooms.get(id).map_or(id.as_str(), String::as_str)).collect();
    Shown {
        uid: format!("{}{}", one.booking, uids_of(site)),
        starts: plan.starts,
        ends: plan.ends,
        summary: summary(one, called, names),
        location: (!rooms.is_empty()).then(|| rooms.join("; ")),
        description: description(one, called, names),
        confirmed: plan.is_confirmed(),
        modified: one.modified,
        sequence: one.sequence,
    }
}

fn summary(one: &Booked, called: &Called, names: bool) -> String {
    let plan = &one.plan;
    let production =
        plan.production.as_ref().map(|id| called.productions.get(id).map_or(id.as_str(), String::as_str));
    let own = plan.title.as_deref().filter(|_| names);
    match (production, own, plan.client.as_deref().filter(|_| names)) {
        (Some(production), Some(title), _) => format!("{production}: {title}"),
        (Some(production), None, _) => production.to_owned(),
        (None, Some(title), _) => title.to_owned(),
        (None, None, Some(client)) => client.to_owned(),
        (None, None, None) => one.booking.to_string(),
    }
}

fn description(one: &Booked, called: &Called, names: bool) -> Option<String> {
    let plan = &one.plan;
    let person = |id: &PersonId| called.people.get(id).cloned();
    let people = |ids: &[PersonId]| ids.iter().filter_map(person).collect::<Vec<_>>().join(", ");
    let many = plan.models.iter().chain(&plan.stock).map(|of| format!("{} x {}", of.count, of.of));
    let kits = plan.kits.iter().map(ToString::to_string);
    let gear: Vec<String> = kits.chain(plan.assets.iter().map(ToString::to_string)).chain(many).collect();
    let lines = [
        ("Booking", one.booking.to_string()),
        ("Client", plan.client.clone().filter(|_| names).unwrap_or_default()),
        ("For", plan.person.as_ref().filter(|_| names).and_then(person).unwrap_or_default()),
        ("Crew", if names { people(&plan.crew) } else { String::new() }),
        ("Gear", gear.join(", ")),
    ];
    let said: Vec<String> = lines
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(what, text)| format!("{what}: {text}"))
        .collect();
    (!said.is_empty()).then(|| said.join("\n"))
}
