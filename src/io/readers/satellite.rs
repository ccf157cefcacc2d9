//! A reader that speaks MQTT: what the broker passes on becomes what the firmware meant.
//!
//! It is there while the broker is, unless its own will says that it is not. A scan of a device that said so shows that
//! it is back.

use tokio::sync::mpsc;

use super::outlet::{Absent, Closed, Outlet};
use crate::io::mqtt::{FromBroker, Incoming};
use crate::wire::Decoded;
use crate::wire::satellite::{Heard, Message, Satellite};

/// Messages that wait for one reader. When they are full the broker is not read.
pub const MESSAGES: usize = 32;

/// A satellite and what the broker tells it.
#[derive(Debug)]
pub struct Feed {
    /// What is known of it.
    pub satellite: Satellite,
    /// What the broker tells it.
    pub from_broker: mpsc::Receiver<FromBroker>,
}

/// Hears until nobody listens any more.
pub(super) async fn run(outlet: Outlet, feed: Feed) {
    let Feed { satellite, mut from_broker } = feed;
    let mut ear = Ear { outlet, satellite, broker: false, online: None, plugged: false };
    while let Some(event) = from_broker.recv().await {
        if ear.take(event).await.is_err() {
            return;
        }
    }
}

/// Outside the daemon nobody listens at the broker.
pub(super) async fn unheard(mut outlet: Outlet) {
    outlet.absent(Absent::Unusable("a reader that speaks MQTT is heard by the daemon alone".to_owned()));
}

struct Ear {
    outlet: Outlet,
    satellite: Satellite,
    broker: bool,
    online: Option<bool>,
    plugged: bool,
}

impl Ear {
    async fn take(&mut self, event: FromBroker) -> Result<(), Closed> {
        match event {
            FromBroker::Up => {
                self.satellite.connected(self.outlet.clock().mono());
                (self.broker, self.online) = (true, None);
                self.look("").await
            }
            FromBroker::Down { reason } => {
                self.broker = false;
                if self.plugged {
                    return self.look(&reason).await;
                }
                self.outlet.absent(Absent::Missing(reason));
                Ok(())
            }
            FromBroker::Message(message) => self.message(&message).await,
        }
    }

    async fn message(&mut self, message: &Incoming) -> Result<(), Closed> {
        let Incoming { topic, payload, retained, again, .. } = message;
        let at = self.outlet.clock().mono();
        let heard = self.satellite.handle(Message { topic, payload, retained: *retained, again: *again }, at);
        let mut scans = Vec::new();
        for heard in heard {
            match heard {
                Heard::Online(online) => self.online = Some(online),
                heard => scans.push(heard),
            }
        }
        if scans.iter().any(|heard| matches!(heard, Heard::Decoded(Decoded::Read(_)))) {
            self.online = Some(true);
        }
        self.look("the device says that it is offline").await?;
        if scans.is_empty() {
            return Ok(());
        }
        let credit = self.outlet.credit().await?;
        self.outlet.heard(at, scans, payload.len(), credit).await
    }

    /// Says where the device has come or gone.
    async fn look(&mut self, why_gone: &str) -> Result<(), Closed> {
        let there = self.broker && self.online != Some(false);
        if there == std::mem::replace(&mut self.plugged, there) {
            return Ok(());
        }
        if !there {
            return self.outlet.unplugged(why_gone.to_owned()).await;
        }
        let topic = self.satellite.topics().scans.first().cloned().unwrap_or_default();
        self.outlet.plugged(format!("{topic} over MQTT"), None, None).await
    }
}
