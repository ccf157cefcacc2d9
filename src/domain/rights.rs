//! What people may do beyond taking and returning gear: one table, from the configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::person::{Role, Roles};

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Checks out, returns, extends and hands over by hand, for anybody.
    ByHand,
    /// Makes, moves and cancels bookings.
    Book,
    /// Registers productions and sets their stage, crew, gear list and budget.
    Plan,
    /// Recalls gear that is out.
    Recall,
    /// Puts a code on a thing and takes it off.
    Learn,
    /// Notes conditions, opens and closes maintenance, records inspections.
    Maintain,
    /// Registers and retires assets, kits, rooms and stock; counts stock; marks things lost.
    Register,
    /// Dates a return back, and takes back what another session did.
    Correct,
    /// Enrols, suspends and certifies people.
    People,
    /// Brings in files.
    Import,
    /// Sees who people are.
    SeePeople,
    /// Sees rates, costs and budgets.
    SeeMoney,
    /// Goes into every room without a booking.
    EnterRooms,
    /// Counts what is in a room.
    Count,
}

impl Right {
    /// Every right, in the order of the commented default.
    pub const ALL: [Self; 14] = [
        Self::ByHand,
        Self::Book,
        Self::Plan,
        Self::Recall,
        Self::Learn,
        Self::Maintain,
        Self::Register,
        Self::Correct,
        Self::People,
        Self::Import,
        Self::SeePeople,
        Self::SeeMoney,
        Self::EnterRooms,
        Self::Count,
    ];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::Book => "book",
            Self::Plan => "plan",
            Self::Recall => "recall",
            Self::Learn => "learn",
            Self::Maintain => "maintain",
            Self::Register => "register",
            Self::Correct => "correct",
            Self::People => "people",
            Self::Import => "import",
            Self::SeePeople => "see-people",
            Self::SeeMoney => "see-money",
            Self::EnterRooms => "enter-rooms",
            Self::Count => "count",
        }
    }

    /// The right of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }

    /// Who has it where the configuration does not say.
    pub fn default_roles(self) -> Roles {
        use Role::{Admin, Attendant, ProductionManager, StudioManager};
        match self {
            Self::ByHand
            | Self::Learn
            | Self::Maintain
            | Self::Register
            | Self::Correct
            | Self::EnterRooms
            | Self::Count => Roles::of(&[Attendant, StudioManager, Admin]),
            Self::Book | Self::Recall | Self::SeePeople => {
                Roles::of(&[Attendant, ProductionManager, StudioManager, Admin])
            }
            Self::Plan | Self::SeeMoney => Roles::of(&[ProductionManager, StudioManager, Admin]),
            Self::People | Self::Import => Roles::of(&[StudioManager, Admin]),
        }
    }
}

/// Which roles have which right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights(BTreeMap<Right, Roles>);

impl Default for Rights {
    fn default() -> Self {
        Self(Right::ALL.into_iter().map(|right| (right, right.default_roles())).collect())
    }
}

impl Rights {
    /// Gives a right to these roles and to no others.
    pub fn set(&mut self, right: Right, roles: Roles) {
        self.0.insert(right, roles);
    }

    /// Who has a right.
    pub fn who_may(&self, right: Right) -> Roles {
        self.0.get(&right).copied().unwrap_or(Roles::NONE)
    }

    /// Whether somebody of these roles has a right.
    pub fn allow(&self, roles: Roles, right: Right) -> bool {
        self.who_may(right).any_of(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crew_has_no_right_by_default_and_an_admin_has_all_but_nobody_gets_one_by_accident() {
        let rights = Rights::default();
        for right in Right::ALL {
            assert!(!rights.allow(Roles::of(&[Role::Crew]), right), "{}", right.name());
            assert!(rights.allow(Roles::of(&[Role::Admin]), right), "{}", right.name());
            assert_eq!(Right::parse(right.name()), Some(right));
        }
        assert!(!rights.allow(Roles::NONE, Right::Book));
    }
}
