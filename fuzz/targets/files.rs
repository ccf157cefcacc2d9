//! Files that people write: configurations, recordings and profiles. The first byte says which.
#![no_main]

use std::path::Path;

use cagekeeper::config::profile::Profile;
use cagekeeper::config::{Config, Defaults};
use cagekeeper::io::readers::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&which, data)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    if which % 3 == 2 {
        if let Ok(profile) = Profile::parse(Path::new("profile.toml"), text) {
            let again = Profile::parse(Path::new("profile.toml"), &profile.text()).expect("what is written is read");
            assert_eq!(again, profile);
        }
    } else if which % 3 == 0 {
        let defaults =
            Defaults { timezone: chrono_tz::Tz::UTC, ledger: "ledger.db".into(), control: "control.sock".into() };
        if let Err(errors) = Config::parse(text, None, &defaults) {
            assert!(!errors.to_string().is_empty(), "an error without a sentence");
        }
    } else if let Err(error) = replay::parse(text) {
        assert!(error.to_string().starts_with("line "), "{error}");
    }
});
