//! What is said in a count: what a thing is that it came upon, how far it has got, what it came to.

use super::{Level, Telling, What, Who};
use crate::domain::count::Tally;
use crate::domain::fact::CountedAs;
use crate::domain::words::when;
use crate::time::UtcMs;

/// Names of members that are said; the rest are counted.
const NAMED_MAX: usize = 4;

/// The answer to a scan or a command of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about")]
pub enum CountSaid {
    /// COUNT: what is scanned from here on is counted.
    Mode { name: String, goes_on: Option<Tally> },
    /// One thing was counted.
    Thing { what: What, counted_as: CountedAs, home: Option<String>, since: Option<UtcMs>, left: Vec<String> },
    /// It is out to somebody and lies here: is it back?
    Out { what: What, holder: Option<Who> },
    /// Tags that were read together were counted.
    Together { tally: Tally, found_again: u32, again: u32, unknown: u32, back: u32, left: Vec<String> },
    /// The pieces of a shelf were counted: so many here, so many in all, and how many were known of before.
    Shelf { what: What, here: u32, count: u32, known: u32 },
    /// A shelf label without a number.
    SeenNotCounted { what: What },
    /// Things were not found: does the count end all the same?
    ToEnd { name: String, tally: Tally },
    /// The count has ended.
    Ended { name: String, tally: Tally },
    /// Something was counted: is the count dropped all the same?
    ToDrop { name: String, counted: u32 },
    /// The count is dropped: nothing is missed.
    Dropped { name: String },
    /// COUNT again before anything was scanned in it.
    NothingCounted { name: String },
    /// DONE: the station leaves the count, which stays open.
    Left { name: String, tally: Tally },
    /// The same by silence.
    LeftIdle { name: String },
    /// The count was ended elsewhere.
    Over { name: String },
}

impl CountSaid {
    /// What the light shows.
    pub fn level(&self) -> Level {
        match self {
            Self::Thing { counted_as: CountedAs::Found, .. } => Level::Done,
            Self::Thing { .. } | Self::SeenNotCounted { .. } => Level::Notice,
            Self::Out { .. } | Self::ToEnd { .. } | Self::ToDrop { .. } => Level::Ask,
            Self::Together { tally, found_again, again, unknown, back, .. } => {
                let odd = tally.elsewhere + tally.retired + found_again + unknown;
                match (tally.out, tally.counted() + back, odd) {
                    (1.., ..) => Level::Ask,
                    (0, 0, 0) if *again > 0 => Level::Again,
                    (0, _, 0) => Level::Done,
                    _ => Level::Notice,
                }
            }
            Self::Shelf { count, known, .. } if count != known => Level::Notice,
            Self::Ended { tally, .. } if tally.missing > 0 || tally.shelves > 0 => Level::Notice,
            Self::LeftIdle { .. } | Self::NothingCounted { .. } => Level::Again,
            Self::Over { .. } => Level::Refused,
            Self::Mode { .. }
            | Self::Shelf { .. }
            | Self::Ended { .. }
            | Self::Dropped { .. }
            | Self::Left { .. } => Level::Done,
        }
    }

    /// The code that programs read, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mode { .. } => "count-mode",
            Self::Thing { counted_as: CountedAs::Found, .. } => "counted",
            Self::Thing { counted_as: CountedAs::FoundAgain, .. } => "found-again",
            Self::Thing { counted_as: CountedAs::Elsewhere, .. } => "counted-elsewhere",
            Self::Thing { counted_as: CountedAs::Retired, .. } => "counted-retired",
            Self::Thing { counted_as: CountedAs::Out, .. } | Self::Out { .. } => "counted-out",
            Self::Together { .. } => "counted-together",
            Self::Shelf { .. } => "shelf-counted",
            Self::SeenNotCounted { .. } => "seen-not-counted",
            Self::ToEnd { .. } => "count-not-found",
            Self::Ended { .. } => "count-ended",
            Self::ToDrop { .. } => "count-to-drop",
            Self::Dropped { .. } => "count-cancelled",
            Self::NothingCounted { .. } => "nothing-counted",
            Self::Left { .. } | Self::LeftIdle { .. } => "count-stays-open",
            Self::Over { .. } => "count-over",
        }
    }

    /// The thing it is about, where it is about one.
    pub fn what(&self) -> Option<&What> {
        match self {
            Self::Thing { what, .. }
            | Self::Out { what, .. }
            | Self::Shelf { what, .. }
            | Self::SeenNotCounted { what } => Some(what),
            _ => None,
        }
    }

    /// One sentence for people: what happened, then what to do.
    pub fn sentence(&self, telling: &Telling) -> String {
        match self {
            Self::Thing { what, counted_as, home, since, left } => {
                thing(what, *counted_as, home.as_deref(), since.map(|at| when(at, telling.now, telling.zone)))
                    + &still_to_scan(left)
            }
            Self::Out { what, holder } => {
                let holder = holder.as_ref().map_or("somebody", |who| who.called(telling.names));
                format!("Back? CONFIRM or RETURN. {} is out to {holder} and lies here", what.name)
            }
            Self::Together { tally, found_again, again, unknown, back, left } => {
                together(tally, *found_again, [*again, *unknown, *back]) + &still_to_scan(left)
            }
            Self::Shelf { what, here, count, known } => shelf(what, *here, *count, *known),
            Self::SeenNotCounted { what } => {
                format!("Seen, not counted: {}. Scan its code with the pieces, CODE*40", what.name)
            }
            other => other.of_count(),
        }
    }

    fn of_count(&self) -> String {
        match self {
            Self::Mode { name, goes_on: None } => {
                format!("Count of {name}: scan what is here, COUNT ends it")
            }
            Self::Mode { name, goes_on: Some(tally) } => {
                format!("Count of {name} goes on: {}. COUNT ends it", so_far(tally))
            }
            Self::ToEnd { name, tally } => {
                let missing = tally.missing;
                format!("End it? CONFIRM. {missing} not found in {name}: they are noted as missing")
            }
            Self::Ended { name, tally } => format!("Counted {name}: {}", all_of(tally)),
            Self::ToDrop { name, counted } => {
                format!("Drop it? CONFIRM. {counted} counted in {name}: then nothing is missed")
            }
            Self::Dropped { name } => format!("Count of {name} dropped: nothing is missed"),
            Self::NothingCounted { name } => format!("Nothing counted in {name}: no count was begun"),
            Self::Left { name, tally } => {
                format!("Count of {name} stays open: {}. COUNT goes on", so_far(tally))
            }
            Self::LeftIdle { name } => format!("Count of {name} stays open: COUNT goes on with it"),
            Self::Over { name } => format!("Count of {name} was ended elsewhere: COUNT begins another"),
            // Said above.
            Self::Thing { .. }
            | Self::Out { .. }
            | Self::Together { .. }
            | Self::Shelf { .. }
            | Self::SeenNotCounted { .. } => String::new(),
        }
    }
}

