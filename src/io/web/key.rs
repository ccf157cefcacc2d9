//! The keys of feeds: whoever has one may read that feed and no other.

use ring::hmac::{HMAC_SHA256, Key, sign, verify};

use crate::control::text_bytes::{bytes_of, hex_of};

/// Makes and checks keys.
pub struct Keys {
    key: Key,
}

impl Keys {
    /// Keys of this secret: what the ledger keeps for it, as text.
    pub fn new(secret: &str) -> Self {
        Self { key: Key::new(HMAC_SHA256, secret.as_bytes()) }
    }

    /// The key of a feed such as `room/studio-a`: 64 hex digits.
    pub fn of(&self, feed: &str) -> String {
        hex_of(sign(&self.key, feed.as_bytes()).as_ref())
    }

    /// Whether a text is the key of a feed. It takes as long for any text of that length.
    pub fn fits(&self, feed: &str, text: &str) -> bool {
        bytes_of(text).is_some_and(|tag| verify(&self.key, feed.as_bytes(), &tag).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_its_feed_alone() {
        let keys = Keys::new("5ec7e7");
        let key = keys.of("room/studio-a");
        assert_eq!(key.len(), 64);
        assert!(keys.fits("room/studio-a", &key));
        let half = &key[..32];
        for (feed, text) in [
            ("room/studio-b", key.as_str()),
            ("room/studio-a", half),
            ("room/studio-a", ""),
            ("room/studio-a", "ä"),
        ] {
            assert!(!keys.fits(feed, text), "{feed} {text}");
        }
        assert!(!Keys::new("other").fits("room/studio-a", &key));
    }
}
