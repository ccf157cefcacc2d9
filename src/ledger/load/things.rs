//! Assets, kits and stock, with who holds them and the state they are in.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;

use super::people::{PERSON_COLUMNS, holder_row};
use crate::domain::fact::{Condition, Loan, StockUse};
use crate::domain::id::{AssetId, KitId, ProductionId, RoomId, StockId};
use crate::domain::loaded::{Asset, Job, Kit, Recall, Room, Standing, Stock};
use crate::ledger::rows::{CUSTODY_COLUMNS, custody};
use crate::ledger::{LedgerError, load_plan};
use crate::time::UtcMs;

/// A member of a kit beyond this many is not loaded: a case holds dozens.
const KIT_MEMBERS_MAX: u32 = 500;

/// The kits in kit `?1`, at most so deep: where kits are in each other in a circle it ends all the same.
const INNER_KITS: &str = "WITH RECURSIVE inside (id, depth) AS (SELECT id, 1 FROM kit WHERE within = ?1 UNION
     SELECT k.id, depth + 1 FROM inside JOIN kit k ON k.within = inside.id WHERE depth < 8)";

/// State, recall and jobs in the order in which [`standing`] reads them. Jobs are a JSON list.
const STANDING_COLUMNS: &str = "s.condition, s.missing, s.lost_since_ms, s.inspected_at_ms, s.inspection_due_ms, \
     s.recall_by_ms, CASE WHEN s.recall_for IS NOT NULL THEN json_array(s.recall_for, \
     (SELECT title FROM production w WHERE w.id = s.recall_for)) END, (SELECT json_group_array(json_array(j.fact, j.blocks, j.because, j.since_ms)) \
     FROM job j WHERE j.subject = s.subject_of), s.missing_since_ms";

/// A JSON text; `None` where the column is empty.
pub fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// The columns of state for a thing whose subject is this expression.
fn standing_columns(subject: &str) -> String {
    STANDING_COLUMNS.replace("s.subject_of", subject)
}

/// Reads [`STANDING_COLUMNS`] from column `first` on.
fn standing(row: &Row<'_>, first: usize) -> rusqlite::Result<Standing> {
    let condition: Option<String> = row.get(first)?;
    let wanted_by: Option<UtcMs> = row.get(first + 5)?;
    let wanted_for: Option<(ProductionId, Option<String>)> = json(row, first + 6)?;
    let (wanted_for, title) = wanted_for.map_or((None, None), |(id, title)| (Some(id), title));
    Ok(Standing {
        condition: condition.and_then(|name| Condition::parse(&name)).unwrap_or_default(),
        missing: json(row, first + 1)?.unwrap_or_default(),
        lost_since: row.get(first + 2)?,
        inspection_due: row.get(first + 4)?,
        recall: wanted_by.map(|wanted_by| Recall { wanted_by, wanted_for, title }),
        jobs: jobs(row, first + 7)?,
        missing_since: row.get(first + 8)?,
        ..Standing::default()
    })
}

type JobColumns = (String, i64, Option<String>, i64);

/// Oldest first.
fn jobs(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Job>> {
    let listed: Vec<JobColumns> = json(row, column)?.unwrap_or_default();
    let job = |(fact, blocks, because, since): JobColumns| Job {
        fact,
        blocks: blocks != 0,
        because: because.and_then(|name| Condition::parse(&name)),
        since: UtcMs(since),
    };
    let mut jobs: Vec<Job> = listed.into_iter().map(job).collect();
    jobs.sort_by(|left, right| (left.since, &left.fact).cmp(&(right.since, &right.fact)));
    Ok(jobs)
}

/// Loads an asset, who holds it and who that is.
pub fn asset(conn: &Connection, id: &AssetId) -> Result<Option<Asset>, LedgerError> {
    let sql = format!("{} WHERE a.id = ?1", asset_sql());
    Ok(conn.prepare_cached(&sql)?.query_row([id], asset_row).optional()?)
}

fn asset_sql() -> String {
    let standing = standing_columns("'asset/' || a.id");
    format!(
        "SELECT a.id, a.name, a.kit, k.name, a.model, a.category, a.home, r.name, a.loan, a.restricted_to,
         a.certificate, a.retired, a.owner, a.owner_due_ms, a.inspection_due_ms, {standing}, {CUSTODY_COLUMNS},
         {PERSON_COLUMNS} FROM asset a LEFT JOIN custody c ON c.subject = 'asset/' || a.id
         LEFT JOIN standing s ON s.subject = 'asset/' || a.id LEFT JOIN kit k ON k.id = a.kit
         LEFT JOIN room r ON r.id = a.home LEFT JOIN person p ON p.id = c.person
         LEFT JOIN identity i ON i.person = c.person"
    )
}

fn asset_row(row: &Row<'_>) -> rusqlite::Result<Asset> {
    let custody = custody(row, 24)?;
    let holder = holder_row(row, custody.as_ref(), 37)?;
    Ok(Asset {
        id: row.get(0)?,
        name: row.get(1)?,
        kit: row.get(2)?,
        kit_name: row.get(3)?,
        model: row.get(4)?,
        category: row.get(5)?,
        home: row.get(6)?,
        home_name: row.get(7)?,
        standing: asset_standing(row)?,
        custody,
        holder,
    })
}

/// Before the first inspection, what the register says is due counts.
fn asset_standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let noted = standing(row, 15)?;
    let inspected: Option<UtcMs> = row.get(18)?;
    let loan: String = row.get(8)?;
    Ok(Standing {
        loan: Loan::parse(&loan).unwrap_or_default(),
        restricted_to: json(row, 9)?.unwrap_or_default(),
        certificate: row.get(10)?,
        retired: row.get(11)?,
        owner: row.get(12)?,
        owner_due: row.get(13)?,
        inspection_due: if inspected.is_some() { noted.inspection_due } else { row.get(14)? },
        ..noted
    })
}

