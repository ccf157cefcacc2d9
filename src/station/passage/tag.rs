//! One tag at a gate: how long it has been in view, where it lies, and whether it moves.

use super::{Glimpse, PassageRules, Place};
use crate::domain::id::ReaderId;
use crate::domain::way::{Side, Way};
use crate::time::MonoMs;

/// So much stronger than where it lay, a tag is being carried past, in dB. A shelf tag's reads scatter by about 6.
const RISE_DB: i32 = 10;
/// The means of two sides this far apart in time tell the way. Walking through takes about a second.
const CROSS_MS: u64 = 100;
/// A tag that came near so often and never crossed lies there.
const NEAR_MAX: u8 = 3;
/// Somebody who stands in the gate no longer than so many times `stray_ms` and then goes has passed.
const LOITER_SPANS: u64 = 10;

/// Reads of one side: how many, and the sum of their times.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    reads: u32,
    sum_ms: u128,
}

impl Seen {
    fn add(&mut self, at: MonoMs) {
        self.reads = self.reads.saturating_add(1);
        self.sum_ms += u128::from(at.0);
    }

    fn mean_ms(self) -> Option<u64> {
        u64::try_from(self.sum_ms.checked_div(u128::from(self.reads))?).ok()
    }
}

/// Inside, outside, and where nobody has said which: one of each.
type Zones<T> = [T; 3];

fn zone(side: Option<Side>) -> usize {
    match side {
        Some(Side::Inside) => 0,
        Some(Side::Outside) => 1,
        None => 2,
    }
}

fn at_zone<T>(zones: &mut Zones<T>, side: Option<Side>) -> Option<&mut T> {
    zones.get_mut(zone(side))
}

/// The strongest read of each zone; one that does not say how strong it was counts as the strongest there is.
type Strongest = Zones<Option<i32>>;

fn strengthen(strongest: &mut Strongest, side: Option<Side>, rssi_dbm: Option<i32>) {
    if let Some(zone) = at_zone(strongest, side) {
        *zone = (*zone).max(Some(rssi_dbm.unwrap_or(i32::MAX)));
    }
}

/// Reads that may make a passage.
#[derive(Debug, Clone, Default)]
struct Visit {
    last: MonoMs,
    reads: u32,
    zones: Zones<Seen>,
    strongest: Strongest,
    goes_in: bool,
    goes_out: bool,
    /// Its end was not seen.
    is_cut: bool,
}

impl Visit {
    fn add(&mut self, place: &Place, side: Option<Side>, rssi_dbm: Option<i32>, at: MonoMs) {
        self.last = self.last.max(at);
        self.reads = self.reads.saturating_add(1);
        if let Some(seen) = at_zone(&mut self.zones, side) {
            seen.add(at);
        }
        strengthen(&mut self.strongest, side, rssi_dbm);
        self.goes_in |= place.way == Some(Way::In);
        self.goes_out |= place.way == Some(Way::Out);
    }

    fn saw_both_sides(&self) -> bool {
        let [inside, outside, _] = self.zones;
        inside.reads > 0 && outside.reads > 0
    }

    fn saw(&self, side: Side) -> bool {
        self.zones.get(zone(Some(side))).is_some_and(|seen| seen.reads > 0)
    }

    fn way(&self) -> Option<Way> {
        if self.is_cut {
            return None;
        }
        let [inside, outside, _] = self.zones;
        if let (Some(inside), Some(outside)) = (inside.mean_ms(), outside.mean_ms()) {
            return match (outside.saturating_sub(inside), inside.saturating_sub(outside)) {
                (later, _) if later >= CROSS_MS => Some(Way::Out),
                (_, earlier) if earlier >= CROSS_MS => Some(Way::In),
                _ => None,
            };
        }
        match (self.goes_in, self.goes_out) {
            (true, false) => Some(Way::In),
            (false, true) => Some(Way::Out),
            _ => None,
        }
    }
}

/// What has become of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It has passed.
    Passed(Option<Way>),
    /// Nothing that is over.
    Nothing,
    /// It has been away so long that nothing is known of it any more.
    Forgotten,
}

