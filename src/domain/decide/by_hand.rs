//! What is asked for by other means than a reader: the same rules, by other words. Bookings are decided in `plan::book`.

use super::moves::Group;
use super::{
    Decision, Door, answer, back, card, condition, count_by_hand, gear, held, learn, longer, stock, what,
    who_id,
};
use crate::domain::code::Code;
use crate::domain::command::{Actor, Command};
use crate::domain::custody::Custody;
use crate::domain::fact::{
    Body, Inspected, MaintenanceClosed, MaintenanceOpened, MarkedLost, NewFact, RecallWithdrawn, Recalled,
    StockCounted, StockUse, Subject, TagOf,
};
use crate::domain::id::ProductionId;
use crate::domain::loaded::{Found, Loaded, Recall, Stock};
use crate::domain::policy::{Answerer, Situation};
use crate::domain::rules::{DoorRules, HouseRules, STAGES};
use crate::domain::session::{Mode, Session};
use crate::domain::verdict::{Concern, Verdict, What};
use crate::domain::weigh::Answered;
use crate::domain::words::{no_name, when};
use crate::time::{Now, UtcMs};

/// Whoever says *now* says it before it is decided.
const MOMENT_MS: i64 = 60_000;

/// A command with everything that its decision needs.
#[derive(Debug, Clone, Copy)]
pub struct ByHand<'a> {
    /// `found` is the thing of the command, `pending` what a code to be learned is on now.
    pub loaded: &'a Loaded,
    /// Who gets it or brings it, what for and where to: a session that lives for this command only.
    pub session: &'a Session,
    /// What is asked for.
    pub command: &'a Command,
    /// Who asks.
    pub actor: &'a Actor,
    /// Whether they have answered what may be asked.
    pub confirm: bool,
    /// What the command or the body to be registered names and nobody knows, each as `kit/case-a`.
    pub missing: &'a [String],
    /// The kits that would travel in themselves.
    pub cycle: &'a [String],
}

/// Decides a command. Facts name the actor; movements name the person who gets or brings the thing.
pub fn by_hand(asked: &ByHand, rules: &DoorRules, now: &Now) -> Decision {
    let session = asked.session.clone();
    if let Some(verdict) = not_allowed(asked.command, asked.actor, &rules.house) {
        return answer(session, verdict);
    }
    let (until, happened) = match asked.command {
        Command::CheckOut { until, .. } | Command::Extend { until, .. } => (*until, None),
        Command::Return { at, .. } => (None, *at),
        _ => (None, None),
    };
    let door = Door { loaded: asked.loaded, rules, now, until, happened, on_reader: false };
    let mut decision = decided(&door, asked, session);
    decision.verdict = asked_by_hand(decision.verdict);
    for fact in &mut decision.facts {
        fact.actor.clone_from(&asked.actor.person);
    }
    decision
}

/// A question to whoever asks by hand: they answer in the same words and without a badge.
fn asked_by_hand(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Objection { what, raised, answerer } => {
            Verdict::OrderObjection { named: what.name.clone(), what: Some(what), raised, answerer }
        }
        Verdict::AlreadyOutToOther { what, holder } => Verdict::OrderObjection {
            named: what.name.clone(),
            what: Some(what),
            raised: vec![Concern::AlreadyOutToOther { holder }.into()],
            answerer: Answerer::Anybody,
        },
        other => other,
    }
}

/// Why somebody may not ask for that.
pub fn not_allowed(command: &Command, actor: &Actor, house: &HouseRules) -> Option<Verdict> {
    let right = command.right();
    let who = Answerer::Only(house.rights.who_may(right));
    (!house.rights.allow(actor.roles, right)).then_some(Verdict::NoRight { right, who })
}

