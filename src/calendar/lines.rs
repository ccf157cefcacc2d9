//! Bytes to content lines (RFC 5545 section 3.1): line ends, folding, characters, names, parameters.
//!
//! ```text
//! NAME;PARAM=value;PARAM="quoted: , ;":value that goes on
//!  in the next line after one blank or tab
//! ```

use std::borrow::Cow;

/// A line longer than this once unfolded is cut off and marked: pictures and attachments are this long.
const LINE_BYTES_MAX: usize = 256 * 1024;
/// Parameters of one property; more are not looked at.
const PARAMS_MAX: usize = 64;

/// One unfolded line, not taken apart yet.
#[derive(Debug, PartialEq)]
pub(super) struct Line<'a> {
    /// Where it begins in the file, from 1.
    pub number: u64,
    /// Without folds and line ends.
    pub bytes: Cow<'a, [u8]>,
    /// Longer than the bound: the rest is missing.
    pub cut: bool,
}

/// The unfolded lines of a file. CRLF, LF and CR end a line, mixed as they come; empty lines count for nothing.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
}

impl<'a> Lines<'a> {
    /// `bytes` without a byte order mark.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 1 }
    }

    fn skip_line_ends(&mut self) {
        loop {
            let ended = match self.rest {
                [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => rest,
                _ => return,
            };
            self.rest = ended;
            self.number += 1;
        }
    }

    fn physical(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        line
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        self.skip_line_ends();
        if self.rest.is_empty() {
            return None;
        }
        let number = self.number;
        let mut bytes = Cow::Borrowed(self.physical());
        let mut cut = false;
        self.skip_line_ends();
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
            let more = self.physical();
            cut |= bytes.len() + more.len() > LINE_BYTES_MAX;
            if !cut {
                bytes.to_mut().extend_from_slice(more);
            }
            self.skip_line_ends();
        }
        cut |= bytes.len() > LINE_BYTES_MAX;
        Some(Line { number, bytes, cut })
    }
}

/// UTF-8 as it stands; anything else as Windows-1252, which old exports are in. The second value says which.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), true),
        Err(_) => (Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()), false),
    }
}

fn windows_1252(byte: u8) -> char {
    const FROM_80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => FROM_80.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
        _ => char::from(byte),
    }
}

/// The name of a line, in capitals; `None` where there is none.
pub(super) fn name(text: &str) -> Option<String> {
    let end = text.find([';', ':'])?;
    let name = text.get(..end)?.trim();
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| name.to_ascii_uppercase())
}

/// One property: a line taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    /// Where it begins in the file, from 1.
    pub line: u64,
    /// In capitals.
    pub name: String,
    params: Vec<(String, String)>,
    /// As written, escapes and all.
    pub value: String,
}

impl Property {
    /// Takes a line apart; `None` where no `:` separates name and value.
    pub fn parse(line: u64, text: &str) -> Option<Self> {
        let name = name(text)?;
        let mut rest = text.get(text.find([';', ':'])?..)?;
        let mut params = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            let (param, behind) = param(after)?;
            if params.len() < PARAMS_MAX {
                params.push(param);
            }
            rest = behind;
        }
        Some(Self { line, name, params, value: rest.strip_prefix(':')?.to_owned() })
    }

    /// The first value of a parameter, without quotes.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter has this value, in any case of letters.
    pub fn param_is(&self, name: &str, value: &str) -> bool {
        self.param(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }
}

/// `NAME=value,value` and what stands behind it. Of several values the first is kept: no parameter that is used here
/// has more.
fn param(text: &str) -> Option<((String, String), &str)> {
    let (name, mut rest) = text.split_at(text.find(['=', ';', ':'])?);
    let mut first = None;
    while let Some(after) = rest.strip_prefix(['=', ',']) {
        let (value, behind) = param_value(after)?;
        first.get_or_insert(value);
        rest = behind;
    }
    Some(((name.trim().to_ascii_uppercase(), first.unwrap_or_default()), rest))
}

fn param_value(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, behind) = quoted.split_once('"')?;
        // What stands between the closing quote and the next sign is nobody's.
        let next = behind.find([',', ';', ':'])?;
        return Some((unscrambled(value), behind.get(next..)?));
    }
    let end = text.find([',', ';', ':'])?;
    Some((unscrambled(text.get(..end)?), text.get(end..)?))
}

