//! One reader's lane: its decoder, how it is asked, what it has folded and counted, and what its people feel.

use serde::Serialize;

use super::feedback::Feedback;
use super::fold::{Fold, FoldRules, Folded};
use super::ids::Ids;
use crate::domain::verdict::Level;
use crate::time::MonoMs;
use crate::wire::card::CardFormat;
use crate::wire::feel::Buzzer;
use crate::wire::poll::{PollSetup, Poller, Standing};
use crate::wire::satellite::Heard;
use crate::wire::{Carrier, Decoded, Decoder, Outgoing, Read, RejectKind, Rejected, Setup};

/// A reader that is asked has so long for what it is told, in milliseconds, before it is asked again.
const TELL_MS: u64 = 50;

/// What a lane needs to know of its reader.
#[derive(Debug, Clone)]
pub struct LaneSetup {
    /// How its bytes are framed.
    pub wire: Setup,
    /// What its reads are folded by.
    pub fold: FoldRules,
    /// How it is asked; `None` where it speaks unasked.
    pub poll: Option<PollSetup>,
    /// Which way it is made to sound.
    pub buzzer: Buzzer,
    /// How it writes the numbers of cards; `None` where codes stay as they are read.
    pub card: Option<CardFormat>,
    /// Whether UHF tags pass it, at a gate: each read is told, and none is a scan.
    pub passes: bool,
}

impl LaneSetup {
    /// A reader of which nothing else is said, at a station with that `repeat_ms`.
    pub fn of(wire: Setup, repeat_ms: u64) -> Self {
        Self {
            wire,
            fold: FoldRules::of(repeat_ms),
            poll: None,
            buzzer: Buzzer::None,
            card: None,
            passes: false,
        }
    }
}

/// What comes out of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A deliberate scan.
    Scan {
        /// Its id, drawn here.
        id: String,
        /// The code as read.
        payload: String,
    },
    /// The last scan is over, and was read so many times more.
    Repeats {
        /// The scan.
        id: String,
        /// How many times more.
        times: u32,
    },
    /// Bytes that made no read.
    Rejected(Rejected),
    /// What must go to the device.
    Send(Outgoing),
    /// How the asking goes has changed.
    Standing(Standing),
    /// A tag was read where tags pass.
    Seen(Read),
}

/// What a lane has seen since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Deliberate scans.
    pub scans: u64,
    /// Reads folded into a scan.
    pub repeats: u64,
    /// Reads that were never confirmed by a second one.
    pub unconfirmed: u64,
    /// Reads of tags that were too far away to be meant.
    pub weak: u64,
    /// Bytes of no frame.
    pub not_mine: u64,
    /// Damaged frames.
    pub damaged: u64,
    /// Impossible frames.
    pub absurd: u64,
    /// Messages that the broker had kept from before: no scans.
    pub retained: u64,
    /// Messages that were told before: no scans.
    pub told_again: u64,
}

impl Counts {
    /// Everything that made no read.
    pub fn unread(&self) -> u64 {
        self.not_mine + self.damaged + self.absurd
    }

    /// Whether there is ten times as much of it as in `earlier`: worth a line in the log, however long it goes on.
    pub fn piled_up_since(&self, earlier: &Self) -> bool {
        self.unread().checked_ilog10() > earlier.unread().checked_ilog10()
    }
}

/// One reader's lane.
#[derive(Debug)]
pub struct Lane {
    setup: Setup,
    decoder: Result<Decoder, Rejected>,
    poller: Option<Poller>,
    standing: Option<Standing>,
    feedback: Feedback,
    fold: Fold,
    card: Option<CardFormat>,
    passes: bool,
    ids: Ids,
    last: Option<(String, u32)>,
    counts: Counts,
}

impl Lane {
    /// A lane for a reader whose device has not been seen yet. `seed` makes the ids of its scans.
    pub fn new(setup: LaneSetup, seed: [u8; 16]) -> Self {
        let LaneSetup { wire, fold, poll, buzzer, card, passes } = setup;
        Self {
            decoder: Decoder::new(&wire),
            poller: poll.as_ref().and_then(|poll| Poller::new(wire.protocol, poll)),
            standing: None,
            feedback: Feedback::new(buzzer),
            fold: Fold::new(if poll.is_some() { fold.asked() } else { fold }),
            card,
            passes,
            ids: Ids::new(seed),
            last: None,
            counts: Counts::default(),
            setup: wire,
        }
    }

    /// The device is there, with its report descriptor if it has one: what is to be sent to it first. An error says why it
    /// cannot be decoded.
    pub fn plugged(&mut self, descriptor: Option<Vec<u8>>, now: MonoMs) -> Result<Vec<Effect>, Rejected> {
        self.setup.descriptor = descriptor;
        self.decoder = Decoder::new(&self.setup);
        self.decoder.as_ref().map_err(Clone::clone)?;
        let mut effects: Vec<Effect> = self.feedback.plugged().into_iter().map(Effect::Send).collect();
        if let Some(poller) = &mut self.poller {
            poller.plugged(now);
        }
        effects.extend(self.ask(now));
        Ok(effects)
    }

