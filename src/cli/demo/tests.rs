#![allow(clippy::disallowed_methods, reason = "a taken port is part of a test")]

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::Config;
use crate::domain::id::PersonId;
use crate::domain::verdict::{Telling, Verdict};
use crate::import;
use crate::io::readers::replay;
use crate::ledger::Ledger;
use crate::time::{MonoMs, Now};
use crate::wire::{Carrier, Decoded, Decoder, Setup, layout::Layout};
use crate::writer::{Reply, Scan, Writer};

/// Every row of the studio.
struct Studio {
    rooms: Vec<import::RoomRow>,
    people: Vec<import::PersonRow>,
    productions: Vec<import::ProductionRow>,
    kits: Vec<import::KitRow>,
    assets: Vec<import::AssetRow>,
    stock: Vec<import::StockRow>,
    bookings: Vec<import::BookingRow>,
}

const ZONE: Tz = Tz::Europe__London;

fn noon() -> UtcMs {
    UtcMs::parse_rfc3339("2026-11-23T12:07:00Z").unwrap()
}

fn demo(now: UtcMs, pace: Pace) -> Demo {
    plan(now, ZONE, Paths::of(Path::new("/run/a \"demo\"")), 1883, pace, Colour::Plain)
}

fn studio(demo: &Demo) -> Studio {
    let text = |kind: import::Kind| {
        demo.files.iter().find(|file| file.kind == kind).map(|file| file.text.as_bytes()).unwrap()
    };
    use import::Kind::*;
    Studio {
        rooms: import::rooms("rooms.csv", text(Rooms)).unwrap(),
        people: import::people("people.csv", text(People), ZONE).unwrap(),
        productions: import::productions("productions.csv", text(Productions), ZONE).unwrap(),
        kits: import::kits("kits.csv", text(Kits)).unwrap(),
        assets: import::assets("assets.csv", text(Assets), ZONE).unwrap(),
        stock: import::stock("stock.csv", text(Stock)).unwrap(),
        bookings: import::bookings("bookings.csv", text(Bookings), ZONE).unwrap(),
    }
}

fn config(demo: &Demo) -> Config {
    demo.parse_config(Tz::UTC).unwrap()
}

#[test]
fn the_configuration_is_right() {
    let demo = demo(noon(), Pace::ToWatch);
    let config = config(&demo);
    assert_eq!((config.site.as_str(), config.timezone), ("demo", ZONE));
    assert_eq!((&config.ledger.path, &config.control.path), (&demo.paths.ledger, &demo.paths.control));
    let readers: Vec<&str> = config.readers.iter().map(|reader| reader.id.as_str()).collect();
    assert_eq!(readers, ["gun", "cards", "wedge", "keyboard"]);
    for device in Device::ALL {
        let reader = config.readers.iter().find(|reader| reader.id == device.reader().unwrap()).unwrap();
        assert_eq!((reader.protocol, reader.layout), (device.protocol(), Layout::Us));
    }
}

