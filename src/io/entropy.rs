//! Randomness of the operating system, drawn here and nowhere else.

#![allow(clippy::disallowed_methods, reason = "the one module that draws randomness")]

use crate::domain::id::PersonId;
use crate::time::UtcMs;

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

/// A seed of the ids of scans: 48 bits of the time in milliseconds, so that ids of a later start come after, and 80 that
/// are random. A clock that is wrong costs order, and no uniqueness.
pub fn scan_seed(now: UtcMs) -> Result<[u8; 16], NoEntropy> {
    let mut seed = bytes()?;
    let [_, _, time @ ..] = now.0.to_be_bytes();
    seed.iter_mut().zip(time).for_each(|(byte, of_time)| *byte = of_time);
    Ok(seed)
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
    fn the_seed_of_ids_begins_with_the_time() {
        let (one, two) =
            (scan_seed(UtcMs(0x0102_0304_0506)).unwrap(), scan_seed(UtcMs(0x0102_0304_0506)).unwrap());
        assert_eq!(one.first_chunk(), Some(&[1, 2, 3, 4, 5, 6]));
        assert_ne!(one, two);
    }

    #[test]
    fn bytes_become_hex_with_their_leading_zeroes() {
        assert_eq!(hex(&[0x00, 0x0a, 0xff]), "000aff");
        assert_eq!(id().unwrap().len(), 32);
    }
}
