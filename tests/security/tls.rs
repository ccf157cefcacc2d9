//! TLS with client certificates against a real mosquitto, and where passwords and keys may lie.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cagekeeper::config::{Broker, ExternalBroker, MqttConfig};
use cagekeeper::io::mqtt::{Endpoint, Link, LinkEvent, LinkSetup};
use tempfile::TempDir;

use super::mosquitto::{Mosquitto, Persistence, wait_for};
use super::studio::Studio;
use super::{LONG, ROOT, chmod};

fn openssl(dir: &Path, line: &str) {
    let done = Command::new("openssl").args(line.split_whitespace()).current_dir(dir).output();
    let done = done.expect("openssl is missing: run tests/setup, which installs it");
    assert!(done.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&done.stderr));
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// A certificate of the folder's authority, in PEM, for so many days from now.
fn sign(dir: &Path, who: &str, subject: &str, extension: &str, days: i32) {
    std::fs::write(dir.join("ext"), extension).unwrap();
    openssl(dir, &format!("req {KEY} -subj /CN={subject} -keyout {who}.key -out {who}.csr"));
    let by = "-CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext";
    openssl(dir, &format!("x509 -req -in {who}.csr {by} -days {days} -out {who}.pem"));
}

/// An authority, a broker's certificate for `localhost` and a client's.
fn authority() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    openssl(dir.path(), &format!("req -x509 {KEY} -days 2 -subj /CN=studio-ca -keyout ca.key -out ca.pem"));
    sign(dir.path(), "broker", "localhost", "subjectAltName=DNS:localhost\n", 2);
    sign(dir.path(), "client", "cagekeeper", "extendedKeyUsage=clientAuth\n", 2);
    dir
}

fn copy(from: &Path, name: &str, to: &Path, new_name: &str) {
    for end in ["pem", "key"] {
        std::fs::copy(from.join(format!("{name}.{end}")), to.join(format!("{new_name}.{end}"))).unwrap();
    }
}

/// A broker that wants a certificate of its clients, and shows `shown`.
fn broker(dir: TempDir, shown: &str) -> Mosquitto {
    let lines = format!(
        "allow_anonymous true\ncafile DIR/ca.pem\ncertfile DIR/{shown}.pem\nkeyfile DIR/{shown}.key\n\
         require_certificate true\n"
    );
    Mosquitto::within(dir, &lines, Persistence::Off)
}

fn endpoint(port: u16, change: impl FnOnce(&mut ExternalBroker)) -> Endpoint {
    let mut broker = ExternalBroker {
        host: "localhost".into(),
        port,
        tls: false,
        username: None,
        password_file: None,
        ca_file: None,
        cert_file: None,
        key_file: None,
    };
    change(&mut broker);
    let broker = Broker::External(Box::new(broker));
    Endpoint::new(&MqttConfig { broker, names: false, republish_per_s: 100 })
}

fn tls(host: &str, broker: &Mosquitto, ca: &str, client: Option<&str>) -> Endpoint {
    let file = |name: String| -> Option<PathBuf> { Some(broker.dir().join(name)) };
    endpoint(broker.port(), |to| {
        to.host = host.into();
        to.tls = true;
        to.ca_file = file(ca.into());
        to.cert_file = client.and_then(|name| file(format!("{name}.pem")));
        to.key_file = client.and_then(|name| file(format!("{name}.key")));
    })
}

fn link(endpoint: Endpoint) -> Link {
    let status_topic = format!("{ROOT}/daemon/main/status");
    Link::open(LinkSetup { endpoint, client_id: "cagekeeper-studio-main".into(), status_topic })
}

/// One thread, as in the daemon.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, future).await.expect("within a minute") })
}

async fn up(link: &mut Link) {
    while !matches!(link.next().await, LinkEvent::Up { .. }) {}
}

/// Why the first attempt fails.
async fn refusal(endpoint: Endpoint) -> String {
    let mut link = link(endpoint);
    loop {
        match link.next().await {
            LinkEvent::Down { reason } => return reason,
            LinkEvent::Up { .. } => panic!("it connects"),
            _ => {}
        }
    }
}

#[test]
fn tls_with_client_certificates_connects_and_each_failure_is_said() {
    let (dir, other) = (authority(), authority());
    std::fs::copy(other.path().join("ca.pem"), dir.path().join("other-ca.pem")).unwrap();
    copy(other.path(), "client", dir.path(), "stranger");
    sign(dir.path(), "old", "cagekeeper", "extendedKeyUsage=clientAuth\n", -1);
    copy(dir.path(), "client", dir.path(), "open");
    chmod(&dir.path().join("open.key"), 0o644);
    let broker = broker(dir, "broker");
    let open_key = broker.dir().join("open.key").display().to_string();
    run(async {
        let mut good = link(tls("localhost", &broker, "ca.pem", Some("client")));
        up(&mut good).await;
        good.try_publish("a", b"b".to_vec(), false).unwrap();
        while !matches!(good.next().await, LinkEvent::Acked { .. }) {}
        good.shutdown().await;
        let cases = [
            ("localhost", "other-ca.pem", Some("client"), "is not signed by the authority in mqtt.ca_file"),
            ("localhost", "ca.pem", None, "wants a client certificate: set mqtt.cert_file and mqtt.key_file"),
            ("localhost", "ca.pem", Some("stranger"), "refused this client's certificate"),
            ("localhost", "ca.pem", Some("old"), "refused this client's certificate"),
            ("127.0.0.1", "ca.pem", Some("client"), "was not made out for this name"),
            ("localhost", "ca.pem", Some("open"), &format!("run chmod 600 {open_key}")),
            ("localhost", "no-ca.pem", Some("client"), "mqtt.ca_file"),
        ];
        for (host, ca, client, expected) in cases {
            let reason = refusal(tls(host, &broker, ca, client)).await;
            assert!(reason.contains(expected), "expected {expected:?}, got {reason:?}");
        }
        let bare = refusal(endpoint(broker.port(), |_| {})).await;
        assert!(bare.contains("closed the connection"), "{bare}");
    });
}

