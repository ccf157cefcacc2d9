//! The building: readers, lanes, waits, the writer and its file on one thread under a clock that jumps. It plays the
//! daemon's part and looks over the program's shoulder after each step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cagekeeper::domain::fact::{Body, NewFact};
use cagekeeper::domain::id::{ReaderId, StationId};
use cagekeeper::domain::way::Way;
use cagekeeper::ledger::question::Reader;
use cagekeeper::station::lane::{Effect, Lane, LaneSetup};
use cagekeeper::station::passage::Passages;
use cagekeeper::station::waits::Waits;
use cagekeeper::time::{MonoMs, Now, Timekeeper};
use cagekeeper::wire::{Protocol, Setup};
use cagekeeper::writer::{Access, Batch, Input, Order, Scan};

use super::broker::Broker;
use super::building::DOORS;
use super::bytes::{self, Chunk};
use super::deeds::{Asked, Deed};
use super::dice::Dice;
use super::journal::Journal;
use super::model::Model;
use super::plan::{Act, Booked, Fault, Plan, Timed};
use super::radio::{self, Radio};
use super::stage::{self, Stage};
use super::studio;

/// Inputs that may wait for the writer; the program refuses more than this.
const QUEUE_INPUTS_MAX: usize = 4_096;
/// The program was started so long before the day begins.
const EARLY_MS: u64 = 30_000;

struct Door {
    station: usize,
    reader: ReaderId,
    protocol: Protocol,
    lane: Lane,
    /// What was held to it last, and when that ended.
    last: Option<(String, u64)>,
}

pub struct World {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
    pub(super) stage: Stage,
    pub(super) reader: Option<Reader>,
    doors: Vec<Door>,
    pub(super) waits: Waits,
    keeper: Timekeeper,
    pub(super) queue: VecDeque<Input>,
    pub(super) model: Model,
    pub(super) broker: Broker,
    pub(super) at_ms: u64,
    pub(super) booted_ms: u64,
    pub(super) off_ms: i64,
    pub(super) trusted: bool,
    pub(super) stalled_until_ms: u64,
    pub(super) faults: VecDeque<Fault>,
    /// What each import says, by its id.
    pub(super) imports: BTreeMap<String, Booked>,
    /// What each order asks for, by its id.
    pub(super) orders: BTreeMap<String, Asked>,
    /// Scans and orders that added facts.
    pub(super) moved: Vec<String>,
    pub(super) gates: usize,
    pub(super) radios: Vec<Radio>,
    pub(super) passages: Passages,
    /// When things last lay on the tray of each desk.
    pub(super) trays: BTreeMap<usize, u64>,
    pub(super) journal: Journal,
    /// Whether everything is looked at after each step.
    pub(super) watched: bool,
    pub(super) decided: BTreeSet<String>,
    pub(super) scans: usize,
    /// Codes of verdicts that came up.
    pub(super) reached: BTreeSet<&'static str>,
    pub(super) trace: Vec<String>,
}

