//! Stories at the cage door: `tests/scenarios/<topic>/*.txt`, one scan in and one verdict out per line.
//!
//! A file is one situation. Where it answers a complaint about other tools, its first line cites it. Then comes
//! `== title`; the story sets its stage and tells what happens:
//!
//! ```text
//! station cage person required [idle 120s] [confirm 20s] [repeat 2s] [room cage] [kind count|gate] [count-idle 30min]
//! person ana "Ana Silva" crew badge ANA [until 12:00]      asset cam-1 "Sony FX6" [tag CAM1] [kit case-a]
//! kit case-a "Camera case" [tag CASE]                      room studio-b "Studio B"
//! production night-bus "Night Bus"                         booking b-1 person ana starts 08:00 ends 18:00
//! stranger gil "Gil Roy" badge GIL           a badge of somebody who is not enrolled
//! untag CAM1 asset/cam-1                               config policy part-of-kit = "done"
//! 09:00:00 cage scan ANA -> done code-is-person "Hello Ana Silva: scan gear"
//! + 09:00:00 cage scan CAM1 -> …       + : queued with the line above, one commit for both
//! 09:00:20 cage silence -> …           the station waited in vain for CONFIRM, else for the next scan
//! 09:00:21 cage late silence -> …      the wait is over, but a scan came just before
//! 09:00:22 cage resend -> …            the last scan once more under its own id
//! 09:00:23 cage scan CASE & CAM1 -> …  tags that were read together
//! 09:00:23 gate pass out CAM1 & ?CAM2 -> …   tags that passed together, out or in; `?`: nobody can say which way
//! 09:00:24 by kim return cam-1 -> …    a command by hand (`stage/hand.rs` has the words)
//! storage refuses · storage writes      commits fail from here on, or work again
//! restart · clock untrusted · clock trusted · next day
//! who cam-1 -> out to ana for night-bus, due Tue 09:00
//! state cam-1 -> damaged, kept in       stock xlr -> 40 pieces, 38 available
//! facts -> …                           facts since the last such line
//! station b-door kind door room studio-b       a station of another kind
//! reader b-out station b-door way out          a reader of which it is known which way one goes
//! 09:00:00 b-door/b-out scan ANA -> …  read by that reader
//! 09:00:01 b-door asks ANA -> …        a request over the network: to go in, or `asks ANA out`
//! inside studio-b -> …                 who is in there
//! hours studio-b 08:00 18:00 -> …      for how long it was booked and used
//! ```
//!
//! A code in quotes is a JSON string; `x*600` is six hundred x. With `CAGEKEEPER_REWRITE` set, what stands behind
//! each arrow is written anew: read every line of the difference against the rules before keeping it.

#![allow(
    clippy::disallowed_methods,
    reason = "stories are files, and rewriting them is asked for by a variable"
)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cagekeeper::domain::fact::{Body, Fact};
use cagekeeper::domain::id::{BookingId, ReaderId, RoomId};
use cagekeeper::domain::passing::PassedTag;
use cagekeeper::domain::policy::Situation;
use cagekeeper::domain::session::Wait;
use cagekeeper::domain::stay::{self, Counting, Hours};
use cagekeeper::domain::verdict::{Level, SIGNAL_CHARS_MAX, Telling, Verdict};
use cagekeeper::domain::way::Way;
use cagekeeper::domain::words::when;
use cagekeeper::time::UtcMs;
use cagekeeper::writer::{Access, Answer, Input, Passage, Reply, Scan};

mod stage;
use cagekeeper::domain::command::Actor;
use cagekeeper::domain::loaded::Found;
use cagekeeper::writer::Order;
use stage::{
    Pairs, Stage, hand, handle_of, moment, now, scan, span_ms, station, station_toml, subject, words,
};

const STORIES_MIN: usize = 150;
const DAY_MS: i64 = 86_400_000;
const ARROW: &str = " -> ";
const REFUSAL: &str = "no room";

