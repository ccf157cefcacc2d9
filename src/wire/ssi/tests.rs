use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::wire::Outgoing;
use crate::wire::Read;

const AT: MonoMs = MonoMs(1_000);
const ACKNOWLEDGED: &[u8] = &[0x04, 0xd0, 0x04, 0x00, 0xff, 0x28];

/// A packet of the scanner.
fn sent(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(4 + data.len()).unwrap(), opcode, 0, status];
    bytes.extend(data);
    let check = checksum(&bytes);
    bytes.extend(check.to_be_bytes());
    bytes
}

fn code(text: &str) -> Vec<u8> {
    sent(DECODE_DATA, 0, &[&[0x03], text.as_bytes()].concat())
}

fn all(chunks: &[&[u8]]) -> Vec<Decoded> {
    let mut decoder = Decoder::default();
    let mut said: Vec<Decoded> = chunks.iter().flat_map(|chunk| decoder.handle(chunk, AT)).collect();
    said.extend(decoder.finish());
    said
}

fn reads(said: &[Decoded]) -> Vec<&Read> {
    said.iter()
        .filter_map(|decoded| match decoded {
            Decoded::Read(read) => Some(read),
            _ => None,
        })
        .collect()
}

fn payloads(said: &[Decoded]) -> Vec<&str> {
    reads(said).into_iter().map(|read| read.payload.as_str()).collect()
}

/// One letter for each: read, told, answered; or the kind of no.
fn short(said: &[Decoded]) -> Vec<&str> {
    said.iter()
        .map(|decoded| match decoded {
            Decoded::Read(_) => "read",
            Decoded::Answer(_) => "told",
            Decoded::Reply(_) => "reply",
            Decoded::Rejected(no) => no.kind.name(),
        })
        .collect()
}

#[test]
fn a_code_is_acknowledged_and_read_with_the_aim_identifier_of_its_type() {
    let said = all(&[&code("CAM-01")]);
    assert_eq!(said[0], Decoded::Reply(Outgoing::Bytes(ACKNOWLEDGED.to_vec())));
    let [read] = reads(&said)[..] else { panic!("{said:?}") };
    assert_eq!((read.payload.as_str(), read.aim.as_deref(), read.terminated), ("CAM-01", Some("C0"), true));
    let own = all(&[&sent(DECODE_DATA, 0, b"\x03]C10109")]);
    assert_eq!((reads(&own)[0].payload.as_str(), reads(&own)[0].aim.as_deref()), ("0109", Some("C1")));
    let unknown = all(&[&sent(DECODE_DATA, 0, b"\xfeX\r\n")]);
    assert_eq!((reads(&unknown)[0].payload.as_str(), reads(&unknown)[0].aim.as_deref()), ("X", None));
}

#[test]
fn a_no_read_message_a_setup_code_and_other_packets_are_no_scans() {
    assert_eq!(short(&all(&[&sent(DECODE_DATA, 0, b"\x01NR")])), ["reply", "told"]);
    assert_eq!(short(&all(&[&sent(DECODE_DATA, 0, b"\x33B0123")])), ["reply", "told"]);
    assert_eq!(short(&all(&[&sent(EVENT, 0, &[1])])), ["reply", "told"]);
    assert_eq!(short(&all(&[ACKNOWLEDGED])), ["told"], "of the host: nothing to answer");
    assert_eq!(short(&all(&[&sent(DECODE_DATA, 0, b"")])), ["reply", "absurd"]);
    assert_eq!(short(&all(&[&sent(DECODE_DATA, 0, b"\x01")])), ["reply", "absurd"]);
    assert_eq!(short(&all(&[&sent(DECODE_DATA, 0, b"\x01a\x07b")])), ["reply", "absurd"]);
}

