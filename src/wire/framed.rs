//! Frames that say their own length and carry a check: how they are cut out of a stream.
//!
//! ```text
//! …  [padding]  start  length  data…  check  …         what each of them is: the files of the protocols
//!    └ not mine ┘└──── whole: judged ─────┘
//!                └ check fails: damaged, and the search goes on one byte behind start
//! ```
//!
//! - By length, never by a mark: start and end bytes occur inside card numbers too.
//! - A frame that fails its check is *damaged*, and the search goes on one byte after its beginning, so that a good frame
//!   inside is found. Of the bytes that a damaged frame claims nothing else is said.
//! - Bytes that begin no frame are *not mine*, once for each run of them.
//! - A frame that stands unfinished for [`GAP_MS`] is cut off, so that a wrong length delays nothing for longer. The slowest of
//!   these readers sends its longest frame in 60 ms, and USB adapters hold bytes back for 16 ms.
//! - What is held never exceeds the longest frame of the protocol, and [`FRAME_BYTES_MAX`] in no case.
//!
//! Source: what the framings of the protocols have in common; each names its own.

use std::fmt::Debug;

use serde_json::Value;

use super::{Answer, Decoded, RejectKind, Rejected};
use crate::time::MonoMs;

/// Silence that cuts off an unfinished frame, in milliseconds.
pub const GAP_MS: u64 = 300;

/// The most bytes that a decoder of frames holds.
pub const FRAME_BYTES_MAX: usize = 600;

/// What the bytes at hand begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A byte that may stand between frames.
    Padding,
    /// A byte that begins no frame.
    Foreign,
    /// Nothing yet, or padding that may turn out to begin a frame.
    Idle,
    /// A frame that will have so many bytes, or at least so many where its length has not come yet.
    Begun(usize),
    /// A whole frame of so many bytes. Its check is right.
    Whole(usize),
    /// Something of so many bytes that looked like a frame, and why it is none.
    Broken(usize, Rejected),
}

impl Look {
    /// A frame of `bytes` bytes whose check fails.
    pub fn damaged(bytes: usize, reason: String) -> Self {
        Self::Broken(bytes, Rejected { kind: RejectKind::Damaged, reason })
    }

    /// The beginning of a frame, `bytes` long, that says something impossible.
    pub fn absurd(bytes: usize, reason: String) -> Self {
        Self::Broken(bytes, Rejected { kind: RejectKind::Absurd, reason })
    }
}

/// How one protocol frames its bytes, and what its frames say.
pub trait Framing: Debug + Send + Sync {
    /// What a frame begins with, for people: `BB`.
    fn start(&self) -> &'static str;

    /// What `bytes`, at least one, begin with.
    fn look(&self, bytes: &[u8]) -> Look;

    /// The command that a whole frame answers; `None` where it does not say or may come at any time.
    fn command(&self, frame: &[u8]) -> Option<u16>;

    /// What a whole frame says.
    fn judge(&self, frame: &[u8]) -> Vec<Decoded>;
}

/// The decoder of one reader that sends frames.
#[derive(Debug)]
pub struct Decoder {
    framing: Box<dyn Framing>,
    pending: Vec<u8>,
    /// The run of foreign bytes has been said already.
    told: bool,
    /// How many bytes of `pending` belong to something that was refused already.
    refused: usize,
    awaiting: Option<u16>,
    deadline: Option<MonoMs>,
}

impl Decoder {
    /// The decoder of a protocol, awaiting no command.
    pub fn new(framing: impl Framing + 'static) -> Self {
        Self {
            framing: Box::new(framing),
            pending: Vec::new(),
            told: false,
            refused: 0,
            awaiting: None,
            deadline: None,
        }
    }

    /// From now on answers to other commands are stale: they come as an [`Answer`] that says so, and make no read. With `None`
    /// every answer counts.
    pub fn awaiting(&mut self, command: Option<u16>) {
        self.awaiting = command;
    }

