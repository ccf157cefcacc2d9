//! `[web]`: what the daemon serves over HTTP, and the address of a feed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::reading::Reading;
use super::section::Section;
use crate::calendar::meaning::Source;

pub(super) const WEB_KEYS: [&str; 3] = ["listen", "url", "names"];

/// `[web]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebConfig {
    /// Where it listens; `None`: nothing is served.
    pub listen: Option<SocketAddr>,
    /// How others reach it, without a slash at the end.
    pub url: Option<String>,
    /// Whether every feed may name people.
    pub names: bool,
}

/// `[[calendar]]`
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarConfig {
    /// Its id, and what its events mean.
    pub source: Source,
    /// Where it is.
    pub from: CalendarFrom,
    /// How often it is read, in milliseconds.
    pub every_ms: u64,
    /// The user at the server.
    pub username: Option<String>,
    /// File with the password on its first line.
    pub password_file: Option<PathBuf>,
}

/// Where a calendar is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarFrom {
    /// A file.
    Path(PathBuf),
    /// A feed.
    Url(Address),
    /// A feed whose address is the first line of a file that others cannot read.
    UrlFile(PathBuf),
}

/// The address of a feed. It may hold a secret: it is shown by its host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: String,
    host: String,
}

impl Address {
    /// Reads `https://…`, `http://…` or `webcal://…`, which stands for `https://…`; `None` for all else, also where a user
    /// stands before the host.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" | "webcal" | "webcals" => "https",
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_graphic() && c != '@' && c != '\\';
        let fits = !authority.is_empty() && authority.chars().all(is_plain) && text.len() <= 4_096;
        let rest_fits = rest.chars().all(|c| c.is_ascii_graphic());
        (fits && rest_fits).then(|| Self { url: format!("{scheme}://{rest}"), host: authority.to_owned() })
    }

    /// The host, and its port where one is named.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The whole of it, for the request alone.
    pub fn secret_url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.host)
    }
}

impl fmt::Display for CalendarFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::UrlFile(path) => write!(f, "the address in {}", path.display()),
            Self::Url(address) => f.write_str(&address.host),
        }
    }
}

pub(super) fn web(top: &Section<'_>, reading: &mut Reading<'_>) -> WebConfig {
    let problems = &mut reading.problems;
    let section = top.child("web", problems);
    section.refuse_unknown(&WEB_KEYS, problems);
    let expected =
        "an address and port such as 127.0.0.1:8080 (0.0.0.0:8080 to be reachable from other machines)";
    let listen = section.read("listen", expected, problems, |setting| setting.text()?.parse().ok());
    let expected = "http://HOST:PORT or https://HOST as others reach it, without a path";
    let url = section.read("url", expected, problems, |setting| {
        let text = setting.text()?.trim_end_matches('/');
        let (scheme, host) = text.split_once("://")?;
        let fits = ["http", "https"].contains(&scheme)
            && !host.is_empty()
            && host.chars().all(|c| c.is_ascii_graphic() && !"/?#@\\".contains(c));
        fits.then(|| text.to_owned())
    });
    if url.is_some() && listen.is_none() && section.setting("listen").is_none() {
        section.wrong("url", "`listen` beside it: without it nothing is served", problems);
    }
    WebConfig { listen, url, names: section.truth("names", problems).unwrap_or(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_by_its_host_alone() {
        let address =
            Address::parse("webcal://calendar.example.org:8443/private-abc/basic.ics?token=s3cret").unwrap();
        assert_eq!(
            address.secret_url(),
            "https://calendar.example.org:8443/private-abc/basic.ics?token=s3cret"
        );
        let shown = format!("{address:?} {}", CalendarFrom::Url(address.clone()));
        assert_eq!(shown, "Address(calendar.example.org:8443) calendar.example.org:8443");
        for wrong in [
            "",
            "calendar.ics",
            "ftp://h/x",
            "https://",
            "https:///x",
            "https://u:p@h/x",
            "https://h/a b",
            "https://h\n/",
        ] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }
}
