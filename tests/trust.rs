//! Time to trust: backups while scanning, restoring under a new origin, and every damage said.
#![allow(clippy::disallowed_methods, reason = "it runs the program over files of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use cagekeeper::domain::fact::{AssetRegistered, Body, NewFact, Subject};
use cagekeeper::domain::id::StationId;
use cagekeeper::ledger::append::Occasion;
use cagekeeper::ledger::backup::Source;
use cagekeeper::ledger::{Ledger, Reader};
use cagekeeper::time::{MonoMs, Now, UtcMs};
use serde_json::Value;

const CONFIG: &str = "site = \"studio\"\ntimezone = \"UTC\"\n[ledger]\npath = \"ledger.db\"\n[control]\npath = \"c.sock\"\n\
                      [clock]\ntrusted = true\n[[station]]\nid = \"cage\"\n";

struct Studio(tempfile::TempDir);

impl Studio {
    fn new() -> Self {
        let studio = Self(tempfile::tempdir().unwrap());
        std::fs::write(studio.path("studio.toml"), CONFIG).unwrap();
        studio
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cagekeeper"));
        command.current_dir(self.0.path()).args(["--config", "studio.toml"]).args(words);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn done(&self, words: &[&str]) -> Value {
        let (exit, out, err) = self.run(&[words, &["--json"]].concat());
        assert_eq!(exit, 0, "{words:?}: {out}{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// Registers assets with these ids.
    fn register(&self, ids: &[&str]) {
        let rows: String = ids.iter().map(|id| format!("{id},Camera {id}\n")).collect();
        std::fs::write(self.path("assets.csv"), format!("id,name\n{rows}")).unwrap();
        let (exit, out, err) = self.run(&["import", "assets", "assets.csv"]);
        assert_eq!(exit, 0, "{out}{err}");
    }
}

fn register(ledger: &mut Ledger, number: i64) {
    let now = Now { mono: MonoMs(1), utc: UtcMs(1_000_000 + number), trusted: true };
    let station = StationId::parse("cage").unwrap();
    let asset: AssetRegistered = serde_json::from_value(serde_json::json!({"name": "FX6"})).unwrap();
    let subject = Subject::parse(&format!("asset/a-{}", number % 50)).unwrap();
    let new = NewFact { subject, actor: None, body: Body::AssetRegistered(asset) };
    let id = format!("s{number}");
    let occasion = Occasion { scan_id: &id, station: &station, now: &now };
    ledger.transaction(|ledger| ledger.append(&occasion, 0, vec![new])).unwrap();
}

fn leftovers(folder: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".part")).collect()
}

#[test]
fn a_backup_is_one_moment_however_much_is_written_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = Ledger::open(&path, "here").unwrap();
    (0..6_000).for_each(|number| register(&mut ledger, number));
    let stop = AtomicBool::new(false);
    let to = folder.path().join("copy.db");
    let (contents, steps) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 6_000;
            while !stop.load(Ordering::Relaxed) {
                register(&mut ledger, number);
                number += 1;
            }
            number
        });
        let mut steps = Vec::new();
        let contents = Source::open(&path).unwrap().back_up(&to, |left, _| {
            steps.push(left);
            // Long enough for commits between two steps: the copy must not begin anew.
            std::thread::sleep(std::time::Duration::from_millis(30));
        });
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 6_000, "nothing was written meanwhile");
        (contents.unwrap(), steps)
    });
    assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "it began anew: {steps:?}");
    assert!(contents.head_seq >= 6_000 && contents.facts == contents.head_seq.unsigned_abs());
    assert!(Reader::open(&to).unwrap().verify().unwrap().is_whole());
    assert_eq!(leftovers(folder.path()), Vec::<String>::new());
}

