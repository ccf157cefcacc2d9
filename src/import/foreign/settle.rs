//! What was said of things, through our own rows and the comparison with the ledger, into one plan.
//!
//! What is wrong with one row is told and does not stop the others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::cell::{Cells, quoted};
use super::super::prepare::Kind;
use super::super::reading::{Reading, Record};
use super::super::resolve::{Plan, Resolver};
use super::super::table::Columns;
use super::super::{RowError, assets, bookings, kits, people, productions, rooms, stock};
use super::left::{Extent, Left};
use super::said::{Said, Word};
use super::sheet::Sheet;
use super::translation::Translation;
use crate::domain::fact::Body;
use crate::domain::fact::Subject;
use crate::domain::id::PersonId;
use crate::domain::known::Known;
use crate::domain::rules::HouseRules;

/// A kind after those that it refers to.
const ORDER: [Kind; 7] =
    [Kind::Rooms, Kind::Kits, Kind::People, Kind::Stock, Kind::Assets, Kind::Productions, Kind::Bookings];

/// What a thing can do without: where such a cell is wrong the rest of its row is taken.
const SPARED: [&str; 13] = [
    "model",
    "category",
    "serial",
    "day_rate",
    "week_rate",
    "replacement_value",
    "rate",
    "hour_rate",
    "budget",
    "email",
    "phone",
    "owner",
    "client",
];

/// Rows that are wrong are taken out and the others compared again, at most so often: each time shows what the ones
/// that are out had hidden.
const ROUNDS_MAX: usize = 8;

/// What a file will do, by the kinds of things that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Settled {
    /// Everything that is to be recorded, in one order.
    pub(super) plan: Plan,
    /// New, changed, same, of each kind.
    pub(super) kinds: Vec<(Kind, [usize; 3])>,
    /// What was left out.
    pub(super) left: Vec<Left>,
}

/// Compares what was said with the ledger. Fails where the rows contradict each other without end.
pub(super) fn settle(
    said: Translation<'_>,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Settled, Vec<RowError>> {
    let Translation { sheet, known, house, mut things, left, .. } = said;
    let mut known = Cow::Borrowed(known);
    let mut all =
        Settled { plan: Plan { known_seq: known.seq, ..Plan::default() }, left, ..Settled::default() };
    for rows in things.values_mut() {
        let mut settling = Settling { sheet, house, known: &known, left: &mut all.left };
        *rows = settling.once(std::mem::take(rows));
    }
    forget_unnamed(&mut things);
    for kind in ORDER {
        let Some(rows) = things.remove(&kind) else { continue };
        let mut settling = Settling { sheet, house, known: &known, left: &mut all.left };
        let plan = settling.kind(kind, rows, ids)?;
        if !things.is_empty() {
            advance(known.to_mut(), &plan);
        }
        all.kinds.push((kind, [plan.new, plan.changed, plan.same]));
        all.plan.new += plan.new;
        all.plan.changed += plan.changed;
        all.plan.same += plan.same;
        all.plan.changes.extend(plan.changes);
        all.plan.portions.extend(plan.portions);
    }
    all.left.sort_by_key(|left| left.line);
    Ok(all)
}

/// A room or kit that only rows named which are left out is not made.
fn forget_unnamed(things: &mut BTreeMap<Kind, Vec<Said>>) {
    let columns = [(Kind::Rooms, "home"), (Kind::Kits, "kit")];
    for (kind, column) in columns {
        let words = things.values().flatten().filter_map(|said| said.get(column));
        let named: BTreeSet<String> = words.map(|word| word.text.clone()).collect();
        let is_there =
            |said: &Said| !said.is_named || said.get("id").is_some_and(|id| named.contains(&id.text));
        if let Some(places) = things.get_mut(&kind) {
            places.retain(is_there);
        }
    }
    things.retain(|_, rows| !rows.is_empty());
}

/// What is known once a plan is recorded.
fn advance(known: &mut Known, plan: &Plan) {
    for portion in &plan.portions {
        for fact in &portion.facts {
            match (&fact.subject, &fact.body) {
                (Subject::Tag(code), Body::TagAssigned(of)) => {
                    known.tags.entry(code.clone()).or_default().insert(of.thing.clone());
                }
                (Subject::Tag(_), _) => {}
                (subject, body) => {
                    known.registered.insert(subject.clone(), body.clone());
                }
            }
        }
        for identity in &portion.identities {
            known.people.insert(identity.handle.clone(), identity.clone());
            known.badges.extend(identity.badges.iter().map(|badge| (badge.clone(), identity.person.clone())));
        }
    }
}

/// One of our own rows, and the columns in which it says something.
#[derive(Debug, Clone)]
struct Told<T> {
    line: u64,
    says: Vec<&'static str>,
    row: T,
}

impl<T> Told<T> {
    fn columns(&self) -> impl Iterator<Item = String> {
        self.says.iter().map(|column| (*column).to_owned())
    }
}

