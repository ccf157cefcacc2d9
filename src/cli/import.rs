#![allow(clippy::disallowed_methods, reason = "it reads the file that is imported")]
//! `import KIND FILE`: every row is right, or nothing is written.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{Desk, reader_if_any};
use super::screen::Screen;
use crate::config::Config;
use crate::control::{IMPORT_BYTES_MAX, Imported, Progress, Request, batches};
use crate::domain::known::Known;
use crate::import::{Kind, Plan, RowError, prepare};
use crate::io::entropy;
use crate::writer::{Input, Reply};

/// Brings in a file, or says what that would do.
pub fn import(
    config: &Config,
    screen: &mut Screen,
    kind: Kind,
    file: &Path,
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::Wrong(format!("{name}: cannot be read ({error}): name a CSV file")))?;
    let mut bar = Bar::new(screen.is_json());
    let imported = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => {
            if bytes.len() > IMPORT_BYTES_MAX {
                let sentence = format!(
                    "{name}: {} bytes, at most {IMPORT_BYTES_MAX} go through the running daemon: split the file, or \
                     stop the daemon for the import",
                    bytes.len()
                );
                return Err(Failure::Wrong(sentence).into());
            }
            let request = Request::Import { kind, file: name, bytes, dry_run };
            daemon.ask(&request, |progress| bar.at(progress)).map_err(mend)?.import.ok_or_else(incomplete)?
        }
        None if dry_run => {
            let known = reader_if_any(config)?.map(|reader| reader.known()).transpose()?;
            let plan = plan(config, kind, &name, &bytes, &known.unwrap_or_default())?;
            Imported::of(kind, &name, true, &plan)
        }
        None => by_itself(config, kind, &name, &bytes, &mut bar)?,
    };
    bar.end();
    if screen.is_json() {
        screen.json(&imported)?
    } else {
        show(screen, &imported)?
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn by_itself(
    config: &Config,
    kind: Kind,
    name: &str,
    bytes: &[u8],
    bar: &mut Bar,
) -> anyhow::Result<Imported> {
    let mut desk = Desk::open(config)?;
    let written = write(config, &mut desk, kind, name, bytes, bar);
    desk.close()?;
    written
}

fn write(
    config: &Config,
    desk: &mut Desk,
    kind: Kind,
    name: &str,
    bytes: &[u8],
    bar: &mut Bar,
) -> anyhow::Result<Imported> {
    let plan = plan(config, kind, name, bytes, &desk.ledger().known()?)?;
    let mut imported = Imported::of(kind, name, false, &plan);
    let of = plan.new + plan.changed;
    let mut rows = 0;
    for (batch, batch_rows) in batches(plan, &entropy::id()?, desk.now()) {
        if let Reply::Imported { facts, refused, .. } = desk.record(Input::Batch(batch))? {
            imported.facts += facts;
            imported.refused.extend(refused);
        }
        rows += batch_rows;
        bar.at(Progress { rows, of });
    }
    Ok(imported)
}

fn plan(config: &Config, kind: Kind, name: &str, bytes: &[u8], known: &Known) -> Result<Plan, Failure> {
    let mut ids = std::iter::from_fn(|| entropy::person().ok());
    let lines = |errors: Vec<RowError>| errors.iter().map(RowError::to_string).collect::<Vec<_>>().join("\n");
    prepare(kind, name, bytes, &config.house, known, &mut ids)
        .map_err(|errors| mend(Failure::Wrong(lines(errors))))
}

/// Adds to a list of wrong places what to do.
fn mend(failure: Failure) -> Failure {
    let Failure::Wrong(lines) = failure else { return failure };
    let places = match lines.lines().count() {
        1 => "this place".to_owned(),
        places => format!("these {places} places"),
    };
    Failure::Wrong(format!("{lines}\nNothing was written: mend {places} and run it again"))
}

fn show(screen: &mut Screen, imported: &Imported) -> anyhow::Result<()> {
    let Imported { kind, file, dry_run, new, changed, same, changes, refused, .. } = imported;
    refused.iter().try_for_each(|sentence| screen.line(&format!("{file}: {sentence}")))?;
    for change in changes {
        let word = if change.new { "new" } else { "changed" };
        screen.line(&format!("{file}:{}: {word} {}", change.line, change.thing))?;
    }
    let numbers = format!("{new} new, {changed} changed, {same} as they were");
    let dry = if *dry_run { ". Nothing was written: this was a dry run" } else { "" };
    screen.line(&format!("{}: {numbers}{dry}", kind.name()))
}

/// A progress bar, where there is a terminal to draw it on.
#[derive(Debug)]
struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    fn at(&mut self, progress: Progress) {
        if let Some(bar) = &self.bar {
            bar.set_length(progress.of as u64);
            bar.set_position(progress.rows as u64);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
