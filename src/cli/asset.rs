//! `asset …`: things with a label of their own.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::Failure;
use super::hand::{Hand, by_hand};
use super::naming;
use super::registering::{fresh, known, register};
use super::said::{cents, changed, name, replaced, text};
use super::screen::Screen;
use crate::config::Config;
use crate::control::ScanShown;
use crate::domain::command::Command;
use crate::domain::fact::{AssetRegistered, Body, Loan, Subject};
use crate::domain::id::{AssetId, ModelId};
use crate::domain::when::Edge;

/// The verbs of assets. `where` shows one.
#[derive(Debug, Subcommand)]
pub enum AssetVerb {
    /// Register an asset; then `learn` its code
    Add {
        /// Its id
        id: String,
        /// What is known of it
        #[command(flatten)]
        told: Box<Told>,
    },
    /// Say otherwise what an asset is; an empty value takes one away
    Set {
        /// The asset
        asset: String,
        /// What is otherwise
        #[command(flatten)]
        told: Box<Told>,
    },
    /// Take it out of service
    Retire {
        /// The asset
        asset: String,
    },
    /// Take it into service again
    Reinstate {
        /// The asset
        asset: String,
    },
    /// Give it up as lost; any scan finds it again
    Lost {
        /// An asset or kit
        asset: String,
    },
}

/// What is said of an asset.
#[derive(Debug, Args)]
pub struct Told {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// The sort of thing it is, as sony-fx6: bookings name so many of it
    #[arg(long)]
    model: Option<String>,
    /// The studio's own grouping
    #[arg(long)]
    category: Option<String>,
    /// The maker's number
    #[arg(long)]
    serial: Option<String>,
    /// The room where it belongs
    #[arg(long, value_name = "ROOM")]
    home: Option<String>,
    /// The kit it belongs in
    #[arg(long)]
    kit: Option<String>,
    /// Price of a day, as 120.50
    #[arg(long, value_name = "AMOUNT")]
    day_rate: Option<String>,
    /// Price of a week
    #[arg(long, value_name = "AMOUNT")]
    week_rate: Option<String>,
    /// What a new one costs
    #[arg(long, value_name = "AMOUNT")]
    replacement_value: Option<String>,
    /// Whether it leaves the studio
    #[arg(long, value_parser = loans())]
    loan: Option<Loan>,
    /// Whoever may take it where it is restricted; once for each
    #[arg(long = "only", value_name = "PERSON")]
    only: Vec<String>,
    /// What one must have been trained for to take it
    #[arg(long)]
    certificate: Option<String>,
    /// Days from one inspection to the next
    #[arg(long, value_name = "DAYS")]
    inspect_every: Option<String>,
    /// When the first inspection is due
    #[arg(long, value_name = "WHEN")]
    inspection_due: Option<String>,
    /// Whose it is, where the studio hired it
    #[arg(long)]
    owner: Option<String>,
    /// When it goes back to its owner
    #[arg(long, value_name = "WHEN")]
    owner_due: Option<String>,
}

fn loans() -> impl TypedValueParser<Value = Loan> {
    PossibleValuesParser::new(Loan::ALL.map(Loan::name)).map(|name| Loan::parse(&name).unwrap_or_default())
}

/// Does what the verb says.
pub fn asset(config: &Config, screen: &mut Screen, verb: &AssetVerb) -> anyhow::Result<ExitCode> {
    by_hand(config, screen, |hand| match verb {
        AssetVerb::Add { id, told } => {
            let subject = fresh(hand, id, AssetId::parse, Subject::Asset)?;
            if told.name.is_none() {
                let sentence = "say what people call it: --name \"Sony FX6\"".to_owned();
                return Err(Failure::Wrong(sentence).into());
            }
            let body = with(hand, told, AssetRegistered::default())?;
            register(hand, subject, Body::AssetRegistered(body))
        }
        AssetVerb::Set { asset, told } => change(hand, asset, |hand, old| with(hand, told, old)),
        AssetVerb::Retire { asset } => {
            change(hand, asset, |_, old| Ok(AssetRegistered { retired: true, ..old }))
        }
        AssetVerb::Reinstate { asset } => {
            change(hand, asset, |_, old| Ok(AssetRegistered { retired: false, ..old }))
        }
        AssetVerb::Lost { asset } => {
            let thing = naming::find(&hand.reader, asset, naming::GEAR)?;
            hand.order(Command::MarkLost { thing }, false)
        }
    })
}

fn change(
    hand: &mut Hand<'_>,
    text: &str,
    into: impl FnOnce(&Hand<'_>, AssetRegistered) -> anyhow::Result<AssetRegistered>,
) -> anyhow::Result<ScanShown> {
    let subject = Subject::Asset(naming::asset(&hand.reader, text)?);
    let Body::AssetRegistered(old) = known(hand, &subject)? else { anyhow::bail!("no asset") };
    let body = into(hand, old)?;
    register(hand, subject, Body::AssetRegistered(body))
}

fn with(hand: &Hand<'_>, said: &Told, old: AssetRegistered) -> anyhow::Result<AssetRegistered> {
    let reader = &hand.reader;
    let amount = |said: &Option<String>, old| changed(said.as_deref(), old, |text| Ok(cents(text)?));
    let moment =
        |said: &Option<String>, old| changed(said.as_deref(), old, |text| Ok(hand.moment(text, Edge::End)?));
    Ok(AssetRegistered {
        name: said.name.as_deref().map_or(Ok(old.name), name)?,
        model: changed(said.model.as_deref(), old.model, |text| {
            Ok(ModelId::parse(text).map_err(|error| Failure::Wrong(error.to_string()))?)
        })?,
        category: text(said.category.as_deref(), old.category),
        serial: text(said.serial.as_deref(), old.serial),
        home: changed(said.home.as_deref(), old.home, |text| naming::room(reader, text))?,
        kit: changed(said.kit.as_deref(), old.kit, |text| naming::kit(reader, text))?,
        day_rate_cents: amount(&said.day_rate, old.day_rate_cents)?,
        week_rate_cents: amount(&said.week_rate, old.week_rate_cents)?,
        replacement_value_cents: amount(&said.replacement_value, old.replacement_value_cents)?,
        loan: said.loan.unwrap_or(old.loan),
        restricted_to: replaced(&said.only, old.restricted_to, |text| naming::person(reader, text))?,
        certificate: text(said.certificate.as_deref(), old.certificate),
        inspect_every_days: changed(said.inspect_every.as_deref(), old.inspect_every_days, days)?,
        inspection_due: moment(&said.inspection_due, old.inspection_due)?,
        owner: text(said.owner.as_deref(), old.owner),
        owner_due: moment(&said.owner_due, old.owner_due)?,
        retired: old.retired,
    })
}

fn days(text: &str) -> anyhow::Result<u32> {
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    let wrong = || Failure::Wrong(format!("{text:?} is no number of days: expected one such as 365"));
    Ok(days.ok_or_else(wrong)?)
}
