//! What comes over a connection to the web address: whatever it is, there is an answer that is HTTP, or none, and the connection
//! ends. Of a ledger that cannot be read nothing is shown, also to whoever has a key.
#![no_main]

use std::sync::{Arc, LazyLock};

use cagekeeper::config::{Config, Defaults};
use cagekeeper::io::clock::Clock;
use cagekeeper::io::standing::Shared;
use cagekeeper::io::web::answer_one;
use cagekeeper::io::writing;
use cagekeeper::ledger::Ledger;
use cagekeeper::time::Timekeeper;
use cagekeeper::writer::Writer;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

/// What waits between both ends of the connection. A request and its answer fit.
const PIPE_BYTES: usize = 64 * 1024;
/// The largest answer to anything without a ledger.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Under it the seeds have their keys.
const SECRET: &str = "5ec7e7";
/// What may be answered without a ledger.
const STATUS: [&str; 6] = ["200", "400", "404", "405", "431", "503"];

static HOUSE: LazyLock<(Runtime, Arc<Shared>)> = LazyLock::new(|| {
    let defaults =
        Defaults { timezone: chrono_tz::Tz::UTC, ledger: "/nowhere/ledger.db".into(), control: "control.sock".into() };
    let text = "[[station]]\nid = \"cage\"\n[web]\nlisten = \"127.0.0.1:8080\"\n";
    let config = Config::parse(text, None, &defaults).expect("it is right");
    let ledger = Ledger::in_memory("0123456789ab").expect("memory");
    let (notices, _) = tokio::sync::mpsc::unbounded_channel();
    let (writer, _) = writing::spawn(Writer::new(ledger, &config), 0, notices).expect("a thread");
    let clock = Clock::start(config.clock_trusted);
    let shared = Shared::new(config, clock, Timekeeper::new(None), writer);
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(2).build().expect("a runtime");
    (runtime, Arc::new(shared))
});

fuzz_target!(|data: &[u8]| {
    let (runtime, shared) = &*HOUSE;
    let answer = runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(PIPE_BYTES);
        let talking = async {
            client.write_all(data).await.expect("it fits");
            client.shutdown().await.expect("it is open");
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("it ends");
            answer
        };
        tokio::join!(talking, answer_one(server, shared, SECRET)).0
    });
    assert!(answer.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.len());
    if let Some(line) = answer.split(|byte| *byte == b'\r').next().filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let status = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        assert!(STATUS.contains(&status), "{line}");
        assert!(!answer.windows(15).any(|part| part == b"BEGIN:VCALENDAR"), "a calendar of nothing");
    }
});
