//! Which way somebody or something goes, and on which side of a gate a reader sees.

use serde::{Deserialize, Serialize};

/// Which way somebody or something goes, seen from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Into the room or the building.
    In,
    /// Out of it.
    Out,
}

impl Way {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::In, Self::Out];

    /// The name in configurations, facts and topics.
    pub fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// On which side of a gate a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Towards the cage.
    Inside,
    /// Towards the rest of the world.
    Outside,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Inside, Self::Outside];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }

    /// The side of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

/// On which side of a gate a reader sees: all of it, or antenna by antenna.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sides {
    /// The side of the whole reader, where it has one.
    pub side: Option<Side>,
    /// Its antennas that look inside.
    pub inside_antennas: Vec<u8>,
    /// Its antennas that look outside.
    pub outside_antennas: Vec<u8>,
}

impl Sides {
    /// On which side it sees what this antenna reads; `None` where nobody has said.
    pub fn of(&self, antenna: Option<u8>) -> Option<Side> {
        let is_of = |antennas: &[u8]| antenna.is_some_and(|antenna| antennas.contains(&antenna));
        match (is_of(&self.inside_antennas), is_of(&self.outside_antennas)) {
            (true, false) => Some(Side::Inside),
            (false, true) => Some(Side::Outside),
            _ => self.side,
        }
    }

    /// Whether any of its fields is on this side.
    pub fn has(&self, side: Side) -> bool {
        let antennas = match side {
            Side::Inside => &self.inside_antennas,
            Side::Outside => &self.outside_antennas,
        };
        self.side == Some(side) || !antennas.is_empty()
    }
}
