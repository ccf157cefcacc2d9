//! What makes no sense in a booking, whatever others have.

use super::wall;
use crate::domain::fact::{BookingMade, CONFIRMED, HOLD};
use crate::domain::id::BookingId;
use crate::domain::rules::HouseRules;
use crate::domain::words::{no_name, when};
use crate::time::UtcMs;

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest booking: three years.
const LENGTH_MAX_MS: i64 = 3 * 366 * DAY_MS;
/// The longest time to prepare or to clean up.
const AROUND_MAX_MS: i64 = 30 * DAY_MS;

/// What a booking says in itself.
pub fn sensible(plan: &BookingMade) -> Result<(), String> {
    let counts = || plan.models.iter().chain(&plan.stock);
    let nothing = plan.rooms.is_empty()
        && plan.assets.is_empty()
        && plan.kits.is_empty()
        && plan.crew.is_empty()
        && counts().next().is_none();
    if let Some(why) = plan.title.as_deref().and_then(no_name) {
        return Err(format!("The title {why}"));
    }
    if let Some(why) = plan.client.as_deref().and_then(no_name) {
        return Err(format!("The client {why}"));
    }
    let around = 0..=AROUND_MAX_MS;
    let calendar = wall::FIRST..=wall::LAST;
    match plan {
        _ if nothing => Err("There is nothing to book: name a room, gear, stock or crew".into()),
        _ if plan.ends <= plan.starts => Err("It ends before it begins: the end has to be later".into()),
        _ if !calendar.contains(&plan.starts) || !calendar.contains(&plan.ends) => {
            Err("It lies outside of the calendar, 1970 to 9999".into())
        }
        _ if plan.ends.since(plan.starts) > LENGTH_MAX_MS => {
            Err("It is longer than three years: make it shorter, or a booking that comes again".into())
        }
        _ if !around.contains(&plan.prepare_ms) => {
            Err("Time to prepare is 0 to 30 days: it cannot be negative or longer".into())
        }
        _ if !around.contains(&plan.clean_up_ms) => {
            Err("Time to clean up is 0 to 30 days: it cannot be negative or longer".into())
        }
        _ if ![CONFIRMED, HOLD].contains(&plan.status.as_str()) => {
            Err(format!("{:?} is no status of a booking: expected hold or confirmed", plan.status))
        }
        _ => match counts().find(|quantity| quantity.count == 0) {
            Some(quantity) => Err(format!("0 of {} is nothing to book: say how many", quantity.of)),
            None => Ok(()),
        },
    }
}

/// Occurrences must not need the same things at one moment.
pub fn apart(made: &[(BookingId, BookingMade)], rules: &HouseRules, now: UtcMs) -> Result<(), String> {
    let pairs = made.iter().zip(made.iter().skip(1));
    let meet = pairs.map(|((_, one), (_, two))| (one, two)).find(|(one, two)| two.taken().0 < one.taken().1);
    let Some((one, two)) = meet else { return Ok(()) };
    let at = |moment| when(moment, now, rules.zone);
    Err(format!(
        "It comes again before it is over: one is taken until {}, the next from {}. Make it shorter or rarer",
        at(one.taken().1),
        at(two.taken().0)
    ))
}
