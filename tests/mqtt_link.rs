//! The publishing and the listening connection against a real mosquitto: killed, restarted, frozen. TLS is in
//! `tests/security/tls.rs`.
#![allow(clippy::disallowed_methods, reason = "makes a password and waits for a broker")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use cagekeeper::config::{Broker, ExternalBroker, MqttConfig};
use cagekeeper::io::mqtt::{
    Endpoint, Inbox, InboxEvent, InboxSetup, Incoming, Link, LinkEvent, LinkSetup, NotTaken,
};
use cagekeeper::outbox::{Confirmed, Outbox};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};

#[path = "real/mosquitto.rs"]
mod mosquitto;

use mosquitto::{Collector, Mosquitto, Persistence};

const STATUS: &str = "cagekeeper/v1/studio/daemon/main/status";
const PATIENCE: Duration = Duration::from_secs(60);

fn setup(endpoint: Endpoint) -> LinkSetup {
    LinkSetup { endpoint, client_id: "cagekeeper-studio-main".into(), status_topic: STATUS.into() }
}

fn plain(port: u16) -> LinkSetup {
    setup(Endpoint::plain("127.0.0.1", port))
}

/// One thread, as in the daemon.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("within a minute") })
}

async fn up(link: &mut Link) {
    while !matches!(link.next().await, LinkEvent::Up { .. }) {}
}

async fn down(link: &mut Link) -> String {
    loop {
        if let LinkEvent::Down { reason } = link.next().await {
            return reason;
        }
    }
}

async fn publish_and_confirm(link: &mut Link, topic: &str, payload: &str) {
    link.try_publish(topic, payload.into(), true).unwrap();
    while !matches!(link.next().await, LinkEvent::Acked { .. }) {}
}

/// A ledger of numbered facts, published as the daemon does it.
struct Publisher {
    link: Link,
    outbox: Outbox,
    head: u64,
    confirmed: usize,
    connected: usize,
}

impl Publisher {
    /// Every seventh fact makes no event.
    fn has_event(seq: u64) -> bool {
        !seq.is_multiple_of(7)
    }

    fn events(head: u64) -> BTreeSet<String> {
        (1..=head).filter(|seq| Self::has_event(*seq)).map(|seq| seq.to_string()).collect()
    }

    fn fill(&mut self) {
        while let Some(seq) = self.outbox.next_wanted().map(|after| after + 1).filter(|seq| *seq <= self.head)
        {
            if !Self::has_event(seq) {
                self.outbox.skip(seq).unwrap();
            } else if self.link.try_publish("event/checked-out", seq.to_string().into(), false).is_ok() {
                self.outbox.offer(seq).unwrap();
            } else {
                break;
            }
        }
    }

    async fn step(&mut self) {
        match self.link.next().await {
            LinkEvent::Up { session_present } => {
                assert!(!session_present, "the publisher's session is clean");
                self.connected += 1;
            }
            LinkEvent::Down { .. } => self.outbox.lost(),
            LinkEvent::Sent { pkid } => self.outbox.sent(pkid).unwrap(),
            LinkEvent::Acked { pkid } => {
                let confirmed = self.outbox.acked(pkid);
                assert!(matches!(confirmed, Some(Confirmed::Event { .. })), "{confirmed:?}");
                self.confirmed += 1;
            }
        }
        self.fill();
    }

    async fn until_cursor(&mut self, seq: u64) {
        while self.outbox.cursor() < seq {
            self.step().await;
        }
    }
}

fn two_thousand_survive_two_kills(persistence: Persistence) {
    let mut broker = Mosquitto::start(persistence);
    let collector = Collector::start(broker.port(), "collector", "event/#");
    let head = 2000 * 7 / 6;
    run(async {
        let link = Link::open(plain(broker.port()));
        let mut publisher = Publisher { link, outbox: Outbox::new(0), head, confirmed: 0, connected: 0 };
        for at in [head / 3, 2 * head / 3] {
            publisher.until_cursor(at).await;
            broker.freeze();
            let frozen = tokio::time::timeout(Duration::from_millis(400), async {
                loop {
                    publisher.step().await;
                }
            });
            assert!(frozen.await.is_err());
            assert!(publisher.outbox.unconfirmed() > 0, "the kill hits messages in flight");
            broker.kill();
            broker.restart();
        }
        publisher.until_cursor(head).await;
        assert_eq!(publisher.outbox.cursor(), head);
        assert_eq!(publisher.outbox.unconfirmed(), 0);
        assert_eq!(publisher.connected, 3);
        assert!(publisher.confirmed >= Publisher::events(head).len());
        replay_what_is_missing(&mut publisher.link, &collector, head).await;
        publisher.link.shutdown().await;
    });
    let got = collector.texts();
    let distinct: BTreeSet<String> = got.iter().cloned().collect();
    assert_eq!(distinct, Publisher::events(head), "each event arrived, and nothing else");
    println!("{persistence:?}: {} messages, {} of them repeats", got.len(), got.len() - distinct.len());
}

