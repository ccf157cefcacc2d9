//! Listening to one reader from the command line: its device, opened here, or a tap at the running daemon.
//!
//! Beyond the callback the two cannot be told apart. It ends when the callback says so, and at SIGINT and SIGTERM.

#![allow(clippy::disallowed_methods, reason = "devices and the daemon's socket")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{ReaderEvent, ReaderHandle, State};
use crate::config::ReaderConfig;
use crate::control::{Request, Response, Tapped};
use crate::domain::id::ReaderId;
use crate::io::clock::Clock;
use crate::time::MonoMs;
use crate::wire::poll::{Poller, Standing};
use crate::wire::{Decoder, Outgoing, Setup};

/// Things heard that may wait for the callback.
const WAITING_MAX: usize = 256;
/// How often time is said to pass.
const TICK: Duration = Duration::from_millis(50);

/// Where to listen.
#[derive(Debug, Clone)]
pub enum Ear {
    /// The device that this reader means.
    Device(Box<ReaderConfig>),
    /// The running daemon's reader.
    Daemon {
        /// Its control socket.
        socket: PathBuf,
        /// The reader.
        reader: ReaderId,
        /// Whether its scans are kept from the ledger meanwhile.
        hold: bool,
    },
}

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// A device is there.
    Plugged {
        /// Which, for people.
        device: String,
        /// Its HID report descriptor.
        descriptor: Option<Vec<u8>>,
    },
    /// Bytes were read.
    Bytes(MonoMs, Vec<u8>),
    /// The device is gone, and why.
    Unplugged(String),
    /// There is no device to be read, and why.
    Absent(String),
    /// Time has passed.
    Silence(MonoMs),
}

/// Why listening ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The callback had enough.
    Enough,
    /// SIGINT or SIGTERM.
    Stopped,
    /// The daemon refused or hung up: the exit code of the command line, and why.
    Refused(u8, String),
}

enum Heard {
    Sound(Sound),
    End(Ended),
}

/// Listens until it ends.
pub fn listen(
    ear: Ear,
    clock: Clock,
    hear: impl FnMut(Sound) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the event loop could not be started")?;
    let ended = runtime.block_on(turn(ear, clock, hear));
    // A device may sit in a read that nothing ends.
    runtime.shutdown_background();
    ended
}

async fn turn(
    ear: Ear,
    clock: Clock,
    mut hear: impl FnMut(Sound) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<Ended> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (to, mut heard) = mpsc::channel(WAITING_MAX);
    match ear {
        Ear::Device(reader) => drop(tokio::spawn(device(reader, clock, to))),
        Ear::Daemon { socket, reader, hold } => drop(tokio::spawn(tap(socket, reader, hold, clock, to))),
    }
    let mut tick = tokio::time::interval(TICK);
    loop {
        let sound = tokio::select! {
            biased;
            _ = term.recv() => return Ok(Ended::Stopped),
            _ = int.recv() => return Ok(Ended::Stopped),
            heard = heard.recv() => match heard {
                Some(Heard::Sound(sound)) => sound,
                Some(Heard::End(ended)) => return Ok(ended),
                None => return Ok(Ended::Refused(3, "the reader cannot be read any more".to_owned())),
            },
            _ = tick.tick() => Sound::Silence(clock.mono()),
        };
        if hear(sound)?.is_break() {
            return Ok(Ended::Enough);
        }
    }
}

/// Opens the device, asks it where it must be asked, and passes on what it gives, until nobody listens.
async fn device(reader: Box<ReaderConfig>, clock: Clock, to: mpsc::Sender<Heard>) {
    let (events, mut read) = mpsc::channel(WAITING_MAX);
    let handle = super::spawn(&reader, clock, events);
    let mut health = handle.watch();
    let mut said = None;
    let mut asker = Asker::of(&reader);
    loop {
        let wait_ms = asker.as_ref().and_then(Asker::due).map(|due| due.since(clock.mono()));
        let sound = tokio::select! {
            event = read.recv() => match event {
                Some(ReaderEvent::Plugged { device, descriptor, .. }) => Sound::Plugged { device, descriptor },
                Some(ReaderEvent::Chunk(chunk)) => Sound::Bytes(chunk.at, chunk.bytes),
                Some(ReaderEvent::Unplugged { reason, .. }) => Sound::Unplugged(reason),
                // What speaks MQTT has no device here.
                Some(ReaderEvent::Heard { .. }) => continue,
                None => return,
            },
            changed = health.changed() => {
                let now = health.borrow_and_update().clone();
                if changed.is_err() { return }
                match now.reason.filter(|_| matches!(now.state, State::Waiting | State::Failed)) {
                    Some(reason) if said.as_ref() != Some(&reason) => {
                        said = Some(reason.clone());
                        Sound::Absent(reason)
                    }
                    _ => continue,
                }
            }
            () = passed(wait_ms) => Sound::Silence(clock.mono()),
        };
        let trouble = asker.as_mut().and_then(|asker| asker.hear(&sound, &handle, clock.mono()));
        for sound in std::iter::once(sound).chain(trouble.map(Sound::Absent)) {
            if to.send(Heard::Sound(sound)).await.is_err() {
                return;
            }
        }
    }
}

