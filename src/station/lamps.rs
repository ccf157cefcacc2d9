//! Lamps and a buzzer on wires: which of them are on at each moment.

use super::pattern::{ASK_MS, Beep, Light, Pattern, Shine};
use crate::domain::verdict::Level;
use crate::time::MonoMs;

/// Which wires are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wires {
    /// The green lamp.
    pub green: bool,
    /// The amber lamp.
    pub amber: bool,
    /// The red lamp.
    pub red: bool,
    /// The buzzer.
    pub buzzer: bool,
}

/// The lamps of one station: dark but for verdicts, and red while nothing can be recorded.
#[derive(Debug, Default)]
pub struct Lamps {
    shown: Option<(Pattern, MonoMs)>,
    in_trouble: bool,
}

impl Lamps {
    /// The station has a verdict, and what there is of it is durable. A question waits for `confirm_ms`. What is left
    /// of the one before is not shown any more.
    pub fn felt(&mut self, level: Level, confirm_ms: Option<u64>, now: MonoMs) {
        self.shown = Some((Pattern::of(level, confirm_ms.unwrap_or(ASK_MS)), now));
    }

    /// Nothing can be recorded, or everything can again. The first is heard as a refusal, and shines red all along.
    pub fn trouble(&mut self, in_trouble: bool, now: MonoMs) {
        if in_trouble && !self.in_trouble {
            self.felt(Level::Refused, None, now);
        }
        if !in_trouble {
            self.shown = None;
        }
        self.in_trouble = in_trouble;
    }

    /// As [`Self::trouble`], where that is new.
    pub fn trouble_if_new(&mut self, in_trouble: bool, now: MonoMs) {
        if in_trouble != self.in_trouble {
            self.trouble(in_trouble, now);
        }
    }

    /// Which wires are on now.
    pub fn wires(&self, now: MonoMs) -> Wires {
        let mut wires = Wires { red: self.in_trouble, ..Wires::default() };
        let Some((pattern, from)) = &self.shown else { return wires };
        let at = now.since(*from);
        wires.buzzer = pattern.beeps.iter().any(|beep| (beep.at_ms..beep_end(beep)).contains(&at));
        let shines = |shine: &&Shine| (shine.at_ms..shine.until_ms).contains(&at);
        match pattern.shines.iter().find(shines).filter(|_| !self.in_trouble) {
            Some(Shine { light: Light::Green, .. }) => wires.green = true,
            Some(Shine { light: Light::Amber, .. }) => wires.amber = true,
            Some(Shine { light: Light::Red, .. }) => wires.red = true,
            None => {}
        }
        wires
    }

    /// When the wires change next by themselves.
    pub fn poll_timeout(&self, now: MonoMs) -> Option<MonoMs> {
        let (pattern, from) = self.shown.as_ref()?;
        let at = now.since(*from);
        let beeps = pattern.beeps.iter().flat_map(|beep| [beep.at_ms, beep_end(beep)]);
        let shines = pattern.shines.iter().flat_map(|shine| [shine.at_ms, shine.until_ms]);
        beeps.chain(shines).filter(|change| *change > at).min().map(|change| from.plus(change))
    }
}

fn beep_end(beep: &Beep) -> u64 {
    beep.at_ms + beep.long_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wires from a moment on, at each of their changes.
    fn course(lamps: &Lamps, from: u64) -> Vec<(u64, String)> {
        let mut course = Vec::new();
        let mut at = Some(MonoMs(from));
        while let Some(now) = at {
            let Wires { green, amber, red, buzzer } = lamps.wires(now);
            let named = [(green, 'G'), (amber, 'A'), (red, 'R'), (buzzer, '!')];
            course.push((now.0 - from, named.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect()));
            at = lamps.poll_timeout(now);
        }
        course
    }

    fn of(level: Level, confirm_ms: Option<u64>) -> Vec<(u64, String)> {
        let mut lamps = Lamps::default();
        lamps.felt(level, confirm_ms, MonoMs(1_000));
        course(&lamps, 1_000)
    }

    fn list(list: &[(u64, &str)]) -> Vec<(u64, String)> {
        list.iter().map(|(at, it)| (*at, (*it).to_owned())).collect()
    }

    #[test]
    fn each_level_has_its_course() {
        assert_eq!(of(Level::Done, None), list(&[(0, "G!"), (80, "G"), (250, "G!"), (330, "G"), (1500, "")]));
        assert_eq!(of(Level::Again, None), list(&[(0, "A!"), (40, "A"), (150, "")]));
        let notice = [(0, "G!"), (80, "G"), (250, "G!"), (330, "G"), (900, "A!"), (1300, "A"), (2500, "")];
        assert_eq!(of(Level::Notice, None), list(&notice));
        let refused = of(Level::Refused, None);
        assert_eq!(refused.iter().filter(|(_, on)| on == "R!").count(), 5);
        assert_eq!(refused.last().unwrap(), &(2500, String::new()));
        assert_eq!(
            of(Level::Ask, Some(7_000)).last().unwrap(),
            &(7_000, String::new()),
            "as long as it waits"
        );
    }

    #[test]
    fn idle_is_dark_and_asks_for_no_time() {
        let lamps = Lamps::default();
        assert_eq!((lamps.wires(MonoMs(5)), lamps.poll_timeout(MonoMs(5))), (Wires::default(), None));
    }

    #[test]
    fn a_newer_verdict_replaces_what_is_left() {
        let mut lamps = Lamps::default();
        lamps.felt(Level::Done, None, MonoMs(0));
        lamps.felt(Level::Refused, None, MonoMs(100));
        assert_eq!(lamps.wires(MonoMs(150)), Wires { red: true, buzzer: true, ..Wires::default() });
    }

    #[test]
    fn trouble_is_red_all_along_and_heard_once() {
        let mut lamps = Lamps::default();
        lamps.trouble(true, MonoMs(0));
        lamps.trouble(true, MonoMs(1_000));
        assert_eq!(course(&lamps, 0).iter().filter(|(_, on)| on.contains('!')).count(), 5);
        assert_eq!(lamps.wires(MonoMs(3_600_000)), Wires { red: true, ..Wires::default() });
        lamps.felt(Level::Done, None, MonoMs(3_600_000));
        assert!(!lamps.wires(MonoMs(3_600_001)).green, "never green while nothing is recorded");
        lamps.trouble(false, MonoMs(3_600_100));
        assert_eq!(lamps.wires(MonoMs(3_600_100)), Wires::default());
    }
}
