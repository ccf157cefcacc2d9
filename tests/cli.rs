//! The real binary, verb by verb, while no daemon runs: output, exit codes, and the JSON that others rely on.

#![allow(clippy::disallowed_methods, reason = "it runs the program over files of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cagekeeper::config::Config;
use cagekeeper::domain::id::StationId;
use cagekeeper::ledger::Ledger;
use cagekeeper::time::{MonoMs, Now, UtcMs};
use cagekeeper::writer::{Input, Scan, Writer};
use serde_json::{Value, json};

#[path = "cli/by_hand.rs"]
mod by_hand;
#[path = "cli/forget.rs"]
mod forget;

const CONFIG: &str = r#"timezone = "Europe/London"
[ledger]
path = "ledger.db"
[control]
path = "control.sock"
[clock]
trusted = true
[[station]]
id = "cage"
[[reader]]
id = "mat"
station = "cage"
source = "serial"
path = "/dev/null"
protocol = "rdm6300"
[[reader]]
id = "gun"
station = "cage"
source = "serial"
path = "/dev/zero"
"#;

const CARD: &str = "0230443030333139434430373003";

/// What a verb printed and its exit code.
struct Said {
    exit: i32,
    out: String,
    err: String,
}

impl Said {
    /// Standard output as one JSON document.
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A studio of its own in a temporary folder.
struct Studio {
    folder: tempfile::TempDir,
}

impl Studio {
    fn empty() -> Self {
        let studio = Self { folder: tempfile::tempdir().unwrap() };
        studio.file("studio.toml", CONFIG);
        studio
    }

