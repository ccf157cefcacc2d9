//! UHFReader18 and UHFReader288, as their makers' user manuals describe them.

use super::{Device, Knobs, Line};

/// How long it takes from power-up until it listens.
const BOOT_MS: u64 = 150;
/// The gap between two bytes of a command after which it forgets them.
const GAP_MS: u64 = 15;
/// Between two tags that it sends unasked.
const UNASKED_MS: u64 = 50;

/// The reader.
#[derive(Debug)]
pub struct UhfReader {
    pub knobs: Knobs,
    /// An 18; otherwise a 288.
    pub is_18: bool,
    /// How long a round takes when it sees something.
    pub round_ms: u64,
    /// How often it reads each tag in a round.
    pub reads_a_tag: usize,
    /// The bands it can be set to.
    pub bands: Vec<u8>,
    /// Ports without an antenna, from 1.
    pub unconnected: Vec<u8>,
    /// It sends unasked, as another program left it.
    pub is_unasked: bool,
    /// Highest and lowest channel with their band bits, and power: kept in flash.
    pub kept: (u8, u8, u8),
    /// How often flash was written.
    pub writes: u32,
    /// Tags that it read, each as often as it was read.
    pub reads: u64,
    scan_time: u8,
    line: Line,
    heard: Vec<u8>,
    heard_ms: u64,
    deaf_until_ms: u64,
    unasked_ms: u64,
    unasked: usize,
}

impl UhfReader {
    pub fn new(is_18: bool) -> Self {
        Self {
            knobs: Knobs::default(),
            is_18,
            round_ms: 40,
            reads_a_tag: 1,
            bands: vec![1, 2, 3, 4, 8],
            unconnected: Vec::new(),
            is_unasked: false,
            kept: (0x31, 0x80, 26),
            writes: 0,
            reads: 0,
            scan_time: 10,
            line: Line::default(),
            heard: Vec::new(),
            heard_ms: 0,
            deaf_until_ms: 0,
            unasked_ms: 0,
            unasked: 0,
        }
    }

    fn say(&mut self, command: u8, status: u8, data: &[u8], at_ms: u64) {
        let mut frame = vec![(data.len() + 5) as u8, 0, command, status];
        frame.extend(data);
        let check = check(&frame);
        frame.extend([check as u8, (check >> 8) as u8]);
        self.line.say(&self.knobs, frame, at_ms);
    }

