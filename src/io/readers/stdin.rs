//! Standard input as a reader: a keyboard-wedge scanner on a laptop works with no permissions at all.
//!
//! Reading blocks and cannot be called off, so a thread of its own does it, which nothing waits for when the
//! program ends. At the end of input the reader is done; there is nothing to open again.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::sync::mpsc;

use super::CHUNK_BYTES_MAX;
use super::outlet::{Absent, FromThread, Outlet, tell};
use crate::io::clock::Clock;

/// How often the thread looks whether it is still wanted.
const LOOK_MS: u16 = 500;

/// Reads standard input to its end.
pub(super) async fn run(outlet: Outlet) {
    let device = if io::stdin().is_terminal() { "standard input (a terminal)" } else { "standard input" };
    match io::stdin().as_fd().try_clone_to_owned() {
        Ok(input) => read_to_end(outlet, File::from(input), device).await,
        Err(error) => unreadable(outlet, &error),
    }
}

fn unreadable(mut outlet: Outlet, error: &io::Error) {
    let reason = format!("standard input cannot be read: {error}");
    tracing::warn!(reader = %outlet.reader(), "{reason}");
    outlet.absent(Absent::Unusable(reason));
}

async fn read_to_end(mut outlet: Outlet, input: File, device: &str) {
    if outlet.plugged(device.to_owned(), None, None).await.is_err() {
        return;
    }
    // One chunk may wait here; beyond it standard input is not read.
    let (to_task, from_thread) = mpsc::channel(1);
    let clock = outlet.clock();
    let thread = std::thread::Builder::new().name("stdin".to_owned());
    match thread.spawn(move || pump(input, clock, &to_task)) {
        Ok(_detached) => drop(outlet.forward(from_thread).await),
        Err(error) => unreadable(outlet, &error),
    }
}

/// Reads until the end of input or until nobody listens.
fn pump(mut input: File, clock: Clock, task: &mpsc::Sender<FromThread>) {
    let mut buffer = [0; CHUNK_BYTES_MAX];
    let reason = loop {
        if !wait_readable(&input, task) {
            return;
        }
        let bytes = match input.read(&mut buffer) {
            Ok(0) => break "end of input".to_owned(),
            Ok(length) => buffer.get(..length).unwrap_or_default().to_vec(),
            Err(error) if is_passing(&error) => continue,
            Err(error) => break format!("standard input cannot be read any more: {error}"),
        };
        if tell(task, FromThread::Bytes { at: clock.mono(), bytes }).is_err() {
            return;
        }
    };
    drop(tell(task, FromThread::Unplugged(reason)));
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Waits for input; false if nobody listens any more. What cannot be polled is read at once.
fn wait_readable(input: &File, task: &mpsc::Sender<FromThread>) -> bool {
    while !task.is_closed() {
        let mut wanted = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        match poll(&mut wanted, PollTimeout::from(LOOK_MS)) {
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::OwnedFd;

    use super::super::{ReaderEvent, State};
    use super::*;
    use crate::config::ClockTrust;
    use crate::domain::id::ReaderId;

    #[tokio::test]
    async fn a_pipe_is_read_to_its_end_and_not_opened_again() {
        let (input, mut writer) = io::pipe().unwrap();
        let (events, mut received) = mpsc::channel(16);
        let clock = Clock::start(ClockTrust::Fixed(true));
        let (outlet, health) = Outlet::new(ReaderId::parse("keys").unwrap(), clock, events);
        let task = tokio::spawn(read_to_end(outlet, File::from(OwnedFd::from(input)), "standard input"));
        writer.write_all(b"CAM-01\n").unwrap();
        drop(writer);
        assert!(matches!(received.recv().await, Some(ReaderEvent::Plugged { .. })));
        let Some(ReaderEvent::Chunk(chunk)) = received.recv().await else { panic!("a chunk") };
        assert_eq!(chunk.bytes, b"CAM-01\n");
        let Some(ReaderEvent::Unplugged { reason, .. }) = received.recv().await else { panic!("the end") };
        assert_eq!(reason, "end of input");
        task.await.unwrap();
        assert!(received.recv().await.is_none(), "nothing comes after the end");
        assert_eq!(health.borrow().state, State::Gone);
    }
}
