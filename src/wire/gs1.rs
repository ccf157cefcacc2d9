//! GS1 data: element strings, Digital Link URIs, EAN and UPC.
//!
//! ```text
//! 01 12312312312333 10 ABC123 GS 99 TESTING            as scanned: FNC1 between data arrives as GS (1D)
//! ↑  14 digits      ↑  ends at GS or at the end        AI: 2 to 4 digits that say what follows and how long
//! (01)12312312312333(10)ABC123(99)TESTING              as printed
//! https://any.host/any/path/01/12312312312333/10/ABC123?99=TESTING#fragment
//!                          key AI ──────────┘ qualifiers     └ other AIs; names that are no numbers are ignored
//! ```
//!
//! - An AI of predefined length is not followed by GS (one that is there all the same is passed over); any other
//!   ends at GS or at the end. A GS at the end is allowed. Empty data is *absurd*.
//! - Check digits are verified, dates have a month and a day, values hold the characters of their AI.
//! - `^` is in no value: it is a scanner set to print FNC1. To be set right, never guessed.
//! - A Digital Link begins with `https://`, `http://` or the same all in capitals; mixed case is none. Its key stands as
//!   far right in the path as it can; values are percent-encoded. A URI without a key is text.
//! - GIAI (8004) has no check digit, and where its company prefix ends is not in the data. GRAI (8003) has a
//!   filler 0 in front.
//!
//! Source: GS1 General Specifications 3 and 7.8, GS1 Digital Link URI Syntax 1.2.

use super::aim::{self, Gs1};
use super::check;
use super::{RejectKind, Rejected};

/// What ends a value that has no fixed length.
const GS: char = '\u{1d}';

/// The most elements of one code.
const ELEMENTS_MAX: usize = 64;

/// One element: which AI, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The application identifier, two to four digits.
    pub ai: String,
    /// Its value, without separators and percent-encoding.
    pub value: String,
}

/// What a code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Elements of an element string, scanned or as printed.
    Elements(Vec<Element>),
    /// Elements of a Digital Link URI.
    Link(Vec<Element>),
    /// The digits of an EAN-13, UPC-A (with a 0 in front) or EAN-8, and the elements of a composite component.
    Ean(String, Vec<Element>),
    /// Text that has nothing to do with GS1.
    Text,
}

/// How a value looks: so many digits, then so many further characters.
#[derive(Debug, Clone, Copy)]
struct Shape {
    digits: usize,
    more: (usize, usize),
    rest: Rest,
    rule: Rule,
}

/// Of what the further characters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Digits,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    None,
    /// The digits end in their check digit.
    Check,
    /// A filler 0, and the digits end in their check digit.
    FillerAndCheck,
    /// Year, month, day; day 00 is the end of the month.
    Date,
}

const fn n(digits: usize) -> Shape {
    Shape { digits, more: (0, 0), rest: Rest::Digits, rule: Rule::None }
}

const fn key(digits: usize) -> Shape {
    Shape { rule: Rule::Check, ..n(digits) }
}

const fn up_to(max: usize) -> Shape {
    Shape { more: (1, max), rest: Rest::Text, ..n(0) }
}

const fn count(max: usize) -> Shape {
    Shape { more: (1, max), ..n(0) }
}

const fn and(shape: Shape, min: usize, max: usize, rest: Rest) -> Shape {
    Shape { more: (min, max), rest, ..shape }
}

const DATE: Shape = Shape { rule: Rule::Date, ..n(6) };
const GRAI: Shape = Shape { rule: Rule::FillerAndCheck, ..and(n(14), 0, 16, Rest::Text) };

