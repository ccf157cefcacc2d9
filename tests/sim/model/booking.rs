//! Bookings made by hand: what others have been promised cannot be promised again.

use std::collections::BTreeSet;

use super::super::plan::Booked;
use super::super::studio::{kit_of, model_of};
use super::log::What;
use super::{Case, Expected, Model, Sitting, members, only};

impl Booked {
    /// All that it takes for itself alone: things, rooms and people who work.
    pub fn takes(&self) -> Vec<String> {
        let assets = self.assets.iter().map(|id| format!("asset/{id}"));
        let kits = self.kits.iter().map(|id| format!("kit/{id}"));
        let rooms = self.rooms.iter().map(|id| format!("room/{id}"));
        let crew = self.people.iter().skip(1).map(|id| format!("person/{id}"));
        assets.chain(kits).chain(rooms).chain(crew).collect()
    }

    fn crosses(&self, other: &Self) -> bool {
        self.meets(other.begins_ms(), other.over_ms())
    }
}

/// Whether two resources are one, or a case and what belongs in it.
pub fn touch(one: &str, other: &str) -> bool {
    one == other
        || members(one).iter().any(|member| member == other)
        || members(other).iter().any(|member| member == one)
}

impl Model {
    pub(super) fn book(&mut self, case: &Case, sitting: &Sitting, booked: &Booked, stands: bool) -> Expected {
        match self.bookings.get(&booked.id).is_some_and(Booked::stands) {
            false if stands => return only("not-found"),
            true if !stands => return only("no-sense"),
            _ => {}
        }
        let nothing = booked.takes().is_empty() && booked.models.is_empty() && booked.stock.is_empty();
        if nothing || booked.ends <= booked.starts {
            return only("no-sense");
        }
        if self.has_conflict(booked, case.at_ms) {
            return only("booking-conflict");
        }
        let held = self.is_held(booked, case.at_ms);
        self.bookings.insert(booked.id.clone(), booked.clone());
        let fact = self.add(case, sitting, &format!("booking/{}", booked.id), What::Booked);
        Expected { code: if held { "held-by-other" } else { "booked" }, facts: vec![fact] }
    }

    pub(super) fn cancel(&mut self, case: &Case, sitting: &Sitting, id: &str) -> Expected {
        let Some(booked) = self.bookings.get_mut(id).filter(|booked| booked.stands()) else {
            return only("not-found");
        };
        booked.status = "cancelled";
        let fact = self.add(case, sitting, &format!("booking/{id}"), What::Cancelled);
        Expected { code: "booking-cancelled", facts: vec![fact] }
    }

    fn others<'a>(&'a self, booked: &'a Booked) -> impl Iterator<Item = &'a Booked> {
        self.bookings.values().filter(|other| other.id != booked.id && other.stands())
    }

    fn has_conflict(&self, booked: &Booked, now_ms: i64) -> bool {
        let promised = |thing: &String| {
            self.others(booked).any(|other| {
                other.confirmed()
                    && other.crosses(booked)
                    && other.takes().iter().any(|taken| touch(taken, thing))
            })
        };
        let takes = booked.takes();
        let kept_in = |thing: &&String| {
            let state = self.log.state(thing);
            state.lost || state.blocked()
        };
        let out = |thing: &String| {
            let all = members(thing).into_iter().chain([thing.clone()]).collect::<Vec<_>>();
            all.iter().any(|thing| self.is_out_then(thing, booked, now_ms))
        };
        takes.iter().any(|thing| promised(thing) || kept_in(&thing) || out(thing))
            || self.models_of(booked).iter().any(|model| self.lacks_model(model, booked, false, now_ms))
            || booked.stock.iter().any(|(stock, _)| self.lacks_stock(stock, booked, false, now_ms))
    }

    /// It is out to somebody else when the booking begins to take it. What is overdue is expected back, but is not now.
    fn is_out_then(&self, thing: &str, booked: &Booked, now_ms: i64) -> bool {
        let Some(held) = self.log.held(thing) else { return false };
        let overdue = held.due_ms <= now_ms;
        let away = if overdue { booked.begins_ms() <= now_ms } else { booked.begins_ms() < held.due_ms };
        held.going.booking.as_ref() != Some(&booked.id) && away && booked.over_ms() > now_ms
    }

    /// Others have asked for it without being promised it.
    fn is_held(&self, booked: &Booked, now_ms: i64) -> bool {
        let holds: Vec<&Booked> =
            self.others(booked).filter(|other| !other.confirmed() && other.crosses(booked)).collect();
        let takes = booked.takes();
        let same =
            |other: &&Booked| other.takes().iter().any(|held| takes.iter().any(|thing| touch(held, thing)));
        let model = |model: &&str| {
            holds.iter().any(|hold| hold.wants(&hold.models, model) > 0)
                && self.lacks_model(model, booked, true, now_ms)
        };
        let stock = |(stock, _): &(&'static str, u32)| {
            holds.iter().any(|hold| hold.wants(&hold.stock, stock) > 0)
                && self.lacks_stock(stock, booked, true, now_ms)
        };
        holds.iter().any(same) || self.models_of(booked).iter().any(model) || booked.stock.iter().any(stock)
    }