/// One tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// When this stay began.
    since: MonoMs,
    seen: MonoMs,
    /// The last read that was no stronger than where it lies.
    rested: Option<MonoMs>,
    /// No pause of this stay was long enough for it to be away.
    is_unbroken: bool,
    is_stray: bool,
    /// How often it came near without crossing.
    near: u8,
    /// Which way it passed last, until it has been away.
    passed: Option<Way>,
    /// The strongest reads of the present and the last span of `stray_ms`, and when the present one began.
    strongest: [Strongest; 2],
    span: MonoMs,
    visit: Option<Visit>,
    reader: ReaderId,
}

impl Tag {
    pub fn new(at: MonoMs, reader: &ReaderId) -> Self {
        Self {
            since: at,
            seen: at,
            rested: None,
            is_unbroken: true,
            is_stray: false,
            near: 0,
            passed: None,
            strongest: [[None; 3]; 2],
            span: at,
            visit: None,
            reader: reader.clone(),
        }
    }

    pub fn seen(&self) -> MonoMs {
        self.seen
    }

    pub fn reader(&self) -> &ReaderId {
        &self.reader
    }

    /// Whether it lies in view, as far as is known: it may be silent for a while.
    pub fn lies_there(&self, rules: &PassageRules, now: MonoMs) -> bool {
        self.is_stray && now.since(self.seen) < rules.stray_ms
    }

    /// Its reader sees nothing any more: that it is read no longer says nothing of the tag.
    pub fn cut(&mut self) {
        self.is_unbroken = false;
        if let Some(visit) = &mut self.visit {
            visit.is_cut = true;
        }
    }

    pub fn is_there(&self, rules: &PassageRules, now: MonoMs) -> bool {
        now.since(self.seen) < rules.absent_ms
    }

