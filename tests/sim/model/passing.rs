//! Who goes through a door, and what passes the gate. Nothing changes hands at either.

use std::collections::BTreeMap;

use super::super::building::DOORS;
use super::codes::Target;
use super::log::{Going, What};
use super::{Booked, Case, Expected, Model, PRODUCTIONS, Scanned, Sitting, members, only};

const LONGEST_STAY_MS: i64 = 12 * 3_600_000;
const GATE_REPEAT_MS: i64 = 60_000;
const GATE_SETTLE_MS: i64 = 15 * 60_000;
/// Members that make a case where its label was not read.
const MEMBERS_MIN: usize = 2;

/// Somebody in a room.
#[derive(Debug, Clone)]
pub struct Stay {
    room: &'static str,
    booking: Option<String>,
    from_ms: i64,
    /// Until when, and whether they were seen leaving.
    over: Option<(i64, bool)>,
}

/// When a thing passed last.
#[derive(Debug, Clone)]
struct Last {
    station: String,
    way: Option<&'static str>,
    at_ms: i64,
    authorised: bool,
    left_ms: Option<i64>,
}

/// What passes as one: its head, what was read of its members, which way, and whether some were not read.
struct Unit {
    head: String,
    members: Vec<String>,
    way: Option<&'static str>,
    short: bool,
}

impl Model {
    pub fn at_door(&mut self, scan: &Scanned, way: Option<&'static str>) -> Expected {
        let room = DOORS.iter().find(|(id, _)| *id == scan.station).unwrap().1;
        let case = Case::of(scan, self.door_rules);
        let (found, ..) = self.named(&case.code, &case.also);
        match found {
            Target::Person(person) | Target::Both(person, _) => self.person_at(&case, room, &person, way),
            Target::Thing(thing) => {
                let expected = self.seen_at(&case, &thing);
                self.seen_since_start.insert(thing);
                expected
            }
            Target::Card(_) | Target::Production(_) | Target::Booking(_) | Target::Room => {
                only("not-at-a-door")
            }
            Target::Nothing { .. } => only("unknown-code"),
            Target::Several => only("ambiguous-code"),
            Target::Malformed => only("malformed-code"),
            Target::Together(_) | Target::Strangers => panic!("nothing is read together at a door"),
        }
    }

    fn seen_at(&mut self, case: &Case, thing: &str) -> Expected {
        let nobody = Sitting::default();
        if self.seen_just_now(case, &nobody, thing) {
            return only("duplicate-scan");
        }
        let code = if self.log.state(thing).lost { "was-lost" } else { "seen-here" };
        let fact = self.add(case, &nobody, thing, What::Sighted);
        Expected { code, facts: vec![fact] }
    }

    /// The newest stay anywhere.
    fn stay(&self, person: &str) -> Option<&Stay> {
        self.stays.get(person)?.iter().max_by_key(|stay| (stay.from_ms, stay.over.is_none()))
    }

    fn person_at(
        &mut self,
        case: &Case,
        room: &'static str,
        person: &str,
        way: Option<&'static str>,
    ) -> Expected {
        let stay = self.stay(person).filter(|stay| stay.room == room).cloned();
        let admission = self.admission(case, room, person);
        let last = stay.as_ref().map(|stay| match stay.over {
            Some((until_ms, true)) => (until_ms, "out"),
            _ => (stay.from_ms, "in"),
        });
        let repeat = last.is_some_and(|(at_ms, went)| {
            way.is_none_or(|way| way == went) && (case.at_ms - at_ms).abs() < case.rules.repeat_ms
        });
        if repeat && !(way == Some("in") && admission.is_err()) {
            return only("duplicate-scan");
        }
        let inside = stay.filter(|stay| stay.over.is_none() && case.at_ms < stay.from_ms + LONGEST_STAY_MS);
        let way = way.unwrap_or(if inside.is_some() { "out" } else { "in" });
        let themselves = Sitting { person: Some(person.to_owned()), ..Sitting::default() };
        let (code, booking, unseen) = match (way, admission) {
            ("out", _) => {
                ("person-left", inside.as_ref().and_then(|stay| stay.booking.clone()), inside.is_none())
            }
            (_, Ok(booking)) => ("access-granted", booking, false),
            (_, Err(())) => return only("access-refused"),
        };
        let going = Going { booking: booking.clone(), ..Going::default() };
        let what = match way {
            "out" => What::Left(room, unseen, going),
            _ => What::Entered(room, going),
        };
        let fact = self.add(case, &themselves, &format!("person/{person}"), what);
        self.went(person, room, booking, case.at_ms, (way == "out").then_some(unseen));
        Expected { code, facts: vec![fact] }
    }

