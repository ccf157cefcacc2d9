//! At a gate: what passes without being scanned by anybody. Nothing changes hands there: it is seen, and told apart.

use std::collections::BTreeSet;

use super::gear::within;
use super::{Decision, Door, held, what};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, NewFact, Passed, Subject};
use crate::domain::id::{AssetId, KitId};
use crate::domain::loaded::{Asset, Kit};
use crate::domain::passing::{LastPassage, Passing, Seen};
use crate::domain::session::Session;
use crate::domain::verdict::{Crossed, Crossing, Members, Passages, Verdict};
use crate::domain::way::Way;

/// Members that make a kit of tags that passed together, where its own label was not read.
const MEMBERS_MIN: usize = 2;

/// Something that passed as one: an asset, or a kit with those of its members that were read.
struct Unit<'a> {
    subject: Subject,
    name: &'a str,
    custody: Option<&'a Custody>,
    seen: Seen,
    members: Vec<(&'a Asset, Seen)>,
    kit: Option<&'a KitId>,
    short: Option<Members>,
}

/// Decides what passed together.
pub(super) fn passed(door: &Door, session: Session) -> Decision {
    let of_found = || Passing::of(&door.loaded.found);
    let passing = door.loaded.passing.as_deref().cloned().unwrap_or_else(of_found);
    let mut units: Vec<Unit> = passing.kits.iter().filter_map(|kit| Unit::of_kit(&passing, kit)).collect();
    let told: BTreeSet<&AssetId> =
        units.iter().flat_map(|unit| unit.members.iter().map(|(member, _)| &member.id)).collect();
    let alone = passing.assets.iter().filter(|asset| !told.contains(&asset.id));
    let alone: Vec<Unit> = alone.map(|asset| Unit::of_asset(&passing, asset)).collect();
    units.extend(alone);
    let (mut crossed, mut facts) = (Vec::new(), Vec::new());
    for unit in units {
        let crossing = crossing(door, &passing, &unit);
        if crossing != Crossing::Again {
            facts.extend(unit.facts());
        }
        crossed.push(Crossed { what: what(&unit.subject, unit.name), crossing, short: unit.short });
    }
    // Steady: among equals they stay in the order of their ids.
    crossed.sort_by_key(|crossed| crossed.crossing);
    let verdict = Passages { crossed, unknown: passing.unknown, badges: passing.badges };
    Decision { verdict: Verdict::Passed(verdict), facts, session }
}

fn crossing(door: &Door, passing: &Passing, unit: &Unit) -> Crossing {
    let of = |subject: &Subject| passing.last.get(subject);
    let last = of(&unit.subject);
    let members = unit.members.iter().map(|(member, _)| of(&Subject::Asset(member.id.clone())));
    let is_again = |last: Option<&LastPassage>| last.is_some_and(|last| is_repeat(door, unit, last));
    if is_again(last) && members.into_iter().all(is_again) {
        return Crossing::Again;
    }
    let left = last.and_then(|last| last.left);
    match (unit.seen.way, held(unit.custody)) {
        (None, _) => Crossing::DirectionUnknown,
        (Some(Way::Out), None) => Crossing::ExitUnauthorised,
        (Some(Way::Out), Some(custody)) => {
            let settles = |ms: i64| (0..=door.rules.house.gate_settle_ms).contains(&ms);
            let left = left.filter(|left| settles(custody.since.since(*left)));
            left.map_or(Crossing::ExitWithLoan, |left| Crossing::ExitBeforeCheckout { left })
        }
        (Some(Way::In), Some(_)) => Crossing::ReturnSeen,
        (Some(Way::In), None) => left.map_or(Crossing::ExitUnnoticed, |left| Crossing::BackFromExit { left }),
    }
}

/// Whether that is what was told just now. A loan that began or ended since makes it news.
fn is_repeat(door: &Door, unit: &Unit, last: &LastPassage) -> bool {
    let since_ms = door.now.utc.since(last.at);
    last.station.as_ref() == Some(&door.rules.station)
        && last.way == unit.seen.way
        && last.authorised == held(unit.custody).is_some()
        && within(since_ms, door.rules.house.gate_repeat_ms.saturating_sub(1))
}

