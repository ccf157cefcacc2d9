//! `config check` and `config show-default`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::screen::Screen;
use crate::config::{Config, ConfigErrors, DEFAULT_TOML, check as look};

/// Reads the configuration and looks at what it names. Exits 1 where something will not work as things stand, 2
/// where the file itself is wrong.
pub fn check(file: Option<&Path>, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(errors) if screen.is_json() => {
            screen.json(&json!({ "ok": false, "errors": error_values(&errors), "findings": [] }))?;
            screen.flush()?;
            return Ok(ExitCode::from(2));
        }
        Err(errors) => return Err(errors.into()),
    };
    let source =
        config.source.as_ref().map_or("the embedded default".to_owned(), |path| path.display().to_string());
    let findings = look(&config);
    if screen.is_json() {
        let found: Vec<_> =
            findings.iter().map(|found| json!({ "key": found.key, "text": found.text })).collect();
        screen.json(&json!({ "ok": true, "source": source, "errors": [], "findings": found }))?;
    } else {
        for finding in &findings {
            screen.line(&finding.to_string())?;
        }
        screen.line(&format!("{source}: {}", verdict(&config, findings.len())))?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn verdict(config: &Config, findings: usize) -> String {
    let of = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    let has = format!("{}, {}", of(config.stations.len(), "station"), of(config.readers.len(), "reader"));
    match findings {
        0 => format!("right ({has})"),
        n => format!("right in itself ({has}), {} to look at on this machine", of(n, "thing")),
    }
}

fn error_values(errors: &ConfigErrors) -> Vec<serde_json::Value> {
    match errors {
        ConfigErrors::Unreadable { file, reason } | ConfigErrors::UnreadableProfile { file, reason } => {
            vec![json!({ "file": file, "found": reason })]
        }
        ConfigErrors::Wrong { file, errors } => errors
            .iter()
            .map(|error| {
                json!({ "file": file, "line": error.line, "column": error.column, "key": error.key,
                        "found": error.found, "expected": error.expected })
            })
            .collect(),
    }
}

/// Prints the commented default.
pub fn show_default(screen: &mut Screen) -> anyhow::Result<ExitCode> {
    screen.bytes(DEFAULT_TOML.as_bytes())?;
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}
