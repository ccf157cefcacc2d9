//! What is no gear: badges, cards, rooms, productions, and codes that say nothing; and the answers to questions.

use std::fmt::Write as _;

use cagekeeper::domain::code::{Card, CodeFault};
use cagekeeper::domain::decide::{Decision, decide, decide_silence};
use cagekeeper::domain::fact::{Gear, Subject};
use cagekeeper::domain::id::RoomId;
use cagekeeper::domain::loaded::{Booking, Burst, Found, LastScan, Loaded, Production, Room, StillOut};
use cagekeeper::domain::person::{Person, Role, Suspension};
use cagekeeper::domain::rules::DoorRules;
use cagekeeper::domain::session::{Question, Session, Wait};
use cagekeeper::domain::verdict::Verdict;
use cagekeeper::time::{Now, UtcMs};

use super::dimensions::{Desk, Held, House, Plan, Thing, load};
use super::house::{
    MINUTE_MS, NOW, ana, anas_booking, asset, bo, booking_id, camera, code, gear_with, hours, kim, lamp,
    person, production_id,
};
use super::table::{NONE, capital, cell, head, row};

/// What is on the reader, and what the station knows besides.
pub struct Said {
    pub words: String,
    pub found: Found,
    /// What the last scan moved, where UNDO may look for it.
    last_scan: Option<LastScan>,
    /// Whether gear was scanned before it in this session.
    after_gear: bool,
    code: Option<&'static str>,
    /// Something that came back today left others of its lot out.
    still_out: bool,
}

impl Said {
    /// Whether the desk can know that much: without a session nothing was scanned in it before.
    pub fn has_meaning(&self, desk: Desk) -> bool {
        let knows = self.last_scan.is_some() || self.after_gear || self.still_out;
        !knows || desk.session().is_open()
    }
}

fn said(words: &str, found: Found) -> Said {
    Said { words: words.to_owned(), found, last_scan: None, after_gear: false, code: None, still_out: false }
}

pub fn production() -> Production {
    Production {
        id: production_id(),
        title: "Night Bus".into(),
        stage: "production".into(),
        crew: Vec::new(),
        budget_cents: None,
        spent_cents: 0,
    }
}

fn badges() -> Vec<Said> {
    let expired = Person { active_until: Some(hours(-24)), ..person("dan", "Dan", Role::Crew) };
    let suspension = Some(Suspension { until: None });
    let suspended = Person { suspended: suspension, ..person("eve", "Eve", Role::Crew) };
    let label = Box::new(Found::Asset(Box::new(camera())));
    vec![
        said("Ana's badge", Found::Person(ana())),
        said("badge of Bo, crew", Found::Person(bo())),
        said("badge of Kim, attendant", Found::Person(kim())),
        said("badge that has expired", Found::Person(expired)),
        said("badge of somebody who is suspended", Found::Person(suspended)),
        said("badge of nobody", Found::Nobody),
        said("code that is Bo's badge and a label", Found::PersonOrThing(bo(), label)),
    ]
}

fn purposes() -> Vec<Said> {
    let now = anas_booking(Gear::default());
    let later = Booking { starts: hours(24), from: hours(24), ends: hours(30), ..now.clone() };
    let room = Room { id: RoomId::parse("studio-b").unwrap(), name: "Studio B".into() };
    vec![
        said("booking card, its time is now", Found::Booking(now)),
        said("booking card, its time is tomorrow", Found::Booking(later)),
        said("production card", Found::Production(production())),
        said("room card", Found::Room(room)),
    ]
}

fn codes() -> Vec<Said> {
    let burst = |strangers: Vec<_>, unknown| {
        Found::Burst(Box::new(Burst {
            kit: None,
            other_kits: Vec::new(),
            strangers,
            seen: Vec::new(),
            unknown,
        }))
    };
    let reserved = Said { code: Some("CK:DANCE"), ..said("card that does not exist", Found::Unknown) };
    vec![
        said("code that nobody knows", Found::Unknown),
        reserved,
        said("code of two things", Found::Ambiguous(vec!["FX6 1".into(), "Lamp".into()])),
        said("something that is no code", Found::Malformed(CodeFault::Empty)),
        said("two things of no kit at once", burst(vec![lamp(), asset("tripod", "Tripod")], 0)),
        said("one thing and codes that nobody knows", burst(vec![lamp()], 2)),
        said("codes at once that nobody knows", burst(Vec::new(), 2)),
    ]
}

