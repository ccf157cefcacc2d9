//! Calendars that are read because somebody asks for it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::calendar::meaning::Source;
use crate::calendar::plan::{SOURCE_CHARS_MAX, booking_id};
use crate::config::CalendarConfig;
use crate::control::{Response, Synced};
use crate::io::calendar::sync::{ByWriter, NotSynced, OnScratch, sync};
use crate::io::calendar::{fetch, once};
use crate::io::standing::Shared;
use crate::ledger::Reader;
use crate::nearest::nearest;

/// The call is wrong, or the calendar.
const EXIT_CALL: u8 = 2;
/// The storage, or the calendar's server, cannot be reached.
const EXIT_STORAGE: u8 = 3;

/// While a calendar is read, who asked hears so often that it still is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads a calendar of the configuration, or `bytes` in its place, and says what came of it.
pub(super) async fn read(
    shared: &Arc<Shared>,
    asked: (&str, Option<Vec<u8>>),
    how: (bool, bool),
    say: &Sender<Value>,
) -> Response {
    let mut reading = pin!(outcome(shared, asked, how));
    loop {
        tokio::select! {
            response = &mut reading => return response,
            () = tokio::time::sleep(PATIENCE) => {
                let still = serde_json::to_value(Response::progress(0, 0)).unwrap_or(Value::Null);
                // Who asked may have gone away: the calendar is read all the same.
                let _ = say.send(still).await;
            }
        }
    }
}

async fn outcome(
    shared: &Arc<Shared>,
    (id, bytes): (&str, Option<Vec<u8>>),
    (confirm, dry_run): (bool, bool),
) -> Response {
    let known = shared.config.calendars.iter().find(|calendar| calendar.source.id == id);
    let synced = match (known, bytes, dry_run) {
        (Some(calendar), None, false) => once(shared, calendar, confirm).await,
        (Some(calendar), None, true) => match fetched(calendar).await {
            Ok(bytes) => given(shared, calendar.source.clone(), bytes, (confirm, dry_run)).await,
            Err(error) => Err(error),
        },
        (Some(calendar), Some(bytes), _) => {
            given(shared, calendar.source.clone(), bytes, (confirm, dry_run)).await
        }
        // A file of its own, by whatever name it has.
        (None, Some(bytes), _) if is_id(id) => {
            given(shared, Source::plain(id), bytes, (confirm, dry_run)).await
        }
        (None, _, _) => {
            let known = shared.config.calendars.iter().map(|calendar| calendar.source.id.as_str());
            return Response::refused(EXIT_CALL, vec![unknown(id, known)]);
        }
    };
    match synced {
        Ok(synced) => Response::calendar(synced),
        Err(NotSynced::Wrong(sentence)) => Response::refused(EXIT_CALL, vec![format!("{id}: {sentence}")]),
        Err(NotSynced::Away(sentence)) => Response::refused(EXIT_STORAGE, vec![format!("{id}: {sentence}")]),
        Err(NotSynced::Later(sentence)) => Response::refused(EXIT_STORAGE, vec![sentence]),
    }
}

/// No calendar has that id.
pub fn unknown<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        return format!("no calendar is called {id:?}: the configuration has no [[calendar]]");
    }
    let hint = nearest(id, known.iter().copied()).map(|near| format!("; did you mean {near:?}?"));
    format!("no calendar is called {id:?}: there is {}{}", known.join(", "), hint.unwrap_or_default())
}

fn is_id(text: &str) -> bool {
    text.len() <= SOURCE_CHARS_MAX && booking_id(text, "", None).is_some()
}

async fn fetched(calendar: &CalendarConfig) -> Result<Vec<u8>, NotSynced> {
    let asked = calendar.clone();
    let fetched = tokio::task::spawn_blocking(move || fetch::fetch(&asked, None)).await;
    let fetched = fetched.map_err(|error| NotSynced::Later(error.to_string()))?;
    Ok(fetched?.into_bytes())
}

/// Reads what was given, or only says what reading it would do.
async fn given(
    shared: &Arc<Shared>,
    source: Source,
    bytes: Vec<u8>,
    (confirm, dry_run): (bool, bool),
) -> Result<Synced, NotSynced> {
    let _alone = shared.importing.lock().await;
    let asked = Arc::clone(shared);
    let work = move || {
        let reader = Reader::open(&asked.config.ledger.path)?;
        let what = (&source, bytes.as_slice());
        match dry_run {
            true => {
                let mut scratch = OnScratch::new(&asked.config, &reader, asked.now())?;
                sync(&asked.config, what, &reader, &mut scratch, confirm)
            }
            false => sync(&asked.config, what, &reader, &mut ByWriter::new(&asked), confirm),
        }
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| NotSynced::Later(error.to_string()))?
}
