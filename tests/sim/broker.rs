//! A pretend broker and the connection to it: late, away, forgetful, and twice where it likes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cagekeeper::ledger::question::Reader;
use cagekeeper::outbox::{Confirmed, Outbox, WINDOW};

use super::dice::Dice;

/// Facts that are offered at once.
const AT_ONCE: u32 = 20;

pub struct Broker {
    outbox: Outbox,
    unsent: VecDeque<(u64, String)>,
    in_flight: BTreeMap<u16, u64>,
    pkid: u16,
    away_until_ms: u64,
    late_until_ms: u64,
    /// What subscribers got, by the event's id, and how often.
    pub heard: BTreeMap<String, u32>,
    confirmed: BTreeSet<u64>,
}

impl Broker {
    pub fn new() -> Self {
        Self {
            outbox: Outbox::new(0),
            unsent: VecDeque::new(),
            in_flight: BTreeMap::new(),
            pkid: 0,
            away_until_ms: 0,
            late_until_ms: 0,
            heard: BTreeMap::new(),
            confirmed: BTreeSet::new(),
        }
    }

    /// The program started again: what it knows is what the ledger kept.
    pub fn program_started(&mut self, cursor: i64) {
        self.outbox = Outbox::new(cursor.cast_unsigned());
        self.unsent.clear();
        self.in_flight.clear();
    }

    pub fn away(&mut self, until_ms: u64) {
        self.away_until_ms = until_ms;
        self.lost();
    }

    pub fn late(&mut self, until_ms: u64) {
        self.late_until_ms = until_ms;
    }

    /// The connection is gone, with all that was on its way.
    pub fn lost(&mut self) {
        self.outbox.lost();
        self.unsent.clear();
        self.in_flight.clear();
    }

    pub fn heal(&mut self) {
        (self.away_until_ms, self.late_until_ms) = (0, 0);
    }

    pub fn cursor(&self) -> i64 {
        self.outbox.cursor().cast_signed()
    }

    /// One turn of the connection: offer, write, confirm some.
    pub fn turn(&mut self, ledger: &Reader, now_ms: u64, dice: &mut Dice) {
        if now_ms < self.away_until_ms {
            return;
        }
        self.offer(ledger);
        self.write(dice);
        if now_ms >= self.late_until_ms {
            self.confirm(dice);
        }
        assert!(self.outbox.waiting() <= WINDOW, "the outbox holds {} events", self.outbox.waiting());
        assert!(
            self.outbox.unconfirmed() <= WINDOW,
            "{} messages are on their way",
            self.outbox.unconfirmed()
        );
    }

    fn offer(&mut self, ledger: &Reader) {
        while let Some(after) = self.outbox.next_wanted() {
            let facts = ledger.facts_after(after.cast_signed(), AT_ONCE).unwrap();
            for fact in &facts {
                let seq = fact.seq.cast_unsigned();
                if !fact.is_event() {
                    self.outbox.skip(seq).unwrap();
                } else if self.outbox.next_wanted().is_some() {
                    self.outbox.offer(seq).unwrap();
                    self.unsent.push_back((seq, fact.event_id()));
                } else {
                    return;
                }
            }
            if facts.is_empty() {
                return;
            }
        }
    }

    fn write(&mut self, dice: &mut Dice) {
        while let Some((seq, event)) = self.unsent.pop_front() {
            self.pkid = self.pkid % 1_000 + 1;
            self.outbox.sent(self.pkid).unwrap();
            self.in_flight.insert(self.pkid, seq);
            *self.heard.entry(event).or_default() += if dice.chance(5) { 2 } else { 1 };
        }
    }

    fn confirm(&mut self, dice: &mut Dice) {
        let mut waiting: Vec<u16> = self.in_flight.keys().copied().collect();
        while !waiting.is_empty() && dice.chance(80) {
            let pkid = waiting.swap_remove(dice.index(waiting.len()));
            let seq = self.in_flight.remove(&pkid).unwrap();
            self.confirmed.insert(seq);
            let before = self.outbox.cursor();
            let Some(Confirmed::Event { cursor }) = self.outbox.acked(pkid) else {
                panic!("the outbox does not know that it sent fact {seq} as {pkid}")
            };
            assert_eq!(cursor.unwrap_or(before), self.outbox.cursor());
            if dice.chance(5) {
                assert_eq!(self.outbox.acked(pkid), None, "a second confirmation is none");
            }
        }
    }

    /// The cursor never passes an event that no broker has confirmed.
    pub fn check(&self, ledger: &Reader) {
        let facts = ledger.facts_after(0, u32::MAX).unwrap();
        let passed = facts.iter().filter(|fact| fact.seq <= self.cursor() && fact.is_event());
        for fact in passed {
            assert!(
                self.confirmed.contains(&fact.seq.cast_unsigned()),
                "the cursor passed fact {}",
                fact.seq
            );
            assert!(self.heard.contains_key(&fact.event_id()), "nobody heard of fact {}", fact.seq);
        }
    }
}
