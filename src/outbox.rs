//! What was handed to the broker and what it has confirmed: the ledger is the queue, this is its cursor. Pure.
//!
//! Events are offered in ledger order, at most [`WINDOW`] at a time. The cursor is the contiguous low-water
//! mark of their PUBACKs: everything up to it was confirmed or makes no event, and nothing beyond it needs to
//! be remembered over a restart. When the connection is lost, everything in flight is forgotten and offered
//! again from the cursor; the receivers know repeats by the event's id.
//!
//! The client library gives a packet id only when it writes a message, so ids are matched in the order in
//! which messages were handed over: [`Outbox::sent`] takes the oldest message that has none. Everything that
//! is published over the same connection must therefore be told to the outbox, events or not.

use std::collections::{BTreeMap, VecDeque};

mod retained;

pub use retained::{Retained, Urgency};

/// The most events that are with the broker and not confirmed.
pub const WINDOW: usize = 100;

/// A message that was handed to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The event of the fact with this sequence number.
    Event(u64),
    /// The state of a thing, by its topic.
    Retained(String),
    /// The event of this fact, once more because somebody asked. It moves no cursor.
    Replayed(u64),
    /// A reply, sent once: a signal, a result. Lost with its connection.
    Reply,
}

/// What a PUBACK confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// An event. The cursor where it moved: save it, lazily.
    Event {
        /// The new cursor.
        cursor: Option<u64>,
    },
    /// A retained topic: tell [`Retained::acked`].
    Retained(String),
    /// The event of this fact, asked for once more.
    Replayed(u64),
    /// A reply.
    Reply,
}

/// A fact was offered out of order; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("fact {seq} was offered to the outbox after fact {considered}: facts are offered in ledger order")]
pub struct OutOfOrder {
    /// The fact offered.
    pub seq: u64,
    /// The newest fact offered or skipped before.
    pub considered: u64,
}

/// The connection and the outbox disagree on what was sent: drop the connection and call [`Outbox::lost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the MQTT client sent a message with packet id {pkid} that was not handed to it, or used the id twice"
)]
pub struct Confused {
    /// The packet id it reported.
    pub pkid: u16,
}

/// An offered event and the facts without event that follow it.
#[derive(Debug)]
struct Offered {
    seq: u64,
    /// The newest fact that the cursor passes together with this event.
    through: u64,
    acked: bool,
}

/// The low-water mark and the correlation of packet ids.
#[derive(Debug)]
pub struct Outbox {
    cursor: u64,
    offered: VecDeque<Offered>,
    unsent: VecDeque<Message>,
    in_flight: BTreeMap<u16, Message>,
}

impl Outbox {
    /// `cursor` is the sequence number up to which the broker is known to have everything; 0 for nothing.
    pub fn new(cursor: u64) -> Self {
        Self { cursor, offered: VecDeque::new(), unsent: VecDeque::new(), in_flight: BTreeMap::new() }
    }

    /// Everything up to this sequence number was confirmed or makes no event.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Events handed over and not confirmed, or confirmed behind one that is not.
    pub fn waiting(&self) -> usize {
        self.offered.len()
    }

    /// Messages of every kind that were handed over and not confirmed.
    pub fn unconfirmed(&self) -> usize {
        self.unsent.len() + self.in_flight.len()
    }

    /// The facts after this sequence number are wanted next; `None` while the window is full.
    pub fn next_wanted(&self) -> Option<u64> {
        (self.offered.len() < WINDOW).then(|| self.considered())
    }

    fn considered(&self) -> u64 {
        self.offered.back().map_or(self.cursor, |last| last.through)
    }

    fn in_order(&self, seq: u64) -> Result<(), OutOfOrder> {
        let considered = self.considered();
        if seq > considered { Ok(()) } else { Err(OutOfOrder { seq, considered }) }
    }

    /// The event of this fact was handed to the connection.
    pub fn offer(&mut self, seq: u64) -> Result<(), OutOfOrder> {
        self.in_order(seq)?;
        self.offered.push_back(Offered { seq, through: seq, acked: false });
        self.unsent.push_back(Message::Event(seq));
        Ok(())
    }

    /// This fact makes no event. Gives the new cursor where nothing before it is waiting.
    pub fn skip(&mut self, seq: u64) -> Result<Option<u64>, OutOfOrder> {
        self.in_order(seq)?;
        match self.offered.back_mut() {
            Some(last) => last.through = seq,
            None => self.cursor = seq,
        }
        Ok(self.offered.is_empty().then_some(seq))
    }

    /// A retained topic or a reply was handed to the connection.
    pub fn handed_over_retained(&mut self, topic: String) {
        self.unsent.push_back(Message::Retained(topic));
    }

    /// The event of this fact was handed to the connection once more.
    pub fn handed_over_replayed(&mut self, seq: u64) {
        self.unsent.push_back(Message::Replayed(seq));
    }

    /// A reply was handed to the connection.
    pub fn handed_over_reply(&mut self) {
        self.unsent.push_back(Message::Reply);
    }

    /// The connection wrote the oldest message that had no packet id, with this one.
    pub fn sent(&mut self, pkid: u16) -> Result<(), Confused> {
        if self.in_flight.contains_key(&pkid) {
            return Err(Confused { pkid });
        }
        let message = self.unsent.pop_front().ok_or(Confused { pkid })?;
        self.in_flight.insert(pkid, message);
        Ok(())
    }

    /// The broker confirmed this packet id. `None` for an id that is not in flight.
    pub fn acked(&mut self, pkid: u16) -> Option<Confirmed> {
        Some(match self.in_flight.remove(&pkid)? {
            Message::Event(seq) => Confirmed::Event { cursor: self.confirm(seq) },
            Message::Retained(topic) => Confirmed::Retained(topic),
            Message::Replayed(seq) => Confirmed::Replayed(seq),
            Message::Reply => Confirmed::Reply,
        })
    }

    fn confirm(&mut self, seq: u64) -> Option<u64> {
        let place = self.offered.binary_search_by_key(&seq, |offered| offered.seq).ok()?;
        self.offered.get_mut(place)?.acked = true;
        let before = self.cursor;
        while let Some(done) = self.offered.pop_front_if(|first| first.acked) {
            self.cursor = done.through;
        }
        (self.cursor != before).then_some(self.cursor)
    }

    /// The connection is gone: nothing is in flight any more, and the facts after the cursor are wanted again.
    /// Tell [`Retained::lost`] as well.
    pub fn lost(&mut self) {
        self.offered.clear();
        self.unsent.clear();
        self.in_flight.clear();
    }
}

#[cfg(test)]
mod tests;
