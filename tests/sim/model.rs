//! The rules of the desk once more, naively: a list of what moved, searched from its end. It shares no code with the
//! program and must come to the same answers.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{ASSETS, Booked, KITS, PEOPLE, PRODUCTIONS, Plan, card_number};

const LOAN_MS: i64 = 24 * 3_600_000;
const AFTER_START_MS: u64 = 60_000;

/// What a scan must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub code: &'static str,
    /// Thing, kind of fact, who did it.
    pub facts: Vec<(String, &'static str, Option<String>)>,
}

/// One scan as the program decides it.
pub struct Scanned<'a> {
    pub id: &'a str,
    pub station: &'a str,
    pub payload: &'a str,
    pub utc_ms: i64,
    pub mono_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Thing(String),
    Person(String),
}

#[derive(Debug, Clone)]
struct Moved {
    scan: String,
    thing: String,
    kind: &'static str,
    station: String,
    actor: Option<String>,
    at_ms: i64,
    due_ms: i64,
    kit: Option<String>,
    undone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    HandOver,
    WhichBooking,
}

/// A station's conversation.
#[derive(Debug, Clone, Default)]
struct Sitting {
    open: bool,
    person: Option<String>,
    production: Option<String>,
    booking: Option<String>,
    without_booking: bool,
    returning: bool,
    ask: Option<(Ask, String, i64)>,
    scans: Vec<String>,
    last_ms: i64,
    turn: u64,
    /// The scan by which CONFIRM last answered: the card once more at once is a repeat.
    confirmed_turn: Option<u64>,
}

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
    moves: Vec<Moved>,
    seen_since_start: BTreeSet<String>,
}

