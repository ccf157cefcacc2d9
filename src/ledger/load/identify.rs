//! What a code names.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use super::{people, plan, things};
use crate::domain::code::{Code, CodeFault, PIECES_MAX, Reserved};
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, KitId, PersonId, StockId};
use crate::domain::loaded::{Asset, Burst, Found, Kit};
use crate::ledger::LedgerError;
use crate::time::UtcMs;
use crate::wire::codes;

/// So many members make a kit of tags that were read together.
const MEMBERS_MIN: usize = 2;

/// Tags of one reading that are looked up.
const BURST_MAX: usize = 512;

/// Tags with a Digital Link that hold the path of a key. The ranges are web addresses, by the primary key.
const LINKS: &str = "
    SELECT code, thing FROM tag WHERE code >= 'http' AND code < 'httq' AND instr(code, ?1)
    UNION ALL
    SELECT code, thing FROM tag WHERE code >= 'HTTP' AND code < 'HTTQ' AND instr(code, ?1)";

/// Stored codes that look like a card. All are read through, so only codes that are known in no other way get here.
const CARDS: &str = "
    SELECT code FROM tag WHERE code GLOB ?1 UNION SELECT code FROM badge WHERE code GLOB ?1 LIMIT 64";

/// Where it is looked up, and when: what a production has cost depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub conn: &'a Connection,
    pub now: UtcMs,
}

/// A code, what it names, and how many pieces of it.
pub type Read = (Option<Code>, Found, Option<u32>);

