//! An M100 module, as its makers' user protocol describes it.

use std::collections::BTreeSet;

use super::{Device, Knobs, Line};

/// How long it takes from power-up until it listens.
const BOOT_MS: u64 = 150;

/// The module.
#[derive(Debug)]
pub struct M100 {
    pub knobs: Knobs,
    /// How long a round takes, with what the line needs for its tags.
    pub round_ms: u64,
    /// The regions it can be set to.
    pub regions: Vec<u8>,
    /// Every region and power in hundredths of a dBm with which it ever sent.
    pub sent_with: BTreeSet<(u8, u16)>,
    line: Line,
    heard: Vec<u8>,
    deaf_until_ms: u64,
    region: u8,
    power: u16,
    rounds: u16,
    next_round_ms: u64,
}

impl M100 {
    pub fn new() -> Self {
        Self {
            knobs: Knobs::default(),
            round_ms: 25,
            regions: vec![1, 2, 3, 4, 6],
            sent_with: BTreeSet::new(),
            line: Line::default(),
            heard: Vec::new(),
            deaf_until_ms: 0,
            region: 1,
            power: 2_600,
            rounds: 0,
            next_round_ms: 0,
        }
    }

    /// Whether it goes round after round by itself.
    pub fn is_looking(&self) -> bool {
        self.rounds > 0
    }

    fn say(&mut self, kind: u8, command: u8, data: &[u8], at_ms: u64) {
        let mut frame = vec![0xbb, kind, command, (data.len() >> 8) as u8, data.len() as u8];
        frame.extend(data);
        let sum: u32 = frame[1..].iter().map(|byte| u32::from(*byte)).sum();
        frame.extend([sum as u8, 0x7e]);
        self.line.say(&self.knobs, frame, at_ms);
    }

    fn command(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let start = self.heard.iter().position(|byte| *byte == 0xbb)?;
            self.heard.drain(..start);
            let length = usize::from(*self.heard.get(4)?);
            let frame = self.heard.get(..length + 7)?.to_vec();
            let sum: u32 = frame[1..length + 5].iter().map(|byte| u32::from(*byte)).sum();
            if frame[1] == 0 && frame[length + 5] == sum as u8 && frame[length + 6] == 0x7e {
                self.heard.drain(..length + 7);
                return Some((frame[2], frame[5..length + 5].to_vec()));
            }
            self.heard.remove(0);
        }
    }

    fn obey(&mut self, command: u8, data: &[u8], now_ms: u64) {
        // Busy with many rounds, it hears nothing but the command to stop.
        if self.rounds > 0 && command != 0x28 {
            return;
        }
        let at_ms = now_ms + 2;
        match (command, data) {
            (0x28, []) => {
                self.rounds = 0;
                self.say(1, 0x28, &[0], at_ms);
            }
            (0x07, [region]) if self.regions.contains(region) => {
                self.region = *region;
                self.say(1, 0x07, &[0], at_ms);
            }
            (0x08, []) => self.say(1, 0x08, &[self.region], at_ms),
            (0xb6, [high, low]) => {
                self.power = u16::from_be_bytes([*high, *low]).clamp(1_500, 2_600);
                self.say(1, 0xb6, &[0], at_ms);
            }
            (0xb7, []) => self.say(1, 0xb7, &self.power.to_be_bytes(), at_ms),
            (0x12, [0..=2]) => self.say(1, 0x0c, &[0], at_ms),
            (0x0e, [_, _]) | (0xad, [0 | 0xff]) => self.say(1, command, &[0], at_ms),
            (0x03, [what @ 0..=2]) => {
                self.say(1, 0x03, &[&[*what], b"M100 V1.00".as_slice()].concat(), at_ms)
            }
            (0x27, [0x22, high, low]) => {
                self.rounds = u16::from_be_bytes([*high, *low]);
                self.next_round_ms = now_ms + self.round_ms;
            }
            _ => self.say(1, 0xff, &[0x17], at_ms),
        }
    }

    fn round(&mut self, at_ms: u64) {
        self.rounds -= 1;
        self.next_round_ms = at_ms + self.round_ms;
        if self.knobs.throttled {
            self.rounds = 0;
            return self.say(1, 0xff, &[0x20], at_ms);
        }
        self.sent_with.insert((self.region, self.power));
        let tags = self.knobs.tags.clone();
        if tags.is_empty() {
            self.say(1, 0xff, &[0x15], at_ms);
        }
        for epc in tags {
            let mut tag = (((epc.len() / 2) as u16) << 11).to_be_bytes().to_vec();
            tag.extend(epc);
            let crc = crc16(&tag);
            tag.extend(crc.to_be_bytes());
            self.say(2, 0x22, &[&[(-52_i8) as u8], tag.as_slice()].concat(), at_ms);
        }
    }
}

/// The check that a tag sends: CRC-16/GENIBUS, bit by bit.
fn crc16(bytes: &[u8]) -> u16 {
    let mut register = 0xffff_u32;
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1)) {
        let out = register >> 15 & 1 ^ u32::from(bit);
        register = register << 1 & 0xffff;
        if out == 1 {
            register ^= 0x1021;
        }
    }
    !(register as u16)
}

impl Device for M100 {
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        if now_ms < self.deaf_until_ms {
            return Vec::new();
        }
        while self.rounds > 0 && self.next_round_ms <= now_ms {
            self.round(self.next_round_ms);
        }
        self.heard.extend(bytes);
        while let Some((command, data)) = self.command() {
            self.obey(command, &data, now_ms);
        }
        self.line.take(now_ms)
    }

    fn next_ms(&self) -> Option<u64> {
        let round = (self.rounds > 0).then_some(self.next_round_ms);
        round.into_iter().chain(self.line.next_ms()).min()
    }

    fn lose_power(&mut self, now_ms: u64) {
        let regions = self.regions.clone();
        *self = Self {
            knobs: self.knobs.clone(),
            round_ms: self.round_ms,
            regions,
            sent_with: std::mem::take(&mut self.sent_with),
            deaf_until_ms: now_ms + BOOT_MS,
            ..Self::new()
        };
    }

    fn knobs(&mut self) -> &mut Knobs {
        &mut self.knobs
    }
}
