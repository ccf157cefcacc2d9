//! Taps: what readers of the running daemon give, heard by whoever asks, beside the ledger or instead of it.
//!
//! A tap that holds keeps the bytes from the ledger: a scanner that is being learned scans nothing. When it ends in the
//! middle of a scan, the rest of that scan is held back too: half a code is another code.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::control::Tapped;
use crate::domain::id::ReaderId;
use crate::time::MonoMs;

/// Taps at one reader at a time.
const TAPS_MAX: usize = 8;
/// Pieces that may wait for whoever taps. Who is slower is cut off, and told so by the end.
const WAITING_MAX: usize = 1_024;
/// After a tap that held, bytes belong to its last scan until it has been silent for so long, in milliseconds.
const REST_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Reader {
    device: Option<Tapped>,
    taps: Vec<Tap>,
    held_until: Option<MonoMs>,
}

#[derive(Debug)]
struct Tap {
    to: mpsc::Sender<Tapped>,
    holds: bool,
}

/// The taps of all readers.
#[derive(Debug, Default)]
pub struct Taps {
    readers: Mutex<BTreeMap<ReaderId, Reader>>,
}

impl Taps {
    fn readers(&self) -> MutexGuard<'_, BTreeMap<ReaderId, Reader>> {
        // Nothing in here can be left half done.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a tap; it ends when the receiver is dropped. `None` where there are too many already.
    pub fn open(&self, reader: &ReaderId, holds: bool) -> Option<mpsc::Receiver<Tapped>> {
        let mut readers = self.readers();
        let reader = readers.entry(reader.clone()).or_default();
        reader.taps.retain(|tap| !tap.to.is_closed());
        if reader.taps.len() >= TAPS_MAX {
            return None;
        }
        let (to, heard) = mpsc::channel(WAITING_MAX);
        if let Some(device) = &reader.device {
            let _ = to.try_send(device.clone());
        }
        reader.taps.push(Tap { to, holds });
        Some(heard)
    }

    /// A device is there.
    pub fn plugged(&self, reader: &ReaderId, device: String, descriptor: Option<Vec<u8>>) {
        let mut readers = self.readers();
        let reader = readers.entry(reader.clone()).or_default();
        let plugged = Tapped::Plugged { device, descriptor: descriptor.unwrap_or_default() };
        reader.device = Some(plugged.clone());
        reader.tell(&plugged);
    }

    /// The device is gone.
    pub fn unplugged(&self, reader: &ReaderId, reason: String) {
        if let Some(reader) = self.readers().get_mut(reader) {
            reader.device = None;
            reader.held_until = None;
            reader.tell(&Tapped::Unplugged { reason });
        }
    }

    /// Bytes were read.
    pub fn heard(&self, reader: &ReaderId, at: MonoMs, bytes: &[u8]) {
        let mut readers = self.readers();
        let Some(reader) = readers.get_mut(reader) else { return };
        if !reader.taps.is_empty() {
            reader.tell(&Tapped::Bytes { at_ms: at.0, hex: bytes.to_vec() });
        }
        if reader.is_held(at) {
            reader.held_until = Some(at.plus(REST_MS));
        }
    }

    /// Whether what the reader scans now is kept from the ledger.
    pub fn is_held(&self, reader: &ReaderId, now: MonoMs) -> bool {
        self.readers().get(reader).is_some_and(|reader| reader.is_held(now))
    }
}

impl Reader {
    fn is_held(&self, now: MonoMs) -> bool {
        self.taps.iter().any(|tap| tap.holds && !tap.to.is_closed())
            || self.held_until.is_some_and(|until| now < until)
    }

    fn tell(&mut self, tapped: &Tapped) {
        self.taps.retain(|tap| !tap.to.is_closed() && tap.to.try_send(tapped.clone()).is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gun() -> ReaderId {
        ReaderId::parse("gun").unwrap()
    }

    /// Bytes come; whether their scan is held.
    fn is_held(taps: &Taps, at: u64, bytes: &[u8]) -> bool {
        taps.heard(&gun(), MonoMs(at), bytes);
        taps.is_held(&gun(), MonoMs(at))
    }

    #[test]
    fn a_tap_hears_everything_and_only_one_that_holds_keeps_it() {
        let taps = Taps::default();
        assert!(!is_held(&taps, 0, b"A"));
        taps.plugged(&gun(), "tty".to_owned(), None);
        let mut watching = taps.open(&gun(), false).unwrap();
        assert!(!is_held(&taps, 1, b"B"));
        let learning = taps.open(&gun(), true).unwrap();
        assert!(is_held(&taps, 2, b"C"));
        let heard: Vec<Tapped> = std::iter::from_fn(|| watching.try_recv().ok()).collect();
        let bytes = |at_ms, hex: &[u8]| Tapped::Bytes { at_ms, hex: hex.to_vec() };
        let device = Tapped::Plugged { device: "tty".to_owned(), descriptor: vec![] };
        assert_eq!(heard, [device, bytes(1, b"B"), bytes(2, b"C")]);
        drop(learning);
        assert!(is_held(&taps, 900, b"the rest"), "in the middle of a scan");
        assert!(is_held(&taps, 1_800, b"of it"), "which goes on");
        assert!(!is_held(&taps, 2_800, b"D"), "the next scan");
    }

    #[test]
    fn who_is_too_slow_is_cut_off_and_there_are_only_so_many() {
        let taps = Taps::default();
        let mut slow = taps.open(&gun(), true).unwrap();
        for at in 0..=u64::try_from(WAITING_MAX).unwrap() {
            taps.heard(&gun(), MonoMs(at), b"x");
        }
        let heard = std::iter::from_fn(|| slow.try_recv().ok()).count();
        assert_eq!((heard, slow.try_recv()), (WAITING_MAX, Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(!is_held(&taps, 10_000, b"x"), "nobody holds any more");
        let open: Vec<_> = (0..TAPS_MAX).map(|_| taps.open(&gun(), false).unwrap()).collect();
        assert!(taps.open(&gun(), false).is_none());
        drop(open);
        assert!(taps.open(&gun(), false).is_some());
    }
}