/// What a rule needs to know of the scan that it judges.
struct Case<'a> {
    scan: &'a Scanned<'a>,
    at_ms: i64,
    /// The label that moves things: of a question, where a card answers it.
    label: String,
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
            codes: codes(),
            people: PEOPLE.iter().map(|(id, role, ms)| (format!("p-{id}"), (*role, until(*ms)))).collect(),
            bookings: BTreeMap::new(),
            moves: Vec::new(),
            seen_since_start: BTreeSet::new(),
        }
    }

    /// Who holds what: the last movement that stands.
    pub fn holders(&self) -> BTreeMap<String, Option<String>> {
        let things: BTreeSet<&String> = self.moves.iter().map(|moved| &moved.thing).collect();
        things
            .into_iter()
            .filter_map(|thing| Some((thing.clone(), self.held(thing)?.actor.clone())))
            .collect()
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
        if sitting.open && scan.utc_ms - sitting.last_ms > rules.idle_ms {
            sitting.close();
        }
        let confirm_ms = rules.confirm_ms;
        sitting.ask = sitting.ask.take().filter(|(_, _, asked)| scan.utc_ms - asked <= confirm_ms);
        sitting.last_ms = scan.utc_ms;
        sitting.turn += 1;
        let code = canonical(scan.payload);
        let case = Case { scan, at_ms: scan.utc_ms, label: code.clone() };
        let separates = |c: char| matches!(c, '\u{4}' | '\u{1c}'..='\u{1f}');
        if code.len() > 512 || code.chars().any(|c| c.is_control() && !separates(c)) {
            return only("malformed-code");
        }
        match code.split_at_checked(3) {
            Some(("CK:", card)) => self.card(&case, card),
            Some(("PR:", id)) if PRODUCTIONS.contains(&id) => self.production(&case, id),
            Some(("BK:", id)) if self.bookings.contains_key(id) => self.booking(&case, id),
            Some(("RM:", "studio-a")) => self.purpose(&case, "code-is-place", |_| {}),
            _ => self.label(&case, &code),
        }
    }

    fn label(&mut self, case: &Case, code: &str) -> Expected {
        match self.codes.get(code).cloned().unwrap_or_default().as_slice() {
            [] => only("unknown-code"),
            [Target::Thing(thing)] => {
                let expected = self.thing(case, thing);
                self.seen_since_start.insert(thing.clone());
                expected
            }
            [Target::Person(person)] => self.badge(case, person),
            _ => only("ambiguous-code"),
        }
    }

    fn sitting(&mut self, case: &Case) -> &mut Sitting {
        &mut self.stations.get_mut(case.scan.station).unwrap().1
    }

    fn rules(&self, case: &Case) -> &Rules {
        &self.stations[case.scan.station].0
    }

    fn expired(&self, person: Option<&String>, at_ms: i64) -> bool {
        person.and_then(|person| self.people[person].1).is_some_and(|until| until <= at_ms)
    }

    fn badge(&mut self, case: &Case, person: &str) -> Expected {
        let person = person.to_owned();
        let expired = self.expired(Some(&person), case.at_ms);
        let may = matches!(self.people[&person].0, "attendant" | "studio-manager" | "admin");
        let sitting = self.sitting(case);
        if let Some((_, _, asked)) = sitting.ask.as_mut().filter(|_| may && !expired) {
            *asked = case.at_ms;
            return only("countersigned");
        }
        if expired {
            sitting.close();
            return only("person-expired");
        }
        if sitting.person.as_ref() == Some(&person) {
            return only("duplicate-scan");
        }
        let returning = sitting.returning && sitting.person.is_none();
        sitting.close();
        (sitting.open, sitting.returning, sitting.person) = (true, returning, Some(person));
        only("code-is-person")
    }

    fn purpose(&mut self, case: &Case, code: &'static str, set: impl FnOnce(&mut Sitting)) -> Expected {
        let required = self.rules(case).required;
        let sitting = self.sitting(case);
        if required && sitting.person.is_none() {
            return only("no-session");
        }
        sitting.open = true;
        set(sitting);
        only(code)
    }

    fn production(&mut self, case: &Case, id: &str) -> Expected {
        let said = self.purpose(case, "code-is-production", |sitting| {
            sitting.production = Some(id.to_owned());
            sitting.booking = None;
            sitting.without_booking = false;
        });
        self.answers_which_booking(case, said)
    }

    fn booking(&mut self, case: &Case, id: &str) -> Expected {
        let booked = self.bookings[id].clone();
        let is_now = booked.starts.0 <= case.at_ms && case.at_ms < booked.ends.0;
        let code = if is_now { "code-is-booking" } else { "booking-not-now" };
        let said = self.purpose(case, code, |sitting| {
            sitting.booking = Some(booked.id);
            sitting.production = booked.production;
            sitting.without_booking = false;
        });
        self.answers_which_booking(case, said)
    }

    /// A purpose card may answer the question which booking gear is for: then the gear goes.
    fn answers_which_booking(&mut self, case: &Case, said: Expected) -> Expected {
        let asked = self.sitting(case).ask.clone().filter(|(ask, _, _)| *ask == Ask::WhichBooking);
        let Some((_, label, _)) = asked.filter(|_| said.code != "no-session") else { return said };
        self.answered(&Case { label: label.clone(), ..*case }, &label, Ask::WhichBooking)
    }

    fn card(&mut self, case: &Case, card: &str) -> Expected {
        let sitting = self.sitting(case);
        match card {
            "CANCEL" if sitting.ask.take().is_some() => only("cancelled"),
            "DONE" | "CANCEL" if !sitting.open => only("duplicate-scan"),
            "DONE" | "CANCEL" => {
                sitting.close();
                only("session-closed")
            }
            "RETURN" => {
                (sitting.open, sitting.returning, sitting.ask) = (true, true, None);
                only("return-mode")
            }
            "UNDO" => self.undo(case),
            "CONFIRM" => {
                let repeat = sitting.confirmed_turn.is_some_and(|turn| turn + 1 == sitting.turn);
                if repeat || sitting.ask.is_some() {
                    sitting.confirmed_turn = Some(sitting.turn);
                }
                let Some((ask, label, _)) = sitting.ask.clone() else {
                    return only(if repeat { "duplicate-scan" } else { "nothing-to-confirm" });
                };
                sitting.without_booking |= ask == Ask::WhichBooking;
                self.answered(&Case { label: label.clone(), ..*case }, &label, ask)
            }
            _ => only("unknown-code"),
        }
    }

    /// A question is answered with yes. The thing may have moved since it was asked: a thing that is out to somebody
    /// changes hands only where that was the question.
    fn answered(&mut self, case: &Case, label: &str, ask: Ask) -> Expected {
        let Some([Target::Thing(thing)]) = self.codes.get(label).map(Vec::as_slice) else {
            panic!("{label}: only a thing is asked about")
        };
        let thing = thing.clone();
        let person = self.sitting(case).person.clone();
        let holder = self.held(&thing).map(|moved| moved.actor.clone());
        let expected = match holder {
            None => self.take_out(case, &thing),
            Some(holder) if holder == person => {
                self.sitting(case).ask = None;
                only("duplicate-scan")
            }
            Some(Some(_)) if ask == Ask::WhichBooking => {
                self.ask(case, Ask::HandOver);
                only("already-out-to-other")
            }
            Some(_) => self.hand_over(case, &thing),
        };
        self.seen_since_start.insert(thing);
        expected
    }

    fn thing(&mut self, case: &Case, thing: &str) -> Expected {
        if self.is_repeat(case, thing) {
            return only("duplicate-scan");
        }
        let required = self.rules(case).required;
        let sitting = self.sitting(case).clone();
        let Some(held) = self.held(thing).cloned() else {
            if sitting.returning {
                return match self.seen_just_now(case, thing) {
                    true => only("duplicate-scan"),
                    false => {
                        Expected { code: "not-out", facts: vec![self.add(case, thing, "sighted", 0, None)] }
                    }
                };
            }
            if required && sitting.person.is_none() {
                return only("no-session");
            }
            return self.take_out(case, thing);
        };
        let to_another = held.actor.is_some() && sitting.person.is_some() && held.actor != sitting.person;
        if to_another && !sitting.returning {
            return self.ask_hand_over(case, thing);
        }
        self.bring_back(case, thing, &held, to_another)
    }

    fn ask_hand_over(&mut self, case: &Case, thing: &str) -> Expected {
        let seen = self.seen_just_now(case, thing);
        let facts = if seen { Vec::new() } else { vec![self.add(case, thing, "sighted", 0, None)] };
        self.ask(case, Ask::HandOver);
        Expected { code: "already-out-to-other", facts }
    }

    fn ask(&mut self, case: &Case, ask: Ask) {
        let sitting = self.sitting(case);
        sitting.open = true;
        sitting.ask = Some((ask, case.label.clone(), case.at_ms));
    }

    fn take_out(&mut self, case: &Case, thing: &str) -> Expected {
        let person = self.sitting(case).person.clone();
        if self.expired(person.as_ref(), case.at_ms) {
            return only("person-expired");
        }
        let Ok(due_ms) = self.due(case) else {
            self.ask(case, Ask::WhichBooking);
            return only("several-bookings");
        };
        let (along, left): (Vec<String>, Vec<String>) =
            members(thing).into_iter().partition(|member| self.held(member).is_none());
        let facts = self.moved(case, thing, along, "checked-out", |_| due_ms);
        Expected { code: if left.is_empty() { "checked-out" } else { "kit-member-unavailable" }, facts }
    }

    /// When gear is due that goes out now, or that the person must say which booking it is for.
    fn due(&mut self, case: &Case) -> Result<i64, ()> {
        let sitting = self.sitting(case).clone();
        let lent = case.at_ms + LOAN_MS;
        let until = |booked: &Booked| if booked.ends.0 > case.at_ms { booked.ends.0 } else { lent };
        if let Some(booked) = sitting.booking.as_ref().map(|id| &self.bookings[id]) {
            return Ok(until(booked));
        }
        let (Some(person), false) = (sitting.person, sitting.without_booking) else { return Ok(lent) };
        let current = self.bookings.values().filter(|booked| {
            let is_now = booked.starts.0 <= case.at_ms && case.at_ms < booked.ends.0;
            let fits = sitting.production.is_none() || booked.production == sitting.production;
            is_now && fits && booked.status == "confirmed" && booked.people.contains(&person)
        });
        match current.collect::<Vec<_>>().as_slice() {
            [] => Ok(lent),
            [booked] => Ok(until(booked)),
            _ => Err(()),
        }
    }

    fn bring_back(&mut self, case: &Case, thing: &str, held: &Moved, to_another: bool) -> Expected {
        let (along, short) = self.coming(thing);
        let late = case.at_ms > held.due_ms;
        let facts = self.moved(case, thing, along, "returned", |_| 0);
        let code = match (short, late, to_another) {
            (true, _, _) => "kit-incomplete",
            (_, true, _) => "late",
            (_, _, true) => "returned-by-other-person",
            _ => "returned",
        };
        Expected { code, facts }
    }

    fn hand_over(&mut self, case: &Case, thing: &str) -> Expected {
        let person = self.sitting(case).person.clone();
        if self.expired(person.as_ref(), case.at_ms) {
            return only("person-expired");
        }
        let due_ms = self.due(case).unwrap_or(case.at_ms + LOAN_MS);
        let (along, _) = self.coming(thing);
        Expected { code: "handed-over", facts: self.moved(case, thing, along, "handed-over", |_| due_ms) }
    }

    /// Members that are out with this kit, and whether others are out otherwise.
    fn coming(&self, thing: &str) -> (Vec<String>, bool) {
        let out: Vec<String> =
            members(thing).into_iter().filter(|member| self.held(member).is_some()).collect();
        let with_it =
            |member: &String| self.held(member).is_some_and(|held| held.kit.as_deref() == Some(thing));
        let (along, others): (Vec<String>, Vec<String>) = out.into_iter().partition(with_it);
        (along, !others.is_empty())
    }

    fn undo(&mut self, case: &Case) -> Expected {
        let Some(last) = self.sitting(case).scans.last().cloned() else { return only("nothing-to-undo") };
        let things: Vec<String> = self
            .moves
            .iter()
            .filter(|moved| moved.scan == last && moved.moves())
            .map(|moved| moved.thing.clone())
            .collect();
        if things.iter().any(|thing| self.last(thing).is_none_or(|moved| moved.scan != last)) {
            return only("undo-too-late");
        }
        self.moves.iter_mut().filter(|moved| moved.scan == last).for_each(|moved| moved.undone = true);
        let facts = things.iter().map(|thing| self.add(case, thing, "annulled", 0, None)).collect();
        let sitting = self.sitting(case);
        sitting.scans.pop();
        sitting.ask = None;
        Expected { code: "undone", facts }
    }

    /// The last movement of a thing that stands.
    fn last(&self, thing: &str) -> Option<&Moved> {
        self.moves.iter().rev().find(|moved| moved.thing == thing && moved.moves() && !moved.undone)
    }

    fn held(&self, thing: &str) -> Option<&Moved> {
        self.last(thing).filter(|moved| moved.kind != "returned")
    }

    fn is_repeat(&mut self, case: &Case, thing: &str) -> bool {
        let sitting = self.sitting(case).clone();
        let Some(last) = self.last(thing) else { return false };
        let rules = self.rules(case);
        if last.station != case.scan.station || (sitting.returning && last.kind != "returned") {
            return false;
        }
        let apart_ms = (case.at_ms - last.at_ms).abs();
        if sitting.person.is_none() && !rules.required && !sitting.returning {
            let first = case.scan.mono_ms < AFTER_START_MS && !self.seen_since_start.contains(thing);
            return apart_ms < rules.repeat_ms || (first && apart_ms <= rules.idle_ms);
        }
        last.actor == sitting.person && apart_ms <= rules.idle_ms
    }

    /// The newest that is known of it is that it was seen here, by the same person, a moment ago.
    fn seen_just_now(&mut self, case: &Case, thing: &str) -> bool {
        let person = self.sitting(case).person.clone();
        let newest = self.moves.iter().rev().find(|moved| moved.thing == thing);
        newest.is_some_and(|seen| {
            let near = (case.at_ms - seen.at_ms).abs() <= self.rules(case).idle_ms;
            seen.kind == "sighted" && seen.station == case.scan.station && seen.actor == person && near
        })
    }

    /// A thing and what goes with it move.
    fn moved(
        &mut self,
        case: &Case,
        thing: &str,
        along: Vec<String>,
        kind: &'static str,
        due_ms: impl Fn(&str) -> i64,
    ) -> Vec<(String, &'static str, Option<String>)> {
        let kit = thing.starts_with("kit/").then(|| thing.to_owned());
        let all = std::iter::once(thing.to_owned()).chain(along);
        let facts = all.map(|each| self.add(case, &each, kind, due_ms(&each), kit.clone())).collect();
        let sitting = self.sitting(case);
        (sitting.open, sitting.ask) = (true, None);
        if sitting.scans.len() == 64 {
            sitting.scans.remove(0);
        }
        sitting.scans.push(case.scan.id.to_owned());
        facts
    }

    fn add(
        &mut self,
        case: &Case,
        thing: &str,
        kind: &'static str,
        due_ms: i64,
        kit: Option<String>,
    ) -> (String, &'static str, Option<String>) {
        let actor = self.sitting(case).person.clone();
        self.moves.push(Moved {
            scan: case.scan.id.to_owned(),
            thing: thing.to_owned(),
            kind,
            station: case.scan.station.to_owned(),
            actor: actor.clone(),
            at_ms: case.at_ms,
            due_ms,
            kit,
            undone: false,
        });
        (thing.to_owned(), kind, actor)
    }
}

