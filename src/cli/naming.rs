//! Names as people type them: an id, a code, the studio's own id of a person, or any beginning or part of a name that
//! only one thing has.

use super::Failure;
use crate::domain::fact::Subject;
use crate::domain::id::{AssetId, BookingId, KitId, PersonId, ProductionId, RoomId, StockId};
use crate::domain::loaded::Found;
use crate::ledger::listing::Nameable;
use crate::ledger::{LedgerError, Reader};
use crate::nearest::nearest;

/// What moves: assets, kits and stocks.
pub const THINGS: &[&str] = &["asset", "kit", "stock"];
/// What has a state and can be booked as one: assets and kits.
pub const GEAR: &[&str] = &["asset", "kit"];

/// Things that an error names at most.
const NAMED_MAX: usize = 6;

/// What a text names among candidates.
#[derive(Debug, PartialEq, Eq)]
enum Pick<'a> {
    One(&'a Nameable),
    Several(Vec<&'a Nameable>),
    Nothing,
}

/// The best kind of match that any candidate has counts: its id, its name, the beginning of either or of a word of
/// the name, a part of either. Upper and lower case are the same, in any script.
fn pick<'a>(text: &str, candidates: &'a [Nameable]) -> Pick<'a> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Pick::Nothing;
    }
    let ranked: Vec<(u8, &Nameable)> =
        candidates.iter().filter_map(|one| Some((rank(&text, one)?, one))).collect();
    let best = ranked.iter().map(|(rank, _)| *rank).min();
    let named: Vec<&Nameable> =
        ranked.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, one)| one).collect();
    match named.as_slice() {
        [] => Pick::Nothing,
        [only] => Pick::One(only),
        _ => Pick::Several(named),
    }
}

fn rank(text: &str, one: &Nameable) -> Option<u8> {
    let (id, name) = (one.id.as_str(), one.name.as_deref().unwrap_or_default().to_lowercase());
    let begins = |whole: &str| whole.starts_with(text);
    match () {
        () if id == text || one.subject.id() == text => Some(0),
        () if name == text => Some(1),
        () if begins(id) || begins(&name) || name.split_whitespace().any(begins) => Some(2),
        () if id.contains(text) || name.contains(text) => Some(3),
        () => None,
    }
}

/// The one thing of those kinds that a text names. Several are a wrong call, none is a no.
pub fn find(reader: &Reader, text: &str, kinds: &[&'static str]) -> anyhow::Result<Subject> {
    if let Some((kind, id)) = text.split_once('/')
        && let Some(kind) = kinds.iter().find(|known| **known == kind)
    {
        return find_named(reader, id, &[*kind]);
    }
    match of_code(reader, text)?.as_slice() {
        [] => find_named(reader, text, kinds),
        found => match found.iter().filter(|subject| kinds.contains(&subject.kind())).collect::<Vec<_>>()[..]
        {
            [only] => Ok(only.clone()),
            [] => find_named(reader, text, kinds),
            ref several => {
                let several: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(ambiguous(text, &several).into())
            }
        },
    }
}

fn find_named(reader: &Reader, text: &str, kinds: &[&'static str]) -> anyhow::Result<Subject> {
    let mut candidates = Vec::new();
    for kind in kinds {
        candidates.extend(reader.nameable(kind)?);
    }
    not_cancelled(reader, text, kinds, &candidates)?;
    match pick(text, &candidates) {
        Pick::One(one) => Ok(one.subject.clone()),
        Pick::Several(several) => {
            let several: Vec<String> = several.into_iter().map(called).collect();
            Err(ambiguous(text, &several).into())
        }
        Pick::Nothing => Err(unknown(text, kinds, &candidates).into()),
    }
}

/// A booking that was cancelled is still what its id means: cancelling it twice must not cancel `gig-2` for `gig`.
fn not_cancelled(reader: &Reader, text: &str, kinds: &[&str], candidates: &[Nameable]) -> anyhow::Result<()> {
    let text = text.trim().to_lowercase();
    let Ok(booking) = BookingId::parse(&text) else { return Ok(()) };
    // Bookings of a series share their title.
    let another = candidates.iter().any(|one| match rank(&text, one) {
        Some(0) => true,
        Some(1) => one.subject.kind() != "booking",
        _ => false,
    });
    if another || !kinds.contains(&"booking") || !reader.is_cancelled(&booking)? {
        return Ok(());
    }
    Err(Failure::No(format!("Booking {booking} is cancelled: `booking add` it anew, or name another")).into())
}

fn called(one: &Nameable) -> String {
    let id = if one.subject.kind() == "person" { one.id.clone() } else { one.subject.to_string() };
    one.name.as_ref().map_or(id.clone(), |name| format!("{id} ({name})"))
}

fn ambiguous(text: &str, several: &[String]) -> Failure {
    let named: Vec<&str> = several.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = several.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Failure::Wrong(format!("{text:?} may be {}{more}: say more of it, or an id", named.join(", ")))
}

fn unknown(text: &str, kinds: &[&str], candidates: &[Nameable]) -> Failure {
    let names = candidates.iter().flat_map(|one| [Some(one.id.as_str()), one.name.as_deref()]).flatten();
    let hint = nearest(text, names).map(|near| format!(". Did you mean {near:?}?")).unwrap_or_default();
    let kinds = match kinds.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    Failure::No(format!("No {kinds} is known as {text:?}{hint}"))
}

/// What a code is on, or an id names as scanning would.
fn of_code(reader: &Reader, text: &str) -> Result<Vec<Subject>, LedgerError> {
    Ok(subjects(reader.identify(text)?))
}

fn subjects(found: Found) -> Vec<Subject> {
    match found {
        Found::Asset(asset) => vec![Subject::Asset(asset.id)],
        Found::Kit(kit) => vec![Subject::Kit(kit.id)],
        Found::Stock(stock) => vec![Subject::Stock(stock.id)],
        Found::Person(person) => vec![Subject::Person(person.id)],
        Found::Room(room) => vec![Subject::Room(room.id)],
        Found::Production(production) => vec![Subject::Production(production.id)],
        Found::Booking(booking) => vec![Subject::Booking(booking.id)],
        Found::PersonOrThing(person, thing) => {
            std::iter::once(Subject::Person(person.id)).chain(subjects(*thing)).collect()
        }
        Found::Ambiguous(of) => of.iter().filter_map(|of| Subject::parse(of)).collect(),
        Found::Nobody | Found::Card(_) | Found::Burst(_) | Found::Unknown | Found::Malformed(_) => Vec::new(),
    }
}

macro_rules! finds {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $variant:ident, $id:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name(reader: &Reader, text: &str) -> anyhow::Result<$id> {
            match find(reader, text, &[$kind])? {
                Subject::$variant(id) => Ok(id),
                other => Err(Failure::No(format!("{other} is no {}", $kind)).into()),
            }
        }
    )+};
}

