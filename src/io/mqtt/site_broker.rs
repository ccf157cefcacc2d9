//! Which broker a site has: somebody else's, or the one in this program, which is connected to once it listens.

#[cfg(feature = "embedded-broker")]
use tokio::sync::watch;

#[cfg(feature = "embedded-broker")]
use super::broker::{BrokerState, EmbeddedBroker};
use crate::config::{Broker, MqttConfig};

/// The broker of this site.
#[derive(Debug)]
pub(super) enum SiteBroker {
    /// Somebody else's: there is nothing to wait for.
    External,
    /// The one in this program.
    #[cfg(feature = "embedded-broker")]
    Embedded {
        /// Dropped, it ends.
        broker: EmbeddedBroker,
        /// How it is.
        state: watch::Receiver<BrokerState>,
    },
    /// None: this program was built without one.
    #[cfg(not(feature = "embedded-broker"))]
    None,
}

impl SiteBroker {
    /// Starts the embedded broker where the configuration wants one.
    pub(super) fn start(config: &MqttConfig) -> Self {
        match &config.broker {
            Broker::External(_) => Self::External,
            #[cfg(feature = "embedded-broker")]
            Broker::Embedded { listen } => {
                let broker = EmbeddedBroker::start(*listen);
                Self::Embedded { state: broker.state(), broker }
            }
            #[cfg(not(feature = "embedded-broker"))]
            Broker::Embedded { .. } => {
                tracing::warn!(
                    "nothing is told on MQTT: this program was built without its own broker. Set mqtt.url to another one"
                );
                Self::None
            }
        }
    }

    /// Waits until the broker can be connected to, and gives the configuration that leads to it: at once for
    /// somebody else's, each time that the embedded one begins to listen. Never returns where there is no more.
    ///
    /// May be dropped and called again.
    pub(super) async fn ready(&mut self, config: &MqttConfig, is_linked: bool) -> MqttConfig {
        match self {
            Self::External if !is_linked => config.clone(),
            #[cfg(feature = "embedded-broker")]
            Self::Embedded { state, .. } => listening(state, config, is_linked).await,
            _ => std::future::pending().await,
        }
    }

    /// Ends the embedded broker, within about a second.
    pub(super) async fn shutdown(self) {
        #[cfg(feature = "embedded-broker")]
        if let Self::Embedded { broker, .. } = self {
            broker.shutdown().await;
        }
    }
}

#[cfg(feature = "embedded-broker")]
async fn listening(
    state: &mut watch::Receiver<BrokerState>,
    config: &MqttConfig,
    is_linked: bool,
) -> MqttConfig {
    let mut is_seen = is_linked;
    loop {
        if is_seen && state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        is_seen = true;
        if let BrokerState::Listening(address) = *state.borrow_and_update() {
            return MqttConfig { broker: Broker::Embedded { listen: address }, ..config.clone() };
        }
    }
}
