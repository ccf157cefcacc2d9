//! The reading side of one place: from what a decoder says to deliberate scans, and the silences that follow.
//!
//! Pure. A [`lane::Lane`] belongs to a reader: bytes in, deliberate scans out, repeats and bursts folded. [`waits::Waits`]
//! belongs to the daemon: when a session has been silent for too long. Both are told the time and say when they want
//! to be called again (`poll_timeout`). [`lamps::Lamps`] and a lane's feedback make light and sound of verdicts. Who holds the session is in the ledger, not here.

pub mod feedback;
pub mod fold;
pub mod ids;
pub mod lamps;
pub mod lane;
pub mod passage;
mod pattern;
pub mod waits;