#[test]
fn the_studio_is_as_promised_and_names_only_what_exists() {
    let studio = studio(&demo(noon(), Pace::ToWatch));
    let sizes = (studio.rooms.len(), studio.people.len(), studio.productions.len(), studio.kits.len());
    assert_eq!(sizes, (4, 8, 3, 4));
    assert_eq!((studio.assets.len(), studio.stock.len()), (60, 5));
    let rooms: BTreeSet<_> = studio.rooms.iter().map(|row| &row.id).collect();
    let kits: BTreeSet<_> = studio.kits.iter().map(|row| &row.id).collect();
    let people: BTreeSet<_> = studio.people.iter().map(|row| &row.handle).collect();
    let productions: BTreeSet<_> = studio.productions.iter().map(|row| &row.id).collect();
    let assets: BTreeSet<_> = studio.assets.iter().map(|row| &row.id).collect();
    let shelves: BTreeSet<_> = studio.stock.iter().map(|row| row.id.as_str()).collect();
    let models: BTreeSet<_> =
        studio.assets.iter().filter_map(|row| row.model.as_ref()).map(|id| id.as_str()).collect();
    for row in &studio.assets {
        assert!(row.home.as_ref().is_none_or(|room| rooms.contains(room)), "{row:?}");
        assert!(row.kit.as_ref().is_none_or(|kit| kits.contains(kit)), "{row:?}");
        assert!(
            row.day_rate_cents < row.week_rate_cents && row.week_rate_cents < row.replacement_value_cents
        );
    }
    assert!(kits.iter().all(|kit| studio.assets.iter().any(|row| row.kit.as_ref() == Some(*kit))));
    assert!(studio.productions.iter().flat_map(|row| &row.crew).all(|(person, _)| people.contains(person)));
    for row in &studio.bookings {
        assert!(row.production.as_ref().is_some_and(|id| productions.contains(id)), "{row:?}");
        assert!(row.person.iter().chain(&row.crew).all(|person| people.contains(person)), "{row:?}");
        assert!(row.rooms.iter().all(|room| rooms.contains(room)), "{row:?}");
        assert!(row.assets.iter().all(|asset| assets.contains(asset)), "{row:?}");
        assert!(row.kits.iter().all(|kit| kits.contains(kit)), "{row:?}");
        assert!(row.models.iter().all(|(model, _)| models.contains(model.as_str())), "{row:?}");
        assert!(row.stock.iter().all(|(stock, _)| shelves.contains(stock.as_str())), "{row:?}");
    }
}

/// What the decoder of a device makes of its pieces.
fn decoded(device: Device, pieces: &[(u64, Vec<u8>)]) -> Vec<crate::wire::Read> {
    let setup = Setup::of(device.protocol());
    let mut decoder = Decoder::new(&setup).unwrap();
    let read = |decoded| match decoded {
        Decoded::Read(read) => read,
        other => panic!("{other:?}"),
    };
    pieces.iter().flat_map(|(at_ms, bytes)| decoder.handle(bytes, MonoMs(*at_ms))).map(read).collect()
}

#[test]
fn every_step_decodes_to_its_code() {
    for step in day::steps(Pace::ToWatch) {
        let reads = decoded(step.device, &step.pieces);
        assert!(reads.iter().all(|read| read.payload == step.code && read.terminated), "{step:?}: {reads:?}");
        assert_eq!(reads.len(), if step.device == Device::Cards { 2 } else { 1 }, "{step:?}");
        assert_eq!(reads[0].carrier == Carrier::Rfid125, step.device == Device::Cards);
    }
}

