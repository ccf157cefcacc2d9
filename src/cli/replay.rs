#![allow(clippy::disallowed_methods, reason = "it reads a recording and keeps a scratch ledger")]
//! `replay FILE`: a recording through decoders, folding and rules, as if the readers were there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde_json::json;

use super::Failure;
use super::desk::{Desk, moved, reader_if_any};
use super::scan::show;
use super::screen::Screen;
use crate::config::{Config, ReaderSource};
use crate::control::{ScanShown, named};
use crate::domain::id::{ReaderId, StationId};
use crate::io::entropy;
use crate::io::readers::replay::{Line, descriptors, parse};
use crate::ledger::Ledger;
use crate::station::lane::{Effect, Lane, LaneSetup};
use crate::time::{MonoMs, Now};
use crate::wire::{Protocol, Setup};
use crate::writer::{Input, Scan};

/// Waits that a reader may still have when the recording is over.
const LAST_WAITS_MAX: usize = 16;

/// What is played, and into what.
#[derive(Debug, Args)]
pub struct What {
    /// JSON lines of {"at_ms":0,"reader":"gun","hex":"0d"}
    file: PathBuf,
    /// Write into the configured ledger instead of a scratch copy
    #[arg(long)]
    into_ledger: bool,
    /// The station of readers that the configuration does not know
    #[arg(long)]
    station: Option<String>,
    /// The framing of readers that the configuration does not know
    #[arg(long, value_parser = protocols(), default_value = "line")]
    protocol: Protocol,
}

fn protocols() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name))
        .map(|name| Protocol::parse(&name).unwrap_or(Protocol::Line))
}

/// Plays a recording as fast as it is taken and prints what became of it.
pub fn replay(config: &Config, screen: &mut Screen, what: &What) -> anyhow::Result<ExitCode> {
    let (lines, descriptors) = load(&what.file)?;
    let mut places = places(config, &lines, what)?;
    for (reader, descriptor) in descriptors {
        if let Some(place) = places.get_mut(&reader) {
            // What it is no descriptor of is said with the first report.
            let _ = place.lane.plugged(Some(descriptor), MonoMs(0));
        }
    }
    let (desk, _scratch) = if what.into_ledger { (Desk::open(config)?, None) } else { scratch(config)? };
    let begin_ms = lines.first().map_or(0, |line| line.at_ms);
    let now = desk.now();
    let mut player = Player { config, screen, desk, places, begin_ms, end_ms: end_ms(&lines), now };
    let played = player.play(&lines);
    player.desk.close()?;
    played?;
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The HID report descriptors of the readers of a recording.
type Descriptors = BTreeMap<ReaderId, Vec<u8>>;

fn load(file: &Path) -> anyhow::Result<(Vec<Line>, Descriptors)> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Wrong(format!("{shown}: cannot be read ({error}): name a recording")))?;
    let lines = parse(&text).map_err(|bad| {
        Failure::Wrong(format!(
            "{shown}:{}:{}: {}; expected {{\"at_ms\":0,\"reader\":\"gun\",\"hex\":\"0d\"}}",
            bad.line, bad.column, bad.reason
        ))
    })?;
    Ok((lines, descriptors(&text)))
}

fn end_ms(lines: &[Line]) -> u64 {
    lines.iter().map(|line| line.at_ms).max().unwrap_or(0)
}

/// Where a reader of the recording stands.
#[derive(Debug)]
struct Place {
    station: StationId,
    lane: Lane,
    /// Whether the last line needs no end: typed input.
    is_typed: bool,
}

fn places(config: &Config, lines: &[Line], what: &What) -> anyhow::Result<BTreeMap<ReaderId, Place>> {
    let mut places = BTreeMap::new();
    for line in lines {
        if !places.contains_key(&line.reader) {
            places.insert(line.reader.clone(), place(config, &line.reader, what)?);
        }
    }
    Ok(places)
}

fn place(config: &Config, reader: &ReaderId, what: &What) -> anyhow::Result<Place> {
    let known = config.readers.iter().find(|known| known.id == *reader);
    let (station, setup) = match (known, &what.station) {
        (Some(known), None) => {
            let (layout, framing) = (known.layout, known.framing.clone());
            (known.station.as_str(), Setup { layout, framing, ..Setup::of(known.protocol) })
        }
        (_, Some(station)) => (station.as_str(), Setup::of(what.protocol)),
        (None, None) => {
            let ids: Vec<&str> = config.readers.iter().map(|known| known.id.as_str()).collect();
            let (file, ids) = (what.file.display(), ids.join(", "));
            let sentence = format!(
                "{file}: the configuration has no reader {reader:?}, only {ids}: say --station and --protocol",
                reader = reader.as_str()
            );
            return Err(Failure::Wrong(sentence).into());
        }
    };
    let known_station = config.stations.iter().find(|known| known.id.as_str() == station);
    let station = known_station.ok_or_else(|| Failure::Wrong(format!("there is no station {station:?}")))?;
    Ok(Place {
        station: station.id.clone(),
        lane: Lane::new(LaneSetup::of(setup, station.repeat_ms), entropy::bytes::<16>()?),
        is_typed: known.is_some_and(|known| known.source == ReaderSource::Stdin),
    })
}

