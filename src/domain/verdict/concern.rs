//! What stands against gear going out, staying out longer or being booked: a situation with its data, and its words.

use super::{Members, Telling, Who};
use crate::domain::id::BookingId;
use crate::domain::policy::Situation;
use crate::domain::words::{cents, when};
use crate::time::UtcMs;

/// To whom a thing is promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The booking.
    pub booking: BookingId,
    /// What people call what it is for.
    pub title: String,
    /// The same where people are not to be named: a title and a client are people's own words.
    pub told: String,
    /// When the thing is taken for it.
    pub from: UtcMs,
    /// Until when.
    pub until: UtcMs,
}

impl Promise {
    /// What it is for, as it may be told.
    pub fn called(&self, telling: &Telling) -> &str {
        if telling.names { &self.title } else { &self.told }
    }
}

/// One objection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about, `Situation` what it means")]
pub enum Concern {
    PersonExpired { since: UtcMs },
    PersonSuspended { until: Option<UtcMs> },
    HasOverdue { things: u32 },
    OverLimit { has: u32, more: u32, max: u32 },
    NotCertified { certificate: String },
    NotOnProduction { title: String },
    OverBudget { title: String, spent_cents: i64, budget_cents: i64, currency: String },
    WrongStage { title: String, stage: String },
    Retired,
    NotForLoan,
    Restricted,
    MaintenanceBlock { since: UtcMs },
    MaintenanceFlag { since: UtcMs },
    InspectionOverdue { since: UtcMs },
    Incomplete { missing: Vec<String> },
    MarkedLost { since: UtcMs },
    PartOfKit { kit: String },
    KitMemberUnavailable { members: Members },
    StrangerInKit { names: Vec<String> },
    BookedToOther { to: Promise },
    BookedToOtherNext { to: Promise },
    DueClashesNextBooking { to: Promise },
    HeldByOther { to: Promise },
    PoolExhausted { pool: String, promised: u32, left: u32, to: Promise },
    NotOnThisBooking { booking: BookingId },
    WrongModel { booking: BookingId, wanted: String },
    ExtraOnThisBooking { booking: BookingId, named: u32 },
    BookedForYouEarly { booking: BookingId, from: UtcMs },
    Recalled { wanted_by: UtcMs, wanted_for: Option<String> },
    DueAfterSubhire { owner: String, due: UtcMs },
    OutOfHours { at: UtcMs },
    AlreadyOutToOther { holder: Who },
    StockShort { wanted: u32, count: u32, available: u32 },
}

/// An objection, and the member of a kit that it is about where it is not about the kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The objection.
    pub concern: Concern,
    /// What people call the member.
    pub member: Option<String>,
}

impl From<Concern> for Raised {
    fn from(concern: Concern) -> Self {
        Self { concern, member: None }
    }
}

impl Raised {
    /// The same in the middle of a sentence: names keep their capitals.
    pub fn say_within(&self, telling: &Telling) -> String {
        let said = self.say(telling);
        let begins_with_name = matches!(
            self.concern,
            Concern::BookedToOtherNext { .. } | Concern::PoolExhausted { .. } | Concern::WrongStage { .. }
        );
        let mut chars = said.chars();
        match chars.next().filter(|_| !begins_with_name) {
            Some(first) => first.to_lowercase().chain(chars).collect(),
            None => said,
        }
    }

    /// What it is, in words, and of which member.
    pub fn say(&self, telling: &Telling) -> String {
        let said = self.concern.say(telling);
        self.member.as_ref().map_or(said.clone(), |member| format!("{said} ({member})"))
    }
}

impl Concern {
    /// The row of the policy table.
    pub fn situation(&self) -> Situation {
        match self {
            Self::PersonExpired { .. } => Situation::PersonExpired,
            Self::PersonSuspended { .. } => Situation::PersonSuspended,
            Self::HasOverdue { .. } => Situation::HasOverdue,
            Self::OverLimit { .. } => Situation::OverLimit,
            Self::NotCertified { .. } => Situation::NotCertified,
            Self::NotOnProduction { .. } => Situation::NotOnProduction,
            Self::OverBudget { .. } => Situation::OverBudget,
            Self::WrongStage { .. } => Situation::WrongStage,
            Self::Retired => Situation::Retired,
            Self::NotForLoan => Situation::NotForLoan,
            Self::Restricted => Situation::Restricted,
            Self::MaintenanceBlock { .. } => Situation::MaintenanceBlock,
            Self::MaintenanceFlag { .. } => Situation::MaintenanceFlag,
            Self::InspectionOverdue { .. } => Situation::InspectionOverdue,
            Self::Incomplete { .. } => Situation::Incomplete,
            Self::MarkedLost { .. } => Situation::MarkedLost,
            Self::PartOfKit { .. } => Situation::PartOfKit,
            Self::KitMemberUnavailable { .. } => Situation::KitMemberUnavailable,
            Self::StrangerInKit { .. } => Situation::StrangerInKit,
            Self::BookedToOther { .. } => Situation::BookedToOther,
            Self::BookedToOtherNext { .. } => Situation::BookedToOtherNext,
            Self::DueClashesNextBooking { .. } => Situation::DueClashesNextBooking,
            Self::HeldByOther { .. } => Situation::HeldByOther,
            Self::PoolExhausted { .. } => Situation::PoolExhausted,
            Self::NotOnThisBooking { .. } => Situation::NotOnThisBooking,
            Self::WrongModel { .. } => Situation::WrongModel,
            Self::ExtraOnThisBooking { .. } => Situation::ExtraOnThisBooking,
            Self::BookedForYouEarly { .. } => Situation::BookedForYouEarly,
            Self::Recalled { .. } => Situation::Recalled,
            Self::DueAfterSubhire { .. } => Situation::DueAfterSubhire,
            Self::OutOfHours { .. } => Situation::OutOfHours,
            Self::AlreadyOutToOther { .. } => Situation::AlreadyOutToOther,
            Self::StockShort { .. } => Situation::StockShort,
        }
    }

