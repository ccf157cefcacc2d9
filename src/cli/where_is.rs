//! `where THING`: where it is, who has it, and how we know.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::Failure;
use super::hand::Look;
use super::naming::find as complete;
use super::out::{Away, OutShown, away, show as show_out};
use super::screen::{Screen, who};
use super::state_lines::State;
use crate::config::Config;
use crate::domain::code::Code;
use crate::domain::custody::Custody;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, PersonId, ProductionId, RoomId};
use crate::domain::loaded::{Found, Room, Stock};
use crate::ledger::question::{Named, Sighting, ThingState, UnknownCode};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_room: Option<RoomId>,
    returning_since: Option<UtcMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_since: Option<UtcMs>,
    #[serde(flatten)]
    besides: State,
}

/// Kinds that can be asked for by a part of their name.
const KINDS: [&str; 7] = ["asset", "kit", "stock", "person", "room", "production", "booking"];

/// Says where a thing is. Exits 1 where nothing is known by that name.
pub fn where_is(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let reader = &look.reader;
    let mut found = find(reader, text)?;
    if found == Found::Unknown && !was_scanned(reader, text)? {
        found = match complete(reader, text, &KINDS) {
            Ok(subject) => find(reader, &subject.to_string())?,
            Err(error) if matches!(error.downcast_ref::<Failure>(), Some(Failure::No(_))) => found,
            Err(error) => return Err(error),
        };
    }
    let known = match found {
        Found::Asset(asset) => thing(&look, screen, &Subject::Asset(asset.id))?,
        Found::Kit(kit) => thing(&look, screen, &Subject::Kit(kit.id))?,
        Found::Stock(stock) => shelf(&look, screen, &stock)?,
        Found::Person(person) => holds(&look, screen, &person.id)?,
        Found::Room(room) => in_room(&look, screen, &room)?,
        Found::Production(production) => {
            let rows = rows(&look, |away| away.row.production.as_ref() == Some(&production.id))?;
            gathered(&look, screen, ("production", production.id.as_str(), &production.title), &rows)?
        }
        Found::Booking(booking) => {
            let rows = rows(&look, |away| away.row.booking.as_ref() == Some(&booking.id))?;
            gathered(&look, screen, ("booking", booking.id.as_str(), booking.id.as_str()), &rows)?
        }
        Found::Ambiguous(of) => several(screen, text, &of)?,
        Found::PersonOrThing(person, thing) => {
            let thing = match *thing {
                Found::Asset(asset) => Subject::Asset(asset.id).to_string(),
                Found::Kit(kit) => Subject::Kit(kit.id).to_string(),
                _ => "a thing".to_owned(),
            };
            several(screen, text, &[Subject::Person(person.id).to_string(), thing])?
        }
        Found::Nobody | Found::Burst(_) | Found::Card(_) | Found::Unknown | Found::Malformed(_) => {
            unknown(&look, screen, text)?
        }
    };
    look.end(screen)?;
    Ok(ExitCode::from(u8::from(!known)))
}

/// A code that was scanned and not known: what lay beside it says more than a name that resembles it.
fn was_scanned(reader: &Reader, text: &str) -> Result<bool, LedgerError> {
    let Ok(code) = Code::canonical(text) else { return Ok(false) };
    Ok(reader.unknown_code(&code)?.is_some())
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

fn thing(look: &Look<'_>, screen: &mut Screen, subject: &Subject) -> anyhow::Result<bool> {
    let Some(state) = look.reader.state_of(subject)? else { return Ok(false) };
    let last_seen = look.reader.last_seen(subject)?;
    let besides = State::of(look, subject)?;
    let custody = state.custody.as_ref().filter(|custody| custody.out);
    let holder = custody.and_then(|custody| custody.person.as_ref());
    let holder = holder.map(|person| look.reader.named(person)).transpose()?.map(|named| look.seen(named));
    if screen.is_json() {
        let last_seen_room = last_seen.as_ref().and_then(|seen| room_of(look, seen)).cloned();
        let shown = shown(subject, &state, holder.as_ref(), last_seen, look.now);
        screen.json(&WhereShown { besides, last_seen_room, ..shown })?;
        return Ok(true);
    }
    let say = |at: UtcMs| look.say(at);
    let place =
        custody.map_or_else(|| not_out(&state), |custody| is_out(custody, holder.as_ref(), look.now, &say));
    screen.line(&format!("{} ({subject}): {place}", state.name))?;
    if let Some(at) = state.returning {
        screen.line(&format!("seen coming in {}, not confirmed: a scan at a desk confirms it", say(at)))?;
    }
    if let Some(at) = state.left {
        screen.line(&format!("seen leaving {} without a checkout", say(at)))?;
    }
    for line in besides.lines(look) {
        screen.line(&line)?;
    }
    if let Some(seen) = &last_seen {
        let reader = seen.reader.as_ref().map_or("by hand".to_owned(), |reader| format!("by {reader}"));
        let room = room_of(look, seen).map(|room| format!(" in {room}")).unwrap_or_default();
        screen.line(&format!(
            "last seen {} at {}{room} {reader}: {}",
            say(seen.at),
            seen.station,
            seen.verdict
        ))?;
    }
    Ok(true)
}

/// The room in which, or at whose door, a station stands.
fn room_of<'a>(look: &'a Look<'_>, seen: &Sighting) -> Option<&'a RoomId> {
    look.config.stations.iter().find(|station| station.id == seen.station)?.room.as_ref()
}

/// Both numbers of a stock, and who has what is out.
fn shelf(look: &Look<'_>, screen: &mut Screen, stock: &Stock) -> anyhow::Result<bool> {
    let subject = Subject::Stock(stock.id.clone());
    let rows = rows(look, |away| away.row.subject == subject)?;
    if screen.is_json() {
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, look.now)).collect();
        screen.json(
            &json!({ "stock": stock.id, "name": stock.name, "use": stock.use_.name(), "count": stock.count,
                             "available": stock.available(), "home": stock.home, "out": out }),
        )?;
        return Ok(true);
    }
    let home = stock.home.as_ref().map(|home| format!(", in {home}")).unwrap_or_default();
    let (count, available) = (stock.count, stock.available());
    screen.line(&format!("{} ({subject}): {count} pieces, {available} available{home}", stock.name))?;
    if rows.is_empty() { Ok(()) } else { show_out(look, screen, &rows) }?;
    Ok(true)
}

