//! Gates: what their readers read becomes passages, and what passes becomes inputs. A gate that sees nothing says so.

use std::collections::{BTreeMap, BTreeSet};

use super::Daemon;
use crate::config::{Config, ReaderConfig, StationConfig, StationKind};
use crate::domain::id::{ReaderId, StationId};
use crate::domain::verdict::{Level, Verdict};
use crate::io::entropy;
use crate::io::readers::{Credit, State};
use crate::io::standing::GateState;
use crate::station::ids::Ids;
use crate::station::passage::{ABSENT_MS, Glimpse, PassageRules, Passages, Place, READS_MIN};
use crate::time::{MonoMs, Now, UtcMs};
use crate::wire::Read;
use crate::writer::{Answer, Input, Passage};

/// Groups of a gate that may wait for the ledger. With more, its readers are not read.
const UNDECIDED_MAX: usize = 4;
/// A reader that has not been there since the start is missed after so long.
const GRACE_MS: u64 = 10_000;

/// One gate.
pub(super) struct Gate {
    passages: Passages,
    ids: Ids,
    /// Groups that are not answered yet.
    undecided: BTreeSet<String>,
    /// Kept from readers until some of them are.
    held: Vec<Credit>,
    /// Tags of nobody's that have passed.
    unknown: u64,
    blind: BTreeSet<ReaderId>,
}

/// The gates of the configuration, of a daemon that started then.
pub(super) fn gates(config: &Config, started_at: UtcMs) -> anyhow::Result<BTreeMap<StationId, Gate>> {
    let stations = config.stations.iter().filter(|station| station.kind == StationKind::Gate);
    let gate = |station: &StationConfig| {
        let gate = Gate {
            passages: Passages::new(rules(config, station)),
            ids: Ids::new(entropy::scan_seed(started_at)?),
            undecided: BTreeSet::new(),
            held: Vec::new(),
            unknown: 0,
            blind: BTreeSet::new(),
        };
        Ok((station.id.clone(), gate))
    };
    stations.map(gate).collect()
}

fn rules(config: &Config, station: &StationConfig) -> PassageRules {
    let readers = || config.readers.iter().filter(|reader| reader.station == station.id);
    let place = |reader: &ReaderConfig| Place {
        way: reader.way,
        sides: reader.sides.clone(),
        rssi_min_dbm: reader.rssi_min_dbm,
    };
    PassageRules {
        absent_ms: readers().filter_map(|reader| reader.absent_ms).max().unwrap_or(ABSENT_MS),
        reads_min: readers().filter_map(|reader| reader.reads_min).max().unwrap_or(READS_MIN),
        stray_ms: station.gate.stray_ms,
        group_ms: station.gate.group_ms,
        readers: readers().map(|reader| (reader.id.clone(), place(reader))).collect(),
    }
}

impl Gate {
    fn state(&self) -> GateState {
        let blind = self.blind.iter().cloned().collect();
        GateState { counts: self.passages.counts(), unknown: self.unknown, blind }
    }

    fn poll_timeout(&self) -> Option<MonoMs> {
        self.passages.poll_timeout()
    }
}

impl Daemon {
    /// When a gate next has something to end.
    pub(super) fn next_passage(&self) -> Option<MonoMs> {
        self.gates.values().filter_map(Gate::poll_timeout).min()
    }

    /// A reader of a gate has read a tag.
    pub(super) fn seen(&mut self, reader: &ReaderId, station: &StationId, read: &Read, at: MonoMs) {
        if let Some(gate) = self.gates.get_mut(station) {
            gate.passages.read(&Glimpse::of(reader, read), at);
        }
    }

    /// What has been read at a gate is looked through. While too much waits for the ledger its readers wait as well.
    pub(super) fn look_through(
        &mut self,
        station: &StationId,
        now: Now,
        credit: &Credit,
    ) -> anyhow::Result<()> {
        let Some(gate) = self.gates.get_mut(station) else { return Ok(()) };
        if gate.undecided.len() >= UNDECIDED_MAX && credit.holds_back() {
            gate.held.push(credit.clone());
        }
        gate.passages.handle_timeout(now.mono);
        self.pass_on(station, now)
    }

    /// Every gate whose time has come is looked through.
    pub(super) fn gates_due(&mut self, now: Now) -> anyhow::Result<()> {
        let is_due = |gate: &Gate| gate.poll_timeout().is_some_and(|at| at <= now.mono);
        let due = self.gates.iter().filter(|(_, gate)| is_due(gate)).map(|(station, _)| station.clone());
        let due: Vec<StationId> = due.collect();
        due.iter().try_for_each(|station| self.look_through(station, now, &Credit::free()))
    }

    fn pass_on(&mut self, station: &StationId, now: Now) -> anyhow::Result<()> {
        let Some(gate) = self.gates.get_mut(station) else { return Ok(()) };
        let mut groups = Vec::new();
        while gate.undecided.len() < UNDECIDED_MAX
            && let Some(tags) = gate.passages.poll()
        {
            let id = gate.ids.next_id();
            gate.undecided.insert(id.clone());
            groups.push(Passage { id, station: station.clone(), tags, now });
        }
        let state = gate.state();
        self.shared.note_gate(station, state);
        groups.into_iter().try_for_each(|passage| self.put(Input::Passage(passage), None))
    }

    /// A group of a gate is answered: what waits behind it may go on.
    pub(super) fn gate_answered(
        &mut self,
        station: &StationId,
        scan: &str,
        verdict: Option<&Verdict>,
    ) -> anyhow::Result<()> {
        let Some(gate) = self.gates.get_mut(station) else { return Ok(()) };
        if let Some(Verdict::Passed(passages)) = verdict {
            gate.unknown += passages.unknown as u64;
        }
        if gate.undecided.remove(scan) {
            gate.held.clear();
        }
        let now = self.shared.now();
        self.pass_on(station, now)
    }

    /// A blind gate must not look like a quiet one: it is said once of each reader that sees nothing.
    pub(super) fn look_after_gates(&mut self) {
        let now = self.shared.now();
        let readers = self.shared.readers();
        let mut news = Vec::new();
        for (station, gate) in &mut self.gates {
            for reader in readers.iter().filter(|reader| reader.station == *station) {
                let is_new = reader.health.state == State::Waiting && now.mono.0 < GRACE_MS;
                let sees = reader.health.state == State::Reading && !self.silent.contains(&reader.id);
                if sees {
                    if gate.blind.remove(&reader.id) {
                        tracing::info!(reader = %reader.id, "the gate sees again");
                    }
                } else if !is_new && gate.blind.insert(reader.id.clone()) {
                    gate.passages.interrupted(&reader.id);
                    news.push((station.clone(), reader.id.clone()));
                }
            }
            self.shared.note_gate(station, gate.state());
        }
        news.into_iter().for_each(|(station, reader)| self.is_blind(station, reader, now));
    }

    fn is_blind(&self, station: StationId, reader: ReaderId, now: Now) {
        tracing::warn!(%station, %reader, "the gate is blind: this reader reads nothing, and what passes is not noticed");
        let lamps = self.lamps.iter().filter(|lamp| lamp.station == station);
        lamps.for_each(|lamp| lamp.felt(Level::Refused, None));
        self.telling.answer(&Answer {
            scan: None,
            station,
            reader: None,
            verdict: Verdict::ReaderDown { reader },
            person: None,
            seq: None,
            idle_ms: None,
            confirm_ms: None,
            turn: 0,
            at: now.utc,
        });
    }
}
