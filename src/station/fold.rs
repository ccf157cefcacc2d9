//! Which reads are one deliberate scan.
//!
//! Text: one trigger, one read; the same again faster than a hand can trigger is the same scan. 125 kHz cards: a module
//! repeats its frame every 65 ms or so while the card lies there, and frames that no card sent pass its checksum. So
//! two equal reads in a row make a scan, and the card must be away before it can make another. 13.56 MHz cards and UHF tags
//! have checks that noise does not pass: the first read makes the scan. Many may lie there at once, each for itself.

use std::collections::BTreeMap;

use crate::time::MonoMs;
use crate::wire::{Carrier, Read};

/// A card not read for so long is away. Modules repeat every 65 ms; a read may fail now and then.
pub const ABSENT_MS: u64 = 300;
/// Two equal reads further apart than this are not "in a row".
pub const IN_A_ROW_MS: u64 = 1_000;
/// Text read again within so long is a burst: no hand triggers twice so fast.
pub const BURST_MS: u64 = 150;
/// The most cards and tags that are known to lie there. With more, the one not seen for longest is forgotten.
pub const LYING_MAX: usize = 1_024;

/// What a read adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// A deliberate scan.
    Scan,
    /// A repeat of the last scan.
    Repeat,
    /// A repeat of a scan before the last: its tag still lies there.
    Lying,
    /// Not yet: it must be read once more.
    Unconfirmed,
}

/// Remembers the last read of one reader.
#[derive(Debug, Clone)]
pub struct Fold {
    burst_ms: u64,
    candidate: Option<(String, MonoMs)>,
    present: Option<(Carrier, String, MonoMs)>,
    /// Cards and tags that made their scan, and when each was seen last.
    lying: BTreeMap<(Carrier, String), MonoMs>,
}

impl Fold {
    /// `repeat_ms` of the station bounds the burst: with 0 every read of text is a scan.
    pub fn new(repeat_ms: u64) -> Self {
        Self { burst_ms: repeat_ms.min(BURST_MS), candidate: None, present: None, lying: BTreeMap::new() }
    }

    /// Takes a read.
    pub fn read(&mut self, read: &Read, at: MonoMs) -> Folded {
        self.forget(at);
        let lay = matches!(read.carrier, Carrier::Hf | Carrier::Uhf) && self.lay(read, at);
        if let Some((carrier, payload, seen)) = &mut self.present
            && *carrier == read.carrier
            && *payload == read.payload
        {
            *seen = at;
            return Folded::Repeat;
        }
        match read.carrier {
            Carrier::Text => self.scan(read, at),
            Carrier::Rfid125 => self.confirm(read, at),
            Carrier::Hf | Carrier::Uhf if lay => Folded::Lying,
            Carrier::Hf | Carrier::Uhf => self.scan(read, at),
        }
    }

    /// Whether this card or tag lay there already. From now on it does.
    fn lay(&mut self, read: &Read, at: MonoMs) -> bool {
        self.lying.retain(|_, seen| at.since(*seen) < ABSENT_MS);
        let lay = self.lying.insert((read.carrier, read.payload.clone()), at).is_some();
        if self.lying.len() > LYING_MAX {
            let oldest = self.lying.iter().min_by_key(|(_, seen)| **seen).map(|(tag, _)| tag.clone());
            oldest.map(|tag| self.lying.remove(&tag));
        }
        lay
    }

    fn confirm(&mut self, read: &Read, at: MonoMs) -> Folded {
        let same =
            |(payload, seen): &(String, MonoMs)| *payload == read.payload && at.since(*seen) <= IN_A_ROW_MS;
        if self.candidate.as_ref().is_some_and(same) {
            return self.scan(read, at);
        }
        self.candidate = Some((read.payload.clone(), at));
        Folded::Unconfirmed
    }

    fn scan(&mut self, read: &Read, at: MonoMs) -> Folded {
        self.candidate = None;
        // With no burst to fold, text is remembered no longer than its own moment.
        let remembered = read.carrier != Carrier::Text || self.burst_ms > 0;
        self.present = remembered.then(|| (read.carrier, read.payload.clone(), at));
        Folded::Scan
    }

