//! Tags that are carried through, tags that lie on shelves, and both at once, by seeds.

use proptest::prelude::*;

use super::*;
use crate::wire::Carrier;

const RULES_ABSENT_MS: u64 = ABSENT_MS;

fn reader(id: &str) -> ReaderId {
    ReaderId::parse(id).unwrap()
}

fn place(side: Option<Side>, way: Option<Way>) -> Place {
    Place { way, sides: Sides { side, ..Sides::default() }, rssi_min_dbm: None }
}

fn rules(places: &[(&str, Place)]) -> PassageRules {
    PassageRules {
        absent_ms: RULES_ABSENT_MS,
        reads_min: READS_MIN,
        stray_ms: 30_000,
        group_ms: 1_000,
        readers: places.iter().map(|(id, place)| (reader(id), place.clone())).collect(),
    }
}

fn two_sides() -> PassageRules {
    rules(&[("in", place(Some(Side::Inside), None)), ("out", place(Some(Side::Outside), None))])
}

/// A read: when, by whom, which tag, how strong.
type Shot = (u64, &'static str, String, Option<i32>);

fn shot(at_ms: u64, by: &'static str, tag: &str) -> Shot {
    (at_ms, by, tag.to_owned(), None)
}

/// Somebody carries a tag through in a second and a half, beginning at this time.
fn through(at_ms: u64, way: Way, tag: &str) -> Vec<Shot> {
    let (first, then) = if way == Way::Out { ("in", "out") } else { ("out", "in") };
    let near = (0..8).map(|n| shot(at_ms + n * 100, first, tag));
    near.chain((0..8).map(|n| shot(at_ms + 700 + n * 100, then, tag))).collect()
}

/// A tag on a shelf: read by one side so often, from and until.
fn shelf((from_ms, until_ms): (u64, u64), every_ms: u64, by: &'static str, tag: &str) -> Vec<Shot> {
    (from_ms..until_ms).step_by(usize::try_from(every_ms).unwrap()).map(|at| shot(at, by, tag)).collect()
}

/// Plays the reads with a clock that jumps; gives the groups with the time at which each was whole.
fn play(rules: PassageRules, shots: Vec<Shot>) -> (Vec<(u64, Vec<PassedTag>)>, Passages) {
    let mut passages = Passages::new(rules);
    let (mut shots, mut groups) = (shots, Vec::new());
    shots.sort_by_key(|(at, ..)| *at);
    let end = shots.last().map_or(0, |(at, ..)| *at) + 400_000;
    let mut wait = |passages: &mut Passages, until: u64| {
        while let Some(due) = passages.poll_timeout().filter(|due| due.0 <= until) {
            passages.handle_timeout(due);
            while let Some(group) = passages.poll() {
                groups.push((due.0, group));
            }
        }
    };
    for (at, by, tag, rssi_dbm) in shots {
        wait(&mut passages, at);
        let by = reader(by);
        passages.read(&Glimpse { reader: &by, tag: &tag, antenna: None, rssi_dbm }, MonoMs(at));
        assert!(passages.tags.len() <= TAGS_MAX);
    }
    wait(&mut passages, end);
    (groups, passages)
}

fn passed(rules: PassageRules, shots: Vec<Shot>) -> Vec<(String, Option<Way>)> {
    let (groups, _) = play(rules, shots);
    groups.into_iter().flat_map(|(_, group)| group).map(|passed| (passed.tag, passed.way)).collect()
}

fn one(tag: &str, way: Option<Way>) -> Vec<(String, Option<Way>)> {
    vec![(tag.to_owned(), way)]
}

#[test]
fn two_sides_tell_the_way_by_order_and_one_reader_by_its_own() {
    for way in Way::ALL {
        assert_eq!(passed(two_sides(), through(0, way, "A")), one("A", Some(way)));
        let lane = rules(&[("lane", place(None, Some(way)))]);
        let shots = (0..9).map(|n| shot(n * 80, "lane", "A")).collect();
        assert_eq!(passed(lane, shots), one("A", Some(way)));
    }
    let nowhere = (0..9).map(|n| shot(n * 80, "other", "A")).collect();
    assert_eq!(passed(rules(&[]), nowhere), one("A", None));
}

#[test]
fn antennas_of_one_reader_are_two_sides() {
    let sides = Sides { side: None, inside_antennas: vec![1], outside_antennas: vec![2, 3] };
    let mut passages = Passages::new(rules(&[("gate", Place { sides, ..Place::default() })]));
    let gate = reader("gate");
    for (at, antenna) in [(0, 1), (100, 1), (600, 3), (700, 2)] {
        passages
            .read(&Glimpse { reader: &gate, tag: "A", antenna: Some(antenna), rssi_dbm: None }, MonoMs(at));
    }
    passages.handle_timeout(MonoMs(2_300));
    assert_eq!(passages.poll(), None, "the group may grow still");
    passages.handle_timeout(MonoMs(3_400));
    let group = passages.poll().unwrap();
    assert_eq!(group, [PassedTag { tag: "A".into(), way: Some(Way::Out), reader: Some(gate) }]);
}

#[test]
fn the_antenna_is_known_by_every_way_of_writing_it() {
    let antenna = |value: serde_json::Value| {
        let fields = vec![("antenna", value)];
        let read = Read { carrier: Carrier::Uhf, payload: "A".into(), aim: None, terminated: true, fields };
        Glimpse::of(&reader("gate"), &read).antenna
    };
    assert_eq!([antenna(3.into()), antenna("22".into()), antenna("?".into())], [Some(3), Some(2), None]);
}

#[test]
fn a_read_that_noise_made_and_what_is_too_weak_have_not_passed() {
    assert_eq!(passed(two_sides(), vec![shot(0, "in", "A")]), []);
    let mut weak = two_sides();
    weak.readers.values_mut().for_each(|place| place.rssi_min_dbm = Some(-60));
    let shots = |rssi| {
        through(0, Way::Out, "A").into_iter().map(|(at, by, tag, _)| (at, by, tag, Some(rssi))).collect()
    };
    assert_eq!(passed(weak.clone(), shots(-61)), []);
    assert_eq!(passed(weak, shots(-60)), one("A", Some(Way::Out)));
}

#[test]
fn one_side_alone_waits_for_the_other_and_then_the_way_is_not_known() {
    let shots: Vec<Shot> = (0..5).map(|n| shot(n * 100, "in", "A")).collect();
    let (groups, _) = play(two_sides(), shots.clone());
    assert_eq!(groups.len(), 1);
    assert!(groups[0].0 >= 10_000, "{groups:?}");
    assert_eq!(groups[0].1[0].way, None);
    let seen_late = (0..5).map(|n| shot(6_000 + n * 100, "out", "A"));
    assert_eq!(passed(two_sides(), shots.into_iter().chain(seen_late).collect()), one("A", Some(Way::Out)));
}

#[test]
fn what_comes_near_again_and_again_lies_there() {
    let near =
        (0..20).flat_map(|n| (0..3).map(move |read| shot(n * 15_000 + read * 90, "in", "A"))).collect();
    assert_eq!(passed(two_sides(), near), [one("A", None), one("A", None)].concat());
}

#[test]
fn a_shelf_is_counted_and_has_not_passed_however_it_is_read() {
    for every_ms in [40, 700, 1_900, 6_000] {
        let shots = shelf((0, 600_000), every_ms, "in", "A");
        let (groups, _) = play(two_sides(), shots.clone());
        assert_eq!(groups, [], "read each {every_ms} ms");
        let lane = rules(&[("in", place(None, Some(Way::Out)))]);
        // With one reader alone, the first gaps look like somebody leaving.
        if every_ms < RULES_ABSENT_MS {
            assert_eq!(play(lane, shots).0, [], "read each {every_ms} ms");
        }
    }
    let mut passages = Passages::new(two_sides());
    let by = reader("in");
    for at in (0..40_000).step_by(200) {
        passages.handle_timeout(MonoMs(at));
        passages.read(&Glimpse { reader: &by, tag: "A", antenna: None, rssi_dbm: None }, MonoMs(at));
    }
    passages.handle_timeout(MonoMs(41_500));
    assert_eq!(passages.counts(), PassageCounts { strays: 1, ..PassageCounts::default() });
}

#[test]
fn what_lay_on_a_shelf_and_is_carried_out_has_passed() {
    let taken = |at: u64| (0..6).map(move |n| shot(at + n * 150, "out", "A"));
    let unknown_strength = shelf((0, 90_000), 300, "in", "A").into_iter().chain(taken(90_200)).collect();
    assert_eq!(passed(two_sides(), unknown_strength), one("A", Some(Way::Out)));
    // One reader, which says how strong.
    let lane = rules(&[("lane", place(None, Some(Way::Out)))]);
    let lies: Vec<Shot> = shelf((0, 400_000), 300, "lane", "A")
        .into_iter()
        .map(|(at, by, tag, _)| (at, by, tag, Some(-66)))
        .collect();
    assert_eq!(passed(lane.clone(), lies.clone()), []);
    let strong = (0..6).map(|n| (400_100 + n * 150, "lane", "A".to_owned(), Some(-50)));
    assert_eq!(
        passed(lane.clone(), lies.clone().into_iter().chain(strong).collect()),
        one("A", Some(Way::Out))
    );
    // Somebody's trolley made it ring for a moment.
    let ringing = (0..6).map(|n| (200_100 + n * 150, "lane", "A".to_owned(), Some(-50)));
    assert_eq!(passed(lane, lies.into_iter().chain(ringing).collect()), []);
}

#[test]
fn somebody_who_stands_in_the_gate_for_long_and_goes_has_passed_some_way() {
    let both = [shelf((0, 80_000), 200, "in", "A"), shelf((100, 80_000), 200, "out", "A")].concat();
    assert_eq!(passed(two_sides(), both.clone()), one("A", None));
    let all_day = [shelf((0, 800_000), 200, "in", "A"), shelf((100, 800_000), 200, "out", "A")].concat();
    assert_eq!(passed(two_sides(), all_day), [], "a shelf between the two");
}

#[test]
fn a_reader_that_goes_away_carries_nothing_out() {
    let lane = rules(&[("lane", place(None, Some(Way::Out)))]);
    let (mut passages, by) = (Passages::new(lane), reader("lane"));
    for n in 0..400_u64 {
        passages.handle_timeout(MonoMs(n * 100));
        passages.read(&Glimpse { reader: &by, tag: "SHELF", antenna: None, rssi_dbm: None }, MonoMs(n * 100));
    }
    for n in 0..5 {
        passages.read(
            &Glimpse { reader: &by, tag: "CARRIED", antenna: None, rssi_dbm: None },
            MonoMs(40_000 + n),
        );
    }
    passages.interrupted(&by);
    for at in (40_000..60_000).step_by(500) {
        passages.handle_timeout(MonoMs(at));
    }
    let carried = PassedTag { tag: "CARRIED".into(), way: None, reader: Some(by) };
    assert_eq!(
        (passages.poll(), passages.poll()),
        (Some(vec![carried]), None),
        "which way is not known any more"
    );
}

#[test]
fn out_twice_and_never_in_between_is_no_passage() {
    let shots: Vec<Shot> = (0..10).flat_map(|n| through(n * 5_000, Way::Out, "A")).collect();
    assert_eq!(passed(two_sides(), shots), one("A", Some(Way::Out)));
    let three: Vec<Shot> = (0..3).flat_map(|n| through(n * 20_000, Way::Out, "A")).collect();
    assert_eq!(passed(two_sides(), three).len(), 3, "long enough to walk round");
    let there_and_back: Vec<Shot> =
        [through(0, Way::Out, "A"), through(5_000, Way::In, "A"), through(10_000, Way::Out, "A")].concat();
    let ways: Vec<Option<Way>> =
        passed(two_sides(), there_and_back).into_iter().map(|(_, way)| way).collect();
    assert_eq!(ways, [Some(Way::Out), Some(Way::In), Some(Way::Out)]);
}

#[test]
fn two_hundred_tags_carried_at_once_are_one_group_and_more_are_several() {
    let carried =
        |tags: u64| (0..tags).flat_map(|n| through(n * 7 % 900, Way::Out, &format!("T{n}"))).collect();
    let (groups, _) = play(two_sides(), carried(200));
    assert_eq!(groups.iter().map(|(_, group)| group.len()).collect::<Vec<_>>(), [200]);
    assert!(groups[0].0 < 5_500, "told within {} ms", groups[0].0);
    let (groups, passages) = play(two_sides(), carried(600));
    assert_eq!(groups.iter().map(|(_, group)| group.len()).collect::<Vec<_>>(), [256, 256, 88]);
    assert_eq!(passages.counts().passed, 600);
}

#[test]
fn memory_is_bounded_at_seven_hundred_new_tags_a_second_for_ever() {
    let mut passages = Passages::new(two_sides());
    let by = reader("in");
    for n in 0..(700 * 600_u64) {
        let at = MonoMs(n * 10 / 7);
        if passages.poll_timeout().is_some_and(|due| due <= at) {
            passages.handle_timeout(at);
            while passages.poll().is_some() {}
        }
        // Noise in the first digits: no number comes twice.
        if n % 200 == 0 {
            passages
                .read(&Glimpse { reader: &by, tag: &format!("{n:024X}"), antenna: None, rssi_dbm: None }, at);
        } else {
            let tag = format!("{:024X}", n % 70);
            passages.read(&Glimpse { reader: &by, tag: &tag, antenna: None, rssi_dbm: None }, at);
        }
        assert!(passages.tags.len() <= TAGS_MAX && passages.ready.len() < 2);
    }
    assert_eq!(passages.counts().strays, 70);
    for n in 0..20_000_u64 {
        let at = MonoMs(700_000 + n);
        passages.read(&Glimpse { reader: &by, tag: &format!("X{n}"), antenna: None, rssi_dbm: None }, at);
        assert!(passages.tags.len() <= TAGS_MAX);
    }
    assert!(passages.counts().forgotten > 10_000);
}

/// Tags carried through at random times, and shelves on both sides that are read on and off.
/// When or how often, and whether outward or inside.
type Drawn = Vec<(u64, bool)>;

fn a_day() -> impl Strategy<Value = (Drawn, Drawn, u64)> {
    let carried = proptest::collection::vec((40_000..600_000_u64, any::<bool>()), 1..60);
    let shelves = proptest::collection::vec((30..8_000_u64, any::<bool>()), 0..30);
    (carried, shelves, any::<u64>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_passage_is_lost_or_doubled_and_no_shelf_passes((carried, shelves, seed) in a_day()) {
        let mut shots = Vec::new();
        let mut expected = Vec::new();
        for (n, (at, out)) in carried.iter().enumerate() {
            let way = if *out { Way::Out } else { Way::In };
            let tag = format!("T{n}");
            shots.extend(through(*at, way, &tag));
            expected.push((tag, Some(way)));
        }
        for (n, (every, inside)) in shelves.iter().enumerate() {
            shots.extend(shelf((0, 700_000), *every, if *inside { "in" } else { "out" }, &format!("S{n}")));
        }
        // Chattering: some reads come twice, and those of one moment in any order.
        let doubled: Vec<Shot> =
            shots.iter().enumerate().filter(|(n, _)| (*n as u64 ^ seed).is_multiple_of(5)).map(|(_, shot)| shot.clone()).collect();
        shots.extend(doubled);
        if seed % 2 == 0 {
            shots.reverse();
        }
        let mut came = passed(two_sides(), shots);
        came.sort();
        expected.sort();
        prop_assert_eq!(came, expected);
    }
}
