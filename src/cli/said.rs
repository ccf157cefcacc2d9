//! Amounts, spans and numbers as people write them on the command line.

use super::Failure;
use crate::domain::fact::Quantity;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// More of anything is a mistake.
const COUNT_MAX: u32 = 1_000_000;
/// Larger amounts are mistakes too: a thousand million in any currency.
const WHOLE_MAX: i64 = 1_000_000_000;

/// `1234.50` or `1234` as hundredths.
pub fn cents(text: &str) -> Result<i64, Failure> {
    let wrong = || Failure::Wrong(format!("{text:?} is no amount: expected one such as 1234.50"));
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), "00"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 2 {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().ok().filter(|whole| *whole <= WHOLE_MAX).ok_or_else(wrong)?;
    let part: i64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    Ok(whole * 100 + part)
}

/// `30min`, `2h`, `1d` or `0` in milliseconds.
pub fn span_ms(text: &str) -> Result<i64, Failure> {
    let wrong =
        || Failure::Wrong(format!("{text:?} is no length of time: expected one such as 30min, 2h or 1d"));
    let said = text.trim().to_lowercase();
    let digits = said.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = said.split_at(digits);
    let number: i64 = number.parse::<u32>().map_err(|_| wrong())?.into();
    let unit_ms = match unit.trim() {
        "min" | "m" | "minutes" | "minute" => MINUTE_MS,
        "h" | "hours" | "hour" => HOUR_MS,
        "d" | "days" | "day" => DAY_MS,
        "" if number == 0 => 0,
        _ => return Err(wrong()),
    };
    Ok(number.saturating_mul(unit_ms).min(366 * DAY_MS))
}

/// `lav:3`, or `lav` for one, as what and how many.
pub fn counted(text: &str) -> Result<(&str, u32), Failure> {
    let Some((of, count)) = text.rsplit_once(':') else { return Ok((text, 1)) };
    let count: Option<u32> = count.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
    count.map(|count| (of, count)).ok_or_else(|| {
        Failure::Wrong(format!("{text:?} is no number of anything: expected one such as lav:3"))
    })
}

/// Quantities of what `find` makes of their names, each once.
pub fn quantities(
    texts: &[String],
    find: impl Fn(&str) -> anyhow::Result<String>,
) -> anyhow::Result<Vec<Quantity>> {
    let mut quantities: Vec<Quantity> = Vec::new();
    for text in texts {
        let (of, count) = counted(text)?;
        let of = find(of)?;
        match quantities.iter_mut().find(|known| known.of == of) {
            Some(known) => known.count = known.count.saturating_add(count),
            None => quantities.push(Quantity { of, count }),
        }
    }
    Ok(quantities)
}

/// What is said of something that may be absent: nothing keeps it, an empty text takes it away.
pub fn changed<T>(
    said: Option<&str>,
    old: Option<T>,
    read: impl FnOnce(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    match said.map(str::trim) {
        None => Ok(old),
        Some("") => Ok(None),
        Some(text) => read(text).map(Some),
    }
}

/// The same for a text.
pub fn text(said: Option<&str>, old: Option<String>) -> Option<String> {
    match said.map(str::trim) {
        None => old,
        Some("") => None,
        Some(text) => Some(text.to_owned()),
    }
}

/// A list that is replaced where anything is said; one empty text empties it.
pub fn replaced<T>(
    said: &[String],
    old: Vec<T>,
    read: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    if said.is_empty() {
        return Ok(old);
    }
    said.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(read).collect()
}

/// A name on one line.
pub fn name(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Failure::Wrong(format!("{text:?} is no name: expected a text on one line")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_at_most_two_decimals_and_no_sign() {
        let read = |text| cents(text).ok();
        assert_eq!(
            [read("1234.50"), read("7"), read("0.5"), read(" 12 ")],
            [Some(123_450), Some(700), Some(50), Some(1_200)]
        );
        for bad in ["", "-1", "1,50", "1.234", ".5", "5.", "1e3", "99999999999999999999"] {
            assert!(cents(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_have_a_unit() {
        let read = |text| span_ms(text).ok();
        assert_eq!(
            [read("30min"), read("2h"), read("1 d"), read("0")],
            [Some(1_800_000), Some(7_200_000), Some(86_400_000), Some(0)]
        );
        assert_eq!([read("30"), read("h"), read("-1h"), read("1 week")], [None; 4]);
    }

    #[test]
    fn numbers_stand_after_the_last_colon() {
        assert_eq!(counted("lav:3").unwrap(), ("lav", 3));
        assert_eq!(counted("lav").unwrap(), ("lav", 1));
        assert!(counted("lav:0").is_err() && counted("lav:x").is_err());
        let same = |text: &str| Ok(text.to_owned());
        let texts = ["lav:3".to_owned(), "lav".to_owned()];
        assert_eq!(quantities(&texts, same).unwrap(), [Quantity { of: "lav".into(), count: 4 }]);
    }

    #[test]
    fn an_empty_text_takes_away_and_nothing_keeps() {
        let old = || Some("old".to_owned());
        assert_eq!(
            [text(None, old()), text(Some(""), old()), text(Some("new"), old())],
            [old(), None, Some("new".to_owned())]
        );
    }
}
