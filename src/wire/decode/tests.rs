use proptest::prelude::*;

use super::*;

const CARD: &str = "0230443030333139434430373003";

fn run(protocol: Protocol, descriptor: Option<&str>, input: &[&str]) -> Decoding {
    let descriptor = descriptor.map(|hex| parse_hex("--descriptor", hex).unwrap());
    let input: Vec<Vec<u8>> = input.iter().map(|hex| parse_hex("argument", hex).unwrap()).collect();
    decode(protocol, descriptor.as_deref(), &input)
}

#[test]
fn a_lone_card_is_read_and_not_confirmed_and_the_second_equal_frame_confirms_it() {
    let decoding = run(Protocol::Rdm6300, None, &[CARD, CARD]);
    assert!(decoding.any_read);
    assert_eq!(
        decoding.lines[0].to_string(),
        r#"{"confirmed":false,"fields":{"decimal10":"0003251408","tag":"00319CD0","version":"0D"},"#
            .to_owned()
            + r#""ok":true,"terminated":true,"value":"0D00319CD0"}"#
    );
    assert_eq!(decoding.lines[1]["confirmed"], json!(true));
    let interrupted = run(Protocol::Rdm6300, None, &[CARD, "0203", CARD]);
    assert_eq!(interrupted.lines[2]["confirmed"], json!(false));
}

#[test]
fn what_is_no_frame_says_why_and_nothing_was_read() {
    let decoding = run(Protocol::Rdm6300, None, &["0230303030303030303030303003"]);
    assert!(!decoding.any_read);
    assert_eq!(decoding.lines[0]["ok"], json!(false));
    assert_eq!(decoding.lines[0]["kind"], json!("absurd"));
    assert!(decoding.lines[0]["reason"].as_str().unwrap().contains("00000000"));
}

#[test]
fn arguments_of_a_stream_are_chunks_of_it() {
    let (front, back) = CARD.split_at(10);
    assert_eq!(run(Protocol::Rdm6300, None, &[front, back]).lines[0]["value"], json!("0D00319CD0"));
    assert_eq!(run(Protocol::Line, None, &["41", "42"]).lines[0]["value"], json!("AB"));
}

#[test]
fn a_bad_descriptor_is_one_line_and_nothing_was_read() {
    let decoding = run(Protocol::Keyboard, Some("05"), &["0000040000000000"]);
    assert!(!decoding.any_read);
    assert_eq!(decoding.lines.len(), 1);
    assert_eq!(decoding.lines[0]["kind"], json!("damaged"));
}

#[test]
fn hex_may_be_spaced_and_an_error_names_its_argument() {
    assert_eq!(parse_hex("argument 1", "02 0D:ff\n").unwrap(), [0x02, 0x0d, 0xff]);
    let message = |text| parse_hex("argument 2", text).unwrap_err().to_string();
    assert_eq!(
        message("02zz"),
        "argument 2 is not hexadecimal: 'z' stands at character 3; expected pairs of 0-9 and a-f, as in 0230443003"
    );
    assert!(message("023").contains("odd number of digits"));
    assert!(message(" ").contains("empty"));
}

proptest! {
    #[test]
    fn hex_comes_back_as_its_bytes(bytes in prop::collection::vec(any::<u8>(), 1..50)) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(parse_hex("argument 1", &hex).unwrap(), bytes);
    }

    #[test]
    fn no_text_stops_the_hex_parser(text in any::<String>()) {
        let _ = parse_hex("argument 1", &text);
    }

    #[test]
    fn no_bytes_stop_decode(
        which in 0..Protocol::ALL.len(),
        descriptor in prop::option::of(prop::collection::vec(any::<u8>(), 0..80)),
        input in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..20)
    ) {
        let decoding = decode(Protocol::ALL[which], descriptor.as_deref(), &input);
        let ok = decoding.lines.iter().any(|line| line["ok"] == json!(true));
        prop_assert_eq!(decoding.any_read, ok);
        for line in &decoding.lines {
            let keys: &[&str] = if line["ok"] == json!(true) { &["fields"] } else { &["kind", "reason"] };
            prop_assert!(keys.iter().all(|key| line.get(key).is_some()), "{}", line);
        }
    }
}
