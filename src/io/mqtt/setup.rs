//! What the publisher is given at the start, follows while it runs, and says of itself.

use std::path::PathBuf;

use chrono_tz::Tz;
use tokio::sync::watch;

use super::listeners::Listener;
use super::payload::{Reports, Topics};
use crate::config::{Config, MqttConfig};
use crate::domain::id::{DaemonId, SiteId};
use crate::io::clock::Clock;
use crate::io::writing::WriterHandle;
use crate::time::{Now, Timekeeper, UtcMs};

/// The name of the cursor in the ledger.
pub const CURSOR: &str = "mqtt";

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
    /// The readers and calendars, and how they are.
    pub reports: watch::Receiver<Reports>,
    /// Saves the cursor.
    pub writer: WriterHandle,
    /// Who hears what comes in.
    pub listeners: Vec<Listener>,
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

/// Something that is said once: what a lamp is to show, what a reader is told.
pub(super) struct Signal {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}
