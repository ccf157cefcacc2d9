//! What the ledger knows, as an import needs it: every thing as it was last registered, every code, every person.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::body_of;
use super::{Ledger, LedgerError, Reader, load, load_plan};
use crate::domain::code::Code;
use crate::domain::fact::{Body, StockUse, Subject};
use crate::domain::id::{AssetId, BookingId, PersonHandle, PersonId, RoomId, StockId};
use crate::domain::known::{Identity, Known, Pieces};
use crate::domain::loaded::Found;

impl Ledger {
    /// Loads everything that a file can refer to or change.
    pub fn known(&self) -> Result<Known, LedgerError> {
        known(&self.conn)
    }
}

impl Reader {
    /// Loads everything that a file can refer to or change.
    pub fn known(&self) -> Result<Known, LedgerError> {
        known(self.conn())
    }

    /// The person of that handle, or the only one of that name.
    pub fn person_called(&self, text: &str) -> Result<Option<PersonId>, LedgerError> {
        let sql = "SELECT person FROM identity WHERE handle = ?1 OR person = ?1";
        let by_id = self.conn().prepare_cached(sql)?.query_row([text], |row| row.get(0)).optional()?;
        if by_id.is_some() {
            return Ok(by_id);
        }
        let sql = "SELECT person FROM identity WHERE name = ?1 COLLATE NOCASE LIMIT 2";
        let mut statement = self.conn().prepare_cached(sql)?;
        let named: Vec<PersonId> =
            statement.query_map([text], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(<[PersonId; 1]>::try_from(named).ok().map(|[only]| only))
    }

    /// A person by the opaque id.
    pub fn person(&self, id: &PersonId) -> Result<Found, LedgerError> {
        Ok(load::person(self.conn(), id)?.map_or(Found::Unknown, Found::Person))
    }

    /// A thing by its subject, as the rules see it at `now`.
    pub fn thing(&self, subject: &Subject, now: crate::time::UtcMs) -> Result<Found, LedgerError> {
        Ok(load::load_thing(self.conn(), subject, now)?.0)
    }

    /// Assets that belong in a room and are not out, with their names.
    pub fn at_home(&self, room: &RoomId) -> Result<Vec<(AssetId, String)>, LedgerError> {
        let sql = "SELECT id, name FROM asset WHERE home = ?1 AND NOT EXISTS
                   (SELECT 1 FROM custody WHERE subject = 'asset/' || asset.id AND out = 1) ORDER BY id";
        let mut statement = self.conn().prepare_cached(sql)?;
        let rows = statement.query_map([room], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ids by which things, places and people can be asked for: for "did you mean".
    pub fn ids(&self) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT id FROM asset UNION SELECT id FROM kit UNION SELECT id FROM stock UNION SELECT id FROM room UNION
                   SELECT id FROM production UNION SELECT id FROM booking UNION SELECT handle FROM identity";
        let mut statement = self.conn().prepare(sql)?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Copies the whole ledger into a new file at `path`, as of this moment.
    pub fn copy_into(&self, path: &std::path::Path) -> Result<(), LedgerError> {
        self.conn().execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }
}

fn known(conn: &Connection) -> Result<Known, LedgerError> {
    Ok(Known {
        seq: super::head_seq(conn)?,
        at: conn
            .query_row("SELECT at_ms FROM fact ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .optional()?
            .unwrap_or_default(),
        kept_in: rows(
            conn,
            "SELECT substr(subject, 7) FROM standing WHERE lost_since_ms IS NOT NULL AND subject GLOB 'asset/*'
             UNION SELECT substr(subject, 7) FROM job WHERE blocks = 1 AND subject GLOB 'asset/*'",
            |row| row.get(0),
        )?
        .into_iter()
        .collect(),
        pieces: pieces(conn)?,
        registered: registered(conn)?,
        tags: tags(conn)?,
        badges: rows(conn, "SELECT code, person FROM badge", |row| Ok((row.get(0)?, row.get(1)?)))?
            .into_iter()
            .collect(),
        people: people(conn)?,
    })
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LedgerError> {
    Ok(conn.prepare(sql)?.query_map(params![], read)?.collect::<Result<_, _>>()?)
}

fn registered(conn: &Connection) -> Result<BTreeMap<Subject, Body>, LedgerError> {
    let sql = "SELECT subject, kind, body FROM fact WHERE kind IN ('asset-registered', 'kit-registered',
               'stock-registered', 'room-registered', 'production-registered', 'booking-made', 'booking-cancelled',
               'person-enrolled') AND id NOT IN (SELECT j.value FROM fact a, json_each(a.body, '$.facts') j
               WHERE a.kind = 'annulled') ORDER BY hlc, origin, origin_seq";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    let mut registered = BTreeMap::new();
    for (subject, kind, body) in rows(conn, sql, read)? {
        match body_of(&kind, &body)? {
            Body::BookingCancelled(_) => registered.remove(&subject),
            body => registered.insert(subject, body),
        };
    }
    Ok(registered)
}

fn pieces(conn: &Connection) -> Result<BTreeMap<StockId, Pieces>, LedgerError> {
    let mut pieces = BTreeMap::new();
    for id in rows(conn, "SELECT id FROM stock", |row| row.get::<_, StockId>(0))? {
        let Some((_, shelf)) = load_plan::shelf(conn, &id)? else { continue };
        let mut used: BTreeMap<BookingId, u32> = BTreeMap::new();
        for lot in &shelf.lots {
            if let Some(booking) = &lot.booking {
                let had = used.entry(booking.clone()).or_default();
                *had = had.saturating_add(lot.count);
            }
        }
        let used = (shelf.use_ == StockUse::Consumed).then_some(used);
        pieces.insert(id, Pieces { count: shelf.count, used });
    }
    Ok(pieces)
}

fn tags(conn: &Connection) -> Result<BTreeMap<Code, BTreeSet<Subject>>, LedgerError> {
    let mut tags: BTreeMap<Code, BTreeSet<Subject>> = BTreeMap::new();
    for (code, thing) in rows(conn, "SELECT code, thing FROM tag", |row| Ok((row.get(0)?, row.get(1)?)))? {
        tags.entry(code).or_default().insert(thing);
    }
    Ok(tags)
}

fn people(conn: &Connection) -> Result<BTreeMap<PersonHandle, Identity>, LedgerError> {
    let badges = "SELECT code FROM badge WHERE person = ?1 ORDER BY code";
    let mut badges = conn.prepare(badges)?;
    let read = |row: &Row<'_>| {
        Ok(Identity {
            person: row.get(0)?,
            handle: row.get(1)?,
            name: row.get(2)?,
            email: row.get(3)?,
            phone: row.get(4)?,
            badges: Vec::new(),
        })
    };
    let mut people = BTreeMap::new();
    for mut identity in rows(conn, "SELECT person, handle, name, email, phone FROM identity", read)? {
        identity.badges =
            badges.query_map([&identity.person], |row| row.get(0))?.collect::<Result<_, _>>()?;
        people.insert(identity.handle.clone(), identity);
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::{Annulled, BookingCancelled, BookingMade, NewFact};
    use crate::domain::id::StationId;
    use crate::ledger::append::Occasion;
    use crate::time::{MonoMs, Now, UtcMs};

    fn say(ledger: &mut Ledger, scan_id: &str, body: Body) -> NewFact {
        let fact = NewFact { subject: Subject::parse("booking/b-1").unwrap(), actor: None, body };
        let now = Now { mono: MonoMs(0), utc: UtcMs(0), trusted: true };
        let station = StationId::parse("control").unwrap();
        let occasion = Occasion { scan_id, station: &station, now: &now };
        ledger.append(&occasion, 0, vec![fact.clone()]).unwrap();
        fact
    }

    #[test]
    fn a_cancelled_booking_is_not_known_until_it_is_made_again_or_the_cancelling_is_taken_back() {
        let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
        let plan =
            r#"{"starts":"2026-11-23T08:00:00.000Z","ends":"2026-11-23T18:00:00.000Z","status":"hold"}"#;
        let made = Body::BookingMade(serde_json::from_str::<BookingMade>(plan).unwrap());
        let made = say(&mut ledger, "s1", made);
        assert!(ledger.says(&made).unwrap());
        say(&mut ledger, "s2", Body::BookingCancelled(BookingCancelled {}));
        assert!(ledger.known().unwrap().registered.is_empty());
        assert!(!ledger.says(&made).unwrap(), "it has to be said again");
        say(&mut ledger, "s3", Body::Annulled(Annulled { facts: vec!["s2.0".into()], reader: None }));
        assert_eq!(ledger.known().unwrap().registered.len(), 1);
    }
}