/// The AIs, from the first to the last of a run; four-digit measures whose last digit is the decimal point included.
const TABLE: &[(&str, &str, Shape)] = &[
    ("00", "00", key(18)),
    ("01", "03", key(14)),
    ("10", "10", up_to(20)),
    ("11", "13", DATE),
    ("15", "17", DATE),
    ("20", "20", n(2)),
    ("21", "22", up_to(20)),
    ("235", "235", up_to(28)),
    ("240", "241", up_to(30)),
    ("242", "242", count(6)),
    ("243", "243", up_to(20)),
    ("250", "251", up_to(30)),
    ("253", "253", and(key(13), 0, 17, Rest::Text)),
    ("254", "254", up_to(20)),
    ("255", "255", and(key(13), 0, 12, Rest::Digits)),
    ("30", "30", count(8)),
    ("3100", "3169", n(6)),
    ("3200", "3379", n(6)),
    ("3400", "3579", n(6)),
    ("3600", "3699", n(6)),
    ("37", "37", count(8)),
    ("3900", "3909", count(15)),
    ("3910", "3919", and(n(3), 1, 15, Rest::Digits)),
    ("3920", "3929", count(15)),
    ("3930", "3939", and(n(3), 1, 15, Rest::Digits)),
    ("3940", "3949", n(4)),
    ("3950", "3959", n(6)),
    ("400", "401", up_to(30)),
    ("402", "402", key(17)),
    ("403", "403", up_to(30)),
    ("410", "417", key(13)),
    ("420", "420", up_to(20)),
    ("421", "421", and(n(3), 1, 9, Rest::Text)),
    ("422", "422", n(3)),
    ("423", "423", and(n(3), 0, 12, Rest::Digits)),
    ("424", "424", n(3)),
    ("425", "425", and(n(3), 0, 12, Rest::Digits)),
    ("426", "426", n(3)),
    ("427", "427", up_to(3)),
    ("4300", "4301", up_to(35)),
    ("4302", "4306", up_to(70)),
    ("4307", "4307", up_to(2)),
    ("4308", "4308", up_to(30)),
    ("4309", "4309", n(20)),
    ("4310", "4311", up_to(35)),
    ("4312", "4316", up_to(70)),
    ("4317", "4317", up_to(2)),
    ("4318", "4318", up_to(20)),
    ("4319", "4319", up_to(30)),
    ("4320", "4320", up_to(35)),
    ("4321", "4323", n(1)),
    ("4324", "4325", n(10)),
    ("4326", "4326", n(6)),
    ("4330", "4333", and(n(6), 0, 1, Rest::Text)),
    ("7001", "7001", n(13)),
    ("7002", "7002", up_to(30)),
    ("7003", "7003", n(10)),
    ("7004", "7004", count(4)),
    ("7005", "7005", up_to(12)),
    ("7006", "7006", DATE),
    ("7007", "7007", and(n(6), 0, 6, Rest::Digits)),
    ("7008", "7008", up_to(3)),
    ("7009", "7009", up_to(10)),
    ("7010", "7010", up_to(2)),
    ("7011", "7011", and(n(6), 0, 4, Rest::Digits)),
    ("7020", "7022", up_to(20)),
    ("7023", "7023", up_to(30)),
    ("7030", "7039", and(n(3), 1, 27, Rest::Text)),
    ("7040", "7040", and(n(1), 3, 3, Rest::Text)),
    ("710", "717", up_to(20)),
    ("7230", "7239", and(n(0), 2, 30, Rest::Text)),
    ("7240", "7240", up_to(20)),
    ("8001", "8001", n(14)),
    ("8002", "8002", up_to(20)),
    ("8003", "8003", GRAI),
    ("8004", "8004", up_to(30)),
    ("8005", "8005", n(6)),
    ("8006", "8006", and(key(14), 4, 4, Rest::Digits)),
    ("8007", "8007", up_to(34)),
    ("8008", "8008", and(n(8), 0, 4, Rest::Digits)),
    ("8009", "8009", up_to(50)),
    ("8010", "8010", up_to(30)),
    ("8011", "8011", count(12)),
    ("8012", "8012", up_to(20)),
    ("8013", "8013", up_to(25)),
    ("8017", "8018", key(18)),
    ("8019", "8019", count(10)),
    ("8020", "8020", up_to(25)),
    ("8026", "8026", and(key(14), 4, 4, Rest::Digits)),
    ("8110", "8110", up_to(70)),
    ("8111", "8111", n(4)),
    ("8112", "8112", up_to(70)),
    ("8200", "8200", up_to(70)),
    ("90", "90", up_to(30)),
    ("91", "99", up_to(90)),
];

