//! What is asked for by hand: the same rules by other words.

use super::super::deeds::{Asked, Deed};
use super::judge::Answered;
use super::log::What;
use super::{Case, Expected, Group, Mode, Model, Rules, Sitting, only};

impl Model {
    pub fn order(&mut self, id: &str, asked: &Asked, at_ms: i64, mono_ms: u64) -> Expected {
        let by = format!("p-{}", asked.by);
        let roles = self.roles(Some(&by));
        let right = match &asked.deed {
            Deed::Book { .. } | Deed::Cancel(_) | Deed::Recall { .. } | Deed::Withdraw(_) => {
                !roles.contains("crew")
            }
            _ => !roles.contains("crew") && !roles.contains("production-manager"),
        };
        if !right {
            return only("no-right");
        }
        let rules = Rules { required: false, idle_ms: 0, confirm_ms: 0, repeat_ms: 0 };
        let mut case = Case {
            id: id.to_owned(),
            station: "control".to_owned(),
            at_ms,
            mono_ms,
            rules,
            code: String::new(),
            also: Vec::new(),
            count: None,
            on_reader: false,
            typed_by: Some(by.clone()),
            until_ms: None,
        };
        let mut sitting = Sitting { open: true, person: Some(by.clone()), ..Sitting::default() };
        let everything = Answered { by: Some(by), roles, asked: None };
        let answered = asked.confirm.then_some(everything.clone());
        match &asked.deed {
            Deed::CheckOut { thing, .. } => {
                let expected =
                    self.taken_by_hand(&mut case, &mut sitting, &asked.deed, everything, asked.confirm);
                self.seen(thing, expected)
            }
            Deed::Return { thing, person, count } => {
                sitting.person = person.map(|handle| format!("p-{handle}"));
                case.count = *count;
                let expected = self.returned_by_hand(&case, &mut sitting, thing);
                self.seen(thing, expected)
            }
            Deed::Extend { thing, until } => {
                case.until_ms = until.map(|until| until.0);
                match case.until_ms.is_some_and(|until_ms| until_ms <= at_ms) {
                    true => only("no-sense"),
                    false => self.extend(&case, &mut sitting, &Group::of(thing), answered.as_ref()),
                }
            }
            Deed::Condition { thing, condition } => {
                let expected = self.note(&case, &mut sitting, thing, condition);
                self.seen(thing, expected)
            }
            Deed::Undo(scan) => {
                sitting.scans.push(scan.clone());
                let expected = self.undo(&case, &mut sitting);
                if expected.code == "nothing-to-undo" { only("not-found") } else { expected }
            }
            Deed::Book { booked, stands } => self.book(&case, &sitting, booked, *stands),
            Deed::Cancel(booking) => self.cancel(&case, &sitting, booking),
            deed => self.state_by_hand(&case, &sitting, deed),
        }
    }

    fn taken_by_hand(
        &mut self,
        case: &mut Case,
        sitting: &mut Sitting,
        deed: &Deed,
        everything: Answered,
        confirm: bool,
    ) -> Expected {
        let Deed::CheckOut { thing, person, booking, until, count, hand_over } = deed else {
            panic!("{deed:?} takes nothing")
        };
        sitting.person = person.map(|handle| format!("p-{handle}"));
        sitting.booking.clone_from(booking);
        (case.until_ms, case.count) = (until.map(|until| until.0), *count);
        if case.until_ms.is_some_and(|until_ms| until_ms <= case.at_ms) {
            return only("no-sense");
        }
        if booking.as_ref().is_some_and(|id| !self.bookings.get(id).is_some_and(|booked| booked.stands())) {
            return only("not-found");
        }
        let answered = match (confirm, hand_over) {
            (true, _) => Some(everything),
            (false, true) => Some(Answered { asked: Some(vec!["already-out-to-other"]), ..everything }),
            (false, false) => None,
        };
        match thing.starts_with("stock/") {
            true => self.take_pieces(case, sitting, thing, answered.as_ref()),
            false => self.take(case, sitting, &Group::of(thing), answered.as_ref()),
        }
    }

    /// Whoever typed it had the thing before them.
    fn seen(&mut self, thing: &str, expected: Expected) -> Expected {
        self.seen_since_start.insert(thing.to_owned());
        expected
    }

    fn returned_by_hand(&mut self, case: &Case, sitting: &mut Sitting, thing: &str) -> Expected {
        if thing.starts_with("stock/") {
            return self.bring_pieces(case, sitting, thing);
        }
        let group = Group::of(thing);
        sitting.mode = Mode::Return;
        match self.log.held(thing) {
            None => self.not_out(case, sitting, &group),
            Some(held) => self.bring_back(case, sitting, &group, &held),
        }
    }

    fn state_by_hand(&mut self, case: &Case, sitting: &Sitting, deed: &Deed) -> Expected {
        let (thing, code, what) = match deed {
            Deed::Recall { thing, .. } if self.log.held(thing).is_none() => return only("no-sense"),
            Deed::Recall { wanted_by, .. } if wanted_by.0 + 60_000 <= case.at_ms => return only("no-sense"),
            Deed::Recall { thing, wanted_by, wanted_for } => {
                let (state, wanted_for) = (self.log.state(thing), wanted_for.map(str::to_owned));
                let wanted_by_ms = wanted_by.0.max(case.at_ms);
                if state.recall.as_ref() == Some(&wanted_for) && state.wanted_by_ms == wanted_by_ms {
                    return only("duplicate-scan");
                }
                (thing, "recall-made", What::Recalled(wanted_by_ms, wanted_for))
            }
            Deed::Withdraw(thing) if self.log.state(thing).recall.is_none() => return only("no-sense"),
            Deed::Withdraw(thing) => (thing, "recall-withdrawn", What::RecallWithdrawn),
            Deed::Job { thing, blocks } => {
                (thing, "maintenance-opened", What::Job { blocks: *blocks, because: None })
            }
            Deed::Mend(thing) => {
                let jobs: Vec<usize> =
                    self.log.state(thing).jobs.iter().map(|(number, ..)| *number).collect();
                if jobs.is_empty() {
                    return only("maintenance-closed");
                }
                (thing, "maintenance-closed", What::JobsDone(jobs))
            }
            Deed::Lost(thing) if self.log.state(thing).lost => return only("duplicate-scan"),
            Deed::Lost(thing) => (thing, "lost-noted", What::Lost),
            Deed::Count { thing, count } => (thing, "stock-counted", What::Counted(*count)),
            other => panic!("{other:?} is decided elsewhere"),
        };
        let fact = self.add(case, sitting, thing, what);
        Expected { code, facts: vec![fact] }
    }
}
