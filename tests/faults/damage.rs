//! A ledger file that is cut, flipped, overwritten: each time it is either found and said, or harmless. Nothing that the
//! program does not complain of may lack a fact, or tell one otherwise.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dice::Dice;
use crate::house::House;
use crate::tally::{Row, Tally, rounds};

const NO_BROKER: &str = "url = \"mqtt://127.0.0.1:1\"";
const THINGS: usize = 40;
/// The check of so few facts is over by then.
const CHECK: Duration = Duration::from_secs(2);
/// SQLite's pages.
const PAGE: usize = 4_096;

/// A house whose ledger is kept as it was, to be damaged again and again.
struct Specimen {
    house: House,
    files: BTreeMap<String, Vec<u8>>,
    facts: Vec<Value>,
}

impl Specimen {
    /// A ledger that was closed in order.
    fn closed() -> Self {
        let mut house = scanned();
        house.stop();
        Self::of(house)
    }

    /// A ledger whose program was killed, with everything since its start in the write-ahead log.
    fn killed() -> Self {
        let mut house = scanned();
        house.kill();
        Self::of(house)
    }

    fn of(house: House) -> Self {
        let mut specimen = Self { house, files: BTreeMap::new(), facts: Vec::new() };
        for name in ["ledger.db", "ledger.db-wal", "ledger.db.lock"] {
            if let Ok(bytes) = std::fs::read(specimen.house.studio.path().join(name)) {
                specimen.files.insert(name.to_owned(), bytes);
            }
        }
        specimen.facts = specimen.facts_now();
        specimen
    }

    /// Every fact as the program prints it, whole.
    fn facts_now(&self) -> Vec<Value> {
        self.house.studio.ask(&["facts", "--after", "0", "--limit", "100000", "--json"])
    }

