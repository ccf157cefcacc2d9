//! What gates are told: how long a tag may lie in view, what is one group, and on which side a reader sees.

use super::reading::Reading;
use super::section::Section;
use super::{GateTimes, ReaderConfig, StationConfig, StationKind};
use crate::domain::way::{Side, Sides};
use crate::wire::Protocol;
use crate::wire::poll::PollSetup;

/// Readers count their antennas up to this.
const ANTENNAS_MAX: i64 = 32;

/// The keys of a station that only a gate has.
const TIMES: [&str; 2] = ["stray_ms", "group_ms"];

/// The keys of a reader that only one at a gate has.
const SIDES: [&str; 3] = ["side", "inside_antennas", "outside_antennas"];

/// The UHF readers that say which antenna has read.
const SAY_ANTENNAS: [Protocol; 3] = [Protocol::UhfReader288, Protocol::Cf, Protocol::ThingMagic];

/// The times of a gate; at any other station they have no meaning.
pub(super) fn times(
    section: &Section<'_>,
    kind: Option<StationKind>,
    reading: &mut Reading<'_>,
) -> GateTimes {
    let problems = &mut reading.problems;
    if kind != Some(StationKind::Gate) {
        TIMES.iter().for_each(|key| section.misplaced(key, "it only at a station of kind gate", problems));
        return GateTimes::default();
    }
    let mut ms =
        |key: &str, range: (u32, u32, u32)| u64::from(section.number(key, range, "milliseconds", problems));
    GateTimes {
        stray_ms: ms("stray_ms", (3_000, 600_000, 30_000)),
        group_ms: ms("group_ms", (0, 30_000, 1_000)),
    }
}

/// On which side a reader of a gate sees. It has a way or sides, not both.
pub(super) fn sides(
    section: &Section<'_>,
    kind: Option<StationKind>,
    (protocol, poll): (Protocol, Option<&PollSetup>),
    reading: &mut Reading<'_>,
) -> Sides {
    let problems = &mut reading.problems;
    let elsewhere = kind.is_some_and(|kind| kind != StationKind::Gate);
    let with_way = section.setting("way").is_some();
    for key in SIDES.iter().filter(|key| section.setting(key).is_some()) {
        if elsewhere {
            section.misplaced(key, "it only at a station of kind gate", problems);
        } else if with_way {
            section.misplaced(key, "either it or way, not both: a lane has no sides", problems);
        }
    }
    if elsewhere {
        return Sides::default();
    }
    if !with_way && refuse_unseen(section, protocol, reading) {
        return Sides::default();
    }
    let problems = &mut reading.problems;
    let side = section.choice("side", &Side::ALL.map(Side::name), problems, Side::parse);
    let inside_antennas = antennas(section, "inside_antennas", poll, reading);
    let outside_antennas = antennas(section, "outside_antennas", poll, reading);
    if inside_antennas.iter().any(|antenna| outside_antennas.contains(antenna)) {
        let expected = "other antennas than inside_antennas: one looks one way";
        section.wrong("outside_antennas", expected, &mut reading.problems);
    }
    Sides { side, inside_antennas, outside_antennas }
}

