//! What others say in JSON: what is asked at doors, what the broker has kept of us, what is to be replayed, and what is said over
//! the control socket. The first byte says which.
#![no_main]

use cagekeeper::control::{Request, Response};
use cagekeeper::domain::id::{DaemonId, SiteId};
use cagekeeper::io::mqtt::access::Asked;
use cagekeeper::io::mqtt::payload::{InfoBefore, ReplayRequest, Topics};
use cagekeeper_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

/// The newest fact of the ledger that a retained `info` is compared with.
const HEAD: i64 = 1_000;

fn at_door(data: &[u8]) {
    match Asked::parse(data) {
        None => assert!(String::from_utf8_lossy(data).trim().is_empty() || !data.is_ascii(), "something was asked"),
        Some(Ok(_)) => {}
        Some(Err((_, said))) => assert!(said.contains("expected"), "{said}"),
    }
}

fn topic(data: &[u8]) {
    let site = SiteId::parse("studio").expect("an id");
    let topics = Topics::new(&site, &DaemonId::parse("main").expect("an id"));
    let topic = String::from_utf8_lossy(data);
    if let Some(room) = topics.room_of_request(&topic) {
        assert_eq!(topics.door_answer(&room).replace("/answer", "/request"), topic);
    }
}

/// What is understood is said again in the same words.
fn over_control(data: &[u8]) {
    if let Ok(request) = serde_json::from_slice::<Request>(data) {
        let said = serde_json::to_vec(&request).expect("it can be said");
        assert_eq!(serde_json::from_slice::<Request>(&said).expect("it is understood"), request);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&which, data)) = data.split_first() else { return };
    bounded(|| match which % 6 {
        0 => at_door(data),
        1 => topic(data),
        2 => {
            let told = InfoBefore::told(InfoBefore::parse(data).as_ref(), "0123456789ab", HEAD);
            assert!((0..=HEAD).contains(&told), "{told}");
        }
        3 => match ReplayRequest::parse(data) {
            Ok(request) => assert!(request.from >= 0 && request.from <= request.to),
            Err(said) => assert!(said.contains("expected"), "{said}"),
        },
        4 => over_control(data),
        _ => drop(serde_json::from_slice::<Response>(data)),
    });
});
