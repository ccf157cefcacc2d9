//! What the command line and the daemon say to each other over the control socket, and the JSON of their answers.
//!
//! One request a line; the answer is one or more lines, the last with `"done":true`:
//!
//! ```text
//! > {"verb":"scan","station":"cage","code":"CAM-1"}
//! < {"done":true,"ok":true,"scan":{"scan":"…","station":"cage","level":"done","code":"checked-out",…}}
//! > {"verb":"import","kind":"assets","file":"assets.csv","bytes":"69642c…","dry_run":false}
//! < {"progress":{"rows":250,"of":1000}}
//! < {"done":true,"ok":false,"exit":2,"errors":["assets.csv:3: column home: found …"]}
//! > {"verb":"order","command":{"do":"extend","thing":"asset/cam-1"},"confirm":false}
//! < {"done":true,"ok":true,"scan":{"scan":"…","station":"control","level":"done","code":"extended",…}}
//! ```

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domain::command::Command;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, KitId, PersonHandle, PersonId, ReaderId, SiteId, StationId};
use crate::domain::verdict::{SIGNAL_CHARS_MAX, Telling, Verdict};
use crate::domain::words::fit;
use crate::import::Kind;
use crate::ledger::question::{Named, Reader};
use crate::ledger::{Ledger, LedgerError};
use crate::time::UtcMs;
use crate::writer::{Answer, Reply};

mod calendar;
mod enrol;
mod feed;
mod forget;
mod gate;
mod import;
mod tap;
pub mod text_bytes;

pub use calendar::{CalendarStatus, Said, Synced};
pub use enrol::{Enrolment, NotEnrolled};
pub use feed::{FeedOf, House, feed};
pub use forget::Forgetting;
pub use gate::GateStatus;
pub use import::{ChangeShown, Imported, KindShown, MapFile, asked, batches};
pub use tap::Tapped;
use text_bytes::{from_hex, from_hex_if, to_hex, to_hex_if};

/// The largest file that goes through the daemon: several hundred thousand rows. As hex it fits the longest request.
pub const IMPORT_BYTES_MAX: usize = 30 * 1024 * 1024;

/// What the command line asks of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// A code typed by hand at a station.
    Scan {
        /// Where.
        station: StationId,
        /// The code.
        code: String,
        /// Codes that were read together with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// How the daemon is.
    Status,
    /// Something to be done by hand.
    Order {
        /// What.
        command: Box<Command>,
        /// Whoever asks has answered what may be asked.
        #[serde(default)]
        confirm: bool,
    },
    /// Somebody is to be known, or known better.
    Person(Box<Enrolment>),
    /// What a reader gives from now on, until who asked hangs up.
    Tap {
        /// The reader.
        reader: ReaderId,
        /// Whether its scans are kept from the ledger meanwhile.
        #[serde(default)]
        hold: bool,
    },
    /// A file of things, people or plans.
    Import {
        /// What it is about; without it the file's header says so, or the mapping.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// How it is read, where it is somebody else's that nobody knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        map: Option<MapFile>,
        /// Its name in errors.
        file: String,
        /// The file, as pairs of hex digits.
        #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
        bytes: Vec<u8>,
        /// Whether only to say what would be recorded.
        #[serde(default)]
        dry_run: bool,
    },
    /// A calendar of the configuration is to be read now.
    Calendar {
        /// Its id.
        calendar: String,
        /// Whether most of its bookings may vanish.
        #[serde(default)]
        confirm: bool,
        /// Whether only to say what would be done.
        #[serde(default)]
        dry_run: bool,
        /// What to read instead of what the configuration names, as pairs of hex digits.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "to_hex_if",
            deserialize_with = "from_hex_if"
        )]
        bytes: Option<Vec<u8>>,
    },
    /// Somebody is to be forgotten.
    Forget {
        /// Who.
        person: PersonId,
        /// Also somebody who holds gear or has bookings before them.
        #[serde(default)]
        even_so: bool,
        /// Without it only what would be erased is said.
        #[serde(default)]
        yes: bool,
    },
}

/// One line of the daemon's answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Response {
    /// Whether it is the last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// Whether what was asked was done; on the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// How far an import is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The answer to a scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanShown>,
    /// How the daemon is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<Status>>,
    /// What an import did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Imported>,
    /// What a reader gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tap: Option<Tapped>,
    /// What reading a calendar did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Box<Synced>>,
    /// What of somebody was erased, or would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgetting: Option<Box<Forgetting>>,
    /// The exit code of the command line where it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// Why it was not done, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Rows recorded.
    pub rows: usize,
    /// Rows that are new or different.
    pub of: usize,
}

impl Response {
    /// The answer to a scan.
    pub fn scan(scan: ScanShown) -> Self {
        Self { done: true, ok: Some(true), scan: Some(scan), ..Self::default() }
    }

