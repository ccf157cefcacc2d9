//! Counting what is promised of a model or a stock, at every moment of a span.
//!
//! What is wanted of a model grows only where a booking begins to take, so it is enough to count at the beginning of
//! the span and there.

use super::{Claim, Pool, Unit};
use crate::domain::fact::StockUse;
use crate::domain::id::{AssetId, BookingId};
use crate::time::UtcMs;

/// There are too few at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The first such moment of the span.
    pub at: UtcMs,
    /// What other bookings still need then, besides what they have out.
    pub promised: u32,
    /// What is there for them then, without what is to leave.
    pub left: u32,
    /// The first of the bookings that still need some then.
    pub first: Claim,
}

/// What is counted on of a thing that should have been back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overdue {
    /// At the door: what is not here cannot be given to the next one.
    Away,
    /// When planning: it will be back before a booking begins.
    Back,
}

impl Overdue {
    fn is_back(self, out_until: UtcMs, at: UtcMs, now: UtcMs) -> bool {
        let overdue = out_until <= now;
        out_until <= at && (!overdue || self == Self::Back && at > now)
    }
}

/// Whether taking `without`, a unit of the model, from `from` until `until` leaves too few for the confirmed bookings
/// of others at some moment.
///
/// The span is the time for which the unit would otherwise be here. `own` is the booking it is taken for. Without a
/// unit it is said whether there are too few as it is. What is overdue counts as away.
pub fn shortage(
    pool: &Pool,
    without: Option<&AssetId>,
    span: (UtcMs, UtcMs),
    own: Option<&BookingId>,
    now: UtcMs,
) -> Option<Short> {
    let count = Count { pool, own, named: without.as_slice(), now, overdue: Overdue::Away };
    let unit = without.and_then(|id| pool.units.iter().find(|unit| unit.asset == *id));
    if without.is_some() && unit.is_none() {
        return None;
    }
    let named_by_other = |at: UtcMs| {
        unit.is_some_and(|unit| unit.claims.iter().any(|claim| is_others(claim, own) && active(claim, at)))
    };
    count
        .moments(span)
        .into_iter()
        .filter(|at| !named_by_other(*at))
        .find_map(|at| count.at(at, 0).filter(|tally| tally.lacks).and_then(|tally| tally.short(at)))
}

/// Whether `wanted` units of the model besides those `named` one by one can be promised for a span; `None` if so.
///
/// Units out for `own` count towards what it wants. What is overdue will be back.
pub fn too_few(
    pool: &Pool,
    wanted: u32,
    named: &[&AssetId],
    span: (UtcMs, UtcMs),
    own: Option<&BookingId>,
    now: UtcMs,
) -> Option<TooFew> {
    let count = Count { pool, own, named, now, overdue: Overdue::Back };
    let has = pool.units.iter().filter(|unit| out_for(unit, own) && !named.contains(&&unit.asset)).count();
    let has = u32::try_from(has).unwrap_or(u32::MAX);
    let found =
        |at: UtcMs| Some((at, count.at(at, wanted.saturating_sub(has))?)).filter(|(_, tally)| tally.lacks);
    let (at, tally) = count.moments(span).into_iter().find_map(found)?;
    Some(TooFew {
        at,
        left: tally.left.saturating_sub(tally.promised).saturating_add(has),
        of: u32::try_from(pool.units.len()).unwrap_or(u32::MAX),
        promised_to: titles(&tally.claims),
    })
}

/// Too few can be promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooFew {
    /// The first moment at which there are too few.
    pub at: UtcMs,
    /// So many can be had then.
    pub left: u32,
    /// Of so many.
    pub of: u32,
    /// What people call the bookings that have the others.
    pub promised_to: Vec<String>,
}

/// Names that a sentence bears.
const TITLES_MAX: usize = 5;

fn titles(claims: &[&Claim]) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    for claim in claims {
        if titles.len() < TITLES_MAX && !titles.contains(&claim.title) {
            titles.push(claim.title.clone());
        }
    }
    titles
}

fn active(claim: &Claim, at: UtcMs) -> bool {
    claim.from <= at && at < claim.until
}

