//! The default, the examples and the wrong configurations, each held to what it says.
#![allow(clippy::disallowed_methods, reason = "tests read the files that they are about")]

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::fact::Condition;
use crate::domain::id::DaemonId;
use crate::domain::person::{Role, Roles};
use crate::domain::policy::{Answerer, Rule, Situation};
use crate::domain::rights::Right;
use crate::domain::rules::HouseRules;
use crate::wire::poll::{PollSetup, Region};

fn defaults() -> Defaults {
    Defaults {
        timezone: Tz::UTC,
        ledger: PathBuf::from("/var/lib/cagekeeper/ledger.db"),
        control: PathBuf::from("/run/cagekeeper/control.sock"),
    }
}

fn parsed(text: &str) -> Config {
    Config::parse(text, None, &defaults()).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// The default as the code has it.
fn default_in_code() -> Config {
    let cage = StationId::parse("cage").unwrap();
    Config {
        source: None,
        site: SiteId::parse("studio").unwrap(),
        daemon: DaemonId::parse("main").unwrap(),
        timezone: Tz::UTC,
        currency: "EUR".to_owned(),
        ledger: LedgerConfig { path: defaults().ledger, scan_log_days: 400, site_before: None },
        mqtt: MqttConfig {
            broker: Broker::Embedded { listen: "127.0.0.1:1883".parse().unwrap() },
            names: false,
            republish_per_s: 500,
        },
        house: std::sync::Arc::new(HouseRules::default()),
        control: ControlConfig { path: defaults().control, actors: BTreeMap::new() },
        clock_trusted: ClockTrust::Kernel,
        profiles: std::sync::Arc::new(Profiles::built_in()),
        stations: vec![StationConfig {
            id: cage.clone(),
            kind: StationKind::Desk,
            room: None,
            person: PersonRule::Required,
            session_idle_ms: 120_000,
            confirm_ms: 20_000,
            repeat_ms: 2000,
            count_idle_ms: 1_800_000,
            gate: GateTimes::default(),
        }],
        readers: vec![ReaderConfig::of(
            ReaderId::parse("keyboard").unwrap(),
            cage,
            ReaderSource::Stdin,
            Protocol::Line,
        )],
        lamps: Vec::new(),
        calendars: Vec::new(),
        web: WebConfig::default(),
        backup: BackupConfig::beside(&defaults().ledger),
    }
}

#[test]
fn the_compiled_in_default_is_the_default() {
    assert_eq!(parsed(DEFAULT_TOML), default_in_code());
}

#[test]
fn a_file_that_says_only_what_it_must_gets_the_defaults() {
    let text =
        "[[station]]\nid = \"cage\"\n[[reader]]\nid = \"keyboard\"\nstation = \"cage\"\nsource = \"stdin\"\n";
    assert_eq!(parsed(text), default_in_code());
}

fn is_commented_default(line: &str) -> bool {
    line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn taking_the_comment_sign_from_any_default_changes_nothing() {
    let lines: Vec<&str> = DEFAULT_TOML.lines().collect();
    let commented: Vec<usize> = (0..lines.len()).filter(|at| is_commented_default(lines[*at])).collect();
    assert_eq!(commented.len(), 83, "a default without a line here, or a line without a default");
    for at in &commented {
        let mut uncommented = lines.clone();
        uncommented[*at] = &lines[*at][1..];
        assert_eq!(parsed(&uncommented.join("\n")), default_in_code(), "line {}", at + 1);
    }
    let all: Vec<&str> =
        lines.iter().map(|line| if is_commented_default(line) { &line[1..] } else { *line }).collect();
    assert_eq!(parsed(&all.join("\n")), default_in_code());
}

#[test]
fn every_key_is_explained_in_the_default() {
    let keys = file::TOP_KEYS
        .iter()
        .chain(&file::MQTT_KEYS)
        .chain(&station::STATION_KEYS)
        .chain(&reader::READER_KEYS)
        .chain(&lamp::LAMP_KEYS)
        .chain(&calendar::CALENDAR_KEYS)
        .chain(&calendar::RULE_KEYS)
        .chain(&web::WEB_KEYS)
        .chain(&backup::BACKUP_KEYS);
    let rules = house::RULES_KEYS.iter().chain(&hours::DAYS).chain(&["closed"]);
    let names = house::CONDITIONS
        .map(Condition::name)
        .into_iter()
        .chain(Situation::ALL.map(Situation::name))
        .chain(Right::ALL.map(Right::name))
        .chain(Role::ALL.map(Role::name));
    let keys = keys
        .chain(&["path", "scan_log_days", "site_before", "actors", "trusted"])
        .chain(rules)
        .copied()
        .chain(names);
    for key in keys {
        let set = format!("{key} = ");
        let table = format!("{key}]");
        let named = DEFAULT_TOML.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == key);
        let by_name = hours::DAYS.contains(&key) || Role::parse(key).is_some();
        let explained =
            if by_name { named } else { DEFAULT_TOML.contains(&set) || DEFAULT_TOML.contains(&table) };
        assert!(explained, "{key}");
    }
}

#[test]
fn every_example_is_right() {
    let mut examples = toml_files("config/examples");
    // It says how somebody's list is read: tests/imports.rs uses it.
    examples.retain(|path| !path.ends_with("import-map.toml"));
    assert_eq!(examples.len(), 11);
    for path in examples {
        let text = fs::read_to_string(&path).unwrap();
        let config =
            Config::parse(&text, Some(&path), &defaults()).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(!config.readers.is_empty(), "{}", path.display());
    }
}

fn example(name: &str) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples").join(name);
    Config::parse(&fs::read_to_string(&path).unwrap(), Some(&path), &defaults()).unwrap()
}

