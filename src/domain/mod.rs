//! The nouns of a cage and the rules at its door. Pure.
//!
//! A scan that has been identified becomes a [`verdict::Verdict`] and the facts it adds in [`decide::decide`]:
//! one total function over what was loaded ([`loaded::Loaded`]), the session, the rules and the time.

pub mod code;
pub mod command;
pub mod count;
pub mod custody;
pub mod decide;
pub mod fact;
pub mod hlc;
pub mod id;
pub mod known;
pub mod loaded;
pub mod money;
pub mod passing;
pub mod person;
pub mod plan;
pub mod policy;
pub mod rights;
pub mod rules;
pub mod session;
pub mod stay;
pub mod verdict;
pub mod way;
pub mod weigh;
pub mod when;
pub mod words;

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::code::Card;
    use super::command::Every;
    use super::fact::{Condition, CountedAs, Loan, StockUse};
    use super::person::Role;
    use super::policy::Situation;
    use super::rights::Right;
    use super::way::Way;

    /// The names of all variants, listed anywhere or not: serde's error tells them.
    fn names<T: DeserializeOwned + Debug>() -> Vec<String> {
        let error = serde_json::from_str::<T>("\"?\"").unwrap_err().to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_variant_is_in_its_list_and_answers_to_its_name() {
        let situations: Vec<&str> = Situation::ALL.iter().map(|of| of.name()).collect();
        assert_eq!(names::<Situation>(), situations);
        assert_eq!(names::<Right>(), Right::ALL.map(Right::name));
        assert_eq!(names::<Role>(), Role::ALL.map(Role::name));
        assert_eq!(names::<Condition>(), Condition::ALL.map(Condition::name));
        assert_eq!(names::<Every>(), Every::ALL.map(Every::name));
        assert_eq!(names::<Card>(), Card::ALL.map(|card| card.name().to_lowercase()));
        assert_eq!(names::<Loan>(), Loan::ALL.map(Loan::name));
        assert_eq!(names::<StockUse>(), StockUse::ALL.map(StockUse::name));
        assert_eq!(names::<Way>(), Way::ALL.map(Way::name));
        assert_eq!(names::<CountedAs>(), CountedAs::ALL.map(CountedAs::name));
    }
}
