//! One file into a plan: its rows become what the ledger should say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::resolve::{Plan, Resolver};
use super::{RowError, assets, bookings, kits, people, productions, rooms, stock, table};
use crate::domain::id::PersonId;
use crate::domain::known::Known;
use crate::domain::rules::HouseRules;

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Things with a label of their own.
    Assets,
    /// Cases.
    Kits,
    /// Counted things.
    Stock,
    /// People.
    People,
    /// Rooms.
    Rooms,
    /// Productions.
    Productions,
    /// Bookings.
    Bookings,
}

impl Kind {
    /// Every kind, in the order in which they are documented.
    pub const ALL: [Self; 7] =
        [Self::Assets, Self::Kits, Self::Stock, Self::People, Self::Rooms, Self::Productions, Self::Bookings];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Kits => "kits",
            Self::Stock => "stock",
            Self::People => "people",
            Self::Rooms => "rooms",
            Self::Productions => "productions",
            Self::Bookings => "bookings",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Reads a file and compares it with the ledger: what is to be recorded, or everything that is wrong.
///
/// `file` names it in errors, times without an offset are of the house's zone, `ids` gives a fresh opaque id for each
/// person that is new. What a column says that the file does not have stays as it is in the ledger; a new booking has
/// the house's times to prepare and to clean up.
pub fn prepare(
    kind: Kind,
    file: &str,
    bytes: &[u8],
    house: &HouseRules,
    known: &Known,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Plan, Vec<RowError>> {
    let (zone, columns) = (house.zone, table::columns_of(bytes));
    let resolver = |about: BTreeSet<String>| Resolver::new(file, columns, about, known);
    match kind {
        Kind::Assets => {
            let rows = assets(file, bytes, zone)?;
            each(resolver(about(&rows, |row| format!("asset/{}", row.id))), rows, super::assets::resolve)
        }
        Kind::Kits => {
            let rows = kits(file, bytes)?;
            let mut to = resolver(about(&rows, |row| format!("kit/{}", row.id)));
            super::kits::refuse_cycles(&mut to, &rows);
            each(to, rows, super::kits::resolve)
        }
        Kind::Stock => {
            let rows = stock(file, bytes)?;
            each(resolver(about(&rows, |row| format!("stock/{}", row.id))), rows, super::stock::resolve)
        }
        Kind::Rooms => {
            let rows = rooms(file, bytes)?;
            each(resolver(about(&rows, |row| format!("room/{}", row.id))), rows, super::rooms::resolve)
        }
        Kind::People => {
            let rows = people(file, bytes, zone)?;
            let to = resolver(about(&rows, |row| row.handle.to_string()));
            each(to, rows, |to, row| super::people::resolve(to, row, ids))
        }
        Kind::Productions => {
            each(resolver(BTreeSet::new()), productions(file, bytes, zone)?, super::productions::resolve)
        }
        Kind::Bookings => {
            let mut to = resolver(BTreeSet::new());
            super::bookings::resolve_all(&mut to, bookings(file, bytes, zone)?, house);
            to.finish()
        }
    }
}

/// What the rows of a file are about.
fn about<T>(rows: &[T], name: impl Fn(&T) -> String) -> BTreeSet<String> {
    rows.iter().map(name).collect()
}

fn each<T>(
    mut to: Resolver<'_>,
    rows: Vec<T>,
    mut one: impl FnMut(&mut Resolver<'_>, T),
) -> Result<Plan, Vec<RowError>> {
    rows.into_iter().for_each(|row| one(&mut to, row));
    to.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::StationId;
    use crate::ledger::Ledger;
    use crate::ledger::append::Occasion;
    use crate::time::{MonoMs, Now, UtcMs};

    /// Brings a file into a ledger and gives the plan, as the writer would.
    fn bring(ledger: &mut Ledger, import: &str, kind: Kind, text: &str) -> Result<Plan, String> {
        let known = ledger.known().unwrap();
        let mut ids = (0..).filter_map(|n| PersonId::parse(&format!("p-{import}-{n}")).ok());
        let plan = prepare(kind, "file.csv", text.as_bytes(), &HouseRules::default(), &known, &mut ids)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let now = Now { mono: MonoMs(0), utc: UtcMs(1), trusted: true };
        let (station, mut first) = (StationId::parse("import").unwrap(), 0);
        for portion in &plan.portions {
            portion.identities.iter().for_each(|identity| {
                ledger.put_identity(identity).unwrap();
            });
            let occasion = Occasion { scan_id: import, station: &station, now: &now };
            ledger.append(&occasion, first, portion.facts.clone()).unwrap();
            first += portion.facts.len();
        }
        Ok(plan)
    }

    #[test]
    fn a_commit_is_of_bounded_size_and_the_rows_of_all_of_them_are_those_that_changed() {
        let rows: String = (0..1_000).map(|n| format!("g-{n},Gear,T-{n};U-{n}\n")).collect();
        let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
        let plan = bring(&mut ledger, "a", Kind::Assets, &format!("id,name,tags\n{rows}")).unwrap();
        assert!(plan.portions.iter().all(|portion| portion.facts.len() <= 252));
        assert_eq!(plan.portions.iter().map(|portion| portion.rows).sum::<usize>(), 1_000);
        assert_eq!((plan.new, plan.changed, plan.same), (1_000, 0, 0));
    }

    #[test]
    fn without_random_bytes_no_person_is_made() {
        let mut none = std::iter::empty();
        let known = Known::default();
        let (house, text) = (HouseRules::default(), b"id,name\nada,Ada\n");
        let errors = prepare(Kind::People, "p.csv", text, &house, &known, &mut none).unwrap_err();
        assert!(errors[0].expected.starts_with("random bytes of the operating system"), "{}", errors[0]);
    }

    proptest! {
        #[test]
        fn any_file_that_is_taken_changes_nothing_the_second_time(
            before in prop::collection::vec((0..6_u8, 0..6_u8), 0..6),
            after in prop::collection::vec((0..6_u8, 0..6_u8), 0..6),
            people in any::<bool>(),
        ) {
            let (kind, header) =
                if people { (Kind::People, "id,name,badges") } else { (Kind::Assets, "id,name,tags") };
            let file = |rows: &[(u8, u8)]| {
                let row = |(id, tag): &(u8, u8)| match tag {
                    0 => format!("t-{id},N,\n"),
                    1 => format!("t-{id},N,t-{tag}\n"),
                    _ => format!("t-{id},N{tag},C-{tag}\n"),
                };
                format!("{header}\n{}", rows.iter().map(row).collect::<String>())
            };
            let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
            let first = bring(&mut ledger, "a", kind, &file(&before)).is_ok();
            if bring(&mut ledger, "b", kind, &file(&after)).is_ok() {
                let again = bring(&mut ledger, "c", kind, &file(&after)).unwrap();
                prop_assert_eq!((again.new, again.changed, again.portions.len()), (0, 0, 0));
                prop_assert_eq!(again.same, after.len());
                let known = ledger.known().unwrap();
                prop_assert!(known.tags.values().all(|things| things.len() == 1), "{:?}", known.tags);
                prop_assert!(ledger.verify().unwrap().is_whole());
            } else {
                let same = !first || bring(&mut ledger, "c", kind, &file(&before)).unwrap().portions.is_empty();
                prop_assert!(same, "a refused file wrote something");
            }
        }
    }
}