    /// Puts the files back as they were, but for one that is damaged, or gone.
    fn damaged(&self, name: &str, damaged: Option<&[u8]>) {
        let folder = self.house.studio.path();
        for companion in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"] {
            let bytes =
                if companion == name { damaged } else { self.files.get(companion).map(Vec::as_slice) };
            let path = folder.join(companion);
            match bytes {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None => drop(std::fs::remove_file(path)),
            }
        }
    }

    /// What `verify` says of the files as they lie there: nothing where it is content.
    fn complaint(&self) -> Option<String> {
        let said = self.house.studio.verb(&["verify"]);
        let text = text(&said);
        match said.status.code() {
            Some(0) => None,
            Some(1 | 3) => Some(text),
            code => panic!("{code:?} is no answer: {text}"),
        }
    }

    /// What the daemon says of them, started as after a crash: it stops at once, or it says what is doubtful.
    fn doubt_of_the_daemon(&mut self) -> Option<String> {
        let before = self.house.log().len();
        self.house.spawn();
        let socket = self.house.socket();
        let mut daemon = self.house.daemon.take().unwrap();
        let ended =
            crate::mosquitto::wait_for("the daemon to start or to stop", crate::house::LONG, || match daemon
                .try_wait()
                .unwrap()
            {
                Some(status) => Some(Some(status)),
                None => crate::window::Window::open(&socket).map(|_| None),
            });
        if ended.is_none() {
            self.house.daemon = Some(daemon);
            self.until_checked(before);
            self.house.kill();
        }
        let log = self.house.log()[before..].to_owned();
        assert!(!log.contains("panicked"), "{log}");
        let is_said = |line: &&str| !line.contains(" INFO ") && !line.contains(" WARN ");
        let said: Vec<&str> = log.lines().filter(is_said).collect();
        if said.is_empty() { self.complaint() } else { Some(said.join("\n")) }
    }

    /// The daemon checks the newest facts where the file says that the last stop was not in order. A file that says
    /// otherwise is left to `verify`.
    fn until_checked(&self, before: usize) {
        let since = Instant::now();
        while since.elapsed() < CHECK {
            let log = self.house.log();
            if ["the newest facts", "rows are not what"].iter().any(|part| log[before..].contains(part)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn scanned() -> House {
    let mut house = House::new(NO_BROKER, THINGS);
    let mut window = house.start();
    for thing in house.fresh(THINGS) {
        house.types(&mut window, &thing).expect("an answer");
    }
    house
}

fn text(said: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}

/// What, where, and what to do.
fn is_for_people(sentence: &str) {
    let what_to_do = ["Restore the last backup", "restore the last backup", "Run: cagekeeper verify"];
    assert!(what_to_do.iter().any(|part| sentence.contains(part)), "{sentence}");
    assert!(!sentence.contains("panicked") && !sentence.contains("SQLITE_"), "{sentence}");
}

/// One way to damage bytes; what it did, in words.
fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) -> String {
    let pages = bytes.len() / PAGE;
    let page = dice.below(pages) * PAGE;
    match dice.below(10) {
        0 => {
            bytes.truncate(dice.below(bytes.len()));
            format!("cut to {} bytes", bytes.len())
        }
        1 => {
            bytes[page..page + PAGE].fill(0);
            format!("page {} is zeroes", page / PAGE)
        }
        2 => {
            let other = dice.below(pages) * PAGE;
            bytes.copy_within(other..other + PAGE, page);
            format!("page {} stands where {} was", other / PAGE, page / PAGE)
        }
        3 => {
            bytes[page..page + 512].fill_with(|| dice.roll() as u8);
            format!("a sector of page {} is noise", page / PAGE)
        }
        _ => {
            // Most of a young file is empty: what is written is what counts.
            let at = std::iter::repeat_with(|| dice.below(bytes.len())).find(|at| bytes[*at] != 0).unwrap();
            let bit = dice.below(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} (page {}) is flipped", at / PAGE)
        }
    }
}

#[test]
fn a_damaged_file_is_found_or_harmless() {
    let mut dice = Dice::of_the_day("damage");
    let mut tally = Tally::default();
    let mut closed = Specimen::closed();
    tally.add(damaged(&mut closed, "ledger.db", &mut dice, (rounds(12, 1_000), Asked::Verify)));
    tally.settle();
}

#[test]
fn a_damaged_file_is_found_after_a_kill_as_well() {
    let mut dice = Dice::of_the_day("damage after a kill");
    let mut tally = Tally::default();
    let mut killed = Specimen::killed();
    tally.add(damaged(&mut killed, "ledger.db", &mut dice, (rounds(4, 200), Asked::Daemon)));
    tally.add(damaged(&mut killed, "ledger.db-wal", &mut dice, (rounds(4, 300), Asked::Daemon)));
    tally.add(without_journal(&mut killed));
    tally.settle();
}

/// The write-ahead log was left behind when somebody copied the ledger.
fn without_journal(specimen: &mut Specimen) -> Row {
    specimen.damaged("ledger.db-wal", None);
    let said = specimen.doubt_of_the_daemon().expect("a ledger without its journal lacks what was in it");
    assert!(said.contains("ledger.db-wal is gone or damaged"), "{said}");
    println!("without its -wal: {}", said.lines().next().unwrap_or_default());
    let found = THINGS;
    Row { rounds: 1, scans: THINGS, greens: THINGS, facts: found, ..Row::of("ledger.db-wal missing (said)") }
}

/// Who is asked whether the file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// `cagekeeper verify`, for a file that nobody has open.
    Verify,
    /// The daemon, which checks the newest facts after a stop that was not in order.
    Daemon,
}

fn damaged(specimen: &mut Specimen, name: &str, dice: &mut Dice, (rounds, asked): (usize, Asked)) -> Row {
    let mut row = Row { rounds, ..Row::of(&format!("{name} damaged, {asked:?} asked")) };
    let (mut found, mut first) = (0, BTreeMap::new());
    for _ in 0..rounds {
        let mut bytes = specimen.files[name].clone();
        let what = damage(dice, &mut bytes);
        specimen.damaged(name, Some(&bytes));
        let complaint = match asked {
            Asked::Verify => specimen.complaint(),
            Asked::Daemon => specimen.doubt_of_the_daemon(),
        };
        row.scans += THINGS;
        row.greens += THINGS;
        if let Some(sentence) = complaint {
            is_for_people(&sentence);
            let last = sentence.lines().last().unwrap_or_default().to_owned();
            first.entry(last.chars().rev().take(60).collect::<String>()).or_insert(last);
            found += 1;
            row.facts += THINGS;
            continue;
        }
        let facts = specimen.facts_now();
        if facts != specimen.facts {
            let other = facts.iter().zip(&specimen.facts).find(|(now, then)| now != then);
            println!("nobody said anything of this: {what}: {other:?}");
            row.lost += 1;
        } else {
            row.facts += THINGS;
        }
    }
    println!("{name}: {found} of {rounds} found and said, such as");
    first.values().take(6).for_each(|sentence| println!("  {sentence}"));
    row
}
