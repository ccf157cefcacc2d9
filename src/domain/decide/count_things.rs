//! What a count comes upon: where it belongs, who should have it, whether it was missed.
//!
//! The label of a case counts the case. Its members are counted by their own labels, or by a roll-call: what is in a case
//! is not known by its outside.

use super::count_at::{begun, count, joined, refusal, target};
use super::moves::Group;
use super::{Decision, Door, answer, back, held, several, what, who_id};
use crate::domain::count::{CountedBefore, Counting, Tally};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, CountedAs, Movement, NewFact, StockCounted, StockUse, Subject};
use crate::domain::id::{CountId, RoomId};
use crate::domain::loaded::{Asset, Burst, Found, Kit, Loaded, Standing, Stock};
use crate::domain::person::Person;
use crate::domain::policy::Answerer;
use crate::domain::session::{Mode, Question, Session};
use crate::domain::verdict::{CountSaid, Verdict, What};

/// One thing that was read.
struct Item<'a> {
    subject: Subject,
    name: &'a str,
    custody: Option<&'a Custody>,
    holder: Option<&'a Person>,
    standing: &'a Standing,
    home: Option<(&'a RoomId, &'a str)>,
}

/// Something that can lie in a room was scanned where a count is on.
pub fn thing(door: &Door, session: Session, found: &Found) -> Decision {
    let named = match found {
        Found::Stock(stock) => stock.name.clone(),
        found => Group::of(found).map_or_else(|| "it".to_owned(), |group| group.name.to_owned()),
    };
    if let Some(verdict) = refusal(door, &session, &named) {
        return answer(session, verdict);
    }
    let session = match &session.counting {
        Some(_) => Session { pending: None, ..session },
        None => joined(door, session, target(door)),
    };
    let Some(counting) = session.counting.clone() else { return answer(session, several(found)) };
    match found {
        Found::Stock(stock) => shelf(door, session, &counting, stock),
        _ => counted(door, session, &counting, found),
    }
}

fn items(found: &Found) -> Vec<Item<'_>> {
    match found {
        Found::Asset(asset) => vec![of_asset(asset)],
        Found::Kit(kit) => vec![of_kit(kit)],
        Found::Burst(burst) => of_burst(burst),
        _ => Vec::new(),
    }
}

fn of_asset(asset: &Asset) -> Item<'_> {
    let home = asset.home.as_ref();
    Item {
        subject: Subject::Asset(asset.id.clone()),
        name: &asset.name,
        custody: asset.custody.as_ref(),
        holder: asset.holder.as_ref(),
        standing: &asset.standing,
        home: home.map(|id| (id, asset.home_name.as_deref().unwrap_or(id.as_str()))),
    }
}

fn of_kit(kit: &Kit) -> Item<'_> {
    Item {
        subject: Subject::Kit(kit.id.clone()),
        name: &kit.name,
        custody: kit.custody.as_ref(),
        holder: kit.holder.as_ref(),
        standing: &kit.standing,
        home: None,
    }
}

fn of_burst(burst: &Burst) -> Vec<Item<'_>> {
    let members = burst.kit.iter().flat_map(|kit| &kit.members);
    let seen = members.filter(|member| burst.seen.contains(&member.id)).map(of_asset);
    let kits = burst.kit.iter().chain(&burst.other_kits).map(of_kit);
    kits.chain(seen).chain(burst.strangers.iter().map(of_asset)).collect()
}

/// What a thing is in the count of that room.
fn result(item: &Item, room: Option<&RoomId>) -> CountedAs {
    let standing = item.standing;
    if standing.retired {
        CountedAs::Retired
    } else if held(item.custody).is_some() {
        CountedAs::Out
    } else if standing.lost_since.is_some() || standing.missing_since.is_some() {
        CountedAs::FoundAgain
    } else if belongs_elsewhere(item, room) {
        CountedAs::Elsewhere
    } else {
        CountedAs::Found
    }
}

fn belongs_elsewhere(item: &Item, room: Option<&RoomId>) -> bool {
    room.is_some_and(|room| item.home.is_some_and(|(home, _)| home != room))
}

