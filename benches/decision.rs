//! How long a decision and its commit take in studios of 1,000, 10,000 and 100,000 assets: that should not grow with the
//! house. Deciding loads everything it looks at; the whole scan adds the facts, the log and one sync of the disk.
//! `cargo bench --bench decision`; `-- 1000 10000` measures houses of those sizes.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and has a file of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

mod house;

use std::collections::BTreeMap;
use std::time::Instant;

use cagekeeper::domain::id::StationId;
use cagekeeper::writer::{Input, Reply, Scan, Writer};
use house::years::{folder, writer};
use house::{MEMBERS, MORNING, PEOPLE, at, furnish};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Assets for each booking.
const ASSETS_A_BOOKING: usize = 5;
const ROUNDS: usize = 1_000;
/// What a median may grow by from the smallest house to the largest.
const GROWTH_MAX: f64 = 1.5;

/// What was measured of one row: medians in microseconds, by size of the house.
type Rows = BTreeMap<&'static str, Vec<u128>>;

fn main() {
    let asked: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    std::fs::create_dir_all(folder()).unwrap();
    let (mut decided, mut recorded) = (Rows::new(), Rows::new());
    for assets in sizes {
        measure_house(assets, &mut decided, &mut recorded);
    }
    for (name, medians) in decided.iter().chain(&recorded) {
        let growth = medians[medians.len() - 1] as f64 / medians[0].max(1) as f64;
        let said = if growth <= GROWTH_MAX { "flat" } else { "GROWS" };
        println!("{name:<44} {medians:?} us: x {growth:.2}, {said}");
    }
}

fn measure_house(assets: usize, decided: &mut Rows, recorded: &mut Rows) {
    // On a disk: in the memory file system of a temporary folder a sync would cost nothing.
    let place = tempfile::tempdir_in(folder()).unwrap();
    let mut writer = writer(&place.path().join("ledger.db")).unwrap();
    let (built, bookings) = (Instant::now(), assets / ASSETS_A_BOOKING);
    furnish(&mut writer, assets, bookings, at(MORNING));
    println!("\n{assets} assets, {bookings} bookings, built in {:.1} s", built.elapsed().as_secs_f64());
    scan(&mut writer, "p-1", 0);
    for nth in 0..taken_count(assets) {
        scan(&mut writer, &format!("A{}", taken(nth, assets)), 0);
    }
    scan(&mut writer, "p-2", 0);
    println!("{:<44} {:>9} {:>9} {:>9}   verdicts", "in microseconds", "median", "p95", "p99");
    for (name, code) in cases(assets) {
        let median = measure(name, |nth| {
            let decision = writer.consider(&scan_of(&code(nth), nth)).unwrap().unwrap();
            decision.verdict.code()
        });
        decided.entry(name).or_default().push(median);
    }
    for (name, code) in commits(assets) {
        let median = measure(name, |nth| scan(&mut writer, &code(nth), nth + 1));
        recorded.entry(name).or_default().push(median);
    }
}

/// What a row of the table is called, and the code of its nth scan.
type Case = (&'static str, Box<dyn Fn(usize) -> String>);

fn spread(nth: usize, assets: usize) -> usize {
    (nth * 7_919) % assets
}

fn loose(nth: usize, assets: usize) -> usize {
    (spread(nth, assets) / MEMBERS * MEMBERS + 13) % assets
}

/// What is scanned and only decided, by name.
fn cases(assets: usize) -> Vec<Case> {
    let member = move |n: usize| format!("A{}", spread(n, assets) / 100 * 100);
    let out = move |n: usize| format!("A{}", taken(n % taken_count(assets), assets));
    vec![
        ("decide: an asset of a booked model, at home", Box::new(move |n| format!("A{}", loose(n, assets)))),
        ("decide: an asset that belongs in a kit", Box::new(member)),
        ("decide: an asset that is out", Box::new(out)),
        ("decide: a kit of ten", Box::new(move |n| format!("K{}", (n * 31) % (assets / 100).max(1)))),
        ("decide: a badge", Box::new(|n| format!("p-{}", n % PEOPLE))),
        ("decide: a code that nobody knows", Box::new(|n| format!("X{n}"))),
    ]
}

/// What is scanned, decided and recorded, each a commit.
fn commits(assets: usize) -> Vec<Case> {
    vec![
        ("record: an asset", Box::new(move |n| format!("A{}", loose(n, assets)))),
        ("record: a code that nobody knows", Box::new(|n| format!("X{n}"))),
    ]
}

/// Prints a row; gives its median.
fn measure(name: &str, mut step: impl FnMut(usize) -> &'static str) -> u128 {
    let mut verdicts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut micros: Vec<u128> = (0..ROUNDS)
        .map(|nth| {
            let begun = Instant::now();
            let verdict = step(nth);
            let took = begun.elapsed().as_micros();
            *verdicts.entry(verdict).or_default() += 1;
            took
        })
        .collect();
    micros.sort_unstable();
    let rank = |share: f64| micros[((ROUNDS - 1) as f64 * share) as usize];
    let said: Vec<String> = verdicts.iter().map(|(code, times)| format!("{code} {times}")).collect();
    println!("{name:<44} {:>9} {:>9} {:>9}   {}", rank(0.5), rank(0.95), rank(0.99), said.join(", "));
    rank(0.5)
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

fn scan(writer: &mut Writer, code: &str, nth: usize) -> &'static str {
    let replies = writer.handle_group(&[Input::Scan(scan_of(code, nth))]).unwrap();
    match replies.first() {
        Some(Reply::Decided(answer)) => answer.verdict.code(),
        _ => "already there",
    }
}

/// How many things one person has out.
fn taken_count(assets: usize) -> usize {
    (assets / 4).min(500)
}

/// The nth of them.
fn taken(nth: usize, assets: usize) -> usize {
    (nth * 191 + 3) % assets
}
