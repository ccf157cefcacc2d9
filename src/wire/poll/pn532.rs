//! How a PN532 on its UART is asked which cards lie there. What it answers: `wire/pn532.rs`.
//!
//! ```text
//! 00 00 FF 00 FF 00                           ACK from the host: ends a command that hangs; not answered
//! 55 55 00 × 14  D4 14 01 14 01               wake-up, SAMConfiguration: normal mode
//! D4 02                                       GetFirmwareVersion: is it this chip?
//! D4 12 04                                    SetParameters: no RATS, cards of ISO 14443-4 are left alone
//! D4 32 05  FF 01 02                          RFConfiguration, MaxRetries: a look at nobody ends after three tries
//!
//! D4 4A 02 00                                 InListPassiveTarget: up to two cards of 106 kbit/s type A
//! D4 4A 01 01  00 FF FF 00 00                 the same for FeliCa, 212 kbit/s, any system
//! D4 32 01 00                                 RFConfiguration: field off
//! round: A · off · A · off · F · off · …
//! ```
//!
//! - Each command stands in a frame `00 00 FF LEN LCS D4 … DCS 00`. The chip acknowledges within 15 ms and answers behind it.
//! - By default the chip looks for a card for ever and answers nothing meanwhile: hence MaxRetries. A look at nobody
//!   takes some 30 ms then. A command that hangs all the same is ended by the next one, or by the host's ACK; what is
//!   sent within a few milliseconds of that ACK may be lost, so a pause follows it.
//! - A card that was found stays selected and answers the next look only every second time: the field goes off after each
//!   look, which also keeps the chip cool. The next look switches it on by itself.
//! - A weak field shifts ids of seven bytes without an error. The lane therefore counts a card from the second equal read.
//! - After a loss of power the chip says nothing until it is woken. Three looks without an answer wake it and set it up afresh.
//!
//! Only documented: the timing, FeliCa, two cards. Sources: NXP UM0701-02 (PN532 user manual) 7.2.2, 7.2.9, 7.2.10, 7.3.1,
//! 7.3.5; the order and values of the set-up agree with several public drivers.

use super::{Ask, Dialect, Heard, PollSetup};
use crate::wire::{Answer, Decoded, RejectKind, Rejected};

