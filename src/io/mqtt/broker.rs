//! The embedded broker: for a site that has none, memory only, since the ledger can say everything again.
//!
//! `mqtt5` is pinned, because each of its versions changes its interface; `tests/broker.rs` holds what is
//! relied upon. Anonymous, therefore on loopback unless the configuration says otherwise.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mqtt5::broker::{BrokerConfig, MqttBroker, StorageBackendType, StorageConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::PACKET_BYTES_MAX;

const TRY_AGAIN: Duration = Duration::from_secs(5);
const SHUTDOWN: Duration = Duration::from_secs(1);
const CLIENTS_MAX: usize = 512;
/// Messages and bytes kept for one client that is away; a site with more to keep wants a broker of its own.
const QUEUED_MESSAGES_MAX: usize = 10_000;
const QUEUED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Sessions of clients that never come back are forgotten after a week.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);

/// How the embedded broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerState {
    /// Not there yet.
    Starting,
    /// It takes connections here.
    Listening(SocketAddr),
    /// It could not start, and tries again every five seconds.
    Waiting {
        /// Why, and what to do.
        reason: String,
    },
    /// It has ended.
    Stopped,
}

/// The embedded broker. Dropped, it ends at once.
#[derive(Debug)]
pub struct EmbeddedBroker {
    state: watch::Receiver<BrokerState>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl EmbeddedBroker {
    /// Begins to listen. Needs a tokio runtime; one thread is enough. Port 0 takes any free one.
    pub fn start(listen: SocketAddr) -> Self {
        let (state_sender, state) = watch::channel(BrokerState::Starting);
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(Keeper { listen, state: state_sender, stopping }.run());
        Self { state, stop, task }
    }

    /// How it is now, and how it changes.
    pub fn state(&self) -> watch::Receiver<BrokerState> {
        self.state.clone()
    }

    /// Closes every connection and ends, within about a second.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(2 * SHUTDOWN, &mut self.task).await;
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Keeper {
    listen: SocketAddr,
    state: watch::Sender<BrokerState>,
    stopping: watch::Receiver<bool>,
}

impl Keeper {
    async fn run(mut self) {
        while !*self.stopping.borrow() {
            let reason = match open(self.listen).await {
                Ok(broker) => self.serve(broker).await,
                Err(reason) => Some(reason),
            };
            let Some(reason) = reason else { break };
            self.wait(reason).await;
        }
        self.state.send_replace(BrokerState::Stopped);
    }

    /// Serves until told to stop (`None`), or gives why it ended by itself.
    async fn serve(&mut self, mut broker: MqttBroker) -> Option<String> {
        let address = broker.local_addr().unwrap_or(self.listen);
        let handle = broker.shutdown_handle();
        tracing::info!("the embedded broker listens on {address}");
        self.state.send_replace(BrokerState::Listening(address));
        let mut running = std::pin::pin!(broker.run());
        tokio::select! {
            ended = &mut running => Some(ended_early(self.listen, ended.err())),
            _ = self.stopping.changed() => {
                handle.shutdown();
                let _ = tokio::time::timeout(SHUTDOWN, running).await;
                None
            }
        }
    }

    async fn wait(&mut self, reason: String) {
        let next = BrokerState::Waiting { reason };
        let changed = self.state.send_if_modified(|state| {
            let differs = *state != next;
            state.clone_from(&next);
            differs
        });
        if let (true, BrokerState::Waiting { reason }) = (changed, &next) {
            tracing::warn!("{reason}");
        }
        let _ = tokio::time::timeout(TRY_AGAIN, self.stopping.changed()).await;
    }
}

fn ended_early(listen: SocketAddr, error: Option<mqtt5::error::MqttError>) -> String {
    let cause = error.map_or_else(|| "no reason was given".to_owned(), |error| error.to_string());
    format!("the embedded broker on {listen} has ended: {cause}. It is started again every 5 s")
}

async fn open(listen: SocketAddr) -> Result<MqttBroker, String> {
    // Bound once beforehand, since the broker wraps the cause in advice of its own.
    TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    MqttBroker::with_config(settings(listen)).await.map_err(|error| {
        format!("the embedded broker cannot start on {listen}: {error}. It is tried every 5 s")
    })
}

fn cannot_listen(listen: SocketAddr, error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is taken, most likely by a mosquitto service or another cagekeeper (`ss -ltnp sport = :{port}` \
             shows by whom). To use that broker set mqtt.url = \"mqtt://127.0.0.1:{port}\"; to keep both choose another \
             port with mqtt.listen",
            port = listen.port()
        ),
        io::ErrorKind::PermissionDenied => {
            "this user may not listen there: choose a port above 1023 with mqtt.listen".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one of its own with mqtt.listen".to_owned()
        }
        _ => error.to_string(),
    };
    format!(
        "the embedded broker cannot listen on {listen}: {advice}. Scanning goes on; it is tried every 5 s"
    )
}

fn settings(listen: SocketAddr) -> BrokerConfig {
    let storage = StorageConfig::default()
        .with_backend(StorageBackendType::Memory)
        .with_max_queued_messages_per_client(QUEUED_MESSAGES_MAX)
        .with_max_queued_bytes_per_client(QUEUED_BYTES_MAX);
    BrokerConfig::default()
        .with_bind_address(listen)
        .with_max_clients(CLIENTS_MAX)
        .with_max_packet_size(PACKET_BYTES_MAX)
        .with_session_expiry(SESSION)
        .with_sys_topics_enabled(false)
        .with_storage(storage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_with_what_to_do() {
        let listen = "127.0.0.1:1883".parse().unwrap();
        let sentence = cannot_listen(listen, &io::ErrorKind::AddrInUse.into());
        for part in ["127.0.0.1:1883", "mosquitto", "mqtt.url", "mqtt.listen", "every 5 s"] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
