//! HID point of sale: scanners that send codes as data and not as keys (usage page 8C, Honeywell also FF8C).
//!
//! ```text
//! usages   8C/FB FC FD symbology · 8C/FE decoded data · 8C/FF more follows · 01/3B count of the data's bytes
//! id len ] c m   data (56)   code id  00  more      Honeywell and Access-IS, 64 bytes: what is assumed without a
//! 02 38  5D 58 30 …          3F       00  01        report descriptor, and said as `"layout":"assumed"`
//!
//! to the scanner    FE 01  on after opening (feature report)    FD count, command   as on its serial line
//! ```
//!
//! - Where the values are is read from the report descriptor ([`super::descriptor`]); makers place them differently.
//! - A long code comes in several reports, all but the last with *more follows*. They are joined while their symbology
//!   is the same and no gap is longer than [`GAP_MS`], up to [`TEXT_BYTES_MAX`](super::text::TEXT_BYTES_MAX) bytes;
//!   otherwise what there is of it is damaged and forgotten.
//! - A last report whose first one was lost looks like a code of its own: the device must stay open between reports.
//! - `]X0` and `]Z6` stand before answers to menu commands: told, never a scan. A report without data is nothing.
//! - A symbology that does not begin with `]` is no AIM identifier; it is given as hex.
//!
//! Timing: reports of one code follow one another within milliseconds; no capture with times is known. Verified on
//! bytes of the Honeywell Voyager 1602g. Only documented: Access-IS LSR118 and ATR110, page FF8C (Honeywell 0c2e:1007),
//! feature report FE (Honeywell, Youjie); no descriptor of a Zebra or Datalogic was at hand. Sources: HID Point of
//! Sale Usage Tables 1.02; Access-IS manuals, appendix B; bytes in `hardware/captures`.

use serde_json::Value;

use super::descriptor::{Part, Scanner};
use super::{Answer, Decoded, Protocol, RejectKind, Rejected, Setup, text};
use crate::time::MonoMs;

mod host;

pub use host::{beep, enable};

/// The longest silence between two reports of one code, in milliseconds.
pub const GAP_MS: u64 = 500;
/// The most reports of one code.
const PARTS_MAX: usize = 1024;

/// The length of a report of the layout that is assumed.
const ASSUMED_BYTES: usize = 64;
const ASSUMED_REPORT_ID: u8 = 0x02;

/// One report, with what only the assumed layout has.
#[derive(Debug)]
struct Report {
    part: Part,
    length: usize,
    /// The maker's own letter for the symbology, and the byte after it.
    more: Option<(u8, u8)>,
}

/// A code of which reports are still to come.
#[derive(Debug)]
struct Joined {
    first: Report,
    text: Vec<u8>,
    continued: Vec<u8>,
    /// It was too long and has been said to be.
    skipping: bool,
    deadline: MonoMs,
}

impl Joined {
    fn begin(report: Report) -> Self {
        let deadline = MonoMs::default();
        Self { first: report, text: Vec::new(), continued: Vec::new(), skipping: false, deadline }
    }

    fn add(&mut self, part: &Part, at: MonoMs) -> Option<Decoded> {
        self.deadline = at.plus(GAP_MS);
        if self.skipping {
            return None;
        }
        if self.text.len() + part.data.len() > text::TEXT_BYTES_MAX || self.continued.len() == PARTS_MAX {
            (self.text, self.continued, self.skipping) = (Vec::new(), Vec::new(), true);
            return Some(text::endless_parts());
        }
        self.text.extend(&part.data);
        self.continued.push(u8::from(part.continued));
        None
    }

    fn aim(&self) -> Option<String> {
        match self.first.part.symbology.as_slice() {
            [b']', code, modifier] if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
                Some([char::from(*code), char::from(*modifier)].iter().collect())
            }
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Report { part, length, more } = &self.first;
        let mut fields = vec![("report_id", Value::from(part.report_id))];
        match self.aim() {
            Some(aim) => fields.push(("aim", Value::from(format!("]{aim}")))),
            None if part.symbology.iter().any(|&byte| byte != 0) => {
                let hex: String = part.symbology.iter().map(|byte| format!("{byte:02X}")).collect();
                fields.push(("symbology", Value::from(hex)));
            }
            None => {}
        }
        fields.push(match self.continued.as_slice() {
            [only] => ("continued", Value::from(*only)),
            all => ("continued", Value::from(all)),
        });
        if self.continued.len() == 1 {
            fields.push(("length", Value::from(*length)));
        }
        if let Some((code_id, reserved)) = more {
            fields.push(("code_id", Value::from(char::from(*code_id).to_string())));
            fields.push(("reserved", Value::from(*reserved)));
            fields.push(("layout", Value::from("assumed")));
        }
        fields
    }

    fn told(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.fields();
        fields.push(("text", Value::from(text::lossless(&self.text))));
        fields
    }

