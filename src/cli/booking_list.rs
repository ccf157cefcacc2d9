//! `booking list` and `booking show`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use super::hand::Look;
use super::naming;
use super::screen::Screen;
use crate::config::Config;
use crate::domain::fact::{BookingMade, Quantity, Subject};
use crate::domain::when::Edge;
use crate::ledger::Reader;
use crate::ledger::listing::BookingRow;

/// Which bookings.
#[derive(Debug, Args)]
pub struct Asked {
    /// From when on [default: now]
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Until when
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// Only those that take this room
    #[arg(long)]
    room: Option<String>,
    /// Only those that name this asset
    #[arg(long)]
    asset: Option<String>,
    /// Only those for this production
    #[arg(long)]
    production: Option<String>,
    /// Only those for which this person answers or works
    #[arg(long)]
    person: Option<String>,
}

/// Prints what is booked.
pub fn list(config: &Config, screen: &mut Screen, asked: &Asked) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let from = look.moment_if(asked.from.as_deref(), Edge::Start)?.unwrap_or(look.now);
    let to = look.moment_if(asked.to.as_deref(), Edge::End)?;
    let mut rows = look.reader.bookings(Some(from), to)?;
    keep(&look.reader, asked, &mut rows)?;
    if screen.is_json() {
        let rows: Vec<Value> = rows.iter().map(|row| shown(&look, row)).collect::<anyhow::Result<_>>()?;
        screen.json(&rows)?;
        return look.end(screen);
    }
    let cells = |row: &BookingRow| -> anyhow::Result<Vec<String>> {
        let BookingRow { id, plan } = row;
        let hold = if plan.is_confirmed() { "" } else { "hold" };
        Ok(vec![
            id.to_string(),
            look.span(plan.starts, plan.ends),
            hold.to_owned(),
            purpose(plan),
            plan.person.as_ref().map(|person| look.who(person)).transpose()?.unwrap_or_default(),
            gear(plan).join(", "),
        ])
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect::<anyhow::Result<_>>()?;
    look.print(screen, (&["BOOKING", "WHEN", "", "FOR", "WHO", "WHAT"], &rows), "Nothing is booked.")
}

fn keep(reader: &Reader, asked: &Asked, rows: &mut Vec<BookingRow>) -> anyhow::Result<()> {
    if let Some(text) = &asked.room {
        let room = naming::room(reader, text)?;
        rows.retain(|row| row.plan.rooms.contains(&room));
    }
    if let Some(text) = &asked.asset {
        let asset = naming::asset(reader, text)?;
        rows.retain(|row| row.plan.assets.contains(&asset));
    }
    if let Some(text) = &asked.production {
        let production = naming::production(reader, text)?;
        rows.retain(|row| row.plan.production.as_ref() == Some(&production));
    }
    if let Some(text) = &asked.person {
        let person = naming::person(reader, text)?;
        rows.retain(|row| row.plan.person.as_ref() == Some(&person) || row.plan.crew.contains(&person));
    }
    Ok(())
}

