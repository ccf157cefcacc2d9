//! What passed a gate together: a fixed number of queries for all tags, and three for each kit.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};

use super::things;
use crate::domain::code::Code;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, KitId, PersonId};
use crate::domain::loaded::{Asset, Kit};
use crate::domain::passing::{LastPassage, PassedTag, Passing, Seen};
use crate::domain::way::Way;
use crate::ledger::LedgerError;
use crate::wire::codes;

/// Tags of one group that are looked up; a gate makes no larger ones.
const TAGS_MAX: usize = 512;

/// Members that make a kit of tags that passed together.
const MEMBERS_MIN: usize = 2;

/// The fewest hex digits of a tag that a gate can read: four words of its memory.
const EPC_HEX_MIN: usize = 16;

/// Codes and things that a label is on.
const TAGS: &str =
    "SELECT t.code, t.thing FROM json_each(?1) j CROSS JOIN tag t ON t.code = j.value ORDER BY 1, 2";
const BADGES: &str = "SELECT b.code, b.person FROM json_each(?1) j CROSS JOIN badge b ON b.code = j.value";
const IDS: &str = "SELECT 'asset/' || a.id FROM json_each(?1) j CROSS JOIN asset a ON a.id = j.value
     UNION ALL SELECT 'kit/' || k.id FROM json_each(?1) j CROSS JOIN kit k ON k.id = j.value";
const LINKS: &str = "
    SELECT code, thing FROM tag WHERE code >= 'http' AND code < 'httq'
    UNION ALL
    SELECT code, thing FROM tag WHERE code >= 'HTTP' AND code < 'HTTQ'";
const LAST: &str = "SELECT p.subject, p.station, p.way, p.at_ms, p.authorised, p.left_ms
     FROM json_each(?1) j CROSS JOIN passing p ON p.subject = j.value";

/// What each code names: things, or somebody's badge.
#[derive(Debug, Default)]
struct Named {
    things: BTreeMap<Code, BTreeSet<Subject>>,
    badges: BTreeSet<Code>,
}

impl Named {
    fn knows(&self, code: &Code) -> bool {
        self.things.contains_key(code) || self.badges.contains(code)
    }
}

/// Loads what these tags are on, and what is known of it.
pub fn passing(conn: &Connection, tags: &[PassedTag]) -> Result<Passing, LedgerError> {
    let tags = tags.iter().take(TAGS_MAX);
    let read: Vec<(Option<Code>, &PassedTag)> =
        tags.map(|tag| (Code::canonical(&tag.tag).ok(), tag)).collect();
    let codes: BTreeSet<Code> = read.iter().filter_map(|(code, _)| code.clone()).collect();
    let named = named(conn, &codes)?;
    let mut passing = Passing::default();
    for (code, tag) in &read {
        let things = code.as_ref().and_then(|code| named.things.get(code));
        let only = things.and_then(|things| if things.len() == 1 { things.first() } else { None });
        let is_badge =
            code.as_ref().is_some_and(|code| named.badges.contains(code) || code.reserved().is_some());
        match only {
            Some(thing @ (Subject::Asset(_) | Subject::Kit(_))) => see(&mut passing, thing, tag),
            None if is_badge => passing.badges += 1,
            _ => passing.unknown += 1,
        }
    }
    fill(conn, &mut passing)?;
    Ok(passing)
}

/// A thing with several tags passes once.
fn see(passing: &mut Passing, thing: &Subject, tag: &PassedTag) {
    let fresh = Seen { way: tag.way, reader: tag.reader.clone() };
    match passing.seen.get_mut(thing) {
        None => drop(passing.seen.insert(thing.clone(), fresh)),
        Some(seen) if seen.way.is_none() => *seen = fresh,
        Some(seen) if fresh.way.is_some() && seen.way != fresh.way => seen.way = None,
        Some(_) => {}
    }
}

