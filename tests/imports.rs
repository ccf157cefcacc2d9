//! Files of other tools: whose they are, what becomes of them, and what is said of the rest.
//!
//! Each file in `tests/real/imports` has beside it what its import prints into an empty ledger, to be read line by line;
//! `CAGEKEEPER_REWRITE=1` writes that.

#![allow(clippy::disallowed_methods, reason = "it runs the program over files of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use cagekeeper::domain::fact::{AssetRegistered, Body, Loan, StockUse, Subject};
use cagekeeper::domain::id::PersonId;
use cagekeeper::domain::known::Known;
use cagekeeper::domain::rules::{DateOrder, HouseRules};
use cagekeeper::import::{Asked, Brought, Kind, bring, draft};
use cagekeeper::ledger::Reader;
use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use studio::Studio;

const DESK: &str = "[[station]]\nid = \"cage\"\n[[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\n\
                    path = \"/dev/zero\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/imports")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every file of another tool that is kept here, as `tool/file`.
fn samples() -> Vec<String> {
    let mut names = Vec::new();
    for tool in fs::read_dir(folder()).unwrap() {
        let tool = tool.unwrap().path();
        for file in fs::read_dir(&tool).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "csv" || extension == "tsv") {
                names.push(file.strip_prefix(folder()).unwrap().display().to_string());
            }
        }
    }
    names.sort();
    names
}

struct Said {
    exit: i32,
    out: String,
    err: String,
}