impl Moved {
    fn moves(&self) -> bool {
        matches!(self.kind, "checked-out" | "returned" | "handed-over")
    }
}

impl Sitting {
    fn close(&mut self) {
        *self = Self { last_ms: self.last_ms, turn: self.turn, ..Self::default() };
    }
}

/// Numbers of cards in upper case, everything else as it stands.
fn canonical(payload: &str) -> String {
    let text = payload.trim();
    let is_number = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number { text.to_ascii_uppercase() } else { text.to_owned() }
}

fn codes() -> BTreeMap<String, Vec<Target>> {
    let mut codes: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    let mut put = |code: String, target: Target| codes.entry(code).or_default().push(target);
    for (index, (id, _, _)) in PEOPLE.iter().enumerate() {
        put(format!("BADGE-{id}"), Target::Person(format!("p-{id}")));
        put(card_number(index), Target::Person(format!("p-{id}")));
    }
    for (id, _) in KITS {
        put(format!("T-{id}"), Target::Thing(format!("kit/{id}")));
        put(id.to_owned(), Target::Thing(format!("kit/{id}")));
    }
    for (index, id) in ASSETS.iter().enumerate() {
        let thing = Target::Thing(format!("asset/{id}"));
        put(format!("T-{id}"), thing.clone());
        put((*id).to_owned(), thing.clone());
        match *id {
            "rec-01" => put("BOTH".to_owned(), thing),
            "light-01" | "light-02" => put("TWICE".to_owned(), thing),
            _ => put(card_number(100 + index), thing),
        }
    }
    put("BOTH".to_owned(), Target::Person("p-bo".to_owned()));
    codes
}