#[test]
fn a_broker_whose_certificate_has_expired_is_not_trusted() {
    let dir = authority();
    sign(dir.path(), "expired", "localhost", "subjectAltName=DNS:localhost\n", -1);
    let broker = broker(dir, "expired");
    run(async {
        let reason = refusal(tls("localhost", &broker, "ca.pem", Some("client"))).await;
        assert!(reason.contains("has expired, or this machine's clock is wrong"), "{reason}");
    });
}

#[test]
fn a_renewed_certificate_is_used_at_the_next_connection() {
    let (dir, other) = (authority(), authority());
    copy(dir.path(), "client", dir.path(), "renewed");
    copy(other.path(), "client", dir.path(), "client");
    let broker = broker(dir, "broker");
    run(async {
        let mut link = link(tls("localhost", &broker, "ca.pem", Some("client")));
        let LinkEvent::Down { reason } = link.next().await else { panic!("a stranger is let in") };
        assert!(reason.contains("refused this client's certificate"), "{reason}");
        copy(broker.dir(), "renewed", broker.dir(), "client");
        up(&mut link).await;
    });
}

/// A broker that knows `cage` by the password `right`.
fn asking() -> Mosquitto {
    let dir = tempfile::tempdir().unwrap();
    let users = dir.path().join("users");
    let made =
        Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&users).args(["cage", "right"]).status();
    assert!(made.unwrap().success(), "mosquitto_passwd: run tests/setup");
    Mosquitto::within(dir, "allow_anonymous false\npassword_file DIR/users\n", Persistence::Off)
}

fn with_password(url: &str, file: &str) -> Studio {
    Studio::new(&format!(
        "[mqtt]\nurl = \"{url}\"\nusername = \"cage\"\npassword_file = \"{file}\"\n[[station]]\nid = \"cage\"\n"
    ))
}

fn broker_said(studio: &Studio) -> String {
    studio.ask(&["status", "--json"])[0]["broker"].to_string()
}

#[test]
fn a_password_is_a_credential_or_a_file_that_others_cannot_read() {
    let broker = asking();
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let studio = with_password(&url, "password");
    let password = studio.file("password", "right\n");
    chmod(&password, 0o644);
    let daemon = studio.run();
    wait_for("the open file to be refused", LONG, || {
        broker_said(&studio).contains("chmod 600").then_some(())
    });
    let checked = studio.verb(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("chmod 600"), "{checked:?}");
    chmod(&password, 0o600);
    wait_for("the closed one to be used", LONG, || {
        broker_said(&studio).contains("\"connected\"").then_some(())
    });
    assert!(!daemon.log().contains("right"), "{}", daemon.log());
    assert!(daemon.stop().success());

    let given = with_password(&url, "credential:mqtt-password");
    let folder = given.path().join("credentials");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mqtt-password"), "right").unwrap();
    chmod(&folder.join("mqtt-password"), 0o400);
    let mut command = given.command(&["run"]);
    command.env("CREDENTIALS_DIRECTORY", &folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut daemon = command.spawn().unwrap();
    wait_for("the credential to be used", LONG, || {
        let status = given.verb(&["status", "--json"]);
        String::from_utf8_lossy(&status.stdout).contains("\"connected\"").then_some(())
    });
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn a_password_that_would_be_heard_on_the_network_is_warned_of() {
    // 192.0.2.1 is nobody (RFC 5737).
    let studio = with_password("mqtt://192.0.2.1:1883", "password");
    chmod(&studio.file("password", "right\n"), 0o600);
    let daemon = studio.run();
    let log = wait_for("the warning", Duration::from_secs(10), || {
        Some(daemon.log()).filter(|log| log.contains("goes over the network as it is"))
    });
    assert!(log.contains("use mqtts://"), "{log}");
    let checked = studio.verb(&["config", "check"]);
    assert!(String::from_utf8_lossy(&checked.stdout).contains("mqtt.url: the password for 192.0.2.1"));
    drop(daemon);
    let here = with_password("mqtt://127.0.0.1:9", "password");
    chmod(&here.file("password", "right\n"), 0o600);
    assert!(!String::from_utf8_lossy(&here.verb(&["config", "check"]).stdout).contains("over the network"));
}
