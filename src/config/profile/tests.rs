//! What a profile may say, what is said of a wrong one, and which one counts.
#![allow(clippy::disallowed_methods, reason = "folders of profiles are written")]

use std::fs;

use super::load::FILE_BYTES_MAX;
use super::*;

const GOOD: &str = r#"id = "gun"
name = "Some gun"
kind = "barcode"

[[mode]]
name = "serial"
usb = ["1234:abcd"]
source = "serial"
protocol = "line"
baud = 115200
setup = "Nothing."
verified = "documented"
sources = ["its manual"]

[[mode]]
name = "keyboard"
usb = ["1234:abce"]
shared_ids = true
source = "hid"
protocol = "keyboard"
layout = "us"
setup = "Nothing."
verified = "bytes"
captures = ["A01"]
sources = ["its manual"]

[[mode]]
name = "smart card reader"
usb = ["1234:abcf"]
unsupported = "Use another."
setup = "Nothing."
verified = "learned"
sources = ["its \"manual\""]
"#;

fn gun() -> Profile {
    Profile::parse(Path::new("gun.toml"), GOOD).unwrap()
}

#[test]
fn a_profile_is_a_model_with_its_modes() {
    let gun = gun();
    assert_eq!((gun.name.as_str(), gun.kind, gun.modes.len()), ("Some gun", Kind::Barcode, 3));
    let [serial, keyboard, card] = gun.modes.as_slice() else { panic!() };
    let reads = serial.reads().unwrap();
    assert_eq!((reads.source, reads.protocol), (Attachment::Serial, Protocol::Line));
    assert_eq!(reads.keys, [("baud".to_owned(), "115200".to_owned())]);
    assert_eq!(keyboard.reads().unwrap().keys, [("layout".to_owned(), "\"us\"".to_owned())]);
    assert_eq!(serial.own_id(), Some(UsbId { vendor: 0x1234, product: 0xabcd }));
    assert_eq!(keyboard.own_id(), None, "others share it");
    assert_eq!(card.way, Way::Unsupported("Use another.".into()));
    assert_eq!(keyboard.evidence, Evidence::Bytes(vec!["A01".into()]));
}

#[test]
fn what_is_asked_for_chooses_the_mode_and_else_the_first_that_is_read() {
    let gun = gun();
    let name = |source, protocol| gun.mode_for(source, protocol).map(|mode| mode.name.as_str());
    assert_eq!(name(None, None), Some("serial"));
    assert_eq!(name(Some(Attachment::Hid), None), Some("keyboard"));
    assert_eq!(name(None, Some(Protocol::Keyboard)), Some("keyboard"));
    assert_eq!(name(Some(Attachment::Serial), Some(Protocol::Keyboard)), None);
    let unsupported = Profile { modes: gun.modes[2..].to_vec(), ..gun.clone() };
    assert_eq!(unsupported.mode_for(None, None), None);
}

#[test]
fn a_profile_that_is_written_is_read_as_the_same() {
    let profiles = Profiles::built_in();
    for profile in profiles.iter().chain([&gun()]) {
        let file = format!("{}.toml", profile.id);
        assert_eq!(&Profile::parse(Path::new(&file), &profile.text()).unwrap(), profile);
    }
}

