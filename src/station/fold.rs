//! Which reads are one deliberate scan.
//!
//! Text: one trigger, one read; the same again faster than a hand can trigger is the same scan. 125 kHz cards: a module
//! repeats its frame every 65 ms or so while the card lies there, and frames that no card sent pass its checksum. So
//! two equal reads in a row make a scan, and the card must be away before it can make another. 13.56 MHz cards and UHF tags
//! have checks that noise does not pass, and many may lie there at once, each for itself. A UHF tag that somebody carries
//! past is caught by one stray read: it counts from the second. So does a 13.56 MHz card at a reader that is asked.

use std::collections::BTreeMap;

use crate::time::MonoMs;
use crate::wire::{Carrier, Read};

/// Two equal reads further apart than this are not "in a row".
pub const IN_A_ROW_MS: u64 = 1_000;
/// Text read again within so long is a burst: no hand triggers twice so fast.
pub const BURST_MS: u64 = 150;
/// The most cards and tags that are known to lie there. With more, the one not seen for longest is forgotten.
pub const LYING_MAX: usize = 1_024;

/// What one reader's reads are folded by. What is not said has a default for each carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FoldRules {
    /// The station's `repeat_ms`; it bounds the burst of text: with 0 every read of text is a scan.
    pub repeat_ms: u64,
    /// A card or tag not read for so long is away.
    pub absent_ms: Option<u64>,
    /// A tag counts after so many reads, each within `absent_ms` of the one before.
    pub reads_min: Option<u32>,
    /// Reads that are weaker make no scan. A reader that does not say how strong they are is not held to it.
    pub rssi_min_dbm: Option<i32>,
}

impl FoldRules {
    /// The rules of a reader of which nothing is said, at a station with that `repeat_ms`.
    pub fn of(repeat_ms: u64) -> Self {
        Self { repeat_ms, ..Self::default() }
    }

    /// The same for a reader that is asked. It is asked again at once, so a second read costs a moment; and a weak field
    /// shifts the longer numbers of 13.56 MHz cards without an error, hardly ever twice alike.
    pub fn asked(self) -> Self {
        Self { reads_min: self.reads_min.or(Some(2)), ..self }
    }

    /// A tag that lies there is missed now and then: 125 kHz modules repeat every 65 ms, a PN532 is asked a few times a
    /// second, and UHF tags hide behind one another for seconds.
    fn absent_ms(&self, carrier: Carrier) -> u64 {
        self.absent_ms.unwrap_or(match carrier {
            Carrier::Text | Carrier::Rfid125 => 300,
            Carrier::Hf => 600,
            Carrier::Uhf => 3_000,
        })
    }

    fn reads_min(&self, carrier: Carrier) -> u32 {
        self.reads_min.unwrap_or(if carrier == Carrier::Uhf { 2 } else { 1 })
    }

    fn is_weak(&self, read: &Read) -> bool {
        self.rssi_min_dbm.is_some_and(|min| read.rssi_dbm().is_some_and(|rssi| rssi < min))
    }
}

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
    /// Too weak to be meant.
    Weak,
}

/// A card or tag that lies there.
#[derive(Debug, Clone, Copy)]
struct Lying {
    seen: MonoMs,
    reads: u32,
}

/// Remembers the last read of one reader, and the tags that lie there.
#[derive(Debug, Clone)]
pub struct Fold {
    rules: FoldRules,
    candidate: Option<(String, MonoMs)>,
    present: Option<(Carrier, String, MonoMs)>,
    lying: BTreeMap<(Carrier, String), Lying>,
    /// When those that have gone are next forgotten.
    sweep: MonoMs,
}

impl Fold {
    /// A reader that has read nothing yet.
    pub fn new(rules: FoldRules) -> Self {
        let (lying, sweep) = (BTreeMap::new(), MonoMs::default());
        Self { rules, candidate: None, present: None, lying, sweep }
    }

