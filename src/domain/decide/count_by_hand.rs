//! Counts that are begun, ended or dropped by hand.

use super::count_at::{at_room, count, of_count, open, take_part};
use super::count_end::{dropped, end};
use super::{ByHand, Decision, Door, answer};
use crate::domain::command::Command;
use crate::domain::count::{Counting, OpenCount};
use crate::domain::fact::{Body, CountBegun};
use crate::domain::id::CountId;
use crate::domain::session::Session;
use crate::domain::verdict::{CountSaid, Verdict};

/// A count that is begun, ended or dropped by hand. `None` for every other command.
pub fn decided(door: &Door, asked: &ByHand, session: Session) -> Option<Decision> {
    let (Command::BeginCount { room } | Command::EndCount { room } | Command::CancelCount { room }) =
        asked.command
    else {
        return None;
    };
    let name = door.loaded.room_here.as_ref().map(|room| room.name.as_str());
    let counting = at_room(door, room.as_ref().map(|room| (room, name)));
    let is_open = counting.id.as_ref().and_then(|id| open(door, id));
    Some(match (asked.command, is_open) {
        (Command::BeginCount { .. }, Some(_)) => take_part(door, session, counting),
        (Command::BeginCount { .. }, None) => begin(door, session, counting),
        (_, None) => {
            let why = format!("No count of {} is open: nothing to end", counting.called());
            answer(session, Verdict::NoSense { why })
        }
        (Command::CancelCount { .. }, Some(open)) => {
            cancel_by_hand(door, asked.confirm, session, (&counting, open))
        }
        (_, Some(open)) => end_by_hand(door, asked.confirm, session, (&counting, open)),
    })
}

fn begin(door: &Door, session: Session, counting: Counting) -> Decision {
    let id = CountId::of_scan(&door.loaded.scan);
    let body = Body::CountBegun(CountBegun { room: counting.room.clone(), reader: None });
    let facts = vec![of_count(&id, &session, body)];
    let verdict = count(CountSaid::Mode { name: counting.called(), goes_on: None });
    Decision { verdict, facts, session }
}

fn end_by_hand(
    door: &Door,
    confirm: bool,
    session: Session,
    (counting, open): (&Counting, &OpenCount),
) -> Decision {
    let tally = open.tally.unwrap_or_default();
    if tally.missing > 0 && !confirm {
        return answer(session, count(CountSaid::ToEnd { name: counting.called(), tally }));
    }
    end(door, session, counting)
}

fn cancel_by_hand(
    door: &Door,
    confirm: bool,
    session: Session,
    (counting, open): (&Counting, &OpenCount),
) -> Decision {
    let counted = open.tally.unwrap_or_default().counted();
    if counted > 0 && !confirm {
        return answer(session, count(CountSaid::ToDrop { name: counting.called(), counted }));
    }
    dropped(door, session, counting)
}
