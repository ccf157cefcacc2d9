//! A reader behind a tty that can be pulled out and put back.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, openpty};
use nix::unistd::ttyname;

use super::{Device, Knobs};

/// A place where a reader is plugged in: a name that leads to its tty, as `/dev/serial/by-path` has them.
pub struct Port<D> {
    pub path: PathBuf,
    device: Arc<Mutex<D>>,
    since: Instant,
    cable: Option<Cable>,
}

struct Cable {
    pulled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    /// Held open, so that the line stays up while no program reads it.
    slave: OwnedFd,
}

impl<D: Device + 'static> Port<D> {
    /// A reader that is plugged in, by a name in `folder`.
    pub fn new(folder: &Path, name: &str, device: D) -> Self {
        let device = Arc::new(Mutex::new(device));
        let mut port = Self { path: folder.join(name), device, since: Instant::now(), cable: None };
        port.plug();
        port
    }

    /// Puts it back: it begins as after power-up.
    pub fn plug(&mut self) {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        fcntl(&master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        self.device.lock().unwrap().lose_power(ms_since(self.since));
        let tty = ttyname(&slave).unwrap();
        let pulled = Arc::new(AtomicBool::new(false));
        let thread = {
            let (device, since, pulled) = (Arc::clone(&self.device), self.since, Arc::clone(&pulled));
            std::thread::spawn(move || serve(File::from(master), &device, since, &pulled))
        };
        symlink(tty, &self.path).unwrap();
        self.cable = Some(Cable { pulled, thread, slave });
    }

    /// Pulls it out.
    pub fn unplug(&mut self) {
        let Some(cable) = self.cable.take() else { return };
        // The link goes first: the number of a pseudo-terminal that ends is at once anybody's.
        std::fs::remove_file(&self.path).unwrap();
        cable.pulled.store(true, Ordering::Relaxed);
        drop(cable.slave);
        cable.thread.join().unwrap();
    }

    /// Turns a knob.
    pub fn turn(&self, with: impl FnOnce(&mut Knobs)) {
        with(self.device.lock().unwrap().knobs());
    }

    /// Looks at the reader itself.
    pub fn device<T>(&self, with: impl FnOnce(&mut D) -> T) -> T {
        with(&mut self.device.lock().unwrap())
    }

    /// Takes its power away for a moment; the tty stays, as with a reader that has a supply of its own.
    pub fn lose_power(&self) {
        self.device.lock().unwrap().lose_power(ms_since(self.since));
    }
}

impl<D> Drop for Port<D> {
    fn drop(&mut self) {
        if let Some(cable) = &self.cable {
            cable.pulled.store(true, Ordering::Relaxed);
        }
    }
}

fn ms_since(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap()
}

fn serve<D: Device>(mut line: File, device: &Mutex<D>, since: Instant, pulled: &AtomicBool) {
    let mut buffer = [0; 4096];
    while !pulled.load(Ordering::Relaxed) {
        let mut ready = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        let wait = Duration::from_millis(2);
        poll(&mut ready, PollTimeout::try_from(wait).unwrap()).unwrap();
        let length = line.read(&mut buffer).unwrap_or(0);
        let said = device.lock().unwrap().handle(&buffer[..length], ms_since(since));
        // What nobody takes is lost, as on a real line.
        let _ = line.write_all(&said);
    }
}
