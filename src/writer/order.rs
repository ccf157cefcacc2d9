//! Orders: what people and programs ask for by other means than a reader, through the same decisions.

use super::{Answer, Doors, Order, Reply, missed_of, named_by};
use crate::domain::command::{Actor, Command};
use crate::domain::decide::{ByHand, Decision, by_hand, ended_by, not_allowed};
use crate::domain::fact::{Body, NewFact, Subject};
use crate::domain::id::{KitId, RoomId, StationId};
use crate::domain::loaded::{Found, Loaded};
use crate::domain::person::{Role, Roles};
use crate::domain::plan::book::{Wanted, book, cancel};
use crate::domain::session::Session;
use crate::domain::verdict::{Telling, Verdict};
use crate::ledger::append::Occasion;
use crate::ledger::load::{self, Question};
use crate::ledger::scanlog::ScanRow;
use crate::ledger::{Ledger, LedgerError, load_plan};
use crate::time::Now;

impl Doors<'_> {
    /// Decides and records what somebody asks for.
    pub(super) fn order(
        &self,
        ledger: &mut Ledger,
        order: &Order,
        station: &StationId,
    ) -> Result<Reply, LedgerError> {
        let occasion = Occasion { scan_id: &order.id, station, now: &order.now };
        if let Some(before) = ledger.answered(&order.id)? {
            return Ok(Reply::AlreadyThere {
                scan: order.id.clone(),
                station: station.clone(),
                level: before.level,
                verdict: before.verdict,
                sentence: before.sentence,
                idle_ms: None,
                confirm_ms: None,
                turn: 0,
            });
        }
        let (decision, found) = self.decided(ledger, order)?;
        let adds = !decision.facts.is_empty();
        if adds || station != self.calendar_station {
            self.log_order(ledger, order, station, (&found, &decision))?;
        }
        let Decision { verdict, facts, .. } = decision;
        let ended = ended_by(&facts);
        let seq = ledger.append(&occasion, 0, facts)?;
        missed_of(ledger, &occasion, &ended)?;
        if let Some(note) = order.command.note().filter(|_| adds) {
            ledger.put_note(&format!("{}.0", order.id), note)?;
        }
        Ok(Reply::Decided(Box::new(Answer {
            scan: Some(order.id.clone()),
            station: station.clone(),
            reader: None,
            verdict,
            person: order.by.person.clone(),
            seq: adds.then_some(seq),
            idle_ms: None,
            confirm_ms: None,
            turn: 0,
            at: order.now.utc,
        })))
    }

    /// Decides and records all of these orders of a calendar, or none of them.
    pub(super) fn together(&self, ledger: &mut Ledger, orders: &[Order]) -> Result<Reply, LedgerError> {
        let mut refused = None;
        let done = ledger.savepoint(|ledger| {
            let mut last = Reply::Noted;
            for order in orders {
                last = self.order(ledger, order, self.calendar_station)?;
                if matches!(&last, Reply::Decided(answer) if !answer.is_done()) {
                    refused = Some(last);
                    return Err(LedgerError::Failed("one of several was refused".to_owned()));
                }
            }
            Ok(last)
        });
        refused.map_or(done, Ok)
    }

    fn decided(&self, ledger: &Ledger, order: &Order) -> Result<(Decision, Found), LedgerError> {
        let rules = self.by_hand;
        let session = session_of(order);
        if let Some((verdict, facts)) = self.booking(ledger, order)? {
            return Ok((Decision { verdict, facts, session }, Found::Unknown));
        }
        let loaded = loaded(ledger, order, &session)?;
        let (missing, cycle) = match &order.command {
            Command::Register { subject, body } => (missing(ledger, body)?, cycle(ledger, subject, body)?),
            command => (unknown(ledger, named_in(command))?, Vec::new()),
        };
        let asked = ByHand {
            loaded: &loaded,
            session: &session,
            command: &order.command,
            actor: &order.by,
            confirm: order.confirm,
            missing: &missing,
            cycle: &cycle,
        };
        Ok((by_hand(&asked, rules, &order.now), loaded.found.clone()))
    }

    /// Why a booking of a file cannot be made any more: its things were promised while the file was read.
    pub(super) fn promised_since(
        &self,
        ledger: &Ledger,
        fact: &NewFact,
        now: &Now,
    ) -> Result<Option<String>, LedgerError> {
        let (Subject::Booking(booking), Body::BookingMade(plan)) = (&fact.subject, &fact.body) else {
            return Ok(None);
        };
        let house = &self.by_hand.house;
        let wanted = Wanted { booking, plan, repeats: None, exists: false };
        let loaded = load_plan::load_booking(ledger.conn(), &wanted, house, now.utc)?;
        let wanted = Wanted { exists: loaded.old.is_some(), ..wanted };
        let anybody = Actor { person: None, roles: Roles::of(&Role::ALL) };
        let (verdict, _) = book(&wanted, &loaded, &anybody, true, house, now);
        let telling = Telling { names: false, zone: self.zone, now: now.utc };
        let refused = matches!(verdict, Verdict::BookingConflict { .. });
        Ok(refused.then(|| verdict.sentence(&telling)))
    }

    /// Decides a command about a booking; `None` for every other.
    fn booking(
        &self,
        ledger: &Ledger,
        order: &Order,
    ) -> Result<Option<(Verdict, Vec<NewFact>)>, LedgerError> {
        let house = &self.by_hand.house;
        let Order { by, command, confirm, now, .. } = order;
        if let Some(verdict) = not_allowed(command, by, house) {
            return Ok(Some((verdict, Vec::new())));
        }
        match command {
            Command::Book { booking, plan, repeats, exists } => {
                let wanted = Wanted { booking, plan, repeats: *repeats, exists: *exists };
                let loaded = load_plan::load_booking(ledger.conn(), &wanted, house, now.utc)?;
                Ok(Some(book(&wanted, &loaded, by, *confirm, house, now)))
            }
            Command::CancelBooking { booking, series } => {
                let loaded = load_plan::load_cancelling(ledger.conn(), booking)?;
                Ok(Some(cancel(booking, *series, &loaded, by)))
            }
            _ => Ok(None),
        }
    }

    fn log_order(
        &self,
        ledger: &Ledger,
        order: &Order,
        station: &StationId,
        (found, decision): (&Found, &Decision),
    ) -> Result<(), LedgerError> {
        let telling = Telling { names: false, zone: self.zone, now: order.now.utc };
        let (_, thing) = named_by(found, &decision.verdict);
        let thing = thing.filter(|_| order.command.is_sighting());
        ledger.log_scan(&ScanRow {
            id: &order.id,
            at: order.now.utc,
            station,
            reader: None,
            session: None,
            code: None,
            person: order.by.person.as_ref(),
            thing: thing.as_ref(),
            level: decision.verdict.level().name(),
            verdict: decision.verdict.code(),
            sentence: &decision.verdict.sentence(&telling),
        })
    }
}

