//! cagekeeper: the daemon at the door of a studio's equipment cage.
//!
//! One scan, from bytes to light:
//!
//! ```text
//! bytes ─► Read ─► Scan ─► Identified ─► Verdict ─► Facts committed ─► signal (light, tone, text)
//!  io      wire   station   domain        domain      ledger        └► events, retained state ─► MQTT
//! ```
//!
//! The modules stand in the order in which a scan passes them. `wire`, `station`, `domain`, `import`,
//! `calendar`, `outbox` and `print` are pure:
//! no clock, randomness, file or socket; time and ids are arguments. `ARCHITECTURE.md` has the map and the laws.

pub mod nearest;
pub mod time;

pub mod wire;

pub mod station;

pub mod domain;

pub mod ledger;

pub mod writer;

pub mod import;

pub mod calendar;

pub mod config;

pub mod control;

pub mod outbox;

pub mod print;

pub mod io;

pub mod daemon;

pub mod cli;
