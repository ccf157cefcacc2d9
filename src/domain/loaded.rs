//! Everything a decision needs, loaded before it: a closed set of values, so that no rule reaches for the database.

use super::code::{Card, Code, CodeFault};
use super::custody::Custody;
use super::fact::Subject;
use super::id::{AssetId, BookingId, KitId, PersonId, ProductionId, ReaderId, RoomId, StationId};
use super::person::Person;
use crate::time::UtcMs;

/// What was loaded for one scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The scan.
    pub scan: String,
    /// The device that read it.
    pub reader: Option<ReaderId>,
    /// The code; `None` where it could be none.
    pub code: Option<Code>,
    /// What the code names.
    pub found: Found,
    /// Who has the session, where somebody has.
    pub holder: Option<Person>,
    /// Bookings of that person that are current.
    pub bookings: Vec<Booking>,
    /// What the pending question is about.
    pub pending: Option<Found>,
    /// What the last scan of the session moved.
    pub last_scan: Option<LastScan>,
    /// The booking that a card of this session named.
    pub booking: Option<Booking>,
    /// The program started less than a minute ago and this thing has not been scanned since.
    pub first_since_start: bool,
    /// The last that the ledger knows of the scanned thing, where that is a sighting.
    pub sighting: Option<Sighted>,
}

/// A thing was seen, and nothing has happened to it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// Where.
    pub station: Option<StationId>,
    /// Who had the session.
    pub actor: Option<PersonId>,
    /// When.
    pub at: UtcMs,
}

/// What a code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One thing with its own label.
    Asset(Asset),
    /// A case and its members.
    Kit(Kit),
    /// A badge.
    Person(Person),
    /// A room.
    Room(Room),
    /// A production.
    Production(Production),
    /// A booking.
    Booking(Booking),
    /// A control card.
    Card(Card),
    /// Several at once, named.
    Ambiguous(Vec<String>),
    /// Nothing that is known.
    Unknown,
    /// It cannot be a code.
    Malformed(CodeFault),
}

/// An asset and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// What people call it.
    pub name: String,
    /// The kit it is a member of.
    pub kit: Option<KitId>,
    /// Who holds it; `None` while it has never moved.
    pub custody: Option<Custody>,
    /// Who that person is.
    pub holder: Option<Person>,
}

/// A kit, who holds it, and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    /// Its id.
    pub id: KitId,
    /// What people call it.
    pub name: String,
    /// Who holds the case.
    pub custody: Option<Custody>,
    /// Who that person is.
    pub holder: Option<Person>,
    /// What belongs in it.
    pub members: Vec<Asset>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// What people call it.
    pub name: String,
}

/// A production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// Its id.
    pub id: ProductionId,
    /// What people call it.
    pub title: String,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// The production it is for.
    pub production: Option<ProductionId>,
    /// Who answers for it.
    pub person: Option<PersonId>,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
}

/// What the last scan of a session moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastScan {
    /// The scan.
    pub scan: String,
    /// Its facts that moved something, and what they moved.
    pub facts: Vec<(String, Subject)>,
    /// What people call the first of them.
    pub name: String,
    /// What people call a thing that has been moved again since, if there is one.
    pub touched: Option<String>,
}
