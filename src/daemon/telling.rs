//! What the daemon tells others: signals at once, events and state from the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::domain::id::{ReaderId, StationId};
use crate::domain::verdict::{self as words, Verdict};
use crate::io::doors::{self, Doors};
use crate::io::mqtt::Listener;
use crate::io::mqtt::payload::{ReaderReport, Reports};
use crate::io::mqtt::publisher::{self, MqttHandle, MqttInputs, PublisherSetup};
use crate::io::satellites::satellites;
use crate::io::standing::Shared;
use crate::ledger::LedgerError;
use crate::time::UtcMs;
use crate::wire::satellite::Satellite;
use crate::writer::Answer;

/// The way out to the broker.
pub struct Telling {
    head: watch::Sender<i64>,
    reports: watch::Sender<Reports>,
    mqtt: MqttHandle,
    following: JoinHandle<()>,
    satellites: BTreeMap<ReaderId, Satellite>,
    doors: Doors,
    asking: Option<JoinHandle<()>>,
    names: bool,
    zone: Tz,
}

impl Telling {
    /// Starts telling; `head` is the ledger's newest fact.
    pub fn start(shared: &Arc<Shared>, head: i64, mut listeners: Vec<Listener>) -> Result<Self, LedgerError> {
        if let Some(finding) = crate::config::check::bare_password(&shared.config.mqtt.broker) {
            tracing::warn!("{finding}");
        }
        let (listener, asked) = doors::join(&shared.config).unzip();
        listeners.extend(listener);
        let (head, head_told) = watch::channel(head);
        let (reports, reports_told) = watch::channel(Reports::default());
        let setup = PublisherSetup::new(&shared.config, shared.started_at, shared.clock, shared.keeper());
        let inputs =
            MqttInputs { head: head_told, reports: reports_told, writer: shared.writer.clone(), listeners };
        let mqtt = publisher::spawn(setup, inputs)?;
        let following = tokio::spawn(follow(Arc::clone(shared), mqtt.status()));
        let config = &shared.config;
        let asking = asked.map(|asked| doors::start(Arc::clone(shared), mqtt.voice(), asked));
        let (satellites, doors) = (satellites(config), Doors::new(config));
        let (names, zone) = (config.mqtt.names, config.timezone);
        Ok(Self { head, reports, mqtt, following, satellites, doors, asking, names, zone })
    }

    /// The ledger has facts up to this number.
    pub fn head(&self, head: i64) {
        self.head.send_replace(head);
    }

    /// How readers and calendars are.
    pub fn readers(&self, shared: &Shared) {
        let health = shared.readers();
        let report = |(config, state): (_, &crate::io::standing::ReaderState)| {
            ReaderReport::new(config, &state.health)
        };
        let of = |config: &crate::config::ReaderConfig| health.iter().find(|state| state.id == config.id);
        let readers: Vec<ReaderReport> = shared
            .config
            .readers
            .iter()
            .filter_map(|config| Some((config, of(config)?)))
            .map(report)
            .collect();
        let reports = Reports { readers, calendars: shared.calendars.all() };
        self.reports.send_if_modified(|told| {
            let is_new = *told != reports;
            *told = reports;
            is_new
        });
    }

    /// A scan was answered.
    pub fn answer(&self, answer: &Answer) {
        self.mqtt.signal(answer);
        if let Some(reader) = &answer.reader {
            self.to_satellite(reader, answer);
        }
        let telling = words::Telling { names: self.names, zone: self.zone, now: answer.at };
        if let Some((topic, payload)) = self.doors.told(answer, &telling) {
            self.mqtt.say(topic, payload);
        }
    }

    /// What a reader that speaks MQTT is told, for everybody and in the words of its device.
    fn to_satellite(&self, reader: &ReaderId, answer: &Answer) {
        let Some(satellite) = self.satellites.get(reader) else { return };
        self.mqtt.result(reader, answer);
        if let Some((topic, payload)) = satellite.answer(answer.level().name()) {
            self.mqtt.say(topic, payload.into_bytes());
        }
    }

    /// Nothing is being recorded: every light is red. Where that is new every satellite is told as well.
    pub fn trouble(&self, config: &Config, now: UtcMs, is_new: bool) {
        for station in &config.stations {
            self.mqtt.signal(&not_recorded(&station.id, now));
        }
        let readers = config.readers.iter().filter(|_| is_new);
        for reader in readers {
            self.to_satellite(&reader.id, &not_recorded(&reader.station, now));
        }
    }

    /// Says goodbye.
    pub async fn stop(self) {
        self.following.abort();
        if let Some(asking) = self.asking {
            asking.abort();
            let _ = asking.await;
        }
        // Whatever it holds of the daemon is given back before the writer is asked to end.
        let _ = self.following.await;
        self.mqtt.shutdown().await;
    }
}

fn not_recorded(station: &StationId, now: UtcMs) -> Answer {
    Answer {
        scan: None,
        station: station.clone(),
        reader: None,
        verdict: Verdict::NotRecorded,
        person: None,
        seq: None,
        idle_ms: None,
        confirm_ms: None,
        turn: 0,
        at: now,
    }
}

/// Keeps what `status` says of the broker.
async fn follow(shared: Arc<Shared>, mut status: watch::Receiver<publisher::MqttStatus>) {
    loop {
        let (sentence, cursor) = {
            let status = status.borrow_and_update();
            let reason = status.reason.clone().unwrap_or_else(|| "connecting".to_owned());
            (if status.connected { "connected".to_owned() } else { reason }, status.cursor)
        };
        shared.set_mqtt(sentence);
        shared.set_told(cursor);
        if status.changed().await.is_err() {
            return;
        }
    }
}
