//! Things done and asked by hand: through the running daemon, else under the ledger's lock with the same writer.

use std::cell::Cell;
use std::process::ExitCode;

use super::Failure;
use super::control_client::{Daemon, incomplete};
use super::desk::{self, Desk};
use super::scan::show;
use super::screen::{Screen, who as called};
use crate::config::Config;
use crate::control::{Enrolment, Forgetting, NotEnrolled, Request, ScanShown, named};
use crate::domain::command::{Actor, Command};
use crate::domain::fact::CONTROL_STATION;
use crate::domain::id::{PersonId, StationId};
use crate::domain::rights::Right;
use crate::domain::verdict::Level;
use crate::domain::when::{self, Edge};
use crate::domain::words;
use crate::io::control::who;
use crate::io::entropy;
use crate::ledger::Reader;
use crate::ledger::question::Named;
use crate::time::UtcMs;
use crate::writer::{Forget, Input, Order, Reply};

#[derive(Debug)]
enum Means {
    Daemon(Daemon),
    Desk(Box<Desk>),
}

/// A verb that changes something.
#[derive(Debug)]
pub struct Hand<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The ledger, for names and for what is known.
    pub reader: Reader,
    /// The present.
    pub now: UtcMs,
    means: Means,
    can_confirm: bool,
}

/// Does `work` and prints the answer of the last thing that it asked for. Exits 1 where that is ask or refused.
pub fn by_hand(
    config: &Config,
    screen: &mut Screen,
    work: impl FnOnce(&mut Hand<'_>) -> anyhow::Result<ScanShown>,
) -> anyhow::Result<ExitCode> {
    let mut hand = Hand::open(config)?;
    let done = work(&mut hand);
    let can_confirm = hand.can_confirm;
    // In order also where the work was refused: the ledger was not left in the middle of anything.
    if let Means::Desk(desk) = hand.means {
        desk.close()?;
    }
    let shown = done?;
    if screen.is_json() {
        screen.json(&shown)?;
    } else {
        show(screen, &shown)?;
        if can_confirm && shown.level == Level::Ask.name() {
            screen.line("         The same with --confirm does it")?;
        }
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!shown.is_yes())))
}

impl<'a> Hand<'a> {
    /// Through the daemon, else under the lock of the ledger.
    pub fn open(config: &'a Config) -> anyhow::Result<Self> {
        if let Some(daemon) = Daemon::connect(&config.control.path)? {
            let (reader, now) = (desk::reader(config)?, desk::utc(config));
            return Ok(Self { config, reader, now, means: Means::Daemon(daemon), can_confirm: false });
        }
        let desk = Desk::open(config)?;
        let (reader, now) = (desk.ledger().reader()?, desk.now().utc);
        Ok(Self { config, reader, now, means: Means::Desk(Box::new(desk)), can_confirm: false })
    }

    /// Asks for something and gives the answer, also where it is no.
    pub fn order(&mut self, command: Command, confirm: bool) -> anyhow::Result<ScanShown> {
        self.can_confirm = has_confirm(&command) && !confirm;
        let request = Request::Order { command: Box::new(command.clone()), confirm };
        let by = match &mut self.means {
            Means::Daemon(daemon) => {
                return Ok(daemon.ask(&request, |_| ())?.scan.ok_or_else(incomplete)?);
            }
            Means::Desk(_) => self.actor()?,
        };
        let Means::Desk(desk) = &mut self.means else { return Err(incomplete().into()) };
        let sees = self.config.house.rights.allow(by.roles, Right::SeePeople);
        let order = Order { id: entropy::id()?, by, command, confirm, now: desk.now() };
        let reply = desk.record(Input::Order(Box::new(order)))?;
        let named = |person: &PersonId| match sees {
            true => named(desk.ledger(), person),
            false => Named::by_id(person.clone()),
        };
        Ok(ScanShown::of_reply(&reply, &named, (self.config.timezone, sees)).ok_or_else(incomplete)?)
    }