fn decided(door: &Door, asked: &ByHand, session: Session) -> Decision {
    if let Some(at) = door.until.filter(|at| *at <= door.now.utc) {
        return no_sense(
            session,
            format!("It would be due {}, which is past: give a later time", say(door, at)),
        );
    }
    if let Some(why) = asked.command.note().and_then(no_name) {
        return no_sense(session, format!("The note {why}"));
    }
    if !asked.missing.is_empty() && !matches!(asked.command, Command::Register { .. }) {
        return answer(session, Verdict::NotFound { named: asked.missing.join(", ") });
    }
    if let Some(decision) = count_by_hand::decided(door, asked, session.clone()) {
        return decision;
    }
    if let Command::Register { subject, body } = asked.command {
        return register(asked, session, subject, body);
    }
    if let Command::Undo { scan } = asked.command {
        let decision = card::undo(door, session);
        let nothing = matches!(decision.verdict, Verdict::NothingToUndo);
        let not_found =
            Verdict::NotFound { named: format!("{scan}: no scan or command of that id moved anything") };
        return if nothing { answer(decision.session, not_found) } else { decision };
    }
    match &door.loaded.found {
        Found::Stock(found) => of_stock(door, asked, session, found),
        found => match (Group::of(found), learn::named(found)) {
            (Some(group), _) => of_group(door, asked, session, &group),
            (None, Some((subject, name))) => of_tag(door, asked, session, &what(&subject, name)),
            _ => {
                let named = asked.command.thing().map_or_else(String::new, ToString::to_string);
                answer(session, Verdict::NotFound { named })
            }
        },
    }
}

fn say(door: &Door, at: UtcMs) -> String {
    when(at, door.now.utc, door.rules.house.zone)
}

fn no_sense(session: Session, why: String) -> Decision {
    answer(session, Verdict::NoSense { why })
}

fn answered(asked: &ByHand) -> Option<Answered> {
    let Actor { person, roles } = asked.actor.clone();
    let hands_over = matches!(asked.command, Command::CheckOut { hand_over: true, .. });
    let situations = match (asked.confirm, hands_over) {
        (true, _) => None,
        (false, true) => Some(vec![Situation::AlreadyOutToOther]),
        (false, false) => return None,
    };
    Some(Answered { by: person, roles, situations })
}

fn of_stock(door: &Door, asked: &ByHand, session: Session, found: &Stock) -> Decision {
    match asked.command {
        Command::CheckOut { count: Some(0), .. } | Command::Return { count: Some(0), .. } => {
            no_sense(session, format!("0 of {} is nothing to move: say how many", found.name))
        }
        Command::CheckOut { count, .. } => {
            stock::take(door, session, found, count.unwrap_or(1), answered(asked).as_ref())
        }
        Command::Return { count, .. } => stock::bring(door, session, found, count.unwrap_or(1)),
        Command::CountStock { count, .. } => {
            let out = if found.use_ == StockUse::Lent { found.out } else { 0 };
            let thing = what(&Subject::Stock(found.id.clone()), &found.name);
            let available = count.saturating_sub(out);
            let verdict = Verdict::StockCounted { what: thing.clone(), count: *count, available };
            one(
                session,
                verdict,
                thing.subject,
                Body::StockCounted(StockCounted { count: *count, counted_in: None }),
            )
        }
        _ => of_tag(door, asked, session, &what(&Subject::Stock(found.id.clone()), &found.name)),
    }
}

fn of_group(door: &Door, asked: &ByHand, session: Session, group: &Group) -> Decision {
    let answered = answered(asked);
    match asked.command {
        Command::CheckOut { count: Some(pieces), .. } | Command::Return { count: Some(pieces), .. }
            if *pieces != 1 =>
        {
            not_counted(session, group)
        }
        Command::CheckOut { .. } => gear::take(door, session, group, answered.as_ref()),
        Command::Return { .. } => brought(door, session, group),
        Command::Extend { .. } => longer::extend(door, session, group, answered.as_ref()),
        Command::NoteCondition { condition, .. } => condition::note(door, session, group, *condition),
        Command::Recall { wanted_by, wanted_for, .. } => {
            recall(door, session, group, *wanted_by, wanted_for.as_ref())
        }
        Command::WithdrawRecall { .. } if group.standing.recall.is_none() => {
            no_sense(session, format!("{} is not recalled: nothing to withdraw", group.name))
        }
        Command::WithdrawRecall { .. } => {
            let verdict = Verdict::RecallWithdrawn { what: group.what() };
            one(session, verdict, group.subject.clone(), Body::RecallWithdrawn(RecallWithdrawn {}))
        }
        Command::CountStock { .. } => not_counted(session, group),
        _ => of_standing(door, asked, session, group),
    }
}

fn not_counted(session: Session, group: &Group) -> Decision {
    no_sense(session, format!("{} is one thing and not counted: name a stock", group.name))
}

