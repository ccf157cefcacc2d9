//! Loss of power at random writes, while readers scan and come and go, in a guest: `tests/real/lab_cuts.py`.
//!
//! Where the lab cannot run, this test fails: a cut that was not made is not survived.

#![allow(clippy::disallowed_methods, reason = "the script's output goes to a file")]

use std::fs;
use std::process::{Command, Stdio};

/// Cuts of the run in the test suite. `CAGEKEEPER_LAB_CUTS=2000` for a change to how the ledger is written or opened.
const CUTS: &str = "24";

#[test]
fn what_was_green_is_there_after_the_power_was_cut_at_any_write() -> std::io::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/lab_cuts.py");
    let log_path = concat!(env!("CARGO_TARGET_TMPDIR"), "/lab_cuts.log");
    let cuts = std::env::var("CAGEKEEPER_LAB_CUTS").unwrap_or_else(|_| CUTS.to_owned());
    let log = fs::File::create(log_path)?;
    let status = Command::new("python3")
        .args([script, env!("CARGO_BIN_EXE_cagekeeper"), &cuts])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()?;
    let said = String::from_utf8_lossy(&fs::read(log_path)?).into_owned();
    println!("{said}");
    assert!(status.success(), "{said}\nthe lab run failed ({status}); its log is above. Set-up: tests/setup");
    Ok(())
}
