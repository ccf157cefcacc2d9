//! `production …`: what is made here, its stage, crew, gear list and budget.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Failure;
use super::hand::{Hand, Look, by_hand};
use super::naming;
use super::room_hours::{in_hours, of_production, with};
use super::said::{cents, changed, name, quantities, text};
use super::screen::Screen;
use crate::config::Config;
use crate::control::ScanShown;
use crate::domain::command::Command;
use crate::domain::fact::{Body, Gear, ProductionRegistered, Quantity, Subject};
use crate::domain::id::ProductionId;
use crate::domain::stay::Hours;
use crate::domain::when::Edge;
use crate::import::STAGES;
use crate::ledger::Reader;

/// The verbs of productions.
#[derive(Debug, Subcommand)]
pub enum ProductionVerb {
    /// Register a production
    Add(Box<Add>),
    /// Say otherwise what a production is; an empty value takes one away
    Set(Box<Set>),
    /// Every production
    List,
    /// One production: time, crew, gear list, budget
    Show {
        /// The production
        production: String,
    },
    /// Set its stage
    Stage {
        /// The production
        production: String,
        /// The stage
        #[arg(value_parser = PossibleValuesParser::new(STAGES))]
        stage: String,
    },
    /// Who works on it
    Crew {
        /// The production
        production: String,
        /// Who comes or goes
        #[command(subcommand)]
        change: CrewChange,
    },
    /// Its gear list
    Gear {
        /// The production
        production: String,
        /// What comes or goes
        #[command(subcommand)]
        change: GearChange,
    },
    /// Set what it may cost; an empty amount takes the limit away
    Budget {
        /// The production
        production: String,
        /// As 1234.50
        amount: String,
    },
}

/// Who comes or goes.
#[derive(Debug, Subcommand)]
pub enum CrewChange {
    /// Somebody works on it
    Add {
        /// Who
        person: String,
        /// As what
        #[arg(long = "as", value_name = "ROLE")]
        role: Option<String>,
    },
    /// Somebody works on it no longer
    Remove {
        /// Who
        person: String,
    },
}

/// What comes or goes.
#[derive(Debug, Subcommand)]
pub enum GearChange {
    /// It needs this
    Add(Listed),
    /// It needs this no longer
    Remove(Listed),
}

/// Parts of a gear list.
#[derive(Debug, Args)]
pub struct Listed {
    /// An asset; once for each
    #[arg(long = "asset", value_name = "ASSET")]
    assets: Vec<String>,
    /// A kit; once for each
    #[arg(long = "kit", value_name = "KIT")]
    kits: Vec<String>,
    /// So many of a model, as lav:3
    #[arg(long = "model", value_name = "MODEL:N")]
    models: Vec<String>,
    /// So many of a stock, as batteries:10
    #[arg(long = "stock", value_name = "STOCK:N")]
    stock: Vec<String>,
}

/// A new production.
#[derive(Debug, Args)]
pub struct Add {
    /// Its id, printed as PR:ID
    id: String,
    /// What people call it
    #[arg(long)]
    title: String,
    /// When it begins
    #[arg(long, value_name = "WHEN")]
    from: String,
    /// When it ends; a day without a time includes it
    #[arg(long, value_name = "WHEN")]
    to: String,
    /// Who pays
    #[arg(long)]
    client: Option<String>,
    /// Its stage
    #[arg(long, default_value = "development", value_parser = PossibleValuesParser::new(STAGES))]
    stage: String,
    /// What it may cost, as 1234.50
    #[arg(long, value_name = "AMOUNT")]
    budget: Option<String>,
    /// Who works on it; once for each
    #[arg(long = "crew", value_name = "PERSON")]
    crew: Vec<String>,
}

/// What is otherwise.
#[derive(Debug, Args)]
pub struct Set {
    /// The production
    production: String,
    /// What people call it
    #[arg(long)]
    title: Option<String>,
    /// When it begins
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// When it ends
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// Who pays
    #[arg(long)]
    client: Option<String>,
}

/// Does what the verb says.
pub fn production(config: &Config, screen: &mut Screen, verb: &ProductionVerb) -> anyhow::Result<ExitCode> {
    match verb {
        ProductionVerb::Add(said) => by_hand(config, screen, |hand| add(hand, said)),
        ProductionVerb::List => list(config, screen),
        ProductionVerb::Show { production } => show(config, screen, production),
        ProductionVerb::Set(said) => {
            change(config, screen, &said.production, |hand, old| set(hand, said, old))
        }
        ProductionVerb::Stage { production, stage } => change(config, screen, production, |_, old| {
            Ok(ProductionRegistered { stage: stage.clone(), ..old })
        }),
        ProductionVerb::Crew { production, change: said } => {
            change(config, screen, production, |hand, old| crew(&hand.reader, said, old))
        }
        ProductionVerb::Gear { production, change: said } => {
            change(config, screen, production, |hand, old| {
                let gear = gear(&hand.reader, said, old.gear.clone())?;
                Ok(ProductionRegistered { gear, ..old })
            })
        }
        ProductionVerb::Budget { production, amount } => change(config, screen, production, |_, old| {
            let budget_cents = changed(Some(amount), old.budget_cents, |text| Ok(cents(text)?))?;
            Ok(ProductionRegistered { budget_cents, ..old })
        }),
    }
}

