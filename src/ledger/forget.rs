//! Who is forgotten: everything that says who somebody was is erased, also from the bytes of the file. Facts keep the
//! opaque id, so the fold and `verify` stay as they were.
//!
//! `secure_delete` overwrites what is deleted, but SQLite leaves copies of rows in the unused part of a page when it
//! spreads rows over pages anew. So the small tables that name people are written afresh, which gives their pages back and
//! overwrites them whole; and the write-ahead log is emptied into the file and cut off ([`Ledger::scrub`]).

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Ledger, LedgerError, Reader};
use crate::domain::code::Code;
use crate::domain::id::{PersonId, StationId};
use crate::domain::session::Session;
use crate::time::UtcMs;
use crate::wire::codes::{card_ending, written};

/// What of the write-ahead log and of idle pages still has to be overwritten; kept in `meta` over a crash.
pub(super) const UNSCRUBBED: &str = "unscrubbed";

/// Tables that name people, with the columns by which their rows are in order.
const WRITTEN_AFRESH: [(&str, &str); 4] =
    [("identity", "person"), ("badge", "code"), ("note", "fact"), ("session", "station")];

/// The fewest characters of a name that are looked for in what people wrote: shorter ones are in half of all words.
const NAME_CHARS_MIN: usize = 3;

/// What there is of somebody, or what of it was erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traces {
    /// Whether a name and the id of the studio's own list are kept.
    pub identity: bool,
    /// Codes on their badges.
    pub badges: u32,
    /// Rows of the scan log that hold a code of theirs.
    pub scans: u32,
    /// Notes that they wrote, or that name them.
    pub notes: usize,
    /// Stations whose conversation is theirs.
    pub sessions: Vec<StationId>,
    /// Bookings and productions whose title names them, as `booking/b-1`: facts, which are never edited.
    pub titles: Vec<String>,
}

/// What still ties somebody to the studio, each as `asset/cam-1` or `booking/b-1`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ties {
    /// Things that they hold.
    pub holds: Vec<String>,
    /// Bookings that are not over and for which they answer or work.
    pub bookings: Vec<String>,
}

impl Ties {
    /// Whether nothing does.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.bookings.is_empty()
    }
}

/// How somebody may be written: in what people write, and as codes.
struct Spellings {
    words: Vec<String>,
    codes: BTreeSet<String>,
}

impl Spellings {
    fn of(conn: &Connection, person: &PersonId) -> Result<Self, LedgerError> {
        let sql = "SELECT name, handle, email, phone FROM identity WHERE person = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
        let said: Option<[Option<String>; 4]> = conn.query_row(sql, [person], read).optional()?;
        let sql = "SELECT code FROM badge WHERE person = ?1";
        let badges: Vec<Code> =
            conn.prepare(sql)?.query_map([person], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut words: Vec<String> = said.into_iter().flatten().flatten().collect();
        // A note says "Ana" and seldom "Ana Ruiz".
        let parts: Vec<String> =
            words.first().into_iter().flat_map(|name| name.split_whitespace()).map(str::to_owned).collect();
        words.extend(parts);
        words.extend(badges.iter().map(|badge| badge.as_str().to_owned()));
        words.retain(|word| word.chars().count() >= NAME_CHARS_MIN);
        let codes = badges
            .iter()
            .flat_map(|badge| std::iter::once(badge.as_str().to_owned()).chain(written(badge.as_str())))
            .filter_map(|form| Code::canonical(&form).ok())
            .map(|code| code.as_str().to_owned())
            .collect();
        Ok(Self { words: words.iter().map(|word| word.to_lowercase()).collect(), codes })
    }

    /// Whether a code is on one of their badges, in whatever form it was read.
    fn is_theirs(&self, code: &str) -> bool {
        let forms = || written(code).into_iter().filter_map(|form| Code::canonical(&form).ok());
        let ending = card_ending(code);
        self.codes.contains(code)
            || forms().any(|form| self.codes.contains(form.as_str()))
            || ending.is_some_and(|ending| self.codes.iter().any(|code| code.ends_with(&ending)))
    }

    /// Whether a text names them.
    fn are_in(&self, text: &str) -> bool {
        self.masked(text, "").is_some()
    }

    /// The text with `instead` where it names them, as words of their own, in either case of letters; `None` where it does
    /// not.
    fn masked(&self, text: &str, instead: &str) -> Option<String> {
        let (mut masked, mut rest, mut before) = (String::new(), text, None);
        while let Some(next) = rest.chars().next() {
            let found = self.words.iter().filter_map(|word| begins_with(rest, word)).max();
            let (taken, said) = match found.filter(|_| !before.is_some_and(char::is_alphanumeric)) {
                Some(length) => (length, instead),
                None => (next.len_utf8(), rest.get(..next.len_utf8()).unwrap_or_default()),
            };
            masked.push_str(said);
            let (head, tail) = rest.split_at(taken);
            (before, rest) = (head.chars().next_back(), tail);
        }
        (masked != text).then_some(masked)
    }
}

/// How many bytes of a text are this word in either case of letters, with no letter or digit behind it.
fn begins_with(text: &str, word: &str) -> Option<usize> {
    let mut left = word.chars();
    for (at, letter) in text.char_indices() {
        if left.as_str().is_empty() {
            return (!letter.is_alphanumeric()).then_some(at);
        }
        if !letter.to_lowercase().all(|letter| left.next() == Some(letter)) {
            return None;
        }
    }
    left.as_str().is_empty().then_some(text.len())
}

/// What becomes of a note: the fact that it is about, and its text without their name; `None` where it is theirs.
type Note = (String, Option<String>);

impl Reader {
    /// What there is of somebody. It looks through all notes and the scan log.
    pub fn traces(&self, person: &PersonId) -> Result<Traces, LedgerError> {
        traces(self.conn(), person).map(|(traces, ..)| traces)
    }

