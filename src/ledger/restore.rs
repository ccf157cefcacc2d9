#![allow(clippy::disallowed_methods, reason = "a ledger file takes the place of another")]
//! Restoring: a backup becomes the ledger, under a new epoch.
//!
//! The backup is copied beside the ledger, brought up to the schema of this program and verified whole before anything
//! else is touched. Nothing in it is renumbered: its facts keep their origin and number. What comes after gets a new
//! origin, and numbers and moments above those that the replaced ledger had given out, so that nobody who has heard of
//! those takes something new for something old.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::backup::{Contents, Part, Source, folder_of, owned_like, sync_folder};
use super::epoch::{HLC_FLOOR, Machine, SEQ_FLOOR, SITE, VANISHED};
use super::{Ledger, LedgerError, forget};
use crate::domain::id::PersonId;
use crate::time::UtcMs;

/// Numbers go on so far above the backup's where nobody can tell how far the replaced ledger had got.
const UNKNOWN_SEQ_STEP: i64 = 1_000_000;

/// What a restore will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is in the backup.
    pub backup: Contents,
    /// What the ledger that is there holds; `None` where there is none or it cannot be read.
    pub present: Option<Contents>,
    /// Why the ledger that is there cannot be read.
    pub unreadable: Option<String>,
    /// Facts of the present ledger that are not in the backup: they will not be in the ledger any more.
    pub lost: u64,
    /// Facts of the backup that are not in the present ledger: they come back.
    pub regained: u64,
    /// People who have been forgotten since, and are forgotten again.
    pub forgotten: u64,
}

/// A backup that has been copied and verified, ready to take the ledger's place. Nothing else has been touched, and
/// dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Restore {
    path: PathBuf,
    part: Part,
    ledger: Ledger,
    plan: Plan,
    beyond: Beyond,
    _lock: File,
}

/// What the replaced ledger had given out.
#[derive(Debug, Default)]
struct Beyond {
    seq: Option<i64>,
    hlc: i64,
    scans: i64,
    things: Vec<String>,
    forgotten: Vec<(PersonId, UtcMs)>,
}

impl Restore {
    /// Copies and verifies the backup. Refused are: a ledger that is in use, a damaged backup, one of a newer program, and
    /// one of another site than `site`, the name of which is `from_site` where the site has a new one.
    pub fn prepare(
        path: &Path,
        backup: &Path,
        (site, from_site): (&str, Option<&str>),
        progress: impl FnMut(u32, u32),
    ) -> Result<Self, LedgerError> {
        let lock = super::lock(path).map_err(in_use)?;
        let source = Source::open(backup)?;
        let contents = source.contents()?;
        let expected = from_site.unwrap_or(site);
        if let Some(found) = contents.site.as_ref().filter(|found| *found != expected) {
            return Err(LedgerError::Refused(format!(
                "{}: a backup of the site \"{found}\", and site = \"{site}\" in the configuration. Where this site was \
                 called so: --from-site {found}",
                backup.display()
            )));
        }
        let part = Part::at(path, source.bytes()?)?;
        source.copy(&part.path, progress)?;
        let ledger = verified(&part.path, backup)?;
        let copy = Source::open(&part.path)?;
        let (plan, beyond) = compare(path, contents, &copy)?;
        Ok(Self { path: path.to_owned(), part, ledger, plan, beyond, _lock: lock })
    }

    /// What will be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Does it. `origin` names the new epoch, `stamp` the file that keeps the replaced ledger: that is what this gives.
    pub fn carry_out(
        mut self,
        site: &str,
        machine: &Machine,
        (origin, stamp): (&str, &str),
    ) -> Result<Option<PathBuf>, LedgerError> {
        self.begin_epoch(site, origin)?;
        self.ledger.claim(machine, origin)?;
        self.ledger.scrub()?;
        let Self { path, part, ledger, plan, .. } = self;
        let is_there = plan.present.is_some() || plan.unreadable.is_some();
        ledger.close()?;
        let owner = if is_there { path.as_path() } else { folder_of(&path) };
        owned_like(&part.path, owner);
        File::open(&part.path)
            .and_then(|file| file.sync_all())
            .map_err(|error| LedgerError::from_io(&part.path, &error))?;
        let kept = if is_there { Some(keep(&path, stamp)?) } else { None };
        part.becomes(&path)?;
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        owned_like(Path::new(&lock), folder_of(&path));
        Ok(kept)
    }

    fn begin_epoch(&mut self, site: &str, origin: &str) -> Result<(), LedgerError> {
        let Beyond { seq, hlc, scans, things, forgotten } = std::mem::take(&mut self.beyond);
        self.ledger.transaction(|ledger| {
            let head = ledger.head_seq()?;
            // A restore of a restore: what was given out before stays given out.
            let floor = ledger.number(SEQ_FLOOR)?.max(head);
            let floor = seq.map_or(floor.saturating_add(UNKNOWN_SEQ_STEP), |seq| seq.max(floor));
            ledger.set_meta(SEQ_FLOOR, &floor.to_string())?;
            let hlc = hlc.max(ledger.number(HLC_FLOOR)?);
            ledger.set_meta(HLC_FLOOR, &hlc.to_string())?;
            ledger.set_meta("origin", origin)?;
            ledger.set_meta(SITE, site)?;
            // Whoever stood at a desk when the backup was made has long gone.
            ledger.conn.execute("DELETE FROM session", [])?;
            ledger
                .conn
                .execute("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'scan'", [scans])?;
            things.iter().try_for_each(|thing| ledger.set_meta(&format!("{VANISHED}{thing}"), ""))?;
            forgotten.iter().try_for_each(|(person, at)| ledger.forget(person, *at).map(drop))
        })
    }
}