fn named(conn: &Connection, codes: &BTreeSet<Code>) -> Result<Named, LedgerError> {
    let mut named = Named::default();
    let as_read: BTreeMap<&str, &Code> = codes.iter().map(|code| (code.as_str(), code)).collect();
    look_up(conn, &mut named, &as_read)?;
    by_id(conn, &mut named, codes)?;
    // Stored codes stay as they were written: what names nothing as it stands may be written down in another form.
    let unknown: Vec<&Code> = codes.iter().filter(|code| !named.knows(code)).collect();
    let forms: Vec<(String, &Code)> = unknown
        .iter()
        .flat_map(|code| codes::written(code.as_str()).into_iter().map(|form| (form, *code)))
        .collect();
    if forms.is_empty() {
        return Ok(named);
    }
    look_up(conn, &mut named, &forms.iter().map(|(form, code)| (form.as_str(), *code)).collect())?;
    let unknown: Vec<&Code> = unknown.into_iter().filter(|code| !named.knows(code)).collect();
    by_link(conn, &mut named, &unknown)?;
    Ok(named)
}

/// What these texts are on, each told of the code that it stands for.
fn look_up(conn: &Connection, named: &mut Named, texts: &BTreeMap<&str, &Code>) -> Result<(), LedgerError> {
    let listed = serde_json::to_string(&texts.keys().collect::<Vec<_>>())?;
    let mut statement = conn.prepare_cached(TAGS)?;
    let rows =
        statement.query_map([&listed], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Subject>(1)?)))?;
    for row in rows {
        let (text, thing) = row?;
        if let Some(code) = texts.get(text.as_str()) {
            named.things.entry((*code).clone()).or_default().insert(thing);
        }
    }
    let mut statement = conn.prepare_cached(BADGES)?;
    let rows =
        statement.query_map([&listed], |row| Ok((row.get::<_, String>(0)?, row.get::<_, PersonId>(1)?)))?;
    for row in rows {
        let (text, _) = row?;
        named.badges.extend(texts.get(text.as_str()).map(|code| (*code).clone()));
    }
    Ok(())
}

/// Things answer to their id where no label says otherwise.
fn by_id(conn: &Connection, named: &mut Named, codes: &BTreeSet<Code>) -> Result<(), LedgerError> {
    let ids: BTreeMap<String, &Code> = codes
        .iter()
        .filter(|code| !named.knows(code))
        .map(|code| (code.as_str().to_ascii_lowercase(), code))
        .collect();
    let listed = serde_json::to_string(&ids.keys().collect::<Vec<_>>())?;
    let mut statement = conn.prepare_cached(IDS)?;
    let things: Vec<Subject> = statement.query_map([listed], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for thing in things {
        if let Some(code) = ids.get(thing.id()) {
            // An asset before a kit of the same id.
            named.things.entry((*code).clone()).or_insert_with(|| BTreeSet::from([thing]));
        }
    }
    Ok(())
}

/// Digital Links of any host that hold the key of one of these codes. All links are read through once.
fn by_link(conn: &Connection, named: &mut Named, unknown: &[&Code]) -> Result<(), LedgerError> {
    let needles: BTreeMap<String, &Code> =
        unknown.iter().filter_map(|code| Some((codes::link_needle(code.as_str())?, *code))).collect();
    if needles.is_empty() {
        return Ok(());
    }
    let keys = |text: &str| {
        let mut keys = codes::codes(text, None);
        keys.truncate(keys.len().saturating_sub(1));
        keys
    };
    let mut statement = conn.prepare_cached(LINKS)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Subject>(1)?)))?;
    for row in rows {
        let (link, thing) = row?;
        let Some(code) = steps(&link).into_iter().find_map(|step| needles.get(&step)) else { continue };
        let of_link = keys(&link);
        if keys(code.as_str()).iter().any(|key| of_link.contains(key)) {
            named.things.entry((*code).clone()).or_default().insert(thing);
        }
    }
    Ok(())
}

/// `/8004/0614`, `/0614/…`: each two parts of a path that follow each other, as needles are written.
fn steps(link: &str) -> Vec<String> {
    let parts: Vec<&str> = link.split('/').collect();
    let plain = |part: &str| part.split(['%', '?', '#']).next().unwrap_or_default().to_owned();
    parts
        .windows(2)
        .filter_map(|two| match two {
            [ai, value] => Some(format!("/{ai}/{}", plain(value))),
            _ => None,
        })
        .collect()
}

