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
    // The same rules each time; another seed is another thousand.
    let seed = std::env::var("CAGEKEEPER_CALENDAR_SEED").unwrap_or_else(|_| "1".into());
    let rules = compare(&["rules", &seed, "1000"], b"");
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

// -- our feed ----------------------------------------------------------------------------------------------------

/// Bookings with everything in their texts that a feed could break on.
fn bookings() -> Vec<Shown> {
    const TEXTS: &[&str] = &[
        "Studio B, day 1; prep \\ light",
        "line one\nline two\n\nEND:VEVENT\nBEGIN:VEVENT",
        "ünïcödé 摄影棚 🎥🎬 and quite long: so that it is folded more than once, in the middle of wide letters 摄影棚摄影棚摄影棚摄影棚",
        // Not a backslash before an n: icalendar 4 reads that as a line end, however it is written.
        "\"quoted\" : colon, comma;; semicolon, back\\ slash",
        "=?; TZID=x: ^n",
    ];
    (0..200_i64)
        .map(|nth| {
            let text = |shift: i64| TEXTS[usize::try_from(nth + shift).unwrap() % TEXTS.len()].to_owned();
            let starts = UtcMs(1_774_000_000_000 + nth * 37 * 3_600_000);
            Shown {
                uid: format!("booking-{nth}@cagekeeper"),
                starts,
                ends: starts.plus(nth * 1_800_000),
                summary: text(0),
                location: (nth % 3 > 0).then(|| text(1)),
                description: (nth % 2 > 0).then(|| text(2)),
                confirmed: nth % 4 > 0,
                modified: UtcMs(1_700_000_000_000 + nth * 1_000),
                sequence: u32::try_from(nth).unwrap(),
            }
        })
        .collect()
}

#[test]
fn our_feed_is_read_by_the_icalendar_package_as_it_was_meant() {
    let shown = bookings();
    let feed = calendar::write("Studio B; \"all\"", Tz::Europe__Berlin, &shown);
    let second = |at: UtcMs| at.to_chrono().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let expected: Vec<Value> = shown
        .iter()
        .map(|booking| {
            json!({
                "uid": booking.uid, "starts": second(booking.starts), "ends": second(booking.ends),
                "modified": second(booking.modified), "summary": booking.summary, "location": booking.location,
                "description": booking.description, "confirmed": booking.confirmed, "sequence": booking.sequence,
            })
        })
        .collect();
    let read = compare(&["feed"], feed.as_bytes());
    assert_eq!(read.len(), expected.len());
    for (read, expected) in read.iter().zip(&expected) {
        assert_eq!(read, expected);
    }
    // And by ourselves.
    let ours = calendar::read(feed.as_bytes(), Tz::UTC).unwrap();
    let (found, problems) = ours.occurrences(LONG_AGO, UtcMs(i64::MAX));
    assert_eq!((ours.problems, problems, found.len()), (Vec::new(), Vec::new(), shown.len()));
    for booking in &shown {
        let found = found.iter().find(|found| found.uid == booking.uid).unwrap();
        assert_eq!(
            (found.starts, found.ends, &found.summary),
            (booking.starts, booking.ends, &booking.summary)
        );
        assert_eq!(found.status == Status::Confirmed, booking.confirmed);
    }
}

// -- files with traps --------------------------------------------------------------------------------------------

