//! What the daemon tells others: signals at once, events and state from the ledger.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;
use crate::io::standing::Shared;
use crate::writer::Answer;

/// The way out to the broker.
pub struct Telling {
    head: watch::Sender<i64>,
}

impl Telling {
    /// Starts telling; `head` is the ledger's newest fact.
    pub fn start(_shared: &Arc<Shared>, head: i64) -> anyhow::Result<Self> {
        let (head, _) = watch::channel(head);
        Ok(Self { head })
    }

    /// The ledger has facts up to this number.
    pub fn head(&self, head: i64) {
        self.head.send_replace(head);
    }

    /// A scan was answered.
    pub fn answer(&self, _answer: &Answer) {}

    /// Nothing is being recorded.
    pub fn trouble(&self, _config: &Config) {}

    /// Says goodbye.
    pub async fn stop(self) {}
}
