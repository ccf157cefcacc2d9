//! The real program, a real broker, a line where the scanner would be.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use std::collections::BTreeSet;
use std::time::Duration;

use mosquitto::{Collector, Got, Mosquitto, Persistence, free_port};
use serde_json::Value;
use studio::{Gun, Studio};

const LONG: Duration = Duration::from_secs(60);

fn desk(mqtt: &str, gun: &Gun, station: &str) -> Studio {
    Studio::new(&format!(
        "[mqtt]\n{mqtt}\n[[station]]\nid = \"cage\"\nkind = \"desk\"\n{station}\n[[reader]]\nid = \"gun\"\n\
         station = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nprotocol = \"line\"\n",
        gun.path.display()
    ))
}

fn assets(count: usize) -> String {
    (0..count).fold("id,name\n".to_owned(), |text, n| format!("{text}cam-{n:04},Camera {n}\n"))
}

fn signals(got: &[Got]) -> Vec<Value> {
    let of_station = |got: &&Got| got.topic.ends_with("/signal");
    got.iter().filter(of_station).map(|got| serde_json::from_slice(&got.payload).unwrap()).collect()
}

/// Assets whose light went green for this verdict.
fn green(got: &[Got], code: &str) -> BTreeSet<String> {
    let is = |signal: &&Value| {
        signal["code"] == code && (signal["level"] == "done" || signal["level"] == "notice")
    };
    signals(got).iter().filter(is).filter_map(|signal| signal["asset"].as_str().map(str::to_owned)).collect()
}

fn event_ids(got: &[Got]) -> BTreeSet<String> {
    got.iter()
        .filter(|got| got.topic.contains("/event/"))
        .filter_map(|got| {
            serde_json::from_slice::<Value>(&got.payload).ok()?["id"].as_str().map(str::to_owned)
        })
        .collect()
}

#[test]
fn a_scan_becomes_a_checkout_a_light_and_an_event_with_the_broker_inside() {
    let (mut gun, port) = (Gun::new(), free_port());
    let studio = desk(&format!("listen = \"127.0.0.1:{port}\""), &gun, "");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\n");
    let daemon = studio.run();
    let collector = Collector::start(port, "wall", "cagekeeper/v1/studio/#");
    gun.scan("B-ANA");
    gun.scan("C-FX6");
    collector.wait("the event of the checkout", LONG, |got| !event_ids(got).is_empty());
    let out = studio.ask(&["out", "--json"]);
    assert_eq!(out[0][0]["asset"], "fx6", "{out:?}");
    assert_eq!(out[0][0]["person_handle"], "ana", "{out:?}");
    collector.wait("a green light", LONG, |got| green(got, "checked-out").contains("fx6"));
    collector.wait("the retained state", LONG, |got| {
        let last = got.iter().rev().find(|got| got.topic.ends_with("/asset/fx6"));
        last.is_some_and(|got| String::from_utf8_lossy(&got.payload).contains("\"out\""))
    });
    let everything = collector.texts().join("\n");
    assert!(!everything.contains("Ana") && !everything.contains("B-ANA"), "{everything}");
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn the_same_list_taken_six_times_at_once_is_one_list() {
    let gun = Gun::new();
    let studio = desk("url = \"mqtt://127.0.0.1:1\"", &gun, "");
    let list =
        (0..400).fold("id,name,badges\n".to_owned(), |text, n| format!("{text}p{n},Person {n},B-{n}\n"));
    let path = studio.file("people.csv", &list);
    let daemon = studio.run();
    let import = || studio.verb(&["import", "people", path.to_str().unwrap()]);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..6).map(|_| scope.spawn(import)).collect();
        for import in running {
            let said = import.join().unwrap();
            assert!(said.status.success(), "{}{}", String::from_utf8_lossy(&said.stderr), daemon.log());
        }
    });
    assert_eq!(studio.ask(&["status", "--json"])[0]["ledger"]["people"], 400);
    assert!(daemon.stop().success());
}

