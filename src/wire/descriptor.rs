//! HID report descriptors: where in a report of this device are its keys, or its scanned code?
//!
//! ```text
//! item    tag·type·size  data (0, 1, 2 or 4 bytes, little-endian)        FE len tag data: a long item, skipped
//! global  Usage Page 04 · Logical Min 14 · Max 24 · Report Size 74 · Count 94 · Id 84 · Push A4 · Pop B4
//! local   Usage 08 · Usage Min 18 · Usage Max 28, forgotten after each main item
//! main    Input 80 · Output 90 · Feature B0 · Collection A0 · End C0     (tags shown with size 0)
//! ```
//!
//! Only Input items of page 07 (keyboard) are kept, and of a scanner ([`scanner`]): *variable* fields have one usage for each of their values, as the
//! eight modifier bits have; *array* fields hold in each value the index of a usage. With a Report Id anywhere every
//! report begins with its id.
//!
//! - Quirks: Datalogic hand-helds say 0xFF where the boot layout says 0x65 as the greatest usage; some readers
//!   put a report id before a boot-shaped report, or send three bytes in all (V-USB). The logical maximum is
//!   therefore not relied upon: an index is good if it has a usage.
//! - Without a descriptor the length of a report decides between those three shapes ([`Keys::guessed`]).
//! - A descriptor is foreign input: its length, nesting and number of keys are bounded, and one beyond the bounds is
//!   refused. The walk is written out here because parsers found elsewhere expand usage ranges of any size or
//!   stop the program over an item without a usage page; `hidreport` is what the tests compare it with.
//!
//! Source: Device Class Definition for HID 1.11, sections 5.4, 6.2.2 and appendix B.1.

use serde_json::Value;

use super::{RejectKind, Rejected};

mod items;
mod scanner;

pub use scanner::{Part, Scanner};

/// The longest descriptor taken, in bytes; the kernel takes no longer one.
pub const DESCRIPTOR_BYTES_MAX: usize = 4096;

/// The usage page of keys.
const PAGE_KEYBOARD: u32 = 0x07;
/// The first of the eight modifier keys, from left Ctrl to right GUI.
const MODIFIER_FIRST: u8 = 0xe0;
/// Usages up to this say that too many keys are down, or that the keyboard failed.
const ROLLOVER_LAST: u8 = 0x03;

/// What is down in one report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pressed {
    /// The id of the report, where the device numbers its reports.
    pub report_id: Option<u8>,
    /// LCtrl 01 · LShift 02 · LAlt 04 · LGui 08 · RCtrl 10 · RShift 20 · RAlt 40 · RGui 80.
    pub modifiers: u8,
    /// The other keys, as usages of page 07, in the order of the report, each once.
    pub keys: Vec<u8>,
    /// The keyboard says that it cannot tell which keys are down: the report means nothing.
    pub rollover: bool,
}

impl Pressed {
    fn add(&mut self, usage: u8) {
        match usage {
            0 => {}
            1..=ROLLOVER_LAST => self.rollover = true,
            MODIFIER_FIRST..=0xe7 => self.modifiers |= 1 << (usage - MODIFIER_FIRST),
            _ if self.keys.contains(&usage) => {}
            _ => self.keys.push(usage),
        }
    }
}

/// Usages of one field, in order, as inclusive ranges of page and usage (`0007_0004`).
type Ranges = Vec<(u32, u32)>;

/// The usage at an index of a field.
fn usage_at(ranges: &Ranges, mut index: u32) -> Option<u32> {
    for &(first, last) in ranges {
        let span = last.saturating_sub(first);
        if index <= span {
            return Some(first.saturating_add(index));
        }
        index = index.checked_sub(span)?.checked_sub(1)?;
    }
    None
}

/// A full usage as a key.
fn key_of(usage: u32) -> Option<u8> {
    (usage >> 16 == PAGE_KEYBOARD).then(|| u8::try_from(usage & 0xffff).ok()).flatten()
}

/// One value in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    report_id: Option<u8>,
    /// Counted from the first bit after the report id.
    bit: usize,
    bits: u32,
    what: What,
}

/// What a value says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// Not zero: this key is down.
    Key(u8),
    /// The key at this index of that field's usages is down, counted from the logical minimum.
    Index { field: usize, logical_min: i32 },
}

/// Where the keys are in the reports of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    numbered: bool,
    slots: Vec<Slot>,
    /// The usages of each array field.
    fields: Vec<Ranges>,
    about: About,
}

/// What `decode` prints of a descriptor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct About {
    application: u32,
    report_id: Option<u8>,
    logical_max: i32,
    input_bits: usize,
}

fn damaged(reason: String) -> Rejected {
    Rejected { kind: RejectKind::Damaged, reason }
}

