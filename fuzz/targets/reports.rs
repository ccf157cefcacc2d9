//! HID reports, decoded and learned from, with a report descriptor that may be anybody's: the first byte says whether they are keys or codes and
//! whether there is a descriptor, the second how long it is.
#![no_main]

use cagekeeper::wire::learn::{Heard, Way, learn};
use cagekeeper::wire::mask::masked;
use cagekeeper::wire::{Decoder, Protocol, Setup};
use cagekeeper_fuzz::{bounded, chunks};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [which, length, data @ ..] = data else { return };
    let protocol = if which & 1 == 0 { Protocol::Keyboard } else { Protocol::HidPos };
    let (descriptor, data) = data.split_at(usize::from(*length).min(data.len()));
    let descriptor = (which & 2 == 0).then(|| descriptor.to_vec());
    bounded(|| {
        let setup = Setup { descriptor, ..Setup::of(protocol) };
        let Ok(mut decoder) = Decoder::new(&setup) else { return };
        for (at, report) in chunks(data) {
            decoder.handle(report, at);
        }
        decoder.finish();
        let heard: Vec<Heard> =
            chunks(data).into_iter().map(|(at, bytes)| Heard { at, bytes: bytes.to_vec() }).collect();
        let _ = learn(&Way::Reports(setup.descriptor.clone()), &heard, "qwZAym-018:/@#");
        let _ = masked(&setup, &heard);
    });
});
