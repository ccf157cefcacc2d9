//! Doors of rooms: the real program, a real broker, a lock that asks, and a reader of the station's own.
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

use std::sync::mpsc;
use std::time::Duration;

use mosquitto::{Collector, Mosquitto, Persistence, wait_for};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use studio::{Daemon, Gun, Studio};

const LONG: Duration = Duration::from_secs(40);
const SHORT: Duration = Duration::from_millis(1_200);
const ROOT: &str = "cagekeeper/v1/studio";

/// A lock of somebody else's at the broker.
struct Lock {
    client: Client,
}

impl Lock {
    fn new(port: u16) -> Self {
        let (client, mut connection) = Client::new(MqttOptions::new("lock", "127.0.0.1", port), 64);
        let (connected, is_connected) = mpsc::channel();
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => drop(connected.send(())),
                    Err(_) => return,
                    _ => {}
                }
            }
        });
        is_connected.recv_timeout(LONG).unwrap();
        Self { client }
    }

    fn publishes(&self, room: &str, retain: bool, payload: &str) {
        let topic = format!("{ROOT}/door/{room}/request");
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).unwrap();
    }

    fn asks(&self, room: &str, payload: &Value) {
        self.publishes(room, false, &payload.to_string());
    }
}

/// A studio with a door, a scanner at it, and a booking of the room that is now.
fn studio(port: u16, gun: &Gun) -> Studio {
    let studio = Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n[[station]]\nid = \"b-door\"\nkind = \"door\"\nroom = \"studio-b\"\n\
         repeat_ms = 300\n[[reader]]\nid = \"b-in\"\nstation = \"b-door\"\nway = \"in\"\nsource = \"serial\"\n\
         path = \"{}\"\nprotocol = \"line\"\n",
        gun.path.display()
    ));
    studio.import("rooms", "id,name\nstudio-b,Studio B\n");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\nbo,Bo Reid,B-BO\n");
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\n");
    let booking =
        ["booking", "add", "b-1", "--room", "studio-b", "--person", "ana", "--from=-1h", "--to", "+2h"];
    let output = studio.verb(&booking);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    studio
}

/// The daemon, once it listens at the broker.
fn running(studio: &Studio, listener: &Collector) -> Daemon {
    let before = online(listener);
    let daemon = studio.run();
    wait_for("the daemon to be online", LONG, || (online(listener) > before).then_some(()));
    daemon
}

fn online(listener: &Collector) -> usize {
    listener.texts().iter().filter(|text| *text == "online").count()
}

fn answers(listener: &Collector) -> Vec<Value> {
    let got = listener.got();
    let of_door = got.iter().filter(|got| got.topic.ends_with("/answer"));
    of_door
        .map(|got| {
            assert!(!got.retained, "an answer is never retained");
            let mut answer: Value = serde_json::from_slice(&got.payload).unwrap();
            answer["topic"] = json!(got.topic);
            answer
        })
        .collect()
}

fn answer(listener: &Collector, id: &str) -> Value {
    wait_for(&format!("the answer {id}"), LONG, || {
        answers(listener).into_iter().find(|answer| answer["id"] == id)
    })
}

/// Asks until the daemon hears: its listening connection comes up by itself.
fn heard(lock: &Lock, listener: &Collector) {
    let mut times = 0;
    wait_for("the daemon to hear requests", LONG, || {
        times += 1;
        lock.asks("nowhere", &json!({ "badge": "x", "id": format!("hello-{times}") }));
        std::thread::sleep(Duration::from_millis(200));
        answers(listener).iter().any(|answer| answer["id"] == format!("hello-{times}")).then_some(())
    });
}

fn facts(studio: &Studio, kind: &str) -> u32 {
    let conn = rusqlite::Connection::open(studio.path().join("ledger.db")).unwrap();
    conn.query_row("SELECT count(*) FROM fact WHERE kind = ?1", [kind], |row| row.get(0)).unwrap()
}

