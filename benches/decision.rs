//! How long a decision takes in a studio of 100,000 assets and 20,000 bookings: loading everything it looks at, and
//! deciding. The commit is not in it. `cargo bench --bench decision` prints a table; `-- 1000 200` makes a smaller house.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and has a file of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use cagekeeper::config::{Config, Defaults};
use cagekeeper::domain::fact::NewFact;
use cagekeeper::domain::id::StationId;
use cagekeeper::ledger::Ledger;
use cagekeeper::time::{MonoMs, Now, UtcMs};
use cagekeeper::writer::{Batch, Input, Scan, Writer};
use serde_json::{Value, json};

const ASSETS: usize = 100_000;
const BOOKINGS: usize = 20_000;
/// Units of one model.
const UNITS: usize = 20;
/// Members of one kit; every tenth asset is in a kit.
const MEMBERS: usize = 10;
const PEOPLE: usize = 400;
const ROUNDS: usize = 2_000;
const HOUR_MS: i64 = 3_600_000;
/// The morning of a Monday.
const MORNING: UtcMs = UtcMs(1_795_424_400_000);

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
    furnish(&mut writer, assets, bookings);
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
    let at = |share: f64| micros[((ROUNDS - 1) as f64 * share) as usize];
    let said: Vec<String> = verdicts.iter().map(|(code, times)| format!("{code} {times}")).collect();
    println!("{name:<44} {:>9} {:>9} {:>9}   {}", at(0.5), at(0.95), at(0.99), said.join(", "));
}

fn now() -> Now {
    Now { mono: MonoMs(3_600_000), utc: MORNING, trusted: true }
}

fn scan_of(code: &str, nth: usize) -> Scan {
    Scan {
        id: format!("bench-{code}-{nth}"),
        station: StationId::parse("cage").unwrap(),
        reader: None,
        payload: code.to_owned(),
        also: Vec::new(),
        now: now(),
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

fn furnish(writer: &mut Writer, assets: usize, bookings: usize) {
    let facts = people().chain(gear(assets)).chain(plan(assets, bookings));
    let facts: Vec<NewFact> = facts.map(|(subject, kind, body)| fact(&subject, kind, &body)).collect();
    let badges: Vec<_> = (0..PEOPLE).map(identity).collect();
    for (nth, facts) in facts.chunks(500).enumerate() {
        let identities = if nth == 0 { badges.clone() } else { Vec::new() };
        let batch = Batch {
            id: format!("bench-{nth}"),
            first: 0,
            facts: facts.to_vec(),
            identities,
            known_seq: None,
            now: now(),
        };
        writer.handle_group(&[Input::Batch(batch)]).unwrap();
    }
}

type Row = (String, &'static str, Value);

fn fact(subject: &str, kind: &str, body: &Value) -> NewFact {
    let body = serde_json::from_value(json!({ "kind": kind, "body": body })).unwrap();
    let subject = serde_json::from_value(json!(subject)).unwrap();
    NewFact { subject, actor: None, body }
}

fn people() -> impl Iterator<Item = Row> {
    (0..PEOPLE).map(|n| (format!("person/p-{n}"), "person-enrolled", json!({ "role": "crew" })))
}

fn identity(n: usize) -> cagekeeper::domain::known::Identity {
    use cagekeeper::domain::code::Code;
    use cagekeeper::domain::id::{PersonHandle, PersonId};
    cagekeeper::domain::known::Identity {
        person: PersonId::parse(&format!("p-{n}")).unwrap(),
        handle: PersonHandle::parse(&format!("person-{n}")).unwrap(),
        name: format!("Person {n}"),
        email: None,
        phone: None,
        badges: vec![Code::canonical(&format!("p-{n}")).unwrap()],
    }
}

/// Every hundredth decade of assets is a kit of ten; the others are loose units of a model.
fn gear(assets: usize) -> impl Iterator<Item = Row> {
    let kits = (0..assets / 100).map(|n| {
        let tag = (format!("tag/K{n}"), "tag-assigned", json!({ "thing": format!("kit/k-{n}") }));
        [(format!("kit/k-{n}"), "kit-registered", json!({ "name": format!("Kit {n}") })), tag]
    });
    let assets = (0..assets).map(|n| {
        let kit = (n % 100 < MEMBERS).then(|| format!("k-{}", n / 100));
        let mut body =
            json!({ "name": format!("Asset {n}"), "model": format!("m-{}", n / UNITS), "category": "gear" });
        if let Some(kit) = kit {
            body["kit"] = json!(kit);
        }
        let tag = (format!("tag/A{n}"), "tag-assigned", json!({ "thing": format!("asset/a-{n}") }));
        [(format!("asset/a-{n}"), "asset-registered", body), tag]
    });
    kits.flatten().chain(assets.flatten())
}

/// Bookings over the next hundred days: three assets and two of a model each, and every tenth a kit.
fn plan(assets: usize, bookings: usize) -> impl Iterator<Item = Row> {
    (0..bookings).map(move |n| {
        let starts = MORNING.plus((n as i64 % 2_400 + 1) * HOUR_MS);
        let of = |m: usize| format!("a-{}", (n * 37 + m * 1_009) % assets);
        let mut body = json!({
            "client": "House", "person": format!("p-{}", n % PEOPLE), "assets": [of(1), of(2), of(3)],
            "models": [{ "of": format!("m-{}", (n * 13) % (assets / UNITS).max(1)), "count": 2 }],
            "starts": starts, "ends": starts.plus(8 * HOUR_MS), "status": "confirmed",
        });
        if n % 10 == 0 {
            body["kits"] = json!([format!("k-{}", n % (assets / 100).max(1))]);
        }
        (format!("booking/b-{n}"), "booking-made", body)
    })
}
