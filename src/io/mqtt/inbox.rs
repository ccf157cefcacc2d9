//! The listening connection: what other people publish for us, kept by the broker while we are away.

use rumqttc::{
    AsyncClient, ConnectionError, Event, MqttOptions, Packet, Publish, QoS, SubAck, SubscribeFilter,
    SubscribeReasonCode,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Endpoint;
use super::dial::{Connection, Dialer};
use super::explain::{explain, is_poisoned};
use crate::config::MqttConfig;
use crate::domain::id::{DaemonId, SiteId};

/// Messages that wait for their owner. When they are full the connection is not read, and the broker waits.
const MESSAGES: usize = 256;

/// A message from somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Where it was published.
    pub topic: String,
    /// What it says; at most [`super::PACKET_BYTES_MAX`] bytes of anything.
    pub payload: Vec<u8>,
    /// Whether it was kept by the broker from before we asked: such a message is never a scan or a command.
    pub retained: bool,
    /// Whether the broker marks it as sent to us before.
    pub again: bool,
    /// 0, 1 or 2.
    pub qos: u8,
}

/// What happened on the listening connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxEvent {
    /// The broker has taken the subscriptions; retained messages follow, then what comes.
    Up {
        /// Whether the broker had kept our session.
        session_present: bool,
    },
    /// The connection is gone, or could not be made.
    Down {
        /// A sentence for people.
        reason: String,
    },
    /// A message.
    Message(Incoming),
}

/// What an [`Inbox`] needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxSetup {
    /// The broker.
    pub endpoint: Endpoint,
    /// The name of this connection and of its session at the broker.
    pub client_id: String,
    /// What to listen to: topics, with `+` and `#`.
    pub filters: Vec<String>,
    /// The same for what is worth nothing once it is late: the broker keeps none of it while we are away, since it is
    /// asked for without any assurance of delivery.
    pub fresh: Vec<String>,
}

impl InboxSetup {
    /// The listening connection of one daemon of one site.
    pub fn new(config: &MqttConfig, site: &SiteId, daemon: &DaemonId, filters: Vec<String>) -> Self {
        let client_id = format!("cagekeeper-{site}-{daemon}-in");
        Self { endpoint: Endpoint::new(config), client_id, filters, fresh: Vec::new() }
    }
}

/// The listening connection. It connects and subscribes by itself, again after every failure.
#[derive(Debug)]
pub struct Inbox {
    setup: InboxSetup,
    events: mpsc::Receiver<InboxEvent>,
    task: JoinHandle<()>,
}

impl Inbox {
    /// Begins to connect. Needs a tokio runtime; one thread is enough.
    pub fn open(setup: InboxSetup) -> Self {
        let (task, events) = spawn(&setup, false);
        Self { setup, events, task }
    }

    /// The next event. May be dropped and called again without losing one.
    pub async fn next(&mut self) -> InboxEvent {
        match self.events.recv().await {
            Some(event) => event,
            None => self.reopened(),
        }
    }

