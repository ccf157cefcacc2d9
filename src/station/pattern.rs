//! What each level sounds and shines like: one table for devices, lamps and buzzers.
//!
//! Each level is told from the others with closed eyes, also where all beeps are alike: by how many there are. One beep
//! promises nothing, because a scanner makes that by itself when it has read.
//!
//! ```text
//! again    ·                      one tick                  amber, for a moment
//! done     · ·                    two short                 green
//! notice   · ·     ——             two short, one long       green, then amber
//! ask      ——  ——  ——  ——         four long, slow           amber, until it is answered
//! refused  · · · · ·  (low)       five short                red
//! ```

use crate::domain::verdict::Level;

/// A question shines no longer than this, in milliseconds, where nothing says how long it waits.
pub const ASK_MS: u64 = 20_000;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// It is durable.
    Green,
    /// Look.
    Amber,
    /// It did not happen.
    Red,
}

/// One sound: when it begins and how long it is, in milliseconds from the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beep {
    /// When it begins.
    pub at_ms: u64,
    /// How long it is.
    pub long_ms: u64,
}

/// One light: from when to when, in milliseconds from the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shine {
    /// When it goes on.
    pub at_ms: u64,
    /// When it goes off.
    pub until_ms: u64,
    /// Its colour.
    pub light: Light,
}

/// Beeps of one length at one pace: what most devices take as one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// When the first begins.
    pub at_ms: u64,
    /// How long each is.
    pub long_ms: u64,
    /// The silence between two, 0 where there is one.
    pub silent_ms: u64,
    /// How many there are.
    pub count: u8,
}

/// What a level sounds and shines like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The sounds, in order.
    pub beeps: Vec<Beep>,
    /// Whether they are low, where a device can be.
    pub is_low: bool,
    /// The lights, in order, one at a time.
    pub shines: Vec<Shine>,
}

impl Pattern {
    /// The pattern of a level. A question shines for `ask_ms`.
    pub fn of(level: Level, ask_ms: u64) -> Self {
        let (count, long_ms, pace_ms) = match level {
            Level::Again => (1, 40, 0),
            Level::Done | Level::Notice => (2, 80, 250),
            Level::Ask => (4, 300, 600),
            Level::Refused => (5, 100, 200),
        };
        let mut beeps: Vec<Beep> = (0..count).map(|n| Beep { at_ms: n * pace_ms, long_ms }).collect();
        if level == Level::Notice {
            beeps.push(Beep { at_ms: 900, long_ms: 400 });
        }
        Self { beeps, is_low: level == Level::Refused, shines: shines(level, ask_ms) }
    }

    /// The beeps as runs of equal ones.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for beep in &self.beeps {
            match runs.last_mut() {
                Some(run) if joins(run, *beep) => {
                    run.silent_ms = beep.at_ms - last_begin(run) - run.long_ms;
                    run.count += 1;
                }
                _ => runs.push(Run { at_ms: beep.at_ms, long_ms: beep.long_ms, silent_ms: 0, count: 1 }),
            }
        }
        runs
    }
}

fn shines(level: Level, ask_ms: u64) -> Vec<Shine> {
    let shine = |at_ms, until_ms, light| Shine { at_ms, until_ms, light };
    match level {
        Level::Again => vec![shine(0, 150, Light::Amber)],
        Level::Done => vec![shine(0, 1_500, Light::Green)],
        Level::Notice => vec![shine(0, 900, Light::Green), shine(900, 2_500, Light::Amber)],
        Level::Ask => vec![shine(0, ask_ms, Light::Amber)],
        Level::Refused => vec![shine(0, 2_500, Light::Red)],
    }
}

fn last_begin(run: &Run) -> u64 {
    run.at_ms + u64::from(run.count - 1) * (run.long_ms + run.silent_ms)
}

fn joins(run: &Run, beep: Beep) -> bool {
    let silent_ms = beep.at_ms.saturating_sub(last_begin(run) + run.long_ms);
    run.long_ms == beep.long_ms && (run.count == 1 || run.silent_ms == silent_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const LEVELS: [Level; 5] =
        [Level::Done, Level::Notice, Level::Ask, Level::Refused, Level::Again];

    #[test]
    fn every_level_has_a_count_of_its_own_and_none_but_again_is_one_beep() {
        let mut counts: Vec<usize> =
            LEVELS.iter().map(|level| Pattern::of(*level, ASK_MS).beeps.len()).collect();
        assert!(LEVELS.iter().zip(&counts).all(|(level, count)| (*level == Level::Again) == (*count == 1)));
        counts.sort_unstable();
        counts.dedup();
        assert_eq!(counts.len(), LEVELS.len());
    }

    #[test]
    fn green_shines_for_done_and_notice_and_for_nothing_else() {
        for level in LEVELS {
            let green = Pattern::of(level, ASK_MS).shines.iter().any(|shine| shine.light == Light::Green);
            assert_eq!(green, matches!(level, Level::Done | Level::Notice), "{level:?}");
        }
    }

    #[test]
    fn beeps_follow_one_another_and_lights_too() {
        for level in LEVELS {
            let Pattern { beeps, shines, .. } = Pattern::of(level, ASK_MS);
            assert!(beeps.windows(2).all(|two| two[0].at_ms + two[0].long_ms < two[1].at_ms), "{level:?}");
            assert!(shines.windows(2).all(|two| two[0].until_ms <= two[1].at_ms), "{level:?}");
        }
    }

    #[test]
    fn equal_beeps_at_one_pace_are_one_run() {
        let run = |at_ms, long_ms, silent_ms, count| Run { at_ms, long_ms, silent_ms, count };
        let runs = |level| Pattern::of(level, ASK_MS).runs();
        assert_eq!(runs(Level::Notice), [run(0, 80, 170, 2), run(900, 400, 0, 1)]);
        assert_eq!(runs(Level::Ask), [run(0, 300, 300, 4)]);
        assert_eq!(runs(Level::Refused), [run(0, 100, 100, 5)]);
        assert_eq!(runs(Level::Again), [run(0, 40, 0, 1)]);
    }
}
