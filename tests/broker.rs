//! What is relied upon of the embedded broker, on its one port, in MQTT 3.1.1 and 5.
//!
//! The broker runs as in the daemon: on a runtime of one thread. The clients are bare sockets.
#![cfg(feature = "embedded-broker")]
#![allow(clippy::disallowed_methods, reason = "takes ports and waits for a broker")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use cagekeeper::io::mqtt::broker::{BrokerState, EmbeddedBroker};
use tokio::sync::{mpsc, oneshot, watch};

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/raw_mqtt.rs"]
mod raw_mqtt;

use mosquitto::{free_port, wait_for};
use raw_mqtt::{BOTH, Hello, Packet, Raw, Version};

/// The embedded broker in a thread of its own.
struct Running {
    state: watch::Receiver<BrokerState>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn start(listen: SocketAddr) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (give, mut take) = mpsc::channel(1);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let broker = EmbeddedBroker::start(listen);
                give.send(broker.state()).await.unwrap();
                stopped.await.ok();
                broker.shutdown().await;
            });
        });
        let state = take.blocking_recv().unwrap();
        Self { state, stop: Some(stop), thread: Some(thread) }
    }

    fn ready() -> (Self, SocketAddr) {
        let running = Self::start("127.0.0.1:0".parse().unwrap());
        let address = running.wait_listening(Duration::from_secs(10));
        (running, address)
    }

    fn wait_listening(&self, limit: Duration) -> SocketAddr {
        wait_for("the broker to listen", limit, || match *self.state.borrow() {
            BrokerState::Listening(address) => Some(address),
            _ => None,
        })
    }

    fn stop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn connect(address: SocketAddr, hello: &Hello) -> Raw {
    Raw::connect(address, hello).unwrap()
}

fn text(topic: &str, payload: &str, retained: bool) -> (String, String, bool) {
    (topic.into(), payload.into(), retained)
}

#[test]
fn both_versions_hear_each_other_on_one_port_and_qos_1_is_confirmed() {
    let (_broker, address) = Running::ready();
    for (one, other) in [(Version::V311, Version::V5), (Version::V5, Version::V311)] {
        let mut listener = connect(address, &Hello::clean(one, "listener"));
        listener.subscribe("event/+");
        let mut speaker = connect(address, &Hello::clean(other, "speaker"));
        for n in 0..200 {
            speaker.publish_confirmed("event/checked-out", n.to_string().as_bytes(), false);
            assert_eq!(listener.message(), text("event/checked-out", &n.to_string(), false));
        }
    }
}

#[test]
fn a_hundred_unread_confirmations_do_not_stop_the_broker() {
    let (_broker, address) = Running::ready();
    let mut speaker = connect(address, &Hello::clean(Version::V311, "speaker"));
    let sent: Vec<_> = (0..100).map(|_| speaker.publish("event/x", b"{}", false)).collect();
    for pkid in sent {
        assert_eq!(speaker.read(), Packet::PubAck(pkid));
    }
}

#[test]
fn retained_messages_reach_new_and_resumed_sessions_and_an_empty_one_clears_them() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut daemon = connect(address, &Hello::clean(version, "daemon"));
        daemon.publish_confirmed("asset/cam-1", b"out", true);
        let mut screen = connect(address, &Hello::persistent(version, "screen"));
        assert!(!screen.session_present);
        screen.subscribe("asset/#");
        assert_eq!(screen.message(), text("asset/cam-1", "out", true));
        screen.disconnect();
        let mut screen = connect(address, &Hello::persistent(version, "screen"));
        assert!(screen.session_present, "{version:?}: the session was kept");
        screen.subscribe("asset/#");
        assert_eq!(screen.message(), text("asset/cam-1", "out", true), "again on a resumed session");
        daemon.publish_confirmed("asset/cam-1", b"home", true);
        assert_eq!(screen.message(), text("asset/cam-1", "home", false), "live, so not marked retained");
        daemon.publish_confirmed("asset/cam-1", b"", true);
        assert_eq!(screen.message(), text("asset/cam-1", "", false));
        let mut late = connect(address, &Hello::clean(version, "late"));
        late.subscribe("asset/#");
        assert!(late.is_quiet(), "{version:?}: a cleared topic says nothing");
        connect(address, &Hello::clean(version, "screen")).disconnect();
    }
}

#[test]
fn the_will_is_said_for_a_client_that_dies_and_not_for_one_that_leaves() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut watcher = connect(address, &Hello::clean(version, "watcher"));
        watcher.subscribe("status");
        let hello = Hello::clean(version, "daemon").with_will("status", "offline");
        connect(address, &hello).disconnect();
        assert!(watcher.is_quiet(), "{version:?}: it left politely");
        drop(connect(address, &hello));
        assert_eq!(watcher.message(), text("status", "offline", false));
        let mut late = connect(address, &Hello::clean(version, "late"));
        late.subscribe("status");
        assert_eq!(late.message(), text("status", "offline", true), "the will was retained");
        late.publish_confirmed("status", b"", true);
    }
}

