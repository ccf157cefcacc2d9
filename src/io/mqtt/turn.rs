//! The publisher's task: turn by turn it hands over what there is, waits for one thing to happen, and takes note.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::listeners::{FromBroker, Listeners};
use super::payload::{InfoBefore, ReplayRequest, Topics};
use super::readback::read_back;
use super::setup::{CURSOR, MqttInputs, MqttStatus, PublisherSetup, Signal};
use super::site_broker::{Reach, SiteBroker};
use super::teller::{Filled, Teller};
use super::{Inbox, InboxEvent, InboxSetup, Incoming, Link, LinkEvent, LinkSetup};
use crate::config::MqttConfig;
use crate::io::writing::Queued;
use crate::ledger::LedgerError;
use crate::time::MonoMs;
use crate::writer::Input;

/// The cursor is saved at most so often: losing it costs repeats only.
const SAVE_MS: u64 = 1_000;
/// After the ledger could not be read it is tried again after so long.
const LEDGER_RETRY_MS: u64 = 1_000;
/// How long the last events may take at the end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long the writer may take to save the cursor at the end.
const LAST_SAVE: Duration = Duration::from_secs(1);

/// Which inputs still have somebody at the other end.
#[derive(Debug)]
struct Open {
    head: bool,
    readers: bool,
    signals: bool,
}

impl Default for Open {
    fn default() -> Self {
        Self { head: true, readers: true, signals: true }
    }
}

/// Owns the connections, the embedded broker and the cursor.
pub(super) struct Publisher {
    setup: PublisherSetup,
    topics: Topics,
    inputs: MqttInputs,
    signals: mpsc::Receiver<Signal>,
    open: Open,
    status: watch::Sender<MqttStatus>,
    broker: SiteBroker,
    link: Option<Link>,
    inbox: Option<Inbox>,
    listeners: Listeners,
    readback: Option<JoinHandle<Option<Vec<u8>>>>,
    teller: Teller,
    saved: i64,
    save_at: MonoMs,
    stalled_until: MonoMs,
    stalled_for: Option<String>,
}

/// What a turn waits for.
enum Happened {
    Broker(Reach),
    Link(LinkEvent),
    Inbox(InboxEvent),
    ReadBack(Option<Vec<u8>>),
    Head(bool),
    Readers(bool),
    Signal(Option<Signal>),
    Time,
}

impl Publisher {
    /// Continues at the cursor that the ledger keeps, and starts the embedded broker where there is to be one.
    pub(super) fn new(
        setup: PublisherSetup,
        inputs: MqttInputs,
        signals: mpsc::Receiver<Signal>,
        status: watch::Sender<MqttStatus>,
    ) -> Result<Self, LedgerError> {
        let mut inputs = inputs;
        let teller = Teller::new(&setup, CURSOR, setup.clock.mono())?;
        Ok(Self {
            broker: SiteBroker::start(&setup.mqtt),
            saved: teller.cursor(),
            save_at: MonoMs(0),
            stalled_until: MonoMs(0),
            stalled_for: None,
            link: None,
            inbox: None,
            listeners: Listeners::new(std::mem::take(&mut inputs.listeners)),
            readback: None,
            topics: setup.topics(),
            open: Open::default(),
            status,
            teller,
            signals,
            inputs,
            setup,
        })
    }

    /// Tells until it is to stop, then says goodbye.
    pub(super) async fn run(mut self, mut stopping: oneshot::Receiver<()>) {
        self.teller.head_moved(*self.inputs.head.borrow_and_update());
        self.teller.standing().reports_changed(self.inputs.reports.borrow_and_update().clone());
        loop {
            tokio::select! {
                biased;
                _ = &mut stopping => break,
                () = self.turn() => {}
            }
        }
        self.finish().await;
    }

    /// Hands over what there is, waits for one thing to happen, and takes note of it. May be dropped while it waits.
    async fn turn(&mut self) {
        let wake = self.fill();
        let happened = self.next(wake).await;
        self.note(happened);
    }

    /// Gives when to look again at the latest; `None` is never.
    fn fill(&mut self) -> Option<MonoMs> {
        let now = self.setup.now();
        let filled = match self.link.as_mut().filter(|_| self.status.borrow().connected) {
            None => Ok(Filled::Wait),
            Some(_) if now.mono < self.stalled_until => Ok(Filled::Until(self.stalled_until)),
            Some(link) => self.teller.fill(link, now),
        };
        let next = match filled {
            Ok(Filled::More) => Some(now.mono),
            Ok(Filled::Wait) => None,
            Ok(Filled::Until(at)) => Some(at),
            Err(error) => Some(self.stalled(&error, now.mono)),
        };
        self.say_status();
        let save = self.save_if_due(now.mono);
        next.into_iter().chain(save).min()
    }

