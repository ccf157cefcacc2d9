#![allow(clippy::disallowed_methods, reason = "the ledger is a file")]
//! The ledger: SQLite and nothing else. Facts are appended, projections are folded from them, one process writes.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rusqlite_migration::{M, Migrations};

use crate::domain::hlc::Hlc;
use crate::time::UtcMs;

pub mod append;
pub mod apply;
pub mod backup;
pub mod calendars;
pub mod counts;
pub mod epoch;
pub mod error;
pub mod forget;
pub mod known;
pub mod listing;
pub mod load;
pub mod load_plan;
mod mark;
mod missed;
pub mod passages;
pub mod people;
pub mod question;
pub mod restore;
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
    head: i64,
    seq_floor: i64,
    hlc: Hlc,
    scans_at_start: i64,
    was_clean: bool,
    is_stale: bool,
    lock: Option<File>,
    mark: Option<mark::Mark>,
    lacking: Option<String>,
    /// Nothing of what counts missed is left to be noted; `false` is not known.
    is_settled: Cell<bool>,
    is_unscrubbed: bool,
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
        keep_statements(&conn)?;
        migrate(&mut conn, &path)?;
        let mut ledger = Self {
            conn,
            path,
            origin: String::new(),
            next_origin_seq: 0,
            head: 0,
            seq_floor: 0,
            hlc: Hlc::default(),
            scans_at_start: 0,
            was_clean: true,
            is_stale: false,
            lock,
            mark: None,
            lacking: None,
            is_settled: Cell::new(false),
            is_unscrubbed: false,
        };
        ledger.conn.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('origin', ?1)", [origin])?;
        ledger.fold_under_schema()?;
        ledger.was_clean = ledger.meta("stopped")?.as_deref() != Some("no");
        ledger.set_meta("stopped", "no")?;
        ledger.is_unscrubbed = ledger.meta(forget::UNSCRUBBED)?.is_some();
        ledger.reload()?;
        ledger.compare_with_mark(origin)?;
        ledger.mark();
        ledger.scans_at_start =
            ledger.conn.query_row("SELECT coalesce(max(n), 0) FROM scan", [], |row| row.get(0))?;
        Ok(ledger)
    }

    /// Reads again what is kept beside the file: after a transaction that did not happen.
    fn reload(&mut self) -> Result<(), LedgerError> {
        self.origin = self.meta("origin")?.unwrap_or_default();
        let sql = "SELECT coalesce(max(origin_seq), 0) FROM fact WHERE origin = ?1";
        self.next_origin_seq = self.conn.query_row(sql, [&self.origin], |row| row.get::<_, i64>(0))? + 1;
        self.head = head_seq(&self.conn)?;
        let sql = "SELECT coalesce(max(hlc), 0) FROM subject";
        let newest = Hlc(self.conn.query_row(sql, [], |row| row.get(0))?);
        self.hlc = newest.max(Hlc(self.number(epoch::HLC_FLOOR)?));
        self.seq_floor = self.number(epoch::SEQ_FLOOR)?;
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

    /// A number that is kept under that name, 0 where there is none.
    fn number(&self, key: &str) -> Result<i64, LedgerError> {
        Ok(self.meta(key)?.and_then(|number| number.parse().ok()).unwrap_or_default())
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
            self.mark();
            Ok(done)
        });
        done.map_err(|error| {
            let error = refused_by_system(&self.conn, error);
            self.roll_back("ROLLBACK");
            error
        })
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
        self.is_settled.set(false);
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
        if self.is_stale { head_seq(&self.conn) } else { Ok(self.head) }
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

/// Tells storage that refuses for now from one that is broken. SQLite knows only a disk without room; a file system that
/// the kernel has made read-only, and a quota, are I/O errors to it.
#[expect(unsafe_code, reason = "rusqlite has no wrapper; it only reads a number of the connection")]
fn refused_by_system(conn: &Connection, error: LedgerError) -> LedgerError {
    // SAFETY: the connection is open for as long as it is borrowed.
    let errno = unsafe { rusqlite::ffi::sqlite3_system_errno(conn.handle()) };
    error.refused_by_system(&std::io::Error::from_raw_os_error(errno))
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
    let name = mark::path_of(path);
    let not_opened = |error: std::io::Error| LedgerError::from_io(path, &error);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&name)
        .map_err(not_opened)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(LedgerError::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(not_opened(error)),
    }
}

/// Statements are kept, and keep their plan: one with a `LIMIT ?` would be planned anew each time it is bound.
fn keep_statements(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// A connection that can only ask. What this program does not understand it does not answer from.
fn read_only(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn =
        Connection::open_with_flags(path, flags).map_err(|error| LedgerError::opening(path, &error))?;
    conn.busy_timeout(BUSY)?;
    keep_statements(&conn)?;
    refuse_foreign(&conn, path)?;
    refuse_older(&conn, path)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_with_a_limit_is_planned_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger = Ledger::open(&path, "here").unwrap();
        let asks = read_only(&path).unwrap();
        for conn in [&ledger.conn, &asks] {
            let mut statement =
                conn.prepare("SELECT id FROM fact WHERE seq > ?1 ORDER BY seq LIMIT ?2").unwrap();
            for limit in 1..9 {
                let ids: Result<Vec<String>, _> =
                    statement.query_map([limit, limit], |row| row.get(0)).unwrap().collect();
                assert!(ids.unwrap().is_empty());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

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
    fn the_newest_fact_is_the_files_also_after_what_did_not_happen() {
        use crate::domain::fact::{Body, KitRegistered, NewFact, Subject};
        let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
        let say = |ledger: &mut Ledger, scan: &str| {
            let now = crate::time::Now { mono: crate::time::MonoMs(0), utc: UtcMs(1), trusted: true };
            let cage = crate::domain::id::StationId::parse("cage").unwrap();
            let kit = KitRegistered { name: "Case".to_owned(), within: None };
            let (actor, subject) = (None, Subject::parse("kit/case").unwrap());
            let fact = NewFact { actor, subject, body: Body::KitRegistered(kit) };
            ledger.append(&append::Occasion { scan_id: scan, station: &cage, now: &now }, 0, vec![fact])
        };
        let heads = |ledger: &Ledger| (ledger.head_seq().unwrap(), head_seq(&ledger.conn).unwrap());
        ledger.transaction(|ledger| say(ledger, "one")).unwrap();
        assert_eq!(heads(&ledger), (1, 1));
        let refused: Result<(), LedgerError> = ledger.transaction(|ledger| {
            say(ledger, "two")?;
            ledger.savepoint(|ledger| say(ledger, "one"))?;
            Ok(())
        });
        assert!(refused.is_err(), "an id is there once");
        assert_eq!(heads(&ledger), (1, 1));
        ledger.transaction(|ledger| say(ledger, "three")).unwrap();
        assert_eq!(heads(&ledger), (2, 2));
    }

    #[test]
    fn other_values_do_not_prepare_a_statement_anew() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db"), "test").unwrap();
        let reader = ledger.reader().unwrap();
        for conn in [&ledger.conn, reader.conn()] {
            assert!(conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG).unwrap());
            let sql =
                "SELECT seq, subject FROM subject WHERE subject GLOB ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
            let mut statement = conn.prepare(sql).unwrap();
            for (glob, limit) in [("asset/*", 1), ("kit/*", 2), ("stock/a*", 3)] {
                let rows = statement.query_map((glob, limit, limit), |_| Ok(())).unwrap();
                assert_eq!(rows.count(), 0);
            }
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
        }
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
