//! `[rules]`, `[limits]`, `[conditions]`, `[policy]`, `[rights]`: the rules of the house.

use chrono_tz::Tz;

use super::hours::hours;
use super::problem::Problems;
use super::reading::Reading;
use super::section::{Section, Setting, one_of, with_nearest};
use crate::domain::fact::Condition;
use crate::domain::person::{Role, Roles};
use crate::domain::policy::{Policy, Rule, Situation};
use crate::domain::rights::{Right, Rights};
use crate::domain::rules::{DateOrder, HouseRules, STAGES};
use crate::nearest::nearest;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The most assets that a limit can name: more than a studio has.
const LIMIT_MAX: u32 = 1_000_000;

pub(super) const RULES_KEYS: [&str; 11] = [
    "loan_h",
    "extend_h",
    "wanted_within_h",
    "shortest_loan_min",
    "prepare_min",
    "clean_up_min",
    "drawing_stages",
    "longest_stay_h",
    "date_order",
    "gate_repeat_ms",
    "gate_settle_min",
];

/// Conditions that can open a maintenance job.
pub(super) const CONDITIONS: [Condition; 3] = [Condition::Dirty, Condition::PartMissing, Condition::Damaged];

/// The rules of the house, in this zone and currency.
pub(super) fn house(top: &Section<'_>, zone: Tz, currency: String, reading: &mut Reading<'_>) -> HouseRules {
    let problems = &mut reading.problems;
    let rules = top.child("rules", problems);
    rules.refuse_unknown(&RULES_KEYS, problems);
    let mut number = |key: &str, range: (u32, u32, u32), unit: &str| -> i64 {
        i64::from(rules.number(key, range, unit, problems))
    };
    HouseRules {
        loan_ms: number("loan_h", (1, 8760, 24), "hours") * HOUR_MS,
        extend_ms: number("extend_h", (1, 8760, 24), "hours") * HOUR_MS,
        wanted_within_ms: number("wanted_within_h", (0, 8760, 24), "hours") * HOUR_MS,
        loan_min_ms: number("shortest_loan_min", (0, 1440, 30), "minutes") * MINUTE_MS,
        prepare_ms: number("prepare_min", (0, 10_080, 0), "minutes") * MINUTE_MS,
        clean_up_ms: number("clean_up_min", (0, 10_080, 0), "minutes") * MINUTE_MS,
        longest_stay_ms: number("longest_stay_h", (1, 168, 12), "hours") * HOUR_MS,
        gate_repeat_ms: number("gate_repeat_ms", (0, 86_400_000, 60_000), "milliseconds"),
        gate_settle_ms: number("gate_settle_min", (0, 1440, 15), "minutes") * MINUTE_MS,
        drawing_stages: drawing_stages(&rules, problems),
        policy: policy(top, problems),
        rights: rights(top, problems),
        assets_max: limits(top, problems),
        maintenance: conditions(top, problems),
        hours: hours(top, problems),
        zone,
        currency,
        date_order: rules.choice("date_order", &["dmy", "mdy"], problems, DateOrder::parse),
    }
}

fn drawing_stages(rules: &Section<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let expected = "a list of stages such as [\"production\"]";
    let stages = rules.list("drawing_stages", expected, problems, |item| {
        let found = item.text().unwrap_or_default();
        STAGES
            .contains(&found)
            .then(|| found.to_owned())
            .ok_or_else(|| format!("a stage: {}", one_of(found, &STAGES)))
    });
    stages.unwrap_or_else(|| HouseRules::default().drawing_stages)
}

fn limits(top: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(Role, u32)> {
    let section = top.child("limits", problems);
    section.refuse_unknown(&Role::ALL.map(Role::name), problems);
    let expected = format!("a whole number of assets from 0 to {LIMIT_MAX} (no limit: leave the key out)");
    let limit = |role: Role| {
        let max = section.read(role.name(), &expected, problems, |setting| {
            u32::try_from(setting.integer()?).ok().filter(|max| *max <= LIMIT_MAX)
        });
        max.map(|max| (role, max))
    };
    Role::ALL.into_iter().filter_map(limit).collect()
}

/// What a condition does to a thing, in the words of `[conditions]`.
fn effect(word: &str) -> Option<Option<bool>> {
    match word {
        "none" => Some(None),
        "flag" => Some(Some(false)),
        "block" => Some(Some(true)),
        _ => None,
    }
}

fn conditions(top: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(Condition, bool)> {
    let section = top.child("conditions", problems);
    section.refuse_unknown(&CONDITIONS.map(Condition::name), problems);
    let defaults = HouseRules::default();
    let of = |condition: Condition| {
        let said = section.choice(condition.name(), &["flag", "block", "none"], problems, effect);
        said.unwrap_or_else(|| defaults.maintenance_for(condition)).map(|blocks| (condition, blocks))
    };
    CONDITIONS.into_iter().filter_map(of).collect()
}

/// Notes the keys that name nothing; all names are listed only where none is near.
fn refuse_unknown_names(section: &Section<'_>, what: &str, names: &[&str], problems: &mut Problems<'_>) {
    for (key, span) in section.keys().filter(|(key, _)| !names.contains(key)) {
        let expected = match nearest(key, names.iter().copied()) {
            Some(name) => format!("{what} that is known; did you mean {name:?}?"),
            None => format!("{what}: {}", one_of(key, names)),
        };
        problems.add(&span, &section.key(key), "an unknown key", &expected);
    }
}

fn policy(top: &Section<'_>, problems: &mut Problems<'_>) -> Policy {
    let section = top.child("policy", problems);
    refuse_unknown_names(&section, "a situation", &Situation::ALL.map(Situation::name), problems);
    let mut policy = Policy::default();
    for situation in Situation::ALL {
        let key = situation.name();
        let expected = expected_rule(section.setting(key));
        if let Some(rule) = section.read(key, &expected, problems, |setting| Rule::parse(setting.text()?)) {
            policy.set(situation, rule);
        }
    }
    policy
}

/// What a rule looks like, and which word of one that is none was probably meant.
fn expected_rule(setting: Option<Setting<'_>>) -> String {
    const HEADS: [&str; 4] = ["done", "notice", "ask", "refused"];
    const RULE: &str = "\"done\", \"notice\", \"refused\", \"ask\", or \"ask\" and the roles that may answer, as in \
                        \"ask attendant admin\"";
    let text = setting.and_then(Setting::text).unwrap_or_default();
    let mut words = text.split_ascii_whitespace();
    let head = words.next().unwrap_or_default();
    let role = words.find(|word| Role::parse(word).is_none());
    match role {
        _ if !HEADS.contains(&head) => with_nearest(head, RULE, HEADS),
        Some(role) if head == "ask" => format!("a role instead of {role:?}: {}", one_of_roles(role)),
        _ => RULE.to_owned(),
    }
}

fn one_of_roles(found: &str) -> String {
    one_of(found, &Role::ALL.map(Role::name))
}

fn rights(top: &Section<'_>, problems: &mut Problems<'_>) -> Rights {
    let section = top.child("rights", problems);
    refuse_unknown_names(&section, "a right", &Right::ALL.map(Right::name), problems);
    let mut rights = Rights::default();
    for right in Right::ALL {
        let expected = "a list of roles such as [\"attendant\", \"admin\"]";
        let roles = section.list(right.name(), expected, problems, |item| {
            let found = item.text().unwrap_or_default();
            Role::parse(found).ok_or_else(|| format!("a role: {}", one_of_roles(found)))
        });
        if let Some(roles) = roles {
            rights.set(right, Roles::of(&roles));
        }
    }
    rights
}