impl<'a> Unit<'a> {
    fn of_asset(passing: &Passing, asset: &'a Asset) -> Self {
        let subject = Subject::Asset(asset.id.clone());
        let seen = passing.seen.get(&subject).cloned().unwrap_or_default();
        let custody = asset.custody.as_ref();
        Self { subject, name: &asset.name, custody, seen, members: Vec::new(), kit: None, short: None }
    }

    /// A kit, where its label was read, or enough of what should be in it.
    fn of_kit(passing: &Passing, kit: &'a Kit) -> Option<Self> {
        let subject = Subject::Kit(kit.id.clone());
        let belongs: Vec<&Asset> = kit.members.iter().filter(|member| is_along(kit, member)).collect();
        let seen_of = |asset: &Asset| passing.seen.get(&Subject::Asset(asset.id.clone())).cloned();
        let members: Vec<(&Asset, Seen)> =
            belongs.iter().filter_map(|member| Some((*member, seen_of(member)?))).collect();
        let missing = belongs
            .iter()
            .filter(|member| passing.readable.contains(&member.id) && seen_of(member).is_none());
        let missing: Vec<String> = missing.map(|member| member.name.clone()).collect();
        let inner = kit.inner.iter().map(|inner| Subject::Kit(inner.id.clone()));
        let mut labels: Vec<Seen> = std::iter::once(subject.clone())
            .chain(inner)
            .filter_map(|of| passing.seen.get(&of).cloned())
            .collect();
        if labels.is_empty() && (members.len() < MEMBERS_MIN || members.len() < missing.len()) {
            return None;
        }
        labels.extend(members.iter().map(|(_, seen)| seen.clone()));
        let along = members.len();
        Some(Self {
            subject,
            name: &kit.name,
            custody: kit.custody.as_ref(),
            seen: together(&labels),
            members,
            kit: Some(&kit.id),
            short: (!missing.is_empty()).then_some(Members { along, missing }),
        })
    }

    fn facts(&self) -> Vec<NewFact> {
        let head = self.fact(self.subject.clone(), self.custody, &self.seen);
        let members = self.members.iter().map(|(member, seen)| {
            // The case goes one way with all that is in it.
            let seen = Seen { way: self.seen.way, ..seen.clone() };
            self.fact(Subject::Asset(member.id.clone()), member.custody.as_ref(), &seen)
        });
        std::iter::once(head).chain(members).collect()
    }

    fn fact(&self, subject: Subject, custody: Option<&Custody>, seen: &Seen) -> NewFact {
        let loan = held(custody);
        let passed = Passed {
            way: seen.way,
            authorised: loan.is_some(),
            person: loan.and_then(|loan| loan.person.clone()),
            production: loan.and_then(|loan| loan.production.clone()),
            booking: loan.and_then(|loan| loan.booking.clone()),
            kit: self.kit.cloned(),
            reader: seen.reader.clone(),
        };
        NewFact { subject, actor: None, body: Body::Passed(passed) }
    }
}

/// Whether a member should be with its case: of one that is out those that went with it, of one that is home those that
/// are home as well.
fn is_along(kit: &Kit, member: &Asset) -> bool {
    let out = held(member.custody.as_ref());
    if held(kit.custody.as_ref()).is_some() {
        return out.is_some_and(|custody| custody.kit.as_ref() == Some(&kit.id));
    }
    let standing = &member.standing;
    let is_gone =
        standing.retired || standing.lost_since.is_some() || kit.standing.missing.contains(&member.id);
    out.is_none() && !is_gone
}

/// One way for all that is in one case: most of it is read well, and the rest says nothing else.
fn together(seen: &[Seen]) -> Seen {
    let count = |way: Way| seen.iter().filter(|seen| seen.way == Some(way)).count();
    let (goes_in, goes_out) = (count(Way::In), count(Way::Out));
    let way = match goes_in.cmp(&goes_out) {
        std::cmp::Ordering::Greater => Some(Way::In),
        std::cmp::Ordering::Less => Some(Way::Out),
        std::cmp::Ordering::Equal => None,
    };
    Seen { way, reader: seen.iter().find_map(|seen| seen.reader.clone()) }
}
