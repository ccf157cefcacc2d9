//! What holds for every protocol of frames, and the tools to say it of one.

use proptest::prelude::*;

use super::*;
use crate::wire::decode::parse_hex;
use crate::wire::{Protocol, Read, Setup};

/// The decoder of a protocol of frames.
pub fn decoder(protocol: Protocol) -> Decoder {
    let setup = Setup::of(protocol);
    match crate::wire::Decoder::new(&setup) {
        Ok(crate::wire::Decoder::Framed(decoder)) => decoder,
        other => panic!("{other:?}"),
    }
}

/// Hex digits as bytes.
pub fn bytes(hex: &str) -> Vec<u8> {
    if hex.is_empty() { Vec::new() } else { parse_hex("test", hex).unwrap() }
}

/// Everything said of chunks and the end of the input.
pub fn all(protocol: Protocol, chunks: &[&[u8]]) -> Vec<Decoded> {
    let mut decoder = decoder(protocol);
    let mut said: Vec<Decoded> =
        chunks.iter().flat_map(|chunk| decoder.handle(chunk, MonoMs::default())).collect();
    said.extend(decoder.finish());
    said
}

/// Reads as their payload, rejections as their kind, answers as `answer`.
pub fn short(said: &[Decoded]) -> Vec<&str> {
    said.iter()
        .map(|decoded| match decoded {
            Decoded::Read(read) => read.payload.as_str(),
            Decoded::Rejected(no) => no.kind.name(),
            Decoded::Answer(answer) if answer.stale => "stale",
            Decoded::Answer(answer) if !answer.ok => "error",
            Decoded::Answer(_) => "answer",
            Decoded::Reply(_) => "reply",
        })
        .collect()
}

/// The only read of these bytes.
pub fn read(protocol: Protocol, hex: &str) -> Read {
    match all(protocol, &[&bytes(hex)]).as_slice() {
        [Decoded::Read(read)] => read.clone(),
        other => panic!("{other:?}"),
    }
}

/// The value of a field.
pub fn field(fields: &[(&'static str, Value)], name: &str) -> Value {
    fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Whole, cut and spoilt frames among noise.
fn stream(frames: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let frame = prop::sample::select(frames);
    let piece = prop_oneof![
        3 => frame.clone(),
        1 => (frame.clone(), any::<prop::sample::Index>()).prop_map(|(f, at)| f[at.index(f.len())..].to_vec()),
        1 => (frame.clone(), any::<prop::sample::Index>()).prop_map(|(f, at)| f[..at.index(f.len())].to_vec()),
        1 => (frame, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut f, at, with)| {
            let at = at.index(f.len());
            f[at] ^= with;
            f
        }),
        1 => prop::collection::vec(any::<u8>(), 0..30),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Asserts of a protocol what holds for all, with good frames of it, each of one read or more.
pub fn assert_robust(protocol: Protocol, frames: &[&str]) {
    let frames: Vec<Vec<u8>> = frames.iter().map(|frame| bytes(frame)).collect();
    let mut runner = proptest::test_runner::TestRunner::default();
    let cases = (stream(frames.clone()), 1_usize..40, prop::sample::select(frames));
    let holds = runner.run(&cases, |(stream, size, frame)| {
        let whole = all(protocol, &[&stream]);
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        prop_assert_eq!(&all(protocol, &chunks), &whole);

        let mut decoder = decoder(protocol);
        for chunk in chunks {
            decoder.handle(chunk, MonoMs::default());
            prop_assert!(decoder.pending.len() <= FRAME_BYTES_MAX);
        }
        // Whatever came before, a frame after a silence is read at once, and without one when the next has come.
        let alone = all(protocol, &[&frame]);
        decoder.handle_timeout(MonoMs(GAP_MS));
        prop_assert_eq!(decoder.handle(&frame, MonoMs(GAP_MS)), alone.clone());
        let again = all(protocol, &[&stream, &frame, &frame]);
        prop_assert!(again.ends_with(&alone), "{:?}", again);
        Ok(())
    });
    holds.unwrap_or_else(|failure| panic!("{}: {failure}", protocol.name()));
}

#[test]
fn silence_cuts_a_frame_off_and_the_next_is_read_at_once() {
    let mut decoder = decoder(Protocol::Pn532);
    let card = bytes("0000ff0cf4d54b010100040804078cfc4ff000");
    assert_eq!(decoder.handle(&card[..9], MonoMs(1_000)), []);
    assert_eq!(decoder.poll_timeout(), Some(MonoMs(1_000 + GAP_MS)));
    assert_eq!(decoder.handle_timeout(MonoMs(999 + GAP_MS)), []);
    assert_eq!(short(&decoder.handle_timeout(MonoMs(1_000 + GAP_MS))), ["damaged"]);
    assert_eq!(short(&decoder.handle(&card, MonoMs(2_000))), ["078CFC4F"]);
    assert_eq!(decoder.poll_timeout(), None, "what is left is padding");
}