    fn stalled(&mut self, error: &LedgerError, now: MonoMs) -> MonoMs {
        let reason = format!("the ledger cannot be told on MQTT: {error}. It is tried again each second");
        if self.stalled_for.as_ref() != Some(&reason) {
            tracing::error!("{reason}");
            self.stalled_for = Some(reason);
        }
        self.stalled_until = now.plus(LEDGER_RETRY_MS);
        self.stalled_until
    }

    fn say_status(&self) {
        let (cursor, told) = (self.teller.cursor(), self.teller.told());
        let backlog = self.teller.head() - cursor;
        self.status.send_if_modified(|status| {
            let differs = (status.cursor, status.told, status.backlog) != (cursor, told, backlog);
            (status.cursor, status.told, status.backlog) = (cursor, told, backlog);
            differs
        });
    }

    /// Saves the cursor where it has moved, and gives when to do so next.
    fn save_if_due(&mut self, now: MonoMs) -> Option<MonoMs> {
        let cursor = self.teller.cursor();
        if cursor == self.saved {
            return None;
        }
        if now < self.save_at {
            return Some(self.save_at);
        }
        self.save_at = now.plus(SAVE_MS);
        let input = Input::Cursor { name: CURSOR, seq: cursor };
        if let Err(refusal) = self.inputs.writer.put(Queued { input, answer: None, credit: None }) {
            tracing::debug!("the cursor is not saved now: {refusal}");
            return Some(self.save_at);
        }
        self.saved = cursor;
        None
    }

    async fn next(&mut self, wake: Option<MonoMs>) -> Happened {
        let wait_ms = wake.map(|at| at.since(self.setup.clock.mono()));
        tokio::select! {
            event = next_of_link(&mut self.link) => Happened::Link(event),
            changed = self.inputs.head.changed(), if self.open.head => Happened::Head(changed.is_ok()),
            signal = self.signals.recv(), if self.open.signals => Happened::Signal(signal),
            event = next_of_inbox(&mut self.inbox), if !self.listeners.is_behind() => Happened::Inbox(event),
            () = self.listeners.catch_up(), if self.listeners.is_behind() => Happened::Time,
            kept = next_of_readback(&mut self.readback) => Happened::ReadBack(kept),
            changed = self.inputs.reports.changed(), if self.open.readers => Happened::Readers(changed.is_ok()),
            reach = self.broker.next(&self.setup.mqtt) => Happened::Broker(reach),
            () = pause(wait_ms) => Happened::Time,
        }
    }

    fn note(&mut self, happened: Happened) {
        match happened {
            Happened::Broker(Reach::Ready(config)) => self.connect(&config),
            Happened::Broker(Reach::Waiting(reason)) => self.no_broker(reason),
            Happened::Link(event) => self.on_link(event),
            Happened::Inbox(event) => self.on_inbox(event),
            Happened::Time => {}
            Happened::ReadBack(kept) => self.on_readback(kept.as_deref()),
            Happened::Head(is_open) => {
                self.open.head = is_open;
                let head = *self.inputs.head.borrow_and_update();
                self.teller.head_moved(head);
            }
            Happened::Readers(is_open) => {
                self.open.readers = is_open;
                let reports = self.inputs.reports.borrow_and_update().clone();
                self.teller.standing().reports_changed(reports);
            }
            Happened::Signal(signal) => self.on_signal(signal),
        }
    }

    fn connect(&mut self, config: &MqttConfig) {
        self.down(None);
        let (site, daemon) = (&self.setup.site, &self.setup.daemon);
        self.link = Some(Link::open(LinkSetup::new(config, site, daemon)));
        let filters = [self.topics.replay()].into_iter().chain(self.listeners.topics(false)).collect();
        let setup = InboxSetup::new(config, site, daemon, filters);
        let fresh = self.listeners.topics(true).into_iter().collect();
        self.inbox = Some(Inbox::open(InboxSetup { fresh, ..setup }));
    }

    fn no_broker(&mut self, reason: String) {
        self.listeners.tell(&FromBroker::Down { reason: reason.clone() });
        self.down(Some(reason));
    }

