//! Readers that must be asked: what to send them, and when. Pure: time is an argument, bytes are the result.
//!
//! ```text
//! plugged ─► set-up 1 ─► … ─► set-up n ─► round ─► round ─► …        one command at a time, each until it is answered
//!               ▲                            │
//!               └── silence, refusals ◄──────┘          too hot: the same round again, later
//! ```
//!
//! - A [`Poller`] is the same machine for all of them; a [`Dialect`] says which bytes and what answers mean.
//! - What an answer says may put commands before all others ([`Heard::Next`]): a reader is told only what it has otherwise.
//! - Where several antennas take turns, one that does not work leaves the others at work ([`Heard::Partly`]).
//! - What a country allows (region, power) comes from the configuration; nothing of it is guessed.
//! - A reader that is asked once and then goes on by itself is left to, until it falls silent: then it may have lost its
//!   power and with it what it was told, so it is set up afresh before it sends again.
//! - An answer that does not come is asked for again, later each time up to [`PAUSE_MAX_MS`]. After [`MISSES_MAX`] of
//!   them in a row the reader is set up afresh: it may have lost its power.

use std::collections::VecDeque;
use std::fmt::Debug;

use serde_json::Value;

use super::{Decoded, Protocol};
use crate::time::MonoMs;

mod cf;
mod m100;
mod pn532;
mod thingmagic;
mod uhfreader;

/// Answers that may fail to come, or be refused, before a reader is set up afresh.
pub const MISSES_MAX: u32 = 3;
/// The first pause after a miss, in milliseconds; each further one is twice as long.
pub const PAUSE_FIRST_MS: u64 = 50;
/// The longest pause, in milliseconds.
pub const PAUSE_MAX_MS: u64 = 1_000;
/// A reader that refuses its set-up is asked again after so long, in milliseconds.
pub const REFUSED_MS: u64 = 5_000;

/// The pause after a round that did not work, in milliseconds: it fails at once, and would fail without end.
const TROUBLED_MS: u64 = 200;

/// Which part of the radio spectrum a country gives to UHF tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// Europe: 865 to 868 MHz (ETSI EN 302 208).
    Eu,
    /// North America: 902 to 928 MHz (FCC part 15).
    Us,
    /// China: 920 to 925 MHz.
    Cn920,
    /// China: 840 to 845 MHz.
    Cn840,
    /// Korea: 917 to 923 MHz.
    Kr,
    /// Japan: 916 to 923 MHz.
    Jp,
}

impl Region {
    /// Every region, in the order in which they are documented.
    pub const ALL: [Self; 6] = [Self::Eu, Self::Us, Self::Cn920, Self::Cn840, Self::Kr, Self::Jp];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Us => "us",
            Self::Cn920 => "cn-920",
            Self::Cn840 => "cn-840",
            Self::Kr => "kr",
            Self::Jp => "jp",
        }
    }

    /// The region of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.name() == name)
    }
}

/// How a reader is to be asked. Only UHF readers have a region, a power and antennas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollSetup {
    /// Where it stands, by the law of the radio.
    pub region: Option<Region>,
    /// How strongly it may send.
    pub power_dbm: Option<u8>,
    /// Its antennas that are connected, from 1; each is asked in turn. Not empty.
    pub antennas: Vec<u8>,
}

impl Default for PollSetup {
    fn default() -> Self {
        Self { region: None, power_dbm: None, antennas: vec![1] }
    }
}

impl PollSetup {
    /// The antenna whose turn it is in the round of that number.
    fn antenna(&self, round: u32) -> u8 {
        let place = usize::try_from(round).unwrap_or_default() % self.antennas.len().max(1);
        self.antennas.get(place).copied().unwrap_or(1)
    }
}

/// One command, and what is to come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What it does, for people: `set region`.
    pub what: &'static str,
    /// The bytes to be sent.
    pub bytes: Vec<u8>,
    /// The command whose answer is awaited, as the decoder names it; `None` where any will do.
    pub command: Option<u16>,
    /// How long the answer may take, in milliseconds. 0: none comes.
    pub answer_ms: u64,
    /// How long to wait after the answer before the next command, in milliseconds.
    pub pause_ms: u64,
}

