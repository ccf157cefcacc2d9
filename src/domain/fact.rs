//! Facts: what happened, appended and never edited. Their JSON is a promise (`tests/facts` holds every version).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::hlc::Hlc;
use super::id::{AssetId, BookingId, KitId, ModelId, PersonId, ProductionId, ReaderId, RoomId, StationId};
use super::person::Role;
use crate::time::UtcMs;

/// The version that facts are written with.
pub const FACT_VERSION: u32 = 1;

/// What a fact is about. Its projection is made from the facts of this subject alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One thing with its own label.
    Asset(AssetId),
    /// A case and its members.
    Kit(KitId),
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
}

impl Subject {
    /// Reads `asset/cam-1` and its like.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        Some(match kind {
            "asset" => Self::Asset(AssetId::parse(id).ok()?),
            "kit" => Self::Kit(KitId::parse(id).ok()?),
            "room" => Self::Room(RoomId::parse(id).ok()?),
            "production" => Self::Production(ProductionId::parse(id).ok()?),
            "booking" => Self::Booking(BookingId::parse(id).ok()?),
            "person" => Self::Person(PersonId::parse(id).ok()?),
            "tag" => Self::Tag(Code::canonical(id).ok()?),
            _ => return None,
        })
    }

    /// `asset`, `kit`, … : the first part of its text.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asset(_) => "asset",
            Self::Kit(_) => "kit",
            Self::Room(_) => "room",
            Self::Production(_) => "production",
            Self::Booking(_) => "booking",
            Self::Person(_) => "person",
            Self::Tag(_) => "tag",
        }
    }

    /// The id, or the code of a tag.
    pub fn id(&self) -> &str {
        match self {
            Self::Asset(id) => id.as_str(),
            Self::Kit(id) => id.as_str(),
            Self::Room(id) => id.as_str(),
            Self::Production(id) => id.as_str(),
            Self::Booking(id) => id.as_str(),
            Self::Person(id) => id.as_str(),
            Self::Tag(code) => code.as_str(),
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
    /// A room is known.
    RoomRegistered(RoomRegistered),
    /// A production is known.
    ProductionRegistered(ProductionRegistered),
    /// A booking stands.
    BookingMade(BookingMade),
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
    /// Facts of this subject are taken back.
    Annulled(Annulled),
}

impl Body {
    /// The kind in kebab-case, as in the topic `event/<kind>`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AssetRegistered(_) => "asset-registered",
            Self::KitRegistered(_) => "kit-registered",
            Self::RoomRegistered(_) => "room-registered",
            Self::ProductionRegistered(_) => "production-registered",
            Self::BookingMade(_) => "booking-made",
            Self::PersonEnrolled(_) => "person-enrolled",
            Self::TagAssigned(_) => "tag-assigned",
            Self::TagReleased(_) => "tag-released",
            Self::CheckedOut(_) => "checked-out",
            Self::Returned(_) => "returned",
            Self::HandedOver(_) => "handed-over",
            Self::Sighted(_) => "sighted",
            Self::Annulled(_) => "annulled",
        }
    }

    /// The movement, for facts that are one.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::CheckedOut(movement)
            | Self::Returned(movement)
            | Self::HandedOver(movement)
            | Self::Sighted(movement) => Some(movement),
            _ => None,
        }
    }
}

/// What is known of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetRegistered {
    /// What people call it.
    pub name: String,
    /// The sort of thing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// The studio's own grouping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The maker's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The room where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<RoomId>,
    /// The kit it is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// Price of a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_rate_cents: Option<i64>,
    /// Price of a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_rate_cents: Option<i64>,
    /// What a new one costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement_value_cents: Option<i64>,
}

/// What is known of a kit. Its members are the assets that name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitRegistered {
    /// What people call it.
    pub name: String,
}

/// What is known of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRegistered {
    /// What people call it.
    pub name: String,
    /// Price of an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour_rate_cents: Option<i64>,
}

/// What is known of a production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductionRegistered {
    /// What people call it.
    pub title: String,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// One of the six stages.
    pub stage: String,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_cents: Option<i64>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crew: Vec<PersonId>,
}

/// A number of a model or of a stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The model or stock.
    pub of: String,
    /// How many.
    pub count: u32,
}

/// A time span for rooms, assets, models or crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingMade {
    /// The production it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
    /// The client it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomId>,
    /// Assets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<AssetId>,
    /// So many of a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Quantity>,
    /// So many of a stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock: Vec<Quantity>,
    /// Who works.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crew: Vec<PersonId>,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends; gear taken for it is due then.
    pub ends: UtcMs,
    /// `hold` or `confirmed`.
    pub status: String,
}

/// What is known of a person without saying who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEnrolled {
    /// What they are in the studio.
    pub role: Role,
    /// After this moment they take nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<UtcMs>,
}

/// The thing a code is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagOf {
    /// The asset, kit, room, production or booking.
    pub thing: Subject,
}

/// Who took, brought or was seen with a thing, for what, until when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Who has it now; for a return, who brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Who had it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PersonId>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionId>,
    /// The booking it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// The room it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// When it is to be back; for a return, when it should have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<UtcMs>,
    /// The kit it moved with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// The device that read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
    /// The code that was read: a label, never a badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whose badge answered for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<PersonId>,
}

/// Facts that are taken back, by id. All are of the subject of this fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annulled {
    /// Ids of the facts.
    pub facts: Vec<String>,
    /// The device that read the UNDO card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
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

/// The station that facts of imports name: they make state, and no event.
pub const IMPORT_STATION: &str = "import";

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
