//! What `config check` finds in the world around a configuration that is right in itself.
#![allow(clippy::disallowed_methods, reason = "it looks at the files that the configuration names")]

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access};

use super::secret;
use super::{Broker, CalendarConfig, CalendarFrom, Config, ReaderConfig, ReaderSource};

/// Something that will not work, or is not safe, as things stand on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key that it concerns, as errors name keys.
    pub key: String,
    /// One sentence: what is the matter and what to do.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

fn finding(key: impl Into<String>, text: String) -> Finding {
    Finding { key: key.into(), text }
}

/// Looks at the files, devices and folders that the configuration names, with the rights of this process.
/// None of what it finds stops the daemon: it says so and keeps trying.
pub fn check(config: &Config) -> Vec<Finding> {
    let folders = [("ledger.path", &config.ledger.path), ("control.path", &config.control.path)];
    let mut findings: Vec<Finding> =
        folders.into_iter().filter_map(|(key, path)| folder(key, path)).collect();
    findings.extend(broker_files(&config.mqtt.broker));
    findings.extend(config.readers.iter().filter_map(device));
    findings.extend(deaf(config));
    findings.extend(config.calendars.iter().flat_map(calendar_files));
    findings.extend(open_ledger(&config.ledger.path));
    findings.extend(bare_password(&config.mqtt.broker));
    findings.extend(config.source.as_deref().and_then(|file| bare_address(config, file)));
    findings
}

/// The folder of a file that the daemon makes; it makes the folder too where it may.
fn folder(key: &str, path: &Path) -> Option<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let nearest = folder.ancestors().find(|ancestor| ancestor.exists())?;
    if access(nearest, AccessFlags::W_OK | AccessFlags::X_OK).is_ok() {
        return None;
    }
    let (folder, nearest, is_folder) = (folder.display(), nearest.display(), nearest.is_dir());
    let text = if is_folder {
        format!("the folder {folder} cannot be written: give this user the right to write to {nearest}")
    } else {
        format!("the folder {folder} cannot be made: {nearest} is a file")
    };
    Some(finding(key, text))
}

fn broker_files(broker: &Broker) -> Vec<Finding> {
    let Broker::External(broker) = broker else { return Vec::new() };
    let secret = [("mqtt.password_file", &broker.password_file), ("mqtt.key_file", &broker.key_file)];
    let public = [("mqtt.ca_file", &broker.ca_file), ("mqtt.cert_file", &broker.cert_file)];
    let secret = secret.into_iter().filter_map(|(key, path)| {
        unreadable(key, path.as_deref()?).or_else(|| exposed(key, path.as_deref()?))
    });
    let public = public.into_iter().filter_map(|(key, path)| unreadable(key, path.as_deref()?));
    secret.chain(public).collect()
}

fn calendar_files(calendar: &CalendarConfig) -> Vec<Finding> {
    let key = |key: &str| format!("calendar {:?} {key}", calendar.source.id);
    let file = match &calendar.from {
        CalendarFrom::Path(path) => unreadable(&key("path"), path),
        CalendarFrom::Url(_) => None,
        CalendarFrom::UrlFile(path) => {
            unreadable(&key("url_file"), path).or_else(|| exposed(&key("url_file"), path))
        }
    };
    let secret = calendar.password_file.as_deref().and_then(|path| {
        unreadable(&key("password_file"), path).or_else(|| exposed(&key("password_file"), path))
    });
    file.into_iter().chain(secret).collect()
}

/// Readers on the network do not reach a broker that listens on loopback alone.
fn deaf(config: &Config) -> Option<Finding> {
    let Broker::Embedded { listen } = &config.mqtt.broker else { return None };
    let reader = config.readers.iter().find(|reader| matches!(reader.source, ReaderSource::Mqtt(_)))?;
    let text = format!(
        "reader {} speaks MQTT, and devices on the network do not reach {listen}: set listen = \"0.0.0.0:{}\", \
         or the url of their broker",
        reader.id,
        listen.port()
    );
    listen.ip().is_loopback().then(|| finding("mqtt.listen", text))
}

fn unreadable(key: &str, path: &Path) -> Option<Finding> {
    if secret::is_of_the_service(path) {
        return None;
    }
    let error = fs::File::open(path).err()?;
    let what_to_do = match error.kind() {
        io::ErrorKind::NotFound => "put the file there or name another",
        _ => "give the daemon's user the right to read it",
    };
    Some(finding(key, format!("{} cannot be read ({error}): {what_to_do}", path.display())))
}

fn exposed(key: &str, path: &Path) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    secret::exposed(&path.display().to_string(), mode).map(|sentence| finding(key, sentence))
}

/// The ledger names people. One that is made anew is never for everybody.
fn open_ledger(path: &Path) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    let path = path.display();
    let text = format!("{path} can be read or written by everybody on this machine: run chmod o-rwx {path}*");
    (mode & 0o006 != 0).then(|| finding("ledger.path", text))
}

/// Whoever listens on the way to the broker reads the password. On this machine nobody does.
pub fn bare_password(broker: &Broker) -> Option<Finding> {
    let Broker::External(broker) = broker else { return None };
    broker.bares_its_password().then(|| {
        let text = format!(
            "the password for {} goes over the network as it is, and whoever hears it may publish as this daemon: use \
             mqtts:// where the broker has TLS",
            broker.host
        );
        finding("mqtt.url", text)
    })
}

