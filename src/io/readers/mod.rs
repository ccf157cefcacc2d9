//! Readers: whatever gives bytes, behind one bounded channel of [`ReaderEvent`].
//!
//! A pseudo-terminal, a recording and a scanner cannot be told apart beyond the channel. Nothing here looks
//! into the bytes. A reader that is missing or goes away is waited for; it never stops the daemon.
//!
//! Each reader has two [`Credit`]s and spends one on each chunk. The daemon keeps a chunk's credit until all
//! scans of that chunk are decided; meanwhile a reader with none left is not read, so that undecided scans
//! are bounded.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::{ReaderConfig, ReaderSource};
use crate::domain::id::ReaderId;
use crate::io::clock::Clock;
use crate::time::MonoMs;
use crate::wire::satellite::Heard;
use crate::wire::{Outgoing, Protocol};

mod arrival;
mod candidate;
pub mod census;
mod guard;
mod health;
mod hid;
pub mod likeness;
pub mod listen;
#[cfg(test)]
pub(crate) mod machine;
mod outlet;
mod probably;
pub mod replay;
pub mod rules;
pub mod satellite;
mod search;
mod serial;
mod stdin;
mod sysfs;
pub mod tap;
mod writing;

pub use arrival::TaskArrivals;
use candidate::{Purpose, Wanted};
pub use health::{Health, State};
use outlet::Outlet;
use search::Search;
use serial::Address;

/// Bytes read from a stream at once: seven full-speed USB packets.
const CHUNK_BYTES_MAX: usize = 448;

/// Scans that one reader may have undecided: the shortest code is one byte and its line end.
pub const UNDECIDED_SCANS_MAX: usize = outlet::CREDITS * CHUNK_BYTES_MAX / 2;

/// What readers tell the daemon.
#[derive(Debug)]
pub enum ReaderEvent {
    /// Bytes as they came: any chunking for streams, one report for HID.
    Chunk(Chunk),
    /// A message of a reader that speaks MQTT.
    Heard {
        /// Whose message.
        reader: ReaderId,
        /// When it came.
        at: MonoMs,
        /// What it was.
        heard: Vec<Heard>,
        /// To be kept until its scan is decided.
        credit: Credit,
    },
    /// A device is there and is being read.
    Plugged {
        /// Whose device.
        reader: ReaderId,
        /// The HID report descriptor, where the device has one.
        descriptor: Option<Vec<u8>>,
        /// Which device, for people.
        device: String,
    },
    /// The device is gone, or the input is at its end.
    Unplugged {
        /// Whose device.
        reader: ReaderId,
        /// Why, for people.
        reason: String,
    },
}

/// Bytes of one reader.
#[derive(Debug)]
pub struct Chunk {
    /// Who read them.
    pub reader: ReaderId,
    /// When they were read from the device.
    pub at: MonoMs,
    /// What was read.
    pub bytes: Vec<u8>,
    /// To be kept until every scan in these bytes is decided.
    pub credit: Credit,
}

/// The right to have given one chunk that is not decided yet. It returns to its reader when its last clone is
/// dropped.
#[derive(Debug, Clone)]
pub struct Credit {
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl Credit {
    /// A credit that holds nobody back: for what comes from people and tests.
    pub fn free() -> Self {
        Self { _permit: None }
    }

    /// Whether a reader waits for it.
    pub fn holds_back(&self) -> bool {
        self._permit.is_some()
    }

    fn of(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: Some(Arc::new(permit)) }
    }
}

/// Notices of devices that come, for whoever looks at all of them. The error says why there are none.
pub fn arrivals() -> std::io::Result<TaskArrivals> {
    arrival::Arrivals::new().for_task()
}

/// A running reader. Dropping it ends the reader and releases its device.
#[derive(Debug)]
pub struct ReaderHandle {
    id: ReaderId,
    health: watch::Receiver<Health>,
    outgoing: mpsc::Sender<Outgoing>,
    task: JoinHandle<()>,
}

impl ReaderHandle {
    /// Names the reader.
    pub fn id(&self) -> &ReaderId {
        &self.id
    }

    /// How the reader is at this moment.
    pub fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// Sends something to the device; false where it takes nothing, and that is lost.
    pub fn send(&self, outgoing: Outgoing) -> bool {
        self.outgoing.try_send(outgoing).is_ok()
    }

    /// Follows the reader's health. Every chunk counts as a change.
    pub fn watch(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }
}

impl Drop for ReaderHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a reader; must be called inside a tokio runtime with I/O and time enabled.
///
/// What it reads goes into `events`, stamped by `clock`. It never fails: what is wrong with the device is in
/// [`ReaderHandle::health`], and is tried again at least once a second.
pub fn spawn(config: &ReaderConfig, clock: Clock, events: mpsc::Sender<ReaderEvent>) -> ReaderHandle {
    let id = config.id.clone();
    let (outlet, health) = Outlet::new(id.clone(), clock, events);
    let (outgoing, to_device) = outlet::way_to_device();
    let task = match config.source.clone() {
        ReaderSource::Serial { path, baud } => {
            tokio::spawn(serial::run(outlet, to_device, Address::Path(path), baud))
        }
        ReaderSource::SerialUsb { vendor, product, serial, usb_path, baud } => {
            let wanted = Wanted { vendor, product, serial, usb_path };
            let search = Search { wanted, purpose: Purpose::Serial };
            tokio::spawn(serial::run(outlet, to_device, Address::Usb(search), baud))
        }
        ReaderSource::Hid { vendor, product, serial, usb_path } => {
            let wanted = Wanted { vendor, product, serial, usb_path };
            tokio::spawn(hid::run(outlet, to_device, Search { wanted, purpose: purpose_of(config.protocol) }))
        }
        ReaderSource::Mqtt(_) => tokio::spawn(satellite::unheard(outlet)),
        ReaderSource::Stdin => tokio::spawn(stdin::run(outlet)),
        ReaderSource::Replay { path } => tokio::spawn(replay::run(outlet, path)),
    };
    ReaderHandle { id, health, outgoing, task }
}

/// Starts a reader that speaks MQTT. As [`spawn`] otherwise.
pub fn spawn_satellite(
    id: ReaderId,
    feed: satellite::Feed,
    clock: Clock,
    events: mpsc::Sender<ReaderEvent>,
) -> ReaderHandle {
    let (outlet, health) = Outlet::new(id.clone(), clock, events);
    let (outgoing, _nothing_goes_this_way) = outlet::way_to_device();
    let task = tokio::spawn(satellite::run(outlet, feed));
    ReaderHandle { id, health, outgoing, task }
}

fn purpose_of(protocol: Protocol) -> Purpose {
    match protocol {
        Protocol::HidPos => Purpose::PointOfSale,
        _ => Purpose::Keyboard,
    }
}

/// Starts a reader that plays the lines of a recording that are its own ([`replay::lines_of`]).
///
/// As [`spawn`] otherwise. `device` says in events and health what is played.
pub fn spawn_replay(
    id: ReaderId,
    lines: Vec<replay::Line>,
    pace: replay::Pace,
    device: String,
    clock: Clock,
    events: mpsc::Sender<ReaderEvent>,
) -> ReaderHandle {
    let (outlet, health) = Outlet::new(id.clone(), clock, events);
    // A recording has nobody to be told anything.
    let (outgoing, _) = outlet::way_to_device();
    let task = tokio::spawn(replay::run_lines(outlet, lines, pace, device));
    ReaderHandle { id, health, outgoing, task }
}
