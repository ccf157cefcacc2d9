//! `gate`: what passed, what left without a checkout first.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::Failure;
use super::hand::Look;
use super::screen::{Screen, who};
use crate::config::{Config, StationKind};
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, PersonId, ReaderId, StationId};
use crate::domain::way::Way;
use crate::domain::when::Edge;
use crate::ledger::passages::PassageRow;
use crate::time::UtcMs;

/// Without a time, the last day is shown.
const DAY_MS: i64 = 86_400_000;

/// Which passages.
#[derive(Debug, Args)]
pub struct Asked {
    /// The gate; without it every one
    station: Option<String>,
    /// From when on: 2026-11-23T08:00, yesterday, 14:00; without it the last 24 hours
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// What became of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// It left without a loan, and is away.
    ExitUnauthorised,
    /// It is out, and was seen coming in.
    ReturnSeenNotConfirmed,
    /// Nobody knows which way it went.
    DirectionUnknown,
    /// It left without a loan, and was checked out just after.
    ExitBeforeCheckout,
    /// It left on loan.
    ExitWithOpenLoan,
    /// It came in, or was seen inside since.
    Inside,
}

impl Outcome {
    fn of(row: &PassageRow, settle_ms: i64) -> Self {
        let held = row.custody.as_ref().filter(|custody| custody.out);
        let settled =
            |since: UtcMs| row.left.is_some_and(|left| (0..=settle_ms).contains(&since.since(left)));
        match (row.way, held) {
            (None, _) => Self::DirectionUnknown,
            (Some(Way::In), Some(held)) if held.since <= row.at => Self::ReturnSeenNotConfirmed,
            (Some(Way::In), _) => Self::Inside,
            (Some(Way::Out), _) if row.authorised => Self::ExitWithOpenLoan,
            (Some(Way::Out), Some(held)) if settled(held.since) => Self::ExitBeforeCheckout,
            // A desk had it in between.
            (Some(Way::Out), Some(_)) => Self::Inside,
            (Some(Way::Out), None) if row.left.is_some() => Self::ExitUnauthorised,
            (Some(Way::Out), None) => Self::Inside,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::ExitUnauthorised => "NO CHECKOUT",
            Self::ReturnSeenNotConfirmed => "seen coming in, not confirmed",
            Self::DirectionUnknown => "way unknown",
            Self::ExitBeforeCheckout => "checked out just after",
            Self::ExitWithOpenLoan => "on loan",
            Self::Inside => "inside since",
        }
    }
}

/// A passage as JSON shows it.
#[derive(Debug, Serialize)]
struct PassageShown<'a> {
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<&'a AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kit: Option<&'a KitId>,
    name: &'a str,
    station: Option<&'a StationId>,
    reader: Option<&'a ReaderId>,
    way: Option<Way>,
    at: UtcMs,
    authorised: bool,
    person: Option<&'a PersonId>,
    person_handle: Option<&'a PersonHandle>,
    person_name: Option<&'a str>,
    booking: Option<&'a BookingId>,
}

/// Prints the last passage of each thing.
pub fn gate(config: &Config, screen: &mut Screen, asked: &Asked) -> anyhow::Result<ExitCode> {
    let station = asked.station.as_deref().map(|id| station(config, id)).transpose()?;
    let look = Look::open(config)?;
    let since = look.moment_if(asked.since.as_deref(), Edge::Start)?.unwrap_or(look.now.plus(-DAY_MS));
    let rows = look.reader.passages(station.as_ref(), since)?;
    let settle_ms = config.house.gate_settle_ms;
    let mut rows: Vec<(Outcome, PassageRow)> =
        rows.into_iter().map(|row| (Outcome::of(&row, settle_ms), row)).collect();
    // Steady: the newest stay first among their like.
    rows.sort_by_key(|(outcome, _)| *outcome);
    for (_, row) in &mut rows {
        row.holder = row.holder.take().map(|holder| look.seen(holder));
    }
    if screen.is_json() {
        screen.json(&rows.iter().map(shown).collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        screen.line(&format!("Nothing has passed since {}.", look.say(since)))?;
    } else {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(&look, row)).collect();
        screen.table(&["WHEN", "WAY", "THING", "NAME", "", "WHO", "GATE"], &rows)?;
    }
    look.end(screen)
}

fn station(config: &Config, id: &str) -> Result<StationId, Failure> {
    let gates: Vec<&StationId> = config
        .stations
        .iter()
        .filter(|station| station.kind == StationKind::Gate)
        .map(|station| &station.id)
        .collect();
    let found = gates.iter().find(|gate| gate.as_str() == id).map(|gate| (*gate).clone());
    found.ok_or_else(|| {
        let known: Vec<&str> = gates.iter().map(|gate| gate.as_str()).collect();
        let known = if known.is_empty() { "none in this configuration".to_owned() } else { known.join(", ") };
        Failure::Wrong(format!("no gate is called {id:?}: there is {known}"))
    })
}

fn cells(look: &Look<'_>, (outcome, row): &(Outcome, PassageRow)) -> Vec<String> {
    vec![
        look.say(row.at),
        row.way.map_or("?", Way::name).to_owned(),
        row.subject.to_string(),
        row.name.clone(),
        outcome.words().to_owned(),
        row.holder.as_ref().map(who).unwrap_or_default(),
        row.station.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn shown<'a>((outcome, row): &'a (Outcome, PassageRow)) -> PassageShown<'a> {
    let (asset, kit) = match &row.subject {
        Subject::Asset(id) => (Some(id), None),
        Subject::Kit(id) => (None, Some(id)),
        _ => (None, None),
    };
    let held = row.custody.as_ref().filter(|custody| custody.out);
    PassageShown {
        outcome: *outcome,
        asset,
        kit,
        name: &row.name,
        station: row.station.as_ref(),
        reader: row.reader.as_ref(),
        way: row.way,
        at: row.at,
        authorised: row.authorised,
        person: row.holder.as_ref().map(|holder| &holder.person),
        person_handle: row.holder.as_ref().and_then(|holder| holder.handle.as_ref()),
        person_name: row.holder.as_ref().and_then(|holder| holder.name.as_deref()),
        booking: held.and_then(|held| held.booking.as_ref()),
    }
}
