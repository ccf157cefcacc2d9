//! The daemon: inputs in, effects out. One loop joins readers, the writer, silences, the broker and the control socket;
//! it decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::config::{Config, ReaderConfig, ReaderSource};
use crate::domain::id::{ReaderId, StationId};
use crate::io::clock::Clock;
use crate::io::readers::satellite::Feed;
use crate::io::readers::{Chunk, Credit, ReaderEvent, ReaderHandle};
use crate::io::signals::LampHandle;
use crate::io::writing::{self, Notice, Queued};
use crate::io::{calendar, control, entropy, notify, readers, satellites, web};
use crate::station::fold::FoldRules;
use crate::station::lane::{Counts, Effect, Lane, LaneSetup};
use crate::station::waits::Waits;
use crate::time::{MonoMs, Now, Timekeeper, UtcMs};
use crate::wire::poll::Standing;
use crate::wire::satellite::Heard;
use crate::wire::{Outgoing, Setup};
use crate::writer::{Answer, Input, Reply, Scan, Writer};

mod course;
mod feeling;
mod gates;
mod telling;

use crate::io::standing::{LaneState, Shared};
use course::{check_recent, close, feed_secret, look_around, open, sessions_of};
use telling::Telling;

/// Events of readers that may wait for the loop; each reader has two credits besides.
const EVENTS_MAX: usize = 256;
/// Old rows of the scan log go so often.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// A writer says why it ends, unless it broke down.
const WRITER_GONE: &str =
    "the writer broke down: nothing can be recorded. Look at the lines before this one, and report them";
/// What a ledger that fails leads to.
const STOPPED: &str = "nothing more is recorded and the program stops; its unit starts it again, and the start checks the \
     ledger. If it goes on, restore the last backup on another disk";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Who else wants to hear of every answer: the terminal from which the daemon was started.
pub type Watcher = mpsc::UnboundedSender<Answer>;

