//! Storage that is full, read-only, broken or slow, and is well again: nothing is green that is not recorded, what is the
//! matter is said, and afterwards the door goes on by itself.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::house::{House, LONG};
use crate::machine::{BROKEN, FULL, How, Machine, QUOTA, READ_ONLY, WELL};
use crate::mosquitto::wait_for;
use crate::tally::{Row, Tally, rounds};
use crate::window::Window;

const NO_BROKER: &str = "url = \"mqtt://127.0.0.1:1\"";
/// Scanned before, during and after each fault.
const A_FEW: usize = 5;

/// The sentence of a refusal; empty where it was none.
fn refusal(said: &Value) -> String {
    said["errors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

fn type_a_few(house: &mut House, window: &mut Window) {
    for thing in house.fresh(A_FEW) {
        let said = house.types(window, &thing).expect("an answer");
        assert_eq!(said["scan"]["code"], "checked-out", "{said}\n{}", house.log());
    }
}

/// Types until it is refused, and gives the sentence. What the journal has room for is still recorded, and green.
fn type_until_refused(house: &mut House, window: &mut Window) -> String {
    for thing in house.fresh(300) {
        let said = house.types(window, &thing).expect("an answer, whatever the storage does");
        let sentence = refusal(&said);
        if !sentence.is_empty() {
            return sentence;
        }
    }
    panic!("the storage never refused: {}", house.log());
}

fn is_for_people(sentence: &str) {
    assert!(sentence.contains("nothing is being recorded"), "{sentence}");
    assert!(sentence.contains("Free some space or make the storage writable"), "{sentence}");
}

/// Storage refuses while people scan, and is well again.
fn refused_for_a_while(house: &mut House, window: &mut Window, well_again: impl FnOnce()) -> String {
    let sentence = type_until_refused(house, window);
    is_for_people(&sentence);
    assert_eq!(window.status().unwrap()["recording"], false);
    let greens = house.greens();
    let by_gun = house.fresh(A_FEW);
    house.burst(&by_gun);
    let typed = house.fresh(1).remove(0);
    is_for_people(&refusal(&house.types(window, &typed).unwrap()));
    assert_eq!(house.greens(), greens, "nothing turned green meanwhile");
    well_again();
    wait_for("recording again", LONG, || (window.status()?["recording"] == true).then_some(()));
    house.until_read();
    type_a_few(house, window);
    sentence
}

fn finished(mut house: House, fault: &str, rounds: usize) -> Row {
    house.until_read();
    let row = house.count(fault, rounds);
    house.stop();
    house.verify();
    row
}

#[test]
fn storage_that_refuses_or_is_slow_under_the_running_program() {
    let mut tally = Tally::default();
    for (fault, error) in [
        ("read-only under the running program", READ_ONLY),
        ("full under the running program", FULL),
        ("quota used up", QUOTA),
    ] {
        let rounds = rounds(1, 50);
        let mut house = House::new(NO_BROKER, 320 * rounds);
        let machine = Machine::under(&mut house);
        let mut window = house.start();
        for round in 0..rounds {
            type_a_few(&mut house, &mut window);
            machine.is_now(How { error, ..WELL });
            let sentence = refused_for_a_while(&mut house, &mut window, || machine.is_now(WELL));
            if round == 0 {
                println!("{fault}: {sentence}");
            }
        }
        tally.add(finished(house, fault, rounds));
    }
    tally.add(slow());
    tally.settle();
}

/// Each sync takes as long as on worn flash; whoever waits for the light waits, and gets it.
fn slow() -> Row {
    let scans = rounds(20, 300);
    let mut house = House::new(NO_BROKER, scans + A_FEW);
    let machine = Machine::under(&mut house);
    let mut window = house.start();
    machine.is_now(How { sync_ms: 60, ..WELL });
    let by_gun = house.fresh(scans);
    house.burst(&by_gun);
    type_a_few(&mut house, &mut window);
    house.until_read();
    machine.is_now(WELL);
    finished(house, "each sync takes 60 ms", 1)
}

#[test]
fn broken_storage_stops_the_program_loudly_and_costs_nothing() {
    let rounds = rounds(1, 100);
    let mut house = House::new(NO_BROKER, 400 * rounds);
    let machine = Machine::under(&mut house);
    for round in 0..rounds {
        let mut window = house.start();
        type_a_few(&mut house, &mut window);
        machine.is_now(How { error: BROKEN, ..WELL });
        let status = until_it_ends(&mut house, &mut window);
        assert_eq!(status.code(), Some(3), "{}", house.log());
        let log = house.log();
        let last = log.lines().last().unwrap_or_default();
        assert!(
            last.contains("ledger.db") && last.contains("starts it again") && last.contains("dmesg"),
            "what, where, what to do: {last}"
        );
        if round == 0 {
            println!("broken storage: {last}");
        }
        machine.is_now(WELL);
    }
    house.start();
    let mut tally = Tally::default();
    tally.add(finished(house, "broken (I/O error on every write)", rounds));
    tally.settle();
}

fn until_it_ends(house: &mut House, window: &mut Window) -> std::process::ExitStatus {
    for thing in house.fresh(A_FEW) {
        if house.types(window, &thing).is_none() {
            break;
        }
    }
    let mut daemon = house.daemon.take().unwrap();
    wait_for("the program to stop", LONG, || daemon.try_wait().unwrap())
}

// A real disk --------------------------------------------------------------------------------------------------------

/// Set for the child process: the folder on which a small file system is mounted, and one that is not on it.
const SMALL_DISK: &str = "CAGEKEEPER_TEST_FAULTS_DISK";

#[test]
fn a_small_disk_full_and_back_read_only_and_back() {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let script =
        r#"mount -t tmpfs -o size=64m tmpfs "$1" && exec "$2" --exact --nocapture storage::on_a_small_disk"#;
    // A mount namespace of its own: the mount is gone with the child. Without root a user namespace comes first.
    let root = nix::unistd::geteuid().is_root();
    let mut unshare = Command::new("unshare");
    unshare.args(if root { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
    unshare.args(["sh", "-c", script, "sh"]).arg(folder.path()).arg(std::env::current_exe().unwrap());
    unshare
        .env(SMALL_DISK, folder.path())
        .env("TMPDIR", folder.path())
        .env("CAGEKEEPER_TEST_LOGS", logs.path());
    let output = unshare.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success() && said.contains("a real disk full"), "{said}");
}

/// Fills what is left of a disk.
fn fill(path: &Path) {
    let mut ballast = std::fs::File::create(path).unwrap();
    for size in [65_536, 4_096, 512] {
        while ballast.write_all(&vec![7; size]).is_ok() {}
    }
}

#[test]
fn on_a_small_disk() {
    // Without the disk there is nothing to see here: the test above runs this one in a child with it.
    let Ok(disk) = std::env::var(SMALL_DISK) else { return };
    let mut tally = Tally::default();
    tally.add(full_and_back(Path::new(&disk)));
    tally.add(read_only_and_back(&disk));
    tally.settle();
}

fn full_and_back(disk: &Path) -> Row {
    let rounds = rounds(1, 20);
    let mut house = House::new(NO_BROKER, 320 * rounds);
    let mut window = house.start();
    let ballast = disk.join("ballast");
    for round in 0..rounds {
        type_a_few(&mut house, &mut window);
        fill(&ballast);
        let sentence =
            refused_for_a_while(&mut house, &mut window, || std::fs::remove_file(&ballast).unwrap());
        if round == 0 {
            println!("a real disk full: {sentence}");
        }
    }
    finished(house, "a real disk full, and room again", rounds)
}

fn read_only_and_back(disk: &str) -> Row {
    let rounds = rounds(1, 20);
    let mut house = House::new(NO_BROKER, 2 * A_FEW * rounds);
    for _ in 0..rounds {
        let mut window = house.start();
        type_a_few(&mut house, &mut window);
        house.kill();
        remount(disk, "ro");
        let said = house.log().matches("nothing is being recorded").count();
        house.spawn();
        wait_for("the program to say that it waits", LONG, || {
            (house.log().matches("nothing is being recorded").count() > said).then_some(())
        });
        remount(disk, "rw");
        let mut window = house.window();
        type_a_few(&mut house, &mut window);
        house.kill();
    }
    house.start();
    finished(house, "a real disk read-only at the start, and back", rounds)
}

fn remount(disk: &str, how: &str) {
    let options = format!("remount,{how}");
    let done = Command::new("mount").args(["-o", &options, disk]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
