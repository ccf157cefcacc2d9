//! Opens the demonstration: a studio in a temporary folder, yesterday's scans, and then the day.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};

use super::day::Pace;
use super::prompt::Colour;
use super::theatre::{Folder, MQTT_PORT, Theatre, free_port};
use super::{Demo, Paths, perform, plan};
use crate::cli::logging;
use crate::config::{ClockTrust, Config, Defaults};
use crate::control::batches;
use crate::import::prepare;
use crate::io::clock::Clock;
use crate::io::entropy;
use crate::ledger::Ledger;
use crate::time::{MonoMs, Now};
use crate::writer::{Input, Writer};

/// Plays the demonstration until Ctrl-C; nothing of it stays.
pub fn demo(fast: bool) -> Result<ExitCode> {
    logging::start_quiet();
    let clock = Clock::start(ClockTrust::Fixed(true));
    let zone = Defaults::of_user().timezone;
    let colour = if std::io::stdout().is_terminal() { Colour::Ansi } else { Colour::Plain };
    let pace = if fast { Pace::Fast } else { Pace::ToWatch };
    let folder = Folder::make()?;
    let demo = plan(clock.utc(), zone, Paths::of(folder.path()), free_port(MQTT_PORT)?, pace, colour);
    let config = demo.parse_config(zone)?;
    let theatre = Theatre::set_up(&demo)?;
    move_in(&demo, &config)?;
    // A terminal that has gone away is told nothing; the signal that comes with it ends the program.
    let _ = writeln!(std::io::stdout(), "{}", demo.opening);
    let performed = perform::perform(config, theatre, colour);
    folder.remove()?;
    performed?;
    Ok(ExitCode::SUCCESS)
}

/// Brings the studio's files and yesterday into the ledger, through the same import and the same writer as ever.
pub(super) fn move_in(demo: &Demo, config: &Config) -> Result<()> {
    let ledger = Ledger::open(&config.ledger.path, &entropy::origin()?)?;
    let mut writer = Writer::new(ledger, config);
    let now = Now { mono: MonoMs(0), utc: demo.imported_at, trusted: true };
    for file in &demo.files {
        let known = writer.ledger().known()?;
        let mut ids = std::iter::from_fn(|| entropy::person().ok());
        let plan = prepare(file.kind, &file.name, file.text.as_bytes(), config.timezone, &known, &mut ids)
            .map_err(|errors| {
                anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            })
            .context("the demonstration's own files are wrong")?;
        for (batch, _) in batches(plan, &entropy::id()?, now) {
            writer.handle_group(&[Input::Batch(batch)])?;
        }
    }
    for input in &demo.yesterday {
        writer.handle_group(std::slice::from_ref(input))?;
    }
    writer.into_ledger().close()?;
    Ok(())
}
