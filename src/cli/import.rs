#![allow(clippy::disallowed_methods, reason = "it reads the file that is imported")]
//! `import`: of our own files every row is right or nothing is written; of somebody else's what can be taken is shown
//! first, and what cannot.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{Desk, reader_if_any};
use super::screen::Screen;
use crate::config::Config;
use crate::control::{IMPORT_BYTES_MAX, Imported, MapFile, Progress, Request, asked, batches};
use crate::domain::known::Known;
use crate::import::{Asked, Brought, Kind, bring, draft};
use crate::io::entropy;
use crate::nearest::nearest;
use crate::writer::{Input, Reply};

/// The word that asks for a mapping.
const DRAFT: &str = "draft";
/// A longer mapping is some other file.
const MAP_BYTES_MAX: u64 = 1024 * 1024;

/// What is brought, and how.
#[derive(Debug, Args)]
#[command(
    override_usage = "cagekeeper import FILE [--map MAP] [--yes] [--dry-run]\n       cagekeeper import KIND FILE [--dry-run]\n       cagekeeper import draft FILE",
    after_help = "KIND is assets, kits, stock, people, rooms, productions or bookings, for files with our own columns. \
                  Without it the header says whose file it is: ours, or an export of Snipe-IT, Shelf, AdamRMS or \
                  Homebox. Any other file needs a mapping: draft prints one to begin with.\n\n\
                  Running it again changes nothing. Exit codes: 0 done, 1 answered with no, 2 the call or the file is \
                  wrong or nothing of it can be taken, 3 the ledger cannot be reached."
)]
pub struct Brings {
    /// The file, with what it is about before it where its header does not say
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    words: Vec<String>,
    /// Which of its columns is which of ours, for a file that nobody knows
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// Record what was shown without asking
    #[arg(long, short)]
    yes: bool,
    /// Only say what would be recorded
    #[arg(long)]
    dry_run: bool,
}

impl Brings {
    /// The file for which a mapping is to be drafted, if that is what is asked.
    pub fn to_draft(&self) -> Result<Option<PathBuf>, Failure> {
        match self.words.as_slice() {
            [word, file] if word == DRAFT => Ok(Some(PathBuf::from(file))),
            [word] if word == DRAFT && !Path::new(word).exists() => Err(Failure::Wrong(
                "import draft: name the file, as in `cagekeeper import draft FILE`".to_owned(),
            )),
            _ => Ok(None),
        }
    }

    /// What the file is about, if that was said, and the file.
    fn said(&self) -> Result<(Option<Kind>, &Path), Failure> {
        let names = Kind::ALL.map(Kind::name);
        match self.words.as_slice() {
            [word, file] => {
                let kind = Kind::parse(word).ok_or_else(|| unknown_kind(word, &names))?;
                if let Some(map) = &self.map {
                    let sentence = format!(
                        "import {word} --map: {} says what the file is about: leave {word} out",
                        map.display()
                    );
                    return Err(Failure::Wrong(sentence));
                }
                Ok((Some(kind), Path::new(file)))
            }
            [word] if names.contains(&word.as_str()) && !Path::new(word).exists() => Err(Failure::Wrong(
                format!("import {word}: name the file, as in `cagekeeper import {word} FILE`"),
            )),
            words => Ok((None, Path::new(words.first().map_or("", String::as_str)))),
        }
    }
}

