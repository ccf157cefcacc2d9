//! Lamps on the kernel's GPIO character device, in a guest: `tests/real/lab_lamps.py`.
//!
//! Where the lab cannot run, this test fails: a lamp that was not seen is not proved.

#![allow(clippy::disallowed_methods, reason = "the script's output goes to a file")]

use std::fs;
use std::process::{Command, Stdio};

#[test]
fn lamps_show_done_ask_and_refused_and_are_red_while_nothing_is_recorded() -> std::io::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/lab_lamps.py");
    let log_path = concat!(env!("CARGO_TARGET_TMPDIR"), "/lab_lamps.log");
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
