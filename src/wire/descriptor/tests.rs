use hidreport::{Field, Report, ReportDescriptor};
use proptest::prelude::*;

use super::*;

/// The boot keyboard of HID 1.11, appendix B.1.
const BOOT: &[u8] = &[
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75,
    0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75, 0x01, 0x05, 0x08,
    0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15,
    0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
];

/// Modifiers and one key, as V-USB readers have it: report 1, three bytes in all.
const THREE_BYTES: &[u8] = &[
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25,
    0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x25, 0x65, 0x19, 0x00, 0x29, 0x65,
    0x81, 0x00, 0xc0,
];

/// A mouse as report 1 and a keyboard with a bit for each key as report 2.
const BITMAP_BESIDE_MOUSE: &[u8] = &[
    0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x01, 0x09, 0x30, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95,
    0x01, 0x81, 0x06, 0xc0, 0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0xe0, 0x29,
    0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x19, 0x00, 0x29, 0x67, 0x95, 0x68,
    0x81, 0x02, 0xc0,
];

fn keys(descriptor: &[u8]) -> Keys {
    Keys::of_descriptor(descriptor).unwrap()
}

#[test]
fn a_boot_report_is_read_by_its_descriptor() {
    let pressed = keys(BOOT).pressed(&[0x22, 0, 0x04, 0x27, 0, 0, 0, 0x04]).unwrap();
    assert_eq!(
        pressed,
        Pressed { report_id: None, modifiers: 0x22, keys: vec![0x04, 0x27], rollover: false }
    );
    assert!(keys(BOOT).pressed(&[0, 0, 1, 1, 1, 1, 1, 1]).unwrap().rollover);
}

#[test]
fn a_report_id_comes_first_and_chooses_the_fields() {
    let pressed = keys(THREE_BYTES).pressed(&[1, 0x02, 0x1e]).unwrap();
    assert_eq!(pressed, Pressed { report_id: Some(1), modifiers: 2, keys: vec![0x1e], rollover: false });
    assert_eq!(keys(THREE_BYTES).pressed(&[2, 0, 0]).unwrap_err().kind, RejectKind::NotMine);
    assert_eq!(keys(THREE_BYTES).pressed(&[]).unwrap_err().kind, RejectKind::NotMine);
}

#[test]
fn a_bit_for_each_key_is_read() {
    let mut report = [0_u8; 15];
    (report[0], report[1], report[2], report[5]) = (2, 0x02, 0x30, 0x01);
    let pressed = keys(BITMAP_BESIDE_MOUSE).pressed(&report).unwrap();
    assert_eq!(
        pressed,
        Pressed { report_id: Some(2), modifiers: 2, keys: vec![0x04, 0x05, 0x18], rollover: false }
    );
    assert_eq!(keys(BITMAP_BESIDE_MOUSE).pressed(&[1, 0]).unwrap_err().kind, RejectKind::NotMine);
}

#[test]
fn a_short_report_is_damaged() {
    let no = keys(BOOT).pressed(&[0, 0, 4]).unwrap_err();
    assert_eq!(no.kind, RejectKind::Damaged);
    assert!(no.reason.contains("3 bytes"), "{no}");
}

#[test]
fn without_a_descriptor_the_length_decides() {
    assert_eq!(Keys::guessed(&[2, 0, 0x25, 0, 0, 0, 0, 0]).unwrap().modifiers, 2);
    assert_eq!(Keys::guessed(&[2, 0, 0, 0x27, 0, 0, 0, 0, 0]).unwrap().report_id, Some(2));
    assert_eq!(Keys::guessed(&[1, 0, 0x27]).unwrap().keys, [0x27]);
    assert_eq!(Keys::guessed(&[0; 64]).unwrap_err().kind, RejectKind::NotMine);
}

