//! `where THING`: where it is, who has it, and how we know.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::desk::{reader, utc};
use super::out::{OutShown, show as show_out};
use super::screen::{Screen, who};
use crate::config::Config;
use crate::domain::code::Code;
use crate::domain::custody::Custody;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, PersonId, ProductionId, RoomId};
use crate::domain::loaded::{Found, Room};
use crate::domain::words::when;
use crate::ledger::question::{Named, OutRow, Sighting, ThingState, UnknownCode};
use crate::ledger::{LedgerError, Reader};
use crate::nearest::nearest;
use crate::time::UtcMs;

/// Things that are named as being near one that is not known.
const NEAR_MAX: u32 = 5;

/// Where a thing is, as JSON shows it.
#[derive(Debug, Serialize)]
struct WhereShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kit: Option<KitId>,
    name: String,
    state: &'static str,
    home: Option<RoomId>,
    room: Option<RoomId>,
    person: Option<PersonId>,
    person_handle: Option<PersonHandle>,
    person_name: Option<String>,
    production: Option<ProductionId>,
    booking: Option<BookingId>,
    with_kit: Option<KitId>,
    due: Option<UtcMs>,
    since: Option<UtcMs>,
    overdue: bool,
    last_seen: Option<Sighting>,
}

/// Says where a thing is. Exits 1 where nothing is known by that name.
pub fn where_is(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let reader = reader(config)?;
    let now = utc(config);
    let known = match find(&reader, text)? {
        Found::Asset(asset) => thing(config, screen, &reader, &Subject::Asset(asset.id), now)?,
        Found::Kit(kit) => thing(config, screen, &reader, &Subject::Kit(kit.id), now)?,
        Found::Person(person) => holds(config, screen, &reader, &person.id, now)?,
        Found::Room(room) => in_room(config, screen, &reader, &room, now)?,
        Found::Production(production) => {
            let rows = rows(&reader, |row| row.production.as_ref() == Some(&production.id))?;
            gathered(config, screen, ("production", production.id.as_str(), &production.title), &rows, now)?
        }
        Found::Booking(booking) => {
            let rows = rows(&reader, |row| row.booking.as_ref() == Some(&booking.id))?;
            gathered(config, screen, ("booking", booking.id.as_str(), booking.id.as_str()), &rows, now)?
        }
        Found::Ambiguous(of) => several(screen, text, &of)?,
        Found::Stock(_)
        | Found::Nobody
        | Found::Burst(_)
        | Found::PersonOrThing(..)
        | Found::Card(_)
        | Found::Unknown
        | Found::Malformed(_) => unknown(config, screen, &reader, text, now)?,
    };
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!known)))
}

/// A code or id; `asset/…` as the output writes it; a person by handle or name; a room, production or booking by id.
fn find(reader: &Reader, text: &str) -> Result<Found, LedgerError> {
    let bare = Subject::parse(text).map_or(text.to_owned(), |subject| subject.id().to_owned());
    let found = reader.find(&bare)?;
    if found != Found::Unknown {
        return Ok(found);
    }
    if let Some(person) = reader.person_called(&bare)? {
        return reader.person(&person);
    }
    for prefix in ["RM:", "PR:", "BK:"] {
        let found = reader.find(&format!("{prefix}{bare}"))?;
        if found != Found::Unknown {
            return Ok(found);
        }
    }
    Ok(Found::Unknown)
}

fn thing(
    config: &Config,
    screen: &mut Screen,
    reader: &Reader,
    subject: &Subject,
    now: UtcMs,
) -> anyhow::Result<bool> {
    let Some(state) = reader.state_of(subject)? else { return Ok(false) };
    let last_seen = reader.last_seen(subject)?;
    let custody = state.custody.as_ref().filter(|custody| custody.out);
    let holder = custody.and_then(|custody| custody.person.as_ref());
    let holder = holder.map(|person| reader.named(person)).transpose()?;
    if screen.is_json() {
        screen.json(&shown(subject, &state, holder.as_ref(), last_seen, now))?;
    } else {
        let say = |at: UtcMs| when(at, now, config.timezone);
        let place =
            custody.map_or_else(|| at_home(&state), |custody| is_out(custody, holder.as_ref(), now, &say));
        screen.line(&format!("{} ({subject}): {place}", state.name))?;
        if let Some(seen) = &last_seen {
            let reader = seen.reader.as_ref().map_or("by hand".to_owned(), |reader| format!("by {reader}"));
            screen.line(&format!(
                "last seen {} at {} {reader}: {}",
                say(seen.at),
                seen.station,
                seen.verdict
            ))?;
        }
    }
    Ok(true)
}