    /// What has begun is no scan: its end was meant for somebody else.
    pub fn forget_half(&mut self) {
        if let Ok(decoder) = &mut self.decoder {
            drop(decoder.finish());
        }
    }

    /// The device is gone. Half a code of a scanner is none; at the end of typed input the last line needs no end.
    pub fn unplugged(&mut self, end_of_input: bool, now: MonoMs) -> Vec<Effect> {
        let left = self.decoder.as_mut().map(Decoder::finish).unwrap_or_default();
        let left = left.into_iter().map(|decoded| match decoded {
            Decoded::Read(read) if !read.terminated && !end_of_input => Decoded::Rejected(Rejected {
                kind: RejectKind::Damaged,
                reason: format!(
                    "the device went away in the middle of a code ({} characters)",
                    read.payload.len()
                ),
            }),
            decoded => decoded,
        });
        let left: Vec<Decoded> = left.collect();
        let mut effects = self.take(left, now);
        effects.extend(self.last_is_over());
        self.fold.interrupted();
        self.feedback.unplugged();
        if let Some(poller) = &mut self.poller {
            poller.unplugged();
        }
        effects.extend(self.ask(now));
        effects
    }

    /// A scan of this reader has its verdict, and what there is of it is durable.
    pub fn felt(&mut self, level: Level, now: MonoMs) -> Vec<Effect> {
        self.feedback.felt(level, now);
        self.tell(now)
    }

