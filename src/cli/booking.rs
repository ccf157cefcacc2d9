//! `booking …`: rooms, gear and people promised for a time.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::Failure;
use super::booking_list::{self, Asked};
use super::hand::{Hand, by_hand};
use super::naming;
use super::said::{changed, quantities, replaced, span_ms, text};
use super::screen::Screen;
use crate::config::Config;
use crate::control::ScanShown;
use crate::domain::command::{Command, Every, Repeats};
use crate::domain::fact::{Body, BookingMade, CONFIRMED, HOLD, Subject};
use crate::domain::id::BookingId;
use crate::domain::when::Edge;
use crate::domain::words::when;
use crate::time::UtcMs;

/// The verbs of bookings.
#[derive(Debug, Subcommand)]
pub enum BookingVerb {
    /// Book rooms, gear and people for a time
    Add(Box<Add>),
    /// Move a booking to another time
    Move(Move),
    /// Replace parts of a booking; an empty value takes one away
    Set(Box<Set>),
    /// Turn a hold into a promise
    Confirm(Named),
    /// Cancel a booking
    Cancel(Cancel),
    /// What is booked
    List(Asked),
    /// One booking: what it names, what is out for it, what is still to be taken
    Show {
        /// The booking
        booking: String,
    },
}

/// What is in a booking.
#[derive(Debug, Args)]
pub struct Parts {
    /// The production it is for
    #[arg(long = "for", value_name = "PRODUCTION")]
    production: Option<String>,
    /// The client it is for
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// What it is
    #[arg(long)]
    title: Option<String>,
    /// Who answers for it
    #[arg(long)]
    person: Option<String>,
    /// A room; once for each
    #[arg(long = "room", value_name = "ROOM")]
    rooms: Vec<String>,
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
    /// Who works; once for each
    #[arg(long = "crew", value_name = "PERSON")]
    crew: Vec<String>,
    /// Everything is taken so long before, as 30min
    #[arg(long, value_name = "TIME")]
    prepare: Option<String>,
    /// Everything is taken so long after, as 1h
    #[arg(long, value_name = "TIME")]
    clean_up: Option<String>,
}

