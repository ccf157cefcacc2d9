//! Amounts of money as other tools write them: `€1.234,50`, `1,234.50`, `£12`, `1 200 kr`.

/// An amount as our own files write it, and the currency that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    /// Plain decimals with two places.
    pub(super) plain: String,
    /// ISO 4217 code, where what stands there is of one currency alone: `$` and `kr` are not.
    pub(super) currency: Option<String>,
}

const AMOUNT: &str = "expected an amount such as 1,234.50, 1.234,50 or £12";
const DIGITS_MAX: usize = 12;

/// Signs and abbreviations, and the code of the currency where it is clear.
const CURRENCIES: [(&str, Option<&str>); 20] = [
    ("€", Some("EUR")),
    ("£", Some("GBP")),
    ("$", None),
    ("US$", Some("USD")),
    ("C$", Some("CAD")),
    ("A$", Some("AUD")),
    ("R$", Some("BRL")),
    ("¥", None),
    ("₹", Some("INR")),
    ("₽", Some("RUB")),
    ("₩", Some("KRW")),
    ("₺", Some("TRY")),
    ("₪", Some("ILS")),
    ("kr", None),
    ("kr.", None),
    ("Kč", Some("CZK")),
    ("zł", Some("PLN")),
    ("Ft", Some("HUF")),
    ("Fr.", Some("CHF")),
    ("SFr.", Some("CHF")),
];

/// Reads an amount. `decimal` is what stands before the cents, where somebody said so.
///
/// Of two different separators the last stands before the cents. A single one with three digits behind it stands
/// between thousands, because no amount has three decimals; one that begins with 0 is refused rather than guessed.
pub(super) fn amount(text: &str, decimal: Option<char>) -> Result<Amount, String> {
    let no = || AMOUNT.to_owned();
    let first = text.find(|c: char| c.is_ascii_digit()).ok_or_else(no)?;
    let last = text.rfind(|c: char| c.is_ascii_digit()).ok_or_else(no)?;
    let before = text.get(..first).unwrap_or_default().trim();
    let after = text.get(last + 1..).unwrap_or_default();
    let after = [",-", ".-", ",–", ".–", ",—"]
        .iter()
        .find_map(|dash| after.strip_prefix(dash))
        .unwrap_or(after)
        .trim();
    if before.contains(['-', '−', '(']) {
        return Err("expected an amount of 0 or more".to_owned());
    }
    let currency = match (before, after) {
        ("", "") => None,
        (sign, "") | ("", sign) => currency(sign).ok_or_else(no)?,
        _ => return Err(no()),
    };
    let plain = plain(text.get(first..=last).unwrap_or_default(), decimal).ok_or_else(no)?;
    Ok(Amount { plain, currency })
}

/// The code of a currency, if there is only one of that sign; `None` where it is no sign of a currency.
fn currency(sign: &str) -> Option<Option<String>> {
    let known = CURRENCIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(sign));
    if let Some((_, code)) = known {
        return Some(code.map(str::to_owned));
    }
    let is_code = sign.len() == 3 && sign.bytes().all(|b| b.is_ascii_uppercase());
    is_code.then(|| Some(sign.to_owned()))
}

fn plain(digits: &str, decimal: Option<char>) -> Option<String> {
    let decimal = decimal_of(digits, decimal)?;
    let (whole, cents) = match decimal {
        Some(decimal) => digits.split_once(decimal)?,
        None => (digits, ""),
    };
    let whole = without_thousands(whole)?;
    let hundredths = match cents.trim_end_matches('0') {
        _ if !cents.bytes().all(|b| b.is_ascii_digit()) => return None,
        rest if rest.len() > 2 => return None,
        rest => format!("{rest:0<2}"),
    };
    (whole.len() <= DIGITS_MAX).then(|| format!("{whole}.{hundredths}"))
}

