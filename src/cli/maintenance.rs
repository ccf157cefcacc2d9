//! `maintenance …`: what is broken, what stays in until it is mended, what is to be inspected.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::hand::{Look, by_hand};
use super::naming::{self, GEAR};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::command::Command;
use crate::domain::fact::Condition;
use crate::domain::when::Edge;
use crate::ledger::listing::JobRow;

/// The verbs of maintenance.
#[derive(Debug, Subcommand)]
pub enum MaintenanceVerb {
    /// Open a job on a thing
    Open {
        /// An asset or kit
        thing: String,
        /// It stays in until the job is done
        #[arg(long)]
        block: bool,
        /// What is to be done
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// The jobs on a thing are done
    Close {
        /// An asset or kit
        thing: String,
    },
    /// A thing was inspected now
    Inspect {
        /// An asset or kit
        thing: String,
        /// When the next inspection is due [default: as its interval says]
        #[arg(long, value_name = "WHEN")]
        next: Option<String>,
    },
    /// Open jobs, oldest first
    List,
}

/// Does what the verb says.
pub fn maintenance(config: &Config, screen: &mut Screen, verb: &MaintenanceVerb) -> anyhow::Result<ExitCode> {
    match verb {
        MaintenanceVerb::Open { thing, block, note } => by_hand(config, screen, |hand| {
            let thing = naming::find(&hand.reader, thing, GEAR)?;
            hand.order(Command::OpenMaintenance { thing, blocks: *block, note: note.clone() }, false)
        }),
        MaintenanceVerb::Close { thing } => by_hand(config, screen, |hand| {
            let thing = naming::find(&hand.reader, thing, GEAR)?;
            hand.order(Command::CloseMaintenance { thing }, false)
        }),
        MaintenanceVerb::Inspect { thing, next } => by_hand(config, screen, |hand| {
            let thing = naming::find(&hand.reader, thing, GEAR)?;
            let next_due = hand.moment_if(next.as_deref(), Edge::End)?;
            hand.order(Command::Inspect { thing, next_due }, false)
        }),
        MaintenanceVerb::List => list(config, screen),
    }
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let jobs = look.reader.jobs(None)?;
    if screen.is_json() {
        let value = |job: &JobRow| {
            json!({ "thing": job.subject, "name": job.name, "blocks": job.blocks, "because": job.because,
                    "since": job.since, "note": look.private(job.note.clone()) })
        };
        screen.json(&jobs.iter().map(value).collect::<Vec<Value>>())?;
        return look.end(screen);
    }
    let row = |job: &JobRow| {
        vec![
            job.subject.to_string(),
            job.name.clone(),
            if job.blocks { "stays in" } else { "may go" }.to_owned(),
            job.because.map(Condition::name).unwrap_or_default().to_owned(),
            look.say(job.since),
            look.private(job.note.clone()).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    look.print(
        screen,
        (&["THING", "NAME", "", "BECAUSE", "SINCE", "NOTE"], &rows),
        "Nothing is in maintenance.",
    )
}
