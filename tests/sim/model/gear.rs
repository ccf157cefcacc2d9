//! Gear on the reader: out, back, on to somebody else, out for longer; and counted things.

use super::judge::{Answered, Outcome, production_of};
use super::log::{Going, Held, What};
use super::promise::{Purpose, SHORTEST_LOAN_MS};
use super::{
    AFTER_START_MS, Booked, Case, Expected, Group, LOAN_MS, Lot, Mode, Model, Question, Said, Sitting, only,
};

impl Model {
    pub(super) fn gear(&mut self, case: &Case, sitting: &mut Sitting, group: &Group) -> Expected {
        if sitting.mode == Mode::Extend {
            if case.rules.required && sitting.person.is_none() {
                return only("no-session");
            }
            return match self.extended_just_now(case, sitting, group) {
                true => only("duplicate-scan"),
                false => self.extend(case, sitting, group, None),
            };
        }
        if self.is_repeat(case, sitting, &group.thing) {
            return only("duplicate-scan");
        }
        let Some(held) = self.log.held(&group.thing) else {
            return match sitting.mode {
                Mode::Return => self.not_out(case, sitting, group),
                _ if case.rules.required && sitting.person.is_none() => only("no-session"),
                _ => self.take(case, sitting, group, None),
            };
        };
        let holder = held.going.person.as_ref();
        let to_another = holder.is_some() && sitting.person.is_some() && holder != sitting.person.as_ref();
        if to_another && sitting.mode != Mode::Return {
            return self.take(case, sitting, group, None);
        }
        self.bring_back(case, sitting, group, &held)
    }

    fn extended_just_now(&self, case: &Case, sitting: &Sitting, group: &Group) -> bool {
        self.log.last(&group.thing).is_some_and(|last| {
            let near = (case.at_ms - last.at_ms).abs() <= case.rules.idle_ms;
            let here = last.station == case.station && last.actor == sitting.person;
            last.what.kind() == "extended" && here && near
        })
    }

    fn is_repeat(&self, case: &Case, sitting: &Sitting, thing: &str) -> bool {
        let Some(last) = self.log.last(thing) else { return false };
        let against = sitting.mode == Mode::Return && last.what.kind() != "returned";
        if last.station != case.station || against || self.log.state(thing).lost {
            return false;
        }
        let apart_ms = (case.at_ms - last.at_ms).abs();
        if sitting.person.is_none() && !case.rules.required && sitting.mode != Mode::Return {
            let first = self.first_since_start(case, thing);
            return apart_ms < case.rules.repeat_ms || (first && apart_ms <= case.rules.idle_ms);
        }
        last.actor == sitting.person && apart_ms <= case.rules.idle_ms
    }

    fn first_since_start(&self, case: &Case, thing: &str) -> bool {
        case.mono_ms < AFTER_START_MS && !self.seen_since_start.contains(thing)
    }

    /// The newest that is known of it is that it was seen here, by the same person, a moment ago.
    pub(super) fn seen_just_now(&self, case: &Case, sitting: &Sitting, thing: &str) -> bool {
        self.log.newest(thing).is_some_and(|seen| {
            let near = (case.at_ms - seen.at_ms).abs() <= case.rules.idle_ms;
            seen.what.kind() == "sighted"
                && seen.station == case.station
                && seen.actor == sitting.person
                && near
        })
    }

    /// Out, or on from somebody else, unless something stands against it that has not been answered.
    pub(super) fn take(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        group: &Group,
        answered: Option<&Answered>,
    ) -> Expected {
        let held = self.log.held(&group.thing);
        if held.as_ref().is_some_and(|held| held.going.person == sitting.person) {
            sitting.ask = None;
            return only("duplicate-scan");
        }
        let purpose = match self.purpose_of(case, sitting, &group.thing) {
            Ok(purpose) => purpose,
            Err(none) if held.is_some() => *none,
            Err(_) => {
                self.ask(case, sitting, Question::WhichBooking, (None, Vec::new()));
                return only("several-bookings");
            }
        };
        let (raised, due_ms) = self.against(case, sitting, group, &purpose);
        match self.outcome(&raised, answered) {
            Outcome::Refused { said } => {
                let facts = self.seen_here(case, sitting, group);
                sitting.ask = None;
                Expected { code: said, facts }
            }
            Outcome::Asks { asked, answerer } => {
                let facts = self.seen_here(case, sitting, group);
                let code = asked[0];
                self.ask(case, sitting, Question::AllTheSame, (answerer, asked));
                Expected { code, facts }
            }
            Outcome::Goes { said, overrides } => {
                let confirmed_by =
                    answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
                let going = Going {
                    person: sitting.person.clone(),
                    due_ms: Some(due_ms),
                    booking: purpose.booking.as_ref().map(|booked| booked.id.clone()),
                    production: production_of(sitting, &purpose),
                    kit: group.kit(),
                    confirmed_by,
                    overrides,
                    count: None,
                };
                let (along, usual) = match held {
                    None => (self.leaving(group), "checked-out"),
                    Some(_) => (self.coming(group), "handed-over"),
                };
                let what = |_: &Model, _: &str| match usual {
                    "checked-out" => What::CheckedOut(going.clone()),
                    _ => What::HandedOver(going.clone()),
                };
                let facts = self.moved(case, sitting, group, along, &what);
                Expected { code: said.unwrap_or(usual), facts }
            }
        }
    }