/// Verdicts that say that something moved or was seen: each has its fact.
const WITH_FACT: &[&str] = &[
    "checked-out",
    "kit-member-unavailable",
    "returned",
    "kit-incomplete",
    "late",
    "returned-by-other-person",
    "not-out",
    "handed-over",
    "undone",
    "access-granted",
    "person-left",
    "seen-here",
    "not-checked-out",
    "counted",
    "found-again",
    "counted-elsewhere",
    "counted-retired",
    "shelf-counted",
    "count-ended",
    "count-cancelled",
    "exit-with-open-loan",
    "exit-before-checkout",
    "return-seen-not-confirmed",
    "direction-unknown",
    "back-from-exit",
    "exit-unnoticed",
    "tag-count-short",
];

/// One story while it is told.
struct Story {
    stage: Option<Stage>,
    stations: String,
    readers: String,
    config: BTreeMap<String, Vec<String>>,
    day: i64,
    trusted: bool,
    started_at: UtcMs,
    at: UtcMs,
    scans: usize,
    last_scan: Option<Input>,
    last_answer: BTreeMap<String, Answer>,
    queued: Vec<(usize, String, Input)>,
    facts_told: i64,
    seen: BTreeSet<String>,
    badges: Vec<String>,
    storage_refuses: bool,
}

/// What stands behind the arrow of a line, by the number of the line.
type Outcomes = BTreeMap<usize, String>;

impl Story {
    fn new() -> Self {
        let at = moment("08:00");
        Self {
            stage: None,
            stations: String::new(),
            readers: String::new(),
            config: BTreeMap::new(),
            day: 0,
            trusted: true,
            started_at: at.plus(-3_600_000),
            at,
            scans: 0,
            last_scan: None,
            last_answer: BTreeMap::new(),
            queued: Vec::new(),
            facts_told: 0,
            seen: BTreeSet::new(),
            badges: Vec::new(),
            storage_refuses: false,
        }
    }

    fn stage(&mut self) -> &mut Stage {
        let sections = self.config.iter().map(|(name, lines)| format!("[{name}]\n{}\n", lines.join("\n")));
        let sections: String = sections.collect();
        let toml = format!("site = \"studio\"\n{sections}{}{}", self.stations, self.readers);
        self.stage.get_or_insert_with(|| Stage::new(&toml))
    }

    fn now(&self) -> cagekeeper::time::Now {
        let mono_ms = u64::try_from(self.at.since(self.started_at)).unwrap();
        now(self.at, mono_ms, self.trusted)
    }

    /// Takes one line in front of its arrow.
    fn line(&mut self, number: usize, line: &str, outcomes: &mut Outcomes) {
        if let Some(rest) = line.strip_prefix("+ ") {
            return self.queue(number, rest);
        }
        self.commit(outcomes);
        let parts = words(line);
        match parts[0].as_str() {
            "config" => {
                assert!(self.stage.is_none(), "the configuration stands first");
                let rest = line.strip_prefix("config ").unwrap();
                let (section, setting) = rest.split_once(' ').unwrap();
                self.config.entry(section.to_owned()).or_default().push(setting.to_owned());
            }
            "station" => {
                assert!(self.stage.is_none(), "stations stand first");
                let pairs = Pairs::new(&parts[2..]);
                let room = pairs.one("room").map(|room| format!("room = \"{room}\"\n"));
                let spans = ["idle", "confirm", "repeat", "count-idle"]
                    .into_iter()
                    .filter_map(|word| Some((word.to_owned(), span_ms(pairs.one(word)?))))
                    .collect();
                let person = pairs.one("person").unwrap_or("required");
                let kind = format!("kind = \"{}\"", pairs.one("kind").unwrap_or("desk"));
                let toml = station_toml(&parts[1], person, &spans).replace("kind = \"desk\"", &kind);
                self.stations.push_str(&toml);
                self.stations.push_str(&room.unwrap_or_default());
            }
            "reader" => {
                let pairs = Pairs::new(&parts[2..]);
                let (station, way) = (pairs.one("station").unwrap(), pairs.one("way").unwrap());
                self.readers.push_str(&format!(
                    "[[reader]]\nid = \"{}\"\nstation = \"{station}\"\nway = \"{way}\"\nsource = \"mqtt\"\npreset = \"plain\"\n",
                    parts[1]
                ));
            }
            "restart" => {
                self.stage().start();
                self.started_at = self.at;
            }
            "storage" => self.storage(parts[1] == "refuses"),
            "clock" => self.trusted = parts[1] == "trusted",
            "next" => self.day += 1,
            "who" => drop(outcomes.insert(number, self.who(&parts[1]))),
            "state" => drop(outcomes.insert(number, self.state(&parts[1]))),
            "stock" if parts.len() == 2 => drop(outcomes.insert(number, self.stock(&parts[1]))),
            "facts" => drop(outcomes.insert(number, self.facts())),
            "inside" => drop(outcomes.insert(number, self.inside(&parts[1]))),
            "hours" => drop(outcomes.insert(number, self.hours(&parts[1..]))),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => self.queue(number, line),
            _ => {
                if parts[0] == "person" {
                    self.badges.extend(Pairs::new(&parts[4..]).all("badge").into_iter().map(str::to_owned));
                }
                let at = self.at;
                self.stage().set(line, at);
                if self.scans == 0 {
                    self.facts_told = self.stage().reader().head_seq().unwrap();
                }
            }
        }
    }

