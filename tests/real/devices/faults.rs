//! What goes wrong with a reader for a while, and a life among it: whatever it was, each tag is scanned once a visit.

use cagekeeper::wire::poll::Standing;
use proptest::prelude::*;

use super::bench::Bench;
use super::{Device, Knobs, hex};

/// What goes wrong for a while.
#[derive(Debug, Clone)]
pub enum Fault {
    Silent,
    Power,
    Wrong(u32),
    Stale(u32),
    Slow(u64),
    Throttled,
    Unplugged,
}

/// A fault with when it begins in its slot of time and how long it lasts, in milliseconds.
pub type Timed = (u64, u64, Fault);

/// Up to 19 faults. Only readers with a radio that the law regulates are throttled.
pub fn faults(may_throttle: bool) -> impl Strategy<Value = Vec<Timed>> {
    let mut kinds = vec![
        Just(Fault::Silent).boxed(),
        Just(Fault::Power).boxed(),
        (2_u32..6).prop_map(Fault::Wrong).boxed(),
        (1_u32..6).prop_map(Fault::Stale).boxed(),
        (1_u64..400).prop_map(Fault::Slow).boxed(),
        Just(Fault::Unplugged).boxed(),
    ];
    if may_throttle {
        kinds.push(Just(Fault::Throttled).boxed());
    }
    prop::collection::vec((0_u64..5_000, 1_u64..2_500, prop::strategy::Union::new(kinds)), 1..20)
}

impl<D: Device> Bench<D> {
    fn suffer(&mut self, fault: &Fault, for_ms: u64) {
        match fault {
            Fault::Silent => self.device.knobs().silent = true,
            Fault::Power => self.device.lose_power(self.now_ms),
            Fault::Wrong(every) => self.device.knobs().wrong_every = *every,
            Fault::Stale(every) => self.device.knobs().stale_every = *every,
            Fault::Slow(ms) => self.device.knobs().slow_ms = *ms,
            Fault::Throttled => self.device.knobs().throttled = true,
            Fault::Unplugged => self.unplug(),
        }
        self.run_for(for_ms);
        let tags = std::mem::take(&mut self.device.knobs().tags);
        *self.device.knobs() = Knobs { tags, ..Knobs::default() };
        if matches!(fault, Fault::Unplugged) {
            self.plug();
        }
    }

    /// Faults of every kind, one in each slot of `slot_ms`, which is longer than a fault and the recovery from it; tags
    /// come and go every third slot, for three slots.
    pub fn live(&mut self, tags: &[Vec<u8>], slot_ms: u64, faults: &[Timed]) -> Result<(), TestCaseError> {
        let mut expected: Vec<String> = Vec::new();
        for (slot, (start_ms, for_ms, fault)) in faults.iter().enumerate() {
            let begin = self.now_ms;
            if slot % 3 == 0 {
                let there = slot % 6 == 0;
                self.device.knobs().tags = if there { tags.to_vec() } else { Vec::new() };
                expected.extend(tags.iter().filter(|_| there).map(|tag| hex(tag)));
            }
            self.run_until(begin + start_ms);
            self.suffer(fault, *for_ms);
            self.run_until(begin + slot_ms);
            prop_assert_eq!(self.standing(), &Standing::Asking, "slot {}: {:?}", slot, self.standings);
        }
        expected.sort();
        prop_assert_eq!(self.sorted(), expected);
        prop_assert!(self.sent < self.now_ms / 10, "{} commands in {} ms", self.sent, self.now_ms);
        Ok(())
    }
}
