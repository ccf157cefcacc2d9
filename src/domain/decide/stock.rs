//! Counted things: one shelf label, and so many pieces at each scan.

use super::of_promise::{closed_at, next_open, of_others};
use super::purpose::Purpose;
use super::{Decision, Door, answer, back, of_person, of_production, what};
use crate::domain::fact::{Body, Movement, NewFact, StockUse, Subject};
use crate::domain::id::BookingId;
use crate::domain::loaded::{Standing, Stock};
use crate::domain::plan::pool::stock_shortage;
use crate::domain::session::{Lot, Mode, Question, Session};
use crate::domain::verdict::{Concern, Raised, Verdict, What};
use crate::domain::weigh::{Answered, Outcome, situations, weigh};
use crate::time::UtcMs;

use super::moves::Group;

/// A shelf label was scanned.
pub fn scanned(door: &Door, session: Session, stock: &Stock) -> Decision {
    let pieces = door.loaded.count.unwrap_or(1);
    let is_last = session.last_thing.as_ref() == Some(&Subject::Stock(stock.id.clone()));
    if door.loaded.first_since_start && is_last {
        return answer(session, Verdict::DuplicateScan { what: Some(named(stock)) });
    }
    match session.mode {
        Mode::Return => bring(door, session, stock, pieces),
        Mode::Extend => {
            let why = format!("Not for stock: {} is counted. Scan gear", stock.name);
            answer(session, Verdict::NoSense { why })
        }
        _ if session.person.is_none() && door.rules.person_required => {
            answer(session, Verdict::NoSession { what: stock.name.clone() })
        }
        _ => take(door, session, stock, pieces, None),
    }
}

fn named(stock: &Stock) -> What {
    what(&Subject::Stock(stock.id.clone()), &stock.name)
}

/// Sends pieces out, unless something stands against it that has not been answered.
pub fn take(
    door: &Door,
    session: Session,
    stock: &Stock,
    pieces: u32,
    answered: Option<&Answered>,
) -> Decision {
    let standing = Standing::default();
    let group = Group::of_stock(stock, &standing);
    let purpose = Purpose::or_none(door, &session, &group);
    let (raised, due) = raised(door, &session, stock, pieces, &group, &purpose);
    match weigh(&door.rules.house.policy, raised).outcome(answered) {
        Outcome::Refused { raised } => {
            answer(Session { pending: None, ..session }, Verdict::Refusal { what: named(stock), raised })
        }
        Outcome::Asks { raised, answerer } => {
            let session = door.ask(session, Question::AllTheSame, answerer, &situations(&raised));
            answer(session, Verdict::Objection { what: named(stock), raised, answerer })
        }
        Outcome::Goes { notices, confirmed } => {
            let overrides = situations(&confirmed);
            let confirmed_by =
                answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
            let movement = Movement { confirmed_by, overrides, ..movement(door, &session, pieces) };
            let due = Some(due).filter(|_| stock.use_ == StockUse::Lent);
            let movement = Movement { due, ..purpose.fill(&session, purpose.due, movement) };
            let (count, available) = after_taking(stock, pieces);
            let verdict = Verdict::StockTaken { what: named(stock), pieces, count, available, due, notices };
            moved(door, session, stock, Body::StockTaken(movement), verdict)
        }
    }
}

fn after_taking(stock: &Stock, pieces: u32) -> (u32, u32) {
    let available = stock.available().saturating_sub(pieces);
    match stock.use_ {
        StockUse::Lent => (stock.count, available),
        StockUse::Consumed => (available, available),
    }
}

/// Pieces come back. More than went out is said, and never refused.
pub fn bring(door: &Door, session: Session, stock: &Stock, pieces: u32) -> Decision {
    let surplus = match stock.use_ {
        StockUse::Lent => pieces.saturating_sub(stock.out),
        StockUse::Consumed => 0,
    };
    let count = match stock.use_ {
        StockUse::Lent => stock.count,
        StockUse::Consumed => stock.count.saturating_add(pieces),
    };
    let available = match stock.use_ {
        StockUse::Lent => stock.count.saturating_sub(stock.out.saturating_sub(pieces)),
        StockUse::Consumed => count,
    };
    let movement = Movement { happened: door.happened, ..movement(door, &session, pieces) };
    let verdict = Verdict::StockReturned { what: named(stock), pieces, count, available, surplus };
    let mut session = session;
    lots_of(door, &session, stock).into_iter().for_each(|lot| back::remember(&mut session, lot));
    moved(door, session, stock, Body::StockReturned(movement), verdict)
}

