//! Payloads as the firmware's own pages and sources have them.

use super::super::{Carrier, RejectKind};
use super::*;

const ROOT: &str = "cagekeeper/v1/studio/reader/door-b";
const LATER: MonoMs = MonoMs(60_000);

fn plain() -> Setup {
    Setup::of(Preset::Plain)
}

fn tasmota() -> Setup {
    Setup { device: Some("door-b".into()), ..Setup::of(Preset::Tasmota) }
}

fn esp_home(topic: &str) -> Setup {
    Setup { topic: Some(topic.into()), ..Setup::of(Preset::EspHome) }
}

fn esp_rfid() -> Setup {
    Setup { topic: Some("/rfid".into()), device: Some("host-c".into()), ..Setup::of(Preset::EspRfid) }
}

fn pointer(pointer: &str) -> Setup {
    Setup { topic: Some("x/y".into()), tag_pointer: Some(pointer.into()), ..Setup::of(Preset::Pointer) }
}

fn message<'a>(topic: &'a str, payload: &'a [u8]) -> Message<'a> {
    Message { topic, payload, retained: false, again: false }
}

/// What is said of one fresh message.
fn heard(setup: Setup, topic: &str, payload: impl AsRef<[u8]>) -> Vec<Heard> {
    Satellite::new(setup, ROOT).handle(message(topic, payload.as_ref()), LATER)
}