/// What stands before the cents: `None` inside where nothing does, `None` where it cannot be said.
fn decimal_of(digits: &str, said: Option<char>) -> Option<Option<char>> {
    let count = |c: char| digits.matches(c).count();
    if let Some(said) = said {
        return (count(said) <= 1).then(|| digits.contains(said).then_some(said));
    }
    match (count('.'), count(',')) {
        (0, 0) => Some(None),
        (1, 0) => single(digits, '.'),
        (0, 1) => single(digits, ','),
        (_, 0) | (0, _) => Some(None),
        (dots, commas) => {
            let last = if digits.rfind('.') > digits.rfind(',') { '.' } else { ',' };
            let once = if last == '.' { dots == 1 } else { commas == 1 };
            once.then_some(Some(last))
        }
    }
}

fn single(digits: &str, separator: char) -> Option<Option<char>> {
    let (whole, rest) = digits.split_once(separator)?;
    let is_thousands = rest.len() == 3 && whole.len() <= 3;
    match is_thousands {
        true if whole.starts_with('0') => None,
        true => Some(None),
        false => Some(Some(separator)),
    }
}

/// The digits of a whole number whose thousands may be set apart, each by three.
fn without_thousands(whole: &str) -> Option<String> {
    let groups: Vec<&str> =
        whole.split(['.', ',', '\'', '’', ' ', '\u{a0}', '\u{202f}', '\u{2009}']).collect();
    let digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let by_three = groups.len() == 1
        || groups.first().is_some_and(|first| first.len() <= 3)
            && groups.iter().skip(1).all(|group| group.len() == 3);
    (digits && by_three).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written_here_and_there() {
        for (text, plain) in [
            ("1,234.50", "1234.50"),
            ("€1.234,50", "1234.50"),
            ("1.234,50 €", "1234.50"),
            ("£12", "12.00"),
            ("$1,234", "1234.00"),
            ("1.234", "1234.00"),
            ("1.234.567", "1234567.00"),
            ("12,5", "12.50"),
            ("12.5", "12.50"),
            ("1200.0000", "1200.00"),
            ("1'234.50 CHF", "1234.50"),
            ("1 234,50 kr", "1234.50"),
            ("1\u{a0}234,50\u{a0}€", "1234.50"),
            ("USD 99.99", "99.99"),
            ("120,-", "120.00"),
            ("0", "0.00"),
            ("0.5", "0.50"),
        ] {
            assert_eq!(amount(text, None).map(|amount| amount.plain), Ok(plain.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_may_be_two_is_refused() {
        for text in [
            "",
            "-",
            "n/a",
            "-12",
            "(12.00)",
            "12 each",
            "1,23,456",
            "0.500",
            "0,125",
            "1.2345",
            "12.345.6",
            "1,2,3.4.5",
            "12-14",
            "£12 €",
            "1e3",
            "1234567890123",
            "٣",
            "12.34,56.78",
        ] {
            assert!(amount(text, None).is_err(), "{text}: {:?}", amount(text, None));
        }
    }

    #[test]
    fn whoever_says_what_stands_before_the_cents_is_believed() {
        assert_eq!(amount("1.234", Some(',')).unwrap().plain, "1234.00");
        assert!(amount("1.234", Some('.')).is_err(), "three decimals");
        assert!(amount("1,234.50", Some(',')).is_err());
        assert_eq!(amount("0,50", Some(',')).unwrap().plain, "0.50");
    }

    #[test]
    fn the_currency_is_known_where_the_sign_is_of_one_alone() {
        let currency = |text: &str| amount(text, None).unwrap().currency;
        assert_eq!(currency("£12").as_deref(), Some("GBP"));
        assert_eq!(currency("12 eur".to_uppercase().as_str()).as_deref(), Some("EUR"));
        assert_eq!((currency("$12"), currency("12 kr"), currency("12")), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_plain_decimals(text in "[-0-9.,' €£A-Z]{0,20}") {
            if let Ok(amount) = amount(&text, None) {
                let (whole, cents) = amount.plain.split_once('.').unwrap();
                prop_assert!(cents.len() == 2 && (1..=DIGITS_MAX).contains(&whole.len()), "{text} {}", amount.plain);
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
                prop_assert!(digits(&amount.plain).starts_with(digits(&text).trim_end_matches('0')), "{text}");
            }
        }
    }
}
