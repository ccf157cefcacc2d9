//! Connecting, and waiting before the next attempt.

use std::collections::BTreeSet;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet};
use tokio::time::Instant;

use super::Endpoint;
use super::explain::explain;

/// Messages handed to the client and not yet written.
const CHANNEL: usize = 256;
const FIRST_WAIT_MS: u64 = 250;
const LONGEST_WAIT_MS: u64 = 10_000;
/// A connection that stood so long was a good one: the next failure is a new one.
const STEADY_MS: u128 = 10_000;
/// Distinct reasons remembered, so that a reason that differs each time cannot fill the memory.
const REASONS_MAX: usize = 16;

/// A connection that the broker accepted.
pub(super) struct Connection {
    pub(super) client: AsyncClient,
    pub(super) eventloop: EventLoop,
    pub(super) session_present: bool,
    since: Instant,
}

impl Connection {
    /// Milliseconds since the broker accepted it.
    pub(super) fn stood_ms(&self) -> u128 {
        self.since.elapsed().as_millis()
    }
}

/// Connects to one broker under one client id, again and again.
pub(super) struct Dialer {
    pub(super) endpoint: Endpoint,
    client_id: String,
    backoff: Backoff,
    said: BTreeSet<String>,
}

impl Dialer {
    pub(super) fn new(endpoint: Endpoint, client_id: String) -> Self {
        Self { endpoint, client_id, backoff: Backoff::default(), said: BTreeSet::new() }
    }

    /// One attempt. `shape` sets what differs between connections: session and will.
    pub(super) async fn connect(
        &mut self,
        shape: impl FnOnce(&mut MqttOptions),
    ) -> Result<Connection, String> {
        let mut options = self.endpoint.options(&self.client_id)?;
        shape(&mut options);
        let (client, mut eventloop) = AsyncClient::new(options, CHANNEL);
        eventloop.network_options.set_tcp_nodelay(true);
        match eventloop.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                let session_present = answer.session_present;
                Ok(Connection { client, eventloop, session_present, since: Instant::now() })
            }
            Ok(other) => Err(format!("the broker at {} answered {other:?} to a connect", self.endpoint)),
            Err(error) => Err(explain(&error, &self.endpoint)),
        }
    }

    /// The connection works: says so, and forgets what had failed before.
    pub(super) fn connected(&mut self) {
        self.said.clear();
        tracing::info!(client = %self.client_id, "connected to the broker at {}", self.endpoint);
    }

    /// Logs a reason the first time it is given since the last connect.
    pub(super) fn failed(&mut self, reason: &str) {
        if self.said.contains(reason) || self.said.len() >= REASONS_MAX {
            return;
        }
        self.said.insert(reason.to_owned());
        tracing::warn!(client = %self.client_id, "{reason}. It is tried again");
    }

    /// Waits before the next attempt. `stood_ms` is how long the last connection lasted, 0 where there was none.
    pub(super) async fn pause(&mut self, stood_ms: u128) {
        if stood_ms >= STEADY_MS {
            self.backoff = Backoff::default();
        }
        tokio::time::sleep(Duration::from_millis(self.backoff.next_ms())).await;
    }
}

/// 250 ms, doubling to 10 s.
#[derive(Debug)]
struct Backoff {
    wait_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait_ms: FIRST_WAIT_MS }
    }
}

impl Backoff {
    fn next_ms(&mut self) -> u64 {
        let wait_ms = self.wait_ms;
        self.wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
        wait_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_250_ms_to_10_s() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.next_ms()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn a_reason_is_said_once_until_the_next_connect() {
        let mut dialer = Dialer::new(Endpoint::plain("broker", 1883), "me".into());
        for n in 0..100 {
            dialer.failed("no broker answers");
            dialer.failed(&format!("reason {n}"));
        }
        assert_eq!(dialer.said.len(), REASONS_MAX);
        dialer.connected();
        assert!(dialer.said.is_empty());
    }
}