/// The code read, `-` for a message that is no scan, or the kind of no.
fn said(heard: &[Heard]) -> String {
    let words = heard.iter().map(|heard| match heard {
        Heard::Decoded(Decoded::Read(read)) => read.payload.clone(),
        Heard::Decoded(Decoded::Rejected(no)) => format!("!{}", no.kind.name()),
        Heard::Decoded(_) => "-".to_owned(),
        Heard::Retained => "!retained".to_owned(),
        Heard::ToldAgain => "!again".to_owned(),
        Heard::Online(online) => format!("online {online}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn table(setup: &Setup, rows: &[(&str, &str, &str)]) {
    for (topic, payload, expected) in rows {
        assert_eq!(said(&heard(setup.clone(), topic, payload)), *expected, "{topic} {payload}");
    }
}

#[test]
fn tasmota_tells_cards_serial_text_and_everything_else() {
    let (sensor, result) = ("tele/door-b/SENSOR", "tele/door-b/RESULT");
    table(
        &tasmota(),
        &[
            (sensor, r#"{"Time":"2021-01-21T16:04:12","RDM6300":{"UID":"008EC793"}}"#, "008EC793"),
            (sensor, r#"{"Time":"2021-01-21T16:04:12","PN532":{"UID":"04A1B2C3D4E5F6"}}"#, "04A1B2C3D4E5F6"),
            (sensor, r#"{"Time":"T","PN532":{"UID":"E6C4F7A1","Data":"","Auth":"Ok"}}"#, "E6C4F7A1"),
            (sensor, r#"{"Time":"T","RC522":{"UID":"BA839D07","Data":"","Type":"MIFARE 1KB"}}"#, "BA839D07"),
            (sensor, r#"{"Time":"2021-01-21T16:04:12","Wiegand":{"UID":7748328,"Size":26}}"#, "7748328"),
            (
                sensor,
                r#"{"Time":"2021-01-21T15:48:49","Wiegand":{"UID":4302741608,"Size":34}}"#,
                "4302741608",
            ),
            (sensor, r#"{"Time":"T","Wiegand":{"UID":"763AE8h","Size":26}}"#, "763AE8"),
            (sensor, r#"{"Time":"T","Wiegand":{"UID":5,"Size":4}}"#, "-"),
            (sensor, r#"{"Time":"T","AM2301":{"Temperature":21.4,"Humidity":48.1},"TempUnit":"C"}"#, "-"),
            (sensor, r#"{"Time":"T","RDM6300":{"UID":"00000000"}}"#, "!absurd"),
            (sensor, r#"{"Time":"T","RDM6300":{}}"#, "!absurd"),
            (sensor, r#"{"Time":"T","RDM6300":"008EC793"}"#, "!absurd"),
            (result, r#"{"SSerialReceived":"C-FX6"}"#, "C-FX6"),
            (result, r#"{"SerialReceived":"C-FX6\r\n"}"#, "C-FX6"),
            (result, r#"{"SSerialReceived":"\u00020D00319CD070\u0003"}"#, "0D00319CD0"),
            (result, r#"{"SSerialReceived":"\u00020D00319CD071\u0003"}"#, "!damaged"),
            (result, r#"{"SSerialReceived":"\u00020D00319C"}"#, "!damaged"),
            (result, r#"{"SSerialReceived":{"temp":7}}"#, "-"),
            (result, r#"{"POWER":"ON"}"#, "-"),
            ("tele/door-b/SSERIALRECEIVED", r#"{"SSerialReceived":"C-FX6"}"#, "C-FX6"),
            ("tele/door-b/LWT", "Online", "online true"),
            ("tele/door-b/LWT", "Offline", "online false"),
            ("tele/door-b/STATE", r#"{"Time":"T","Uptime":"0T00:01:00"}"#, ""),
            ("tele/door-a/SENSOR", r#"{"Time":"T","RDM6300":{"UID":"008EC793"}}"#, ""),
        ],
    );
}

#[test]
fn another_full_topic_of_tasmota_keeps_its_order() {
    let setup = Setup { topic: Some("cage/door-b/tele/SENSOR".into()), ..Setup::of(Preset::Tasmota) };
    let satellite = Satellite::new(setup, ROOT);
    assert_eq!(satellite.topics().status.as_deref(), Some("cage/door-b/tele/LWT"));
    let (topic, payload) = satellite.answer("refused").unwrap();
    assert_eq!((topic.as_str(), payload.as_str()), ("cage/door-b/cmnd/Buzzer", "3,4,1"));
}

#[test]
fn esp_home_publishes_what_its_lambda_makes() {
    table(
        &esp_home("cage/tag"),
        &[
            ("cage/tag", "74-10-37-94", "74103794"),
            ("cage/tag", "04-a1-b2-c3-d4-e5-f6", "04A1B2C3D4E5F6"),
            ("cage/tag", "7616525", "7616525"),
            ("cage/tag", r#"{"uid":"74-10-37-94"}"#, "74103794"),
            ("cage/tag", r#"{"tag":"C-FX6"}"#, "C-FX6"),
            ("cage/tag", "", "-"),
            ("cage/tag", "0", "!absurd"),
            ("cage/tag", r#"{"temperature":7}"#, "!not-mine"),
            ("cage/status", "online", ""),
        ],
    );
    let device = Setup { device: Some("cage".into()), ..esp_home("cage/tag") };
    table(&device, &[("cage/status", "online", "online true"), ("cage/status", "offline", "online false")]);
}

#[test]
fn a_text_sensor_tells_its_last_card_whenever_it_connects() {
    let topic = "cage/sensor/last_tag/state";
    let mut satellite = Satellite::new(esp_home(topic), ROOT);
    satellite.connected(MonoMs(0));
    let mut at = |topic: &str, payload: &str, at_ms| {
        said(&satellite.handle(message(topic, payload.as_bytes()), MonoMs(at_ms)))
    };
    assert_eq!(at(topic, "74-10-37-94", 100), "!again", "the broker has just come");
    assert_eq!(at(topic, "74-10-37-94", SETTLE_MS), "74103794");
    assert_eq!(at("cage/status", "offline", 10_000), "online false");
    assert_eq!(at(topic, "74-10-37-94", 20_000), "!again", "the state comes before the birth");
    assert_eq!(at("cage/status", "online", 20_010), "online true");
    assert_eq!(at(topic, "74-10-37-94", 20_020), "!again");
    assert_eq!(at(topic, "11-22-33-44", 20_010 + SETTLE_MS), "11223344");
    assert_eq!(at("cage/status", "online", 30_000), "online true", "said again without a reason");
    assert_eq!(at(topic, "11-22-33-44", 30_001), "11223344");
}

#[test]
fn esp_rfid_tells_an_access_among_much_else() {
    let send = "/rfid/send";
    let access = r#"{"type":"access","time":1605991375,"isKnown":"true","access":"Always","username":"u","uid":"4aa1b2c3","door":"host-c"}"#;
    table(
        &esp_rfid(),
        &[
            (send, access, "4aa1b2c3"),
            ("/rfid", access, "4aa1b2c3"),
            (send, &access.replace("host-c", "host-d"), ""),
            (send, &access.replace("door", "hostname").replace("isKnown", "isknown"), "4aa1b2c3"),
            (send, &access.replace("4aa1b2c3", " "), "-"),
            (send, r#"{"type":"access","time":1,"access":"Denied"}"#, "!absurd"),
            (send, r#"{"type":"access","time":1,"uid":["4a"],"door":"host-c"}"#, "!absurd"),
            (
                send,
                r#"{"type":"boot","time":1605987212,"uptime":0,"ip":"192.168.1.9","hostname":"host-c"}"#,
                "-",
            ),
            (
                send,
                r#"{"type":"heartbeat","time":1,"uptime":999,"ip":"192.168.1.9","hostname":"host-c"}"#,
                "-",
            ),
            (
                send,
                r#"{"type":"WARN","src":"rfid","desc":"Unknown rfid tag is scanned","data":"4a RC522","time":1,"cmd":"event","hostname":"host-c"}"#,
                "-",
            ),
            (send, r#"{"command":"userfile","uid":"1234","user":"User Name","acctype":1}"#, "-"),
            (
                "/rfid/tag",
                r#"{"uid":"7748328","username":"u","access":"Always","time":1605991375}"#,
                "7748328",
            ),
            ("/rfid/avty", "online", "online true"),
            ("/rfid/cmd", r#"{"cmd":"opendoor"}"#, ""),
        ],
    );
}

#[test]
fn our_own_topic_takes_text_or_json() {
    let scan = "cagekeeper/v1/studio/reader/door-b/scan";
    table(
        &plain(),
        &[
            (scan, "C-FX6", "C-FX6"),
            (scan, "C-FX6\n", "C-FX6"),
            (scan, r#"{"tag":"04A1B2C3","tech":"iso14443a","n":17}"#, "04A1B2C3"),
            (scan, r#"{"tag":5076483}"#, "5076483"),
            (scan, "a\u{7}b", "!absurd"),
            (scan, r#"{"tag":""}"#, "!absurd"),
            (scan, r#"{"uid":"04A1B2C3"}"#, "!not-mine"),
            ("cagekeeper/v1/studio/reader/door-b/status", "offline", "online false"),
            ("cagekeeper/v1/studio/reader/door-c/scan", "C-FX6", ""),
        ],
    );
    let carrier = |payload: &str| match heard(plain(), scan, payload).as_slice() {
        [Heard::Decoded(Decoded::Read(read))] => read.carrier,
        other => panic!("{other:?}"),
    };
    assert_eq!(carrier("C-FX6"), Carrier::Text);
    assert_eq!(carrier(r#"{"tag":"04A1B2C3","tech":"iso14443a"}"#), Carrier::Hf);
    assert_eq!(carrier(r#"{"tag":"C-FX6","tech":"barcode"}"#), Carrier::Text);
}

#[test]
fn a_pointer_finds_its_tag_or_says_so() {
    table(
        &pointer("/card/ids/0"),
        &[
            ("x/y", r#"{"card":{"ids":["04:A1:B2:C3"]}}"#, "04A1B2C3"),
            ("x/y", r#"{"card":{"ids":[17]}}"#, "17"),
            ("x/y", r#"{"card":{"ids":[]}}"#, "!not-mine"),
            ("x/y", r#"{"card":{"ids":[-17]}}"#, "!absurd"),
            ("x/y", r#"{"card":{"ids":[1e400]}}"#, "!damaged"),
            ("x/y", r#"{"card":{"ids":[null]}}"#, "!absurd"),
            ("x/y", "04A1B2C3", "!damaged"),
        ],
    );
    table(&pointer(""), &[("x/y", r#""04A1B2C3""#, "04A1B2C3")]);
}

#[test]
fn hostile_payloads_are_refused_by_kind() {
    let kind = |payload: &[u8]| match heard(tasmota(), "tele/door-b/SENSOR", payload).as_slice() {
        [Heard::Decoded(Decoded::Rejected(no))] => no.kind,
        other => panic!("{other:?}"),
    };
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let wide = format!(r#"{{"RDM6300":{{"UID":"{}"}}}}"#, "A".repeat(PAYLOAD_BYTES_MAX));
    assert_eq!(kind(deep.as_bytes()), RejectKind::Absurd);
    assert_eq!(kind(wide.as_bytes()), RejectKind::Absurd);
    assert_eq!(kind(br#"{"RDM6300":{"UID":"1"},"RDM6300":{"UID":"2"}}"#), RejectKind::Absurd);
    assert_eq!(kind(br#"{"RDM6300":{"UID":"1","UID":"2"}}"#), RejectKind::Absurd);
    assert_eq!(kind(b"[1]"), RejectKind::Absurd);
    assert_eq!(kind(br#"{"RDM6300":{"UID":{"a":1}}}"#), RejectKind::Absurd);
    assert_eq!(kind(br#"{"RDM6300":{"UID":1.5}}"#), RejectKind::Absurd);
    assert_eq!(kind(br#"{"RDM6300":{"UID":"008EC7"#), RejectKind::Damaged);
    assert_eq!(kind(br#"{"RDM6300":{"UID":"008EC793"}}}"#), RejectKind::Damaged);
    assert_eq!(kind(b"\xff\xfe"), RejectKind::Damaged);
    let fits = format!(r#"{{"a":{}1{}}}"#, "[".repeat(JSON_DEPTH_MAX - 1), "]".repeat(JSON_DEPTH_MAX - 1));
    assert_eq!(said(&heard(tasmota(), "tele/door-b/SENSOR", &fits)), "-");
}

#[test]
fn a_retained_scan_is_never_a_scan() {
    for (setup, topic) in
        [(plain(), "cagekeeper/v1/studio/reader/door-b/scan"), (tasmota(), "tele/door-b/SENSOR")]
    {
        let mut satellite = Satellite::new(setup, ROOT);
        let kept =
            Message { retained: true, ..message(topic, b"{\"tag\":\"A\",\"RDM6300\":{\"UID\":\"A1\"}}") };
        assert_eq!(satellite.handle(kept, LATER), [Heard::Retained]);
        assert_eq!(satellite.handle(Message { retained: true, ..message(topic, b"") }, LATER), []);
    }
    let mut satellite = Satellite::new(tasmota(), ROOT);
    let will = Message { retained: true, ..message("tele/door-b/LWT", b"Offline") };
    assert_eq!(satellite.handle(will, LATER), [Heard::Online(false)], "a will may be kept");
}

#[test]
fn what_is_told_twice_is_one_scan() {
    let topic = "cagekeeper/v1/studio/reader/door-b/scan";
    let dated = br#"{"tag":"A","ts":"2026-11-23T09:14:03.512Z"}"#;
    let mut satellite = Satellite::new(plain(), ROOT);
    let mut tell = |payload: &[u8], again: bool, at_ms: u64| {
        said(&satellite.handle(Message { again, ..message(topic, payload) }, MonoMs(at_ms)))
    };
    assert_eq!(tell(dated, false, 0), "A");
    assert_eq!(tell(dated, false, 5_000), "!again", "the device sent it twice");
    assert_eq!(tell(b"B", false, 6_000), "B");
    assert_eq!(tell(b"B", false, 9_000), "B", "nothing tells it from a scan");
    assert_eq!(tell(b"B", true, 12_000), "!again", "the broker says so");
    assert_eq!(tell(b"C", true, 12_000), "C", "marked, and yet never seen");
    assert_eq!(tell(br#"{"tag":"D","n":1}"#, false, 13_000), "D");
    assert_eq!(tell(br#"{"tag":"D","n":1}"#, false, 14_000), "D", "the device may have started anew");
    assert_eq!(tell(b"E", false, 20_000), "E");
    for n in 0..RECENT_MAX {
        tell(format!("F{n}").as_bytes(), false, 20_000);
    }
    assert_eq!(tell(b"E", true, 20_000), "E", "more than can be remembered came between");
}

#[test]
fn answers_go_where_the_device_listens_and_never_to_a_lock() {
    let answer = |setup: &Setup, level: &str| Satellite::new(setup.clone(), ROOT).answer(level);
    let levels: Vec<_> = LEVELS.iter().map(|level| answer(&tasmota(), level).unwrap()).collect();
    assert!(levels.iter().all(|(topic, _)| topic == "cmnd/door-b/Buzzer"), "{levels:?}");
    let beeps: std::collections::BTreeSet<_> = levels.iter().map(|(_, payload)| payload).collect();
    assert_eq!(beeps.len(), LEVELS.len(), "each sounds different");
    for setup in [plain(), esp_home("cage/tag"), esp_rfid(), pointer("/uid")] {
        assert!(LEVELS.iter().all(|level| answer(&setup, level).is_none()), "{setup:?}");
    }
    let told = Setup { answer_topic: Some("cage/answer".into()), ..esp_home("cage/tag") };
    assert_eq!(answer(&told, "ask"), Some(("cage/answer".into(), "ask".into())));
    let chosen = Setup { answers: vec![("refused".into(), "ON".into())], ..told };
    assert_eq!(answer(&chosen, "refused"), Some(("cage/answer".into(), "ON".into())));
    assert_eq!(answer(&chosen, "done"), None);
}

proptest::proptest! {
    #[test]
    fn nothing_that_is_published_breaks_it(payload in proptest::collection::vec(proptest::num::u8::ANY, 0..200), json in "[\\[\\]{}\",:a0 RDM6300UIDtag\\\\u]{0,200}") {
        for (setup, topic) in [
            (plain(), "cagekeeper/v1/studio/reader/door-b/scan"),
            (tasmota(), "tele/door-b/SENSOR"),
            (esp_home("a/b"), "a/b"),
            (esp_rfid(), "/rfid/send"),
            (pointer("/a/0"), "x/y"),
        ] {
            heard(setup.clone(), topic, &payload);
            heard(setup, topic, &json);
        }
    }
}
