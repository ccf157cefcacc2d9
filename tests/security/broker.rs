//! A hostile client at the broker: it says anything on every topic, as often and as long as it likes.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use super::mosquitto::{Collector, Mosquitto, Persistence, wait_for};
use super::studio::{Gun, Studio};
use super::{LONG, ROOT, chmod, kinds, repository, resident_kb};

/// Somebody at the broker who may publish wherever they like.
struct Hostile {
    client: Client,
    confirmed: mpsc::Receiver<()>,
}

impl Hostile {
    fn new(port: u16) -> Self {
        let mut options = MqttOptions::new("hostile", "127.0.0.1", port);
        options.set_max_packet_size(1 << 24, 1 << 24);
        let (client, mut connection) = Client::new(options, 1 << 14);
        let (confirms, confirmed) = mpsc::channel();
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::PubAck(_))) => drop(confirms.send(())),
                    Err(_) => return,
                    _ => {}
                }
            }
        });
        Self { client, confirmed }
    }

    fn says(&self, topic: &str, retain: bool, payload: impl Into<Vec<u8>>) {
        self.client.publish(format!("{ROOT}/{topic}"), QoS::AtMostOnce, retain, payload).unwrap();
    }

    /// Waits until the broker has taken all that was said before.
    fn all_is_said(&self) {
        self.client.publish("hostile/end", QoS::AtLeastOnce, false, "").unwrap();
        self.confirmed.recv_timeout(LONG).unwrap();
    }
}

/// Topics that the daemon listens to, and those that it alone should publish on.
const HEARD: [&str; 5] =
    ["reader/phone/scan", "reader/phone/status", "door/studio-b/request", "door/nowhere/request", "replay"];
const OURS: [&str; 9] = [
    "daemon/main/status",
    "daemon/main/info",
    "asset/fx6",
    "event/checked-out",
    "station/cage/signal",
    "summary",
    "reader/phone/result",
    "door/studio-b/answer",
    "cmd/verify",
];

