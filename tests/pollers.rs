//! Readers that must be asked, played by machines that speak back: against a lane with a clock that jumps, and behind a tty
//! against the real program.
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
use cagekeeper::wire::decode::parse_hex;
use cagekeeper::wire::poll::{PollSetup, Region, Standing};
use cagekeeper::wire::{Protocol, Setup};
use devices::bench::Bench;
use devices::faults::faults;
use devices::m100::M100;
use devices::pn532::Pn532;
use devices::port::Port;
use devices::{Device, hex};
use mosquitto::{free_port, wait_for};
use proptest::prelude::*;
use serde_json::Value;
use studio::Studio;

fn setup(protocol: Protocol, absent_ms: Option<u64>) -> LaneSetup {
    let poll = PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: vec![1] };
    let fold = FoldRules { absent_ms, ..FoldRules::of(2_000) };
    LaneSetup { fold, poll: Some(poll), ..LaneSetup::of(Setup::of(protocol), 2_000) }
}

const FOUR: [u8; 4] = [0x07, 0x8c, 0xfc, 0x4f];
const SEVEN: [u8; 7] = [0x04, 0x41, 0x6d, 0x41, 0x2b, 0x02, 0x89];
const FELICA: [u8; 8] = [0x01, 0x2e, 0x4c, 0xd0, 0x11, 0x22, 0x33, 0x44];

fn pn532() -> Bench<Pn532> {
    Bench::new(Pn532::new(), setup(Protocol::Pn532, None))
}

fn m100() -> Bench<M100> {
    Bench::new(M100::new(), setup(Protocol::M100, None))
}

fn epc(n: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xbb, 0x7e, 0, 0, 0, 0, 0, 0, 0, n]
}

#[test]
fn cards_of_all_kinds_are_scanned_once_a_visit_within_a_second() {
    for id in [FOUR.to_vec(), SEVEN.to_vec(), FELICA.to_vec()] {
        let mut bench = pn532();
        bench.run_until(1_000);
        assert_eq!(*bench.standing(), Standing::Asking);
        for visit in 1..=3 {
            let came = bench.now_ms;
            bench.device.knobs.tags = vec![id.clone()];
            bench.run_for(10_000);
            assert_eq!(bench.payloads(), vec![hex(&id); visit], "{:?}", bench.scans);
            assert!(bench.scans[visit - 1].0 - came < 1_000, "{came}: {:?}", bench.scans);
            bench.device.knobs.tags.clear();
            bench.run_for(1_000);
        }
        assert!(bench.sent < bench.now_ms / 20, "{} commands in {} ms", bench.sent, bench.now_ms);
    }
}

#[test]
fn two_cards_at_once_are_two_scans_and_a_shifted_or_random_number_is_none() {
    let mut bench = pn532();
    bench.device.shift_every = 3;
    bench.device.knobs.tags = vec![FOUR.to_vec(), SEVEN.to_vec()];
    bench.run_until(30_000);
    let mut scanned = bench.payloads();
    scanned.sort_unstable();
    assert_eq!(scanned, [hex(&SEVEN), hex(&FOUR)]);
    assert!(bench.lane.counts().unconfirmed > 10, "shifted numbers were read: {:?}", bench.lane.counts());
    let mut bench = pn532();
    bench.device.knobs.tags = vec![vec![0x08, 0, 0, 0]];
    bench.run_until(30_000);
    assert_eq!(bench.payloads(), [""; 0]);
    assert_eq!(*bench.standing(), Standing::Asking);
}

#[test]
fn tags_are_scanned_once_a_visit_and_the_module_sends_only_as_the_law_allows() {
    let mut bench = m100();
    // Twenty tags in 28 ms are 714 reads a second.
    bench.device.round_ms = 28;
    bench.device.knobs.tags = (0..20).map(epc).collect();
    // Ten thousand rounds are over after 280 s: it begins anew by itself.
    bench.run_until(600_000);
    let mut scanned = bench.payloads();
    scanned.sort_unstable();
    assert_eq!(scanned, (0..20).map(|n| hex(&epc(n))).collect::<Vec<_>>());
    assert_eq!(bench.device.sent_with.iter().copied().collect::<Vec<_>>(), [(3, 2_000)]);
    assert!(bench.sent < 60, "{} commands in ten minutes", bench.sent);
    bench.device.lose_power(bench.now_ms);
    bench.run_for(5_000);
    assert_eq!(*bench.standing(), Standing::Asking);
    assert_eq!(bench.device.sent_with.len(), 1, "{:?}", bench.device.sent_with);
    assert_eq!(bench.scans.len(), 20, "{:?}", bench.scans);
}

