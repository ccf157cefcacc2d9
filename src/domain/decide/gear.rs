//! Gear on the reader: out, back, again, handed over, or a question.

use super::moves::Group;
use super::{Decision, Door, answer, held, who_id};
use crate::domain::custody::{Custody, MoveKind};
use crate::domain::fact::{Body, Movement};
use crate::domain::loaded::Booking;
use crate::domain::session::{Mode, Question, Session};
use crate::domain::verdict::{Concern, Remark, Verdict, Who};
use crate::time::UtcMs;

/// A label of gear was scanned.
pub fn scanned(door: &Door, session: Session, group: &Group) -> Decision {
    if is_repeat(door, &session, group) {
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    let Some(custody) = held(group.custody) else { return at_home(door, session, group) };
    match (&session.person, &custody.person) {
        (Some(person), Some(holder)) if session.mode != Mode::Return && person != holder => {
            let holder = who_id(holder, group.holder);
            ask_hand_over(door, session, group, holder)
        }
        _ => bring_back(door, session, group, custody),
    }
}

fn at_home(door: &Door, session: Session, group: &Group) -> Decision {
    if session.mode == Mode::Return {
        if seen_before(door, &session) {
            return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
        }
        let facts = group.facts(door, &session, &[], |_, movement| Body::Sighted(movement));
        let mut decision = answer(session, Verdict::NotOut { what: group.what(), remarks: Vec::new() });
        decision.facts = facts;
        return decision;
    }
    if session.person.is_none() && door.rules.person_required {
        return answer(session, Verdict::NoSession { what: group.name.to_owned() });
    }
    take_out(door, session, group)
}

/// Sends gear out for the booking that the session names, the person's only current one, or none.
pub fn take_out(door: &Door, session: Session, group: &Group) -> Decision {
    if let Some(verdict) = holder_expired(door) {
        return answer(session, verdict);
    }
    let purpose = match Purpose::of(door, &session) {
        Ok(purpose) => purpose,
        Err(bookings) => {
            let bookings = bookings.into_iter().map(|booking| booking.id.clone()).collect();
            let verdict = Verdict::SeveralBookings { what: group.what(), bookings };
            return answer(door.ask(session, Question::WhichBooking), verdict);
        }
    };
    let mut session = door.begin(session);
    let (along, members) = group.leaving();
    let facts =
        group.facts(door, &session, &along, |_, movement| Body::CheckedOut(purpose.fill(&session, movement)));
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    let verdict = Verdict::CheckedOut {
        what: group.what(),
        due: purpose.due,
        notices: members
            .filter(|members| !members.missing.is_empty())
            .map(|members| Concern::KitMemberUnavailable { members }.into())
            .into_iter()
            .collect(),
        clock_doubtful: purpose.found_by_time && !door.now.trusted,
    };
    Decision { verdict, facts, session }
}

/// Whoever has the session may have lost the right to take anything since the badge opened it.
fn holder_expired(door: &Door) -> Option<Verdict> {
    let person = door.loaded.holder.as_ref().filter(|person| door.expired(person))?;
    let since = person.active_until.unwrap_or(door.now.utc);
    Some(Verdict::PersonExpired { who: super::who(person), since })
}

fn bring_back(door: &Door, session: Session, group: &Group, custody: &Custody) -> Decision {
    let mut session = door.begin(session);
    let (along, members) = group.coming();
    let facts =
        group.facts(door, &session, &along, |custody, movement| Body::Returned(came_from(custody, movement)));
    let other = custody
        .person
        .as_ref()
        .filter(|holder| session.person.as_ref().is_some_and(|person| person != *holder))
        .map(|holder| who_id(holder, group.holder));
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    let late_ms = custody.due.map(|due| door.now.utc.since(due)).filter(|late_ms| *late_ms > 0);
    let short = members.filter(|members| !members.missing.is_empty());
    let remarks = [
        short.map(|members| Remark::KitIncomplete { members }),
        late_ms.map(|ms| Remark::Late { ms }),
        other.map(|holder| Remark::OtherPerson { holder }),
    ];
    let remarks = remarks.into_iter().flatten().collect();
    let verdict = Verdict::Returned { what: group.what(), remarks, clock_doubtful: !door.now.trusted };
    Decision { verdict, facts, session }
}

/// A return keeps what it ends: what it was for and when it was due.
fn came_from(custody: Option<&Custody>, mut movement: Movement) -> Movement {
    if let Some(custody) = custody {
        movement.production.clone_from(&custody.production);
        movement.booking.clone_from(&custody.booking);
        movement.due = custody.due;
    }
    movement
}

fn ask_hand_over(door: &Door, session: Session, group: &Group, holder: Who) -> Decision {
    let facts = if seen_before(door, &session) {
        Vec::new()
    } else {
        group.facts(door, &session, &[], |_, movement| Body::Sighted(movement))
    };
    let session = door.ask(session, Question::HandOver);
    Decision { verdict: Verdict::AlreadyOutToOther { what: group.what(), holder }, facts, session }
}

/// It is said which booking gear is for. It may have left since it was asked: then it changes hands only as gear
/// that is out does. Only a card was on the reader, so this is no sighting.
pub fn take_out_after_all(door: &Door, session: Session, group: &Group) -> Decision {
    match held(group.custody).map(|custody| &custody.person) {
        None => take_out(door, session, group),
        Some(Some(holder)) if session.person.as_ref() != Some(holder) => {
            let holder = who_id(holder, group.holder);
            let verdict = Verdict::AlreadyOutToOther { what: group.what(), holder };
            answer(door.ask(session, Question::HandOver), verdict)
        }
        Some(_) => hand_over(door, session, group),
    }
}

/// The answer to "hand over?" was yes.
pub fn hand_over(door: &Door, session: Session, group: &Group) -> Decision {
    let Some(custody) = held(group.custody) else { return take_out(door, session, group) };
    if custody.person == session.person {
        let session = Session { pending: None, ..session };
        return answer(session, Verdict::DuplicateScan { what: Some(group.what()) });
    }
    if let Some(verdict) = holder_expired(door) {
        return answer(session, verdict);
    }
    let confirmed_by = session.pending.as_ref().and_then(|ask| ask.countersigned_by.clone());
    let code = session.pending.as_ref().map(|ask| ask.code.clone());
    let purpose = match Purpose::of(door, &session) {
        Ok(purpose) => purpose,
        Err(_) => Purpose::none(door),
    };
    let (along, _) = group.coming();
    let facts = group.facts(door, &session, &along, |_, movement| {
        let movement = purpose.fill(&session, movement);
        Body::HandedOver(Movement { confirmed_by: confirmed_by.clone(), code: code.clone(), ..movement })
    });
    let mut session = door.begin(session);
    session.moved_by(&door.loaded.scan);
    session.pending = None;
    let from = custody.person.as_ref().map(|holder| who_id(holder, group.holder));
    let clock_doubtful = purpose.found_by_time && !door.now.trusted;
    let verdict = Verdict::HandedOver {
        what: group.what(),
        from,
        due: purpose.due,
        notices: Vec::new(),
        clock_doubtful,
    };
    Decision { verdict, facts, session }
}

/// What gear is taken for, and when it is due.
struct Purpose<'a> {
    booking: Option<&'a Booking>,
    due: UtcMs,
    /// The booking was taken because its time is now, and no card named it.
    found_by_time: bool,
}

