//! Objections of the production that gear is for: its crew, its stage, its budget.

use super::Door;
use super::purpose::Purpose;
use crate::domain::loaded::Production;
use crate::domain::person::{Role, Roles};
use crate::domain::session::Session;
use crate::domain::verdict::{Concern, Raised};

/// What stands against gear going out for this production.
pub fn raised(door: &Door, session: &Session, purpose: &Purpose) -> Vec<Raised> {
    let id = purpose.production(session);
    let Some(production) = door.loaded.productions.iter().find(|production| Some(&production.id) == id)
    else {
        return Vec::new();
    };
    let house = &door.rules.house;
    let over = production.budget_cents.filter(|budget| production.spent_cents > *budget);
    let draws = house.drawing_stages.contains(&production.stage);
    let title = || production.title.clone();
    [
        is_stranger(door, session, purpose, production).then(|| Concern::NotOnProduction { title: title() }),
        (!draws).then(|| Concern::WrongStage { title: title(), stage: production.stage.clone() }),
        over.map(|budget_cents| Concern::OverBudget {
            title: title(),
            spent_cents: production.spent_cents,
            budget_cents,
            currency: house.currency.clone(),
        }),
    ]
    .into_iter()
    .flatten()
    .map(Raised::from)
    .collect()
}

/// Whether the person is neither crew of the production nor named by the booking nor a manager. A production without
/// a list of its crew knows no strangers.
fn is_stranger(door: &Door, session: &Session, purpose: &Purpose, production: &Production) -> bool {
    let Some(person) = &session.person else { return false };
    let managers = Roles::of(&[Role::ProductionManager, Role::StudioManager, Role::Admin]);
    let manages = door.loaded.holder.as_ref().is_some_and(|holder| holder.roles.any_of(managers));
    let named = purpose
        .booking
        .is_some_and(|booking| booking.person.as_ref() == Some(person) || booking.crew.contains(person));
    !production.crew.is_empty() && !production.crew.contains(person) && !manages && !named
}
