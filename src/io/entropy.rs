//! Randomness of the operating system, drawn here and nowhere else.

#![allow(clippy::disallowed_methods, reason = "the one module that draws randomness")]

use crate::domain::id::PersonId;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes ({0}): without them no id is safe, see getrandom(2)")]
pub struct NoEntropy(String);

/// `N` random bytes: 16 for ids, 32 for keys. Waits for the kernel's pool in the first moments after boot.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoEntropy(error.to_string()))?;
    Ok(bytes)
}

/// A new origin of facts: 12 lower-case hex digits.
pub fn origin() -> Result<String, NoEntropy> {
    Ok(hex(&bytes::<6>()?))
}

/// A new id: 32 lower-case hex digits.
pub fn id() -> Result<String, NoEntropy> {
    Ok(hex(&bytes::<16>()?))
}

/// A new secret: 64 lower-case hex digits.
pub fn secret() -> Result<String, NoEntropy> {
    Ok(hex(&bytes::<32>()?))
}

/// A new opaque id of a person: it says nothing about who it is.
pub fn person() -> Result<PersonId, NoEntropy> {
    PersonId::parse(&format!("p-{}", hex(&bytes::<6>()?))).map_err(|error| NoEntropy(error.to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_twelve_lower_case_hex_digits_and_new_each_time() {
        let one = origin().unwrap();
        assert_eq!(one.len(), 12);
        assert!(one.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{one}");
        assert_ne!(one, origin().unwrap());
    }

    #[test]
    fn bytes_become_hex_with_their_leading_zeroes() {
        assert_eq!(hex(&[0x00, 0x0a, 0xff]), "000aff");
        assert_eq!(id().unwrap().len(), 32);
    }
}
