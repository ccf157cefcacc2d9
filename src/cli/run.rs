//! `run`: the daemon.

use std::io::Write;
use std::process::ExitCode;

use tokio::sync::mpsc;

use crate::config::{Config, ReaderSource};
use crate::daemon::{self, Watcher};
use crate::domain::verdict::{Level, Telling};
use crate::writer::Answer;

/// Runs the daemon until it is told to stop.
pub fn run(config: &Config) -> anyhow::Result<ExitCode> {
    super::logging::start();
    let typed = config.readers.iter().any(|reader| reader.source == ReaderSource::Stdin);
    let watcher = typed.then(|| watch(config)).transpose()?;
    daemon::run(config.clone(), watcher)?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever scans into this terminal sees the answers in it.
pub fn watch(config: &Config) -> std::io::Result<Watcher> {
    let (watcher, mut answers) = mpsc::unbounded_channel::<Answer>();
    let zone = config.timezone;
    std::thread::Builder::new().name("screen".to_owned()).spawn(move || {
        while let Some(answer) = answers.blocking_recv() {
            let telling = Telling { names: true, zone, now: answer.at };
            let said = format!("{} {}", symbol(answer.level()), answer.verdict.sentence(&telling));
            // A terminal that was closed hears nothing more; the door goes on.
            let _ = writeln!(std::io::stdout(), "{said}  [{}]", answer.station);
        }
    })?;
    Ok(watcher)
}

/// A level by its word and sign, never by colour alone.
pub fn symbol(level: Level) -> &'static str {
    match level {
        Level::Done => "✓ done   ",
        Level::Notice => "✓·notice ",
        Level::Ask => "? ask    ",
        Level::Refused => "✕ refused",
        Level::Again => "↺ again  ",
    }
}
