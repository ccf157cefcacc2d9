use serde_json::json;

use super::super::framed::tests::{all, assert_robust, bytes, decoder, field, read, short};
use super::*;
use crate::time::MonoMs;
use crate::wire::Protocol;

const ACK: &str = "0000ff00ff00";
const CARD: &str = "0000ff0cf4d54b010100040804078cfc4ff000";
const SEVEN: &str = "0000ff0ff1d54b01010044000704416d412b0289ea00";

/// A frame of the chip.
fn frame(message: &str) -> String {
    let message = bytes(message);
    let len = u8::try_from(message.len()).unwrap();
    let (lcs, dcs) = (len.wrapping_neg(), sum(&message).wrapping_neg());
    format!("0000ff{len:02x}{lcs:02x}{}{dcs:02x}00", hex(&message))
}

fn said(hex: &str) -> Vec<Decoded> {
    all(Protocol::Pn532, &[&bytes(hex)])
}

#[test]
fn ids_of_four_and_seven_bytes_come_behind_their_ack() {
    for (card, uid, sak) in [(CARD, "078CFC4F", "08"), (SEVEN, "04416D412B0289", "00")] {
        let read = read(Protocol::Pn532, &format!("{ACK}{card}"));
        assert_eq!((read.carrier, read.payload.as_str()), (Carrier::Hf, uid));
        assert_eq!(field(&read.fields, "sak"), json!(sak));
        assert_eq!(field(&read.fields, "random"), Value::Null);
    }
}

#[test]
fn two_cards_in_one_frame_are_two_reads_with_and_without_ats() {
    let plain = "d54b02 01000408 04 11223344 02004400 07 04416d412b0289";
    assert_eq!(short(&said(&frame(plain))), ["11223344", "04416D412B0289"]);
    let with_ats = "d54b02 01034420 07 04416d412b0289 067577810280 02000408 04 11223344";
    assert_eq!(short(&said(&frame(with_ats))), ["04416D412B0289", "11223344"]);
    let not_asked = "d54b02 01034420 07 04416d412b0289 02000408 04 11223344";
    assert_eq!(short(&said(&frame(not_asked))), ["04416D412B0289", "11223344"]);
}

#[test]
fn felica_and_auto_poll_are_read() {
    let felica = "01 12 01 0102030405060708 1112131415161718";
    assert_eq!(short(&said(&frame(&format!("d54b01{felica}")))), ["0102030405060708"]);
    assert_eq!(short(&said(&frame("d56101 10 09 01000408 04 11223344"))), ["11223344"]);
    assert_eq!(short(&said(&frame("d56100"))), ["answer"]);
}

#[test]
fn a_random_id_says_so_and_half_an_id_is_absurd() {
    let random = read(Protocol::Pn532, &frame("d54b01 01000408 04 08e8d0a1"));
    assert_eq!(field(&random.fields, "random"), json!(true));
    assert_eq!(short(&said(&frame("d54b01 01004400 04 8804416d"))), ["absurd"]);
    assert_eq!(short(&said(&frame("d54b01 01004400 05 8804416d11"))), ["absurd"], "no id has five bytes");
}

#[test]
fn no_card_and_handshakes_are_no_fault() {
    assert_eq!(short(&said("0000ff03fdd54b00e000")), ["answer"]);
    assert!(said(&format!("{ACK}0000ffff0000{ACK}5555000000")).is_empty());
    assert_eq!(short(&said("0000ff01ff7f8100")), ["error"]);
}

#[test]
fn wrong_checks_are_damaged_once() {
    let spoilt = CARD.replace("078c", "078d");
    assert_eq!(short(&said(&format!("{spoilt}{SEVEN}"))), ["damaged", "04416D412B0289"]);
    assert_eq!(short(&said(&CARD.replace("0cf4", "0cf5"))), ["damaged"]);
    assert_eq!(short(&said(&CARD[..20])), ["damaged"]);
    assert_eq!(short(&said("0000ff00000000")), ["absurd"]);
    assert_eq!(short(&said(&format!("414243{CARD}"))), ["not-mine", "078CFC4F"]);
}

#[test]
fn extended_frames_are_read() {
    let message = "d54b01 01000408 04 11223344";
    let dcs = sum(&bytes(message)).wrapping_neg();
    assert_eq!(short(&said(&format!("0000ffffff000cf4{message}{dcs:02x}00"))), ["11223344"]);
    assert_eq!(short(&said(&format!("0000ffffff000cf5{message}{dcs:02x}00"))), ["damaged"]);
}

#[test]
fn an_answer_to_another_command_is_stale() {
    let mut decoder = decoder(Protocol::Pn532);
    decoder.awaiting(Some(GET_FIRMWARE_VERSION.into()));
    assert_eq!(short(&decoder.handle(&bytes(CARD), MonoMs(0))), ["stale"]);
    decoder.awaiting(Some(IN_LIST_PASSIVE_TARGET.into()));
    assert_eq!(short(&decoder.handle(&bytes(CARD), MonoMs(0))), ["078CFC4F"]);
}

#[test]
fn any_bytes_in_any_chunks_do_no_harm() {
    assert_robust(Protocol::Pn532, &[CARD, SEVEN]);
}
