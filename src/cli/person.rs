//! `person …`: who may take what.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

mod forget;

use super::Failure;
use super::hand::{Hand, Look, by_hand};
use super::naming;
use super::said::{changed, name, replaced, text};
use super::screen::{Screen, who};
use crate::config::Config;
use crate::control::{Enrolment, ScanShown};
use crate::domain::code::Code;
use crate::domain::command::Command;
use crate::domain::fact::{Body, PersonEnrolled, Subject};
use crate::domain::id::{PersonHandle, PersonId};
use crate::domain::person::{Role, Suspension};
use crate::domain::when::Edge;
use crate::ledger::Reader;
use crate::ledger::listing::PersonRow;

/// The verbs of people.
#[derive(Debug, Subcommand)]
pub enum PersonVerb {
    /// Enrol somebody
    Add(Box<Add>),
    /// Say otherwise who somebody is; an empty value takes one away
    Set(Box<Set>),
    /// Everybody
    List,
    /// One person
    Show {
        /// Who
        person: String,
    },
    /// Somebody takes nothing for a while
    Suspend {
        /// Who
        person: String,
        /// Until when [default: until `person unsuspend`]
        #[arg(long, value_name = "WHEN")]
        until: Option<String>,
    },
    /// They may take gear again
    Unsuspend {
        /// Who
        person: String,
    },
    /// Somebody has been trained for something
    Certify {
        /// Who
        person: String,
        /// What for, as assets name it
        certificate: String,
        /// No longer
        #[arg(long)]
        withdraw: bool,
    },
    /// Their time is over now
    Retire {
        /// Who
        person: String,
    },
    /// Erase who somebody is: name, contacts, badges, notes. Says first what it would erase
    Forget {
        /// Who
        person: String,
        /// Erase it: it cannot be taken back
        #[arg(long)]
        yes: bool,
        /// Also somebody who holds gear or has bookings before them
        #[arg(long)]
        even_so: bool,
    },
}

/// What is said of a person.
#[derive(Debug, Args)]
pub struct Told {
    /// What they are
    #[arg(long, value_parser = roles())]
    role: Option<Role>,
    /// What they are besides; once for each
    #[arg(long = "also", value_name = "ROLE", value_parser = roles())]
    also: Vec<Role>,
    /// The code on a badge; once for each
    #[arg(long = "badge", value_name = "CODE")]
    badges: Vec<String>,
    /// Where to write to
    #[arg(long)]
    email: Option<String>,
    /// Where to call
    #[arg(long)]
    phone: Option<String>,
    /// They take gear until then; a day without a time includes it
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// What they have been trained for; once for each
    #[arg(long = "certificate", value_name = "CERTIFICATE")]
    certificates: Vec<String>,
}

/// Somebody new.
#[derive(Debug, Args)]
pub struct Add {
    /// Their id in the studio's own list
    id: String,
    /// What people call them
    #[arg(long)]
    name: String,
    #[command(flatten)]
    told: Told,
}

/// What is otherwise.
#[derive(Debug, Args)]
pub struct Set {
    /// Who: id, badge or name
    person: String,
    /// What people call them
    #[arg(long)]
    name: Option<String>,
    /// Their id in the studio's own list
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    told: Told,
}

fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name)).map(|name| Role::parse(&name).unwrap_or(Role::Crew))
}