    /// From here on every commit fails, or works again.
    fn storage(&mut self, refuses: bool) {
        self.storage_refuses = refuses;
        let refuse =
            format!("CREATE TRIGGER full BEFORE INSERT ON scan BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END");
        self.stage().raw().execute_batch(if refuses { &refuse } else { "DROP TRIGGER full" }).unwrap();
    }

    /// `09:00:00 cage scan CODE` and its like: the input waits for the commit.
    fn queue(&mut self, number: usize, line: &str) {
        let (time, rest) = line.split_once(' ').unwrap();
        let (at_station, what) = rest.split_once(' ').unwrap();
        self.at = moment(time).plus(self.day * DAY_MS);
        if at_station == "by" {
            let order = self.order(what);
            return self.queued.push((number, at_station.to_owned(), order));
        }
        let (at_station, reader) = at_station.split_once('/').unwrap_or((at_station, ""));
        let input = match what.split_once(' ').map_or((what, ""), |(verb, rest)| (verb, rest)) {
            ("scan", code) => {
                self.scans += 1;
                let mut codes = code.split(" & ").map(payload);
                let id = format!("s{}", self.scans);
                let scan = scan(&id, at_station, &codes.next().unwrap(), self.now());
                let scan = Scan { also: codes.collect(), ..scan };
                let reader = (!reader.is_empty()).then(|| ReaderId::parse(reader).unwrap());
                let scan = Scan { reader: reader.or(scan.reader.clone()), ..scan };
                self.last_scan = Some(Input::Scan(scan));
                self.last_scan.clone().unwrap()
            }
            ("asks", rest) => {
                self.scans += 1;
                let (code, way) = rest.strip_suffix(" out").map_or((rest, Way::In), |code| (code, Way::Out));
                let scan = scan(&format!("s{}", self.scans), at_station, &payload(code), self.now());
                Input::Access(Box::new(Access { scan: Scan { reader: None, ..scan }, way }))
            }
            ("pass", rest) => self.passage(at_station, rest),
            ("resend", _) => self.last_scan.clone().unwrap(),
            ("silence", _) => self.silence(at_station),
            ("late", "silence") => {
                let answer = &self.last_answer[at_station];
                let turn = answer.turn - 1;
                Input::Silence { station: station(at_station), wait: Wait::Idle, turn, now: self.now() }
            }
            _ => panic!("{line}: expected scan, silence, late silence or resend"),
        };
        self.queued.push((number, at_station.to_owned(), input));
    }

