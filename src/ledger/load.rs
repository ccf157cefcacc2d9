//! Loading what a decision needs: a fixed number of queries for each kind of thing, inside the writing transaction.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::LedgerError;
use super::rows::{CUSTODY_COLUMNS, custody};
use crate::domain::code::{Code, Reserved};
use crate::domain::custody::Custody;
use crate::domain::fact::{Gear, Subject};
use crate::domain::id::{AssetId, BookingId, KitId, PersonId, ProductionId, ReaderId, RoomId};
use crate::domain::loaded::{
    Asset, Booking, Found, Kit, LastScan, Loaded, Outlook, Production, Room, Sighted, Standing,
};
use crate::domain::person::{Holding, Person, Role, Roles};
use crate::domain::session::Session;
use crate::time::UtcMs;

/// A member of a kit beyond this many is not loaded: a case holds dozens.
const KIT_MEMBERS_MAX: u32 = 500;

/// What was scanned, where the session stands, and when.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The scan.
    pub scan: &'a str,
    /// The device that read it.
    pub reader: Option<&'a ReaderId>,
    /// The code as read.
    pub payload: &'a str,
    /// The session, aged to `now`.
    pub session: &'a Session,
    /// The present.
    pub now: UtcMs,
    /// Scans with a higher number came after the start; `None` once the start is a minute ago.
    pub scans_at_start: Option<i64>,
}

/// Loads everything that the decision about one scan can look at.
pub fn load(conn: &Connection, question: &Question) -> Result<Loaded, LedgerError> {
    let session = question.session;
    let (code, found) = match Code::canonical(question.payload) {
        Ok(code) => (Some(code.clone()), identify(conn, &code)?),
        Err(fault) => (None, Found::Malformed(fault)),
    };
    let holder = session.person.as_ref().map(|id| person(conn, id)).transpose()?.flatten();
    let bookings_of = match &found {
        Found::Person(person) => Some(&person.id),
        _ => session.person.as_ref(),
    };
    let bookings = bookings_of.map(|id| current_bookings(conn, id, question.now)).transpose()?;
    let pending = session.pending.as_ref().map(|ask| identify(conn, &ask.code)).transpose()?;
    Ok(Loaded {
        scan: question.scan.to_owned(),
        reader: question.reader.cloned(),
        code,
        first_since_start: first_since_start(conn, &found, question.scans_at_start)?,
        sighting: sighting(conn, &found)?,
        found,
        holder,
        bookings: bookings.unwrap_or_default(),
        pending,
        count: None,
        also: Vec::new(),
        outlook: Outlook::default(),
        productions: Vec::new(),
        pending_outlook: Outlook::default(),
        countersigner: None,
        last_thing: None,
        learning: session.learned.clone(),
        still_out: Vec::new(),
        last_scan: session.scans.last().map(|scan| last_scan(conn, scan)).transpose()?,
        booking: session.booking.as_ref().map(|id| booking(conn, id)).transpose()?.flatten(),
    })
}

/// What a code names: a card, a badge, a label, an id; several; or nothing.
pub fn identify(conn: &Connection, code: &Code) -> Result<Found, LedgerError> {
    if let Some(reserved) = code.reserved() {
        return of_reserved(conn, reserved);
    }
    let badge = "SELECT person FROM badge WHERE code = ?1";
    let badge: Option<PersonId> =
        conn.prepare_cached(badge)?.query_row([code], |row| row.get(0)).optional()?;
    let mut statement = conn.prepare_cached("SELECT thing FROM tag WHERE code = ?1 ORDER BY thing")?;
    let things: Vec<Subject> = statement.query_map([code], |row| row.get(0))?.collect::<Result<_, _>>()?;
    match (badge, things.as_slice()) {
        (None, []) => of_id(conn, code),
        (Some(id), []) => Ok(person(conn, &id)?.map_or(Found::Unknown, Found::Person)),
        (None, [only]) => of_subject(conn, only),
        (badge, several) => {
            let person = badge.map(|id| format!("person/{id}"));
            Ok(Found::Ambiguous(several.iter().map(ToString::to_string).chain(person).collect()))
        }
    }
}

