//! `restore`: a backup becomes the ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Failure;
use super::backup::in_words;
use super::control_client::Daemon;
use super::desk::utc;
use super::screen::Screen;
use crate::config::Config;
use crate::io::{entropy, machine};
use crate::ledger::LedgerError;
use crate::ledger::restore::{Plan, Restore};
use crate::time::UtcMs;

/// What is restored.
#[derive(Debug, Args)]
pub struct From {
    /// The backup
    file: PathBuf,
    /// Do it; without it only what would be done is shown
    #[arg(long)]
    yes: bool,
    /// The site of the backup, where this one was called so
    #[arg(long, value_name = "SITE")]
    from_site: Option<String>,
}

/// Verifies the backup and shows what it would replace; with `--yes` it takes the ledger's place. The daemon must be
/// stopped. Exits 1 where nothing was done.
pub fn restore(config: &Config, screen: &mut Screen, from: &From) -> anyhow::Result<ExitCode> {
    if Daemon::connect(&config.control.path)?.is_some() {
        let sentence =
            "the daemon is running: stop it first (systemctl stop cagekeeper); nothing has been changed";
        return Err(Failure::No(sentence.to_owned()).into());
    }
    let now = utc(config);
    let sites = (config.site.as_str(), from.from_site.as_deref());
    let restore = Restore::prepare(&config.ledger.path, &from.file, sites, |_, _| ()).map_err(said)?;
    let plan = restore.plan().clone();
    if !screen.is_json() {
        show(config, screen, from, &plan, now)?;
    }
    if !from.yes {
        drop(restore);
        return not_done(screen, &plan);
    }
    let stamp = now.to_chrono().format("%Y%m%dT%H%M%SZ").to_string();
    let origin = entropy::origin()?;
    let kept = restore
        .carry_out(config.site.as_str(), &machine::machine(), (&origin, &stamp))
        .map_err(said)?
        .map(|kept| kept.display().to_string());
    if screen.is_json() {
        screen.json(&shown(&plan, Some((&origin, kept.as_deref()))))?;
    } else {
        if let Some(kept) = &kept {
            screen.line(&format!("         The ledger that was there is kept as {kept}"))?;
        }
        screen.line(&format!(
            "Restored. New facts are numbered under the origin {origin}; the broker is told the whole state when the daemon \
             starts"
        ))?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn said(error: LedgerError) -> anyhow::Error {
    match error {
        LedgerError::Refused(sentence) => Failure::No(sentence).into(),
        LedgerError::Unwritable(reason) => Failure::Unreachable(format!(
            "the backup cannot be brought into place: {reason}. Free some space; the ledger is as it was"
        ))
        .into(),
        other => other.into(),
    }
}

fn not_done(screen: &mut Screen, plan: &Plan) -> anyhow::Result<ExitCode> {
    match screen.is_json() {
        true => screen.json(&shown(plan, None))?,
        false => screen.line("Nothing has been changed. The same with --yes does it")?,
    }
    screen.flush()?;
    Ok(ExitCode::from(1))
}

fn shown(plan: &Plan, done: Option<(&str, Option<&str>)>) -> serde_json::Value {
    json!({
        "done": done.is_some(),
        "origin": done.map(|(origin, _)| origin),
        "kept": done.and_then(|(_, kept)| kept),
        "facts": plan.backup.facts,
        "lost": plan.lost,
        "regained": plan.regained,
        "forgotten": plan.forgotten,
        "unreadable": plan.unreadable,
    })
}

fn show(config: &Config, screen: &mut Screen, from: &From, plan: &Plan, now: UtcMs) -> anyhow::Result<()> {
    let ledger = config.ledger.path.display();
    screen.line(&format!("{}: {}; verified", from.file.display(), in_words(&plan.backup, config, now)))?;
    match (&plan.present, &plan.unreadable) {
        (Some(present), _) => {
            screen.line(&format!("replaces {ledger}: {}", in_words(present, config, now)))?
        }
        (None, Some(reason)) => screen.line(&format!("replaces a ledger that cannot be read: {reason}"))?,
        (None, None) => screen.line(&format!("becomes  {ledger}, where there is none"))?,
    }
    if plan.lost > 0 {
        let lost = plan.lost;
        screen.line(&format!(
            "LOSES    {lost} facts that are in the ledger and not in the backup: scans since it was made"
        ))?;
    }
    if plan.regained > 0 {
        screen.line(&format!("regains  {} facts that the ledger no longer has", plan.regained))?;
    }
    match (plan.forgotten, &plan.present) {
        (0, Some(_)) => {}
        (0, None) => screen.line(
            "people   who were forgotten after the backup was made are named in it again: forget them anew",
        )?,
        (forgotten, _) => screen.line(&format!("people   {forgotten} who were forgotten stay forgotten"))?,
    }
    Ok(())
}
