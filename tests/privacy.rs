//! What of people leaves the house: nothing. A day with people of names that stand out, then everything that was logged at
//! `info`, told over MQTT or put into an address is searched for them in every spelling; then one of them is forgotten.
#![allow(clippy::disallowed_methods, reason = "the real program and a real broker are waited for")]
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

use std::time::Duration;

use mosquitto::{Collector, Mosquitto, Persistence, wait_for};
use serde_json::Value;
use studio::{Gun, Studio};

const LONG: Duration = Duration::from_secs(60);

/// What belongs to people only, in the forms in which it might turn up. The card is written as hex, bare and spaced, and as
/// the decimal numbers that other readers make of it.
const PERSONAL: [&str; 21] = [
    "Quendolyn",
    "Xavierson",
    "Brzeszczykiewicz",
    "Ottokar",
    "xavierson@example.org",
    "+44 7700 900123",
    "7700900123",
    "BADGE-QX-77123",
    "QX-77123",
    "BADGE-OB-88",
    "0D00319CD0",
    "0d00319cd0",
    "0D 00 31 9C D0",
    "00319CD0",
    "0003251408",
    "3251408",
    "55837891792",
    "Xaviers wedding",
    "Meyer Hochzeit KG",
    "cracked by her",
    "s3cret-path",
];

fn studio(port: u16, gun: &Gun) -> Studio {
    let studio = Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n[web]\nlisten = \"127.0.0.1:0\"\n\
         [[station]]\nid = \"cage\"\nroom = \"cage\"\n[[station]]\nid = \"b-door\"\nkind = \"door\"\nroom = \"studio-b\"\n\
         [[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"{}\"\nprotocol = \"line\"\n\
         [[calendar]]\nid = \"house\"\nurl = \"http://127.0.0.1:1/s3cret-path/house.ics\"\n",
        gun.path.display()
    ));
    studio.import("rooms", "id,name\ncage,Cage\nstudio-b,Studio B\n");
    studio.import(
        "people",
        "id,name,role,email,phone,badges,active_until\n\
         qx,Quendolyn Xavierson,attendant,xavierson@example.org,+44 7700 900123,BADGE-QX-77123;0D00319CD0,\n\
         ob,Ottokar Brzeszczykiewicz,crew,,,BADGE-OB-88,2020-01-01\n",
    );
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\nlens,Zoom,C-LENS\nmic,Mic,C-MIC\n");
    let done = |words: &[&str]| {
        let output = studio.verb(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    done(&[
        "booking",
        "add",
        "b-1",
        "--room",
        "studio-b",
        "--person",
        "qx",
        "--title",
        "Xaviers wedding",
        "--client",
        "Meyer Hochzeit KG",
        "--asset",
        "mic",
        "--from=+24h",
        "--to",
        "+30h",
    ]);
    studio
}

/// Scans, and waits until the light has said something.
fn scan(gun: &mut Gun, wall: &Collector, code: &str) {
    let signals = |wall: &Collector| wall.got().iter().filter(|got| got.topic.ends_with("/signal")).count();
    let before = signals(wall);
    gun.scan(code);
    wait_for(&format!("a light for {code}"), LONG, || (signals(wall) > before).then_some(()));
}

/// What of the one who was forgotten is in the bytes of the ledger.
fn left_in(studio: &Studio) -> Vec<&'static str> {
    let files = ["ledger.db", "ledger.db-wal"]
        .map(|file| std::fs::read(studio.path().join(file)).unwrap_or_default());
    let is_left = |secret: &&str| {
        let at =
            |bytes: &[u8]| bytes.windows(secret.len()).any(|it| it.eq_ignore_ascii_case(secret.as_bytes()));
        files.iter().any(|bytes| at(bytes))
    };
    [
        "Quendolyn",
        "Xavierson",
        "xavierson@example.org",
        "7700 900123",
        "BADGE-QX-77123",
        "0D00319CD0",
        "cracked by her",
    ]
    .into_iter()
    .filter(is_left)
    .collect()
}

