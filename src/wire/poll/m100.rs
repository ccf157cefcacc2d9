//! How M100 modules (BB … 7E) are asked which tags are there. What they answer: `wire/m100.rs`.
//!
//! ```text
//! BB 00  28  00 00                            stop: it may still be looking since before
//! BB 00  07  00 01  region                    01 China 900 · 02 US · 03 Europe · 04 China 800 · 06 Korea
//! BB 00  AD  00 01  FF                        hop between the channels of the region by itself
//! BB 00  B6  00 02  hundredths of a dBm
//! BB 00  08  00 00 · BB 00 B7 00 00           what region and power it has now
//! BB 00  12  00 01  01                        no Select before an inventory: all tags answer
//! BB 00  0E  00 02  10 20                     Query: DR 8, M 1, pilot tone, all tags, S0, target A, Q 4
//!
//! BB 00  27  00 03  22  27 10                 look, 10,000 rounds; each tag is a notice, each empty round an error 15
//! ```
//!
//! - Each is followed by its sum and 7E. Answers name their command and 00; refusals are `BB 01 FF …` with a code and name none.
//! - Command 27 has no last answer: the module falls silent when its rounds are done, some minutes later, and also when it
//!   loses its power, and then with it the region and power that it was told. So silence means: set it up afresh.
//! - Single rounds (22) are not used: a round with tags has no end either, and waiting it out costs more time than the
//!   round. At 115200 baud the line itself carries 480 tags of 96 bits a second.
//! - Session S0: tags forget between rounds that they were read, so that a tag is read again and again as long as it lies there.
//! - Error 20: no channel was free within the time allowed; it rests. Error 17: the module does not know the command or what it
//!   is told. Modules without 08, B7 or 12 are taken at their word.
//! - M5Stack's document answers 12 with command 0C; either is an answer.
//! - A module that slept discards the first byte that wakes it, and with it the first command: it is asked again.
//! - It reports neither its temperature nor the state of its antenna.
//! - More power than configured is refused; less is what the module can do (M100: 15 to 26 dBm, some in steps).
//!
//! Only documented: all of it but the answers to 07, B6 and 03. Sources: makers' M100/QM100 and R200 user protocol V2.3.3,
//! M5Stack's Unit RFID-UHF protocol; frames agree with several public drivers.

use serde_json::Value;

use super::{Ask, Dialect, Heard, PollSetup, Region};
use crate::wire::{Answer, Decoded, RejectKind, Rejected};

const GET_REGION: u8 = 0x08;
const SELECT: u8 = 0x0c;
const SELECT_MODE: u8 = 0x12;
const INVENTORY: u8 = 0x22;
const ROUNDS: u8 = 0x27;
const GET_POWER: u8 = 0xb7;

const ANSWER_MS: u64 = 200;
/// The longest round with all its slots full takes less than half of it.
const SILENCE_MS: u64 = 400;
const NO_CHANNEL_REST_MS: u64 = 500;

/// Asks one M100 module.
#[derive(Debug)]
pub(super) struct M100 {
    region: Option<u8>,
    centi_dbm: Option<u16>,
}

impl M100 {
    pub(super) fn new(setup: &PollSetup) -> Self {
        Self {
            region: setup.region.and_then(code),
            centi_dbm: setup.power_dbm.map(|power_dbm| u16::from(power_dbm) * 100),
        }
    }
}

impl Dialect for M100 {
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String> {
        let Some(region) = self.region else {
            let wanted = setup.region.map_or("none", Region::name);
            return Err(format!(
                "`region` is {wanted}: expected one that the module has, eu, us, cn-920, cn-840 or kr"
            ));
        };
        let Some(centi_dbm) = self.centi_dbm else {
            return Err("`power_dbm` is missing: expected a number of dBm".to_owned());
        };
        if setup.antennas != [1] {
            return Err("`antennas` names others than 1: the module has one; leave it out".to_owned());
        }
        let [high, low] = centi_dbm.to_be_bytes();
        Ok(vec![
            ask("stop", 0x28, &[]),
            ask("set region", 0x07, &[region]),
            ask("set frequency hopping", 0xad, &[0xff]),
            ask("set power", 0xb6, &[high, low]),
            ask("ask for its region", GET_REGION, &[]),
            ask("ask for its power", GET_POWER, &[]),
            Ask { command: None, ..ask("clear select mode", SELECT_MODE, &[1]) },
            ask("set query", 0x0e, &[0x10, 0x20]),
        ])
    }

