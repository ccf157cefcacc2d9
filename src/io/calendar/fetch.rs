#![allow(clippy::disallowed_methods, reason = "calendars are files and feeds")]
//! Getting the bytes of a calendar: a file, or a feed over HTTP. Everything has a bound: size, time, redirects.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::sync::NotSynced;
use crate::config::{Address, CalendarConfig, CalendarFrom, secret};

/// The largest calendar that is read.
pub const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// A feed that is not there whole after so long is left for later.
const TIME_MAX: Duration = Duration::from_secs(60);
/// A server that does not answer after so long is away.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A server that was asked and says nothing for so long hangs.
const ANSWER_MAX: Duration = Duration::from_secs(15);
const REDIRECTS_MAX: u32 = 5;
/// What a validator of the server may be long.
const VALIDATOR_BYTES_MAX: usize = 1_024;

/// What a server knows a version of a feed by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub modified: Option<String>,
}

impl Validators {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.etag.is_some() || self.modified.is_some()
    }

    fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let text = headers.get(name)?.to_str().ok()?;
            (text.len() <= VALIDATOR_BYTES_MAX).then(|| text.to_owned())
        };
        Self { etag: text(ETAG), modified: text(LAST_MODIFIED) }
    }
}

/// What was got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The server says that it is what it gave before.
    Same(Arc<Vec<u8>>),
    /// The bytes.
    New {
        /// All of them.
        bytes: Vec<u8>,
        /// What to ask with the next time.
        validators: Validators,
    },
}

impl Fetched {
    /// The bytes, whether new or not.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Same(bytes) => bytes.to_vec(),
            Self::New { bytes, .. } => bytes,
        }
    }
}

/// Gets a calendar; `before` is what it was. Blocks, at most for a minute or so. The error names the
/// host and never the address.
pub fn fetch(
    calendar: &CalendarConfig,
    before: Option<&(Validators, Arc<Vec<u8>>)>,
) -> Result<Fetched, NotSynced> {
    match &calendar.from {
        CalendarFrom::Path(path) => {
            let bytes = file(path).map_err(NotSynced::Wrong)?;
            Ok(Fetched::New { bytes, validators: Validators::default() })
        }
        CalendarFrom::Url(address) => feed(calendar, address, before),
        CalendarFrom::UrlFile(path) => {
            let address = address_in(path).map_err(NotSynced::Wrong)?;
            feed(calendar, &address, before)
        }
    }
}

/// The address on the first line of a file. It is read each time: an address that was renewed needs no restart.
fn address_in(path: &Path) -> Result<Address, String> {
    Address::parse(secret::line("url_file", path)?.trim()).ok_or_else(|| {
        format!(
            "url_file {} has no address of a feed on its first line: write https://HOST/PATH, without a user",
            path.display()
        )
    })
}

/// The bytes of a file.
pub fn file(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        format!("{shown} cannot be read ({error}): put the file there or name another")
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(format!("{shown} is no file: name an iCalendar file"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(too_large(&shown.to_string()));
    }
    Ok(bytes)
}

fn too_large(what: &str) -> String {
    format!(
        "{what} gives more than {} MB: no calendar of a studio is that large, nothing of it is read",
        BYTES_MAX >> 20
    )
}

fn feed(
    calendar: &CalendarConfig,
    address: &Address,
    before: Option<&(Validators, Arc<Vec<u8>>)>,
) -> Result<Fetched, NotSynced> {
    let host = address.host();
    let agent = agent(address).map_err(NotSynced::Wrong)?;
    let mut request = agent.get(address.secret_url()).header("Accept", "text/calendar, */*;q=0.1");
    if let Some(authorization) = authorization(calendar).map_err(NotSynced::Wrong)? {
        request = request.header("Authorization", authorization);
    }
    if let Some((validators, _)) = before {
        if let Some(etag) = &validators.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(modified) = &validators.modified {
            request = request.header(IF_MODIFIED_SINCE, modified);
        }
    }
    let mut response = request.call().map_err(|error| away(host, &error))?;
    match (response.status(), before) {
        (StatusCode::NOT_MODIFIED, Some((_, bytes))) => return Ok(Fetched::Same(Arc::clone(bytes))),
        (StatusCode::OK, _) => {}
        (status, _) => return Err(answered(host, status)),
    }
    let validators = Validators::of(response.headers());
    let body = response.body_mut().with_config().limit(BYTES_MAX).read_to_vec();
    Ok(Fetched::New { bytes: body.map_err(|error| away(host, &error))?, validators })
}

/// No proxy: a feed is reached as this machine reaches the network. A redirect to another host takes no password along.
fn agent(address: &Address) -> Result<Agent, String> {
    let mut config = Agent::config_builder()
        .timeout_global(Some(TIME_MAX))
        .timeout_connect(Some(CONNECT_MAX))
        .timeout_recv_response(Some(ANSWER_MAX))
        .max_redirects(REDIRECTS_MAX)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("cagekeeper/", env!("CARGO_PKG_VERSION")));
    config = config.tls_config(tls(address)?);
    Ok(config.build().into())
}

