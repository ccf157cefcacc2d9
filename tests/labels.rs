//! Labels and slips on paper: what was printed is drawn by other people's programs and read back by another decoder.
#![allow(clippy::disallowed_methods, reason = "the real program writes files, and other programs read them")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test says no"
)]

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use studio::Studio;

/// Dots of a millimetre of a common label printer.
const DOTS_PER_MM: &str = "8";

fn studio() -> Studio {
    let studio = Studio::new("[[station]]\nid = \"cage\"\nroom = \"cage\"\n");
    studio.import("rooms", "id,name\ncage,Gerätelager\nstudio-b,Studio B\n");
    studio.import("kits", "id,name\ncase-a,Koffer A\n");
    studio.import(
        "assets",
        "id,name,tags,home,kit,model\n\
         fx6-1,Sony FX6 Full-Frame Cinema Camera no. 1,C-FX6-01,cage,,fx6\n\
         fx6-2,Sony FX6 Full-Frame Cinema Camera no. 2,E2801160600002054D2A1B3C,cage,,fx6\n\
         lens-1,Zoom mit Griff für Übertragung & Żółć <b>x</b>,LENS 1,cage,case-a,\n\
         mic-1,Røde NTG5,,cage,case-a,\n",
    );
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\nbo,Bo Reid,04A1B2C3D4\n");
    studio.import("stock", "id,name,count,home\nxlr,XLR cable 5 m,40,cage\n");
    studio.import("productions", "id,title,starts,ends\nnight-bus,Night Bus,2020-01-01,2099-12-30\n");
    studio
}

/// What another program says on its standard output; it has to be there and to succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: run tests/setup"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The codes that are on pictures. The decoder ends with 4 where it finds none.
fn read(pictures: &[PathBuf]) -> BTreeSet<String> {
    let read = |picture: &PathBuf| {
        let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture).output();
        let output = output.unwrap_or_else(|error| panic!("zbarimg: {error}: run tests/setup"));
        assert!(matches!(output.status.code(), Some(0 | 4)), "{picture:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    pictures.iter().flat_map(|picture| read(picture).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn pictures(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix) && name.ends_with(".png")
        })
        .collect();
    found.sort();
    found
}

/// The pages of a PDF as pictures, as an office printer would print them.
fn printed(studio: &Studio, name: &str) -> Vec<PathBuf> {
    let prefix = studio.path().join(format!("{name}-page"));
    let pdf = studio.path().join(format!("{name}.pdf"));
    said(Command::new("pdftoppm").args(["-r", "300", "-gray", "-png"]).arg(pdf).arg(prefix));
    pictures(studio.path(), &format!("{name}-page"))
}

fn text_of(studio: &Studio, name: &str) -> String {
    said(Command::new("pdftotext").arg("-layout").arg(studio.path().join(format!("{name}.pdf"))).arg("-"))
}