/// What the broker confirmed and forgot comes with one replay: the same ids again.
async fn replay_what_is_missing(link: &mut Link, collector: &Collector, head: u64) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    let got: BTreeSet<String> = collector.texts().into_iter().collect();
    let missing: Vec<String> = Publisher::events(head).difference(&got).cloned().collect();
    println!("{} missing before the replay", missing.len());
    for seq in &missing {
        link.try_publish("event/checked-out", seq.clone().into(), false).unwrap();
        while !matches!(link.next().await, LinkEvent::Acked { .. }) {}
    }
    let expected = Publisher::events(head).len();
    collector.wait("every event", Duration::from_secs(20), |got| {
        got.iter().map(|got| &got.payload).collect::<BTreeSet<_>>().len() == expected
    });
}

#[test]
fn two_thousand_events_survive_two_kills_of_a_broker_that_remembers() {
    two_thousand_survive_two_kills(Persistence::On);
}

#[test]
fn two_thousand_events_survive_two_kills_of_a_broker_that_forgets() {
    two_thousand_survive_two_kills(Persistence::Off);
}

#[test]
fn a_missing_mosquitto_is_a_failure_that_names_the_set_up() {
    let sentence = mosquitto::program("/nowhere/mosquitto").unwrap_err();
    assert!(sentence.contains("/nowhere/mosquitto") && sentence.contains("Run tests/setup"), "{sentence}");
    assert!(mosquitto::program(mosquitto::PROGRAM).is_ok());
}

#[test]
fn a_clean_end_says_offline_and_a_lost_process_is_said_by_the_will() {
    let broker = Mosquitto::start(Persistence::Off);
    let collector = Collector::start(broker.port(), "watcher", STATUS);
    let said = |n: usize| {
        collector.wait("the status", PATIENCE, |got| got.len() >= n);
        collector.texts()
    };
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        publish_and_confirm(&mut link, STATUS, "online").await;
        let start = Instant::now();
        link.shutdown().await;
        assert!(start.elapsed() < Duration::from_secs(1), "the broker answers, so the end is quick");
    });
    assert_eq!(said(2), ["online", "offline"]);
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        publish_and_confirm(&mut link, STATUS, "online").await;
        drop(link);
        tokio::task::yield_now().await;
    });
    assert_eq!(said(4), ["online", "offline", "online", "offline"]);
    assert!(collector.got().iter().all(|got| !got.retained), "sent to a subscriber who was there");
    let late = Collector::start(broker.port(), "late", STATUS);
    late.wait("the retained status", PATIENCE, |got| !got.is_empty());
    assert_eq!((late.texts(), late.got()[0].retained), (vec!["offline".to_owned()], true));
}

#[test]
fn a_clean_end_waits_for_what_was_handed_over_before() {
    let broker = Mosquitto::start(Persistence::Off);
    let collector = Collector::start(broker.port(), "watcher", "#");
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        let mut taken = 0;
        while link.try_publish("event/x", b"x".to_vec(), false).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 256, "the channel is full");
        assert_eq!(link.try_publish("event/x", b"x".to_vec(), false), Err(NotTaken::Full));
        link.shutdown().await;
    });
    collector
        .wait("the last word", PATIENCE, |got| got.last().is_some_and(|last| last.payload == b"offline"));
    assert_eq!(collector.got().len(), 257);
}

#[test]
fn an_end_with_a_frozen_broker_takes_one_second() {
    let broker = Mosquitto::start(Persistence::Off);
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        broker.freeze();
        let start = Instant::now();
        link.shutdown().await;
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(1) && took < Duration::from_millis(1500), "{took:?}");
    });
    broker.thaw();
}

#[test]
fn a_frozen_broker_is_found_out_and_the_rest_goes_on() {
    let broker = Mosquitto::start(Persistence::Off);
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        broker.freeze();
        let reason = down(&mut link).await;
        assert!(reason.contains("was silent for 20 s"), "{reason}");
        broker.thaw();
        up(&mut link).await;
        publish_and_confirm(&mut link, STATUS, "online").await;
    });
}

#[test]
fn without_a_broker_it_says_so_and_comes_when_the_broker_comes() {
    let mut broker = Mosquitto::start(Persistence::Off);
    broker.kill();
    run(async {
        let mut link = Link::open(plain(broker.port()));
        assert_eq!(link.try_publish(STATUS, b"online".to_vec(), true), Err(NotTaken::Down));
        let reason = down(&mut link).await;
        assert!(reason.contains("no broker answers at 127.0.0.1:"), "{reason}");
        broker.restart();
        up(&mut link).await;
    });
}

#[test]
fn what_can_never_be_sent_is_refused_and_the_connection_stands() {
    let broker = Mosquitto::start(Persistence::Off);
    run(async {
        let mut link = Link::open(plain(broker.port()));
        up(&mut link).await;
        assert_eq!(link.try_publish("a/+/b", vec![], false), Err(NotTaken::Impossible));
        assert_eq!(link.try_publish("", vec![], false), Err(NotTaken::Impossible));
        assert_eq!(link.try_publish("a", vec![b'x'; 1 << 20], false), Err(NotTaken::Impossible));
        publish_and_confirm(&mut link, "a", &"x".repeat((1 << 20) - 17)).await;
    });
}

