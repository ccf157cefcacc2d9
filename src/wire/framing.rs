//! How a scanner frames text: what it puts before each code and after it, and how long it may pause within one.
//!
//! As delivered, scanners put nothing before a code and one of a few ends after it, so every end counts and nothing
//! needs to be said. A scanner that was set otherwise says it here, in the configuration or its profile.

use serde::Serialize;

use super::line;

/// The longest prefix, in bytes.
pub const PREFIX_BYTES_MAX: usize = 32;

/// What ends a code: the `suffix` of a reader in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Suffix {
    /// Whatever comes: CR, LF, both, TAB or ETX.
    #[default]
    Any,
    /// CR; on a keyboard Enter or Ctrl+M.
    Cr,
    /// LF; on a keyboard Enter or Ctrl+J.
    Lf,
    /// CR and LF; on a keyboard Enter, and Ctrl+J or not.
    CrLf,
    /// TAB.
    Tab,
    /// Nothing but silence.
    None,
}

impl Suffix {
    /// Every suffix.
    pub const ALL: [Self; 6] = [Self::Any, Self::Cr, Self::Lf, Self::CrLf, Self::Tab, Self::None];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Cr => "cr",
            Self::Lf => "lf",
            Self::CrLf => "crlf",
            Self::Tab => "tab",
            Self::None => "none",
        }
    }

    /// The suffix of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suffix| suffix.name() == name)
    }

    /// Whether this byte of a line, after `last`, ends a code.
    pub(super) fn is_ended_by(self, byte: u8, last: Option<u8>) -> bool {
        match self {
            Self::Any => line::terminator_name(byte).is_some(),
            Self::Cr => byte == b'\r',
            Self::Lf => byte == b'\n',
            Self::CrLf => byte == b'\n' && last == Some(b'\r'),
            Self::Tab => byte == b'\t',
            Self::None => false,
        }
    }

    /// Whether a key or chord that stands for this byte ends a code. Enter is CR: it is all that a keyboard has for
    /// the end of a line.
    pub(super) fn is_ended_by_key(self, byte: u8) -> bool {
        match self {
            Self::Lf | Self::CrLf => matches!(byte, b'\r' | b'\n'),
            _ => self.is_ended_by(byte, None),
        }
    }
}

/// How one reader frames text. The default is what scanners do as delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Framing {
    /// What stands before each code and is no part of it.
    pub prefix: Option<String>,
    /// What ends a code.
    pub suffix: Suffix,
    /// Silence that ends a code without its suffix, in milliseconds; `None` for what the protocol says.
    pub gap_ms: Option<u64>,
}

impl Framing {
    /// The code without its prefix. A code that comes without it stays as it is.
    pub(super) fn stripped<'a>(&self, text: &'a str) -> &'a str {
        self.prefix.as_deref().and_then(|prefix| text.strip_prefix(prefix)).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_found_by_name() {
        for suffix in Suffix::ALL {
            assert_eq!(Suffix::parse(suffix.name()), Some(suffix));
        }
        assert_eq!(Suffix::parse("CR"), None);
    }

    #[test]
    fn a_prefix_is_taken_off_once_and_only_at_the_beginning() {
        let framing = Framing { prefix: Some("%".to_owned()), ..Framing::default() };
        assert_eq!(["%CAM-1", "%%1", "CAM%1"].map(|text| framing.stripped(text)), ["CAM-1", "%1", "CAM%1"]);
    }
}
