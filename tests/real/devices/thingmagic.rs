//! A ThingMagic module, as the maker's published API speaks to it.

use std::collections::BTreeSet;

use super::{Device, Knobs, Line};

const BOOT_MS: u64 = 400;
const ALIVE_MS: u64 = 1_000;
const US: u64 = 1_000;

/// The module. Whatever it was told is gone with its power.
#[derive(Debug)]
pub struct ThingMagic {
    pub knobs: Knobs,
    /// Tags it reads in a second when there are any.
    pub reads_a_s: u64,
    /// After power-up its boot loader waits.
    pub waits_in_loader: bool,
    /// The regions it can be set to.
    pub regions: Vec<u8>,
    /// The highest power, in hundredths of a dBm.
    pub power_max: u16,
    /// Ports without an antenna.
    pub unconnected: Vec<u8>,
    /// Every region and power with which it ever sent.
    pub sent_with: BTreeSet<(u8, u16)>,
    /// Tags that it read, each as often as it was read.
    pub reads: u64,
    line: Line,
    heard: Vec<u8>,
    deaf_until_ms: u64,
    in_loader: bool,
    protocol: u16,
    region: u8,
    power: u16,
    ports: Vec<u8>,
    filters: bool,
    /// When it reads its next tag, in microseconds, and when it next says that it is there; `None` while it does not read.
    reading: Option<(u64, u64)>,
    flags: u16,
    turn: usize,
}

impl ThingMagic {
    pub fn new() -> Self {
        Self {
            knobs: Knobs::default(),
            reads_a_s: 50,
            waits_in_loader: true,
            regions: vec![1, 8],
            power_max: 2_700,
            unconnected: Vec::new(),
            sent_with: BTreeSet::new(),
            reads: 0,
            line: Line::default(),
            heard: Vec::new(),
            deaf_until_ms: 0,
            in_loader: true,
            protocol: 0,
            region: 0,
            power: 0,
            ports: Vec::new(),
            filters: true,
            reading: None,
            flags: 0,
            turn: 0,
        }
    }

    fn say(&mut self, opcode: u8, status: u16, data: &[u8], at_ms: u64) {
        let mut frame = vec![0xff, data.len() as u8, opcode, (status >> 8) as u8, status as u8];
        frame.extend(data);
        let check = check(&frame[1..]);
        frame.extend(check.to_be_bytes());
        self.line.say(&self.knobs, frame, at_ms);
    }

