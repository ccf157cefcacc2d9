//! What is promised to whom, counted at every moment at which anything changes.

use std::collections::BTreeSet;

use super::super::plan::Booked;
use super::super::studio::{ASSETS, kit_of, model_of};
use super::{Group, Model, members};

pub const SHORTEST_LOAN_MS: i64 = 30 * 60_000;

/// What gear is taken for.
#[derive(Debug, Clone)]
pub struct Purpose {
    pub booking: Option<Booked>,
    pub due_ms: i64,
    /// The due time is the booking's, or was said.
    pub fixed: bool,
}

impl Booked {
    pub fn begins_ms(&self) -> i64 {
        self.starts.0 - self.prepare_ms
    }

    pub fn over_ms(&self) -> i64 {
        self.ends.0 + self.clean_up_ms
    }

    pub fn stands(&self) -> bool {
        self.status != "cancelled"
    }

    pub fn confirmed(&self) -> bool {
        self.status == "confirmed"
    }

    pub fn meets(&self, from_ms: i64, until_ms: i64) -> bool {
        self.begins_ms() < until_ms && from_ms < self.over_ms()
    }

    /// A confirmed booking of theirs whose time, preparation included, is now.
    pub fn is_now_for(&self, person: &String, now_ms: i64) -> bool {
        let is_now = self.begins_ms() <= now_ms && now_ms < self.ends.0;
        is_now && self.confirmed() && self.people.contains(person)
    }

    /// It is what gear is taken for, or the person's own, or the production's own.
    fn is_own(&self, person: Option<&String>, production: Option<&String>, purpose: &Purpose) -> bool {
        let this = purpose.booking.as_ref().is_some_and(|own| own.id == self.id);
        let mine = person.is_some_and(|person| self.people.contains(person));
        this || mine || (production.is_some() && self.production.as_ref() == production)
    }

    fn takes_at(&self, at_ms: i64) -> bool {
        self.begins_ms() <= at_ms && at_ms < self.over_ms()
    }

    /// Whether its list has this very thing, or the case in which it belongs.
    pub fn lists(&self, thing: &str) -> bool {
        let id = thing.split_once('/').map_or(thing, |(_, id)| id);
        self.names(thing)
            || (thing.starts_with("asset/") && kit_of(id).is_some_and(|kit| self.kits.contains(&kit)))
    }

    /// Whether its list has this very thing.
    pub fn names(&self, thing: &str) -> bool {
        match thing.split_once('/') {
            Some(("asset", id)) => self.assets.contains(&id),
            Some(("kit", id)) => self.kits.contains(&id),
            _ => false,
        }
    }

    /// Whether it takes the thing: itself, its case, or one of its members.
    pub fn claims(&self, thing: &str) -> bool {
        self.lists(thing) || members(thing).iter().any(|member| self.names(member))
    }