#[test]
fn a_persistent_session_keeps_what_came_while_it_was_away() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut inbox = connect(address, &Hello::persistent(version, "inbox"));
        inbox.subscribe("reader/+/scan");
        drop(inbox);
        let mut speaker = connect(address, &Hello::clean(version, "speaker"));
        for n in 0..1000 {
            speaker.publish_confirmed("reader/door/scan", n.to_string().as_bytes(), false);
        }
        let mut inbox = connect(address, &Hello::persistent(version, "inbox"));
        assert!(inbox.session_present, "{version:?}");
        for n in 0..1000 {
            assert_eq!(inbox.message(), text("reader/door/scan", &n.to_string(), false), "{version:?}");
        }
        connect(address, &Hello::clean(version, "inbox")).disconnect();
    }
}

#[test]
fn a_message_without_its_confirmation_comes_again() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut inbox = connect(address, &Hello::persistent(version, "inbox"));
        inbox.subscribe("scan");
        let mut speaker = connect(address, &Hello::clean(version, "speaker"));
        speaker.publish_confirmed("scan", b"one", false);
        assert!(matches!(inbox.read(), Packet::Publish { .. }));
        drop(inbox);
        let mut inbox = connect(address, &Hello::persistent(version, "inbox"));
        assert_eq!(inbox.message(), text("scan", "one", false), "{version:?}");
        connect(address, &Hello::clean(version, "inbox")).disconnect();
    }
}

#[test]
fn a_second_client_of_the_same_name_takes_over_and_the_first_ones_will_comes_before_its_words() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut watcher = connect(address, &Hello::clean(version, "watcher"));
        watcher.subscribe("status");
        let hello = Hello::clean(version, "daemon").with_will("status", "offline");
        let mut first = connect(address, &hello);
        first.publish_confirmed("status", b"online", true);
        assert_eq!(watcher.message(), text("status", "online", false));
        let mut second = connect(address, &hello);
        assert_eq!(first.read(), Packet::Closed, "{version:?}");
        second.publish_confirmed("status", b"online again", true);
        let mut said = vec![watcher.message().1];
        while said.last().is_some_and(|last| last != "online again") {
            said.push(watcher.message().1);
        }
        assert!(watcher.is_quiet(), "{version:?}: nothing after {said:?}");
        let mut late = connect(address, &Hello::clean(version, "late"));
        late.subscribe("status");
        assert_eq!(late.message(), text("status", "online again", true));
        second.disconnect();
        late.publish_confirmed("status", b"", true);
    }
}

#[test]
fn a_packet_over_one_mebibyte_costs_only_the_sender_its_connection() {
    let (_broker, address) = Running::ready();
    for version in BOTH {
        let mut listener = connect(address, &Hello::clean(version, "listener"));
        listener.subscribe("#");
        let mut big = connect(address, &Hello::clean(version, "big"));
        big.publish("in", &vec![b'x'; 1 << 20], false);
        assert_eq!(big.read(), Packet::Closed, "{version:?}");
        let mut fits = connect(address, &Hello::clean(version, "fits"));
        fits.publish_confirmed("in", &vec![b'x'; (1 << 20) - 100], false);
        assert_eq!(listener.message().1.len(), (1 << 20) - 100);
    }
}

#[test]
fn garbage_costs_only_its_own_connection() {
    use std::io::{Read, Write};
    let (_broker, address) = Running::ready();
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x10, 0xff, 0xff, 0xff, 0xff], &[0; 64], &[0x10, 2, 0, 9]]
    {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(garbage).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    connect(address, &Hello::clean(Version::V311, "after")).publish_confirmed("a", b"b", false);
}

#[test]
fn the_usual_tools_work_with_it() {
    let (_broker, address) = Running::ready();
    let port = address.port().to_string();
    for version in ["311", "5"] {
        let said = Command::new("mosquitto_pub")
            .args(["-p", &port, "-V", version, "-q", "1", "-r", "-t", "summary", "-m", version])
            .status()
            .expect("mosquitto_pub is missing: run tests/setup, which installs mosquitto-clients");
        assert!(said.success());
        let heard = Command::new("mosquitto_sub")
            .args(["-p", &port, "-V", version, "-q", "1", "-t", "#", "-C", "1", "-W", "10", "-v"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&heard.stdout), format!("summary {version}\n"));
    }
}

#[test]
fn a_taken_port_is_said_and_tried_again_until_it_is_free() {
    let listen: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    let taken = TcpListener::bind(listen).unwrap();
    let broker = Running::start(listen);
    let reason = wait_for("the complaint", Duration::from_secs(10), || match &*broker.state.borrow() {
        BrokerState::Waiting { reason } => Some(reason.clone()),
        _ => None,
    });
    assert!(reason.contains(&format!("port {} is taken", listen.port())), "{reason}");
    drop(taken);
    assert_eq!(broker.wait_listening(Duration::from_secs(10)), listen);
    connect(listen, &Hello::clean(Version::V311, "me")).publish_confirmed("a", b"b", false);
}

#[test]
fn its_end_is_quick_closes_connections_and_frees_the_port() {
    let (mut broker, address) = Running::ready();
    let mut client = connect(address, &Hello::clean(Version::V311, "me"));
    client.publish_confirmed("a", b"b", true);
    let start = Instant::now();
    broker.stop();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(*broker.state.borrow(), BrokerState::Stopped);
    assert_eq!(client.read(), Packet::Closed);
    let again = Running::start(address);
    assert_eq!(again.wait_listening(Duration::from_secs(10)), address);
    let mut late = connect(address, &Hello::clean(Version::V311, "late"));
    late.subscribe("#");
    assert!(late.is_quiet(), "memory only: nothing is remembered over an end");
}
