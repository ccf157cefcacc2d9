use proptest::prelude::*;

use super::*;
use crate::wire::Read;

fn boot_keyboard() -> Decoder {
    keyboard(None).unwrap()
}

fn keyboard(descriptor: Option<Vec<u8>>) -> Result<Decoder, Rejected> {
    Decoder::new(&Setup { descriptor, ..Setup::of(Protocol::Keyboard) })
}

/// A boot report.
fn report(modifiers: u8, keys: &[u8]) -> [u8; 8] {
    let mut report = [modifiers, 0, 0, 0, 0, 0, 0, 0];
    report[2..2 + keys.len()].copy_from_slice(keys);
    report
}

/// Each stroke is pressed and let go, all at one moment.
fn strokes(decoder: &mut Decoder, strokes: &[(u8, u8)]) -> Vec<Decoded> {
    let mut said = Vec::new();
    for &(modifiers, key) in strokes {
        said.extend(decoder.handle(&report(modifiers, &[key]), MonoMs(0)));
        said.extend(decoder.handle(&report(0, &[]), MonoMs(0)));
    }
    said
}

fn one(said: &[Decoded]) -> &Read {
    match said {
        [Decoded::Read(read)] => read,
        other => panic!("expected one read: {other:?}"),
    }
}

fn rejected(said: &[Decoded]) -> &Rejected {
    match said {
        [Decoded::Rejected(rejected)] => rejected,
        other => panic!("expected one rejection: {other:?}"),
    }
}

const A: u8 = 0x04;
const B: u8 = 0x05;
const LCTRL: u8 = 0x01;
const LSHIFT: u8 = 0x02;
const LALT: u8 = 0x04;

#[test]
fn keys_are_told_by_the_difference_between_reports() {
    let mut decoder = boot_keyboard();
    let mut said = Vec::new();
    for keys in [&[A][..], &[B], &[A], &[], &[A], &[A, B], &[A, B], &[ENTER]] {
        said.extend(decoder.handle(&report(0, keys), MonoMs(0)));
    }
    let read = one(&said);
    assert_eq!(read.payload, "abaab");
    assert!(read.terminated);
}

#[test]
fn each_key_that_ends_a_scan_is_named() {
    for (stroke, name) in [
        ((0, ENTER), "Enter"),
        ((0, KEYPAD_ENTER), "Keypad Enter"),
        ((0, TAB), "Tab"),
        ((LCTRL, 0x10), "Ctrl+M"),
        ((LCTRL | LSHIFT, 0x0d), "Ctrl+Shift+J"),
        ((LCTRL, 0x06), "Ctrl+C"),
    ] {
        let said = strokes(&mut boot_keyboard(), &[(0, A), stroke]);
        let read = one(&said);
        assert_eq!(read.payload, "a");
        assert!(read.fields.contains(&("terminator", Value::from(name))), "{:?}", read.fields);
    }
}

#[test]
fn an_end_with_nothing_before_it_is_a_trailer() {
    let mut decoder = boot_keyboard();
    let said = strokes(&mut decoder, &[(0, A), (0, ENTER), (LCTRL | LSHIFT, 0x0d)]);
    assert_eq!(one(&said).payload, "a");
    assert_eq!(decoder.take_trailer().as_deref(), Some("Ctrl+Shift+J"));
    assert_eq!(decoder.take_trailer(), None);
}

#[test]
fn a_control_chord_is_data_and_never_a_letter() {
    let said = strokes(&mut boot_keyboard(), &[(LCTRL, 0x05), (0, A), (LCTRL, 0x30), (0, B), (0, ENTER)]);
    assert_eq!(one(&said).payload, "a\u{1d}b");
    let said = strokes(&mut boot_keyboard(), &[(0, A), (LCTRL, 0x19), (0, ENTER)]);
    assert_eq!(rejected(&said).kind, RejectKind::Damaged);
}

