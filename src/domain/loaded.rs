//! Everything a decision needs, loaded before it: a closed set of values, so that no rule reaches for the database.

use std::collections::BTreeMap;

use super::code::{Card, Code, CodeFault};
use super::count::{CountedBefore, OpenCount};
use super::custody::Custody;
use super::fact::{Condition, Gear, Loan, StockUse, Subject};
use super::id::{
    AssetId, BookingId, KitId, ModelId, PersonId, ProductionId, ReaderId, RoomId, StationId, StockId,
};
use super::passing::Passing;
use super::person::Person;
use super::plan::pool::{Lot, Shelf};
use super::plan::{Claim, Pool};
use super::stay::Stay;
use super::way::Way;
use crate::time::UtcMs;

/// What was loaded for one scan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The scan.
    pub scan: String,
    /// The device that read it.
    pub reader: Option<ReaderId>,
    /// The code; `None` where it could be none.
    pub code: Option<Code>,
    /// Codes as read that were read together with it.
    pub also: Vec<String>,
    /// How many pieces, where the code of a stock says so.
    pub count: Option<u32>,
    /// What the code names.
    pub found: Found,
    /// What stands against the scanned thing going anywhere, and who wants it next.
    pub outlook: Outlook,
    /// Who has the session, where somebody has.
    pub holder: Option<Person>,
    /// Bookings of that person that are current.
    pub bookings: Vec<Booking>,
    /// The productions of the session, of its booking and of those bookings.
    pub productions: Vec<Production>,
    /// What the pending question is about.
    pub pending: Option<Found>,
    /// What stands against that.
    pub pending_outlook: Outlook,
    /// The one whose badge countersigned the pending question.
    pub countersigner: Option<Person>,
    /// What the last scan of the session moved or noted.
    pub last_scan: Option<LastScan>,
    /// The thing that the session scanned last: what a condition card is about.
    pub last_thing: Option<Found>,
    /// The booking that a card of this session named.
    pub booking: Option<Booking>,
    /// What is still out of what this session has brought some of back: by booking, or by person without one.
    pub still_out: Vec<StillOut>,
    /// The program started less than a minute ago and this thing has not been scanned since.
    pub first_since_start: bool,
    /// The last that the ledger knows of the scanned thing, where that is a sighting.
    pub sighting: Option<Sighted>,
    /// Counts that are open, the newest first.
    pub counts: Vec<OpenCount>,
    /// What open counts have come upon of the scanned things already.
    pub counted: Vec<CountedBefore>,
    /// The room in which the station is.
    pub room_here: Option<Room>,
    /// What passed, at a gate.
    pub passing: Option<Box<Passing>>,
    /// The room behind the door at which it was scanned; `None` where that is no door.
    pub behind_door: Option<Box<BehindDoor>>,
}

/// What a decision at the door of a room looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehindDoor {
    /// The room, by the id that the configuration names.
    pub id: RoomId,
    /// What people call it; `None` where it is not registered.
    pub name: Option<String>,
    /// Which way whoever asks goes, where that is known.
    pub way: Option<Way>,
    /// Bookings and holds that take the room, from now on, earliest first. Loaded for a badge.
    pub claims: Vec<Claim>,
    /// The crews of the productions that those are for.
    pub crews: BTreeMap<ProductionId, Vec<PersonId>>,
    /// The newest stay of the person anywhere.
    pub stay: Option<Stay>,
}

/// What stands against a thing leaving, and who wants it when it is back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Bookings that name the thing, its kit or its members, from now on, earliest first.
    pub claims: Vec<Claim>,
    /// The models of which it is a unit.
    pub pools: Vec<Pool>,
}

/// A thing that is out still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillOut {
    /// The asset, kit or stock.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// Who has it.
    pub person: Option<PersonId>,
    /// What people call them.
    pub person_name: Option<String>,
    /// Since when.
    pub since: UtcMs,
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Found {
    /// One thing with its own label.
    Asset(Box<Asset>),
    /// A case and its members.
    Kit(Box<Kit>),
    /// Counted things.
    Stock(Box<Stock>),
    /// A badge.
    Person(Person),
    /// A badge of somebody who is not enrolled any more.
    Nobody,
    /// A room.
    Room(Room),
    /// A production.
    Production(Production),
    /// A booking.
    Booking(Booking),
    /// A control card.
    Card(Card),
    /// Tags that were read together.
    Burst(Box<Burst>),
    /// A badge that is also a label.
    PersonOrThing(Person, Box<Found>),
    /// Several things at once, named.
    Ambiguous(Vec<String>),
    /// Nothing that is known.
    #[default]
    Unknown,
    /// It cannot be a code.
    Malformed(CodeFault),
}

/// Tags that were read together: a case through the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    /// The kit whose label was read, else the one most of whose members were.
    pub kit: Option<Kit>,
    /// Assets that were read and are not its members.
    pub strangers: Vec<Asset>,
    /// Kits whose labels were read as well and that do not travel in it.
    pub other_kits: Vec<Kit>,
    /// The members that were read.
    pub seen: Vec<AssetId>,
    /// Codes of which nothing is known.
    pub unknown: usize,
}

