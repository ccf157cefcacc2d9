#![allow(clippy::disallowed_methods, reason = "the ledger is a file")]
//! The ledger: SQLite and nothing else. Facts are appended, projections are folded from them, one process writes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rusqlite_migration::{M, Migrations};

use crate::domain::hlc::Hlc;
use crate::time::UtcMs;

pub mod append;
pub mod apply;
pub mod calendars;
pub mod counts;
pub mod error;
pub mod forget;
pub mod known;
pub mod listing;
pub mod load;
pub mod load_plan;
mod missed;
pub mod passages;
pub mod people;
pub mod question;
mod rows;
pub mod scanlog;
mod stands;
pub mod stays;
pub mod verify;

pub use error::LedgerError;
pub use question::Reader;

const SCHEMA: [&str; 6] = [
    include_str!("schema/0001_initial.sql"),
    include_str!("schema/0002_the_plan.sql"),
    include_str!("schema/0003_doors.sql"),
    include_str!("schema/0004_counts.sql"),
    include_str!("schema/0005_gate.sql"),
    include_str!("schema/0006_forgotten.sql"),
];

/// The schema under which the projections were last folded from all facts.
const FOLDED: &str = "folded";

/// Statements kept prepared: a decision and its facts use more than a hundred.
const STATEMENTS_MAX: usize = 256;

/// How long one connection waits for another.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// Who may read and write a new ledger file; SQLite gives its companions the same. It names people: its owner writes,
/// nobody else sees it.
const OWN_MODE: u32 = 0o600;
/// The same where the folder lets its group in: then the group may ask.
const GROUP_MODE: u32 = 0o640;

/// Pages of the write-ahead log after which SQLite checkpoints by itself, should it never be idle: 16 MB.
const WAL_PAGES_MAX: u32 = 4_000;

/// The ledger, opened by the one process that writes it.
#[derive(Debug)]
pub struct Ledger {
    conn: Connection,
    path: PathBuf,
    origin: String,
    next_origin_seq: i64,
    hlc: Hlc,
    scans_at_start: i64,
    was_clean: bool,
    is_stale: bool,
    is_unscrubbed: bool,
    _lock: Option<File>,
}

impl Ledger {
    /// Opens the ledger file, makes it where it is missing, and takes its lock.
    ///
    /// `origin` names the epoch of a file that is made now; one that exists keeps its own.
    pub fn open(path: &Path, origin: &str) -> Result<Self, LedgerError> {
        let not_opened = |error: std::io::Error| LedgerError::from_io(path, &error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(not_opened)?;
        }
        let lock = lock(path)?;
        make(path).map_err(not_opened)?;
        let conn = Connection::open(path).map_err(|error| LedgerError::opening(path, &error))?;
        Self::prepare(conn, path.to_owned(), origin, Some(lock))
    }

    /// A ledger in memory, for what is to leave no trace.
    pub fn in_memory(origin: &str) -> Result<Self, LedgerError> {
        Self::prepare(Connection::open_in_memory()?, PathBuf::from(":memory:"), origin, None)
    }

    /// A ledger that is in memory already; it keeps its own origin.
    fn over(conn: Connection) -> Result<Self, LedgerError> {
        Self::prepare(conn, PathBuf::from(":memory:"), "", None)
    }