#[test]
fn the_examples_mean_what_they_say() {
    let bench = example("benchmark.toml");
    assert_eq!((bench.stations[0].person, bench.stations[0].repeat_ms), (PersonRule::Optional, 0));
    assert!(
        bench.ledger.path.ends_with("config/examples/bench-ledger.db") && bench.ledger.path.is_absolute()
    );

    let rfid = example("rfid-desk.toml");
    assert_eq!(rfid.readers[0].protocol, Protocol::Rdm6300);
    let hid = |usb_path: &str| ReaderSource::Hid {
        vendor: Some(0x05e0),
        product: Some(0x1200),
        serial: None,
        usb_path: Some(usb_path.to_owned()),
    };
    assert_eq!(rfid.readers[1].source, hid("1-1.4"));
    assert_eq!(rfid.readers[2].source, hid("1-1.3"), "the same ids written as text");
    assert_eq!(rfid.readers[2].protocol, Protocol::Keyboard);
    let asked = example("badges-and-gate.toml");
    assert_eq!(asked.readers[0].poll, Some(PollSetup::default()));
    let tray = PollSetup { region: Some(Region::Eu), power_dbm: Some(18), antennas: vec![1] };
    assert_eq!(asked.readers[1].poll, Some(tray));
    assert_eq!(rfid.control.actors["ada"], PersonHandle::parse("ada-lovelace").unwrap());
    assert_eq!(rfid.house.loan_ms, 48 * 3_600_000);

    let by_model = example("by-model.toml");
    let of = |vendor, product, usb_path: Option<&str>| ReaderSource::Hid {
        vendor,
        product,
        serial: None,
        usb_path: usb_path.map(str::to_owned),
    };
    let [gun, shelf, badge, door] = by_model.readers.as_slice() else { panic!() };
    assert_eq!((&gun.source, gun.protocol), (&of(Some(0x0c2e), Some(0x0b61), None), Protocol::Keyboard));
    assert_eq!((&shelf.source, shelf.protocol), (&of(None, None, Some("1-1.3")), Protocol::Keyboard));
    assert_eq!(badge.protocol, Protocol::Rdm6300);
    assert!(matches!(&badge.source, ReaderSource::Serial { baud: 9600, .. }));
    assert_eq!((&door.source, door.protocol), (&of(None, None, Some("1-1.4")), Protocol::Keyboard));
    assert_eq!(door.card_format, Some(crate::wire::card::CardFormat::Decimal10));

    let strict = example("strict-cage.toml");
    let crew = Roles::of(&[Role::Crew]);
    for situation in Situation::ALL {
        let answered_by_crew =
            matches!(strict.house.policy.rule(situation), Rule::Ask(answerer) if answerer.admits(crew));
        assert!(!answered_by_crew, "{}", situation.name());
    }
    assert_eq!(strict.house.policy.rule(Situation::StockShort), Rule::Notice);
    let managers = Roles::of(&[Role::StudioManager, Role::Admin]);
    assert_eq!(strict.house.policy.rule(Situation::OverLimit), Rule::Ask(Answerer::Only(managers)));
    assert_eq!((strict.house.assets_max_of(crew), strict.house.assets_max_of(managers)), (Some(10), None));
    assert_eq!(strict.house.maintenance_for(Condition::Dirty), None);
    assert_eq!(strict.house.maintenance_for(Condition::PartMissing), Some(true));
    assert_eq!(strict.house.rights.who_may(Right::Learn), managers);
    assert_eq!((strict.house.prepare_ms, strict.house.clean_up_ms), (30 * 60_000, 45 * 60_000));
    assert_eq!((strict.house.loan_min_ms, strict.house.wanted_within_ms), (3_600_000, 12 * 3_600_000));
    assert_eq!(strict.house.extend_ms, 8 * 3_600_000);
    assert_eq!(strict.house.drawing_stages, ["production"]);
    let hours = &strict.house.hours;
    assert_eq!(hours.weekly[0], [(540, 750), (810, 1080)], "Monday");
    assert_eq!((&hours.weekly[5], &hours.weekly[6]), (&vec![(600, 1440)], &vec![]), "Saturday, Sunday");
    assert_eq!(
        hours.closed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["2026-12-25", "2027-01-01"]
    );
    assert_eq!(strict.stations[0].room, RoomId::parse("cage-room").ok());

    let Broker::External(broker) = example("external-broker-tls.toml").mqtt.broker else { panic!() };
    assert_eq!((broker.host.as_str(), broker.port, broker.tls), ("broker.example.org", 8883, true));
    assert_eq!(broker.key_file.as_deref(), Some(Path::new("/etc/cagekeeper/client.key")));
}

