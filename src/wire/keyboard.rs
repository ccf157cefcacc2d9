//! HID keyboard reports: scanners and card readers that type ("wedge").
//!
//! ```text
//! [id]  modifiers  00  k1 k2 k3 k4 k5 k6        boot report, 8 bytes; with an id 9; where the keys are says
//!  02      00      00  27 00 00 00 00 00        the report descriptor ([`super::descriptor`])
//! modifiers: LCtrl 01 · LShift 02 · LAlt 04 · LGui 08 · RCtrl 10 · RShift 20 · RAlt 40 · RGui 80
//! ```
//!
//! A key is pressed when it is down in a report and was not in the one before; nothing else is looked at. That
//! reads every style met in the field: a release after each key, modifiers in reports of their own, and no
//! release between different keys. A report equal to the one before (a device that repeats its state) is nothing.
//!
//! - Ends: Enter, Enter of the number pad, Tab, or a chord for CR, LF, TAB, ETX (Ctrl+M, Ctrl+Shift+J, Ctrl+I, Ctrl+C).
//!   An end with nothing before it is a *trailer* and is swallowed: some scanners send Enter and then LF as a chord.
//! - Other control chords are control characters in the data: Ctrl+] is GS. Never a typed letter.
//! - Alt and digits on the number pad write one character when Alt is let go, as scanners do for what their layout
//!   lacks: with a leading zero Windows-1252, without code page 437, above 255 Unicode, below 32 a control character.
//! - Caps Lock sent by the scanner holds up to the end of the scan. Its LED is never looked at.
//! - A report of roll-over or error codes (01 to 03) says nothing about keys and is passed over.
//! - AltGr (RAlt, or Ctrl and Alt) writes the third character of a key, where its layout has one. A key with an accent
//!   waits for the next: a blank brings the accent out, a letter takes it on.
//! - A reader whose `suffix` is set ends at that alone; another end within a code makes it *damaged*. Its `prefix` is
//!   taken off.
//! - A key that writes nothing (F3, Backspace, GUI+R) makes its scan *damaged*: without it the code would be a
//!   different one. Num Lock and Scroll Lock are passed over.
//! - Timing: 20 ms for press and release each are documented, so ten digits can take 400 ms. After
//!   [`GAP_MS`] of silence (or the reader's `gap_ms`) a scan ends unterminated. A wedge sends once per presentation.
//!
//! Source: Device Class Definition for HID 1.11, appendix B.1 and C; device captures in `hardware/captures`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::descriptor::{Keys, Pressed};
use super::framing::Framing;
use super::layout::{self, Layout, Level};
use super::{Decoded, Protocol, RejectKind, Rejected, Setup, line, text};
use crate::time::MonoMs;

mod alt;

/// Silence that ends a scan without its suffix, in milliseconds.
pub const GAP_MS: u64 = 300;

/// The most reports told apart by their id.
const HELD_MAX: usize = 256;

const ENTER: u8 = 0x28;
const TAB: u8 = 0x2b;
const CAPS_LOCK: u8 = 0x39;
const SCROLL_LOCK: u8 = 0x47;
const NUM_LOCK: u8 = 0x53;
const KEYPAD_ENTER: u8 = 0x58;

const CTRL: u8 = 0x11;
const SHIFT: u8 = 0x22;
const ALT: u8 = 0x44;
const ALT_GR: u8 = 0x40;
const GUI: u8 = 0x88;

/// What one scan has typed so far.
#[derive(Debug, Default)]
struct Scan {
    text: String,
    /// Digits typed on the number pad while Alt is held.
    alt_digits: String,
    caps: bool,
    /// The first key that writes nothing.
    odd: Option<String>,
    /// The scan was too long and has been said to be.
    skipping: bool,
    report_id: Option<u8>,
    /// An accent that waits for the letter it belongs on.
    accent: Option<char>,
}

impl Scan {
    fn is_fresh(&self) -> bool {
        self.text.is_empty()
            && self.alt_digits.is_empty()
            && !self.caps
            && self.accent.is_none()
            && self.odd.is_none()
            && !self.skipping
    }

    /// Adds a character, or says that there are too many.
    fn write(&mut self, c: char) -> Option<Decoded> {
        if self.skipping {
            return None;
        }
        if self.text.len() + c.len_utf8() > text::TEXT_BYTES_MAX {
            self.text.clear();
            self.skipping = true;
            return Some(text::endless());
        }
        self.text.push(c);
        None
    }