    /// Gear that is out to somebody else and on this reader was seen here, whatever becomes of it.
    fn seen_here(&mut self, case: &Case, sitting: &Sitting, group: &Group) -> Vec<Said> {
        let out = self.log.held(&group.thing).is_some();
        if !out || !case.on_reader || self.seen_just_now(case, sitting, &group.thing) {
            return Vec::new();
        }
        self.sighted(case, sitting, group)
    }

    fn sighted(&mut self, case: &Case, sitting: &Sitting, group: &Group) -> Vec<Said> {
        let all = std::iter::once(&group.thing).chain(&group.strangers);
        all.map(|thing| self.add(case, sitting, thing, What::Sighted)).collect()
    }

    /// The booking of the card, the only one of the person that is now, or the only one of these that names the thing.
    /// Where it has to be asked, what is taken without one.
    fn purpose_of(&self, case: &Case, sitting: &Sitting, thing: &str) -> Result<Purpose, Box<Purpose>> {
        let lent_ms = case.at_ms + LOAN_MS;
        let for_booking = |booked: &Booked| Purpose {
            due_ms: case.until_ms.unwrap_or(if booked.ends.0 > case.at_ms { booked.ends.0 } else { lent_ms }),
            booking: Some(booked.clone()),
            fixed: true,
        };
        let none = Purpose {
            booking: None,
            due_ms: case.until_ms.unwrap_or(lent_ms),
            fixed: case.until_ms.is_some(),
        };
        if let Some(booked) =
            sitting.booking.as_ref().and_then(|id| self.bookings.get(id)).filter(|booked| booked.stands())
        {
            return Ok(for_booking(booked));
        }
        let (Some(person), false) = (&sitting.person, sitting.without_booking) else { return Ok(none) };
        let mut current: Vec<&Booked> = self.bookings.values().collect();
        current.retain(|booked| {
            let fits = sitting.production.is_none() || booked.production == sitting.production;
            fits && booked.is_now_for(person, case.at_ms)
        });
        let named = |booked: &&&Booked| {
            let model = thing
                .strip_prefix("asset/")
                .filter(|id| super::super::studio::kit_of(id).is_none())
                .and_then(super::super::studio::model_of);
            let of_model = model.is_some_and(|(model, _)| booked.wants(&booked.models, model) > 0);
            let of_stock = thing.strip_prefix("stock/").is_some_and(|id| booked.wants(&booked.stock, id) > 0);
            booked.lists(thing) || of_model || of_stock
        };
        let naming: Vec<&Booked> = current.iter().filter(named).copied().collect();
        match (current.as_slice(), naming.as_slice()) {
            ([], _) => Ok(none),
            ([booked], _) | (_, [booked]) => Ok(for_booking(booked)),
            _ => Err(Box::new(none)),
        }
    }

    /// A return is never refused: what is odd about it is said, the most urgent first.
    pub(super) fn bring_back(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        group: &Group,
        held: &Held,
    ) -> Expected {
        let holder = held.going.person.as_ref();
        let other = holder.is_some() && sitting.person.is_some() && holder != sitting.person.as_ref();
        let wanted = self.wanted_next(group, held.going.booking.as_ref(), case.at_ms);
        let along = self.coming(group);
        let states: Vec<_> = along.iter().chain([&group.thing]).map(|thing| self.log.state(thing)).collect();
        let code = [
            (states.iter().any(super::log::State::blocked), "to-the-bench"),
            (wanted, "wanted-next"),
            (states.iter().any(|state| state.recall.is_some()), "recall-filled"),
            (self.is_short(group), "kit-incomplete"),
            (!group.strangers.is_empty(), "stranger-in-kit"),
            (states.iter().any(|state| state.lost), "was-lost"),
            (case.at_ms > held.due_ms, "late"),
            (other, "returned-by-other-person"),
        ]
        .into_iter()
        .find(|(is_so, _)| *is_so)
        .map_or("returned", |(_, code)| code);
        let person = sitting.person.clone();
        let what = |model: &Model, thing: &str| {
            let from = model.log.held(thing);
            What::Returned(Going {
                person: person.clone(),
                kit: group.kit(),
                due_ms: from.as_ref().map(|from| from.due_ms),
                booking: from.as_ref().and_then(|from| from.going.booking.clone()),
                production: from.and_then(|from| from.going.production),
                ..Going::default()
            })
        };
        let facts = self.moved(case, sitting, group, along, &what);
        let lot = held.going.booking.clone().map(Lot::Booking).or(holder.cloned().map(Lot::Person));
        sitting.brought_of(lot);
        Expected { code, facts }
    }

