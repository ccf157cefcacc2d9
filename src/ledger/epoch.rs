//! Whose ledger it is: the studio, the machine, and the epoch under which facts are numbered.
//!
//! `(origin, origin_seq)` names a fact for ever and everywhere. Two files that number on from one beginning would give
//! two facts one name, so a file that turns up on another machine, such as a card that was copied, begins an epoch.

use std::collections::BTreeSet;

use super::{Ledger, LedgerError, Reader};
use crate::domain::fact::Subject;
use crate::domain::id::SiteId;

/// Under this name `meta` holds the site.
pub(super) const SITE: &str = "site";
/// Under this name `meta` holds what the machine was told by, one word each.
const MACHINE: &str = "machine";
/// Nothing is ordered before this moment of the hybrid clock: facts that a restore took away had it.
pub(super) const HLC_FLOOR: &str = "hlc-floor";
/// No fact gets a number up to this one: facts that a restore took away had it.
pub(super) const SEQ_FLOOR: &str = "seq-floor";
/// Things that a restore took away, by `vanished asset/…`.
pub(super) const VANISHED: &str = "vanished ";

/// What a machine is told by. Words only; what they are made of is not in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// The id of its system, where it has one. A copied card has the same.
    pub system: Option<String>,
    /// Its board or its network adapters, where any could be told.
    pub hardware: BTreeSet<String>,
}

impl Machine {
    fn words(&self) -> String {
        let system = self.system.iter().map(|id| format!("system={id}"));
        system.chain(self.hardware.iter().cloned()).collect::<Vec<_>>().join(" ")
    }

    fn parse(words: &str) -> Self {
        let mut machine = Self::default();
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            match word.strip_prefix("system=") {
                Some(id) => machine.system = Some(id.to_owned()),
                None => drop(machine.hardware.insert(word.to_owned())),
            }
        }
        machine
    }

    /// Whether both can be one machine: what one of them does not know tells nothing, and of several adapters one may
    /// have been exchanged.
    fn may_be(&self, other: &Self) -> bool {
        let system = self.system.is_none() || other.system.is_none() || self.system == other.system;
        let known = !self.hardware.is_empty() && !other.hardware.is_empty();
        system && (!known || !self.hardware.is_disjoint(&other.hardware))
    }
}

/// What [`Ledger::claim`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The machine that wrote it last, or one that cannot be told from it.
    Here,
    /// Another machine wrote it: facts are numbered under a new epoch from now on.
    Moved,
}

impl Ledger {
    /// Refuses the ledger of another site; one that knows of none is this site's from now on. `before` is the name that the
    /// site had: its ledger is taken over.
    pub fn belongs_to(&self, site: &SiteId, before: Option<&SiteId>) -> Result<(), LedgerError> {
        match self.meta(SITE)? {
            Some(found) if found == site.as_str() => Ok(()),
            Some(found) if before.is_none_or(|before| found != before.as_str()) => {
                let (path, expected) = (self.path.clone(), site.to_string());
                Err(LedgerError::OtherSite { path, found, expected })
            }
            _ => self.set_meta(SITE, site.as_str()),
        }
    }

    /// Takes the ledger for this machine; `origin` names the epoch that begins where another machine wrote it.
    pub fn claim(&mut self, machine: &Machine, origin: &str) -> Result<Claimed, LedgerError> {
        let before = self.meta(MACHINE)?.map(|words| Machine::parse(&words)).unwrap_or_default();
        let is_here = before.may_be(machine);
        if is_here && (before == *machine || machine.hardware.is_empty()) {
            return Ok(Claimed::Here);
        }
        self.transaction(|ledger| {
            ledger.set_meta(MACHINE, &machine.words())?;
            if !is_here {
                ledger.set_meta("origin", origin)?;
            }
            Ok(())
        })?;
        self.reload()?;
        self.begin_mark()?;
        Ok(if is_here { Claimed::Here } else { Claimed::Moved })
    }
}

impl Reader {
    /// Things that a restore took away and that have not come back: what was told of them holds no longer.
    pub fn vanished(&self) -> Result<Vec<Subject>, LedgerError> {
        let sql = "SELECT substr(key, 10) FROM meta WHERE key GLOB ?1
                   AND NOT EXISTS (SELECT 1 FROM subject WHERE subject = substr(key, 10))";
        let mut statement = self.conn().prepare(sql)?;
        let things = statement.query_map([format!("{VANISHED}*")], |row| row.get(0))?;
        Ok(things.collect::<Result<_, _>>()?)
    }

    /// Whether a restore took this thing away.
    pub fn has_vanished(&self, thing: &Subject) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM meta WHERE key = ?1)";
        Ok(self.conn().prepare_cached(sql)?.query_row([format!("{VANISHED}{thing}")], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(system: &str, hardware: &[&str]) -> Machine {
        let system = Some(system.to_owned()).filter(|id| !id.is_empty());
        Machine { system, hardware: hardware.iter().map(|&word| word.to_owned()).collect() }
    }

    #[test]
    fn another_machine_begins_an_epoch_and_the_same_one_does_not() {
        let mut ledger = Ledger::in_memory("first").unwrap();
        let pi = machine("aa", &["board-1", "net-1"]);
        assert_eq!(ledger.claim(&pi, "second").unwrap(), Claimed::Here);
        for same in [&pi, &machine("aa", &[]), &machine("", &[]), &machine("aa", &["net-1", "net-2"])] {
            assert_eq!(ledger.claim(same, "second").unwrap(), Claimed::Here, "{same:?}");
        }
        assert_eq!(ledger.origin(), "first");
        assert_eq!(ledger.claim(&machine("aa", &["board-2"]), "second").unwrap(), Claimed::Moved);
        assert_eq!(ledger.origin(), "second", "a card that was copied");
        assert_eq!(ledger.claim(&machine("aa", &["board-2"]), "third").unwrap(), Claimed::Here);
        assert_eq!(ledger.claim(&machine("bb", &["board-2"]), "third").unwrap(), Claimed::Moved);
        assert_eq!(ledger.origin(), "third", "a system that was set up anew on the same board");
    }
}
