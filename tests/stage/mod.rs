//! A small studio for tests: a configuration, a ledger in a folder of its own, people and things from one line each.

#![allow(dead_code, reason = "each test uses the part that it needs")]
#![allow(clippy::disallowed_methods, reason = "tests make and read their own files")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cagekeeper::config::{Config, Defaults};
use cagekeeper::domain::code::Code;
use cagekeeper::domain::fact::{
    AssetRegistered, Body, BookingCancelled, BookingMade, Condition, ConditionNoted, Fact, Gear, Inspected,
    KitRegistered, Loan, MaintenanceOpened, MarkedLost, NewFact, PersonEnrolled, ProductionRegistered,
    Quantity, Recalled, RoomRegistered, StockRegistered, StockUse, Subject, TagOf,
};
use cagekeeper::domain::id::{
    AssetId, BookingId, KitId, ModelId, PersonHandle, PersonId, ProductionId, ReaderId, RoomId, StationId,
};
use cagekeeper::domain::known::Identity;
use cagekeeper::domain::loaded::Found;
use cagekeeper::domain::person::{Role, Roles, Suspension};
use cagekeeper::ledger::question::Reader;
use cagekeeper::ledger::{Ledger, LedgerError};
use cagekeeper::time::{MonoMs, Now, UtcMs};
use cagekeeper::writer::{Batch, Input, Reply, Scan, Writer};

pub mod hand;

/// The day on which every story begins: a Monday, in the zone whose winter time is UTC.
pub const DAY: &str = "2026-11-23";

/// A moment of the first day, as `09:00` or `09:00:05.250`, or any day's in RFC 3339 without an offset.
pub fn moment(text: &str) -> UtcMs {
    let text = if text.contains('T') { text.to_owned() } else { format!("{DAY}T{text}") };
    let text = if text.matches(':').count() == 1 { format!("{text}:00") } else { text };
    UtcMs::parse_rfc3339(&format!("{text}Z")).unwrap_or_else(|| panic!("{text} is no time"))
}

/// A span as `20s`, `500ms`, `2h`, in milliseconds.
pub fn span_ms(text: &str) -> u64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().unwrap_or_else(|_| panic!("{text} is no span"));
    number
        * match unit {
            "ms" => 1,
            "s" => 1000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => panic!("{text}: expected ms, s, min or h"),
        }
}

/// The person whom the stage calls so.
pub fn person(handle: &str) -> PersonId {
    PersonId::parse(&format!("p-{handle}")).unwrap()
}

/// A station by its id.
pub fn station(id: &str) -> StationId {
    StationId::parse(id).unwrap()
}

/// A thing as `asset/cam-1`.
pub fn subject(text: &str) -> Subject {
    Subject::parse(text).unwrap_or_else(|| panic!("{text} names nothing"))
}

/// A moment for both clocks.
pub fn now(utc: UtcMs, mono_ms: u64, trusted: bool) -> Now {
    Now { mono: MonoMs(mono_ms), utc, trusted }
}

/// A configuration with these lines of TOML.
pub fn config(toml: &str) -> Config {
    let zone = "Europe/London".parse().unwrap();
    let nowhere = PathBuf::from("/nonexistent");
    let defaults = Defaults { timezone: zone, ledger: nowhere.clone(), control: nowhere };
    Config::parse(toml, None, &defaults).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The TOML of one station.
pub fn station_toml(id: &str, person: &str, spans: &BTreeMap<String, u64>) -> String {
    let mut toml = format!("[[station]]\nid = \"{id}\"\nkind = \"desk\"\nperson = \"{person}\"\n");
    for (word, key) in [
        ("idle", "session_idle_ms"),
        ("confirm", "confirm_ms"),
        ("repeat", "repeat_ms"),
        ("count-idle", "count_idle_ms"),
    ] {
        if let Some(ms) = spans.get(word) {
            toml.push_str(&format!("{key} = {ms}\n"));
        }
    }
    toml
}

/// A folder in memory where the machine has one: these tests are not about what a disk keeps.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A ledger file with its writer.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub config: Config,
    pub writer: Option<Writer>,
    set: usize,
}

impl Stage {
    /// A new ledger under this configuration.
    pub fn new(toml: &str) -> Self {
        let folder = folder();
        let config = config(toml);
        let mut stage = Self { folder, config, writer: None, set: 0 };
        stage.start();
        stage
    }

    /// The ledger file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// Opens the file with a new writer. The one before, if any, is dropped as a crash would.
    pub fn start(&mut self) {
        self.writer = None;
        let ledger = Ledger::open(&self.path(), "here").unwrap();
        self.writer = Some(Writer::new(ledger, &self.config));
    }

