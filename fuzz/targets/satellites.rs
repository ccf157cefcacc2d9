//! What devices publish over MQTT. The first byte says which firmware; chunks are payloads, each on one of the topics to which a
//! reader listens. What the broker has kept is never a scan.
#![no_main]

use cagekeeper::time::MonoMs;
use cagekeeper::wire::Decoded;
use cagekeeper::wire::satellite::{Heard, Message, Preset, Satellite, Setup};
use cagekeeper_fuzz::{bounded, chunks};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [which, flags, data @ ..] = data else { return };
    let setup = Setup {
        topic: Some("cage/tag".to_owned()),
        device: Some("cage".to_owned()),
        tag_pointer: Some("/card/uid".to_owned()),
        ..Setup::of(Preset::ALL[usize::from(*which) % Preset::ALL.len()])
    };
    bounded(|| {
        let mut satellite = Satellite::new(setup, "cagekeeper/v1/studio/reader/cage");
        satellite.connected(MonoMs(0));
        let status = satellite.topics().status.clone();
        for (number, (at, payload)) in chunks(data).into_iter().enumerate() {
            let on_status = flags & 1 == 1 && number % 3 == 0;
            let topic = status.as_deref().filter(|_| on_status).unwrap_or("cage/tag").to_owned();
            let retained = flags & 2 == 2 && number % 2 == 0;
            let heard = satellite.handle(Message { topic: &topic, payload, retained, again: flags & 4 == 4 }, at);
            let is_scan = |heard: &Heard| matches!(heard, Heard::Decoded(Decoded::Read(_)));
            assert!(!(retained && heard.iter().any(is_scan)), "a retained message was a scan: {heard:?}");
        }
    });
});
