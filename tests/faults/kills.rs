//! `kill -9` at any moment of a burst, of a start, of an idle second.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::house::{House, LONG, events, green_lights};
use crate::mosquitto::{Collector, Mosquitto, Persistence, wait_for};
use crate::tally::{Row, Tally, rounds};
use crate::window::{Window, green};

/// Scanned in one round by the gun.
const BURST: usize = 60;
/// Typed in one round at most, while the gun scans.
const TYPED: usize = 30;
/// Rounds in one house: then a new one, so that the last round is as quick as the first.
const ROUNDS_MAX: usize = 40;
/// After so long the write-ahead log is moved into the file.
const IDLE: Duration = Duration::from_millis(1_990);

/// When the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// So many milliseconds after the burst began.
    Burst(u64),
    /// So many green lights after it began.
    Green(usize),
    /// So many milliseconds after the program was started, and with a burst waiting for it.
    Start(u64),
    /// When it has been idle, so many milliseconds into what it does then.
    Idle(u64),
}

impl Moment {
    fn of(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..45 => Self::Burst(dice.below(400) as u64),
            45..75 => Self::Green(dice.below(BURST)),
            75..98 => Self::Start(dice.below(160) as u64),
            _ => Self::Idle(dice.below(40) as u64),
        }
    }
}

#[test]
fn whatever_was_green_is_there_after_kill_9_at_any_moment() {
    let mut dice = Dice::of_the_day("kill -9");
    let mut row = Row::of("kill -9 in a burst, a start, an idle second");
    let mut left = rounds(8, 1_000);
    while left > 0 {
        let now = left.min(ROUNDS_MAX);
        row.add(&one_house(&mut dice, now));
        left -= now;
        println!(
            "{left} rounds left; so far lost {} doubled {} of {} green",
            row.lost, row.doubled, row.greens
        );
    }
    let mut tally = Tally::default();
    // What a kill may cost: what was read and not yet decided. It was never green.
    let unread_a_round = row.unread.div_ceil(row.rounds);
    tally.add(row);
    tally.settle();
    assert!(unread_a_round <= 64, "{unread_a_round} were read and not recorded in each round");
}

/// The control: a count that cannot say no proves nothing. Whoever takes the journal away takes green lights away with it.
#[test]
fn the_count_finds_what_is_lost_where_something_is() {
    let mut house = House::new("url = \"mqtt://127.0.0.1:1\"", TYPED);
    let mut window = house.start();
    for thing in house.fresh(TYPED) {
        house.types(&mut window, &thing).expect("an answer");
    }
    house.kill();
    std::fs::remove_file(house.studio.path().join("ledger.db-wal")).unwrap();
    house.start();
    house.until_read();
    let row = house.count("control: the journal taken away", 1);
    assert_eq!((row.greens, row.lost), (TYPED, TYPED), "{row:?}");
    assert!(house.log().contains("what was recorded last is not in the file"), "{}", house.log());
}

fn one_house(dice: &mut Dice, rounds: usize) -> Row {
    let broker = Mosquitto::start(Persistence::On);
    let mqtt = format!("url = \"mqtt://127.0.0.1:{}\"\nrepublish_per_s = 5000", broker.port());
    let mut house = House::new(&mqtt, rounds * (BURST + TYPED));
    let lights = Collector::start(broker.port(), "lights", "cagekeeper/v1/studio/station/+/signal");
    let told = Collector::start(broker.port(), "told", "cagekeeper/v1/studio/event/#");
    house.start();
    for _ in 0..rounds {
        round(&mut house, &lights, Moment::of(dice));
    }
    house.saw(green_lights(&lights.got()));
    let mut row = house.count("kill -9", rounds);
    let expected = house.event_ids();
    let arrived = || expected.is_subset(&events(&told.got()));
    wait_for("every event", LONG, || arrived().then_some(()));
    row.untold = expected.difference(&events(&told.got())).count();
    house.stop();
    house.verify();
    let log = house.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
    row
}

/// One kill; what was scanned meanwhile is read by the next daemon, which is left running.
fn round(house: &mut House, lights: &Collector, moment: Moment) {
    let (scanned, typed) = (house.fresh(BURST), house.fresh(TYPED));
    if let Moment::Start(_) = moment {
        house.kill();
        house.spawn();
    }
    let before = green_lights(&lights.got()).len();
    house.burst(&scanned);
    let socket = house.socket();
    let typist = std::thread::spawn(move || type_all(&socket, &typed));
    match moment {
        Moment::Burst(ms) | Moment::Start(ms) => std::thread::sleep(Duration::from_millis(ms)),
        Moment::Green(count) => until_green(lights, before + count),
        Moment::Idle(ms) => {
            house.until_read();
            std::thread::sleep(IDLE + Duration::from_millis(ms));
        }
    }
    house.kill();
    let (typed, seen) = typist.join().unwrap();
    house.sent(typed);
    house.saw(seen);
    house.start();
    house.until_read();
}

/// Waits for green lights, and not for those that nobody saw because the broker was not reached yet.
fn until_green(lights: &Collector, count: usize) {
    let since = Instant::now();
    while green_lights(&lights.got()).len() < count && since.elapsed() < Duration::from_millis(700) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Types until the daemon is gone. Gives what was typed, and what was green of it.
fn type_all(socket: &Path, things: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut typed, mut seen) = (Vec::new(), Vec::new());
    let Some(mut window) = Window::open(socket) else { return (typed, seen) };
    for thing in things {
        typed.push(thing.clone());
        let Some(said) = window.scan("typed", thing) else { break };
        seen.extend(green(&said));
    }
    (typed, seen)
}