#[test]
fn the_plug_is_pulled_in_the_middle_of_a_thousand_scans() {
    const SCANS: usize = 1_000;
    let (mut gun, broker) = (Gun::new(), Mosquitto::start(Persistence::On));
    let url = format!("url = \"mqtt://127.0.0.1:{}\"", broker.port());
    let studio = desk(&url, &gun, "session_idle_ms = 3600000");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", &assets(SCANS));
    let collector = Collector::start(broker.port(), "wall", "cagekeeper/v1/studio/#");
    let mut daemon = studio.run();
    gun.scan("B-ANA");
    let feed = std::thread::spawn(move || {
        (0..SCANS).for_each(|n| gun.scan(&format!("cam-{n:04}")));
        gun
    });
    collector.wait("three hundred green lights", LONG, |got| green(got, "checked-out").len() >= 300);
    daemon.kill();
    let green_before = green(&collector.got(), "checked-out");
    let mut daemon = studio.run();
    let mut gun = feed.join().unwrap();
    // What was in memory when the plug was pulled was read and never green: it is scanned again, and so is
    // everything else, which must change nothing.
    (0..SCANS).for_each(|n| gun.scan(&format!("cam-{n:04}")));
    gun.scan("CK:DONE");
    collector.wait("the end of the session", LONG, |got| {
        signals(got).iter().any(|signal| signal["code"] == "session-closed")
    });
    let facts = studio.ask(&["facts", "--json", "--limit", "100000"]);
    let moved: Vec<&Value> = facts.iter().filter(|fact| fact["station"] == "cage").collect();
    let out: Vec<&Value> = moved.iter().copied().filter(|fact| fact["kind"] == "checked-out").collect();
    let of = |fact: &&Value| fact["subject"].as_str().unwrap().trim_start_matches("asset/").to_owned();
    let assets_out: BTreeSet<String> = out.iter().map(of).collect();
    assert!(
        green_before.len() >= 300 && green_before.is_subset(&assets_out),
        "a green light without its fact"
    );
    assert_eq!(assets_out.len(), SCANS, "every scan is there");
    assert_eq!(moved.len(), SCANS, "and once: a rescan undid or doubled something");
    let ids: BTreeSet<String> =
        moved.iter().map(|fact| fact["event_id"].as_str().unwrap().to_owned()).collect();
    collector.wait("every event", LONG, |got| ids.is_subset(&event_ids(got)));
    daemon.kill();
    assert!(studio.verb(&["verify"]).status.success());
}

/// What a value looks like without what it says.
fn shape(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().take(1).map(shape).collect()),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
    }
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let (gun, port) = (Gun::new(), free_port());
    let studio = desk(&format!("listen = \"127.0.0.1:{port}\""), &gun, "");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", "id,name,tags,model\nfx6-a,Sony FX6 A,C-0001,sony-fx6\n");
    let _daemon = studio.run();
    studio.ask(&["scan", "cage", "B-ANA", "--json"]);
    let readme = include_str!("../README.md");
    let verbs =
        ["scan cage C-0001 --json", "where fx6-a --json", "out --json", "facts --json", "status --json"];
    for verb in verbs {
        let (_, after) = readme.split_once(&format!("`cagekeeper {verb}`")).unwrap();
        let (_, block) = after.split_once("```json\n").unwrap();
        let shown: Value = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
        let words: Vec<&str> = verb.split(' ').collect();
        let said = studio.ask(&words).pop().unwrap();
        assert_eq!(shape(&said), shape(&shown), "{verb}: the README shows something else");
    }
}

#[test]
fn a_file_too_large_for_the_daemon_is_refused_with_what_to_do() {
    let (gun, port) = (Gun::new(), free_port());
    let studio = desk(&format!("listen = \"127.0.0.1:{port}\""), &gun, "");
    let _daemon = studio.run();
    let file = studio.file("huge.csv", &format!("id,name\n{}", "x".repeat(31 * 1024 * 1024)));
    let said = studio.verb(&["import", "assets", file.to_str().unwrap()]);
    let sentence = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(2), "{sentence}");
    assert!(sentence.contains("split the file, or stop the daemon"), "{sentence}");
}