    fn judge(&self) -> Option<Decoded> {
        let aim = self.aim();
        let answers = matches!(aim.as_deref(), Some("X0" | "Z6"));
        if self.skipping || self.text.is_empty() {
            return None;
        }
        if answers || text::is_no_read(&self.text) {
            return Some(Decoded::Answer(Answer::of(self.told())));
        }
        Some(text::judge_checked(&self.text, aim.as_deref(), self.fields()))
    }
}

/// The decoder of one scanner. Holds at most one code of the greatest length.
#[derive(Debug)]
pub struct Decoder {
    /// `None` without a report descriptor.
    scanner: Option<Scanner>,
    joined: Option<Joined>,
}

impl Decoder {
    /// Makes the decoder of one device, or says why its report descriptor is not a scanner's.
    pub fn new(setup: &Setup) -> Result<Self, Rejected> {
        debug_assert_eq!(setup.protocol, Protocol::HidPos);
        let scanner = setup.descriptor.as_deref().map(Scanner::of_descriptor).transpose()?;
        Ok(Self { scanner, joined: None })
    }

    /// Takes one report, that came at `at`, and says of every code that ended in it what it was.
    pub fn handle(&mut self, report: &[u8], at: MonoMs) -> Vec<Decoded> {
        let mut said = self.handle_timeout(at);
        let report = match &self.scanner {
            Some(scanner) => scanner
                .part(report)
                .map(|part| part.map(|part| Report { length: part.data.len(), part, more: None })),
            None => match host::meaning(report) {
                Some(fields) => {
                    said.push(Decoded::Answer(Answer::of(fields)));
                    return said;
                }
                None => assumed(report).map(Some),
            },
        };
        match report {
            Ok(Some(report)) => self.join(report, at, &mut said),
            Ok(None) => {}
            Err(rejected) => said.push(Decoded::Rejected(rejected)),
        }
        said
    }

    /// When silence ends a code of which reports are missing.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.joined.as_ref().map(|joined| joined.deadline)
    }

    /// Gives up a code of which no report came for [`GAP_MS`].
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        match &self.joined {
            Some(joined) if joined.deadline <= now => self.give_up("silence"),
            _ => Vec::new(),
        }
    }

    /// The device is gone: a code of which reports are missing is damaged.
    pub fn finish(&mut self) -> Vec<Decoded> {
        self.give_up("the end of the input")
    }

    fn join(&mut self, report: Report, at: MonoMs, said: &mut Vec<Decoded>) {
        let same = |joined: &Joined| {
            let Part { report_id, symbology, .. } = &joined.first.part;
            (report_id, symbology) == (&report.part.report_id, &report.part.symbology)
        };
        if !self.joined.as_ref().is_some_and(same) {
            said.extend(self.give_up("another code"));
        }
        let (part, is_last) = (report.part.clone(), !report.part.continued);
        let joined = self.joined.get_or_insert_with(|| Joined::begin(report));
        said.extend(joined.add(&part, at));
        if is_last {
            said.extend(self.joined.take().and_then(|joined| joined.judge()));
        }
    }

    /// The rest of a code will not come: says what there was, and that it is none.
    fn give_up(&mut self, by: &str) -> Vec<Decoded> {
        let Some(joined) = self.joined.take().filter(|joined| !joined.skipping) else { return Vec::new() };
        let reason = format!(
            "code cut off by {by} after {} reports: expected one without more following",
            joined.continued.len()
        );
        let rejected = Rejected { kind: RejectKind::Damaged, reason };
        vec![Decoded::Answer(Answer::of(joined.told())), Decoded::Rejected(rejected)]
    }
}

/// A report as Honeywell and Access-IS lay it out.
fn assumed(report: &[u8]) -> Result<Report, Rejected> {
    let foreign = |reason: String| Rejected { kind: RejectKind::NotMine, reason };
    let [ASSUMED_REPORT_ID, length, rest @ ..] = report else {
        return Err(foreign(format!(
            "report of {} bytes, the first {}: without a report descriptor expected 64 and 02",
            report.len(),
            report.first().map_or("none".to_owned(), |byte| format!("{byte:02X}"))
        )));
    };
    let ([b']', _, _, data @ .., code_id, reserved, continued], ASSUMED_BYTES) = (rest, report.len()) else {
        return Err(foreign(format!(
            "report of {} bytes: without a report descriptor expected 64 with ] (5D) at the third",
            report.len()
        )));
    };
    let mut part = Part {
        report_id: Some(ASSUMED_REPORT_ID),
        symbology: rest.get(..3).unwrap_or_default().to_vec(),
        data: data.to_vec(),
        continued: *continued != 0,
    };
    part.cut_to(Some(u32::from(*length)))?;
    Ok(Report { part, length: usize::from(*length), more: Some((*code_id, *reserved)) })
}

#[cfg(test)]
mod tests;
