//! UHF readers of the gate and of the desks' trays: modules that speak back, asked by the real poller. They get their power
//! when somebody comes and lose it when nobody is there.

use cagekeeper::domain::id::ReaderId;
use cagekeeper::domain::way::Way;
use cagekeeper::station::lane::{Effect, Lane, LaneSetup};
use cagekeeper::station::passage::{ABSENT_MS, Glimpse, PassageRules, Passages, Place, READS_MIN};
use cagekeeper::time::MonoMs;
use cagekeeper::wire::poll::{PollSetup, Region};
use cagekeeper::wire::{Protocol, Setup};
use cagekeeper::writer::{Input, Passage};

use super::building::{self, GATE};
use super::devices::thingmagic::ThingMagic;
use super::devices::{Device, Knobs};
use super::stage;
use super::world::World;

/// A module is ready so long after it has got its power, or never.
const READY_MS: u64 = 2_500;
/// Tags are in the field for so long.
const FIELD_MS: u64 = 1_200;
/// So long after the last read everything is over.
const OVER_MS: u64 = 2_500;

pub struct Radio {
    pub reader: ReaderId,
    /// The desk on which it lies; `None` at the gate.
    desk: Option<usize>,
    lane: Lane,
    device: ThingMagic,
    /// Something that somebody has read, and when.
    told: Vec<(u64, Effect)>,
}

impl Radio {
    fn new(reader: &str, desk: Option<(usize, u64)>, seed: [u8; 16]) -> Self {
        let repeat_ms = desk.map_or(0, |(_, repeat_ms)| repeat_ms);
        let poll = PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: vec![1] };
        let setup = LaneSetup {
            poll: Some(poll),
            passes: desk.is_none(),
            ..LaneSetup::of(Setup::of(Protocol::ThingMagic), repeat_ms)
        };
        let (lane, device) = (Lane::new(setup, seed), ThingMagic::new());
        let reader = ReaderId::parse(reader).unwrap();
        Self { reader, desk: desk.map(|(desk, _)| desk), lane, device, told: Vec::new() }
    }

    fn next_ms(&self, booted_ms: u64) -> Option<u64> {
        let lane = self.lane.poll_timeout().map(|at| at.0 + booted_ms);
        lane.into_iter().chain(self.device.next_ms()).min()
    }

    fn take(&mut self, effects: Vec<Effect>, at_ms: u64, booted_ms: u64) {
        for effect in effects {
            match effect {
                Effect::Send(outgoing) => self.hear(outgoing.bytes(), at_ms, booted_ms),
                effect => self.told.push((at_ms, effect)),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], at_ms: u64, booted_ms: u64) {
        let said = self.device.handle(bytes, at_ms);
        if !said.is_empty() {
            let effects = self.lane.handle(&said, MonoMs(at_ms - booted_ms));
            self.take(effects, at_ms, booted_ms);
        }
    }

    fn due(&mut self, at_ms: u64, booted_ms: u64) {
        self.hear(&[], at_ms, booted_ms);
        let effects = self.lane.handle_timeout(MonoMs(at_ms - booted_ms));
        self.take(effects, at_ms, booted_ms);
    }
}

/// The gate's two readers, the way in first, then the tray of each desk.
pub fn radios(world: &mut World) -> Vec<Radio> {
    let mut radios: Vec<Radio> = ["gate-in", "gate-out"]
        .map(|reader| Radio::new(reader, None, world.dice.seed()))
        .into_iter()
        .collect();
    let desks: Vec<(String, u64)> =
        world.plan.stations.iter().map(|desk| (format!("{}-tray", desk.id), desk.repeat_ms)).collect();
    for (index, (reader, repeat_ms)) in desks.into_iter().enumerate() {
        radios.push(Radio::new(&reader, Some((index, repeat_ms)), world.dice.seed()));
    }
    radios
}

pub fn passages() -> Passages {
    let place = |way| Place { way: Some(way), ..Place::default() };
    let readers = [("gate-in", Way::In), ("gate-out", Way::Out)];
    Passages::new(PassageRules {
        absent_ms: ABSENT_MS,
        reads_min: READS_MIN,
        stray_ms: 30_000,
        group_ms: 1_000,
        readers: readers.map(|(id, way)| (ReaderId::parse(id).unwrap(), place(way))).into(),
    })
}

