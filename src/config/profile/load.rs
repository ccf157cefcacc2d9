//! Where profiles come from: compiled in, and a folder of the machine.
#![allow(clippy::disallowed_methods, reason = "a folder may hold more profiles than are compiled in")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::super::problem::{ConfigErrors, not_utf8};
use super::{Profile, Profiles};

/// The files of `hardware/profiles`: name and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// Files looked at in a folder of profiles, in the order of their names; the others are passed over.
const FILES_MAX: usize = 1000;
/// Bytes of a file of a folder.
pub(super) const FILE_BYTES_MAX: u64 = 64 * 1024;

impl Profiles {
    /// Those that are compiled in.
    pub fn built_in() -> Self {
        static PARSED: OnceLock<Vec<Profile>> = OnceLock::new();
        // A test holds every one of them to be right.
        let parse = |(file, text): &(&str, &str)| Profile::parse(Path::new(file), text).ok();
        let list = PARSED.get_or_init(|| BUILT_IN.iter().filter_map(parse).collect()).clone();
        Self { list, folder: None }
    }

    /// Those that are compiled in and those of `folder`, which count where both have an id. A folder that is not there
    /// has none. The first file that cannot be read or is wrong is the error.
    pub fn with_folder(folder: Option<&Path>) -> Result<Self, ConfigErrors> {
        let mut profiles = Self { folder: folder.map(Path::to_path_buf), ..Self::built_in() };
        for path in folder.map(files).transpose()?.unwrap_or_default() {
            let profile = read(&path)?;
            profiles.list.retain(|other| other.id != profile.id);
            profiles.list.push(profile);
        }
        profiles.list.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(profiles)
    }
}

/// The profiles of a folder in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, ConfigErrors> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error.to_string())),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.truncate(FILES_MAX);
    Ok(paths)
}

fn read(path: &Path) -> Result<Profile, ConfigErrors> {
    let length = fs::metadata(path).map_err(|error| unreadable(path, &error.to_string()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(unreadable(
            path,
            &format!("a profile has at most {FILE_BYTES_MAX} bytes, this one {length}"),
        ));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path.display().to_string(), &error))?;
    Profile::parse(path, &text)
}

fn unreadable(path: &Path, reason: &str) -> ConfigErrors {
    ConfigErrors::UnreadableProfile { file: path.display().to_string(), reason: reason.to_owned() }
}