struct Settling<'a> {
    sheet: &'a Sheet,
    house: &'a HouseRules,
    known: &'a Known,
    left: &'a mut Vec<Left>,
}

impl Settling<'_> {
    /// The things that are said once. Of rows that say the same of one the first counts; where they say otherwise
    /// nobody knows which is right, and none does.
    fn once(&mut self, rows: Vec<Said>) -> Vec<Said> {
        let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, said) in rows.iter().enumerate() {
            if let Some(id) = said.get("id") {
                by_id.entry(id.text.clone()).or_default().push(at);
            }
        }
        let mut out = BTreeSet::new();
        for (id, group) in by_id.iter().filter(|(_, group)| group.len() > 1) {
            let same: Vec<&Said> = group.iter().filter_map(|at| rows.get(*at)).collect();
            let kept = usize::from(self.doubled(id, &same));
            out.extend(group.iter().skip(kept).copied());
        }
        let mut at = 0..;
        rows.into_iter().filter(|_| at.next().is_none_or(|at| !out.contains(&at))).collect()
    }

    /// Tells of rows about one thing. Whether they all say the same.
    fn doubled(&mut self, id: &str, rows: &[&Said]) -> bool {
        let Some((first, rest)) = rows.split_first() else { return true };
        let Some(odd) = rest.iter().find(|other| !other.says_as(first)) else {
            for other in rest {
                let why = format!("line {} says the same of it already", first.line);
                self.leave(other, "id", Extent::Row, why);
            }
            return true;
        };
        for said in rows {
            let other = if said.says_as(first) { odd } else { first };
            let why = contradiction(id, said, other);
            self.leave(said, "id", Extent::Row, why);
        }
        false
    }

    fn leave(&mut self, said: &Said, column: &str, extent: Extent, why: String) {
        let word = said.get(column);
        self.left.push(Left {
            file: self.sheet.file.clone(),
            line: said.line,
            column: Some(self.called(word, column)),
            found: quoted(word.map_or("", |word| word.found())),
            extent,
            why,
        });
    }

    /// The column as the file calls it.
    fn called(&self, word: Option<&Word>, column: &str) -> String {
        word.and_then(|word| word.at).map_or_else(|| column.to_owned(), |at| self.sheet.name(at).to_owned())
    }

    fn kind(
        &mut self,
        kind: Kind,
        said: Vec<Said>,
        ids: &mut dyn Iterator<Item = PersonId>,
    ) -> Result<Plan, Vec<RowError>> {
        let (house, zone) = (self.house, self.house.zone);
        match kind {
            Kind::Rooms => {
                let rows = self.rows(&said, rooms::COLUMNS, rooms::row);
                self.plan(&said, rows, |row| format!("room/{}", row.id), &mut each(rooms::resolve))
            }
            Kind::Kits => {
                let rows = self.rows(&said, kits::COLUMNS, kits::row);
                let about = |row: &kits::KitRow| format!("kit/{}", row.id);
                self.plan(&said, rows, about, &mut |to: &mut Resolver<'_>, told: &[Told<kits::KitRow>]| {
                    let rows: Vec<kits::KitRow> = told.iter().map(|told| told.row.clone()).collect();
                    to.next_says(told.iter().flat_map(Told::columns).collect());
                    kits::refuse_cycles(to, &rows);
                    each(kits::resolve)(to, told);
                })
            }
            Kind::Stock => {
                let rows = self.rows(&said, stock::COLUMNS, stock::row);
                self.plan(&said, rows, |row| format!("stock/{}", row.id), &mut each(stock::resolve))
            }
            Kind::People => {
                let rows = self.rows(&said, people::COLUMNS, |cells| people::row(cells, zone));
                let one = |to: &mut Resolver<'_>, row| people::resolve(to, row, ids);
                self.plan(&said, rows, |row| row.handle.to_string(), &mut each(one))
            }
            Kind::Assets => {
                let rows = self.rows(&said, assets::COLUMNS, |cells| assets::row(cells, zone));
                self.plan(&said, rows, |row| format!("asset/{}", row.id), &mut each(assets::resolve))
            }
            Kind::Productions => {
                let rows = self.rows(&said, productions::COLUMNS, |cells| productions::row(cells, zone));
                self.plan(&said, rows, |row| row.id.to_string(), &mut each(productions::resolve))
            }
            Kind::Bookings => {
                let rows = self.rows(&said, bookings::COLUMNS, |cells| bookings::row(cells, zone));
                let about = |row: &bookings::BookingRow| row.id.to_string();
                self.plan(
                    &said,
                    rows,
                    about,
                    &mut |to: &mut Resolver<'_>, told: &[Told<bookings::BookingRow>]| {
                        to.next_says(told.iter().flat_map(Told::columns).collect());
                        bookings::resolve_all(to, told.iter().map(|told| told.row.clone()).collect(), house);
                    },
                )
            }
        }
    }

    /// Our own rows of what is said; of those that are wrong, what is wrong is told.
    fn rows<T>(
        &mut self,
        said: &[Said],
        columns: Columns,
        row: impl Fn(&mut Cells<'_>) -> Option<T>,
    ) -> Vec<Told<T>> {
        let mut reading = Reading::new(&self.sheet.file);
        reading.columns =
            columns.known.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at)).collect();
        let mut rows = Vec::new();
        for said in said {
            let mut spared = BTreeSet::new();
            let mut record = record(said, columns, &spared);
            let mut read = row(&mut Cells::new(&mut reading, &record));
            let mut errors = reading.take_errors();
            if !errors.is_empty() && errors.iter().all(is_spared) {
                spared = errors.iter().filter_map(|error| error.column.clone()).collect();
                errors.iter().for_each(|error| self.refused(said, error, Extent::Cell));
                record = self::record(said, columns, &spared);
                // Its codes stand in the file once: that has been looked at.
                let mut again = Reading::new(&self.sheet.file);
                again.columns.clone_from(&reading.columns);
                read = row(&mut Cells::new(&mut again, &record));
                errors = again.take_errors();
            }
            errors.iter().for_each(|error| self.refused(said, error, Extent::Row));
            let mut says = said.columns();
            says.retain(|column| !spared.contains(*column));
            rows.extend(read.filter(|_| errors.is_empty()).map(|row| Told { line: said.line, says, row }));
        }
        rows
    }

    fn refused(&mut self, said: &Said, error: &RowError, extent: Extent) {
        let column = error.column.clone().unwrap_or_default();
        let word = said.get(&column);
        let as_it_stands =
            word.filter(|word| error.found == quoted(&word.text)).map(|word| quoted(word.found()));
        self.left.push(Left {
            file: self.sheet.file.clone(),
            line: error.line,
            column: Some(self.called(word, &column)).filter(|column| !column.is_empty()),
            found: as_it_stands.unwrap_or_else(|| error.found.clone()),
            extent,
            why: format!("expected {}", error.expected),
        });
    }

    /// The plan of all rows that are right.
    fn plan<T: Clone>(
        &mut self,
        said: &[Said],
        mut rows: Vec<Told<T>>,
        about: impl Fn(&T) -> String,
        run: &mut dyn FnMut(&mut Resolver<'_>, &[Told<T>]),
    ) -> Result<Plan, Vec<RowError>> {
        let mut errors = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let in_file = rows.iter().map(|told| about(&told.row)).collect();
            let mut to = Resolver::new(&self.sheet.file, BTreeSet::new(), in_file, self.known).adding();
            run(&mut to, &rows);
            let plan;
            (plan, errors) = to.end();
            if errors.is_empty() {
                return Ok(plan);
            }
            let wrong: BTreeMap<u64, &Said> = {
                let lines: BTreeSet<u64> = errors.iter().map(|error| error.line).collect();
                said.iter().filter(|said| lines.contains(&said.line)).map(|said| (said.line, said)).collect()
            };
            for error in &errors {
                if let Some(said) = wrong.get(&error.line) {
                    self.refused(said, error, Extent::Row);
                }
            }
            rows.retain(|told| !wrong.contains_key(&told.line));
        }
        Err(errors)
    }
}

