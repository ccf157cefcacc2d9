//! `profile` of a `[[reader]]`: which mode of the model is meant, and what it says for the reader.

use super::profile::{Attachment, Mode, Profile, Profiles, Way};
use super::reading::Reading;
use super::section::{Section, Setting, with_nearest};
use super::source::USB_KEYS;
use crate::wire::Protocol;

/// The keys that the profile of a reader adds to its own, as TOML: none where it names none. `None` where the profile
/// is wrong, which is noted.
pub(super) fn keys_of_profile(
    section: &Section<'_>,
    profiles: &Profiles,
    reading: &mut Reading<'_>,
) -> Option<String> {
    if section.own("profile").is_none() {
        return Some(String::new());
    }
    let found = section.own("profile").and_then(Setting::text).unwrap_or_default();
    let ids = profiles.iter().map(|profile| profile.id.as_str());
    let expected = with_nearest(
        found,
        "a file of hardware/profiles, or of the folder `profiles` of this machine, without .toml",
        ids,
    );
    let profile =
        section.read("profile", &expected, &mut reading.problems, |setting| profiles.get(setting.text()?))?;
    let (source, protocol) = wanted(section);
    let Some(mode) = profile.mode_for(source, protocol) else {
        section.wrong("profile", &no_mode(profile), &mut reading.problems);
        return None;
    };
    Some(keys(section, mode))
}

/// What the reader itself says of source and protocol. A recording was made of any source, and what is wrong in itself
/// is noted elsewhere.
fn wanted(section: &Section<'_>) -> (Option<Attachment>, Option<Protocol>) {
    let text = |key| section.own(key).and_then(Setting::text);
    let attachments = [Attachment::Serial, Attachment::Hid];
    let source = attachments.into_iter().find(|source| Some(source.name()) == text("source"));
    (source, text("protocol").and_then(Protocol::parse))
}

fn no_mode(profile: &Profile) -> String {
    let name = &profile.name;
    let ways: Vec<String> = profile
        .modes
        .iter()
        .filter_map(Mode::reads)
        .map(|reads| format!("source {} with protocol {}", reads.source.name(), reads.protocol.name()))
        .collect();
    let why = profile.modes.iter().find_map(|mode| match &mode.way {
        Way::Unsupported(why) => Some(why.as_str()),
        Way::Reads(_) => None,
    });
    if ways.is_empty() {
        return format!("a model that can be read; {name} cannot. {}", why.unwrap_or_default());
    }
    format!("this reader's source and protocol to be those of a mode of {name}: {}", ways.join(", or "))
}

/// The keys of the mode; vendor and product as well, where they choose the model and the reader names no device.
fn keys(section: &Section<'_>, mode: &Mode) -> String {
    let Some(reads) = mode.reads() else { return String::new() };
    let mut lines = vec![
        format!("source = {:?}", reads.source.name()),
        format!("protocol = {:?}", reads.protocol.name()),
    ];
    lines.extend(reads.keys.iter().map(|(key, value)| format!("{key} = {value}")));
    let names_a_device = USB_KEYS.iter().any(|key| section.own(key).is_some());
    let id = mode.own_id().filter(|_| reads.source == Attachment::Hid && !names_a_device);
    lines.extend(id.map(|id| format!("vendor = {}\nproduct = {}", id.vendor, id.product)));
    lines.join("\n")
}
