use proptest::prelude::*;

use super::*;

const CARD: &str = "00110001100000011111001111";

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

/// The bits of a number with its parities.
fn bits(number: u32, long: bool) -> String {
    let (width, half) = if long { (32, 16) } else { (24, 12) };
    let data = format!("{number:0width$b}");
    let odd = |text: &str| text.bytes().filter(|&bit| bit == b'1').count() % 2 == 1;
    format!("{}{data}{}", u8::from(odd(&data[..half])), u8::from(!odd(&data[half..])))
}

/// Bits as bytes, filled up with zeros.
fn packed(bits: &str) -> Vec<u8> {
    let filled = format!("{bits:0<40}");
    let byte = |at: usize| u8::from_str_radix(&filled[at * 8..at * 8 + 8], 2).unwrap();
    (0..bits.len().div_ceil(8)).map(byte).collect()
}

#[test]
fn text_and_bytes_give_the_same_card() {
    let line = format!("{CARD}\r\n");
    let halves: Vec<u8> =
        CARD.as_bytes().chunks(2).map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')).collect();
    let frames: [&[u8]; 6] = [
        line.as_bytes(),
        CARD.as_bytes(),
        &halves,
        &[0x31, 0x81, 0xf3, 0xc0],
        &[0x1a, 0, 0x31, 0x81, 0xf3, 0xc0],
        &[5, 0, 0x1a, 0, 0x31, 0x81, 0xf3, 0xc0],
    ];
    for frame in frames {
        let said = all(&[frame]);
        let [Decoded::Read(read)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(read.payload, "6303E7");
        assert_eq!(read.fields[1..], [("facility", Value::from(99)), ("card", Value::from(999))]);
    }
    assert_eq!(short(&all(&[&packed(&bits(0x1234_5678, true))])), ["12345678"]);
}

#[test]
fn digits_without_an_end_are_unterminated() {
    let said = all(&[CARD.as_bytes()]);
    assert!(matches!(&said[..], [Decoded::Read(read)] if !read.terminated));
}

#[test]
fn every_single_wrong_bit_is_seen() {
    for long in [false, true] {
        let good = bits(0x63_03e7, long);
        for at in 0..good.len() {
            let mut wrong = good.clone().into_bytes();
            wrong[at] ^= 1;
            wrong.push(b'\n');
            assert_eq!(short(&all(&[&wrong])), ["damaged"], "bit {at}");
        }
    }
}

#[test]
fn slices_of_tags_wrong_filling_and_zero_are_refused() {
    assert_eq!(short(&all(&[&[0x24, 0x0b, 0x02, 0x00]])), ["damaged"]);
    assert_eq!(short(&all(&[&[0x20, 0, 0x24, 0x0b, 0x02, 0x00]])), ["absurd"], "32 bits");
    assert_eq!(short(&all(&[&[0x31, 0x81, 0xf3, 0xc1]])), ["damaged"]);
    assert_eq!(short(&all(&[&[0x2a, 0, 0x31, 0x81, 0xf3, 0xc0]])), ["damaged"], "42 bits in four bytes");
    assert_eq!(short(&all(&[format!("{}\r", bits(0, false)).as_bytes()])), ["absurd"]);
}

#[test]
fn foreign_text_is_said_once_and_the_next_number_is_read() {
    let said =
        all(&[format!("hello world\n{CARD}\n").as_bytes(), b"\r\n \r", b"0".repeat(100).as_slice(), b"\n"]);
    assert_eq!(short(&said), ["not-mine", "not-mine", "6303E7", "not-mine"]);
}

proptest! {
    #[test]
    fn every_card_is_read_in_every_form(number in 1_u32.., long in any::<bool>(), size in 1_usize..12) {
        let number = if long { number } else { (number >> 8).max(1) };
        let (bits, width) = (bits(number, long), if long { 8 } else { 6 });
        let payload = format!("{number:0width$X}");
        let line = format!("{bits}\n");
        let chunks: Vec<&[u8]> = line.as_bytes().chunks(size).collect();
        let (text, bytes) = (all(&chunks), all(&[&packed(&bits)]));
        prop_assert_eq!(short(&text), [payload.as_str()]);
        prop_assert_eq!(short(&bytes), [payload.as_str()]);
    }

    #[test]
    fn no_bytes_stop_it_and_a_line_is_read_after_its_end(
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20)
    ) {
        let mut decoder = Decoder::default();
        for chunk in &noise {
            decoder.handle(chunk);
            prop_assert!(decoder.digits.len() <= DIGITS_MAX);
        }
        decoder.handle(b"\n");
        let said = decoder.handle(format!("{CARD}\r").as_bytes());
        prop_assert_eq!(short(&said), ["6303E7"]);
    }
}
