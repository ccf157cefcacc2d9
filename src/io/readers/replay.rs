//! Recordings: what a reader gave, to be given again.
//!
//! One JSON object a line, in the order in which the bytes came:
//!
//! ```text
//! {"at_ms":0,"reader":"gun","hex":"43414d2d30310d"}
//! ```
//!
//! `at_ms` counts from any beginning, `hex` is what one read of the device gave: a piece of a stream, or one
//! HID report. Empty lines are passed over, and so are further keys; a `descriptor` with an empty `hex` is the HID report
//! descriptor of the reports that follow.

#![allow(clippy::disallowed_methods, reason = "recordings are files")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CHUNK_BYTES_MAX;
use super::outlet::{Absent, Backoff, Closed, Outlet};
use crate::domain::id::ReaderId;

/// The largest recording that is read: far beyond a year at one door.
const RECORDING_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What one read of a device gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, in milliseconds from any beginning.
    pub at_ms: u64,
    /// Which reader.
    pub reader: ReaderId,
    /// The bytes, as hex in either case.
    #[serde(rename = "hex", serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub bytes: Vec<u8>,
}

/// The HID report descriptor of a device, as a line of a recording that gives no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// When it was plugged in.
    pub at_ms: u64,
    /// Which reader.
    pub reader: ReaderId,
    /// Empty.
    pub hex: String,
    /// The descriptor, as hex in either case.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub descriptor: Vec<u8>,
}

/// The first report descriptor of each reader in a recording.
pub fn descriptors(text: &str) -> BTreeMap<ReaderId, Vec<u8>> {
    let mut descriptors = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Descriptor>(line).ok()) {
        descriptors.entry(line.reader).or_insert(line.descriptor);
    }
    descriptors
}

/// A line that is not one of a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}; expected {{\"at_ms\":0,\"reader\":\"gun\",\"hex\":\"0d\"}}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// How fast a recording is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// With the waits in which it was recorded.
    AsRecorded,
    /// As fast as it is taken.
    AsFastAsPossible,
}

/// Reads a whole recording, or says which line is wrong.
pub fn parse(text: &str) -> Result<Vec<Line>, BadLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered
        .map(|(index, line)| serde_json::from_str(line).map_err(|error| bad_line(index, &error)))
        .collect()
}

fn bad_line(index: usize, error: &serde_json::Error) -> BadLine {
    let said = error.to_string();
    // The parser saw one line only and calls it line 1.
    let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
    BadLine { line: index + 1, column: error.column(), reason: reason.to_owned() }
}

/// The lines of one reader: those under its id or, where the recording has a single reader, all of them.
/// The error is a sentence that names the readers there are.
pub fn lines_of<'a>(lines: &'a [Line], reader: &ReaderId) -> Result<Vec<&'a Line>, String> {
    let readers: BTreeSet<&str> = lines.iter().map(|line| line.reader.as_str()).collect();
    if readers.len() <= 1 {
        return Ok(lines.iter().collect());
    }
    if readers.contains(reader.as_str()) {
        return Ok(lines.iter().filter(|line| line.reader == *reader).collect());
    }
    let readers: Vec<&str> = readers.into_iter().collect();
    Err(format!("it has no reader {reader}, only {}: rename the reader or the lines", readers.join(", ")))
}

