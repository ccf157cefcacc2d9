//! The ledger as a file: who may open it, what damage says, what a full disk does, what is kept of a scan.

#![allow(clippy::disallowed_methods, reason = "these tests are about files")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cagekeeper::domain::code::Code;
use cagekeeper::ledger::question::Reader;
use cagekeeper::ledger::verify::Report;
use cagekeeper::ledger::{Ledger, LedgerError};
use cagekeeper::time::UtcMs;
use cagekeeper::writer::{Input, Reply, Writer};

mod stage;
use stage::{Stage, dump, moment, now, scan, station_toml, subject};

const CAGE: &str = "site = \"studio\"\n[[station]]\nid = \"cage\"\nkind = \"desk\"\n";

/// A cage in which two things have moved and one code is unknown.
fn cage() -> Stage {
    let mut stage = Stage::new(CAGE);
    for line in [
        "person ana \"Ana Silva\" crew badge ANA",
        "kit case-a \"Camera case\"",
        "asset cam-1 \"Sony FX6\" tag CAM1",
        "asset lens-1 \"Zoom 24-70\" tag LENS1",
        "booking b-1 person ana asset cam-1 asset lens-1 starts 08:00 ends 18:00",
    ] {
        stage.set(line, moment("08:00"));
    }
    for (id, time, code) in [
        ("s1", "09:00:00", "ANA"),
        ("s2", "09:00:01", "CAM1"),
        ("s3", "09:00:02", "WHATSIT"),
        ("s4", "09:00:03", "LENS1"),
        ("s5", "09:00:04", "CK:DONE"),
    ] {
        at(&mut stage, id, time, code);
    }
    stage
}

fn at(stage: &mut Stage, id: &str, time: &str, code: &str) -> Reply {
    stage.scan(scan(id, "cage", code, now(moment(time), 7_200_000, true)))
}

/// The file of a closed ledger, alone in a folder.
fn closed() -> (tempfile::TempDir, PathBuf) {
    let mut stage = cage();
    stage.writer.take().unwrap().into_ledger().close().unwrap();
    let path = stage.path();
    (stage.folder, path)
}

fn refused(path: &Path) -> String {
    Ledger::open(path, "other").unwrap_err().to_string()
}

// Who may open it ----------------------------------------------------------------------------------------------------

