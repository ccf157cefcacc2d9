//! A reader's end of the channel: events, credits, health and log lines are made in one place.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};

use super::health::{Health, State};
use super::{Chunk, Credit, ReaderEvent};
use crate::domain::id::ReaderId;
use crate::io::clock::Clock;
use crate::time::MonoMs;
use crate::wire::Outgoing;
use crate::wire::satellite::Heard;

/// What may wait to be sent to one device.
const OUTGOING_MAX: usize = 64;
/// Chunks of one reader that may be undecided at a time.
pub(super) const CREDITS: usize = 2;

/// Back-off between attempts to open a device. A replug is noticed within about the longest of them.
const BACKOFF_FIRST_MS: u64 = 100;
const BACKOFF_LAST_MS: u64 = 1_000;
/// The longest where the kernel gives notice of a device: only what it does not tell is still looked for.
const BACKOFF_TOLD_LAST_MS: u64 = 5_000;

/// A device that cannot be used is no news before: udev hands over what has just been plugged in.
const ABSENCE_MS: u64 = 2_000;

/// The daemon no longer listens: the reader ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// Why a device could not be opened, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is not there.
    Missing(String),
    /// It is there and cannot be used.
    Unusable(String),
}

/// How long to wait before the next attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    next_ms: u64,
    last_ms: u64,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next_ms: BACKOFF_FIRST_MS, last_ms: BACKOFF_LAST_MS }
    }

    /// Where the wait ends early when a device comes.
    pub(super) fn told() -> Self {
        Self { next_ms: BACKOFF_FIRST_MS, last_ms: BACKOFF_TOLD_LAST_MS }
    }

    pub(super) fn next(&mut self) -> Duration {
        let wait_ms = self.next_ms;
        self.next_ms = (wait_ms * 2).min(self.last_ms);
        Duration::from_millis(wait_ms)
    }
}

/// What a thread that reads a blocking device says to the reader's task.
#[derive(Debug)]
pub(super) enum FromThread {
    Plugged {
        device: String,
        descriptor: Option<Vec<u8>>,
        note: Option<String>,
    },
    Bytes {
        at: MonoMs,
        bytes: Vec<u8>,
    },
    Unplugged(String),
    Absent(Absent),
    /// How what the device types is kept from the console, and what is not.
    Kept {
        keys: Option<String>,
        leak: Option<String>,
    },
    /// The device does not take what it is told.
    Refused(String),
}

/// The way to a device, and its end: what may wait in it is bounded, so a device that takes nothing is told nothing more.
pub(super) fn way_to_device() -> (mpsc::Sender<Outgoing>, ToDevice) {
    let (sender, receiver) = mpsc::channel(OUTGOING_MAX);
    (sender, ToDevice(receiver))
}

/// Says it, from a thread of its own; waits while the task is behind.
pub(super) fn tell(task: &mpsc::Sender<FromThread>, said: FromThread) -> Result<(), Closed> {
    task.blocking_send(said).map_err(|_| Closed)
}

/// Where a reader puts what it has.
#[derive(Debug)]
pub(super) struct Outlet {
    reader: ReaderId,
    clock: Clock,
    events: mpsc::Sender<ReaderEvent>,
    credits: Arc<Semaphore>,
    health: watch::Sender<Health>,
    absent_since: MonoMs,
    absence_said: bool,
}

/// What is to be sent to a reader's device.
#[derive(Debug)]
pub(super) struct ToDevice(mpsc::Receiver<Outgoing>);

impl ToDevice {
    /// The next of it. Waits for ever once nobody sends.
    pub(super) async fn next(&mut self) -> Outgoing {
        match self.0.recv().await {
            Some(outgoing) => outgoing,
            None => std::future::pending().await,
        }
    }

    /// The device is a new one: what was meant for the last is forgotten.
    pub(super) fn forget(&mut self) {
        while self.0.try_recv().is_ok() {}
    }
}