    /// Models of which it wants some, or names units.
    fn models_of(&self, booked: &Booked) -> BTreeSet<&'static str> {
        let named = booked.assets.iter().filter(|id| kit_of(id).is_none()).filter_map(|id| model_of(id));
        booked.models.iter().map(|(model, _)| *model).chain(named.map(|(model, _)| model)).collect()
    }

    /// The beginning of its span and every moment in it at which anything changes.
    fn moments_of(&self, booked: &Booked, dues: impl Iterator<Item = i64>) -> BTreeSet<i64> {
        let (from_ms, until_ms) = (booked.begins_ms(), booked.over_ms());
        let changes =
            self.bookings.values().flat_map(|other| [other.begins_ms(), other.over_ms()]).chain(dues);
        changes.filter(|at_ms| from_ms < *at_ms && *at_ms < until_ms).chain([from_ms]).collect()
    }

    /// Whether there would be too few of a model at some moment, with holds counted as promises or without.
    fn lacks_model(&self, model: &str, booked: &Booked, holds_too: bool, now_ms: i64) -> bool {
        let units: Vec<String> = self.units(model);
        let named: Vec<&String> = units.iter().filter(|unit| booked.names(unit)).collect();
        let wanted = booked.wants(&booked.models, model);
        let for_it = |unit: &&String| {
            let held = self.log.held(unit);
            held.is_some_and(|held| held.going.booking.as_ref() == Some(&booked.id)) && !booked.names(unit)
        };
        let missing = wanted.saturating_sub(units.iter().filter(for_it).count() as u32);
        if wanted == 0 && named.is_empty() {
            return false;
        }
        let dues: Vec<i64> =
            units.iter().filter_map(|unit| Some(self.log.held(unit)?.due_ms)).chain([now_ms + 1]).collect();
        self.moments_of(booked, dues.into_iter()).into_iter().any(|at_ms| {
            let at: Vec<&Booked> = self
                .others(booked)
                .filter(|other| (holds_too || other.confirmed()) && other.meets(at_ms, at_ms + 1))
                .collect();
            let needs = |other: &&Booked| {
                other.wants(&other.models, model).saturating_sub(self.has_of_model(model, other))
            };
            let promised: u32 = at.iter().map(needs).sum();
            let left = units.iter().filter(|unit| {
                if booked.names(unit) || for_it(unit) || at.iter().any(|other| other.names(unit)) {
                    return false;
                }
                let Some(held) = self.log.held(unit) else { return true };
                let counted = at.iter().any(|other| {
                    held.going.booking.as_ref() == Some(&other.id) && other.wants(&other.models, model) > 0
                });
                !counted && is_back(held.due_ms, at_ms, now_ms)
            });
            promised + missing > left.count() as u32
        })
    }

    fn lacks_stock(&self, stock: &str, booked: &Booked, holds_too: bool, now_ms: i64) -> bool {
        let shelf = self.log.shelf(&format!("stock/{stock}"));
        let wanted = booked.wants(&booked.stock, stock);
        let others: Vec<&Booked> = self
            .others(booked)
            .filter(|other| (holds_too || other.confirmed()) && other.wants(&other.stock, stock) > 0)
            .collect();
        let had = |id: &str| -> u32 {
            match shelf.lent {
                true => shelf.out.iter().filter(|out| out.booking == id).map(|out| out.count).sum(),
                false => shelf.had.get(id).copied().unwrap_or(0),
            }
        };
        let missing = wanted.saturating_sub(had(&booked.id));
        let needs = |other: &&Booked| other.wants(&other.stock, stock).saturating_sub(had(&other.id));
        if !shelf.lent {
            let promised: u32 = others.iter().filter(|other| other.over_ms() > now_ms).map(needs).sum();
            return wanted > 0 && promised + missing > shelf.count;
        }
        let dues: Vec<i64> = shelf.out.iter().map(|out| out.due_ms).chain([now_ms + 1]).collect();
        wanted > 0
            && self.moments_of(booked, dues.into_iter()).into_iter().any(|at_ms| {
                let at: Vec<&Booked> =
                    others.iter().copied().filter(|other| other.meets(at_ms, at_ms + 1)).collect();
                let promised: u32 = at.iter().map(needs).sum();
                let away = shelf.out.iter().filter(|out| {
                    let counted = at.iter().any(|other| other.id == out.booking) || out.booking == booked.id;
                    counted || !is_back(out.due_ms, at_ms, now_ms)
                });
                promised + missing > shelf.count.saturating_sub(away.map(|out| out.count).sum())
            })
    }
}

/// What is due by then will be back; so will be what is overdue, but it is not back now.
fn is_back(due_ms: i64, at_ms: i64, now_ms: i64) -> bool {
    due_ms <= at_ms && (due_ms > now_ms || at_ms > now_ms)
}