    /// `out CAM1 & ?CAM2`: what passed a gate together.
    fn passage(&mut self, at_station: &str, line: &str) -> Input {
        self.scans += 1;
        let (way, codes) = line.split_once(' ').unwrap();
        let way = Way::parse(way).unwrap_or_else(|| panic!("{line}: in or out?"));
        let reader = ReaderId::parse(&format!("{at_station}-gun")).ok();
        let tag = |code: &str| match code.strip_prefix('?') {
            Some(code) => PassedTag { tag: code.to_owned(), way: None, reader: reader.clone() },
            None => PassedTag { tag: code.to_owned(), way: Some(way), reader: reader.clone() },
        };
        let id = format!("s{}", self.scans);
        let tags = codes.split(" & ").map(tag).collect();
        let passage = Passage { id, station: station(at_station), tags, now: self.now() };
        self.last_scan = Some(Input::Passage(passage.clone()));
        Input::Passage(passage)
    }

    /// `kim return cam-1`: a command by hand.
    fn order(&mut self, line: &str) -> Input {
        let words = words(line);
        let (command, confirm) = hand::command(&words[1..]);
        self.scans += 1;
        let roles = self.stage().roles_of(&words[0]);
        let by = Actor { person: Some(stage::person(&words[0])), roles };
        let id = format!("s{}", self.scans);
        Input::Order(Box::new(Order { id, by, command, confirm, now: self.now() }))
    }

    /// What state a thing is in.
    fn state(&mut self, thing: &str) -> String {
        let whole = if thing.contains('/') { thing.to_owned() } else { format!("asset/{thing}") };
        let now = self.at;
        let found = self.stage().found(&subject(&whole), now);
        let standing = match &found {
            Found::Asset(asset) => &asset.standing,
            Found::Kit(kit) => &kit.standing,
            _ => panic!("{thing} has no state"),
        };
        let jobs = standing.jobs.iter().map(|job| if job.blocks { "kept in" } else { "maintenance due" });
        let mut said = vec![standing.condition.name().to_owned()];
        said.extend(jobs.map(str::to_owned));
        said.extend(standing.lost_since.map(|since| format!("lost since {}", self.when(since))));
        said.extend(standing.missing_since.map(|since| format!("missing since {}", self.when(since))));
        said.extend(
            standing.recall.as_ref().map(|recall| format!("recalled by {}", self.when(recall.wanted_by))),
        );
        said.extend(standing.inspection_due.map(|due| format!("inspection due {}", self.when(due))));
        said.extend(standing.retired.then(|| "retired".to_owned()));
        said.join(", ")
    }

    /// Who is in a room.
    fn inside(&mut self, room: &str) -> String {
        let now = self.at;
        let longest_ms = self.stage().config.house.longest_stay_ms;
        let stays = self.stage().reader().open_stays(&RoomId::parse(room).unwrap()).unwrap();
        let there = stays.iter().filter(|stay| stay.is_inside(now, longest_ms));
        let said: Vec<String> = there
            .map(|stay| {
                let booking = stay.booking.as_ref().map(|id| format!(" for {id}")).unwrap_or_default();
                format!("{}{booking} since {}", handle_of(&stay.person), self.when(stay.from))
            })
            .collect();
        if said.is_empty() { "nobody".into() } else { said.join(", ") }
    }

    /// The hours of a room within a time, in minutes: by booking, then in all.
    fn hours(&mut self, words: &[String]) -> String {
        let (room, now) = (RoomId::parse(&words[0]).unwrap(), self.at);
        let within = (moment(&words[1]), moment(&words[2]).plus(self.day * DAY_MS));
        let longest_ms = self.stage().config.house.longest_stay_ms;
        let counting = Counting { now, longest_ms, within };
        let stays = self.stage().reader().stays(Some(&room), within).unwrap();
        let booked = self.stage().reader().booked_spans(Some(&room), within).unwrap();
        let say = |hours: Hours| {
            let min = |ms: i64| ms / 60_000;
            format!(
                "booked {} used {} person {} min",
                min(hours.booked_ms),
                min(hours.used_ms),
                min(hours.person_ms)
            )
        };
        let of = |id: &BookingId| {
            let of_booking = booked.iter().filter(|booked| booked.booking == *id);
            let of_stay = stays.iter().filter(|stay| stay.booking.as_ref() == Some(id));
            format!("{id} {}", say(stay::hours(of_booking, of_stay, &counting)))
        };
        let mut said: Vec<String> = booked.iter().map(|booked| of(&booked.booking)).collect();
        said.push(format!("in all {}", say(stay::hours(booked.iter(), stays.iter(), &counting))));
        said.join("; ")
    }

