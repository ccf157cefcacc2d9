//! What has passed a gate, and which way: a tag that appears, is there for a moment and goes away.
//!
//! - **Way.** A reader that sees one lane has a `way`. A gate with two sides (readers, or antennas of one) tells it by order:
//!   the mean time of the reads inside against that of the reads outside. Reads in any order give the same. Otherwise it
//!   is not known.
//! - **One side only.** At a gate of two sides a tag that one side alone has read may have turned round, or was hidden from
//!   the other: it waits for the other side for a third of `stray_ms`, and has then passed some way that is not known.
//! - **Strays.** A tag that is read on and off for longer than `stray_ms` lies on a shelf in view, and so does one that came
//!   near three times and never crossed. It has passed only when it moves: a side reads it on which it was not lying, or
//!   reads it 10 dB stronger than before, and then it is gone. Weak reads (`rssi_min_dbm`) make a tag known, and
//!   never a passage. Somebody who stands in the gate for longer than `stray_ms` and goes has passed, way unknown.
//! - **What this cannot tell.** A shelf that both sides see now and then looks like somebody passing, once: the second time
//!   the same way is against nature, and the tag is a stray. At a gate of one reader a shelf that is read with pauses looks
//!   like that until `stray_ms` is over. Turn the antennas, or set `rssi_min_dbm`.
//! - **Groups.** Passages that end within `group_ms` of each other are one group, of at most 256 tags and four times
//!   `group_ms`.
//!
//! At most 4,096 tags are known at a time; with more, the one not read for longest is forgotten and counted.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::domain::id::ReaderId;
use crate::domain::passing::PassedTag;
use crate::domain::way::{Side, Sides, Way};
use crate::time::MonoMs;
use crate::wire::Read;

mod tag;
use tag::{Judged, Tag};

/// The most tags that are known at a time.
pub const TAGS_MAX: usize = 4_096;
/// The most tags of one group.
pub const GROUP_TAGS_MAX: usize = 256;
/// A group that never pauses ends after so many times `group_ms`.
const GROUP_SPANS_MAX: u64 = 4;
/// A tag of a gate that is not read for so long is away, where its readers say nothing else.
pub const ABSENT_MS: u64 = 1_500;
/// A tag counts after so many reads, where its readers say nothing else: one alone is made up by noise.
pub const READS_MIN: u32 = 2;
/// Tags are looked through at most so often.
const SWEEP_MS: u64 = 50;

/// What is known of one reader of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Which way everything goes that it reads.
    pub way: Option<Way>,
    /// On which side it sees.
    pub sides: Sides,
    /// Weaker reads are no passage.
    pub rssi_min_dbm: Option<i32>,
}

/// What passages are judged by. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageRules {
    /// A tag not read for so long is away.
    pub absent_ms: u64,
    /// A tag counts after so many reads.
    pub reads_min: u32,
    /// A tag that is read on and off for longer lies in view.
    pub stray_ms: u64,
    /// Passages that end within so long of each other are one group.
    pub group_ms: u64,
    /// The readers of the gate. One that is not named has no way and no side.
    pub readers: BTreeMap<ReaderId, Place>,
}

impl PassageRules {
    /// A tag that one side alone has read waits so long for the other, and a stay that is interrupted for so long is over.
    fn hold_ms(&self) -> u64 {
        (self.stray_ms / 3).max(self.absent_ms)
    }

    /// What lay in view is remembered for so long after its last read; what came near, too.
    fn remember_ms(&self) -> u64 {
        self.stray_ms.saturating_mul(10)
    }

    /// Whether it sees both sides.
    fn has_two_sides(&self) -> bool {
        let has = |side: Side| self.readers.values().any(|place| place.sides.has(side));
        has(Side::Inside) && has(Side::Outside)
    }
}

/// One read of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// The reader.
    pub reader: &'a ReaderId,
    /// The tag, as read.
    pub tag: &'a str,
    /// Which of its antennas, where it says so.
    pub antenna: Option<u8>,
    /// How strong, where it says so in dBm.
    pub rssi_dbm: Option<i32>,
}

impl<'a> Glimpse<'a> {
    /// What a read of this reader says.
    pub fn of(reader: &'a ReaderId, read: &'a Read) -> Self {
        let antenna = read.fields.iter().find(|(name, _)| *name == "antenna");
        let antenna = antenna.and_then(|(_, value)| match value.as_str() {
            // ThingMagic modules name the antenna that sent and the one that heard, a hex digit each.
            Some(both) => u8::from_str_radix(both, 16).ok().map(|both| both & 0x0f),
            None => u8::try_from(value.as_u64()?).ok(),
        });
        Self { reader, tag: &read.payload, antenna, rssi_dbm: read.rssi_dbm() }
    }
}

/// What a gate has seen since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PassageCounts {
    /// Tags that are in view now.
    pub there: u32,
    /// Tags that lie in view: a shelf that the antennas see.
    pub strays: u32,
    /// Passages.
    pub passed: u64,
    /// Of these, those of which the way is not known.
    pub uncertain: u64,
    /// Tags that were forgotten because too many were in view at once.
    pub forgotten: u64,
}