/// What something decoded means to the command that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It is the answer, or the last part of it.
    Answered,
    /// It is part of the answer, and more follows: the wait for it begins anew. In a round it shows that the reader works.
    More,
    /// It is the answer, and from what it says these commands come next, before all others.
    Next(Vec<Ask>),
    /// It is the answer of a reader that works on in part; what does not, for people.
    Partly(String),
    /// The reader refuses; why, for people.
    Refused(String),
    /// The reader needs rest for so many milliseconds; why, for people. Then it is asked the same again.
    Rest(String, u64),
    /// It needs rest as with [`Self::Rest`], and is set up afresh afterwards.
    RestAfresh(String, u64),
    /// It has nothing to do with it.
    Aside,
}

/// How one kind of reader is asked.
pub trait Dialect: Debug + Send + Sync {
    /// The commands that make a reader ready, in their order, or why the configuration does not do: a power or
    /// region that it does not have.
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String>;

    /// The command that asks what is there, for the round of that number.
    fn round(&self, setup: &PollSetup, round: u32) -> Ask;

    /// What something decoded means to the command that waits.
    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard;

    /// Whether the answer to a command has no end but silence: a reader that goes on by itself.
    fn ends_in_silence(&self, _asked: &Ask) -> bool {
        false
    }
}

/// A command that was sent.
#[derive(Debug)]
struct Waiting {
    ask: Ask,
    /// Until when its answer, or more of it, may come.
    until: MonoMs,
    /// Some of the answer has come.
    begun: bool,
}

/// How the asking goes, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is no device.
    Away,
    /// It is being set up.
    SettingUp,
    /// It answers.
    Asking,
    /// It answers, and something of it does not work.
    Partly(String),
    /// It needs rest.
    Resting(String),
    /// It does not answer.
    Silent(String),
    /// It refuses what the configuration wants.
    Refused(String),
}

/// Where in its course a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    SetUp(usize),
    Round(u32),
}

/// Asks one reader.
#[derive(Debug)]
pub struct Poller {
    dialect: Box<dyn Dialect>,
    setup: PollSetup,
    commands: Vec<Ask>,
    step: Step,
    waiting: Option<Waiting>,
    /// What an answer has put before all others.
    first: VecDeque<Ask>,
    /// The antenna, by its place among those asked in turn, that does not work, and what is wrong with it.
    trouble: Option<(usize, String)>,
    /// When the next command may go; `None` without a device.
    next: Option<MonoMs>,
    misses: u32,
    standing: Standing,
}

impl Poller {
    /// Whether readers of a protocol are asked.
    pub fn asks(protocol: Protocol) -> bool {
        matches!(protocol, Protocol::Pn532) || protocol.is_radio()
    }

    /// The poller of a protocol; `None` where its readers speak unasked.
    pub fn new(protocol: Protocol, setup: &PollSetup) -> Option<Self> {
        dialect(protocol, setup).map(|dialect| Self::of(dialect, setup))
    }

    fn of(dialect: Box<dyn Dialect>, setup: &PollSetup) -> Self {
        Self {
            dialect,
            setup: setup.clone(),
            commands: Vec::new(),
            step: Step::SetUp(0),
            first: VecDeque::new(),
            trouble: None,
            waiting: None,
            next: None,
            misses: 0,
            standing: Standing::Away,
        }
    }

    /// The device is there: it is set up from the beginning.
    pub fn plugged(&mut self, now: MonoMs) {
        self.begin(now);
    }

    /// The device is gone: nothing is sent any more.
    pub fn unplugged(&mut self) {
        (self.waiting, self.next) = (None, None);
        (self.misses, self.standing) = (0, Standing::Away);
        self.first.clear();
    }

    /// How the asking goes.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The command whose answer is awaited, for [`Decoder::awaiting`](super::Decoder::awaiting).
    pub fn awaiting(&self) -> Option<u16> {
        self.waiting.as_ref().and_then(|waiting| waiting.ask.command)
    }

    /// Whether a command waits for its answer.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Something else has been sent: the next command goes not before `at`.
    pub fn not_before(&mut self, at: MonoMs) {
        self.next = self.next.map(|next| next.max(at));
    }

