//! `recall`, `learn`, `condition`, `undo`: what is said of a thing by hand.

use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Failure;
use super::hand::by_hand;
use super::naming::{self, GEAR, THINGS};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::code::Code;
use crate::domain::command::Command;
use crate::domain::fact::Condition;
use crate::domain::when::Edge;

/// Gear is wanted back.
#[derive(Debug, Args)]
pub struct Recall {
    /// An asset or kit that is out: code, id or name
    thing: String,
    /// By when [default: now]
    #[arg(long, value_name = "WHEN", conflicts_with = "withdraw")]
    by: Option<String>,
    /// The production that wants it
    #[arg(long = "for", value_name = "PRODUCTION", conflicts_with = "withdraw")]
    wanted_for: Option<String>,
    /// It may stay out after all
    #[arg(long)]
    withdraw: bool,
}

/// A code belongs to a thing.
#[derive(Debug, Args)]
pub struct Learn {
    /// The code
    code: String,
    /// What it is on: an asset, kit, stock, room, production or booking
    thing: String,
    /// Take it off instead
    #[arg(long)]
    release: bool,
}

/// The state of a thing.
#[derive(Debug, Args)]
pub struct State {
    /// An asset or kit: code, id or name
    thing: String,
    /// Its state
    #[arg(value_parser = conditions())]
    condition: Condition,
    /// What is the matter
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

fn conditions() -> impl TypedValueParser<Value = Condition> {
    PossibleValuesParser::new(Condition::ALL.map(Condition::name))
        .map(|name| Condition::parse(&name).unwrap_or_default())
}

/// Recalls, or withdraws a recall.
pub fn recall(config: &Config, screen: &mut Screen, said: &Recall) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let thing = naming::find(&hand.reader, &said.thing, GEAR)?;
        if said.withdraw {
            return hand.order(Command::WithdrawRecall { thing }, false);
        }
        let wanted_by = hand.moment_if(said.by.as_deref(), Edge::End)?.unwrap_or(hand.now);
        let wanted_for = said.wanted_for.as_deref();
        let wanted_for = wanted_for.map(|text| naming::production(&hand.reader, text)).transpose()?;
        hand.order(Command::Recall { thing, wanted_by, wanted_for }, false)
    })
}

/// Puts a code on a thing, or takes it off.
pub fn learn(config: &Config, screen: &mut Screen, said: &Learn) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let code = Code::canonical(&said.code)
            .map_err(|fault| Failure::Wrong(format!("{:?} can be no code: {fault}", said.code)))?;
        if code.reserved().is_some() {
            let sentence =
                format!("{code} is a printed code of cagekeeper itself: it can be on nothing else");
            return Err(Failure::Wrong(sentence).into());
        }
        let kinds: Vec<&'static str> =
            THINGS.iter().copied().chain(["room", "production", "booking"]).collect();
        let thing = naming::find(&hand.reader, &said.thing, &kinds)?;
        let command =
            if said.release { Command::Unlearn { code, thing } } else { Command::Learn { code, thing } };
        hand.order(command, false)
    })
}

/// Notes the state of a thing.
pub fn condition(config: &Config, screen: &mut Screen, said: &State) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let thing = naming::find(&hand.reader, &said.thing, GEAR)?;
        let (condition, note) = (said.condition, said.note.clone());
        hand.order(Command::NoteCondition { thing, condition, note }, false)
    })
}

/// Takes back what a scan or a verb did.
pub fn undo(config: &Config, screen: &mut Screen, scan: &str) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| hand.order(Command::Undo { scan: scan.trim().to_owned() }, false))
}
