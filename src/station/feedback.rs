//! What a verdict sounds like on the device itself.
//!
//! A device is told after the verdict is durable, so its green is the ledger's. A scanner that beeps by itself at each
//! read says only that it has read; its own beep is better switched off, and is where the protocol can do it.

use std::collections::VecDeque;

use super::pattern::{ASK_MS, Light, Pattern, Run};
use crate::domain::verdict::Level;
use crate::time::MonoMs;
use crate::wire::feel::{self, Buzzer};
use crate::wire::{Outgoing, hid_pos, ssi, uhfreader};

/// Steps that may wait for their time: the longest pattern has seven.
const STEPS_MAX: usize = 16;
/// A Zebra scanner wants to acknowledge one command before the next, in milliseconds.
const SSI_PACE_MS: u64 = 100;
/// A beep from which on Zebra calls it long, in milliseconds.
const LONG_MS: u64 = 200;

/// The sounds and lights of one device.
#[derive(Debug)]
pub struct Feedback {
    buzzer: Buzzer,
    steps: VecDeque<(MonoMs, Outgoing)>,
    is_lit: bool,
}

impl Feedback {
    /// Those of a device that is told in that way.
    pub fn new(buzzer: Buzzer) -> Self {
        Self { buzzer, steps: VecDeque::new(), is_lit: false }
    }

    /// The device is there: what it is told first.
    pub fn plugged(&mut self) -> Vec<Outgoing> {
        match self.buzzer {
            Buzzer::Ssi => vec![ssi::host_driven()],
            Buzzer::HidPos => vec![hid_pos::enable()],
            Buzzer::None | Buzzer::Honeywell | Buzzer::UhfReader => Vec::new(),
        }
    }

    /// The device is gone, and with it what it was still to be told.
    pub fn unplugged(&mut self) {
        self.steps.clear();
        self.is_lit = false;
    }

    /// A scan has its verdict. What is left of the one before is not told any more.
    pub fn felt(&mut self, level: Level, now: MonoMs) {
        self.steps.clear();
        let steps = steps(self.buzzer, level, self.is_lit);
        self.steps.extend(steps.into_iter().take(STEPS_MAX).map(|(after_ms, it)| (now.plus(after_ms), it)));
        self.is_lit |= self.buzzer == Buzzer::Ssi;
    }

    /// What the device is to be told by now.
    pub fn poll(&mut self, now: MonoMs) -> Vec<Outgoing> {
        let due = self.steps.iter().take_while(|(at, _)| *at <= now).count();
        let told = self.steps.drain(..due).map(|(_, outgoing)| outgoing).collect();
        if self.steps.is_empty() {
            self.is_lit = false;
        }
        told
    }

    /// When [`Self::poll`] wants to be called.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        self.steps.front().map(|(at, _)| *at)
    }
}

/// What a device is told of a level, each with its milliseconds from the verdict, in order.
fn steps(buzzer: Buzzer, level: Level, is_lit: bool) -> Vec<(u64, Outgoing)> {
    let pattern = Pattern::of(level, ASK_MS);
    let each = |beep: fn() -> Outgoing| pattern.beeps.iter().map(|it| (it.at_ms, beep())).collect();
    match buzzer {
        Buzzer::None => Vec::new(),
        Buzzer::Honeywell => each(feel::honeywell_beep),
        Buzzer::HidPos => each(hid_pos::beep),
        Buzzer::UhfReader => pattern.runs().iter().map(|run| (run.at_ms, buzz(run))).collect(),
        Buzzer::Ssi => ssi_steps(&pattern, is_lit),
    }
}

fn buzz(run: &Run) -> Outgoing {
    uhfreader::buzz(run.long_ms, run.silent_ms, run.count)
}