    fn stock(&mut self, id: &str) -> String {
        let now = self.at;
        match self.stage().found(&subject(&format!("stock/{id}")), now) {
            Found::Stock(stock) => format!("{} pieces, {} available", stock.count, stock.available()),
            _ => panic!("{id} is no stock"),
        }
    }

    /// The silence that the station would report by now.
    fn silence(&self, at_station: &str) -> Input {
        let answer = &self.last_answer[at_station];
        let waited_ms = u64::try_from(self.at.since(answer.at)).unwrap();
        let over = |limit_ms: Option<u64>| limit_ms.is_some_and(|limit_ms| waited_ms >= limit_ms);
        let wait = match (over(answer.confirm_ms), over(answer.idle_ms)) {
            (true, _) => Wait::Confirm,
            (false, true) => Wait::Idle,
            _ => panic!("{}: nothing is over after {waited_ms} ms of silence", self.at),
        };
        Input::Silence { station: station(at_station), wait, turn: answer.turn, now: self.now() }
    }

    /// Commits what is queued as one group and notes what came of each input.
    fn commit(&mut self, outcomes: &mut Outcomes) {
        let queued = std::mem::take(&mut self.queued);
        if queued.is_empty() {
            return;
        }
        let inputs: Vec<Input> = queued.iter().map(|(_, _, input)| input.clone()).collect();
        let before = self.stage().facts().len();
        let replies = match self.stage().writer().handle_group(&inputs) {
            Ok(replies) => replies,
            Err(error) if self.storage_refuses => {
                assert!(error.to_string().contains(REFUSAL), "{error}");
                assert_eq!(before, self.stage().facts().len(), "a commit that failed left facts");
                return queued
                    .iter()
                    .for_each(|(number, ..)| drop(outcomes.insert(*number, self.not_recorded())));
            }
            Err(error) => panic!("{error}"),
        };
        let after = self.stage().facts();
        let mut told = 0;
        for ((number, at_station, _), reply) in queued.into_iter().zip(replies) {
            let said = self.reply(&at_station, reply, &after[before..], &mut told);
            outcomes.insert(number, said);
        }
        assert!(told > 0 || after.len() == before, "facts came that no verdict told of");
    }

    /// What the light says while nothing can be written.
    fn not_recorded(&mut self) -> String {
        let verdict = Verdict::NotRecorded;
        self.seen.insert(verdict.code().to_owned());
        format!("{} {} {:?}", verdict.level().name(), verdict.code(), verdict.sentence(&self.telling()))
    }

    fn telling(&self) -> Telling {
        Telling { names: true, zone: chrono_tz::Europe::London, now: self.at }
    }

    fn reply(&mut self, at_station: &str, reply: Reply, fresh: &[Fact], told: &mut usize) -> String {
        match reply {
            Reply::Decided(answer) => {
                let said = self.answered(&answer, fresh, told);
                if answer.scan.is_none() && answer.idle_ms.is_some() {
                    // The wait for the next scan counts from the last scan, not from this silence.
                    let at = self.last_answer[at_station].at;
                    self.last_answer.insert(at_station.to_owned(), Answer { at, ..*answer });
                } else {
                    self.last_answer.insert(at_station.to_owned(), *answer);
                }
                said
            }
            Reply::AlreadyThere { level, verdict, sentence, .. } => {
                format!("already there: {level} {verdict} {sentence:?}")
            }
            Reply::Noted => "nothing".into(),
            other => panic!("{other:?}"),
        }
    }

