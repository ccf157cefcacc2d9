//! The count that a station is at: which one it is, who may take part, and what begins it.

use super::{Decision, Door, answer};
use crate::domain::count::{Counting, OpenCount};
use crate::domain::fact::{Body, CountBegun, NewFact, Subject};
use crate::domain::id::{CountId, RoomId};
use crate::domain::policy::Answerer;
use crate::domain::rights::Right;
use crate::domain::session::{Mode, Session};
use crate::domain::verdict::{CountSaid, Verdict};

/// The station counts from here on.
pub fn take_part(door: &Door, session: Session, counting: Counting) -> Decision {
    let goes_on = counting.id.as_ref().and_then(|id| open(door, id)).and_then(|count| count.tally);
    let said = CountSaid::Mode { name: counting.called(), goes_on };
    answer(joined(door, session, counting), count(said))
}

/// The session of a station that is at that count.
pub fn joined(door: &Door, session: Session, counting: Counting) -> Session {
    Session {
        counting: Some(counting),
        mode: Mode::Toggle,
        learned: None,
        pending: None,
        ..door.begin(session)
    }
}

/// What COUNT is about here: the newest count that began at this station, else the one of its room, else a new one.
pub fn target(door: &Door) -> Counting {
    let here = |count: &&OpenCount| count.station.as_ref() == Some(&door.rules.station);
    match door.loaded.counts.iter().find(here) {
        Some(count) => Counting::of(count),
        None => {
            let name = door.loaded.room_here.as_ref().map(|room| room.name.as_str());
            at_room(door, door.rules.room.as_ref().map(|room| (room, name)))
        }
    }
}

/// The open count of a room, else a new one.
pub fn at_room(door: &Door, room: Option<(&RoomId, Option<&str>)>) -> Counting {
    let id = room.map(|(id, _)| id);
    match door.loaded.counts.iter().find(|count| count.room.as_ref() == id) {
        Some(count) => Counting::of(count),
        None => Counting {
            room: id.cloned(),
            room_name: room.and_then(|(_, name)| name).map(str::to_owned),
            ..Counting::default()
        },
    }
}

/// That count, while it is open.
pub fn open<'a>(door: &Door<'a>, id: &CountId) -> Option<&'a OpenCount> {
    door.loaded.counts.iter().find(|count| count.id == *id)
}

/// Why somebody may not count here.
pub fn refusal(door: &Door, session: &Session, what: &str) -> Option<Verdict> {
    let rights = &door.rules.house.rights;
    match &door.loaded.holder {
        Some(person) if !rights.allow(person.roles, Right::Count) => {
            let who = Answerer::Only(rights.who_may(Right::Count));
            Some(Verdict::NoRight { right: Right::Count, who })
        }
        None if door.rules.person_required || session.person.is_some() => {
            Some(Verdict::NoSession { what: what.to_owned() })
        }
        _ => None,
    }
}

/// The count with the fact that begins it, where it is a new one.
pub fn begun(door: &Door, session: &Session, counting: &Counting) -> (CountId, Option<NewFact>) {
    // Another station may have begun it since COUNT was scanned here.
    let of_room = || door.loaded.counts.iter().find(|count| count.room == counting.room);
    if let Some(id) = counting.id.as_ref().or_else(|| of_room().map(|count| &count.id)) {
        return (id.clone(), None);
    }
    let id = CountId::of_scan(&door.loaded.scan);
    let body = CountBegun { room: counting.room.clone(), reader: door.loaded.reader.clone() };
    (id.clone(), Some(of_count(&id, session, Body::CountBegun(body))))
}

/// A fact about a count itself.
pub fn of_count(id: &CountId, session: &Session, body: Body) -> NewFact {
    NewFact { subject: Subject::Count(id.clone()), actor: session.person.clone(), body }
}

/// What is said of a count.
pub fn count(said: CountSaid) -> Verdict {
    Verdict::Count(Box::new(said))
}