    /// Takes bytes in any chunking, that came at `at`, and says of every frame that ended in them what it was.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Decoded> {
        let mut said = self.handle_timeout(at);
        for &byte in bytes {
            self.pending.push(byte);
            self.search(false, &mut said);
        }
        let begun = !self.pending.is_empty() && self.framing.look(&self.pending) != Look::Idle;
        self.deadline = begun.then(|| at.plus(GAP_MS));
        said
    }

    /// When silence cuts off the frame that is pending.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.deadline
    }

    /// Cuts off the frame that is pending if nothing has come for [`GAP_MS`].
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        self.finish()
    }

    /// The device is gone: a frame without its end is damaged.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let mut said = Vec::new();
        self.search(true, &mut said);
        self.pending.clear();
        (self.told, self.refused, self.deadline) = (false, 0, None);
        said
    }

    /// Takes from `pending` all that can be judged now; with `ended` no more bytes will come.
    fn search(&mut self, ended: bool, said: &mut Vec<Decoded>) {
        while !self.pending.is_empty() {
            match self.framing.look(&self.pending) {
                Look::Padding => self.drop_bytes(1),
                Look::Foreign => self.foreign(said),
                Look::Whole(bytes) => self.frame(bytes, said),
                Look::Broken(bytes, rejected) => self.refuse(bytes, rejected, said),
                Look::Begun(bytes) if ended => {
                    let rejected = cut(self.pending.len(), bytes);
                    self.refuse(self.pending.len(), rejected, said);
                }
                Look::Begun(_) if self.pending.len() >= FRAME_BYTES_MAX => self.drop_bytes(1),
                Look::Begun(_) | Look::Idle => return,
            }
        }
    }

    fn drop_bytes(&mut self, bytes: usize) {
        self.pending.drain(..bytes.min(self.pending.len()));
        self.refused = self.refused.saturating_sub(bytes);
    }

    fn foreign(&mut self, said: &mut Vec<Decoded>) {
        if let Some(first) = self.pending.first().filter(|_| !self.told && self.refused == 0) {
            let start = self.framing.start();
            let reason = format!("bytes outside a frame, the first {first:02X}: expected {start}");
            said.push(Decoded::Rejected(Rejected { kind: RejectKind::NotMine, reason }));
            self.told = true;
        }
        self.drop_bytes(1);
    }

    fn refuse(&mut self, bytes: usize, rejected: Rejected, said: &mut Vec<Decoded>) {
        if self.refused == 0 {
            said.push(Decoded::Rejected(rejected));
            (self.told, self.refused) = (true, bytes);
        }
        self.drop_bytes(1);
    }

    fn frame(&mut self, bytes: usize, said: &mut Vec<Decoded>) {
        let frame: Vec<u8> = self.pending.drain(..bytes.min(self.pending.len())).collect();
        (self.told, self.refused) = (false, 0);
        match self.framing.command(&frame).filter(|command| self.awaiting.is_some_and(|it| it != *command)) {
            Some(command) => said.push(Decoded::Answer(Answer {
                command: Some(command),
                stale: true,
                ok: true,
                fields: vec![("stale", Value::from(true)), ("frame", Value::from(hex(&frame)))],
            })),
            None => said.extend(self.framing.judge(&frame)),
        }
    }
}

fn cut(bytes: usize, of: usize) -> Rejected {
    let reason = format!("frame cut off after {bytes} bytes: expected {of} or more");
    Rejected { kind: RejectKind::Damaged, reason }
}

/// Bytes as upper-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A whole frame that says something impossible.
pub fn absurd(reason: String) -> Decoded {
    Decoded::Rejected(Rejected { kind: RejectKind::Absurd, reason })
}

/// What an answer that is no read says.
pub fn answer(command: Option<u16>, ok: bool, fields: Vec<(&'static str, Value)>) -> Decoded {
    Decoded::Answer(Answer { command, stale: false, ok, fields })
}

#[cfg(test)]
pub(super) mod tests;
