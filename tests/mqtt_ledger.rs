//! The ledger told on MQTT, against a real mosquitto: nothing is lost and nothing is invented.
#![allow(clippy::disallowed_methods, reason = "waits for brokers")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cagekeeper::config::{ClockTrust, Config, Defaults};
use cagekeeper::domain::fact::{
    AssetRegistered, Body, Condition, ConditionNoted, MaintenanceOpened, MarkedLost, NewFact, PersonEnrolled,
    StockRegistered, StockUse, Subject, TagOf,
};
use cagekeeper::domain::id::{AssetId, PersonHandle, PersonId, ReaderId, RoomId, StationId};
use cagekeeper::domain::known::Identity;
use cagekeeper::domain::person::Role;
use cagekeeper::io::clock::Clock;
use cagekeeper::io::mqtt::payload::{self, ReaderReport, Reports};
use cagekeeper::io::mqtt::{MqttHandle, MqttInputs, MqttStatus, PublisherSetup, publisher};
use cagekeeper::io::readers::State;
use cagekeeper::io::writing::{self, Notice, WriterHandle};
use cagekeeper::ledger::{Ledger, Reader};
use cagekeeper::time::{MonoMs, Now, Timekeeper};
use cagekeeper::writer::{Batch, Input, Reply, Scan, Writer};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::sync::{mpsc, watch};

#[path = "real/mosquitto.rs"]
mod mosquitto;

use mosquitto::{Collector, Got, Mosquitto, Persistence};

const ROOT: &str = "cagekeeper/v1/studio";
const PATIENCE: Duration = Duration::from_secs(90);
const ASSETS: usize = 40;

/// One thread, as in the daemon.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("within a minute and a half") })
}

fn now() -> Now {
    // Past the first minute, in which a rescan counts as one that a crash hid.
    Now { mono: MonoMs(100_000), utc: clock().utc(), trusted: true }
}

fn clock() -> Clock {
    Clock::start(ClockTrust::Fixed(true))
}

fn config(folder: &Path, mqtt: &str) -> Config {
    let text = format!(
        "site = \"studio\"\ntimezone = \"UTC\"\n[ledger]\npath = \"{}/ledger.db\"\n[mqtt]\n{mqtt}\n\
         [[station]]\nid = \"cage\"\nkind = \"desk\"\nperson = \"optional\"\nrepeat_ms = 0\n",
        folder.display()
    );
    let defaults = Defaults {
        timezone: chrono_tz::Tz::UTC,
        ledger: PathBuf::from("unused"),
        control: PathBuf::from("unused"),
    };
    Config::parse(&text, None, &defaults).unwrap_or_else(|errors| panic!("{errors}"))
}

fn url(port: u16) -> String {
    format!("url = \"mqtt://127.0.0.1:{port}\"\nrepublish_per_s = 2000")
}

/// A daemon without its readers.
struct Cage {
    config: Config,
    writer: WriterHandle,
    thread: std::thread::JoinHandle<Ledger>,
    head: watch::Receiver<i64>,
    reports: watch::Sender<Reports>,
    mqtt: Option<MqttHandle>,
    scans: usize,
}

impl Cage {
    fn open(config: &Config) -> Self {
        let ledger = Ledger::open(&config.ledger.path, "0123456789ab").unwrap();
        let first = ledger.head_seq().unwrap();
        let (notices, mut noticed) = mpsc::unbounded_channel();
        let (writer, thread) = writing::spawn(Writer::new(ledger, config), 8, notices).unwrap();
        let (head_sender, head) = watch::channel(first);
        tokio::spawn(async move {
            while let Some(notice) = noticed.recv().await {
                match notice {
                    Notice::Head(seq) => {
                        head_sender.send_replace(seq);
                    }
                    Notice::Failed(error) => panic!("{error}"),
                    _ => {}
                }
            }
        });
        let (reports, _) = watch::channel(Reports::default());
        Self {
            config: config.clone(),
            writer,
            thread,
            head,
            reports,
            mqtt: None,
            scans: usize::try_from(first).unwrap(),
        }
    }

    /// Opens a new ledger with its assets and one person.
    async fn furnished(config: &Config) -> Self {
        let cage = Self::open(config);
        cage.import().await;
        cage
    }

