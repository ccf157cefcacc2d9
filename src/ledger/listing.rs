//! Lists: what the verbs of the command line show, and the names by which they find things.

use rusqlite::{OptionalExtension, Row, params};

use super::load_plan::{self, Free};
use super::question::{Named, Reader};
use super::rows::body_of;
use super::{LedgerError, load};
use crate::domain::code::Code;
use crate::domain::fact::{Body, BookingMade, Condition, StockUse, Subject};
use crate::domain::id::{
    AssetId, BookingId, KitId, ModelId, PersonHandle, PersonId, ProductionId, RoomId, StockId,
};
use crate::domain::loaded::Found;
use crate::domain::plan::Resource;
use crate::time::UtcMs;

/// Something that can be named: its id, its name, and for people the id of the studio's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nameable {
    /// `asset/cam-1`.
    pub subject: Subject,
    /// The id by which people ask for it: of people the studio's own, as long as it is known.
    pub id: String,
    /// What people call it; absent where it has no name or the name was erased.
    pub name: Option<String>,
}

/// A booking as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// The booking.
    pub id: BookingId,
    /// What it says.
    pub plan: BookingMade,
}

/// A person as the list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who it is.
    pub named: Named,
    /// Where to write to.
    pub email: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// The codes on their badges.
    pub badges: Vec<Code>,
}

/// A stock as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// The stock.
    pub id: StockId,
    /// What people call it.
    pub name: String,
    /// Whether pieces come back.
    pub use_: StockUse,
    /// Pieces the studio has; of what is consumed, those that are left.
    pub count: i64,
    /// Pieces that are out.
    pub out: i64,
    /// The studio's own grouping.
    pub category: Option<String>,
    /// The room where the shelf is.
    pub home: Option<RoomId>,
    /// Price of a piece.
    pub rate_cents: Option<i64>,
}

impl StockRow {
    /// Pieces on the shelf.
    pub fn available(&self) -> i64 {
        match self.use_ {
            StockUse::Lent => (self.count - self.out).max(0),
            StockUse::Consumed => self.count,
        }
    }
}

/// Pieces of a stock that are out with one person for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockOutRow {
    /// The stock.
    pub stock: StockId,
    /// What people call it.
    pub name: String,
    /// Who has them.
    pub holder: Option<Named>,
    /// What they are for.
    pub production: Option<ProductionId>,
    /// The booking they are for.
    pub booking: Option<BookingId>,
    /// How many.
    pub count: i64,
    /// Since when.
    pub since: UtcMs,
    /// When they are to be back.
    pub due: Option<UtcMs>,
}

/// An open maintenance job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The fact that opened it.
    pub fact: String,
    /// The asset or kit.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// Whether it stays in.
    pub blocks: bool,
    /// The condition that opened it.
    pub because: Option<Condition>,
    /// Since when.
    pub since: UtcMs,
    /// What somebody wrote about it.
    pub note: Option<String>,
}

/// What state a thing is in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StandingRow {
    /// Its condition.
    pub condition: Condition,
    /// When that was noted.
    pub condition_at: Option<UtcMs>,
    /// Given up since.
    pub lost_since: Option<UtcMs>,
    /// Not found by a count since.
    pub missing_since: Option<UtcMs>,
    /// The last inspection.
    pub inspected_at: Option<UtcMs>,
    /// The next inspection.
    pub inspection_due: Option<UtcMs>,
    /// When it is wanted back.
    pub recall_by: Option<UtcMs>,
    /// What it is wanted for.
    pub recall_for: Option<ProductionId>,
}

/// A booking that takes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// The booking.
    pub booking: BookingId,
    /// From when, preparation counted.
    pub from: UtcMs,
    /// Until when, clean-up counted.
    pub until: UtcMs,
    /// How many.
    pub count: i64,
    /// Promised, and not only held.
    pub confirmed: bool,
}

/// The kinds of fact that say what something is.
const REGISTERING: &str = "'asset-registered', 'kit-registered', 'stock-registered', 'room-registered', \
                           'production-registered', 'booking-made', 'person-enrolled'";

