//! Facts: what happened, appended and never edited. Their JSON is a promise (`tests/facts` holds every version).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::hlc::Hlc;
use super::id::{AssetId, BookingId, CountId, KitId, PersonId, ProductionId, RoomId, StationId, StockId};
use crate::time::UtcMs;

mod counts;
mod doorway;
mod moves;
mod passed;
mod plan;
mod things;

pub use counts::{CountBegun, CountCancelled, CountEnded, CountedAs, Missed};
pub use doorway::Doorway;
pub use moves::{
    Annulled, Condition, ConditionNoted, Inspected, MaintenanceClosed, MaintenanceOpened, MarkedLost,
    Movement, RecallWithdrawn, Recalled,
};
pub use passed::Passed;
pub use plan::{BookingCancelled, BookingMade, CONFIRMED, Gear, HOLD, ProductionRegistered, Quantity};
pub use things::{
    AssetRegistered, KitRegistered, Loan, PersonEnrolled, RoomRegistered, StockCounted, StockRegistered,
    StockUse, TagOf,
};

/// The version that facts are written with.
pub const FACT_VERSION: u32 = 1;

/// What a fact is about. Its projection is made from the facts of this subject alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One thing with its own label.
    Asset(AssetId),
    /// A case and its members.
    Kit(KitId),
    /// Counted things behind one shelf label.
    Stock(StockId),
    /// A room.
    Room(RoomId),
    /// A production.
    Production(ProductionId),
    /// A booking.
    Booking(BookingId),
    /// A person.
    Person(PersonId),
    /// A code on anything.
    Tag(Code),
    /// A count.
    Count(CountId),
}

impl Subject {
    /// Reads `asset/cam-1` and its like.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        Some(match kind {
            "asset" => Self::Asset(AssetId::parse(id).ok()?),
            "kit" => Self::Kit(KitId::parse(id).ok()?),
            "stock" => Self::Stock(StockId::parse(id).ok()?),
            "room" => Self::Room(RoomId::parse(id).ok()?),
            "production" => Self::Production(ProductionId::parse(id).ok()?),
            "booking" => Self::Booking(BookingId::parse(id).ok()?),
            "person" => Self::Person(PersonId::parse(id).ok()?),
            "tag" => Self::Tag(Code::canonical(id).ok()?),
            "count" => Self::Count(CountId::parse(id).ok()?),
            _ => return None,
        })
    }

    /// `asset`, `kit`, … : the first part of its text.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asset(_) => "asset",
            Self::Kit(_) => "kit",
            Self::Stock(_) => "stock",
            Self::Room(_) => "room",
            Self::Production(_) => "production",
            Self::Booking(_) => "booking",
            Self::Person(_) => "person",
            Self::Tag(_) => "tag",
            Self::Count(_) => "count",
        }
    }

    /// The id, or the code of a tag.
    pub fn id(&self) -> &str {
        match self {
            Self::Asset(id) => id.as_str(),
            Self::Kit(id) => id.as_str(),
            Self::Stock(id) => id.as_str(),
            Self::Room(id) => id.as_str(),
            Self::Production(id) => id.as_str(),
            Self::Booking(id) => id.as_str(),
            Self::Person(id) => id.as_str(),
            Self::Tag(code) => code.as_str(),
            Self::Count(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind(), self.id())
    }
}

impl Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{text:?} names nothing: expected asset/…, kit/…, room/… or the like"
            ))
        })
    }
}

/// What happened, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "kebab-case")]
pub enum Body {
    /// An asset is known, or known better.
    AssetRegistered(AssetRegistered),
    /// A kit is known.
    KitRegistered(KitRegistered),
    /// A stock is known.
    StockRegistered(StockRegistered),
    /// A room is known.
    RoomRegistered(RoomRegistered),
    /// A production is known.
    ProductionRegistered(ProductionRegistered),
    /// A booking stands, as it says: also one that was moved or changed.
    BookingMade(BookingMade),
    /// A booking stands no longer.
    BookingCancelled(BookingCancelled),
    /// A person is known. Who it is stands elsewhere, erasable.
    PersonEnrolled(PersonEnrolled),
    /// A code is on this thing.
    TagAssigned(TagOf),
    /// A code is no longer on this thing.
    TagReleased(TagOf),
    /// A thing left.
    CheckedOut(Movement),
    /// A thing is back.
    Returned(Movement),
    /// A thing went from one person to another.
    HandedOver(Movement),
    /// A thing was seen here, and nothing about it changed.
    Sighted(Movement),
    /// A thing that is out stays out longer.
    Extended(Movement),
    /// So many pieces of a stock left.
    StockTaken(Movement),
    /// So many pieces of a stock are back.
    StockReturned(Movement),
    /// A stock was counted.
    StockCounted(StockCounted),
    /// A thing that is out is wanted back.
    Recalled(Recalled),
    /// It is wanted back no longer.
    RecallWithdrawn(RecallWithdrawn),
    /// What state a thing is in.
    ConditionNoted(ConditionNoted),
    /// A maintenance job on a thing.
    MaintenanceOpened(MaintenanceOpened),
    /// Maintenance jobs on a thing are done.
    MaintenanceClosed(MaintenanceClosed),
    /// A thing was inspected.
    Inspected(Inspected),
    /// A thing is given up; any movement or sighting finds it again.
    MarkedLost(MarkedLost),
    /// Facts of this subject are taken back.
    Annulled(Annulled),
    /// Somebody went into a room.
    PersonEntered(Doorway),
    /// Somebody went out of a room.
    PersonLeft(Doorway),
    /// A count began.
    CountBegun(CountBegun),
    /// A count ended.
    CountEnded(CountEnded),
    /// A count was dropped.
    CountCancelled(CountCancelled),
    /// A thing was expected in a count and not found.
    Missed(Missed),
    /// A thing passed a gate.
    Passed(Passed),
}

