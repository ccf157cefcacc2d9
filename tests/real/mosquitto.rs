//! A real mosquitto on a free loopback port, and a subscriber that keeps what it gets.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "starts a broker, writes its configuration, waits for it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot start its broker has failed")]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tempfile::TempDir;

/// Where Debian's package puts it.
pub const PROGRAM: &str = "/usr/sbin/mosquitto";

/// Whether the broker writes sessions and retained messages to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    On,
    Off,
}

/// The program, or a sentence that says how to get it.
pub fn program(path: &str) -> Result<PathBuf, String> {
    if Path::new(path).is_file() {
        return Ok(path.into());
    }
    Err(format!(
        "{path} is missing: these tests need a real mosquitto broker. Run tests/setup, which installs it"
    ))
}

/// A free port on loopback.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until `done` gives something; fails with what was awaited.
pub fn wait_for<T>(what: &str, limit: Duration, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running broker. It ends when dropped.
#[derive(Debug)]
pub struct Mosquitto {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Mosquitto {
    /// An anonymous broker.
    pub fn start(persistence: Persistence) -> Self {
        Self::with("allow_anonymous true\n", persistence)
    }

    /// A broker with further lines of configuration for its one listener; `DIR` in them is [`Self::dir`].
    pub fn with(lines: &str, persistence: Persistence) -> Self {
        Self::within(tempfile::tempdir().unwrap(), lines, persistence)
    }

    /// The same in a folder that has files for it already.
    pub fn within(dir: TempDir, lines: &str, persistence: Persistence) -> Self {
        let port = free_port();
        let place = dir.path().display().to_string();
        let keep = match persistence {
            Persistence::On => {
                format!("persistence true\npersistence_location {place}/\nautosave_interval 1\n")
            }
            Persistence::Off => "persistence false\n".to_owned(),
        };
        let config = format!(
            "listener {port} 127.0.0.1\nuser root\nmax_queued_messages 0\nlog_dest file {place}/log\n{keep}{}",
            lines.replace("DIR", &place)
        );
        std::fs::write(dir.path().join("mosquitto.conf"), config).unwrap();
        let child = spawn(&dir, port);
        Self { child, port, dir }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder: configuration, log, stored sessions.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// SIGKILL: it says goodbye to nobody and saves nothing.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same port with what it had saved.
    pub fn restart(&mut self) {
        self.child = spawn(&self.dir, self.port);
    }

    /// SIGSTOP: connections stay open, nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir().join("log")).unwrap_or_default()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(dir: &TempDir, port: u16) -> Child {
    let program = program(PROGRAM).unwrap_or_else(|sentence| panic!("{sentence}"));
    let mut child = Command::new(program)
        .arg("-c")
        .arg(dir.path().join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("mosquitto to listen", Duration::from_secs(20), || {
        if let Some(status) = child.try_wait().unwrap() {
            let log = std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
            panic!("mosquitto ended with {status}:\n{log}");
        }
        TcpStream::connect(("127.0.0.1", port)).ok()
    });
    child
}

/// One message that a [`Collector`] got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub topic: String,
    pub payload: Vec<u8>,
    pub retained: bool,
}

/// A subscriber with a persistent session, in a thread of its own, that comes back after every failure.
pub struct Collector {
    got: Arc<Mutex<Vec<Got>>>,
    subscribed: Arc<Mutex<u32>>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Collector {
    /// Subscribes to `filter` with QoS 1, and waits until the broker has confirmed that.
    pub fn start(port: u16, client_id: &str, filter: &str) -> Self {
        let (got, subscribed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
        options.set_clean_session(false).set_max_packet_size(1 << 20, 1 << 20);
        let listen = listen(options, filter.to_owned(), Arc::clone(&got), Arc::clone(&subscribed));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! { () = listen => {}, _ = stopped => {} }
            });
        });
        let collector = Self { got, subscribed, _stop: stop };
        collector.wait_subscribed(1);
        collector
    }

    /// Waits until the broker has confirmed the subscription so many times in all.
    pub fn wait_subscribed(&self, times: u32) {
        wait_for("a subscription", Duration::from_secs(20), || {
            (*self.subscribed.lock().unwrap() >= times).then_some(())
        });
    }

    /// Everything so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The payloads so far, as text.
    pub fn texts(&self) -> Vec<String> {
        self.got().iter().map(|got| String::from_utf8_lossy(&got.payload).into_owned()).collect()
    }

    /// Waits until what it has got satisfies `enough`.
    pub fn wait(&self, what: &str, limit: Duration, enough: impl Fn(&[Got]) -> bool) {
        wait_for(what, limit, || enough(&self.got.lock().unwrap()).then_some(()));
    }
}

async fn listen(
    options: MqttOptions,
    filter: String,
    got: Arc<Mutex<Vec<Got>>>,
    subscribed: Arc<Mutex<u32>>,
) {
    loop {
        let (client, mut eventloop) = AsyncClient::new(options.clone(), 100);
        client.subscribe(&filter, QoS::AtLeastOnce).await.unwrap();
        while let Ok(event) = eventloop.poll().await {
            match event {
                Event::Incoming(Packet::SubAck(_)) => *subscribed.lock().unwrap() += 1,
                Event::Incoming(Packet::Publish(message)) => got.lock().unwrap().push(Got {
                    topic: message.topic,
                    payload: message.payload.to_vec(),
                    retained: message.retain,
                }),
                _ => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}
