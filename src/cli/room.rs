//! `room …`: where things belong and productions work.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::booking_list::purpose;
use super::hand::{Look, by_hand};
use super::naming;
use super::registering::{fresh, known, register};
use super::room_hours::{self, HoursOf};
use super::said::{cents, changed, name};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::fact::{Body, RoomRegistered, Subject};
use crate::domain::id::RoomId;
use crate::domain::stay::Stay;

/// Bookings that are shown of a room.
const NEXT_MAX: usize = 10;

/// The verbs of rooms.
#[derive(Debug, Subcommand)]
pub enum RoomVerb {
    /// Register a room
    Add {
        /// Its id, printed as RM:ID
        id: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Price of an hour, as 80.00
        #[arg(long, value_name = "AMOUNT")]
        hour_rate: Option<String>,
    },
    /// Say otherwise what a room is; an empty value takes one away
    Set {
        /// The room
        room: String,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// Price of an hour, as 80.00
        #[arg(long, value_name = "AMOUNT")]
        hour_rate: Option<String>,
    },
    /// Every room
    List,
    /// One room, who is in it, and its next bookings
    Show {
        /// The room
        room: String,
    },
    /// For how long rooms were used, against how long they were booked
    Hours(HoursOf),
}

/// Does what the verb says.
pub fn room(config: &Config, screen: &mut Screen, verb: &RoomVerb) -> anyhow::Result<ExitCode> {
    match verb {
        RoomVerb::Add { id, name: called, hour_rate } => by_hand(config, screen, |hand| {
            let subject = fresh(hand, id, RoomId::parse, Subject::Room)?;
            let hour_rate_cents = hour_rate.as_deref().map(cents).transpose()?;
            register(
                hand,
                subject,
                Body::RoomRegistered(RoomRegistered { name: name(called)?, hour_rate_cents }),
            )
        }),
        RoomVerb::Set { room, name: called, hour_rate } => by_hand(config, screen, |hand| {
            let subject = Subject::Room(naming::room(&hand.reader, room)?);
            let Body::RoomRegistered(mut body) = known(hand, &subject)? else { anyhow::bail!("no room") };
            if let Some(called) = called {
                body.name = name(called)?;
            }
            body.hour_rate_cents =
                changed(hour_rate.as_deref(), body.hour_rate_cents, |text| Ok(cents(text)?))?;
            register(hand, subject, Body::RoomRegistered(body))
        }),
        RoomVerb::List => list(config, screen),
        RoomVerb::Show { room } => show(config, screen, room),
        RoomVerb::Hours(of) => room_hours::show(config, screen, of),
    }
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let mut rooms = Vec::new();
    for one in look.reader.nameable("room")? {
        if let Some(Body::RoomRegistered(body)) = look.reader.registered(&one.subject)? {
            rooms.push((one.id, body));
        }
    }
    if screen.is_json() {
        let value = |(id, body): &(String, RoomRegistered)| {
            json!({ "room": id, "name": body.name, "hour_rate_cents": look.cents(body.hour_rate_cents),
                    "currency": config.currency })
        };
        screen.json(&rooms.iter().map(value).collect::<Vec<Value>>())?;
        return look.end(screen);
    }
    let row = |(id, body): &(String, RoomRegistered)| {
        vec![id.clone(), body.name.clone(), look.amount(body.hour_rate_cents)]
    };
    let rows: Vec<Vec<String>> = rooms.iter().map(row).collect();
    look.print(screen, (&["ROOM", "NAME", "HOUR"], &rows), "No room is known.")
}

fn show(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let id = naming::room(&look.reader, text)?;
    let body = look.reader.registered(&Subject::Room(id.clone()))?;
    let Some(Body::RoomRegistered(body)) = body else { anyhow::bail!("no room is known as {id}") };
    let mut next = look.reader.bookings(Some(look.now), None)?;
    next.retain(|row| row.plan.rooms.contains(&id));
    next.truncate(NEXT_MAX);
    let here = look.reader.at_home(&id)?.len();
    let longest_ms = config.house.longest_stay_ms;
    let mut inside = look.reader.open_stays(&id)?;
    inside.retain(|stay| stay.is_inside(look.now, longest_ms));
    if screen.is_json() {
        let next: Vec<Value> = next
            .iter()
            .map(|row| json!({ "booking": row.id, "starts": row.plan.starts, "ends": row.plan.ends, "status": row.plan.status }))
            .collect();
        screen.json(
            &json!({ "room": id, "name": body.name, "hour_rate_cents": look.cents(body.hour_rate_cents),
                             "currency": config.currency, "here": here, "inside": shown(&look, &inside)?, "next": next }),
        )?;
        return look.end(screen);
    }
    let rate = look.amount(body.hour_rate_cents);
    let rate = if rate.is_empty() { rate } else { format!(", {rate} an hour") };
    screen.line(&format!("{} (room/{id}): {here} at home here{rate}", body.name))?;
    if !inside.is_empty() {
        let who = |stay: &Stay| -> anyhow::Result<String> {
            Ok(format!("{} since {}", look.who(&stay.person)?, look.say(stay.from)))
        };
        let who: Vec<String> = inside.iter().map(who).collect::<anyhow::Result<_>>()?;
        screen.line(&format!("inside: {}", who.join(", ")))?;
    }
    let row = |row: &crate::ledger::listing::BookingRow| {
        let hold = if row.plan.is_confirmed() { "" } else { "hold" };
        let span = look.span(row.plan.starts, row.plan.ends);
        vec![span, row.id.to_string(), hold.to_owned(), purpose(&row.plan)]
    };
    let rows: Vec<Vec<String>> = next.iter().map(row).collect();
    look.print(screen, (&["WHEN", "BOOKING", "", "FOR"], &rows), "Nothing is booked in it.")
}

/// Who is in there, as JSON shows it.
fn shown(look: &Look<'_>, inside: &[Stay]) -> anyhow::Result<Vec<Value>> {
    let one = |stay: &Stay| -> anyhow::Result<Value> {
        let named = look.seen(look.reader.named(&stay.person)?);
        Ok(json!({ "person": named.person, "person_handle": named.handle, "person_name": named.name,
                   "booking": stay.booking, "since": stay.from }))
    };
    inside.iter().map(one).collect()
}
