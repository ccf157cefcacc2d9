//! The policy table: which situation at the door is waved through, said, asked or refused, and who may answer.
//!
//! The situations are the outcomes of the best circulation systems. `[policy]` of the configuration sets a row; what it
//! does not name has the row given here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::person::{Role, Roles};
use super::verdict::Level;

/// Something that a rule may object to when gear is to leave, to stay out longer or to be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Situation {
    /// The person's time is over.
    PersonExpired,
    /// The person takes nothing for a while.
    PersonSuspended,
    /// The person has gear that should have been back.
    HasOverdue,
    /// The person has as much out as they may.
    OverLimit,
    /// The thing needs a certificate that the person does not have.
    NotCertified,
    /// The person is not among the production's crew.
    NotOnProduction,
    /// The production has cost more than its budget.
    OverBudget,
    /// The production is in a stage that draws no gear.
    WrongStage,
    /// The thing has been taken out of service.
    Retired,
    /// The thing stays where it is.
    NotForLoan,
    /// The thing is for certain people only.
    Restricted,
    /// Maintenance keeps the thing in.
    MaintenanceBlock,
    /// Maintenance is due, and the thing may go.
    MaintenanceFlag,
    /// The inspection is overdue.
    InspectionOverdue,
    /// Something of the thing is missing.
    Incomplete,
    /// The thing was given up as lost, and here it is.
    MarkedLost,
    /// The thing belongs in a kit.
    PartOfKit,
    /// Members of the kit are not here.
    KitMemberUnavailable,
    /// Things that do not belong in the kit were read with it.
    StrangerInKit,
    /// The thing is promised to somebody else now.
    BookedToOther,
    /// The thing is promised to somebody else before it would be back; the due time can be brought forward.
    BookedToOtherNext,
    /// The thing is promised to somebody else before it is due, and the due time is the booking's.
    DueClashesNextBooking,
    /// Somebody else has a hold on the thing.
    HeldByOther,
    /// The unit is free, but all of its model, or of the stock, are promised.
    PoolExhausted,
    /// The booking does not name the thing.
    NotOnThisBooking,
    /// The booking names another model of the same category.
    WrongModel,
    /// The booking names fewer of it.
    ExtraOnThisBooking,
    /// The booking that names it for this person begins later.
    BookedForYouEarly,
    /// The thing has been recalled.
    Recalled,
    /// The thing goes back to its owner before it would be back.
    DueAfterSubhire,
    /// The time falls where the studio is closed.
    OutOfHours,
    /// It is out to somebody else.
    AlreadyOutToOther,
    /// The shelf holds fewer.
    StockShort,
}

impl Situation {
    /// Every situation, in the order of the commented default.
    pub const ALL: [Self; 33] = [
        Self::PersonExpired,
        Self::PersonSuspended,
        Self::HasOverdue,
        Self::OverLimit,
        Self::NotCertified,
        Self::NotOnProduction,
        Self::OverBudget,
        Self::WrongStage,
        Self::Retired,
        Self::NotForLoan,
        Self::Restricted,
        Self::MaintenanceBlock,
        Self::MaintenanceFlag,
        Self::InspectionOverdue,
        Self::Incomplete,
        Self::MarkedLost,
        Self::PartOfKit,
        Self::KitMemberUnavailable,
        Self::StrangerInKit,
        Self::BookedToOther,
        Self::BookedToOtherNext,
        Self::DueClashesNextBooking,
        Self::HeldByOther,
        Self::PoolExhausted,
        Self::NotOnThisBooking,
        Self::WrongModel,
        Self::ExtraOnThisBooking,
        Self::BookedForYouEarly,
        Self::Recalled,
        Self::DueAfterSubhire,
        Self::OutOfHours,
        Self::AlreadyOutToOther,
        Self::StockShort,
    ];

    /// The name in the configuration, in facts and as the code of a verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::PersonExpired => "person-expired",
            Self::PersonSuspended => "person-suspended",
            Self::HasOverdue => "has-overdue",
            Self::OverLimit => "over-limit",
            Self::NotCertified => "not-certified",
            Self::NotOnProduction => "not-on-production",
            Self::OverBudget => "over-budget",
            Self::WrongStage => "wrong-stage",
            Self::Retired => "retired",
            Self::NotForLoan => "not-for-loan",
            Self::Restricted => "restricted",
            Self::MaintenanceBlock => "maintenance-block",
            Self::MaintenanceFlag => "maintenance-flag",
            Self::InspectionOverdue => "inspection-overdue",
            Self::Incomplete => "incomplete",
            Self::MarkedLost => "marked-lost",
            Self::PartOfKit => "part-of-kit",
            Self::KitMemberUnavailable => "kit-member-unavailable",
            Self::StrangerInKit => "stranger-in-kit",
            Self::BookedToOther => "booked-to-other",
            Self::BookedToOtherNext => "booked-to-other-next",
            Self::DueClashesNextBooking => "due-clashes-next-booking",
            Self::HeldByOther => "held-by-other",
            Self::PoolExhausted => "pool-exhausted",
            Self::NotOnThisBooking => "not-on-this-booking",
            Self::WrongModel => "wrong-model",
            Self::ExtraOnThisBooking => "extra-on-this-booking",
            Self::BookedForYouEarly => "booked-for-you-early",
            Self::Recalled => "recalled",
            Self::DueAfterSubhire => "due-after-subhire",
            Self::OutOfHours => "out-of-hours",
            Self::AlreadyOutToOther => "already-out-to-other",
            Self::StockShort => "stock-short",
        }
    }

    /// The situation of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|situation| situation.name() == name)
    }

    /// What happens where the configuration does not say.
    pub fn default_rule(self) -> Rule {
        use Role::{Admin, Attendant, ProductionManager, StudioManager};
        let counter = Roles::of(&[Attendant, StudioManager, Admin]);
        let managers = Roles::of(&[StudioManager, Admin]);
        match self {
            Self::PersonExpired
            | Self::PersonSuspended
            | Self::Retired
            | Self::MaintenanceBlock
            | Self::StockShort => Rule::Refused,
            Self::HasOverdue
            | Self::OverBudget
            | Self::MaintenanceFlag
            | Self::MarkedLost
            | Self::KitMemberUnavailable
            | Self::StrangerInKit
            | Self::BookedToOtherNext
            | Self::HeldByOther
            | Self::BookedForYouEarly
            | Self::DueAfterSubhire
            | Self::OutOfHours => Rule::Notice,
            Self::Incomplete
            | Self::PartOfKit
            | Self::NotOnThisBooking
            | Self::WrongModel
            | Self::ExtraOnThisBooking
            | Self::AlreadyOutToOther => Rule::Ask(Answerer::Anybody),
            Self::OverLimit
            | Self::NotOnProduction
            | Self::InspectionOverdue
            | Self::BookedToOther
            | Self::DueClashesNextBooking
            | Self::PoolExhausted
            | Self::Recalled => Rule::Ask(Answerer::Only(counter)),
            Self::WrongStage => {
                Rule::Ask(Answerer::Only(Roles::of(&[Attendant, ProductionManager, StudioManager, Admin])))
            }
            Self::NotCertified | Self::NotForLoan | Self::Restricted => Rule::Ask(Answerer::Only(managers)),
        }
    }
}

