//! The AIM symbology identifier that a scanner can be told to send before each code.
//!
//! ```text
//! ] c m data…     ]C1 GS1-128   ]C0 Code 128   ]A0 Code 39   ]E0 EAN-13, UPC-A   ]E4 EAN-8   ]Q1 QR   ]Q3 GS1 QR
//!   │ └ modifier  ]d1 Data Matrix   ]d2 GS1 Data Matrix   ]e0 GS1 DataBar   ]J1 GS1 DotCode   ]z0…]zC Aztec
//!   └── code character, a letter whose case matters
//! ```
//!
//! The modifier is one digit or, for Aztec, `A` to `C`. It is split off so that a label answers to one code
//! whether or not the scanner names its symbology. Whether the data is GS1 follows from it ([`gs1`]).
//! Source: ISO/IEC 15424, data carrier identifiers.

/// What an AIM identifier says about GS1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gs1 {
    /// The data is an element string.
    ElementString,
    /// The data may be a Digital Link URI, else it is text.
    MayBeLink,
    /// The data is the digits of an EAN or UPC, so many of them with the check digit.
    Ean(usize),
    /// The data is text, whatever it looks like.
    None,
}

/// What the identifier, without its `]`, says about GS1.
pub fn gs1(aim: &str) -> Gs1 {
    match aim {
        "C1" | "Q3" | "d2" | "e0" | "J1" => Gs1::ElementString,
        "Q1" | "d1" | "J0" => Gs1::MayBeLink,
        "E0" => Gs1::Ean(13),
        "E4" => Gs1::Ean(8),
        _ => Gs1::None,
    }
}

/// Splits an AIM identifier from the text before it: `]C10123` is `(Some("C1"), "0123")`. Text without one
/// comes back whole.
pub fn split(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix(']') else { return (None, text) };
    let mut chars = rest.chars();
    let code_fits = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    let modifier_fits = chars.next().is_some_and(|c| c.is_ascii_digit() || ('A'..='F').contains(&c));
    if !(code_fits && modifier_fits) {
        return (None, text);
    }
    match (rest.get(..2), rest.get(2..)) {
        (Some(aim), Some(data)) => (Some(aim), data),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_bracket_a_letter_and_a_modifier() {
        assert_eq!(split("]C10112312312312333"), (Some("C1"), "0112312312312333"));
        assert_eq!(split("]zCaztec"), (Some("zC"), "aztec"));
        assert_eq!(split("]d2"), (Some("d2"), ""));
    }

    #[test]
    fn only_some_symbologies_carry_gs1() {
        assert_eq!(["C1", "Q3", "d2", "e0", "J1"].map(gs1), [Gs1::ElementString; 5]);
        assert_eq!(["Q1", "d1"].map(gs1), [Gs1::MayBeLink; 2]);
        assert_eq!(["E0", "E4"].map(gs1), [Gs1::Ean(13), Gs1::Ean(8)]);
        assert_eq!(["C0", "A0", "q3", "D2", ""].map(gs1), [Gs1::None; 5]);
    }

    #[test]
    fn anything_else_is_data() {
        for text in ["CAM-01", "", "]", "]C", "]12", "]Cx1", "x]C1", "]é1", "]Cé"] {
            assert_eq!(split(text), (None, text));
        }
    }
}