    async fn import(&self) {
        let ada = PersonId::parse("p-7f3a").unwrap();
        let enrolled = PersonEnrolled {
            role: Role::Crew,
            also: Vec::new(),
            suspended: None,
            certificates: Vec::new(),
            active_until: None,
        };
        let mut facts = vec![new_fact("person/p-7f3a", Body::PersonEnrolled(enrolled))];
        for n in 0..ASSETS {
            facts.push(new_fact(&format!("asset/a-{n}"), Body::AssetRegistered(asset(n))));
            let thing = Subject::Asset(AssetId::parse(&format!("a-{n}")).unwrap());
            facts.push(new_fact(&format!("tag/T{n}"), Body::TagAssigned(TagOf { thing })));
        }
        let badge = cagekeeper::domain::code::Code::canonical("BADGE1").unwrap();
        let identity = Identity {
            person: ada,
            handle: PersonHandle::parse("ada").unwrap(),
            name: "Ada Lovelace".into(),
            email: None,
            phone: None,
            badges: vec![badge],
        };
        let batch = Batch {
            id: "import-1".into(),
            first: 0,
            facts,
            identities: vec![identity],
            known_seq: None,
            now: now(),
        };
        let reply = self.writer.ask(Input::Batch(batch)).await.unwrap();
        assert_eq!(reply, Reply::Imported { facts: 2 * ASSETS + 1, identities: 1, refused: Vec::new() });
    }

    fn tell(&mut self) {
        let clock = clock();
        let setup = PublisherSetup::new(&self.config, clock.utc(), clock, Timekeeper::new(None));
        let inputs = MqttInputs {
            head: self.head.clone(),
            reports: self.reports.subscribe(),
            writer: self.writer.clone(),
            listeners: Vec::new(),
        };
        self.mqtt = Some(publisher::spawn(setup, inputs).unwrap());
    }

    /// One scan, with its signal.
    async fn scan(&mut self, payload: &str) -> Reply {
        self.scans += 1;
        let id = format!("s-{}", self.scans);
        self.scan_as(&id, payload).await
    }

    async fn scan_as(&mut self, id: &str, payload: &str) -> Reply {
        let scan = Scan {
            id: id.into(),
            station: StationId::parse("cage").unwrap(),
            reader: ReaderId::parse("gun").ok(),
            also: Vec::new(),
            payload: payload.into(),
            now: now(),
        };
        let reply = self.writer.ask(Input::Scan(scan)).await.unwrap();
        if let (Reply::Decided(answer), Some(mqtt)) = (&reply, &self.mqtt) {
            mqtt.signal(answer);
        }
        reply
    }

    /// So many scans, each of which moves something.
    async fn scan_gear(&mut self, times: usize) {
        for _ in 0..times {
            let tag = format!("T{}", self.scans % ASSETS);
            let Reply::Decided(answer) = self.scan(&tag).await else { panic!("decided") };
            assert!(answer.seq.is_some(), "{:?} moved nothing", answer.verdict);
        }
    }

    async fn until(&self, what: &str, holds: impl FnMut(&MqttStatus) -> bool) -> MqttStatus {
        let mut status = self.mqtt.as_ref().unwrap().status();
        let waiting = tokio::time::timeout(Duration::from_secs(40), status.wait_for(holds));
        match waiting.await {
            Ok(status) => status.unwrap().clone(),
            Err(_) => {
                panic!("waited in vain for {what}: {:?}", self.mqtt.as_ref().unwrap().status().borrow())
            }
        }
    }

    /// The broker has confirmed every event and every state.
    async fn until_told(&self) {
        let head = self.reader().head_seq().unwrap();
        self.until("everything to be told", |status| status.cursor >= head && status.told >= head).await;
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.config.ledger.path).unwrap()
    }

    /// The ids of all events that the ledger holds.
    fn event_ids(&self) -> BTreeSet<String> {
        let facts = self.reader().facts_after(0, 1_000_000).unwrap();
        facts.iter().filter(|fact| fact.is_event()).map(cagekeeper::domain::fact::Fact::event_id).collect()
    }

    async fn silent(&mut self) {
        self.mqtt.take().unwrap().shutdown().await;
    }

    async fn close(mut self) {
        if self.mqtt.is_some() {
            self.silent().await;
        }
        drop(self.writer);
        self.thread.join().unwrap().close().unwrap();
    }
}

