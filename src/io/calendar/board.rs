//! How each calendar is, and what was fetched of it last.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fetch::Validators;
use crate::config::CalendarConfig;
use crate::control::{CalendarStatus, Synced};
use crate::time::UtcMs;

/// What is larger is fetched whole each time: so much of each calendar stays in memory.
const KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// How one calendar is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    name: &'static str,
    detail: Option<String>,
    read_at: Option<UtcMs>,
    refused: usize,
}

impl State {
    /// After it was read.
    pub fn of(synced: &Synced, at: UtcMs) -> Self {
        let detail = synced.held_back.clone().or_else(|| {
            let refused = synced.lines.iter().find(|said| said.what == "refused");
            refused.map(|said| format!("{} refused; the first: {}", synced.refused, said.sentence))
        });
        let name = if synced.held_back.is_some() { "held-back" } else { "current" };
        Self { name, detail, read_at: Some(at), refused: synced.refused }
    }

    /// After it could not be read.
    pub fn failed(detail: String) -> Self {
        Self { name: "failed", detail: Some(detail), ..Self::default() }
    }
}

#[derive(Debug, Default)]
struct Entry {
    from: String,
    state: State,
    kept: Option<(Validators, Arc<Vec<u8>>)>,
}

/// Every calendar.
#[derive(Debug, Default)]
pub struct Board {
    entries: Mutex<BTreeMap<String, Entry>>,
    is_over: AtomicBool,
}

impl Board {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Nothing in here can be left half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon stops: nothing more is asked of the writer.
    pub fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether the daemon stops.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// A calendar is read from now on.
    pub fn add(&self, calendar: &CalendarConfig) {
        let state = State { name: "waiting", ..State::default() };
        let entry = Entry { from: calendar.from.to_string(), state, kept: None };
        self.entries().insert(calendar.source.id.clone(), entry);
    }

    /// What to ask the server with, and what it gave last.
    pub fn validators(&self, id: &str) -> Option<(Validators, Arc<Vec<u8>>)> {
        self.entries().get(id)?.kept.clone()
    }

    /// Keeps what was fetched, where it is small and the server can say that it is the same.
    pub fn keep(&self, id: &str, validators: Validators, bytes: &Arc<Vec<u8>>) {
        if let Some(entry) = self.entries().get_mut(id) {
            let worth = validators.any() && bytes.len() <= KEPT_BYTES_MAX;
            entry.kept = worth.then(|| (validators, Arc::clone(bytes)));
        }
    }

    /// How it is now; said in the log where that is new.
    pub fn note(&self, id: &str, state: State) {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(id) else { return };
        let is_new = (entry.state.name, &entry.state.detail) != (state.name, &state.detail);
        // When it was last read to its end is still known while it cannot be.
        let read_at = state.read_at.or(entry.state.read_at);
        entry.state = State { read_at, ..state };
        if !is_new {
            return;
        }
        match (&entry.state.detail, entry.state.name) {
            (Some(detail), _) => tracing::warn!(calendar = id, from = entry.from, "{detail}"),
            (None, _) => tracing::info!(calendar = id, from = entry.from, "the calendar is read"),
        }
    }

    /// How every calendar is.
    pub fn all(&self) -> Vec<CalendarStatus> {
        let status = |(id, entry): (&String, &Entry)| CalendarStatus {
            id: id.clone(),
            from: entry.from.clone(),
            state: entry.state.name.to_owned(),
            detail: entry.state.detail.clone(),
            read_at: entry.state.read_at,
            refused: entry.state.refused,
        };
        self.entries().iter().map(status).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_was_read_last_is_known_while_it_fails() {
        let board = Board::default();
        let config = crate::config::CalendarConfig {
            source: crate::calendar::meaning::Source {
                id: "a".into(),
                room: None,
                titles: true,
                horizon_ms: 1,
                rules: Vec::new(),
            },
            from: crate::config::CalendarFrom::Path("a.ics".into()),
            every_ms: 1,
            username: None,
            password_file: None,
        };
        board.add(&config);
        assert_eq!(board.all()[0].state, "waiting");
        board.note("a", State::of(&Synced::default(), UtcMs(5)));
        board.note("a", State::failed("it is away".into()));
        let [status] = <[CalendarStatus; 1]>::try_from(board.all()).unwrap();
        assert_eq!((status.state.as_str(), status.read_at), ("failed", Some(UtcMs(5))));
        let validators = Validators { etag: Some("x".into()), modified: None };
        board.keep("a", validators.clone(), &Arc::new(vec![0; KEPT_BYTES_MAX + 1]));
        assert_eq!(board.validators("a"), None);
        board.keep("a", validators, &Arc::new(vec![0]));
        assert!(board.validators("a").is_some());
    }
}
