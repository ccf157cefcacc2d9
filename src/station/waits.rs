//! Silences: which station waits for what, and until when.

use std::collections::BTreeMap;

use crate::domain::id::StationId;
use crate::domain::session::Wait;
use crate::time::MonoMs;

/// The waits of one station.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    turn: u64,
    idle_until: Option<MonoMs>,
    confirm_until: Option<MonoMs>,
}

/// The waits of every station.
#[derive(Debug, Clone, Default)]
pub struct Waits {
    stations: BTreeMap<StationId, Waiting>,
}

impl Waits {
    /// A station has answered: it waits so long for the next scan of its session and for the answer to its question.
    pub fn answered(
        &mut self,
        station: &StationId,
        turn: u64,
        idle_ms: Option<u64>,
        confirm_ms: Option<u64>,
        now: MonoMs,
    ) {
        let until = |ms: Option<u64>| ms.map(|ms| now.plus(ms));
        let waiting = Waiting { turn, idle_until: until(idle_ms), confirm_until: until(confirm_ms) };
        self.stations.insert(station.clone(), waiting);
    }

    /// When the next silence is long enough.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.stations.values().flat_map(|waiting| [waiting.idle_until, waiting.confirm_until]).flatten().min()
    }

    /// The silences that are long enough at `now`, each said once.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<(StationId, Wait, u64)> {
        let mut over = Vec::new();
        for (station, waiting) in &mut self.stations {
            let waits = [(&mut waiting.confirm_until, Wait::Confirm), (&mut waiting.idle_until, Wait::Idle)];
            for (until, wait) in waits {
                if until.is_some_and(|until| until <= now) {
                    *until = None;
                    over.push((station.clone(), wait, waiting.turn));
                }
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_silence_is_said_once_and_a_later_answer_starts_it_afresh() {
        let cage = StationId::parse("cage").unwrap();
        let mut waits = Waits::default();
        waits.answered(&cage, 1, Some(1_000), Some(200), MonoMs(0));
        assert_eq!(waits.poll_timeout(), Some(MonoMs(200)));
        assert_eq!(waits.handle_timeout(MonoMs(200)), [(cage.clone(), Wait::Confirm, 1)]);
        waits.answered(&cage, 2, Some(1_000), None, MonoMs(500));
        assert_eq!(waits.handle_timeout(MonoMs(1_200)), []);
        assert_eq!(waits.handle_timeout(MonoMs(1_500)), [(cage, Wait::Idle, 2)]);
        assert_eq!(waits.poll_timeout(), None);
    }
}