fn made(studio: &Studio, words: &[&str], file: &str) -> String {
    let path = studio.path().join(file);
    let output = studio.verb(&[words, &["--out", path.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(studio: &Studio, words: &[&str]) -> (i32, String) {
    let path = studio.path().join("never.pdf");
    let output = studio.verb(&[words, &["--out", path.to_str().unwrap()]].concat());
    assert!(!path.exists(), "{words:?} wrote a file all the same");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn codes(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|code| (*code).to_owned()).collect()
}

const CARDS: [&str; 12] = [
    "CK:DONE",
    "CK:CANCEL",
    "CK:RETURN",
    "CK:CONFIRM",
    "CK:UNDO",
    "CK:EXTEND",
    "CK:LEARN",
    "CK:OK",
    "CK:DIRTY",
    "CK:DAMAGED",
    "CK:PART-MISSING",
    "CK:COUNT",
];

#[test]
fn what_is_printed_is_read_back_and_names_the_thing() {
    let studio = studio();
    let things: [(&str, &[&str]); 7] = [
        // A tag's number is in its chip: the label says the id.
        ("assets", &["C-FX6-01", "fx6-2", "LENS 1", "mic-1"]),
        ("kits", &["case-a"]),
        ("stock", &["xlr"]),
        ("people", &["B-ANA"]),
        ("rooms", &["RM:cage", "RM:studio-b"]),
        ("productions", &["PR:night-bus"]),
        ("controls", &CARDS),
    ];
    for (kind, expected) in things {
        for symbol in ["qr", "code128"] {
            let name = format!("{kind}-{symbol}");
            made(&studio, &["labels", kind, "--symbol", symbol], &format!("{name}.pdf"));
            assert_eq!(read(&printed(&studio, &name)), codes(expected), "{name} as PDF");
        }
    }
    for code in ["C-FX6-01", "fx6-2", "LENS 1", "mic-1", "case-a", "xlr"] {
        let answer = studio.verb(&["where", code]);
        assert!(answer.status.success(), "{code}: {}", String::from_utf8_lossy(&answer.stderr));
    }
    let text = text_of(&studio, "assets-qr");
    assert!(text.contains("Røde NTG5") && text.contains("Żółć <b>x</b>"), "a label can be searched: {text}");
}

#[test]
fn a_label_printer_prints_what_is_read_back() {
    let studio = studio();
    let drawing = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/zpl/draw.mjs");
    for (kind, expected) in [("assets", &["C-FX6-01", "fx6-2", "LENS 1", "mic-1"][..]), ("controls", &CARDS)]
    {
        for (symbol, (width, height)) in [("qr", ("50", "25")), ("code128", ("70", "30"))] {
            let name = format!("{kind}-{symbol}");
            let size = format!("{width}x{height}");
            made(&studio, &["labels", kind, "--symbol", symbol, "--label", &size], &format!("{name}.zpl"));
            let job = studio.path().join(format!("{name}.zpl"));
            let mut node = Command::new("node");
            node.arg(&drawing).arg(job).args([width, height, DOTS_PER_MM]).arg(studio.path().join(&name));
            assert_eq!(
                said(&mut node).trim(),
                expected.len().to_string(),
                "{name}: a picture for each label"
            );
            assert_eq!(read(&pictures(studio.path(), &format!("{name}-"))), codes(expected), "{name} as ZPL");
        }
    }
}

#[test]
fn sixty_five_on_a_sheet_are_sixty_five_codes_and_what_the_sheet_has_lost_is_left_out() {
    let studio = Studio::new("[[station]]\nid = \"cage\"\n");
    let rows: String = (0..70).map(|n| format!("cam-{n:02},Camera {n}\n")).collect();
    studio.import("assets", &format!("id,name\n{rows}"));
    let told = made(&studio, &["labels", "assets", "--sheet", "a4-5x13"], "small.pdf");
    assert!(told.ends_with("70 labels on 2 sheets\n"), "{told}");
    // One at a time, as they are cut: the decoder takes squares beside each other for one.
    let cut = |page: u32, (column, row): (f64, f64)| -> BTreeSet<String> {
        let (x, y) = (4.75 + column * 40.6, 10.7 + row * 21.2);
        let dots = |mm: f64| format!("{:.0}", mm / 25.4 * 300.0);
        let prefix = studio.path().join(format!("cut-{page}-{column}-{row}"));
        let mut draw = Command::new("pdftoppm");
        draw.args(["-r", "300", "-gray", "-png", "-singlefile", "-f", &page.to_string()]);
        draw.args(["-x", &dots(x), "-y", &dots(y), "-W", &dots(38.1), "-H", &dots(21.2)]);
        said(draw.arg(studio.path().join("small.pdf")).arg(&prefix));
        read(&[prefix.with_extension("png")])
    };
    for (index, column, row) in
        [(0, 0.0, 0.0), (4, 4.0, 0.0), (32, 2.0, 6.0), (60, 0.0, 12.0), (64, 4.0, 12.0)]
    {
        assert_eq!(cut(1, (column, row)), codes(&[&format!("cam-{index:02}")]), "label {index}");
    }
    assert_eq!(cut(2, (4.0, 0.0)), codes(&["cam-69"]), "the last on the second sheet");
    assert!(cut(2, (0.0, 1.0)).is_empty(), "and none after it");
    let words = ["labels", "assets", "cam-01", "--copies", "2", "--skip", "23", "--frames"];
    made(&studio, &words, "skipped.pdf");
    assert_eq!(printed(&studio, "skipped").len(), 2, "the last of one sheet and the first of another");
    let own = [
        "labels", "assets", "cam-02", "--paper", "100x150", "--grid", "1x2", "--label", "90x60", "--margin",
        "5x5",
    ];
    made(&studio, &own, "own.pdf");
    assert_eq!(read(&printed(&studio, "own")), codes(&["cam-02"]));
}

#[test]
fn what_would_not_be_read_is_not_printed_and_says_why() {
    let studio = studio();
    for (words, code, expected) in [
        (&["labels", "people", "bo"][..], 1, "Bo Reid has no badge that can be printed"),
        (&["labels", "assets", "nothing"], 1, "No asset is known as \"nothing\""),
        (&["labels", "controls", "OPEN-SESAME"], 1, "No card is called OPEN-SESAME. There are DONE, CANCEL"),
        (&["labels", "assets", "--sheet", "a5"], 2, "No sheet is known as a5. Known: a4-3x8 (70 x 37 mm"),
        (
            &["labels", "assets", "--grid", "9x9"],
            2,
            "across the labels need 630.0 mm and the paper has 210.0 mm",
        ),
        (&["labels", "assets", "--paper", "3"], 2, "two lengths in millimetres are meant"),
        (&["labels", "assets", "--copies", "0"], 2, "--copies 0: 1 to 1000 are meant"),
        (
            &["labels", "controls", "--symbol", "code128", "--grid", "10x10", "--label", "20x20"],
            2,
            "a wider label",
        ),
    ] {
        let (exit, said) = refused(&studio, words);
        assert_eq!(exit, code, "{words:?}: {said}");
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    let told = made(&studio, &["labels", "people"], "people.pdf");
    assert!(told.contains("1 labels on one sheet. Without a label: Bo Reid has no badge"), "{told}");
    let nowhere = studio.verb(&["labels", "rooms", "--out", "/nowhere/rooms.pdf"]);
    assert_eq!(nowhere.status.code(), Some(3));
    let piped = studio.verb(&["labels", "rooms", "--zpl"]);
    assert!(piped.stdout.starts_with(b"^XA"), "a pipe to the printer");
}

#[test]
fn a_pick_list_says_where_each_thing_is_and_a_slip_what_went_out() {
    let studio = studio();
    let book = [
        "booking",
        "add",
        "b-1",
        "--room",
        "studio-b",
        "--person",
        "ana",
        "--for",
        "night-bus",
        "--kit",
        "case-a",
        "--asset",
        "fx6-1",
        "--stock",
        "xlr:6",
        "--from=-1h",
        "--to",
        "+5h",
    ];
    let booked = studio.verb(&book);
    assert!(booked.status.success(), "{}", String::from_utf8_lossy(&booked.stderr));
    let picked = String::from_utf8(studio.verb(&["slip", "pick", "b-1"]).stdout).unwrap();
    for wanted in [
        "Pick list: night-bus",
        "Koffer A (case-a)",
        "  Røde NTG5 (mic-1)",
        "6 x XLR cable 5 m",
        "40 on the shelf",
        "Ana Lima",
    ] {
        assert!(picked.contains(wanted), "{wanted}: {picked}");
    }
    let path = studio.path().join("pick.pdf");
    assert!(studio.verb(&["slip", "pick", "b-1", "--pdf", path.to_str().unwrap()]).status.success());
    assert_eq!(read(&printed(&studio, "pick")), codes(&["BK:b-1"]), "the booking's card is on its pick list");
    assert!(text_of(&studio, "pick").contains("Picked by"));
    for code in ["B-ANA", "BK:b-1", "case-a", "C-FX6-01", "xlr*6", "CK:DONE"] {
        studio.verb(&["scan", "cage", code]);
    }
    let out = String::from_utf8(studio.verb(&["slip", "out", "ana"]).stdout).unwrap();
    for wanted in
        ["Out: Ana Lima", "Koffer A (case-a)", "  Røde NTG5 (mic-1)", "6 x XLR cable 5 m", "Sony FX6"]
    {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    let path = studio.path().join("out.pdf");
    let words = ["slip", "out", "b-1", "--pdf", path.to_str().unwrap(), "--paper", "letter"];
    assert!(studio.verb(&words).status.success());
    let text = text_of(&studio, "out");
    assert!(
        text.contains("Received in good order") && text.contains("1/1") && text.contains("Koffer A"),
        "{text}"
    );
    assert_eq!(studio.verb(&["slip", "pick", "nothing"]).status.code(), Some(1));
}
