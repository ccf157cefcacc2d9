//! Frames that say their own length: 13.56 MHz and UHF modules. The first byte says which, the second which answer is awaited.
//! A good frame after garbage and silence is read.
#![no_main]

use cagekeeper::time::MonoMs;
use cagekeeper::wire::{Decoded, Decoder, Protocol, Setup};
use cagekeeper_fuzz::{bounded, chunks};
use libfuzzer_sys::fuzz_target;

/// A tag or card each, as in `hardware/captures`.
const GOOD: [(Protocol, &[u8]); 6] = [
    (Protocol::Pn532, b"\x00\x00\xff\x00\xff\x00\x00\x00\xff\x0c\xf4\xd5\x4b\x01\x01\x00\x04\x08\x04\x07\x8c\xfc\x4f\xf0\x00"),
    (Protocol::M100, b"\xbb\x02\x22\x00\x11\xcf\x30\x00\xe2\x80\x69\x95\x00\x00\x50\x09\xf1\x28\x69\x92\x62\x0a\x6d\x7e"),
    (Protocol::UhfReader18, b"\x13\x00\x01\x03\x01\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x13\x3f\x39"),
    (Protocol::UhfReader288, b"\x15\x00\x01\x03\x01\x01\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x13\x6b\xb1\xa5"),
    (Protocol::Cf, b"\xcf\x00\x00\x01\x12\x00\xfd\x8a\x01\x00\x0c\xe2\x80\x69\x15\x00\x00\x40\x20\xed\x96\x48\xb3\x50\x57"),
    (Protocol::ThingMagic, b"\xff\x28\x22\x00\x00\x10\x00\x1b\x01\xff\x01\x01\xc4\x11\x0e\x16\x40\x00\x00\x01\x27\x00\x00\x05\x00\x00\x0f\x00\x80\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x15\x45\xe9\x4a\x56\x1d"),
];

fuzz_target!(|data: &[u8]| {
    let [which, command, data @ ..] = data else { return };
    let (protocol, good) = GOOD[usize::from(*which) % GOOD.len()];
    bounded(|| {
        let mut decoder = Decoder::new(&Setup::of(protocol)).expect("it needs no descriptor");
        decoder.awaiting((*command > 0).then_some(u16::from(*command)));
        let mut last = MonoMs::default();
        for (at, chunk) in chunks(data) {
            decoder.handle(chunk, at);
            last = at;
        }
        last = last.plus(10_000);
        decoder.handle_timeout(last);
        decoder.awaiting(None);
        let said = decoder.handle(good, last);
        assert!(said.iter().any(|said| matches!(said, Decoded::Read(_))), "{protocol:?}: {said:?}");
        decoder.finish();
    });
});
