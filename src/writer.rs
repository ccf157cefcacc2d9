//! The writer: whatever is queued becomes one commit. Load, decide, append, apply, commit; only then is anybody told.
//!
//! Synchronous, without clock or randomness: the daemon runs it on a thread of its own, the command line and the
//! simulation call it directly. There is no other way into the ledger.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::config::{Config, PersonRule, StationConfig};
use crate::domain::command::{Actor, Command};
use crate::domain::decide::{Decision, decide, decide_silence, ended_by};
use crate::domain::fact::{CALENDAR_STATION, CONTROL_STATION, IMPORT_STATION, NewFact, Subject};
use crate::domain::id::{PersonId, ReaderId, RoomId, StationId};
use crate::domain::known::Identity;
use crate::domain::loaded::{Found, Loaded};
use crate::domain::passing::PassedTag;
use crate::domain::rules::{DoorRules, StationKind};
use crate::domain::session::{Session, Wait};
use crate::domain::verdict::{Level, Telling, Verdict, What};
use crate::domain::way::Way;
use crate::ledger::append::Occasion;
use crate::ledger::load::{Question, load, load_passing};
use crate::ledger::scanlog::ScanRow;
use crate::ledger::{Ledger, LedgerError};
use crate::time::{MonoMs, Now, UtcMs};

mod forget;
mod missed;
mod order;
mod passage;

pub use forget::{Forget, Forgotten};
use missed::{missed_of, note_missed};
pub use passage::Passage;
use passage::passed_by;

/// Inputs that one commit takes at most.
pub const GROUP_INPUTS_MAX: usize = 64;

/// The first rescan of a thing within so long after the start is *again*.
const AFTER_START: MonoMs = MonoMs(60_000);

/// Something to be recorded.
#[derive(Debug, Clone)]
pub enum Input {
    /// A deliberate scan.
    Scan(Scan),
    /// Repeats that were folded into a scan.
    Folded {
        /// The scan.
        scan: String,
        /// How many.
        times: u32,
    },
    /// A station has been silent.
    Silence {
        /// Where.
        station: StationId,
        /// What it waited for.
        wait: Wait,
        /// The turn of the session that the wait belongs to.
        turn: u64,
        /// When.
        now: Now,
    },
    /// Something that somebody asks for by other means than a reader.
    Order(Box<Order>),
    /// Part of an import.
    Batch(Batch),
    /// How far a reader of the ledger has got.
    Cursor {
        /// Which reader.
        name: &'static str,
        /// How far.
        seq: i64,
    },
    /// Old rows of the scan log may go.
    Prune {
        /// Older than this.
        before: UtcMs,
    },
    /// Things passed a gate together.
    Passage(Passage),
    /// Somebody asks at the door of a room, by other means than a reader of the station there.
    Access(Box<Access>),
    /// What a calendar asks for: decided as an order, its facts name the station `calendar`. What is refused leaves no
    /// row in the scan log, since it is asked again each time the calendar is read.
    Synced(Box<Order>),
    /// What a calendar asks for, all of it or none: bookings that stand in each other's way change places. The answer is
    /// that of the first that is refused, else of the last.
    Exchanged(Vec<Order>),
    /// Somebody is to be forgotten. [`Writer::scrub`] then overwrites what is left of them in the file.
    Forget(Box<Forget>),
}

/// A badge that asks at a door: a scan at its station, of which it is known which way somebody wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The scan, at a station that is a door.
    pub scan: Scan,
    /// Which way.
    pub way: Way,
}

/// A deliberate scan, from a reader or typed by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Drawn before the first attempt: a retry finds its answer.
    pub id: String,
    /// Where.
    pub station: StationId,
    /// The device; `None` where somebody typed.
    pub reader: Option<ReaderId>,
    /// The code as read.
    pub payload: String,
    /// Codes that were read together with it: a roll-call.
    pub also: Vec<String>,
    /// When it was read.
    pub now: Now,
}

/// Something to be done by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Drawn before the first attempt: a retry finds its facts.
    pub id: String,
    /// Who asks for it.
    pub by: Actor,
    /// What is to be done.
    pub command: Command,
    /// Whoever asks has answered what may be asked.
    pub confirm: bool,
    /// When.
    pub now: Now,
}

