//! One file into a plan: its rows become what the ledger should say.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::resolve::{Plan, Resolver};
use super::{
    AssetRow, BookingRow, KitRow, PersonRow, ProductionRow, RoomRow, RowError, assets, bookings, kits,
    people, productions, rooms, table,
};
use crate::domain::fact::{
    AssetRegistered, Body, BookingMade, KitRegistered, NewFact, PersonEnrolled, ProductionRegistered,
    Quantity, RoomRegistered, Subject,
};
use crate::domain::id::{PersonHandle, PersonId};
use crate::domain::known::{Identity, Known};
use crate::domain::person::Role;

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Things with a label of their own.
    Assets,
    /// Cases.
    Kits,
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
    pub const ALL: [Self; 6] =
        [Self::Assets, Self::Kits, Self::People, Self::Rooms, Self::Productions, Self::Bookings];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Kits => "kits",
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
/// `file` names it in errors, times without an offset are of `zone`, `ids` gives a fresh opaque id for each person
/// that is new. What a column says that the file does not have stays as it is in the ledger.
pub fn prepare(
    kind: Kind,
    file: &str,
    bytes: &[u8],
    zone: Tz,
    known: &Known,
    ids: &mut dyn Iterator<Item = PersonId>,
) -> Result<Plan, Vec<RowError>> {
    let columns = table::columns_of(bytes);
    match kind {
        Kind::Assets => {
            let rows = assets(file, bytes)?;
            let about = rows.iter().map(|row| format!("asset/{}", row.id)).collect();
            resolve(Resolver::new(file, columns, about, known), rows, asset)
        }
        Kind::Kits => {
            let rows = kits(file, bytes)?;
            let about = rows.iter().map(|row| format!("kit/{}", row.id)).collect();
            resolve(Resolver::new(file, columns, about, known), rows, kit)
        }
        Kind::Rooms => {
            let rows = rooms(file, bytes)?;
            let about = rows.iter().map(|row| format!("room/{}", row.id)).collect();
            resolve(Resolver::new(file, columns, about, known), rows, room)
        }
        Kind::People => {
            let rows = people(file, bytes, zone)?;
            let about = rows.iter().map(|row| row.handle.to_string()).collect();
            resolve(Resolver::new(file, columns, about, known), rows, |to, row| person(to, row, ids))
        }
        Kind::Productions => {
            let rows = productions(file, bytes, zone)?;
            resolve(Resolver::new(file, columns, BTreeSet::new(), known), rows, production)
        }
        Kind::Bookings => {
            let rows = bookings(file, bytes, zone)?;
            resolve(Resolver::new(file, columns, BTreeSet::new(), known), rows, booking)
        }
    }
}

fn resolve<T>(
    mut to: Resolver<'_>,
    rows: Vec<T>,
    mut one: impl FnMut(&mut Resolver<'_>, T),
) -> Result<Plan, Vec<RowError>> {
    rows.into_iter().for_each(|row| one(&mut to, row));
    to.finish()
}

fn asset(to: &mut Resolver<'_>, row: AssetRow) {
    let subject = Subject::Asset(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::AssetRegistered(old)) => Some(old),
        _ => None,
    };
    if let Some(home) = &row.home {
        to.need(row.line, "home", Subject::Room(home.clone()));
    }
    if let Some(kit) = &row.kit {
        to.need(row.line, "kit", Subject::Kit(kit.clone()));
    }
    let body = AssetRegistered {
        name: row.name,
        model: to.keep("model", row.model, old.map(|old| old.model.clone())),
        category: to.keep("category", row.category, old.map(|old| old.category.clone())),
        serial: to.keep("serial", row.serial, old.map(|old| old.serial.clone())),
        home: to.keep("home", row.home, old.map(|old| old.home.clone())),
        kit: to.keep("kit", row.kit, old.map(|old| old.kit.clone())),
        day_rate_cents: to.keep("day_rate", row.day_rate_cents, old.map(|old| old.day_rate_cents)),
        week_rate_cents: to.keep("week_rate", row.week_rate_cents, old.map(|old| old.week_rate_cents)),
        replacement_value_cents: to.keep(
            "replacement_value",
            row.replacement_value_cents,
            old.map(|old| old.replacement_value_cents),
        ),
        loan: old.map(|old| old.loan).unwrap_or_default(),
        restricted_to: old.map(|old| old.restricted_to.clone()).unwrap_or_default(),
        certificate: old.and_then(|old| old.certificate.clone()),
        inspect_every_days: old.and_then(|old| old.inspect_every_days),
        inspection_due: old.and_then(|old| old.inspection_due),
        owner: old.and_then(|old| old.owner.clone()),
        owner_due: old.and_then(|old| old.owner_due),
        retired: old.is_some_and(|old| old.retired),
    };
    to.thing(row.line, subject, Body::AssetRegistered(body), &row.tags);
}

fn kit(to: &mut Resolver<'_>, row: KitRow) {
    let body = Body::KitRegistered(KitRegistered { name: row.name, within: None });
    to.thing(row.line, Subject::Kit(row.id), body, &row.tags);
}

fn room(to: &mut Resolver<'_>, row: RoomRow) {
    let subject = Subject::Room(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::RoomRegistered(old)) => Some(old.hour_rate_cents),
        _ => None,
    };
    let hour_rate_cents = to.keep("hour_rate", row.hour_rate_cents, old);
    let body = Body::RoomRegistered(RoomRegistered { name: row.name, hour_rate_cents });
    to.thing(row.line, subject, body, &row.tags);
}