finds! {
    /// The asset that a text names.
    asset, "asset", Asset, AssetId;
    /// The kit that a text names.
    kit, "kit", Kit, KitId;
    /// The stock that a text names.
    stock, "stock", Stock, StockId;
    /// The room that a text names.
    room, "room", Room, RoomId;
    /// The production that a text names.
    production, "production", Production, ProductionId;
    /// The booking that a text names.
    booking, "booking", Booking, BookingId;
    /// The person that a text names.
    person, "person", Person, PersonId;
}

/// The model that a text names: one that some asset has.
pub fn model(reader: &Reader, text: &str) -> anyhow::Result<String> {
    let models = reader.models()?;
    let text = text.trim().to_lowercase();
    for fits in [
        (|model: &str, text: &str| model == text) as fn(&str, &str) -> bool,
        |model, text| model.starts_with(text),
        |model, text| model.contains(text),
    ] {
        let fitting: Vec<String> = models.iter().filter(|model| fits(model, &text)).cloned().collect();
        match fitting.as_slice() {
            [] => {}
            [only] => return Ok(only.clone()),
            _ => return Err(ambiguous(&text, &fitting).into()),
        }
    }
    let hint = nearest(&text, models.iter().map(String::as_str));
    let hint = hint.map(|near| format!(". Did you mean {near:?}?")).unwrap_or_default();
    Err(Failure::No(format!("No asset is of a model {text:?}{hint}")).into())
}

/// The printed name of one thing and of no other, as its id: what is scanned by name.
pub fn printed(reader: &Reader, text: &str) -> Result<Option<String>, LedgerError> {
    if reader.identify(text)? != Found::Unknown {
        return Ok(None);
    }
    let text = text.trim().to_lowercase();
    let mut named = Vec::new();
    for kind in THINGS {
        let is_named = |one: &Nameable| one.name.as_ref().is_some_and(|name| name.to_lowercase() == text);
        named.extend(reader.nameable(kind)?.into_iter().filter(is_named));
    }
    Ok(<[Nameable; 1]>::try_from(named).ok().map(|[only]| only.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(subject: &str, name: &str) -> Nameable {
        let subject = Subject::parse(subject).unwrap();
        Nameable { id: subject.id().to_owned(), subject, name: Some(name.to_owned()) }
    }

    fn picked(text: &str) -> String {
        let candidates = [
            one("asset/cam-1", "Sony FX6"),
            one("asset/cam-10", "Sony FX6 Größe"),
            one("kit/lens-kit", "Lens kit"),
            one("asset/lens-1", "Объектив 35"),
        ];
        match pick(text, &candidates) {
            Pick::One(one) => one.id.clone(),
            Pick::Several(several) => several.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join("+"),
            Pick::Nothing => "-".to_owned(),
        }
    }

    #[test]
    fn an_exact_name_counts_before_a_beginning_and_a_beginning_before_a_part() {
        assert_eq!(picked("cam-1"), "cam-1");
        assert_eq!(picked("sony fx6"), "cam-1");
        assert_eq!(picked("CAM"), "cam-1+cam-10");
        assert_eq!(picked("GRÖ"), "cam-10");
        assert_eq!(picked("ОБЪЕК"), "lens-1");
        assert_eq!(picked("kit"), "lens-kit");
        assert_eq!(picked("ens-k"), "lens-kit");
        assert_eq!([picked("zz"), picked("  ")], ["-", "-"]);
    }

    #[test]
    fn what_may_be_several_names_them_and_what_is_nothing_names_the_nearest() {
        let several: Vec<String> = (0..8).map(|n| format!("asset/cam-{n}")).collect();
        let Failure::Wrong(sentence) = ambiguous("cam", &several) else { panic!() };
        assert!(sentence.contains("asset/cam-5 and 2 more: say more of it"), "{sentence}");
        let Failure::No(sentence) = unknown("cam2", THINGS, &[one("asset/cam-2", "C300")]) else { panic!() };
        assert_eq!(sentence, "No asset, kit or stock is known as \"cam2\". Did you mean \"cam-2\"?");
    }
}