#[test]
fn a_module_of_another_country_is_refused_and_never_sends() {
    let mut bench = m100();
    bench.device.regions = vec![1, 4];
    bench.device.knobs.tags = vec![epc(1)];
    bench.run_until(60_000);
    assert!(
        matches!(bench.standing(), Standing::Refused(why) if why.contains("set region")),
        "{:?}",
        bench.standings
    );
    assert!(bench.device.sent_with.is_empty() && bench.scans.is_empty());
    assert!(bench.sent < 40, "{} commands in a minute", bench.sent);
}

#[test]
fn a_module_without_a_free_channel_says_so_and_comes_back() {
    let mut bench = m100();
    bench.run_until(2_000);
    bench.device.knobs.throttled = true;
    bench.run_for(10_000);
    assert!(matches!(bench.standing(), Standing::Resting(_)), "{:?}", bench.standings);
    bench.device.knobs.throttled = false;
    bench.device.knobs.tags = vec![epc(1)];
    bench.run_for(2_000);
    assert_eq!((bench.standing(), bench.scans.len()), (&Standing::Asking, 1));
}

/// Longer than a fault and the recovery from it.
const SLOT_MS: u64 = 15_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_a_pn532_scans_each_card_once_a_visit(faults in faults(false)) {
        let mut bench = Bench::new(Pn532::new(), setup(Protocol::Pn532, Some(SLOT_MS)));
        bench.run_until(1_000);
        bench.live(&[FOUR.to_vec(), SEVEN.to_vec()], SLOT_MS, &faults)?;
    }

    #[test]
    fn whatever_goes_wrong_an_m100_scans_each_tag_once_a_visit_and_keeps_the_law(faults in faults(false)) {
        let mut bench = Bench::new(M100::new(), setup(Protocol::M100, Some(SLOT_MS)));
        bench.run_until(1_000);
        let tags: Vec<Vec<u8>> = (0..5).map(epc).collect();
        bench.live(&tags, SLOT_MS, &faults)?;
        prop_assert_eq!(bench.device.sent_with.len(), 1);
    }
}

/// Long enough for anything here on a busy machine; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

/// What `status` says of a reader.
fn said_of(studio: &Studio, reader: &str) -> (String, String) {
    let status = studio.ask(&["status", "--json"]).remove(0);
    let readers = status["readers"].as_array().unwrap();
    let of = readers.iter().find(|of| of["id"] == reader).unwrap();
    (of["state"].as_str().unwrap().to_owned(), of["detail"].as_str().unwrap().to_owned())
}

/// Which things are out, and to whom.
fn out(studio: &Studio) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = studio.ask(&["out", "--json"]).remove(0);
    let mut out: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (text(&it["asset"]), text(&it["person_handle"])))
        .collect();
    out.sort();
    out
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, LONG, || holds().then_some(()));
}

#[test]
fn badges_at_a_pn532_and_gear_at_an_m100_through_silence_loss_of_power_and_unplugging() {
    let folder = tempfile::tempdir().unwrap();
    let mut badges = Port::new(folder.path(), "badges", Pn532::new());
    let mut gate = Port::new(folder.path(), "gate", M100::new());
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\nsession_idle_ms = 3600000\n\
         [[reader]]\nid = \"badges\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\n\
         protocol = \"pn532\"\n\
         [[reader]]\nid = \"gate\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\n\
         protocol = \"m100\"\nregion = \"eu\"\npower_dbm = 20\n",
        free_port(),
        badges.path.display(),
        gate.path.display()
    ));
    let people = format!("id,name,badges\nana,Ana Lima,{}\nbob,Bob Ray,{}\n", hex(&FOUR), hex(&SEVEN));
    studio.import("people", &people);
    let tagged = |n: u8| format!("cam-{n},Camera {n},{}\n", hex(&epc(n)));
    studio.import("assets", &format!("id,name,tags\n{}{}{}", tagged(1), tagged(2), tagged(3)));
    let daemon = studio.run();
    let session = |badge: &[u8], port: &Port<Pn532>| {
        port.turn(|knobs| knobs.tags = vec![badge.to_vec()]);
        let handle = hex(badge);
        wait_until(&format!("the session of {handle}"), || port.device(|chip| chip.looks_at(badge) > 3));
        port.turn(|knobs| knobs.tags.clear());
    };

    session(&FOUR, &badges);
    gate.turn(|knobs| knobs.tags = vec![epc(1)]);
    let first = ("cam-1".to_owned(), "ana".to_owned());
    wait_until("the first checkout", || out(&studio) == [first.clone()]);

    badges.turn(|knobs| knobs.silent = true);
    gate.turn(|knobs| knobs.silent = true);
    for reader in ["badges", "gate"] {
        wait_until("silence to be said", || said_of(&studio, reader).1.contains("does not answer"));
    }
    badges.turn(|knobs| knobs.silent = false);
    gate.turn(|knobs| knobs.silent = false);
    gate.lose_power();
    badges.lose_power();
    for reader in ["badges", "gate"] {
        wait_until("the recovery", || !said_of(&studio, reader).1.contains("answer"));
    }
    gate.turn(|knobs| knobs.tags = vec![epc(2)]);
    let second = ("cam-2".to_owned(), "ana".to_owned());
    wait_until("the second checkout", || out(&studio) == [first.clone(), second.clone()]);

    gate.lose_power();
    assert!(!gate.device(|module| module.is_looking()));
    wait_until("the module to look again", || gate.device(|module| module.is_looking()));

    badges.unplug();
    gate.unplug();
    for reader in ["badges", "gate"] {
        wait_until("unplugging to be said", || said_of(&studio, reader).0 == "gone");
    }
    gate.turn(|knobs| knobs.tags.clear());
    gate.plug();
    badges.plug();
    session(&SEVEN, &badges);
    gate.turn(|knobs| knobs.tags = vec![epc(3)]);
    let third = ("cam-3".to_owned(), "bob".to_owned());
    wait_until("the third checkout", || out(&studio) == [first.clone(), second.clone(), third.clone()]);

    assert_eq!(gate.device(|module| module.sent_with.clone()).into_iter().collect::<Vec<_>>(), [(3, 2_000)]);
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

