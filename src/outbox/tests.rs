use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::time::MonoMs;

/// A broker and a connection, as far as the outbox sees them.
#[derive(Default)]
struct World {
    next_pkid: u16,
    /// Handed over and not written.
    channel: VecDeque<u64>,
    /// Written and not confirmed.
    wire: Vec<(u16, u64)>,
    acked: BTreeSet<u64>,
}

impl World {
    fn write(&mut self, outbox: &mut Outbox) {
        if let Some(seq) = self.channel.pop_front() {
            self.next_pkid = self.next_pkid % 200 + 1;
            outbox.sent(self.next_pkid).unwrap();
            self.wire.push((self.next_pkid, seq));
        }
    }

    fn ack(&mut self, outbox: &mut Outbox, which: usize) {
        if self.wire.is_empty() {
            return;
        }
        let (pkid, seq) = self.wire.remove(which % self.wire.len());
        self.acked.insert(seq);
        let before = outbox.cursor();
        let Some(Confirmed::Event { cursor }) = outbox.acked(pkid) else { panic!("an event was confirmed") };
        assert_eq!(cursor.unwrap_or(before), outbox.cursor());
    }

    fn lose(&mut self, outbox: &mut Outbox) {
        outbox.lost();
        self.channel.clear();
        self.wire.clear();
    }
}

fn makes_event(seq: u64, silent: &BTreeSet<u64>) -> bool {
    !silent.contains(&seq)
}

fn feed(outbox: &mut Outbox, world: &mut World, head: u64, silent: &BTreeSet<u64>) {
    let Some(seq) = outbox.next_wanted().map(|after| after + 1).filter(|seq| *seq <= head) else { return };
    if makes_event(seq, silent) {
        outbox.offer(seq).unwrap();
        world.channel.push_back(seq);
    } else {
        outbox.skip(seq).unwrap();
    }
}

fn nothing_passed_unconfirmed(outbox: &Outbox, world: &World, silent: &BTreeSet<u64>) {
    for seq in 1..=outbox.cursor() {
        assert!(world.acked.contains(&seq) || !makes_event(seq, silent), "the cursor passed {seq}");
    }
    assert!(outbox.waiting() <= WINDOW);
}

proptest! {
    #[test]
    fn no_interleaving_passes_an_unconfirmed_event_or_loses_one(
        head in 1u64..400,
        silent in proptest::collection::btree_set(1u64..400, 0..80),
        steps in proptest::collection::vec((0u8..16, 0usize..200), 0..1500),
    ) {
        let (mut outbox, mut world) = (Outbox::new(0), World::default());
        for (what, which) in steps {
            match what {
                0..=6 => feed(&mut outbox, &mut world, head, &silent),
                7..=10 => world.write(&mut outbox),
                11..=14 => world.ack(&mut outbox, which),
                _ => if which < 10 { world.lose(&mut outbox) },
            }
            nothing_passed_unconfirmed(&outbox, &world, &silent);
        }
        while outbox.cursor() < head {
            let before = (outbox.cursor(), world.channel.len(), world.wire.len(), outbox.next_wanted());
            feed(&mut outbox, &mut world, head, &silent);
            world.write(&mut outbox);
            world.ack(&mut outbox, 0);
            let after = (outbox.cursor(), world.channel.len(), world.wire.len(), outbox.next_wanted());
            prop_assert_ne!(before, after, "it stands still");
        }
        nothing_passed_unconfirmed(&outbox, &world, &silent);
        prop_assert_eq!(outbox.cursor(), head);
        prop_assert_eq!(outbox.unconfirmed(), 0);
    }

    #[test]
    fn every_topic_marked_is_published_after_its_last_mark(
        steps in proptest::collection::vec((0u8..8, 0usize..6, 0u64..40), 0..400),
    ) {
        let topics = ["a", "b", "c", "d", "e", "f"];
        let mut retained = Retained::new(50, MonoMs(0));
        let (mut now, mut version, mut at_broker) = (MonoMs(0), [0u32; 6], [0u32; 6]);
        let mut wire: VecDeque<(usize, u32)> = VecDeque::new();
        let place = |topic: &str| topics.iter().position(|t| *t == topic).unwrap();
        for (what, which, wait_ms) in steps {
            now = now.plus(wait_ms);
            match what {
                0..=2 => {
                    version[which] += 1;
                    let urgency = if what == 0 { Urgency::Changed } else { Urgency::Refresh };
                    retained.mark(topics[which], urgency);
                }
                3 | 4 => if let Some(topic) = retained.take(now) {
                    wire.push_back((place(&topic), version[place(&topic)]));
                },
                5 => if let Some(topic) = retained.take(now) { retained.put_back(&topic) },
                6 => if let Some((which, sent)) = wire.pop_front() {
                    at_broker[which] = sent;
                    retained.acked(topics[which]);
                },
                _ => { retained.lost(); wire.clear(); }
            }
            prop_assert!(retained.waiting() <= topics.len());
        }
        for (which, sent) in wire.drain(..) {
            at_broker[which] = sent;
            retained.acked(topics[which]);
        }
        while let Some(at) = retained.poll_timeout() {
            now = now.max(at);
            let topic = retained.take(now).expect("what was promised for this moment");
            at_broker[place(&topic)] = version[place(&topic)];
            retained.acked(&topic);
        }
        prop_assert_eq!(at_broker, version);
    }
}

