//! The rules of the desk once more, naively: a list of what happened, searched from its end, and bookings looked at
//! one by one. It shares no code with the program and must come to the same answers.

use std::collections::{BTreeMap, BTreeSet};

use super::building::{DOOR_IDLE_MS, DOOR_REPEAT_MS};
use super::plan::{Booked, Plan};
use super::studio::{ASSETS, KITS, PEOPLE, PRODUCTIONS, STOCKS, card_number};

mod booking;
mod cards;
mod codes;
mod gear;
mod hand;
mod judge;
mod log;
mod passing;
mod promise;

pub use booking::touch;
use codes::Target;
use judge::Answerer;
pub use log::Going;
use log::{Entry, Log, What};
use passing::Stay;

pub const LOAN_MS: i64 = 24 * 3_600_000;
const AFTER_START_MS: u64 = 60_000;
const SCANS_MAX: usize = 64;
const LOTS_MAX: usize = 16;

/// A fact, as far as the model knows of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    pub thing: String,
    pub kind: &'static str,
    pub actor: Option<String>,
    pub going: Going,
    /// The condition, what a job does, who gets a tag.
    pub more: String,
}

/// What a scan must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub code: &'static str,
    pub facts: Vec<Said>,
}

/// One scan as the program decides it.
pub struct Scanned<'a> {
    pub id: &'a str,
    pub station: &'a str,
    pub payload: &'a str,
    pub also: &'a [String],
    pub utc_ms: i64,
    pub mono_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    WhichBooking,
    AllTheSame,
    Longer,
    TheThing,
}

#[derive(Debug, Clone)]
struct Ask {
    question: Question,
    code: String,
    also: Vec<String>,
    count: Option<u32>,
    asked_ms: i64,
    answerer: Answerer,
    situations: Vec<&'static str>,
    signer: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Toggle,
    Return,
    Extend,
    Learn,
}

/// What came back is part of what went for a booking, or of what somebody took without one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lot {
    Booking(String),
    Person(String),
}

/// A station's conversation.
#[derive(Debug, Clone, Default)]
pub struct Sitting {
    open: bool,
    person: Option<String>,
    production: Option<String>,
    booking: Option<String>,
    without_booking: bool,
    mode: Mode,
    learned: Option<String>,
    last_thing: Option<String>,
    lots: Vec<Lot>,
    ask: Option<Ask>,
    scans: Vec<String>,
    last_ms: i64,
    turn: u64,
    /// The scan by which CONFIRM last answered: the card once more at once is a repeat.
    confirmed_turn: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Rules {
    required: bool,
    idle_ms: i64,
    confirm_ms: i64,
    repeat_ms: i64,
}

pub struct Model {
    stations: BTreeMap<String, (Rules, Sitting)>,
    codes: BTreeMap<String, Vec<Target>>,
    people: BTreeMap<String, (&'static str, Option<i64>)>,
    bookings: BTreeMap<String, Booked>,
    log: Log,
    seen_since_start: BTreeSet<String>,
    policy: BTreeMap<&'static str, String>,
    limit: Option<usize>,
    /// Who was in which room, by person.
    stays: BTreeMap<String, Vec<Stay>>,
    door_rules: Rules,
}

/// What a rule needs to know of the scan or command that it judges.
#[derive(Debug, Clone)]
pub struct Case {
    id: String,
    station: String,
    at_ms: i64,
    mono_ms: u64,
    rules: Rules,
    /// The label that moves things: of a question, where a card answers it.
    code: String,
    also: Vec<String>,
    count: Option<u32>,
    /// The thing itself is on the reader.
    on_reader: bool,
    /// Whoever typed it, where it was typed.
    typed_by: Option<String>,
    until_ms: Option<i64>,
}

impl Case {
    fn of(scan: &Scanned, rules: Rules) -> Self {
        Self {
            id: scan.id.to_owned(),
            station: scan.station.to_owned(),
            at_ms: scan.utc_ms,
            mono_ms: scan.mono_ms,
            rules,
            code: codes::canonical(scan.payload),
            also: scan.also.to_vec(),
            count: None,
            on_reader: true,
            typed_by: None,
            until_ms: None,
        }
    }
}

/// A label and what moves with it.
#[derive(Debug, Clone)]
pub struct Group {
    thing: String,
    parts: Vec<String>,
    /// Of a roll-call: what was read.
    seen: Option<BTreeSet<String>>,
    strangers: Vec<String>,
}

impl Group {
    fn of(thing: &str) -> Self {
        Self { thing: thing.to_owned(), parts: members(thing), seen: None, strangers: Vec::new() }
    }

    fn kit(&self) -> Option<String> {
        self.thing.starts_with("kit/").then(|| self.thing.clone())
    }

    fn has_seen(&self, part: &str) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen.contains(part))
    }
}

fn members(thing: &str) -> Vec<String> {
    let kit = KITS.iter().find(|(kit, _)| thing == format!("kit/{kit}"));
    kit.map(|(_, members)| members.iter().map(|id| format!("asset/{id}")).collect()).unwrap_or_default()
}

