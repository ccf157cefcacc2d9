#![allow(clippy::disallowed_methods, reason = "the command line looks whether there is a ledger")]
//! The ledger as a verb uses it: read-only for questions; for writing under its lock, with the same writer as the daemon.

use crate::config::Config;
use crate::io::clock::Clock;
use crate::io::{entropy, machine};
use crate::ledger::{Ledger, Reader};
use crate::time::{MonoMs, Now, Timekeeper, UtcMs};
use crate::writer::{Input, Reply, Writer};

use super::Failure;

/// A command is no restart of the daemon, after which a first rescan would count as a repeat.
const LONG_SINCE_START_MS: u64 = 60_000;

/// Facts that are checked after an unclean stop.
const CHECKED_FACTS: u32 = 10_000;

/// The ledger of a verb that writes while no daemon runs.
#[derive(Debug)]
pub struct Desk {
    writer: Writer,
    clock: Clock,
    keeper: Timekeeper,
}

impl Desk {
    /// Takes the ledger's lock, and makes the ledger where there is none.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let mut ledger = Ledger::open(&config.ledger.path, &entropy::origin()?)?;
        ledger.belongs_to(&config.site, config.ledger.site_before.as_ref())?;
        machine::claim(&mut ledger)?;
        if let Some(sentence) = ledger.lacking() {
            return Err(Failure::Unreachable(sentence.to_owned()).into());
        }
        if !ledger.was_clean() {
            check(&ledger)?;
        }
        Self::over(ledger, config)
    }

    /// The same over a ledger that is open.
    pub fn over(ledger: Ledger, config: &Config) -> anyhow::Result<Self> {
        let keeper = Timekeeper::new(ledger.last_fact_at()?);
        let clock = Clock::start(config.clock_trusted);
        Ok(Self { writer: Writer::new(ledger, config), clock, keeper })
    }

    /// The present.
    pub fn now(&self) -> Now {
        let mono = self.clock.mono();
        let now = self.keeper.now(mono, self.clock.utc(), self.clock.synchronised());
        Now { mono: mono.plus(LONG_SINCE_START_MS), ..now }
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        self.writer.ledger()
    }

    /// Records one input. When this returns it is on the disk.
    pub fn record(&mut self, input: Input) -> anyhow::Result<Reply> {
        let mut replies = self.writer.handle_group(&[input])?;
        while self.writer.settle()? {}
        // The start after this one tries again where somebody reads the file just now.
        let _ = self.writer.scrub()?;
        replies.pop().ok_or_else(|| Failure::Unreachable("the writer gave no answer".to_owned()).into())
    }

    /// Gives the ledger back in order.
    pub fn close(self) -> anyhow::Result<()> {
        Ok(self.writer.into_ledger().close()?)
    }
}

fn check(ledger: &Ledger) -> anyhow::Result<()> {
    let report = ledger.reader()?.verify_recent(CHECKED_FACTS)?;
    if report.is_whole() {
        return Ok(());
    }
    let path = ledger.path().display();
    let first = report.differences.first().map(String::as_str).unwrap_or_default();
    let sentence = format!(
        "{path}: the last process stopped in the middle and left a difference ({first}). Run verify, restore the last backup"
    );
    Err(Failure::Unreachable(sentence).into())
}

/// The ledger for questions.
pub fn reader(config: &Config) -> anyhow::Result<Reader> {
    reader_if_any(config)?.ok_or_else(|| {
        let path = config.ledger.path.display();
        Failure::Unreachable(format!(
            "{path}: there is no ledger yet. `cagekeeper import` or `cagekeeper run` makes one"
        ))
        .into()
    })
}

/// The ledger for questions; `None` where no process has made it yet.
pub fn reader_if_any(config: &Config) -> anyhow::Result<Option<Reader>> {
    let path = &config.ledger.path;
    let is_there = path
        .try_exists()
        .map_err(|error| Failure::Unreachable(format!("{}: cannot be looked at: {error}", path.display())))?;
    Ok(if is_there { Some(Reader::open(path)?) } else { None })
}

/// The machine's date, for questions.
pub fn utc(config: &Config) -> UtcMs {
    Clock::start(config.clock_trusted).utc()
}

/// `now` moved by `ms`.
pub fn moved(now: Now, ms: i64) -> Now {
    let mono = MonoMs(now.mono.0.saturating_add_signed(ms).max(LONG_SINCE_START_MS));
    Now { mono, utc: now.utc.plus(ms), trusted: now.trusted }
}