/// One side alone tells no way: whoever says one has forgotten the other.
pub(super) fn refuse_one_side(sections: &[Section<'_>], readers: &[ReaderConfig], reading: &mut Reading<'_>) {
    if sections.len() != readers.len() {
        // What is wrong with the others may be just that.
        return;
    }
    let with_sides = sections.iter().zip(readers).filter(|(_, reader)| reader.sides != Sides::default());
    for (section, reader) in with_sides {
        let Some(key) = SIDES.iter().find(|key| section.setting(key).is_some()) else { continue };
        let others = readers.iter().filter(|other| other.station == reader.station);
        let has = |side: Side| others.clone().any(|other| other.sides.has(side));
        // Antennas that are said and wrong have been told already.
        let said = |side: Side| section.setting(&format!("{}_antennas", side.name())).is_some();
        let missing = Side::ALL.into_iter().find(|side| !has(*side) && !said(*side));
        if let Some(missing) = missing {
            let expected = format!(
                "a reader or antennas on the {} as well: one side alone tells no way. A reader for one way has way instead",
                missing.name()
            );
            section.wrong(key, &expected, &mut reading.problems);
        }
    }
}

/// Sides are told by the order of many reads: of what is read one by one, or says no antenna, they would tell nothing. Whether
/// it was so.
fn refuse_unseen(section: &Section<'_>, protocol: Protocol, reading: &mut Reading<'_>) -> bool {
    let [side, antennas @ ..] = SIDES;
    if !protocol.is_radio() {
        let expected = "it only on UHF readers, which see a tag come and go: of another say way, or neither";
        SIDES.iter().for_each(|key| section.misplaced(key, expected, &mut reading.problems));
    } else if !SAY_ANTENNAS.contains(&protocol) {
        let expected = format!(
            "it only with protocols uhfreader288, cf and thingmagic, whose readers say which antenna: of another say {side}"
        );
        antennas.iter().for_each(|key| section.misplaced(key, &expected, &mut reading.problems));
    }
    !protocol.is_radio()
        || (!SAY_ANTENNAS.contains(&protocol) && antennas.iter().any(|key| section.setting(key).is_some()))
}

/// What the readers of one gate say must fit together, each being right in itself.
pub(super) fn refuse_misfits(
    sections: &[Section<'_>],
    readers: &[ReaderConfig],
    stations: &[Option<StationConfig>],
    reading: &mut Reading<'_>,
) {
    if sections.len() != readers.len() {
        // What is wrong with the others may be just that.
        return;
    }
    for (section, reader) in sections.iter().zip(readers) {
        refuse_without_side(section, reader, readers, reading);
        let gate =
            stations.iter().flatten().find(|of| of.id == reader.station && of.kind == StationKind::Gate);
        if let Some(gate) = gate {
            refuse_long_absence(section, reader, gate, reading);
        }
    }
}

/// Of what only one reader without a side has seen, a gate of two sides would wait for the other side for nothing.
fn refuse_without_side(
    section: &Section<'_>,
    reader: &ReaderConfig,
    readers: &[ReaderConfig],
    reading: &mut Reading<'_>,
) {
    let sees = reader.protocol.is_radio() && reader.sides == Sides::default();
    let beside = readers.iter().find(|of| of.station == reader.station && of.sides != Sides::default());
    let Some(beside) = beside.filter(|_| sees) else { return };
    let expected = format!(
        "side or antennas, as reader {:?} at the same gate has: a gate has two sides, or a reader for each way",
        beside.id.as_str()
    );
    match section.setting("way") {
        Some(_) => section.wrong("way", &expected, &mut reading.problems),
        None => section.missing("side", &expected, &mut reading.problems),
    }
}

/// What passes again before it has been away lies there, by what `stray_ms` says.
fn refuse_long_absence(
    section: &Section<'_>,
    reader: &ReaderConfig,
    gate: &StationConfig,
    reading: &mut Reading<'_>,
) {
    let stray_ms = gate.gate.stray_ms;
    if reader.protocol.is_radio() && reader.absent_ms.is_some_and(|absent_ms| absent_ms >= stray_ms) {
        let expected = format!(
            "less than stray_ms of its gate ({stray_ms}): what is not away in that time lies in view"
        );
        section.wrong("absent_ms", &expected, &mut reading.problems);
    }
}

fn antennas(
    section: &Section<'_>,
    key: &str,
    poll: Option<&PollSetup>,
    reading: &mut Reading<'_>,
) -> Vec<u8> {
    if section.setting(key).is_none() {
        return Vec::new();
    }
    let each = format!("the number of an antenna from 1 to {ANTENNAS_MAX}");
    let listed = section.list(key, "a list of antennas such as [1, 2]", &mut reading.problems, |it| {
        let number = it.integer().filter(|number| (1..=ANTENNAS_MAX).contains(number));
        let number = number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| each.clone())?;
        let is_asked = poll.is_none_or(|poll| poll.antennas.contains(&number));
        is_asked
            .then_some(number)
            .ok_or_else(|| "one that antennas of this reader names as connected".to_owned())
    });
    listed.unwrap_or_default()
}
