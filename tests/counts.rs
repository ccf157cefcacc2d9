//! Counts of a large house, and counts that the power ends: nothing that was counted is lost, and nobody waits.

#![allow(clippy::disallowed_methods, reason = "the real program is started, and time is measured")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

#[path = "real/mosquitto.rs"]
mod mosquitto;
mod stage;
#[path = "real/studio.rs"]
mod studio;

use std::time::{Duration, Instant};

use cagekeeper::domain::command::{Actor, Command};
use cagekeeper::domain::fact::{AssetRegistered, Body, NewFact, RoomRegistered};
use cagekeeper::domain::id::RoomId;
use cagekeeper::domain::person::{Role, Roles};
use cagekeeper::writer::{Batch, Input, Order, Reply};
use mosquitto::{free_port, wait_for};
use serde_json::Value;
use stage::{Stage, moment, now, scan, subject};
use studio::{Gun, Studio};

const LONG: Duration = Duration::from_secs(60);

/// Nobody at a reader waits longer than this for a verdict.
const VERDICT_MAX: Duration = Duration::from_millis(300);

const HOUSE: u32 = 10_000;

/// A cage with so many cameras, and a desk beside the one that counts.
fn house(cameras: u32) -> Stage {
    let mut stage = Stage::new(
        "site = \"studio\"\n[[station]]\nid = \"cage\"\nroom = \"cage\"\nperson = \"optional\"\n\
         [[station]]\nid = \"door\"\nperson = \"optional\"\n",
    );
    let room = RoomRegistered { name: "Cage".into(), hour_rate_cents: None };
    let mut facts =
        vec![NewFact { subject: subject("room/cage"), actor: None, body: Body::RoomRegistered(room) }];
    facts.extend((0..cameras).map(|n| NewFact {
        subject: subject(&format!("asset/cam-{n:05}")),
        actor: None,
        body: Body::AssetRegistered(AssetRegistered {
            name: format!("Camera {n}"),
            home: Some(RoomId::parse("cage").unwrap()),
            ..AssetRegistered::default()
        }),
    }));
    let at = now(moment("07:00"), 3_600_000, true);
    let batch =
        Batch { id: "house".into(), first: 0, facts, identities: Vec::new(), known_seq: None, now: at };
    stage.writer().handle_group(&[Input::Batch(batch)]).unwrap();
    stage
}

fn order(id: &str, command: Command, at: &str) -> Input {
    let by = Actor { person: None, roles: Roles::of(&[Role::Admin]) };
    let now = now(moment(at), 3_600_000, true);
    Input::Order(Box::new(Order { id: id.into(), by, command, confirm: true, now }))
}

fn cage() -> Option<RoomId> {
    Some(RoomId::parse("cage").unwrap())
}

/// The code of a verdict, and how long it took to come.
fn timed(stage: &mut Stage, input: Input) -> (&'static str, Duration) {
    let began = Instant::now();
    let reply = stage.writer().handle_group(&[input]).unwrap().remove(0);
    let Reply::Decided(answer) = reply else { panic!("{reply:?}") };
    (answer.verdict.code(), began.elapsed())
}

