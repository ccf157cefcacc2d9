//! `calendar`: bookings that come from calendars, and feeds that go out.
#![allow(clippy::disallowed_methods, reason = "it looks whether a calendar is a file")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{Desk, reader, utc};
use super::hand::{Look, may};
use super::naming;
use super::screen::Screen;
use super::status::calendar_line;
use crate::calendar::meaning::Source;
use crate::calendar::plan::{SOURCE_CHARS_MAX, is_of, prefix};
use crate::config::{CalendarConfig, CalendarFrom, Config};
use crate::control::{CalendarStatus, FeedOf, House, Request, Synced, feed};
use crate::domain::rights::Right;
use crate::io::calendar::fetch;
use crate::io::calendar::sync::{NotSynced, OnScratch, Record, sync};
use crate::io::clock::Clock;
use crate::io::entropy;
use crate::io::web::key::Keys;
use crate::ledger::{Ledger, Reader};
use crate::time::{Now, Timekeeper};
use crate::writer::{Input, Reply};

/// What is asked of calendars.
#[derive(Debug, Subcommand)]
pub enum CalendarVerb {
    /// Calendars from which bookings come, and how they are
    List,
    /// What reading a calendar would do, line for line as `sync` does it
    Check(What),
    /// Read a calendar now
    Sync {
        #[command(flatten)]
        what: What,
        /// Also where most of its bookings are gone from it
        #[arg(long)]
        confirm: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// The feed of a room, production or person, as others read it
    Show {
        /// room/ID, production/ID or person/ID
        of: String,
        /// Print the address under which the daemon serves it
        #[arg(long)]
        url: bool,
    },
    /// Make new keys: every address of a feed that was given out ends. Only while the daemon is stopped
    RenewKeys,
}

/// Which calendar.
#[derive(Debug, clap::Args)]
pub struct What {
    /// The id of a calendar of the configuration, or an iCalendar file
    calendar: String,
    /// The calendar of the configuration whose rules and bookings a file is for
    #[arg(long = "as", value_name = "ID")]
    as_calendar: Option<String>,
}

/// Does what is asked.
pub fn calendar(config: &Config, screen: &mut Screen, verb: &CalendarVerb) -> anyhow::Result<ExitCode> {
    match verb {
        CalendarVerb::List => list(config, screen),
        CalendarVerb::Check(what) => read(config, screen, what, (false, true)),
        CalendarVerb::Sync { what, confirm, dry_run } => read(config, screen, what, (*confirm, *dry_run)),
        CalendarVerb::Show { of, url } => show(config, screen, of, *url),
        CalendarVerb::RenewKeys => renew_keys(config, screen),
    }
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let running = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => daemon.ask(&Request::Status, |_| ())?.status.ok_or_else(incomplete)?.calendars,
        None => Vec::new(),
    };
    let ledger = super::desk::reader_if_any(config)?;
    let mut rows = Vec::new();
    for calendar in &config.calendars {
        let id = &calendar.source.id;
        let status =
            running.iter().find(|status| status.id == *id).cloned().unwrap_or_else(|| CalendarStatus {
                id: id.clone(),
                from: calendar.from.to_string(),
                state: "not-running".to_owned(),
                detail: None,
                read_at: None,
                refused: 0,
            });
        let bookings = ledger.as_ref().map_or(Ok(0), |ledger| bookings(ledger, id))?;
        rows.push((status, bookings));
    }
    if screen.is_json() {
        let rows = rows.iter().map(|(status, bookings)| {
            let mut value = json!(status);
            if let Some(map) = value.as_object_mut() {
                map.insert("bookings".to_owned(), json!(bookings));
            }
            value
        });
        screen.json(&rows.collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        screen.line("The configuration has no [[calendar]].")?;
    } else {
        let now = utc(config);
        for (status, bookings) in &rows {
            let line = calendar_line(status, now, config.timezone);
            let many = if *bookings == 1 { "" } else { "s" };
            screen.line(&format!("{line} ({bookings} booking{many})"))?;
        }
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// How many bookings of a calendar stand.
fn bookings(ledger: &Reader, id: &str) -> anyhow::Result<usize> {
    let found = ledger.of_calendar(&prefix(id))?;
    Ok(found.iter().filter(|one| is_of(id, &one.booking) && one.plan.is_some()).count())
}

/// A calendar of the configuration or a file, and what its events mean.
struct Chosen<'a> {
    id: String,
    file: Option<PathBuf>,
    known: Option<&'a CalendarConfig>,
}

fn chosen<'a>(config: &'a Config, what: &What) -> Result<Chosen<'a>, Failure> {
    let by_id = |id: &str| config.calendars.iter().find(|calendar| calendar.source.id == id);
    let path = Path::new(&what.calendar);
    match (&what.as_calendar, by_id(&what.calendar)) {
        (Some(id), _) => {
            let known = by_id(id).ok_or_else(|| unknown(config, id))?;
            Ok(Chosen { id: id.clone(), file: Some(path.to_owned()), known: Some(known) })
        }
        (None, Some(known)) => Ok(Chosen { id: what.calendar.clone(), file: None, known: Some(known) }),
        (None, None) if path.exists() => {
            let is_it = |calendar: &&CalendarConfig| matches!(&calendar.from, CalendarFrom::Path(known) if known.canonicalize().ok() == path.canonicalize().ok());
            let known = config.calendars.iter().find(is_it);
            let id = known.map_or_else(|| id_of(path), |known| known.source.id.clone());
            Ok(Chosen { id, file: Some(path.to_owned()), known })
        }
        (None, None) => Err(unknown(config, &what.calendar)),
    }
}