    /// The task ends only by a panic in the client library: that is one more lost connection.
    fn reopened(&mut self) -> InboxEvent {
        (self.task, self.events) = spawn(&self.setup, true);
        let reason = format!("the MQTT listener for the broker at {} broke down", self.setup.endpoint);
        tracing::error!("{reason}. It is built anew; please report the lines before this one");
        InboxEvent::Down { reason }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn spawn(setup: &InboxSetup, wait_first: bool) -> (JoinHandle<()>, mpsc::Receiver<InboxEvent>) {
    let (sender, events) = mpsc::channel(MESSAGES);
    let listener = Listener {
        dialer: Dialer::new(setup.endpoint.clone(), setup.client_id.clone()),
        filters: setup.filters.clone(),
        fresh: setup.fresh.clone(),
        events: sender,
        discard_session: false,
    };
    (tokio::spawn(listener.run(wait_first)), events)
}

/// The owner of the connection has gone.
struct Gone;

struct Listener {
    dialer: Dialer,
    filters: Vec<String>,
    fresh: Vec<String>,
    events: mpsc::Sender<InboxEvent>,
    /// The broker holds a message for us that we cannot take, and would send it for ever.
    discard_session: bool,
}

impl Listener {
    async fn run(mut self, wait_first: bool) {
        if wait_first {
            self.dialer.pause(0).await;
        }
        while let Ok(stood_ms) = self.one_connection().await {
            self.dialer.pause(stood_ms).await;
        }
    }

    async fn one_connection(&mut self) -> Result<u128, Gone> {
        let (reason, stood_ms) = match self.connect().await {
            Ok(connection) => self.serve(connection).await?,
            Err(reason) => (reason, 0),
        };
        self.dialer.failed(&reason);
        self.tell(InboxEvent::Down { reason }).await?;
        Ok(stood_ms)
    }

    async fn connect(&mut self) -> Result<Connection, String> {
        if self.discard_session {
            self.discard().await?;
        }
        let connection = self.dialer.connect(|options| keep_session(options, true)).await?;
        subscribe(&connection.client, &self.filters, &self.fresh)?;
        Ok(connection)
    }

    /// A connect with a clean session makes the broker forget the old one.
    async fn discard(&mut self) -> Result<(), String> {
        let mut connection = self.dialer.connect(|options| keep_session(options, false)).await?;
        let _ = connection.client.try_disconnect();
        while connection.eventloop.poll().await.is_ok() {}
        self.discard_session = false;
        Ok(())
    }

    /// Serves one connection to its end; gives why it ended and how long it stood.
    async fn serve(&mut self, mut connection: Connection) -> Result<(String, u128), Gone> {
        let error = loop {
            match connection.eventloop.poll().await {
                Ok(event) => self.pass_on(event, connection.session_present).await?,
                Err(error) => break error,
            }
        };
        while let Some(event) = connection.eventloop.state.events.pop_front() {
            self.pass_on(event, connection.session_present).await?;
        }
        self.discard_session = is_poisoned(&error);
        Ok((self.reason(&error), connection.stood_ms()))
    }

    fn reason(&self, error: &ConnectionError) -> String {
        explain(error, &self.dialer.endpoint)
    }

    async fn pass_on(&mut self, event: Event, session_present: bool) -> Result<(), Gone> {
        match event {
            Event::Incoming(Packet::Publish(message)) => {
                self.tell(InboxEvent::Message(incoming(message))).await
            }
            Event::Incoming(Packet::SubAck(answer)) => {
                self.dialer.connected();
                self.say_refused(&answer);
                self.tell(InboxEvent::Up { session_present }).await
            }
            _ => Ok(()),
        }
    }

    fn say_refused(&self, answer: &SubAck) {
        for (filter, code) in self.filters.iter().chain(&self.fresh).zip(&answer.return_codes) {
            if *code == SubscribeReasonCode::Failure {
                tracing::warn!(
                    "the broker at {} does not let this client listen to {filter}: check its access rules",
                    self.dialer.endpoint
                );
            }
        }
    }

    async fn tell(&mut self, event: InboxEvent) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }
}

fn keep_session(options: &mut MqttOptions, keep: bool) {
    options.set_clean_session(!keep);
}

/// Also on a resumed session, since that makes the broker send retained messages again.
fn subscribe(client: &AsyncClient, filters: &[String], fresh: &[String]) -> Result<(), String> {
    let filter = |qos: QoS| move |filter: &String| SubscribeFilter::new(filter.clone(), qos);
    let kept = filters.iter().map(filter(QoS::AtLeastOnce));
    let wanted = kept.chain(fresh.iter().map(filter(QoS::AtMostOnce)));
    client.try_subscribe_many(wanted).map_err(|_| format!("{filters:?} {fresh:?} cannot be subscribed to"))
}

fn incoming(message: Publish) -> Incoming {
    Incoming {
        payload: message.payload.to_vec(),
        retained: message.retain,
        again: message.dup,
        qos: message.qos as u8,
        topic: message.topic,
    }
}
