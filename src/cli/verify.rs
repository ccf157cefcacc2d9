//! `verify`: are the projections what the facts say?

use std::process::ExitCode;

use serde_json::json;

use super::desk::reader;
use super::screen::Screen;
use crate::config::Config;

/// Replays all facts into an empty ledger and compares. Exits 1 where anything differs.
pub fn verify(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let report = reader(config)?.verify()?;
    let whole = report.is_whole();
    if screen.is_json() {
        let (facts, rows, different) = (report.facts, report.rows, report.different);
        let differences = &report.differences;
        screen.json(&json!({ "whole": whole, "facts": facts, "rows": rows, "different": different, "differences": differences }))?;
    } else {
        for difference in &report.differences {
            screen.line(difference)?;
        }
        let verdict = match report.different {
            0 => "every row is what they say".to_owned(),
            1 => "1 row differs. Restore the last backup; keep this file for examination".to_owned(),
            n => format!("{n} rows differ. Restore the last backup; keep this file for examination"),
        };
        screen.line(&format!("{} facts, {} rows: {verdict}", report.facts, report.rows))?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!whole)))
}
