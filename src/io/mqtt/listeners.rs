//! Who hears what comes in: the readers that speak MQTT, each on topics of its own.
//!
//! A reader that is behind is waited for. Until it has caught up the listening connection is not read, and the broker
//! keeps what comes: nothing is dropped, and at most one event for each reader waits here.

use std::collections::{BTreeSet, VecDeque};

use tokio::sync::mpsc;

use super::Incoming;

/// What the listening connection tells a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromBroker {
    /// The broker has taken the subscriptions. What it has retained follows, then what comes.
    Up,
    /// The broker is gone.
    Down {
        /// Why, for people.
        reason: String,
    },
    /// A message on one of the reader's topics.
    Message(Incoming),
}

/// Somebody who listens.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The topics, with `+` for any one part.
    pub topics: Vec<String>,
    /// Where it is told.
    pub sender: mpsc::Sender<FromBroker>,
    /// What is late is worth nothing: the broker is to keep none of it while we are away.
    pub fresh: bool,
}

/// Whether a topic is one of those that a filter means. `+` is any one part.
fn is_meant(filter: &str, topic: &str) -> bool {
    let (mut parts, mut of_topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (parts.next(), of_topic.next()) {
            (None, None) => return true,
            (Some(part), Some(of_topic)) if part == "+" || part == of_topic => {}
            _ => return false,
        }
    }
}

/// All who listen, and what still waits for one of them.
#[derive(Debug)]
pub(super) struct Listeners {
    all: Vec<Listener>,
    waiting: VecDeque<(mpsc::Sender<FromBroker>, FromBroker)>,
}

impl Listeners {
    pub(super) fn new(all: Vec<Listener>) -> Self {
        Self { all, waiting: VecDeque::new() }
    }

    /// Every topic that somebody listens to, once: those of which the broker keeps what comes while we are away, or those
    /// of which it keeps nothing.
    pub(super) fn topics(&self, fresh: bool) -> BTreeSet<String> {
        let those = self.all.iter().filter(|listener| listener.fresh == fresh);
        those.flat_map(|listener| listener.topics.iter().cloned()).collect()
    }

    /// Tells everybody whom it concerns; true where that is somebody.
    pub(super) fn tell(&mut self, event: &FromBroker) -> bool {
        let mut concerned = false;
        for listener in &self.all {
            if let FromBroker::Message(message) = event
                && !listener.topics.iter().any(|filter| is_meant(filter, &message.topic))
            {
                continue;
            }
            concerned = true;
            match listener.sender.try_send(event.clone()) {
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.waiting.push_back((listener.sender.clone(), event));
                }
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        concerned
    }

    /// Whether somebody has to be waited for before more is taken in.
    pub(super) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Waits until the first who is behind has room. May be dropped while it waits.
    pub(super) async fn catch_up(&mut self) {
        let Some((sender, _)) = self.waiting.front() else { return std::future::pending().await };
        let sender = sender.clone();
        let room = sender.reserve().await;
        let Some((_, event)) = self.waiting.pop_front() else { return };
        if let Ok(room) = room {
            room.send(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(topic: &str) -> FromBroker {
        FromBroker::Message(Incoming {
            topic: topic.into(),
            payload: Vec::new(),
            retained: false,
            again: false,
            qos: 1,
        })
    }

    #[test]
    fn a_plus_means_one_part_and_nothing_else() {
        let meant = |topic: &str| is_meant("c/door/+/request", topic);
        assert!(meant("c/door/studio-b/request") && is_meant("c/x", "c/x"));
        for topic in
            ["c/door/a/b/request", "c/door/request", "c/door/a/request/x", "c/door/a", "c/door/a/answer"]
        {
            assert!(!meant(topic), "{topic}");
        }
    }

    #[tokio::test]
    async fn each_hears_its_own_and_one_that_is_behind_is_waited_for() {
        let (a, mut heard_a) = mpsc::channel(1);
        let (b, mut heard_b) = mpsc::channel(8);
        let listen = |topics: &[&str], sender: &mpsc::Sender<FromBroker>| Listener {
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            sender: sender.clone(),
            fresh: false,
        };
        let mut listeners = Listeners::new(vec![listen(&["x", "both"], &a), listen(&["y", "both"], &b)]);
        assert_eq!(listeners.topics(false).into_iter().collect::<Vec<_>>(), ["both", "x", "y"]);
        assert!(!listeners.tell(&message("z")));
        assert!(listeners.tell(&message("both")) && !listeners.is_behind());
        assert!(listeners.tell(&FromBroker::Up) && listeners.is_behind());
        assert_eq!(heard_b.recv().await, Some(message("both")));
        assert_eq!(heard_b.recv().await, Some(FromBroker::Up), "nobody waits for somebody else's reader");
        assert_eq!(heard_a.recv().await, Some(message("both")));
        listeners.catch_up().await;
        assert!(!listeners.is_behind());
        assert_eq!(heard_a.recv().await, Some(FromBroker::Up));
        drop(heard_a);
        assert!(
            listeners.tell(&message("x")) && !listeners.is_behind(),
            "a reader that ended holds up nobody"
        );
    }
}
