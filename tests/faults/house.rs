//! A house with a cage: things that leave once each, two ways to scan them, and a count of what became of them.
//!
//! Every thing is scanned once in all. So each may have one fact of the door and one row of the scan log, whatever happens,
//! and whoever saw green for it must find that fact.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use serde_json::Value;
use tempfile::TempDir;

use crate::mosquitto::{Got, wait_for};
use crate::studio::{Gun, Studio};
use crate::tally::Row;
use crate::window::{Window, green};

/// Deadlines are for machines with other things to do.
pub const LONG: Duration = Duration::from_secs(120);

/// What is configured besides the broker: a desk with a scanner, and one where codes are typed.
fn desks(gun: &Gun) -> String {
    format!(
        "[[station]]\nid = \"cage\"\nkind = \"desk\"\nperson = \"optional\"\n\
         [[station]]\nid = \"typed\"\nkind = \"desk\"\nperson = \"optional\"\n\
         [[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nprotocol = \"line\"\n",
        gun.path.display()
    )
}

pub struct House {
    pub studio: Studio,
    pub gun: Gun,
    pub daemon: Option<Child>,
    environment: Vec<(String, String)>,
    logs: TempDir,
    /// Things that nobody has scanned yet.
    next: usize,
    things: usize,
    /// Things of which somebody saw that they went out.
    greens: BTreeSet<String>,
    scanned: BTreeSet<String>,
    ends: usize,
}

impl House {
    /// A house of so many things; `mqtt` is what stands in `[mqtt]`.
    pub fn new(mqtt: &str, things: usize) -> Self {
        let gun = Gun::new();
        // Else whoever started these tests without a terminal has this one, and hangs up with it.
        let slave =
            File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(&gun.path).unwrap();
        let mut raw = tcgetattr(&slave).unwrap();
        cfmakeraw(&mut raw);
        tcsetattr(&slave, SetArg::TCSANOW, &raw).unwrap();
        let studio = Studio::new(&format!("[mqtt]\n{mqtt}\n{}", desks(&gun)));
        let list =
            (0..things).fold("id,name\n".to_owned(), |text, n| format!("{text}{},Thing {n}\n", thing(n)));
        studio.import("assets", &list);
        let (greens, scanned, environment) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        // Where the disk is the fault, what is said of it is written elsewhere.
        let logs = std::env::var_os("CAGEKEEPER_TEST_LOGS").map_or_else(std::env::temp_dir, PathBuf::from);
        let logs = TempDir::new_in(logs).unwrap();
        Self { studio, gun, daemon: None, environment, logs, next: 0, things, greens, scanned, ends: 0 }
    }

