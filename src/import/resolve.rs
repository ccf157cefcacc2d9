//! Rows against what the ledger knows: what a row refers to must exist, a code is on one thing, and only what is
//! new or different makes a fact. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::RowError;
use super::cell::quoted;
use super::difference;
use crate::domain::code::Code;
use crate::domain::fact::Quantity;
use crate::domain::fact::{Body, NewFact, Subject, TagOf};
use crate::domain::id::{AssetId, KitId, ModelId, PersonHandle, PersonId, StockId};
use crate::domain::known::{Identity, Known};
use crate::nearest::nearest;

/// Facts and identities that one commit takes at most, unless a single row makes more: it holds the ledger's lock
/// for far less than 200 ms.
const PORTION_MAX: usize = 250;

/// What an import will do: every row was right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What is to be recorded, in commits of bounded size.
    pub portions: Vec<Portion>,
    /// Rows that are new or different, in the order of the file.
    pub changes: Vec<Change>,
    /// Rows about things that the ledger did not know.
    pub new: usize,
    /// Rows that say something else than the ledger.
    pub changed: usize,
    /// Rows that say what the ledger says.
    pub same: usize,
    /// The newest fact of the ledger that the rows were compared with.
    pub known_seq: i64,
}

/// What one commit of an import records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portion {
    /// The facts.
    pub facts: Vec<NewFact>,
    /// Who people are.
    pub identities: Vec<Identity>,
    /// Rows of the file that these are.
    pub rows: usize,
}

/// A row that is new or different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// `asset/cam-1`; of people `person/` and their handle.
    pub thing: String,
    /// Whether the ledger did not know it.
    pub is_new: bool,
    /// Of what the ledger knew, what is different: `name from "One" to "Two"`. Of people only which columns.
    pub what: Vec<String>,
}

/// Compares the rows of one file with the ledger.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    /// What the ledger knows.
    pub(super) known: &'a Known,
    file: &'a str,
    columns: BTreeSet<String>,
    tags_of: BTreeMap<&'a Subject, BTreeSet<&'a Code>>,
    handle_of: BTreeMap<&'a PersonId, &'a PersonHandle>,
    in_file: BTreeSet<String>,
    /// Codes are only added: what a thing has besides stays on it.
    adds: bool,
    models: BTreeSet<&'a str>,
    seen: BTreeMap<Code, u64>,
    errors: Vec<RowError>,
    plan: Plan,
}

