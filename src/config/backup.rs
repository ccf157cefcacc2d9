//! `[backup]`: where backups go, and how many are kept.

use std::path::{Path, PathBuf};

use super::reading::Reading;
use super::section::Section;

pub(super) const BACKUP_KEYS: [&str; 4] = ["folder", "keep_days", "keep_weeks", "keep_months"];

/// `[backup]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupConfig {
    /// The folder.
    pub folder: PathBuf,
    /// Days of which the last backup is kept.
    pub keep_days: u32,
    /// Weeks of which the last backup is kept.
    pub keep_weeks: u32,
    /// Months of which the last backup is kept.
    pub keep_months: u32,
}

impl BackupConfig {
    /// The default beside this ledger.
    pub fn beside(ledger: &Path) -> Self {
        Self { folder: ledger.with_file_name("backups"), keep_days: 7, keep_weeks: 4, keep_months: 12 }
    }
}

pub(super) fn backup(top: &Section<'_>, ledger: &Path, reading: &mut Reading<'_>) -> BackupConfig {
    let section = top.child("backup", &mut reading.problems);
    section.refuse_unknown(&BACKUP_KEYS, &mut reading.problems);
    let default = BackupConfig::beside(ledger);
    let folder = reading.path(&section, "folder").unwrap_or(default.folder);
    let mut number = |key: &str, range, unit: &str| section.number(key, range, unit, &mut reading.problems);
    BackupConfig {
        folder,
        keep_days: number("keep_days", (1, 3_660, default.keep_days), "days"),
        keep_weeks: number("keep_weeks", (0, 520, default.keep_weeks), "weeks"),
        keep_months: number("keep_months", (0, 1_200, default.keep_months), "months"),
    }
}