fn new_fact(subject: &str, body: Body) -> NewFact {
    NewFact { subject: Subject::parse(subject).unwrap(), actor: None, body }
}

fn asset(n: usize) -> AssetRegistered {
    AssetRegistered {
        name: format!("Camera {n}"),
        home: RoomId::parse("cage-room").ok(),
        ..AssetRegistered::default()
    }
}

/// Waits without holding up the publisher, which runs on this thread.
async fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn json(got: &Got) -> serde_json::Value {
    serde_json::from_slice(&got.payload).unwrap()
}

fn ids(got: &[Got]) -> Vec<String> {
    got.iter().map(|got| json(got)["id"].as_str().unwrap().to_owned()).collect()
}

fn distinct(collector: &Collector) -> BTreeSet<String> {
    ids(&collector.got()).into_iter().collect()
}

fn payloads_on(collector: &Collector, topic: &str) -> Vec<String> {
    let topic = format!("{ROOT}/{topic}");
    let got = collector.got();
    got.iter()
        .filter(|got| got.topic == topic)
        .map(|got| String::from_utf8_lossy(&got.payload).into())
        .collect()
}

async fn somebody_publishes(port: u16, topic: &str, payload: &str, retain: bool) {
    let (client, mut eventloop) = AsyncClient::new(MqttOptions::new("somebody", "127.0.0.1", port), 10);
    client.publish(format!("{ROOT}/{topic}"), QoS::AtLeastOnce, retain, payload).await.unwrap();
    while !matches!(eventloop.poll().await.unwrap(), Event::Incoming(Packet::PubAck(_))) {}
}

fn two_thousand_scans(persistence: Persistence) {
    let mut broker = Mosquitto::start(persistence);
    let port = broker.port();
    let subscribe = || Collector::start(port, "collector", &format!("{ROOT}/event/#"));
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(port))).await;
        cage.tell();
        cage.until("a connection", |status| status.connected).await;
        let early = subscribe();
        cage.scan_gear(300).await;
        until("what came so far", || (early.got().len() == 300).then_some(())).await;
        let mut got = early.got();
        // The subscriber is away: the broker confirms and keeps for it, until it is killed.
        drop(early);
        cage.scan_gear(200).await;
        cage.until_told().await;
        killed_with_events_on_the_way(&mut broker, &mut cage).await;
        let collector = subscribe();
        cage.scan_gear(500).await;
        killed_with_events_on_the_way(&mut broker, &mut cage).await;
        cage.scan_gear(500).await;
        cage.until_told().await;
        let expected = cage.event_ids();
        assert_eq!(expected.len(), 2000);
        let missing = replay_what_is_missing(&cage, port, &got, &collector).await;
        assert!(missing >= 200 || persistence == Persistence::On, "the broker forgot what it had kept");
        got.extend(collector.got());
        let all = ids(&got);
        let distinct: BTreeSet<String> = all.iter().cloned().collect();
        assert_eq!(distinct, expected, "each event arrived, and nothing else");
        println!(
            "{persistence:?}: {missing} missing before the replay, {} repeats",
            all.len() - distinct.len()
        );
        let cursor = cage.mqtt.as_ref().unwrap().status().borrow().cursor;
        assert_eq!(cursor, cage.reader().head_seq().unwrap());
        cage.close().await;
    });
}

async fn killed_with_events_on_the_way(broker: &mut Mosquitto, cage: &mut Cage) {
    broker.freeze();
    cage.scan_gear(200).await;
    cage.until("events on the way", |status| status.backlog >= 200).await;
    broker.kill();
    cage.scan_gear(50).await;
    broker.restart();
}

