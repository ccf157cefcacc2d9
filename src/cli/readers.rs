//! `readers`: the devices of this machine, and the first hour with a new one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::Failure;
use super::control_client::Daemon;
use super::screen::Screen;
use crate::config::{Broker, Config, ReaderConfig, ReaderSource};
use crate::domain::id::ReaderId;
use crate::io::clock::Clock;
use crate::io::mqtt::payload as mqtt;
use crate::io::readers::census::{Device, Places, census};
use crate::io::readers::listen::{Ear, Ended, Sound, listen};
use crate::nearest::nearest;
use crate::wire::poll::Poller;
use crate::wire::{Protocol, Setup, satellite};

mod block;
mod learn;
mod list;
mod profile;
mod record;
mod udev;
mod watch;

use block::Block;

/// `readers`, and what of it.
#[derive(Debug, Args)]
pub struct Readers {
    #[command(subcommand)]
    verb: Option<ReadersVerb>,
}

#[derive(Debug, Subcommand)]
enum ReadersVerb {
    /// List what is plugged in, what it probably is, and the block that makes a reader of it
    List,
    /// Show what a reader gives, raw and decoded, until Ctrl-C
    Watch(Which),
    /// Find keyboard layout, prefix, suffix and timing of a scanner from one scan of the printed setup code
    Learn {
        #[command(flatten)]
        which: Option<Which>,
        /// Write the setup code, to be printed, into this SVG file
        #[arg(long, value_name = "FILE", conflicts_with = "id")]
        print: Option<PathBuf>,
    },
    /// Print the udev rules that give the configured HID readers to the daemon and keep what they type from the console
    Udev,
    /// Record what a reader gives, for `replay` and for reports, until Ctrl-C
    Record {
        #[command(flatten)]
        which: Which,
        /// The recording to be made
        file: PathBuf,
        /// Put other digits for those of each card and code
        #[arg(long)]
        mask: bool,
    },
}

/// A reader of the configuration, or a device.
#[derive(Debug, Clone, Args)]
struct Which {
    /// The id of a reader, or a device as `readers` lists it: hidraw3, ttyUSB0, its path, its USB path
    id: String,
    /// How the bytes of a device are framed, where no reader says it
    #[arg(long, value_parser = protocols())]
    protocol: Option<Protocol>,
    /// Bits a second of a serial device, where no reader says it
    #[arg(long)]
    baud: Option<u32>,
}

fn protocols() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name))
        .map(|name| Protocol::parse(&name).unwrap_or(Protocol::Line))
}

/// Does what was asked of readers.
pub fn readers(config: &Config, screen: &mut Screen, readers: Readers) -> anyhow::Result<ExitCode> {
    match readers.verb.unwrap_or(ReadersVerb::List) {
        ReadersVerb::List => list::list(config, screen),
        ReadersVerb::Watch(which) => watch::watch(screen, &target(config, &which, false)?),
        ReadersVerb::Learn { print: Some(file), .. } => learn::print(screen, &file),
        ReadersVerb::Learn { which: Some(which), .. } => {
            learn::learn(config, screen, &target(config, &which, true)?)
        }
        ReadersVerb::Learn { which: None, print: None } => {
            let sentence =
                "say which reader is to be learned, as `cagekeeper readers` lists it, or --print FILE.svg";
            Err(Failure::Wrong(sentence.to_owned()).into())
        }
        ReadersVerb::Udev => screen.line(udev::udev_rules(config).trim_end()).map(|()| ExitCode::SUCCESS),
        ReadersVerb::Record { which, file, mask } => {
            record::record(screen, &target(config, &which, false)?, &file, mask)
        }
    }
}

/// What is listened to.
#[derive(Debug)]
struct Target {
    /// What it is called: a reader's id.
    id: ReaderId,
    ear: Ear,
    /// The reader, or what makes one of the device.
    reader: ReaderConfig,
    /// Whether the configuration has it.
    is_configured: bool,
    device: Option<Device>,
}

impl Target {
    fn setup(&self) -> Setup {
        let ReaderConfig { protocol, layout, framing, .. } = &self.reader;
        Setup { layout: *layout, framing: framing.clone(), ..Setup::of(*protocol) }
    }