fn add(hand: &mut Hand<'_>, said: &Add) -> anyhow::Result<ScanShown> {
    let id = ProductionId::parse(&said.id).map_err(|error| Failure::Wrong(error.to_string()))?;
    let subject = Subject::Production(id);
    if hand.reader.registered(&subject)?.is_some() {
        return Err(Failure::No(format!("There is {subject} already: `production set` it")).into());
    }
    let people = said.crew.iter().map(|text| naming::person(&hand.reader, text));
    let body = ProductionRegistered {
        title: name(&said.title)?,
        client: text(said.client.as_deref(), None),
        stage: said.stage.clone(),
        starts: hand.moment(&said.from, Edge::Start)?,
        ends: hand.moment(&said.to, Edge::End)?,
        budget_cents: said.budget.as_deref().map(cents).transpose()?,
        crew: people.collect::<anyhow::Result<_>>()?,
        crew_roles: std::collections::BTreeMap::new(),
        gear: Gear::default(),
    };
    register(hand, subject, in_order(body)?)
}

fn in_order(body: ProductionRegistered) -> Result<ProductionRegistered, Failure> {
    if body.ends > body.starts {
        return Ok(body);
    }
    Err(Failure::Wrong("a production ends after it begins: mend --from or --to".to_owned()))
}

fn register(hand: &mut Hand<'_>, subject: Subject, body: ProductionRegistered) -> anyhow::Result<ScanShown> {
    hand.order(Command::Register { subject, body: Box::new(Body::ProductionRegistered(body)) }, false)
}

fn known(reader: &Reader, text: &str) -> anyhow::Result<(ProductionId, ProductionRegistered)> {
    let id = naming::production(reader, text)?;
    match reader.registered(&Subject::Production(id.clone()))? {
        Some(Body::ProductionRegistered(body)) => Ok((id, body)),
        _ => Err(Failure::No(format!("No production is known as {id}")).into()),
    }
}

fn change(
    config: &Config,
    screen: &mut Screen,
    text: &str,
    into: impl FnOnce(&Hand<'_>, ProductionRegistered) -> anyhow::Result<ProductionRegistered>,
) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| {
        let (id, old) = known(&hand.reader, text)?;
        let body = into(hand, old)?;
        register(hand, Subject::Production(id), body)
    })
}

fn set(hand: &Hand<'_>, said: &Set, old: ProductionRegistered) -> anyhow::Result<ProductionRegistered> {
    Ok(in_order(ProductionRegistered {
        title: said.title.as_deref().map_or(Ok(old.title.clone()), name)?,
        client: text(said.client.as_deref(), old.client.clone()),
        starts: hand.moment_if(said.from.as_deref(), Edge::Start)?.unwrap_or(old.starts),
        ends: hand.moment_if(said.to.as_deref(), Edge::End)?.unwrap_or(old.ends),
        ..old
    })?)
}

fn crew(
    reader: &Reader,
    said: &CrewChange,
    mut body: ProductionRegistered,
) -> anyhow::Result<ProductionRegistered> {
    match said {
        CrewChange::Add { person, role } => {
            let person = naming::person(reader, person)?;
            if !body.crew.contains(&person) {
                body.crew.push(person.clone());
            }
            if let Some(role) = role {
                body.crew_roles.insert(person, name(role)?);
            }
        }
        CrewChange::Remove { person: text } => {
            let person = naming::person(reader, text)?;
            if !body.crew.contains(&person) {
                return Err(Failure::No(format!("{text} does not work on it")).into());
            }
            body.crew.retain(|one| *one != person);
            body.crew_roles.remove(&person);
        }
    }
    Ok(body)
}

