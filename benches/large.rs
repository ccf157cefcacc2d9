//! Questions to a ledger of ten million facts, and what a scan takes of the disk. `cargo bench --bench large`;
//! `-- 1000000` asks a smaller one, `-- path` makes the ledger where it is missing and only says where it is.
//!
//! A question is asked twice over: of the ledger, as the daemon would, and by the verb, as people do it, with the start of
//! the program and its output.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and starts the program")]
#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

mod house;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use cagekeeper::domain::code::Code;
use cagekeeper::domain::fact::Subject;
use cagekeeper::domain::plan::Resource;
use cagekeeper::ledger::Reader;
use cagekeeper::time::UtcMs;
use house::years::{ASSETS, DAILY, ledger};
use house::{HOUR_MS, MORNING, UNITS, is_member};

const FACTS: i64 = 10_000_000;
const ROUNDS: usize = 400;
/// A process takes its time to start.
const VERBS: usize = 100;
const GOAL_MS: f64 = 5.0;
const DISK_BYTES: f64 = 32e9;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let facts = words.iter().find_map(|text| text.parse().ok()).unwrap_or(FACTS);
    let path = ledger(facts);
    if words.iter().any(|word| word == "path") {
        println!("{}", path.display());
        return;
    }
    println!("{}", path.display());
    say_size(&path, facts);
    println!("{:<42} {:>9} {:>9} {:>9}", "a question, in milliseconds", "median", "p99", "longest");
    ask_ledger(&path);
    ask_program(&path);
}

/// Bytes of a scan, with its part of the log and of all indexes, and how long a small disk lasts.
fn say_size(path: &Path, facts: i64) {
    let bytes = std::fs::metadata(path).unwrap().len();
    let each = bytes as f64 / facts as f64;
    let years = DISK_BYTES / (each * DAILY as f64 * 365.0);
    println!("{bytes} bytes, {each:.0} a scan: 32 GB last {years:.0} years at {DAILY} scans a day");
}

/// The nth of the assets that move.
fn loose(nth: usize) -> usize {
    let asset = (nth * 7_919) % ASSETS;
    if is_member(asset) { asset + 50 } else { asset }
}

/// A day of the coming hundred.
fn span(nth: usize) -> (UtcMs, UtcMs) {
    let from = MORNING.plus((nth as i64 * 31 % 2_000) * HOUR_MS);
    (from, from.plus(8 * HOUR_MS))
}

fn ask_ledger(path: &Path) {
    let reader = Reader::open(path).unwrap();
    measure("where an asset is", ROUNDS, |nth| {
        let asset = loose(nth);
        reader.find(&format!("A{asset}")).unwrap();
        let subject = Subject::parse(&format!("asset/a-{asset}")).unwrap();
        reader.state_of(&subject).unwrap().unwrap();
        reader.last_seen(&subject).unwrap();
    });
    measure("where a code is that nobody knows", ROUNDS, |nth| {
        reader.unknown_code(&Code::canonical(&format!("X{nth}")).unwrap()).unwrap();
    });
    let free = |what: String, count, nth| {
        let resource = Resource::parse(&what).unwrap();
        reader.free(&resource, count, span(nth), MORNING).unwrap().unwrap();
    };
    measure("whether an asset is free", ROUNDS, |nth| free(format!("asset/a-{}", loose(nth)), 1, nth));
    measure("whether three of a model are free", ROUNDS, |nth| {
        free(format!("model/m-{}", loose(nth) / UNITS), 3, nth);
    });
    measure("what is out (3,000 things)", ROUNDS, |_| assert!(reader.out(None).unwrap().len() > 2_000));
    measure("what is overdue", ROUNDS, |_| drop(reader.out(Some(MORNING)).unwrap()));
    measure("the summary", ROUNDS, |_| assert!(reader.summary(MORNING).unwrap().total > 0));
}

fn ask_program(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("cagekeeper.toml");
    let text = format!(
        "site = \"bench\"\ntimezone = \"UTC\"\n[ledger]\npath = \"{}\"\n[control]\npath = \"{}/none\"\n[[station]]\nid = \"cage\"\n",
        path.display(),
        folder.path().display()
    );
    std::fs::write(&config, text).unwrap();
    let verb = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cagekeeper"));
        let command = command.arg("--config").arg(&config).args(words).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.stderr.is_empty(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    measure("cagekeeper --version", VERBS, |_| verb(&["--version"]));
    measure("cagekeeper where", VERBS, |nth| verb(&["where", &format!("A{}", loose(nth))]));
    measure("cagekeeper free, an asset", VERBS, |nth| {
        let what = format!("A{}", loose(nth));
        verb(&["free", &what, "--from", "2026-12-01 10:00", "--to", "2026-12-01 18:00"]);
    });
    measure("cagekeeper free, of a model", VERBS, |nth| {
        let what = format!("m-{}:3", loose(nth) / UNITS);
        verb(&["free", &what, "--from", "2026-12-01 10:00", "--to", "2026-12-01 18:00"]);
    });
    measure("cagekeeper out", VERBS, |_| verb(&["out"]));
}

fn measure(name: &str, rounds: usize, question: impl Fn(usize)) {
    question(rounds);
    let mut ms: Vec<f64> = (0..rounds)
        .map(|nth| {
            let begun = Instant::now();
            question(nth);
            begun.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    ms.sort_by(f64::total_cmp);
    let rank = |share: usize| ms[((rounds - 1) * share) / 100];
    let verdict = if rank(50) <= GOAL_MS { "" } else { "  over 5 ms" };
    println!("{name:<42} {:>9.3} {:>9.3} {:>9.3}{verdict}", rank(50), rank(99), rank(100));
}
