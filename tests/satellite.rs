//! Readers that speak MQTT, as their firmware does: the real program, a real broker, a client where the device would be.
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

use mosquitto::{Collector, Got, Mosquitto, Persistence, wait_for};
use rumqttc::{Client, Event, LastWill, MqttOptions, Packet, QoS};
use serde_json::Value;
use studio::Studio;

const LONG: Duration = Duration::from_secs(40);
const PLAIN: &str = "cagekeeper/v1/studio/reader/phone/scan";

/// A device at the broker: firmware with a will. Dropped, it loses its power.
struct Device {
    client: Client,
    socket_is_cut: mpsc::Sender<()>,
}

impl Device {
    fn new(port: u16, id: &str, will: Option<(&str, &str)>) -> Self {
        let mut options = MqttOptions::new(id, "127.0.0.1", port);
        if let Some((topic, payload)) = will {
            options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, true));
        }
        let (client, mut connection) = Client::new(options, 64);
        let (socket_is_cut, cut) = mpsc::channel();
        let (connected, is_connected) = mpsc::channel();
        std::thread::spawn(move || {
            while cut.try_recv() == Err(mpsc::TryRecvError::Empty) {
                match connection.recv_timeout(Duration::from_millis(20)) {
                    Ok(Ok(Event::Incoming(Packet::ConnAck(_)))) => drop(connected.send(())),
                    Ok(Err(_)) => std::thread::sleep(Duration::from_millis(50)),
                    _ => {}
                }
            }
        });
        is_connected.recv_timeout(LONG).unwrap();
        Self { client, socket_is_cut }
    }

    fn says(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).unwrap();
    }

    fn keeps(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, true, payload).unwrap();
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.socket_is_cut.send(());
    }
}

const TASMOTA: &str = "preset = \"tasmota\"\ndevice = \"door-b\"";
const ESP_HOME: &str =
    "preset = \"esphome\"\ntopic = \"cage/tag\"\ndevice = \"cage\"\nanswer_topic = \"cage/verdict\"";
const ESP_RFID: &str = "preset = \"esp-rfid\"\ntopic = \"/rfid\"\ndevice = \"host-c\"";
const POINTER: &str = "preset = \"pointer\"\ntopic = \"gate/1\"\ntag_pointer = \"/card/uid\"\nanswer_topic = \"gate/lamp\"\n\
                       answers = { done = \"GREEN\", refused = \"RED\" }";

/// A counter where gear goes and comes without a badge.
fn counter(port: u16, readers: &[(&str, &str)]) -> Studio {
    let readers: String = readers
        .iter()
        .map(|(id, keys)| {
            format!("[[reader]]\nid = \"{id}\"\nstation = \"cage\"\nsource = \"mqtt\"\n{keys}\n")
        })
        .collect();
    let studio = Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n[[station]]\nid = \"cage\"\nperson = \"optional\"\n\
         repeat_ms = 0\n{readers}"
    ));
    studio.import(
        "assets",
        "id,name,tags\nfx6,Sony FX6,C-FX6\nlens,Lens,008EC793\nmic,Microphone,74103794\nlamp,Lamp,4aa1b2c3\n\
         tripod,Tripod,04A1B2C3\n",
    );
    studio
}

fn reader(studio: &Studio, id: &str) -> Value {
    let status = studio.ask(&["status", "--json"]);
    let readers = status[0]["readers"].as_array().unwrap();
    readers.iter().find(|reader| reader["id"] == id).cloned().unwrap_or_default()
}

fn wait_reader(studio: &Studio, id: &str, state: &str, detail: &str) {
    wait_for(&format!("{id} to be {state}, {detail:?}"), LONG, || {
        let reader = reader(studio, id);
        (reader["state"] == state && reader["detail"].as_str()?.contains(detail)).then_some(())
    });
}

