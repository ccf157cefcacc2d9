//! Cards that say what gear is for and where it goes: productions, bookings, rooms.

use super::moves::Group;
use super::{Decision, Door, answer, gear};
use crate::domain::loaded::{Booking, Found, Loaded, Production, Room};
use crate::domain::session::{Question, Session};
use crate::domain::verdict::Verdict;

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
    go_on(door, session, verdict, None)
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
    let is_now = booking.starts <= door.now.utc && door.now.utc < booking.ends;
    let (id, starts, ends) = (booking.id.clone(), booking.starts, booking.ends);
    let verdict = if is_now {
        Verdict::CodeIsBooking { booking: id, ends }
    } else {
        Verdict::BookingNotNow { booking: id, starts, ends }
    };
    go_on(door, session, verdict, Some(booking))
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
fn go_on(door: &Door, session: Session, verdict: Verdict, booking: Option<&Booking>) -> Decision {
    let Some(ask) = session.pending.as_ref().filter(|ask| ask.question == Question::WhichBooking) else {
        return answer(session, verdict);
    };
    let pending = door.loaded.pending.clone();
    let loaded = Loaded {
        code: Some(ask.code.clone()),
        booking: booking.cloned(),
        pending: None,
        ..door.loaded.clone()
    };
    let door = Door { loaded: &loaded, rules: door.rules, now: door.now };
    match &pending {
        Some(Found::Asset(asset)) => gear::take_out_after_all(&door, session, &Group::of_asset(asset)),
        Some(Found::Kit(kit)) => gear::take_out_after_all(&door, session, &Group::of_kit(kit)),
        _ => answer(Session { pending: None, ..session }, verdict),
    }
}
