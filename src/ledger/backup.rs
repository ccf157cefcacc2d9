#![allow(clippy::disallowed_methods, reason = "a backup is a file")]
//! Backups: the ledger as it was at one moment, copied while it is written, verified before it counts.
//!
//! A read transaction holds the moment: with the write-ahead log others go on writing, and SQLite's backup copies what
//! that transaction sees, page by page, without ever beginning anew. The copy stands under a temporary name until it
//! is verified and on the disk; only then does it get its own. So what has the name of a backup is one.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::verify::{Report, verify};
use super::{LedgerError, refuse_foreign};
use crate::time::UtcMs;

pub mod rotation;

/// Who may read and write a backup, as the ledger itself.
const FILE_MODE: u32 = 0o640;

/// Pages copied at a time: 4 MB.
const PAGES: i32 = 1_000;

/// What stays free beside a backup on its file system, so that it never takes the room that the ledger needs.
const SPARE_BYTES: u64 = 64 * 1024 * 1024;

/// The end of the name of a copy that does not count yet.
const PART: &str = ".part";

/// What is in a ledger file, in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The studio that it belongs to, where a daemon has run on it.
    pub site: Option<String>,
    /// The epoch under which it numbers its facts.
    pub origin: String,
    /// The number of the newest fact, 0 where there is none.
    pub head_seq: i64,
    /// Facts in it.
    pub facts: u64,
    /// The time of the newest fact.
    pub newest: Option<UtcMs>,
    /// The schema of the file.
    pub schema: i64,
}

impl Contents {
    pub(super) fn of(conn: &Connection) -> Result<Self, LedgerError> {
        let meta = |key: &str| -> Result<Option<String>, LedgerError> {
            let sql = "SELECT value FROM meta WHERE key = ?1";
            Ok(conn.query_row(sql, [key], |row| row.get(0)).optional()?)
        };
        let facts: i64 = conn.query_row("SELECT count(*) FROM fact", [], |row| row.get(0))?;
        let newest = "SELECT at_ms FROM fact ORDER BY seq DESC LIMIT 1";
        Ok(Self {
            site: meta(super::epoch::SITE)?,
            origin: meta("origin")?.unwrap_or_default(),
            head_seq: super::head_seq(conn)?,
            facts: u64::try_from(facts).unwrap_or_default(),
            newest: conn.query_row(newest, [], |row| row.get(0)).optional()?,
            schema: conn.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        })
    }
}

/// A ledger file that is only read, whatever the program that wrote it.
#[derive(Debug)]
pub struct Source {
    pub(super) conn: Connection,
    path: PathBuf,
}