fn out(studio: &Studio) -> Vec<String> {
    let listed = studio.ask(&["out", "--json"]);
    let rows = listed.first().and_then(Value::as_array).cloned().unwrap_or_default();
    rows.iter().map(|row| row["asset"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The codes of the verdicts on a topic.
fn verdicts(got: &[Got], reader: &str) -> Vec<String> {
    let topic = format!("cagekeeper/v1/studio/reader/{reader}/result");
    let of_reader = got.iter().filter(|got| got.topic == topic && !got.retained);
    of_reader
        .map(|got| {
            serde_json::from_slice::<Value>(&got.payload).unwrap()["code"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn said(got: &[Got], topic: &str) -> Vec<String> {
    let on_topic = got.iter().filter(|got| got.topic == topic);
    on_topic.map(|got| String::from_utf8_lossy(&got.payload).into_owned()).collect()
}

#[test]
fn every_firmware_scans_gear_and_hears_its_verdict() {
    let broker = Mosquitto::start(Persistence::Off);
    let plain = "preset = \"plain\"";
    let readers = [
        ("door-b", TASMOTA),
        ("counter", ESP_HOME),
        ("door-c", ESP_RFID),
        ("gate", POINTER),
        ("phone", plain),
    ];
    let studio = counter(broker.port(), &readers);
    let all = Collector::start(broker.port(), "all", "#");
    let daemon = studio.run();
    readers.iter().for_each(|(id, _)| wait_reader(&studio, id, "reading", ""));
    let device = Device::new(broker.port(), "device", None);
    device.says("tele/door-b/SENSOR", r#"{"Time":"2026-11-23T10:00:00","AM2301":{"Temperature":21.4}}"#);
    device.says("tele/door-b/SENSOR", r#"{"Time":"2026-11-23T10:00:01","RDM6300":{"UID":"008EC793"}}"#);
    device.says("cage/tag", "74-10-37-94");
    device.says(
        "/rfid/send",
        r#"{"type":"heartbeat","time":1,"uptime":9,"ip":"192.168.1.9","hostname":"host-c"}"#,
    );
    let access = r#"{"type":"access","time":2,"isKnown":"false","access":"Denied","username":"Unknown","uid":"4aa1b2c3","door":"HOST"}"#;
    device.says("/rfid/send", &access.replace("HOST", "host-d"));
    device.says("/rfid/send", &access.replace("HOST", "host-c"));
    device.says("gate/1", r#"{"card":{"uid":"04:A1:B2:C3"}}"#);
    device.says(PLAIN, r#"{"tag":"C-FX6","n":1}"#);
    for (id, _) in readers {
        all.wait(&format!("the verdict of {id}"), LONG, |got| verdicts(got, id) == ["checked-out"]);
    }
    all.wait("the beeps, words and lamps", LONG, |got| {
        said(got, "cmnd/door-b/Buzzer") == ["1,2"]
            && said(got, "cage/verdict") == ["done"]
            && said(got, "gate/lamp") == ["GREEN"]
    });
    let mut gone = out(&studio);
    gone.sort();
    assert_eq!(gone, ["fx6", "lamp", "lens", "mic", "tripod"], "{}", daemon.log());
    device.says("tele/door-b/SENSOR", r#"{"Time":"2026-11-23T10:00:09","RDM6300":{"UID":"00FFFFFF"}}"#);
    device.says("gate/1", r#"{"card":{"uid":"nobody"}}"#);
    all.wait("the red answers", LONG, |got| {
        said(got, "cmnd/door-b/Buzzer").len() == 2 && said(got, "gate/lamp") == ["GREEN", "RED"]
    });
    assert_eq!(said(&all.got(), "cmnd/door-b/Buzzer"), ["1,2", "3,4,1"]);
    assert_eq!(said(&all.got(), "/rfid/cmd"), [""; 0], "nothing is sent to where a door listens");
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn a_retained_scan_and_one_told_twice_are_none_and_bad_payloads_are_counted() {
    let broker = Mosquitto::start(Persistence::Off);
    let studio = counter(broker.port(), &[("door-b", TASMOTA), ("phone", "preset = \"plain\"")]);
    let device = Device::new(broker.port(), "device", None);
    let kept = r#"{"Time":"2026-11-23T10:00:00","RDM6300":{"UID":"008EC793"}}"#;
    device.keeps("tele/door-b/SENSOR", kept);
    device.keeps(PLAIN, "C-FX6");
    let results = Collector::start(broker.port(), "results", "cagekeeper/v1/studio/reader/+/result");
    let kept_until_then = Collector::start(broker.port(), "kept", "#");
    kept_until_then
        .wait("the retained scans", LONG, |got| got.iter().filter(|got| got.retained).count() >= 2);
    let daemon = studio.run();
    wait_reader(&studio, "door-b", "reading", "(0 scans, 1 retained and no scans)");
    wait_reader(&studio, "phone", "reading", "(0 scans, 1 retained and no scans)");
    let dated = r#"{"tag":"04A1B2C3","ts":"2026-11-23T10:00:00Z"}"#;
    for payload in [dated, dated, "{\"tag\":", "{\"uid\":\"1\"}", "{\"tag\":\"1\",\"tag\":\"2\"}", "C-FX6"] {
        device.says(PLAIN, payload);
    }
    results.wait("the scans among them", LONG, |got| verdicts(got, "phone").len() >= 2);
    wait_reader(
        &studio,
        "phone",
        "reading",
        "(2 scans, 3 not read, 1 retained and no scans, 1 told again and no scans)",
    );
    assert_eq!(verdicts(&results.got(), "phone"), ["checked-out", "checked-out"]);
    let mut gone = out(&studio);
    gone.sort();
    assert_eq!(gone, ["fx6", "tripod"], "{}", daemon.log());
    assert!(daemon.stop().success());
}

#[test]
fn a_devices_will_says_whether_it_is_there() {
    let broker = Mosquitto::start(Persistence::Off);
    let studio = counter(broker.port(), &[("door-b", TASMOTA), ("counter", ESP_HOME)]);
    let lwt = "tele/door-b/LWT";
    let tasmota = Device::new(broker.port(), "tasmota", Some((lwt, "Offline")));
    tasmota.keeps(lwt, "Online");
    let esp_home = Device::new(broker.port(), "esp", None);
    esp_home.keeps("cage/status", "offline");
    let kept = Collector::start(broker.port(), "kept", "#");
    kept.wait("both wills", LONG, |got| {
        said(got, lwt) == ["Online"] && said(got, "cage/status") == ["offline"]
    });
    let daemon = studio.run();
    wait_reader(&studio, "door-b", "reading", "tele/door-b/SENSOR over MQTT");
    wait_reader(&studio, "counter", "gone", "the device says that it is offline");
    esp_home.keeps("cage/status", "online");
    wait_reader(&studio, "counter", "reading", "");
    drop(tasmota);
    wait_reader(&studio, "door-b", "gone", "the device says that it is offline");
    kept.wait("what the daemon says of it", LONG, |got| {
        let infos = said(got, "cagekeeper/v1/studio/daemon/main/info");
        infos.last().is_some_and(|info| info.contains(r#""id":"door-b","station":"cage","state":"gone""#))
    });
    esp_home.says("tele/door-b/SENSOR", r#"{"Time":"T","RDM6300":{"UID":"008EC793"}}"#);
    wait_reader(&studio, "door-b", "reading", "(1 scan)");
    assert!(daemon.stop().success());
}

#[test]
fn a_broker_that_goes_takes_its_readers_along_and_brings_them_back() {
    let mut broker = Mosquitto::start(Persistence::On);
    let studio = counter(broker.port(), &[("door-b", TASMOTA), ("phone", "preset = \"plain\"")]);
    let daemon = studio.run();
    wait_reader(&studio, "phone", "reading", "");
    broker.kill();
    wait_reader(&studio, "phone", "gone", "");
    wait_reader(&studio, "door-b", "gone", "");
    broker.restart();
    wait_reader(&studio, "phone", "reading", "");
    let device = Device::new(broker.port(), "device", None);
    device.says(PLAIN, "C-FX6");
    wait_reader(&studio, "phone", "reading", "(1 scan)");
    assert_eq!(out(&studio), ["fx6"]);
    assert!(daemon.stop().success());
    // The broker keeps for the daemon what is told meanwhile, once.
    let results = Collector::start(broker.port(), "results", "cagekeeper/v1/studio/reader/+/result");
    device.says(PLAIN, "04A1B2C3");
    let daemon = studio.run();
    results.wait("the scan that waited", LONG, |got| verdicts(got, "phone") == ["checked-out"]);
    let mut gone = out(&studio);
    gone.sort();
    assert_eq!(gone, ["fx6", "tripod"]);
    assert!(daemon.stop().success());
}

#[test]
fn more_scans_at_once_than_a_reader_may_have_undecided_are_all_scans() {
    const SCANS: usize = 600;
    let broker = Mosquitto::start(Persistence::Off);
    let studio = counter(broker.port(), &[("phone", "preset = \"plain\""), ("counter", ESP_HOME)]);
    let daemon = studio.run();
    wait_reader(&studio, "phone", "reading", "");
    let device = Device::new(broker.port(), "device", None);
    for n in 0..SCANS {
        device.says(PLAIN, &format!("NOBODY-{n}"));
    }
    device.says("cage/tag", "74-10-37-94");
    wait_reader(&studio, "phone", "reading", &format!("({SCANS} scans)"));
    wait_reader(&studio, "counter", "reading", "(1 scan)");
    assert!(daemon.stop().success());
}

#[test]
fn a_scan_that_a_dying_daemon_never_read_is_sent_again_and_is_one() {
    let broker = Mosquitto::start(Persistence::Off);
    let studio = counter(broker.port(), &[("phone", "preset = \"plain\"")]);
    let results = Collector::start(broker.port(), "results", "cagekeeper/v1/studio/reader/+/result");
    let mut daemon = studio.run();
    wait_reader(&studio, "phone", "reading", "");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(daemon.child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    let device = Device::new(broker.port(), "device", None);
    device.says(PLAIN, "C-FX6");
    device.says("sent", "after it");
    let after = Collector::start(broker.port(), "after", "sent");
    device.says("sent", "after that");
    after.wait("the broker to have sent it", LONG, |got| !got.is_empty());
    daemon.kill();
    assert_eq!(out(&studio), [""; 0]);
    let daemon = studio.run();
    results.wait("the verdict", LONG, |got| verdicts(got, "phone") == ["checked-out"]);
    wait_reader(&studio, "phone", "reading", "(1 scan)");
    assert_eq!(out(&studio), ["fx6"]);
    assert!(daemon.stop().success());
}
