//! `labels`: codes on paper. What is printed is looked up first: a label that names another thing, or nothing, is not made.

#![allow(clippy::disallowed_methods, reason = "writes the file that was asked for")]

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::hand::Look;
use super::screen::Screen;
use super::{Failure, naming};
use crate::config::Config;
use crate::domain::code::{Card, Code};
use crate::domain::fact::{Body, Subject};
use crate::domain::loaded::Found;
use crate::domain::rights::Right;
use crate::print::label::{Label, Symbol};
use crate::print::pdf;
use crate::print::sheet::{self, Grid, Laying, SOLD};
use crate::print::zpl::{self, Roll};

/// From so many hex digits on a code is the number of a tag, which nobody wants to read on a label.
const TAG_HEX_MIN: usize = 8;
/// Copies of a label at most.
const COPIES_MAX: u32 = 1_000;
/// Things that are named when they are left out.
const NAMED_MAX: usize = 5;

/// Of what labels are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Things with a label of their own
    Assets,
    /// Cases
    Kits,
    /// Shelves of counted things
    Stock,
    /// Badges
    People,
    /// Places
    Rooms,
    /// Cards that choose a production
    Productions,
    /// Cards that are commands: DONE, RETURN, CONFIRM
    Controls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Drawn {
    /// A square, for scanners that take pictures
    Qr,
    /// Bars, for every scanner
    Code128,
}

/// What is printed, and how.
#[derive(Debug, Args)]
pub struct Asked {
    /// Of what
    kind: Kind,
    /// Only these; otherwise all of them
    names: Vec<String>,
    /// The file: .pdf, or .zpl for a label printer. Without it standard output, unless that is a terminal
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How the code is drawn
    #[arg(long, value_enum, default_value = "qr")]
    symbol: Drawn,
    /// What stands below in small [default: the name of the site]
    #[arg(long, value_name = "TEXT")]
    line: Option<String>,
    /// So many of each
    #[arg(long, default_value_t = 1)]
    copies: u32,
    /// A sheet that is sold: a4-3x8, a4-3x7, a4-2x7, a4-5x13, letter-3x10, letter-2x5, letter-4x15
    #[arg(long, value_name = "SHEET", default_value = "a4-3x8", conflicts_with = "zpl")]
    sheet: String,
    /// Paper of another size, in millimetres
    #[arg(long, value_name = "WxH", value_parser = lengths)]
    paper: Option<(f64, f64)>,
    /// Labels across and down
    #[arg(long, value_name = "CxR", value_parser = numbers)]
    grid: Option<(u32, u32)>,
    /// The size of a label, in millimetres; of a label printer 50x25 if nothing is said
    #[arg(long, value_name = "WxH", value_parser = lengths)]
    label: Option<(f64, f64)>,
    /// From the left and upper edge of the paper to the first label, in millimetres
    #[arg(long, value_name = "XxY", value_parser = lengths)]
    margin: Option<(f64, f64)>,
    /// Between labels, in millimetres
    #[arg(long, value_name = "XxY", value_parser = lengths)]
    gap: Option<(f64, f64)>,
    /// Labels that the first sheet has lost already
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u32,
    /// Draw a line around each, to try a sheet on plain paper
    #[arg(long)]
    frames: bool,
    /// ZPL for a label printer, also without a file that says so
    #[arg(long)]
    zpl: bool,
    /// Dots of an inch of the label printer
    #[arg(long, value_name = "DPI", default_value_t = 203, value_parser = clap::value_parser!(u32).range(100..=1200))]
    dpi: u32,
}

fn pair<T: std::str::FromStr>(text: &str) -> Option<(T, T)> {
    let (one, other) = text.split_once(['x', 'X', ','])?;
    Some((one.trim().parse().ok()?, other.trim().parse().ok()?))
}

fn lengths(text: &str) -> Result<(f64, f64), String> {
    pair(text).ok_or_else(|| "two lengths in millimetres are meant, as in 63.5x38.1".to_owned())
}

fn numbers(text: &str) -> Result<(u32, u32), String> {
    pair(text).ok_or_else(|| "two numbers are meant, as in 3x8".to_owned())
}

/// Something that is to get a label.
struct Wanted {
    subject: Option<Subject>,
    code: Option<String>,
    title: String,
}

