//! What must hold after every step, at a few moments of the day, and when it is over.

use std::collections::{BTreeMap, BTreeSet};

use cagekeeper::domain::fact::{Body, Fact, Movement};
use cagekeeper::domain::policy::Situation;
use cagekeeper::domain::session::Wait;
use cagekeeper::domain::verdict::{Level, Telling};
use cagekeeper::domain::way::Way;
use cagekeeper::writer::{Answer, Input, Order, Passage, Reply, Scan};

use super::building::DOORS;
use super::deeds::Deed;
use super::model::{Expected, Going, Said, Scanned, touch};
use super::stage;
use super::world::World;

/// After so long without an input everything must have come to rest.
const QUIET_MS: u64 = 3_600_000;
/// Turns of the connection in which a healthy broker has confirmed everything.
const TURNS_MAX: u32 = 10_000;

/// What the light shows for a verdict of this code. What a rule objects to is said where the gear moved all the same.
fn levels(found: &Expected) -> &'static [Level] {
    match found.code {
        "several-bookings" | "countersigned" | "needs-countersign" => &[Level::Ask],
        "duplicate-scan" => &[Level::Again],
        "session-closed" => &[Level::Done, Level::Again],
        "ambiguous-code" => &[Level::Ask, Level::Refused],
        "unknown-code" | "malformed-code" | "no-session" | "no-right" | "not-found" | "no-sense" => {
            &[Level::Refused]
        }
        "nothing-to-confirm" | "not-confirmed" | "nothing-to-undo" | "undo-too-late" => &[Level::Refused],
        "nothing-to-note" | "nothing-to-learn" | "several-at-once" | "not-out-to-extend"
        | "booking-conflict" => &[Level::Refused],
        "not-out" | "late" | "kit-incomplete" | "to-the-bench" | "wanted-next" | "recall-filled" => {
            &[Level::Notice]
        }
        "stranger-in-kit"
        | "returned-by-other-person"
        | "was-lost"
        | "booking-not-now"
        | "still-out"
        | "learn-code"
        | "surplus" => &[Level::Notice],
        "access-granted" | "person-left" | "seen-here" => &[Level::Done, Level::Notice],
        "access-refused" | "not-at-a-door" | "exit-unauthorised" => &[Level::Refused],
        "exit-before-checkout" | "exit-with-open-loan" => &[Level::Done],
        "tag-count-short"
        | "return-seen-not-confirmed"
        | "direction-unknown"
        | "back-from-exit"
        | "exit-unnoticed" => &[Level::Notice],
        "tag-unknown" => &[Level::Again],
        "person-expired" if found.facts.is_empty() => &[Level::Refused],
        code if Situation::parse(code).is_some() => {
            let goes = found.facts.iter().any(|fact| fact.kind != "sighted");
            if goes { &[Level::Notice] } else { &[Level::Ask, Level::Refused] }
        }
        _ => &[Level::Done, Level::Notice],
    }
}

/// What stands in the ledger once it is said.
const RECORDED: [&str; 10] = [
    "checked-out",
    "returned",
    "handed-over",
    "extended",
    "stock-taken",
    "stock-returned",
    "condition-noted",
    "tag-assigned",
    "booked",
    "undone",
];