/// Who gets it or brings it, what for and where to: a session that lives for this command only.
fn session_of(order: &Order) -> Session {
    let session = Session { id: Some(order.id.clone()), ..Session::default() };
    match &order.command {
        Command::CheckOut { person, booking, production, room, .. } => Session {
            person: person.clone(),
            booking: booking.clone(),
            production: production.clone(),
            room: room.clone(),
            ..session
        },
        Command::Return { person, .. } => Session { person: person.clone(), ..session },
        Command::Undo { scan } => {
            Session { person: order.by.person.clone(), scans: vec![scan.clone()], ..session }
        }
        _ => Session { person: order.by.person.clone(), ..session },
    }
}

fn loaded(ledger: &Ledger, order: &Order, session: &Session) -> Result<Loaded, LedgerError> {
    let (conn, now) = (ledger.conn(), order.now.utc);
    let question = Question {
        scan: &order.id,
        reader: None,
        payload: "",
        also: &[],
        session,
        room: counted_room(&order.command),
        now,
        scans_at_start: None,
        door: None,
    };
    let loaded = load::load(conn, &question)?;
    let (found, outlook) = match order.command.thing() {
        Some(thing) => load::load_thing(conn, thing, now)?,
        None => (Found::Unknown, loaded.outlook.clone()),
    };
    let pending = match &order.command {
        Command::Learn { code, .. } | Command::Unlearn { code, .. } => Some(load::identify(conn, code)?),
        _ => None,
    };
    let counts = match &order.command {
        Command::BeginCount { .. } | Command::EndCount { .. } | Command::CancelCount { .. } => {
            load::open(conn, &load::Tallied::All)?
        }
        _ => loaded.counts,
    };
    Ok(Loaded { found, outlook, pending, counts, ..loaded })
}

