//! `stock …`: counted things behind one shelf label.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::hand::{Look, by_hand};
use super::naming;
use super::registering::{fresh, known, register};
use super::said::{cents, changed, name, text};
use super::screen::Screen;
use crate::config::Config;
use crate::domain::command::Command;
use crate::domain::fact::{Body, StockRegistered, StockUse, Subject};
use crate::domain::id::StockId;
use crate::ledger::listing::StockRow;

/// The verbs of stock.
#[derive(Debug, Subcommand)]
pub enum StockVerb {
    /// Register a stock
    Add {
        /// Its id
        id: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Pieces there are
        #[arg(long, value_name = "N")]
        count: u32,
        /// Pieces do not come back
        #[arg(long)]
        consumed: bool,
        /// The studio's own grouping
        #[arg(long)]
        category: Option<String>,
        /// The room where the shelf is
        #[arg(long, value_name = "ROOM")]
        home: Option<String>,
        /// Price of a piece: for a day, or once where it is consumed
        #[arg(long, value_name = "AMOUNT")]
        rate: Option<String>,
    },
    /// Say otherwise what a stock is; an empty value takes one away
    Set {
        /// The stock
        stock: String,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// The studio's own grouping
        #[arg(long)]
        category: Option<String>,
        /// The room where the shelf is
        #[arg(long, value_name = "ROOM")]
        home: Option<String>,
        /// Price of a piece
        #[arg(long, value_name = "AMOUNT")]
        rate: Option<String>,
    },
    /// Say how many pieces there are, those that are out among them
    Count {
        /// The stock
        stock: String,
        /// Pieces
        count: u32,
    },
    /// Every stock: pieces, and those that are available
    List,
}

/// Does what the verb says.
pub fn stock(config: &Config, screen: &mut Screen, verb: &StockVerb) -> anyhow::Result<ExitCode> {
    match verb {
        StockVerb::Add { id, name: called, count, consumed, category, home, rate } => {
            by_hand(config, screen, |hand| {
                let subject = fresh(hand, id, StockId::parse, Subject::Stock)?;
                let body = StockRegistered {
                    name: name(called)?,
                    use_: if *consumed { StockUse::Consumed } else { StockUse::Lent },
                    count: *count,
                    category: text(category.as_deref(), None),
                    home: home.as_deref().map(|text| naming::room(&hand.reader, text)).transpose()?,
                    rate_cents: rate.as_deref().map(cents).transpose()?,
                };
                register(hand, subject, Body::StockRegistered(body))
            })
        }
        StockVerb::Set { stock, name: called, category, home, rate } => by_hand(config, screen, |hand| {
            let subject = Subject::Stock(naming::stock(&hand.reader, stock)?);
            let Body::StockRegistered(old) = known(hand, &subject)? else { anyhow::bail!("no stock") };
            // A registration sets the count as well: what was counted since must not be forgotten.
            let counted = hand.reader.stocks()?.into_iter().find(|row| row.id.as_str() == subject.id());
            let counted = counted.and_then(|row| u32::try_from(row.count).ok());
            let body = StockRegistered {
                name: called.as_deref().map_or(Ok(old.name), name)?,
                use_: old.use_,
                count: counted.unwrap_or(old.count),
                category: text(category.as_deref(), old.category),
                home: changed(home.as_deref(), old.home, |text| naming::room(&hand.reader, text))?,
                rate_cents: changed(rate.as_deref(), old.rate_cents, |text| Ok(cents(text)?))?,
            };
            register(hand, subject, Body::StockRegistered(body))
        }),
        StockVerb::Count { stock, count } => by_hand(config, screen, |hand| {
            let thing = Subject::Stock(naming::stock(&hand.reader, stock)?);
            hand.order(Command::CountStock { thing, count: *count }, false)
        }),
        StockVerb::List => list(config, screen),
    }
}

fn list(config: &Config, screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let stocks = look.reader.stocks()?;
    if screen.is_json() {
        let value = |row: &StockRow| {
            json!({ "stock": row.id, "name": row.name, "use": row.use_.name(), "count": row.count, "out": row.out,
                    "available": row.available(), "category": row.category, "home": row.home,
                    "rate_cents": look.cents(row.rate_cents), "currency": config.currency })
        };
        screen.json(&stocks.iter().map(value).collect::<Vec<Value>>())?;
        return look.end(screen);
    }
    let row = |row: &StockRow| {
        vec![
            row.id.to_string(),
            row.name.clone(),
            format!("{} pieces", row.count),
            format!("{} available", row.available()),
            if row.use_ == StockUse::Consumed { "consumed".to_owned() } else { String::new() },
            row.home.as_ref().map(ToString::to_string).unwrap_or_default(),
            look.amount(row.rate_cents),
        ]
    };
    let rows: Vec<Vec<String>> = stocks.iter().map(row).collect();
    look.print(screen, (&["STOCK", "NAME", "", "", "", "ROOM", "PRICE"], &rows), "No stock is known.")
}