fn thing(what: &What, counted_as: CountedAs, home: Option<&str>, since: Option<String>) -> String {
    let name = &what.name;
    let goes = home.map(|home| format!(", goes to {home}")).unwrap_or_default();
    match (counted_as, since) {
        (CountedAs::Found, _) => format!("Found: {name}"),
        (CountedAs::FoundAgain, Some(since)) => format!("Found again: {name}, missing since {since}{goes}"),
        (CountedAs::FoundAgain, None) => format!("Found again: {name}{goes}"),
        (CountedAs::Elsewhere, _) => {
            format!("Elsewhere: {name} belongs in {}", home.unwrap_or("another room"))
        }
        (CountedAs::Out, _) => format!("Out, and here: {name}"),
        (CountedAs::Retired, _) => format!("Retired: {name}. Put it aside"),
    }
}

/// Members of a case that the label of the case does not count.
fn still_to_scan(left: &[String]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let named: Vec<&str> = left.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = left.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(". Still to scan in it: {}{more}", named.join(", "))
}

fn together(tally: &Tally, found_again: u32, others: [u32; 3]) -> String {
    let [again, unknown, back] = others;
    let parts = [
        (back, "back"),
        (tally.found.saturating_sub(found_again), "found"),
        (found_again, "found again"),
        (tally.elsewhere, "belong elsewhere"),
        (tally.retired, "retired"),
        (again, "counted before"),
        (unknown, "unknown"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let said = said.join(", ");
    match (tally.out, said.is_empty()) {
        (0, true) => "Read together: nothing that is known".to_owned(),
        (0, false) => format!("Read together: {said}"),
        (out, true) => format!("{out} back? CONFIRM or RETURN. They are out and lie here"),
        (out, false) => {
            format!("{out} back? CONFIRM or RETURN. They are out and lie here. Besides: {said}")
        }
    }
}

fn shelf(what: &What, here: u32, count: u32, known: u32) -> String {
    let differs = match (count.checked_sub(known), known.checked_sub(count)) {
        (Some(more @ 1..), _) => format!(", {more} more than known"),
        (_, Some(fewer @ 1..)) => format!(", {fewer} fewer than known"),
        _ => String::new(),
    };
    format!("Counted: {here} x {} here, {count} pieces in all{differs}", what.name)
}

/// `212 of 340 found`
fn so_far(tally: &Tally) -> String {
    format!("{} of {} found", tally.found, tally.expected())
}

fn all_of(tally: &Tally) -> String {
    let parts = [
        (tally.missing, "missing"),
        (tally.elsewhere, "belong elsewhere"),
        (tally.out, "out to somebody"),
        (tally.retired, "retired"),
        (tally.shelves, if tally.shelves == 1 { "shelf not counted" } else { "shelves not counted" }),
    ];
    let odd = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    std::iter::once(so_far(tally)).chain(odd).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_together_is_as_serious_as_the_oddest_of_it() {
        let said = |tally: Tally, again: u32, unknown: u32| CountSaid::Together {
            tally,
            found_again: 0,
            again,
            unknown,
            back: 0,
            left: Vec::new(),
        };
        let found = Tally { found: 3, ..Tally::default() };
        assert_eq!(said(found, 2, 0).level(), Level::Done);
        assert_eq!(said(Tally::default(), 2, 0).level(), Level::Again);
        assert_eq!(said(found, 0, 1).level(), Level::Notice);
        assert_eq!(said(Tally { out: 1, ..found }, 0, 0).level(), Level::Ask);
        assert_eq!(
            together(&found, 1, [2, 1, 0]),
            "Read together: 2 found, 1 found again, 2 counted before, 1 unknown"
        );
    }

    #[test]
    fn a_shelf_says_what_differs_from_what_was_known() {
        let what = What {
            subject: crate::domain::fact::Subject::parse("stock/xlr").unwrap(),
            name: "XLR".to_owned(),
        };
        assert_eq!(shelf(&what, 40, 44, 44), "Counted: 40 x XLR here, 44 pieces in all");
        assert_eq!(shelf(&what, 40, 44, 50), "Counted: 40 x XLR here, 44 pieces in all, 6 fewer than known");
        assert_eq!(shelf(&what, 40, 44, 41), "Counted: 40 x XLR here, 44 pieces in all, 3 more than known");
    }
}
