//! `clock`: is this machine's clock believed?
#![allow(
    clippy::disallowed_methods,
    reason = "it waits, and keeps a file for as long as the clock is believed"
)]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::screen::Screen;
use crate::io::clock::synchronised_by_kernel;
use crate::io::notify;

/// The clock is looked at so often. It is out of step for a minute before that matters to anybody.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What is asked of the clock.
#[derive(Debug, Args)]
pub struct ClockAsked {
    /// Do not end: keep FILE there for as long as the clock is right. For cagekeeper-clock.service
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

/// Says whether the kernel counts its clock as synchronised, exit 1 where it does not; or keeps a file that says so.
pub fn clock(screen: &mut Screen, asked: &ClockAsked) -> anyhow::Result<ExitCode> {
    if let Some(file) = &asked.keep {
        return keep(file);
    }
    let right = synchronised_by_kernel();
    if screen.is_json() {
        screen.json(&json!({ "synchronised": right }))?;
    } else {
        screen.line(match right {
            Some(true) => "The clock is set: the kernel knows it to be right to within 16 s",
            Some(false) => {
                "The clock is not set: no time server was heard of late. Times are said with a warning"
            }
            None => "The kernel does not say whether the clock is right: set `[clock] trusted`",
        })?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(right != Some(true))))
}

fn keep(file: &Path) -> anyhow::Result<ExitCode> {
    loop {
        let right = synchronised_by_kernel().context(
            "the kernel does not say whether the clock is right: this sandbox forbids to ask (adjtimex)",
        )?;
        set(file, right).with_context(|| format!("{}: cannot be made or removed", file.display()))?;
        notify::ready();
        notify::alive();
        std::thread::sleep(LOOK_EVERY);
    }
}

fn set(file: &Path, right: bool) -> std::io::Result<()> {
    if right {
        return fs::write(file, "");
    }
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_while_the_clock_is_right() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("synchronised");
        for (right, is_there) in [(false, false), (true, true), (true, true), (false, false)] {
            set(&file, right).unwrap();
            assert_eq!(file.exists(), is_there);
        }
        assert!(set(&folder.path().join("no/such/folder"), true).is_err());
    }
}
