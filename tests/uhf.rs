//! UHF readers that must be asked, played by machines that speak back: against a lane with a clock that jumps, and behind a
//! tty against the real program.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test says no")]
#![allow(clippy::indexing_slicing, clippy::as_conversions, reason = "a test, and bytes cut from numbers")]

#[path = "real/devices/mod.rs"]
mod devices;
#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use std::time::Duration;

use cagekeeper::station::fold::FoldRules;
use cagekeeper::station::lane::LaneSetup;
use cagekeeper::wire::poll::{PollSetup, Region, Standing};
use cagekeeper::wire::{Protocol, Setup};
use devices::bench::Bench;
use devices::cf::Cf;
use devices::faults::{Timed, faults};
use devices::port::Port;
use devices::thingmagic::ThingMagic;
use devices::uhfreader::UhfReader;
use devices::{Device, hex};
use mosquitto::{free_port, wait_for};
use proptest::prelude::*;
use serde_json::Value;
use studio::Studio;

fn eu(antennas: &[u8]) -> PollSetup {
    PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: antennas.to_vec() }
}

fn setup(protocol: Protocol, poll: PollSetup) -> LaneSetup {
    LaneSetup { poll: Some(poll), ..LaneSetup::of(Setup::of(protocol), 2_000) }
}

fn bench<D: Device>(device: D, protocol: Protocol) -> Bench<D> {
    Bench::new(device, setup(protocol, eu(&[1])))
}

fn epc(n: u16) -> Vec<u8> {
    let [high, low] = n.to_be_bytes();
    vec![0x30, 0x34, 0xbb, 0x7e, 0, 0, 0xcf, 0xff, 0, 0, high, low]
}

/// Why it does not do what the configuration wants.
fn refusal<D: Device>(mut bench: Bench<D>) -> String {
    bench.run_until(60_000);
    assert!(bench.sent < 100, "{} commands in a minute", bench.sent);
    assert!(bench.scans.is_empty());
    match bench.standing() {
        Standing::Refused(why) => why.clone(),
        other => panic!("{other:?}"),
    }
}

/// Tags come, stay and go, three times.
fn visits<D: Device>(mut bench: Bench<D>, tags: u16) -> Bench<D> {
    bench.run_until(3_000);
    assert_eq!(*bench.standing(), Standing::Asking, "{:?}", bench.standings);
    let mut expected = Vec::new();
    for _ in 0..3 {
        let came = bench.now_ms;
        bench.device.knobs().tags = (0..tags).map(epc).collect();
        bench.run_for(12_000);
        expected.extend((0..tags).map(|n| hex(&epc(n))));
        expected.sort();
        assert_eq!(bench.sorted(), expected);
        assert!(bench.scans.last().unwrap().0 - came < 5_000, "{came}: {:?}", bench.scans.last());
        bench.device.knobs().tags.clear();
        bench.run_for(5_000);
    }
    assert_eq!(*bench.standing(), Standing::Asking, "{:?}", bench.standings);
    assert_eq!(bench.lane.counts().unread(), 0);
    bench
}

#[test]
fn tags_are_scanned_once_a_visit_by_readers_of_all_kinds() {
    let bench_18 = visits(bench(UhfReader::new(true), Protocol::UhfReader18), 30);
    let bench_288 = visits(bench(UhfReader::new(false), Protocol::UhfReader288), 30);
    for device in [&bench_18.device, &bench_288.device] {
        assert_eq!(device.kept, (0x4e, 0x00, 20), "EU, all its channels, 20 dBm");
    }
    let bench_cf = visits(bench(Cf::new(), Protocol::Cf), 30);
    let parameters = bench_cf.device.parameters;
    assert_eq!(parameters[7..15], [3, 0x03, 0x61, 0, 100, 0, 200, 15], "EU: 865.1 MHz, 200 kHz, 15 channels");
    assert_eq!((parameters[2], parameters[6], parameters[15]), (0, 1, 20));
    let bench_tm = visits(bench(ThingMagic::new(), Protocol::ThingMagic), 30);
    assert_eq!(bench_tm.device.sent_with.into_iter().collect::<Vec<_>>(), [(8, 2_000)]);
}

#[test]
fn what_is_right_already_is_not_written_into_flash_again() {
    let mut reader = bench(UhfReader::new(true), Protocol::UhfReader18);
    let mut cf = bench(Cf::new(), Protocol::Cf);
    for bench in 0..20 {
        reader.run_for(5_000);
        cf.run_for(5_000);
        assert_eq!((reader.device.writes, cf.device.writes), (3, 1), "after {bench} times");
        reader.unplug();
        reader.plug();
        cf.device.lose_power(cf.now_ms);
    }
}