    /// Something unreadable came between: the next read is not "in a row" with the last.
    pub fn interrupted(&mut self) {
        self.candidate = None;
    }

    /// Whether the last scan is over at `now`: no more repeats of it will come.
    pub fn forget(&mut self, now: MonoMs) -> bool {
        let over = self.poll_timeout().is_some_and(|until| until <= now);
        if over {
            self.present = None;
        }
        over
    }

    /// When the last scan will be over.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.present.as_ref().map(|(carrier, _, seen)| match carrier {
            Carrier::Text => seen.plus(self.burst_ms),
            Carrier::Rfid125 | Carrier::Hf | Carrier::Uhf => seen.plus(ABSENT_MS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(carrier: Carrier, payload: &str) -> Read {
        Read { carrier, payload: payload.into(), aim: None, terminated: true, fields: Vec::new() }
    }

    fn play(carrier: Carrier, repeat_ms: u64, reads: &[(u64, &str)]) -> Vec<Folded> {
        let mut fold = Fold::new(repeat_ms);
        reads.iter().map(|(at, payload)| fold.read(&read(carrier, payload), MonoMs(*at))).collect()
    }

    #[test]
    fn a_card_counts_from_the_second_read_and_once_until_it_has_been_away() {
        use Folded::{Repeat, Scan, Unconfirmed};
        let reads = [(0, "A"), (65, "A"), (130, "A"), (400, "A"), (800, "A"), (865, "A")];
        assert_eq!(
            play(Carrier::Rfid125, 2000, &reads),
            [Unconfirmed, Scan, Repeat, Repeat, Unconfirmed, Scan]
        );
    }

    #[test]
    fn tags_count_from_the_first_read_and_once_each_until_they_have_been_away() {
        use Folded::{Lying, Repeat, Scan};
        let reads =
            [(0, "A"), (10, "A"), (20, "B"), (30, "A"), (40, "B"), (250, "A"), (360, "B"), (400, "A")];
        let folded = [Scan, Repeat, Scan, Lying, Repeat, Lying, Scan, Lying];
        assert_eq!(play(Carrier::Uhf, 2000, &reads), folded);
        assert_eq!(play(Carrier::Hf, 0, &reads), folded);
    }

    #[test]
    fn more_tags_than_can_be_held_do_not_grow_memory() {
        let mut fold = Fold::new(2000);
        for tag in 0..3_000 {
            assert_eq!(fold.read(&read(Carrier::Uhf, &tag.to_string()), MonoMs(tag / 30)), Folded::Scan);
            assert!(fold.lying.len() <= LYING_MAX);
        }
    }

    #[test]
    fn phantoms_and_two_cards_at_once_make_no_scan() {
        let phantoms = [(0, "A"), (65, "B"), (130, "A"), (195, "B"), (2_000, "B")];
        assert!(play(Carrier::Rfid125, 2000, &phantoms).iter().all(|folded| *folded == Folded::Unconfirmed));
    }

    #[test]
    fn something_unreadable_between_two_reads_breaks_the_row() {
        let mut fold = Fold::new(2000);
        let card = read(Carrier::Rfid125, "A");
        assert_eq!(fold.read(&card, MonoMs(0)), Folded::Unconfirmed);
        fold.interrupted();
        assert_eq!(fold.read(&card, MonoMs(65)), Folded::Unconfirmed);
        assert_eq!(fold.read(&card, MonoMs(130)), Folded::Scan);
    }

    #[test]
    fn text_is_folded_only_faster_than_a_hand_and_never_with_repeat_0() {
        use Folded::{Repeat, Scan};
        let reads = [(0, "A"), (100, "A"), (200, "A"), (400, "A"), (420, "B"), (430, "A")];
        assert_eq!(play(Carrier::Text, 2000, &reads), [Scan, Repeat, Repeat, Scan, Scan, Scan]);
        assert_eq!(play(Carrier::Text, 0, &[(0, "A"), (0, "A"), (1, "A")]), [Scan, Scan, Scan]);
    }
}