/// Runs the daemon until it is told to stop by SIGTERM or SIGINT, or until the ledger fails.
pub fn run(config: Config, watcher: Option<Watcher>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the event loop could not be started")?;
    let result = runtime.block_on(serve(config, watcher));
    // A reader of standard input may sit in a read that nothing ends.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}

async fn serve(config: Config, watcher: Option<Watcher>) -> anyhow::Result<()> {
    let clock = Clock::start(config.clock_trusted);
    let Some(ledger) = open(&config).await? else { return Ok(()) };
    let keeper = Timekeeper::new(ledger.last_fact_at()?);
    let (was_clean, lacking) = (ledger.was_clean(), ledger.lacking().map(str::to_owned));
    let waits = sessions_of(&ledger, &config)?;
    let head = ledger.head_seq()?;
    let secret = feed_secret(&ledger, &config)?;
    let (notices, noticed) = mpsc::unbounded_channel();
    let (writer, thread) = writing::spawn(Writer::new(ledger, &config), config.readers.len(), notices)
        .context("the writer's thread could not be started")?;
    let (events, read) = mpsc::channel(EVENTS_MAX);
    let shared = Arc::new(Shared::new(config, clock, keeper, writer));
    if let Some(sentence) = lacking {
        tracing::error!("{sentence}");
        shared.set_doubt(sentence);
    }
    let (listeners, feeds) = satellites::join(&shared.config);
    let telling = Telling::start(&shared, head, listeners)?;
    let control = control::start(Arc::clone(&shared))?;
    let looking = tokio::spawn(look_around(Arc::clone(&shared)));
    let calendars = calendar::start(&shared);
    let web = web::start(&shared, &secret);
    let check = (!was_clean).then(|| check_recent(&shared));
    let mut daemon = Daemon::new(Arc::clone(&shared), waits, telling, watcher, (events, feeds))?;
    notify::ready();
    if !shared.now().trusted {
        tracing::warn!(
            "the clock is not set: time counts on from the last fact, and lateness is said with a warning. Wait for the \
             time server, or set `[clock] trusted` if this clock is right"
        );
    }
    tracing::info!(site = %shared.config.site, ledger = %shared.config.ledger.path.display(), "ready");
    let stopped = daemon.turn(read, noticed).await;
    notify::stopping();
    // What was not looked at, or did not look right, is looked at again by the next start.
    let is_whole = check.is_none_or(|check| check.is_finished()) && shared.sentences().1.is_none();
    drop(control);
    looking.abort();
    shared.calendars.stop();
    calendars.abort();
    if let Some(web) = web {
        web.abort();
        // Whatever it holds of the daemon is given back before the writer is asked to end.
        let _ = web.await;
    }
    let telling = daemon.stop();
    telling.stop().await;
    drop(shared);
    close(thread, stopped.is_ok() && is_whole).await;
    stopped
}

/// What a reader's lane needs to know, of its configuration and its station's `repeat_ms`.
fn lane_setup(reader: &ReaderConfig, repeat_ms: u64) -> LaneSetup {
    LaneSetup {
        wire: Setup { layout: reader.layout, framing: reader.framing.clone(), ..Setup::of(reader.protocol) },
        fold: FoldRules {
            repeat_ms,
            absent_ms: reader.absent_ms.or_else(|| gap_ms(&reader.source)),
            reads_min: reader.reads_min,
            rssi_min_dbm: reader.rssi_min_dbm,
        },
        poll: reader.poll.clone(),
        buzzer: reader.feedback,
        card: reader.card_format,
        passes: false,
    }
}

/// How long the firmware of a device that speaks MQTT may keep silent about a card that lies there.
fn gap_ms(source: &ReaderSource) -> Option<u64> {
    match source {
        ReaderSource::Mqtt(setup) => setup.preset.absent_ms(),
        _ => None,
    }
}

struct Door {
    station: StationId,
    lane: Lane,
    /// What the lane had counted when its unread bytes were last looked at.
    counts_told: Counts,
    /// Its last bytes were kept from the ledger.
    was_held: bool,
    /// Scans that are not answered yet.
    undecided: u32,
    /// Typed input may end without a line end; a scanner's half code is none.
    typed: bool,
}

struct Daemon {
    shared: Arc<Shared>,
    doors: BTreeMap<ReaderId, Door>,
    readers: BTreeMap<ReaderId, ReaderHandle>,
    lamps: Vec<LampHandle>,
    waits: Waits,
    telling: Telling,
    watcher: Option<Watcher>,
    gates: BTreeMap<StationId, gates::Gate>,
    /// Readers that are asked and do not do what they are there for.
    silent: BTreeSet<ReaderId>,
}

impl Daemon {
    fn new(
        shared: Arc<Shared>,
        waits: Waits,
        telling: Telling,
        watcher: Option<Watcher>,
        (events, mut feeds): (mpsc::Sender<ReaderEvent>, BTreeMap<ReaderId, Feed>),
    ) -> anyhow::Result<Self> {
        let gates = gates::gates(&shared.config, shared.started_at)?;
        let mut doors = BTreeMap::new();
        let mut handles = BTreeMap::new();
        for reader in &shared.config.readers {
            let station = shared.config.stations.iter().find(|station| station.id == reader.station);
            let repeat_ms = station.map_or(0, |station| station.repeat_ms);
            let setup =
                LaneSetup { passes: gates.contains_key(&reader.station), ..lane_setup(reader, repeat_ms) };
            let lane = Lane::new(setup, entropy::scan_seed(shared.started_at)?);
            let typed = reader.source == ReaderSource::Stdin;
            doors.insert(
                reader.id.clone(),
                Door {
                    station: reader.station.clone(),
                    lane,
                    counts_told: Counts::default(),
                    was_held: false,
                    undecided: 0,
                    typed,
                },
            );
            let handle = match feeds.remove(&reader.id) {
                Some(feed) => readers::spawn_satellite(reader.id.clone(), feed, shared.clock, events.clone()),
                None => readers::spawn(reader, shared.clock, events.clone()),
            };
            shared.add_reader(reader, handle.watch());
            handles.insert(reader.id.clone(), handle);
        }
        let lamps = feeling::start_lamps(&shared)?;
        let silent = BTreeSet::new();
        Ok(Self { shared, doors, readers: handles, lamps, waits, telling, watcher, gates, silent })
    }

    /// The loop. Returns when the program is to stop.
    async fn turn(
        &mut self,
        mut read: mpsc::Receiver<ReaderEvent>,
        mut noticed: mpsc::UnboundedReceiver<Notice>,
    ) -> anyhow::Result<()> {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let period = notify::watchdog_period().unwrap_or(Duration::from_secs(5));
        let mut alive = tokio::time::interval(period);
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        loop {
            let silence = self.silence();
            tokio::select! {
                biased;
                _ = term.recv() => return Ok(()),
                _ = int.recv() => return Ok(()),
                notice = noticed.recv() => self.noticed(notice.context(WRITER_GONE)?)?,
                Some(event) = read.recv() => self.read(event)?,
                () = tokio::time::sleep(silence) => self.silent()?,
                _ = alive.tick() => self.alive(),
                _ = prune.tick() => self.prune()?,
            }
        }
    }

    /// Ends readers and lamps, and gives back what still has to say goodbye.
    fn stop(self) -> Telling {
        drop(self.readers);
        drop(self.lamps);
        self.telling
    }

    fn silence(&self) -> Duration {
        let lanes = self.doors.values().filter_map(|door| door.lane.poll_timeout());
        let next = lanes.chain(self.waits.poll_timeout()).chain(self.next_passage()).min();
        let now = self.shared.clock.mono();
        next.map_or(Duration::from_secs(3600), |at| Duration::from_millis(at.since(now)))
    }

    fn silent(&mut self) -> anyhow::Result<()> {
        let now = self.shared.now();
        let mut effects = Vec::new();
        for (reader, door) in &mut self.doors {
            let due = door.lane.poll_timeout().is_some_and(|at| at <= now.mono);
            if due {
                effects.push((reader.clone(), door.station.clone(), door.lane.handle_timeout(now.mono)));
            }
        }
        for (reader, station, effects) in effects {
            self.effects(&reader, &station, effects, now, &Credit::free())?;
        }
        self.gates_due(now)?;
        for (station, wait, turn) in self.waits.handle_timeout(now.mono) {
            self.put(Input::Silence { station, wait, turn, now }, None)?;
        }
        Ok(())
    }

    fn read(&mut self, event: ReaderEvent) -> anyhow::Result<()> {
        if !matches!(event, ReaderEvent::Chunk(_) | ReaderEvent::Heard { .. }) {
            self.telling.readers(&self.shared);
            self.look_after_gates();
        }
        match event {
            ReaderEvent::Chunk(chunk) => self.chunk(chunk),
            ReaderEvent::Heard { reader, at, heard, credit } => self.heard(&reader, at, heard, &credit),
            ReaderEvent::Plugged { reader, descriptor, device } => {
                let now = self.shared.now();
                self.shared.taps.plugged(&reader, device.clone(), descriptor.clone());
                let Some(door) = self.doors.get_mut(&reader) else { return Ok(()) };
                let station = door.station.clone();
                match door.lane.plugged(descriptor, now.mono) {
                    Ok(effects) => self.effects(&reader, &station, effects, now, &Credit::free()),
                    Err(rejected) => {
                        tracing::warn!(%reader, device, "the device cannot be read as configured: {rejected}");
                        Ok(())
                    }
                }
            }
            ReaderEvent::Unplugged { reader, reason } => {
                self.shared.taps.unplugged(&reader, reason);
                let now = self.shared.now();
                let Some(door) = self.doors.get_mut(&reader) else { return Ok(()) };
                let (station, effects) = (door.station.clone(), door.lane.unplugged(door.typed, now.mono));
                self.effects(&reader, &station, effects, now, &Credit::free())
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk) -> anyhow::Result<()> {
        let Chunk { reader, at, bytes, credit } = chunk;
        self.shared.taps.heard(&reader, at, &bytes);
        let is_held = self.shared.taps.is_held(&reader, at);
        let Some(door) = self.doors.get_mut(&reader) else { return Ok(()) };
        if std::mem::replace(&mut door.was_held, is_held) && !is_held {
            door.lane.forget_half();
        }
        let (station, effects) = (door.station.clone(), door.lane.handle(&bytes, at));
        let now = Now { mono: at, ..self.shared.now() };
        self.effects(&reader, &station, effects, now, &credit)
    }

    fn heard(
        &mut self,
        reader: &ReaderId,
        at: MonoMs,
        heard: Vec<Heard>,
        credit: &Credit,
    ) -> anyhow::Result<()> {
        let Some(door) = self.doors.get_mut(reader) else { return Ok(()) };
        let (station, effects) = (door.station.clone(), door.lane.heard(heard, at));
        let now = Now { mono: at, ..self.shared.now() };
        self.effects(reader, &station, effects, now, credit)
    }

    fn effects(
        &mut self,
        reader: &ReaderId,
        station: &StationId,
        effects: Vec<Effect>,
        now: Now,
        credit: &Credit,
    ) -> anyhow::Result<()> {
        let is_held = self.shared.taps.is_held(reader, now.mono);
        for effect in effects {
            match effect {
                Effect::Scan { .. } | Effect::Repeats { .. } | Effect::Seen(_) if is_held => {}
                Effect::Scan { id, payload } => {
                    let station = station.clone();
                    let from = Some(reader.clone());
                    let scan = Scan { id, station, reader: from, payload, also: Vec::new(), now };
                    self.put(Input::Scan(scan), Some(credit.clone()))?;
                    self.undecided(reader, now);
                }
                Effect::Repeats { id, times } => self.put(Input::Folded { scan: id, times }, None)?,
                Effect::Rejected(rejected) => tracing::debug!(%reader, "not read: {rejected}"),
                Effect::Send(outgoing) => self.send(reader, outgoing),
                Effect::Standing(standing) => self.standing(reader, standing),
                Effect::Seen(read) => self.seen(reader, station, &read, now.mono),
            }
        }
        self.look_through(station, now, credit)?;
        if let Some(door) = self.doors.get_mut(reader) {
            let counts = door.lane.counts();
            if counts.piled_up_since(&std::mem::replace(&mut door.counts_told, counts)) {
                tracing::warn!(
                    %reader,
                    unread = counts.unread(),
                    "bytes came that are no code: scan again; if it goes on, check its `protocol` and `baud`, or its `preset`"
                );
            }
            self.shared.note_lane(reader, LaneState { counts });
        }
        Ok(())
    }

    fn send(&self, reader: &ReaderId, outgoing: Outgoing) {
        if self.readers.get(reader).is_some_and(|handle| !handle.send(outgoing)) {
            tracing::debug!(%reader, "the device takes nothing: it is not told");
        }
    }

    fn standing(&mut self, reader: &ReaderId, standing: Standing) {
        match &standing {
            Standing::Silent(_) | Standing::Refused(_) | Standing::Resting(_) => {
                self.silent.insert(reader.clone())
            }
            Standing::Asking | Standing::Partly(_) | Standing::Away => self.silent.remove(reader),
            Standing::SettingUp => false,
        };
        let (sentence, is_odd) = match standing {
            Standing::Away => (None, false),
            Standing::SettingUp => (Some("it is being set up".to_owned()), false),
            Standing::Asking => (None, false),
            Standing::Partly(reason) => (Some(reason), true),
            Standing::Resting(reason) => (Some(format!("it rests: {reason}")), true),
            Standing::Silent(reason) => (Some(reason), true),
            Standing::Refused(reason) => (Some(format!("it refuses its set-up: {reason}")), true),
        };
        match (&sentence, is_odd) {
            (Some(sentence), true) => tracing::warn!(%reader, "{sentence}"),
            (sentence, _) => tracing::debug!(%reader, ?sentence, "asked"),
        }
        self.shared.note_asking(reader, sentence);
        self.look_after_gates();
    }

    fn put(&self, input: Input, credit: Option<Credit>) -> anyhow::Result<()> {
        let queued = Queued { input, answer: None, credit };
        self.shared.writer.put(queued).context("a scan could not be queued")
    }

    fn noticed(&mut self, notice: Notice) -> anyhow::Result<()> {
        match notice {
            Notice::Head(head) => self.telling.head(head),
            Notice::Replied(Reply::Decided(answer)) => {
                self.gate_answered(
                    &answer.station,
                    answer.scan.as_deref().unwrap_or_default(),
                    Some(&answer.verdict),
                )?;
                self.answered(*answer);
            }
            // The answer got lost on its way here, and with it the station's waits.
            Notice::Replied(Reply::AlreadyThere { station, scan, turn, idle_ms, confirm_ms, .. }) => {
                self.gate_answered(&station, &scan, None)?;
                self.waits.answered(&station, turn, idle_ms, confirm_ms, self.shared.clock.mono());
            }
            Notice::Replied(_) => {}
            Notice::Unwritable { reason, waiting } => {
                let is_new = self.shared.set_trouble(Some(reason.clone()));
                if is_new {
                    tracing::error!(waiting, "{reason}");
                    notify::status(&reason);
                    self.refuse_what_waits();
                }
                self.telling.trouble(&self.shared.config, self.shared.now().utc, is_new);
            }
            Notice::WritableAgain => {
                self.shared.set_trouble(None);
                self.take_back_the_red();
                tracing::info!("recording again: what waited is in the ledger");
                notify::status("recording again");
            }
            Notice::Failed(error) => {
                let ledger = self.shared.config.ledger.path.display();
                return Err(anyhow::Error::from(error).context(format!("{ledger}: {STOPPED}")));
            }
        }
        Ok(())
    }

    fn answered(&mut self, answer: Answer) {
        let now = self.shared.clock.mono();
        self.waits.answered(&answer.station, answer.turn, answer.idle_ms, answer.confirm_ms, now);
        tracing::debug!(station = %answer.station, level = answer.level().name(), verdict = answer.verdict.code(), "scan");
        self.feel(&answer);
        self.telling.answer(&answer);
        if let Some(watcher) = &self.watcher {
            // A terminal that has gone away misses nothing that is not recorded.
            let _ = watcher.send(answer);
        }
    }

    fn alive(&mut self) {
        notify::alive();
        self.look_after_gates();
        self.telling.readers(&self.shared);
    }

    fn prune(&self) -> anyhow::Result<()> {
        let days = i64::from(self.shared.config.ledger.scan_log_days);
        let now = self.shared.now();
        // A date that is not to be believed deletes nothing; and what cannot be recorded does not pile up.
        if !now.trusted || self.shared.sentences().0.is_some() {
            return Ok(());
        }
        let before = UtcMs(now.utc.0.saturating_sub(days.saturating_mul(DAY_MS)));
        self.put(Input::Prune { before }, None)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Defaults;
    use crate::ledger::Ledger;

    fn config(folder: &Path) -> Config {
        let defaults = Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: folder.join("ledger.db"),
            control: folder.join("control.sock"),
        };
        let toml = "[mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[[station]]\nid = \"cage\"\nkind = \"desk\"\n";
        Config::parse(toml, None, &defaults).unwrap()
    }

    #[test]
    fn a_card_is_away_when_its_firmware_would_have_told_it_again() {
        let absent_ms = |keys: &str| {
            let reader =
                format!("[[reader]]\nid = \"door\"\nstation = \"cage\"\nsource = \"mqtt\"\n{keys}\n");
            let defaults = Defaults {
                timezone: chrono_tz::Tz::UTC,
                ledger: "ledger.db".into(),
                control: "control.sock".into(),
            };
            let config = Config::parse(&format!("[[station]]\nid = \"cage\"\n{reader}"), None, &defaults);
            lane_setup(config.unwrap().readers.first().unwrap(), 0).fold.absent_ms
        };
        assert_eq!(absent_ms("preset = \"tasmota\"\ndevice = \"d\""), Some(3_000));
        assert_eq!(absent_ms("preset = \"tasmota\"\ndevice = \"d\"\nabsent_ms = 700"), Some(700));
        assert_eq!(absent_ms("preset = \"plain\""), None);
    }

    #[tokio::test]
    async fn a_writer_that_broke_down_stops_the_daemon_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let ledger = Ledger::open(&config.ledger.path, "0123456789ab").unwrap();
        let clock = Clock::start(config.clock_trusted);
        let (notices, _unheard) = mpsc::unbounded_channel();
        let (writer, _thread) = writing::spawn(Writer::new(ledger, &config), 0, notices).unwrap();
        let shared = Arc::new(Shared::new(config, clock, Timekeeper::new(None), writer));
        let telling = Telling::start(&shared, 0, Vec::new()).unwrap();
        let (events, read) = mpsc::channel(1);
        let mut daemon =
            Daemon::new(shared, Waits::default(), telling, None, (events, BTreeMap::new())).unwrap();
        // A panic in the writer's thread drops its end without a word.
        let (gone, noticed) = mpsc::unbounded_channel();
        drop(gone);
        let turned = tokio::time::timeout(Duration::from_secs(10), daemon.turn(read, noticed)).await;
        assert!(turned.unwrap().unwrap_err().to_string().contains("broke down"));
    }
}
