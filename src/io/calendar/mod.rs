//! Calendars from which bookings come: read again and again, compared with the ledger, decided by the writer.
//!
//! A calendar that cannot be had or read changes nothing. It is tried again, later each time, and said once for each
//! change of its state.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};

use crate::config::CalendarConfig;
use crate::control::Synced;
use crate::io::standing::Shared;

pub mod board;
pub mod fetch;
pub mod sync;

use board::State;
use fetch::Fetched;
use sync::NotSynced;

/// After a failure it is tried again so soon, then after twice as long, up to its own interval.
const RETRY_FIRST: Duration = Duration::from_secs(30);
/// The first reading waits until the daemon has found its readers.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Starts to read every calendar of the configuration.
pub fn start(shared: &Arc<Shared>) -> JoinHandle<()> {
    let mut tasks = JoinSet::new();
    for (at, calendar) in shared.config.calendars.iter().enumerate() {
        shared.calendars.add(calendar);
        tasks.spawn(keep_reading(Arc::clone(shared), at));
    }
    tokio::spawn(async move { while tasks.join_next().await.is_some() {} })
}

async fn keep_reading(shared: Arc<Shared>, at: usize) {
    let Some(calendar) = shared.config.calendars.get(at) else { return };
    let every = Duration::from_millis(calendar.every_ms);
    let mut failures = 0_u32;
    tokio::time::sleep(FIRST_WAIT).await;
    loop {
        let is_read = once(&shared, calendar, false).await.is_ok();
        failures = if is_read { 0 } else { failures.saturating_add(1) };
        let wait = match failures {
            0 => every,
            _ => RETRY_FIRST.saturating_mul(1 << (failures - 1).min(10)).min(every),
        };
        tokio::time::sleep(wait).await;
    }
}

/// Reads one calendar now and does what it says. `confirmed`: also where most of its bookings vanish.
///
/// One at a time: whatever else is read meanwhile waits, and so do imports.
pub async fn once(
    shared: &Arc<Shared>,
    calendar: &CalendarConfig,
    confirmed: bool,
) -> Result<Synced, NotSynced> {
    let synced = read_and_sync(shared, calendar, confirmed).await;
    let state = match &synced {
        Ok(synced) => State::of(synced, shared.now().utc),
        Err(error) => State::failed(error.to_string()),
    };
    shared.calendars.note(&calendar.source.id, state);
    synced
}

async fn read_and_sync(
    shared: &Arc<Shared>,
    calendar: &CalendarConfig,
    confirmed: bool,
) -> Result<Synced, NotSynced> {
    if let (Some(trouble), _, _) = shared.sentences() {
        return Err(NotSynced::Later(trouble));
    }
    let before = shared.calendars.validators(&calendar.source.id);
    let asked = calendar.clone();
    let fetched = tokio::task::spawn_blocking(move || fetch::fetch(&asked, before.as_ref()));
    let fetched = fetched.await.map_err(|error| NotSynced::Later(error.to_string()))??;
    let bytes = match fetched {
        Fetched::Same(bytes) => bytes,
        Fetched::New { bytes, validators } => {
            let bytes = Arc::new(bytes);
            shared.calendars.keep(&calendar.source.id, validators, &bytes);
            bytes
        }
    };
    let _alone = shared.importing.lock().await;
    let (asked, calendar) = (Arc::clone(shared), calendar.clone());
    let synced = tokio::task::spawn_blocking(move || {
        let mut record = sync::ByWriter::new(&asked);
        let reader = crate::ledger::Reader::open(&asked.config.ledger.path)?;
        sync::sync(&asked.config, (&calendar.source, &bytes), &reader, &mut record, confirmed)
    });
    synced.await.map_err(|error| NotSynced::Later(error.to_string()))?
}
