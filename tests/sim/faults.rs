//! The writer's part under everything that happens to a commit: refused, done and unheard, cut before and after.

use cagekeeper::writer::{GROUP_INPUTS_MAX, Input, Reply};

use super::plan::Fault;
use super::world::World;

impl World {
    /// Commits what waits as one group, in the way that the day has in store for it.
    pub(super) fn commit(&mut self) {
        let group: Vec<Input> = self.queue.drain(..self.queue.len().min(GROUP_INPUTS_MAX)).collect();
        let before = self.stage.ledger().head_seq().unwrap();
        assert_eq!(self.journal.errors(), Vec::<String>::new(), "nothing was wrong, and an error is logged");
        let fault = self.faults.pop_front();
        match fault {
            None => {
                let replies = self.stage.writer().handle_group(&group).unwrap();
                self.committed(&group, &replies, before);
                self.told(&replies);
            }
            Some(Fault::Refused(times)) => {
                (0..times).for_each(|_| self.refused(&group, before));
                let replies = self.stage.writer().handle_group(&group).unwrap();
                self.committed(&group, &replies, before);
                self.told(&replies);
            }
            Some(Fault::AnswerLost) => self.answer_lost(&group, before),
            Some(Fault::CutAfter) => {
                let replies = self.stage.writer().handle_group(&group).unwrap();
                self.committed(&group, &replies, before);
                self.power_cut();
            }
            Some(_) => self.power_cut(),
        }
        if fault.is_some() {
            drop(self.journal.errors());
        }
    }

    /// The storage is full at the last scan of the group, when all before it is written: nothing of it may stay. A disk of
    /// memory is filled by the numbers of the scan log, which end at the highest that there is.
    fn refused(&mut self, group: &[Input], before: i64) {
        let scans = group.iter().filter(|input| matches!(input, Input::Scan(_))).count();
        let Ok(room) = i64::try_from(scans.wrapping_sub(1)) else { return };
        let raw = self.stage.raw();
        let number = || {
            raw.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'scan'", [], |row| {
                row.get::<_, i64>(0)
            })
        };
        let Ok(last) = number() else { return };
        let put = |number: i64| {
            raw.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'scan'", [number]).unwrap()
        };
        put(i64::MAX - room);
        let refused = self.stage.writer().handle_group(group).unwrap_err();
        assert!(refused.is_unwritable(), "{refused}");
        put(last);
        assert_eq!(self.stage.ledger().head_seq().unwrap(), before, "a refused commit leaves nothing");
        self.trace.push(format!("{} refused", self.at_ms));
    }

    /// What was committed is sent again: each scan finds the answer that it was given before.
    fn answer_lost(&mut self, group: &[Input], before: i64) {
        let unheard = self.stage.writer().handle_group(group).unwrap();
        self.committed(group, &unheard, before);
        let head = self.stage.ledger().head_seq().unwrap();
        let replies = self.stage.writer().handle_group(group).unwrap();
        assert_eq!(self.stage.ledger().head_seq().unwrap(), head, "what is sent again adds no fact");
        for (input, (unheard, reply)) in group.iter().zip(unheard.iter().zip(&replies)) {
            let (Input::Scan(sent), Reply::Decided(answer)) = (input, unheard) else { continue };
            let Reply::AlreadyThere { scan, station, level, verdict, sentence, .. } = reply else {
                panic!("{} was sent again and decided again: {reply:?}", sent.id)
            };
            assert_eq!((scan, station), (&sent.id, &sent.station));
            assert_eq!((level.as_str(), verdict.as_str()), (answer.level().name(), answer.verdict.code()));
            assert!(!sentence.is_empty());
        }
        self.trace.push(format!("{} answer lost", self.at_ms));
        self.told(&replies);
    }

    /// What the daemon does with replies: each answer starts its station's waits afresh.
    fn told(&mut self, replies: &[Reply]) {
        let mono = self.mono();
        for reply in replies {
            match reply {
                Reply::Decided(answer) => {
                    self.waits.answered(
                        &answer.station,
                        answer.turn,
                        answer.idle_ms,
                        answer.confirm_ms,
                        mono,
                    );
                }
                Reply::AlreadyThere { station, turn, idle_ms, confirm_ms, .. } => {
                    self.waits.answered(station, *turn, *idle_ms, *confirm_ms, mono);
                }
                _ => {}
            }
        }
    }
}