    pub fn read(
        &mut self,
        (place, glimpse): (&Place, &Glimpse<'_>),
        rules: &PassageRules,
        two_sides: bool,
        at: MonoMs,
    ) {
        self.stay(rules, two_sides, at);
        let (side, rssi_dbm) = (place.sides.of(glimpse.antenna), glimpse.rssi_dbm);
        if self.reader != *glimpse.reader {
            self.reader = glimpse.reader.clone();
        }
        let is_weak = place.rssi_min_dbm.is_some_and(|min| rssi_dbm.is_some_and(|rssi| rssi < min));
        let moves = !self.is_stray || self.rises(side, rssi_dbm);
        if moves && !is_weak {
            self.visit.get_or_insert_default().add(place, side, rssi_dbm, at);
        } else {
            self.rested = self.rested.max(Some(at));
        }
        if !self.is_stray || !moves {
            strengthen(&mut self.strongest[0], side, rssi_dbm);
        }
        // Whatever it did so far was lying there.
        if !self.is_stray && at.since(self.since) > rules.stray_ms {
            self.lies();
        }
    }

    /// A read begins a stay, or goes on with one.
    fn stay(&mut self, rules: &PassageRules, two_sides: bool, at: MonoMs) {
        let pause_ms = at.since(self.seen);
        // At a gate of one side a shelf is told from a passage by nothing but its staying there.
        let forgets_ms = if self.is_stray && !two_sides { rules.stray_ms } else { rules.hold_ms() };
        if pause_ms >= forgets_ms {
            self.begin(at);
        } else if pause_ms >= rules.absent_ms {
            self.is_unbroken = false;
        }
        if at.since(self.span) >= rules.stray_ms {
            self.strongest = [[None; 3], self.strongest[0]];
            self.span = at;
        }
        self.seen = self.seen.max(at);
    }

    /// What lay there, and was not read for a while, has come near often enough.
    fn begin(&mut self, at: MonoMs) {
        if self.is_stray {
            self.near = NEAR_MAX;
        }
        (self.since, self.span, self.is_unbroken) = (at, at, true);
        (self.is_stray, self.passed, self.rested) = (false, None, None);
        self.strongest = [[None; 3]; 2];
    }

    /// Whether a stray is read where it does not lie, or much stronger than it was.
    fn rises(&self, side: Option<Side>, rssi_dbm: Option<i32>) -> bool {
        let rest = |strongest: &Strongest| strongest.get(zone(side)).copied().flatten();
        let [present, last] = &self.strongest;
        match rest(present).max(rest(last)) {
            None => true,
            Some(rest) => rssi_dbm.is_some_and(|rssi| rssi >= rest.saturating_add(RISE_DB)),
        }
    }

    fn lies(&mut self) {
        self.is_stray = true;
        self.rested = Some(self.seen);
        self.visit = None;
        self.passed = None;
    }

    /// When there is something to judge.
    pub fn due(&self, rules: &PassageRules, two_sides: bool) -> MonoMs {
        match &self.visit {
            Some(visit) if self.waits_for_the_other_side(visit, two_sides) => {
                visit.last.plus(rules.hold_ms())
            }
            // What is read on and off is silent now and then, also after a reflection.
            Some(visit) if self.is_stray && !self.is_unbroken => visit.last.plus(rules.hold_ms()),
            Some(visit) => visit.last.plus(rules.absent_ms),
            None if self.loiters(rules) => self.seen.plus(rules.absent_ms),
            None => self.seen.plus(rules.remember_ms()),
        }
    }

    fn waits_for_the_other_side(&self, visit: &Visit, two_sides: bool) -> bool {
        two_sides && !self.is_stray && !visit.saw_both_sides()
    }

    /// Whether it may be carried by somebody who stands there.
    fn loiters(&self, rules: &PassageRules) -> bool {
        let stay_ms = self.seen.since(self.since);
        self.is_stray && self.is_unbroken && stay_ms <= rules.stray_ms.saturating_mul(LOITER_SPANS)
    }

    /// What is over by now.
    pub fn judge(&mut self, rules: &PassageRules, two_sides: bool, now: MonoMs) -> Judged {
        if self.due(rules, two_sides) > now {
            return Judged::Nothing;
        }
        match self.visit.take() {
            Some(visit) if self.is_stray => self.stray_visit(&visit, rules),
            Some(visit) => self.visit(&visit, rules, two_sides),
            None if self.loiters(rules) => self.loitered(two_sides),
            None => Judged::Forgotten,
        }
    }

    fn visit(&mut self, visit: &Visit, rules: &PassageRules, two_sides: bool) -> Judged {
        if visit.reads < rules.reads_min {
            return Judged::Nothing;
        }
        let way = visit.way();
        if two_sides && !visit.saw_both_sides() {
            self.near = self.near.saturating_add(1);
            if self.near >= NEAR_MAX {
                self.lies();
                return Judged::Nothing;
            }
            return Judged::Passed(way);
        }
        // Out twice, and never in between.
        if two_sides && way.is_some() && way == self.passed {
            self.lies();
            return Judged::Nothing;
        }
        (self.passed, self.near) = (way, 0);
        Judged::Passed(way)
    }

    /// A stray moved, unless it lies there still: then that was a reflection, and what it lies like is known better.
    fn stray_visit(&mut self, visit: &Visit, rules: &PassageRules) -> Judged {
        let lies_still = self.rested.is_some_and(|rested| rested > visit.last);
        if visit.reads < rules.reads_min || lies_still {
            for (zone, risen) in self.strongest[0].iter_mut().zip(visit.strongest) {
                *zone = (*zone).max(risen);
            }
            return Judged::Nothing;
        }
        let way = visit.way().or_else(|| self.way_from_rest(visit));
        self.moved(way);
        Judged::Passed(way)
    }

    fn moved(&mut self, way: Option<Way>) {
        self.begin(self.seen);
        (self.near, self.passed) = (0, way);
    }

    /// From the side where it lay to the side where it was seen last.
    fn way_from_rest(&self, visit: &Visit) -> Option<Way> {
        let lay = |side: Side| {
            self.strongest
                .iter()
                .any(|strongest| strongest.get(zone(Some(side))).copied().flatten().is_some())
        };
        match (lay(Side::Inside), lay(Side::Outside)) {
            (true, false) if visit.saw(Side::Outside) => Some(Way::Out),
            (false, true) if visit.saw(Side::Inside) => Some(Way::In),
            _ => None,
        }
    }

    /// It was held in the gate for a while and is gone: at a gate of two sides that both saw it, or at one without sides.
    fn loitered(&mut self, two_sides: bool) -> Judged {
        let [present, last] = self.strongest;
        let seen = |zone: usize| {
            [present, last].iter().any(|strongest| strongest.get(zone).copied().flatten().is_some())
        };
        self.is_unbroken = false;
        if two_sides && !(seen(0) && seen(1)) {
            return Judged::Nothing;
        }
        self.moved(None);
        self.is_unbroken = false;
        Judged::Passed(None)
    }
}
