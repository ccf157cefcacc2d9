//! What happens to a small computer at a door, done to the real program: it is killed, its broker fails in every way, its
//! disk is full, read-only, damaged or somebody else's, its clock is wrong.
//!
//! Under each of these people go on scanning. What was shown green is counted, and so is what the ledger holds afterwards:
//! nothing green may be missing (`lost`) and nothing may be there twice (`doubled`). What the program says must be a
//! sentence: what is the matter, where, and what to do.
//!
//! `cargo test --test faults` takes a few rounds of each. The whole of it, with a table at the end of each kind:
//!
//! ```text
//! CAGEKEEPER_FAULT_ROUNDS=1000 cargo test --test faults -- --nocapture --test-threads 1
//! ```
//!
//! `CAGEKEEPER_FAULT_SEED` lives the same rounds again; each kind prints the seed that it had.

#![allow(clippy::disallowed_methods, reason = "it starts the real program and breaks what it stands on")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a panic is how a test says no"
)]

#[path = "../real/mosquitto.rs"]
mod mosquitto;
#[path = "../real/studio.rs"]
mod studio;

mod brokers;
mod clock;
mod damage;
mod dice;
mod house;
mod kills;
mod machine;
mod opening;
mod proxy;
mod storage;
mod tally;
mod window;
