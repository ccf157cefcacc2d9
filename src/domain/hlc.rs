//! The hybrid logical clock: one order for facts of many sites, near to wall time where that can be trusted.
//!
//! 48 bits of milliseconds, 16 bits of counter. It never goes back, and an untrusted clock never pulls it forward:
//! it then counts up, and the counter carries into the milliseconds.

use crate::time::Now;

const COUNTER_BITS: u32 = 16;
/// The last millisecond that fits beside the counter in a positive 64-bit number: the year 6429.
const LAST_MS: i64 = (1 << 47) - 1;

/// A moment of the hybrid clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Hlc(pub i64);

impl Hlc {
    /// The next moment after `self` at `now`.
    pub fn next(self, now: &Now) -> Self {
        let counted = self.0.saturating_add(1);
        if !now.trusted {
            return Self(counted);
        }
        Self(counted.max(now.utc.0.clamp(0, LAST_MS) << COUNTER_BITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MonoMs, UtcMs};

    fn at(ms: i64, trusted: bool) -> Now {
        Now { mono: MonoMs(0), utc: UtcMs(ms), trusted }
    }

    #[test]
    fn it_follows_a_trusted_clock_and_never_an_untrusted_one() {
        let first = Hlc::default().next(&at(5, true));
        assert_eq!(first, Hlc(5 << 16));
        assert_eq!(first.next(&at(4, true)), Hlc((5 << 16) + 1), "a step back only counts");
        assert_eq!(first.next(&at(9_999, false)), Hlc((5 << 16) + 1), "an untrusted clock only counts");
    }

    #[test]
    fn the_counter_carries_into_the_milliseconds() {
        let full = Hlc((5 << 16) | 0xffff);
        assert_eq!(full.next(&at(5, true)), Hlc(6 << 16));
    }
}
