//! SSI code types as AIM identifiers. Types whose AIM modifier depends on what the scanner was set to (check digits
//! sent or not) have that of its default; those that AIM does not know, or that are not certain, have none.

/// The AIM identifier, without its `]`, of a code type.
pub(super) fn aim(code_type: u8) -> Option<&'static str> {
    Some(match code_type {
        0x01 => "A0",
        0x02 | 0x18 => "F0",
        0x03 | 0x19 => "C0",
        0x04 => "S0",
        0x06 => "I0",
        0x07 => "G0",
        // UPC-A, UPC-E, EAN-13; with an add-on of two or five digits; EAN-8.
        0x08 | 0x09 | 0x0b | 0x10 => "E0",
        0x48 | 0x49 | 0x4b | 0x50 | 0x88 | 0x89 | 0x8b | 0x90 => "E3",
        0x0a => "E4",
        0x0c => "H0",
        0x0d => "T0",
        0x0e => "M0",
        0x0f => "C1",
        0x11 => "L0",
        0x12 => "K0",
        0x13 => "A4",
        0x1b => "d1",
        0x1c | 0x2c => "Q1",
        0x25 => "U0",
        0x2d => "z0",
        0x2e => "zC",
        // GS1 DataBar and composites.
        0x30..=0x32 | 0x51..=0x59 | 0x61..=0x68 => "e0",
        0xb7 => "h0",
        0xc1 => "d2",
        0xc2 => "Q3",
        _ => return None,
    })
}

/// Codes printed to set the scanner up, and pictures of signatures: what they hold is no label.
pub(super) fn is_setup(code_type: u8) -> bool {
    matches!(code_type, 0x33 | 0x69 | 0x70 | 0x74)
}
