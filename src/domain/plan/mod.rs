//! The plan: who has promised what to whom, when, and what is left. Facility and project share it.

use super::id::{AssetId, BookingId, KitId, ModelId, PersonId, ProductionId, RoomId, StockId};
use super::verdict::Promise;
use crate::time::UtcMs;

pub mod book;
pub mod clash;
pub mod conflict;
pub mod hours;
pub mod loaded;
pub mod pool;
pub mod recur;
pub mod sense;
pub mod wall;

/// Something that a booking can take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// One thing with its own label.
    Asset(AssetId),
    /// A case and all that belongs in it.
    Kit(KitId),
    /// Any so many units of a model.
    Model(ModelId),
    /// So many pieces of a stock.
    Stock(StockId),
    /// A room.
    Room(RoomId),
    /// Somebody's time.
    Person(PersonId),
}

impl Resource {
    /// Reads `asset/cam-1` and its like.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        Some(match kind {
            "asset" => Self::Asset(AssetId::parse(id).ok()?),
            "kit" => Self::Kit(KitId::parse(id).ok()?),
            "model" => Self::Model(ModelId::parse(id).ok()?),
            "stock" => Self::Stock(StockId::parse(id).ok()?),
            "room" => Self::Room(RoomId::parse(id).ok()?),
            "person" => Self::Person(PersonId::parse(id).ok()?),
            _ => return None,
        })
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asset(id) => write!(f, "asset/{id}"),
            Self::Kit(id) => write!(f, "kit/{id}"),
            Self::Model(id) => write!(f, "model/{id}"),
            Self::Stock(id) => write!(f, "stock/{id}"),
            Self::Room(id) => write!(f, "room/{id}"),
            Self::Person(id) => write!(f, "person/{id}"),
        }
    }
}

/// A booking takes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How many, of a model or a stock; else 1.
    pub count: u32,
    /// The booking.
    pub booking: BookingId,
    /// What people call what it is for: the title of the booking or its production, else the client, else its id.
    pub title: String,
    /// The production it is for.
    pub production: Option<ProductionId>,
    /// Whom it concerns: who answers for it and who works on it.
    pub people: Vec<PersonId>,
    /// When the booking begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
    /// From when the thing is taken: time to prepare counts.
    pub from: UtcMs,
    /// Until when it is taken: time to clean up counts.
    pub until: UtcMs,
    /// It is promised and not only held.
    pub confirmed: bool,
}

impl Claim {
    /// What it is for where people are not to be named: the id of its production, else its own.
    pub fn told(&self) -> &str {
        self.production.as_ref().map_or(self.booking.as_str(), ProductionId::as_str)
    }

    /// Whether it takes the thing at some moment of `from..until`.
    pub fn meets(&self, from: UtcMs, until: UtcMs) -> bool {
        self.from < until && from < self.until
    }

    /// The same, as it is said to others.
    pub fn promise(&self) -> Promise {
        Promise {
            booking: self.booking.clone(),
            title: self.title.clone(),
            told: self.told().to_owned(),
            from: self.from,
            until: self.until,
        }
    }
}

/// A model or a stock: its units and who has been promised some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The model or stock.
    pub resource: Resource,
    /// What people call it.
    pub name: String,
    /// Bookings that name so many of it, earliest first.
    pub claims: Vec<Claim>,
    /// The units of a model that are in service and belong in no kit.
    pub units: Vec<Unit>,
}

/// A unit of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The asset.
    pub asset: AssetId,
    /// What people call it.
    pub name: String,
    /// Out until this moment; `None` while it is here. Without a due time it is out for ever.
    pub out_until: Option<UtcMs>,
    /// The booking for which it is out.
    pub booking: Option<BookingId>,
    /// Bookings that name this very unit.
    pub claims: Vec<Claim>,
}