fn ssi_steps(pattern: &Pattern, is_lit: bool) -> Vec<(u64, Outgoing)> {
    let sound = |run: &Run| ssi::beep(run.count, run.long_ms >= LONG_MS, pattern.is_low);
    let mut steps: Vec<(u64, Outgoing)> = pattern.runs().iter().map(|run| (run.at_ms, sound(run))).collect();
    // Lights stay on until they are told otherwise: those of an older verdict go first.
    steps.extend(is_lit.then(|| (SSI_PACE_MS, ssi::lights_off())));
    for (index, shine) in pattern.shines.iter().enumerate() {
        let off_ms = shine.at_ms + SSI_PACE_MS;
        steps.extend((index > 0).then(|| (off_ms, ssi::lights_off())));
        let on = match shine.light {
            Light::Green => ssi::lights_on(true, false),
            Light::Amber => ssi::lights_on(true, true),
            Light::Red => ssi::lights_on(false, true),
        };
        steps.push((off_ms + SSI_PACE_MS, on));
    }
    let end_ms = pattern.shines.last().map_or(0, |shine| shine.until_ms);
    steps.push((end_ms.max(3 * SSI_PACE_MS), ssi::lights_off()));
    steps.sort_by_key(|(at_ms, _)| *at_ms);
    steps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LEVELS: [Level; 5] = [Level::Done, Level::Notice, Level::Ask, Level::Refused, Level::Again];

    /// Everything that is told of a level that nothing interrupts, with its time.
    fn told(buzzer: Buzzer, level: Level) -> Vec<(u64, String)> {
        let mut feedback = Feedback::new(buzzer);
        feedback.felt(level, MonoMs(0));
        let mut told = Vec::new();
        while let Some(at) = feedback.poll_timeout() {
            let hex = |it: Outgoing| it.bytes().iter().map(|byte| format!("{byte:02X}")).collect();
            told.extend(feedback.poll(at).into_iter().map(|it| (at.0, hex(it))));
        }
        told
    }

    /// Opcodes and data of SSI packets, without length, source, status and checksum.
    fn ssi_told(level: Level) -> Vec<(u64, String)> {
        let short = |hex: &str| format!("{} {}", &hex[2..4], &hex[8..10]);
        told(Buzzer::Ssi, level).iter().map(|(at, hex)| (*at, short(hex))).collect()
    }

    fn at(list: &[(u64, &str)]) -> Vec<(u64, String)> {
        list.iter().map(|(at, it)| (*at, (*it).to_owned())).collect()
    }

    #[test]
    fn zebra_scanners_are_told_by_count_length_and_pitch_and_shine() {
        assert_eq!(ssi_told(Level::Done), at(&[(0, "E6 01"), (200, "E7 01"), (1500, "E8 FF")]));
        let notice =
            [(0, "E6 01"), (200, "E7 01"), (900, "E6 0A"), (1000, "E8 FF"), (1100, "E7 03"), (2500, "E8 FF")];
        assert_eq!(ssi_told(Level::Notice), at(&notice));
        assert_eq!(ssi_told(Level::Ask), at(&[(0, "E6 0D"), (200, "E7 03"), (20_000, "E8 FF")]));
        assert_eq!(ssi_told(Level::Refused), at(&[(0, "E6 09"), (200, "E7 02"), (2500, "E8 FF")]));
        assert_eq!(ssi_told(Level::Again), at(&[(0, "E6 00"), (200, "E7 03"), (300, "E8 FF")]));
    }

    #[test]
    fn scanners_with_one_beep_count() {
        for (buzzer, beep) in [(Buzzer::Honeywell, "16070D"), (Buzzer::HidPos, "FD0316070D")] {
            let times = |level| told(buzzer, level).iter().map(|(at, _)| *at).collect::<Vec<_>>();
            assert!(LEVELS.iter().flat_map(|level| told(buzzer, *level)).all(|(_, bytes)| bytes == beep));
            assert_eq!(times(Level::Done), [0, 250]);
            assert_eq!(times(Level::Notice), [0, 250, 900]);
            assert_eq!(times(Level::Ask), [0, 600, 1200, 1800]);
            assert_eq!(times(Level::Refused), [0, 200, 400, 600, 800]);
            assert_eq!(times(Level::Again), [0]);
        }
    }

    #[test]
    fn uhf_readers_buzz_in_runs_of_fifty_milliseconds() {
        let data = |level| {
            let told = told(Buzzer::UhfReader, level);
            told.iter().map(|(at, hex)| (*at, hex[6..12].to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(data(Level::Done), at(&[(0, "020402")]));
        assert_eq!(data(Level::Notice), at(&[(0, "020402"), (900, "080101")]));
        assert_eq!(data(Level::Ask), at(&[(0, "060604")]));
        assert_eq!(data(Level::Refused), at(&[(0, "020205")]));
        assert_eq!(data(Level::Again), at(&[(0, "010101")]));
    }

    #[test]
    fn no_two_levels_are_told_alike_and_each_is_bounded() {
        for buzzer in Buzzer::ALL.into_iter().filter(|buzzer| *buzzer != Buzzer::None) {
            let all: BTreeSet<Vec<(u64, String)>> = LEVELS.map(|level| told(buzzer, level)).into();
            assert_eq!(all.len(), LEVELS.len(), "{buzzer:?}");
            for level in LEVELS {
                assert!(steps(buzzer, level, true).len() < STEPS_MAX, "{buzzer:?} {level:?}");
            }
        }
        assert!(LEVELS.iter().all(|level| told(Buzzer::None, *level).is_empty()));
    }

    #[test]
    fn a_newer_verdict_replaces_the_rest_and_its_light() {
        let mut feedback = Feedback::new(Buzzer::Ssi);
        feedback.felt(Level::Done, MonoMs(0));
        assert_eq!(feedback.poll(MonoMs(500)).len(), 2, "beep and green");
        feedback.felt(Level::Refused, MonoMs(600));
        let told = feedback.poll(MonoMs(10_000));
        let expected =
            [ssi::beep(5, false, true), ssi::lights_off(), ssi::lights_on(false, true), ssi::lights_off()];
        assert_eq!(told, expected);
        assert_eq!(feedback.poll_timeout(), None);
    }

    #[test]
    fn an_unplugged_device_is_told_nothing_more() {
        let mut feedback = Feedback::new(Buzzer::Honeywell);
        feedback.felt(Level::Refused, MonoMs(0));
        feedback.unplugged();
        assert_eq!((feedback.poll_timeout(), feedback.poll(MonoMs(9_999)).len()), (None, 0));
    }

    #[test]
    fn what_a_device_is_told_first() {
        let first = |buzzer| Feedback::new(buzzer).plugged();
        assert_eq!(first(Buzzer::Ssi), [ssi::host_driven()]);
        assert_eq!(first(Buzzer::HidPos), [Outgoing::Feature(vec![0xfe, 0x01])]);
        assert!(first(Buzzer::Honeywell).is_empty() && first(Buzzer::UhfReader).is_empty());
    }
}