/// The day happened, and nothing of what was said in it is anybody's own.
fn nothing_personal(log: &str, told: &[(String, String)], addresses: &[String]) {
    for event in ["checked-out", "returned", "condition-noted", "person-entered", "recalled"] {
        let topic = format!("/event/{event}");
        assert!(
            told.iter().any(|(told, _)| told.ends_with(&topic)),
            "no {event} was told: the day did not happen"
        );
    }
    for code in ["person-expired", "unknown-code"] {
        assert!(told.iter().any(|(_, payload)| payload.contains(code)), "nobody was refused as {code}");
    }
    for secret in PERSONAL {
        assert!(!log.contains(secret), "{secret} was logged:\n{log}");
        for (topic, payload) in told {
            assert!(
                !topic.contains(secret) && !payload.contains(secret),
                "{secret} was told: {topic} {payload}"
            );
        }
        assert!(!addresses.iter().any(|address| address.contains(secret)), "{secret} is in {addresses:?}");
    }
}

#[test]
fn nobody_is_named_in_a_log_on_mqtt_or_in_an_address_and_who_is_forgotten_is_gone() {
    let (broker, mut gun) = (Mosquitto::start(Persistence::Off), Gun::new());
    let studio = studio(broker.port(), &gun);
    let wall = Collector::start(broker.port(), "wall", "#");
    let daemon = studio.run();
    wait_for("the daemon to be online", LONG, || {
        wall.texts().iter().any(|text| text == "online").then_some(())
    });

    for code in [
        "BADGE-QX-77123",
        "C-FX6",
        "CK:DONE",
        "0D00319CD0",
        "C-LENS",
        "CK:DAMAGED",
        "CK:DONE",
        "BADGE-OB-88",
        "CK:RETURN",
        "C-LENS",
        "CK:DONE",
        "NOBODY-KNOWS",
    ] {
        scan(&mut gun, &wall, code);
    }
    for words in [
        &["scan", "b-door", "BADGE-QX-77123"][..],
        &["scan", "b-door", "BADGE-OB-88"],
        &["condition", "lens", "damaged", "--note", "cracked by her"],
        &["recall", "fx6"],
        &["calendar", "sync"],
    ] {
        studio.verb(words);
    }
    let addresses: Vec<String> = ["person/qx", "room/studio-b"]
        .iter()
        .map(|of| {
            let shown = studio.verb(&["calendar", "show", of, "--url"]);
            String::from_utf8(shown.stdout).unwrap()
        })
        .collect();
    assert!(addresses.iter().all(|address| address.contains("http")), "{addresses:?}");
    wall.wait("the events of the day", LONG, |got| {
        got.iter().any(|got| got.topic.ends_with("/event/person-entered"))
    });

    let forgotten = studio.verb(&["person", "forget", "qx", "--yes", "--even-so"]);
    assert!(forgotten.status.success(), "{}", String::from_utf8_lossy(&forgotten.stderr));
    let place = String::from_utf8(studio.verb(&["where", "fx6"]).stdout).unwrap();
    assert!(place.contains("somebody who was forgotten"), "{place}");
    wait_for("the bytes of who was forgotten to be gone", LONG, || left_in(&studio).is_empty().then_some(()));
    // The badge is nobody's from now on.
    scan(&mut gun, &wall, "BADGE-QX-77123");
    scan(&mut gun, &wall, "C-FX6");
    let log = daemon.log();
    assert!(daemon.stop().success());

    let told: Vec<(String, String)> = wall
        .got()
        .iter()
        .map(|got| (got.topic.clone(), String::from_utf8_lossy(&got.payload).into_owned()))
        .collect();
    nothing_personal(&log, &told, &addresses);
    assert!(studio.verb(&["verify"]).status.success());
    let others: Value = studio.ask(&["person", "list", "--json"]).remove(0);
    assert!(others.to_string().contains("Ottokar"), "nobody else was forgotten: {others}");
}
