//! One label and all that moves with it: an asset alone, or a kit with its members and the kits that travel in it.

use super::{Door, held, what};
use crate::domain::custody::Custody;
use crate::domain::fact::{Body, Movement, NewFact, Subject};
use crate::domain::id::{AssetId, KitId, ModelId, PersonId};
use crate::domain::loaded::{Asset, Burst, Found, Kit, Recall, Standing, Stock};
use crate::domain::person::Person;
use crate::domain::session::Session;
use crate::domain::verdict::{Concern, Members, Raised, What};
use crate::time::UtcMs;

/// What one label stands for.
pub struct Group<'a> {
    pub subject: Subject,
    pub name: &'a str,
    pub custody: Option<&'a Custody>,
    pub holder: Option<&'a Person>,
    pub standing: &'a Standing,
    pub model: Option<&'a ModelId>,
    pub category: Option<&'a str>,
    /// Where it belongs, by name.
    pub home: Option<(&'a str, &'a str)>,
    /// The kits that it is in, or travels in.
    pub kits: Vec<KitId>,
    /// What people call the kit that it is in, or travels in.
    pub kit_name: Option<&'a str>,
    /// What belongs in it.
    pub parts: Vec<Part<'a>>,
    /// Of a roll-call: the members that were read. Without one all that should be there counts as there.
    seen: Option<&'a [AssetId]>,
    /// Of a roll-call: what does not belong in it, by name.
    pub strangers: Vec<String>,
    /// The same as subjects.
    stranger_subjects: Vec<Subject>,
    kit: Option<&'a KitId>,
}

/// What belongs in a kit: an asset, or a kit that travels in it.
#[derive(Clone)]
pub struct Part<'a> {
    pub subject: Subject,
    pub name: &'a str,
    pub custody: Option<&'a Custody>,
    pub standing: &'a Standing,
}

impl<'a> Group<'a> {
    /// What a label stands for; `None` for what does not move.
    pub fn of(found: &'a Found) -> Option<Self> {
        match found {
            Found::Asset(asset) => Some(Self::of_asset(asset)),
            Found::Kit(kit) => Some(Self::of_kit(kit)),
            Found::Burst(burst) => Self::of_burst(burst),
            _ => None,
        }
    }

    pub fn of_asset(asset: &'a Asset) -> Self {
        let home =
            asset.home.as_ref().map(|id| (id.as_str(), asset.home_name.as_deref().unwrap_or(id.as_str())));
        Self {
            subject: Subject::Asset(asset.id.clone()),
            name: &asset.name,
            custody: asset.custody.as_ref(),
            holder: asset.holder.as_ref(),
            standing: &asset.standing,
            model: asset.model.as_ref().filter(|_| asset.kit.is_none()),
            category: asset.category.as_deref(),
            home,
            kits: asset.kit.iter().cloned().collect(),
            kit_name: asset.kit.as_ref().map(|kit| asset.kit_name.as_deref().unwrap_or(kit.as_str())),
            parts: Vec::new(),
            seen: None,
            strangers: Vec::new(),
            stranger_subjects: Vec::new(),
            kit: None,
        }
    }

