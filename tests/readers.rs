//! Readers on real pseudo-terminals and files, through the channel by which the daemon has them.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test of devices and files"
)]
#![allow(clippy::indexing_slicing, reason = "a test")]

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cagekeeper::config::{ClockTrust, ReaderConfig, ReaderSource};
use cagekeeper::domain::id::{ReaderId, StationId};
use cagekeeper::io::clock::Clock;
use cagekeeper::io::readers::{Chunk, ReaderEvent, ReaderHandle, State, replay, spawn, spawn_replay};
use cagekeeper::wire::Protocol;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, openpty};
use nix::unistd::ttyname;
use tokio::sync::mpsc;

/// Far more than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for a reader that may read on to do so.
const QUIET: Duration = Duration::from_millis(200);

/// A tty with a program behind it, which stands for a scanner.
struct Scanner {
    line: File,
    tty: PathBuf,
}

impl Scanner {
    fn new() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        Self { line: File::from(master), tty: ttyname(&slave).unwrap() }
    }

    /// Whether anybody has the tty open.
    fn is_held(&self) -> bool {
        let mut line = [PollFd::new(self.line.as_fd(), PollFlags::empty())];
        poll(&mut line, PollTimeout::ZERO).unwrap();
        !line[0].revents().unwrap().contains(PollFlags::POLLHUP)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.line.write_all(bytes).unwrap();
    }
}

fn id(text: &str) -> ReaderId {
    ReaderId::parse(text).unwrap()
}

fn config(source: ReaderSource) -> ReaderConfig {
    ReaderConfig::of(id("gun"), StationId::parse("cage").unwrap(), source, Protocol::Line)
}

fn start(source: ReaderSource) -> (ReaderHandle, mpsc::Receiver<ReaderEvent>) {
    let (events, received) = mpsc::channel(64);
    (spawn(&config(source), Clock::start(ClockTrust::Fixed(true)), events), received)
}

fn serial(path: &Path) -> ReaderSource {
    ReaderSource::Serial { path: path.to_owned(), baud: 115_200 }
}

async fn next(received: &mut mpsc::Receiver<ReaderEvent>) -> ReaderEvent {
    tokio::time::timeout(PATIENCE, received.recv())
        .await
        .expect("an event in time")
        .expect("a running reader")
}

async fn plugged(received: &mut mpsc::Receiver<ReaderEvent>) -> String {
    match next(received).await {
        ReaderEvent::Plugged { device, .. } => device,
        other => panic!("expected Plugged, found {other:?}"),
    }
}

async fn unplugged(received: &mut mpsc::Receiver<ReaderEvent>) -> String {
    match next(received).await {
        ReaderEvent::Unplugged { reason, .. } => reason,
        other => panic!("expected Unplugged, found {other:?}"),
    }
}

async fn chunk(received: &mut mpsc::Receiver<ReaderEvent>) -> Chunk {
    match next(received).await {
        ReaderEvent::Chunk(chunk) => chunk,
        other => panic!("expected Chunk, found {other:?}"),
    }
}

/// Chunks until they make up `expected`: how a tty cuts them is its own affair.
async fn expect_bytes(received: &mut mpsc::Receiver<ReaderEvent>, expected: &[u8]) {
    let mut bytes = Vec::new();
    while bytes.len() < expected.len() {
        bytes.extend(chunk(received).await.bytes);
    }
    assert_eq!(bytes, expected);
}

async fn expect_state(handle: &ReaderHandle, state: State) {
    let mut health = handle.watch();
    let reached = health.wait_for(|health| health.state == state);
    drop(
        tokio::time::timeout(PATIENCE, reached).await.expect("the state in time").expect("a running reader"),
    );
}

#[tokio::test]
async fn bytes_of_a_tty_arrive_unchanged() {
    let mut scanner = Scanner::new();
    let (handle, mut received) = start(serial(&scanner.tty));
    assert_eq!(plugged(&mut received).await, scanner.tty.display().to_string());
    // Each of these is eaten, doubled or answered by a tty that is not raw.
    let bytes = b"\x03\x04\x11\x13\x1a\x1c\x7f\r\n\r\x00\xffCAM-01\x15\n";
    scanner.send(bytes);
    expect_bytes(&mut received, bytes).await;
    let health = handle.health();
    assert_eq!((health.state, health.bytes), (State::Reading, bytes.len() as u64));
    assert!(health.chunks >= 1);
    assert_eq!(health.reconnects, 0);
}

#[tokio::test]
async fn an_unplugged_tty_is_let_go_and_its_successor_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by-path");
    let first = Scanner::new();
    symlink(&first.tty, &path).unwrap();
    let (handle, mut received) = start(serial(&path));
    let device = plugged(&mut received).await;
    assert_eq!(device, format!("{} ({})", path.display(), first.tty.display()));

    // The link goes first: the number of a pseudo-terminal that ends is at once anybody's.
    std::fs::remove_file(&path).unwrap();
    drop(first);
    assert_eq!(unplugged(&mut received).await, "unplugged");
    assert_eq!(handle.health().state, State::Gone);
    assert_eq!(handle.health().reason.as_deref(), Some("unplugged"));

    let mut second = Scanner::new();
    symlink(&second.tty, &path).unwrap();
    plugged(&mut received).await;
    second.send(b"LENS-07\r");
    expect_bytes(&mut received, b"LENS-07\r").await;
    assert_eq!((handle.health().state, handle.health().reconnects), (State::Reading, 1));
}

