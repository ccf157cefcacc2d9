//! Two UHF readers that each read 700 tags a second, behind ttys, against the program as it is shipped: every tag's arrival
//! is to be noticed once, and memory to stay flat. `cargo bench --bench uhf` takes ten minutes;
//! `CAGEKEEPER_SOAK_S=60 cargo bench --bench uhf` takes one.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and starts the program")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

#[path = "../tests/real/devices/mod.rs"]
mod devices;
#[path = "../tests/real/mosquitto.rs"]
mod mosquitto;
#[path = "../tests/real/studio.rs"]
mod studio;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use devices::Device;
use devices::cf::Cf;
use devices::hex;
use devices::port::Port;
use devices::uhfreader::UhfReader;
use mosquitto::free_port;
use studio::{Daemon, Studio};

const READS_A_S: u64 = 700;
/// A tag comes so often, and stays so long: seventy lie there.
const ARRIVAL_EVERY: Duration = Duration::from_millis(150);
const STAY: Duration = Duration::from_millis(10_500);
/// Each comes back after half a minute: by then it was away far longer than `absent_ms`.
const TAGS: u16 = 200;
/// What memory may grow by from when all tags were there once, in kB: pages of the log that the broker's client keeps.
const GROWTH_MAX_KB: u64 = 4_096;

/// Tags that come and go at one reader.
struct Traffic<D> {
    port: Port<D>,
    first: u16,
    next: u16,
    there: VecDeque<(Instant, u16)>,
    visits: BTreeMap<String, u32>,
}

impl<D: Device + 'static> Traffic<D> {
    fn new(port: Port<D>, first: u16) -> Self {
        Self { port, first, next: 0, there: VecDeque::new(), visits: BTreeMap::new() }
    }

    fn turn(&mut self, arrives: bool) {
        while self.there.front().is_some_and(|(came, _)| came.elapsed() >= STAY) {
            self.there.pop_front();
        }
        if arrives {
            let tag = self.first + self.next;
            self.next = (self.next + 1) % TAGS;
            self.there.push_back((Instant::now(), tag));
            *self.visits.entry(format!("asset/asset-{tag}")).or_default() += 1;
        }
        let tags = self.there.iter().map(|(_, tag)| epc(*tag)).collect();
        self.port.turn(|knobs| knobs.tags = tags);
    }
}

fn epc(n: u16) -> Vec<u8> {
    let [high, low] = n.to_be_bytes();
    vec![0x30, 0x34, 0xbb, 0x7e, 0, 0, 0xcf, 0xff, 0, 0, high, low]
}

fn studio(north: &Path, south: &Path) -> Studio {
    let place = |id: &str, protocol: &str, path: &Path| {
        format!(
            "[[station]]\nid = \"{id}\"\nsession_idle_ms = 3600000\n[[reader]]\nid = \"{id}\"\nstation = \"{id}\"\n\
             source = \"serial\"\npath = \"{}\"\nbaud = 115200\nprotocol = \"{protocol}\"\nregion = \"eu\"\n\
             power_dbm = 20\n",
            path.display()
        )
    };
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n{}{}",
        free_port(),
        place("north", "cf", north),
        place("south", "uhfreader288", south)
    ));
    let asset = |n: u16| format!("asset-{n},Thing {n},{}\n", hex(&epc(n)));
    let assets: String = (0..TAGS).chain(1_000..1_000 + TAGS).map(asset).collect();
    studio.import("assets", &format!("id,name,tags\n{assets}"));
    studio
}

/// Resident memory in kB, and processor time in seconds, of the running program.
fn measured(daemon: &Daemon) -> (u64, f64) {
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", daemon.child.id())).unwrap();
    let status = of("status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kb = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    // The name in the second field may have spaces: the rest follows its last bracket.
    let stat = of("stat");
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u32 = fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap();
    (kb, f64::from(ticks) / 100.0)
}

/// How often each thing was scanned at a reader.
fn scanned(ledger: &Path, reader: &str) -> BTreeMap<String, u32> {
    let ledger = rusqlite::Connection::open(ledger).unwrap();
    let sql = "SELECT coalesce(thing, code, ''), count(*) FROM scan WHERE reader = ? GROUP BY 1";
    let mut rows = ledger.prepare(sql).unwrap();
    let rows = rows.query_map([reader], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn main() {
    let seconds = std::env::var("CAGEKEEPER_SOAK_S").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let folder = tempfile::tempdir().unwrap();
    let (mut cf, mut uhf) = (Cf::new(), UhfReader::new(false));
    cf.reads_a_s = READS_A_S;
    // Seventy tags lie there, and each is read once in a round.
    uhf.round_ms = 92;
    let mut north = Traffic::new(Port::new(folder.path(), "north", cf), 0);
    let mut south = Traffic::new(Port::new(folder.path(), "south", uhf), 1_000);
    let studio = studio(&north.port.path, &south.port.path);
    let daemon = studio.run();
    let start = Instant::now();
    let (mut settled, mut busy) = (None, None);
    let (mut next, mut arriving) = (start, true);
    while arriving || !north.there.is_empty() || !south.there.is_empty() {
        north.turn(arriving);
        south.turn(arriving);
        // The first tags have been there and gone: all that is kept of a field is kept by now.
        if settled.is_none() && start.elapsed() > STAY * 2 {
            settled = Some((measured(&daemon), reads(&north.port, &south.port), Instant::now()));
        }
        arriving = start.elapsed() < Duration::from_secs(seconds);
        if !arriving && busy.is_none() {
            busy = Some((reads(&north.port, &south.port), Instant::now()));
        }
        next += ARRIVAL_EVERY;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let (((kb_before, cpu_before), reads_before, since), (kb_after, cpu_after)) =
        (settled.unwrap(), measured(&daemon));
    let (reads, until) = busy.unwrap();
    let (took, busy_s) = (since.elapsed().as_secs_f64(), (until - since).as_secs_f64());
    assert!(daemon.stop().success());
    let ledger = studio.path().join("ledger.db");
    for (reader, visits) in [("north", &north.visits), ("south", &south.visits)] {
        let scanned = scanned(&ledger, reader);
        let odd: Vec<_> = visits.iter().filter(|(tag, visits)| scanned.get(*tag) != Some(visits)).collect();
        assert!(odd.is_empty() && scanned.len() == visits.len(), "{reader}: {odd:?} among {scanned:?}");
        println!("{reader:<6} {:>8} arrivals, each noticed once", visits.values().sum::<u32>());
    }
    let rate = |now: u64, before: u64| (now - before) as f64 / busy_s;
    println!(
        "reads  {:>8.0} /s north, {:.0} /s south",
        rate(reads.0, reads_before.0),
        rate(reads.1, reads_before.1)
    );
    println!("memory {kb_before:>8} kB when settled, {kb_after} kB at the end");
    let cpu = cpu_after - cpu_before;
    println!("cpu    {cpu:>8.1} s of {took:.0} s: {:.1} % of one processor", 100.0 * cpu / took);
    assert!(kb_after < kb_before + GROWTH_MAX_KB, "memory grows");
    assert!(studio.verb(&["verify"]).status.success());
}

fn reads(north: &Port<Cf>, south: &Port<UhfReader>) -> (u64, u64) {
    (north.device(|device| device.reads), south.device(|device| device.reads))
}
