//! A feed of our own, as every calendar program reads it.

use chrono_tz::Tz;

use crate::time::UtcMs;

/// Bytes of a line before it is folded (RFC 5545 section 3.1).
const LINE_BYTES_MAX: usize = 75;

/// One entry of a feed of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The same for the same booking, for ever.
    pub uid: String,
    /// When it begins.
    pub starts: UtcMs,
    /// When it ends.
    pub ends: UtcMs,
    /// The title.
    pub summary: String,
    /// Where.
    pub location: Option<String>,
    /// More lines.
    pub description: Option<String>,
    /// Confirmed, or tentative.
    pub confirmed: bool,
    /// When it was last changed.
    pub modified: UtcMs,
    /// How often it was changed.
    pub sequence: u32,
}

/// A feed of our own as RFC 5545 text: CRLF, folded at 75 octets, escaped, times in UTC.
///
/// `name` is the calendar's title; `zone` is what programs show it in. The same bookings make the same text.
pub fn write(name: &str, zone: Tz, shown: &[Shown]) -> String {
    let mut feed = Feed::default();
    feed.line("BEGIN", "VCALENDAR");
    feed.line("VERSION", "2.0");
    feed.line("PRODID", concat!("-//cagekeeper//cagekeeper ", env!("CARGO_PKG_VERSION"), "//EN"));
    feed.line("CALSCALE", "GREGORIAN");
    feed.line("METHOD", "PUBLISH");
    feed.text("NAME", name);
    feed.text("X-WR-CALNAME", name);
    feed.line("X-WR-TIMEZONE", zone.name());
    for entry in shown {
        feed.event(entry);
    }
    feed.line("END", "VCALENDAR");
    feed.0
}

#[derive(Default)]
struct Feed(String);

impl Feed {
    fn event(&mut self, entry: &Shown) {
        self.line("BEGIN", "VEVENT");
        self.text("UID", &entry.uid);
        self.line("DTSTAMP", &moment(entry.modified));
        self.line("LAST-MODIFIED", &moment(entry.modified));
        self.line("SEQUENCE", &entry.sequence.to_string());
        self.line("DTSTART", &moment(entry.starts));
        self.line("DTEND", &moment(entry.ends.max(entry.starts)));
        self.text("SUMMARY", &entry.summary);
        if let Some(location) = &entry.location {
            self.text("LOCATION", location);
        }
        if let Some(description) = &entry.description {
            self.text("DESCRIPTION", description);
        }
        self.line("STATUS", if entry.confirmed { "CONFIRMED" } else { "TENTATIVE" });
        self.line("TRANSP", "OPAQUE");
        self.line("END", "VEVENT");
    }

    fn text(&mut self, name: &str, value: &str) {
        self.line(name, &escaped(value));
    }

    /// One line, folded between letters so that no part is longer than 75 octets.
    fn line(&mut self, name: &str, value: &str) {
        let mut length = 0;
        for char in name.chars().chain([':']).chain(value.chars()) {
            if length + char.len_utf8() > LINE_BYTES_MAX {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(char);
            length += char.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

fn moment(at: UtcMs) -> String {
    at.to_chrono().format("%Y%m%dT%H%M%SZ").to_string()
}

/// A TEXT value (RFC 5545 section 3.3.11): line ends become `\n`, other control characters go.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for char in value.replace("\r\n", "\n").chars() {
        match char {
            '\\' | ';' | ',' => escaped.extend(['\\', char]),
            '\n' | '\r' => escaped.push_str("\\n"),
            '\t' => escaped.push(' '),
            _ if char.is_control() => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        Shown {
            uid: "b-1@cagekeeper".into(),
            starts: UtcMs::parse_rfc3339("2026-01-05T09:00:00Z").unwrap(),
            ends: UtcMs::parse_rfc3339("2026-01-05T17:00:00Z").unwrap(),
            summary: "Studio B; Unit\tB, \\ day 1\r\nEND:VEVENT\u{7}".into(),
            location: None,
            description: Some("ü€🎥".repeat(40)),
            confirmed: false,
            modified: UtcMs(0),
            sequence: 3,
        }
    }

    #[test]
    fn no_text_can_end_its_line() {
        let feed = write("Röoms", Tz::Europe__Berlin, &[shown()]);
        assert!(feed.contains("SUMMARY:Studio B\\; Unit B\\, \\\\ day 1\\nEND:VEVENT\r\n"), "{feed}");
        assert_eq!(feed.lines().filter(|line| *line == "END:VEVENT").count(), 1);
    }

    #[test]
    fn lines_are_folded_between_letters() {
        let feed = write("Rooms", Tz::UTC, &[shown()]);
        assert!(feed.ends_with("END:VCALENDAR\r\n") && !feed.replace("\r\n", "").contains(['\r', '\n']));
        assert!(feed.split("\r\n").all(|line| line.len() <= 75));
        assert!(feed.replace("\r\n ", "").contains(&"ü€🎥".repeat(40)));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let feed = write("Rooms", Tz::UTC, &[shown()]);
        let calendar = crate::calendar::read(feed.as_bytes(), Tz::UTC).unwrap();
        let (found, problems) = calendar.occurrences(UtcMs(0), UtcMs(i64::MAX));
        assert_eq!((calendar.name.as_deref(), calendar.problems, problems), (Some("Rooms"), vec![], vec![]));
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.starts, found.ends, found.sequence), (shown().starts, shown().ends, 3));
        assert_eq!(found.summary, "Studio B; Unit B, \\ day 1\nEND:VEVENT");
        assert_eq!(found.description, shown().description);
    }
}
