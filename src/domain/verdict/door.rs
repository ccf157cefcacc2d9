//! The answers at the door of a room: who may enter, who has left, what was seen there.

use super::{Level, Promise, Telling, What, Who};
use crate::domain::id::RoomId;
use crate::domain::words::{span, when};
use crate::time::UtcMs;

/// Things that are named when several were seen together; the rest are counted.
const NAMED_MAX: usize = 4;

/// The room behind the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: RoomId,
    /// What people call it; its id where it is not registered.
    pub name: String,
}

/// One answer at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtDoor {
    /// Somebody may enter, and counts as inside.
    Granted {
        /// Who.
        who: Who,
        /// Where.
        room: Place,
        /// By which right.
        by: Admission,
        /// What is said besides.
        remarks: Vec<Passing>,
        /// The booking is current by a clock that nobody can believe.
        clock_doubtful: bool,
    },
    /// Somebody may not enter.
    Refused {
        /// Who, where the badge is somebody's.
        who: Option<Who>,
        /// Where.
        room: Place,
        /// Why.
        why: NoEntry,
        /// It was judged by a clock that nobody can believe.
        clock_doubtful: bool,
    },
    /// Somebody has left.
    Left {
        /// Who.
        who: Who,
        /// What they left.
        room: Place,
        /// How long they were there; `None` where nobody saw them come in.
        stayed_ms: Option<i64>,
        /// What is said besides.
        remarks: Vec<Passing>,
    },
    /// Things were seen.
    Seen {
        /// Where.
        room: Place,
        /// What, the odd ones first.
        things: Vec<SeenThing>,
    },
    /// A card that means nothing at a door.
    NotHere {
        /// Where.
        room: Place,
    },
}

/// By which right somebody enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// They enter every room.
    Staff,
    /// They are of a booking that has the room.
    Booking {
        /// Which, and until when it has the room, clean-up included.
        to: Promise,
    },
}

/// Why somebody may not enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEntry {
    /// The badge of somebody who is not enrolled any more.
    Nobody,
    /// Their time in the studio is over.
    Expired {
        /// Since when.
        since: UtcMs,
    },
    /// They are suspended.
    Suspended {
        /// Until when, where that is known.
        until: Option<UtcMs>,
    },
    /// The room is not registered, so nobody can have booked it.
    RoomUnknown,
    /// Nobody has the room.
    NotBooked {
        /// Their next booking of it.
        next: Option<Box<Promise>>,
    },
    /// They have asked for the room, and nobody has promised it.
    OnHold {
        /// What they asked for.
        hold: Promise,
    },
    /// Others have the room.
    BookedByOther {
        /// Who.
        to: Promise,
        /// Their own next booking of it.
        next: Option<Box<Promise>>,
    },
}

impl NoEntry {
    /// The name in answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nobody => "person-unknown",
            Self::Expired { .. } => "person-expired",
            Self::Suspended { .. } => "person-suspended",
            Self::RoomUnknown => "room-unknown",
            Self::NotBooked { .. } => "not-booked",
            Self::OnHold { .. } => "on-hold",
            Self::BookedByOther { .. } => "booked-by-other",
        }
    }

    /// Whether it depends on what time it is.
    pub fn is_of_time(&self) -> bool {
        matches!(self, Self::NotBooked { .. } | Self::OnHold { .. } | Self::BookedByOther { .. })
    }
}

/// Something odd about a passage, which is said and recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// The same badge was at another door a moment ago.
    JustAt {
        /// What people call that room.
        room: String,
        /// How long ago.
        ms: i64,
    },
    /// The room is not registered.
    RoomUnknown,
    /// Somebody leaves whom nobody saw coming in.
    NotSeenComing,
}

/// A thing that was seen at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenThing {
    /// What.
    pub what: What,
    /// Whether it is out, and to whom.
    pub out: Option<Option<Who>>,
    /// What is odd about its being here.
    pub odd: Option<Oddity>,
}

/// What is odd about a thing at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// It was given up.
    WasLost {
        /// Since when.
        since: UtcMs,
    },
    /// It is out of service.
    Retired,
    /// It belongs elsewhere and nobody checked it out.
    NotCheckedOut {
        /// What people call the room where it belongs.
        home: String,
    },
}

impl AtDoor {
    /// What the light shows.
    pub fn level(&self) -> Level {
        match self {
            Self::Granted { remarks, clock_doubtful, .. } if !remarks.is_empty() || *clock_doubtful => {
                Level::Notice
            }
            Self::Left { remarks, .. } if !remarks.is_empty() => Level::Notice,
            Self::Seen { things, .. } if things.iter().any(|thing| thing.odd.is_some()) => Level::Notice,
            Self::Refused { .. } | Self::NotHere { .. } => Level::Refused,
            Self::Granted { .. } | Self::Left { .. } | Self::Seen { .. } => Level::Done,
        }
    }