    /// What it is, in a few words that begin with the most important.
    pub fn say(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        match self {
            Self::PersonExpired { since } => format!("Badge expired {}", at(*since)),
            Self::PersonSuspended { until: Some(until) } => format!("Suspended until {}", at(*until)),
            Self::PersonSuspended { until: None } => "Suspended".into(),
            Self::HasOverdue { things } => format!("{things} overdue"),
            Self::OverLimit { has, more, max } => format!("Over the limit of {max}: {has} out, {more} more"),
            Self::NotCertified { certificate } => format!("Needs certificate {certificate}"),
            Self::NotOnProduction { title } => format!("Not crew of {title}"),
            Self::OverBudget { title, spent_cents, budget_cents, currency } => format!(
                "Over budget: {title}, {} of {} {currency}",
                cents(*spent_cents),
                cents(*budget_cents)
            ),
            Self::WrongStage { title, stage } => format!("{title} is in {stage}"),
            Self::Retired => "Retired".into(),
            Self::NotForLoan => "Not for loan".into(),
            Self::Restricted => "Restricted".into(),
            Self::MaintenanceBlock { since } => format!("In maintenance since {}", at(*since)),
            Self::MaintenanceFlag { since } => format!("Maintenance due, noted {}", at(*since)),
            Self::InspectionOverdue { since } => format!("Inspection overdue since {}", at(*since)),
            Self::Incomplete { missing } if missing.is_empty() => "Incomplete: a part is missing".into(),
            Self::Incomplete { missing } => format!("Incomplete: {} missing", missing.join(", ")),
            Self::MarkedLost { since } => format!("Was lost since {}, found", at(*since)),
            Self::PartOfKit { kit } => format!("Belongs in {kit}"),
            Self::KitMemberUnavailable { members } => members.say(),
            Self::StrangerInKit { names } => format!("Does not belong in it: {}", names.join(", ")),
            _ => self.say_promise(telling),
        }
    }

    fn say_promise(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        match self {
            Self::BookedToOther { to } if to.from > telling.now => {
                format!("Promised to {} {} to {}", to.called(telling), at(to.from), at(to.until))
            }
            Self::BookedToOther { to } => {
                format!("Promised to {} until {}", to.called(telling), at(to.until))
            }
            Self::BookedToOtherNext { to } => format!("{} needs it {}", to.called(telling), at(to.from)),
            Self::DueClashesNextBooking { to } => {
                format!("Promised to {} from {}", to.called(telling), at(to.from))
            }
            Self::HeldByOther { to } => format!("On hold for {} from {}", to.called(telling), at(to.from)),
            Self::PoolExhausted { pool, promised, left, to } => {
                format!(
                    "{pool}: {left} left, {promised} promised, {} needs them {}",
                    to.called(telling),
                    at(to.from)
                )
            }
            Self::NotOnThisBooking { booking } => format!("Not on {booking}"),
            Self::WrongModel { booking, wanted } => format!("Wrong model: {booking} has {wanted}"),
            Self::ExtraOnThisBooking { booking, named } => format!("Extra: {booking} has {named} of it"),
            Self::BookedForYouEarly { booking, from } => format!("Early: {booking} starts {}", at(*from)),
            Self::Recalled { wanted_by, wanted_for } => match wanted_for {
                Some(title) => format!("Recalled: {title} needs it {}", at(*wanted_by)),
                None => format!("Recalled: wanted {}", at(*wanted_by)),
            },
            Self::DueAfterSubhire { owner, due } if *due <= telling.now => {
                format!("Due back at {owner} since {}", at(*due))
            }
            Self::DueAfterSubhire { owner, due } => format!("Goes back to {owner} {}", at(*due)),
            Self::OutOfHours { at: moment } => format!("Closed at {}", at(*moment)),
            Self::AlreadyOutToOther { holder } => {
                format!("It is out to {}", holder.called(telling.names))
            }
            Self::StockShort { wanted, count, available } => {
                format!("{wanted} wanted: {count} pieces, {available} available")
            }
            // Said above. Without a catch-all here the compiler asks for the words of a new one.
            Self::PersonExpired { .. }
            | Self::PersonSuspended { .. }
            | Self::HasOverdue { .. }
            | Self::OverLimit { .. }
            | Self::NotCertified { .. }
            | Self::NotOnProduction { .. }
            | Self::OverBudget { .. }
            | Self::WrongStage { .. }
            | Self::Retired
            | Self::NotForLoan
            | Self::Restricted
            | Self::MaintenanceBlock { .. }
            | Self::MaintenanceFlag { .. }
            | Self::InspectionOverdue { .. }
            | Self::Incomplete { .. }
            | Self::MarkedLost { .. }
            | Self::PartOfKit { .. }
            | Self::KitMemberUnavailable { .. }
            | Self::StrangerInKit { .. } => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_people_are_not_named_a_promise_is_told_without_anybodys_own_words() {
        let to = Promise {
            booking: BookingId::parse("b-1").unwrap(),
            title: "Headshots of Jane Doe".into(),
            told: "b-1".into(),
            from: UtcMs(0),
            until: UtcMs(3_600_000),
        };
        let promised = Concern::BookedToOther { to };
        let telling = Telling { names: true, zone: chrono_tz::Tz::UTC, now: UtcMs(0) };
        assert_eq!(promised.say(&telling), "Promised to Headshots of Jane Doe until 01:00");
        assert_eq!(promised.say(&Telling { names: false, ..telling }), "Promised to b-1 until 01:00");
    }
}