    fn prepare(
        mut conn: Connection,
        path: PathBuf,
        origin: &str,
        lock: Option<File>,
    ) -> Result<Self, LedgerError> {
        let opening = |error: rusqlite::Error| LedgerError::opening(&path, &error);
        // Nothing is written, not even the journal mode, before it is clear that the file is ours.
        refuse_foreign(&conn, &path)?;
        conn.pragma_update(None, "journal_mode", "WAL").map_err(opening)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "secure_delete", true)?;
        // A scan touches more pages than a savepoint keeps in memory by itself: it would make a file for each.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES_MAX)?;
        conn.busy_timeout(BUSY)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        migrate(&mut conn, &path)?;
        let mut ledger = Self {
            conn,
            path,
            origin: String::new(),
            next_origin_seq: 0,
            hlc: Hlc::default(),
            scans_at_start: 0,
            was_clean: true,
            is_stale: false,
            is_unscrubbed: false,
            _lock: lock,
        };
        ledger.conn.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('origin', ?1)", [origin])?;
        ledger.fold_under_schema()?;
        ledger.was_clean = ledger.meta("stopped")?.as_deref() != Some("no");
        ledger.set_meta("stopped", "no")?;
        ledger.is_unscrubbed = ledger.meta(forget::UNSCRUBBED)?.is_some();
        ledger.reload()?;
        ledger.scans_at_start =
            ledger.conn.query_row("SELECT coalesce(max(n), 0) FROM scan", [], |row| row.get(0))?;
        Ok(ledger)
    }

    /// Reads again what is kept beside the file: after a transaction that did not happen.
    fn reload(&mut self) -> Result<(), LedgerError> {
        self.origin = self.meta("origin")?.unwrap_or_default();
        let sql = "SELECT coalesce(max(origin_seq), 0) FROM fact WHERE origin = ?1";
        self.next_origin_seq = self.conn.query_row(sql, [&self.origin], |row| row.get::<_, i64>(0))? + 1;
        let sql = "SELECT coalesce(max(hlc), 0) FROM subject";
        self.hlc = Hlc(self.conn.query_row(sql, [], |row| row.get(0))?);
        self.is_stale = false;
        Ok(())
    }

    /// Folds all projections afresh where an earlier schema made them. A crash before the end repeats it.
    fn fold_under_schema(&mut self) -> Result<(), LedgerError> {
        let schema = SCHEMA.len().to_string();
        if self.meta(FOLDED)?.as_deref() == Some(schema.as_str()) {
            return Ok(());
        }
        self.transaction(|ledger| {
            apply::refold_all(&ledger.conn)?;
            ledger.set_meta(FOLDED, &schema)
        })
    }

    fn meta(&self, key: &str) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        Ok(self.conn.query_row(sql, [key], |row| row.get(0)).optional()?)
    }

    fn set_meta(&self, key: &str, value: &str) -> Result<(), LedgerError> {
        self.conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, value])?;
        Ok(())
    }

    /// Does `work` in one transaction. Either all of it is on the disk when this returns, or none of it ever was.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if self.is_stale {
            self.reload()?;
        }
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        let done = work(self).and_then(|done| {
            self.conn.execute_batch("COMMIT")?;
            Ok(done)
        });
        if done.is_err() {
            self.roll_back("ROLLBACK");
        }
        done
    }

    /// Does `work` inside a transaction so that nothing of it is left where it fails; the caller decides whether the
    /// rest of the transaction goes on.
    pub fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.conn.prepare_cached("SAVEPOINT input")?.execute([])?;
        let done = work(self);
        if done.is_err() {
            self.roll_back("ROLLBACK TO input");
            // Where SQLite has rolled back by itself there is no savepoint left to release; the first error counts.
            let _ = self.conn.execute_batch("RELEASE input");
            return done;
        }
        self.conn.prepare_cached("RELEASE input")?.execute([])?;
        done
    }

    /// SQLite may have rolled back by itself (a full disk does that): a second time is no error.
    fn roll_back(&mut self, how: &str) {
        if let Err(error) = self.conn.execute_batch(how) {
            tracing::debug!(%error, how, "nothing to roll back");
        }
        // What is kept beside the file counted facts that are not there: nothing more is written before it is read again.
        self.is_stale = self.reload().is_err();
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The epoch under which this file numbers its facts.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the process before this one stopped in order.
    pub fn was_clean(&self) -> bool {
        self.was_clean
    }

    /// The time of the newest fact.
    pub fn last_fact_at(&self) -> Result<Option<UtcMs>, LedgerError> {
        let sql = "SELECT at_ms FROM fact ORDER BY seq DESC LIMIT 1";
        Ok(self.conn.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    /// The number of the newest fact, 0 in an empty ledger.
    pub fn head_seq(&self) -> Result<i64, LedgerError> {
        head_seq(&self.conn)
    }

    /// The connection, for questions inside a transaction of this ledger.
    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Moves the write-ahead log into the file as far as readers allow. For idle moments.
    pub fn checkpoint(&self) -> Result<(), LedgerError> {
        self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Stops in order: the next start need not check anything.
    pub fn close(self) -> Result<(), LedgerError> {
        self.set_meta("stopped", "in order")?;
        self.conn.close().map_err(|(_, error)| error.into())
    }
}

fn head_seq(conn: &Connection) -> Result<i64, LedgerError> {
    Ok(conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM fact")?.query_row([], |row| row.get(0))?)
}

fn migrations() -> Migrations<'static> {
    Migrations::new(SCHEMA.iter().map(|sql| M::up(sql)).collect())
}

fn refuse_foreign(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let number = |sql: &str| -> Result<i64, LedgerError> {
        conn.query_row(sql, [], |row| row.get(0)).map_err(|error| LedgerError::opening(path, &error))
    };
    let found = number("PRAGMA user_version")?;
    let known = i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known });
    }
    let tables =
        number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    if found == 0 && tables > 0 {
        let reason = "this is a database of another program".to_owned();
        return Err(LedgerError::Unreadable { path: path.to_owned(), reason });
    }
    Ok(())
}

/// One that asks cannot bring a file up to date; the writer does that when it starts.
fn refuse_older(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let folded = |conn: &Connection| -> rusqlite::Result<Option<String>> {
        conn.query_row(sql, [FOLDED], |row| row.get(0)).optional()
    };
    let known = SCHEMA.len().to_string();
    if found.to_string() == known && folded(conn)? == Some(known) {
        return Ok(());
    }
    Err(LedgerError::Older(path.to_owned()))
}

