//! A studio that is furnished for measuring: so many assets, a tenth of them in kits of ten, the others units of models of
//! twenty; people with badges; bookings over the hundred days after [`MORNING`].
#![allow(dead_code, reason = "each benchmark uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a benchmark stops where it cannot go on")]

pub mod years;

use cagekeeper::domain::code::Code;
use cagekeeper::domain::fact::NewFact;
use cagekeeper::domain::id::{PersonHandle, PersonId};
use cagekeeper::domain::known::Identity;
use cagekeeper::time::{MonoMs, Now, UtcMs};
use cagekeeper::writer::{Batch, Input, Writer};
use serde_json::{Value, json};

/// Units of one model.
pub const UNITS: usize = 20;
/// Members of one kit; every tenth asset is in a kit.
pub const MEMBERS: usize = 10;
pub const PEOPLE: usize = 400;
pub const HOUR_MS: i64 = 3_600_000;
/// The morning of a Monday.
pub const MORNING: UtcMs = UtcMs(1_795_424_400_000);
/// Facts of one commit.
const BATCH: usize = 500;

/// That moment, an hour after the start.
pub fn at(utc: UtcMs) -> Now {
    Now { mono: MonoMs(3_600_000), utc, trusted: true }
}

/// Whether an asset belongs in a kit.
pub fn is_member(asset: usize) -> bool {
    asset % 100 < MEMBERS
}

/// Brings all of it in, as an import of that moment.
pub fn furnish(writer: &mut Writer, assets: usize, bookings: usize, now: Now) {
    let facts = people().chain(gear(assets)).chain(plan(assets, bookings));
    let facts: Vec<NewFact> = facts.map(|(subject, kind, body)| fact(&subject, kind, &body)).collect();
    let badges: Vec<Identity> = (0..PEOPLE).map(identity).collect();
    for (nth, facts) in facts.chunks(BATCH).enumerate() {
        let identities = if nth == 0 { badges.clone() } else { Vec::new() };
        let batch = Batch {
            id: format!("bench-{nth}"),
            first: 0,
            facts: facts.to_vec(),
            identities,
            known_seq: None,
            now,
        };
        writer.handle_group(&[Input::Batch(batch)]).unwrap();
    }
}

type Row = (String, &'static str, Value);

/// A fact of its JSON.
pub fn fact(subject: &str, kind: &str, body: &Value) -> NewFact {
    let body = serde_json::from_value(json!({ "kind": kind, "body": body })).unwrap();
    let subject = serde_json::from_value(json!(subject)).unwrap();
    NewFact { subject, actor: None, body }
}

fn people() -> impl Iterator<Item = Row> {
    (0..PEOPLE).map(|n| (format!("person/p-{n}"), "person-enrolled", json!({ "role": "crew" })))
}

fn identity(n: usize) -> Identity {
    Identity {
        person: PersonId::parse(&format!("p-{n}")).unwrap(),
        handle: PersonHandle::parse(&format!("person-{n}")).unwrap(),
        name: format!("Person {n}"),
        email: None,
        phone: None,
        badges: vec![Code::canonical(&format!("p-{n}")).unwrap()],
    }
}

/// Every hundredth decade of assets is a kit of ten; the others are loose units of a model.
fn gear(assets: usize) -> impl Iterator<Item = Row> {
    let kits = (0..assets / 100).map(|n| {
        let tag = (format!("tag/K{n}"), "tag-assigned", json!({ "thing": format!("kit/k-{n}") }));
        [(format!("kit/k-{n}"), "kit-registered", json!({ "name": format!("Kit {n}") })), tag]
    });
    let assets = (0..assets).map(|n| {
        let kit = is_member(n).then(|| format!("k-{}", n / 100));
        let mut body =
            json!({ "name": format!("Asset {n}"), "model": format!("m-{}", n / UNITS), "category": "gear" });
        if let Some(kit) = kit {
            body["kit"] = json!(kit);
        }
        let tag = (format!("tag/A{n}"), "tag-assigned", json!({ "thing": format!("asset/a-{n}") }));
        [(format!("asset/a-{n}"), "asset-registered", body), tag]
    });
    kits.flatten().chain(assets.flatten())
}

/// Bookings over the next hundred days: three assets and two of a model each, and every tenth a kit.
fn plan(assets: usize, bookings: usize) -> impl Iterator<Item = Row> {
    (0..bookings).map(move |n| {
        let starts = MORNING.plus((n as i64 % 2_400 + 1) * HOUR_MS);
        let of = |m: usize| format!("a-{}", (n * 37 + m * 1_009) % assets);
        let mut body = json!({
            "client": "House", "person": format!("p-{}", n % PEOPLE), "assets": [of(1), of(2), of(3)],
            "models": [{ "of": format!("m-{}", (n * 13) % (assets / UNITS).max(1)), "count": 2 }],
            "starts": starts, "ends": starts.plus(8 * HOUR_MS), "status": "confirmed",
        });
        if n % 10 == 0 {
            body["kits"] = json!([format!("k-{}", n % (assets / 100).max(1))]);
        }
        (format!("booking/b-{n}"), "booking-made", body)
    })
}