fn of_standing(door: &Door, asked: &ByHand, session: Session, group: &Group) -> Decision {
    let (what, subject) = (group.what(), group.subject.clone());
    match asked.command {
        Command::OpenMaintenance { blocks, .. } => {
            let verdict = Verdict::MaintenanceOpened { what, blocks: *blocks };
            let job = MaintenanceOpened { blocks: *blocks, because: None };
            one(session, verdict, subject, Body::MaintenanceOpened(job))
        }
        Command::CloseMaintenance { .. } => {
            let jobs: Vec<String> = group.standing.jobs.iter().map(|job| job.fact.clone()).collect();
            let verdict = Verdict::MaintenanceClosed { what, jobs: jobs.len() };
            if jobs.is_empty() {
                return answer(session, verdict);
            }
            one(session, verdict, subject, Body::MaintenanceClosed(MaintenanceClosed { jobs }))
        }
        Command::Inspect { next_due: Some(at), .. } if *at <= door.now.utc => {
            no_sense(session, format!("{} is past: say when the next inspection is due", say(door, *at)))
        }
        Command::Inspect { next_due, .. } => {
            let verdict = Verdict::Inspected { what, next_due: *next_due };
            one(session, verdict, subject, Body::Inspected(Inspected { next_due: *next_due }))
        }
        Command::MarkLost { .. } if group.standing.lost_since.is_some() => {
            answer(session, Verdict::DuplicateScan { what: Some(what) })
        }
        Command::MarkLost { .. } => {
            let holder = held(group.custody).and_then(|custody| custody.person.as_ref());
            let holder = holder.map(|holder| who_id(holder, group.holder));
            one(session, Verdict::MarkedLost { what, holder }, subject, Body::MarkedLost(MarkedLost {}))
        }
        _ => of_tag(door, asked, session, &what),
    }
}

fn brought(door: &Door, session: Session, group: &Group) -> Decision {
    let Some(custody) = held(group.custody) else {
        return back::was_not_out(door, Session { mode: Mode::Return, ..session }, group);
    };
    match door.happened.and_then(|at| wrongly_dated(door, custody, at)) {
        Some(why) => no_sense(session, why),
        None => back::bring(door, session, group, custody),
    }
}

fn wrongly_dated(door: &Door, custody: &Custody, at: UtcMs) -> Option<String> {
    if at > door.now.utc {
        return Some(format!("A return cannot be dated {}, which is still to come", say(door, at)));
    }
    (at < custody.since).then(|| {
        format!("A return cannot be dated {}: it only left {}", say(door, at), say(door, custody.since))
    })
}