    /// The code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "access-granted",
            Self::Refused { .. } => "access-refused",
            Self::Left { .. } => "person-left",
            Self::Seen { things, .. } => match things.iter().find_map(|thing| thing.odd.as_ref()) {
                Some(Oddity::WasLost { .. }) => "was-lost",
                Some(Oddity::Retired) => "was-retired",
                Some(Oddity::NotCheckedOut { .. }) => "not-checked-out",
                None => "seen-here",
            },
            Self::NotHere { .. } => "not-at-a-door",
        }
    }

    /// The thing it is about, where it is about one.
    pub fn what(&self) -> Option<&What> {
        match self {
            Self::Seen { things, .. } => match things.as_slice() {
                [only] => Some(&only.what),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whose badge it was.
    pub fn who(&self) -> Option<&Who> {
        match self {
            Self::Granted { who, .. } | Self::Left { who, .. } => Some(who),
            Self::Refused { who, .. } => who.as_ref(),
            Self::Seen { .. } | Self::NotHere { .. } => None,
        }
    }

    /// One sentence for people: what happened, then what to do.
    pub fn sentence(&self, telling: &Telling) -> String {
        match self {
            Self::Granted { who, room, by, remarks, clock_doubtful } => {
                granted(who, &room.name, by, telling)
                    + &besides(remarks)
                    + if *clock_doubtful { ", but the clock is not set" } else { "" }
            }
            Self::Refused { who, room, why, clock_doubtful } => {
                let doubt = if *clock_doubtful { ". But the clock is not set" } else { "" };
                why.say(who.as_ref(), room, telling) + doubt
            }
            Self::Left { room, stayed_ms, remarks, .. } => {
                let stayed = stayed_ms.map_or(String::new(), |ms| format!(" after {}", span(ms)));
                format!("Left {}{stayed}{}", room.name, besides(remarks))
            }
            Self::Seen { room, things } => seen(&room.name, things, telling),
            Self::NotHere { room } => format!("Not at a door: this is {}. Scan it at a desk", room.name),
        }
    }
}

fn granted(who: &Who, room: &str, by: &Admission, telling: &Telling) -> String {
    let name = if telling.names { format!(", {}", who.called(true)) } else { String::new() };
    match by {
        Admission::Staff => format!("Come in: {room}{name}"),
        Admission::Booking { to } => {
            let until = when(to.until, telling.now, telling.zone);
            format!("Come in until {until}: {room}{name}, for {}", to.called(telling))
        }
    }
}

/// What is said behind the rest.
fn besides(remarks: &[Passing]) -> String {
    let say = |remark: &Passing| match remark {
        Passing::JustAt { room, ms } => {
            format!(", was at the door of {room} {} s ago", ms.saturating_add(999) / 1000)
        }
        Passing::RoomUnknown => ", which is not registered: cagekeeper room add".to_owned(),
        Passing::NotSeenComing => ". Nobody saw you come in".to_owned(),
    };
    remarks.iter().map(say).collect()
}

impl NoEntry {
    fn say(&self, who: Option<&Who>, room: &Place, telling: &Telling) -> String {
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        let called = who.map_or("somebody", |who| who.called(telling.names));
        let yours = |next: &Option<Box<Promise>>, otherwise: &str| match next {
            Some(next) => format!("Yours begins {} ({})", at(next.from), next.called(telling)),
            None => otherwise.to_owned(),
        };
        let name = &room.name;
        match self {
            Self::Nobody => "Badge of nobody: ask the attendant".into(),
            Self::Expired { since } => {
                format!("Badge expired {}: {called}. Ask the attendant", at(*since))
            }
            Self::Suspended { until } => {
                let until = until.map_or(String::new(), |until| format!(" until {}", at(until)));
                format!("Suspended{until}: {called}. Ask the attendant")
            }
            Self::RoomUnknown => {
                format!("No such room: {}. Register it: cagekeeper room add {}", room.id, room.id)
            }
            Self::NotBooked { next } => {
                format!("No booking now: {name}. {}", yours(next, "Book it, or ask the attendant"))
            }
            Self::OnHold { hold } => {
                format!("Only on hold: {name}, {}. Have it confirmed", hold.called(telling))
            }
            Self::BookedByOther { to, next } => {
                let to_whom = to.called(telling);
                let to_do = yours(next, "Ask to be put on it, or ask the attendant");
                format!("Booked: {name}, {to_whom} until {}. {to_do}", at(to.until))
            }
        }
    }
}

fn seen(room: &str, things: &[SeenThing], telling: &Telling) -> String {
    if let [only] = things {
        return one(room, only, telling);
    }
    let odd: Vec<String> = things.iter().filter_map(|thing| odd_words(thing, telling)).collect();
    let more = odd.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let odd = odd.into_iter().take(NAMED_MAX).collect::<Vec<_>>().join(", ");
    if odd.is_empty() {
        return format!("Seen: {} things at {room}", things.len());
    }
    format!("Look: {odd}{more}. Seen: {} things at {room}", things.len())
}

fn one(room: &str, thing: &SeenThing, telling: &Telling) -> String {
    let name = &thing.what.name;
    match (&thing.odd, &thing.out) {
        (Some(Oddity::WasLost { since }), _) => {
            let since = when(*since, telling.now, telling.zone);
            format!("Found: {name}, was lost since {since}. Take it to a desk")
        }
        (Some(Oddity::Retired), _) => format!("Retired: {name}, seen at {room}. Ask the attendant"),
        (Some(Oddity::NotCheckedOut { home }), _) => {
            format!("Not checked out: {name} belongs in {home}. Scan it at a desk")
        }
        (None, Some(holder)) => {
            let holder = holder.as_ref().map_or("somebody", |who| who.called(telling.names));
            format!("Seen: {name} at {room}, out to {holder}")
        }
        (None, None) => format!("Seen: {name} at {room}"),
    }
}

fn odd_words(thing: &SeenThing, telling: &Telling) -> Option<String> {
    let name = &thing.what.name;
    Some(match thing.odd.as_ref()? {
        Oddity::WasLost { since } => {
            format!("{name} was lost since {}", when(*since, telling.now, telling.zone))
        }
        Oddity::Retired => format!("{name} is retired"),
        Oddity::NotCheckedOut { home } => format!("{name} not checked out, belongs in {home}"),
    })
}