    /// Adds what a key writes, on the accent that waits if there is one.
    fn key(&mut self, c: char, is_dead: bool) -> Option<Decoded> {
        let waiting = self.accent.take();
        let with_accent = waiting.and_then(|accent| layout::with_accent(accent, c));
        if let Some(c) = with_accent {
            return self.write(c);
        }
        let said = waiting.and_then(|accent| self.write(accent));
        if is_dead {
            self.accent = Some(c);
            return said;
        }
        let then = self.write(c);
        said.or(then)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut chars = self.text.chars();
        let only = chars.next().filter(|_| chars.next().is_none());
        let key = only.map(|c| ("key", Value::from(c.to_string())));
        key.into_iter().chain(self.report_id.map(|id| ("report_id", Value::from(id)))).collect()
    }
}

/// The decoder of one keyboard reader. Holds at most one scan of the greatest length.
#[derive(Debug)]
pub struct Decoder {
    layout: Layout,
    framing: Framing,
    /// `None` without a report descriptor.
    keys: Option<Keys>,
    /// What is down, by report id.
    held: BTreeMap<Option<u8>, Pressed>,
    scan: Scan,
    deadline: Option<MonoMs>,
    trailer: Option<String>,
}

impl Decoder {
    /// Makes the decoder of one device, or says why its report descriptor is not a keyboard's.
    pub fn new(setup: &Setup) -> Result<Self, Rejected> {
        debug_assert_eq!(setup.protocol, Protocol::Keyboard);
        let keys = setup.descriptor.as_deref().map(Keys::of_descriptor).transpose()?;
        Ok(Self {
            layout: setup.layout,
            framing: setup.framing.clone(),
            keys,
            held: BTreeMap::new(),
            scan: Scan::default(),
            deadline: None,
            trailer: None,
        })
    }

    /// Takes one report, that came at `at`, and says of every scan that ended in it what it was.
    pub fn handle(&mut self, report: &[u8], at: MonoMs) -> Vec<Decoded> {
        let mut said = self.handle_timeout(at);
        let pressed = match &self.keys {
            Some(keys) => keys.pressed(report),
            None => Keys::guessed(report),
        };
        match pressed {
            Ok(pressed) if pressed.rollover || self.held.get(&pressed.report_id) == Some(&pressed) => {}
            Ok(pressed) => {
                self.take(pressed, &mut said);
                self.deadline = (!self.scan.is_fresh()).then(|| at.plus(self.gap_ms()));
            }
            Err(rejected) => said.push(Decoded::Rejected(rejected)),
        }
        said
    }

    fn gap_ms(&self) -> u64 {
        self.framing.gap_ms.unwrap_or(GAP_MS)
    }