/// What the broker confirmed and forgot comes with one replay: the same ids again. Gives how many were missing.
async fn replay_what_is_missing(cage: &Cage, port: u16, before: &[Got], collector: &Collector) -> usize {
    let expected = cage.event_ids();
    let last = expected.iter().max_by_key(|id| number(id)).unwrap();
    until("the last event", || distinct(collector).contains(last).then_some(())).await;
    let lacking = || {
        let mut got = distinct(collector);
        got.extend(ids(before));
        expected.difference(&got).map(|id| number(id)).collect::<Vec<u64>>()
    };
    let missing = lacking();
    if let (Some(from), Some(to)) = (missing.iter().min(), missing.iter().max()) {
        // One ledger, one origin: the number of a fact there is its number in the file.
        somebody_publishes(port, "replay", &format!(r#"{{"from":{from},"to":{to}}}"#), false).await;
        until("every event", || lacking().is_empty().then_some(())).await;
    }
    missing.len()
}

fn number(id: &str) -> u64 {
    id.split_once('.').unwrap().1.parse().unwrap()
}

#[test]
fn two_thousand_scans_survive_two_kills_of_a_broker_that_remembers() {
    two_thousand_scans(Persistence::On);
}

#[test]
fn two_thousand_scans_survive_two_kills_of_a_broker_that_forgets() {
    two_thousand_scans(Persistence::Off);
}

/// The last payload of each retained topic of an asset.
fn states(collector: &Collector) -> BTreeMap<String, Vec<u8>> {
    let prefix = format!("{ROOT}/");
    collector.got().into_iter().map(|got| (got.topic.replace(&prefix, ""), got.payload)).collect()
}

fn states_in_ledger(reader: &Reader) -> BTreeMap<String, Vec<u8>> {
    let subject = |n| Subject::parse(&format!("asset/a-{n}")).unwrap();
    let state = |n| payload::state(&reader.state_of(&subject(n)).unwrap().unwrap());
    (0..ASSETS).map(|n| (subject(n).to_string(), state(n))).collect()
}

#[test]
fn retained_states_are_the_ledgers_and_a_reconnect_sends_only_what_changed() {
    let mut broker = Mosquitto::start(Persistence::Off);
    let assets = format!("{ROOT}/asset/#");
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        cage.scan_gear(7).await;
        cage.tell();
        cage.until_told().await;
        let fresh = Collector::start(broker.port(), "fresh", &assets);
        until("every state", || (states(&fresh) == states_in_ledger(&cage.reader())).then_some(())).await;
        assert!(fresh.got().iter().all(|got| got.retained));
        cage.silent().await;
        cage.scan("T3").await;
        cage.scan("T30").await;
        cage.scan("T3").await;
        let before = fresh.got().len();
        cage.tell();
        cage.until_told().await;
        until("the states that changed", || (fresh.got().len() >= before + 2).then_some(())).await;
        cage.scan("T5").await;
        until("the next change", || (fresh.got().len() >= before + 3).then_some(())).await;
        let sent: Vec<String> =
            fresh.got()[before..].iter().map(|got| got.topic.replace(&format!("{ROOT}/"), "")).collect();
        assert_eq!(sent, ["asset/a-30", "asset/a-3", "asset/a-5"]);
        assert_eq!(states(&fresh), states_in_ledger(&cage.reader()));
        cage.until_told().await;
        broker.kill();
        broker.restart();
        cage.until("the loss to be noticed", |status| !status.connected || status.told == 0).await;
        cage.until_told().await;
        let late = Collector::start(broker.port(), "late", &assets);
        until("every state again", || (states(&late) == states_in_ledger(&cage.reader())).then_some(()))
            .await;
        cage.close().await;
    });
}

#[test]
fn a_refresh_that_is_cut_off_continues_where_it_stopped() {
    let broker = Mosquitto::start(Persistence::Off);
    let all = Collector::start(broker.port(), "all", &format!("{ROOT}/#"));
    let dir = tempfile::tempdir().unwrap();
    let slow = url(broker.port()).replace("2000", "10");
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &slow)).await;
        cage.tell();
        let told =
            |info: &String| serde_json::from_str::<serde_json::Value>(info).unwrap()["head_seq"].as_i64();
        let newest = || payloads_on(&all, "daemon/main/info").last().and_then(told).filter(|told| *told > 10);
        until("a part to be told", newest).await;
        cage.mqtt = None;
        until("the end", || payloads_on(&all, "daemon/main/status").get(1).cloned()).await;
        let told = newest().unwrap();
        cage.tell();
        cage.until_told().await;
        let times = |n: i64| payloads_on(&all, &format!("asset/a-{n}")).len();
        let asset_of = |seq: i64| (seq - 2) / 2;
        let last = i64::try_from(ASSETS).unwrap() - 1;
        assert!((1..last).contains(&asset_of(told)), "the first part was told up to {told}");
        until("the last asset", || (times(last) == 1).then_some(())).await;
        for n in 0..=asset_of(told) {
            assert_eq!(times(n), 1, "a-{n} was with the broker before the cut");
        }
        assert!((0..=last).all(|n| times(n) >= 1));
        cage.close().await;
    });
}