    /// Whoever goes in somewhere is nowhere else; whoever leaves unseen was there at that moment.
    fn went(
        &mut self,
        person: &str,
        room: &'static str,
        booking: Option<String>,
        at_ms: i64,
        left: Option<bool>,
    ) {
        let stays = self.stays.entry(person.to_owned()).or_default();
        let mut ended_here = false;
        for stay in stays.iter_mut().filter(|stay| stay.over.is_none()) {
            let leaves = stay.room == room && left == Some(false);
            ended_here |= leaves;
            stay.over = Some((stay.from_ms.max(at_ms), leaves));
        }
        match left {
            Some(false) if ended_here => {}
            Some(_) => stays.push(Stay { room, booking, from_ms: at_ms, over: Some((at_ms, true)) }),
            None => stays.push(Stay { room, booking, from_ms: at_ms, over: None }),
        }
    }

    /// The booking by which somebody may come in; none for whoever may go everywhere.
    fn admission(&self, case: &Case, room: &str, person: &str) -> Result<Option<String>, ()> {
        let (role, _) = self.people[person];
        if self.expired(Some(&person.to_owned()), case.at_ms) && self.refuses("person-expired") {
            return Err(());
        }
        if ["attendant", "studio-manager", "admin"].contains(&role) {
            return Ok(None);
        }
        let theirs = |booked: &&Booked| {
            let crew = PRODUCTIONS.iter().find(|(id, ..)| booked.production.as_deref() == Some(*id));
            let on_crew = crew.is_some_and(|(.., crew)| crew.iter().any(|id| person == format!("p-{id}")));
            on_crew || booked.people.iter().any(|named| named == person)
        };
        let now = |booked: &&Booked| {
            let has = booked.begins_ms() <= case.at_ms && case.at_ms < booked.over_ms();
            booked.confirmed() && has && booked.rooms.contains(&room)
        };
        let registered = room == "studio-a";
        let last = self.bookings.values().filter(now).filter(theirs).max_by_key(|booked| booked.over_ms());
        last.filter(|_| registered).map(|booked| Some(booked.id.clone())).ok_or(())
    }

    // -- the gate ----------------------------------------------------------------------------------------------------