/// The passages of one gate.
#[derive(Debug, Clone)]
pub struct Passages {
    rules: PassageRules,
    two_sides: bool,
    tags: BTreeMap<String, Tag>,
    sweep: Option<MonoMs>,
    open: Option<Open>,
    ready: VecDeque<Vec<PassedTag>>,
    counts: PassageCounts,
}

/// A group that may still grow.
#[derive(Debug, Clone)]
struct Open {
    tags: Vec<PassedTag>,
    first: MonoMs,
    last: MonoMs,
}

impl Passages {
    /// A gate that has read nothing yet.
    pub fn new(rules: PassageRules) -> Self {
        Self {
            two_sides: rules.has_two_sides(),
            rules,
            tags: BTreeMap::new(),
            sweep: None,
            open: None,
            ready: VecDeque::new(),
            counts: PassageCounts::default(),
        }
    }

    /// Takes one read. Times of several readers may be a moment out of order.
    pub fn read(&mut self, glimpse: &Glimpse<'_>, at: MonoMs) {
        if !self.tags.contains_key(glimpse.tag) {
            self.make_room();
        }
        let nowhere = Place::default();
        let place = self.rules.readers.get(glimpse.reader).unwrap_or(&nowhere);
        let tag = self.tags.entry(glimpse.tag.to_owned()).or_insert_with(|| Tag::new(at, glimpse.reader));
        tag.read((place, glimpse), &self.rules, self.two_sides, at);
        let due = at.plus(self.rules.absent_ms.max(SWEEP_MS));
        self.sweep = Some(self.sweep.map_or(due, |sweep| sweep.min(due)));
    }

    /// A reader is gone: what it had in view did not go anywhere by that.
    pub fn interrupted(&mut self, reader: &ReaderId) {
        self.tags.values_mut().filter(|tag| tag.reader() == reader).for_each(Tag::cut);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: MonoMs) {
        if self.sweep.is_some_and(|sweep| sweep <= now) {
            self.look_through(now);
        }
        let is_over = |open: &Open| {
            let spans = self.rules.group_ms.saturating_mul(GROUP_SPANS_MAX);
            now >= open.last.plus(self.rules.group_ms) || now >= open.first.plus(spans)
        };
        if self.open.as_ref().is_some_and(is_over) {
            self.close();
        }
    }

    /// The next group that is whole.
    pub fn poll(&mut self) -> Option<Vec<PassedTag>> {
        self.ready.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        let open = self.open.as_ref().map(|open| {
            let spans = self.rules.group_ms.saturating_mul(GROUP_SPANS_MAX);
            open.last.plus(self.rules.group_ms).min(open.first.plus(spans))
        });
        self.sweep.into_iter().chain(open).min()
    }

    /// What it has seen. What is in view is as of the last time that the tags were looked through.
    pub fn counts(&self) -> PassageCounts {
        self.counts
    }

    /// Ends what can be ended, and notes when to look again.
    fn look_through(&mut self, now: MonoMs) {
        let Self { rules, two_sides, tags, .. } = self;
        let mut passed = Vec::new();
        let (mut there, mut strays, mut next) = (0, 0, None::<MonoMs>);
        tags.retain(|name, tag| {
            match tag.judge(rules, *two_sides, now) {
                Judged::Passed(way) => {
                    passed.push(PassedTag { tag: name.clone(), way, reader: Some(tag.reader().clone()) });
                }
                Judged::Nothing => {}
                Judged::Forgotten => return false,
            }
            there += u32::from(tag.is_there(rules, now));
            strays += u32::from(tag.lies_there(rules, now));
            let due = tag.due(rules, *two_sides).max(now.plus(SWEEP_MS));
            next = Some(next.map_or(due, |next| next.min(due)));
            true
        });
        (self.counts.there, self.counts.strays, self.sweep) = (there, strays, next);
        passed.into_iter().for_each(|passed| self.pass(passed, now));
    }

    fn pass(&mut self, passed: PassedTag, now: MonoMs) {
        self.counts.passed += 1;
        self.counts.uncertain += u64::from(passed.way.is_none());
        let is_twice = |open: &Open| open.tags.iter().any(|before| before.tag == passed.tag);
        if self.open.as_ref().is_some_and(|open| open.tags.len() >= GROUP_TAGS_MAX || is_twice(open)) {
            self.close();
        }
        let open = self.open.get_or_insert_with(|| Open { tags: Vec::new(), first: now, last: now });
        open.tags.push(passed);
        open.last = now;
    }

    fn close(&mut self) {
        self.ready.extend(self.open.take().map(|open| open.tags));
    }

    fn make_room(&mut self) {
        if self.tags.len() < TAGS_MAX {
            return;
        }
        let oldest = self.tags.iter().min_by_key(|(_, tag)| tag.seen()).map(|(name, _)| name.clone());
        if oldest.is_some_and(|oldest| self.tags.remove(&oldest).is_some()) {
            self.counts.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests;