fn cards() -> Vec<Said> {
    let mut cards: Vec<Said> = Vec::new();
    let moved = |touched: Option<&str>| LastScan {
        scan: "scan-2".into(),
        facts: vec![("scan-2.0".into(), Subject::Asset(lamp().id))],
        name: "Lamp".into(),
        touched: touched.map(str::to_owned),
    };
    for card in Card::ALL {
        let plain = |more: &str| said(&format!("{}{more}", card.name()), Found::Card(card));
        match card {
            Card::Undo => cards.extend([
                plain(", and nothing was moved"),
                Said { last_scan: Some(moved(None)), ..plain(", and a lamp was moved") },
                Said {
                    last_scan: Some(moved(Some("Lamp"))),
                    ..plain(", and the lamp was moved again since")
                },
            ]),
            Card::Ok | Card::Dirty | Card::Damaged | Card::PartMissing => cards.extend([
                plain(", and nothing was scanned"),
                Said { after_gear: true, ..plain(", and a lamp was scanned") },
            ]),
            Card::Done => {
                cards.extend([plain(""), Said { still_out: true, ..plain(", and something is still out") }])
            }
            Card::Cancel | Card::Return | Card::Confirm | Card::Extend | Card::Learn | Card::Count => {
                cards.push(plain(""));
            }
        }
    }
    cards
}

/// Everything that is no gear.
pub fn all_said() -> Vec<Said> {
    [badges(), purposes(), codes(), cards()].into_iter().flatten().collect()
}

/// What is decided at a desk.
pub fn decided(house: House, desk: Desk, said: &Said) -> Decision {
    decide(&loaded(desk, said), &desk.session(), &desk.rules(&house.policy()), &NOW)
}

fn still_out() -> Option<StillOut> {
    let (subject, name) = (Subject::Asset(camera().id), camera().name);
    let person = Some(ana().id);
    Some(StillOut { subject, name, person, person_name: ana().name, since: hours(-2) })
}

fn loaded(desk: Desk, said: &Said) -> Loaded {
    let loaded = desk.loaded(said.found.clone());
    Loaded {
        code: said.code.map(code).or(loaded.code),
        last_scan: said.last_scan.clone(),
        still_out: still_out().into_iter().filter(|_| said.still_out).collect(),
        last_thing: said.after_gear.then(|| Found::Asset(Box::new(lamp()))),
        ..loaded
    }
}

/// Every kind of thing that a code can name: a new one needs a row.
pub const KINDS: [&str; 14] = [
    "asset",
    "kit",
    "stock",
    "person",
    "nobody",
    "room",
    "production",
    "booking",
    "card",
    "burst",
    "person or thing",
    "ambiguous",
    "unknown",
    "malformed",
];

pub fn kind(found: &Found) -> &'static str {
    match found {
        Found::Asset(_) => "asset",
        Found::Kit(_) => "kit",
        Found::Stock(_) => "stock",
        Found::Person(_) => "person",
        Found::Nobody => "nobody",
        Found::Room(_) => "room",
        Found::Production(_) => "production",
        Found::Booking(_) => "booking",
        Found::Card(_) => "card",
        Found::Burst(_) => "burst",
        Found::PersonOrThing(..) => "person or thing",
        Found::Ambiguous(_) => "ambiguous",
        Found::Unknown => "unknown",
        Found::Malformed(_) => "malformed",
    }
}

// Answers ------------------------------------------------------------------------------------------------------------

/// A scan, what was decided, and what is scanned after it.
pub struct Talk {
    pub loaded: Loaded,
    pub rules: DoorRules,
    pub decision: Decision,
    now: Now,
}

impl Talk {
    pub fn begin(loaded: Loaded, session: &Session, rules: DoorRules) -> Self {
        let decision = decide(&loaded, session, &rules, &NOW);
        Self { loaded, rules, decision, now: NOW }
    }

    /// The next scan of the same conversation, two seconds later.
    pub fn then(&self, found: Found) -> Self {
        let session = &self.decision.session;
        let now = Now { utc: self.now.utc.plus(2_000), ..self.now };
        let before = &self.loaded;
        let known = [before.holder.clone(), Some(ana()), Some(bo()), Some(kim())];
        let known = |id: &_| known.iter().flatten().find(|person| person.id == *id).cloned();
        let ask = session.pending.as_ref();
        let asked_before = before.pending.is_some();
        let about = if asked_before { before.pending.clone() } else { Some(before.found.clone()) };
        let outlook = if asked_before { &before.pending_outlook } else { &before.outlook };
        let goes_on = session.person == before.holder.as_ref().map(|person| person.id.clone());
        let loaded = Loaded {
            scan: "scan-10".into(),
            code: None,
            outlook: Default::default(),
            pending: about.filter(|_| ask.is_some()),
            pending_outlook: outlook.clone(),
            holder: session.person.as_ref().and_then(known),
            countersigner: ask.and_then(|ask| ask.countersigned_by.as_ref()).and_then(known),
            bookings: if goes_on { before.bookings.clone() } else { Vec::new() },
            found,
            ..before.clone()
        };
        let decision = decide(&loaded, session, &self.rules, &now);
        Self { loaded, rules: self.rules.clone(), decision, now }
    }

    pub fn confirm(&self) -> Self {
        self.then(Found::Card(Card::Confirm))
    }

    /// CONFIRM after somebody's badge.
    pub fn confirm_after(&self, badge: Person) -> Self {
        self.then(Found::Person(badge)).confirm()
    }

    fn silence(&self) -> Option<Decision> {
        decide_silence(&self.decision.session, Wait::Confirm, self.decision.session.turn)
    }