fn of_reserved(conn: &Connection, reserved: Reserved) -> Result<Found, LedgerError> {
    match reserved {
        Reserved::Card(card) => Ok(Found::Card(card)),
        Reserved::Production(id) => of_subject(conn, &Subject::Production(id)),
        Reserved::Booking(id) => of_subject(conn, &Subject::Booking(id)),
        Reserved::Room(id) => of_subject(conn, &Subject::Room(id)),
        Reserved::Nothing => Ok(Found::Unknown),
    }
}

/// Things answer to their id where no label says otherwise.
fn of_id(conn: &Connection, code: &Code) -> Result<Found, LedgerError> {
    let text = code.as_str().to_ascii_lowercase();
    let asset = AssetId::parse(&text).ok().map(|id| of_subject(conn, &Subject::Asset(id))).transpose()?;
    if let Some(found) = asset.filter(|found| *found != Found::Unknown) {
        return Ok(found);
    }
    KitId::parse(&text).map_or(Ok(Found::Unknown), |id| of_subject(conn, &Subject::Kit(id)))
}

fn of_subject(conn: &Connection, subject: &Subject) -> Result<Found, LedgerError> {
    let found = match subject {
        Subject::Asset(id) => asset(conn, id)?.map(|asset| Found::Asset(Box::new(asset))),
        Subject::Kit(id) => kit(conn, id)?.map(|kit| Found::Kit(Box::new(kit))),
        Subject::Room(id) => room(conn, id)?.map(Found::Room),
        Subject::Production(id) => production(conn, id)?.map(Found::Production),
        Subject::Booking(id) => booking(conn, id)?.map(Found::Booking),
        Subject::Person(id) => person(conn, id)?.map(Found::Person),
        Subject::Stock(_) | Subject::Tag(_) => None,
    };
    Ok(found.unwrap_or(Found::Unknown))
}

/// Loads an asset, who holds it and who that is.
pub fn asset(conn: &Connection, id: &AssetId) -> Result<Option<Asset>, LedgerError> {
    let sql = format!("{} WHERE a.id = ?1", asset_sql());
    Ok(conn.prepare_cached(&sql)?.query_row([id], asset_row).optional()?)
}

fn asset_sql() -> String {
    format!(
        "SELECT a.id, a.name, a.kit, {CUSTODY_COLUMNS}, p.role, p.active_until_ms, i.name
         FROM asset a LEFT JOIN custody c ON c.subject = 'asset/' || a.id
         LEFT JOIN person p ON p.id = c.person LEFT JOIN identity i ON i.person = c.person"
    )
}

fn asset_row(row: &Row<'_>) -> rusqlite::Result<Asset> {
    let custody = custody(row, 3)?;
    let holder = holder_row(row, custody.as_ref(), 16)?;
    Ok(Asset {
        id: row.get(0)?,
        name: row.get(1)?,
        kit: row.get(2)?,
        kit_name: None,
        model: None,
        category: None,
        home: None,
        home_name: None,
        standing: Standing::default(),
        custody,
        holder,
    })
}

fn holder_row(row: &Row<'_>, custody: Option<&Custody>, first: usize) -> rusqlite::Result<Option<Person>> {
    let Some(id) = custody.and_then(|custody| custody.person.clone()) else { return Ok(None) };
    let role: Option<String> = row.get(first)?;
    let role = role.and_then(|role| Role::parse(&role)).unwrap_or(Role::Crew);
    Ok(Some(Person {
        id,
        name: row.get(first + 2)?,
        roles: Roles::of(&[role]),
        active_until: row.get(first + 1)?,
        suspended: None,
        certificates: Vec::new(),
        holding: Holding::default(),
    }))
}

