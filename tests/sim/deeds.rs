//! What people ask for by hand, and the command that it is.

use std::collections::BTreeSet;

use cagekeeper::domain::command::{Actor, Command};
use cagekeeper::domain::fact::{BookingMade, Condition, Quantity};
use cagekeeper::domain::id::{AssetId, KitId, PersonId, ProductionId, RoomId};
use cagekeeper::domain::person::{Role, Roles};
use cagekeeper::time::UtcMs;

use super::dice::Dice;
use super::plan::{self, BOOKINGS, Booked, IMPORTED};
use super::stage::{booking_id, person, subject};
use super::studio::{ASSETS, HOUR_MS, KITS, PEOPLE, PRODUCTIONS};

#[derive(Debug, Clone)]
pub enum Deed {
    /// Makes a booking, or changes one that stands.
    Book {
        booked: Booked,
        stands: bool,
    },
    Cancel(String),
    CheckOut {
        thing: String,
        person: Option<&'static str>,
        booking: Option<String>,
        until: Option<UtcMs>,
        count: Option<u32>,
        hand_over: bool,
    },
    Return {
        thing: String,
        person: Option<&'static str>,
        count: Option<u32>,
    },
    Extend {
        thing: String,
        until: Option<UtcMs>,
    },
    Recall {
        thing: String,
        wanted_by: UtcMs,
        wanted_for: Option<&'static str>,
    },
    Withdraw(String),
    Condition {
        thing: String,
        condition: &'static str,
    },
    Job {
        thing: String,
        blocks: bool,
    },
    Mend(String),
    Lost(String),
    Count {
        thing: String,
        count: u32,
    },
    /// What a scan did; which one is chosen when it is asked.
    Undo(String),
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub by: &'static str,
    pub confirm: bool,
    pub deed: Deed,
}

fn handle(dice: &mut Dice) -> &'static str {
    PEOPLE[dice.index(PEOPLE.len())].0
}

fn thing(dice: &mut Dice) -> String {
    match dice.index(6) {
        0 => format!("kit/{}", KITS[dice.index(2)].0),
        1 | 2 => format!("asset/{}", ASSETS[12 + dice.index(4)]),
        _ => format!("asset/{}", ASSETS[dice.index(ASSETS.len())]),
    }
}

/// Somebody asks for something around that moment.
pub fn asked(dice: &mut Dice, at: UtcMs) -> Asked {
    let by = if dice.chance(85) { ["kim", "sam", "kim"][dice.index(3)] } else { handle(dice) };
    let soon =
        |dice: &mut Dice| at.plus(dice.between(0, 12 * HOUR_MS).cast_signed() - (HOUR_MS / 2).cast_signed());
    let somebody = |dice: &mut Dice| dice.chance(90).then(|| handle(dice));
    let booking = |dice: &mut Dice| format!("b-{}", dice.between(1, BOOKINGS as u64 + 1));
    let count = |dice: &mut Dice| Some(u32::try_from(dice.between(1, 8)).unwrap());
    let stock = |dice: &mut Dice| format!("stock/{}", dice.pick(&["xlr", "tape"]));
    let deed = match dice.index(24) {
        0..=3 => Deed::CheckOut {
            thing: thing(dice),
            person: somebody(dice),
            booking: dice.chance(20).then(|| booking(dice)),
            until: dice.chance(30).then(|| soon(dice)),
            count: None,
            hand_over: dice.chance(30),
        },
        4 => Deed::CheckOut {
            thing: stock(dice),
            person: somebody(dice),
            booking: None,
            until: None,
            count: count(dice),
            hand_over: false,
        },
        5..=7 => Deed::Return { thing: thing(dice), person: somebody(dice), count: None },
        8 => Deed::Return { thing: stock(dice), person: somebody(dice), count: count(dice) },
        9 | 10 => Deed::Extend { thing: thing(dice), until: dice.chance(40).then(|| soon(dice)) },
        11..=13 => Deed::Recall {
            thing: thing(dice),
            wanted_by: soon(dice),
            wanted_for: dice.chance(50).then(|| PRODUCTIONS[dice.index(2)].0),
        },
        14 => Deed::Withdraw(thing(dice)),
        15 => Deed::Condition {
            thing: thing(dice),
            condition: ["ok", "dirty", "damaged", "part-missing"][dice.index(4)],
        },
        16 => Deed::Job { thing: thing(dice), blocks: dice.chance(30) },
        17..=20 => Deed::Mend(thing(dice)),
        21 => Deed::Lost(thing(dice)),
        22 => Deed::Count { thing: stock(dice), count: u32::try_from(dice.between(4, 40)).unwrap() },
        _ => Deed::Undo(String::new()),
    };
    Asked { by, confirm: dice.chance(35), deed }
}

