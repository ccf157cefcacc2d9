//! How a reader is: for `status` and for the retained `info` on MQTT.

use serde::Serialize;

use crate::time::MonoMs;

/// What a reader is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its device has not been there yet.
    Waiting,
    /// Its device is there and is read.
    Reading,
    /// Its device was there and is gone, or its input is at its end.
    Gone,
    /// Its device is there and cannot be used.
    Failed,
}

/// A reader's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What it is doing.
    pub state: State,
    /// The device it reads, or read last.
    pub device: Option<String>,
    /// Why it does not read; while it reads, what is odd about it.
    pub reason: Option<String>,
    /// How what its device types is kept from the console; `None` for what types nothing.
    pub keys: Option<String>,
    /// Which keys are not kept from the console, and what to do about it.
    pub leak: Option<String>,
    /// Why the device does not take what it is told.
    pub refusal: Option<String>,
    /// Since when it has been in this state.
    pub since: MonoMs,
    /// Bytes read.
    pub bytes: u64,
    /// Chunks read.
    pub chunks: u64,
    /// How often its device came back.
    pub reconnects: u64,
}

impl Health {
    /// Everything that is odd, or why it does not read.
    pub fn oddities(&self) -> Option<String> {
        let all = [&self.reason, &self.leak, &self.refusal];
        let all: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    pub(super) fn new(now: MonoMs) -> Self {
        Self {
            state: State::Waiting,
            device: None,
            reason: None,
            keys: None,
            leak: None,
            refusal: None,
            since: now,
            bytes: 0,
            chunks: 0,
            reconnects: 0,
        }
    }

    pub(super) fn plugged(&mut self, device: String, note: Option<String>, now: MonoMs) {
        if self.device.is_some() {
            self.reconnects += 1;
        }
        self.device = Some(device);
        self.enter(State::Reading, note, now);
    }

    pub(super) fn keep(&mut self, keys: Option<String>, leak: Option<String>) {
        self.keys = keys;
        self.leak = leak;
    }

    pub(super) fn enter(&mut self, state: State, reason: Option<String>, now: MonoMs) {
        if self.state != state {
            self.since = now;
        }
        if state != State::Reading {
            self.keep(None, None);
            self.refusal = None;
        }
        self.state = state;
        self.reason = reason;
    }

    pub(super) fn count(&mut self, bytes: usize) {
        self.chunks += 1;
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