    /// The words of an answer, once it has kept what every answer promises.
    fn answered(&mut self, answer: &Answer, fresh: &[Fact], told: &mut usize) -> String {
        let telling = Telling { names: true, zone: chrono_tz::Europe::London, now: answer.at };
        let (level, code) = (answer.level(), answer.verdict.code());
        self.seen.insert(code.to_owned());
        assert!(answer.verdict.text(&telling).chars().count() <= SIGNAL_CHARS_MAX, "{code}");
        assert!(!answer.verdict.sentence(&telling).is_empty(), "{code} has no words");
        if matches!(level, Level::Done | Level::Notice) && WITH_FACT.contains(&code) {
            let seq = answer.seq.unwrap_or_else(|| panic!("{code} is green without a fact"));
            let scan = answer.scan.as_deref().unwrap();
            assert!(
                fresh.iter().any(|fact| fact.seq == seq && fact.scan_id == scan),
                "{code} is green and its fact is not in the file"
            );
        }
        if matches!(level, Level::Again | Level::Refused) {
            // What is out and does not go to another has been seen all the same.
            let own = fresh.iter().filter(|fact| Some(&fact.scan_id) == answer.scan.as_ref());
            let seen = |body: &Body| matches!(body, Body::Sighted(_) | Body::Passed(_));
            let moved = own.filter(|fact| level == Level::Again || !seen(&fact.body));
            assert_eq!(moved.count(), 0, "{code} changes nothing");
        }
        *told += usize::from(answer.seq.is_some());
        format!("{} {code} {:?}", level.name(), answer.verdict.sentence(&telling))
    }

    fn when(&self, at: UtcMs) -> String {
        when(at, self.at, chrono_tz::Europe::London)
    }

    fn who(&mut self, thing: &str) -> String {
        let whole = if thing.contains('/') { thing.to_owned() } else { format!("asset/{thing}") };
        let state = self.stage().reader().state_of(&subject(&whole)).unwrap().unwrap();
        let left = state.left.map(|at| format!(", seen leaving {}", self.when(at))).unwrap_or_default();
        let Some(custody) = state.custody else { return format!("never moved{left}") };
        if !custody.out {
            return format!("home{left}");
        }
        let coming = state.returning.map(|at| format!(", seen coming in {}", self.when(at)));
        let mut said = format!("out to {}", custody.person.as_ref().map_or("somebody", handle_of));
        if let Some(production) = custody.production {
            said.push_str(&format!(" for {production}"));
        }
        if let Some(booking) = custody.booking {
            said.push_str(&format!(" by {booking}"));
        }
        if let Some(room) = custody.room {
            said.push_str(&format!(" in {room}"));
        }
        if let Some(kit) = custody.kit {
            said.push_str(&format!(" with {kit}"));
        }
        let due = custody.due.map_or("never".into(), |due| self.when(due));
        format!("{said}, due {due}{}", coming.unwrap_or_default())
    }

    fn facts(&mut self) -> String {
        let facts = self.stage().reader().facts_after(self.facts_told, 1000).unwrap();
        self.facts_told = facts.last().map_or(self.facts_told, |fact| fact.seq);
        let said: Vec<String> = facts.iter().map(|fact| self.fact(fact)).collect();
        if said.is_empty() { "none".into() } else { said.join("; ") }
    }