/// A fact as the model says it.
fn said(fact: &Fact) -> Said {
    let text = |id: &dyn std::fmt::Display| id.to_string();
    let going = |movement: &Movement| Going {
        person: movement.person.as_ref().map(|id| text(id)),
        due_ms: movement.due.map(|due| due.0),
        booking: movement.booking.as_ref().map(|id| text(id)),
        production: movement.production.as_ref().map(|id| text(id)),
        kit: movement.kit.as_ref().map(|id| format!("kit/{id}")),
        confirmed_by: movement.confirmed_by.as_ref().map(|id| text(id)),
        overrides: movement.overrides.iter().map(|situation| situation.name()).collect(),
        count: movement.count,
    };
    let (going, more) = match &fact.body {
        Body::CheckedOut(movement)
        | Body::HandedOver(movement)
        | Body::Returned(movement)
        | Body::Extended(movement)
        | Body::StockTaken(movement)
        | Body::StockReturned(movement) => (going(movement), String::new()),
        Body::ConditionNoted(noted) => (Going::default(), noted.condition.name().to_owned()),
        Body::MaintenanceOpened(job) => (Going::default(), format!("blocks {}", job.blocks)),
        Body::MaintenanceClosed(closed) => (Going::default(), closed.jobs.len().to_string()),
        Body::StockCounted(counted) => (Going::default(), counted.count.to_string()),
        Body::Passed(passed) => {
            let going = Going {
                person: passed.person.as_ref().map(|id| text(id)),
                production: passed.production.as_ref().map(|id| text(id)),
                booking: passed.booking.as_ref().map(|id| text(id)),
                kit: passed.kit.as_ref().map(|id| format!("kit/{id}")),
                ..Going::default()
            };
            (going, format!("{:?} {}", passed.way.map(Way::name), passed.authorised))
        }
        Body::PersonEntered(doorway) | Body::PersonLeft(doorway) => {
            let booking = doorway.booking.as_ref().map(|id| text(id));
            (Going { booking, ..Going::default() }, format!("{} {}", doorway.room, doorway.unseen))
        }
        Body::TagAssigned(tag) => (Going::default(), tag.thing.to_string()),
        _ => (Going::default(), String::new()),
    };
    let actor = fact.actor.as_ref().map(|id| text(id));
    Said { thing: fact.subject.to_string(), kind: fact.body.kind(), actor, going, more }
}

