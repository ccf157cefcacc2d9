//! What people feel of a verdict at the station itself: devices that sound it, lamps that shine.

use anyhow::Context;

use super::Daemon;
use crate::domain::id::ReaderId;
use crate::domain::verdict::Level;
use crate::io::signals::{self, LampHandle};
use crate::io::standing::Shared;
use crate::station::lane::Effect;
use crate::time::Now;
use crate::writer::Answer;

/// Starts the lamps of the configuration.
pub(super) fn start_lamps(shared: &Shared) -> anyhow::Result<Vec<LampHandle>> {
    let start = |lamp| {
        let handle = signals::spawn(lamp, shared.clock).context("a lamp's thread could not be started")?;
        shared.add_lamp(lamp.id.clone(), lamp.station.clone(), handle.watch());
        Ok(handle)
    };
    shared.config.lamps.iter().map(start).collect()
}

impl Daemon {
    /// A scan waits for its verdict. While nothing can be recorded that is heard at once.
    pub(super) fn undecided(&mut self, reader: &ReaderId, now: Now) {
        if let Some(door) = self.doors.get_mut(reader) {
            door.undecided = door.undecided.saturating_add(1);
        }
        if self.shared.sentences().0.is_some() {
            self.sound(reader, Level::Refused, now);
        }
    }

    /// Nothing is being recorded any more: lamps are red, and devices whose scans wait refuse them.
    pub(super) fn refuse_what_waits(&mut self) {
        self.lamps.iter().for_each(|lamp| lamp.trouble(true));
        let now = self.shared.now();
        let waiting = self.doors.iter().filter(|(_, door)| door.undecided > 0);
        for reader in waiting.map(|(reader, _)| reader.clone()).collect::<Vec<_>>() {
            self.sound(&reader, Level::Refused, now);
        }
    }

    /// Everything can be recorded again.
    pub(super) fn take_back_the_red(&self) {
        self.lamps.iter().for_each(|lamp| lamp.trouble(false));
    }

    /// The device at which it was scanned, and the lamps of its station, say the verdict.
    pub(super) fn feel(&mut self, answer: &Answer) {
        let lamps = self.lamps.iter().filter(|lamp| lamp.station == answer.station);
        lamps.for_each(|lamp| lamp.felt(answer.level(), answer.confirm_ms));
        let Some(reader) = &answer.reader else { return };
        if let Some(door) = self.doors.get_mut(reader) {
            door.undecided = door.undecided.saturating_sub(1);
        }
        self.sound(reader, answer.level(), self.shared.now());
    }

    fn sound(&mut self, reader: &ReaderId, level: Level, now: Now) {
        let Some(door) = self.doors.get_mut(reader) else { return };
        for effect in door.lane.felt(level, now.mono) {
            if let Effect::Send(outgoing) = effect {
                self.send(reader, outgoing);
            }
        }
    }
}
