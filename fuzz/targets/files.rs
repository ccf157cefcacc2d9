//! Files that people write: configurations, recordings, profiles, the lists of other tools and our own. The first byte says which,
//! in our own lists the second what they are about.
#![no_main]

use std::path::Path;

use cagekeeper::config::profile::Profile;
use cagekeeper::config::{Config, Defaults};
use cagekeeper::domain::id::PersonId;
use cagekeeper::domain::known::Known;
use cagekeeper::domain::rules::HouseRules;
use cagekeeper::import::{Asked, Brought, Kind, bring, draft};
use cagekeeper::io::readers::replay;
use libfuzzer_sys::fuzz_target;

const MAP: &str = include_str!("../../tests/real/imports/mapped/map.toml");

const KINDS: [Kind; 7] =
    [Kind::Assets, Kind::Kits, Kind::Stock, Kind::People, Kind::Rooms, Kind::Productions, Kind::Bookings];

fn said(asked: &Asked, data: &[u8]) -> Result<Brought, Vec<String>> {
    let mut ids = (0..).filter_map(|n| PersonId::parse(&format!("p-{n}")).ok());
    bring(asked, "f.csv", data, &HouseRules::default(), &Known::default(), &mut ids)
}

fn own_list(data: &[u8]) {
    let Some((&kind, data)) = data.split_first() else { return };
    let Some(kind) = KINDS.get(usize::from(kind) % KINDS.len()) else { return };
    if let Err(sentences) = said(&Asked::Own(*kind), data) {
        assert!(!sentences.is_empty(), "no list and no sentence");
    }
}

/// Reads a list by its header, by a mapping, and by a mapping drafted from it; and as a mapping itself.
fn list(data: &[u8]) {
    let mapped = |text: String| Asked::Mapped { file: "m.toml".to_owned(), text };
    let drafted = draft("f.csv", data).map(mapped);
    for asked in [Some(Asked::Any), Some(mapped(MAP.to_owned())), drafted.ok()].into_iter().flatten() {
        if let Err(sentences) = said(&asked, data) {
            assert!(!sentences.is_empty(), "no list and no sentence");
        }
    }
    let _ = said(&mapped(String::from_utf8_lossy(data).into_owned()), b"Nr,Name\n1,X\n");
}

fuzz_target!(|data: &[u8]| {
    let Some((&which, data)) = data.split_first() else { return };
    let which = which % 5;
    if which == 3 {
        return list(data);
    }
    if which == 4 {
        return own_list(data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if which == 2 {
        if let Ok(profile) = Profile::parse(Path::new("profile.toml"), text) {
            let again = Profile::parse(Path::new("profile.toml"), &profile.text()).expect("what is written is read");
            assert_eq!(again, profile);
        }
    } else if which == 0 {
        let defaults =
            Defaults { timezone: chrono_tz::Tz::UTC, ledger: "ledger.db".into(), control: "control.sock".into() };
        if let Err(errors) = Config::parse(text, None, &defaults) {
            assert!(!errors.to_string().is_empty(), "an error without a sentence");
        }
    } else if let Err(error) = replay::parse(text) {
        assert!(error.to_string().starts_with("line "), "{error}");
    }
});