/// Runs a verb in the studio's folder, so that files are named as they are called.
fn run(studio: &Studio, words: &[&str]) -> Said {
    let Output { status, stdout, stderr } =
        studio.command(words).current_dir(studio.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { exit: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// A studio with a file in its folder.
fn with(name: &str, bytes: &[u8]) -> Studio {
    let studio = Studio::new(DESK);
    fs::write(studio.path().join(name), bytes).unwrap();
    studio
}

fn known(studio: &Studio) -> Known {
    Reader::open(&studio.path().join("ledger.db")).unwrap().known().unwrap()
}

fn asset(known: &Known, id: &str) -> AssetRegistered {
    match &known.registered[&Subject::parse(&format!("asset/{id}")).unwrap()] {
        Body::AssetRegistered(asset) => asset.clone(),
        other => panic!("{other:?}"),
    }
}

fn ids() -> impl Iterator<Item = PersonId> {
    (0..).filter_map(|n| PersonId::parse(&format!("p-{n}")).ok())
}

fn plan_of(asked: &Asked, bytes: &[u8], house: &HouseRules) -> Result<Brought, Vec<String>> {
    bring(asked, "f.csv", bytes, house, &Known::default(), &mut ids())
}

fn recognised(bytes: &[u8]) -> Result<Brought, Vec<String>> {
    plan_of(&Asked::Any, bytes, &HouseRules::default())
}

fn left(brought: &Brought) -> Vec<String> {
    brought.left.iter().map(ToString::to_string).collect()
}

fn things(brought: &Brought) -> Vec<String> {
    brought.plan.changes.iter().map(|change| format!("{} {}", change.line, change.thing)).collect()
}

#[test]
fn every_export_is_known_shown_recorded_as_shown_and_changes_nothing_the_second_time() {
    let names = samples();
    assert_eq!(names.len(), 15, "{names:?}");
    for name in names {
        let file = name.rsplit('/').next().unwrap();
        let studio = with(file, &sample(&name));
        let mut words = vec!["import", file];
        if name.starts_with("mapped/") {
            fs::write(studio.path().join("map.toml"), sample("mapped/map.toml")).unwrap();
            words.extend(["--map", "map.toml"]);
        }
        let with = |more: &'static str| -> Vec<&str> { words.iter().copied().chain([more]).collect() };
        let dry = run(&studio, &with("--dry-run"));
        assert_eq!((dry.exit, dry.err.as_str()), (0, "Nothing was written: this was a dry run\n"), "{name}");
        let expected = folder().join(format!("{name}.txt"));
        if std::env::var_os("CAGEKEEPER_REWRITE").is_some() {
            fs::write(&expected, &dry.out).unwrap();
        }
        assert_eq!(dry.out, fs::read_to_string(&expected).unwrap_or_default(), "{name}");
        assert!(!studio.path().join("ledger.db").exists(), "{name}: a dry run made a ledger");

        let wet = run(&studio, &with("--yes"));
        assert_eq!((wet.exit, wet.out.as_str()), (0, dry.out.as_str()), "{name}");
        let again = run(&studio, &with("--yes"));
        assert!(again.err.starts_with("Nothing was written: "), "{name}: {}", again.err);
        for line in again.out.lines().filter(|line| line.ends_with("as they were")) {
            assert!(line.contains(": 0 new, 0 changed, "), "{name}: {line}");
        }
        if !name.ends_with("models.csv") {
            assert_eq!(run(&studio, &["verify"]).exit, 0, "{name}");
        }
    }
}

#[test]
fn without_a_terminal_a_file_of_somebody_else_needs_yes_and_our_own_does_not() {
    let studio = with("assets.csv", &sample("snipeit/locations.csv"));
    let unasked = run(&studio, &["import", "assets.csv"]);
    assert_eq!(unasked.exit, 2);
    assert!(
        unasked.err.ends_with(
            "Nobody is there to be asked whether this is right: --dry-run shows what it would do, --yes does it\n"
        ),
        "{}",
        unasked.err
    );
    assert!(!studio.path().join("ledger.db").exists());
    studio.file("rooms.csv", "id,name,hour_rate\ncage,Cage,10\n");
    let own = run(&studio, &["import", "rooms.csv"]);
    let shown = "rooms.csv: rooms\nrooms.csv:2: new room/cage\nrooms: 1 new, 0 changed, 0 as they were\n";
    assert_eq!((own.exit, own.out.as_str(), own.err.as_str()), (0, shown, "Recorded: 1 fact\n"));
    let json = run(&studio, &["import", "assets.csv", "--yes", "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["source"], json!("Snipe-IT locations"));
    assert_eq!(json["kinds"], json!([{"kind": "rooms", "new": 2, "changed": 0, "same": 0}]));
    assert_eq!(
        (json["changes"].as_array().unwrap().len(), json["left"][0]["extent"].clone()),
        (2, json!("column"))
    );
}

#[test]
fn at_a_terminal_it_asks_and_takes_only_yes_for_yes() {
    for (answer, exit, err) in [("n\n", 1, "Nothing was written\n"), ("y\n", 0, "Recorded: 2 facts\n")] {
        let studio = with("rooms.csv", &sample("snipeit/locations.csv"));
        let terminal = nix::pty::openpty(None, None).unwrap();
        nix::unistd::write(&terminal.master, answer.as_bytes()).unwrap();
        let output = studio
            .command(&["import", "rooms.csv"])
            .current_dir(studio.path())
            .stdin(std::process::Stdio::from(terminal.slave))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said), (Some(exit), format!("Record this? [y/N] {err}")));
    }
}

#[test]
fn the_running_daemon_says_and_does_the_same() {
    let studio = with("assets.csv", &sample("snipeit/assets.csv"));
    let alone = run(&studio, &["import", "assets.csv", "--dry-run"]);
    let _daemon = studio.run();
    let dry = run(&studio, &["import", "assets.csv", "--dry-run"]);
    let wet = run(&studio, &["import", "assets.csv", "--yes"]);
    assert_eq!((dry.out.as_str(), wet.out.as_str(), wet.exit), (alone.out.as_str(), alone.out.as_str(), 0));
    fs::write(studio.path().join("inventory.csv"), sample("mapped/inventory.csv")).unwrap();
    fs::write(studio.path().join("map.toml"), sample("mapped/map.toml")).unwrap();
    let mapped = run(&studio, &["import", "inventory.csv", "--map", "map.toml", "--yes"]);
    assert_eq!(mapped.exit, 0, "{}", mapped.err);
    let nobodys = run(&studio, &["import", "map.toml"]);
    assert_eq!(nobodys.exit, 2);
    assert!(nobodys.err.contains("cagekeeper import draft map.toml"), "{}", nobodys.err);
}

#[test]
fn what_was_recorded_is_what_the_files_mean() {
    let studio = with("assets.csv", &sample("snipeit/assets.csv"));
    for name in [
        "snipeit/assets-importer-names.csv",
        "shelf/assets.csv",
        "homebox/items.csv",
        "adamrms/asset-import-template.csv",
    ] {
        fs::write(studio.path().join("f.csv"), sample(name)).unwrap();
        let said = run(&studio, &["import", "f.csv", "--yes"]);
        assert_eq!(said.exit, 0, "{name}: {}", said.err);
    }
    assert_eq!(run(&studio, &["import", "assets.csv", "--yes"]).exit, 0);
    let known = known(&studio);
    let cam = asset(&known, "cam-0001");
    assert_eq!((cam.name.as_str(), cam.replacement_value_cents), ("FX6 body A", Some(589_900)));
    assert_eq!((cam.model.unwrap().as_str(), cam.home.unwrap().as_str()), ("pxw-fx6", "equipment-cage"));
    let other = asset(&known, "cam-0002");
    assert_eq!(
        (other.name.as_str(), other.replacement_value_cents),
        ("PXW-FX6", Some(589_900)),
        "by its model"
    );
    assert_eq!(asset(&known, "sld-0001").replacement_value_cents, None, "tbd is no amount");
    for (id, retired) in [
        ("fx3-1", false),
        ("fx3-0", true),
        ("ol-1", true),
        ("c3-1", false),
        ("000-003", true),
        ("000-004", true),
    ] {
        assert_eq!(asset(&known, id).retired, retired, "{id}");
    }
    assert_eq!((asset(&known, "cam-1").loan, asset(&known, "len-1").loan), (Loan::Free, Loan::NotForLoan));
    assert_eq!(asset(&known, "cam-1").kit.unwrap().as_str(), "camera-kit-a");
    let box_ = asset(&known, "000-001");
    assert_eq!((box_.home.unwrap().as_str(), box_.day_rate_cents), ("path-to-location-2", Some(12_050)));
    let lamp = asset(&known, "a-0002");
    assert_eq!(
        (lamp.day_rate_cents, lamp.serial.as_deref()),
        (Some(1000), Some("S4-78")),
        "its own rate counts"
    );
    assert_eq!(asset(&known, "a-0001").day_rate_cents, Some(1250), "else that of its type");
    let stock = |id: &str| match &known.registered[&Subject::parse(&format!("stock/{id}")).unwrap()] {
        Body::StockRegistered(stock) => (stock.use_, stock.count),
        other => panic!("{other:?}"),
    };
    assert_eq!(stock("gaffer-tape"), (StockUse::Consumed, 24));
    assert_eq!((stock("sb-1"), stock("000-002")), ((StockUse::Lent, 30), (StockUse::Lent, 10)));
    let codes: Vec<&str> = known
        .tags
        .iter()
        .filter(|(_, things)| things.iter().any(|t| t.id() == "cam-1"))
        .map(|(code, _)| code.as_str())
        .collect();
    assert_eq!(codes, ["CAM-1", "CAM-1B"], "several barcodes in a cell");
}

#[test]
fn a_second_file_changes_what_it_says_and_disturbs_nothing_else() {
    let header = "Asset Tag,Name,Model,Category,Status,Location\n";
    let studio = with("a.csv", format!("{header}A-1,Camera,FX6,Camera,Archived,Cage\n").as_bytes());
    assert_eq!(run(&studio, &["import", "a.csv", "--yes"]).exit, 0);
    // Somebody puts a code on it meanwhile.
    assert_eq!(run(&studio, &["learn", "LABEL-7", "a-1"]).exit, 0);
    studio.file("b.csv", &format!("{header}A-1,Camera One,,,Ready to Deploy,\n"));
    let said = run(&studio, &["import", "b.csv", "--yes"]);
    assert!(
        said.out.contains("b.csv:2: changed asset/a-1: name from \"Camera\" to \"Camera One\"\n"),
        "{}",
        said.out
    );
    let known = known(&studio);
    let asset = asset(&known, "a-1");
    assert_eq!(
        (asset.name.as_str(), asset.model.unwrap().as_str()),
        ("Camera One", "fx6"),
        "an empty cell says nothing"
    );
    assert_eq!(
        (asset.home.unwrap().as_str(), asset.retired),
        ("cage", true),
        "no file puts a thing back into service"
    );
    assert_eq!(known.tags.len(), 2, "{:?}", known.tags);
}

#[test]
fn rows_that_contradict_each_other_are_told_with_both_lines_and_neither_is_taken() {
    let brought = recognised(b"Asset Tag,Name,Model,Category,Location\nA-1,One,M,C,Gone\nA-2,Two,M,C,\nA-1,Other,M,C,\nA-2,Two,M,C,\na/2,Three,M,C,\n").unwrap();
    assert_eq!(things(&brought), Vec::<String>::new(), "{:?}", left(&brought));
    assert_eq!(
        left(&brought),
        [
            "f.csv:2: column Asset Tag: found \"A-1\", the row is left out: line 4 is about it as well and says otherwise (name: \"Other\"): keep one of them",
            "f.csv:3: column Asset Tag: found \"A-2\", the row is left out: line 6 has \"a/2\", which makes the same id a-2: rename one of them",
            "f.csv:4: column Asset Tag: found \"A-1\", the row is left out: line 2 is about it as well and says otherwise (name: \"One\"): keep one of them",
            "f.csv:5: column Asset Tag: found \"A-2\", the row is left out: line 6 has \"a/2\", which makes the same id a-2: rename one of them",
            "f.csv:6: column Asset Tag: found \"a/2\", the row is left out: line 3 has \"A-2\", which makes the same id a-2: rename one of them",
        ]
    );
    let doubled = recognised(b"Asset Tag,Name,Model,Category\nA-1,One,M,C\nA-1,One,M,C\n").unwrap();
    assert_eq!(things(&doubled), ["2 asset/a-1"]);
    assert_eq!(
        left(&doubled),
        ["f.csv:3: column Asset Tag: found \"A-1\", the row is left out: line 2 says the same of it already"]
    );
}

#[test]
fn how_a_file_is_written_does_not_matter() {
    let rows = [
        ["Asset Tag", "Name", "Model", "Purchase Cost"],
        ["Ä-1", "Kamera \"Größe\"", "FX;6\t", "€1.234,50"],
        ["", "", "", ""],
        ["A-2", "Two", "M", "1,234.50"],
    ];
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let file = |separator: &str, ends: &[&str]| -> String {
        let lines = rows.iter().map(|row| row.map(cell).join(separator));
        lines.zip(ends.iter().cycle()).map(|(line, end)| line + end).collect()
    };
    let text = file(",", &["\n"]);
    let base = recognised(text.as_bytes()).unwrap();
    assert_eq!(things(&base), ["2 asset/a-1", "4 asset/a-2"]);
    assert_eq!(left(&base), Vec::<String>::new());
    let with_sep = recognised(format!("sep=;\r\n{}", file(";", &["\r\n"])).as_bytes()).unwrap();
    assert_eq!(things(&with_sep), ["3 asset/a-1", "5 asset/a-2"], "what spreadsheets put first");
    for other in [
        file(";", &["\n"]),
        file("\t", &["\n"]),
        file(",", &["\r\n"]),
        file(",", &["\r"]),
        file(";", &["\r\n", "\n", "\r"]),
        format!("\u{feff}{text}"),
    ] {
        assert_eq!(recognised(other.as_bytes()).unwrap(), base, "{other:?}");
    }
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(recognised(&utf16).unwrap(), base);
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    assert_eq!(
        recognised(&latin1).unwrap_err(),
        [
            "f.csv:2: found the byte C4, which is no UTF-8, expected a file saved as UTF-8 (a spreadsheet calls it \"CSV UTF-8\")"
        ]
    );
    assert!(recognised(b"PK\x03\x04\x14\0").unwrap_err()[0].contains("save the sheet as CSV UTF-8"));
}

#[test]
fn short_and_long_rows_are_told() {
    let brought =
        recognised(b"Asset Tag,Name,Model,Category\nA-1,One\nA-2,Two,M,C,,\nA-3,Three,M,C,,x\n").unwrap();
    assert_eq!(things(&brought), ["2 asset/a-1", "3 asset/a-2"]);
    assert_eq!(
        left(&brought),
        [
            "f.csv:2: found 2 cells: the header has 4, and what is missing at the end is taken as empty",
            "f.csv:4: found 6 cells, the row is left out: the header has 4, and nobody knows where the row is shifted \
             (a cell that contains the separator goes into double quotes)",
        ]
    );
}

#[test]
fn a_quote_that_swallows_half_the_file_is_told() {
    let notes = "x,y\n".repeat(5000);
    let brought = recognised(
        format!("Asset Tag,Name,Model,Category\nA-1,\"One\n{notes}\",M,C\nA-2,Two,M,C\n").as_bytes(),
    )
    .unwrap();
    assert_eq!(things(&brought), ["5004 asset/a-2"]);
    assert_eq!(
        left(&brought),
        [
            "f.csv:2: found a cell of 20003 bytes, the row is left out: a cell has at most 16384: is there a double quote too \
          many before it?"
        ]
    );
    let open = recognised(b"Asset Tag,Name,Model,Category\nA-1,\"One,M,C\n").unwrap_err();
    assert_eq!(
        open,
        ["f.csv:2: found a double quote that opens a cell, expected a second one that closes it"]
    );
}

#[test]
fn a_date_that_may_be_two_is_asked_for() {
    let file = b"First Name,Last Name,Username,End Date\nAda,King,ada,03/04/2027\n";
    let asked = recognised(file).unwrap();
    assert_eq!(
        left(&asked),
        [
            "f.csv:2: column End Date: found \"03/04/2027\", the row is left out: 03/04/2027 may be 3 April or 4 March: say \
          date_order = \"dmy\" or \"mdy\" in [rules], or in a mapping"
        ]
    );
    for (order, day) in [
        (DateOrder::DayFirst, "2027-04-04T00:00:00.000Z"),
        (DateOrder::MonthFirst, "2027-03-05T00:00:00.000Z"),
    ] {
        let house = HouseRules { date_order: Some(order), ..HouseRules::default() };
        let brought = plan_of(&Asked::Any, file, &house).unwrap();
        match &brought.plan.portions[0].facts[0].body {
            Body::PersonEnrolled(person) => assert_eq!(person.active_until.unwrap().to_string(), day),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_that_is_nobodys_says_its_columns_and_what_helps() {
    assert_eq!(
        recognised("Équipement;Où;Combien\nx;y;z\n".as_bytes()).unwrap_err(),
        [
            "f.csv:1: found the columns Équipement, Où, Combien, expected those of our own files or of an export of Snipe-IT, \
          Shelf, AdamRMS or Homebox.\nAny other file is read by a mapping: `cagekeeper import draft f.csv > map.toml` drafts \
          one, and `cagekeeper import f.csv --map map.toml` uses it"
        ]
    );
    assert_eq!(
        recognised(b"id,name\nx,X\n").unwrap_err(),
        ["f.csv:1: a file with the columns id, name can be about assets or kits or people or rooms or stock: say which, as \
          in `cagekeeper import assets f.csv`"
            .replace("kits or people or rooms or stock", "kits or stock or people or rooms")]
    );
    let studio = with("f.csv", b"id,name\nx,X\n");
    for (words, said) in [
        (
            ["import", "asets", "f.csv"].as_slice(),
            "import asets: expected one of assets, kits, stock, people, rooms, productions, bookings, or draft, before the file; did you mean assets?\n",
        ),
        (&["import", "draft"], "import draft: name the file, as in `cagekeeper import draft FILE`\n"),
        (&["import", "rooms"], "import rooms: name the file, as in `cagekeeper import rooms FILE`\n"),
        (
            &["import", "rooms", "f.csv", "--map", "m.toml"],
            "import rooms --map: m.toml says what the file is about: leave rooms out\n",
        ),
    ] {
        let wrong = run(&studio, words);
        assert_eq!((wrong.exit, wrong.err.as_str()), (2, said));
    }
    assert!(
        run(&studio, &["import", "f.csv", "--map", "m.toml"])
            .err
            .starts_with("m.toml: cannot be read (No such file")
    );
}

#[test]
fn our_own_files_are_known_and_stay_all_or_nothing() {
    let own = recognised(b"id,name,day_rate\ncam,Camera,5\n").unwrap();
    assert_eq!((own.kind, own.source.as_deref()), (Kind::Assets, None));
    assert_eq!(
        recognised(b"id,title,starts,ends,budget\nx,X,2026-01-01,2026-01-02,5\n").unwrap().kind,
        Kind::Productions
    );
    let wrong = recognised(b"id,name,day_rate\ncam,Camera,5\nCAM 2,Camera,5\n").unwrap_err();
    assert!(wrong[0].starts_with("f.csv:3: column id: found \"CAM 2\""), "{wrong:?}");
}

#[test]
fn what_is_wrong_with_a_mapping_is_named_with_line_and_column() {
    let wrong = |map: &str| {
        let asked = Asked::Mapped { file: "m.toml".to_owned(), text: map.to_owned() };
        plan_of(&asked, "Nr;Bezeichnung\n1;X\n".as_bytes(), &HouseRules::default()).unwrap_err()
    };
    let columns = "assets, kits, stock, people, rooms, productions, bookings";
    assert_eq!(wrong(""), [format!("m.toml:1:1: kind: found nothing, expected one of {columns}")]);
    assert_eq!(
        wrong("kind = \"asset\"\n"),
        [format!(
            "m.toml:1:8: found the kind \"asset\", expected one of {columns}; did you mean \"assets\"?"
        )]
    );
    assert_eq!(
        wrong(
            "kind = \"rooms\"\ndecimals = 3\ndate_order = \"ymd\"\n[columns]\nid = \"Nummer\"\nname = [\"Bezeichnug\", 7]\nnmae = \"Nr\"\n"
        ),
        [
            "m.toml:2:1: found the key \"decimals\", expected one of kind, date_order, decimal, columns, constants, prefix, suffix, values, leave_out; did you mean \"decimal\"?",
            "m.toml:3:14: found the date_order \"ymd\", expected one of dmy, mdy",
            "m.toml:5:6: id: found \"Nummer\", expected a column of f.csv; it has Nr, Bezeichnung",
            "m.toml:6:9: name: found \"Bezeichnug\", expected a column of f.csv; did you mean \"Bezeichnung\"?",
            "m.toml:6:23: name: expected a text in quotes",
            "m.toml:7:1: found the key of columns \"nmae\", expected one of id, name, tags, hour_rate; did you mean \"name\"?",
        ]
    );
    assert_eq!(
        wrong("kind = \"rooms\"\n[columns]\nid = \"Nr\"\n"),
        ["m.toml:2:1: columns: found no name, expected the column that says it, such as name = \"…\""]
    );
    assert!(wrong("kind = \"rooms\n")[0].starts_with("m.toml:1:"));
}

#[test]
fn the_example_of_a_mapping_reads_a_file() {
    let text = include_str!("../config/examples/import-map.toml");
    let file = "Inventory no.,Brand,Item,Group,Place,Serial,Price new,State,Next test,Code,Remarks\n\
                17,Sony,FX6,Camera,Cage,S-1,\"5,899.00\",in use,03/04/2027,C-17,\n18,Sony,FX3,,Cage,S-2,,scrapped,,,x\n";
    let asked = Asked::Mapped { file: "import-map.toml".to_owned(), text: text.to_owned() };
    let brought = plan_of(&asked, file.as_bytes(), &HouseRules::default()).unwrap();
    assert_eq!(things(&brought), ["2 room/cage", "2 asset/cam-17", "3 asset/cam-18"]);
    assert_eq!(left(&brought), Vec::<String>::new());
    let facts: Vec<&Body> =
        brought.plan.portions.iter().flat_map(|p| &p.facts).map(|fact| &fact.body).collect();
    let Body::AssetRegistered(first) = facts[1] else { panic!("{facts:?}") };
    assert_eq!(
        (first.name.as_str(), first.inspection_due.unwrap().to_string().as_str()),
        ("Sony FX6", "2027-04-04T00:00:00.000Z")
    );
    assert!(facts.iter().any(|body| matches!(body, Body::AssetRegistered(asset) if asset.retired && asset.category.as_deref() == Some("camera"))));
}

#[test]
fn a_draft_is_a_mapping_that_can_be_used_as_it_stands() {
    for (file, kind, things_of) in [
        (
            "Inventarnummer;Bezeichnung;Kategorie;Standort;Seriennummer;Wert;Nächster Check\nA 1;Kamera;Kamera;Lager;S1;1.234,50;x\n",
            "assets",
            &["2 room/lager", "2 asset/a-1"][..],
        ),
        (
            "First name,Last name,Email,Employee ID,Badge\nAda,King,ada@example.org,e7,B-1\n",
            "people",
            &["2 person/e7"],
        ),
        (
            "SKU,Item,Qty,Reorder level,Bin\nXLR-5,XLR 5 m,40,10,Shelf 1\n",
            "stock",
            &["2 room/shelf-1", "2 stock/xlr-5"],
        ),
    ] {
        let map = draft("f.csv", file.as_bytes()).unwrap();
        assert!(map.contains(&format!("kind = \"{kind}\"\n")), "{map}");
        let asked = Asked::Mapped { file: "m.toml".to_owned(), text: map.clone() };
        let brought = plan_of(&asked, file.as_bytes(), &HouseRules::default())
            .unwrap_or_else(|errors| panic!("{errors:?}\n{map}"));
        assert_eq!(things(&brought), things_of, "{map}\n{:?}", left(&brought));
    }
    let map = draft("f.csv", b"Inventory No,Name,Next inspection,Firmware\n7,X,03/04/2027,1.2\n").unwrap();
    assert!(map.contains("inspection_due = \"Next inspection\"    # for example \"03/04/2027\"\n#     ^ some of these dates can be read in two ways: say date_order above\n"), "{map}");
    assert!(map.contains("#     \"Firmware\": for example \"1.2\"\n"), "{map}");
    // Taking the comment sign away is all that is to be done about it.
    let file = b"Inventory No,Name,Firmware\n7,X,1.2\n";
    let map = draft("f.csv", file).unwrap();
    let of = |text: String| {
        let asked = Asked::Mapped { file: "m.toml".to_owned(), text };
        left(&plan_of(&asked, file, &HouseRules::default()).unwrap())
    };
    assert_eq!(of(map.replace("# leave_out = ", "leave_out = ")), Vec::<String>::new());
    assert_eq!(
        of(map),
        [
            "f.csv:1: column Firmware: found \"1.2\" in one row, the column is left out: the mapping names it neither in \
          [columns] nor in leave_out"
        ]
    );
    let nothing = draft("f.csv", b"Foo,Bar\n1,2\n").unwrap();
    assert!(nothing.contains("# id = \"\u{2026}\"    # needed, and no column looks like it\n"), "{nothing}");
}

#[test]
fn bookings_and_productions_come_by_a_mapping_as_well() {
    let map = |kind: &str, more: &str| Asked::Mapped {
        file: "m.toml".to_owned(),
        text: format!("kind = \"{kind}\"\ndate_order = \"dmy\"\n{more}"),
    };
    let production = map(
        "productions",
        "[columns]\nid = \"Job\"\ntitle = \"Job\"\nstarts = \"Start\"\nends = \"End\"\nbudget = \"Budget\"\n",
    );
    let jobs =
        "Job,Start,End,Budget\nNight Bus,03/04/2027,05/04/2027,\"£12,000\"\nLate,05/04/2027,03/04/2027,\n"
            .as_bytes();
    let brought = plan_of(&production, jobs, &HouseRules::default()).unwrap();
    assert_eq!(things(&brought), ["2 production/night-bus"]);
    assert_eq!(
        left(&brought)[1..],
        [
            "f.csv:3: column End: found \"03/04/2027\", the row is left out: expected a time after starts (2027-04-05)"
        ]
    );
    let booking = map(
        "bookings",
        "[columns]\nid = \"No\"\nrooms = \"Room\"\nstarts = \"From\"\nends = \"To\"\n[prefix]\nid = \"bk-\"\n",
    );
    let mut known = Known::default();
    let room = Body::RoomRegistered(cagekeeper::domain::fact::RoomRegistered {
        name: "Studio A".to_owned(),
        hour_rate_cents: None,
    });
    known.registered.insert(Subject::parse("room/studio-a").unwrap(), room);
    let rows = b"No,Room,From,To\n1,Studio A,03/04/2027 09:00,03/04/2027 18:00\n2,Studio A,03/04/2027 17:00,03/04/2027 20:00\n3,Studio B,03/04/2027 17:00,03/04/2027 20:00\n";
    let brought = bring(&booking, "f.csv", rows, &HouseRules::default(), &known, &mut ids()).unwrap();
    assert_eq!(things(&brought), ["2 booking/bk-1"], "{:?}", left(&brought));
    assert!(left(&brought)[0].contains("which is promised to bk-1"), "{:?}", left(&brought));
    assert!(
        left(&brought)[1]
            .contains("found \"Studio B\", the row is left out: expected the id of a room that is known"),
        "{:?}",
        left(&brought)
    );
}

#[test]
fn an_import_that_was_broken_off_is_finished_by_the_next() {
    let rows: String = (0..1000).map(|n| format!("T-{n},Thing {n},M,Room {}\n", n % 3)).collect();
    let file = format!("Asset Tag,Name,Model,Location\n{rows}");
    let folder = tempfile::tempdir().unwrap();
    let mut ledger =
        cagekeeper::ledger::Ledger::open(&folder.path().join("ledger.db"), "0123456789ab").unwrap();
    let bring_into = |known: &Known| {
        bring(&Asked::Any, "f.csv", file.as_bytes(), &HouseRules::default(), known, &mut ids()).unwrap()
    };
    let now = cagekeeper::time::Now {
        mono: cagekeeper::time::MonoMs(0),
        utc: cagekeeper::time::UtcMs(1),
        trusted: true,
    };
    let station = cagekeeper::domain::id::StationId::parse("import").unwrap();
    let record =
        |ledger: &mut cagekeeper::ledger::Ledger, import: &str, brought: Brought, portions: usize| {
            let mut first = 0;
            for portion in brought.plan.portions.into_iter().take(portions) {
                let occasion =
                    cagekeeper::ledger::append::Occasion { scan_id: import, station: &station, now: &now };
                first += portion.facts.len();
                ledger.append(&occasion, first - portion.facts.len(), portion.facts).unwrap();
            }
        };
    let whole = bring_into(&ledger.known().unwrap());
    assert_eq!(whole.plan.new, 1003);
    record(&mut ledger, "a", whole, 3);
    let rest = bring_into(&ledger.known().unwrap());
    assert!((1..1000).contains(&rest.plan.new) && rest.plan.changed == 0, "{} new", rest.plan.new);
    record(&mut ledger, "b", rest, usize::MAX);
    let again = bring_into(&ledger.known().unwrap());
    assert_eq!((again.plan.new, again.plan.changed, again.plan.same), (0, 0, 1000));
    assert!(ledger.verify().unwrap().is_whole());
}

#[test]
fn a_large_export_takes_no_more_than_its_size() {
    let rows: String = (0..20_000)
        .map(|n| {
            format!("T-{},Thing {n},Model {},Room {},\"1,234.50\",jdoe,x\n", n % 15_000, n % 500, n % 90)
        })
        .collect();
    let file =
        format!("Asset Tag,Name,Model,Location,Purchase Cost,Checked Out To: Username,Supplier\n{rows}");
    let brought = recognised(file.as_bytes()).unwrap();
    assert_eq!(brought.plan.new, 90 + 10_000, "5,000 tags stand there twice");
    assert!(brought.plan.portions.iter().all(|portion| portion.facts.len() <= 252), "commits stay small");
    assert!(brought.left.len() <= 20_000 + 10_000 + 7, "at most a word for a cell: {}", brought.left.len());
}

fn header(name: &str) -> Vec<u8> {
    let bytes = sample(name);
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[..=end].to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_behind_any_header_make_it_panic_and_every_word_has_a_line_of_the_file(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in "[-A-Za-z0-9,;\t\n\r\"€£/. éЖ]{0,300}",
    ) {
        for name in samples() {
            for tail in [bytes.as_slice(), text.as_bytes()] {
                let file = [header(&name), tail.to_vec()].concat();
                let lines = 1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
                let map = String::from_utf8(sample("mapped/map.toml")).unwrap();
                for asked in [Asked::Any, Asked::Mapped { file: "m.toml".to_owned(), text: map }] {
                    if let Ok(brought) = plan_of(&asked, &file, &HouseRules::default()) {
                        for left in &brought.left {
                            prop_assert!((1..=lines).contains(&left.line), "{left}");
                            prop_assert!(left.to_string().len() < 2000, "{left}");
                        }
                    }
                }
                if let Ok(map) = draft("f.csv", &file) {
                    let asked = Asked::Mapped { file: "m.toml".to_owned(), text: map.clone() };
                    if let Err(errors) = plan_of(&asked, &file, &HouseRules::default()) {
                        let is_missing = |error: &String| error.contains("expected the column that says it");
                        prop_assert!(errors.iter().all(is_missing), "{errors:?}\n{map}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_mapping_makes_it_panic(map in "[-a-z_=\\[\\]\"\n.* 1,]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let text = format!("kind = \"assets\"\n{map}");
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            let asked = Asked::Mapped { file: "m.toml".to_owned(), text };
            for error in plan_of(&asked, b"a,b\n1,2\n", &HouseRules::default()).err().into_iter().flatten() {
                prop_assert!(error.starts_with("m.toml:") || error.starts_with("f.csv:"), "{error}");
            }
        }
    }
}
