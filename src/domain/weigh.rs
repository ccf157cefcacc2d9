//! The policy table at work: what objections lead to, at the door, by hand and in the plan.

use super::id::PersonId;
use super::person::Roles;
use super::policy::{Answerer, Policy, Rule, Situation};
use super::verdict::Raised;

/// Objections, by what the table says of them.
pub struct Weighed {
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
    /// It goes on, and the notices are said.
    Goes {
        /// What the table wants said.
        notices: Vec<Raised>,
        /// What was asked and has been answered with yes.
        confirmed: Vec<Raised>,
    },
    /// It goes on where somebody confirms.
    Asks {
        /// What is asked.
        raised: Vec<Raised>,
        /// Who may answer all of it.
        answerer: Answerer,
    },
    /// It does not happen.
    Refused {
        /// What is refused, and then what would be asked besides.
        raised: Vec<Raised>,
    },
}

/// Weighs objections by the policy table. Of what is asked, that which not everybody may answer comes first; else
/// objections keep their order within a level.
pub fn weigh(policy: &Policy, raised: Vec<Raised>) -> Weighed {
    let (refused, asked, notices) = (Vec::new(), Vec::new(), Vec::new());
    let mut weighed = Weighed { refused, asked, notices, answerer: Answerer::Anybody };
    let rule = |raised: &Raised| policy.rule(raised.concern.situation());
    for raised in raised {
        match rule(&raised) {
            Rule::Done => {}
            Rule::Notice => weighed.notices.push(raised),
            Rule::Ask(answerer) => {
                weighed.answerer = weighed.answerer.and(answerer);
                weighed.asked.push(raised);
            }
            Rule::Refused => weighed.refused.push(raised),
        }
    }
    weighed.asked.sort_by_key(|raised| rule(raised) == Rule::Ask(Answerer::Anybody));
    weighed
}

/// The rows of the table that objections are of, in their order.
pub fn situations(raised: &[Raised]) -> Vec<Situation> {
    raised.iter().map(|raised| raised.concern.situation()).collect()
}

impl Weighed {
    /// What becomes of it, given what was answered.
    pub fn outcome(self, answered: Option<&Answered>) -> Outcome {
        let Self { refused, asked, notices, answerer } = self;
        if !refused.is_empty() {
            return Outcome::Refused { raised: [refused, asked].concat() };
        }
        let covers = |answered: &Answered| answered.covers(&situations(&asked), answerer);
        if asked.is_empty() || answered.is_some_and(covers) {
            return Outcome::Goes { notices, confirmed: asked };
        }
        Outcome::Asks { raised: asked, answerer }
    }
}

impl Answered {
    /// Whether all of this was asked and whoever answered may answer it.
    fn covers(&self, situations: &[Situation], answerer: Answerer) -> bool {
        let was_asked =
            |situation: &Situation| self.situations.as_ref().is_none_or(|asked| asked.contains(situation));
        answerer.admits(self.roles) && situations.iter().all(was_asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::Role;
    use crate::domain::verdict::Concern;

    fn raised() -> Vec<Raised> {
        let title = "Night Bus".to_owned();
        let expired = Concern::NotOnProduction { title };
        vec![Concern::NotForLoan.into(), expired.into(), Concern::HasOverdue { things: 2 }.into()]
    }

    fn answer(roles: &[Role], situations: Option<Vec<Situation>>) -> Answered {
        Answered { by: None, roles: Roles::of(roles), situations }
    }

    #[test]
    fn what_was_not_asked_is_not_answered_and_neither_is_what_one_may_not_answer() {
        let policy = Policy::default();
        let outcome = |answered: Option<&Answered>| weigh(&policy, raised()).outcome(answered);
        assert!(matches!(outcome(None), Outcome::Asks { raised, .. } if raised.len() == 2));
        let attendant = answer(&[Role::Attendant], None);
        assert!(matches!(outcome(Some(&attendant)), Outcome::Asks { .. }), "not for loan is for managers");
        let other = answer(&[Role::StudioManager], Some(vec![Situation::NotForLoan]));
        assert!(matches!(outcome(Some(&other)), Outcome::Asks { .. }), "the second came up since");
        let Outcome::Goes { notices, confirmed } = outcome(Some(&answer(&[Role::StudioManager], None)))
        else {
            panic!("a studio manager may answer both")
        };
        assert_eq!(situations(&notices), [Situation::HasOverdue]);
        assert_eq!(situations(&confirmed), [Situation::NotForLoan, Situation::NotOnProduction]);
    }

    #[test]
    fn what_is_refused_is_not_asked() {
        let mut policy = Policy::default();
        policy.set(Situation::HasOverdue, Rule::Refused);
        let anybody = answer(&Role::ALL, None);
        let Outcome::Refused { raised } = weigh(&policy, raised()).outcome(Some(&anybody)) else {
            panic!("refused whoever answers")
        };
        assert_eq!(raised.first().map(|raised| raised.concern.situation()), Some(Situation::HasOverdue));
    }
}
