//! A profile as the text of its file.

use toml::Value;

use super::{Evidence, Mode, Profile, Way};

/// The text of the file of a profile.
pub(super) fn text(profile: &Profile) -> String {
    let mut lines =
        vec![line("id", &profile.id), line("name", &profile.name), line("kind", profile.kind.name())];
    lines.extend(profile.note.iter().map(|note| line("note", note)));
    lines.extend(profile.modes.iter().flat_map(mode));
    lines.join("\n") + "\n"
}

fn line(key: &str, text: &str) -> String {
    format!("{key} = {}", Value::String(text.to_owned()))
}

fn list<'a>(key: &str, texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> =
        texts.into_iter().map(|text| Value::String(text.to_owned()).to_string()).collect();
    format!("{key} = [{}]", quoted.join(", "))
}

fn mode(mode: &Mode) -> Vec<String> {
    let ids: Vec<String> = mode.usb.iter().map(ToString::to_string).collect();
    let mut lines = vec![String::new(), "[[mode]]".to_owned(), line("name", &mode.name)];
    lines.push(list("usb", ids.iter().map(String::as_str)));
    lines.extend(mode.shared_ids.then(|| "shared_ids = true".to_owned()));
    match &mode.way {
        Way::Unsupported(why) => lines.push(line("unsupported", why)),
        Way::Reads(reads) => {
            lines.push(line("source", reads.source.name()));
            lines.push(line("protocol", reads.protocol.name()));
            lines.extend(reads.keys.iter().map(|(key, value)| format!("{key} = {value}")));
        }
    }
    lines.push(line("setup", &mode.setup));
    lines.push(line("verified", mode.evidence.name()));
    if let Evidence::Bytes(captures) = &mode.evidence {
        lines.push(list("captures", captures.iter().map(String::as_str)));
    }
    lines.push(list("sources", mode.sources.iter().map(String::as_str)));
    lines
}
