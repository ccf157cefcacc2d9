//! The daemon with real USB devices, as an installed service, in a guest: `tests/real/lab_door.py`.
//!
//! Where the lab cannot run, this test fails: a door that was not tried is not proved.

#![allow(clippy::disallowed_methods, reason = "the script's output goes to a file")]

use std::fs;
use std::process::{Command, Stdio};

#[test]
fn a_card_and_barcodes_reach_the_ledger_and_survive_hot_plug_and_a_hung_loop() -> std::io::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/lab_door.py");
    let log_path = concat!(env!("CARGO_TARGET_TMPDIR"), "/lab_door.log");
    let log = fs::File::create(log_path)?;
    let status = Command::new("python3")
        .args([script, env!("CARGO_BIN_EXE_cagekeeper")])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()?;
    let said = String::from_utf8_lossy(&fs::read(log_path)?).into_owned();
    println!("{said}");
    assert!(status.success(), "the lab run failed ({status}); its log is above. Set-up: tests/setup");
    Ok(())
}