impl Keys {
    /// Reads a report descriptor. Refuses one that is cut off, beyond the bounds, or of a device without keys.
    pub fn of_descriptor(bytes: &[u8]) -> Result<Self, Rejected> {
        if bytes.len() > DESCRIPTOR_BYTES_MAX {
            return Err(too_long(bytes));
        }
        let keys = items::walk(bytes)?.keys;
        if keys.slots.is_empty() {
            let reason =
                "the report descriptor names no keys: expected a keyboard (usage page 07)".to_owned();
            return Err(Rejected { kind: RejectKind::NotMine, reason });
        }
        Ok(keys)
    }

    /// What a device without a descriptor is taken to send, by the length of its report: 8 bytes are a boot report, 9 a
    /// boot report behind an id, 3 an id, the modifiers and one key. Any other length is not mine.
    pub fn guessed(report: &[u8]) -> Result<Pressed, Rejected> {
        let (report_id, modifiers, keys) = match report {
            [modifiers, _, keys @ ..] if keys.len() == 6 => (None, modifiers, keys),
            [id, modifiers, _, keys @ ..] if keys.len() == 6 => (Some(*id), modifiers, keys),
            [id, modifiers, keys @ ..] if keys.len() == 1 => (Some(*id), modifiers, keys),
            _ => {
                let reason = format!(
                    "report of {} bytes: without a report descriptor expected 8, 9 or 3",
                    report.len()
                );
                return Err(Rejected { kind: RejectKind::NotMine, reason });
            }
        };
        let mut pressed = Pressed { report_id, modifiers: *modifiers, ..Pressed::default() };
        keys.iter().for_each(|&usage| pressed.add(usage));
        Ok(pressed)
    }

    /// What is down in a report. One that is too short is damaged, one of an id without keys not mine.
    pub fn pressed(&self, report: &[u8]) -> Result<Pressed, Rejected> {
        let (report_id, body) = match (self.numbered, report) {
            (true, [id, body @ ..]) => (Some(*id), body),
            _ => (None, report),
        };
        let mut pressed = Pressed { report_id, ..Pressed::default() };
        let mut any = false;
        for slot in self.slots.iter().filter(|slot| slot.report_id == report_id) {
            any = true;
            let value = extract(body, slot).ok_or_else(|| too_short(report, slot))?;
            if let Some(usage) = self.usage(slot, value) {
                pressed.add(usage);
            }
        }
        if any { Ok(pressed) } else { Err(no_keys(report_id)) }
    }

    fn usage(&self, slot: &Slot, value: u32) -> Option<u8> {
        match slot.what {
            What::Key(usage) => (value != 0).then_some(usage),
            What::Index { field, logical_min } => {
                let index = i64::from(value).checked_sub(i64::from(logical_min))?;
                key_of(usage_at(self.fields.get(field)?, u32::try_from(index).ok()?)?)
            }
        }
    }

    /// What the descriptor says of the device, by the names that `decode` prints.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let About { application, report_id, logical_max, input_bits } = self.about;
        vec![
            ("kind", Value::from("report_descriptor")),
            ("usage_page", Value::from(application >> 16)),
            ("usage", Value::from(application & 0xffff)),
            ("input_bytes", Value::from(input_bits.div_ceil(8) + usize::from(self.numbered))),
            ("report_id", Value::from(report_id)),
            ("logical_max", Value::from(logical_max)),
        ]
    }
}

fn too_long(descriptor: &[u8]) -> Rejected {
    let reason =
        format!("report descriptor of {} bytes: expected up to {DESCRIPTOR_BYTES_MAX}", descriptor.len());
    Rejected { kind: RejectKind::Absurd, reason }
}

fn no_such_report(report_id: Option<u8>) -> Rejected {
    let reason = match report_id {
        Some(id) => format!("report {id} is none of the report descriptor's"),
        None => "empty report: expected its id first".to_owned(),
    };
    Rejected { kind: RejectKind::NotMine, reason }
}

fn no_keys(report_id: Option<u8>) -> Rejected {
    let reason = match report_id {
        Some(id) => format!("report {id} has no keys by the report descriptor"),
        None => "empty report: expected its id first".to_owned(),
    };
    Rejected { kind: RejectKind::NotMine, reason }
}

fn too_short(report: &[u8], slot: &Slot) -> Rejected {
    let bytes =
        slot.bit.saturating_add(slot.bits as usize).div_ceil(8) + usize::from(slot.report_id.is_some());
    damaged(format!("report of {} bytes: expected {bytes} or more by the report descriptor", report.len()))
}

/// The value of a slot, least significant bit first; `None` where the report is too short.
fn extract(body: &[u8], slot: &Slot) -> Option<u32> {
    let mut value = 0;
    for nth in 0..slot.bits {
        let bit = slot.bit.checked_add(nth as usize)?;
        let byte = body.get(bit / 8)?;
        value |= u32::from(byte >> (bit % 8) & 1) << nth;
    }
    Some(value)
}

#[cfg(test)]
mod tests;
