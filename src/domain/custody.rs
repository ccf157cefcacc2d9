//! Custody: who holds a thing, folded from its movements.

use super::fact::{Body, Fact, Movement};
use super::id::{BookingId, KitId, PersonId, ProductionId, RoomId, StationId};
use crate::time::UtcMs;

/// The movements that change custody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveKind {
    /// It left.
    CheckedOut,
    /// It came back.
    Returned,
    /// It went to another person.
    HandedOver,
    /// It stays out longer.
    Extended,
}

impl MoveKind {
    /// The kind of the fact.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckedOut => "checked-out",
            Self::Returned => "returned",
            Self::HandedOver => "handed-over",
            Self::Extended => "extended",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::CheckedOut, Self::Returned, Self::HandedOver, Self::Extended];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

/// The movement that made the present custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMove {
    /// The fact.
    pub fact: String,
    /// What it was.
    pub kind: MoveKind,
    /// Where.
    pub station: Option<StationId>,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// When.
    pub at: UtcMs,
}

impl LastMove {
    /// The movement of that kind that a fact is.
    pub fn of(kind: MoveKind, fact: &Fact) -> Self {
        Self {
            fact: fact.id.clone(),
            kind,
            station: fact.station.clone(),
            actor: fact.actor.clone(),
            at: fact.at,
        }
    }
}

/// Who holds a thing that has moved at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// Whether it is out.
    pub out: bool,
    /// Who has it, where a badge said so.
    pub person: Option<PersonId>,
    /// What it is out for.
    pub production: Option<ProductionId>,
    /// The booking it is out for.
    pub booking: Option<BookingId>,
    /// The room it went to.
    pub room: Option<RoomId>,
    /// When it is to be back.
    pub due: Option<UtcMs>,
    /// Since when it is where it is.
    pub since: UtcMs,
    /// The kit it went out with.
    pub kit: Option<KitId>,
    /// The movement that made this.
    pub last: LastMove,
}

impl Custody {
    /// The custody that a fact makes, or `None` for a fact that does not change who holds a thing.
    ///
    /// What was entered later counts from when it happened.
    pub fn made_by(fact: &Fact) -> Option<Self> {
        let (kind, movement) = match &fact.body {
            Body::CheckedOut(movement) => (MoveKind::CheckedOut, movement),
            Body::HandedOver(movement) => (MoveKind::HandedOver, movement),
            Body::Returned(movement) => (MoveKind::Returned, movement),
            _ => return None,
        };
        let last = LastMove::of(kind, fact);
        let since = movement.happened.unwrap_or(fact.at);
        Some(if kind == MoveKind::Returned {
            Self::home(since, last)
        } else {
            Self::held(since, movement, last)
        })
    }

    fn home(since: UtcMs, last: LastMove) -> Self {
        Self {
            out: false,
            person: None,
            production: None,
            booking: None,
            room: None,
            due: None,
            since,
            kit: None,
            last,
        }
    }

    fn held(since: UtcMs, movement: &Movement, last: LastMove) -> Self {
        Self {
            out: true,
            person: movement.person.clone(),
            production: movement.production.clone(),
            booking: movement.booking.clone(),
            room: movement.room.clone(),
            due: movement.due,
            since,
            kit: movement.kit.clone(),
            last,
        }
    }
}
