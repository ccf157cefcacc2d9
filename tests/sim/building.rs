//! The rest of the building: who comes to which door, what is carried past the gate, and what lies on a tray.

use cagekeeper::domain::way::Way;

use super::dice::Dice;
use super::plan::{Act, BOOKINGS, Timed};
use super::studio::{ASSETS, DAY_MS, KITS, PEOPLE, card_number};

pub const GATE: &str = "gate";
/// The doors and the rooms behind them; of the second nobody has registered the room.
pub const DOORS: [(&str, &str); 2] = [("studio-door", "studio-a"), ("store-door", "store")];
pub const DOOR_REPEAT_MS: u64 = 3_000;
pub const DOOR_IDLE_MS: u64 = 60_000;
/// Labels that nobody knows have numbers from here on.
const STRANGE: usize = 500;

/// The number in the UHF label of an asset, of a case after them, or of nothing.
pub fn epc(index: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(index).unwrap().to_be_bytes();
    vec![0xca, 0x6e, 0, 0, 0, 0, 0, 0, 0, 0, high, low]
}

/// The same as it is read.
pub fn epc_text(index: usize) -> String {
    epc(index).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The stations besides the desks, as TOML.
pub fn toml() -> String {
    let doors = DOORS.map(|(id, room)| {
        format!(
            "[[station]]\nid = \"{id}\"\nkind = \"door\"\nroom = \"{room}\"\nrepeat_ms = {DOOR_REPEAT_MS}\nsession_idle_ms = {DOOR_IDLE_MS}\n"
        )
    });
    format!("[[station]]\nid = \"{GATE}\"\nkind = \"gate\"\n{}", doors.concat())
}

/// All that comes and goes on a day without being taken to a desk, and what is put on its tray.
pub fn traffic(dice: &mut Dice, desks: usize) -> Vec<Timed> {
    let mut all = Vec::new();
    for _ in 0..dice.between(30, 60) {
        all.extend(at_a_door(dice));
    }
    for _ in 0..dice.between(6, 16) {
        all.extend(carried(dice));
    }
    for _ in 0..dice.between(1, 4) {
        all.extend(forgotten(dice));
    }
    for _ in 0..dice.between(3, 8) {
        let (at_ms, station) = (dice.between(0, DAY_MS), dice.index(desks));
        all.push(Timed { at_ms, station, act: Act::Tray(some_labels(dice)) });
    }
    all
}

/// Somebody at a door, perhaps at once at the other one, and perhaps out again.
fn at_a_door(dice: &mut Dice) -> Vec<Timed> {
    let (mut at_ms, mut station) = (dice.between(0, DAY_MS), dice.index(DOORS.len()));
    let who = dice.index(PEOPLE.len());
    let code = match dice.index(10) {
        0 => format!("T-{}", ASSETS[dice.index(ASSETS.len())]),
        1 => format!("T-{}", [KITS[0].0, KITS[1].0, "xlr", "tape"][dice.index(4)]),
        2 => (*dice.pick(&["BOTH", "TWICE", "WHATSIT-77", "CK:DONE", "PR:night-bus", "BK:none"])).to_owned(),
        3 if dice.chance(30) => format!("BK:b-{}", dice.between(1, BOOKINGS as u64 + 2)),
        _ if dice.chance(40) => card_number(who),
        _ => format!("BADGE-{}", PEOPLE[who].0),
    };
    let times = 1 + dice.index(4);
    let said = |dice: &mut Dice| [None, None, Some(Way::In), Some(Way::Out)][dice.index(4)];
    (0..times)
        .map(|_| {
            let timed = Timed { at_ms, station, act: Act::Knock(code.clone(), said(dice)) };
            at_ms += [800, 2_500, 4_000, dice.between(10_000, 3_000_000)][dice.index(4)];
            station = if dice.chance(30) { dice.index(DOORS.len()) } else { station };
            timed
        })
        .collect()
}

/// Things go past the gate, and often back again.
fn carried(dice: &mut Dice) -> Vec<Timed> {
    let mut at_ms = dice.between(0, DAY_MS);
    let tags = some_labels(dice);
    let times = 1 + dice.index(3);
    (0..times)
        .map(|_| {
            let ways = [vec![Way::Out], vec![Way::Out], vec![Way::In], vec![Way::In, Way::Out]];
            let act = Act::Carry { tags: tags.clone(), ways: ways[dice.index(4)].clone() };
            let timed = Timed { at_ms, station: 0, act };
            at_ms += [15_000, 40_000, dice.between(10_000, 2_000_000)][dice.index(3)];
            timed
        })
        .collect()
}

/// Somebody is outside before they remember to scan it.
fn forgotten(dice: &mut Dice) -> Vec<Timed> {
    let (at_ms, index) = (dice.between(0, DAY_MS), dice.index(ASSETS.len()));
    let carry = || Act::Carry { tags: vec![index], ways: vec![Way::Out] };
    let codes = [format!("BADGE-{}", PEOPLE[dice.index(PEOPLE.len())].0), format!("T-{}", ASSETS[index])];
    let cards = ["CK:CONFIRM", "CK:DONE"].map(str::to_owned);
    let shown = codes.into_iter().chain(cards).map(Act::Present);
    let acts = std::iter::once(carry()).chain(shown).chain([carry()]);
    let times = [0, 30_000, 31_000, 32_000, 33_000, dice.between(60_000, 200_000)];
    times
        .into_iter()
        .zip(acts)
        .map(|(after_ms, act)| Timed { at_ms: at_ms + after_ms, station: 0, act })
        .collect()
}

/// A case as it is carried, or things that somebody has in their arms.
fn some_labels(dice: &mut Dice) -> Vec<usize> {
    let mut labels = Vec::new();
    if dice.chance(45) {
        let kit = dice.index(KITS.len());
        let member = |id: &&str| ASSETS.iter().position(|asset| asset == id).unwrap();
        labels.extend(KITS[kit].1.iter().map(member).filter(|_| dice.chance(85)));
        if dice.chance(60) {
            labels.push(ASSETS.len() + kit);
        }
    }
    for _ in 0..dice.index(4) {
        labels.push(dice.index(ASSETS.len()));
    }
    if dice.chance(15) || labels.is_empty() {
        labels.push(STRANGE + dice.index(3));
    }
    labels.sort_unstable();
    labels.dedup();
    labels
}