    fn fact(&self, fact: &Fact) -> String {
        let mut said = format!("{} {}", fact.body.kind(), fact.subject);
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                said.push_str(&format!(" {key} {value}"));
            }
        };
        let name = |person: &Option<_>| person.as_ref().map(|person| handle_of(person).to_owned());
        add("by", name(&fact.actor));
        if let Some(movement) = fact.body.movement() {
            add("person", name(&movement.person));
            add("from", name(&movement.from));
            add("for", movement.production.as_ref().map(ToString::to_string));
            add("booking", movement.booking.as_ref().map(ToString::to_string));
            add("room", movement.room.as_ref().map(ToString::to_string));
            add("due", movement.due.map(|due| self.when(due)));
            add("with", movement.kit.as_ref().map(ToString::to_string));
            add("code", movement.code.as_ref().map(ToString::to_string));
            add("confirmed-by", name(&movement.confirmed_by));
            let overrides: Vec<&str> = movement.overrides.iter().map(|situation| situation.name()).collect();
            add("overriding", (!overrides.is_empty()).then(|| overrides.join(" ")));
            add("pieces", movement.count.map(|count| count.to_string()));
            add("happened", movement.happened.map(|at| self.when(at)));
            add("in", movement.counted_in.as_ref().map(ToString::to_string));
            add("as", movement.counted_as.map(|counted_as| counted_as.name().to_owned()));
        }
        match &fact.body {
            Body::PersonEntered(passage) | Body::PersonLeft(passage) => {
                add("room", Some(passage.room.to_string()));
                add("booking", passage.booking.as_ref().map(ToString::to_string));
                add("unseen", passage.unseen.then(|| "yes".to_owned()));
            }
            Body::ConditionNoted(noted) => add("is", Some(noted.condition.name().to_owned())),
            Body::MaintenanceOpened(job) => add("blocks", Some(job.blocks.to_string())),
            Body::TagAssigned(tag) | Body::TagReleased(tag) => add("on", Some(tag.thing.to_string())),
            Body::Recalled(recall) => {
                add("wanted", Some(self.when(recall.wanted_by)));
                add("from", name(&recall.person));
                add("out-for", recall.production.as_ref().map(ToString::to_string));
            }
            Body::StockCounted(counted) => {
                add("pieces", Some(counted.count.to_string()));
                add("in", counted.counted_in.as_ref().map(ToString::to_string));
            }
            Body::CountBegun(begun) => add("of", begun.room.as_ref().map(ToString::to_string)),
            Body::CountEnded(ended) => {
                add("found", Some(ended.found.to_string()));
                add("missing", Some(ended.missing.to_string()));
            }
            Body::Missed(missed) => add("in", Some(missed.counted_in.to_string())),
            Body::Passed(passed) => {
                add("way", passed.way.map(|way| way.name().to_owned()));
                add("loan", Some(if passed.authorised { "yes" } else { "no" }.to_owned()));
                add("person", name(&passed.person));
                add("for", passed.production.as_ref().map(ToString::to_string));
                add("booking", passed.booking.as_ref().map(ToString::to_string));
                add("with", passed.kit.as_ref().map(ToString::to_string));
            }
            _ => {}
        }
        if let Body::Annulled(annulled) = &fact.body {
            add("takes back", Some(annulled.facts.join(" ")));
        }
        add("clock", (!fact.clock_trusted).then(|| "untrusted".into()));
        said
    }

    /// What must hold at the end of every story.
    fn end(&mut self, outcomes: &mut Outcomes) {
        self.commit(outcomes);
        let badges = self.badges.clone();
        let stage = self.stage();
        let report = stage.reader().verify().unwrap();
        assert!(report.is_whole(), "{:#?}", report.differences);
        let report = stage.ledger().reader().unwrap().verify_recent(10_000).unwrap();
        assert!(report.is_whole(), "{:#?}", report.differences);
        let kept = stage::dump(&stage.raw(), "SELECT code FROM scan UNION ALL SELECT body FROM fact");
        for badge in badges {
            let badge = cagekeeper::domain::code::Code::canonical(&badge).unwrap();
            let quoted = format!("{:?}", badge.as_str());
            let keeps = |row: &&String| *row == badge.as_str() || row.contains(&quoted);
            assert_eq!(kept.iter().find(keeps), None, "the badge {badge} was kept");
        }
    }
}

fn payload(code: &str) -> String {
    if code.starts_with('"') {
        return serde_json::from_str(code).unwrap();
    }
    match code.split_once('*') {
        Some((text, times)) if times.parse::<usize>().is_ok() => text.repeat(times.parse().unwrap()),
        _ => code.to_owned(),
    }
}

