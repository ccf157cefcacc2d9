//! Counts that are open, how far they have got, and what they have come upon already.

use rusqlite::{Connection, Row, params};

use crate::domain::code::Card;
use crate::domain::count::{CountedBefore, OpenCount};
use crate::domain::fact::{CountedAs, Subject};
use crate::domain::id::CountId;
use crate::domain::loaded::{Found, Kit};
use crate::domain::session::Session;
use crate::ledger::LedgerError;
use crate::ledger::missed::tally;

/// Open counts that are loaded: more are not open at a time.
const OPEN_MAX: u32 = 256;

/// Open counts that are tallied for one card.
const TALLIED_MAX: usize = 4;

/// The counts of which it is to be known how far they have got: that takes a look at each thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tallied {
    /// None.
    None,
    /// One.
    Only(CountId),
    /// The newest few.
    All,
}

impl Tallied {
    /// What a scan has to know: a card of a count, and a room's.
    pub fn of(found: &Found, session: &Session) -> Self {
        let at = session.counting.as_ref().and_then(|counting| counting.id.clone());
        match (found, at) {
            (Found::Card(Card::Count | Card::Confirm | Card::Cancel | Card::Done), Some(id)) => {
                Self::Only(id)
            }
            (Found::Card(Card::Count) | Found::Room(_), _) => Self::All,
            _ => Self::None,
        }
    }
}

/// Every open count, the newest first.
pub fn open(conn: &Connection, tallied: &Tallied) -> Result<Vec<OpenCount>, LedgerError> {
    let sql =
        "SELECT c.id, c.room, r.name, c.station, c.begun_ms FROM count c LEFT JOIN room r ON r.id = c.room
               WHERE c.ended_ms IS NULL ORDER BY c.begun_hlc DESC, c.id LIMIT ?1";
    let read = |row: &Row<'_>| {
        Ok(OpenCount {
            id: row.get(0)?,
            room: row.get(1)?,
            room_name: row.get(2)?,
            station: row.get(3)?,
            begun: row.get(4)?,
            tally: None,
        })
    };
    let mut counts: Vec<OpenCount> =
        conn.prepare_cached(sql)?.query_map([OPEN_MAX], read)?.collect::<Result<_, _>>()?;
    for (index, count) in counts.iter_mut().enumerate() {
        let wanted = match tallied {
            Tallied::None => false,
            Tallied::Only(id) => *id == count.id,
            Tallied::All => index < TALLIED_MAX,
        };
        if wanted {
            count.tally = tally(conn, &count.id)?;
        }
    }
    Ok(counts)
}

/// What open counts have come upon of the things that were scanned.
pub fn counted(
    conn: &Connection,
    found: &Found,
    counts: &[OpenCount],
) -> Result<Vec<CountedBefore>, LedgerError> {
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for subject in subjects(found) {
        all.extend(of_subject(conn, &subject)?);
    }
    Ok(all)
}

/// What a gate has seen leave since is to be counted anew: that it lies here again is news.
fn of_subject(conn: &Connection, subject: &Subject) -> Result<Vec<CountedBefore>, LedgerError> {
    let sql =
        "SELECT d.count, d.counted_as FROM counted d JOIN count c ON c.id = d.count AND c.ended_ms IS NULL
               WHERE d.subject = ?1
               AND NOT EXISTS (SELECT 1 FROM passing p WHERE p.subject = d.subject AND p.left_ms IS NOT NULL)";
    let read = |row: &Row<'_>| {
        let counted_as: String = row.get(1)?;
        Ok(CountedBefore {
            subject: subject.clone(),
            count: row.get(0)?,
            counted_as: CountedAs::parse(&counted_as).unwrap_or(CountedAs::Found),
        })
    };
    Ok(conn.prepare_cached(sql)?.query_map(params![subject], read)?.collect::<Result<_, _>>()?)
}

/// The things, and the members of a case: of those it is said which are still to be scanned.
fn subjects(found: &Found) -> Vec<Subject> {
    let of_kit = |kit: &Kit| -> Vec<Subject> {
        let members = kit.members.iter().map(|member| Subject::Asset(member.id.clone()));
        std::iter::once(Subject::Kit(kit.id.clone())).chain(members).collect()
    };
    match found {
        Found::Asset(asset) => vec![Subject::Asset(asset.id.clone())],
        Found::Stock(stock) => vec![Subject::Stock(stock.id.clone())],
        Found::Kit(kit) => of_kit(kit),
        Found::PersonOrThing(_, thing) => subjects(thing),
        Found::Burst(burst) => {
            let kits = burst.kit.iter().flat_map(of_kit);
            let others = burst.other_kits.iter().map(|kit| Subject::Kit(kit.id.clone()));
            let strangers = burst.strangers.iter().map(|asset| Subject::Asset(asset.id.clone()));
            kits.chain(others).chain(strangers).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::count::{Counting, Tally};

    #[test]
    fn only_cards_of_a_count_and_rooms_look_at_every_thing() {
        let at = Session {
            counting: Some(Counting { id: Some(CountId::of_scan("s1")), ..Counting::default() }),
            ..Session::default()
        };
        let card = Found::Card(Card::Count);
        assert_eq!(Tallied::of(&card, &at), Tallied::Only(CountId::of_scan("s1")));
        assert_eq!(Tallied::of(&card, &Session::default()), Tallied::All);
        assert_eq!(Tallied::of(&Found::Card(Card::Done), &Session::default()), Tallied::None);
        assert_eq!(Tallied::of(&Found::Unknown, &at), Tallied::None);
        let tally = Tally { found: 2, missing: 1, ..Tally::default() };
        assert_eq!((tally.expected(), tally.counted()), (3, 2));
    }
}
