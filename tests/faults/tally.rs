//! What was shown and what was found, counted.

use std::fmt;

/// How many rounds of a fault: so many of a thousand in `cargo test`, `CAGEKEEPER_FAULT_ROUNDS` in a campaign.
pub fn rounds(in_short: usize, of_a_thousand: usize) -> usize {
    let wanted = std::env::var("CAGEKEEPER_FAULT_ROUNDS").ok().map(|text| text.parse::<usize>().unwrap());
    wanted.map_or(in_short, |wanted| (wanted * of_a_thousand).div_ceil(1_000))
}

/// One fault, all its rounds.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub fault: String,
    pub rounds: usize,
    /// Codes that were scanned.
    pub scans: usize,
    /// Green lights that somebody saw.
    pub greens: usize,
    /// Facts that the ledger holds of these scans.
    pub facts: usize,
    /// Green, and no fact.
    pub lost: usize,
    /// More facts or more decisions than scans.
    pub doubled: usize,
    /// Read and neither recorded nor green: what was in memory when the program died.
    pub unread: usize,
    /// Facts of which nobody heard on MQTT.
    pub untold: usize,
}

impl Row {
    pub fn of(fault: &str) -> Self {
        Self { fault: fault.to_owned(), ..Self::default() }
    }

    /// Adds what another run of the same fault counted.
    pub fn add(&mut self, more: &Self) {
        self.rounds += more.rounds;
        self.scans += more.scans;
        self.greens += more.greens;
        self.facts += more.facts;
        self.lost += more.lost;
        self.doubled += more.doubled;
        self.unread += more.unread;
        self.untold += more.untold;
    }
}

/// The rows of one kind of faults.
#[derive(Debug, Default)]
pub struct Tally(Vec<Row>);

impl Tally {
    pub fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    /// Prints the table and says no where anything was lost, doubled or untold; or where nothing was green, since then
    /// nothing was tried.
    pub fn settle(&self) {
        println!("{self}");
        for row in &self.0 {
            assert_eq!((row.lost, row.doubled, row.untold), (0, 0, 0), "{}: see the table above", row.fault);
            assert!(
                row.greens > 0 && row.facts > 0,
                "{}: nothing was green, so nothing was tried",
                row.fault
            );
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["rounds", "scans", "green", "facts", "lost", "doubled", "unread", "untold"];
        write!(f, "\n{:<44}", "fault")?;
        heads.iter().try_for_each(|head| write!(f, "{head:>9}"))?;
        for row in &self.0 {
            write!(f, "\n{:<44}", row.fault)?;
            let cells =
                [row.rounds, row.scans, row.greens, row.facts, row.lost, row.doubled, row.unread, row.untold];
            cells.iter().try_for_each(|cell| write!(f, "{cell:>9}"))?;
        }
        writeln!(f)
    }
}