    /// Says who somebody is and what they may do.
    pub fn enrol(&mut self, enrolment: Enrolment) -> anyhow::Result<ScanShown> {
        let by = match &mut self.means {
            Means::Daemon(daemon) => {
                let request = Request::Person(Box::new(enrolment));
                return Ok(daemon.ask(&request, |_| ())?.scan.ok_or_else(incomplete)?);
            }
            Means::Desk(_) => self.actor()?,
        };
        if let Some(sentence) = who::lacks(&self.config.house.rights, &by, Right::People) {
            return Err(Failure::No(sentence).into());
        }
        let Means::Desk(desk) = &mut self.means else { return Err(incomplete().into()) };
        let id = entropy::id()?;
        let batch = enrolment.batch(&self.reader, &by, entropy::person()?, id.clone(), desk.now());
        let (batch, person) = batch.map_err(|error| match error {
            NotEnrolled::Wrong(sentence) => anyhow::Error::from(Failure::Wrong(sentence)),
            NotEnrolled::Ledger(error) => error.into(),
        })?;
        desk.record(Input::Batch(batch))?;
        Ok(ScanShown::enrolled(id, StationId::parse(CONTROL_STATION)?, named(desk.ledger(), &person)))
    }

    /// Says what would be erased of somebody, or erases it.
    pub fn forget(&mut self, person: PersonId, even_so: bool, yes: bool) -> anyhow::Result<Forgetting> {
        let by = match &mut self.means {
            Means::Daemon(daemon) => {
                let request = Request::Forget { person, even_so, yes };
                return Ok(*daemon.ask(&request, |_| ())?.forgetting.ok_or_else(incomplete)?);
            }
            Means::Desk(_) => self.actor()?,
        };
        if let Some(sentence) = who::lacks(&self.config.house.rights, &by, Right::People) {
            return Err(Failure::No(sentence).into());
        }
        if !yes {
            let (traces, ties) = (self.reader.traces(&person)?, self.reader.ties(&person, self.now)?);
            return Ok(Forgetting::plan(person, traces, ties));
        }
        let Means::Desk(desk) = &mut self.means else { return Err(incomplete().into()) };
        let (id, now) = (entropy::id()?, desk.now());
        let forget = Forget { id, person: person.clone(), by: by.person, even_so, now };
        match desk.record(Input::Forget(Box::new(forget)))? {
            Reply::Forgotten(forgotten) => Ok(Forgetting::of(person, *forgotten)),
            _ => Err(incomplete().into()),
        }
    }

    /// Gives the ledger back in order.
    pub fn close(self) -> anyhow::Result<()> {
        match self.means {
            Means::Desk(desk) => desk.close(),
            Means::Daemon(_) => Ok(()),
        }
    }

    fn actor(&self) -> Result<Actor, Failure> {
        who::actor(self.config, Some(&self.reader), who::own_uid(), who::keeper(self.config), self.now)
            .map_err(Failure::No)
    }

    /// A moment as people write it.
    pub fn moment(&self, text: &str, edge: Edge) -> Result<UtcMs, Failure> {
        when::parse(text, self.now, self.config.timezone, edge).map_err(Failure::Wrong)
    }

    /// The same where it is said.
    pub fn moment_if(&self, text: Option<&str>, edge: Edge) -> Result<Option<UtcMs>, Failure> {
        text.map(|text| self.moment(text, edge)).transpose()
    }
}

/// Commands whose verb takes `--confirm`.
fn has_confirm(command: &Command) -> bool {
    use Command::{Book, CancelCount, CheckOut, EndCount, Extend};
    matches!(command, CheckOut { .. } | Extend { .. } | Book { .. } | EndCount { .. } | CancelCount { .. })
}

/// Whether the user of this process has a right, where no daemon runs that would say.
pub fn may(config: &Config, right: Right) -> anyhow::Result<()> {
    if Daemon::connect(&config.control.path)?.is_some() {
        return Ok(());
    }
    let reader = desk::reader_if_any(config)?;
    let actor = who::actor(config, reader.as_ref(), who::own_uid(), who::keeper(config), desk::utc(config));
    match who::lacks(&config.house.rights, &actor.map_err(Failure::No)?, right) {
        Some(sentence) => Err(Failure::No(sentence).into()),
        None => Ok(()),
    }
}

/// A verb that only asks: the ledger, and what whoever asks may see of it.
#[derive(Debug)]
pub struct Look<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The ledger.
    pub reader: Reader,
    /// The present.
    pub now: UtcMs,
    people: bool,
    money: bool,
    hid_people: Cell<bool>,
    hid_money: Cell<bool>,
}