    /// What still ties somebody to the studio at `now`.
    pub fn ties(&self, person: &PersonId, now: UtcMs) -> Result<Ties, LedgerError> {
        ties(self.conn(), person, now)
    }

    /// Who was forgotten, and when.
    pub fn forgotten(&self) -> Result<Vec<(PersonId, UtcMs)>, LedgerError> {
        forgotten(self.conn())
    }

    /// Whether they were forgotten.
    pub fn is_forgotten(&self, person: &PersonId) -> Result<bool, LedgerError> {
        is_forgotten(self.conn(), person)
    }
}

impl Ledger {
    /// Erases who somebody was, and gives what was erased. Inside a transaction; [`Ledger::scrub`] must follow it.
    ///
    /// Doing it again erases what has come back since, as after the file was replaced by an older one.
    pub fn forget(&mut self, person: &PersonId, at: UtcMs) -> Result<Traces, LedgerError> {
        let (found, notes, codes) = traces(&self.conn, person)?;
        self.is_unscrubbed = true;
        let sql = "INSERT INTO forgotten (person, at_ms) VALUES (?1, ?2) ON CONFLICT (person) DO NOTHING";
        self.conn.execute(sql, params![person, at])?;
        for (fact, text) in &notes {
            let sql = match text {
                Some(_) => "UPDATE note SET text = ?2 WHERE fact = ?1",
                None => "DELETE FROM note WHERE fact = ?1 AND ?2 IS NULL",
            };
            self.conn.prepare_cached(sql)?.execute(params![fact, text])?;
        }
        for code in &codes {
            let sql = "UPDATE scan SET code = NULL, person = ?2 WHERE code = ?1";
            self.conn.prepare_cached(sql)?.execute(params![code, person])?;
        }
        for station in &found.sessions {
            // A silence that is still waited for is of an earlier turn.
            let turn = self.session(station)?.turn + 1;
            self.put_session(station, &Session { turn, ..Session::default() })?;
        }
        self.conn.execute("DELETE FROM badge WHERE person = ?1", [person])?;
        self.conn.execute("DELETE FROM identity WHERE person = ?1", [person])?;
        write_afresh(&self.conn)?;
        self.set_meta(UNSCRUBBED, "yes")?;
        Ok(found)
    }

    /// What still ties somebody to the studio at `now`.
    pub fn ties(&self, person: &PersonId, now: UtcMs) -> Result<Ties, LedgerError> {
        ties(&self.conn, person, now)
    }

    /// Who was forgotten, and when.
    pub fn forgotten(&self) -> Result<Vec<(PersonId, UtcMs)>, LedgerError> {
        forgotten(&self.conn)
    }

    /// Whether they were forgotten.
    pub fn is_forgotten(&self, person: &PersonId) -> Result<bool, LedgerError> {
        is_forgotten(&self.conn, person)
    }

    /// Overwrites what a [`Ledger::forget`] before left in the write-ahead log. False where somebody still reads an older
    /// state of the file: to be tried again. Outside of a transaction.
    pub fn scrub(&mut self) -> Result<bool, LedgerError> {
        if self.is_unscrubbed && self.emptied()? {
            self.conn.execute("DELETE FROM meta WHERE key = ?1", [UNSCRUBBED])?;
            self.is_unscrubbed = false;
        }
        Ok(!self.is_unscrubbed)
    }

    /// Moves the whole write-ahead log into the file and cuts it off; false where a reader is in the way. It waits for
    /// nobody: scans do not wait for a long question.
    fn emptied(&self) -> Result<bool, LedgerError> {
        self.conn.busy_timeout(std::time::Duration::ZERO)?;
        let busy = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.conn.busy_timeout(super::BUSY)?;
        Ok(busy? == 0)
    }
}

pub(super) fn forgotten(conn: &Connection) -> Result<Vec<(PersonId, UtcMs)>, LedgerError> {
    let mut statement = conn.prepare("SELECT person, at_ms FROM forgotten ORDER BY at_ms, person")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

fn is_forgotten(conn: &Connection, person: &PersonId) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM forgotten WHERE person = ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([person], |row| row.get(0))?)
}

