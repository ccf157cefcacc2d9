//! `import people`: whoever may take something, and what they may do.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::RowError;
use super::cell::Cells;
use super::resolve::Resolver;
use super::table::{self, Columns};
use super::when::Edge;
use crate::domain::fact::{Body, NewFact, PersonEnrolled, Subject};
use crate::domain::id::{PersonHandle, PersonId};
use crate::domain::known::Identity;
use crate::domain::person::{Role, Suspension};
use crate::time::UtcMs;

/// What a person may be. `crew` where the file says nothing.
pub const ROLES: [&str; 5] = ["crew", "attendant", "production-manager", "studio-manager", "admin"];

/// The columns of such a file.
pub(super) const COLUMNS: Columns = Columns {
    known: &[
        "id",
        "name",
        "badges",
        "role",
        "email",
        "phone",
        "active_until",
        "certificates",
        "suspended",
        "suspended_until",
    ],
    required: &["id", "name"],
};

/// One person as the file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Line on which the row begins, counted from 1.
    pub line: u64,
    /// The id that the studio's own list gives.
    pub handle: PersonHandle,
    /// What people call them.
    pub name: String,
    /// The codes on their badges, as written.
    pub badges: Vec<String>,
    /// What they are, the first of what the file names: one of [`ROLES`].
    pub role: &'static str,
    /// What they are besides: others of [`ROLES`].
    pub also: Vec<&'static str>,
    /// Where to write to.
    pub email: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// The first moment at which the badge no longer holds; a date alone includes its day.
    pub active_until: Option<UtcMs>,
    /// What they have been trained for.
    pub certificates: Vec<String>,
    /// Whether they take nothing for a while.
    pub suspended: bool,
    /// The moment at which that ends by itself; a date alone includes its day.
    pub suspended_until: Option<UtcMs>,
}

/// Reads a file of people: all of its rows, or all that is wrong. `file` names it in errors; times without an
/// offset are of `zone`.
pub fn people(file: &str, bytes: &[u8], zone: Tz) -> Result<Vec<PersonRow>, Vec<RowError>> {
    table::read(file, bytes, COLUMNS, |cells| row(cells, zone))
}

/// One row, or a note of what is wrong with it.
pub(super) fn row(cells: &mut Cells<'_>, zone: Tz) -> Option<PersonRow> {
    let handle = cells.own_id(PersonHandle::parse);
    let name = cells.name("name");
    let badges = cells.codes("badge", "badges");
    let roles = cells.choices("role", &ROLES);
    let email = cells.text("email");
    let phone = cells.text("phone");
    let active_until = cells.time("active_until", Edge::End, zone);
    let certificates = cells.texts("certificates");
    let said = cells.yes("suspended");
    let suspended_until = cells.time("suspended_until", Edge::End, zone);
    if said == Some(false) && cells.is_said("suspended_until") {
        cells.misfit("suspended_until", "nothing, or yes in the column suspended: it is no");
    }
    let (role, also) =
        roles.split_first().map_or(("crew", Vec::new()), |(role, also)| (*role, also.to_vec()));
    Some(PersonRow {
        line: cells.line(),
        handle: handle?,
        name: name?,
        badges,
        role,
        also,
        email,
        phone,
        active_until,
        certificates,
        suspended: said.unwrap_or(suspended_until.is_some()),
        suspended_until,
    })
}

/// What a row says, against what the ledger knows; `ids` gives somebody new an opaque id.
pub(super) fn resolve(to: &mut Resolver<'_>, row: PersonRow, ids: &mut dyn Iterator<Item = PersonId>) {
    let known = to.known;
    let old = known.people.get(&row.handle);
    let Some(id) = old.map(|old| old.person.clone()).or_else(|| ids.next()) else {
        let expected = "random bytes of the operating system for a new person: it gives none";
        to.wrong(row.line, "id", row.handle.as_str(), expected.to_owned());
        return;
    };
    let subject = Subject::Person(id.clone());
    let enrolled = match known.registered.get(&subject) {
        Some(Body::PersonEnrolled(enrolled)) => Some(enrolled),
        _ => None,
    };
    let body = enrolment(to, &row, enrolled);
    let badges: BTreeSet<_> =
        row.badges.iter().filter_map(|badge| to.badge(row.line, badge, &row.handle)).collect();
    let identity = Identity {
        person: id,
        handle: row.handle.clone(),
        name: row.name,
        email: to.keep("email", row.email, old.map(|old| old.email.clone())),
        phone: to.keep("phone", row.phone, old.map(|old| old.phone.clone())),
        badges: to.badges(badges.into_iter().collect(), old.map(|old| old.badges.clone())),
    };
    let says = enrolled == Some(&body);
    let fact = NewFact { subject, actor: None, body: Body::PersonEnrolled(body) };
    let facts = if says { Vec::new() } else { vec![fact] };
    let identity = (old != Some(&identity)).then_some(identity);
    to.row(row.line, format!("person/{}", row.handle), old.is_none(), facts, identity);
}

fn enrolment(to: &Resolver<'_>, row: &PersonRow, old: Option<&PersonEnrolled>) -> PersonEnrolled {
    let role = Role::parse(row.role).unwrap_or(Role::Crew);
    let also: Vec<Role> = row.also.iter().filter_map(|role| Role::parse(role)).collect();
    PersonEnrolled {
        role: to.keep("role", role, old.map(|old| old.role)),
        also: to.keep("role", also, old.map(|old| old.also.clone())),
        suspended: suspension(to, row, old.and_then(|old| old.suspended)),
        certificates: to.keep(
            "certificates",
            row.certificates.clone(),
            old.map(|old| old.certificates.clone()),
        ),
        active_until: to.keep("active_until", row.active_until, old.map(|old| old.active_until)),
    }
}

/// Either column alone says whether; only its own column says until when.
fn suspension(to: &Resolver<'_>, row: &PersonRow, old: Option<Suspension>) -> Option<Suspension> {
    if !to.has("suspended") && !to.has("suspended_until") {
        return old;
    }
    let until = to.keep("suspended_until", row.suspended_until, old.map(|old| old.until));
    row.suspended.then_some(Suspension { until })
}