fn only(code: &'static str) -> Expected {
    Expected { code, facts: Vec::new() }
}

impl Model {
    pub fn new(plan: &Plan) -> Self {
        let station = |of: &super::plan::StationPlan| {
            let rules = Rules {
                required: of.required,
                idle_ms: of.idle_ms.cast_signed(),
                confirm_ms: of.confirm_ms.cast_signed(),
                repeat_ms: of.repeat_ms.cast_signed(),
            };
            (of.id.to_owned(), (rules, Sitting::default()))
        };
        let until = |ms: Option<u64>| ms.map(|ms| plan.starts.0 + ms.cast_signed());
        Self {
            stations: plan.stations.iter().map(station).collect(),
            codes: codes::codes(),
            people: PEOPLE.iter().map(|(id, role, ms)| (format!("p-{id}"), (*role, until(*ms)))).collect(),
            bookings: BTreeMap::new(),
            log: Log::default(),
            seen_since_start: BTreeSet::new(),
            policy: plan.policy.iter().map(|(name, rule)| (*name, (*rule).to_owned())).collect(),
            limit: plan.limit,
            stays: BTreeMap::new(),
            door_rules: Rules {
                required: false,
                idle_ms: DOOR_IDLE_MS.cast_signed(),
                confirm_ms: 0,
                repeat_ms: DOOR_REPEAT_MS.cast_signed(),
            },
        }
    }

    /// Who holds what: the last movement that stands.
    pub fn holders(&self) -> BTreeMap<String, Option<String>> {
        self.log.holders()
    }

    /// Each stock: pieces, and pieces that are out. Neither can be below zero.
    pub fn shelves(&self) -> Vec<String> {
        let mut shelves: Vec<String> = STOCKS
            .iter()
            .map(|(id, ..)| {
                let shelf = self.log.shelf(&format!("stock/{id}"));
                format!("{id} | {} | {}", shelf.count, shelf.out_pieces())
            })
            .collect();
        shelves.sort();
        shelves
    }

    pub fn booked(&mut self, booked: &Booked) {
        self.bookings.insert(booked.id.clone(), booked.clone());
    }

    /// The program started again.
    pub fn started(&mut self) {
        self.seen_since_start.clear();
    }

    pub fn is_idle(&self) -> bool {
        self.stations.values().all(|(_, sitting)| !sitting.open)
    }