/// A new booking.
#[derive(Debug, Args)]
pub struct Add {
    /// Its id, printed as BK:ID
    id: String,
    /// When it begins, as "thu 14:00", "tomorrow" or "2026-12-04 09:00"
    #[arg(long, value_name = "WHEN")]
    from: String,
    /// When it ends; a day without a time includes it
    #[arg(long, value_name = "WHEN")]
    to: String,
    #[command(flatten)]
    parts: Parts,
    /// Ask for it without promising it
    #[arg(long)]
    hold: bool,
    /// It comes again; say how often or until when
    #[arg(long, value_name = "RHYTHM", value_parser = rhythms())]
    every: Option<Every>,
    /// How many there are, this one among them
    #[arg(long, value_name = "N", conflicts_with = "until", requires = "every")]
    times: Option<u32>,
    /// The last moment at which one may begin
    #[arg(long, value_name = "WHEN", requires = "every")]
    until: Option<String>,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// Another time.
#[derive(Debug, Args)]
pub struct Move {
    /// The booking
    booking: String,
    /// When it begins; without --to it stays as long as it was
    #[arg(long, value_name = "WHEN", required_unless_present = "to")]
    from: Option<String>,
    /// When it ends
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// Other parts.
#[derive(Debug, Args)]
pub struct Set {
    /// The booking
    booking: String,
    #[command(flatten)]
    parts: Parts,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// One booking.
#[derive(Debug, Args)]
pub struct Named {
    /// The booking
    booking: String,
    /// All the same, where something is asked
    #[arg(long)]
    confirm: bool,
}

/// A booking that is to stand no longer.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The booking
    booking: String,
    /// And those of its series that come after it
    #[arg(long)]
    series: bool,
}

fn rhythms() -> impl TypedValueParser<Value = Every> {
    PossibleValuesParser::new(Every::ALL.map(Every::name))
        .map(|name| Every::parse(&name).unwrap_or(Every::Week))
}

/// Does what the verb says.
pub fn booking(config: &Config, screen: &mut Screen, verb: &BookingVerb) -> anyhow::Result<ExitCode> {
    match verb {
        BookingVerb::Add(said) => by_hand(config, screen, |hand| add(hand, said)),
        BookingVerb::Move(said) => by_hand(config, screen, |hand| move_to(hand, said)),
        BookingVerb::Set(said) => by_hand(config, screen, |hand| {
            let (id, old) = known(hand, &said.booking)?;
            let plan = with_parts(hand, old, &said.parts)?;
            book(hand, id, plan, said.confirm)
        }),
        BookingVerb::Confirm(said) => by_hand(config, screen, |hand| {
            let (id, old) = known(hand, &said.booking)?;
            book(hand, id, BookingMade { status: CONFIRMED.to_owned(), ..old }, said.confirm)
        }),
        BookingVerb::Cancel(said) => by_hand(config, screen, |hand| {
            let (booking, _) = known(hand, &said.booking)?;
            hand.order(Command::CancelBooking { booking, series: said.series }, false)
        }),
        BookingVerb::List(asked) => booking_list::list(config, screen, asked),
        BookingVerb::Show { booking } => booking_list::show(config, screen, booking),
    }
}

fn add(hand: &mut Hand<'_>, said: &Add) -> anyhow::Result<ScanShown> {
    let booking = BookingId::parse(&said.id).map_err(|error| Failure::Wrong(error.to_string()))?;
    if hand.reader.registered(&Subject::Booking(booking.clone()))?.is_some() {
        let sentence = format!("There is a booking {booking} already: `booking move` or `booking set` it");
        return Err(Failure::No(sentence).into());
    }
    if said.every.is_some() && said.times.is_none() && said.until.is_none() {
        let sentence = "a booking that comes again needs an end: say --times N or --until WHEN";
        return Err(Failure::Wrong(sentence.to_owned()).into());
    }
    let (starts, ends) = (hand.moment(&said.from, Edge::Start)?, hand.moment(&said.to, Edge::End)?);
    let status = if said.hold { HOLD } else { CONFIRMED };
    let empty = BookingMade {
        production: None,
        client: None,
        person: None,
        rooms: Vec::new(),
        assets: Vec::new(),
        kits: Vec::new(),
        models: Vec::new(),
        stock: Vec::new(),
        crew: Vec::new(),
        starts,
        ends: in_order(hand, starts, ends)?,
        status: status.to_owned(),
        title: None,
        prepare_ms: hand.config.house.prepare_ms,
        clean_up_ms: hand.config.house.clean_up_ms,
        series: None,
        overrides: Vec::new(),
        confirmed_by: None,
    };
    let plan = Box::new(with_parts(hand, empty, &said.parts)?);
    let until = hand.moment_if(said.until.as_deref(), Edge::End)?;
    let repeats = said.every.map(|every| Repeats { every, until, times: said.times });
    hand.order(Command::Book { booking, plan, repeats, exists: false }, said.confirm)
}

fn move_to(hand: &mut Hand<'_>, said: &Move) -> anyhow::Result<ScanShown> {
    let (id, old) = known(hand, &said.booking)?;
    let starts = hand.moment_if(said.from.as_deref(), Edge::Start)?.unwrap_or(old.starts);
    let as_long = starts.plus(old.ends.since(old.starts));
    let ends = match (hand.moment_if(said.to.as_deref(), Edge::End)?, &said.from) {
        (Some(ends), _) => ends,
        (None, Some(_)) => as_long,
        (None, None) => old.ends,
    };
    book(hand, id, BookingMade { starts, ends: in_order(hand, starts, ends)?, ..old }, said.confirm)
}

/// A booking that ends before it starts is a mistake of whoever typed it.
fn in_order(hand: &Hand<'_>, starts: UtcMs, ends: UtcMs) -> Result<UtcMs, Failure> {
    if ends > starts {
        return Ok(ends);
    }
    let at = |moment| when(moment, hand.now, hand.config.timezone);
    Err(Failure::Wrong(format!(
        "a booking ends after it begins, and {} is not after {}: mend --from or --to",
        at(ends),
        at(starts)
    )))
}

fn known(hand: &Hand<'_>, text: &str) -> anyhow::Result<(BookingId, BookingMade)> {
    let id = naming::booking(&hand.reader, text)?;
    match hand.reader.registered(&Subject::Booking(id.clone()))? {
        Some(Body::BookingMade(plan)) => Ok((id, plan)),
        _ => Err(Failure::No(format!("The booking {id} stands no longer: `booking add` it again")).into()),
    }
}

fn book(
    hand: &mut Hand<'_>,
    booking: BookingId,
    plan: BookingMade,
    confirm: bool,
) -> anyhow::Result<ScanShown> {
    let plan = Box::new(plan);
    hand.order(Command::Book { booking, plan, repeats: None, exists: true }, confirm)
}

fn with_parts(hand: &Hand<'_>, old: BookingMade, said: &Parts) -> anyhow::Result<BookingMade> {
    let reader = &hand.reader;
    let span = |said: Option<&str>, old: i64| {
        said.map_or(Ok(old), |text| if text.is_empty() { Ok(0) } else { span_ms(text) })
    };
    let counted = |said: &[String], old, find: &dyn Fn(&str) -> anyhow::Result<String>| {
        let said: Vec<String> = said.iter().filter(|text| !text.is_empty()).cloned().collect();
        if said.is_empty() { Ok(old) } else { quantities(&said, find) }
    };
    let emptied = |said: &[String]| said.iter().any(String::is_empty);
    Ok(BookingMade {
        production: changed(said.production.as_deref(), old.production, |text| {
            naming::production(reader, text)
        })?,
        client: text(said.client.as_deref(), old.client),
        title: text(said.title.as_deref(), old.title),
        person: changed(said.person.as_deref(), old.person, |text| naming::person(reader, text))?,
        rooms: replaced(&said.rooms, old.rooms, |text| naming::room(reader, text))?,
        assets: replaced(&said.assets, old.assets, |text| naming::asset(reader, text))?,
        kits: replaced(&said.kits, old.kits, |text| naming::kit(reader, text))?,
        models: counted(
            &said.models,
            if emptied(&said.models) { Vec::new() } else { old.models },
            &|text| naming::model(reader, text),
        )?,
        stock: counted(&said.stock, if emptied(&said.stock) { Vec::new() } else { old.stock }, &|text| {
            Ok(naming::stock(reader, text)?.to_string())
        })?,
        crew: replaced(&said.crew, old.crew, |text| naming::person(reader, text))?,
        prepare_ms: span(said.prepare.as_deref(), old.prepare_ms)?,
        clean_up_ms: span(said.clean_up.as_deref(), old.clean_up_ms)?,
        ..old
    })
}
