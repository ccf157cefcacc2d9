//! `source = "mqtt"`: readers whose firmware speaks MQTT.

use super::reading::Reading;
use super::section::{Section, Setting};
use super::{ReaderConfig, ReaderSource};
use crate::wire::satellite::{LEVELS, Preset, Setup, Topics};

pub(super) const SATELLITE_KEYS: [&str; 6] =
    ["preset", "topic", "device", "tag_pointer", "answer_topic", "answers"];

/// Longer topics and answers than this are no firmware's.
const BYTES_MAX: usize = 256;

const TOPIC: &str = "a topic without + and #, that does not begin with $ or cagekeeper/";

/// The keys of a satellite; what is wrong is noted.
pub(super) fn satellite(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<Setup> {
    if section.setting("preset").is_none() {
        let expected = format!("one of {}", Preset::NAMES.join(", "));
        section.missing("preset", &expected, &mut reading.problems);
    }
    let preset = section.choice("preset", &Preset::NAMES, &mut reading.problems, Preset::parse)?;
    refuse_other_presets(section, preset, reading);
    let setup = Setup {
        topic: topic(section, preset, reading),
        device: device(section, preset, reading),
        tag_pointer: tag_pointer(section, preset, reading),
        answer_topic: section.read("answer_topic", TOPIC, &mut reading.problems, topic_of),
        answers: answers(section, reading),
        ..Setup::of(preset)
    };
    refuse_echo(section, &setup, reading);
    Some(setup)
}

/// Which keys have no meaning with a preset, and why.
fn misplaced(preset: Preset) -> &'static [(&'static str, &'static str)] {
    const NO_POINTER: (&str, &str) = ("tag_pointer", "it only with preset pointer");
    const OWN_ANSWER: &str = "none: a plain reader hears its verdict on its own topic, reader/ID/result";
    const NO_ANSWER: &str =
        "none: what esp-rfid understands opens doors; its verdict is on this daemon's reader/ID/result";
    match preset {
        Preset::Plain => &[
            ("topic", "none: a plain reader has a topic of its own, reader/ID/scan"),
            ("device", "it only with preset tasmota, esphome or esp-rfid"),
            NO_POINTER,
            ("answer_topic", OWN_ANSWER),
            ("answers", OWN_ANSWER),
        ],
        Preset::EspRfid => &[NO_POINTER, ("answer_topic", NO_ANSWER), ("answers", NO_ANSWER)],
        Preset::Pointer => &[("device", "it only with preset tasmota, esphome or esp-rfid")],
        Preset::Tasmota | Preset::EspHome => &[NO_POINTER],
    }
}

fn refuse_other_presets(section: &Section<'_>, preset: Preset, reading: &mut Reading<'_>) {
    for (key, expected) in misplaced(preset) {
        section.misplaced(key, expected, &mut reading.problems);
    }
    let has_answer = preset == Preset::Tasmota || section.setting("answer_topic").is_some();
    if !has_answer && matches!(preset, Preset::EspHome | Preset::Pointer) {
        section.misplaced("answers", "it only with answer_topic", &mut reading.problems);
    }
}

fn topic(section: &Section<'_>, preset: Preset, reading: &mut Reading<'_>) -> Option<String> {
    let is_set = section.setting("topic").is_some();
    let expected = match preset {
        Preset::Plain => return None,
        Preset::Tasmota => "the topic of a Tasmota device that ends in /SENSOR, such as tele/door-b/SENSOR",
        Preset::EspRfid => "the topic that is set in the device, without /send: such as /rfid",
        Preset::EspHome | Preset::Pointer => TOPIC,
    };
    if preset == Preset::Tasmota && section.setting("device").is_none() && !is_set {
        let expected = "the %topic% of the device, such as door-b, or its whole topic in `topic`";
        section.missing("device", expected, &mut reading.problems);
    }
    if preset == Preset::Tasmota && section.setting("device").is_some() {
        section.misplaced("topic", "either device or topic, not both", &mut reading.problems);
    }
    if preset != Preset::Tasmota && !is_set {
        section.missing("topic", expected, &mut reading.problems);
    }
    section.read("topic", expected, &mut reading.problems, |setting| {
        let topic = topic_of(setting)?;
        let fits = match preset {
            Preset::Tasmota => topic.ends_with("/SENSOR"),
            Preset::EspRfid => !["/send", "/cmd", "/tag", "/"].iter().any(|end| topic.ends_with(end)),
            _ => true,
        };
        fits.then_some(topic)
    })
}