    /// When silence ends the scan that is pending.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.deadline
    }

    /// Ends the scan that is pending if it has been silent for its gap.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        self.deadline = None;
        self.end(None).into_iter().collect()
    }

    /// The device is gone: what was typed is read as it stands, unterminated, and no key is down.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let said = self.end(None).into_iter().collect();
        self.held.clear();
        self.deadline = None;
        said
    }

    /// The end that came with nothing before it, since this was last asked: what some scanners send after Enter.
    pub fn take_trailer(&mut self) -> Option<String> {
        self.trailer.take()
    }

    fn take(&mut self, pressed: Pressed, said: &mut Vec<Decoded>) {
        let report_id = pressed.report_id;
        let before = self.held.get(&report_id).map_or(&[][..], |held| &held.keys);
        let new: Vec<u8> = pressed.keys.iter().copied().filter(|key| !before.contains(key)).collect();
        if self.held.len() < HELD_MAX || self.held.contains_key(&report_id) {
            self.held.insert(report_id, pressed);
        }
        let modifiers = self.held.values().fold(0, |all, held| all | held.modifiers);
        if modifiers & ALT == 0 {
            said.extend(self.compose());
        }
        for usage in new {
            self.scan.report_id = report_id;
            said.extend(self.press(usage, modifiers));
        }
    }

    fn press(&mut self, usage: u8, modifiers: u8) -> Option<Decoded> {
        match usage {
            CAPS_LOCK => self.scan.caps = !self.scan.caps,
            NUM_LOCK | SCROLL_LOCK => {}
            ENTER => return self.end_or_write('\r', "Enter"),
            KEYPAD_ENTER => return self.end_or_write('\r', "Keypad Enter"),
            TAB => return self.end_or_write('\t', "Tab"),
            _ => return self.typed(usage, modifiers),
        }
        None
    }

    /// An end, if this reader's codes end so. Another reader's end before the data is nothing, and within it data.
    fn end_or_write(&mut self, control: char, name: &str) -> Option<Decoded> {
        let ends = u8::try_from(control).is_ok_and(|byte| self.framing.suffix.is_ended_by_key(byte));
        match ends {
            true => self.end(Some(name)),
            false if self.scan.is_fresh() => None,
            false => self.scan.write(control),
        }
    }

    fn typed(&mut self, usage: u8, modifiers: u8) -> Option<Decoded> {
        let held = |mask| modifiers & mask != 0;
        let key = self.layout.char_of(usage, held(SHIFT), self.scan.caps);
        let has_third = modifiers & ALT_GR != 0 || (held(CTRL) && held(ALT));
        let third = self.layout.third_of(usage).filter(|_| has_third && !held(GUI));
        let level = if held(SHIFT) { Level::Shift } else { Level::Plain };
        match (key, layout::keypad_digit(usage)) {
            (_, Some(digit)) if held(ALT) && !held(GUI | CTRL) => {
                alt::add_digit(&mut self.scan.alt_digits, digit);
                None
            }
            _ if third.is_some() => {
                let is_dead = self.layout.is_dead(usage, Level::Third);
                third.and_then(|c| self.scan.key(c, is_dead))
            }
            (Some(key), _) if !held(CTRL | ALT | GUI) => {
                let is_dead = self.layout.is_dead(usage, level);
                self.scan.key(key, is_dead)
            }
            (Some(key), _) if held(CTRL) && !held(ALT | GUI) => self.chord(usage, key, modifiers),
            _ => self.odd(usage, modifiers),
        }
    }

    fn chord(&mut self, usage: u8, key: char, modifiers: u8) -> Option<Decoded> {
        let Some(control) = layout::control_of(key) else { return self.odd(usage, modifiers) };
        let ends = u8::try_from(control).ok().and_then(line::terminator_name).is_some();
        match control {
            _ if ends => {
                let shift = if modifiers & SHIFT == 0 { "" } else { "Shift+" };
                self.end_or_write(control, &format!("Ctrl+{shift}{}", key.to_ascii_uppercase()))
            }
            // STX before the data is framing, as it is on a line.
            '\u{2}' if self.scan.is_fresh() => None,
            _ => self.scan.write(control),
        }
    }

    /// A key that writes nothing: the scan is not what was printed.
    fn odd(&mut self, usage: u8, modifiers: u8) -> Option<Decoded> {
        self.scan.odd.get_or_insert_with(|| format!("key {usage:02X} with modifiers {modifiers:02X}"));
        None
    }

    /// Alt is up: its digits become a character.
    fn compose(&mut self) -> Option<Decoded> {
        let digits = std::mem::take(&mut self.scan.alt_digits);
        if digits.is_empty() {
            return None;
        }
        match alt::char_of(&digits) {
            Some(c) if u8::try_from(c).ok().and_then(line::terminator_name).is_some() => {
                self.end_or_write(c, &format!("Alt+{digits}"))
            }
            Some(c) => self.scan.write(c),
            None => {
                self.scan.odd.get_or_insert_with(|| format!("Alt+{digits}"));
                None
            }
        }
    }

    fn end(&mut self, terminator: Option<&str>) -> Option<Decoded> {
        let mut scan = std::mem::take(&mut self.scan);
        if let Some(accent) = scan.accent.take() {
            // An endless text has been said to be.
            let _ = scan.write(accent);
        }
        if !scan.alt_digits.is_empty() {
            scan.odd.get_or_insert_with(|| format!("Alt+{} without letting Alt go", scan.alt_digits));
        }
        if scan.skipping {
            return None;
        }
        if let Some(odd) = scan.odd {
            let reason =
                format!("{odd} writes no character: is the scanner set to layout {}?", self.layout.name());
            return Some(Decoded::Rejected(Rejected { kind: RejectKind::Damaged, reason }));
        }
        if scan.text.is_empty() {
            self.trailer = terminator.map(str::to_owned).or(self.trailer.take());
            return None;
        }
        Some(text::judge(self.framing.stripped(&scan.text), terminator, scan.fields()))
    }
}

#[cfg(test)]
mod tests;
