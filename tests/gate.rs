//! A gate with two UHF readers behind ttys and the real program: two hundred tags at once, shelves in view, the same case
//! again and again, half a kit, strangers, and a reader that is pulled out.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for, and its file read")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test says no")]
#![allow(clippy::indexing_slicing, clippy::as_conversions, reason = "a test, and bytes cut from numbers")]

#[path = "real/devices/mod.rs"]
mod devices;
#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/raw_mqtt.rs"]
mod raw_mqtt;
mod stage;
#[path = "real/studio.rs"]
mod studio;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use cagekeeper::domain::passing::PassedTag;
use cagekeeper::domain::way::Way;
use cagekeeper::writer::{Input, Passage, Reply};
use devices::hex;
use devices::port::Port;
use devices::uhfreader::UhfReader;
use mosquitto::{free_port, wait_for};
use raw_mqtt::{Hello, Raw, Version};
use serde_json::Value;
use stage::{Stage, moment, now, station};
use studio::Studio;

/// Long enough for anything here on a busy machine; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

fn epc(n: u16) -> Vec<u8> {
    let [high, low] = n.to_be_bytes();
    vec![0xe2, 0x80, 0x68, 0x94, 0, 0, 0x50, 0x21, 0, 0, high, low]
}

/// What lies and moves at the gate.
struct Gate {
    inside: Port<UhfReader>,
    outside: Port<UhfReader>,
    /// Of the broker in the program.
    mqtt: u16,
    shelf: Vec<Vec<u8>>,
}

impl Gate {
    fn see(&self, inside: &[u16], outside: &[u16]) {
        let tags = |carried: &[u16]| carried.iter().copied().map(epc).collect::<Vec<_>>();
        let at_the_shelf = self.shelf.iter().cloned().chain(tags(inside)).collect();
        self.inside.turn(|knobs| knobs.tags = at_the_shelf);
        self.outside.turn(|knobs| knobs.tags = tags(outside));
    }

    /// Somebody walks through with these, in two seconds and a half.
    fn carry(&self, way: Way, tags: &[u16]) {
        let (near, far): (&dyn Fn(), &dyn Fn()) = match way {
            Way::Out => (&|| self.see(tags, &[]), &|| self.see(&[], tags)),
            Way::In => (&|| self.see(&[], tags), &|| self.see(tags, &[])),
        };
        for (step, ms) in [(near, 900), (&|| self.see(tags, tags), 700), (far, 900)] {
            step();
            std::thread::sleep(Duration::from_millis(ms));
        }
        self.see(&[], &[]);
    }
}

fn block(id: &str, side: &str, port: &std::path::Path) -> String {
    format!(
        "[[reader]]\nid = \"{id}\"\nstation = \"north\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\n\
         protocol = \"uhfreader18\"\nregion = \"eu\"\npower_dbm = 20\nside = \"{side}\"\nabsent_ms = 3000\n",
        port.display()
    )
}

fn studio(gate: &Gate) -> Studio {
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\n[[station]]\nid = \"north\"\nkind = \"gate\"\n\
         stray_ms = 12000\ngroup_ms = 2000\n{}{}",
        gate.mqtt,
        block("inside", "inside", &gate.inside.path),
        block("outside", "outside", &gate.outside.path),
    ));
    let label = |n: u16| hex(&epc(n));
    studio.import("people", "id,name,badges\nana,Ana Lima,ANA\n");
    let kits = [("a", 500), ("b", 501), ("c", 502)];
    let kits: String = kits.iter().map(|(id, n)| format!("case-{id},Case {id},{}\n", label(*n))).collect();
    studio.import("kits", &format!("id,name,tags\n{kits}"));
    let kit = |n: u16| match n {
        0..20 => "case-a",
        20..40 => "case-b",
        400..403 => "case-c",
        _ => "",
    };
    let asset = |n: u16| format!("asset-{n},Thing {n},{},{}\n", label(n), kit(n));
    let assets: String = (0..200).chain(300..330).chain(400..403).map(asset).collect();
    studio.import("assets", &format!("id,name,tags,kit\n{assets}"));
    studio
}

/// How often each thing passed, by way and whether it was on loan, from the ledger's facts.
fn passed(studio: &Studio) -> BTreeMap<(String, String, bool), u32> {
    let mut passed = BTreeMap::new();
    for fact in studio.ask(&["facts", "--after", "0", "--json"]) {
        if fact["kind"] == "passed" {
            let way = fact["body"]["way"].as_str().unwrap_or("?").to_owned();
            let subject = fact["subject"].as_str().unwrap().to_owned();
            *passed.entry((subject, way, fact["body"]["authorised"].as_bool().unwrap())).or_default() += 1;
        }
    }
    passed
}

