//! The command line: one file per verb. It prints for people, or JSON with `--json`.
//!
//! Exit codes: 0 done, 1 the answer is no, 2 the call or a file is wrong, 3 storage, device, broker or daemon out of reach.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use nix::sys::stat::{Mode, umask};

use crate::config::Config;
use crate::wire::Protocol;
use crate::wire::decode::Way;

mod asset;
mod backup;
mod booking;
mod booking_list;
mod calendar;
mod clock;
mod config_verbs;
mod control_client;
mod count;
mod decode;
mod demo;
mod desk;
mod facts;
mod failure;
mod free;
mod gate;
mod gear;
mod hand;
mod import;
mod kit;
mod labels;
mod logging;
mod maintenance;
mod naming;
mod out;
mod person;
mod production;
mod readers;
mod records;
mod registering;
mod replay;
mod restore;
mod room;
mod room_hours;
mod run;
mod said;
mod scan;
mod screen;
mod setup_code;
mod shell;
mod slip;
mod state;
mod state_lines;
mod status;
mod stock;
mod verify;
mod where_is;

pub use failure::Failure;
use screen::Screen;

/// The daemon at the door of a studio's equipment cage.
///
/// Barcode and RFID scanners in; a durable ledger, lights and MQTT out. Exit codes: 0 done, 1 the answer is no,
/// 2 the call or a file is wrong, 3 storage, device, broker or daemon cannot be reached.
#[derive(Debug, Parser)]
#[command(name = "cagekeeper", version, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration; without it /etc/cagekeeper/cagekeeper.toml, else the embedded default
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON: one document, or one line for each
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the daemon
    Run,
    /// Show a small studio's day at the cage, in a temporary place
    Demo {
        /// Play the day at once
        #[arg(long)]
        fast: bool,
    },
    /// Scan a code by hand: an asset, a badge, a card such as CK:DONE
    Scan {
        /// Where
        station: String,
        /// The code on the label, an id, or the printed name of a thing; several are tags read together
        #[arg(required = true, value_name = "CODE")]
        codes: Vec<String>,
    },
    /// Check gear out to somebody by hand
    Checkout(gear::Checkout),
    /// Take gear back by hand
    Return(gear::Return),
    /// Keep gear out longer
    Extend(gear::Extend),
    /// Hand gear that is out over to somebody else
    HandOver(gear::HandOver),
    /// Want gear back
    Recall(state::Recall),
    /// Put a code on a thing, or take it off
    Learn(state::Learn),
    /// Note the state of a thing
    Condition(state::State),
    /// Take back what a scan or a verb did
    Undo {
        /// The id of the scan, as --json shows it
        scan: String,
    },
    /// Is it free then, and what is free instead
    Free(free::Asked),
    /// Bookings: rooms, gear and people promised for a time
    #[command(subcommand)]
    Booking(booking::BookingVerb),
    /// Productions: stage, crew, gear list, budget
    #[command(subcommand)]
    Production(production::ProductionVerb),
    /// People: who may take what
    #[command(subcommand)]
    Person(person::PersonVerb),
    /// Rooms
    #[command(subcommand)]
    Room(room::RoomVerb),
    /// Kits: cases and what belongs in them
    #[command(subcommand)]
    Kit(kit::KitVerb),
    /// Assets: things with a label of their own
    #[command(subcommand)]
    Asset(asset::AssetVerb),
    /// Stock: counted things behind one shelf label
    #[command(subcommand)]
    Stock(stock::StockVerb),
    /// Maintenance: what is broken, what is to be inspected
    #[command(subcommand)]
    Maintenance(maintenance::MaintenanceVerb),
    /// Labels with codes: sheets as PDF, or for a label printer
    Labels(labels::Asked),
    /// Slips on paper: what a booking needs, what went out
    #[command(subcommand)]
    Slip(slip::SlipVerb),
    /// Counts: a room compared with what should be in it
    #[command(subcommand)]
    Count(count::CountVerb),
    /// Bring in a file: ours, an export of Snipe-IT, Shelf, AdamRMS or Homebox, or any other by a mapping
    Import(import::Brings),
    /// Calendars: bookings from feeds and files, and feeds of rooms, productions and people
    #[command(subcommand)]
    Calendar(calendar::CalendarVerb),
    /// Where is it, and who has it
    Where {
        /// A code, an id, a name, or a person, room, production or booking to see what is out for it
        thing: String,
    },
    /// What is out
    Out,
    /// What should have been back
    Overdue,
    /// What passed the gates, what left without a checkout first
    Gate(gate::Asked),
    /// What happened: the ledger's facts, oldest first
    Facts(facts::Which),
    /// Fold all facts afresh and compare every row that they make
    Verify(verify::What),
    /// Copy the ledger as it is now, while scanning goes on, and verify the copy
    Backup(backup::To),
    /// Put a backup in the place of the ledger; shows first what would be replaced
    Restore(restore::From),
    /// Decode bytes of a reader, or say what a code means
    Decode {
        /// How they are framed, or what to read into a code
        #[arg(long, value_parser = ways())]
        protocol: Way,
        /// The HID report descriptor, as hex
        #[arg(long, value_name = "HEX")]
        descriptor: Option<String>,
        /// Bytes as hex: for keyboard one report each, for gs1 and epc one code each (gs1 also as text, epc as URI),
        /// else pieces of one stream
        #[arg(value_name = "HEX", required_unless_present = "descriptor")]
        hex: Vec<String>,
    },
    /// The devices of this machine: which are readers, and the first hour with a new one
    Readers(readers::Readers),
    /// Play a recording through the same decoders and rules, into a scratch copy of the ledger
    Replay(replay::What),
    /// How the daemon and the ledger are
    Status,
    /// The configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Whether this machine's clock is believed
    Clock(clock::ClockAsked),
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum ConfigVerb {
    /// Read it and look at the files and devices it names
    Check,
    /// Print the commented default
    ShowDefault,
}