#[tokio::test]
async fn a_path_that_disappears_ends_the_reading_and_one_that_appears_begins_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by-path");
    let (handle, mut received) = start(serial(&path));
    let mut health = handle.watch();
    let waiting = health.wait_for(|health| health.reason.is_some());
    let waiting = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap().clone();
    assert_eq!(waiting.state, State::Waiting);
    assert!(waiting.reason.unwrap().contains("does not exist"));

    let scanner = Scanner::new();
    symlink(&scanner.tty, &path).unwrap();
    plugged(&mut received).await;
    assert!(scanner.is_held());
    std::fs::remove_file(&path).unwrap();
    let reason = unplugged(&mut received).await;
    assert!(reason.contains("no longer leads to"), "{reason}");
    assert!(!scanner.is_held(), "a device that is held comes back under another number");
    expect_state(&handle, State::Gone).await;
}

#[tokio::test]
async fn a_reader_without_credit_is_not_read() {
    let mut scanner = Scanner::new();
    let (handle, mut received) = start(serial(&scanner.tty));
    plugged(&mut received).await;
    let mut undecided = Vec::new();
    for label in [b"A\r", b"B\r"] {
        scanner.send(label);
        let chunk = chunk(&mut received).await;
        assert_eq!(chunk.bytes, label);
        undecided.push(chunk);
    }
    scanner.send(b"C\r");
    assert!(tokio::time::timeout(QUIET, received.recv()).await.is_err(), "two chunks are undecided");
    assert_eq!(handle.health().chunks, 2);
    undecided.pop();
    assert_eq!(chunk(&mut received).await.bytes, b"C\r");
}

#[tokio::test]
async fn a_reader_without_credit_still_lets_an_unplugged_device_go() {
    let mut scanner = Scanner::new();
    let (_handle, mut received) = start(serial(&scanner.tty));
    plugged(&mut received).await;
    scanner.send(b"A\r");
    let _first = chunk(&mut received).await;
    scanner.send(b"B\r");
    let _second = chunk(&mut received).await;
    drop(scanner);
    unplugged(&mut received).await;
}

#[tokio::test]
async fn an_endless_line_comes_in_bounded_pieces() {
    let mut scanner = Scanner::new();
    let (_handle, mut received) = start(serial(&scanner.tty));
    plugged(&mut received).await;
    let endless = vec![b'x'; 3_000];
    scanner.send(&endless);
    let mut bytes = 0;
    while bytes < endless.len() {
        let chunk = chunk(&mut received).await;
        assert!(chunk.bytes.len() <= 448, "{}", chunk.bytes.len());
        bytes += chunk.bytes.len();
    }
}

#[tokio::test]
async fn dropping_the_handle_ends_the_reader_and_frees_the_device() {
    let scanner = Scanner::new();
    let (handle, mut received) = start(serial(&scanner.tty));
    plugged(&mut received).await;
    drop(handle);
    let end = tokio::time::timeout(PATIENCE, received.recv()).await.expect("an end in time");
    assert!(end.is_none(), "{end:?}");
    assert!(!scanner.is_held());
}

#[tokio::test]
async fn a_configured_recording_is_played_once_it_is_there_and_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.jsonl");
    std::fs::write(&path, "{\"at_ms\":0}\n").unwrap();
    let (handle, mut received) = start(ReaderSource::Replay { path: path.clone() });
    expect_state(&handle, State::Failed).await;
    let reason = handle.health().reason.unwrap();
    assert!(reason.contains("line 1, column") && reason.contains("missing field"), "{reason}");

    let lines = "{\"at_ms\":10,\"reader\":\"gun\",\"hex\":\"410d\"}\n{\"at_ms\":15,\"reader\":\"mat\",\"hex\":\"02\"}\n";
    let complete = folder.path().join("complete");
    std::fs::write(&complete, lines).unwrap();
    std::fs::rename(&complete, &path).unwrap();
    assert_eq!(plugged(&mut received).await, format!("recording {}", path.display()));
    assert_eq!(chunk(&mut received).await.bytes, b"A\r");
    assert_eq!(unplugged(&mut received).await, "end of recording");
    expect_state(&handle, State::Gone).await;
}

#[tokio::test]
async fn lines_are_played_without_waits_but_not_without_credit() {
    let text: String = (0..50)
        .map(|at| format!("{{\"at_ms\":{},\"reader\":\"gun\",\"hex\":\"{at:02x}\"}}\n", at * 60_000))
        .collect();
    let lines = replay::parse(&text).unwrap();
    let (events, mut received) = mpsc::channel(64);
    let clock = Clock::start(ClockTrust::Fixed(true));
    let pace = replay::Pace::AsFastAsPossible;
    let _handle = spawn_replay(id("gun"), lines, pace, "a long day".to_owned(), clock, events);
    assert_eq!(plugged(&mut received).await, "a long day");
    let undecided = [chunk(&mut received).await, chunk(&mut received).await];
    assert_eq!(undecided.each_ref().map(|chunk| chunk.bytes.as_slice()), [[0], [1]]);
    assert!(tokio::time::timeout(QUIET, received.recv()).await.is_err(), "two chunks are undecided");
    drop(undecided);
    for at in 2..50 {
        assert_eq!(chunk(&mut received).await.bytes, [at]);
    }
    assert_eq!(unplugged(&mut received).await, "end of recording");
}

#[tokio::test]
async fn a_hid_reader_without_its_device_waits_and_says_so() {
    let source = ReaderSource::Hid {
        vendor: Some(0xF00D),
        product: Some(0xCAFE),
        serial: Some("none such".to_owned()),
        usb_path: None,
    };
    let (handle, mut received) = start(source);
    let mut health = handle.watch();
    let waiting = health.wait_for(|health| health.reason.is_some());
    let waiting = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap().clone();
    assert_eq!(waiting.state, State::Waiting);
    let reason = waiting.reason.unwrap();
    assert!(reason.starts_with("no HID device with vendor f00d, product cafe"), "{reason}");
    assert!(received.try_recv().is_err());
}