    pub fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    pub fn ledger(&self) -> &Ledger {
        self.writer.as_ref().unwrap().ledger()
    }

    pub fn reader(&self) -> Reader {
        self.ledger().reader().unwrap()
    }

    pub fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// Every fact, oldest first.
    pub fn facts(&self) -> Vec<Fact> {
        self.reader().facts_after(0, u32::MAX).unwrap()
    }

    /// Puts a person, thing, room, production or booking on the stage, from a line of a story.
    pub fn set(&mut self, line: &str, at: UtcMs) {
        let (facts, identities) = props(line);
        let count = facts.len();
        let batch = Batch {
            id: "stage".into(),
            first: self.set,
            facts,
            identities,
            known_seq: None,
            now: now(at, 3_600_000, true),
        };
        self.set += count;
        self.writer().handle_group(&[Input::Batch(batch)]).unwrap();
    }

    /// What somebody is in the studio.
    pub fn roles_of(&self, handle: &str) -> Roles {
        let found = self.reader().person(&person(handle)).unwrap();
        match found {
            Found::Person(person) => person.roles,
            _ => panic!("{handle} is nobody"),
        }
    }

    /// A thing as the rules see it.
    pub fn found(&self, of: &Subject, now: UtcMs) -> Found {
        self.reader().thing(of, now).unwrap()
    }

    /// One scan in one commit.
    pub fn scan(&mut self, scan: Scan) -> Reply {
        self.group(vec![scan]).unwrap().remove(0)
    }

    /// Several scans in one commit.
    pub fn group(&mut self, scans: Vec<Scan>) -> Result<Vec<Reply>, LedgerError> {
        let inputs: Vec<Input> = scans.into_iter().map(Input::Scan).collect();
        self.writer().handle_group(&inputs)
    }
}

/// A scan at a station, by its reader.
pub fn scan(id: &str, at_station: &str, payload: &str, now: Now) -> Scan {
    Scan {
        id: id.to_owned(),
        station: station(at_station),
        reader: Some(ReaderId::parse(&format!("{at_station}-gun")).unwrap()),
        payload: payload.to_owned(),
        also: Vec::new(),
        now,
    }
}

/// The words of a line; quotes keep blanks together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// `key value` pairs; a key may stand several times.
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub fn new(words: &[String]) -> Self {
        assert!(words.len().is_multiple_of(2), "{words:?}: every word needs its value");
        Self(words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
    }

    pub fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(of, _)| of == key).map(|(_, value)| value.as_str()).collect()
    }

    pub fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().copied()
    }
}

fn fact(of: &str, body: Body) -> NewFact {
    NewFact { subject: subject(of), actor: None, body }
}

fn assigned(tag: &str, of: &str) -> NewFact {
    let code = Code::canonical(tag).unwrap();
    NewFact {
        subject: Subject::Tag(code),
        actor: None,
        body: Body::TagAssigned(TagOf { thing: subject(of) }),
    }
}

/// The facts and identities of one line of a stage.
fn props(line: &str) -> (Vec<NewFact>, Vec<Identity>) {
    let words = words(line);
    let (kind, id) = (words[0].as_str(), words[1].as_str());
    let whole = format!("{kind}/{id}");
    let named = |from: usize| (words[2].clone(), Pairs::new(&words[from..]));
    match kind {
        "asset" => {
            let (name, more) = named(3);
            (with_tags(fact(&whole, asset(name, &more)), &more), Vec::new())
        }
        "kit" => {
            let (name, more) = named(3);
            let within = more.one("within").map(|kit| KitId::parse(kit).unwrap());
            (with_tags(fact(&whole, Body::KitRegistered(KitRegistered { name, within })), &more), Vec::new())
        }
        "stock" => {
            let more = Pairs::new(&words[5..]);
            let stock = StockRegistered {
                name: words[2].clone(),
                use_: StockUse::parse(&words[3]).unwrap_or_else(|| panic!("{line}: lent or consumed?")),
                count: words[4].parse().unwrap(),
                category: more.one("category").map(str::to_owned),
                home: more.one("home").map(|room| RoomId::parse(room).unwrap()),
                rate_cents: more.one("rate").map(|cents| cents.parse().unwrap()),
            };
            (with_tags(fact(&whole, Body::StockRegistered(stock)), &more), Vec::new())
        }
        "room" => {
            let (name, more) = named(3);
            let hour_rate_cents = more.one("rate").map(|cents| cents.parse().unwrap());
            let room = fact(&whole, Body::RoomRegistered(RoomRegistered { name, hour_rate_cents }));
            (with_tags(room, &more), Vec::new())
        }
        "production" => {
            let (title, more) = named(3);
            (vec![fact(&whole, production(title, &more))], Vec::new())
        }
        "booking" => (vec![fact(&whole, booking(&Pairs::new(&words[2..])))], Vec::new()),
        "cancel" => (vec![fact(&format!("booking/{id}"), cancelled())], Vec::new()),
        "person" => enrolled(id, &words[2], &words[3], &Pairs::new(&words[4..])),
        // A name and a badge without the fact that somebody was enrolled.
        "stranger" => {
            let (_, identities) = enrolled(id, &words[2], "crew", &Pairs::new(&words[3..]));
            (Vec::new(), identities)
        }
        "condition" | "maintenance" | "lost" | "inspected" | "recall" => {
            (vec![fact(&thing_of(id), noted(kind, &words[2..]))], Vec::new())
        }
        "untag" => {
            let released = Body::TagReleased(TagOf { thing: subject(&words[2]) });
            let of = Subject::Tag(Code::canonical(id).unwrap());
            (vec![NewFact { subject: of, actor: None, body: released }], Vec::new())
        }
        _ => panic!("{line}: nothing is put on a stage that way"),
    }
}