impl Asking<'_> {
    /// What was read: one payload, or several together.
    pub fn read(&self, payload: &str, also: &[String]) -> Result<Read, LedgerError> {
        let first = Code::canonical(payload);
        let mut codes: Vec<&Code> = first.iter().collect();
        let also: Vec<Code> =
            also.iter().take(BURST_MAX).filter_map(|text| Code::canonical(text).ok()).collect();
        codes.extend(also.iter());
        codes.sort();
        codes.dedup();
        if codes.len() > 1 {
            let found = Found::Burst(Box::new(self.burst(&codes)?));
            return Ok((first.ok(), found, None));
        }
        match first {
            Ok(code) => self.counted(code),
            Err(fault) => Ok((None, Found::Malformed(fault), None)),
        }
    }

    /// A code as it stands, or `CODE*5`: five pieces of a stock.
    fn counted(&self, code: Code) -> Result<Read, LedgerError> {
        let found = self.identify(&code)?;
        if found == Found::Unknown
            && let Some((rest, count)) = split_count(&code)
        {
            let stock = self.identify(&rest)?;
            if matches!(stock, Found::Stock(_)) {
                return Ok(match count {
                    Some(count) => (Some(rest), stock, Some(count)),
                    None => (None, Found::Malformed(CodeFault::Pieces), None),
                });
            }
        }
        Ok((Some(code), found, None))
    }

    /// What a code names: a card, a badge, a label, an id; several; or nothing. A code that names nothing as it
    /// stands names what it means in another form: the asset of a barcode that was written down as its tag.
    pub fn identify(&self, code: &Code) -> Result<Found, LedgerError> {
        let found = self.as_it_stands(code)?;
        if found != Found::Unknown || code.reserved().is_some() {
            return Ok(found);
        }
        self.in_another_form(code)
    }

    fn as_it_stands(&self, code: &Code) -> Result<Found, LedgerError> {
        if let Some(reserved) = code.reserved() {
            return self.of_reserved(reserved);
        }
        let badge = "SELECT person FROM badge WHERE code = ?1";
        let badge: Option<PersonId> =
            self.conn.prepare_cached(badge)?.query_row([code], |row| row.get(0)).optional()?;
        let mut statement =
            self.conn.prepare_cached("SELECT thing FROM tag WHERE code = ?1 ORDER BY thing")?;
        let things: Vec<Subject> =
            statement.query_map([code], |row| row.get(0))?.collect::<Result<_, _>>()?;
        match (badge, things.as_slice()) {
            (None, []) => self.of_id(code),
            (badge, things) => self.of_labels(badge, things),
        }
    }

    /// Stored codes stay as they were written, so every form of this one is looked for.
    fn in_another_form(&self, code: &Code) -> Result<Found, LedgerError> {
        let forms = codes::written(code.as_str());
        if forms.is_empty() {
            return Ok(Found::Unknown);
        }
        let mut forms: BTreeSet<Code> = forms.iter().filter_map(|form| Code::canonical(form).ok()).collect();
        forms.extend(self.longer_cards(code)?);
        let forms = serde_json::to_string(&forms)?;
        let badges = "SELECT DISTINCT person FROM badge WHERE code IN (SELECT value FROM json_each(?1))";
        let persons: Vec<PersonId> = self
            .conn
            .prepare_cached(badges)?
            .query_map([&forms], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let tags = "SELECT DISTINCT thing FROM tag WHERE code IN (SELECT value FROM json_each(?1))";
        let mut things: BTreeSet<Subject> = self
            .conn
            .prepare_cached(tags)?
            .query_map([&forms], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        things.extend(self.by_link(code)?);
        let things: Vec<Subject> = things.into_iter().collect();
        match persons.as_slice() {
            [] => self.of_labels(None, &things),
            [only] => self.of_labels(Some(only.clone()), &things),
            several => Ok(ambiguous(&things, several)),
        }
    }

    /// The cards of five bytes whose end this code is: a reader that gives three has no more of them.
    fn longer_cards(&self, code: &Code) -> Result<Vec<Code>, LedgerError> {
        let Some(ending) = codes::card_ending(code.as_str()) else { return Ok(Vec::new()) };
        let digit = "[0-9A-F]";
        let pattern = format!("{digit}{digit}{digit}{digit}{ending}");
        let mut statement = self.conn.prepare_cached(CARDS)?;
        let rows = statement.query_map([pattern], |row| row.get::<_, String>(0))?;
        let rows: Vec<String> = rows.collect::<Result<_, _>>()?;
        Ok(rows.iter().filter_map(|text| Code::canonical(text).ok()).collect())
    }

    /// The things that carry a Digital Link with the key of this code, whatever its host.
    fn by_link(&self, code: &Code) -> Result<Vec<Subject>, LedgerError> {
        let keys_of = |text: &str| {
            let mut keys = codes::codes(text, None);
            keys.truncate(keys.len().saturating_sub(1));
            keys
        };
        let (keys, needle) = (keys_of(code.as_str()), codes::link_needle(code.as_str()));
        let Some(needle) = needle else { return Ok(Vec::new()) };
        let mut statement = self.conn.prepare_cached(LINKS)?;
        let rows = statement.query_map([needle], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let rows: Vec<(String, Subject)> = rows.collect::<Result<_, _>>()?;
        let same = |link: &str| keys_of(link).iter().any(|key| keys.contains(key));
        Ok(rows.into_iter().filter(|(link, _)| same(link)).map(|(_, thing)| thing).collect())
    }

    fn of_labels(&self, badge: Option<PersonId>, things: &[Subject]) -> Result<Found, LedgerError> {
        match (badge, things) {
            (None, []) => Ok(Found::Unknown),
            (Some(id), []) => Ok(self.badge_of(&id)?.unwrap_or(Found::Nobody)),
            (None, [only]) => self.of_subject(only),
            (Some(id), [only]) => self.of_both(&id, only),
            (badge, several) => Ok(ambiguous(several, badge.as_slice())),
        }
    }

    fn badge_of(&self, id: &PersonId) -> Result<Option<Found>, LedgerError> {
        Ok(people::person_with_gear(self.conn, id, self.now)?.map(Found::Person))
    }

    /// A badge and a label: where one of them means nothing any more, it is the other.
    fn of_both(&self, id: &PersonId, thing: &Subject) -> Result<Found, LedgerError> {
        let thing = self.of_subject(thing)?;
        Ok(match (people::person_with_gear(self.conn, id, self.now)?, thing) {
            (Some(person), Found::Unknown) => Found::Person(person),
            (Some(person), thing) => Found::PersonOrThing(person, Box::new(thing)),
            (None, Found::Unknown) => Found::Nobody,
            (None, thing) => thing,
        })
    }

    fn of_reserved(&self, reserved: Reserved) -> Result<Found, LedgerError> {
        match reserved {
            Reserved::Card(card) => Ok(Found::Card(card)),
            Reserved::Production(id) => self.of_subject(&Subject::Production(id)),
            Reserved::Booking(id) => self.of_subject(&Subject::Booking(id)),
            Reserved::Room(id) => self.of_subject(&Subject::Room(id)),
            Reserved::Nothing => Ok(Found::Unknown),
        }
    }

    /// Things answer to their id where no label says otherwise.
    fn of_id(&self, code: &Code) -> Result<Found, LedgerError> {
        let text = code.as_str().to_ascii_lowercase();
        let named = [
            AssetId::parse(&text).ok().map(Subject::Asset),
            KitId::parse(&text).ok().map(Subject::Kit),
            StockId::parse(&text).ok().map(Subject::Stock),
        ];
        for subject in named.iter().flatten() {
            let found = self.of_subject(subject)?;
            if found != Found::Unknown {
                return Ok(found);
            }
        }
        Ok(Found::Unknown)
    }

    /// What is known of a subject.
    pub fn of_subject(&self, subject: &Subject) -> Result<Found, LedgerError> {
        let (conn, now) = (self.conn, self.now);
        let found = match subject {
            Subject::Asset(id) => things::asset(conn, id)?.map(|asset| Found::Asset(Box::new(asset))),
            Subject::Kit(id) => things::kit(conn, id)?.map(|kit| Found::Kit(Box::new(kit))),
            Subject::Stock(id) => things::stock(conn, id)?.map(|stock| Found::Stock(Box::new(stock))),
            Subject::Room(id) => things::room(conn, id)?.map(Found::Room),
            Subject::Production(id) => plan::production(conn, id, now)?.map(Found::Production),
            Subject::Booking(id) => plan::booking(conn, id)?.map(Found::Booking),
            Subject::Person(id) => people::person_with_gear(conn, id, now)?.map(Found::Person),
            Subject::Tag(_) | Subject::Count(_) => None,
        };
        Ok(found.unwrap_or(Found::Unknown))
    }

    fn burst(&self, codes: &[&Code]) -> Result<Burst, LedgerError> {
        let (mut labelled, mut assets, mut unknown) = (Vec::new(), BTreeMap::new(), 0);
        for code in codes {
            match self.identify(code)? {
                Found::Kit(kit) => labelled.push(*kit),
                Found::Asset(asset) => drop(assets.insert(asset.id.clone(), *asset)),
                Found::Unknown => unknown += 1,
                _ => {}
            }
        }
        let kit = match outermost(&labelled) {
            Some(kit) => Some(kit.clone()),
            None => most_read(&assets).map(|id| things::kit(self.conn, &id)).transpose()?.flatten(),
        };
        let travels = |other: &Kit| {
            kit.iter().any(|kit| kit.id == other.id || kit.inner.iter().any(|inner| inner.id == other.id))
        };
        let other_kits = labelled.into_iter().filter(|other| !travels(other)).collect();
        let members: BTreeSet<&AssetId> =
            kit.iter().flat_map(|kit| &kit.members).map(|member| &member.id).collect();
        let (seen, strangers): (Vec<Asset>, Vec<Asset>) =
            assets.into_values().partition(|asset| members.contains(&asset.id));
        let seen = seen.into_iter().map(|asset| asset.id).collect();
        Ok(Burst { kit, strangers, other_kits, seen, unknown })
    }
}

fn ambiguous(things: &[Subject], persons: &[PersonId]) -> Found {
    let persons = persons.iter().map(|id| format!("person/{id}"));
    Found::Ambiguous(things.iter().map(ToString::to_string).chain(persons).collect())
}

/// The kit that holds most, where several labels were read: the case, and not the pouches in it.
fn outermost(kits: &[Kit]) -> Option<&Kit> {
    let rank = |kit: &Kit| (kit.inner.len(), kit.members.len());
    kits.iter().reduce(|best, kit| if rank(kit) > rank(best) { kit } else { best })
}

/// The kit most of whose members were read; of two alike the first by id.
fn most_read(assets: &BTreeMap<AssetId, Asset>) -> Option<KitId> {
    let mut read: BTreeMap<&KitId, usize> = BTreeMap::new();
    for kit in assets.values().filter_map(|asset| asset.kit.as_ref()) {
        *read.entry(kit).or_default() += 1;
    }
    let enough = read.into_iter().filter(|(_, members)| *members >= MEMBERS_MIN);
    enough.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(kit, _)| kit.clone())
}

/// `CODE*5` as the code and 5; no number where it is none that can be carried. None at all is said of an empty shelf.
fn split_count(code: &Code) -> Option<(Code, Option<u32>)> {
    let (rest, count) = code.as_str().rsplit_once('*')?;
    let digits = count.bytes().all(|byte| byte.is_ascii_digit());
    let count = count.parse().ok().filter(|count| digits && (0..=PIECES_MAX).contains(count));
    Some((Code::canonical(rest).ok()?, count))
}