    /// When [`Self::poll`] wants to be called.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.waiting.as_ref().map(|waiting| waiting.until).or(self.next)
    }

    /// The bytes to be sent now, if it is time for any.
    pub fn poll(&mut self, now: MonoMs) -> Option<Vec<u8>> {
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.until <= now) {
            self.silent(&waiting, now);
        }
        if self.waiting.is_some() || self.next.is_none_or(|next| now < next) {
            return None;
        }
        let ask = self.command();
        let bytes = ask.bytes.clone();
        if ask.answer_ms == 0 {
            self.go_on(&ask, now);
        } else {
            let until = now.plus(ask.answer_ms);
            self.waiting = Some(Waiting { ask, until, begun: false });
        }
        Some(bytes)
    }

    /// Takes what the decoder said.
    pub fn hear(&mut self, heard: &Decoded, now: MonoMs) {
        let Some(waiting) = &mut self.waiting else { return };
        match self.dialect.hear(&waiting.ask, heard) {
            Heard::Aside => {}
            Heard::More => {
                (waiting.until, waiting.begun) = (now.plus(waiting.ask.answer_ms), true);
                self.works();
            }
            Heard::Answered => self.answered(None, Vec::new(), now),
            Heard::Next(asks) => self.answered(None, asks, now),
            Heard::Partly(reason) => self.answered(Some(reason), Vec::new(), now),
            Heard::Refused(reason) => {
                let what = waiting.ask.what;
                self.waiting = None;
                self.refused(format!("{what}: {reason}"), now);
            }
            Heard::Rest(reason, rest_ms) => {
                self.waiting = None;
                self.standing = Standing::Resting(reason);
                self.next = Some(now.plus(rest_ms));
            }
            Heard::RestAfresh(reason, rest_ms) => {
                self.standing = Standing::Resting(reason);
                self.begin(now.plus(rest_ms));
            }
        }
    }

    /// The command whose turn it is.
    fn command(&mut self) -> Ask {
        if let Some(ask) = self.first.front() {
            return ask.clone();
        }
        match self.step {
            Step::SetUp(index) => match self.commands.get(index) {
                Some(ask) => ask.clone(),
                None => self.first_round(),
            },
            Step::Round(round) => self.dialect.round(&self.setup, round),
        }
    }

    fn answered(&mut self, trouble: Option<String>, next: Vec<Ask>, now: MonoMs) {
        let Some(Waiting { mut ask, .. }) = self.waiting.take() else { return };
        if trouble.is_some() {
            ask.pause_ms = ask.pause_ms.max(TROUBLED_MS);
        }
        if let Step::Round(round) = self.step {
            let antenna = usize::try_from(round).unwrap_or_default() % self.setup.antennas.len().max(1);
            self.trouble.take_if(|(troubled, _)| *troubled == antenna);
            self.trouble = self.trouble.take().or(trouble.map(|reason| (antenna, reason)));
        }
        self.go_on(&ask, now);
        next.into_iter().rev().for_each(|ask| self.first.push_front(ask));
    }

    /// Something came that only a reader says that is set up and works.
    fn works(&mut self) {
        if matches!(self.step, Step::Round(_)) && self.first.is_empty() {
            self.misses = 0;
            self.standing = match &self.trouble {
                Some((_, reason)) => Standing::Partly(reason.clone()),
                None => Standing::Asking,
            };
        }
    }

    /// Starts from the first command of the set-up.
    fn begin(&mut self, at: MonoMs) {
        (self.waiting, self.misses, self.step) = (None, 0, Step::SetUp(0));
        (self.trouble, self.first) = (None, VecDeque::new());
        match self.dialect.set_up(&self.setup) {
            Ok(commands) => {
                self.commands = commands;
                self.next = Some(at);
                if self.standing == Standing::Away {
                    self.standing = Standing::SettingUp;
                }
            }
            Err(reason) => {
                self.next = None;
                self.standing = Standing::Refused(reason);
            }
        }
    }

    fn first_round(&mut self) -> Ask {
        self.step = Step::Round(0);
        self.dialect.round(&self.setup, 0)
    }

    /// What was asked is answered: the next command.
    fn go_on(&mut self, ask: &Ask, now: MonoMs) {
        self.misses = 0;
        self.next = Some(now.plus(ask.pause_ms));
        if self.first.pop_front().is_some() {
            return;
        }
        self.works();
        self.step = match self.step {
            Step::SetUp(index) => Step::SetUp(index + 1),
            Step::Round(round) => Step::Round(round.wrapping_add(1)),
        };
    }

    /// Nothing has come for as long as the command allows.
    fn silent(&mut self, waiting: &Waiting, now: MonoMs) {
        if waiting.begun && self.dialect.ends_in_silence(&waiting.ask) {
            self.begin(now);
        } else {
            self.unanswered(&waiting.ask, now);
        }
    }

    fn unanswered(&mut self, ask: &Ask, now: MonoMs) {
        self.misses += 1;
        let pause_ms = (PAUSE_FIRST_MS << self.misses.min(8)).min(PAUSE_MAX_MS);
        if self.misses < MISSES_MAX {
            self.next = Some(now.plus(pause_ms));
            return;
        }
        self.standing = Standing::Silent(format!(
            "it does not answer ({}): check its wiring and power, `baud` and `protocol`",
            ask.what
        ));
        self.begin(now.plus(PAUSE_MAX_MS));
    }

    fn refused(&mut self, reason: String, now: MonoMs) {
        let in_set_up = matches!(self.step, Step::SetUp(_));
        self.misses += 1;
        if !in_set_up && self.misses < MISSES_MAX {
            self.next = Some(now.plus(PAUSE_FIRST_MS << self.misses));
            return;
        }
        self.standing = Standing::Refused(reason);
        // A set-up that was taken once and is lost now is likely to be taken again.
        self.begin(now.plus(if in_set_up { REFUSED_MS } else { PAUSE_MAX_MS }));
    }
}

