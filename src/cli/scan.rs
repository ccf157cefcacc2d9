//! `scan STATION CODE…`: codes typed by hand, several as tags that were read together.

use std::process::ExitCode;

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{Desk, reader_if_any};
use super::naming::printed;
use super::screen::{Screen, who};
use crate::config::Config;
use crate::control::{Request, ScanShown, named};
use crate::domain::id::StationId;
use crate::io::entropy;
use crate::ledger::question::Named;
use crate::nearest::nearest;
use crate::writer::{Input, Scan};

/// Scans a code at a station. Exits 0 for done, notice and again, 1 for ask and refused.
pub fn scan(
    config: &Config,
    screen: &mut Screen,
    station: &str,
    codes: &[String],
) -> anyhow::Result<ExitCode> {
    let station = known_station(config, station)?;
    let mut codes = codes.iter().map(|code| named_by(config, code));
    let (code, also) = (codes.next().unwrap_or_default(), codes.collect());
    let shown = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => {
            let request = Request::Scan { station, code, also };
            daemon.ask(&request, |_| ())?.scan.ok_or_else(incomplete)?
        }
        None => by_itself(config, station, code, also)?,
    };
    if screen.is_json() {
        screen.json(&shown)?
    } else {
        show(screen, &shown)?
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!shown.is_yes())))
}

/// The id of the one thing of that printed name, where the text is no code that is known. Whatever cannot be asked is
/// scanned as it stands: the writer says what is the matter.
fn named_by(config: &Config, code: &str) -> String {
    let reader = reader_if_any(config).ok().flatten();
    let id = reader.and_then(|reader| printed(&reader, code).ok().flatten());
    id.unwrap_or_else(|| code.to_owned())
}

fn known_station(config: &Config, text: &str) -> Result<StationId, Failure> {
    if let Some(station) = config.stations.iter().find(|station| station.id.as_str() == text) {
        return Ok(station.id.clone());
    }
    let ids: Vec<&str> = config.stations.iter().map(|station| station.id.as_str()).collect();
    let hint = nearest(text, ids.iter().copied()).map(|near| format!("; did you mean {near:?}?"));
    let hint = hint.unwrap_or_default();
    Err(Failure::Wrong(format!("there is no station {text:?}: expected one of {}{hint}", ids.join(", "))))
}

fn by_itself(
    config: &Config,
    station: StationId,
    code: String,
    also: Vec<String>,
) -> anyhow::Result<ScanShown> {
    let mut desk = Desk::open(config)?;
    let scan = Scan { id: entropy::id()?, station, reader: None, payload: code, also, now: desk.now() };
    let reply = desk.record(Input::Scan(scan))?;
    let shown = ScanShown::of_reply(&reply, &|person| named(desk.ledger(), person), (config.timezone, true));
    desk.close()?;
    Ok(shown.ok_or_else(incomplete)?)
}

/// Prints an answer for people: the verdict, then what it is about.
pub fn show(screen: &mut Screen, shown: &ScanShown) -> anyhow::Result<()> {
    screen.line(&format!("{:<8} {}", shown.level, shown.sentence))?;
    let person = shown.person.clone().map(|person| Named {
        person,
        handle: shown.person_handle.clone(),
        name: shown.person_name.clone(),
        forgotten: false,
    });
    let parts: Vec<String> = [
        shown.asset.as_ref().map(|id| format!("asset/{id}")),
        shown.kit.as_ref().map(|id| format!("kit/{id}")),
        person.as_ref().map(who),
        shown.seq.map(|seq| format!("fact {seq}")),
        shown.already.then(|| "recorded before".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { Ok(()) } else { screen.line(&format!("{:<8} {}", "", parts.join(" · "))) }
}