#[test]
fn the_recording_is_the_wedges_part_of_the_day() {
    for pace in [Pace::ToWatch, Pace::Fast] {
        let demo = demo(noon(), pace);
        let lines = replay::parse(&demo.recording).unwrap();
        assert_eq!(lines[0].at_ms, 0, "waits count from the first line");
        assert!(lines.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
        let pieces: Vec<_> = lines.into_iter().map(|line| (line.at_ms, line.bytes)).collect();
        let read: Vec<String> =
            decoded(Device::Wedge, &pieces).into_iter().map(|read| read.payload).collect();
        let meant: Vec<&str> =
            demo.steps.iter().filter(|step| step.device == Device::Wedge).map(|step| step.code).collect();
        assert_eq!(read, meant);
    }
}

#[test]
fn the_day_is_short_and_no_step_overtakes_another() {
    let end = |pace| day::steps(pace).last().map(|step| step.at_ms).unwrap();
    assert!((45_000..57_000).contains(&end(Pace::ToWatch)), "{}", end(Pace::ToWatch));
    assert!(end(Pace::Fast) < 15_000, "{}", end(Pace::Fast));
    for pace in [Pace::ToWatch, Pace::Fast] {
        for pair in day::steps(pace).windows(2) {
            let sent_ms = pair[0].at_ms + pair[0].pieces.last().unwrap().0;
            assert!(sent_ms + 250 <= pair[1].at_ms, "{pair:?}");
        }
    }
}

/// A writer whose ledger has the studio and its yesterday.
fn opened(demo: &Demo) -> Writer {
    furnished(demo, Ledger::in_memory("demo").unwrap())
}

fn furnished(demo: &Demo, ledger: Ledger) -> Writer {
    let config = config(demo);
    let mut writer = Writer::new(ledger, &config);
    let mut people = (1..).map(|nth| PersonId::parse(&format!("p{nth}")).unwrap());
    open::move_in(demo, &config, &mut writer, &mut people).unwrap();
    writer
}

#[test]
fn what_went_out_yesterday_is_out_and_one_of_it_is_late() {
    let demo = demo(noon(), Pace::ToWatch);
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db"), "demo").unwrap();
    let reader = furnished(&demo, ledger).ledger().reader().unwrap();
    let out = reader.out(None).unwrap();
    assert_eq!(out.len(), 4, "{out:?}");
    assert_eq!(out.iter().filter(|row| row.due.is_some_and(|due| due < noon())).count(), 1, "{out:?}");
}

fn verdict(reply: &Reply) -> &Verdict {
    match reply {
        Reply::Decided(answer) => &answer.verdict,
        other => panic!("{other:?}"),
    }
}

fn scan(writer: &mut Writer, id: String, code: &str, utc: UtcMs) -> Verdict {
    let scan = Scan {
        id,
        station: StationId::parse(STATION).unwrap(),
        reader: None,
        payload: code.to_owned(),
        also: Vec::new(),
        now: Now { mono: MonoMs(1_000), utc, trusted: true },
    };
    verdict(&writer.handle_group(&[Input::Scan(scan)]).unwrap()[0]).clone()
}

#[test]
fn the_day_goes_as_it_says_at_any_hour() {
    for (hour, pace) in [(0, Pace::ToWatch), (9, Pace::Fast), (12, Pace::ToWatch), (23, Pace::ToWatch)] {
        let now = UtcMs::parse_rfc3339(&format!("2026-11-23T{hour:02}:58:00Z")).unwrap();
        let demo = demo(now, pace);
        let mut writer = opened(&demo);
        for (nth, step) in demo.steps.iter().enumerate() {
            let at = now.plus(i64::try_from(step.at_ms).unwrap());
            let said = scan(&mut writer, format!("s{nth}"), step.code, at);
            let telling = Telling { names: true, zone: ZONE, now: at };
            assert_eq!(said.code(), step.verdict, "step {nth} {}: {}", step.code, said.sentence(&telling));
        }
    }
}

#[test]
fn what_the_opening_offers_to_type_works() {
    let demo = demo(noon(), Pace::ToWatch);
    let mut writer = opened(&demo);
    let typed = [
        ("TW-2002", "code-is-person"),
        ("cam-r5-01", "checked-out"),
        ("tri-gitzo-01", "checked-out"),
        ("TW-K-0031", "checked-out"),
        ("TW-S-0002*4", "stock-taken"),
        ("CK:UNDO", "undone"),
        ("CK:RETURN", "return-mode"),
        ("cam-r5-01", "returned"),
        ("CK:DONE", "still-out"),
    ];
    for (nth, (code, expected)) in typed.into_iter().enumerate() {
        assert!(demo.opening.contains(code), "{code}");
        let at = noon().plus(i64::try_from(nth).unwrap() * 5_000);
        assert_eq!(scan(&mut writer, format!("t{nth}"), code, at).code(), expected, "{code}");
    }
}

mod stage {
    use std::cell::RefCell;
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::super::perform::show;
    use super::super::theatre::{Folder, Theatre};
    use super::*;
    use crate::config::ClockTrust;
    use crate::io::clock::Clock;
    use crate::io::readers::{Chunk, ReaderEvent, spawn};
    use crate::station::lane::{Effect, Lane, LaneSetup};
    use crate::writer::Answer;

    /// Far more than the day takes.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// What stands behind the readers: a lane for each, and the writer.
    struct Cage {
        lanes: BTreeMap<String, Lane>,
        writer: Writer,
    }

    impl Cage {
        fn new(demo: &Demo) -> Self {
            let lane = |(device, seed): (Device, u8)| {
                let setup = Setup::of(device.protocol());
                (device.name().to_owned(), Lane::new(LaneSetup::of(setup, 2_000), [seed; 16]))
            };
            Self { lanes: Device::ALL.into_iter().zip(0..).map(lane).collect(), writer: opened(demo) }
        }

        fn take(&mut self, chunk: &Chunk) -> Vec<Answer> {
            let effects = self.lanes.get_mut(chunk.reader.as_str()).unwrap().handle(&chunk.bytes, chunk.at);
            let scans = effects.into_iter().filter_map(|effect| match effect {
                Effect::Scan { id, payload } => Some((id, payload)),
                Effect::Repeats { .. } | Effect::Send(_) | Effect::Standing(_) | Effect::Seen(_) => None,
                Effect::Rejected(rejected) => panic!("{rejected}"),
            });
            let utc = noon().plus(i64::try_from(chunk.at.0).unwrap());
            let now = Now { mono: chunk.at, utc, trusted: true };
            let scan = |(id, payload)| {
                let station = StationId::parse(STATION).unwrap();
                Input::Scan(Scan {
                    id,
                    station,
                    reader: Some(chunk.reader.clone()),
                    payload,
                    also: Vec::new(),
                    now,
                })
            };
            let inputs: Vec<Input> = scans.map(scan).collect();
            let answer = |reply| match reply {
                Reply::Decided(answer) => *answer,
                other => panic!("{other:?}"),
            };
            self.writer.handle_group(&inputs).unwrap().into_iter().map(answer).collect()
        }
    }

    /// The whole day through pseudo-terminals, the recording, the daemon's own readers, and the writer.
    #[tokio::test]
    async fn the_day_is_played_read_answered_and_told_in_its_order() {
        let folder = Folder::make().unwrap();
        let demo = plan(noon(), ZONE, Paths::of(folder.path()), 1883, Pace::Fast, Colour::Plain);
        let mut theatre = Theatre::set_up(&demo).unwrap();
        let mut cage = Cage::new(&demo);
        let (events, mut received) = mpsc::channel(64);
        let clock = Clock::start(ClockTrust::Fixed(true));
        let config = config(&demo);
        let devices = config.readers.iter().filter(|reader| reader.id.as_str() != "keyboard");
        let _readers: Vec<_> = devices.map(|reader| spawn(reader, clock, events.clone())).collect();

        let (watcher, mut answers) = mpsc::unbounded_channel();
        let mut answered: Vec<(String, &str)> = Vec::new();
        let day = async {
            while answered.len() < demo.steps.len() {
                let Some(ReaderEvent::Chunk(chunk)) = received.recv().await else { continue };
                for answer in cage.take(&chunk) {
                    answered.push((chunk.reader.to_string(), answer.verdict.code()));
                    watcher.send(answer).unwrap();
                }
            }
            drop(watcher);
        };
        let said = RefCell::new(Vec::new());
        let show = show(&mut theatre, &mut answers, ZONE, Colour::Plain, |line| said.borrow_mut().push(line));
        let both = async { tokio::join!(show, day) };
        tokio::time::timeout(PATIENCE, both).await.expect("the day in time");

        let meant: Vec<(String, &str)> =
            demo.steps.iter().map(|step| (step.device.name().to_owned(), step.verdict)).collect();
        assert_eq!(answered, meant);
        let said = said.into_inner();
        assert_eq!(said.len(), 2 * demo.steps.len(), "{said:#?}");
        assert!(said[0].contains(demo.steps[0].say), "{}", said[0]);
        assert!(said[1].contains("cage/cards") && said[1].contains("Hello Tomasz"), "{}", said[1]);
        let path = folder.path().to_owned();
        folder.remove().unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_daemon_that_never_starts_ends_the_show() {
        let folder = Folder::make().unwrap();
        let demo = plan(noon(), ZONE, Paths::of(folder.path()), 1883, Pace::Fast, Colour::Plain);
        let mut theatre = Theatre::set_up(&demo).unwrap();
        let (watcher, mut answers) = mpsc::unbounded_channel();
        drop(watcher);
        show(&mut theatre, &mut answers, ZONE, Colour::Plain, |line| panic!("{line}")).await;
        folder.remove().unwrap();
    }

    #[test]
    fn a_port_is_found_also_where_the_preferred_one_is_taken() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let found = super::super::theatre::free_port(port).unwrap();
        assert!(found != 0 && found != port, "{found}");
    }
}
