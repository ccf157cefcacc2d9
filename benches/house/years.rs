//! The ledger of a house that has scanned two thousand times a day for years: facts as the daemon would have written them,
//! laid down by the ledger's own `insert` and `apply`, but in a few large transactions and without waiting for the disk.
//! Ten million take minutes, so the file is kept.
#![allow(dead_code, reason = "each benchmark uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and keeps a file")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops where it cannot go on")]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cagekeeper::config::{Config, Defaults};
use cagekeeper::domain::code::Code;
use cagekeeper::domain::fact::{Body, Fact, Movement, Subject};
use cagekeeper::domain::hlc::Hlc;
use cagekeeper::domain::id::{AssetId, PersonId, ProductionId, ReaderId, StationId};
use cagekeeper::ledger::append::insert;
use cagekeeper::ledger::apply::apply;
use cagekeeper::ledger::{Ledger, LedgerError};
use cagekeeper::station::ids::Ids;
use cagekeeper::time::UtcMs;
use cagekeeper::writer::Writer;
use rusqlite::{Connection, params};
use serde_json::json;

use super::{HOUR_MS, MORNING, PEOPLE, at, fact, furnish, is_member};

pub const ASSETS: usize = 100_000;
pub const BOOKINGS: usize = 20_000;
/// Scans a day.
pub const DAILY: i64 = 2_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const SCAN_MS: i64 = DAY_MS / DAILY;
/// Things that are out at any time.
const OUT: usize = 3_000;
/// Days for which the scan log is kept.
const LOG_DAYS: i64 = 400;
/// Facts after which it is said how far this has got.
const STEP: i64 = 500_000;
/// Indexes that no fold asks are made at the end: sorted, that is a fraction of the work.
const LATER: [&str; 3] = ["fact_of_subject", "fact_of_scan", "usage_of_production"];
const STATEMENTS: usize = 256;

/// Where large ledgers are kept: `CAGEKEEPER_BENCH_DIR`, else below `/var/tmp`.
pub fn folder() -> PathBuf {
    std::env::var_os("CAGEKEEPER_BENCH_DIR")
        .map_or_else(|| PathBuf::from("/var/tmp/cagekeeper-bench"), PathBuf::from)
}

/// A writer with two desks over that file.
pub fn writer(path: &Path) -> Result<Writer, LedgerError> {
    let nowhere = PathBuf::from("/nonexistent");
    let defaults = Defaults { timezone: chrono_tz::Tz::UTC, ledger: nowhere.clone(), control: nowhere };
    let toml = "[[station]]\nid = \"cage\"\n[[station]]\nid = \"idle\"\n";
    let config = Config::parse(toml, None, &defaults).unwrap();
    Ok(Writer::new(Ledger::open(path, "bench")?, &config))
}

/// The ledger with so many facts; made where it is missing. A schema has a file of its own, so that none is migrated.
pub fn ledger(facts: i64) -> PathBuf {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    let making = folder.join(format!("making-{}.db", std::process::id()));
    drop(writer(&making).unwrap());
    let schema: i64 =
        Connection::open(&making).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let path = folder.join(format!("years-{facts}-schema-{schema}.db"));
    if !path.exists() {
        make(&making, facts);
        std::fs::rename(&making, &path).unwrap();
    }
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{end}", making.display()));
    }
    path
}

fn make(path: &Path, facts: i64) {
    let begun = Instant::now();
    let start = MORNING.plus(-(facts + 1) * SCAN_MS);
    let mut writer = writer(path).unwrap();
    furnish(&mut writer, ASSETS, BOOKINGS, at(start));
    drop(writer);
    println!("{}: furnished in {:.0} s", path.display(), begun.elapsed().as_secs_f64());
    let mut years = Years::over(path, start);
    // One commit: each would write most pages of the indexes over random ids again.
    years.conn.execute_batch("BEGIN").unwrap();
    let later = years.without_indexes();
    while years.seq < facts {
        let end = facts.min(years.seq + STEP);
        years.go_on(end);
        println!("{end} facts after {:.0} s", begun.elapsed().as_secs_f64());
    }
    later.iter().for_each(|sql| years.conn.execute_batch(sql).unwrap());
    years.conn.execute_batch("COMMIT").unwrap();
    println!("{facts} facts with all indexes after {:.0} s", begun.elapsed().as_secs_f64());
    years.close();
}

/// A ledger that is being filled.
struct Years {
    conn: Connection,
    start: UtcMs,
    seq: i64,
    ids: Ids,
    chance: u64,
    out: VecDeque<(usize, usize, UtcMs)>,
    is_out: Vec<bool>,
}

impl Years {
    fn over(path: &Path, start: UtcMs) -> Self {
        let conn = Connection::open(path).unwrap();
        for (name, value) in [
            ("journal_mode", "OFF"),
            ("synchronous", "OFF"),
            ("locking_mode", "EXCLUSIVE"),
            ("cache_size", "-5000000"),
        ] {
            conn.pragma_update(None, name, value).unwrap();
        }
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        let seq = conn.query_row("SELECT max(seq) FROM fact", [], |row| row.get(0)).unwrap();
        let (out, is_out) = (VecDeque::new(), vec![false; ASSETS]);
        Self { conn, start, seq, ids: Ids::new([7; 16]), chance: 42, out, is_out }
    }