fn dialect(protocol: Protocol, setup: &PollSetup) -> Option<Box<dyn Dialect>> {
    match protocol {
        Protocol::Line
        | Protocol::Rdm6300
        | Protocol::Keyboard
        | Protocol::HidPos
        | Protocol::Ssi
        | Protocol::Wiegand => None,
        Protocol::Pn532 => Some(Box::new(pn532::Pn532)),
        Protocol::M100 => Some(Box::new(m100::M100::new(setup))),
        Protocol::UhfReader18 => Some(Box::new(uhfreader::UhfReader::new(uhfreader::Kind::Plain18, setup))),
        Protocol::UhfReader288 => {
            Some(Box::new(uhfreader::UhfReader::new(uhfreader::Kind::Antennas288, setup)))
        }
        Protocol::Cf => Some(Box::new(cf::Cf::new(setup))),
        Protocol::ThingMagic => Some(Box::new(thingmagic::ThingMagic::new(setup))),
    }
}

/// Says no to what a kind of reader cannot have, whichever of its models it is, and what it can have.
fn within(setup: &PollSetup, regions: &[Region], power_max_dbm: u8, antennas: u8) -> Result<(), String> {
    if let Some(region) = setup.region.filter(|region| !regions.contains(region)) {
        let names: Vec<&str> = regions.iter().map(|region| region.name()).collect();
        return Err(format!("these readers have no region {}; they have {}", region.name(), listed(&names)));
    }
    if let Some(power) = setup.power_dbm.filter(|power| *power > power_max_dbm) {
        return Err(format!("these readers send with {power_max_dbm} dBm at most, not with {power}"));
    }
    if let Some(antenna) = setup.antennas.iter().find(|antenna| !(1..=antennas).contains(antenna)) {
        let they =
            if antennas == 1 { "antenna 1 alone".to_owned() } else { format!("antennas 1 to {antennas}") };
        return Err(format!("these readers have {they}, not antenna {antenna}"));
    }
    Ok(())
}

/// Names in one phrase: `eu, us`; or that there are none.
fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none that is known here".to_owned() } else { names.join(", ") }
}

/// Fields of something decoded, by the names that `decode` prints.
type Fields = [(&'static str, Value)];

/// A field's value.
fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    fields.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// What an answer carries behind its status, as its decoder shows it: hex in `data`.
fn data_of(fields: &Fields) -> Vec<u8> {
    let text = field(fields, "data").and_then(Value::as_str).unwrap_or_default();
    text.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// What the decoder says of it, for people: `wrong parameter`.
fn meaning_of(fields: &Fields) -> String {
    field(fields, "meaning").and_then(Value::as_str).unwrap_or("refused").to_owned()
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod tests;