fn with_reader(reader: &str) -> ReaderConfig {
    parsed(&format!("[[station]]\nid = \"cage\"\n[[reader]]\nid = \"r\"\nstation = \"cage\"\n{reader}"))
        .readers
        .remove(0)
}

#[test]
fn what_a_reader_says_itself_counts_before_its_profile() {
    let serial = |baud| ReaderSource::Serial { path: PathBuf::from("/dev/ttyUSB0"), baud };
    let pn532 = "profile = \"pn532-uart\"\npath = \"/dev/ttyUSB0\"\n";
    assert_eq!(with_reader(pn532).source, serial(115_200));
    assert_eq!(with_reader(&format!("{pn532}baud = 9600")).source, serial(9600));
    assert_eq!(with_reader(pn532).protocol, Protocol::Pn532);

    let played = with_reader("profile = \"pn532-uart\"\nsource = \"replay\"\npath = \"recording.jsonl\"");
    assert_eq!(played.source, ReaderSource::Replay { path: PathBuf::from("recording.jsonl") });
    assert_eq!(played.protocol, Protocol::Pn532);
}

#[test]
fn profiles_of_this_machine_are_beside_the_file_or_where_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml");
    let reader =
        "[[station]]\nid = \"cage\"\n[[reader]]\nid = \"r\"\nstation = \"cage\"\nprofile = \"gun\"\n";
    let load = |top: &str| {
        fs::write(&file, format!("{top}{reader}")).unwrap();
        Config::load(Some(&file))
    };
    assert!(load("").unwrap_err().to_string().contains("profile: found \"gun\""));

    let gun = Profiles::built_in().get("honeywell-1250g").unwrap().text().replace("honeywell-1250g", "gun");
    for (top, name) in [("", "profiles"), ("profiles = \"mine\"\n", "mine")] {
        let profiles = folder.path().join(name);
        fs::create_dir(&profiles).unwrap();
        fs::write(profiles.join("gun.toml"), &gun).unwrap();
        let config = load(top).unwrap();
        assert_eq!(config.profiles.folder(), Some(profiles.as_path()));
        assert_eq!(config.readers[0].protocol, Protocol::Keyboard);
        fs::remove_dir_all(&profiles).unwrap();
        assert!(load(top).is_err());
    }
}

#[test]
fn a_wrong_profile_of_this_machine_is_named_with_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profiles/gun.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "id = \"gun\"\n").unwrap();
    let file = folder.path().join("my.toml");
    let message = Config::parse("", Some(&file), &defaults()).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{}:1:1: kind: found nothing", path.display())), "{message}");
}

