//! Tells the ledger on MQTT: one task that owns the connections, the embedded broker and the cursor.
//!
//! ```text
//! let setup  = PublisherSetup::new(&config, started_at, clock, timekeeper);
//! let inputs = MqttInputs { head, reports, writer, listeners };
//! let mqtt   = publisher::spawn(setup, inputs)?;             // inside the runtime, after the ledger was opened
//! mqtt.signal(&answer);                                      // for each `Reply::Decided`; never blocks
//! mqtt.status();                                             // a watch: connected, cursor, backlog, reason
//! mqtt.shutdown().await;                                     // at most about 4 s, mostly at once
//! ```
//!
//! `head` is to be sent as soon as a group is committed: events go out on that, without any polling. The task holds
//! a [`crate::io::writing::WriterHandle`], which it gives up in [`MqttHandle::shutdown`]: the writer's thread ends after that.
//! Dropped without it, the connection breaks and the broker says `offline` by itself.

use chrono_tz::Tz;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::payload::{self, Topics};
use super::setup::Signal;
pub use super::setup::{CURSOR, MqttInputs, MqttStatus, PublisherSetup};
use super::turn::Publisher;
use crate::domain::id::ReaderId;
use crate::ledger::LedgerError;
use crate::writer::Answer;

/// Signals that wait; more than these are dropped, since nobody looks at a lamp that is so late.
const SIGNALS_MAX: usize = 192;

/// The publisher's task. Dropped, it ends at once and the broker says `offline`.
#[derive(Debug)]
pub struct MqttHandle {
    names: bool,
    zone: Tz,
    topics: Topics,
    signals: mpsc::Sender<Signal>,
    status: watch::Receiver<MqttStatus>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A way to publish something once.
#[derive(Debug, Clone)]
pub struct Voice(mpsc::Sender<Signal>);

impl Voice {
    /// Publishes it. Never waits: dropped where there is no connection.
    pub fn say(&self, topic: String, payload: Vec<u8>) {
        let _ = self.0.try_send(Signal { topic, payload });
    }
}

impl MqttHandle {
    /// Shows an answer at its station. Never waits: dropped where there is no connection.
    pub fn signal(&self, answer: &Answer) {
        let payload = payload::signal(answer, self.names, self.zone);
        self.say(self.topics.signal(&answer.station), payload);
    }

    /// Tells a reader its verdict. Never waits, like [`Self::signal`].
    pub fn result(&self, reader: &ReaderId, answer: &Answer) {
        let payload = payload::signal(answer, self.names, self.zone);
        self.say(format!("{}/result", self.topics.reader(reader)), payload);
    }

    /// Publishes something once. Never waits, like [`Self::signal`].
    pub fn say(&self, topic: String, payload: Vec<u8>) {
        let _ = self.signals.try_send(Signal { topic, payload });
    }

    /// A way to publish something once, for others.
    pub fn voice(&self) -> Voice {
        Voice(self.signals.clone())
    }

    /// How the telling stands, and how that changes.
    pub fn status(&self) -> watch::Receiver<MqttStatus> {
        self.status.clone()
    }

    /// Tells what is left for half a second, saves the cursor, says `offline` and leaves.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for MqttHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to tell the ledger from its cursor on. Needs a tokio runtime; one thread is enough.
///
/// A broker that is missing is no error: it is tried again for ever. An error is a ledger that cannot be read.
pub fn spawn(setup: PublisherSetup, inputs: MqttInputs) -> Result<MqttHandle, LedgerError> {
    let (signal_sender, signals) = mpsc::channel(SIGNALS_MAX);
    let (status_sender, status) = watch::channel(MqttStatus::default());
    let (stop, stopping) = oneshot::channel();
    let (names, zone, topics) = (setup.mqtt.names, setup.zone, setup.topics());
    let publisher = Publisher::new(setup, inputs, signals, status_sender)?;
    let task = tokio::spawn(publisher.run(stopping));
    Ok(MqttHandle { names, zone, topics, signals: signal_sender, status, stop: Some(stop), task })
}
