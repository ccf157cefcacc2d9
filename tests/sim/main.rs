//! The simulated building (tests/sim/main.rs): the real code from `wire` through `ledger`, on one thread, with a clock
//! that jumps. A seed is one working day with at least 300 scans and everything that goes wrong on it; a model written
//! from the rules must agree after every step, and each day is lived twice and must be the same.
//!
//! `CAGEKEEPER_SIM_SEED=7` runs one seed, `CAGEKEEPER_SIM_SEEDS=5000` so many from 1 on. Otherwise the kept seeds of
//! `seeds.txt` are run, and as many more as a push can wait for, chosen by the commit.

#![allow(clippy::disallowed_methods, reason = "a day has a ledger file and a seed from outside")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]
#![allow(clippy::print_stderr, reason = "a failing day names its seed")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../stage/mod.rs"]
mod stage;

mod broker;
mod bytes;
mod deeds;
mod dice;
mod faults;
mod model;
mod plan;
mod studio;
mod watch;
mod world;

use world::World;

const SCANS_MIN: usize = 300;
/// Days of one run besides the kept ones: as many as one core lives in a minute, not optimised.
const SEEDS_OF_COMMIT: u64 = 50;

/// Every verdict that a desk or a command can give here, by its code.
const VERDICTS: [&str; 84] = [
    "code-is-person",
    "code-is-production",
    "code-is-booking",
    "booking-not-now",
    "code-is-place",
    "return-mode",
    "extend-mode",
    "learn-mode",
    "learn-code",
    "session-closed",
    "still-out",
    "not-taken",
    "cancelled",
    "checked-out",
    "handed-over",
    "extended",
    "stock-taken",
    "stock-returned",
    "surplus",
    "condition-noted",
    "tag-assigned",
    "undone",
    "returned",
    "late",
    "returned-by-other-person",
    "kit-incomplete",
    "stranger-in-kit",
    "wanted-next",
    "recall-filled",
    "to-the-bench",
    "was-lost",
    "not-out",
    "duplicate-scan",
    "already-out-to-other",
    "several-bookings",
    "countersigned",
    "needs-countersign",
    "part-of-kit",
    "kit-member-unavailable",
    "has-overdue",
    "over-limit",
    "person-expired",
    "not-certified",
    "not-on-production",
    "wrong-stage",
    "maintenance-block",
    "maintenance-flag",
    "incomplete",
    "marked-lost",
    "booked-to-other",
    "booked-to-other-next",
    "due-clashes-next-booking",
    "held-by-other",
    "pool-exhausted",
    "not-on-this-booking",
    "wrong-model",
    "extra-on-this-booking",
    "booked-for-you-early",
    "recalled",
    "stock-short",
    "unknown-code",
    "several-at-once",
    "nothing-to-learn",
    "ambiguous-code",
    "malformed-code",
    "no-session",
    "nothing-to-confirm",
    "not-confirmed",
    "nothing-to-undo",
    "undo-too-late",
    "nothing-to-note",
    "not-out-to-extend",
    "booked",
    "booking-cancelled",
    "booking-conflict",
    "no-right",
    "not-found",
    "no-sense",
    "recall-made",
    "recall-withdrawn",
    "maintenance-opened",
    "maintenance-closed",
    "lost-noted",
    "stock-counted",
];
/// In so many days each of them must have come up: a simulation that meets nothing proves nothing.
const DAYS_FOR_ALL: usize = 200;

/// Lives the day of a seed and gives what happened, and which verdicts came up.
fn lived(seed: u64) -> (Vec<String>, BTreeSet<&'static str>) {
    let mut world = World::new(seed);
    world.day();
    assert!(world.scans >= SCANS_MIN, "a day of {} scans is too short", world.scans);
    (world.trace, world.reached)
}

/// Lives it twice. `None` where something was wrong, which is said.
fn reached(seed: u64) -> Option<BTreeSet<&'static str>> {
    let twice = catch_unwind(AssertUnwindSafe(|| {
        let ((first, reached), (second, _)) = (lived(seed), lived(seed));
        let differs = first.iter().zip(&second).find(|(first, second)| first != second);
        assert_eq!(differs, None, "the same day was not the same");
        assert_eq!(first.len(), second.len());
        reached
    }));
    if twice.is_err() {
        eprintln!(
            "seed {seed} failed: keep it in tests/sim/seeds.txt; CAGEKEEPER_SIM_SEED={seed} runs it alone"
        );
    }
    twice.ok()
}

fn all_hold(seeds: impl Iterator<Item = u64>) {
    let (mut failed, mut days, mut met) = (Vec::new(), 0, BTreeSet::new());
    for seed in seeds {
        days += 1;
        match reached(seed) {
            Some(reached) => met.extend(reached),
            None => failed.push(seed),
        }
    }
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    let never: Vec<_> = VERDICTS.iter().filter(|code| !met.contains(*code)).collect();
    assert!(days < DAYS_FOR_ALL || never.is_empty(), "no desk ever said {never:?} in {days} days");
}

fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: expected a whole number")))
}

fn kept() -> Vec<u64> {
    let number = |line: &str| line.split('#').next()?.trim().parse().ok();
    include_str!("seeds.txt").lines().filter_map(number).collect()
}

/// The commit as a number; the same one where there is no repository.
fn of_commit() -> u64 {
    let git = Path::new(env!("CARGO_MANIFEST_DIR"));
    let head = std::process::Command::new("git").arg("-C").arg(git).args(["rev-parse", "HEAD"]).output();
    let head = head.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    u64::from_str_radix(head.get(..12).unwrap_or("cage"), 16).unwrap_or(20_261_123)
}

#[test]
fn kept_days_hold() {
    if asked("CAGEKEEPER_SIM_SEED").is_none() && asked("CAGEKEEPER_SIM_SEEDS").is_none() {
        all_hold(kept().into_iter());
    }
}

#[test]
fn every_day_in_the_building_holds() {
    match (asked("CAGEKEEPER_SIM_SEED"), asked("CAGEKEEPER_SIM_SEEDS")) {
        (Some(seed), _) => all_hold(std::iter::once(seed)),
        (None, Some(count)) => all_hold(1..=count),
        (None, None) => all_hold((0..SEEDS_OF_COMMIT).map(|number| of_commit().wrapping_add(number))),
    }
}
