//! Lamps on wires that only record.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::config::ClockTrust;
use crate::domain::id::LampId;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

struct Recorded {
    said: Sender<Wires>,
    fails: bool,
}

impl Held for Recorded {
    fn set(&mut self, wires: Wires) -> Result<(), String> {
        if std::mem::take(&mut self.fails) {
            return Err("the chip is gone".to_owned());
        }
        self.said.send(wires).map_err(|error| error.to_string())
    }

    fn is_there(&self) -> bool {
        true
    }
}

fn config() -> LampConfig {
    LampConfig {
        id: LampId::parse("counter").unwrap(),
        station: StationId::parse("cage").unwrap(),
        chip: "recorded".to_owned(),
        green: Some(0),
        amber: Some(1),
        red: Some(2),
        buzzer: None,
        active_low: false,
    }
}

/// A lamp whose chip is there at the attempt of that number, and fails the first time where it says so.
fn lamp(there_at: u32, fails_first: bool) -> (LampHandle, Receiver<Wires>) {
    let (said, wires) = channel();
    let mut attempts = 0;
    let open = move || {
        attempts += 1;
        if attempts < there_at {
            return Err("not there yet".to_owned());
        }
        Ok((
            Recorded { said: said.clone(), fails: fails_first && attempts == there_at },
            "recorded".to_owned(),
        ))
    };
    let lamp = spawn_on(&config(), Clock::start(ClockTrust::Fixed(true)), open).unwrap();
    (lamp, wires)
}

fn next(wires: &Receiver<Wires>) -> Wires {
    wires.recv_timeout(PATIENCE).expect("the wires change")
}

const DARK: Wires = Wires { green: false, amber: false, red: false, buzzer: false };

#[test]
fn a_lamp_is_dark_shows_a_verdict_and_is_dark_again_at_the_end() {
    let (lamp, wires) = lamp(1, false);
    assert_eq!(next(&wires), DARK);
    lamp.felt(Level::Done, None);
    assert_eq!(next(&wires), Wires { green: true, buzzer: true, ..DARK });
    drop(lamp);
    assert_eq!(wires.iter().last(), Some(DARK));
}

#[test]
fn trouble_shines_red_until_it_is_over_and_never_green() {
    let (lamp, wires) = lamp(1, false);
    assert_eq!(next(&wires), DARK);
    lamp.felt(Level::Done, None);
    lamp.trouble(true);
    while !next(&wires).red {}
    lamp.felt(Level::Done, None);
    lamp.trouble(false);
    let mut seen = vec![next(&wires)];
    while *seen.last().unwrap() != DARK {
        seen.push(next(&wires));
    }
    assert!(seen.iter().all(|wires| !wires.green), "{seen:?}");
}

#[test]
fn a_chip_that_is_not_there_is_said_and_tried_again() {
    let (lamp, wires) = lamp(2, false);
    let mut health = lamp.watch();
    while !health.borrow_and_update().detail.contains("not there yet") {
        std::thread::yield_now();
    }
    assert!(!health.borrow().is_held);
    assert_eq!(next(&wires), DARK);
    assert!(health.borrow().is_held);
}

#[test]
fn a_chip_that_fails_is_opened_anew_at_once_and_shows_the_same() {
    let (lamp, wires) = lamp(1, true);
    assert_eq!(next(&wires), DARK);
    assert!(lamp.watch().borrow().is_held);
}

#[test]
fn a_chip_of_the_kernel_that_is_missing_says_what_to_do() {
    let of = |chip: &str| gpio::open(&LampConfig { chip: chip.to_owned(), ..config() }).unwrap_err();
    assert!(of("/dev/gpiochip999").contains("is not there: see what"), "{}", of("/dev/gpiochip999"));
    assert!(
        of("no-such-label").contains("no GPIO chip has the label")
            || of("no-such-label").contains("permission")
    );
    assert!(of("/dev/null").contains("cannot be used"), "{}", of("/dev/null"));
}
