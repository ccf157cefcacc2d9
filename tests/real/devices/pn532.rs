//! An NXP PN532 on its UART, as UM0701-02 describes it.

use std::collections::BTreeMap;

use super::{Device, Knobs, Line};

/// One try to find a card.
const TRY_MS: u64 = 10;

/// The chip.
#[derive(Debug, Default)]
pub struct Pn532 {
    pub knobs: Knobs,
    /// Each n-th id of seven bytes is read shifted by a byte; 0: none.
    pub shift_every: u32,
    line: Line,
    heard: Vec<u8>,
    awake: bool,
    configured: bool,
    /// How often it tries again to find a card; FF for ever, as after power-up.
    retries: u8,
    /// Cards that were found and stay quiet until they answer every second look or lose the field.
    selected: Vec<Vec<u8>>,
    /// It looks for cards of this kind until one comes.
    looking: Option<u8>,
    drawn: u32,
    sevens: u32,
    /// How often each card was found.
    found: BTreeMap<Vec<u8>, u32>,
}

impl Pn532 {
    pub fn new() -> Self {
        Self { retries: 0xff, ..Self::default() }
    }

    /// How often a card was found.
    pub fn looks_at(&self, id: &[u8]) -> u32 {
        self.found.get(id).copied().unwrap_or(0)
    }

    fn answer(&mut self, message: &[u8], at_ms: u64) {
        let mut frame = vec![0, 0, 0xff, message.len() as u8, 0u8.wrapping_sub(message.len() as u8)];
        frame.extend(message);
        frame.push(0u8.wrapping_sub(message.iter().copied().fold(0, u8::wrapping_add)));
        frame.push(0);
        self.line.say(&self.knobs, frame, at_ms);
    }

    /// The next whole message of the host, without its frame; empty for an ACK.
    fn message(&mut self) -> Option<Vec<u8>> {
        if !self.awake {
            let pulse = self.heard.iter().position(|byte| *byte == 0x55);
            self.heard.drain(..pulse.unwrap_or(self.heard.len()));
            self.awake = pulse.is_some();
        }
        loop {
            let start = self.heard.windows(2).position(|pair| pair == [0, 0xff])?;
            let head = self.heard.get(start + 2..start + 4)?.to_vec();
            if head == [0, 0xff] {
                self.heard.drain(..start + 4);
                return Some(Vec::new());
            }
            if head[0].wrapping_add(head[1]) != 0 {
                self.heard.drain(..=start);
                continue;
            }
            let body = self.heard.get(start + 4..start + 5 + usize::from(head[0]))?.to_vec();
            self.heard.drain(..start + 5 + body.len() - 1);
            if body.iter().copied().fold(0, u8::wrapping_add) == 0 {
                return Some(body[..body.len() - 1].to_vec());
            }
        }
    }

    fn obey(&mut self, message: &[u8], now_ms: u64) {
        // Whatever comes from the host ends a command that hangs.
        self.looking = None;
        if message.is_empty() {
            return self.line.cut();
        }
        if !self.configured && message.get(1) != Some(&0x14) {
            return;
        }
        self.line.say(&self.knobs, vec![0, 0, 0xff, 0, 0xff, 0], now_ms + 1);
        match message {
            [0xd4, 0x14, 1, ..] => {
                self.configured = true;
                self.answer(&[0xd5, 0x15], now_ms + 2);
            }
            [0xd4, 0x02] => self.answer(&[0xd5, 0x03, 0x32, 1, 6, 7], now_ms + 2),
            [0xd4, 0x12, _] => self.answer(&[0xd5, 0x13], now_ms + 2),
            [0xd4, 0x32, 1, field] => {
                if field & 1 == 0 {
                    self.selected.clear();
                    self.drawn += 1;
                }
                self.answer(&[0xd5, 0x33], now_ms + 2);
            }
            [0xd4, 0x32, 5, _, _, retries] => {
                self.retries = *retries;
                self.answer(&[0xd5, 0x33], now_ms + 2);
            }
            [0xd4, 0x4a, 1 | 2, 0] => self.look(0, now_ms),
            [0xd4, 0x4a, 1 | 2, 1, 0, _, _, _, _] => self.look(1, now_ms),
            _ => self.answer(&[0x7f], now_ms + 2),
        }
    }

    fn look(&mut self, kind: u8, now_ms: u64) {
        let found = self.found(kind);
        if !found.is_empty() {
            self.answer(&found, now_ms + TRY_MS);
        } else if self.retries == 0xff {
            self.looking = Some(kind);
        } else {
            self.answer(&[0xd5, 0x4b, 0], now_ms + TRY_MS * (u64::from(self.retries) + 1));
        }
    }

    /// The answer of the first two cards of a kind; empty where there is none.
    fn found(&mut self, kind: u8) -> Vec<u8> {
        let quiet = std::mem::take(&mut self.selected);
        let is_kind = |id: &&Vec<u8>| (id.len() == 8) == (kind == 1);
        let there: Vec<Vec<u8>> = self.knobs.tags.iter().filter(is_kind).take(2).cloned().collect();
        let there: Vec<Vec<u8>> = there.into_iter().filter(|id| !quiet.contains(id)).collect();
        let mut answer = vec![0xd5, 0x4b, there.len() as u8];
        for (number, id) in there.iter().enumerate() {
            answer.push(number as u8 + 1);
            *self.found.entry(id.clone()).or_default() += 1;
            match id.len() {
                8 => answer.extend([&[18, 1], id.as_slice(), &[0; 8]].concat()),
                length => {
                    answer.extend([
                        0,
                        if length == 7 { 0x44 } else { 0x04 },
                        if length == 7 { 0 } else { 8 },
                    ]);
                    answer.push(length as u8);
                    answer.extend(self.as_read(id));
                }
            }
        }
        self.selected = there;
        if self.selected.is_empty() { Vec::new() } else { answer }
    }

    /// An id as it comes out this time.
    fn as_read(&mut self, id: &[u8]) -> Vec<u8> {
        match id {
            [0x08, ..] if id.len() == 4 => {
                [&[0x08], &self.drawn.wrapping_mul(0x9e37).to_be_bytes()[1..]].concat()
            }
            _ if id.len() == 7 => {
                self.sevens += 1;
                if self.shift_every > 0 && self.sevens.is_multiple_of(self.shift_every) {
                    [&id[1..], &[self.sevens as u8]].concat()
                } else {
                    id.to_vec()
                }
            }
            _ => id.to_vec(),
        }
    }
}

impl Device for Pn532 {
    fn handle(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        self.heard.extend(bytes);
        while let Some(message) = self.message() {
            self.obey(&message, now_ms);
        }
        if let Some(kind) = self.looking {
            let found = self.found(kind);
            if !found.is_empty() {
                self.looking = None;
                self.answer(&found, now_ms);
            }
        }
        self.line.take(now_ms)
    }

    fn next_ms(&self) -> Option<u64> {
        self.line.next_ms()
    }

    fn lose_power(&mut self, _: u64) {
        let (knobs, shift_every) = (self.knobs.clone(), self.shift_every);
        *self = Self { knobs, shift_every, drawn: self.drawn + 1, ..Self::new() };
    }

    fn knobs(&mut self) -> &mut Knobs {
        &mut self.knobs
    }
}
