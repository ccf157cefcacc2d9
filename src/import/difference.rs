//! In what a row says something else than the ledger, in a few words for each. Pure.

use serde_json::{Map, Value};

use super::cell::quoted;
use crate::domain::fact::{Body, NewFact, Subject};
use crate::domain::known::{Identity, Known};

/// What the facts and the identity of a row change about a thing that is known: `name from "One" to "Two"`,
/// `code C-1 added`. Of people only which columns.
pub(super) fn of_row(known: &Known, facts: &[NewFact], identity: Option<&Identity>) -> Vec<String> {
    let mut said: Vec<String> = identity.map(|new| of_identity(known, new)).unwrap_or_default();
    said.extend(facts.iter().flat_map(|fact| of_fact(known, fact)));
    said
}

fn of_fact(known: &Known, fact: &NewFact) -> Vec<String> {
    match (&fact.subject, &fact.body) {
        (Subject::Tag(code), Body::TagAssigned(_)) => vec![format!("code {code} added")],
        (Subject::Tag(code), Body::TagReleased(_)) => vec![format!("code {code} taken off")],
        (subject, new) => known.registered.get(subject).map(|old| of_body(old, new)).unwrap_or_default(),
    }
}

fn of_identity(known: &Known, new: &Identity) -> Vec<String> {
    let Some(old) = known.people.get(&new.handle) else { return Vec::new() };
    let differs = [
        ("name", old.name != new.name),
        ("email", old.email != new.email),
        ("phone", old.phone != new.phone),
        ("badges", old.badges != new.badges),
    ];
    differs.iter().filter(|(_, differs)| *differs).map(|(column, _)| (*column).to_owned()).collect()
}

fn of_body(old: &Body, new: &Body) -> Vec<String> {
    let tells = !matches!(new, Body::PersonEnrolled(_));
    let (old, new) = (fields(old), fields(new));
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let differs = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    differs.map(|key| field(key, old.get(key), new.get(key), tells)).collect()
}

fn fields(body: &Body) -> Map<String, Value> {
    let body = serde_json::to_value(body).ok().and_then(|mut body| body.get_mut("body").map(Value::take));
    match body {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A field as its column is called. Who is meant by an opaque id says nothing to anybody, and a list is long.
fn field(key: &str, old: Option<&Value>, new: Option<&Value>, tells: bool) -> String {
    let column = key.strip_suffix("_cents").unwrap_or(key);
    let is_long = |value: Option<&Value>| value.is_some_and(|value| value.is_array() || value.is_object());
    if !tells || key == "person" || is_long(old) || is_long(new) {
        return column.to_owned();
    }
    let yes_or_no = old.or(new).is_some_and(Value::is_boolean);
    let say = |value: Option<&Value>| match value {
        None | Some(Value::Null) if yes_or_no => "no".to_owned(),
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::String(text)) => quoted(text),
        Some(number) => match number.as_i64().filter(|_| column != key) {
            Some(cents) => format!("{}.{:02}", cents / 100, (cents % 100).abs()),
            None => number.to_string(),
        },
    };
    format!("{column} from {} to {}", say(old), say(new))
}
