//! A reader of the CF series, as its maker's header files and notes taken from devices describe it.

use super::uhfreader::check;
use super::{Device, Knobs, Line};

const BOOT_MS: u64 = 300;
const IDLE_MS: u64 = 500;
const US: u64 = 1_000;

/// The reader.
#[derive(Debug)]
pub struct Cf {
    pub knobs: Knobs,
    /// Tags it reads in a second when there are any.
    pub reads_a_s: u64,
    /// Its parameters, kept in flash.
    pub parameters: [u8; 25],
    /// How often flash was written.
    pub writes: u32,
    /// It says that it takes another power and does not.
    pub keeps_power: bool,
    /// The regions it can be set to.
    pub regions: Vec<u8>,
    /// Tags that it read, each as often as it was read.
    pub reads: u64,
    line: Line,
    heard: Vec<u8>,
    deaf_until_ms: u64,
    /// When it reads its next tag, in microseconds; `None` while it does not look.
    next_us: Option<u64>,
    idle_ms: u64,
    turn: usize,
}

impl Cf {
    pub fn new() -> Self {
        let mut parameters = [0; 25];
        // As a device said them: it sends unasked, US, 33 dBm.
        parameters.copy_from_slice(&[
            0, 0, 1, 0x80, 4, 0, 1, 1, 3, 0x86, 2, 0xee, 1, 0xf4, 0x31, 0x21, 1, 4, 0, 0, 0x0c, 0, 3, 1, 5,
        ]);
        Self {
            knobs: Knobs::default(),
            reads_a_s: 50,
            parameters,
            writes: 0,
            keeps_power: false,
            regions: vec![1, 2, 3, 7, 8],
            reads: 0,
            line: Line::default(),
            heard: Vec::new(),
            deaf_until_ms: 0,
            next_us: None,
            idle_ms: 0,
            turn: 0,
        }
    }

    fn say(&mut self, command: u16, status: u8, data: &[u8], at_ms: u64) {
        let mut frame = vec![0xcf, 0, (command >> 8) as u8, command as u8, (data.len() + 1) as u8, status];
        frame.extend(data);
        let check = check(&frame);
        frame.extend([(check >> 8) as u8, check as u8]);
        self.line.say(&self.knobs, frame, at_ms);
    }

    fn command(&mut self) -> Option<(u16, Vec<u8>)> {
        loop {
            let start = self.heard.iter().position(|byte| *byte == 0xcf)?;
            self.heard.drain(..start);
            let length = usize::from(*self.heard.get(4)?);
            let frame = self.heard.get(..length + 7)?.to_vec();
            if check(&frame[..length + 5]).to_be_bytes() == frame[length + 5..] {
                self.heard.drain(..length + 7);
                return Some((u16::from_be_bytes([frame[2], frame[3]]), frame[5..length + 5].to_vec()));
            }
            self.heard.remove(0);
        }
    }

    fn obey(&mut self, command: u16, data: &[u8], now_ms: u64) {
        let at_ms = now_ms + 5;
        match (command, data) {
            (0x0002, []) => {
                self.next_us = None;
                self.say(0x0002, 0, &[], at_ms);
            }
            (0x0072, []) => self.say(0x0072, 0, &self.parameters.clone(), at_ms),
            (0x0071, wanted) if wanted.len() == 25 => {
                let is_there = self.regions.contains(&wanted[7]) && wanted[15] <= 33 && wanted[6] <= 0x0f;
                if is_there {
                    let power = self.parameters[15];
                    self.parameters.copy_from_slice(wanted);
                    if self.keeps_power {
                        self.parameters[15] = power;
                    }
                    self.writes += 1;
                }
                self.say(0x0071, u8::from(!is_there), &[], at_ms + 30);
            }
            (0x0001, [0, 0, 0, 0, 0]) if self.knobs.throttled => self.say(0x0001, 2, &[], at_ms),
            (0x0001, [0, 0, 0, 0, 0]) => {
                (self.next_us, self.idle_ms) = (Some(now_ms * US), now_ms + IDLE_MS);
            }
            (command, _) => self.say(command, 1, &[], at_ms),
        }
    }

    fn look(&mut self, now_ms: u64) {
        while let Some(next_us) = self.next_us.filter(|next_us| *next_us <= now_ms * US) {
            self.next_us = Some(next_us + 1_000 * US / self.reads_a_s.max(1));
            let tags = self.knobs.tags.len();
            if tags == 0 {
                if self.idle_ms <= next_us / US {
                    self.idle_ms = next_us / US + IDLE_MS;
                    self.say(0x0001, 0x12, &[], next_us / US);
                }
                continue;
            }
            self.turn += 1;
            self.reads += 1;
            let epc = self.knobs.tags[self.turn % tags].clone();
            let mut data = (-555_i16).to_be_bytes().to_vec();
            data.extend([1, 7, epc.len() as u8]);
            data.extend(epc);
            self.say(0x0001, 0, &data, next_us / US);
        }
    }
}

impl Device for Cf {
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        if now_ms < self.deaf_until_ms {
            return Vec::new();
        }
        self.look(now_ms);
        self.heard.extend(bytes);
        while let Some((command, data)) = self.command() {
            self.obey(command, &data, now_ms);
        }
        self.line.take(now_ms)
    }

    fn next_ms(&self) -> Option<u64> {
        let look = self.next_us.map(|next_us| next_us.div_ceil(US).max(self.deaf_until_ms));
        look.into_iter().chain(self.line.next_ms()).min()
    }

    fn lose_power(&mut self, now_ms: u64) {
        self.line.cut();
        self.heard.clear();
        self.deaf_until_ms = now_ms + BOOT_MS;
        self.next_us = (self.parameters[2] == 1).then_some(self.deaf_until_ms * US);
    }

    fn knobs(&mut self) -> &mut Knobs {
        &mut self.knobs
    }
}