/// Part of an import: things as they should be. What is so already makes no fact.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The import.
    pub id: String,
    /// Index of the first of these facts within the import.
    pub first: usize,
    /// The facts.
    pub facts: Vec<NewFact>,
    /// Who people are.
    pub identities: Vec<Identity>,
    /// The newest fact of the ledger with which a file was compared: bookings made since are looked at again.
    /// `None` for facts that are taken as they are.
    pub known_seq: Option<i64>,
    /// When.
    pub now: Now,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A scan or a silence was decided and is recorded.
    Decided(Box<Answer>),
    /// The scan had been recorded before.
    AlreadyThere {
        /// The scan.
        scan: String,
        /// Where.
        station: StationId,
        /// The level it got.
        level: String,
        /// The code of its verdict.
        verdict: String,
        /// Its sentence.
        sentence: String,
        /// How long the station waits for the next scan of its session, as it stands now.
        idle_ms: Option<u64>,
        /// How long it waits for the answer to its question.
        confirm_ms: Option<u64>,
        /// The turn of the session, for the silence that may follow.
        turn: u64,
    },
    /// Nothing to say: recorded, or no longer needed.
    Noted,
    /// A batch was recorded.
    Imported {
        /// Facts added; things that were so already made none.
        facts: usize,
        /// People whose identity changed.
        identities: usize,
        /// Bookings that were promised to others since the file was compared with the ledger, each a sentence.
        refused: Vec<String>,
    },
    /// A scan at a station that the configuration does not know.
    NoSuchStation(StationId),
    /// Somebody was forgotten, or something was in the way.
    Forgotten(Box<Forgotten>),
}

/// The answer to a scan or a silence, with what the station has to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The scan; `None` for a silence.
    pub scan: Option<String>,
    /// Where.
    pub station: StationId,
    /// The device.
    pub reader: Option<ReaderId>,
    /// The answer.
    pub verdict: Verdict,
    /// Who has the session after it; at the door of a room whose badge it was.
    pub person: Option<PersonId>,
    /// The number of its last fact, where it made any.
    pub seq: Option<i64>,
    /// How long the station waits for the next scan of its session.
    pub idle_ms: Option<u64>,
    /// How long it waits for the answer to its question.
    pub confirm_ms: Option<u64>,
    /// The turn of the session, for the silence that may follow.
    pub turn: u64,
    /// When it was decided.
    pub at: UtcMs,
}

impl Answer {
    /// What the light shows.
    pub fn level(&self) -> Level {
        self.verdict.level()
    }

    /// Whether what was asked for is so now: done, notice or again.
    pub fn is_done(&self) -> bool {
        matches!(self.level(), Level::Done | Level::Notice | Level::Again)
    }
}

/// The one way into the ledger.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    stations: BTreeMap<StationId, DoorRules>,
    import_station: StationId,
    calendar_station: StationId,
    by_hand: DoorRules,
    zone: Tz,
}

impl Writer {
    /// A writer of this ledger under this configuration.
    pub fn new(ledger: Ledger, config: &Config) -> Self {
        let stations =
            config.stations.iter().map(|station| (station.id.clone(), door_rules(station, config))).collect();
        #[expect(clippy::expect_used, reason = "a literal that is an id")]
        let import_station = StationId::parse(IMPORT_STATION).expect("an id");
        #[expect(clippy::expect_used, reason = "a literal that is an id")]
        let calendar_station = StationId::parse(CALENDAR_STATION).expect("an id");
        let by_hand = by_hand_rules(config);
        Self { ledger, stations, import_station, calendar_station, by_hand, zone: config.timezone }
    }

    /// The ledger, for questions and for closing it.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What a scan would lead to, without recording it; `None` at a station that the configuration does not know.
    pub fn consider(&self, scan: &Scan) -> Result<Option<Decision>, LedgerError> {
        let Some(rules) = self.stations.get(&scan.station) else { return Ok(None) };
        considered(&self.ledger, rules, scan, &Besides::default()).map(|(_, _, decision)| Some(decision))
    }

    /// Notes the next portion of what counts that have ended did not find, in a commit of its own; whether more are left.
    /// To be called between groups until it says no: a stop in between is made up for at the next start.
    pub fn settle(&mut self) -> Result<bool, LedgerError> {
        if self.ledger.unsettled()?.is_none() {
            return Ok(false);
        }
        self.ledger.transaction(note_missed)
    }

