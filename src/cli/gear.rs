//! `checkout`, `return`, `extend`, `hand-over`: gear moved by hand.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::hand::{Hand, by_hand};
use super::naming::{self, GEAR, THINGS};
use super::screen::Screen;
use crate::config::Config;
use crate::control::ScanShown;
use crate::domain::command::Command;
use crate::domain::fact::Subject;
use crate::domain::when::Edge;

/// Gear goes to somebody.
#[derive(Debug, Args)]
pub struct Checkout {
    /// An asset, kit or stock: code, id or name
    thing: String,
    /// Who gets it: id, badge or name
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// The booking it is for
    #[arg(long)]
    booking: Option<String>,
    /// The production it is for
    #[arg(long)]
    production: Option<String>,
    /// Where it goes
    #[arg(long)]
    room: Option<String>,
    /// When it is to be back, as "thu 14:00", "+3d" or "2026-12-04" [default: as at the door]
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
    /// Pieces of a stock
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// Gear is back.
#[derive(Debug, Args)]
pub struct Return {
    /// An asset, kit or stock: code, id or name
    thing: String,
    /// Who brought it
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// When it came back, where that was earlier
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// Pieces of a stock
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
}

/// Gear stays out longer.
#[derive(Debug, Args)]
pub struct Extend {
    /// An asset or kit: code, id or name
    thing: String,
    /// Until when [default: as long as the EXTEND card gives]
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// Gear that is out goes to somebody else.
#[derive(Debug, Args)]
pub struct HandOver {
    /// An asset or kit that is out: code, id or name
    thing: String,
    /// Who gets it
    person: String,
    /// Hand it over all the same where something is asked
    #[arg(long)]
    confirm: bool,
}

/// Checks out.
pub fn checkout(config: &Config, screen: &mut Screen, said: &Checkout) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let reader = &hand.reader;
        let command = Command::CheckOut {
            thing: naming::find(reader, &said.thing, THINGS)?,
            person: Some(naming::person(reader, &said.to)?),
            booking: said.booking.as_deref().map(|text| naming::booking(reader, text)).transpose()?,
            production: said
                .production
                .as_deref()
                .map(|text| naming::production(reader, text))
                .transpose()?,
            room: said.room.as_deref().map(|text| naming::room(reader, text)).transpose()?,
            until: hand.moment_if(said.until.as_deref(), Edge::End)?,
            count: said.count,
            hand_over: false,
        };
        countable(&command, said.count)?;
        hand.order(command, said.confirm)
    })
}

/// Takes back.
pub fn take_back(config: &Config, screen: &mut Screen, said: &Return) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let reader = &hand.reader;
        let command = Command::Return {
            thing: naming::find(reader, &said.thing, THINGS)?,
            person: said.by.as_deref().map(|text| naming::person(reader, text)).transpose()?,
            at: hand.moment_if(said.at.as_deref(), Edge::Start)?,
            count: said.count,
        };
        countable(&command, said.count)?;
        hand.order(command, false)
    })
}

/// Keeps out longer.
pub fn extend(config: &Config, screen: &mut Screen, said: &Extend) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let thing = naming::find(&hand.reader, &said.thing, GEAR)?;
        let until = hand.moment_if(said.until.as_deref(), Edge::End)?;
        hand.order(Command::Extend { thing, until }, said.confirm)
    })
}

/// Hands over.
pub fn hand_over(config: &Config, screen: &mut Screen, said: &HandOver) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| handed_over(hand, said))
}

fn handed_over(hand: &mut Hand<'_>, said: &HandOver) -> anyhow::Result<ScanShown> {
    let thing = naming::find(&hand.reader, &said.thing, GEAR)?;
    let person = naming::person(&hand.reader, &said.person)?;
    let is_out =
        |state: crate::ledger::question::ThingState| state.custody.is_some_and(|custody| custody.out);
    if !hand.reader.state_of(&thing)?.is_some_and(is_out) {
        return Err(Failure::No(format!("{thing} is not out: `cagekeeper checkout` it")).into());
    }
    let command = Command::CheckOut {
        thing,
        person: Some(person),
        booking: None,
        production: None,
        room: None,
        until: None,
        count: None,
        hand_over: true,
    };
    hand.order(command, said.confirm)
}

fn countable(command: &Command, count: Option<u32>) -> Result<(), Failure> {
    match command.thing() {
        Some(thing) if count.is_some() && !matches!(thing, Subject::Stock(_)) => {
            Err(Failure::Wrong(format!("--count is for stocks: {thing} is one thing")))
        }
        _ => Ok(()),
    }
}