fn at_home(state: &ThingState) -> String {
    state.home.as_ref().map_or("home".to_owned(), |home| format!("home, in {home}"))
}

fn is_out(custody: &Custody, holder: Option<&Named>, now: UtcMs, say: &dyn Fn(UtcMs) -> String) -> String {
    let late = if custody.due.is_some_and(|due| due < now) { " (late)" } else { "" };
    let parts = [
        holder.map(|holder| format!("with {}", who(holder))),
        custody.room.as_ref().map(|id| format!("in {id}")),
        custody.production.as_ref().map(|id| format!("for {id}")),
        custody.booking.as_ref().map(|id| format!("booking {id}")),
        custody.kit.as_ref().map(|id| format!("in kit/{id}")),
        Some(format!("since {}", say(custody.since))),
        custody.due.map(|due| format!("due {}{late}", say(due))),
    ];
    format!("out {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn shown(
    subject: &Subject,
    state: &ThingState,
    holder: Option<&Named>,
    last_seen: Option<Sighting>,
    now: UtcMs,
) -> WhereShown {
    let (asset, kit) = match subject {
        Subject::Asset(id) => (Some(id.clone()), None),
        Subject::Kit(id) => (None, Some(id.clone())),
        _ => (None, None),
    };
    let out = state.custody.as_ref().filter(|custody| custody.out);
    WhereShown {
        asset,
        kit,
        name: state.name.clone(),
        state: if out.is_some() { "out" } else { "home" },
        home: state.home.clone(),
        room: out.map_or(state.home.clone(), |custody| custody.room.clone()),
        person: holder.map(|who| who.person.clone()),
        person_handle: holder.and_then(|who| who.handle.clone()),
        person_name: holder.and_then(|who| who.name.clone()),
        production: out.and_then(|custody| custody.production.clone()),
        booking: out.and_then(|custody| custody.booking.clone()),
        with_kit: out.and_then(|custody| custody.kit.clone()),
        due: out.and_then(|custody| custody.due),
        since: state.custody.as_ref().map(|custody| custody.since),
        overdue: out.and_then(|custody| custody.due).is_some_and(|due| due < now),
        last_seen,
    }
}

fn rows(reader: &Reader, of: impl Fn(&OutRow) -> bool) -> Result<Vec<OutRow>, LedgerError> {
    Ok(reader.out(None)?.into_iter().filter(|row| of(row)).collect())
}

fn holds(
    config: &Config,
    screen: &mut Screen,
    reader: &Reader,
    person: &PersonId,
    now: UtcMs,
) -> anyhow::Result<bool> {
    let named = reader.named(person)?;
    let has = |row: &OutRow| row.holder.as_ref().is_some_and(|holder| holder.person == *person);
    let rows = rows(reader, has)?;
    if screen.is_json() {
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, now)).collect();
        screen.json(&json!({ "person": named.person, "person_handle": named.handle, "person_name": named.name, "out": out }))?;
    } else if rows.is_empty() {
        screen.line(&format!("{} has nothing out.", who(&named)))?;
    } else {
        screen.line(&format!("{} has:", who(&named)))?;
        show_out(config, screen, &rows, now)?;
    }
    Ok(true)
}