    /// Overwrites what is left in the file of who was forgotten. False where a reader is in the way: to be tried again.
    pub fn scrub(&mut self) -> Result<bool, LedgerError> {
        self.ledger.scrub()
    }

    /// Gives the ledger back.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// Decides and records a group of inputs in one commit. When this returns, all of it is on the disk.
    ///
    /// An error means that nothing of it was recorded: the same group may be tried again, and scans that a crash
    /// recorded after all are found by their ids.
    pub fn handle_group(&mut self, inputs: &[Input]) -> Result<Vec<Reply>, LedgerError> {
        let Self { ledger, stations, import_station, calendar_station, by_hand, zone } = self;
        let door = Doors { stations, import_station, calendar_station, by_hand, zone: *zone };
        ledger.transaction(|ledger| match inputs {
            // The transaction is its savepoint.
            [only] => Ok(vec![door.handle(ledger, only)?]),
            _ => inputs.iter().map(|input| ledger.savepoint(|ledger| door.handle(ledger, input))).collect(),
        })
    }
}

fn door_rules(station: &StationConfig, config: &Config) -> DoorRules {
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    DoorRules {
        station: station.id.clone(),
        kind: station.kind,
        ways: ways(&station.id, config),
        room: station.room.clone(),
        person_required: station.person == PersonRule::Required,
        session_idle_ms: ms(station.session_idle_ms),
        confirm_ms: ms(station.confirm_ms),
        count_idle_ms: ms(station.count_idle_ms),
        repeat_ms: ms(station.repeat_ms),
        house: config.house.clone(),
    }
}

fn ways(station: &StationId, config: &Config) -> BTreeMap<ReaderId, Way> {
    let here = config.readers.iter().filter(|reader| reader.station == *station);
    here.filter_map(|reader| Some((reader.id.clone(), reader.way?))).collect()
}

/// The rules of what is not scanned at any station.
fn by_hand_rules(config: &Config) -> DoorRules {
    #[expect(clippy::expect_used, reason = "a literal that is an id")]
    let station = StationId::parse(CONTROL_STATION).expect("an id");
    DoorRules {
        station,
        kind: StationKind::Desk,
        ways: BTreeMap::new(),
        room: None,
        person_required: false,
        session_idle_ms: 0,
        confirm_ms: 0,
        count_idle_ms: 0,
        repeat_ms: 0,
        house: config.house.clone(),
    }
}

struct Doors<'a> {
    stations: &'a BTreeMap<StationId, DoorRules>,
    import_station: &'a StationId,
    calendar_station: &'a StationId,
    by_hand: &'a DoorRules,
    zone: Tz,
}