fn gate_of(studio: &Studio) -> Value {
    studio.ask(&["status", "--json"]).remove(0)["gates"][0].clone()
}

/// Verdicts of the gate in the order in which they came, with their sentences.
fn verdicts(studio: &Studio) -> Vec<(String, String)> {
    let ledger = rusqlite::Connection::open(studio.path().join("ledger.db")).unwrap();
    let mut rows =
        ledger.prepare("SELECT verdict, sentence FROM scan WHERE station = 'north' ORDER BY n").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

fn things(of: Range<u16>) -> BTreeSet<String> {
    of.map(|n| format!("asset/asset-{n}")).collect()
}

fn all(sets: [BTreeSet<String>; 3]) -> BTreeSet<String> {
    sets.into_iter().flatten().collect()
}

#[test]
fn what_passed_what_did_not_and_what_is_uncertain_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let port = |name: &str| {
        let mut reader = UhfReader::new(true);
        reader.round_ms = 200;
        Port::new(folder.path(), name, reader)
    };
    let mut gate = Gate {
        inside: port("inside"),
        outside: port("outside"),
        mqtt: free_port(),
        shelf: (300..330).map(epc).collect(),
    };
    let studio = studio(&gate);
    let daemon = studio.run();
    gate.see(&[], &[]);
    studio.ask(&["scan", "cage", "ANA", "--json"]);
    studio.ask(&["scan", "cage", "case-a", "--json"]);
    for n in 40..45 {
        studio.ask(&["scan", "cage", &format!("asset-{n}"), "--json"]);
    }
    wait_for("the shelf to be known", LONG, || (strays(&studio) == Some(30)).then_some(()));
    a_trolley_of_two_hundred(&gate, &studio);
    the_same_case_three_times(&gate, &studio);
    a_reader_is_pulled_out(&mut gate, &studio);
    a_case_comes_in(&gate, &studio);
    let shelf = things(300..330);
    assert!(passed(&studio).keys().all(|(thing, ..)| !shelf.contains(thing)), "a shelf passed");
    assert_eq!(strays(&studio), Some(30));
    let log = daemon.log();
    assert_eq!(log.matches("the gate is blind").count(), 1, "{log}");
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

fn strays(studio: &Studio) -> Option<u64> {
    gate_of(studio)["strays"].as_u64()
}

/// Waits until the gate has given so many verdicts, and gives the last.
fn told(studio: &Studio, verdicts_in_all: usize) -> (String, String) {
    wait_for("it to be told", LONG, || {
        let mut said = verdicts(studio);
        (said.len() == verdicts_in_all).then(|| said.pop()).flatten()
    })
}

/// A case on loan, half a case that is not, five things on loan, 133 that are not, 30 of somebody else: 200 tags.
fn a_trolley_of_two_hundred(gate: &Gate, studio: &Studio) {
    let burst: Vec<u16> = (0..30).chain([500, 501]).chain(40..178).chain(900..930).collect();
    assert_eq!(burst.len(), 200);
    gate.carry(Way::Out, &burst);
    let count = || gate_of(studio)["passed"].as_u64().unwrap();
    wait_for("200 tags to pass", LONG, || (count() == 200).then_some(()));
    let (verdict, sentence) = told(studio, 1);
    let passed = passed(studio);
    assert!(passed.values().all(|times| *times == 1), "{passed:?}");
    let of = |way: &str, loan: bool| -> BTreeSet<String> {
        let keys = passed.keys().filter(|(_, to, on_loan)| to == way && *on_loan == loan);
        keys.map(|(thing, ..)| thing.clone()).collect()
    };
    let on_loan = all([things(0..20), things(40..45), ["kit/case-a".to_owned()].into()]);
    let alarmed = all([things(20..30), things(45..178), ["kit/case-b".to_owned()].into()]);
    assert_eq!(of("out", true), on_loan);
    assert_eq!(of("out", false), alarmed);
    assert_eq!(passed.len(), on_loan.len() + alarmed.len());
    assert_eq!(verdict, "exit-unauthorised");
    let parts = [
        "No checkout (134): Case b, ",
        "Out on loan (6): Case a, ",
        "Case b 10 of 20, missing: ",
        "30 tags that nobody knows",
    ];
    assert!(parts.iter().all(|part| sentence.contains(part)), "{sentence}");
    let listed = studio.ask(&["gate", "north", "--json"]).remove(0);
    let outcomes: Vec<&Value> = listed.as_array().unwrap().iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "exit-unauthorised").count(), 134);
    assert_eq!(outcomes.len(), 140, "members are told as their case: {outcomes:?}");
    assert_eq!((gate_of(studio)["unknown"].as_u64(), strays(studio)), (Some(30), Some(30)));
}