    /// How the daemon is.
    pub fn status(status: Status) -> Self {
        Self { done: true, ok: Some(true), status: Some(Box::new(status)), ..Self::default() }
    }

    /// What an import did.
    pub fn import(import: Imported) -> Self {
        Self { done: true, ok: Some(true), import: Some(import), ..Self::default() }
    }

    /// What reading a calendar did.
    pub fn calendar(synced: Synced) -> Self {
        Self { done: true, ok: Some(true), calendar: Some(Box::new(synced)), ..Self::default() }
    }

    /// What of somebody was erased, or would be.
    pub fn forgetting(forgetting: Forgetting) -> Self {
        Self { done: true, ok: Some(true), forgetting: Some(Box::new(forgetting)), ..Self::default() }
    }

    /// How far an import is.
    pub fn progress(rows: usize, of: usize) -> Self {
        Self { progress: Some(Progress { rows, of }), ..Self::default() }
    }

    /// Why it was not done: the exit code of the command line and its sentences.
    pub fn refused(exit: u8, errors: Vec<String>) -> Self {
        Self { done: true, ok: Some(false), exit: Some(exit), errors, ..Self::default() }
    }
}

/// A verdict as `scan` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanShown {
    /// The scan.
    pub scan: String,
    /// Where.
    pub station: StationId,
    /// `done`, `notice`, `ask`, `refused` or `again`.
    pub level: String,
    /// The code of the verdict.
    pub code: String,
    /// What a display of 32 characters shows.
    pub text: String,
    /// The whole answer.
    pub sentence: String,
    /// The asset it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetId>,
    /// The kit it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitId>,
    /// Who has the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The same by the id of the studio's own list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_handle: Option<PersonHandle>,
    /// The same by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    /// The number of its last fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// Whether the scan had been recorded before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already: bool,
    /// Why a booking cannot be had, each a sentence: who has what, until when, and what is free instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
}

impl ScanShown {
    /// An answer with the names of people as `named` gives them, times in the studio's zone.
    pub fn of(answer: &Answer, named: &dyn Fn(&PersonId) -> Named, (zone, names): (Tz, bool)) -> Self {
        let telling = Telling { names, zone, now: answer.at };
        let who = answer.person.as_ref().map(named);
        let subject = answer.verdict.what().map(|what| &what.subject);
        let verdict = person_named(&answer.verdict, named);
        Self {
            scan: answer.scan.clone().unwrap_or_default(),
            station: answer.station.clone(),
            level: answer.level().name().to_owned(),
            code: answer.verdict.code().to_owned(),
            text: verdict.text(&telling),
            sentence: verdict.sentence(&telling),
            asset: subject.and_then(asset_of),
            kit: subject.and_then(kit_of),
            person: answer.person.clone(),
            person_handle: who.as_ref().and_then(|who| who.handle.clone()),
            person_name: who.and_then(|who| who.name),
            seq: answer.seq,
            already: false,
            conflicts: conflicts(&answer.verdict, &telling),
        }
    }

    /// What was recorded of somebody.
    pub fn enrolled(scan: String, station: StationId, named: Named) -> Self {
        let name = named.name.clone().unwrap_or_default();
        let sentence = format!("Recorded: {name} (person/{})", named.person);
        Self {
            scan,
            station,
            level: "done".to_owned(),
            code: "registered".to_owned(),
            text: fit(&sentence, SIGNAL_CHARS_MAX),
            sentence,
            asset: None,
            kit: None,
            person: Some(named.person),
            person_handle: named.handle,
            person_name: named.name,
            seq: None,
            already: false,
            conflicts: Vec::new(),
        }
    }

    /// What a reply says of a scan; `None` for replies to anything else.
    ///
    /// `told` is the studio's zone, and whether sentences may name people.
    pub fn of_reply(reply: &Reply, named: &dyn Fn(&PersonId) -> Named, told: (Tz, bool)) -> Option<Self> {
        match reply {
            Reply::Decided(answer) => Some(Self::of(answer, named, told)),
            Reply::AlreadyThere { scan, station, level, verdict, sentence, .. } => Some(Self {
                scan: scan.clone(),
                station: station.clone(),
                level: level.clone(),
                code: verdict.clone(),
                text: fit(sentence, SIGNAL_CHARS_MAX),
                sentence: sentence.clone(),
                asset: None,
                kit: None,
                person: None,
                person_handle: None,
                person_name: None,
                seq: None,
                already: true,
                conflicts: Vec::new(),
            }),
            _ => None,
        }
    }

    /// Whether nobody needs to do anything more: done, notice or again.
    pub fn is_yes(&self) -> bool {
        !matches!(self.level.as_str(), "ask" | "refused")
    }
}

