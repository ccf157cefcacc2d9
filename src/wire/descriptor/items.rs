//! The walk over a descriptor's items. Every number in it is the device's word and is bounded before it is used.

use super::scanner::{BYTE_COUNT, PAGE_SCANNER, PAGE_SCANNER_VENDOR, Run, Scanner};
use super::{About, Keys, PAGE_KEYBOARD, Ranges, Slot, What, damaged, key_of, usage_at};
use crate::wire::{RejectKind, Rejected};

/// The most bits of one report; the kernel's buffer holds 16 KiB.
const REPORT_BITS_MAX: usize = 16_384 * 8;
/// The most values with keys in all reports together; an n-key keyboard has some 250.
const SLOTS_MAX: usize = 1024;
/// The most usages that one field lists.
const RANGES_MAX: usize = 256;
/// The most runs of values of a scanner in all reports together; a report has seven or so.
const RUNS_MAX: usize = 256;
/// The deepest Push.
const PUSHES_MAX: usize = 16;
/// The most reports of one device: ids are one byte.
const REPORTS_MAX: usize = 256;

/// One short item.
struct Item {
    /// Tag and type, size bits zero.
    tag: u8,
    data: u32,
    /// Bytes of `data`.
    size: usize,
}

impl Item {
    /// The data as a signed number of its own size.
    fn signed(&self) -> i32 {
        match self.size {
            1 => i32::from(self.data.to_le_bytes()[0].cast_signed()),
            2 => i32::from((self.data & 0xffff) as i16),
            _ => self.data.cast_signed(),
        }
    }
}

/// Takes the next item off the front. `None` at the end; long items are skipped.
fn next_item(bytes: &mut &[u8]) -> Result<Option<Item>, Rejected> {
    while let [0xfe, rest @ ..] = *bytes {
        let skip = rest.first().map(|&len| usize::from(len) + 2);
        *bytes = skip.and_then(|skip| rest.get(skip..)).ok_or_else(cut)?;
    }
    let [prefix, rest @ ..] = *bytes else { return Ok(None) };
    let size = match prefix & 3 {
        3 => 4,
        size => usize::from(size),
    };
    let (data, rest) = rest.split_at_checked(size).ok_or_else(cut)?;
    *bytes = rest;
    let data = data.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
    Ok(Some(Item { tag: prefix & 0xfc, data, size }))
}

fn cut() -> Rejected {
    damaged("report descriptor cut off inside an item".to_owned())
}

fn absurd(reason: &str) -> Rejected {
    Rejected { kind: RejectKind::Absurd, reason: format!("report descriptor: {reason}") }
}

#[derive(Debug, Clone, Default)]
struct Globals {
    page: u32,
    logical_min: i32,
    logical_max: i32,
    report_size: u32,
    report_count: u32,
    report_id: Option<u8>,
}

#[derive(Debug, Default)]
struct Walk {
    globals: Globals,
    pushed: Vec<Globals>,
    usages: Ranges,
    usage_min: Option<u32>,
    /// The usage of the outermost collection that is open.
    application: u32,
    depth: usize,
    /// Bits that each report has so far.
    reports: Vec<(Option<u8>, usize)>,
    keys: Keys,
    scanner: Scanner,
}

/// What a descriptor says of keys and of a scanner's code.
pub(super) struct Walked {
    pub(super) keys: Keys,
    pub(super) scanner: Scanner,
}

/// Reads a descriptor of bounded length.
pub(super) fn walk(mut bytes: &[u8]) -> Result<Walked, Rejected> {
    let mut walk = Walk::default();
    while let Some(item) = next_item(&mut bytes)? {
        walk.take(&item)?;
    }
    let about = &mut walk.keys.about;
    about.input_bits =
        walk.reports.iter().find(|(id, _)| *id == about.report_id).map_or(0, |(_, bits)| *bits);
    walk.scanner.numbered = walk.keys.numbered;
    walk.scanner.report_ids = walk.reports.iter().map(|(id, _)| *id).collect();
    Ok(Walked { keys: walk.keys, scanner: walk.scanner })
}

impl Walk {
    fn take(&mut self, item: &Item) -> Result<(), Rejected> {
        match item.tag & 0x0c {
            0x00 => self.main(item),
            0x04 => self.global(item),
            0x08 => self.local(item),
            _ => Ok(()),
        }
    }

    fn global(&mut self, item: &Item) -> Result<(), Rejected> {
        let globals = &mut self.globals;
        match item.tag {
            0x04 => globals.page = item.data & 0xffff,
            0x14 => globals.logical_min = item.signed(),
            0x24 if globals.logical_min < 0 => globals.logical_max = item.signed(),
            0x24 => globals.logical_max = item.data.cast_signed(),
            0x74 => globals.report_size = item.data,
            0x94 => globals.report_count = item.data,
            0x84 => return self.report_id(item),
            0xa4 => return self.push(),
            0xb4 => self.globals = self.pushed.pop().ok_or_else(|| absurd("a Pop without its Push"))?,
            _ => {}
        }
        Ok(())
    }

    fn report_id(&mut self, item: &Item) -> Result<(), Rejected> {
        let id = u8::try_from(item.data).ok().filter(|&id| id != 0);
        self.globals.report_id = Some(id.ok_or_else(|| absurd("a report id that is not 1 to 255"))?);
        self.keys.numbered = true;
        Ok(())
    }

    fn push(&mut self) -> Result<(), Rejected> {
        if self.pushed.len() == PUSHES_MAX {
            return Err(absurd("too many Push items"));
        }
        self.pushed.push(self.globals.clone());
        Ok(())
    }

