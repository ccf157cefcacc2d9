//! Badges, cards that say what for, and control cards.

use super::codes::Target;
use super::judge::{Answered, admits};
use super::log::What;
use super::{Ask, Case, Expected, Group, Lot, Mode, Model, Question, Sitting, only};

const COUNTER: [&str; 3] = ["attendant", "studio-manager", "admin"];

impl Model {
    pub(super) fn badge(&mut self, case: &Case, sitting: &mut Sitting, person: &str) -> Expected {
        let person = person.to_owned();
        let refused = self.expired(Some(&person), case.at_ms) && self.refuses("person-expired");
        let roles = self.roles(Some(&person));
        if let Some(ask) = sitting.ask.as_mut().filter(|_| !refused) {
            let may = match &ask.answerer {
                Some(only) => !only.is_disjoint(&roles),
                None => COUNTER.iter().any(|role| roles.contains(role)),
            };
            if may {
                (ask.signer, ask.asked_ms) = (Some(person), case.at_ms);
                return only("countersigned");
            }
        }
        if refused {
            sitting.close();
            return only("person-expired");
        }
        if sitting.person.as_ref() == Some(&person) {
            return only("duplicate-scan");
        }
        let mode = if sitting.person.is_none() { sitting.mode } else { Mode::Toggle };
        sitting.close();
        (sitting.open, sitting.mode, sitting.person) = (true, mode, Some(person));
        only("code-is-person")
    }

    pub(super) fn purpose(&mut self, case: &Case, sitting: &mut Sitting, code: &'static str) -> Expected {
        if case.rules.required && sitting.person.is_none() {
            return only("no-session");
        }
        sitting.open = true;
        only(code)
    }

    pub(super) fn production(&mut self, case: &Case, sitting: &mut Sitting, id: &str) -> Expected {
        let said = self.purpose(case, sitting, "code-is-production");
        if said.code != "no-session" {
            (sitting.production, sitting.booking) = (Some(id.to_owned()), None);
            sitting.without_booking = false;
        }
        self.answers_which_booking(case, sitting, said)
    }

    pub(super) fn booking(&mut self, case: &Case, sitting: &mut Sitting, id: &str) -> Expected {
        let booked = self.bookings[id].clone();
        let is_now = booked.begins_ms() <= case.at_ms && case.at_ms < booked.ends.0;
        let said = self.purpose(case, sitting, if is_now { "code-is-booking" } else { "booking-not-now" });
        if said.code != "no-session" {
            (sitting.production, sitting.booking) = (booked.production, Some(booked.id));
            sitting.without_booking = false;
        }
        self.answers_which_booking(case, sitting, said)
    }

    /// A purpose card may answer the question which booking gear is for: then the gear goes.
    fn answers_which_booking(&mut self, case: &Case, sitting: &mut Sitting, said: Expected) -> Expected {
        let asked = sitting.ask.clone().filter(|ask| ask.question == Question::WhichBooking);
        let Some(ask) = asked.filter(|_| said.code != "no-session") else { return said };
        match self.asked_about(&ask) {
            Some(group) => self.take(&answering(case, &ask), sitting, &group, None),
            None => {
                sitting.ask = None;
                said
            }
        }
    }

    /// Whether a question is about something that goes only where it is answered.
    fn waits_in_vain(&self, ask: &Ask) -> bool {
        let about = match self.named(&ask.code, &ask.also).0 {
            Target::Thing(_) => true,
            Target::Together(group) => group.is_some(),
            _ => false,
        };
        about && ask.question != Question::Longer
    }

    /// The gear that a question was about.
    fn asked_about(&self, ask: &Ask) -> Option<Group> {
        match self.named(&ask.code, &ask.also).0 {
            Target::Thing(thing) | Target::Both(_, thing) if !thing.starts_with("stock/") => {
                Some(Group::of(&thing))
            }
            Target::Together(group) => group,
            _ => None,
        }
    }