/// Does what the verb says.
pub fn person(config: &Config, screen: &mut Screen, verb: &PersonVerb) -> anyhow::Result<ExitCode> {
    match verb {
        PersonVerb::Add(said) => by_hand(config, screen, |hand| add(hand, said)),
        PersonVerb::Set(said) => by_hand(config, screen, |hand| set(hand, said)),
        PersonVerb::List => list(config, screen),
        PersonVerb::Show { person } => show(config, screen, person),
        PersonVerb::Suspend { person, until } => change(config, screen, person, |hand, old| {
            let until = hand.moment_if(until.as_deref(), Edge::End)?;
            Ok(PersonEnrolled { suspended: Some(Suspension { until }), ..old })
        }),
        PersonVerb::Unsuspend { person } => {
            change(config, screen, person, |_, old| Ok(PersonEnrolled { suspended: None, ..old }))
        }
        PersonVerb::Certify { person, certificate, withdraw } => change(config, screen, person, |_, old| {
            let certificate = name(certificate)?;
            let mut certificates = old.certificates.clone();
            certificates.retain(|known| *known != certificate);
            certificates.extend((!withdraw).then_some(certificate));
            Ok(PersonEnrolled { certificates, ..old })
        }),
        PersonVerb::Retire { person } => change(config, screen, person, |hand, old| {
            Ok(PersonEnrolled { active_until: Some(hand.now), ..old })
        }),
        PersonVerb::Forget { person, yes, even_so } => {
            forget::forget(config, screen, (person, *yes, *even_so))
        }
    }
}

fn change(
    config: &Config,
    screen: &mut Screen,
    text: &str,
    into: impl FnOnce(&Hand<'_>, PersonEnrolled) -> anyhow::Result<PersonEnrolled>,
) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let (id, old) = known(&hand.reader, text)?;
        let body = Box::new(Body::PersonEnrolled(into(hand, old)?));
        hand.order(Command::Register { subject: Subject::Person(id), body }, false)
    })
}

fn known(reader: &Reader, text: &str) -> anyhow::Result<(PersonId, PersonEnrolled)> {
    let id = naming::person(reader, text)?;
    match reader.registered(&Subject::Person(id.clone()))? {
        Some(Body::PersonEnrolled(body)) => Ok((id, body)),
        _ => Err(Failure::No(format!("Nobody is known as {text:?}")).into()),
    }
}

fn handle(text: &str) -> Result<PersonHandle, Failure> {
    PersonHandle::parse(text).map_err(|error| Failure::Wrong(error.to_string()))
}

fn add(hand: &mut Hand<'_>, said: &Add) -> anyhow::Result<ScanShown> {
    let handle = handle(&said.id)?;
    if hand.reader.person_of_handle(&handle)?.is_some() {
        return Err(Failure::No(format!("{handle} is enrolled already: `person set` them")).into());
    }
    let nothing = PersonEnrolled {
        role: Role::Crew,
        also: Vec::new(),
        suspended: None,
        certificates: Vec::new(),
        active_until: None,
    };
    let enrolment = Enrolment {
        person: None,
        handle,
        name: name(&said.name)?,
        email: text(said.told.email.as_deref(), None),
        phone: text(said.told.phone.as_deref(), None),
        badges: replaced(&said.told.badges, Vec::new(), badge)?,
        body: told(hand, &said.told, nothing)?,
    };
    hand.enrol(enrolment)
}

fn set(hand: &mut Hand<'_>, said: &Set) -> anyhow::Result<ScanShown> {
    let (id, old) = known(&hand.reader, &said.person)?;
    let PersonRow { named, email, phone, badges } = hand.reader.identity(&id)?;
    let erased = || Failure::Wrong("who this was has been erased: say --id and --name".to_owned());
    let enrolment = Enrolment {
        handle: said.id.as_deref().map(handle).transpose()?.or(named.handle).ok_or_else(erased)?,
        name: said.name.as_deref().map(name).transpose()?.or(named.name).ok_or_else(erased)?,
        person: Some(id),
        email: text(said.told.email.as_deref(), email),
        phone: text(said.told.phone.as_deref(), phone),
        badges: replaced(&said.told.badges, badges, badge)?,
        body: told(hand, &said.told, old)?,
    };
    hand.enrol(enrolment)
}

fn badge(text: &str) -> anyhow::Result<Code> {
    Ok(Code::canonical(text).map_err(|fault| Failure::Wrong(format!("{text:?} can be no badge: {fault}")))?)
}