#[test]
fn status_info_and_summary_say_how_it_stands() {
    let broker = Mosquitto::start(Persistence::Off);
    let all = Collector::start(broker.port(), "all", &format!("{ROOT}/#"));
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        cage.tell();
        cage.until_told().await;
        cage.scan_gear(3).await;
        cage.scan("NOBODY-KNOWS").await;
        let head = cage.reader().head_seq().unwrap();
        let says = |topic: &str, key: &str, value: i64| {
            let last = payloads_on(&all, topic).pop()?;
            let json: serde_json::Value = serde_json::from_str(&last).unwrap();
            (json[key] == value).then_some(json)
        };
        let info = until("info", || says("daemon/main/info", "head_seq", head)).await;
        assert_eq!(info["origin"], "0123456789ab");
        let summary = until("the summary", || says("summary", "unknown_tags", 1)).await;
        let expected = serde_json::json!({"total": ASSETS, "out": 3, "overdue": 0, "missing": 0,
            "maintenance_due": 0, "unknown_tags": 1, "seq": head});
        assert_eq!(summary, expected);
        let report = ReaderReport {
            id: ReaderId::parse("gun").unwrap(),
            station: StationId::parse("cage").unwrap(),
            state: State::Gone,
            device: None,
            reason: Some("unplugged".into()),
        };
        cage.reports.send_replace(Reports { readers: vec![report], calendars: Vec::new() });
        until("a reader's health", || {
            payloads_on(&all, "daemon/main/info").pop().filter(|info| info.contains("\"unplugged\""))
        })
        .await;
        cage.silent().await;
        until("offline", || (payloads_on(&all, "daemon/main/status") == ["online", "offline"]).then_some(()))
            .await;
        cage.tell();
        until("online again", || (payloads_on(&all, "daemon/main/status").len() == 3).then_some(())).await;
        // The task ends without a word: the broker says it.
        cage.mqtt = None;
        until("the will", || {
            payloads_on(&all, "daemon/main/status").get(3).map(|last| assert_eq!(last, "offline"))
        })
        .await;
        cage.close().await;
    });
}

/// Facts of the plan and the bench, as a file and the counter make them.
fn bench() -> Vec<NewFact> {
    let stock = StockRegistered {
        name: "XLR 5 m".into(),
        use_: StockUse::Lent,
        count: 24,
        category: None,
        home: None,
        rate_cents: None,
    };
    let job = |blocks| Body::MaintenanceOpened(MaintenanceOpened { blocks, because: None });
    let damaged =
        ConditionNoted { condition: Condition::Damaged, person: None, missing: Vec::new(), reader: None };
    let thing = Subject::parse("stock/xlr").unwrap();
    vec![
        new_fact("stock/xlr", Body::StockRegistered(stock)),
        new_fact("tag/XLR", Body::TagAssigned(TagOf { thing })),
        new_fact("asset/a-1", Body::MarkedLost(MarkedLost {})),
        new_fact("asset/a-2", Body::ConditionNoted(damaged)),
        new_fact("asset/a-2", job(true)),
        new_fact("asset/a-3", job(false)),
        new_fact(
            "asset/a-4",
            Body::AssetRegistered(AssetRegistered { inspection_due: Some(now().utc), ..asset(4) }),
        ),
        new_fact("asset/a-5", Body::AssetRegistered(AssetRegistered { retired: true, ..asset(5) })),
        new_fact("asset/a-5", job(true)),
    ]
}

