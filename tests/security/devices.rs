//! A device that is not what it says: whatever it sends is at most scans, at that station, within bounds.

use std::time::Duration;

use serde_json::json;

use super::mosquitto::{free_port, wait_for};
use super::studio::{Gun, Studio};
use super::{LONG, kinds, resident_kb};

/// Everything that the printed cards say, and codes that mean something to other programs.
const TYPED: [&str; 24] = [
    "CK:CONFIRM",
    "CK:RETURN",
    "CK:CANCEL",
    "CK:DONE",
    "CK:UNDO",
    "CK:LEARN",
    "CK:EXTEND",
    "CK:COUNT",
    "CK:DAMAGED",
    "CK:DIRTY",
    "CK:PART-MISSING",
    "CK:NOTHING",
    "CK:",
    "C-FX6",
    "C-FX6",
    "CK:CONFIRM",
    "'; DROP TABLE fact;--",
    "../../../etc/passwd",
    "$(reboot)",
    "%n%n%n%n",
    "\u{1b}]0;owned\u{7}",
    "{\"verb\":\"order\"}",
    "\u{202e}gnp.xf",
    "0",
];

#[test]
fn a_device_that_types_cards_noise_and_no_end_takes_nothing_out() {
    let (mut bad, mut good) = (Gun::new(), Gun::new());
    let reader = |id: &str, gun: &Gun| {
        let path = gun.path.display();
        format!(
            "[[reader]]\nid = \"{id}\"\nstation = \"{id}-desk\"\nsource = \"serial\"\npath = \"{path}\"\nprotocol = \"line\"\n"
        )
    };
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"bad-desk\"\n[[station]]\nid = \"good-desk\"\n{}{}",
        free_port(),
        reader("bad", &bad),
        reader("good", &good)
    ));
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\nlens,Lens,C-LENS\n");
    let before = kinds(&studio);
    let daemon = studio.run();
    let pid = daemon.child.id();
    let idle_kb = resident_kb(pid);
    for _ in 0..4 {
        for code in TYPED {
            bad.scan(code);
        }
        // A line that never ends, and bytes that are no text.
        for n in 0..64_u8 {
            bad.send(&[b'A' ^ (n << 2); 1_024]);
        }
        bad.send(&[0, 0xff, 0xfe, 0x1b, 0x9b, 0x0d]);
    }
    good.scan("B-ANA");
    good.scan("C-LENS");
    wait_for("the other desk to go on", LONG, || {
        studio.ask(&["out", "--json"])[0]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["asset"] == "lens")
            .then_some(())
    });
    // The endless line has been read to its end when what comes after it has an answer.
    bad.scan("LAST-OF-ALL");
    wait_for("the last of it to be answered", LONG, || {
        let log = rusqlite::Connection::open(studio.path().join("ledger.db")).unwrap();
        let sql = "SELECT count(*) FROM scan WHERE code = 'LAST-OF-ALL'";
        (log.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1).then_some(())
    });
    let after = kinds(&studio);
    assert_eq!(after[before.len()..], ["checked-out".to_owned()], "only what a badge took is out");
    let grown_kb = resident_kb(pid).saturating_sub(idle_kb);
    assert!(grown_kb < 32 * 1024, "{grown_kb} kB more than idle");
    let log = daemon.log();
    assert!(!log.contains('\u{1b}') && !log.contains("passwd"), "what was typed is not in the log: {log}");
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn a_keyboard_that_no_reader_names_is_not_read() {
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\n[[reader]]\nid = \"gun\"\nstation = \"cage\"\n\
         source = \"hid\"\nvendor = 0x0c2e\nproduct = 0x0b61\n",
        free_port()
    ));
    let daemon = studio.run();
    std::thread::sleep(Duration::from_millis(300));
    let held = std::fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).unwrap();
    let held: Vec<String> = held
        .filter_map(|entry| Some(entry.ok()?.path().read_link().ok()?.display().to_string()))
        .filter(|path| path.starts_with("/dev/hidraw") || path.starts_with("/dev/input"))
        .collect();
    assert_eq!(held, Vec::<String>::new());
    let status = studio.ask(&["status", "--json"]);
    assert_eq!(status[0]["readers"][0]["state"], json!("waiting"), "{status:?}");
}