#[test]
fn ten_thousand_things_are_missed_and_no_verdict_elsewhere_waits_for_it() {
    let mut stage = house(HOUSE);
    let begin = order("begin", Command::BeginCount { room: cage() }, "08:00");
    assert_eq!(timed(&mut stage, begin).0, "count-mode");
    let (code, took) = timed(&mut stage, Input::Scan(scan("s1", "cage", "CK:COUNT", at("08:01"))));
    assert_eq!(code, "count-mode");
    assert!(took < VERDICT_MAX, "the count went on after {took:?}");
    for n in 0..20 {
        let counted =
            Input::Scan(scan(&format!("f{n}"), "cage", &format!("cam-{:05}", n * 500), at("08:02")));
        let (code, took) = timed(&mut stage, counted);
        assert_eq!(code, "counted");
        assert!(took < VERDICT_MAX, "a thing was counted after {took:?}");
    }
    let (code, took) = timed(&mut stage, Input::Scan(scan("s2", "cage", "CK:COUNT", at("08:03"))));
    assert_eq!(code, "count-not-found");
    let asked = took;
    assert!(asked < VERDICT_MAX, "asked after {asked:?}");
    let (code, took) = timed(&mut stage, Input::Scan(scan("s3", "cage", "CK:CONFIRM", at("08:03:05"))));
    assert_eq!(code, "count-ended");
    assert!(took < VERDICT_MAX, "ended after {took:?}");
    // What is scanned at the door while the missing are noted waits for one portion at most, and is not missed.
    let (mut portions, mut longest, mut more) = (0, Duration::ZERO, true);
    while more {
        let code = format!("cam-{:05}", 9_999 - portions);
        let waiting = Input::Scan(scan(&format!("d{portions}"), "door", &code, at("08:04")));
        let began = Instant::now();
        more = stage.writer().settle().unwrap();
        assert_eq!(timed(&mut stage, waiting).0, "checked-out");
        longest = longest.max(began.elapsed());
        portions += 1;
    }
    assert!(longest < VERDICT_MAX, "a verdict at the door came after {longest:?}");
    assert!(portions > 40, "{portions} portions: it was not noted in portions");
    let missed = stage.facts().iter().filter(|fact| fact.body.kind() == "missed").count();
    let row = stage.reader().count_row("cage").unwrap().unwrap();
    assert_eq!((row.found, row.missing), (20, HOUSE - 20));
    let missing = stage.reader().missing_rows(&row).unwrap();
    // The last was scanned at the door when it had just been missed: it is found again.
    assert_eq!(missing.len(), missed - 1, "what is missing was missed once");
    let summary = stage.reader().summary(moment("08:05")).unwrap();
    assert_eq!(summary.missing, i64::try_from(missing.len()).unwrap(), "the studio in numbers counts them");
    let at_the_door = usize::try_from(portions).unwrap();
    assert!(
        missed + at_the_door >= usize::try_from(HOUSE).unwrap() - 20,
        "{missed} missed, {portions} portions"
    );
    assert!(missed < usize::try_from(HOUSE).unwrap() - 20, "what was seen at the door was missed as well");
    let began = Instant::now();
    assert_eq!(stage.reader().to_look_for(Some(&RoomId::parse("cage").unwrap())).unwrap().len(), 20);
    assert!(began.elapsed() < Duration::from_secs(5), "what to look for took {:?}", began.elapsed());
    assert!(stage.reader().verify().unwrap().is_whole());
    println!(
        "10,000 things: COUNT took {asked:?}, the longest wait at the door was {longest:?} over {portions} portions"
    );
}

fn at(time: &str) -> cagekeeper::time::Now {
    now(moment(time), 3_600_000, true)
}

#[test]
fn a_stop_between_two_portions_is_made_up_for() {
    let mut stage = house(1_000);
    timed(&mut stage, order("begin", Command::BeginCount { room: cage() }, "08:00"));
    timed(&mut stage, order("end", Command::EndCount { room: cage() }, "09:00"));
    assert!(stage.writer().settle().unwrap());
    stage.start();
    while stage.writer().settle().unwrap() {}
    let facts = stage.facts();
    let missed: Vec<_> = facts.iter().filter(|fact| fact.body.kind() == "missed").collect();
    assert_eq!(missed.len(), 1_000);
    assert!(missed.iter().all(|fact| fact.at == moment("09:00")), "as of when the count ended");
    assert!(stage.reader().verify().unwrap().is_whole());
}

fn counting(gun: &Gun) -> Studio {
    Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\nroom = \"cage\"\nperson = \"optional\"\n\
         [[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nprotocol = \"line\"\n",
        free_port(),
        gun.path.display()
    ))
}

fn found(studio: &Studio) -> i64 {
    let output = studio.verb(&["count", "show", "cage", "--json"]);
    serde_json::from_slice::<Value>(&output.stdout).ok().and_then(|said| said["found"].as_i64()).unwrap_or(0)
}

#[test]
fn the_plug_is_pulled_in_the_middle_of_a_count() {
    const THINGS: usize = 60;
    let mut gun = Gun::new();
    let studio = counting(&gun);
    studio.import("rooms", "id,name\ncage,Cage\n");
    let assets = (0..THINGS)
        .fold("id,name,home\n".to_owned(), |text, n| format!("{text}cam-{n:03},Camera {n},cage\n"));
    studio.import("assets", &assets);
    let mut daemon = studio.run();
    gun.scan("CK:COUNT");
    (0..40).for_each(|n| gun.scan(&format!("cam-{n:03}")));
    wait_for("ten things counted", LONG, || (found(&studio) >= 10).then_some(()));
    daemon.kill();
    let before = found(&studio);
    assert!(before >= 10, "counted and gone: {before}");
    let daemon = studio.run();
    // What was never green is scanned again, with all the rest of the shelf but one.
    (0..THINGS - 1).for_each(|n| gun.scan(&format!("cam-{n:03}")));
    wait_for("all but one counted", LONG, || (found(&studio) == 59).then_some(()));
    let next = studio.ask(&["count", "next", "cage", "--json"]);
    assert_eq!(next[0].as_array().unwrap().len(), 1, "{next:?}");
    assert_eq!(next[0][0]["subject"], "asset/cam-059");
    let ended = studio.verb(&["count", "end", "cage"]);
    assert_eq!(ended.status.code(), Some(1), "it asks first");
    assert!(String::from_utf8_lossy(&ended.stdout).contains("with --confirm"), "and says how to answer");
    studio.ask(&["count", "end", "cage", "--confirm", "--json"]);
    let shown = studio.ask(&["count", "show", "cage", "--missing", "--json"]);
    assert_eq!(shown[0][0]["name"], "Camera 59");
    assert_eq!(
        studio.ask(&["count", "list", "--json"])[0].as_array().unwrap().len(),
        1,
        "one count, gone on with"
    );
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
    let out = studio.ask(&["out", "--json"]);
    assert_eq!(out[0].as_array().unwrap().len(), 0, "nothing went out by a count");
}

