//! After every single step, by scan or by hand, the ledger is what its facts make, a return has ended the custody of
//! what came back, and no shelf holds less than nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use cagekeeper::domain::command::Actor;
use cagekeeper::domain::loaded::Found;
use cagekeeper::domain::verdict::Verdict;
use cagekeeper::time::UtcMs;
use cagekeeper::writer::{Answer, Input, Order, Reply, Scan};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

mod stage;
use stage::{Stage, hand, moment, now, person, scan, station_toml, subject, words};

/// A house with something of everything: cases in cases, a model, stock that is lent and used up, a booking.
const HOUSE: &[&str] = &[
    "person ana \"Ana Silva\" crew badge ANA",
    "person bo \"Bo Lind\" crew badge BO",
    "person kim \"Kim Roe\" attendant badge KIM",
    "kit truck \"Truck\" tag TRUCK",
    "kit case-a \"Camera case\" tag CASE within truck",
    "asset cam-1 \"Sony FX6\" tag CAM1 kit case-a",
    "asset lens-1 \"Zoom 24-70\" tag LENS1 kit case-a",
    "asset lav-1 \"Lav 1\" tag LAV1 model lav",
    "asset lav-2 \"Lav 2\" tag LAV2 model lav",
    "stock xlr \"XLR 5 m\" lent 6 tag XLR",
    "stock tape \"Gaffer\" consumed 4 tag TAPE",
    "production unit-b \"Unit B\"",
    "booking b-1 production unit-b person bo model lav*1 stock xlr*2 starts 12:00 ends 18:00",
];

const CODES: &[&str] = &[
    "ANA",
    "BO",
    "KIM",
    "TRUCK",
    "CASE",
    "CAM1",
    "LENS1",
    "LAV1",
    "LAV2",
    "XLR",
    "XLR*3",
    "TAPE",
    "CK:DONE",
    "CK:RETURN",
    "CK:EXTEND",
    "CK:CONFIRM",
    "CK:UNDO",
    "CK:DAMAGED",
    "CK:DIRTY",
    "CK:OK",
    "CK:LEARN",
    "NEW1",
    "BK:b-1",
];

const COMMANDS: &[&str] = &[
    "checkout lav-1 to ana confirm",
    "checkout kit/case-a to bo confirm",
    "checkout stock/xlr to bo count 2 confirm",
    "return kit/truck",
    "return cam-1 by bo",
    "return stock/xlr count 9",
    "extend lav-1 confirm",
    "recall lav-1 wanted 2026-11-30T12:00",
    "unrecall lav-1",
    "condition lens-1 part-missing",
    "maintenance lav-2 block",
    "mended lav-2",
    "lost lav-1",
    "inspect cam-1",
    "count stock/tape 2",
    "learn NEW2 lav-2",
    "unlearn NEW2 lav-2",
    "book b-2 title \"Pilot\" asset lav-1 from 13:00 to 15:00",
    "move b-2 title \"Pilot\" asset lav-2 from 13:00 to 15:00",
    "cancel b-2",
    "cancel b-1",
];

/// What is done, and how long after what was done before.
fn steps() -> impl Strategy<Value = Vec<(&'static str, i64)>> {
    let what = prop_oneof![3 => select(CODES), 1 => select(COMMANDS)];
    let wait_ms = select(vec![100, 2_500, 21_000, 130_000, 1_800_000]);
    prop::collection::vec((what, wait_ms), 1..25)
}

fn house() -> Stage {
    let mut stage = Stage::new(&station_toml("cage", "required", &std::collections::BTreeMap::new()));
    HOUSE.iter().for_each(|line| stage.set(line, moment("08:00")));
    stage
}

fn done(stage: &mut Stage, nth: usize, what: &str, at: UtcMs) -> Answer {
    let now = now(at, 3_600_000 + u64::try_from(at.since(moment("08:00"))).unwrap(), true);
    let id = format!("s{nth}");
    let input = if CODES.contains(&what) {
        Input::Scan(Scan { now, ..scan(&id, "cage", what, now) })
    } else {
        let (command, confirm) = hand::command(&words(what));
        let by = Actor { person: Some(person("kim")), roles: stage.roles_of("kim") };
        Input::Order(Box::new(Order { id, by, command, confirm, now }))
    };
    match stage.writer().handle_group(&[input]).unwrap().remove(0) {
        Reply::Decided(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_step_leaves_a_whole_ledger(steps in steps()) {
        let (mut stage, mut at) = (house(), moment("09:00"));
        for (nth, (what, wait_ms)) in steps.iter().enumerate() {
            at = at.plus(*wait_ms);
            let answer = done(&mut stage, nth, what, at);
            let report = stage.reader().verify().unwrap();
            prop_assert!(report.is_whole(), "{what}: {:#?}", report.differences);
            if let Verdict::Returned { what, .. } = &answer.verdict {
                let state = stage.reader().state_of(&what.subject).unwrap().unwrap();
                prop_assert!(!state.custody.unwrap().out, "{} came back and is out", what.subject);
            }
            for id in ["stock/xlr", "stock/tape"] {
                let Found::Stock(stock) = stage.found(&subject(id), at) else { panic!("{id} is gone") };
                let lots: u32 = stock.lots.iter().filter(|_| id == "stock/xlr").map(|lot| lot.count).sum();
                prop_assert!(id != "stock/xlr" || lots == stock.out, "{what}: {lots} of {id} in lots");
                prop_assert!(stock.available() <= stock.count, "{what}: {id}");
            }
        }
    }
}
