//! The first hour with a scanner: the real program, a line where the scanner would be.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, ExitStatus, Stdio};
use std::time::Duration;

use cagekeeper::wire::learn::SETUP_TEXT;
use mosquitto::wait_for;
use serde_json::Value;
use studio::{Gun, Studio};

const LONG: Duration = Duration::from_secs(30);

fn studio(gun: &Gun, keys: &str) -> Studio {
    Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[[station]]\nid = \"cage\"\n[[reader]]\nid = \"gun\"\nstation = \"cage\"\n\
         source = \"serial\"\npath = \"{}\"\n{keys}",
        gun.path.display()
    ))
}

/// A verb that listens to a reader.
struct Listening {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Listening {
    /// Starts it, and waits until it hears the device.
    fn start(studio: &Studio, words: &[&str]) -> Self {
        let mut child = studio.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Reads lines up to one that holds `part`.
    fn until(&mut self, part: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let length = self.out.read_line(&mut line).unwrap();
            all.push_str(&line);
            assert!(length > 0, "ended before {part:?}: {all} {}", self.errors());
            if line.contains(part) {
                return line;
            }
        }
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// Everything that it says up to its end.
    fn rest(mut self) -> (String, ExitStatus) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        (text, self.child.wait().unwrap())
    }

    /// Ctrl-C
    fn interrupt(self) -> (String, ExitStatus) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        self.rest()
    }
}

fn unknown_codes(studio: &Studio) -> i64 {
    studio.ask(&["status", "--json"])[0]["ledger"]["unknown_tags"].as_i64().unwrap()
}

#[test]
fn every_suffix_is_learned_through_the_daemon_and_nothing_of_it_is_recorded() {
    let mut gun = Gun::new();
    let studio = studio(&gun, "");
    let daemon = studio.run();
    for (end, suffix) in [("", "none"), ("\r", "cr"), ("\n", "lf"), ("\r\n", "crlf"), ("\t", "tab")] {
        let mut learning = Listening::start(&studio, &["readers", "learn", "gun"]);
        learning.until("listening to");
        gun.send(format!("%%{SETUP_TEXT}{end}").as_bytes());
        let (said, status) = learning.rest();
        assert!(status.success(), "{suffix}: {said}");
        let profile = std::fs::read_to_string(studio.path().join("profiles/learned-gun.toml")).unwrap();
        assert!(profile.contains(&format!("suffix = \"{suffix}\"")), "{profile}");
        assert!(profile.contains("prefix = \"%%\""), "{profile}");
        assert!(profile.contains("gap_ms = ") == (suffix == "none"), "{profile}");
        assert!(said.contains("profile = \"learned-gun\"") && !said.contains("\nsuffix"), "{suffix}: {said}");
    }
    assert_eq!(unknown_codes(&studio), 0);
    // The next scan is one again, and nothing of what was learned sticks to it.
    gun.send(b"NOPE-1\r");
    wait_for("the scan after learning", LONG, || (unknown_codes(&studio) == 1).then_some(()));
    let facts = studio.verb(&["where", "NOPE-1"]);
    assert!(!facts.status.success());
    assert!(daemon.stop().success());
}

