//! What stands against gear going out: every objection, weighed by the policy table.

use super::moves::Group;
use super::purpose::Purpose;
use super::{Door, of_person, of_production, of_promise, of_thing};
use crate::domain::id::PersonId;
use crate::domain::person::Roles;
use crate::domain::policy::{Answerer, Rule, Situation};
use crate::domain::session::Session;
use crate::domain::verdict::Raised;
use crate::time::UtcMs;

/// What the rules make of gear that is to go out, or to stay out.
pub struct Judged {
    /// When it is to be back.
    pub due: UtcMs,
    refused: Vec<Raised>,
    asked: Vec<Raised>,
    notices: Vec<Raised>,
    answerer: Answerer,
}

/// Who answered which questions with yes.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Whose word it is.
    pub by: Option<PersonId>,
    /// What they are in the studio.
    pub roles: Roles,
    /// What they were asked; `None` where they answer whatever may be asked.
    pub situations: Option<Vec<Situation>>,
}

/// What becomes of it.
pub enum Outcome {
    /// It goes, and this is said.
    Goes { notices: Vec<Raised>, overrides: Vec<Situation> },
    /// It goes where somebody confirms.
    Asks { raised: Vec<Raised>, answerer: Answerer },
    /// It does not go.
    Refused { raised: Vec<Raised> },
}

/// Judges gear that is to go out to the person of the session.
pub fn judge(door: &Door, session: &Session, group: &Group, purpose: &Purpose) -> Judged {
    let (promises, due) = of_promise::raised(door, session, group, purpose);
    let mut raised = of_person::raised(door, session, group);
    raised.extend(of_thing::raised(door, session, group, purpose));
    raised.extend(promises);
    raised.extend(of_production::raised(door, session, purpose));
    weigh(door, raised, due)
}

/// Weighs objections by the policy table. Of what is asked, that which not everybody may answer comes first; else
/// objections keep their order within a level.
pub fn weigh(door: &Door, raised: Vec<Raised>, due: UtcMs) -> Judged {
    let (refused, asked, notices) = (Vec::new(), Vec::new(), Vec::new());
    let mut judged = Judged { due, refused, asked, notices, answerer: Answerer::Anybody };
    for raised in raised {
        match door.rules.house.policy.rule(raised.concern.situation()) {
            Rule::Done => {}
            Rule::Notice => judged.notices.push(raised),
            Rule::Ask(answerer) => {
                judged.answerer = judged.answerer.and(answerer);
                judged.asked.push(raised);
            }
            Rule::Refused => judged.refused.push(raised),
        }
    }
    let rule = |raised: &Raised| door.rules.house.policy.rule(raised.concern.situation());
    judged.asked.sort_by_key(|raised| rule(raised) == Rule::Ask(Answerer::Anybody));
    judged
}

impl Judged {
    /// What becomes of it, given what was answered.
    pub fn outcome(self, answered: Option<&Answered>) -> Outcome {
        if !self.refused.is_empty() {
            let raised = [self.refused, self.asked].concat();
            return Outcome::Refused { raised };
        }
        let overrides: Vec<Situation> = self.asked.iter().map(|raised| raised.concern.situation()).collect();
        if overrides.is_empty() || answered.is_some_and(|answered| answered.covers(&overrides, self.answerer))
        {
            let notices = [self.asked, self.notices].concat();
            let notices = if overrides.is_empty() { notices } else { confirmed(notices, &overrides) };
            return Outcome::Goes { notices, overrides };
        }
        Outcome::Asks { raised: self.asked, answerer: self.answerer }
    }
}

/// What was confirmed need not be said again.
fn confirmed(notices: Vec<Raised>, overrides: &[Situation]) -> Vec<Raised> {
    notices.into_iter().filter(|raised| !overrides.contains(&raised.concern.situation())).collect()
}

impl Answered {
    /// Whether all of this was asked and whoever answered may answer it.
    fn covers(&self, situations: &[Situation], answerer: Answerer) -> bool {
        let was_asked =
            |situation: &Situation| self.situations.as_ref().is_none_or(|asked| asked.contains(situation));
        answerer.admits(self.roles) && situations.iter().all(was_asked)
    }
}