impl Source {
    /// Opens a ledger or a backup for reading. A file of another program and one of a newer cagekeeper are refused; one of
    /// an older is not.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        // SQLite would say no more than that it cannot open it.
        File::open(path).map_err(|error| LedgerError::from_io(path, &error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn =
            Connection::open_with_flags(path, flags).map_err(|error| LedgerError::opening(path, &error))?;
        conn.busy_timeout(std::time::Duration::from_secs(5))?;
        refuse_foreign(&conn, path)?;
        let schema: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if schema == 0 {
            let reason = "there is nothing in this file".to_owned();
            return Err(LedgerError::Unreadable { path: path.to_owned(), reason });
        }
        Ok(Self { conn, path: path.to_owned() })
    }

    /// What is in it.
    pub fn contents(&self) -> Result<Contents, LedgerError> {
        Contents::of(&self.conn)
    }

    /// Facts of `other` that are not in here, by the numbers of each origin: they have no gaps.
    pub fn lacks(&self, other: &Self) -> Result<u64, LedgerError> {
        let sql = "SELECT coalesce(max(origin_seq), 0) FROM fact WHERE origin = ?1";
        let mut statement = other.conn.prepare("SELECT origin, max(origin_seq) FROM fact GROUP BY origin")?;
        let theirs = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        let mut lacks = 0;
        for origin in theirs {
            let (origin, last) = origin?;
            let here: i64 = self.conn.query_row(sql, [&origin], |row| row.get(0))?;
            lacks += u64::try_from(last - here).unwrap_or_default();
        }
        Ok(lacks)
    }

    /// Copies it, as it is now, to a file that is not there yet, verifies the copy and only then gives it its name.
    ///
    /// Scanning goes on. `progress` hears after every few megabytes how many pages are left, and of how many.
    pub fn back_up(&self, to: &Path, progress: impl FnMut(u32, u32)) -> Result<Contents, LedgerError> {
        if to.exists() {
            return Err(LedgerError::Refused(format!(
                "{}: is there already, and a backup replaces nothing. Name another file",
                to.display()
            )));
        }
        let part = Part::at(to, self.bytes()?)?;
        let expected = self.copy(&part.path, progress)?;
        let contents = check_copy(&part.path, &expected)?;
        part.becomes(to)?;
        Ok(contents)
    }

    /// The size of the copy.
    pub fn bytes(&self) -> Result<u64, LedgerError> {
        let number = |sql: &str| self.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        let bytes = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Copies it as it is at one moment into an empty file, and says what was in it at that moment.
    pub(super) fn copy(
        &self,
        to: &Path,
        mut progress: impl FnMut(u32, u32),
    ) -> Result<Contents, LedgerError> {
        let damaged = |error: rusqlite::Error| LedgerError::opening(&self.path, &error);
        let mut copy = Connection::open(to).map_err(|error| LedgerError::opening(to, &error))?;
        // Nobody reads it before it is whole and synchronised: no journal, and no waiting for the disk in between.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        self.conn.execute_batch("BEGIN")?;
        let copied = Contents::of(&self.conn).and_then(|contents| {
            let backup = Backup::new(&self.conn, &mut copy)?;
            while backup.step(PAGES).map_err(damaged)? != StepResult::Done {
                let left = backup.progress();
                let number = |pages| u32::try_from(pages).unwrap_or_default();
                progress(number(left.remaining), number(left.pagecount));
            }
            Ok(contents)
        });
        self.conn.execute_batch("COMMIT")?;
        let contents = copied?;
        // One file that can be read from anywhere, also from a disk that nobody may write to.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        copy.close().map_err(|(_, error)| LedgerError::from(error))?;
        File::open(to).and_then(|file| file.sync_all()).map_err(|error| LedgerError::from_io(to, &error))?;
        Ok(contents)
    }

    /// Folds all facts and compares every row; a file of an older schema has other rows, and is only looked through.
    pub fn verify(&self) -> Result<Report, LedgerError> {
        self.conn.execute_batch("BEGIN")?;
        let report = verify(&self.conn, None);
        self.conn.execute_batch("COMMIT")?;
        report
    }
}

/// SQLite finds nothing wrong with the copy, it holds what was there at its moment, and no number is missing.
fn check_copy(path: &Path, expected: &Contents) -> Result<Contents, LedgerError> {
    let copy = Source::open(path)?;
    let unlike = |reason: String| LedgerError::Unreadable { path: path.to_owned(), reason };
    let mut report = Report::default();
    super::verify::check_integrity(&copy.conn, "integrity_check", &mut report);
    super::verify::check_origins(&copy.conn, &mut report)?;
    if let Some(first) = report.differences.first() {
        return Err(unlike(format!("the ledger or its copy is damaged: {first}")));
    }
    let found = copy.contents()?;
    if found != *expected {
        return Err(unlike(format!("the copy holds {found:?}, and the ledger held {expected:?}")));
    }
    Ok(found)
}

/// A copy that does not count yet. Where it never does, it goes away.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    counts: bool,
}

impl Part {
    /// An empty file beside `to`, where there is room for so many bytes. One that a stop left behind is replaced.
    pub(super) fn at(to: &Path, bytes: u64) -> Result<Self, LedgerError> {
        let mut name = to.as_os_str().to_owned();
        name.push(PART);
        let path = PathBuf::from(name);
        let folder = folder_of(&path);
        enough_room(folder, bytes)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(LedgerError::from_io(&path, &error));
            }
            _ => {}
        }
        OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(|error| LedgerError::from_io(&path, &error))?;
        Ok(Self { path, counts: false })
    }

    /// Gives it its name, on the disk as well.
    pub(super) fn becomes(mut self, to: &Path) -> Result<(), LedgerError> {
        let failed = |error: std::io::Error| LedgerError::from_io(to, &error);
        std::fs::rename(&self.path, to).map_err(failed)?;
        self.counts = true;
        sync_folder(to)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.counts {
            return;
        }
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.path.as_os_str().to_owned();
            name.push(end);
            // What is left is replaced by the next one.
            let _ = std::fs::remove_file(name);
        }
    }
}

/// The folder of a file is on the disk as it is now.
pub(super) fn sync_folder(file: &Path) -> Result<(), LedgerError> {
    let folder = folder_of(file);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| LedgerError::from_io(folder, &error))
}

pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[allow(clippy::useless_conversion, reason = "these are 32 bits wide on 32-bit boards")]
fn enough_room(folder: &Path, bytes: u64) -> Result<(), LedgerError> {
    let stat = nix::sys::statvfs::statvfs(folder)
        .map_err(|error| LedgerError::from_io(folder, &std::io::Error::from(error)))?;
    let free = u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size()));
    let wanted = bytes.saturating_add(SPARE_BYTES);
    if free >= wanted {
        return Ok(());
    }
    let mb = |bytes: u64| bytes.div_ceil(1024 * 1024);
    Err(LedgerError::Refused(format!(
        "{}: there is room for {} MB, and {} MB are needed so that enough is left for the ledger. Free some, or name \
         another folder",
        folder.display(),
        mb(free),
        mb(wanted)
    )))
}

/// Gives a file the owner of another, where this user may do so: what root makes is the daemon's to use.
pub(super) fn owned_like(file: &Path, like: &Path) {
    if let Ok(owner) = std::fs::metadata(like)
        && let Err(error) = std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid()))
    {
        tracing::debug!(%error, file = %file.display(), "the owner stays who made it");
    }
}