impl Outlet {
    pub(super) fn new(
        reader: ReaderId,
        clock: Clock,
        events: mpsc::Sender<ReaderEvent>,
    ) -> (Self, watch::Receiver<Health>) {
        let (health, watched) = watch::channel(Health::new(clock.mono()));
        let credits = Arc::new(Semaphore::new(CREDITS));
        let absent_since = clock.mono();
        (Self { reader, clock, events, credits, health, absent_since, absence_said: false }, watched)
    }

    pub(super) fn reader(&self) -> &ReaderId {
        &self.reader
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Waits until the reader may read on.
    pub(super) async fn credit(&self) -> Result<Credit, Closed> {
        let permit = Arc::clone(&self.credits).acquire_owned().await.map_err(|_| Closed)?;
        Ok(Credit::of(permit))
    }

    /// A device is there. `note` is what is odd about it.
    pub(super) async fn plugged(
        &mut self,
        device: String,
        descriptor: Option<Vec<u8>>,
        note: Option<String>,
    ) -> Result<(), Closed> {
        tracing::info!(reader = %self.reader, device, "plugged");
        if let Some(note) = &note {
            tracing::warn!(reader = %self.reader, "{note}");
        }
        self.absence_said = false;
        let now = self.clock.mono();
        self.health.send_modify(|health| health.plugged(device.clone(), note, now));
        self.send(ReaderEvent::Plugged { reader: self.reader.clone(), descriptor, device }).await
    }

    /// Bytes were read.
    pub(super) async fn chunk(&self, at: MonoMs, bytes: Vec<u8>, credit: Credit) -> Result<(), Closed> {
        tracing::debug!(reader = %self.reader, bytes = bytes.len(), "read");
        tracing::trace!(reader = %self.reader, ?bytes, "bytes");
        self.health.send_modify(|health| health.count(bytes.len()));
        self.send(ReaderEvent::Chunk(Chunk { reader: self.reader.clone(), at, bytes, credit })).await
    }

    /// A message of so many bytes was heard.
    pub(super) async fn heard(
        &self,
        at: MonoMs,
        heard: Vec<Heard>,
        bytes: usize,
        credit: Credit,
    ) -> Result<(), Closed> {
        tracing::debug!(reader = %self.reader, bytes, "heard");
        self.health.send_modify(|health| health.count(bytes));
        self.send(ReaderEvent::Heard { reader: self.reader.clone(), at, heard, credit }).await
    }

    /// The device is gone, or the input is at its end.
    pub(super) async fn unplugged(&mut self, reason: String) -> Result<(), Closed> {
        tracing::info!(reader = %self.reader, reason, "unplugged");
        let now = self.clock.mono();
        self.health.send_modify(|health| health.enter(State::Gone, Some(reason.clone()), now));
        self.send(ReaderEvent::Unplugged { reader: self.reader.clone(), reason }).await
    }

    /// The device could not be opened. Said once, and only when an attempt finds the same a while later: a device
    /// that has just been plugged in belongs to nobody until udev has seen it.
    pub(super) fn absent(&mut self, absent: Absent) {
        let (state, reason) = match absent {
            Absent::Missing(_) if self.health.borrow().state == State::Gone => return,
            Absent::Missing(reason) => (State::Waiting, reason),
            Absent::Unusable(reason) => (State::Failed, reason),
        };
        let now = self.clock.mono();
        if self.health.borrow().reason.as_ref() != Some(&reason) {
            self.health.send_modify(|health| health.enter(state, Some(reason), now));
            (self.absent_since, self.absence_said) = (now, false);
        } else if !self.absence_said && now.since(self.absent_since) >= ABSENCE_MS {
            tracing::warn!(reader = %self.reader, "{reason}");
            self.absence_said = true;
        }
    }

    /// The device does not take what it is told. Of one that is gone by now that is no news.
    fn refused(&mut self, reason: String) {
        if self.health.borrow().state == State::Reading {
            tracing::warn!(reader = %self.reader, "{reason}");
            self.health.send_modify(|health| health.refusal = Some(reason));
        }
    }

    /// How what the device types is kept from the console, and what is not. Said when it changes.
    fn kept(&mut self, keys: Option<String>, leak: Option<String>) {
        if let Some(keys) = &keys {
            tracing::info!(reader = %self.reader, "{keys}");
        }
        if let Some(leak) = &leak {
            tracing::warn!(reader = %self.reader, "{leak}");
        }
        self.health.send_modify(|health| health.keep(keys, leak));
    }

    /// Passes on what a reading thread says, until it ends or nobody listens.
    pub(super) async fn forward(mut self, mut thread: mpsc::Receiver<FromThread>) -> Result<(), Closed> {
        while let Some(said) = thread.recv().await {
            match said {
                FromThread::Plugged { device, descriptor, note } => {
                    self.plugged(device, descriptor, note).await?;
                }
                FromThread::Bytes { at, bytes } => {
                    let credit = self.credit().await?;
                    self.chunk(at, bytes, credit).await?;
                }
                FromThread::Unplugged(reason) => self.unplugged(reason).await?,
                FromThread::Absent(absent) => self.absent(absent),
                FromThread::Kept { keys, leak } => self.kept(keys, leak),
                FromThread::Refused(reason) => self.refused(reason),
            }
        }
        Ok(())
    }

    async fn send(&self, event: ReaderEvent) -> Result<(), Closed> {
        self.events.send(event).await.map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClockTrust;

    fn outlet() -> (Outlet, watch::Receiver<Health>, mpsc::Receiver<ReaderEvent>) {
        let (events, received) = mpsc::channel(16);
        let clock = Clock::start(ClockTrust::Fixed(true));
        let (outlet, health) = Outlet::new(ReaderId::parse("gun").unwrap(), clock, events);
        (outlet, health, received)
    }

    #[test]
    fn waiting_grows_to_a_second_and_stays_there() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..6).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
    }

