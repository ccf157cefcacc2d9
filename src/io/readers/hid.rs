//! USB HID readers through hidraw.
//!
//! Reading blocks, so each reader has a thread. Each report is one chunk. The node is let go as soon as the
//! device is gone, and the device is looked for again by what the configuration says of it, not by its node.

#![allow(clippy::disallowed_methods, reason = "device files")]

use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use tokio::sync::mpsc;

use super::arrival::{Arrivals, Woken, ready};
use super::candidate::Candidate;
use super::guard::{Guard, Kept, Places};
use super::outlet::{Absent, Backoff, Closed, FromThread, Outlet, ToDevice, tell};
use super::rules;
use super::search::Search;
use super::sysfs::{candidates, hid_device, is_still};
use super::writing::Way;
use crate::io::clock::Clock;
use crate::time::MonoMs;

pub(super) const SYSFS_CLASS: &str = "/sys/class/hidraw";
/// The largest report that hidraw gives (`HID_MAX_BUFFER_SIZE` in the kernel).
const REPORT_BYTES_MAX: usize = 16_384;
/// Reports that may wait for a credit: about eight labels. The kernel keeps 64 and then drops reports, which
/// makes one code into another; a stream has flow control, HID has not.
const REPORTS_WAITING_MAX: usize = 256;
/// A device that stayed so long was really there: the next attempt comes soon again.
const STEADY_MS: u64 = 2_000;
/// How long udev is given to deal with the input devices before this program does.
const UDEV_MS: u64 = 1_000;
/// When what keeps the keys is looked at: while udev is waited for, while other interfaces of the device may still
/// come, and for good.
const LOOK_FIRST_MS: u64 = 50;
const LOOK_SOON_MS: u64 = 500;
const LOOK_MS: u64 = 10_000;
/// So long other interfaces of the device may still come.
const COMING_MS: u64 = 5_000;

/// Reads a HID device for ever, and writes to it what its reader is to be told.
pub(super) async fn run(mut outlet: Outlet, mut to_device: ToDevice, search: Search) {
    let (to_task, from_thread) = mpsc::channel(REPORTS_WAITING_MAX);
    let way = Way::new(to_task.clone());
    match Reading::start(&outlet, search, way.clone(), to_task) {
        // Dropped after the channel: the thread is not waiting for it any more when it is waited for.
        Ok(_reading) => tokio::select! {
            _closed = outlet.forward(from_thread) => {}
            never = pass_on(&mut to_device, &way) => match never {},
        },
        Err(error) => {
            let reason = format!("no thread could be started to read the HID device: {error}");
            tracing::warn!(reader = %outlet.reader(), "{reason}");
            outlet.absent(Absent::Unusable(reason));
        }
    }
}

async fn pass_on(to_device: &mut ToDevice, way: &Way) -> Infallible {
    loop {
        way.send(to_device.next().await);
    }
}

/// The thread that reads. Dropping it ends the thread, and returns when the device is let go.
#[derive(Debug)]
struct Reading {
    wanted_still: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Reading {
    fn start(outlet: &Outlet, search: Search, way: Way, task: mpsc::Sender<FromThread>) -> io::Result<Self> {
        let (ours, ended) = UnixStream::pair()?;
        let clock = outlet.clock();
        let thread = std::thread::Builder::new().name(format!("hid {}", outlet.reader()));
        let thread = thread.spawn(move || drop(read_forever(&search, &Ears { clock, task, way, ended })))?;
        Ok(Self { wanted_still: Some(ours), thread: Some(thread) })
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.wanted_still = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Who listens to the thread.
struct Ears {
    clock: Clock,
    task: mpsc::Sender<FromThread>,
    /// What is told to the device goes through another handle.
    way: Way,
    /// Its other end is dropped when the thread shall end.
    ended: UnixStream,
}

/// A device that is there and open.
struct Opened {
    device: File,
    chosen: Candidate,
    note: Option<String>,
    watch: Watch,
}

/// Ends when nobody listens any more.
fn read_forever(search: &Search, ears: &Ears) -> Result<(), Closed> {
    let arrivals = Arrivals::new();
    let fresh = || if arrivals.are_told() { Backoff::told() } else { Backoff::new() };
    let mut backoff = fresh();
    loop {
        match open(search, ears.clock) {
            Ok(opened) => {
                let since = ears.clock.mono();
                read_until_gone(opened, ears)?;
                if ears.clock.mono().since(since) >= STEADY_MS {
                    backoff = fresh();
                }
            }
            Err(absent) => tell(&ears.task, FromThread::Absent(absent))?,
        }
        if arrivals.wait(backoff.next(), &ears.ended)? == Woken::Arrival {
            backoff = fresh();
        }
    }
}

fn read_until_gone(opened: Opened, ears: &Ears) -> Result<(), Closed> {
    let Opened { mut device, chosen, note, mut watch } = opened;
    let (name, descriptor) =
        (chosen.to_string(), Some(chosen.descriptor.clone()).filter(|it| !it.is_empty()));
    watch.look(ears)?;
    // First: the answer to its coming is what it is told first, and must find the way open.
    ears.way.open(chosen);
    tell(&ears.task, FromThread::Plugged { device: name, descriptor, note })?;
    let error = pump(&mut device, &mut watch, ears);
    ears.way.close();
    let error = error?;
    // Before anything is said: saying it may wait, and nobody can use the device meanwhile.
    drop((device, watch));
    tell(&ears.task, FromThread::Unplugged(end_of(&error)))
}

/// Reads reports until the device gives an error.
///
/// A report that was there already when the last one was taken came at no later moment than that: this thread may have
/// had to wait for its turn, and a code must not be cut in two for it.
fn pump(device: &mut File, watch: &mut Watch, ears: &Ears) -> Result<io::Error, Closed> {
    let mut buffer = vec![0; REPORT_BYTES_MAX];
    let mut at = ears.clock.mono();
    loop {
        watch.look(ears)?;
        match device.read(&mut buffer) {
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                tell(&ears.task, FromThread::Bytes { at, bytes })?;
            }
            Err(error) if is_not_now(&error) => {
                ready(Some(device.as_fd()), watch.pause(ears.clock.mono()), &ears.ended)?;
                at = ears.clock.mono();
            }
            Err(error) => return Ok(error),
        }
    }
}

fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Why reading ended. The kernel says EIO or ENODEV of a device that was pulled out.
fn end_of(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EIO | libc::ENODEV | libc::ENXIO) => "unplugged".to_owned(),
        _ => format!("the device cannot be read any more: {error}"),
    }
}