fn with_tags(of: NewFact, more: &Pairs) -> Vec<NewFact> {
    let whole = of.subject.to_string();
    let tags = more.all("tag").into_iter().map(|tag| assigned(tag, &whole));
    std::iter::once(of).chain(tags).collect()
}

/// `cam-1`, or a whole subject where it is no asset: `kit/case-a`.
fn thing_of(id: &str) -> String {
    if id.contains('/') { id.to_owned() } else { format!("asset/{id}") }
}

fn asset(name: String, more: &Pairs) -> Body {
    Body::AssetRegistered(AssetRegistered {
        name,
        model: more.one("model").map(|id| ModelId::parse(id).unwrap()),
        category: more.one("category").map(str::to_owned),
        home: more.one("home").map(|id| RoomId::parse(id).unwrap()),
        kit: more.one("kit").map(|id| KitId::parse(id).unwrap()),
        day_rate_cents: more.one("rate").map(|cents| cents.parse().unwrap()),
        week_rate_cents: more.one("week-rate").map(|cents| cents.parse().unwrap()),
        loan: more.one("loan").map(|loan| Loan::parse(loan).unwrap()).unwrap_or_default(),
        restricted_to: more.all("only").into_iter().map(person).collect(),
        certificate: more.one("certificate").map(str::to_owned),
        inspect_every_days: more.one("every").map(|days| days.parse().unwrap()),
        inspection_due: more.one("inspection").map(moment),
        owner: more.one("owner").map(str::to_owned),
        owner_due: more.one("owner-due").map(moment),
        retired: more.one("retired") == Some("yes"),
        ..AssetRegistered::default()
    })
}

fn cancelled() -> Body {
    Body::BookingCancelled(BookingCancelled {})
}

/// What the words after a thing say of its state.
fn noted(kind: &str, words: &[String]) -> Body {
    match kind {
        "condition" => Body::ConditionNoted(ConditionNoted {
            condition: Condition::parse(&words[0]).unwrap_or_else(|| panic!("{words:?}: no condition")),
            person: None,
            missing: Pairs::new(&words[1..])
                .all("missing")
                .into_iter()
                .map(|id| AssetId::parse(id).unwrap())
                .collect(),
            reader: None,
        }),
        "maintenance" => {
            assert!(["block", "flag"].contains(&words[0].as_str()), "{words:?}: block or flag?");
            Body::MaintenanceOpened(MaintenanceOpened { blocks: words[0] == "block", because: None })
        }
        "lost" => Body::MarkedLost(MarkedLost {}),
        "inspected" => Body::Inspected(Inspected { next_due: Pairs::new(words).one("next").map(moment) }),
        _ => Body::Recalled(Recalled {
            wanted_by: moment(&words[0]),
            wanted_for: Pairs::new(&words[1..]).one("for").map(|id| ProductionId::parse(id).unwrap()),
            person: None,
            production: None,
        }),
    }
}

fn production(title: String, more: &Pairs) -> Body {
    Body::ProductionRegistered(ProductionRegistered {
        title,
        client: more.one("client").map(str::to_owned),
        stage: more.one("stage").unwrap_or("production").into(),
        starts: moment("2026-11-01T00:00"),
        ends: moment("2026-12-31T00:00"),
        budget_cents: more.one("budget").map(|cents| cents.parse().unwrap()),
        crew: more.all("crew").into_iter().map(person).collect(),
        crew_roles: BTreeMap::new(),
        gear: Gear::default(),
    })
}

/// `fx6*3` as three of it.
fn quantity(text: &str) -> Quantity {
    let (of, count) = text.rsplit_once('*').unwrap_or((text, "1"));
    Quantity { of: of.to_owned(), count: count.parse().unwrap() }
}