impl Doors<'_> {
    fn handle(&self, ledger: &mut Ledger, input: &Input) -> Result<Reply, LedgerError> {
        match input {
            Input::Scan(scan) => self.scan(ledger, scan, &Besides::default()),
            Input::Silence { station, wait, turn, now } => self.silence(ledger, station, *wait, *turn, now),
            Input::Order(order) => self.order(ledger, order, &self.by_hand.station),
            Input::Batch(batch) => self.batch(ledger, batch),
            Input::Folded { scan, times } => ledger.fold_into_scan(scan, *times).map(|()| Reply::Noted),
            Input::Cursor { name, seq } => ledger.put_cursor(name, *seq).map(|()| Reply::Noted),
            Input::Prune { before } => ledger.prune_scans(*before).map(|_| Reply::Noted),
            Input::Access(access) => {
                self.scan(ledger, &access.scan, &Besides { way: Some(access.way), ..Besides::default() })
            }
            Input::Passage(passage) => {
                let besides = Besides { passed: Some(&passage.tags), ..Besides::default() };
                self.scan(ledger, &passage.scan(), &besides)
            }
            Input::Synced(order) => self.order(ledger, order, self.calendar_station),
            Input::Exchanged(orders) => self.together(ledger, orders),
            Input::Forget(forget) => self.forget(ledger, forget),
        }
    }

    fn scan(&self, ledger: &mut Ledger, scan: &Scan, besides: &Besides<'_>) -> Result<Reply, LedgerError> {
        let Some(rules) = self.stations.get(&scan.station) else {
            return Ok(Reply::NoSuchStation(scan.station.clone()));
        };
        if let Some(before) = ledger.answered(&scan.id)? {
            let session = ledger.session(&scan.station)?;
            let (idle_ms, confirm_ms) = waits_of(&session, rules);
            return Ok(Reply::AlreadyThere {
                scan: scan.id.clone(),
                station: scan.station.clone(),
                level: before.level,
                verdict: before.verdict,
                sentence: before.sentence,
                idle_ms,
                confirm_ms,
                turn: session.turn,
            });
        }
        let (session, loaded, decision) = considered(ledger, rules, scan, besides)?;
        self.log(ledger, scan, &loaded, &session, &decision)?;
        let occasion = Occasion { scan_id: &scan.id, station: &scan.station, now: &scan.now };
        self.record(ledger, &occasion, rules, decision, scan.reader.clone())
    }

    /// Appends what was decided, writes the session, and makes the answer.
    fn record(
        &self,
        ledger: &mut Ledger,
        occasion: &Occasion,
        rules: &DoorRules,
        decision: Decision,
        reader: Option<ReaderId>,
    ) -> Result<Reply, LedgerError> {
        let Decision { verdict, facts, session } = decision;
        let adds = !facts.is_empty();
        let ended = ended_by(&facts);
        let seq = ledger.append(occasion, 0, facts)?;
        missed_of(ledger, occasion, &ended)?;
        ledger.put_session(occasion.station, &session)?;
        let (idle_ms, confirm_ms) = waits_of(&session, rules);
        let person = match &verdict {
            Verdict::AtDoor(said) => said.who().map(|who| who.id.clone()),
            _ => session.person,
        };
        Ok(Reply::Decided(Box::new(Answer {
            scan: Some(occasion.scan_id.to_owned()),
            station: occasion.station.clone(),
            reader,
            verdict,
            idle_ms,
            confirm_ms,
            turn: session.turn,
            person,
            seq: adds.then_some(seq),
            at: occasion.now.utc,
        })))
    }

    fn log(
        &self,
        ledger: &Ledger,
        scan: &Scan,
        loaded: &Loaded,
        before: &Session,
        decision: &Decision,
    ) -> Result<(), LedgerError> {
        let telling = Telling { names: false, zone: self.zone, now: scan.now.utc };
        let (person, thing) = named_by(&loaded.found, &decision.verdict);
        let is_badge = person.is_some()
            || matches!(&loaded.found, Found::PersonOrThing(..) | Found::Nobody)
            || matches!(&loaded.found, Found::Ambiguous(of) if of.iter().any(|of| of.starts_with("person/")));
        ledger.log_scan(&ScanRow {
            id: &scan.id,
            at: scan.now.utc,
            station: &scan.station,
            reader: scan.reader.as_ref(),
            session: decision.session.id.as_deref().or(before.id.as_deref()),
            code: loaded.code.as_ref().filter(|_| !is_badge),
            person: person.as_ref(),
            thing: thing.as_ref(),
            level: decision.verdict.level().name(),
            verdict: decision.verdict.code(),
            sentence: &decision.verdict.sentence(&telling),
        })
    }

    fn silence(
        &self,
        ledger: &mut Ledger,
        station: &StationId,
        wait: Wait,
        turn: u64,
        now: &Now,
    ) -> Result<Reply, LedgerError> {
        let Some(rules) = self.stations.get(station) else {
            return Ok(Reply::NoSuchStation(station.clone()));
        };
        let session = ledger.session(station)?;
        let Some(decision) = decide_silence(&session, wait, turn) else { return Ok(Reply::Noted) };
        let occasion = Occasion { scan_id: "", station, now };
        let mut reply = self.record(ledger, &occasion, rules, decision, None)?;
        if let Reply::Decided(answer) = &mut reply {
            answer.scan = None;
        }
        Ok(reply)
    }

    fn batch(&self, ledger: &mut Ledger, batch: &Batch) -> Result<Reply, LedgerError> {
        let mut identities = 0;
        for identity in &batch.identities {
            identities += usize::from(ledger.put_identity(identity)?);
        }
        let occasion = Occasion { scan_id: &batch.id, station: self.import_station, now: &batch.now };
        let (mut facts, mut refused) = (0, Vec::new());
        let look_again = match batch.known_seq {
            Some(seq) => ledger.booked_since(seq, &batch.id)?,
            None => false,
        };
        for (fact, index) in batch.facts.iter().zip(batch.first..) {
            // A batch that is sent again finds its facts by their ids, whatever has been said of the things since.
            if !ledger.has_fact(&occasion, index)? && !ledger.says(fact)? {
                if let Some(sentence) =
                    look_again.then(|| self.promised_since(ledger, fact, &batch.now)).transpose()?.flatten()
                {
                    refused.push(sentence);
                    continue;
                }
                ledger.append(&occasion, index, vec![fact.clone()])?;
                facts += 1;
            }
        }
        Ok(Reply::Imported { facts, identities, refused })
    }
}