/// What there is of somebody, with the facts whose notes and the codes that are to go.
fn traces(conn: &Connection, person: &PersonId) -> Result<(Traces, Vec<Note>, Vec<String>), LedgerError> {
    let spellings = Spellings::of(conn, person)?;
    let count = |sql: &str| conn.query_row(sql, [person], |row| row.get::<_, u32>(0));
    let notes = notes(conn, person, &spellings)?;
    let (codes, scans) = codes(conn, &spellings)?;
    let found = Traces {
        identity: count("SELECT count(*) FROM identity WHERE person = ?1")? > 0,
        badges: count("SELECT count(*) FROM badge WHERE person = ?1")?,
        scans,
        notes: notes.len(),
        sessions: sessions(conn, person, &spellings)?,
        titles: titles(conn, &spellings)?,
    };
    Ok((found, notes, codes))
}

fn notes(conn: &Connection, person: &PersonId, spellings: &Spellings) -> Result<Vec<Note>, LedgerError> {
    let sql =
        "SELECT n.fact, n.text, coalesce(f.actor = ?1, 0) FROM note n LEFT JOIN fact f ON f.id = n.fact";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([person])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let (fact, text, is_theirs): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if is_theirs {
            notes.push((fact, None));
        } else if let Some(masked) = spellings.masked(&text, person.as_str()) {
            notes.push((fact, Some(masked)));
        }
    }
    Ok(notes)
}

/// The codes of the scan log that are one of theirs in another form, and how many rows have them.
fn codes(conn: &Connection, spellings: &Spellings) -> Result<(Vec<String>, u32), LedgerError> {
    if spellings.codes.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let mut statement =
        conn.prepare("SELECT code, count(*) FROM scan WHERE code IS NOT NULL GROUP BY code")?;
    let mut rows = statement.query([])?;
    let (mut codes, mut scans) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        if spellings.is_theirs(&code) {
            codes.push(code);
            scans += row.get::<_, u32>(1)?;
        }
    }
    Ok((codes, scans))
}

fn sessions(
    conn: &Connection,
    person: &PersonId,
    spellings: &Spellings,
) -> Result<Vec<StationId>, LedgerError> {
    let mut statement = conn.prepare("SELECT station, body FROM session ORDER BY station")?;
    let mut rows = statement.query([])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get(1)?;
        let holds = |text: &String| body.contains(&format!("{text:?}"));
        if holds(&person.to_string()) || spellings.codes.iter().any(holds) {
            sessions.push(row.get(0)?);
        }
    }
    Ok(sessions)
}

fn titles(conn: &Connection, spellings: &Spellings) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT 'booking/' || id, json_extract(plan, '$.title') FROM booking
               UNION ALL SELECT 'production/' || id, title FROM production ORDER BY 1";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut titles = Vec::new();
    while let Some(row) = rows.next()? {
        let title: Option<String> = row.get(1)?;
        if title.is_some_and(|title| spellings.are_in(&title)) {
            titles.push(row.get(0)?);
        }
    }
    Ok(titles)
}

fn ties(conn: &Connection, person: &PersonId, now: UtcMs) -> Result<Ties, LedgerError> {
    let all = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<Vec<String>, LedgerError> {
        Ok(conn.prepare(sql)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    Ok(Ties {
        holds: all(
            "SELECT subject FROM custody WHERE person = ?1 AND out = 1
             UNION SELECT 'stock/' || stock FROM stock_out WHERE person = ?1 AND person <> '' ORDER BY 1",
            &[person],
        )?,
        bookings: all(
            "SELECT 'booking/' || p.booking FROM booking_person p JOIN booking b ON b.id = p.booking
             WHERE p.person = ?1 AND p.ends_ms > ?2 AND b.status <> 'cancelled' ORDER BY b.starts_ms, b.id",
            &[person, &now],
        )?,
    })
}

/// Writes the tables that name people again, row by row in order, and their pages as they were are overwritten.
fn write_afresh(conn: &Connection) -> Result<(), LedgerError> {
    for (table, order) in WRITTEN_AFRESH {
        conn.execute_batch(&format!(
            "CREATE TEMP TABLE afresh AS SELECT * FROM {table};
             DELETE FROM {table};
             INSERT INTO {table} SELECT * FROM temp.afresh ORDER BY {order};
             DROP TABLE temp.afresh;"
        ))?;
    }
    conn.execute_batch("REINDEX badge_of_person; REINDEX scan_of_unknown")?;
    Ok(())
}

#[cfg(test)]
mod tests;
