//! The machine's clocks, read here and nowhere else.

#![allow(clippy::disallowed_methods, reason = "the one module that reads clocks")]

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::config::ClockTrust;
use crate::time::{MonoMs, UtcMs};

/// Microseconds of possible error at which the kernel counts its clock as not synchronised; also its value
/// after boot, before any time server has been heard (`NTP_PHASE_LIMIT` in the kernel's `timex.h`).
const MAX_ERROR_US: libc::c_long = 16_000_000;

/// Where `cagekeeper-clock.service` says that the clock is right, for as long as it is. Its folder belongs to root.
const WITNESS: &str = "/run/cagekeeper-clock/synchronised";

/// Reads the two times. Made once when the program starts: [`MonoMs`] counts from there.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    trust: ClockTrust,
}

impl Clock {
    /// Starts the count of [`MonoMs`]. `trust` says whose word on the synchronisation counts.
    pub fn start(trust: ClockTrust) -> Self {
        Self { started: Instant::now(), trust }
    }

    /// Milliseconds since [`Self::start`]. Time in which the machine was suspended does not count.
    pub fn mono(&self) -> MonoMs {
        MonoMs(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// What the machine takes for the date, in milliseconds since 1970.
    pub fn utc(&self) -> UtcMs {
        let now = SystemTime::now();
        let (sign, distance) = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => (1, after),
            Err(before) => (-1, before.duration()),
        };
        UtcMs(sign * i64::try_from(distance.as_millis()).unwrap_or(i64::MAX))
    }

    /// Whether [`Self::utc`] can be believed: what the kernel says, unless the configuration says it.
    ///
    /// A sandbox may forbid `adjtimex` even for reading (systemd's `ProtectClock=`). Then another process is believed,
    /// which may read and does nothing else; where there is none, this is false.
    pub fn synchronised(&self) -> bool {
        match self.trust {
            ClockTrust::Fixed(trusted) => trusted,
            ClockTrust::Kernel => synchronised_by_kernel().unwrap_or_else(|| Path::new(WITNESS).exists()),
        }
    }
}

/// Whether the kernel counts its clock as synchronised; `None` where this process may not ask.
pub fn synchronised_by_kernel() -> Option<bool> {
    kernel_error_us().map(|error_us| error_us < MAX_ERROR_US)
}

/// The kernel's bound on the error of its clock, in microseconds.
///
/// The bound and not the flag `STA_UNSYNC`: time servers such as chrony leave that flag set to keep the
/// kernel away from the battery clock, while the bound is small only after a time server was heard.
#[expect(unsafe_code, reason = "adjtimex has no safe wrapper here; with modes = 0 it only reads")]
fn kernel_error_us() -> Option<libc::c_long> {
    // SAFETY: `timex` is plain data for which all zeroes is a value, and the pointer outlives the call.
    let (state, timex) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut timex), timex)
    };
    (state >= 0).then_some(timex.maxerror)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_overrules_the_kernel() {
        assert!(Clock::start(ClockTrust::Fixed(true)).synchronised());
        assert!(!Clock::start(ClockTrust::Fixed(false)).synchronised());
    }

    #[test]
    fn the_kernel_states_a_possible_error() {
        // Refused only in a sandbox that forbids the call.
        if let Some(error_us) = kernel_error_us() {
            assert!((0..=MAX_ERROR_US).contains(&error_us), "{error_us}");
        }
    }

    #[test]
    fn the_count_begins_at_the_start_and_the_date_is_of_this_century() {
        let clock = Clock::start(ClockTrust::Kernel);
        let first = clock.mono();
        assert!(first.0 < 60_000);
        assert!(clock.mono() >= first);
        assert!(clock.utc() > UtcMs::parse_rfc3339("2001-01-01T00:00:00Z").unwrap());
    }
}
