//! The writer's part under everything that happens to a commit: refused, done and unheard, cut before and after.

use cagekeeper::writer::{GROUP_INPUTS_MAX, Input, Reply};

use super::plan::Fault;
use super::world::World;

impl World {
    /// Commits what waits as one group, in the way that the day has in store for it.
    pub(super) fn commit(&mut self) {
        let group: Vec<Input> = self.queue.drain(..self.queue.len().min(GROUP_INPUTS_MAX)).collect();
        let before = self.stage.ledger().head_seq().unwrap();
        match self.faults.pop_front() {
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
    }

    /// The storage refuses the last scan of the group, when all before it is written: nothing of it may stay.
    fn refused(&mut self, group: &[Input], before: i64) {
        let scan_id = group.iter().rev().find_map(|input| match input {
            Input::Scan(scan) => Some(scan.id.clone()),
            _ => None,
        });
        let Some(scan_id) = scan_id else { return };
        let raw = self.stage.raw();
        let trigger = format!(
            "CREATE TRIGGER broken BEFORE INSERT ON scan WHEN NEW.id = '{scan_id}'
             BEGIN SELECT RAISE(ABORT, 'the disk coughs'); END"
        );
        raw.execute_batch(&trigger).unwrap();
        let refused = self.stage.writer().handle_group(group).unwrap_err().to_string();
        assert!(refused.contains("the disk coughs"), "{refused}");
        raw.execute_batch("DROP TRIGGER broken").unwrap();
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
