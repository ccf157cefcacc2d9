//! Doors of rooms over MQTT: what somebody else's lock asks, and what it is answered.
//!
//! A request is worth nothing once it is late: the broker keeps none while the daemon is away, one that cannot be recorded
//! at once is refused, and an answer that took too long is not given. An answer goes out only after the commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Config;
use crate::domain::id::{RoomId, StationId};
use crate::domain::rules::StationKind;
use crate::domain::verdict::Telling;
use crate::io::entropy;
use crate::io::mqtt::access::{AccessAnswer, Asked, REQUEST_BYTES_MAX};
use crate::io::mqtt::payload::Topics;
use crate::io::mqtt::publisher::Voice;
use crate::io::mqtt::{FromBroker, Incoming, Listener};
use crate::io::standing::Shared;
use crate::writer::{Access, Answer, Input, Reply, Scan};

/// Requests that wait. When they are full the broker is not read.
const REQUESTS: usize = 32;
/// Requests that are being decided at a time: as one group they cost one commit.
const DECIDED_AT_A_TIME: usize = 16;
/// An answer that took longer opens nothing any more: whoever asked has gone, or asks again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The doors of a configuration and their topics.
#[derive(Debug)]
pub struct Doors {
    topics: Topics,
    /// Of a room with several doors the first counts.
    stations: BTreeMap<RoomId, StationId>,
    rooms: BTreeMap<StationId, RoomId>,
}

impl Doors {
    /// The doors of a configuration.
    pub fn new(config: &Config) -> Self {
        let (mut stations, mut rooms) = (BTreeMap::new(), BTreeMap::new());
        for station in config.stations.iter().filter(|station| station.kind == StationKind::Door) {
            let Some(room) = station.room.clone() else { continue };
            rooms.insert(station.id.clone(), room.clone());
            stations.entry(room).or_insert_with(|| station.id.clone());
        }
        Self { topics: Topics::new(&config.site, &config.daemon), stations, rooms }
    }

    /// What a badge that was read at a door is told besides its light; `None` for other scans and elsewhere.
    pub fn told(&self, answer: &Answer, telling: &Telling) -> Option<(String, Vec<u8>)> {
        let room = self.rooms.get(&answer.station)?;
        let reader = Some(answer.reader.clone()?);
        let said = AccessAnswer::of(room.clone(), (None, None), &answer.verdict, telling);
        let is_of_badge = said.granted || said.person.is_some() || said.code == "access-refused";
        let said = AccessAnswer { reader, ..said };
        is_of_badge.then(|| (self.topics.door_answer(room), said.payload()))
    }
}

/// The end at the listening connection, and the other; `None` where there is no door.
pub fn join(config: &Config) -> Option<(Listener, mpsc::Receiver<FromBroker>)> {
    let doors = Doors::new(config);
    if doors.stations.is_empty() {
        return None;
    }
    let (sender, asked) = mpsc::channel(REQUESTS);
    let topics = vec![doors.topics.door_requests()];
    Some((Listener { topics, sender, fresh: true }, asked))
}

/// Answers until nobody listens any more.
pub fn start(shared: Arc<Shared>, voice: Voice, asked: mpsc::Receiver<FromBroker>) -> JoinHandle<()> {
    tokio::spawn(serve(shared, voice, asked))
}

async fn serve(shared: Arc<Shared>, voice: Voice, mut asked: mpsc::Receiver<FromBroker>) {
    let doors = Arc::new(Doors::new(&shared.config));
    let (mut deciding, mut dropped) = (JoinSet::new(), Dropped::default());
    while let Some(event) = asked.recv().await {
        let FromBroker::Message(message) = event else { continue };
        let Some((room, asked)) = doors.read(&message, &mut dropped) else { continue };
        while deciding.len() >= DECIDED_AT_A_TIME {
            let _ = deciding.join_next().await;
        }
        let (shared, doors, voice) = (Arc::clone(&shared), Arc::clone(&doors), voice.clone());
        deciding.spawn(async move {
            let answer = match asked {
                Ok(asked) => doors.decide(&shared, room, asked).await,
                Err((id, said)) => AccessAnswer::refused(room, id, "malformed-request", &said),
            };
            voice.say(doors.topics.door_answer(&answer.room), answer.payload());
        });
    }
}

/// Requests that were dropped, which is said the more rarely the more there are.
#[derive(Debug, Default)]
struct Dropped {
    times: u64,
}

impl Dropped {
    fn one(&mut self, why: &str) {
        self.times = self.times.saturating_add(1);
        if self.times.is_power_of_two() {
            tracing::warn!(dropped = self.times, "a request at a door was dropped: {why}");
        }
    }
}

/// A request, or what is wrong with it and the id that comes back.
type Read = Result<Asked, (Option<serde_json::Value>, String)>;

impl Doors {
    /// The room and the request of a message; `None` for one that is dropped.
    fn read(&self, message: &Incoming, dropped: &mut Dropped) -> Option<(RoomId, Read)> {
        if message.retained {
            dropped.one("it was retained, so nobody stands there. Publish requests without retain");
            return None;
        }
        if message.payload.len() > REQUEST_BYTES_MAX {
            dropped.one(&format!("it is longer than {REQUEST_BYTES_MAX} bytes"));
            return None;
        }
        let Some(room) = self.topics.room_of_request(&message.topic) else {
            dropped.one("its topic names no room. Rooms are lower case letters, digits and hyphens");
            return None;
        };
        Some((room, Asked::parse(&message.payload)?))
    }

    async fn decide(&self, shared: &Shared, room: RoomId, asked: Asked) -> AccessAnswer {
        let Asked { code, id, way } = asked;
        let refused =
            |reason: &str, text: &str| AccessAnswer::refused(room.clone(), id.clone(), reason, text);
        let Some(station) = self.stations.get(&room) else {
            let text =
                format!("No door of {room}: add a [[station]] with kind = \"door\" and room = \"{room}\"");
            return refused("no-door", &text);
        };
        let not_recorded = || refused("not-recorded", "Nothing is being recorded: ask the attendant");
        let (Ok(scan_id), None) = (entropy::id(), shared.sentences().0) else { return not_recorded() };
        let now = shared.now();
        let station = station.clone();
        let scan = Scan { id: scan_id, station, reader: None, payload: code, also: Vec::new(), now };
        let input = Input::Access(Box::new(Access { scan, way }));
        let reply = tokio::time::timeout(ANSWER_WITHIN, shared.writer.ask(input)).await;
        let Ok(Ok(Reply::Decided(answer))) = reply else { return not_recorded() };
        let telling =
            Telling { names: shared.config.mqtt.names, zone: shared.config.timezone, now: answer.at };
        AccessAnswer::of(room.clone(), (id.clone(), Some(way)), &answer.verdict, &telling)
    }
}
