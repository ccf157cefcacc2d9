//! Times and spans in people's words, in the studio's zone.

use chrono::Datelike;
use chrono_tz::Tz;

use crate::time::UtcMs;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The second day of the year 1 and the last but one of 9999: what any zone's calendar can say.
const FIRST_MS: i64 = -62_135_510_400_000;
const LAST_MS: i64 = 253_402_128_000_000;

/// `18:00` today, `Thu 18:00` within six days, `4 Dec 18:00` otherwise, `4 Dec 2027 18:00` in another year.
pub fn when(at: UtcMs, now: UtcMs, zone: Tz) -> String {
    let local = |moment: UtcMs| UtcMs(moment.0.clamp(FIRST_MS, LAST_MS)).to_chrono().with_timezone(&zone);
    let (at, now) = (local(at), local(now));
    let days = at.date_naive().signed_duration_since(now.date_naive()).num_days();
    match days {
        0 => at.format("%H:%M").to_string(),
        -6..=6 => at.format("%a %H:%M").to_string(),
        _ if at.year() == now.year() => at.format("%-d %b %H:%M").to_string(),
        _ => at.format("%-d %b %Y %H:%M").to_string(),
    }
}

/// `20 min`, `3 h`, `2 days`: rounded down, at least a minute.
pub fn span(ms: i64) -> String {
    match ms {
        i64::MIN..HOUR_MS => format!("{} min", (ms / MINUTE_MS).max(1)),
        HOUR_MS..DAY_MS => format!("{} h", ms / HOUR_MS),
        _ if ms < 2 * DAY_MS => "1 day".to_owned(),
        _ => format!("{} days", ms / DAY_MS),
    }
}

/// An amount with two decimals: `1234.50`.
pub fn cents(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", (amount / 100).abs(), (amount % 100).abs())
}

/// The longest name or title, in characters.
pub const NAME_CHARS_MAX: usize = 500;

/// Why a text cannot be a name or title: it is too long for any screen, or would do something to one.
pub fn no_name(text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return Some(
            "holds a control character or a new line: write it as one line of plain text".to_owned(),
        );
    }
    let chars = text.chars().count();
    (chars > NAME_CHARS_MAX).then(|| format!("has {chars} characters: write at most {NAME_CHARS_MAX}"))
}

/// The text within `chars_max` characters, cut with an ellipsis where it is longer.
pub fn fit(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let cut: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = UtcMs::parse_rfc3339("2026-11-23T09:00:00Z").unwrap();
        let say = |text: &str| when(UtcMs::parse_rfc3339(text).unwrap(), now, Tz::Europe__Berlin);
        assert_eq!(say("2026-11-23T17:00:00Z"), "18:00");
        assert_eq!(say("2026-11-26T17:00:00Z"), "Thu 18:00");
        assert_eq!(say("2026-12-04T17:00:00Z"), "4 Dec 18:00");
        assert_eq!(say("2027-12-04T17:00:00Z"), "4 Dec 2027 18:00");
        assert_eq!(
            [span(5), span(3 * HOUR_MS), span(DAY_MS), span(5 * DAY_MS)],
            ["1 min", "3 h", "1 day", "5 days"]
        );
        assert_eq!(when(UtcMs(i64::MAX), now, Tz::Pacific__Kiritimati), "30 Dec 9999 14:00");
        assert_eq!(when(UtcMs(i64::MIN), now, Tz::America__Los_Angeles), "1 Jan 0001 16:07");
        assert_eq!(
            [cents(123_450), cents(-5), cents(i64::MIN)],
            ["1234.50", "-0.05", "-92233720368547758.08"]
        );
        assert_eq!([no_name("Größe 35 一号"), no_name(&"x".repeat(500))], [None, None]);
        assert!(no_name("a\u{1b}[31m").is_some() && no_name("a\nb").is_some());
        assert!(no_name(&"x".repeat(501)).is_some());
        assert_eq!(fit("Sony FX6 body with a very long name", 12), "Sony FX6 bo…");
    }
}
