//! MQTT: the connection that publishes, the one that listens, and the broker for sites that have none.
//!
//! The client library is a dumb pipe. It keeps nothing over a lost connection: on any error client and event
//! loop are dropped and built anew, and what was not confirmed is said again from the ledger
//! ([`crate::outbox`]). Two connections, because they want different sessions: the publisher's is clean, so
//! that no half-known message survives in it; the listener's persists, so that the broker keeps for us what
//! arrives while we are away.

pub mod access;
#[cfg(feature = "embedded-broker")]
pub mod broker;
mod dial;
mod endpoint;
pub mod event;
mod explain;
pub mod inbox;
pub mod link;
mod listeners;
pub mod payload;
pub mod publisher;
mod readback;
mod replay;
mod setup;
mod site_broker;
mod standing;
mod teller;
mod turn;
mod upkeep;

pub use endpoint::Endpoint;
pub use inbox::{Inbox, InboxEvent, InboxSetup, Incoming};
pub use link::{Link, LinkEvent, LinkSetup, NotTaken};
pub use listeners::{FromBroker, Listener};
pub use publisher::{MqttHandle, MqttInputs, MqttStatus, PublisherSetup};

/// The largest packet sent or taken, in bytes. Ours are under 4 kB; the rest is room for other people's.
pub const PACKET_BYTES_MAX: usize = 1024 * 1024;

/// Silence after which the broker is asked whether it is there; after twice as long it counts as gone.
const KEEP_ALIVE_S: u64 = 10;
