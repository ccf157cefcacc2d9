//! Which retained topics are to be published, in which order and how fast.
//!
//! Only topics wait here: what a topic says is read from the ledger at the moment it is sent, so that any
//! number of changes to one thing while it waits become its newest state, once. The queue is bounded by the
//! number of things.

use std::collections::BTreeMap;

use crate::time::MonoMs;

/// One publish costs so many thousandths.
const TOKEN: u64 = 1000;

/// Whether somebody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It changed just now: before everything that is only brought up to date.
    Changed,
    /// It is brought up to date after a connect.
    Refresh,
}

type Rank = (Urgency, u64);

/// The retained topics that wait, and those handed over and not confirmed.
#[derive(Debug)]
pub struct Retained {
    ranks: BTreeMap<String, Rank>,
    order: BTreeMap<Rank, String>,
    in_flight: BTreeMap<String, Vec<Rank>>,
    marked: u64,
    per_s: u64,
    tokens: u64,
    counted_at: MonoMs,
}

impl Retained {
    /// At most `per_s` refreshes in a second (at least 1), after a first burst of as many. What changed just now
    /// is not counted: somebody waits for it, and there are no more of it than scans.
    pub fn new(per_s: u32, now: MonoMs) -> Self {
        let per_s = u64::from(per_s.max(1));
        Self {
            ranks: BTreeMap::new(),
            order: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            marked: 0,
            per_s,
            tokens: per_s * TOKEN,
            counted_at: now,
        }
    }

    /// Topics that wait.
    pub fn waiting(&self) -> usize {
        self.order.len()
    }

    /// Whether this topic waits or is handed over and not confirmed.
    pub fn is_pending(&self, topic: &str) -> bool {
        self.ranks.contains_key(topic) || self.in_flight.contains_key(topic)
    }

    /// This topic has something new to say. Where it waits already it keeps its place or gets a better one.
    pub fn mark(&mut self, topic: &str, urgency: Urgency) {
        self.marked += 1;
        self.enqueue(topic, (urgency, self.marked));
    }

    fn enqueue(&mut self, topic: &str, rank: Rank) {
        match self.ranks.get(topic) {
            Some(waiting) if *waiting <= rank => return,
            Some(waiting) => self.order.remove(waiting),
            None => None,
        };
        self.ranks.insert(topic.to_owned(), rank);
        self.order.insert(rank, topic.to_owned());
    }

    /// The topic to publish now, if one waits and the rate allows it. It counts as handed over: say what
    /// became of it by [`Self::acked`], [`Self::lost`] or, where the connection took it not, [`Self::put_back`].
    /// Ask only when no event is to be sent: events go first.
    pub fn take(&mut self, now: MonoMs) -> Option<String> {
        self.count(now);
        let ((urgency, _), _) = self.order.first_key_value()?;
        self.tokens = self.tokens.checked_sub(price(*urgency))?;
        let (rank, topic) = self.order.pop_first()?;
        self.ranks.remove(&topic);
        self.in_flight.entry(topic.clone()).or_default().push(rank);
        Some(topic)
    }

    fn count(&mut self, now: MonoMs) {
        let gained = now.since(self.counted_at).saturating_mul(self.per_s);
        self.tokens = self.tokens.saturating_add(gained).min(self.per_s * TOKEN);
        self.counted_at = self.counted_at.max(now);
    }

    /// When [`Self::take`] is worth asking next; `None` while nothing waits.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        let ((urgency, _), _) = self.order.first_key_value()?;
        let missing = price(*urgency).saturating_sub(self.tokens);
        Some(self.counted_at.plus(missing.div_ceil(self.per_s)))
    }

    /// The connection did not take it: it waits again, where it was, and the rate is not charged.
    pub fn put_back(&mut self, topic: &str) {
        let rank = self.in_flight.get_mut(topic).and_then(Vec::pop);
        self.forget_if_empty(topic);
        if let Some(rank) = rank {
            self.enqueue(topic, rank);
            self.tokens = self.tokens.saturating_add(price(rank.0));
        }
    }

    /// The broker confirmed one publish of this topic.
    pub fn acked(&mut self, topic: &str) {
        if let Some(ranks) = self.in_flight.get_mut(topic)
            && !ranks.is_empty()
        {
            ranks.remove(0);
        }
        self.forget_if_empty(topic);
    }

    fn forget_if_empty(&mut self, topic: &str) {
        if self.in_flight.get(topic).is_some_and(Vec::is_empty) {
            self.in_flight.remove(topic);
        }
    }

    /// The connection is gone: what was not confirmed waits again where it was, so that the work goes on
    /// where it stopped.
    pub fn lost(&mut self) {
        for (topic, ranks) in std::mem::take(&mut self.in_flight) {
            for rank in ranks {
                self.enqueue(&topic, rank);
            }
        }
    }
}

fn price(urgency: Urgency) -> u64 {
    match urgency {
        Urgency::Changed => 0,
        Urgency::Refresh => TOKEN,
    }
}
