//! What the parts of the daemon share: the configuration, the time, the way to the writer, and how things stand.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

use crate::config::{Config, ReaderConfig};
use crate::domain::id::{LampId, ReaderId, StationId};
use crate::io::calendar::board::Board;
use crate::io::clock::Clock;
use crate::io::readers::Health;
use crate::io::readers::tap::Taps;
use crate::io::signals::LampHealth;
use crate::io::writing::WriterHandle;
use crate::station::lane::Counts;
use crate::station::passage::PassageCounts;
use crate::time::{Now, Timekeeper, UtcMs};

/// What a reader's lane has counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct LaneState {
    /// The counts.
    pub counts: Counts,
}

/// A reader as `status` and the retained `info` show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderState {
    /// The reader.
    pub id: ReaderId,
    /// Where it stands.
    pub station: StationId,
    /// How it is.
    #[serde(flatten)]
    pub health: Health,
    /// What it has read.
    pub counts: Counts,
}

/// A gate as `status` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateState {
    /// What it has seen.
    pub counts: PassageCounts,
    /// Tags of nobody's that have passed.
    pub unknown: u64,
    /// Its readers that see nothing.
    pub blind: Vec<ReaderId>,
}

#[derive(Debug)]
struct Watched {
    station: StationId,
    health: watch::Receiver<Health>,
    lane: LaneState,
    asking: Option<String>,
}

/// A lamp as `status` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LampState {
    /// The lamp.
    pub id: LampId,
    /// Whose verdicts it shows.
    pub station: StationId,
    /// How it is.
    pub health: LampHealth,
}

#[derive(Debug, Default)]
struct Standing {
    lamps: BTreeMap<LampId, (StationId, watch::Receiver<LampHealth>)>,
    readers: BTreeMap<ReaderId, Watched>,
    trouble: Option<String>,
    doubt: Option<String>,
    mqtt: Option<String>,
    told: i64,
    unbound: Vec<String>,
    web: Option<String>,
    gates: BTreeMap<StationId, GateState>,
}

/// What the parts of the daemon share.
#[derive(Debug)]
pub struct Shared {
    /// The configuration.
    pub config: Config,
    /// The machine's clocks.
    pub clock: Clock,
    /// The way to the writer.
    pub writer: WriterHandle,
    /// When the program started.
    pub started_at: UtcMs,
    /// Held from the plan of an import to its end: a plan says what is new against a ledger that no other import
    /// changes meanwhile.
    pub importing: tokio::sync::Mutex<()>,
    /// Who listens to readers.
    pub taps: Taps,
    /// How calendars are.
    pub calendars: Board,
    keeper: Timekeeper,
    standing: Mutex<Standing>,
}

impl Shared {
    /// What is shared from the start.
    pub fn new(config: Config, clock: Clock, keeper: Timekeeper, writer: WriterHandle) -> Self {
        let started_at = keeper.now(clock.mono(), clock.utc(), clock.synchronised()).utc;
        let (importing, standing) = (tokio::sync::Mutex::default(), Mutex::default());
        let (taps, calendars) = (Taps::default(), Board::default());
        Self { config, clock, writer, started_at, importing, taps, calendars, keeper, standing }
    }

    /// The present.
    pub fn now(&self) -> Now {
        self.keeper.now(self.clock.mono(), self.clock.utc(), self.clock.synchronised())
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        // Nothing in here can be left half done.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What makes the ledger's time of the machine's.
    pub fn keeper(&self) -> Timekeeper {
        self.keeper
    }

    /// A reader has been started.
    pub fn add_reader(&self, reader: &ReaderConfig, health: watch::Receiver<Health>) {
        let (station, lane) = (reader.station.clone(), LaneState::default());
        let watched = Watched { station, health, lane, asking: None };
        self.standing().readers.insert(reader.id.clone(), watched);
    }

    /// A lamp has been started.
    pub fn add_lamp(&self, id: LampId, station: StationId, health: watch::Receiver<LampHealth>) {
        self.standing().lamps.insert(id, (station, health));
    }

    /// How every lamp is.
    pub fn lamps(&self) -> Vec<LampState> {
        let state = |(id, (station, health)): (&LampId, &(StationId, watch::Receiver<LampHealth>))| {
            LampState { id: id.clone(), station: station.clone(), health: health.borrow().clone() }
        };
        self.standing().lamps.iter().map(state).collect()
    }

    /// What a reader's lane has counted by now.
    pub fn note_lane(&self, reader: &ReaderId, lane: LaneState) {
        if let Some(watched) = self.standing().readers.get_mut(reader) {
            watched.lane = lane;
        }
    }

    /// What there is to say of how a reader is asked.
    pub fn note_asking(&self, reader: &ReaderId, asking: Option<String>) {
        if let Some(watched) = self.standing().readers.get_mut(reader) {
            watched.asking = asking;
        }
    }

    /// How every reader is.
    pub fn readers(&self) -> Vec<ReaderState> {
        let state = |(id, watched): (&ReaderId, &Watched)| {
            let mut health = watched.health.borrow().clone();
            health.reason = health.reason.or_else(|| watched.asking.clone());
            let (station, counts) = (watched.station.clone(), watched.lane.counts);
            ReaderState { id: id.clone(), station, health, counts }
        };
        self.standing().readers.iter().map(state).collect()
    }

    /// Nothing is being recorded, and why; or it is again. True where that is new.
    pub fn set_trouble(&self, trouble: Option<String>) -> bool {
        let mut standing = self.standing();
        let is_new = standing.trouble != trouble;
        standing.trouble = trouble;
        is_new
    }

    /// The ledger does not look as its facts say.
    pub fn set_doubt(&self, doubt: String) {
        self.standing().doubt = Some(doubt);
    }

    /// What the broker's connection says of itself.
    pub fn set_mqtt(&self, mqtt: String) {
        self.standing().mqtt = Some(mqtt);
    }

    /// What is served over HTTP says of itself.
    pub fn set_web(&self, web: String) {
        self.standing().web = Some(web);
    }

    /// What is served over HTTP.
    pub fn web(&self) -> Option<String> {
        self.standing().web.clone()
    }

    /// Events up to this fact have been taken by the broker.
    pub fn set_told(&self, seq: i64) {
        self.standing().told = seq;
    }

    /// Up to which fact events have been taken by the broker.
    pub fn told(&self) -> i64 {
        self.standing().told
    }

    /// Scanners that are plugged in and that no reader reads. Gives those that are new.
    pub fn set_unbound(&self, unbound: Vec<String>) -> Vec<String> {
        let before = std::mem::replace(&mut self.standing().unbound, unbound.clone());
        unbound.into_iter().filter(|device| !before.contains(device)).collect()
    }

    /// Scanners that are plugged in and that no reader reads.
    pub fn unbound(&self) -> Vec<String> {
        self.standing().unbound.clone()
    }

    /// How a gate is.
    pub fn note_gate(&self, station: &StationId, state: GateState) {
        self.standing().gates.insert(station.clone(), state);
    }

    /// How every gate is.
    pub fn gates(&self) -> BTreeMap<StationId, GateState> {
        self.standing().gates.clone()
    }

    /// Why nothing is being recorded, what is doubtful about the ledger, how the broker is.
    pub fn sentences(&self) -> (Option<String>, Option<String>, Option<String>) {
        let standing = self.standing();
        (standing.trouble.clone(), standing.doubt.clone(), standing.mqtt.clone())
    }
}
