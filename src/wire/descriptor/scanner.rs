//! Where a report of a bar code scanner (HID point of sale) has its code.

use serde_json::Value;

use super::{DESCRIPTOR_BYTES_MAX, Slot, What, damaged, extract, items, no_such_report, too_long};
use crate::wire::{RejectKind, Rejected};

/// Bar code scanner.
pub(super) const PAGE_SCANNER: u32 = 0x8c;
/// Honeywell's page with the same usages.
pub(super) const PAGE_SCANNER_VENDOR: u32 = 0xff8c;
/// Generic desktop, byte count.
pub(super) const BYTE_COUNT: u32 = 0x0001_003b;

/// The symbology identifier, a byte each.
const SYMBOLOGY: [u32; 3] = [0xfb, 0xfc, 0xfd];
const DECODED_DATA: u32 = 0xfe;
const CONTINUED: u32 = 0xff;

/// A run of values of one usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) usage: u32,
    pub(super) report_id: Option<u8>,
    /// Counted from the first bit after the report id.
    pub(super) bit: usize,
    pub(super) bits: u32,
    pub(super) count: usize,
}

/// Where the scanned data is in the reports of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanner {
    pub(super) numbered: bool,
    pub(super) runs: Vec<Run>,
    pub(super) report_ids: Vec<Option<u8>>,
}

/// What one report holds of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The id of the report, where the device numbers its reports.
    pub report_id: Option<u8>,
    /// Three bytes, an AIM identifier with its `]` or zeros.
    pub symbology: Vec<u8>,
    /// As many bytes as the report counts, or all that it has room for.
    pub data: Vec<u8>,
    /// More of the same code follows.
    pub continued: bool,
}

impl Scanner {
    /// Reads a report descriptor. Refuses one that is cut off, beyond the bounds, or of a device without decoded data.
    pub fn of_descriptor(bytes: &[u8]) -> Result<Self, Rejected> {
        if bytes.len() > DESCRIPTOR_BYTES_MAX {
            return Err(too_long(bytes));
        }
        let scanner = items::walk(bytes)?.scanner;
        if scanner.runs.iter().all(|run| run.usage & 0xffff != DECODED_DATA || run.usage == BYTE_COUNT) {
            let reason = "the report descriptor names no decoded data: expected a bar code scanner (usage page 8C); is \
                          the scanner set to HID POS?";
            return Err(Rejected { kind: RejectKind::NotMine, reason: reason.to_owned() });
        }
        Ok(scanner)
    }

    /// What a report holds of a scan: `None` for one of another kind (a trigger, a status).
    pub fn part(&self, report: &[u8]) -> Result<Option<Part>, Rejected> {
        let (report_id, body) = match (self.numbered, report) {
            (true, [id, body @ ..]) => (Some(*id), body),
            _ => (None, report),
        };
        let runs: Vec<&Run> = self.runs.iter().filter(|run| run.report_id == report_id).collect();
        if !runs.iter().any(|run| is(run, DECODED_DATA)) {
            let known = self.report_ids.contains(&report_id);
            return if known { Ok(None) } else { Err(no_such_report(report_id)) };
        }
        let mut part = Part { report_id, ..Part::default() };
        let mut counted = None;
        for run in runs {
            let values = values(body, run).ok_or_else(|| short(report, run))?;
            if run.usage == BYTE_COUNT {
                counted = values.first().copied();
            } else if is(run, DECODED_DATA) {
                part.data.extend(values.iter().map(|value| value.to_le_bytes()[0]));
            } else if is(run, CONTINUED) {
                part.continued |= values.iter().any(|&value| value != 0);
            } else if SYMBOLOGY.iter().any(|&usage| is(run, usage)) {
                part.symbology.extend(values.iter().map(|value| value.to_le_bytes()[0]));
            }
        }
        part.cut_to(counted)?;
        Ok(Some(part))
    }

    /// What the descriptor says of the device, by the names that `decode` prints.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let data = self.runs.iter().find(|run| is(run, DECODED_DATA));
        vec![
            ("kind", Value::from("report_descriptor")),
            ("usage_page", Value::from(data.map_or(0, |run| run.usage >> 16))),
            ("report_id", Value::from(data.and_then(|run| run.report_id))),
            ("data_bytes", Value::from(data.map_or(0, |run| run.count))),
        ]
    }
}

impl Part {
    /// Leaves as much data as the report counts. Without a count what fills it up is left out.
    pub(in crate::wire) fn cut_to(&mut self, counted: Option<u32>) -> Result<(), Rejected> {
        let room = self.data.len();
        match counted.map(|counted| usize::try_from(counted).unwrap_or(usize::MAX)) {
            Some(counted) if counted > room => {
                let reason = format!("report that counts {counted} bytes of data: it has room for {room}");
                return Err(Rejected { kind: RejectKind::Absurd, reason });
            }
            Some(counted) => self.data.truncate(counted),
            None => {
                let filled = self.data.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                self.data.truncate(filled);
            }
        }
        Ok(())
    }
}

/// Whether a run is of that usage of a scanner's page.
fn is(run: &Run, usage: u32) -> bool {
    run.usage != BYTE_COUNT && run.usage & 0xffff == usage
}

fn values(body: &[u8], run: &Run) -> Option<Vec<u32>> {
    let slot = |nth: usize| Slot {
        report_id: run.report_id,
        bit: run.bit.saturating_add(nth.saturating_mul(run.bits as usize)),
        bits: run.bits,
        what: What::Key(0),
    };
    // The last value must be there before room is made for the others.
    extract(body, &slot(run.count.checked_sub(1)?))?;
    (0..run.count).map(|nth| extract(body, &slot(nth))).collect()
}

fn short(report: &[u8], run: &Run) -> Rejected {
    let end = run.bit.saturating_add(run.count.saturating_mul(run.bits as usize));
    let bytes = end.div_ceil(8) + usize::from(run.report_id.is_some());
    damaged(format!("report of {} bytes: expected {bytes} or more by the report descriptor", report.len()))
}