fn unknown(config: &Config, id: &str) -> Failure {
    let known = config.calendars.iter().map(|calendar| calendar.source.id.as_str());
    Failure::Wrong(format!(
        "{}; nor is there a file of that name",
        crate::io::control::unknown_calendar(id, known)
    ))
}

/// A file that no calendar of the configuration names is a calendar of its own, by the file's name.
fn id_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let id: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let id: String = id.trim_matches('-').chars().take(SOURCE_CHARS_MAX).collect();
    if id.is_empty() { "file".to_owned() } else { id }
}

fn read(
    config: &Config,
    screen: &mut Screen,
    what: &What,
    (confirm, dry_run): (bool, bool),
) -> anyhow::Result<ExitCode> {
    let chosen = chosen(config, what)?;
    let bytes = match &chosen.file {
        Some(path) => Some(fetch::file(path).map_err(Failure::Wrong)?),
        None => None,
    };
    let synced = match Daemon::connect(&config.control.path)? {
        Some(mut daemon) => {
            let request = Request::Calendar { calendar: chosen.id, confirm, dry_run, bytes };
            *daemon.ask(&request, |_| ())?.calendar.ok_or_else(incomplete)?
        }
        None => {
            may(config, Right::Import)?;
            by_itself(config, &chosen, bytes, (confirm, dry_run))?
        }
    };
    if screen.is_json() {
        screen.json(&synced)?;
    } else {
        say(screen, &synced)?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!synced.is_smooth())))
}

fn by_itself(
    config: &Config,
    chosen: &Chosen<'_>,
    bytes: Option<Vec<u8>>,
    (confirm, dry_run): (bool, bool),
) -> anyhow::Result<Synced> {
    let source = chosen.known.map_or_else(|| Source::plain(&chosen.id), |known| known.source.clone());
    let bytes = match (bytes, chosen.known) {
        (Some(bytes), _) => bytes,
        (None, Some(known)) => {
            fetch::fetch(known, None).map_err(|error| failed(error, &chosen.id))?.into_bytes()
        }
        (None, None) => return Err(incomplete().into()),
    };
    let what = (&source, bytes.as_slice());
    if dry_run {
        let ledger = reader(config)?;
        let keeper = Timekeeper::new(None);
        let clock = Clock::start(config.clock_trusted);
        let now = keeper.now(clock.mono(), clock.utc(), clock.synchronised());
        let mut scratch = OnScratch::new(config, &ledger, now).map_err(|error| failed(error, &chosen.id))?;
        return Ok(
            sync(config, what, &ledger, &mut scratch, confirm).map_err(|error| failed(error, &chosen.id))?
        );
    }
    let mut desk = Desk::open(config)?;
    let ledger = desk.ledger().reader()?;
    let synced = sync(config, what, &ledger, &mut ByDesk(&mut desk), confirm);
    desk.close()?;
    Ok(synced.map_err(|error| failed(error, &chosen.id))?)
}