fn gathered(
    config: &Config,
    screen: &mut Screen,
    (kind, id, name): (&str, &str, &str),
    rows: &[OutRow],
    now: UtcMs,
) -> anyhow::Result<bool> {
    if screen.is_json() {
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, now)).collect();
        screen.json(&json!({ kind: id, "name": name, "out": out }))?;
    } else if rows.is_empty() {
        screen.line(&format!("{name} ({kind}/{id}): nothing is out for it."))?;
    } else {
        screen.line(&format!("{name} ({kind}/{id}):"))?;
        show_out(config, screen, rows, now)?;
    }
    Ok(true)
}

/// What went there, and what belongs there and is not out.
fn in_room(
    config: &Config,
    screen: &mut Screen,
    reader: &Reader,
    room: &Room,
    now: UtcMs,
) -> anyhow::Result<bool> {
    let here = reader.at_home(&room.id)?;
    let rows = rows(reader, |row| row.room.as_ref() == Some(&room.id))?;
    if screen.is_json() {
        let here: Vec<&AssetId> = here.iter().map(|(id, _)| id).collect();
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, now)).collect();
        screen.json(&json!({ "room": room.id, "name": room.name, "here": here, "out": out }))?;
        return Ok(true);
    }
    screen.line(&format!(
        "{} (room/{}): {} at home here, {} gone there",
        room.name,
        room.id,
        here.len(),
        rows.len()
    ))?;
    let here: Vec<Vec<String>> =
        here.into_iter().map(|(id, name)| vec![format!("asset/{id}"), name]).collect();
    if !here.is_empty() {
        screen.table(&["HERE", "NAME"], &here)?;
    }
    if !rows.is_empty() {
        show_out(config, screen, &rows, now)?;
    }
    Ok(true)
}

fn several(screen: &mut Screen, text: &str, of: &[String]) -> anyhow::Result<bool> {
    if screen.is_json() {
        screen.json(&json!({ "unknown": text, "several": of, "near": [], "seen": null }))?;
    } else {
        screen.line(&format!("{text:?} is on several things: {}. Ask for one by its id", of.join(", ")))?;
    }
    Ok(false)
}

fn unknown(
    config: &Config,
    screen: &mut Screen,
    reader: &Reader,
    text: &str,
    now: UtcMs,
) -> anyhow::Result<bool> {
    let near = near(reader, text)?;
    let seen = match Code::canonical(text) {
        Ok(code) => reader.unknown_code(&code)?,
        Err(_) => None,
    };
    if screen.is_json() {
        screen.json(&json!({ "unknown": text, "near": near, "seen": seen }))?;
        return Ok(false);
    }
    screen.line(&format!("Nothing is known as {text:?}."))?;
    if !near.is_empty() {
        screen.line(&format!("Did you mean {}?", near.join(", ")))?;
    }
    if let Some(seen) = &seen {
        show_seen(config, screen, seen, now)?;
    }
    Ok(false)
}

fn near(reader: &Reader, text: &str) -> Result<Vec<String>, LedgerError> {
    let ids = reader.ids()?;
    let nearest = nearest(text, ids.iter().map(String::as_str)).map(str::to_owned);
    let like = reader.names_like(text, NEAR_MAX)?;
    let mut near: Vec<String> = nearest.into_iter().collect();
    for (subject, _) in like {
        if !near.iter().any(|id| id == subject.id()) {
            near.push(subject.id().to_owned());
        }
    }
    Ok(near)
}

/// What lay beside a code that nobody knows tells what it is on.
fn show_seen(config: &Config, screen: &mut Screen, seen: &UnknownCode, now: UtcMs) -> anyhow::Result<()> {
    let say = |at: UtcMs| when(at, now, config.timezone);
    let times = if seen.times == 1 { "once".to_owned() } else { format!("{} times", seen.times) };
    screen.line(&format!(
        "As a code it was scanned {times}, last {} at {}.",
        say(seen.last.at),
        seen.last.station
    ))?;
    let beside: Vec<String> =
        seen.neighbours.iter().map(|beside| format!("{} ({})", beside.thing, say(beside.at))).collect();
    if beside.is_empty() { Ok(()) } else { screen.line(&format!("Beside it: {}.", beside.join(", "))) }
}