fn span_of(more: &Pairs, key: &str) -> i64 {
    more.one(key).map_or(0, |span| i64::try_from(span_ms(span)).unwrap())
}

fn booking(more: &Pairs) -> Body {
    Body::BookingMade(BookingMade {
        production: more.one("production").map(|id| ProductionId::parse(id).unwrap()),
        client: more.one("client").map(str::to_owned),
        person: more.one("person").map(person),
        rooms: more.all("room").into_iter().map(|id| RoomId::parse(id).unwrap()).collect(),
        assets: more.all("asset").into_iter().map(|id| AssetId::parse(id).unwrap()).collect(),
        kits: more.all("kit").into_iter().map(|id| KitId::parse(id).unwrap()).collect(),
        models: more.all("model").into_iter().map(quantity).collect(),
        stock: more.all("stock").into_iter().map(quantity).collect(),
        crew: more.all("crew").into_iter().map(person).collect(),
        starts: moment(more.one("starts").unwrap()),
        ends: moment(more.one("ends").unwrap()),
        status: more.one("status").unwrap_or("confirmed").into(),
        title: more.one("title").map(str::to_owned),
        prepare_ms: span_of(more, "prepare"),
        clean_up_ms: span_of(more, "clean-up"),
        series: None,
        overrides: Vec::new(),
        confirmed_by: None,
    })
}

fn enrolled(handle: &str, name: &str, role: &str, more: &Pairs) -> (Vec<NewFact>, Vec<Identity>) {
    let role = Role::parse(role).unwrap_or_else(|| panic!("{role} is no role"));
    let enrolled = PersonEnrolled {
        role,
        also: more.all("also").into_iter().map(|role| Role::parse(role).unwrap()).collect(),
        suspended: more
            .one("suspended")
            .map(|until| Suspension { until: if until == "yes" { None } else { Some(moment(until)) } }),
        certificates: more.all("certificate").into_iter().map(str::to_owned).collect(),
        active_until: more.one("until").map(moment),
    };
    let identity = Identity {
        person: person(handle),
        handle: PersonHandle::parse(handle).unwrap(),
        name: name.to_owned(),
        email: None,
        phone: None,
        badges: more.all("badge").into_iter().map(|badge| Code::canonical(badge).unwrap()).collect(),
    };
    (vec![fact(&format!("person/p-{handle}"), Body::PersonEnrolled(enrolled))], vec![identity])
}

/// A person's handle, from the id that facts name.
pub fn handle_of(person: &PersonId) -> &str {
    person.as_str().strip_prefix("p-").unwrap_or(person.as_str())
}

/// A booking id as text.
pub fn booking_id(id: &str) -> BookingId {
    BookingId::parse(id).unwrap()
}

/// Every row that facts make in a ledger file, without the numbers that are this file's own.
pub fn projections(path: &Path) -> Vec<String> {
    let conn = rusqlite::Connection::open(path).unwrap();
    let queries = [
        "SELECT 'subject', subject, hlc, origin, origin_seq FROM subject ORDER BY subject",
        "SELECT 'asset', * FROM asset ORDER BY id",
        "SELECT 'kit', * FROM kit ORDER BY id",
        "SELECT 'room', * FROM room ORDER BY id",
        "SELECT 'production', * FROM production ORDER BY id",
        "SELECT 'booking', * FROM booking ORDER BY id",
        "SELECT 'booking_person', * FROM booking_person ORDER BY person, ends_ms, booking",
        "SELECT 'person', * FROM person ORDER BY id",
        "SELECT 'tag', * FROM tag ORDER BY code, thing",
        "SELECT 'custody', * FROM custody ORDER BY subject",
        "SELECT 'standing', * FROM standing ORDER BY subject",
        "SELECT 'job', * FROM job ORDER BY fact",
        "SELECT 'stock', * FROM stock ORDER BY id",
        "SELECT 'stock_out', * FROM stock_out ORDER BY stock, person, production, booking",
        "SELECT 'usage', * FROM usage ORDER BY fact",
        "SELECT 'claim', * FROM claim ORDER BY resource, until_ms, booking",
        "SELECT 'stay', * FROM stay ORDER BY fact",
        "SELECT 'count', * FROM count ORDER BY id",
        "SELECT 'counted', * FROM counted ORDER BY subject, count",
        "SELECT 'passing', * FROM passing ORDER BY subject",
    ];
    queries.iter().flat_map(|sql| dump(&conn, sql)).collect()
}

/// The rows of a query, each as one line.
pub fn dump(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        let cells: Vec<String> = (0..columns).map(|column| cell(row.get(column).unwrap())).collect();
        Ok(cells.join(" | "))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn cell(value: rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "-".into(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    }
}