/// The room that a command counts.
fn counted_room(command: &Command) -> Option<&RoomId> {
    match command {
        Command::BeginCount { room } | Command::EndCount { room } | Command::CancelCount { room } => {
            room.as_ref()
        }
        _ => None,
    }
}

/// What a registration names and nobody knows.
fn missing(ledger: &Ledger, body: &Body) -> Result<Vec<String>, LedgerError> {
    let person = |id: &crate::domain::id::PersonId| Subject::Person(id.clone());
    let named: Vec<Subject> = match body {
        Body::AssetRegistered(asset) => {
            let kit = asset.kit.clone().map(Subject::Kit);
            let home = asset.home.clone().map(Subject::Room);
            kit.into_iter().chain(home).chain(asset.restricted_to.iter().map(person)).collect()
        }
        Body::KitRegistered(kit) => kit.within.clone().map(Subject::Kit).into_iter().collect(),
        Body::StockRegistered(stock) => stock.home.clone().map(Subject::Room).into_iter().collect(),
        Body::ProductionRegistered(production) => production.crew.iter().map(person).collect(),
        _ => Vec::new(),
    };
    unknown(ledger, named)
}

/// Whom and what a command names besides its thing.
fn named_in(command: &Command) -> Vec<Subject> {
    match command {
        Command::CheckOut { person, booking, production, room, .. } => {
            let person = person.clone().map(Subject::Person);
            let booking = booking.clone().map(Subject::Booking);
            let production = production.clone().map(Subject::Production);
            let room = room.clone().map(Subject::Room);
            [person, booking, production, room].into_iter().flatten().collect()
        }
        Command::Return { person, .. } => person.clone().map(Subject::Person).into_iter().collect(),
        Command::Recall { wanted_for, .. } => {
            wanted_for.clone().map(Subject::Production).into_iter().collect()
        }
        command => counted_room(command).cloned().map(Subject::Room).into_iter().collect(),
    }
}

/// Those of which nothing is known, each as `kit/case-a`.
fn unknown(ledger: &Ledger, named: Vec<Subject>) -> Result<Vec<String>, LedgerError> {
    let mut missing = Vec::new();
    for subject in named {
        if !ledger.is_known(&subject)? {
            missing.push(subject.to_string());
        }
    }
    Ok(missing)
}

/// The kits that would travel in themselves: from the one that is registered outwards and back to it.
fn cycle(ledger: &Ledger, subject: &Subject, body: &Body) -> Result<Vec<String>, LedgerError> {
    let (Subject::Kit(kit), Body::KitRegistered(registered)) = (subject, body) else { return Ok(Vec::new()) };
    let Some(within) = &registered.within else { return Ok(Vec::new()) };
    let outwards: Vec<KitId> = load::kit_and_outer(ledger.conn(), within)?;
    let Some(back) = outwards.iter().position(|outer| outer == kit) else { return Ok(Vec::new()) };
    let way = std::iter::once(kit).chain(outwards.iter().take(back + 1));
    Ok(way.map(ToString::to_string).collect())
}
