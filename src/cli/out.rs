//! `out` and `overdue`: what is not in its place, and who has it.

use std::process::ExitCode;

use serde::Serialize;

use super::hand::Look;
use super::screen::{Screen, who};
use crate::config::Config;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonHandle, PersonId, ProductionId, RoomId, StockId};
use crate::ledger::listing::StockOutRow;
use crate::ledger::question::OutRow;
use crate::time::UtcMs;

/// A thing that is out, as JSON shows it.
#[derive(Debug, Serialize)]
pub struct OutShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kit: Option<KitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<StockId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    returning_since: Option<UtcMs>,
}

/// Something that is out, as whoever asks may see it.
#[derive(Debug, Clone)]
pub struct Away {
    /// The asset, kit or stock.
    pub row: OutRow,
    /// Pieces of a stock.
    pub pieces: Option<i64>,
}

/// Everything that is out, the earliest due first; with `due_before` only what was to be back by then.
pub fn away(look: &Look<'_>, due_before: Option<UtcMs>) -> anyhow::Result<Vec<Away>> {
    let things = look.reader.out(due_before)?.into_iter().map(|row| Away { row, pieces: None });
    let pieces = look.reader.stock_out(due_before)?.into_iter().map(|out| {
        let StockOutRow { stock, name, holder, production, booking, count, since, due } = out;
        let subject = Subject::Stock(stock);
        let row = OutRow {
            subject,
            name,
            holder,
            production,
            booking,
            room: None,
            kit: None,
            due,
            since,
            returning: None,
        };
        Away { row, pieces: Some(count) }
    });
    let mut away: Vec<Away> = things.chain(pieces).collect();
    away.sort_by_key(|away| (away.row.due.is_none(), away.row.due));
    for away in &mut away {
        away.row.holder = away.row.holder.take().map(|holder| look.seen(holder));
    }
    Ok(away)
}

impl OutShown {
    /// A row at `now`.
    pub fn of(Away { row, pieces }: &Away, now: UtcMs) -> Self {
        let (asset, kit, stock) = match &row.subject {
            Subject::Asset(id) => (Some(id.clone()), None, None),
            Subject::Kit(id) => (None, Some(id.clone()), None),
            Subject::Stock(id) => (None, None, Some(id.clone())),
            _ => (None, None, None),
        };
        let holder = row.holder.as_ref();
        Self {
            asset,
            kit,
            stock,
            count: *pieces,
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
            returning_since: row.returning,
        }
    }
}

/// Prints what is out, or only what should have been back. Nothing is no error.
pub fn out(config: &Config, screen: &mut Screen, overdue: bool) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let rows = away(&look, overdue.then_some(look.now))?;
    if screen.is_json() {
        screen.json(&rows.iter().map(|row| OutShown::of(row, look.now)).collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        screen.line(if overdue { "Nothing is overdue." } else { "Nothing is out." })?;
    } else {
        show(&look, screen, &rows)?;
    }
    look.end(screen)
}

/// Prints rows for people.
pub fn show(look: &Look<'_>, screen: &mut Screen, rows: &[Away]) -> anyhow::Result<()> {
    let cells = |Away { row, pieces }: &Away| {
        let late = row.due.is_some_and(|due| due < look.now).then(|| "late".to_owned());
        let coming = row.returning.map(|at| format!("seen coming in {}, not confirmed", look.say(at)));
        let state: Vec<String> = late.into_iter().chain(coming).collect();
        vec![
            row.subject.to_string(),
            pieces.map_or(row.name.clone(), |pieces| format!("{pieces} x {}", row.name)),
            row.holder.as_ref().map(who).unwrap_or_default(),
            purpose(row),
            row.due.map(|due| look.say(due)).unwrap_or_default(),
            state.join(", "),
            look.say(row.since),
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