fn is_others(claim: &Claim, own: Option<&BookingId>) -> bool {
    claim.confirmed && Some(&claim.booking) != own
}

/// Whether a booking that wants so many of the model has this one out for that: what it names as well is extra.
fn out_for(unit: &Unit, booking: Option<&BookingId>) -> bool {
    let is_out = unit.out_until.is_some() && unit.booking.is_some() && unit.booking.as_ref() == booking;
    is_out && !unit.claims.iter().any(|claim| Some(&claim.booking) == booking)
}

/// The moments of a span at which a count can get worse.
fn moments<'a>(span: (UtcMs, UtcMs), claims: impl Iterator<Item = &'a Claim>) -> Vec<UtcMs> {
    let (from, until) = span;
    let begin = claims.map(|claim| claim.from).filter(|at| from < *at && *at < until);
    let mut moments: Vec<UtcMs> = std::iter::once(from).filter(|from| *from < until).chain(begin).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// Counting the units of a model.
struct Count<'a> {
    pool: &'a Pool,
    own: Option<&'a BookingId>,
    named: &'a [&'a AssetId],
    now: UtcMs,
    overdue: Overdue,
}

/// What is promised and left at a moment.
struct Tally<'a> {
    promised: u32,
    left: u32,
    lacks: bool,
    claims: Vec<&'a Claim>,
    first: Option<&'a Claim>,
}

impl Tally<'_> {
    fn short(&self, at: UtcMs) -> Option<Short> {
        let first = self.first?.clone();
        Some(Short { at, promised: self.promised, left: self.left, first })
    }
}

impl<'a> Count<'a> {
    fn moments(&self, span: (UtcMs, UtcMs)) -> Vec<UtcMs> {
        let of_units = self.pool.units.iter().flat_map(|unit| &unit.claims);
        moments(span, self.pool.claims.iter().chain(of_units).filter(|claim| is_others(claim, self.own)))
    }

    fn at(&self, at: UtcMs, wanted: u32) -> Option<Tally<'a>> {
        let pool = self.pool;
        let mut claims: Vec<&Claim> =
            pool.claims.iter().filter(|claim| is_others(claim, self.own) && active(claim, at)).collect();
        claims.sort_by_key(|claim| claim.from);
        let needs = |claim: &Claim| {
            let has = pool.units.iter().filter(|unit| out_for(unit, Some(&claim.booking))).count();
            claim.count.saturating_sub(u32::try_from(has).unwrap_or(u32::MAX))
        };
        let promised = claims.iter().fold(0u32, |sum, claim| sum.saturating_add(needs(claim)));
        let left = pool.units.iter().filter(|unit| self.is_there(unit, at, &claims)).count();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        let first = claims.iter().find(|claim| needs(claim) > 0).copied();
        let named = pool.units.iter().flat_map(|unit| &unit.claims);
        claims.extend(named.filter(|claim| is_others(claim, self.own) && active(claim, at)));
        let lacks = promised.saturating_add(wanted) > left;
        Some(Tally { promised, left, lacks, claims, first })
    }

    fn is_there(&self, unit: &Unit, at: UtcMs, claims: &[&Claim]) -> bool {
        let back = unit.out_until.is_none_or(|until| self.overdue.is_back(until, at, self.now));
        // What is out for a booking that counts it among its own is not there for others as well.
        let counted = claims.iter().any(|claim| out_for(unit, Some(&claim.booking)));
        let own = self.overdue == Overdue::Back && out_for(unit, self.own);
        let named = unit.claims.iter().any(|claim| is_others(claim, self.own) && active(claim, at));
        back && !counted && !own && !named && !self.named.contains(&&unit.asset)
    }
}

/// The pieces of a stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Pieces the studio has: of what is consumed, those that are left.
    pub count: u32,
    /// Whether they come back.
    pub use_: StockUse,
    /// Those that are out; of what is consumed, those that bookings have had already.
    pub lots: Vec<Lot>,
}

/// Pieces that are out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// How many.
    pub count: u32,
    /// The booking they are out for.
    pub booking: Option<BookingId>,
    /// Until when; the end of time where nothing was said.
    pub until: UtcMs,
}

