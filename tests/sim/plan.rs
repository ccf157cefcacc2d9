//! A working day from a seed: who comes when, with what habits, and what goes wrong.

use std::collections::BTreeMap;

use cagekeeper::domain::way::Way;
use cagekeeper::time::UtcMs;
use cagekeeper::wire::Protocol;

use super::building;
use super::deeds::{self, Asked};
use super::dice::Dice;
use super::stage::{moment, station_toml};
use super::studio::{ASSETS, DAY_MS, HOUR_MS, KITS, PEOPLE, PRODUCTIONS, card_number};

/// Gestures of a day, at least: some of them are folded into one scan.
const GESTURES: usize = 380;

/// So many bookings come with an import; they take nothing.
pub const IMPORTED: usize = 3;
pub const BOOKINGS: usize = 10;

/// A booking as it stands after an import.
#[derive(Debug, Clone)]
pub struct Booked {
    pub id: String,
    pub production: Option<String>,
    /// Who answers for it, then who works on it.
    pub people: Vec<String>,
    pub assets: Vec<&'static str>,
    pub kits: Vec<&'static str>,
    pub models: Vec<(&'static str, u32)>,
    pub stock: Vec<(&'static str, u32)>,
    pub rooms: Vec<&'static str>,
    pub prepare_ms: i64,
    pub clean_up_ms: i64,
    pub starts: UtcMs,
    pub ends: UtcMs,
    pub status: &'static str,
}

#[derive(Debug, Clone)]
pub enum Act {
    /// A code is held to a reader, and the reader that can send it is chosen.
    Present(String),
    /// A code that is cut in the middle by pulling the plug.
    Unplug(String),
    Noise,
    Phantom,
    /// Codes that are read at once, as a gate reads them.
    Together(Vec<String>),
    /// A booking is imported once more, and says something else.
    Rebook(Booked),
    /// Something is asked for by hand.
    Order(Asked),
    /// A code at a door, and which way whoever has it wants to go, where that is said.
    Knock(String, Option<Way>),
    /// Labels pass the readers of the gate for these ways at once.
    Carry {
        tags: Vec<usize>,
        ways: Vec<Way>,
    },
    /// Labels lie on a tray.
    Tray(Vec<usize>),
    /// The machine's clock is so far off from here on.
    ClockOff(i64),
    /// Whether the clock is believed from here on.
    Trusted(bool),
    /// What is queued waits for so long.
    Stall(u64),
    Fault(Fault),
    /// Ledger and model are compared as a whole.
    Compare,
}

/// What the outside does to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The storage refuses in the middle of the next commit, so many times.
    Refused(u32),
    /// The next commit is done, and nobody hears of it: the same is sent again.
    AnswerLost,
    /// The power goes before the next commit.
    CutBefore,
    /// The power goes after the next commit and before its lights.
    CutAfter,
    /// The broker is away for so long.
    BrokerAway(u64),
    /// The broker confirms nothing for so long, then everything.
    BrokerLate(u64),
    /// The connection is lost and made again.
    BrokerLost,
}

pub struct StationPlan {
    pub id: &'static str,
    pub required: bool,
    pub idle_ms: u64,
    pub confirm_ms: u64,
    pub repeat_ms: u64,
    pub readers: Vec<Protocol>,
}

pub struct Timed {
    pub at_ms: u64,
    pub station: usize,
    pub act: Act,
}

pub struct Plan {
    pub starts: UtcMs,
    pub stations: Vec<StationPlan>,
    pub bookings: Vec<Booked>,
    /// Rows of the policy table that this house has set.
    pub policy: Vec<(&'static str, &'static str)>,
    /// As many assets as crew may have out.
    pub limit: Option<usize>,
    pub acts: Vec<Timed>,
}

impl Plan {
    pub fn of(dice: &mut Dice) -> Self {
        let days = ["2026-11-23T08:00", "2026-06-10T07:00", "2026-10-24T20:00", "2026-03-28T20:00"];
        let starts = moment(dice.pick(&days));
        let count = dice.between(2, 5);
        let names = ["cage", "dock", "north", "truck"];
        let stations: Vec<StationPlan> =
            names.into_iter().zip(0..count).map(|(id, n)| station(dice, id, n)).collect();
        let bookings = (1..=IMPORTED).map(|n| booked(dice, n, starts, HOUR_MS)).collect();
        let (policy, limit) = house(dice);
        let mut acts = Vec::new();
        let (mut gestures, mut at_ms, mut taste) = (0, 0, 0);
        while gestures < GESTURES {
            let station = dice.index(stations.len());
            // People often come at once, to different doors and for the same things.
            (at_ms, taste) = if dice.chance(40) {
                (at_ms, taste)
            } else {
                (dice.between(0, DAY_MS), dice.index(ASSETS.len()))
            };
            let visit = visit(dice, (station, stations[station].required), at_ms, taste);
            gestures += visit.len();
            acts.extend(visit);
        }
        acts.extend(building::traffic(dice, stations.len()));
        acts.extend(troubles(dice, stations.len(), starts));
        acts.sort_by_key(|timed| timed.at_ms);
        Self { starts, stations, bookings, policy, limit, acts }
    }