#[test]
fn alt_and_the_number_pad_write_one_character() {
    let mut decoder = boot_keyboard();
    let mut said = strokes(&mut decoder, &[(0, A)]);
    said.extend(decoder.handle(&report(LALT, &[]), MonoMs(0)));
    for key in [0x62, 0x5a, 0x5a, 0x60] {
        said.extend(decoder.handle(&report(LALT, &[key]), MonoMs(0)));
        said.extend(decoder.handle(&report(LALT, &[]), MonoMs(0)));
    }
    said.extend(decoder.handle(&report(0, &[]), MonoMs(0)));
    said.extend(strokes(&mut decoder, &[(0, ENTER)]));
    assert_eq!(one(&said).payload, "aä");
}

#[test]
fn alt_that_is_never_let_go_damages_the_scan() {
    let mut decoder = boot_keyboard();
    let mut said = strokes(&mut decoder, &[(0, A)]);
    said.extend(decoder.handle(&report(LALT, &[0x5a]), MonoMs(0)));
    said.extend(decoder.handle(&report(LALT, &[ENTER]), MonoMs(0)));
    assert_eq!(rejected(&said).kind, RejectKind::Damaged);
}

#[test]
fn caps_lock_holds_up_to_the_end_of_its_scan() {
    let mut decoder = boot_keyboard();
    let said = strokes(&mut decoder, &[(0, CAPS_LOCK), (0, A), (LSHIFT, B), (0, ENTER)]);
    assert_eq!(one(&said).payload, "Ab");
    assert_eq!(one(&strokes(&mut decoder, &[(0, A), (0, ENTER)])).payload, "a");
    let said = strokes(&mut decoder, &[(0, CAPS_LOCK), (0, A), (0, CAPS_LOCK), (0, A), (0, ENTER)]);
    assert_eq!(one(&said).payload, "Aa");
    // Switched back after the end: silence forgets it.
    assert!(strokes(&mut decoder, &[(0, CAPS_LOCK)]).is_empty());
    assert!(decoder.handle_timeout(decoder.poll_timeout().unwrap()).is_empty());
    assert_eq!(one(&strokes(&mut decoder, &[(0, A), (0, ENTER)])).payload, "a");
}

#[test]
fn silence_ends_a_scan_unterminated() {
    let mut decoder = boot_keyboard();
    assert!(decoder.handle(&report(0, &[A]), MonoMs(1_000)).is_empty());
    assert!(decoder.handle(&report(0, &[]), MonoMs(1_020)).is_empty());
    assert_eq!(decoder.poll_timeout(), Some(MonoMs(1_320)));
    assert!(decoder.handle(&report(0, &[]), MonoMs(1_200)).is_empty());
    assert_eq!(decoder.poll_timeout(), Some(MonoMs(1_320)), "a repeated report is no sign of life");
    assert!(decoder.handle_timeout(MonoMs(1_319)).is_empty());
    let said = decoder.handle_timeout(MonoMs(1_320));
    assert_eq!((one(&said).payload.as_str(), one(&said).terminated), ("a", false));
    assert_eq!(decoder.poll_timeout(), None);
}

#[test]
fn a_late_timer_does_not_join_two_scans() {
    let mut decoder = boot_keyboard();
    decoder.handle(&report(0, &[A]), MonoMs(0));
    decoder.handle(&report(0, &[]), MonoMs(10));
    let said = decoder.handle(&report(0, &[B]), MonoMs(400));
    assert_eq!(one(&said).payload, "a");
    assert_eq!(one(&decoder.finish()).payload, "b");
}

#[test]
fn roll_over_says_nothing_about_keys() {
    let mut decoder = boot_keyboard();
    let mut said = decoder.handle(&report(0, &[A]), MonoMs(0));
    said.extend(decoder.handle(&report(0, &[1; 6]), MonoMs(0)));
    said.extend(decoder.handle(&report(0, &[A]), MonoMs(0)));
    said.extend(strokes(&mut decoder, &[(0, ENTER)]));
    assert_eq!(one(&said).payload, "a");
}

#[test]
fn a_key_that_writes_nothing_damages_its_scan_alone() {
    let mut decoder = boot_keyboard();
    let said = strokes(&mut decoder, &[(0, A), (0, 0x3c), (0, B), (0, ENTER)]);
    assert_eq!(rejected(&said).kind, RejectKind::Damaged);
    assert_eq!(one(&strokes(&mut decoder, &[(0, NUM_LOCK), (0, A), (0, ENTER)])).payload, "a");
}