/// The lots that pieces brought by the person of the session belong to; without one nobody knows whose they are.
fn lots_of(door: &Door, session: &Session, stock: &Stock) -> Vec<Lot> {
    let Some(person) = session.person.clone().filter(|_| stock.use_ == StockUse::Lent) else {
        return Vec::new();
    };
    let own = |booking: &&BookingId| door.loaded.bookings.iter().any(|own| own.id == **booking);
    let booked = stock.lots.iter().filter_map(|lot| lot.booking.as_ref()).filter(own);
    std::iter::once(Lot::Person(person)).chain(booked.cloned().map(Lot::Booking)).collect()
}

fn moved(door: &Door, session: Session, stock: &Stock, body: Body, verdict: Verdict) -> Decision {
    let mut session = door.begin(session);
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    let actor = session.person.clone();
    let fact = NewFact { subject: Subject::Stock(stock.id.clone()), actor, body };
    Decision { verdict, facts: vec![fact], session }
}

fn movement(door: &Door, session: &Session, pieces: u32) -> Movement {
    Movement {
        person: session.person.clone(),
        reader: door.loaded.reader.clone(),
        code: door.label(),
        count: Some(pieces),
        ..Movement::default()
    }
}

fn raised(
    door: &Door,
    session: &Session,
    stock: &Stock,
    pieces: u32,
    group: &Group,
    purpose: &Purpose,
) -> (Vec<Raised>, UtcMs) {
    let available = stock.available();
    let short =
        (pieces > available).then_some(Concern::StockShort { wanted: pieces, count: stock.count, available });
    let (promised, due) = promised(door, session, stock, pieces, purpose);
    let mut raised: Vec<Raised> = short.into_iter().map(Raised::from).collect();
    raised.extend(of_person::raised(door, session, group));
    raised.extend(promised.map(Raised::from));
    raised.extend(super::of_thing::named_on(purpose, group).map(Raised::from));
    raised.extend(extra(purpose, stock, pieces).map(Raised::from));
    raised.extend(of_production::raised(door, session, purpose));
    let moved = !purpose.is_fixed() && due == next_open(door, purpose.due);
    let closed = closed_at(door, if moved { purpose.due } else { due });
    let closed = closed.filter(|_| stock.use_ == StockUse::Lent);
    raised.extend(closed.map(|at| Raised::from(Concern::OutOfHours { at })));
    (raised, due)
}

/// More pieces than the booking names, with those that it has out or has used already.
fn extra(purpose: &Purpose, stock: &Stock, pieces: u32) -> Option<Concern> {
    let booking = purpose.booking?;
    let lines = booking.gear.stock.iter().filter(|line| line.of == stock.id.as_str());
    let named = lines.map(|line| line.count).reduce(u32::saturating_add)?;
    let had = stock.lots.iter().filter(|lot| lot.booking.as_ref() == Some(&booking.id));
    let all = had.fold(pieces, |sum, lot| sum.saturating_add(lot.count));
    (all > named).then(|| Concern::ExtraOnThisBooking { booking: booking.id.clone(), named })
}

/// The bookings that would get too few, and when it is to be back: before that, where pieces come back and there is time.
fn promised(
    door: &Door,
    session: &Session,
    stock: &Stock,
    pieces: u32,
    purpose: &Purpose,
) -> (Option<Concern>, UtcMs) {
    let lent = stock.use_ == StockUse::Lent;
    let due = if lent && !purpose.is_fixed() { next_open(door, purpose.due) } else { purpose.due };
    let own = purpose.booking.map(|booking| &booking.id);
    let pool = door.loaded.outlook.pools.first().map(|pool| of_others(pool, session, purpose));
    let short = pool.and_then(|pool| {
        let short = stock_shortage(&pool, &stock.shelf(), pieces, (door.now.utc, due), own, door.now.utc)?;
        Some((pool, short))
    });
    let Some((pool, short)) = short else { return (None, due) };
    let to = short.first.promise();
    let can_wait = short.at.since(door.now.utc) >= door.rules.house.loan_min_ms;
    if lent && can_wait && !purpose.is_fixed() {
        return (Some(Concern::BookedToOtherNext { to }), short.at);
    }
    let (promised, left) = (short.promised, short.left);
    (Some(Concern::PoolExhausted { pool: pool.name.clone(), promised, left, to }), due)
}
