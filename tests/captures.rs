//! Bytes from the field and what they mean: `hardware/captures/vectors.jsonl`.
//!
//! One vector a line. `bytes_hex` is one string, or a list of reports or packets in order; `expect` is what they say;
//! `valid` false must be refused; `origin` says whether a device sent them; `source` where they were published.
//! Every vector is either decoded here or listed in [`NOT_YET`] with its protocol; one that is neither fails.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::BTreeSet;

use cagekeeper::wire::card::CardFormat;
use cagekeeper::wire::decode::{Decoding, decode, decode_epc, decode_gs1, parse_hex};
use cagekeeper::wire::{Protocol, check};
use serde_json::{Value, json};

/// Vectors of keyboards, by report.
const KEYBOARD: &[&str] = &["A01", "A02", "A03", "A05", "A06"];

/// Report descriptors.
const DESCRIPTORS: &[&str] = &["A08"];

/// Card numbers that are no frame: put into one here.
const CARD_NUMBERS: &[&str] = &["A11"];

/// Whole frames of 125 kHz readers.
const CARDS: &[&str] = &["D01", "D02", "D03", "D06", "D07"];

/// Frames that a 125 kHz reader made of noise. Their checksum is right.
const PHANTOMS: &[&str] = &["D09", "D10", "D12", "D14", "D16"];

/// Numbers of a card whose reader writes the bytes in its own order.
const CARD_ORDERS: &[&str] = &["A13"];

/// Text of a scanner behind an AIM identifier.
const LINES: &[&str] = &["H26", "H27", "H29", "H31", "H32", "H35"];

/// Streams of readers that send frames, by protocol. The UIDs of E13 are no frame: put into one here.
const FRAMES: &[(Protocol, &[&str])] = &[
    (Protocol::Pn532, &["E01", "E02", "E05", "E06", "E07", "E08", "E09"]),
    (Protocol::M100, &["F01", "F03", "F04", "F05", "F07", "F08", "F10", "F13", "F14", "F15"]),
    (Protocol::UhfReader18, &["F17", "F18", "F25", "F26"]),
    (Protocol::UhfReader288, &["F20", "F22", "F23"]),
    (Protocol::Cf, &["F28", "F30", "F31", "F32"]),
    (Protocol::ThingMagic, &["F34", "F35"]),
];

/// Ids that a card draws anew each time.
const RANDOM_IDS: &[&str] = &["E13"];

/// Reports of HID point of sale scanners: in, and to the scanner.
const HID_POS: &[&str] = &["B01", "B03", "B04", "B05", "B06", "B08"];

/// Packets of Zebra scanners and of their host.
const SSI: &[&str] = &["C01", "C02", "C03", "C05", "C06", "C07", "C08", "C10", "C11"];

/// Bits of card readers, left-justified in bytes.
const WIEGAND: &[&str] = &["G22", "G24", "G25"];

/// What GS1 makes of text behind an AIM identifier.
const GS1: &[&str] = &["H26", "H27", "H29", "H31", "H32", "H34", "H35", "H37"];

/// Of those the ones that are looked at as GS1 alone.
const GS1_ALONE: &[&str] = &["H34", "H37"];

/// What UHF tags hold.
const EPCS: &[&str] = &[
    "H01", "H03", "H04", "H06", "H07", "H09", "H11", "H12", "H14", "H15", "H17", "H19", "H20", "H22", "H23",
];

/// Data and its check character.
const CHECKS: &[&str] = &["H39", "H41", "H42", "H43", "H45", "H46", "H47", "H48", "H49", "H50"];

/// Protocols that cagekeeper does not speak yet, and their vectors.
const NOT_YET: &[(&str, &[&str])] = &[
    ("HID feature reports of 125 kHz reader-writers", &["A09", "A10"]),
    ("vendor HID of Microscan", &["B10"]),
    ("Honeywell Bluetooth MSGGET", &["C13"]),
    ("commands to scan modules of the GM65 kind", &["C15", "C16"]),
    ("PC/SC", &["E12"]),
    ("LLRP", &["F36", "F38"]),
    ("OSDP", &["G01", "G02", "G03", "G05", "G07", "G08", "G09", "G10", "G11", "G13", "G15", "G18", "G19"]),
    ("OSDP", &["G20", "G21"]),
];

