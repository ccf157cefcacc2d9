//! `[mqtt]`: which broker, and whether the keys beside it fit it.

use std::net::{Ipv4Addr, SocketAddr};

use super::reading::Reading;
use super::secret;
use super::section::{Section, Setting};
use super::{Broker, ExternalBroker};

const PORT: u16 = 1883;
const PORT_TLS: u16 = 8883;

/// The keys that only a broker on the network has, and those that only an encrypted connection has.
const EXTERNAL_KEYS: [&str; 2] = ["username", "password_file"];
const TLS_KEYS: [&str; 3] = ["ca_file", "cert_file", "key_file"];

/// The broker that `[mqtt]` describes.
pub(super) fn broker(section: &Section<'_>, reading: &mut Reading<'_>) -> Broker {
    if section.setting("url").is_some() { external(section, reading) } else { embedded(section, reading) }
}

fn embedded(section: &Section<'_>, reading: &mut Reading<'_>) -> Broker {
    for key in EXTERNAL_KEYS.iter().chain(&TLS_KEYS) {
        section.misplaced(
            key,
            "it only beside `url`: the embedded broker asks nobody",
            &mut reading.problems,
        );
    }
    let listen = listen_address(section, reading);
    Broker::Embedded { listen: listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))) }
}

fn external(section: &Section<'_>, reading: &mut Reading<'_>) -> Broker {
    section.misplaced(
        "listen",
        "`url` for another broker or `listen` for the embedded one",
        &mut reading.problems,
    );
    let url = url(section, reading);
    if url.as_ref().is_some_and(|url| !url.tls) {
        for key in TLS_KEYS {
            section.misplaced(key, "it only with a url that begins with mqtts://", &mut reading.problems);
        }
    }
    together(section, reading);
    let username = section.read("username", "a name that is not empty", &mut reading.problems, |setting| {
        setting.text().filter(|name| !name.is_empty()).map(str::to_owned)
    });
    let url = url.unwrap_or(Url { host: String::new(), port: PORT, tls: false });
    Broker::External(Box::new(ExternalBroker {
        host: url.host,
        port: url.port,
        tls: url.tls,
        username,
        password_file: secret::file(section, "password_file", reading),
        ca_file: secret::file(section, "ca_file", reading),
        cert_file: secret::file(section, "cert_file", reading),
        key_file: secret::file(section, "key_file", reading),
    }))
}

impl ExternalBroker {
    /// Whether its password is sent over a network without encryption. To this machine itself it is not.
    pub fn bares_its_password(&self) -> bool {
        let is_here = self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        self.password_file.is_some() && !self.tls && !is_here
    }
}

/// Keys that say nothing without another one.
fn together(section: &Section<'_>, reading: &mut Reading<'_>) {
    for (key, other) in [("password_file", "username"), ("cert_file", "key_file"), ("key_file", "cert_file")]
    {
        if section.setting(key).is_some() && section.setting(other).is_none() {
            section.wrong(key, &format!("`{other}` beside it"), &mut reading.problems);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Url {
    host: String,
    port: u16,
    tls: bool,
}

const URL: &str = "mqtt://HOST:PORT or mqtts://HOST:PORT";

fn url(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<Url> {
    let text = section.setting("url").and_then(Setting::text).unwrap_or_default();
    if let Some(at) = text.rfind('@') {
        // A password may stand there: it must not be repeated in an error.
        let secretless = format!("a user before the host ({:?})", text.get(at..).unwrap_or_default());
        let span = section.setting("url").map_or(0..0, Setting::span);
        let expected = format!("{URL}; the user goes into `username`, the password into a `password_file`");
        reading.problems.add(&span, &section.key("url"), &secretless, &expected);
        return None;
    }
    section.read("url", URL, &mut reading.problems, |setting| parse_url(setting.text()?))
}

fn parse_url(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://")?;
    let tls = match scheme {
        "mqtt" => false,
        "mqtts" => true,
        _ => return None,
    };
    let (host, port) = host_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port > 0)?,
        None if tls => PORT_TLS,
        None => PORT,
    };
    Some(Url { host: host.to_owned(), port, tls })
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return if after.is_empty() {
            Some((host, None))
        } else {
            Some((host, Some(after.strip_prefix(':')?)))
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_';
    (!host.is_empty() && host.bytes().all(is_host)).then_some((host, port))
}

/// Where an embedded broker listens.
fn listen_address(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<SocketAddr> {
    let expected =
        "an address and port such as 127.0.0.1:1883 (0.0.0.0:1883 to be reachable from other machines)";
    section.read("listen", expected, &mut reading.problems, |setting| setting.text()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, u16, bool)> {
        parse_url(text).map(|url| (url.host, url.port, url.tls))
    }

    #[test]
    fn a_url_is_scheme_host_and_port() {
        assert_eq!(parsed("mqtt://10.0.0.5:1884"), Some(("10.0.0.5".into(), 1884, false)));
        assert_eq!(parsed("mqtts://broker.local"), Some(("broker.local".into(), 8883, true)));
        assert_eq!(parsed("mqtt://broker/"), Some(("broker".into(), 1883, false)));
        assert_eq!(parsed("mqtts://[fd00::1]:8884"), Some(("fd00::1".into(), 8884, true)));
        assert_eq!(parsed("mqtt://[::1]"), Some(("::1".into(), 1883, false)));
    }

    #[test]
    fn what_is_no_url_of_a_broker_is_refused() {
        for text in [
            "",
            "broker:1883",
            "tcp://broker:1883",
            "MQTT://broker",
            "mqtt://",
            "mqtt://:1883",
            "mqtt://broker:0",
            "mqtt://broker:65536",
            "mqtt://broker:",
            "mqtt://broker/path",
            "mqtt://[::1",
            "mqtt://[::1]1883",
            "mqtt://fd00::1",
            "mqtt://bro ker",
            "mqtt://b:+1x",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