/// Open maintenance jobs, with the name of the thing and what was written.
pub(super) const JOBS: &str =
    "SELECT j.fact, j.subject, coalesce(a.name, k.name, j.subject), j.blocks, j.because, j.since_ms, n.text
    FROM job j LEFT JOIN asset a ON a.id = CASE WHEN j.subject GLOB 'asset/*' THEN substr(j.subject, 7) END
    LEFT JOIN kit k ON k.id = CASE WHEN j.subject GLOB 'kit/*' THEN substr(j.subject, 5) END
    LEFT JOIN note n ON n.fact = j.fact OR n.fact = substr(j.fact, 1, instr(j.fact, '.')) || '0'
    WHERE ?1 IS NULL OR j.subject = ?1 ORDER BY j.since_ms, j.fact";

impl Reader {
    /// What the newest fact that stands says a thing is; `None` where none is known by that name.
    pub fn registered(&self, subject: &Subject) -> Result<Option<Body>, LedgerError> {
        let sql = format!(
            "SELECT id, kind, body FROM fact WHERE subject = ?1 AND kind IN ({REGISTERING}, 'booking-cancelled', 'annulled')
             ORDER BY hlc DESC, origin DESC, origin_seq DESC"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query([subject])?;
        let mut annulled: Vec<String> = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, kind, body): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match body_of(&kind, &body)? {
                Body::Annulled(of) => annulled.extend(of.facts),
                _ if annulled.contains(&id) => {}
                Body::BookingCancelled(_) => return Ok(None),
                body => return Ok(Some(body)),
            }
        }
        Ok(None)
    }

    /// What a code is on, or an id names, as scanning would find it; never a name.
    pub fn identify(&self, text: &str) -> Result<Found, LedgerError> {
        match Code::canonical(text) {
            Ok(code) => load::identify(self.conn(), &code),
            Err(fault) => Ok(Found::Malformed(fault)),
        }
    }

    /// Everything of one kind (`asset`, `kit`, …) that can be named.
    pub fn nameable(&self, kind: &str) -> Result<Vec<Nameable>, LedgerError> {
        let sql = match kind {
            "asset" => "SELECT 'asset/' || id, id, name FROM asset ORDER BY id",
            "kit" => "SELECT 'kit/' || id, id, name FROM kit ORDER BY id",
            "stock" => "SELECT 'stock/' || id, id, name FROM stock ORDER BY id",
            "room" => "SELECT 'room/' || id, id, name FROM room ORDER BY id",
            "production" => "SELECT 'production/' || id, id, title FROM production ORDER BY id",
            "booking" => {
                "SELECT 'booking/' || id, id, json_extract(plan, '$.title') FROM booking
                 WHERE status <> 'cancelled' ORDER BY id"
            }
            "person" => {
                "SELECT 'person/' || p.id, coalesce(i.handle, p.id), i.name FROM person p
                 LEFT JOIN identity i ON i.person = p.id ORDER BY 2"
            }
            _ => return Ok(Vec::new()),
        };
        let read = |row: &Row<'_>| Ok(Nameable { subject: row.get(0)?, id: row.get(1)?, name: row.get(2)? });
        self.rows_of(sql, params![], read)
    }

    /// The codes on a thing, in their order.
    pub fn tags_of(&self, thing: &Subject) -> Result<Vec<Code>, LedgerError> {
        self.rows_of("SELECT code FROM tag WHERE thing = ?1 ORDER BY code", params![thing], |row| row.get(0))
    }

    /// Whether there was a booking of that id that was cancelled.
    pub fn is_cancelled(&self, booking: &BookingId) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM booking WHERE id = ?1 AND status = 'cancelled')";
        Ok(self.conn().prepare_cached(sql)?.query_row([booking], |row| row.get(0))?)
    }

    /// Whether some asset is of that model.
    pub fn has_model(&self, model: &ModelId) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM asset WHERE model = ?1)";
        Ok(self.conn().prepare_cached(sql)?.query_row([model], |row| row.get(0))?)
    }

    /// The models that assets name.
    pub fn models(&self) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT DISTINCT model FROM asset WHERE model IS NOT NULL ORDER BY model";
        self.rows_of(sql, params![], |row| row.get(0))
    }

    /// The person who has that id in the studio's own list.
    pub fn person_of_handle(&self, handle: &PersonHandle) -> Result<Option<PersonId>, LedgerError> {
        let sql = "SELECT person FROM identity WHERE handle = ?1";
        Ok(self.conn().prepare_cached(sql)?.query_row([handle], |row| row.get(0)).optional()?)
    }

    /// What a code is on besides being a badge of `person`: in words, by its id.
    pub fn code_is_on(&self, code: &Code, person: &PersonId) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT thing FROM tag WHERE code = ?1
                   UNION SELECT 'person/' || coalesce(i.handle, b.person) FROM badge b
                   LEFT JOIN identity i ON i.person = b.person WHERE b.code = ?1 AND b.person <> ?2 LIMIT 1";
        Ok(self.conn().prepare_cached(sql)?.query_row(params![code, person], |row| row.get(0)).optional()?)
    }

    /// Bookings that stand and touch `from..to`, earliest first.
    pub fn bookings(&self, from: Option<UtcMs>, to: Option<UtcMs>) -> Result<Vec<BookingRow>, LedgerError> {
        let sql = "SELECT id, plan FROM booking WHERE status <> 'cancelled' AND (?1 IS NULL OR ends_ms > ?1)
                   AND (?2 IS NULL OR starts_ms < ?2) ORDER BY starts_ms, id";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![from, to])?;
        let mut bookings = Vec::new();
        while let Some(row) = rows.next()? {
            let plan: String = row.get(1)?;
            bookings.push(BookingRow { id: row.get(0)?, plan: serde_json::from_str(&plan)? });
        }
        Ok(bookings)
    }

    /// Who somebody is, with everything that the erasable list says.
    pub fn identity(&self, person: &PersonId) -> Result<PersonRow, LedgerError> {
        let sql = "SELECT email, phone FROM identity WHERE person = ?1";
        let contact: Option<(Option<String>, Option<String>)> = self
            .conn()
            .prepare_cached(sql)?
            .query_row([person], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (email, phone) = contact.unwrap_or_default();
        let badges = "SELECT code FROM badge WHERE person = ?1 ORDER BY code";
        let badges = self.rows_of(badges, params![person], |row| row.get(0))?;
        Ok(PersonRow { named: self.named(person)?, email, phone, badges })
    }

    /// Every stock.
    pub fn stocks(&self) -> Result<Vec<StockRow>, LedgerError> {
        let sql = "SELECT id, name, use, count, out, category, home, rate_cents FROM stock ORDER BY id";
        let read = |row: &Row<'_>| {
            let kind: String = row.get(2)?;
            Ok(StockRow {
                id: row.get(0)?,
                name: row.get(1)?,
                use_: StockUse::parse(&kind).unwrap_or(StockUse::Lent),
                count: row.get(3)?,
                out: row.get(4)?,
                category: row.get(5)?,
                home: row.get(6)?,
                rate_cents: row.get(7)?,
            })
        };
        self.rows_of(sql, params![], read)
    }

    /// Pieces of stocks that are out, the earliest due first; with `due_before` only what was to be back by then.
    pub fn stock_out(&self, due_before: Option<UtcMs>) -> Result<Vec<StockOutRow>, LedgerError> {
        let sql = "SELECT o.stock, coalesce(s.name, o.stock), nullif(o.person, ''), i.handle, i.name,
                   nullif(o.production, ''), nullif(o.booking, ''), o.count, o.since_ms, o.due_ms,
                   EXISTS (SELECT 1 FROM forgotten f WHERE f.person = o.person)
                   FROM stock_out o LEFT JOIN stock s ON s.id = o.stock LEFT JOIN identity i ON i.person = o.person
                   WHERE ?1 IS NULL OR o.due_ms < ?1 ORDER BY o.due_ms IS NULL, o.due_ms, o.stock";
        let read = |row: &Row<'_>| {
            let person: Option<PersonId> = row.get(2)?;
            let (handle, name, forgotten) = (row.get(3)?, row.get(4)?, row.get(10)?);
            Ok(StockOutRow {
                stock: row.get(0)?,
                name: row.get(1)?,
                holder: person.map(|person| Named { person, handle, name, forgotten }),
                production: row.get(5)?,
                booking: row.get(6)?,
                count: row.get(7)?,
                since: row.get(8)?,
                due: row.get(9)?,
            })
        };
        self.rows_of(sql, params![due_before], read)
    }

    /// Open maintenance jobs, oldest first; with `subject` only those of that thing. What was written stands beside the
    /// first fact of its scan or command: the condition may be that, and the job the second.
    pub fn jobs(&self, subject: Option<&Subject>) -> Result<Vec<JobRow>, LedgerError> {
        let read = |row: &Row<'_>| {
            let because: Option<String> = row.get(4)?;
            Ok(JobRow {
                fact: row.get(0)?,
                subject: row.get(1)?,
                name: row.get(2)?,
                blocks: row.get(3)?,
                because: because.as_deref().and_then(Condition::parse),
                since: row.get(5)?,
                note: row.get(6)?,
            })
        };
        self.rows_of(JOBS, params![subject], read)
    }

    /// What state a thing is in; `None` where nothing was noted about it.
    pub fn standing(&self, subject: &Subject) -> Result<Option<StandingRow>, LedgerError> {
        let sql = "SELECT condition, condition_at_ms, lost_since_ms, inspected_at_ms, inspection_due_ms, recall_by_ms,
                   recall_for, missing_since_ms FROM standing WHERE subject = ?1";
        let read = |row: &Row<'_>| {
            let condition: String = row.get(0)?;
            Ok(StandingRow {
                condition: Condition::parse(&condition).unwrap_or_default(),
                condition_at: row.get(1)?,
                lost_since: row.get(2)?,
                inspected_at: row.get(3)?,
                inspection_due: row.get(4)?,
                recall_by: row.get(5)?,
                recall_for: row.get(6)?,
                missing_since: row.get(7)?,
            })
        };
        Ok(self.conn().prepare_cached(sql)?.query_row([subject], read).optional()?)
    }

    /// Bookings that take something and end after `after`, earliest first, at most `limit`.
    pub fn claims_on(
        &self,
        resource: &Resource,
        after: UtcMs,
        limit: u32,
    ) -> Result<Vec<ClaimRow>, LedgerError> {
        let sql = "SELECT booking, from_ms, until_ms, count, confirmed FROM claim WHERE resource = ?1 AND until_ms > ?2
                   ORDER BY from_ms, booking LIMIT ?3";
        let read = |row: &Row<'_>| {
            Ok(ClaimRow {
                booking: row.get(0)?,
                from: row.get(1)?,
                until: row.get(2)?,
                count: row.get(3)?,
                confirmed: row.get(4)?,
            })
        };
        self.rows_of(sql, params![resource.to_string(), after, limit], read)
    }

    /// Whether so many of something can be had for a span; `None` where it is not known.
    pub fn free(
        &self,
        resource: &Resource,
        count: u32,
        span: (UtcMs, UtcMs),
        now: UtcMs,
    ) -> Result<Option<Free>, LedgerError> {
        load_plan::free(self.conn(), resource, count, span, now)
    }

    /// Rooms that nobody has been promised in a span, by id, with their names.
    pub fn free_rooms(&self, span: (UtcMs, UtcMs)) -> Result<Vec<(RoomId, String)>, LedgerError> {
        load_plan::free_rooms(self.conn(), span)
    }

    /// Units of a model each of which can be had for a span, by id, with their names.
    pub fn free_units(
        &self,
        model: &ModelId,
        span: (UtcMs, UtcMs),
        now: UtcMs,
    ) -> Result<Vec<(AssetId, String)>, LedgerError> {
        load_plan::free_units(self.conn(), model, span, now)
    }

    /// Assets that belong in a kit, with their names and whether they are out.
    pub fn members_of(&self, kit: &KitId) -> Result<Vec<(AssetId, String, bool)>, LedgerError> {
        let sql = "SELECT a.id, a.name, coalesce(c.out, 0) FROM asset a
                   LEFT JOIN custody c ON c.subject = 'asset/' || a.id WHERE a.kit = ?1 ORDER BY a.id";
        self.rows_of(sql, params![kit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    /// Members of a kit that its last roll-call or condition card missed.
    pub fn missing_of(&self, kit: &KitId) -> Result<Vec<AssetId>, LedgerError> {
        let sql = "SELECT m.value FROM standing s, json_each(s.missing) m WHERE s.subject = 'kit/' || ?1";
        self.rows_of(sql, params![kit], |row| row.get(0))
    }

    /// Members of a kit that were given up as lost, or that a count has not found.
    pub fn lost_of(&self, kit: &KitId) -> Result<Vec<AssetId>, LedgerError> {
        let sql = "SELECT a.id FROM asset a JOIN standing s ON s.subject = 'asset/' || a.id
                   WHERE a.kit = ?1 AND (s.lost_since_ms IS NOT NULL OR s.missing_since_ms IS NOT NULL)";
        self.rows_of(sql, params![kit], |row| row.get(0))
    }

    fn rows_of<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut statement = self.conn().prepare_cached(sql)?;
        Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
    }
}
