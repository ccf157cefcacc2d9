//! `demo`: a small studio's day at the cage.

use std::process::ExitCode;

use super::Failure;
use crate::config::Config;

/// Plays the demonstration.
pub fn demo(_config: &Config) -> anyhow::Result<ExitCode> {
    Err(Failure::Unreachable("demo: the demonstration is not built into this program".to_owned()).into())
}