/// Looks after what keeps the keys of the open device from the console, and says when that changes.
struct Watch {
    guard: Guard,
    /// The rules that would keep its keys.
    rules: [String; 3],
    since: MonoMs,
    next: MonoMs,
    kept: Option<Kept>,
}

impl Watch {
    fn new(chosen: &Candidate, now: MonoMs) -> Self {
        let class = Path::new(SYSFS_CLASS);
        let guard = Guard::new(hid_device(class, chosen.number), Places::default());
        Self { guard, rules: rules::lines(&chosen.model()), since: now, next: now, kept: None }
    }

    fn look(&mut self, ears: &Ears) -> Result<(), Closed> {
        let now = ears.clock.mono();
        if now < self.next {
            return Ok(());
        }
        let open_ms = now.since(self.since);
        let kept = self.guard.look(open_ms >= UDEV_MS);
        let pause_ms = match kept {
            Kept::NotYet => LOOK_FIRST_MS,
            _ if open_ms < COMING_MS => LOOK_SOON_MS,
            _ => LOOK_MS,
        };
        self.next = MonoMs(now.0.saturating_add(pause_ms));
        if kept == Kept::NotYet || self.kept.as_ref() == Some(&kept) {
            return Ok(());
        }
        let said = self.said(&kept);
        self.kept = Some(kept);
        tell(&ears.task, said)
    }

    fn pause(&self, now: MonoMs) -> Duration {
        Duration::from_millis(self.next.since(now))
    }

    fn said(&self, kept: &Kept) -> FromThread {
        let [_, input, event] = &self.rules;
        let leak = matches!(kept, Kept::Leaks(_)).then(|| {
            format!(
                "{kept}: put these lines into {}, run `udevadm control --reload` and plug the reader in again: \
                 {input} and {event}",
                rules::RULES_PATH
            )
        });
        let keys = (!matches!(kept, Kept::NothingTyped | Kept::Leaks(_))).then(|| kept.to_string());
        FromThread::Kept { keys, leak }
    }
}

/// Finds and opens the device that is wanted.
fn open(search: &Search, clock: Clock) -> Result<Opened, Absent> {
    let found = candidates(Path::new(SYSFS_CLASS));
    let (chosen, note) = search.decided(&found)?;
    check_access(chosen)?;
    let device = open_node(chosen).map_err(|error| unusable(chosen, &error))?;
    // The node may have become another device's meanwhile, somebody's keyboard among them.
    if !is_still(Path::new(SYSFS_CLASS), chosen) {
        return Err(Absent::Missing(format!("{chosen} has just gone")));
    }
    let watch = Watch::new(chosen, clock.mono());
    Ok(Opened { device, chosen: chosen.clone(), note, watch })
}

fn open_node(chosen: &Candidate) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(chosen.node())
}

/// Says who may open the node.
fn check_access(chosen: &Candidate) -> Result<(), Absent> {
    match access(&chosen.node(), AccessFlags::R_OK | AccessFlags::W_OK) {
        Ok(()) => Ok(()),
        Err(Errno::ENOENT) => Err(Absent::Missing(format!("{chosen} has no device file yet"))),
        Err(Errno::EACCES | Errno::EPERM) => Err(Absent::Unusable(no_permission(chosen))),
        Err(error) => Err(Absent::Unusable(format!("{chosen} cannot be used: {error}"))),
    }
}

fn no_permission(chosen: &Candidate) -> String {
    let [raw, ..] = rules::lines(&chosen.model());
    format!(
        "no permission to read and write {chosen}: put this line into {}, plug the reader in again, and run as a \
         member of the group cagekeeper: {raw}",
        rules::RULES_PATH
    )
}

fn unusable(chosen: &Candidate, error: &io::Error) -> Absent {
    Absent::Unusable(format!("{chosen} cannot be opened: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::candidate::scanner;
    use super::*;

    #[test]
    fn no_permission_says_which_rule_to_write() {
        let said = no_permission(&scanner(3, "1-1:1.0"));
        assert!(said.contains("/dev/hidraw3"), "{said}");
        assert!(said.contains("KERNELS==\"*:05E0:1200.*\", GROUP=\"cagekeeper\""), "{said}");
    }

    #[test]
    fn a_pulled_plug_is_told_from_other_errors() {
        for code in [libc::EIO, libc::ENODEV] {
            assert_eq!(end_of(&io::Error::from_raw_os_error(code)), "unplugged");
        }
        assert!(end_of(&io::Error::from_raw_os_error(libc::ENOMEM)).contains("cannot be read any more"));
        assert!(is_not_now(&io::Error::from_raw_os_error(libc::EINTR)));
        assert!(is_not_now(&io::Error::from_raw_os_error(libc::EAGAIN)));
        assert!(!is_not_now(&io::Error::from_raw_os_error(libc::EIO)));
    }
}
