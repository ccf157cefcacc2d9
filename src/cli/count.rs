//! `count …`: rooms compared with what should be in them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Failure;
use super::hand::{Hand, Look, by_hand};
use super::naming;
use super::screen::Screen;
use crate::config::Config;
use crate::domain::command::Command;
use crate::domain::id::RoomId;
use crate::ledger::counts::{CountRow, CountedRow, UnknownInCount};

/// Counts that are listed, the newest first.
const LISTED_MAX: u32 = 100;

/// The verbs of counts.
#[derive(Debug, Subcommand)]
pub enum CountVerb {
    /// Every count, the newest first: what it found and what not
    List,
    /// One count: what it came upon and what it has not found
    Show(Shown),
    /// What to look for, least recently seen first, with when, where and by which reader it was last seen
    Next {
        /// The room; without it everything that is home
        room: Option<String>,
    },
    /// Begin a count; scans at a desk are counted after CK:COUNT
    Begin {
        /// The room; without it everything that is home
        room: Option<String>,
    },
    /// End a count: what was seen nowhere while it went on is missing
    End {
        /// The room; without it the count of everything
        room: Option<String>,
        /// End it also where things were not found
        #[arg(long)]
        confirm: bool,
    },
    /// Drop a count: nothing is missed
    Cancel {
        /// The room; without it the count of everything
        room: Option<String>,
        /// Drop it also where something was counted
        #[arg(long)]
        confirm: bool,
    },
}

/// Which count, and which part of it.
#[derive(Debug, Args)]
pub struct Shown {
    /// The id of a count, or a room for its newest; without it the newest of everything
    #[arg(value_name = "ID|ROOM")]
    count: Option<String>,
    /// Only what it has not found
    #[arg(long, conflicts_with_all = ["elsewhere", "unknown"])]
    missing: bool,
    /// Only what belongs in another room
    #[arg(long, conflicts_with = "unknown")]
    elsewhere: bool,
    /// Only codes that nobody knows
    #[arg(long)]
    unknown: bool,
}

/// Does what the verb says.
pub fn count(config: &Config, screen: &mut Screen, verb: &CountVerb) -> anyhow::Result<ExitCode> {
    match verb {
        CountVerb::List => list(config, screen),
        CountVerb::Show(shown) => show(config, screen, shown),
        CountVerb::Next { room } => next(config, screen, room.as_deref()),
        CountVerb::Begin { room } => by_hand(config, screen, |hand| {
            let room = room_of(hand, room.as_deref())?;
            hand.order(Command::BeginCount { room }, false)
        }),
        CountVerb::End { room, confirm } => by_hand(config, screen, |hand| {
            let room = room_of(hand, room.as_deref())?;
            hand.order(Command::EndCount { room }, *confirm)
        }),
        CountVerb::Cancel { room, confirm } => by_hand(config, screen, |hand| {
            let room = room_of(hand, room.as_deref())?;
            hand.order(Command::CancelCount { room }, *confirm)
        }),
    }
}

fn room_of(hand: &Hand<'_>, room: Option<&str>) -> anyhow::Result<Option<RoomId>> {
    room.map(|text| naming::room(&hand.reader, text)).transpose()
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let counts = look.reader.count_rows(LISTED_MAX)?;
    if screen.is_json() {
        screen.json(&counts)?;
        return look.end(screen);
    }
    let row = |row: &CountRow| {
        vec![
            row.count.to_string(),
            row.name.clone(),
            look.say(row.begun),
            row.ended.map(|at| look.say(at)).unwrap_or_default(),
            row.state.clone(),
            numbers(row),
        ]
    };
    let rows: Vec<Vec<String>> = counts.iter().map(row).collect();
    let headings = ["COUNT", "OF", "BEGUN", "ENDED", "", ""];
    look.print(screen, (&headings, &rows), "Nothing has been counted. CK:COUNT at a desk begins a count.")
}

/// `212 of 340 found, 128 missing`
fn numbers(row: &CountRow) -> String {
    let parts = [
        (row.missing, "not found"),
        (row.elsewhere, "elsewhere"),
        (row.out, "out to somebody"),
        (row.retired, "retired"),
    ];
    let odd =
        parts.iter().filter(|(things, _)| *things > 0).map(|(things, word)| format!(", {things} {word}"));
    let expected = row.found.saturating_add(row.missing);
    format!("{} of {expected} found{}", row.found, odd.collect::<String>())
}