/// Why two rows cannot both be right.
fn contradiction(id: &str, said: &Said, other: &Said) -> String {
    let text = |said: &Said, column: &str| said.get(column).map(|word| word.text.clone());
    let found = |said: &Said, column: &str| said.get(column).map_or("", |word| word.found()).to_owned();
    let line = other.line;
    if found(said, "id") != found(other, "id") {
        return format!(
            "line {line} has {}, which makes the same id {id}: rename one of them",
            quoted(&found(other, "id"))
        );
    }
    let columns = std::iter::once("name").chain(said.columns()).chain(other.columns());
    let column =
        columns.into_iter().find(|column| text(said, column) != text(other, column)).unwrap_or("name");
    let has = quoted(&found(other, column));
    format!("line {line} is about it as well and says otherwise ({column}: {has}): keep one of them")
}

/// Row by row, each with the columns in which it says something.
fn each<'f, T: Clone>(
    mut one: impl FnMut(&mut Resolver<'_>, T) + 'f,
) -> impl FnMut(&mut Resolver<'_>, &[Told<T>]) + 'f {
    move |to, rows| {
        for told in rows {
            to.next_says(told.columns().collect());
            one(to, told.row.clone());
        }
    }
}

fn record(said: &Said, columns: Columns, without: &BTreeSet<String>) -> Record {
    let text = |column: &&str| said.get(column).map(|word| word.text.clone()).unwrap_or_default();
    let cells = columns
        .known
        .iter()
        .map(|column| if without.contains(*column) { String::new() } else { text(column) });
    Record { line: said.line, cells: cells.collect() }
}

fn is_spared(error: &RowError) -> bool {
    error.column.as_deref().is_some_and(|column| SPARED.contains(&column))
}
