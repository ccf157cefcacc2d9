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

use super::{ReaderEvent, State};
use crate::config::ReaderConfig;
use crate::control::{Request, Response, Tapped};
use crate::domain::id::ReaderId;
use crate::io::clock::Clock;
use crate::time::MonoMs;

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

/// Opens the device and passes on what it gives, until nobody listens.
async fn device(reader: Box<ReaderConfig>, clock: Clock, to: mpsc::Sender<Heard>) {
    let (events, mut read) = mpsc::channel(WAITING_MAX);
    let handle = super::spawn(&reader, clock, events);
    let mut health = handle.watch();
    let mut said = None;
    loop {
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
        };
        if to.send(Heard::Sound(sound)).await.is_err() {
            return;
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
