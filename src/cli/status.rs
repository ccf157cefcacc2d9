//! `status`: how the daemon and the ledger are.

use std::process::ExitCode;

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{reader_if_any, utc};
use super::records::{self, Record};
use super::screen::Screen;
use crate::config::Config;
use crate::control::{CalendarStatus, DaemonState, GateStatus, LedgerStatus, Request, Response, Status};
use crate::domain::words::when;
use crate::time::UtcMs;

/// Asks the daemon or, where none runs, looks at the ledger.
pub fn status(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let now = utc(config);
    let status = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => running(daemon.ask(&Request::Status, |_| ())?)?,
        None => stopped(config, now)?,
    };
    let mut status = status;
    let failed = [records::BACKUP, records::VERIFY].map(|which| records::read(config, which));
    status.trouble.extend(failed.into_iter().flatten().filter_map(|record| {
        let at = record.bad_at_ms.map(|at| when(UtcMs(at), now, config.timezone)).unwrap_or_default();
        record.bad.map(|bad| format!("{at}: {bad}"))
    }));
    if screen.is_json() {
        screen.json(&status)?
    } else {
        show(config, screen, &status, now)?
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn running(response: Response) -> Result<Status, Failure> {
    let mut status = *response.status.ok_or_else(incomplete)?;
    status.trouble.extend(response.errors);
    Ok(status)
}

fn stopped(config: &Config, now: UtcMs) -> anyhow::Result<Status> {
    let ledger = reader_if_any(config)?.map(|reader| LedgerStatus::of(&reader, now)).transpose()?;
    Ok(Status {
        daemon: DaemonState::Stopped,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        site: config.site.clone(),
        ledger,
        started_at: None,
        recording: None,
        clock_trusted: None,
        broker: None,
        backlog: None,
        readers: Vec::new(),
        unbound: Vec::new(),
        lamps: Vec::new(),
        trouble: Vec::new(),
        calendars: Vec::new(),
        web: None,
        gates: Vec::new(),
    })
}

fn show(config: &Config, screen: &mut Screen, status: &Status, now: UtcMs) -> anyhow::Result<()> {
    let daemon = match (status.daemon, status.started_at) {
        (DaemonState::Stopped, _) => "stopped".to_owned(),
        (DaemonState::Running, None) => "running".to_owned(),
        (DaemonState::Running, Some(at)) => format!("running since {}", when(at, now, config.timezone)),
    };
    screen.line(&format!("daemon   {daemon}, version {}, site {}", status.version, status.site))?;
    if status.recording == Some(false) {
        screen.line("         NOTHING IS BEING RECORDED")?;
    }
    for trouble in &status.trouble {
        screen.line(&format!("trouble  {trouble}"))?;
    }
    if status.clock_trusted == Some(false) {
        screen.line("clock    not set: times are doubtful")?;
    }
    match &status.ledger {
        Some(ledger) => show_ledger(screen, ledger)?,
        None => screen.line("ledger   none yet: `cagekeeper import` or `cagekeeper run` makes one")?,
    }
    if let Some(broker) = &status.broker {
        screen.line(&format!("broker   {broker}, {} events to tell", status.backlog.unwrap_or(0)))?;
    }
    let devices = status.readers.iter().map(|reader| ("reader", reader));
    for (what, it) in devices.chain(status.lamps.iter().map(|lamp| ("lamp", lamp))) {
        screen.line(&format!("{what:<8} {} at {}: {}, {}", it.id, it.station, it.state, it.detail))?;
    }
    for calendar in &status.calendars {
        screen.line(&format!("calendar {}", calendar_line(calendar, now, config.timezone)))?;
    }
    if let Some(web) = &status.web {
        screen.line(&format!("web      {web}"))?;
    }
    show_record(config, screen, "backup", now, records::read(config, records::BACKUP))?;
    show_record(config, screen, "verify", now, records::read(config, records::VERIFY))?;
    status.gates.iter().try_for_each(|gate| show_gate(screen, gate))?;
    for device in &status.unbound {
        screen.line(&format!("unread   {device}: `cagekeeper readers` says how to use it"))?;
    }
    Ok(())
}

/// How a calendar is, in one line.
pub fn calendar_line(calendar: &CalendarStatus, now: UtcMs, zone: chrono_tz::Tz) -> String {
    let read = calendar.read_at.map(|at| format!(", read {}", when(at, now, zone))).unwrap_or_default();
    let detail = calendar.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{} from {}: {}{read}{detail}", calendar.id, calendar.from, calendar.state)
}

/// When the last one went well. One that has failed since is among the troubles.
fn show_record(
    config: &Config,
    screen: &mut Screen,
    what: &str,
    now: UtcMs,
    record: Option<Record>,
) -> anyhow::Result<()> {
    let Some(record) = record else { return Ok(()) };
    if let (Some(at), Some(good)) = (record.good_at_ms, &record.good) {
        screen.line(&format!("{what:<8} good {}: {good}", when(UtcMs(at), now, config.timezone)))?;
    }
    Ok(())
}

fn show_gate(screen: &mut Screen, gate: &GateStatus) -> anyhow::Result<()> {
    let GateStatus { station, strays, passed, uncertain, unknown, forgotten, .. } = gate;
    let counts = [
        (*uncertain, "some way that is not known"),
        (*unknown, "that nobody knows"),
        (u64::from(*strays), "lying in view"),
        (*forgotten, "FORGOTTEN because too many were in view"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: String = counts.map(|(count, what)| format!(", {count} {what}")).collect();
    screen.line(&format!("gate     {station}: {passed} tags passed{counts}"))
}

fn show_ledger(screen: &mut Screen, ledger: &LedgerStatus) -> anyhow::Result<()> {
    screen.line(&format!("ledger   {}, {} facts", ledger.path, ledger.head_seq))?;
    let LedgerStatus { assets, kits, people, rooms, productions, bookings, .. } = ledger;
    screen.line(&format!(
        "         assets {assets}, kits {kits}, people {people}, rooms {rooms}, productions {productions}, bookings {bookings}"
    ))?;
    let LedgerStatus { out, overdue, unknown_tags, .. } = ledger;
    screen.line(&format!("         out {out}, overdue {overdue}, unknown codes {unknown_tags}"))
}
