//! Tells the ledger on MQTT: one task that owns the connections, the embedded broker and the cursor.
//!
//! ```text
//! let setup  = PublisherSetup::new(&config, started_at, clock, timekeeper);
//! let inputs = MqttInputs { head, readers, writer };         // two watch receivers and the writer's handle
//! let mqtt   = publisher::spawn(setup, inputs)?;             // inside the runtime, after the ledger was opened
//! mqtt.signal(&answer);                                      // for each `Reply::Decided`; never blocks
//! mqtt.status();                                             // a watch: connected, cursor, backlog, reason
//! mqtt.shutdown().await;                                     // at most about 4 s, mostly at once
//! ```
//!
//! `head` is to be sent as soon as a group is committed: events go out on that, without any polling. The task holds
//! a [`WriterHandle`], which it gives up in [`MqttHandle::shutdown`]: the writer's thread ends after that.
//! Dropped without it, the connection breaks and the broker says `offline` by itself.

use std::path::PathBuf;

use chrono_tz::Tz;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::payload::{self, ReaderReport, Topics};
use super::turn::Publisher;
use crate::config::{Config, MqttConfig};
use crate::domain::id::{DaemonId, SiteId, StationId};
use crate::io::clock::Clock;
use crate::io::writing::WriterHandle;
use crate::ledger::LedgerError;
use crate::time::{Now, Timekeeper, UtcMs};
use crate::writer::Answer;

/// The name of the cursor in the ledger.
pub const CURSOR: &str = "mqtt";

/// Signals that wait; more than these are dropped, since nobody looks at a lamp that is so late.
const SIGNALS_MAX: usize = 64;

/// What the publisher needs of the configuration and of the start of the program.
#[derive(Debug, Clone)]
pub struct PublisherSetup {
    /// Names the studio in every topic.
    pub site: SiteId,
    /// Names this daemon.
    pub daemon: DaemonId,
    /// The broker, and what may be said.
    pub mqtt: MqttConfig,
    /// The zone in which times are put into words.
    pub zone: Tz,
    /// The ledger file. It exists.
    pub ledger: PathBuf,
    /// When the program started.
    pub started_at: UtcMs,
    /// The machine's clocks.
    pub clock: Clock,
    /// What is made of them.
    pub timekeeper: Timekeeper,
}

impl PublisherSetup {
    /// The parts of a configuration that concern MQTT.
    pub fn new(config: &Config, started_at: UtcMs, clock: Clock, timekeeper: Timekeeper) -> Self {
        Self {
            site: config.site.clone(),
            daemon: config.daemon.clone(),
            mqtt: config.mqtt.clone(),
            zone: config.timezone,
            ledger: config.ledger.path.clone(),
            started_at,
            clock,
            timekeeper,
        }
    }

    pub(super) fn topics(&self) -> Topics {
        Topics::new(&self.site, &self.daemon)
    }

    pub(super) fn now(&self) -> Now {
        self.timekeeper.now(self.clock.mono(), self.clock.utc(), self.clock.synchronised())
    }
}

/// What the publisher follows.
#[derive(Debug)]
pub struct MqttInputs {
    /// The number of the newest fact.
    pub head: watch::Receiver<i64>,
    /// The readers and their health.
    pub readers: watch::Receiver<Vec<ReaderReport>>,
    /// Saves the cursor.
    pub writer: WriterHandle,
}

/// How the telling stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MqttStatus {
    /// Whether there is a connection.
    pub connected: bool,
    /// Why there is none.
    pub reason: Option<String>,
    /// Up to this fact the broker has confirmed every event.
    pub cursor: i64,
    /// Up to this fact it has confirmed the state of every thing.
    pub told: i64,
    /// Facts whose events it has not confirmed.
    pub backlog: i64,
}

/// What a lamp is to show.
pub(super) struct Signal {
    pub(super) station: StationId,
    pub(super) payload: Vec<u8>,
}

/// The publisher's task. Dropped, it ends at once and the broker says `offline`.
#[derive(Debug)]
pub struct MqttHandle {
    names: bool,
    zone: Tz,
    signals: mpsc::Sender<Signal>,
    status: watch::Receiver<MqttStatus>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl MqttHandle {
    /// Shows an answer at its station. Never waits: dropped where there is no connection.
    pub fn signal(&self, answer: &Answer) {
        let payload = payload::signal(answer, self.names, self.zone);
        let _ = self.signals.try_send(Signal { station: answer.station.clone(), payload });
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
    let (names, zone) = (setup.mqtt.names, setup.zone);
    let publisher = Publisher::new(setup, inputs, signals, status_sender)?;
    let task = tokio::spawn(publisher.run(stopping));
    Ok(MqttHandle { names, zone, signals: signal_sender, status, stop: Some(stop), task })
}