/// Hex digits in pairs as bytes; blanks between pairs are passed over. The error says what was found.
pub fn bytes_of_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits =
        text.chars().filter(|c| !c.is_ascii_whitespace()).map(digit).collect::<Result<Vec<u8>, _>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("{} hex digits are not whole bytes", digits.len()));
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn digit(c: char) -> Result<u8, String> {
    let value = c.to_digit(16).and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(|| format!("{c:?} is not a hex digit"))
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    serializer.serialize_str(&hex)
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    bytes_of_hex(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Waits for the recording to be there and in order, and plays it once, as it was recorded.
pub(super) async fn run(mut outlet: Outlet, path: PathBuf) {
    let mut backoff = Backoff::new();
    let lines = loop {
        match load(&path) {
            Ok(lines) => break lines,
            Err(absent) => outlet.absent(absent),
        }
        tokio::time::sleep(backoff.next()).await;
    };
    run_lines(outlet, lines, Pace::AsRecorded, format!("recording {}", path.display())).await;
}

/// Plays the lines of this reader once. `device` says what they are, for people.
pub(super) async fn run_lines(mut outlet: Outlet, lines: Vec<Line>, pace: Pace, device: String) {
    match lines_of(&lines, outlet.reader()) {
        Ok(mine) => {
            let begin_ms = lines.first().map_or(0, |line| line.at_ms);
            drop(play(&mut outlet, &mine, begin_ms, pace, device).await);
        }
        Err(reason) => {
            let reason = format!("{device}: {reason}");
            tracing::warn!(reader = %outlet.reader(), "{reason}");
            outlet.absent(Absent::Unusable(reason));
        }
    }
}

fn load(path: &Path) -> Result<Vec<Line>, Absent> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Absent::Missing(format!("recording {shown} does not exist")),
        _ => Absent::Unusable(format!("recording {shown} cannot be read: {error}")),
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > RECORDING_BYTES_MAX {
        let reason = format!("recording {shown} is over {RECORDING_BYTES_MAX} bytes: split it");
        return Err(Absent::Unusable(reason));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&text).map_err(|bad| Absent::Unusable(format!("recording {shown}, {bad}")))
}

/// Plays lines to their end. `begin_ms` is the `at_ms` that counts as the beginning, so that several readers
/// of one recording stay in step.
async fn play(
    outlet: &mut Outlet,
    lines: &[&Line],
    begin_ms: u64,
    pace: Pace,
    device: String,
) -> Result<(), Closed> {
    outlet.plugged(device, None, None).await?;
    let begin = outlet.clock().mono();
    for line in lines {
        if pace == Pace::AsRecorded {
            let due = begin.plus(line.at_ms.saturating_sub(begin_ms));
            tokio::time::sleep(Duration::from_millis(due.since(outlet.clock().mono()))).await;
        }
        for bytes in line.bytes.chunks(CHUNK_BYTES_MAX) {
            let credit = outlet.credit().await?;
            outlet.chunk(outlet.clock().mono(), bytes.to_vec(), credit).await?;
        }
    }
    outlet.unplugged("end of recording".to_owned()).await
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::ReaderEvent;
    use super::*;
    use crate::config::ClockTrust;
    use crate::io::clock::Clock;

    const TWO_READERS: &str = concat!(
        "\u{feff}{\"at_ms\":5000,\"reader\":\"gun\",\"hex\":\"43 41\"}\r\n",
        "\n",
        "{\"at_ms\":5040,\"reader\":\"mat\",\"hex\":\"02\",\"note\":\"a card\"}\n",
        "{\"at_ms\":5080,\"reader\":\"gun\",\"hex\":\"4D0d\"}\n",
    );

    fn id(text: &str) -> ReaderId {
        ReaderId::parse(text).unwrap()
    }

    #[test]
    fn lines_are_read_and_written_alike() {
        let lines = parse(TWO_READERS).unwrap();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], Line { at_ms: 5_080, reader: id("gun"), bytes: b"M\r".to_vec() });
        let written = serde_json::to_string(&lines[2]).unwrap();
        assert_eq!(written, r#"{"at_ms":5080,"reader":"gun","hex":"4d0d"}"#);
        assert_eq!(parse(&written).unwrap(), lines[2..]);
    }

    #[test]
    fn a_wrong_line_is_named_with_its_number_and_what_was_expected() {
        let good = r#"{"at_ms":0,"reader":"gun","hex":"0d"}"#;
        for (line, part) in [
            (r#"{"at_ms":0,"reader":"gun"}"#, "missing field `hex`"),
            (r#"{"at_ms":0,"reader":"gun","hex":"0"}"#, "1 hex digits are not whole bytes"),
            (r#"{"at_ms":0,"reader":"gun","hex":"0x"}"#, "'x' is not a hex digit"),
            (r#"{"at_ms":-1,"reader":"gun","hex":"0d"}"#, "invalid value: integer `-1`"),
            (r#"{"at_ms":0,"reader":"The Gun","hex":"0d"}"#, "is not an id"),
            ("CAM-01", "expected value"),
        ] {
            let said = parse(&format!("{good}\n\n{line}\n")).unwrap_err().to_string();
            assert!(said.starts_with("line 3, column "), "{said}");
            assert!(said.contains(part) && said.contains("; expected {\"at_ms\":0"), "{said}");
            assert!(!said.contains("line 1"), "{said}");
        }
    }

    #[test]
    fn a_reader_gets_its_own_lines_or_all_of_a_single_one() {
        let lines = parse(TWO_READERS).unwrap();
        assert_eq!(lines_of(&lines, &id("gun")).unwrap().len(), 2);
        let said = lines_of(&lines, &id("door")).unwrap_err();
        assert!(said.contains("no reader door, only gun, mat"), "{said}");
        assert_eq!(lines_of(&lines[..1], &id("door")).unwrap().len(), 1);
        assert!(lines_of(&[], &id("door")).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_recording_is_played_with_its_waits() {
        let lines = parse(TWO_READERS).unwrap();
        let clock = Clock::start(ClockTrust::Fixed(true));
        let (events, mut received) = mpsc::channel(16);
        let (outlet, _health) = Outlet::new(id("gun"), clock, events);
        run_lines(outlet, lines, Pace::AsRecorded, "recording".to_owned()).await;
        let mut chunks = Vec::new();
        while let Some(event) = received.recv().await {
            if let ReaderEvent::Chunk(chunk) = event {
                chunks.push((chunk.at.0, chunk.bytes));
            }
        }
        assert_eq!(chunks.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>(), [b"CA", b"M\r"]);
        assert!(chunks[1].0 >= 80, "{chunks:?}");
    }
}