fn failed(error: NotSynced, id: &str) -> Failure {
    match error {
        NotSynced::Wrong(sentence) => Failure::Wrong(format!("{id}: {sentence}")),
        NotSynced::Away(sentence) => Failure::Unreachable(format!("{id}: {sentence}")),
        NotSynced::Later(sentence) => Failure::Unreachable(sentence),
    }
}

/// The writer of this process, while no daemon runs.
struct ByDesk<'a>(&'a mut Desk);

impl Record for ByDesk<'_> {
    fn now(&self) -> Now {
        self.0.now()
    }

    fn record(&mut self, input: Input) -> Result<Reply, NotSynced> {
        self.0.record(input).map_err(|error| NotSynced::Later(error.to_string()))
    }

    fn is_dry(&self) -> bool {
        false
    }
}

fn say(screen: &mut Screen, synced: &Synced) -> anyhow::Result<()> {
    for said in &synced.lines {
        screen.line(&said.to_string())?;
    }
    if let Some(why) = &synced.held_back {
        screen.line(&format!("held back: {why}"))?;
    }
    let dry = if synced.dry_run { ". Nothing was written: this was a dry run" } else { "" };
    screen.line(&format!("{}: {}{dry}", synced.calendar, synced.numbers()))
}

fn show(config: &Config, screen: &mut Screen, text: &str, url: bool) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let subject = naming::find(&look.reader, text, &["room", "production", "person"])?;
    let of = FeedOf::of(&subject).ok_or_else(|| {
        Failure::Wrong(format!("{subject} has no feed: expected room/…, production/… or person/…"))
    })?;
    let names_people = config.web.names || !matches!(of, FeedOf::Room(_));
    if names_people && !look.sees_people() {
        let roles = config.house.rights.who_may(Right::SeePeople);
        return Err(Failure::No(format!("the feed of {of} names people: it is for {roles}")).into());
    }
    let printed = if url { address(config, &look.reader, &of)? } else { entries(config, &look, &of)? };
    if screen.is_json() {
        screen.json(&json!({ "of": of.to_string(), if url { "url" } else { "calendar" }: printed }))?;
    } else {
        screen.line(printed.trim_end_matches(['\r', '\n']))?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever may write the ledger file may do this: nobody is asked for a right.
fn renew_keys(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let path = &config.ledger.path;
    if !path.exists() {
        return Err(Failure::No(format!("{}: there is no ledger yet, and no key", path.display())).into());
    }
    let ledger = Ledger::open(path, &entropy::origin()?)?;
    ledger.renew_feed_secret(&entropy::secret()?)?;
    // What the last stop left to be checked is still to be checked.
    if ledger.was_clean() {
        ledger.close()?;
    }
    if screen.is_json() {
        screen.json(&json!({ "renewed": true }))?;
    } else {
        screen.line("All feeds have new keys: no address that was given out is served any more.")?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn entries(config: &Config, look: &Look<'_>, of: &FeedOf) -> anyhow::Result<String> {
    let house = House { site: &config.site, zone: config.timezone, names: config.web.names };
    let text = feed(&look.reader, of, house, look.now)?;
    Ok(text.ok_or_else(|| Failure::No(format!("Not found: {of}")))?)
}

/// Where the daemon serves a feed, its key in it.
fn address(config: &Config, reader: &Reader, of: &FeedOf) -> anyhow::Result<String> {
    let Some(listen) = config.web.listen else {
        let sentence = "no feed is served: set `listen` in [web] of the configuration and restart the daemon";
        return Err(Failure::No(sentence.to_owned()).into());
    };
    let Some(secret) = reader.feed_secret()? else {
        let sentence = "the keys of feeds are made when the daemon starts: start it once";
        return Err(Failure::No(sentence.to_owned()).into());
    };
    let base = config.web.url.clone().unwrap_or_else(|| format!("http://{listen}"));
    Ok(format!("{base}/calendar/{of}.ics?key={}", Keys::new(&secret).of(&of.to_string())))
}