fn gear(reader: &Reader, said: &GearChange, mut gear: Gear) -> anyhow::Result<Gear> {
    let (GearChange::Add(listed) | GearChange::Remove(listed)) = said;
    let assets = listed.assets.iter().map(|text| naming::asset(reader, text));
    let assets: Vec<_> = assets.collect::<anyhow::Result<_>>()?;
    let kits: Vec<_> =
        listed.kits.iter().map(|text| naming::kit(reader, text)).collect::<anyhow::Result<_>>()?;
    let models = quantities(&listed.models, |text| naming::model(reader, text))?;
    let stock = quantities(&listed.stock, |text| Ok(naming::stock(reader, text)?.to_string()))?;
    if assets.is_empty() && kits.is_empty() && models.is_empty() && stock.is_empty() {
        let sentence = "name what comes or goes: --asset, --kit, --model or --stock";
        return Err(Failure::Wrong(sentence.to_owned()).into());
    }
    gear.assets.retain(|known| !assets.contains(known));
    gear.kits.retain(|known| !kits.contains(known));
    let adds = matches!(said, GearChange::Add(_));
    if adds {
        gear.assets.extend(assets);
        gear.kits.extend(kits);
    }
    counted(&mut gear.models, models, adds);
    counted(&mut gear.stock, stock, adds);
    Ok(gear)
}

/// So many more or fewer of each.
fn counted(list: &mut Vec<Quantity>, said: Vec<Quantity>, adds: bool) {
    for Quantity { of, count } in said {
        match list.iter_mut().find(|known| known.of == of) {
            Some(known) if adds => known.count = known.count.saturating_add(count),
            Some(known) => known.count = known.count.saturating_sub(count),
            None if adds => list.push(Quantity { of, count }),
            None => {}
        }
    }
    list.retain(|known| known.count > 0);
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let mut productions = Vec::new();
    for one in look.reader.nameable("production")? {
        if let Some(Body::ProductionRegistered(body)) = look.reader.registered(&one.subject)? {
            productions.push((one.id, body));
        }
    }
    if screen.is_json() {
        let all: Vec<Value> =
            productions.iter().map(|(id, body)| value(&look, id, body)).collect::<anyhow::Result<_>>()?;
        screen.json(&all)?;
        return look.end(screen);
    }
    let row = |(id, body): &(String, ProductionRegistered)| {
        vec![
            id.clone(),
            body.title.clone(),
            body.stage.clone(),
            look.span(body.starts, body.ends),
            body.client.clone().unwrap_or_default(),
            look.amount(body.budget_cents),
            if body.crew.is_empty() { String::new() } else { body.crew.len().to_string() },
        ]
    };
    let rows: Vec<Vec<String>> = productions.iter().map(row).collect();
    let headings = ["PRODUCTION", "TITLE", "STAGE", "WHEN", "CLIENT", "BUDGET", "CREW"];
    look.print(screen, (&headings, &rows), "No production is known.")
}

fn value(look: &Look<'_>, id: &str, body: &ProductionRegistered) -> anyhow::Result<Value> {
    let body = ProductionRegistered { budget_cents: look.cents(body.budget_cents), ..body.clone() };
    let mut value = serde_json::to_value(body)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("production".to_owned(), json!(id));
        map.insert("currency".to_owned(), json!(look.config.currency));
    }
    Ok(value)
}

fn show(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let (id, body) = known(&look.reader, text)?;
    if screen.is_json() {
        let rooms = with(of_production(&look, &id)?, &json!({}));
        let mut value = value(&look, id.as_str(), &body)?;
        if let Some(map) = value.as_object_mut() {
            map.insert("rooms".to_owned(), rooms);
        }
        screen.json(&value)?;
        return look.end(screen);
    }
    let span = look.span(body.starts, body.ends);
    screen.line(&format!("{} (production/{id}): {}, {span}", body.title, body.stage))?;
    let member = |person| -> anyhow::Result<String> {
        let role = body.crew_roles.get(person).map(|role| format!(", {role}")).unwrap_or_default();
        Ok(format!("{}{role}", look.who(person)?))
    };
    let crew: Vec<String> = body.crew.iter().map(member).collect::<anyhow::Result<_>>()?;
    for (heading, words) in [
        ("client", body.client.clone().unwrap_or_default()),
        ("budget", look.amount(body.budget_cents)),
        ("crew", crew.join("; ")),
        ("gear", gear_words(&body.gear)),
        ("rooms", room_words(of_production(&look, &id)?)),
    ] {
        if !words.is_empty() {
            screen.line(&format!("{heading:<8} {words}"))?;
        }
    }
    look.end(screen)
}

fn room_words(hours: Hours) -> String {
    if hours == Hours::default() {
        return String::new();
    }
    format!("{} used of {} booked", in_hours(hours.used_ms), in_hours(hours.booked_ms))
}

fn gear_words(gear: &Gear) -> String {
    let kits = gear.kits.iter().map(|id| format!("kit/{id}"));
    let assets = gear.assets.iter().map(|id| format!("asset/{id}"));
    let models = gear.models.iter().map(|of| format!("{} x {}", of.count, of.of));
    let stock = gear.stock.iter().map(|of| format!("{} x stock/{}", of.count, of.of));
    kits.chain(assets).chain(models).chain(stock).collect::<Vec<_>>().join(", ")
}
