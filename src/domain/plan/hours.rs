//! When the studio is open.

use std::collections::BTreeSet;

use chrono::NaiveDate;

/// Opening hours and closed days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    /// From Monday: minutes after midnight at which it opens and closes. All empty: always open.
    pub weekly: [Vec<(u16, u16)>; 7],
    /// Days on which it is closed.
    pub closed: BTreeSet<NaiveDate>,
}