#[test]
fn a_packet_sent_again_is_acknowledged_and_is_no_second_scan() {
    let again = sent(DECODE_DATA, SENT_AGAIN, b"\x03CAM-01");
    assert_eq!(short(&all(&[&code("CAM-01"), &again])), ["reply", "read", "reply", "told"]);
    assert_eq!(payloads(&all(&[&code("CAM-01"), &again, &again])), ["CAM-01"]);
    assert_eq!(payloads(&all(&[&code("CAM-01"), &code("CAM-01")])), ["CAM-01", "CAM-01"], "triggered twice");
    assert_eq!(payloads(&all(&[&code("CAM-02"), &again])), ["CAM-02", "CAM-01"], "another code");
    assert_eq!(payloads(&all(&[&again])), ["CAM-01"], "the first was never heard");
    let mut torn = code("CAM-01");
    torn[6] ^= 1;
    let said = all(&[&code("CAM-01"), &torn, &again]);
    assert_eq!(short(&said), ["reply", "read", "damaged", "reply", "read"]);
    let mut decoder = Decoder::default();
    decoder.handle(&code("CAM-01"), MonoMs(0));
    assert_eq!(short(&decoder.handle(&again, MonoMs(RESENT_MS + 1))), ["reply", "read"]);
}

#[test]
fn packets_of_one_code_are_joined() {
    let part = |status, text: &str| sent(DECODE_DATA, status, &[&[0x1c], text.as_bytes()].concat());
    let said = all(&[&part(2, "http"), &part(2, "http"), &part(0, "x")]);
    assert_eq!(short(&said), ["reply", "reply", "reply", "read"]);
    assert_eq!(payloads(&said), ["httphttpx"]);
    let said = all(&[&part(2, "http"), &part(3, "http"), &part(0, "x")]);
    assert_eq!(payloads(&said), ["httpx"], "the second was sent again");
    let said = all(&[&part(2, "http"), &code("CAM-01")]);
    assert_eq!(short(&said), ["reply", "reply", "told", "damaged", "read"]);
    assert_eq!(short(&all(&[&part(2, "http")])), ["reply", "told", "damaged"]);
    let mut decoder = Decoder::default();
    decoder.handle(&part(2, "http"), MonoMs(0));
    assert_eq!(short(&decoder.handle_timeout(MonoMs(JOIN_MS))), ["told", "damaged"]);
    assert_eq!(payloads(&decoder.handle(&part(0, "x"), MonoMs(JOIN_MS))), ["x"]);
}

/// As an open-source driver has them in its tests: a QR code of 500 characters.
fn segments() -> [Vec<u8>; 3] {
    let head = [0, DECODE_DATA, 0, 0, 0x01, 0xf7, 0x1c, 0x01, 0x01, 0xf4];
    let mut first = sent(SEGMENT, 0, &[&head[..], &[b'Z'; 241]].concat());
    // It has 02 where the source stands.
    first[2] = 2;
    let check = checksum(&first[..255]).to_be_bytes();
    first[255..].copy_from_slice(&check);
    let second = sent(SEGMENT, 0, &[&[1][..], &[b'Z'; 250]].concat());
    [first, second, sent(SEGMENT, 0, &[&[2][..], &[b'Z'; 9]].concat())]
}

#[test]
fn numbered_segments_are_joined_in_order_only() {
    let [first, second, third] = segments();
    assert_eq!((&first[255..], &third[14..]), (&[0xa6, 0xd5][..], &[0xfc, 0x53][..]));
    let said = all(&[&first, &second, &third]);
    assert_eq!(short(&said), ["reply", "reply", "reply", "read"]);
    assert_eq!((payloads(&said)[0], reads(&said)[0].aim.as_deref()), ("Z".repeat(500).as_str(), Some("Q1")));
    assert_eq!(said[0], Decoded::Reply(Outgoing::Bytes(vec![0x04, 0x74, 0x04, 0x00, 0xff, 0x84])));
    assert_eq!(payloads(&all(&[&first, &second, &second, &third])), ["Z".repeat(500)]);
    let torn = all(&[&first, &third, &second, &third, &first, &second, &third]);
    assert_eq!(payloads(&torn), ["Z".repeat(500)]);
    assert_eq!(short(&all(&[&third])), ["reply", "damaged"]);
}

#[test]
fn an_endless_code_is_said_once_and_memory_stays_bounded() {
    let mut decoder = Decoder::default();
    let part = sent(DECODE_DATA, 2, &[b'Q'; 250]);
    let said: Vec<Decoded> = (0..100).flat_map(|_| decoder.handle(&part, AT)).collect();
    assert_eq!(short(&said).into_iter().filter(|word| *word == "absurd").count(), 1);
    assert!(decoder.joined.as_ref().unwrap().text.is_empty());
    assert_eq!(short(&decoder.handle(&sent(DECODE_DATA, 0, b"Qx"), AT)), ["reply"]);
    assert_eq!(payloads(&decoder.handle(&code("CAM-01"), AT)), ["CAM-01"]);
}