    pub fn of_kit(kit: &'a Kit) -> Self {
        let member = |asset: &'a Asset| Part {
            subject: Subject::Asset(asset.id.clone()),
            name: &asset.name,
            custody: asset.custody.as_ref(),
            standing: &asset.standing,
        };
        let inner = |inner: &'a Kit| Part {
            subject: Subject::Kit(inner.id.clone()),
            name: &inner.name,
            custody: inner.custody.as_ref(),
            standing: &inner.standing,
        };
        Self {
            subject: Subject::Kit(kit.id.clone()),
            name: &kit.name,
            custody: kit.custody.as_ref(),
            holder: kit.holder.as_ref(),
            standing: &kit.standing,
            model: None,
            category: None,
            home: None,
            kits: kit.within.iter().cloned().collect(),
            kit_name: kit.within.as_ref().map(|within| kit.within_name.as_deref().unwrap_or(within.as_str())),
            parts: kit.inner.iter().map(inner).chain(kit.members.iter().map(member)).collect(),
            seen: None,
            strangers: Vec::new(),
            stranger_subjects: Vec::new(),
            kit: Some(&kit.id),
        }
    }

    /// A shelf of counted things, as far as the rules for gear look at it.
    pub fn of_stock(stock: &'a Stock, standing: &'a Standing) -> Self {
        Self {
            subject: Subject::Stock(stock.id.clone()),
            name: &stock.name,
            custody: None,
            holder: None,
            standing,
            model: None,
            category: None,
            home: None,
            kits: Vec::new(),
            kit_name: None,
            parts: Vec::new(),
            seen: None,
            strangers: Vec::new(),
            stranger_subjects: Vec::new(),
            kit: None,
        }
    }

    /// The kit of a roll-call; without one, the only asset that was read.
    fn of_burst(burst: &'a Burst) -> Option<Self> {
        let Some(kit) = &burst.kit else {
            return match burst.strangers.as_slice() {
                [only] => Some(Self::of_asset(only)),
                _ => None,
            };
        };
        let names = burst.strangers.iter().map(|asset| asset.name.clone());
        let kit_names = burst.other_kits.iter().map(|kit| kit.name.clone());
        let assets = burst.strangers.iter().map(|asset| Subject::Asset(asset.id.clone()));
        let kits = burst.other_kits.iter().map(|kit| Subject::Kit(kit.id.clone()));
        Some(Self {
            seen: Some(&burst.seen),
            strangers: names.chain(kit_names).collect(),
            stranger_subjects: assets.chain(kits).collect(),
            ..Self::of_kit(kit)
        })
    }

    pub fn what(&self) -> What {
        what(&self.subject, self.name)
    }

    /// Assets that would be out with it.
    pub fn assets_leaving(&self) -> u32 {
        let own = usize::from(matches!(self.subject, Subject::Asset(_)));
        let parts = self.leaving_parts();
        let assets = parts.iter().filter(|part| matches!(part.subject, Subject::Asset(_)));
        u32::try_from(own + assets.count()).unwrap_or(u32::MAX)
    }

    /// Parts that go along: of a case that is here those that are here and may go, of one that is out those that are
    /// out with it.
    pub fn leaving_parts(&self) -> Vec<Part<'a>> {
        if held(self.custody).is_some() {
            return self.coming_parts();
        }
        self.parts.iter().filter(|part| self.is_here(part)).cloned().collect()
    }

    /// Parts that came with the case: those that went out with it and, of a roll-call, were read.
    pub fn coming_parts(&self) -> Vec<Part<'a>> {
        let came = |part: &&Part<'_>| {
            let with_it = held(part.custody).is_some_and(|custody| custody.kit.as_ref() == self.kit);
            with_it && self.was_seen(part)
        };
        self.parts.iter().filter(came).cloned().collect()
    }

    /// Recalls of it and of what is out with it, but those that are none here.
    pub fn recalls(&self, is_none: impl Fn(&Recall) -> bool) -> Vec<Raised> {
        let own = (None, self.standing);
        let parts = self.coming_parts().into_iter().map(|part| (Some(part.name.to_owned()), part.standing));
        let recalled = std::iter::once(own).chain(parts).filter_map(|(member, standing)| {
            let recall = standing.recall.as_ref().filter(|recall| !is_none(recall))?;
            let concern = Concern::Recalled { wanted_by: recall.wanted_by, wanted_for: recall.called() };
            Some(Raised { concern, member })
        });
        recalled.collect()
    }

    /// Who hired it, or something that goes along with it, out to the studio and wants it back before that, the
    /// earliest; and when.
    pub fn hired_until(&self, due: UtcMs) -> Option<(Raised, UtcMs)> {
        let own = (None, self.standing);
        let parts = self.leaving_parts().into_iter().map(|part| (Some(part.name.to_owned()), part.standing));
        let hired = std::iter::once(own).chain(parts).filter_map(|(member, standing)| {
            let at = standing.owner_due.filter(|at| *at < due)?;
            let concern = Concern::DueAfterSubhire { owner: standing.owner.clone()?, due: at };
            Some((Raised { concern, member }, at))
        });
        hired.min_by_key(|(_, at)| *at)
    }

    /// The members that cannot go along; `None` where all can.
    pub fn unavailable(&self) -> Option<Members> {
        if held(self.custody).is_some() {
            return self.not_come();
        }
        // Of one that is noted as missing it is said elsewhere.
        let known = |part: &Part<'_>| self.is_here(part) || self.is_noted_missing(part);
        self.parts.iter().any(|part| !known(part)).then(|| self.short_of(|part| self.is_here(part)))?
    }

    /// The members that did not come back; one that came home before its case is here, not missing.
    pub fn not_come(&self) -> Option<Members> {
        let coming: Vec<Subject> = self.coming_parts().into_iter().map(|part| part.subject).collect();
        self.short_of(|part| held(part.custody).is_none() || coming.contains(&part.subject))
    }

    fn short_of(&self, is_there: impl Fn(&Part<'a>) -> bool) -> Option<Members> {
        let missing: Vec<String> =
            self.parts.iter().filter(|part| !is_there(part)).map(|part| part.name.to_owned()).collect();
        let along = self.parts.len() - missing.len();
        (!missing.is_empty()).then_some(Members { along, missing })
    }

    fn is_here(&self, part: &Part<'a>) -> bool {
        let standing = part.standing;
        let kept_in = standing.retired || is_gone(standing) || standing.jobs.iter().any(|job| job.blocks);
        held(part.custody).is_none() && !kept_in && self.was_seen(part) && !self.is_noted_missing(part)
    }

    /// Whether somebody noted that the case lacks it, and it was not read with the case now.
    pub fn is_noted_missing(&self, part: &Part<'_>) -> bool {
        match &part.subject {
            Subject::Asset(id) => {
                let read = self.seen.is_some_and(|seen| seen.contains(id));
                self.standing.missing.contains(id) && !read
            }
            _ => false,
        }
    }

    fn was_seen(&self, part: &Part<'_>) -> bool {
        match (&part.subject, self.seen) {
            (Subject::Asset(id), Some(seen)) => seen.contains(id),
            _ => true,
        }
    }

    /// One fact for the label and one for each part that moves along; strangers of a roll-call were seen.
    pub fn facts(
        &self,
        door: &Door,
        session: &Session,
        along: &[Part<'a>],
        make: impl Fn(Option<&Custody>, Movement) -> Body,
    ) -> Vec<NewFact> {
        let movement = self.movement(door, session);
        let fact = |subject: Subject, custody: Option<&Custody>| NewFact {
            subject,
            actor: session.person.clone(),
            body: make(custody, Movement { from: holder_of(custody), ..movement.clone() }),
        };
        let head = fact(self.subject.clone(), self.custody);
        let parts = along.iter().map(|part| fact(part.subject.clone(), part.custody));
        let strangers = self.stranger_subjects.iter().map(|subject| NewFact {
            subject: subject.clone(),
            actor: session.person.clone(),
            body: Body::Sighted(Movement { kit: None, ..movement.clone() }),
        });
        std::iter::once(head).chain(parts).chain(strangers).collect()
    }

    fn movement(&self, door: &Door, session: &Session) -> Movement {
        Movement {
            person: session.person.clone(),
            reader: door.loaded.reader.clone(),
            code: door.label(),
            kit: self.kit.cloned(),
            happened: door.happened,
            ..Movement::default()
        }
    }
}

/// Given up, or not found when its room was counted.
fn is_gone(standing: &Standing) -> bool {
    standing.lost_since.is_some() || standing.missing_since.is_some()
}

fn holder_of(custody: Option<&Custody>) -> Option<PersonId> {
    held(custody).and_then(|custody| custody.person.clone())
}
