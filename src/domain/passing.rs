//! What passed a gate together, with everything that a decision about it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Subject;
use super::id::{AssetId, ReaderId, StationId};
use super::loaded::{Asset, Found, Kit};
use super::way::Way;
use crate::time::UtcMs;

/// A tag that has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedTag {
    /// The tag, as read.
    pub tag: String,
    /// Which way; `None` where that cannot be said.
    pub way: Option<Way>,
    /// The reader that read it last; `None` where somebody typed.
    pub reader: Option<ReaderId>,
}

/// How a thing was seen passing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Which way; tags of one thing that disagree say nothing.
    pub way: Option<Way>,
    /// The reader that read it last.
    pub reader: Option<ReaderId>,
}

/// The last time that a thing passed a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPassage {
    /// Which gate.
    pub station: Option<StationId>,
    /// Which way.
    pub way: Option<Way>,
    /// When.
    pub at: UtcMs,
    /// Whether it was out to somebody then.
    pub authorised: bool,
    /// When it left without a loan, where it has not been seen here since.
    pub left: Option<UtcMs>,
}

/// What passed together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passing {
    /// The assets and kits of which a tag was read.
    pub seen: BTreeMap<Subject, Seen>,
    /// Those assets.
    pub assets: Vec<Asset>,
    /// The kits whose own label or at least two of whose members were read; of kits in each other the outermost.
    pub kits: Vec<Kit>,
    /// Members of those kits that carry a tag which a gate can read.
    pub readable: BTreeSet<AssetId>,
    /// When each of these passed last, where it ever did.
    pub last: BTreeMap<Subject, LastPassage>,
    /// Tags of which nothing is known.
    pub unknown: usize,
    /// Badges and cards: nobody scans at a gate.
    pub badges: usize,
}

impl Passing {
    /// A single thing of which nothing else was loaded.
    pub fn of(found: &Found) -> Self {
        let seen = |subject: Subject| BTreeMap::from([(subject, Seen::default())]);
        match found {
            Found::Asset(asset) => Self {
                seen: seen(Subject::Asset(asset.id.clone())),
                assets: vec![asset.as_ref().clone()],
                ..Self::default()
            },
            Found::Kit(kit) => Self {
                seen: seen(Subject::Kit(kit.id.clone())),
                kits: vec![kit.as_ref().clone()],
                ..Self::default()
            },
            Found::Unknown | Found::Malformed(_) | Found::Ambiguous(_) => {
                Self { unknown: 1, ..Self::default() }
            }
            _ => Self { badges: 1, ..Self::default() },
        }
    }
}