impl World {
    pub fn new(seed: u64, watched: bool) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::of(&mut dice);
        let mut stage = Stage::new(&plan.toml());
        studio::props(plan.starts).iter().for_each(|line| stage.set(line, plan.starts.plus(-3_600_000)));
        let mut world = Self {
            model: Model::new(&plan),
            plan,
            dice,
            stage,
            reader: None,
            doors: Vec::new(),
            waits: Waits::default(),
            keeper: Timekeeper::new(None),
            queue: VecDeque::new(),
            broker: Broker::new(),
            at_ms: 0,
            booted_ms: 0,
            off_ms: 0,
            trusted: true,
            stalled_until_ms: 0,
            faults: VecDeque::new(),
            imports: BTreeMap::new(),
            orders: BTreeMap::new(),
            moved: Vec::new(),
            gates: 0,
            radios: Vec::new(),
            passages: radio::passages(),
            trays: BTreeMap::new(),
            journal: Journal::default(),
            watched,
            decided: BTreeSet::new(),
            scans: 0,
            reached: BTreeSet::new(),
            trace: Vec::new(),
        };
        world.start();
        world
    }

    /// The whole day, and the quiet after it.
    pub fn day(&mut self) {
        for booked in self.plan.bookings.clone() {
            self.rebook(booked);
        }
        for timed in std::mem::take(&mut self.plan.acts) {
            self.advance(timed.at_ms + EARLY_MS);
            self.act(timed);
            self.turn();
        }
        self.quiet();
    }

    // -- the program's start -----------------------------------------------------------------------------------------

    fn start(&mut self) {
        self.reader = None;
        self.stage.start();
        let ledger = self.stage.ledger();
        self.keeper = Timekeeper::new(ledger.last_fact_at().unwrap());
        self.broker.program_started(ledger.cursor("mqtt").unwrap());
        self.waits = Waits::default();
        for station in &self.stage.config.stations {
            let session = ledger.session(&station.id).unwrap();
            let idle_ms = session.is_open().then_some(station.session_idle_ms);
            let confirm_ms = session.pending.is_some().then_some(station.confirm_ms);
            self.waits.answered(&station.id, session.turn, idle_ms, confirm_ms, MonoMs(0));
        }
        self.reader = Some(self.stage.reader());
        self.booted_ms = self.at_ms;
        self.stalled_until_ms = 0;
        self.model.started();
        self.make_doors();
    }

    fn make_doors(&mut self) {
        self.doors.clear();
        (self.passages, self.trays) = (radio::passages(), BTreeMap::new());
        self.radios = radio::radios(self);
        let mono = self.mono();
        for (index, station) in self.plan.stations.iter().enumerate() {
            for protocol in &station.readers {
                let setup = LaneSetup::of(Setup::of(*protocol), station.repeat_ms);
                let mut lane = Lane::new(setup, self.dice.seed());
                lane.plugged(None, mono).unwrap();
                let reader = ReaderId::parse(&format!("{}-{}", station.id, protocol.name())).unwrap();
                self.doors.push(Door { station: index, reader, protocol: *protocol, lane, last: None });
            }
        }
    }

    /// The power goes: what was committed is in the files, with a torn tail, and nothing else is left.
    pub(super) fn power_cut(&mut self) {
        self.reader = None;
        let folder = stage::folder();
        for name in ["ledger.db", "ledger.db-wal"] {
            let from = self.stage.folder.path().join(name);
            if from.exists() {
                let mut bytes = std::fs::read(from).unwrap();
                if name.ends_with("wal") {
                    bytes.extend((0..self.dice.between(0, 9_000)).map(|n| (n % 251) as u8));
                }
                std::fs::write(folder.path().join(name), bytes).unwrap();
            }
        }
        self.stage.writer = None;
        self.stage.folder = folder;
        self.queue.clear();
        self.trace.push(format!("{} power cut", self.at_ms));
        self.start();
        assert!(!self.stage.ledger().was_clean(), "a power cut is no stop in order");
    }

    // -- time --------------------------------------------------------------------------------------------------------

    pub(super) fn mono(&self) -> MonoMs {
        MonoMs(self.at_ms - self.booted_ms)
    }

    pub(super) fn now(&self) -> Now {
        let machine = self.plan.starts.plus(self.at_ms.cast_signed() + self.off_ms);
        self.keeper.now(self.mono(), machine, self.trusted)
    }

    /// Jumps from one time-out to the next until then.
    pub(super) fn advance(&mut self, to_ms: u64) {
        loop {
            let lanes = self.doors.iter().filter_map(|door| door.lane.poll_timeout());
            let waits = self.waits.poll_timeout().into_iter().chain(self.passages.poll_timeout());
            let next = lanes.chain(waits).min();
            let Some(next) = next.map(|at| at.0 + self.booted_ms).filter(|at| *at <= to_ms) else { break };
            self.at_ms = self.at_ms.max(next);
            self.silent();
            self.turn();
        }
        self.at_ms = self.at_ms.max(to_ms);
    }

    fn silent(&mut self) {
        let mono = self.mono();
        for index in 0..self.doors.len() {
            if self.doors[index].lane.poll_timeout().is_some_and(|at| at <= mono) {
                let effects = self.doors[index].lane.handle_timeout(mono);
                self.effects(index, effects);
            }
        }
        if self.passages.poll_timeout().is_some_and(|at| at <= mono) {
            self.look_through();
        }
        let now = self.now();
        for (station, wait, turn) in self.waits.handle_timeout(mono) {
            self.queue.push_back(Input::Silence { station, wait, turn, now });
        }
    }

    /// What goes on between two acts: the writer and the broker's connection.
    pub(super) fn turn(&mut self) {
        if self.at_ms >= self.stalled_until_ms {
            while !self.queue.is_empty() {
                self.commit();
            }
        }
        assert!(self.queue.len() <= QUEUE_INPUTS_MAX, "{} inputs wait", self.queue.len());
        let before = self.broker.cursor();
        self.broker.turn(self.reader.as_ref().unwrap(), self.at_ms, &mut self.dice);
        if self.broker.cursor() != before && self.dice.chance(50) {
            self.queue.push_back(Input::Cursor { name: "mqtt", seq: self.broker.cursor() });
        }
    }

    // -- acts --------------------------------------------------------------------------------------------------------

    fn act(&mut self, timed: Timed) {
        match timed.act {
            Act::Present(code) => self.present(timed.station, &code),
            Act::Unplug(code) => self.unplug(timed.station, &code),
            Act::Noise => {
                let index = self.door(timed.station, "");
                let noise = bytes::noise(self.doors[index].protocol, &mut self.dice);
                self.play(index, noise);
            }
            Act::Phantom => self.phantom(),
            Act::Together(codes) => self.together(timed.station, &codes),
            Act::Rebook(booked) => self.rebook(booked),
            Act::Order(asked) => self.order(asked),
            Act::Knock(code, way) => self.knock(timed.station, code, way),
            Act::Carry { tags, ways } => self.carry(&tags, &ways),
            Act::Tray(tags) => self.on_tray(timed.station, &tags),
            Act::ClockOff(off_ms) => self.off_ms = off_ms,
            Act::Trusted(trusted) => self.trusted = trusted,
            Act::Stall(ms) => self.stalled_until_ms = self.at_ms + ms,
            Act::Compare => self.compare(),
            Act::Fault(Fault::BrokerAway(ms)) => self.broker.away(self.at_ms + ms),
            Act::Fault(Fault::BrokerLate(ms)) => self.broker.late(self.at_ms + ms),
            Act::Fault(Fault::BrokerLost) => self.broker.lost(),
            Act::Fault(fault) => self.faults.push_back(fault),
        }
    }

    /// A reader of the station that can send the code; any for none.
    fn door(&mut self, station: usize, code: &str) -> usize {
        let fits = |door: &Door| {
            door.station == station && (code.is_empty() || bytes::can_send(door.protocol, code))
        };
        let able: Vec<usize> = (0..self.doors.len()).filter(|index| fits(&self.doors[*index])).collect();
        able[self.dice.index(able.len())]
    }

    fn present(&mut self, station: usize, code: &str) {
        let index = self.door(station, code);
        let chunks = bytes::code(self.doors[index].protocol, code, &mut self.dice);
        let before = self.at_ms;
        let repeated =
            self.doors[index].last.as_ref().is_some_and(|(last, at)| last == code && before - at < 500);
        let read = self.play(index, chunks);
        self.doors[index].last = Some((code.to_owned(), self.at_ms));
        let once = read == [code];
        assert!(once || (repeated && read.is_empty()), "{code} was shown once and read as {read:?}");
    }

    /// Codes that a gate reads at once.
    fn together(&mut self, station: usize, codes: &[String]) {
        let index = self.door(station, "");
        let (id, now) = (format!("gate-{}", self.gates), self.now());
        self.gates += 1;
        self.scans += 1;
        self.queue.push_back(Input::Scan(Scan {
            id,
            station: self.stage.config.stations[station].id.clone(),
            reader: Some(self.doors[index].reader.clone()),
            payload: codes[0].clone(),
            also: codes[1..].to_vec(),
            now,
        }));
    }

    /// A reader at a door of which the way is known, or not.
    fn knock(&mut self, door: usize, payload: String, way: Option<Way>) {
        let (id, now) = (format!("door-{}", self.gates), self.now());
        (self.gates, self.scans) = (self.gates + 1, self.scans + 1);
        let station = stage::station(DOORS[door].0);
        let scan = Scan { id, station, reader: None, payload, also: Vec::new(), now };
        self.queue.push_back(match way {
            Some(way) => Input::Access(Box::new(Access { scan, way })),
            None => Input::Scan(scan),
        });
    }

    /// Something is asked for by hand.
    fn order(&mut self, mut asked: Asked) {
        if let Deed::Undo(scan) = &mut asked.deed {
            let back = 1 + self.dice.index(6);
            *scan = self.moved.iter().rev().nth(back).cloned().unwrap_or_else(|| "nothing".to_owned());
        }
        let id = format!("order-{}", self.orders.len());
        let (by, command, confirm) = (asked.actor(), asked.command(), asked.confirm);
        self.orders.insert(id.clone(), asked);
        self.queue.push_back(Input::Order(Box::new(Order { id, by, command, confirm, now: self.now() })));
    }

    fn unplug(&mut self, station: usize, code: &str) {
        let index = self.door(station, "");
        let chunks = bytes::half(self.doors[index].protocol, code);
        let read = self.play(index, chunks);
        assert!(read.is_empty(), "half of {code} was read as {read:?}");
        let mono = self.mono();
        let effects = self.doors[index].lane.unplugged(false, mono);
        let scans = self.effects(index, effects);
        assert!(scans.is_empty(), "half of {code} was read as {scans:?}");
        self.advance(self.at_ms + 3_000);
        self.doors[index].lane.plugged(None, mono).unwrap();
    }

    fn phantom(&mut self) {
        let cards = |door: &Door| door.protocol == Protocol::Rdm6300;
        let Some(index) = self.doors.iter().position(cards) else { return };
        let chunks = bytes::phantom(&mut self.dice);
        let read = self.play(index, chunks);
        assert!(read.is_empty(), "a phantom was read as {read:?}");
    }

    /// Plays bytes to a reader and says what it made of them.
    fn play(&mut self, index: usize, chunks: Vec<Chunk>) -> Vec<String> {
        let begins = self.at_ms;
        let mut read = Vec::new();
        for Chunk { after_ms, bytes } in chunks {
            self.at_ms = self.at_ms.max(begins + after_ms);
            let mono = self.mono();
            let effects = self.doors[index].lane.handle(&bytes, mono);
            read.extend(self.effects(index, effects));
        }
        read
    }

    /// Queues what came out of a lane; gives the codes that were read.
    fn effects(&mut self, index: usize, effects: Vec<Effect>) -> Vec<String> {
        let door = &self.doors[index];
        let (station, reader) = (self.stage.config.stations[door.station].id.clone(), door.reader.clone());
        let read: Vec<String> =
            effects.into_iter().filter_map(|effect| self.effect(&station, &reader, effect)).collect();
        self.scans += read.len();
        read
    }

    /// Queues an effect; gives the code that was read.
    pub(super) fn effect(
        &mut self,
        station: &StationId,
        reader: &ReaderId,
        effect: Effect,
    ) -> Option<String> {
        let now = self.now();
        match effect {
            Effect::Scan { id, payload } => {
                let (station, reader) = (station.clone(), Some(reader.clone()));
                let scan = Scan { id, station, reader, payload: payload.clone(), also: Vec::new(), now };
                self.queue.push_back(Input::Scan(scan));
                return Some(payload);
            }
            Effect::Repeats { id, times } => self.queue.push_back(Input::Folded { scan: id, times }),
            Effect::Rejected(rejected) => assert!(!rejected.reason.is_empty()),
            Effect::Send(_) | Effect::Standing(_) | Effect::Seen(_) => {}
        }
        None
    }

    /// A booking comes with an import, as it stands now.
    fn rebook(&mut self, booked: Booked) {
        let body = Body::BookingMade(booked.made());
        let subject = stage::subject(&format!("booking/{}", booked.id));
        let facts = vec![NewFact { subject, actor: None, body }];
        let id = format!("import-{}", self.imports.len());
        self.imports.insert(id.clone(), booked);
        let batch = Batch { id, first: 0, facts, identities: Vec::new(), known_seq: None, now: self.now() };
        self.queue.push_back(Input::Batch(batch));
    }
}