/// Whether taking `wanted` pieces for a span leaves too few for the confirmed bookings of others at some moment.
///
/// `wanted` leaves besides what `own` has out. What is overdue counts as away. What is consumed does not come
/// back: then every booking to come counts, whenever it is.
pub fn stock_shortage(
    pool: &Pool,
    shelf: &Shelf,
    wanted: u32,
    span: (UtcMs, UtcMs),
    own: Option<&BookingId>,
    now: UtcMs,
) -> Option<Short> {
    let pieces = Pieces { pool, shelf, own, now, overdue: Overdue::Away };
    // What the booking has had already is no part of what leaves now.
    let (at, tally) = pieces.lacking(wanted.saturating_add(pieces.had_by(own)), span)?;
    tally.short(at)
}

/// Whether `wanted` pieces can be promised for a span; `None` if so. What is overdue will be back.
pub fn stock_too_few(
    pool: &Pool,
    shelf: &Shelf,
    wanted: u32,
    span: (UtcMs, UtcMs),
    own: Option<&BookingId>,
    now: UtcMs,
) -> Option<TooFew> {
    let pieces = Pieces { pool, shelf, own, now, overdue: Overdue::Back };
    let (at, tally) = pieces.lacking(wanted, span)?;
    // `left` is what is left for others besides what is wanted; here it is what could be had.
    let free = pieces.at(at, 0);
    Some(TooFew {
        at,
        left: free.left.saturating_sub(free.promised).saturating_add(pieces.had_by(own)),
        of: shelf.count,
        promised_to: titles(&tally.claims),
    })
}

/// Counting the pieces of a stock.
struct Pieces<'a> {
    pool: &'a Pool,
    shelf: &'a Shelf,
    own: Option<&'a BookingId>,
    now: UtcMs,
    overdue: Overdue,
}

impl<'a> Pieces<'a> {
    fn consumed(&self) -> bool {
        self.shelf.use_ == StockUse::Consumed
    }

    fn lacking(&self, wanted: u32, span: (UtcMs, UtcMs)) -> Option<(UtcMs, Tally<'a>)> {
        let until = if self.consumed() { UtcMs(i64::MAX) } else { span.1 };
        let others = self.pool.claims.iter().filter(|claim| is_others(claim, self.own));
        let mut moments = moments((span.0, until), others);
        if self.consumed() {
            // What is taken never comes back, so the last moment is the worst.
            moments.drain(..moments.len().saturating_sub(1));
        }
        moments.into_iter().map(|at| (at, self.at(at, wanted))).find(|(_, tally)| tally.lacks)
    }

    fn had_by(&self, booking: Option<&BookingId>) -> u32 {
        let lots = self.shelf.lots.iter().filter(|lot| booking.is_some() && lot.booking.as_ref() == booking);
        lots.fold(0, |sum, lot| sum.saturating_add(lot.count))
    }

    fn at(&self, at: UtcMs, wanted: u32) -> Tally<'a> {
        let takes = |claim: &&Claim| {
            let over = !self.consumed() && at >= claim.until || self.consumed() && claim.until <= self.now;
            is_others(claim, self.own) && claim.from <= at && !over
        };
        let mut claims: Vec<&Claim> = self.pool.claims.iter().filter(takes).collect();
        claims.sort_by_key(|claim| claim.from);
        let needs = |claim: &Claim| claim.count.saturating_sub(self.had_by(Some(&claim.booking)));
        let promised = claims.iter().fold(0u32, |sum, claim| sum.saturating_add(needs(claim)));
        // A booking has what is out for it, also where that is due before the booking ends.
        let counted = |lot: &Lot| {
            lot.booking.is_some() && claims.iter().any(|claim| Some(&claim.booking) == lot.booking.as_ref())
        };
        let own = |lot: &Lot| lot.booking.is_some() && lot.booking.as_ref() == self.own;
        let away = |lot: &&Lot| counted(lot) || own(lot) || !self.overdue.is_back(lot.until, at, self.now);
        let away = if self.consumed() {
            0
        } else {
            self.shelf.lots.iter().filter(away).fold(0u32, |sum, lot| sum.saturating_add(lot.count))
        };
        let wanted = wanted.saturating_sub(self.had_by(self.own));
        let there = self.shelf.count.saturating_sub(away);
        let lacks = u64::from(promised) + u64::from(wanted) > u64::from(there);
        let first = claims.iter().find(|claim| needs(claim) > 0).copied();
        Tally { promised, left: there.saturating_sub(wanted), lacks, claims, first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ModelId, StockId};
    use crate::domain::plan::Resource;