fn unknown_kind(word: &str, names: &[&'static str]) -> Failure {
    let near = nearest(word, names.iter().copied())
        .map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Failure::Wrong(format!(
        "import {word}: expected one of {}, or {DRAFT}, before the file{near}",
        names.join(", ")
    ))
}

/// A file, how it is read, and what to do with it.
struct Task {
    kind: Option<Kind>,
    map: Option<MapFile>,
    name: String,
    bytes: Vec<u8>,
}

impl Task {
    fn asked(&self) -> Asked {
        asked(self.kind, self.map.clone())
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let name = file.display();
    std::fs::read(file)
        .map_err(|error| Failure::Wrong(format!("{name}: cannot be read ({error}): name a CSV file")))
}

/// Prints a mapping to begin with.
pub fn draft_of(screen: &mut Screen, file: &Path) -> anyhow::Result<ExitCode> {
    let text = draft(&file.display().to_string(), &read(file)?)
        .map_err(|errors| Failure::Wrong(errors.join("\n")))?;
    screen.bytes(text.as_bytes())?;
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Brings in a file, or says what that would do.
pub fn import(config: &Config, screen: &mut Screen, brings: &Brings) -> anyhow::Result<ExitCode> {
    let (kind, file) = brings.said()?;
    let map = brings.map.as_deref().map(read_map).transpose()?;
    let task = Task { kind, map, name: file.display().to_string(), bytes: read(file)? };
    if kind.is_some() {
        let imported = run(config, &task, brings.dry_run, screen.is_json())?;
        if screen.is_json() {
            screen.json(&imported)?;
        } else {
            show_own(screen, &imported)?;
        }
    } else {
        unasked(config, screen, &task, brings)?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn read_map(path: &Path) -> Result<MapFile, Failure> {
    let file = path.display().to_string();
    let is_long = std::fs::metadata(path).is_ok_and(|meta| meta.len() > MAP_BYTES_MAX);
    let text = match std::fs::read_to_string(path) {
        _ if is_long => Err("it is longer than any mapping".to_owned()),
        read => read.map_err(|error| error.to_string()),
    };
    let text = text.map_err(|reason| {
        Failure::Wrong(format!(
            "{file}: cannot be read ({reason}): name a mapping; `cagekeeper import draft FILE` prints one to begin with"
        ))
    })?;
    Ok(MapFile { file, text })
}

/// Brings in a file of which nobody said what it is about: what it would do is shown first.
fn unasked(config: &Config, screen: &mut Screen, task: &Task, brings: &Brings) -> anyhow::Result<()> {
    let json = screen.is_json();
    let planned = run(config, task, true, json)?;
    if !json {
        show(screen, &planned)?;
        screen.flush()?;
    }
    let is_nothing = planned.new + planned.changed == 0;
    if is_nothing
        && planned.same == 0
        && planned.left.iter().any(|left| left.extent == crate::import::Extent::Row)
    {
        let sentence = format!("{}: nothing of it can be taken, and nothing was written", planned.file);
        return Err(Failure::Wrong(sentence).into());
    }
    if brings.dry_run {
        return finish(screen, &planned, "Nothing was written: this was a dry run");
    }
    if is_nothing {
        let why =
            if planned.same == 0 { "nothing of it is for the ledger" } else { "the ledger says all of it" };
        let sentence = format!("Nothing was written: {why}");
        return finish(screen, &Imported { dry_run: false, ..planned }, &sentence);
    }
    if planned.source.is_some() && !brings.yes {
        agree(json, &planned)?;
    }
    let done = run(config, task, false, json)?;
    if !json && (&done.changes, &done.left) != (&planned.changes, &planned.left) {
        remark("The ledger has changed since that was shown. What was recorded:")?;
        show(screen, &done)?;
    }
    let facts = if done.facts == 1 { "1 fact".to_owned() } else { format!("{} facts", done.facts) };
    finish(screen, &done, &format!("Recorded: {facts}"))
}

fn finish(screen: &mut Screen, imported: &Imported, sentence: &str) -> anyhow::Result<()> {
    if screen.is_json() {
        return screen.json(imported);
    }
    for refused in &imported.refused {
        screen.line(&format!("{}: {refused}", imported.file))?;
    }
    screen.flush()?;
    remark(sentence)
}

/// Says what is no part of the result: standard output is the same for the dry run and the real one.
fn remark(sentence: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr(), "{sentence}")?)
}

/// Asks whether what was shown is to be recorded.
fn agree(json: bool, planned: &Imported) -> anyhow::Result<()> {
    if json || !std::io::stdin().is_terminal() {
        let sentence = format!(
            "{}: nothing was written. Nobody is there to be asked whether this is right: --dry-run shows what it would do, \
             --yes does it",
            planned.file
        );
        return Err(Failure::Wrong(sentence).into());
    }
    write!(std::io::stderr(), "Record this? [y/N] ")?;
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::No("Nothing was written".to_owned()).into()),
    }
}

/// Does it, or says what it would do: through the running daemon, else by itself.
fn run(config: &Config, task: &Task, dry_run: bool, json: bool) -> anyhow::Result<Imported> {
    let mut bar = Bar::new(json);
    let imported = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => {
            if task.bytes.len() > IMPORT_BYTES_MAX {
                let sentence = format!(
                    "{}: {} bytes, at most {IMPORT_BYTES_MAX} go through the running daemon: split the file, or stop the \
                     daemon for the import",
                    task.name,
                    task.bytes.len()
                );
                return Err(Failure::Wrong(sentence).into());
            }
            let Task { kind, map, name, bytes } = task;
            let (map, file, bytes) = (map.clone(), name.clone(), bytes.clone());
            let request = Request::Import { kind: *kind, map, file, bytes, dry_run };
            let answer =
                daemon.ask(&request, |progress| bar.at(progress)).map_err(|failure| mend(task, failure))?;
            answer.import.ok_or_else(incomplete)?
        }
        None if dry_run => {
            let known = reader_if_any(config)?.map(|reader| reader.known()).transpose()?;
            let brought = brought(config, task, &known.unwrap_or_default())?;
            Imported::of(&brought, &task.name, true, true)
        }
        None => by_itself(config, task, &mut bar)?,
    };
    bar.end();
    Ok(imported)
}

