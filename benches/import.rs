//! Files of 100,000 assets, one of our own and one that Snipe-IT exported, come in through the running daemon while people
//! scan at the door: how long each takes, how often it says how far it is, and how long a scan waits for its signal meanwhile.
//! `cargo bench --bench import`; `-- 10000` for fewer rows.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and starts the program")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

#[path = "../tests/real/mosquitto.rs"]
mod mosquitto;
#[path = "../tests/real/studio.rs"]
mod studio;

use std::fmt::Write;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use mosquitto::{Collector, Mosquitto, Persistence};
use serde_json::{Value, json};
use studio::{Gun, Studio};

/// What so many may take.
const GOAL_S: u64 = 10;
const ROWS: usize = 100_000;
/// Things that go out and come back at the door all the while.
const DOOR: usize = 500;
/// Between a signal and the next scan.
const PAUSE: Duration = Duration::from_millis(50);
const SIGNAL_MS_MAX: f64 = 300.0;

fn assets(prefix: &str, rows: usize) -> String {
    let mut text = String::from("id,name,tags,model,category,home\n");
    for n in 0..rows {
        let model = n / 20;
        writeln!(text, "{prefix}-{n},Thing {n},T-{prefix}-{n},model-{model},lens,").unwrap();
    }
    text
}

/// What the asset importer of Snipe-IT takes, and exports.
fn snipe_it(rows: usize) -> String {
    let mut text = String::from(
        "\u{feff}Company,Name,Asset Tag,Category,Supplier,Manufacturer,Location,Order Number,Model,Model Notes,Model Number,\
         Asset Notes,Purchase Date,Purchase Cost\r\n",
    );
    for n in 0..rows {
        let (model, room) = (n / 20, n % 50);
        writeln!(text, "Studio,Thing {n},SN-{n},Lens,Shop,Sony,Store {room},,Model {model},,,,2024-05-{:02},\"1,299.00\"\r", 1 + n % 28)
            .unwrap();
    }
    text
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn main() {
    let rows = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(ROWS);
    let broker = Mosquitto::start(Persistence::Off);
    let mut gun = Gun::new();
    let studio = Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\nsession_idle_ms = 3600000\n\
         [[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\n",
        broker.port(),
        gun.path.display()
    ));
    studio.import("people", "id,name,badges\nana,Ana Lima,ANA\n");
    studio.import("assets", &assets("door", DOOR));
    let daemon = studio.run();
    let signals = Collector::start(broker.port(), "bench", "cagekeeper/v1/studio/station/cage/signal");
    let mut heard = 0;
    scan(&mut gun, &signals, &mut heard, "ANA");
    let quiet = (0..200).map(|n| scan(&mut gun, &signals, &mut heard, &code(n))).collect();
    say("before", quiet);
    let socket = studio.path().join("control.sock");
    let own = json!({"verb": "import", "kind": "assets", "file": "shelf.csv", "bytes": hex(&assets("shelf", rows))});
    let foreign = json!({"verb": "import", "file": "snipe.csv", "bytes": hex(&snipe_it(rows))});
    let mut worst: f64 = 0.0;
    for (name, request) in [("ours", own), ("theirs", foreign)] {
        let (done, importing) = channel();
        let (socket, began) = (socket.clone(), Instant::now());
        std::thread::spawn(move || done.send(import(&socket, &request)));
        let mut during = Vec::new();
        let (progress, answer) = loop {
            let next = code(heard);
            during.push(scan(&mut gun, &signals, &mut heard, &next));
            if let Some(ended) = ended(&importing) {
                break ended;
            }
            std::thread::sleep(PAUSE);
        };
        println!(
            "{name:<6} {rows:>8} rows in {:.1} s (goal: {GOAL_S} s for {ROWS}): {} facts, {progress} times said how far",
            began.elapsed().as_secs_f64(),
            answer["import"]["facts"]
        );
        worst = worst.max(say("during", during));
    }
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
    assert!(worst < SIGNAL_MS_MAX, "a scan waited {worst:.0} ms");
}

fn code(n: usize) -> String {
    format!("T-door-{}", n % DOOR)
}

fn ended(importing: &Receiver<(usize, Value)>) -> Option<(usize, Value)> {
    match importing.try_recv() {
        Ok(ended) => Some(ended),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Disconnected) => panic!("the import broke off"),
    }
}

/// Scans, and waits for the signal. Returns how long that took, in milliseconds.
fn scan(gun: &mut Gun, signals: &Collector, heard: &mut usize, code: &str) -> f64 {
    let began = Instant::now();
    gun.scan(code);
    while signals.got().len() == *heard {
        assert!(began.elapsed() < Duration::from_secs(60), "no signal for {code}");
        std::thread::sleep(Duration::from_micros(200));
    }
    *heard += 1;
    began.elapsed().as_secs_f64() * 1_000.0
}

/// Sends the request as the command line does. Returns how often it was told how far that is, and the answer.
fn import(socket: &Path, request: &Value) -> (usize, Value) {
    let mut daemon = UnixStream::connect(socket).unwrap();
    writeln!(daemon, "{request}").unwrap();
    for (progress, line) in BufReader::new(daemon).lines().enumerate() {
        let said: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if said["done"] == true {
            assert!(said["import"].is_object(), "{said}");
            return (progress, said);
        }
    }
    panic!("the daemon hung up");
}

/// Prints a row and gives the longest.
fn say(when: &str, mut ms: Vec<f64>) -> f64 {
    ms.sort_by(f64::total_cmp);
    let at = |share: usize| ms[(ms.len() * share / 100).min(ms.len() - 1)];
    let worst = ms[ms.len() - 1];
    println!(
        "{when:<6} {:>8} scans: median {:.1} ms, p99 {:.1} ms, longest {worst:.1} ms",
        ms.len(),
        at(50),
        at(99)
    );
    worst
}