/// Within a minute: one alarm.
fn the_same_case_three_times(gate: &Gate, studio: &Studio) {
    let mut codes = Vec::new();
    for times in 1..=3 {
        gate.carry(Way::Out, &[400, 401, 402, 502]);
        codes.push(told(studio, 1 + times).0);
        // Long enough to walk round.
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(codes, ["exit-unauthorised", "duplicate-scan", "duplicate-scan"]);
}

/// What passes meanwhile is seen by half, and that is said.
fn a_reader_is_pulled_out(gate: &mut Gate, studio: &Studio) {
    let is_blind = |readers: Value| move || (gate_of(studio)["blind"] == readers).then_some(());
    let hello = Hello::clean(Version::V311, "display");
    let mut display = Raw::connect(([127, 0, 0, 1], gate.mqtt).into(), &hello).unwrap();
    display.subscribe("cagekeeper/v1/studio/station/north/signal");
    gate.outside.unplug();
    let (_, signal, _) = display.message();
    let signal: Value = serde_json::from_str(&signal).unwrap();
    assert_eq!((&signal["code"], &signal["level"]), (&"reader-down".into(), &"refused".into()));
    assert_eq!(signal["text"], "Gate is blind: outside reads no…");
    wait_for("the gate to be blind", LONG, is_blind(serde_json::json!(["outside"])));
    let status = studio.ask(&["status", "--json"]).remove(0);
    assert!(status["trouble"][0].as_str().unwrap().contains("gate north is blind: outside"), "{status}");
    gate.carry(Way::Out, &[190]);
    assert_eq!(
        told(studio, 5),
        ("direction-unknown".to_owned(), "Passed, way unknown: Thing 190".to_owned())
    );
    gate.outside.plug();
    wait_for("the gate to see again", LONG, is_blind(serde_json::json!([])));
}

/// It is on loan still, until a desk says otherwise.
fn a_case_comes_in(gate: &Gate, studio: &Studio) {
    let case_a: Vec<u16> = (0..20).chain([500]).collect();
    gate.carry(Way::In, &case_a);
    assert_eq!(told(studio, 6).0, "return-seen-not-confirmed");
    let shown = studio.ask(&["where", "case-a", "--json"]).remove(0);
    assert!(shown["state"] == "out" && shown["returning_since"].is_string(), "{shown}");
    let out = studio.ask(&["out", "--json"]).remove(0);
    let coming = out.as_array().unwrap().iter().filter(|row| row["returning_since"].is_string()).count();
    assert_eq!(coming, 21, "{out}");
}

#[test]
fn two_hundred_tags_in_a_large_house_are_decided_in_one_commit_without_delay() {
    let mut stage = Stage::new("site = \"studio\"\n[[station]]\nid = \"north\"\nkind = \"gate\"\n");
    for kit in 0..20 {
        stage.set(&format!("kit case-{kit} \"Case {kit}\" tag {}", hex(&epc(5_000 + kit))), moment("08:00"));
    }
    for n in 0..1_500_u16 {
        let kit = if n < 100 { format!(" kit case-{}", n / 5) } else { String::new() };
        let line = format!("asset asset-{n} \"Thing {n}\" tag {}{kit}", hex(&epc(n)));
        stage.set(&line, moment("08:00"));
    }
    // Of these 20 are retail tags, whose every other form is looked for.
    let retail = (0..20).map(|n| format!("30342D5B6C0006400000{n:04X}"));
    let tags = (0..180).map(|n| hex(&epc(n))).chain(retail);
    let tags = tags.map(|tag| PassedTag { tag, way: Some(Way::Out), reader: None }).collect();
    let passage = Passage {
        id: "p".into(),
        station: station("north"),
        tags,
        now: now(moment("09:00"), 3_600_000, true),
    };
    let start = Instant::now();
    let replies = stage.writer().handle_group(&[Input::Passage(passage)]).unwrap();
    let took = start.elapsed();
    let [Reply::Decided(answer)] = replies.as_slice() else { panic!("{replies:?}") };
    assert_eq!(answer.verdict.code(), "exit-unauthorised");
    let facts = stage.facts().iter().filter(|fact| fact.body.kind() == "passed").count();
    assert_eq!(facts, 200, "20 cases with their 100 members, and 80 things");
    println!("200 tags decided and committed in {took:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
}
