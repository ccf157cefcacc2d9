//! What is told next: events first, then what others asked for again, then states, the summary and `info`.
//!
//! Synchronous: each call of [`Teller::fill`] reads at most a few pages of the ledger, hands over what the
//! connection takes, and returns. Nothing is remembered that the ledger does not say again.

use std::collections::VecDeque;

use super::event;
use super::payload::{self, InfoBefore, ReplayRequest, Topics};
use super::replay::Replays;
use super::setup::PublisherSetup;
use super::standing::Standing;
use super::upkeep::Upkeep;
use super::{Link, NotTaken};
use crate::domain::fact::{Fact, Subject};
use crate::domain::id::SiteId;
use crate::ledger::{LedgerError, Reader};
use crate::outbox::{Confirmed, Confused, Outbox, Urgency};
use crate::time::{MonoMs, Now};

/// Rows read from the ledger at a time.
const PAGE: u32 = 200;
/// Messages of every kind on the way, beyond which no state is handed over: events need not queue behind more.
const ON_THE_WAY_MAX: usize = 200;

/// How a call of [`Teller::fill`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// There is more to do at once: let others run, and call again.
    More,
    /// Nothing to do before the next event of the connection or the ledger.
    Wait,
    /// Nothing to do before then either, unless this moment comes.
    Until(MonoMs),
}

/// Whether one part of the work is done for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Done,
    /// The page was used up, and there may be another.
    More,
    /// The connection takes no more, or enough is on the way.
    Busy,
}

/// Tells the ledger to one connection after the other.
#[derive(Debug)]
pub(super) struct Teller {
    topics: Topics,
    site: SiteId,
    ledger: Reader,
    outbox: Outbox,
    ahead: VecDeque<Fact>,
    head: i64,
    upkeep: Upkeep,
    replays: Replays,
    standing: Standing,
    /// The broker has been asked what it holds: states may be told.
    is_begun: bool,
}

impl Teller {
    /// Continues at the cursor that the ledger keeps.
    pub(super) fn new(setup: &PublisherSetup, cursor_name: &str, now: MonoMs) -> Result<Self, LedgerError> {
        let ledger = Reader::open(&setup.ledger)?;
        let cursor = ledger.cursor(cursor_name)?;
        Ok(Self {
            topics: setup.topics(),
            site: setup.site.clone(),
            outbox: Outbox::new(u64::try_from(cursor).unwrap_or(0)),
            ahead: VecDeque::new(),
            head: ledger.head_seq()?,
            upkeep: Upkeep::new(setup.mqtt.republish_per_s, now),
            replays: Replays::default(),
            standing: Standing::new(setup.started_at, ledger.origin()?),
            is_begun: false,
            ledger,
        })
    }

    /// Up to here the broker has confirmed every event.
    pub(super) fn cursor(&self) -> i64 {
        number(self.outbox.cursor())
    }

    /// The newest fact.
    pub(super) fn head(&self) -> i64 {
        self.head
    }

    /// Up to here the broker has confirmed the state of every thing; 0 while it has not been asked what it holds.
    pub(super) fn told(&self) -> i64 {
        if self.is_begun { self.upkeep.told() } else { 0 }
    }

    /// Whether the broker has confirmed everything, `info` included.
    pub(super) fn is_done(&self) -> bool {
        self.is_begun
            && self.cursor() >= self.head
            && self.upkeep.told() >= self.head
            && self.outbox.unconfirmed() == 0
            && !self.standing.is_due()
    }

    /// The ledger has facts up to `head`.
    pub(super) fn head_moved(&mut self, head: i64) {
        self.head = self.head.max(head);
        self.standing.summary_changed();
    }

    /// What is told of the daemon itself.
    pub(super) fn standing(&mut self) -> &mut Standing {
        &mut self.standing
    }

    /// Somebody wants events again. Gives what to warn about.
    pub(super) fn replay(&mut self, request: ReplayRequest) -> Option<String> {
        self.replays.ask(request, self.head)
    }

    /// The connection is gone: everything on the way is told again to the next one.
    pub(super) fn lost(&mut self) {
        self.outbox.lost();
        self.replays.lost();
        self.ahead.clear();
        self.is_begun = false;
    }

