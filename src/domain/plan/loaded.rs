//! Everything that the decision about a booking looks at.

use std::collections::{BTreeMap, BTreeSet};

use super::pool::Shelf;
use super::{Claim, Pool, Resource};
use crate::domain::fact::BookingMade;
use crate::domain::id::{BookingId, ModelId, StockId};
use crate::time::UtcMs;

/// What was loaded for one booking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookingLoaded {
    /// The booking as it stands.
    pub old: Option<BookingMade>,
    /// The other bookings of the series that it is part of or begins, by when they begin.
    pub series: Vec<(BookingId, BookingMade)>,
    /// How many things are out for it and for those of its series, where any are.
    pub out: BTreeMap<BookingId, usize>,
    /// Ids of occurrences that are bookings of something else.
    pub foreign: BTreeSet<BookingId>,
    /// What people call its production.
    pub production_title: Option<String>,
    /// The rooms, assets, kits and people that it names. What is not here is not known.
    pub things: BTreeMap<Resource, Thing>,
    /// The models that it names, and those of the assets that it names.
    pub models: BTreeMap<ModelId, Pool>,
    /// The stocks that it names.
    pub stocks: BTreeMap<StockId, (Pool, Shelf)>,
    /// What is named and not known, as `asset/cam-1` and its like, and the nearest name that is.
    pub unknown: BTreeMap<String, Option<String>>,
}

impl BookingLoaded {
    /// The same without what these bookings take: they are to be made afresh.
    pub fn without(&self, bookings: &BTreeSet<BookingId>) -> Self {
        let mut rest = self.clone();
        let stays = |claims: &mut Vec<Claim>| claims.retain(|claim| !bookings.contains(&claim.booking));
        for thing in rest.things.values_mut() {
            stays(&mut thing.part.claims);
            let around = thing.members.iter_mut().chain(&mut thing.cases).chain(&mut thing.others);
            around.for_each(|part| stays(&mut part.claims));
        }
        let stocks = rest.stocks.values_mut().map(|(pool, _)| pool);
        for pool in rest.models.values_mut().chain(stocks) {
            stays(&mut pool.claims);
            pool.units.iter_mut().for_each(|unit| stays(&mut unit.claims));
        }
        rest
    }
}

/// Something that a booking names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// It.
    pub part: Part,
    /// The model of an asset.
    pub model: Option<ModelId>,
    /// What belongs in it: the members of a kit and of the kits that travel in it, and those kits.
    pub members: Vec<Part>,
    /// The kits it belongs in, at any depth.
    pub cases: Vec<Part>,
    /// What could be had instead: the other loose units of its model, the other rooms.
    pub others: Vec<Part>,
}

/// One thing, and who wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub resource: Resource,
    /// What people call it.
    pub name: String,
    /// Why it cannot be had at all: retired, not for loan, lost, in maintenance.
    pub unavailable: Option<String>,
    /// Where it is out.
    pub out: Option<Out>,
    /// Bookings that name it, earliest first.
    pub claims: Vec<Claim>,
}

/// Something is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Out {
    /// What people call whoever has it.
    pub to: Option<String>,
    /// When it is due; without a due time nobody knows.
    pub until: Option<UtcMs>,
    /// The booking it is out for.
    pub booking: Option<BookingId>,
}
