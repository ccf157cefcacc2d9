#![allow(clippy::disallowed_methods, reason = "the mark is in the file beside the ledger")]
//! How far the ledger had got and a sum over its facts, kept beside it in the lock's file. So a write-ahead log that is gone or
//! cut, an older copy put in the ledger's place, and a fact in which a bit has flipped are noticed: each looks whole by itself.
//!
//! The mark is written after a commit and never synced. After a loss of power it may be old or gone, and then says less; it is
//! never ahead of what was durable. Facts of before there was a mark are not summed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::rows::FACT_COLUMNS;
use super::{Ledger, LedgerError, head_seq};

/// Nothing longer is read.
const BYTES_MAX: usize = 256;
/// A mark that is further behind is begun anew, so that no start waits for it.
const BEHIND_MAX: i64 = 10_000;
/// FNV-1a, 64 bits: what it starts with and multiplies by (draft-eastlake-fnv).
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0100_0000_01b3);

fn fnv(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(FNV.1))
}

/// The file of the lock and the mark.
pub(super) fn path_of(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// How far a ledger had got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    origin: String,
    /// The number of the last fact of that origin.
    last: i64,
    /// The facts that are summed, by their numbers in this file.
    first_seq: i64,
    last_seq: i64,
    sum: u64,
}

impl Mark {
    fn new(origin: &str, head: i64) -> Self {
        Self { origin: origin.to_owned(), last: 0, first_seq: head + 1, last_seq: head, sum: FNV.0 }
    }

    /// The mark beside a ledger; `None` where there is none, or none that can be read.
    pub(super) fn beside(ledger: &Path) -> Option<Self> {
        Self::read(&File::open(path_of(ledger)).ok()?)
    }

    fn read(file: &File) -> Option<Self> {
        let mut bytes = [0; BYTES_MAX];
        let length = file.read_at(&mut bytes, 0).ok()?;
        let line = std::str::from_utf8(bytes.get(..length)?).ok()?.lines().next()?;
        let (said, check) = line.rsplit_once(' ')?;
        let mut words = said.split(' ');
        let mut number = |radix| u64::from_str_radix(words.next()?, radix).ok();
        let (last, first_seq, last_seq, sum) = (number(10)?, number(10)?, number(10)?, number(16)?);
        let origin = words.next()?.to_owned();
        let is_whole = u64::from_str_radix(check, 16).ok()? == fnv(FNV.0, said.as_bytes());
        let number = |number| i64::try_from(number).ok();
        let (last, first_seq, last_seq) = (number(last)?, number(first_seq)?, number(last_seq)?);
        is_whole.then_some(Self { origin, last, first_seq, last_seq, sum })
    }

    /// As long as the one before it, so that none is left half under another.
    fn line(&self) -> String {
        let Self { origin, last, first_seq, last_seq, sum } = self;
        let said = format!("{last:020} {first_seq:020} {last_seq:020} {sum:016x} {origin}");
        let check = fnv(FNV.0, said.as_bytes());
        format!("{said} {check:016x}\n")
    }

    /// Adds the facts that came since.
    fn follow(&mut self, conn: &Connection, until: i64) -> Result<(), LedgerError> {
        let sql = format!("SELECT {FACT_COLUMNS} FROM fact WHERE seq > ?1 AND seq <= ?2 ORDER BY seq");
        let mut statement = conn.prepare_cached(&sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([self.last_seq, until])?;
        while let Some(row) = rows.next()? {
            self.sum = added(self.sum, row, columns)?;
            self.last_seq = row.get(0)?;
        }
        Ok(())
    }

    /// What is not as it was recorded, in a sentence.
    pub(super) fn differs(&self, conn: &Connection) -> Result<Option<String>, LedgerError> {
        let origin: String =
            conn.query_row("SELECT value FROM meta WHERE key = 'origin'", [], |row| row.get(0))?;
        if origin != self.origin {
            return Ok(None);
        }
        let Self { first_seq, last_seq, .. } = self;
        let mut now = Self { last_seq: first_seq - 1, sum: FNV.0, ..self.clone() };
        now.follow(conn, *last_seq)?;
        let sentence = || format!("fact: one of {first_seq} to {last_seq} is not as it was recorded");
        Ok((now.sum != self.sum).then(sentence))
    }
}

fn added(sum: u64, row: &Row<'_>, columns: usize) -> Result<u64, LedgerError> {
    (0..columns).try_fold(sum, |sum, column| {
        let sum = fnv(sum, &[0xff]);
        Ok(match row.get_ref(column)? {
            ValueRef::Null => fnv(sum, &[0]),
            ValueRef::Integer(number) => fnv(sum, &number.to_be_bytes()),
            ValueRef::Real(number) => fnv(sum, &number.to_be_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => fnv(sum, bytes),
        })
    })
}

impl Ledger {
    /// Notes how far the ledger has got. A mark that cannot be written says less, and that is all.
    pub(super) fn mark(&mut self) {
        let (Some(file), Some(mark)) = (self.lock.as_ref(), self.mark.as_mut()) else { return };
        let before = mark.last_seq;
        let is_new = mark.follow(&self.conn, i64::MAX).is_ok() && mark.last_seq > before;
        if is_new {
            mark.last = self.next_origin_seq - 1;
            let _ = file.write_all_at(mark.line().as_bytes(), 0);
        }
    }

    /// A new epoch has begun: its facts get a mark of their own.
    pub(super) fn begin_mark(&mut self) -> Result<(), LedgerError> {
        if self.mark.as_ref().is_some_and(|mark| mark.origin != self.origin) {
            self.mark = Some(Mark::new(&self.origin, head_seq(&self.conn)?));
        }
        Ok(())
    }

    /// Compares the ledger with its mark. Where facts are missing, those to come are numbered under `fresh`: nobody may
    /// take them for the ones that were told under the same numbers before.
    pub(super) fn compare_with_mark(&mut self, fresh: &str) -> Result<(), LedgerError> {
        let Some(lock) = self.lock.as_ref() else { return Ok(()) };
        let (head, last) = (head_seq(&self.conn)?, self.next_origin_seq - 1);
        let mark = Mark::read(lock).filter(|mark| mark.origin == self.origin);
        if let Some(mark) = mark.as_ref().filter(|mark| mark.last > last) {
            self.lacking = Some(lacking(&self.path, last, mark.last));
            self.set_meta("origin", fresh)?;
            self.reload()?;
        }
        let is_near = |mark: &Mark| (0..=BEHIND_MAX).contains(&(head - mark.last_seq));
        let mark = mark.filter(|mark| self.lacking.is_none() && is_near(mark));
        self.mark = Some(mark.unwrap_or_else(|| Mark::new(&self.origin, head)));
        Ok(())
    }

    /// What is missing of what was recorded, in a sentence, where the file holds less than its mark says.
    pub fn lacking(&self) -> Option<&str> {
        self.lacking.as_deref()
    }
}

fn lacking(path: &Path, last: i64, marked: i64) -> String {
    let path = path.display();
    format!(
        "{path}: what was recorded last is not in the file (it ends at fact {last} of {marked}): its companion {path}-wal is \
         gone or damaged, or an older copy lies here. Scan again what was scanned last, or restore the last backup; keep \
         these files for examination"
    )
}