fn by_itself(config: &Config, task: &Task, bar: &mut Bar) -> anyhow::Result<Imported> {
    let mut desk = Desk::open(config)?;
    let written = write_all(config, &mut desk, task, bar);
    desk.close()?;
    written
}

fn write_all(config: &Config, desk: &mut Desk, task: &Task, bar: &mut Bar) -> anyhow::Result<Imported> {
    let brought = brought(config, task, &desk.ledger().known()?)?;
    let mut imported = Imported::of(&brought, &task.name, false, task.kind.is_none());
    let of = brought.plan.new + brought.plan.changed;
    let mut rows = 0;
    for (batch, batch_rows) in batches(brought.plan, &entropy::id()?, desk.now()) {
        if let Reply::Imported { facts, refused, .. } = desk.record(Input::Batch(batch))? {
            imported.facts += facts;
            imported.refused.extend(refused);
        }
        rows += batch_rows;
        bar.at(Progress { rows, of });
    }
    Ok(imported)
}

fn brought(config: &Config, task: &Task, known: &Known) -> Result<Brought, Failure> {
    let mut ids = std::iter::from_fn(|| entropy::person().ok());
    bring(&task.asked(), &task.name, &task.bytes, &config.house, known, &mut ids)
        .map_err(|errors| mend(task, Failure::Wrong(errors.join("\n"))))
}

/// Adds to a list of wrong places what to do.
fn mend(task: &Task, failure: Failure) -> Failure {
    let Failure::Wrong(lines) = failure else { return failure };
    if task.kind.is_none() {
        return Failure::Wrong(format!("{lines}\nNothing was written"));
    }
    let places = match lines.lines().count() {
        1 => "this place".to_owned(),
        places => format!("these {places} places"),
    };
    Failure::Wrong(format!("{lines}\nNothing was written: mend {places} and run it again"))
}

fn show_changes(screen: &mut Screen, imported: &Imported) -> anyhow::Result<()> {
    for change in &imported.changes {
        let word = if change.new { "new" } else { "changed" };
        let what = match change.what.as_slice() {
            [] => String::new(),
            what => format!(": {}", what.join(", ")),
        };
        screen.line(&format!("{}:{}: {word} {}{what}", imported.file, change.line, change.thing))?;
    }
    Ok(())
}

fn numbers(kind: Kind, [new, changed, same]: [usize; 3]) -> String {
    format!("{}: {new} new, {changed} changed, {same} as they were", kind.name())
}

fn show_own(screen: &mut Screen, imported: &Imported) -> anyhow::Result<()> {
    let Imported { kind, file, dry_run, new, changed, same, refused, .. } = imported;
    refused.iter().try_for_each(|sentence| screen.line(&format!("{file}: {sentence}")))?;
    show_changes(screen, imported)?;
    let dry = if *dry_run { ". Nothing was written: this was a dry run" } else { "" };
    screen.line(&format!("{}{dry}", numbers(*kind, [*new, *changed, *same])))
}

/// What is the same for the dry run and the real one: whose file it is, every change, what is left out, the numbers.
fn show(screen: &mut Screen, imported: &Imported) -> anyhow::Result<()> {
    let Imported { kind, file, source, new, changed, same, kinds, left, .. } = imported;
    screen.line(&format!("{file}: {}", source.as_deref().unwrap_or_else(|| kind.name())))?;
    show_changes(screen, imported)?;
    left.iter().try_for_each(|left| screen.line(&left.to_string()))?;
    if kinds.is_empty() {
        return screen.line(&numbers(*kind, [*new, *changed, *same]));
    }
    kinds.iter().try_for_each(|of| screen.line(&numbers(of.kind, [of.new, of.changed, of.same])))
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