    fn command(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let length = usize::from(*self.heard.first()?);
            if length < 4 {
                self.heard.remove(0);
                continue;
            }
            let frame: Vec<u8> = self.heard.get(..=length)?.to_vec();
            // The check over a frame with its check is nothing.
            if check(&frame) == 0 {
                self.heard.drain(..=length);
                return Some((frame[2], frame[3..length - 1].to_vec()));
            }
            self.heard.remove(0);
        }
    }

    fn obey(&mut self, command: u8, data: &[u8], now_ms: u64) {
        let at_ms = now_ms + 3;
        let (highest, lowest, power) = self.kept;
        match (command, data) {
            (0x21, []) => {
                let kind = if self.is_18 { 9 } else { 0x20 };
                let mut said = vec![2, 7, kind, 3, highest, lowest, power, self.scan_time];
                if !self.is_18 {
                    said.extend([1, 0, 0, 0]);
                }
                self.say(0x21, 0, &said, at_ms);
            }
            (0x22, [highest, lowest]) => {
                let is_there = self.bands.contains(&((highest >> 6) << 2 | lowest >> 6));
                let kept = if is_there { (*highest, *lowest, power) } else { self.kept };
                self.keep(kept, 0x22, is_there, at_ms);
            }
            (0x2f, [wanted]) => {
                let is_there = *wanted <= 30;
                let kept = if is_there { (highest, lowest, *wanted) } else { self.kept };
                self.keep(kept, 0x2f, is_there, at_ms);
            }
            (0x25, [time @ 3..=255]) => {
                self.scan_time = *time;
                self.keep(self.kept, 0x25, true, at_ms);
            }
            (0x36, []) if self.is_18 => {
                let said = [0, 30, 10, 15, u8::from(self.is_unasked), 2, 1, 0, 1, 0, 0, 0];
                self.say(0x36, 0, &said, at_ms);
            }
            (0x35, [mode, _, _, _, _, _]) if self.is_18 => {
                self.is_unasked = mode & 3 != 0;
                self.keep(self.kept, 0x35, true, at_ms);
            }
            (0x77, []) if !self.is_18 => {
                self.say(0x77, 0, &[u8::from(self.is_unasked), 0, 0, 0, 4, 0], at_ms)
            }
            (0x76, [mode @ 0..=2]) if !self.is_18 => {
                self.is_unasked = *mode != 0;
                self.keep(self.kept, 0x76, true, at_ms);
            }
            (0x01, _) if self.is_unasked => {}
            (0x01, []) if self.is_18 => self.round(1, now_ms),
            (0x01, [_, _, _, antenna @ 0x80..=0x83, _]) if !self.is_18 => {
                self.round(antenna - 0x7f, now_ms);
            }
            (0x01, _) => self.say(0x01, 0xff, &[], at_ms),
            (command, _) => self.say(command, 0xfe, &[], at_ms),
        }
    }

    fn keep(&mut self, kept: (u8, u8, u8), command: u8, is_taken: bool, at_ms: u64) {
        self.kept = kept;
        self.writes += u32::from(is_taken);
        self.say(command, if is_taken { 0 } else { 0xff }, &[], at_ms + 20);
    }

    /// A round takes its time, and while it lasts nothing else is heard.
    fn round(&mut self, antenna: u8, now_ms: u64) {
        let at_ms = now_ms + self.round_ms;
        self.deaf_until_ms = at_ms;
        if self.unconnected.contains(&antenna) {
            return self.say(0x01, 0xf8, &[], at_ms);
        }
        let tags: Vec<Vec<u8>> =
            self.knobs.tags.iter().flat_map(|tag| vec![tag.clone(); self.reads_a_tag]).collect();
        self.reads += tags.len() as u64;
        if tags.is_empty() {
            let (status, data): (u8, &[u8]) =
                if self.is_18 { (0xfb, &[]) } else { (1, &[1 << (antenna - 1), 0]) };
            return self.say(0x01, status, data, at_ms);
        }
        let frames: Vec<&[Vec<u8>]> = tags.chunks(8).collect();
        for (place, tags) in frames.iter().enumerate() {
            let mut data = Vec::new();
            if !self.is_18 {
                data.push(1 << (antenna - 1));
            }
            data.push(tags.len() as u8);
            for tag in *tags {
                data.push(tag.len() as u8);
                data.extend(tag);
                if !self.is_18 {
                    data.push(0x61);
                }
            }
            self.say(0x01, if place + 1 == frames.len() { 1 } else { 3 }, &data, at_ms);
        }
    }

    /// A tag that nobody asked for.
    fn send_unasked(&mut self, at_ms: u64) {
        self.unasked_ms = at_ms + UNASKED_MS;
        let Some(tag) = self.knobs.tags.get(self.unasked % self.knobs.tags.len().max(1)).cloned() else {
            return;
        };
        self.unasked += 1;
        let mut data = vec![1, tag.len() as u8];
        data.extend(tag);
        data.push(0x60);
        self.say(0xee, 0, &data, at_ms);
    }
}

/// CRC-16 with polynomial 1021 and initial FFFF, each byte's lowest bit first, as a register of bits.
pub(super) fn check(bytes: &[u8]) -> u16 {
    let mut register = [true; 16];
    for byte in bytes {
        for n in 0..8 {
            let out = register[0] ^ (byte >> n & 1 == 1);
            register.rotate_left(1);
            register[15] = out;
            // x^12 and x^5.
            register[10] ^= out;
            register[3] ^= out;
        }
    }
    (0..16).fold(0, |value, n| value | u16::from(register[n]) << n)
}

impl Device for UhfReader {
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        if now_ms < self.deaf_until_ms {
            return self.line.take(now_ms);
        }
        if self.is_unasked && self.unasked_ms <= now_ms {
            self.send_unasked(now_ms);
        }
        if !bytes.is_empty() && now_ms > self.heard_ms + GAP_MS {
            self.heard.clear();
        }
        if !bytes.is_empty() {
            self.heard_ms = now_ms;
        }
        self.heard.extend(bytes);
        while let Some((command, data)) = self.command() {
            self.obey(command, &data, now_ms);
        }
        self.line.take(now_ms)
    }

    fn next_ms(&self) -> Option<u64> {
        let unasked = self.is_unasked.then_some(self.unasked_ms.max(self.deaf_until_ms));
        unasked.into_iter().chain(self.line.next_ms()).min()
    }

    fn lose_power(&mut self, now_ms: u64) {
        self.line.cut();
        self.heard.clear();
        self.deaf_until_ms = now_ms + BOOT_MS;
    }

    fn knobs(&mut self) -> &mut Knobs {
        &mut self.knobs
    }
}
