//! Ids: what leaves the process matches `[a-z0-9][a-z0-9-]{0,62}`.
//!
//! The alphabet is the intersection of what MQTT tools, NATS subjects and Home Assistant take without escaping.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most characters an id has.
pub const ID_CHARS_MAX: usize = 63;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: expected 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit")]
pub struct NotAnId(pub String);

fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first_fits = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    first_fits
        && text.len() <= ID_CHARS_MAX
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes an id as written, or says what an id looks like.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                if is_id(text) { Ok(Self(text.to_owned())) } else { Err(NotAnId(text.to_owned())) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                if is_id(&text) { Ok(Self(text)) } else { Err(NotAnId(text)) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// Names the studio in every topic.
    SiteId,
    /// One daemon of a site.
    DaemonId,
    /// One place where people scan.
    StationId,
    /// One device at a station.
    ReaderId,
    /// Lamps and a buzzer at a station.
    LampId,
    /// One thing with its own label.
    AssetId,
    /// A case and its expected members.
    KitId,
    /// A room.
    RoomId,
    /// A production.
    ProductionId,
    /// A time span for rooms, assets, models or crew.
    BookingId,
    /// A person, by the generated id that facts and topics name: it says nothing about who it is.
    PersonId,
    /// A person, by the id that the studio's own list of people gave. Erasable; never in a fact or a topic.
    PersonHandle,
    /// Counted things behind one shelf label.
    StockId,
    /// A sort of asset: what a booking of "three wireless lavs" names.
    ModelId,
    /// A room compared with what should be in it.
    CountId,
}

/// Characters of a scan's id that the count it begins is named by.
const COUNT_CHARS: usize = 12;

impl CountId {
    /// The count that a scan begins: the end of the scan's id names it. Whatever that holds, an id comes of it.
    pub fn of_scan(scan: &str) -> Self {
        let mut end: Vec<char> = scan.chars().rev().take(COUNT_CHARS).collect();
        end.reverse();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let end = end.into_iter().map(|c| c.to_ascii_lowercase()).map(|c| if plain(c) { c } else { '-' });
        Self(format!("c-{}", end.collect::<String>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lower_case_digits_and_hyphens() {
        for good in ["a", "7", "cam-fx6-01", "0-0", &"a".repeat(63)] {
            assert!(AssetId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "CAM", "a_b", "a b", "ä", "a/b", "a+", "#", &"a".repeat(64)] {
            assert!(AssetId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_count_is_named_by_the_end_of_the_scan_that_begins_it() {
        assert_eq!(CountId::of_scan("s1").as_str(), "c-s1");
        assert_eq!(CountId::of_scan("0123456789abcdef0123456789ABCDEF").as_str(), "c-456789abcdef");
        for odd in ["", "ä/+#", &"x".repeat(10_000)] {
            assert!(CountId::parse(CountId::of_scan(odd).as_str()).is_ok(), "{odd}");
        }
    }
}
