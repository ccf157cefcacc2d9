//! A broker that is down, restarted, replaced, slow, full, refusing or hung for an hour's worth of scans: nobody at the door
//! notices, and when it is back it is told everything.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{House, LONG, events, green_lights};
use crate::mosquitto::{Collector, Mosquitto, Persistence, wait_for};
use crate::proxy::{Line, Proxy};
use crate::tally::{Row, Tally, rounds};
use crate::window::Window;

/// Nobody waits longer for a light, whatever the broker does: a commit on a busy machine, no time-out of a network.
const LIGHT_MS_MAX: u128 = 4_500;

/// What is the matter with the broker while people scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    Down,
    Restarted,
    Replaced,
    Hung,
    Slow,
    Unplugged,
    Refusing,
    Full,
}

impl Ill {
    fn name(self) -> &'static str {
        match self {
            Self::Down => "broker down",
            Self::Restarted => "broker restarted five times",
            Self::Replaced => "broker replaced by an empty one",
            Self::Hung => "broker hung (stopped process)",
            Self::Slow => "line to the broker at 3 kB/s",
            Self::Unplugged => "line to the broker dead",
            Self::Refusing => "line to the broker hung up",
            Self::Full => "broker full (no memory left)",
        }
    }

    fn persistence(self) -> Persistence {
        if matches!(self, Self::Replaced | Self::Full) { Persistence::Off } else { Persistence::On }
    }

    /// Whether it is the line to it that is bad, rather than the broker.
    fn is_of_the_line(self) -> bool {
        matches!(self, Self::Slow | Self::Unplugged | Self::Refusing)
    }

    /// What `status` must say meanwhile; nothing where the program cannot know.
    fn said(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Down => Some(&["no broker answers at 127.0.0.1:", "see that it runs"]),
            Self::Refusing | Self::Full => {
                Some(&["the broker at 127.0.0.1:", "closed the connection", "see its log"])
            }
            _ => None,
        }
    }
}

#[test]
fn a_broker_that_is_down_costs_nobody_anything() {
    ill(&[Ill::Down, Ill::Refusing]);
}

#[test]
fn a_broker_that_comes_back_knows_everything() {
    ill(&[Ill::Restarted, Ill::Replaced]);
}

#[test]
fn a_broker_that_hangs_holds_nobody_up() {
    ill(&[Ill::Hung, Ill::Unplugged]);
}

#[test]
fn a_broker_that_is_slow_or_full_is_told_in_the_end() {
    ill(&[Ill::Slow, Ill::Full]);
}

fn ill(kinds: &[Ill]) {
    let mut tally = Tally::default();
    for ill in kinds {
        tally.add(scanned_while(*ill, rounds(40, 600)));
    }
    tally.settle();
}

/// A consumer that was away itself, or whose broker forgot what it had confirmed, asks again after so long.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// What a broker that can be filled may use, in bytes.
const MEMORY_BYTES: usize = 1_500_000;

fn scanned_while(ill: Ill, scans: usize) -> Row {
    let lines =
        format!("allow_anonymous true\nmemory_limit {}\n", if ill == Ill::Full { MEMORY_BYTES } else { 0 });
    let mut broker = Mosquitto::with(&lines, ill.persistence());
    let proxy = Proxy::to(broker.port());
    let port = if ill.is_of_the_line() { proxy.port } else { broker.port() };
    let mut house = House::new(&format!("url = \"mqtt://127.0.0.1:{port}\"\nrepublish_per_s = 5000"), scans);
    let lights = Collector::start(broker.port(), "lights", "cagekeeper/v1/studio/station/+/signal");
    let told = Collector::start(broker.port(), "told", "cagekeeper/v1/studio/event/#");
    let mut window = house.start();
    until_connected(&mut window);

    begins(ill, &mut broker, &proxy);
    let longest = scan_all(&mut house, &mut window, scans, |tenth| {
        if ill == Ill::Restarted && tenth % 2 == 1 {
            broker.kill();
            broker.restart();
        }
    });
    says(ill, &mut window);
    ends(ill, &mut broker, &proxy);

    let expected = house.event_ids();
    assert_eq!(expected.len(), scans, "each thing went out once");
    until_all_told(&expected, &told, broker.port());
    until_connected(&mut window);
    wait_for("nothing to be left to tell", LONG, || (window.status()?["backlog"] == 0).then_some(()));
    house.saw(green_lights(&lights.got()));
    let mut row = house.count(ill.name(), 1);
    row.untold = states_untold(&broker, scans);
    house.stop();
    house.verify();
    println!("{}: nobody waited longer than {longest} ms for a light", ill.name());
    assert!(longest < LIGHT_MS_MAX, "{}: a light took {longest} ms", ill.name());
    row
}

