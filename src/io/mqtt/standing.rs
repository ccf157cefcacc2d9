//! What is told of the daemon and the studio as a whole, and when: `info` and `summary`, at most once a second each.

use super::payload::{self, Info, Reports};
use crate::time::{MonoMs, UtcMs};

/// The shortest time between two publications of one of them.
const PACE_MS: u64 = 1_000;
/// What is overdue changes with the clock and not with facts: it is counted again after so long.
const RECOUNT_MS: u64 = 30_000;

/// A payload that changes often and is told seldom.
#[derive(Debug, Default)]
struct Paced {
    is_dirty: bool,
    not_before: MonoMs,
}

impl Paced {
    fn at_once(&mut self) {
        *self = Self { is_dirty: true, not_before: MonoMs(0) };
    }

    fn tried(&mut self, now: MonoMs) {
        self.not_before = now.plus(PACE_MS);
    }
}

/// The state of the two retained payloads.
#[derive(Debug)]
pub(super) struct Standing {
    started_at: UtcMs,
    origin: String,
    reports: Reports,
    info: Paced,
    told: Option<i64>,
    summary: Paced,
    recount_at: MonoMs,
    said: Option<Vec<u8>>,
}

impl Standing {
    pub(super) fn new(started_at: UtcMs, origin: String) -> Self {
        Self {
            started_at,
            origin,
            reports: Reports::default(),
            info: Paced::default(),
            told: None,
            summary: Paced::default(),
            recount_at: MonoMs(0),
            said: None,
        }
    }

    /// The epoch of the ledger.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// A new connection: all is told anew, at once.
    pub(super) fn begin(&mut self) {
        self.told = None;
        self.said = None;
        self.hurry();
    }

    /// What is to be told is told now: the end is near.
    pub(super) fn hurry(&mut self) {
        self.info.at_once();
        self.summary.at_once();
    }

    /// Readers and calendars are like this now.
    pub(super) fn reports_changed(&mut self, reports: Reports) {
        if self.reports != reports {
            self.reports = reports;
            self.info.is_dirty = true;
        }
    }

    /// Something was scanned or recorded.
    pub(super) fn summary_changed(&mut self) {
        self.summary.is_dirty = true;
    }

    /// Whether one of them has something to tell.
    pub(super) fn is_due(&self) -> bool {
        self.info.is_dirty || self.summary.is_dirty
    }

    /// Whether the summary is to be counted now.
    pub(super) fn summary_is_due(&mut self, now: MonoMs) -> bool {
        let is_due = (self.summary.is_dirty || now >= self.recount_at) && now >= self.summary.not_before;
        if is_due {
            self.summary.tried(now);
            self.recount_at = now.plus(RECOUNT_MS);
        }
        is_due
    }

    /// Whether this summary says something new.
    pub(super) fn summary_differs(&mut self, summary: &[u8]) -> bool {
        let differs = self.said.as_deref() != Some(summary);
        self.summary.is_dirty = differs;
        differs
    }

    /// It was handed over.
    pub(super) fn summary_said(&mut self, summary: Vec<u8>) {
        self.said = Some(summary);
        self.summary.is_dirty = false;
    }

    /// The `info` to publish now, if one is due. `told` is how far the broker has the states of things.
    pub(super) fn info_if_due(&mut self, told: i64, backlog: i64, now: MonoMs) -> Option<Vec<u8>> {
        self.info.is_dirty |= self.told != Some(told);
        if !self.info.is_dirty || now < self.info.not_before {
            return None;
        }
        self.info.tried(now);
        Some(payload::info(&Info {
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at,
            origin: &self.origin,
            head_seq: told,
            states_form: payload::STATES_FORM,
            backlog,
            readers: &self.reports.readers,
            calendars: &self.reports.calendars,
        }))
    }

    /// It was handed over.
    pub(super) fn info_said(&mut self, told: i64) {
        self.told = Some(told);
        self.info.is_dirty = false;
    }

    /// When one of them is due next.
    pub(super) fn poll_timeout(&self) -> MonoMs {
        let summary = if self.summary.is_dirty { self.summary.not_before } else { self.recount_at };
        if self.info.is_dirty { summary.min(self.info.not_before) } else { summary }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Standing {
        let mut standing = Standing::new(UtcMs(0), "0123456789ab".to_owned());
        standing.begin();
        standing
    }

    #[test]
    fn the_summary_is_counted_again_by_the_clock_alone_and_said_only_where_it_differs() {
        let mut standing = begun();
        assert!(standing.summary_is_due(MonoMs(5)) && standing.summary_differs(b"1"));
        standing.summary_said(b"1".to_vec());
        assert!(!standing.summary_is_due(MonoMs(29_000)));
        assert!(standing.summary_is_due(MonoMs(30_005)), "something may be overdue by now");
        assert!(!standing.summary_differs(b"1") && standing.summary_differs(b"2"));
        standing.summary_said(b"2".to_vec());
        standing.summary_changed();
        assert!(!standing.summary_is_due(MonoMs(31_004)), "at most once a second");
        assert!(standing.summary_is_due(MonoMs(31_005)));
    }

    #[test]
    fn info_is_said_when_what_is_told_moves_at_most_once_a_second() {
        let mut standing = begun();
        assert!(standing.info_if_due(0, 3, MonoMs(0)).is_some());
        standing.info_said(0);
        assert_eq!(standing.info_if_due(0, 9, MonoMs(5_000)), None, "the backlog alone is no news");
        assert!(standing.info_if_due(4, 0, MonoMs(5_001)).is_some());
        standing.info_said(4);
        assert_eq!(standing.info_if_due(7, 0, MonoMs(5_500)), None);
        assert_eq!(standing.poll_timeout(), MonoMs(0), "the summary has not been said");
        standing.summary_said(Vec::new());
        standing.recount_at = MonoMs(30_000);
        assert_eq!(standing.poll_timeout(), MonoMs(6_001));
        assert!(standing.info_if_due(7, 0, MonoMs(6_001)).is_some());
    }
}
