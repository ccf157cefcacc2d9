#![allow(clippy::disallowed_methods, reason = "backups are files")]
//! `backup`: the ledger as it is now, in a file that is verified, while scanning goes on.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Failure;
use super::desk::utc;
use super::records::{self, Record};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::words::when;
use crate::ledger::LedgerError;
use crate::ledger::backup::rotation::{Keep, moment, name, outdated};
use crate::ledger::backup::{Contents, Source};
use crate::time::UtcMs;

/// Who may look into a folder that this makes.
const FOLDER_MODE: u32 = 0o750;
/// What another backup began and never ended is taken away after so long.
const ABANDONED_MS: i64 = 24 * 60 * 60 * 1000;

/// Where it goes.
#[derive(Debug, Args)]
pub struct To {
    /// A file that is not there yet, or a folder; without it the folder of the configuration. In a folder old backups
    /// go as the configuration says
    #[arg(value_name = "FILE|DIR")]
    to: Option<PathBuf>,
}

/// Makes one. Says what is in it, and notes how it went for `status`.
pub fn backup(config: &Config, screen: &mut Screen, to: &To) -> anyhow::Result<ExitCode> {
    super::logging::start_quiet();
    let now = utc(config);
    let made = make(config, to.to.as_deref(), now);
    match made {
        Ok(made) => {
            records::note(config, records::BACKUP, &Record::good(now, made.file.display().to_string()));
            show(config, screen, &made, now)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            // Where it was said to go makes the difference between a backup that failed and a call that was wrong.
            if to.to.is_none() {
                let sentence = format!("the backup was not made: {error:#}");
                tracing::error!("{sentence}");
                records::note(config, records::BACKUP, &Record::bad(now, sentence));
            }
            Err(error)
        }
    }
}

/// A backup that counts.
struct Made {
    file: PathBuf,
    contents: Contents,
    bytes: u64,
    removed: Vec<String>,
}

fn make(config: &Config, to: Option<&Path>, now: UtcMs) -> anyhow::Result<Made> {
    let path = &config.ledger.path;
    if !path.exists() {
        let sentence = format!("{}: there is no ledger yet, so there is nothing to back up", path.display());
        return Err(Failure::No(sentence).into());
    }
    let ledger = Source::open(path)?;
    let (folder, file) = match to {
        None => (Some(config.backup.folder.clone()), None),
        Some(to) if to.is_dir() => (Some(to.to_owned()), None),
        Some(to) => (None, Some(to.to_owned())),
    };
    let site = ledger.contents()?.site.unwrap_or_else(|| config.site.to_string());
    let file = match (&folder, file) {
        (Some(folder), _) => {
            std::fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(|error| {
                Failure::Unreachable(format!(
                    "{}: cannot be made ({error}). Name another folder",
                    folder.display()
                ))
            })?;
            folder.join(name(&site, now))
        }
        (None, file) => file.unwrap_or_default(),
    };
    let contents = ledger.back_up(&file, |_, _| ()).map_err(|error| not_made(&file, error))?;
    let bytes = std::fs::metadata(&file).map(|meta| meta.len()).unwrap_or_default();
    let keep = Keep {
        days: config.backup.keep_days,
        weeks: config.backup.keep_weeks,
        months: config.backup.keep_months,
    };
    let removed = match &folder {
        Some(folder) => rotate(folder, &file, (&site, now), keep)?,
        None => Vec::new(),
    };
    Ok(Made { file, contents, bytes, removed })
}

fn not_made(file: &Path, error: LedgerError) -> anyhow::Error {
    match error {
        LedgerError::Refused(sentence) => Failure::No(sentence).into(),
        LedgerError::Unwritable(reason) => Failure::Unreachable(format!(
            "{}: the backup cannot be written: {reason}. Free some space or name another folder",
            file.display()
        ))
        .into(),
        other => other.into(),
    }
}

/// Takes away what is outdated now that this one is good.
fn rotate(folder: &Path, made: &Path, (site, now): (&str, UtcMs), keep: Keep) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)?.filter_map(Result::ok);
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let newest = made.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let abandoned = names.iter().filter(|name| {
        let begun = name.strip_suffix(".part").and_then(|name| moment(site, name));
        begun.is_some_and(|at| at.plus(ABANDONED_MS) < now)
    });
    let gone: Vec<&str> =
        outdated(site, &names, newest, keep).into_iter().chain(abandoned.map(String::as_str)).collect();
    for name in &gone {
        std::fs::remove_file(folder.join(name)).map_err(|error| {
            Failure::Unreachable(format!(
                "{}: the backup is good, but {name} should go and cannot be removed ({error})",
                made.display()
            ))
        })?;
    }
    Ok(gone.into_iter().map(str::to_owned).collect())
}

/// `12 345 facts, the newest of 18:00, site studio, origin 0123456789ab, head 12345`.
pub fn in_words(contents: &Contents, config: &Config, now: UtcMs) -> String {
    let newest = contents.newest.map(|at| format!(", the newest of {}", when(at, now, config.timezone)));
    let site = contents.site.as_ref().map(|site| format!(", site {site}")).unwrap_or_default();
    let Contents { facts, origin, head_seq, .. } = contents;
    format!("{facts} facts{}{site}, origin {origin}, number {head_seq}", newest.unwrap_or_default())
}

fn show(config: &Config, screen: &mut Screen, made: &Made, now: UtcMs) -> anyhow::Result<()> {
    let Made { file, contents, bytes, removed } = made;
    let file = file.display().to_string();
    if screen.is_json() {
        let Contents { site, origin, head_seq, facts, newest, schema } = contents;
        screen.json(&json!({
            "file": file, "bytes": bytes, "site": site, "origin": origin, "head_seq": head_seq, "facts": facts,
            "newest": newest.map(|at| at.to_string()), "schema": schema, "removed": removed,
        }))?;
        return screen.flush();
    }
    let kb = bytes.div_ceil(1024);
    screen.line(&format!("{file}: {}; {kb} kB, verified", in_words(contents, config, now)))?;
    for name in removed {
        screen.line(&format!("         removed {name}"))?;
    }
    screen.flush()
}
