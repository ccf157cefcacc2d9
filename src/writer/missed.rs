//! What counts that have ended did not find, noted in portions: the first in the commit that ends them, each other in one
//! of its own.

use crate::domain::decide::missed;
use crate::domain::id::{CountId, PersonId};
use crate::ledger::append::Occasion;
use crate::ledger::{Ledger, LedgerError};
use crate::time::{MonoMs, Now};

/// Notes the first portion of what counts that have just ended did not find, in the commit that ends them.
pub(super) fn missed_of(
    ledger: &mut Ledger,
    occasion: &Occasion,
    ended: &[(CountId, Option<PersonId>)],
) -> Result<(), LedgerError> {
    for (count, actor) in ended {
        ledger.put_unsettled(count, actor.as_ref(), occasion)?;
        note_missed(ledger)?;
    }
    Ok(())
}

/// Notes one portion of what a count that has ended did not find, as of the moment at which it ended. Whether more may
/// follow.
pub(super) fn note_missed(ledger: &mut Ledger) -> Result<bool, LedgerError> {
    let Some(left) = ledger.unsettled()? else { return Ok(false) };
    let things = ledger.next_missed(&left)?;
    let now = Now { mono: MonoMs(0), utc: left.at, trusted: left.trusted };
    let occasion = Occasion { scan_id: &left.scan, station: &left.station, now: &now };
    let first = ledger.facts_of_scan(&left.scan)?;
    ledger.append(&occasion, first, missed(&left.count, left.actor.as_ref(), things))?;
    Ok(ledger.unsettled()?.is_some())
}