/// What happens in a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing is said.
    Done,
    /// It goes on, and is said.
    Notice,
    /// It needs CONFIRM.
    Ask(Answerer),
    /// It does not happen.
    Refused,
}

impl Rule {
    /// What the light shows.
    pub fn level(self) -> Level {
        match self {
            Self::Done => Level::Done,
            Self::Notice => Level::Notice,
            Self::Ask(_) => Level::Ask,
            Self::Refused => Level::Refused,
        }
    }

    /// Reads `done`, `notice`, `ask`, `ask attendant admin` or `refused`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let head = words.next()?;
        let roles: Vec<Role> = words.map(Role::parse).collect::<Option<_>>()?;
        match (head, roles.as_slice()) {
            ("done", []) => Some(Self::Done),
            ("notice", []) => Some(Self::Notice),
            ("refused", []) => Some(Self::Refused),
            ("ask", []) => Some(Self::Ask(Answerer::Anybody)),
            ("ask", roles) => Some(Self::Ask(Answerer::Only(Roles::of(roles)))),
            _ => None,
        }
    }

    /// The rule as the configuration writes it.
    pub fn written(self) -> String {
        match self {
            Self::Done => "done".into(),
            Self::Notice => "notice".into(),
            Self::Refused => "refused".into(),
            Self::Ask(Answerer::Anybody) => "ask".into(),
            Self::Ask(Answerer::Only(roles)) => {
                roles.iter().fold("ask".to_owned(), |text, role| format!("{text} {}", role.name()))
            }
        }
    }
}

/// Who may answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answerer {
    /// Whoever stands there: CONFIRM is enough.
    #[default]
    Anybody,
    /// Somebody of one of these roles: their session, or their badge before CONFIRM.
    Only(Roles),
}

impl Answerer {
    /// Whether somebody of these roles may answer.
    pub fn admits(self, roles: Roles) -> bool {
        match self {
            Self::Anybody => true,
            Self::Only(only) => only.any_of(roles),
        }
    }

    /// Whoever may answer both questions; where no role may, an admin.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Anybody, only) | (only, Self::Anybody) => only,
            (Self::Only(one), Self::Only(two)) => match one.and(two) {
                Roles::NONE => Self::Only(Roles::of(&[Role::Admin])),
                both => Self::Only(both),
            },
        }
    }
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(BTreeMap<Situation, Rule>);

impl Default for Policy {
    fn default() -> Self {
        Self(Situation::ALL.into_iter().map(|situation| (situation, situation.default_rule())).collect())
    }
}

impl Policy {
    /// Sets a row.
    pub fn set(&mut self, situation: Situation, rule: Rule) {
        self.0.insert(situation, rule);
    }

    /// What happens in a situation.
    pub fn rule(&self, situation: Situation) -> Rule {
        self.0.get(&situation).copied().unwrap_or_else(|| situation.default_rule())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written_and_every_name_is_its_own() {
        for situation in Situation::ALL {
            assert_eq!(Situation::parse(situation.name()), Some(situation));
            assert_eq!(Rule::parse(&situation.default_rule().written()), Some(situation.default_rule()));
        }
        for wrong in ["", "ask nobody", "done attendant", "refuse", "ASK"] {
            assert_eq!(Rule::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_needs_two_answers_needs_somebody_who_may_give_both() {
        let (counter, manager) =
            (Roles::of(&[Role::Attendant, Role::StudioManager]), Roles::of(&[Role::StudioManager]));
        let both = Answerer::Only(counter).and(Answerer::Only(manager));
        assert!(both.admits(manager) && !both.admits(Roles::of(&[Role::Attendant])));
        assert!(Answerer::Anybody.and(Answerer::Anybody).admits(Roles::NONE));
        let (one, other) = (Roles::of(&[Role::Attendant]), Roles::of(&[Role::ProductionManager]));
        let neither = Answerer::Only(one).and(Answerer::Only(other));
        assert!(neither.admits(Roles::of(&[Role::Admin])) && !neither.admits(one.or(other)));
    }
}