    const NOW: UtcMs = UtcMs(1_000);
    const FOR_EVER: UtcMs = UtcMs(i64::MAX);

    fn model() -> Resource {
        Resource::Model(ModelId::parse("lav").unwrap())
    }

    fn booking(id: &str) -> BookingId {
        BookingId::parse(id).unwrap()
    }

    fn asset(id: &str) -> AssetId {
        AssetId::parse(id).unwrap()
    }

    fn claim(resource: Resource, id: &str, count: u32, (from, until): (i64, i64)) -> Claim {
        Claim {
            resource,
            count,
            booking: booking(id),
            title: id.to_owned(),
            production: None,
            people: Vec::new(),
            starts: UtcMs(from),
            ends: UtcMs(until),
            from: UtcMs(from),
            until: UtcMs(until),
            confirmed: true,
        }
    }

    fn pool(units: usize, claims: Vec<Claim>) -> Pool {
        let unit = |at: usize| Unit {
            asset: asset(&format!("lav-{at}")),
            name: format!("Lav {at}"),
            out_until: None,
            booking: None,
            claims: Vec::new(),
        };
        Pool { resource: model(), name: "Lav".into(), claims, units: (1..=units).map(unit).collect() }
    }

    fn leaves(pool: &Pool, unit: &str, until: i64, own: Option<&str>) -> Option<Short> {
        let own = own.map(booking);
        shortage(pool, Some(&asset(unit)), (NOW, UtcMs(until)), own.as_ref(), NOW)
    }

    #[test]
    fn a_free_unit_may_go_while_enough_stay_for_the_others() {
        let two_later = vec![claim(model(), "unit-b", 2, (5_000, 9_000))];
        assert_eq!(leaves(&pool(3, two_later.clone()), "lav-1", 20_000, None), None);
        let pool = pool(2, two_later);
        let short = leaves(&pool, "lav-1", 20_000, None).unwrap();
        assert_eq!((short.at, short.promised, short.left), (UtcMs(5_000), 2, 1));
        assert_eq!(short.first.booking, booking("unit-b"));
        assert_eq!(leaves(&pool, "lav-1", 5_000, None), None, "back when the other begins");
        assert_eq!(leaves(&pool, "lav-1", 20_000, Some("unit-b")), None, "it is for that very booking");
    }

    #[test]
    fn what_a_booking_has_out_is_no_longer_owed_to_it_and_not_there_for_another() {
        let mut pool = pool(3, vec![claim(model(), "unit-b", 2, (500, 9_000))]);
        let first = pool.units.first_mut().unwrap();
        (first.out_until, first.booking) = (Some(UtcMs(8_000)), Some(booking("unit-b")));
        assert_eq!(leaves(&pool, "lav-2", 20_000, None), None, "one is owed, one is left");
        let third = pool.units.get_mut(2).unwrap();
        third.out_until = Some(UtcMs(30_000));
        let short = leaves(&pool, "lav-2", 20_000, None).unwrap();
        assert_eq!((short.at, short.promised, short.left), (NOW, 1, 0));
        let named = claim(Resource::Asset(asset("lav-1")), "unit-b", 1, (500, 9_000));
        pool.units.first_mut().unwrap().claims.push(named);
        let short = leaves(&pool, "lav-2", 20_000, None).unwrap();
        assert_eq!(short.promised, 2, "what it names one by one is extra");
    }

    #[test]
    fn what_is_overdue_is_away_at_the_door_and_back_in_the_plan() {
        let mut pool = pool(2, vec![claim(model(), "unit-b", 1, (5_000, 9_000))]);
        pool.units.get_mut(1).unwrap().out_until = Some(UtcMs(900));
        assert_eq!(leaves(&pool, "lav-1", 20_000, None).unwrap().left, 0);
        let span = (UtcMs(5_000), UtcMs(6_000));
        assert_eq!(too_few(&pool, 1, &[], span, None, NOW), None);
        pool.units.get_mut(1).unwrap().out_until = Some(FOR_EVER);
        assert_eq!(too_few(&pool, 1, &[], span, None, NOW).unwrap().left, 0);
    }

