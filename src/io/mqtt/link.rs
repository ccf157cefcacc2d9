//! The publishing connection: a pipe that says what was written and what was confirmed, and nothing else.

use std::time::Duration;

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::dial::{Connection, Dialer};
use super::explain::explain;
use super::{Endpoint, PACKET_BYTES_MAX};
use crate::config::MqttConfig;
use crate::domain::id::{DaemonId, SiteId};

/// Events that wait for their owner. When they are full the connection is not served.
const EVENTS: usize = 1024;
/// How long a clean end may take.
const SHUTDOWN: Duration = Duration::from_secs(1);
/// Room for the fixed header, the lengths and the packet id of a PUBLISH.
const HEADER_BYTES_MAX: usize = 16;

/// What happened on the publishing connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// The broker accepted the connection: publish `online`, then from the cursor.
    Up {
        /// Whether the broker kept a session; never expected, since the session is clean.
        session_present: bool,
    },
    /// The connection is gone, or could not be made. Everything in flight is to be forgotten.
    Down {
        /// A sentence for people.
        reason: String,
    },
    /// The oldest message that had no packet id was written with this one.
    Sent {
        /// The packet id.
        pkid: u16,
    },
    /// The broker confirmed the message with this packet id.
    Acked {
        /// The packet id.
        pkid: u16,
    },
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too many wait to be written: offer it again after the next event.
    #[error("the connection to the broker is busy")]
    Full,
    /// There is no connection: offer it again after [`LinkEvent::Up`].
    #[error("there is no connection to the broker")]
    Down,
    /// It can never be sent: it is larger than [`PACKET_BYTES_MAX`] or its topic holds a wildcard.
    #[error("the message is too large for the broker or its topic holds a wildcard")]
    Impossible,
}

/// What a [`Link`] needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSetup {
    /// The broker.
    pub endpoint: Endpoint,
    /// The name of this connection at the broker. A second connection of this name closes the first.
    pub client_id: String,
    /// The topic that says `online` or `offline`. The will puts `offline` there.
    pub status_topic: String,
}

impl LinkSetup {
    /// The publishing connection of one daemon of one site.
    pub fn new(config: &MqttConfig, site: &SiteId, daemon: &DaemonId) -> Self {
        Self {
            endpoint: Endpoint::new(config),
            client_id: format!("cagekeeper-{site}-{daemon}"),
            status_topic: format!("cagekeeper/v1/{site}/daemon/{daemon}/status"),
        }
    }
}

enum Signal {
    Up(AsyncClient, bool),
    Other(LinkEvent),
}

/// The publishing connection. It connects by itself and again after every failure.
///
/// Events must be taken by [`Self::next`] as they come: while too many wait the connection is not served.
#[derive(Debug)]
pub struct Link {
    setup: LinkSetup,
    client: Option<AsyncClient>,
    signals: mpsc::Receiver<Signal>,
    task: JoinHandle<()>,
    unsent: usize,
    newest_pkid: u16,
}

impl Link {
    /// Begins to connect. Needs a tokio runtime; one thread is enough.
    pub fn open(setup: LinkSetup) -> Self {
        let (task, signals) = spawn(&setup, false);
        Self { setup, client: None, signals, task, unsent: 0, newest_pkid: 0 }
    }

