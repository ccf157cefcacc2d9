//! One reading of a calendar: bytes to occurrences, compared with the ledger, each step decided by the writer.
//!
//! Each step is a commit of its own: what is interrupted is whole as far as it went, and the next reading finishes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calendar::meaning::{Names, Source, unknown_production};
use crate::calendar::plan::{Do, Feed, Plan, Standing, Step, is_of, plan, prefix};
use crate::calendar::shown::uids_of;
use crate::calendar::{self, Occurrence, Problem};
use crate::config::Config;
use crate::control::Synced;
use crate::domain::command::{Actor, Command};
use crate::domain::id::{ProductionId, RoomId};
use crate::domain::person::{Role, Roles};
use crate::domain::verdict::Telling;
use crate::domain::words::{NAME_CHARS_MAX, fit};
use crate::io::entropy;
use crate::io::standing::Shared;
use crate::io::writing::Queued;
use crate::ledger::{LedgerError, Reader};
use crate::time::{Now, UtcMs};
use crate::writer::{Input, Order, Reply};

/// Events that began yesterday may still go on.
const BEFORE_MS: i64 = 86_400_000;
/// So many bookings change places at once: scans wait for that one commit.
const EXCHANGED_MAX: usize = 20;

/// So often are refused steps asked again; what still waits then is told, and the next reading goes on.
const ROUNDS_MAX: usize = 8;

/// Why a calendar was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSynced {
    /// It is none, or is not where the configuration says.
    #[error("{0}")]
    Wrong(String),
    /// Where it is cannot be reached, or gives nothing at the moment.
    #[error("{0}")]
    Away(String),
    /// The ledger or the writer did not do its part.
    #[error("{0}")]
    Later(String),
}

impl From<LedgerError> for NotSynced {
    fn from(error: LedgerError) -> Self {
        Self::Later(error.to_string())
    }
}

/// Whoever records what a calendar asks for.
pub trait Record {
    /// The present.
    fn now(&self) -> Now;
    /// Records one input and waits until it is on the disk.
    fn record(&mut self, input: Input) -> Result<Reply, NotSynced>;
    /// Whether it leaves no trace.
    fn is_dry(&self) -> bool;
}

/// The writer of the running daemon.
#[derive(Debug)]
pub struct ByWriter<'a> {
    shared: &'a Arc<Shared>,
}