/// A folder that goes when the replay ends.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, path = %self.0.display(), "the scratch ledger stays");
        }
    }
}

/// A copy of the configured ledger, so that its codes are known; an empty one in memory where there is none.
fn scratch(config: &Config) -> anyhow::Result<(Desk, Option<Scratch>)> {
    let Some(reader) = reader_if_any(config)? else {
        return Ok((Desk::over(Ledger::in_memory(&entropy::origin()?)?, config)?, None));
    };
    let folder = std::env::temp_dir().join(format!("cagekeeper-replay-{}", entropy::origin()?));
    std::fs::create_dir(&folder)
        .map_err(|error| Failure::Unreachable(format!("{}: cannot be made: {error}", folder.display())))?;
    let scratch = Scratch(folder);
    let path = scratch.0.join("ledger.db");
    reader.copy_into(&path)?;
    let ledger = Ledger::open(&path, &entropy::origin()?)?;
    Ok((Desk::over(ledger, config)?, Some(scratch)))
}

/// What became of a scan of the recording.
#[derive(Debug, Serialize)]
struct Played<'a> {
    at_ms: u64,
    reader: &'a ReaderId,
    #[serde(flatten)]
    scan: ScanShown,
}

struct Player<'a> {
    config: &'a Config,
    screen: &'a mut Screen,
    desk: Desk,
    places: BTreeMap<ReaderId, Place>,
    begin_ms: u64,
    end_ms: u64,
    now: Now,
}

impl Player<'_> {
    fn play(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        let readers: Vec<ReaderId> = self.places.keys().cloned().collect();
        for line in lines.iter().filter(|line| !line.bytes.is_empty()) {
            for reader in &readers {
                self.wait(reader, line.at_ms)?;
            }
            let at = MonoMs(line.at_ms);
            let effects = self.lane(&line.reader, |place| place.lane.handle(&line.bytes, at));
            self.effects(&line.reader, line.at_ms, effects)?;
        }
        for reader in &readers {
            for _ in 0..LAST_WAITS_MAX {
                self.wait(reader, u64::MAX)?;
            }
            let end = MonoMs(self.end_ms);
            let effects = self.lane(reader, |place| place.lane.unplugged(place.is_typed, end));
            self.effects(reader, self.end_ms, effects)?;
        }
        Ok(())
    }

    fn lane(&mut self, reader: &ReaderId, take: impl FnOnce(&mut Place) -> Vec<Effect>) -> Vec<Effect> {
        self.places.get_mut(reader).map(take).unwrap_or_default()
    }

    /// Lets the silence before `until_ms` pass.
    fn wait(&mut self, reader: &ReaderId, until_ms: u64) -> anyhow::Result<()> {
        let due = self.places.get(reader).and_then(|place| place.lane.poll_timeout());
        let Some(due) = due.filter(|due| due.0 <= until_ms) else { return Ok(()) };
        let effects = self.lane(reader, |place| place.lane.handle_timeout(due));
        self.effects(reader, due.0, effects)
    }

    fn effects(&mut self, reader: &ReaderId, at_ms: u64, effects: Vec<Effect>) -> anyhow::Result<()> {
        for effect in effects {
            match effect {
                Effect::Scan { id, payload } => self.scan(reader, at_ms, id, payload)?,
                Effect::Repeats { id, times } => {
                    self.desk.record(Input::Folded { scan: id, times })?;
                }
                Effect::Rejected(rejected) if self.screen.is_json() => {
                    let (kind, reason) = (rejected.kind, rejected.reason);
                    let line = json!({ "at_ms": at_ms, "reader": reader, "ok": false, "kind": kind, "reason": reason });
                    self.screen.json(&line)?;
                }
                // A recording has nobody to answer.
                Effect::Send(_) | Effect::Standing(_) | Effect::Seen(_) => {}
                Effect::Rejected(rejected) => {
                    self.screen.line(&format!("{at_ms} ms, {reader}: no scan: {rejected}"))?;
                }
            }
        }
        Ok(())
    }

    /// The recording ends now: a scan before its end was made that long ago.
    fn scan(&mut self, reader: &ReaderId, at_ms: u64, id: String, payload: String) -> anyhow::Result<()> {
        let Some(place) = self.places.get(reader) else { return Ok(()) };
        let since_begin = i64::try_from(at_ms.saturating_sub(self.begin_ms)).unwrap_or(i64::MAX);
        let length = i64::try_from(self.end_ms.saturating_sub(self.begin_ms)).unwrap_or(i64::MAX);
        let now = moved(self.now, since_begin.saturating_sub(length));
        let (station, reader_id) = (place.station.clone(), Some(reader.clone()));
        let reply = self.desk.record(Input::Scan(Scan {
            id,
            station,
            reader: reader_id,
            payload,
            also: Vec::new(),
            now,
        }))?;
        let zone = self.config.timezone;
        let shown = ScanShown::of_reply(&reply, &|person| named(self.desk.ledger(), person), (zone, true));
        let Some(scan) = shown else { return Ok(()) };
        if self.screen.is_json() {
            return self.screen.json(&Played { at_ms, reader, scan });
        }
        self.screen.line(&format!("{at_ms} ms, {reader} at {}:", scan.station))?;
        show(self.screen, &scan)
    }
}