#[test]
fn every_wrong_configuration_gives_the_message_it_begins_with() {
    let files = toml_files("config/invalid");
    assert!(files.len() >= 75, "{}", files.len());
    let mut differences = String::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#! ")).collect();
        let file = path.file_name().unwrap().to_str().unwrap();
        let given = Config::parse(&text, Some(Path::new(file)), &defaults()).expect_err(file).to_string();
        let expected: Vec<String> = expected.iter().map(|line| format!("{file}:{line}")).collect();
        if expected.join("\n") != given {
            differences.push_str(&format!("{given}\n"));
        }
    }
    assert_eq!(differences, "", "these messages differ from what the files begin with");
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let text = "[mqtt]\nurl = \"mqtt://ada:hunter2@broker\"\n[[station]]\nid = \"cage\"\n";
    let message = Config::parse(text, None, &defaults()).unwrap_err().to_string();
    assert!(message.contains("username") && !message.contains("hunter2"), "{message}");
}

#[test]
fn the_address_of_a_feed_is_not_repeated() {
    let text = "[[station]]\nid = \"cage\"\n[[calendar]]\nid = \"a\"\nurl = \"https://ada:hunter2@host/x\"\n";
    let message = Config::parse(text, None, &defaults()).unwrap_err().to_string();
    assert!(message.contains("username") && !message.contains("hunter2"), "{message}");
}

#[test]
fn calendars_mean_what_they_say() {
    use crate::calendar::meaning::Part;
    let config = example("calendars.toml");
    let [bookings, shoots, file] = config.calendars.as_slice() else { panic!() };
    assert_eq!((bookings.every_ms, bookings.source.horizon_ms), (5 * 60_000, 180 * 86_400_000));
    assert_eq!(bookings.username.as_deref(), Some("cage"));
    assert_eq!(shoots.source.rules.len(), 4);
    let first = &shoots.source.rules[0];
    assert_eq!(
        (first.skip, first.wanted.as_slice()),
        (true, [(Part::Summary, "lunch".to_owned())].as_slice())
    );
    assert_eq!(shoots.source.rules[1].gear.len(), 3);
    assert_eq!(shoots.source.rules[2].confirmed, Some(false));
    assert!(matches!(&file.from, CalendarFrom::Path(path) if path.is_absolute()));
    assert_eq!(file.source.room, RoomId::parse("studio-a").ok());
    assert_eq!(config.web.listen, "0.0.0.0:8080".parse().ok());
}

proptest::proptest! {
    #[test]
    fn no_damage_to_a_file_makes_it_panic_and_every_error_is_within_it(
        at in 0..6000usize, remove in 0..40usize, insert in "[\\[\\]{}\"'=#.,\n\u{e9}a-c0-9-]{0,12}",
    ) {
        let examples = concat!(
            include_str!("../../config/examples/rfid-desk.toml"),
            "[mqtt]\nurl = \"mqtts://broker.example.org:8883\"\nusername = \"u\"\n",
            "[hours]\nmon = [\"09:00-12:30\", \"13:30-18:00\"]\nclosed = [2026-12-25]\n",
            "[policy]\nover-limit = \"ask attendant\"\n[rights]\nbook = [\"crew\"]\n",
        );
        let mut text: Vec<char> = examples.chars().collect();
        let at = at % text.len();
        text.splice(at..(at + remove).min(text.len()), insert.chars());
        let text: String = text.into_iter().collect();
        if let Err(ConfigErrors::Wrong { errors, .. }) = Config::parse(&text, None, &defaults()) {
            proptest::prop_assert!(!errors.is_empty());
            for error in errors {
                let line = text.split('\n').nth(error.line - 1);
                proptest::prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{error}");
            }
        }
    }
}

#[test]
fn a_line_runs_as_fast_as_the_readers_of_its_protocol_come() {
    let baud = |keys: &str| {
        let text = format!(
            "[[station]]\nid = \"cage\"\n[[reader]]\nid = \"a\"\nstation = \"cage\"\nsource = \"serial\"\n\
             path = \"/dev/ttyUSB0\"\n{keys}\n"
        );
        match parsed(&text).readers.remove(0).source {
            ReaderSource::Serial { baud, .. } => baud,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(baud(""), 9_600);
    assert_eq!(baud("protocol = \"pn532\""), 115_200);
    assert_eq!(baud("protocol = \"uhfreader18\"\nask = false"), 57_600);
    assert_eq!(baud("protocol = \"pn532\"\nbaud = 9600"), 9_600);
}