impl Burst {
    /// What moves: the kit, else the only asset that was read. `None` where it is several things or none.
    pub fn subject(&self) -> Option<Subject> {
        match (&self.kit, self.strangers.as_slice()) {
            (Some(kit), _) => Some(Subject::Kit(kit.id.clone())),
            (None, [only]) => Some(Subject::Asset(only.id.clone())),
            (None, _) => None,
        }
    }
}

/// What the rules look at in an asset, a kit or a stock besides who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether it leaves the studio.
    pub loan: Loan,
    /// Whoever may take it where it is restricted.
    pub restricted_to: Vec<PersonId>,
    /// What one must have been trained for to take it.
    pub certificate: Option<String>,
    /// It has been taken out of service.
    pub retired: bool,
    /// Whose it is, where the studio hired it.
    pub owner: Option<String>,
    /// When it goes back to its owner.
    pub owner_due: Option<UtcMs>,
    /// The state it is in.
    pub condition: Condition,
    /// The members that are missing, where a condition card or a roll-call said so.
    pub missing: Vec<AssetId>,
    /// It was given up at this moment.
    pub lost_since: Option<UtcMs>,
    /// A count did not find it at this moment.
    pub missing_since: Option<UtcMs>,
    /// Open maintenance jobs, oldest first.
    pub jobs: Vec<Job>,
    /// When the next inspection is due.
    pub inspection_due: Option<UtcMs>,
    /// It is wanted back.
    pub recall: Option<Recall>,
}

/// An open maintenance job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The fact that opened it.
    pub fact: String,
    /// Whether it keeps the thing in.
    pub blocks: bool,
    /// The condition that opened it.
    pub because: Option<Condition>,
    /// Since when.
    pub since: UtcMs,
}

/// A recall that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// When it is wanted.
    pub wanted_by: UtcMs,
    /// The production that wants it.
    pub wanted_for: Option<ProductionId>,
    /// What people call that production.
    pub title: Option<String>,
}

impl Recall {
    /// What people call the production that wants it; its id where it is not known.
    pub fn called(&self) -> Option<String> {
        self.title.clone().or_else(|| self.wanted_for.as_ref().map(ToString::to_string))
    }
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
    /// What people call that kit.
    pub kit_name: Option<String>,
    /// The sort of thing it is.
    pub model: Option<ModelId>,
    /// The studio's own grouping.
    pub category: Option<String>,
    /// The room where it belongs.
    pub home: Option<RoomId>,
    /// What people call that room.
    pub home_name: Option<String>,
    /// What the rules look at besides.
    pub standing: Standing,
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
    /// The case in which it travels.
    pub within: Option<KitId>,
    /// What people call that case.
    pub within_name: Option<String>,
    /// What the rules look at besides.
    pub standing: Standing,
    /// Who holds the case.
    pub custody: Option<Custody>,
    /// Who that person is.
    pub holder: Option<Person>,
    /// What belongs in it and in the kits that travel in it.
    pub members: Vec<Asset>,
    /// The kits that travel in it, at any depth; without members of their own here.
    pub inner: Vec<Kit>,
}

/// Counted things behind one shelf label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// Its id.
    pub id: StockId,
    /// What people call it.
    pub name: String,
    /// Whether pieces come back.
    pub use_: StockUse,
    /// Pieces the studio has: of what is consumed, those that are left.
    pub count: u32,
    /// Pieces that are out.
    pub out: u32,
    /// The same, by booking and due time; of what is consumed, those that bookings have had already.
    pub lots: Vec<Lot>,
    /// The room where the shelf is.
    pub home: Option<RoomId>,
}

impl Stock {
    /// The shelf as the plan counts it.
    pub fn shelf(&self) -> Shelf {
        Shelf { count: self.count, use_: self.use_, lots: self.lots.clone() }
    }

    /// Pieces on the shelf.
    pub fn available(&self) -> u32 {
        match self.use_ {
            StockUse::Lent => self.count.saturating_sub(self.out),
            StockUse::Consumed => self.count,
        }
    }
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
    /// One of the six stages.
    pub stage: String,
    /// Who works on it; nobody where the list has not been made.
    pub crew: Vec<PersonId>,
    /// What it may cost.
    pub budget_cents: Option<i64>,
    /// What gear and rooms have cost it until now. Loaded where it has a budget.
    pub spent_cents: i64,
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
    /// Who works on it.
    pub crew: Vec<PersonId>,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
    /// When everything in it is taken already, to be prepared.
    pub from: UtcMs,
    /// What it names.
    pub gear: Gear,
    /// The category of each model that it names, where its units have one.
    pub categories: BTreeMap<String, String>,
    /// What is out for it.
    pub taken: Vec<Taken>,
}

/// Something that is out for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The asset, kit or stock.
    pub subject: Subject,
    /// The model of which an asset is a unit: what belongs in a kit is none.
    pub model: Option<ModelId>,
    /// Pieces of a stock, else 1.
    pub count: u32,
}

/// What the last scan of a session moved or noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastScan {
    /// The scan.
    pub scan: String,
    /// Its facts that can be taken back, and what they are about.
    pub facts: Vec<(String, Subject)>,
    /// What people call the first of them.
    pub name: String,
    /// What people call a thing that has been moved again since, if there is one.
    pub touched: Option<String>,
}