    /// Takes a read.
    pub fn read(&mut self, read: &Read, at: MonoMs) -> Folded {
        self.forget(at);
        let reads = match read.carrier {
            Carrier::Hf | Carrier::Uhf => self.lay(read, at),
            Carrier::Text | Carrier::Rfid125 => None,
        };
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
            Carrier::Hf | Carrier::Uhf => self.counted(read, reads, at),
        }
    }

    /// How often this card or tag was read since it came, this time included; `None` for one too weak to have come.
    fn lay(&mut self, read: &Read, at: MonoMs) -> Option<u32> {
        let absent_ms = self.rules.absent_ms(read.carrier);
        let is_there = |lying: &Lying| at.since(lying.seen) < absent_ms;
        if self.sweep <= at {
            self.lying.retain(|_, lying| is_there(lying));
            self.sweep = at.plus(absent_ms);
        }
        let tag = (read.carrier, read.payload.clone());
        let reads = self.lying.get(&tag).filter(|lying| is_there(lying)).map_or(0, |lying| lying.reads);
        let counted = if self.rules.is_weak(read) { reads } else { reads.saturating_add(1) };
        if counted > 0 {
            self.lying.insert(tag, Lying { seen: at, reads: counted });
        }
        if self.lying.len() > LYING_MAX {
            let oldest = self.lying.iter().min_by_key(|(_, lying)| lying.seen).map(|(tag, _)| tag.clone());
            oldest.map(|tag| self.lying.remove(&tag));
        }
        (counted > reads).then_some(counted)
    }

    fn counted(&mut self, read: &Read, reads: Option<u32>, at: MonoMs) -> Folded {
        let min = self.rules.reads_min(read.carrier);
        match reads {
            None => Folded::Weak,
            Some(reads) if reads < min => Folded::Unconfirmed,
            Some(reads) if reads == min => self.scan(read, at),
            Some(_) => Folded::Lying,
        }
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
        let remembered = read.carrier != Carrier::Text || self.burst_ms() > 0;
        self.present = remembered.then(|| (read.carrier, read.payload.clone(), at));
        Folded::Scan
    }

    fn burst_ms(&self) -> u64 {
        self.rules.repeat_ms.min(BURST_MS)
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
            Carrier::Text => seen.plus(self.burst_ms()),
            carrier => seen.plus(self.rules.absent_ms(*carrier)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(carrier: Carrier, payload: &str) -> Read {
        Read { carrier, payload: payload.into(), aim: None, terminated: true, fields: Vec::new() }
    }

    fn rules(repeat_ms: u64) -> FoldRules {
        FoldRules { reads_min: Some(1), absent_ms: Some(300), ..FoldRules::of(repeat_ms) }
    }

    fn heard(payload: &str, rssi_dbm: i32) -> Read {
        Read { fields: vec![("rssi_dbm", rssi_dbm.into())], ..read(Carrier::Uhf, payload) }
    }

    #[test]
    fn a_uhf_tag_counts_from_the_second_read_and_stays_one_visit_through_gaps() {
        use Folded::{Repeat, Scan, Unconfirmed};
        let mut fold = Fold::new(FoldRules::of(2000));
        let reads = [(0, Unconfirmed), (20, Scan), (2_900, Repeat), (5_800, Repeat), (9_000, Unconfirmed)];
        for (at, folded) in reads {
            assert_eq!(fold.read(&read(Carrier::Uhf, "A"), MonoMs(at)), folded, "at {at}");
        }
    }

    #[test]
    fn weak_reads_make_no_scan_and_keep_a_tag_that_lies_there() {
        use Folded::{Repeat, Scan, Weak};
        let mut fold = Fold::new(FoldRules { rssi_min_dbm: Some(-60), ..rules(2000) });
        for (at, rssi, folded) in [
            (0, -61, Weak),
            (10, -80, Weak),
            (20, -60, Scan),
            (200, -75, Repeat),
            (450, -75, Repeat),
            (700, -50, Repeat),
        ] {
            assert_eq!(fold.read(&heard("A", rssi), MonoMs(at)), folded, "at {at}");
        }
        assert_eq!(fold.read(&read(Carrier::Uhf, "B"), MonoMs(710)), Scan, "it does not say how strong");
    }

    fn play(carrier: Carrier, repeat_ms: u64, reads: &[(u64, &str)]) -> Vec<Folded> {
        let mut fold = Fold::new(rules(repeat_ms));
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
        let mut fold = Fold::new(rules(2000));
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
    fn numbers_that_noise_makes_up_at_a_uhf_reader_or_one_that_is_asked_make_no_scan() {
        let made_up = |carrier, n: u64| read(carrier, &format!("{n:08X}"));
        let settings = [
            (Carrier::Uhf, FoldRules::of(2_000)),
            (Carrier::Hf, FoldRules { reads_min: Some(2), ..FoldRules::of(2_000) }),
        ];
        for (carrier, rules) in settings {
            let mut fold = Fold::new(rules);
            let folded = (0..500).map(|n| fold.read(&made_up(carrier, n), MonoMs(n * 40)));
            assert!(folded.into_iter().all(|folded| folded == Folded::Unconfirmed), "{carrier:?}");
            // One that comes again only after the time in which a tag has been away is made up anew.
            assert_eq!(fold.read(&made_up(carrier, 0), MonoMs(60_000)), Folded::Unconfirmed);
            assert_eq!(fold.read(&made_up(carrier, 0), MonoMs(60_050)), Folded::Scan);
        }
    }

    #[test]
    fn something_unreadable_between_two_reads_breaks_the_row() {
        let mut fold = Fold::new(rules(2000));
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
