//! What a code means: AIM identifiers, GS1, EPC, card numbers, and every other way to write them.
#![no_main]

use cagekeeper::wire::card::CardFormat;
use cagekeeper::wire::{codes, decode};
use cagekeeper_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    bounded(|| {
        let text = String::from_utf8_lossy(data);
        let (aim, payload) = match text.as_bytes() {
            [b']', _, _, ..] if text.is_char_boundary(3) => (text.get(1..3), text.get(3..).unwrap_or_default()),
            _ => (None, text.as_ref()),
        };
        for code in codes::codes(payload, aim) {
            assert!(!code.is_empty() || payload.is_empty(), "an empty code from {payload:?}");
        }
        let _ = codes::written(payload);
        let _ = codes::link_needle(payload);
        for format in CardFormat::ALL {
            if let Ok(card) = format.read(payload) {
                assert!(card.is(card) && !card.canonical().is_empty());
            }
        }
        decode::decode_gs1(&[payload.to_owned()]);
        let _ = decode::decode_epc(&[payload.to_owned()]);
    });
});