#[test]
fn a_reader_that_another_program_left_sending_is_made_to_work_when_asked() {
    for is_18 in [true, false] {
        let mut device = UhfReader::new(is_18);
        device.is_unasked = true;
        device.knobs.tags = vec![epc(1)];
        let protocol = if is_18 { Protocol::UhfReader18 } else { Protocol::UhfReader288 };
        let mut bench = bench(device, protocol);
        bench.run_until(5_000);
        assert_eq!((bench.standing(), bench.device.is_unasked), (&Standing::Asking, false));
        assert_eq!(bench.payloads(), [hex(&epc(1))]);
    }
    let mut device = Cf::new();
    device.knobs.tags = vec![epc(1)];
    let mut bench = bench(device, Protocol::Cf);
    bench.run_until(5_000);
    assert_eq!((bench.payloads(), bench.device.parameters[2]), (vec![hex(&epc(1)).as_str()], 0));
}

#[test]
fn the_wrong_kind_and_what_a_module_lacks_are_sentences() {
    let said = refusal(bench(UhfReader::new(false), Protocol::UhfReader18));
    assert!(said.contains("set `protocol` to \"uhfreader288\""), "{said}");
    let said = refusal(bench(UhfReader::new(true), Protocol::UhfReader288));
    assert!(said.contains("set `protocol` to \"uhfreader18\""), "{said}");

    let mut device = UhfReader::new(true);
    device.bands = vec![2];
    let said = refusal(bench(device, Protocol::UhfReader18));
    assert!(said.contains("no region eu"), "{said}");
    let mut device = Cf::new();
    device.regions = vec![1];
    let said = refusal(bench(device, Protocol::Cf));
    assert!(said.contains("region eu"), "{said}");
    let mut device = Cf::new();
    device.keeps_power = true;
    let said = refusal(bench(device, Protocol::Cf));
    assert!(said.contains("keeps 33 dBm and does not take 20"), "{said}");
    let mut device = ThingMagic::new();
    device.regions = vec![1, 13];
    let said = refusal(bench(device, Protocol::ThingMagic));
    assert!(said.contains("no region eu; it has us"), "{said}");
    let mut device = ThingMagic::new();
    device.power_max = 1_850;
    let said = refusal(bench(device, Protocol::ThingMagic));
    assert!(said.contains("0 to 18 dBm, not with 20"), "{said}");

    let japan = PollSetup { region: Some(Region::Jp), ..eu(&[1]) };
    let said = refusal(Bench::new(Cf::new(), setup(Protocol::Cf, japan)));
    assert!(said.contains("no region jp; they have eu, us, cn-920, cn-840, kr"), "{said}");
    let said = refusal(Bench::new(UhfReader::new(true), setup(Protocol::UhfReader18, eu(&[1, 2]))));
    assert!(said.contains("antenna 1 alone, not antenna 2"), "{said}");
}

#[test]
fn an_antenna_that_is_not_connected_is_named_and_the_others_go_on() {
    let mut device = UhfReader::new(false);
    device.unconnected = vec![2];
    device.knobs.tags = vec![epc(1)];
    let mut bench = Bench::new(device, setup(Protocol::UhfReader288, eu(&[1, 2, 3])));
    bench.run_until(20_000);
    assert_eq!(*bench.standing(), Standing::Partly("antenna 2 is not connected".to_owned()));
    assert!(bench.standings.len() <= 4, "said once, not each round: {:?}", bench.standings);
    assert_eq!(bench.payloads(), [hex(&epc(1))]);
    bench.device.unconnected.clear();
    bench.run_for(2_000);
    assert_eq!(*bench.standing(), Standing::Asking);
}

#[test]
fn power_that_comes_back_names_its_antenna_and_does_not_go_on_sending() {
    let mut device = ThingMagic::new();
    device.unconnected = vec![3];
    let mut bench = Bench::new(device, setup(Protocol::ThingMagic, eu(&[1, 3])));
    bench.run_until(30_000);
    let Standing::Resting(why) = bench.standing() else { panic!("{:?}", bench.standings) };
    assert!(why.contains("antenna 3 is not connected"), "{why}");
    assert!(bench.sent < 90, "{} commands in half a minute", bench.sent);
    bench.device.unconnected.clear();
    bench.device.knobs.tags = vec![epc(1)];
    bench.run_for(10_000);
    assert_eq!((bench.standing(), bench.scans.len()), (&Standing::Asking, 1));
}

