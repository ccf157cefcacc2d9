//! `free WHAT --from --to`: whether something can be had, who has it otherwise, and what is free instead.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use super::hand::Look;
use super::naming;
use super::said::counted;
use super::screen::Screen;
use crate::config::Config;
use crate::domain::id::ModelId;
use crate::domain::loaded::Found;
use crate::domain::plan::Resource;
use crate::domain::verdict::Telling;
use crate::domain::when::Edge;
use crate::ledger::load_plan::Free;
use crate::time::UtcMs;

/// What can be booked and named, besides models.
const KINDS: [&str; 5] = ["room", "asset", "kit", "stock", "person"];

/// What and when.
#[derive(Debug, Args)]
pub struct Asked {
    /// A room, asset, kit, person, or so many of a model or stock, as lav:3
    #[arg(required_unless_present = "rooms", conflicts_with = "rooms")]
    what: Option<String>,
    /// All rooms that are free
    #[arg(long)]
    rooms: bool,
    /// From when
    #[arg(long, value_name = "WHEN")]
    from: String,
    /// Until when; a day without a time includes it
    #[arg(long, value_name = "WHEN")]
    to: String,
}

/// Says whether it is free. Exits 1 where it is not.
pub fn free(config: &Config, screen: &mut Screen, asked: &Asked) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let from = look.moment_if(Some(&asked.from), Edge::Start)?.unwrap_or(look.now);
    let until = look.moment_if(Some(&asked.to), Edge::End)?.unwrap_or(look.now);
    if until <= from {
        return Err(Failure::Wrong("the span ends before it begins: mend --from or --to".to_owned()).into());
    }
    let is_free = match &asked.what {
        None => rooms(&look, screen, (from, until))?,
        Some(text) => {
            let (resource, count) = resource(&look, text)?;
            one(&look, screen, (&resource, count), (from, until))?
        }
    };
    look.end(screen)?;
    Ok(ExitCode::from(u8::from(!is_free)))
}

/// A model whose id it is, where no thing answers to it: names of a large house need not be read for that.
fn model_by_id(look: &Look<'_>, text: &str) -> anyhow::Result<Option<(Resource, u32)>> {
    let (of, count) = counted(text).unwrap_or((text, 1));
    let Ok(model) = ModelId::parse(&of.trim().to_lowercase()) else { return Ok(None) };
    let is_it = look.reader.has_model(&model)? && look.reader.identify(of)? == Found::Unknown;
    Ok(is_it.then_some((Resource::Model(model), count)))
}

/// A model by its id, a thing by its name, else a model by its name.
fn resource(look: &Look<'_>, text: &str) -> anyhow::Result<(Resource, u32)> {
    if let Some(model) = model_by_id(look, text)? {
        return Ok(model);
    }
    let whole = naming::find(&look.reader, text, &KINDS);
    let (found, count) = match (whole, counted(text)) {
        (Err(_), Ok((of, count))) if of != text => (naming::find(&look.reader, of, &KINDS), count),
        (whole, _) => (whole, 1),
    };
    let named = counted(text).map_or(text, |(of, _)| of);
    match found {
        Ok(subject) => {
            let resource = Resource::parse(&subject.to_string());
            let nothing = || Failure::No(format!("{subject} cannot be booked"));
            Ok((resource.ok_or_else(nothing)?, count))
        }
        Err(error) => match naming::model(&look.reader, named) {
            Ok(model) => Ok((Resource::Model(ModelId::parse(&model)?), counted(text).map_or(1, |(_, n)| n))),
            Err(_) => Err(error),
        },
    }
}

fn rooms(look: &Look<'_>, screen: &mut Screen, span: (UtcMs, UtcMs)) -> anyhow::Result<bool> {
    let rooms = look.reader.free_rooms(span)?;
    if screen.is_json() {
        let rooms: Vec<Value> = rooms.iter().map(|(id, name)| json!({ "room": id, "name": name })).collect();
        screen.json(&rooms)?;
    } else if rooms.is_empty() {
        screen.line("No room is free then.")?;
    } else {
        let rows: Vec<Vec<String>> =
            rooms.iter().map(|(id, name)| vec![format!("room/{id}"), name.clone()]).collect();
        screen.table(&["FREE", "NAME"], &rows)?;
    }
    Ok(!rooms.is_empty())
}

fn one(
    look: &Look<'_>,
    screen: &mut Screen,
    (resource, count): (&Resource, u32),
    span: (UtcMs, UtcMs),
) -> anyhow::Result<bool> {
    let Some(Free { name, conflicts, holds }) = look.reader.free(resource, count, span, look.now)? else {
        return Err(Failure::No(format!("Nothing is known as {resource}")).into());
    };
    let units = match resource {
        Resource::Model(model) => look.reader.free_units(model, span, look.now)?,
        _ => Vec::new(),
    };
    let telling = Telling { names: look.sees_people(), zone: look.config.timezone, now: look.now };
    let said: Vec<String> = conflicts.iter().map(|conflict| conflict.say(&telling)).collect();
    let is_free = said.is_empty();
    let holds: Vec<String> = holds
        .iter()
        .map(|hold| format!("{} holds it {}", hold.title, look.span(hold.from, hold.until)))
        .collect();
    if screen.is_json() {
        let units: Vec<Value> = units.iter().map(|(id, name)| json!({ "asset": id, "name": name })).collect();
        screen.json(&json!({ "what": resource.to_string(), "name": name, "count": count, "free": is_free,
                             "from": span.0, "to": span.1, "conflicts": said, "holds": holds, "units": units }))?;
        return Ok(is_free);
    }
    let many = if count > 1 { format!("{count} x {name}") } else { name };
    match said.as_slice() {
        [] => screen.line(&format!("{many} ({resource}): free {}", look.span(span.0, span.1)))?,
        conflicts => {
            for conflict in conflicts {
                screen.line(conflict)?;
            }
        }
    }
    for hold in &holds {
        screen.line(hold)?;
    }
    if !units.is_empty() {
        let units: Vec<String> = units.iter().map(|(id, name)| format!("asset/{id} ({name})")).collect();
        screen.line(&format!("free     {}", units.join(", ")))?;
    }
    Ok(is_free)
}