#[test]
fn a_restore_goes_back_under_a_new_origin_and_gives_nothing_out_twice() {
    let studio = Studio::new();
    studio.register(&["cam-1", "cam-2"]);
    let made = studio.done(&["backup", "b.db"]);
    assert_eq!((made["facts"].clone(), made["site"].clone()), (2.into(), "studio".into()));
    let (exit, _, err) = studio.run(&["backup", "b.db"]);
    assert!(exit == 1 && err.contains("is there already"), "{exit} {err}");
    studio.register(&["cam-1", "cam-2", "cam-3"]);
    let (exit, out, _) = studio.run(&["restore", "b.db"]);
    assert!(exit == 1 && out.contains("LOSES    1 facts") && out.contains("--yes"), "{out}");
    assert_eq!(
        Reader::open(&studio.path("ledger.db")).unwrap().head_seq().unwrap(),
        3,
        "nothing was changed"
    );
    let done = studio.done(&["restore", "b.db", "--yes"]);
    assert_eq!((done["lost"].clone(), done["done"].clone()), (1.into(), true.into()));
    assert!(
        Path::new(done["kept"].as_str().unwrap()).exists()
            || studio.path(done["kept"].as_str().unwrap()).exists()
    );
    let reader = Reader::open(&studio.path("ledger.db")).unwrap();
    assert_eq!(reader.head_seq().unwrap(), 2);
    assert_eq!(reader.vanished().unwrap(), [Subject::parse("asset/cam-3").unwrap()]);
    studio.register(&["cam-1", "cam-2", "cam-4"]);
    let facts = reader.facts_after(0, 10).unwrap();
    let numbered: Vec<(i64, &str, i64)> =
        facts.iter().map(|fact| (fact.seq, fact.origin.as_str(), fact.origin_seq)).collect();
    let (old, new) = (made["origin"].as_str().unwrap(), done["origin"].as_str().unwrap());
    assert_ne!(old, new);
    assert_eq!(numbered, [(1, old, 1), (2, old, 2), (4, new, 1)], "3 had been given out");
    assert!(reader.verify().unwrap().is_whole());
    assert_eq!(leftovers(studio.0.path()), Vec::<String>::new());
}

#[test]
fn a_damaged_backup_and_one_of_another_site_are_refused_and_nothing_changes() {
    let studio = Studio::new();
    studio.register(&["cam-1", "cam-2"]);
    studio.done(&["backup", "b.db"]);
    let before = std::fs::read(studio.path("ledger.db")).unwrap();
    let whole = std::fs::read(studio.path("b.db")).unwrap();
    std::fs::write(studio.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(studio.path("text.db"), "a letter").unwrap();
    for name in ["cut.db", "text.db", "missing.db"] {
        let (exit, out, err) = studio.run(&["restore", name, "--yes"]);
        assert!(exit != 0 && err.contains(name), "{name}: {exit} {out} {err}");
    }
    std::fs::write(studio.path("studio.toml"), CONFIG.replace("\"studio\"", "\"annex\"")).unwrap();
    let (exit, _, err) = studio.run(&["restore", "b.db", "--yes"]);
    assert!(exit == 1 && err.contains("--from-site studio"), "{exit} {err}");
    assert_eq!(std::fs::read(studio.path("ledger.db")).unwrap(), before);
    studio.done(&["restore", "b.db", "--yes", "--from-site", "studio"]);
}

#[test]
fn status_knows_the_last_backup_and_what_failed_since() {
    let studio = Studio::new();
    studio.register(&["cam-1"]);
    let made = studio.done(&["backup"]);
    assert!(made["file"].as_str().unwrap().contains("backups/cagekeeper-studio-"));
    assert!(studio.run(&["status"]).1.contains("backup   good"));
    studio.done(&["verify"]);
    rusqlite::Connection::open(studio.path("ledger.db"))
        .unwrap()
        .execute("UPDATE asset SET name = 'by hand'", [])
        .unwrap();
    assert_eq!(studio.run(&["verify"]).0, 1);
    let said = studio.run(&["status"]).1;
    assert!(
        said.contains("verify   good") && said.contains("1 row") || said.contains("rows differ"),
        "{said}"
    );
}

#[test]
fn every_schema_that_was_ever_written_opens_verifies_and_takes_a_scan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledgers");
    let mut frozen: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    frozen.sort();
    assert!(frozen.len() >= 5, "{frozen:?}");
    for dump in frozen {
        let studio = Studio::new();
        let conn = rusqlite::Connection::open(studio.path("ledger.db")).unwrap();
        conn.execute_batch(&std::fs::read_to_string(&dump).unwrap()).unwrap();
        let facts: i64 = conn.query_row("SELECT count(*) FROM fact", [], |row| row.get(0)).unwrap();
        drop(conn);
        studio.done(&["backup", "before.db"]);
        for code in ["B-2", "CAM-2"] {
            let (exit, out, err) = studio.run(&["scan", "cage", code]);
            assert_eq!(exit, 0, "{}: {code}: {out}{err}", dump.display());
        }
        let report = Reader::open(&studio.path("ledger.db")).unwrap().verify().unwrap();
        assert!(report.is_whole() && facts > 0, "{}: {:?}", dump.display(), report.differences);
        assert!(report.facts > facts.unsigned_abs(), "{}", dump.display());
        studio.done(&["restore", "before.db", "--yes"]);
        assert_eq!(studio.done(&["verify"])["facts"], facts, "{}", dump.display());
    }
}
