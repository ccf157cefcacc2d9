//! The machine with toy readers.

use super::super::{Answer, Carrier, Decoded, Read};
use super::*;

/// A reader with two commands of set-up and rounds of one answer.
#[derive(Debug)]
struct Toy;

fn ask(what: &'static str, byte: u8) -> Ask {
    Ask { what, bytes: vec![byte], command: Some(byte.into()), answer_ms: 100, pause_ms: 10 }
}

impl Dialect for Toy {
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String> {
        if setup.power_dbm.is_some_and(|power| power > 30) {
            return Err("`power_dbm` is 30 at most".to_owned());
        }
        Ok(vec![ask("wake", 1), ask("set power", 2)])
    }

    fn round(&self, _: &PollSetup, round: u32) -> Ask {
        ask("look", 0x10 + u8::try_from(round % 2).unwrap())
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        match heard {
            Decoded::Answer(answer) if answer.command != asked.command => Heard::Aside,
            Decoded::Answer(answer) if !answer.fields.is_empty() => Heard::Rest("hot".to_owned(), 2_000),
            Decoded::Answer(answer) if answer.ok => Heard::Answered,
            Decoded::Answer(_) => Heard::Refused("no".to_owned()),
            Decoded::Read(_) => Heard::More,
            _ => Heard::Aside,
        }
    }

    fn ends_in_silence(&self, asked: &Ask) -> bool {
        asked.command == Some(0x11)
    }
}

fn poller() -> Poller {
    Poller::of(Box::new(Toy), &PollSetup::default())
}

fn answer(command: u16, ok: bool) -> Decoded {
    Decoded::Answer(Answer { command: Some(command), stale: false, ok, fields: Vec::new() })
}

fn ready(now: u64) -> Poller {
    let mut poller = poller();
    poller.plugged(MonoMs(now));
    for command in [1_u16, 2] {
        let at = poller.poll_timeout().unwrap();
        assert_eq!(poller.poll(at).unwrap(), [u8::try_from(command).unwrap()]);
        poller.hear(&answer(command, true), at);
    }
    poller
}

#[test]
fn one_command_at_a_time_each_after_the_answer_to_the_last() {
    let mut poller = poller();
    assert_eq!((poller.poll(MonoMs(0)), poller.poll_timeout()), (None, None), "no device, nothing to send");
    poller.plugged(MonoMs(5));
    assert_eq!(poller.poll(MonoMs(5)).unwrap(), [1]);
    assert_eq!((poller.poll(MonoMs(6)), poller.awaiting()), (None, Some(1)));
    poller.hear(&answer(7, true), MonoMs(7));
    assert_eq!(poller.awaiting(), Some(1), "an answer to something else");
    poller.hear(&answer(1, true), MonoMs(20));
    assert_eq!((poller.poll(MonoMs(29)), poller.poll_timeout()), (None, Some(MonoMs(30))));
    assert_eq!(poller.poll(MonoMs(30)).unwrap(), [2]);
    poller.hear(&answer(2, true), MonoMs(31));
    assert_eq!(*poller.standing(), Standing::SettingUp);
    for round in [0x10, 0x11, 0x10] {
        let at = poller.poll_timeout().unwrap();
        assert_eq!(poller.poll(at).unwrap(), [round]);
        poller.hear(&answer(round.into(), true), at);
        assert_eq!(*poller.standing(), Standing::Asking);
    }
}

#[test]
fn a_reader_that_does_not_answer_is_asked_later_and_later_and_then_set_up_afresh() {
    let mut poller = ready(0);
    let mut sent = Vec::new();
    for _ in 0..40 {
        let at = poller.poll_timeout().unwrap();
        sent.extend(poller.poll(at).map(|bytes| (at.0, bytes[0])));
    }
    let rounds: Vec<u8> = sent.iter().map(|(_, byte)| *byte).take(6).collect();
    assert_eq!(rounds, [0x10, 0x10, 0x10, 1, 1, 1]);
    assert!(sent.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 100), "{sent:?}");
    assert!(sent.windows(2).all(|pair| pair[1].0 - pair[0].0 <= 100 + 1_000), "{sent:?}");
    assert!(matches!(poller.standing(), Standing::Silent(why) if why.contains("baud")));
    let mut at = poller.poll_timeout().unwrap();
    while poller.awaiting().is_none() {
        poller.poll(at);
        at = poller.poll_timeout().unwrap();
    }
    poller.hear(&answer(1, true), at);
    let at = poller.poll_timeout().unwrap();
    assert_eq!(poller.poll(at).unwrap(), [2], "it is back");
}

#[test]
fn a_reader_that_goes_on_by_itself_is_left_to_and_set_up_afresh_when_it_falls_silent() {
    let mut poller = ready(0);
    let at = poller.poll_timeout().unwrap();
    poller.poll(at).unwrap();
    poller.hear(&answer(0x10, true), at);
    let mut at = poller.poll_timeout().unwrap();
    assert_eq!(poller.poll(at).unwrap(), [0x11]);
    for _ in 0..50 {
        at = at.plus(99);
        assert_eq!(poller.poll(at), None);
        poller.hear(&Decoded::Read(tag()), at);
        assert_eq!(*poller.standing(), Standing::Asking);
    }
    assert_eq!(poller.poll(at.plus(99)), None);
    assert_eq!(poller.poll(at.plus(100)).unwrap(), [1], "set up from the beginning, at once");
    assert_eq!(*poller.standing(), Standing::Asking, "nothing is wrong with it yet");
}

fn tag() -> Read {
    let (payload, fields) = ("E200".to_owned(), Vec::new());
    Read { carrier: Carrier::Uhf, payload, aim: None, terminated: true, fields }
}

