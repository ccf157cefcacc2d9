//! A Zebra scanner that speaks SSI back, on a pseudo-terminal: written from the programmer's guide, not from our decoder.
//!
//! It sends decode data, waits two seconds for its acknowledgement and sends again; it acknowledges each command of the host,
//! and remembers what it was told to sound and show.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a device in a test"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};

/// How long a scanner waits for an acknowledgement.
pub const ANSWER: Duration = Duration::from_secs(2);

/// A command of the host, without length, source and checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub at: Instant,
    pub opcode: u8,
    pub data: Vec<u8>,
}

#[derive(Default)]
struct Heard {
    told: Vec<Told>,
    acks: usize,
    wrong: usize,
}

/// The scanner.
pub struct Scanner {
    line: File,
    /// Held open, so that the line stays up while no program reads it.
    _slave: OwnedFd,
    pub path: PathBuf,
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

fn check(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    ((0x1_0000 - sum % 0x1_0000) as u16).to_be_bytes()
}

fn packet(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(4 + data.len()).unwrap(), opcode, 0x00, status];
    bytes.extend(data);
    let check = check(&bytes);
    bytes.extend(check);
    bytes
}

impl Scanner {
    pub fn new() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        let mut raw = tcgetattr(&slave).unwrap();
        cfmakeraw(&mut raw);
        tcsetattr(&slave, SetArg::TCSANOW, &raw).unwrap();
        let path = nix::unistd::ttyname(&slave).unwrap();
        let line = File::from(master);
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let (ear, mouth, notes) = (line.try_clone().unwrap(), line.try_clone().unwrap(), Arc::clone(&heard));
        std::thread::spawn(move || listen(ear, mouth, &notes));
        Self { line, _slave: slave, path, heard }
    }

    /// Sends a code, again with the resend bit as often as it takes; how long the first acknowledgement took, and how
    /// often it was sent.
    pub fn scan(&mut self, code: &str, attempts: u32) -> Option<(Duration, u32)> {
        let data = [&[0x03], code.as_bytes()].concat();
        self.send_until_acknowledged(&data, 0x00, attempts)
    }

    /// Sends a code in packets, all but the last saying that more follow.
    pub fn scan_in_parts(&mut self, parts: &[&str]) {
        for (index, part) in parts.iter().enumerate() {
            let more = if index + 1 < parts.len() { 0x02 } else { 0x00 };
            let data = [&[0x03], part.as_bytes()].concat();
            self.send_until_acknowledged(&data, more, 3).expect("each packet is acknowledged");
        }
    }

    /// Sends a packet whose checksum is wrong: it must not be acknowledged.
    pub fn scan_damaged(&mut self, code: &str) {
        let mut bytes = packet(0xf3, 0x00, &[&[0x03], code.as_bytes()].concat());
        *bytes.last_mut().unwrap() ^= 0xff;
        self.line.write_all(&bytes).unwrap();
    }

    /// Sends decode data that repeats the one before, as after an acknowledgement that got lost on the way.
    pub fn send_again(&mut self, code: &str) {
        let bytes = packet(0xf3, 0x01, &[&[0x03], code.as_bytes()].concat());
        self.line.write_all(&bytes).unwrap();
    }

    fn send_until_acknowledged(&mut self, data: &[u8], status: u8, attempts: u32) -> Option<(Duration, u32)> {
        let before = self.acks();
        for attempt in 0..attempts {
            let resent = u8::from(attempt > 0);
            let sent = Instant::now();
            self.line.write_all(&packet(0xf3, status | resent, data)).unwrap();
            if self.wait(ANSWER, |heard| heard.acks > before) {
                return Some((sent.elapsed(), attempt + 1));
            }
        }
        None
    }

    pub fn acks(&self) -> usize {
        self.heard.0.lock().unwrap().acks
    }

    /// Packets of the host that were none.
    pub fn wrong(&self) -> usize {
        self.heard.0.lock().unwrap().wrong
    }

    pub fn told(&self) -> Vec<Told> {
        self.heard.0.lock().unwrap().told.clone()
    }

    /// The codes of the beeps so far.
    pub fn beeps(&self) -> Vec<u8> {
        self.told().iter().filter(|told| told.opcode == 0xe6).map(|told| told.data[0]).collect()
    }

    /// Waits until so many beeps were heard, and gives the codes.
    pub fn wait_for_beeps(&self, count: usize, patience: Duration) -> Vec<u8> {
        let beeps = |heard: &Heard| heard.told.iter().filter(|told| told.opcode == 0xe6).count();
        self.wait(patience, |heard| beeps(heard) >= count);
        self.beeps()
    }

    /// Waits until the host has told it this.
    pub fn wait_for(&self, opcode: u8, data: &[u8], patience: Duration) -> bool {
        self.wait(patience, |heard| heard.told.iter().any(|told| told.opcode == opcode && told.data == data))
    }

    fn wait(&self, patience: Duration, holds: impl Fn(&Heard) -> bool) -> bool {
        let (heard, changed) = &*self.heard;
        let guard = heard.lock().unwrap();
        let (guard, _) = changed.wait_timeout_while(guard, patience, |heard| !holds(heard)).unwrap();
        holds(&guard)
    }
}

/// Takes packets of the host off the line for as long as it is there, and acknowledges commands.
fn listen(mut ear: File, mut mouth: File, notes: &(Mutex<Heard>, Condvar)) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(read @ 1..) = ear.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
        while let Some(&len) = bytes.first() {
            let end = usize::from(len) + 2;
            if len < 4 {
                bytes.remove(0);
                notes.0.lock().unwrap().wrong += 1;
                continue;
            }
            if bytes.len() < end {
                break;
            }
            let frame: Vec<u8> = bytes.drain(..end).collect();
            hear(&frame, &mut mouth, notes);
        }
    }
}

fn hear(frame: &[u8], mouth: &mut File, (heard, changed): &(Mutex<Heard>, Condvar)) {
    let (body, said) = frame.split_at(frame.len() - 2);
    let mut heard = heard.lock().unwrap();
    if said != check(body) || body[2] != 0x04 {
        heard.wrong += 1;
        return;
    }
    match body[1] {
        0xd0 | 0x74 => heard.acks += 1,
        opcode => {
            heard.told.push(Told { at: Instant::now(), opcode, data: body[4..].to_vec() });
            mouth.write_all(&packet(0xd0, 0x00, &[])).unwrap();
        }
    }
    changed.notify_all();
}