/// Loads a kit and its members.
pub fn kit(conn: &Connection, id: &KitId) -> Result<Option<Kit>, LedgerError> {
    let sql = format!(
        "SELECT k.id, k.name, {CUSTODY_COLUMNS}, p.role, p.active_until_ms, i.name
         FROM kit k LEFT JOIN custody c ON c.subject = 'kit/' || k.id
         LEFT JOIN person p ON p.id = c.person LEFT JOIN identity i ON i.person = c.person WHERE k.id = ?1"
    );
    let read = |row: &Row<'_>| {
        let custody = custody(row, 2)?;
        let holder = holder_row(row, custody.as_ref(), 15)?;
        Ok(Kit {
            id: row.get(0)?,
            name: row.get(1)?,
            within: None,
            within_name: None,
            standing: Standing::default(),
            custody,
            holder,
            members: Vec::new(),
            inner: Vec::new(),
        })
    };
    let Some(mut kit) = conn.prepare_cached(&sql)?.query_row([id], read).optional()? else { return Ok(None) };
    let sql = format!("{} WHERE a.kit = ?1 ORDER BY a.id LIMIT {KIT_MEMBERS_MAX}", asset_sql());
    kit.members = conn.prepare_cached(&sql)?.query_map([id], asset_row)?.collect::<Result<_, _>>()?;
    Ok(Some(kit))
}

fn room(conn: &Connection, id: &RoomId) -> Result<Option<Room>, LedgerError> {
    let read = |row: &Row<'_>| Ok(Room { id: row.get(0)?, name: row.get(1)? });
    Ok(conn.prepare_cached("SELECT id, name FROM room WHERE id = ?1")?.query_row([id], read).optional()?)
}

fn production(conn: &Connection, id: &ProductionId) -> Result<Option<Production>, LedgerError> {
    let read = |row: &Row<'_>| {
        Ok(Production {
            id: row.get(0)?,
            title: row.get(1)?,
            stage: row.get(2)?,
            crew: Vec::new(),
            budget_cents: None,
            spent_cents: 0,
        })
    };
    let sql = "SELECT id, title, stage FROM production WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id], read).optional()?)
}

const BOOKING_COLUMNS: &str = "b.id, b.production, b.person, b.starts_ms, b.ends_ms";

fn booking_row(row: &Row<'_>) -> rusqlite::Result<Booking> {
    Ok(Booking {
        id: row.get(0)?,
        production: row.get(1)?,
        person: row.get(2)?,
        starts: row.get(3)?,
        ends: row.get(4)?,
        from: row.get(3)?,
        gear: Gear::default(),
        categories: std::collections::BTreeMap::new(),
        taken: Vec::new(),
    })
}

fn booking(conn: &Connection, id: &BookingId) -> Result<Option<Booking>, LedgerError> {
    let sql = format!("SELECT {BOOKING_COLUMNS} FROM booking b WHERE b.id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], booking_row).optional()?)
}

/// Confirmed bookings that concern a person and whose time is now.
fn current_bookings(conn: &Connection, id: &PersonId, now: UtcMs) -> Result<Vec<Booking>, LedgerError> {
    let sql = format!(
        "SELECT {BOOKING_COLUMNS} FROM booking_person x JOIN booking b ON b.id = x.booking
         WHERE x.person = ?1 AND x.ends_ms > ?2 AND b.starts_ms <= ?2 AND b.status = 'confirmed' ORDER BY b.id"
    );
    Ok(conn.prepare_cached(&sql)?.query_map(params![id, now], booking_row)?.collect::<Result<_, _>>()?)
}

/// Loads a person.
pub fn person(conn: &Connection, id: &PersonId) -> Result<Option<Person>, LedgerError> {
    let sql = "SELECT p.id, i.name, p.role, p.active_until_ms FROM person p
               LEFT JOIN identity i ON i.person = p.id WHERE p.id = ?1";
    let read = |row: &Row<'_>| {
        let role: String = row.get(2)?;
        let role = Role::parse(&role).unwrap_or(Role::Crew);
        Ok(Person {
            id: row.get(0)?,
            name: row.get(1)?,
            roles: Roles::of(&[role]),
            active_until: row.get(3)?,
            suspended: None,
            certificates: Vec::new(),
            holding: Holding::default(),
        })
    };
    Ok(conn.prepare_cached(sql)?.query_row([id], read).optional()?)
}