#[test]
fn a_module_that_is_too_hot_rests_says_so_and_goes_on() {
    let mut bench = bench(ThingMagic::new(), Protocol::ThingMagic);
    bench.device.knobs.tags = vec![epc(1)];
    bench.run_until(5_000);
    bench.device.knobs.throttled = true;
    bench.run_for(60_000);
    assert!(
        matches!(bench.standing(), Standing::Resting(why) if why.contains("too hot")),
        "{:?}",
        bench.standings
    );
    bench.device.knobs.throttled = false;
    bench.device.knobs.tags = vec![epc(2)];
    bench.run_for(15_000);
    assert_eq!(*bench.standing(), Standing::Asking);
    assert_eq!(bench.payloads(), [hex(&epc(1)), hex(&epc(2))]);
}

#[test]
fn a_signal_that_is_too_weak_is_no_scan_where_the_reader_says_it_in_dbm() {
    let weak = |protocol, rssi_min_dbm| {
        let fold = FoldRules { rssi_min_dbm: Some(rssi_min_dbm), ..FoldRules::of(2_000) };
        LaneSetup { fold, ..setup(protocol, eu(&[1])) }
    };
    let scans =
        |mut device: Box<dyn FnMut(i32) -> usize>| [device(-55), device(-56), device(-61), device(-62)];
    let cf = Box::new(move |min| {
        let mut bench = Bench::new(Cf::new(), weak(Protocol::Cf, min));
        bench.device.knobs.tags = vec![epc(1)];
        bench.run_until(5_000);
        bench.scans.len()
    });
    assert_eq!(scans(cf), [0, 1, 1, 1], "-55.5 dBm");
    let module = Box::new(move |min| {
        let mut bench = Bench::new(ThingMagic::new(), weak(Protocol::ThingMagic, min));
        bench.device.knobs.tags = vec![epc(1)];
        bench.run_until(5_000);
        bench.scans.len()
    });
    assert_eq!(scans(module), [0, 0, 1, 1], "-61 dBm");
}

#[test]
fn seven_hundred_reads_a_second_are_each_a_read_and_each_tag_a_scan() {
    let mut cf = Cf::new();
    cf.reads_a_s = 700;
    cf.parameters[2] = 0;
    let mut bench_cf = bench(cf, Protocol::Cf);
    let mut module = ThingMagic::new();
    module.reads_a_s = 700;
    let mut bench_tm = bench(module, Protocol::ThingMagic);
    let mut reader = UhfReader::new(false);
    (reader.round_ms, reader.reads_a_tag) = (100, 1);
    let mut bench_288 = bench(reader, Protocol::UhfReader288);
    bench_cf.device.knobs.tags = (0..70).map(epc).collect();
    bench_tm.device.knobs.tags = (0..70).map(epc).collect();
    bench_288.device.knobs.tags = (0..75).map(epc).collect();
    bench_cf.run_until(60_000);
    bench_tm.run_until(60_000);
    bench_288.run_until(60_000);
    assert_eq!((bench_cf.scans.len(), bench_tm.scans.len(), bench_288.scans.len()), (70, 70, 75));
    for (repeats, reads) in [
        (bench_cf.lane.counts().repeats, bench_cf.device.reads),
        (bench_tm.lane.counts().repeats, bench_tm.device.reads),
        (bench_288.lane.counts().repeats, bench_288.device.reads),
    ] {
        assert!(reads > 690 * 57 && reads - repeats < 400, "{repeats} repeats of {reads} reads");
    }
}

/// Longer than a fault and the recovery from it.
const SLOT_MS: u64 = 24_000;

/// A life of a reader with five tags.
fn live<D: Device>(device: D, protocol: Protocol, faults: &[Timed]) -> Result<D, TestCaseError> {
    let fold = FoldRules { absent_ms: Some(SLOT_MS), ..FoldRules::of(2_000) };
    let mut bench = Bench::new(device, LaneSetup { fold, ..setup(protocol, eu(&[1])) });
    bench.run_until(3_000);
    let tags: Vec<Vec<u8>> = (0..5).map(epc).collect();
    bench.live(&tags, SLOT_MS, faults)?;
    Ok(bench.device)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_each_tag_is_scanned_once_a_visit_and_the_law_is_kept(faults in faults(true)) {
        live(UhfReader::new(true), Protocol::UhfReader18, &faults)?;
        live(UhfReader::new(false), Protocol::UhfReader288, &faults)?;
        live(Cf::new(), Protocol::Cf, &faults)?;
        let module = live(ThingMagic::new(), Protocol::ThingMagic, &faults)?;
        prop_assert_eq!(module.sent_with.into_iter().collect::<Vec<_>>(), [(8, 2_000)]);
    }
}