/// Prints the labels.
pub fn labels(config: &Config, screen: &mut Screen, asked: &Asked) -> anyhow::Result<ExitCode> {
    if asked.copies == 0 || asked.copies > COPIES_MAX {
        return Err(Failure::Wrong(format!("--copies {}: 1 to {COPIES_MAX} are meant", asked.copies)).into());
    }
    let (labels, without) = wanted(config, asked)?;
    if labels.is_empty() {
        return Err(Failure::No(format!("There is nothing to print a label of{without}")).into());
    }
    let is_zpl = asked.zpl || asked.out.as_deref().is_some_and(|path| has_ending(path, "zpl"));
    let symbol = match asked.symbol {
        Drawn::Qr => Symbol::Qr,
        Drawn::Code128 => Symbol::Code128,
    };
    let (bytes, what) = if is_zpl {
        let roll = Roll { label: asked.label.unwrap_or((50.0, 25.0)), dpi: asked.dpi };
        let job =
            zpl::job(&labels, roll, symbol, asked.copies).map_err(|why| Failure::Wrong(why.to_string()))?;
        (job.into_bytes(), "for a label printer".to_owned())
    } else {
        let laying = Laying { grid: grid(asked)?, symbol, skip: asked.skip, frames: asked.frames };
        let copies = usize::try_from(asked.copies).unwrap_or(usize::MAX);
        let each: Vec<Label> =
            labels.iter().flat_map(|label| std::iter::repeat_n(label.clone(), copies)).collect();
        let pages = sheet::lay(&each, &laying).map_err(|why| Failure::Wrong(why.to_string()))?;
        let sheets =
            if pages.len() == 1 { "one sheet".to_owned() } else { format!("{} sheets", pages.len()) };
        (pdf::document("Labels", &pages).ok_or_else(no_fonts)?, format!("on {sheets}"))
    };
    let said =
        format!("{} labels {what}{without}", labels.len() * usize::try_from(asked.copies).unwrap_or(1));
    delivered(screen, asked.out.as_deref(), &bytes, &said)
}

fn no_fonts() -> Failure {
    Failure::Wrong("the fonts of the program are damaged: install it again".to_owned())
}

