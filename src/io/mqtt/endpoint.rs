//! Where the broker is and how to be let in: the `[mqtt]` of the configuration as options of the client.
//!
//! Passwords and certificates are read at each attempt to connect, so that a file that comes late or is
//! renewed needs no restart.
#![allow(
    clippy::disallowed_methods,
    reason = "reads the password and certificate files that the configuration names"
)]

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::{KEEP_ALIVE_S, PACKET_BYTES_MAX};
use crate::config::{Broker, ExternalBroker, MqttConfig, secret};

/// Messages that the client numbers before it begins again. Far above what is ever in flight, so that a
/// number is never wanted while an older message still holds it.
const PACKET_IDS: u16 = 10_000;

/// A broker to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) broker: ExternalBroker,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.broker.host, self.broker.port)
    }
}

impl Endpoint {
    /// The broker that the configuration names: somebody else's, or the one in this program.
    pub fn new(config: &MqttConfig) -> Self {
        match &config.broker {
            Broker::External(broker) => Self { broker: (**broker).clone() },
            Broker::Embedded { listen } => Self::plain(&loopback(listen.ip()), listen.port()),
        }
    }

    /// A broker without encryption or password.
    pub fn plain(host: &str, port: u16) -> Self {
        Self {
            broker: ExternalBroker {
                host: host.to_owned(),
                port,
                tls: false,
                username: None,
                password_file: None,
                ca_file: None,
                cert_file: None,
                key_file: None,
            },
        }
    }

    /// Options for one attempt to connect as `client_id`; on failure a sentence that names the file or key.
    pub(super) fn options(&self, client_id: &str) -> Result<MqttOptions, String> {
        let broker = &self.broker;
        let mut options = MqttOptions::new(client_id, bracketed(&broker.host, broker.tls), broker.port);
        options
            .set_keep_alive(Duration::from_secs(KEEP_ALIVE_S))
            .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX)
            .set_inflight(PACKET_IDS);
        if let Some(username) = &broker.username {
            options.set_credentials(username, self.password()?);
        }
        if broker.tls {
            let config = tls_config(broker)?;
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::new(config))));
        }
        Ok(options)
    }

    fn password(&self) -> Result<String, String> {
        let Some(path) = &self.broker.password_file else { return Ok(String::new()) };
        secret::line("mqtt.password_file", path)
    }
}

fn loopback(ip: std::net::IpAddr) -> String {
    match ip {
        ip if !ip.is_unspecified() => ip.to_string(),
        std::net::IpAddr::V4(_) => "127.0.0.1".to_owned(),
        std::net::IpAddr::V6(_) => "::1".to_owned(),
    }
}

/// The client joins host and port with a colon, which an IPv6 address needs brackets for; TLS wants it bare.
fn bracketed(host: &str, tls: bool) -> String {
    if host.contains(':') && !host.starts_with('[') && !tls { format!("[{host}]") } else { host.to_owned() }
}

fn tls_config(broker: &ExternalBroker) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots(broker.ca_file.as_deref())?);
    let Some((cert_file, key_file)) = client_files(broker)? else { return Ok(builder.with_no_client_auth()) };
    let key = PrivateKeyDer::from_pem_slice(&secret::bytes("mqtt.key_file", key_file)?)
        .map_err(|error| format!("mqtt.key_file {} holds no usable PEM key: {error}", key_file.display()))?;
    builder.with_client_auth_cert(certificates("mqtt.cert_file", cert_file)?, key).map_err(|error| {
        format!("mqtt.cert_file {} and mqtt.key_file do not fit together: {error}", cert_file.display())
    })
}

fn client_files(broker: &ExternalBroker) -> Result<Option<(&PathBuf, &PathBuf)>, String> {
    match (&broker.cert_file, &broker.key_file) {
        (Some(cert), Some(key)) => Ok(Some((cert, key))),
        (None, None) => Ok(None),
        _ => Err("mqtt.cert_file and mqtt.key_file belong together: set both or neither".to_owned()),
    }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let certificates = match ca_file {
        Some(path) => certificates("mqtt.ca_file", path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        let whose =
            ca_file.map_or("the system".to_owned(), |path| format!("mqtt.ca_file {}", path.display()));
        return Err(format!(
            "{whose} holds no usable certificate authority: name a PEM file in mqtt.ca_file"
        ));
    }
    Ok(store)
}

fn certificates(key: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("{key} {} cannot be read as PEM: {error}", path.display()))?;
    if found.is_empty() {
        return Err(format!("{key} {} holds no PEM certificate", path.display()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(listen: &str) -> Endpoint {
        let broker = Broker::Embedded { listen: listen.parse().unwrap() };
        Endpoint::new(&MqttConfig { broker, names: false, republish_per_s: 100 })
    }

    #[test]
    fn the_embedded_broker_is_reached_over_loopback() {
        assert_eq!(embedded("127.0.0.1:1884").to_string(), "127.0.0.1:1884");
        assert_eq!(embedded("0.0.0.0:1883").to_string(), "127.0.0.1:1883");
        assert_eq!(bracketed(&embedded("[::]:1883").broker.host, false), "[::1]");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let nothing = dir.path().join("nothing");
        let empty = dir.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let refusal = |change: &dyn Fn(&mut ExternalBroker)| {
            let mut endpoint = Endpoint::plain("broker", 8883);
            endpoint.broker.tls = true;
            change(&mut endpoint.broker);
            endpoint.options("me").unwrap_err()
        };
        let password = refusal(&|b| {
            b.username = Some("cage".into());
            b.password_file = Some(nothing.clone());
        });
        assert!(password.starts_with("mqtt.password_file ") && password.contains("nothing"), "{password}");
        let ca = refusal(&|b| b.ca_file = Some(nothing.clone()));
        assert!(ca.starts_with("mqtt.ca_file ") && ca.contains("nothing"), "{ca}");
        let ca = refusal(&|b| b.ca_file = Some(empty.clone()));
        assert!(ca.contains("holds no PEM certificate"), "{ca}");
        let half = refusal(&|b| b.cert_file = Some(empty.clone()));
        assert!(half.contains("ca_file") || half.contains("belong together"), "{half}");
    }

    #[test]
    fn the_password_is_the_first_line_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        std::fs::write(&path, "s3cret pass \r\nsecond\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let mut endpoint = Endpoint::plain("broker", 1883);
        endpoint.broker.username = Some("cage".into());
        endpoint.broker.password_file = Some(path);
        let login = endpoint.options("me").unwrap().credentials().unwrap();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("cage", "s3cret pass "));
    }
}
