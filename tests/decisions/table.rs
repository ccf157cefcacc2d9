//! The tables of gear: a section for each desk, a row for each thing and who has it, a column for each plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cagekeeper::domain::decide::{Decision, decide};
use cagekeeper::domain::fact::Body;

use super::dimensions::{Desk, Held, House, MEANINGLESS, Meaningless, Plan, Thing, has_meaning, load};
use super::house::NOW;

/// What has no meaning is shown so.
pub const NONE: &str = "–";

/// One place in a table.
pub type Place = (Desk, Thing, Held, Plan);

/// Every place that means something.
pub fn places() -> impl Iterator<Item = Place> {
    all_places().filter(|(_, thing, held, plan)| has_meaning(*thing, *held, *plan))
}

pub fn all_places() -> impl Iterator<Item = Place> {
    Desk::ALL.iter().flat_map(|desk| {
        Thing::ALL.iter().flat_map(move |thing| {
            Held::ALL
                .iter()
                .flat_map(move |held| Plan::ALL.iter().map(move |plan| (*desk, *thing, *held, *plan)))
        })
    })
}

/// What is decided there.
pub fn decided(house: House, (desk, thing, held, plan): Place) -> Decision {
    decide(&load(desk, thing, held, plan), &desk.session(), &desk.rules(&house.policy()), &NOW)
}

/// Level, code, and how many facts are added; `seen` where all they say is that it was seen.
pub fn cell(decision: &Decision) -> String {
    let verdict = &decision.verdict;
    let said = format!("{} {}", verdict.level().name(), verdict.code());
    match decision.facts.len() {
        0 => said,
        count if only_seen(decision) => format!("{said} +{count} seen"),
        count => format!("{said} +{count}"),
    }
}

/// Whether all that is recorded is that things were seen.
pub fn only_seen(decision: &Decision) -> bool {
    let seen = |body: &Body| matches!(body, Body::Sighted(_));
    !decision.facts.is_empty() && decision.facts.iter().all(|fact| seen(&fact.body))
}

pub fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

pub fn head(columns: &[&str]) -> String {
    let rule: Vec<String> = columns.iter().map(|_| "---".to_owned()).collect();
    row(&columns.iter().map(|&column| column.to_owned()).collect::<Vec<_>>()) + &row(&rule)
}

/// The sections of one file.
pub fn written(house: House) -> String {
    let columns: Vec<&str> = ["on the reader", "who has it"]
        .into_iter()
        .chain(Plan::ALL.iter().map(|plan| plan.words()))
        .collect();
    let mut text = String::from("\n# What has no meaning\n\n");
    for none in &MEANINGLESS {
        text += &none_line(none);
    }
    text += "\nWithout a session nothing was scanned in it before: there UNDO, DONE and the conditions have nothing to look \
             back on.\n\n# Gear\n\nGear that does not go (ask, refused) adds no fact, but for gear that is out to somebody \
             other than whoever has the session: it was on the reader, and that it was seen is recorded.\n";
    for desk in Desk::ALL {
        let _ = write!(text, "\n## {}\n\n{}", capital(desk.words()), head(&columns));
        for thing in Thing::ALL {
            for (held, cells) in rows(house, *desk, *thing) {
                let held: Vec<&str> = held.iter().map(|held| held.words()).collect();
                text += &row(&[vec![thing.words().to_owned(), held.join(" · ")], cells].concat());
            }
        }
    }
    text
}

fn none_line(none: &Meaningless) -> String {
    let things: Vec<&str> = none.things.iter().map(|thing| thing.words()).collect();
    let held: Vec<&str> = none.held.iter().map(|held| held.words()).collect();
    let plans: Vec<&str> = none.plans.iter().map(|plan| plan.words()).collect();
    let of =
        |words: &[&str], every: &str| if words.is_empty() { every.to_owned() } else { words.join(" · ") };
    format!(
        "- {} | {} | {} | {}.\n",
        of(&things, "any thing"),
        of(&held, "whoever has it"),
        of(&plans, "whatever is planned"),
        none.why
    )
}

/// The rows of one thing; whoever has it, where all the same is decided, stands in one row.
fn rows(house: House, desk: Desk, thing: Thing) -> Vec<(Vec<Held>, Vec<String>)> {
    let mut rows: Vec<(Vec<Held>, Vec<String>)> = Vec::new();
    for held in Held::ALL {
        let cells: Vec<String> = Plan::ALL
            .iter()
            .map(|plan| match has_meaning(thing, *held, *plan) {
                true => cell(&decided(house, (desk, thing, *held, *plan))),
                false => NONE.to_owned(),
            })
            .collect();
        if cells.iter().all(|cell| cell == NONE) {
            continue;
        }
        match rows.iter_mut().find(|(_, same)| *same == cells) {
            Some((together, _)) => together.push(*held),
            None => rows.push((vec![*held], cells)),
        }
    }
    rows
}

pub fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What a file shows, read back: the cell of every place, without those that have no meaning.
pub fn read_back(text: &str) -> BTreeMap<Place, String> {
    let mut places = BTreeMap::new();
    let mut desk = None;
    for line in text.lines() {
        if line.starts_with('#') {
            let title = line.strip_prefix("## ");
            desk = title.and_then(|title| Desk::ALL.iter().find(|desk| capital(desk.words()) == title));
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (Some(desk), [thing, held, cells @ ..]) = (desk, cells.as_slice()) else { continue };
        let Some(thing) = Thing::ALL.iter().find(|one| one.words() == *thing) else { continue };
        assert_eq!(cells.len(), Plan::ALL.len(), "{line}");
        for held in held.split(" · ") {
            let held = Held::ALL.iter().find(|one| one.words() == held).unwrap_or_else(|| panic!("{held}"));
            for (plan, cell) in Plan::ALL.iter().zip(cells).filter(|(_, cell)| **cell != NONE) {
                let before = places.insert((*desk, *thing, *held, *plan), (*cell).to_owned());
                assert_eq!(before, None, "shown twice: {line}");
            }
        }
    }
    places
}

/// The places that the list at the head of a file leaves out, read back from its words.
pub fn read_none(text: &str) -> BTreeSet<Place> {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- "))
        .map(|line| line.split(" | ").collect())
        .filter(|parts: &Vec<&str>| parts.len() == 4)
        .collect();
    let named =
        |list: &str, words: &str, every: &str| list == every || list.split(" · ").any(|one| one == words);
    let left_out = |(_, thing, held, plan): &Place| {
        lines.iter().any(|parts| {
            named(parts[0], thing.words(), "any thing")
                && named(parts[1], held.words(), "whoever has it")
                && named(parts[2], plan.words(), "whatever is planned")
        })
    };
    all_places().filter(left_out).collect()
}
