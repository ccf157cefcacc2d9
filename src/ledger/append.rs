//! Appending facts: number, order and time are given here, and the projections follow in the same transaction.

use rusqlite::{OptionalExtension, params};

use super::apply::apply;
use super::rows::body_text;
use super::{Ledger, LedgerError};
use crate::domain::fact::{Body, FACT_VERSION, Fact, NewFact, Subject};
use crate::domain::id::StationId;
use crate::time::Now;

/// Where, when and by which scan facts come about.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The scan, command or import: it exists before the first attempt.
    pub scan_id: &'a str,
    /// Where.
    pub station: &'a StationId,
    /// When.
    pub now: &'a Now,
}

impl Ledger {
    /// Appends the facts of one occasion and applies them. Call it inside a transaction.
    ///
    /// `first` is the index of the first of them within the occasion: their ids are `<scan_id>.<index>`.
    pub fn append(
        &mut self,
        occasion: &Occasion,
        first: usize,
        facts: Vec<NewFact>,
    ) -> Result<i64, LedgerError> {
        let mut seq = self.head.max(self.seq_floor);
        for (index, new) in facts.into_iter().enumerate() {
            seq += 1;
            self.hlc = self.hlc.next(occasion.now);
            let fact = Fact {
                seq,
                id: format!("{}.{}", occasion.scan_id, first + index),
                scan_id: occasion.scan_id.to_owned(),
                origin: self.origin.clone(),
                origin_seq: self.next_origin_seq,
                hlc: self.hlc,
                at: occasion.now.utc,
                clock_trusted: occasion.now.trusted,
                station: Some(occasion.station.clone()),
                actor: new.actor,
                subject: new.subject,
                body: new.body,
            };
            self.next_origin_seq += 1;
            insert(&self.conn, &fact)?;
            apply(&self.conn, &fact)?;
        }
        self.head = seq;
        Ok(seq)
    }

    /// Takes over a fact as another ledger numbered it; one that is here already changes nothing. Inside a transaction.
    pub fn adopt(&mut self, fact: &Fact) -> Result<bool, LedgerError> {
        let known = "SELECT count(*) FROM fact WHERE origin = ?1 AND origin_seq = ?2";
        let known: i64 = self
            .conn
            .prepare_cached(known)?
            .query_row(params![fact.origin, fact.origin_seq], |row| row.get(0))?;
        if known > 0 {
            return Ok(false);
        }
        let fact = Fact { seq: self.head.max(self.seq_floor) + 1, ..fact.clone() };
        insert(&self.conn, &fact)?;
        apply(&self.conn, &fact)?;
        self.head = fact.seq;
        self.hlc = self.hlc.max(fact.hlc);
        Ok(true)
    }
}

/// Writes one row of `fact`.
pub fn insert(conn: &rusqlite::Connection, fact: &Fact) -> Result<(), LedgerError> {
    let sql =
        "INSERT INTO fact (seq, id, scan_id, origin, origin_seq, hlc, at_ms, clock_trusted, station, actor,
               subject, kind, version, body)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let values = params![
        fact.seq,
        fact.id,
        fact.scan_id,
        fact.origin,
        fact.origin_seq,
        fact.hlc.0,
        fact.at,
        fact.clock_trusted,
        fact.station,
        fact.actor,
        fact.subject,
        fact.body.kind(),
        FACT_VERSION,
        body_text(&fact.body)?
    ];
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

impl Ledger {
    /// Whether the fact of that index of an occasion is in the ledger.
    pub fn has_fact(&self, occasion: &Occasion, index: usize) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM fact WHERE id = ?1)";
        let id = format!("{}.{index}", occasion.scan_id);
        Ok(self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
    }

    /// Whether others than this import have made bookings since that fact.
    pub fn booked_since(&self, seq: i64, import: &str) -> Result<bool, LedgerError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM fact WHERE seq > ?1 AND kind = 'booking-made' AND scan_id <> ?2)";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![seq, import], |row| row.get(0))?)
    }

    /// Whether anything has been said of that subject; of a booking, whether it stands.
    pub fn is_known(&self, subject: &Subject) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM subject WHERE subject = ?1)
                   AND NOT EXISTS (SELECT 1 FROM booking WHERE ?2 = 'booking' AND id = ?3 AND status = 'cancelled')";
        let values = params![subject, subject.kind(), subject.id()];
        Ok(self.conn.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
    }

    /// Whether the newest fact of that kind about that subject says the same already.
    pub fn says(&self, fact: &NewFact) -> Result<bool, LedgerError> {
        let sql = match fact.body {
            Body::TagAssigned(_) | Body::TagReleased(_) => {
                "SELECT kind || body FROM fact WHERE subject = ?1 AND body = ?3 AND kind IN (?2, 'tag-assigned',
                 'tag-released') ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1"
            }
            Body::BookingMade(_) | Body::BookingCancelled(_) => {
                "SELECT kind || body FROM fact WHERE subject = ?1 AND ?3 <> ''
                 AND kind IN (?2, 'booking-made', 'booking-cancelled')
                 ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1"
            }
            _ => {
                "SELECT kind || body FROM fact WHERE subject = ?1 AND kind = ?2 AND ?3 <> ''
                 ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1"
            }
        };
        let (kind, body) = (fact.body.kind(), body_text(&fact.body)?);
        let newest: Option<String> = self
            .conn
            .prepare_cached(sql)?
            .query_row(params![fact.subject, kind, body], |row| row.get(0))
            .optional()?;
        Ok(newest.is_some_and(|newest| newest == format!("{kind}{body}")))
    }
}
