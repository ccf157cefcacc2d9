//! A poller with its decoder, and whoever plays the device speaks hex.

use super::{PollSetup, Poller};
use crate::time::MonoMs;
use crate::wire::decode::parse_hex;
use crate::wire::{Decoder, Protocol, Setup};

pub(super) struct Bench {
    pub(super) poller: Poller,
    pub(super) decoder: Decoder,
    pub(super) now: MonoMs,
}

impl Bench {
    /// The device has just been plugged in.
    pub(super) fn new(protocol: Protocol, setup: &PollSetup) -> Self {
        let mut poller = Poller::new(protocol, setup).unwrap();
        poller.plugged(MonoMs(0));
        Self { poller, decoder: Decoder::new(&Setup::of(protocol)).unwrap(), now: MonoMs(0) }
    }

    /// What goes to the device next, as hex; the clock goes there.
    pub(super) fn sent(&mut self) -> String {
        loop {
            self.now = self.now.max(self.poller.poll_timeout().unwrap());
            if let Some(bytes) = self.poller.poll(self.now) {
                self.decoder.awaiting(self.poller.awaiting());
                return bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            }
        }
    }

    /// What the device says now.
    pub(super) fn hear(&mut self, hex: &str) {
        for decoded in self.decoder.handle(&parse_hex("test", hex).unwrap(), self.now) {
            self.poller.hear(&decoded, self.now);
        }
    }
}
