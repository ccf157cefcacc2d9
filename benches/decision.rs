//! How long a decision takes in a studio of 100,000 assets and 20,000 bookings: loading everything it looks at, and
//! deciding. The commit is not in it. `cargo bench --bench decision` prints a table; `-- 1000 200` makes a smaller house.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and has a file of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

#[path = "house/mod.rs"]
mod house;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use cagekeeper::config::{Config, Defaults};
use cagekeeper::domain::id::StationId;
use cagekeeper::ledger::Ledger;
use cagekeeper::writer::{Input, Scan, Writer};
use house::{MEMBERS, MORNING, PEOPLE, at, furnish};

const ASSETS: usize = 100_000;
const BOOKINGS: usize = 20_000;
const ROUNDS: usize = 2_000;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let (assets, bookings) =
        (sizes.first().copied().unwrap_or(ASSETS), sizes.get(1).copied().unwrap_or(BOOKINGS));
    let folder = tempfile::tempdir().unwrap();
    let toml = "[[station]]\nid = \"cage\"\n[[station]]\nid = \"idle\"\n";
    let nowhere = PathBuf::from("/nonexistent");
    let defaults = Defaults { timezone: chrono_tz::Tz::UTC, ledger: nowhere.clone(), control: nowhere };
    let config = Config::parse(toml, None, &defaults).unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db"), "bench").unwrap();
    let mut writer = Writer::new(ledger, &config);
    let built = Instant::now();
    furnish(&mut writer, assets, bookings, at(MORNING));
    println!("{assets} assets, {bookings} bookings, built in {:.1} s", built.elapsed().as_secs_f64());
    scan(&mut writer, "p-1");
    take_some(&mut writer, assets);
    scan(&mut writer, "p-2");
    println!("{:<44} {:>9} {:>9} {:>9}   verdicts", "one decision, in microseconds", "median", "p95", "p99");
    for (name, code) in cases(assets) {
        measure(&writer, name, &code);
    }
}

/// What a row of the table is called, and the code of its nth scan.
type Case = (&'static str, Box<dyn Fn(usize) -> String>);

/// What is scanned, by name.
fn cases(assets: usize) -> Vec<Case> {
    let spread = move |n: usize| (n * 7_919) % assets;
    let loose = move |n: usize| (spread(n) / MEMBERS * MEMBERS + 3) % assets;
    vec![
        ("an asset of a booked model, at home", Box::new(move |n| format!("A{}", loose(n)))),
        ("an asset that belongs in a kit", Box::new(move |n| format!("A{}", spread(n) / 100 * 100))),
        ("an asset that is out", Box::new(move |n| format!("A{}", taken(n % 500, assets)))),
        ("a kit of ten", Box::new(move |n| format!("K{}", (n * 31) % (assets / 100).max(1)))),
        ("a badge", Box::new(|n| format!("p-{}", n % PEOPLE))),
        ("a code that nobody knows", Box::new(|n| format!("X{n}"))),
    ]
}

fn measure(writer: &Writer, name: &str, code: &dyn Fn(usize) -> String) {
    let mut verdicts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut micros: Vec<u128> = (0..ROUNDS)
        .map(|n| {
            let scan = scan_of(&code(n), n);
            let begun = Instant::now();
            let decision = writer.consider(&scan).unwrap().unwrap();
            let took = begun.elapsed().as_micros();
            *verdicts.entry(decision.verdict.code()).or_default() += 1;
            took
        })
        .collect();
    micros.sort_unstable();
    let rank = |share: f64| micros[((ROUNDS - 1) as f64 * share) as usize];
    let said: Vec<String> = verdicts.iter().map(|(code, times)| format!("{code} {times}")).collect();
    println!("{name:<44} {:>9} {:>9} {:>9}   {}", rank(0.5), rank(0.95), rank(0.99), said.join(", "));
}

fn scan_of(code: &str, nth: usize) -> Scan {
    Scan {
        id: format!("bench-{code}-{nth}"),
        station: StationId::parse("cage").unwrap(),
        reader: None,
        payload: code.to_owned(),
        also: Vec::new(),
        now: at(MORNING),
    }
}

fn scan(writer: &mut Writer, code: &str) {
    writer.handle_group(&[Input::Scan(scan_of(code, 0))]).unwrap();
}

/// The nth of the assets that one person has out.
fn taken(nth: usize, assets: usize) -> usize {
    (nth * 191 + 3) % assets
}

fn take_some(writer: &mut Writer, assets: usize) {
    (0..500).for_each(|nth| scan(writer, &format!("A{}", taken(nth, assets))));
}
