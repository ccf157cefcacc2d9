//! Up to which fact the broker has the state of every thing.
//!
//! A thing that changed is owed from the number of the fact on until the broker has confirmed a state that was read
//! after it. What is owed least far back is how far the broker is: that number goes into `info`, and a later
//! connect, of this process or the next, continues there.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fact::Subject;
use crate::outbox::{Retained, Urgency};
use crate::time::MonoMs;

/// The states that are owed to the broker, by the subject's text.
#[derive(Debug)]
pub(super) struct Upkeep {
    retained: Retained,
    owed: BTreeMap<String, i64>,
    by_seq: BTreeSet<(i64, String)>,
    marked: i64,
    refresh_through: i64,
    per_s: u32,
}

impl Upkeep {
    /// Nothing is known to be with the broker.
    pub(super) fn new(per_s: u32, now: MonoMs) -> Self {
        Self {
            retained: Retained::new(per_s, now),
            owed: BTreeMap::new(),
            by_seq: BTreeSet::new(),
            marked: 0,
            refresh_through: 0,
            per_s,
        }
    }

    /// Begins anew at a broker that has the states up to `told`; what changed from there to `head` is a refresh.
    pub(super) fn begin(&mut self, told: i64, head: i64, now: MonoMs) {
        *self = Self { marked: told, refresh_through: head, ..Self::new(self.per_s, now) };
    }

    /// Whether what is marked next is older than the connection.
    pub(super) fn is_refreshing(&self) -> bool {
        self.marked < self.refresh_through
    }

    /// Subjects that changed up to here are marked.
    pub(super) fn marked(&self) -> i64 {
        self.marked
    }

    /// Everything up to `seq` is marked, also where nothing of it has a topic.
    pub(super) fn marked_through(&mut self, seq: i64) {
        self.marked = self.marked.max(seq);
    }

    /// Up to here the broker has confirmed the state of every thing.
    pub(super) fn told(&self) -> i64 {
        self.by_seq.first().map_or(self.marked, |(seq, _)| seq - 1)
    }

    /// A subject changed with this fact.
    pub(super) fn mark(&mut self, seq: i64, subject: &Subject, urgency: Urgency) {
        self.marked = self.marked.max(seq);
        if !matches!(subject, Subject::Asset(_) | Subject::Kit(_) | Subject::Stock(_)) {
            return;
        }
        let subject = subject.to_string();
        self.retained.mark(&subject, urgency);
        if !self.owed.contains_key(&subject) {
            self.by_seq.insert((seq, subject.clone()));
            self.owed.insert(subject, seq);
        }
    }

    /// The subject whose state is to be published now, if one is.
    pub(super) fn take(&mut self, now: MonoMs) -> Option<String> {
        self.retained.take(now)
    }

    /// The connection did not take it.
    pub(super) fn put_back(&mut self, subject: &str) {
        self.retained.put_back(subject);
    }

    /// The broker confirmed a state of this subject, or there is none to publish.
    pub(super) fn acked(&mut self, subject: &str) {
        self.retained.acked(subject);
        if !self.retained.is_pending(subject)
            && let Some((subject, seq)) = self.owed.remove_entry(subject)
        {
            self.by_seq.remove(&(seq, subject));
        }
    }

    /// When [`Self::take`] is worth asking next.
    pub(super) fn poll_timeout(&self) -> Option<MonoMs> {
        self.retained.poll_timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: MonoMs = MonoMs(0);

    fn subject(text: &str) -> Subject {
        Subject::parse(text).unwrap()
    }

    #[test]
    fn what_is_told_waits_for_the_oldest_that_is_owed() {
        let mut upkeep = Upkeep::new(100, NOW);
        upkeep.begin(4, 9, NOW);
        assert_eq!((upkeep.told(), upkeep.is_refreshing()), (4, true));
        upkeep.mark(6, &subject("asset/a"), Urgency::Refresh);
        upkeep.mark(8, &subject("kit/b"), Urgency::Refresh);
        upkeep.mark(9, &subject("person/p"), Urgency::Refresh);
        assert_eq!((upkeep.told(), upkeep.marked(), upkeep.is_refreshing()), (5, 9, false));
        assert_eq!(upkeep.take(NOW).as_deref(), Some("asset/a"));
        assert_eq!(upkeep.take(NOW).as_deref(), Some("kit/b"));
        upkeep.acked("kit/b");
        assert_eq!(upkeep.told(), 5);
        upkeep.acked("asset/a");
        assert_eq!(upkeep.told(), 9, "a person has no topic");
    }

    #[test]
    fn a_thing_that_changes_while_its_state_is_on_the_way_stays_owed() {
        let mut upkeep = Upkeep::new(100, NOW);
        upkeep.mark(1, &subject("asset/a"), Urgency::Changed);
        assert_eq!(upkeep.take(NOW).as_deref(), Some("asset/a"));
        upkeep.mark(2, &subject("asset/a"), Urgency::Changed);
        upkeep.acked("asset/a");
        assert_eq!(upkeep.told(), 0);
        assert_eq!(upkeep.take(NOW).as_deref(), Some("asset/a"));
        upkeep.acked("asset/a");
        assert_eq!(upkeep.told(), 2);
    }
}