/// Long enough for anything here on a busy machine; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

/// State and sentence that `status` has of a reader.
fn said_of(studio: &Studio, reader: &str) -> (String, String) {
    let status = studio.ask(&["status", "--json"]).remove(0);
    let readers = status["readers"].as_array().unwrap();
    let of = readers.iter().find(|of| of["id"] == reader).unwrap();
    (of["state"].as_str().unwrap().to_owned(), of["detail"].as_str().unwrap_or_default().to_owned())
}

/// Which things are out.
fn out(studio: &Studio) -> Vec<String> {
    let listed = studio.ask(&["out", "--json"]).remove(0);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut out: Vec<String> = listed.as_array().unwrap().iter().map(|it| text(&it["asset"])).collect();
    out.sort();
    out
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, LONG, || holds().then_some(()));
}

fn block(id: &str, protocol: &str, port: &std::path::Path) -> String {
    format!(
        "[[reader]]\nid = \"{id}\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\n\
         protocol = \"{protocol}\"\nregion = \"eu\"\npower_dbm = 20\n",
        port.display()
    )
}

#[test]
fn gear_goes_out_at_four_readers_through_silence_heat_loss_of_power_and_unplugging() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = Port::new(folder.path(), "old", UhfReader::new(true));
    let wrong = Port::new(folder.path(), "wrong", UhfReader::new(true));
    let mut gate = Port::new(folder.path(), "gate", Cf::new());
    let nano = Port::new(folder.path(), "nano", ThingMagic::new());
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\nsession_idle_ms = 3600000\n{}{}{}{}",
        free_port(),
        block("old", "uhfreader18", &old.path),
        block("wrong", "uhfreader288", &wrong.path),
        block("gate", "cf", &gate.path),
        block("nano", "thingmagic", &nano.path),
    ));
    studio.import("people", &format!("id,name,badges\nana,Ana Lima,{}\n", hex(&epc(100))));
    let tagged = |n: u16| format!("cam-{n},Camera {n},{}\n", hex(&epc(n)));
    studio.import("assets", &format!("id,name,tags\n{}", (1..=6).map(tagged).collect::<String>()));
    let daemon = studio.run();
    old.turn(|knobs| knobs.tags = vec![epc(100)]);
    wait_until("the badge to be read", || old.device(|reader| reader.reads > 20));

    old.turn(|knobs| knobs.tags = vec![epc(1)]);
    gate.turn(|knobs| knobs.tags = vec![epc(2)]);
    nano.turn(|knobs| knobs.tags = vec![epc(3)]);
    wait_until("three checkouts", || out(&studio) == ["cam-1", "cam-2", "cam-3"]);
    wait_until("the wrong kind to be said", || said_of(&studio, "wrong").1.contains("\"uhfreader18\""));

    gate.turn(|knobs| knobs.silent = true);
    nano.turn(|knobs| knobs.throttled = true);
    wait_until("silence to be said", || said_of(&studio, "gate").1.contains("does not answer"));
    wait_until("heat to be said", || said_of(&studio, "nano").1.contains("too hot"));
    gate.turn(|knobs| (knobs.silent, knobs.tags) = (false, vec![epc(4)]));
    nano.turn(|knobs| (knobs.throttled, knobs.tags) = (false, vec![epc(5)]));
    nano.lose_power();
    old.unplug();
    wait_until("unplugging to be said", || said_of(&studio, "old").0 == "gone");
    gate.unplug();
    old.plug();
    old.turn(|knobs| knobs.tags = vec![epc(6)]);
    gate.plug();
    let all = ["cam-1", "cam-2", "cam-3", "cam-4", "cam-5", "cam-6"];
    wait_until("the other three checkouts", || out(&studio) == all);

    for reader in ["old", "gate", "nano"] {
        wait_until("nothing to be odd", || {
            let (state, said) = said_of(&studio, reader);
            state == "reading" && said.starts_with(folder.path().to_str().unwrap())
        });
    }
    assert_eq!(nano.device(|module| module.sent_with.clone()).into_iter().collect::<Vec<_>>(), [(8, 2_000)]);
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}
