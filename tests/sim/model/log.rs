//! All that happened, one after the other. What is so now is found by going through it from the beginning, without
//! what was taken back.

use std::collections::{BTreeMap, BTreeSet};

use super::super::studio::STOCKS;

/// What a movement is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Going {
    pub person: Option<String>,
    pub due_ms: Option<i64>,
    pub booking: Option<String>,
    pub production: Option<String>,
    pub kit: Option<String>,
    pub confirmed_by: Option<String>,
    pub overrides: BTreeSet<&'static str>,
    pub count: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    CheckedOut(Going),
    HandedOver(Going),
    Returned(Going),
    Extended(Going),
    Sighted,
    Taken(Going),
    Brought(Going),
    Counted(u32),
    Condition(&'static str),
    Job {
        blocks: bool,
        because: Option<&'static str>,
    },
    /// Every job that was open then.
    JobsDone(Vec<usize>),
    Lost,
    /// By when, and for which production, where for one.
    Recalled(i64, Option<String>),
    RecallWithdrawn,
    Tagged(String),
    Annulled,
    Booked,
    Cancelled,
    /// Which way, whether somebody had it, and for what.
    Passed(Option<&'static str>, bool, Going),
    Entered(&'static str, Going),
    /// Whether nobody saw them come.
    Left(&'static str, bool, Going),
}

impl What {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CheckedOut(_) => "checked-out",
            Self::HandedOver(_) => "handed-over",
            Self::Returned(_) => "returned",
            Self::Extended(_) => "extended",
            Self::Sighted => "sighted",
            Self::Taken(_) => "stock-taken",
            Self::Brought(_) => "stock-returned",
            Self::Counted(_) => "stock-counted",
            Self::Condition(_) => "condition-noted",
            Self::Job { .. } => "maintenance-opened",
            Self::JobsDone(_) => "maintenance-closed",
            Self::Lost => "marked-lost",
            Self::Recalled(..) => "recalled",
            Self::RecallWithdrawn => "recall-withdrawn",
            Self::Tagged(_) => "tag-assigned",
            Self::Annulled => "annulled",
            Self::Booked => "booking-made",
            Self::Cancelled => "booking-cancelled",
            Self::Passed(..) => "passed",
            Self::Entered(..) => "person-entered",
            Self::Left(..) => "person-left",
        }
    }

    pub fn going(&self) -> Option<&Going> {
        match self {
            Self::CheckedOut(going)
            | Self::HandedOver(going)
            | Self::Returned(going)
            | Self::Extended(going)
            | Self::Taken(going)
            | Self::Brought(going)
            | Self::Passed(_, _, going)
            | Self::Entered(_, going)
            | Self::Left(_, _, going) => Some(going),
            _ => None,
        }
    }

    /// It changes who holds a thing, or until when.
    pub fn moves(&self) -> bool {
        matches!(self.kind(), "checked-out" | "returned" | "handed-over" | "extended")
    }

    fn notes(&self) -> bool {
        matches!(
            self.kind(),
            "stock-taken" | "stock-returned" | "condition-noted" | "maintenance-opened" | "tag-assigned"
        )
    }

    /// UNDO takes it back.
    pub fn can_be_undone(&self) -> bool {
        self.moves() || self.notes()
    }

    /// What was noted before it can no longer be taken back.
    fn overlays(&self) -> bool {
        self.notes() || matches!(self.kind(), "stock-counted" | "maintenance-closed" | "tag-released")
    }
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub scan: String,
    pub station: String,
    pub actor: Option<String>,
    pub at_ms: i64,
    pub thing: String,
    pub what: What,
    pub undone: bool,
}

/// Who has a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub going: Going,
    pub due_ms: i64,
}

/// The state of a thing.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub condition: Option<&'static str>,
    pub lost: bool,
    /// For which production, where for one.
    pub recall: Option<Option<String>>,
    pub wanted_by_ms: i64,
    /// The entry, whether it keeps the thing in, what opened it.
    pub jobs: Vec<(usize, bool, Option<&'static str>)>,
}

impl State {
    pub fn blocked(&self) -> bool {
        self.jobs.iter().any(|(_, blocks, _)| *blocks)
    }
}

/// Pieces out to somebody for something.
#[derive(Debug, Clone)]
pub struct Pieces {
    pub person: String,
    pub production: String,
    pub booking: String,
    pub count: u32,
    pub since_ms: i64,
    pub due_ms: i64,
}

