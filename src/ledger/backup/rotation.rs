//! Which backups are kept: the newest of each of the last days, weeks and months that have one.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use crate::time::UtcMs;

/// How the moment stands in a name, in UTC.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// How many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days.
    pub days: u32,
    /// Weeks, from Monday on.
    pub weeks: u32,
    /// Months.
    pub months: u32,
}

/// The name of the backup of a site that was made then.
pub fn name(site: &str, at: UtcMs) -> String {
    format!("cagekeeper-{site}-{}.db", at.to_chrono().format(MOMENT))
}

/// When the backup of that name was made; `None` where the name is none that [`name`] gives for this site.
pub fn moment(site: &str, name: &str) -> Option<UtcMs> {
    let text =
        name.strip_prefix("cagekeeper-")?.strip_prefix(site)?.strip_prefix('-')?.strip_suffix(".db")?;
    let at = NaiveDateTime::parse_from_str(text, MOMENT).ok()?.and_utc();
    (at.format(MOMENT).to_string() == text).then(|| UtcMs(at.timestamp_millis()))
}

/// Those of `names` that may go, now that `newest` is there and good. Names of other sites and files are never among
/// them, nor is `newest`, whatever the clock says.
pub fn outdated<'a>(site: &str, names: &'a [String], newest: &str, keep: Keep) -> Vec<&'a str> {
    let mut backups: Vec<(UtcMs, &str)> =
        names.iter().filter_map(|name| Some((moment(site, name)?, name.as_str()))).collect();
    backups.sort_unstable_by(|one, other| other.cmp(one));
    let (mut days, mut weeks, mut months) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    backups.retain(|(at, name)| {
        let day = at.to_chrono();
        let is_kept = [
            first_of(&mut days, (day.year(), day.ordinal()), keep.days),
            first_of(&mut weeks, week(&day), keep.weeks),
            first_of(&mut months, (day.year(), day.month()), keep.months),
        ];
        *name != newest && !is_kept.contains(&true)
    });
    backups.into_iter().map(|(_, name)| name).collect()
}

fn week(day: &DateTime<Utc>) -> (i32, u32) {
    let monday: NaiveDate = day.date_naive().week(chrono::Weekday::Mon).first_day();
    (monday.year(), monday.ordinal())
}

/// Whether this is the first backup of a span that counts; they come newest first.
fn first_of(spans: &mut BTreeSet<(i32, u32)>, span: (i32, u32), keep: u32) -> bool {
    let has_room = u32::try_from(spans.len()).unwrap_or(u32::MAX) < keep;
    has_room && spans.insert(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Keep = Keep { days: 7, weeks: 4, months: 12 };
    const DAY_MS: i64 = 86_400_000;

    fn at(text: &str) -> UtcMs {
        UtcMs::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_name_says_site_and_moment_and_nothing_else_is_a_backup() {
        let made = name("unit-b", at("2026-11-24T02:15:03Z"));
        assert_eq!(made, "cagekeeper-unit-b-20261124T021503Z.db");
        assert_eq!(moment("unit-b", &made), Some(at("2026-11-24T02:15:03Z")));
        assert_eq!(moment("unit", &made), None, "the site whose name begins alike");
        for other in
            ["ledger.db", "cagekeeper-unit-b-20261124T021503Z.db.part", "cagekeeper-unit-b-2026.db", ""]
        {
            assert_eq!(moment("unit-b", other), None, "{other}");
        }
    }

    #[test]
    fn a_year_of_nights_leaves_seven_days_four_weeks_and_twelve_months() {
        let first = at("2025-10-01T02:15:00Z");
        let mut names: Vec<String> = vec!["letter.txt".into(), name("annex", first)];
        for night in 0..420 {
            let made = name("studio", first.plus(night * DAY_MS));
            names.push(made.clone());
            let gone: Vec<String> =
                outdated("studio", &names, &made, KEEP).into_iter().map(str::to_owned).collect();
            names.retain(|name| !gone.contains(name));
        }
        let kept: Vec<&str> = names
            .iter()
            .filter_map(|name| name.strip_prefix("cagekeeper-studio-")?.strip_suffix("T021500Z.db"))
            .collect();
        assert_eq!(
            kept,
            [
                "20251231", "20260131", "20260228", "20260331", "20260430", "20260531", "20260630",
                "20260731", "20260831", "20260930", "20261031", "20261108", "20261115", "20261118",
                "20261119", "20261120", "20261121", "20261122", "20261123", "20261124"
            ]
        );
        assert_eq!(names.len(), kept.len() + 2, "what is not ours stays");
    }

    #[test]
    fn the_one_that_was_just_made_stays_also_where_the_clock_went_back() {
        let old: Vec<String> =
            (1..=9).map(|day| name("studio", at(&format!("2026-11-0{day}T02:00:00Z")))).collect();
        let made = name("studio", at("1970-01-01T00:00:09Z"));
        let names = [old, vec![made.clone()]].concat();
        let none = Keep { days: 1, weeks: 0, months: 0 };
        let gone = outdated("studio", &names, &made, none);
        assert_eq!(gone.len(), 8);
        assert!(!gone.contains(&made.as_str()));
        assert!(!gone.contains(&"cagekeeper-studio-20261109T020000Z.db"));
    }
}