const ACK: [u8; 6] = [0x00, 0x00, 0xff, 0x00, 0xff, 0x00];
const WAKE_UP: [u8; 16] = [0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const GET_FIRMWARE_VERSION: u8 = 0x02;
const SET_PARAMETERS: u8 = 0x12;
const SAM_CONFIGURATION: u8 = 0x14;
const RF_CONFIGURATION: u8 = 0x32;
const IN_LIST_PASSIVE_TARGET: u8 = 0x4a;

const SET_UP_ANSWER_MS: u64 = 150;
/// Three tries and the answers of two cards, with much to spare.
const LOOK_ANSWER_MS: u64 = 300;
/// A card without field for so long forgets that it was selected.
const FIELD_OFF_MS: u64 = 50;
const AFTER_ABORT_MS: u64 = 20;

/// Asks a PN532.
#[derive(Debug)]
pub(super) struct Pn532;

impl Dialect for Pn532 {
    fn set_up(&self, _: &PollSetup) -> Result<Vec<Ask>, String> {
        let wake_up = [WAKE_UP.as_slice(), &frame(&[SAM_CONFIGURATION, 0x01, 0x14, 0x01])].concat();
        Ok(vec![
            Ask {
                what: "end what hangs",
                bytes: ACK.to_vec(),
                command: None,
                answer_ms: 0,
                pause_ms: AFTER_ABORT_MS,
            },
            Ask { bytes: wake_up, ..ask("wake up", &[SAM_CONFIGURATION]) },
            ask("ask for its version", &[GET_FIRMWARE_VERSION]),
            ask("set parameters", &[SET_PARAMETERS, 0x04]),
            ask("set retries", &[RF_CONFIGURATION, 0x05, 0xff, 0x01, 0x02]),
        ])
    }

    fn round(&self, _: &PollSetup, round: u32) -> Ask {
        let look = |bytes: &[u8]| Ask { answer_ms: LOOK_ANSWER_MS, ..ask("look for cards", bytes) };
        match round % 6 {
            0 | 2 => look(&[IN_LIST_PASSIVE_TARGET, 2, 0x00]),
            4 => look(&[IN_LIST_PASSIVE_TARGET, 1, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00]),
            _ => {
                Ask { pause_ms: FIELD_OFF_MS, ..ask("switch the field off", &[RF_CONFIGURATION, 0x01, 0x00]) }
            }
        }
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        let looks = asked.command == Some(IN_LIST_PASSIVE_TARGET.into());
        match heard {
            Decoded::Answer(answer) if answer.stale => Heard::Aside,
            Decoded::Answer(answer) if !answer.ok => {
                Heard::Refused("it calls the command malformed".to_owned())
            }
            Decoded::Answer(answer) if answer.command == asked.command => checked(answer),
            // What it says of cards is an answer, also where no card can have said it.
            Decoded::Read(_) | Decoded::Rejected(Rejected { kind: RejectKind::Absurd, .. }) if looks => {
                Heard::Answered
            }
            _ => Heard::Aside,
        }
    }
}

/// Whether the chip that answers is one of these, where it says which it is.
fn checked(answer: &Answer) -> Heard {
    let ic = answer.fields.iter().find(|(name, _)| *name == "ic").and_then(|(_, ic)| ic.as_str());
    match ic {
        Some(ic) if !ic.starts_with("32") => Heard::Refused(format!("it is chip {ic}: expected 32, a PN532")),
        _ => Heard::Answered,
    }
}

fn ask(what: &'static str, body: &[u8]) -> Ask {
    let command = body.first().map(|command| u16::from(*command));
    Ask { what, bytes: frame(body), command, answer_ms: SET_UP_ANSWER_MS, pause_ms: 0 }
}

/// The frame of a command of at most 254 bytes.
fn frame(body: &[u8]) -> Vec<u8> {
    let message = [&[0xd4], body].concat();
    let len = u8::try_from(message.len()).unwrap_or(u8::MAX);
    let sum = message.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [&[0x00, 0x00, 0xff, len, len.wrapping_neg()], message.as_slice(), &[sum.wrapping_neg(), 0x00]].concat()
}

#[cfg(test)]
mod tests {
    use super::super::Standing;
    use super::super::bench::Bench;
    use super::*;
    use crate::wire::Protocol;

    impl Bench {
        fn set_up(&mut self) {
            assert_eq!(self.sent(), "0000ff00ff00");
            for answer in ["0000ff02fed5151600", "0000ff06fad50332010607e800", DONE_12, DONE_32] {
                self.sent();
                self.hear(&format!("{ACKED}{answer}"));
            }
        }
    }

    const ACKED: &str = "0000ff00ff00";
    const DONE_12: &str = "0000ff02fed5131800";
    const DONE_32: &str = "0000ff02fed533f800";
    const NO_CARD: &str = "0000ff03fdd54b00e000";
    const CARD: &str = "0000ff0cf4d54b010100040804078cfc4ff000";

    #[test]
    fn frames_are_those_that_are_published() {
        // UM0701-02 and public captures show these whole.
        let hex = |body: &[u8]| frame(body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&[0x02]), "0000ff02fed4022a00");
        assert_eq!(hex(&[0x14, 0x01, 0x14, 0x01]), "0000ff05fbd4140114010200");
        assert_eq!(hex(&[0x4a, 0x01, 0x00]), "0000ff04fcd44a0100e100");
        assert_eq!(hex(&[0x32, 0x05, 0xff, 0x01, 0x01]), "0000ff06fad43205ff0101f400");
    }

    #[test]
    fn it_is_woken_and_set_up_and_looks_for_both_kinds_with_the_field_off_between() {
        let mut bench = Bench::new(Protocol::Pn532, &PollSetup::default());
        bench.set_up();
        let expected = ["d44a0200", "d4320100", "d44a0200", "d4320100", "d44a010100ffff0000", "d4320100"];
        for body in expected {
            let sent = bench.sent();
            assert!(sent.contains(body), "{sent}: expected {body}");
            bench.hear(&format!("{ACKED}{}", if body.contains("4a") { NO_CARD } else { DONE_32 }));
            assert!(matches!(bench.poller.standing(), Standing::Asking));
        }
        assert!(bench.sent().contains("d44a0200"));
    }

    #[test]
    fn a_card_answers_the_look_and_so_does_half_an_id() {
        let mut bench = Bench::new(Protocol::Pn532, &PollSetup::default());
        bench.set_up();
        for answer in [CARD, "0000ff0cf4d54b01010044000488040516ef00"] {
            assert!(bench.sent().contains("d44a"));
            bench.hear(answer);
            assert_eq!(bench.poller.awaiting(), None, "{answer}");
            bench.sent();
            bench.hear(DONE_32);
        }
    }

    #[test]
    fn an_ack_alone_a_stale_answer_and_a_damaged_one_are_no_answer() {
        let mut bench = Bench::new(Protocol::Pn532, &PollSetup::default());
        bench.set_up();
        bench.sent();
        bench.hear(ACKED);
        bench.hear(DONE_32);
        bench.hear(&CARD.replace("078c", "078d"));
        assert_eq!(bench.poller.awaiting(), Some(0x4a));
        assert!(bench.sent().contains("d44a"), "asked again");
        let again: Vec<String> = (0..3).map(|_| bench.sent()).collect();
        assert!(again[1] == ACKED && again[2].starts_with("5555"), "{again:?}: woken and set up afresh");
        assert!(matches!(bench.poller.standing(), Standing::Silent(_)));
    }

    #[test]
    fn another_chip_and_an_error_frame_are_refusals() {
        let mut bench = Bench::new(Protocol::Pn532, &PollSetup::default());
        bench.sent();
        bench.sent();
        bench.hear("0000ff02fed5151600");
        bench.sent();
        bench.hear("0000ff06fad50333010607e700");
        assert!(matches!(bench.poller.standing(), Standing::Refused(why) if why.contains("expected 32")));
        let mut bench = Bench::new(Protocol::Pn532, &PollSetup::default());
        bench.sent();
        bench.sent();
        bench.hear("0000ff01ff7f8100");
        assert!(matches!(bench.poller.standing(), Standing::Refused(why) if why.contains("malformed")));
    }
}
