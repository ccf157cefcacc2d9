//! `run`: the daemon.

use std::process::ExitCode;

use crate::config::Config;

/// Runs the daemon until it is told to stop.
pub fn run(config: &Config) -> anyhow::Result<ExitCode> {
    crate::daemon::run(config.clone(), None)?;
    Ok(ExitCode::SUCCESS)
}