    /// Tags passed together, each some way.
    pub fn passed(&mut self, scan: &Scanned, tags: &[(String, Option<&'static str>)]) -> Expected {
        let case = Case::of(scan, self.door_rules);
        let (mut seen, mut strange): (BTreeMap<String, Option<&'static str>>, bool) =
            (BTreeMap::new(), false);
        for (tag, way) in tags {
            let Target::Thing(thing) = self.named(tag, &[]).0 else {
                strange = true;
                continue;
            };
            match seen.get_mut(&thing) {
                None => drop(seen.insert(thing, *way)),
                Some(known) if known.is_none() => *known = *way,
                Some(known) if way.is_some() && known != way => *known = None,
                Some(_) => {}
            }
        }
        let units = self.units_of(&seen);
        let mut crossings: Vec<(u8, &'static str, bool)> = Vec::new();
        let (mut facts, single) =
            (Vec::new(), units.first().filter(|_| units.len() == 1).map(|unit| unit.head.clone()));
        for unit in units {
            let (rank, code) = self.crossing(&case, &unit);
            crossings.push((rank, code, unit.short && code != "duplicate-scan"));
            if code != "duplicate-scan" {
                let kit = unit.head.starts_with("kit/").then(|| unit.head.clone());
                for thing in std::iter::once(&unit.head).chain(&unit.members) {
                    let held = self.log.held(thing);
                    let authorised = held.is_some();
                    let out = held.map(|held| held.going).unwrap_or_default();
                    let (person, booking, production) = (out.person, out.booking, out.production);
                    let going = Going { person, booking, production, kit: kit.clone(), ..Going::default() };
                    let what = What::Passed(unit.way, authorised, going);
                    facts.push(self.add(&case, &Sitting::default(), thing, what));
                }
            }
        }
        self.seen_since_start.extend(single);
        let code = match crossings.iter().min() {
            None if strange => "tag-unknown",
            None => "badge-at-gate",
            Some((_, "exit-unauthorised", _)) => "exit-unauthorised",
            Some(_) if crossings.iter().any(|(.., short)| *short) => "tag-count-short",
            Some((_, code, _)) => code,
        };
        Expected { code, facts }
    }

    fn units_of(&self, seen: &BTreeMap<String, Option<&'static str>>) -> Vec<Unit> {
        let mut units: Vec<Unit> = Vec::new();
        for (kit, _) in super::KITS {
            units.extend(self.case_of(&format!("kit/{kit}"), seen));
        }
        units.sort_by(|one, other| one.head.cmp(&other.head));
        let told: Vec<String> = units.iter().flat_map(|unit| unit.members.clone()).collect();
        let alone = seen.iter().filter(|(thing, _)| thing.starts_with("asset/") && !told.contains(thing));
        let alone = alone.map(|(thing, way)| Unit {
            head: thing.clone(),
            members: Vec::new(),
            way: *way,
            short: false,
        });
        units.extend(alone.collect::<Vec<_>>());
        units
    }

    fn case_of(&self, kit: &str, seen: &BTreeMap<String, Option<&'static str>>) -> Option<Unit> {
        let all = members(kit);
        let label = seen.get(kit);
        if label.is_none() && all.iter().filter(|member| seen.contains_key(*member)).count() < MEMBERS_MIN {
            return None;
        }
        let out = self.log.held(kit).is_some();
        let along = |member: &&String| match (out, self.log.held(member)) {
            (true, held) => held.is_some_and(|held| held.going.kit.as_deref() == Some(kit)),
            (false, held) => held.is_none() && !self.log.state(member).lost,
        };
        let (read, missing): (Vec<&String>, Vec<&String>) =
            all.iter().filter(along).partition(|member| seen.contains_key(*member));
        if label.is_none() && (read.len() < MEMBERS_MIN || read.len() < missing.len()) {
            return None;
        }
        let ways: Vec<Option<&'static str>> =
            label.into_iter().chain(read.iter().map(|member| &seen[*member])).copied().collect();
        let count = |way: &'static str| ways.iter().filter(|said| **said == Some(way)).count();
        let way = match count("in").cmp(&count("out")) {
            std::cmp::Ordering::Greater => Some("in"),
            std::cmp::Ordering::Less => Some("out"),
            std::cmp::Ordering::Equal => None,
        };
        let short = !missing.is_empty();
        Some(Unit { head: kit.to_owned(), members: read.into_iter().cloned().collect(), way, short })
    }

    fn last_passage(&self, thing: &str) -> Option<Last> {
        let mut last: Option<Last> = None;
        for entry in self.log.standing(thing) {
            match &entry.what {
                What::Passed(way, authorised, _) => {
                    let before = last.take().and_then(|last| last.left_ms);
                    let left_ms = match way {
                        None => before,
                        Some(way) => (*way == "out" && !authorised).then_some(entry.at_ms),
                    };
                    let (station, at_ms) = (entry.station.clone(), entry.at_ms);
                    last = Some(Last { station, way: *way, at_ms, authorised: *authorised, left_ms });
                }
                What::Returned(_) | What::Sighted => {
                    last = last.map(|last| Last { left_ms: None, ..last });
                }
                _ => {}
            }
        }
        last
    }

    /// How grave it is, and its code.
    fn crossing(&self, case: &Case, unit: &Unit) -> (u8, &'static str) {
        let held = self.log.held(&unit.head).is_some();
        let again = |thing: &String| {
            self.last_passage(thing).is_some_and(|last| {
                let same = last.station == case.station && last.way == unit.way && last.authorised == held;
                same && (case.at_ms - last.at_ms).abs() < GATE_REPEAT_MS
            })
        };
        if std::iter::once(&unit.head).chain(&unit.members).all(again) {
            return (7, "duplicate-scan");
        }
        let left_ms = self.last_passage(&unit.head).and_then(|last| last.left_ms);
        match (unit.way, held) {
            (None, _) => (2, "direction-unknown"),
            (Some("out"), false) => (0, "exit-unauthorised"),
            (Some("out"), true) => {
                let since_ms = self.log.out_since(&unit.head).unwrap_or(0);
                let settled = left_ms.is_some_and(|left| (0..=GATE_SETTLE_MS).contains(&(since_ms - left)));
                if settled { (5, "exit-before-checkout") } else { (6, "exit-with-open-loan") }
            }
            (Some(_), true) => (1, "return-seen-not-confirmed"),
            (Some(_), false) if left_ms.is_some() => (3, "back-from-exit"),
            (Some(_), false) => (4, "exit-unnoticed"),
        }
    }
}
