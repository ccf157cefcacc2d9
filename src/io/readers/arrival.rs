//! Waiting for a device: the kernel says when a device file comes or changes, so nobody has to look all the time.
//!
//! Only files directly in `/dev` are told (`hidrawN`, `ttyUSB0`), and the change of owner by which udev hands one
//! over. Links below `/dev/serial` follow within the next attempts. Where the kernel's notices cannot be had, those
//! who wait look again by themselves.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::read;
use tokio::sync::Notify;

use super::outlet::Closed;

const DEVICE_FOLDER: &str = "/dev";
/// Between a notice and the attempt: udev hands a node over in several steps, each of them a notice.
const SETTLE_MS: u64 = 50;
/// Notices thrown away at once: some 250 of them.
const NOTICES_BYTES: usize = 4_096;

/// Notices of device files, for a task or a thread of its own.
#[derive(Debug)]
pub(super) struct Arrivals {
    notices: Option<OwnedFd>,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// A device file came or changed.
    Arrival,
    /// The time is over.
    Time,
}

impl Arrivals {
    pub(super) fn new() -> Self {
        Self { notices: watch().ok().map(OwnedFd::from) }
    }

    /// Whether the kernel gives notice; if not, look again at least once a second.
    pub(super) fn are_told(&self) -> bool {
        self.notices.is_some()
    }

    /// Waits in a thread; ends at once with [`Closed`] when the other end of `ended` is dropped.
    pub(super) fn wait(&self, at_most: Duration, ended: &UnixStream) -> Result<Woken, Closed> {
        let woken = ready(self.notices.as_ref().map(AsFd::as_fd), at_most, ended)?;
        if woken == Woken::Arrival {
            ready(None, Duration::from_millis(SETTLE_MS), ended)?;
            self.forget();
        }
        Ok(woken)
    }

    /// For a task: a thread of its own waits, and ends with the value that is returned.
    pub(super) fn for_task(self) -> io::Result<TaskArrivals> {
        let (alive, ended) = UnixStream::pair()?;
        let arrived = Arc::new(Notify::new());
        let tell = Arc::clone(&arrived);
        if self.are_told() {
            std::thread::Builder::new().name("arrivals".to_owned()).spawn(move || {
                while let Ok(woken) = self.wait(Duration::MAX, &ended) {
                    if woken == Woken::Arrival {
                        tell.notify_one();
                    }
                }
            })?;
        }
        Ok(TaskArrivals { arrived, _alive: alive })
    }

    fn forget(&self) {
        if let Some(notices) = &self.notices {
            drop_all(notices);
        }
    }
}

/// [`Arrivals`] in a task.
#[derive(Debug)]
pub struct TaskArrivals {
    arrived: Arc<Notify>,
    _alive: UnixStream,
}

impl TaskArrivals {
    /// Waits for the next notice, or so long.
    pub async fn wait(&self, at_most: Duration) -> Woken {
        tokio::select! {
            () = self.arrived.notified() => Woken::Arrival,
            () = tokio::time::sleep(at_most) => Woken::Time,
        }
    }
}

fn watch() -> Result<Inotify, Errno> {
    let notices = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
    notices.add_watch(DEVICE_FOLDER, AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ATTRIB)?;
    Ok(notices)
}

fn drop_all(notices: &OwnedFd) {
    let mut buffer = [0; NOTICES_BYTES];
    while read(notices, &mut buffer).is_ok_and(|length| length > 0) {}
}

/// Waits in a thread until `source` can be read, has an error, or the time is over.
pub(super) fn ready(
    source: Option<BorrowedFd<'_>>,
    at_most: Duration,
    ended: &UnixStream,
) -> Result<Woken, Closed> {
    let mut fds = vec![PollFd::new(ended.as_fd(), PollFlags::POLLIN)];
    fds.extend(source.map(|source| PollFd::new(source, PollFlags::POLLIN)));
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
    // An interrupted wait is one that was over early; these arguments allow no other error.
    let _interrupted = poll(&mut fds, timeout);
    let mut happened = fds.iter().map(|fd| fd.any().unwrap_or(false));
    match (happened.next(), happened.next()) {
        (Some(true), _) => Err(Closed),
        (_, Some(true)) => Ok(Woken::Arrival),
        _ => Ok(Woken::Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_nobody_listens_any_more() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        assert_eq!(ready(None, Duration::ZERO, &ours), Ok(Woken::Time));
        drop(theirs);
        assert_eq!(ready(None, Duration::from_secs(600), &ours), Err(Closed));
        assert_eq!(Arrivals::new().wait(Duration::from_secs(600), &ours), Err(Closed));
    }

    #[test]
    fn a_source_that_can_be_read_ends_the_wait() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let (device, mut scanner) = UnixStream::pair().unwrap();
        assert_eq!(ready(Some(device.as_fd()), Duration::ZERO, &ours), Ok(Woken::Time));
        std::io::Write::write_all(&mut scanner, b"x").unwrap();
        assert_eq!(ready(Some(device.as_fd()), Duration::from_secs(600), &ours), Ok(Woken::Arrival));
    }

    #[tokio::test]
    async fn a_task_waits_no_longer_than_it_says() {
        let silent = Arrivals { notices: None }.for_task().unwrap();
        assert_eq!(silent.wait(Duration::ZERO).await, Woken::Time);
        silent.arrived.notify_one();
        assert_eq!(silent.wait(Duration::from_secs(600)).await, Woken::Arrival);
    }
}
