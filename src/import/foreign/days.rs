//! Dates as other tools write them. One that can be read in two ways is refused, never guessed.

use crate::domain::rules::DateOrder;
use crate::domain::when::MONTHS;

const DATE: &str = "expected a date such as 2026-12-31, 31.12.2026 or 31 Dec 2026";

/// The date as our own files write it, with the time behind it where there is one: `2026-12-31 14:00`.
///
/// `order` says what 03/04/2026 is. A date of another order is refused then: the rest of the file may be so as well.
pub(super) fn iso(text: &str, order: Option<DateOrder>) -> Result<String, String> {
    let text = text.trim();
    if is_iso(text) {
        let rest = text.get(10..).unwrap_or_default();
        let rest = if is_midnight(rest) { "" } else { rest };
        return Ok(format!("{}{rest}", text.get(..10).unwrap_or_default()));
    }
    if text.len() > 40 {
        return Err(DATE.to_owned());
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let time = words.pop_if(|word| word.contains(':')).filter(|time| !is_midnight(time));
    let day = match words.as_slice() {
        [one] => numbers(one, order)?,
        [first, second, year] => with_month(first, second, year)?,
        _ => return Err(DATE.to_owned()),
    };
    Ok(time.map_or(day.clone(), |time| format!("{day} {time}")))
}

fn is_iso(text: &str) -> bool {
    text.len() >= 10
        && text
            .bytes()
            .take(10)
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// Midnight is how a date alone comes out of a database.
fn is_midnight(time: &str) -> bool {
    let time = time.trim_start_matches(['T', ' ']);
    matches!(time, "00:00" | "00:00:00" | "00:00:00.000" | "0:00" | "0:00:00")
}

fn numbers(text: &str, order: Option<DateOrder>) -> Result<String, String> {
    let no = || DATE.to_owned();
    let separator = text.chars().find(|c| ['/', '.', '-'].contains(c)).ok_or_else(no)?;
    let parts: Vec<&str> = text.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return Err(no()) };
    if a.len() == 4 {
        return written(a, number(b)?, number(c)?);
    }
    if c.len() != 4 {
        return Err("expected a date with the four digits of its year".to_owned());
    }
    let (first, second) = (number(a)?, number(b)?);
    let is_day_first = match order {
        _ if separator == '.' => true,
        Some(order) => order == DateOrder::DayFirst,
        None if first == second || first > 12 => true,
        None if second > 12 => false,
        None => return Err(ambiguous(text, first, second)),
    };
    let (day, month) = if is_day_first { (first, second) } else { (second, first) };
    if month > 12 && separator != '.' && first.min(second) <= 12 {
        let name = order.map_or("", DateOrder::name);
        return Err(format!("expected a date in the order {name}, as date_order says"));
    }
    written(c, month, day)
}

fn ambiguous(text: &str, first: u32, second: u32) -> String {
    let month = |month: u32| {
        usize::try_from(month).ok().and_then(|at| MONTHS.get(at.checked_sub(1)?)).map_or("", |m| m)
    };
    format!(
        "{text} may be {first} {} or {second} {}: say date_order = \"dmy\" or \"mdy\" in [rules], or in a mapping",
        capital(month(second)),
        capital(month(first))
    )
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
}

/// `31 Dec 2026` and `Dec 31, 2026`.
fn with_month(first: &str, second: &str, year: &str) -> Result<String, String> {
    let (day, month) = match (month(first), month(second)) {
        (None, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        _ => return Err(DATE.to_owned()),
    };
    let day = number(
        day.trim_end_matches([',', '.'])
            .trim_end_matches("st")
            .trim_end_matches("nd")
            .trim_end_matches("rd")
            .trim_end_matches("th"),
    )?;
    written(year, month, day)
}

fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches([',', '.']).to_lowercase();
    let at = MONTHS.iter().position(|month| *month == word || word.len() >= 3 && month.starts_with(&word))?;
    u32::try_from(at + 1).ok()
}

fn number(text: &str) -> Result<u32, String> {
    let is_short = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_short).ok_or_else(|| DATE.to_owned())
}

/// Whether there is such a day is looked at where it is read.
fn written(year: &str, month: u32, day: u32) -> Result<String, String> {
    let is_year = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    is_year.then(|| format!("{year}-{month:02}-{day:02}")).ok_or_else(|| DATE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_several_forms_are_one() {
        for text in [
            "2026-12-31",
            "2026-12-31 00:00:00",
            "2026-12-31T00:00:00",
            "2026/12/31",
            "31.12.2026",
            "31/12/2026",
            "12/31/2026",
            "31-12-2026",
            "31 Dec 2026",
            "31 December 2026",
            "Dec 31, 2026",
            "December 31st, 2026",
            "31/12/2026 00:00",
        ] {
            assert_eq!(iso(text, None).as_deref(), Ok("2026-12-31"), "{text}");
        }
        assert_eq!(iso("31.12.2026 14:30", None).as_deref(), Ok("2026-12-31 14:30"));
        assert_eq!(
            iso("03.04.2026", None).as_deref(),
            Ok("2026-04-03"),
            "points stand behind ordinals: day first"
        );
        assert_eq!(iso("04/04/2026", None).as_deref(), Ok("2026-04-04"));
    }

    #[test]
    fn what_may_be_two_dates_is_asked_for() {
        assert_eq!(
            iso("03/04/2026", None).unwrap_err(),
            "03/04/2026 may be 3 April or 4 March: say date_order = \"dmy\" or \"mdy\" in [rules], or in a mapping"
        );
        assert_eq!(iso("03/04/2026", Some(DateOrder::DayFirst)).as_deref(), Ok("2026-04-03"));
        assert_eq!(iso("03/04/2026", Some(DateOrder::MonthFirst)).as_deref(), Ok("2026-03-04"));
        assert_eq!(
            iso("31/12/2026", Some(DateOrder::MonthFirst)).unwrap_err(),
            "expected a date in the order mdy, as date_order says"
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "soon",
            "31/12/26",
            "2026",
            "45321",
            "31 12 2026",
            "Dec Dec 2026",
            "1/2/3/2026",
            "/ /",
            "٣/٤/2026",
            "1.2.2026 x",
        ] {
            assert!(iso(text, None).is_err(), "{text}");
        }
    }
}
