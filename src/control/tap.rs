//! What a tap at a reader says, one JSON line each:
//!
//! ```text
//! > {"verb":"tap","reader":"gun","hold":false}
//! < {"tap":{"is":"plugged","device":"/dev/ttyUSB0"}}
//! < {"tap":{"is":"bytes","at_ms":1234,"hex":"43414d2d310d"}}
//! ```
//!
//! It goes on until either side hangs up.

use serde::{Deserialize, Serialize};

use super::{from_hex, to_hex};

/// One thing that a reader gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Tapped {
    /// A device is there.
    Plugged {
        /// Which, for people.
        device: String,
        /// Its HID report descriptor; empty where it has none.
        #[serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            serialize_with = "to_hex",
            deserialize_with = "from_hex"
        )]
        descriptor: Vec<u8>,
    },
    /// Bytes were read.
    Bytes {
        /// When, by the daemon's count of milliseconds.
        at_ms: u64,
        /// What: a piece of a stream, or one HID report.
        #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
        hex: Vec<u8>,
    },
    /// The device is gone.
    Unplugged {
        /// Why, for people.
        reason: String,
    },
}
