use proptest::prelude::*;

use super::*;

const AT: MonoMs = MonoMs(1_000);

/// Report 2 as Honeywell lays it out: count, symbology, 56 bytes, the maker's two, and more follows.
const HONEYWELL: &[u8] = &[
    0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x12, 0xa1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00,
    0x75, 0x08, 0x95, 0x01, 0x05, 0x01, 0x09, 0x3b, 0x81, 0x02, 0x95, 0x03, 0x05, 0x8c, 0x09, 0xfb, 0x09,
    0xfc, 0x09, 0xfd, 0x81, 0x02, 0x95, 0x38, 0x09, 0xfe, 0x82, 0x02, 0x01, 0x06, 0x66, 0xff, 0x95, 0x02,
    0x09, 0x04, 0x09, 0x00, 0x81, 0x02, 0x05, 0x8c, 0x95, 0x01, 0x09, 0xff, 0x81, 0x02, 0xc0, 0xc0,
];

/// Another order: more follows as one bit with seven to fill up, data, symbology, no count; a trigger report as 5.
const OTHER: &[u8] = &[
    0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x03, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09,
    0xff, 0x81, 0x02, 0x95, 0x07, 0x81, 0x03, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x08, 0x09, 0xfe, 0x82,
    0x02, 0x01, 0x95, 0x01, 0x09, 0xfb, 0x81, 0x02, 0x09, 0xfc, 0x81, 0x02, 0x09, 0xfd, 0x81, 0x02, 0x85,
    0x05, 0x09, 0x60, 0x81, 0x02, 0xc0,
];

fn decoder(descriptor: Option<&[u8]>) -> Result<Decoder, Rejected> {
    let descriptor = descriptor.map(<[u8]>::to_vec);
    Decoder::new(&Setup { descriptor, ..Setup::of(Protocol::HidPos) })
}

fn report(aim: &str, data: &str, continued: u8) -> Vec<u8> {
    let mut bytes = vec![2, u8::try_from(data.len()).unwrap()];
    bytes.extend(aim.as_bytes());
    bytes.extend(data.as_bytes());
    bytes.resize(61, 0);
    bytes.extend([b'j', 0, continued]);
    bytes
}

/// Reads as what they read, rejections as their kind.
fn short(said: &[Decoded]) -> Vec<&str> {
    said.iter()
        .map(|decoded| match decoded {
            Decoded::Read(read) => read.payload.as_str(),
            Decoded::Answer(_) => "(told)",
            Decoded::Reply(_) => "(reply)",
            Decoded::Rejected(no) => no.kind.name(),
        })
        .collect()
}

fn all(descriptor: Option<&[u8]>, reports: &[Vec<u8>]) -> Vec<Decoded> {
    let mut decoder = decoder(descriptor).unwrap();
    let mut said: Vec<Decoded> = reports.iter().flat_map(|report| decoder.handle(report, AT)).collect();
    said.extend(decoder.finish());
    said
}