fn person(to: &mut Resolver<'_>, row: PersonRow, ids: &mut dyn Iterator<Item = PersonId>) {
    let known = to.known;
    let old = known.people.get(&row.handle);
    let Some(id) = old.map(|old| old.person.clone()).or_else(|| ids.next()) else {
        let expected = "random bytes of the operating system for a new person: it gives none";
        to.wrong(row.line, "id", row.handle.as_str(), expected.to_owned());
        return;
    };
    let badges: BTreeSet<_> =
        row.badges.iter().filter_map(|badge| to.badge(row.line, badge, &row.handle)).collect();
    let identity = Identity {
        person: id.clone(),
        handle: row.handle.clone(),
        name: row.name,
        email: to.keep("email", row.email, old.map(|old| old.email.clone())),
        phone: to.keep("phone", row.phone, old.map(|old| old.phone.clone())),
        badges: to.keep("badges", badges.into_iter().collect(), old.map(|old| old.badges.clone())),
    };
    let subject = Subject::Person(id);
    let enrolled = match known.registered.get(&subject) {
        Some(Body::PersonEnrolled(enrolled)) => Some(enrolled),
        _ => None,
    };
    let role = Role::parse(row.role).unwrap_or(Role::Crew);
    let body = PersonEnrolled {
        role: to.keep("role", role, enrolled.map(|old| old.role)),
        also: Vec::new(),
        suspended: enrolled.and_then(|old| old.suspended),
        certificates: enrolled.map(|old| old.certificates.clone()).unwrap_or_default(),
        active_until: to.keep("active_until", row.active_until, enrolled.map(|old| old.active_until)),
    };
    let says = enrolled == Some(&body);
    let fact = NewFact { subject, actor: None, body: Body::PersonEnrolled(body) };
    let facts = if says { Vec::new() } else { vec![fact] };
    let identity = (old != Some(&identity)).then_some(identity);
    to.row(row.line, format!("person/{}", row.handle), old.is_none(), facts, identity);
}

fn persons(to: &mut Resolver<'_>, line: u64, column: &str, handles: &[PersonHandle]) -> Vec<PersonId> {
    handles.iter().filter_map(|handle| to.person(line, column, handle)).collect()
}

fn production(to: &mut Resolver<'_>, row: ProductionRow) {
    let subject = Subject::Production(row.id);
    let old = match to.known.registered.get(&subject) {
        Some(Body::ProductionRegistered(old)) => Some(old),
        _ => None,
    };
    let crew = persons(to, row.line, "crew", &row.crew);
    let body = ProductionRegistered {
        title: row.title,
        client: to.keep("client", row.client, old.map(|old| old.client.clone())),
        stage: to.keep("stage", row.stage.to_owned(), old.map(|old| old.stage.clone())),
        starts: row.starts,
        ends: row.ends,
        budget_cents: to.keep("budget", row.budget_cents, old.map(|old| old.budget_cents)),
        crew: to.keep("crew", crew, old.map(|old| old.crew.clone())),
        crew_roles: old.map(|old| old.crew_roles.clone()).unwrap_or_default(),
        gear: old.map(|old| old.gear.clone()).unwrap_or_default(),
    };
    to.thing(row.line, subject, Body::ProductionRegistered(body), &[]);
}

fn quantities(of: Vec<(String, u32)>) -> Vec<Quantity> {
    of.into_iter().map(|(of, count)| Quantity { of, count }).collect()
}

fn booking(to: &mut Resolver<'_>, row: BookingRow) {
    let line = row.line;
    let subject = Subject::Booking(row.id.clone());
    let old = match to.known.registered.get(&subject) {
        Some(Body::BookingMade(old)) => Some(old),
        _ => None,
    };
    if let Some(production) = &row.production {
        to.need(line, "production", Subject::Production(production.clone()));
    }
    row.rooms.iter().for_each(|room| to.need(line, "rooms", Subject::Room(room.clone())));
    row.assets.iter().for_each(|asset| to.need(line, "assets", Subject::Asset(asset.clone())));
    let person = row.person.as_ref().and_then(|handle| to.person(line, "person", handle));
    let crew = persons(to, line, "crew", &row.crew);
    let body = BookingMade {
        production: to.keep("production", row.production, old.map(|old| old.production.clone())),
        client: to.keep("client", row.client, old.map(|old| old.client.clone())),
        person: to.keep("person", person, old.map(|old| old.person.clone())),
        rooms: to.keep("rooms", row.rooms, old.map(|old| old.rooms.clone())),
        assets: to.keep("assets", row.assets, old.map(|old| old.assets.clone())),
        models: to.keep("models", quantities(row.models), old.map(|old| old.models.clone())),
        stock: to.keep("stock", quantities(row.stock), old.map(|old| old.stock.clone())),
        crew: to.keep("crew", crew, old.map(|old| old.crew.clone())),
        starts: row.starts,
        ends: row.ends,
        status: to.keep("status", row.status.to_owned(), old.map(|old| old.status.clone())),
        kits: old.map(|old| old.kits.clone()).unwrap_or_default(),
        title: old.and_then(|old| old.title.clone()),
        prepare_ms: old.map_or(0, |old| old.prepare_ms),
        clean_up_ms: old.map_or(0, |old| old.clean_up_ms),
        series: old.and_then(|old| old.series.clone()),
    };
    to.thing(line, subject, Body::BookingMade(body), &[]);
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
        let plan = prepare(kind, "file.csv", text.as_bytes(), Tz::UTC, &known, &mut ids)
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
        let errors =
            prepare(Kind::People, "p.csv", b"id,name\nada,Ada\n", Tz::UTC, &known, &mut none).unwrap_err();
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