    /// Drops [`LATER`]; gives the statements that make them again.
    fn without_indexes(&self) -> Vec<String> {
        let sql = |name: &&str| -> String {
            let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1";
            self.conn.query_row(sql, [name], |row| row.get(0)).unwrap()
        };
        let later = LATER.iter().map(sql).collect();
        LATER.iter().for_each(|name| self.conn.execute_batch(&format!("DROP INDEX {name}")).unwrap());
        later
    }

    /// A number below `end`, the same in each run.
    fn draw(&mut self, end: usize) -> usize {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 33).unwrap() % end
    }

    fn go_on(&mut self, end: i64) {
        while self.seq < end {
            let now = self.start.plus((self.seq + 1) * SCAN_MS);
            if self.out.len() < OUT || self.seq % 2 == 0 {
                self.take(now);
            } else {
                self.bring(now);
            }
        }
    }

    fn take(&mut self, now: UtcMs) {
        let asset = loop {
            let asset = self.draw(ASSETS);
            if !is_member(asset) && !self.is_out.get(asset).copied().unwrap_or_default() {
                break asset;
            }
        };
        let (person, due) = (self.draw(PEOPLE), now.plus(3 * DAY_MS));
        let week = (now.0 - self.start.0) / (7 * DAY_MS);
        let production = format!("prod-{week}");
        self.show(&production, now);
        let movement = Movement {
            person: PersonId::parse(&format!("p-{person}")).ok(),
            production: ProductionId::parse(&production).ok(),
            due: Some(due),
            reader: ReaderId::parse("gun").ok(),
            code: Code::canonical(&format!("A{asset}")).ok(),
            ..Movement::default()
        };
        self.out.push_back((asset, person, due));
        self.is_out.splice(asset..=asset, [true]);
        self.scan(asset, person, now, Body::CheckedOut(movement));
    }

    fn bring(&mut self, now: UtcMs) {
        let Some((asset, person, due)) = self.out.pop_front() else { return };
        let who = PersonId::parse(&format!("p-{person}")).ok();
        let movement = Movement {
            person: who.clone(),
            from: who,
            due: Some(due),
            reader: ReaderId::parse("gun").ok(),
            code: Code::canonical(&format!("A{asset}")).ok(),
            ..Movement::default()
        };
        self.is_out.splice(asset..=asset, [false]);
        self.scan(asset, person, now, Body::Returned(movement));
    }

    /// A production of its own for each week.
    fn show(&mut self, id: &str, now: UtcMs) {
        let sql = "SELECT count(*) FROM production WHERE id = ?1";
        let known: i64 = self.conn.prepare_cached(sql).unwrap().query_row([id], |row| row.get(0)).unwrap();
        if known == 0 {
            let body = json!({ "title": id, "stage": "production", "starts": now, "ends": now.plus(7 * DAY_MS),
                               "budget_cents": 12_500_000 });
            let new = fact(&format!("production/{id}"), "production-registered", &body);
            self.add(new.subject, new.body, None, now);
        }
    }

    fn scan(&mut self, asset: usize, person: usize, now: UtcMs, body: Body) {
        let subject = Subject::Asset(AssetId::parse(&format!("a-{asset}")).unwrap());
        let actor = PersonId::parse(&format!("p-{person}")).ok();
        let (verdict, thing) = (body.kind(), subject.to_string());
        let scan = self.add(subject, body, actor, now);
        if now.0 < MORNING.0 - LOG_DAYS * DAY_MS {
            return;
        }
        let sql =
            "INSERT INTO scan (id, at_ms, station, reader, code, thing, level, verdict, sentence, times)
                   VALUES (?1, ?2, 'cage', 'gun', ?3, ?4, 'done', ?5, ?6, 1)";
        let said = format!("Asset {asset}: {verdict}, due Friday 18:00");
        let values = params![scan, now, format!("A{asset}"), thing, verdict, said];
        self.conn.prepare_cached(sql).unwrap().execute(values).unwrap();
    }

    fn add(&mut self, subject: Subject, body: Body, actor: Option<PersonId>, at: UtcMs) -> String {
        self.seq += 1;
        let scan_id = self.ids.next_id();
        let fact = Fact {
            seq: self.seq,
            id: format!("{scan_id}.0"),
            scan_id: scan_id.clone(),
            origin: "bench".to_owned(),
            origin_seq: self.seq,
            hlc: Hlc(at.0 << 16),
            at,
            clock_trusted: true,
            station: StationId::parse("cage").ok(),
            actor,
            subject,
            body,
        };
        insert(&self.conn, &fact).unwrap();
        apply(&self.conn, &fact).unwrap();
        scan_id
    }

    /// Everything was published, and the daemon stopped in order.
    fn close(self) {
        let sql = "INSERT OR REPLACE INTO cursor (name, seq) VALUES ('mqtt', ?1)";
        self.conn.execute(sql, [self.seq]).unwrap();
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('stopped', 'in order')";
        self.conn.execute(sql, []).unwrap();
        self.conn.pragma_update(None, "locking_mode", "NORMAL").unwrap();
        self.conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        self.conn.close().map_err(|(_, error)| error).unwrap();
    }
}
