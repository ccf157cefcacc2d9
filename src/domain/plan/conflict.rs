//! Why a booking cannot be made: who has it, until when, and what is free instead.

use super::Resource;
use crate::domain::verdict::{Promise, Telling};
use crate::domain::words::when;
use crate::time::UtcMs;

/// One thing that a booking cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What it cannot have.
    pub resource: Resource,
    /// What people call it.
    pub name: String,
    /// Why.
    pub why: Why,
    /// What people call that which is free at that time instead, nearest first.
    pub instead: Vec<String>,
    /// The next moment from which the whole span would be free, where there is one soon.
    pub free_from: Option<UtcMs>,
}

/// Why something cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about")]
pub enum Why {
    /// It is promised.
    Promised { to: Promise },
    /// It is out and will not be back in time.
    Out { to: Option<String>, until: Option<UtcMs> },
    /// Of a model or a stock there are too few at that moment.
    TooFew { wanted: u32, left: u32, of: u32, at: UtcMs, promised_to: Vec<String> },
    /// It is out of service, not for loan, or in maintenance.
    Unavailable { because: String },
}

impl Conflict {
    /// Who has it, until when, and what is free instead.
    pub fn say(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        let why = match &self.why {
            Why::Promised { to } => {
                let called = to.called(telling);
                format!("{} is promised to {called} from {} to {}", self.name, at(to.from), at(to.until))
            }
            Why::Out { to, until } => {
                let to = to.as_deref().filter(|_| telling.names).unwrap_or("somebody");
                let until = until.map_or("without a due time".into(), |until| format!("until {}", at(until)));
                format!("{} is out to {to} {until}", self.name)
            }
            Why::TooFew { wanted, left, of, at: moment, promised_to } => {
                let others = match promised_to.as_slice() {
                    _ if !telling.names => String::new(),
                    [] => String::new(),
                    titles => format!(", the others are promised to {}", titles.join(", ")),
                };
                format!("{wanted} {} wanted, {left} of {of} left at {}{others}", self.name, at(*moment))
            }
            Why::Unavailable { because } => format!("{} is {because}", self.name),
        };
        let instead = if self.instead.is_empty() {
            String::new()
        } else {
            format!(". Free instead: {}", self.instead.join(", "))
        };
        let from = self.free_from.map_or(String::new(), |from| format!(". Free from {}", at(from)));
        format!("{why}{instead}{from}")
    }
}
