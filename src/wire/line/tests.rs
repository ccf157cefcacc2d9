use proptest::prelude::*;

use super::*;
use crate::wire::Read;

fn all(chunks: &[&[u8]]) -> Vec<Decoded> {
    let mut decoder = Decoder::default();
    let mut said: Vec<Decoded> = chunks.iter().flat_map(|chunk| decoder.handle(chunk, MonoMs(0))).collect();
    said.extend(decoder.finish());
    said
}

fn reads(said: &[Decoded]) -> Vec<&Read> {
    said.iter()
        .filter_map(|decoded| if let Decoded::Read(read) = decoded { Some(read) } else { None })
        .collect()
}

fn payloads(said: &[Decoded]) -> Vec<&str> {
    assert_eq!(reads(said).len(), said.len(), "something was rejected: {said:?}");
    reads(said).into_iter().map(|read| read.payload.as_str()).collect()
}

fn reject(said: &[Decoded]) -> &Rejected {
    match said {
        [Decoded::Rejected(rejected)] => rejected,
        other => panic!("expected one rejection: {other:?}"),
    }
}

#[test]
fn every_terminator_ends_a_text_also_when_a_pair_is_split_over_reads() {
    assert_eq!(payloads(&all(&[b"A1\rA2\nA3\r\nA4\tA5\x03"])), ["A1", "A2", "A3", "A4", "A5"]);
    assert_eq!(payloads(&all(&[b"A1\r", b"\nA2\r", b"\n"])), ["A1", "A2"]);
    assert_eq!(payloads(&all(&[b"\r\n\r\n\n\t\x02\x03"])), Vec::<&str>::new());
}

#[test]
fn frames_may_be_closed_by_etx_or_by_a_line_end() {
    assert_eq!(payloads(&all(&[b"\x02A1\x03\x02A2\r\n\x03\x02A3\r"])), ["A1", "A2", "A3"]);
    let cut = all(&[b"\x02A1\x02A2\x03"]);
    assert!(matches!(&cut[0], Decoded::Rejected(no) if no.kind == RejectKind::Damaged), "{cut:?}");
    assert_eq!(payloads(&cut[1..]), ["A2"]);
    assert_eq!(reject(&all(&[b"\x02A1"])).kind, RejectKind::Damaged);
}

#[test]
fn the_end_of_the_input_ends_a_text_and_says_so() {
    let said = all(&[b"CAM-0", b"1"]);
    assert_eq!(payloads(&said), ["CAM-01"]);
    assert!(!reads(&said)[0].terminated);
    assert!(reads(&all(&[b"CAM-01\r"]))[0].terminated);
}

#[test]
fn gs_is_data_and_the_aim_identifier_is_split_off() {
    let said = all(&[b"]C10112312312312333\x1d10ABC\r"]);
    assert_eq!(payloads(&said), ["0112312312312333\u{1d}10ABC"]);
    assert_eq!(reads(&said)[0].aim.as_deref(), Some("C1"));
    assert_eq!(reject(&all(&[b"]C1\r"])).kind, RejectKind::Absurd);
}

#[test]
fn noise_is_damaged_and_the_next_text_is_read() {
    let said = all(&[b"A\x00\xff1\rA2\r"]);
    assert!(matches!(&said[0], Decoded::Rejected(no) if no.kind == RejectKind::Damaged));
    assert_eq!(payloads(&said[1..]), ["A2"]);
}

#[test]
fn an_endless_text_is_absurd_once_and_the_next_is_read() {
    let mut bytes = vec![b'A'; 100_000];
    bytes.extend_from_slice(b"\rCAM-01\r");
    let said = all(&[&bytes]);
    assert_eq!(reject(&said[..1]).kind, RejectKind::Absurd);
    assert_eq!(payloads(&said[1..]), ["CAM-01"]);

    let mut framed = vec![b'A'; 5_000];
    framed.extend_from_slice(b"\x02CAM-01\x03");
    assert_eq!(payloads(&all(&[&framed])[1..]), ["CAM-01"]);

    let mut longest = vec![b'A'; text::TEXT_BYTES_MAX];
    longest.push(b'\r');
    assert_eq!(payloads(&all(&[&longest]))[0].len(), text::TEXT_BYTES_MAX);
}

/// Bytes in which the bytes that matter are common.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"\x02\x03\t\r\n\x1d]C1NR".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn any_stream_decodes_the_same_in_any_chunking(bytes in stream(), size in 1_usize..40) {
        let whole = all(&[&bytes]);
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(&all(&chunks), &whole);
        prop_assert!(reads(&whole).iter().all(|read| !read.payload.is_empty()));
        let ends = ['\r', '\n', '\t', '\u{2}', '\u{3}'];
        let within = reads(&whole).iter().any(|read| read.payload.contains(ends));
        prop_assert!(!within);
    }

    #[test]
    fn the_decoder_never_holds_more_than_one_text(bytes in prop::collection::vec(1_u8..2, 0..20_000)) {
        let mut decoder = Decoder::default();
        decoder.handle(&bytes, MonoMs(0));
        prop_assert!(decoder.pending.len() <= text::TEXT_BYTES_MAX);
    }
}

fn framed(suffix: Suffix, prefix: &str, gap_ms: Option<u64>) -> Decoder {
    let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
    Decoder::new(Framing { prefix, suffix, gap_ms })
}

#[test]
fn a_suffix_that_is_set_is_the_only_end() {
    let mut cr = framed(Suffix::Cr, "", None);
    assert_eq!(payloads(&cr.handle(b"CAM-1\r\nCAM-2\r\n", MonoMs(0))), ["CAM-1", "CAM-2"]);
    let mut crlf = framed(Suffix::CrLf, "", None);
    assert_eq!(payloads(&crlf.handle(b"CAM-1\r\nCAM-2\r\n", MonoMs(0))), ["CAM-1", "CAM-2"]);
    let mut tab = framed(Suffix::Tab, "%", None);
    assert_eq!(payloads(&tab.handle(b"%CAM-1\t%CAM-2\t", MonoMs(0))), ["CAM-1", "CAM-2"]);
    let mut within = framed(Suffix::Cr, "", None);
    assert!(matches!(within.handle(b"two\nlines\r", MonoMs(0)).as_slice(), [Decoded::Rejected(_)]));
}

#[test]
fn without_a_suffix_silence_ends_a_text() {
    let mut none = framed(Suffix::None, "", Some(120));
    assert_eq!(none.handle(b"CAM", MonoMs(0)), []);
    assert_eq!(none.handle(b"-1", MonoMs(100)), []);
    assert_eq!(none.poll_timeout(), Some(MonoMs(220)));
    assert_eq!(none.handle_timeout(MonoMs(219)), []);
    assert_eq!(payloads(&none.handle_timeout(MonoMs(220))), ["CAM-1"]);
    assert_eq!(none.poll_timeout(), None);
    // A line that ends as delivered waits for its end, however long.
    let mut any = Decoder::default();
    assert_eq!(any.handle(b"CAM", MonoMs(0)), []);
    assert_eq!(any.poll_timeout(), None);
}
