//! The two times of the product, never mixed.
//!
//! [`MonoMs`] counts since the program started and measures waits: debounce, time-outs, back-off.
//! [`UtcMs`] is what people read and what facts carry. Both are arguments; only `io::clock` makes them.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since the program started. Never goes back, says nothing about the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct MonoMs(pub u64);

impl MonoMs {
    /// This moment and `ms` milliseconds.
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment, 0 where `earlier` is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// This moment and `ms` milliseconds (which may be negative).
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative where `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment as chrono's type. Moments that chrono cannot hold become its epoch.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Parses RFC 3339 with any offset.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_millis()))
    }
}

impl fmt::Display for UtcMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for UtcMs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcMs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("expected an RFC 3339 time, found {text:?}")))
    }
}

/// Both times at one moment, and whether the date can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// For waits.
    pub mono: MonoMs,
    /// For people and facts.
    pub utc: UtcMs,
    /// False while the machine's clock is not synchronised: `utc` is then counted on from the last fact.
    pub trusted: bool,
}

/// Makes the ledger's time from what the machine says, also while its clock is not to be believed.
///
/// A Raspberry Pi has no battery clock: until it has heard from a time server its date is wrong. Until
/// then time is the last fact's time plus what the monotonic clock has counted since the start.
#[derive(Debug, Clone, Copy)]
pub struct Timekeeper {
    last_fact_at: Option<UtcMs>,
}

impl Timekeeper {
    /// `last_fact_at` is the time of the newest fact in the ledger when the program started.
    pub fn new(last_fact_at: Option<UtcMs>) -> Self {
        Self { last_fact_at }
    }

    /// `machine_utc` and `mono` are read at one moment; `synchronised` is what the kernel or the
    /// configuration says of the clock.
    pub fn now(&self, mono: MonoMs, machine_utc: UtcMs, synchronised: bool) -> Now {
        if synchronised {
            return Now { mono, utc: machine_utc, trusted: true };
        }
        let counted_ms = i64::try_from(mono.0).unwrap_or(i64::MAX);
        let utc = self.last_fact_at.map_or(machine_utc, |at| at.plus(counted_ms));
        Now { mono, utc, trusted: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsynchronised_clock_counts_on_from_the_last_fact() {
        let keeper = Timekeeper::new(Some(UtcMs(1_000_000)));
        let now = keeper.now(MonoMs(500), UtcMs(0), false);
        assert_eq!(now, Now { mono: MonoMs(500), utc: UtcMs(1_000_500), trusted: false });
        let later = keeper.now(MonoMs(900), UtcMs(5_000_000), true);
        assert_eq!(later, Now { mono: MonoMs(900), utc: UtcMs(5_000_000), trusted: true });
    }

    #[test]
    fn times_are_written_with_milliseconds_and_read_back() {
        let at = UtcMs::parse_rfc3339("2026-11-23T09:14:03.512+01:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T08:14:03.512Z");
        assert_eq!(serde_json::from_str::<UtcMs>(&serde_json::to_string(&at).unwrap()).unwrap(), at);
    }
}