#[test]
fn an_endless_scan_is_absurd_once() {
    let mut decoder = boot_keyboard();
    let mut said = strokes(&mut decoder, &[(0, A); 6_000]);
    said.extend(strokes(&mut decoder, &[(0, ENTER)]));
    assert_eq!(rejected(&said).kind, RejectKind::Absurd);
    assert_eq!(one(&strokes(&mut decoder, &[(0, B), (0, ENTER)])).payload, "b");
}

#[test]
fn aim_identifiers_are_split_off_what_is_typed() {
    let said = strokes(&mut boot_keyboard(), &[(0, 0x30), (LSHIFT, 0x06), (0, 0x1e), (0, 0x27), (0, ENTER)]);
    assert_eq!((one(&said).payload.as_str(), one(&said).aim.as_deref()), ("0", Some("C1")));
}

#[test]
fn a_descriptor_of_something_else_is_refused() {
    let mouse = vec![0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0xc0];
    assert_eq!(keyboard(Some(mouse)).unwrap_err().kind, RejectKind::NotMine);
}

/// What a scanner in its default mode sends for printable ASCII.
fn typed(text: &str) -> Vec<(u8, u8)> {
    let stroke = |c| {
        let find = |shift| (0..=0xff).find(|&usage| Layout::Us.char_of(usage, shift, false) == Some(c));
        find(false).map_or_else(|| (LSHIFT, find(true).unwrap()), |usage| (0, usage))
    };
    text.chars().map(stroke).chain([(0, ENTER)]).collect()
}

proptest! {
    #[test]
    fn what_is_printed_is_what_is_read(text in "[ -~]{1,60}") {
        prop_assume!(text != "NR" && !text.starts_with(']'));
        let said = strokes(&mut boot_keyboard(), &typed(&text));
        prop_assert_eq!(&one(&said).payload, &text);
    }

    #[test]
    fn no_report_stops_the_decoder(
        reports in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..12), 0_u64..500), 0..200)
    ) {
        let mut decoder = boot_keyboard();
        let mut now = MonoMs(0);
        for (report, wait_ms) in reports {
            now = now.plus(wait_ms);
            decoder.handle(&report, now);
            prop_assert!(decoder.held.len() <= HELD_MAX);
            prop_assert_eq!(decoder.poll_timeout().is_some(), !decoder.scan.is_fresh());
        }
        decoder.finish();
        prop_assert!(decoder.scan.is_fresh() && decoder.held.is_empty());
    }
}

#[test]
fn altgr_writes_the_third_character_and_an_accent_waits_for_its_letter() {
    let mut decoder = Decoder::new(&Setup { layout: Layout::Fr, ..Setup::of(Protocol::Keyboard) }).unwrap();
    // AltGr+à is @, Ctrl+Alt+à as well; ^ and a blank is ^, ^ and e is ê, ^ and b stays two.
    let typed = [
        (0x40, 0x27),
        (0x05, 0x27),
        (0, 0x2f),
        (0, 0x2c),
        (0, 0x2f),
        (0, 0x08),
        (0, 0x2f),
        (0, B),
        (0, ENTER),
    ];
    assert_eq!(one(&strokes(&mut decoder, &typed)).payload, "@@^ê^b");
    let at_the_end = [(0, B), (0, 0x2f), (0, ENTER)];
    assert_eq!(one(&strokes(&mut decoder, &at_the_end)).payload, "b^");
}

#[test]
fn a_suffix_that_is_set_ends_alone_and_a_prefix_is_taken_off() {
    let framing =
        Framing { prefix: Some("a".into()), suffix: super::super::framing::Suffix::Tab, gap_ms: Some(50) };
    let mut decoder = Decoder::new(&Setup { framing, ..Setup::of(Protocol::Keyboard) }).unwrap();
    // Enter before the data is another reader's end.
    assert_eq!(one(&strokes(&mut decoder, &[(0, ENTER), (0, A), (0, B), (0, TAB)])).payload, "b");
    assert_eq!(
        rejected(&strokes(&mut decoder, &[(0, B), (0, ENTER), (0, B), (0, TAB)])).kind,
        RejectKind::Damaged
    );
    decoder.handle(&report(0, &[B]), MonoMs(100));
    assert_eq!(decoder.poll_timeout(), Some(MonoMs(150)));
}
