//! What codes name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::building::epc_text;
use super::{ASSETS, Group, KITS, Model, PEOPLE, PRODUCTIONS, STOCKS, card_number};

const CARDS: [&str; 11] = [
    "DONE",
    "CANCEL",
    "RETURN",
    "CONFIRM",
    "UNDO",
    "EXTEND",
    "LEARN",
    "OK",
    "DIRTY",
    "DAMAGED",
    "PART-MISSING",
];

#[derive(Debug, Clone)]
pub enum Target {
    Thing(String),
    Person(String),
    /// A badge and a label.
    Both(String, String),
    Several,
    Card(String),
    Production(String),
    Booking(String),
    Room,
    /// Tags that were read together: a case, or the only asset of them.
    Together(Option<Group>),
    /// Several assets that were read together and are of no case.
    Strangers,
    Nothing {
        reserved: bool,
    },
    Malformed,
}

impl Model {
    /// What was read, the code of it, and how many pieces.
    pub(super) fn named(&self, code: &str, also: &[String]) -> (Target, String, Option<u32>) {
        let all: BTreeSet<&str> = also.iter().map(String::as_str).chain([code]).collect();
        if all.len() > 1 {
            return (self.together(&all), code.to_owned(), None);
        }
        let found = self.one(code);
        if let (Target::Nothing { .. }, Some((rest, count))) = (&found, code.rsplit_once('*')) {
            let stock = self.one(rest);
            if let (Target::Thing(thing), Ok(count)) = (&stock, count.parse::<u32>())
                && thing.starts_with("stock/")
            {
                return (stock, rest.to_owned(), Some(count));
            }
        }
        (found, code.to_owned(), None)
    }

    fn one(&self, code: &str) -> Target {
        let separates = |c: char| matches!(c, '\u{4}' | '\u{1c}'..='\u{1f}');
        if code.len() > 512 || code.chars().any(|c| c.is_control() && !separates(c)) {
            return Target::Malformed;
        }
        match code.split_at_checked(3) {
            Some(("CK:", card)) if CARDS.contains(&card) => Target::Card(card.to_owned()),
            Some(("PR:", id)) if PRODUCTIONS.iter().any(|(of, ..)| *of == id) => {
                Target::Production(id.to_owned())
            }
            Some(("BK:", id)) if self.bookings.get(id).is_some_and(|booked| booked.stands()) => {
                Target::Booking(id.to_owned())
            }
            Some(("RM:", "studio-a")) => Target::Room,
            Some(("CK:" | "PR:" | "BK:" | "RM:", _)) => Target::Nothing { reserved: true },
            _ => self.label(code),
        }
    }

    fn label(&self, code: &str) -> Target {
        let learned = self.log.tagged(&format!("tag/{code}")).into_iter().map(Target::Thing);
        let named: Vec<Target> =
            self.codes.get(code).cloned().unwrap_or_default().into_iter().chain(learned).collect();
        match named.as_slice() {
            [] => Target::Nothing { reserved: false },
            [one] => one.clone(),
            [Target::Thing(thing), Target::Person(person)] => Target::Both(person.clone(), thing.clone()),
            _ => Target::Several,
        }
    }

    /// The case whose label was read, else the case most of which was read, else the one thing that it was.
    fn together(&self, codes: &BTreeSet<&str>) -> Target {
        let (mut cases, mut assets) = (Vec::new(), BTreeSet::new());
        for code in codes {
            match self.one(code) {
                Target::Thing(thing) if thing.starts_with("kit/") => cases.push(thing),
                Target::Thing(thing) if thing.starts_with("asset/") => drop(assets.insert(thing)),
                _ => {}
            }
        }
        let read = |kit: &str| super::members(kit).iter().filter(|member| assets.contains(*member)).count();
        let mut most: Vec<String> =
            KITS.iter().map(|(kit, _)| format!("kit/{kit}")).filter(|kit| read(kit) > 1).collect();
        most.sort_by_key(|kit| (std::cmp::Reverse(read(kit)), kit.clone()));
        cases.sort_by_key(|kit| std::cmp::Reverse(super::members(kit).len()));
        if let Some(kit) = cases.first().or(most.first()).cloned() {
            let members = super::members(&kit);
            let (seen, mut strangers): (BTreeSet<String>, Vec<String>) = (
                assets.iter().filter(|asset| members.contains(asset)).cloned().collect(),
                assets.iter().filter(|asset| !members.contains(asset)).cloned().collect(),
            );
            strangers.extend(codes.iter().filter_map(|code| match self.one(code) {
                Target::Thing(other) if other.starts_with("kit/") && other != kit => Some(other),
                _ => None,
            }));
            return Target::Together(Some(Group { seen: Some(seen), strangers, ..Group::of(&kit) }));
        }
        let mut assets = assets.into_iter();
        match (assets.next(), assets.next()) {
            (Some(only), None) => Target::Together(Some(Group::of(&only))),
            (Some(_), Some(_)) => Target::Strangers,
            _ => Target::Together(None),
        }
    }
}

/// Numbers of cards in upper case, everything else as it stands.
pub fn canonical(payload: &str) -> String {
    let text = payload.trim();
    let is_number = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number { text.to_ascii_uppercase() } else { text.to_owned() }
}

pub fn codes() -> BTreeMap<String, Vec<Target>> {
    let mut codes: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    let mut put = |code: String, target: Target| codes.entry(code).or_default().push(target);
    for (index, (id, _, _)) in PEOPLE.iter().enumerate() {
        put(format!("BADGE-{id}"), Target::Person(format!("p-{id}")));
        put(card_number(index), Target::Person(format!("p-{id}")));
    }
    let kits = KITS.iter().map(|(id, _)| ("kit", *id));
    for (kind, id) in kits.chain(STOCKS.iter().map(|(id, ..)| ("stock", *id))) {
        put(format!("T-{id}"), Target::Thing(format!("{kind}/{id}")));
        put(id.to_owned(), Target::Thing(format!("{kind}/{id}")));
    }
    for (index, id) in ASSETS.iter().enumerate() {
        let thing = Target::Thing(format!("asset/{id}"));
        put(format!("T-{id}"), thing.clone());
        put((*id).to_owned(), thing.clone());
        match *id {
            "rec-01" => put("BOTH".to_owned(), thing),
            "light-01" | "light-02" => put("TWICE".to_owned(), thing),
            _ => put(card_number(100 + index), thing),
        }
    }
    let labelled = ASSETS.iter().map(|id| format!("asset/{id}"));
    for (index, thing) in labelled.chain(KITS.iter().map(|(id, _)| format!("kit/{id}"))).enumerate() {
        put(epc_text(index), Target::Thing(thing));
    }
    put("BOTH".to_owned(), Target::Person("p-bo".to_owned()));
    codes
}