    pub(super) fn card(&mut self, case: &Case, sitting: &mut Sitting, card: &str) -> Expected {
        match card {
            "CANCEL" if sitting.ask.take().is_some() => only("cancelled"),
            "DONE" | "CANCEL" if !sitting.open => only("duplicate-scan"),
            "DONE" | "CANCEL" if sitting.ask.as_ref().is_some_and(|ask| self.waits_in_vain(ask)) => {
                sitting.close();
                only("not-taken")
            }
            "DONE" | "CANCEL" => {
                let still_out = self.still_out(&sitting.lots);
                sitting.close();
                only(if still_out { "still-out" } else { "session-closed" })
            }
            "RETURN" => mode(sitting, Mode::Return, "return-mode"),
            "EXTEND" => mode(sitting, Mode::Extend, "extend-mode"),
            "LEARN" if sitting.person.is_none() => only("no-session"),
            "LEARN" if COUNTER.iter().all(|role| !self.roles(sitting.person.as_ref()).contains(role)) => {
                only("no-right")
            }
            "LEARN" => mode(sitting, Mode::Learn, "learn-mode"),
            "UNDO" => self.undo(case, sitting),
            "CONFIRM" => self.confirm(case, sitting),
            "OK" => self.condition_card(case, sitting, "ok"),
            "DIRTY" => self.condition_card(case, sitting, "dirty"),
            "DAMAGED" => self.condition_card(case, sitting, "damaged"),
            _ => self.condition_card(case, sitting, "part-missing"),
        }
    }

    /// Whether anything is out still of what some has come back of.
    fn still_out(&self, lots: &[Lot]) -> bool {
        let of_lot = |booking: &Option<String>, person: &Option<String>| match (booking, person) {
            (Some(booking), _) => lots.contains(&Lot::Booking(booking.clone())),
            (None, Some(person)) => lots.contains(&Lot::Person(person.clone())),
            _ => false,
        };
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let pieces = super::STOCKS.iter().flat_map(|(id, ..)| self.log.shelf(&format!("stock/{id}")).out);
        let mut pieces = pieces.map(|out| (some(&out.booking), some(&out.person)));
        self.log.all_held().iter().any(|(_, held)| of_lot(&held.going.booking, &held.going.person))
            || pieces.any(|(booking, person)| of_lot(&booking, &person))
    }

    fn confirm(&mut self, case: &Case, sitting: &mut Sitting) -> Expected {
        let Some(ask) = sitting.ask.clone() else {
            let repeat = sitting.confirmed_turn.is_some_and(|turn| turn + 1 == sitting.turn);
            sitting.confirmed_turn = if repeat { Some(sitting.turn) } else { sitting.confirmed_turn };
            return only(if repeat { "duplicate-scan" } else { "nothing-to-confirm" });
        };
        let mut roles = self.roles(ask.signer.as_ref());
        roles.extend(self.roles(sitting.person.as_ref()));
        if !admits(&ask.answerer, &roles) {
            return only("needs-countersign");
        }
        sitting.confirmed_turn = Some(sitting.turn);
        sitting.without_booking |= ask.question == Question::WhichBooking;
        let by = ask.signer.clone().or_else(|| sitting.person.clone());
        let answered = Answered { by, roles, asked: Some(ask.situations.clone()) };
        let answer = answering(case, &ask);
        match (self.named(&ask.code, &ask.also).0, ask.question) {
            (Target::Both(person, thing), Question::TheThing) => {
                self.the_thing(&answer, sitting, &person, &thing)
            }
            (Target::Thing(thing), _) if thing.starts_with("stock/") => {
                self.seen_since_start.insert(thing.clone());
                self.take_pieces(&answer, sitting, &thing, Some(&answered))
            }
            (_, question) => {
                let Some(group) = self.asked_about(&ask) else {
                    sitting.ask = None;
                    return only("nothing-to-confirm");
                };
                self.seen_since_start.insert(group.thing.clone());
                match question {
                    Question::Longer => self.extend(&answer, sitting, &group, Some(&answered)),
                    Question::WhichBooking => self.take(&answer, sitting, &group, None),
                    _ => self.take(&answer, sitting, &group, Some(&answered)),
                }
            }
        }
    }