impl Body {
    /// The kind in kebab-case, as in the topic `event/<kind>`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AssetRegistered(_) => "asset-registered",
            Self::KitRegistered(_) => "kit-registered",
            Self::StockRegistered(_) => "stock-registered",
            Self::RoomRegistered(_) => "room-registered",
            Self::ProductionRegistered(_) => "production-registered",
            Self::BookingMade(_) => "booking-made",
            Self::BookingCancelled(_) => "booking-cancelled",
            Self::PersonEnrolled(_) => "person-enrolled",
            Self::TagAssigned(_) => "tag-assigned",
            Self::TagReleased(_) => "tag-released",
            Self::CheckedOut(_) => "checked-out",
            Self::Returned(_) => "returned",
            Self::HandedOver(_) => "handed-over",
            Self::Sighted(_) => "sighted",
            Self::Extended(_) => "extended",
            Self::StockTaken(_) => "stock-taken",
            Self::StockReturned(_) => "stock-returned",
            Self::StockCounted(_) => "stock-counted",
            Self::Recalled(_) => "recalled",
            Self::RecallWithdrawn(_) => "recall-withdrawn",
            Self::ConditionNoted(_) => "condition-noted",
            Self::MaintenanceOpened(_) => "maintenance-opened",
            Self::MaintenanceClosed(_) => "maintenance-closed",
            Self::Inspected(_) => "inspected",
            Self::MarkedLost(_) => "marked-lost",
            Self::Annulled(_) => "annulled",
            Self::PersonEntered(_) => "person-entered",
            Self::PersonLeft(_) => "person-left",
            Self::CountBegun(_) => "count-begun",
            Self::CountEnded(_) => "count-ended",
            Self::CountCancelled(_) => "count-cancelled",
            Self::Missed(_) => "missed",
            Self::Passed(_) => "passed",
        }
    }

    /// The movement, for facts that are one.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::CheckedOut(movement)
            | Self::Returned(movement)
            | Self::HandedOver(movement)
            | Self::Extended(movement)
            | Self::StockTaken(movement)
            | Self::StockReturned(movement)
            | Self::Sighted(movement) => Some(movement),
            _ => None,
        }
    }
}

/// What a decision adds: the ledger gives it its number, order and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFact {
    /// What it is about.
    pub subject: Subject,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// What happened.
    pub body: Body,
}

/// A fact in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its number in this ledger file.
    pub seq: i64,
    /// The scan and the index in it: the same again is *already there*.
    pub id: String,
    /// The scan, command or import that made it.
    pub scan_id: String,
    /// The epoch of the ledger file that wrote it.
    pub origin: String,
    /// Its number there, without gaps.
    pub origin_seq: i64,
    /// Its place in the order of all sites.
    pub hlc: Hlc,
    /// When it happened.
    pub at: UtcMs,
    /// Whether that time can be believed.
    pub clock_trusted: bool,
    /// Where it happened; `import` for what a file brought.
    pub station: Option<StationId>,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub body: Body,
}

/// The station that facts of commands name, which nobody scanned.
pub const CONTROL_STATION: &str = "control";

/// The station that facts of imports name: they make state, and no event.
pub const IMPORT_STATION: &str = "import";

/// The station that facts of bookings from a calendar name.
pub const CALENDAR_STATION: &str = "calendar";

impl Fact {
    /// The id under which consumers know its event.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.origin, self.origin_seq)
    }

    /// Whether it is told as an event: what a file brought is not.
    pub fn is_event(&self) -> bool {
        self.station.as_ref().is_none_or(|station| station.as_str() != IMPORT_STATION)
    }
}