fn recall(
    door: &Door,
    session: Session,
    group: &Group,
    wanted_by: UtcMs,
    wanted_for: Option<&ProductionId>,
) -> Decision {
    let Some(custody) = held(group.custody) else {
        return no_sense(session, format!("{} is not out: nothing to recall", group.name));
    };
    if wanted_by.plus(MOMENT_MS) <= door.now.utc {
        return no_sense(session, format!("{} is past: say when it is wanted", say(door, wanted_by)));
    }
    let wanted_by = wanted_by.max(door.now.utc);
    let is_so = |recall: &Recall| recall.wanted_by == wanted_by && recall.wanted_for.as_ref() == wanted_for;
    if group.standing.recall.as_ref().is_some_and(is_so) {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let holder = custody.person.as_ref().map(|holder| who_id(holder, group.holder));
    let fact = Recalled {
        wanted_by,
        wanted_for: wanted_for.cloned(),
        person: custody.person.clone(),
        production: custody.production.clone(),
    };
    let verdict = Verdict::RecallMade { what: group.what(), holder, wanted_by };
    one(session, verdict, group.subject.clone(), Body::Recalled(fact))
}

/// What can be done to everything that carries a tag.
fn of_tag(door: &Door, asked: &ByHand, session: Session, thing: &What) -> Decision {
    match asked.command {
        Command::Learn { code, .. } => learned(door, session, code, thing),
        Command::Unlearn { code, .. } => {
            let on = door.loaded.pending.as_ref().and_then(learn::named).map(|(subject, _)| subject);
            let (what, code) = (thing.clone(), code.clone());
            if on.as_ref() != Some(&thing.subject) {
                return answer(session, Verdict::TagNotThere { what, code });
            }
            let body = Body::TagReleased(TagOf { thing: thing.subject.clone() });
            one(session, Verdict::TagReleased { what, code: code.clone() }, Subject::Tag(code), body)
        }
        Command::CheckOut { .. } | Command::Return { .. } => {
            no_sense(session, format!("Only gear goes out: {} is {}", thing.name, thing.subject))
        }
        _ => no_sense(session, format!("Only for assets and kits: {} is {}", thing.name, thing.subject)),
    }
}

fn learned(door: &Door, session: Session, code: &Code, thing: &What) -> Decision {
    if code.reserved().is_some() {
        return no_sense(session, format!("{code} is the code of a card: a label needs another"));
    }
    match door.loaded.pending.as_ref().unwrap_or(&Found::Unknown) {
        Found::Unknown => {}
        Found::Person(_) | Found::Nobody | Found::PersonOrThing(..) => {
            return no_sense(session, format!("{code} is a badge: a label needs another code"));
        }
        found => {
            let on = learn::named(found);
            if on.as_ref().is_some_and(|(subject, _)| *subject == thing.subject) {
                return answer(session, Verdict::DuplicateScan { what: Some(thing.clone()) });
            }
            let on = on
                .map_or_else(|| "something else".to_owned(), |(subject, name)| format!("{name} ({subject})"));
            return no_sense(session, format!("{code} is on {on}: take it off there first"));
        }
    }
    let body = Body::TagAssigned(TagOf { thing: thing.subject.clone() });
    let verdict = Verdict::TagAssigned { what: thing.clone(), code: code.clone() };
    one(session, verdict, Subject::Tag(code.clone()), body)
}

/// The thing that a registration is about must be of its kind, and all that it names must exist.
fn register(asked: &ByHand, session: Session, subject: &Subject, body: &Body) -> Decision {
    let name = match (subject, body) {
        (Subject::Asset(_), Body::AssetRegistered(asset)) => &asset.name,
        (Subject::Kit(_), Body::KitRegistered(kit)) => &kit.name,
        (Subject::Stock(_), Body::StockRegistered(stock)) => &stock.name,
        (Subject::Room(_), Body::RoomRegistered(room)) => &room.name,
        (Subject::Production(_), Body::ProductionRegistered(production)) => &production.title,
        (Subject::Person(id), Body::PersonEnrolled(_)) => &id.to_string(),
        _ => return no_sense(session, format!("{} says nothing about {subject}", body.kind())),
    };
    if name.trim().is_empty() {
        return no_sense(session, format!("{subject} needs a name"));
    }
    if let Some(why) = texts(body).into_iter().find_map(no_name) {
        return no_sense(session, format!("What is said of {subject} {why}"));
    }
    if let Body::ProductionRegistered(production) = body
        && production.ends <= production.starts
    {
        return no_sense(session, format!("{subject} would end before it starts"));
    }
    if let Body::ProductionRegistered(production) = body
        && !STAGES.contains(&production.stage.as_str())
    {
        let why = format!("{} is no stage: one of {}", production.stage, STAGES.join(", "));
        return no_sense(session, why);
    }
    if !asked.cycle.is_empty() {
        return no_sense(session, format!("A kit cannot travel in itself: {}", asked.cycle.join(" in ")));
    }
    if !asked.missing.is_empty() {
        return answer(session, Verdict::NotFound { named: asked.missing.join(", ") });
    }
    let retired = matches!(body, Body::AssetRegistered(asset) if asset.retired);
    let is_out = retired && Group::of(&asked.loaded.found).is_some_and(|group| held(group.custody).is_some());
    let verdict = Verdict::Registered { subject: subject.clone(), name: name.clone(), is_out };
    one(session, verdict, subject.clone(), body.clone())
}

/// What a registration says in people's own words.
fn texts(body: &Body) -> Vec<&str> {
    match body {
        Body::AssetRegistered(asset) => {
            let said = [&asset.category, &asset.serial, &asset.owner];
            std::iter::once(asset.name.as_str())
                .chain(said.into_iter().flatten().map(String::as_str))
                .collect()
        }
        Body::KitRegistered(kit) => vec![&kit.name],
        Body::StockRegistered(stock) => {
            std::iter::once(stock.name.as_str()).chain(stock.category.as_deref()).collect()
        }
        Body::RoomRegistered(room) => vec![&room.name],
        Body::ProductionRegistered(production) => {
            std::iter::once(production.title.as_str()).chain(production.client.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}

fn one(session: Session, verdict: Verdict, subject: Subject, body: Body) -> Decision {
    Decision { verdict, facts: vec![NewFact { subject, actor: None, body }], session }
}