/// Somebody plans: makes a booking, moves one, or cancels it.
pub fn planned(dice: &mut Dice, around: UtcMs) -> Asked {
    let by = if dice.chance(90) { ["di", "sam"][dice.index(2)] } else { handle(dice) };
    let number = usize::try_from(dice.between(IMPORTED as u64 + 1, BOOKINGS as u64 + 1)).unwrap();
    let deed = match dice.index(6) {
        0 => Deed::Cancel(format!("b-{number}")),
        _ => Deed::Book { booked: plan::with_gear(dice, number, around), stands: dice.chance(50) },
    };
    Asked { by, confirm: dice.chance(30), deed }
}

impl Asked {
    pub fn actor(&self) -> Actor {
        let (_, role, _) = PEOPLE.iter().find(|(id, ..)| *id == self.by).unwrap();
        Actor { person: Some(person(self.by)), roles: Roles::of(&[Role::parse(role).unwrap()]) }
    }

    pub fn command(&self) -> Command {
        let who = |handle: &Option<&'static str>| handle.map(person);
        match &self.deed {
            Deed::Book { booked, stands } => Command::Book {
                booking: booking_id(&booked.id),
                plan: Box::new(booked.made()),
                repeats: None,
                exists: *stands,
            },
            Deed::Cancel(id) => Command::CancelBooking { booking: booking_id(id), series: false },
            Deed::CheckOut { thing, person, booking, until, count, hand_over } => Command::CheckOut {
                thing: subject(thing),
                person: who(person),
                booking: booking.as_ref().map(|id| booking_id(id)),
                production: None,
                room: None,
                until: *until,
                count: *count,
                hand_over: *hand_over,
            },
            Deed::Return { thing, person, count } => {
                Command::Return { thing: subject(thing), person: who(person), at: None, count: *count }
            }
            Deed::Extend { thing, until } => Command::Extend { thing: subject(thing), until: *until },
            Deed::Recall { thing, wanted_by, wanted_for } => Command::Recall {
                thing: subject(thing),
                wanted_by: *wanted_by,
                wanted_for: wanted_for.map(|id| ProductionId::parse(id).unwrap()),
            },
            Deed::Withdraw(thing) => Command::WithdrawRecall { thing: subject(thing) },
            Deed::Condition { thing, condition } => Command::NoteCondition {
                thing: subject(thing),
                condition: Condition::parse(condition).unwrap(),
                note: None,
            },
            Deed::Job { thing, blocks } => {
                Command::OpenMaintenance { thing: subject(thing), blocks: *blocks, note: None }
            }
            Deed::Mend(thing) => Command::CloseMaintenance { thing: subject(thing) },
            Deed::Lost(thing) => Command::MarkLost { thing: subject(thing) },
            Deed::Count { thing, count } => Command::CountStock { thing: subject(thing), count: *count },
            Deed::Undo(scan) => Command::Undo { scan: scan.clone() },
        }
    }
}

impl Booked {
    pub fn made(&self) -> BookingMade {
        let person = |id: &String| PersonId::parse(id).unwrap();
        let quantity = |(of, count): &(&'static str, u32)| Quantity { of: (*of).to_owned(), count: *count };
        let crew: BTreeSet<&String> = self.people.iter().skip(1).collect();
        BookingMade {
            production: self.production.as_ref().map(|id| ProductionId::parse(id).unwrap()),
            client: None,
            person: self.people.first().map(person),
            rooms: self.rooms.iter().map(|id| RoomId::parse(id).unwrap()).collect(),
            assets: self.assets.iter().map(|id| AssetId::parse(id).unwrap()).collect(),
            kits: self.kits.iter().map(|id| KitId::parse(id).unwrap()).collect(),
            models: self.models.iter().map(quantity).collect(),
            stock: self.stock.iter().map(quantity).collect(),
            crew: crew.into_iter().map(person).collect(),
            starts: self.starts,
            ends: self.ends,
            status: self.status.to_owned(),
            title: None,
            prepare_ms: self.prepare_ms,
            clean_up_ms: self.clean_up_ms,
            series: None,
            overrides: Vec::new(),
            confirmed_by: None,
        }
    }
}
