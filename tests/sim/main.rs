//! The simulated building (tests/sim/main.rs): the real code from `wire` through `ledger`, on one thread, with a clock
//! that jumps. A seed is one working day with at least 300 scans and everything that goes wrong on it; a model written
//! from the rules must agree after every step, and each day is lived twice and must be the same.
//!
//! | What | Where |
//! |---|---|
//! | who comes when, with which habits and codes; what goes wrong | `plan`, `building`, `studio` |
//! | bytes of scanners and card readers: in pieces, twice, half, noise, phantoms, plugs that are pulled | `bytes`, `world` |
//! | UHF modules that are asked and speak back: wrong bits, old frames, power that goes in the middle | `radio` |
//! | desks, doors, the gate, commands by hand, bookings that change under the scanner, imports | `deeds`, `building` |
//! | clocks that step back or are not believed, nights in which the clocks change | `plan`, `world` |
//! | a commit that is refused, that is done and unheard, that waits; power cuts before and after it | `faults`, `world` |
//! | a broker that is away, late, forgets, hears twice; the outbox and the queue within their limits | `broker`, `world` |
//! | the rules once more, naively: what each scan, badge and label must lead to, and with which facts | `model` |
//! | after each step: one holder a thing, green has its fact, nothing decided twice, a refusal has its reason | `watch` |
//! | five times a day and in the end: rows are what facts say and what the model says; then all comes to rest | `watch` |
//! | an error in the log is explained by a fault | `journal` |
//!
//! `CAGEKEEPER_SIM_SEED=7` runs one seed, `CAGEKEEPER_SIM_SEEDS=5000` so many from 1 on. Otherwise the kept seeds of
//! `seeds.txt` are run, and 200 more, chosen by the commit. Every core lives days of its own.

#![allow(clippy::disallowed_methods, reason = "a day has a ledger file and a seed from outside")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]
#![allow(clippy::print_stderr, reason = "a failing day names its seed")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[path = "../real/devices/mod.rs"]
mod devices;
#[path = "../stage/mod.rs"]
mod stage;

mod broker;
mod building;
mod bytes;
mod deeds;
mod dice;
mod faults;
mod journal;
mod model;
mod plan;
mod radio;
mod studio;
mod watch;
mod world;

use world::World;

const SCANS_MIN: usize = 300;
/// Days of one run besides the kept ones.
const SEEDS_OF_COMMIT: u64 = 200;

/// Every verdict that a desk, a door, a gate or a command can give here, by its code.
const VERDICTS: [&str; 98] = [
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
    "access-granted",
    "access-refused",
    "person-left",
    "not-at-a-door",
    "seen-here",
    "exit-unauthorised",
    "tag-count-short",
    "return-seen-not-confirmed",
    "direction-unknown",
    "back-from-exit",
    "exit-unnoticed",
    "exit-before-checkout",
    "exit-with-open-loan",
    "tag-unknown",
];
/// So often a long run says how far it is, in days.
const TOLD_EVERY: usize = 250;
/// In so many days each of them must have come up: a simulation that meets nothing proves nothing.
const DAYS_FOR_ALL: usize = 200;

/// Lives the day of a seed and gives what happened, and which verdicts came up. `watched` looks over the program's
/// shoulder after each step: the same day needs that once.
fn lived(seed: u64, watched: bool) -> (Vec<String>, BTreeSet<&'static str>) {
    let mut world = World::new(seed, watched);
    let journal = world.journal.clone();
    journal.kept(|| world.day());
    assert!(world.scans >= SCANS_MIN, "a day of {} scans is too short", world.scans);
    (world.trace, world.reached)
}

/// Lives it twice. `None` where something was wrong, which is said.
fn reached(seed: u64) -> Option<BTreeSet<&'static str>> {
    let twice = catch_unwind(AssertUnwindSafe(|| {
        let ((first, reached), (second, _)) = (lived(seed, true), lived(seed, false));
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

fn all_hold(seeds: &[u64]) {
    let (next, told) = (AtomicUsize::new(0), Mutex::new((Vec::new(), BTreeSet::new(), 0_usize)));
    let live = || {
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let day = reached(*seed);
            let (failed, met, lived) = &mut *told.lock().unwrap();
            *lived += 1;
            if lived.is_multiple_of(TOLD_EVERY) {
                eprintln!("{lived} days of {}, {} failed", seeds.len(), failed.len());
            }
            match day {
                Some(reached) => met.extend(reached),
                None => failed.push(*seed),
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(seeds.len());
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(live))));
    let (mut failed, met, days) = told.into_inner().unwrap();
    failed.sort_unstable();
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    let never: Vec<_> = VERDICTS.iter().filter(|code| !met.contains(*code)).collect();
    if !never.is_empty() {
        eprintln!("in {days} days nobody was told {never:?}");
    }
    assert!(days < DAYS_FOR_ALL || never.is_empty(), "nobody was ever told {never:?} in {days} days");
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
fn every_day_in_the_building_holds() {
    let seeds: Vec<u64> = match (asked("CAGEKEEPER_SIM_SEED"), asked("CAGEKEEPER_SIM_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(count)) => (1..=count).collect(),
        (None, None) => {
            let of_commit = (0..SEEDS_OF_COMMIT).map(|number| of_commit().wrapping_add(number));
            kept().into_iter().chain(of_commit).collect()
        }
    };
    all_hold(&seeds);
}