#[test]
fn a_refused_password_is_said_and_read_again_at_the_next_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let users = dir.path().join("users");
    let made =
        Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&users).args(["cage", "right"]).status();
    assert!(made.unwrap().success(), "mosquitto_passwd: run tests/setup");
    let password = dir.path().join("password");
    let broker = Mosquitto::within(dir, "allow_anonymous false\npassword_file DIR/users\n", Persistence::Off);
    std::fs::write(&password, "wrong\n").unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let endpoint = endpoint(broker.port(), |to| {
        to.username = Some("cage".into());
        to.password_file = Some(password.clone());
    });
    run(async {
        let mut link = Link::open(setup(endpoint));
        let reason = down(&mut link).await;
        assert!(reason.contains("refused the user name or password: check mqtt.username"), "{reason}");
        std::fs::write(&password, "right\n").unwrap();
        up(&mut link).await;
    });
}

fn endpoint(port: u16, change: impl FnOnce(&mut ExternalBroker)) -> Endpoint {
    let mut broker = ExternalBroker {
        host: "localhost".into(),
        port,
        tls: false,
        username: None,
        password_file: None,
        ca_file: None,
        cert_file: None,
        key_file: None,
    };
    change(&mut broker);
    let broker = Broker::External(Box::new(broker));
    Endpoint::new(&MqttConfig { broker, names: false, republish_per_s: 100 })
}

fn inbox(port: u16) -> Inbox {
    Inbox::open(InboxSetup {
        endpoint: Endpoint::plain("127.0.0.1", port),
        client_id: "cagekeeper-studio-main-in".into(),
        filters: vec!["in/#".into(), "info".into()],
        fresh: Vec::new(),
    })
}

async fn inbox_up(inbox: &mut Inbox) -> bool {
    loop {
        if let InboxEvent::Up { session_present } = inbox.next().await {
            return session_present;
        }
    }
}

async fn message(inbox: &mut Inbox) -> Incoming {
    loop {
        if let InboxEvent::Message(message) = inbox.next().await {
            return message;
        }
    }
}

/// Somebody else publishes, and waits until the broker has it.
async fn somebody_publishes(port: u16, topic: &str, payload: Vec<u8>, retain: bool) {
    let mut options = MqttOptions::new("somebody", "127.0.0.1", port);
    options.set_max_packet_size(1 << 24, 1 << 24);
    let (client, mut eventloop) = AsyncClient::new(options, 10);
    client.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
    while !matches!(eventloop.poll().await.unwrap(), Event::Incoming(Packet::PubAck(_))) {}
}

#[test]
fn the_listener_gets_what_came_while_it_was_away_and_retained_messages_each_time() {
    let broker = Mosquitto::start(Persistence::Off);
    let port = broker.port();
    run(async {
        let mut first = inbox(port);
        assert!(!inbox_up(&mut first).await);
        somebody_publishes(port, "in/scan", b"one".to_vec(), false).await;
        let one = message(&mut first).await;
        let expected = Incoming {
            topic: "in/scan".into(),
            payload: b"one".to_vec(),
            retained: false,
            again: false,
            qos: 1,
        };
        assert_eq!(one, expected);
        drop(first);
        tokio::time::sleep(Duration::from_millis(50)).await;
        somebody_publishes(port, "in/scan", b"two".to_vec(), false).await;
        somebody_publishes(port, "info", b"{}".to_vec(), true).await;
        for last in [false, true] {
            let mut again = inbox(port);
            let mut got = Vec::new();
            let mut resumed = false;
            while !got.iter().any(|message: &Incoming| message.retained) {
                match again.next().await {
                    InboxEvent::Up { session_present } => resumed = session_present,
                    InboxEvent::Message(message) => got.push(message),
                    InboxEvent::Down { reason } => panic!("{reason}"),
                }
            }
            assert!(resumed);
            assert_eq!(got.iter().any(|message| message.payload == b"two"), !last, "{got:?}");
            drop(again);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_message_that_cannot_be_taken_does_not_block_the_listener_for_ever() {
    let broker = Mosquitto::start(Persistence::Off);
    let port = broker.port();
    run(async {
        let mut inbox = inbox(port);
        inbox_up(&mut inbox).await;
        somebody_publishes(port, "in/scan", vec![b'x'; 2 << 20], false).await;
        let reason = loop {
            if let InboxEvent::Down { reason } = inbox.next().await {
                break reason;
            }
        };
        assert!(reason.contains("more than the 1048576 that are taken"), "{reason}");
        assert!(!inbox_up(&mut inbox).await, "the session with the message was given up");
        somebody_publishes(port, "in/scan", b"after".to_vec(), false).await;
        assert_eq!(message(&mut inbox).await.payload, b"after");
    });
}