    #[tokio::test]
    async fn a_missing_device_that_was_there_stays_gone_and_a_comeback_is_counted() {
        let (mut outlet, health, _received) = outlet();
        outlet.absent(Absent::Missing("not there".to_owned()));
        assert_eq!(health.borrow().state, State::Waiting);
        outlet.plugged("tty".to_owned(), None, None).await.unwrap();
        assert_eq!((health.borrow().state, health.borrow().reconnects), (State::Reading, 0));
        outlet.unplugged("unplugged".to_owned()).await.unwrap();
        outlet.absent(Absent::Missing("not there".to_owned()));
        assert_eq!(health.borrow().state, State::Gone);
        assert_eq!(health.borrow().reason.as_deref(), Some("unplugged"));
        outlet.absent(Absent::Unusable("no permission".to_owned()));
        assert_eq!(health.borrow().state, State::Failed);
        outlet.plugged("tty".to_owned(), None, None).await.unwrap();
        assert_eq!((health.borrow().state, health.borrow().reconnects), (State::Reading, 1));
    }

    #[tokio::test]
    async fn a_thread_is_held_back_while_its_chunks_are_undecided() {
        let (outlet, health, mut received) = outlet();
        let (thread, from_thread) = mpsc::channel(8);
        for byte in 0..4 {
            thread.send(FromThread::Bytes { at: MonoMs(1), bytes: vec![byte] }).await.unwrap();
        }
        drop(thread);
        let task = tokio::spawn(outlet.forward(from_thread));
        let Some(ReaderEvent::Chunk(first)) = received.recv().await else { panic!("a chunk") };
        let Some(ReaderEvent::Chunk(second)) = received.recv().await else { panic!("a chunk") };
        // On one thread the task has run until it could go no further once this returns.
        tokio::task::yield_now().await;
        assert!(received.try_recv().is_err(), "two chunks are undecided");
        assert_eq!(health.borrow().chunks, 2);
        let kept = first.credit.clone();
        drop(first);
        tokio::task::yield_now().await;
        assert!(received.try_recv().is_err(), "a clone keeps the credit");
        drop((kept, second));
        task.await.unwrap().unwrap();
        assert_eq!(health.borrow().chunks, 4);
    }
}
