//! The nouns of a cage and the rules at its door. Pure.
//!
//! A scan that has been identified becomes a [`verdict::Verdict`] and the facts it adds in [`decide::decide`]:
//! one total function over what was loaded ([`loaded::Loaded`]), the session, the rules and the time.

pub mod code;
pub mod command;
pub mod custody;
pub mod decide;
pub mod fact;
pub mod hlc;
pub mod id;
pub mod known;
pub mod loaded;
pub mod money;
pub mod person;
pub mod plan;
pub mod policy;
pub mod rights;
pub mod rules;
pub mod session;
pub mod verdict;
pub mod when;
pub mod words;