    #[test]
    fn a_unit_that_is_named_by_another_booking_is_not_in_the_count() {
        let mut pool = pool(2, vec![claim(model(), "unit-b", 1, (5_000, 9_000))]);
        let named = claim(Resource::Asset(asset("lav-2")), "stills", 1, (6_000, 7_000));
        pool.units.get_mut(1).unwrap().claims.push(named);
        let short = leaves(&pool, "lav-1", 20_000, None).unwrap();
        assert_eq!((short.at, short.left), (UtcMs(6_000), 0));
        assert_eq!(
            leaves(&pool, "lav-2", 20_000, None),
            None,
            "for lav-2 that booking is the objection, not the count"
        );
        let few = too_few(&pool, 1, &[], (UtcMs(5_500), UtcMs(20_000)), None, NOW).unwrap();
        assert_eq!((few.at, few.left, few.of), (UtcMs(6_000), 0, 2));
        assert_eq!(few.promised_to, ["unit-b", "stills"]);
        let named = asset("lav-1");
        assert!(too_few(&pool, 0, &[&named], (UtcMs(5_500), UtcMs(5_600)), None, NOW).is_none());
        assert!(too_few(&pool, 0, &[&named], (UtcMs(5_500), UtcMs(6_600)), None, NOW).is_some());
    }

    #[test]
    fn every_moment_of_the_span_is_counted() {
        let claims = vec![
            claim(model(), "a", 1, (2_000, 4_000)),
            claim(model(), "b", 1, (4_000, 6_000)),
            claim(model(), "c", 1, (5_000, 7_000)),
        ];
        let wanted = |wanted, from, until| {
            too_few(&pool(3, claims.clone()), wanted, &[], (UtcMs(from), UtcMs(until)), None, NOW)
        };
        assert_eq!(wanted(2, 1_500, 5_000), None);
        assert_eq!(wanted(2, 1_500, 5_001).unwrap().at, UtcMs(5_000));
        assert_eq!(wanted(2, 6_000, 9_000), None);
        assert_eq!(wanted(3, 6_999, 9_000).unwrap().at, UtcMs(6_999));
        assert_eq!(wanted(3, 7_000, 9_000), None);
        assert_eq!(wanted(4, 7_000, 9_000).unwrap().left, 3);
    }

    #[test]
    fn pieces_that_are_lent_come_back_and_those_that_are_consumed_do_not() {
        let stock = || Resource::Stock(StockId::parse("tape").unwrap());
        let pool = Pool {
            resource: stock(),
            name: "Tape".into(),
            claims: vec![claim(stock(), "a", 6, (2_000, 4_000)), claim(stock(), "b", 3, (8_000, 9_000))],
            units: Vec::new(),
        };
        let lot = Lot { count: 2, booking: Some(booking("a")), until: UtcMs(4_000) };
        let mut shelf = Shelf { count: 10, use_: StockUse::Lent, lots: vec![lot] };
        let few = |shelf: &Shelf, wanted, from, until| {
            stock_too_few(&pool, shelf, wanted, (UtcMs(from), UtcMs(until)), None, NOW)
                .map(|few| (few.at.0, few.left))
        };
        assert_eq!(few(&shelf, 4, 1_500, 8_000), None, "two of the six are out already");
        assert_eq!(few(&shelf, 5, 1_500, 8_000), Some((2_000, 4)));
        assert_eq!(few(&shelf, 7, 4_000, 9_000), None);
        shelf.use_ = StockUse::Consumed;
        assert_eq!(few(&shelf, 3, 4_000, 4_500), None, "four and three are promised");
        assert_eq!(few(&shelf, 4, 4_000, 4_500), Some((8_000, 3)));
        let short = stock_shortage(&pool, &shelf, 4, (NOW, UtcMs(1_500)), None, NOW).unwrap();
        assert_eq!((short.promised, short.left, short.first.booking), (7, 6, booking("a")));
    }
}
