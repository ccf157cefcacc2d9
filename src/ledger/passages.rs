//! What passed gates, for the command line.

use rusqlite::{Row, params};

use super::question::{Named, Reader};
use super::rows::CUSTODY_COLUMNS;
use super::{LedgerError, rows};
use crate::domain::custody::Custody;
use crate::domain::fact::Subject;
use crate::domain::id::{PersonId, ReaderId, StationId};
use crate::domain::way::Way;
use crate::time::UtcMs;

/// The last passage of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageRow {
    /// The asset or kit.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// Which gate.
    pub station: Option<StationId>,
    /// By which device.
    pub reader: Option<ReaderId>,
    /// Which way; `None` where that could not be said.
    pub way: Option<Way>,
    /// When.
    pub at: UtcMs,
    /// Whether it was out to somebody then.
    pub authorised: bool,
    /// When it left without a loan, where it has not been seen inside since.
    pub left: Option<UtcMs>,
    /// Who holds it now.
    pub custody: Option<Custody>,
    /// Who that is.
    pub holder: Option<Named>,
}

impl Reader {
    /// The last passage of each thing since then, at this gate or at any, the newest first. What passed with its kit is
    /// not told beside it.
    pub fn passages(
        &self,
        station: Option<&StationId>,
        since: UtcMs,
    ) -> Result<Vec<PassageRow>, LedgerError> {
        let sql = format!(
            "SELECT g.subject, coalesce(a.name, k.name, g.subject), g.station, g.reader, g.way, g.at_ms, g.authorised,
             g.left_ms, CASE WHEN c.out = 1 THEN c.person END, i.handle, i.name,
             EXISTS (SELECT 1 FROM forgotten f WHERE f.person = c.person), {CUSTODY_COLUMNS} FROM passing g
             LEFT JOIN asset a ON a.id = CASE WHEN g.subject GLOB 'asset/*' THEN substr(g.subject, 7) END
             LEFT JOIN kit k ON k.id = CASE WHEN g.subject GLOB 'kit/*' THEN substr(g.subject, 5) END
             LEFT JOIN custody c ON c.subject = g.subject LEFT JOIN identity i ON i.person = c.person AND c.out = 1
             WHERE g.at_ms >= ?1 AND (?2 IS NULL OR g.station = ?2)
             AND NOT EXISTS (SELECT 1 FROM passing w WHERE w.subject = 'kit/' || a.kit AND w.at_ms = g.at_ms)
             ORDER BY g.at_ms DESC, g.subject"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        Ok(statement.query_map(params![since, station], passage_row)?.collect::<Result<_, _>>()?)
    }
}

fn passage_row(row: &Row<'_>) -> rusqlite::Result<PassageRow> {
    let way: Option<String> = row.get(4)?;
    let person: Option<PersonId> = row.get(8)?;
    let (handle, name, forgotten) = (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(PassageRow {
        subject: row.get(0)?,
        name: row.get(1)?,
        station: row.get(2)?,
        reader: row.get(3)?,
        way: way.and_then(|way| Way::parse(&way)),
        at: row.get(5)?,
        authorised: row.get(6)?,
        left: row.get(7)?,
        custody: rows::custody(row, 12)?,
        holder: person.map(|person| Named { person, handle, name, forgotten }),
    })
}
