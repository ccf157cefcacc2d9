//! `import kits`: cases with expected members. Which assets those are, the assets say.

use std::collections::{BTreeMap, BTreeSet};

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use crate::domain::fact::{Body, KitRegistered, Subject};
use crate::domain::id::KitId;

/// The columns of such a file.
pub(super) const COLUMNS: Columns =
    Columns { known: &["id", "name", "tags", "within"], required: &["id", "name"] };

/// One kit as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// Names it.
    pub id: KitId,
    /// What people call it.
    pub name: String,
    /// The codes on the case, as written.
    pub tags: Vec<String>,
    /// The case in which this one travels.
    pub within: Option<KitId>,
}

/// Reads a file of kits: all of its rows, or all that is wrong. `file` names it in errors.
pub fn kits(file: &str, bytes: &[u8]) -> Result<Vec<KitRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, row)
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>) -> Option<KitRow> {
    let id = cells.own_id(KitId::parse);
    let name = cells.name("name");
    let tags = cells.codes("tag", "tags");
    let within = cells.id("within", KitId::parse);
    Some(KitRow { line: cells.line(), id: id?, name: name?, tags, within })
}

/// What a row says, against what the ledger knows.
pub(super) fn resolve(to: &mut Resolver<'_>, row: KitRow) {
    let subject = Subject::Kit(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::KitRegistered(old)) => Some(old.within.clone()),
        _ => None,
    };
    let outer = row.within.clone().map(Subject::Kit).filter(|outer| !to.is_in_file(outer));
    if let Some(outer) = outer {
        to.need(row.line, "within", outer);
    }
    let within = to.keep("within", row.within, old);
    let body = Body::KitRegistered(KitRegistered { name: row.name, within });
    to.thing(row.line, subject, body, &row.tags);
}

/// Notes every circle of cases that the rows would make, once each, at the first of its rows.
pub(super) fn refuse_cycles(to: &mut Resolver<'_>, rows: &[KitRow]) {
    if !to.has("within") {
        return;
    }
    let mut within: BTreeMap<&KitId, &KitId> = BTreeMap::new();
    for (subject, body) in &to.known.registered {
        if let (Subject::Kit(kit), Body::KitRegistered(said)) = (subject, body) {
            within.extend(said.within.as_ref().map(|outer| (kit, outer)));
        }
    }
    for row in rows {
        match &row.within {
            Some(outer) => within.insert(&row.id, outer),
            None => within.remove(&row.id),
        };
    }
    let mut seen: BTreeSet<&KitId> = BTreeSet::new();
    for row in rows {
        if let Some(circle) = circle(&row.id, &within, &mut seen) {
            let ids: Vec<&str> = circle.iter().map(|kit| kit.as_str()).collect();
            let outer = row.within.as_ref().map_or(row.id.as_str(), KitId::as_str);
            let expected = format!("a case that is not within itself: {}", ids.join(" in "));
            to.wrong(row.line, "within", outer, expected);
        }
    }
}

/// The circle to which a kit leads, written from its first kit to that kit again; only where nobody went before.
fn circle<'k>(
    from: &'k KitId,
    within: &BTreeMap<&'k KitId, &'k KitId>,
    seen: &mut BTreeSet<&'k KitId>,
) -> Option<Vec<&'k KitId>> {
    let (mut way, mut kit) = (Vec::new(), from);
    while seen.insert(kit) {
        way.push(kit);
        kit = within.get(kit).copied()?;
    }
    let start = way.iter().position(|before| *before == kit)?;
    way.push(kit);
    Some(way.split_off(start))
}