/// AIs by their first two digits whose length is predefined, so that no GS follows.
const PREDEFINED: &[&str] = &[
    "00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "31", "32",
    "33", "34", "35", "36", "41",
];

/// What may be the key of a Digital Link, and which qualifiers follow it in this order.
const KEYS: &[(&str, &[&str])] = &[
    ("00", &[]),
    ("01", &["22", "10", "21"]),
    ("01", &["235"]),
    ("253", &[]),
    ("255", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &["254"]),
    ("414", &["7040"]),
    ("415", &["8020"]),
    ("417", &["7040"]),
    ("8003", &[]),
    ("8004", &["7040"]),
    ("8006", &["22", "10", "21"]),
    ("8010", &["8011"]),
    ("8013", &[]),
    ("8017", &["8019"]),
    ("8018", &["8019"]),
];

fn absurd(reason: String) -> Rejected {
    Rejected { kind: RejectKind::Absurd, reason }
}

/// What a code means. `aim` is the AIM identifier without its `]`; where the scanner sends none, the code is taken for
/// GS1 data if it is a Digital Link or begins with an AI.
pub fn read(payload: &str, aim: Option<&str>) -> Result<Meaning, Rejected> {
    match aim.map(aim::gs1) {
        Some(Gs1::ElementString) => element_string(payload).map(Meaning::Elements),
        Some(Gs1::MayBeLink) => {
            digital_link(payload).map_or(Ok(Meaning::Text), |link| link.map(Meaning::Link))
        }
        Some(Gs1::Ean(digits)) => ean(payload, digits),
        Some(Gs1::None) => Ok(Meaning::Text),
        None if payload.starts_with('(') => printed(payload).map(Meaning::Elements),
        None => match digital_link(payload) {
            Some(link) => link.map(Meaning::Link),
            // A keyboard scanner may send FNC1 in front as well.
            None => element_string(payload.strip_prefix(GS).unwrap_or(payload)).map(Meaning::Elements),
        },
    }
}

/// The elements of an element string as scanned, FNC1 in front left out.
pub fn element_string(data: &str) -> Result<Vec<Element>, Rejected> {
    if data.is_empty() {
        return Err(absurd("empty GS1 data: expected an AI and its value".to_owned()));
    }
    if data.contains('^') {
        let advice = "the scanner is set to print FNC1 as ^: set it to send GS (1D)";
        return Err(absurd(format!("caret in AI data: {advice}")));
    }
    let (mut elements, mut rest) = (Vec::new(), data);
    while !rest.is_empty() {
        let (ai, shape) = ai_of(rest)?;
        let (value, after) = split_value(rest.get(ai.len()..).unwrap_or_default(), ai, shape);
        add(&mut elements, ai, value)?;
        rest = after.strip_prefix(GS).unwrap_or(after);
    }
    Ok(elements)
}

/// The elements of a code as printed, AIs in brackets.
pub fn printed(text: &str) -> Result<Vec<Element>, Rejected> {
    let mut elements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let bracketed = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (ai, after) = bracketed.ok_or_else(|| absurd(format!("{} is no AI in brackets", head(rest))))?;
        let end = after.match_indices('(').map(|(at, _)| at).find(|at| opens_ai(after.get(*at..)));
        let (value, next) = after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, ""));
        add(&mut elements, ai, value)?;
        rest = next;
    }
    if elements.is_empty() { Err(absurd("empty GS1 data".to_owned())) } else { Ok(elements) }
}

fn opens_ai(text: Option<&str>) -> bool {
    let ai = text.and_then(|text| text.strip_prefix('(')).and_then(|text| text.split_once(')'));
    ai.is_some_and(|(ai, _)| shape_of(ai).is_some())
}

