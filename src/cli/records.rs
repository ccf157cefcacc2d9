#![allow(clippy::disallowed_methods, reason = "how the last backup and the last verify went is in files")]
//! How the last backup and the last whole verify went, in two small files beside the ledger: `status` reads them. They
//! are read and written by processes that do not write the ledger.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::time::UtcMs;

/// The end of the name of the record of backups.
pub const BACKUP: &str = ".backup.json";
/// The end of the name of the record of verifies.
pub const VERIFY: &str = ".verify.json";

/// How it went, and how it last went well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// When it last went well, in milliseconds since 1970.
    pub good_at_ms: Option<i64>,
    /// What it came to when it last went well.
    pub good: Option<String>,
    /// When it failed after that.
    pub bad_at_ms: Option<i64>,
    /// Why it failed after that.
    pub bad: Option<String>,
}

impl Record {
    /// It went well.
    pub fn good(at: UtcMs, what: String) -> Self {
        Self { good_at_ms: Some(at.0), good: Some(what), ..Self::default() }
    }

    /// It failed.
    pub fn bad(at: UtcMs, why: String) -> Self {
        Self { bad_at_ms: Some(at.0), bad: Some(why), ..Self::default() }
    }
}

/// Notes how it went. Whoever may read the ledger and not write beside it leaves no note.
pub fn note(config: &Config, which: &str, record: &Record) {
    let path = path(config, which);
    let before = read(config, which).unwrap_or_default();
    let record = match record.bad {
        Some(_) => Record { good_at_ms: before.good_at_ms, good: before.good, ..record.clone() },
        None => record.clone(),
    };
    if let Err(error) = write(&path, &record) {
        tracing::debug!(%error, path = %path.display(), "how it went is not noted");
    }
}

/// How it last went; `None` where nobody knows.
pub fn read(config: &Config, which: &str) -> Option<Record> {
    serde_json::from_str(&std::fs::read_to_string(path(config, which)).ok()?).ok()
}

fn path(config: &Config, which: &str) -> PathBuf {
    let mut name = config.ledger.path.as_os_str().to_owned();
    name.push(which);
    PathBuf::from(name)
}

fn write(path: &Path, record: &Record) -> std::io::Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, serde_json::to_string(record)?)?;
    std::fs::rename(part, path)
}