#[test]
fn hostile_descriptors_are_refused() {
    let kind = |bytes: &[u8]| Keys::of_descriptor(bytes).unwrap_err().kind;
    assert_eq!(kind(&[0x05]), RejectKind::Damaged);
    assert_eq!(kind(&[0xfe, 0xff, 0x00]), RejectKind::Damaged);
    assert_eq!(kind(&[0xb4]), RejectKind::Absurd);
    assert_eq!(kind(&[0; DESCRIPTOR_BYTES_MAX + 1]), RejectKind::Absurd);
    assert_eq!(kind(&[]), RejectKind::NotMine);
    // A count of 4,294,967,295, as bits and as nothing.
    let huge = |size| [0x05, 0x07, 0x09, 0x04, 0x75, size, 0x97, 0xff, 0xff, 0xff, 0xff, 0x81, 0x02];
    assert_eq!(kind(&huge(1)), RejectKind::Absurd);
    assert_eq!(kind(&huge(0)), RejectKind::NotMine);
    let wide = [0x05, 0x07, 0x09, 0x04, 0x75, 33, 0x95, 1, 0x81, 0x02];
    assert_eq!(kind(&wide), RejectKind::Absurd);
    // All usages there are, and no usage page.
    let all = [0x1b, 0, 0, 0, 0, 0x2b, 0xff, 0xff, 0xff, 0xff, 0x75, 0x08, 0x95, 0x01, 0x81, 0x00];
    assert_eq!(kind(&all), RejectKind::NotMine);
    assert_eq!(kind(&[0x09, 0x04, 0x75, 0x08, 0x95, 0x01, 0x81, 0x00]), RejectKind::NotMine);
}

/// What hidreport makes of a report.
fn by_hidreport(descriptor: &ReportDescriptor, bytes: &[u8]) -> Option<Pressed> {
    let report = descriptor.find_input_report(bytes)?;
    let mut pressed = Pressed { report_id: report.report_id().map(u8::from), ..Pressed::default() };
    for field in report.fields() {
        match field {
            Field::Variable(field) if u16::from(field.usage.usage_page) == 7 => {
                let value: u32 = field.extract(bytes).unwrap().into();
                if value != 0 {
                    pressed.add(u8::try_from(u16::from(field.usage.usage_id)).unwrap());
                }
            }
            Field::Array(field) => {
                let values: Vec<u32> = field.extract(bytes).unwrap().iter().map(u32::from).collect();
                let usages = values.iter().filter_map(|&value| field.usages().get(value as usize));
                usages.for_each(|usage| pressed.add(u8::try_from(u16::from(usage.usage_id)).unwrap()));
            }
            _ => {}
        }
    }
    Some(pressed)
}

proptest! {
    #[test]
    fn reports_mean_what_hidreport_says(which in 0_usize..3, bytes in prop::collection::vec(any::<u8>(), 15)) {
        let descriptor = [BOOT, THREE_BYTES, BITMAP_BESIDE_MOUSE][which];
        let length = [8, 3, 15][which];
        let mut report = bytes[..length].to_vec();
        if which > 0 {
            report[0] = u8::try_from(which).unwrap();
        }
        let theirs = by_hidreport(&ReportDescriptor::try_from(descriptor).unwrap(), &report);
        prop_assert_eq!(keys(descriptor).pressed(&report).ok(), theirs);
    }

    #[test]
    fn no_bytes_stop_the_walk(
        noise in prop::collection::vec(any::<u8>(), 0..200), report in prop::collection::vec(any::<u8>(), 0..70)
    ) {
        if let Ok(keys) = Keys::of_descriptor(&noise) {
            let _ = keys.pressed(&report);
        }
    }

    /// A real descriptor with some bytes changed gets further than noise.
    #[test]
    fn no_changed_descriptor_stops_the_walk(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        report in prop::collection::vec(any::<u8>(), 0..70)
    ) {
        let mut descriptor = [BOOT, THREE_BYTES, BITMAP_BESIDE_MOUSE][which].to_vec();
        for (at, byte) in changes {
            let at = at.index(descriptor.len());
            descriptor[at] = byte;
        }
        if let Ok(keys) = Keys::of_descriptor(&descriptor) {
            let pressed = keys.pressed(&report).unwrap_or_default();
            prop_assert!(pressed.keys.len() <= 255);
        }
    }
}
