//! Objections of the thing itself: out of service, not for this person, in maintenance, incomplete, part of a kit, out to
//! somebody else, not what the booking names.

use super::moves::Group;
use super::purpose::Purpose;
use super::{Door, held, who_id};
use crate::domain::fact::{Condition, Loan, Subject};
use crate::domain::loaded::{Booking, Recall, Standing, Taken};
use crate::domain::session::Session;
use crate::domain::verdict::{Concern, Raised};

/// What stands against this thing going out.
pub fn raised(door: &Door, session: &Session, group: &Group, purpose: &Purpose) -> Vec<Raised> {
    let mut raised: Vec<Raised> =
        of_standing(door, session, group.standing).into_iter().map(Raised::from).collect();
    for part in group.leaving_parts() {
        let of_part = of_standing(door, session, part.standing).into_iter();
        raised.extend(of_part.map(|concern| Raised { concern, member: Some(part.name.to_owned()) }));
    }
    raised.extend(of_group(session, group, purpose).into_iter().map(Raised::from));
    let other = held(group.custody).filter(|custody| custody.person != session.person);
    if other.is_some() {
        let for_them = |recall: &Recall| {
            recall.wanted_for.is_some() && recall.wanted_for.as_ref() == purpose.production(session)
        };
        raised.extend(group.recalls(for_them));
    }
    raised
}

fn of_standing(door: &Door, session: &Session, standing: &Standing) -> Vec<Concern> {
    let now = door.now.utc;
    let person = session.person.as_ref();
    let restricted = standing.loan == Loan::Restricted
        && !person.is_some_and(|person| standing.restricted_to.contains(person));
    let trained = |certificate: &String| {
        let holder = door.loaded.holder.as_ref().filter(|holder| person == Some(&holder.id));
        holder.is_some_and(|holder| holder.certificates.contains(certificate))
    };
    let untrained = standing.certificate.clone().filter(|certificate| !trained(certificate));
    let block = standing.jobs.iter().find(|job| job.blocks);
    let flag = standing.jobs.iter().find(|job| !job.blocks).filter(|_| block.is_none());
    let part_missing = standing.condition == Condition::PartMissing && standing.missing.is_empty();
    [
        standing.retired.then_some(Concern::Retired),
        (standing.loan == Loan::NotForLoan).then_some(Concern::NotForLoan),
        restricted.then_some(Concern::Restricted),
        untrained.map(|certificate| Concern::NotCertified { certificate }),
        block.map(|job| Concern::MaintenanceBlock { since: job.since }),
        flag.map(|job| Concern::MaintenanceFlag { since: job.since }),
        standing.inspection_due.filter(|due| *due <= now).map(|since| Concern::InspectionOverdue { since }),
        part_missing.then(|| Concern::Incomplete { missing: Vec::new() }),
        standing.lost_since.map(|since| Concern::MarkedLost { since }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_group(session: &Session, group: &Group, purpose: &Purpose) -> Vec<Concern> {
    let other = held(group.custody).filter(|custody| custody.person != session.person);
    let other = other.map(|custody| custody.person.as_ref());
    let holder = other.flatten().map(|person| who_id(person, group.holder));
    let short = group.unavailable();
    [
        holder.map(|holder| Concern::AlreadyOutToOther { holder }),
        group.kit_name.filter(|_| other.is_none()).map(|kit| Concern::PartOfKit { kit: kit.to_owned() }),
        incomplete(group),
        short.map(|members| Concern::KitMemberUnavailable { members }),
        (!group.strangers.is_empty()).then(|| Concern::StrangerInKit { names: group.strangers.clone() }),
        named_on(purpose, group),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Members of a kit that somebody noted as missing, and that were not read with it now.
fn incomplete(group: &Group) -> Option<Concern> {
    let missing = group.parts.iter().filter(|part| group.is_noted_missing(part));
    let names: Vec<String> = missing.map(|part| part.name.to_owned()).collect();
    (!names.is_empty()).then_some(Concern::Incomplete { missing: names })
}

/// What a booking with a gear list says against it.
pub fn named_on(purpose: &Purpose, group: &Group) -> Option<Concern> {
    purpose.booking.and_then(|booking| not_named(booking, group))
}

/// A booking with a gear list names what may go out for it.
fn not_named(booking: &Booking, group: &Group) -> Option<Concern> {
    let gear = &booking.gear;
    if gear.is_empty() {
        return None;
    }
    let id = booking.id.clone();
    if let Subject::Stock(stock) = &group.subject {
        let named = gear.stock.iter().find(|line| line.of == stock.as_str());
        return named.is_none().then_some(Concern::NotOnThisBooking { booking: id });
    }
    if names_it(booking, group) {
        return None;
    }
    // A model may stand in several lines of one list.
    let lines = gear.models.iter().filter(|line| group.model.is_some_and(|model| line.of == model.as_str()));
    let Some(named) = lines.map(|line| line.count).reduce(u32::saturating_add) else {
        return Some(match other_model(booking, group) {
            Some(wanted) => Concern::WrongModel { booking: id, wanted },
            None => Concern::NotOnThisBooking { booking: id },
        });
    };
    let out = booking
        .taken
        .iter()
        .filter(|taken| taken.model.as_ref() == group.model && !is_named(booking, &taken.subject));
    let is_extra = u32::try_from(out.count()).unwrap_or(u32::MAX) >= named;
    is_extra.then_some(Concern::ExtraOnThisBooking { booking: id, named })
}

/// Whether the booking names the thing itself, or a kit that it is in or travels in.
pub fn names_it(booking: &Booking, group: &Group) -> bool {
    is_named(booking, &group.subject) || group.kits.iter().any(|kit| booking.gear.kits.contains(kit))
}

fn is_named(booking: &Booking, subject: &Subject) -> bool {
    match subject {
        Subject::Asset(id) => booking.gear.assets.contains(id),
        Subject::Kit(id) => booking.gear.kits.contains(id),
        _ => false,
    }
}

/// The model of the same category that the booking names and that has not been taken.
fn other_model(booking: &Booking, group: &Group) -> Option<String> {
    let line = booking.gear.models.iter().find(|line| {
        let same_sort = group.category.is_some()
            && booking.categories.get(&line.of).map(String::as_str) == group.category;
        let of_line = |taken: &&Taken| {
            taken.model.as_ref().is_some_and(|model| model.as_str() == line.of)
                && !is_named(booking, &taken.subject)
        };
        let taken = booking.taken.iter().filter(of_line);
        same_sort && u32::try_from(taken.count()).unwrap_or(u32::MAX) < line.count
    })?;
    Some(line.of.clone())
}
