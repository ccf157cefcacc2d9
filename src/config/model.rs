//! The keys of `[[reader]]` that the model decides, wherever it stands: read alike of a reader and of a mode of a profile.

use super::asking;
use super::reading::Reading;
use super::section::Section;
use super::source::Source;
use super::text_framing;
use crate::wire::Protocol;
use crate::wire::card::CardFormat;
use crate::wire::framing::Framing;
use crate::wire::layout::Layout;

/// The keys of a reader that a mode of a profile may set: what the model is. Where it stands, and what the law allows
/// there, no model knows.
pub const PROFILE_KEYS: [&str; 12] = [
    "source",
    "protocol",
    "baud",
    "layout",
    "absent_ms",
    "reads_min",
    "rssi_min_dbm",
    "card_format",
    "feedback",
    "prefix",
    "suffix",
    "gap_ms",
];

/// What the model says of its readers. What is wrong of it is noted, and stands here as what holds without it.
pub(super) struct Model {
    pub(super) protocol: Option<Protocol>,
    pub(super) layout: Layout,
    pub(super) absent_ms: Option<u64>,
    pub(super) reads_min: Option<u32>,
    pub(super) rssi_min_dbm: Option<i32>,
    pub(super) card_format: Option<CardFormat>,
    pub(super) framing: Framing,
}

/// The keys of the model besides `source`, `baud` and `feedback`.
pub(super) fn model(section: &Section<'_>, source: Source, reading: &mut Reading<'_>) -> Model {
    let protocol = protocol(section, source, reading);
    Model {
        protocol,
        layout: layout(section, protocol, reading),
        absent_ms: asking::whole(section, "absent_ms", (50, 600_000), "milliseconds", reading).map(u64::from),
        reads_min: asking::whole(section, "reads_min", (1, 100), "reads", reading),
        rssi_min_dbm: asking::signal(section, protocol, reading),
        card_format: asking::card_format(section, protocol, reading),
        framing: text_framing::framing(section, protocol, reading),
    }
}

/// `baud`, in bits a second.
pub(super) fn baud(section: &Section<'_>, protocol: Option<Protocol>, reading: &mut Reading<'_>) -> u32 {
    let default = protocol.map_or(9600, Protocol::baud);
    section.number("baud", (300, 4_000_000, default), "bits a second", &mut reading.problems)
}

fn protocol(section: &Section<'_>, source: Source, reading: &mut Reading<'_>) -> Option<Protocol> {
    if source == Source::Mqtt {
        let expected = "no protocol with source mqtt: the preset says what is told";
        section.misplaced("protocol", expected, &mut reading.problems);
        return Some(Protocol::Line);
    }
    let fitting: Vec<&str> =
        Protocol::ALL.into_iter().filter(|protocol| source.carries(*protocol)).map(Protocol::name).collect();
    if section.setting("protocol").is_none() && source.default_protocol().is_none() {
        section.missing("protocol", &format!("one of {}", fitting.join(", ")), &mut reading.problems);
    }
    let all = Protocol::ALL.map(Protocol::name);
    let protocol = section.choice("protocol", &all, &mut reading.problems, Protocol::parse);
    if protocol.is_some_and(|protocol| !source.carries(protocol)) {
        let expected = format!("a protocol that source {} carries ({})", source.name(), fitting.join(", "));
        section.wrong("protocol", &expected, &mut reading.problems);
    }
    protocol.or(source.default_protocol())
}

fn layout(section: &Section<'_>, protocol: Option<Protocol>, reading: &mut Reading<'_>) -> Layout {
    if protocol.is_some_and(|protocol| protocol != Protocol::Keyboard) {
        section.misplaced("layout", "it only with protocol keyboard", &mut reading.problems);
    }
    let names = Layout::ALL.map(Layout::name);
    section.choice("layout", &names, &mut reading.problems, Layout::parse).unwrap_or(Layout::Us)
}
