//! Terminated text: serial scanners, CDC-ACM scanners, standard input.
//!
//! ```text
//! [STX] [ ]cm ] data… end      end = CR · LF · CR LF · TAB · ETX, or the end of the input
//!  02    AIM    text           0D · 0A · 0D 0A · 09  · 03
//! ```
//!
//! - A pair such as CR LF needs no look at the next read: an empty text is nothing, so the second byte of
//!   the pair ends nothing, in whichever read it comes.
//! - STX begins a text afresh; what stood there unfinished is *damaged*. A scanner with STX before and CR after is
//!   as good as one with STX and ETX.
//! - GS (1D) is data and never ends a text: GS1 element strings hold it.
//! - A text longer than [`TEXT_BYTES_MAX`](super::text::TEXT_BYTES_MAX) is *absurd* once and skipped up to its end.
//! - What [`super::text`] says of a text holds here: encodings, AIM identifiers, `NR`.
//!
//! - A reader whose `suffix` is set ends at that alone; another end within a text makes it *damaged*. Its `prefix` is
//!   taken off. With `suffix = "none"` a text ends after [`GAP_MS`] of silence, or the reader's `gap_ms`.
//!
//! Timing: none with a suffix. RS-232 scanners come at 9600 8N1 (some at 115200); on CDC-ACM the baud rate is ignored but some send
//! nothing until DTR is set, which is the reader's business. Models: every serial scanner met so far has a
//! plain-text mode; profiles name the setup codes. Source: makers' integration guides; device captures in
//! `hardware/captures`.

use super::framing::{Framing, Suffix};
use super::{Decoded, RejectKind, Rejected, text};
use crate::time::MonoMs;

/// Silence that ends a text of a reader without a suffix, in milliseconds, unless it says otherwise.
pub const GAP_MS: u64 = 300;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const TAB: u8 = 0x09;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

/// What a byte that ends a text is called.
pub(super) fn terminator_name(byte: u8) -> Option<&'static str> {
    match byte {
        CR => Some("CR"),
        LF => Some("LF"),
        TAB => Some("TAB"),
        ETX => Some("ETX"),
        _ => None,
    }
}

/// The decoder of one stream of text. Never holds more than one text of the greatest length.
#[derive(Debug, Default)]
pub struct Decoder {
    framing: Framing,
    /// When silence ends what is pending.
    deadline: Option<MonoMs>,
    pending: Vec<u8>,
    /// An STX began what is pending.
    framed: bool,
    /// What comes belongs to a text that was too long.
    skipping: bool,
}

impl Decoder {
    /// The decoder of a reader that frames its text so.
    pub fn new(framing: Framing) -> Self {
        Self { framing, ..Self::default() }
    }

    /// Takes bytes in any chunking, that came at `at`, and says of every text that ended in them what it was.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Decoded> {
        let mut said = self.handle_timeout(at);
        said.extend(bytes.iter().filter_map(|&byte| self.take(byte)));
        let is_pending = !self.pending.is_empty() || self.skipping;
        self.deadline = self.gap_ms().filter(|_| is_pending).map(|gap_ms| at.plus(gap_ms));
        said
    }

    /// Silence ends a text only where the reader says so: a line may stall in the middle of a code.
    fn gap_ms(&self) -> Option<u64> {
        let without = (self.framing.suffix == Suffix::None).then_some(GAP_MS);
        self.framing.gap_ms.or(without)
    }

    /// When silence ends the text that is pending.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.deadline
    }

    /// Ends the text that is pending if it has been silent for its gap.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        self.deadline = None;
        self.end(None).into_iter().collect()
    }

    /// The input is at its end: what is pending is read as it stands, unterminated, except that a frame
    /// begun by STX needs its end.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let cut_frame = self.framed && !self.pending.is_empty();
        let said = if cut_frame { Some(self.cut("the end of the input")) } else { self.end(None) };
        *self = Self::new(std::mem::take(&mut self.framing));
        said.into_iter().collect()
    }

    fn take(&mut self, byte: u8) -> Option<Decoded> {
        match byte {
            STX => self.begin(),
            _ if self.framing.suffix.is_ended_by(byte, self.pending.last().copied()) => self.ended_by(byte),
            // What is left of another end: the LF of a scanner that is said to send CR.
            _ if self.pending.is_empty() && terminator_name(byte).is_some() => None,
            _ => self.collect(byte),
        }
    }

    fn ended_by(&mut self, byte: u8) -> Option<Decoded> {
        if self.framing.suffix != Suffix::CrLf {
            return self.end(terminator_name(byte));
        }
        self.pending.pop();
        self.end(Some("CR LF"))
    }

    fn begin(&mut self) -> Option<Decoded> {
        let said = (!self.pending.is_empty()).then(|| self.cut("STX (02)"));
        self.skipping = false;
        self.framed = true;
        said
    }

    fn collect(&mut self, byte: u8) -> Option<Decoded> {
        if self.skipping {
            return None;
        }
        if self.pending.len() == text::TEXT_BYTES_MAX {
            self.pending.clear();
            self.skipping = true;
            return Some(text::endless());
        }
        self.pending.push(byte);
        None
    }

    fn end(&mut self, terminator: Option<&str>) -> Option<Decoded> {
        self.skipping = false;
        self.framed = false;
        let bytes = std::mem::take(&mut self.pending);
        if bytes.is_empty() {
            return None;
        }
        Some(match text::of_bytes(&bytes) {
            Ok(text) => text::judge(self.framing.stripped(&text), terminator, Vec::new()),
            Err(rejected) => Decoded::Rejected(rejected),
        })
    }

    fn cut(&mut self, by: &str) -> Decoded {
        let reason =
            format!("text of {} bytes cut off by {by}: expected CR, LF, TAB or ETX", self.pending.len());
        self.pending.clear();
        Decoded::Rejected(Rejected { kind: RejectKind::Damaged, reason })
    }
}

#[cfg(test)]
mod tests;
