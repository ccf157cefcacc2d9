//! A reader against a lane, with a clock that jumps to the next moment at which anything happens.

use cagekeeper::station::lane::{Effect, Lane, LaneSetup};
use cagekeeper::time::MonoMs;
use cagekeeper::wire::poll::Standing;

use super::Device;

/// The reader, the lane, and what came of it.
pub struct Bench<D> {
    pub device: D,
    pub lane: Lane,
    pub now_ms: u64,
    /// Each scan, with its time.
    pub scans: Vec<(u64, String)>,
    /// Each change of how the asking goes.
    pub standings: Vec<(u64, Standing)>,
    /// How many commands were sent.
    pub sent: u64,
    plugged: bool,
}

impl<D: Device> Bench<D> {
    /// A reader that was just plugged in.
    pub fn new(device: D, setup: LaneSetup) -> Self {
        let lane = Lane::new(setup, [7; 16]);
        let mut bench = Self {
            device,
            lane,
            now_ms: 0,
            scans: Vec::new(),
            standings: Vec::new(),
            sent: 0,
            plugged: false,
        };
        bench.plug();
        bench
    }

    pub fn plug(&mut self) {
        self.device.lose_power(self.now_ms);
        self.plugged = true;
        let effects = self.lane.plugged(None, MonoMs(self.now_ms)).unwrap();
        self.take(effects);
    }

    pub fn unplug(&mut self) {
        self.plugged = false;
        let effects = self.lane.unplugged(false, MonoMs(self.now_ms));
        self.take(effects);
    }

    /// Lets time pass.
    pub fn run_until(&mut self, until_ms: u64) {
        loop {
            let lane = self.lane.poll_timeout().map(|at| at.0);
            let device = self.device.next_ms().filter(|_| self.plugged);
            let next = lane.into_iter().chain(device).min().filter(|next| *next <= until_ms);
            let Some(next) = next else { break };
            self.now_ms = self.now_ms.max(next);
            self.hear(&[]);
            let effects = self.lane.handle_timeout(MonoMs(self.now_ms));
            self.take(effects);
        }
        self.now_ms = self.now_ms.max(until_ms);
    }

    pub fn run_for(&mut self, ms: u64) {
        self.run_until(self.now_ms + ms);
    }

    /// What was scanned, without times.
    pub fn payloads(&self) -> Vec<&str> {
        self.scans.iter().map(|(_, payload)| payload.as_str()).collect()
    }

    /// What was scanned, in the order of the alphabet.
    pub fn sorted(&self) -> Vec<String> {
        let mut payloads: Vec<String> = self.scans.iter().map(|(_, payload)| payload.clone()).collect();
        payloads.sort();
        payloads
    }

    /// How the asking goes now.
    pub fn standing(&self) -> &Standing {
        &self.standings.last().expect("a standing").1
    }

    fn hear(&mut self, bytes: &[u8]) {
        if !self.plugged {
            return;
        }
        let said = self.device.handle(bytes, self.now_ms);
        if !said.is_empty() {
            let effects = self.lane.handle(&said, MonoMs(self.now_ms));
            self.take(effects);
        }
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Scan { payload, .. } => self.scans.push((self.now_ms, payload)),
                Effect::Standing(standing) => self.standings.push((self.now_ms, standing)),
                Effect::Send(outgoing) => {
                    self.sent += 1;
                    self.hear(outgoing.bytes());
                }
                Effect::Repeats { .. } | Effect::Rejected(_) | Effect::Seen(_) => {}
            }
        }
    }
}
