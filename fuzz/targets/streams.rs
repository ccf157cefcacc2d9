//! Streams without a length in front: lines, 125 kHz modules, bits of card readers, Zebra's packets. The first byte says which.
//! Whatever came before, a good code after silence is read.
#![no_main]

use cagekeeper::time::MonoMs;
use cagekeeper::wire::{Decoded, Decoder, Protocol, Setup};
use cagekeeper_fuzz::{bounded, chunks};
use libfuzzer_sys::fuzz_target;

const GOOD: [(Protocol, &[u8], &str); 4] = [
    (Protocol::Line, b"\rCAM-01\r", "CAM-01"),
    (Protocol::Rdm6300, b"\x020D00319CD070\x03", "0D00319CD0"),
    (Protocol::Wiegand, b"\n00110001100000011111001111\n", ""),
    (Protocol::Ssi, b"\x0b\xf3\x00\x00\x03\x41\x42\x43\x31\x32\x33\xfd\xa3", "ABC123"),
];

fuzz_target!(|data: &[u8]| {
    let Some((&which, data)) = data.split_first() else { return };
    let (protocol, good, code) = GOOD[usize::from(which) % GOOD.len()];
    bounded(|| {
        let mut decoder = Decoder::new(&Setup::of(protocol)).expect("it needs no descriptor");
        let mut last = MonoMs::default();
        for (at, chunk) in chunks(data) {
            decoder.handle(chunk, at);
            last = at;
        }
        last = last.plus(10_000);
        decoder.handle_timeout(last);
        if !code.is_empty() {
            let said = decoder.handle(good, last);
            let read = |said: &Decoded| matches!(said, Decoded::Read(read) if read.payload == code);
            assert!(said.iter().any(read), "{protocol:?}: {said:?}");
        }
        decoder.finish();
    });
});