fn kit_sql() -> String {
    let standing = standing_columns("'kit/' || k.id");
    format!(
        "SELECT k.id, k.name, k.within, o.name, {standing}, {CUSTODY_COLUMNS}, {PERSON_COLUMNS}
         FROM kit k LEFT JOIN custody c ON c.subject = 'kit/' || k.id
         LEFT JOIN standing s ON s.subject = 'kit/' || k.id LEFT JOIN kit o ON o.id = k.within
         LEFT JOIN person p ON p.id = c.person LEFT JOIN identity i ON i.person = c.person"
    )
}

fn kit_row(row: &Row<'_>) -> rusqlite::Result<Kit> {
    let custody = custody(row, 13)?;
    let holder = holder_row(row, custody.as_ref(), 26)?;
    Ok(Kit {
        id: row.get(0)?,
        name: row.get(1)?,
        within: row.get(2)?,
        within_name: row.get(3)?,
        standing: standing(row, 4)?,
        custody,
        holder,
        members: Vec::new(),
        inner: Vec::new(),
    })
}

/// Loads a kit, the kits in it, and the members of all of them.
pub fn kit(conn: &Connection, id: &KitId) -> Result<Option<Kit>, LedgerError> {
    let sql = format!("{} WHERE k.id = ?1", kit_sql());
    let Some(mut kit) = conn.prepare_cached(&sql)?.query_row([id], kit_row).optional()? else {
        return Ok(None);
    };
    let sql = format!(
        "{INNER_KITS} {} WHERE k.id IN (SELECT id FROM inside) AND k.id <> ?1 ORDER BY k.id LIMIT {KIT_MEMBERS_MAX}",
        kit_sql()
    );
    kit.inner = conn.prepare_cached(&sql)?.query_map([id], kit_row)?.collect::<Result<_, _>>()?;
    let sql = format!(
        "{INNER_KITS} {} WHERE a.kit IN (SELECT ?1 UNION SELECT id FROM inside) ORDER BY a.id LIMIT {KIT_MEMBERS_MAX}",
        asset_sql()
    );
    kit.members = conn.prepare_cached(&sql)?.query_map([id], asset_row)?.collect::<Result<_, _>>()?;
    Ok(Some(kit))
}

/// The kit and the kits in which it travels, outwards.
pub fn kit_and_outer(conn: &Connection, id: &KitId) -> Result<Vec<KitId>, LedgerError> {
    let sql = "WITH RECURSIVE outside (id, depth) AS (SELECT ?1, 0 UNION
               SELECT k.within, depth + 1 FROM outside JOIN kit k ON k.id = outside.id
               WHERE k.within IS NOT NULL AND depth < 8)
               SELECT id FROM outside GROUP BY id ORDER BY min(depth)";
    Ok(conn.prepare_cached(sql)?.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Loads a stock, and the pieces of it that are out.
pub fn stock(conn: &Connection, id: &StockId) -> Result<Option<Stock>, LedgerError> {
    let sql = "SELECT id, name, use, count, out, home FROM stock WHERE id = ?1";
    let pieces = |row: &Row<'_>, column: usize| -> rusqlite::Result<u32> {
        Ok(u32::try_from(row.get::<_, i64>(column)?.max(0)).unwrap_or(u32::MAX))
    };
    let read = |row: &Row<'_>| {
        let use_: String = row.get(2)?;
        Ok(Stock {
            id: row.get(0)?,
            name: row.get(1)?,
            use_: StockUse::parse(&use_).unwrap_or(StockUse::Lent),
            count: pieces(row, 3)?,
            out: pieces(row, 4)?,
            lots: Vec::new(),
            home: row.get(5)?,
        })
    };
    let stock = conn.prepare_cached(sql)?.query_row([id], read).optional()?;
    let shelf = load_plan::shelf(conn, id)?;
    let lots = shelf.map(|(_, shelf)| shelf.lots).unwrap_or_default();
    Ok(stock.map(|stock| Stock { lots, ..stock }))
}

/// Loads a room.
pub fn room(conn: &Connection, id: &RoomId) -> Result<Option<Room>, LedgerError> {
    let read = |row: &Row<'_>| Ok(Room { id: row.get(0)?, name: row.get(1)? });
    Ok(conn.prepare_cached("SELECT id, name FROM room WHERE id = ?1")?.query_row([id], read).optional()?)
}

/// Loads these assets, who holds them and who that is; what is not registered is left out.
pub fn assets(conn: &Connection, ids: &[&str]) -> Result<Vec<Asset>, LedgerError> {
    let sql = format!("{} WHERE a.id IN (SELECT value FROM json_each(?1)) ORDER BY a.id", asset_sql());
    let listed = serde_json::to_string(ids)?;
    Ok(conn.prepare_cached(&sql)?.query_map([listed], asset_row)?.collect::<Result<_, _>>()?)
}