#[test]
fn the_cursor_waits_for_the_oldest_and_then_leaps() {
    let mut outbox = Outbox::new(10);
    for (seq, pkid) in [(11, 1), (12, 2), (14, 3)] {
        outbox.offer(seq).unwrap();
        outbox.sent(pkid).unwrap();
        if seq == 12 {
            assert_eq!(outbox.skip(13), Ok(None));
        }
    }
    assert_eq!(outbox.acked(2), Some(Confirmed::Event { cursor: None }));
    assert_eq!(outbox.acked(1), Some(Confirmed::Event { cursor: Some(13) }));
    assert_eq!(outbox.acked(1), None);
    assert_eq!(outbox.acked(3), Some(Confirmed::Event { cursor: Some(14) }));
}

#[test]
fn facts_without_an_event_move_the_cursor_by_themselves() {
    let mut outbox = Outbox::new(0);
    assert_eq!(outbox.skip(1), Ok(Some(1)));
    assert_eq!(outbox.skip(2), Ok(Some(2)));
    assert_eq!(outbox.cursor(), 2);
    assert_eq!(outbox.skip(2), Err(OutOfOrder { seq: 2, considered: 2 }));
    assert_eq!(outbox.offer(1), Err(OutOfOrder { seq: 1, considered: 2 }));
}

#[test]
fn the_window_closes_and_opens() {
    let mut outbox = Outbox::new(0);
    for seq in 1..=100 {
        assert_eq!(outbox.next_wanted(), Some(seq - 1));
        outbox.offer(seq).unwrap();
    }
    assert_eq!(outbox.next_wanted(), None);
    outbox.sent(7).unwrap();
    outbox.acked(7);
    assert_eq!(outbox.next_wanted(), Some(100));
}

#[test]
fn packet_ids_belong_to_messages_in_the_order_handed_over() {
    let mut outbox = Outbox::new(0);
    outbox.handed_over_retained("summary".into());
    outbox.offer(1).unwrap();
    outbox.handed_over_reply();
    for pkid in [5, 6, 7] {
        outbox.sent(pkid).unwrap();
    }
    assert_eq!(outbox.acked(7), Some(Confirmed::Reply));
    assert_eq!(outbox.acked(6), Some(Confirmed::Event { cursor: Some(1) }));
    assert_eq!(outbox.acked(5), Some(Confirmed::Retained("summary".into())));
    assert_eq!(outbox.sent(8), Err(Confused { pkid: 8 }), "nothing was handed over");
    outbox.handed_over_reply();
    outbox.handed_over_reply();
    outbox.sent(9).unwrap();
    assert_eq!(outbox.sent(9), Err(Confused { pkid: 9 }), "the id is taken");
    outbox.lost();
    assert_eq!((outbox.unconfirmed(), outbox.acked(9)), (0, None));
}

#[test]
fn retained_topics_keep_to_the_rate() {
    let mut retained = Retained::new(10, MonoMs(0));
    for n in 0..100 {
        retained.mark(&format!("asset/{n:02}"), Urgency::Refresh);
    }
    let mut taken = 0;
    for ms in 0..=5000 {
        while retained.take(MonoMs(ms)).is_some() {
            taken += 1;
        }
    }
    assert_eq!(taken, 10 + 50, "a burst of one second, then ten a second");
    assert_eq!(retained.poll_timeout(), Some(MonoMs(5100)));
}

#[test]
fn what_changed_now_overtakes_a_refresh_and_a_loss_resumes_where_it_stopped() {
    let mut retained = Retained::new(100, MonoMs(0));
    for topic in ["a", "b", "c", "d"] {
        retained.mark(topic, Urgency::Refresh);
    }
    retained.mark("c", Urgency::Changed);
    retained.mark("c", Urgency::Refresh);
    let now = MonoMs(0);
    assert_eq!(retained.take(now).as_deref(), Some("c"));
    assert_eq!(retained.take(now).as_deref(), Some("a"));
    assert_eq!(retained.take(now).as_deref(), Some("b"));
    retained.acked("a");
    retained.lost();
    let rest: Vec<_> = std::iter::from_fn(|| retained.take(now)).collect();
    assert_eq!(rest, ["c", "b", "d"], "a is done; c and b were not confirmed");
}

#[test]
fn a_clock_that_stands_still_or_leaps_gives_no_more_than_a_burst() {
    let mut retained = Retained::new(3, MonoMs(u64::MAX - 5));
    for topic in ["a", "b", "c", "d", "e"] {
        retained.mark(topic, Urgency::Refresh);
    }
    let now = MonoMs(u64::MAX);
    assert_eq!(std::iter::from_fn(|| retained.take(now)).count(), 3);
    assert_eq!(retained.take(MonoMs(0)), None);
}

#[test]
fn what_changed_now_waits_for_no_rate() {
    let mut retained = Retained::new(1, MonoMs(0));
    retained.mark("old", Urgency::Refresh);
    assert_eq!(retained.take(MonoMs(0)).as_deref(), Some("old"));
    retained.mark("older", Urgency::Refresh);
    retained.mark("new", Urgency::Changed);
    assert_eq!(retained.poll_timeout(), Some(MonoMs(0)));
    assert_eq!(retained.take(MonoMs(0)).as_deref(), Some("new"));
    retained.put_back("new");
    assert_eq!(retained.take(MonoMs(0)).as_deref(), Some("new"));
    assert_eq!((retained.take(MonoMs(0)), retained.poll_timeout()), (None, Some(MonoMs(1000))));
    assert!(retained.is_pending("new") && retained.is_pending("older"));
    retained.acked("new");
    assert!(!retained.is_pending("new"));
}

#[test]
fn a_replayed_event_is_confirmed_by_its_number_and_moves_no_cursor() {
    let mut outbox = Outbox::new(9);
    outbox.handed_over_replayed(4);
    outbox.sent(1).unwrap();
    assert_eq!(outbox.acked(1), Some(Confirmed::Replayed(4)));
    assert_eq!(outbox.cursor(), 9);
}
