//! The readers of a configuration that speak MQTT, joined to the listening connection.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use crate::config::{Config, ReaderSource};
use crate::domain::id::ReaderId;
use crate::io::mqtt::Listener;
use crate::io::mqtt::payload::Topics;
use crate::io::readers::satellite::{Feed, MESSAGES};
use crate::wire::satellite::Satellite;

/// The satellites of a configuration, by reader, as they are before the first message.
pub fn satellites(config: &Config) -> BTreeMap<ReaderId, Satellite> {
    let topics = Topics::new(&config.site, &config.daemon);
    let of_reader = |reader: &crate::config::ReaderConfig| match &reader.source {
        ReaderSource::Mqtt(setup) => {
            Some((reader.id.clone(), Satellite::new((**setup).clone(), &topics.reader(&reader.id))))
        }
        _ => None,
    };
    config.readers.iter().filter_map(of_reader).collect()
}

/// For each satellite its end at the listening connection, and the other end for its reader.
pub fn join(config: &Config) -> (Vec<Listener>, BTreeMap<ReaderId, Feed>) {
    let mut listeners = Vec::new();
    let mut feeds = BTreeMap::new();
    for (id, satellite) in satellites(config) {
        let (sender, from_broker) = mpsc::channel(MESSAGES);
        listeners.push(Listener { topics: satellite.topics().filters(), sender, fresh: false });
        feeds.insert(id, Feed { satellite, from_broker });
    }
    (listeners, feeds)
}