fn migrate(conn: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    migrations().to_latest(conn).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => LedgerError::opening(path, &err),
        other => LedgerError::Failed(other.to_string()),
    })
}

/// Sees that the file is there and can be written; a new one is for its owner, and for the group where the folder is.
fn make(path: &Path) -> std::io::Result<()> {
    let file = match OpenOptions::new().create_new(true).write(true).mode(OWN_MODE).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return OpenOptions::new().write(true).open(path).map(drop);
        }
        made => made?,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let group_may_enter = std::fs::metadata(folder)?.permissions().mode() & 0o010 != 0;
    let mode = if group_may_enter { GROUP_MODE } else { OWN_MODE };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// The lock beside the file: SQLite's own would let a second writer in between two transactions.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let not_opened = |error: std::io::Error| LedgerError::from_io(path, &error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(not_opened)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(LedgerError::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(not_opened(error)),
    }
}

/// A connection that can only ask. What this program does not understand it does not answer from.
fn read_only(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn =
        Connection::open_with_flags(path, flags).map_err(|error| LedgerError::opening(path, &error))?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    refuse_foreign(&conn, path)?;
    refuse_older(&conn, path)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as the first schema left it: facts, and projections that know nothing of claims or use.
    fn first_schema(path: &Path) -> Connection {
        let conn = Connection::open(path).unwrap();
        conn.execute_batch(SCHEMA[0]).unwrap();
        conn.pragma_update(None, "user_version", 1).unwrap();
        let booking = r#"{"assets":["cam-1"],"starts":"2026-11-23T08:00:00.000Z","ends":"2026-11-23T18:00:00.000Z",
                         "status":"confirmed","person":"p-ana"}"#;
        let facts = [
            ("asset/cam-1", "asset-registered", r#"{"name":"Sony FX6","day_rate_cents":12000}"#),
            ("booking/b-1", "booking-made", booking),
            ("asset/cam-1", "checked-out", r#"{"person":"p-ana","booking":"b-1"}"#),
        ];
        for (seq, (subject, kind, body)) in (1_i64..).zip(facts) {
            let sql =
                "INSERT INTO fact (seq, id, scan_id, origin, origin_seq, hlc, at_ms, clock_trusted, station,
                       actor, subject, kind, version, body)
                       VALUES (?1, 'f' || ?1, 's', 'old', ?1, ?1 << 16, ?1, 1, 'cage', NULL, ?2, ?3, 1, ?4)";
            conn.execute(sql, rusqlite::params![seq, subject, kind, body]).unwrap();
            let sql = "INSERT OR REPLACE INTO subject (subject, hlc, origin, origin_seq, seq)
                       VALUES (?1, ?2 << 16, 'old', ?2, ?2)";
            conn.execute(sql, rusqlite::params![subject, seq]).unwrap();
        }
        conn.execute("INSERT INTO meta (key, value) VALUES ('origin', 'old')", []).unwrap();
        conn.execute("INSERT INTO asset (id, name) VALUES ('cam-1', 'what the old fold made')", []).unwrap();
        conn
    }

    fn text(conn: &Connection, sql: &str) -> String {
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_file_of_the_first_schema_is_folded_afresh_from_its_facts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(first_schema(&path));
        assert!(
            matches!(Reader::open(&path), Err(LedgerError::Older(_))),
            "one that asks must not answer from it"
        );
        let ledger = Ledger::open(&path, "new").unwrap();
        assert_eq!(ledger.origin(), "old");
        assert_eq!(text(&ledger.conn, "SELECT resource || ' ' || booking FROM claim"), "asset/cam-1 b-1");
        assert_eq!(text(&ledger.conn, "SELECT fact || ' ' || day_cents FROM usage"), "f3 12000");
        assert_eq!(text(&ledger.conn, "SELECT name FROM asset"), "Sony FX6");
        let report = ledger.verify().unwrap();
        assert!(report.is_whole(), "{:#?}", report.differences);
        assert!(Reader::open(&path).is_ok());
    }

    #[test]
    fn a_crash_before_the_fold_was_done_repeats_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut conn = first_schema(&path);
        migrate(&mut conn, &path).unwrap();
        drop(conn);
        assert!(matches!(Reader::open(&path), Err(LedgerError::Older(_))));
        let ledger = Ledger::open(&path, "new").unwrap();
        assert!(ledger.verify().unwrap().is_whole());
        ledger.conn.execute("UPDATE asset SET name = 'by hand'", []).unwrap();
        drop(ledger);
        let ledger = Ledger::open(&path, "new").unwrap();
        assert_eq!(text(&ledger.conn, "SELECT name FROM asset"), "by hand", "once is enough");
    }
}