impl World {
    /// Things lie on the tray of a desk: each is scanned once.
    pub(super) fn on_tray(&mut self, desk: usize, tags: &[usize]) {
        let index = self.radios.iter().position(|radio| radio.desk == Some(desk)).unwrap();
        let disturbed = self.inventory(&[index], tags);
        let mut scanned: Vec<String> = Vec::new();
        let (station, over_ms) = (self.stage.config.stations[desk].id.clone(), self.at_ms);
        for (at_ms, effect) in std::mem::take(&mut self.radios[index].told) {
            self.at_ms = at_ms;
            let reader = self.radios[index].reader.clone();
            scanned.extend(self.effect(&station, &reader, effect));
        }
        self.at_ms = over_ms;
        self.scans += scanned.len();
        let before = self.trays.insert(desk, over_ms);
        let fresh = before.is_none_or(|before| before + 60_000 < over_ms);
        scanned.sort();
        let lay: Vec<String> = tags.iter().map(|tag| building::epc_text(*tag)).collect();
        let once = scanned.windows(2).all(|two| two[0] != two[1]);
        let only = scanned.iter().all(|tag| lay.contains(tag));
        assert!(once && only, "{lay:?} lay on the tray and {scanned:?} was scanned");
        assert!(disturbed || !fresh || scanned == lay, "{lay:?} lay on the tray and {scanned:?} was scanned");
    }

    /// Things are carried past the gate.
    pub(super) fn carry(&mut self, tags: &[usize], ways: &[Way]) {
        let indices: Vec<usize> = ways.iter().map(|way| usize::from(*way == Way::Out)).collect();
        self.inventory(&indices, tags);
        let mut reads: Vec<(u64, ReaderId, Effect)> = Vec::new();
        let radios = self.radios.iter_mut().enumerate().filter(|(index, _)| indices.contains(index));
        for (_, radio) in radios {
            let reader = radio.reader.clone();
            reads.extend(radio.told.drain(..).map(|(at, effect)| (at, reader.clone(), effect)));
        }
        reads.sort_by_key(|(at, ..)| *at);
        for (at_ms, reader, effect) in reads {
            if let Effect::Seen(read) = effect {
                self.passages.read(&Glimpse::of(&reader, &read), MonoMs(at_ms - self.booted_ms));
            }
        }
        self.look_through();
    }

    /// What has passed the gate by now goes to the writer.
    pub(super) fn look_through(&mut self) {
        let now = self.now();
        self.passages.handle_timeout(now.mono);
        while let Some(tags) = self.passages.poll() {
            let id = format!("pass-{}", self.gates);
            (self.gates, self.scans) = (self.gates + 1, self.scans + 1);
            self.queue.push_back(Input::Passage(Passage { id, station: stage::station(GATE), tags, now }));
        }
    }

    /// These readers get their power, tags are in their field for a while, and the power goes. Whether anything disturbed it.
    fn inventory(&mut self, indices: &[usize], tags: &[usize]) -> bool {
        let (booted_ms, begins_ms) = (self.booted_ms, self.at_ms);
        let (wrong, stale, torn) = (self.dice.chance(15), self.dice.chance(15), self.dice.chance(10));
        let knobs = Knobs {
            wrong_every: if wrong { 5 } else { 0 },
            stale_every: if stale { 4 } else { 0 },
            ..Knobs::default()
        };
        for index in indices {
            let radio = &mut self.radios[*index];
            *radio.device.knobs() = knobs.clone();
            radio.device.lose_power(begins_ms);
            let effects = radio.lane.plugged(None, MonoMs(begins_ms - booted_ms)).unwrap();
            radio.take(effects, begins_ms, booted_ms);
        }
        self.let_pass(indices, begins_ms + READY_MS);
        let field: Vec<Vec<u8>> = tags.iter().map(|tag| building::epc(*tag)).collect();
        indices.iter().for_each(|index| self.radios[*index].device.knobs().tags.clone_from(&field));
        self.let_pass(indices, begins_ms + READY_MS + FIELD_MS);
        if !torn {
            indices.iter().for_each(|index| self.radios[*index].device.knobs().tags.clear());
            self.let_pass(indices, begins_ms + READY_MS + FIELD_MS + OVER_MS);
        }
        let (at_ms, mono) = (self.at_ms, self.mono());
        for index in indices {
            let radio = &mut self.radios[*index];
            let effects = radio.lane.unplugged(false, mono);
            let effects = effects.into_iter().filter(|effect| !matches!(effect, Effect::Send(_)));
            radio.told.extend(effects.map(|effect| (at_ms, effect)));
            if torn && radio.desk.is_none() {
                let reader = radio.reader.clone();
                self.passages.interrupted(&reader);
            }
        }
        wrong || stale || torn
    }

    fn let_pass(&mut self, indices: &[usize], until_ms: u64) {
        let booted_ms = self.booted_ms;
        loop {
            let times = indices
                .iter()
                .filter_map(|index| Some((self.radios[*index].next_ms(booted_ms)?.max(self.at_ms), *index)));
            let Some((at_ms, index)) = times.min().filter(|(at_ms, _)| *at_ms <= until_ms) else { break };
            self.at_ms = at_ms;
            self.radios[index].due(at_ms, booted_ms);
        }
        self.at_ms = self.at_ms.max(until_ms);
    }
}