/// Waits so long; for ever where nothing is due.
async fn passed(wait_ms: Option<u64>) {
    match wait_ms {
        Some(wait_ms) => tokio::time::sleep(Duration::from_millis(wait_ms)).await,
        None => std::future::pending().await,
    }
}

/// Asks a reader that says nothing unasked, as the daemon does.
struct Asker {
    decoder: Decoder,
    poller: Poller,
    standing: Standing,
}

impl Asker {
    /// `None` where the reader is not asked.
    fn of(reader: &ReaderConfig) -> Option<Self> {
        let poller = Poller::new(reader.protocol, reader.poll.as_ref()?)?;
        let decoder = Decoder::new(&Setup::of(reader.protocol)).ok()?;
        Some(Self { decoder, poller, standing: Standing::Away })
    }

    fn due(&self) -> Option<MonoMs> {
        self.poller.poll_timeout()
    }

    /// Takes what was heard and sends what it is time for. Says where that goes wrong, once.
    fn hear(&mut self, sound: &Sound, device: &ReaderHandle, now: MonoMs) -> Option<String> {
        let decoded = match sound {
            Sound::Plugged { .. } => {
                self.poller.plugged(now);
                Vec::new()
            }
            Sound::Unplugged(_) => {
                self.poller.unplugged();
                self.decoder.finish()
            }
            Sound::Bytes(at, bytes) => self.decoder.handle(bytes, *at),
            Sound::Silence(_) if self.decoder.poll_timeout().is_some_and(|due| due <= now) => {
                self.decoder.handle_timeout(now)
            }
            Sound::Silence(_) | Sound::Absent(_) => Vec::new(),
        };
        decoded.iter().for_each(|decoded| self.poller.hear(decoded, now));
        if let Some(bytes) = self.poller.poll(now) {
            // A device that takes nothing is asked again.
            let _is_taken = device.send(Outgoing::Bytes(bytes));
        }
        self.decoder.awaiting(self.poller.awaiting());
        self.trouble()
    }

    fn trouble(&mut self) -> Option<String> {
        if self.poller.standing() == &self.standing {
            return None;
        }
        self.standing = self.poller.standing().clone();
        match &self.standing {
            Standing::Resting(why)
            | Standing::Partly(why)
            | Standing::Silent(why)
            | Standing::Refused(why) => Some(why.clone()),
            Standing::Away | Standing::SettingUp | Standing::Asking => None,
        }
    }
}

/// Taps the daemon, and says at the end why it is over.
async fn tap(socket: PathBuf, reader: ReaderId, hold: bool, clock: Clock, to: mpsc::Sender<Heard>) {
    let ended = match tapped(&socket, reader, hold, clock, &to).await {
        Ok(ended) => ended,
        Err(error) => Ended::Refused(3, format!("{}: the daemon hung up ({error})", socket.display())),
    };
    let _ = to.send(Heard::End(ended)).await;
}

async fn tapped(
    socket: &Path,
    reader: ReaderId,
    hold: bool,
    clock: Clock,
    to: &mpsc::Sender<Heard>,
) -> anyhow::Result<Ended> {
    let mut stream = UnixStream::connect(socket).await?;
    let mut request = serde_json::to_string(&Request::Tap { reader, hold })?;
    request.push('\n');
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::new(stream).lines();
    // The daemon counts its milliseconds from its own start.
    let mut ahead_ms: Option<i64> = None;
    while let Some(line) = lines.next_line().await? {
        let response: Response = serde_json::from_str(&line)?;
        if response.done {
            return Ok(Ended::Refused(response.exit.unwrap_or(3), response.errors.join("\n")));
        }
        let sound = match response.tap {
            Some(Tapped::Plugged { device, descriptor }) => {
                Sound::Plugged { device, descriptor: Some(descriptor).filter(|bytes| !bytes.is_empty()) }
            }
            Some(Tapped::Bytes { at_ms, hex }) => {
                let now = clock.mono();
                let ahead_ms = *ahead_ms.get_or_insert_with(|| at_ms.cast_signed() - now.0.cast_signed());
                Sound::Bytes(MonoMs(at_ms.saturating_add_signed(-ahead_ms)), hex)
            }
            Some(Tapped::Unplugged { reason }) => Sound::Unplugged(reason),
            None => continue,
        };
        if to.send(Heard::Sound(sound)).await.is_err() {
            return Ok(Ended::Enough);
        }
    }
    Ok(Ended::Refused(3, "the daemon has stopped".to_owned()))
}
