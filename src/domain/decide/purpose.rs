//! What gear is taken for, and the cards that say so: productions, bookings, rooms.

use super::moves::Group;
use super::of_thing::names_it;
use super::{Decision, Door, answer, gear};
use crate::domain::fact::Movement;
use crate::domain::id::ProductionId;
use crate::domain::loaded::{Booking, Loaded, Production, Room};
use crate::domain::session::{Question, Session};
use crate::domain::verdict::Verdict;
use crate::time::UtcMs;

/// What gear is taken for, and when it is due.
#[derive(Clone, Copy)]
pub struct Purpose<'a> {
    pub booking: Option<&'a Booking>,
    /// When it is due, before the plan is looked at.
    pub due: UtcMs,
    /// The booking was taken because its time is now, and no card named it.
    pub found_by_time: bool,
    /// Somebody said until when.
    pub until_said: bool,
}

impl<'a> Purpose<'a> {
    /// The booking of the session's card, the only current one of the person, or the only one of these that names the
    /// thing; several are an error to be asked about.
    pub fn of(door: &'a Door, session: &Session, group: &Group) -> Result<Self, Vec<&'a Booking>> {
        if let Some(booking) = &door.loaded.booking {
            return Ok(Self::for_booking(door, booking));
        }
        if session.without_booking {
            return Ok(Self::none(door));
        }
        let fits =
            |booking: &&Booking| session.production.is_none() || booking.production == session.production;
        let current: Vec<&Booking> = door.loaded.bookings.iter().filter(fits).collect();
        let naming: Vec<&Booking> = current.iter().copied().filter(|booking| named(booking, group)).collect();
        match (current.as_slice(), naming.as_slice()) {
            ([], _) => Ok(Self::none(door)),
            ([only], _) | (_, [only]) => Ok(Self { found_by_time: true, ..Self::for_booking(door, only) }),
            (several, _) => Err(several.to_vec()),
        }
    }

    /// As [`Self::of`]; what would have to be asked is taken for none of them.
    pub fn or_none(door: &'a Door, session: &Session, group: &Group) -> Self {
        Self::of(door, session, group).unwrap_or_else(|_| Self::none(door))
    }

    fn for_booking(door: &Door, booking: &'a Booking) -> Self {
        let lent = door.now.utc.plus(door.rules.house.loan_ms);
        let due = if booking.ends > door.now.utc { booking.ends } else { lent };
        Self {
            booking: Some(booking),
            due: door.until.unwrap_or(due),
            found_by_time: false,
            until_said: door.until.is_some(),
        }
    }

    fn none(door: &Door) -> Self {
        let due = door.now.utc.plus(door.rules.house.loan_ms);
        Self {
            booking: None,
            due: door.until.unwrap_or(due),
            found_by_time: false,
            until_said: door.until.is_some(),
        }
    }

    /// Whether the due time is not ours to choose.
    pub fn is_fixed(&self) -> bool {
        self.booking.is_some() || self.until_said
    }

    /// The production it is for.
    pub fn production<'b>(&self, session: &'b Session) -> Option<&'b ProductionId>
    where
        'a: 'b,
    {
        self.booking.and_then(|booking| booking.production.as_ref()).or(session.production.as_ref())
    }

    /// A movement for this purpose.
    pub fn fill(&self, session: &Session, due: UtcMs, movement: Movement) -> Movement {
        Movement {
            production: self.production(session).cloned(),
            booking: self.booking.map(|booking| booking.id.clone()),
            room: session.room.clone(),
            due: Some(due),
            ..movement
        }
    }
}

/// Whether a booking names the thing, its kit, or its model.
fn named(booking: &Booking, group: &Group) -> bool {
    let model =
        group.model.is_some_and(|model| booking.gear.models.iter().any(|line| line.of == model.as_str()));
    let stock = booking
        .gear
        .stock
        .iter()
        .any(|line| group.subject.kind() == "stock" && line.of == group.subject.id());
    names_it(booking, group) || model || stock
}

/// A production card: what follows is for it.
pub fn production(door: &Door, session: Session, production: &Production) -> Decision {
    if needs_badge(door, &session) {
        return answer(session, Verdict::NoSession { what: production.title.clone() });
    }
    let mut session = door.begin(session);
    session.production = Some(production.id.clone());
    session.booking = None;
    session.without_booking = false;
    let verdict = Verdict::CodeIsProduction { title: production.title.clone() };
    go_on(door, session, verdict, None, Some(production))
}

/// A booking card: what follows is for it and due at its end.
pub fn booking(door: &Door, session: Session, booking: &Booking) -> Decision {
    if needs_badge(door, &session) {
        return answer(session, Verdict::NoSession { what: booking.id.to_string() });
    }
    let mut session = door.begin(session);
    session.booking = Some(booking.id.clone());
    session.production.clone_from(&booking.production);
    session.without_booking = false;
    let is_now = booking.from <= door.now.utc && door.now.utc < booking.ends;
    let (id, starts, ends) = (booking.id.clone(), booking.starts, booking.ends);
    let verdict = if is_now {
        Verdict::CodeIsBooking { booking: id, ends }
    } else {
        Verdict::BookingNotNow { booking: id, starts, ends }
    };
    go_on(door, session, verdict, Some(booking), None)
}

/// A room card: what follows goes there.
pub fn room(door: &Door, session: Session, room: &Room) -> Decision {
    if needs_badge(door, &session) {
        return answer(session, Verdict::NoSession { what: room.name.clone() });
    }
    let mut session = door.begin(session);
    session.room = Some(room.id.clone());
    answer(session, Verdict::CodeIsPlace { name: room.name.clone() })
}

fn needs_badge(door: &Door, session: &Session) -> bool {
    door.rules.person_required && session.person.is_none()
}

/// The card may be the answer to "which booking?": then the gear that was asked about goes out now.
fn go_on(
    door: &Door,
    session: Session,
    verdict: Verdict,
    booking: Option<&Booking>,
    production: Option<&Production>,
) -> Decision {
    let Some(ask) = session.pending.as_ref().filter(|ask| ask.question == Question::WhichBooking) else {
        return answer(session, verdict);
    };
    let mut loaded = Loaded {
        code: Some(ask.code.clone()),
        also: ask.also.clone(),
        booking: booking.cloned(),
        pending: None,
        outlook: door.loaded.pending_outlook.clone(),
        ..door.loaded.clone()
    };
    loaded.productions.extend(production.cloned());
    let found = door.asked_about();
    let door = Door { loaded: &loaded, on_reader: false, ..*door };
    match Group::of(&found) {
        Some(group) => gear::take(&door, session, &group, None),
        None => answer(Session { pending: None, ..session }, verdict),
    }
}