fn topic_of(setting: Setting<'_>) -> Option<String> {
    let topic = setting.text()?;
    let is_foreign = !topic.starts_with('$') && topic != "cagekeeper" && !topic.starts_with("cagekeeper/");
    let fits = !topic.is_empty() && topic.len() <= BYTES_MAX && !topic.contains(['+', '#', '\0']);
    (fits && is_foreign).then(|| topic.to_owned())
}

fn device(section: &Section<'_>, preset: Preset, reading: &mut Reading<'_>) -> Option<String> {
    let expected = "the name of a device, without / + and #";
    section.read("device", expected, &mut reading.problems, |setting| {
        let name = topic_of(setting)?;
        (preset == Preset::EspHome || !name.contains('/')).then_some(name)
    })
}

fn tag_pointer(section: &Section<'_>, preset: Preset, reading: &mut Reading<'_>) -> Option<String> {
    if preset != Preset::Pointer {
        return None;
    }
    let expected = "a JSON pointer that begins with /, such as \"/card/uid\" (\"\" is the whole payload)";
    section.require("tag_pointer", expected, &mut reading.problems, |setting| {
        let pointer = setting.text()?;
        let fits = pointer.len() <= BYTES_MAX && (pointer.is_empty() || pointer.starts_with('/'));
        fits.then(|| pointer.to_owned())
    })
}

fn answers(section: &Section<'_>, reading: &mut Reading<'_>) -> Vec<(String, String)> {
    let answers = section.child("answers", &mut reading.problems);
    answers.refuse_unknown(&LEVELS, &mut reading.problems);
    let expected = format!("what is published, up to {BYTES_MAX} bytes of text");
    let of_level = |level: &&str| {
        let payload = answers.read(level, &expected, &mut reading.problems, |setting| {
            setting.text().filter(|text| text.len() <= BYTES_MAX).map(str::to_owned)
        });
        Some(((*level).to_owned(), payload?))
    };
    LEVELS.iter().filter_map(of_level).collect()
}

/// An answer where the reader's own scans are heard would be a scan.
fn refuse_echo(section: &Section<'_>, setup: &Setup, reading: &mut Reading<'_>) {
    let Some(answer) = &setup.answer_topic else { return };
    if Topics::of(setup, "").filters().contains(answer) {
        section.wrong("answer_topic", "another topic than the reader's own", &mut reading.problems);
    }
}

/// Whether two satellites would take the same message. Devices of esp-rfid share topics and say their name.
pub(super) fn same_messages(a: &Setup, b: &Setup) -> bool {
    let told_apart = a.preset == Preset::EspRfid
        && b.preset == Preset::EspRfid
        && a.device.is_some()
        && b.device.is_some()
        && a.device != b.device;
    let plain = a.preset == Preset::Plain || b.preset == Preset::Plain;
    let (a, b) = (Topics::of(a, ""), Topics::of(b, ""));
    let hears = |topics: &Topics, topic: &String| topics.filters().contains(topic);
    !plain
        && (!told_apart && a.filters().iter().any(|topic| hears(&b, topic))
            || a.answer.iter().any(|topic| hears(&b, topic))
            || b.answer.iter().any(|topic| hears(&a, topic)))
}

/// The key to blame, and what was expected, where another reader hears the same.
pub(super) fn shared(section: &Section<'_>, setup: &Setup, other: &ReaderConfig) -> (&'static str, String) {
    let topics = match &other.source {
        ReaderSource::Mqtt(setup) => Topics::of(setup, "").filters(),
        _ => Vec::new(),
    };
    let answers_there = setup.answer_topic.as_ref().is_some_and(|topic| topics.contains(topic));
    let keys = if answers_there { &["answer_topic"][..] } else { &["topic", "device"] };
    let key = keys.iter().copied().find(|key| section.setting(key).is_some());
    let expected = format!("topics of its own: reader {} listens to {}", other.id, topics.join(", "));
    (key.unwrap_or("source"), expected)
}
