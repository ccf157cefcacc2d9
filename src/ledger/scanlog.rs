//! The scan log, the sessions and the cursors: kept in the ledger file, not made by facts.

use rusqlite::{OptionalExtension, params};

use super::{Ledger, LedgerError};
use crate::domain::code::Code;
use crate::domain::fact::Subject;
use crate::domain::id::{PersonId, ReaderId, StationId};
use crate::domain::session::Session;
use crate::time::UtcMs;

/// Rows that one call of [`Ledger::prune_scans`] deletes at most, so that it never holds scans up.
const PRUNE_ROWS_MAX: u32 = 2_000;

/// One deliberate scan and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRow<'a> {
    /// The scan.
    pub id: &'a str,
    /// When.
    pub at: UtcMs,
    /// Where.
    pub station: &'a StationId,
    /// The device.
    pub reader: Option<&'a ReaderId>,
    /// The session it belongs to.
    pub session: Option<&'a str>,
    /// The code; never a badge's.
    pub code: Option<&'a Code>,
    /// Whose badge it was.
    pub person: Option<&'a PersonId>,
    /// What it was on.
    pub thing: Option<&'a Subject>,
    /// The level of the answer.
    pub level: &'a str,
    /// The code of the answer.
    pub verdict: &'a str,
    /// The answer, without names of people.
    pub sentence: &'a str,
}

/// The answer that a scan got when it was first made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The level.
    pub level: String,
    /// The code of the verdict.
    pub verdict: String,
    /// The sentence, without names of people.
    pub sentence: String,
}

impl Ledger {
    /// The answer of a scan that was committed before.
    pub fn answered(&self, scan: &str) -> Result<Option<Answered>, LedgerError> {
        let sql = "SELECT level, verdict, sentence FROM scan WHERE id = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Answered { level: row.get(0)?, verdict: row.get(1)?, sentence: row.get(2)? })
        };
        Ok(self.conn.prepare_cached(sql)?.query_row([scan], read).optional()?)
    }

    /// Keeps a scan. Inside a transaction.
    pub fn log_scan(&self, row: &ScanRow) -> Result<(), LedgerError> {
        let sql =
            "INSERT INTO scan (id, at_ms, station, reader, session, code, person, thing, level, verdict,
                   sentence, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1)";
        let values = params![
            row.id,
            row.at,
            row.station,
            row.reader,
            row.session,
            row.code,
            row.person,
            row.thing,
            row.level,
            row.verdict,
            row.sentence
        ];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Adds repeats that were folded into a scan to its count.
    pub fn fold_into_scan(&self, scan: &str, times: u32) -> Result<(), LedgerError> {
        let sql = "UPDATE scan SET times = times + ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![scan, times])?;
        Ok(())
    }

    /// Forgets some scans older than `before`; true where more are left.
    pub fn prune_scans(&self, before: UtcMs) -> Result<bool, LedgerError> {
        let sql = "DELETE FROM scan WHERE n IN (SELECT n FROM scan WHERE at_ms < ?1 ORDER BY n LIMIT ?2)";
        let gone = self.conn.prepare_cached(sql)?.execute(params![before, PRUNE_ROWS_MAX])?;
        Ok(gone as u64 >= u64::from(PRUNE_ROWS_MAX))
    }

    /// What a station remembers. A conversation that this program cannot read, as after going back to an older one, is
    /// over: the next scan begins a new one, and everything that was decided is in the facts.
    pub fn session(&self, station: &StationId) -> Result<Session, LedgerError> {
        let sql = "SELECT body FROM session WHERE station = ?1";
        let body: Option<String> =
            self.conn.prepare_cached(sql)?.query_row([station], |row| row.get(0)).optional()?;
        let read = |body: String| {
            serde_json::from_str(&body).unwrap_or_else(|error| {
                tracing::warn!(%station, %error, "the session cannot be read and is over");
                Session::default()
            })
        };
        Ok(body.map(read).unwrap_or_default())
    }

    /// Writes what a station remembers. Inside a transaction.
    pub fn put_session(&self, station: &StationId, session: &Session) -> Result<(), LedgerError> {
        let sql = "INSERT OR REPLACE INTO session (station, body) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute(params![station, serde_json::to_string(session)?])?;
        Ok(())
    }

    /// How far a reader of the ledger has got.
    pub fn cursor(&self, name: &str) -> Result<i64, LedgerError> {
        let sql = "SELECT seq FROM cursor WHERE name = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// Notes how far a reader of the ledger has got.
    pub fn put_cursor(&self, name: &str, seq: i64) -> Result<(), LedgerError> {
        let sql = "INSERT OR REPLACE INTO cursor (name, seq) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute(params![name, seq])?;
        Ok(())
    }

    /// The number of the last scan before this process started.
    pub fn scans_at_start(&self) -> i64 {
        self.scans_at_start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_cannot_be_read_is_over_and_stops_nothing() {
        let ledger = Ledger::in_memory("0123456789ab").unwrap();
        let cage = StationId::parse("cage").unwrap();
        let open = Session { id: Some("s1".to_owned()), ..Session::default() };
        ledger.put_session(&cage, &open).unwrap();
        assert_eq!(ledger.session(&cage).unwrap(), open);
        let newer = r#"{"id":"s1","pending":{"question":"which-door"}}"#;
        ledger.conn.execute("UPDATE session SET body = ?1", [newer]).unwrap();
        assert_eq!(ledger.session(&cage).unwrap(), Session::default());
    }
}
