//! Which known models a device may be, by its USB ids. Pure.
//!
//! Ids that a profile calls the model's own name it; ids that others have as well only suggest it. What was learned of
//! the device in front of us goes before what documents say of its model.

use serde::Serialize;

use crate::config::profile::{Evidence, Mode, Profile, Profiles, Reads};
use crate::wire::Protocol;

/// Models named in a sentence.
const NAMED_MAX: usize = 4;

/// A model that a device may be, in the mode that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Likeness {
    /// The id of its profile.
    pub profile: String,
    /// The model's name.
    pub name: String,
    /// The mode's name.
    pub mode: String,
    /// What the mode was checked against: `bytes`, `learned` or `documented`.
    pub verified: &'static str,
    /// Whether other makers have these ids too.
    pub shared_ids: bool,
    /// How it is read.
    #[serde(skip)]
    pub reads: Reads,
}

impl Likeness {
    fn of(profile: &Profile, mode: &Mode, reads: &Reads) -> Self {
        Self {
            profile: profile.id.clone(),
            name: profile.name.clone(),
            mode: mode.name.clone(),
            verified: mode.evidence.name(),
            shared_ids: mode.shared_ids,
            reads: reads.clone(),
        }
    }

    fn is_learned(&self) -> bool {
        self.verified == Evidence::Learned.name()
    }

    /// The model, its mode and how that is known, in one phrase.
    pub fn shown(&self) -> String {
        match self.verified {
            _ if self.is_learned() => format!("{}, as learned here", self.name),
            "bytes" => format!("{}, {} mode (known from its bytes)", self.name, self.mode),
            _ => format!("{}, {} mode (known from documents)", self.name, self.mode),
        }
    }
}

/// The models that have such ids in a mode in which the device can be: each once, the model's own ids first.
pub fn likenesses(
    profiles: &Profiles,
    (vendor, product): (u16, u16),
    fits: impl Fn(&Reads) -> bool,
) -> Vec<Likeness> {
    let mut found: Vec<Likeness> = Vec::new();
    for (profile, mode) in profiles.suggest(vendor, product) {
        let Some(reads) = mode.reads().filter(|reads| fits(reads)) else { continue };
        if !found.iter().any(|other| other.profile == profile.id) {
            found.push(Likeness::of(profile, mode, reads));
        }
    }
    found
}

/// The model that the device is; `None` where its ids only suggest one, or several.
pub fn model(found: &[Likeness]) -> Option<&Likeness> {
    let own = || found.iter().filter(|likeness| !likeness.shared_ids);
    only(own().filter(|likeness| likeness.is_learned())).or_else(|| only(own()))
}

fn only<'a>(mut found: impl Iterator<Item = &'a Likeness>) -> Option<&'a Likeness> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// What several models, or one whose ids are not its own, are called; `None` without any.
pub fn suggestion(found: &[Likeness]) -> Option<String> {
    let mut names: Vec<&str> = found.iter().take(NAMED_MAX).map(|likeness| likeness.name.as_str()).collect();
    let more = found.len().saturating_sub(names.len());
    let last = names.pop()?;
    let names = match (names.as_slice(), more) {
        ([], 0) => last.to_owned(),
        (_, 0) => format!("{} or {last}", names.join(", ")),
        (_, _) => format!("{}, {last} or {more} more", names.join(", ")),
    };
    Some(format!("perhaps {names}: they are not the only ones with these ids"))
}

/// The protocol that all of them speak.
pub fn protocol(found: &[Likeness]) -> Option<Protocol> {
    let first = found.first()?.reads.protocol;
    found.iter().all(|likeness| likeness.reads.protocol == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: (u16, u16)) -> Vec<Likeness> {
        likenesses(&Profiles::built_in(), ids, |_| true)
    }

    #[test]
    fn ids_of_one_model_name_it_and_those_of_several_do_not() {
        let one = of((0x0c2e, 0x0b61));
        let named = model(&one).unwrap();
        assert!(named.shown().starts_with(&named.name) && named.shown().contains(" mode ("));
        let several = of((0x05e0, 0x1200));
        assert!(several.len() > 1 && model(&several).is_none(), "{several:?}");
        assert_eq!(protocol(&several), Some(Protocol::Keyboard));
        let said = suggestion(&several).unwrap();
        assert!(said.contains("Zebra DS2208") && said.contains(" or "), "{said}");
        assert_eq!((of((0xdead, 0xbeef)), suggestion(&[])), (vec![], None));
    }

    #[test]
    fn shared_ids_only_suggest() {
        let adapter = of((0x1a86, 0x7523));
        assert!(!adapter.is_empty() && model(&adapter).is_none());
        assert_eq!(protocol(&adapter), None, "a card module and a scanner");
        let one = likenesses(&Profiles::built_in(), (0x08ff, 0x0009), |_| true);
        assert_eq!((one.len(), model(&one)), (1, None));
        assert!(suggestion(&one).unwrap().contains("not the only ones"));
    }

    #[test]
    fn what_was_learned_goes_before_what_documents_say() {
        let mut found = of((0x0c2e, 0x0b61));
        let learned = Likeness { profile: "learned-gun".into(), verified: "learned", ..found[0].clone() };
        found.push(learned.clone());
        assert_eq!(model(&found), Some(&learned));
        found.push(Likeness { profile: "learned-other".into(), ..learned });
        assert_eq!(model(&found), None, "two that were learned differently");
    }

    #[test]
    fn long_lists_are_cut() {
        let one = of((0x0c2e, 0x0b61)).remove(0);
        let many: Vec<Likeness> = (0..9).map(|n| Likeness { name: format!("M{n}"), ..one.clone() }).collect();
        assert!(suggestion(&many).unwrap().starts_with("perhaps M0, M1, M2, M3 or 5 more:"));
    }
}
