//! `out` and `overdue`: what is not in its place, and who has it.

use std::process::ExitCode;

use serde::Serialize;

use super::desk::{reader, utc};
use super::screen::{Screen, who};
use crate::config::Config;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, PersonId, ProductionId, RoomId};
use crate::domain::words::when;
use crate::ledger::question::OutRow;
use crate::time::UtcMs;

/// A thing that is out, as JSON shows it.
#[derive(Debug, Serialize)]
pub struct OutShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kit: Option<KitId>,
    name: String,
    person: Option<PersonId>,
    person_handle: Option<PersonHandle>,
    person_name: Option<String>,
    production: Option<ProductionId>,
    booking: Option<BookingId>,
    room: Option<RoomId>,
    with_kit: Option<KitId>,
    due: Option<UtcMs>,
    since: UtcMs,
    overdue: bool,
}

impl OutShown {
    /// A row at `now`.
    pub fn of(row: &OutRow, now: UtcMs) -> Self {
        let (asset, kit) = match &row.subject {
            Subject::Asset(id) => (Some(id.clone()), None),
            Subject::Kit(id) => (None, Some(id.clone())),
            _ => (None, None),
        };
        let holder = row.holder.as_ref();
        Self {
            asset,
            kit,
            name: row.name.clone(),
            person: holder.map(|who| who.person.clone()),
            person_handle: holder.and_then(|who| who.handle.clone()),
            person_name: holder.and_then(|who| who.name.clone()),
            production: row.production.clone(),
            booking: row.booking.clone(),
            room: row.room.clone(),
            with_kit: row.kit.clone(),
            due: row.due,
            since: row.since,
            overdue: row.due.is_some_and(|due| due < now),
        }
    }
}

/// Prints what is out, or only what should have been back. Nothing is no error.
pub fn out(config: &Config, screen: &mut Screen, overdue: bool) -> anyhow::Result<ExitCode> {
    let now = utc(config);
    let rows = reader(config)?.out(overdue.then_some(now))?;
    if screen.is_json() {
        screen.json(&rows.iter().map(|row| OutShown::of(row, now)).collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        screen.line(if overdue { "Nothing is overdue." } else { "Nothing is out." })?;
    } else {
        show(config, screen, &rows, now)?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints rows for people.
pub fn show(config: &Config, screen: &mut Screen, rows: &[OutRow], now: UtcMs) -> anyhow::Result<()> {
    let say = |at: UtcMs| when(at, now, config.timezone);
    let cells = |row: &OutRow| {
        let late = if row.due.is_some_and(|due| due < now) { "late" } else { "" };
        vec![
            row.subject.to_string(),
            row.name.clone(),
            row.holder.as_ref().map(who).unwrap_or_default(),
            purpose(row),
            row.due.map(say).unwrap_or_default(),
            late.to_owned(),
            say(row.since),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    screen.table(&["THING", "NAME", "WHO", "FOR", "DUE", "", "SINCE"], &rows)
}

/// What it is out for, and where it went.
fn purpose(row: &OutRow) -> String {
    let booking = row.booking.as_ref().map(|id| format!("booking {id}"));
    let production = row.production.as_ref().map(ToString::to_string);
    let room = row.room.as_ref().map(|id| format!("in {id}"));
    [production, booking, room].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
