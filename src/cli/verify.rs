//! `verify`: are the projections what the facts say?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::desk::{reader, utc};
use super::records::{self, Record};
use super::screen::Screen;
use crate::config::Config;
use crate::ledger::Reader;
use crate::ledger::verify::Report;

/// What is verified.
#[derive(Debug, Args)]
pub struct What {
    /// A backup; without it the ledger
    file: Option<PathBuf>,
}

/// Folds all facts afresh and compares. Exits 1 where anything differs. How the ledger fared is noted for `status`.
pub fn verify(config: &Config, screen: &mut Screen, what: &What) -> anyhow::Result<ExitCode> {
    super::logging::start_quiet();
    let report = match &what.file {
        Some(file) => of_file(file)?,
        None => of_ledger(config)?,
    };
    show(screen, &report)?;
    Ok(ExitCode::from(u8::from(!report.is_whole())))
}

fn of_file(file: &Path) -> anyhow::Result<Report> {
    Ok(Reader::open(file)?.verify()?)
}

fn of_ledger(config: &Config) -> anyhow::Result<Report> {
    let now = utc(config);
    let report = reader(config)?.verify().inspect_err(|error| {
        let sentence = format!("the ledger could not be verified: {error}");
        tracing::error!("{sentence}");
        records::note(config, records::VERIFY, &Record::bad(now, sentence));
    })?;
    let record = if report.is_whole() {
        Record::good(now, format!("{} facts", report.facts))
    } else {
        let first = report.differences.first().cloned().unwrap_or_default();
        let sentence = format!("verify: {}; the first: {first}", verdict(&report));
        tracing::error!("{sentence}");
        Record::bad(now, sentence)
    };
    records::note(config, records::VERIFY, &record);
    Ok(report)
}

fn verdict(report: &Report) -> String {
    match report.different {
        0 => "every row is what they say".to_owned(),
        1 => "1 row differs. Restore the last backup; keep this file for examination".to_owned(),
        n => format!("{n} rows differ. Restore the last backup; keep this file for examination"),
    }
}

fn show(screen: &mut Screen, report: &Report) -> anyhow::Result<()> {
    if screen.is_json() {
        let (facts, rows, different) = (report.facts, report.rows, report.different);
        let (whole, differences) = (report.is_whole(), &report.differences);
        screen.json(&json!({ "whole": whole, "facts": facts, "rows": rows, "different": different, "differences": differences }))?;
        return screen.flush();
    }
    for difference in &report.differences {
        screen.line(difference)?;
    }
    screen.line(&format!("{} facts, {} rows: {}", report.facts, report.rows, verdict(report)))?;
    screen.flush()
}