    /// One room, a kit of two, two cameras, two people, a production and a booking that is always current.
    fn small() -> Self {
        let studio = Self::empty();
        for (kind, text) in [
            ("rooms", "id,name,tags\nstudio-b,Studio B,RB-1\n"),
            ("kits", "id,name,tags\nlens-kit,Lens kit,KIT-1\n"),
            (
                "assets",
                "id,name,tags,home,kit,day_rate\ncam-1,Sony FX6,CAM-1,studio-b,,120.50\ncam-2,Canon C300,,studio-b,,\n\
                 lens-1,35 mm,L1,,lens-kit,\nlens-2,50 mm,L2,,lens-kit,\n",
            ),
            (
                "people",
                "id,name,badges,role\nada,Ada Lovelace,0D00319CD0,crew\nbob,Bob Noyce,B-2,attendant\n",
            ),
            ("productions", "id,title,starts,ends,crew\nnight-bus,Night Bus,2020-01-01,2099-12-30,ada;bob\n"),
            (
                "bookings",
                "id,production,person,assets,kits,starts,ends\nbk-1,night-bus,ada,cam-1,lens-kit,2020-01-01,2099-12-30\n",
            ),
        ] {
            let said = studio.import(kind, text);
            assert_eq!(said.exit, 0, "{kind}: {}", said.err);
        }
        studio
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cagekeeper"));
        command.current_dir(self.folder.path()).args(["--config", "studio.toml"]).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Said {
        let output = self.command(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn import(&self, kind: &str, text: &str) -> Said {
        let name = format!("{kind}.csv");
        self.file(&name, text);
        self.run(&["import", kind, &name, "--json"])
    }

    fn scan(&self, code: &str) -> Value {
        self.run(&["scan", "cage", code, "--json"]).json()
    }

    fn counts(&self) -> Value {
        self.run(&["status", "--json"]).json()["ledger"].clone()
    }
}

/// The value with drawn ids, opaque persons and times replaced by what they are.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain_text(text)),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

fn plain_text(text: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let (head, rest) = text.split_once('.').map_or((text, String::new()), |(a, b)| (a, format!(".{b}")));
    match head {
        _ if UtcMs::parse_rfc3339(text).is_some() => "TIME".to_owned(),
        _ if head.len() == 32 && is_hex(head) => format!("ID{rest}"),
        _ if head.len() == 12 && is_hex(head) => format!("ORIGIN{rest}"),
        _ if head.len() == 14 && head.strip_prefix("p-").is_some_and(is_hex) => "PERSON".to_owned(),
        _ => text.to_owned(),
    }
}

#[test]
fn a_scan_says_its_verdict_and_exits_1_only_for_ask_and_refused() {
    let studio = Studio::small();
    let refused = studio.run(&["scan", "cage", "CAM-1"]);
    assert_eq!((refused.exit, refused.out.as_str()), (1, "refused  Scan your badge first, then Sony FX6\n"));
    let badge = studio.run(&["scan", "cage", "0d00319cd0", "--json"]);
    assert_eq!(badge.exit, 0);
    assert_eq!(
        plain(&badge.json()),
        json!({"scan": "ID", "station": "cage", "level": "done", "code": "code-is-person",
               "text": "Hello Ada Lovelace: scan gear f…",
               "sentence": "Hello Ada Lovelace: scan gear for your booking",
               "person": "PERSON", "person_handle": "ada", "person_name": "Ada Lovelace"})
    );
    assert_eq!(
        plain(&studio.scan("CAM-1")),
        json!({"scan": "ID", "station": "cage", "level": "done", "code": "checked-out",
               "text": "Out: Sony FX6, due 31 Dec 2099…", "sentence": "Out: Sony FX6, due 31 Dec 2099 00:00",
               "asset": "cam-1", "person": "PERSON", "person_handle": "ada", "person_name": "Ada Lovelace",
               "seq": 16})
    );
    let again = studio.run(&["scan", "cage", "CAM-1", "--json"]);
    assert_eq!((again.exit, &again.json()["level"]), (0, &json!("again")));
    assert_eq!(studio.scan("B-2")["code"], json!("code-is-person"));
    let ask = studio.run(&["scan", "cage", "CAM-1", "--json"]);
    // It is out for a booking: to give it to somebody else breaks that promise as well.
    assert_eq!((ask.exit, &ask.json()["code"]), (1, &json!("booked-to-other")));
    let unknown = studio.run(&["scan", "cage", "NOPE"]);
    assert_eq!(unknown.exit, 1);
    let nowhere = studio.run(&["scan", "cgae", "CAM-1"]);
    assert_eq!(
        (nowhere.exit, nowhere.err.as_str()),
        (2, "there is no station \"cgae\": expected one of cage; did you mean \"cage\"?\n")
    );
}

#[test]
fn where_a_thing_is_has_its_holder_and_its_evidence() {
    let studio = Studio::small();
    let home = studio.run(&["where", "cam-1", "--json"]);
    assert_eq!(home.exit, 0);
    assert_eq!(
        home.json(),
        json!({"asset": "cam-1", "name": "Sony FX6", "state": "home", "home": "studio-b", "room": "studio-b",
               "person": null, "person_handle": null, "person_name": null, "production": null, "booking": null,
               "with_kit": null, "due": null, "since": null, "overdue": false, "returning_since": null,
               "last_seen": null,
               "next": [{"booking": "bk-1", "from": "2020-01-01T00:00:00.000Z",
                         "until": "2099-12-31T00:00:00.000Z", "confirmed": true}]})
    );
    for code in ["0D00319CD0", "CAM-1", "KIT-1"] {
        studio.scan(code);
    }
    assert_eq!(
        plain(&studio.run(&["where", "CAM-1", "--json"]).json()),
        json!({"asset": "cam-1", "name": "Sony FX6", "state": "out", "home": "studio-b", "room": null,
               "person": "PERSON", "person_handle": "ada", "person_name": "Ada Lovelace",
               "production": "night-bus", "booking": "bk-1", "with_kit": null, "due": "TIME", "since": "TIME",
               "overdue": false, "returning_since": null,
               "last_seen": {"at": "TIME", "station": "cage", "reader": null, "verdict": "checked-out"},
               "next": [{"booking": "bk-1", "from": "TIME", "until": "TIME", "confirmed": true}]})
    );
    for asked in ["sony fx6", "asset/cam-1"] {
        assert_eq!(studio.run(&["where", asked, "--json"]).json()["asset"], json!("cam-1"), "{asked}");
    }
    assert_eq!(studio.run(&["where", "lens-kit", "--json"]).json()["kit"], json!("lens-kit"));
    for asked in ["ada", "Ada Lovelace", "person/ada", "night-bus", "bk-1"] {
        let said = studio.run(&["where", asked, "--json"]).json();
        assert_eq!(said["out"].as_array().unwrap().len(), 4, "{asked}: {said}");
    }
    assert_eq!(
        studio.run(&["where", "studio-b", "--json"]).json(),
        json!({"room": "studio-b", "name": "Studio B", "here": ["cam-2"], "out": []})
    );
}

#[test]
fn what_is_not_known_exits_1_with_near_names_and_what_lay_beside_it() {
    let studio = Studio::small();
    let near = studio.run(&["where", "cam1"]);
    assert_eq!((near.exit, near.out.as_str()), (1, "Nothing is known as \"cam1\".\nDid you mean cam-1?\n"));
    for code in ["0D00319CD0", "CAM-1", "NOPE"] {
        studio.scan(code);
    }
    let unknown = studio.run(&["where", "NOPE", "--json"]);
    assert_eq!(unknown.exit, 1);
    assert_eq!(
        plain(&unknown.json()),
        json!({"unknown": "NOPE", "near": [], "seen": {
            "code": "NOPE", "last": {"at": "TIME", "station": "cage", "reader": null, "verdict": "unknown-code"},
            "times": 1, "session": "ID", "neighbours": [{"thing": "asset/cam-1", "at": "TIME"}]}})
    );
}

#[test]
fn what_is_out_is_a_list_and_nothing_is_no_error() {
    let studio = Studio::small();
    let nothing = studio.run(&["out", "--json"]);
    assert_eq!((nothing.exit, nothing.json()), (0, json!([])));
    assert_eq!(studio.run(&["out"]).out, "Nothing is out.\n");
    studio.scan("0D00319CD0");
    studio.scan("KIT-1");
    let out = studio.run(&["out", "--json"]).json();
    let things: Vec<_> = out.as_array().unwrap().iter().map(|row| (&row["asset"], &row["kit"])).collect();
    let null = &Value::Null;
    assert_eq!(things, [(&json!("lens-1"), null), (&json!("lens-2"), null), (null, &json!("lens-kit"))]);
    assert_eq!(
        plain(&out[0]),
        json!({"asset": "lens-1", "name": "35 mm", "person": "PERSON", "person_handle": "ada",
               "person_name": "Ada Lovelace", "production": "night-bus", "booking": "bk-1", "room": null,
               "with_kit": "lens-kit", "due": "TIME", "since": "TIME", "overdue": false})
    );
    let table = studio.run(&["out"]).out;
    assert!(table.starts_with("THING         NAME      WHO                  "), "{table}");
    assert_eq!(studio.run(&["overdue", "--json"]).json(), json!([]));
}

#[test]
fn what_should_have_been_back_is_overdue() {
    let studio = Studio::small();
    let config = Config::load(Some(&studio.path("studio.toml"))).unwrap();
    let mut writer = Writer::new(Ledger::open(&config.ledger.path, "0123456789ab").unwrap(), &config);
    let now = Now {
        mono: MonoMs(90_000),
        utc: UtcMs::parse_rfc3339("2026-01-05T09:00:00Z").unwrap(),
        trusted: true,
    };
    let scan = |code: &str| {
        let station = StationId::parse("cage").unwrap();
        Input::Scan(Scan {
            id: format!("old-{code}"),
            station,
            reader: None,
            payload: code.to_owned(),
            also: Vec::new(),
            now,
        })
    };
    writer.handle_group(&[scan("B-2"), scan("cam-2")]).unwrap();
    writer.into_ledger().close().unwrap();
    let late = studio.run(&["overdue", "--json"]);
    assert_eq!(late.exit, 0);
    assert_eq!(late.json()[0]["due"], json!("2026-01-06T09:00:00.000Z"));
    assert_eq!((&late.json()[0]["overdue"], &late.json()[0]["person_handle"]), (&json!(true), &json!("bob")));
    assert_eq!(studio.counts()["overdue"], json!(1));
    let said = studio.run(&["where", "cam-2"]).out;
    assert!(said.contains("with Bob Noyce (bob, p-") && said.contains("(late)"), "{said}");
}

#[test]
fn facts_are_json_lines_from_any_number_on_or_about_one_thing() {
    let studio = Studio::small();
    studio.scan("0D00319CD0");
    studio.scan("CAM-1");
    let last = studio.run(&["facts", "--limit", "1", "--json"]).json_lines();
    assert_eq!(last.len(), 1);
    assert_eq!(
        plain(&last[0]),
        json!({"seq": 16, "id": "ID.0", "event_id": "ORIGIN.16", "at": "TIME", "clock_trusted": true,
               "station": "cage", "actor": "PERSON", "subject": "asset/cam-1", "kind": "checked-out",
               "version": 1, "body": {"booking": "bk-1", "code": "CAM-1", "due": "TIME", "person": "PERSON",
               "production": "night-bus"}})
    );
    let seqs = |words: &[&str]| -> Vec<i64> {
        let said = studio.run(&[&["facts", "--json"], words].concat());
        said.json_lines().iter().map(|fact| fact["seq"].as_i64().unwrap()).collect()
    };
    assert_eq!(seqs(&["--after", "13"]), [14, 15, 16]);
    assert_eq!(seqs(&["--after", "3", "--limit", "2"]), [4, 5]);
    assert_eq!(seqs(&["--after", "0"]), (1..=16).collect::<Vec<_>>());
    assert_eq!(seqs(&["--about", "asset/cam-1"]).len(), 2);
    assert_eq!(seqs(&["--about", "asset/cam-1", "--limit", "1"]), [16]);
    assert_eq!(seqs(&["--about", "person/ada"]).len(), 1);
    assert_eq!(studio.run(&["facts", "--after", "16"]).out, "");
    let wrong = studio.run(&["facts", "--about", "cam-1"]);
    assert_eq!(wrong.exit, 2);
    assert!(wrong.err.starts_with("--about \"cam-1\" names nothing: expected asset/ID"), "{}", wrong.err);
}

#[test]
fn an_import_run_again_changes_nothing_and_a_dry_run_writes_nothing() {
    let studio = Studio::small();
    let facts = studio.counts()["head_seq"].clone();
    for kind in ["rooms", "kits", "assets", "people", "productions", "bookings"] {
        let said = studio.run(&["import", kind, &format!("{kind}.csv"), "--json"]).json();
        assert_eq!(
            (&said["new"], &said["changed"], &said["facts"]),
            (&json!(0), &json!(0), &json!(0)),
            "{said}"
        );
    }
    studio.file("more.csv", "id,name\ncam-2,Canon C300 II\ncam-3,Red\n");
    let dry = studio.run(&["import", "assets", "more.csv", "--dry-run"]);
    assert_eq!(
        (dry.exit, dry.out.as_str()),
        (
            0,
            "more.csv:2: changed asset/cam-2: name from \"Canon C300\" to \"Canon C300 II\"\nmore.csv:3: new asset/cam-3\n\
             assets: 1 new, 1 changed, 0 as they were. Nothing was written: this was a dry run\n"
        )
    );
    assert_eq!(studio.counts()["head_seq"], facts);
    let wet = studio.run(&["import", "assets", "more.csv", "--json"]);
    assert_eq!(
        wet.json(),
        json!({"kind": "assets", "file": "more.csv", "dry_run": false, "new": 1, "changed": 1, "same": 0, "facts": 2})
    );
}

#[test]
fn what_a_column_says_that_a_file_does_not_have_stays_and_a_tag_that_is_left_out_is_released() {
    let studio = Studio::small();
    assert_eq!(studio.import("people", "id,name\nada,Ada King\n").json()["changed"], json!(1));
    assert_eq!(studio.scan("0D00319CD0")["person_name"], json!("Ada King"), "the badge stays");
    assert_eq!(studio.import("assets", "id,name\ncam-1,FX6\n").json()["facts"], json!(1));
    assert_eq!(studio.run(&["where", "CAM-1", "--json"]).json()["home"], json!("studio-b"));
    let moved = studio.import("assets", "id,name,tags\ncam-1,FX6,\ncam-2,Canon C300,CAM-1\n");
    assert_eq!(moved.json()["facts"], json!(2), "{}", moved.err);
    assert_eq!(studio.run(&["where", "CAM-1", "--json"]).json()["asset"], json!("cam-2"));
    let swap = studio.import("people", "id,name,badges\nada,Ada King,B-2\nbob,Bob Noyce,0D00319CD0\n");
    assert_eq!(swap.json()["changed"], json!(2), "{}", swap.err);
    assert_eq!(studio.scan("0D00319CD0")["person_handle"], json!("bob"));
}

#[test]
fn every_wrong_row_is_named_and_nothing_is_written() {
    let studio = Studio::small();
    let before = studio.counts();
    let refused = |kind: &str, text: &str, lines: &[&str]| {
        let said = studio.import(kind, text);
        assert_eq!(said.exit, 2, "{}", said.out);
        let err: Vec<&str> = said.err.lines().collect();
        assert_eq!(err[..err.len() - 1], *lines);
        assert!(err[err.len() - 1].starts_with("Nothing was written: mend th"), "{}", said.err);
    };
    refused(
        "assets",
        "id,name,home,kit,tags\nnew-1,Good,,,\nx,X,studio-c,nowhere,L1;ck:done\ny,Y,,,0d00319cd0;beefbeef\nz,Z,,,BEEFBEEF;cam-2\n",
        &[
            "assets.csv:3: column home: found \"studio-c\", expected the id of a room that is known; did you mean \"studio-b\"?",
            "assets.csv:3: column kit: found \"nowhere\", expected the id of a kit that is known: import kits first",
            "assets.csv:3: column tags: found \"L1\", expected a tag that is on nothing else: asset/lens-1 has it",
            "assets.csv:3: column tags: found \"ck:done\", expected a tag that is no printed code of cagekeeper itself",
            "assets.csv:4: column tags: found \"0d00319cd0\", expected a tag that is on nothing else: ada has it",
            "assets.csv:5: column tags: found \"BEEFBEEF\", expected each tag once: line 4 has the code BEEFBEEF",
            "assets.csv:5: column tags: found \"cam-2\", expected a tag that is on nothing else: asset/cam-2 has it",
        ],
    );
    refused(
        "people",
        "id,name,badges\neve,Eve,B-2;CAM-1\n",
        &[
            "people.csv:2: column badges: found \"B-2\", expected a badge that is on nothing else: bob has it",
            "people.csv:2: column badges: found \"CAM-1\", expected a badge that is on nothing else: asset/cam-1 has it",
        ],
    );
    refused(
        "bookings",
        "id,production,person,assets,starts,ends\nbk-2,night-buss,adda,cam-1;cam-9,2026-01-01,2026-01-02\n",
        &[
            "bookings.csv:2: column production: found \"night-buss\", expected the id of a production that is known; did you mean \"night-bus\"?",
            "bookings.csv:2: column assets: found \"cam-9\", expected the id of an asset that is known; did you mean \"cam-1\"?",
            "bookings.csv:2: column person: found \"adda\", expected the id of a person that is known; did you mean \"ada\"?",
            "bookings.csv:2: column assets: found \"cam-1\", which is promised to Night Bus (bk-1) from 2020-01-01 00:00 to 2099-12-31 00:00, expected a time at which it is free",
        ],
    );
    refused(
        "rooms",
        "id,nmae\nr,R\n",
        &[
            "rooms.csv:1: found the unknown column \"nmae\", expected one of id, name, tags, hour_rate; did you mean \"name\"?",
            "rooms.csv:1: column name: found no such column, expected it in the header: id, name are required",
        ],
    );
    assert_eq!(studio.counts(), before);
    let absent = studio.run(&["import", "assets", "absent.csv"]);
    assert_eq!(absent.exit, 2);
    assert!(absent.err.starts_with("absent.csv: cannot be read (No such file"), "{}", absent.err);
}

#[test]
fn a_large_import_is_several_commits_and_all_of_it_is_there() {
    let studio = Studio::empty();
    let rows: String = (0..1_200).map(|n| format!("light-{n},Light {n},T-{n}\n")).collect();
    let said = studio.import("assets", &format!("id,name,tags\n{rows}"));
    assert_eq!((said.exit, &said.json()["facts"]), (0, &json!(2_400)), "{}", said.err);
    assert_eq!(studio.counts()["assets"], json!(1_200));
    let verified = studio.run(&["verify", "--json"]).json();
    assert_eq!((&verified["whole"], &verified["facts"]), (&json!(true), &json!(2_400)));
}

#[test]
fn a_ledger_that_cannot_be_had_exits_3_with_what_to_do() {
    let studio = Studio::empty();
    for words in [["out"].as_slice(), &["where", "x"], &["facts"], &["verify"]] {
        let none = studio.run(words);
        assert_eq!(none.exit, 3);
        assert!(none.err.contains("ledger.db: there is no ledger yet"), "{}", none.err);
    }
    assert_eq!(studio.run(&["status", "--json"]).json()["ledger"], Value::Null);

    let held = Ledger::open(&studio.path("ledger.db"), "0123456789ab").unwrap();
    let locked = studio.run(&["scan", "cage", "CAM-1"]);
    assert_eq!(
        (locked.exit, locked.err.as_str()),
        (
            3,
            "ledger.db: another cagekeeper writes to this ledger. Stop it first, or talk to it through its control socket\n"
        )
    );
    held.close().unwrap();

    studio.file("ledger.db", &"this is no database, though it is long enough to be one. ".repeat(40));
    for words in [["out"].as_slice(), &["scan", "cage", "CAM-1"]] {
        let unreadable = studio.run(words);
        assert_eq!(unreadable.exit, 3, "{}", unreadable.out);
        let expected =
            "ledger.db: this is not a ledger. Restore the last backup; keep this file for examination\n";
        assert_eq!(unreadable.err, expected);
    }
}

#[test]
fn a_row_that_the_facts_do_not_make_is_a_difference() {
    let studio = Studio::small();
    let whole = studio.run(&["verify"]);
    assert_eq!(whole.exit, 0);
    assert!(whole.out.starts_with("15 facts, ") && whole.out.ends_with(": every row is what they say\n"));
    let conn = rusqlite::Connection::open(studio.path("ledger.db")).unwrap();
    conn.execute("UPDATE kit SET name = 'Prism kit' WHERE id = 'lens-kit'", []).unwrap();
    drop(conn);
    let differs = studio.run(&["verify"]);
    assert_eq!(differs.exit, 1);
    let said: Vec<&str> = differs.out.lines().collect();
    assert_eq!(said[0], "kit: (lens-kit, Prism kit, -) stands where the facts say (lens-kit, Lens kit, -)");
    assert!(said[1].contains("1 row differs. Restore the last backup"), "{}", said[1]);
    assert_eq!(studio.run(&["verify", "--json"]).json()["different"], json!(1));
}

#[test]
fn a_configuration_that_is_wrong_exits_2_for_every_verb_that_reads_it() {
    let studio = Studio::empty();
    studio.file("studio.toml", &CONFIG.replace("path = \"ledger.db\"", "pth = \"ledger.db\""));
    for words in [["status"].as_slice(), &["config", "check"], &["scan", "cage", "x"], &["run"]] {
        let said = studio.run(words);
        assert_eq!(said.exit, 2, "{words:?}");
        assert!(said.err.starts_with("studio.toml:3:1: ledger.pth: found an unknown key"), "{}", said.err);
        assert!(said.err.contains("did you mean \"path\"?"), "{}", said.err);
    }
    let said = studio.run(&["config", "check", "--json"]);
    assert_eq!((said.exit, &said.json()["errors"][0]["line"]), (2, &json!(3)));
    assert_eq!(studio.run(&["config", "show-default"]).out, cagekeeper::config::DEFAULT_TOML);

    studio.file("studio.toml", CONFIG);
    let right = studio.run(&["config", "check"]);
    assert_eq!((right.exit, right.out.as_str()), (0, "studio.toml: right (1 station, 2 readers)\n"));
    studio.file("studio.toml", &CONFIG.replace("/dev/zero", "/dev/absent"));
    let found = studio.run(&["config", "check"]);
    assert_eq!(found.exit, 1);
    assert!(found.out.starts_with("reader \"gun\" path: /dev/absent is not there"), "{}", found.out);
}

#[test]
fn decode_prints_a_line_for_each_frame() {
    let studio = Studio::empty();
    let decode = |words: &[&str]| studio.run(&[&["decode", "--protocol"], words].concat());
    let lone = decode(&["rdm6300", CARD]);
    assert_eq!(lone.exit, 0);
    assert_eq!(
        lone.json(),
        json!({"ok": true, "value": "0D00319CD0", "confirmed": false, "terminated": true,
               "fields": {"decimal10": "0003251408", "tag": "00319CD0", "version": "0D"}})
    );
    let twice = decode(&["rdm6300", CARD, CARD]).json_lines();
    assert_eq!(twice[1]["confirmed"], json!(true));
    let damaged = decode(&["rdm6300", &CARD.replace("3730", "3731")]);
    assert_eq!((damaged.exit, &damaged.json()["kind"]), (1, &json!("damaged")));
    assert!(damaged.json()["reason"].is_string());
    for words in
        [&["gs1", "800406141415678"], &["gs1", "]C1800406141415678"], &["epc", "3474257BF40000000000162E"]]
    {
        let meant = decode(words);
        assert_eq!(
            (meant.exit, &meant.json()["fields"]["codes"]),
            (0, &json!(["giai:06141415678"])),
            "{words:?}"
        );
    }
    let refused = decode(&["epc", "341c00000000000000000000"]);
    assert_eq!((refused.exit, &refused.json()["kind"]), (1, &json!("absurd")));
    for (words, part) in [
        (["rdm6300", "02zz"].as_slice(), "argument 1 is not hexadecimal"),
        (&["epc", "CAM-1"], "argument 1 is not hexadecimal"),
        (&["line"], "required arguments were not provided"),
        (
            &["lines", "00"],
            "possible values: line, rdm6300, keyboard, hid-pos, ssi, wiegand, pn532, m100, uhfreader18, uhfreader288, cf, thingmagic",
        ),
        (&["line", "--descriptor", "05", "00"], "--descriptor has no meaning for line"),
    ] {
        let wrong = decode(words);
        assert_eq!(wrong.exit, 2, "{words:?}");
        assert!(wrong.err.contains(part), "{}", wrong.err);
    }
}

#[test]
fn a_recording_is_played_into_a_scratch_copy_unless_told_otherwise() {
    let studio = Studio::small();
    let line = |at_ms: u64, reader: &str, hex: &str| {
        format!("{}\n", json!({"at_ms": at_ms, "reader": reader, "hex": hex}))
    };
    let card = line(0, "mat", CARD) + &line(100, "mat", CARD);
    let gear = line(1_500, "gun", "4341") + &line(1_510, "gun", "4d2d310d");
    let bad = line(4_000, "mat", &CARD.replace("3730", "3731"));
    studio.file("day.jsonl", &(card + &gear + &bad));
    let facts = studio.counts()["head_seq"].clone();

    let played = studio.run(&["replay", "day.jsonl", "--json"]);
    assert_eq!(played.exit, 0, "{}", played.err);
    let said: Vec<(Value, Value)> =
        played.json_lines().iter().map(|line| (line["at_ms"].clone(), line["code"].clone())).collect();
    assert_eq!(
        said,
        [
            (json!(100), json!("code-is-person")),
            (json!(1_510), json!("checked-out")),
            (json!(4_000), Value::Null)
        ]
    );
    assert_eq!(played.json_lines()[2]["kind"], json!("damaged"));
    assert_eq!(studio.counts()["head_seq"], facts, "the ledger is as it was");

    assert_eq!(studio.run(&["replay", "day.jsonl", "--into-ledger"]).exit, 0);
    assert_eq!(studio.run(&["where", "cam-1", "--json"]).json()["last_seen"]["reader"], json!("gun"));

    studio.file("other.jsonl", &line(0, "till", "0d"));
    let unknown = studio.run(&["replay", "other.jsonl"]);
    assert_eq!(
        (unknown.exit, unknown.err.as_str()),
        (
            2,
            "other.jsonl: the configuration has no reader \"till\", only mat, gun: say --station and --protocol\n"
        )
    );
    assert_eq!(studio.run(&["replay", "other.jsonl", "--station", "cage"]).exit, 0);
    studio.file("broken.jsonl", "{\"at_ms\":0}\n");
    let broken = studio.run(&["replay", "broken.jsonl"]);
    assert_eq!(broken.exit, 2);
    assert!(broken.err.starts_with("broken.jsonl:1:11: missing field `reader`"), "{}", broken.err);
}

#[test]
fn completions_and_the_manual_name_every_verb() {
    let studio = Studio::empty();
    let (bash, man) = (studio.run(&["completions", "bash"]), studio.run(&["man"]));
    assert_eq!((bash.exit, man.exit), (0, 0));
    for verb in [
        "run",
        "demo",
        "scan",
        "import",
        "where",
        "out",
        "overdue",
        "facts",
        "verify",
        "decode",
        "replay",
        "clock",
        "checkout",
        "return",
        "extend",
        "hand-over",
        "recall",
        "learn",
        "condition",
        "undo",
        "booking",
        "free",
        "production",
        "person",
        "room",
        "kit",
        "asset",
        "stock",
        "maintenance",
    ] {
        assert!(bash.out.contains(&format!("cagekeeper,{verb})")), "{verb}");
        assert!(man.out.contains(&verb.replace('-', "\\-")), "{verb}");
    }
    assert_eq!(studio.run(&["--help"]).exit, 0);
    assert_eq!(studio.run(&[]).exit, 2);
    let wrong = studio.run(&["wher", "x"]);
    assert_eq!(wrong.exit, 2);
    assert!(wrong.err.contains("'where'"), "{}", wrong.err);
}

#[test]
fn a_reader_of_the_output_that_goes_away_is_no_error() {
    let studio = Studio::empty();
    let rows: String = (0..2_000).map(|n| format!("light-{n},Light {n}\n")).collect();
    assert_eq!(studio.import("assets", &format!("id,name\n{rows}")).exit, 0);
    let mut child = studio
        .command(&["facts", "--after", "0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