#[test]
fn a_second_writer_is_told_who_is_there_and_a_reader_is_welcome() {
    let stage = cage();
    let error = Ledger::open(&stage.path(), "other").unwrap_err();
    assert!(matches!(error, LedgerError::Locked(_)), "{error:?}");
    let path = stage.path();
    let expected = format!(
        "{}: another cagekeeper writes to this ledger. Stop it first, or talk to it through its control socket",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(Reader::open(&path).unwrap().summary(moment("10:00")).unwrap().out, 2);
}

#[test]
fn a_reader_cannot_write_and_a_missing_file_is_not_made_for_it() {
    let folder = stage::folder();
    let missing = folder.path().join("nothing.db");
    assert!(matches!(Reader::open(&missing), Err(LedgerError::NotOpened { .. })));
    assert!(!missing.exists());
}

#[test]
fn a_folder_that_is_a_file_says_so() {
    let folder = stage::folder();
    fs::write(folder.path().join("ledgers"), "not a folder").unwrap();
    let said = refused(&folder.path().join("ledgers/ledger.db"));
    assert!(said.contains("ledgers/ledger.db: cannot be opened: "), "{said}");
    assert!(said.contains("Give this user the right to read and write it"), "{said}");
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_as_they_are() {
    let folder = stage::folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("notes.txt"), "shopping list\n".repeat(400)).unwrap();
    let other = rusqlite::Connection::open(path("photos.db")).unwrap();
    other.execute_batch("CREATE TABLE photo (id INTEGER PRIMARY KEY); INSERT INTO photo VALUES (1)").unwrap();
    drop(other);
    let newer = rusqlite::Connection::open(path("newer.db")).unwrap();
    newer.execute_batch("CREATE TABLE fact (seq INTEGER); PRAGMA user_version = 99").unwrap();
    drop(newer);
    for (name, expected) in [
        ("notes.txt", "this is not a ledger. Restore the last backup; keep this file for examination"),
        ("photos.db", "this is a database of another program"),
        (
            "newer.db",
            "written by a newer cagekeeper (schema 99, this one knows up to 6). Install the newer version",
        ),
    ] {
        let before = fs::read(path(name)).unwrap();
        let said = refused(&path(name));
        assert!(said.contains(name) && said.contains(expected), "{said}");
        let asked = Reader::open(&path(name)).expect_err(name).to_string();
        assert!(asked.contains(name) && asked.contains(expected), "asked only: {asked}");
        assert_eq!(before, fs::read(path(name)).unwrap(), "{name} was changed");
    }
}

// Damage -------------------------------------------------------------------------------------------------------------

#[test]
fn a_file_cut_short_is_damaged() {
    let (folder, path) = closed();
    let whole = fs::read(&path).unwrap();
    for kept in [whole.len() / 2, whole.len() - 4096, 4096, 5000] {
        let cut = folder.path().join(format!("cut-{kept}.db"));
        fs::write(&cut, &whole[..kept]).unwrap();
        let said = match Ledger::open(&cut, "other") {
            Err(error) => error.to_string(),
            Ok(ledger) => match ledger.verify() {
                Err(error) => error.to_string(),
                Ok(report) => {
                    assert!(!report.is_whole(), "{kept} bytes of {} pass for whole", whole.len());
                    report.differences.join("\n")
                }
            },
        };
        assert!(
            said.contains("damaged") || said.contains("malformed") || said.contains("the file:"),
            "{said}"
        );
    }
}

#[test]
fn no_flipped_byte_stops_the_program_or_passes_with_another_state() {
    let (folder, path) = closed();
    let (whole, rows) = (fs::read(&path).unwrap(), stage::projections(&path));
    let flipped = folder.path().join("flipped.db");
    let mut noticed = 0;
    // Most of a young file is empty pages: what is written is what counts.
    let written: Vec<usize> = (100..whole.len()).filter(|at| whole[*at] != 0).collect();
    for at in written.iter().copied().step_by(written.len() / 200) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x15;
        for name in ["flipped.db-wal", "flipped.db-shm"] {
            drop(fs::remove_file(folder.path().join(name)));
        }
        fs::write(&flipped, bytes).unwrap();
        let verified = Ledger::open(&flipped, "other").and_then(|ledger| ledger.verify());
        if !verified.is_ok_and(|report| report.is_whole()) {
            noticed += 1;
            continue;
        }
        assert_eq!(stage::projections(&flipped), rows, "byte {at} changed the state and verify is content");
    }
    assert!(noticed > 10, "only {noticed} flips were noticed");
}

// A full disk --------------------------------------------------------------------------------------------------------

/// Set for the child process: the folder to mount a small file system on.
const SMALL_DISK: &str = "CAGEKEEPER_TEST_SMALL_DISK";

