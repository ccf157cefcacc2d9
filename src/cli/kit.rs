//! `kit …`: cases, and what belongs in them.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Failure;
use super::hand::{Hand, Look, by_hand};
use super::naming;
use super::registering::{fresh, known, register};
use super::said::{changed, name};
use super::screen::Screen;
use crate::config::Config;
use crate::control::ScanShown;
use crate::domain::fact::{Body, KitRegistered, Subject};
use crate::domain::id::{AssetId, KitId};
use crate::ledger::Reader;

/// Cases in cases in cases: more is a mistake.
const WITHIN_MAX: usize = 16;

/// The verbs of kits.
#[derive(Debug, Subcommand)]
pub enum KitVerb {
    /// Register a kit
    Add {
        /// Its id
        id: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// The case in which it travels
        #[arg(long, value_name = "KIT")]
        within: Option<String>,
    },
    /// Say otherwise what a kit is; an empty value takes one away
    Set {
        /// The kit
        kit: String,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// The case in which it travels
        #[arg(long, value_name = "KIT")]
        within: Option<String>,
    },
    /// Every kit
    List,
    /// One kit: its members here, out and missing
    Show {
        /// The kit
        kit: String,
    },
    /// An asset belongs in a kit
    Put {
        /// The kit
        kit: String,
        /// The asset
        asset: String,
    },
    /// An asset belongs in its kit no longer
    TakeOut {
        /// The asset
        asset: String,
    },
}

/// Does what the verb says.
pub fn kit(config: &Config, screen: &mut Screen, verb: &KitVerb) -> anyhow::Result<ExitCode> {
    match verb {
        KitVerb::Add { id, name: called, within } => by_hand(config, screen, |hand| {
            let subject = fresh(hand, id, KitId::parse, Subject::Kit)?;
            let within = within.as_deref().map(|text| naming::kit(&hand.reader, text)).transpose()?;
            register(hand, subject, Body::KitRegistered(KitRegistered { name: name(called)?, within }))
        }),
        KitVerb::Set { kit, name: called, within } => by_hand(config, screen, |hand| {
            let id = naming::kit(&hand.reader, kit)?;
            let subject = Subject::Kit(id.clone());
            let Body::KitRegistered(mut body) = known(hand, &subject)? else { anyhow::bail!("no kit") };
            if let Some(called) = called {
                body.name = name(called)?;
            }
            body.within = changed(within.as_deref(), body.within, |text| naming::kit(&hand.reader, text))?;
            no_cycle(&hand.reader, &id, body.within.as_ref())?;
            register(hand, subject, Body::KitRegistered(body))
        }),
        KitVerb::List => list(config, screen),
        KitVerb::Show { kit } => show(config, screen, kit),
        KitVerb::Put { kit, asset } => by_hand(config, screen, |hand| {
            let kit = naming::kit(&hand.reader, kit)?;
            belongs(hand, asset, Some(kit))
        }),
        KitVerb::TakeOut { asset } => by_hand(config, screen, |hand| belongs(hand, asset, None)),
    }
}

fn belongs(hand: &mut Hand<'_>, asset: &str, kit: Option<KitId>) -> anyhow::Result<ScanShown> {
    let subject = Subject::Asset(naming::asset(&hand.reader, asset)?);
    let Body::AssetRegistered(body) = known(hand, &subject)? else { anyhow::bail!("no asset") };
    if kit.is_none() && body.kit.is_none() {
        return Err(Failure::No(format!("{subject} belongs in no kit")).into());
    }
    register(hand, subject, Body::AssetRegistered(crate::domain::fact::AssetRegistered { kit, ..body }))
}

/// A case does not travel in itself, by whatever way round.
fn no_cycle(reader: &Reader, kit: &KitId, within: Option<&KitId>) -> anyhow::Result<()> {
    let mut outer = within.cloned();
    for _ in 0..WITHIN_MAX {
        let Some(case) = outer else { return Ok(()) };
        if case == *kit {
            let way = within.map(ToString::to_string).unwrap_or_default();
            let sentence = format!("{kit} cannot travel in {way}: {way} travels in {kit} itself");
            return Err(Failure::Wrong(sentence).into());
        }
        outer = match reader.registered(&Subject::Kit(case))? {
            Some(Body::KitRegistered(body)) => body.within,
            _ => None,
        };
    }
    Err(Failure::Wrong(format!("{kit} would travel in more than {WITHIN_MAX} cases")).into())
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let mut kits = Vec::new();
    for one in look.reader.nameable("kit")? {
        if let (Subject::Kit(id), Some(Body::KitRegistered(body))) =
            (&one.subject, look.reader.registered(&one.subject)?)
        {
            kits.push((id.clone(), body, look.reader.members_of(id)?));
        }
    }
    type Row = (KitId, KitRegistered, Vec<(AssetId, String, bool)>);
    let out = |(_, _, members): &Row| members.iter().filter(|(_, _, out)| *out).count();
    if screen.is_json() {
        let value = |row: &Row| json!({ "kit": row.0, "name": row.1.name, "within": row.1.within, "members": row.2.len(), "out": out(row) });
        screen.json(&kits.iter().map(value).collect::<Vec<Value>>())?;
        return look.end(screen);
    }
    let row = |row: &Row| {
        let within = row.1.within.as_ref().map(|id| format!("kit/{id}")).unwrap_or_default();
        vec![row.0.to_string(), row.1.name.clone(), row.2.len().to_string(), out(row).to_string(), within]
    };
    let rows: Vec<Vec<String>> = kits.iter().map(row).collect();
    look.print(screen, (&["KIT", "NAME", "MEMBERS", "OUT", "WITHIN"], &rows), "No kit is known.")
}

fn show(config: &Config, screen: &mut Screen, text: &str) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let id = naming::kit(&look.reader, text)?;
    let body = look.reader.registered(&Subject::Kit(id.clone()))?;
    let Some(Body::KitRegistered(body)) = body else { anyhow::bail!("no kit is known as {id}") };
    let members = look.reader.members_of(&id)?;
    let missing = look.reader.missing_of(&id)?;
    let lost = look.reader.lost_of(&id)?;
    let state = |asset: &AssetId, out: bool| match () {
        () if lost.contains(asset) => "lost",
        () if missing.contains(asset) => "missing",
        () if out => "out",
        () => "here",
    };
    if screen.is_json() {
        let member = |(asset, name, out): &(AssetId, String, bool)| json!({ "asset": asset, "name": name, "state": state(asset, *out) });
        let members: Vec<Value> = members.iter().map(member).collect();
        screen.json(&json!({ "kit": id, "name": body.name, "within": body.within, "members": members }))?;
        return look.end(screen);
    }
    let within = body.within.as_ref().map(|case| format!(", travels in kit/{case}")).unwrap_or_default();
    let away = members.iter().filter(|(asset, _, out)| state(asset, *out) != "here").count();
    screen.line(&format!(
        "{} (kit/{id}): {} of {} here{within}",
        body.name,
        members.len() - away,
        members.len()
    ))?;
    let row = |(asset, name, out): &(AssetId, String, bool)| {
        vec![format!("asset/{asset}"), name.clone(), state(asset, *out).to_owned()]
    };
    let rows: Vec<Vec<String>> = members.iter().map(row).collect();
    look.print(screen, (&["MEMBER", "NAME", ""], &rows), "Nothing belongs in it.")
}
