//! People as the rules see them: an opaque id, what they are in the studio, and what they may take until when.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::PersonId;
use crate::time::UtcMs;

/// What a person is in the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes gear out and brings it back.
    Crew,
    /// Stands behind the counter.
    Attendant,
    /// Runs a production.
    ProductionManager,
    /// Runs the facility.
    StudioManager,
    /// Runs this program.
    Admin,
}

impl Role {
    /// Every role, from least to most.
    pub const ALL: [Self; 5] =
        [Self::Crew, Self::Attendant, Self::ProductionManager, Self::StudioManager, Self::Admin];

    /// The name in files and facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crew => "crew",
            Self::Attendant => "attendant",
            Self::ProductionManager => "production-manager",
            Self::StudioManager => "studio-manager",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// Some of the roles: one person may wear both managers' hats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// These roles.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// Whether the role is among them.
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether one of `others` is among them.
    pub fn any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// The same without the admin, where others are among them: whom one would ask.
    pub fn without_admin(self) -> Self {
        let rest = Self(self.0 & !Role::Admin.bit());
        if rest == Self::NONE { self } else { rest }
    }

    /// Those that are in either.
    pub fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those that are in both.
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// The roles, from least to most.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        Self::of(&roles)
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Role::name).collect();
        f.write_str(&names.join(" or "))
    }
}

/// Somebody who takes nothing for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// The moment at which it ends by itself; without one somebody has to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UtcMs>,
}

/// What a person has out, counted when the decision is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// Assets, whatever for.
    pub assets: u32,
    /// Of these, those that should have been back.
    pub overdue: u32,
    /// Things of theirs that are recalled.
    pub recalled: u32,
}

/// One person, loaded for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The opaque id that facts name.
    pub id: PersonId,
    /// The name people call them by; `None` once it has been erased.
    pub name: Option<String>,
    /// What they are in the studio.
    pub roles: Roles,
    /// After this moment they take nothing any more.
    pub active_until: Option<UtcMs>,
    /// They take nothing for a while.
    pub suspended: Option<Suspension>,
    /// What they have been trained for.
    pub certificates: Vec<String>,
    /// What they have out. Loaded for the person who scans; zero for the holder of a thing.
    pub holding: Holding,
}

impl Person {
    /// The name, or the opaque id where the name was erased.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }

    /// Whether their time is over.
    pub fn expired_at(&self, now: UtcMs) -> bool {
        self.active_until.is_some_and(|until| until <= now)
    }

    /// Whether they are suspended, and until when where that is known.
    pub fn suspended_at(&self, now: UtcMs) -> Option<Suspension> {
        self.suspended.filter(|suspension| suspension.until.is_none_or(|until| until > now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_may_wear_both_managers_hats() {
        let both = Roles::of(&[Role::StudioManager, Role::ProductionManager]);
        assert!(both.has(Role::ProductionManager) && both.has(Role::StudioManager) && !both.has(Role::Crew));
        assert_eq!(both.to_string(), "production-manager or studio-manager");
        assert!(both.any_of(Roles::of(&[Role::StudioManager])) && !both.any_of(Roles::NONE));
        let json = serde_json::to_string(&both).unwrap();
        assert_eq!(json, r#"["production-manager","studio-manager"]"#);
        assert_eq!(serde_json::from_str::<Roles>(&json).unwrap(), both);
    }
}
