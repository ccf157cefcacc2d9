use proptest::prelude::*;

use super::*;

const CARD: &[u8] = b"\x020D00319CD070\x03";
const CARD_ID20: &[u8] = b"\x020500207B326C\r\n\x03";

fn all(chunks: &[&[u8]]) -> Vec<Decoded> {
    let mut decoder = Decoder::default();
    let mut said: Vec<Decoded> = chunks.iter().flat_map(|chunk| decoder.handle(chunk)).collect();
    said.extend(decoder.finish());
    said
}

/// Reads as their payload, rejections as their kind.
fn short(said: &[Decoded]) -> Vec<&str> {
    said.iter()
        .map(|decoded| match decoded {
            Decoded::Read(read) => read.payload.as_str(),
            Decoded::Rejected(no) => no.kind.name(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn both_lengths_give_the_five_bytes_and_what_is_printed_on_the_card() {
    let said = all(&[CARD, CARD_ID20]);
    assert_eq!(short(&said), ["0D00319CD0", "0500207B32"]);
    let Decoded::Read(read) = &said[0] else { panic!() };
    let fields: Vec<(&str, &str)> = read.fields.iter().map(|(n, v)| (*n, v.as_str().unwrap())).collect();
    assert_eq!(fields, [("version", "0D"), ("tag", "00319CD0"), ("decimal10", "0003251408")]);
    assert_eq!(read.carrier, Carrier::Rfid125);
}

#[test]
fn lower_case_digits_give_the_same_card() {
    assert_eq!(short(&all(&[b"\x020d00319cd070\x03"])), ["0D00319CD0"]);
}

#[test]
fn a_wrong_check_or_length_or_digit_is_damaged() {
    for frame in [&b"\x020D00319CD071\x03"[..], b"\x020D00319CD07\x03", b"\x020D00319CG070\x03", b"\x02\x03"]
    {
        assert_eq!(short(&all(&[frame])), ["damaged"], "{frame:?}");
    }
}

#[test]
fn zero_is_absurd_although_its_check_is_right() {
    assert_eq!(short(&all(&[b"\x02000000000000\x03"])), ["absurd"]);
}

#[test]
fn a_cut_frame_is_damaged_and_the_next_is_read() {
    let said = all(&[b"\x020D0031", CARD, b"\x020D"]);
    assert_eq!(short(&said), ["damaged", "0D00319CD0", "damaged"]);
    let said = all(&[b"\x020D00319CD07000000000000", CARD]);
    assert_eq!(short(&said), ["damaged", "0D00319CD0"]);
}

#[test]
fn a_run_of_foreign_bytes_is_said_once() {
    let said = all(&[b"\x00\xff\r\n", b"AT+OK", CARD, b"zz", CARD]);
    assert_eq!(short(&said), ["not-mine", "0D00319CD0", "not-mine", "0D00319CD0"]);
}

/// Whole, cut and doubled frames among noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(CARD.to_vec()),
        Just(CARD_ID20.to_vec()),
        (0..CARD.len()).prop_map(|at| CARD[at..].to_vec()),
        (0..CARD_ID20.len()).prop_map(|at| CARD_ID20[..at].to_vec()),
        prop::collection::vec(any::<u8>(), 0..30),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_stream_decodes_the_same_in_any_chunking(bytes in stream(), size in 1_usize..20) {
        let whole = all(&[&bytes]);
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(all(&chunks), whole);
    }

    #[test]
    fn every_card_but_zero_is_read_whatever_stood_before(
        version in any::<u8>(), number in 1_u32.., noise in prop::collection::vec(any::<u8>(), 0..40)
    ) {
        let card = format!("{version:02X}{number:08X}");
        let check = number.to_be_bytes().iter().fold(version, |sum, byte| sum ^ byte);
        let frame = format!("\u{2}{card}{check:02X}\u{3}");
        let said = all(&[&noise, frame.as_bytes()]);
        prop_assert_eq!(short(&said).last().copied(), Some(card.as_str()));
    }
}