/// A shelf as it stands.
#[derive(Debug, Clone)]
pub struct Shelf {
    pub lent: bool,
    pub count: u32,
    pub out: Vec<Pieces>,
    /// Of what is consumed: pieces that each booking had.
    pub had: BTreeMap<String, u32>,
}

impl Shelf {
    pub fn out_pieces(&self) -> u32 {
        self.out.iter().map(|pieces| pieces.count).sum()
    }

    pub fn available(&self) -> u32 {
        if self.lent { self.count.saturating_sub(self.out_pieces()) } else { self.count }
    }

    fn lend(&mut self, at_ms: i64, going: &Going) {
        let text = |of: &Option<String>| of.clone().unwrap_or_default();
        let (person, production, booking) =
            (text(&going.person), text(&going.production), text(&going.booking));
        let (count, due_ms) = (going.count.unwrap_or(1), going.due_ms.unwrap_or(i64::MAX));
        let same = |pieces: &&mut Pieces| {
            (&pieces.person, &pieces.production, &pieces.booking) == (&person, &production, &booking)
        };
        match self.out.iter_mut().find(same) {
            Some(pieces) => (pieces.count, pieces.due_ms) = (pieces.count + count, due_ms),
            None => self.out.push(Pieces { person, production, booking, count, since_ms: at_ms, due_ms }),
        }
    }

    /// First off what that person took for nothing else, then off what they took, then off the oldest.
    fn take_back(&mut self, going: &Going) {
        let person = going.person.clone().unwrap_or_default();
        let mut left = going.count.unwrap_or(1);
        self.out.sort_by_key(|pieces| {
            let theirs = pieces.person == person;
            let plain = pieces.booking.is_empty() && pieces.production.is_empty();
            let key = (pieces.person.clone(), pieces.production.clone(), pieces.booking.clone());
            (!(theirs && plain), !theirs, pieces.since_ms, key)
        });
        for pieces in &mut self.out {
            let back = left.min(pieces.count);
            (pieces.count, left) = (pieces.count - back, left - back);
        }
        self.out.retain(|pieces| pieces.count > 0);
    }
}

#[derive(Debug, Default)]
pub struct Log {
    all: Vec<Entry>,
    /// The numbers of what was said of each thing.
    by_thing: BTreeMap<String, Vec<usize>>,
}

impl Log {
    pub fn add(&mut self, entry: Entry) -> &Entry {
        self.by_thing.entry(entry.thing.clone()).or_default().push(self.all.len());
        self.all.push(entry);
        self.all.last().unwrap()
    }