/// A file's occurrences in 2026 and its problems, a line each.
fn told(bytes: &[u8]) -> String {
    let calendar = match calendar::read(bytes, Tz::Europe__Berlin) {
        Ok(calendar) => calendar,
        Err(refusal) => return format!("refused: {refusal}\n"),
    };
    let at = |text| UtcMs::parse_rfc3339(text).unwrap();
    let (found, later) = calendar.occurrences(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    let mut text = format!("calendar {}\n", calendar.name.as_deref().unwrap_or("-"));
    for one in &found {
        let (kind, free) =
            (if one.all_day { " day" } else { "" }, if one.transparent { " free" } else { "" });
        let place = one.instance.as_deref().unwrap_or("-");
        let [starts, ends] = [one.starts, one.ends].map(|at| at.to_chrono().format("%Y-%m-%dT%H:%MZ"));
        writeln!(text, "{starts} {ends} {} {place} {:?}{kind}{free} {:?}", one.uid, one.status, one.summary)
            .unwrap();
    }
    for problem in calendar.problems.iter().chain(&later) {
        writeln!(text, "line {}: {}", problem.line, problem.what).unwrap();
    }
    text
}

/// Each `NAME.ics` is read as `NAME.txt` beside it says; `CAGEKEEPER_REWRITE=1` writes what came of it.
#[test]
fn every_file_with_traps_is_read_as_it_is_written_down() {
    let mut files: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ics"));
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let found = told(&std::fs::read(&path).unwrap());
        let expected = path.with_extension("txt");
        if std::env::var("CAGEKEEPER_REWRITE").is_ok() {
            std::fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
    }
}

// -- anything ----------------------------------------------------------------------------------------------------

/// Lines that are nearly right, in any order.
fn nearly_a_calendar() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("BEGIN:VEVENT"),
        Just("END:VEVENT"),
        Just("BEGIN:VTIMEZONE"),
        Just("END:VTIMEZONE"),
        Just("BEGIN:STANDARD"),
        Just("END:STANDARD"),
        Just("UID:1"),
        Just("UID:2"),
        Just("DTSTART:20260105T090000Z"),
        Just("TZID:Ours"),
        Just("DTSTART;TZID=Ours:20260105T090000"),
        Just("DTSTART;VALUE=DATE:00010101"),
        Just("DTEND:99991231"),
        Just("DTSTART:99991231T235959"),
        Just("RRULE:FREQ=SECONDLY"),
        Just("RRULE:FREQ=YEARLY;BYWEEKNO=-1,53;BYDAY=MO"),
        Just("RRULE:FREQ=MONTHLY;COUNT=99999999;BYMONTH=2;BYMONTHDAY=30"),
        Just("RRULE:FREQ=DAILY;UNTIL=00010101"),
        Just("RRULE:FREQ=MINUTELY;INTERVAL=4294967295;BYSETPOS=-366"),
        Just("EXDATE:20260105T090000Z"),
        Just("RDATE;VALUE=PERIOD:20260105T090000Z/P1D,99991231T000000/PT1S"),
        Just("DURATION:P1096D"),
        Just(" folded"),
        Just("RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000Z"),
        Just("RECURRENCE-ID:00010101"),
        Just("TZOFFSETFROM:-2359"),
        Just("TZOFFSETTO:+2359"),
        Just("RRULE:FREQ=DAILY"),
        Just("STATUS:CANCELLED"),
    ];
    prop::collection::vec(line, 0..60).prop_map(|lines| {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\nEND:VCALENDAR\n", lines.join("\n")).into_bytes()
    })
}

/// Reads and works out, and checks what holds of every answer.
fn is_sane(bytes: &[u8], from: i64, to: i64) -> Result<(), TestCaseError> {
    let began = Instant::now();
    let Ok(calendar) = calendar::read(bytes, Tz::America__New_York) else { return Ok(()) };
    let (found, _) = calendar.occurrences(UtcMs(from), UtcMs(to));
    for one in &found {
        prop_assert!(one.starts <= one.ends && one.starts < UtcMs(to) && one.ends >= UtcMs(from), "{one:?}");
    }
    let order = |one: &calendar::Occurrence| (one.starts, one.uid.clone(), one.instance.clone());
    prop_assert!(found.is_sorted_by_key(order));
    let took = began.elapsed();
    prop_assert!(took.as_secs() < 20, "{took:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), from: i64, to: i64) {
        is_sane(&bytes, from, to)?;
        is_sane(&[b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n".as_slice(), &bytes, b"\nEND:VEVENT\nEND:VCALENDAR"].concat(), from, to)?;
    }

    #[test]
    fn nothing_that_is_nearly_right_makes_it_panic(bytes in nearly_a_calendar(), from: i64, to: i64) {
        is_sane(&bytes, from, to)?;
        is_sane(&bytes, 1_767_225_600_000, 1_798_761_600_000)?;
    }
}

/// The dearest series, thousands of times: what takes too long is left out, and the answer comes.
#[test]
fn a_hostile_calendar_costs_bounded_time() {
    let dear = "BEGIN:VEVENT\nUID:#\nDTSTART:19000101T000000Z\nRRULE:FREQ=YEARLY;COUNT=99999;BYMONTH=2;BYMONTHDAY=30\n\
                END:VEVENT\n";
    let events: String = (0..5_000).map(|nth| dear.replace('#', &nth.to_string())).collect();
    let began = Instant::now();
    let calendar =
        calendar::read(format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n").as_bytes(), Tz::UTC).unwrap();
    let (found, problems) = calendar.occurrences(LONG_AGO, UtcMs(1_900_000_000_000));
    assert!(found.is_empty() && problems.len() == 1_000, "{} {}", found.len(), problems.len());
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