    /// A station has been silent: the code of what it says, if it says anything.
    pub fn silence(&mut self, station: &str, idle: bool, turn: u64) -> Option<&'static str> {
        let (_, sitting) = self.stations.get_mut(station).unwrap();
        if sitting.turn != turn || !sitting.open {
            return None;
        }
        if idle {
            sitting.close();
            return Some("session-closed");
        }
        sitting.ask.take().map(|_| "not-confirmed")
    }

    pub fn scan(&mut self, scan: &Scanned) -> Expected {
        let (rules, sitting) = self.stations.get_mut(scan.station).unwrap();
        let (rules, mut sitting) = (*rules, std::mem::take(sitting));
        if sitting.open && scan.utc_ms - sitting.last_ms > rules.idle_ms {
            sitting.close();
        }
        sitting.ask = sitting.ask.take().filter(|ask| scan.utc_ms - ask.asked_ms <= rules.confirm_ms);
        sitting.last_ms = scan.utc_ms;
        sitting.turn += 1;
        let case = Case::of(scan, rules);
        let expected = self.read(case, &mut sitting);
        self.stations.get_mut(scan.station).unwrap().1 = sitting;
        expected
    }

    /// What is read, and what it does.
    fn read(&mut self, mut case: Case, sitting: &mut Sitting) -> Expected {
        let (found, rest, count) = self.named(&case.code, &case.also);
        (case.code, case.count) = (rest, count);
        let seen = match &found {
            Target::Thing(thing) => Some(thing.clone()),
            Target::Together(Some(group)) => Some(group.thing.clone()),
            _ => None,
        };
        let expected = self.found(&case, sitting, &found);
        self.seen_since_start.extend(seen);
        if sitting.open {
            match found {
                Target::Thing(thing) => sitting.last_thing = Some(thing),
                Target::Together(Some(group)) => sitting.last_thing = Some(group.thing),
                // A label that says nothing stands between a card and what was scanned before.
                Target::Both(..) | Target::Several | Target::Strangers | Target::Together(None) => {
                    sitting.last_thing = None;
                }
                Target::Nothing { .. } | Target::Malformed => sitting.last_thing = None,
                _ => {}
            }
        }
        expected
    }

    fn found(&mut self, case: &Case, sitting: &mut Sitting, found: &Target) -> Expected {
        let together = matches!(found, Target::Together(_) | Target::Strangers);
        let purpose = matches!(found, Target::Production(_) | Target::Booking(_));
        if sitting.mode == Mode::Learn && (together || purpose && sitting.learned.is_some()) {
            return only(if sitting.learned.is_some() { "nothing-to-learn" } else { "learn-mode" });
        }
        match found {
            Target::Malformed => only("malformed-code"),
            Target::Card(card) => self.card(case, sitting, card),
            Target::Production(id) => self.production(case, sitting, id),
            Target::Booking(id) => self.booking(case, sitting, id),
            Target::Room if sitting.mode == Mode::Learn => self.learn_thing(case, sitting, "room/studio-a"),
            Target::Room => self.purpose(case, sitting, "code-is-place"),
            Target::Person(person) => self.badge(case, sitting, person),
            Target::Both(..) => {
                self.ask(case, sitting, Question::TheThing, (None, Vec::new()));
                only("ambiguous-code")
            }
            Target::Several => only("ambiguous-code"),
            Target::Strangers => only("several-at-once"),
            Target::Nothing { reserved } if sitting.mode == Mode::Learn && !reserved => {
                sitting.learned = Some(case.code.clone());
                only("learn-code")
            }
            Target::Nothing { .. } | Target::Together(None) => only("unknown-code"),
            Target::Thing(thing) if sitting.mode == Mode::Learn => self.learn_thing(case, sitting, thing),
            Target::Thing(thing) if thing.starts_with("stock/") => self.stock(case, sitting, thing),
            Target::Thing(thing) => self.gear(case, sitting, &Group::of(thing)),
            Target::Together(Some(group)) => self.gear(case, sitting, group),
        }
    }

    fn ask(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        question: Question,
        (answerer, situations): (Answerer, Vec<&'static str>),
    ) {
        if case.typed_by.is_some() {
            return;
        }
        sitting.open = true;
        sitting.ask = Some(Ask {
            question,
            code: case.code.clone(),
            also: case.also.clone(),
            count: case.count,
            asked_ms: case.at_ms,
            answerer,
            situations,
            signer: None,
        });
    }

    fn roles(&self, person: Option<&String>) -> BTreeSet<&'static str> {
        person.map(|person| self.people[person].0).into_iter().collect()
    }

    fn expired(&self, person: Option<&String>, at_ms: i64) -> bool {
        person.and_then(|person| self.people[person].1).is_some_and(|until| until <= at_ms)
    }

    /// Something happened, and this is the fact of it.
    fn add(&mut self, case: &Case, sitting: &Sitting, thing: &str, what: What) -> Said {
        let entry = Entry {
            scan: case.id.clone(),
            station: case.station.clone(),
            actor: case.typed_by.clone().or_else(|| sitting.person.clone()),
            at_ms: case.at_ms,
            thing: thing.to_owned(),
            what,
            undone: false,
        };
        Said::of(self.log.add(entry))
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.thing)?;
        let Going { person, due_ms, booking, production, kit, confirmed_by, overrides, count } = &self.going;
        let said = [
            ("by", self.actor.clone()),
            ("to", person.clone()),
            ("due", due_ms.map(|ms| cagekeeper::time::UtcMs(ms).to_string())),
            ("booking", booking.clone()),
            ("for", production.clone()),
            ("with", kit.clone()),
            ("pieces", count.map(|count| count.to_string())),
            ("confirmed by", confirmed_by.clone()),
            ("overriding", Some(format!("{overrides:?}")).filter(|_| !overrides.is_empty())),
            ("", Some(self.more.clone()).filter(|more| !more.is_empty())),
        ];
        said.iter()
            .try_for_each(|(word, value)| value.as_ref().map_or(Ok(()), |value| write!(f, " {word} {value}")))
    }
}

impl Said {
    fn of(entry: &Entry) -> Self {
        let more = match &entry.what {
            What::Condition(condition) => (*condition).to_owned(),
            What::Job { blocks, .. } => format!("blocks {blocks}"),
            What::Tagged(thing) => thing.clone(),
            What::Counted(count) => count.to_string(),
            What::JobsDone(jobs) => jobs.len().to_string(),
            What::Passed(way, authorised, _) => format!("{way:?} {authorised}"),
            What::Entered(room, _) => format!("{room} false"),
            What::Left(room, unseen, _) => format!("{room} {unseen}"),
            _ => String::new(),
        };
        Self {
            thing: entry.thing.clone(),
            kind: entry.what.kind(),
            actor: entry.actor.clone(),
            going: entry.what.going().cloned().unwrap_or_default(),
            more,
        }
    }
}

impl Sitting {
    fn close(&mut self) {
        *self = Self { last_ms: self.last_ms, turn: self.turn, ..Self::default() };
    }

    /// Something of this has come back: DONE says what has not.
    fn brought_of(&mut self, lot: Option<Lot>) {
        let new = lot.filter(|lot| !self.lots.contains(lot) && self.lots.len() < LOTS_MAX);
        self.lots.extend(new);
    }

    fn moved_by(&mut self, scan: &str) {
        if self.scans.len() == SCANS_MAX {
            self.scans.remove(0);
        }
        self.scans.push(scan.to_owned());
    }
}
