//! The nouns of a cage and the rules at its door. Pure.

pub mod id;
