//! Bytes as text: pairs of hex digits, as in a line of JSON and in an address.

use serde::{Deserialize, Deserializer, Serializer};

/// Bytes as pairs of hex digits, in lower case.
pub fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of pairs of hex digits in either case; `None` for any other text.
pub fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

pub(super) fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex_of(bytes))
}

pub(super) fn to_hex_if<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    to_hex(bytes.as_deref().unwrap_or_default(), serializer)
}

pub(super) fn from_hex_if<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    from_hex(deserializer).map(Some)
}

pub(super) fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let hex = String::deserialize(deserializer)?;
    bytes_of(&hex)
        .ok_or_else(|| serde::de::Error::custom("expected the bytes of the file as pairs of hex digits"))
}