fn in_use(error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Locked(path) => LedgerError::Refused(format!(
            "{}: the daemon, or another verb, is using this ledger. Stop it first (systemctl stop cagekeeper); nothing has \
             been changed",
            path.display()
        )),
        other => other,
    }
}

/// The copy as this program's ledger; what is wrong with it is said of the backup.
fn verified(part: &Path, backup: &Path) -> Result<Ledger, LedgerError> {
    let damaged = |reason: String| {
        LedgerError::Refused(format!(
            "{}: this backup is damaged ({reason}). Take another one; nothing has been changed",
            backup.display()
        ))
    };
    let open = Connection::open(part)
        .map_err(LedgerError::from)
        .and_then(|conn| Ledger::prepare(conn, part.to_owned(), "", None));
    let ledger = match open {
        Err(
            LedgerError::Damaged(reason)
            | LedgerError::Failed(reason)
            | LedgerError::Unreadable { reason, .. },
        ) => {
            return Err(damaged(reason));
        }
        other => other?,
    };
    match ledger.verify() {
        Err(error) => Err(damaged(error.to_string())),
        Ok(report) if !report.is_whole() => {
            let first = report.differences.first().cloned().unwrap_or_default();
            Err(damaged(format!("{} differences; the first: {first}", report.different)))
        }
        Ok(_) => Ok(ledger),
    }
}

/// The ledger that is there beside the one that will be.
fn compare(path: &Path, backup: Contents, copy: &Source) -> Result<(Plan, Beyond), LedgerError> {
    let mut plan = Plan { backup, present: None, unreadable: None, lost: 0, regained: 0, forgotten: 0 };
    if !path.exists() {
        return Ok((plan, Beyond { seq: Some(0), ..Beyond::default() }));
    }
    let looked = Source::open(path).and_then(|present| {
        let lost = copy.lacks(&present)?;
        let regained = present.lacks(copy)?;
        let beyond = Beyond::of(&present.conn, &copy.conn)?;
        Ok((present.contents()?, lost, regained, beyond))
    });
    Ok(match looked {
        Ok((present, lost, regained, beyond)) => {
            let forgotten = u64::try_from(beyond.forgotten.len()).unwrap_or_default();
            plan = Plan { present: Some(present), lost, regained, forgotten, ..plan };
            (plan, beyond)
        }
        Err(error) => (Plan { unreadable: Some(error.to_string()), ..plan }, Beyond::default()),
    })
}

impl Beyond {
    fn of(present: &Connection, copy: &Connection) -> Result<Self, LedgerError> {
        let number = |sql: &str| present.query_row(sql, [], |row| row.get::<_, i64>(0));
        let kept = |key: &str| {
            number(&format!("SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = '{key}'"))
        };
        let mut things = Vec::new();
        let sql = "SELECT subject FROM subject WHERE subject GLOB 'asset/*' OR subject GLOB 'kit/*' OR subject GLOB 'stock/*'
                   UNION SELECT substr(key, ?1) FROM meta WHERE substr(key, 1, ?1 - 1) = ?2";
        let mut theirs = present.prepare(sql)?;
        let mut known = copy.prepare("SELECT 1 FROM subject WHERE subject = ?1")?;
        let begins = i64::try_from(VANISHED.len()).unwrap_or_default() + 1;
        for thing in theirs.query_map(params![begins, VANISHED], |row| row.get::<_, String>(0))? {
            let thing = thing?;
            if !known.exists([&thing])? {
                things.push(thing);
            }
        }
        Ok(Self {
            seq: Some(number("SELECT coalesce(max(seq), 0) FROM fact")?.max(kept(SEQ_FLOOR)?)),
            hlc: number("SELECT coalesce(max(hlc), 0) FROM subject")?.max(kept(HLC_FLOOR)?),
            scans: number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'scan'")?,
            forgotten: forgotten(present)?,
            things,
        })
    }
}

/// Who has been erased, and when. A file of an older schema knows of nobody.
fn forgotten(conn: &Connection) -> Result<Vec<(PersonId, UtcMs)>, LedgerError> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'forgotten'";
    if conn.query_row(sql, [], |_| Ok(())).optional()?.is_none() {
        return Ok(Vec::new());
    }
    forget::forgotten(conn)
}

/// Keeps the ledger that is replaced, and gives its new name. Until its own name is taken it is there under both.
fn keep(path: &Path, stamp: &str) -> Result<PathBuf, LedgerError> {
    let failed = |error: std::io::Error| LedgerError::from_io(path, &error);
    // What its log still holds goes into the file; a damaged one keeps its log.
    if let Ok(conn) = Connection::open(path) {
        drop(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    }
    let named = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let kept = named(&format!(".replaced-{stamp}"));
    std::fs::hard_link(path, &kept).map_err(failed)?;
    for end in ["-wal", "-shm"] {
        let log = named(end);
        if !log.exists() {
            continue;
        }
        // A log that stayed would be taken for the new file's.
        std::fs::rename(&log, named(&format!(".replaced-{stamp}{end}"))).map_err(failed)?;
    }
    sync_folder(path)?;
    Ok(kept)
}
