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
use crate::domain::id::PersonId;
use crate::import::prepare;
use crate::io::clock::Clock;
use crate::io::entropy;
use crate::ledger::Ledger;
use crate::time::{MonoMs, Now};
use crate::writer::{Input, Writer};

/// Plays the demonstration until Ctrl-C; nothing of it stays.
pub fn demo(fast: bool) -> Result<ExitCode> {
    logging::start_quiet();
    let folder = Folder::make()?;
    let performed = in_folder(&folder, if fast { Pace::Fast } else { Pace::ToWatch });
    folder.remove()?;
    performed.map(|()| ExitCode::SUCCESS)
}

fn in_folder(folder: &Folder, pace: Pace) -> Result<()> {
    let now = Clock::start(ClockTrust::Fixed(true)).utc();
    let zone = Defaults::of_user().timezone;
    let colour = if std::io::stdout().is_terminal() { Colour::Ansi } else { Colour::Plain };
    let demo = plan(now, zone, Paths::of(folder.path()), free_port(MQTT_PORT)?, pace, colour);
    let config = demo.parse_config(zone)?;
    let theatre = Theatre::set_up(&demo)?;
    let mut writer = Writer::new(Ledger::open(&config.ledger.path, &entropy::origin()?)?, &config);
    move_in(&demo, &config, &mut writer, &mut std::iter::from_fn(|| entropy::person().ok()))?;
    writer.into_ledger().close()?;
    // A terminal that has gone away is told nothing; the signal that comes with it ends the program.
    let _ = writeln!(std::io::stdout(), "{}", demo.opening);
    perform::perform(config, theatre, colour)
}

/// Brings the studio's files and yesterday into the ledger, through the same import and the same writer as ever.
/// `people` gives a fresh opaque id for each person.
pub(super) fn move_in(
    demo: &Demo,
    config: &Config,
    writer: &mut Writer,
    people: &mut dyn Iterator<Item = PersonId>,
) -> Result<()> {
    let now = Now { mono: MonoMs(0), utc: demo.imported_at, trusted: true };
    for file in &demo.files {
        let known = writer.ledger().known()?;
        let plan = prepare(file.kind, &file.name, file.text.as_bytes(), &config.house, &known, people)
            .map_err(|errors| {
                anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            })
            .context("the demonstration's own files are wrong")?;
        for (batch, _) in batches(plan, &format!("demo-import-{}", file.kind.name()), now) {
            writer.handle_group(&[Input::Batch(batch)])?;
        }
    }
    for input in &demo.yesterday {
        writer.handle_group(std::slice::from_ref(input))?;
    }
    Ok(())
}