    /// The broker holds the states that this `info` speaks of.
    pub(super) fn begin(&mut self, before: Option<&InfoBefore>, now: MonoMs) {
        let told = InfoBefore::told(before, self.standing.origin(), self.head);
        self.upkeep.begin(told, self.head, now);
        self.standing.begin();
        self.is_begun = true;
    }

    /// The oldest message without a packet id was written with this one.
    pub(super) fn sent(&mut self, pkid: u16) -> Result<(), Confused> {
        self.outbox.sent(pkid)
    }

    /// The broker confirmed this packet id.
    pub(super) fn acked(&mut self, pkid: u16) {
        match self.outbox.acked(pkid) {
            Some(Confirmed::Retained(subject)) => self.upkeep.acked(&subject),
            Some(Confirmed::Replayed(seq)) => self.replays.acked(seq),
            Some(Confirmed::Event { .. } | Confirmed::Reply) | None => {}
        }
    }

    /// Hands over a message that is sent once; dropped where there is no connection or it is busy.
    pub(super) fn say_once(&mut self, link: &mut Link, topic: &str, payload: Vec<u8>, retain: bool) -> bool {
        let taken = link.try_publish(topic, payload, retain);
        if let Err(refusal) = taken {
            tracing::debug!(topic, "not published: {refusal}");
            return false;
        }
        self.outbox.handed_over_reply();
        true
    }

    /// Hands over what is to be told now, as far as the connection takes it.
    pub(super) fn fill(&mut self, link: &mut Link, now: Now) -> Result<Filled, LedgerError> {
        match self.events(link)? {
            Part::More => return Ok(Filled::More),
            Part::Busy => return Ok(Filled::Wait),
            Part::Done => {}
        }
        let replays = self.replayed(link)?;
        if !self.is_begun {
            return Ok(if replays == Part::More { Filled::More } else { Filled::Wait });
        }
        let states = self.states(link, now.mono)?;
        if replays == Part::More || states == Part::More {
            return Ok(Filled::More);
        }
        let rate = if states == Part::Done { self.upkeep.poll_timeout() } else { None };
        let daemon = self.daemon(link, now)?;
        Ok(Filled::Until(rate.map_or(daemon, |rate| rate.min(daemon))))
    }

    /// Events in ledger order, as far as the window is open.
    fn events(&mut self, link: &mut Link) -> Result<Part, LedgerError> {
        let mut is_fresh = false;
        while let Some(after) = self.outbox.next_wanted().map(number) {
            if self.ahead.is_empty() {
                if after >= self.head {
                    return Ok(Part::Done);
                }
                if is_fresh {
                    return Ok(Part::More);
                }
                self.ahead = self.ledger.facts_after(after, PAGE)?.into();
                is_fresh = true;
            }
            let Some(fact) = self.ahead.pop_front() else { return Ok(Part::Done) };
            if !self.event(link, &fact) {
                self.ahead.push_front(fact);
                return Ok(Part::Busy);
            }
        }
        Ok(Part::Busy)
    }

    /// Hands over the event of one fact; false where the connection does not take it now.
    fn event(&mut self, link: &mut Link, fact: &Fact) -> bool {
        let taken = if fact.is_event() { self.publish_event(link, fact) } else { Err(NotTaken::Impossible) };
        let seq = unsigned(fact.seq);
        let noted = match taken {
            Ok(()) => self.outbox.offer(seq),
            Err(NotTaken::Impossible) => self.outbox.skip(seq).map(|_| ()),
            Err(NotTaken::Full | NotTaken::Down) => return false,
        };
        if let Err(error) = noted {
            tracing::error!("{error}; please report this");
        }
        true
    }

    fn publish_event(&self, link: &mut Link, fact: &Fact) -> Result<(), NotTaken> {
        let topic = self.topics.event(fact.body.kind());
        let taken = link.try_publish(&topic, event::event(&self.site, fact), false);
        if taken == Err(NotTaken::Impossible) {
            tracing::error!("the event of fact {} cannot be published: it is too large", fact.seq);
        }
        taken
    }

    /// Events that somebody asked for once more.
    fn replayed(&mut self, link: &mut Link) -> Result<Part, LedgerError> {
        let Some((request, room)) = self.replays.next_wanted() else { return Ok(Part::Done) };
        let page = u32::try_from(room).unwrap_or(PAGE);
        let facts = self.ledger.facts_after(request.from - 1, page)?;
        let is_last = facts.last().is_none_or(|fact| fact.seq >= request.to);
        for fact in facts.iter().filter(|fact| fact.seq <= request.to) {
            if !self.again(link, fact) {
                return Ok(Part::Busy);
            }
        }
        if is_last {
            self.replays.passed(request.to);
        }
        Ok(Part::More)
    }