/// The authorities that this machine trusts, and the same provider as the connection to the broker.
fn tls(address: &Address) -> Result<TlsConfig, String> {
    let mut roots: Vec<Certificate<'static>> = Vec::new();
    for found in rustls_native_certs::load_native_certs().certs {
        roots.push(Certificate::from_der(found.as_ref()).to_owned());
    }
    if roots.is_empty() && address.secret_url().starts_with("https:") {
        return Err(format!(
            "{}: this machine trusts no certificate authority: install the package ca-certificates",
            address.host()
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCerts::Specific(Arc::new(roots));
    Ok(TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build())
}

fn authorization(calendar: &CalendarConfig) -> Result<Option<String>, String> {
    let Some(username) = &calendar.username else { return Ok(None) };
    let password = match &calendar.password_file {
        None => String::new(),
        Some(path) => secret::line("the password_file", path)?,
    };
    Ok(Some(format!("Basic {}", base64(format!("{username}:{password}").as_bytes()))))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).map_or('=', |digit| char::from(*digit));
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4_usize {
            text.push(if at <= three.len() { digit(bits >> (18 - 6 * at)) } else { '=' });
        }
    }
    text
}

fn answered(host: &str, status: StatusCode) -> NotSynced {
    let (kind, what_to_do): (fn(String) -> NotSynced, _) = match status.as_u16() {
        401 | 403 => {
            let check = "check its username and password_file, or whether its address was renewed";
            (NotSynced::Wrong, check)
        }
        404 | 410 => (NotSynced::Wrong, "check its url: it may have been renewed"),
        300..=399 => (NotSynced::Wrong, "it redirects without saying where to"),
        _ => (NotSynced::Away, "it is tried again"),
    };
    kind(format!("{host} answers {} to the request for the calendar: {what_to_do}", status.as_u16()))
}

/// What went wrong on the way, without the address.
fn away(host: &str, error: &ureq::Error) -> NotSynced {
    use ureq::Error;
    let why = match error {
        Error::BodyExceedsLimit(_) => return NotSynced::Wrong(too_large(host)),
        Error::Timeout(_) => "did not give the calendar in time".to_owned(),
        Error::HostNotFound => "is not found: check the url and this machine's name server".to_owned(),
        Error::ConnectionFailed => "cannot be connected to".to_owned(),
        Error::TooManyRedirects => format!("redirects more than {REDIRECTS_MAX} times"),
        Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            "may not be reached: see IPAddressAllow in the service's unit".to_owned()
        }
        Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            format!("cannot be trusted or spoken to over TLS ({error})")
        }
        Error::Io(error) => format!("broke off or refuses ({})", error.kind()),
        Error::Rustls(error) => format!("cannot be trusted or spoken to over TLS ({error})"),
        Error::Protocol(_) | Error::Http(_) => "does not speak HTTP as it should".to_owned(),
        Error::BadUri(_) => "has or redirects to an address that is none".to_owned(),
        _ => "cannot be read from".to_owned(),
    };
    NotSynced::Away(format!("{host} {why}. Nothing is changed; it is tried again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, wanted) in pairs {
            assert_eq!(base64(text.as_bytes()), wanted);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn a_file_that_is_none_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        assert!(file(folder.path()).unwrap_err().contains("is no file"));
        assert!(file(&folder.path().join("x")).unwrap_err().contains("cannot be read"));
        let large = folder.path().join("large.ics");
        std::fs::File::create(&large).unwrap().set_len(BYTES_MAX + 1).unwrap();
        assert!(file(&large).unwrap_err().contains("more than 16 MB"));
    }
}
