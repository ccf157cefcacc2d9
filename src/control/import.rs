//! What the command line and the daemon say to each other of an import.

use serde::{Deserialize, Serialize};

use crate::import::{Asked, Brought, Change, Kind, Left, Plan, Portion};
use crate::time::Now;
use crate::writer::Batch;

/// A mapping that goes with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapFile {
    /// Its name in errors.
    pub file: String,
    /// What it says.
    pub text: String,
}

/// How a file is asked to be read: by its mapping, else as that kind, else by its header.
pub fn asked(kind: Option<Kind>, map: Option<MapFile>) -> Asked {
    match (map, kind) {
        (Some(MapFile { file, text }), _) => Asked::Mapped { file, text },
        (None, Some(kind)) => Asked::Own(kind),
        (None, None) => Asked::Any,
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// What the file was about.
    pub kind: Kind,
    /// Its name.
    pub file: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows about things that the ledger did not know.
    pub new: usize,
    /// Rows that said something else than the ledger.
    pub changed: usize,
    /// Rows that said what the ledger said.
    pub same: usize,
    /// Facts that were written.
    pub facts: usize,
    /// Bookings that were promised to others while the file was read, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// The rows that are new or different, as far as a dry run was asked for, or nobody said what the file is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeShown>,
    /// Whose file it is, as in `Snipe-IT assets`; absent for our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The numbers of each kind of thing that somebody else's file is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindShown>,
    /// What of somebody else's file is not taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
}

/// The numbers of one kind of thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the number of what it is called")]
pub struct KindShown {
    pub kind: Kind,
    pub new: usize,
    pub changed: usize,
    pub same: usize,
}

/// A row that is new or different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeShown {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// `asset/cam-1`; of people `person/` and their handle.
    pub thing: String,
    /// Whether the ledger did not know it.
    pub new: bool,
    /// What is different, in words; absent for what is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
}

impl Imported {
    /// What a file does, before any of it is written. `tells` whether each row that is new or different is wanted.
    pub fn of(brought: &Brought, file: &str, dry_run: bool, tells: bool) -> Self {
        let Brought { kind, source, plan, kinds, left } = brought;
        let change = |change: &Change| ChangeShown {
            line: change.line,
            thing: change.thing.clone(),
            new: change.is_new,
            what: change.what.clone(),
        };
        let number = |(kind, [new, changed, same]): &(Kind, [usize; 3])| KindShown {
            kind: *kind,
            new: *new,
            changed: *changed,
            same: *same,
        };
        Self {
            kind: *kind,
            file: file.to_owned(),
            dry_run,
            new: plan.new,
            changed: plan.changed,
            same: plan.same,
            facts: 0,
            refused: Vec::new(),
            changes: if tells { plan.changes.iter().map(change).collect() } else { Vec::new() },
            source: source.clone(),
            kinds: if source.is_some() { kinds.iter().map(number).collect() } else { Vec::new() },
            left: left.clone(),
        }
    }
}

/// The commits of a plan and the rows in each. `id` names the import; facts are numbered under it.
pub fn batches(plan: Plan, id: &str, now: Now) -> Vec<(Batch, usize)> {
    let mut first = 0;
    let known_seq = Some(plan.known_seq);
    let batch = |portion: Portion| {
        let Portion { facts, identities, .. } = portion;
        let batch = Batch { id: id.to_owned(), first, facts, identities, known_seq, now };
        first += batch.facts.len();
        (batch, portion.rows)
    };
    plan.portions.into_iter().map(batch).collect()
}