    pub(super) fn not_out(&mut self, case: &Case, sitting: &Sitting, group: &Group) -> Expected {
        if self.seen_just_now(case, sitting, &group.thing) {
            return only("duplicate-scan");
        }
        let state = self.log.state(&group.thing);
        let wanted = self.wanted_next(group, None, case.at_ms);
        let code = [
            (state.blocked(), "to-the-bench"),
            (wanted, "wanted-next"),
            (!group.strangers.is_empty(), "stranger-in-kit"),
            (state.lost, "was-lost"),
        ]
        .into_iter()
        .find(|(is_so, _)| *is_so)
        .map_or("not-out", |(_, code)| code);
        let facts = self.sighted(case, sitting, group);
        Expected { code, facts }
    }

    /// A thing, what goes with it, and what was read with it and does not belong to it.
    fn moved(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        group: &Group,
        along: Vec<String>,
        what: &dyn Fn(&Model, &str) -> What,
    ) -> Vec<Said> {
        let all: Vec<String> = std::iter::once(group.thing.clone()).chain(along).collect();
        let mut facts = Vec::new();
        for thing in &all {
            let what = what(self, thing);
            facts.push(self.add(case, sitting, thing, what));
        }
        for stranger in &group.strangers {
            facts.push(self.add(case, sitting, stranger, What::Sighted));
        }
        (sitting.open, sitting.ask) = (true, None);
        sitting.moved_by(&case.id);
        facts
    }

    /// It stays out longer, as far as nobody else is waiting for it.
    pub(super) fn extend(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        group: &Group,
        answered: Option<&Answered>,
    ) -> Expected {
        let Some(held) = self.log.held(&group.thing) else {
            sitting.ask = None;
            return only("not-out-to-extend");
        };
        let (raised, due_ms) = self.against_longer(case, group, &held);
        match self.outcome(&raised, answered) {
            Outcome::Refused { said } => {
                sitting.ask = None;
                only(said)
            }
            Outcome::Asks { asked, answerer } => {
                let code = asked[0];
                self.ask(case, sitting, Question::Longer, (answerer, asked));
                only(code)
            }
            Outcome::Goes { said, overrides } => {
                let confirmed_by =
                    answered.filter(|_| !overrides.is_empty()).and_then(|answered| answered.by.clone());
                let what = |model: &Model, thing: &str| {
                    let going = model.log.held(thing).map(|held| held.going).unwrap_or_default();
                    let (confirmed_by, overrides) = (confirmed_by.clone(), overrides.clone());
                    What::Extended(Going { due_ms: Some(due_ms), confirmed_by, overrides, ..going })
                };
                let along = self.coming(group);
                let facts = self.moved(case, sitting, group, along, &what);
                Expected { code: said.unwrap_or("extended"), facts }
            }
        }
    }

    fn against_longer(&self, case: &Case, group: &Group, held: &Held) -> (Vec<&'static str>, i64) {
        let from_ms = held.due_ms.max(case.at_ms);
        let mut due_ms = case.until_ms.unwrap_or(from_ms + LOAN_MS);
        let mut raised = Vec::new();
        // It stays with whoever has it, so the question is whether they may, whoever asks for it.
        if self.expired(held.going.person.as_ref(), case.at_ms) {
            raised.push("person-expired");
        }
        let along = self.coming(group);
        if along.iter().chain([&group.thing]).any(|thing| self.log.state(thing).recall.is_some()) {
            raised.push("recalled");
        }
        let out_for = &held.going;
        let claims = self.claims_on(&group.thing, case.at_ms);
        let in_the_way = |booked: &&&Booked| {
            let same = out_for.production.is_some() && out_for.production == booked.production;
            let theirs = out_for.person.as_ref().is_some_and(|person| booked.people.contains(person));
            let own = same || theirs || out_for.booking.as_ref() == Some(&booked.id);
            booked.meets(case.at_ms, due_ms) && !own
        };
        let waiting: Vec<&Booked> = claims.iter().copied().filter(|booked| in_the_way(&booked)).collect();
        let next_ms = waiting.iter().find(|booked| booked.confirmed()).map(|booked| booked.begins_ms());
        if next_ms.is_none() && !waiting.is_empty() {
            raised.push("held-by-other");
        }
        let may_shorten = |at_ms: i64| at_ms > from_ms && case.until_ms.is_none();
        if let Some(next_ms) = next_ms {
            raised.push(match next_ms {
                _ if may_shorten(next_ms) => "booked-to-other-next",
                _ if next_ms <= case.at_ms => "booked-to-other",
                _ => "due-clashes-next-booking",
            });
            due_ms = if may_shorten(next_ms) { next_ms } else { due_ms };
        }
        let (span, own) = ((from_ms, due_ms), out_for.booking.as_deref());
        if let Some(short_ms) =
            self.short_of_model(&group.thing, span, &|booked| Some(booked.id.as_str()) == own, case.at_ms)
        {
            raised.push(if may_shorten(short_ms) { "booked-to-other-next" } else { "pool-exhausted" });
            due_ms = if may_shorten(short_ms) { short_ms } else { due_ms };
        }
        (raised, due_ms)
    }

