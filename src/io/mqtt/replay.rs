//! Events asked for once more: which are wanted, which are on the way, and what a lost connection means.

use std::collections::{BTreeSet, VecDeque};

use super::payload::ReplayRequest;

/// Facts that one request may span.
pub const REPLAY_FACTS_MAX: i64 = 100_000;
/// Requests that may wait.
const WAITING_MAX: usize = 16;
/// Events of a replay that are on the way: live events are never held up by more than these.
const WINDOW: usize = 50;

/// The requests, served one after the other.
#[derive(Debug, Default)]
pub(super) struct Replays {
    waiting: VecDeque<ReplayRequest>,
    flying: BTreeSet<u64>,
}

impl Replays {
    /// Takes a request that ends at the ledger's newest fact. Gives what to warn about.
    pub(super) fn ask(&mut self, request: ReplayRequest, head: i64) -> Option<String> {
        let from = request.from.max(1);
        let to = request.to.min(head);
        if from > to {
            return None;
        }
        if self.waiting.len() >= WAITING_MAX {
            return Some(format!(
                "the replay of {from} to {to} is dropped: {WAITING_MAX} replays wait already"
            ));
        }
        let last = to.min(from.saturating_add(REPLAY_FACTS_MAX - 1));
        self.waiting.push_back(ReplayRequest { from, to: last });
        (last < to).then(|| {
            format!(
                "the replay of {from} to {to} ends at {last}: one request gives {REPLAY_FACTS_MAX} facts, ask for the rest by another"
            )
        })
    }

    /// The facts wanted next, and how many of them at most.
    pub(super) fn next_wanted(&mut self) -> Option<(ReplayRequest, usize)> {
        self.forget_if_done();
        let room = WINDOW.checked_sub(self.flying.len()).filter(|room| *room > 0)?;
        self.waiting.front().filter(|request| request.from <= request.to).map(|request| (*request, room))
    }

    /// Every fact up to this one was handed over or makes no event.
    pub(super) fn passed(&mut self, seq: i64) {
        if let Some(request) = self.waiting.front_mut() {
            request.from = seq.saturating_add(1);
        }
    }

    /// The event of this fact is on the way.
    pub(super) fn handed_over(&mut self, seq: u64) {
        self.flying.insert(seq);
    }

    /// The broker confirmed it.
    pub(super) fn acked(&mut self, seq: u64) {
        self.flying.remove(&seq);
    }

    /// The connection is gone: what was on the way is wanted again.
    pub(super) fn lost(&mut self) {
        let oldest = self.flying.pop_first().and_then(|seq| i64::try_from(seq).ok());
        self.flying.clear();
        if let (Some(request), Some(oldest)) = (self.waiting.front_mut(), oldest) {
            request.from = oldest;
        }
    }

    /// A request stays in front until its last event is confirmed.
    fn forget_if_done(&mut self) {
        if self.flying.is_empty() && self.waiting.front().is_some_and(|request| request.from > request.to) {
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(replays: &mut Replays, from: i64, to: i64, head: i64) -> Option<String> {
        replays.ask(ReplayRequest { from, to }, head)
    }

    #[test]
    fn a_request_without_events_leaves_the_next_one_as_it_is() {
        let mut replays = Replays::default();
        asked(&mut replays, 1, 2, 9);
        asked(&mut replays, 1, 3, 9);
        replays.passed(1);
        replays.passed(2);
        assert_eq!(replays.next_wanted(), Some((ReplayRequest { from: 1, to: 3 }, WINDOW)));
    }

    #[test]
    fn a_request_is_served_to_its_end_also_over_a_lost_connection() {
        let mut replays = Replays::default();
        assert_eq!(asked(&mut replays, 0, 900, 4), None);
        assert_eq!(replays.next_wanted(), Some((ReplayRequest { from: 1, to: 4 }, WINDOW)));
        for seq in 1..=4 {
            replays.handed_over(seq);
            replays.passed(i64::try_from(seq).unwrap());
        }
        assert_eq!(replays.next_wanted(), None);
        replays.acked(1);
        replays.acked(3);
        replays.lost();
        assert_eq!(replays.next_wanted(), Some((ReplayRequest { from: 2, to: 4 }, WINDOW)));
        replays.passed(4);
        assert_eq!(replays.next_wanted(), None);
        assert!(replays.waiting.is_empty());
    }

    #[test]
    fn what_asks_for_too_much_is_cut_or_dropped_and_said() {
        let mut replays = Replays::default();
        let said = asked(&mut replays, 1, 300_000, 250_000).unwrap();
        assert!(said.contains("ends at 100000"), "{said}");
        assert_eq!(asked(&mut replays, 9, 9, 3), None, "nothing is there yet");
        for _ in 1..WAITING_MAX {
            assert_eq!(asked(&mut replays, 1, 2, 5), None);
        }
        assert!(asked(&mut replays, 1, 2, 5).unwrap().contains("dropped"));
    }
}