#[test]
fn a_hot_reader_rests_and_goes_on_where_it_was() {
    let mut poller = ready(0);
    let at = poller.poll_timeout().unwrap();
    poller.poll(at).unwrap();
    let hot = Answer { command: Some(0x10), stale: false, ok: false, fields: vec![("hot", true.into())] };
    poller.hear(&Decoded::Answer(hot), at);
    assert_eq!(*poller.standing(), Standing::Resting("hot".to_owned()));
    assert_eq!(poller.poll_timeout(), Some(at.plus(2_000)));
    assert_eq!(poller.poll(at.plus(2_000)).unwrap(), [0x10]);
    poller.hear(&answer(0x10, true), at.plus(2_001));
    assert_eq!(*poller.standing(), Standing::Asking);
}

#[test]
fn a_refused_set_up_is_said_and_tried_again_and_never_in_a_hurry() {
    let mut poller = poller();
    poller.plugged(MonoMs(0));
    poller.poll(MonoMs(0)).unwrap();
    poller.hear(&answer(1, false), MonoMs(3));
    assert_eq!(*poller.standing(), Standing::Refused("wake: no".to_owned()));
    assert_eq!(poller.poll_timeout(), Some(MonoMs(3 + REFUSED_MS)));
    let mut strong = Poller::of(Box::new(Toy), &PollSetup { power_dbm: Some(33), ..PollSetup::default() });
    strong.plugged(MonoMs(0));
    assert!(matches!(strong.standing(), Standing::Refused(why) if why.contains("30 at most")));
    assert_eq!(strong.poll(MonoMs(0)), None);
}

#[test]
fn an_unplugged_reader_is_asked_nothing_and_begins_afresh() {
    let mut poller = ready(0);
    poller.unplugged();
    assert_eq!((poller.poll(MonoMs(99_999)), poller.poll_timeout()), (None, None));
    poller.plugged(MonoMs(100_000));
    assert_eq!(poller.poll(MonoMs(100_000)).unwrap(), [1]);
}

/// A reader that says what comes next, and whose second antenna does not work.
#[derive(Debug)]
struct Choosy;

impl Dialect for Choosy {
    fn set_up(&self, _: &PollSetup) -> Result<Vec<Ask>, String> {
        Ok(vec![ask("look at it", 1), ask("check it", 2)])
    }

    fn round(&self, setup: &PollSetup, round: u32) -> Ask {
        ask("look", 0x10 + setup.antenna(round))
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        match (asked.command, heard) {
            (_, Decoded::Answer(answer)) if answer.command != asked.command => Heard::Aside,
            (Some(1), _) => Heard::Next(vec![ask("set this", 3), ask("set that", 4)]),
            (Some(3), _) => Heard::Next(vec![ask("set this too", 5)]),
            (Some(0x12), Decoded::Answer(answer)) if !answer.ok => Heard::Partly("antenna 2".to_owned()),
            (Some(0x11), Decoded::Answer(answer)) if !answer.ok => Heard::RestAfresh("hot".to_owned(), 3_000),
            _ => Heard::Answered,
        }
    }
}

/// Answers the next command, and gives it.
fn turn(poller: &mut Poller, ok: bool) -> (u8, MonoMs) {
    let at = poller.poll_timeout().unwrap();
    let sent = poller.poll(at).unwrap()[0];
    poller.hear(&answer(sent.into(), ok), at);
    (sent, at)
}

fn work(poller: &mut Poller, turns: usize) {
    for _ in 0..turns {
        turn(poller, true);
    }
}

fn choosy() -> Poller {
    let setup = PollSetup { antennas: vec![1, 2], ..PollSetup::default() };
    let mut poller = Poller::of(Box::new(Choosy), &setup);
    poller.plugged(MonoMs(0));
    poller
}

#[test]
fn what_an_answer_asks_for_comes_before_all_others_and_once() {
    let mut poller = choosy();
    let sent: Vec<u8> = (0..7).map(|_| turn(&mut poller, true).0).collect();
    assert_eq!(sent, [1, 3, 5, 4, 2, 0x11, 0x12]);
    poller.unplugged();
    poller.plugged(MonoMs(9_000));
    poller.poll(MonoMs(9_000)).unwrap();
    poller.hear(&answer(1, true), MonoMs(9_000));
    poller.unplugged();
    poller.plugged(MonoMs(10_000));
    assert_eq!(turn(&mut poller, true).0, 1, "what was to come is forgotten");
}

#[test]
fn an_antenna_that_does_not_work_is_said_until_it_does_and_holds_up_no_other() {
    let mut poller = choosy();
    work(&mut poller, 5);
    for _ in 0..3 {
        assert_eq!(turn(&mut poller, true).0, 0x11);
        let (sent, at) = turn(&mut poller, false);
        assert_eq!((sent, poller.standing()), (0x12, &Standing::Partly("antenna 2".to_owned())));
        assert_eq!(poller.poll_timeout(), Some(at.plus(TROUBLED_MS)));
    }
    turn(&mut poller, true);
    assert!(matches!(poller.standing(), Standing::Partly(_)), "the other one works");
    turn(&mut poller, true);
    assert_eq!(*poller.standing(), Standing::Asking);
}

#[test]
fn a_reader_may_be_set_up_afresh_after_its_rest() {
    let mut poller = choosy();
    work(&mut poller, 5);
    let (_, at) = turn(&mut poller, false);
    assert_eq!(poller.poll_timeout(), Some(at.plus(3_000)));
    assert_eq!(turn(&mut poller, true).0, 1);
    assert_eq!(*poller.standing(), Standing::Resting("hot".to_owned()), "until it works");
    work(&mut poller, 5);
    assert_eq!(*poller.standing(), Standing::Asking);
}
