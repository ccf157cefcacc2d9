//! A machine without a battery: its clock begins in 1970 and jumps to today, or is set back while people scan.

use serde_json::Value;

use crate::dice::Dice;
use crate::house::House;
use crate::machine::{How, Machine, WELL};
use crate::tally::{Row, Tally, rounds};

/// What the kernel admits to while no time server has been heard.
const NEVER_SET_US: u32 = 16_000_000;
const SET_US: u32 = 1_000;
const A_FEW: usize = 5;

/// How far 1970 is from today, in milliseconds.
fn back_to_1970() -> i64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    -i64::try_from(since_1970.as_millis()).unwrap() + 20_000
}

#[test]
fn a_clock_from_1970_that_jumps_to_today_loses_nothing_and_says_so() {
    let mut dice = Dice::of_the_day("clock");
    let mut tally = Tally::default();
    let rounds = rounds(2, 40);
    let mut house = House::new("url = \"mqtt://127.0.0.1:1\"", rounds * 4 * A_FEW);
    let config = std::fs::read_to_string(&house.studio.config).unwrap();
    std::fs::write(&house.studio.config, config.replace("[clock]\ntrusted = true\n", "")).unwrap();
    let machine = Machine::under(&mut house);
    for _ in 0..rounds {
        one_boot(&mut house, &machine, &mut dice);
    }
    machine.is_now(How { admitted_us: Some(SET_US), ..WELL });
    house.start();
    house.until_read();
    let row: Row = house.count("clock from 1970, set, set back", rounds);
    times_are_in_order(&house);
    house.stop();
    house.verify();
    let log = house.log();
    assert!(log.contains("the clock is not set") && log.contains("Wait for the time server"), "{log}");
    tally.add(row);
    tally.settle();
}

/// From power on, in 1970, to a time server, and a step back; then the plug is pulled.
fn one_boot(house: &mut House, machine: &Machine, dice: &mut Dice) {
    let wrong = How { off_ms: back_to_1970(), admitted_us: Some(NEVER_SET_US), ..WELL };
    machine.is_now(wrong);
    let mut window = house.start();
    let mut few = |house: &mut House, trusted: bool| {
        assert_eq!(window.status().unwrap()["clock_trusted"], trusted);
        for thing in house.fresh(A_FEW) {
            let said = house.types(&mut window, &thing).expect("an answer");
            assert_eq!(said["scan"]["code"], "checked-out", "{said}");
        }
        let by_gun = house.fresh(A_FEW);
        house.burst(&by_gun);
        house.until_read();
    };
    few(house, false);
    let back_ms = i64::try_from(dice.below(7_200_000)).unwrap();
    let off_ms = if dice.chance(30) { -back_ms } else { 0 };
    machine.is_now(How { off_ms, admitted_us: Some(SET_US), ..WELL });
    few(house, true);
    house.kill();
}

/// No fact is of 1970, the order of all facts is the order in which they were made, and it is said which times are not to be
/// believed.
fn times_are_in_order(house: &House) {
    let facts = house.studio.ask(&["facts", "--after", "0", "--limit", "100000", "--json"]);
    let of_doors: Vec<&Value> =
        facts.iter().filter(|fact| fact["station"] == "cage" || fact["station"] == "typed").collect();
    assert!(of_doors.iter().all(|fact| !fact["at"].as_str().unwrap().starts_with("19")), "{of_doors:?}");
    for trusted in [true, false] {
        assert!(of_doors.iter().any(|fact| fact["clock_trusted"] == trusted), "no fact says {trusted}");
    }
    let ledger = rusqlite::Connection::open(house.ledger()).unwrap();
    let sql = "SELECT count(*) FROM fact a JOIN fact b ON b.seq = a.seq + 1 WHERE b.hlc <= a.hlc";
    let out_of_order: i64 = ledger.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(out_of_order, 0);
}