/// Assets, kits with their members, which of those can be read, and when each passed last.
fn fill(conn: &Connection, passing: &mut Passing) -> Result<(), LedgerError> {
    let assets = passing.seen.keys().filter(|thing| matches!(thing, Subject::Asset(_)));
    let ids: Vec<&str> = assets.map(Subject::id).collect();
    let assets = things::assets(conn, &ids)?;
    passing.kits = kits(conn, passing, &assets)?;
    passing.assets = assets;
    passing.readable = readable(conn, &passing.kits)?;
    let members = passing.kits.iter().flat_map(|kit| &kit.members);
    let subjects: BTreeSet<Subject> = (passing.seen.keys().cloned())
        .chain(passing.kits.iter().map(|kit| Subject::Kit(kit.id.clone())))
        .chain(members.map(|member| Subject::Asset(member.id.clone())))
        .collect();
    passing.last = last(conn, &subjects)?;
    // A label of nothing that is registered.
    let known: BTreeSet<Subject> = (passing.assets.iter().map(|asset| Subject::Asset(asset.id.clone())))
        .chain(
            passing
                .kits
                .iter()
                .flat_map(|kit| std::iter::once(kit).chain(&kit.inner))
                .map(|kit| Subject::Kit(kit.id.clone())),
        )
        .collect();
    let read = passing.seen.len();
    passing.seen.retain(|thing, _| known.contains(thing));
    passing.unknown += read - passing.seen.len();
    Ok(())
}

fn kits(conn: &Connection, passing: &Passing, assets: &[Asset]) -> Result<Vec<Kit>, LedgerError> {
    let mut members: BTreeMap<&KitId, usize> = BTreeMap::new();
    for kit in assets.iter().filter_map(|asset| asset.kit.as_ref()) {
        *members.entry(kit).or_default() += 1;
    }
    let labelled = passing.seen.keys().filter_map(|thing| match thing {
        Subject::Kit(id) => Some(id.clone()),
        _ => None,
    });
    let read = members.into_iter().filter(|(_, members)| *members >= MEMBERS_MIN).map(|(id, _)| id.clone());
    let involved: BTreeSet<KitId> = labelled.chain(read).collect();
    let mut outermost = BTreeSet::new();
    for kit in &involved {
        let outer = things::kit_and_outer(conn, kit)?;
        outermost.extend(outer.into_iter().rfind(|outer| involved.contains(outer)));
    }
    let load = |id: &KitId| things::kit(conn, id).transpose();
    outermost.iter().filter_map(load).collect()
}

fn readable(conn: &Connection, kits: &[Kit]) -> Result<BTreeSet<AssetId>, LedgerError> {
    let members = kits.iter().flat_map(|kit| &kit.members);
    let things: Vec<String> = members.map(|member| format!("asset/{}", member.id)).collect();
    let sql = "SELECT t.thing, t.code FROM json_each(?1) j CROSS JOIN tag t ON t.thing = j.value";
    let mut statement = conn.prepare_cached(sql)?;
    let listed = serde_json::to_string(&things)?;
    let rows =
        statement.query_map([listed], |row| Ok((row.get::<_, Subject>(0)?, row.get::<_, String>(1)?)))?;
    let mut readable = BTreeSet::new();
    for row in rows {
        if let (Subject::Asset(id), code) = row?
            && is_of_a_tag(&code)
        {
            readable.insert(id);
        }
    }
    Ok(readable)
}

/// Whether a code is what stands in a UHF tag: whole words as hex, or its URI. A barcode is on no gate's mind.
fn is_of_a_tag(code: &str) -> bool {
    let is_hex = code.len() >= EPC_HEX_MIN
        && code.len().is_multiple_of(4)
        && code.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex || code.starts_with("urn:epc:")
}

fn last(
    conn: &Connection,
    subjects: &BTreeSet<Subject>,
) -> Result<BTreeMap<Subject, LastPassage>, LedgerError> {
    let listed: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let mut statement = conn.prepare_cached(LAST)?;
    let rows = statement.query_map([serde_json::to_string(&listed)?], last_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn last_row(row: &Row<'_>) -> rusqlite::Result<(Subject, LastPassage)> {
    let way: Option<String> = row.get(2)?;
    let last = LastPassage {
        station: row.get(1)?,
        way: way.and_then(|way| Way::parse(&way)),
        at: row.get(3)?,
        authorised: row.get(4)?,
        left: row.get(5)?,
    };
    Ok((row.get(0)?, last))
}