impl<'a> ByWriter<'a> {
    /// Records through this daemon. For threads that may wait.
    pub fn new(shared: &'a Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Record for ByWriter<'_> {
    fn now(&self) -> Now {
        self.shared.now()
    }

    fn record(&mut self, input: Input) -> Result<Reply, NotSynced> {
        let stopped = || NotSynced::Later("the writer has stopped".to_owned());
        if self.shared.calendars.is_over() {
            return Err(NotSynced::Later("the daemon stops: the next one goes on".to_owned()));
        }
        let (answer, reply) = tokio::sync::oneshot::channel();
        let queued = Queued { input, answer: Some(answer), credit: None };
        self.shared.writer.put(queued).map_err(|error| NotSynced::Later(error.to_string()))?;
        reply.blocking_recv().map_err(|_| stopped())
    }

    fn is_dry(&self) -> bool {
        false
    }
}

/// A copy of the ledger in memory: what would be decided is decided there, by the same rules.
#[derive(Debug)]
pub struct OnScratch {
    writer: crate::writer::Writer,
    now: Now,
}

impl OnScratch {
    /// A copy of what `reader` reads.
    pub fn new(config: &Config, reader: &Reader, now: Now) -> Result<Self, NotSynced> {
        Ok(Self { writer: crate::writer::Writer::new(reader.scratch()?, config), now })
    }
}

impl Record for OnScratch {
    fn now(&self) -> Now {
        self.now
    }

    fn record(&mut self, input: Input) -> Result<Reply, NotSynced> {
        let mut replies = self.writer.handle_group(&[input])?;
        replies.pop().ok_or_else(|| NotSynced::Later("the writer gave no answer".to_owned()))
    }

    fn is_dry(&self) -> bool {
        true
    }
}

/// Compares the bytes of a calendar with the ledger and does what follows.
///
/// `reader` reads the ledger into which `record` writes, as it was before. Nobody else may sync or import meanwhile.
pub fn sync(
    config: &Config,
    (source, bytes): (&Source, &[u8]),
    reader: &Reader,
    record: &mut dyn Record,
    confirmed: bool,
) -> Result<Synced, NotSynced> {
    let now = record.now();
    if !now.trusted {
        return Err(NotSynced::Later(
            "the clock is not set, so nobody knows which events are over: wait for the time server, or set \
             `[clock] trusted` if this clock is right"
                .to_owned(),
        ));
    }
    let (plan, problems) = planned(config, (source, bytes), reader, confirmed, now.utc)?;
    let mut synced = Synced::of(&source.id, record.is_dry(), &plan, &problems);
    if plan.held_back.is_some() {
        return Ok(synced);
    }
    let telling = Telling { names: false, zone: config.timezone, now: now.utc };
    let mut waiting = plan.steps;
    // What is refused may only wait for another step: it is asked again as long as anything else moves, within bounds.
    for round in 1.. {
        let (before, mut refused) = (waiting.len(), Vec::new());
        for step in waiting {
            match decided(record, &step, &telling)? {
                (true, sentence) => synced.done(&step, true, sentence),
                (false, sentence) => refused.push((step, sentence)),
            }
        }
        if refused.is_empty() || refused.len() == before || round == ROUNDS_MAX {
            let refused = exchanged(record, refused, &mut synced)?;
            refused.into_iter().for_each(|(step, sentence)| synced.done(&step, false, sentence));
            return Ok(synced);
        }
        waiting = refused.into_iter().map(|(step, _)| step).collect();
    }
    Ok(synced)
}

/// Bookings that were refused because they stand in each other's way change places, all at once. Gives those that are
/// refused all the same.
fn exchanged(
    record: &mut dyn Record,
    refused: Vec<(Step, String)>,
    synced: &mut Synced,
) -> Result<Vec<(Step, String)>, NotSynced> {
    let is_change = |(step, _): &(Step, String)| matches!(step.what, Do::Change(_));
    let (mut moving, mut staying): (Vec<_>, Vec<_>) = refused.into_iter().partition(is_change);
    while (2..=EXCHANGED_MAX).contains(&moving.len()) {
        let mut orders = Vec::new();
        for (step, _) in &moving {
            orders.push((
                order(record, Command::CancelBooking { booking: step.booking.clone(), series: false })?,
                step,
            ));
        }
        for (step, _) in &moving {
            let Do::Change(plan) = &step.what else { continue };
            let (booking, plan) = (step.booking.clone(), plan.clone());
            orders
                .push((order(record, Command::Book { booking, plan, repeats: None, exists: false })?, step));
        }
        let input = Input::Exchanged(orders.iter().map(|(order, _)| order.clone()).collect());
        let Reply::Decided(answer) = record.record(input)? else { break };
        if answer.is_done() {
            for (step, _) in &moving {
                synced.done(step, true, "It changes places with others of this calendar".to_owned());
            }
            return Ok(staying);
        }
        let in_the_way = orders.iter().find(|(order, _)| answer.scan.as_ref() == Some(&order.id));
        let Some(booking) = in_the_way.map(|(_, step)| step.booking.clone()) else { break };
        let (out, rest) = moving.into_iter().partition(|(step, _)| step.booking == booking);
        moving = rest;
        staying.extend::<Vec<_>>(out);
    }
    staying.extend(moving);
    Ok(staying)
}

fn planned(
    config: &Config,
    (source, bytes): (&Source, &[u8]),
    reader: &Reader,
    confirmed: bool,
    now: UtcMs,
) -> Result<(Plan, Vec<Problem>), NotSynced> {
    let read = calendar::read(bytes, config.timezone).map_err(|error| NotSynced::Wrong(error.to_string()))?;
    let (occurrences, more) = read.occurrences(now.plus(-BEFORE_MS), now.plus(source.horizon_ms));
    let mut problems: Vec<Problem> = read.problems.into_iter().chain(more).collect();
    let doubtful = calendar::doubt::doubtful(bytes, &problems);
    let names = names(config, reader)?;
    problems.extend(nobodys(source, &names, &occurrences));
    let feed = Feed { occurrences: &occurrences, doubtful: &doubtful };
    let standing = standing(source, reader)?;
    let plan = plan(source, &names, &config.house, (&feed, &standing), confirmed, now);
    Ok((plan, problems))
}

/// Events that are booked for no production, though they name one; each once.
fn nobodys(source: &Source, names: &Names, occurrences: &[Occurrence]) -> Vec<Problem> {
    let problem = |event: &Occurrence| {
        let called = fit(unknown_production(source, names, event)?, NAME_CHARS_MAX);
        let what = format!(
            "no production is called {called:?}: it is booked for none. Correct the summary, or add the production and \
             read the calendar again"
        );
        Some((event.line, what))
    };
    let found: BTreeMap<u64, String> = occurrences.iter().filter_map(problem).collect();
    found.into_iter().map(|(line, what)| Problem { line, what }).collect()
}

fn standing(source: &Source, reader: &Reader) -> Result<Vec<Standing>, NotSynced> {
    let found = reader.of_calendar(&prefix(&source.id))?.into_iter();
    let ours = found.filter(|one| is_of(&source.id, &one.booking)).map(|one| Standing {
        booking: one.booking,
        plan: one.plan,
        by_hand: one.by_hand,
        out: one.out,
    });
    Ok(ours.collect())
}

fn names(config: &Config, reader: &Reader) -> Result<Names, NotSynced> {
    let rooms = reader.nameable("room")?.into_iter();
    let productions = reader.nameable("production")?.into_iter();
    Ok(Names {
        own_uids: uids_of(config.site.as_str()),
        rooms: rooms
            .filter_map(|one| Some((RoomId::parse(&one.id).ok()?, one.name.unwrap_or(one.id))))
            .collect(),
        productions: productions
            .filter_map(|one| Some((ProductionId::parse(&one.id).ok()?, one.name.unwrap_or(one.id))))
            .collect(),
    })
}

/// Decides one step: whether it was done, and the sentence of its verdict.
fn decided(record: &mut dyn Record, step: &Step, telling: &Telling) -> Result<(bool, String), NotSynced> {
    let booking = step.booking.clone();
    let command = match &step.what {
        Do::Cancel => Command::CancelBooking { booking, series: false },
        Do::Change(plan) => Command::Book { booking, plan: plan.clone(), repeats: None, exists: true },
        Do::Make(plan) => Command::Book { booking, plan: plan.clone(), repeats: None, exists: false },
    };
    let order = order(record, command)?;
    match record.record(Input::Synced(Box::new(order)))? {
        Reply::Decided(answer) => Ok((answer.is_done(), answer.verdict.sentence(telling))),
        _ => Err(NotSynced::Later("what the calendar asks for was not answered".to_owned())),
    }
}

/// Whoever set up the calendar has decided that it may book; what needs an answer it cannot give.
fn order(record: &dyn Record, command: Command) -> Result<Order, NotSynced> {
    let id = entropy::id().map_err(|error| NotSynced::Later(error.to_string()))?;
    let by = Actor { person: None, roles: Roles::of(&Role::ALL) };
    Ok(Order { id, by, command, confirm: false, now: record.now() })
}