    /// CONFIRM when the question has lapsed.
    fn late(&self) -> Self {
        let now = Now { utc: UtcMs(self.now.utc.0 + MINUTE_MS), ..self.now };
        Self { now, loaded: self.loaded.clone(), rules: self.rules.clone(), decision: self.decision.clone() }
            .confirm()
    }
}

/// A scan that asks this under the policy as it comes, in Ana's session.
pub fn asking(house: House, question: Question) -> (&'static str, Talk) {
    let ask = |words, desk: Desk, loaded: Loaded| {
        (words, Talk::begin(loaded, &desk.session(), desk.rules(&house.policy())))
    };
    let load = |desk, held, plan| load(desk, Thing::Asset, held, plan);
    match question {
        Question::HandOver => {
            ask("it is out to Bo", Desk::Ana, load(Desk::Ana, Held::OutToBo, Plan::Nothing))
        }
        Question::WhichBooking => {
            let mut loaded = load(Desk::Ana, Held::Home, Plan::Nothing);
            let one = anas_booking(gear_with(&Subject::Asset(lamp().id)));
            let other = Booking { id: booking_id("ana-pickups"), ..one.clone() };
            loaded.bookings = vec![one, other];
            ask("Ana has two bookings now, and neither names it", Desk::Ana, loaded)
        }
        Question::AllTheSame => {
            ask("Ana's booking does not name it", Desk::Ana, load(Desk::Ana, Held::Home, Plan::NamesOthers))
        }
        Question::LongerAllTheSame => ask(
            "EXTEND, and it is promised to Unit B now",
            Desk::ExtendAna,
            load(Desk::ExtendAna, Held::OutToAna, Plan::PromisedNow),
        ),
        Question::TheThing => {
            let found = Found::PersonOrThing(bo(), Box::new(Found::Asset(Box::new(camera()))));
            ask("its label is Bo's badge as well", Desk::Ana, Desk::Ana.loaded(found))
        }
        Question::BroughtBack | Question::EndCount | Question::DropCount => {
            panic!("counts are told as stories, in tests/scenarios/count")
        }
    }
}

pub const QUESTIONS: [Question; 5] = [
    Question::HandOver,
    Question::WhichBooking,
    Question::AllTheSame,
    Question::LongerAllTheSame,
    Question::TheThing,
];

fn answers(talk: &Talk) -> Vec<String> {
    let booking = anas_booking(gear_with(&talk_subject()));
    let silence = talk.silence().map_or_else(|| "nothing to end".to_owned(), |decision| cell(&decision));
    vec![
        cell(&talk.decision),
        cell(&talk.confirm().decision),
        cell(&talk.confirm_after(kim()).decision),
        cell(&talk.confirm_after(bo()).decision),
        cell(&talk.then(Found::Card(Card::Cancel)).decision),
        cell(&talk.then(Found::Booking(booking)).decision),
        cell(&talk.late().decision),
        silence,
    ]
}

fn talk_subject() -> Subject {
    Subject::Asset(camera().id)
}

/// The sections of one file.
pub fn written(house: House) -> String {
    let desks: Vec<String> = Desk::ALL.iter().map(|desk| capital(desk.words())).collect();
    let columns: Vec<&str> =
        std::iter::once("on the reader").chain(desks.iter().map(String::as_str)).collect();
    let mut text = format!("\n# What is no gear\n\n{}", head(&columns));
    for said in all_said() {
        let cells = Desk::ALL.iter().map(|desk| match said.has_meaning(*desk) {
            true => cell(&decided(house, *desk, &said)),
            false => NONE.to_owned(),
        });
        text += &row(&std::iter::once(said.words.clone()).chain(cells).collect::<Vec<_>>());
    }
    let columns = [
        "a camera on the reader",
        "then it says",
        "CONFIRM",
        "badge of Kim, attendant, then CONFIRM",
        "badge of Bo, crew, then CONFIRM",
        "CANCEL",
        "card of a booking that names it",
        "CONFIRM after more than a minute",
        "a minute without a scan",
    ];
    let _ = write!(text, "\n# Questions and their answers\n\n{}", head(&columns));
    for question in QUESTIONS {
        let (words, talk) = asking(house, question);
        text += &row(&[vec![words.to_owned()], answers(&talk)].concat());
    }
    text
}

/// Whether a verdict is all talk: nothing of the ledger changes, and nothing had to.
pub fn is_talk(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::CodeIsPerson { .. }
            | Verdict::CodeIsProduction { .. }
            | Verdict::CodeIsBooking { .. }
            | Verdict::BookingNotNow { .. }
            | Verdict::CodeIsPlace { .. }
            | Verdict::ReturnMode
            | Verdict::ExtendMode
            | Verdict::LearnMode
            | Verdict::LearnCode { .. }
            | Verdict::SessionClosed { .. }
            | Verdict::NotTaken { .. }
            | Verdict::Cancelled
            | Verdict::Count(_)
    )
}