/// What a booking is for, in words.
pub fn purpose(plan: &BookingMade) -> String {
    let production = plan.production.as_ref().map(ToString::to_string);
    [plan.title.clone(), production, plan.client.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a booking names, without its crew.
pub fn gear(plan: &BookingMade) -> Vec<String> {
    let many = |of: &Quantity| format!("{} x {}", of.count, of.of);
    let rooms = plan.rooms.iter().map(|id| format!("room/{id}"));
    let assets = plan.assets.iter().map(|id| format!("asset/{id}"));
    let kits = plan.kits.iter().map(|id| format!("kit/{id}"));
    rooms.chain(kits).chain(assets).chain(plan.models.iter().chain(&plan.stock).map(many)).collect()
}

fn shown(look: &Look<'_>, row: &BookingRow) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&row.plan)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("booking".to_owned(), json!(row.id));
        if let Some(person) = &row.plan.person {
            let named = look.seen(look.reader.named(person)?);
            map.insert("person_handle".to_owned(), json!(named.handle));
            map.insert("person_name".to_owned(), json!(named.name));
        }
    }
    Ok(value)
}

/// What of a gear list is out, and what is still to be taken.
#[derive(Debug, Default)]
struct Taken {
    /// Each as `asset/cam-1` or `2 x lav`.
    out: Vec<String>,
    /// The same.
    still: Vec<String>,
}

fn taken(look: &Look<'_>, row: &BookingRow) -> anyhow::Result<Taken> {
    let is_ours = |booking: &Option<_>| booking.as_ref() == Some(&row.id);
    let out: Vec<_> = look.reader.out(None)?.into_iter().filter(|out| is_ours(&out.booking)).collect();
    let pieces: Vec<_> =
        look.reader.stock_out(None)?.into_iter().filter(|out| is_ours(&out.booking)).collect();
    let mut models: BTreeMap<String, u32> = BTreeMap::new();
    for out in out.iter().filter(|out| !row.plan.assets.iter().any(|id| id.as_str() == out.subject.id())) {
        if let Some(crate::domain::fact::Body::AssetRegistered(asset)) =
            look.reader.registered(&out.subject)?
            && let Some(model) = asset.model
        {
            *models.entry(model.to_string()).or_default() += 1;
        }
    }
    let mut taken =
        Taken { out: out.iter().map(|out| out.subject.to_string()).collect(), ..Taken::default() };
    taken.out.extend(pieces.iter().map(|out| format!("{} x stock/{}", out.count, out.stock)));
    let is_out = |subject: &Subject| out.iter().any(|out| out.subject == *subject);
    let things = row.plan.assets.iter().cloned().map(Subject::Asset);
    let things = things.chain(row.plan.kits.iter().cloned().map(Subject::Kit));
    taken.still.extend(things.filter(|thing| !is_out(thing)).map(|thing| thing.to_string()));
    for Quantity { of, count } in &row.plan.models {
        let left = count.saturating_sub(models.get(of).copied().unwrap_or(0));
        taken.still.extend((left > 0).then(|| format!("{left} x {of}")));
    }
    for Quantity { of, count } in &row.plan.stock {
        let out: i64 = pieces.iter().filter(|out| out.stock.as_str() == of).map(|out| out.count).sum();
        let left = i64::from(*count) - out;
        taken.still.extend((left > 0).then(|| format!("{left} x stock/{of}")));
    }
    Ok(taken)
}

/// Prints one booking.
pub fn show(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let id = naming::booking(&look.reader, text)?;
    let Some(crate::domain::fact::Body::BookingMade(plan)) =
        look.reader.registered(&Subject::Booking(id.clone()))?
    else {
        return Err(Failure::No(format!("The booking {id} stands no longer")).into());
    };
    let row = BookingRow { id, plan };
    let taken = taken(&look, &row)?;
    if screen.is_json() {
        let mut value = shown(&look, &row)?;
        if let Some(map) = value.as_object_mut() {
            map.insert("out".to_owned(), json!(taken.out));
            map.insert("still_to_take".to_owned(), json!(taken.still));
        }
        screen.json(&value)?;
        return look.end(screen);
    }
    let BookingRow { id, plan } = &row;
    let hold = if plan.is_confirmed() { "" } else { ", a hold" };
    screen.line(&format!("booking/{id}: {}, {}{hold}", purpose(plan), look.span(plan.starts, plan.ends)))?;
    let (from, until) = plan.taken();
    if (from, until) != (plan.starts, plan.ends) {
        screen.line(&format!("taken    {}", look.span(from, until)))?;
    }
    let answers = plan.person.as_ref().map(|person| look.who(person)).transpose()?.unwrap_or_default();
    for (heading, words) in [
        ("series", plan.series.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("answers", answers),
        ("crew", look.all(&plan.crew)?),
        ("names", gear(plan).join(", ")),
        ("out", taken.out.join(", ")),
        ("to take", taken.still.join(", ")),
    ] {
        if !words.is_empty() {
            screen.line(&format!("{heading:<8} {words}"))?;
        }
    }
    look.end(screen)
}
