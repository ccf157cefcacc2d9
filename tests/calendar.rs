//! Calendars beside programs that are not ours: rules worked out by dateutil, our feed read by the icalendar package,
//! and files with every trap (`tests/real/calendar/`).

#![allow(clippy::disallowed_methods, reason = "it starts Python, reads files and the clock")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use cagekeeper::calendar::{self, Shown, Status};
use cagekeeper::time::UtcMs;
use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/calendar");
const LONG_AGO: UtcMs = UtcMs(0);
/// The same rules each time; another seed is another thousand.
const SEED: &str = "1";

/// Lines of JSON from `compare.py`, which Debian's Python runs: its packages are what `tests/setup` installs.
fn compare(args: &[&str], input: &[u8]) -> Vec<Value> {
    let mut child = Command::new("/usr/bin/python3")
        .arg(format!("{FOLDER}/compare.py"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("/usr/bin/python3 is needed: tests/setup installs it");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "compare.py {args:?} (tests/setup installs what it needs):\n{complaints}"
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn moment(text: &Value) -> UtcMs {
    UtcMs::parse_rfc3339(text.as_str().unwrap()).unwrap()
}

#[test]
fn a_thousand_rules_are_worked_out_as_dateutil_does() {
    let rules = compare(&["rules", SEED, "1000"], b"");
    assert_eq!(rules.len(), 1000);
    let (mut wrong, mut instances) = (String::new(), 0);
    for rule in &rules {
        let begins = if rule["day"] == true {
            "VALUE=DATE"
        } else {
            &format!("TZID={}", rule["zone"].as_str().unwrap())
        };
        let text = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;{begins}:{}\r\nRRULE:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            rule["start"].as_str().unwrap(),
            rule["rule"].as_str().unwrap()
        );
        let calendar = calendar::read(text.as_bytes(), Tz::UTC).unwrap();
        let (found, problems) = calendar.occurrences(LONG_AGO, moment(&rule["to"]));
        let found: Vec<_> = found.iter().map(|occurrence| occurrence.starts.to_string()).collect();
        let expected: Vec<_> =
            rule["expected"].as_array().unwrap().iter().map(|at| moment(at).to_string()).collect();
        instances += expected.len();
        if found != expected || !problems.is_empty() {
            let odd = |one: &[String], other: &[String]| {
                one.iter().filter(|at| !other.contains(at)).take(3).cloned().collect::<Vec<_>>()
            };
            let (ours, theirs) = (odd(&found, &expected), odd(&expected, &found));
            let rule = format!("{} {} {}", rule["zone"], rule["start"], rule["rule"]);
            writeln!(wrong, "{rule}\n  only ours {ours:?}, only theirs {theirs:?}, {problems:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} of 1000 differ:\n{wrong}", wrong.lines().count() / 2);
    assert!(instances > 40_000, "{instances} instances are few");
}