    /// Takes bytes as they came.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Effect> {
        let decoded = match &mut self.decoder {
            Ok(decoder) => decoder.handle(bytes, at),
            Err(rejected) => vec![Decoded::Rejected(rejected.clone())],
        };
        if let Some(poller) = &mut self.poller {
            decoded.iter().for_each(|decoded| poller.hear(decoded, at));
        }
        let mut effects = self.take(decoded, at);
        effects.extend(self.ask(at));
        effects
    }

    /// Takes what a reader that speaks MQTT has told.
    pub fn heard(&mut self, heard: Vec<Heard>, at: MonoMs) -> Vec<Effect> {
        let mut told = Vec::new();
        for heard in heard {
            match heard {
                Heard::Decoded(decoded) => told.push(decoded),
                Heard::Retained => self.counts.retained += 1,
                Heard::ToldAgain => self.counts.told_again += 1,
                Heard::Online(_) => {}
            }
        }
        self.take(told, at)
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Effect> {
        let due = |at: Option<MonoMs>| at.is_some_and(|at| at <= now);
        let decoded = match &mut self.decoder {
            Ok(decoder) if due(decoder.poll_timeout()) => decoder.handle_timeout(now),
            _ => Vec::new(),
        };
        let mut effects = self.take(decoded, now);
        if self.fold.forget(now) {
            effects.extend(self.last_is_over());
        }
        effects.extend(self.ask(now));
        effects
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        let decoder = self.decoder.as_ref().ok().and_then(Decoder::poll_timeout);
        let poller = self.poller.as_ref().and_then(Poller::poll_timeout);
        let feedback = self.feedback.poll_timeout().filter(|_| !self.is_asking());
        [decoder, self.fold.poll_timeout(), poller, feedback].into_iter().flatten().min()
    }

    /// What has been seen since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether a command waits for its answer: such a reader hears one at a time.
    fn is_asking(&self) -> bool {
        self.poller.as_ref().is_some_and(Poller::is_waiting)
    }

    /// What it is time to tell the device of verdicts, between two questions.
    fn tell(&mut self, now: MonoMs) -> Vec<Effect> {
        if self.is_asking() {
            return Vec::new();
        }
        let told: Vec<Effect> = self.feedback.poll(now).into_iter().map(Effect::Send).collect();
        if let (Some(poller), false) = (&mut self.poller, told.is_empty()) {
            poller.not_before(now.plus(TELL_MS));
        }
        told
    }

    /// Sends what it is time to tell and to ask, and says how the asking goes where that is new.
    fn ask(&mut self, now: MonoMs) -> Vec<Effect> {
        let mut effects = self.tell(now);
        let Some(poller) = &mut self.poller else { return effects };
        effects.extend(poller.poll(now).map(|bytes| Effect::Send(Outgoing::Bytes(bytes))));
        if let Ok(decoder) = &mut self.decoder {
            decoder.awaiting(poller.awaiting());
        }
        if self.standing.as_ref() != Some(poller.standing()) {
            self.standing = Some(poller.standing().clone());
            effects.extend(self.standing.clone().map(Effect::Standing));
        }
        effects
    }

    fn take(&mut self, decoded: Vec<Decoded>, at: MonoMs) -> Vec<Effect> {
        decoded
            .into_iter()
            .flat_map(|decoded| match decoded {
                Decoded::Read(read) if read.is_random() => vec![self.random(&read)],
                Decoded::Read(read) if self.passes && read.carrier == Carrier::Uhf => {
                    self.counts.repeats += 1;
                    vec![Effect::Seen(read)]
                }
                Decoded::Read(read) => match self.as_card(read) {
                    Ok(read) => self.read(read, at),
                    Err(rejected) => vec![self.rejected(rejected)],
                },
                Decoded::Rejected(rejected) => vec![self.rejected(rejected)],
                Decoded::Answer(_) => Vec::new(),
                Decoded::Reply(outgoing) => vec![Effect::Send(outgoing)],
            })
            .collect()
    }

    /// A card in its canonical form, where the reader's way of writing it is known.
    fn as_card(&self, read: Read) -> Result<Read, Rejected> {
        let Some(format) = self.card else { return Ok(read) };
        Ok(Read { payload: format.read(&read.payload)?.canonical(), ..read })
    }

    fn read(&mut self, read: Read, at: MonoMs) -> Vec<Effect> {
        let over = self.fold.forget(at).then(|| self.last_is_over()).flatten();
        let effect = match self.fold.read(&read, at) {
            Folded::Scan => {
                let ended = self.last_is_over();
                return over.into_iter().chain(ended).chain([self.scan(read)]).collect();
            }
            Folded::Repeat => {
                self.counts.repeats += 1;
                if let Some((_, times)) = &mut self.last {
                    *times = times.saturating_add(1);
                }
                None
            }
            Folded::Lying => {
                self.counts.repeats += 1;
                None
            }
            Folded::Unconfirmed => {
                self.counts.unconfirmed += 1;
                None
            }
            Folded::Weak => {
                self.counts.weak += 1;
                None
            }
        };
        over.into_iter().chain(effect).collect()
    }

    fn scan(&mut self, read: Read) -> Effect {
        self.counts.scans += 1;
        let id = self.ids.next_id();
        // The confirming read of a card is part of its scan.
        self.last = Some((id.clone(), u32::from(read.carrier == Carrier::Rfid125)));
        Effect::Scan { id, payload: read.payload }
    }

    /// A number that will never come again can name nobody, today or later.
    fn random(&mut self, read: &Read) -> Effect {
        self.counts.unconfirmed += 1;
        let reason = format!(
            "card {}: it draws another number at each reading, as phones and bank cards do; use another card",
            read.payload
        );
        Effect::Rejected(Rejected { kind: RejectKind::Absurd, reason })
    }

    fn rejected(&mut self, rejected: Rejected) -> Effect {
        self.fold.interrupted();
        let count = match rejected.kind {
            RejectKind::NotMine => &mut self.counts.not_mine,
            RejectKind::Damaged => &mut self.counts.damaged,
            RejectKind::Absurd => &mut self.counts.absurd,
        };
        *count += 1;
        Effect::Rejected(rejected)
    }

    fn last_is_over(&mut self) -> Option<Effect> {
        let (id, times) = self.last.take()?;
        (times > 0).then_some(Effect::Repeats { id, times })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Protocol;

    fn lane(protocol: Protocol) -> Lane {
        Lane::new(LaneSetup::of(Setup::of(protocol), 2_000), [1; 16])
    }

    fn payloads(effects: &[Effect]) -> Vec<String> {
        effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Scan { payload, .. } => Some(payload.clone()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_is_not_read_is_worth_a_line_at_one_ten_and_a_hundred() {
        let counts = |damaged| Counts { damaged, ..Counts::default() };
        let said = (1..=1000).filter(|n| counts(*n).piled_up_since(&counts(n - 1)));
        assert_eq!(said.collect::<Vec<_>>(), [1, 10, 100, 1000]);
        assert!(counts(250).piled_up_since(&counts(7)), "many in one chunk");
        assert!(!counts(250).piled_up_since(&counts(250)));
    }

    const CARD: &[u8] = b"\x020D00319CD070\x03";

    #[test]
    fn a_card_held_to_the_reader_is_one_scan_with_its_repeats_counted() {
        let mut lane = lane(Protocol::Rdm6300);
        let mut effects = Vec::new();
        for at in [0, 65, 130, 195] {
            effects.extend(lane.handle(CARD, MonoMs(at)));
        }
        assert_eq!(payloads(&effects), ["0D00319CD0"]);
        assert_eq!(lane.poll_timeout(), Some(MonoMs(495)));
        let over = lane.handle_timeout(MonoMs(495));
        assert!(matches!(over.as_slice(), [Effect::Repeats { times: 3, .. }]), "{over:?}");
    }

    #[test]
    fn where_tags_pass_each_read_is_told_and_text_is_a_scan_still() {
        let lane = |protocol| {
            let setup = LaneSetup { passes: true, ..LaneSetup::of(Setup::of(protocol), 2_000) };
            Lane::new(setup, [1; 16])
        };
        // An inventory of one tag, as its maker's manual has it.
        let inventory = b"\x13\x00\x01\x03\x01\x0c\x30\x34\xbb\x7e\x00\x00\xcf\xff\x00\x00\x00\x01";
        let check = crate::wire::crc::chafon(inventory).to_le_bytes();
        let frame = [inventory.as_slice(), &check].concat();
        let mut gate = lane(Protocol::UhfReader18);
        for at in [0, 40, 80] {
            let effects = gate.handle(&frame, MonoMs(at));
            let [Effect::Seen(read)] = effects.as_slice() else { panic!("{effects:?}") };
            assert_eq!(read.payload, "3034BB7E0000CFFF00000001");
        }
        assert_eq!((gate.counts().scans, gate.counts().repeats, gate.poll_timeout()), (0, 3, None));
        assert_eq!(payloads(&lane(Protocol::Line).handle(b"CAM-1\r\n", MonoMs(0))), ["CAM-1"]);
    }

    #[test]
    fn one_card_is_one_code_however_its_reader_writes_it() {
        let setup = LaneSetup::of(Setup::of(Protocol::Line), 2_000);
        let mut lane = Lane::new(LaneSetup { card: Some(CardFormat::Decimal13), ..setup }, [1; 16]);
        assert_eq!(payloads(&lane.handle(b"0042954749443\r", MonoMs(0))), ["0A004D7603"]);
        assert_eq!(payloads(&lane.handle(b"CAM-01\r", MonoMs(9))), [""; 0]);
        assert_eq!(lane.counts().absurd, 1);
    }

    const HF: &[u8] = b"\0\0\xff\x0c\xf4\xd5\x4b\x01\x01\0\x04\x08\x04\x07\x8c\xfc\x4f\xf0\0";

    #[test]
    fn a_card_at_a_reader_that_is_asked_counts_from_the_second_read() {
        let mut listened = lane(Protocol::Pn532);
        assert_eq!(payloads(&listened.handle(HF, MonoMs(0))), ["078CFC4F"]);
        let setup = LaneSetup::of(Setup::of(Protocol::Pn532), 2_000);
        let mut asked = Lane::new(LaneSetup { poll: Some(PollSetup::default()), ..setup }, [1; 16]);
        assert_eq!(payloads(&asked.handle(HF, MonoMs(0))), [""; 0]);
        assert_eq!(payloads(&asked.handle(HF, MonoMs(200))), ["078CFC4F"]);
    }

    #[test]
    fn a_late_answer_to_another_command_is_no_scan() {
        let setup = LaneSetup::of(Setup::of(Protocol::Pn532), 2_000);
        let asked = LaneSetup { poll: Some(PollSetup::default()), ..setup };
        let mut lane = Lane::new(asked, [1; 16]);
        lane.plugged(None, MonoMs(0)).unwrap();
        // The chip is woken, and while the answer of its first command is awaited cards of before come.
        while !lane.is_asking() {
            lane.handle_timeout(lane.poll_timeout().unwrap());
        }
        for at in [40, 50, 60] {
            assert_eq!(payloads(&lane.handle(HF, MonoMs(at))), [""; 0]);
        }
        assert_eq!(lane.counts(), Counts::default());
    }

    #[test]
    fn a_number_drawn_at_random_is_said_and_never_a_scan() {
        let mut lane = lane(Protocol::Pn532);
        let mut phone = HF.to_vec();
        (phone[13], phone[17]) = (0x08, 0xef);
        for at in [0, 100, 200] {
            let effects = lane.handle(&phone, MonoMs(at));
            assert!(
                matches!(effects.as_slice(), [Effect::Rejected(no)] if no.reason.contains("088CFC4F")),
                "{effects:?}"
            );
        }
        assert_eq!((lane.counts().unconfirmed, lane.counts().unread()), (3, 0));
    }

    #[test]
    fn half_a_code_of_a_scanner_is_none_and_the_last_typed_line_needs_no_end() {
        let mut scanner = lane(Protocol::Line);
        scanner.handle(b"CAM-0", MonoMs(0));
        assert_eq!(payloads(&scanner.unplugged(false, MonoMs(5))), [""; 0]);
        assert_eq!(scanner.counts().damaged, 1);
        let mut typed = lane(Protocol::Line);
        typed.handle(b"CAM-01", MonoMs(0));
        assert_eq!(payloads(&typed.unplugged(true, MonoMs(5))), ["CAM-01"]);
    }
}