    fn round(&self, _: &PollSetup, _: u32) -> Ask {
        let look = ask("look for tags", ROUNDS, &[0x22, 0x27, 0x10]);
        Ask { command: Some(INVENTORY.into()), answer_ms: SILENCE_MS, ..look }
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        let looks = looks(asked);
        match heard {
            Decoded::Read(_) if looks => Heard::More,
            // A tag that was heard badly: the module is at work.
            Decoded::Rejected(Rejected { kind: RejectKind::Damaged | RejectKind::Absurd, .. }) if looks => {
                Heard::More
            }
            Decoded::Answer(answer) if answer.stale => Heard::Aside,
            Decoded::Answer(answer) => match text(answer, "error_code") {
                Some(code) => failed(asked, code, text(answer, "meaning").unwrap_or_default()),
                None if looks || !answers(asked, answer) => Heard::Aside,
                None if !answer.ok => Heard::Refused("the module does not take it".to_owned()),
                None => self.checked(answer),
            },
            _ => Heard::Aside,
        }
    }

    fn ends_in_silence(&self, asked: &Ask) -> bool {
        looks(asked)
    }
}

impl M100 {
    /// Whether the module has what it was told to have, where it says so.
    fn checked(&self, answer: &Answer) -> Heard {
        let told = self.region.map(|region| format!("{region:02X}"));
        let region = text(answer, "data").filter(|_| answer.command == Some(GET_REGION.into()));
        let power = field(answer, "power_dbm").and_then(Value::as_f64);
        let most = f64::from(self.centi_dbm.unwrap_or_default()) / 100.0;
        match (region, power) {
            (Some(region), _) if told.as_deref() != Some(region) => Heard::Refused(format!(
                "it stays in region {region}: expected {}; it may be made for another country",
                told.unwrap_or_default()
            )),
            (_, Some(power)) if power > most => Heard::Refused(format!(
                "it sends with {power} dBm: expected {most} at most; it cannot go lower"
            )),
            _ => Heard::Answered,
        }
    }
}

/// The module's number of a region; `None` for one that it lacks.
fn code(region: Region) -> Option<u8> {
    match region {
        Region::Cn920 => Some(0x01),
        Region::Us => Some(0x02),
        Region::Eu => Some(0x03),
        Region::Cn840 => Some(0x04),
        Region::Kr => Some(0x06),
        Region::Jp => None,
    }
}

fn looks(asked: &Ask) -> bool {
    asked.command == Some(INVENTORY.into())
}

fn command(asked: &Ask) -> Option<u8> {
    asked.bytes.get(2).copied()
}

fn answers(asked: &Ask, answer: &Answer) -> bool {
    let named = |command: u8| answer.command == Some(command.into());
    command(asked).is_some_and(|command| named(command) || command == SELECT_MODE && named(SELECT))
}

fn failed(asked: &Ask, code: &str, meaning: &str) -> Heard {
    match code {
        "15" if looks(asked) => Heard::More,
        "20" if looks(asked) => {
            Heard::Rest("no channel is free: other readers send nearby".to_owned(), NO_CHANNEL_REST_MS)
        }
        // Left over from before the set-up began.
        "15" | "20" => Heard::Aside,
        _ if matches!(command(asked), Some(GET_REGION | GET_POWER | SELECT_MODE)) => Heard::Answered,
        _ => Heard::Refused(format!("{meaning} (error {code})")),
    }
}

fn field<'a>(answer: &'a Answer, name: &str) -> Option<&'a Value> {
    answer.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
}

fn text<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    field(answer, name).and_then(Value::as_str)
}

fn ask(what: &'static str, command: u8, data: &[u8]) -> Ask {
    Ask {
        what,
        bytes: frame(command, data),
        command: Some(command.into()),
        answer_ms: ANSWER_MS,
        pause_ms: 0,
    }
}

/// The frame of a command with at most 255 bytes of data.
fn frame(command: u8, data: &[u8]) -> Vec<u8> {
    let len = u8::try_from(data.len()).unwrap_or(u8::MAX);
    let summed = [&[0x00, command, 0x00, len], data].concat();
    let sum = summed.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [&[0xbb], summed.as_slice(), &[sum, 0x7e]].concat()
}

#[cfg(test)]
mod tests {
    use super::super::Standing;
    use super::super::bench::Bench;
    use super::*;
    use crate::wire::Protocol;