    /// Adds to the environment of the daemons to come.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn ledger(&self) -> PathBuf {
        self.studio.path().join("ledger.db")
    }

    pub fn socket(&self) -> PathBuf {
        self.studio.path().join("control.sock")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.logs.path().join("log")).unwrap_or_default()
    }

    /// Starts the daemon and waits for nothing.
    pub fn spawn(&mut self) {
        assert!(self.daemon.is_none(), "one at a time");
        let log = File::options().create(true).append(true).open(self.logs.path().join("log")).unwrap();
        let mut command = self.studio.command(&["run"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.daemon = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    }

    /// Starts the daemon and waits until somebody listens at its socket.
    pub fn start(&mut self) -> Window {
        self.spawn();
        self.window()
    }

    /// The daemon's socket, once somebody listens there.
    pub fn window(&mut self) -> Window {
        let socket = self.socket();
        let mut daemon = self.daemon.take().unwrap();
        let window = wait_for("the daemon to listen", LONG, || {
            if let Some(status) = daemon.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", self.log());
            }
            Window::open(&socket)
        });
        self.daemon = Some(daemon);
        window
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    /// SIGTERM; it must end in order.
    pub fn stop(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(daemon.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = wait_for("the daemon to stop", LONG, || daemon.try_wait().unwrap());
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Things that nobody has scanned yet.
    pub fn fresh(&mut self, count: usize) -> Vec<String> {
        assert!(self.next + count <= self.things, "the house has too few things");
        let things: Vec<String> = (self.next..self.next + count).map(thing).collect();
        self.next += count;
        things
    }

    /// Somebody saw green.
    pub fn saw(&mut self, things: impl IntoIterator<Item = String>) {
        self.greens.extend(things);
    }

    /// Somebody scanned these.
    pub fn sent(&mut self, things: impl IntoIterator<Item = String>) {
        self.scanned.extend(things);
    }

    pub fn greens(&self) -> usize {
        self.greens.len()
    }

    /// Types a code; what was green counts.
    pub fn types(&mut self, window: &mut Window, code: &str) -> Option<Value> {
        self.scanned.insert(code.to_owned());
        let said = window.scan("typed", code)?;
        self.greens.extend(green(&said));
        Some(said)
    }

    /// Scans with the gun.
    pub fn burst(&mut self, things: &[String]) {
        let lines: String = things.iter().map(|thing| format!("{thing}\r\n")).collect();
        self.gun.send(lines.as_bytes());
        self.sent(things.iter().cloned());
    }

    /// Waits until the daemon has read everything that was sent by the gun so far. Only while somebody listens at its
    /// socket: whoever opens a ledger that nobody holds would do the recovery that the daemon is to do.
    pub fn until_read(&mut self) {
        self.ends += 1;
        let end = format!("END-{}", self.ends);
        self.gun.send(format!("\r\n{end}\r\n").as_bytes());
        let ledger = self.ledger();
        wait_for("the daemon to read what was scanned", LONG, || {
            let seen = "SELECT count(*) FROM scan WHERE code = ?1";
            let count: i64 = asked(&ledger, |ledger| ledger.query_row(seen, [&end], |row| row.get(0)))?;
            (count > 0).then_some(())
        });
    }

    /// Counts what became of all scans so far. The daemon runs and has read everything, or no daemon is to come.
    pub fn count(&self, fault: &str, rounds: usize) -> Row {
        let ledger = self.ledger();
        let (facts, rows) = wait_for("the ledger to be read", LONG, || asked(&ledger, became));
        let of = |counts: &BTreeMap<String, usize>, thing: &String| counts.get(thing).copied().unwrap_or(0);
        let mut row = Row { rounds, scans: self.scanned.len(), greens: self.greens.len(), ..Row::of(fault) };
        for thing in &self.scanned {
            let (facts, rows) = (of(&facts, thing), of(&rows, thing));
            row.facts += facts;
            row.lost += usize::from(self.greens.contains(thing) && facts == 0);
            row.doubled += usize::from(facts > 1 || rows > 1 || facts != rows);
            row.unread += usize::from(facts == 0);
        }
        // What nobody scanned did not move: half a code is no code of another thing.
        row.doubled += facts.keys().filter(|thing| !self.scanned.contains(*thing)).count();
        row
    }

    /// Every event that the ledger holds of the doors.
    pub fn event_ids(&self) -> BTreeSet<String> {
        let ids = |ledger: &rusqlite::Connection| {
            let sql = "SELECT origin || '.' || origin_seq FROM fact WHERE station IN ('cage', 'typed')";
            ledger.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        wait_for("the ledger to be read", LONG, || asked(&self.ledger(), ids))
    }

    /// The ledger is what its facts say.
    pub fn verify(&self) {
        let said = self.studio.verb(&["verify"]);
        let text = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{text}\n{}", self.log());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn thing(n: usize) -> String {
    format!("thing-{n:05}")
}

/// Facts and rows of the scan log of each thing.
fn became(
    ledger: &rusqlite::Connection,
) -> rusqlite::Result<(BTreeMap<String, usize>, BTreeMap<String, usize>)> {
    let counts = |sql: &str| -> rusqlite::Result<BTreeMap<String, usize>> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)? as usize));
        ledger.prepare(sql)?.query_map([], read)?.collect()
    };
    Ok((
        counts(
            "SELECT substr(subject, 7), count(*) FROM fact WHERE station IN ('cage', 'typed')
             AND subject LIKE 'asset/%' GROUP BY 1",
        )?,
        counts("SELECT substr(thing, 7), count(*) FROM scan WHERE thing LIKE 'asset/%' GROUP BY 1")?,
    ))
}

/// Asks the file; `None` while it cannot be read.
fn asked<T>(ledger: &Path, question: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> Option<T> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let ledger = rusqlite::Connection::open_with_flags(ledger, flags).ok()?;
    ledger.busy_timeout(Duration::from_secs(5)).unwrap();
    question(&ledger).ok()
}

/// Things whose lights on MQTT said that they are out.
pub fn green_lights(got: &[Got]) -> BTreeSet<String> {
    let of = |got: &Got| {
        let signal: Value = serde_json::from_slice(&got.payload).ok()?;
        let is_green = signal["level"] == "done" && signal["code"] == "checked-out";
        is_green.then(|| signal["asset"].as_str().unwrap().to_owned())
    };
    got.iter().filter(|got| got.topic.ends_with("/signal")).filter_map(of).collect()
}

/// The ids of events.
pub fn events(got: &[Got]) -> BTreeSet<String> {
    let of = |got: &Got| {
        let event: Value = serde_json::from_slice(&got.payload).ok()?;
        Some(event["id"].as_str()?.to_owned())
    };
    got.iter().filter(|got| got.topic.contains("/event/")).filter_map(of).collect()
}