fn ways() -> impl TypedValueParser<Value = Way> {
    PossibleValuesParser::new(Way::all().map(Way::name))
        .map(|name| Way::parse(&name).unwrap_or(Way::Reader(Protocol::Line)))
}

/// Parses the command line, does what it says and gives the exit code.
pub fn main() -> ExitCode {
    keep_from_others();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return said_by_clap(&error),
    };
    match run_verb(cli) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

/// Nothing that this program makes is for everybody, whatever it was started with: recordings hold badge numbers, the
/// ledger names people.
fn keep_from_others() {
    let group = umask(Mode::S_IRWXO);
    umask(group | Mode::S_IRWXO);
}

/// Help, version, or a call that is wrong.
fn said_by_clap(error: &clap::Error) -> ExitCode {
    // Nobody reads what cannot be printed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn run_verb(cli: Cli) -> anyhow::Result<ExitCode> {
    let screen = &mut Screen::new(cli.json);
    let config = || Config::load(cli.config.as_deref());
    match cli.verb {
        Verb::Run => run::run(&config()?),
        Verb::Demo { fast } => demo::open::demo(fast),
        Verb::Scan { station, codes } => scan::scan(&config()?, screen, &station, &codes),
        Verb::Checkout(said) => gear::checkout(&config()?, screen, &said),
        Verb::Return(said) => gear::take_back(&config()?, screen, &said),
        Verb::Extend(said) => gear::extend(&config()?, screen, &said),
        Verb::HandOver(said) => gear::hand_over(&config()?, screen, &said),
        Verb::Recall(said) => state::recall(&config()?, screen, &said),
        Verb::Learn(said) => state::learn(&config()?, screen, &said),
        Verb::Condition(said) => state::condition(&config()?, screen, &said),
        Verb::Undo { scan } => state::undo(&config()?, screen, &scan),
        Verb::Free(asked) => free::free(&config()?, screen, &asked),
        Verb::Booking(verb) => booking::booking(&config()?, screen, &verb),
        Verb::Production(verb) => production::production(&config()?, screen, &verb),
        Verb::Person(verb) => person::person(&config()?, screen, &verb),
        Verb::Labels(asked) => labels::labels(&config()?, screen, &asked),
        Verb::Slip(verb) => slip::slip(&config()?, screen, &verb),
        Verb::Room(verb) => room::room(&config()?, screen, &verb),
        Verb::Kit(verb) => kit::kit(&config()?, screen, &verb),
        Verb::Asset(verb) => asset::asset(&config()?, screen, &verb),
        Verb::Stock(verb) => stock::stock(&config()?, screen, &verb),
        Verb::Maintenance(verb) => maintenance::maintenance(&config()?, screen, &verb),
        Verb::Count(verb) => count::count(&config()?, screen, &verb),
        Verb::Import(brings) => {
            if let Some(file) = brings.to_draft()? {
                return import::draft_of(screen, &file);
            }
            let config = config()?;
            hand::may(&config, crate::domain::rights::Right::Import)?;
            import::import(&config, screen, &brings)
        }
        Verb::Calendar(verb) => calendar::calendar(&config()?, screen, &verb),
        Verb::Where { thing } => where_is::where_is(&config()?, screen, &thing),
        Verb::Out => out::out(&config()?, screen, false),
        Verb::Overdue => out::out(&config()?, screen, true),
        Verb::Gate(asked) => gate::gate(&config()?, screen, &asked),
        Verb::Facts(which) => facts::facts(&config()?, screen, &which),
        Verb::Verify(what) => verify::verify(&config()?, screen, &what),
        Verb::Backup(to) => backup::backup(&config()?, screen, &to),
        Verb::Restore(from) => restore::restore(&config()?, screen, &from),
        Verb::Decode { protocol, descriptor, hex } => {
            decode::decode(screen, protocol, descriptor.as_deref(), &hex)
        }
        Verb::Readers(what) => readers::readers(&config()?, screen, what),
        Verb::Replay(what) => replay::replay(&config()?, screen, &what),
        Verb::Status => status::status(&config()?, screen),
        Verb::Config(ConfigVerb::Check) => config_verbs::check(cli.config.as_deref(), screen),
        Verb::Config(ConfigVerb::ShowDefault) => config_verbs::show_default(screen),
        Verb::Completions { shell } => shell::completions(screen, shell),
        Verb::Man => shell::man(screen),
        Verb::Clock(asked) => clock::clock(screen, &asked),
    }
}
