//! Which file is read, and what the machine says where the file says nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "the configuration is a file, and its defaults are the machine's"
)]

use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::file::Defaults;
use super::problem::not_utf8;
use super::{Config, ConfigErrors, DEFAULT_TOML};

/// The file that is read where the command line names none.
const SYSTEM_FILE: &str = "/etc/cagekeeper/cagekeeper.toml";

impl Config {
    /// Reads the configuration: the file at `path`; without one `/etc/cagekeeper/cagekeeper.toml` if it exists,
    /// else the embedded default with ledger and control socket in the user's own folders.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigErrors> {
        let system_file = Path::new(SYSTEM_FILE);
        match path {
            Some(path) => Self::load_file(path),
            // A file that cannot be looked at exists: better an error than the wrong ledger.
            None if system_file.try_exists().unwrap_or(true) => Self::load_file(system_file),
            None => Self::parse(DEFAULT_TOML, None, &Defaults::of_user()),
        }
    }

    fn load_file(path: &Path) -> Result<Self, ConfigErrors> {
        let file = path.display().to_string();
        let bytes = fs::read(path)
            .map_err(|error| ConfigErrors::Unreadable { file: file.clone(), reason: error.to_string() })?;
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(file, &error))?;
        Self::parse(&text, Some(path), &Defaults::of_system())
    }
}

impl Defaults {
    /// Of a daemon with a configuration file: the folders that systemd makes for it.
    pub fn of_system() -> Self {
        Self {
            timezone: machine_zone(),
            ledger: PathBuf::from("/var/lib/cagekeeper/ledger.db"),
            control: PathBuf::from("/run/cagekeeper/control.sock"),
        }
    }

    /// Of somebody who tries it without rights: the user's own folders.
    pub fn of_user() -> Self {
        let (ledger, control) = user_paths(|name| std::env::var(name).ok());
        Self { timezone: machine_zone(), ledger, control }
    }
}

/// Ledger and control socket by the XDG base directory specification, which says that relative values are to be
/// ignored. Without a home there are only the folders of the system.
fn user_paths(variable: impl Fn(&str) -> Option<String>) -> (PathBuf, PathBuf) {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let under_home = |name: &str, rest: &str| folder(name).or_else(|| Some(folder("HOME")?.join(rest)));
    let data = under_home("XDG_DATA_HOME", ".local/share").unwrap_or_else(|| PathBuf::from("/var/lib"));
    let runtime = folder("XDG_RUNTIME_DIR").or_else(|| under_home("XDG_STATE_HOME", ".local/state"));
    let runtime = runtime.unwrap_or_else(|| PathBuf::from("/run"));
    (data.join("cagekeeper/ledger.db"), runtime.join("cagekeeper/control.sock"))
}

fn machine_zone() -> Tz {
    let variable = std::env::var("TZ").ok();
    let file = fs::read_to_string("/etc/timezone").ok();
    let link = fs::read_link("/etc/localtime").ok();
    zone_of(variable.as_deref(), file.as_deref(), link.as_deref())
}

/// The first that names a known zone: `TZ`, the text of `/etc/timezone`, the target of `/etc/localtime`; else UTC.
fn zone_of(variable: Option<&str>, file: Option<&str>, link: Option<&Path>) -> Tz {
    let variable = variable.map(|name| name.trim_start_matches(':'));
    let link =
        link.and_then(Path::to_str).and_then(|path| path.split_once("zoneinfo/")).map(|(_, name)| name);
    let names = [variable, file.map(str::trim), link];
    names.into_iter().flatten().find_map(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_the_machine_is_the_first_that_is_known() {
        let link = Path::new("/usr/share/zoneinfo/Asia/Tokyo");
        assert_eq!(zone_of(Some(":Europe/London"), Some("UTC\n"), Some(link)), Tz::Europe__London);
        assert_eq!(zone_of(Some("nonsense"), Some("Europe/Paris\n"), None), Tz::Europe__Paris);
        assert_eq!(zone_of(None, None, Some(link)), Tz::Asia__Tokyo);
        assert_eq!(zone_of(None, None, Some(Path::new("/etc/mine"))), Tz::UTC);
    }

    #[test]
    fn a_user_keeps_ledger_and_socket_in_folders_of_their_own() {
        let of = |set: &[(&str, &str)]| {
            let (ledger, control) = user_paths(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            });
            (ledger.display().to_string(), control.display().to_string())
        };
        let home = ("HOME", "/home/ada");
        assert_eq!(
            of(&[home, ("XDG_RUNTIME_DIR", "/run/user/7")]),
            (
                "/home/ada/.local/share/cagekeeper/ledger.db".into(),
                "/run/user/7/cagekeeper/control.sock".into()
            )
        );
        assert_eq!(
            of(&[home, ("XDG_DATA_HOME", "/data"), ("XDG_RUNTIME_DIR", "relative")]),
            ("/data/cagekeeper/ledger.db".into(), "/home/ada/.local/state/cagekeeper/control.sock".into())
        );
        assert_eq!(of(&[]), ("/var/lib/cagekeeper/ledger.db".into(), "/run/cagekeeper/control.sock".into()));
    }

    #[test]
    fn a_file_is_read_and_paths_start_at_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        let text = "site = \"x\"\n[ledger]\npath = \"l.db\"\n[[station]]\nid = \"cage\"\n";
        fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        let config = Config::load(Some(&path)).unwrap();
        assert_eq!(config.ledger.path, folder.path().join("l.db"));
        assert_eq!(config.control.path, Path::new("/run/cagekeeper/control.sock"));
        assert_eq!(config.source, Some(path));
    }

    #[test]
    fn a_file_that_cannot_be_read_or_is_no_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent.toml");
        let message = Config::load(Some(&absent)).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{}: cannot be read (No such file", absent.display())),
            "{message}"
        );

        let latin = folder.path().join("latin.toml");
        fs::write(&latin, b"site = \"a\"\n# Stra\xdfe\n").unwrap();
        assert_eq!(
            Config::load(Some(&latin)).unwrap_err().to_string(),
            format!(
                "{}:2:7: this line: found the byte df, which is no UTF-8, expected a file saved as UTF-8",
                latin.display()
            )
        );
    }
}