fn counted(door: &Door, session: Session, counting: &Counting, found: &Found) -> Decision {
    let room = counting.room.as_ref().or(door.rules.room.as_ref());
    let (id, beginning) = begun(door, &session, counting);
    let items = items(found);
    let read: Vec<(&Item, CountedAs, Option<CountedAs>)> =
        items.iter().map(|item| (item, result(item, room), before(door, &id, &item.subject))).collect();
    let anew = |as_: CountedAs, before: Option<CountedAs>| {
        before.is_none_or(|before| (before == CountedAs::Out) != (as_ == CountedAs::Out))
    };
    let kit = if let Found::Burst(burst) = found { burst.kit.as_ref().map(|kit| &kit.id) } else { None };
    let sighted = read.iter().filter(|(_, as_, before)| anew(*as_, *before)).map(|(item, as_, _)| NewFact {
        subject: item.subject.clone(),
        actor: session.person.clone(),
        body: Body::Sighted(Movement {
            person: session.person.clone(),
            reader: door.loaded.reader.clone(),
            code: door.label(),
            kit: kit.cloned(),
            counted_in: Some(id.clone()),
            counted_as: Some(*as_),
            ..Movement::default()
        }),
    });
    let sighted: Vec<NewFact> = sighted.collect();
    let out = read.iter().any(|(_, as_, _)| *as_ == CountedAs::Out);
    let verdict = said(door, &id, found, &read, room);
    let session = counts(door, session, &id, !sighted.is_empty());
    let facts: Vec<NewFact> =
        if sighted.is_empty() { sighted } else { beginning.into_iter().chain(sighted).collect() };
    let returning = out && session.mode == Mode::Return;
    if returning {
        return returned(door, Decision { verdict, facts, session }, found);
    }
    let session =
        if out { door.ask(session, Question::BroughtBack, Answerer::Anybody, &[]) } else { session };
    Decision { verdict, facts, session }
}

/// The session after something was counted.
fn counts(door: &Door, session: Session, id: &CountId, moved: bool) -> Session {
    let mut session = door.begin(session);
    let is_open = door.loaded.counts.iter().any(|count| count.id == *id);
    if let Some(counting) = session.counting.as_mut().filter(|_| moved || is_open) {
        counting.id = Some(id.clone());
        counting.settled = true;
    }
    if moved {
        session.moved_by(&door.loaded.scan);
    }
    session
}

fn before(door: &Door, id: &CountId, subject: &Subject) -> Option<CountedAs> {
    let is = |before: &&CountedBefore| before.subject == *subject && before.count == *id;
    door.loaded.counted.iter().find(is).map(|before| before.counted_as)
}

type Read<'a, 'b> = (&'b Item<'a>, CountedAs, Option<CountedAs>);

fn said(door: &Door, id: &CountId, found: &Found, read: &[Read], room: Option<&RoomId>) -> Verdict {
    let left = left_in(door, id, found, read);
    match (read, found) {
        ([], _) => several(found),
        ([(item, as_, before)], found) if !matches!(found, Found::Burst(_)) => {
            one(item, *as_, *before, left, room)
        }
        (read, found) => {
            let unknown = if let Found::Burst(burst) = found { burst.unknown } else { 0 };
            together(read, u32::try_from(unknown).unwrap_or(u32::MAX), left)
        }
    }
}

fn one(
    item: &Item,
    as_: CountedAs,
    before: Option<CountedAs>,
    left: Vec<String>,
    room: Option<&RoomId>,
) -> Verdict {
    let what = what(&item.subject, item.name);
    if as_ == CountedAs::Out {
        let holder = held(item.custody).and_then(|custody| custody.person.as_ref());
        return count(CountSaid::Out { what, holder: holder.map(|id| who_id(id, item.holder)) });
    }
    if before.is_some_and(|before| before != CountedAs::Out) {
        return Verdict::DuplicateScan { what: Some(what) };
    }
    let home = item.home.filter(|_| belongs_elsewhere(item, room)).map(|(_, name)| name.to_owned());
    let since = item.standing.lost_since.or(item.standing.missing_since);
    count(CountSaid::Thing { what, counted_as: as_, home, since, left })
}

fn together(read: &[Read], unknown: u32, left: Vec<String>) -> Verdict {
    let (mut tally, mut found_again, mut again) = (Tally::default(), 0, 0);
    for (_, as_, before) in read {
        match (as_, before) {
            (CountedAs::Out, _) => tally.out += 1,
            (_, Some(before)) if *before != CountedAs::Out => again += 1,
            (CountedAs::Elsewhere, _) => tally.elsewhere += 1,
            (CountedAs::Retired, _) => tally.retired += 1,
            (CountedAs::Found, _) => tally.found += 1,
            (CountedAs::FoundAgain, _) => {
                tally.found += 1;
                found_again += 1;
            }
        }
    }
    count(CountSaid::Together { tally, found_again, again, unknown, back: 0, left })
}

