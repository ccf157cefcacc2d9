//! `slip`: what a booking needs, what went out; on the screen, and as PDF to be ticked and signed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Failure;
use super::booking_list::purpose;
use super::hand::Look;
use super::labels::delivered;
use super::naming;
use super::out::{Away, away};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::fact::{Body, BookingMade, Quantity, Subject};
use crate::domain::id::{BookingId, KitId};
use crate::print::pdf;
use crate::print::slip::{Row, Slip, pages};

/// The slips.
#[derive(Debug, Subcommand)]
pub enum SlipVerb {
    /// What a booking needs: where each thing is, and a box to tick
    Pick {
        /// The booking
        booking: String,
        #[command(flatten)]
        paper: Paper,
    },
    /// What went out, to be signed: to somebody, for a production or on a booking
    Out {
        /// A person, production or booking
        whom: String,
        #[command(flatten)]
        paper: Paper,
    },
}

/// Where a slip goes.
#[derive(Debug, Args)]
pub struct Paper {
    /// As PDF, into this file
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// The paper of the PDF
    #[arg(long, value_enum, default_value = "a4")]
    paper: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// 210 x 297 mm
    A4,
    /// 8.5 x 11 in
    Letter,
}

/// Prints a slip.
pub fn slip(config: &Config, screen: &mut Screen, verb: &SlipVerb) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let (slip, paper) = match verb {
        SlipVerb::Pick { booking, paper } => (pick(&look, booking)?, paper),
        SlipVerb::Out { whom, paper } => (taken(&look, whom)?, paper),
    };
    if let Some(path) = &paper.pdf {
        let size = match paper.paper {
            Size::A4 => (210.0, 297.0),
            Size::Letter => (215.9, 279.4),
        };
        let bytes = pages(&slip, size).and_then(|pages| pdf::document(&slip.title, &pages));
        let bytes = bytes
            .ok_or_else(|| Failure::Wrong("the fonts of the program are damaged: install it again".into()))?;
        return delivered(screen, Some(path), &bytes, &format!("{}, {} lines", slip.title, slip.rows.len()));
    }
    if screen.is_json() {
        let columns: Vec<&String> = slip.columns.iter().map(|(heading, _)| heading).collect();
        let rows: Vec<&Vec<String>> = slip.rows.iter().map(|row| &row.cells).collect();
        screen.json(&json!({ "title": slip.title, "head": slip.head, "code": slip.code, "columns": columns, "rows": rows }))?;
        return look.end(screen);
    }
    screen.line(&slip.title)?;
    for line in &slip.head {
        screen.line(line)?;
    }
    let headings: Vec<String> = slip.columns.iter().map(|(heading, _)| heading.to_uppercase()).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let cells = |row: &Row| {
        let mut cells = row.cells.clone();
        if let Some(first) = cells.first_mut().filter(|_| row.indented) {
            first.insert_str(0, "  ");
        }
        cells
    };
    let rows: Vec<Vec<String>> = slip.rows.iter().map(cells).collect();
    look.print(screen, (&headings, &rows), "There is nothing on it.")
}

fn pick(look: &Look<'_>, text: &str) -> anyhow::Result<Slip> {
    let id = naming::booking(&look.reader, text)?;
    let Some(Body::BookingMade(plan)) = look.reader.registered(&Subject::Booking(id.clone()))? else {
        return Err(Failure::No(format!("The booking {id} stands no longer")).into());
    };
    let mut rows = Vec::new();
    for kit in &plan.kits {
        rows.push(thing(look, &Subject::Kit(kit.clone()), false)?);
        members(look, kit, &mut rows)?;
    }
    for asset in &plan.assets {
        rows.push(thing(look, &Subject::Asset(asset.clone()), false)?);
    }
    for Quantity { of, count } in &plan.models {
        rows.push(Row {
            cells: vec![format!("{count} x {of}"), "any of the model".into(), String::new()],
            indented: false,
        });
    }
    for Quantity { of, count } in &plan.stock {
        let stock = look.reader.stocks()?.into_iter().find(|stock| stock.id.as_str() == of);
        let name = stock.as_ref().map_or(of.clone(), |stock| stock.name.clone());
        let home =
            stock.as_ref().and_then(|stock| stock.home.as_ref()).map(ToString::to_string).unwrap_or_default();
        let left = stock.map_or(String::new(), |stock| format!("{} on the shelf", stock.available()));
        rows.push(Row { cells: vec![format!("{count} x {name}"), home, left], indented: false });
    }
    Ok(Slip {
        title: format!("Pick list: {}", called(&id, &plan)),
        head: pick_head(look, &id, &plan)?,
        code: Some(format!("BK:{id}")),
        columns: vec![("What".into(), 5), ("Where".into(), 3), ("State".into(), 3)],
        rows,
        signed: vec!["Picked by".into()],
    })
}

