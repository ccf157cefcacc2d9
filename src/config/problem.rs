//! What is wrong with a configuration, said so that it can be mended: where, which key, what stands there,
//! what was expected.

use std::fmt;
use std::ops::Range;

use toml::de::Error as TomlError;

/// One thing that is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The key with the table it stands in, as `mqtt.url`; of stations and readers with their id, as
    /// `reader "gun" baud`.
    pub key: String,
    /// What stands there.
    pub found: String,
    /// What would be right, with the nearest known name where there is one.
    pub expected: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, key, found, expected } = self;
        write!(f, "{line}:{column}: {key}: found {found}, expected {expected}")
    }
}

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigErrors {
    /// The file cannot be read.
    #[error(
        "{file}: cannot be read ({reason}): give the daemon's user the right to read it, or name another file with --config"
    )]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// A profile, or the folder of profiles, cannot be read.
    #[error(
        "{file}: cannot be read ({reason}): give the daemon's user the right to read it, or take it out of the profiles"
    )]
    UnreadableProfile {
        /// The file or folder.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// The file can be read and is wrong. Each error is a line of its own.
    #[error("{}", lines(file, errors))]
    Wrong {
        /// The file.
        file: String,
        /// Everything that is wrong with it, in the order of the file.
        errors: Vec<ConfigError>,
    },
}

fn lines(file: &str, errors: &[ConfigError]) -> String {
    errors.iter().map(|error| format!("{file}:{error}")).collect::<Vec<_>>().join("\n")
}

/// A file that is no text.
pub(super) fn not_utf8(file: String, error: &std::string::FromUtf8Error) -> ConfigErrors {
    let at = error.utf8_error().valid_up_to();
    let valid = String::from_utf8_lossy(error.as_bytes().get(..at).unwrap_or_default());
    let (line, column) = position(&valid, valid.len());
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let found = format!("the byte {byte:02x}, which is no UTF-8");
    let expected = "a file saved as UTF-8".to_owned();
    let error = ConfigError { line, column, key: "this line".to_owned(), found, expected };
    ConfigErrors::Wrong { file, errors: vec![error] }
}

/// Where a byte of a text stands: line and column in characters, both counted from 1.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().trim_start_matches('\u{feff}').chars().count();
    (before.matches('\n').count() + 1, column + 1)
}

/// The errors of one file while it is read.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: &'a str,
    errors: Vec<ConfigError>,
}

impl<'a> Problems<'a> {
    /// Nothing is wrong with `text` yet.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, errors: Vec::new() }
    }

    /// Notes what is wrong at `span` (in bytes of the text).
    pub(super) fn add(&mut self, span: &Range<usize>, key: &str, found: &str, expected: &str) {
        let (line, column) = position(self.text, span.start);
        let (key, found, expected) = (key.to_owned(), found.to_owned(), expected.to_owned());
        self.errors.push(ConfigError { line, column, key, found, expected });
    }

    /// Notes what is no TOML. One error a line: what follows a mistake on its line is seldom another.
    pub(super) fn add_toml(&mut self, errors: &[TomlError]) {
        let text = self.text;
        let mut last_line = None;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line_start =
                text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            if last_line.replace(line_start) == Some(line_start) {
                continue;
            }
            let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let found = format!("`{}`", self.excerpt(&(line_start..line_start + line.len())));
            self.add(&span, &key_on_line(line), &found, &format!("TOML ({})", error.message()));
        }
    }

    /// What the text says at `span`, shortened where it is long.
    pub(super) fn excerpt(&self, span: &Range<usize>) -> String {
        shortened(self.text.get(span.clone()).unwrap_or_default())
    }

    /// The line on which `span` begins, counted from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        position(self.text, span.start).0
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// All errors in the order of the file.
    pub(super) fn into_errors(mut self) -> Vec<ConfigError> {
        self.errors.sort();
        self.errors.dedup();
        self.errors
    }
}

fn key_on_line(line: &str) -> String {
    let key = line.split('=').next().unwrap_or_default().trim();
    if key.is_empty() { "this line".to_owned() } else { key.chars().take(60).collect() }
}

const EXCERPT_CHARS_MAX: usize = 60;

fn shortened(text: &str) -> String {
    let first_line = text.lines().next().unwrap_or_default().trim_end();
    let mut short: String = first_line.chars().take(EXCERPT_CHARS_MAX).collect();
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}