fn vectors() -> Vec<Value> {
    let lines = include_str!("../hardware/captures/vectors.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn id(vector: &Value) -> &str {
    vector["id"].as_str().unwrap()
}

/// The vectors of these ids, each once.
fn of(ids: &[&str]) -> Vec<Value> {
    let found: Vec<Value> = vectors().into_iter().filter(|vector| ids.contains(&id(vector))).collect();
    assert_eq!(found.len(), ids.len(), "vectors.jsonl lacks one of {ids:?}");
    found
}

fn bytes(vector: &Value) -> Vec<Vec<u8>> {
    let hex = |value: &Value| parse_hex(id(vector), value.as_str().unwrap()).unwrap();
    match &vector["bytes_hex"] {
        Value::Array(list) => list.iter().map(hex).collect(),
        one => vec![hex(one)],
    }
}

/// All reads of a decoding, which holds nothing else.
fn reads(decoding: &Decoding) -> &[Value] {
    let all_ok = decoding.lines.iter().all(|line| line["ok"] == json!(true));
    assert!(all_ok && decoding.any_read, "{:#?}", decoding.lines);
    &decoding.lines
}

/// Asserts that the fields of a read say what the vector expects, but for the names in `except`.
fn assert_fields(vector: &Value, read: &Value, except: &[&str]) {
    let expected = vector["expect"].as_object().unwrap();
    for (name, value) in expected.iter().filter(|(name, _)| !except.contains(&name.as_str())) {
        assert_eq!(&read["fields"][name], value, "{} {name} in {read:#}", id(vector));
    }
}

#[test]
fn every_vector_is_decoded_or_listed_as_not_yet() {
    let decoded =
        [KEYBOARD, DESCRIPTORS, CARD_NUMBERS, CARD_ORDERS, CARDS, PHANTOMS, LINES, GS1_ALONE, EPCS, CHECKS];
    let decoded = [decoded.concat(), [SSI, WIEGAND, HID_POS, RANDOM_IDS].concat()].concat();
    let decoded = FRAMES.iter().fold(decoded, |all, (_, ids)| [&all, *ids].concat());
    let listed: Vec<&str> = NOT_YET.iter().flat_map(|(_, ids)| ids.iter().copied()).chain(decoded).collect();
    let accounted: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(accounted.len(), listed.len(), "a vector is listed twice");
    let vectors = vectors();
    let present: BTreeSet<&str> = vectors.iter().map(id).collect();
    assert_eq!(present.len(), vectors.len(), "an id is there twice");
    assert_eq!(accounted, present);
}

#[test]
fn keyboards_type_what_was_scanned() {
    for vector in of(KEYBOARD) {
        let decoding = decode(Protocol::Keyboard, None, &bytes(&vector));
        let [read] = reads(&decoding) else { panic!("{}: {:?}", id(&vector), decoding.lines) };
        assert_fields(&vector, read, &["first_char_of"]);
        assert_eq!(read["terminated"], json!(vector["expect"]["terminator"].is_string()), "{}", id(&vector));
    }
}

#[test]
fn a_report_id_is_told_from_a_modifier_by_the_descriptor() {
    // A boot keyboard whose reports are numbered 2, as the reader of A05 sends them.
    let numbered =
        "05010906a10185020507 19e029e71500250175019508 8102 950175088101 9506750825651900 2965 8100 c0";
    let descriptor = parse_hex("descriptor", numbered).unwrap();
    let numbered = of(&["A05"]).remove(0);
    let decoding = decode(Protocol::Keyboard, Some(&descriptor), &bytes(&numbered));
    assert_fields(&numbered, &reads(&decoding)[0], &[]);

    // Boot reports of another device are too short for it, or of ids without keys.
    let boot = of(&["A02"]).remove(0);
    assert!(!decode(Protocol::Keyboard, Some(&descriptor), &bytes(&boot)).any_read);
}

#[test]
fn descriptors_say_where_the_keys_are() {
    for vector in of(DESCRIPTORS) {
        let descriptor = bytes(&vector).remove(0);
        assert_fields(&vector, &reads(&decode(Protocol::Keyboard, Some(&descriptor), &[]))[0], &[]);
        // A scan through it reads as without it: the layout is the boot keyboard's.
        let scan = of(&["A01"]).remove(0);
        let decoding = decode(Protocol::Keyboard, Some(&descriptor), &bytes(&scan));
        assert_fields(&scan, &reads(&decoding)[0], &[]);
    }
}

#[test]
fn cards_are_read_and_confirmed_by_their_second_frame() {
    for vector in of(CARDS) {
        let frames = bytes(&vector);
        let first = decode(Protocol::Rdm6300, None, &frames).lines.remove(0);
        assert_eq!((&first["ok"], &first["confirmed"]), (&json!(true), &json!(false)), "{}", id(&vector));
        assert_fields(&vector, &first, &["tags", "incomplete_tail"]);
        if vector["expect"]["tags"].is_null() {
            let twice = decode(Protocol::Rdm6300, None, &[frames.concat(), frames.concat()]);
            assert_eq!(reads(&twice)[1]["confirmed"], json!(true), "{}", id(&vector));
            assert_eq!(twice.lines[0]["value"], twice.lines[1]["value"]);
        }
    }
}

#[test]
fn a_repeating_card_is_confirmed_and_its_cut_tail_damaged() {
    let vector = of(&["D02"]).remove(0);
    let lines = decode(Protocol::Rdm6300, None, &bytes(&vector)).lines;
    let tags: Vec<&Value> = lines.iter().filter_map(|line| line["fields"].get("tag")).collect();
    assert_eq!(json!(tags), vector["expect"]["tags"]);
    assert_eq!(lines[1]["confirmed"], json!(true));
    assert_eq!((&lines[2]["ok"], &lines[2]["kind"]), (&json!(false), &json!("damaged")));
    assert_eq!(lines.len(), 3);
}

/// The checksum of a phantom is right, so its frame alone cannot be refused, except all zero. It is never the same
/// twice in a row, so it is never confirmed, and an unconfirmed frame makes no scan.
#[test]
fn phantoms_are_refused_or_never_confirmed() {
    let phantoms = of(PHANTOMS);
    for vector in &phantoms {
        assert_eq!(vector["valid"], json!(false));
        let decoding = decode(Protocol::Rdm6300, None, &bytes(vector));
        let [line] = decoding.lines.as_slice() else { panic!("{}: {:?}", id(vector), decoding.lines) };
        let zero = vector["expect"]["payload"] == json!("000000000000");
        assert_eq!(line["ok"], json!(!zero), "{}", id(vector));
        assert_ne!(line["confirmed"], json!(true), "{}", id(vector));
    }
    let stream: Vec<Vec<u8>> = phantoms.iter().flat_map(bytes).collect();
    let lines = decode(Protocol::Rdm6300, None, &stream).lines;
    assert!(lines.iter().all(|line| line["confirmed"] != json!(true)), "{lines:#?}");
}

#[test]
fn a_card_number_reads_as_the_decimals_printed_on_the_card() {
    for vector in of(CARD_NUMBERS) {
        let card = bytes(&vector).concat();
        let hex: String = card.iter().map(|byte| format!("{byte:02X}")).collect();
        let check = card.iter().fold(0, |sum, byte| sum ^ byte);
        let frame = format!("\u{2}{hex}{check:02X}\u{3}").into_bytes();
        assert_fields(&vector, &reads(&decode(Protocol::Rdm6300, None, &[frame]))[0], &[]);
    }
}

#[test]
fn lines_give_their_text_and_aim_identifier() {
    for vector in of(LINES) {
        let mut line = bytes(&vector).concat();
        line.push(b'\r');
        let decoding = decode(Protocol::Line, None, std::slice::from_ref(&line));
        if vector["valid"] == json!(false) {
            assert_eq!(decoding.lines[0]["kind"], json!("absurd"), "{}", id(&vector));
            continue;
        }
        let read = &reads(&decoding)[0];
        assert_fields(&vector, read, &["ais", "digital_link", "ean13"]);
        let sent = String::from_utf8(line).unwrap();
        let aim = vector["expect"]["aim"].as_str().unwrap();
        assert_eq!(read["value"].as_str(), sent.trim_end().strip_prefix(aim), "{}", id(&vector));
    }
}

/// Asserts that a refused vector is refused for what is wrong with it: its check, or that it is shorter than it says.
fn assert_reason(vector: &Value, line: &Value) {
    let (error, reason) = (vector["expect"]["error"].as_str().unwrap(), line["reason"].as_str().unwrap());
    let expected = match error {
        "checksum" => "checksum",
        "crc" => "CRC",
        short if short.contains("bytes follow") => "cut off",
        other => panic!("{}: nobody says how {other:?} is refused", id(vector)),
    };
    assert!(reason.contains(expected), "{}: {reason}", id(vector));
}

/// A refused vector gives one *damaged* and nothing else. A tag in the list `tags` is a read; nothing in it is an answer.
#[test]
fn frames_give_their_tags_and_answers() {
    for (protocol, vector) in
        FRAMES.iter().flat_map(|(protocol, ids)| of(ids).into_iter().map(move |v| (protocol, v)))
    {
        let decoding = decode(*protocol, None, &bytes(&vector));
        if vector["valid"] == json!(false) {
            let [line] = decoding.lines.as_slice() else { panic!("{}: {:?}", id(&vector), decoding.lines) };
            assert_eq!((&line["ok"], &line["kind"]), (&json!(false), &json!("damaged")), "{}", id(&vector));
            assert_reason(&vector, line);
            continue;
        }
        let lines = reads(&decoding);
        let tags = vector["expect"]["tags"].as_array().filter(|tags| !tags.is_empty());
        assert_eq!(lines.len(), tags.map_or(1, Vec::len), "{} {lines:#?}", id(&vector));
        for (line, tag) in lines.iter().zip(tags.into_iter().flatten()) {
            let tag = if tag.is_string() { json!({ "epc": tag }) } else { tag.clone() };
            assert_eq!(line["value"], tag["epc"]);
            assert_fields(&json!({ "id": vector["id"], "expect": tag }), line, &[]);
        }
        for line in lines {
            let except: &[&str] = if tags.is_some() { &["tags"] } else { &[] };
            assert_fields(&vector, line, &[except, &["wrong_decode_seen"]].concat());
            let identity = ["epc", "uid"].iter().find_map(|name| line["fields"].get(name));
            assert_eq!(line.get("value"), identity, "{}", id(&vector));
        }
    }
}

#[test]
fn an_id_that_the_card_draws_anew_says_so() {
    for vector in of(RANDOM_IDS) {
        let ids = bytes(&vector);
        for (uid, expected) in ids.iter().zip(vector["expect"]["reads_of_one_card"].as_array().unwrap()) {
            let message = [&[0xd5, 0x4b, 1, 1, 0, 4, 8, 4][..], uid].concat();
            let check = message.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
            let frame = [&[0, 0, 0xff, 12, 0xf4][..], &message, &[check, 0]].concat();
            let decoding = decode(Protocol::Pn532, None, &[frame]);
            let [read] = reads(&decoding) else { panic!("{:?}", decoding.lines) };
            assert_eq!((&read["value"], &read["fields"]["random"]), (expected, &json!(true)));
        }
    }
}

#[test]
fn ssi_packets_say_what_they_are_and_none_of_these_is_a_scan() {
    for vector in of(SSI) {
        let decoding = decode(Protocol::Ssi, None, &bytes(&vector));
        let [line] = decoding.lines.as_slice() else { panic!("{}: {:#?}", id(&vector), decoding.lines) };
        if vector["valid"] == json!(false) {
            assert_eq!(line["kind"], json!("damaged"), "{}", id(&vector));
            assert!(line["reason"].as_str().unwrap().contains(vector["expect"]["error"].as_str().unwrap()));
            continue;
        }
        assert_eq!(line["ok"], json!(true), "{}", id(&vector));
        assert_fields(&vector, line, &[]);
        assert!(line.get("value").is_none(), "{} is no code: {line:#}", id(&vector));
    }
}

#[test]
fn wiegand_bits_give_facility_and_card_and_slices_of_tags_are_refused() {
    for vector in of(WIEGAND) {
        let decoding = decode(Protocol::Wiegand, None, &bytes(&vector));
        if vector["valid"] == json!(false) {
            let [line] = decoding.lines.as_slice() else { panic!("{}: {:#?}", id(&vector), decoding.lines) };
            assert_eq!(line["kind"], json!("damaged"), "{}", id(&vector));
            assert!(line["reason"].as_str().unwrap().contains("parity"), "{line}");
            continue;
        }
        let [read] = reads(&decoding) else { panic!("{}: {:#?}", id(&vector), decoding.lines) };
        assert_fields(&vector, read, &[]);
        // The same bits as text.
        let text = format!("{}\n", vector["expect"]["bits"].as_str().unwrap()).into_bytes();
        assert_eq!(reads(&decode(Protocol::Wiegand, None, &[text]))[0], *read);
    }
}

#[test]
fn hid_pos_reports_are_joined_and_answers_to_commands_are_no_scans() {
    for vector in of(HID_POS) {
        let mut reports = bytes(&vector);
        let code_id = vector["expect"]["code_id"].as_str();
        if vector["partial"] == json!(true) {
            // The document shows the first bytes and says what the last three are.
            reports[0].resize(61, b'x');
            reports[0].extend([code_id.unwrap().as_bytes()[0], 0, 1]);
        }
        let decoding = decode(Protocol::HidPos, None, &reports);
        let (line, more) = decoding.lines.split_first().unwrap();
        assert_eq!(line["ok"], json!(true), "{}", id(&vector));
        assert_fields(&vector, line, &[]);
        assert!(line.get("value").is_none(), "{} is no code: {line:#}", id(&vector));
        // A code whose other reports do not come is none.
        let damaged = more.iter().filter(|line| line["kind"] == json!("damaged")).count();
        assert_eq!((more.len(), damaged), if code_id.is_some() { (1, 1) } else { (0, 0) }, "{}", id(&vector));
    }
}

#[test]
fn a_card_number_is_one_number_in_every_format() {
    for vector in of(&[CARD_NUMBERS, CARD_ORDERS].concat()) {
        let hex: String = bytes(&vector).concat().iter().map(|byte| format!("{byte:02X}")).collect();
        let format = if hex.len() == 10 { CardFormat::Hex10 } else { CardFormat::Hex8 };
        let card = format.read(&hex).unwrap();
        let (format, said) = match &vector["expect"] {
            Value::Object(expect) if expect.contains_key("keyboard_decimal") => {
                (CardFormat::Decimal10Reversed, &expect["keyboard_decimal"])
            }
            expect => (CardFormat::Decimal10, &expect["decimal10"]),
        };
        let said = said.as_str().unwrap();
        assert!(format.read(said).unwrap().is(card), "{}", id(&vector));
        assert_eq!(format.write(card).unwrap(), said, "{}", id(&vector));
    }
}

fn hex_of(vector: &Value) -> [String; 1] {
    [vector["bytes_hex"].as_str().unwrap().to_owned()]
}

/// That a vector which is to be refused is refused, for a reason with these words.
fn assert_refused(vector: &Value, decoding: &Decoding, words: &str) {
    assert!(!decoding.any_read, "{}", id(vector));
    let reason = decoding.lines[0]["reason"].as_str().unwrap();
    assert!(reason.contains(words), "{}: {reason}", id(vector));
}

#[test]
fn gs1_data_means_what_its_identifiers_say() {
    for vector in of(GS1) {
        let decoding = decode_gs1(&hex_of(&vector));
        match vector["expect"]["error"].as_str() {
            Some(error) => assert_refused(&vector, &decoding, error),
            None => assert_fields(&vector, &reads(&decoding)[0], &[]),
        }
    }
}

#[test]
fn tags_hold_what_the_tag_data_standard_says() {
    for vector in of(EPCS) {
        let decoding = decode_epc(&hex_of(&vector)).unwrap();
        match vector["expect"]["error"].as_str() {
            Some(error) => assert_refused(&vector, &decoding, error),
            None => assert_fields(&vector, &reads(&decoding)[0], &[]),
        }
    }
}

#[test]
fn check_characters_are_those_of_their_system() {
    for vector in of(CHECKS) {
        let data = String::from_utf8(bytes(&vector).concat()).unwrap();
        assert_eq!(vector["expect"]["data"], json!(data));
        let one = |check: Option<char>| check.map(String::from);
        let system = vector["device"].as_str().unwrap();
        let made = match system.split(" (").next().unwrap() {
            "GS1 mod-10 check digit" => one(check::mod10(&data)),
            "Code 39 mod-43" => one(check::mod43(&data)),
            "ISO 7064 MOD 11,10" => one(check::iso7064_11_10(&data)),
            "ISO 7064 MOD 11-2" => one(check::iso7064_11_2(&data)),
            "ISO 7064 MOD 37-2" => one(check::iso7064_37_2(&data)),
            "ISO 7064 MOD 37,36" => one(check::iso7064_37_36(&data)),
            "ISO 7064 MOD 97-10" => check::iso7064_97_10(&data),
            other => panic!("{other}"),
        };
        assert_eq!(json!(made), vector["expect"]["check"], "{}", id(&vector));
    }
}