    fn on_inbox(&mut self, event: InboxEvent) {
        match event {
            InboxEvent::Message(message) if message.topic == self.topics.replay() => self.on_replay(&message),
            InboxEvent::Message(message) => {
                let _ = self.listeners.tell(&FromBroker::Message(message));
            }
            InboxEvent::Up { .. } => {
                let _ = self.listeners.tell(&FromBroker::Up);
            }
            InboxEvent::Down { reason } => {
                let _ = self.listeners.tell(&FromBroker::Down { reason });
            }
        }
    }

    fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Up { .. } => self.up(),
            LinkEvent::Down { reason } => self.down(Some(reason)),
            LinkEvent::Acked { pkid } => self.teller.acked(pkid),
            LinkEvent::Sent { pkid } => {
                if let Err(confused) = self.teller.sent(pkid) {
                    tracing::warn!("{confused}. The connection is made anew");
                    self.link.iter_mut().for_each(Link::reset);
                    self.down(Some(confused.to_string()));
                }
            }
        }
    }

    fn up(&mut self) {
        self.down(None);
        let Some(link) = self.link.as_mut() else { return };
        self.teller.say_once(link, &self.topics.status(), b"online".to_vec(), true);
        let endpoint = link.endpoint().clone();
        let client_id = format!("cagekeeper-{}-{}-info", self.setup.site, self.setup.daemon);
        self.readback = Some(tokio::spawn(read_back(endpoint, client_id, self.topics.info())));
        self.status.send_modify(|status| {
            status.connected = true;
            status.reason = None;
        });
    }

    fn down(&mut self, reason: Option<String>) {
        self.teller.lost();
        if let Some(readback) = self.readback.take() {
            readback.abort();
        }
        self.status.send_if_modified(|status| {
            let differs = status.connected || (reason.is_some() && status.reason != reason);
            status.connected = false;
            status.reason = reason;
            differs
        });
    }

    fn on_readback(&mut self, kept: Option<&[u8]>) {
        self.readback = None;
        let before = kept.and_then(InfoBefore::parse);
        self.teller.begin(before.as_ref(), self.setup.clock.mono());
    }

    fn on_signal(&mut self, signal: Option<Signal>) {
        self.open.signals = signal.is_some();
        let (Some(signal), Some(link)) = (signal, self.link.as_mut()) else { return };
        self.teller.say_once(link, &signal.topic, signal.payload, false);
        // A code that nobody knows makes no fact, and yet changes the summary.
        self.teller.standing().summary_changed();
    }

    fn on_replay(&mut self, message: &Incoming) {
        let topic = &message.topic;
        if message.retained {
            tracing::debug!(%topic, "a retained request is dropped");
            return;
        }
        match ReplayRequest::parse(&message.payload) {
            Ok(request) => {
                if let Some(warning) = self.teller.replay(request) {
                    tracing::warn!("{topic}: {warning}");
                }
            }
            Err(problem) => tracing::warn!("{topic}: this is no request for a replay: {problem}"),
        }
    }

    async fn finish(mut self) {
        if self.status.borrow().connected {
            self.teller.standing().hurry();
            let last_words = async {
                while self.status.borrow().connected && !self.teller.is_done() {
                    self.turn().await;
                }
            };
            let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
        }
        if self.teller.cursor() != self.saved {
            let input = Input::Cursor { name: CURSOR, seq: self.teller.cursor() };
            let _ = tokio::time::timeout(LAST_SAVE, self.inputs.writer.ask(input)).await;
        }
        self.inbox = None;
        if let Some(link) = self.link.take() {
            link.shutdown().await;
        }
        self.broker.shutdown().await;
    }
}

async fn next_of_link(link: &mut Option<Link>) -> LinkEvent {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

async fn next_of_inbox(inbox: &mut Option<Inbox>) -> InboxEvent {
    match inbox {
        Some(inbox) => inbox.next().await,
        None => std::future::pending().await,
    }
}

async fn next_of_readback(readback: &mut Option<JoinHandle<Option<Vec<u8>>>>) -> Option<Vec<u8>> {
    match readback {
        Some(task) => task.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// Waits so long; lets others run where that is no time, and for ever where there is none.
async fn pause(wait_ms: Option<u64>) {
    match wait_ms {
        None => std::future::pending().await,
        Some(0) => tokio::task::yield_now().await,
        Some(wait_ms) => tokio::time::sleep(Duration::from_millis(wait_ms)).await,
    }
}