/// Each event has arrived; where some do not come by themselves they are asked for, once.
fn until_all_told(expected: &BTreeSet<String>, told: &Collector, broker: u16) {
    let lacking = || -> Vec<u64> {
        let number = |id: &String| id.split_once('.').unwrap().1.parse().unwrap();
        expected.difference(&events(&told.got())).map(number).collect()
    };
    let since = Instant::now();
    let mut asked = false;
    wait_for("every event", LONG, || {
        let missing = lacking();
        if !asked && !missing.is_empty() && since.elapsed() > ASK_AGAIN {
            let (from, to) = (missing.iter().min().unwrap(), missing.iter().max().unwrap());
            // The house has one origin: the number there is the number in the file.
            asked = publish(
                broker,
                "cagekeeper/v1/studio/replay",
                &format!("{{\"from\":{from},\"to\":{to}}}"),
                false,
            );
        }
        missing.is_empty().then_some(())
    });
}

/// Publishes as somebody else; whether the broker took it.
fn publish(broker: u16, topic: &str, payload: &str, retain: bool) -> bool {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-p", &broker.to_string(), "-q", "1", "-t", topic, "-m", payload]);
    command.args(retain.then_some("-r")).stderr(Stdio::null()).status().unwrap().success()
}

/// Fills a broker with what others keep there.
fn fill(broker: u16) {
    for (size, name) in [(50_000, "large"), (5_000, "small"), (300, "tiny")] {
        let fits = |n: &usize| publish(broker, &format!("others/{name}/{n}"), &"x".repeat(size), true);
        let taken = (0..40).take_while(fits).count();
        println!("broker full: took {taken} of {size} bytes");
    }
}

fn until_connected(window: &mut Window) {
    wait_for("the broker", LONG, || (window.status()?["broker"] == "connected").then_some(()));
}

fn begins(ill: Ill, broker: &mut Mosquitto, proxy: &Proxy) {
    match ill {
        Ill::Down | Ill::Replaced => broker.kill(),
        Ill::Hung => broker.freeze(),
        Ill::Slow => proxy.is_now(Line::Slow),
        Ill::Unplugged => proxy.is_now(Line::Dead),
        Ill::Refusing => proxy.is_now(Line::Refused),
        Ill::Full => fill(broker.port()),
        Ill::Restarted => {}
    }
}

fn ends(ill: Ill, broker: &mut Mosquitto, proxy: &Proxy) {
    match ill {
        Ill::Down | Ill::Replaced => broker.restart(),
        Ill::Full => {
            broker.kill();
            broker.restart();
        }
        Ill::Hung => broker.thaw(),
        _ => {}
    }
    proxy.is_now(Line::Good);
}

/// Half with the gun, half typed; gives how long the slowest typed one took, in milliseconds.
fn scan_all(house: &mut House, window: &mut Window, scans: usize, mut between: impl FnMut(usize)) -> u128 {
    let mut longest = 0;
    for tenth in 0..10 {
        let mut things = house.fresh(scans / 10);
        let by_gun = things.split_off(things.len() / 2);
        house.burst(&by_gun);
        for thing in &things {
            let since = Instant::now();
            let said = house.types(window, thing).expect("an answer");
            longest = longest.max(since.elapsed().as_millis());
            assert_eq!(said["scan"]["code"], "checked-out", "{said}");
        }
        between(tenth);
    }
    house.until_read();
    longest
}

/// What `status` says of the broker while it is ill.
fn says(ill: Ill, window: &mut Window) {
    let Some(parts) = ill.said() else { return };
    let mut last = Value::Null;
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(40) {
        last = window.status().unwrap();
        let sentence = last["broker"].as_str().unwrap_or_default();
        if parts.iter().all(|part| sentence.contains(part)) {
            println!("{}: {sentence}", ill.name());
            assert!(last["backlog"].as_i64().unwrap() > 0, "{last}");
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{}: status does not say {parts:?}: {last}", ill.name());
}

/// Things of which the broker does not hold that they are out.
fn states_untold(broker: &Mosquitto, things: usize) -> usize {
    let states = Collector::start(broker.port(), "states", "cagekeeper/v1/studio/asset/+");
    let out = || {
        let newest: BTreeMap<String, Vec<u8>> =
            states.got().into_iter().map(|got| (got.topic, got.payload)).collect();
        newest.values().filter(|state| String::from_utf8_lossy(state).contains("\"state\":\"out\"")).count()
    };
    let since = Instant::now();
    while out() < things && since.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    things - out()
}