/// Who somebody is stands in no fact: a person that was registered is named here.
fn person_named(verdict: &Verdict, named: &dyn Fn(&PersonId) -> Named) -> Verdict {
    match verdict {
        Verdict::Registered { subject: Subject::Person(person), name, is_out } => Verdict::Registered {
            is_out: *is_out,
            subject: Subject::Person(person.clone()),
            name: named(person).name.unwrap_or_else(|| name.clone()),
        },
        other => other.clone(),
    }
}

fn conflicts(verdict: &Verdict, telling: &Telling) -> Vec<String> {
    match verdict {
        Verdict::BookingConflict { conflicts, .. } => {
            conflicts.iter().map(|conflict| conflict.say(telling)).collect()
        }
        _ => Vec::new(),
    }
}

fn asset_of(subject: &Subject) -> Option<AssetId> {
    match subject {
        Subject::Asset(id) => Some(id.clone()),
        _ => None,
    }
}

fn kit_of(subject: &Subject) -> Option<KitId> {
    match subject {
        Subject::Kit(id) => Some(id.clone()),
        _ => None,
    }
}

/// Whether a daemon runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DaemonState {
    /// It answers at its control socket.
    Running,
    /// Nobody answers there.
    Stopped,
}

/// What `status` shows. What only a running daemon knows is absent while it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it runs.
    pub daemon: DaemonState,
    /// The program's version.
    pub version: String,
    /// The studio.
    pub site: SiteId,
    /// The ledger; absent where there is none yet.
    pub ledger: Option<LedgerStatus>,
    /// Since when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<UtcMs>,
    /// False while the storage refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<bool>,
    /// Whether the clock is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_trusted: Option<bool>,
    /// The connection to the broker, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<String>,
    /// Events that the broker has not taken yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<i64>,
    /// The devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<ReaderStatus>,
    /// Scanners that are plugged in and that no reader reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unbound: Vec<String>,
    /// The lamps on wires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lamps: Vec<ReaderStatus>,
    /// What is the matter, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trouble: Vec<String>,
    /// The calendars from which bookings come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<CalendarStatus>,
    /// What is served over HTTP, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// The gates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateStatus>,
}

/// The ledger in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the number of what it is called")]
pub struct LedgerStatus {
    /// The file.
    pub path: String,
    /// The number of the newest fact.
    pub head_seq: i64,
    pub assets: i64,
    pub kits: i64,
    pub people: i64,
    pub rooms: i64,
    pub productions: i64,
    pub bookings: i64,
    /// Assets out.
    pub out: i64,
    /// Assets out beyond their time.
    pub overdue: i64,
    /// Codes that nobody knows, within the scan log.
    pub unknown_tags: i64,
}

impl LedgerStatus {
    /// Counts at `now`.
    pub fn of(reader: &Reader, now: UtcMs) -> Result<Self, LedgerError> {
        let [assets, kits, people, rooms, productions, bookings] = reader.counts()?;
        let summary = reader.summary(now)?;
        Ok(Self {
            path: reader.path().display().to_string(),
            head_seq: summary.seq,
            assets,
            kits,
            people,
            rooms,
            productions,
            bookings,
            out: summary.out,
            overdue: summary.overdue,
            unknown_tags: summary.unknown_tags,
        })
    }
}

/// A device of a running daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderStatus {
    /// The reader.
    pub id: String,
    /// Where it stands.
    pub station: StationId,
    /// How it is, in one word.
    pub state: String,
    /// Which device, or what is the matter.
    pub detail: String,
}

/// How the command line names people: by the ledger's own list.
pub fn named(ledger: &Ledger, person: &PersonId) -> Named {
    let nobody = || Named::by_id(person.clone());
    ledger.named(person).unwrap_or_else(|_| nobody())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_one_line_of_json() {
        let request = Request::Import {
            kind: Some(Kind::Assets),
            map: None,
            file: "a.csv".to_owned(),
            bytes: b"id\n\xff".to_vec(),
            dry_run: false,
        };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(
            line,
            r#"{"verb":"import","kind":"assets","file":"a.csv","bytes":"69640aff","dry_run":false}"#
        );
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        for bad in ["69640", "zz"] {
            assert!(serde_json::from_str::<Request>(&line.replace("69640aff", bad)).is_err(), "{bad}");
        }
        assert_eq!(serde_json::from_str::<Request>(r#"{"verb":"status"}"#).unwrap(), Request::Status);
    }

    #[test]
    fn what_is_absent_takes_no_room() {
        let text = |response: Response| serde_json::to_string(&response).unwrap();
        assert_eq!(text(Response::progress(1, 2)), r#"{"progress":{"rows":1,"of":2}}"#);
        assert_eq!(
            text(Response::refused(2, vec!["No.".to_owned()])),
            r#"{"done":true,"ok":false,"exit":2,"errors":["No."]}"#
        );
    }
}