    pub fn toml(&self) -> String {
        let toml = |station: &StationPlan| {
            let spans =
                [("idle", station.idle_ms), ("confirm", station.confirm_ms), ("repeat", station.repeat_ms)];
            let spans: BTreeMap<String, u64> = spans.map(|(key, ms)| (key.to_owned(), ms)).into();
            station_toml(station.id, if station.required { "required" } else { "optional" }, &spans)
        };
        let rows = self.policy.iter().map(|(name, rule)| format!("{name} = \"{rule}\"\n"));
        let policy = format!("[policy]\n{}", rows.collect::<String>());
        let limit = self.limit.map(|limit| format!("[limits]\ncrew = {limit}\n")).unwrap_or_default();
        let stations: String = self.stations.iter().map(toml).collect();
        format!("site = \"studio\"\n{policy}{limit}{stations}{}", building::toml())
    }
}

fn station(dice: &mut Dice, id: &'static str, n: u64) -> StationPlan {
    let mut readers = vec![[Protocol::Line, Protocol::Keyboard][dice.index(2)]];
    if dice.chance(60) {
        readers.push(Protocol::Rdm6300);
    }
    StationPlan {
        id,
        required: n == 0 || (n > 1 && dice.chance(50)),
        idle_ms: dice.between(20_000, 180_000),
        confirm_ms: dice.between(5_000, 60_000),
        repeat_ms: [0, 500, 2_000, 10_000][dice.index(4)],
        readers,
    }
}

/// What this house does otherwise than most.
fn house(dice: &mut Dice) -> (Vec<(&'static str, &'static str)>, Option<usize>) {
    let rows = [
        ("part-of-kit", ["done", "refused", "notice"][dice.index(3)], 40),
        ("booked-to-other", ["refused", "notice"][dice.index(2)], 25),
        ("has-overdue", ["done", "refused", "ask"][dice.index(3)], 30),
        ("not-on-this-booking", ["notice", "refused"][dice.index(2)], 20),
        ("maintenance-flag", "done", 20),
        ("already-out-to-other", "refused", 10),
        ("kit-member-unavailable", ["ask", "done"][dice.index(2)], 20),
        ("pool-exhausted", "refused", 20),
        ("marked-lost", "ask", 20),
        ("person-expired", "notice", 10),
    ];
    let policy = rows.into_iter().filter(|(.., percent)| dice.chance(*percent));
    let policy = policy.map(|(name, rule, _)| (name, rule)).collect();
    (policy, dice.chance(50).then(|| 3 + dice.index(4)))
}

/// A booking that takes things.
pub fn with_gear(dice: &mut Dice, number: usize, around: UtcMs) -> Booked {
    let mut booked = booked(dice, number, around, HOUR_MS / 2);
    for _ in 0..dice.index(3) {
        let crew = format!("p-{}", PEOPLE[dice.index(PEOPLE.len())].0);
        if !booked.people.iter().skip(1).any(|known| *known == crew) {
            booked.people.push(crew);
        }
    }
    for _ in 0..dice.between(1, 4) {
        match dice.index(8) {
            0..=2 => booked.assets.push(ASSETS[dice.index(ASSETS.len())]),
            3 => booked.kits.push(KITS[dice.index(2)].0),
            4 | 5 => booked
                .models
                .push((["lav", "boom", "fx6"][dice.index(3)], u32::try_from(dice.between(1, 3)).unwrap())),
            6 => booked
                .stock
                .push((["xlr", "tape"][dice.index(2)], u32::try_from(dice.between(1, 9)).unwrap())),
            _ => booked.rooms.push("studio-a"),
        }
    }
    booked.assets.sort_unstable();
    booked.assets.dedup();
    booked.kits.dedup();
    booked.rooms.dedup();
    booked.prepare_ms = [0, 0, 0, 15 * 60_000][dice.index(4)];
    booked.clean_up_ms = [0, 0, 0, 20 * 60_000][dice.index(4)];
    booked
}

fn booked(dice: &mut Dice, number: usize, around: UtcMs, spread_ms: u64) -> Booked {
    let people = vec![format!("p-{}", PEOPLE[dice.index(PEOPLE.len())].0)];
    let early = dice.between(0, 6 * spread_ms).cast_signed() - (2 * spread_ms).cast_signed();
    let starts = around.plus(early);
    let production = dice.chance(70).then(|| PRODUCTIONS[dice.index(9) / 4].0.to_owned());
    let status = if dice.chance(85) { "confirmed" } else { "hold" };
    let ends = starts.plus(dice.between(spread_ms / 4, 8 * spread_ms).cast_signed());
    Booked {
        id: format!("b-{number}"),
        production,
        people,
        assets: Vec::new(),
        kits: Vec::new(),
        models: Vec::new(),
        stock: Vec::new(),
        rooms: Vec::new(),
        prepare_ms: 0,
        clean_up_ms: 0,
        starts,
        ends,
        status,
    }
}

/// Somebody comes, does as they are used to, and goes. `taste` is the first of the few things that they want.
fn visit(dice: &mut Dice, (station, required): (usize, bool), mut at_ms: u64, taste: usize) -> Vec<Timed> {
    let hurry = dice.chance(20);
    let who = dice.index(PEOPLE.len());
    let mut codes = Vec::new();
    if dice.chance(if required { 88 } else { 35 }) {
        codes.push(badge(dice, who));
    }
    if dice.chance(25) {
        codes.push(purpose(dice));
    }
    match dice.index(40) {
        0..=4 => codes.push("CK:RETURN".to_owned()),
        5 if dice.chance(60) => codes.push("CK:EXTEND".to_owned()),
        _ => {}
    }
    for _ in 0..dice.between(1, 6) {
        codes.extend(gear(dice, taste));
    }
    if dice.chance(14) {
        codes.extend(for_a_booking(dice));
    }
    if dice.chance(55) {
        codes.push("CK:DONE".to_owned());
    }
    let timed = codes.into_iter().map(|code| {
        at_ms += match dice.index(20) {
            0 => dice.between(8_000, 60_000),
            1 | 2 => dice.between(30, 200),
            _ if hurry => dice.between(30, 500),
            _ => dice.between(600, 4_000),
        };
        let together: Vec<String> = code.split('&').map(str::to_owned).collect();
        let act = if together.len() > 1 { Act::Together(together) } else { Act::Present(code) };
        Timed { at_ms, station, act }
    });
    timed.collect()
}

fn badge(dice: &mut Dice, who: usize) -> String {
    if dice.chance(40) { card_number(who) } else { format!("BADGE-{}", PEOPLE[who].0) }
}

fn purpose(dice: &mut Dice) -> String {
    match dice.index(4) {
        0 if dice.chance(70) => format!("PR:{}", PRODUCTIONS[dice.index(9) / 4].0),
        1 if dice.chance(40) => "RM:studio-a".to_owned(),
        _ => format!("BK:b-{}", dice.between(1, BOOKINGS as u64 + 2)),
    }
}

/// A thing, and what often goes with it.
fn gear(dice: &mut Dice, taste: usize) -> Vec<String> {
    let index =
        if dice.chance(60) { (taste + dice.index(3)) % ASSETS.len() } else { dice.index(ASSETS.len()) };
    let code = match dice.index(20) {
        0..=4 => format!("T-{}", KITS[dice.index(2)].0),
        5 => ASSETS[index].to_owned(),
        6 | 7 => card_number(100 + index),
        8 => (*dice.pick(&["BOTH", "TWICE", "WHATSIT-77", "CK:DANCE", "BK:none", "kit-none"])).to_owned(),
        9 if dice.chance(30) => "L".repeat(600),
        10 | 11 => format!("T-{}", ASSETS[12 + dice.index(4)]),
        12 => format!("T-{}*{}", dice.pick(&["xlr", "tape"]), dice.between(1, 9)),
        13 => format!("T-{}", dice.pick(&["xlr", "tape"])),
        14 => together(dice),
        _ => format!("T-{}", ASSETS[index]),
    };
    let mut codes = vec![code.clone()];
    match dice.index(24) {
        0 | 1 => codes.push(code),
        2 => codes.push("CK:UNDO".to_owned()),
        3 => codes.extend(["CK:UNDO".to_owned(), code]),
        4..=8 => codes.push("CK:CONFIRM".to_owned()),
        9 => codes.extend([badge(dice, 5), "CK:CONFIRM".to_owned()]),
        10 => codes.push("CK:CANCEL".to_owned()),
        11 | 12 => codes.push(purpose(dice)),
        13 => codes.extend(["CK:RETURN".to_owned(), code]),
        14 | 15 => {
            codes.push((*dice.pick(&["CK:OK", "CK:DIRTY", "CK:DAMAGED", "CK:PART-MISSING"])).to_owned())
        }
        16 => codes.extend(["CK:EXTEND".to_owned(), code]),
        17 if dice.chance(50) => codes.extend([
            badge(dice, 5 + index % 2),
            "CK:LEARN".to_owned(),
            format!("NEW-{}", dice.index(4)),
            code,
        ]),
        18 if dice.chance(30) => codes.push(format!("NEW-{}", dice.index(4))),
        _ => {}
    }
    codes
}

/// Somebody draws what a booking may have, and more.
fn for_a_booking(dice: &mut Dice) -> Vec<String> {
    let mut codes = vec![format!("BK:b-{}", dice.between(IMPORTED as u64 + 1, BOOKINGS as u64 + 1))];
    for _ in 0..dice.between(2, 7) {
        codes.push(match dice.index(5) {
            0 => format!("T-{}*{}", dice.pick(&["xlr", "tape"]), dice.between(2, 6)),
            1 => format!("T-{}", ["cam-02", "cam-03"][dice.index(2)]),
            _ => format!("T-{}", ASSETS[12 + dice.index(4)]),
        });
        if dice.chance(50) {
            codes.push("CK:CONFIRM".to_owned());
        }
    }
    codes
}

/// A case as a gate reads it: with its label or without, with what is in it and what is not.
fn together(dice: &mut Dice) -> String {
    let (kit, members) = KITS[dice.index(2)];
    let mut codes: Vec<String> =
        members.iter().filter(|_| dice.chance(80)).map(|id| format!("T-{id}")).collect();
    if dice.chance(70) {
        codes.push(format!("T-{kit}"));
    }
    if dice.chance(30) {
        codes.push(format!("T-{}", ASSETS[dice.index(ASSETS.len())]));
    }
    codes.push(format!("T-{}", members[0]));
    codes.join("&")
}

/// What goes wrong on that day.
fn troubles(dice: &mut Dice, stations: usize, starts: UtcMs) -> Vec<Timed> {
    let mut all = Vec::new();
    let mut put = |dice: &mut Dice, count: u64, act: &dyn Fn(&mut Dice) -> Act| {
        for _ in 0..dice.between(count / 2, count + 1) {
            let (at_ms, station) = (dice.between(0, DAY_MS), dice.index(stations));
            all.push(Timed { at_ms, station, act: act(dice) });
        }
    };
    put(dice, 10, &|_| Act::Noise);
    put(dice, 10, &|_| Act::Phantom);
    put(dice, 8, &|dice| Act::Unplug(format!("T-{}", ASSETS[dice.index(ASSETS.len())])));
    put(dice, 10, &|dice| {
        let number = dice.index(IMPORTED) + 1;
        let around = starts.plus(dice.between(0, DAY_MS).cast_signed());
        Act::Rebook(booked(dice, number, around, HOUR_MS / 2))
    });
    put(dice, 60, &|dice| {
        let around = starts.plus(dice.between(0, DAY_MS).cast_signed());
        Act::Order(deeds::planned(dice, around))
    });
    put(dice, 4, &|dice| Act::ClockOff(-dice.between(1_000, 2 * HOUR_MS).cast_signed()));
    put(dice, 4, &|_| Act::ClockOff(0));
    put(dice, 4, &|dice| Act::Trusted(dice.chance(60)));
    put(dice, 30, &|dice| Act::Stall(dice.between(1_000, 300_000)));
    put(dice, 16, &|dice| Act::Fault(Fault::Refused(u32::try_from(dice.between(1, 4)).unwrap())));
    put(dice, 16, &|_| Act::Fault(Fault::AnswerLost));
    put(dice, 3, &|_| Act::Fault(Fault::CutBefore));
    put(dice, 3, &|_| Act::Fault(Fault::CutAfter));
    put(dice, 4, &|dice| Act::Fault(Fault::BrokerAway(dice.between(1_000, 2 * HOUR_MS))));
    put(dice, 4, &|dice| Act::Fault(Fault::BrokerLate(dice.between(1_000, HOUR_MS))));
    put(dice, 10, &|_| Act::Fault(Fault::BrokerLost));
    for _ in 0..dice.between(40, 80) {
        let at_ms = dice.between(0, DAY_MS);
        let asked = deeds::asked(dice, starts.plus(at_ms.cast_signed()));
        all.push(Timed { at_ms, station: 0, act: Act::Order(asked) });
    }
    for _ in 0..14 {
        let around = starts.plus(dice.between(0, DAY_MS).cast_signed());
        let asked = deeds::planned(dice, around);
        all.push(Timed { at_ms: 0, station: 0, act: Act::Order(asked) });
    }
    for _ in 0..5 {
        all.push(Timed { at_ms: dice.between(0, DAY_MS), station: 0, act: Act::Compare });
    }
    all
}