    fn again(&mut self, link: &mut Link, fact: &Fact) -> bool {
        if fact.is_event() {
            match self.publish_event(link, fact) {
                Ok(()) => {
                    self.outbox.handed_over_replayed(unsigned(fact.seq));
                    self.replays.handed_over(unsigned(fact.seq));
                }
                Err(NotTaken::Impossible) => {}
                Err(NotTaken::Full | NotTaken::Down) => return false,
            }
        }
        self.replays.passed(fact.seq);
        true
    }

    /// The states of things that changed.
    fn states(&mut self, link: &mut Link, now: MonoMs) -> Result<Part, LedgerError> {
        let has_more = self.mark_changed()?;
        while self.outbox.unconfirmed() < ON_THE_WAY_MAX {
            let Some(subject) = self.upkeep.take(now) else {
                return Ok(if has_more { Part::More } else { Part::Done });
            };
            if !self.state(link, &subject)? {
                self.upkeep.put_back(&subject);
                return Ok(Part::Busy);
            }
        }
        Ok(Part::Busy)
    }

    /// Marks one page of things that changed. A full page is a refresh or an import, and waits for its rate.
    fn mark_changed(&mut self) -> Result<bool, LedgerError> {
        if self.upkeep.marked() == 0 {
            // A broker that is told everything may hold states of things that a restore took away.
            for subject in self.ledger.vanished()? {
                self.upkeep.mark(1, &subject, Urgency::Refresh);
            }
        }
        if self.upkeep.marked() >= self.head {
            return Ok(false);
        }
        let head = self.head;
        let changed = self.ledger.changed_after(self.upkeep.marked(), PAGE)?;
        let is_full = changed.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let urgency =
            if is_full || self.upkeep.is_refreshing() { Urgency::Refresh } else { Urgency::Changed };
        for (seq, subject) in &changed {
            self.upkeep.mark(*seq, subject, urgency);
        }
        if !is_full {
            self.upkeep.marked_through(head);
        }
        Ok(is_full)
    }

    fn state(&mut self, link: &mut Link, key: &str) -> Result<bool, LedgerError> {
        let subject = Subject::parse(key);
        let known = subject.map(|subject| Ok::<_, LedgerError>((self.read_state(&subject)?, subject)));
        let (state, subject) = match known.transpose()? {
            Some((Some(state), subject)) => (state, subject),
            // An empty message takes a retained one away.
            Some((None, subject)) if self.ledger.has_vanished(&subject)? => (Vec::new(), subject),
            _ => {
                self.upkeep.acked(key);
                return Ok(true);
            }
        };
        match link.try_publish(&self.topics.thing(&subject), state, true) {
            Ok(()) => self.outbox.handed_over_retained(key.to_owned()),
            Err(NotTaken::Impossible) => {
                tracing::error!("the state of {subject} cannot be published: it is too large");
                self.upkeep.acked(key);
            }
            Err(NotTaken::Full | NotTaken::Down) => return Ok(false),
        }
        Ok(true)
    }

    /// The payload of an asset, kit or stock; `None` where none is known by that name.
    fn read_state(&self, subject: &Subject) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(match subject {
            Subject::Stock(id) => self.ledger.stock_state(id)?.as_ref().map(payload::stock),
            _ => self.ledger.state_of(subject)?.as_ref().map(payload::state),
        })
    }

    /// The summary and `info`. Gives when one of them is due next.
    fn daemon(&mut self, link: &mut Link, now: Now) -> Result<MonoMs, LedgerError> {
        if self.standing.summary_is_due(now.mono) {
            let summary = payload::summary(&self.ledger.summary(now.utc)?);
            if self.standing.summary_differs(&summary)
                && self.say_once(link, &self.topics.summary(), summary.clone(), true)
            {
                self.standing.summary_said(summary);
            }
        }
        let (told, backlog) = (self.told(), self.head - self.cursor());
        if let Some(info) = self.standing.info_if_due(told, backlog, now.mono)
            && self.say_once(link, &self.topics.info(), info, true)
        {
            self.standing.info_said(told);
        }
        Ok(self.standing.poll_timeout())
    }
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn unsigned(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}
