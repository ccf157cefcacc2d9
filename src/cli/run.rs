//! `run`: the daemon.

use std::process::ExitCode;

use super::Failure;
use crate::config::Config;

/// Runs the daemon until it is told to stop.
pub fn run(_config: &Config) -> anyhow::Result<ExitCode> {
    Err(Failure::Unreachable("run: the daemon is not built into this program".to_owned()).into())
}
