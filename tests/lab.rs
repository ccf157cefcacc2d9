//! The daemon with real USB devices, as an installed service, in a guest: `tests/real/lab_door.py` and
//! `tests/real/lab_readers.py`.
//!
//! Where the lab cannot run, these tests fail: a door that was not tried is not proved. They run one after the other:
//! each needs the machine for itself.

#![allow(clippy::disallowed_methods, reason = "the scripts' output goes to a file")]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

static MACHINE: Mutex<()> = Mutex::new(());

/// Plugging in and out that the story of many readers does: each takes a second or more where the CPU is emulated.
/// `CAGEKEEPER_LAB_CYCLES=200` for a change to the readers.
const CYCLES: &str = "20";

fn holds(story: &str, arguments: &[&str]) -> std::io::Result<()> {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let script = format!("{}/tests/real/{story}.py", env!("CARGO_MANIFEST_DIR"));
    let log_path = format!("{}/{story}.log", env!("CARGO_TARGET_TMPDIR"));
    let log = fs::File::create(&log_path)?;
    let status = Command::new("python3")
        .args([&script, env!("CARGO_BIN_EXE_cagekeeper")])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()?;
    let said = String::from_utf8_lossy(&fs::read(log_path)?).into_owned();
    assert!(status.success(), "{said}\nthe lab run failed ({status}); its log is above. Set-up: tests/setup");
    Ok(())
}

#[test]
fn a_card_and_barcodes_reach_the_ledger_and_survive_hot_plug_and_a_hung_loop() -> std::io::Result<()> {
    holds("lab_door", &[])
}

#[test]
fn readers_come_and_go_without_losing_a_scan_and_without_a_key_on_the_console() -> std::io::Result<()> {
    let cycles = std::env::var("CAGEKEEPER_LAB_CYCLES").unwrap_or_else(|_| CYCLES.to_owned());
    holds("lab_readers", &[&cycles])
}