fn show(config: &Config, screen: &mut Screen, shown: &Shown) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let row = found(&look, shown.count.as_deref())?;
    if shown.unknown {
        return unknown(&look, screen, &look.reader.unknown_in_count(&row.count)?);
    }
    let counted = look.reader.counted_rows(&row.count)?;
    if shown.elsewhere {
        let elsewhere: Vec<CountedRow> =
            counted.into_iter().filter(|row| row.counted_as == "elsewhere").collect();
        return things(&look, screen, &elsewhere, "Nothing was found that belongs elsewhere.");
    }
    let missing = look.reader.missing_rows(&row)?;
    if shown.missing {
        return things(&look, screen, &missing, "Nothing is missing.");
    }
    if screen.is_json() {
        let unknown = look.reader.unknown_in_count(&row.count)?;
        let mut whole = serde_json::to_value(&row)?;
        let more = json!({ "things": counted, "not_found": missing, "unknown": unknown });
        if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
            whole.extend(more);
        }
        screen.json(&whole)?;
        return look.end(screen);
    }
    let until = row.ended.map_or_else(|| "open".to_owned(), |at| format!("{} {}", row.state, look.say(at)));
    screen.line(&format!(
        "{}: {}, begun {}, {until}. {}",
        row.count,
        row.name,
        look.say(row.begun),
        numbers(&row)
    ))?;
    let all: Vec<CountedRow> = missing.into_iter().chain(counted).collect();
    things(&look, screen, &all, "Nothing was counted.")
}

fn found(look: &Look<'_>, text: Option<&str>) -> anyhow::Result<CountRow> {
    let Some(text) = text else {
        let row = look.reader.count_of_everything()?;
        return Ok(row.ok_or_else(|| {
            Failure::No("No count of everything: name the id of a count, or a room".to_owned())
        })?);
    };
    if let Some(row) = look.reader.count_row(&text.to_lowercase())? {
        return Ok(row);
    }
    let room = naming::room(&look.reader, text)?;
    let row = look.reader.count_row(room.as_str())?;
    Ok(row.ok_or_else(|| Failure::No(format!("{room} has not been counted")))?)
}

fn next(config: &Config, screen: &mut Screen, room: Option<&str>) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let room = room.map(|text| naming::room(&look.reader, text)).transpose()?;
    let rows = look.reader.to_look_for(room.as_ref())?;
    things(&look, screen, &rows, "Nothing is left to look for.")
}

fn things(
    look: &Look<'_>,
    screen: &mut Screen,
    rows: &[CountedRow],
    nothing: &str,
) -> anyhow::Result<ExitCode> {
    if screen.is_json() {
        screen.json(&rows)?;
        return look.end(screen);
    }
    let row = |row: &CountedRow| {
        let pieces = row.pieces.map(|pieces| format!(" ({pieces} pieces)")).unwrap_or_default();
        vec![
            row.subject.to_string(),
            row.name.clone(),
            format!("{}{pieces}", row.counted_as),
            row.home.as_ref().map(ToString::to_string).unwrap_or_default(),
            row.seen.map_or_else(|| "never".to_owned(), |at| look.say(at)),
            row.station.as_ref().map(ToString::to_string).unwrap_or_default(),
            row.reader.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    look.print(screen, (&["THING", "NAME", "", "ROOM", "SEEN", "AT", "BY"], &rows), nothing)
}

fn unknown(look: &Look<'_>, screen: &mut Screen, codes: &[UnknownInCount]) -> anyhow::Result<ExitCode> {
    if screen.is_json() {
        screen.json(&codes)?;
        return look.end(screen);
    }
    let row =
        |code: &UnknownInCount| vec![code.code.to_string(), look.say(code.at), code.station.to_string()];
    let rows: Vec<Vec<String>> = codes.iter().map(row).collect();
    look.print(screen, (&["CODE", "SEEN", "AT"], &rows), "Every code was known.")
}
