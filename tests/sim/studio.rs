//! The studio: who works there, what is on the shelves, what is planned.

use cagekeeper::time::UtcMs;

use super::building::epc_text;

pub const HOUR_MS: u64 = 3_600_000;
pub const DAY_MS: u64 = 10 * HOUR_MS;

/// Handle, role, until when they may take gear, counted from the beginning of the day.
pub const PEOPLE: [(&str, &str, Option<u64>); 7] = [
    ("ana", "crew", None),
    ("bo", "crew", None),
    ("cy", "crew", None),
    ("di", "production-manager", None),
    ("old", "crew", Some(DAY_MS / 2)),
    ("kim", "attendant", None),
    ("sam", "studio-manager", None),
];
/// Who is trained for the drone.
pub const PILOT: &str = "ana";
pub const KITS: [(&str, &[&str]); 2] =
    [("case-a", &["cam-01", "lens-01", "mon-01"]), ("case-b", &["mic-01", "rec-01"])];
pub const ASSETS: [&str; 16] = [
    "cam-01",
    "lens-01",
    "mon-01",
    "mic-01",
    "rec-01",
    "cam-02",
    "cam-03",
    "lens-02",
    "light-01",
    "light-02",
    "tripod-01",
    "drone-01",
    "lav-1",
    "lav-2",
    "lav-3",
    "boom-1",
];
/// Id, pieces, whether they come back.
pub const STOCKS: [(&str, u32, bool); 2] = [("xlr", 12, true), ("tape", 30, false)];
/// Id, stage, crew.
pub const PRODUCTIONS: [(&str, &str, &[&str]); 3] = [
    ("night-bus", "production", &[]),
    ("day-train", "production", &["ana", "bo"]),
    ("last-year", "wrap", &[]),
];

/// The model of an asset, and the category of the model.
pub fn model_of(asset: &str) -> Option<(&'static str, &'static str)> {
    match asset.split('-').next()? {
        "lav" => Some(("lav", "microphones")),
        "boom" => Some(("boom", "microphones")),
        "cam" => Some(("fx6", "cameras")),
        _ => None,
    }
}

pub fn kit_of(asset: &str) -> Option<&'static str> {
    KITS.iter().find(|(_, members)| members.contains(&asset)).map(|(kit, _)| *kit)
}

/// The number on a person's or thing's card.
pub fn card_number(index: usize) -> String {
    format!("0D0031{:04X}", 0x1000 + index)
}

/// What stands in the studio before the day begins, as lines of a stage; bookings come later.
pub fn props(starts: UtcMs) -> Vec<String> {
    let people = PEOPLE.iter().enumerate().map(|(index, (id, role, until))| {
        let until = until.map(|ms| format!("until {}", starts.plus(ms.cast_signed())));
        let until = until.unwrap_or_default().trim_end_matches('Z').to_owned();
        let both = if *id == "bo" { "badge BOTH" } else { "" };
        let pilot = if *id == PILOT { "certificate pilot" } else { "" };
        let card = card_number(index);
        format!("person {id} \"Name of {id}\" {role} badge BADGE-{id} badge {card} {both} {pilot} {until}")
    });
    let kits = KITS.iter().enumerate().map(|(index, (id, _))| {
        format!("kit {id} \"Kit {id}\" tag T-{id} tag {}", epc_text(ASSETS.len() + index))
    });
    let assets = ASSETS.iter().enumerate().map(|(index, id)| asset(index, id));
    let stocks = STOCKS.iter().map(|(id, count, lent)| {
        let lent = if *lent { "lent" } else { "consumed" };
        format!("stock {id} \"Shelf {id}\" {lent} {count} tag T-{id}")
    });
    let productions = PRODUCTIONS.iter().map(|(id, stage, crew)| {
        let crew: String = crew.iter().map(|handle| format!(" crew {handle}")).collect();
        format!("production {id} \"Title {id}\" stage {stage}{crew}")
    });
    let rooms = ["room studio-a \"Studio A\"".to_owned()];
    people.chain(kits).chain(assets).chain(stocks).chain(productions).chain(rooms).collect()
}

fn asset(index: usize, id: &str) -> String {
    let kit = kit_of(id).map(|kit| format!("kit {kit}")).unwrap_or_default();
    let tags = match id {
        "rec-01" => "tag BOTH".to_owned(),
        "light-01" | "light-02" => "tag TWICE".to_owned(),
        _ => format!("tag {}", card_number(100 + index)),
    };
    let model = model_of(id).map(|(model, category)| format!("model {model} category {category}"));
    let epc = epc_text(index);
    let pilot = if id == "drone-01" { "certificate pilot" } else { "" };
    format!(
        "asset {id} \"Thing {id}\" tag T-{id} tag {epc} {tags} {kit} {} {pilot}",
        model.unwrap_or_default()
    )
}