fn not_out(state: &ThingState) -> String {
    let word = state.state_name();
    match &state.home {
        Some(home) if word == "home" => format!("home, in {home}"),
        Some(home) => format!("{word}, belongs in {home}"),
        None => word.to_owned(),
    }
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
        state: state.state_name(),
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
        last_seen_room: None,
        returning_since: state.returning,
        left_since: state.left,
        besides: State::default(),
    }
}

fn rows(look: &Look<'_>, of: impl Fn(&Away) -> bool) -> anyhow::Result<Vec<Away>> {
    Ok(away(look, None)?.into_iter().filter(|row| of(row)).collect())
}

fn holds(look: &Look<'_>, screen: &mut Screen, person: &PersonId) -> anyhow::Result<bool> {
    let named = look.seen(look.reader.named(person)?);
    let has = |away: &Away| away.row.holder.as_ref().is_some_and(|holder| holder.person == *person);
    let rows = rows(look, has)?;
    if screen.is_json() {
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, look.now)).collect();
        screen.json(&json!({ "person": named.person, "person_handle": named.handle, "person_name": named.name, "out": out }))?;
    } else if rows.is_empty() {
        screen.line(&format!("{} has nothing out.", who(&named)))?;
    } else {
        screen.line(&format!("{} has:", who(&named)))?;
        show_out(look, screen, &rows)?;
    }
    Ok(true)
}

fn gathered(
    look: &Look<'_>,
    screen: &mut Screen,
    (kind, id, name): (&str, &str, &str),
    rows: &[Away],
) -> anyhow::Result<bool> {
    if screen.is_json() {
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, look.now)).collect();
        screen.json(&json!({ kind: id, "name": name, "out": out }))?;
    } else if rows.is_empty() {
        screen.line(&format!("{name} ({kind}/{id}): nothing is out for it."))?;
    } else {
        screen.line(&format!("{name} ({kind}/{id}):"))?;
        show_out(look, screen, rows)?;
    }
    Ok(true)
}

/// What went there, and what belongs there and is not out.
fn in_room(look: &Look<'_>, screen: &mut Screen, room: &Room) -> anyhow::Result<bool> {
    let here = look.reader.at_home(&room.id)?;
    let rows = rows(look, |away| away.row.room.as_ref() == Some(&room.id))?;
    if screen.is_json() {
        let here: Vec<&AssetId> = here.iter().map(|(id, _)| id).collect();
        let out: Vec<OutShown> = rows.iter().map(|row| OutShown::of(row, look.now)).collect();
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
        show_out(look, screen, &rows)?;
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

fn unknown(look: &Look<'_>, screen: &mut Screen, text: &str) -> anyhow::Result<bool> {
    let near = near(&look.reader, text)?;
    let seen = match Code::canonical(text) {
        Ok(code) => look.reader.unknown_code(&code)?,
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
        show_seen(look, screen, seen)?;
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
fn show_seen(look: &Look<'_>, screen: &mut Screen, seen: &UnknownCode) -> anyhow::Result<()> {
    let say = |at: UtcMs| look.say(at);
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
