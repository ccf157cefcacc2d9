//! What passes a gate, as the writer takes it.

use super::Scan;
use crate::domain::id::StationId;
use crate::domain::passing::PassedTag;
use crate::domain::rules::DoorRules;
use crate::time::Now;

/// What passed a gate together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Drawn before the first attempt: a retry finds its answer.
    pub id: String,
    /// Which gate.
    pub station: StationId,
    /// The tags; at most 512 are looked up.
    pub tags: Vec<PassedTag>,
    /// When the last of them had passed.
    pub now: Now,
}

impl Passage {
    /// The same as a scan of all of them, as the scan log keeps it.
    pub(super) fn scan(&self) -> Scan {
        let mut codes = self.tags.iter().map(|tag| tag.tag.clone());
        Scan {
            id: self.id.clone(),
            station: self.station.clone(),
            reader: self.tags.iter().find_map(|tag| tag.reader.clone()),
            payload: codes.next().unwrap_or_default(),
            also: codes.collect(),
            now: self.now,
        }
    }
}

/// What was scanned at a gate by other means than its own passages: it goes the way of the reader.
pub(super) fn passed_by(scan: &Scan, rules: &DoorRules) -> Vec<PassedTag> {
    let way = scan.reader.as_ref().and_then(|reader| rules.ways.get(reader)).copied();
    let codes = std::iter::once(&scan.payload).chain(&scan.also);
    codes.map(|tag| PassedTag { tag: tag.clone(), way, reader: scan.reader.clone() }).collect()
}