/// The elements of a Digital Link URI; `None` if it is none, an error if it has a key and what stands there is wrong.
pub fn digital_link(uri: &str) -> Option<Result<Vec<Element>, Rejected>> {
    let schemes = ["https://", "http://", "HTTPS://", "HTTP://"];
    let rest = schemes.iter().find_map(|scheme| uri.strip_prefix(scheme))?;
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/')?;
    let in_host = |c: char| c.is_ascii_alphanumeric() || "-._~:@[]%".contains(c);
    if host.is_empty() || !host.chars().all(in_host) {
        return None;
    }
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let start = (0..segments.len()).rev().find(|at| is_key_path(segments.get(*at..).unwrap_or_default()))?;
    Some(link_elements(segments.get(start..).unwrap_or_default(), query))
}

/// Whether these are a key, its value, and qualifiers with theirs.
fn is_key_path(segments: &[&str]) -> bool {
    if !segments.len().is_multiple_of(2) {
        return false;
    }
    let mut ais = segments.iter().step_by(2);
    let Some(key) = ais.next() else { return false };
    let given: Vec<&&str> = ais.collect();
    KEYS.iter().any(|(name, qualifiers)| {
        let mut allowed = qualifiers.iter();
        name == key && given.iter().all(|given| allowed.any(|allowed| *allowed == **given))
    })
}

fn link_elements(segments: &[&str], query: &str) -> Result<Vec<Element>, Rejected> {
    let mut elements = Vec::new();
    for pair in segments.chunks_exact(2) {
        if let [ai, value] = pair {
            add(&mut elements, ai, &percent_decoded(value)?)?;
        }
    }
    let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    for (name, value) in query.split(['&', ';']).filter_map(|part| part.split_once('=')) {
        if is_number(name) {
            add(&mut elements, name, &percent_decoded(value)?)?;
        }
    }
    Ok(elements)
}

pub(super) fn percent_decoded(text: &str) -> Result<String, Rejected> {
    let wrong = || absurd(format!("percent-encoding in {}: expected % and two hex digits", head(text)));
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        let (hex, plain) = part.split_at_checked(2).ok_or_else(wrong)?;
        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| wrong())?);
        bytes.extend(plain.bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

fn ean(payload: &str, digits: usize) -> Result<Meaning, Rejected> {
    let (ean, composite) =
        payload.split_once("|]e0").map_or((payload, None), |(ean, rest)| (ean, Some(rest)));
    if !ean.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(absurd(format!("{} is not of digits: expected an EAN-{digits}", head(ean))));
    }
    if ean.len() != digits {
        return Err(absurd(format!("{} digits for EAN-{digits}: expected {digits}", ean.len())));
    }
    if !check::ends_in_mod10(ean) {
        return Err(absurd(format!("check digit of {ean} is wrong: {}", should_be(ean))));
    }
    let composite = composite.map(element_string).transpose()?;
    Ok(Meaning::Ean(ean.to_owned(), composite.unwrap_or_default()))
}

fn should_be(digits: &str) -> String {
    let before = digits.get(..digits.len().saturating_sub(1)).unwrap_or_default();
    check::mod10(before)
        .map_or_else(|| "it is not of digits".to_owned(), |check| format!("it should be {check}"))
}

/// The beginning of a text, to be named in a reason.
fn head(text: &str) -> String {
    let head: String = text.chars().take(12).collect();
    if head.len() < text.len() { format!("{head:?}…") } else { format!("{head:?}") }
}

/// The AI that a text begins with.
fn ai_of(text: &str) -> Result<(&str, Shape), Rejected> {
    let ais = (2..=4).filter_map(|digits| text.get(..digits));
    let mut known = ais.filter_map(|ai| Some((ai, shape_of(ai)?)));
    known.next().ok_or_else(|| absurd(format!("{} begins with no AI of GS1", head(text))))
}

fn shape_of(ai: &str) -> Option<Shape> {
    let is_number = ai.bytes().all(|byte| byte.is_ascii_digit());
    let row = TABLE.iter().find(|(first, last, _)| first.len() == ai.len() && (*first..=*last).contains(&ai));
    row.filter(|_| is_number).map(|(_, _, shape)| *shape)
}