    // -- counted things ----------------------------------------------------------------------------------------------

    pub(super) fn stock(&mut self, case: &Case, sitting: &mut Sitting, thing: &str) -> Expected {
        if self.first_since_start(case, thing) && sitting.last_thing.as_deref() == Some(thing) {
            return only("duplicate-scan");
        }
        match sitting.mode {
            Mode::Return => self.bring_pieces(case, sitting, thing),
            Mode::Extend => only("no-sense"),
            _ if case.rules.required && sitting.person.is_none() => only("no-session"),
            _ => self.take_pieces(case, sitting, thing, None),
        }
    }

    pub(super) fn bring_pieces(&mut self, case: &Case, sitting: &mut Sitting, thing: &str) -> Expected {
        let (shelf, pieces) = (self.log.shelf(thing), case.count.unwrap_or(1));
        let surplus = shelf.lent && pieces > shelf.out_pieces();
        if let Some(person) = sitting.person.clone().filter(|_| shelf.lent) {
            // Pieces of theirs: what they took without a booking, and what went for a booking of theirs that is now.
            sitting.brought_of(Some(Lot::Person(person.clone())));
            let current = self.bookings.values().filter(|booked| booked.is_now_for(&person, case.at_ms));
            let out = current.filter(|booked| shelf.out.iter().any(|out| out.booking == booked.id));
            out.for_each(|booked| sitting.brought_of(Some(Lot::Booking(booked.id.clone()))));
        }
        let person = sitting.person.clone();
        let going = Going { person, count: Some(pieces), ..Going::default() };
        let facts =
            self.moved(case, sitting, &Group::of(thing), Vec::new(), &|_, _| What::Brought(going.clone()));
        Expected { code: if surplus { "surplus" } else { "stock-returned" }, facts }
    }

    pub(super) fn take_pieces(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        thing: &str,
        answered: Option<&Answered>,
    ) -> Expected {
        let (shelf, pieces) = (self.log.shelf(thing), case.count.unwrap_or(1));
        let purpose = self.purpose_of(case, sitting, thing).unwrap_or_else(|none| *none);
        let mut raised: Vec<&'static str> = Vec::new();
        raised.extend((pieces > shelf.available()).then_some("stock-short"));
        raised.extend(self.against_person(case, sitting, 0));
        let mut due_ms = purpose.due_ms;
        let production = production_of(sitting, &purpose);
        let whose = (sitting.person.as_ref(), production.as_ref());
        if let Some(short_ms) = self.short_of_stock(thing, pieces, whose, &purpose, case.at_ms) {
            if shelf.lent && !purpose.fixed && short_ms - case.at_ms >= SHORTEST_LOAN_MS {
                raised.push("booked-to-other-next");
                due_ms = short_ms;
            } else {
                raised.push("pool-exhausted");
            }
        }
        raised.extend(self.not_listed(thing, &purpose));
        raised.extend(self.more_than_listed(thing, pieces, &purpose));
        raised.extend(self.against_production(sitting, &purpose));
        match self.outcome(&raised, answered) {
            Outcome::Refused { said } => {
                sitting.ask = None;
                only(said)
            }
            Outcome::Asks { asked, answerer } => {
                let code = asked[0];
                self.ask(case, sitting, Question::AllTheSame, (answerer, asked));
                only(code)
            }
            Outcome::Goes { said, overrides } => {
                let going = Going {
                    person: sitting.person.clone(),
                    due_ms: Some(due_ms).filter(|_| shelf.lent),
                    booking: purpose.booking.as_ref().map(|booked| booked.id.clone()),
                    production: production_of(sitting, &purpose),
                    kit: None,
                    confirmed_by: answered.filter(|_| !overrides.is_empty()).and_then(|of| of.by.clone()),
                    overrides,
                    count: Some(pieces),
                };
                let what = |_: &Model, _: &str| What::Taken(going.clone());
                let facts = self.moved(case, sitting, &Group::of(thing), Vec::new(), &what);
                Expected { code: said.unwrap_or("stock-taken"), facts }
            }
        }
    }
}