    /// What stands of a thing, oldest first, with its number.
    fn of(&self, thing: &str) -> impl DoubleEndedIterator<Item = (usize, &Entry)> + use<'_> {
        let numbers = self.by_thing.get(thing).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().map(|number| (*number, &self.all[*number])).filter(|(_, entry)| !entry.undone)
    }

    /// What stands of a thing, oldest first.
    pub fn standing(&self, thing: &str) -> impl Iterator<Item = &Entry> + use<'_> {
        self.of(thing).map(|(_, entry)| entry)
    }

    /// When whoever has a thing got it.
    pub fn out_since(&self, thing: &str) -> Option<i64> {
        let gets = |entry: &&Entry| matches!(entry.what.kind(), "checked-out" | "handed-over");
        self.of(thing).rev().map(|(_, entry)| entry).find(gets).map(|entry| entry.at_ms)
    }

    /// The last movement of a thing that stands.
    pub fn last(&self, thing: &str) -> Option<&Entry> {
        self.of(thing).rev().map(|(_, entry)| entry).find(|entry| entry.what.moves())
    }

    /// The newest that was ever said of a thing, taken back or not.
    pub fn newest(&self, thing: &str) -> Option<&Entry> {
        self.by_thing.get(thing)?.last().map(|number| &self.all[*number])
    }

    pub fn held(&self, thing: &str) -> Option<Held> {
        let mut held: Option<Held> = None;
        for (_, entry) in self.of(thing) {
            match &entry.what {
                What::CheckedOut(going) | What::HandedOver(going) => {
                    held = Some(Held { going: going.clone(), due_ms: going.due_ms.unwrap_or(i64::MAX) });
                }
                What::Returned(_) => held = None,
                What::Extended(going) => {
                    if let (Some(held), Some(due_ms)) = (&mut held, going.due_ms) {
                        held.due_ms = due_ms;
                    }
                }
                _ => {}
            }
        }
        held
    }

    pub fn state(&self, thing: &str) -> State {
        let mut state = State::default();
        for (number, entry) in self.of(thing) {
            match &entry.what {
                What::Returned(_) => (state.recall, state.lost) = (None, false),
                What::Condition(condition) => {
                    state.condition = Some(condition).copied().filter(|condition| *condition != "ok");
                }
                What::Job { blocks, because } => state.jobs.push((number, *blocks, *because)),
                What::JobsDone(done) => {
                    state.jobs.retain(|(number, ..)| !done.contains(number));
                    state.condition = state.condition.filter(|_| !state.jobs.is_empty());
                }
                What::Lost => state.lost = true,
                What::HandedOver(going) => {
                    let filled = state
                        .recall
                        .as_ref()
                        .is_some_and(|wanted| wanted.is_some() && *wanted == going.production);
                    (state.recall, state.lost) = (state.recall.filter(|_| !filled), false);
                }
                What::Recalled(by_ms, wanted_for) => {
                    (state.recall, state.wanted_by_ms) = (Some(wanted_for.clone()), *by_ms)
                }
                What::RecallWithdrawn => state.recall = None,
                what if what.moves() || matches!(what, What::Sighted | What::Passed(..)) => {
                    state.lost = false
                }
                _ => {}
            }
        }
        state
    }

    pub fn shelf(&self, thing: &str) -> Shelf {
        let (_, count, lent) = STOCKS.iter().find(|(id, ..)| thing == format!("stock/{id}")).unwrap();
        let mut shelf = Shelf { lent: *lent, count: *count, out: Vec::new(), had: BTreeMap::new() };
        for (_, entry) in self.of(thing) {
            match &entry.what {
                What::Taken(going) if *lent => shelf.lend(entry.at_ms, going),
                What::Taken(going) => {
                    let pieces = going.count.unwrap_or(1);
                    shelf.count = shelf.count.saturating_sub(pieces);
                    *shelf.had.entry(going.booking.clone().unwrap_or_default()).or_default() += pieces;
                }
                What::Brought(going) if *lent => shelf.take_back(going),
                What::Brought(going) => shelf.count += going.count.unwrap_or(1),
                What::Counted(count) => shelf.count = *count,
                _ => {}
            }
        }
        shelf
    }

    /// What a code was learned for.
    pub fn tagged(&self, code: &str) -> BTreeSet<String> {
        let things = self.of(code).filter_map(|(_, entry)| match &entry.what {
            What::Tagged(thing) => Some(thing.clone()),
            _ => None,
        });
        things.collect()
    }

    /// Who holds what.
    pub fn holders(&self) -> BTreeMap<String, Option<String>> {
        let held = |thing: &String| Some((thing.clone(), self.held(thing)?.going.person));
        self.by_thing.keys().filter_map(held).collect()
    }

    /// Things that are out.
    pub fn all_held(&self) -> Vec<(String, Held)> {
        let held = |thing: &String| Some((thing.clone(), self.held(thing)?));
        self.by_thing.keys().filter_map(held).collect()
    }

    /// The things that a scan did something to that can be taken back; why not, where it is too late.
    pub fn undoable(&self, scan: &str) -> Result<Vec<String>, &'static str> {
        let mut things: Vec<String> = Vec::new();
        let mine = |entry: &&Entry| entry.scan == scan && entry.what.can_be_undone() && !entry.undone;
        for entry in self.all.iter().filter(mine) {
            if !things.contains(&entry.thing) {
                things.push(entry.thing.clone());
            }
        }
        if things.is_empty() {
            return Err("nothing-to-undo");
        }
        let moved_since = |thing: &String| {
            let mine = self.all.iter().any(|entry| {
                entry.scan == scan && entry.thing == *thing && entry.what.moves() && !entry.undone
            });
            mine && self.last(thing).is_some_and(|last| last.scan != scan)
        };
        let noted_since = |thing: &String| {
            let of_scan = |(_, entry): &(usize, &Entry)| entry.scan == scan && entry.what.notes();
            let first = self.of(thing).find(of_scan).map(|(number, _)| number);
            let later = |(number, entry): (usize, &Entry)| {
                Some(number) > first && entry.what.overlays() && entry.scan != scan
            };
            first.is_some() && self.of(thing).any(later)
        };
        let late = things.iter().any(|thing| moved_since(thing) || noted_since(thing));
        if late { Err("undo-too-late") } else { Ok(things) }
    }

    pub fn take_back(&mut self, scan: &str) {
        let mine = |entry: &&mut Entry| entry.scan == scan && entry.what.can_be_undone();
        self.all.iter_mut().filter(mine).for_each(|entry| entry.undone = true);
    }
}