#[test]
fn a_code_is_read_by_the_descriptor_and_by_the_assumed_layout() {
    let one = [report("]C0", "CAM-01", 0)];
    for descriptor in [None, Some(HONEYWELL)] {
        let said = all(descriptor, &one);
        let [Decoded::Read(read)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(
            (read.payload.as_str(), read.aim.as_deref(), read.terminated),
            ("CAM-01", Some("C0"), true)
        );
        let assumed = read.fields.contains(&("layout", Value::from("assumed")));
        assert_eq!(assumed, descriptor.is_none());
    }
}

#[test]
fn values_may_stand_in_any_order_and_other_reports_are_nothing() {
    let reports = [b"\x03\x81LIGHT-01]C0".to_vec(), vec![5, 1], b"\x03\x00-02\0\0\0\0\0]C0".to_vec()];
    let said = all(Some(OTHER), &reports);
    assert_eq!(short(&said), ["LIGHT-01-02"]);
    assert_eq!(short(&all(Some(OTHER), &[b"\x03\x00LI".to_vec()])), ["damaged"]);
    assert_eq!(short(&all(Some(OTHER), &[b"\x04\x00LI".to_vec(), Vec::new()])), ["not-mine", "not-mine"]);
    let vendor: Vec<u8> = [&[0x06, 0x8c, 0xff][..], &OTHER[2..]].concat();
    assert_eq!(short(&all(Some(&vendor), &reports)), ["LIGHT-01-02"], "page FF8C");
}

#[test]
fn other_descriptors_are_refused() {
    let kind = |bytes: &[u8]| decoder(Some(bytes)).unwrap_err().kind;
    assert_eq!(kind(&[]), RejectKind::NotMine);
    assert_eq!(kind(&[0x05]), RejectKind::Damaged);
    assert_eq!(kind(&[0; 5_000]), RejectKind::Absurd);
    // A count of 4,294,967,295 bytes, and of bytes wider than a number.
    let data = |size, count: [u8; 4]| {
        [&[0x05, 0x8c, 0x09, 0xfe, 0x75, size, 0x97][..], &count, &[0x81, 0x02]].concat()
    };
    assert_eq!(kind(&data(8, [0xff; 4])), RejectKind::Absurd);
    assert_eq!(kind(&data(33, [1, 0, 0, 0])), RejectKind::Absurd);
    // The byte count alone, whose number ends as that of decoded data does not.
    assert_eq!(kind(&[0x05, 0x01, 0x09, 0x3b, 0x75, 8, 0x95, 1, 0x81, 0x02]), RejectKind::NotMine);
}

#[test]
fn reports_of_one_code_are_joined_and_forgotten_on_a_gap_or_another_symbology() {
    let part = |text, more| report("]Q1", text, more);
    assert_eq!(short(&all(None, &[part("one ", 1), part("two ", 1), part("three", 0)])), ["one two three"]);
    assert_eq!(short(&all(None, &[part("one ", 1), report("]C0", "CAM", 0)])), ["(told)", "damaged", "CAM"]);
    assert_eq!(short(&all(None, &[part("one ", 1)])), ["(told)", "damaged"]);
    let mut decoder = decoder(None).unwrap();
    decoder.handle(&part("one ", 1), AT);
    assert_eq!(decoder.poll_timeout(), Some(AT.plus(GAP_MS)));
    assert_eq!(short(&decoder.handle(&part("two", 0), AT.plus(GAP_MS))), ["(told)", "damaged", "two"]);
}

#[test]
fn answers_and_reports_without_data_are_no_scans() {
    assert_eq!(
        short(&all(None, &[report("]X0", "REVINF: 1", 0), report("]Z6", "ok", 0)])),
        ["(told)", "(told)"]
    );
    assert_eq!(short(&all(None, &[report("]A0", "NR", 0)])), ["(told)"]);
    assert_eq!(short(&all(None, &[report("]C0", "", 0)])), [""; 0]);
}

#[test]
fn what_does_not_fit_the_assumed_layout_says_why() {
    let mut counts = report("]C0", "CAM", 0);
    counts[1] = 57;
    assert_eq!(short(&all(None, &[counts])), ["absurd"]);
    let mut no_aim = report("]C0", "CAM", 0);
    no_aim[2] = b'x';
    for foreign in [no_aim, vec![0; 8], vec![2], Vec::new(), vec![2; 63]] {
        assert_eq!(short(&all(None, &[foreign])), ["not-mine"]);
    }
}

#[test]
fn an_endless_code_is_said_once_and_memory_stays_bounded() {
    let mut decoder = decoder(None).unwrap();
    let part = report("]Q1", &"x".repeat(56), 1);
    let said: Vec<Decoded> = (0..200).flat_map(|_| decoder.handle(&part, AT)).collect();
    assert_eq!(short(&said), ["absurd"]);
    assert!(decoder.joined.as_ref().unwrap().text.is_empty());
    assert_eq!(short(&decoder.handle(&report("]Q1", "x", 0), AT)), [""; 0]);
    assert_eq!(short(&decoder.handle(&report("]Q1", "x", 0), AT)), ["x"]);
    let nothing = report("]Q1", "", 1);
    let said: Vec<Decoded> = (0..2_000).flat_map(|_| decoder.handle(&nothing, AT)).collect();
    assert_eq!(short(&said), ["absurd"]);
}

proptest! {
    #[test]
    fn no_reports_stop_it_and_a_code_is_read_after_silence(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..20)
    ) {
        let mut descriptor = [None, Some(HONEYWELL), Some(OTHER)][which].map(<[u8]>::to_vec);
        let changed = descriptor.is_some() && !changes.is_empty();
        if let Some(bytes) = &mut descriptor {
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        let Ok(mut decoder) = decoder(descriptor.as_deref()) else { return Ok(()) };
        for report in &noise {
            let mut numbered = report.clone();
            decoder.handle(report, AT);
            if let Some(first) = numbered.first_mut() {
                *first = [2, 2, 3][which];
            }
            decoder.handle(&numbered, AT);
            prop_assert!(decoder.joined.as_ref().is_none_or(|joined| joined.text.len() <= text::TEXT_BYTES_MAX));
        }
        if !changed && which < 2 {
            let said = decoder.handle(&report("]C0", "LAST", 0), AT.plus(GAP_MS));
            prop_assert_eq!(short(&said).last().copied(), Some("LAST"));
        }
    }
}