/// Tells every story of a file: the file with what came of each line, the number of stories, the verdicts seen.
fn tell(text: &str) -> (String, usize, BTreeSet<String>) {
    let (mut outcomes, mut seen) = (Outcomes::new(), BTreeSet::new());
    let mut story: Option<Story> = None;
    let mut stories = 0;
    let mut finish = |story: Option<Story>, outcomes: &mut Outcomes| {
        if let Some(mut story) = story {
            story.end(outcomes);
            seen.append(&mut story.seen);
        }
    };
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("== ") {
            finish(story.replace(Story::new()), &mut outcomes);
            stories += 1;
        } else if !line.is_empty() && !line.starts_with('#') {
            let told = line.split_once(ARROW).map_or(line, |(told, _)| told);
            let told = told.strip_suffix(" ->").unwrap_or(told);
            let story = story.as_mut().unwrap_or_else(|| panic!("{line}: a story begins with =="));
            story.line(number, told, &mut outcomes);
        }
    }
    finish(story, &mut outcomes);
    let lines = text.lines().enumerate().map(|(number, line)| match outcomes.get(&number) {
        Some(came) => {
            let told = line.split_once(ARROW).map_or(line, |(told, _)| told);
            format!("{}{ARROW}{came}\n", told.strip_suffix(" ->").unwrap_or(told))
        }
        None => format!("{line}\n"),
    });
    (lines.collect(), stories, seen)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// A file for each situation, in a folder for each topic.
fn files() -> Vec<PathBuf> {
    let within = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = within(folder()).flat_map(within).collect();
    files.sort();
    files
}

/// Every code that a verdict can have, from the places that make them.
fn all_codes() -> BTreeSet<String> {
    let source = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/verdict");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let arms = |text: &str| -> Vec<String> {
        text.split("=> \"").skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect()
    };
    let of = |source: &str, from: &str| {
        let body = source.split_once(from).unwrap().1.split_once("\n    }\n").unwrap().0.to_owned();
        let otherwise = body.split("unwrap_or(\"").skip(1);
        let otherwise = otherwise.map(|rest| rest.split_once('"').unwrap().0.to_owned());
        arms(&body).into_iter().chain(otherwise).collect::<Vec<_>>()
    };
    let verdicts = source("mod.rs");
    let situations = Situation::ALL.map(|situation| situation.name().to_owned());
    let codes = [
        of(&verdicts, "pub fn code(&self)"),
        of(&verdicts, "fn own_code(&self)"),
        of(&source("remark.rs"), "pub fn code(&self)"),
        of(&source("door.rs"), "pub fn code(&self)"),
        of(&source("counted.rs"), "pub fn code(&self)"),
        of(&source("passage.rs"), "pub fn code(&self)"),
    ];
    codes.into_iter().flatten().chain(situations).filter(|code| code != "refused").collect()
}

#[test]
fn every_story_ends_as_told_and_together_they_know_every_verdict() {
    let rewrite = std::env::var("CAGEKEEPER_REWRITE").is_ok();
    let (mut stories, mut seen, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let (told, count, mut codes) = tell(&text);
        stories += count;
        seen.append(&mut codes);
        if rewrite {
            std::fs::write(&path, &told).unwrap();
            continue;
        }
        let name = path.strip_prefix(folder()).unwrap().display().to_string();
        assert_eq!(count, 1, "{name} tells {count} stories: a file is one situation");
        for (number, (line, came)) in text.lines().zip(told.lines()).enumerate() {
            if line != came {
                wrong.push(format!("{name}:{}:\n  told  {line}\n  came  {came}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "stories ended otherwise:\n{}", wrong.join("\n"));
    assert!(stories >= STORIES_MIN, "only {stories} stories");
    let untold: Vec<String> = all_codes().difference(&seen).cloned().collect();
    assert!(untold.is_empty(), "no story tells of {untold:?}");
}

#[test]
fn a_story_that_is_told_wrong_is_found() {
    let story = "== One camera\nstation cage person optional\nasset cam-1 \"Sony FX6\" tag CAM1\n\
                 09:00:00 cage scan CAM1 -> refused\nwho cam-1 -> home\n";
    let (told, stories, seen) = tell(story);
    assert_eq!(stories, 1);
    assert!(seen.contains("checked-out"));
    assert!(told.contains("cage scan CAM1 -> done checked-out \"Out: Sony FX6, due Tue 09:00\"\n"), "{told}");
    assert!(told.contains("who cam-1 -> out to somebody, due Tue 09:00\n"), "{told}");
}
