//! What gates are told: how long a tag may lie in view, what is one group, and on which side a reader sees.

use super::reading::Reading;
use super::section::Section;
use super::{GateTimes, ReaderConfig, StationKind};
use crate::domain::way::{Side, Sides};

/// Readers count their antennas up to this.
const ANTENNAS_MAX: i64 = 32;

/// The keys of a station that only a gate has.
const TIMES: [&str; 2] = ["stray_ms", "group_ms"];

/// The keys of a reader that only one at a gate has.
const SIDES: [&str; 3] = ["side", "inside_antennas", "outside_antennas"];

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
pub(super) fn sides(section: &Section<'_>, kind: Option<StationKind>, reading: &mut Reading<'_>) -> Sides {
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
    let side = section.choice("side", &Side::ALL.map(Side::name), problems, Side::parse);
    let inside_antennas = antennas(section, "inside_antennas", reading);
    let outside_antennas = antennas(section, "outside_antennas", reading);
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
        let missing = Side::ALL.into_iter().find(|side| !has(*side));
        if let Some(missing) = missing {
            let expected = format!(
                "a reader or antennas on the {} as well: one side alone tells no way. A reader for one way has way instead",
                missing.name()
            );
            section.wrong(key, &expected, &mut reading.problems);
        }
    }
}

fn antennas(section: &Section<'_>, key: &str, reading: &mut Reading<'_>) -> Vec<u8> {
    let each = format!("the number of an antenna from 1 to {ANTENNAS_MAX}");
    let listed = section.list(key, "a list of antennas such as [1, 2]", &mut reading.problems, |it| {
        let number = it.integer().filter(|number| (1..=ANTENNAS_MAX).contains(number));
        number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| each.clone())
    });
    listed.unwrap_or_default()
}