#[test]
fn a_learned_block_is_a_right_configuration_that_reads_the_scanner() {
    let mut gun = Gun::new();
    let studio = studio(&gun, "");
    let mut learning = Listening::start(&studio, &["readers", "learn", "gun", "--json"]);
    // Without a daemon the line is opened by the verb itself; what comes before is kept by the line.
    gun.send(format!("%{SETUP_TEXT}\t").as_bytes());
    let said: Value = serde_json::from_str(&learning.until("learned")).unwrap();
    assert!(learning.rest().1.success());
    assert_eq!(said["learned"]["protocol"], "line");
    let block = said["block"].as_str().unwrap();
    let file = studio.file(
        "pasted.toml",
        &format!(
            "site = \"s\"\n[ledger]\npath = \"pasted.db\"\n[control]\npath = \"pasted.sock\"\n[[station]]\nid = \"cage\"\n{block}"
        ),
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(said["trouble"], Value::Null);
    assert!(block.contains("profile = \"learned-gun\""), "{block}");
    let defaults = cagekeeper::config::Defaults {
        timezone: chrono_tz::Tz::UTC,
        ledger: "l.db".into(),
        control: "c.sock".into(),
    };
    let config = cagekeeper::config::Config::parse(&text, Some(&file), &defaults).unwrap();
    assert_eq!(config.readers[0].framing.prefix.as_deref(), Some("%"));
    assert_eq!(config.readers[0].framing.suffix.name(), "tab");
}

#[test]
fn a_recording_plays_the_same_scans_and_a_masked_one_hides_their_digits() {
    let mut gun = Gun::new();
    let studio = studio(&gun, "");
    studio.import(
        "assets",
        "id,name,tags\ncam-a,A,CAM-4711\nlens-a,B,LENS-12\ncam-b,C,CAM-0001\nlens-b,D,LENS-02\n",
    );
    for (words, codes, things) in [
        (
            &["readers", "record", "gun", "plain.jsonl"][..],
            ["CAM-4711", "LENS-12", "CAM-4711"],
            ["A", "B", "A"],
        ),
        (
            &["readers", "record", "gun", "masked.jsonl", "--mask"][..],
            ["CAM-0001", "LENS-02", "CAM-0001"],
            ["C", "D", "C"],
        ),
    ] {
        let path = studio.path().join(words[3]);
        let words: Vec<&str> =
            words.iter().map(|word| if *word == words[3] { path.to_str().unwrap() } else { word }).collect();
        let mut recording = Listening::start(&studio, &words);
        recording.until("listening to");
        for code in ["CAM-4711", "LENS-12", "CAM-4711"] {
            gun.scan(code);
        }
        // What is masked is written at the end; how much was heard is said all the while.
        recording.until(" 29 bytes so far");
        let (said, status) = recording.interrupt();
        assert!(status.success() && said.contains("are recorded"), "{said}");
        let recorded = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            bytes_of(&recorded),
            format!("{}\r\n{}\r\n{}\r\n", codes[0], codes[1], codes[2]).into_bytes()
        );
        let played = studio.ask(&["replay", path.to_str().unwrap(), "--json"]);
        let said: Vec<&str> = played.iter().filter_map(|scan| scan["sentence"].as_str()).collect();
        assert_eq!(said, things.map(|name| format!("Scan your badge first, then {name}")), "{played:?}");
    }
    let again =
        studio.verb(&["readers", "record", "gun", studio.path().join("plain.jsonl").to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("nothing is overwritten"));
}

fn bytes_of(recording: &str) -> Vec<u8> {
    let lines = cagekeeper::io::readers::replay::parse(recording).unwrap();
    lines.into_iter().flat_map(|line| line.bytes).collect()
}

#[test]
fn watch_shows_bytes_and_reads_and_ends_cleanly() {
    let mut gun = Gun::new();
    let studio = studio(&gun, "suffix = \"none\"\nprefix = \"%\"\n");
    let daemon = studio.run();
    let mut watching = Listening::start(&studio, &["readers", "watch", "gun"]);
    watching.until("plugged: ");
    gun.send(b"%CAM-01");
    watching.until("25 43 41 4d 2d 30 31");
    let read = watching.until("READ");
    assert!(read.contains("READ \"CAM-01\", ended by silence"), "{read}");
    assert!(watching.interrupt().1.success());
    // Who watches keeps nothing from the ledger.
    wait_for("the scan that was watched", LONG, || (unknown_codes(&studio) == 1).then_some(()));
    assert!(daemon.stop().success());
}

#[test]
fn devices_are_listed_and_an_unknown_one_is_named_with_what_there_is() {
    let gun = Gun::new();
    let studio = studio(&gun, "");
    let listed = studio.ask(&["readers", "--json"]);
    assert!(listed[0].is_array());
    let unknown = studio.verb(&["readers", "watch", "gum"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean \"gun\"?"));
    assert_eq!(studio.verb(&["readers", "learn"]).status.code(), Some(2));
}

#[test]
fn the_printed_setup_code_is_the_one_in_the_repository() {
    let gun = Gun::new();
    let studio = studio(&gun, "");
    let page = studio.path().join("code.svg");
    assert!(studio.verb(&["readers", "learn", "--print", page.to_str().unwrap()]).status.success());
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/hardware/setup-code.svg");
    assert_eq!(std::fs::read_to_string(page).unwrap(), std::fs::read_to_string(committed).unwrap());
}