/// Writes what was made to its file, or to standard output where nobody would look at it.
pub fn delivered(
    screen: &mut Screen,
    out: Option<&Path>,
    bytes: &[u8],
    said: &str,
) -> anyhow::Result<ExitCode> {
    match out {
        Some(path) => {
            std::fs::write(path, bytes).map_err(|error| {
                Failure::Unreachable(format!("{} cannot be written: {error}", path.display()))
            })?;
            if screen.is_json() {
                screen.json(&json!({ "file": path, "said": said }))?;
            } else {
                screen.line(&format!("{}: {said}", path.display()))?;
            }
            screen.flush()?;
        }
        None if std::io::stdout().is_terminal() => {
            return Err(Failure::Wrong("say where it goes: --out FILE, or > FILE".to_owned()).into());
        }
        None => {
            screen.bytes(bytes)?;
            screen.flush()?;
            writeln!(std::io::stderr(), "{said}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a file's name says that it is of that kind.
pub fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn grid(asked: &Asked) -> Result<Grid, Failure> {
    let Some(sold) = Grid::named(&asked.sheet) else {
        let known: Vec<String> =
            SOLD.iter().map(|sold| format!("{} ({})", sold.name, sold.known_as)).collect();
        return Err(Failure::Wrong(format!(
            "No sheet is known as {}. Known: {}",
            asked.sheet,
            known.join(", ")
        )));
    };
    let label = asked.label.unwrap_or(sold.label);
    let own = asked.paper.is_some() || asked.grid.is_some() || asked.label.is_some();
    // A sheet of one's own has no margins but those that are said.
    let margin = asked.margin.unwrap_or(if own { (0.0, 0.0) } else { sold.margin });
    let gap = asked.gap.unwrap_or(if own { (0.0, 0.0) } else { sold.gap });
    let paper = asked.paper.unwrap_or(sold.paper);
    Grid { paper, count: asked.grid.unwrap_or(sold.count), label, margin, gap }
        .checked()
        .map_err(|why| Failure::Wrong(why.to_string()))
}

/// The labels, and in words what got none.
fn wanted(config: &Config, asked: &Asked) -> anyhow::Result<(Vec<Label>, String)> {
    let small = asked.line.clone().unwrap_or_else(|| config.site.to_string());
    if asked.kind == Kind::Controls {
        return Ok((controls(asked)?, String::new()));
    }
    let look = Look::open(config)?;
    if asked.kind == Kind::People && !look.sees_people() {
        let roles = config.house.rights.who_may(Right::SeePeople);
        return Err(Failure::No(format!("Badges of people are for {roles}")).into());
    }
    let mut labels = Vec::new();
    let mut without = Vec::new();
    for one in named(&look, asked)? {
        match checked(&look, &one)? {
            Ok(code) => labels.push(Label { code, title: one.title, small: small.clone() }),
            Err(why) if !asked.names.is_empty() => return Err(Failure::No(why).into()),
            Err(why) => without.push(why),
        }
    }
    Ok((labels, left_out(&without)))
}

fn left_out(without: &[String]) -> String {
    if without.is_empty() {
        return String::new();
    }
    let named: Vec<&str> = without.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = without.len() - named.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!(". Without a label: {}{more}", named.join("; "))
}

fn controls(asked: &Asked) -> Result<Vec<Label>, Failure> {
    let wanted = |name: &String| {
        let name = name.to_ascii_uppercase();
        let bare = name.strip_prefix("CK:").unwrap_or(&name);
        let known = || Card::ALL.map(Card::name).join(", ");
        let card = Card::ALL.into_iter().find(|card| card.name() == bare);
        card.ok_or_else(|| Failure::No(format!("No card is called {bare}. There are {}", known())))
    };
    let cards = match asked.names.as_slice() {
        [] => Card::ALL.to_vec(),
        names => names.iter().map(wanted).collect::<Result<_, _>>()?,
    };
    let label = |card: Card| Label {
        code: format!("CK:{}", card.name()),
        title: card.name().to_owned(),
        small: meaning(card).to_owned(),
    };
    Ok(cards.into_iter().map(label).collect())
}

/// What a card does, as it stands on the card.
fn meaning(card: Card) -> &'static str {
    match card {
        Card::Done => "I am finished",
        Card::Cancel => "forget the question, or leave",
        Card::Return => "what I scan comes back",
        Card::Confirm => "yes",
        Card::Undo => "take the last scan back",
        Card::Extend => "what I scan stays out longer",
        Card::Learn => "this code belongs to the next thing",
        Card::Ok => "the last thing is fine",
        Card::Dirty => "the last thing has to be cleaned",
        Card::Damaged => "the last thing is broken",
        Card::PartMissing => "something of the last thing is missing",
        Card::Count => "begin or end a count",
    }
}

fn named(look: &Look<'_>, asked: &Asked) -> anyhow::Result<Vec<Wanted>> {
    let kind = match asked.kind {
        Kind::Assets => "asset",
        Kind::Kits => "kit",
        Kind::Stock => "stock",
        Kind::People => "person",
        Kind::Rooms => "room",
        Kind::Productions => "production",
        Kind::Controls => return Ok(Vec::new()),
    };
    let only: Vec<Subject> = asked
        .names
        .iter()
        .map(|name| naming::find(&look.reader, name, &[kind]))
        .collect::<anyhow::Result<_>>()?;
    let mut wanted = Vec::new();
    for one in look.reader.nameable(kind)? {
        if !only.is_empty() && !only.contains(&one.subject) {
            continue;
        }
        if only.is_empty() && is_gone(look, &one.subject)? {
            continue;
        }
        let title = one.name.unwrap_or_else(|| one.id.clone());
        wanted.push(Wanted { code: code_of(look, &one.subject)?, subject: Some(one.subject), title });
    }
    Ok(wanted)
}

/// Out of service: nobody wants a label of it, unless it is asked for by name.
fn is_gone(look: &Look<'_>, subject: &Subject) -> anyhow::Result<bool> {
    Ok(match look.reader.registered(subject)? {
        Some(Body::AssetRegistered(asset)) => asset.retired,
        Some(_) => false,
        None => true,
    })
}

/// The code that goes onto the label: one that is on the thing already, else its id.
fn code_of(look: &Look<'_>, subject: &Subject) -> anyhow::Result<Option<String>> {
    let printable =
        |codes: Vec<Code>| codes.into_iter().map(|code| code.to_string()).find(|code| is_for_paper(code));
    Ok(match subject {
        Subject::Room(id) => Some(format!("RM:{id}")),
        Subject::Production(id) => Some(format!("PR:{id}")),
        Subject::Person(id) => printable(look.reader.identity(id)?.badges),
        thing => printable(look.reader.tags_of(thing)?).or_else(|| Some(thing.id().to_owned())),
    })
}

/// Not the number of a card or tag, which is in the chip.
fn is_for_paper(code: &str) -> bool {
    let is_hex = code.len() >= TAG_HEX_MIN && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    !is_hex && !code.starts_with("urn:") && code.chars().all(|c| !c.is_control())
}

/// The code, if it names this thing and no other; else why not, in a sentence.
fn checked(look: &Look<'_>, one: &Wanted) -> anyhow::Result<Result<String, String>> {
    let Some(code) = &one.code else {
        return Ok(Err(format!(
            "{} has no badge that can be printed, a card's number is in its chip: `cagekeeper person set` gives a code",
            one.title
        )));
    };
    let found = look.reader.identify(code)?;
    let is_it = one.subject.as_ref().is_some_and(|subject| names(&found, subject));
    Ok(if is_it {
        Ok(code.clone())
    } else {
        Err(format!("{}: {code} does not name it alone, `cagekeeper learn` puts a code on it", one.title))
    })
}

fn names(found: &Found, subject: &Subject) -> bool {
    match (found, subject) {
        (Found::Asset(asset), Subject::Asset(id)) => asset.id == *id,
        (Found::Kit(kit), Subject::Kit(id)) => kit.id == *id,
        (Found::Stock(stock), Subject::Stock(id)) => stock.id == *id,
        (Found::Person(person), Subject::Person(id)) => person.id == *id,
        (Found::Room(room), Subject::Room(id)) => room.id == *id,
        (Found::Production(production), Subject::Production(id)) => production.id == *id,
        _ => false,
    }
}