fn called(id: &BookingId, plan: &BookingMade) -> String {
    let purpose = purpose(plan);
    if purpose.is_empty() { id.to_string() } else { purpose }
}

fn pick_head(look: &Look<'_>, id: &BookingId, plan: &BookingMade) -> anyhow::Result<Vec<String>> {
    let hold = if plan.is_confirmed() { "" } else { ", a hold" };
    let (from, until) = plan.taken();
    let mut head =
        vec![format!("{}{hold}, taken {}", look.span(plan.starts, plan.ends), look.span(from, until))];
    if let Some(person) = &plan.person {
        head.push(format!("For {}", look.who(person)?));
    }
    if !plan.rooms.is_empty() {
        let rooms: Vec<String> = plan.rooms.iter().map(ToString::to_string).collect();
        head.push(format!("Room {}", rooms.join(", ")));
    }
    head.push(format!("booking/{id}: scan the code before the gear"));
    Ok(head)
}

/// One thing with the place where it belongs or who has it, and what is the matter with it.
fn thing(look: &Look<'_>, subject: &Subject, indented: bool) -> anyhow::Result<Row> {
    let Some(state) = look.reader.state_of(subject)? else {
        return Ok(Row { cells: vec![subject.to_string(), "unknown".into(), String::new()], indented });
    };
    let home = state.home.as_ref().map(ToString::to_string).unwrap_or_default();
    let place = match state.custody.as_ref().filter(|custody| custody.out) {
        Some(custody) => match &custody.person {
            Some(person) => format!("out to {}", look.who(person)?),
            None => "out".to_owned(),
        },
        None => home,
    };
    let mut matter: Vec<&str> = Vec::new();
    if matches!(state.state_name(), "missing" | "retired") {
        matter.push(state.state_name());
    }
    if state.condition.name() != "ok" {
        matter.push(state.condition.name());
    }
    if state.maintenance.name() == "block" {
        matter.push("stays in: maintenance");
    }
    Ok(Row { cells: vec![format!("{} ({})", state.name, subject.id()), place, matter.join(", ")], indented })
}

fn members(look: &Look<'_>, kit: &KitId, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    for (asset, ..) in look.reader.members_of(kit)? {
        rows.push(thing(look, &Subject::Asset(asset), true)?);
    }
    Ok(())
}

fn taken(look: &Look<'_>, text: &str) -> anyhow::Result<Slip> {
    let whom = naming::find(&look.reader, text, &["person", "production", "booking"])?;
    let is_theirs = |away: &Away| match &whom {
        Subject::Person(id) => away.row.holder.as_ref().is_some_and(|holder| holder.person == *id),
        Subject::Production(id) => away.row.production.as_ref() == Some(id),
        Subject::Booking(id) => away.row.booking.as_ref() == Some(id),
        _ => false,
    };
    let mut out: Vec<Away> = away(look, None)?.into_iter().filter(is_theirs).collect();
    // A case, then what is in it.
    out.sort_by_key(|away| {
        let row = &away.row;
        let case = row.kit.as_ref().map_or(row.name.clone(), ToString::to_string);
        (row.due.is_none(), row.due, case, is_member(away), row.name.clone())
    });
    let row = |away: &Away| {
        let row = &away.row;
        let name = match away.pieces {
            Some(pieces) => format!("{pieces} x {}", row.name),
            None => format!("{} ({})", row.name, row.subject.id()),
        };
        let due = row.due.map(|due| look.say(due)).unwrap_or_default();
        Row { cells: vec![name, look.say(row.since), due], indented: is_member(away) }
    };
    let title = match &whom {
        Subject::Person(id) => look.who(id)?,
        Subject::Production(id) => match look.reader.registered(&whom)? {
            Some(Body::ProductionRegistered(production)) => production.title,
            _ => id.to_string(),
        },
        other => match look.reader.registered(other)? {
            Some(Body::BookingMade(plan)) => purpose(&plan),
            _ => other.id().to_owned(),
        },
    };
    Ok(Slip {
        title: format!("Out: {title}"),
        head: vec![format!("{}, {} things, at {}", look.config.site, out.len(), look.say(look.now))],
        code: None,
        columns: vec![("What".into(), 6), ("Since".into(), 2), ("Due".into(), 2)],
        rows: out.iter().map(row).collect(),
        signed: vec!["Received in good order".into(), "Handed over by".into()],
    })
}

/// In a case that went out as one. A case itself names the case with which it went, which may be itself.
fn is_member(Away { row, .. }: &Away) -> bool {
    row.kit.as_ref().is_some_and(|kit| row.subject != Subject::Kit(kit.clone()))
}
