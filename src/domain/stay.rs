//! Who was in a room from when until when, and what that comes to in hours.

use super::id::{BookingId, PersonId, ProductionId, RoomId};
use crate::time::UtcMs;

/// How a stay in a room ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// They were seen leaving.
    Left,
    /// They were seen at the door of another room.
    Elsewhere,
    /// Nobody saw them leave: they came in again, or it has been too long.
    Assumed,
}

impl Ended {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Left, Self::Elsewhere, Self::Assumed];

    /// The name in the ledger and in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Elsewhere => "elsewhere",
            Self::Assumed => "assumed",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ended| ended.name() == name)
    }
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub room: RoomId,
    /// What people call the room, where it is registered.
    pub room_name: Option<String>,
    /// The booking by which they were let in.
    pub booking: Option<BookingId>,
    /// When they were seen going in; of somebody who was seen leaving alone, when that was.
    pub from: UtcMs,
    /// When the facts say that it was over, and how.
    pub over: Option<(UtcMs, Ended)>,
}

impl Stay {
    /// When it is believed to have been over by `now`, and how: somebody who was not seen leaving is not counted for
    /// longer than `longest_ms`. `None` while they are in there.
    pub fn over_at(&self, now: UtcMs, longest_ms: i64) -> Option<(UtcMs, Ended)> {
        let limit = (self.from.plus(longest_ms), Ended::Assumed);
        match self.over {
            Some((until, Ended::Left)) => Some((until, Ended::Left)),
            Some(over) if over.0 <= limit.0 => Some(over),
            None if now < limit.0 => None,
            _ => Some(limit),
        }
    }

    /// Whether they are in there at `now`.
    pub fn is_inside(&self, now: UtcMs, longest_ms: i64) -> bool {
        self.over_at(now, longest_ms).is_none()
    }

    /// From when until when it lasted by `now`, within `within`.
    fn span(&self, now: UtcMs, longest_ms: i64, within: (UtcMs, UtcMs)) -> (UtcMs, UtcMs) {
        let until = self.over_at(now, longest_ms).map_or(now, |(until, _)| until);
        clip((self.from, until), within)
    }
}

/// A booking of a room, as its hours are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedSpan {
    /// The room.
    pub room: RoomId,
    /// The booking.
    pub booking: BookingId,
    /// The production it is for.
    pub production: Option<ProductionId>,
    /// When it begins and ends, without preparation and clean-up.
    pub span: (UtcMs, UtcMs),
}

/// Hours in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hours {
    /// For which it was booked. What two bookings share counts once.
    pub booked_ms: i64,
    /// In which somebody was there.
    pub used_ms: i64,
    /// The same, each person for themselves.
    pub person_ms: i64,
}

/// What is counted: the time, and what of it.
#[derive(Debug, Clone, Copy)]
pub struct Counting {
    /// The present.
    pub now: UtcMs,
    /// How long somebody who was not seen leaving counts.
    pub longest_ms: i64,
    /// The period.
    pub within: (UtcMs, UtcMs),
}

/// The hours of these bookings and stays, whatever they have in common.
pub fn hours<'a>(
    booked: impl Iterator<Item = &'a BookedSpan>,
    stays: impl Iterator<Item = &'a Stay>,
    counting: &Counting,
) -> Hours {
    let Counting { now, longest_ms, within } = *counting;
    let booked = by_room(booked.map(|booked| (&booked.room, clip(booked.span, within))));
    let stays: Vec<_> = stays.map(|stay| (&stay.room, stay.span(now, longest_ms, within))).collect();
    let person_ms = stays.iter().map(|(_, span)| length(*span)).fold(0, i64::saturating_add);
    Hours { booked_ms: booked, used_ms: by_room(stays.into_iter()), person_ms }
}

/// The time that spans cover, in each room for itself. At most as many steps as there are spans, after sorting them.
fn by_room<'a>(spans: impl Iterator<Item = (&'a RoomId, (UtcMs, UtcMs))>) -> i64 {
    let mut spans: Vec<_> = spans.collect();
    spans.sort();
    let (mut covered, mut reached) = (0_i64, None);
    for (room, (from, until)) in spans {
        let begins = match reached {
            Some((of, end)) if of == room => from.max(end),
            _ => from,
        };
        covered = covered.saturating_add(length((begins, until)));
        reached = Some((room, begins.max(until)));
    }
    covered
}

fn clip((from, until): (UtcMs, UtcMs), (first, last): (UtcMs, UtcMs)) -> (UtcMs, UtcMs) {
    (from.max(first), until.min(last))
}

fn length((from, until): (UtcMs, UtcMs)) -> i64 {
    until.since(from).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hour: i64) -> UtcMs {
        UtcMs(hour * HOUR)
    }

    fn stay(room: &str, from: i64, over: Option<(i64, Ended)>) -> Stay {
        Stay {
            person: PersonId::parse("p-ana").unwrap(),
            room: RoomId::parse(room).unwrap(),
            room_name: None,
            booking: None,
            from: at(from),
            over: over.map(|(until, ended)| (at(until), ended)),
        }
    }

    #[test]
    fn whoever_was_not_seen_leaving_is_not_counted_for_ever_and_whoever_was_is_believed() {
        let longest = 12 * HOUR;
        let open = stay("a", 8, None);
        assert!(open.is_inside(at(19), longest) && !open.is_inside(at(20), longest));
        assert_eq!(open.over_at(at(100), longest), Some((at(20), Ended::Assumed)));
        let elsewhere = stay("a", 8, Some((9, Ended::Elsewhere)));
        assert_eq!(elsewhere.over_at(at(100), longest), Some((at(9), Ended::Elsewhere)));
        let days_later = stay("a", 8, Some((80, Ended::Elsewhere)));
        assert_eq!(days_later.over_at(at(100), longest), Some((at(20), Ended::Assumed)));
        let long_day = stay("a", 8, Some((22, Ended::Left)));
        assert_eq!(long_day.over_at(at(100), longest), Some((at(22), Ended::Left)));
    }

    #[test]
    fn two_at_a_time_use_a_room_once_and_two_rooms_twice() {
        let counting = Counting { now: at(12), longest_ms: 12 * HOUR, within: (at(9), at(24)) };
        let stays = [
            stay("a", 8, Some((11, Ended::Left))),
            stay("a", 10, None),
            stay("b", 10, Some((11, Ended::Left))),
            stay("a", 23, Some((22, Ended::Left))),
        ];
        let booking = |room: &str, from: i64, until: i64| BookedSpan {
            room: RoomId::parse(room).unwrap(),
            booking: BookingId::parse("b-1").unwrap(),
            production: None,
            span: (at(from), at(until)),
        };
        let booked = [booking("a", 8, 18), booking("a", 10, 11), booking("b", 10, 12)];
        let hours = hours(booked.iter(), stays.iter(), &counting);
        assert_eq!(hours.booked_ms, 11 * HOUR);
        assert_eq!(hours.used_ms, 4 * HOUR);
        assert_eq!(hours.person_ms, 5 * HOUR);
    }
}