    /// What is to be known before silence is waited for: a reader that nobody asks says nothing.
    fn warning(&self) -> Option<String> {
        let protocol = self.reader.protocol;
        let is_asked = self.reader.poll.is_some() || !Poller::asks(protocol);
        (!is_asked).then(|| {
            format!(
                "note: nobody asks {}, and most {} readers say nothing unasked: make a [[reader]] of it, UHF with region and \
                 power_dbm and none with ask = false, and it is asked",
                self.id,
                protocol.name()
            )
        })
    }

    /// Listens until the callback has enough, or Ctrl-C. What is refused is a failure.
    fn listen(
        &self,
        hear: impl FnMut(Sound) -> anyhow::Result<std::ops::ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let clock = Clock::start(crate::config::ClockTrust::Kernel);
        match listen(self.ear.clone(), clock, hear)? {
            Ended::Enough | Ended::Stopped => Ok(()),
            Ended::Refused(exit, sentence) => Err(Failure::of_exit(exit, sentence).into()),
        }
    }
}

/// Finds what is meant: a reader of the configuration, through the daemon where it runs; else a device.
fn target(config: &Config, which: &Which, hold: bool) -> anyhow::Result<Target> {
    let devices = census(&Places::default(), &config.readers, &config.profiles);
    let device = devices.into_iter().find(|device| device.is_called(&which.id));
    let bound = device.as_ref().and_then(|device| device.reader.as_ref()).map(ReaderId::as_str);
    let id = bound.unwrap_or(&which.id);
    if let Some(reader) = config.readers.iter().find(|reader| reader.id.as_str() == id) {
        return configured(config, reader, device, hold);
    }
    let Some(device) = device else { return Err(unknown(config, &which.id).into()) };
    let baud = which.baud.map(|baud| ("baud", baud.to_string()));
    let block = Block::of_device(config, &device, &[]).with_protocol(which.protocol).with_keys(baud);
    let reader = block.for_this_moment(&device).reader(config.profiles.folder())?;
    Ok(Target {
        id: reader.id.clone(),
        ear: Ear::Device(Box::new(reader.clone())),
        reader,
        is_configured: false,
        device: Some(device),
    })
}

fn configured(
    config: &Config,
    reader: &ReaderConfig,
    device: Option<Device>,
    hold: bool,
) -> anyhow::Result<Target> {
    if let ReaderSource::Mqtt(setup) = &reader.source {
        return Err(Failure::Wrong(over_mqtt(config, reader, setup)).into());
    }
    let runs = Daemon::connect(&config.control.path)?.is_some();
    let ear = match runs {
        true => Ear::Daemon { socket: config.control.path.clone(), reader: reader.id.clone(), hold },
        false => Ear::Device(Box::new(reader.clone())),
    };
    let (id, reader) = (reader.id.clone(), reader.clone());
    Ok(Target { id, ear, reader, is_configured: true, device })
}

/// What to do about a reader that has no device here.
fn over_mqtt(config: &Config, reader: &ReaderConfig, setup: &satellite::Setup) -> String {
    let root = mqtt::Topics::new(&config.site, &config.daemon).reader(&reader.id);
    let topics = satellite::Topics::of(setup, &root).filters();
    let topics: String = topics.iter().map(|topic| format!(" -t '{topic}'")).collect();
    let broker = match &config.mqtt.broker {
        Broker::Embedded { listen } => format!("-h {} -p {}", reachable(*listen), listen.port()),
        Broker::External(broker) => format!("-h {} -p {}", broker.host, broker.port),
    };
    let id = &reader.id;
    format!(
        "reader {id} speaks MQTT and has no device here. See what it says with\n    mosquitto_sub -v {broker}{topics}"
    )
}

/// Where somebody on this machine finds what listens there.
fn reachable(listen: SocketAddr) -> IpAddr {
    match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

fn unknown(config: &Config, id: &str) -> Failure {
    let devices = census(&Places::default(), &config.readers, &config.profiles);
    let readers = config.readers.iter().map(|reader| reader.id.as_str());
    let known: Vec<&str> = readers.chain(devices.iter().map(|device| device.id.as_str())).collect();
    let hint = nearest(id, known.iter().copied())
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    let sentence = format!(
        "no reader and no device is called {id:?}: there is {}{hint} (`cagekeeper readers` says more)",
        known.join(", ")
    );
    Failure::Wrong(sentence)
}

#[cfg(test)]
mod tests;