    fn setup() -> PollSetup {
        PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: vec![1] }
    }

    impl Bench {
        /// Sends and answers the set-up up to the command of that frame.
        fn up_to(&mut self, until: &str) {
            for (command, answer) in SET_UP {
                let sent = self.sent();
                assert_eq!(sent, command);
                if command == until {
                    return;
                }
                self.hear(answer);
            }
            assert_eq!(self.sent(), LOOK);
        }
    }

    /// Frames as the makers' documents and public captures print them.
    const SET_UP: [(&str, &str); 8] = [
        ("bb00280000287e", "bb01280001002a7e"),
        ("bb00070001030b7e", "bb0107000100097e"),
        ("bb00ad0001ffad7e", "bb01ad000100af7e"),
        ("bb00b6000207d08f7e", "bb01b6000100b87e"),
        ("bb00080000087e", "bb01080001030d7e"),
        ("bb00b70000b77e", "bb01b7000207d0917e"),
        ("bb0012000101147e", "bb010c0001000e7e"),
        ("bb000e00021020407e", "bb010e000100107e"),
    ];
    const LOOK: &str = "bb00270003222710837e";
    const TAG: &str = "bb02220011cf3000e280699500005009f1286992620a6d7e";
    const EMPTY: &str = "bb01ff000115167e";

    #[test]
    fn it_is_stopped_set_up_and_then_looks_for_as_long_as_it_says_something() {
        let mut bench = Bench::new(Protocol::M100, &setup());
        bench.up_to("");
        for _ in 0..100 {
            bench.now = bench.now.plus(300);
            bench.hear(&[TAG, EMPTY].concat());
            assert_eq!((bench.poller.poll(bench.now), bench.poller.standing()), (None, &Standing::Asking));
        }
        assert_eq!(bench.sent(), SET_UP[0].0, "silence: set up afresh before it sends again");
        assert_eq!(bench.poller.standing(), &Standing::Asking);
    }

    #[test]
    fn tags_and_empty_rounds_of_before_do_not_answer_the_set_up() {
        let mut bench = Bench::new(Protocol::M100, &setup());
        bench.sent();
        bench.hear(&[TAG, EMPTY, TAG].concat());
        assert_eq!(bench.poller.awaiting(), Some(0x28));
        bench.hear(SET_UP[0].1);
        assert_eq!(bench.sent(), SET_UP[1].0);
    }

    #[test]
    fn a_module_that_cannot_do_what_the_configuration_wants_says_so() {
        for (until, answer, why) in [
            (SET_UP[1].0, "bb01ff000117187e", "set region: wrong command or parameter (error 17)"),
            (SET_UP[1].0, "bb01070001010a7e", "does not take it"),
            (SET_UP[4].0, "bb01080001010b7e", "it stays in region 01: expected 03"),
            (SET_UP[5].0, "bb01b700020a28ec7e", "it sends with 26 dBm: expected 20 at most"),
        ] {
            let mut bench = Bench::new(Protocol::M100, &setup());
            bench.up_to(until);
            bench.hear(answer);
            assert!(
                matches!(bench.poller.standing(), Standing::Refused(said) if said.contains(why)),
                "{why}: {bench:?}",
                bench = bench.poller.standing()
            );
        }
        let none = M100::new(&setup());
        assert!(
            none.set_up(&PollSetup { antennas: vec![1, 2], ..setup() }).unwrap_err().contains("antennas")
        );
        let japan = PollSetup { region: Some(Region::Jp), ..setup() };
        assert!(M100::new(&japan).set_up(&japan).unwrap_err().contains("jp"));
        let nothing = PollSetup::default();
        assert!(M100::new(&nothing).set_up(&nothing).is_err(), "nothing is guessed");
    }

    #[test]
    fn a_module_that_does_not_know_the_questions_is_taken_at_its_word() {
        let mut bench = Bench::new(Protocol::M100, &setup());
        bench.up_to(SET_UP[4].0);
        for next in [SET_UP[5].0, SET_UP[6].0, SET_UP[7].0] {
            bench.hear("bb01ff000117187e");
            assert_eq!(bench.sent(), next);
        }
    }

    #[test]
    fn without_a_free_channel_it_rests_and_looks_again() {
        let mut bench = Bench::new(Protocol::M100, &setup());
        bench.up_to("");
        bench.hear("bb01ff000120217e");
        assert!(matches!(bench.poller.standing(), Standing::Resting(why) if why.contains("channel")));
        let before = bench.now;
        assert_eq!(bench.sent(), LOOK);
        assert_eq!(bench.now, before.plus(NO_CHANNEL_REST_MS));
    }
}
