//! What a scanner hears back from the real program: its acknowledgement in time, and a good tone only for what is durable.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/devices/ssi.rs"]
mod ssi;
#[path = "real/studio.rs"]
mod studio;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mosquitto::wait_for;
use ssi::Scanner;
use studio::Studio;

const LONG: Duration = Duration::from_secs(30);
/// Longer than any tone that is on its way takes.
const QUIET: Duration = Duration::from_millis(1_500);

const DONE: u8 = 0x01;
const REFUSED: u8 = 0x09;
const AGAIN: u8 = 0x00;

fn desk(scanner: &Scanner, more: &str) -> Studio {
    Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[[station]]\nid = \"cage\"\nkind = \"desk\"\nperson = \"optional\"\n\
         [[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nprotocol = \"ssi\"\n{more}",
        scanner.path.display()
    ))
}

fn cameras(count: usize) -> String {
    (0..count).fold("id,name\n".to_owned(), |text, n| format!("{text}cam-{n:04},Camera {n}\n"))
}

fn moves(studio: &Studio) -> Vec<String> {
    let facts = studio.ask(&["facts", "--json", "--limit", "10000"]);
    let of_cage = facts.iter().filter(|fact| fact["station"] == "cage");
    of_cage.map(|fact| format!("{} {}", fact["kind"], fact["subject"]).replace('"', "")).collect()
}

#[test]
fn a_scan_is_acknowledged_in_time_and_the_good_tone_follows() {
    let mut scanner = Scanner::new();
    let studio = desk(&scanner, "");
    studio.import("assets", &cameras(2));
    let daemon = studio.run();
    // Until it loses power: packets, and no beep at a read.
    assert!(scanner.wait_for(0xc6, &[0xff, 0xee, 0x01, 0x38, 0x00], LONG), "{:?}", scanner.told());
    let (took, times) = scanner.scan("cam-0000", 3).expect("an acknowledgement");
    println!("acknowledged after {took:?}");
    assert_eq!(times, 1, "sent once, acknowledged within two seconds");
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert_eq!(scanner.wait_for_beeps(1, LONG), [DONE]);
    assert_eq!(moves(&studio), ["checked-out asset/cam-0000"]);
    assert!(scanner.wait_for(0xe7, &[0x01], LONG), "a green light");
    assert!(scanner.wait_for(0xe8, &[0xff], LONG), "and dark again");

    // Its acknowledgement got lost: the same packet comes once more and is no second scan.
    let acks = scanner.acks();
    scanner.send_again("cam-0000");
    wait_for("the second acknowledgement", LONG, || (scanner.acks() > acks).then_some(()));
    scanner.scan_in_parts(&["cam-", "00", "01"]);
    assert_eq!(scanner.wait_for_beeps(2, LONG), [DONE, DONE]);
    assert_eq!(moves(&studio), ["checked-out asset/cam-0000", "checked-out asset/cam-0001"]);

    // What is damaged is not acknowledged, and what comes again after it is the first.
    let acks = scanner.acks();
    scanner.scan_damaged("nothing-here");
    scanner.scan("nothing-here", 3).expect("an acknowledgement");
    assert_eq!(scanner.acks(), acks + 1);
    assert_eq!(scanner.wait_for_beeps(3, LONG), [DONE, DONE, REFUSED], "an unknown code");
    assert_eq!(scanner.wrong(), 0, "the host sends only whole packets");
    assert!(daemon.stop().success());
}

#[test]
fn what_is_sent_while_nobody_listens_is_one_scan_after_the_restart() {
    let mut scanner = Scanner::new();
    let studio = desk(&scanner, "");
    studio.import("assets", &cameras(1));
    let daemon = studio.run();
    assert!(daemon.stop().success());
    let waiting = std::thread::spawn(move || {
        let sent = scanner.scan("cam-0000", 10);
        (scanner, sent)
    });
    // Nobody is there for longer than the scanner waits.
    std::thread::sleep(ssi::ANSWER + Duration::from_millis(500));
    let _daemon = studio.run();
    let (scanner, sent) = waiting.join().unwrap();
    let (_, times) = sent.expect("an acknowledgement after the restart");
    assert!(times > 1, "sent again: {times}");
    assert_eq!(scanner.wait_for_beeps(1, LONG), [DONE]);
    std::thread::sleep(QUIET);
    assert_eq!((scanner.beeps().as_slice(), moves(&studio).len()), ([DONE].as_slice(), 1));
}

