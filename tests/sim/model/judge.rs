//! What stands against gear going out, and what the house makes of it.

use std::collections::BTreeSet;

use super::super::plan::Booked;
use super::super::studio::{ASSETS, PILOT, PRODUCTIONS, kit_of, model_of};
use super::promise::Purpose;
use super::{Case, Group, Model, Sitting};

const COUNTER: &[&str] = &["attendant", "studio-manager", "admin"];
const MANAGERS: &[&str] = &["studio-manager", "admin"];
const PRODUCERS: &[&str] = &["attendant", "production-manager", "studio-manager", "admin"];

/// Who may answer; everybody where nobody is named.
pub type Answerer = Option<BTreeSet<&'static str>>;

pub fn admits(answerer: &Answerer, roles: &BTreeSet<&'static str>) -> bool {
    answerer.as_ref().is_none_or(|only| !only.is_disjoint(roles))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    Done,
    Notice,
    Ask(Answerer),
    Refused,
}

/// What a house does that has configured nothing.
fn usual(situation: &str) -> Rule {
    let only = |roles: &[&'static str]| Rule::Ask(Some(roles.iter().copied().collect()));
    match situation {
        "person-expired" | "maintenance-block" | "stock-short" => Rule::Refused,
        "already-out-to-other" | "part-of-kit" | "incomplete" => Rule::Ask(None),
        "not-on-this-booking" | "wrong-model" | "extra-on-this-booking" => Rule::Ask(None),
        "over-limit" | "not-on-production" | "recalled" | "pool-exhausted" => only(COUNTER),
        "booked-to-other" | "due-clashes-next-booking" => only(COUNTER),
        "wrong-stage" => only(PRODUCERS),
        "not-certified" => only(MANAGERS),
        _ => Rule::Notice,
    }
}

/// Whose word a CONFIRM is.
#[derive(Debug, Clone)]
pub struct Answered {
    pub by: Option<String>,
    pub roles: BTreeSet<&'static str>,
    /// What they were asked; anything where that is not said.
    pub asked: Option<Vec<&'static str>>,
}

pub enum Outcome {
    Goes { said: Option<&'static str>, overrides: BTreeSet<&'static str> },
    Asks { asked: Vec<&'static str>, answerer: Answerer },
    Refused { said: &'static str },
}

impl Model {
    fn rule(&self, situation: &str) -> Rule {
        match self.policy.get(situation).map(String::as_str) {
            None => usual(situation),
            Some("done") => Rule::Done,
            Some("notice") => Rule::Notice,
            Some("refused") => Rule::Refused,
            Some(_) => Rule::Ask(None),
        }
    }

    pub fn refuses(&self, situation: &str) -> bool {
        self.rule(situation) == Rule::Refused
    }

    /// What becomes of it, given all that stands against it and what was answered.
    pub fn outcome(&self, raised: &[&'static str], answered: Option<&Answered>) -> Outcome {
        let of = |wanted: &dyn Fn(&Rule) -> bool| -> Vec<&'static str> {
            raised.iter().copied().filter(|situation| wanted(&self.rule(situation))).collect()
        };
        if let Some(said) = of(&|rule| *rule == Rule::Refused).first() {
            return Outcome::Refused { said };
        }
        // What not everybody may answer is asked first.
        let limited = of(&|rule| matches!(rule, Rule::Ask(Some(_))));
        let asked = [limited, of(&|rule| *rule == Rule::Ask(None))].concat();
        let said = of(&|rule| *rule == Rule::Notice).first().copied();
        let mut answerer: Answerer = None;
        for situation in &asked {
            // Where no role may answer both, an admin may.
            if let Rule::Ask(Some(only)) = self.rule(situation) {
                answerer = Some(
                    answerer.map_or(only.clone(), |others| others.intersection(&only).copied().collect()),
                );
            }
        }
        let covered = answered.is_some_and(|answered| {
            let was_asked = |situation| answered.asked.as_ref().is_none_or(|asked| asked.contains(situation));
            admits(&answerer, &answered.roles) && asked.iter().all(was_asked)
        });
        match asked.is_empty() || covered {
            true => Outcome::Goes { said, overrides: asked.into_iter().collect() },
            false => Outcome::Asks { asked, answerer },
        }
    }

    /// All that stands against gear going out to the person of the sitting, the gravest first, and when it is due.
    pub fn against(
        &self,
        case: &Case,
        sitting: &Sitting,
        group: &Group,
        purpose: &Purpose,
    ) -> (Vec<&'static str>, i64) {
        let production = production_of(sitting, purpose);
        let mut raised = self.against_person(case, sitting, self.leaving_assets(group));
        raised.extend(self.against_state(sitting, &group.thing));
        let parts = self.leaving(group);
        raised.extend(parts.iter().flat_map(|part| self.against_state(sitting, part)));
        raised.extend(self.against_group(sitting, group, purpose, production.as_ref()));
        let person = sitting.person.as_ref();
        let (promised, due_ms) =
            self.promised(&group.thing, person, production.as_ref(), purpose, case.at_ms);
        raised.extend(promised);
        raised.extend(self.against_production(sitting, purpose));
        (raised, due_ms)
    }

    pub fn against_person(&self, case: &Case, sitting: &Sitting, leaving: usize) -> Vec<&'static str> {
        let Some(person) = &sitting.person else { return Vec::new() };
        let theirs = self.log.all_held();
        let theirs: Vec<_> = theirs
            .iter()
            .filter(|(thing, held)| thing.starts_with("asset/") && held.going.person.as_ref() == Some(person))
            .collect();
        let limit = self.limit.filter(|_| self.roles(Some(person)).contains("crew"));
        let overdue = theirs.iter().any(|(_, held)| held.due_ms < case.at_ms);
        [
            self.expired(Some(person), case.at_ms).then_some("person-expired"),
            limit.filter(|limit| theirs.len() + leaving > *limit).map(|_| "over-limit"),
            overdue.then_some("has-overdue"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn against_state(&self, sitting: &Sitting, thing: &str) -> Vec<&'static str> {
        let state = self.log.state(thing);
        let pilot = sitting.person.as_deref() == Some(&format!("p-{PILOT}"));
        [
            (thing == "asset/drone-01" && !pilot).then_some("not-certified"),
            state.blocked().then_some("maintenance-block"),
            (!state.jobs.is_empty() && !state.blocked()).then_some("maintenance-flag"),
            (state.condition == Some("part-missing")).then_some("incomplete"),
            state.lost.then_some("marked-lost"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn against_group(
        &self,
        sitting: &Sitting,
        group: &Group,
        purpose: &Purpose,
        production: Option<&String>,
    ) -> Vec<&'static str> {
        let other = self.log.held(&group.thing).filter(|held| held.going.person != sitting.person);
        let for_others = |thing: &String| {
            let recall = self.log.state(thing).recall;
            recall.is_some_and(|wanted| wanted.is_none() || wanted.as_ref() != production)
        };
        let along = self.coming(group);
        let recalled = other.is_some() && along.iter().chain([&group.thing]).any(for_others);
        let in_case = group.thing.strip_prefix("asset/").and_then(kit_of).is_some();
        [
            recalled.then_some("recalled"),
            other.as_ref().and_then(|held| held.going.person.as_ref()).map(|_| "already-out-to-other"),
            (in_case && other.is_none()).then_some("part-of-kit"),
            self.stays_behind(group).then_some("kit-member-unavailable"),
            (!group.strangers.is_empty()).then_some("stranger-in-kit"),
            self.not_listed(&group.thing, purpose),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A booking with a list says what may go out for it.
    pub fn not_listed(&self, thing: &str, purpose: &Purpose) -> Option<&'static str> {
        let booked = purpose.booking.as_ref()?;
        if booked.assets.is_empty()
            && booked.kits.is_empty()
            && booked.models.is_empty()
            && booked.stock.is_empty()
        {
            return None;
        }
        if let Some(id) = thing.strip_prefix("stock/") {
            return (booked.wants(&booked.stock, id) == 0).then_some("not-on-this-booking");
        }
        if booked.lists(thing) {
            return None;
        }
        let asset = thing.strip_prefix("asset/");
        let (model, sort) = asset.and_then(model_of).unwrap_or_default();
        let wanted = booked.wants(&booked.models, model);
        if wanted > 0 && asset.and_then(kit_of).is_none() {
            return (self.taken_of_model(model, booked) >= wanted).then_some("extra-on-this-booking");
        }
        let other = booked.models.iter().any(|(other, count)| {
            let alike = ASSETS.iter().filter_map(|id| model_of(id)).any(|pair| pair == (*other, sort));
            alike && self.taken_of_model(other, booked) < *count
        });
        Some(if other { "wrong-model" } else { "not-on-this-booking" })
    }

    /// More pieces than the booking names, with those that it has had already.
    pub fn more_than_listed(&self, thing: &str, pieces: u32, purpose: &Purpose) -> Option<&'static str> {
        let booked = purpose.booking.as_ref()?;
        let shelf = self.log.shelf(thing);
        let out = shelf.out.iter().filter(|out| out.booking == booked.id).map(|out| out.count).sum::<u32>();
        let had = out + shelf.had.get(&booked.id).copied().unwrap_or(0);
        let named = booked.wants(&booked.stock, thing.trim_start_matches("stock/"));
        (named > 0 && had + pieces > named).then_some("extra-on-this-booking")
    }

    /// Units that are out for what a booking wants of a model: neither those that it names nor what goes with a case.
    fn taken_of_model(&self, model: &str, booked: &Booked) -> u32 {
        let for_it = self.log.all_held().into_iter().filter(|(thing, held)| {
            let unit = thing.strip_prefix("asset/").filter(|id| kit_of(id).is_none()).and_then(model_of);
            let of_model = unit.is_some_and(|(of, _)| of == model);
            of_model && held.going.booking.as_ref() == Some(&booked.id) && !booked.names(thing)
        });
        u32::try_from(for_it.count()).unwrap()
    }

    pub fn against_production(&self, sitting: &Sitting, purpose: &Purpose) -> Vec<&'static str> {
        let production = production_of(sitting, purpose);
        let Some((_, stage, crew)) = PRODUCTIONS.iter().find(|(id, ..)| production.as_deref() == Some(id))
        else {
            return Vec::new();
        };
        let roles = self.roles(sitting.person.as_ref());
        let manages =
            ["production-manager", "studio-manager", "admin"].iter().any(|role| roles.contains(role));
        let stranger = sitting.person.as_ref().is_some_and(|person| {
            let on_crew = crew.iter().any(|handle| *person == format!("p-{handle}"));
            let named = purpose.booking.as_ref().is_some_and(|booked| booked.people.contains(person));
            !crew.is_empty() && !on_crew && !manages && !named
        });
        let draws = ["pre-production", "production", "post-production"].contains(stage);
        [stranger.then_some("not-on-production"), (!draws).then_some("wrong-stage")]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The members that go along: of a case that is out those that are out with it, else those that are here and may.
    pub fn leaving(&self, group: &Group) -> Vec<String> {
        if self.log.held(&group.thing).is_some() {
            return self.coming(group);
        }
        group.parts.iter().filter(|part| self.may_go(group, part)).cloned().collect()
    }

    fn may_go(&self, group: &Group, part: &str) -> bool {
        let state = self.log.state(part);
        self.log.held(part).is_none() && !state.lost && !state.blocked() && group.has_seen(part)
    }

    pub fn leaving_assets(&self, group: &Group) -> usize {
        usize::from(group.thing.starts_with("asset/")) + self.leaving(group).len()
    }

    /// The members that are out with their case, and were read where it was a roll-call.
    pub fn coming(&self, group: &Group) -> Vec<String> {
        let with_it = |part: &&String| {
            let held = self.log.held(part);
            held.is_some_and(|held| held.going.kit.as_ref() == Some(&group.thing)) && group.has_seen(part)
        };
        group.parts.iter().filter(with_it).cloned().collect()
    }

    fn stays_behind(&self, group: &Group) -> bool {
        match self.log.held(&group.thing) {
            Some(_) => self.is_short(group),
            None => self.leaving(group).len() < group.parts.len(),
        }
    }

    /// Members that are out and did not come with the case.
    pub fn is_short(&self, group: &Group) -> bool {
        let coming = self.coming(group);
        group.parts.iter().any(|part| self.log.held(part).is_some() && !coming.contains(part))
    }
}

pub fn production_of(sitting: &Sitting, purpose: &Purpose) -> Option<String> {
    let of_booking = purpose.booking.as_ref().and_then(|booked| booked.production.clone());
    of_booking.or_else(|| sitting.production.clone())
}