    pub fn wants(&self, of: &[(&'static str, u32)], what: &str) -> u32 {
        of.iter().filter(|(id, _)| *id == what).map(|(_, count)| count).sum()
    }
}

impl Model {
    /// Bookings that stand and take the thing.
    pub fn claims_on(&self, thing: &str, now_ms: i64) -> Vec<&Booked> {
        let takes = |booked: &&Booked| booked.stands() && booked.over_ms() > now_ms && booked.claims(thing);
        let mut claims: Vec<&Booked> = self.bookings.values().filter(takes).collect();
        claims.sort_by_key(|booked| booked.begins_ms());
        claims
    }

    /// What stands in the plan against the thing being away, and when it is to be back.
    pub fn promised(
        &self,
        thing: &str,
        person: Option<&String>,
        production: Option<&String>,
        purpose: &Purpose,
        now_ms: i64,
    ) -> (Vec<&'static str>, i64) {
        let claims = self.claims_on(thing, now_ms);
        let own = |booked: &Booked| booked.is_own(person, production, purpose);
        let (mut raised, mut due_ms) = (Vec::new(), purpose.due_ms);
        let meeting: Vec<&Booked> =
            claims.iter().copied().filter(|booked| !own(booked) && booked.meets(now_ms, due_ms)).collect();
        if let Some(next) = meeting.iter().find(|booked| booked.confirmed()) {
            let from_ms = next.begins_ms();
            let soon = from_ms - now_ms < SHORTEST_LOAN_MS;
            raised.push(match (from_ms <= now_ms, purpose.fixed) {
                (true, _) => "booked-to-other",
                (false, true) => "due-clashes-next-booking",
                (false, false) if soon => "booked-to-other",
                (false, false) => {
                    due_ms = from_ms;
                    "booked-to-other-next"
                }
            });
        } else if !meeting.is_empty() {
            raised.push("held-by-other");
        }
        let early = claims.iter().any(|booked| {
            let mine = person.is_some_and(|person| booked.people.contains(person));
            mine && booked.begins_ms() > now_ms && booked.meets(now_ms, purpose.due_ms)
        });
        if early && purpose.booking.is_none() {
            raised.push("booked-for-you-early");
        }
        if let Some(short_ms) = self.short_of_model(thing, (now_ms, due_ms), &own, now_ms) {
            if short_ms - now_ms >= SHORTEST_LOAN_MS && !purpose.fixed {
                raised.push("booked-to-other-next");
                due_ms = short_ms;
            } else {
                raised.push("pool-exhausted");
            }
        }
        (raised, due_ms)
    }

    /// Units of a model that can be lent: those that belong in no case and that nothing keeps in.
    pub fn units(&self, model: &str) -> Vec<String> {
        let in_pool = |id: &&&str| {
            let of_model = model_of(id).is_some_and(|(of, _)| of == model) && kit_of(id).is_none();
            let state = self.log.state(&format!("asset/{id}"));
            of_model && !state.lost && !state.blocked()
        };
        ASSETS.iter().filter(in_pool).map(|id| format!("asset/{id}")).collect()
    }

    /// Units that a booking has out for what it wants of the model.
    pub fn has_of_model(&self, model: &str, booked: &Booked) -> u32 {
        let has = |unit: &&String| {
            let held = self.log.held(unit);
            held.is_some_and(|held| held.going.booking.as_ref() == Some(&booked.id)) && !booked.names(unit)
        };
        u32::try_from(self.units(model).iter().filter(has).count()).unwrap()
    }

    /// The first moment of a span at which others would have too few of the model without this unit.
    pub fn short_of_model(
        &self,
        thing: &str,
        (from_ms, until_ms): (i64, i64),
        own: &dyn Fn(&Booked) -> bool,
        now_ms: i64,
    ) -> Option<i64> {
        let (model, _) = thing.strip_prefix("asset/").and_then(model_of)?;
        let units = self.units(model);
        if !units.iter().any(|unit| unit == thing) {
            return None;
        }
        let dues = units.iter().filter_map(|unit| Some(self.log.held(unit)?.due_ms));
        let moments = self.moments(from_ms, until_ms, dues);
        let others: Vec<&Booked> =
            self.bookings.values().filter(|booked| booked.confirmed() && !own(booked)).collect();
        moments.into_iter().find(|at_ms| {
            let at: Vec<&&Booked> = others.iter().filter(|booked| booked.takes_at(*at_ms)).collect();
            if at.iter().any(|booked| booked.names(thing)) {
                return false;
            }
            let needs = |booked: &&&Booked| {
                booked.wants(&booked.models, model).saturating_sub(self.has_of_model(model, booked))
            };
            let promised: u32 = at.iter().map(needs).sum();
            let left =
                units.iter().filter(|unit| *unit != thing && self.is_left(unit, model, &at, *at_ms, now_ms));
            promised > u32::try_from(left.count()).unwrap()
        })
    }

    /// Whether a unit is there for bookings that have not got theirs: what is overdue is not.
    fn is_left(&self, unit: &str, model: &str, at: &[&&Booked], at_ms: i64, now_ms: i64) -> bool {
        if at.iter().any(|booked| booked.names(unit)) {
            return false;
        }
        let Some(held) = self.log.held(unit) else { return true };
        let has = |booked: &&&Booked| {
            held.going.booking.as_ref() == Some(&booked.id) && booked.wants(&booked.models, model) > 0
        };
        held.due_ms > now_ms && held.due_ms <= at_ms && !at.iter().any(has)
    }

    /// The beginning of a span and every moment in it at which anything changes.
    fn moments(&self, from_ms: i64, until_ms: i64, dues: impl Iterator<Item = i64>) -> BTreeSet<i64> {
        let changes =
            self.bookings.values().flat_map(|booked| [booked.begins_ms(), booked.over_ms()]).chain(dues);
        let inside = changes.filter(|at_ms| from_ms < *at_ms && *at_ms < until_ms);
        inside.chain([from_ms]).filter(|at_ms| *at_ms < until_ms).collect()
    }

    /// The first moment at which others would have too few pieces without these.
    pub fn short_of_stock(
        &self,
        thing: &str,
        pieces: u32,
        (person, production): (Option<&String>, Option<&String>),
        purpose: &Purpose,
        now_ms: i64,
    ) -> Option<i64> {
        let (shelf, id) = (self.log.shelf(thing), thing.trim_start_matches("stock/"));
        let own = purpose.booking.as_ref().map(|booked| booked.id.as_str());
        let others: Vec<&Booked> = self
            .bookings
            .values()
            .filter(|booked| {
                let own = booked.is_own(person, production, purpose);
                booked.confirmed() && !own && booked.over_ms() > now_ms
            })
            .collect();
        let had = |booked: &Booked| match shelf.lent {
            true => shelf.out.iter().filter(|out| out.booking == booked.id).map(|out| out.count).sum(),
            false => shelf.had.get(&booked.id).copied().unwrap_or(0),
        };
        let needs = |booked: &&&Booked| booked.wants(&booked.stock, id).saturating_sub(had(booked));
        if !shelf.lent {
            let promised: u32 = others.iter().map(|booked| needs(&booked)).sum();
            return (promised + pieces > shelf.count).then_some(now_ms);
        }
        let dues = shelf.out.iter().map(|out| out.due_ms);
        self.moments(now_ms, purpose.due_ms, dues).into_iter().find(|at_ms| {
            let at_ms = *at_ms;
            let at: Vec<&&Booked> = others.iter().filter(|booked| booked.takes_at(at_ms)).collect();
            let promised: u32 = at.iter().map(needs).sum();
            let has = |id: &str| {
                at.iter().any(|booked| {
                    booked.id == id && booked.wants(&booked.stock, thing.trim_start_matches("stock/")) > 0
                })
            };
            let away = shelf.out.iter().filter(|out| {
                let back = out.due_ms > now_ms && out.due_ms <= at_ms;
                !back || has(&out.booking) || Some(out.booking.as_str()) == own
            });
            promised + pieces > shelf.count.saturating_sub(away.map(|out| out.count).sum())
        })
    }

    /// Somebody else than the booking it comes back from needs it within a day.
    pub fn wanted_next(&self, group: &Group, came_from: Option<&String>, now_ms: i64) -> bool {
        let until_ms = now_ms + super::LOAN_MS;
        let claims = self.claims_on(&group.thing, now_ms);
        let wanted = |booked: &&Booked| {
            booked.confirmed() && booked.meets(now_ms, until_ms) && Some(&booked.id) != came_from
        };
        let span = (now_ms, until_ms);
        claims.iter().any(wanted)
            || self
                .short_of_model(&group.thing, span, &|booked| Some(&booked.id) == came_from, now_ms)
                .is_some()
    }
}
