//! Facts that earlier versions wrote: `tests/facts/v<version>/<kind>.json`.
//!
//! If a test here fails, do not change the fixture. It is what stands in ledgers for ever: mend the program so that
//! it reads the old form, and write a new form under a new version beside it.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::BTreeSet;
use std::path::Path;

use cagekeeper::domain::fact::Fact;
use cagekeeper::ledger::Ledger;
use rusqlite::params;
use serde_json::Value;

mod stage;

/// The order in which the fixtures are laid into a ledger; a kind without a place here fails. A kind that learned to say
/// more has a second file, `<kind>.<what>`.
const ORDER: &[&str] = &[
    "asset-registered",
    "kit-registered",
    "stock-registered",
    "room-registered",
    "production-registered",
    "booking-made",
    "booking-cancelled",
    "person-enrolled",
    "tag-assigned",
    "tag-released",
    "checked-out",
    "returned",
    "handed-over",
    "sighted",
    "extended",
    "stock-taken",
    "stock-returned",
    "stock-counted",
    "recalled",
    "recall-withdrawn",
    "condition-noted",
    "maintenance-opened",
    "maintenance-closed",
    "inspected",
    "marked-lost",
    "asset-registered.rules",
    "kit-registered.within",
    "production-registered.crew",
    "booking-made.buffers",
    "person-enrolled.standing",
    "checked-out.overrides",
    "annulled",
    "person-entered",
    "person-left",
    "count-begun",
    "count-ended",
    "count-cancelled",
    "missed",
    "sighted.counted",
    "returned.counted",
    "stock-counted.room",
    "passed",
];

/// One fact as the columns of its row hold it.
struct Frozen {
    id: String,
    subject: String,
    kind: String,
    version: i64,
    body: String,
}

fn kind_of(stem: &str) -> &str {
    stem.split('.').next().unwrap()
}

fn frozen() -> Vec<Frozen> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/v1");
    let read = |stem: &&'static str| {
        let (stem, kind) = (*stem, kind_of(stem));
        let text = std::fs::read_to_string(folder.join(format!("{stem}.json"))).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(file["kind"], kind);
        let facts = file["facts"].as_array().unwrap().clone();
        facts.into_iter().enumerate().map(move |(index, fact)| Frozen {
            id: format!("v1.{stem}.{index}"),
            subject: fact["subject"].as_str().unwrap().to_owned(),
            kind: file["kind"].as_str().unwrap().to_owned(),
            version: file["version"].as_i64().unwrap(),
            body: serde_json::to_string(&fact["body"]).unwrap(),
        })
    };
    ORDER.iter().flat_map(read).collect()
}

/// Writes the rows as the version did that froze them, past today's program.
fn ledger_of_old(path: &Path) -> Vec<Fact> {
    Ledger::open(path, "old").unwrap().close().unwrap();
    let conn = rusqlite::Connection::open(path).unwrap();
    let sql = "INSERT INTO fact (seq, id, scan_id, origin, origin_seq, hlc, at_ms, clock_trusted, station, actor,
               subject, kind, version, body) VALUES (?1, ?2, 'v1', 'old', ?1, ?3, ?4, 1, 'cage', NULL, ?5, ?6, ?7, ?8)";
    for (seq, fact) in (1_i64..).zip(frozen()) {
        let at_ms = 1_795_424_400_000 + seq;
        let values =
            params![seq, fact.id, at_ms << 16, at_ms, fact.subject, fact.kind, fact.version, fact.body];
        conn.execute(sql, values).unwrap();
    }
    drop(conn);
    let ledger = Ledger::open(path, "old").unwrap();
    ledger.reader().unwrap().facts_after(0, 10_000).unwrap()
}

#[test]
fn every_fact_ever_written_is_read_and_written_back_as_it_stood() {
    let folder = stage::folder();
    let facts = ledger_of_old(&folder.path().join("old.db"));
    let new = folder.path().join("new.db");
    let mut ledger = Ledger::open(&new, "new").unwrap();
    ledger.transaction(|ledger| facts.iter().try_for_each(|fact| ledger.adopt(fact).map(drop))).unwrap();
    let conn = rusqlite::Connection::open(&new).unwrap();
    let mut statement = conn.prepare("SELECT subject, kind, version, body FROM fact ORDER BY seq").unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let written: Vec<(String, String, i64, String)> =
        statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    let stood: Vec<_> =
        frozen().into_iter().map(|fact| (fact.subject, fact.kind, fact.version, fact.body)).collect();
    assert_eq!(written, stood);
    assert!(ledger.reader().unwrap().verify().unwrap().is_whole());
}

#[test]
fn every_fact_ever_written_still_makes_the_same_rows() {
    let folder = stage::folder();
    let facts = ledger_of_old(&folder.path().join("old.db"));
    let new = folder.path().join("new.db");
    let mut ledger = Ledger::open(&new, "new").unwrap();
    ledger.transaction(|ledger| facts.iter().try_for_each(|fact| ledger.adopt(fact).map(drop))).unwrap();
    let rows = stage::projections(&new);
    let rows: Vec<&str> =
        rows.iter().map(String::as_str).filter(|row| !row.starts_with("subject |")).collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn every_kind_of_fact_has_its_fixture() {
    let source =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/fact/mod.rs")).unwrap();
    let kinds = source.split_once("impl Body {").unwrap().1.split_once("\n    }\n").unwrap().0;
    let kinds: BTreeSet<&str> =
        kinds.split("=> \"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(kinds.len() >= 30);
    assert_eq!(kinds, ORDER.iter().map(|stem| kind_of(stem)).collect());
}
