//! What passed a gate, told apart: what had a loan, what had none, and what is uncertain.

use super::{Level, Members, Telling, What};
use crate::time::UtcMs;

/// Things named of each sort; the rest are counted.
const NAMED_MAX: usize = 4;
/// Of those that left without a loan.
const ALARMS_NAMED_MAX: usize = 12;

/// How a thing passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crossing {
    /// Out, and nobody has it on loan.
    ExitUnauthorised,
    /// In, and somebody has it on loan still.
    ReturnSeen,
    /// Some way.
    DirectionUnknown,
    /// In, and it had left without a loan.
    BackFromExit {
        /// When it left.
        left: UtcMs,
    },
    /// In, and nobody knew that it was away.
    ExitUnnoticed,
    /// Out, on loan, and it had been seen leaving before that loan began.
    ExitBeforeCheckout {
        /// When it left first.
        left: UtcMs,
    },
    /// Out, on loan.
    ExitWithLoan,
    /// The same way again, just after.
    Again,
}

impl Crossing {
    /// What the light shows of it alone.
    pub fn level(self) -> Level {
        match self {
            Self::ExitUnauthorised => Level::Refused,
            Self::ReturnSeen | Self::DirectionUnknown | Self::BackFromExit { .. } | Self::ExitUnnoticed => {
                Level::Notice
            }
            Self::ExitBeforeCheckout { .. } | Self::ExitWithLoan => Level::Done,
            Self::Again => Level::Again,
        }
    }

    fn heading(self, telling: &Telling) -> String {
        match self {
            Self::ExitUnauthorised => "No checkout".into(),
            Self::ReturnSeen => "Seen coming in, scan it at a desk".into(),
            Self::DirectionUnknown => "Passed, way unknown".into(),
            Self::BackFromExit { left } => format!("Back, left {} without a checkout", telling.at(left)),
            Self::ExitUnnoticed => "Came in, nobody saw it leave".into(),
            Self::ExitBeforeCheckout { left } => {
                format!("Settled, seen leaving {} before its checkout", telling.at(left))
            }
            Self::ExitWithLoan => "Out on loan".into(),
            Self::Again => "Again".into(),
        }
    }
}

/// A thing that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossed {
    /// The asset, or the kit with whatever of it was read.
    pub what: What,
    /// How.
    pub crossing: Crossing,
    /// The members of the kit that were not read with it, where some should have been.
    pub short: Option<Members>,
}

/// What passed a gate together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passages {
    /// The things, the most serious first.
    pub crossed: Vec<Crossed>,
    /// Tags of which nothing is known.
    pub unknown: usize,
    /// Badges and cards, which are no scan here.
    pub badges: usize,
}

impl Passages {
    /// What the light shows: the most serious of all.
    pub fn level(&self) -> Level {
        let levels: Vec<Level> = self.crossed.iter().map(|crossed| crossed.crossing.level()).collect();
        let is_short = self.crossed.iter().any(Crossed::is_news_and_short);
        match levels.first() {
            Some(Level::Refused) => Level::Refused,
            _ if is_short || levels.contains(&Level::Notice) => Level::Notice,
            _ if levels.contains(&Level::Done) => Level::Done,
            _ => Level::Again,
        }
    }

    /// The code that programs read, of the most serious.
    pub fn code(&self) -> &'static str {
        let is_short = self.crossed.iter().any(Crossed::is_news_and_short);
        let first = self.crossed.first().map(|crossed| crossed.crossing);
        match first {
            Some(Crossing::ExitUnauthorised) => "exit-unauthorised",
            Some(_) if is_short => "tag-count-short",
            Some(Crossing::ReturnSeen) => "return-seen-not-confirmed",
            Some(Crossing::DirectionUnknown) => "direction-unknown",
            Some(Crossing::BackFromExit { .. }) => "back-from-exit",
            Some(Crossing::ExitUnnoticed) => "exit-unnoticed",
            Some(Crossing::ExitBeforeCheckout { .. }) => "exit-before-checkout",
            Some(Crossing::ExitWithLoan) => "exit-with-open-loan",
            Some(Crossing::Again) => "duplicate-scan",
            None if self.unknown == 0 => "badge-at-gate",
            None => "tag-unknown",
        }
    }

    /// The thing, where it was one alone.
    pub fn what(&self) -> Option<&What> {
        match self.crossed.as_slice() {
            [only] => Some(&only.what),
            _ => None,
        }
    }

    /// Each sort with its things, then what is missing of kits, then what nobody knows.
    pub fn sentence(&self, telling: &Telling) -> String {
        let mut said = Vec::new();
        let mut rest = self.crossed.as_slice();
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|crossed| crossed.crossing == first.crossing).count();
            let (sort, behind) = rest.split_at(same);
            said.push(sort_words(first.crossing, sort, telling));
            rest = behind;
        }
        let short = self.crossed.iter().filter(|crossed| crossed.is_news_and_short());
        let short = short
            .filter_map(|crossed| Some(format!("{} {}", crossed.what.name, crossed.short.as_ref()?.say())));
        let short: Vec<String> = short.collect();
        if !short.is_empty() {
            said.push(format!("Not all of it was read: {}", short.join("; ")));
        }
        match self.unknown {
            0 => {}
            1 => said.push("1 tag that nobody knows".into()),
            several => said.push(format!("{several} tags that nobody knows")),
        }
        if self.badges > 0 {
            said.push("A badge or card is no scan here: use a desk".into());
        }
        if said.is_empty() { "Nothing passed".into() } else { said.join(". ") }
    }
}

impl Crossed {
    /// What passes again just after is as short as it was.
    fn is_news_and_short(&self) -> bool {
        self.short.is_some() && self.crossing != Crossing::Again
    }
}

fn sort_words(crossing: Crossing, sort: &[Crossed], telling: &Telling) -> String {
    let max = if crossing == Crossing::ExitUnauthorised { ALARMS_NAMED_MAX } else { NAMED_MAX };
    let names: Vec<&str> = sort.iter().take(max).map(|crossed| crossed.what.name.as_str()).collect();
    let more = sort.len().saturating_sub(max);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count = if sort.len() > 1 { format!(" ({})", sort.len()) } else { String::new() };
    format!("{}{count}: {}{more}", crossing.heading(telling), names.join(", "))
}
