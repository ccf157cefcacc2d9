//! Readers that speak back: small machines over bytes, written from what their makers say of them, with what goes wrong in
//! a cage at hand. [`bench`] plays one against a lane, [`port`] puts one behind a tty.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::VecDeque;

pub mod bench;
pub mod cf;
pub mod faults;
pub mod m100;
pub mod pn532;
pub mod port;
pub mod thingmagic;
pub mod uhfreader;

/// A reader. Times are milliseconds since any moment, never going back.
pub trait Device: Send {
    /// Takes what the host sent, perhaps nothing, and gives what has gone out by now.
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8>;

    /// When something will go out unasked.
    fn next_ms(&self) -> Option<u64>;

    /// It loses its power for a moment, and with it whatever it was told.
    fn lose_power(&mut self, now_ms: u64);

    /// What is in its field, and what goes wrong.
    fn knobs(&mut self) -> &mut Knobs;
}

/// What is in the field of a reader, and what goes wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Knobs {
    /// The cards or tags in the field, by their ids.
    pub tags: Vec<Vec<u8>>,
    /// It hears everything and says nothing.
    pub silent: bool,
    /// Each n-th frame has a wrong bit; 0: none.
    pub wrong_every: u32,
    /// Before each n-th frame, the one before it comes once more; 0: never.
    pub stale_every: u32,
    /// Answers come so much later.
    pub slow_ms: u64,
    /// It is too hot, or finds no channel: it says so instead of looking.
    pub throttled: bool,
}

/// An id as it is scanned.
pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// What a reader has said and the line has not carried yet.
#[derive(Debug, Default)]
pub struct Line {
    waiting: VecDeque<(u64, Vec<u8>)>,
    frames: u32,
    last: Vec<u8>,
}

impl Line {
    /// Says a frame at a time, with what goes wrong.
    pub fn say(&mut self, knobs: &Knobs, mut frame: Vec<u8>, at_ms: u64) {
        self.frames = self.frames.wrapping_add(1);
        let each = |every: u32| every > 0 && self.frames.is_multiple_of(every);
        let (wrong, stale) = (each(knobs.wrong_every), each(knobs.stale_every));
        let before = std::mem::replace(&mut self.last, frame.clone());
        if knobs.silent {
            return;
        }
        if wrong {
            let middle = frame.len() / 2;
            frame[middle] ^= 0x40;
        }
        if stale {
            frame = [before, frame].concat();
        }
        // A line keeps the order.
        let earliest = self.waiting.back().map_or(0, |(at, _)| *at);
        self.waiting.push_back(((at_ms + knobs.slow_ms).max(earliest), frame));
    }

    /// What has gone out by now.
    pub fn take(&mut self, now_ms: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.waiting.front().is_some_and(|(at, _)| *at <= now_ms) {
            bytes.extend(self.waiting.pop_front().unwrap().1);
        }
        bytes
    }

    /// When the next of it goes out.
    pub fn next_ms(&self) -> Option<u64> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// Forgets what was not carried.
    pub fn cut(&mut self) {
        self.waiting.clear();
    }
}