/// What is known of a scan besides its codes.
#[derive(Debug, Clone, Copy, Default)]
struct Besides<'a> {
    /// Which way somebody wants to go, at a door.
    way: Option<Way>,
    /// What a gate knows of the tags.
    passed: Option<&'a [PassedTag]>,
}

/// Loads and decides one scan: the session before it, what was loaded, and what it leads to.
fn considered(
    ledger: &Ledger,
    rules: &DoorRules,
    scan: &Scan,
    besides: &Besides<'_>,
) -> Result<(Session, Loaded, Decision), LedgerError> {
    let session = ledger.session(&scan.station)?;
    let idle_ms = rules.idle_ms(&session);
    let session = session.at(scan.now.utc, idle_ms, rules.confirm_ms);
    if rules.kind == StationKind::Gate {
        let one_way = || passed_by(scan, rules);
        let tags = besides.passed.map_or_else(one_way, <[PassedTag]>::to_vec);
        let loaded = load_passing(ledger.conn(), &scan.id, scan.reader.as_ref(), &tags)?;
        let decision = decide(&loaded, &session, rules, &scan.now);
        return Ok((session, loaded, decision));
    }
    let question = Question {
        scan: &scan.id,
        reader: scan.reader.as_ref(),
        payload: &scan.payload,
        also: &scan.also,
        session: &session,
        now: scan.now.utc,
        room: rules.room.as_ref(),
        scans_at_start: (scan.now.mono < AFTER_START).then(|| ledger.scans_at_start()),
        door: behind_door(rules, scan, besides.way),
    };
    let loaded = load(ledger.conn(), &question)?;
    let decision = decide(&loaded, &session, rules, &scan.now);
    Ok((session, loaded, decision))
}

/// The room behind a door, and which way whoever is there goes: as they say, else as the reader stands.
fn behind_door<'a>(rules: &'a DoorRules, scan: &Scan, way: Option<Way>) -> Option<(&'a RoomId, Option<Way>)> {
    let room = rules.room.as_ref().filter(|_| rules.kind == StationKind::Door)?;
    let of_reader = scan.reader.as_ref().and_then(|reader| rules.ways.get(reader)).copied();
    Some((room, way.or(of_reader)))
}

/// How long a station waits for the next scan of its session, and for the answer to its question.
fn waits_of(session: &Session, rules: &DoorRules) -> (Option<u64>, Option<u64>) {
    let wait = |ms: i64| u64::try_from(ms).unwrap_or(0);
    let idle_ms = session.is_open().then(|| wait(rules.idle_ms(session)));
    (idle_ms, session.pending.is_some().then(|| wait(rules.confirm_ms)))
}

/// Whose badge it was, or what it was on: the scan log's references.
fn named_by(found: &Found, verdict: &Verdict) -> (Option<PersonId>, Option<Subject>) {
    match found {
        Found::Person(person) | Found::PersonOrThing(person, _) => (Some(person.id.clone()), None),
        Found::Asset(asset) => (None, Some(Subject::Asset(asset.id.clone()))),
        Found::Kit(kit) => (None, Some(Subject::Kit(kit.id.clone()))),
        Found::Stock(stock) => (None, Some(Subject::Stock(stock.id.clone()))),
        Found::Burst(burst) => (None, burst.subject()),
        Found::Room(room) => (None, Some(Subject::Room(room.id.clone()))),
        Found::Production(production) => (None, Some(Subject::Production(production.id.clone()))),
        Found::Booking(booking) => (None, Some(Subject::Booking(booking.id.clone()))),
        _ => (None, verdict.what().map(|What { subject, .. }| subject.clone())),
    }
}