/// Answers each command with the next of these, whatever was asked.
struct Babbler {
    pieces: Vec<Vec<u8>>,
    next: usize,
    knobs: devices::Knobs,
}

impl Device for Babbler {
    fn handle(&mut self, bytes: &[u8], _: u64) -> Vec<u8> {
        if bytes.is_empty() {
            return Vec::new();
        }
        self.next += 1;
        self.pieces[self.next % self.pieces.len()].clone()
    }

    fn next_ms(&self) -> Option<u64> {
        None
    }

    fn lose_power(&mut self, _: u64) {}

    fn knobs(&mut self) -> &mut devices::Knobs {
        &mut self.knobs
    }
}

/// Good answers of every kind, several of them in one piece, and noise.
fn babble(frames: &'static [&'static str]) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let frame = prop::sample::select(frames).prop_map(|hex| parse_hex("a frame", hex).unwrap());
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let piece = prop::collection::vec(prop_oneof![4 => frame, 1 => noise], 1..4);
    prop::collection::vec(piece.prop_map(|pieces| pieces.concat()), 1..12)
}

fn bear(protocol: Protocol, pieces: Vec<Vec<u8>>) -> Result<(), TestCaseError> {
    let babbler = Babbler { pieces, next: 0, knobs: devices::Knobs::default() };
    let mut bench = Bench::new(babbler, setup(protocol, None));
    bench.run_until(60_000);
    prop_assert!(bench.sent > 10, "it gave up after {} commands", bench.sent);
    prop_assert!(bench.sent < 60 * 50, "{} commands in a minute", bench.sent);
    Ok(())
}

proptest! {
    #[test]
    fn a_pn532_that_babbles_is_asked_on_and_never_in_a_hurry(pieces in babble(&[
        "0000ff00ff00", "0000ff02fed5151600", "0000ff06fad50332010607e800", "0000ff02fed5131800",
        "0000ff02fed533f800", "0000ff03fdd54b00e000", "0000ff0cf4d54b010100040804078cfc4ff000",
        "0000ff01ff7f8100",
    ])) {
        bear(Protocol::Pn532, pieces)?;
    }

    #[test]
    fn an_m100_that_babbles_is_asked_on_and_never_in_a_hurry(pieces in babble(&[
        "bb01280001002a7e", "bb0107000100097e", "bb01ad000100af7e", "bb01b6000100b87e", "bb01080001030d7e",
        "bb01b7000207d0917e", "bb010c0001000e7e", "bb010e000100107e", "bb01ff000115167e", "bb01ff000117187e",
        "bb01ff000120217e", "bb02220011cf3000e280699500005009f1286992620a6d7e",
    ])) {
        bear(Protocol::M100, pieces)?;
    }
}

#[test]
fn watching_a_reader_that_must_be_asked_asks_it_where_no_daemon_does() {
    let folder = tempfile::tempdir().unwrap();
    let badges = Port::new(folder.path(), "badges", Pn532::new());
    let studio = |asked: &str| {
        Studio::new(&format!(
            "[mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[[station]]\nid = \"cage\"\n[[reader]]\nid = \"badges\"\n\
             station = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nbaud = 115200\nprotocol = \"pn532\"\n{asked}",
            badges.path.display()
        ))
    };
    let until = |studio: &Studio, part: &str| {
        let mut command = studio.command(&["readers", "watch", "badges"]);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let found = lines.map(Result::unwrap).find(|line| line.contains(part));
        child.kill().unwrap();
        child.wait().unwrap();
        found.unwrap_or_else(|| panic!("{part} was never said"))
    };
    badges.turn(|knobs| knobs.tags = vec![FOUR.to_vec()]);
    assert!(until(&studio(""), "READ").contains(&hex(&FOUR)));
    assert!(until(&studio("ask = false\n"), "nobody asks").contains("pn532"));
}