fn payloads() -> Vec<Vec<u8>> {
    let nested = "[".repeat(20_000);
    let texts = [
        "",
        " ",
        "null",
        "{}",
        "[]",
        "\"",
        "{\"badge\":",
        "{\"tag\":{}}",
        "{\"from\":-9,\"to\":9223372036854775807}",
        "{\"from\":1e99,\"to\":\"x\"}",
        "{\"badge\":\"x\",\"id\":\"x\",\"way\":\"up\"}",
        "{\"granted\":true}",
        "{\"head_seq\":9223372036854775807,\"origin\":\"000000000000\"}",
        "CK:CONFIRM",
        "CK:RETURN",
        "C-FX6",
        "offline",
        "\u{1b}[2J\u{7}",
        "{\"tag\":\"C-FX6\",\"ts\":\"0\"}",
        &nested,
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(vec![0xff; 300]);
    all.push(vec![b'x'; 60_000]);
    all
}

/// `port` of the broker, with the rest of `[mqtt]` behind it.
fn house(port: &str, gun: &Gun) -> Studio {
    let studio = Studio::new(&format!(
        "[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n[[station]]\nid = \"cage\"\n[[station]]\nid = \"b-door\"\n\
         kind = \"door\"\nroom = \"studio-b\"\n[[station]]\nid = \"side\"\n[[reader]]\nid = \"phone\"\nstation = \"side\"\n\
         source = \"mqtt\"\npreset = \"plain\"\n[[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\n\
         path = \"{}\"\nprotocol = \"line\"\n",
        gun.path.display()
    ));
    studio.import("rooms", "id,name\nstudio-b,Studio B\n");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\nlens,Lens,C-LENS\n");
    studio
}

fn is_out(studio: &Studio, asset: &str) -> bool {
    studio.ask(&["out", "--json"])[0].as_array().unwrap().iter().any(|row| row["asset"] == asset)
}

#[test]
fn a_hostile_client_on_every_topic_moves_nothing_and_stops_nobody() {
    let (broker, mut gun) = (Mosquitto::start(Persistence::Off), Gun::new());
    let studio = house(&broker.port().to_string(), &gun);
    let hostile = Hostile::new(broker.port());
    for topic in HEARD {
        // Kept from before the daemon was there: it is told these with the mark that they are old.
        hostile.says(topic, true, "C-FX6");
    }
    hostile.all_is_said();
    let listener = Collector::start(broker.port(), "wall", &format!("{ROOT}/#"));
    let before = kinds(&studio);
    let daemon = studio.run();
    let pid = daemon.child.id();
    wait_for("the daemon to listen", LONG, || {
        let phone = studio.ask(&["status", "--json"])[0]["readers"][0]["state"].clone();
        (phone == json!("reading")).then_some(())
    });
    let idle_kb = resident_kb(pid);
    for topic in HEARD.iter().chain(&OURS) {
        for payload in payloads() {
            for retain in [false, true] {
                hostile.says(topic, retain, payload.clone());
            }
        }
    }
    // More than the daemon takes in one piece, and more than it can do at once.
    hostile.says("reader/phone/scan", false, vec![b'x'; (1 << 20) + 1_000]);
    for n in 0..1_000 {
        hostile.says("door/studio-b/request", false, format!("{{\"badge\":\"GUESS-{n}\",\"id\":{n}}}"));
        hostile.says("replay", false, "{\"from\":1,\"to\":1000000}");
    }
    hostile.all_is_said();
    gun.scan("B-ANA");
    gun.scan("C-LENS");
    wait_for("the desk to go on", LONG, || is_out(&studio, "lens").then_some(()));
    assert!(!is_out(&studio, "fx6"), "nobody took it");
    let door_goes_on = |listener: &Collector| {
        hostile.says("door/studio-b/request", false, "{\"badge\":\"B-ANA\",\"id\":\"last\"}");
        std::thread::sleep(Duration::from_millis(200));
        listener.got().iter().any(|got| {
            let answer: Value = serde_json::from_slice(&got.payload).unwrap_or_default();
            got.topic.ends_with("/answer") && answer["id"] == "last"
        })
    };
    wait_for("the door to go on", LONG, || door_goes_on(&listener).then_some(()));
    // Whoever may publish for a reader or a door is that reader: where no badge was shown, gear is seen there, and stays.
    let facts = studio.ask(&["facts", "--json", "--limit", "100000"]);
    for fact in &facts[before.len()..] {
        let at = (fact["kind"].as_str().unwrap(), fact["station"].as_str().unwrap());
        assert!(
            [("checked-out", "cage"), ("sighted", "side"), ("sighted", "b-door")].contains(&at),
            "{fact}"
        );
    }
    assert_eq!(kinds(&studio).iter().filter(|kind| *kind == "checked-out").count(), 1);
    let told_true =
        listener.got().iter().rev().find(|got| got.topic == format!("{ROOT}/asset/lens")).cloned();
    let told_true: Value = serde_json::from_slice(&told_true.unwrap().payload).unwrap();
    assert_eq!(told_true["state"], "out");
    let grown_kb = resident_kb(pid).saturating_sub(idle_kb);
    assert!(grown_kb < 48 * 1024, "{grown_kb} kB more than idle");
    let log = daemon.log();
    assert!(
        log.lines().count() < 200,
        "one line for each message would fill the journal: {}",
        log.lines().count()
    );
    for quoted in ["C-FX6", "GUESS-", "B-ANA", "\u{1b}"] {
        assert!(!log.contains(quoted), "{quoted:?} is in the log");
    }
    assert!(daemon.stop().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn with_the_rules_of_the_example_a_device_speaks_for_itself_alone() {
    let dir = tempfile::tempdir().unwrap();
    let rules = std::fs::read_to_string(repository("config/examples/mosquitto.acl")).unwrap();
    // The test itself hears everything, without a name.
    std::fs::write(dir.path().join("acl"), format!("topic read #\n\n{rules}")).unwrap();
    for user in ["cagekeeper", "phone", "lock-studio-b", "display"] {
        let make: &[&str] = if user == "cagekeeper" { &["-c", "-b"] } else { &["-b"] };
        let made = Command::new("mosquitto_passwd")
            .args(make)
            .arg(dir.path().join("users"))
            .args([user, user])
            .status();
        assert!(made.unwrap().success(), "mosquitto_passwd: run tests/setup");
    }
    let lines = "allow_anonymous true\npassword_file DIR/users\nacl_file DIR/acl\n";
    let (broker, gun) = (Mosquitto::within(dir, lines, Persistence::Off), Gun::new());
    let port = broker.port();
    let studio = house(&format!("{port}\"\nusername = \"cagekeeper\"\npassword_file = \"password"), &gun);
    chmod(&studio.file("password", "cagekeeper\n"), 0o600);
    let listener = Collector::start(port, "wall", &format!("{ROOT}/#"));
    let daemon = studio.run();
    wait_for("the daemon to listen", LONG, || {
        (studio.ask(&["status", "--json"])[0]["readers"][0]["state"] == "reading").then_some(())
    });
    // A connection for each message: mosquitto may end one that was denied something.
    let says = |user: &str, topic: &str, retain: bool, payload: &str| {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-u", user, "-P", user, "-i", user]);
        command.args(["-t", &format!("{ROOT}/{topic}"), "-m", payload]).args(retain.then_some("-r"));
        assert!(command.status().unwrap().success(), "{user} {topic}");
    };
    for user in ["phone", "lock-studio-b", "display"] {
        for topic in HEARD.iter().chain(&OURS) {
            says(user, topic, true, &format!("FORGED by {user}"));
        }
    }
    says("phone", "reader/phone/scan", false, "C-FX6");
    says("lock-studio-b", "door/studio-b/request", false, "{\"badge\":\"B-ANA\",\"id\":\"1\"}");
    listener.wait("the devices' own answers", LONG, |got| {
        ["reader/phone/result", "door/studio-b/answer"].iter().all(|topic| {
            got.iter().any(|got| got.topic == format!("{ROOT}/{topic}") && got.payload.starts_with(b"{"))
        })
    });
    let mut forged: Vec<(String, String)> = listener
        .got()
        .iter()
        .filter_map(|got| {
            Some((got.topic.strip_prefix(ROOT)?.to_owned(), String::from_utf8(got.payload.clone()).ok()?))
        })
        .filter(|(_, payload)| payload.starts_with("FORGED"))
        .collect();
    forged.sort();
    forged.dedup();
    let own = [
        ("/door/studio-b/request", "lock-studio-b"),
        ("/reader/phone/scan", "phone"),
        ("/reader/phone/status", "phone"),
        ("/replay", "display"),
    ];
    let own: Vec<_> =
        own.iter().map(|(topic, user)| ((*topic).to_owned(), format!("FORGED by {user}"))).collect();
    assert_eq!(forged, own, "each on its own topics, and nobody on ours");
    assert!(daemon.stop().success());
}