    fn command(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let start = self.heard.iter().position(|byte| *byte == 0xff)?;
            self.heard.drain(..start);
            let length = usize::from(*self.heard.get(1)?);
            let frame = self.heard.get(..length + 5)?.to_vec();
            if check(&frame[1..length + 3]).to_be_bytes() == frame[length + 3..] {
                self.heard.drain(..length + 5);
                return Some((frame[2], frame[3..length + 3].to_vec()));
            }
            self.heard.remove(0);
        }
    }

    fn obey(&mut self, opcode: u8, data: &[u8], now_ms: u64) {
        let at_ms = now_ms + 2;
        match (opcode, data) {
            (0x0c, []) => self.say(0x0c, 0, &[if self.in_loader { 0x11 } else { 0x12 }], at_ms),
            (0x04, []) if self.in_loader => {
                self.in_loader = false;
                self.say(0x04, 0, &[0; 20], at_ms + 200);
            }
            (0x03, []) => self.say(0x03, 0, &[0; 20], at_ms),
            (opcode, _) if self.in_loader => self.say(opcode, 0x0101, &[], at_ms),
            (0x2f, [_, _, 2]) => {
                self.reading = None;
                self.say(0x2f, 0, &[], at_ms);
            }
            // What reads hears nothing but the command to stop.
            _ if self.reading.is_some() => self.say(opcode, 0x010a, &[], at_ms),
            (0x93, [high, low]) => {
                self.protocol = u16::from_be_bytes([*high, *low]);
                self.say(0x93, 0, &[], at_ms);
            }
            (0x71, []) => self.say(0x71, 0, &self.regions.clone(), at_ms),
            (0x97, [region]) if self.regions.contains(region) => {
                self.region = *region;
                self.say(0x97, 0, &[], at_ms);
            }
            (0x91, [2, ports @ ..]) if ports.len() % 2 == 0 => {
                self.ports = ports.chunks(2).map(|pair| pair[0]).collect();
                self.say(0x91, 0, &[], at_ms);
            }
            (0x62, [1]) => {
                let mut said = vec![1];
                [self.power, self.power_max, 0].iter().for_each(|it| said.extend(it.to_be_bytes()));
                self.say(0x62, 0, &said, at_ms);
            }
            (0x92, [high, low]) if u16::from_be_bytes([*high, *low]) <= self.power_max => {
                self.power = u16::from_be_bytes([*high, *low]);
                self.say(0x92, 0, &[], at_ms);
            }
            (0x9a, [1, 0x0c, on]) => {
                self.filters = *on != 0;
                self.say(0x9a, 0, &[], at_ms);
            }
            (0x61, [5]) => {
                let mut said = vec![5];
                (1..=4).for_each(|port| said.extend([port, u8::from(!self.unconnected.contains(&port))]));
                self.say(0x61, 0, &said, at_ms);
            }
            (0x2f, [_, _, 1, 0x22, 0, 0, 5, 7, 0x22, 0x10, 0, 0x1b, _, _, high, low]) => {
                let is_ready =
                    self.protocol == 5 && self.region != 0 && !self.ports.is_empty() && !self.filters;
                self.say(0x2f, if is_ready { 0 } else { 0x0105 }, &[], at_ms);
                if is_ready {
                    self.flags = u16::from_be_bytes([*high, *low]);
                    self.reading = Some((now_ms * US, now_ms + ALIVE_MS));
                }
            }
            (opcode, _) => self.say(opcode, 0x0105, &[], at_ms),
        }
    }

    fn read(&mut self, now_ms: u64) {
        while let Some((next_us, alive_ms)) = self.reading.filter(|(next_us, _)| *next_us <= now_ms * US) {
            let at_ms = next_us / US;
            if self.ports.iter().any(|port| self.unconnected.contains(port)) {
                self.reading = None;
                return self.say(0x22, 0x0505, &[], at_ms);
            }
            let is_due = alive_ms <= at_ms;
            let alive_ms = if is_due { at_ms + ALIVE_MS } else { alive_ms };
            self.reading = Some((next_us + 1_000 * US / self.reads_a_s.max(1), alive_ms));
            if is_due {
                self.say(0x22, if self.knobs.throttled { 0x0504 } else { 0x0400 }, &[], at_ms);
            }
            let tags = self.knobs.tags.len();
            if !self.knobs.throttled && tags > 0 {
                self.turn += 1;
                self.tag(&self.knobs.tags[self.turn % tags].clone(), at_ms);
            }
        }
    }

    fn tag(&mut self, epc: &[u8], at_ms: u64) {
        self.sent_with.insert((self.region, self.power));
        self.reads += 1;
        let mut data = vec![0x10, 0, 0x1b, (self.flags >> 8) as u8, self.flags as u8, 1];
        let said: [(u16, &[u8]); 3] = [(2, &[(-61_i8) as u8]), (4, &[0x11]), (0x40, &[5])];
        said.iter().filter(|(flag, _)| self.flags & flag != 0).for_each(|(_, bytes)| data.extend(*bytes));
        let mut tag = (((epc.len() / 2) as u16) << 11).to_be_bytes().to_vec();
        tag.extend(epc);
        tag.extend(of_tag(&tag).to_be_bytes());
        data.extend(((tag.len() * 8) as u16).to_be_bytes());
        data.extend(tag);
        self.say(0x22, 0, &data, at_ms);
    }
}

/// The module's check: the message divided bit by bit, without zeros behind it.
fn check(bytes: &[u8]) -> u16 {
    let mut register = 0xffff_u32;
    for bit in bits(bytes) {
        register = register << 1 | bit;
        if register > 0xffff {
            register = (register & 0xffff) ^ 0x1021;
        }
    }
    register as u16
}

/// The check that a tag sends (ISO 18000-63): the message divided with sixteen zeros behind it, and inverted.
fn of_tag(bytes: &[u8]) -> u16 {
    let mut register = 0xffff_u32;
    for bit in bits(bytes) {
        register = register << 1 ^ bit << 16;
        if register > 0xffff {
            register = (register & 0xffff) ^ 0x1021;
        }
    }
    !(register as u16)
}

fn bits(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |n| u32::from(byte >> n & 1)))
}

impl Device for ThingMagic {
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        if now_ms < self.deaf_until_ms {
            return Vec::new();
        }
        self.read(now_ms);
        self.heard.extend(bytes);
        while let Some((opcode, data)) = self.command() {
            self.obey(opcode, &data, now_ms);
        }
        self.line.take(now_ms)
    }

    fn next_ms(&self) -> Option<u64> {
        let read = self.reading.map(|(next_us, _)| next_us.div_ceil(US));
        read.into_iter().chain(self.line.next_ms()).min()
    }

    fn lose_power(&mut self, now_ms: u64) {
        let was = std::mem::replace(self, Self::new());
        self.knobs = was.knobs;
        (self.reads_a_s, self.power_max, self.reads) = (was.reads_a_s, was.power_max, was.reads);
        (self.regions, self.unconnected, self.sent_with) = (was.regions, was.unconnected, was.sent_with);
        (self.waits_in_loader, self.in_loader) = (was.waits_in_loader, was.waits_in_loader);
        self.deaf_until_ms = now_ms + BOOT_MS;
    }

    fn knobs(&mut self) -> &mut Knobs {
        &mut self.knobs
    }
}