/// The value behind an AI, and what follows it.
fn split_value<'a>(text: &'a str, ai: &str, shape: Shape) -> (&'a str, &'a str) {
    let end = text.find(GS).unwrap_or(text.len());
    let predefined = PREDEFINED.iter().any(|start| ai.starts_with(start));
    let end = if predefined { end.min(shape.digits) } else { end };
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Adds an element if its value is one that its AI can have.
fn add(elements: &mut Vec<Element>, ai: &str, value: &str) -> Result<(), Rejected> {
    let shape = shape_of(ai).ok_or_else(|| absurd(format!("({ai}) is no AI of GS1")))?;
    judge(ai, value, shape)?;
    if elements.iter().any(|other| other.ai == ai && other.value != value) {
        return Err(absurd(format!("({ai}) stands there twice, with different values")));
    }
    if elements.len() == ELEMENTS_MAX {
        return Err(absurd(format!("more than {ELEMENTS_MAX} elements")));
    }
    elements.push(Element { ai: ai.to_owned(), value: value.to_owned() });
    Ok(())
}

fn judge(ai: &str, value: &str, shape: Shape) -> Result<(), Rejected> {
    let no = |what: String| Err(absurd(format!("({ai}){what}")));
    let (min, max) = (shape.digits + shape.more.0, shape.digits + shape.more.1);
    if value.is_empty() {
        return no(" is empty".to_owned());
    }
    if !(min..=max).contains(&value.len()) {
        let wanted = if min == max { format!("{min}") } else { format!("{min} to {max}") };
        return no(format!(" has {} characters: expected {wanted}", value.len()));
    }
    let (digits, rest) = value.split_at_checked(shape.digits).unwrap_or((value, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(digits) || (shape.rest == Rest::Digits && !is_number(rest)) {
        return no(" has something else among its digits".to_owned());
    }
    // Component and part identifiers are the only ones with a number sign.
    if let Some(c) = rest.chars().find(|c| !(is_text(*c) || *c == '#' && ai == "8010")) {
        return no(format!(" holds {c:?}, which no value of GS1 does"));
    }
    match shape.rule {
        Rule::FillerAndCheck if !digits.starts_with('0') => no(" lacks its filler 0".to_owned()),
        Rule::Check | Rule::FillerAndCheck if !check::ends_in_mod10(digits) => {
            no(format!(" has a wrong check digit: {}", should_be(digits)))
        }
        Rule::Date if !is_date(digits) => no(format!(" is no date: {digits}")),
        _ => Ok(()),
    }
}

/// The 82 characters that GS1 allows in text.
pub(super) fn is_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c)
}

fn is_date(digits: &str) -> bool {
    let part = |from: usize| digits.get(from..from + 2).and_then(|part| part.parse::<u8>().ok());
    part(2).is_some_and(|month| (1..=12).contains(&month)) && part(4).is_some_and(|day| day <= 31)
}

/// How a code is printed: AIs in brackets.
pub fn printed_form(elements: &[Element]) -> String {
    elements.iter().map(|element| format!("({}){}", element.ai, element.value)).collect()
}

/// The keys of the things that these elements name, most exact first: `giai:`, `grai:`, `sgtin:` and so on.
/// A GTIN without a serial number names a sort of thing.
pub fn keys(elements: &[Element]) -> Vec<String> {
    let of =
        |ai: &str| elements.iter().find(|element| element.ai == ai).map(|element| element.value.as_str());
    let with = |name: &str, ai: &str, more: &str| Some(format!("{name}:{}.{}", of(ai)?, of(more)?));
    let alone = |name: &str, ai: &str| of(ai).map(|value| format!("{name}:{value}"));
    let keys = [
        alone("giai", "8004"),
        of("8003").and_then(|grai| Some(format!("grai:{}", grai.get(1..)?))),
        with("sgtin", "01", "21"),
        with("itip", "8006", "21"),
        alone("sscc", "00"),
        alone("gsrn", "8018"),
        alone("gsrnp", "8017"),
        alone("gdti", "253"),
        with("sgln", "414", "254"),
        with("sgln", "414", "254").is_none().then(|| alone("gln", "414")).flatten(),
        of("21").is_none().then(|| alone("gtin", "01")).flatten(),
    ];
    keys.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