/// The escapes of parameter values (RFC 6868).
fn unscrambled(value: &str) -> String {
    value.trim().replace("^n", "\n").replace("^'", "\"").replace("^^", "^")
}

/// The value of a TEXT property (RFC 5545 section 3.3.11) at most `chars_max` long, without control characters and
/// without white space around it.
pub(super) fn text(value: &str, chars_max: usize) -> String {
    let mut plain = String::new();
    let mut chars = value.chars();
    let mut length = 0;
    while let Some(char) = chars.next() {
        let char = if char == '\\' { unescaped(chars.next()) } else { char };
        if length < chars_max && (!char.is_control() || matches!(char, '\n' | '\t')) {
            plain.push(char);
            length += 1;
        }
    }
    plain.trim().to_owned()
}

fn unescaped(escaped: Option<char>) -> char {
    match escaped {
        Some('n' | 'N') => '\n',
        Some(char) => char,
        None => '\\',
    }
}

/// The parts of a value between its commas, those that are escaped not counted.
pub(super) fn listed(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = value;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find([',', '\\'])).map(|at| at + from) {
        if rest.as_bytes().get(at) == Some(&b',') {
            parts.push(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            from = 0;
        } else {
            let escaped = rest.get(at + 1..).and_then(|tail| tail.chars().next());
            from = at + 1 + escaped.map_or(0, char::len_utf8);
        }
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(text: &[u8]) -> Vec<(u64, String)> {
        Lines::new(text).map(|line| (line.number, decode(&line.bytes).0.into_owned())).collect()
    }

    #[test]
    fn lines_end_in_every_way_and_are_counted() {
        let found = unfolded(b"A:1\r\nB:2\nC:3\rD:4\r\n\r\nE:5");
        let expected = [(1, "A:1"), (2, "B:2"), (3, "C:3"), (4, "D:4"), (6, "E:5")];
        assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn folds_are_undone_in_the_middle_of_a_letter() {
        assert_eq!(unfolded("SUMMARY:Gr\u{fc}n".as_bytes())[0].1, "SUMMARY:Grün");
        assert_eq!(unfolded(b"SUMMARY:Gr\xc3\r\n \xbcn\r\n\t!\r\nX:")[0].1, "SUMMARY:Grün!");
        assert_eq!(unfolded(b"A:1\r\r\n 2")[0].1, "A:12");
    }

    #[test]
    fn what_is_not_utf_8_is_windows_1252() {
        assert_eq!(decode(b"Gr\xfcn \x80"), ("Grün €".into(), false));
    }

    #[test]
    fn a_line_beyond_the_bound_is_cut_and_said_so() {
        let long = [b"A:".as_slice(), &vec![b'x'; LINE_BYTES_MAX], b"\r\n y\r\nB:2"].concat();
        let lines: Vec<_> = Lines::new(&long).collect();
        assert!(lines[0].cut && !lines[1].cut);
        assert_eq!(lines[1].number, 3);
    }

    #[test]
    fn parameters_may_be_quoted_listed_and_escaped() {
        let line = r#"attendee;cn="Ruiz: Ana, ""x;ROLE=CHAIR,OTHER;X=a^nb:mailto:ana@example.com"#;
        let property = Property::parse(7, line).unwrap();
        assert_eq!(property.param("CN"), Some("Ruiz: Ana,"));
        assert_eq!(property.param("X"), Some("a\nb"));
        assert!(property.param_is("ROLE", "chair"));
        assert_eq!((property.name.as_str(), property.value.as_str()), ("ATTENDEE", "mailto:ana@example.com"));
    }

    #[test]
    fn what_has_no_name_or_value_is_no_property() {
        for wrong in ["", "no colon", ":value", "A B:1", "A;B", "A;B=\"open:1", "Ü:1"] {
            assert_eq!(Property::parse(1, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_unescaped_listed_and_bounded() {
        assert_eq!(text(r"  one\, two\;\nthree\\ ", 100), "one, two;\nthree\\");
        assert_eq!(text("a\u{0}b\u{7}cdef\\", 4), "abcd");
        assert_eq!(listed(r"a\,b,c,,\\"), [r"a\,b", "c", "", r"\\"]);
    }
}
