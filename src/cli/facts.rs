//! `facts`: what happened, oldest first.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Failure;
use super::desk::{reader, utc};
use super::screen::{Screen, who};
use crate::config::Config;
use crate::domain::fact::{FACT_VERSION, Fact, Subject};
use crate::domain::id::{PersonId, StationId};
use crate::domain::words::when;
use crate::ledger::{LedgerError, Reader};
use crate::time::UtcMs;

/// Facts that are read at once.
const PAGE: u32 = 1_000;

/// Facts that are shown where nothing is said.
const LAST: u32 = 50;

/// Which facts.
#[derive(Debug, Args)]
pub struct Which {
    /// Only those after this number, up to the newest
    #[arg(long, value_name = "SEQ")]
    after: Option<i64>,
    /// At most so many: the first after SEQ, else the last [default: all after SEQ, else 50]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Only those about a thing: asset/cam-1, kit/…, person/…, room/…
    #[arg(long, value_name = "THING")]
    about: Option<String>,
}

/// A fact as JSON shows it.
#[derive(Debug, Serialize)]
struct FactShown<'a> {
    seq: i64,
    id: &'a str,
    event_id: String,
    at: UtcMs,
    clock_trusted: bool,
    station: Option<&'a StationId>,
    actor: Option<&'a PersonId>,
    subject: &'a Subject,
    kind: &'a str,
    version: u32,
    body: Value,
}

impl<'a> FactShown<'a> {
    fn of(fact: &'a Fact) -> anyhow::Result<Self> {
        let mut body = serde_json::to_value(&fact.body)?;
        Ok(Self {
            seq: fact.seq,
            id: &fact.id,
            event_id: fact.event_id(),
            at: fact.at,
            clock_trusted: fact.clock_trusted,
            station: fact.station.as_ref(),
            actor: fact.actor.as_ref(),
            subject: &fact.subject,
            kind: fact.body.kind(),
            version: FACT_VERSION,
            body: body.get_mut("body").map(Value::take).unwrap_or_default(),
        })
    }
}

/// Prints facts: JSON lines, or a table.
pub fn facts(config: &Config, screen: &mut Screen, which: &Which) -> anyhow::Result<ExitCode> {
    let reader = reader(config)?;
    let now = utc(config);
    let mut rest = which.limit.unwrap_or(u32::MAX);
    let mut after = which.after.unwrap_or(0);
    if let Some(about) = &which.about {
        let facts = about_thing(&reader, about, which)?;
        print(config, screen, &reader, &facts, now)?;
    } else if which.after.is_none() {
        print(config, screen, &reader, &reader.last_facts(which.limit.unwrap_or(LAST))?, now)?;
    } else {
        while rest > 0 {
            let page = reader.facts_after(after, rest.min(PAGE))?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            rest = rest.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
            print(config, screen, &reader, &page, now)?;
        }
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn about_thing(reader: &Reader, about: &str, which: &Which) -> anyhow::Result<Vec<Fact>> {
    let subject = subject(reader, about)?;
    let limit = which.limit.unwrap_or(if which.after.is_some() { u32::MAX } else { LAST });
    let mut facts = reader.facts_about(&subject, if which.after.is_some() { u32::MAX } else { limit })?;
    facts.reverse();
    facts.retain(|fact| which.after.is_none_or(|after| fact.seq > after));
    facts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(facts)
}

/// People are also known by the id of the studio's own list.
fn subject(reader: &Reader, about: &str) -> anyhow::Result<Subject> {
    if let Some(handle) = about.strip_prefix("person/")
        && let Some(person) = reader.person_called(handle)?
    {
        return Ok(Subject::Person(person));
    }
    let wrong = || {
        Failure::Wrong(format!(
            "--about {about:?} names nothing: expected asset/ID, kit/ID, room/ID, production/ID, booking/ID, person/ID or tag/CODE"
        ))
    };
    Ok(Subject::parse(about).ok_or_else(wrong)?)
}

fn print(
    config: &Config,
    screen: &mut Screen,
    reader: &Reader,
    facts: &[Fact],
    now: UtcMs,
) -> anyhow::Result<()> {
    if screen.is_json() {
        return facts.iter().try_for_each(|fact| screen.json(&FactShown::of(fact)?));
    }
    if facts.is_empty() {
        return screen.line("No facts.");
    }
    let rows = facts.iter().map(|fact| row(config, reader, fact, now)).collect::<Result<Vec<_>, _>>()?;
    screen.table(&["SEQ", "WHEN", "KIND", "THING", "WHO", "WHERE", "MORE"], &rows)
}

fn row(config: &Config, reader: &Reader, fact: &Fact, now: UtcMs) -> Result<Vec<String>, LedgerError> {
    let movement = fact.body.movement();
    let person = movement.and_then(|movement| movement.person.as_ref()).or(fact.actor.as_ref());
    let person = person.map(|person| reader.named(person)).transpose()?;
    let say = |at: UtcMs| when(at, now, config.timezone);
    let more = movement.map(|movement| {
        let due = movement.due.map(|due| format!("due {}", say(due)));
        let production = movement.production.as_ref().map(|id| format!("for {id}"));
        let kit = movement.kit.as_ref().map(|id| format!("with kit/{id}"));
        [production, due, kit].into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let doubt = if fact.clock_trusted { "" } else { "?" };
    Ok(vec![
        fact.seq.to_string(),
        format!("{}{doubt}", say(fact.at)),
        fact.body.kind().to_owned(),
        fact.subject.to_string(),
        person.as_ref().map(who).unwrap_or_default(),
        fact.station.as_ref().map(ToString::to_string).unwrap_or_default(),
        more.unwrap_or_default(),
    ])
}