#[test]
fn without_a_daemon_a_count_is_begun_listed_and_ended_by_hand() {
    let gun = Gun::new();
    let studio = counting(&gun);
    studio.import("rooms", "id,name\ncage,Cage\nstudio-b,Studio B\n");
    studio.import(
        "assets",
        "id,name,home\ncam-1,Sony FX6,cage\ncam-2,Canon C70,cage\nlamp-1,Aputure 600d,studio-b\n",
    );
    let scan = |code: &str| studio.verb(&["scan", "cage", code, "--json"]);
    let next = |what: &str| -> Vec<String> {
        let rows = studio.ask(&["count", "next", what, "--json"]);
        rows[0].as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(next("cage"), ["asset/cam-2", "asset/cam-1"], "never seen, by name");
    scan("cam-2");
    studio.ask(&["return", "cam-2", "--json"]);
    assert_eq!(next("cage"), ["asset/cam-1", "asset/cam-2"], "never seen before lately seen");
    assert_eq!(studio.verb(&["count", "end", "cage"]).status.code(), Some(1), "none is open");
    studio.ask(&["count", "begin", "cage", "--json"]);
    for code in ["CK:COUNT", "cam-1", "lamp-1", "NOBODY-KNOWS"] {
        scan(code);
    }
    assert_eq!(next("cage"), ["asset/cam-2"], "seen before the count began is not seen in it");
    let part = |which: &str| studio.ask(&["count", "show", "cage", which, "--json"]).remove(0);
    assert_eq!(part("--unknown")[0]["code"], "NOBODY-KNOWS");
    assert_eq!(part("--elsewhere")[0]["subject"], "asset/lamp-1");
    assert_eq!(part("--missing")[0]["subject"], "asset/cam-2");
    let said = studio.verb(&["count", "end", "Cage", "--confirm"]);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.contains("Counted Cage: 1 of 2 found, 1 missing, 1 belong elsewhere"), "{text}");
    let shown = String::from_utf8_lossy(&studio.verb(&["count", "show", "cage"]).stdout).into_owned();
    assert!(shown.contains("Canon C70") && shown.contains("missing"), "{shown}");
    let place = String::from_utf8_lossy(&studio.verb(&["where", "cam-2"]).stdout).into_owned();
    assert!(place.contains("a count did not find it"), "{place}");
    let listed = studio.ask(&["count", "list", "--json"]);
    assert_eq!((&listed[0][0]["state"], &listed[0][0]["missing"]), (&"ended".into(), &1.into()));
    studio.ask(&["count", "begin", "--json"]);
    studio.ask(&["count", "cancel", "--json"]);
    assert_eq!(studio.ask(&["count", "show", "--json"])[0]["state"], "cancelled");
    let nobody = studio.verb(&["count", "show", "attic"]);
    assert_eq!(nobody.status.code(), Some(1), "{}", String::from_utf8_lossy(&nobody.stderr));
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn an_import_while_a_count_is_open_disturbs_nothing_counted_and_is_not_missed() {
    let gun = Gun::new();
    let studio = counting(&gun);
    studio.import("rooms", "id,name\ncage,Cage\nstudio-b,Studio B\n");
    studio.import("assets", "id,name,home\ncam-1,Sony FX6,cage\ncam-2,Canon C70,cage\n");
    studio.ask(&["count", "begin", "cage", "--json"]);
    for code in ["CK:COUNT", "cam-1", "cam-2"] {
        studio.verb(&["scan", "cage", code]);
    }
    assert_eq!(found(&studio), 2);
    let moved = "id,name,home\ncam-1,Sony FX6 A,cage\ncam-2,Canon C70,studio-b\ncam-3,Canon C80,cage\n";
    studio.import("assets", moved);
    assert_eq!(found(&studio), 2, "what was found stays found, wherever it belongs from now on");
    let next = studio.ask(&["count", "next", "cage", "--json"]);
    assert_eq!(
        next[0].as_array().unwrap().len(),
        0,
        "what came into the house since is not expected: {next:?}"
    );
    let ended = studio.verb(&["count", "end", "cage"]);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(said.contains("Counted Cage: 2 of 2 found"), "{said}");
    assert!(studio.verb(&["verify"]).status.success());
}