#[test]
fn a_wrong_checksum_is_damaged_and_noise_is_said_once() {
    let mut wrong = code("CAM-01");
    *wrong.last_mut().unwrap() ^= 0x10;
    assert_eq!(short(&all(&[&wrong])), ["damaged"]);
    assert_eq!(short(&all(&[&wrong, &wrong])), ["damaged", "damaged"]);
    assert_eq!(short(&all(&[b"\0\0\x01\x02\x03", &code("A")])), ["not-mine", "reply", "read"]);
}

#[test]
fn silence_ends_a_packet_that_is_not_whole_and_frees_the_one_behind_it() {
    let mut decoder = Decoder::default();
    let said = decoder.handle(&[&[0xff, 0xf3, 0x00][..], &code("CAM-01")].concat(), MonoMs(0));
    assert_eq!(said, []);
    assert_eq!(decoder.poll_timeout(), Some(MonoMs(GAP_MS)));
    assert_eq!(short(&decoder.handle_timeout(MonoMs(GAP_MS))), ["damaged", "reply", "read"]);
    assert_eq!(decoder.poll_timeout(), None);
}

#[test]
fn parameters_and_attributes_are_listed_and_cut_ones_end_the_list() {
    let parameters = |data: &[u8]| answers::parameters(data).unwrap().1;
    assert_eq!(
        parameters(&[0xff, 0x01, 0x00, 0x9c, 0x07, 0xf8, 0x04, 0x01, 0x02, 0xf3, 0x05, 0x02, b'h', b'i']),
        json!([
            { "number": 1, "value": 0 }, { "number": 156, "value": 7 }, { "number": 1025, "value": 2 },
            { "number": 5, "value": "hi" }
        ])
    );
    assert_eq!(parameters(&[0xff, 0x01, 0x02, 0xf4, 0xf0]), json!([{ "number": 1, "value": 2 }]));
    let byte = answers::attributes(&[0, 0x0b, 2, 0, 0x01, 0x92, 0x42, 0x07, 0x00, 0xff, 0xff]);
    assert_eq!(byte, [("attribute", json!(402)), ("attributes", json!({ "402": 0 }))]);
    assert_eq!(answers::attributes(&[0, 0x0b, 2, 0, 0x01]), [("attributes", json!({}))]);
}

/// Whole, cut and doubled packets among noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(code("CAM-01")),
        Just(sent(DECODE_DATA, 2, b"\x03part")),
        Just(sent(DECODE_DATA, 1, b"\x03CAM-01")),
        (0..3_usize).prop_map(|nth| segments()[nth].clone()),
        (0..12_usize).prop_map(|at| code("CAM-01")[at..].to_vec()),
        (0..12_usize).prop_map(|at| code("CAM-01")[..at].to_vec()),
        prop::collection::vec(any::<u8>(), 0..30),
        (any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(opcode, status, data)| sent(opcode, status, &data)),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_stream_decodes_the_same_in_any_chunking(bytes in stream(), size in 1_usize..40) {
        let whole = all(&[&bytes]);
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(all(&chunks), whole);
    }

    #[test]
    fn what_is_held_is_bounded_and_a_code_is_read_after_silence(bytes in stream()) {
        let mut decoder = Decoder::default();
        decoder.handle(&bytes, AT);
        prop_assert!(decoder.buffer.len() <= 257);
        prop_assert!(decoder.joined.as_ref().is_none_or(|joined| joined.text.len() <= text::TEXT_BYTES_MAX));
        let at = AT.plus(JOIN_MS);
        let said = decoder.handle(&code("LAST"), at);
        prop_assert_eq!(payloads(&said).last().copied(), Some("LAST"));
    }
}

#[test]
fn a_resend_is_no_second_scan_whatever_the_scanner_acknowledged_between() {
    let again = sent(DECODE_DATA, SENT_AGAIN, &[&[0x03], "CAM-01".as_bytes()].concat());
    let said = all(&[&code("CAM-01"), &sent(ACK, 0, &[]), &sent(NAK, 0, &[0x01]), &again]);
    assert_eq!(payloads(&said), ["CAM-01"]);
    assert_eq!(short(&said), ["reply", "read", "told", "told", "reply", "told"]);
}
