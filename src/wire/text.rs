//! What bytes or typed characters must be to count as one text read. Shared by every protocol that carries text.
//!
//! - Printable characters are text. Of the control characters those that structure a label are data and are
//!   kept: EOT FS GS RS US (04, 1C to 1F), as GS1 and ISO/IEC 15434 use them. Any other makes the read *damaged*:
//!   on a serial line it is noise or a wrong baud rate.
//! - Bytes are UTF-8; bytes that are not, and are all printable as Latin-1, are Latin-1 (older scanners).
//! - An AIM identifier is split off ([`super::aim`]). With nothing behind it the read is *absurd*.
//! - `NR` is what scanners send to say that they read nothing, where that message is switched on: a whole frame
//!   that holds no code, so *absurd*. It must never be looked up.

use serde_json::Value;

use super::{Carrier, Decoded, Read, RejectKind, Rejected, aim};

/// The longest text taken as one code, in bytes. The largest QR code holds 4,296 characters, a label never that.
pub const TEXT_BYTES_MAX: usize = 4096;

/// What a scanner sends instead of a code when it read none and is set to say so.
const NO_READ: &str = "NR";

/// The control characters that structure a label.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{04}' | '\u{1c}'..='\u{1f}')
}

fn is_text(c: char) -> bool {
    is_separator(c) || !c.is_control()
}

/// Bytes as text: UTF-8, else Latin-1 where every byte is printable in it.
pub(super) fn of_bytes(bytes: &[u8]) -> Result<String, Rejected> {
    let text = lossless(bytes);
    match text.chars().find(|&c| !is_text(c)) {
        None => Ok(text),
        Some(c) => Err(not_text(c)),
    }
}

fn not_text(c: char) -> Rejected {
    let reason = format!("{:02X} is not text: look at the cable and the baud rate", u32::from(c));
    Rejected { kind: RejectKind::Damaged, reason }
}

/// Says that a text has no end within [`TEXT_BYTES_MAX`].
pub(super) fn endless() -> Decoded {
    let reason = format!("no end within {TEXT_BYTES_MAX} bytes: skipped up to the next terminator");
    Decoded::Rejected(Rejected { kind: RejectKind::Absurd, reason })
}

/// The bytes of a frame whose length and check are right, as a read: there is no end to look for and no noise
/// to suspect. `aim` is what the frame itself says; an identifier before the text goes before it. An end that the
/// scanner was set to add is left out. `NR` is the caller's to find.
pub(super) fn judge_checked(bytes: &[u8], aim: Option<&str>, more: Vec<(&'static str, Value)>) -> Decoded {
    let absurd = |reason: String| Decoded::Rejected(Rejected { kind: RejectKind::Absurd, reason });
    let text = lossless(bytes);
    let (own_aim, data) = aim::split(text.trim_end_matches(['\r', '\n', '\t']));
    if data.is_empty() {
        return absurd("a scan without a code in it".to_owned());
    }
    match data.chars().find(|&c| !is_text(c)) {
        Some(c) => {
            absurd(format!("the code holds the control character {:02X}, as no label does", u32::from(c)))
        }
        None => Decoded::Read(read(data, own_aim.or(aim), None, more).ended()),
    }
}

/// Bytes as UTF-8, else as Latin-1.
pub(super) fn lossless(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Says that the parts of a code are too long together.
pub(super) fn endless_parts() -> Decoded {
    let reason = format!("a code of more than {TEXT_BYTES_MAX} bytes: skipped up to its last part");
    Decoded::Rejected(Rejected { kind: RejectKind::Absurd, reason })
}

/// Whether a scanner says with this text that it read nothing.
pub(super) fn is_no_read(bytes: &[u8]) -> bool {
    bytes == NO_READ.as_bytes()
}

/// One text as a read, or why it is none. `terminator` is what ended it, `None` for silence; `fields` come after
/// `text`, `aim` and `terminator`.
pub(super) fn judge(text: &str, terminator: Option<&str>, fields: Vec<(&'static str, Value)>) -> Decoded {
    let (aim, data) = aim::split(text);
    if let Some(c) = data.chars().find(|&c| !is_text(c)) {
        return Decoded::Rejected(not_text(c));
    }
    let absurd = |reason: String| Decoded::Rejected(Rejected { kind: RejectKind::Absurd, reason });
    match (data, aim) {
        (NO_READ, _) => {
            absurd("the scanner says that it read nothing (NR): switch that message off".to_owned())
        }
        ("", Some(aim)) => absurd(format!("nothing follows the AIM identifier ]{aim}: expected a code")),
        _ => Decoded::Read(read(data, aim, terminator, fields)),
    }
}

impl Read {
    /// Its frame says where it ends.
    fn ended(self) -> Self {
        Self { terminated: true, ..self }
    }
}

fn read(data: &str, aim: Option<&str>, terminator: Option<&str>, more: Vec<(&'static str, Value)>) -> Read {
    let mut fields = vec![("text", Value::from(data))];
    fields.extend(aim.map(|aim| ("aim", Value::from(format!("]{aim}")))));
    fields.extend(terminator.map(|name| ("terminator", Value::from(name))));
    fields.extend(more);
    Read {
        carrier: Carrier::Text,
        payload: data.to_owned(),
        aim: aim.map(str::to_owned),
        terminated: terminator.is_some(),
        fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_utf8_or_else_printable_latin1() {
        assert_eq!(of_bytes("Lüster".as_bytes()).unwrap(), "Lüster");
        assert_eq!(of_bytes(b"L\xfcster").unwrap(), "Lüster");
        assert_eq!(of_bytes(b"10\x1d21").unwrap(), "10\u{1d}21");
        assert_eq!(of_bytes(b"a\x80b").unwrap_err().kind, RejectKind::Damaged);
        assert_eq!(of_bytes(b"a\x00b").unwrap_err().kind, RejectKind::Damaged);
    }

    #[test]
    fn a_no_read_message_is_never_a_code() {
        for text in ["NR", "]A0NR"] {
            let Decoded::Rejected(no) = judge(text, Some("CR"), vec![]) else { panic!("{text} was read") };
            assert_eq!(no.kind, RejectKind::Absurd);
            assert!(no.reason.contains("read nothing"), "{no}");
        }
        assert!(matches!(judge("NR1", Some("CR"), vec![]), Decoded::Read(_)));
    }
}