#[test]
fn the_bench_and_the_shelves_are_told() {
    let broker = Mosquitto::start(Persistence::Off);
    let all = Collector::start(broker.port(), "all", &format!("{ROOT}/#"));
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        let batch = Batch {
            id: "import-2".into(),
            first: 0,
            facts: bench(),
            identities: Vec::new(),
            known_seq: None,
            now: now(),
        };
        cage.writer.ask(Input::Batch(batch)).await.unwrap();
        cage.scan("BADGE1").await;
        cage.tell();
        cage.until_told().await;
        cage.scan("XLR*6").await;
        let last = |topic: &str| -> Option<serde_json::Value> {
            serde_json::from_str(&payloads_on(&all, topic).pop()?).ok()
        };
        let shelf = until("the shelf", || last("stock/xlr").filter(|stock| stock["out"] == 6)).await;
        let head = cage.reader().head_seq().unwrap();
        let expected =
            serde_json::json!({"name": "XLR 5 m", "count": 24, "out": 6, "available": 18, "seq": head});
        assert_eq!(shelf, expected);
        let taken = until("the event", || last("event/stock-taken")).await;
        assert_eq!((&taken["data"]["stock"], &taken["data"]["count"]), (&"xlr".into(), &6.into()));
        let looks = |thing: &str| {
            let state = last(&format!("asset/{thing}"))?;
            Some(format!("{} {} {}", state["state"], state["condition"], state["maintenance"]))
        };
        let expected = [
            ("a-1", r#""missing" "ok" "none""#),
            ("a-2", r#""home" "damaged" "block""#),
            ("a-3", r#""home" "ok" "flag""#),
            ("a-4", r#""home" "ok" "none""#),
            ("a-5", r#""retired" "ok" "block""#),
        ];
        for (thing, expected) in expected {
            assert_eq!(looks(thing).as_deref(), Some(expected), "{thing}");
        }
        let counted = || last("summary").filter(|summary| summary["seq"] == head);
        let summary = until("the summary", counted).await;
        assert_eq!((&summary["missing"], &summary["maintenance_due"]), (&1.into(), &3.into()), "{summary}");
        cage.close().await;
    });
}

#[test]
fn a_signal_is_sent_once_for_an_answer_and_names_nobody() {
    let broker = Mosquitto::start(Persistence::Off);
    let all = Collector::start(broker.port(), "all", &format!("{ROOT}/#"));
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        cage.tell();
        cage.until("a connection", |status| status.connected).await;
        cage.scan("BADGE1").await;
        let answer = cage.scan_as("retried", "T2").await;
        assert!(matches!(answer, Reply::Decided(_)), "{answer:?}");
        let again = cage.scan_as("retried", "T2").await;
        assert!(matches!(again, Reply::AlreadyThere { .. }), "{again:?}");
        cage.scan("CK:DONE").await;
        let signals = || payloads_on(&all, "station/cage/signal");
        until("three signals", || (signals().len() >= 3).then_some(())).await;
        cage.close().await;
        until("the end", || payloads_on(&all, "daemon/main/status").get(1).cloned()).await;
        let codes: Vec<String> = signals()
            .iter()
            .map(|signal| serde_json::from_str::<serde_json::Value>(signal).unwrap())
            .map(|signal| format!("{} {} {}", signal["level"], signal["code"], signal["asset"]))
            .collect();
        let expected = [
            r#""done" "code-is-person" null"#,
            r#""done" "checked-out" "a-2""#,
            r#""done" "session-closed" null"#,
        ];
        assert_eq!(codes, expected);
        for got in all.got() {
            let text = String::from_utf8_lossy(&got.payload).into_owned();
            assert!(!text.contains("Ada") && !text.contains("BADGE1"), "{}: {text}", got.topic);
        }
    });
}

#[test]
fn a_restarted_publisher_continues_at_its_cursor() {
    let broker = Mosquitto::start(Persistence::Off);
    let collector = Collector::start(broker.port(), "collector", &format!("{ROOT}/event/#"));
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), &url(broker.port()));
    run(async {
        let mut cage = Cage::furnished(&config).await;
        cage.tell();
        cage.until("a connection", |status| status.connected).await;
        cage.scan_gear(50).await;
        cage.close().await;
        let mut cage = Cage::open(&config);
        cage.scan_gear(250).await;
        cage.tell();
        cage.scan_gear(10).await;
        cage.until_told().await;
        until("every event", || (distinct(&collector) == cage.event_ids()).then_some(())).await;
        let numbers: Vec<u64> = ids(&collector.got()).iter().map(|id| number(id)).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "in ledger order and none twice: {numbers:?}");
        cage.close().await;
    });
}