    /// A code that is a badge and a label: where a badge comes next the badge was meant, else the label.
    fn the_thing(&mut self, case: &Case, sitting: &mut Sitting, person: &str, thing: &str) -> Expected {
        sitting.ask = None;
        if sitting.person.is_none() && sitting.mode == Mode::Toggle && case.rules.required {
            return self.badge(case, sitting, person);
        }
        // From here on the thing goes by its id: no fact and no question keeps the code of a badge.
        let id = thing.split_once('/').map_or(thing, |(_, id)| id);
        let case = Case { code: id.to_owned(), ..case.clone() };
        let expected = match sitting.mode {
            Mode::Learn => self.learn_thing(&case, sitting, thing),
            _ => self.gear(&case, sitting, &Group::of(thing)),
        };
        self.seen_since_start.insert(thing.to_owned());
        sitting.last_thing = Some(thing.to_owned());
        expected
    }

    pub(super) fn learn_thing(&mut self, case: &Case, sitting: &mut Sitting, thing: &str) -> Expected {
        let Some(code) = sitting.learned.take() else { return only("learn-mode") };
        sitting.mode = Mode::Toggle;
        sitting.moved_by(&case.id);
        let fact = self.add(case, sitting, &format!("tag/{code}"), What::Tagged(thing.to_owned()));
        Expected { code: "tag-assigned", facts: vec![fact] }
    }

    pub(super) fn undo(&mut self, case: &Case, sitting: &mut Sitting) -> Expected {
        let Some(last) = sitting.scans.last().cloned() else { return only("nothing-to-undo") };
        let things = match self.log.undoable(&last) {
            Ok(things) => things,
            Err(code) => return only(code),
        };
        self.log.take_back(&last);
        let facts = things.iter().map(|thing| self.add(case, sitting, thing, What::Annulled)).collect();
        sitting.scans.pop();
        sitting.ask = None;
        Expected { code: "undone", facts }
    }

    fn condition_card(&mut self, case: &Case, sitting: &mut Sitting, condition: &'static str) -> Expected {
        let last = sitting.last_thing.clone().filter(|thing| sitting.open && !thing.starts_with("stock/"));
        let Some(thing) = last else { return only("nothing-to-note") };
        self.seen_since_start.insert(thing.clone());
        self.note(case, sitting, &thing, condition)
    }

    /// The state of a thing. What is not in order opens a job; what is broken stays in until that is done.
    pub(super) fn note(
        &mut self,
        case: &Case,
        sitting: &mut Sitting,
        thing: &str,
        condition: &'static str,
    ) -> Expected {
        let state = self.log.state(thing);
        if condition != "ok" && state.condition == Some(condition) {
            return only("duplicate-scan");
        }
        let mut facts = vec![self.add(case, sitting, thing, What::Condition(condition))];
        let is_open = state.jobs.iter().any(|(_, _, because)| *because == Some(condition));
        if condition != "ok" && !is_open {
            let job = What::Job { blocks: condition == "damaged", because: Some(condition) };
            facts.push(self.add(case, sitting, thing, job));
        }
        sitting.ask = None;
        sitting.moved_by(&case.id);
        Expected { code: "condition-noted", facts }
    }
}

/// A card answers for the label that was asked about, which is not on the reader any more.
fn answering(case: &Case, ask: &Ask) -> Case {
    Case {
        code: ask.code.clone(),
        also: ask.also.clone(),
        count: ask.count,
        on_reader: false,
        ..case.clone()
    }
}

fn mode(sitting: &mut Sitting, mode: Mode, code: &'static str) -> Expected {
    (sitting.open, sitting.mode, sitting.learned, sitting.ask) = (true, mode, None, None);
    only(code)
}