#[test]
fn a_framing_that_no_reader_could_have_is_said_of_the_mode() {
    for (key, message) in [
        ("suffix = \"cl\"", "gun.toml:10:10: mode.suffix: found \"cl\", expected one of"),
        ("gap_ms = 5", "gun.toml:10:10: mode.gap_ms: found 5, expected a whole number of"),
        ("prefix = \"\"", "gun.toml:10:10: mode.prefix: found \"\", expected 1 to"),
    ] {
        let text = GOOD.replacen("baud = 115200", key, 1);
        let given = Profile::parse(Path::new("gun.toml"), &text).unwrap_err().to_string();
        assert!(given.contains(message), "{given}\n{message}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    let of = |text: &str| Profile::parse(Path::new("gun.toml"), text).unwrap_err().to_string();
    let changed = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        of(&GOOD.replacen(from, to, 1))
    };
    for (from, to, message) in [
        (
            "\"gun\"",
            "\"gum\"",
            "gun.toml:1:6: id: found \"gum\", expected the name of the file without .toml (\"gun\")",
        ),
        (
            "\"barcode\"",
            "\"barcod\"",
            "gun.toml:3:8: kind: found \"barcod\", expected one of barcode, rfid-125, rfid-hf or rfid-uhf; did you mean \"barcode\"?",
        ),
        (
            "baud = 115200",
            "baud = 10",
            "gun.toml:10:8: mode.baud: found 10, expected a whole number of bits a second from 300 to 4000000",
        ),
        ("baud = 115200", "boud = 9600", "gun.toml:10:1: mode.boud: found an unknown key"),
        (
            "\"line\"",
            "\"keyboard\"",
            "gun.toml:9:12: mode.protocol: found \"keyboard\", expected a protocol that source serial carries",
        ),
        (
            "source = \"serial\"",
            "source = \"stdin\"",
            "gun.toml:8:10: mode.source: found \"stdin\", expected one of serial or hid",
        ),
        ("\"us\"", "\"en\"", "mode.layout: found \"en\""),
        (
            "baud = 115200",
            "absent_ms = 10",
            "gun.toml:10:13: mode.absent_ms: found 10, expected a whole number of milliseconds",
        ),
        ("baud = 115200", "reads_min = 0", "mode.reads_min: found 0"),
        ("baud = 115200", "rssi_min_dbm = 5", "mode.rssi_min_dbm: found 5"),
        ("baud = 115200", "card_format = \"dec\"", "mode.card_format: found \"dec\""),
        (
            "baud = 115200",
            "feedback = \"ssi\"",
            "mode.feedback: found \"ssi\", expected a way that a reader with protocol line understands",
        ),
        ("baud = 115200", "region = \"eu\"", "gun.toml:10:1: mode.region: found an unknown key"),
        ("1234:abcd", "1234", "gun.toml:7:8: mode.usb: found \"1234\", expected a USB id as lsusb prints it"),
        ("captures = [\"A01\"]\n", "", "mode.captures: found nothing, expected the vectors that were read"),
        (
            "\"documented\"",
            "\"documented\"\ncaptures = [\"A01\"]",
            "gun.toml:13:1: mode.captures: found a key that has no meaning here",
        ),
        ("sources = [\"its manual\"]\n", "", "mode.sources: found nothing, expected at least one document"),
        (
            "unsupported = \"Use another.\"",
            "unsupported = \"Use another.\"\nsource = \"hid\"",
            "mode.source: found a key that has no meaning here",
        ),
        ("kind = \"barcode\"", "kind = barcode", "gun.toml:3:8: kind: found `kind = barcode`, expected TOML"),
    ] {
        let given = changed(from, to);
        assert!(given.contains(message), "{given}\n{message}");
    }
    assert!(
        of("id = \"gun\"\nname = \"x\"\nkind = \"barcode\"\n")
            .contains("mode: found nothing, expected at least one [[mode]]")
    );
}

#[test]
fn devices_are_suggested_by_their_own_ids_before_shared_ones() {
    let other = GOOD.replace("\"gun\"", "\"other\"").replace("1234:abcd", "1234:abce");
    let other = Profile::parse(Path::new("other.toml"), &other).unwrap();
    let profiles = Profiles { list: vec![gun(), other], folder: None };
    let names = |product| -> Vec<(String, String)> {
        let suggested = profiles.suggest(0x1234, product).into_iter();
        suggested.map(|(profile, mode)| (profile.id.clone(), mode.name.clone())).collect()
    };
    let pair = |id: &str, mode: &str| (id.to_owned(), mode.to_owned());
    assert_eq!(names(0xabcd), [pair("gun", "serial")]);
    assert_eq!(names(0xabce), [pair("other", "serial"), pair("gun", "keyboard"), pair("other", "keyboard")]);
    assert_eq!(names(0x0000), []);
}

#[test]
fn a_profile_of_the_folder_counts_instead_of_one_of_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let own = GOOD.replace("\"gun\"", "\"rdm6300\"");
    fs::write(folder.path().join("rdm6300.toml"), own).unwrap();
    fs::write(folder.path().join("gun.toml"), GOOD).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a profile").unwrap();
    let profiles = Profiles::with_folder(Some(folder.path())).unwrap();
    assert_eq!(profiles.iter().count(), Profiles::built_in().iter().count() + 1);
    assert_eq!(profiles.get("rdm6300").unwrap().name, "Some gun");
    assert_eq!(profiles.get("gun"), Some(&gun()));
    assert_eq!(profiles.nearest("rdm630"), Some("rdm6300"));
    assert_eq!(profiles.folder(), Some(folder.path()));
}

#[test]
fn a_folder_that_is_absent_has_none_and_a_wrong_file_in_it_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let profiles = Profiles::with_folder(Some(&absent)).unwrap();
    assert_eq!(profiles.iter().count(), Profiles::built_in().iter().count());

    let path = folder.path().join("gum.toml");
    fs::write(&path, GOOD).unwrap();
    let message = Profiles::with_folder(Some(folder.path())).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{}:1:6: id: found \"gun\"", path.display())), "{message}");

    fs::write(&path, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
    let message = Profiles::with_folder(Some(folder.path())).unwrap_err().to_string();
    assert!(
        message.contains("cannot be read (a profile has at most 65536 bytes, this one 65537)"),
        "{message}"
    );
}

#[test]
fn usb_ids_are_read_as_lsusb_prints_them() {
    let id = UsbId { vendor: 0x05e0, product: 0x1200 };
    assert_eq!(UsbId::parse("05e0:1200"), Some(id));
    assert_eq!(UsbId::parse("05E0:1200"), Some(id));
    assert_eq!(id.to_string(), "05e0:1200");
    for wrong in ["", "05e0", "5e0:1200", "05e0:12000", "05e0:12g0", "+5e0:1200", "05e0:1200 "] {
        assert_eq!(UsbId::parse(wrong), None, "{wrong}");
    }
}
