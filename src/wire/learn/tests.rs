//! Devices as they are set up in the field, typed on keyboards as they look, not as the decoder has them.

use super::*;

/// A keyboard as it lies on the desk: its four rows from left to right, alone and with Shift, and what AltGr gives.
/// `_` stands where a key types nothing that a scanner uses.
struct Desk {
    layout: Layout,
    plain: [&'static str; 4],
    shifted: [&'static str; 4],
    third: &'static [(char, char)],
}

/// The positions of those keys in HID Usage Tables 1.5, page 07 (Keyboard/Keypad).
const ROWS: [&[u8]; 4] = [
    &[0x35, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2d, 0x2e],
    &[0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13, 0x2f, 0x30],
    &[0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33, 0x34, 0x32],
    &[0x64, 0x1d, 0x1b, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38],
];

const DESKS: [Desk; 4] = [
    Desk {
        layout: Layout::Us,
        plain: ["`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./"],
        shifted: ["~!@#$%^&*()_+", "QWERTYUIOP{}", "ASDFGHJKL:\"|", "|ZXCVBNM<>?"],
        third: &[],
    },
    Desk {
        layout: Layout::Uk,
        plain: ["`1234567890-=", "qwertyuiop[]", "asdfghjkl;'#", "\\zxcvbnm,./"],
        shifted: ["¬!\"£$%^&*()_+", "QWERTYUIOP{}", "ASDFGHJKL:@~", "|ZXCVBNM<>?"],
        third: &[],
    },
    Desk {
        layout: Layout::De,
        plain: ["^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"],
        shifted: ["°!\"§$%&/()=?`", "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"],
        third: &[('q', '@'), ('ß', '\\'), ('8', '['), ('9', ']')],
    },
    Desk {
        layout: Layout::Fr,
        plain: ["²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"],
        shifted: ["_1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%µ", ">WXCVBN?./§"],
        third: &[('à', '@'), ('"', '#'), (')', ']'), ('(', '[')],
    },
];

const SHIFT: u8 = 0x02;
const ALT_GR: u8 = 0x40;
const CTRL: u8 = 0x01;

impl Desk {
    fn key(&self, rows: &[&str; 4], c: char) -> Option<u8> {
        let mut keys = rows.iter().zip(ROWS).flat_map(|(row, usages)| row.chars().zip(usages));
        keys.find(|(on_it, _)| *on_it == c).map(|(_, usage)| *usage)
    }

    /// The key of a character, and what is held with it.
    fn stroke(&self, c: char) -> (u8, u8) {
        if c == ' ' {
            return (0, 0x2c);
        }
        let plain = self.key(&self.plain, c).map(|key| (0, key));
        let shifted = || self.key(&self.shifted, c).map(|key| (SHIFT, key));
        let third = || {
            let (beside, _) = self.third.iter().find(|(_, third)| *third == c)?;
            self.key(&self.plain, *beside).map(|key| (ALT_GR, key))
        };
        plain.or_else(shifted).or_else(third).unwrap_or_else(|| panic!("{c:?} on {}", self.layout.name()))
    }

    /// The reports of a text and the keys after it, one each `step_ms`.
    fn types(&self, text: &str, after: &[(u8, u8)], step_ms: u64) -> Vec<Heard> {
        let strokes = text.chars().map(|c| self.stroke(c)).chain(after.iter().copied());
        let reports = strokes.flat_map(|(held, key)| [[held, 0, key, 0, 0, 0, 0, 0], [0; 8]]);
        let heard = |(at, report): (usize, [u8; 8])| Heard {
            at: MonoMs(1_000 + u64::try_from(at).unwrap() * step_ms),
            bytes: report.to_vec(),
        };
        reports.enumerate().map(heard).collect()
    }
}

fn learn_keys(heard: &[Heard]) -> Result<Learned, Unclear> {
    learn(&Way::Reports(None), heard, SETUP_TEXT)
}

fn pieces(pieces: &[(u64, &[u8])]) -> Vec<Heard> {
    pieces.iter().map(|(at, bytes)| Heard { at: MonoMs(*at), bytes: bytes.to_vec() }).collect()
}

const KEY_ENDS: [(Suffix, &[(u8, u8)]); 5] = [
    (Suffix::Cr, &[(0, 0x28)]),
    (Suffix::Lf, &[(CTRL, 0x0d)]),
    (Suffix::CrLf, &[(0, 0x28), (CTRL, 0x0d)]),
    (Suffix::Tab, &[(0, 0x2b)]),
    (Suffix::None, &[]),
];

#[test]
fn every_layout_suffix_and_prefix_of_a_keyboard_is_found() {
    for desk in &DESKS {
        for (suffix, end) in KEY_ENDS {
            for prefix in ["", "%", "SCAN-", "]["] {
                let heard = desk.types(&format!("{prefix}{SETUP_TEXT}"), end, 8);
                let learned =
                    learn_keys(&heard).unwrap_or_else(|no| panic!("{prefix} {}: {no}", desk.layout.name()));
                assert_eq!(learned.protocol, Protocol::Keyboard);
                assert_eq!(learned.layout, Some(desk.layout), "{prefix:?} {suffix:?}");
                assert_eq!(learned.framing.suffix, suffix, "{prefix:?} {}", desk.layout.name());
                assert_eq!(learned.framing.prefix.as_deref().unwrap_or_default(), prefix);
                assert_eq!(learned.framing.gap_ms.is_some(), suffix == Suffix::None);
                assert_eq!((learned.pause_ms, learned.remarks), (8, vec![]));
            }
        }
    }
}

#[test]
fn what_was_learned_reads_the_next_scan() {
    for desk in &DESKS {
        for (suffix, end) in KEY_ENDS {
            let learned = learn_keys(&desk.types(&format!("%{SETUP_TEXT}"), end, 8)).unwrap();
            let setup = Setup {
                layout: learned.layout.unwrap(),
                framing: learned.framing,
                ..Setup::of(learned.protocol)
            };
            let scan = desk.types("%CAM-01/Zy", end, 8);
            let reads = reads(decoded(&setup, &scan));
            assert_eq!(reads.len(), 1, "{suffix:?} {}", desk.layout.name());
            assert_eq!(reads[0].payload, "CAM-01/Zy", "{suffix:?} {}", desk.layout.name());
        }
    }
}

#[test]
fn the_setup_code_tells_every_pair_of_layouts_apart_in_every_case() {
    for typed in &DESKS {
        for case in Case::ALL {
            let heard = typed.types(&case.of(SETUP_TEXT), &[(0, 0x28)], 8);
            for read in Layout::ALL {
                let text =
                    super::typed(read, None, &heard).unwrap().reads.first().map(|read| read.payload.clone());
                let is_known = text.is_some_and(|text| find(&text, SETUP_TEXT).is_some());
                assert_eq!(
                    is_known,
                    read == typed.layout,
                    "{case:?}: {} as {}",
                    typed.layout.name(),
                    read.name()
                );
            }
        }
    }
    assert!(SETUP_TEXT.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && SETUP_TEXT.len() <= 16);
}

#[test]
fn a_code_that_cannot_tell_layouts_apart_is_said_to_fit_several() {
    let heard = DESKS[0].types("CAB-1", &[(0, 0x28)], 8);
    let said = learn(&Way::Reports(None), &heard, "CAB-1").unwrap_err();
    assert_eq!(said, Unclear::Ambiguous(vec!["layout us".into(), "layout uk".into()]));
    assert!(said.to_string().contains("setup code"), "{said}");
}

#[test]
fn changed_case_is_a_remark_and_not_a_layout() {
    for desk in &DESKS {
        for (case, remark) in [
            (Case::Swapped, Remark::CapsLock),
            (Case::Upper, Remark::Capitals),
            (Case::Lower, Remark::SmallLetters),
        ] {
            let learned = learn_keys(&desk.types(&case.of(SETUP_TEXT), &[(0, 0x28)], 8)).unwrap();
            assert_eq!((learned.layout, learned.remarks), (Some(desk.layout), vec![remark]));
        }
    }
}

#[test]
fn a_slow_scanner_gets_a_longer_silence() {
    let learned = learn_keys(&DESKS[0].types(SETUP_TEXT, &[(0, 0x28)], 250)).unwrap();
    assert_eq!((learned.pause_ms, learned.framing.gap_ms), (250, Some(750)));
    let quick = learn_keys(&DESKS[0].types(SETUP_TEXT, &[], 1)).unwrap();
    assert_eq!(quick.framing.gap_ms, Some(100));
}

#[test]
fn an_unknown_layout_and_another_code_are_said() {
    assert_eq!(learn_keys(&[]), Err(Unclear::Nothing));
    let said = learn_keys(&DESKS[0].types("CAM-01", &[(0, 0x28)], 8)).unwrap_err().to_string();
    assert!(said.contains("\"CAM-01\" is not the setup code") && said.contains("us, uk, de, fr"), "{said}");
    // Spain has - and / elsewhere.
    let spanish = DESKS[0].types(&SETUP_TEXT.replace('-', "/"), &[(0, 0x28)], 8);
    assert!(matches!(learn_keys(&spanish), Err(Unclear::NotTheCode(_))));
}

#[test]
fn what_comes_after_the_code_is_named() {
    let learned = learn_keys(&DESKS[3].types(&format!("{SETUP_TEXT}*"), &[(0, 0x2b)], 8)).unwrap();
    assert_eq!(learned.remarks, [Remark::Trailing("*".into())]);
    assert_eq!(learned.framing.suffix, Suffix::Tab);
}

#[test]
fn a_card_number_typed_twice_is_enough_where_layouts_agree() {
    let card = |at: u64| {
        let mut heard = DESKS[0].types("0012345678", &[(0, 0x28)], 8);
        heard.iter_mut().for_each(|heard| heard.at = heard.at.plus(at));
        heard
    };
    let learned = learn_keys(&[card(0), card(2_000)].concat()).unwrap();
    assert_eq!(learned.layout, Some(Layout::Us));
    assert_eq!(learned.remarks, [Remark::DigitsOnly(vec![Layout::Us, Layout::Uk, Layout::De])]);
    assert!(matches!(learn_keys(&card(0)), Err(Unclear::NotTheCode(_))), "shown once");
}

#[test]
fn every_suffix_and_prefix_of_a_line_is_found_in_any_pieces() {
    for (suffix, end) in [
        (Suffix::Cr, "\r"),
        (Suffix::Lf, "\n"),
        (Suffix::CrLf, "\r\n"),
        (Suffix::Tab, "\t"),
        (Suffix::Any, "\u{3}"),
        (Suffix::None, ""),
    ] {
        for (before, prefix, aim) in
            [("", None, None), ("%%", Some("%%"), None), ("]C0", None, Some("C0")), ("\u{2}", None, None)]
        {
            let bytes = format!("{before}{SETUP_TEXT}{end}");
            for size in [1, 3, 64] {
                let chunks = bytes.as_bytes().chunks(size).enumerate();
                let heard: Vec<Heard> = chunks
                    .map(|(at, bytes)| Heard {
                        at: MonoMs(u64::try_from(at).unwrap() * 4),
                        bytes: bytes.to_vec(),
                    })
                    .collect();
                let learned = learn(&Way::Stream, &heard, SETUP_TEXT).unwrap();
                assert_eq!((learned.protocol, learned.layout), (Protocol::Line, None));
                assert_eq!(learned.framing.suffix, suffix, "{before:?} {end:?}");
                assert_eq!(learned.framing.prefix.as_deref(), prefix);
                assert_eq!(learned.aim.as_deref(), aim);
                assert_eq!(learned.framing.gap_ms.is_some(), suffix == Suffix::None);
                assert_eq!(learned.remarks, []);
            }
        }
    }
}

#[test]
fn a_line_scanned_twice_has_no_trailing_text() {
    let twice = format!("{SETUP_TEXT}{SETUP_TEXT}");
    let learned = learn(&Way::Stream, &pieces(&[(0, twice.as_bytes())]), SETUP_TEXT).unwrap();
    assert_eq!((learned.framing.suffix, learned.remarks), (Suffix::None, vec![]));
    let lines = format!("{SETUP_TEXT}\r{SETUP_TEXT}\r");
    let learned = learn(&Way::Stream, &pieces(&[(0, lines.as_bytes())]), SETUP_TEXT).unwrap();
    assert_eq!((learned.framing.suffix, learned.framing.prefix), (Suffix::Cr, None));
}

#[test]
fn a_card_shown_twice_says_its_framing_and_shown_once_does_not() {
    // A real card of an RDM6300: STX, ten digits, two of checksum, ETX.
    let card = b"\x020D00319CD070\x03";
    let learned = learn(&Way::Stream, &pieces(&[(0, card), (1_500, card)]), SETUP_TEXT).unwrap();
    assert_eq!(learned.protocol, Protocol::Rdm6300);
    assert_eq!(learned.framing, Framing::default());
    assert!(learn(&Way::Stream, &pieces(&[(0, card)]), SETUP_TEXT).is_err());
}

#[test]
fn noise_is_no_setting() {
    let said = learn(&Way::Stream, &pieces(&[(0, b"\xfe\x80\x00\x9c")]), SETUP_TEXT).unwrap_err();
    assert!(said.to_string().contains("--baud"), "{said}");
}

#[test]
fn hostile_input_is_survived() {
    let noise: Vec<Heard> = (0..10_000u32)
        .map(|at| Heard {
            at: MonoMs(u64::from(at)),
            bytes: at.wrapping_mul(2_654_435_761).to_le_bytes().repeat(3),
        })
        .collect();
    assert!(learn(&Way::Stream, &noise, SETUP_TEXT).is_err());
    assert!(learn(&Way::Reports(None), &noise, SETUP_TEXT).is_err());
    assert!(learn(&Way::Reports(Some(vec![0xff; 40])), &noise, SETUP_TEXT).is_err());
}