fn told(hand: &Hand<'_>, said: &Told, old: PersonEnrolled) -> anyhow::Result<PersonEnrolled> {
    Ok(PersonEnrolled {
        role: said.role.unwrap_or(old.role),
        also: if said.also.is_empty() { old.also } else { said.also.clone() },
        certificates: replaced(&said.certificates, old.certificates, |text| Ok(name(text)?))?,
        active_until: changed(said.until.as_deref(), old.active_until, |text| {
            Ok(hand.moment(text, Edge::End)?)
        })?,
        suspended: old.suspended,
    })
}

fn roles_of(body: &PersonEnrolled) -> String {
    std::iter::once(body.role).chain(body.also.iter().copied()).map(Role::name).collect::<Vec<_>>().join(", ")
}

/// What stands against them taking anything, in words.
fn held(look: &Look<'_>, body: &PersonEnrolled) -> String {
    let suspended = body.suspended.filter(|one| one.until.is_none_or(|until| until > look.now));
    let suspended = suspended.map(|one| match one.until {
        Some(until) => format!("suspended until {}", look.say(until)),
        None => "suspended".to_owned(),
    });
    let active = body.active_until.map(|until| {
        if until <= look.now {
            format!("over since {}", look.say(until))
        } else {
            format!("until {}", look.say(until))
        }
    });
    [suspended, active].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn value(look: &Look<'_>, row: PersonRow, body: &PersonEnrolled) -> anyhow::Result<Value> {
    let named = look.seen(row.named);
    let mut value = serde_json::to_value(body)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("person".to_owned(), json!(named.person));
        map.insert("person_handle".to_owned(), json!(named.handle));
        map.insert("person_name".to_owned(), json!(named.name));
        map.insert("email".to_owned(), json!(look.private(row.email)));
        map.insert("phone".to_owned(), json!(look.private(row.phone)));
    }
    Ok(value)
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let mut people = Vec::new();
    for one in look.reader.nameable("person")? {
        if let (Subject::Person(id), Some(Body::PersonEnrolled(body))) =
            (&one.subject, look.reader.registered(&one.subject)?)
        {
            people.push((look.reader.identity(id)?, body));
        }
    }
    if screen.is_json() {
        let all: Vec<Value> =
            people.into_iter().map(|(row, body)| value(&look, row, &body)).collect::<anyhow::Result<_>>()?;
        screen.json(&all)?;
        return look.end(screen);
    }
    let row = |(row, body): (PersonRow, PersonEnrolled)| {
        let named = look.seen(row.named);
        vec![
            named.handle.map_or(named.person.to_string(), |handle| handle.to_string()),
            named.name.unwrap_or_default(),
            roles_of(&body),
            held(&look, &body),
            body.certificates.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = people.into_iter().map(row).collect();
    look.print(screen, (&["PERSON", "NAME", "ROLE", "", "TRAINED FOR"], &rows), "Nobody is enrolled.")
}

fn show(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let (id, body) = known(&look.reader, text)?;
    let row = look.reader.identity(&id)?;
    if screen.is_json() {
        screen.json(&value(&look, row, &body)?)?;
        return look.end(screen);
    }
    let held = held(&look, &body);
    let held = if held.is_empty() { held } else { format!(", {held}") };
    let badges = row.badges.len();
    screen.line(&format!("{}: {}{held}", who(&look.seen(row.named)), roles_of(&body)))?;
    for (heading, words) in [
        ("trained", body.certificates.join(", ")),
        ("email", look.private(row.email).unwrap_or_default()),
        ("phone", look.private(row.phone).unwrap_or_default()),
        ("badges", if badges > 0 { badges.to_string() } else { "none".to_owned() }),
    ] {
        if !words.is_empty() {
            screen.line(&format!("{heading:<8} {words}"))?;
        }
    }
    look.end(screen)
}
