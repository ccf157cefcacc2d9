//! The only place with devices, sockets, clock and entropy. It decides nothing.

pub mod calendar;
pub mod clock;
pub mod control;
pub mod doors;
pub mod entropy;
pub mod machine;
pub mod mqtt;
pub mod notify;
pub mod readers;
pub mod satellites;
pub mod signals;
pub mod standing;
pub mod web;
pub mod writing;