#[test]
fn a_lock_asks_and_is_answered_and_nobody_is_named() {
    let (broker, mut gun) = (Mosquitto::start(Persistence::Off), Gun::new());
    let studio = studio(broker.port(), &gun);
    let listener = Collector::start(broker.port(), "wall", &format!("{ROOT}/#"));
    let daemon = running(&studio, &listener);
    let lock = Lock::new(broker.port());
    heard(&lock, &listener);

    lock.asks("studio-b", &json!({ "badge": "B-ANA", "id": "1" }));
    let granted = answer(&listener, "1");
    assert_eq!(facts(&studio, "person-entered"), 1, "granted before it was on the disk");
    assert_eq!(granted["topic"], format!("{ROOT}/door/studio-b/answer"));
    assert_eq!((&granted["granted"], &granted["way"]), (&json!(true), &json!("in")), "{granted}");
    assert_eq!(
        (&granted["code"], &granted["booking"]),
        (&json!("access-granted"), &json!("b-1")),
        "{granted}"
    );
    assert!(granted["until"].is_string() && granted["person"].is_string() && granted["reason"].is_null());
    let inside = studio.ask(&["room", "show", "studio-b", "--json"]);
    assert_eq!(inside[0]["inside"][0]["person_handle"], "ana", "{inside:?}");

    lock.asks("studio-b", &json!({ "tag": "B-BO", "id": "2" }));
    let refused = answer(&listener, "2");
    assert_eq!(
        (&refused["granted"], &refused["reason"]),
        (&json!(false), &json!("booked-by-other")),
        "{refused}"
    );
    for (id, payload, reason) in [
        ("3", json!({ "badge": "4711", "id": "3" }), "unknown-code"),
        ("4", json!({ "badge": "C-FX6", "id": "4" }), "not-a-badge"),
        ("5", json!({ "badge": "CK:CONFIRM", "id": "5" }), "not-a-badge"),
    ] {
        lock.asks("studio-b", &payload);
        let refused = answer(&listener, id);
        assert_eq!((&refused["granted"], &refused["reason"]), (&json!(false), &json!(reason)), "{refused}");
    }
    lock.asks("attic", &json!({ "badge": "B-ANA", "id": "6" }));
    assert_eq!(answer(&listener, "6")["reason"], "no-door");
    lock.publishes("studio-b", false, "{\"badge\":");
    let is_malformed = |answer: &Value| answer["reason"] == "malformed-request";
    wait_for("a request that is none to be refused", LONG, || {
        answers(&listener).iter().any(is_malformed).then_some(())
    });
    lock.asks("studio-b", &json!({ "badge": "B-ANA", "id": "7", "way": "out" }));
    let left = answer(&listener, "7");
    assert_eq!(
        (&left["granted"], &left["way"], &left["code"]),
        (&json!(true), &json!("out"), &json!("person-left"))
    );

    // A reader of the station's own is answered beside its light, for whoever has a lock on wires.
    gun.scan("B-ANA");
    let is_of_reader = |answer: &Value| answer["reader"] == "b-in" && answer["granted"] == true;
    wait_for("the answer to the station's own reader", LONG, || {
        answers(&listener).iter().any(is_of_reader).then_some(())
    });
    listener.wait("the events", LONG, |got| {
        let of = |kind: &str| got.iter().filter(|got| got.topic.ends_with(kind)).count();
        of("/event/person-entered") == 2 && of("/event/person-left") == 1
    });
    let log = daemon.log();
    let mut told: Vec<String> = listener
        .got()
        .iter()
        .filter(|got| !got.topic.ends_with("/request"))
        .map(|got| String::from_utf8_lossy(&got.payload).into_owned())
        .collect();
    told.push(log);
    for secret in ["Ana", "Lima", "Reid", "B-ANA", "B-BO"] {
        assert!(!told.iter().any(|text| text.contains(secret)), "{secret} was told");
    }
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn what_was_retained_or_is_too_long_opens_nothing() {
    let (broker, gun) = (Mosquitto::start(Persistence::Off), Gun::new());
    let studio = studio(broker.port(), &gun);
    let listener = Collector::start(broker.port(), "wall", &format!("{ROOT}/#"));
    let lock = Lock::new(broker.port());
    lock.publishes("studio-b", true, "{\"badge\":\"B-ANA\",\"id\":\"kept\"}");
    let daemon = running(&studio, &listener);
    heard(&lock, &listener);
    let long = format!("{{\"badge\":\"B-ANA\",\"id\":\"long\",\"more\":\"{}\"}}", "x".repeat(2_000));
    lock.publishes("studio-b", false, &long);
    lock.asks("studio-b", &json!({ "badge": "B-BO", "id": "last" }));
    answer(&listener, "last");
    let ids: Vec<Value> = answers(&listener).iter().map(|answer| answer["id"].clone()).collect();
    assert!(!ids.contains(&json!("kept")) && !ids.contains(&json!("long")), "{ids:?}");
    assert_eq!(facts(&studio, "person-entered"), 0);
    let log = daemon.log();
    assert!(log.contains("was dropped") && log.contains("retained") && log.contains("longer than"), "{log}");
}

#[test]
fn nothing_is_granted_before_the_commit() {
    let (broker, gun) = (Mosquitto::start(Persistence::Off), Gun::new());
    let studio = studio(broker.port(), &gun);
    let listener = Collector::start(broker.port(), "wall", &format!("{ROOT}/#"));
    let _daemon = running(&studio, &listener);
    let lock = Lock::new(broker.port());
    heard(&lock, &listener);
    let conn = rusqlite::Connection::open(studio.path().join("ledger.db")).unwrap();
    conn.busy_timeout(LONG).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock.asks("studio-b", &json!({ "badge": "B-ANA", "id": "1" }));
    std::thread::sleep(SHORT);
    assert!(!answers(&listener).iter().any(|answer| answer["id"] == "1"), "answered before the commit");
    conn.execute_batch("ROLLBACK").unwrap();
    assert_eq!(answer(&listener, "1")["granted"], true);
}

#[test]
fn a_crash_forgets_nobody_and_a_late_request_opens_nothing() {
    let (broker, gun) = (Mosquitto::start(Persistence::On), Gun::new());
    let studio = studio(broker.port(), &gun);
    let listener = Collector::start(broker.port(), "wall", &format!("{ROOT}/#"));
    let mut daemon = running(&studio, &listener);
    let lock = Lock::new(broker.port());
    heard(&lock, &listener);
    lock.asks("studio-b", &json!({ "badge": "B-ANA", "id": "1" }));
    assert_eq!(answer(&listener, "1")["granted"], true);
    daemon.kill();
    lock.asks("studio-b", &json!({ "badge": "B-BO", "id": "while-away" }));
    std::thread::sleep(SHORT);
    let daemon = running(&studio, &listener);
    heard(&lock, &listener);
    let inside = studio.ask(&["room", "show", "studio-b", "--json"]);
    assert_eq!(inside[0]["inside"][0]["booking"], "b-1", "{inside:?}");
    lock.asks("studio-b", &json!({ "badge": "B-ANA", "id": "2", "way": "out" }));
    assert_eq!(answer(&listener, "2")["code"], "person-left");
    assert!(
        !answers(&listener).iter().any(|answer| answer["id"] == "while-away"),
        "whoever asked then has gone"
    );
    let hours = studio.ask(&["room", "hours", "studio-b", "--to", "+3h", "--json"]);
    let room = &hours[0]["rooms"][0];
    assert_eq!((&room["room"], &room["booked_ms"]), (&json!("studio-b"), &json!(3 * 3_600_000)), "{hours:?}");
    let used_ms = room["used_ms"].as_i64().unwrap();
    assert!((1..60_000).contains(&used_ms) && room["person_ms"] == json!(used_ms), "{hours:?}");
    assert_eq!(room["bookings"][0]["booking"], "b-1");
    let text = String::from_utf8(studio.verb(&["room", "hours"]).stdout).unwrap();
    assert!(text.contains("studio-b") && text.contains("b-1"), "{text}");
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}