impl<'a> Resolver<'a> {
    /// `columns` are those that the file has, `in_file` the things its rows are about, as `asset/…` or the handle.
    pub(super) fn new(
        file: &'a str,
        columns: BTreeSet<String>,
        in_file: BTreeSet<String>,
        known: &'a Known,
    ) -> Self {
        let mut tags_of: BTreeMap<&Subject, BTreeSet<&Code>> = BTreeMap::new();
        for (code, things) in &known.tags {
            things.iter().for_each(|thing| {
                tags_of.entry(thing).or_default().insert(code);
            });
        }
        let handle_of = known.people.iter().map(|(handle, identity)| (&identity.person, handle)).collect();
        let model = |body: &'a Body| match body {
            Body::AssetRegistered(asset) => asset.model.as_ref().map(ModelId::as_str),
            _ => None,
        };
        let models = known.registered.values().filter_map(model).collect();
        let plan = Plan { known_seq: known.seq, ..Plan::default() };
        let (seen, errors) = (BTreeMap::new(), Vec::new());
        Self { known, file, columns, tags_of, handle_of, in_file, adds: false, models, seen, errors, plan }
    }

    /// The same for a file that says only part of what is known: codes are added and none is taken off.
    pub(super) fn adding(mut self) -> Self {
        self.adds = true;
        self
    }

    /// The columns in which the next row says something.
    pub(super) fn next_says(&mut self, columns: BTreeSet<String>) {
        self.columns = columns;
    }

    /// What the rows that are right make, and all that is wrong with the others.
    pub(super) fn end(self) -> (Plan, Vec<RowError>) {
        (self.plan, self.errors)
    }

    /// The badges of somebody after a row.
    pub(super) fn badges(&self, said: Vec<Code>, known: Option<Vec<Code>>) -> Vec<Code> {
        if self.adds {
            let all: BTreeSet<Code> = said.into_iter().chain(known.unwrap_or_default()).collect();
            return all.into_iter().collect();
        }
        self.keep("badges", said, known)
    }

    /// The plan, or everything that is wrong in the order of the file.
    pub(super) fn finish(mut self) -> Result<Plan, Vec<RowError>> {
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(self.plan) } else { Err(self.errors) }
    }

    /// Notes what is wrong with a cell.
    pub(super) fn wrong(&mut self, line: u64, column: &str, found: &str, expected: String) {
        self.note(line, column, quoted(found), expected);
    }

    /// Notes what is wrong with a cell, with more to say of it than what it holds.
    pub(super) fn note(&mut self, line: u64, column: &str, found: String, expected: String) {
        let (file, column) = (self.file.to_owned(), Some(column.to_owned()));
        self.errors.push(RowError { file, line, column, found, expected });
    }

    /// Whether the file has that column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains(column)
    }

    /// What the file says or, where it has no such column, what the ledger says.
    pub(super) fn keep<T>(&self, column: &str, said: T, known: Option<T>) -> T {
        if self.has(column) { said } else { known.unwrap_or(said) }
    }

    /// A row about a thing with tags of its own.
    pub(super) fn thing(&mut self, line: u64, subject: Subject, body: Body, tags: &[String]) {
        let known = self.known.registered.get(&subject);
        let mut facts = Vec::new();
        if known != Some(&body) {
            facts.push(NewFact { subject: subject.clone(), actor: None, body });
        }
        if self.has("tags") {
            facts.extend(self.tag_facts(line, &subject, tags));
        }
        self.row(line, subject.to_string(), known.is_none(), facts, None);
    }

    /// Adds what a row makes to the plan.
    pub(super) fn row(
        &mut self,
        line: u64,
        thing: String,
        is_new: bool,
        facts: Vec<NewFact>,
        identity: Option<Identity>,
    ) {
        if facts.is_empty() && identity.is_none() {
            self.plan.same += 1;
            return;
        }
        *(if is_new { &mut self.plan.new } else { &mut self.plan.changed }) += 1;
        let what = match is_new {
            true => Vec::new(),
            false => difference::of_row(self.known, &facts, identity.as_ref()),
        };
        self.plan.changes.push(Change { line, thing, is_new, what });
        let full = |portion: &Portion| portion.facts.len() + portion.identities.len() >= PORTION_MAX;
        if self.plan.portions.last().is_none_or(full) {
            self.plan.portions.push(Portion::default());
        }
        if let Some(portion) = self.plan.portions.last_mut() {
            portion.facts.extend(facts);
            portion.identities.extend(identity);
            portion.rows += 1;
        }
    }

    fn tag_facts(&mut self, line: u64, subject: &Subject, tags: &[String]) -> Vec<NewFact> {
        let had = self.tags_of.get(subject).cloned().unwrap_or_default();
        let wanted: BTreeSet<Code> =
            tags.iter().filter_map(|tag| self.tag(line, "tags", tag, subject)).collect();
        if tags.is_empty() && matches!(subject, Subject::Asset(_) | Subject::Kit(_)) {
            self.tag(line, "id", subject.id(), subject);
        }
        let of = || TagOf { thing: subject.clone() };
        let fact =
            |code: &Code, body: Body| NewFact { subject: Subject::Tag(code.clone()), actor: None, body };
        let assigned =
            wanted.iter().filter(|code| !had.contains(code)).map(|code| fact(code, Body::TagAssigned(of())));
        let released = had
            .iter()
            .filter(|code| !self.adds && !wanted.contains(**code))
            .map(|code| fact(code, Body::TagReleased(of())));
        released.chain(assigned).collect()
    }

    /// A code for a thing that no other thing and no person has, or a note why not.
    fn tag(&mut self, line: u64, column: &str, text: &str, subject: &Subject) -> Option<Code> {
        let code = self.code(line, column, "tag", text)?;
        let other = self.badge_of(&code).or_else(|| self.thing_of(&code, Some(subject)));
        self.free(line, column, "tag", text, other).then_some(code)
    }

    /// A code for a person that no thing and no other person has, or a note why not.
    pub(super) fn badge(&mut self, line: u64, text: &str, owner: &PersonHandle) -> Option<Code> {
        let code = self.code(line, "badges", "badge", text)?;
        let holder = self.known.badges.get(&code).and_then(|person| self.handle_of.get(person)).copied();
        // Somebody in this file who has it now gives it away by this file.
        let holder = holder
            .filter(|holder| *holder != owner && (self.adds || !self.in_file.contains(holder.as_str())));
        let other = holder.map(ToString::to_string).or_else(|| self.thing_of(&code, None));
        self.free(line, "badges", "badge", text, other).then_some(code)
    }

    fn free(&mut self, line: u64, column: &str, what: &str, text: &str, other: Option<String>) -> bool {
        let Some(other) = &other else { return true };
        let expected = match column {
            "id" => format!("a tag for it: its id is a code of {other} already"),
            _ => format!("a {what} that is on nothing else: {other} has it"),
        };
        self.wrong(line, column, text, expected);
        false
    }

    /// The canonical form of a code, once in the file.
    fn code(&mut self, line: u64, column: &str, what: &str, text: &str) -> Option<Code> {
        let code = match Code::canonical(text) {
            Ok(code) if code.reserved().is_none() => code,
            Ok(_) => {
                let expected = format!("a {what} that is no printed code of cagekeeper itself");
                self.wrong(line, column, text, expected);
                return None;
            }
            Err(fault) => {
                self.wrong(line, column, text, format!("a {what} that can be scanned: {fault}"));
                return None;
            }
        };
        if let Some(first) = self.seen.insert(code.clone(), line) {
            self.wrong(line, column, text, format!("each {what} once: line {first} has the code {code}"));
            return None;
        }
        Some(code)
    }

    fn badge_of(&self, code: &Code) -> Option<String> {
        self.known.badges.get(code).map(|person| self.handle(person))
    }

    /// Another thing that answers to a code: by a tag, or by its id where it has no tag.
    fn thing_of(&self, code: &Code, subject: Option<&Subject>) -> Option<String> {
        let is_other = |thing: &&Subject| Some(*thing) != subject;
        // A thing in this file that has the tag now loses it by this file, unless it lists it: then it is here twice.
        let stays = |thing: &&Subject| {
            is_other(thing) && !(!self.adds && self.has("tags") && self.in_file.contains(&thing.to_string()))
        };
        let tagged = self.known.tags.get(code).and_then(|things| things.iter().find(stays));
        let id = code.as_str().to_ascii_lowercase();
        let asset = AssetId::parse(&id).ok().map(Subject::Asset);
        let kit = KitId::parse(&id).ok().map(Subject::Kit);
        let untagged =
            |thing: &Subject| self.known.registered.contains_key(thing) && !self.tags_of.contains_key(thing);
        let by_id = [asset, kit].into_iter().flatten().find(|thing| stays(&thing) && untagged(thing));
        tagged.cloned().or(by_id).map(|thing| thing.to_string())
    }

    /// Notes a reference to a thing that the ledger does not know.
    pub(super) fn need(&mut self, line: u64, column: &str, subject: Subject) {
        if self.known.registered.contains_key(&subject) {
            return;
        }
        let kind = subject.kind();
        let known = self.known;
        let ids = known.registered.keys().filter(|known| known.kind() == kind).map(Subject::id);
        let expected = not_known(kind, nearest(subject.id(), ids));
        self.wrong(line, column, subject.id(), expected);
    }

    /// So many of models that assets have; one that none has is noted.
    pub(super) fn models(&mut self, line: u64, of: Vec<(String, u32)>) -> Vec<Quantity> {
        for (model, _) in &of {
            if !self.models.contains(model.as_str()) {
                let expected = match nearest(model, self.models.iter().copied()) {
                    Some(near) => format!("a model that an asset has; did you mean {near:?}?"),
                    None => "a model that an asset has: import assets of it first".to_owned(),
                };
                self.wrong(line, "models", model, expected);
            }
        }
        quantities(of)
    }

    /// So many of stocks; one that is not known is noted.
    pub(super) fn stock(&mut self, line: u64, of: Vec<(String, u32)>) -> Vec<Quantity> {
        for (stock, _) in &of {
            if let Ok(id) = StockId::parse(stock) {
                self.need(line, "stock", Subject::Stock(id));
            }
        }
        quantities(of)
    }

    /// Whether a row of the file is about that thing.
    pub(super) fn is_in_file(&self, subject: &Subject) -> bool {
        self.in_file.contains(&subject.to_string())
    }

    /// How the studio's list calls a person, or the opaque id.
    pub(super) fn handle(&self, person: &PersonId) -> String {
        self.handle_of.get(person).map_or_else(|| person.to_string(), ToString::to_string)
    }

    /// The people whom the studio's list calls so.
    pub(super) fn persons(&mut self, line: u64, column: &str, handles: &[PersonHandle]) -> Vec<PersonId> {
        handles.iter().filter_map(|handle| self.person(line, column, handle)).collect()
    }

    /// The person whom the studio's list calls so, or a note that there is none.
    pub(super) fn person(&mut self, line: u64, column: &str, handle: &PersonHandle) -> Option<PersonId> {
        let known = self.known;
        if let Some(identity) = known.people.get(handle) {
            return Some(identity.person.clone());
        }
        let near = nearest(handle.as_str(), known.people.keys().map(PersonHandle::as_str));
        self.wrong(line, column, handle.as_str(), not_known("person", near));
        None
    }
}

fn quantities(of: Vec<(String, u32)>) -> Vec<Quantity> {
    of.into_iter().map(|(of, count)| Quantity { of, count }).collect()
}

fn not_known(kind: &str, near: Option<&str>) -> String {
    let article = if kind.starts_with('a') { "an" } else { "a" };
    let plural = match kind {
        "person" => "people".to_owned(),
        "stock" => "stock".to_owned(),
        _ => format!("{kind}s"),
    };
    match near {
        Some(near) => format!("the id of {article} {kind} that is known; did you mean {near:?}?"),
        None => format!("the id of {article} {kind} that is known: import {plural} first"),
    }
}
