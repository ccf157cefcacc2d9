//! Files that hold a secret: where they are, and that nobody else can read them.
//!
//! A secret is never in the configuration itself, which many may read. It is the first line of a file that its owner,
//! and at most the owner's group, may read; or a credential, which systemd gives to the service alone.
#![allow(clippy::disallowed_methods, reason = "reads the files that the configuration names")]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::reading::Reading;
use super::section::{Section, Setting};

/// What stands before the name of a credential where a file could be named.
const CREDENTIAL: &str = "credential:";
/// Where the installed service has its credentials: for who looks at the configuration from outside the service.
const OF_THE_SERVICE: &str = "/run/credentials/cagekeeper.service";
/// No password, address, key or chain of certificates is longer.
const BYTES_MAX: u64 = 256 * 1024;
/// Anybody else may read or write it.
const OTHERS: u32 = 0o006;

/// A file, or a credential: `credential:NAME` is the one of that name that systemd gave to this process, or gives to
/// the service where this process has none.
pub(super) fn file(section: &Section<'_>, key: &str, reading: &mut Reading<'_>) -> Option<PathBuf> {
    let Some(name) =
        section.setting(key).and_then(Setting::text).and_then(|text| text.strip_prefix(CREDENTIAL))
    else {
        return reading.path(section, key);
    };
    let expected =
        "credential:NAME, with a name of a-z, A-Z, 0-9, '.', '_' and '-' as in LoadCredential= of the unit";
    section.read(key, expected, &mut reading.problems, |_| {
        is_name(name).then(|| credential(std::env::var_os("CREDENTIALS_DIRECTORY").as_deref(), name))
    })
}

fn is_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=255).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(known)
}

fn credential(folder: Option<&OsStr>, name: &str) -> PathBuf {
    folder.map_or_else(|| PathBuf::from(OF_THE_SERVICE), PathBuf::from).join(name)
}

/// Whether it is a credential of the installed service, which nobody but the service can look at.
pub(super) fn is_of_the_service(path: &Path) -> bool {
    path.starts_with(OF_THE_SERVICE)
}

/// What is said of a password that stands in the configuration itself.
pub(super) const INLINE: (&str, &str) = (
    "a password in a file that many may read",
    "`password_file`: a file with the password on its first line that others cannot read, or \"credential:NAME\"",
);

/// The bytes of a secret file. `key` names it in the error, which is a sentence with what to do; the secret is in none.
///
/// A file that others than its owner and group may read or write is refused: whoever reads it is the daemon to the
/// broker, and whoever writes it is the broker to the daemon.
pub fn bytes(key: &str, path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        let what_to_do = match error.kind() {
            ErrorKind::NotFound if is_of_the_service(path) => {
                "add LoadCredential= to the service, `systemctl edit cagekeeper`"
            }
            ErrorKind::NotFound => "put the file there or name another",
            _ => "give it to the daemon's user",
        };
        format!("{key} {shown} cannot be read ({error}): {what_to_do}")
    };
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() {
        return Err(format!("{key} {shown} is no file: name the file that holds the secret"));
    }
    if let Some(sentence) = exposed(&shown.to_string(), meta.permissions().mode()) {
        return Err(format!("{key} {sentence}"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("{key} {shown} is larger than {} kB: that is no secret", BYTES_MAX >> 10));
    }
    Ok(bytes)
}

/// The first line of a secret file: a password or an address.
pub fn line(key: &str, path: &Path) -> Result<String, String> {
    let not_text = |_| format!("{key} {} is not UTF-8: write the secret on its first line", path.display());
    let text = String::from_utf8(bytes(key, path)?).map_err(not_text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Why a file of these permissions is not secret, and what to do; `None` where it is.
pub(super) fn exposed(path: &str, mode: u32) -> Option<String> {
    (mode & OTHERS != 0).then(|| {
        format!(
            "{path} can be read or written by everybody on this machine and is not used: run chmod 600 {path}, and see \
             that the daemon's user owns it"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_mode(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, "s3cret pass \r\nsecond\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_secret_is_the_first_line_of_a_file_that_others_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o600, 0o400, 0o640, 0o440] {
            let path = with_mode(folder.path(), &format!("fine-{mode:o}"), mode);
            assert_eq!(line("mqtt.password_file", &path).unwrap(), "s3cret pass ", "{mode:o}");
        }
        for mode in [0o644, 0o604, 0o602, 0o666] {
            let path = with_mode(folder.path(), &format!("open-{mode:o}"), mode);
            let said = line("mqtt.password_file", &path).unwrap_err();
            assert!(said.starts_with("mqtt.password_file /"), "{said}");
            assert!(said.contains(&format!("run chmod 600 {}", path.display())), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }

    #[test]
    fn what_is_no_secret_file_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let absent = line("k", &folder.path().join("absent")).unwrap_err();
        assert!(absent.contains("put the file there"), "{absent}");
        let credential = line("k", Path::new("/run/credentials/cagekeeper.service/none-such")).unwrap_err();
        assert!(credential.contains("LoadCredential="), "{credential}");
        assert!(line("k", folder.path()).unwrap_err().contains("is no file"));
        let large = with_mode(folder.path(), "large", 0o600);
        File::options().write(true).open(&large).unwrap().set_len(BYTES_MAX + 1).unwrap();
        assert!(line("k", &large).unwrap_err().contains("larger than 256 kB"));
    }

    #[test]
    fn a_credential_is_a_name_in_the_folder_that_systemd_made() {
        let given = credential(Some(OsStr::new("/run/credentials/other.service")), "mqtt");
        assert_eq!(given, Path::new("/run/credentials/other.service/mqtt"));
        assert_eq!(credential(None, "mqtt"), Path::new("/run/credentials/cagekeeper.service/mqtt"));
        assert!(is_name("mqtt-password.1") && is_name("A_b"));
        for name in ["", ".", "..", "../x", "a/b", "a b", "ä", ".hidden"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