#[test]
fn a_lamp_whose_chip_is_missing_is_said_with_what_to_do_and_stops_nothing() {
    let mut scanner = Scanner::new();
    let lamp = "[[lamp]]\nid = \"counter\"\nstation = \"cage\"\nchip = \"/dev/gpiochip999\"\ngreen = 1\n";
    let studio = desk(&scanner, lamp);
    studio.import("assets", &cameras(1));
    let daemon = studio.run();
    let lamps = wait_for("the lamp's state", LONG, || {
        let lamps = studio.ask(&["status", "--json"])[0]["lamps"].clone();
        lamps[0]["detail"].as_str().is_some_and(|detail| detail.contains("is not there")).then_some(lamps)
    });
    assert_eq!((&lamps[0]["id"], &lamps[0]["state"]), (&"counter".into(), &"waiting".into()), "{lamps}");
    assert!(lamps[0]["detail"].as_str().unwrap().contains("correct `chip`"), "{lamps}");
    scanner.scan("cam-0000", 3).expect("an acknowledgement");
    assert_eq!(scanner.wait_for_beeps(1, LONG), [DONE]);
    assert!(daemon.stop().success());
}

// Green means durable ------------------------------------------------------------------------------------------------

/// Set for the child process: the folder on which a small file system is mounted.
const SMALL_DISK: &str = "CAGEKEEPER_TEST_FEEDBACK_DISK";

#[test]
fn no_good_tone_is_heard_while_the_storage_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" --exact --nocapture on_a_small_disk"#;
    let root = nix::unistd::geteuid().is_root();
    let mut unshare = Command::new("unshare");
    unshare.args(if root { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
    unshare.args(["sh", "-c", script, "sh"]).arg(folder.path()).arg(std::env::current_exe().unwrap());
    let output = unshare.env(SMALL_DISK, folder.path()).env("TMPDIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("refused while the disk was full"), "{said}");
}

/// Fills what is left of a disk.
fn fill(path: &Path) {
    let mut ballast = fs::File::create(path).unwrap();
    for size in [65_536, 4_096, 512] {
        while ballast.write_all(&vec![7; size]).is_ok() {}
    }
}

#[test]
fn on_a_small_disk() {
    // Without the disk there is nothing to see here: the test above runs this one in a child with it.
    let Ok(disk) = std::env::var(SMALL_DISK) else { return };
    let mut scanner = Scanner::new();
    let studio = desk(&scanner, "");
    studio.import("assets", &cameras(400));
    let daemon = studio.run();
    let ballast = Path::new(&disk).join("ballast");
    fill(&ballast);
    // What the journal has room for is still recorded, and green.
    let mut green = 0;
    loop {
        let code = format!("cam-{green:04}");
        scanner.scan(&code, 3).expect("an acknowledgement: it has been read");
        let beeps = scanner.wait_for_beeps(green + 1, LONG);
        match beeps.get(green) {
            Some(&DONE) => green += 1,
            Some(&REFUSED) => break,
            other => panic!("{other:?} of {beeps:02X?}: {}", daemon.log()),
        }
        assert!(green < 400, "the disk never fills");
    }
    assert!(scanner.wait_for(0xe7, &[0x02], LONG), "a red light");
    // Another one while it lasts is refused at once, and nothing turns green by waiting.
    scanner.scan(&format!("cam-{:04}", green + 1), 3).expect("an acknowledgement");
    let beeps = scanner.wait_for_beeps(green + 2, LONG);
    assert_eq!(beeps[green..], [REFUSED, REFUSED]);
    std::thread::sleep(QUIET);
    let beeps = scanner.beeps();
    assert_eq!(beeps.iter().filter(|beep| **beep == DONE).count(), green, "{beeps:02X?}");
    println!("refused while the disk was full, after {green} that were recorded");

    fs::remove_file(&ballast).unwrap();
    let beeps = wait_for("the tones of what waited", LONG, || {
        let beeps = scanner.beeps();
        (beeps.len() >= green + 4).then_some(beeps)
    });
    assert_eq!(beeps[green + 2..], [DONE, DONE], "{beeps:02X?}");
    assert_eq!(moves(&studio).len(), green + 2, "each tone has its fact");
    assert!(!beeps.contains(&AGAIN));
    assert!(daemon.stop().success());
}
