//! Which broker a site has: somebody else's, or the one in this program, which is connected to once it listens.

#[cfg(feature = "embedded-broker")]
use tokio::sync::watch;

#[cfg(feature = "embedded-broker")]
use super::broker::{BrokerState, EmbeddedBroker};
use crate::config::{Broker, MqttConfig};

/// What there is to say of the broker.
#[derive(Debug)]
pub(super) enum Reach {
    /// It can be connected to with this configuration.
    Ready(Box<MqttConfig>),
    /// The one in this program does not listen, and why. It tries again by itself.
    Waiting(String),
}

/// The broker of this site.
#[derive(Debug)]
pub(super) struct SiteBroker {
    is_said: bool,
    #[cfg(feature = "embedded-broker")]
    embedded: Option<(EmbeddedBroker, watch::Receiver<BrokerState>)>,
}

impl SiteBroker {
    /// Starts the embedded broker where the configuration wants one.
    #[cfg_attr(not(feature = "embedded-broker"), allow(unused_variables, reason = "there is none to start"))]
    pub(super) fn start(config: &MqttConfig) -> Self {
        #[cfg(feature = "embedded-broker")]
        let embedded = match &config.broker {
            Broker::External(_) => None,
            Broker::Embedded { listen } => {
                let broker = EmbeddedBroker::start(*listen);
                let state = broker.state();
                Some((broker, state))
            }
        };
        Self {
            is_said: false,
            #[cfg(feature = "embedded-broker")]
            embedded,
        }
    }

    /// Waits until there is something new to say: of somebody else's broker once and at once, of the embedded one
    /// each time that it begins to listen or cannot. May be dropped and called again.
    pub(super) async fn next(&mut self, config: &MqttConfig) -> Reach {
        #[cfg(feature = "embedded-broker")]
        if let Some((_, state)) = &mut self.embedded {
            return of_embedded(state, &mut self.is_said, config).await;
        }
        if self.is_said {
            std::future::pending::<()>().await;
        }
        self.is_said = true;
        match &config.broker {
            Broker::External(_) => Reach::Ready(Box::new(config.clone())),
            Broker::Embedded { .. } => {
                let reason = "nothing is told on MQTT: this program was built without its own broker. Set mqtt.url to another one";
                tracing::warn!("{reason}");
                Reach::Waiting(reason.to_owned())
            }
        }
    }

    /// Ends the embedded broker, within about a second.
    pub(super) async fn shutdown(self) {
        #[cfg(feature = "embedded-broker")]
        if let Some((broker, _)) = self.embedded {
            broker.shutdown().await;
        }
    }
}

#[cfg(feature = "embedded-broker")]
async fn of_embedded(
    state: &mut watch::Receiver<BrokerState>,
    is_said: &mut bool,
    config: &MqttConfig,
) -> Reach {
    loop {
        if *is_said && state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *is_said = true;
        match &*state.borrow_and_update() {
            BrokerState::Listening(address) => {
                let broker = Broker::Embedded { listen: *address };
                return Reach::Ready(Box::new(MqttConfig { broker, ..config.clone() }));
            }
            BrokerState::Waiting { reason } => return Reach::Waiting(reason.clone()),
            BrokerState::Starting | BrokerState::Stopped => {}
        }
    }
}