impl<'a> Look<'a> {
    /// Opens the ledger for questions. Who may read the file may ask; the rights say what is shown.
    pub fn open(config: &'a Config) -> anyhow::Result<Self> {
        let (reader, now) = (desk::reader(config)?, desk::utc(config));
        let actor = who::actor(config, Some(&reader), who::own_uid(), who::keeper(config), now)
            .map_err(Failure::No)?;
        let allow = |right| config.house.rights.allow(actor.roles, right);
        let (people, money) = (allow(Right::SeePeople), allow(Right::SeeMoney));
        let (hid_people, hid_money) = (Cell::new(false), Cell::new(false));
        Ok(Self { config, reader, now, people, money, hid_people, hid_money })
    }

    /// A moment as people write it.
    pub fn moment_if(&self, text: Option<&str>, edge: Edge) -> Result<Option<UtcMs>, Failure> {
        text.map(|text| when::parse(text, self.now, self.config.timezone, edge).map_err(Failure::Wrong))
            .transpose()
    }

    /// A moment in people's words.
    pub fn say(&self, at: UtcMs) -> String {
        words::when(at, self.now, self.config.timezone)
    }

    /// A span in people's words; the day is said once where it is the same.
    pub fn span(&self, from: UtcMs, until: UtcMs) -> String {
        let day = |at: UtcMs| at.to_chrono().with_timezone(&self.config.timezone).date_naive();
        let end = if day(from) == day(until) {
            words::when(until, until, self.config.timezone)
        } else {
            self.say(until)
        };
        format!("{} to {end}", self.say(from))
    }

    /// An amount with its currency; nothing for whom money is not shown.
    pub fn amount(&self, cents: Option<i64>) -> String {
        let cents = self.cents(cents);
        cents.map(|cents| format!("{} {}", words::cents(cents), self.config.currency)).unwrap_or_default()
    }

    /// An amount in hundredths; nothing for whom money is not shown.
    pub fn cents(&self, cents: Option<i64>) -> Option<i64> {
        self.hid_money.set(self.hid_money.get() || (cents.is_some() && !self.money));
        cents.filter(|_| self.money)
    }

    /// Whether names of people are shown; where they are not, that is said at the end.
    pub fn sees_people(&self) -> bool {
        self.hid_people.set(self.hid_people.get() || !self.people);
        self.people
    }

    /// A person as whoever asks may see them.
    pub fn seen(&self, named: Named) -> Named {
        if self.people {
            return named;
        }
        self.hid_people.set(true);
        Named { forgotten: named.forgotten, ..Named::by_id(named.person) }
    }

    /// A text that may name somebody, for whoever may see that.
    pub fn private(&self, text: Option<String>) -> Option<String> {
        self.hid_people.set(self.hid_people.get() || (text.is_some() && !self.people));
        text.filter(|_| self.people)
    }

    /// A person by the opaque id, in words.
    pub fn who(&self, person: &PersonId) -> anyhow::Result<String> {
        Ok(called(&self.seen(self.reader.named(person)?)))
    }

    /// People in words.
    pub fn all(&self, people: &[PersonId]) -> anyhow::Result<String> {
        let people: Vec<String> =
            people.iter().map(|person| self.who(person)).collect::<anyhow::Result<_>>()?;
        Ok(people.join(", "))
    }

    /// Prints rows, or `nothing` where there are none, then what was left out.
    pub fn print(
        &self,
        screen: &mut Screen,
        (headings, rows): (&[&str], &[Vec<String>]),
        nothing: &str,
    ) -> anyhow::Result<ExitCode> {
        if rows.is_empty() {
            screen.line(nothing)?;
        } else {
            screen.table(headings, rows)?;
        }
        self.end(screen)
    }

    /// Says what was left out, and ends.
    pub fn end(&self, screen: &mut Screen) -> anyhow::Result<ExitCode> {
        for (hid, right, what) in [
            (self.hid_people.get(), Right::SeePeople, "Names of people"),
            (self.hid_money.get(), Right::SeeMoney, "Amounts"),
        ] {
            if hid && !screen.is_json() {
                let roles = self.config.house.rights.who_may(right);
                screen.line(&format!("{what} are left out: they are for {roles}."))?;
            }
        }
        screen.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