impl World {
    /// A group is on the disk: the model hears of the same, and every answer is looked at.
    pub(super) fn committed(&mut self, group: &[Input], replies: &[Reply], before: i64) {
        assert_eq!(group.len(), replies.len(), "each input has its reply");
        let facts = self.reader.as_ref().unwrap().facts_after(before, u32::MAX).unwrap();
        let any = !facts.is_empty();
        let mut by_scan: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            by_scan.entry(fact.scan_id.clone()).or_default().push(fact);
        }
        for (input, reply) in group.iter().zip(replies) {
            match (input, reply) {
                (Input::Scan(scan), Reply::Decided(answer)) => {
                    let facts = by_scan.remove(&scan.id).unwrap_or_default();
                    self.decided(scan, None, answer, &facts);
                }
                (Input::Access(access), Reply::Decided(answer)) => {
                    let facts = by_scan.remove(&access.scan.id).unwrap_or_default();
                    self.decided(&access.scan, Some(access.way), answer, &facts);
                }
                (Input::Passage(passage), Reply::Decided(answer)) => {
                    let facts = by_scan.remove(&passage.id).unwrap_or_default();
                    self.passed(passage, answer, &facts);
                }
                (Input::Order(order), Reply::Decided(answer)) => {
                    let facts = by_scan.remove(&order.id).unwrap_or_default();
                    self.ordered(order, answer, &facts);
                }
                (Input::Silence { station, wait, turn, .. }, reply) => {
                    let expected = self.model.silence(station.as_str(), *wait == Wait::Idle, *turn);
                    let said =
                        if let Reply::Decided(answer) = reply { Some(answer.verdict.code()) } else { None };
                    assert_eq!(said, expected, "{station} was silent at {}", self.at_ms);
                    self.reached.extend(said);
                    self.trace.push(format!("{} {station} silent {said:?}", self.at_ms));
                }
                (Input::Batch(batch), Reply::Imported { facts, .. }) => {
                    assert_eq!(by_scan.remove(&batch.id).map_or(0, |facts| facts.len()), *facts);
                    self.model.booked(&self.imports[&batch.id]);
                }
                (Input::Folded { .. } | Input::Cursor { .. }, Reply::Noted) => {}
                other => panic!("that is no answer: {other:?}"),
            }
        }
        assert!(by_scan.is_empty(), "facts of no input: {by_scan:?}");
        if any {
            self.holders_agree();
        }
    }

    fn decided(&mut self, scan: &Scan, way: Option<Way>, answer: &Answer, facts: &[Fact]) {
        assert!(self.decided.insert(scan.id.clone()), "{} was decided twice", scan.id);
        let scanned = Scanned {
            id: &scan.id,
            station: scan.station.as_str(),
            payload: &scan.payload,
            also: &scan.also,
            utc_ms: scan.now.utc.0,
            mono_ms: scan.now.mono.0,
        };
        let at_door = DOORS.iter().any(|(door, _)| *door == scan.station.as_str());
        let expected = match at_door {
            true => self.model.at_door(&scanned, way.map(Way::name)),
            false => self.model.scan(&scanned),
        };
        let shown = format!("{} {} {} {}", scan.now.utc, scan.station, scan.payload, scan.also.join(" "));
        self.agreed(&scan.id, &shown, answer, &expected, facts);
    }

    /// A group at the gate was decided.
    fn passed(&mut self, passage: &Passage, answer: &Answer, facts: &[Fact]) {
        assert!(self.decided.insert(passage.id.clone()), "{} was decided twice", passage.id);
        let scanned = Scanned {
            id: &passage.id,
            station: passage.station.as_str(),
            payload: "",
            also: &[],
            utc_ms: passage.now.utc.0,
            mono_ms: passage.now.mono.0,
        };
        let tags = passage.tags.iter().map(|tag| (tag.tag.clone(), tag.way.map(Way::name)));
        let tags: Vec<(String, Option<&'static str>)> = tags.collect();
        let expected = self.model.passed(&scanned, &tags);
        let shown = format!("{} {} {tags:?}", passage.now.utc, passage.station);
        self.agreed(&passage.id, &shown, answer, &expected, facts);
    }

    /// An order was decided.
    fn ordered(&mut self, order: &Order, answer: &Answer, facts: &[Fact]) {
        assert!(self.decided.insert(order.id.clone()), "{} was decided twice", order.id);
        let asked = self.orders[&order.id].clone();
        let expected = self.model.order(&order.id, &asked, order.now.utc.0, order.now.mono.0);
        let shown = format!("{} {asked:?}", order.now.utc);
        self.agreed(&order.id, &shown, answer, &expected, facts);
        if matches!(asked.deed, Deed::Book { .. }) {
            self.no_promise_twice();
        }
    }

    /// No two confirmed bookings have the same thing, a case and what belongs in it, a room or somebody's time at one
    /// moment.
    fn no_promise_twice(&self) {
        if !self.watched {
            return;
        }
        let rows = stage::dump(
            &self.stage.raw(),
            "SELECT resource, booking, from_ms, until_ms FROM claim WHERE confirmed = 1 AND resource NOT LIKE 'model/%'
             AND resource NOT LIKE 'stock/%'",
        );
        let claims: Vec<Vec<&str>> = rows.iter().map(|row| row.split(" | ").collect()).collect();
        let ms = |text: &str| text.parse::<i64>().unwrap();
        for (one, other) in claims.iter().flat_map(|one| claims.iter().map(move |other| (one, other))) {
            let meet = ms(one[2]) < ms(other[3]) && ms(other[2]) < ms(one[3]);
            let twice = one[1] != other[1] && meet && touch(one[0], other[0]);
            assert!(!twice, "promised twice: {one:?} and {other:?}");
        }
    }

    fn agreed(&mut self, id: &str, shown: &str, answer: &Answer, expected: &Expected, facts: &[Fact]) {
        let found = Expected { code: answer.verdict.code(), facts: facts.iter().map(said).collect() };
        let said = format!("{shown} {found:?}");
        if !facts.is_empty() {
            self.moved.push(id.to_owned());
        }
        assert_eq!(&found, expected, "{said}\nbefore it:\n{}", self.lately());
        assert!(levels(&found).contains(&answer.level()), "{said}: {:?}", answer.level());
        assert!(!RECORDED.contains(&found.code) || !found.facts.is_empty(), "{said}: green without its fact");
        assert!(
            answer.level() != Level::Refused
                || found.facts.iter().all(|fact| ["sighted", "passed"].contains(&fact.kind)),
            "{said}"
        );
        assert_eq!(answer.seq, facts.last().map(|fact| fact.seq), "{said}");
        for names in [false, true] {
            let telling = Telling { names, zone: self.stage.config.timezone, now: answer.at };
            let sentence = answer.verdict.sentence(&telling);
            let needs_reason = answer.level() == Level::Refused;
            assert!(!sentence.is_empty(), "{said}");
            assert!(!needs_reason || sentence.split(' ').count() >= 3, "{sentence}: and why?");
            assert!(answer.verdict.text(&telling).chars().count() <= 32, "{sentence}");
        }
        self.reached.insert(found.code);
        self.trace.push(said);
    }

    fn lately(&self) -> String {
        self.trace.iter().rev().take(25).rev().cloned().collect::<Vec<_>>().join("\n")
    }

    /// One holder for each thing, and the one whom the model names.
    fn holders_agree(&self) {
        if !self.watched {
            return;
        }
        let rows = self.reader.as_ref().unwrap().out(None).unwrap();
        let holders = rows.iter().map(|row| {
            let holder = row.holder.as_ref().map(|named| named.person.to_string());
            (row.subject.to_string(), holder)
        });
        let found: BTreeMap<String, Option<String>> = holders.collect();
        assert_eq!(found.len(), rows.len(), "a thing is out twice");
        assert_eq!(found, self.model.holders(), "who holds what\n{}", self.lately());
    }

    /// The ledger is what its facts say, and what the model says.
    pub(super) fn compare(&mut self) {
        let head = self.stage.ledger().head_seq().unwrap();
        self.trace.push(format!("{} compared {head} facts", self.at_ms));
        if !self.watched {
            return;
        }
        self.holders_agree();
        let reader = self.reader.as_ref().unwrap();
        let shelves = stage::dump(&self.stage.raw(), "SELECT id, count, out FROM stock ORDER BY id");
        assert_eq!(shelves, self.model.shelves(), "what is on the shelves\n{}", self.lately());
        let report = reader.verify().unwrap();
        assert!(report.is_whole(), "{:#?}", report.differences);
        let facts = reader.facts_after(0, u32::MAX).unwrap();
        let ids: BTreeSet<&String> = facts.iter().map(|fact| &fact.id).collect();
        assert_eq!(ids.len(), facts.len(), "no fact has another's id");
        let gapless =
            facts.iter().zip(1..).all(|(fact, number)| fact.seq == number && fact.origin_seq == number);
        assert!(gapless, "facts are numbered without a gap");
        self.broker.check(reader);
        assert_eq!(self.journal.errors(), Vec::<String>::new(), "nothing was wrong, and an error is logged");
    }

    /// Nothing goes wrong any more and nobody comes: all comes to rest.
    pub(super) fn quiet(&mut self) {
        self.faults.clear();
        self.broker.heal();
        self.stalled_until_ms = 0;
        self.turn();
        self.advance(self.at_ms + QUIET_MS);
        let head = self.stage.ledger().head_seq().unwrap();
        let mut turns = 0;
        while self.broker.cursor() != head || !self.queue.is_empty() {
            turns += 1;
            assert!(turns < TURNS_MAX, "the broker has heard of {} of {head} facts", self.broker.cursor());
            self.turn();
        }
        for station in &self.stage.config.stations {
            let session = self.stage.ledger().session(&station.id).unwrap();
            assert!(!session.is_open(), "{} never came to rest: {session:?}\n{}", station.id, self.lately());
        }
        assert!(self.model.is_idle(), "the model never came to rest");
        assert_eq!(self.waits.poll_timeout(), None);
        self.compare();
        let facts = self.reader.as_ref().unwrap().facts_after(0, u32::MAX).unwrap();
        let events: BTreeSet<String> =
            facts.iter().filter(|fact| fact.is_event()).map(Fact::event_id).collect();
        let heard: BTreeSet<String> = self.broker.heard.keys().cloned().collect();
        assert_eq!(events, heard, "every event was heard, and no other");
        self.trace.extend(facts.iter().map(|fact| format!("{fact:?}")));
    }
}