impl<'a> Purpose<'a> {
    /// The booking of the session's card, or the person's only current one; several are an error to be asked about.
    fn of(door: &'a Door, session: &Session) -> Result<Self, Vec<&'a Booking>> {
        if let Some(booking) = &door.loaded.booking {
            return Ok(Self::for_booking(door, booking));
        }
        if session.without_booking {
            return Ok(Self::none(door));
        }
        let fits =
            |booking: &&Booking| session.production.is_none() || booking.production == session.production;
        let current: Vec<&Booking> = door.loaded.bookings.iter().filter(fits).collect();
        match current.as_slice() {
            [] => Ok(Self::none(door)),
            [only] => Ok(Self { found_by_time: true, ..Self::for_booking(door, only) }),
            _ => Err(current),
        }
    }

    fn for_booking(door: &Door, booking: &'a Booking) -> Self {
        let lent = door.now.utc.plus(door.rules.house.loan_ms);
        let due = if booking.ends > door.now.utc { booking.ends } else { lent };
        Self { booking: Some(booking), due, found_by_time: false }
    }

    fn none(door: &Door) -> Self {
        Self { booking: None, due: door.now.utc.plus(door.rules.house.loan_ms), found_by_time: false }
    }

    fn fill(&self, session: &Session, movement: Movement) -> Movement {
        let of_booking = self.booking.and_then(|booking| booking.production.clone());
        Movement {
            production: of_booking.or_else(|| session.production.clone()),
            booking: self.booking.map(|booking| booking.id.clone()),
            room: session.room.clone(),
            due: Some(self.due),
            ..movement
        }
    }
}

/// Whether this scan says what the ledger already holds: judged from the last movement, so that a rescan after a
/// crash never undoes what the crash hid.
fn is_repeat(door: &Door, session: &Session, group: &Group) -> bool {
    let Some(custody) = group.custody else { return false };
    let last = &custody.last;
    let here = last.station.as_ref() == Some(&door.rules.station);
    // RETURN says which way it goes: a thing that is out comes back, however short it was away.
    let against_mode = session.mode == Mode::Return && last.kind != MoveKind::Returned;
    if !here || against_mode {
        return false;
    }
    let since_ms = door.now.utc.since(last.at);
    let toggles_freely =
        session.person.is_none() && !door.rules.person_required && session.mode != Mode::Return;
    if toggles_freely {
        let rescan_after_start =
            door.loaded.first_since_start && within(since_ms, door.rules.session_idle_ms);
        return within(since_ms, door.rules.repeat_ms.saturating_sub(1)) || rescan_after_start;
    }
    last.actor == session.person && within(since_ms, door.rules.session_idle_ms)
}

/// Whether this sighting is the last thing that the ledger knows of it: seen once is enough.
fn seen_before(door: &Door, session: &Session) -> bool {
    door.loaded.sighting.as_ref().is_some_and(|seen| {
        seen.station.as_ref() == Some(&door.rules.station)
            && seen.actor == session.person
            && within(door.now.utc.since(seen.at), door.rules.session_idle_ms)
    })
}

/// Whether a movement is so young; one from the other side of a clock that stepped back counts by its distance.
fn within(since_ms: i64, limit_ms: i64) -> bool {
    since_ms.saturating_abs() <= limit_ms
}
