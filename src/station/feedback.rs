//! What a verdict sounds like on the device itself.
//!
//! A device is told after the verdict is durable, so its green is the ledger's. A scanner that beeps by itself at each
//! read says only that it has read; its own beep is better switched off.

use std::collections::VecDeque;

use crate::domain::verdict::Level;
use crate::time::MonoMs;
use crate::wire::Outgoing;
use crate::wire::feel::Buzzer;

/// Steps that may wait for their time: what is older than these is of scans that nobody waits for any more.
const STEPS_MAX: usize = 16;

/// The sounds and lights of one device.
#[derive(Debug)]
pub struct Feedback {
    buzzer: Buzzer,
    steps: VecDeque<(MonoMs, Outgoing)>,
}

impl Feedback {
    /// Those of a device that is told in that way.
    pub fn new(buzzer: Buzzer) -> Self {
        Self { buzzer, steps: VecDeque::new() }
    }

    /// The device is there: what it is told first.
    pub fn plugged(&mut self) -> Vec<Outgoing> {
        Vec::new()
    }

    /// The device is gone, and with it what it was still to be told.
    pub fn unplugged(&mut self) {
        self.steps.clear();
    }

    /// A scan has its verdict.
    pub fn felt(&mut self, _level: Level, _now: MonoMs) {
        debug_assert!(self.buzzer == Buzzer::None || self.steps.len() <= STEPS_MAX);
    }

    /// What the device is to be told by now.
    pub fn poll(&mut self, now: MonoMs) -> Vec<Outgoing> {
        let due = self.steps.iter().take_while(|(at, _)| *at <= now).count();
        self.steps.drain(..due).map(|(_, outgoing)| outgoing).collect()
    }

    /// When [`Self::poll`] wants to be called.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.steps.front().map(|(at, _)| *at)
    }
}