/// Members of the case that was read, which should be in it and have not been counted.
fn left_in(door: &Door, id: &CountId, found: &Found, read: &[Read]) -> Vec<String> {
    let kit = match found {
        Found::Kit(kit) => Some(kit.as_ref()),
        Found::Burst(burst) => burst.kit.as_ref(),
        _ => None,
    };
    let Some(kit) = kit else { return Vec::new() };
    let is_left = |member: &&Asset| {
        let subject = Subject::Asset(member.id.clone());
        let standing = &member.standing;
        let expected =
            held(member.custody.as_ref()).is_none() && !standing.retired && standing.lost_since.is_none();
        expected
            && before(door, id, &subject).is_none()
            && !read.iter().any(|(item, ..)| item.subject == subject)
    };
    kit.members.iter().filter(is_left).map(|member| member.name.clone()).collect()
}

/// CONFIRM or RETURN: what is out and was found here is back.
pub fn bring(door: &Door, session: Session) -> Decision {
    let Some(ask) = session.pending.clone() else { return answer(session, Verdict::NothingToConfirm) };
    let session = Session { pending: None, ..session };
    let loaded = Loaded {
        code: Some(ask.code),
        also: ask.also,
        outlook: door.loaded.pending_outlook.clone(),
        ..door.loaded.clone()
    };
    let door = Door { loaded: &loaded, on_reader: false, ..*door };
    let found = door.asked_about();
    let decision = Decision { verdict: Verdict::NothingToConfirm, facts: Vec::new(), session };
    returned(&door, decision, &found)
}

/// Adds the returns of what is out among the things that were read, as the desk makes them.
fn returned(door: &Door, decision: Decision, found: &Found) -> Decision {
    let Decision { mut verdict, mut facts, mut session } = decision;
    let (mut groups_back, counting) = (0, session.counting.clone());
    let read: Vec<Subject> = items(found).into_iter().map(|item| item.subject).collect();
    for group in groups(found) {
        let moved = |fact: &NewFact| matches!(fact.body, Body::Returned(_)) && fact.subject == group.subject;
        let Some(custody) = held(group.custody).filter(|_| !facts.iter().any(moved)) else { continue };
        let brought = back::bring(door, session, &group, custody);
        let returns = brought.facts.into_iter().filter(|fact| matches!(fact.body, Body::Returned(_)));
        facts.extend(returns.map(|fact| in_count(fact, &read, counting.as_ref())));
        (session, groups_back) = (brought.session, groups_back + 1);
        if groups_back == 1 {
            verdict = brought.verdict;
        }
    }
    if groups_back > 1 {
        let back = facts.iter().filter(|fact| matches!(fact.body, Body::Returned(_))).count();
        let back = u32::try_from(back).unwrap_or(u32::MAX);
        let tally = Tally::default();
        let left = Vec::new();
        let said = CountSaid::Together { tally, found_again: 0, again: 0, unknown: 0, back, left };
        verdict = count(said);
    }
    Decision { verdict, facts, session }
}

fn groups(found: &Found) -> Vec<Group<'_>> {
    let strangers = if let Found::Burst(burst) = found { burst.strangers.as_slice() } else { &[] };
    Group::of(found).into_iter().chain(strangers.iter().map(Group::of_asset)).collect()
}

/// What was on the reader is found; what came back with its case has only moved.
fn in_count(mut fact: NewFact, read: &[Subject], counting: Option<&Counting>) -> NewFact {
    if let Body::Returned(movement) = &mut fact.body
        && read.contains(&fact.subject)
    {
        movement.counted_in = counting.and_then(|counting| counting.id.clone());
        movement.counted_as = movement.counted_in.as_ref().map(|_| CountedAs::Found);
    }
    fact
}

/// The label of a shelf: with a number its pieces are counted, without one it was seen.
fn shelf(door: &Door, session: Session, counting: &Counting, stock: &Stock) -> Decision {
    let named: What = what(&Subject::Stock(stock.id.clone()), &stock.name);
    let Some(here) = door.loaded.count else {
        return answer(door.begin(session), count(CountSaid::SeenNotCounted { what: named }));
    };
    let (id, beginning) = begun(door, &session, counting);
    let out = if stock.use_ == StockUse::Lent { stock.out } else { 0 };
    let pieces = here.saturating_add(out);
    let known = stock.count;
    if before(door, &id, &named.subject).is_some() && pieces == known {
        return answer(session, Verdict::DuplicateScan { what: Some(named) });
    }
    let body = Body::StockCounted(StockCounted { count: pieces, counted_in: Some(id.clone()) });
    let fact = NewFact { subject: named.subject.clone(), actor: session.person.clone(), body };
    let session = counts(door, session, &id, true);
    let verdict = count(CountSaid::Shelf { what: named, here, count: pieces, known });
    Decision { verdict, facts: beginning.into_iter().chain([fact]).collect(), session }
}