/// What a scan moved, and whether any of it was moved again since.
fn last_scan(conn: &Connection, scan: &str) -> Result<LastScan, LedgerError> {
    let sql = "SELECT id, subject FROM fact
               WHERE scan_id = ?1 AND kind IN ('checked-out', 'returned', 'handed-over') ORDER BY seq";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let facts: Vec<(String, Subject)> =
        conn.prepare_cached(sql)?.query_map([scan], read)?.collect::<Result<_, _>>()?;
    let sql = "SELECT c.subject FROM fact f JOIN custody c ON c.subject = f.subject
               WHERE f.scan_id = ?1 AND f.kind IN ('checked-out', 'returned', 'handed-over')
               AND c.last_fact NOT IN (SELECT id FROM fact WHERE scan_id = ?1) LIMIT 1";
    let touched: Option<Subject> =
        conn.prepare_cached(sql)?.query_row([scan], |row| row.get(0)).optional()?;
    let touched = touched.map(|thing| name_of(conn, &thing)).transpose()?;
    let name = facts.first().map(|(_, thing)| name_of(conn, thing)).transpose()?.unwrap_or_default();
    Ok(LastScan { scan: scan.to_owned(), facts, name, touched })
}

/// What people call an asset or a kit; its id where it is not registered.
fn name_of(conn: &Connection, thing: &Subject) -> Result<String, LedgerError> {
    let sql = "SELECT name FROM asset WHERE 'asset' = ?1 AND id = ?2 UNION ALL
               SELECT name FROM kit WHERE 'kit' = ?1 AND id = ?2";
    let name =
        conn.prepare_cached(sql)?.query_row([thing.kind(), thing.id()], |row| row.get(0)).optional()?;
    Ok(name.unwrap_or_else(|| thing.id().to_owned()))
}

/// The newest fact about a thing, where it is a sighting.
fn sighting(conn: &Connection, found: &Found) -> Result<Option<Sighted>, LedgerError> {
    let Some(thing) = thing(found) else { return Ok(None) };
    let sql = "SELECT kind, station, actor, at_ms FROM fact WHERE subject = ?1
               ORDER BY hlc DESC, origin DESC, origin_seq DESC LIMIT 1";
    let read = |row: &Row<'_>| {
        let seen = Sighted { station: row.get(1)?, actor: row.get(2)?, at: row.get(3)? };
        Ok((row.get::<_, String>(0)?, seen))
    };
    let newest = conn.prepare_cached(sql)?.query_row([thing], read).optional()?;
    Ok(newest.filter(|(kind, _)| kind == "sighted").map(|(_, seen)| seen))
}

fn thing(found: &Found) -> Option<Subject> {
    match found {
        Found::Asset(asset) => Some(Subject::Asset(asset.id.clone())),
        Found::Kit(kit) => Some(Subject::Kit(kit.id.clone())),
        _ => None,
    }
}

fn first_since_start(
    conn: &Connection,
    found: &Found,
    scans_at_start: Option<i64>,
) -> Result<bool, LedgerError> {
    let (Some(thing), Some(start)) = (thing(found), scans_at_start) else { return Ok(false) };
    let sql = "SELECT EXISTS (SELECT 1 FROM scan WHERE thing = ?1 AND n > ?2)";
    Ok(!conn.prepare_cached(sql)?.query_row(params![thing, start], |row| row.get::<_, bool>(0))?)
}