#[test]
fn a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_room() {
    let folder = stage::folder();
    let script =
        r#"mount -t tmpfs -o size=1500k tmpfs "$1" && exec "$2" --exact --nocapture on_a_small_disk"#;
    // A mount namespace of its own: the mount is gone with the child. Without root a user namespace comes first.
    let root = nix::unistd::geteuid().is_root();
    let mut unshare = Command::new("unshare");
    unshare.args(if root { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
    unshare.args(["sh", "-c", script, "sh"]).arg(folder.path()).arg(std::env::current_exe().unwrap());
    let output = unshare.env(SMALL_DISK, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a small disk could not be mounted or the ledger failed on it:\n{said}");
    assert!(said.contains("1 passed") && said.contains("the disk was full"), "{said}");
}

#[test]
fn on_a_small_disk() {
    // Without the disk there is nothing to see here: the test above runs this one in a child with it.
    let Ok(disk) = std::env::var(SMALL_DISK) else { return };
    let path = Path::new(&disk).join("ledger.db");
    let config = stage::config(&[CAGE, "person = \"optional\"\nrepeat_ms = 0\n"].concat());
    let ballast = Path::new(&disk).join("ballast");
    fs::write(&ballast, vec![7; 300_000]).unwrap();
    let mut writer = Writer::new(Ledger::open(&path, "here").unwrap(), &config);
    let scan_of = |number: u64| {
        let code = format!("CODE-{number}-{}", "x".repeat(400));
        let at = now(moment("09:00").plus(i64::try_from(number).unwrap()), 3_600_000 + number, true);
        Input::Scan(scan(&format!("s{number}"), "cage", &code, at))
    };
    let mut recorded = 0;
    let error = loop {
        match writer.handle_group(&[scan_of(recorded)]) {
            Ok(_) => recorded += 1,
            Err(error) => break error,
        }
        assert!(recorded < 20_000, "the disk never fills");
    };
    assert!(error.is_unwritable(), "a full disk stops the program: {error:?}");
    assert!(error.to_string().contains("nothing is being recorded"), "{error}");
    assert!(writer.handle_group(&[scan_of(recorded)]).unwrap_err().is_unwritable(), "still full");
    let kept = |path: &Path| Reader::open(path).unwrap().summary(moment("10:00")).unwrap().unknown_tags;
    assert_eq!(kept(&path), i64::try_from(recorded).unwrap());
    fs::remove_file(ballast).unwrap();
    let replies = writer.handle_group(&[scan_of(recorded)]).unwrap();
    assert!(matches!(replies.as_slice(), [Reply::Decided(_)]), "{replies:?}");
    assert_eq!(kept(&path), i64::try_from(recorded).unwrap() + 1);
    assert!(writer.ledger().verify().unwrap().is_whole());
    drop(writer);
    let remounted = Command::new("mount").args(["-o", "remount,ro", &disk]).status().unwrap();
    assert!(remounted.success(), "the small disk could not be made read-only");
    let error = Ledger::open(&path, "here").unwrap_err();
    assert!(error.is_unwritable(), "read-only storage at the start is not waited for: {error:?}");
    println!("the disk was full after {recorded} scans");
}

// Facts are never edited ---------------------------------------------------------------------------------------------

#[test]
fn facts_are_neither_edited_nor_deleted() {
    let stage = cage();
    let raw = stage.raw();
    let refuse = |sql: &str| raw.execute(sql, []).unwrap_err().to_string();
    assert_eq!(refuse("UPDATE fact SET actor = 'p-bo'"), "facts are never edited");
    assert_eq!(refuse("DELETE FROM fact"), "facts are never deleted");
    assert_eq!(refuse("DELETE FROM fact WHERE seq = 1"), "facts are never deleted");
}

fn checks(stage: &Stage) -> [Report; 3] {
    [
        stage.reader().verify().unwrap(),
        stage.ledger().verify().unwrap(),
        stage.ledger().verify_recent(10_000).unwrap(),
    ]
}

#[test]
fn a_tampered_row_is_found_and_named() {
    for (sql, named) in [
        (
            "UPDATE custody SET person = 'p-bo' WHERE subject = 'asset/cam-1'",
            "custody: (asset/cam-1, 1, p-bo",
        ),
        ("DELETE FROM custody WHERE subject = 'asset/cam-1'", "asset/cam-1"),
        ("UPDATE asset SET name = 'Old FX6' WHERE id = 'cam-1'", "Old FX6"),
        ("INSERT INTO tag VALUES ('CAM1', 'asset/lens-1')", "tag: (CAM1, asset/lens-1)"),
        ("UPDATE booking_person SET person = 'p-bo'", "booking_person: (p-bo"),
        ("UPDATE subject SET hlc = hlc + 1 WHERE subject = 'asset/cam-1'", "subject: (asset/cam-1"),
        ("UPDATE person SET role = 'admin'", "person: (p-ana, admin"),
        ("UPDATE claim SET until_ms = until_ms + 1", "claim: (asset/cam-1"),
        ("UPDATE usage SET day_cents = 1 WHERE subject = 'asset/cam-1'", "usage: (s2.0"),
        ("UPDATE standing SET condition = 'ok'", "standing: (asset/cam-1, ok"),
        ("DELETE FROM job", "job: ("),
        ("UPDATE stock SET count = 13", "stock: (sandbag, Sandbag, lent, 13"),
        ("INSERT INTO stock_out VALUES ('sandbag', '', '', '', 1, 0, NULL)", "stock_out: (sandbag"),
    ] {
        let mut stage = cage();
        for line in ["stock sandbag \"Sandbag\" lent 12", "condition cam-1 dirty", "maintenance cam-1 flag"] {
            stage.set(line, moment("09:10"));
        }
        assert!(checks(&stage).iter().all(Report::is_whole));
        assert!(stage.raw().execute(sql, []).unwrap() > 0, "{sql}");
        for report in checks(&stage) {
            assert!(!report.is_whole(), "{sql} was not found");
            assert!(report.differences.iter().any(|said| said.contains(named)), "{:?}", report.differences);
        }
    }
}

#[test]
fn a_fact_that_was_cut_out_is_missed() {
    for condition in
        ["subject = 'asset/cam-1' AND kind = 'checked-out'", "seq = (SELECT max(seq) FROM fact)", "seq = 1"]
    {
        let stage = cage();
        stage.raw().execute_batch("DROP TRIGGER fact_is_not_deleted").unwrap();
        assert_eq!(stage.raw().execute(&format!("DELETE FROM fact WHERE {condition}"), []).unwrap(), 1);
        let found = checks(&stage).map(|report| !report.is_whole());
        assert_eq!(found, [true; 3], "{condition}");
    }
}

#[test]
fn an_edited_fact_differs_from_what_was_folded() {
    let stage = cage();
    stage.raw().execute_batch("DROP TRIGGER fact_is_not_edited").unwrap();
    let sql = "UPDATE fact SET body = json_set(body, '$.person', 'p-bo') WHERE kind = 'checked-out'";
    assert_eq!(stage.raw().execute(sql, []).unwrap(), 2);
    assert!(checks(&stage).iter().all(|report| report.different >= 2));
}

#[test]
fn a_stop_in_order_is_told_from_a_crash() {
    let (_folder, path) = closed();
    let ledger = Ledger::open(&path, "here").unwrap();
    assert!(ledger.was_clean());
    drop(ledger);
    let ledger = Ledger::open(&path, "here").unwrap();
    assert!(!ledger.was_clean(), "it was dropped without a word");
    assert_eq!(ledger.origin(), "here", "the epoch stays with the file");
}

// The scan log -------------------------------------------------------------------------------------------------------

#[test]
fn a_badge_is_logged_as_its_person_and_gear_as_its_thing() {
    let stage = cage();
    let rows =
        dump(&stage.raw(), "SELECT id, session, code, person, thing, level, verdict FROM scan ORDER BY n");
    assert_eq!(
        rows,
        [
            "s1 | s1 | - | p-ana | - | done | code-is-person",
            "s2 | s1 | CAM1 | - | asset/cam-1 | done | checked-out",
            "s3 | s1 | WHATSIT | - | - | refused | unknown-code",
            "s4 | s1 | LENS1 | - | asset/lens-1 | done | checked-out",
            "s5 | s1 | CK:DONE | - | - | done | session-closed",
        ]
    );
    let sentences = dump(&stage.raw(), "SELECT sentence FROM scan").join("\n");
    assert!(!sentences.contains("Ana"), "no name stands in the log: {sentences}");
    let seen = stage.reader().last_seen(&subject("asset/cam-1")).unwrap().unwrap();
    assert_eq!((seen.at, seen.verdict.as_str()), (moment("09:00:01"), "checked-out"));
}

#[test]
fn an_unknown_code_is_kept_with_its_session_and_what_lay_beside_it() {
    let mut stage = cage();
    let code = Code::canonical("WHATSIT").unwrap();
    let known = stage.reader().unknown_code(&code).unwrap().unwrap();
    assert_eq!(known.last.at, moment("09:00:02"));
    assert_eq!(known.last.reader.unwrap().as_str(), "cage-gun");
    assert_eq!((known.times, known.session.as_deref()), (1, Some("s1")));
    let beside: Vec<String> = known.neighbours.iter().map(|neighbour| neighbour.thing.to_string()).collect();
    assert_eq!(beside, ["asset/cam-1", "asset/lens-1"]);
    at(&mut stage, "s6", "11:00:00", "WHATSIT");
    let known = stage.reader().unknown_code(&code).unwrap().unwrap();
    assert_eq!((known.times, known.session, known.neighbours.len()), (2, None, 0));
    assert_eq!(stage.reader().unknown_code(&Code::canonical("NEVER").unwrap()).unwrap(), None);
}

#[test]
fn a_badge_enrolled_later_takes_its_code_out_of_the_log() {
    let mut stage = cage();
    at(&mut stage, "s6", "10:00:00", "0d00319cd0");
    let codes = |stage: &Stage| dump(&stage.raw(), "SELECT code, person FROM scan WHERE id = 's6'");
    assert_eq!(codes(&stage), ["0D00319CD0 | -"]);
    stage.set("person bo \"Bo Lind\" crew badge 0D00319CD0", moment("10:05"));
    assert_eq!(codes(&stage), ["- | p-bo"]);
    assert_eq!(stage.reader().unknown_code(&Code::canonical("0D00319CD0").unwrap()).unwrap(), None);
    assert_eq!(stage.reader().summary(moment("10:06")).unwrap().unknown_tags, 1, "only WHATSIT is left");
}

#[test]
fn an_ambiguous_badge_is_not_logged_either() {
    let mut stage = cage();
    for line in ["asset mic-1 \"Microphone\" tag ANA", "asset mic-2 \"Microphone\" tag ANA"] {
        stage.set(line, moment("09:30"));
    }
    let Reply::Decided(answer) = at(&mut stage, "s6", "10:00:00", "ANA") else { panic!("no answer") };
    assert_eq!(answer.verdict.code(), "ambiguous-code");
    assert_eq!(dump(&stage.raw(), "SELECT code FROM scan WHERE id = 's6'"), ["-"]);
}

#[test]
fn folded_bursts_are_one_row_with_a_count() {
    let mut stage = cage();
    let folds =
        [("s3", 4), ("s3", 2), ("nobody", 9)].map(|(scan, times)| Input::Folded { scan: scan.into(), times });
    stage.writer().handle_group(&folds).unwrap();
    let rows = dump(&stage.raw(), "SELECT id, times FROM scan WHERE times > 1");
    assert_eq!(rows, ["s3 | 7"]);
    let known = stage.reader().unknown_code(&Code::canonical("WHATSIT").unwrap()).unwrap().unwrap();
    assert_eq!(known.times, 7);
}

#[test]
fn old_scans_are_forgotten_and_facts_are_not() {
    let mut stage = cage();
    let facts = stage.facts();
    stage.writer().handle_group(&[Input::Prune { before: moment("09:00:03") }]).unwrap();
    assert_eq!(dump(&stage.raw(), "SELECT id FROM scan ORDER BY n"), ["s4", "s5"]);
    stage.writer().handle_group(&[Input::Prune { before: UtcMs(i64::MAX) }]).unwrap();
    assert_eq!(dump(&stage.raw(), "SELECT count(*) FROM scan"), ["0"]);
    assert_eq!(facts, stage.facts());
    assert!(checks(&stage).iter().all(Report::is_whole));
    let again = at(&mut stage, "s6", "09:00:30", "LENS1");
    let Reply::Decided(answer) = again else { panic!("{again:?}") };
    assert_eq!(answer.verdict.code(), "returned", "the log is not what decisions rest on");
}

#[test]
fn a_station_without_configuration_is_told_and_nothing_is_kept() {
    let mut stage = cage();
    let before = dump(&stage.raw(), "SELECT count(*) FROM scan");
    let reply = stage.scan(scan("s6", "attic", "CAM1", now(moment("10:00"), 0, true)));
    assert!(matches!(reply, Reply::NoSuchStation(station) if station.as_str() == "attic"));
    assert_eq!(before, dump(&stage.raw(), "SELECT count(*) FROM scan"));
}

#[test]
fn an_import_run_again_makes_no_fact() {
    let mut stage = Stage::new(&station_toml("cage", "required", &BTreeMap::new()));
    let lines = ["asset cam-1 \"Sony FX6\" tag CAM1", "person ana \"Ana Silva\" crew badge ANA"];
    for _ in 0..2 {
        lines.iter().for_each(|line| stage.set(line, moment("08:00")));
    }
    assert_eq!(stage.facts().len(), 3);
    stage.set("untag CAM1 asset/cam-1", moment("08:01"));
    stage.set(lines[0], moment("08:02"));
    assert_eq!(stage.facts().len(), 5, "a label put on again is news");
}
