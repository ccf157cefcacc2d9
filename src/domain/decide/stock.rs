//! Counted things: one shelf label, and so many pieces at each scan.

use super::judge::{Answered, Outcome, weigh};
use super::purpose::Purpose;
use super::{Decision, Door, answer, back, of_person, of_production, what};
use crate::domain::fact::{Body, Movement, NewFact, StockUse, Subject};
use crate::domain::id::BookingId;
use crate::domain::loaded::{Standing, Stock};
use crate::domain::plan::pool::stock_shortage;
use crate::domain::policy::Situation;
use crate::domain::session::{Lot, Mode, Question, Session};
use crate::domain::verdict::{Concern, Promise, Raised, Verdict, What};

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
    let judged = weigh(door, raised(door, &session, stock, pieces, &group, &purpose), purpose.due);
    match judged.outcome(answered) {
        Outcome::Refused { raised } => {
            answer(Session { pending: None, ..session }, Verdict::Refusal { what: named(stock), raised })
        }
        Outcome::Asks { raised, answerer } => {
            let situations: Vec<Situation> = raised.iter().map(|raised| raised.concern.situation()).collect();
            let session = door.ask(session, Question::AllTheSame, answerer, &situations);
            answer(session, Verdict::Objection { what: named(stock), raised, answerer })
        }
        Outcome::Goes { notices, overrides } => {
            let confirmed_by =
                answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
            let movement = Movement { confirmed_by, overrides, ..movement(door, &session, pieces) };
            let movement = purpose.fill(&session, purpose.due, movement);
            let lent = stock.use_ == StockUse::Lent;
            let movement = if lent { movement } else { Movement { due: None, ..movement } };
            let (count, available) = after_taking(stock, pieces);
            let verdict = Verdict::StockTaken { what: named(stock), pieces, count, available, notices };
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
        code: door.loaded.code.clone(),
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
) -> Vec<Raised> {
    let available = stock.available();
    let short =
        (pieces > available).then_some(Concern::StockShort { wanted: pieces, count: stock.count, available });
    let mut raised: Vec<Raised> = short.into_iter().map(Raised::from).collect();
    raised.extend(of_person::raised(door, session, group));
    raised.extend(promised(door, stock, pieces, purpose).map(Raised::from));
    raised.extend(super::of_thing::named_on(purpose, group).map(Raised::from));
    raised.extend(of_production::raised(door, session, purpose));
    raised
}

fn promised(door: &Door, stock: &Stock, pieces: u32, purpose: &Purpose) -> Option<Concern> {
    let pool = door.loaded.outlook.pools.first()?;
    let span = (door.now.utc, purpose.due);
    let own = purpose.booking.map(|booking| &booking.id);
    let short = stock_shortage(pool, &stock.shelf(), pieces, span, own, door.now.utc)?;
    let to = Promise {
        booking: short.first.booking.clone(),
        title: short.first.title.clone(),
        from: short.first.from,
        until: short.first.until,
    };
    let (promised, left) = (short.promised, short.left);
    Some(Concern::PoolExhausted { pool: pool.name.clone(), promised, left, to })
}