    /// The broker that it connects to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.setup.endpoint
    }

    /// The next event. May be dropped and called again without losing one.
    pub async fn next(&mut self) -> LinkEvent {
        match self.signals.recv().await {
            Some(Signal::Up(client, session_present)) => {
                self.client = Some(client);
                LinkEvent::Up { session_present }
            }
            Some(Signal::Other(event)) => self.noted(event),
            None => self.reopened(),
        }
    }

    fn noted(&mut self, event: LinkEvent) -> LinkEvent {
        match &event {
            LinkEvent::Sent { pkid } => {
                self.unsent = self.unsent.saturating_sub(1);
                self.newest_pkid = *pkid;
            }
            LinkEvent::Down { .. } => self.forget(),
            LinkEvent::Up { .. } | LinkEvent::Acked { .. } => {}
        }
        event
    }

    fn forget(&mut self) {
        self.client = None;
        self.unsent = 0;
    }

    /// The task ends only by a panic in the client library: that is one more lost connection.
    fn reopened(&mut self) -> LinkEvent {
        self.forget();
        (self.task, self.signals) = spawn(&self.setup, true);
        let reason = format!("the MQTT client for the broker at {} broke down", self.setup.endpoint);
        tracing::error!("{reason}. It is built anew; please report the lines before this one");
        LinkEvent::Down { reason }
    }

    /// Drops the connection and makes a new one, for an owner who no longer trusts it. Gives no [`LinkEvent::Down`].
    pub fn reset(&mut self) {
        self.task.abort();
        self.forget();
        (self.task, self.signals) = spawn(&self.setup, true);
    }

    /// Hands a message over, QoS 1. Taken messages are written in this order, each with one [`LinkEvent::Sent`].
    pub fn try_publish(&mut self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), NotTaken> {
        let client = self.client.as_ref().ok_or(NotTaken::Down)?;
        let too_large = topic.len() + payload.len() + HEADER_BYTES_MAX > PACKET_BYTES_MAX;
        if too_large || topic.is_empty() || topic.contains(['+', '#', '\0']) {
            return Err(NotTaken::Impossible);
        }
        client.try_publish(topic, QoS::AtLeastOnce, retain, payload).map_err(|_| NotTaken::Full)?;
        self.unsent += 1;
        Ok(())
    }

    /// Says `offline`, waits until that is confirmed, and leaves; after one second it leaves without. The
    /// broker then says `offline` itself, as the will.
    pub async fn shutdown(mut self) {
        if tokio::time::timeout(SHUTDOWN, self.goodbye()).await.is_err() {
            tracing::warn!("the broker at {} did not confirm the end of the connection", self.setup.endpoint);
        }
    }

    async fn goodbye(&mut self) -> Option<()> {
        let topic = self.setup.status_topic.clone();
        while let Err(refusal) = self.try_publish(&topic, b"offline".to_vec(), true) {
            if refusal != NotTaken::Full {
                return None;
            }
            self.next_while_up().await?;
        }
        loop {
            let event = self.next_while_up().await?;
            if self.unsent == 0 && event == (LinkEvent::Acked { pkid: self.newest_pkid }) {
                break;
            }
        }
        self.client.as_ref()?.try_disconnect().ok()?;
        while self.signals.recv().await.is_some() {}
        Some(())
    }

    async fn next_while_up(&mut self) -> Option<LinkEvent> {
        let event = self.next().await;
        self.client.is_some().then_some(event)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn spawn(setup: &LinkSetup, wait_first: bool) -> (JoinHandle<()>, mpsc::Receiver<Signal>) {
    let (sender, signals) = mpsc::channel(EVENTS);
    let pump = Pump {
        dialer: Dialer::new(setup.endpoint.clone(), setup.client_id.clone()),
        status_topic: setup.status_topic.clone(),
        signals: sender,
    };
    (tokio::spawn(pump.run(wait_first)), signals)
}

/// The owner of the connection has gone.
struct Gone;

struct Pump {
    dialer: Dialer,
    status_topic: String,
    signals: mpsc::Sender<Signal>,
}

impl Pump {
    async fn run(mut self, wait_first: bool) {
        if wait_first {
            self.dialer.pause(0).await;
        }
        while let Ok(stood_ms) = self.one_connection().await {
            self.dialer.pause(stood_ms).await;
        }
    }

    async fn one_connection(&mut self) -> Result<u128, Gone> {
        let will = LastWill::new(&self.status_topic, "offline", QoS::AtLeastOnce, true);
        let shape = |options: &mut MqttOptions| {
            options.set_clean_session(true).set_last_will(will);
        };
        let (reason, stood_ms) = match self.dialer.connect(shape).await {
            Ok(connection) => self.serve(connection).await?,
            Err(reason) => (reason, 0),
        };
        self.dialer.failed(&reason);
        self.tell(LinkEvent::Down { reason }).await?;
        Ok(stood_ms)
    }

    /// Serves one connection to its end; gives why it ended and how long it stood.
    async fn serve(&mut self, mut connection: Connection) -> Result<(String, u128), Gone> {
        self.dialer.connected();
        let up = Signal::Up(connection.client.clone(), connection.session_present);
        self.signals.send(up).await.map_err(|_| Gone)?;
        let error = loop {
            match connection.eventloop.poll().await {
                Ok(event) => self.pass_on(&event).await?,
                Err(error) => break error,
            }
        };
        self.pass_on_rest(&mut connection.eventloop).await?;
        Ok((self.reason(&error), connection.stood_ms()))
    }

    fn reason(&self, error: &ConnectionError) -> String {
        explain(error, &self.dialer.endpoint)
    }

    /// Confirmations that arrived together with the end of the connection still count.
    async fn pass_on_rest(&mut self, eventloop: &mut EventLoop) -> Result<(), Gone> {
        while let Some(event) = eventloop.state.events.pop_front() {
            self.pass_on(&event).await?;
        }
        Ok(())
    }

    async fn pass_on(&mut self, event: &Event) -> Result<(), Gone> {
        match event {
            Event::Outgoing(Outgoing::Publish(pkid)) => self.tell(LinkEvent::Sent { pkid: *pkid }).await,
            Event::Incoming(Packet::PubAck(ack)) => self.tell(LinkEvent::Acked { pkid: ack.pkid }).await,
            // The owner has said goodbye: what the broker does now is no failure.
            Event::Outgoing(Outgoing::Disconnect) => Err(Gone),
            _ => Ok(()),
        }
    }

    async fn tell(&mut self, event: LinkEvent) -> Result<(), Gone> {
        self.signals.send(Signal::Other(event)).await.map_err(|_| Gone)
    }
}
