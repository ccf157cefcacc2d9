//! `[rules]` and what goes with it: the rules of the house.

use chrono_tz::Tz;

use super::reading::Reading;
use super::section::Section;
use crate::domain::rules::HouseRules;

const HOUR_MS: i64 = 3_600_000;

/// The rules of the house, in this zone and currency.
pub(super) fn house(top: &Section<'_>, zone: Tz, currency: String, reading: &mut Reading<'_>) -> HouseRules {
    let section = top.child("rules", &mut reading.problems);
    section.refuse_unknown(&["loan_h"], &mut reading.problems);
    let loan_h = section.number("loan_h", (1, 8760, 24), "hours", &mut reading.problems);
    HouseRules { loan_ms: i64::from(loan_h) * HOUR_MS, zone, currency, ..HouseRules::default() }
}