/// Whoever may read this file may read the calendars whose addresses stand in it.
fn bare_address(config: &Config, file: &Path) -> Option<Finding> {
    let is_bare = |calendar: &&CalendarConfig| matches!(calendar.from, CalendarFrom::Url(_));
    let calendar = config.calendars.iter().find(is_bare)?;
    let mode = fs::metadata(file).ok()?.permissions().mode();
    let file = file.display();
    let text = format!(
        "everybody on this machine may read {file}, and with it a private calendar: put its address into a `url_file`, \
         or run chmod 640 {file} and chgrp cagekeeper {file}"
    );
    (mode & 0o004 != 0).then(|| finding(format!("calendar {:?} url", calendar.source.id), text))
}

fn device(reader: &ReaderConfig) -> Option<Finding> {
    let (path, what_to_do) = match &reader.source {
        ReaderSource::Serial { path, .. } => {
            (path, "plug the reader in, or see what /dev/serial/by-path has")
        }
        ReaderSource::Replay { path } => (path, "put the recording there or name another"),
        ReaderSource::SerialUsb { .. }
        | ReaderSource::Hid { .. }
        | ReaderSource::Mqtt(_)
        | ReaderSource::Stdin => return None,
    };
    let key = format!("reader {:?} path", reader.id.as_str());
    if !path.exists() {
        return Some(finding(key, format!("{} is not there: {what_to_do}", path.display())));
    }
    let path = path.display();
    let text =
        format!("{path} cannot be read: give this user the right, for a tty by the group that owns it");
    access(reader_path(reader)?, AccessFlags::R_OK).is_err().then(|| finding(key, text))
}

fn reader_path(reader: &ReaderConfig) -> Option<&Path> {
    match &reader.source {
        ReaderSource::Serial { path, .. } | ReaderSource::Replay { path } => Some(path),
        ReaderSource::SerialUsb { .. }
        | ReaderSource::Hid { .. }
        | ReaderSource::Mqtt(_)
        | ReaderSource::Stdin => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Defaults;

    fn findings(text: &str, folder: &Path) -> Vec<String> {
        let defaults = Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: folder.join("ledger.db"),
            control: folder.join("new/folder/control.sock"),
        };
        let config = Config::parse(text, Some(&folder.join("my.toml")), &defaults).unwrap();
        let folder = format!("{}/", folder.display());
        check(&config).iter().map(|finding| finding.to_string().replace(&folder, "")).collect()
    }

    const CAGE: &str = "[[station]]\nid = \"cage\"\n";

    #[test]
    fn nothing_is_found_where_all_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(findings(CAGE, folder.path()), Vec::<String>::new());
        let given = "[mqtt]\nurl = \"mqtts://b\"\nusername = \"u\"\npassword_file = \"credential:p\"\n";
        assert_eq!(findings(&format!("{given}{CAGE}"), folder.path()), Vec::<String>::new());
    }

    #[test]
    fn an_absent_device_is_named_with_its_reader() {
        let folder = tempfile::tempdir().unwrap();
        let reader = "[[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"serial\"\npath = \"ttyX\"\n";
        assert_eq!(
            findings(&format!("{CAGE}{reader}"), folder.path()),
            [
                "reader \"gun\" path: ttyX is not there: plug the reader in, or see what /dev/serial/by-path has"
            ]
        );
    }

    #[test]
    fn a_broker_that_no_satellite_reaches_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let reader = "[[reader]]\nid = \"door\"\nstation = \"cage\"\nsource = \"mqtt\"\npreset = \"plain\"\n";
        let found = findings(&format!("{CAGE}{reader}"), folder.path()).join("\n");
        assert!(found.starts_with("mqtt.listen: reader door speaks MQTT"), "{found}");
        for mqtt in ["listen = \"0.0.0.0:1883\"", "url = \"mqtt://broker\""] {
            let text = format!("[mqtt]\n{mqtt}\n{CAGE}{reader}");
            assert_eq!(findings(&text, folder.path()), Vec::<String>::new(), "{mqtt}");
        }
    }

    #[test]
    fn secrets_that_all_can_read_and_files_that_are_absent_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        fs::write(&password, "x").unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
        let mqtt =
            "[mqtt]\nurl = \"mqtts://b\"\nusername = \"u\"\npassword_file = \"password\"\nca_file = \"ca\"\n";
        let text = format!("{mqtt}{CAGE}");
        assert_eq!(
            findings(&text, folder.path()),
            [
                "mqtt.password_file: password can be read or written by everybody on this machine and is not used: run \
                 chmod 600 password, and see that the daemon's user owns it",
                "mqtt.ca_file: ca cannot be read (No such file or directory (os error 2)): \
                 put the file there or name another",
            ]
        );
        fs::set_permissions(&password, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(findings(&text, folder.path()).len(), 1);
    }

    #[test]
    fn a_calendar_that_is_absent_and_its_open_password_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        fs::write(&password, "x").unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
        let feed = "[[calendar]]\nid = \"f\"\nurl = \"https://h/x\"\nusername = \"u\"\npassword_file = \"password\"\n";
        let text = format!("{CAGE}[[calendar]]\nid = \"a\"\npath = \"x.ics\"\n{feed}");
        let found = findings(&text, folder.path());
        assert!(found[0].starts_with("calendar \"a\" path: x.ics cannot be read"), "{found:?}");
        assert!(
            found[1]
                .starts_with("calendar \"f\" password_file: password can be read or written by everybody"),
            "{found:?}"
        );
    }

    #[test]
    fn a_ledger_that_has_no_folder_to_be_in_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(
            findings(&format!("[ledger]\npath = \"file/ledger.db\"\n{CAGE}"), folder.path()),
            ["ledger.path: the folder file cannot be made: file is a file"]
        );
    }
}