    fn local(&mut self, item: &Item) -> Result<(), Rejected> {
        match item.tag {
            0x08 => self.add_usages(item, item.data),
            0x18 => {
                self.usage_min = Some(item.data);
                Ok(())
            }
            0x28 => match self.usage_min.take() {
                Some(min) => self.add_usages(item, min),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Adds the usages from `first` to the item's. A usage of four bytes names its own page.
    fn add_usages(&mut self, item: &Item, first: u32) -> Result<(), Rejected> {
        if self.usages.len() == RANGES_MAX {
            return Err(absurd("too many usages for one field"));
        }
        let page = if item.size == 4 { item.data >> 16 } else { self.globals.page };
        let full = |usage: u32| page << 16 | usage & 0xffff;
        if full(first) <= full(item.data) {
            self.usages.push((full(first), full(item.data)));
        }
        Ok(())
    }

    fn main(&mut self, item: &Item) -> Result<(), Rejected> {
        let usages = std::mem::take(&mut self.usages);
        self.usage_min = None;
        match item.tag {
            0x80 => self.input(item.data, usages)?,
            0xa0 => {
                if self.depth == 0 {
                    self.application = usages.first().map_or(0, |&(first, _)| first);
                }
                self.depth = self.depth.saturating_add(1);
            }
            0xc0 => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn input(&mut self, flags: u32, usages: Ranges) -> Result<(), Rejected> {
        let Globals { report_size, report_count, report_id, .. } = self.globals;
        let start = self.reserve()?;
        let (is_constant, is_variable) = (flags & 1 != 0, flags & 2 != 0);
        if !is_constant {
            self.scanned(start, &usages)?;
        }
        if is_constant || report_size == 0 || !usages.iter().any(|&(first, _)| first >> 16 == PAGE_KEYBOARD) {
            return Ok(());
        }
        if report_size > 32 {
            return Err(absurd("a key wider than 32 bits"));
        }
        if report_count as usize > SLOTS_MAX {
            return Err(absurd("more keys than any keyboard has"));
        }
        self.note_about(is_variable);
        let field = self.keys.fields.len();
        for nth in 0..report_count {
            let bit = start.saturating_add(nth as usize * report_size as usize);
            let Some(what) = self.what(is_variable, &usages, nth, field) else { continue };
            if self.keys.slots.len() == SLOTS_MAX {
                return Err(absurd("more keys than any keyboard has"));
            }
            self.keys.slots.push(Slot { report_id, bit, bits: report_size, what });
        }
        self.keys.fields.push(if is_variable { Ranges::new() } else { usages });
        Ok(())
    }

    /// Keeps the values of a scanner: each usage has one of them, and the last usage the rest.
    fn scanned(&mut self, start: usize, usages: &Ranges) -> Result<(), Rejected> {
        let Globals { report_size, report_count, report_id, .. } = self.globals;
        let mut left = report_count as usize;
        let is_scanner =
            |full: u32| matches!(full >> 16, PAGE_SCANNER | PAGE_SCANNER_VENDOR) || full == BYTE_COUNT;
        if report_size == 0 || !usages.iter().any(|&(first, _)| is_scanner(first)) {
            return Ok(());
        }
        if report_size > 32 {
            return Err(absurd("a scanned value wider than 32 bits"));
        }
        let mut bit = start;
        let single = usages.iter().flat_map(|&(first, last)| first..=last).take(RUNS_MAX);
        let mut single = single.peekable();
        while let Some(usage) = single.next() {
            let count = if single.peek().is_none() { left } else { left.min(1) };
            if count > 0 && is_scanner(usage) {
                if self.scanner.runs.len() == RUNS_MAX {
                    return Err(absurd("more scanned values than any scanner has"));
                }
                self.scanner.runs.push(Run { usage, report_id, bit, bits: report_size, count });
            }
            bit = bit.saturating_add(count.saturating_mul(report_size as usize));
            left = left.saturating_sub(count);
        }
        Ok(())
    }

    fn what(&self, is_variable: bool, usages: &Ranges, nth: u32, field: usize) -> Option<What> {
        if !is_variable {
            return Some(What::Index { field, logical_min: self.globals.logical_min });
        }
        let last = usages.last().map(|&(_, last)| last);
        usage_at(usages, nth).or(last).and_then(key_of).map(What::Key)
    }

    /// Remembers what the first array of keys says, or the first field of keys where there is no array.
    fn note_about(&mut self, is_variable: bool) {
        let known_array = self.keys.fields.iter().any(|ranges| !ranges.is_empty());
        if known_array || (is_variable && !self.keys.fields.is_empty()) {
            return;
        }
        self.keys.about = About {
            application: self.application,
            report_id: self.globals.report_id,
            logical_max: self.globals.logical_max,
            input_bits: 0,
        };
    }

    /// Counts the field's bits to its report and returns where it begins.
    fn reserve(&mut self) -> Result<usize, Rejected> {
        let Globals { report_size, report_count, report_id, .. } = self.globals;
        let too_long = || absurd("a report longer than 16 KiB");
        let bits = (report_size as usize).checked_mul(report_count as usize).ok_or_else(too_long)?;
        let at = match self.reports.iter().position(|(id, _)| *id == report_id) {
            Some(at) => at,
            None if self.reports.len() > REPORTS_MAX => return Err(absurd("too many reports")),
            None => {
                self.reports.push((report_id, 0));
                self.reports.len() - 1
            }
        };
        let Some((_, used)) = self.reports.get_mut(at) else { return Err(absurd("too many reports")) };
        let start = *used;
        *used = start.checked_add(bits).filter(|&end| end <= REPORT_BITS_MAX).ok_or_else(too_long)?;
        Ok(start)
    }
}
