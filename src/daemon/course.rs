//! What happens beside the loop, from the opening of the ledger to its closing.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::io::readers::{self, census};
use crate::io::standing::Shared;
use crate::io::{entropy, machine, notify};
use crate::ledger::{Ledger, LedgerError, Reader};
use crate::station::waits::Waits;
use crate::time::MonoMs;

/// Facts that are checked after a stop that was not in order.
const CHECK_FACTS: u32 = 10_000;
/// The writer gets so long to finish when the program stops.
const DRAIN: Duration = Duration::from_secs(5);
/// Storage that refuses at the start is tried again after so long.
const OPEN_AGAIN: Duration = Duration::from_secs(1);
/// Devices that no reader reads are looked for as they come, and at least so often.
const LOOK_AROUND_EVERY: Duration = Duration::from_secs(10);

/// Opens the ledger. Storage that refuses is waited for, like later; `None` where the program is told to stop meanwhile.
pub(super) async fn open(config: &Config) -> anyhow::Result<Option<Ledger>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut said = false;
    loop {
        let opened = Ledger::open(&config.ledger.path, &entropy::origin()?).and_then(|ledger| {
            ledger.belongs_to(&config.site, config.ledger.site_before.as_ref())?;
            Ok(ledger)
        });
        match opened {
            Err(error) if error.is_unwritable() => {
                if !std::mem::replace(&mut said, true) {
                    tracing::error!("{error}");
                    notify::status(&error.to_string());
                }
            }
            opened => {
                let mut ledger = opened?;
                machine::claim(&mut ledger)?;
                return Ok(Some(ledger));
            }
        }
        tokio::select! {
            _ = term.recv() => return Ok(None),
            _ = int.recv() => return Ok(None),
            () = tokio::time::sleep(OPEN_AGAIN) => {}
        }
    }
}

/// Sessions that were open when the program last stopped go on, and wait afresh for their silence.
pub(super) fn sessions_of(ledger: &Ledger, config: &Config) -> Result<Waits, LedgerError> {
    let mut waits = Waits::default();
    for station in &config.stations {
        let session = ledger.session(&station.id)?;
        let idle_ms =
            if session.counting.is_some() { station.count_idle_ms } else { station.session_idle_ms };
        let idle_ms = session.is_open().then_some(idle_ms);
        let confirm_ms = session.pending.is_some().then_some(station.confirm_ms);
        waits.answered(&station.id, session.turn, idle_ms, confirm_ms, MonoMs(0));
    }
    Ok(waits)
}

/// After a stop that was not in order the newest facts are checked while scanning goes on.
pub(super) fn check_recent(shared: &Arc<Shared>) -> tokio::task::JoinHandle<()> {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || {
        let report =
            Reader::open(&shared.config.ledger.path).and_then(|ledger| ledger.verify_recent(CHECK_FACTS));
        match report {
            Ok(report) if report.is_whole() => {
                tracing::info!(
                    facts = report.facts,
                    left_to_verify = report.unfolded,
                    "the last stop was not in order; the newest facts are whole"
                );
            }
            Ok(report) => {
                let first = report.differences.first().cloned().unwrap_or_default();
                let sentence = format!(
                    "{} rows are not what the facts say: {first}. Run: cagekeeper verify",
                    report.different
                );
                tracing::error!("{sentence}");
                shared.set_doubt(sentence);
            }
            Err(error) => {
                let sentence = format!("the newest facts could not be checked: {error}");
                tracing::error!("{sentence}");
                shared.set_doubt(sentence);
            }
        }
    })
}

/// Says once of each scanner that is plugged in and that no reader reads.
pub(super) async fn look_around(shared: Arc<Shared>) {
    let arrivals = match readers::arrivals() {
        Ok(arrivals) => arrivals,
        Err(error) => return tracing::warn!(%error, "scanners that nobody reads are not looked for"),
    };
    loop {
        let asked = Arc::clone(&shared);
        let look = move || {
            let config = &asked.config;
            census::unbound(&census::census(&census::Places::default(), &config.readers, &config.profiles))
        };
        let Ok(unbound) = tokio::task::spawn_blocking(look).await else { return };
        for device in shared.set_unbound(unbound) {
            tracing::info!(
                "{device} is plugged in and no reader reads it: `cagekeeper readers` says how to use it"
            );
        }
        arrivals.wait(LOOK_AROUND_EVERY).await;
    }
}

pub(super) async fn close(thread: std::thread::JoinHandle<Ledger>, in_order: bool) {
    let joined = tokio::task::spawn_blocking(move || thread.join());
    match tokio::time::timeout(DRAIN, joined).await {
        Ok(Ok(Ok(ledger))) if in_order => {
            if let Err(error) = ledger.close() {
                tracing::warn!(%error, "the ledger could not be closed in order; the next start checks it");
            }
        }
        Ok(_) => {}
        Err(_) => tracing::warn!("the writer did not finish; the next start checks the ledger"),
    }
}

/// What the keys of feeds are made of, kept in the ledger from the first time on that feeds are served.
pub(super) fn feed_secret(ledger: &Ledger, config: &Config) -> anyhow::Result<String> {
    if config.web.listen.is_none() {
        return Ok(String::new());
    }
    ledger.keep_feed_secret(&entropy::secret()?)?;
    Ok(ledger.reader()?.feed_secret()?.unwrap_or_default())
}