#[test]
fn a_replay_says_the_same_events_again_and_nonsense_is_dropped() {
    let broker = Mosquitto::start(Persistence::Off);
    let dir = tempfile::tempdir().unwrap();
    somebody_retains_a_replay(&broker);
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        cage.scan_gear(300).await;
        let first = i64::try_from(2 * ASSETS + 2).unwrap();
        cage.tell();
        cage.until_told().await;
        let collector = Collector::start(broker.port(), "collector", &format!("{ROOT}/event/#"));
        for nonsense in ["", "again please", r#"{"from":9,"to":3}"#] {
            somebody_publishes(broker.port(), "replay", nonsense, false).await;
        }
        let wanted = format!(r#"{{"from":0,"to":{}}}"#, first + 149);
        let expected: Vec<u64> = (first..first + 150).map(|seq| u64::try_from(seq).unwrap()).collect();
        somebody_publishes(broker.port(), "replay", &wanted, false).await;
        until("the replay", || (collector.got().len() >= 150).then_some(())).await;
        cage.scan_gear(1).await;
        until("the next event", || (collector.got().len() >= 151).then_some(())).await;
        let numbers: Vec<u64> = ids(&collector.got()).iter().map(|id| number(id)).collect();
        assert_eq!(numbers[..150], expected, "the span, in order, and nothing of the retained request");
        assert_eq!(numbers.len(), 151);
        cage.close().await;
    });
}

fn somebody_retains_a_replay(broker: &Mosquitto) {
    run(somebody_publishes(broker.port(), "replay", r#"{"from":1,"to":1000}"#, true));
}

#[cfg(feature = "embedded-broker")]
#[test]
fn the_embedded_broker_is_started_and_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &format!("listen = \"127.0.0.1:{port}\""))).await;
        cage.tell();
        cage.scan_gear(20).await;
        let says_why =
            |status: &MqttStatus| status.reason.as_ref().is_some_and(|why| why.contains("is taken"));
        let status = cage.until("the reason", says_why).await;
        assert!(!status.connected, "the port is taken");
        drop(taken);
        cage.until_told().await;
        let started = move || Collector::start(port, "collector", &format!("{ROOT}/#"));
        let collector = tokio::task::spawn_blocking(started).await.unwrap();
        until("a retained state", || payloads_on(&collector, "asset/a-1").pop()).await;
        let head = cage.reader().head_seq().unwrap();
        somebody_publishes(port, "replay", &format!(r#"{{"from":{},"to":{head}}}"#, head - 19), false).await;
        until("twenty events", || (payloads_on(&collector, "event/checked-out").len() == 20).then_some(()))
            .await;
        cage.close().await;
    });
}

#[test]
fn an_event_follows_its_scan_at_once() {
    let broker = Mosquitto::start(Persistence::Off);
    let collector = Collector::start(broker.port(), "collector", &format!("{ROOT}/event/#"));
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut cage = Cage::furnished(&config(dir.path(), &url(broker.port()))).await;
        cage.tell();
        cage.until_told().await;
        let mut status = cage.mqtt.as_ref().unwrap().status();
        let mut took = Vec::new();
        for _ in 0..100 {
            let start = Instant::now();
            cage.scan_gear(1).await;
            let committed = start.elapsed();
            let head = cage.reader().head_seq().unwrap();
            status.wait_for(|status| status.cursor >= head).await.unwrap();
            took.push((start.elapsed(), committed));
        }
        took.sort();
        println!("scan to PUBACK, and of that the commit: median {:?}, worst {:?}", took[50], took[99]);
        assert!(took[50].0 < Duration::from_millis(100), "{took:?}");
        until("the events", || (collector.got().len() == 100).then_some(())).await;
        cage.close().await;
    });
}
