//! What went wrong with a connection, as a sentence with what to do.

use std::io;

use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError};
use rustls::{AlertDescription, CertificateError};

use super::{Endpoint, KEEP_ALIVE_S, PACKET_BYTES_MAX};

/// What to look at where nothing comes back.
const HANGS: &str = "see whether it hangs, and whether the network reaches it";

/// One sentence for the log and for `status`.
pub(super) fn explain(error: &ConnectionError, endpoint: &Endpoint) -> String {
    if let Some(tls) = io_cause(error).and_then(tls_cause).or_else(|| direct_tls(error)) {
        return explain_tls(tls, endpoint);
    }
    match error {
        ConnectionError::ConnectionRefused(code) => explain_refusal(*code, endpoint),
        ConnectionError::NetworkTimeout => {
            format!("the broker at {endpoint} did not answer within 5 s: {HANGS}")
        }
        ConnectionError::FlushTimeout => format!("the broker at {endpoint} took no data for 5 s: {HANGS}"),
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            format!("the broker at {endpoint} was silent for {} s: {HANGS}", 2 * KEEP_ALIVE_S)
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => hung_up(endpoint),
        _ => match (io_cause(error), oversize_bytes(error)) {
            (Some(cause), _) => explain_io(cause, endpoint),
            (None, Some(bytes)) => format!(
                "the broker at {endpoint} sent a message of {bytes} bytes, more than the {PACKET_BYTES_MAX} \
                 that are taken: the waiting messages are given up with it"
            ),
            (None, None) => format!("the connection to the broker at {endpoint} failed: {error}"),
        },
    }
}

/// Whether the broker sent something that will be refused again each time it is sent.
pub(super) fn is_poisoned(error: &ConnectionError) -> bool {
    use rumqttc::mqttbytes::Error as Malformed;
    match error {
        ConnectionError::MqttState(StateError::Deserialization(cause)) => !matches!(cause, Malformed::Io(_)),
        ConnectionError::MqttState(StateError::WrongPacket) => true,
        _ => false,
    }
}

fn oversize_bytes(error: &ConnectionError) -> Option<usize> {
    use rumqttc::mqttbytes::Error as Malformed;
    match error {
        ConnectionError::MqttState(StateError::Deserialization(Malformed::PayloadSizeLimitExceeded(
            bytes,
        ))) => Some(*bytes),
        _ => None,
    }
}

fn io_cause(error: &ConnectionError) -> Option<&io::Error> {
    match error {
        ConnectionError::Io(cause)
        | ConnectionError::Tls(TlsError::Io(cause))
        | ConnectionError::MqttState(StateError::Io(cause))
        | ConnectionError::MqttState(StateError::Deserialization(rumqttc::mqttbytes::Error::Io(cause))) => {
            Some(cause)
        }
        _ => None,
    }
}

fn tls_cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn direct_tls(error: &ConnectionError) -> Option<&rustls::Error> {
    match error {
        ConnectionError::Tls(TlsError::TLS(cause)) => Some(cause),
        _ => None,
    }
}

fn explain_io(error: &io::Error, endpoint: &Endpoint) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!(
            "no broker answers at {endpoint}: see that it runs, and that host and port in mqtt.url are the right ones"
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            hung_up(endpoint)
        }
        io::ErrorKind::UnexpectedEof if endpoint.broker.tls => format!(
            "the broker at {endpoint} closed the connection: does it speak TLS on this port (mqtts:// means TLS)?"
        ),
        _ => format!("the broker at {endpoint} cannot be reached: {error}"),
    }
}

fn hung_up(endpoint: &Endpoint) -> String {
    format!("the broker at {endpoint} closed the connection: see its log for the reason")
}

fn explain_refusal(code: ConnectReturnCode, endpoint: &Endpoint) -> String {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => format!(
            "the broker at {endpoint} refused the user name or password: check mqtt.username and mqtt.password_file"
        ),
        ConnectReturnCode::RefusedProtocolVersion => {
            format!("the broker at {endpoint} does not speak MQTT 3.1.1")
        }
        ConnectReturnCode::BadClientId => format!("the broker at {endpoint} refused the client id"),
        _ => format!("the broker at {endpoint} refused the connection: {code:?}"),
    }
}

fn explain_tls(error: &rustls::Error, endpoint: &Endpoint) -> String {
    use rustls::Error as Tls;
    let authority = endpoint.broker.ca_file.as_ref().map_or_else(
        || "the system's authorities (mqtt.ca_file is not set)".to_owned(),
        |path| format!("the authority in mqtt.ca_file {}", path.display()),
    );
    match error {
        Tls::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => format!(
            "the certificate of the broker at {endpoint} is not signed by {authority}: \
             name the PEM file of the authority that signed it"
        ),
        Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            format!(
                "the certificate of the broker at {endpoint} has expired, or this machine's clock is wrong"
            )
        }
        Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("the certificate of the broker at {endpoint} was not made out for this name: {error}"),
        Tls::AlertReceived(alert) => explain_alert(*alert, endpoint),
        _ => format!("TLS with the broker at {endpoint} failed: {error}"),
    }
}

fn explain_alert(alert: AlertDescription, endpoint: &Endpoint) -> String {
    match alert {
        AlertDescription::CertificateRequired => format!(
            "the broker at {endpoint} wants a client certificate: set mqtt.cert_file and mqtt.key_file"
        ),
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired => format!(
            "the broker at {endpoint} refused this client's certificate ({alert:?}): check mqtt.cert_file"
        ),
        _ => format!("the broker at {endpoint} broke off TLS: {alert:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_do() {
        let endpoint = Endpoint::plain("broker.studio", 1883);
        let io = |kind: io::ErrorKind| ConnectionError::Io(kind.into());
        let tls = |error: rustls::Error| {
            ConnectionError::Tls(TlsError::Io(io::Error::new(io::ErrorKind::InvalidData, error)))
        };
        let cases = [
            (io(io::ErrorKind::ConnectionRefused), "see that it runs"),
            (ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized), "mqtt.password_file"),
            (ConnectionError::MqttState(StateError::AwaitPingResp), "silent for 20 s"),
            (tls(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)), "mqtt.cert_file"),
            (tls(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)), "mqtt.ca_file"),
        ];
        for (error, expected) in cases {
            let sentence = explain(&error, &endpoint);
            assert!(sentence.contains(expected) && sentence.contains("broker.studio:1883"), "{sentence}");
        }
    }
}
